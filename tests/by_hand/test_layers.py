"""Softmax with cross-entropy, the embedding and the affine layer by hand, against torch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from textbook_nlp.by_hand import affine, cross_entropy, embedding, softmax


@given(st.integers(1, 5), st.integers(1, 7), st.floats(0.1, 1000), st.integers(0, 2**32 - 1))
def test_softmax_and_cross_entropy_against_torch(N, V, size, seed):
    rng = np.random.default_rng(seed)
    scores = size * rng.standard_normal((N, V))
    targets = rng.integers(0, V, N)
    tensor = torch.tensor(scores, requires_grad=True)
    expected = F.cross_entropy(tensor, torch.from_numpy(targets))
    expected.backward()
    loss, dscores = cross_entropy(scores, targets)
    np.testing.assert_allclose(loss, expected.item(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(dscores, tensor.grad.numpy(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(softmax(scores), tensor.softmax(1).detach().numpy(), atol=1e-12)


def test_softmax_survives_huge_scores():
    np.testing.assert_allclose(
        softmax(np.array([1e4, 1e4 - 1])), [1 / (1 + np.exp(-1)), np.exp(-1) / (1 + np.exp(-1))]
    )


@pytest.mark.parametrize("targets", [[0, 3], [-1, 0], [0], [0.0, 1.0]])
def test_cross_entropy_refuses_bad_targets(shapes_unchecked, targets):
    with pytest.raises(ValueError, match="targets"):
        cross_entropy(np.zeros((2, 3)), np.array(targets))


def test_embedding_sums_the_gradients_of_a_repeated_word():
    W = np.random.default_rng(0).standard_normal((4, 3))
    ids = np.array([[1, 2, 1], [3, 1, 1]])
    table = torch.tensor(W, requires_grad=True)
    out = F.embedding(torch.from_numpy(ids), table)
    weight = np.random.default_rng(1).standard_normal(out.shape)
    (out * torch.from_numpy(weight)).sum().backward()
    vectors, cache = embedding.forward({"W": W}, ids)
    np.testing.assert_array_equal(vectors, out.detach().numpy())
    np.testing.assert_allclose(embedding.backward(weight, cache)["W"], table.grad.numpy())


def test_embedding_refuses_gradients_that_do_not_fit(shapes_unchecked):
    _, cache = embedding.forward({"W": np.zeros((5, 3))}, np.array([0, 1]))
    with pytest.raises(ValueError, match="dvectors has shape"):
        embedding.backward(np.zeros((4, 3)), cache)


@pytest.mark.parametrize("bad", [-1, 4])
def test_embedding_refuses_an_index_out_of_range(bad):
    with pytest.raises(ValueError, match="4 rows"):
        embedding.forward({"W": np.zeros((4, 2))}, np.array([0, bad]))


def test_embedding_refuses_ids_that_are_no_integers(shapes_unchecked):
    with pytest.raises(ValueError, match="float64; expected integers"):
        embedding.forward({"W": np.zeros((4, 2))}, np.array([0.0, 1.0]))


@given(st.integers(0, 3), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_affine_against_torch(B, D, K, seed):
    rng = np.random.default_rng(seed)
    x, W, b, dy = (rng.standard_normal(s) for s in ((B, 2, D), (D, K), (K,), (B, 2, K)))
    tensors = [torch.tensor(array, requires_grad=True) for array in (x, W.T, b)]
    expected = F.linear(*tensors)
    expected.backward(torch.from_numpy(dy))
    y, cache = affine.forward({"W": W, "b": b}, x)
    dx, dp = affine.backward(dy, cache)
    np.testing.assert_allclose(y, expected.detach(), atol=1e-12)
    for mine, theirs in zip((dx, dp["W"].T, dp["b"]), tensors, strict=True):
        np.testing.assert_allclose(mine, theirs.grad, atol=1e-12)


@pytest.mark.parametrize(("W", "b"), [((3, 2), (1,)), ((4, 2), (2,)), ((3,), (3,))])
def test_affine_refuses_what_does_not_fit(shapes_unchecked, W, b):
    with pytest.raises(ValueError, match="W has shape"):
        affine.forward({"W": np.zeros(W), "b": np.zeros(b)}, np.zeros((5, 3)))


def test_affine_refuses_gradients_that_do_not_fit(shapes_unchecked):
    _, cache = affine.forward({"W": np.zeros((3, 2)), "b": np.zeros(2)}, np.zeros((5, 3)))
    with pytest.raises(ValueError, match=r"dy has shape \(1, 2\); expected \(5, 2\)"):
        affine.backward(np.zeros((1, 2)), cache)
