"""Truncated SVD against a dense one, and the vectors made from it."""

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given

from textbook_nlp.vectors import cooccurrence, ppmi, svd_embeddings, truncated_svd

HELLO = np.array([0, 1, 2, 3, 4, 1, 5, 6])
WORDS = ("you", "say", "goodbye", "and", "i", "hello", ".")


def falling(rows, columns, seed=0, factor=0.8):
    """A sparse matrix of full rank whose singular values fall by a factor from each to the next."""
    rng = np.random.default_rng(seed)
    most = min(rows, columns)
    left = np.linalg.qr(rng.standard_normal((rows, most)))[0]
    right = np.linalg.qr(rng.standard_normal((columns, most)))[0]
    S = factor ** np.arange(most)
    return scipy.sparse.csr_array((left * S) @ right.T), S


def check(found, matrix, S, tolerance):
    k = len(found.S)
    np.testing.assert_allclose(found.S, S[:k], rtol=tolerance)
    np.testing.assert_allclose(found.U.T @ found.U, np.eye(k), atol=1e-9)
    np.testing.assert_allclose(found.Vt @ found.Vt.T, np.eye(k), atol=1e-9)
    U, full, Vt = np.linalg.svd(matrix.toarray(), full_matrices=False)
    best = (U[:, :k] * full[:k]) @ Vt[:k]
    np.testing.assert_allclose((found.U * found.S) @ found.Vt, best, atol=10 * tolerance)
    assert (found.U[np.abs(found.U).argmax(axis=0), np.arange(k)] > 0).all()


@pytest.mark.parametrize("shape", [(12, 9), (9, 12), (150, 120), (120, 150)])
@pytest.mark.parametrize("k", [1, 5])
def test_the_exact_method_is_the_dense_one(shape, k):
    matrix, S = falling(*shape)
    check(truncated_svd(matrix, k), matrix, S, 1e-9)
    check(truncated_svd(matrix.toarray(), k), matrix, S, 1e-9)


def test_all_directions_can_be_had():
    matrix, S = falling(120, 110, factor=0.98)
    check(truncated_svd(matrix, 110), matrix, S, 1e-9)


@pytest.mark.parametrize("shape", [(150, 120), (120, 150)])
def test_the_randomized_method_comes_close(shape):
    matrix, S = falling(*shape)
    check(truncated_svd(matrix, 10, method="randomized"), matrix, S, 1e-6)
    check(truncated_svd(matrix.toarray(), 10, method="randomized"), matrix, S, 1e-6)


def test_a_weak_direction_beside_a_strong_one_is_found():
    rng = np.random.default_rng(0)
    left, right = (np.linalg.qr(rng.standard_normal((150, 3)))[0] for _ in range(2))
    S = np.array([1.0, 1e-4, 1e-8])
    found = truncated_svd((left * S) @ right.T, 3, method="randomized")
    np.testing.assert_allclose(found.S, S, rtol=1e-6)


def test_the_randomized_method_goes_on_until_it_has_converged():
    matrix, S = falling(400, 300, factor=0.995)
    found = truncated_svd(matrix, 20, method="randomized")
    np.testing.assert_allclose(found.S, S[:20], rtol=1e-3)
    off = np.linalg.norm(matrix @ found.Vt.T - found.U * found.S, axis=0)
    assert off.max() < 0.011 * S[19]
    errors = [
        np.abs(truncated_svd(matrix, 20, method="randomized", iterations=n).S - S[:20]).max()
        for n in (0, 2, 8)
    ]
    assert errors[0] > 2 * errors[1] > 4 * errors[2]
    assert errors[1] > 0.01  # two rounds, asked for, are not enough here


@pytest.mark.parametrize("method", ["exact", "randomized"])
def test_every_copy_of_an_equal_singular_value_is_found(method):
    S = np.array([3, 3, 3, 3, *(1 / np.arange(1, 297))])
    for seed in range(4):
        found = truncated_svd(scipy.sparse.diags_array(S).tocsr(), 5, method=method, seed=seed)
        np.testing.assert_allclose(found.S, S[:5], rtol=1e-4)
        np.testing.assert_allclose(found.U.T @ found.U, np.eye(5), atol=1e-9)
        np.testing.assert_allclose(found.Vt @ found.Vt.T, np.eye(5), atol=1e-9)


@pytest.mark.parametrize("form", ["csr_array", "csr_matrix", "csc_array", "coo_array", "lil_array"])
@pytest.mark.parametrize("size", [4, 130])
def test_every_sparse_form_is_read_and_a_zero_one_refused(form, size):
    kind = getattr(scipy.sparse, form)
    numbers = np.diag(np.arange(1, size + 1))
    for method in ("exact", "randomized"):
        found = truncated_svd(kind(numbers), 2, method=method)
        np.testing.assert_allclose(found.S, [size, size - 1], rtol=1e-3)
        with pytest.raises(ValueError, match="rank 0: .* it is all zero"):
            truncated_svd(kind((size, size)), 2, method=method)


@pytest.mark.parametrize("method", ["exact", "randomized"])
def test_signs_and_vectors_do_not_depend_on_chance(method):
    matrix, _ = falling(150, 120)
    first, second = (truncated_svd(matrix, 5, method=method, seed=seed) for seed in (1, 2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    again = truncated_svd(matrix, 5, method=method, seed=1)
    np.testing.assert_array_equal(first.U, again.U)


@given(st.integers(1, 4), st.sampled_from(["exact", "randomized"]))
def test_a_rank_is_found(rank, method):
    rng = np.random.default_rng(rank)
    for size, dtype in ((8, np.float64), (130, np.float64), (50, np.float32), (130, np.float32)):
        low = rng.standard_normal((size, rank)) @ rng.standard_normal((rank, size))
        low = low.astype(dtype)  # of 32 bits, the rounding gives it full rank
        assert len(truncated_svd(low, rank, method=method).S) == rank
        with pytest.raises(ValueError, match=f"rank {rank}: .* Give at most {rank}"):
            truncated_svd(low, rank + 1, method=method)


def test_vectors_are_weighted_by_the_exponent():
    matrix = ppmi(cooccurrence(HELLO, 7, 1))
    plain, half, whole = (svd_embeddings(matrix, WORDS, 3, exponent=p) for p in (0.0, 0.5, 1.0))
    assert plain.words == half.words == whole.words == WORDS
    np.testing.assert_allclose(plain.matrix.T @ plain.matrix, np.eye(3), atol=1e-12)
    U, S, Vt = np.linalg.svd(matrix.toarray())
    closest = (U[:, :3] * S[:3]) @ Vt[:3]
    products = closest @ closest.T  # of the rows of the closest matrix of rank 3
    np.testing.assert_allclose(whole.matrix @ whole.matrix.T, products, atol=1e-12)
    root = half.matrix @ half.matrix.T
    np.testing.assert_allclose(root @ root, products, atol=1e-12)


def test_bad_input_is_refused():
    matrix, _ = falling(12, 9)
    for k in (0, 10):
        with pytest.raises(ValueError, match="has 1 to 9 directions"):
            truncated_svd(matrix, k)
    for bad in (np.nan, -np.inf):
        with pytest.raises(ValueError, match="PPMI"):
            truncated_svd(np.array([[1.0, bad], [0.0, 1.0]]), 1)
    with pytest.raises(ValueError, match="12 rows"):
        svd_embeddings(matrix, WORDS, 3)


def test_an_unknown_method_is_refused(shapes_unchecked):
    with pytest.raises(ValueError, match="randomized"):
        truncated_svd(np.eye(3), 1, method="fast")
