"""What happened in training, an epoch a row."""

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from textbook_nlp.training.distributed import gather
from textbook_nlp.training.step import Step


@dataclass(frozen=True)
class Epoch:
    """One epoch.

    Attributes:
        number: from 1.
        steps: optimizer steps taken.
        train_loss: mean of the loss while training (dropout on, weights moving).
        validation: what `validate` returned, or None.
        learning_rate: of the last step.
        gradient_norm: mean global norm, before clipping.
        clipped: share of the steps that were clipped, or None.
        cpu_seconds: processor time of all processes, validation included.
        wall_seconds: time passed, validation included.
    """

    number: int
    steps: int
    train_loss: float
    validation: float | None
    learning_rate: float
    gradient_norm: float
    clipped: float | None
    cpu_seconds: float
    wall_seconds: float


@dataclass
class History:
    """The epochs so far, and which was best.

    Attributes:
        epochs: in order.
        higher_is_better: the direction of `Epoch.validation`.
        resumed: how many of the epochs an earlier process trained.
    """

    epochs: list[Epoch] = field(default_factory=list)
    higher_is_better: bool = False
    resumed: int = 0

    def curve(self, name: str) -> list[Any]:
        """Return one number of every epoch, such as `curve("train_loss")`.

        Raises:
            ValueError: if epochs have no such number.
        """
        names = [entry.name for entry in fields(Epoch)]
        if name not in names:
            raise ValueError(f"an epoch has no {name!r}; it has {', '.join(names)}")
        return [getattr(epoch, name) for epoch in self.epochs]

    @property
    def steps(self) -> int:
        """Optimizer steps taken in all epochs."""
        return sum(self.curve("steps"))

    @property
    def cpu_seconds(self) -> float:
        """Processor time of all epochs, also of those before a resume."""
        return float(sum(self.curve("cpu_seconds")))

    @property
    def wall_seconds(self) -> float:
        """Time of all epochs, also of those before a resume."""
        return float(sum(self.curve("wall_seconds")))

    @property
    def earlier(self) -> "History":
        """The epochs that an earlier process trained."""
        return History(self.epochs[: self.resumed], self.higher_is_better, self.resumed)

    @property
    def best(self) -> Epoch | None:
        """The epoch with the best validation, the first of equals; None without validation."""
        validated = [epoch for epoch in self.epochs if epoch.validation is not None]
        sign = -1 if self.higher_is_better else 1
        return min(validated, key=lambda epoch: sign * epoch.validation, default=None)

    @property
    def epochs_since_best(self) -> int:
        """How many epochs came after the best one; 0 without validation."""
        return self.epochs[-1].number - self.best.number if self.best else 0

    @property
    def stalls(self) -> int:
        """How many epochs were no new best when they ended; 0 without validation."""
        sign = -1 if self.higher_is_better else 1
        best, count = math.inf, 0
        for epoch in self.epochs:
            if epoch.validation is not None:
                count += sign * epoch.validation >= best
                best = min(best, sign * epoch.validation)
        return count

    def to_json(self) -> list[dict[str, Any]]:
        """Return the epochs as plain values."""
        return [asdict(epoch) for epoch in self.epochs]

    @classmethod
    def from_json(cls, rows: Sequence[Any], higher_is_better: bool) -> "History":
        """Rebuild what `to_json` gave, as epochs of an earlier process.

        Raises:
            ValueError: if these are no epochs that follow each other from the first.
        """
        names = {entry.name for entry in fields(Epoch)}
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, dict) or set(row) != names or row["number"] != number:
                raise ValueError(f"{row!r} is not epoch {number}, with {', '.join(sorted(names))}")
            for name, value in row.items():
                may_be_none = name in ("validation", "clipped")
                kind = int if name in ("number", "steps") else int | float
                if not (isinstance(value, kind) or (value is None and may_be_none)):
                    raise ValueError(f"{name} of epoch {number} is {value!r}")
        return cls([Epoch(**row) for row in rows], higher_is_better, resumed=len(rows))


class Tally:
    """Adds up the steps of one epoch, and makes its row.

    Args:
        clip: limit of the gradients' norm, or None.
    """

    def __init__(self, clip: float | None):
        self.clip = clip
        self.steps = self.items = self.clipped = 0
        self.total = self.norms = 0.0
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def count(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Go through the batches of the epoch, a step each.

        Raises:
            ValueError: if there is none.
        """
        for batch in batches:
            self.steps += 1
            yield batch
        if self.steps == 0:
            raise ValueError("an epoch has no batches")

    def add(self, step: Step) -> None:
        """Add what a step gave."""
        self.items += step.items
        self.total += step.loss * step.items
        self.norms += step.gradient_norm
        self.clipped += self.clip is not None and step.gradient_norm > self.clip

    @property
    def train_loss(self) -> float:
        """Mean loss an item so far."""
        return self.total / self.items

    def epoch(self, number: int, validation: float | None, learning_rate: float) -> Epoch:
        """Return the row; every process takes part, since processor time is that of all."""
        return Epoch(
            number=number,
            steps=self.steps,
            train_loss=self.train_loss,
            validation=validation,
            learning_rate=learning_rate,
            gradient_norm=self.norms / self.steps,
            clipped=None if self.clip is None else self.clipped / self.steps,
            cpu_seconds=sum(gather(time.process_time() - self.cpu)),
            wall_seconds=time.perf_counter() - self.wall,
        )
