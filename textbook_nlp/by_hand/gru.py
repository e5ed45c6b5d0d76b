"""The GRU in NumPy: forward in time, backward through time; called as `by_hand.rnn` is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from textbook_nlp.by_hand import recurrence
from textbook_nlp.by_hand.recurrence import Mask, Parameters, sigmoid


class GRUCache(NamedTuple):
    """What the forward pass keeps for the backward pass."""

    p: Parameters
    x: Float[np.ndarray, "B T D"]
    h_before: Float[np.ndarray, "B T H"]
    gates: Float[np.ndarray, "B T 3 H"]  # r, z, n
    recalled: Float[np.ndarray, "B T H"]  # what the state gives n: h W_hn + b_hn, or r ⊙ h for h
    mask: Mask | None
    reset_after: bool


def forward(
    p: Parameters,
    x: Float[np.ndarray, "B T D"],
    state: tuple[Float[np.ndarray, "B H"]] | None = None,
    mask: Mask | None = None,
    reset_after: bool = True,
) -> tuple[Float[np.ndarray, "B T H"], tuple[Float[np.ndarray, "B H"]], GRUCache]:
    """Run the layer over a sequence, in torch's form or in the older one.

    The columns of the weights are r, z, n. `r, z = σ(x_t W_x + h_{t-1} W_h + b)`, each with its own
    columns, `n = tanh(x_t W_xn + b_n + r ⊙ (h_{t-1} W_hn + b_hn))` and
    `h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}`. The older form resets before the product:
    `n = tanh(x_t W_xn + b_n + (r ⊙ h_{t-1}) W_hn + b_hn)`.

    Args:
        p: `W_x` (D, 3 H), `W_h` (H, 3 H), `b` (3 H,) and `b_hn` (H,), the second bias of the
            candidate n: in torch's form r multiplies it, so it cannot be added to `b`.
        x: the inputs, (B, T, D).
        state: `(h,)` to start from, (B, H); None means zeros.
        mask: true at real tokens; None means everywhere. Elsewhere the returned state is 0, the
            state stays what it was, and what stands in x does not matter, not even NaN.

        reset_after: whether r acts after the product, as in torch, or before it.

    Returns:
        The states (B, T, H), the last of them as `(h,)`, and a cache for `backward`.

    Raises:
        ValueError: if a shape does not fit; nothing is broadcast.
        TypeError: if the arrays are not all of one floating-point type; nothing is converted.

    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
    Machine Translation" (2014), the older form.
    Taught in: chapter 08.
    """
    recurrence.check(p, x, state, mask, gates=3, parts=1)
    x = recurrence.at_real(x, mask)
    projected = recurrence.project(x, p)
    (h,) = recurrence.zeros(x, p, 1) if state is None else state
    (B, T, _), H = x.shape, h.shape[1]
    if p["b_hn"].shape != (H,):
        raise ValueError(f"b_hn has shape {p['b_hn'].shape}; expected {(H,)}")
    hs, h_before, recalled = np.empty((3, B, T, H), x.dtype)
    gates = np.empty((B, T, 3, H), x.dtype)
    for t in range(T):
        h_before[:, t] = h
        x_r, x_z, x_n = np.split(projected[:, t], 3, axis=1)
        h_r, h_z, h_n = np.split(h @ p["W_h"], 3, axis=1)
        r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
        if not reset_after:
            h_n = (r * h) @ p["W_h"][:, 2 * H :]
        recalled[:, t] = h_n + p["b_hn"]
        n = np.tanh(x_n + (r * recalled[:, t] if reset_after else recalled[:, t]))
        (h,) = recurrence.unless_padding(mask, t, ((1 - z) * n + z * h,), (h,))
        hs[:, t], gates[:, t] = h, np.stack([r, z, n], axis=1)
    cache = GRUCache(p, x, h_before, gates, recalled, mask, reset_after)
    return recurrence.at_real(hs, mask), (h,), cache


def backward(
    dhs: Float[np.ndarray, "B T H"],
    cache: GRUCache,
    dstate: tuple[Float[np.ndarray, "B H"]] | None = None,
    truncate: int | None = None,
) -> tuple[Float[np.ndarray, "B T D"], tuple[Float[np.ndarray, "B H"]], dict[str, np.ndarray]]:
    """Carry the gradient backward through time.

    Args:
        dhs: gradient of the loss with respect to every returned state, (B, T, H).
        cache: what `forward` returned.
        dstate: `(dh,)`, the gradient that reaches the last state from a later sequence; None
            means zeros.
        truncate: stop the gradient at the edge of every block of this many steps; see
            `by_hand.rnn.backward`.

    Returns:
        The gradient of the inputs (B, T, D), the one that reaches the first state as `(dh,)`, and
        those of the parameters.

    Raises:
        ValueError: if a gradient has another shape than what it belongs to, or `truncate` is below
            1.
    """
    p, x, h_before, gates, recalled, mask, reset_after = cache
    recurrence.check_gradients(dhs, recalled, dstate, 1, truncate)
    dhs = recurrence.at_real(dhs, mask)
    B, T, H = recalled.shape
    (dh,) = recurrence.zeros(x, p, 1) if dstate is None else dstate
    da = np.empty((B, T, 3 * H), x.dtype)  # before σ and tanh, for what comes from x
    dm = np.empty_like(da)  # the same for what comes from h
    W_hn = p["W_h"][:, 2 * H :]
    for t in reversed(range(T)):
        if recurrence.ends_block(t, T, truncate):
            dh = np.zeros_like(dh)
        r, z, n = gates[:, t].swapaxes(0, 1)
        dh = dhs[:, t] + dh
        da_n = dh * (1 - z) * (1 - n**2)
        da_z = dh * (h_before[:, t] - n) * z * (1 - z)
        if reset_after:
            dr, dm_n, through_n = da_n * recalled[:, t], da_n * r, (da_n * r) @ W_hn.T
        else:
            dkept = da_n @ W_hn.T  # of r ⊙ h
            dr, dm_n, through_n = dkept * h_before[:, t], da_n, dkept * r
        gated = np.concatenate([dr * r * (1 - r), da_z], axis=1)
        da_t, dm_t = (np.concatenate([gated, of_n], axis=1) for of_n in (da_n, dm_n))
        before = da_t, dm_t, dh * z + gated @ p["W_h"][:, : 2 * H].T + through_n
        da[:, t], dm[:, t], dh = recurrence.unless_padding(
            mask, t, before, (0 * da_t, 0 * dm_t, dh)
        )
    dx, dp = recurrence.project_backward(da, x, p)
    kept = h_before if reset_after else gates[:, :, 0] * h_before
    dW = (h_before, dm[:, :, : 2 * H]), (kept, dm[:, :, 2 * H :])
    dW_h = np.concatenate([recurrence.over_time(*pair) for pair in dW], axis=1)
    return dx, (dh,), dp | {"W_h": dW_h, "b_hn": dm[:, :, 2 * H :].sum(axis=(0, 1))}


def initialize(
    input_size: int, hidden_size: int, rng: np.random.Generator, dtype: type = np.float64
) -> dict[str, np.ndarray]:
    """Draw the weights from N(0, 1 / fan-in); the biases are 0."""
    p = recurrence.draw(input_size, hidden_size, 3, rng, dtype)
    return p | {"b_hn": np.zeros(hidden_size, dtype)}


def from_torch(state_dict: Mapping[str, Any], suffix: str = "l0") -> dict[str, np.ndarray]:
    """Turn the parameters of a `torch.nn.GRU` into `W_x`, `W_h`, `b` and `b_hn`.

    Raises:
        KeyError: if the mapping has no such layer.

    Taught in: chapter 08.
    """
    W_x, W_h, b_x, b_h = recurrence.read_torch(state_dict, suffix)
    H = len(W_h)
    b_x[: 2 * H] += b_h[: 2 * H]
    return {"W_x": W_x, "W_h": W_h, "b": b_x, "b_hn": b_h[2 * H :]}


def to_torch(p: Parameters, suffix: str = "l0") -> dict[str, np.ndarray]:
    """Turn the parameters into arrays under the names and in the layout of `torch.nn.GRU`."""
    bias_hh = np.concatenate([np.zeros(2 * len(p["b_hn"]), p["b_hn"].dtype), p["b_hn"]])
    return recurrence.write_torch(p["W_x"], p["W_h"], p["b"], bias_hh, suffix)
