"""Sums of two numbers, written as text: what a network has to turn into the text of the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int

from textbook_nlp.data.generators.optimum import Optimum, decided, require_count

BLOCK = 4096  # problems drawn at a time; another number would draw other problems


class QuestionsAndAnswers(NamedTuple):
    """Texts and what is to be made of each, both filled up with blanks to one width."""

    questions: list[str]
    answers: list[str]

    def take(self, places: Sequence[int]) -> "QuestionsAndAnswers":
        """Return those at some places, in this order."""
        return QuestionsAndAnswers(
            [self.questions[i] for i in places], [self.answers[i] for i in places]
        )

    def without(self, others: "QuestionsAndAnswers") -> "QuestionsAndAnswers":
        """Return those whose question is none of the others': what no one can know by heart."""
        known = set(others.questions)
        return self.take([i for i, each in enumerate(self.questions) if each not in known])


@dataclass(frozen=True)
class Additions:
    """Additions as text: `57+5` and its answer `62`, filled up with blanks.

    Each number has from 1 to `digits` digits, all lengths equally likely, and each digit is drawn
    from 0 to 9; zeros at the front are left out, so that a number is a little shorter at times. No
    problem comes twice, not even with its numbers exchanged: what a model has learned by heart is
    of no use on another part of the sample. All questions have `question_length` characters and all
    answers `answer_length`, blanks at the end included.

    Attributes:
        digits: of a number at most.

    Raises:
        TypeError, ValueError: if `digits` is no integer from 1 to 9.

    Source: Zaremba and Sutskever, "Learning to Execute" (2014), section 3.2; drawn as in the Keras
    example `addition_rnn` and in the file of Saito, "Deep Learning from Scratch 2" (2018),
    chapter 7, which has 50,000 such problems of up to 3 digits.
    Taught in: chapter 12.
    """

    digits: int = 3

    def __post_init__(self) -> None:
        """Check the parameter."""
        require_count("digits", self.digits, minimum=1)
        if self.digits > 9:
            raise ValueError(f"digits is {self.digits}, expected at most 9")

    @property
    def question_length(self) -> int:
        """Characters of a question: two numbers and a plus."""
        return 2 * self.digits + 1

    @property
    def answer_length(self) -> int:
        """Characters of an answer: a sum may have a digit more than its numbers."""
        return self.digits + 1

    @property
    def problems(self) -> int:
        """How many different problems there are, 1+2 and 2+1 being one."""
        numbers = 10**self.digits
        return numbers * (numbers + 1) // 2

    def sample(self, n: int, seed: int) -> QuestionsAndAnswers:
        """Draw `n` problems, no two of which are the same.

        Args:
            n: how many, at most half of all there are: the rarest would take too long to meet.
            seed: equal seeds give equal problems; a larger `n` continues a smaller one.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative, or `n` too large.
        """
        require_count("n", n)
        require_count("seed", seed)
        if n > self.problems // 2:
            raise ValueError(
                f"n is {n}, expected at most {self.problems // 2}, half of the problems of up to "
                f"{self.digits} digits: give more digits"
            )
        rng = np.random.default_rng(seed)
        found: dict[tuple[int, int], tuple[int, int]] = {}
        while len(found) < n:
            for a, b in self._numbers(rng).tolist():
                found.setdefault((min(a, b), max(a, b)), (a, b))
        pairs = list(found.values())[:n]
        return QuestionsAndAnswers(
            [f"{a}+{b}".ljust(self.question_length) for a, b in pairs],
            [f"{a + b}".ljust(self.answer_length) for a, b in pairs],
        )

    def optimum(self, metric: Literal["exact_match", "cross_entropy"] = "exact_match") -> Optimum:
        """Return the best score: the question says all about its answer.

        Args:
            metric: `"exact_match"` (share of the answers that are right in every character) or
                `"cross_entropy"` (nats per character).

        Raises:
            ValueError: if the metric is another.
        """
        because = "the sum follows from the question: nothing is left to chance"
        return decided(metric, "answers", "character", because)

    def _numbers(self, rng: np.random.Generator) -> Int[np.ndarray, "N 2"]:
        """Draw a block of pairs of numbers."""
        lengths = rng.integers(1, self.digits + 1, size=(BLOCK, 2))
        numbers = rng.integers(0, 10**self.digits, size=(BLOCK, 2))
        return numbers % 10**lengths  # the last so many digits
