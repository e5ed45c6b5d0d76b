"""The dates: read back by other code, none written twice, all forms and days as said."""

from collections import Counter
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.data.generators.addition import QuestionsAndAnswers
from textbook_nlp.data.generators.dates import FORMS, LONGEST, Dates

PATTERNS = {
    "short": "%m/%d/%y",
    "medium": "%b %d, %Y",
    "long": "%B %d, %Y",
    "full": "%A, %B %d, %Y",
    "british": "%d %B %Y",
    "spoken": "the %dth of %B, %Y",
}
DAYS = st.dates(date(1970, 1, 1), date(2017, 7, 24))
ORDINALS = {1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 20: "20th",
            21: "21st", 22: "22nd", 23: "23rd", 24: "24th", 30: "30th", 31: "31st"}  # fmt: skip


def form_of(question):
    """The form of a question, by the characters that it has."""
    words = question.split()
    if "/" in question:
        return "short"
    if question.lower().startswith("the "):
        return "spoken"
    if words[0].isdigit():
        return "british"
    if len(words) == 4:
        return "full"
    return "medium" if len(words[0]) == 3 else "long"  # May is medium here


@given(DAYS, st.sampled_from(sorted(FORMS)))
def test_every_form_is_read_back_as_its_day(day, form):
    written = FORMS[form](day)
    for ending in ("st of", "nd of", "rd of"):
        written = written.replace(ending, "th of")
    assert datetime.strptime(written, PATTERNS[form]).date() == day
    if form == "full":  # which strptime does not compare with the day
        assert written.startswith(day.strftime("%A,"))


def test_the_day_as_it_is_spoken():
    for day, ordinal in ORDINALS.items():
        assert FORMS["spoken"](date(2000, 1, day)) == f"the {ordinal} of January, 2000"


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.sampled_from(sorted(FORMS)), min_size=1, unique=True),
    st.integers(0, 40),
    st.integers(0, 2**40),
)
def test_all_texts_have_their_width_and_come_once(forms, n, seed):
    task = Dates(tuple(forms))
    dates = task.sample(n, seed)
    assert isinstance(dates, QuestionsAndAnswers)
    assert len(set(dates.questions)) == len(dates.questions) == len(dates.answers) == n
    assert {len(question) for question in dates.questions} <= {task.question_length}
    assert {len(answer) for answer in dates.answers} <= {task.answer_length}
    for question, answer in zip(dates.questions, dates.answers, strict=True):
        day = date.fromisoformat(answer)
        as_written = {FORMS[form](day) for form in forms}
        right = as_written | {s.lower() for s in as_written} | {s.upper() for s in as_written}
        assert question.rstrip(" ") in right


def test_no_day_takes_more_than_the_width():
    for form, write in FORMS.items():
        year = [write(date.fromordinal(date(1980, 1, 1).toordinal() + i)) for i in range(366 * 7)]
        assert max(map(len, year)) == max(len(write(day)) for day in LONGEST), form
    assert Dates().question_length == 29
    assert Dates().answer_length == 10


def test_the_first_dates_by_hand():
    questions, answers = Dates().sample(3, 0)
    assert answers == ["2009-02-05", "1978-06-27", "1986-01-26"]
    assert [each.rstrip() for each in questions] == [
        "Thursday, February 5, 2009",
        "June 27, 1978",
        "January 26, 1986",
    ]


def test_forms_and_capitals_come_as_often_as_said():
    task = Dates(("short", "long", "full", "british"))
    questions = [each.strip() for each in task.sample(4_000, 1).questions]
    forms = Counter("long" if form_of(q) == "medium" else form_of(q) for q in questions)
    assert forms["short"] / 4_000 == pytest.approx(1 / 4, abs=0.03)
    assert forms["spoken"] == 0
    assert forms["full"] / 4_000 == pytest.approx(1 / 4, abs=0.03)
    words = [q for q in questions if "/" not in q]
    assert sum(q.islower() for q in words) / len(words) == pytest.approx(1 / 4, abs=0.03)
    assert sum(q.isupper() for q in words) / len(words) == pytest.approx(1 / 4, abs=0.03)


@pytest.mark.parametrize(
    "forms", [("short",), ("medium", "long"), ("long", "spoken"), ("short", "british", "full")]
)
def test_how_many_questions_there_are_and_that_each_names_one_day(forms):
    task = Dates(forms, date(1999, 12, 1), date(2001, 6, 2))
    answers = {}
    for ordinal in range(task.first.toordinal(), task.last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        for form in forms:
            question = FORMS[form](day)
            for each in {question, question.lower(), question.upper()}:
                answers.setdefault(each, set()).add(day)
    assert len(answers) == task.questions
    assert all(len(days) == 1 for days in answers.values())


def test_how_many_short_dates_would_name_another_day_if_the_day_were_first():
    days = [date.fromordinal(i) for i in range(date(1970, 1, 1).toordinal(), 736_535)]
    assert days[-1] == date(2017, 7, 24)
    either = sum(day.day <= 12 and day.day != day.month for day in days)
    assert either / len(days) == pytest.approx(0.36, abs=0.005)


@pytest.mark.usefixtures("shapes_unchecked")
def test_what_no_sample_can_give_is_refused():
    for forms in ((), ("short", "short"), ("iso",)):
        with pytest.raises(ValueError, match="expected one or more of short, medium"):
            Dates(forms)
    with pytest.raises(ValueError, match="last is 1969-01-01, expected a day not before 1970"):
        Dates(last=date(1969, 1, 1))
    for wrong in ("1970-01-01", datetime(1970, 1, 1), 1970):
        with pytest.raises(TypeError, match=r"first is .*, expected a datetime.date"):
            Dates(first=wrong)
    with pytest.raises(ValueError, match="short dates show two digits of the year"):
        Dates(last=date(2070, 1, 1))
    assert Dates(last=date(2069, 12, 31)).sample(1, 0).answers
    assert Dates(("medium",), last=date(2070, 1, 1)).sample(1, 0).answers
    ten_days = Dates(("short",), last=date(1970, 1, 10))
    assert len(ten_days.sample(5, 0).questions) == 5
    with pytest.raises(ValueError, match="n is 6, expected at most 5, half of the dates"):
        ten_days.sample(6, 0)
    with pytest.raises(TypeError, match="n is 2.5"):
        Dates().sample(2.5, 0)


@pytest.mark.usefixtures("shapes_unchecked")
def test_the_optimum_is_certainty():
    assert Dates().optimum().value == 1.0
    assert Dates().optimum("cross_entropy").value == 0.0
    with pytest.raises(ValueError, match="metric is 'bleu'"):
        Dates().optimum("bleu")


def test_what_others_have_is_left_out():
    train, test = Dates().sample(40, 0), Dates().sample(60, 0)
    new = test.without(train)
    assert new == QuestionsAndAnswers(test.questions[40:], test.answers[40:])
    assert test.take([2, 0]).answers == [test.answers[2], test.answers[0]]
    assert train.without(test) == ([], [])
