"""The LSTM in NumPy: forward in time, backward through time; called as `by_hand.rnn` is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from textbook_nlp.by_hand import recurrence
from textbook_nlp.by_hand.recurrence import Mask, Parameters


class LSTMCache(NamedTuple):
    """What the forward pass keeps for the backward pass."""

    p: Parameters
    x: Float[np.ndarray, "B T D"]
    h_before: Float[np.ndarray, "B T H"]
    c_before: Float[np.ndarray, "B T H"]
    gates: Float[np.ndarray, "B T 4 H"]  # i, f, g, o
    tanh_c: Float[np.ndarray, "B T H"]
    mask: Mask | None


def forward(
    p: Parameters,
    x: Float[np.ndarray, "B T D"],
    state: tuple[Float[np.ndarray, "B H"], Float[np.ndarray, "B H"]] | None = None,
    mask: Mask | None = None,
) -> tuple[
    Float[np.ndarray, "B T H"],
    tuple[Float[np.ndarray, "B H"], Float[np.ndarray, "B H"]],
    LSTMCache,
]:
    """Run the layer over a sequence.

    `i, f, o = σ(...)` and `g = tanh(...)`, each of `x_t W_x + h_{t-1} W_h + b` with its own
    columns, in the order i, f, g, o; then `c_t = f ⊙ c_{t-1} + i ⊙ g` and `h_t = o ⊙ tanh(c_t)`.

    Args:
        p: `W_x` (D, 4 H), `W_h` (H, 4 H) and `b` (4 H,).
        x: the inputs, (B, T, D).
        state: `(h, c)` to start from, (B, H) each; None means zeros.
        mask: true at real tokens; None means everywhere. Elsewhere the returned state is 0, the
            state stays what it was, and what stands in x does not matter, not even NaN.

    Returns:
        The states h (B, T, H), the last `(h, c)`, and a cache for `backward`.

    Raises:
        ValueError: if a shape does not fit; nothing is broadcast.
        TypeError: if the arrays are not all of one floating-point type; nothing is converted.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997); the forget gate: Gers,
    Schmidhuber and Cummins, "Learning to Forget" (2000).
    Taught in: chapter 08.
    """
    recurrence.check(p, x, state, mask, gates=4, parts=2)
    x = recurrence.at_real(x, mask)
    projected = recurrence.project(x, p)
    h, c = recurrence.zeros(x, p, 2) if state is None else state
    (B, T, _), H = x.shape, h.shape[1]
    hs, h_before, c_before, tanh_c = np.empty((4, B, T, H), x.dtype)
    gates = np.empty((B, T, 4, H), x.dtype)
    for t in range(T):
        h_before[:, t], c_before[:, t] = h, c
        gates[:, t] = _activate((projected[:, t] + h @ p["W_h"]).reshape(B, 4, H))
        i, f, g, o = gates[:, t].swapaxes(0, 1)
        c_new = f * c + i * g
        tanh_c[:, t] = np.tanh(c_new)
        h, c = recurrence.unless_padding(mask, t, (o * tanh_c[:, t], c_new), (h, c))
        hs[:, t] = h
    cache = LSTMCache(p, x, h_before, c_before, gates, tanh_c, mask)
    return recurrence.at_real(hs, mask), (h, c), cache


def backward(
    dhs: Float[np.ndarray, "B T H"],
    cache: LSTMCache,
    dstate: tuple[Float[np.ndarray, "B H"], Float[np.ndarray, "B H"]] | None = None,
    truncate: int | None = None,
) -> tuple[
    Float[np.ndarray, "B T D"],
    tuple[Float[np.ndarray, "B H"], Float[np.ndarray, "B H"]],
    dict[str, np.ndarray],
]:
    """Carry the gradient backward through time.

    Args:
        dhs: gradient of the loss with respect to every returned state h, (B, T, H).
        cache: what `forward` returned.
        dstate: `(dh, dc)`, the gradient that reaches the last state from a later sequence; None
            means zeros.
        truncate: stop the gradient, of h and of c, at the edge of every block of this many steps;
            see `by_hand.rnn.backward`.

    Returns:
        The gradient of the inputs (B, T, D), the one that reaches the first state as `(dh, dc)`,
        and those of the parameters.

    Raises:
        ValueError: if a gradient has another shape than what it belongs to, or `truncate` is below
            1.

    Taught in: chapter 08.
    """
    p, x, h_before, c_before, gates, tanh_c, mask = cache
    recurrence.check_gradients(dhs, tanh_c, dstate, 2, truncate)
    dhs = recurrence.at_real(dhs, mask)
    B, T, H = tanh_c.shape
    dh, dc = recurrence.zeros(x, p, 2) if dstate is None else dstate
    da = np.empty((B, T, 4 * H), x.dtype)  # the gradient before σ and tanh, at every step
    slope = gates * (1 - gates)  # of σ at every step, and of the tanh for g
    slope[:, :, 2] = 1 - gates[:, :, 2] ** 2
    h_by_c = gates[:, :, 3] * (1 - tanh_c**2)
    for t in reversed(range(T)):
        if recurrence.ends_block(t, T, truncate):
            dh, dc = np.zeros_like(dh), np.zeros_like(dc)
        i, f, g, _ = gates[:, t].swapaxes(0, 1)
        dh = dhs[:, t] + dh
        dc_t = dc + dh * h_by_c[:, t]
        dgates = [dc_t * g, dc_t * c_before[:, t], dc_t * i, dh * tanh_c[:, t]]
        da_t = (np.stack(dgates, axis=1) * slope[:, t]).reshape(B, 4 * H)
        before = da_t, da_t @ p["W_h"].T, dc_t * f
        da[:, t], dh, dc = recurrence.unless_padding(mask, t, before, (np.zeros_like(da_t), dh, dc))
    dx, dp = recurrence.project_backward(da, x, p)
    return dx, (dh, dc), dp | {"W_h": recurrence.over_time(h_before, da)}


def _activate(a: Float[np.ndarray, "B 4 H"]) -> Float[np.ndarray, "B 4 H"]:
    """Return σ of i, f and o and tanh of g, by one tanh: `σ(a) = (1 + tanh(a / 2)) / 2`."""
    scale = np.array([[0.5], [0.5], [1], [0.5]], a.dtype)
    return scale * np.tanh(scale * a) + (1 - scale)


def initialize(
    input_size: int, hidden_size: int, rng: np.random.Generator, dtype: type = np.float64
) -> dict[str, np.ndarray]:
    """Draw the weights from N(0, 1 / fan-in); the bias is 0."""
    return recurrence.draw(input_size, hidden_size, 4, rng, dtype)


def from_torch(state_dict: Mapping[str, Any], suffix: str = "l0") -> dict[str, np.ndarray]:
    """Turn the parameters of a `torch.nn.LSTM` into `W_x`, `W_h` and `b`; see `by_hand.rnn`.

    Raises:
        KeyError: if the mapping has no such layer.
    """
    W_x, W_h, b_x, b_h = recurrence.read_torch(state_dict, suffix)
    return {"W_x": W_x, "W_h": W_h, "b": b_x + b_h}


def to_torch(p: Parameters, suffix: str = "l0") -> dict[str, np.ndarray]:
    """Turn the parameters into arrays under the names and in the layout of `torch.nn.LSTM`.

    Taught in: chapter 08.
    """
    return recurrence.write_torch(p["W_x"], p["W_h"], p["b"], 0 * p["b"], suffix)
