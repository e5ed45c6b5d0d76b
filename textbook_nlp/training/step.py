"""One step of training: forward, backward, clip, update."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from textbook_nlp.training.clipping import clip_gradients
from textbook_nlp.training.distributed import average
from textbook_nlp.training.state import carry, detach

Loss = Callable[..., tuple[Tensor, int] | tuple[Tensor, int, Any]]


class TrainingDiverged(RuntimeError):
    """The loss, the gradient or the validation is NaN or infinite.

    Attributes:
        epoch: in which epoch, from 1; None outside `fit`.
        step: at which step of the epoch, from 1; None outside `fit`.
        learning_rate: at that step.
    """

    def __init__(
        self,
        what: str,
        epoch: int | None = None,
        step: int | None = None,
        learning_rate: float = math.nan,
        kept: str = "",
    ):
        where = "" if epoch is None else f" in epoch {epoch} at step {step}"
        super().__init__(
            f"{what}{where}, learning rate {learning_rate:g}: lower the learning rate or the "
            f"limit of the gradient norm (clip), and look at the batch{kept and '; '}{kept}"
        )
        self.what, self.epoch, self.step, self.learning_rate = what, epoch, step, learning_rate


class Step(NamedTuple):
    """What one step of training gives.

    Attributes:
        loss: the mean, before the step.
        items: how many items it is a mean of.
        gradient_norm: of all gradients together, before clipping.
        state: to go on from, cut off from the steps before; None where there is none.
    """

    loss: float
    items: int
    gradient_norm: float
    state: Any


def train_step(
    model: nn.Module,
    batch: Any,
    loss: Loss,
    optimizer: torch.optim.Optimizer,
    state: Any = None,
    *,
    clip: float | None = None,
) -> Step:
    """Move the model's parameters one step down the gradient of the loss.

    Args:
        model: what the loss calls.
        batch: what the loss measures the model on.
        loss: maps (model, batch) to (mean, items); with a state, (model, batch, state) to
            (mean, items, new state).
        optimizer: made for the parameters that move.
        state: what the step before returned; None at the start of a text.
        clip: limit of the norm of all gradients together; None does not clip.

    Raises:
        TrainingDiverged: if the loss or a gradient is NaN or infinite; no parameter has moved.
    """
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    mean, items, state = carry(loss, model, batch, state)  # forward
    optimizer.zero_grad()
    mean.backward()
    mean, items = average(mean, items, parameters)  # over the processes, if there are several
    norm = clip_gradients(parameters, math.inf if clip is None else clip)
    _refuse_what_is_not_finite(mean, norm, optimizer)
    optimizer.step()
    return Step(mean, items, norm, detach(state))


def _refuse_what_is_not_finite(mean: float, norm: float, optimizer: torch.optim.Optimizer) -> None:
    for what, number in (("loss", mean), ("gradient", norm)):
        if not math.isfinite(number):
            rate = optimizer.param_groups[0]["lr"]
            raise TrainingDiverged(f"the {what} is not finite ({number})", learning_rate=rate)
