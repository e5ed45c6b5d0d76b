"""The choice of an optimizer, as plain values that a run can record.

The constants are PyTorch's own unless a docstring says otherwise.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class SGD:
    """Gradient descent on one batch at a time.

    Attributes:
        learning_rate: length of the step per unit of gradient.
        momentum: share of the step before that is kept.
        weight_decay: share of a parameter that is added to its gradient.
    """

    learning_rate: float
    momentum: float = 0.0
    weight_decay: float = 0.0

    def of(self, parameters: Iterable[Tensor]) -> torch.optim.SGD:
        """Make the optimizer of those parameters that may move.

        Raises:
            ValueError: if none may move, or a number is out of range.
        """
        return torch.optim.SGD(
            _movable(parameters),
            lr=self.learning_rate,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
        )


@dataclass(frozen=True)
class Adam:
    """Steps divided by the size of recent gradients, parameter by parameter.

    Attributes:
        learning_rate: length of a step where gradients agree.
        betas: how slowly the means of the gradient and of its square forget.
        eps: added to the divisor; Keras has 1e-7.
        weight_decay: share of a parameter that is added to its gradient, and divided with it.
        fused: one pass over all numbers a step, which is faster for large tables.

    Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015).
    """

    learning_rate: float
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    fused: bool = False

    def of(self, parameters: Iterable[Tensor]) -> torch.optim.Adam:
        """Make the optimizer of those parameters that may move.

        Raises:
            ValueError: if none may move, or a number is out of range.
        """
        return torch.optim.Adam(
            _movable(parameters),
            lr=self.learning_rate,
            betas=self.betas,
            eps=self.eps,
            weight_decay=self.weight_decay,
            fused=self.fused or None,  # None leaves the choice of the loop to PyTorch
        )


@dataclass(frozen=True)
class AdamW:
    """Adam with weight decay beside the gradient, which is not divided.

    Attributes:
        learning_rate: as for `Adam`.
        betas: as for `Adam`.
        eps: as for `Adam`.
        weight_decay: share of a parameter, times the learning rate, that each step takes off.

    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019).
    """

    learning_rate: float
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.01

    def of(self, parameters: Iterable[Tensor]) -> torch.optim.AdamW:
        """Make the optimizer of those parameters that may move.

        Raises:
            ValueError: if none may move, or a number is out of range.
        """
        return torch.optim.AdamW(
            _movable(parameters),
            lr=self.learning_rate,
            betas=self.betas,
            eps=self.eps,
            weight_decay=self.weight_decay,
        )


@dataclass(frozen=True)
class RMSprop:
    """Steps divided by the root of the mean square of recent gradients.

    Attributes:
        learning_rate: length of a step where gradients agree.
        alpha: how slowly the mean square forgets, as in Keras; PyTorch's own is 0.99.
        eps: added to the divisor, as in Keras; PyTorch's own is 1e-8.

    Source: Hinton, "Neural Networks for Machine Learning" (2012), lecture 6e.
    """

    learning_rate: float
    alpha: float = 0.9
    eps: float = 1e-7

    def of(self, parameters: Iterable[Tensor]) -> torch.optim.RMSprop:
        """Make the optimizer of those parameters that may move.

        Raises:
            ValueError: if none may move, or a number is out of range.
        """
        return torch.optim.RMSprop(
            _movable(parameters), lr=self.learning_rate, alpha=self.alpha, eps=self.eps
        )


OptimizerChoice = SGD | Adam | AdamW | RMSprop


def _movable(parameters: Iterable[Tensor]) -> list[Tensor]:
    found = [p for p in parameters if p.requires_grad]
    if not found:
        raise ValueError("no parameter may move: all are frozen, or there is none")
    return found
