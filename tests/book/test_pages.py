"""The pages beside the chapters: their generated parts are up to date, and their code runs."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from book.tools import pages, scoreboard, tables
from book.tools.chapter import BOOK, ROOT, chapters
from textbook_nlp.data.corpora import CORPORA
from textbook_nlp.data.generators import GENERATORS
from textbook_nlp.lab.runs.goals import Goal, rows
from textbook_nlp.lab.runs.ledger import Chosen, Dataset, Record, Run

EVERY_PAGE = sorted(BOOK.glob("*.md"))


def code_blocks() -> list[tuple[str, str]]:
    """Every Python example of a page that imports what it uses."""
    found = []
    for page in EVERY_PAGE:
        blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
        found += [(page.stem, block) for block in blocks if "import " in block]
    return found


def test_generated_parts_are_up_to_date():
    assert pages.problems() == []


@pytest.mark.parametrize(("page", "code"), code_blocks(), ids=lambda value: value[:20])
def test_examples_run(page, code, capsys):
    exec(compile(code, page, "exec"), {})
    assert "Error" not in capsys.readouterr().out


def test_there_are_examples():
    assert {page for page, _ in code_blocks()} == {"data", "notation"}


# ---------------------------------------------------------------------------------------------
# Generated parts


@pytest.fixture
def page(tmp_path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(
        "# Page\n\n% begin corpora x\nof yesterday\n% end corpora\n\nAfter.\n", encoding="utf-8"
    )
    return path


def test_a_part_is_rewritten_and_the_rest_stays(page, tmp_path):
    assert pages.problems(tmp_path) != []
    assert pages.write(tmp_path) == [page]
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Page\n\n% begin corpora (written by")
    assert text.endswith("% end corpora\n\nAfter.\n")
    assert "of yesterday" not in text
    assert pages.problems(tmp_path) == []
    assert pages.write(tmp_path) == []


def test_an_unknown_part_is_an_error(page, tmp_path):
    page.write_text("% begin weather\n% end weather\n", encoding="utf-8")
    with pytest.raises(KeyError, match="no generated part is called 'weather'"):
        pages.write(tmp_path)


def test_the_map_links_the_chapters_that_exist_and_says_of_them_what_they_say(executed, tmp_path):
    planned = [planned for part in pages.curriculum() for planned in part["chapter"]]
    for chapter in planned:
        shutil.copy(executed / "90_tiny.ipynb", tmp_path / f"{chapter['number']:02}_tiny.ipynb")
    drawn = pages.chapter_map(tmp_path)
    assert f"All {len(planned)} chapters stand." in drawn
    assert (
        "| 07 | **[A tiny chapter](07_tiny.ipynb)**<br>a state that remembers, and its gradient by "
        "hand | addition | 10 s |"
    ) in drawn


def test_the_map_names_a_chapter_that_is_not_written(executed, tmp_path, monkeypatch):
    planned = {"number": 8, "title": "Gates", "about": "what to keep", "needs": "chapter 7"}
    part = {"title": "Part II", "chapter": [{"number": 7, "about": "a state"}, planned]}
    monkeypatch.setattr(pages, "curriculum", lambda: [part])
    shutil.copy(executed / "90_tiny.ipynb", tmp_path / "07_tiny.ipynb")
    drawn = pages.chapter_map(tmp_path)
    assert "1 of 2 chapters stand today." in drawn
    assert "| 08 | Gates<br>what to keep | chapter 7 | – |" in drawn


def test_the_curriculum_numbers_its_chapters_in_order():
    numbers = [planned["number"] for part in pages.curriculum() for planned in part["chapter"]]
    assert numbers == list(range(20))


def test_the_curriculum_repeats_nothing_of_a_written_chapter():
    written = {int(chapter.name[:2]) for chapter in chapters()}
    for part in pages.curriculum():
        for planned in part["chapter"]:
            more = set() if planned["number"] in written else {"title", "needs"}
            assert set(planned) == {"number", "about"} | more


def test_the_table_of_contents_has_the_parts_of_the_curriculum():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    *captions, last = [part["caption"] for part in contents["parts"]]
    titles = [part["title"] for part in pages.curriculum()]
    assert captions == titles[: len(captions)]
    assert last == "Back matter"


def test_the_data_page_has_every_generator_and_corpus():
    generators, corpora = pages.generators(BOOK), pages.corpora(BOOK)
    for name in GENERATORS:
        assert f"`{name}`" in generators
    for name, corpus in CORPORA.items():
        assert corpus.title in corpora
        assert corpus.license in corpora
        assert f"python -m textbook_nlp data {name}" in corpora


def test_the_scoreboard_has_every_row():
    board = scoreboard.scoreboard(BOOK)
    for row in rows().values():
        assert f"| {row.row} | **{row.title}**" in board
        for each in row.published:
            assert f"{each.what} ({each.source})" in board
    headings = re.findall(r"^## (.+)$", board, re.M)
    assert len(headings) == len(set(headings))
    assert {row.group for row in rows().values()} <= set(headings)


# ---------------------------------------------------------------------------------------------
# Numbers


@pytest.mark.parametrize(
    ("goal", "reported", "target"),
    [
        (Goal("a", "between", (0.03, 0.13), 0.121, "M", "share"), "12.1 % (M)", "3 % to 13 %"),
        (Goal("a", "at_most", 136.0, 135.6, "M", "perplexity"), "135.6 (M)", "≤ 136"),
        (Goal("a", "at_least", 1.0, None, None, "share"), "–", "≥ 100 %"),
        (Goal("a", "measure", None, 75.76, "P", "perplexity"), "75.76 (P)", "measure"),
        (Goal("a", "equal", 246913, None, None, "parameters"), "–", "246,913 parameters"),
    ],
)
def test_goals_are_shown_as_they_were_given(goal, reported, target):
    assert scoreboard.reported(goal) == reported
    assert scoreboard.target(goal) == target


def run_with(value: float, seed: int, **changes) -> Run:
    fields = {
        "scale": "full",
        "configuration": Chosen("faithful", {}),
        "dataset": Dataset("ptb", {"train": "0" * 64}),
        "seed": seed,
        "metrics": {"test_perplexity": value},
        "curves": {},
        "device": "a processor",
        "cpu_seconds": 1.0,
        "wall_seconds": 1.0,
        "versions": {"python": "3"},
        "date": f"2026-01-0{seed + 1}",
        "commit": "unknown",
    }
    return Run(**fields | changes)


GOAL = Goal("test_perplexity", "at_most", 136.0, 135.6, "M", "perplexity")


def record(*runs: Run) -> Record:
    return Record("name", "Title", 7, Dataset("ptb", None), [GOAL], list(runs))


def test_a_result_is_the_median_with_its_range_place_and_date():
    runs = [run_with(value, seed) for seed, value in enumerate((130, 140.5, 134))]
    shown = scoreboard.ours(GOAL, [record(*runs)])
    assert shown == (
        "**134.0** [130.0 to 140.5]<br>faithful, full, 3 seeds, a processor, 2026-01-03; goal met"
    )


def test_shares_are_percent_throughout():
    goal = Goal("test_perplexity", "at_least", 0.86, 0.857, "V", "share")
    shown = scoreboard.ours(goal, [record(run_with(0.861, 0), run_with(0.853, 1))])
    assert shown.startswith("**85.70 %** [85.30 to 86.10]<br>")


def test_a_goal_that_is_not_met_says_so():
    assert scoreboard.ours(GOAL, [record(run_with(150, 0))]).endswith("2026-01-01; goal not met")


def test_a_near_miss_shows_the_digit_that_misses():
    assert scoreboard.ours(GOAL, [record(run_with(136.012, 0))]).startswith("**136.01**")
    assert scoreboard.ours(GOAL, [record(run_with(135.998, 0))]).startswith("**136.0**")


def test_without_a_run_it_says_not_run():
    assert scoreboard.ours(GOAL, []) == "not run"
    assert scoreboard.ours(GOAL, [record()]) == "not run"


def test_a_small_run_does_not_answer_for_the_real_data():
    assert scoreboard.ours(GOAL, [record(run_with(9, 0, scale="small"))]) == "not run"


def test_a_medium_run_is_shown_as_such_and_judged_by_nobody():
    shown = scoreboard.ours(GOAL, [record(run_with(150, 0, scale="medium"))])
    assert "faithful, medium, 1 seed" in shown
    assert "goal" not in shown


def test_our_own_data_is_shown_beside_its_optimum():
    metrics = {"test_perplexity": 8.84, "optimum_perplexity": 8.665}
    rows = scoreboard.own_data([record(run_with(0, 0, scale="small", metrics=metrics))])
    assert [row[1] for row in rows] == ["8.665"]
    assert rows[0][3] == "2.0 % above"


def test_tokens_in_angle_brackets_are_no_html():
    assert tables.escaped("counts <eos> too") == "counts `<eos>` too"
