"""Recurrent layers from primitives: the parameters of `torch.nn`, and code that can be read."""

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

State = tuple[Tensor, ...]  # (h,) for the RNN and the GRU, (h, c) for the LSTM; each (B, H)


class Recurrent(nn.Module):
    """What every recurrent layer shares: stacked layers, two directions, sequences of any length.

    A kind of layer says how many gates it has, how many tensors its state has, and how one step
    goes; see `RNN`. Parameters are named, shaped, ordered and initialized as in `torch.nn`, so
    each side loads the other's state dict.

    Args:
        input_size: D, features of one input.
        hidden_size: H.
        num_layers: L; each layer reads the outputs of the one below.
        bias: whether to add ``bias_ih`` and ``bias_hh``.
        dropout: share of the outputs of each layer but the last that is dropped in training.
        bidirectional: whether a second pass reads the sequence from its end.

    Raises:
        ValueError: if a size is below 1 or dropout is not in [0, 1).

    Taught in: chapters 07 to 09.
    """

    gates = 1  # rows of the weights, in multiples of H
    state_tensors = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ):
        super().__init__()
        if min(input_size, hidden_size, num_layers) < 1:
            raise ValueError(
                "input_size, hidden_size and num_layers must be at least 1, "
                f"not {input_size}, {hidden_size}, {num_layers}"
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is {dropout}; expected a share in [0, 1)")
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.dropout, self.bidirectional = bias, dropout, bidirectional
        rows = self.gates * hidden_size
        for layer, suffix in self._passes():
            width = input_size if layer == 0 else hidden_size * self.num_directions
            self.register_parameter(f"weight_ih_{suffix}", nn.Parameter(torch.empty(rows, width)))
            self.register_parameter(
                f"weight_hh_{suffix}", nn.Parameter(torch.empty(rows, hidden_size))
            )
            for name in (f"bias_ih_{suffix}", f"bias_hh_{suffix}"):
                self.register_parameter(name, nn.Parameter(torch.empty(rows)) if bias else None)
        self.reset_parameters()

    @property
    def num_directions(self) -> int:
        """1, or 2 when bidirectional."""
        return 2 if self.bidirectional else 1

    def reset_parameters(self) -> None:
        """Draw every parameter from U(-1/sqrt(H), 1/sqrt(H)), as `torch.nn` does."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def step(
        self,
        projected: Float[Tensor, "B GH"],
        state: State,
        weight_hh: Float[Tensor, "GH H"],
        bias_hh: Float[Tensor, " GH"] | None,
    ) -> State:
        """Take one time step from the projected input and the state; each layer has its own."""
        raise NotImplementedError

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        state: Tensor | State | None = None,
        lengths: Int[Tensor, " B"] | None = None,
    ) -> tuple[Float[Tensor, "B T HH"], Tensor | State]:
        """Run over a batch of sequences.

        Args:
            x: inputs, (B, T, D).
            state: h, or (h, c), to start from, each (L * directions, B, H); None means zeros.
            lengths: the true length of each sequence, (B,), from 1 to T. Beyond it the outputs
                are 0, the state stays what it was, and what stands in the padding cannot matter.

        Returns:
            The outputs of the last layer, (B, T, H * directions), and the final state of every
            layer and direction, shaped like `state`.

        Raises:
            ValueError: if a shape does not fit; nothing is broadcast.
        """
        self._check(x, lengths)
        if lengths is not None:
            lengths = lengths.to(x.device)
            # What stands in the padding must not reach a gradient either: 0 * NaN is NaN.
            steps = torch.arange(x.shape[1], device=x.device)
            x = x.masked_fill((steps >= lengths.unsqueeze(1)).unsqueeze(2), 0)
        start = self._unpack(state, x)
        final: list[State] = []
        for layer, suffix in self._passes():
            if suffix.endswith("_reverse"):
                outputs, end = self._run(suffix, x, start[len(final)], lengths, backward=True)
                x_next = torch.cat([x_next, outputs], dim=2)
            else:
                if layer > 0:
                    x = F.dropout(x_next, self.dropout, self.training)
                x_next, end = self._run(suffix, x, start[len(final)], lengths, backward=False)
            final.append(end)
        stacked = tuple(torch.stack(tensors) for tensors in zip(*final, strict=True))
        return x_next, stacked if self.state_tensors > 1 else stacked[0]

    def extra_repr(self) -> str:
        """Show the options in ``print(layer)``."""
        return (
            f"{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}, "
            f"bias={self.bias}, dropout={self.dropout}, bidirectional={self.bidirectional}"
        )

    def _run(
        self, suffix: str, x: Tensor, state: State, lengths: Tensor | None, backward: bool
    ) -> tuple[Tensor, State]:
        """Run one layer in one direction."""
        weight_ih, weight_hh, bias_ih, bias_hh = (
            getattr(self, f"{name}_{suffix}")
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        # The inputs of all steps in one product. `unbind`, because indexing step by step would
        # make the backward pass build a gradient of the whole sequence T times.
        projected = F.linear(x, weight_ih, bias_ih).unbind(dim=1)
        steps = range(len(projected))
        outputs = []
        for t in reversed(steps) if backward else steps:
            new = self.step(projected[t], state, weight_hh, bias_hh)
            output = new[0]
            if lengths is not None:
                inside = (t < lengths).unsqueeze(1)
                new = tuple(torch.where(inside, n, s) for n, s in zip(new, state, strict=True))
                output = output.masked_fill(~inside, 0)
            state = new
            outputs.append(output)
        if backward:
            outputs.reverse()
        return torch.stack(outputs, dim=1), state

    def _passes(self) -> Iterator[tuple[int, str]]:
        for layer in range(self.num_layers):
            yield layer, f"l{layer}"
            if self.bidirectional:
                yield layer, f"l{layer}_reverse"

    def _unpack(self, state: Tensor | State | None, x: Tensor) -> list[State]:
        """Check the given state and cut it into one for each layer and direction."""
        passes = self.num_layers * self.num_directions
        wanted = (passes, x.shape[0], self.hidden_size)
        if state is None:
            return [(x.new_zeros(wanted[1:]),) * self.state_tensors] * passes
        tensors = (state,) if isinstance(state, Tensor) else tuple(state)
        shapes = [tuple(tensor.shape) for tensor in tensors]
        if shapes != [wanted] * self.state_tensors:
            raise ValueError(
                f"the state has shape {', '.join(map(str, shapes))}; expected "
                f"{self.state_tensors} x {wanted}: layers * directions, batch, hidden"
            )
        return [tuple(tensor[i] for tensor in tensors) for i in range(passes)]

    def _check(self, x: Tensor, lengths: Tensor | None) -> None:
        if x.ndim != 3 or x.shape[2] != self.input_size or x.shape[1] == 0:
            raise ValueError(
                f"x has shape {tuple(x.shape)}; expected (B, T, {self.input_size}) with T >= 1"
            )
        if lengths is not None:
            if not isinstance(lengths, Tensor) or lengths.is_floating_point():
                raise ValueError("lengths must be a tensor of integers, one for each sequence")
            if lengths.shape != x.shape[:1]:
                raise ValueError(
                    f"lengths has shape {tuple(lengths.shape)}; expected ({x.shape[0]},)"
                )
            if len(lengths) and (lengths.min() < 1 or lengths.max() > x.shape[1]):
                raise ValueError(
                    f"lengths run from {int(lengths.min())} to {int(lengths.max())}; "
                    f"expected 1 to {x.shape[1]}"
                )


class RNN(Recurrent):
    """The plain recurrent layer: ``h_t = tanh(x_t W_ihᵀ + b_ih + h_{t-1} W_hhᵀ + b_hh)``.

    The twin of ``torch.nn.RNN(..., batch_first=True)``, for batches only: x is always (B, T, D).

    Args:
        input_size: D, features of one input.
        hidden_size: H.
        num_layers: L.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        options: ``bias``, ``dropout`` and ``bidirectional``, as in `Recurrent`.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Elman, "Finding Structure in Time" (1990). Taught in: chapter 07.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        nonlinearity: str = "tanh",
        **options,
    ):
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity is {nonlinearity!r}; expected 'tanh' or 'relu'")
        super().__init__(input_size, hidden_size, num_layers, **options)
        self.nonlinearity = nonlinearity

    def extra_repr(self) -> str:
        """Show the options in ``print(layer)``."""
        return f"{super().extra_repr()}, nonlinearity={self.nonlinearity!r}"

    def step(
        self,
        projected: Float[Tensor, "B GH"],
        state: State,
        weight_hh: Float[Tensor, "GH H"],
        bias_hh: Float[Tensor, " GH"] | None,
    ) -> State:
        """Take one time step; the state is ``(h,)``."""
        (h,) = state
        activation = torch.tanh if self.nonlinearity == "tanh" else torch.relu
        return (activation(projected + F.linear(h, weight_hh, bias_hh)),)
