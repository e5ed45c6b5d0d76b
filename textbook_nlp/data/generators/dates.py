"""Dates as people write them, each to be written as year, month and day: 1994-09-27."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from textbook_nlp.data.generators.addition import QuestionsAndAnswers
from textbook_nlp.data.generators.optimum import Optimum, decided, require_count

BLOCK = 4096  # dates drawn at a time; another number would draw other dates
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _short(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year % 100:02d}"


def _medium(day: date) -> str:
    return f"{MONTHS[day.month - 1][:3]} {day.day}, {day.year}"


def _long(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def _full(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {_long(day)}"


def _british(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _spoken(day: date) -> str:
    teen = day.day in (11, 12, 13)
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"the {day.day}{ending} of {MONTHS[day.month - 1]}, {day.year}"


FORMS: dict[str, Callable[[date], str]] = {
    "short": _short,  # 9/27/94
    "medium": _medium,  # Sep 27, 1994
    "long": _long,  # September 27, 1994
    "full": _full,  # Tuesday, September 27, 1994
    "british": _british,  # 27 September 1994
    "spoken": _spoken,  # the 27th of September, 1994
}
LONGEST = date(1981, 9, 30), date(1981, 12, 30)  # two Wednesdays: in words, and in digits


@dataclass(frozen=True)
class Dates:
    """Dates in several forms, and each as year, month and day, filled up with blanks.

    All days are equally likely, and so are all forms. Half of the dates keep their capitals; of the
    others, half are in small letters and half in capitals throughout. No question comes twice, but
    the same day does, in another form. (The short form has fewer questions than the others, so in a
    large sample it comes a little less often.)

    Every question names one day, so the best score is certainty. The short form alone does not say
    so by itself: it puts the month first, and 3/4/95 is in March. Who read the day first would find
    another day in 36 % of the short dates. Its two digits of the year fit one year only, because
    there are less than a hundred years.

    Attributes:
        forms: names in `FORMS`, such as `"short"` (9/27/94) or `"spoken"` (the 27th of September,
            1994); those of the file by default.
        first: day that can be drawn.
        last: day that can be drawn; the file's last by default.

    Raises:
        TypeError: if `first` or `last` is no date.
        ValueError: if a form is unknown or comes twice, there is none, `last` is before `first`, or
            short dates span a hundred years or more.

    Source: drawn as is the file of Saito, "Deep Learning from Scratch 2" (2018), chapter 8, which
    has 50,000 dates, some of them twice and more.
    Taught in: chapter 13.
    """

    forms: tuple[str, ...] = ("short", "medium", "long", "full")
    first: date = date(1970, 1, 1)
    last: date = date(2017, 7, 24)

    def __post_init__(self) -> None:
        """Check the parameters."""
        if not self.forms or len(set(self.forms)) < len(self.forms) or set(self.forms) - set(FORMS):
            raise ValueError(
                f"forms are {self.forms!r}, expected one or more of {', '.join(FORMS)}, each once"
            )
        for name, day in (("first", self.first), ("last", self.last)):
            if type(day) is not date:  # no datetime either
                raise TypeError(f"{name} is {day!r}, expected a datetime.date")
        if self.last < self.first:
            raise ValueError(f"last is {self.last}, expected a day not before {self.first}")
        first, last = self.first, self.last
        a_century = (first.year + 100, first.month, first.day)
        if "short" in self.forms and (last.year, last.month, last.day) >= a_century:
            raise ValueError(
                f"{first} to {last} are a hundred years or more, and short dates show two digits "
                "of the year: expected less, or other forms"
            )

    @property
    def question_length(self) -> int:
        """Characters of a question: those of the longest date in any of the forms."""
        return max(len(FORMS[form](day)) for form in self.forms for day in LONGEST)

    @property
    def answer_length(self) -> int:
        """Characters of an answer."""
        return len("1994-09-27")

    @property
    def questions(self) -> int:
        """How many different questions there are."""
        start, end = self.first.toordinal(), self.last.toordinal() + 1
        each = sum(1 if form == "short" else 3 for form in self.forms)
        twice = 0
        if {"medium", "long"} <= set(self.forms):  # in May the two are one
            twice = 3 * sum(date.fromordinal(day).month == 5 for day in range(start, end))
        return each * (end - start) - twice

    def sample(self, n: int, seed: int) -> QuestionsAndAnswers:
        """Draw `n` dates, no two of which are written the same.

        Args:
            n: how many, at most half of all questions: the rarest would take too long to meet.
            seed: equal seeds give equal dates; a larger `n` continues a smaller one.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative, or `n` too large.
        """
        require_count("n", n)
        require_count("seed", seed)
        if n > self.questions // 2:
            raise ValueError(
                f"n is {n}, expected at most {self.questions // 2}, half of the dates that can be "
                "written: give more forms or days"
            )
        rng = np.random.default_rng(seed)
        found: dict[str, str] = {}
        while len(found) < n:
            for question, day in self._dates(rng):
                found.setdefault(question, day.isoformat())
        questions = list(found)[:n]
        return QuestionsAndAnswers(
            [question.ljust(self.question_length) for question in questions],
            [found[question] for question in questions],
        )

    def optimum(self, metric: Literal["exact_match", "cross_entropy"] = "exact_match") -> Optimum:
        """Return the best score: every question names one day.

        Args:
            metric: `"exact_match"` (share of the answers that are right in every character) or
                `"cross_entropy"` (nats per character).

        Raises:
            ValueError: if the metric is another.
        """
        because = "every question names one day: where digits could be either, the month is first"
        return decided(metric, "answers", "character", because)

    def _dates(self, rng: np.random.Generator) -> list[tuple[str, date]]:
        """Draw a block of dates, each as a question and as a day."""
        forms = rng.integers(0, len(self.forms), size=BLOCK).tolist()
        letters = rng.integers(0, 4, size=BLOCK).tolist()
        days = rng.integers(self.first.toordinal(), self.last.toordinal() + 1, size=BLOCK).tolist()
        drawn = []
        for form, letter, ordinal in zip(forms, letters, days, strict=True):
            day = date.fromordinal(ordinal)
            question = FORMS[self.forms[form]](day)
            if letter >= 2:
                question = question.lower() if letter == 2 else question.upper()
            drawn.append((question, day))
        return drawn
