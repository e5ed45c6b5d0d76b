"""The best score that any model can reach on generated data, and how it is known."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable


@dataclass(frozen=True)
class Optimum:
    """The best value of one metric that any model can reach on a generator's data.

    Attributes:
        metric: what is measured, such as `"cross_entropy"` or `"accuracy"`.
        value: the best value, in `unit`.
        standard_error: 0.0 for an exact value, else the standard error of the estimate.
        kind: `"exact"`, or `"bound"` when no model can pass the value but perhaps none
            reaches it.
        unit: such as `"nats per token"`.
        because: one sentence that says where the value comes from.
    """

    metric: str
    value: float
    standard_error: float
    kind: Literal["exact", "bound"]
    unit: str
    because: str

    def __post_init__(self) -> None:
        """Refuse a negative standard error."""
        if not self.standard_error >= 0.0:
            raise ValueError(
                f"standard_error is {self.standard_error}, expected 0.0 (exact) or a positive "
                "number"
            )


@runtime_checkable
class Generator(Protocol):
    """What every generator offers: seeded samples, and the optimum of the task."""

    def sample(self, n: int, seed: int) -> Any:
        """Draw `n` examples; equal arguments give equal examples on every machine."""

    def optimum(self) -> Optimum:
        """Return the best value that any model can reach on this data."""


def require_count(name: str, value: int, minimum: int = 0) -> None:
    """Check that a parameter is an integer of at least `minimum`.

    Raises:
        TypeError: if `value` is not an integer (a `bool` is not one here).
        ValueError: if `value` is below `minimum`.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is {value!r}, expected an integer of at least {minimum}")
    if value < minimum:
        raise ValueError(f"{name} is {value}, expected an integer of at least {minimum}")


def require_probability(name: str, value: float) -> None:
    """Check that a parameter is a number from 0 to 1.

    Raises:
        ValueError: if `value` is outside of [0, 1] or not a number.
    """
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} is {value}, expected a probability from 0 to 1")
