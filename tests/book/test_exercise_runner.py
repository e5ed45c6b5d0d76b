"""The runner tells a right answer from a wrong one, and a check that raises from one that hints."""

from types import SimpleNamespace

import exercise_runner
import pytest

from book.tools.chapter import chapters
from textbook_nlp.lab.checks import check_value


@check_value(expects="a whole number", mistakes={"count from 0 to 4": 4})
def count(count=5):
    """Exercise 1: count."""


@check_value(expects="a whole number", mistakes={"count from 0 to 4": 3, "an odd one": 3})
def confused(count=5):
    """Exercise 1: count, with a mistake that another one hides."""


@pytest.fixture
def nb(executed):
    return chapters((), executed)[0].read_notebook()


@pytest.fixture
def small(nb):
    """The fixture's notebook with a starter that uses the check in the namespace."""
    for cell in nb.cells:
        if "exercise" in cell.metadata.get("tags", []):
            cell.source = "answer = None\ncheck.count(answer)"
    return nb


def test_exercises_are_found_with_starter_solution_and_stored_output(nb):
    (exercise,) = exercise_runner.exercises(nb)
    assert (exercise.number, exercise.title, exercise.check) == (1, "Count", "count")
    assert exercise.solution.splitlines()[0] == "answer = len(steps)"
    assert "not tried yet" in exercise.stored


def test_two_exercises_in_neighboring_cells_keep_their_own_solutions():
    markdown = "<details><summary>Solution</summary>\n\n```python\nanswer = {}\n```\n\n</details>"
    cells = [
        {"cell_type": "markdown", "source": "### Exercise 1. One"},
        {
            "cell_type": "code",
            "source": "answer = None\ncheck.one(answer)",
            "metadata": {"tags": ["exercise"]},
            "outputs": [],
        },
        {
            "cell_type": "markdown",
            "source": markdown.format(1) + "\n\n### Exercise 2. Two\n\n" + markdown.format(2),
        },
    ]
    one, two = exercise_runner.exercises({"cells": cells})
    assert (one.solution, one.check) == ("answer = 1\n", "one")
    assert (two.solution, two.check) == ("answer = 2\n", None)


def test_a_chapter_in_order_has_no_problems(small):
    report = exercise_runner.run_exercises(
        {"steps": range(5), "check": SimpleNamespace(count=count)}, small
    )
    assert report == {"exercises": ["count"], "problems": []}


def test_a_wrong_solution_is_a_problem(small):
    report = exercise_runner.run_exercises(
        {"steps": range(4), "check": SimpleNamespace(count=count)}, small
    )
    (problem,) = report["problems"]
    assert problem.startswith("exercise 1 (count): the solution gives")
    assert "count from 0 to 4" in problem


def test_a_solved_starter_and_a_raising_check_are_problems(small):
    report = exercise_runner.run_exercises({"steps": range(5), "check": None}, small)
    assert ["AttributeError" in problem for problem in report["problems"]] == [True, True]


def test_a_mistake_that_gets_the_hint_of_another_is_a_problem(small):
    namespace = {"steps": range(5), "check": SimpleNamespace(count=confused)}
    (problem,) = exercise_runner.run_exercises(namespace, small)["problems"]
    assert "expected 'an odd one', got 'hint: count from 0 to 4'" in problem


def test_attempts_do_not_see_each_other():
    namespace = {"check": SimpleNamespace(count=count)}
    exercise_runner.attempt("answer = 5\nleft_behind = 1\ncheck.count(answer)", namespace)
    assert set(namespace) == {"check"}


def test_the_code_of_boxes_that_go_further_is_run(small):
    block = "\n\n```python\n{}\n```\n\n"
    box = f"<details><summary>Further: Why?</summary>{block}Then{block}</details>"
    cell = small.cells[0]
    assert exercise_runner.further(small) == {}
    cell.source += "\n\n" + box.format("half = len(steps) / 2", "assert half == 2.5")
    assert list(exercise_runner.further(small)) == ["Why?"]
    namespace = {"steps": range(5), "check": SimpleNamespace(count=count)}
    assert exercise_runner.run_exercises(namespace, small)["problems"] == []
    assert "half" not in namespace
    cell.source = cell.source.replace("== 2.5", "== 2")
    (problem,) = exercise_runner.run_exercises(namespace, small)["problems"]
    assert problem == "the box 'Further: Why?' gives AssertionError: "
