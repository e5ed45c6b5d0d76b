"""Dropout for sequences: one mask for all time steps, so that what is dropped stays dropped.

`nn.Dropout` draws anew for every number. Between the steps of a recurrent network that wears the
memory away, since over many steps every unit is dropped sooner or later. The kinds here draw once
for a whole sequence, and scale what they keep by 1 / (1 - p).
"""

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.layers.shapes import check_share


class VariationalDropout(nn.Module):
    """Drop the same features of a sequence at all its time steps; also called locked dropout.

    Args:
        p: share of the features dropped in training, in [0, 1).

    Raises:
        ValueError: if `p` is no such share.

    Source: Gal and Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural
    Networks" (2016); Merity et al., "Regularizing and Optimizing LSTM Language Models" (2018),
    section 4.1.
    Taught in: chapter 09.
    """

    def __init__(self, p: float):
        super().__init__()
        check_share("p", p)
        self.p = p

    def forward(self, x: Float[Tensor, "B T D"]) -> Float[Tensor, "B T D"]:
        """Return x with some of its D features at zero, in each sequence others."""
        if not self.training or self.p == 0:
            return x
        return x * F.dropout(x.new_ones(len(x), 1, x.shape[2]), self.p)

    def extra_repr(self) -> str:
        """Show p in `print(layer)`."""
        return f"p={self.p}"


class RecurrentDropout(nn.Module):
    """Draw what `scan` drops of the state on its way from step to step, once for a sequence.

    The units of h that are dropped do not reach the product with `weight_hh`, at any step. The
    state itself stays whole: the c of an LSTM, and the share of h that a GRU passes on, are not
    touched. That is the form of Gal and Ghahramani, with one draw for all gates, where Keras draws
    one for each gate of its LSTM and GRU; Semeniuta et al. drop the candidate g instead.

    Args:
        p: share of the units dropped in training, in [0, 1).

    Raises:
        ValueError: if `p` is no such share.

    Source: Gal and Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural
    Networks" (2016), section 4; Semeniuta et al., "Recurrent Dropout without Memory Loss" (2016).
    Taught in: chapter 09.
    """

    def __init__(self, p: float):
        super().__init__()
        check_share("p", p)
        self.p = p

    def forward(self, h: Float[Tensor, "B H"]) -> Float[Tensor, "B H"] | None:
        """Return what each unit of h is multiplied by, or None if nothing is dropped."""
        if not self.training or self.p == 0:
            return None
        return F.dropout(h.new_ones(h.shape), self.p)

    def extra_repr(self) -> str:
        """Show p in `print(layer)`."""
        return f"p={self.p}"


class WordDropout(nn.Module):
    """Drop the vectors of whole words, each at all places of a sequence where it stands.

    Args:
        p: share of the vocabulary dropped in training, in [0, 1).

    Raises:
        ValueError: if `p` is no such share.

    Source: Gal and Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural
    Networks" (2016), section 4.2, "embedding dropout".
    """

    def __init__(self, p: float):
        super().__init__()
        check_share("p", p)
        self.p = p

    def forward(
        self, embedded: Float[Tensor, "B T E"], ids: Int[Tensor, "B T"], vocabulary_size: int
    ) -> Float[Tensor, "B T E"]:
        """Return the vectors of the words with those of some words at zero."""
        if not self.training or self.p == 0:
            return embedded
        keep = F.dropout(embedded.new_ones(len(ids), vocabulary_size), self.p)
        return embedded * keep.gather(1, ids).unsqueeze(2)

    def extra_repr(self) -> str:
        """Show p in `print(layer)`."""
        return f"p={self.p}"
