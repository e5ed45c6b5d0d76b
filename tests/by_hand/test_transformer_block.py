"""Layer norm and a whole block by hand: against torch and the layers, and finite differences."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from textbook_nlp.by_hand import layer_norm, numerical_gradient, relative_error, transformer_block
from textbook_nlp.layers import EncoderBlock


def draw(B, T, N, d, F, seed=0, norm_first=True, causal=False):
    """A block in torch with parameters away from 0, x, a mask, and a gradient of the result."""
    torch.manual_seed(seed)
    block = EncoderBlock(N * d, N, F, norm_first=norm_first, causal=causal).double()
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((2, B, T, N * d))
    mask = rng.random((B, T)) < 0.6
    mask[:, 0] = True
    return block, x, mask, dy


@given(st.integers(1, 3), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_layer_norm_equals_torch(B, D, seed):
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((2, B, 2, D))
    p = {"g": rng.standard_normal(D), "b": rng.standard_normal(D)}
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, p["g"], p["b"])]
    expected = F.layer_norm(tensors[0], (D,), *tensors[1:])
    expected.backward(torch.from_numpy(dy))
    y, cache = layer_norm.forward(p, x)
    np.testing.assert_allclose(y, expected.detach(), atol=1e-10)
    dx, dp = layer_norm.backward(dy, cache)
    for mine, theirs in zip((dx, dp["g"], dp["b"]), tensors, strict=True):
        np.testing.assert_allclose(mine, theirs.grad, rtol=1e-7, atol=1e-8)


def test_layer_norm_against_finite_differences():
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 2, 3, 4))
    p = {"g": rng.standard_normal(4), "b": rng.standard_normal(4)}

    def loss():
        return float((layer_norm.forward(p, x)[0] * dy).sum())

    dx, dp = layer_norm.backward(dy, layer_norm.forward(p, x)[1])
    assert relative_error(dx, numerical_gradient(loss, x)) < 1e-7
    for name, gradient in dp.items():
        assert relative_error(gradient, numerical_gradient(loss, p[name])) < 1e-7


@settings(max_examples=40)
@given(
    st.tuples(*(st.integers(1, n) for n in (3, 5, 3, 3, 6))),  # B, T, N, d, F
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_values_and_gradients_equal_the_layer(sizes, masked, causal, norm_first, seed):
    block, x, mask, dy = draw(*sizes, seed, norm_first, causal)
    tensor = torch.tensor(x, requires_grad=True)
    expected, _ = block(tensor, mask=torch.from_numpy(mask) if masked else None)
    expected.backward(torch.from_numpy(dy))
    p = transformer_block.from_torch(block.state_dict())
    options = {"num_heads": sizes[2], "causal": causal, "norm_first": norm_first}
    y, cache = transformer_block.forward(p, x, mask if masked else None, **options)
    close = {"rtol": 1e-8, "atol": 1e-8}
    np.testing.assert_allclose(y, expected.detach(), **close)
    dx, dp = transformer_block.backward(dy, cache)
    np.testing.assert_allclose(dx, tensor.grad, **close)
    theirs = transformer_block.from_torch({n: q.grad for n, q in block.named_parameters()})
    assert dp.keys() == theirs.keys()
    for part, gradients in theirs.items():
        for name, gradient in gradients.items():
            np.testing.assert_allclose(dp[part][name], gradient, **close, err_msg=f"{part} {name}")


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_gradients_against_finite_differences(norm_first, causal):
    block, x, mask, dy = draw(2, 3, 2, 2, 3, norm_first=norm_first)
    p = transformer_block.from_torch(block.state_dict())
    options = {"num_heads": 2, "causal": causal, "norm_first": norm_first}

    def loss():
        return float((transformer_block.forward(p, x, mask, **options)[0] * dy).sum())

    dx, dp = transformer_block.backward(dy, transformer_block.forward(p, x, mask, **options)[1])
    assert relative_error(dx, numerical_gradient(loss, x)) < 1e-6
    for part, gradients in dp.items():
        if part == "key":
            gradients = {"W": gradients["W"]}  # a bias of the keys shifts all scores alike
            np.testing.assert_allclose(dp["key"]["b"], 0, atol=1e-12)
        for name, gradient in gradients.items():
            assert relative_error(gradient, numerical_gradient(loss, p[part][name])) < 1e-6, part


def test_the_type_stays():
    block, x, mask, dy = draw(2, 3, 2, 2, 3)
    p = transformer_block.from_torch(block.float().state_dict())
    y, cache = transformer_block.forward(p, x.astype(np.float32), mask, num_heads=2)
    dx, dp = transformer_block.backward(dy.astype(np.float32), cache)
    arrays = [y, dx, *(a for part in dp.values() for a in part.values())]
    assert {a.dtype.name for a in arrays} == {"float32"}


def test_what_does_not_fit_is_refused(shapes_unchecked):
    block, x, mask, dy = draw(2, 3, 2, 2, 3)
    p = transformer_block.from_torch(block.state_dict())
    _, cache = transformer_block.forward(p, x, num_heads=2)
    calls = [
        (lambda: transformer_block.forward(p, x, num_heads=3), "3 heads do not divide the 4"),
        (lambda: transformer_block.forward(p, x, num_heads=0), "0 heads"),
        (lambda: transformer_block.forward(p, x[0], num_heads=2), r"x has shape \(3, 4\)"),
        (lambda: transformer_block.forward(p, x, mask[:1], num_heads=2), r"bool of \(2, 3\)"),
        (lambda: transformer_block.forward(p, x, 1.0 * mask, num_heads=2), "mask is float64"),
        (lambda: transformer_block.forward(p, x, mask & False, num_heads=2), "sees nothing"),
        (lambda: transformer_block.forward(p, x[:, :, :2], num_heads=2), r"expected \(D,\)"),
        (lambda: transformer_block.backward(dy[:1], cache), r"dy has shape \(1, 3, 4\)"),
        (lambda: layer_norm.backward(dy[:1], cache.attending[0]), r"dy has shape \(1, 3, 4\)"),
    ]
    for call, message in calls:
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(KeyError, match="self_attn"):
        transformer_block.from_torch({})
