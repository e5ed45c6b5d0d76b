"""The fast part of learning byte pairs: counts of pairs that are changed, not counted anew."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

Pair = tuple[str, str]
Ties = Literal["first", "id"]


class PairTable:
    """How often each pair of neighbors occurs, kept right while the words change.

    A queue holds the pairs by falling count. After a merge only the pairs around the new symbol can
    have gained, and they enter the queue again. The others can only have lost, and a count that is
    too high is noticed, and corrected, when it reaches the front. Likewise the order of equal
    counts is worked out for those pairs alone that meet at the front.
    """

    def __init__(
        self, words: list[list[str]], weights: list[int], ties: Ties, alphabet: Sequence[str]
    ) -> None:
        self.words, self.weights, self.ties = words, weights, ties
        self.ids = {symbol: i for i, symbol in enumerate(alphabet)}
        self.counts: Counter[Pair] = Counter()
        self.where: defaultdict[Pair, set[int]] = defaultdict(set)
        for w, word in enumerate(words):
            for pair in pairwise(word):
                self.add(pair, w)
        self.queue: list[tuple[int, tuple[int, int], Pair]] = []
        for pair in self.counts:
            self.push(pair)

    def add(self, pair: Pair, w: int) -> None:
        """Count one more occurrence of `pair`, in word `w`."""
        self.counts[pair] += self.weights[w]
        self.where[pair].add(w)

    def push(self, pair: Pair, order: tuple[int, int] = (0, 0)) -> None:
        """Put `pair` into the queue with its present count; its order is at least `order`."""
        if self.counts[pair]:
            heapq.heappush(self.queue, (-self.counts[pair], order, pair))

    def order(self, pair: Pair) -> tuple[int, int]:
        """Return what decides between equal counts; the smaller goes first."""
        if self.ties == "id":
            return self.ids[pair[0]], self.ids[pair[1]]
        # An earlier merge may have taken the pair out of some of the words noted for it.
        self.where[pair] = {w for w in self.where[pair] if pair in pairwise(self.words[w])}
        w = min(self.where[pair])
        word = self.words[w]
        i = list(pairwise(word)).index(pair)
        return w, sum(map(len, word[:i]))

    def pop(self) -> Pair | None:
        """Remove the most frequent pair from the queue and return it; None if there is none."""
        while self.queue:
            count, order, pair = heapq.heappop(self.queue)
            if count == -self.counts[pair]:
                tied = self.queue and self.queue[0][0] == count
                if not tied or order == self.order(pair):
                    return pair
                order = self.order(pair)
            self.push(pair, order)
        return None

    def merge(self, pair: Pair) -> None:
        """Join `pair` wherever it stands, and change the counts of the neighbors there alone."""
        left, right = pair
        joined = left + right
        self.ids.setdefault(joined, len(self.ids))
        gained: set[Pair] = set()
        for w in self.where.pop(pair):
            word, weight = self.words[w], self.weights[w]
            i = 0
            while i < len(word) - 1:
                if word[i] == left and word[i + 1] == right:
                    word[i : i + 2] = [joined]
                    self.counts[pair] -= weight
                    if i > 0:
                        before = word[i - 1]
                        self.counts[before, left] -= weight
                        self.add((before, joined), w)
                        gained.add((before, joined))
                    if i + 1 < len(word):
                        after = word[i + 1]
                        self.counts[right, after] -= weight
                        self.add((joined, after), w)
                        gained.add((joined, after))
                i += 1
        for neighbors in gained:
            self.push(neighbors)
