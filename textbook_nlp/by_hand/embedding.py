"""The embedding layer in NumPy: a lookup forward, a scatter-add backward."""

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse


def embedding_forward(
    W: Float[np.ndarray, "V E"], ids: Int[np.ndarray, "*batch"]
) -> Float[np.ndarray, "*batch E"]:
    """Look up one row of W for every id: what a one-hot vector times W gives, without the product.

    Raises:
        ValueError: if an id is no row of W.

    Taught in: chapters 04 and 07.
    """
    if ids.size and (ids.min() < 0 or ids.max() >= len(W)):
        raise ValueError(f"ids run from {ids.min()} to {ids.max()}; the table has {len(W)} rows")
    return W[ids]


def embedding_backward(
    dout: Float[np.ndarray, "*batch E"], ids: Int[np.ndarray, "*batch"], V: int
) -> Float[np.ndarray, "V E"]:
    """Add up, for every row of the table, the gradients of the places that looked it up.

    A word that occurs twice must receive both gradients, so ``dW[ids] = dout`` would be wrong.
    The product with the transposed one-hot matrix, kept sparse, is the sum, and fast.

    Raises:
        ValueError: if there is not one gradient for each id.

    Taught in: chapters 04 and 07.
    """
    if dout.shape[:-1] != ids.shape:
        raise ValueError(f"dout has shape {dout.shape}; expected {(*ids.shape, 'E')}")
    N = ids.size
    one_hot = sparse.csr_array((np.ones(N, dout.dtype), (np.arange(N), ids.ravel())), shape=(N, V))
    return one_hot.T @ dout.reshape(N, dout.shape[-1])
