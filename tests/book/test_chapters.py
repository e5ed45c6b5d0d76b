"""Every chapter of the book: its files, without running them."""

import functools

import exercise_runner
import pytest

from book.tools import guards
from book.tools.chapter import ROOT, chapters
from book.tools.opening import address

CHAPTERS = chapters()
EXECUTED = [chapter for chapter in CHAPTERS if chapter.notebook.exists()]

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
each_executed = pytest.mark.parametrize("chapter", EXECUTED, ids=lambda chapter: chapter.name)


@functools.cache
def stored(chapter):
    """The notebook; the tests only look at it."""
    return chapter.read_notebook()


@each_chapter
def test_the_twins_agree(chapter):
    assert guards.twins_agree(chapter) == []


@each_executed
@pytest.mark.parametrize(
    "guard",
    [guards.says_what_the_map_shows, *guards.GUARDS],
    ids=lambda guard: guard.__name__,
)
def test_a_chapter_passes_its_guards(chapter, guard):
    assert guard(stored(chapter)) == []


@each_executed
def test_a_notebook_begins_as_the_tool_writes_it(chapter):
    assert guards.opening_written(chapter) == []


@each_executed
def test_a_chapter_stands_in_the_table_of_contents(chapter):
    assert f"file: book/{chapter.name}\n" in (ROOT / "_toc.yml").read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------
# Exercises


@each_executed
def test_exercises_are_complete(chapter):
    found = exercise_runner.exercises(stored(chapter))
    assert [exercise.number for exercise in found] == list(range(1, len(found) + 1))
    assert len(found) >= 6
    checked = [exercise for exercise in found if exercise.check]
    assert len(checked) >= 4
    for exercise in checked:
        assert exercise.solution, f"exercise {exercise.number} has no solution"
        assert "not tried yet" in exercise.stored, f"exercise {exercise.number} is stored solved"


def test_the_config_and_the_project_name_one_repository_and_one_site():
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    assert f"  url: {address('repository')}\n" in config
    assert f"  baseurl: {address('documentation')}/\n" in config
