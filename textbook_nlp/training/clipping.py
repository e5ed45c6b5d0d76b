"""Gradient clipping by the norm of all gradients together."""

import math
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor


def global_norm(parameters: Tensor | Iterable[Tensor]) -> Float[Tensor, ""]:
    """Return the Euclidean norm of all gradients taken together as one vector.

    Parameters without a gradient (frozen, or not used) count as zeros.
    """
    norms = [torch.linalg.vector_norm(_values(p.grad)) for p in _with_gradient(parameters)]
    return torch.linalg.vector_norm(torch.stack(norms)) if norms else torch.tensor(0.0)


def clip_gradients(parameters: Tensor | Iterable[Tensor], max_norm: float | int) -> float:
    """Scale all gradients by one factor where their global norm is above `max_norm`.

    One factor for all keeps the direction of the step. Where the norm is NaN or infinite, no
    factor can repair it: it is returned and the gradients stay as they are, so that the caller
    sees what came, whereas `torch.nn.utils.clip_grad_norm_` makes them all NaN or zero.

    Args:
        parameters: one, or several, whose `grad` is to be clipped in place; those without one are
            left out.
        max_norm: the largest norm, above 0; infinity clips nothing.

    Returns:
        The norm before clipping.

    Raises:
        ValueError: if max_norm is not above 0.

    Source: Pascanu et al., "On the difficulty of training recurrent neural networks" (2013),
    section 3.2.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}; expected above 0")
    parameters = _with_gradient(parameters)
    norm = global_norm(parameters).item()
    factor = max_norm / (norm + 1e-6)  # the same small number as in the source book and in torch
    if math.isfinite(norm) and factor < 1:
        for parameter in parameters:
            parameter.grad.mul_(factor)
    return norm


def _with_gradient(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    # A tensor can be gone through too, row by row, and its rows have no gradient.
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p for p in parameters if p.grad is not None]


def _values(gradient: Tensor) -> Tensor:
    """Return the numbers of a gradient: of a sparse one, those of its rows that are not empty."""
    return gradient.coalesce().values() if gradient.is_sparse else gradient
