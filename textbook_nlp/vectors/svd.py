"""Truncated SVD: the k strongest directions of a sparse matrix, and word vectors from them."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np
import scipy.linalg
import scipy.sparse
from jaxtyping import Float
from scipy.sparse.linalg import LinearOperator, aslinearoperator, svds

from textbook_nlp.vectors.embeddings import Embeddings

Solver = Literal["exact", "randomized"]
Matrix = scipy.sparse.csr_array | Float[np.ndarray, "V C"]

SMALL = 100  # up to so many rows or columns a dense SVD is at once exact and quick
CLOSE = 0.01  # the randomized method stops when no direction is further off, in shares of the k-th


class SVD(NamedTuple):
    """M ≈ (U * S) @ Vt: left vectors, singular values from large to small, right vectors."""

    U: Float[np.ndarray, "V k"]
    S: Float[np.ndarray, " k"]
    Vt: Float[np.ndarray, "k C"]


def truncated_svd(
    matrix: scipy.sparse.sparray | scipy.sparse.spmatrix | Float[np.ndarray, "V C"],
    k: int,
    *,
    method: Solver = "exact",
    seed: int = 0,
    oversampling: int | None = None,
    iterations: int | None = None,
) -> SVD:
    """Return the k largest singular values of a matrix with their vectors.

    No matrix of that rank comes closer to the given one (in the sum of squared differences). Of
    each pair of vectors the sign is free; it is chosen so that the entry of U with the largest
    magnitude is positive, and the result does not depend on chance.

    Args:
        matrix: (V, C), sparse or dense; it is computed in 64 bits.
        k: how many singular values.
        method: "exact" asks ARPACK (a dense SVD where the matrix is small). "randomized" follows a
            block of random vectors until they have settled; it is approximate, and quicker where
            the singular values fall fast or a few rounds are enough.
        seed: of the random start.
        oversampling: how many more directions than k the randomized method follows; None for as
            many again as k, and at least 10.
        iterations: how often it multiplies by the matrix and its transpose. None goes on until it
            has converged: until no column of M Vᵀ - U S is longer than 1 % of the k-th singular
            value, or than 32 bits can tell beside the first. A number stops there, converged or
            not; the slower the singular values fall, the further off the last directions are.

    Raises:
        ValueError: if `k` is below 1 or above the rank of the matrix, a number is not finite, or
            the method is unknown.

    Source: Eckart and Young 1936; Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1.
    Taught in: chapter 03.
    """
    matrix, precision = _checked(matrix, k, method)
    rng = np.random.default_rng(seed)
    most = min(matrix.shape)
    if method == "randomized":
        width = min(k + (max(k, 10) if oversampling is None else oversampling), most)
        found = _randomized(matrix, k, width, iterations, rng)
    elif most <= SMALL or k > most // 2:
        dense = matrix.toarray() if scipy.sparse.issparse(matrix) else matrix
        found = _strongest(*scipy.linalg.svd(dense, full_matrices=False), k)
    else:
        found = _lanczos(matrix, k, rng)
    noise = found.S[0] * max(matrix.shape) * precision
    _check_rank(k, int((noise < found.S).sum()))
    return _signed(found)


def _randomized(
    matrix: Matrix, k: int, width: int, iterations: int | None, rng: np.random.Generator
) -> SVD:
    """Multiply random vectors by the matrix until they span its strongest directions."""
    # In 32 bits the products cost half; what is rounded away, the last product brings back.
    half = matrix.astype(np.float32)
    half_transposed = half.T.tocsr() if scipy.sparse.issparse(half) else half.T
    Q = rng.standard_normal((matrix.shape[1], width), dtype=np.float32)
    rounds = 5 if iterations is None else iterations
    while True:
        for _ in range(rounds):
            Q, _ = np.linalg.qr(half_transposed @ (half @ Q))
        left, _ = np.linalg.qr(matrix @ Q.astype(np.float64))  # (V, width)
        # Inside that span the matrix is small: width rows instead of V.
        U, S, Vt = scipy.linalg.svd((matrix.T @ left).T, full_matrices=False)
        found = _strongest(left @ U, S, Vt, k)
        off = np.linalg.norm(matrix @ found.Vt.T - found.U * found.S, axis=0).max()
        rounded = S[0] * max(matrix.shape) ** 0.5 * np.finfo(np.float32).eps
        if iterations is not None or off <= CLOSE * found.S[-1] + rounded:
            return found


def _lanczos(matrix: Matrix, k: int, rng: np.random.Generator) -> SVD:
    """Ask ARPACK, and ask it again for what it may have missed.

    From one start it can miss copies of a singular value that occurs several times. Then what is
    left of the matrix without the directions found is larger than the last of them.
    """
    found = _arpack(matrix, k, rng)
    while True:
        rest = aslinearoperator(matrix) - aslinearoperator(found.U * found.S) @ aslinearoperator(
            found.Vt
        )
        noise = found.S[0] * max(matrix.shape) * np.finfo(np.float64).eps
        if _arpack(rest, 1, rng, tolerance=0.01).S[0] <= found.S[-1] * (1 + 1e-6) + noise:
            return found
        missed = _arpack(rest, 1, rng)
        found = _strongest(
            np.hstack([found.U, missed.U]),
            np.append(found.S, missed.S),
            np.vstack([found.Vt, missed.Vt]),
            k,
        )


def _arpack(
    matrix: Matrix | LinearOperator, k: int, rng: np.random.Generator, tolerance: float = 0.0
) -> SVD:
    start = rng.standard_normal(min(matrix.shape))
    return _strongest(*svds(matrix, k, v0=start, tol=tolerance), k)


def _strongest(U: np.ndarray, S: np.ndarray, Vt: np.ndarray, k: int) -> SVD:
    """Keep the k largest singular values, the largest first."""
    order = np.argsort(-S, kind="stable")[:k]
    return SVD(U[:, order], S[order], Vt[order])


def _signed(found: SVD) -> SVD:
    """Make the largest entry of each column of U positive."""
    strongest = np.argmax(np.abs(found.U), axis=0)
    sign = np.sign(found.U[strongest, np.arange(found.U.shape[1])])
    return SVD(found.U * sign, found.S, found.Vt * sign[:, None])


def _checked(
    matrix: scipy.sparse.sparray | scipy.sparse.spmatrix | np.ndarray, k: int, method: str
) -> tuple[Matrix, float]:
    """Return the matrix in 64 bits, and the relative precision that its own numbers have."""
    if method not in get_args(Solver):
        raise ValueError(f'method is {method!r}: it is either "exact" or "randomized"')
    floating = np.issubdtype(matrix.dtype, np.floating)
    precision = float(np.finfo(matrix.dtype if floating else np.float64).eps)
    if scipy.sparse.issparse(matrix):
        matrix = scipy.sparse.csr_array(matrix)
    matrix = matrix.astype(np.float64, copy=False)
    stored = matrix.data if scipy.sparse.issparse(matrix) else matrix
    if not np.isfinite(stored).all():
        raise ValueError("the matrix holds infinite or undefined numbers; use PPMI, not PMI")
    most = min(matrix.shape)
    if not 1 <= k <= most:
        raise ValueError(f"k is {k}: a matrix of shape {matrix.shape} has 1 to {most} directions")
    if not stored.any():
        _check_rank(k, 0)
    return matrix, precision


def _check_rank(k: int, rank: int) -> None:
    if rank < k:
        raise ValueError(
            f"k is {k}, but the matrix has rank {rank}: the other directions would be noise. "
            f"Give at most {rank}" + (", or count a larger corpus" if rank else "; it is all zero")
        )


def svd_embeddings(
    matrix: scipy.sparse.sparray | scipy.sparse.spmatrix | Float[np.ndarray, "V C"],
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
