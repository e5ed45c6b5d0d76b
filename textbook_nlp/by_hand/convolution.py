"""Convolution over time in NumPy: one affine layer, applied to every patch of a sequence.

A kernel of K taps looks at K steps at once. `patches` lays what it sees at each of its places side
by side; then the layer is a product with one matrix, and the way back shares the gradient of every
patch out to the steps that it was cut from.
"""

from collections.abc import Mapping
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

Parameters = Mapping[str, np.ndarray]


class ConvolutionCache(NamedTuple):
    """What the forward pass keeps for the backward pass."""

    p: Parameters
    patches: Float[np.ndarray, "B N K D"]
    length: int  # T, of what came in
    stride: int
    padding: int
    dilation: int


def patches(
    x: Float[np.ndarray, "B T D"],
    kernel_size: int,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> Float[np.ndarray, "B N K D"]:
    """Cut out what a kernel sees at each of its N places.

    Args:
        x: sequences, B and T at least 1.
        kernel_size: K, how many steps the kernel looks at.
        stride: steps from one place to the next.
        padding: steps of zeros put before a sequence, and as many behind it.
        dilation: steps from one tap of the kernel to the next.

    Returns:
        N = floor((T + 2 padding - (K - 1) dilation - 1) / stride) + 1 patches of each sequence. It
        may be a view of x: write nothing into it.

    Raises:
        ValueError: if there is no sequence or no step, a number is below its range, or the kernel
            is longer than the sequence.

    Taught in: chapter 18.
    """
    _check(x, kernel_size, stride, padding, dilation)
    filled = np.pad(x, ((0, 0), (padding, padding), (0, 0))) if padding else x
    span = (kernel_size - 1) * dilation + 1
    windows = np.lib.stride_tricks.sliding_window_view(filled, span, axis=1)  # (B, _, D, span)
    return windows[:, ::stride, :, ::dilation].swapaxes(2, 3)


def forward(
    p: Parameters,
    x: Float[np.ndarray, "B T D"],
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> tuple[Float[np.ndarray, "B N H"], ConvolutionCache]:
    """Apply the kernels at all of their places: `y_n = b + sum over k of x_{n + k} W_k`.

    As everywhere in the field, the kernel is not turned around, as it is in the convolution of
    mathematics.

    Args:
        p: `W` (K, D, H), one matrix for each tap, and `b` (H,).
        x: the inputs.
        stride: as for `patches`.
        padding: the same.
        dilation: the same.

    Returns:
        H numbers at each of N places, and a cache for `backward`.

    Raises:
        ValueError: if a shape does not fit, a number is below its range, or the kernel is longer
            than the sequence; nothing is broadcast.

    Source: LeCun et al., "Backpropagation Applied to Handwritten Zip Code Recognition" (1989); over
        time: Waibel et al., "Phoneme Recognition Using Time-Delay Neural Networks" (1989).
    Taught in: chapter 18.
    """
    W, b = p["W"], p["b"]
    if W.ndim != 3 or x.ndim != 3 or x.shape[2] != W.shape[1] or b.shape != W.shape[2:]:
        raise ValueError(
            f"W has shape {W.shape}, b {b.shape}, x {x.shape}; expected (K, D, H), (H,), (B, T, D)"
        )
    K, D, H = W.shape
    seen = patches(x, K, stride=stride, padding=padding, dilation=dilation)
    B, N = seen.shape[:2]
    y = seen.reshape(B * N, K * D) @ W.reshape(K * D, H) + b
    return y.reshape(B, N, H), ConvolutionCache(p, seen, x.shape[1], stride, padding, dilation)


def backward(
    dy: Float[np.ndarray, "B N H"], cache: ConvolutionCache
) -> tuple[Float[np.ndarray, "B T D"], dict[str, np.ndarray]]:
    """Return the gradients of x and of the parameters.

    A step that lies in several patches receives the sum of what reaches it through each of them.

    Raises:
        ValueError: if the gradient has another shape than the result.

    Taught in: chapter 18.
    """
    p, seen, T, stride, padding, dilation = cache
    (B, N, K, D), H = seen.shape, p["W"].shape[2]
    if dy.shape != (B, N, H):
        raise ValueError(f"dy has shape {dy.shape}; expected {(B, N, H)}")
    rows = dy.reshape(B * N, H)
    dW = (seen.reshape(B * N, K * D).T @ rows).reshape(K, D, H)
    dseen = (rows @ p["W"].reshape(K * D, H).T).reshape(B, N, K, D)
    dfilled = np.zeros((B, T + 2 * padding, D), dseen.dtype)
    for k in range(K):  # the steps that tap k saw, one for each of the N places
        first = k * dilation
        dfilled[:, first : first + (N - 1) * stride + 1 : stride] += dseen[:, :, k]
    return dfilled[:, padding : padding + T], {"W": dW, "b": rows.sum(axis=0)}


def initialize(
    input_size: int,
    hidden_size: int,
    kernel_size: int,
    rng: np.random.Generator,
    dtype: type = np.float64,
) -> dict[str, np.ndarray]:
    """Draw the weights from N(0, 1 / fan-in), where the fan-in is K D; the bias is 0.

    Raises:
        ValueError: if a size is below 1.
    """
    K, D, H = kernel_size, input_size, hidden_size
    if min(K, D, H) < 1:
        raise ValueError(
            f"kernel_size, input_size and hidden_size are {K}, {D} and {H}; expected at least 1"
        )
    W = rng.standard_normal((K, D, H)) / np.sqrt(K * D)
    return {"W": W.astype(dtype), "b": np.zeros(H, dtype)}


def from_torch(state_dict: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Turn the parameters of a `torch.nn.Conv1d` without groups into `W` and `b`.

    torch keeps (H, D, K) where we have (K, D, H). A missing bias is 0.

    Args:
        state_dict: of the layer (`layer.state_dict()`), or any mapping from its names to arrays on
            the CPU.

    Raises:
        KeyError: if the mapping has no such layer.
    """
    if "weight" not in state_dict:
        raise KeyError(f"no 'weight' here; the names are {sorted(state_dict)}")
    W = np.asarray(state_dict["weight"]).transpose(2, 1, 0).copy()
    b = state_dict.get("bias")
    return {"W": W, "b": np.zeros(W.shape[2], W.dtype) if b is None else np.asarray(b).copy()}


def to_torch(p: Parameters) -> dict[str, np.ndarray]:
    """Turn the parameters into arrays under the names and in the layout of `torch.nn.Conv1d`."""
    return {"weight": p["W"].transpose(2, 1, 0).copy(order="C"), "bias": p["b"].copy()}


def _check(x: np.ndarray, kernel_size: int, stride: int, padding: int, dilation: int) -> None:
    if x.ndim != 3 or 0 in x.shape[:2]:
        raise ValueError(
            f"x has shape {x.shape}; expected (B, T, D) with at least one sequence and one step"
        )
    numbers = (kernel_size, stride, dilation, padding)
    if not all(isinstance(n, Integral) for n in numbers) or min(numbers[:3]) < 1 or padding < 0:
        raise ValueError(
            f"kernel_size, stride and dilation are {kernel_size}, {stride} and {dilation}, padding "
            f"is {padding!r}; expected whole numbers from 1, and for the padding from 0"
        )
    span, length = (kernel_size - 1) * dilation + 1, x.shape[1] + 2 * padding
    if span > length:
        raise ValueError(
            f"the kernel spans {span} steps, the sequence with its padding has {length}: take a "
            "shorter kernel or less dilation, or pad the sequence"
        )
