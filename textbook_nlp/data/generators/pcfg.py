"""A probabilistic context-free grammar whose entropy and next-word distribution are exact."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import exp, inf, log

import numpy as np

from textbook_nlp.data.generators.optimum import Optimum

END = "<eos>"

Rule = tuple[float, tuple[str, ...]]
Step = tuple[float, str, tuple[str, ...]]
"""One way to write the next word: its probability, the word, the symbols still to expand."""


@dataclass(frozen=True)
class Pcfg:
    """A grammar that rewrites a start symbol into words by rules with probabilities.

    Every symbol with rules of its own is rewritten, left to right, until only words are left.
    A rule must not be empty and no symbol may lead back to itself as its own first symbol; both
    are checked. The grammar must be unambiguous (one derivation a sentence) for `entropy` to be
    the entropy of the sentences; that cannot be checked in general.

    Attributes:
        rules: for each symbol its rules, as pairs of a probability and the symbols or words that
            replace it. The probabilities of a symbol sum to 1; rules of probability 0 are allowed.
        start: the symbol that every sentence starts from.

    Raises:
        ValueError: if there is no start symbol, an empty rule, left recursion, or probabilities
            that do not sum to 1.

    Source: Manning & Schütze (1999), Foundations of Statistical NLP, chapter 11; the entropy
        follows Grenander (1967).
    """

    rules: Mapping[str, Sequence[Rule]]
    start: str = "S"

    def __post_init__(self) -> None:
        """Check the rules."""
        if self.start not in self.rules:
            raise ValueError(f"the start symbol {self.start!r} has no rules")
        for symbol, rules in self.rules.items():
            total = sum(probability for probability, _ in rules)
            if not abs(total - 1.0) < 1e-9 or any(not p >= 0.0 for p, _ in rules):
                raise ValueError(
                    f"the probabilities of the rules of {symbol!r} sum to {total}, expected "
                    "non-negative numbers that sum to 1"
                )
            if any(not right for _, right in rules):
                raise ValueError(f"{symbol!r} has an empty rule; write the choice one level up")
        _ = self._steps

    @cached_property
    def _steps(self) -> dict[str, list[Step]]:
        """For each symbol, every way to write its first word."""
        steps: dict[str, list[Step]] = {}
        open_symbols: list[str] = []

        def expand(symbol: str) -> list[Step]:
            if symbol in open_symbols:
                raise ValueError(
                    f"{symbol!r} can stand first in its own expansion (left recursion); rewrite "
                    "the rule so that it begins with a word or another symbol"
                )
            if symbol not in steps:
                open_symbols.append(symbol)
                steps[symbol] = [
                    (probability * q, word, rest + right[1:])
                    for probability, right in self.rules[symbol]
                    if probability > 0.0
                    for q, word, rest in (
                        expand(right[0]) if right[0] in self.rules else [(1.0, right[0], ())]
                    )
                ]
                open_symbols.pop()
            return steps[symbol]

        for symbol in self.rules:
            expand(symbol)
        return steps

    @cached_property
    def _by_word(self) -> dict[str, dict[str, list[tuple[float, tuple[str, ...]]]]]:
        """The same steps, by symbol and then by word."""
        table: dict[str, dict[str, list[tuple[float, tuple[str, ...]]]]] = {}
        for symbol, steps in self._steps.items():
            row = table.setdefault(symbol, {})
            for probability, word, rest in steps:
                row.setdefault(word, []).append((probability, rest))
        return table

    @cached_property
    def _cumulative(self) -> dict[str, list[float]]:
        """For each symbol, the running sum of its steps' probabilities."""
        return {
            symbol: list(accumulate(probability for probability, _, _ in steps))
            for symbol, steps in self._steps.items()
        }

    @cached_property
    def _reachable(self) -> list[str]:
        """The symbols that a derivation from the start can meet, in order of first meeting."""
        found = [self.start]
        for symbol in found:
            for probability, right in self.rules[symbol]:
                new = [s for s in right if s in self.rules and s not in found]
                found.extend(dict.fromkeys(new) if probability > 0.0 else ())
        return found

    @cached_property
    def words(self) -> list[str]:
        """All words that a sentence can contain, in alphabetical order, without `<eos>`."""
        return sorted(
            {
                symbol
                for left in self._reachable
                for probability, right in self.rules[left]
                if probability > 0.0
                for symbol in right
                if symbol not in self.rules
            }
        )

    def expand(self, symbol: str, draws: Iterator[float]) -> list[str]:
        """Rewrite one symbol into words, with one uniform number from `draws` a word.

        Raises:
            ValueError: if the grammar has no such symbol.
        """
        if symbol not in self.rules:
            raise ValueError(f"the grammar has no symbol {symbol!r}; it has {list(self.rules)}")
        words = []
        stack = [symbol]
        while stack:
            top = stack.pop()
            if top not in self.rules:
                words.append(top)
                continue
            steps, cumulative = self._steps[top], self._cumulative[top]
            position = bisect_right(cumulative, next(draws) * cumulative[-1])
            _, word, rest = steps[min(position, len(steps) - 1)]
            words.append(word)
            stack.extend(reversed(rest))
        return words

    def sample(self, n: int, rng: np.random.Generator) -> list[list[str]]:
        """Draw `n` sentences, as lists of words without `<eos>`."""
        draws = uniform_draws(rng)
        return [self.expand(self.start, draws) for _ in range(n)]

    def moments(self) -> tuple[float, float]:
        """Return the entropy (nats) and the expected number of words of one sentence.

        Both are exact: entropy and length of a symbol are sums over its rules, which gives one
        linear system for all symbols. `<eos>` is not counted in the length, and adds nothing to
        the entropy: the derivation decides where the sentence ends.

        Raises:
            ValueError: if the expected length is infinite.
        """
        index = {symbol: i for i, symbol in enumerate(self._reachable)}
        expected = np.zeros((len(index), len(index)))  # how often each rule calls each symbol
        constant = np.zeros((len(index), 2))
        for symbol, i in index.items():
            for probability, right in self.rules[symbol]:
                if probability <= 0.0:
                    continue
                constant[i, 0] -= probability * log(probability)
                for part in right:
                    if part in index:
                        expected[i, index[part]] += probability
                    else:
                        constant[i, 1] += probability
        if max(abs(np.linalg.eigvals(expected))) >= 1.0 - 1e-12:
            raise ValueError(
                "the expected length of a sentence is infinite; lower the probability of the "
                "rules that call themselves"
            )
        entropy, length = np.linalg.solve(np.eye(len(index)) - expected, constant)[0]
        return float(entropy), float(length)

    def optimum(self, metric: str = "cross_entropy") -> Optimum:
        """Return the lowest cross-entropy (or perplexity) of a token that any model can reach.

        It is the entropy of a sentence over its expected number of tokens, `<eos>` included.

        Raises:
            ValueError: if the metric is another.
        """
        if metric not in ("cross_entropy", "perplexity"):
            raise ValueError(f"metric is {metric!r}, expected 'cross_entropy' or 'perplexity'")
        entropy, length = self.moments()
        value, unit = entropy / (length + 1.0), "nats per token"
        if metric == "perplexity":
            value, unit = exp(value), "equally likely words"
        because = (
            f"a sentence has an entropy of {entropy:.4f} nats and {length + 1.0:.4f} tokens on "
            "average, <eos> included"
        )
        return Optimum(metric, value, 0.0, "exact", unit, because)

    def _read(
        self, states: dict[tuple[str, ...], float], word: str
    ) -> dict[tuple[str, ...], float]:
        """Take one word: the new probability of each stack of symbols still to expand."""
        after: dict[tuple[str, ...], float] = {}
        for stack, weight in states.items():
            if not stack:
                continue
            top, below = stack[0], stack[1:]
            if top in self.rules:
                matches = self._by_word[top].get(word, ())
            else:
                matches = ((1.0, ()),) if top == word else ()
            for probability, rest in matches:
                new = rest + below
                after[new] = after.get(new, 0.0) + weight * probability
        return after

    def next_word(self, prefix: Sequence[str]) -> dict[str, float]:
        """Return the exact distribution of the next word after `prefix`.

        Args:
            prefix: the words so far; an empty list asks for the first word.

        Returns:
            Probabilities that sum to 1, of every word that can follow; `<eos>` stands for the
            end of the sentence.

        Raises:
            ValueError: if no sentence of the grammar begins with `prefix`.

        Source: Jelinek & Lafferty (1991), on prefix probabilities.
        """
        states: dict[tuple[str, ...], float] = {(self.start,): 1.0}
        for position, word in enumerate(prefix):
            states = self._read(states, word)
            if not states:
                raise ValueError(
                    f"no sentence of the grammar begins with {' '.join(prefix[: position + 1])!r}: "
                    f"{word!r} (word {position}) cannot stand there"
                )
        return self._distribution(states)

    def _distribution(self, states: dict[tuple[str, ...], float]) -> dict[str, float]:
        total = sum(states.values())
        following: dict[str, float] = {}
        for stack, weight in states.items():
            share = weight / total
            if not stack:
                following[END] = following.get(END, 0.0) + share
            elif stack[0] not in self.rules:
                following[stack[0]] = following.get(stack[0], 0.0) + share
            else:
                for probability, word, _ in self._steps[stack[0]]:
                    following[word] = following.get(word, 0.0) + share * probability
        return following

    def token_log_probabilities(self, sentence: Sequence[str]) -> list[float]:
        """Return log p(token | tokens before it) in nats, for each word and for `<eos>`.

        From the first word that cannot stand where it is, all values are `-inf`.
        """
        states: dict[tuple[str, ...], float] = {(self.start,): 1.0}
        mass, values = 1.0, []
        for word in sentence:
            states = self._read(states, word)
            after = sum(states.values())
            values.append(log(after / mass) if after > 0.0 else -inf)
            mass = after
        finished = states.get((), 0.0)
        values.append(log(finished / mass) if finished > 0.0 else -inf)
        return values

    def log_probability(self, sentence: Sequence[str]) -> float:
        """Return the log-probability of a sentence in nats; `-inf` if it has none.

        Args:
            sentence: words without `<eos>`; the end is part of the probability.
        """
        return sum(self.token_log_probabilities(sentence))


def uniform_draws(rng: np.random.Generator, block: int = 4096) -> Iterator[float]:
    """Yield uniform numbers from [0, 1), drawn in blocks because single draws are slow."""
    while True:
        yield from rng.random(block).tolist()
