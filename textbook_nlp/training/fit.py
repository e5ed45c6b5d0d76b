"""One training loop for every model: truncated BPTT, clipping, validation, early stop, resume."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from textbook_nlp.training import distributed
from textbook_nlp.training.averaging import Average, When, averaged
from textbook_nlp.training.checkpoint import Checkpoint
from textbook_nlp.training.history import History, Tally
from textbook_nlp.training.progress import progress_bar, watch
from textbook_nlp.training.schedules import Schedule
from textbook_nlp.training.snapshot import Snapshot
from textbook_nlp.training.state import to_device
from textbook_nlp.training.step import Loss, TrainingDiverged, train_step

Validate = Callable[[nn.Module], float | int]


def fit(
    model: nn.Module,
    batches: Iterable[Any] | Callable[[int], Iterable[Any]],
    loss: Loss,
    optimizer: torch.optim.Optimizer,
    *,
    epochs: int,
    clip: float | int | None = None,
    validate: Validate | None = None,
    higher_is_better: bool = False,
    patience: int | None = None,
    schedule: Schedule | None = None,
    average: When | None = None,
    keep_state: bool = False,
    checkpoint: Checkpoint | None = None,
    device: torch.device | str | None = None,
    progress: bool | None = None,
) -> History:
    """Train a model, and leave it with the weights of its best epoch.

    Every step is one of `train_step`. With a checkpoint, every epoch ends by writing it, and a
    call that finds the file goes on from there and ends with the same numbers as an uninterrupted
    one; where that fit had ended, nothing is trained again. Under `torchrun` each process trains
    on its rows of every batch, and only the first writes.

    Args:
        model: what the loss calls. Each epoch switches all of it to training, also a part that was
            in evaluation.
        batches: the batches of one epoch, as something that can be gone through again, or a
            function of the epoch's number (from 1) that returns them. Order and chance must depend
            on that number alone, or a resumed run would see other batches.
        loss: maps (model, batch) to (mean loss, number of items it is a mean of). Where a state
            goes from batch to batch: (model, batch, state) to (mean loss, items, new state), with
            the state left out at the start of an epoch; it is detached between batches.
        optimizer: made for the model's parameters.
        epochs: how many at most.
        clip: limit of the global norm of the gradients; None does not clip.
        validate: returns the number to judge the model by after every epoch, with dropout off.
            With it, the model ends with the weights of the best epoch; without, of the last.
        higher_is_better: the direction of that number.
        patience: stop after so many epochs without a new best; needs `validate`.
        schedule: a factor for the learning rate at every step; see `training.schedules`.
        average: asked with the history before each epoch; from the first yes on, the mean of the
            weights over all steps is what is validated and what the model ends with. See
            `training.averaging`; None takes the weights as they are.
        keep_state: carry the state over from epoch to epoch too.
        checkpoint: where to keep it, and what this fit is; None writes none. Two fits of one run
            take two stages: `checkpoint.stage("forward")`, `checkpoint.stage("backward")`.
        device: where to train; None leaves the model where it is.
        progress: show a bar with the time left; None shows it on a terminal and in a notebook that
            a person runs.

    Returns:
        What happened in each epoch.

    Raises:
        TrainingDiverged: if a loss, a gradient or a validation is NaN or infinite. The checkpoint
            of the last whole epoch stays.
        CheckpointError: if the checkpoint cannot be read or written, or is of another fit.
        ValueError: if the arguments do not fit together.

    Taught in: chapter 07.
    """
    _check(batches, epochs, clip, validate, patience)
    if checkpoint is not None:
        checkpoint.refuse_a_second_fit()
    if device is not None:
        model.to(device)
    _remember_rates(optimizer)
    so_far = Snapshot.start(checkpoint, model, optimizer, higher_is_better)
    history = so_far.history
    with progress_bar(progress) as bar:
        while len(history.epochs) < epochs and not _out_of_patience(history, patience):
            number, tally = len(history.epochs) + 1, Tally(clip)
            state = so_far.state if keep_state else None
            if so_far.average is None and average is not None and average(history):
                so_far.average = Average(model)
            model.train()
            with _saying_where(number, tally, optimizer, checkpoint):
                for batch in tally.count(watch(bar, _of_epoch(batches, number), number, epochs)):
                    _set_rate(optimizer, schedule, history, tally)
                    batch = _mine(batch, model)
                    step = train_step(model, batch, loss, optimizer, state, clip=clip)
                    state = step.state
                    tally.add(step)
                    if so_far.average is not None:
                        so_far.average.add(model)
                    bar.set_postfix(loss=f"{tally.train_loss:.4f}", refresh=False)
                with averaged(model, so_far.average):
                    validation = _judge(model, validate)
                    history.epochs.append(tally.epoch(number, validation, _rate(optimizer)))
                    if history.best is history.epochs[-1]:
                        so_far.best = copy.deepcopy(model.state_dict())
            so_far.state = state if keep_state else None
            so_far.save(checkpoint, model, optimizer)
    if so_far.best is not None:
        model.load_state_dict(so_far.best)
    elif so_far.average is not None:
        so_far.average.put_into(model)
    if checkpoint is not None:
        checkpoint.note_the_end()
    return history


def _check(batches, epochs, clip, validate, patience) -> None:
    if epochs < 1:
        raise ValueError(f"epochs is {epochs}; expected at least 1")
    if clip is not None and not clip > 0:
        raise ValueError(f"clip is {clip}; expected above 0, or None not to clip")
    if patience is not None and (validate is None or patience < 1):
        raise ValueError("patience needs validate, and must be at least 1")
    if epochs > 1 and hasattr(batches, "__next__"):
        raise ValueError(
            "batches is an iterator, exhausted after one epoch: pass a list or a function of the "
            "epoch's number"
        )


def _of_epoch(batches: Any, number: int) -> Iterable[Any]:
    return batches(number) if callable(batches) else batches


def _mine(batch: Any, model: nn.Module) -> Any:
    """Return this process's rows of a batch, on the model's device."""
    return to_device(distributed.rows(batch), next(model.parameters()).device)


def _out_of_patience(history: History, patience: int | None) -> bool:
    return patience is not None and history.epochs_since_best >= patience


def _remember_rates(optimizer: torch.optim.Optimizer) -> None:
    for group in optimizer.param_groups:
        group.setdefault("initial_lr", group["lr"])


def _set_rate(
    optimizer: torch.optim.Optimizer, schedule: Schedule | None, history: History, tally: Tally
) -> None:
    done = history.steps + tally.steps - 1
    factor = 1.0 if schedule is None else schedule(done, history)
    for group in optimizer.param_groups:
        group["lr"] = group["initial_lr"] * factor


def _rate(optimizer: torch.optim.Optimizer) -> float:
    return optimizer.param_groups[0]["lr"]


def _judge(model: nn.Module, validate: Validate | None) -> float | None:
    """Return the validation of the first process, so that all agree on the best epoch."""
    if validate is None:
        return None
    model.eval()
    with torch.no_grad():
        validation = distributed.from_first(float(validate(model)))
    if not math.isfinite(validation):
        raise TrainingDiverged(f"the validation is not finite ({validation})")
    return validation


@contextmanager
def _saying_where(
    number: int, tally: Tally, optimizer: torch.optim.Optimizer, checkpoint: Checkpoint | None
) -> Iterator[None]:
    """Say in which epoch and at which step it was that training diverged, and what is kept."""
    try:
        yield
    except TrainingDiverged as error:
        kept = "no checkpoint was written"
        if checkpoint is not None and checkpoint.path.exists():
            kept = f"the checkpoint of the last whole epoch is kept: {checkpoint.path}"
        rate = _rate(optimizer)
        raise TrainingDiverged(error.what, number, tally.steps, rate, kept) from None
