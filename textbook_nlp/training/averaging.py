"""The mean of a model's weights over the steps of training, in place of those of the last step.

A step of gradient descent is noisy; late in training the weights wander about a good place rather
than come nearer. Their mean over many steps is nearer, and costs one addition a step.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from textbook_nlp.training.history import History

When = Callable[[History], bool]


def after_stall(epochs: int) -> When:
    """Begin to average when the last epoch was worse than the best but the last few.

    Args:
        epochs: how many of the last epochs are left out of the comparison; 5 in the paper.

    Returns:
        What `fit` asks at the start of an epoch.

    Raises:
        ValueError: if it is below 1.

    Source: Merity et al., "Regularizing and Optimizing LSTM Language Models" (2018), section 3,
    "non-monotonically triggered" averaging.
    Taught in: chapter 09.
    """
    if epochs < 1:
        raise ValueError(f"epochs is {epochs}; expected at least 1")

    def when(history: History) -> bool:
        *_, last = values = history.curve("validation") or [None]
        if last is None or len(values) <= epochs:
            return False
        earlier = values[:-epochs]
        return last < max(earlier) if history.higher_is_better else last > min(earlier)

    return when


class Average:
    """The running mean of the parameters of a model.

    Args:
        model: whose parameters these are; frozen ones stay as they are.

    Attributes:
        steps: how many steps it is the mean of.
        weights: name -> mean.
    """

    def __init__(self, model: nn.Module):
        self.steps = 0
        self.weights: dict[str, Tensor] = {
            name: parameter.detach().clone() for name, parameter in _movable(model).items()
        }

    def add(self, model: nn.Module) -> None:
        """Take in the weights after a step."""
        self.steps += 1
        for name, parameter in _movable(model).items():
            self.weights[name].lerp_(parameter.detach(), 1 / self.steps)

    def put_into(self, model: nn.Module) -> None:
        """Give a model the mean as its weights."""
        with torch.no_grad():
            for name, parameter in _movable(model).items():
                parameter.copy_(self.weights[name])


@contextmanager
def averaged(model: nn.Module, average: Average | None) -> Iterator[None]:
    """Let the mean stand in for a model's weights, and put these back in the end."""
    if average is None:
        yield
        return
    own = Average(model)
    average.put_into(model)
    try:
        yield
    finally:
        own.put_into(model)


def _movable(model: nn.Module) -> dict[str, nn.Parameter]:
    return {name: p for name, p in model.named_parameters() if p.requires_grad}
