"""Global average pooling by hand: against torch, finite differences and autograd."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.by_hand import (
    masked_mean_backward,
    masked_mean_forward,
    numerical_gradient,
    relative_error,
)
from textbook_nlp.layers.pooling import masked_mean


def draw(B, T, seed):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((B, T, 3)), rng.random((B, T)) < 0.6, rng.standard_normal((B, 3))


def test_by_definition():
    x = np.array([[[1.0, 2.0], [3.0, 6.0], [50.0, 50.0]], [[7.0, 7.0]] * 3])
    mask = np.array([[True, True, False], [False] * 3])
    np.testing.assert_allclose(masked_mean_forward(x, mask), [[2, 4], [0, 0]])
    dx = masked_mean_backward(np.array([[4.0, 8.0], [1.0, 1.0]]), mask)
    np.testing.assert_allclose(dx, [[[2, 4], [2, 4], [0, 0]], np.zeros((3, 2))])


@given(st.integers(1, 4), st.integers(0, 6), st.integers(0, 2**32 - 1))
def test_forward_and_gradient_against_torch(B, T, seed):
    x, mask, dout = draw(B, T, seed)
    tensor = torch.tensor(x, requires_grad=True)
    expected = masked_mean(tensor, torch.from_numpy(mask))
    expected.backward(torch.from_numpy(dout))
    np.testing.assert_allclose(masked_mean_forward(x, mask), expected.detach(), atol=1e-14)
    np.testing.assert_allclose(masked_mean_backward(dout, mask), tensor.grad, atol=1e-14)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_gradient_against_finite_differences(B, T, seed):
    x, mask, dout = draw(B, T, seed)
    numerical = numerical_gradient(lambda: float((masked_mean_forward(x, mask) * dout).sum()), x)
    assert relative_error(masked_mean_backward(dout, mask), numerical) < 1e-8


@pytest.mark.parametrize("filler", [np.nan, np.inf, 1e300])
def test_padding_does_not_matter_whatever_stands_there(filler):
    x, mask, _ = draw(3, 5, 1)
    changed = np.where(mask[:, :, None], x, filler)
    np.testing.assert_array_equal(masked_mean_forward(changed, mask), masked_mean_forward(x, mask))


def test_the_type_stays():
    x, mask, dout = draw(2, 3, 0)
    assert masked_mean_forward(x.astype(np.float32), mask).dtype == np.float32
    assert masked_mean_backward(dout.astype(np.float32), mask).dtype == np.float32


@pytest.mark.parametrize(
    "mask",
    [np.ones((2, 4), bool), np.ones((1, 3), bool), np.ones((2, 3)), np.ones((2, 3, 1), bool)],
)
def test_a_mask_that_does_not_fit_is_refused(shapes_unchecked, mask):
    with pytest.raises(ValueError, match=r"expected bool of shape \(2, 3\)"):
        masked_mean_forward(np.zeros((2, 3, 5)), mask)


def test_x_without_a_batch_is_refused(shapes_unchecked):
    with pytest.raises(ValueError, match=r"x has shape \(1, 3\); expected \(B, T, E\)"):
        masked_mean_forward(np.array([[1.0, 2.0, 3.0]]), np.array([[True, True, False]]))


def test_gradients_of_other_rows_are_refused(shapes_unchecked):
    with pytest.raises(ValueError, match="1 gradients for a mask of 2 rows"):
        masked_mean_backward(np.zeros((1, 5)), np.ones((2, 3), bool))
