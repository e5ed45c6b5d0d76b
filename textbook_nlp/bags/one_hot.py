"""One-hot vectors: a row for each id, and a single 1 in it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from scipy.sparse import csr_array


def one_hot(ids: Sequence[int] | Int[np.ndarray, " T"], vocabulary_size: int) -> csr_array:
    """Return one row an id, with a single 1 in the column of that number: (T, V).

    Example:
        >>> one_hot([2, 0], 3).toarray()
        array([[0., 0., 1.],
               [1., 0., 0.]])

    Raises:
        TypeError: if an id is no integer.
        ValueError: if an id is negative, or `vocabulary_size` (V) or above.

    Taught in: chapter 02.
    """
    row = np.asarray(ids) if len(ids) else np.zeros(0, dtype=np.int64)
    if row.ndim != 1 or not np.issubdtype(row.dtype, np.integer):
        raise TypeError(f"expected one list of integers, got {row.dtype} of shape {row.shape}")
    wrong = row[(row < 0) | (row >= vocabulary_size)]
    if len(wrong):
        raise ValueError(
            f"there is no column {wrong[0]} among {vocabulary_size}: ids run from 0 to "
            f"{vocabulary_size - 1}"
        )
    shape = (len(row), vocabulary_size)
    return csr_array((np.ones(len(row)), row, np.arange(len(row) + 1)), shape=shape)
