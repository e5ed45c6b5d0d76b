"""Pooling over time in torch: what counts, what does not, and what the gradient reaches."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.layers.pooling import masked_max, masked_mean


@pytest.mark.parametrize(("pool", "alone"), [(masked_mean, "mean"), (masked_max, "amax")])
@given(st.integers(1, 5), st.integers(1, 6), st.integers(0, 2**31))
def test_equals_what_each_row_gives_alone(pool, alone, B, T, seed):
    torch.manual_seed(seed)
    x, mask = torch.randn(B, T, 4).double(), torch.rand(B, T) < 0.5
    pooled = pool(x, mask)
    for row, keep, result in zip(x, mask, pooled, strict=True):
        expected = getattr(row[keep], alone)(dim=0) if keep.any() else torch.zeros(4).double()
        torch.testing.assert_close(result, expected)


def test_nothing_to_pool():
    x, mask = torch.zeros(2, 0, 3), torch.zeros(2, 0, dtype=torch.bool)
    torch.testing.assert_close(masked_mean(x, mask), torch.zeros(2, 3))
    with pytest.raises(ValueError, match="expected at least one place"):
        masked_max(x, mask)


@pytest.mark.parametrize("pool", [masked_mean, masked_max])
def test_gradients_by_autograd(pool):
    x = torch.randn(3, 4, 2).double().requires_grad_()
    mask = torch.tensor([[True] * 4, [True, False, True, False], [False] * 4])
    assert torch.autograd.gradcheck(lambda x: pool(x, mask), x)


@pytest.mark.parametrize("filler", [torch.nan, torch.inf, 1e30])
def test_padding_neither_moves_the_average_nor_receives_a_gradient(filler):
    x, mask = torch.randn(2, 5, 3), torch.tensor([[True, True, False, False, False]] * 2)
    given = x.clone()
    given[:, 2:] = filler
    given.requires_grad_()
    pooled = masked_mean(given, mask)
    torch.testing.assert_close(pooled, x[:, :2].mean(dim=1))
    pooled.sum().backward()
    torch.testing.assert_close(given.grad, mask[:, :, None] * torch.full((2, 5, 3), 0.5))


@pytest.mark.parametrize(
    "mask", [torch.ones(2, 4).bool(), torch.ones(1, 3).bool(), torch.ones(2, 3)]
)
def test_a_mask_that_does_not_fit_is_refused(shapes_unchecked, mask):
    for pool in (masked_mean, masked_max):
        with pytest.raises(ValueError, match=r"expected torch.bool of shape \(2, 3\)"):
            pool(torch.zeros(2, 3, 5), mask)
