"""Global average pooling in NumPy: many vectors become one, and the gradient is shared out."""

import numpy as np
from jaxtyping import Bool, Float


def masked_mean_forward(
    x: Float[np.ndarray, "B T E"], mask: Bool[np.ndarray, "B T"]
) -> Float[np.ndarray, "B E"]:
    """Average the vectors of each row over the places where the mask is true.

    A row with no such place has nothing to average; its result is defined as the zero vector.

    Args:
        x: a vector at each of T places.
        mask: true at real tokens, false at padding.

    Raises:
        ValueError: if `x` has another number of axes, or the mask does not have one truth value for
            each place.

    Taught in: chapter 05.
    """
    if x.ndim != 3:
        raise ValueError(f"x has shape {x.shape}; expected (B, T, E)")
    if mask.shape != x.shape[:2] or mask.dtype != np.bool_:
        raise ValueError(
            f"mask is {mask.dtype} of shape {mask.shape}; expected bool of shape {x.shape[:2]}"
        )
    # where, and not a product with the mask: 0 * inf is NaN, and padding must not matter at all.
    total = np.where(mask[:, :, None], x, 0).sum(axis=1)
    return total / _lengths(mask, x.dtype)


def masked_mean_backward(
    dout: Float[np.ndarray, "B E"], mask: Bool[np.ndarray, "B T"]
) -> Float[np.ndarray, "B T E"]:
    """Give every real place its share of the gradient, 1 / length, and padding none.

    Raises:
        ValueError: if the mask has another number of rows than the gradient.

    Taught in: chapter 05.
    """
    if len(mask) != len(dout):
        raise ValueError(f"{len(dout)} gradients for a mask of {len(mask)} rows")
    share = mask / _lengths(mask, dout.dtype)  # (B, T)
    return share[:, :, None] * dout[:, None, :]


def _lengths(mask: Bool[np.ndarray, "B T"], dtype: np.dtype) -> Float[np.ndarray, "B 1"]:
    """How many places count; 1 where none does, so that a sum of nothing stays zero."""
    return np.maximum(mask.sum(axis=1, keepdims=True), 1).astype(dtype)
