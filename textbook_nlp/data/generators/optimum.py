"""The best score that any model can reach on generated data, and how it is known."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar, runtime_checkable

import numpy as np
from jaxtyping import Float

Sample = TypeVar("Sample", covariant=True)


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
class Generator(Protocol[Sample]):
    """What every generator offers: seeded samples, and the optimum of the task.

    A sample is a list with an item an example, or a `NamedTuple` whose fields have one each.
    """

    def sample(self, n: int, seed: int) -> Sample:
        """Draw `n` examples.

        Equal arguments give equal examples on every machine; a larger `n` continues a smaller one.
        """

    def optimum(self) -> Optimum:
        """Return the best value that any model can reach on this data."""


def label_optimum(
    metric: str, joint: Iterable[Float[np.ndarray, "2 K"]], examples: str, because: str
) -> Optimum:
    """Return the Bayes accuracy of a label, or its lowest cross-entropy (nats), exactly.

    Args:
        metric: `"accuracy"` or `"cross_entropy"`.
        joint: in one array or several, P(label, what is seen), a row for each of the two labels
            and a column for each thing that can be seen and told from the others.
        examples: what is labeled, such as `"reviews"`.
        because: where the probabilities come from.

    Raises:
        ValueError: if the metric is another.
    """
    if metric == "accuracy":
        value = sum(float(np.maximum(*part).sum()) for part in joint)
        return Optimum(metric, value, 0.0, "exact", f"share of {examples}", because)
    if metric != "cross_entropy":
        raise ValueError(f"metric is {metric!r}, expected 'accuracy' or 'cross_entropy'")
    # H(label | seen) = H(label, seen) - H(seen)
    value = sum(_x_log_x(part.sum(axis=0)) - _x_log_x(part) for part in joint)
    value = max(value, 0.0)  # not -1e-17
    return Optimum(metric, value, 0.0, "exact", f"nats per {examples.removesuffix('s')}", because)


def decided(metric: str, answers: str, piece: str, because: str) -> Optimum:
    """Return the optimum of a task whose question leaves nothing of its answer to chance.

    Args:
        metric: `"exact_match"`, of which all is possible, or `"cross_entropy"` (nats), of which
            nothing need be left.
        answers: what is counted, such as `"answers"`.
        piece: what a model writes at each step, such as `"character"`.
        because: why the question decides.

    Raises:
        ValueError: if the metric is another.
    """
    if metric == "exact_match":
        return Optimum(metric, 1.0, 0.0, "exact", f"share of {answers}", because)
    if metric == "cross_entropy":
        return Optimum(metric, 0.0, 0.0, "exact", f"nats per {piece}", because)
    raise ValueError(f"metric is {metric!r}, expected 'exact_match' or 'cross_entropy'")


def _x_log_x(p: np.ndarray) -> float:
    return float((p * np.log(np.where(p > 0.0, p, 1.0))).sum())


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
