"""What makes one vector of a sequence by convolution: layer upon layer, or side by side."""

from collections.abc import Mapping
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from textbook_nlp.layers.convolution import Convolution
from textbook_nlp.layers.convolution_stack import ConvolutionStack
from textbook_nlp.layers.pooling import masked_max, masked_mean
from textbook_nlp.models.forecaster import RecurrentReader

POOLS = {"max": masked_max, "mean": masked_mean}


class ConvolutionReader(nn.Module):
    """Read a sequence with a stack of convolutions, and make one vector of what they put out.

    Over a whole sequence that is the largest of each feature, or its average: global pooling,
    which forgets where a pattern stood. Or recurrent layers read what is left, in its order: the
    stack has made the sequence short, so that this costs little.

    Args:
        stack: the convolutions.
        summary: `"max"` or `"mean"` of the features, or a `RecurrentReader` of them.

    Attributes:
        features: F, of what it returns.
        shortest: steps that an input must have.

    Raises:
        ValueError: if `summary` is none of these, or reads another number of features.

    Source: Chollet, "Deep Learning with Python" (2017), section 6.4.
    Taught in: chapters 18 and 19.
    """

    def __init__(
        self, stack: ConvolutionStack, summary: Literal["max", "mean"] | RecurrentReader = "max"
    ):
        super().__init__()
        recurrent = summary if isinstance(summary, RecurrentReader) else None
        if recurrent is None and summary not in POOLS:
            raise ValueError(f"summary is {summary!r}; expected 'max', 'mean' or a RecurrentReader")
        if recurrent is not None and recurrent.input_size != stack.output_size:
            raise ValueError(
                f"the stack puts out {stack.output_size} features, the recurrent reader expects "
                f"{recurrent.input_size}"
            )
        self.stack, self.recurrent, self.shortest = stack, recurrent, stack.shortest
        self.summary = "last" if recurrent else summary
        self.features = recurrent.features if recurrent else stack.output_size

    def forward(
        self, x: Float[Tensor, "B T D"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B F"]:
        """Return one vector of each sequence: zeros of one too short for the stack.

        Args:
            x: the sequences, such as windows of a series or the vectors of words.
            mask: true at real steps, which come first in each row; the others cannot matter.

        Raises:
            ValueError: if a shape does not fit, all sequences are too short, or padding comes
                before a real step.
        """
        outputs = self.stack(x, mask)
        mask = None if mask is None else self.stack.shorten(mask)
        if self.recurrent is not None:
            return self.recurrent(outputs, mask)
        return POOLS[self.summary](outputs, _all(outputs) if mask is None else mask)


class PatternReader(nn.Module):
    """Look for short patterns anywhere in a sequence: kernels of several sizes, side by side.

    Each kernel answers, with ReLU, how well what stands at a place fits it; its largest answer is
    one number of the vector. Over words the patterns are phrases, over characters they are pieces
    of words: n-grams that were not counted but learned. At both ends a kernel looks over the edge,
    at zeros, so that the shortest sequence can be read too.

    Args:
        input_size: D.
        channels: for each size of a kernel, how many there are, such as `{3: 100, 4: 100}`.

    Attributes:
        convolutions: a layer a size.
        features: F, of what it returns: all kernels.
        shortest: steps that an input must have: one.

    Raises:
        ValueError: if there is no size, or a number is below 1.

    Source: Kim, "Convolutional Neural Networks for Sentence Classification" (2014), section 2; over
    characters: Kim et al., "Character-Aware Neural Language Models" (2016), section 2.1.
    Taught in: chapter 18.
    """

    def __init__(self, input_size: int, channels: Mapping[int, int]):
        super().__init__()
        if not channels:
            raise ValueError("channels names no size of a kernel; expected one or more")
        self.convolutions = nn.ModuleList(
            Convolution(input_size, H, K, padding=K - 1) for K, H in channels.items()
        )
        self.features, self.shortest = sum(channels.values()), 1

    def forward(
        self, x: Float[Tensor, "B T D"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B F"]:
        """Return each kernel's largest answer: zeros of a sequence without a real step.

        Args:
            x: the sequences, such as the vectors of words or characters.
            mask: true at real steps, which come first in each row; the others cannot matter.

        Raises:
            ValueError: if a shape does not fit, or padding comes before a real step.
        """
        found = []
        for convolution in self.convolutions:
            answers = convolution(x, mask).relu()
            real = _all(answers) if mask is None else convolution.shorten(mask)
            found.append(masked_max(answers, real))
        return torch.cat(found, dim=1)


def _all(x: Float[Tensor, "B T D"]) -> Bool[Tensor, "B T"]:
    """A mask that says that all is real."""
    return torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
