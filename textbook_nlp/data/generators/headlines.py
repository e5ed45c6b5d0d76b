"""Headlines, plain or sarcastic, with everything that makes tokenization hard."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from textbook_nlp.data.generators.optimum import (
    Optimum,
    label_optimum,
    require_count,
    require_probability,
)

# Each option: text, weight in plain headlines, weight in sarcastic ones. Braces are filled in
# independently of the label. Verbs have forms that fit singular and plural subjects alike.
Option = tuple[str, float, float]
OPENERS: tuple[Option, ...] = (
    ("", 60, 60),
    ("Report: ", 6, 14),
    ("Study: ", 10, 8),
    ("Breaking: ", 8, 6),
    ("Opinion: ", 6, 8),
    ("Update — ", 10, 4),
)
SUBJECTS: tuple[Option, ...] = (
    ("{Town} council", 14, 2),
    ("{Town} mayor", 10, 6),
    ("teachers' union", 7, 2),
    ("{n} firefighters", 7, 1),
    ("researchers", 9, 6),
    ("state's largest hospital", 6, 1),
    ("city's oldest café", 3, 5),
    ("first-time buyers", 6, 2),
    ("small-business owners", 6, 3),
    ("central bank", 7, 2),
    ("{Town} school board", 7, 3),
    ("area man", 1, 12),
    ("local woman", 2, 10),
    ("{age}-year-old hamster", 1, 5),
    ("man who doesn't own umbrella", 1, 6),
    ("nation's houseplants", 1, 5),
    ("self-driving shopping cart", 1, 4),
    ("couple's only spoon", 1, 3),
    ("jet-lagged fiancé", 1, 4),
    ("office printer", 1, 5),
)
VERBS: tuple[Option, ...] = (
    ("to open", 12, 2),
    ("won't rule out", 8, 5),
    ("warned of", 9, 4),
    ("voted against", 9, 2),
    ("announced", 12, 5),
    ("delayed", 9, 2),
    ("to pay for", 8, 3),
    ("can't explain", 4, 8),
    ("still waiting for", 5, 9),
    ("quietly forgave", 1, 9),
    ("reportedly in love with", 1, 8),
    ("apologized to", 3, 8),
    ("wasn't ready for", 4, 9),
    ("took credit for", 4, 8),
    ("broke up with", 1, 7),
)
OBJECTS: tuple[Option, ...] = (
    ("{n} new bus routes", 11, 2),
    ("${n} million bridge", 11, 2),
    ("long-awaited tax plan", 10, 4),
    ("{decimal}% rent rise", 10, 3),
    ("flood-relief fund", 8, 2),
    ("two-day strike", 8, 3),
    ("{Town} airport", 10, 3),
    ("{decimal}-mile tunnel", 7, 3),
    ("water-quality report", 7, 3),
    ("own reflection", 1, 9),
    ("third cup of coffee", 1, 9),
    ("{n} unread e-mails", 2, 8),
    ("concept of Tuesday", 1, 7),
    ("leftover jalapeño dip", 1, 6),
    ("neighbor's Wi-Fi", 2, 7),
    ("naïve to-do list", 1, 7),
    ("group chat", 4, 8),
)
CLOSERS: tuple[Option, ...] = (
    ("", 50, 40),
    (", officials say", 14, 6),
    (" by {year}", 12, 5),
    (" after {n}-hour debate", 10, 6),
    (", sources confirm", 5, 13),
    (", again", 4, 9),
    (" out of spite", 1, 9),
    ("!", 2, 6),
    ("?", 2, 6),
)
# Whoever comes first is the only clue here: the same words, in another order.
ORDERS: tuple[Option, ...] = (("official first", 85, 20), ("animal first", 15, 80))
OFFICIALS = ("mayor", "judge", "minister", "school principal", "referee")
DEEDS = ("scolded", "chased", "outwitted", "sued", "evicted", "hired")
ANIMALS = ("goose", "raccoon", "squirrel", "llama", "pigeon", "three-legged cat")
SHARE_OF_DUELS = 0.2

_HEADS = (
    "Ash Bram Cold Dun El Fen Glen Har Ing Kel Lang Mar Nor Oak Pen Quar Rook Stan Thorn Ul Ven "
    "Wil Yar Zel"
)
_TAILS = "brook bury combe dale field ford gate ham ley mere mouth port ridge stead ton wick"
# The order of the towns is their rank of frequency; the stride mixes heads and tails.
TOWNS = [_HEADS.split()[7 * i % 24] + _TAILS.split()[(i + i // 24) % 16] for i in range(24 * 16)]
# Only sums and products of floats decide what is drawn: powers may differ between machines.
_ZIPF = list(accumulate(1.0 / rank for rank in range(1, len(TOWNS) + 1)))
_MAGNITUDES = ((2, 10), (10, 100), (100, 1000), (1000, 5000))
SLOTS = {"opener": OPENERS, "subject": SUBJECTS, "verb": VERBS, "object": OBJECTS}
SLOTS |= {"closer": CLOSERS, "order": ORDERS}
STYLES = ("lower", "sentence", "title", "upper")
STYLE_SHARES = (0.45, 0.3, 0.2, 0.05)
CURLY_SHARE = 0.25
_FILLERS = {
    "{town}": "[a-z]+",
    "{n}": r"[\d,]+",
    "{age}": r"\d+",
    "{decimal}": r"\d+\.\d",
    "{year}": r"\d{4}",
}


class LabeledHeadlines(NamedTuple):
    """Headlines, and for each whether it is sarcastic."""

    texts: list[str]
    sarcastic: Bool[np.ndarray, "B"]


@dataclass(frozen=True)
class Headlines:
    """Plain and sarcastic headlines whose Bayes accuracy is known exactly.

    A headline is put together from an opener, a subject, a verb, an object and a closer, each
    drawn independently once the label is known; one in five is a meeting of an official and an
    animal, in which the order alone tells (*mayor chased goose*, *goose chased mayor*). Letter
    case, apostrophes (straight or curly), numbers and the names of towns carry no clue; they are
    there because real text has them, and the names because most words of real text are rare.

    Attributes:
        share: share of sarcastic headlines.
        strength: how far the two kinds differ, from 0 (not at all) to 1.

    Raises:
        ValueError: if a value is outside of [0, 1].

    Taught in: chapters 01 and 05.
    """

    share: float = 0.44
    strength: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        require_probability("share", self.share)
        require_probability("strength", self.strength)

    @cached_property
    def _tables(self) -> dict[str, Float[np.ndarray, "2 K"]]:
        """For each slot the probabilities of its options, in plain and in sarcastic headlines."""
        tables = {}
        for slot, options in SLOTS.items():
            weights = np.array([[plain, sarcastic] for _, plain, sarcastic in options], float).T
            own = weights / weights.sum(axis=1, keepdims=True)
            tables[slot] = self.strength * own + (1.0 - self.strength) * own.mean(axis=0)
        return tables

    def sample(self, n: int, seed: int) -> LabeledHeadlines:
        """Draw `n` headlines.

        Args:
            n: how many (B).
            seed: equal seeds give equal headlines; a larger `n` continues a smaller one.

        Returns:
            The texts, and a boolean array (B,) that is true where a text is sarcastic.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative.

        Taught in: chapter 01.
        """
        require_count("n", n)
        require_count("seed", seed)
        draws = np.random.default_rng(seed).random((n, 20))
        sarcastic = draws[:, 0] < self.share
        duel = draws[:, 1] < SHARE_OF_DUELS
        chosen = {}
        for column, slot in enumerate(SLOTS, start=2):
            running = np.cumsum(self._tables[slot], axis=1)[:, :-1]
            chosen[slot] = (draws[:, column, None] >= running[sarcastic.astype(int)]).sum(axis=1)
        style = np.searchsorted(np.cumsum(STYLE_SHARES)[:-1], draws[:, 8], side="right")
        texts = []
        for i, row in enumerate(draws.tolist()):
            if duel[i]:
                middle = _duel(bool(chosen["order"][i]), row[9:12])
            else:
                parts = (SLOTS[s][chosen[s][i]][0] for s in ("subject", "verb", "object"))
                middle = " ".join(parts)
            text = OPENERS[chosen["opener"][i]][0] + middle + CLOSERS[chosen["closer"][i]][0]
            text = _styled(_filled(text, row[12:19]), STYLES[style[i]])
            texts.append(text.replace("'", "’") if row[19] < CURLY_SHARE else text)
        return LabeledHeadlines(texts, sarcastic)

    def optimum(self, metric: Literal["accuracy", "cross_entropy"] = "accuracy") -> Optimum:
        """Return the Bayes accuracy, or the lowest cross-entropy of the label (nats), exactly.

        All combinations of the choices that depend on the label are enumerated.

        Raises:
            ValueError: if the metric is another.

        Taught in: chapter 02.
        """
        because = "every combination of the parts that depend on the label was enumerated"
        return label_optimum(metric, self._joint(), "headlines", because)

    def _joint(self) -> Iterator[Float[np.ndarray, "2 K"]]:
        """P(label, choices), for both kinds of headlines."""
        for weight, slots in (
            (1.0 - SHARE_OF_DUELS, ("opener", "subject", "verb", "object", "closer")),
            (SHARE_OF_DUELS, ("opener", "order", "closer")),
        ):
            joint = weight * np.array([[1.0 - self.share], [self.share]])
            for slot in slots:
                joint = (joint[:, :, None] * self._tables[slot][:, None, :]).reshape(2, -1)
            yield joint

    def posterior(self, text: str) -> float:
        """Return the exact probability that a headline of this generator is sarcastic.

        Args:
            text: a headline in any letter case, with straight or curly apostrophes.

        Raises:
            ValueError: if the generator cannot have written `text`.

        Taught in: chapter 02.
        """
        plain, sarcastic = 1.0 - self.share, self.share
        for slot, option in parse(text).items():
            plain *= self._tables[slot][0, option]
            sarcastic *= self._tables[slot][1, option]
        return float(sarcastic / (plain + sarcastic))


def parse(text: str) -> dict[str, int]:
    """Return the options that a headline is made of, as indices into `SLOTS`.

    Raises:
        ValueError: if no combination of options gives `text`.
    """
    normal = text.lower().replace("’", "'")
    for form in (_DUEL, _ORDINARY):
        match = form.fullmatch(normal)
        if match:
            found = match.groupdict()
            options = {
                slot: next(i for i, p in enumerate(_PATTERNS[slot]) if p.fullmatch(found[slot]))
                for slot in _PATTERNS
                if slot in found
            }
            return (
                options
                if "subject" in found
                else options | {"order": int(found["beast"] is not None)}
            )
    raise ValueError(f"{text!r} is not a headline of this generator")


def _duel(animal_first: bool, draws: list[float]) -> str:
    official, deed, animal = (
        words[int(draw * len(words))]
        for words, draw in zip((OFFICIALS, DEEDS, ANIMALS), draws, strict=True)
    )
    return f"{animal} {deed} {official}" if animal_first else f"{official} {deed} {animal}"


def _filled(text: str, draws: list[float]) -> str:
    """Replace the braces; numbers spread over the orders of magnitude, towns follow Zipf."""
    if "{" not in text:
        return text
    for name, draw in (("{Town}", draws[0]), ("{Town}", draws[1])):
        text = text.replace(name, TOWNS[bisect_right(_ZIPF, draw * _ZIPF[-1])], 1)
    for draw in draws[2:5]:
        low, high = _MAGNITUDES[int(4 * draw)]
        text = text.replace("{n}", f"{low + int((4 * draw) % 1 * (high - low)):,}", 1)
    text = text.replace("{age}", str(2 + int(draws[5] * 8)))
    text = text.replace("{decimal}", f"{1 + int(draws[5] * 150) / 10:.1f}")
    return text.replace("{year}", str(2027 + int(draws[6] * 24)))


def _styled(text: str, style: str) -> str:
    if style == "lower":
        return text.lower()
    if style == "upper":
        return text.upper()
    if style == "title":
        return " ".join(word[:1].upper() + word[1:] for word in text.split(" "))
    return text[:1].upper() + text[1:]


def _pattern(template: str) -> str:
    pattern = re.escape(template.lower())
    for name, expression in _FILLERS.items():
        pattern = pattern.replace(re.escape(name), expression)
    return pattern


_PATTERNS = {
    slot: [re.compile(_pattern(text)) for text, _, _ in options]
    for slot, options in SLOTS.items()
    if slot != "order"
}


def _either(slot: str) -> str:
    return f"(?P<{slot}>{'|'.join(p.pattern for p in _PATTERNS[slot])})"


def _words(words: tuple[str, ...]) -> str:
    return f"({'|'.join(words)})"


_ORDINARY = re.compile(
    f"{_either('opener')}{_either('subject')} {_either('verb')} {_either('object')}"
    f"{_either('closer')}"
)
_MEETINGS = (
    f"{_words(OFFICIALS)} {_words(DEEDS)} {_words(ANIMALS)}",
    f"(?P<beast>{_words(ANIMALS)}) {_words(DEEDS)} {_words(OFFICIALS)}",
)
_DUEL = re.compile(f"{_either('opener')}({'|'.join(_MEETINGS)}){_either('closer')}")
