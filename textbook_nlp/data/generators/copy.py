"""The copy task: remember symbols over a delay, then write them down."""

from dataclasses import dataclass
from math import log
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from textbook_nlp.data.generators.optimum import Optimum, require_count

BLANK = 0
GO = 1
FIRST_SYMBOL = 2


class CopySequences(NamedTuple):
    """Inputs, targets, and a mask that is true where a symbol is to be recalled; all (B, T)."""

    inputs: Int[np.ndarray, "B T"]
    targets: Int[np.ndarray, "B T"]
    mask: Bool[np.ndarray, "B T"]


@dataclass(frozen=True)
class Copy:
    """Symbols to be remembered over a delay and reproduced in order.

    The input shows `length` symbols, then `delay` blanks, then a signal to go and blanks; the
    target is blank until the signal and from there on the symbols, each `length + delay` steps
    after it was shown. Ids: 0 is the blank, 1 the signal, 2 and up are the symbols.

    Attributes:
        symbols: number of different symbols, all equally likely.
        length: how many symbols are to be remembered.
        delay: blanks between the last symbol and the signal.

    Raises:
        TypeError, ValueError: if a count is no integer, `symbols` is below 2, `length`
            below 1, `delay` below 0.

    Source: Hochreiter & Schmidhuber (1997), section 5; the form of Arjovsky, Shah & Bengio (2016),
        section 4.1.
    Taught in: chapter 07.
    """

    symbols: int = 8
    length: int = 5
    delay: int = 10

    def __post_init__(self) -> None:
        """Check the parameters."""
        require_count("symbols", self.symbols, minimum=2)
        require_count("length", self.length, minimum=1)
        require_count("delay", self.delay)

    @property
    def vocabulary_size(self) -> int:
        """Number of ids (V): the blank, the signal and the symbols."""
        return FIRST_SYMBOL + self.symbols

    @property
    def time_steps(self) -> int:
        """Number of time steps (T) of every sequence."""
        return 2 * self.length + self.delay

    def sample(self, n: int, seed: int) -> CopySequences:
        """Draw `n` sequences.

        Args:
            n: how many (B).
            seed: equal seeds give equal sequences; a larger `n` continues a smaller one.

        Returns:
            Inputs, targets and mask, each (B, T) with T = `2 * length + delay`.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative.

        Taught in: chapter 07.
        """
        require_count("n", n)
        require_count("seed", seed)
        rng = np.random.default_rng(seed)
        shown = rng.integers(FIRST_SYMBOL, self.vocabulary_size, size=(n, self.length))
        inputs = np.full((n, self.time_steps), BLANK, dtype=np.int64)
        targets = np.full((n, self.time_steps), BLANK, dtype=np.int64)
        mask = np.zeros((n, self.time_steps), dtype=np.bool_)
        inputs[:, : self.length] = shown
        inputs[:, self.length + self.delay] = GO
        targets[:, self.length + self.delay :] = shown
        mask[:, self.length + self.delay :] = True
        return CopySequences(inputs, targets, mask)

    def optimum(self, metric: Literal["cross_entropy", "accuracy"] = "cross_entropy") -> Optimum:
        """Return the best score with memory: nothing is left to guess.

        Args:
            metric: `"cross_entropy"` (nats per recalled symbol) or `"accuracy"` (share of the
                recalled symbols), both over the steps where the mask is true.

        Raises:
            ValueError: if the metric is another.
        """
        because = "the symbols to recall were all shown, and steps before the signal do not count"
        return self._score(metric, cross_entropy=0.0, accuracy=1.0, because=because)

    def memoryless(self, metric: Literal["cross_entropy", "accuracy"] = "cross_entropy") -> Optimum:
        """Return the best score of a model that remembers none of the symbols.

        Args:
            metric: as for `optimum`.

        Raises:
            ValueError: if the metric is another.

        Source: Arjovsky, Shah & Bengio (2016), section 4.1.
        """
        because = (
            f"without memory the {self.symbols} symbols are equally likely at every recalled step"
        )
        return self._score(
            metric,
            cross_entropy=log(self.symbols),
            accuracy=1.0 / self.symbols,
            because=because,
        )

    def _score(
        self, metric: str, *, cross_entropy: float, accuracy: float, because: str
    ) -> Optimum:
        if metric == "cross_entropy":
            return Optimum(metric, cross_entropy, 0.0, "exact", "nats per recalled symbol", because)
        if metric == "accuracy":
            return Optimum(metric, accuracy, 0.0, "exact", "share of recalled symbols", because)
        raise ValueError(f"metric is {metric!r}, expected 'cross_entropy' or 'accuracy'")
