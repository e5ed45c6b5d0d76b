"""English sentences and their Korean translations, drawn together from one grammar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from textbook_nlp.data.generators.optimum import (
    Optimum,
    decided,
    require_count,
    require_probability,
)
from textbook_nlp.data.generators.pcfg import uniform_draws

FIRST_SYLLABLE, FINALS = 0xAC00, 28  # of Unicode's table of Hangul

BEINGS = {
    "cat": "고양이",
    "dog": "개",
    "bird": "새",
    "child": "아이",
    "king": "왕",
    "farmer": "농부",
    "girl": "소녀",
    "boy": "소년",
    "fox": "여우",
    "bear": "곰",
    "rabbit": "토끼",
    "student": "학생",
    "teacher": "선생님",
    "friend": "친구",
}
OWNED = ("friend", "teacher", "student")  # of somebody
THINGS = {
    "book": "책",
    "letter": "편지",
    "picture": "그림",
    "apple": "사과",
    "bread": "빵",
    "flower": "꽃",
    "lamp": "등불",
    "boat": "배",
}
# What one wears, with the verb that Korean has for it: now, before, and before a noun.
WORN = {
    "hat": ("모자", ("쓴다", "썼다", "쓴")),
    "coat": ("외투", ("입는다", "입었다", "입은")),
    "shoe": ("신발", ("신는다", "신었다", "신은")),
}
SEEN = {
    ("sees", "saw"): ("본다", "보았다", "본"),
    ("finds", "found"): ("찾는다", "찾았다", "찾은"),
    ("likes", "liked"): ("좋아한다", "좋아했다", "좋아한"),
    ("draws", "drew"): ("그린다", "그렸다", "그린"),
    ("remembers", "remembered"): ("기억한다", "기억했다", "기억한"),
    ("forgets", "forgot"): ("잊는다", "잊었다", "잊은"),
}
WEARS = ("wears", "wore")
DONE = {
    ("sleeps", "slept"): ("잔다", "잤다"),
    ("laughs", "laughed"): ("웃는다", "웃었다"),
    ("sings", "sang"): ("노래한다", "노래했다"),
    ("dances", "danced"): ("춤춘다", "춤췄다"),
    ("cries", "cried"): ("운다", "울었다"),
}
ADJECTIVES = {"small": "작은", "big": "큰", "clean": "깨끗한", "dirty": "더러운", "pretty": "예쁜"}
OLD = {"being": "늙은", "thing": "낡은"}  # two words for what English calls old
DETERMINERS = {"the": None, "this": "이", "every": "모든"}
PLACES = {
    ("in", "garden"): "정원",
    ("in", "kitchen"): "부엌",
    ("in", "forest"): "숲",
    ("at", "market"): "시장",
    ("at", "school"): "학교",
    ("on", "hill"): "언덕",
    ("by", "river"): "강가",
}
TIMES = ({"now": "지금", "today": "오늘"}, {"yesterday": "어제", "once": "옛날에"})  # by tense

# Written behind a word that ends in a vowel, and in a consonant.
SUBJECT, OBJECT = ("-가", "-이"), ("-를", "-을")
Koreans = list[tuple[str, int | None]]


class Translation(NamedTuple):
    """A sentence, its translation, and which word stands for which.

    Attributes:
        english: words.
        korean: words, with each particle as a word of its own that begins with a hyphen.
        alignment: for each Korean word the position of the English one that it stands for; None
            where English has no such word.
    """

    english: list[str]
    korean: list[str]
    alignment: list[int | None]


@dataclass(frozen=True)
class EnglishKorean:
    """Sentences in English, where the verb comes early, and in Korean, where it comes last.

    *The boy that saw the bear likes this book* is 곰을 본 소년이 이 책을 좋아한다, word by word
    *bear saw boy this book likes*. Clauses and owners stand behind their noun in English and before
    it in Korean, so what is near in one language may be far off in the other. Three choices need a
    word from elsewhere: a particle depends on the last letter of its noun (책을, 사과를), *old* on
    what is old (늙은, 낡은), and *wears* on what is worn (쓴다, 입는다, 신는다). Each sentence has
    one translation.

    Attributes:
        p_clause: probability that the subject, or the last noun of a clause, has a clause.
        max_clauses: largest number of clauses inside each other.
        p_owner: probability of an owner, where a noun without a clause can have one.
        p_adjective: probability that a noun has an adjective.
        p_place: probability that the sentence says where.
        p_time: probability that it says when.

    Raises:
        TypeError, ValueError: if a count is no integer or negative, or a probability outside of
            [0, 1].

    Source: pairs of trees from one grammar follow Wu (1997), "Stochastic inversion transduction
        grammars", section 2.
    Taught in: chapter 13.
    """

    p_clause: float = 0.3
    max_clauses: int = 2
    p_owner: float = 0.3
    p_adjective: float = 0.3
    p_place: float = 0.4
    p_time: float = 0.4

    def __post_init__(self) -> None:
        """Check the parameters."""
        require_count("max_clauses", self.max_clauses)
        for name in ("p_clause", "p_owner", "p_adjective", "p_place", "p_time"):
            require_probability(name, getattr(self, name))

    def sample(self, n: int, seed: int) -> list[Translation]:
        """Draw `n` sentences with their translations.

        Args:
            n: how many.
            seed: equal seeds give equal sentences; a larger `n` continues a smaller one.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative.
        """
        require_count("n", n)
        require_count("seed", seed)
        draws = uniform_draws(np.random.default_rng(seed))
        return [_Sentence(self, draws).translation() for _ in range(n)]

    def optimum(self, metric: Literal["exact_match", "cross_entropy"] = "exact_match") -> Optimum:
        """Return the best that any translator from English into Korean can reach, exactly.

        Raises:
            ValueError: if the metric is another.
        """
        because = "the English sentence decides every word of its translation"
        return decided(metric, "sentences", "token", because)


class _Sentence:
    """One sentence while it is drawn: English from left to right, Korean put together from it."""

    def __init__(self, grammar: EnglishKorean, draws: Iterator[float]):
        self.grammar, self.draws, self.english = grammar, draws, []

    def translation(self) -> Translation:
        """Draw the whole sentence."""
        grammar = self.grammar
        tense = int(self.happens(0.5))
        subject = _with_particle(self.being(grammar.max_clauses), SUBJECT)
        if self.happens(0.3):
            said, words = self.pick(DONE)
            action, verb = [], [(words[tense], self.say(said[tense]))]
        else:
            action, verb = self.deed(tense, tense, self.thing)
        place: Koreans = []
        if self.happens(grammar.p_place):
            (preposition, where), korean = self.pick(PLACES)
            at = self.say(preposition)
            self.say("the")
            place = [(korean, self.say(where)), ("-에서", at)]
        when: Koreans = []
        if self.happens(grammar.p_time):
            time, korean = self.pick(TIMES[tense])
            when = [(korean, self.say(time))]
        together = when + subject + place + action + verb
        return Translation(self.english, [word for word, _ in together], [i for _, i in together])

    def deed(self, tense: int, form: int, thing) -> tuple[Koreans, Koreans]:
        """A verb and what it is done to: the object in Korean, and the verb."""
        if self.happens(0.3):
            at = self.say(WEARS[tense])
            worn, (noun, verb) = self.pick(WORN)
            return _with_particle(self.noun({worn: noun}, "thing"), OBJECT), [(verb[form], at)]
        said, verb = self.pick(SEEN)
        at = self.say(said[tense])
        return _with_particle(thing(), OBJECT), [(verb[form], at)]

    def thing(self) -> Koreans:
        """What is seen: a being or a thing, without a clause that might seem to be another's."""
        return self.being(0) if self.happens(0.5) else self.noun(THINGS, "thing")

    def being(self, clauses: int) -> Koreans:
        """Somebody, perhaps with an owner or with a clause that has so many more inside."""
        noun = self.noun(BEINGS, "being")
        if clauses and self.happens(self.grammar.p_clause):
            self.say("that")
            things, verb = self.deed(1, 2, lambda: self.being(clauses - 1))
            return things + verb + noun
        if self.english[-1] in OWNED and self.happens(self.grammar.p_owner):
            of = self.say("of")
            return [*self.noun(BEINGS, "being"), ("-의", of), *noun]
        return noun

    def noun(self, nouns, kind: Literal["being", "thing"]) -> Koreans:
        """A determiner, perhaps an adjective, and a noun: in the same order in both languages."""
        korean: Koreans = []
        determiner, word = self.pick(DETERMINERS)
        at = self.say(determiner)
        korean += [(word, at)] if word else []
        if self.happens(self.grammar.p_adjective):
            adjective, word = self.pick(ADJECTIVES | {"old": OLD[kind]})
            korean.append((word, self.say(adjective)))
        noun, word = self.pick(nouns)
        return [*korean, (word, self.say(noun))]

    def say(self, word: str) -> int:
        """Add a word in English, and return its position."""
        self.english.append(word)
        return len(self.english) - 1

    def happens(self, probability: float) -> bool:
        """Whether a thing of this probability happens."""
        return next(self.draws) < probability

    def pick(self, choices):
        """One of the items of a table."""
        return list(choices.items())[int(next(self.draws) * len(choices))]


def _with_particle(words: Koreans, particle: tuple[str, str]) -> Koreans:
    """Put the form of a particle behind a noun that goes with the noun's last letter."""
    last = words[-1][0][-1]
    return [*words, (particle[(ord(last) - FIRST_SYLLABLE) % FINALS > 0], None)]


def attach_particles(korean: Sequence[str]) -> str:
    """Write Korean words as a sentence, each particle joined to its noun.

    Example:
        >>> attach_particles(["곰", "-을", "본", "소년", "-이", "웃는다"])
        '곰을 본 소년이 웃는다'

    Taught in: chapter 13.
    """
    return " ".join(korean).replace(" -", "")
