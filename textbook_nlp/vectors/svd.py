"""Truncated SVD: the k strongest directions of a sparse matrix, and word vectors from them."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import scipy.linalg
import scipy.sparse
from jaxtyping import Float
from scipy.sparse.linalg import svds

from textbook_nlp.vectors.embeddings import Embeddings

Solver = Literal["exact", "randomized"]
SMALL = 100  # up to so many rows or columns a dense SVD is at once exact and quick


class SVD(NamedTuple):
    """M ≈ (U * S) @ Vt: left vectors, singular values from large to small, right vectors."""

    U: Float[np.ndarray, "V k"]
    S: Float[np.ndarray, " k"]
    Vt: Float[np.ndarray, "k C"]


def truncated_svd(
    matrix: scipy.sparse.csr_array | Float[np.ndarray, "V C"],
    k: int,
    *,
    method: Solver = "exact",
    seed: int = 0,
    oversampling: int = 10,
    iterations: int = 5,
) -> SVD:
    """Return the k largest singular values of a matrix with their vectors.

    No matrix of that rank comes closer to the given one (in the sum of squared differences). Of
    each pair of vectors the sign is free; it is chosen so that the entry of U with the largest
    magnitude is positive, and the result does not depend on chance.

    Args:
        matrix: (V, C), sparse or dense.
        k: how many singular values.
        method: "exact" asks ARPACK (a dense SVD where the matrix is small); "randomized" is quicker
            and approximate, the more so the slower the singular values fall.
        seed: of the random start.
        oversampling: how many more directions than k the randomized method follows.
        iterations: how often it multiplies by the matrix and its transpose. More are closer.

    Raises:
        ValueError: if `k` is below 1 or above the rank of the matrix, a number is not finite, or
            the method is unknown.

    Source: Eckart and Young 1936; Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1.
    Taught in: chapter 03.
    """
    if method not in get_args(Solver):
        raise ValueError(f'method is {method!r}: it is either "exact" or "randomized"')
    stored = matrix.data if scipy.sparse.issparse(matrix) else matrix
    if not np.isfinite(stored).all():
        raise ValueError("the matrix holds infinite or undefined numbers; use PPMI, not PMI")
    most = min(matrix.shape)
    if not 1 <= k <= most:
        raise ValueError(f"k is {k}: a matrix of shape {matrix.shape} has 1 to {most} directions")
    if method == "randomized":
        found = _randomized(matrix, k, seed, oversampling, iterations)
    elif most <= SMALL or k > most // 2:
        dense = matrix.toarray() if scipy.sparse.issparse(matrix) else matrix
        U, S, Vt = scipy.linalg.svd(dense, full_matrices=False)
        found = SVD(U[:, :k], S[:k], Vt[:k])
    else:
        start = np.random.default_rng(seed).standard_normal(most)
        U, S, Vt = svds(matrix.astype(np.float64), k, v0=start)
        order = np.argsort(S)[::-1]
        found = SVD(U[:, order], S[order], Vt[order])
    noise = found.S[0] * max(matrix.shape) * np.finfo(np.float64).eps
    rank = sum(value > noise for value in found.S.tolist())
    if rank < k:
        raise ValueError(
            f"k is {k}, but the matrix has rank {rank}: the other directions would be noise. "
            f"Give at most {rank}" + (", or count a larger corpus" if rank else "; it is all zero")
        )
    return _signed(found)


def _randomized(
    matrix: scipy.sparse.csr_array | Float[np.ndarray, "V C"],
    k: int,
    seed: int,
    oversampling: int,
    iterations: int,
) -> SVD:
    """Multiply random vectors by the matrix until they span its strongest directions."""
    # In 32 bits the products cost half; what is rounded away, the last product brings back.
    half = matrix.astype(np.float32)
    half_transposed = half.T.tocsr() if scipy.sparse.issparse(half) else half.T
    width = min(k + oversampling, *matrix.shape)
    Q = np.random.default_rng(seed).standard_normal((matrix.shape[1], width), dtype=np.float32)
    for _ in range(iterations):
        Q, _ = np.linalg.qr(half_transposed @ (half @ Q))
    Q, _ = np.linalg.qr(matrix @ Q.astype(np.float64))  # (V, width)
    # Inside that span the matrix is small: width rows instead of V.
    U, S, Vt = scipy.linalg.svd((matrix.T @ Q).T, full_matrices=False)
    return SVD(Q @ U[:, :k], S[:k], Vt[:k])


def _signed(found: SVD) -> SVD:
    """Make the largest entry of each column of U positive."""
    strongest = np.argmax(np.abs(found.U), axis=0)
    sign = np.sign(found.U[strongest, np.arange(found.U.shape[1])])
    return SVD(found.U * sign, found.S, found.Vt * sign[:, None])


def svd_embeddings(
    matrix: scipy.sparse.csr_array | Float[np.ndarray, "V C"],
    words: Sequence[str],
    embedding_size: int = 100,
    *,
    exponent: float = 0.0,
    method: Solver = "exact",
    seed: int = 0,
) -> Embeddings:
    """Return a vector for each word: its row of U, each column times S to the power `exponent`.

    Args:
        matrix: (V, C), such as the PPMI.
        words: V words, one a row.
        embedding_size: E, the length of the vectors.
        exponent: 1 keeps the geometry of the matrix, as far as E directions can; 0 makes all
            directions equally long; values between weaken the strongest.
        method: as for `truncated_svd`.
        seed: as for `truncated_svd`.

    Raises:
        ValueError: if there is another number of words than of rows; or as for `truncated_svd`.

    Source: Levy, Goldberg and Dagan 2015, section 3.3, for the exponent.
    Taught in: chapters 04 and 05.
    """
    if len(words) != matrix.shape[0]:
        raise ValueError(f"{len(words)} words for {matrix.shape[0]} rows; expected one word a row")
    U, S, _ = truncated_svd(matrix, embedding_size, method=method, seed=seed)
    return Embeddings(words, U * S**exponent)
