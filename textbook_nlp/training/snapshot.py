"""What a fit keeps in its checkpoint, and how it goes on from there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from textbook_nlp.training import checkpoint as checkpoints
from textbook_nlp.training import distributed
from textbook_nlp.training.averaging import Average
from textbook_nlp.training.checkpoint import Checkpoint, CheckpointError
from textbook_nlp.training.history import History
from textbook_nlp.training.random_states import random_states, restore_random_states
from textbook_nlp.training.state import to_device

Weights = dict[str, Tensor]


@dataclass
class Snapshot:
    """How far a fit has come, beside what its model and its optimizer hold.

    Attributes:
        history: the epochs so far.
        best: the weights of the best epoch; None without validation.
        state: what the model carries from batch to batch, or None.
        average: the mean of the weights so far, or None.
    """

    history: History
    best: Weights | None = None
    state: Any = None
    average: Average | None = None

    def save(
        self, checkpoint: Checkpoint | None, model: nn.Module, optimizer: torch.optim.Optimizer
    ) -> None:
        """Write the checkpoint; every process takes part, the first writes."""
        if checkpoint is None:
            return
        processes = distributed.gather(
            {"random": random_states(), "state": to_device(self.state, "cpu")}
        )
        if distributed.rank() == 0:
            contents = {
                "identity": dict(checkpoint.identity),
                "model": model.state_dict(),
                "best": self.best,
                "average": None if self.average is None else vars(self.average),
                "optimizer": {"kind": type(optimizer).__name__, **optimizer.state_dict()},
                "history": self.history.to_json(),
                "processes": processes,
            }
            checkpoints.save(checkpoint.path, contents)

    @classmethod
    def start(
        cls,
        checkpoint: Checkpoint | None,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        higher_is_better: bool,
    ) -> "Snapshot":
        """Return where to go on: from the checkpoint if there is one, else from nothing.

        The model, the optimizer and all sources of chance are set to what they were. A fit that
        had come to its end is so given back as it ended, and trains no more.

        Raises:
            CheckpointError: if the file cannot be read, or is of another fit, and if none can be
                written there.
        """
        distributed.share_parameters(model)
        if distributed.rank() > 0:  # each process its own dropout
            torch.manual_seed(torch.initial_seed() + distributed.rank())
        if checkpoint is None:
            return cls(History(higher_is_better=higher_is_better))
        if distributed.rank() == 0:
            checkpoint.try_folder()
        try:
            saved = checkpoints.load(checkpoint.path)
        except FileNotFoundError:
            return cls(History(higher_is_better=higher_is_better))
        return cls._from(saved, checkpoint, model, optimizer, higher_is_better)

    @classmethod
    def _from(cls, saved, checkpoint, model, optimizer, higher_is_better) -> "Snapshot":
        checkpoint.check_identity(saved.get("identity"))
        try:
            history = check_contents(saved, model, optimizer, higher_is_better)
            mine = saved["processes"][distributed.rank()]
            restore_random_states(mine["random"])
        except (TypeError, ValueError) as error:
            raise CheckpointError(
                f"the checkpoint {checkpoint.path} does not fit: {error}. Delete it to train from "
                "the start, or name another file"
            ) from error
        model.load_state_dict(saved["model"])
        del saved["optimizer"]["kind"]
        optimizer.load_state_dict(saved["optimizer"])
        device = next(model.parameters()).device
        average = None
        if saved["average"] is not None:
            average = Average(model)
            vars(average).update(to_device(saved["average"], device))
        return cls(history, saved["best"], to_device(mine["state"], device), average)


def check_contents(
    saved: Mapping[str, Any],
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    higher_is_better: bool,
) -> History:
    """Look at all that a checkpoint holds before anything is changed, and return its history.

    Raises:
        ValueError: if a part is missing, of another kind, or of another model or optimizer.
    """
    names = {"identity", "model", "best", "average", "optimizer", "history", "processes"}
    if set(saved) != names:
        raise ValueError(f"it holds {', '.join(map(str, saved))}, not {', '.join(sorted(names))}")
    processes = saved["processes"]
    if not isinstance(saved["history"], list) or not saved["history"]:
        raise ValueError("its history is no list of epochs, or is empty")
    history = History.from_json(saved["history"], higher_is_better)
    _check_weights("model", saved["model"], model)
    if (saved["best"] is None) != (history.best is None):
        raise ValueError("it holds a best epoch without weights, or weights without a best epoch")
    if saved["best"] is not None:
        _check_weights("best", saved["best"], model)
    if saved["average"] is not None:
        _check_average(saved["average"], model)
    _check_optimizer(saved["optimizer"], optimizer)
    if not isinstance(processes, list) or not all(
        isinstance(part, dict) and set(part) == {"random", "state"} for part in processes
    ):
        raise ValueError("its processes are no list of random and state")
    if len(processes) != distributed.world_size():
        raise ValueError(
            f"it was written by {len(processes)} processes, this run has "
            f"{distributed.world_size()}: start as many"
        )
    return history


def _check_average(saved: Any, model: nn.Module) -> None:
    expected = Average(model)
    if not isinstance(saved, dict) or set(saved) != set(vars(expected)):
        raise ValueError("its part 'average' is not made of steps and weights")
    if not isinstance(saved["steps"], int) or saved["steps"] < 0:
        raise ValueError(f"its average is of {saved['steps']!r} steps")
    _compare("average", saved["weights"], expected.weights)


def _check_weights(part: str, saved: Any, model: nn.Module) -> None:
    _compare(part, saved, model.state_dict())


def _compare(part: str, saved: Any, expected: Weights) -> None:
    if not isinstance(saved, dict) or list(saved) != list(expected):
        raise ValueError(f"its part {part!r} does not hold the weights {', '.join(expected)}")
    for name, ours in expected.items():
        theirs = saved[name]
        if not _alike(theirs, ours):
            raise ValueError(
                f"{name} in its part {part!r} is {_describe(theirs)}, the model's is "
                f"{_describe(ours)}"
            )


def _check_optimizer(saved: Any, optimizer: torch.optim.Optimizer) -> None:
    ours = optimizer.state_dict()
    kind = type(optimizer).__name__
    if not isinstance(saved, dict) or set(saved) != {"kind", *ours} or saved["kind"] != kind:
        raise ValueError(f"its part 'optimizer' is not that of {kind}")
    groups, states = saved["param_groups"], saved["state"]
    if not isinstance(groups, list) or not isinstance(states, dict):
        raise ValueError("its part 'optimizer' is not made of groups and states")
    if len(groups) != len(ours["param_groups"]) or not all(
        isinstance(a, dict) and set(a) == set(b) and a["params"] == b["params"]
        for a, b in zip(groups, ours["param_groups"], strict=True)
    ):
        raise ValueError("the groups of its optimizer hold other parameters or settings")
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for number, state in states.items():
        if not isinstance(state, dict) or number not in range(len(parameters)):
            raise ValueError(f"its optimizer has a state for {number!r}")
        for name, value in state.items():
            if isinstance(value, Tensor) and value.shape not in ((), parameters[number].shape):
                raise ValueError(
                    f"{name} of parameter {number} in its optimizer is {_describe(value)}, the "
                    f"parameter {_describe(parameters[number])}"
                )
    if len({frozenset(state) for state in states.values()}) > 1:
        raise ValueError("its optimizer holds less of some parameters than of others")


def _alike(theirs: Any, ours: Tensor) -> bool:
    return isinstance(theirs, Tensor) and theirs.shape == ours.shape and theirs.dtype == ours.dtype


def _describe(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"
