"""Attention in NumPy: weights from scores, a weighted sum, and the way back through both.

For one query (a decoder's state h) and the S keys (an encoder's states hs) the attention weight is
the softmax of the dot products, and the weighted sum is the mean of the values by these weights.
`attention_weight` and `weighted_sum` are these two layers; `forward` does both for all T queries of
a decoder in three products.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from textbook_nlp.by_hand.softmax import softmax

Mask = Bool[np.ndarray, "B S"]


def weighted_sum_forward(
    values: Float[np.ndarray, "B S E"], weights: Float[np.ndarray, "B S"]
) -> Float[np.ndarray, "B E"]:
    """Return the sum over the S values, each times its weight.

    Raises:
        ValueError: if there is not one weight a value; nothing is broadcast.

    Source: Saito, "Deep Learning from Scratch 2" (2018), section 8.1.3.
    """
    _check("values", values, ("B", "S", "E"))
    _check("weights", weights, values.shape[:2])
    return (weights[:, :, None] * values).sum(axis=1)


def weighted_sum_backward(
    dcontext: Float[np.ndarray, "B E"],
    values: Float[np.ndarray, "B S E"],
    weights: Float[np.ndarray, "B S"],
) -> tuple[Float[np.ndarray, "B S E"], Float[np.ndarray, "B S"]]:
    """Return the gradients of the values and of the weights.

    A sum passes its gradient to every term; a product passes it to each factor, times the other.

    Raises:
        ValueError: if a shape does not fit; nothing is broadcast.
    """
    _check("values", values, ("B", "S", "E"))
    _check("weights", weights, values.shape[:2])
    _check("dcontext", dcontext, (len(values), values.shape[2]))
    dterms = dcontext[:, None, :]  # the same for every term of the sum
    return weights[:, :, None] * dterms, (values * dterms).sum(axis=2)


def attention_weight_forward(
    keys: Float[np.ndarray, "B S D"], query: Float[np.ndarray, "B D"], mask: Mask | None = None
) -> Float[np.ndarray, "B S"]:
    """Return the softmax of the dot products of the query with the S keys.

    Args:
        keys: such as the states of an encoder.
        query: such as the state of a decoder.
        mask: true at real keys; the others weigh 0. None: all are real.

    Raises:
        ValueError: if a shape does not fit, or there is no key; nothing is broadcast.

    Source: Saito, "Deep Learning from Scratch 2" (2018), section 8.1.4.
    """
    _check("keys", keys, ("B", "S", "D"))
    _check("query", query, (len(keys), keys.shape[2]))
    scores = (keys * query[:, None, :]).sum(axis=2)
    if mask is not None:
        _check_mask(mask, keys.shape[:2])
    return masked_softmax(scores, mask)


def attention_weight_backward(
    dweights: Float[np.ndarray, "B S"],
    keys: Float[np.ndarray, "B S D"],
    query: Float[np.ndarray, "B D"],
    weights: Float[np.ndarray, "B S"],
) -> tuple[Float[np.ndarray, "B S D"], Float[np.ndarray, "B D"]]:
    """Return the gradients of the keys and of the query.

    Args:
        dweights: gradient of the loss with respect to the weights.
        keys: what `attention_weight_forward` was given.
        query: the same.
        weights: what it returned.

    Raises:
        ValueError: if a shape does not fit; nothing is broadcast.
    """
    _check("keys", keys, ("B", "S", "D"))
    _check("query", query, (len(keys), keys.shape[2]))
    for name, array in (("dweights", dweights), ("weights", weights)):
        _check(name, array, keys.shape[:2])
    dscores = softmax_backward(dweights, weights)[:, :, None]
    return dscores * query[:, None, :], (dscores * keys).sum(axis=1)


class AttentionCache(NamedTuple):
    """What the forward pass keeps for the backward pass."""

    queries: Float[np.ndarray, "B T D"]
    keys: Float[np.ndarray, "B S D"]
    values: Float[np.ndarray, "B S E"]
    weights: Float[np.ndarray, "B T S"]
    scale: float


def forward(
    queries: Float[np.ndarray, "B T D"],
    keys: Float[np.ndarray, "B S D"],
    values: Float[np.ndarray, "B S E"],
    mask: Mask | None = None,
    *,
    allowed: Bool[np.ndarray, "T S"] | None = None,
    scale: float = 1.0,
) -> tuple[Float[np.ndarray, "B T E"], AttentionCache]:
    """Give all T queries of each row the mean of the values, weighted by the scores of their keys.

    Args:
        queries: such as the states of a decoder at all steps.
        keys: such as the states of an encoder.
        values: what is averaged; often the keys again.
        mask: true at real keys; the others weigh 0. None: all are real.
        allowed: true where a query may look at a key; None: anywhere. One that may look at nothing
            gets zeros.
        scale: what the dot products are multiplied by: 1, or `1 / sqrt(D)`.

    Returns:
        The means, and a cache for `backward`, which holds the weights (B, T, S).

    Raises:
        ValueError: if a shape does not fit, or there is no key; nothing is broadcast.

    Source: Saito, "Deep Learning from Scratch 2" (2018), section 8.2.2, one step at a time; scaled:
    Vaswani et al., "Attention Is All You Need" (2017), section 3.2.1.
    """
    _check("queries", queries, ("B", "T", "D"))
    B, T, D = queries.shape
    _check("keys", keys, (B, "S", D))
    S = keys.shape[1]
    _check("values", values, (B, S, "E"))
    seen = np.ones((B, T, S), bool)
    if mask is not None:
        _check_mask(mask, (B, S))
        seen &= mask[:, None, :]
    if allowed is not None:
        _check_mask(allowed, (T, S), "allowed")
        seen &= allowed
    weights = masked_softmax(scale * (queries @ keys.swapaxes(1, 2)), seen)
    return weights @ values, AttentionCache(queries, keys, values, weights, scale)


def backward(
    dcontext: Float[np.ndarray, "B T E"], cache: AttentionCache
) -> tuple[Float[np.ndarray, "B T D"], Float[np.ndarray, "B S D"], Float[np.ndarray, "B S E"]]:
    """Return the gradients of the queries, the keys and the values.

    Where the keys serve as the values, their gradient is the sum of the two.

    Raises:
        ValueError: if the gradient has another shape than the result.
    """
    queries, keys, values, weights, scale = cache
    _check("dcontext", dcontext, (*queries.shape[:2], values.shape[2]))
    dvalues = weights.swapaxes(1, 2) @ dcontext
    dscores = scale * softmax_backward(dcontext @ values.swapaxes(1, 2), weights)
    return dscores @ keys, dscores.swapaxes(1, 2) @ queries, dvalues


def masked_softmax(
    scores: Float[np.ndarray, "*batch S"], seen: Bool[np.ndarray, "*batch S"] | None
) -> Float[np.ndarray, "*batch S"]:
    """Return the softmax over what is seen; the rest weighs 0, and so does all if nothing is.

    Raises:
        ValueError: if there is no score.
    """
    if scores.shape[-1] == 0:
        raise ValueError(f"scores have shape {scores.shape}; expected at least one key, S >= 1")
    if seen is None:
        return softmax(scores)
    least = np.finfo(scores.dtype).min  # finite, so that no row is without a number
    return np.where(seen, softmax(np.where(seen, scores, least)), 0)


def softmax_backward(
    dweights: Float[np.ndarray, "*batch S"], weights: Float[np.ndarray, "*batch S"]
) -> Float[np.ndarray, "*batch S"]:
    """Return the gradient of the scores: each weight times how much its gradient beats the mean.

    Taught in: chapter 13.
    """
    mean = (weights * dweights).sum(axis=-1, keepdims=True)
    return weights * (dweights - mean)


def _check(name: str, array: np.ndarray, shape: tuple[int | str, ...]) -> None:
    """Refuse what has another shape; a letter in place of a size allows any size."""
    fits = array.ndim == len(shape) and all(
        isinstance(wanted, str) or size == wanted
        for size, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{name} has shape {array.shape}; expected ({', '.join(map(str, shape))})")


def _check_mask(mask: np.ndarray, shape: tuple[int, ...], name: str = "mask") -> None:
    if mask.shape != shape or mask.dtype != np.bool_:
        raise ValueError(f"{name} is {mask.dtype} of shape {mask.shape}; expected bool of {shape}")
