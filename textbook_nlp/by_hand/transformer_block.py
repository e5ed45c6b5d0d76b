"""A block of a Transformer in NumPy, forward and backward: all that `layers.EncoderBlock` does.

The parameters are a dict of dicts: `query`, `key`, `value` and `out` of the attention, `inner` and
`outer` of the network, each with the `W` and `b` of `by_hand.affine`; `norm1` and `norm2` with the
`g` and `b` of `by_hand.layer_norm`.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from textbook_nlp.by_hand import affine, attention, layer_norm

Parameters = Mapping[str, Mapping[str, np.ndarray]]
Gradients = dict[str, dict[str, np.ndarray]]
Array = Float[np.ndarray, "B T D"]
Part = Callable[[np.ndarray], tuple[np.ndarray, Any]]


class BlockCache(NamedTuple):
    """What the forward pass keeps for the backward pass: of either part, and of its norm."""

    attending: tuple
    thinking: tuple
    norm_first: bool


def forward(
    p: Parameters,
    x: Float[np.ndarray, "B T D"],
    mask: Bool[np.ndarray, "B T"] | None = None,
    *,
    num_heads: int,
    causal: bool = False,
    norm_first: bool = True,
) -> tuple[Float[np.ndarray, "B T D"], BlockCache]:
    """Apply self-attention and a network of two layers, each with its residual and its norm.

    With `norm_first`, `x = x + attend(norm1(x))` and `x + network(norm2(x))`; without,
    `x = norm1(x + attend(x))` and `norm2(x + network(x))`.

    Args:
        p: the parameters, see above.
        x: vectors of tokens.
        mask: true at real tokens; None: all are.
        num_heads: N, which divides D.
        causal: whether a token may see only itself and what came before.
        norm_first: pre-norm or post-norm.

    Raises:
        ValueError: if the heads do not divide D, a shape does not fit, or a token sees nothing.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.1.
    """
    if x.ndim != 3:
        raise ValueError(f"x has shape {x.shape}; expected (B, T, D)")
    if num_heads < 1 or x.shape[2] % num_heads:
        raise ValueError(f"{num_heads} heads do not divide the {x.shape[2]} features of x")

    def attend(inputs: Array) -> tuple[Array, Any]:
        return self_attention_forward(p, inputs, mask, num_heads, causal)

    x, attending = _add(p["norm1"], x, attend, norm_first)
    y, thinking = _add(p["norm2"], x, lambda inputs: network_forward(p, inputs), norm_first)
    return y, BlockCache(attending, thinking, norm_first)


def backward(
    dy: Float[np.ndarray, "B T D"], cache: BlockCache
) -> tuple[Float[np.ndarray, "B T D"], Gradients]:
    """Return the gradients of x and of the parameters.

    Raises:
        ValueError: if the gradient has another shape than the result.
    """
    dx, dnorm2, dp = _add_backward(dy, cache.thinking, network_backward, cache.norm_first)
    dx, dnorm1, more = _add_backward(dx, cache.attending, self_attention_backward, cache.norm_first)
    return dx, dp | more | {"norm1": dnorm1, "norm2": dnorm2}


def self_attention_forward(
    p: Parameters,
    x: Float[np.ndarray, "B T D"],
    mask: Bool[np.ndarray, "B T"] | None,
    num_heads: int,
    causal: bool,
) -> tuple[Float[np.ndarray, "B T D"], tuple]:
    """Let N heads attend, each to D / N features of every token, and mix what they found.

    Raises:
        ValueError: if the mask does not fit, or a token sees nothing.
    """
    (B, T, D), N = x.shape, num_heads
    allowed = np.tri(T, dtype=bool) if causal else np.ones((T, T), bool)
    if mask is not None and (mask.shape != (B, T) or mask.dtype != np.bool_):
        raise ValueError(f"mask is {mask.dtype} of shape {mask.shape}; expected bool of {(B, T)}")
    if mask is not None and not (allowed & mask[:, None, :]).any(axis=2).all():
        raise ValueError("a token sees nothing: leave empty rows out, and fill up behind the end")
    names, caches = ("query", "key", "value"), {}
    heads = []
    for name in names:
        projected, caches[name] = affine.forward(p[name], x)
        heads.append(_split(projected, N))
    context, caches["heads"] = attention.forward(
        *heads,
        None if mask is None else np.repeat(mask, N, axis=0),
        allowed=allowed,
        scale=(D // N) ** -0.5,
    )
    result, caches["out"] = affine.forward(p["out"], _join(context, N))
    return result, (caches, N)


def self_attention_backward(
    dy: Float[np.ndarray, "B T D"], cache: tuple
) -> tuple[Float[np.ndarray, "B T D"], Gradients]:
    """Return the gradients of what went in and of the parameters."""
    caches, N = cache
    dcontext, dout = affine.backward(dy, caches["out"])
    dheads = attention.backward(_split(dcontext, N), caches["heads"])
    dx, dp = np.zeros_like(dy), {"out": dout}
    for name, dhead in zip(("query", "key", "value"), dheads, strict=True):
        more, dp[name] = affine.backward(_join(dhead, N), caches[name])
        dx += more  # x goes three ways
    return dx, dp


def network_forward(
    p: Parameters, x: Float[np.ndarray, "B T D"]
) -> tuple[Float[np.ndarray, "B T D"], tuple]:
    """Return `max(0, x W + b) W' + b'`, at every position by itself."""
    inner, first = affine.forward(p["inner"], x)
    result, second = affine.forward(p["outer"], np.maximum(inner, 0))
    return result, (first, inner > 0, second)


def network_backward(
    dy: Float[np.ndarray, "B T D"], cache: tuple
) -> tuple[Float[np.ndarray, "B T D"], Gradients]:
    """Return the gradients of what went in and of the parameters."""
    first, open_units, second = cache
    dinner, douter = affine.backward(dy, second)
    dx, dp = affine.backward(dinner * open_units, first)
    return dx, {"inner": dp, "outer": douter}


def from_torch(state_dict: Mapping[str, Any]) -> Gradients:
    """Turn the parameters of a `torch.nn.TransformerEncoderLayer` into those of this module.

    Args:
        state_dict: of the layer, in float32 or float64, or any mapping from its names to arrays on
            the CPU.

    Raises:
        KeyError: if the mapping has no such layer.
    """
    arrays = {name: np.asarray(value).copy() for name, value in state_dict.items()}
    W, b = (np.split(arrays[f"self_attn.in_proj_{kind}"], 3) for kind in ("weight", "bias"))
    p = {name: {"W": W[i].T, "b": b[i]} for i, name in enumerate(("query", "key", "value"))}
    for ours, theirs in (("out", "self_attn.out_proj"), ("inner", "linear1"), ("outer", "linear2")):
        p[ours] = {"W": arrays[f"{theirs}.weight"].T, "b": arrays[f"{theirs}.bias"]}
    for name in ("norm1", "norm2"):
        p[name] = {"g": arrays[f"{name}.weight"], "b": arrays[f"{name}.bias"]}
    return p


def _add(
    norm: Mapping[str, np.ndarray], x: Array, part: Part, norm_first: bool
) -> tuple[Array, tuple]:
    """Add to x what a part of the block finds, with the norm before the part or after the sum."""
    if norm_first:
        inputs, norm_cache = layer_norm.forward(norm, x)
        found, part_cache = part(inputs)
        return x + found, (norm_cache, part_cache)
    found, part_cache = part(x)
    y, norm_cache = layer_norm.forward(norm, x + found)
    return y, (norm_cache, part_cache)


def _add_backward(
    dy: Array, cache: tuple, part_backward: Callable[..., tuple], norm_first: bool
) -> tuple[Array, dict[str, np.ndarray], Gradients]:
    """Return the gradients of x, of the norm and of the part: a sum passes its gradient to both."""
    norm_cache, part_cache = cache
    if norm_first:
        dinputs, dp = part_backward(dy, part_cache)
        dx, dnorm = layer_norm.backward(dinputs, norm_cache)
        return dy + dx, dnorm, dp
    dsum, dnorm = layer_norm.backward(dy, norm_cache)
    dx, dp = part_backward(dsum, part_cache)
    return dsum + dx, dnorm, dp


def _split(x: Float[np.ndarray, "B T D"], N: int) -> Float[np.ndarray, "BN T d"]:
    """Give every head its share of the features, as a row of the batch of its own."""
    B, T, D = x.shape
    return x.reshape(B, T, N, D // N).swapaxes(1, 2).reshape(B * N, T, D // N)


def _join(x: Float[np.ndarray, "BN T d"], N: int) -> Float[np.ndarray, "B T D"]:
    """Put the heads' features side by side again."""
    (BN, T, d) = x.shape
    return x.reshape(BN // N, N, T, d).swapaxes(1, 2).reshape(BN // N, T, N * d)
