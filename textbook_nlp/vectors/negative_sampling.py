"""Which wrong words to show beside the right one, and which frequent words to skip."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

POWER = 0.75
ROUNDS = 100  # of repeated draws, before the other words are listed one by one


def noise_distribution(
    counts: Int[np.ndarray, " V"], power: float = POWER
) -> Float[np.ndarray, " V"]:
    """Return the probability with which each word is drawn as a negative: count to a power.

    A power below 1 lifts rare words and lowers frequent ones; 0 makes all equal, 1 leaves the
    frequencies as they are.

    Example:
        >>> noise_distribution(np.array([81, 16])).round(2)  # 27 : 8
        array([0.77, 0.23])

    Raises:
        ValueError: if there are no counts, one is below 1, or the power is negative or not finite.

    Source: Mikolov et al. (2013b), section 2.2.
    Taught in: chapter 04.
    """
    counts = _checked_counts(counts)
    if not 0.0 <= power < np.inf:
        raise ValueError(f"power is {power}, expected a number of at least 0.0, such as 0.75")
    # By the largest first: a high power of a high count would overflow.
    weights = (counts / counts.max()) ** power
    return weights / weights.sum()


def keep_probability(counts: Int[np.ndarray, " V"], threshold: float) -> Float[np.ndarray, " V"]:
    """Return for each word the probability that an occurrence of it is kept in training.

    With f the word's share of all tokens, it is sqrt(threshold / f), at most 1: a word more
    frequent than the threshold is thinned out, and the more so the more frequent it is.

    Args:
        counts: of each word (V,).
        threshold: share of the tokens from which on a word is thinned out, such as 1e-3; 0.0
            keeps everything.

    Raises:
        ValueError: if there are no counts, one is below 1, or the threshold is negative or not
            finite.

    Source: Mikolov et al. (2013b), section 2.3.
    Taught in: chapter 04.
    """
    counts = _checked_counts(counts)
    if not 0.0 <= threshold < np.inf:
        raise ValueError(f"threshold is {threshold}, expected 0.0 (off) or a share such as 1e-3")
    if threshold == 0.0:
        return np.ones(len(counts))
    return np.minimum(1.0, np.sqrt(threshold * counts.sum() / counts))


@dataclass(frozen=True, eq=False)
class NegativeSampler:
    """Draws wrong words from the counts of all words, to a power; never the right one.

    Attributes:
        counts: of each word (V,).
        power: see `noise_distribution`.

    Raises:
        ValueError: if the vocabulary has one word: nothing is left to draw. See also
            `noise_distribution`.

    Taught in: chapter 04.
    """

    counts: Int[np.ndarray, " V"]
    power: float = POWER

    def __post_init__(self) -> None:
        """Check that there is something to draw."""
        object.__setattr__(self, "counts", _checked_counts(self.counts))
        _ = self.probabilities
        if len(self.counts) < 2:
            raise ValueError(
                "the vocabulary has one word: every negative would be the target itself; a corpus "
                "needs at least two different words"
            )

    @cached_property
    def probabilities(self) -> Float[np.ndarray, " V"]:
        """The noise distribution (V,)."""
        return noise_distribution(self.counts, self.power)

    @cached_property
    def _running(self) -> Float[np.ndarray, " V"]:
        running = np.cumsum(self.probabilities)
        return running / running[-1]

    def draw(self, k: int, rng: np.random.Generator) -> Int[np.ndarray, " K"]:
        """Draw `k` words (K,), each independently from `probabilities`.

        Taught in: chapter 04.
        """
        return np.searchsorted(self._running, rng.random(k), side="right")

    def negatives(
        self,
        targets: Int[np.ndarray, " B"],
        k: int,
        rng: np.random.Generator,
        distinct: bool = False,
    ) -> Int[np.ndarray, "B K"]:
        """Draw `k` words (B, K) for each target, none of them the target itself.

        A draw that hits the target is repeated, so the others keep their proportions.

        Args:
            targets: ids of the right words (B,).
            k: how many negatives a target gets.
            rng: where chance comes from.
            distinct: whether the negatives of one target must differ from each other, too.

        Raises:
            ValueError: if `k` is below 1, a target is not in the vocabulary, or there are fewer
                other words than distinct negatives.

        Source: Mikolov et al. (2013b), section 2.2.
        Taught in: chapter 04.
        """
        targets = np.asarray(targets)
        self._check(targets, k, distinct)
        drawn = self.draw(targets.size * k, rng).reshape(-1, k)
        for _ in range(ROUNDS):
            again = drawn == targets[:, None]
            if distinct:
                for i in range(1, k):
                    again[:, i] |= (drawn[:, :i] == drawn[:, i : i + 1]).any(axis=1)
            if not again.any():
                return drawn
            drawn[again] = self.draw(int(again.sum()), rng)
        # One word holds nearly everything: draw what is still wrong among the others alone.
        for row, target in zip(drawn, targets, strict=True):
            for i in range(k):
                taken = {int(target), *(row[:i].tolist() if distinct else ())}
                if int(row[i]) in taken:
                    others = np.setdiff1d(np.arange(len(self.counts)), list(taken))
                    p = noise_distribution(self.counts[others], self.power)
                    row[i] = rng.choice(others, p=p)
        return drawn

    def _check(self, targets: np.ndarray, k: int, distinct: bool) -> None:
        V = len(self.counts)
        if k < 1 or (distinct and k > V - 1):
            raise ValueError(
                f"{k} negatives were asked for, expected 1 or more"
                + (f", and with distinct at most {V - 1}" if distinct else "")
            )
        if targets.size and (targets.min() < 0 or targets.max() >= V):
            raise ValueError(f"targets run from {targets.min()} to {targets.max()}; V is {V}")


def _checked_counts(counts: np.ndarray) -> np.ndarray:
    """Return the counts as an array; a list is taken too, and NaN is no count."""
    counts = np.asarray(counts)
    if counts.size == 0 or not (counts >= 1).all():
        raise ValueError(
            "expected the count of each word, 1 or more: the corpus is empty, or the vocabulary "
            "holds words that do not occur in it"
        )
    return counts
