"""Co-occurrence counts: what each word stands beside, as a sparse matrix, and cosines of its rows.

A row belongs to a word, a column to a context word. `vectors.pmi` weighs the counts, and
`vectors.svd` makes short vectors of the rows.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import numpy as np
import scipy.sparse
from jaxtyping import Float, Int

Weighting = Literal["flat", "distance"]
Sentences = Iterable[Sequence[int] | Int[np.ndarray, " T"]] | Int[np.ndarray, " N"]


def cooccurrence(
    sentences: Sentences,
    vocabulary_size: int,
    window: int = 2,
    *,
    weighting: Weighting = "flat",
    cross: bool = False,
) -> scipy.sparse.csr_array:
    """Count how often each pair of words stands within `window` places of each other.

    The corpus is laid beside itself, shifted by 1, 2, … `window` places: each shift gives all pairs
    at that distance in one go. Each pair counts for both of its words, so the matrix is symmetric,
    and a word that stands beside itself adds 2 on the diagonal.

    Args:
        sentences: lists of ids (a generator of them is used up), or one array of N ids, which
            counts as one sentence.
        vocabulary_size: V.
        window: how many places on each side belong to the context. One that is longer than the
            longest sentence counts nothing more; it is taken for a mistake.
        weighting: "flat", each pair counts 1; or "distance", a pair d places apart counts 1 / d.
        cross: whether a window may reach from one sentence into the next.

    Returns:
        A sparse (V, V) array of floats, with sorted indices and no stored zeros.

    Example:
        >>> cooccurrence([[0, 1, 2, 1]], vocabulary_size=3, window=1).toarray()
        array([[0., 1., 0.],
               [1., 0., 2.],
               [0., 2., 0.]])

    Raises:
        TypeError: if the ids are no integers.
        ValueError: if the corpus is empty, no sentence has two words, the window is below 1 or
            longer than every sentence, an id is not in the vocabulary, or the weighting is unknown.

    Source: Lund and Burgess 1996, for the window; Pennington et al. 2014, section 4.2, for 1 / d.
    Taught in: chapter 03.
    """
    ids, sentence = _checked(sentences, vocabulary_size, window, weighting, cross)
    shape = vocabulary_size, vocabulary_size
    pairs = scipy.sparse.csr_array(shape, dtype=np.float64)
    for distance in range(1, window + 1):
        together = sentence[:-distance] == sentence[distance:]
        left, right = ids[:-distance][together], ids[distance:][together]
        weight = np.full(len(left), 1.0 if weighting == "flat" else 1 / distance)
        # Repeated pairs are added up when the coordinates become a matrix.
        pairs = pairs + scipy.sparse.coo_array((weight, (left, right)), shape).tocsr()
    counts = (pairs + pairs.T).tocsr()
    counts.sort_indices()
    return counts


def cosines(
    matrix: scipy.sparse.csr_array | scipy.sparse.csr_matrix, row: int
) -> Float[np.ndarray, " V"]:
    """Return the cosine of one row of a sparse matrix with each of its V rows.

    A row of zeros has no direction; its cosine is given as 0.

    Raises:
        ValueError: if there is no such row, or it is zero.

    Taught in: chapter 03.
    """
    if not 0 <= row < matrix.shape[0]:
        raise ValueError(f"there is no row {row}: the rows are 0 to {matrix.shape[0] - 1}")
    matrix = scipy.sparse.csr_array(matrix, dtype=np.float64)
    lengths = np.sqrt(matrix.power(2).sum(axis=1))
    if lengths[row] == 0:
        raise ValueError(f"row {row} is zero and has no direction: the word was never counted")
    products = (matrix @ matrix[[row]].T).toarray().ravel()
    known = lengths > 0
    return np.divide(products, lengths * lengths[row], out=np.zeros_like(lengths), where=known)


def _checked(
    sentences: Sentences, vocabulary_size: int, window: int, weighting: str, cross: bool
) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " N"]]:
    """Return all ids in a row, and for each the number of its sentence, if they can be counted."""
    if window < 1:
        raise ValueError(f"window is {window}: at least 1, or no word has any neighbor")
    if weighting not in get_args(Weighting):
        raise ValueError(f'weighting is {weighting!r}: it is either "flat" or "distance"')
    rows = _rows(sentences)
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    if lengths.sum() == 0:
        raise ValueError("the corpus is empty: there is nothing to count")
    ids = np.concatenate(rows)
    if ids.ndim != 1 or not np.issubdtype(ids.dtype, np.integer):
        raise TypeError(f"ids are integers, got {ids.dtype}: encode the tokens first")
    if ids.min() < 0 or ids.max() >= vocabulary_size:
        wrong = ids.min() if ids.min() < 0 else ids.max()
        raise ValueError(
            f"id {wrong} is not in a vocabulary of {vocabulary_size}: ids run from 0 to V - 1"
        )
    longest = int(lengths.sum() if cross else lengths.max())
    if longest < 2:
        raise ValueError(
            "no sentence has two words, so nothing stands beside anything: give longer sentences, "
            "or count across their ends with cross=True"
        )
    if window > longest:
        raise ValueError(
            f"window is {window}, but the longest sentence has {longest} words, which is likely a "
            f"mistake: give at most {longest}, or {longest - 1}, which reaches across any of them"
        )
    numbers = np.repeat(0 if cross else np.arange(len(rows)), lengths.sum() if cross else lengths)
    # SciPy counts in 32 bits where it can; ids of 64 would be copied at each shift.
    return ids.astype(np.int32), numbers


def _rows(sentences: Sentences) -> list[np.ndarray]:
    """Return each sentence as an array, if none of them is text or a bare number."""
    if isinstance(sentences, np.ndarray) and sentences.ndim == 1:
        sentences = [sentences]
    if not isinstance(sentences, str):
        sentences = list(sentences)
    if isinstance(sentences, str) or any(isinstance(sentence, str) for sentence in sentences):
        raise TypeError("expected ids, got text: tokenize it and encode it with a vocabulary first")
    try:
        return [np.asarray(s) if len(s) else np.zeros(0, np.int64) for s in sentences]
    except TypeError:
        raise TypeError(
            "expected sentences, each a list of ids: wrap a single sentence, as in [ids]"
        ) from None
