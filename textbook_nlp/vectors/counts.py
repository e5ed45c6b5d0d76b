"""Co-occurrence counts, cosine, PMI and PPMI: what a word stands beside, in sparse matrices.

A row of a co-occurrence matrix belongs to a word, a column to a context word. `vectors.svd` makes
short vectors of the rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, get_args

import numpy as np
import scipy.sparse
from jaxtyping import Float, Int, Num

Weighting = Literal["flat", "distance"]
Sentences = Iterable[Sequence[int] | Int[np.ndarray, " T"]] | Int[np.ndarray, " N"]
Vector = Sequence[float | int] | Num[np.ndarray, " E"]


def context_windows(tokens: Sequence, window: int = 2) -> Iterator[tuple]:
    """Yield each token with the list of its neighbors, at most `window` on each side.

    Example:
        >>> list(context_windows(["you", "say", "goodbye"], 1))
        [('you', ['say']), ('say', ['you', 'goodbye']), ('goodbye', ['say'])]

    Raises:
        ValueError: `window` below 1.

    Taught in: chapter 03.
    """
    _require_window(window)
    tokens = list(tokens)
    for i, token in enumerate(tokens):
        yield token, tokens[max(i - window, 0) : i] + tokens[i + 1 : i + 1 + window]


def cooccurrence(
    sentences: Sentences,
    size: int,
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
        size: V, the size of the vocabulary.
        window: how many places on each side belong to the context. One that is longer than the
            longest sentence counts nothing more; it is taken for a mistake.
        weighting: "flat", each pair counts 1; or "distance", a pair d places apart counts 1 / d.
        cross: whether a window may reach from one sentence into the next.

    Returns:
        A sparse (V, V) array of floats, with sorted indices and no stored zeros.

    Example:
        >>> cooccurrence([[0, 1, 2, 1]], size=3, window=1).toarray()
        array([[0., 1., 0.],
               [1., 0., 2.],
               [0., 2., 0.]])

    Raises:
        TypeError: the ids are no integers.
        ValueError: an empty corpus, no two words in any one sentence, a window below 1 or longer
            than every sentence, an id outside of the vocabulary, or an unknown weighting.

    Source: Lund and Burgess 1996, for the window; Pennington et al. 2014, section 4.2, for 1 / d.
    Taught in: chapter 03.
    """
    _require_window(window)
    if weighting not in get_args(Weighting):
        raise ValueError(f'weighting is {weighting!r}: it is either "flat" or "distance"')
    ids, sentence = _flatten(sentences, size)
    if cross:
        sentence = np.zeros_like(sentence)
    _require_pairs(sentence, window)
    pairs = scipy.sparse.csr_array((size, size), dtype=np.float64)
    for distance in range(1, window + 1):
        together = sentence[:-distance] == sentence[distance:]
        left, right = ids[:-distance][together], ids[distance:][together]
        weight = np.full(len(left), 1.0 if weighting == "flat" else 1 / distance)
        # Repeated pairs are added up when the coordinates become a matrix.
        pairs = pairs + scipy.sparse.coo_array((weight, (left, right)), (size, size)).tocsr()
    counts = (pairs + pairs.T).tocsr()
    counts.sort_indices()
    return counts


def _require_window(window: int) -> None:
    if window < 1:
        raise ValueError(f"window is {window}: at least 1, or no word has any neighbor")


def _flatten(
    sentences: Sentences, size: int
) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " N"]]:
    """Return all ids in one row, and for each the number of its sentence."""
    if isinstance(sentences, np.ndarray) and sentences.ndim == 1:
        sentences = [sentences]
    if not isinstance(sentences, str):
        sentences = list(sentences)
    if isinstance(sentences, str) or any(isinstance(sentence, str) for sentence in sentences):
        raise TypeError("expected ids, got text: tokenize it and encode it with a vocabulary first")
    try:
        rows = [np.asarray(s) if len(s) else np.zeros(0, np.int64) for s in sentences]
    except TypeError:
        raise TypeError(
            "expected sentences, each a list of ids: wrap a single sentence, as in [ids]"
        ) from None
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    if lengths.sum() == 0:
        raise ValueError("the corpus is empty: there is nothing to count")
    ids = np.concatenate(rows)
    if ids.ndim != 1 or not np.issubdtype(ids.dtype, np.integer):
        raise TypeError(f"ids are integers, got {ids.dtype}: encode the tokens first")
    if ids.min() < 0 or ids.max() >= size:
        wrong = ids.min() if ids.min() < 0 else ids.max()
        raise ValueError(f"id {wrong} is not in a vocabulary of {size}: ids run from 0 to V - 1")
    # SciPy counts in 32 bits where it can; ids of 64 would be copied at each shift.
    return ids.astype(np.int32), np.repeat(np.arange(len(rows)), lengths)


def _require_pairs(sentence: Int[np.ndarray, " N"], window: int) -> None:
    longest = int(np.bincount(sentence).max())
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


def cosine(a: Vector, b: Vector) -> float:
    """Return the cosine of the angle between two vectors: 1 for one direction, 0 for a right angle.

    Whole numbers and very large or small ones are safe: it is computed from floats of 64 bits,
    each vector divided by its largest entry.

    Example:
        >>> round(cosine(np.array([1.0, 0.0]), np.array([2.0, 2.0])), 4)
        0.7071

    Raises:
        ValueError: one vector is zero, and so has no direction, holds an infinite or undefined
            number, or their lengths differ.

    Taught in: chapter 03.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"the vectors have shapes {a.shape} and {b.shape}; expected one length")
    if not a.any() or not b.any():
        raise ValueError("a vector of zeros has no direction: was the word ever seen beside one?")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("a vector holds an infinite or undefined number; use PPMI, not PMI")
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def cosines(
    matrix: scipy.sparse.csr_array | scipy.sparse.csr_matrix, row: int
) -> Float[np.ndarray, " V"]:
    """Return the cosine of one row of a sparse matrix with each of its V rows.

    A row of zeros has no direction; its cosine is given as 0.

    Raises:
        ValueError: there is no such row, or it is zero.

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


def pmi(counts: scipy.sparse.csr_array, alpha: float = 1.0) -> scipy.sparse.csr_array:
    """Return the pointwise mutual information of every pair that was seen, in bits.

    Of a pair that was never seen it is minus infinity; such pairs stay out of the sparse array. So
    an entry that is stored as 0 means "as often as by chance", one that is not stored "never".

    Args:
        counts: (V, C) counts, none negative: a row a word, a column a context.
        alpha: contexts have the probability of their count to this power. Below 1, rare contexts
            become more probable by chance, and their PMI, which is often too high, falls.

    Example:
        >>> pmi(cooccurrence([[0, 1, 2, 1]], size=3, window=1)).toarray().round(3)
        array([[0.   , 1.   , 0.   ],
               [1.   , 0.   , 1.   ],
               [0.   , 1.   , 0.   ]])

    Raises:
        ValueError: no count above zero, a negative or infinite one, or `alpha` not above 0.

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
        ValueError: as for `pmi`; `shift` not above 0, or `epsilon` negative.

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
