"""Sentences of a small English grammar whose verb agrees with a subject far to its left."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from textbook_nlp.data.generators.optimum import Optimum, require_count, require_probability
from textbook_nlp.data.generators.pcfg import Pcfg, Rule, uniform_draws

NUMBERS = ("singular", "plural")
OTHER = {"singular": "plural", "plural": "singular"}

# Pairs (singular, plural); in each class the first words are the frequent ones.
NOUNS = (
    ("key", "keys"),
    ("cabinet", "cabinets"),
    ("door", "doors"),
    ("book", "books"),
    ("lamp", "lamps"),
    ("letter", "letters"),
    ("box", "boxes"),
    ("chair", "chairs"),
    ("window", "windows"),
    ("picture", "pictures"),
    ("clock", "clocks"),
    ("shelf", "shelves"),
    ("bottle", "bottles"),
    ("ladder", "ladders"),
)
COPULAS = (("is", "are"), ("was", "were"), ("seems", "seem"))
INTRANSITIVE = (
    ("falls", "fall"),
    ("shines", "shine"),
    ("shakes", "shake"),
    ("vanishes", "vanish"),
    ("stays", "stay"),
)
TRANSITIVE = (("hides", "hide"), ("touches", "touch"), ("covers", "cover"), ("holds", "hold"))
VERB_PAIRS = COPULAS + INTRANSITIVE + TRANSITIVE
DETERMINERS = {
    "singular": ("the", "this", "that", "every"),
    "plural": ("the", "these", "those", "some"),
}
ADJECTIVES = ("old", "small", "red", "wooden", "heavy", "blue")
PREPOSITIONS = ("near", "by", "behind", "under", "beside")
STATES = ("lost", "broken", "clean", "missing", "empty", "new", "open")
ADVERBS = ("today", "again", "now", "sometimes")


class Agreement(NamedTuple):
    """A prefix that ends right before the verb, the verb that agrees, and the one that does not."""

    prefix: list[str]
    right: str
    wrong: str


def _lexical(words: Sequence[str]) -> list[Rule]:
    """Rules for one class of words, the word of rank r with a probability like 1 / (r + 1)."""
    weights = [1.0 / (rank + 2.0) for rank in range(len(words))]
    return [(weight / sum(weights), (word,)) for weight, word in zip(weights, words, strict=True)]


@dataclass(frozen=True)
class Grammar:
    """English sentences with number agreement over a distance.

    A subject is followed by 0 to `max_distractors` phrases such as *near the old cabinet*, whose
    nouns have a number of their own, and then by a verb that agrees with the subject: *the keys
    near the old cabinet by the door are lost*. A model that looks at a few words before the verb
    sees the wrong noun; one that remembers the subject can be right every time.

    Attributes:
        max_distractors: largest number of phrases between subject and verb.
        p_distractor: probability of one more phrase, while there may be more.
        p_adjective: probability that a noun has an adjective.
        p_plural: probability that a noun is plural.
        p_adverb: probability of an adverb at the end.

    Raises:
        TypeError, ValueError: if a count is no integer or negative, or a probability
            outside of [0, 1].

    Source: the agreement test follows Linzen, Dupoux & Goldberg (2016), section 2.
    Taught in: chapter 07.
    """

    max_distractors: int = 3
    p_distractor: float = 0.5
    p_adjective: float = 0.3
    p_plural: float = 0.5
    p_adverb: float = 0.3

    def __post_init__(self) -> None:
        """Check the parameters."""
        require_count("max_distractors", self.max_distractors)
        for name in ("p_distractor", "p_adjective", "p_plural", "p_adverb"):
            require_probability(name, getattr(self, name))

    @cached_property
    def pcfg(self) -> Pcfg:
        """The grammar's rules, with their probabilities."""
        plural, adverb, more = self.p_plural, self.p_adverb, self.p_distractor
        chance = {"singular": 1.0 - plural, "plural": plural}
        rules: dict[str, list[Rule]] = {
            "S": [(chance[n], (f"NP.{n}", f"rest.{n}.{self.max_distractors}")) for n in NUMBERS],
            "NP": [(chance[n], (f"NP.{n}",)) for n in NUMBERS],
            "PP": [(1.0, ("preposition", "NP"))],
            "adjective": _lexical(ADJECTIVES),
            "preposition": _lexical(PREPOSITIONS),
            "state": _lexical(STATES),
            "adverb": _lexical(ADVERBS),
        }
        for i, n in enumerate(NUMBERS):
            rules[f"rest.{n}.0"] = [(1.0, (f"VP.{n}",))]
            for k in range(1, self.max_distractors + 1):
                rules[f"rest.{n}.{k}"] = [
                    (1.0 - more, (f"VP.{n}",)),
                    (more, ("PP", f"rest.{n}.{k - 1}")),
                ]
            rules[f"NP.{n}"] = [
                (1.0 - self.p_adjective, (f"determiner.{n}", f"noun.{n}")),
                (self.p_adjective, (f"determiner.{n}", "adjective", f"noun.{n}")),
            ]
            rules[f"VP.{n}"] = [
                (0.5, (f"predicate.{n}",)),
                (0.3, (f"event.{n}",)),
                (0.2, (f"transitive.{n}", "NP")),
            ]
            for name, words in (
                (f"predicate.{n}", (f"copula.{n}", "state")),
                (f"event.{n}", (f"intransitive.{n}",)),
            ):
                rules[name] = [(1.0 - adverb, words), (adverb, (*words, "adverb"))]
            rules[f"determiner.{n}"] = _lexical(DETERMINERS[n])
            rules[f"noun.{n}"] = _lexical([pair[i] for pair in NOUNS])
            rules[f"copula.{n}"] = _lexical([pair[i] for pair in COPULAS])
            rules[f"intransitive.{n}"] = _lexical([pair[i] for pair in INTRANSITIVE])
            rules[f"transitive.{n}"] = _lexical([pair[i] for pair in TRANSITIVE])
        return Pcfg(rules)

    @property
    def words(self) -> list[str]:
        """All words of the sentences, in alphabetical order, without `<eos>`."""
        return list(self.pcfg.words)

    def sample(self, n: int, seed: int) -> list[list[str]]:
        """Draw `n` sentences.

        Args:
            n: how many.
            seed: equal seeds give equal sentences; a larger `n` continues a smaller one.

        Returns:
            Sentences as lists of words, without `<eos>`.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative.

        Taught in: chapter 07.
        """
        require_count("n", n)
        require_count("seed", seed)
        return self.pcfg.sample(n, np.random.default_rng(seed))

    def optimum(self, metric: Literal["cross_entropy", "perplexity"] = "cross_entropy") -> Optimum:
        """Return the lowest cross-entropy (or perplexity) that any model can reach, exactly.

        It is the entropy of a sentence over its expected number of tokens, `<eos>` included.

        Raises:
            ValueError: if the metric is another.
        """
        return self.pcfg.optimum(metric)

    def log_probability(self, sentence: Sequence[str]) -> float:
        """Return the exact log-probability of a sentence (nats), `-inf` if it has none."""
        return self.pcfg.log_probability(sentence)

    def token_log_probabilities(self, sentence: Sequence[str]) -> list[float]:
        """Return log p(token | tokens before it) in nats, for each word and for `<eos>`."""
        return self.pcfg.token_log_probabilities(sentence)

    def next_word(self, prefix: Sequence[str]) -> dict[str, float]:
        """Return the exact distribution of the word after `prefix` (`<eos>` for the end).

        Raises:
            ValueError: if no sentence begins with `prefix`.
        """
        return self.pcfg.next_word(prefix)

    def agreement(
        self,
        n: int,
        seed: int,
        distance: int,
        *,
        attractors: Literal["opposite", "all_opposite", "same", "any"] = "opposite",
    ) -> list[Agreement]:
        """Draw `n` minimal pairs: a prefix with the verb that agrees and the one that does not.

        Args:
            n: how many.
            seed: equal seeds give equal pairs.
            distance: number of distractor phrases between the subject and its verb.
            attractors: the number of the distractors' nouns. `"opposite"`: the last one differs
                from the subject's (the hard case: the nearest noun points to the wrong verb);
                `"all_opposite"`: all differ; `"same"`: all agree with it; `"any"`: as drawn.

        Raises:
            TypeError, ValueError: if `n`, `seed` or `distance` is no integer or negative,
                `distance` is larger than `max_distractors`, `attractors` is unknown, or
                `p_plural` is 0 or 1 (then there is no other number).

        Source: Linzen, Dupoux & Goldberg (2016), section 2.
        Taught in: chapter 07.
        """
        for name, value in (("n", n), ("seed", seed), ("distance", distance)):
            require_count(name, value)
        if distance > self.max_distractors:
            raise ValueError(
                f"distance is {distance}, but sentences have at most {self.max_distractors} "
                f"distractors; use Grammar(max_distractors={distance}) for longer ones"
            )
        if attractors not in ("opposite", "all_opposite", "same", "any"):
            raise ValueError(
                f"attractors is {attractors!r}, expected 'opposite', 'all_opposite', 'same' "
                "or 'any'"
            )
        if not 0.0 < self.p_plural < 1.0:
            raise ValueError(
                f"p_plural is {self.p_plural}: all nouns have one number, so no verb is wrong; "
                "choose a value between 0 and 1"
            )
        draws = uniform_draws(np.random.default_rng(seed))
        wrong_form = dict(VERB_PAIRS) | {b: a for a, b in VERB_PAIRS}
        pairs = []
        for _ in range(n):
            subject = NUMBERS[next(draws) < self.p_plural]
            prefix = self.pcfg.expand(f"NP.{subject}", draws)
            for phrase in range(distance):
                number = NUMBERS[next(draws) < self.p_plural]
                if attractors == "same":
                    number = subject
                elif attractors == "all_opposite" or (
                    attractors == "opposite" and phrase == distance - 1
                ):
                    number = OTHER[subject]
                prefix += self.pcfg.expand("preposition", draws)
                prefix += self.pcfg.expand(f"NP.{number}", draws)
            right = self.pcfg.expand(f"VP.{subject}", draws)[0]
            pairs.append(Agreement(prefix, right, wrong_form[right]))
        return pairs
