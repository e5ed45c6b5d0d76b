"""Where a token stands: attention alone would not know, so its position is told to it.

A sinusoid or a learned vector is added to what goes into the first layer. A rotary position turns
the queries and keys of every layer, so that their products depend on distances alone.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from textbook_nlp.layers.shapes import check_shape

BASE = 10_000  # the slowest pair turns once in 2 pi times (nearly) as many steps


def angles(
    T: int, D: int, start: int = 0, *, device: torch.device | str | None = None
) -> Float[Tensor, "{T} {D}//2"]:
    """Return by how much each of D / 2 clock hands has turned at each of T positions, in radians.

    The hand of pair i turns by `BASE ** (-2 i / D)` a step: the first fast, the last hardly.

    Args:
        T: how many positions.
        D: features, an even number.
        start: the first position.
        device: where the result is.

    Raises:
        ValueError: if D is not even, or a number is too small.
    """
    if D < 2 or D % 2 or min(T, start) < 0:
        raise ValueError(
            f"T is {T}, D {D}, start {start}; expected an even D, and no negative position"
        )
    rates = BASE ** (-torch.arange(0, D, 2, device=device) / D)
    return torch.arange(start, start + T, device=device).unsqueeze(1) * rates


def sinusoids(
    T: int, D: int, start: int = 0, *, device: torch.device | str | None = None
) -> Float[Tensor, "{T} {D}"]:
    """Return sine and cosine of the `angles`, taking turns: features 2 i and 2 i + 1 are pair i.

    A shift by k steps turns every pair by a fixed angle: it is the same linear map everywhere.

    Args:
        T: how many positions.
        D: features, an even number.
        start: the first position.
        device: where the result is.

    Raises:
        ValueError: if D is not even, or a number is too small.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.5.
    """
    turned = angles(T, D, start, device=device)
    return torch.stack([turned.sin(), turned.cos()], dim=2).flatten(1)


def rotate(x: Float[Tensor, "B N T D"], start: int = 0) -> Float[Tensor, "B N T D"]:
    """Turn each pair of features by its angle at its position.

    The product of a turned query and a turned key depends on how far apart they stand, and not on
    where; no length changes.

    Args:
        x: the queries or keys of N heads; D is even.
        start: the position of the first.

    Raises:
        ValueError: if D is not even.

    Source: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding" (2021),
    section 3.2.
    """
    turned = angles(x.shape[2], x.shape[3], start, device=x.device)
    cos, sin = turned.cos().to(x.dtype), turned.sin().to(x.dtype)
    a, b = x.unflatten(3, (-1, 2)).unbind(dim=4)  # (B, N, T, D/2) each
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=4).flatten(3)


class SinusoidPositions(nn.Module):
    """Add `sinusoids` to vectors. Nothing is learned, and no length is too long."""

    def forward(self, x: Float[Tensor, "B T D"], start: int = 0) -> Float[Tensor, "B T D"]:
        """Return x with its positions, counted from `start`.

        Raises:
            ValueError: if D is not even.
        """
        return x + sinusoids(x.shape[1], x.shape[2], start, device=x.device).to(x.dtype)


class LearnedPositions(nn.Module):
    """Add to vectors one of its own for every position, learned as those of the tokens are.

    Args:
        max_length: how many positions there are.
        model_size: D.

    Attributes:
        weight: (max_length, D), drawn from N(0, 1), as wide as the vectors of a `Transformer`.

    Raises:
        ValueError: if a size is below 1.

    Source: Gehring et al., "Convolutional Sequence to Sequence Learning" (2017), section 3.1.
    """

    def __init__(self, max_length: int, model_size: int):
        super().__init__()
        if min(max_length, model_size) < 1:
            raise ValueError(
                f"max_length is {max_length} and model_size {model_size}; expected at least 1"
            )
        self.weight = nn.Parameter(torch.empty(max_length, model_size).normal_())

    def forward(self, x: Float[Tensor, "B T D"], start: int = 0) -> Float[Tensor, "B T D"]:
        """Return x with its positions, counted from `start`.

        Raises:
            ValueError: if x has other features, or goes beyond the last position.
        """
        check_shape("x", x, ("B", "T", self.weight.shape[1]))
        end = start + x.shape[1]
        if end > len(self.weight):
            raise ValueError(
                f"the sequence has {end} tokens, but there are only {len(self.weight)} learned "
                "positions: shorten it, or raise max_length, or use positions that have no end"
            )
        return x + self.weight[start:end]

    def extra_repr(self) -> str:
        """Show the sizes in `print(layer)`."""
        return f"{len(self.weight)}, {self.weight.shape[1]}"
