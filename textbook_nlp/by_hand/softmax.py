"""Softmax and cross-entropy in NumPy."""

import numpy as np
from jaxtyping import Float, Int


def softmax(scores: Float[np.ndarray, "*batch V"]) -> Float[np.ndarray, "*batch V"]:
    """Turn scores into probabilities along the last axis.

    The largest score is subtracted first: the result is the same, and `exp` cannot overflow.

    Taught in: chapter 07.
    """
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy(
    scores: Float[np.ndarray, "*batch V"], targets: Int[np.ndarray, "*batch"]
) -> tuple[float, Float[np.ndarray, "*batch V"]]:
    """Return the mean negative log-probability of the targets, in nats, and its gradient.

    The gradient with respect to the scores is `(softmax(scores) - one_hot(targets)) / N`, with N
    the number of targets.

    Raises:
        ValueError: if the counts differ, there are none, or a target is no integer or no index of
            the V scores.
    """
    V, N = scores.shape[-1], targets.size
    if targets.shape != scores.shape[:-1] or N == 0:
        raise ValueError(
            f"targets have shape {targets.shape}; expected {scores.shape[:-1]}, at least one"
        )
    if not np.issubdtype(targets.dtype, np.integer):
        raise ValueError(f"targets are {targets.dtype}; expected integers")
    if targets.min() < 0 or targets.max() >= V:
        raise ValueError(f"targets run from {targets.min()} to {targets.max()}; V is {V}")
    rows, right = scores.reshape(N, V), (np.arange(N), targets.ravel())
    dscores = rows - rows.max(axis=1, keepdims=True)
    of_targets = dscores[right]
    np.exp(dscores, out=dscores)  # in place: V is large
    total = dscores.sum(axis=1, keepdims=True)
    loss = float(np.mean(np.log(total[:, 0]) - of_targets))
    dscores /= total * N
    dscores[right] -= 1 / N
    return loss, dscores.reshape(scores.shape)
