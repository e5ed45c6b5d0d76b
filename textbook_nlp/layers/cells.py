"""One step of a recurrent network: the plain cell, the LSTM and the GRU.

A cell maps the input and the state of one step to the next state. What the input contributes does
not depend on the state, so `inputs` computes it for all steps in one product; `step` does the rest,
and reads like the formula. The state is a tuple of tensors (B, H), of which the first, h, is what
the cell puts out. `scan` runs a cell over time.
"""

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.layers.shapes import check_shape, holds_tensors

Hidden = Float[Tensor, "B H"]
Bias = bool | Literal["single"]
State = tuple[Hidden, ...]  # (h,) for the plain cell and the GRU, (h, c) for the LSTM
Device = torch.device | str | None


class RecurrentCell(nn.Module):
    """What all cells share: the parameters, named, shaped and drawn as in `torch.nn`.

    A kind of cell says how many gates it has, how many tensors its state has, and how one step
    goes.

    Args:
        input_size: D, features of one input.
        hidden_size: H.
        bias: whether to add `bias_ih` and `bias_hh`, whose sum is one bias in all but the GRU that
            resets after the product; `"single"` adds `bias_ih` alone, as Keras does.
        device: where the parameters are.
        dtype: their type.

    Attributes:
        weight_ih: (gates * H, D), the weights of the gates one below the other.
        weight_hh: (gates * H, H).
        bias_ih: (gates * H,), or None.
        bias_hh: (gates * H,), or None.

    Raises:
        ValueError: if a size is below 1, or `bias` is another word.
    """

    gates = 1
    state_tensors = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: Bias = True,
        *,
        device: Device = None,
        dtype: torch.dtype | None = None,
    ):
        super().__init__()
        if min(input_size, hidden_size) < 1:
            raise ValueError(
                f"input_size and hidden_size must be at least 1, not {input_size}, {hidden_size}"
            )
        if bias not in (True, False, "single"):
            raise ValueError(f"bias is {bias!r}; expected True, False or 'single'")
        self.input_size, self.hidden_size = input_size, hidden_size
        rows = self.gates * hidden_size

        def empty(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(shape, device=device, dtype=dtype))

        self.weight_ih, self.weight_hh = empty(rows, input_size), empty(rows, hidden_size)
        self.register_parameter("bias_ih", empty(rows) if bias else None)
        self.register_parameter("bias_hh", empty(rows) if bias and bias != "single" else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw every parameter from U(-1/sqrt(H), 1/sqrt(H)), as `torch.nn` does."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def new_parameter(self, *shape: int) -> nn.Parameter:
        """Return a parameter for a kind of cell that has some of its own, drawn as the others are.

        It has their type and is where they are.
        """
        bound = 1 / math.sqrt(self.hidden_size)
        return nn.Parameter(self.weight_ih.new_empty(shape).uniform_(-bound, bound))

    def zeros(self, x: Float[Tensor, "B *T D"]) -> State:
        """Return the state before anything was read."""
        return (x.new_zeros(len(x), self.hidden_size),) * self.state_tensors

    def inputs(self, x: Float[Tensor, "*BT D"]) -> Float[Tensor, "*BT GH"]:
        """Return what the inputs contribute to the gates, of one step or of all in one product."""
        return F.linear(x, self.weight_ih, self.bias_ih)

    def memory(self, h: Hidden, keep: Hidden | None) -> Float[Tensor, "B GH"]:
        """Return what the state contributes to the gates; `keep` drops some of it, see `scan`."""
        return F.linear(h if keep is None else h * keep, self.weight_hh, self.bias_hh)

    def step(self, projected: Tensor, state: State, keep: Tensor | None = None) -> State:
        """Take one step: each kind of cell has its own.

        Args:
            projected: what `inputs` returned for this step, (B, gates * H).
            state: before the step.
            keep: multiplies h on its way into the product, (B, H); None keeps all.

        Returns:
            The state after the step.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it steps")

    def forward(self, x: Float[Tensor, "B D"], state: State | None = None) -> State:
        """Take one step from outside: from the input and the state to the next state.

        Raises:
            ValueError: if a shape does not fit; nothing is broadcast.
        """
        check_shape("x", x, ("B", self.input_size))
        if state is None:
            state = self.zeros(x)
        self.check_state(state, len(x))
        return self.step(self.inputs(x), state)

    def check_state(self, state: State, B: int) -> None:
        """Refuse a state that is no tuple of tensors (B, H), as many as this kind of cell has.

        Raises:
            ValueError: if it is not.
        """
        if not holds_tensors(state, self.state_tensors):
            found = f"a {type(state).__name__}"
            if isinstance(state, tuple):
                found = f"{len(state)} parts"
            raise ValueError(
                f"the state is {found}; expected a tuple of {self.state_tensors} tensors, each "
                f"({B}, {self.hidden_size})"
            )
        for tensor in state:
            check_shape("the state", tensor, (B, self.hidden_size))

    def extra_repr(self) -> str:
        """Show the sizes in `print(cell)`."""
        bias = self.bias_ih is not None
        kind = "'single'" if bias and self.bias_hh is None else bias
        return f"{self.input_size}, {self.hidden_size}, bias={kind}"


class RNNCell(RecurrentCell):
    """The plain cell: `h' = tanh(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh)`.

    Args:
        input_size: D.
        hidden_size: H.
        bias: as in `RecurrentCell`.
        nonlinearity: `"tanh"` or `"relu"`.
        device: where the parameters are.
        dtype: their type.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Elman, "Finding Structure in Time" (1990).
    Taught in: chapter 07.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: Bias = True,
        nonlinearity: Literal["tanh", "relu"] = "tanh",
        *,
        device: Device = None,
        dtype: torch.dtype | None = None,
    ):
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity is {nonlinearity!r}; expected 'tanh' or 'relu'")
        super().__init__(input_size, hidden_size, bias, device=device, dtype=dtype)
        self.nonlinearity = nonlinearity

    def step(
        self,
        projected: Float[Tensor, "B {self.hidden_size}"],
        state: tuple[Hidden],
        keep: Hidden | None = None,
    ) -> tuple[Hidden]:
        """Take one step; the state is `(h,)`."""
        (h,) = state
        a = projected + self.memory(h, keep)
        return (torch.tanh(a) if self.nonlinearity == "tanh" else torch.relu(a),)


class LSTMCell(RecurrentCell):
    """The long short-term memory: a cell state c that passes on unchanged but for its gates.

    With σ for the sigmoid, and each gate from x and h by weights of its own,
    `i, f, o = σ(...)` (let in, keep, put out), `g = tanh(...)` (the candidate),
    `c' = f ⊙ c + i ⊙ g` and `h' = o ⊙ tanh(c')`. The rows of the weights are i, f, g, o.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997); the forget gate f: Gers,
    Schmidhuber and Cummins, "Learning to Forget" (2000).
    Taught in: chapter 08.
    """

    gates = 4
    state_tensors = 2

    def step(
        self,
        projected: Float[Tensor, "B {4*self.hidden_size}"],
        state: tuple[Hidden, Hidden],
        keep: Hidden | None = None,
    ) -> tuple[Hidden, Hidden]:
        """Take one step; the state is `(h, c)`."""
        h, c = state
        i, f, g, o = (projected + self.memory(h, keep)).chunk(4, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class GRUCell(RecurrentCell):
    """The gated recurrent unit: two gates, and a state that passes on where z is near 1.

    With σ for the sigmoid, `r = σ(x W_irᵀ + b_ir + h W_hrᵀ + b_hr)` resets, z likewise keeps,
    `n = tanh(x W_inᵀ + b_in + r ⊙ (h W_hnᵀ + b_hn))` and `h' = (1 - z) ⊙ n + z ⊙ h`. The rows
    of the weights are r, z, n. This is torch's form (and cuDNN's); the older one resets before the
    product: `n = tanh(x W_inᵀ + b_in + (r ⊙ h) W_hnᵀ + b_hn)`.

    Args:
        input_size: D.
        hidden_size: H.
        bias: as in `RecurrentCell`.
        reset_after: whether r acts after the product, as in torch, or before it.
        device: where the parameters are.
        dtype: their type.

    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
    Machine Translation" (2014), the older form.
    Taught in: chapter 08.
    """

    gates = 3

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: Bias = True,
        reset_after: bool = True,
        *,
        device: Device = None,
        dtype: torch.dtype | None = None,
    ):
        super().__init__(input_size, hidden_size, bias, device=device, dtype=dtype)
        self.reset_after = reset_after

    def step(
        self,
        projected: Float[Tensor, "B {3*self.hidden_size}"],
        state: tuple[Hidden],
        keep: Hidden | None = None,
    ) -> tuple[Hidden]:
        """Take one step; the state is `(h,)`."""
        (h,) = state
        x_r, x_z, x_n = projected.chunk(3, dim=1)
        h_r, h_z, h_n = self.memory(h, keep).chunk(3, dim=1)
        r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
        if self.reset_after:
            n = torch.tanh(x_n + r * h_n)
        else:
            n = torch.tanh(x_n + self.memory(r * h, keep).chunk(3, dim=1)[2])
        return ((1 - z) * n + z * h,)
