"""Recurrent layers on top of each other: one way or both ways, with residuals and dropout."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.func import functional_call

from textbook_nlp.layers.cells import RecurrentCell, State
from textbook_nlp.layers.dropout import RecurrentDropout
from textbook_nlp.layers.fast_lstm import fast_scan
from textbook_nlp.layers.shapes import check_mask, check_shape

MakeCell = Callable[[int, int], RecurrentCell]  # from D and H: LSTMCell, or partial(RNNCell, ...)


class OneWay(nn.Module):
    """A layer that reads from the first time step to the last.

    Args:
        cell: what takes a step.
        recurrent_dropout: what to drop of the state on its way from step to step.
    """

    def __init__(self, cell: RecurrentCell, recurrent_dropout: RecurrentDropout | None = None):
        super().__init__()
        self.cell, self.recurrent_dropout = cell, recurrent_dropout
        self.output_size = cell.hidden_size

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        state: State | None = None,
        mask: Bool[Tensor, "B T"] | None = None,
    ) -> tuple[Float[Tensor, "B T H"], State]:
        """Return the outputs and the state after the last step; see `scan`."""
        return fast_scan(self.cell, x, state, mask, recurrent_dropout=self.recurrent_dropout)


class BothWays(nn.Module):
    """A layer of two cells, one of which reads from the end; their outputs stand side by side.

    Args:
        forward_cell: reads from the first time step to the last.
        backward_cell: reads from the last to the first.
        recurrent_dropout: what to drop of the states on their way from step to step.

    Source: Schuster and Paliwal, "Bidirectional Recurrent Neural Networks" (1997).
    """

    def __init__(
        self,
        forward_cell: RecurrentCell,
        backward_cell: RecurrentCell,
        recurrent_dropout: RecurrentDropout | None = None,
    ):
        super().__init__()
        self.forward_cell, self.backward_cell = forward_cell, backward_cell
        self.recurrent_dropout = recurrent_dropout
        self.output_size = forward_cell.hidden_size + backward_cell.hidden_size

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        state: tuple[State, State] | None = None,
        mask: Bool[Tensor, "B T"] | None = None,
    ) -> tuple[Float[Tensor, "B T HH"], tuple[State, State]]:
        """Return the outputs and the pair of both directions' final states; see `scan`."""
        first, second = (None, None) if state is None else state
        drop = self.recurrent_dropout
        ahead, end = fast_scan(self.forward_cell, x, first, mask, recurrent_dropout=drop)
        back, beginning = fast_scan(
            self.backward_cell, x, second, mask, reverse=True, recurrent_dropout=drop
        )
        return torch.cat([ahead, back], dim=2), (end, beginning)


class Stack(nn.Module):
    """Recurrent layers, each reading the outputs of the one below.

    The state is a tuple over the layers: for a layer that reads one way its cell's, a tuple of
    tensors (B, H), and for one that reads both ways the pair of both cells'.

    Args:
        cell: makes a cell from the sizes (D, H): `LSTMCell`, or `partial(GRUCell, bias=False)`.
        input_size: D.
        hidden_size: H, in each direction; a list says it of each layer, from below.
        num_layers: L.
        bidirectional: whether the layers read both ways; a list says it of each, from below.
        residual_from: add to the outputs of this layer and all above, counted from 0, what the
            layer was given. None adds nothing.
        between: a module for what passes from layer to layer, such as `nn.Dropout` (another mask at
            every time step) or `VariationalDropout` (one for all). None changes nothing.
        recurrent_dropout: what to drop of the states on their way from step to step.
        weight_dropout: a module that every `weight_hh` passes before a sequence is read, such as
            `nn.Dropout`: then some connections between the units are missing, the same ones at all
            steps and in all sequences of the batch. None changes nothing.

    Raises:
        ValueError: if there is no layer, a list names more or fewer layers than there are, or a
            residual would join two widths.

    Source: residuals, and a first layer that reads both ways: Wu et al., "Google's Neural Machine
    Translation System" (2016), section 3; dropped weights: Merity et al., "Regularizing and
    Optimizing LSTM Language Models" (2018), section 2.
    Taught in: chapter 09.
    """

    def __init__(
        self,
        cell: MakeCell,
        input_size: int,
        hidden_size: int | Sequence[int],
        num_layers: int = 1,
        *,
        bidirectional: bool | Sequence[bool] = False,
        residual_from: int | None = None,
        between: nn.Module | None = None,
        recurrent_dropout: RecurrentDropout | None = None,
        weight_dropout: nn.Module | None = None,
    ):
        super().__init__()
        both = [bidirectional] * num_layers if isinstance(bidirectional, bool) else bidirectional
        sizes = [hidden_size] * num_layers if isinstance(hidden_size, int) else hidden_size
        if num_layers < 1 or len(both) != num_layers or len(sizes) != num_layers:
            raise ValueError(
                f"num_layers is {num_layers}, bidirectional names {len(both)} layers and "
                f"hidden_size {len(sizes)}; expected at least 1, and as many"
            )
        self.layers, width = nn.ModuleList(), input_size
        for i, (both_ways, H) in enumerate(zip(both, sizes, strict=True)):
            cells = [cell(width, H) for _ in range(1 + both_ways)]
            layer = (BothWays if both_ways else OneWay)(*cells, recurrent_dropout)
            if residual_from is not None and i >= residual_from and layer.output_size != width:
                raise ValueError(
                    f"layer {i} reads {width} features and puts out {layer.output_size}: a "
                    "residual needs as many; raise residual_from or change hidden_size"
                )
            self.layers.append(layer)
            width = layer.output_size
        self.between, self.residual_from = between, residual_from
        self.weight_dropout = weight_dropout
        self.output_size = width

    @property
    def cells(self) -> list[RecurrentCell]:
        """All cells, from below, of each layer the forward one first."""
        return [module for module in self.modules() if isinstance(module, RecurrentCell)]

    def forward(
        self,
        x: Float[Tensor, "B T D"],
        state: tuple | None = None,
        mask: Bool[Tensor, "B T"] | None = None,
    ) -> tuple[Float[Tensor, "B T _"], tuple]:
        """Run all layers over a batch of sequences.

        Args:
            x: the inputs.
            state: what an earlier call returned, to read on from there; None starts from zeros.
            mask: true at real tokens; what stands elsewhere cannot matter.

        Returns:
            The outputs of the last layer, and the final state of every layer.

        Raises:
            ValueError: if a shape does not fit; nothing is broadcast.
        """
        if state is not None and len(state) != len(self.layers):
            raise ValueError(
                f"the state has {len(state)} parts; expected one for each of {len(self.layers)} "
                "layers"
            )
        if mask is not None:  # a residual must not carry on what stands in the padding
            check_shape("x", x, ("B", "T", "D"))
            check_mask(mask, x)
            x = x.masked_fill(~mask.unsqueeze(2), 0)
        final = []
        for i, layer in enumerate(self.layers):
            below = x
            if i > 0 and self.between is not None:
                x = self.between(x)
            start = None if state is None else state[i]
            x, end = self._read(layer, x, start, mask)
            if self.residual_from is not None and i >= self.residual_from:
                x = x + below
            final.append(end)
        return x, tuple(final)

    def _read(self, layer: nn.Module, *arguments: Any) -> tuple[Tensor, Any]:
        """Let a layer read, with some of its connections missing if they are to be."""
        if self.weight_dropout is None or not self.training:
            return layer(*arguments)
        standing_in = {
            name: self.weight_dropout(weight)
            for name, weight in layer.named_parameters()
            if name.endswith("weight_hh")
        }
        return functional_call(layer, standing_in, arguments)
