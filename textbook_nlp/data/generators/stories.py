"""Short stories, the pieces of them that answer a question, and the question that asks for each."""

from collections.abc import Iterator
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

PEOPLE = {
    "mina": "she",
    "hana": "she",
    "clara": "she",
    "iris": "she",
    "noor": "she",
    "omar": "he",
    "jonas": "he",
    "tomas": "he",
    "emil": "he",
    "yuto": "he",
}
COLORS = ("red", "blue", "green", "old", "small", "heavy")
THINGS = ("lamp", "basket", "kite", "drum", "map", "kettle", "rope", "bell", "umbrella", "ladder")
PLACES = {
    "market": "at",
    "station": "at",
    "harbor": "at",
    "garden": "in",
    "kitchen": "in",
    "forest": "in",
    "hill": "on",
    "bridge": "on",
}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
VERBS = {
    "found": "find",
    "bought": "buy",
    "lost": "lose",
    "painted": "paint",
    "hid": "hide",
    "mended": "mend",
}
# How often a piece is asked for, beside the other pieces of its story.
WEIGHTS = {"who": 3.0, "what": 3.0, "where": 2.0, "when": 1.0}


class Answer(NamedTuple):
    """A piece of a story that answers a question.

    Attributes:
        start: position of its first word.
        end: position behind its last word.
        kind: `who`, `what`, `where` or `when`.
        probability: that this one of the story's pieces is asked for.
        question: the words that ask for it, with the question mark.
    """

    start: int
    end: int
    kind: str
    probability: float
    question: list[str]


class Story(NamedTuple):
    """A story, all that could be asked of it, and what was.

    Attributes:
        words: of the story, full stops among them.
        answers: its pieces that answer a question, in their order.
        asked: which of them was drawn.
    """

    words: list[str]
    answers: list[Answer]
    asked: int


@dataclass(frozen=True)
class Stories:
    """Stories of a few sentences: who went where, and what was done there.

    *mina went to the market on monday . she bought a red lamp there . omar lost it in the forest .*
    To ask for *the market* one needs the first sentence alone; to ask for the lamp also the name
    that *she* stands for, and the place that *there* stands for: *what did mina buy at the market
    ?* A pronoun stands for the subject of the sentence before, *there* for its place, *it* for the
    thing last named. Each piece has exactly one question, and is drawn with a known probability.

    Attributes:
        max_sentences: of a story; it has at least 2.
        p_same: probability that a sentence has the subject of the one before.

    Raises:
        TypeError, ValueError: if `max_sentences` is no integer or below 2, or `p_same` is outside
            of [0, 1].
    """

    max_sentences: int = 4
    p_same: float = 0.5

    def __post_init__(self) -> None:
        """Check the parameters."""
        require_count("max_sentences", self.max_sentences, 2)
        require_probability("p_same", self.p_same)

    def sample(self, n: int, seed: int) -> list[Story]:
        """Draw `n` stories, each with one answer that is asked for.

        Args:
            n: how many.
            seed: equal seeds give equal stories; a larger `n` continues a smaller one.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative.
        """
        require_count("n", n)
        require_count("seed", seed)
        draws = uniform_draws(np.random.default_rng(seed))
        return [_Teller(self, draws).story() for _ in range(n)]

    def optimum(self, metric: Literal["exact_match", "cross_entropy"] = "exact_match") -> Optimum:
        """Return the best that a model can reach that asks for a marked answer, exactly.

        How well a model can mark answers differs from story to story: the probabilities that come
        with each say how well.

        Raises:
            ValueError: if the metric is another.
        """
        because = "story and marked answer decide every word of the question"
        return decided(metric, "questions", "token", because)


class _Teller:
    """One story while it is told."""

    def __init__(self, grammar: Stories, draws: Iterator[float]):
        self.grammar, self.draws = grammar, draws
        self.words: list[str] = []
        self.pieces: list[tuple[int, int, str, str]] = []  # start, end, kind, question
        self.person = self.place = self.thing = ""

    def story(self) -> Story:
        """Tell the whole story, and draw what is asked."""
        count = 2 + int(next(self.draws) * (self.grammar.max_sentences - 1))
        self.travel(self.somebody())
        for _ in range(count - 1):
            same = next(self.draws) < self.grammar.p_same
            name = "" if same else self.somebody()
            if next(self.draws) < 0.25:
                self.travel(name)
            else:
                self.deed(name)
        total = sum(WEIGHTS[kind] for *_, kind, _ in self.pieces)
        answers = [
            Answer(start, end, kind, WEIGHTS[kind] / total, question.split())
            for start, end, kind, question in self.pieces
        ]
        drawn = next(self.draws)
        behind = np.cumsum([answer.probability for answer in answers])
        asked = min(int(np.searchsorted(behind, drawn, side="right")), len(answers) - 1)
        return Story(self.words, answers, asked)

    def travel(self, name: str) -> None:
        """Somebody goes somewhere on a day; without a name it is who acted before."""
        who = self.subject(name)
        place, day = self.pick(PLACES), self.pick(DAYS)
        self.place = f"{PLACES[place]} the {place}"
        self.ask(who, "who", f"who went to the {place} on {day} ?")
        self.say("went to")
        self.ask(self.say(f"the {place}"), "where", f"where did {self.person} go on {day} ?")
        self.say("on")
        self.ask(self.say(day), "when", f"when did {self.person} go to the {place} ?")
        self.say(".")

    def deed(self, name: str) -> None:
        """Somebody does something with a thing, the one before or a new one, there or elsewhere."""
        who = self.subject(name)
        done = self.pick(VERBS)
        self.say(done)
        again = self.thing != "" and next(self.draws) < 0.3
        if not again:
            self.thing = f"{self.pick(COLORS)} {self.pick(THINGS)}"
        there = next(self.draws) < 0.5
        if not there:
            place = self.pick(PLACES)
            self.place = f"{PLACES[place]} the {place}"
        what = self.say("it" if again else f"{_article(self.thing)} {self.thing}")
        asked = f"{VERBS[done]} the {self.thing}"
        self.ask(who, "who", f"who {done} the {self.thing} {self.place} ?")
        if not again:
            self.ask(what, "what", f"what did {self.person} {VERBS[done]} {self.place} ?")
        if there:
            self.say("there")
        else:
            where = self.say(self.place)
            self.ask(where, "where", f"where did {self.person} {asked} ?")
        self.say(".")

    def subject(self, name: str) -> tuple[int, int] | None:
        """Begin a sentence; a pronoun answers nothing, so it is no piece."""
        if not name:
            self.say(PEOPLE[self.person])
            return None
        self.person = name
        return self.say(name)

    def ask(self, span: tuple[int, int] | None, kind: str, question: str) -> None:
        """Note a piece with its question."""
        if span is not None:
            self.pieces.append((*span, kind, question))

    def say(self, text: str) -> tuple[int, int]:
        """Add words, and return where they begin and end."""
        start = len(self.words)
        self.words += text.split()
        return start, len(self.words)

    def somebody(self) -> str:
        """Somebody else than before."""
        return self.pick([name for name in PEOPLE if name != self.person])

    def pick(self, choices) -> str:
        """One of several, each as likely."""
        return list(choices)[int(next(self.draws) * len(choices))]


def _article(thing: str) -> str:
    return "an" if thing[0] in "aeiou" else "a"
