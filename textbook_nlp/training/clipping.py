"""Gradient clipping by the norm of all gradients together."""

import math
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor


def global_norm(parameters: Iterable[Tensor]) -> Float[Tensor, ""]:
    """Return the Euclidean norm of all gradients taken together as one vector.

    Parameters without a gradient (frozen, or not used) count as zeros. Taught in: chapter 07.
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    return torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))


def clip_gradients(parameters: Iterable[Tensor], limit: float | int) -> float:
    """Scale all gradients by one factor where their global norm is above a limit.

    One factor for all keeps the direction of the step. Where the norm is not finite, nothing is
    changed: no factor can repair it.

    Args:
        parameters: whose ``grad`` is to be clipped in place; those without one are left out.
        limit: the largest norm, above 0.

    Returns:
        The norm before clipping.

    Raises:
        ValueError: if the limit is not above 0.

    Source: Pascanu et al., "On the difficulty of training recurrent neural networks" (2013),
    section 3.2. Taught in: chapter 07.
    """
    if not limit > 0:
        raise ValueError(f"the limit of the gradient norm is {limit}; expected above 0")
    parameters = [p for p in parameters if p.grad is not None]
    norm = global_norm(parameters).item()
    factor = limit / (norm + 1e-6)  # the same small number as in the source book and in torch
    if math.isfinite(norm) and factor < 1:
        for parameter in parameters:
            parameter.grad.mul_(factor)
    return norm
