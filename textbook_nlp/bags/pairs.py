"""Neighbors as features of their own, for a model that reads ids and knows no order."""

import numpy as np
from jaxtyping import Int, Int64


def with_hashed_pairs(
    ids: Int[np.ndarray, "B T"], vocabulary_size: int, buckets: int, padding_id: int = 0
) -> Int64[np.ndarray, "B U"]:
    """Append to each text an id for every pair of neighbors, so that an average sees some order.

    There are too many pairs for a list, so each is sent to one of `buckets` ids from V on by a
    fixed arithmetic; different pairs may share one. Where a place or its neighbor is padding, the
    id is padding too. The model needs V + buckets rows.

    A pair of ids is two numbers and no text, so a few multiplications do what `murmur3` does for
    tokens. The recorded results of the classifier with pairs rest on these very constants.

    Args:
        ids: the texts, ids below V.
        vocabulary_size: V.
        buckets: how many ids the pairs share.
        padding_id: the id that fills up short texts.

    Returns:
        The ids and T - 1 more columns, U in all.

    Raises:
        ValueError: if `buckets` is below 1, or an id is not from 0 to V - 1.

    Source: Joulin et al., "Bag of Tricks for Efficient Text Classification" (2017), section 2.2.
    Taught in: chapter 05.
    """
    if buckets < 1:
        raise ValueError(f"buckets is {buckets}; expected at least 1")
    if ids.size and not 0 <= ids.min() <= ids.max() < vocabulary_size:
        raise ValueError(
            f"ids run from {ids.min()} to {ids.max()}; expected 0 to {vocabulary_size - 1}"
        )
    ids = ids.astype(np.int64)
    first, second = ids[:, :-1], ids[:, 1:]
    # Multiplying by large odd numbers and adding the high bits spreads neighboring ids apart. What
    # does not fit into 64 bits is cut off, which the remainder of a power of two does not feel.
    mixed = (first * 2_654_435_761 + second * 40_503 + 1) * 2_246_822_519 % 2**31
    pairs = vocabulary_size + (mixed ^ (mixed >> 15)) % buckets
    real = (first != padding_id) & (second != padding_id)
    return np.concatenate([ids, np.where(real, pairs, padding_id)], axis=1)
