"""Pooling over time in torch: what counts, what does not, and what the gradient reaches."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from textbook_nlp.layers.pooling import (
    masked_max,
    masked_mean,
    max_pool,
    mean_pool,
    shorten_by_pooling,
)


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
def test_x_without_a_batch_is_refused(shapes_unchecked, pool):
    with pytest.raises(ValueError, match=r"x has shape \(1, 3\); expected \(B, T, E\)"):
        pool(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[True, True, False]]))


def test_the_largest_of_whole_numbers_is_refused(shapes_unchecked):
    x = torch.ones(2, 4, 3).long()
    for call in (lambda: masked_max(x, torch.ones(2, 4).bool()), lambda: max_pool(x, 2)):
        with pytest.raises(ValueError, match=r"x is torch.int64; .* x.float\(\)"):
            call()


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


POOLS = pytest.mark.parametrize(
    ("pool", "theirs"), [(max_pool, F.max_pool1d), (mean_pool, F.avg_pool1d)]
)


@POOLS
@settings(max_examples=30)
@given(st.integers(1, 3), st.integers(1, 12), st.integers(1, 4), st.booleans(), st.integers(0, 99))
def test_pools_equal_torch(pool, theirs, B, T, size, partial, seed):
    torch.manual_seed(seed)
    size = size if partial else min(size, T)
    x = torch.randn(B, T, 2).double().requires_grad_()
    options = {"ceil_mode": partial}
    expected = theirs(x.transpose(1, 2), size, **options).transpose(1, 2)
    pooled = pool(x, size, partial=partial)
    torch.testing.assert_close(pooled, expected)
    gradient = torch.randn_like(pooled)
    found, other = (torch.autograd.grad(each, x, gradient) for each in (pooled, expected))
    torch.testing.assert_close(found, other)


@POOLS
@settings(max_examples=30)
@given(st.integers(1, 4), st.booleans(), st.integers(0, 99))
def test_padding_does_not_move_a_pool(pool, theirs, size, partial, seed):
    torch.manual_seed(seed)
    lengths = torch.randint(0, 9, (4,))
    mask = torch.arange(8) < lengths.unsqueeze(1)
    x = torch.randn(4, 8, 2).double()
    x[~mask] = torch.nan
    pooled, real = (
        pool(x, size, mask, partial=partial),
        shorten_by_pooling(mask, size, partial=partial),
    )
    for row, n, result, kept in zip(x, lengths, pooled, real, strict=True):
        enough = n >= (1 if partial else size)
        alone = pool(row[None, :n], size, partial=partial)[0] if enough else result[:0]
        torch.testing.assert_close(result[kept], alone)
        assert not result[~kept].any()


@POOLS
def test_a_pool_of_no_sequence_is_none(pool, theirs):
    assert pool(torch.zeros(0, 6, 3), 2).shape == (0, 3, 3)


@pytest.mark.parametrize(
    ("mask", "size", "message"),
    [
        (torch.ones(2, 4).long(), 2, "mask is torch.int64"),
        (torch.ones(4).bool(), 2, r"mask has shape \(4,\); expected \(B, T\)"),
        (torch.tensor([[True] * 2, [False, True]]), 2, "row 1 of the mask has padding before"),
        (torch.ones(2, 4).bool(), 0, "size is 0; expected a whole number from 1"),
        (torch.ones(2, 4).bool(), 1.5, "size is 1.5; expected a whole number from 1"),
    ],
)
def test_a_mask_that_cannot_be_shortened_is_refused(shapes_unchecked, mask, size, message):
    with pytest.raises(ValueError, match=message):
        shorten_by_pooling(mask, size)


@POOLS
def test_a_pool_that_does_not_fit_is_refused(shapes_unchecked, pool, theirs):
    x = torch.zeros(2, 3, 5)
    for size in (0, 4, 1.5):
        with pytest.raises(ValueError, match=f"a pool of {size} over 3 places"):
            pool(x, size)
    for shape in ((6, 3), (2, 6, 3, 1)):
        with pytest.raises(ValueError, match=r"x has shape .*; expected \(B, T, E\)"):
            pool(torch.zeros(shape), 2)
    with pytest.raises(ValueError, match="a pool of 2 over 0 places"):
        pool(x[:, :0], 2, partial=True)
    with pytest.raises(ValueError, match="row 0 of the mask has padding before a real token"):
        pool(x, 2, torch.tensor([[False, True, True]] * 2))
    with pytest.raises(ValueError, match=r"expected torch.bool of shape \(2, 3\)"):
        pool(x, 2, torch.ones(2, 4).bool())
