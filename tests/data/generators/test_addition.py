"""The additions: right sums, no problem twice, all widths the same."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.data.generators.addition import Additions, QuestionsAndAnswers


def numbers(problems):
    return [tuple(map(int, question.split("+"))) for question in problems.questions]


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 9), st.integers(0, 25), st.integers(0, 2**40))
def test_every_answer_is_the_sum_and_every_text_has_its_width(digits, n, seed):
    task = Additions(digits)
    problems = task.sample(n, seed)
    assert [sum(pair) for pair in numbers(problems)] == [int(a) for a in problems.answers]
    assert all(
        question.rstrip() == f"{a}+{b}"  # no zeros at the front
        for question, (a, b) in zip(problems.questions, numbers(problems), strict=True)
    )
    assert {len(question) for question in problems.questions} <= {task.question_length}
    assert {len(answer) for answer in problems.answers} <= {task.answer_length}


def test_the_first_problems_by_hand():
    problems = Additions().sample(2, 0)
    assert isinstance(problems, QuestionsAndAnswers)
    assert problems == (["822+78 ", "37+4   "], ["900 ", "41  "])


def test_no_problem_comes_twice_not_even_with_its_numbers_exchanged():
    pairs = numbers(Additions(2).sample(2500, 3))  # half of all but 25
    assert len({frozenset(pair) for pair in pairs}) == 2500
    assert Additions(2).problems == len({frozenset((a, b)) for a in range(100) for b in range(100)})


def test_all_lengths_are_equally_likely_but_for_zeros_at_the_front():
    pairs = np.array(numbers(Additions(5).sample(5_000, 1)))
    counts = Counter(len(str(number)) for number in pairs.flatten())
    # A number of 5 drawn digits has 5 left unless the first is 0, with 1 in 10.
    assert counts[5] / pairs.size == pytest.approx(0.9 / 5, abs=0.02)
    assert counts[4] / pairs.size == pytest.approx((0.9 + 0.09) / 5, abs=0.02)


@pytest.mark.usefixtures("shapes_unchecked")
def test_what_no_sample_can_give_is_refused():
    with pytest.raises(ValueError, match="n is 28, expected at most 27, half of the problems"):
        Additions(1).sample(28, 0)
    assert len(Additions(1).sample(27, 0).questions) == 27
    with pytest.raises(ValueError, match="digits is 0"):
        Additions(0)
    with pytest.raises(ValueError, match="digits is 10, expected at most 9"):
        Additions(10)
    with pytest.raises(TypeError, match="n is 2.5"):
        Additions().sample(2.5, 0)


@pytest.mark.usefixtures("shapes_unchecked")
def test_the_optimum_is_certainty():
    assert Additions().optimum().value == 1.0
    assert Additions().optimum("cross_entropy").value == 0.0
    with pytest.raises(ValueError, match="metric is 'bleu'"):
        Additions().optimum("bleu")
