"""The LSTM over all time steps with its gradient written out: what `scan` computes, in less time.

Autograd keeps a note of every small operation of every step, and adds to the gradient of
`weight_hh` once a step, each time a matrix as large as the weights. Here the backward pass is
written by hand, with the formulas of `by_hand.lstm`: in the loop stands only what depends on the
step after, and one product at the end gives the gradient of each matrix.
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.func import functional_call

from textbook_nlp.layers.cells import LSTMCell, RecurrentCell, State
from textbook_nlp.layers.dropout import RecurrentDropout
from textbook_nlp.layers.scan import check_scan, scan

through_sigmoid, through_tanh = torch.ops.aten.sigmoid_backward, torch.ops.aten.tanh_backward
ONE_DNN = (
    getattr(torch.ops.mkldnn, "_linear_pointwise", None)
    if torch.backends.mkldnn.is_available()
    else None
)
DEVICES = "cpu", "cuda", "mps"  # others, such as meta, are not known to autocast
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def fast_scan(
    cell: RecurrentCell,
    x: Float[Tensor, "B T D"],
    state: State | None = None,
    mask: Bool[Tensor, "B T"] | None = None,
    *,
    reverse: bool = False,
    recurrent_dropout: RecurrentDropout | None = None,
) -> tuple[Float[Tensor, "B T H"], State]:
    """Return what `scan` returns; an `LSTMCell` that reads whole sequences goes the fast way.

    Raises:
        ValueError: if a shape does not fit; nothing is broadcast.
        TypeError: if the state is of another type than x; nothing is converted.
    """
    typed = state is None or all(getattr(part, "dtype", None) == x.dtype for part in state)
    if mask is not None or recurrent_dropout is not None or not (typed and _suits(cell, x)):
        return scan(cell, x, state, mask, reverse=reverse, recurrent_dropout=recurrent_dropout)
    check_scan(cell, x, state, mask)
    h, c = cell.zeros(x) if state is None else state
    parameters = [getattr(cell, name) for name in NAMES]
    outputs, h, c = _LSTM.apply(cell, x.flip(1) if reverse else x, h, c, *parameters)
    return outputs.flip(1) if reverse else outputs, (h, c)


def _suits(cell: RecurrentCell, x: Tensor) -> bool:
    """Whether nothing looks into the steps: no compiler, no transform, another cell's formula."""
    return (
        type(cell) is LSTMCell
        and x.numel() > 0
        and x.device.type in DEVICES
        and (x.dtype, x.device) == (cell.weight_ih.dtype, cell.weight_ih.device)
        and not torch.compiler.is_compiling()
        and not torch.jit.is_tracing()
        and not torch.is_autocast_enabled(x.device.type)
        and not torch._C._are_functorch_transforms_active()
    )


class _LSTM(torch.autograd.Function):
    """All steps of an LSTM; inside, time is the first axis, so that a step lies in one piece."""

    @staticmethod
    def forward(ctx: Any, cell: LSTMCell, x, h, c, weight_ih, weight_hh, bias_ih, bias_hh):
        (B, T, D), H = x.shape, cell.hidden_size
        gates = _times(weight_ih.t())(x.transpose(0, 1).reshape(T * B, D)).view(T, B, 4 * H)
        if bias_ih is not None:
            gates += bias_ih if bias_hh is None else bias_ih + bias_hh
        memory = _times(weight_hh.t())
        hs, cs, tanh_cs = x.new_empty(T + 1, B, H), [c], []  # hs and cs from before the first step
        hs[0] = h
        for t in range(T):
            gates[t] += memory(hs[t])
            i, f, g, o = gates[t].chunk(4, dim=1)
            i.sigmoid_(), f.sigmoid_(), g.tanh_(), o.sigmoid_()
            cs.append((f * cs[t]).addcmul_(i, g))
            tanh_cs.append(cs[-1].tanh())
            torch.mul(o, tanh_cs[t], out=hs[t + 1])
        ctx.cell = cell
        parameters = weight_ih, weight_hh, bias_ih, bias_hh
        ctx.save_for_backward(x, h, c, *parameters, gates, hs, *cs, *tanh_cs)
        return hs[1:].transpose(0, 1).contiguous(), hs[T].clone(), cs[T].clone()

    @staticmethod
    def backward(ctx: Any, dhs, dh, dc):
        saved = ctx.saved_tensors  # read once: `torch.utils.checkpoint` hands them out only once
        inputs, (gates, hs, *steps) = saved[:7], saved[7:]
        if torch.is_grad_enabled():  # somebody differentiates twice
            return None, *_by_autograd(ctx.cell, inputs, (dhs, dh, dc))
        x, _, _, weight_ih, weight_hh, bias_ih, bias_hh = inputs
        (B, T, D), H = x.shape, ctx.cell.hidden_size
        cs, tanh_cs = steps[: T + 1], steps[T + 1 :]
        da = torch.empty_like(gates)  # the gradient before each gate's σ or tanh
        back = _times(weight_hh)
        for t in reversed(range(T)):
            i, f, g, o = gates[t].chunk(4, dim=1)
            da_i, da_f, da_g, da_o = da[t].chunk(4, dim=1)
            dh = dh + dhs[:, t]
            dc = dc + through_tanh(dh * o, tanh_cs[t])
            through_sigmoid.grad_input(dh * tanh_cs[t], o, grad_input=da_o)
            through_sigmoid.grad_input(dc * g, i, grad_input=da_i)
            through_sigmoid.grad_input(dc * cs[t], f, grad_input=da_f)
            through_tanh.grad_input(dc * i, g, grad_input=da_g)
            dh, dc = back(da[t]), dc * f
        rows = da.view(T * B, 4 * H)
        columns = rows.t().contiguous()
        dx = _times(weight_ih)(rows).view(T, B, D).transpose(0, 1)
        dweight_ih = _times(x.transpose(0, 1).reshape(T * B, D))(columns)
        dweight_hh = _times(hs[:-1].view(T * B, H))(columns)
        dbias = None if bias_ih is None else rows.sum(dim=0)
        dbias_hh = None if bias_hh is None else dbias
        return None, dx, dh, dc, dweight_ih, dweight_hh, dbias, dbias_hh


def _times(matrix: Float[Tensor, "M N"]) -> Callable[[Tensor], Tensor]:
    """Return the function a -> a @ matrix, on a processor by oneDNN where torch offers it.

    For its own LSTM torch calls oneDNN, for `@` MKL, which on some processors is half as fast.
    """
    if ONE_DNN is None or matrix.device.type != "cpu" or matrix.dtype != torch.float32:
        return lambda a: a @ matrix
    return lambda a: ONE_DNN(a, matrix.t(), None, "none", [], "")


class _Readable(nn.Module):
    """`scan` as a module, so that it can be called with other parameters than the cell's own."""

    def __init__(self, cell: LSTMCell):
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, ...]:
        outputs, (h, c) = scan(self.cell, x, state)
        return outputs, h, c


def _by_autograd(cell: LSTMCell, inputs: tuple, gradients: tuple) -> list[Tensor | None]:
    """Return the gradients of all inputs in a form that can itself be differentiated."""
    x, h, c, *parameters = inputs
    given = {f"cell.{n}": p for n, p in zip(NAMES, parameters, strict=True) if p is not None}
    outputs = functional_call(_Readable(cell), given, (x, (h, c)))
    wanted = [tensor for tensor in inputs if tensor is not None and tensor.requires_grad]
    found = iter(torch.autograd.grad(outputs, wanted, gradients, create_graph=True))
    return [
        next(found) if tensor is not None and tensor.requires_grad else None for tensor in inputs
    ]
