"""Check a hand-written gradient against finite differences."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64


def numerical_gradient(
    f: Callable[[], float], x: Float64[np.ndarray, "*shape"], eps: float = 1e-5
) -> Float64[np.ndarray, "*shape"]:
    """Estimate the gradient of a scalar by nudging one element of x at a time, up and down.

    Central differences: `(f(x + eps) - f(x - eps)) / (2 eps)`, with an error of order eps².

    Args:
        f: computes the scalar from x's present content (x is changed in place and restored).
        x: the array to differentiate by, in float64: float32 has too few digits for this.
        eps: the size of the nudge.

    Raises:
        TypeError: if x is not float64.

    Taught in: chapter 07.
    """
    if x.dtype != np.float64:
        raise TypeError(f"x is {x.dtype}; finite differences need float64")
    gradient = np.empty_like(x)
    for i in np.ndindex(*x.shape):
        kept = x[i]
        try:
            x[i] = kept + eps
            above = f()
            x[i] = kept - eps
            below = f()
        finally:
            x[i] = kept
        gradient[i] = (above - below) / (2 * eps)
    return gradient


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest difference, as a share of the largest element of the two.

    Raises:
        ValueError: if the shapes differ.

    Taught in: chapter 07.
    """
    if a.shape != b.shape:
        raise ValueError(f"cannot compare shapes {a.shape} and {b.shape}")
    a, b = a.astype(np.float64), b.astype(np.float64)
    size = max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))
    return float(np.abs(a - b).max(initial=0.0) / size) if size else 0.0
