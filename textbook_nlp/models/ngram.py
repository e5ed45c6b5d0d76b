"""The bigram model: count which token follows which. The baseline for every language model."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class Bigram:
    """Give each token the share with which it followed the present one in a text.

    Attributes:
        probabilities: (V, V); row i is the distribution of what comes after token i.

    Source: Jurafsky and Martin, "Speech and Language Processing", chapter 3 (add-k smoothing).
    """

    probabilities: Float[np.ndarray, "V V"]

    @classmethod
    def fit(cls, ids: Int[np.ndarray, " N"], vocabulary_size: int, add: float = 0.01) -> "Bigram":
        """Count the pairs of a text.

        A small number is added to every count first, so that a pair which the text happens not to
        hold is unlikely and not impossible.

        Args:
            ids: the text as one stream, N tokens.
            vocabulary_size: V.
            add: what is added to every count.

        Raises:
            ValueError: if the stream is shorter than two tokens, an id is outside 0 to V - 1, or
                `add` is not positive.
        """
        if not add > 0:
            raise ValueError(f"add is {add}; expected a positive number")
        V = vocabulary_size
        counts = np.bincount(_pairs(ids, V), minlength=V * V).reshape(V, V) + add
        return cls(counts / counts.sum(axis=1, keepdims=True))

    def cross_entropy(self, ids: Int[np.ndarray, " N"]) -> float:
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
