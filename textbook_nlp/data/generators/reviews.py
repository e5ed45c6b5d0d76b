"""Film reviews, good or bad, with negation, and with order that matters."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate, combinations_with_replacement, permutations, product
from math import prod
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from textbook_nlp.data.generators.optimum import (
    Optimum,
    label_optimum,
    require_count,
    require_probability,
)

# By falling frequency; both lists mean the same all the way down, and their ends are rare.
_PRAISE = (
    "good great fine lovely wonderful funny clever charming brilliant gripping moving superb "
    "witty delightful touching warm elegant excellent tender splendid inspired absorbing "
    "dazzling graceful stirring enchanting radiant poignant captivating marvelous exquisite "
    "riveting masterly sublime luminous nimble beguiling joyous effervescent resplendent"
)
_BLAME = (
    "bad dull boring poor weak slow awful silly terrible predictable clumsy flat tedious "
    "dreadful lifeless hollow sloppy wooden tiresome horrible feeble dreary bland shallow "
    "muddled stale forgettable grating dismal insipid ponderous leaden abysmal trite vapid "
    "turgid lumbering soporific jejune stultifying"
)
_ASPECTS = (
    "plot acting ending dialogue music script story cast pacing humor direction editing "
    "soundtrack opening scenery camerawork"
)
PRAISE, BLAME, ASPECTS = _PRAISE.split(), _BLAME.split(), _ASPECTS.split()
ADVERBS = ("", "very ", "really ", "truly ", "rather ", "quite ")
ADVERB_SHARES = (0.58, 0.14, 0.12, 0.06, 0.05, 0.05)
STATED = ("was {adv}{adj}", "felt {adv}{adj}", "seemed {adv}{adj}")
STATED_SHARES = (0.7, 0.15, 0.15)
NEGATED = (
    "was not {adv}{adj}",
    "wasn't {adv}{adj}",
    "was not {adj} at all",
    "was never {adj}",
    "was hardly {adj}",
    "did not feel {adj}",
    "never seemed {adv}{adj}",
)
NEGATED_SHARES = (0.28, 0.22, 0.14, 0.12, 0.1, 0.07, 0.07)
NEGATIONS = ("not", "wasn't", "never", "hardly")
# {minor} concedes, {major} is what counts: sometimes the last clause, sometimes the first.
CONTRASTS = (
    "{minor}, but {major}",
    "{minor}, yet {major}",
    "although {minor}, {major}",
    "{major}, although {minor}",
)
CONTRAST_SHARES = (0.4, 0.15, 0.25, 0.2)
# Each: a sentence, its weight in bad reviews, its weight in good ones.
Option = tuple[str, float, float]
OPENERS: tuple[Option, ...] = (
    ("", 50, 50),
    ("I saw this film with my brother.", 10, 10),
    ("My sister chose this one.", 10, 10),
    ("We watched it on Sunday.", 10, 10),
    ("This is the second part of the series.", 10, 10),
    ("I had read the book first.", 10, 10),
)
CLOSERS: tuple[Option, ...] = (
    ("", 50, 50),
    ("What a waste of an evening.", 10, 2),
    ("I left before the credits.", 7, 1),
    ("I checked my watch twice.", 7, 3),
    ("Bring a pillow.", 6, 2),
    ("Save your money.", 6, 2),
    ("It might do on a rainy afternoon.", 5, 5),
    ("I laughed all the way home.", 3, 7),
    ("Bring a friend.", 2, 8),
    ("It stays with you for days.", 2, 8),
    ("I would happily see it again.", 2, 12),
)
# What the clauses of a review do, and how often: "free" ones follow the verdict, each for itself.
SHAPES: tuple[tuple[str, ...], ...] = (("free",), ("free", "free"), ("free", "free", "free"))
SHAPE_SHARES = (0.2, 0.4, 0.4)
MIXED: tuple[tuple[str, ...], ...] = (("minor", "major"), ("free", "minor", "major"))
MIXED_SHARES = (0.6, 0.4)
_LAYOUTS = {  # how they are shared out among sentences: two free clauses are joined by "and"
    *[(s[:2],) if len(s) < 3 else (s[:2], s[2:]) for s in SHAPES],
    *[(s,) if len(s) < 3 else (s[:1], s[1:]) for s in MIXED],
}
SHARE_OF_PAIRS = 0.3
# Only sums and products of floats decide what is drawn: powers may differ between machines.
_ZIPF = [1.0 / rank for rank in range(1, len(PRAISE) + 1)]
_SHARES = [weight / sum(_ZIPF) for weight in _ZIPF]
_COLUMNS = 8  # random numbers a clause takes
_PLACE = {word: (sign, i) for sign, of in ((1, PRAISE), (0, BLAME)) for i, word in enumerate(of)}

Clause = tuple[int, bool, int]
"""Of one clause: whether its adjectives praise (1) or blame (0), negation, number of adjectives."""


class LabeledReviews(NamedTuple):
    """Reviews, and for each the verdict: 1 for a good film, 0 for a bad one."""

    texts: list[str]
    labels: Int[np.ndarray, "B"]


@dataclass(frozen=True)
class Reviews:
    """Film reviews whose Bayes accuracy is known exactly, with and without the order of the words.

    A review has up to three clauses, each about one aspect of the film. A *free* clause agrees
    with the verdict with probability `agreement`. It says so by an adjective (or two) of that
    polarity, or by the negation of one of the other: *was good*, *was not dull at all*. In a
    *contrast* two clauses of opposite polarity meet, and only the grammar tells which one counts
    (*the plot was dull, but the acting was great*; *the plot was great, although the acting was
    dull*); that clause agrees with the verdict with probability `agreement`. Adjectives follow
    Zipf's law within their polarity, so most are rare, and which one stands there tells no more
    than its polarity. The sentence at the end tells a little; all else carries no clue.

    Attributes:
        share: share of good reviews.
        agreement: how often a clause agrees with the verdict; 0.5 makes clauses useless.
        negated: share of the clauses that are negated.
        contrast: share of the reviews that hold a contrast.

    Raises:
        ValueError: if a value is outside of [0, 1].

    Taught in: chapters 02 and 05.
    """

    share: float = 0.5
    agreement: float = 0.9
    negated: float = 0.25
    contrast: float = 0.3

    def __post_init__(self) -> None:
        """Check the parameters."""
        for name in ("share", "agreement", "negated", "contrast"):
            require_probability(name, getattr(self, name))

    @property
    def words(self) -> list[str]:
        """Every word that a review can contain, in small letters, in alphabetical order."""
        return sorted(_vocabulary())

    def sample(self, n: int, seed: int) -> LabeledReviews:
        """Draw `n` reviews.

        Args:
            n: how many (B).
            seed: equal seeds give equal reviews; a larger `n` continues a smaller one.

        Returns:
            The texts, and an integer array (B,) that is 1 where the film is said to be good.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative.

        Taught in: chapter 02.
        """
        require_count("n", n)
        require_count("seed", seed)
        draws = np.random.default_rng(seed).random((n, 6 + 3 * _COLUMNS))
        labels = (draws[:, 0] < self.share).astype(np.int64)
        texts = [
            self._write(row, label)
            for row, label in zip(draws.tolist(), labels.tolist(), strict=True)
        ]
        return LabeledReviews(texts, labels)

    def _write(self, draws: list[float], label: int) -> str:
        """Put one review together from its random numbers."""
        _, kind, shape, opener, closer, order = draws[:6]
        if kind < self.contrast:
            roles = MIXED[_pick(MIXED_SHARES, shape)]
        else:
            roles = SHAPES[_pick(SHAPE_SHARES, shape)]
        aspects = list(ASPECTS)
        clauses: dict[str, list[str]] = {"free": [], "minor": [], "major": []}
        agrees = True
        # The clause that counts is drawn first, since the one that concedes says the opposite.
        for i, role in enumerate(reversed(roles)):
            own = draws[6 + i * _COLUMNS : 6 + (i + 1) * _COLUMNS]
            agrees = (own[0] < self.agreement) if role != "minor" else not agrees
            aspect = aspects.pop(int(own[1] * len(aspects)))
            polarity = label if agrees else 1 - label
            clauses[role].append(f"the {aspect} {_said(polarity, self.negated, own[2:])}")
        sentences = [OPENERS[_pick([o[1 + label] for o in OPENERS], opener)][0]]
        if kind < self.contrast:
            joined = CONTRASTS[_pick(CONTRAST_SHARES, order)]
            joined = joined.format(minor=clauses["minor"][0], major=clauses["major"][0])
            sentences += [*clauses["free"], joined]
        else:
            # The first two clauses of a list share a sentence.
            sentences += [" and ".join(clauses["free"][:2]), *clauses["free"][2:]]
        sentences = [s if s.endswith(".") else f"{s[:1].upper()}{s[1:]}." for s in sentences if s]
        ending = CLOSERS[_pick([o[1 + label] for o in CLOSERS], closer)][0]
        return " ".join([*sentences, ending] if ending else sentences)

    def optimum(self, metric: Literal["accuracy", "cross_entropy"] = "accuracy") -> Optimum:
        """Return the Bayes accuracy, or the lowest cross-entropy of the label (nats), exactly.

        All combinations of the choices that depend on the verdict are enumerated.

        Raises:
            ValueError: if the metric is another.

        Taught in: chapter 02.
        """
        joint = np.array(list(self._in_order.values())).T[:, :, None] * self._ends[:, None]
        because = "every combination of what a whole review tells of the verdict was enumerated"
        return label_optimum(metric, [joint.reshape(2, -1)], "reviews", because)

    def bag_of_words_optimum(
        self, metric: Literal["accuracy", "cross_entropy"] = "accuracy"
    ) -> Optimum:
        """Return the best value for a model that sees how often each word occurs, and no order.

        Exact, and for any such model, not only for a linear one. Which adjectives there are counts
        too, a little: no clause has the same one twice, so a word that comes twice tells of two
        clauses.

        Raises:
            ValueError: if the metric is another.

        Taught in: chapter 02.
        """
        because = "every combination of clauses, and of words in them, was enumerated"
        return label_optimum(metric, self._bags(), "reviews", because)

    def _bags(self) -> Iterator[Float[np.ndarray, "2 K"]]:
        """P(label, counts of the words), without counts that differ only in what tells nothing."""
        shares = tuple(_SHARES)
        for (_, _, praise, blame, *_), parts in self._in_bags.items():
            joint = np.array(list(parts.values())).T
            if len(parts) > 1:  # which words they are tells how many clauses each polarity has
                joint = joint @ [
                    np.outer(_chances(shares, praise, *p), _chances(shares, blame, *b)).ravel()
                    for p, b in parts
                ]
            for end in self._ends.T:
                yield joint * end[:, None]

    def posterior(self, text: str) -> float:
        """Return the exact probability that a review of this generator calls its film good.

        Raises:
            ValueError: if the generator cannot have written `text`.

        Taught in: chapter 02.
        """
        roles, clauses, end = parse(text)
        return self._good(self._in_order.get((roles, clauses), (0.0, 0.0)), end, text)

    def bag_of_words_posterior(self, text: str) -> float:
        """Return the exact probability of a good film, given the counts of the words alone.

        Args:
            text: a review, or its words in any order.

        Raises:
            ValueError: if the generator cannot have written the words of `text`.

        Taught in: chapter 02.
        """
        bag = read_bag(text)
        bad = good = 0.0
        for (of_praise, of_blame), part in self._in_bags.get(bag.key, {}).items():
            chance = _chance(bag.praise, *of_praise) * _chance(bag.blame, *of_blame)
            bad, good = bad + chance * part[0], good + chance * part[1]
        return self._good((bad, good), bag.end, text)

    def _good(self, joint: Sequence[float], end: int, text: str) -> float:
        bad, good = joint[0] * self._ends[0, end], joint[1] * self._ends[1, end]
        if bad + good == 0.0:
            raise ValueError(f"{text!r} is not a review of this generator")
        return float(good / (bad + good))

    @cached_property
    def _ends(self) -> Float[np.ndarray, "2 E"]:
        """P(closer | label)."""
        weights = np.array([weights for _, *weights in CLOSERS], float).T
        return weights / weights.sum(axis=1, keepdims=True)

    @cached_property
    def _in_order(self) -> dict[tuple, list[float]]:
        """P(label, roles and clauses)."""
        return {(roles, clauses): both for roles, clauses, both in self._bodies()}

    @cached_property
    def _in_bags(self) -> dict[tuple, dict[tuple, list[float]]]:
        """P(label, what can be counted, how many single adjectives and pairs of each polarity)."""
        table: dict[tuple, dict[tuple, list[float]]] = {}
        for roles, clauses, both in self._bodies():
            key, parts = _counted(roles, clauses)
            row = table.setdefault(key, {}).setdefault(parts, [0.0, 0.0])
            row[:] = row[0] + both[0], row[1] + both[1]
        return table

    def _bodies(self) -> Iterator[tuple[tuple[str, ...], tuple[Clause, ...], list[float]]]:
        """Every shape with every way to fill its clauses, and its probability with each label."""
        shapes = [(s, p * (1.0 - self.contrast)) for s, p in zip(SHAPES, SHAPE_SHARES, strict=True)]
        shapes += [(s, p * self.contrast) for s, p in zip(MIXED, MIXED_SHARES, strict=True)]
        states = list(product((0, 1), (False, True), (1, 2)))
        for roles, share in shapes:
            for clauses in product(states, repeat=len(roles)):
                said = [praise != negated for praise, negated, _ in clauses]
                if "minor" in roles and said[-1] == said[-2]:
                    continue
                how = 1.0
                for _, negated, size in clauses:
                    how *= self.negated if negated else 1.0 - self.negated
                    how *= SHARE_OF_PAIRS if size == 2 else 1.0 - SHARE_OF_PAIRS
                both = []
                for label, prior in ((0, 1.0 - self.share), (1, self.share)):
                    p = share * how * prior
                    for role, polarity in zip(roles, said, strict=True):
                        if role != "minor":
                            agrees = polarity == bool(label)
                            p *= self.agreement if agrees else 1.0 - self.agreement
                    both.append(p)
                yield roles, clauses, both


def parse(text: str) -> tuple[tuple[str, ...], tuple[Clause, ...], int]:
    """Return what a review says: the roles of its clauses, the clauses, and which closer it has.

    Of two clauses in a contrast the one that counts comes last, wherever it stands in the text.

    Raises:
        ValueError: if no combination of options gives `text`.

    Taught in: chapter 02.
    """
    refusal = ValueError(f"{text!r} is not a review of this generator")
    end = next((i for i, (c, _, _) in enumerate(CLOSERS) if c and text.endswith(f". {c}")), 0)
    body = text.removesuffix(f" {CLOSERS[end][0]}") if end else text
    opener = next((o for o, _, _ in OPENERS if o and body.startswith(f"{o} ")), "")
    body = body.removeprefix(f"{opener} ") if opener else body
    layout, pieces = [], []
    for sentence in body.removesuffix(".").split(". "):
        small = sentence[:1].lower() + sentence[1:]
        found = next((m.groupdict() for form in _FORMS if (m := form.fullmatch(small))), {})
        parts = [(role, found[role]) for role in ("minor", "major") if role in found]
        parts = parts or [("free", piece) for piece in re.split(" and (?=the )", small)]
        layout.append(tuple(role for role, _ in parts))
        pieces += [piece for _, piece in parts]
    said = [_CLAUSE.fullmatch(piece) for piece in pieces]
    capitals = all(s[:1].isupper() for s in body.split(". ")) and body.endswith(".")
    aspects = {match["aspect"] for match in said if match}
    if tuple(layout) not in _LAYOUTS or len(aspects) < len(pieces) or not capitals:
        raise refusal
    clauses = []
    for match in said:
        adjectives = [_PLACE[word] for word in match.group().split() if word in _PLACE]
        if len({sign for sign, _ in adjectives}) > 1 or len(set(adjectives)) < len(adjectives):
            raise refusal
        clauses.append((adjectives[0][0], match["negated"] is not None, len(adjectives)))
    return tuple(role for sentence in layout for role in sentence), tuple(clauses), end


class Bag(NamedTuple):
    """What the counts of a review's words tell about its verdict.

    Attributes:
        key: whether there is a contrast; how many clauses, adjectives that praise and that blame,
            negations, and "or".
        praise, blame: the adjectives, as positions in their lists.
        end: which closer there is.
    """

    key: tuple[bool, int, int, int, int, int]
    praise: tuple[int, ...]
    blame: tuple[int, ...]
    end: int


def read_bag(text: str) -> Bag:
    """Return all that the counts of the words tell about the verdict, in any order of the words.

    Raises:
        ValueError: if the words are not those of a review.
    """
    counts = Counter(re.findall(r"[\w']+", text.lower()))
    ends = [i for i, mark in enumerate(_MARKS) if mark and mark <= counts.keys()]
    clauses = [number for word, number in counts.items() if word in ASPECTS]
    if len(ends) > 1 or max(clauses, default=0) > 1 or not counts.keys() <= _vocabulary():
        raise ValueError(f"{text!r} is not a review of this generator")
    said = sorted(_PLACE[word] for word in counts.elements() if word in _PLACE)
    praise = tuple(place for sign, place in said if sign == 1)
    blame = tuple(place for sign, place in said if sign == 0)
    mixed = bool(counts["but"] + counts["yet"] + counts["although"])
    negations = sum(counts[word] for word in NEGATIONS)
    key = (mixed, len(clauses), len(praise), len(blame), negations, counts["or"])
    return Bag(key, praise, blame, (ends or [0])[0])


def _counted(roles: tuple[str, ...], clauses: tuple[Clause, ...]) -> tuple[tuple, tuple]:
    """What is left of clauses in order once they are counted: the key, and what lies below it."""
    sizes = [[size for sign, _, size in clauses if sign == s] for s in (1, 0)]
    negations = sum(negated for _, negated, _ in clauses)
    alternatives = sum(negated and size == 2 for _, negated, size in clauses)
    key = ("minor" in roles, len(clauses), *map(sum, sizes), negations, alternatives)
    return key, tuple((of.count(1), of.count(2)) for of in sizes)


def _chance(words: tuple[int, ...], singles: int, pairs: int) -> float:
    """Return the probability that so many single adjectives and pairs are just these, in any order.

    The second of a pair is another word than the first.
    """
    if pairs == 0 and len(words) < 2:
        return prod((_SHARES[i] for i in words), start=1.0)
    chances = []
    for order in sorted(set(permutations(words))):
        chance = prod(_SHARES[i] for i in order)
        for first, second in zip(order[singles::2], order[singles + 1 :: 2], strict=True):
            chance *= 0.0 if first == second else 1.0 / (1.0 - _SHARES[first])
        chances.append(chance)
    return sum(chances)


@cache
def _chances(
    shares: tuple[float, ...], number: int, singles: int, pairs: int
) -> Float[np.ndarray, "K"]:
    """The same of every choice of so many adjectives."""
    bags = combinations_with_replacement(range(len(shares)), number)
    return np.array([_chance(words, singles, pairs) for words in bags])


def _said(polarity: int, negated: float, draws: list[float]) -> str:
    """Say something good (1) or bad (0), directly or by the negation of its opposite."""
    negate = draws[0] < negated
    templates, shares = (NEGATED, NEGATED_SHARES) if negate else (STATED, STATED_SHARES)
    words = PRAISE if bool(polarity) != negate else BLAME
    first = _pick(_ZIPF, draws[1])
    adjective = words[first]
    if draws[2] < SHARE_OF_PAIRS:
        others = words[:first] + words[first + 1 :]
        second = others[_pick(_ZIPF[:first] + _ZIPF[first + 1 :], draws[3])]
        adjective += f" {'or' if negate else 'and'} {second}"
    adverb = ADVERBS[_pick(ADVERB_SHARES, draws[4])]
    return templates[_pick(shares, draws[5])].format(adv=adverb, adj=adjective)


def _pick(weights: Sequence[float | int], draw: float) -> int:
    """Return the option that a uniform number in [0, 1) falls on."""
    running = list(accumulate(weights))
    return min(bisect_right(running, draw * running[-1]), len(running) - 1)


def _clause_pattern() -> re.Pattern:
    """The clauses that the templates give; which adjectives fit together is not looked at."""
    adjective = f"(?:{'|'.join((*PRAISE, *BLAME))})"
    adverb = f"(?:{'|'.join(ADVERBS)})"

    def either(templates: Sequence[str], joiner: str) -> str:
        what = f"{adjective}(?: {joiner} {adjective})?"
        return "|".join(template.format(adv=adverb, adj=what) for template in templates)

    said = f"(?P<negated>{either(NEGATED, 'or')})|{either(STATED, 'and')}"
    return re.compile(f"the (?P<aspect>{'|'.join(ASPECTS)}) (?:{said})")


_CLAUSE = _clause_pattern()
_FORMS = [
    re.compile(
        re.escape(form)
        .replace(r"\{minor\}", "(?P<minor>the .+)")
        .replace(r"\{major\}", "(?P<major>the .+)")
    )
    for form in CONTRASTS
]


@cache
def _vocabulary() -> frozenset[str]:
    """Every word that a review can contain, in small letters."""
    pieces = [*PRAISE, *BLAME, *ASPECTS, *ADVERBS, *STATED, *NEGATED, *CONTRASTS, "the and or"]
    pieces += [text for text, _, _ in (*OPENERS, *CLOSERS)]
    plain = (re.sub(r"\{\w+\}|[.,]", " ", piece).lower() for piece in pieces)
    return frozenset().union(*(piece.split() for piece in plain))


def _marks() -> list[set[str]]:
    """For each closer the words that no other part of a review has."""
    texts = [re.findall(r"[\w']+", text.lower()) for text, _, _ in CLOSERS]
    rest = " ".join([*(t for t, _, _ in OPENERS), *STATED, *NEGATED, *CONTRASTS, *ADVERBS]).lower()
    taken = Counter(word for words in texts for word in set(words))
    taken.update([*rest.split(), *PRAISE, *BLAME, *ASPECTS, "the", "and", "or"])
    return [{word for word in words if taken[word] == 1} for words in texts]


_MARKS = _marks()
