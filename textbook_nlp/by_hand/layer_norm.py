"""Layer normalization in NumPy: every vector gets mean 0 and variance 1, then a learned scale."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

EPS = 1e-5  # as in torch: a vector of equal numbers is not divided by 0


class LayerNormCache(NamedTuple):
    """What the forward pass keeps for the backward pass."""

    p: Mapping[str, np.ndarray]
    normal: Float[np.ndarray, "*batch D"]
    deviation: Float[np.ndarray, "*batch 1"]


def forward(
    p: Mapping[str, np.ndarray], x: Float[np.ndarray, "*batch D"]
) -> tuple[Float[np.ndarray, "*batch D"], LayerNormCache]:
    """Return `g ⊙ (x - mean) / deviation + b`, with mean and deviation of each vector by itself.

    Args:
        p: `g` (D,) and `b` (D,).
        x: vectors of D features.

    Raises:
        ValueError: if a shape does not fit; nothing is broadcast.

    Source: Ba et al., "Layer Normalization" (2016), section 3.
    """
    D = x.shape[-1]
    if p["g"].shape != (D,) or p["b"].shape != (D,):
        raise ValueError(
            f"g has shape {p['g'].shape}, b {p['b'].shape}, x {x.shape}; expected (D,), (D,), "
            "(..., D)"
        )
    centered = x - x.mean(axis=-1, keepdims=True)
    variance = (centered**2).mean(axis=-1, keepdims=True)
    deviation = np.sqrt(variance + EPS).astype(x.dtype)
    normal = centered / deviation
    return p["g"] * normal + p["b"], LayerNormCache(p, normal, deviation)


def backward(
    dy: Float[np.ndarray, "*batch D"], cache: LayerNormCache
) -> tuple[Float[np.ndarray, "*batch D"], dict[str, np.ndarray]]:
    """Return the gradients of x and of the parameters.

    To shift x or to stretch it changes nothing, so the gradient has no part in these two
    directions: what lies along the ones and along the normalized vector is taken out.

    Raises:
        ValueError: if the gradient has another shape than the result.
    """
    p, normal, deviation = cache
    if dy.shape != normal.shape:
        raise ValueError(f"dy has shape {dy.shape}; expected {normal.shape}")
    dnormal = dy * p["g"]
    along_ones = dnormal.mean(axis=-1, keepdims=True)
    along_normal = normal * (dnormal * normal).mean(axis=-1, keepdims=True)
    dx = (dnormal - along_ones - along_normal) / deviation
    rows = tuple(range(dy.ndim - 1))
    return dx, {"g": (dy * normal).sum(axis=rows), "b": dy.sum(axis=rows)}
