"""Smoothing: how much of its share a counted run gives up for what was never counted.

Each way of smoothing is a small dataclass whose `share` looks at one level of counts, the runs of n
tokens, and returns two things: for each run the share of its last token after the tokens before it,
and for each of these contexts the rest, which goes by the level of runs one shorter:

    p(token | context) = share(context, token) + rest(context) * p(token | shorter context)
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Num


@dataclass(frozen=True)
class Level:
    """The runs of n tokens of a text.

    Attributes:
        n: how long a run is.
        highest: whether the model counts no longer runs.
        vocabulary_size: V.
        keys: sorted; the number of the first n - 1 tokens among the runs of the level below, times
            V, plus the last token. The place of a key is the number of the run.
        counts: how often each run stands in the text.
        preceded: by how many different tokens each run is preceded in the text; 0 on the highest
            level, where nobody asks.
        num_contexts: C, how many runs the level below has.
    """

    n: int
    highest: bool
    vocabulary_size: int
    keys: Int[np.ndarray, " G"]
    counts: Int[np.ndarray, " G"]
    preceded: Int[np.ndarray, " G"]
    num_contexts: int

    @property
    def contexts(self) -> Int[np.ndarray, " G"]:
        """The number of each run's first n - 1 tokens."""
        return self.keys // self.vocabulary_size

    def by_context(self, numbers: Num[np.ndarray, " G"]) -> Float[np.ndarray, " C"]:
        """Add up numbers of the runs over all runs of a context."""
        return np.bincount(self.contexts, numbers, minlength=self.num_contexts)


Shares = tuple[Float[np.ndarray, " G"], Float[np.ndarray, " C"]]


@dataclass(frozen=True)
class AddK:
    """Add k to every count of the longest runs; shorter runs have no say.

    With k = 0 these are the plain shares of the text: what it does not hold is impossible.

    Attributes:
        k: at least 0.

    Source: Jurafsky and Martin, "Speech and Language Processing", chapter 3.
    """

    k: float | int = 0.01

    def __post_init__(self) -> None:
        if not 0 <= self.k < np.inf:
            raise ValueError(f"k is {self.k}; expected a number, at least 0")

    def share(self, level: Level) -> Shares:
        """Return (count) / (total + k V), and the k V / (total + k V) that all tokens divide."""
        if not level.highest:
            return np.zeros(len(level.keys)), np.ones(level.num_contexts)
        return _shares(level, level.counts, np.full(level.num_contexts, float(self.k)))


@dataclass(frozen=True)
class Interpolation:
    """Mix the shares of longer and of shorter runs, always in the same proportion.

    Attributes:
        weight: of the longer, in (0, 1); the shorter ones, down to an equal chance for every token,
            get the rest.

    Source: Jelinek and Mercer, "Interpolated estimation of Markov source parameters from sparse
    data" (1980).
    """

    weight: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.weight < 1:
            raise ValueError(f"weight is {self.weight}; expected a share in (0, 1)")

    def share(self, level: Level) -> Shares:
        """Return weight * count / total, and 1 - weight."""
        totals = level.by_context(level.counts)
        shares = self.weight * level.counts / totals[level.contexts]
        return shares, np.where(totals > 0, 1 - self.weight, 1.0)


@dataclass(frozen=True)
class WittenBell:
    """Trust a context the less, the more different tokens have followed it.

    Source: Witten and Bell, "The zero-frequency problem" (1991).
    """

    def share(self, level: Level) -> Shares:
        """Return count / (total + types), and types / (total + types)."""
        types = level.by_context(np.ones(len(level.keys)))
        return _shares(level, level.counts, types / level.vocabulary_size)


@dataclass(frozen=True)
class KneserNey:
    """Take a little off every count, and let shorter runs count by what they can follow.

    On every level but the highest a run counts as often as it is preceded by a *different* token. A
    run that nothing precedes, because it begins the text or a sentence, keeps its count.

    Attributes:
        modified: take three discounts a level: off counts of 1, of 2, and of 3 and more.
        discount: in (0, 1), the same on all levels; None estimates it on each level from how many
            runs are counted once, twice, three and four times.

    Source: Kneser and Ney, "Improved backing-off for m-gram language modeling" (1995); Chen and
    Goodman, "An empirical study of smoothing techniques for language modeling" (1999), section 3.
    """

    modified: bool = False
    discount: float | int | None = None

    def __post_init__(self) -> None:
        if self.discount is None:
            return
        if self.modified:
            raise ValueError("modified has three discounts, which it estimates: give no discount")
        if not 0 < self.discount < 1:
            raise ValueError(f"discount is {self.discount}; expected a number in (0, 1)")

    def share(self, level: Level) -> Shares:
        """Return (count - discount) / total, and what was taken off / total."""
        counts = level.counts
        if not level.highest:
            counts = np.where(level.preceded > 0, level.preceded, counts)
        off = self.discounts(counts, level.n)[np.minimum(counts, 3)]
        totals = level.by_context(counts)
        taken = level.by_context(off)
        rests = np.divide(taken, totals, out=np.ones_like(totals), where=totals > 0)
        return (counts - off) / totals[level.contexts], rests

    def discounts(self, counts: Int[np.ndarray, " G"], n: int) -> Float[np.ndarray, "4"]:
        """Return what is taken off a count of 0, 1, 2, and of 3 and more.

        Raises:
            ValueError: if the text is too small to estimate it.
        """
        if self.discount is not None:
            return np.array([0.0, *3 * [self.discount]])
        times = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].astype(float)
        needed = 4 if self.modified else 2
        if not times[:needed].all():
            raise ValueError(
                f"the text has {times[:needed].astype(int).tolist()} runs of {n} tokens that count "
                f"1 to {needed} times, too few to estimate a discount: give one, as in "
                "KneserNey(discount=0.75), or use WittenBell()"
            )
        once, twice = times[:2]
        share = once / (once + 2 * twice)
        if not self.modified:
            return np.array([0.0, share, share, share])
        off = [i - (i + 1) * share * times[i] / times[i - 1] for i in (1, 2, 3)]
        if not all(0 <= off[i] <= i + 1 for i in range(3)):
            raise ValueError(
                f"the discounts of the runs of {n} tokens come out as {np.round(off, 3).tolist()}, "
                "beyond the counts themselves: use KneserNey(), which has one"
            )
        return np.array([0.0, *off])


Smoothing = AddK | Interpolation | WittenBell | KneserNey


def _shares(level: Level, counts: np.ndarray, added: Float[np.ndarray, " C"]) -> Shares:
    """Divide by the total after `added` was added to the count of each of the V tokens."""
    totals = level.by_context(counts)
    extra = added * level.vocabulary_size
    whole = totals + extra
    rests = np.divide(extra, whole, out=np.ones_like(whole), where=totals > 0)
    return counts / whole[level.contexts], rests
