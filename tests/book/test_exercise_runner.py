"""The runner tells a right answer from a wrong one, and a check that raises from one that hints."""

from types import SimpleNamespace

import exercise_runner
import pytest

from book.tools.chapter import chapters


class Check:
    """A check as the package's are: prints, returns a state and a message, never raises."""

    def count(self, answer):
        state = "not tried yet" if answer is None else "right" if answer == 5 else "hint"
        message = {"hint": "count from 0 to 4"}.get(state, state)
        print(message)
        return SimpleNamespace(state=state, message=message)


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


def test_states_come_back(small):
    wrong = {"count": [("answer = 4", "from 0"), ("answer = 6\ncheck.count(answer)", "0 to 4")]}
    result = exercise_runner.run(small, {"steps": range(5), "check": Check()}, wrong)["count"]
    assert result["starter"]["state"] == "not tried yet"
    assert result["solution"]["state"] == "right"
    assert [answer["state"] for answer in result["wrong"]] == ["hint", "hint"]
    assert all(answer["expected"] in answer["message"] for answer in result["wrong"])


def test_a_wrong_solution_and_a_raising_check_are_seen(small):
    result = exercise_runner.run(small, {"steps": range(4), "check": Check()}, {})["count"]
    assert result["solution"]["state"] == "hint"
    result = exercise_runner.run(small, {"steps": range(5), "check": None}, {})["count"]
    assert result["starter"]["state"] == "raised"
    assert "AttributeError" in result["starter"]["message"]


def test_a_chapter_in_order_has_no_problems(small):
    report = exercise_runner.run_exercises({"steps": range(5), "check": Check()}, small)
    assert report == {"exercises": ["count"], "problems": []}


def test_a_wrong_solution_is_a_problem(small):
    report = exercise_runner.run_exercises({"steps": range(4), "check": Check()}, small)
    (problem,) = report["problems"]
    assert problem.startswith("exercise 1 (count): the solution gives")
    assert "count from 0 to 4" in problem


def test_a_solved_starter_and_a_raising_check_are_problems(small):
    report = exercise_runner.run_exercises({"steps": range(5), "check": None}, small)
    assert ["AttributeError" in problem for problem in report["problems"]] == [True, True]


def test_attempts_do_not_see_each_other():
    namespace = {"check": Check()}
    exercise_runner.attempt("answer = 5\nleft_behind = 1\ncheck.count(answer)", namespace)
    assert set(namespace) == {"check"}
