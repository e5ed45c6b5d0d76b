"""Convolution by hand: by definition, against torch, finite differences and autograd; bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.by_hand import convolution, numerical_gradient, relative_error

SIZES = st.tuples(*(st.integers(1, n) for n in (3, 9, 4, 3, 4)))  # B, T, D, H, K
PLACES = st.fixed_dictionaries(
    {"stride": st.integers(1, 4), "padding": st.integers(0, 4), "dilation": st.integers(1, 3)}
)


def draw(B, T, D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    p = convolution.initialize(D, H, K, rng)
    return p | {"b": rng.standard_normal(H)}, rng.standard_normal((B, T, D)), rng


def test_by_definition():
    p = {"W": np.array([[[1.0]], [[10.0]], [[100.0]]]), "b": np.array([0.5])}
    x = np.arange(1.0, 7.0).reshape(1, 6, 1)
    y, _ = convolution.forward(p, x)
    np.testing.assert_allclose(y[0, :, 0], [321.5, 432.5, 543.5, 654.5])  # not turned around
    y, _ = convolution.forward(p, x, stride=2, padding=1, dilation=2)
    np.testing.assert_allclose(y[0, :, 0], [420.5, 642.5])
    seen = convolution.patches(x, 3, stride=2, padding=1, dilation=2)
    np.testing.assert_array_equal(seen[0, :, :, 0], [[0, 2, 4], [2, 4, 6]])


@settings(max_examples=60)
@given(SIZES, PLACES, st.integers(0, 2**32 - 1))
def test_values_and_gradients_equal_torch(sizes, places, seed):
    _, T, D, H, K = sizes
    p, x, rng = draw(*sizes, seed)
    if (K - 1) * places["dilation"] + 1 > T + 2 * places["padding"]:
        with pytest.raises(ValueError, match="the kernel spans"):
            convolution.forward(p, x, **places)
        return
    layer = torch.nn.Conv1d(D, H, K, dtype=torch.float64, **places)
    layer.load_state_dict({k: torch.from_numpy(a) for k, a in convolution.to_torch(p).items()})
    inputs = torch.tensor(x, requires_grad=True)
    expected = layer(inputs.transpose(1, 2)).transpose(1, 2)
    y, cache = convolution.forward(p, x, **places)
    dy = rng.standard_normal(y.shape)
    expected.backward(torch.from_numpy(dy))
    dx, dp = convolution.backward(dy, cache)
    theirs = convolution.from_torch({name: w.grad for name, w in layer.named_parameters()})
    np.testing.assert_allclose(y, expected.detach(), atol=1e-12)
    np.testing.assert_allclose(dx, inputs.grad, atol=1e-12)
    for name in p:
        np.testing.assert_allclose(dp[name], theirs[name], atol=1e-12)


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1, 1), (2, 7, 3, 2, 3)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("padding", [0, 2])
@pytest.mark.parametrize("dilation", [1, 2])
def test_gradients_against_finite_differences(sizes, stride, padding, dilation):
    p, x, rng = draw(*sizes)
    places = {"stride": stride, "padding": padding, "dilation": dilation}
    y, cache = convolution.forward(p, x, **places)
    dy = rng.standard_normal(y.shape)
    dx, dp = convolution.backward(dy, cache)
    for array, gradient in ((x, dx), *((p[name], dp[name]) for name in p)):
        numerical = numerical_gradient(
            lambda: float((convolution.forward(p, x, **places)[0] * dy).sum()), array
        )
        assert relative_error(gradient, numerical) < 1e-8


def test_parameters_go_to_torch_and_come_back():
    p, *_ = draw(1, 3, 4, 2, 3)
    back = convolution.from_torch(convolution.to_torch(p))
    for name in p:
        np.testing.assert_array_equal(back[name], p[name])
    layer = torch.nn.Conv1d(4, 2, 3, bias=False)
    np.testing.assert_array_equal(convolution.from_torch(layer.state_dict())["b"], [0, 0])
    with pytest.raises(KeyError, match="no 'weight' here"):
        convolution.from_torch({"bias": p["b"]})


def test_the_type_stays():
    p = convolution.initialize(3, 2, 2, np.random.default_rng(0), np.float32)
    y, cache = convolution.forward(p, np.ones((1, 4, 3), np.float32))
    dx, dp = convolution.backward(y, cache)
    assert {a.dtype for a in (y, dx, *dp.values())} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("shape", "places", "message"),
    [
        ((2, 2, 3), {}, "spans 3 steps, the sequence with its padding has 2"),
        ((2, 3, 3), {"dilation": 2}, "spans 5 steps"),
        ((2, 5, 3), {"padding": -1}, "padding is -1; expected"),
        ((2, 5, 3), {"dilation": 0}, "dilation are 3, 1 and 0"),
        ((2, 5, 3), {"stride": 0}, "dilation are 3, 0 and 1"),
        ((2, 5, 3), {"padding": "same"}, "padding is 'same'; expected whole numbers"),
        ((2, 5, 3), {"padding": 1.5}, "padding is 1.5; expected whole numbers"),
        ((2, 5, 3), {"stride": 1.5}, "dilation are 3, 1.5 and 1"),
        ((0, 5, 3), {}, "at least one sequence and one step"),
        ((2, 0, 3), {}, "at least one sequence and one step"),
        ((2, 5, 4), {}, r"expected \(K, D, H\)"),
        ((5, 3), {}, r"expected \(K, D, H\), \(H,\), \(B, T, D\)"),
    ],
)
def test_bad_input_is_refused(shapes_unchecked, shape, places, message):
    p = convolution.initialize(3, 2, 3, np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        convolution.forward(p, np.zeros(shape), **places)


def test_bad_sizes_and_gradients_are_refused(shapes_unchecked):
    with pytest.raises(ValueError, match="are 0, 3 and 2; expected at least 1"):
        convolution.initialize(3, 2, 0, np.random.default_rng(0))
    p, x, _ = draw(2, 5, 3, 2, 3)
    _, cache = convolution.forward(p, x)
    with pytest.raises(ValueError, match=r"expected \(2, 3, 2\)"):
        convolution.backward(np.zeros((2, 5, 2)), cache)
