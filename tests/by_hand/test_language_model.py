"""Softmax, embedding and the language model by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from textbook_nlp.by_hand.embedding import embedding_backward, embedding_forward
from textbook_nlp.by_hand.gradient_check import numerical_gradient, relative_error
from textbook_nlp.by_hand.language_model import clip_, initialize, loss_and_gradients
from textbook_nlp.by_hand.softmax import cross_entropy, softmax


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


@pytest.mark.parametrize("targets", [[0, 3], [-1, 0], [0]])
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
    np.testing.assert_array_equal(embedding_forward(W, ids), out.detach().numpy())
    np.testing.assert_allclose(embedding_backward(weight, ids, 4), table.grad.numpy())


def test_embedding_refuses_gradients_that_do_not_fit(shapes_unchecked):
    with pytest.raises(ValueError, match="dout has shape"):
        embedding_backward(np.zeros((4, 3)), np.array([0, 1]), 5)


@pytest.mark.parametrize("bad", [-1, 4])
def test_embedding_refuses_an_index_out_of_range(bad):
    with pytest.raises(ValueError, match="4 rows"):
        embedding_forward(np.zeros((4, 2)), np.array([0, bad]))


def problem(dtype=np.float64):
    rng = np.random.default_rng(3)
    parameters = initialize(V=7, E=3, H=4, seed=0, dtype=dtype)
    tokens, targets = rng.integers(0, 7, (2, 2, 5))
    return parameters, tokens, targets, rng.standard_normal((2, 4)).astype(dtype)


def test_gradients_against_finite_differences():
    parameters, tokens, targets, h = problem()
    _, gradients, _ = loss_and_gradients(parameters, tokens, targets, h)
    for name, array in parameters.items():
        numerical = numerical_gradient(
            lambda: loss_and_gradients(parameters, tokens, targets, h)[0], array
        )
        assert relative_error(gradients[name], numerical) < 1e-7, name


def test_gradients_against_autograd():
    parameters, tokens, targets, h = problem()
    p = {name: torch.tensor(array, requires_grad=True) for name, array in parameters.items()}
    state, scores = torch.from_numpy(h), []
    for t in range(tokens.shape[1]):
        x = p["embedding"][torch.from_numpy(tokens[:, t])]
        state = torch.tanh(x @ p["W_x"] + state @ p["W_h"] + p["b"])
        scores.append(state @ p["W_out"] + p["b_out"])
    expected = F.cross_entropy(
        torch.stack(scores, 1).flatten(0, 1), torch.from_numpy(targets.ravel())
    )
    expected.backward()
    loss, gradients, last = loss_and_gradients(parameters, tokens, targets, h)
    np.testing.assert_allclose(loss, expected.item(), rtol=1e-12)
    np.testing.assert_allclose(last, state.detach().numpy(), rtol=1e-12)
    for name, tensor in p.items():
        np.testing.assert_allclose(gradients[name], tensor.grad.numpy(), atol=1e-12)


def test_the_state_carries_over_and_single_precision_stays_single():
    parameters, tokens, targets, h = problem(np.float32)
    whole, _, last = loss_and_gradients(parameters, tokens, targets, h)
    first, _, middle = loss_and_gradients(parameters, tokens[:, :2], targets[:, :2], h)
    second, gradients, end = loss_and_gradients(parameters, tokens[:, 2:], targets[:, 2:], middle)
    np.testing.assert_allclose(whole, (2 * first + 3 * second) / 5, rtol=1e-6)
    np.testing.assert_allclose(last, end, rtol=1e-5)
    assert {g.dtype for g in gradients.values()} == {np.dtype(np.float32)}


def test_tokens_and_targets_must_fit(shapes_unchecked):
    parameters, tokens, targets, h = problem()
    with pytest.raises(ValueError, match="targets"):
        loss_and_gradients(parameters, tokens, targets[:, 1:], h)


@given(st.floats(1e-3, 1e3), st.integers(0, 2**32 - 1))
def test_clipping_against_torch(max_norm, seed):
    rng = np.random.default_rng(seed)
    gradients = {name: rng.standard_normal(shape) for name, shape in (("a", (3, 4)), ("b", (5,)))}
    tensors = [torch.zeros(g.shape, dtype=torch.float64) for g in gradients.values()]
    for tensor, g in zip(tensors, gradients.values(), strict=True):
        tensor.grad = torch.tensor(g)
    expected = torch.nn.utils.clip_grad_norm_(tensors, max_norm)
    np.testing.assert_allclose(clip_(gradients, max_norm), expected.item())
    for tensor, g in zip(tensors, gradients.values(), strict=True):
        np.testing.assert_allclose(g, tensor.grad.numpy(), rtol=1e-5)


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan")])
def test_clipping_needs_a_positive_norm(bad):
    with pytest.raises(ValueError, match="positive"):
        clip_({"a": np.ones(2)}, bad)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_clipping_leaves_what_is_not_finite_alone(bad):
    gradients = {"a": np.array([1.0, bad]), "b": np.ones(2)}
    with pytest.raises(ValueError, match="learning rate"):
        clip_(gradients, 1.0)
    np.testing.assert_array_equal(gradients["b"], np.ones(2))


def test_the_gradient_check_restores_what_it_nudged():
    x = np.arange(3.0)
    with pytest.raises(ZeroDivisionError):
        numerical_gradient(lambda: 1 / 0, x)
    np.testing.assert_array_equal(x, np.arange(3.0))


def test_the_gradient_check_refuses_single_precision(shapes_unchecked):
    with pytest.raises(TypeError, match="float64"):
        numerical_gradient(lambda: 0.0, np.zeros(2, np.float32))


def test_relative_error():
    np.testing.assert_allclose(relative_error(np.array([1.0, 2.0]), np.array([1.0, 1.0])), 0.5)
    np.testing.assert_allclose(relative_error(np.zeros(2), np.zeros(2)), 0)
    one, two = np.array([1], np.uint8), np.array([2], np.uint8)
    np.testing.assert_allclose(relative_error(one, two), 0.5)
    with pytest.raises(ValueError, match="compare"):
        relative_error(np.zeros(2), np.zeros(3))
