"""A memory outside the network: rows of numbers that a controller reads and writes by attention.

An address is a weight for each row of the memory, and the weights sum to 1. The controller makes
one in four steps: by what the rows hold, mixed with where it looked before, moved by a row or so,
and made sharper. Every step is differentiable, so where to look is learned.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from textbook_nlp.layers.cells import LSTMCell, State
from textbook_nlp.layers.shapes import check_shape, check_sizes

Memory = Float[Tensor, "B N M"]
Address = Float[Tensor, "B N"]
EMPTY = 1e-6  # in every place of a memory that nothing was written to; a row of zeros has no angle


def content_address(
    memory: Memory, key: Float[Tensor, "B M"], strength: Float[Tensor, "B 1"]
) -> Address:
    """Weigh the rows by how near their direction is to a key's.

    Args:
        memory: N rows of M numbers.
        key: what is looked for.
        strength: 0 or more; the larger, the more of the weight has the row that is nearest.

    Raises:
        ValueError: if a shape does not fit.

    Source: Graves, Wayne and Danihelka, "Neural Turing Machines" (2014), section 3.3.1.
    Taught in: chapter 16.
    """
    B, _, M = memory.shape
    check_shape("key", key, (B, M))
    check_shape("strength", strength, (B, 1))
    nearness = F.cosine_similarity(memory, key.unsqueeze(1), dim=2)
    return (strength * nearness).softmax(dim=1)


def shifted(address: Address, shift: Float[Tensor, "B S"]) -> Address:
    """Move an address by some rows, around the end of the memory.

    Args:
        address: weights of the rows.
        shift: weights of the moves, which sum to 1: S is odd, and the middle one stays. With three,
            they are one row back, none, and one row on.

    Raises:
        ValueError: if a shape does not fit, S is even, or it is above N.

    Source: Graves et al. (2014), section 3.3.2, equation 8.
    Taught in: chapter 16.
    """
    (B, N), S = address.shape, shift.shape[-1]
    check_shape("shift", shift, (B, S))
    if S % 2 == 0 or S > N:
        raise ValueError(f"there are {S} moves; expected an odd number of at most {N}, the rows")
    around = F.pad(address.unsqueeze(1), (S // 2, S // 2), mode="circular").squeeze(1)
    return torch.einsum("bns,bs->bn", around.unfold(1, S, 1), shift.flip(1))


def sharpened(address: Address, power: Float[Tensor, "B 1"]) -> Address:
    """Raise the weights to a power of at least 1, and scale them to sum to 1 again.

    Raises:
        ValueError: if a shape does not fit.

    Source: Graves et al. (2014), section 3.3.2, equation 9.
    Taught in: chapter 16.
    """
    check_shape("power", power, (len(address), 1))
    # In logarithms: weights near 0 to a high power would all be 0, and their sum too.
    smallest = torch.finfo(address.dtype).tiny
    return (power * address.clamp(min=smallest).log()).softmax(dim=1)


def read(memory: Memory, address: Address) -> Float[Tensor, "B M"]:
    """Return the rows' sum, each weighed as the address says.

    Raises:
        ValueError: if a shape does not fit.

    Taught in: chapter 16.
    """
    check_shape("address", address, tuple(memory.shape[:2]))
    return torch.einsum("bn,bnm->bm", address, memory)


def write(
    memory: Memory, address: Address, erase: Float[Tensor, "B M"], add: Float[Tensor, "B M"]
) -> Memory:
    """Return the memory with each row partly erased and added to, as the address weighs it.

    Args:
        memory: before.
        address: weights of the rows.
        erase: from 0, which leaves a column as it was, to 1, which makes it 0 at a weight of 1.
        add: what is added to a row of weight 1.

    Raises:
        ValueError: if a shape does not fit.

    Source: Graves et al. (2014), section 3.2.
    Taught in: chapter 16.
    """
    B, N, M = memory.shape
    check_shape("address", address, (B, N))
    check_shape("erase", erase, (B, M))
    check_shape("add", add, (B, M))
    kept = 1 - torch.einsum("bn,bm->bnm", address, erase)
    return memory * kept + torch.einsum("bn,bm->bnm", address, add)


class Head(nn.Module):
    """What looks: it makes an address from the controller's output and the last address.

    Args:
        hidden_size: H of the controller.
        width: M, numbers in a row.
        moves: S, see `shifted`.

    Source: Graves et al. (2014), section 3.3 and figure 2.
    """

    def __init__(self, hidden_size: int, width: int, moves: int = 3):
        super().__init__()
        self.sizes = [width, 1, 1, moves, 1]
        self.affine = nn.Linear(hidden_size, sum(self.sizes))

    def forward(self, h: Float[Tensor, "B H"], memory: Memory, last: Address) -> Address:
        """Return where to look now."""
        key, strength, gate, shift, power = self.affine(h).split(self.sizes, dim=1)
        address = content_address(memory, key.tanh(), F.softplus(strength))
        gate = gate.sigmoid()
        address = gate * address + (1 - gate) * last
        address = shifted(address, shift.softmax(dim=1))
        return sharpened(address, 1 + F.softplus(power))


class MachineState(NamedTuple):
    """What a Neural Turing Machine carries from step to step.

    Attributes:
        controller: the cell's state.
        memory: (B, N, M).
        written: where it last wrote, (B, N).
        looked: where it last read, (B, N).
        found: what it read there, (B, M).
    """

    controller: State
    memory: Memory
    written: Address
    looked: Address
    found: Float[Tensor, "B M"]


class TuringMachine(nn.Module):
    """A Neural Turing Machine with one head that writes and one that reads.

    In a step the controller, an LSTM, takes the input and what was read last; then it writes,
    reads, and puts out an affine map of its own output and of what it read. It begins with both
    heads at row 0 of an empty memory.

    Args:
        input_size: D.
        hidden_size: H of the controller.
        output_size: O.
        rows: N of the memory.
        width: M of the memory.
        moves: S, see `shifted`.

    Raises:
        ValueError: if a size is below 1, or there are more moves than rows.

    Source: Graves, Wayne and Danihelka, "Neural Turing Machines" (2014).
    Taught in: chapter 16.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        rows: int = 64,
        width: int = 16,
        moves: int = 3,
    ):
        super().__init__()
        check_sizes(output_size=output_size, rows=rows, width=width)
        if moves % 2 == 0 or not 1 <= moves <= rows:
            raise ValueError(f"moves is {moves}; expected an odd number, at most {rows} (rows)")
        self.rows, self.width = rows, width
        self.controller = LSTMCell(input_size + width, hidden_size)
        self.write_head = Head(hidden_size, width, moves)
        self.read_head = Head(hidden_size, width, moves)
        self.new_row = nn.Linear(hidden_size, 2 * width)  # what to erase, and what to add
        self.affine = nn.Linear(hidden_size + width, output_size)

    def start(self, x: Float[Tensor, "B *T D"]) -> MachineState:
        """Return the state before anything was read."""
        B = len(x)
        memory = x.new_full((B, self.rows, self.width), EMPTY)
        first_row = F.one_hot(x.new_zeros(B, dtype=torch.long), self.rows).to(x.dtype)
        controller = (x.new_zeros(B, self.controller.hidden_size),) * 2
        return MachineState(controller, memory, first_row, first_row, x.new_zeros(B, self.width))

    def step(
        self, x: Float[Tensor, "B D"], state: MachineState
    ) -> tuple[Float[Tensor, "B O"], MachineState]:
        """Take one step: return the output and the new state."""
        controller = self.controller(torch.cat([x, state.found], dim=1), state.controller)
        h = controller[0]
        written = self.write_head(h, state.memory, state.written)
        erase, add = self.new_row(h).chunk(2, dim=1)
        memory = write(state.memory, written, erase.sigmoid(), add.tanh())
        looked = self.read_head(h, memory, state.looked)
        found = read(memory, looked)
        output = self.affine(torch.cat([h, found], dim=1))
        return output, MachineState(controller, memory, written, looked, found)

    def forward(
        self, x: Float[Tensor, "B T D"], state: MachineState | None = None
    ) -> tuple[Float[Tensor, "B T O"], MachineState]:
        """Run over a batch of sequences, from an empty memory or from where an earlier call ended.

        Raises:
            TypeError: if x is of another type than the weights, or the state is none of a machine.
            ValueError: if x has another shape, there is no time step, or a part of the state is
                that of another batch or of a machine of another size.
        """
        check_shape("x", x, ("B", "T", self.controller.input_size - self.width))
        if x.shape[1] == 0:
            raise ValueError(f"x has shape {tuple(x.shape)}; expected at least one time step")
        wanted = self.affine.weight.dtype
        if x.dtype != wanted and not torch.is_autocast_enabled(x.device.type):  # which converts
            raise TypeError(f"x is {x.dtype}; expected {wanted}, the type of the weights")
        if state is None:
            state = self.start(x)
        self._check(state, len(x))
        outputs = []
        for x_t in x.unbind(dim=1):
            output, state = self.step(x_t, state)
            outputs.append(output)
        return torch.stack(outputs, dim=1), state

    def _check(self, state: MachineState, B: int) -> None:
        """Refuse the state of another batch or machine; what has one row would be broadcast."""
        if not isinstance(state, MachineState):
            raise TypeError(
                f"the state is a {type(state).__name__}; expected a MachineState, as an earlier "
                "call returned it, or None to begin"
            )
        check_shape("the state's memory", state.memory, (B, self.rows, self.width))
        check_shape("the state's written", state.written, (B, self.rows))
        check_shape("the state's looked", state.looked, (B, self.rows))
        check_shape("the state's found", state.found, (B, self.width))
        self.controller.check_state(state.controller, B)
