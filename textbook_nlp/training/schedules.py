"""Learning rates that change while a model trains.

A schedule maps (step, history) to a factor for the learning rate that the optimizer was made with.
It depends on nothing else, so a run that resumes needs no more than its history.
"""

from collections.abc import Callable

from textbook_nlp.training.history import History

Schedule = Callable[[int, History], float]


def linear_decay(steps: int, warm_up: int = 0) -> Schedule:
    """Rise in a line over the warm-up, then fall in one that reaches 0 right after the last step.

    Args:
        steps: steps of the whole run (epochs * batches).
        warm_up: steps of the rise; 0 starts at the full rate.

    Raises:
        ValueError: if not 0 <= warm_up < steps.
    """
    if not 0 <= warm_up < steps:
        raise ValueError(f"warm_up is {warm_up} of {steps} steps; expected 0 <= warm_up < steps")

    def schedule(step: int, history: History) -> float:
        if step < warm_up:
            return (step + 1) / (warm_up + 1)
        return max(steps - step, 0) / (steps - warm_up)

    return schedule


def inverse_square_root(warm_up: int) -> Schedule:
    """Rise in a line to the full rate over the warm-up, then fall with 1 / sqrt(step).

    The Transformer's paper writes the rate itself: `D ** -0.5` times the smaller of
    `step ** -0.5` and `step * warm_up ** -1.5`. That is this factor for an optimizer made with the
    rate `(D * warm_up) ** -0.5`, the highest of all steps.

    Args:
        warm_up: the step, counted from 1, that has the full rate.

    Raises:
        ValueError: if it is below 1.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 5.3.
    """
    if warm_up < 1:
        raise ValueError(f"warm_up is {warm_up}; expected at least 1 step")

    def schedule(step: int, history: History) -> float:
        number = step + 1
        return min(number / warm_up, (warm_up / number) ** 0.5)

    return schedule


def divide_on_stall(by: float | int) -> Schedule:
    """Divide the rate after every epoch whose validation is no new best.

    Args:
        by: what to divide by, each time.

    Raises:
        ValueError: if it is not above 1.

    Source: Saito, "Deep Learning from Scratch 2" (2018), chapter 6, with 4.
    """
    if not by > 1:
        raise ValueError(f"by is {by}; expected above 1, or the rate would not fall")

    def schedule(step: int, history: History) -> float:
        return float(by) ** -history.stalls

    return schedule
