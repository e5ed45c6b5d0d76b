"""Learning rates that change while a model trains.

A schedule maps (step, history) to a factor for the learning rate that the optimizer was made with.
It depends on nothing else, so a run that resumes needs no more than its history.
"""

from collections.abc import Callable

from textbook_nlp.training.history import History

Schedule = Callable[[int, History], float]


def divide_when_stalled(factor: float | int) -> Schedule:
    """Divide the learning rate after every epoch whose validation is no new best.

    Raises:
        ValueError: if the factor is not above 1.

    Source: the recipe of Zaremba et al. (2014) and of Saito, "Deep Learning from Scratch 2"
    (2018), section 6.5, with a factor of 4. Taught in: chapters 07 and 09.
    """
    if not factor > 1:
        raise ValueError(f"the factor is {factor}; expected above 1")

    def schedule(step: int, history: History) -> float:
        return float(factor) ** -history.stalls

    return schedule


def linear_decay(steps: int, warm_up: int = 0) -> Schedule:
    """Rise in a line over the warm-up, then fall in a line to 0 at the last step.

    Args:
        steps: steps of the whole run (epochs * batches).
        warm_up: steps of the rise; 0 starts at the full rate.

    Raises:
        ValueError: if not 0 <= warm_up < steps.

    Taught in: chapters 07 and 15.
    """
    if not 0 <= warm_up < steps:
        raise ValueError(f"warm_up is {warm_up} of {steps} steps; expected 0 <= warm_up < steps")

    def schedule(step: int, history: History) -> float:
        if step < warm_up:
            return (step + 1) / (warm_up + 1)
        return max(steps - step, 0) / (steps - warm_up)

    return schedule
