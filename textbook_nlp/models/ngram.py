"""The bigram model: count which token follows which. The baseline for every language model."""

import numpy as np
from jaxtyping import Float, Int


class Bigram:
    """Give each token the share with which it followed the present one in a text.

    A small number is added to every count first, so that a pair which the text happens not to
    hold is unlikely and not impossible.

    Args:
        ids: the text as one stream, N tokens.
        V: the size of the vocabulary.
        add: what is added to every count.

    Attributes:
        probabilities: (V, V); row i is the distribution of what comes after token i.

    Raises:
        ValueError: if the stream is shorter than two tokens, an id is outside 0 to V - 1, or
            `add` is not positive.

    Source: Jurafsky and Martin, "Speech and Language Processing", chapter 3 (add-k smoothing).
    Taught in: chapters 06 and 07.
    """

    def __init__(self, ids: Int[np.ndarray, " N"], V: int, add: float = 0.01):
        if not add > 0:
            raise ValueError(f"add is {add}; expected a positive number")
        pairs = _pairs(ids, V)
        counts = np.bincount(pairs, minlength=V * V).reshape(V, V) + add
        self.probabilities: Float[np.ndarray, "V V"] = counts / counts.sum(axis=1, keepdims=True)

    def mean_nats(self, ids: Int[np.ndarray, " N"]) -> float:
        """Return the cross-entropy on another text, in nats a token, the first token left out."""
        pairs = _pairs(ids, len(self.probabilities))
        return float(-np.log(self.probabilities.ravel()[pairs]).mean())


def _pairs(ids: Int[np.ndarray, " N"], V: int) -> Int[np.ndarray, " M"]:
    """Number the neighbors (a, b) of a stream as a * V + b."""
    if len(ids) < 2:
        raise ValueError(f"the stream has {len(ids)} tokens; a pair needs two")
    if ids.min() < 0 or ids.max() >= V:
        raise ValueError(f"ids run from {ids.min()} to {ids.max()}; expected 0 to {V - 1}")
    return ids[:-1].astype(np.int64) * V + ids[1:]
