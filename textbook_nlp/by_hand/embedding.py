"""The embedding layer in NumPy: a lookup forward, a scatter-add backward."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse


class EmbeddingCache(NamedTuple):
    """What the forward pass keeps for the backward pass."""

    p: Mapping[str, np.ndarray]
    ids: Int[np.ndarray, "*batch"]


def forward(
    p: Mapping[str, np.ndarray], ids: Int[np.ndarray, "*batch"]
) -> tuple[Float[np.ndarray, "*batch E"], EmbeddingCache]:
    """Look up one row of W for every id: what a one-hot vector times W gives, without the product.

    Args:
        p: `W` (V, E).
        ids: from 0 to V - 1.

    Raises:
        ValueError: if the ids are no integers, or one is no row of W.
    """
    W = p["W"]
    if not np.issubdtype(ids.dtype, np.integer):
        raise ValueError(f"ids are {ids.dtype}; expected integers")
    if ids.size and (ids.min() < 0 or ids.max() >= len(W)):
        raise ValueError(f"ids run from {ids.min()} to {ids.max()}; the table has {len(W)} rows")
    return W[ids], EmbeddingCache(p, ids)


def backward(
    dvectors: Float[np.ndarray, "*batch E"], cache: EmbeddingCache
) -> dict[str, np.ndarray]:
    """Add up, for every row of the table, the gradients of the places that looked it up.

    A word that occurs twice must receive both gradients, so `dW[ids] = dvectors` would be wrong.
    The product with the transposed one-hot matrix, kept sparse, is the sum, and fast.

    Raises:
        ValueError: if there is not one gradient for each id.
    """
    ids, (V, E) = cache.ids, cache.p["W"].shape
    if dvectors.shape != (*ids.shape, E):
        raise ValueError(f"dvectors has shape {dvectors.shape}; expected {(*ids.shape, E)}")
    N = ids.size
    ones = np.ones(N, dvectors.dtype)
    one_hot = sparse.csr_array((ones, (np.arange(N), ids.ravel())), shape=(N, V))
    return {"W": one_hot.T @ dvectors.reshape(N, E)}
