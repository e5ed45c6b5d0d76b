"""The affine layer in NumPy: a matrix and a bias."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class AffineCache(NamedTuple):
    """What the forward pass keeps for the backward pass."""

    p: Mapping[str, np.ndarray]
    x: Float[np.ndarray, "*batch D"]


def forward(
    p: Mapping[str, np.ndarray], x: Float[np.ndarray, "*batch D"]
) -> tuple[Float[np.ndarray, "*batch K"], AffineCache]:
    """Return `x W + b`, and a cache for `backward`.

    Args:
        p: `W` (D, K) and `b` (K,).
        x: rows of D features.

    Raises:
        ValueError: if a shape does not fit; nothing is broadcast.
    """
    W, b = p["W"], p["b"]
    if W.ndim != 2 or x.shape[-1] != len(W) or b.shape != W.shape[1:]:
        raise ValueError(
            f"W has shape {W.shape}, b {b.shape}, x {x.shape}; expected (D, K), (K,), (..., D)"
        )
    rows = x.reshape(-1, len(W)) @ W
    rows += b
    return rows.reshape(*x.shape[:-1], len(b)), AffineCache(p, x)


def backward(
    dy: Float[np.ndarray, "*batch K"], cache: AffineCache
) -> tuple[Float[np.ndarray, "*batch D"], dict[str, np.ndarray]]:
    """Return the gradients of x and of the parameters.

    Raises:
        ValueError: if the gradient has another shape than the result.
    """
    p, x = cache
    D, K = p["W"].shape
    if dy.shape != (*x.shape[:-1], K):
        raise ValueError(f"dy has shape {dy.shape}; expected {(*x.shape[:-1], K)}")
    rows = dy.reshape(-1, K)
    dp = {"W": x.reshape(-1, D).T @ rows, "b": rows.sum(axis=0)}
    return (rows @ p["W"].T).reshape(x.shape), dp
