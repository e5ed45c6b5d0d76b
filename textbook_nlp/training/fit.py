"""One training loop for every model: truncated BPTT, clipping, validation, early stop, resume."""

import builtins
import copy
import math
import operator
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from textbook_nlp.training import checkpoint as checkpoints
from textbook_nlp.training import distributed
from textbook_nlp.training.clipping import clip_gradients
from textbook_nlp.training.history import Epoch, History
from textbook_nlp.training.schedules import Schedule

Loss = Callable[[nn.Module, Any, Any], tuple[Tensor, float | int, Any]]


class TrainingDiverged(RuntimeError):
    """The loss, the gradient or the validation is NaN or infinite.

    Attributes:
        epoch: in which epoch, from 1.
        step: at which step of the epoch, from 1.
        learning_rate: at that step.
    """

    def __init__(self, what: str, epoch: int, step: int, learning_rate: float, kept: str):
        super().__init__(
            f"{what} in epoch {epoch} at step {step}, learning rate {learning_rate:g}. Lower the "
            f"learning rate or the limit of the gradient norm (clip), and look at the batch. {kept}"
        )
        self.epoch, self.step, self.learning_rate = epoch, step, learning_rate


def detach(state: Any) -> Any:
    """Cut a state, or a tuple of states, off from the steps that led to it; the values stay.

    This is where BPTT is truncated. Taught in: chapter 07.
    """
    if isinstance(state, Tensor):
        return state.detach()
    if isinstance(state, tuple | list):
        return type(state)(detach(part) for part in state)
    return state


def fit(
    model: nn.Module,
    batches: Iterable[Any] | Callable[[int], Iterable[Any]],
    loss: Loss,
    optimizer: torch.optim.Optimizer,
    *,
    epochs: int,
    clip: float | int | None = None,
    validate: Callable[[nn.Module], float | int] | None = None,
    higher_is_better: bool = False,
    patience: int | None = None,
    schedule: Schedule | None = None,
    keep_state: bool = False,
    checkpoint: str | Path | None = None,
    identity: Mapping[str, Any] | None = None,
    device: torch.device | str | None = None,
    progress: bool | None = None,
) -> History:
    """Train a model, and leave it with the weights of its best epoch.

    With a checkpoint file, every epoch ends by writing it, and a call that finds the file goes on
    from there and ends with the same numbers as an uninterrupted one. Under ``torchrun`` each
    process trains on its rows of every batch, and only the first writes.

    Args:
        model: anything that `loss` can call.
        batches: the batches of one epoch, as something that can be gone through again, or a
            function of the epoch's number (from 1) that returns them. Order and chance must depend
            on that number alone, or a resumed run would see other batches.
        loss: maps (model, batch, state) to (mean loss, number of items it is a mean of, new
            state). The state is None at the start of an epoch; between batches it is carried over
            and detached.
        optimizer: made for the model's parameters.
        epochs: how many at most.
        clip: limit of the global norm of the gradients; None does not clip.
        validate: returns the number to judge the model by after every epoch, with dropout off.
            With it, the model ends with the weights of the best epoch; without, of the last.
        higher_is_better: the direction of that number.
        patience: stop after so many epochs without a new best; needs `validate`.
        schedule: a factor for the learning rate at every step; see `training.schedules`.
        keep_state: carry the state over from epoch to epoch too.
        checkpoint: the file; None writes none.
        identity: plain values that say which run the checkpoint belongs to.
        device: where to train; None leaves the model where it is.
        progress: show a bar with the time left; None shows it on a terminal and in a notebook that
            a person runs.

    Returns:
        What happened in each epoch.

    Raises:
        TrainingDiverged: at a NaN or infinite loss, gradient or validation. The checkpoint of the
            last whole epoch stays.
        CheckpointError: if the checkpoint cannot be read or belongs to another run.
        ValueError: if the arguments do not fit together.

    Taught in: chapter 07.
    """
    if epochs < 1:
        raise ValueError(f"epochs is {epochs}; expected at least 1")
    if patience is not None and (validate is None or patience < 1):
        raise ValueError("patience needs validate, and must be at least 1")
    if epochs > 1 and hasattr(batches, "__next__"):
        raise ValueError(
            "batches is an iterator, exhausted after one epoch: pass a list or a function of the "
            "epoch's number"
        )
    if device is not None:
        model.to(device)
    run = _Run(model, batches, loss, optimizer, clip, schedule, keep_state)
    run.history.higher_is_better = higher_is_better
    run.resume(checkpoint, identity)
    history = run.history
    show = _somebody_watches() if progress is None else progress
    with _bar(show and distributed.rank() == 0) as bar:
        while len(history.epochs) < epochs and not _out_of_patience(history, patience):
            run.epoch(validate, epochs, bar, "" if checkpoint is None else str(checkpoint))
            run.save(checkpoint, identity)
    if run.best_weights is not None:
        model.load_state_dict(run.best_weights)
    return history


class _Run:
    """The moving parts of one call of `fit`."""

    def __init__(self, model, batches, loss, optimizer, clip, schedule, keep_state):
        self.model, self.batches, self.loss, self.optimizer = model, batches, loss, optimizer
        self.clip, self.schedule, self.keep_state = clip, schedule, keep_state
        self.history = History()
        self.state: Any = None
        self.best_weights: dict[str, Tensor] | None = None
        self.parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self.device = next(model.parameters()).device
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])

    def epoch(self, validate, epochs: int, bar: tqdm, kept: str) -> None:
        """Train one epoch, validate, and add a row to the history."""
        number = len(self.history.epochs) + 1
        batches = self.batches(number) if callable(self.batches) else self.batches
        _advance(bar, number, epochs, operator.length_hint(batches))
        cpu, wall = time.process_time(), time.perf_counter()
        if not self.keep_state:
            self.state = None
        self.model.train()
        steps, total, items, norms, clipped = 0, 0.0, 0.0, 0.0, 0
        rate = math.nan
        for batch in batches:
            rate = self._set_rate(self.history.steps + steps)
            value, weight, norm = self._step(batch)
            steps += 1
            if not math.isfinite(value) or not math.isfinite(norm):
                what = "the gradient" if math.isfinite(value) else "the loss"
                raise TrainingDiverged(f"{what} is not finite", number, steps, rate, _kept(kept))
            self.optimizer.step()
            total, items, norms = total + value * weight, items + weight, norms + norm
            clipped += self.clip is not None and norm > self.clip
            bar.set_postfix(loss=f"{total / items:.4f}", refresh=False)
            bar.update()
        if steps == 0:
            raise ValueError(f"epoch {number} has no batches")
        score = self._validate(validate)
        if score is not None and not math.isfinite(score):
            what = "the validation is not finite"
            raise TrainingDiverged(what, number, steps, rate, _kept(kept))
        row = Epoch(
            number=number,
            steps=steps,
            train_loss=total / items,
            validation=score,
            learning_rate=rate,
            gradient_norm=None if self.clip is None else norms / steps,
            clipped=None if self.clip is None else clipped / steps,
            cpu_seconds=sum(distributed.gather(time.process_time() - cpu)),
            wall_seconds=time.perf_counter() - wall,
        )
        self.history.epochs.append(row)
        if self.history.best is row:
            self.best_weights = copy.deepcopy(self.model.state_dict())

    def _step(self, batch: Any) -> tuple[float, float | int, float]:
        """Compute the clipped gradients of one batch: its loss, its items, the gradients' norm."""
        batch = _to(distributed.rows(batch), self.device)
        mean, weight, state = self.loss(self.model, batch, self.state)
        self.optimizer.zero_grad()
        mean.backward()
        self.state = detach(state)
        value, weight = distributed.average(mean, weight, self.parameters)
        norm = 0.0 if self.clip is None else clip_gradients(self.parameters, self.clip)
        return value, weight, norm

    def _set_rate(self, step: int) -> float:
        """Set the learning rate of the next step and return the first group's."""
        factor = 1.0 if self.schedule is None else self.schedule(step, self.history)
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * factor
        return self.optimizer.param_groups[0]["lr"]

    def _validate(self, validate: Callable[[nn.Module], float | int] | None) -> float | None:
        if validate is None:
            return None
        self.model.eval()
        with torch.no_grad():
            score = float(validate(self.model))
        return distributed.from_first(score)

    def save(self, path: str | Path | None, identity: Mapping[str, Any] | None) -> None:
        """Write the checkpoint of the epochs so far; every process takes part, the first writes."""
        if path is None:
            return
        processes = distributed.gather(
            {"random": checkpoints.random_states(), "state": _to(self.state, "cpu")}
        )
        if distributed.rank() == 0:
            contents = {
                "identity": dict(identity or {}),
                "model": self.model.state_dict(),
                "best": self.best_weights,
                "optimizer": self.optimizer.state_dict(),
                "history": self.history.to_json(),
                "processes": processes,
            }
            checkpoints.save(path, contents)

    def resume(self, path: str | Path | None, identity: Mapping[str, Any] | None) -> None:
        """Start: from the checkpoint if there is one, else with process 0's parameters."""
        distributed.share_parameters(self.model)
        if distributed.rank() > 0:  # each process its own dropout
            torch.manual_seed(torch.initial_seed() + distributed.rank())
        found = path is not None and distributed.from_first(Path(path).exists())
        if not found:
            return
        saved = distributed.from_first(checkpoints.load(path) if distributed.rank() == 0 else None)
        _check_identity(saved, dict(identity or {}), path)
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.best_weights = saved["best"]
        self.history = History.from_json(saved["history"], self.history.higher_is_better)
        mine = saved["processes"][distributed.rank()]
        self.state = _to(mine["state"], self.device)
        checkpoints.restore_random_states(mine["random"])


def _out_of_patience(history: History, patience: int | None) -> bool:
    return patience is not None and history.epochs_since_best >= patience


def _kept(path: str) -> str:
    if not path or not Path(path).exists():
        return "No checkpoint was written"
    return f"The checkpoint of the last whole epoch is kept: {path}"


def _check_identity(saved: dict[str, Any], identity: dict[str, Any], path: str | Path) -> None:
    names = {"identity", "model", "best", "optimizer", "history", "processes"}
    if set(saved) != names:
        raise checkpoints.CheckpointError(
            f"{path} is no checkpoint of fit: it holds {', '.join(map(str, saved))}. "
            "Name another file"
        )
    for name in sorted(set(saved["identity"]) | set(identity)):
        theirs, ours = saved["identity"].get(name), identity.get(name)
        if theirs != ours:
            raise checkpoints.CheckpointError(
                f"the checkpoint {path} belongs to another run: its {name} is {theirs!r}, this "
                f"run's is {ours!r}. Delete it to train from the start, or name another file"
            )
    if len(saved["processes"]) != distributed.world_size():
        raise checkpoints.CheckpointError(
            f"the checkpoint {path} was written by {len(saved['processes'])} processes, this run "
            f"has {distributed.world_size()}: start as many, or delete it"
        )


def _somebody_watches() -> bool:
    """Say whether there is a terminal, or a notebook that a person runs (not the book's maker)."""
    made = os.environ.get("TEXTBOOK_NLP_STATIC", "0") not in ("", "0")
    return sys.stderr.isatty() or (_in_notebook() and not made)


def _in_notebook() -> bool:
    shell = getattr(builtins, "get_ipython", None)  # IPython puts it there while a cell runs
    return shell is not None and hasattr(shell(), "kernel")


def _bar(show: bool) -> tqdm:
    """Make the bar: of text, or a widget in a notebook."""
    kind = tqdm
    if show and _in_notebook():
        from tqdm.auto import tqdm as kind
    return kind(disable=not show, unit=" batches", dynamic_ncols=True)


def _advance(bar: tqdm, number: int, epochs: int, batches: int) -> None:
    """Tell the bar how long the whole run is, where the batches of an epoch can be counted."""
    if batches:
        bar.total = epochs * batches
        if bar.n == 0:
            bar.initial = bar.n = (number - 1) * batches
    bar.set_description(f"epoch {number}/{epochs}", refresh=False)


def _to(value: Any, device: torch.device | str) -> Any:
    """Move every tensor in nested tuples, lists and dicts."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {key: _to(part, device) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_to(part, device) for part in value)
    return value
