"""What the recurrent layers by hand share, whatever their cell: checks, products, torch's names."""

from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

Parameters = Mapping[str, np.ndarray]
State = tuple[Float[np.ndarray, "B H"], ...]
Mask = Bool[np.ndarray, "B T"]


def check(
    p: Parameters,
    x: np.ndarray,
    state: State | None,
    mask: Mask | None,
    gates: int,
    parts: int,
) -> None:
    """Refuse what does not fit together; NumPy would broadcast a state of one row unnoticed.

    Args:
        p: `W_x` (D, gates * H), `W_h` (H, gates * H), `b` (gates * H,).
        x: the inputs, (B, T, D).
        state: a tuple of arrays (B, H), or None.
        mask: of truth values (B, T), or None.
        gates: of the cell, rows of numbers for each hidden unit.
        parts: of the cell's state.

    Raises:
        ValueError: if a shape does not fit.
        TypeError: if the arrays are not all of one floating-point type; nothing is converted.
    """
    if x.ndim != 3:
        raise ValueError(f"x has shape {x.shape}; expected (B, T, D): batch, time, features")
    B, T, D = x.shape
    if T == 0:
        raise ValueError("x has no time steps; expected T >= 1")
    if state is not None and (not isinstance(state, tuple) or len(state) != parts):
        found = f"{len(state)} parts" if isinstance(state, tuple) else type(state).__name__
        raise ValueError(f"the state is {found}; expected a tuple of {parts}")
    H = len(p["W_h"])
    wanted = [("W_x", p["W_x"], (D, gates * H)), ("W_h", p["W_h"], (H, gates * H))]
    wanted += [("b", p["b"], (gates * H,))]
    wanted += [("the state", part, (B, H)) for part in state or ()]
    for name, array, shape in wanted:
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}; expected {shape}")
    if mask is not None and (mask.shape != (B, T) or mask.dtype != np.bool_):
        raise ValueError(f"mask is {mask.dtype} of shape {mask.shape}; expected bool of {(B, T)}")
    types = {x.dtype, *(array.dtype for _, array, _ in wanted)}
    if len(types) > 1 or not np.issubdtype(x.dtype, np.floating):
        names = ", ".join(sorted(map(str, types)))
        raise TypeError(f"the arrays are of type {names}; expected one floating-point type for all")


def check_gradients(
    dhs: np.ndarray, hs: np.ndarray, dstate: State | None, parts: int, truncate: int | None
) -> None:
    """Refuse gradients that are not shaped like what the forward pass returned.

    Raises:
        ValueError: if a shape differs, or `truncate` is no whole number, at least 1.
    """
    if dhs.shape != hs.shape:
        raise ValueError(f"dhs has shape {dhs.shape}, but the states have shape {hs.shape}")
    if dstate is not None and [d.shape for d in dstate] != [hs[:, 0].shape] * parts:
        raise ValueError(
            f"dstate has shapes {[d.shape for d in dstate]}; expected {parts} x {hs[:, 0].shape}"
        )
    if truncate is not None and (not isinstance(truncate, Integral) or truncate < 1):
        raise ValueError(f"truncate is {truncate}; give a whole number of steps >= 1, or None")


def ends_block(t: int, T: int, truncate: int | None) -> bool:
    """Whether the gradient that comes from the step after t stops; what comes after T does not."""
    return truncate is not None and t + 1 < T and (t + 1) % truncate == 0


def zeros(x: Float[np.ndarray, "B T D"], p: Parameters, parts: int) -> State:
    """Return the state before anything was read."""
    return (np.zeros((len(x), len(p["W_h"])), x.dtype),) * parts


def at_real(x: Float[np.ndarray, "B T N"], mask: Mask | None) -> Float[np.ndarray, "B T N"]:
    """Return x with zeros at padding; no product with the mask, because 0 times NaN is NaN."""
    return x if mask is None else np.where(mask[:, :, None], x, 0)


def unless_padding(
    mask: Mask | None, t: int, new: tuple[np.ndarray, ...], old: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, ...]:
    """Return the new in the rows that have a real token at step t, the old in the others."""
    if mask is None:
        return new
    real = mask[:, t, None]
    return tuple(np.where(real, n, o) for n, o in zip(new, old, strict=True))


def project(x: Float[np.ndarray, "B T D"], p: Parameters) -> Float[np.ndarray, "B T GH"]:
    """Return what the inputs of all steps contribute to the gates, in one product."""
    B, T, D = x.shape
    return (x.reshape(B * T, D) @ p["W_x"] + p["b"]).reshape(B, T, len(p["b"]))


def project_backward(
    da: Float[np.ndarray, "B T GH"], x: Float[np.ndarray, "B T D"], p: Parameters
) -> tuple[Float[np.ndarray, "B T D"], dict[str, np.ndarray]]:
    """Return the gradients of `project` by x and, as `W_x` and `b`, by the parameters."""
    rows, inputs = da.reshape(-1, da.shape[2]), x.reshape(-1, x.shape[2])
    dx = (rows @ p["W_x"].T).reshape(x.shape)
    return dx, {"W_x": inputs.T @ rows, "b": rows.sum(axis=0)}


def over_time(a: Float[np.ndarray, "B T M"], b: Float[np.ndarray, "B T N"]) -> np.ndarray:
    """Return the sum of `a_tᵀ b_t` over all steps, (M, N), in one product."""
    return a.reshape(-1, a.shape[2]).T @ b.reshape(-1, b.shape[2])


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), by a formula that cannot overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))


def draw(
    input_size: int, hidden_size: int, gates: int, rng: np.random.Generator, dtype: type
) -> dict[str, np.ndarray]:
    """Draw `W_x` and `W_h` from N(0, 1 / fan-in); `b` is 0.

    Raises:
        ValueError: if a size is below 1.
    """
    D, H = input_size, hidden_size
    if min(D, H) < 1:
        raise ValueError(f"input_size and hidden_size are {D} and {H}; expected at least 1")
    return {
        "W_x": (rng.standard_normal((D, gates * H)) / np.sqrt(D)).astype(dtype),
        "W_h": (rng.standard_normal((H, gates * H)) / np.sqrt(H)).astype(dtype),
        "b": np.zeros(gates * H, dtype),
    }


def read_torch(state_dict: Mapping[str, Any], suffix: str) -> tuple[np.ndarray, ...]:
    """Return `W_x`, `W_h` and both biases of a layer of `torch.nn`; missing biases are 0.

    Raises:
        KeyError: if there is no such layer.
    """
    names = [f"{name}_{suffix}".rstrip("_") for name in TORCH_NAMES]
    if names[0] not in state_dict:
        raise KeyError(f"no {names[0]!r} here; the names are {sorted(state_dict)}")
    W_x, W_h = (np.asarray(state_dict[name]).T.copy() for name in names[:2])
    none = np.zeros(W_h.shape[1], W_h.dtype)
    return W_x, W_h, *(np.asarray(state_dict.get(name, none)).copy() for name in names[2:])


def write_torch(
    W_x: np.ndarray, W_h: np.ndarray, bias_ih: np.ndarray, bias_hh: np.ndarray, suffix: str
) -> dict[str, np.ndarray]:
    """Return the four arrays under the names and in the layout of `torch.nn`."""
    arrays = W_x.T, W_h.T, bias_ih, bias_hh
    names = [f"{name}_{suffix}".rstrip("_") for name in TORCH_NAMES]
    return {name: array.copy(order="C") for name, array in zip(names, arrays, strict=True)}


TORCH_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
