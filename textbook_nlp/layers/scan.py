"""A cell run over time."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from textbook_nlp.layers.cells import RecurrentCell, State
from textbook_nlp.layers.dropout import RecurrentDropout
from textbook_nlp.layers.shapes import check_mask, check_shape


def scan(
    cell: RecurrentCell,
    x: Float[Tensor, "B T D"],
    state: State | None = None,
    mask: Bool[Tensor, "B T"] | None = None,
    *,
    reverse: bool = False,
    recurrent_dropout: RecurrentDropout | None = None,
) -> tuple[Float[Tensor, "B T H"], State]:
    """Run a cell over a batch of sequences.

    Args:
        cell: what takes one step.
        x: the inputs.
        state: to start from, a tuple of tensors (B, H); None means zeros.
        mask: true at real tokens. Elsewhere the output is 0, the state stays what it was, and what
            stands in x matters neither to a result nor to a gradient, not even NaN.
        reverse: whether to read from the last time step to the first.
        recurrent_dropout: what to drop of the state on its way from step to step.

    Returns:
        The outputs, in the order of x, and the state after the last step.

    Raises:
        ValueError: if a shape does not fit; nothing is broadcast.
        TypeError: if the state is of another type than x; nothing is converted.
    """
    check_scan(cell, x, state, mask)
    if mask is not None:
        x = x.masked_fill(~mask.unsqueeze(2), 0)
    # `unbind`, because indexing step by step would make the backward pass build a gradient of the
    # whole sequence T times.
    projected = cell.inputs(x).unbind(dim=1)
    state = cell.zeros(x) if state is None else state
    short = projected[0].dtype  # that of x, but under autocast a shorter one
    for tensor in state:
        if tensor.dtype not in (x.dtype, short):
            raise TypeError(f"the state is {tensor.dtype}; expected {x.dtype}, the type of x")
    state = tuple(tensor.to(short) for tensor in state)
    keep = None if recurrent_dropout is None else recurrent_dropout(state[0])
    outputs: list[Tensor] = [state[0]] * len(projected)
    steps = range(len(projected))
    for t in reversed(steps) if reverse else steps:
        new = cell.step(projected[t], state, keep)
        if mask is not None:
            real = mask[:, t].unsqueeze(1)
            new = tuple(torch.where(real, n, s) for n, s in zip(new, state, strict=True))
        state, outputs[t] = new, new[0]
    stacked = torch.stack(outputs, dim=1)
    return stacked if mask is None else stacked.masked_fill(~mask.unsqueeze(2), 0), state


def check_scan(
    cell: RecurrentCell,
    x: Float[Tensor, "B T D"],
    state: State | None,
    mask: Bool[Tensor, "B T"] | None,
) -> None:
    """Refuse what a cell cannot be run over.

    Raises:
        ValueError: if a shape does not fit, or there is no time step.
    """
    check_shape("x", x, ("B", "T", cell.input_size))
    if x.shape[1] == 0:
        raise ValueError(f"x has shape {tuple(x.shape)}; expected at least one time step, T >= 1")
    if state is not None:
        cell.check_state(state, len(x))
    if mask is not None:
        check_mask(mask, x)
