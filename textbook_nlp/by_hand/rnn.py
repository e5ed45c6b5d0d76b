"""A recurrent layer in NumPy: forward in time, backward through time."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from textbook_nlp.by_hand import recurrence
from textbook_nlp.by_hand.recurrence import Mask, Parameters


class RNNCache(NamedTuple):
    """What the forward pass keeps for the backward pass."""

    p: Parameters
    x: Float[np.ndarray, "B T D"]
    h_before: Float[np.ndarray, "B T H"]  # the state each step started from
    hs: Float[np.ndarray, "B T H"]  # the state after each step
    mask: Mask | None


def forward(
    p: Parameters,
    x: Float[np.ndarray, "B T D"],
    state: tuple[Float[np.ndarray, "B H"]] | None = None,
    mask: Mask | None = None,
) -> tuple[Float[np.ndarray, "B T H"], tuple[Float[np.ndarray, "B H"]], RNNCache]:
    """Run the layer over a sequence: `h_t = tanh(x_t W_x + h_{t-1} W_h + b)`.

    The inputs of all steps go through one matrix product; only the part that really depends on
    the step before stays in the loop.

    Args:
        p: `W_x` (D, H), `W_h` (H, H) and `b` (H,).
        x: the inputs, (B, T, D).
        state: `(h,)` to start from, (B, H); None means zeros.
        mask: true at real tokens; None means everywhere. Elsewhere the returned state is 0, the
            state stays what it was, and what stands in x does not matter, not even NaN.

    Returns:
        The states (B, T, H), the last of them as `(h,)`, and a cache for `backward`.

    Raises:
        ValueError: if a shape does not fit; nothing is broadcast.
        TypeError: if the arrays are not all of one floating-point type; nothing is converted.

    Source: Elman, "Finding Structure in Time" (1990).
    Taught in: chapter 07.
    """
    recurrence.check(p, x, state, mask, gates=1, parts=1)
    x = recurrence.at_real(x, mask)
    projected = recurrence.project(x, p)
    (first,) = (h,) = recurrence.zeros(x, p, 1) if state is None else state
    hs = np.empty_like(projected)
    for t in range(x.shape[1]):
        new = np.tanh(projected[:, t] + h @ p["W_h"])
        (h,) = recurrence.unless_padding(mask, t, (new,), (h,))
        hs[:, t] = h
    h_before = np.concatenate([first[:, None], hs[:, :-1]], axis=1)
    return recurrence.at_real(hs, mask), (h,), RNNCache(p, x, h_before, hs, mask)


def backward(
    dhs: Float[np.ndarray, "B T H"],
    cache: RNNCache,
    dstate: tuple[Float[np.ndarray, "B H"]] | None = None,
    truncate: int | None = None,
) -> tuple[Float[np.ndarray, "B T D"], tuple[Float[np.ndarray, "B H"]], dict[str, np.ndarray]]:
    """Carry the gradient backward through time.

    Args:
        dhs: gradient of the loss with respect to every returned state, (B, T, H). A loss that
            reads only the last state has zeros everywhere else.
        cache: what `forward` returned.
        dstate: `(dh,)`, the gradient that reaches the last state from a later sequence; None
            means zeros.
        truncate: stop the gradient at the edge of every block of this many steps, counted from
            the start of the sequence, so that it reaches 1 to `truncate` steps back. The states
            stay what they were. None: no truncation.

    Returns:
        The gradient of the inputs (B, T, D), the one that reaches the first state as `(dh,)`, and
        those of the parameters.

    Raises:
        ValueError: if a gradient has another shape than what it belongs to, or `truncate` is below
            1.

    Source: Werbos, "Backpropagation Through Time" (1990); truncation: Williams and Peng (1990),
    whose BPTT(h; h') this is with both numbers equal.
    Taught in: chapter 07.
    """
    p, x, h_before, hs, mask = cache
    recurrence.check_gradients(dhs, hs, dstate, 1, truncate)
    dhs = recurrence.at_real(dhs, mask)
    B, T, H = hs.shape
    (dh,) = recurrence.zeros(x, p, 1) if dstate is None else dstate
    slope = 1 - hs**2  # of the tanh, at every step
    da = np.empty_like(hs)  # the gradient before the tanh, at every step
    for t in reversed(range(T)):
        if recurrence.ends_block(t, T, truncate):
            dh = np.zeros_like(dh)
        da_t = (dhs[:, t] + dh) * slope[:, t]
        before = da_t, da_t @ p["W_h"].T
        da[:, t], dh = recurrence.unless_padding(mask, t, before, (0 * da_t, dh))
    rows = da.reshape(B * T, H)
    dx = (rows @ p["W_x"].T).reshape(x.shape)
    dp = {
        "W_x": x.reshape(B * T, x.shape[2]).T @ rows,
        "W_h": h_before.reshape(B * T, H).T @ rows,
        "b": rows.sum(axis=0),
    }
    return dx, (dh,), dp


def initialize(
    input_size: int, hidden_size: int, rng: np.random.Generator, dtype: type = np.float64
) -> dict[str, np.ndarray]:
    """Draw the weights from N(0, 1 / fan-in); the bias is 0."""
    return recurrence.draw(input_size, hidden_size, 1, rng, dtype)


def from_torch(state_dict: Mapping[str, Any], suffix: str = "l0") -> dict[str, np.ndarray]:
    """Turn the parameters of a `torch.nn.RNN` into `W_x`, `W_h` and `b`.

    torch keeps the transposed matrices and two biases that it adds; here there is one.

    Args:
        state_dict: of the layer (`layer.state_dict()`) in float32 or float64, or any mapping from
            its names to arrays on the CPU.
        suffix: which layer and direction, such as `"l1_reverse"`; empty for a cell.

    Raises:
        KeyError: if the mapping has no such layer.

    Taught in: chapter 07.
    """
    W_x, W_h, b_x, b_h = recurrence.read_torch(state_dict, suffix)
    return {"W_x": W_x, "W_h": W_h, "b": b_x + b_h}


def to_torch(p: Parameters, suffix: str = "l0") -> dict[str, np.ndarray]:
    """Turn the parameters into arrays under the names and in the layout of `torch.nn.RNN`.

    The one bias becomes `bias_ih`; `bias_hh` is zero.
    """
    return recurrence.write_torch(p["W_x"], p["W_h"], p["b"], 0 * p["b"], suffix)
