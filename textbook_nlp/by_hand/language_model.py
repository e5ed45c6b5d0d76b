"""A recurrent language model in NumPy: embedding, recurrent layer, affine layer, cross-entropy."""

import numpy as np
from jaxtyping import Float, Int

from textbook_nlp.by_hand.embedding import embedding_backward, embedding_forward
from textbook_nlp.by_hand.rnn import rnn_backward, rnn_forward
from textbook_nlp.by_hand.softmax import cross_entropy

Arrays = dict[str, np.ndarray]


def initialize(V: int, E: int, H: int, seed: int, dtype: type = np.float64) -> Arrays:
    """Draw the parameters: embedding 0.01 N(0, 1), weights N(0, 1 / fan-in), biases 0.

    Returns:
        ``embedding`` (V, E), ``W_x`` (E, H), ``W_h`` (H, H), ``b`` (H,), ``W_out`` (H, V),
        ``b_out`` (V,).

    Taught in: chapter 07.
    """
    rng = np.random.default_rng(seed)
    return {
        "embedding": (0.01 * rng.standard_normal((V, E))).astype(dtype),
        "W_x": (rng.standard_normal((E, H)) / np.sqrt(E)).astype(dtype),
        "W_h": (rng.standard_normal((H, H)) / np.sqrt(H)).astype(dtype),
        "b": np.zeros(H, dtype),
        "W_out": (rng.standard_normal((H, V)) / np.sqrt(H)).astype(dtype),
        "b_out": np.zeros(V, dtype),
    }


def loss_and_gradients(
    parameters: Arrays,
    tokens: Int[np.ndarray, "B T"],
    targets: Int[np.ndarray, "B T"],
    h: Float[np.ndarray, "B H"] | None = None,
) -> tuple[float, Arrays, Float[np.ndarray, "B H"]]:
    """Return the mean cross-entropy in nats, the gradients, and the state after the last token.

    Hand the returned state to the next call, and the sequence goes on where this block ended
    while the gradient stays inside the block: that is truncated BPTT.

    Raises:
        ValueError: if a shape or an index does not fit.

    Source: Mikolov et al., "Recurrent neural network based language model" (2010).
    Taught in: chapter 07.
    """
    p = parameters
    if tokens.shape != targets.shape:
        raise ValueError(f"tokens have shape {tokens.shape}, targets {targets.shape}")
    B, T = tokens.shape
    V, H = len(p["embedding"]), len(p["b"])
    x = embedding_forward(p["embedding"], tokens)
    hs, cache = rnn_forward(x, h, p["W_x"], p["W_h"], p["b"])
    rows = hs.reshape(B * T, H)
    loss, dscores = cross_entropy(rows @ p["W_out"] + p["b_out"], targets.reshape(-1))

    dhs = (dscores @ p["W_out"].T).reshape(B, T, H)
    dx, _, dW_x, dW_h, db = rnn_backward(dhs, cache)
    gradients = {
        "embedding": embedding_backward(dx, tokens, V),
        "W_x": dW_x,
        "W_h": dW_h,
        "b": db,
        "W_out": rows.T @ dscores,
        "b_out": dscores.sum(axis=0),
    }
    return loss, gradients, hs[:, -1]


def clip_(gradients: Arrays, max_norm: float) -> float:
    """Scale all gradients in place so that their joint norm is at most `max_norm`.

    Returns:
        The norm before clipping.

    Raises:
        ValueError: if `max_norm` is not positive, or the norm is NaN or infinite: then nothing
            is scaled.

    Source: Pascanu et al., "On the difficulty of training recurrent neural networks" (2013),
    algorithm 1. Taught in: chapter 07.
    """
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}; expected a positive number")
    norm = float(np.sqrt(sum(np.vdot(g, g) for g in gradients.values())))
    if not np.isfinite(norm):
        raise ValueError(f"the norm of the gradients is {norm}: lower the learning rate")
    if norm > max_norm:
        for g in gradients.values():
            g *= max_norm / norm
    return norm
