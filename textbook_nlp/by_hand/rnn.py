"""A recurrent layer in NumPy: forward in time, backward through time."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float


class RNNCache(NamedTuple):
    """What the forward pass keeps for the backward pass."""

    x: Float[np.ndarray, "B T D"]
    h_before: Float[np.ndarray, "B T H"]  # the state each step started from
    hs: Float[np.ndarray, "B T H"]  # the state each step produced
    W_x: Float[np.ndarray, "D H"]
    W_h: Float[np.ndarray, "H H"]


def rnn_step(
    x: Float[np.ndarray, "B D"],
    h: Float[np.ndarray, "B H"],
    W_x: Float[np.ndarray, "D H"],
    W_h: Float[np.ndarray, "H H"],
    b: Float[np.ndarray, " H"],
) -> Float[np.ndarray, "B H"]:
    """Take one time step: ``tanh(x W_x + h W_h + b)``.

    Source: Elman, "Finding Structure in Time" (1990). Taught in: chapter 07.
    """
    return np.tanh(x @ W_x + h @ W_h + b)


def rnn_forward(
    x: Float[np.ndarray, "B T D"],
    h: Float[np.ndarray, "B H"] | None,
    W_x: Float[np.ndarray, "D H"],
    W_h: Float[np.ndarray, "H H"],
    b: Float[np.ndarray, " H"],
) -> tuple[Float[np.ndarray, "B T H"], RNNCache]:
    """Run the layer over a sequence and return every state, with a cache for `rnn_backward`.

    The inputs of all steps go through one matrix product; only the part that really depends on
    the step before stays in the loop.

    Args:
        x: the inputs, (B, T, D).
        h: the state to start from, (B, H); None means zeros.
        W_x: input weights, (D, H).
        W_h: recurrent weights, (H, H).
        b: bias, (H,).

    Returns:
        The states (B, T, H), of which ``[:, -1]`` is the last, and the cache.

    Raises:
        ValueError: if a shape does not fit; nothing is broadcast.
        TypeError: if the arrays are not all of one floating-point type; nothing is converted.

    Source: Elman (1990). Taught in: chapter 07.
    """
    _check(x, h, W_x, W_h, b)
    B, T, D = x.shape
    H = len(b)
    projected = (x.reshape(B * T, D) @ W_x + b).reshape(B, T, H)
    hs = np.empty_like(projected)
    state = np.zeros((B, H), projected.dtype) if h is None else h
    first = state
    for t in range(T):
        state = np.tanh(projected[:, t] + state @ W_h)
        hs[:, t] = state
    h_before = np.concatenate([first[:, None], hs[:, :-1]], axis=1)
    return hs, RNNCache(x, h_before, hs, W_x, W_h)


def rnn_backward(
    dhs: Float[np.ndarray, "B T H"],
    cache: RNNCache,
    truncate: int | None = None,
) -> tuple[
    Float[np.ndarray, "B T D"],
    Float[np.ndarray, "B H"],
    Float[np.ndarray, "D H"],
    Float[np.ndarray, "H H"],
    Float[np.ndarray, " H"],
]:
    """Carry the gradient backward through time.

    Args:
        dhs: gradient of the loss with respect to every returned state, (B, T, H). A loss that
            reads only the last state has zeros everywhere else.
        cache: what `rnn_forward` returned.
        truncate: stop the gradient at the edge of every block of this many steps, counted from
            the start of the sequence, so that it reaches 1 to `truncate` steps back. The states
            stay what they were. None: no truncation.

    Returns:
        ``dx, dh, dW_x, dW_h, db``, shaped like the arguments of `rnn_forward`. `dh` is the
        gradient that reaches the first state.

    Raises:
        ValueError: if `dhs` has another shape than the states, or `truncate` is below 1.

    Source: Werbos, "Backpropagation Through Time" (1990); truncation: Williams and Peng (1990),
    whose BPTT(h; h') this is with both numbers equal.
    Taught in: chapter 07.
    """
    x, h_before, hs, W_x, W_h = cache
    if dhs.shape != hs.shape:
        raise ValueError(f"dhs has shape {dhs.shape}, but the states have shape {hs.shape}")
    if truncate is not None and truncate < 1:
        raise ValueError(f"truncate is {truncate}; give a number of steps >= 1, or None")
    B, T, H = hs.shape
    slope = 1 - hs**2  # of the tanh, at every step
    da = np.empty_like(hs)  # the gradient before the tanh, at every step
    dh = np.zeros((B, H), hs.dtype)
    for t in reversed(range(T)):
        if truncate is not None and (t + 1) % truncate == 0:  # t ends a block
            dh = np.zeros_like(dh)
        da[:, t] = (dhs[:, t] + dh) * slope[:, t]
        dh = da[:, t] @ W_h.T
    da_rows = da.reshape(B * T, H)
    dx = (da_rows @ W_x.T).reshape(x.shape)
    dW_x = x.reshape(B * T, x.shape[2]).T @ da_rows
    dW_h = h_before.reshape(B * T, H).T @ da_rows
    return dx, dh, dW_x, dW_h, da_rows.sum(axis=0)


def from_torch(state: Mapping[str, Any], suffix: str = "l0") -> tuple[np.ndarray, ...]:
    """Turn the parameters of a `torch.nn.RNN` into ``W_x, W_h, b``.

    torch keeps the transposed matrices and two biases that it adds; here there is one.

    Args:
        state: a state dict (``layer.state_dict()``) in float32 or float64, or any mapping from
            its names to arrays on the CPU.
        suffix: which layer and direction, such as ``"l1_reverse"``.

    Raises:
        KeyError: if the mapping has no such layer.

    Taught in: chapter 07.
    """
    name = f"weight_ih_{suffix}"
    if name not in state:
        raise KeyError(f"no {name!r} here; the names are {sorted(state)}")
    W_x, W_h = (np.asarray(state[f"weight_{part}_{suffix}"]).T.copy() for part in ("ih", "hh"))
    biases = [state.get(f"bias_{part}_{suffix}") for part in ("ih", "hh")]
    b = sum(np.asarray(bias) for bias in biases if bias is not None)
    return W_x, W_h, np.zeros(W_h.shape[0], W_h.dtype) + b


def to_torch(
    W_x: Float[np.ndarray, "D H"],
    W_h: Float[np.ndarray, "H H"],
    b: Float[np.ndarray, " H"],
    suffix: str = "l0",
) -> dict[str, np.ndarray]:
    """Turn ``W_x, W_h, b`` into arrays under the names and in the layout of `torch.nn.RNN`.

    The one bias becomes ``bias_ih``; ``bias_hh`` is zero. Taught in: chapter 07.
    """
    return {
        f"weight_ih_{suffix}": np.ascontiguousarray(W_x.T),
        f"weight_hh_{suffix}": np.ascontiguousarray(W_h.T),
        f"bias_ih_{suffix}": b.copy(),
        f"bias_hh_{suffix}": np.zeros_like(b),
    }


def _check(x, h, W_x, W_h, b) -> None:
    types = {array.dtype for array in (x, h, W_x, W_h, b) if array is not None}
    if len(types) > 1 or not np.issubdtype(x.dtype, np.floating):
        names = ", ".join(sorted(map(str, types)))
        raise TypeError(f"the arrays are of type {names}; expected one floating-point type for all")
    # Without this, a state of shape (1, H) would be broadcast over the batch unnoticed.
    if x.ndim != 3:
        raise ValueError(f"x has shape {x.shape}; expected (B, T, D): batch, time, features")
    B, T, D = x.shape
    if T == 0:
        raise ValueError("x has no time steps; expected T >= 1")
    H = W_h.shape[-1]
    for name, array, wanted in (
        ("W_x", W_x, (D, H)),
        ("W_h", W_h, (H, H)),
        ("b", b, (H,)),
        ("h", h, (B, H)),
    ):
        if array is not None and array.shape != wanted:
            raise ValueError(f"{name} has shape {array.shape}; expected {wanted}")
