"""The copy task of the Neural Turing Machine: rows of bits, shown once, to be written down."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from textbook_nlp.data.generators.optimum import Optimum, require_count


class BitSequences(NamedTuple):
    """What is shown, and what is to be written in the last L steps; all numbers are 0 or 1."""

    inputs: Float[np.ndarray, "B T D"]
    targets: Float[np.ndarray, "B L O"]


@dataclass(frozen=True)
class CopyBits:
    """Rows of random bits to be remembered and written down in order.

    The input shows `length` rows, a step each, then a signal in a column of its own, then nothing
    for `length` steps, in which the rows are to be written. So D is `bits + 1`, O is `bits`, L is
    `length` and T is `2 * length + 1`.

    Attributes:
        bits: in a row; each is 1 with probability one half.
        length: how many rows.

    Raises:
        TypeError, ValueError: if one is no integer or below 1.

    Source: Graves, Wayne and Danihelka, "Neural Turing Machines" (2014), section 4.1.
    Taught in: chapter 16.
    """

    bits: int = 8
    length: int = 20

    def __post_init__(self) -> None:
        """Check the parameters."""
        require_count("bits", self.bits, minimum=1)
        require_count("length", self.length, minimum=1)

    def sample(self, n: int, seed: int) -> BitSequences:
        """Draw `n` sequences.

        Args:
            n: how many (B).
            seed: equal seeds give equal sequences; a larger `n` continues a smaller one.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative.
        """
        require_count("n", n)
        require_count("seed", seed)
        L = self.length
        rng = np.random.default_rng(seed)
        targets = rng.integers(2, size=(n, L, self.bits)).astype(np.float32)
        inputs = np.zeros((n, 2 * L + 1, self.bits + 1), dtype=np.float32)
        inputs[:, :L, : self.bits] = targets
        inputs[:, L, self.bits] = 1
        return BitSequences(inputs, targets)

    def optimum(self) -> Optimum:
        """Return the lowest cost of a sequence: nothing is left to guess."""
        because = "every bit to be written was shown"
        return Optimum("cost", 0.0, 0.0, "exact", "bits per sequence", because)

    def memoryless(self) -> Optimum:
        """Return the lowest cost of a sequence for who remembers nothing of it."""
        because = "without memory each bit is 0 or 1 with equal chances"
        value = float(self.bits * self.length)
        return Optimum("cost", value, 0.0, "exact", "bits per sequence", because)
