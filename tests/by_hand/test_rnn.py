"""The recurrent layer by hand: against finite differences, autograd and torch.nn."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.by_hand.gradient_check import numerical_gradient, relative_error
from textbook_nlp.by_hand.rnn import from_torch, rnn_backward, rnn_forward, rnn_step, to_torch

SIZES = st.tuples(*(st.integers(1, n) for n in (3, 6, 4, 5)))  # B, T, D, H


def draw(B, T, D, H, seed=0):
    """Draw x, h, W_x, W_h, b and a gradient for every state."""
    rng = np.random.default_rng(seed)
    shapes = [(B, T, D), (B, H), (D, H), (H, H), (H,), (B, T, H)]
    *arguments, dhs = (rng.standard_normal(shape) for shape in shapes)
    return arguments, dhs


@given(SIZES, st.integers(0, 2**32 - 1))
def test_forward_is_the_step_repeated(sizes, seed):
    (x, h, *weights), _ = draw(*sizes, seed)
    hs, _ = rnn_forward(x, h, *weights)
    for t in range(x.shape[1]):
        h = rnn_step(x[:, t], h, *weights)
        np.testing.assert_allclose(hs[:, t], h, rtol=1e-9, atol=1e-12)


def test_no_state_means_zeros():
    (x, h, *weights), _ = draw(2, 3, 4, 5)
    without, _ = rnn_forward(x, None, *weights)
    zeros, _ = rnn_forward(x, np.zeros_like(h), *weights)
    np.testing.assert_array_equal(without, zeros)


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (2, 5, 3, 4), (3, 4, 5, 2)])
def test_gradients_against_finite_differences(sizes):
    arguments, dhs = draw(*sizes)

    def loss():
        return float(np.sum(rnn_forward(*arguments)[0] * dhs))

    _, cache = rnn_forward(*arguments)
    for array, gradient in zip(arguments, rnn_backward(dhs, cache), strict=True):
        assert relative_error(gradient, numerical_gradient(loss, array)) < 1e-8


@given(SIZES, st.integers(0, 2**32 - 1))
def test_gradients_against_autograd(sizes, seed):
    arguments, dhs = draw(*sizes, seed)
    tensors = [torch.tensor(array, requires_grad=True) for array in arguments]
    x, h, W_x, W_h, b = tensors
    total = torch.zeros((), dtype=torch.float64)
    for t in range(x.shape[1]):
        h = torch.tanh(x[:, t] @ W_x + h @ W_h + b)
        total = total + (h * torch.from_numpy(dhs[:, t])).sum()
    total.backward()
    _, cache = rnn_forward(*arguments)
    for tensor, gradient in zip(tensors, rnn_backward(dhs, cache), strict=True):
        np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("k", [1, 2, 3, 7, 9])
def test_truncation_is_one_backward_pass_for_each_block(k):
    (x, h, *weights), dhs = draw(2, 7, 3, 4)
    _, cache = rnn_forward(x, h, *weights)
    dx, dh, *whole = rnn_backward(dhs, cache, truncate=k)

    totals = [np.zeros_like(g) for g in whole]
    state = h
    for start in range(0, 7, k):
        block = slice(start, start + k)
        hs, part = rnn_forward(x[:, block], state, *weights)
        dx_block, dh_block, *gradients = rnn_backward(dhs[:, block], part)
        np.testing.assert_allclose(dx[:, block], dx_block, rtol=1e-12)
        if start == 0:
            np.testing.assert_allclose(dh, dh_block, rtol=1e-12)
        for total, gradient in zip(totals, gradients, strict=True):
            total += gradient
        state = hs[:, -1]
    for total, gradient in zip(totals, whole, strict=True):
        np.testing.assert_allclose(gradient, total, rtol=1e-10)


@pytest.mark.parametrize("bias", [True, False])
def test_parameters_go_to_torch_and_back(bias):
    torch.manual_seed(0)
    layer = torch.nn.RNN(3, 4, num_layers=2, bias=bias, bidirectional=True, batch_first=True)
    weights = from_torch(layer.state_dict(), "l0_reverse")
    x = np.random.default_rng(0).standard_normal((2, 5, 3)).astype(np.float32)
    mine, _ = rnn_forward(x[:, ::-1].copy(), None, *weights)

    one = torch.nn.RNN(3, 4, batch_first=True)
    one.load_state_dict({k: torch.from_numpy(v) for k, v in to_torch(*weights).items()})
    theirs, _ = one(torch.from_numpy(x[:, ::-1].copy()))
    np.testing.assert_allclose(mine, theirs.detach().numpy(), atol=1e-6)

    reverse = layer.state_dict()
    np.testing.assert_array_equal(weights[0].T, reverse["weight_ih_l0_reverse"].numpy())
    with pytest.raises(KeyError, match="l7"):
        from_torch(layer.state_dict(), "l7")


@pytest.mark.parametrize(
    ("position", "shape", "message"),
    [
        (0, (2, 3), "batch, time, features"),
        (0, (2, 0, 4), "no time steps"),
        (1, (1, 5), r"h has shape \(1, 5\); expected \(2, 5\)"),  # would broadcast
        (2, (1, 5), "W_x has shape"),
        (3, (1, 5), "W_h has shape"),
        (4, (1,), "b has shape"),
    ],
)
def test_wrong_shapes_are_refused(shapes_unchecked, position, shape, message):
    arguments, _ = draw(2, 3, 4, 5)
    arguments[position] = np.zeros(shape)
    with pytest.raises(ValueError, match=message):
        rnn_forward(*arguments)


@pytest.mark.parametrize(("position", "dtype"), [(0, np.int64), (1, np.float32), (3, np.float32)])
def test_types_are_not_mixed(shapes_unchecked, position, dtype):
    arguments, _ = draw(2, 3, 4, 5)
    arguments[position] = arguments[position].astype(dtype)
    with pytest.raises(TypeError, match="one floating-point type"):
        rnn_forward(*arguments)


def test_a_batch_may_be_empty():
    (x, h, *weights), dhs = draw(2, 3, 4, 5)
    hs, cache = rnn_forward(x[:0], h[:0], *weights)
    dx, dh, *gradients = rnn_backward(dhs[:0], cache)
    assert hs.shape == (0, 3, 5)
    assert dx.shape == (0, 3, 4)
    assert dh.shape == (0, 5)
    for gradient, array in zip(gradients, weights, strict=True):
        np.testing.assert_array_equal(gradient, np.zeros_like(array))


def test_backward_refuses_what_does_not_fit(shapes_unchecked):
    arguments, dhs = draw(2, 3, 4, 5)
    _, cache = rnn_forward(*arguments)
    with pytest.raises(ValueError, match="dhs has shape"):
        rnn_backward(dhs[:, -1], cache)
    with pytest.raises(ValueError, match="truncate is 0"):
        rnn_backward(dhs, cache, truncate=0)
