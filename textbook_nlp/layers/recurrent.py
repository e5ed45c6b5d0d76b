"""`RNN`, `LSTM` and `GRU` as `torch.nn` has them, over the cells of this package.

Arguments, results and state dicts are those of `torch.nn`, so that either takes the other's place.
Inside they are a `Stack`: batch first, with a mask for packed sequences, its state a tuple over the
layers. Only here is that converted to torch's shapes and back.
"""

import warnings
from functools import partial

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from textbook_nlp.layers.cells import Device, GRUCell, LSTMCell, RNNCell
from textbook_nlp.layers.shapes import check_shape, check_share
from textbook_nlp.layers.stack import MakeCell, Stack

Hx = Tensor | tuple[Tensor, Tensor]  # h, or for the LSTM (h, c), each (L * directions, B, H)


class Recurrent(nn.Module):
    """What the three share: a stack of cells under torch's names and in torch's shapes.

    Of torch's layers it leaves out `proj_size`, `flatten_parameters`, `all_weights`, and to be
    traced or scripted by `torch.jit`, which is deprecated: use `torch.compile` or `torch.export`.

    Args:
        cell: makes a cell from the sizes (D, H).
        input_size: D, features of one input.
        hidden_size: H.
        num_layers: L; each layer reads the outputs of the one below.
        bias: whether to add `bias_ih` and `bias_hh`.
        batch_first: whether x and the outputs are (B, T, ...) and not (T, B, ...).
        dropout: share of the outputs of each layer but the last that is dropped in training.
        bidirectional: whether a second cell in each layer reads the sequence from its end.

    Raises:
        ValueError: if a size is below 1 or dropout is not in [0, 1).
    """

    def __init__(
        self,
        cell: MakeCell,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
    ):
        super().__init__()
        check_share("dropout", dropout)
        if dropout > 0 and num_layers == 1:
            warnings.warn(
                f"dropout={dropout} does nothing: it stands between layers, and there is one",
                stacklevel=3,
            )
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first = bias, batch_first
        self.dropout, self.bidirectional = dropout, bidirectional
        self.between = nn.Dropout(dropout)
        stack = Stack(
            cell,
            input_size,
            hidden_size,
            num_layers,
            bidirectional=bidirectional,
            between=self.between,
        )
        # The stack stands in a tuple, where torch does not look for parameters: they are this
        # module's own, under torch's names, and lent to the stack in each call.
        self._stack = (stack,)
        self._names = {path: _torch_name(path) for path, _ in stack.named_parameters()}
        for path, parameter in stack.named_parameters():
            self.register_parameter(self._names[path], parameter)

    def forward(
        self, input: Tensor | PackedSequence, hx: Hx | None = None
    ) -> tuple[Tensor | PackedSequence, Hx]:
        """Run over sequences.

        Args:
            input: (T, B, D), or (B, T, D) with `batch_first`; (T, D) for one sequence alone; or a
                packed sequence.
            hx: h, or (h, c) for the LSTM, to start from, each (L * directions, B, H), without B for
                one sequence alone; None means zeros.

        Returns:
            The outputs of the last layer in the form of `input`, with H * directions features, and
            the final state of every layer and direction in the form of `hx`.

        Raises:
            ValueError: if a shape does not fit; nothing is broadcast.
        """
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        if input.ndim not in (2, 3):
            raise ValueError(f"input has {input.ndim} axes; expected 3, or 2 without a batch")
        alone = input.ndim == 2
        x = input.unsqueeze(0) if alone else input if self.batch_first else input.transpose(0, 1)
        start = self._start(hx, len(x), alone)
        outputs, final = self._run(x, start, None)
        if alone:
            return outputs.squeeze(0), self._hx([tensor.squeeze(1) for tensor in final])
        return outputs if self.batch_first else outputs.transpose(0, 1), self._hx(final)

    def extra_repr(self) -> str:
        """Show the options in `print(layer)`."""
        return (
            f"{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}, "
            f"bias={self.bias}, batch_first={self.batch_first}, dropout={self.dropout}, "
            f"bidirectional={self.bidirectional}"
        )

    @property
    def _tensors(self) -> int:
        """How many tensors a state has: 1, or 2 for the LSTM."""
        return self._stack[0].cells[0].state_tensors

    def _packed(self, input: PackedSequence, hx: Hx | None) -> tuple[PackedSequence, Hx]:
        """Run over a packed sequence, whose longest sequence stands first."""
        data, batch_sizes, order, back = input
        x, lengths = pad_packed_sequence(PackedSequence(data, batch_sizes), batch_first=True)
        check_shape("the data of input", data, ("N", self.input_size))
        mask = torch.arange(x.shape[1]) < lengths.unsqueeze(1)
        mask = mask.to(x.device)
        start = self._start(hx, len(x), alone=False)
        if start is not None and order is not None:
            start = [tensor.index_select(1, order) for tensor in start]
        outputs, final = self._run(x, start, None if bool(lengths[-1] == lengths[0]) else mask)
        if back is not None:
            final = [tensor.index_select(1, back) for tensor in final]
        data = outputs.transpose(0, 1)[mask.t()]
        return PackedSequence(data, batch_sizes, order, back), self._hx(final)

    def _run(
        self, x: Tensor, start: list[Tensor] | None, mask: Tensor | None
    ) -> tuple[Tensor, list[Tensor]]:
        """Run the stack with this module's parameters; states go in and out in torch's shape."""
        state = None
        if start is not None:
            passes = list(zip(*(tensor.unbind(0) for tensor in start), strict=True))
            pairs = zip(passes[::2], passes[1::2], strict=True) if self.bidirectional else passes
            state = tuple(pairs)
        parameters = {path: getattr(self, name) for path, name in self._names.items()}
        outputs, final = functional_call(self._stack[0], parameters, (x, state, mask))
        passes = [one for pair in final for one in pair] if self.bidirectional else final
        return outputs, [torch.stack(tensors) for tensors in zip(*passes, strict=True)]

    def _start(self, hx: Hx | None, B: int, alone: bool) -> list[Tensor] | None:
        """Check the state to start from, and give it a batch if it has none."""
        if hx is None:
            return None
        tensors = [hx] if isinstance(hx, Tensor) else list(hx)
        if isinstance(hx, Tensor) != (self._tensors == 1) or len(tensors) != self._tensors:
            wanted = "a pair (h, c)" if self._tensors == 2 else "one tensor"
            raise ValueError(f"hx is a {type(hx).__name__}; expected {wanted}")
        passes = self.num_layers * (2 if self.bidirectional else 1)
        for tensor in tensors:
            shape = (passes, self.hidden_size) if alone else (passes, B, self.hidden_size)
            check_shape("hx", tensor, shape)
        return [tensor.unsqueeze(1) for tensor in tensors] if alone else tensors

    def _hx(self, tensors: list[Tensor]) -> Hx:
        return tuple(tensors) if self._tensors > 1 else tensors[0]


class RNN(Recurrent):
    """The plain recurrent layer, with the arguments of `torch.nn.RNN`; see `RNNCell`.

    Args:
        input_size: D.
        hidden_size: H.
        num_layers: L.
        nonlinearity: `"tanh"` or `"relu"`.
        bias: as in `Recurrent`, and so are `batch_first`, `dropout` and `bidirectional`.
        batch_first: see there.
        dropout: see there.
        bidirectional: see there.
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
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Device = None,
        dtype: torch.dtype | None = None,
    ):
        cell = partial(RNNCell, nonlinearity=nonlinearity, bias=bias, device=device, dtype=dtype)
        sizes = input_size, hidden_size, num_layers
        super().__init__(cell, *sizes, bias, batch_first, dropout, bidirectional)
        self.nonlinearity = nonlinearity

    def extra_repr(self) -> str:
        """Show the options in `print(layer)`."""
        return f"{super().extra_repr()}, nonlinearity={self.nonlinearity!r}"


class LSTM(Recurrent):
    """The long short-term memory, with the arguments of `torch.nn.LSTM`; see `LSTMCell`.

    Args:
        input_size: D.
        hidden_size: H.
        num_layers: L.
        bias: as in `Recurrent`, and so are `batch_first`, `dropout` and `bidirectional`.
        batch_first: see there.
        dropout: see there.
        bidirectional: see there.
        proj_size: 0; the projections that torch offers are not made here.
        device: where the parameters are.
        dtype: their type.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997).
    Taught in: chapter 08.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Device = None,
        dtype: torch.dtype | None = None,
    ):
        if proj_size != 0:
            raise ValueError(
                f"proj_size is {proj_size}; expected 0: a layer without projections, or use "
                "torch.nn.LSTM"
            )
        cell = partial(LSTMCell, bias=bias, device=device, dtype=dtype)
        sizes = input_size, hidden_size, num_layers
        super().__init__(cell, *sizes, bias, batch_first, dropout, bidirectional)


class GRU(Recurrent):
    """The gated recurrent unit, with the arguments of `torch.nn.GRU`; see `GRUCell`.

    Args:
        input_size: D.
        hidden_size: H.
        num_layers: L.
        bias: as in `Recurrent`, and so are `batch_first`, `dropout` and `bidirectional`.
        batch_first: see there.
        dropout: see there.
        bidirectional: see there.
        device: where the parameters are.
        dtype: their type.

    Raises:
        ValueError: if an option is not one of the above.

    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
    Machine Translation" (2014).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Device = None,
        dtype: torch.dtype | None = None,
    ):
        cell = partial(GRUCell, bias=bias, device=device, dtype=dtype)
        sizes = input_size, hidden_size, num_layers
        super().__init__(cell, *sizes, bias, batch_first, dropout, bidirectional)


def _torch_name(path: str) -> str:
    """Turn `layers.1.backward_cell.weight_ih` into `weight_ih_l1_reverse`."""
    _, layer, cell, name = path.split(".")
    return f"{name}_l{layer}" + ("_reverse" if cell == "backward_cell" else "")
