"""A recurrent language model in NumPy: embedding, recurrent layer, affine layer, cross-entropy."""

from types import ModuleType

import numpy as np
from jaxtyping import Float, Int

from textbook_nlp.by_hand import affine, embedding, rnn
from textbook_nlp.by_hand.softmax import cross_entropy

Arrays = dict[str, np.ndarray]


def initialize(
    vocabulary_size: int,
    embedding_size: int,
    hidden_size: int,
    seed: int,
    dtype: type = np.float64,
    cell: ModuleType = rnn,
) -> Arrays:
    """Draw the parameters: embedding 0.01 N(0, 1), weights N(0, 1 / fan-in), biases 0.

    Returns:
        `embedding` (V, E), the parameters of the cell (`W_x` (E, H), `W_h` (H, H), `b` (H,) for
        `by_hand.rnn`), `W_out` (H, V) and `b_out` (V,).
    """
    V, E, H = vocabulary_size, embedding_size, hidden_size
    rng = np.random.default_rng(seed)
    return {
        "embedding": (0.01 * rng.standard_normal((V, E))).astype(dtype),
        **cell.initialize(E, H, rng, dtype),
        "W_out": (rng.standard_normal((H, V)) / np.sqrt(H)).astype(dtype),
        "b_out": np.zeros(V, dtype),
    }


def loss_and_gradients(
    p: Arrays,
    ids: Int[np.ndarray, "B T"],
    targets: Int[np.ndarray, "B T"],
    state: tuple[Float[np.ndarray, "B H"], ...] | None = None,
    cell: ModuleType = rnn,
) -> tuple[float, Arrays, tuple[Float[np.ndarray, "B H"], ...]]:
    """Return the mean cross-entropy in nats, the gradients, and the state after the last token.

    Hand the returned state to the next call, and the sequence goes on where this block ended
    while the gradient stays inside the block: that is truncated BPTT.

    Args:
        p: the parameters; see `initialize`.
        ids: what the model reads.
        targets: what comes next at every place.
        state: what an earlier call returned; None starts from zeros.
        cell: the recurrent layer: `by_hand.rnn`, `by_hand.lstm` or `by_hand.gru`.

    Raises:
        ValueError: if a shape or an index does not fit.

    Source: Mikolov et al., "Recurrent neural network based language model" (2010).
    Taught in: chapter 07.
    """
    out = {"W": p["W_out"], "b": p["b_out"]}
    vectors, looked_up = embedding.forward({"W": p["embedding"]}, ids)
    hs, state, cache = cell.forward(p, vectors, state)
    scores, scored = affine.forward(out, hs)
    loss, dscores = cross_entropy(scores, targets)

    dhs, dout = affine.backward(dscores, scored)
    dvectors, _, dcell = cell.backward(dhs, cache)
    dembedding = embedding.backward(dvectors, looked_up)
    gradients = {"embedding": dembedding["W"], **dcell, "W_out": dout["W"], "b_out": dout["b"]}
    return loss, gradients, state
