"""Pooling over time: neighboring vectors become one, or all of a text, whatever its length."""

from numbers import Integral

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from textbook_nlp.layers.shapes import check_mask, check_shape, check_tokens_come_first


def masked_mean(x: Float[Tensor, "B T E"], mask: Bool[Tensor, "B T"]) -> Float[Tensor, "B E"]:
    """Average the vectors of each row over the places where the mask is true.

    Padding neither moves the average nor receives a gradient, whatever stands there. A row with no
    true place has nothing to average; its result is defined as the zero vector, as that of
    `torch.nn.EmbeddingBag` is.

    Args:
        x: a vector at each of T places.
        mask: true at real tokens, false at padding.

    Raises:
        ValueError: if `x` has another number of axes, or the mask does not have one truth value for
            each place.

    Source: Lin et al., "Network In Network" (2014), section 3.2 (for images); Iyyer et al., "Deep
    Unordered Composition Rivals Syntactic Methods for Text Classification" (2015), section 2.
    Taught in: chapter 05.
    """
    check_shape("x", x, ("B", "T", "E"))
    check_mask(mask, x)
    # A place that does not count is replaced, not multiplied by 0: 0 * inf is NaN.
    total = x.masked_fill(~mask.unsqueeze(2), 0).sum(dim=1)
    return total / mask.sum(dim=1, keepdim=True).clamp(min=1)


def masked_max(x: Float[Tensor, "B T E"], mask: Bool[Tensor, "B T"]) -> Float[Tensor, "B E"]:
    """Take the largest value of each feature over the places where the mask is true.

    Padding changes nothing, whatever stands there. A row with no true place has no largest value;
    its result is defined as the zero vector, as that of `masked_mean` is.

    Args:
        x: a vector at each of T places, T at least 1.
        mask: true at real tokens, false at padding.

    Raises:
        ValueError: if `x` has another number of axes, no place or no floating-point numbers, or the
            mask has not one truth value for each place.

    Source: Collobert and Weston, "A Unified Architecture for Natural Language Processing" (2008),
    section 3.3.
    Taught in: chapter 18.
    """
    check_shape("x", x, ("B", "T", "E"))
    check_mask(mask, x)
    if x.shape[1] == 0:
        raise ValueError(f"x has shape {tuple(x.shape)}; expected at least one place, T >= 1")
    if not x.is_floating_point():  # no integer is below all others, as -inf is
        raise ValueError(f"x is {x.dtype}; expected floating-point numbers: give x.float()")
    largest = x.masked_fill(~mask.unsqueeze(2), -torch.inf).amax(dim=1)
    return largest.masked_fill(~mask.any(dim=1, keepdim=True), 0)


def max_pool(
    x: Float[Tensor, "B T E"],
    size: int,
    mask: Bool[Tensor, "B T"] | None = None,
    *,
    partial: bool = False,
) -> Float[Tensor, "B N E"]:
    """Take the largest value of each feature in every `size` neighboring places.

    Args:
        x: a vector at each of T places.
        size: places that become one; what is left over at the end is dropped.
        mask: true at real places, which come first in each row; what stands elsewhere matters
            neither to a result nor to a gradient. The result is 0 where `shorten_by_pooling` has
            false. None: all are real.
        partial: keep what is left over, as a group of fewer places.

    Raises:
        ValueError: if `x` has another number of axes or no floating-point numbers, `size` is not a
            whole number from 1, there is no whole group and `partial` is false, or the mask does
            not fit.

    Source: Zhou and Chellappa, "Computation of optical flow using a neural network" (1988).
    Taught in: chapter 18.
    """
    return _pool(masked_max, x, size, mask, partial)


def mean_pool(
    x: Float[Tensor, "B T E"],
    size: int,
    mask: Bool[Tensor, "B T"] | None = None,
    *,
    partial: bool = False,
) -> Float[Tensor, "B N E"]:
    """Average the vectors of every `size` neighboring places; as `max_pool` otherwise.

    Where `partial` keeps a group of fewer places, it is divided by as many as it has.

    Raises:
        ValueError: if `x` has another number of axes, `size` is not a whole number from 1, there is
            no whole group and `partial` is false, or the mask does not fit.

    Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition" (1998), section
    2.B, with a learned factor.
    """
    return _pool(masked_mean, x, size, mask, partial)


def shorten_by_pooling(
    mask: Bool[Tensor, "B T"], size: int, *, partial: bool = False
) -> Bool[Tensor, "B N"]:
    """Return which of the N groups are real: whole ones, with `partial` those with a real place.

    Raises:
        ValueError: if `size` is not a whole number from 1, the mask is not bool of shape (B, T), or
            padding comes before a real place.
    """
    if not isinstance(size, Integral) or size < 1:
        raise ValueError(f"size is {size}; expected a whole number from 1")
    check_shape("mask", mask, ("B", "T"))
    check_mask(mask, mask)
    check_tokens_come_first(mask)
    n, T = mask.sum(dim=1), mask.shape[1]
    extra = size - 1 if partial else 0
    groups = (n + extra).div(size, rounding_mode="floor")
    return torch.arange((T + extra) // size, device=mask.device) < groups.unsqueeze(1)


def _pool(pool, x, size: int, mask, partial: bool) -> Float[Tensor, "B N E"]:
    """Pool every group as `pool` does the places of a whole text."""
    check_shape("x", x, ("B", "T", "E"))
    if not isinstance(size, Integral) or size < 1 or x.shape[1] < (1 if partial else size):
        raise ValueError(
            f"a pool of {size} over {x.shape[1]} places; expected a whole number from 1, and no "
            "more than there are places"
        )
    given = mask is not None
    if given:
        check_mask(mask, x)
    else:
        mask = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
    real = shorten_by_pooling(mask, size, partial=partial)
    (B, N), missing = real.shape, real.shape[1] * size - x.shape[1]  # below 0: so many are dropped
    groups = F.pad(x, (0, 0, 0, missing)).reshape(B * N, size, x.shape[2])
    pooled = pool(groups, F.pad(mask, (0, missing)).reshape(B * N, size)).reshape(B, N, x.shape[2])
    return pooled.masked_fill(~real.unsqueeze(2), 0) if given else pooled
