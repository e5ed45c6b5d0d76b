"""Sequences of ids become rows of equal length, and a mask says which places are real."""

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
    value: int = 0,
    dtype: type[np.integer] = np.int64,
) -> Int[np.ndarray, "B T"]:
    """Lay sequences of different lengths into one array of B rows and T columns.

    `padding` says at which end `value` fills a short row, `truncating` at which end a long one is
    cut. Keras' defaults are "pre" and "pre", with dtype int32.

    Args:
        sequences: B sequences of integers.
        length: T; None for the length of the longest.
        padding: "post" fills at the end, "pre" at the beginning.
        truncating: "post" cuts the end off, "pre" the beginning.
        value: the filler.
        dtype: the integer type of the result.

    Example:
        >>> pad([[5, 6], [7]])
        array([[5, 6],
               [7, 0]])

    Raises:
        TypeError: a sequence is not made of integers.
        ValueError: no sequences, `length` below 1, an unknown side, or a number that `dtype`
            cannot hold.

    Source: Keras, `pad_sequences`.
    Taught in: chapter 01.
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f'{name} is {side!r}: it is either "pre" or "post"')
    if len(sequences) == 0:
        raise ValueError("there are no sequences to pad: pass at least one, which may be empty")
    if length is not None and length < 1:
        raise ValueError(f"length is {length}: give at least 1, or None for the longest sequence")
    rows = [_integers(i, sequence) for i, sequence in enumerate(sequences)]
    width = max(len(row) for row in rows) if length is None else length
    result = np.full((len(rows), width), value, dtype=np.int64)
    for i, row in enumerate(rows):
        kept = row[:width] if truncating == "post" else row[max(len(row) - width, 0) :]
        if padding == "post":
            result[i, : len(kept)] = kept
        else:
            result[i, width - len(kept) :] = kept
    if result.size and not np.array_equal(result.astype(dtype), result):
        raise ValueError(f"some ids do not fit into {np.dtype(dtype)}: choose a wider dtype")
    return result.astype(dtype, copy=False)


def _integers(i: int, sequence: object) -> Int[np.ndarray, " T"]:
    """Return one sequence as an int64 row; an empty one, whose type NumPy must guess, included."""
    if isinstance(sequence, str | bytes) or not hasattr(sequence, "__len__"):
        raise TypeError(
            f"sequence {i} is a {type(sequence).__name__}: pass lists of integers; encode first"
        )
    row = np.asarray(sequence) if len(sequence) else np.zeros(0, dtype=np.int64)
    if row.ndim != 1 or not np.can_cast(row.dtype, np.int64):
        raise TypeError(
            f"sequence {i} is not a flat list of integers (NumPy sees {row.dtype}, "
            f"{row.ndim} dimensions): encode the tokens first"
        )
    return row.astype(np.int64)


def mask(
    lengths_or_padded: Sequence[int] | Int[np.ndarray, " B"] | Int[np.ndarray, "B T"],
    length: int | None = None,
    padding: Side = "post",
    value: int = 0,
) -> Bool[np.ndarray, "B T"]:
    """Say which places of a padded batch hold a token.

    Given B lengths, mark that many places of each row: exact, whatever the ids. Given a padded
    array, mark every place that differs from `value`: right as long as no real token has that id.

    Args:
        lengths_or_padded: B lengths, or an array of B rows and T columns.
        length: T, when lengths are given; None for the largest.
        padding: the end at which the rows were filled, when lengths are given.
        value: the filler, when a padded array is given.

    Example:
        >>> mask([2, 1])
        array([[ True,  True],
               [ True, False]])

    Raises:
        ValueError: an array of neither 1 nor 2 dimensions, an unknown side, or a length that is
            negative or above T.

    Taught in: chapter 01.
    """
    given = np.asarray(lengths_or_padded)
    if given.ndim == 2:
        return given != value
    if given.ndim != 1 or len(given) == 0:
        raise ValueError(f"expected B lengths or a padded (B, T) array, got shape {given.shape}")
    if padding not in ("pre", "post"):
        raise ValueError(f'padding is {padding!r}: it is either "pre" or "post"')
    width = int(given.max()) if length is None else length
    if given.min() < 0 or given.max() > width:
        raise ValueError(
            f"lengths run from {given.min()} to {given.max()}, but a row has {width} places: "
            f"a row that was cut has the length {width}"
        )
    marked = np.arange(width)[None, :] < given[:, None]
    return marked if padding == "post" else marked[:, ::-1]
