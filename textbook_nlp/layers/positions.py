"""Where a token stands: attention alone would not know, so its position is told to it.

A sinusoid or a learned vector is added to what goes into the first layer. A rotary position turns
the queries and keys of every layer, so that their products depend on distances alone.
"""

import math
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.layers.shapes import check_ids, check_shape, check_share, check_sizes

Positions = Literal["sinusoid", "learned", "rotary"] | None

BASE = 10_000  # the slowest pair turns once in 2 pi times (nearly) as many steps


def angles(
    T: int, D: int, start: int = 0, *, device: torch.device | str | None = None
) -> Float[Tensor, "{T} {D}//2"]:
    """Return by how much each of D / 2 clock hands has turned at each of T positions, in radians.

    The hand of pair i turns by `BASE ** (-2 i / D)` a step: the first fast, the last hardly. The
    result is in float64: in float32 a hand would be off by some thousandths after 100,000 steps.

    Args:
        T: how many positions.
        D: features, an even number.
        start: the first position.
        device: where the result is; the CPU in place of one that has no float64.

    Raises:
        ValueError: if D is not even, or a number is too small.
    """
    if D < 2 or D % 2 or min(T, start) < 0:
        raise ValueError(
            f"T is {T}, D {D}, start {start}; expected an even D, and no negative position"
        )
    if device is not None and torch.device(device).type == "mps":  # which has no float64
        device = "cpu"
    rates = BASE ** (-torch.arange(0, D, 2, dtype=torch.float64, device=device) / D)
    return torch.arange(start, start + T, device=device).unsqueeze(1) * rates


def sinusoids(
    T: int,
    D: int,
    start: int = 0,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float32,
) -> Float[Tensor, "{T} {D}"]:
    """Return sine and cosine of the `angles`, taking turns: features 2 i and 2 i + 1 are pair i.

    A shift by k steps turns every pair by a fixed angle: it is the same linear map everywhere.

    Args:
        T: how many positions.
        D: features, an even number.
        start: the first position.
        device: where the result is.
        dtype: its type.

    Raises:
        ValueError: if D is not even, or a number is too small.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.5.
    """
    turned = angles(T, D, start, device=device)
    waves = torch.stack([turned.sin(), turned.cos()], dim=2).flatten(1)
    return waves.to(device=device, dtype=dtype)


def rotate(x: Float[Tensor, "B N T D"], start: int = 0) -> Float[Tensor, "B N T D"]:
    """Turn each pair of features by its angle at its position.

    The product of a turned query and a turned key depends on how far apart they stand, and not on
    where; no length changes.

    Args:
        x: the queries or keys of N heads; D is even.
        start: the position of the first.

    Raises:
        ValueError: if x has another shape, D is not even, or the start is negative.

    Source: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding" (2021),
    section 3.2.
    """
    check_shape("x", x, ("B", "N", "T", "D"))
    turned = angles(x.shape[2], x.shape[3], start, device=x.device)
    cos, sin = turned.cos().to(x), turned.sin().to(x)
    a, b = x.unflatten(3, (-1, 2)).unbind(dim=4)  # (B, N, T, D/2) each
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=4).flatten(3)


class SinusoidPositions(nn.Module):
    """Add `sinusoids` to vectors. Nothing is learned, and no length is too long."""

    def forward(self, x: Float[Tensor, "B T D"], start: int = 0) -> Float[Tensor, "B T D"]:
        """Return x with its positions, counted from `start`.

        Raises:
            ValueError: if x has another shape, D is not even, or the start is negative.
        """
        check_shape("x", x, ("B", "T", "D"))
        return x + sinusoids(x.shape[1], x.shape[2], start, device=x.device, dtype=x.dtype)


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
        check_sizes(max_length=max_length, model_size=model_size)
        self.weight = nn.Parameter(torch.empty(max_length, model_size).normal_())

    def forward(self, x: Float[Tensor, "B T D"], start: int = 0) -> Float[Tensor, "B T D"]:
        """Return x with its positions, counted from `start`.

        Raises:
            ValueError: if x has other features, or goes beyond the first or the last position.
        """
        check_shape("x", x, ("B", "T", self.weight.shape[1]))
        if start < 0:
            raise ValueError(f"start is {start}; expected no negative position")
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


class PositionedEmbedding(nn.Module):
    """Look tokens up, and add to their vectors where they stand.

    What is looked up is multiplied by `sqrt(D)`: the rows of the table, drawn from N(0, 1 / D), may
    then serve as the weight of the last layer too, and the vectors are as wide as the positions.

    Args:
        vocabulary_size: V.
        model_size: D.
        positions: `"sinusoid"` or `"learned"` ones are added; `"rotary"` ones are not, as they are
            the attention's own, nor is anything for None.
        max_length: how many learned positions there are; for the others, None.
        dropout: share dropped in training, in [0, 1).

    Attributes:
        weight: the table, (V, D).

    Raises:
        ValueError: if an option is not one of the above, or D is odd with sinusoids.

    Source: Vaswani et al., "Attention Is All You Need" (2017), sections 3.4 and 3.5.
    """

    def __init__(
        self,
        vocabulary_size: int,
        model_size: int,
        positions: Positions = "sinusoid",
        *,
        max_length: int | None = None,
        dropout: float = 0.0,
    ):
        super().__init__()
        check_share("dropout", dropout)
        V, D = vocabulary_size, model_size
        if positions not in ("sinusoid", "learned", "rotary", None):
            raise ValueError(
                f"positions is {positions!r}; expected 'sinusoid', 'learned', 'rotary' or None"
            )
        if (positions == "learned") != (max_length is not None):
            raise ValueError(
                f"positions is {positions!r} and max_length {max_length}; learned positions need a "
                "max_length, and no others have one"
            )
        if min(V, D) < 1 or (positions == "sinusoid" and D % 2):
            raise ValueError(
                f"vocabulary_size is {V} and model_size {D}; expected at least 1, and an even "
                "model_size for sinusoids"
            )
        self.weight = nn.Parameter(torch.empty(V, D).normal_(std=D**-0.5))
        self.positions = None
        if positions == "sinusoid":
            self.positions = SinusoidPositions()
        elif positions == "learned":
            self.positions = LearnedPositions(max_length, D)
        self.dropout = nn.Dropout(dropout)

    def forward(self, ids: Int[Tensor, "B T"], start: int = 0) -> Float[Tensor, "B T D"]:
        """Return the vectors of tokens, the first of which stands at position `start`.

        Args:
            ids: from 0 to V - 1.
            start: counted from 0.

        Raises:
            ValueError: if the ids are not integers of shape (B, T), T at least 1, one is out of
                range, or they go beyond the first or the last position that is added.
        """
        V, D = self.weight.shape
        check_ids(ids, V)
        if ids.numel() == 0:
            raise ValueError(f"ids have shape {tuple(ids.shape)}; expected at least one, T >= 1")
        x = F.embedding(ids, self.weight) * math.sqrt(D)
        return self.dropout(x if self.positions is None else self.positions(x, start))
