"""Pooling over time: the vectors of a text become one, whatever its length."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from textbook_nlp.layers.shapes import check_mask


def masked_mean(x: Float[Tensor, "B T E"], mask: Bool[Tensor, "B T"]) -> Float[Tensor, "B E"]:
    """Average the vectors of each row over the places where the mask is true.

    Padding neither moves the average nor receives a gradient, whatever stands there. A row with no
    true place has nothing to average; its result is defined as the zero vector, as that of
    `torch.nn.EmbeddingBag` is.

    Args:
        x: a vector at each of T places.
        mask: true at real tokens, false at padding.

    Raises:
        ValueError: if the mask does not have one truth value for each place.

    Source: Lin et al., "Network In Network" (2014), section 3.2 (for images); Iyyer et al., "Deep
    Unordered Composition Rivals Syntactic Methods for Text Classification" (2015), section 2.
    Taught in: chapter 05.
    """
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
        ValueError: if there is no place, or the mask has not one truth value for each.

    Source: Collobert and Weston, "A Unified Architecture for Natural Language Processing" (2008),
    section 3.3.
    """
    check_mask(mask, x)
    if x.shape[1] == 0:
        raise ValueError(f"x has shape {tuple(x.shape)}; expected at least one place, T >= 1")
    largest = x.masked_fill(~mask.unsqueeze(2), -torch.inf).amax(dim=1)
    return largest.masked_fill(~mask.any(dim=1, keepdim=True), 0)
