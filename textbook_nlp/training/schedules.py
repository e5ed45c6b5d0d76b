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
