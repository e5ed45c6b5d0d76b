"""What happened in training, an epoch a row."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """One epoch.

    Attributes:
        number: from 1.
        steps: optimizer steps taken.
        train_loss: mean of the loss while training (dropout on, weights moving).
        validation: what `validate` returned, or None.
        learning_rate: of the last step.
        gradient_norm: mean global norm before clipping, or None where nothing is clipped.
        clipped: share of the steps that were clipped, or None.
        cpu_seconds: processor time of all processes, validation included.
        wall_seconds: time passed, validation included.
    """

    number: int
    steps: int
    train_loss: float
    validation: float | None
    learning_rate: float
    gradient_norm: float | None
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
        """Return one number of every epoch, such as ``curve("train_loss")``.

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
    def stalls(self) -> int:
        """How many epochs had a validation that was no new best."""
        sign = -1 if self.higher_is_better else 1
        best, stalls = None, 0
        for epoch in self.epochs:
            if epoch.validation is None:
                continue
            if best is None or sign * epoch.validation < best:
                best = sign * epoch.validation
            else:
                stalls += 1
        return stalls

    @property
    def epochs_since_best(self) -> int:
        """How many epochs came after the best one; 0 without validation."""
        return self.epochs[-1].number - self.best.number if self.best else 0

    def to_json(self) -> list[dict[str, Any]]:
        """Return the epochs as plain values."""
        return [asdict(epoch) for epoch in self.epochs]

    @classmethod
    def from_json(cls, rows: Sequence[dict[str, Any]], higher_is_better: bool) -> "History":
        """Rebuild what `to_json` gave, as epochs of an earlier process."""
        return cls([Epoch(**row) for row in rows], higher_is_better, resumed=len(rows))
