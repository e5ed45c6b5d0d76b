"""Sequences of ids become rows of equal length."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int

Side = Literal["pre", "post"]


def pad(
    sequences: Sequence[Sequence[int] | np.ndarray],
    length: int | None = None,
    padding: Side = "post",
    truncating: Side = "post",
    padding_id: int = 0,
    dtype: type[np.integer] = np.int64,
) -> Int[np.ndarray, "B T"]:
    """Lay sequences of ids of different lengths into one array of B rows and T columns.

    `padding` says at which end `padding_id` fills a short row, `truncating` at which end a long one
    is cut. Keras' defaults are "pre" and "pre", with dtype int32.

    Args:
        sequences: B sequences of ids.
        length: T; None for the length of the longest.
        padding: "post" fills at the end, "pre" at the beginning.
        truncating: "post" cuts the end off, "pre" the beginning.
        padding_id: the filler.
        dtype: the integer type of the result.

    Example:
        >>> pad([[5, 6], [7]])
        array([[5, 6],
               [7, 0]])

    Raises:
        TypeError: if a sequence, the filler or `dtype` is not made of integers.
        ValueError: if there are no sequences, `length` is below 1, a side is unknown, or `dtype`
            cannot hold a number.

    Source: Keras, `pad_sequences`.
    Taught in: chapter 01.
    """
    rows = _checked_rows(sequences, length, padding, truncating, padding_id, dtype)
    T = max(map(len, rows)) if length is None else length
    result = np.full((len(rows), T), padding_id, dtype=np.int64)
    for filled, row in zip(result, rows, strict=True):
        kept = row[:T] if truncating == "post" else row[max(len(row) - T, 0) :]
        start = 0 if padding == "post" else T - len(kept)
        filled[start : start + len(kept)] = kept
    return _narrowed(result, dtype)


def turned_around(
    ids: Int[np.ndarray, "B T"], mask: Bool[np.ndarray, "B T"] | None = None
) -> Int[np.ndarray, "B T"]:
    """Turn each row around, so that its last token comes first; padding stays where it is.

    Args:
        ids: rows of equal length.
        mask: true at real tokens; None: all are, and padding would change its side.

    Example:
        >>> ids = np.array([[5, 6, 7], [8, 9, 0]])
        >>> turned_around(ids, mask=ids != 0)
        array([[7, 6, 5],
               [9, 8, 0]])

    Raises:
        ValueError: if the mask is not bool of the shape of the ids.

    Source: Sutskever et al., "Sequence to Sequence Learning with Neural Networks" (2014),
    section 3.3.
    Taught in: chapter 12.
    """
    if mask is None:
        return ids[:, ::-1].copy()
    if mask.shape != ids.shape or mask.dtype != np.bool_:
        raise ValueError(
            f"mask is {mask.dtype} of shape {mask.shape}; expected bool of shape {ids.shape}, true "
            "at real tokens"
        )
    turned, (rows, columns) = ids.copy(), np.nonzero(mask)
    turned[rows, columns] = ids[rows, columns[np.lexsort((-columns, rows))]]
    return turned


def _checked_rows(
    sequences: object,
    length: int | None,
    padding: str,
    truncating: str,
    padding_id: object,
    dtype: type,
) -> list[Int[np.ndarray, " _"]]:
    """Return the sequences as rows of int64; refuse what cannot be padded."""
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f'{name} is {side!r}: it is either "pre" or "post"')
    if not np.issubdtype(np.dtype(dtype), np.integer):
        raise TypeError(
            f"dtype is {np.dtype(dtype)}: ids are integers, so give np.int64 or np.int32"
        )
    if not isinstance(padding_id, int | np.integer):
        raise TypeError(f"padding_id is {padding_id!r}: give an integer, since it stands among ids")
    if not np.iinfo(dtype).min <= padding_id <= np.iinfo(dtype).max:
        raise ValueError(f"padding_id is {padding_id}, which does not fit into {np.dtype(dtype)}")
    if not hasattr(sequences, "__len__"):
        raise TypeError(f"sequences is a {type(sequences).__name__}: pass a list of lists of ids")
    if len(sequences) == 0:
        raise ValueError("there are no sequences to pad: pass at least one, which may be empty")
    if length is not None and length < 1:
        raise ValueError(f"length is {length}: give at least 1, or None for the longest sequence")
    return [_integers(i, sequence) for i, sequence in enumerate(sequences)]


def _integers(i: int, sequence: object) -> Int[np.ndarray, " T"]:
    """Return one sequence as an int64 row; an empty one, whose type NumPy must guess, included."""
    if isinstance(sequence, str | bytes) or not hasattr(sequence, "__len__"):
        raise TypeError(
            f"sequence {i} is a {type(sequence).__name__}: pass lists of integers; encode first"
        )
    row = np.asarray(sequence) if len(sequence) else np.zeros(0, dtype=np.int64)
    if row.dtype == np.uint64:
        raise TypeError(
            f"sequence {i} is of uint64, which int64 cannot hold: use .astype(np.int64)"
        )
    if row.ndim != 1 or not np.can_cast(row.dtype, np.int64):
        raise TypeError(
            f"sequence {i} is of shape {row.shape} and type {row.dtype}; expected a flat list of "
            "integers: encode tokens first, and use .astype(np.int64) on an array of objects"
        )
    return row.astype(np.int64)


def _narrowed(padded: Int[np.ndarray, "B T"], dtype: type) -> Int[np.ndarray, "B T"]:
    """Return `padded` in another integer type, if that loses nothing."""
    narrow = padded.astype(dtype)
    if not np.array_equal(narrow, padded):
        raise ValueError(f"some ids do not fit into {np.dtype(dtype)}: choose a wider dtype")
    return narrow
