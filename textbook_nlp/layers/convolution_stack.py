"""Convolutions on top of each other, with ReLU, and pooling between them."""

from collections.abc import Sequence
from numbers import Integral

from jaxtyping import Bool, Float
from torch import Tensor, nn

from textbook_nlp.layers.convolution import Convolution, Padding, Window, receptive_field
from textbook_nlp.layers.pooling import max_pool, shorten_by_pooling


class ConvolutionStack(nn.Module):
    """L convolutions, each with ReLU, and between any two of them the largest of every few places.

    Args:
        input_size: D.
        channels: kernels of each layer, from below.
        kernel_size: of all layers, or a list with that of each.
        padding: as for `Convolution`.
        dilation: of all layers, or a list with that of each.
        pool_size: places that become one between two layers; 1 pools nothing.
        partial: whether fewer places, left over at the end, are pooled too, or dropped.

    Attributes:
        layers: the convolutions.
        windows: of all layers and pools, from below.
        receptive_field: steps of the input that one output can see.
        shortest: steps that an input must have for one output.
        output_size: channels of the last layer.

    Raises:
        ValueError: if an option is not one of the above, or the lists differ in length.

    Source: Chollet, "Deep Learning with Python" (2017), section 6.4; dilated, without pooling: van
    den Oord et al., "WaveNet: A Generative Model for Raw Audio" (2016), section 2.1.
    Taught in: chapters 18 and 19.
    """

    def __init__(
        self,
        input_size: int,
        channels: Sequence[int],
        kernel_size: int | Sequence[int],
        *,
        padding: Padding = 0,
        dilation: int | Sequence[int] = 1,
        pool_size: int = 1,
        partial: bool = False,
    ):
        super().__init__()
        kernels, dilations = (
            [size] * len(channels) if isinstance(size, Integral) else list(size)
            for size in (kernel_size, dilation)
        )
        whole = isinstance(pool_size, Integral) and pool_size >= 1
        if not whole or not channels or not len(channels) == len(kernels) == len(dilations):
            raise ValueError(
                f"channels names {len(channels)} layers, kernel_size {len(kernels)} and dilation "
                f"{len(dilations)}, pool_size is {pool_size}; expected at least 1, and as many"
            )
        widths = [input_size, *channels[:-1]]
        self.layers = nn.ModuleList(
            Convolution(D, H, K, padding=padding, dilation=d)
            for D, H, K, d in zip(widths, channels, kernels, dilations, strict=True)
        )
        self.pool_size, self.partial, self.output_size = pool_size, partial, channels[-1]

    @property
    def windows(self) -> list[Window]:
        """What each layer and each pool looks at, from below."""
        pool = Window(self.pool_size, stride=self.pool_size)
        found = [window for layer in self.layers for window in (pool, layer.window)]
        return [window for window in found[1:] if window != Window(1)]

    @property
    def receptive_field(self) -> int:
        """Steps of the input that one output can see."""
        return receptive_field(self.windows)

    @property
    def shortest(self) -> int:
        """Steps that an input must have for one output."""
        steps = 1
        for i, layer in reversed(list(enumerate(self.layers))):
            steps = max((steps - 1) * layer.window.stride + layer.window.span - sum(layer.sides), 1)
            if i > 0:
                steps = (steps - 1) * self.pool_size + 1 if self.partial else steps * self.pool_size
        return steps

    def forward(
        self, x: Float[Tensor, "B T D"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B N H"]:
        """Return what the last layer puts out; with a mask, 0 where `shorten` has false.

        Args:
            x: the inputs.
            mask: true at real steps, which come first in each row. What stands elsewhere matters
                neither to a result nor to a gradient, not even NaN, in any layer.

        Raises:
            ValueError: if a shape does not fit, the sequence is too short for a layer, or padding
                comes before a real step; nothing is broadcast.
        """
        for i, layer in enumerate(self.layers):
            if i > 0 and self.pool_size > 1:
                x, mask = self._pool(x, mask)
            x = layer(x, mask).relu()
            mask = None if mask is None else layer.shorten(mask)
        return x

    def shorten(self, mask: Bool[Tensor, "B T"]) -> Bool[Tensor, "B N"]:
        """Return which of the N outputs are real: as many as each row alone would have."""
        for i, layer in enumerate(self.layers):
            if i > 0 and self.pool_size > 1:
                mask = shorten_by_pooling(mask, self.pool_size, partial=self.partial)
            mask = layer.shorten(mask)
        return mask

    def _pool(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        pooled = max_pool(x, self.pool_size, mask, partial=self.partial)
        if mask is not None:
            mask = shorten_by_pooling(mask, self.pool_size, partial=self.partial)
        return pooled, mask
