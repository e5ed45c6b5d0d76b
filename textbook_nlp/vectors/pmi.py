"""Pointwise mutual information: how much more often than by chance two words stand together."""

import numpy as np
import scipy.sparse


def pmi(counts: scipy.sparse.csr_array, alpha: float = 1.0) -> scipy.sparse.csr_array:
    """Return the pointwise mutual information of every pair that was seen, in bits.

    Of a pair that was never seen it is minus infinity; such pairs stay out of the sparse array. So
    an entry that is stored as 0 means "as often as by chance", one that is not stored "never".

    Args:
        counts: (V, C) counts, none negative: a row a word, a column a context.
        alpha: contexts have the probability of their count to this power. Below 1, rare contexts
            become more probable by chance, and their PMI, which is often too high, falls.

    Example:
        >>> beside = scipy.sparse.csr_array([[0, 1, 0], [1, 0, 2], [0, 2, 0]])
        >>> pmi(beside).toarray().round(3)
        array([[0.   , 1.   , 0.   ],
               [1.   , 0.   , 1.   ],
               [0.   , 1.   , 0.   ]])

    Raises:
        ValueError: if no count is above zero, one is negative or infinite, or `alpha` is not above
            0.

    Source: Church and Hanks 1990, section 2; alpha: Levy, Goldberg and Dagan 2015, section 3.2.
    Taught in: chapter 03.
    """
    ratio = _ratio(counts, alpha)
    ratio.data = np.log2(ratio.data)
    return ratio


def ppmi(
    counts: scipy.sparse.csr_array,
    *,
    alpha: float = 1.0,
    shift: float = 1.0,
    epsilon: float = 1e-8,
) -> scipy.sparse.csr_array:
    """Return the positive PMI in bits: what is negative, or was never seen, is zero.

    With alpha = 1 and shift = 1 it is max(0, log2(C[i, j] N / (R[i] R[j]) + epsilon)), R being the
    sums of rows and columns and N that of all counts.

    Args:
        counts: as for `pmi`.
        alpha: as for `pmi`.
        shift: k of the shifted PPMI, max(0, PMI - log2 k): skip-gram with k negative samples
            approximates PMI - log2 k.
        epsilon: what is added before the logarithm; it keeps a dense computation from log2(0).

    Returns:
        A sparse (V, C) array without stored zeros.

    Raises:
        ValueError: if `pmi` would raise one, `shift` is not above 0, or `epsilon` is negative.

    Source: Bullinaria and Levy 2007, section 2; shift: Levy and Goldberg 2014, section 3.3.
    Taught in: chapter 03.
    """
    if not shift > 0:
        raise ValueError(f"shift is {shift}: give a number above 0; 1 shifts nothing")
    if epsilon < 0:
        raise ValueError(f"epsilon is {epsilon}: give 0 or a small positive number")
    positive = _ratio(counts, alpha)
    positive.data = np.maximum(0.0, np.log2(positive.data + epsilon) - np.log2(shift))
    positive.eliminate_zeros()
    return positive


def _ratio(counts: scipy.sparse.csr_array, alpha: float) -> scipy.sparse.csr_array:
    """Return how many times as often each seen pair was seen as by chance."""
    if not alpha > 0:
        raise ValueError(
            f"alpha is {alpha}: give a number above 0, such as 0.75; 1 smooths nothing"
        )
    ratio = scipy.sparse.csr_array(counts, dtype=np.float64, copy=True)
    ratio.sum_duplicates()
    if not np.isfinite(ratio.data).all() or (ratio.data < 0).any():
        raise ValueError("the counts hold a negative, infinite or undefined number")
    ratio.eliminate_zeros()
    if ratio.nnz == 0:
        raise ValueError("all counts are zero: count a corpus with at least one pair of words")
    words, contexts = ratio.sum(axis=1), ratio.sum(axis=0) ** alpha
    row_of_entry = np.repeat(np.arange(ratio.shape[0]), np.diff(ratio.indptr))
    chance = words[row_of_entry] * contexts[ratio.indices] / contexts.sum()
    ratio.data = ratio.data / chance
    return ratio
