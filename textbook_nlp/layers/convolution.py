"""Convolution over time: one affine layer, applied to every patch of a sequence.

`unfold` cuts out what a kernel sees at each of its places, and `convolve` multiplies all of it by
one matrix. That copies every step as often as a kernel has taps; `fast_convolve` gives the same
result by PyTorch's kernel, which copies nothing, and is what the layer calls.
"""

import copy
from collections.abc import Iterable
from numbers import Integral
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.layers.shapes import check_mask, check_shape, check_tokens_come_first

Padding = int | Literal["same", "causal"]
WHOLE = Integral, Tensor  # while `torch.jit` traces, a size is a tensor


class Window(NamedTuple):
    """What a layer over time looks at, and where.

    Attributes:
        kernel_size: K, how many steps it looks at.
        stride: steps from one place to the next.
        dilation: steps from one tap of the kernel to the next.
    """

    kernel_size: int
    stride: int = 1
    dilation: int = 1

    @property
    def span(self) -> int:
        """Steps from the first that it looks at to the last, both counted."""
        return (self.kernel_size - 1) * self.dilation + 1


def receptive_field(windows: Iterable[Window]) -> int:
    """Return how many steps of what goes into the first layer one output of the last can see.

    A layer adds its span less one, in steps of its own input; each of these is as far apart in the
    first layer's input as the product of the strides below.

    Args:
        windows: of the layers, from below.

    Raises:
        ValueError: if a number is not a whole one from 1.

    Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), for
    one layer; Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks"
    (2019), for several.
    """
    field, step = 1, 1
    for window in windows:
        check_window(window)
        field += (window.span - 1) * step
        step *= window.stride
    return field


def unfold(
    x: Float[Tensor, "B T D"], kernel_size: int, *, stride: int = 1, dilation: int = 1
) -> Float[Tensor, "B N D {kernel_size}"]:
    """Cut out what a kernel sees at each of its N places.

    Args:
        x: sequences.
        kernel_size: K, how many steps the kernel looks at.
        stride: steps from one place to the next.
        dilation: steps from one tap of the kernel to the next.

    Returns:
        N = floor((T - (K - 1) dilation - 1) / stride) + 1 patches of each sequence, as a view.

    Raises:
        ValueError: if there is no sequence, a number is not a whole one from 1, or the kernel is
            longer than the sequence.
    """
    window = Window(kernel_size, stride, dilation)
    check_window(window)
    _check_fits(x, window, 0)
    return x.unfold(1, window.span, stride)[..., ::dilation]


def convolve(
    x: Float[Tensor, "B T D"],
    weight: Float[Tensor, "H C K"],
    bias: Float[Tensor, " H"] | None = None,
    *,
    stride: int = 1,
    padding: Padding = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Float[Tensor, "B N H"]:
    """Apply H kernels at all of their places, by unfolding: `y_n = b + patch_n W`.

    As everywhere in the field, a kernel is not turned around, as it is in the convolution of
    mathematics.

    Args:
        x: the inputs.
        weight: of each kernel, for the C = D / groups features that it looks at.
        bias: of each kernel; None adds none.
        stride: steps from one place to the next.
        padding: steps of zeros put before and behind; `"same"` as many as keep the length; or
            `"causal"`, all of them before, so that no output sees a later step.
        dilation: steps from one tap of a kernel to the next.
        groups: parts into which features and kernels are divided; a kernel sees its own part.

    Raises:
        ValueError: if a shape does not fit, a number is below its range, or the kernel is longer
            than the sequence; nothing is broadcast.

    Taught in: chapter 18.
    """
    check_shape("weight", weight, ("H", "C", "K"))
    window = Window(weight.shape[2], stride, dilation)
    x = F.pad(x, (0, 0, *_checked(x, weight, bias, window, padding, groups)))
    patches = unfold(x, weight.shape[2], stride=stride, dilation=dilation)
    B, N, D, K = patches.shape
    parts = patches.reshape(B * N, groups, D // groups * K).transpose(0, 1)  # a matrix a group
    kernels = weight.reshape(groups, -1, D // groups * K)
    y = (parts @ kernels.transpose(1, 2)).transpose(0, 1).reshape(B, N, -1)
    return y if bias is None else y + bias.to(y.dtype)  # autocast leaves the bias as it is


def fast_convolve(
    x: Float[Tensor, "B T D"],
    weight: Float[Tensor, "H C K"],
    bias: Float[Tensor, " H"] | None = None,
    *,
    stride: int = 1,
    padding: Padding = 0,
    dilation: int = 1,
    groups: int = 1,
) -> Float[Tensor, "B N H"]:
    """Return what `convolve` returns, by PyTorch's kernel.

    Raises:
        ValueError: if a shape does not fit, a number is below its range, or the kernel is longer
            than the sequence; nothing is broadcast.
    """
    check_shape("weight", weight, ("H", "C", "K"))
    window = Window(weight.shape[2], stride, dilation)
    left, right = _checked(x, weight, bias, window, padding, groups)
    if left != right:  # PyTorch puts the same number at both ends
        x, left = F.pad(x, (0, 0, left, right)), 0
    y = F.conv1d(x.transpose(1, 2), weight, bias, stride, left, dilation, groups)
    return y.transpose(1, 2)


class Convolution(nn.Module):
    """Apply H kernels to every patch of a sequence.

    The parameters are named, shaped and drawn as those of `torch.nn.Conv1d`, so that one's state
    dict fits the other. Other than there, time is the axis before the last, there is a causal
    padding, and a mask says which steps are real: what a row gives does not depend on how far it
    was filled up, since the zeros put behind it begin where its own steps end.

    Args:
        input_size: D.
        output_size: H, how many kernels there are.
        kernel_size: K.
        stride: steps from one place to the next.
        padding: steps of zeros put before and behind; `"same"` as many as keep the length; or
            `"causal"`, all of them before, so that no output sees a later step.
        dilation: steps from one tap of a kernel to the next.
        groups: parts into which features and kernels are divided; a kernel sees its own part.
        bias: whether each kernel has one.

    Attributes:
        window: its kernel's size, stride and dilation.
        sides: the steps of zeros before and behind.
        output_size: H.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Waibel et al., "Phoneme Recognition Using Time-Delay Neural Networks" (1989); causal and
    dilated: van den Oord et al., "WaveNet: A Generative Model for Raw Audio" (2016), section 2.1.
    Taught in: chapter 18.
    """

    def __init__(
        self,
        input_size: int,
        output_size: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: Padding = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
    ):
        super().__init__()
        self.window = Window(kernel_size, stride, dilation)
        check_window(self.window)
        self.sides = sides(self.window, padding)
        check_groups(input_size, output_size, groups)
        self.padding, self.groups, self.output_size = padding, groups, output_size
        weight = torch.empty(output_size, input_size // groups, kernel_size)
        self.weight = nn.Parameter(weight)
        self.register_parameter("bias", nn.Parameter(torch.empty(output_size)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters from U(-1/sqrt(n), 1/sqrt(n)), n inputs a kernel."""
        bound = self.weight[0].numel() ** -0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(
        self, x: Float[Tensor, "B T D"], mask: Bool[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B N H"]:
        """Return H numbers at each of N places; with a mask, 0 at the places that `shorten` drops.

        Args:
            x: the inputs.
            mask: true at real steps, which come first in each row; what stands elsewhere matters
                neither to a result nor to a gradient, not even NaN.

        Raises:
            ValueError: if a shape does not fit, the kernel is longer than the sequence, or padding
                comes before a real step; nothing is broadcast.
        """
        if mask is not None:
            check_shape("x", x, ("B", "T", "D"))
            check_mask(mask, x)
            check_tokens_come_first(mask)
            x = x.masked_fill(~mask.unsqueeze(2), 0)
        stride, dilation = self.window.stride, self.window.dilation
        y = fast_convolve(
            x,
            self.weight,
            self.bias,
            stride=stride,
            padding=self.padding,
            dilation=dilation,
            groups=self.groups,
        )
        return y if mask is None else y.masked_fill(~self.shorten(mask).unsqueeze(2), 0)

    def shorten(self, mask: Bool[Tensor, "B T"]) -> Bool[Tensor, "B N"]:
        """Return which of the N outputs are real: as many as each row alone would have.

        A row without a real step has none, however much padding there is.

        Raises:
            ValueError: if the mask is not bool of shape (B, T), or padding comes before a real
                step.
        """
        check_shape("mask", mask, ("B", "T"))
        check_mask(mask, mask)
        check_tokens_come_first(mask)
        n, extra = mask.sum(dim=1), sum(self.sides)
        places = (n + extra - self.window.span).div(self.window.stride, rounding_mode="floor") + 1
        places = places.masked_fill(n == 0, 0)
        N = (mask.shape[1] + extra - self.window.span) // self.window.stride + 1
        return torch.arange(max(N, 0), device=mask.device) < places.unsqueeze(1)

    def extra_repr(self) -> str:
        """Show the sizes in `print(layer)`."""
        K, stride, dilation = self.window
        shown = f"{self.weight.shape[1] * self.groups}, {self.output_size}, kernel_size={K}"
        options = {"stride": stride, "dilation": dilation, "groups": self.groups}
        shown += "".join(f", {name}={n}" for name, n in options.items() if n != 1)
        return shown + (f", padding={self.padding!r}" if self.padding else "")


def influence(
    layer: nn.Module, length: int, input_size: int, *, trials: int = 8, seed: int = 0
) -> Bool[Tensor, "{length} N"]:
    """Measure which outputs of a layer move when one step of its input is changed.

    Random inputs are read, then read again with one step at a time drawn anew; a receptive field
    reaches from the first true value to the last, both counted, in a column that does not stand at
    an edge. Between them a dilation or a stride may leave gaps, steps that no tap sees. Behind a
    maximum or a ReLU a change may not be seen, so that it is tried several times; with few kernels
    an output may even be 0 whatever is read.

    Args:
        layer: maps (1, T, D) to (1, N, H), or to a tuple whose first part is that; a copy of it is
            asked, in float64, as in evaluation.
        length: T.
        input_size: D.
        trials: how often each step is drawn anew, each time in another input.
        seed: of the inputs.

    Returns:
        Whether input t (row) moves output n (column).

    Raises:
        ValueError: if a number is below 1.

    Taught in: chapter 18.
    """
    if min(length, input_size, trials) < 1:
        raise ValueError(
            f"length, input_size and trials are {length}, {input_size} and {trials}; expected at "
            "least 1"
        )
    layer = copy.deepcopy(layer).double().eval()
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    def read(x: Tensor) -> Tensor:
        y = layer(x)
        return y[0] if isinstance(y, tuple) else y

    with torch.no_grad():
        x, rows = draw(trials, length, input_size), []
        before = read(x)
        for t in range(length):
            changed = x.clone()
            changed[:, t] = draw(trials, input_size)
            moved = (read(changed) - before).abs() > 1e-9  # far above rounding, in float64
            rows.append(moved.any(dim=2).any(dim=0))
    return torch.stack(rows)


def sides(window: Window, padding: Padding) -> tuple[int, int]:
    """Return how many steps of zeros are put before and behind a sequence.

    Raises:
        ValueError: if `padding` is no whole number from 0, no `"same"` and no `"causal"`, or
            `"same"` with a stride.
    """
    extra = window.span - 1
    if padding == "causal":
        return extra, 0
    if padding == "same" and window.stride == 1:
        return extra // 2, extra - extra // 2
    if not isinstance(padding, Integral) or padding < 0:
        raise ValueError(
            f"padding is {padding!r} with a stride of {window.stride}; expected a whole number "
            "from 0, 'causal', or with a stride of 1 'same'"
        )
    return padding, padding


def check_window(window: Window) -> None:
    """Refuse a kernel, a stride or a dilation that is not a whole number from 1.

    Raises:
        ValueError: if there is one.
    """
    if not all(isinstance(n, WHOLE) and n >= 1 for n in window):
        raise ValueError(
            f"kernel_size, stride and dilation are {', '.join(map(str, window))}; expected whole "
            "numbers from 1"
        )


def check_groups(input_size: int, output_size: int, groups: int) -> None:
    """Refuse groups that do not divide the features on both sides.

    Raises:
        ValueError: if they do not, or a number is not a whole one from 1.
    """
    whole = all(isinstance(n, WHOLE) and n >= 1 for n in (input_size, output_size, groups))
    if not whole or input_size % groups or output_size % groups:
        raise ValueError(
            f"{groups} groups of {input_size} features and {output_size} kernels; expected at "
            "least 1 of each, and a number of groups that divides both"
        )


def _checked(x, weight, bias, window: Window, padding: Padding, groups: int) -> tuple[int, int]:
    """Refuse what does not fit together, and return the zeros before and behind."""
    check_window(window)
    H, C, _ = weight.shape
    check_groups(C * groups, H, groups)
    check_shape("x", x, ("B", "T", C * groups))
    if bias is not None:
        check_shape("bias", bias, (H,))
    left, right = sides(window, padding)
    _check_fits(x, window, left + right)
    return left, right


def _check_fits(x: Tensor, window: Window, extra: int) -> None:
    if x.ndim != 3 or 0 in x.shape[:2]:
        raise ValueError(
            f"x has shape {tuple(x.shape)}; expected (B, T, D) with at least one sequence and one "
            "time step"
        )
    if window.span > x.shape[1] + extra:
        raise ValueError(
            f"the kernel spans {window.span} steps, the sequence with its padding has "
            f"{x.shape[1] + extra}: take a shorter kernel or less dilation, or pad the sequence"
        )
