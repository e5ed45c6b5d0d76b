"""The tool that keeps notebooks and their text twins in step and executed."""

import copy
import shutil
import subprocess

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

from book.tools import cli, twins
from book.tools import execute as run
from book.tools.chapter import (
    NotebookError,
    put_run_time,
    to_text,
)
from book.tools.opening import address, colab_source, put_opening


def sources(nb):
    return [cell.source for cell in nb.cells]


def cell_with(nb, text):
    (found,) = [cell for cell in nb.cells if text in cell.source and cell.cell_type == "code"]
    return found


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_execution_stores_outputs_and_nothing_of_the_moment(chapter):
    nb = chapter.read_notebook()
    assert cell_with(nb, "steps.sum()").outputs[0].text == "sum 10\n"
    assert dict(nb.metadata.language_info) == {"name": "python"}
    assert all("execution" not in cell.metadata for cell in nb.cells)


def test_executing_again_changes_no_byte(chapter):
    edit(chapter.source, "print(os.getpid() > 0, os.getpid())", "print('always the same')")
    twins.sync(chapter)
    run.execute(chapter)
    before = chapter.notebook.read_bytes(), chapter.source.read_bytes()
    run.execute(chapter)
    assert (chapter.notebook.read_bytes(), chapter.source.read_bytes()) == before


def test_sync_changes_nothing_when_the_twins_agree(chapter):
    before = chapter.notebook.read_bytes(), chapter.source.read_bytes()
    twins.sync(chapter)
    assert (chapter.notebook.read_bytes(), chapter.source.read_bytes()) == before


def test_an_edited_cell_loses_its_output_and_keeps_its_id(chapter):
    before = chapter.read_notebook()
    edit(chapter.source, 'print("sum", steps.sum())', 'print("total", steps.sum())')
    after = twins.sync(chapter)
    assert cell_with(after, "steps.sum()").outputs == []
    assert cell_with(after, "steps.sum()").execution_count is None
    assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
    assert cell_with(after, "letters").outputs == cell_with(before, "letters").outputs
    assert twins.is_stale(after)


def test_edited_prose_asks_for_no_execution(chapter):
    edit(chapter.source, "The same numbers as a value", "As a value")
    assert not twins.is_stale(twins.sync(chapter))


@pytest.mark.parametrize("cut", ['{"steps": len(steps), "last": 4}', "print(letters)"])
def test_a_removed_cell_asks_for_execution(chapter, cut):
    nb = chapter.read_notebook()
    nb.cells.remove(cell_with(nb, cut))
    chapter.source.write_text(to_text(nb), encoding="utf-8")
    assert twins.is_stale(twins.sync(chapter))


def test_metadata_of_others_survives(chapter):
    nb = chapter.read_notebook()
    nb.metadata["colab"] = {"provenance": []}
    nb.cells[3].metadata["collapsed"] = True
    nbformat.write(nb, chapter.notebook)
    edit(chapter.source, "The same numbers as a value", "As a value")
    after = twins.sync(chapter)
    assert after.metadata.colab == {"provenance": []}
    assert after.cells[3].metadata.collapsed is True


def test_reason_and_tags_reach_the_notebook_and_come_back(chapter):
    cell = cell_with(chapter.read_notebook(), "os.getpid() > 0, ")
    assert cell.metadata.tags == ["nbval-ignore-output"]
    assert cell.metadata.nbval_reason == "the number of the process differs from run to run"
    chapter.source.unlink()
    twins.sync(chapter, from_notebook=True)
    again = cell_with(chapter.read_source(), "os.getpid() > 0, ")
    assert again.metadata == cell.metadata


def test_edits_in_the_notebook_are_not_overwritten(chapter):
    nb = chapter.read_notebook()
    nb.cells[3].source += "\n\nWritten in Jupyter."
    nbformat.write(nb, chapter.notebook)
    before = chapter.source.read_bytes()
    with pytest.raises(NotebookError, match="sync --from-notebook"):
        twins.sync(chapter)
    assert chapter.source.read_bytes() == before
    assert "Written in Jupyter." in "".join(sources(chapter.read_notebook()))

    twins.sync(chapter, from_notebook=True)
    assert "Written in Jupyter." in chapter.source.read_text(encoding="utf-8")
    twins.sync(chapter)


def rename_in_both(chapter):
    """Do to both twins what a mechanical edit does; the notebook is returned."""
    nb = chapter.read_notebook()
    cell = cell_with(nb, "steps.sum()")
    cell.source = cell.source.replace('"sum"', '"total"')
    nbformat.write(nb, chapter.notebook)
    edit(chapter.source, 'print("sum", steps.sum())', 'print("total", steps.sum())')
    return nb


def test_a_change_to_both_twins_is_no_edit_that_one_lacks(chapter):
    rename_in_both(chapter)
    twins.sync(chapter)


def test_what_both_twins_had_when_committed_may_be_replaced_by_a_later_text(chapter):
    def git(*arguments):
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)

    folder = chapter.notebook.parent
    git("init")
    nb = rename_in_both(chapter)
    git("add", ".")
    git("commit", "-m", "Change both")
    edit(chapter.source, 'print("total", steps.sum())', 'print("all", steps.sum())')
    git("commit", "-am", "Change the text")
    nb.cells[3].source += "\n\nWritten in Jupyter."
    nbformat.write(nb, chapter.notebook)
    with pytest.raises(NotebookError, match="sync --from-notebook"):
        twins.sync(chapter)
    git("checkout", chapter.notebook.name)
    assert 'print("all", steps.sum())' in "".join(sources(twins.sync(chapter)))

    nbformat.write(nb, chapter.notebook)  # the same edit, committed, is still in no text
    git("commit", "-am", "Edit the notebook")
    with pytest.raises(NotebookError, match="sync --from-notebook"):
        twins.sync(chapter)


def test_edits_in_the_notebook_are_dropped_when_asked(chapter):
    nb = chapter.read_notebook()
    nb.cells[3].source += "\n\nWritten in Jupyter."
    nbformat.write(nb, chapter.notebook)
    twins.sync(chapter, force=True)
    assert "Written in Jupyter." not in "".join(sources(chapter.read_notebook()))


def test_the_first_cells_are_written_and_repaired(chapter):
    written = chapter.read_notebook()
    assert written.cells[0].source == "# A tiny chapter"
    assert f"]({address('documentation')}/book/90_tiny.html)" in written.cells[1].source
    assert written.cells[2].source == colab_source()
    assert f"git+{address('repository')}" in written.cells[2].source
    assert written.cells[3].source.startswith("How much of a chapter")
    assert all("remove-cell" in cell.metadata.tags for cell in written.cells[1:3])

    broken = copy.deepcopy(written)
    broken.cells[2].source = broken.cells[2].source.replace("git+https://", "git+http://")
    broken.cells[1].source = "Read it elsewhere."
    title = broken.cells.pop(0)
    broken.cells[2].source = f"{title.source}\n\n{broken.cells[2].source}"
    put_opening(broken, chapter.name)
    assert sources(broken) == sources(written)


def test_the_first_cells_are_not_in_the_text(chapter):
    text = chapter.source.read_text(encoding="utf-8")
    assert "google.colab" not in text
    assert address("documentation") not in text
    assert chapter.read_source().cells[0].source == "# A tiny chapter"


def test_the_first_cell_does_nothing_here(monkeypatch):
    import subprocess

    calls = []
    monkeypatch.setattr(subprocess, "check_call", calls.append)
    exec(colab_source(), {})
    assert calls == []


def test_the_first_cell_installs_on_colab_and_names_nothing_but_the_package(monkeypatch):
    import subprocess
    import sys
    import types

    calls = []
    monkeypatch.setattr(subprocess, "check_call", calls.append)
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    exec(colab_source(), {})
    package = f"textbook_nlp @ git+{address('repository')}"
    assert calls == [[sys.executable, "-m", "pip", "install", "--quiet", package]]


def test_a_failing_cell_leaves_both_twins_as_they_were(chapter):
    edit(chapter.source, 'print("sum", steps.sum())', "raise ValueError('broken')")
    twins.sync(chapter)
    before = chapter.notebook.read_bytes(), chapter.source.read_bytes()
    with pytest.raises(CellExecutionError, match="broken"):
        run.execute(chapter)
    assert (chapter.notebook.read_bytes(), chapter.source.read_bytes()) == before


def test_the_kernel_runs_on_the_cpu_at_small_scale(monkeypatch, tmp_path):
    monkeypatch.setenv("TEXTBOOK_NLP_SCALE", "full")
    monkeypatch.setenv("TEXTBOOK_NLP_DATA", "/elsewhere")
    nb = nbformat.v4.new_notebook()
    code = "import os; print(*(f'{k}={v}' for k, v in os.environ.items() if 'TEXTBOOK' in k))"
    nb.cells.append(nbformat.v4.new_code_cell(code))
    seconds = run.run_cells(nb, tmp_path)
    assert set(nb.cells[0].outputs[0].text.split()) == {
        "TEXTBOOK_NLP_STATIC=1",
        "TEXTBOOK_NLP_DEVICE=cpu",
        "TEXTBOOK_NLP_SCALE=small",
    }
    assert 0 < seconds < 60


@pytest.mark.parametrize(
    ("stated", "seconds", "expected"),
    [
        ("not measured yet", 4.0, "about 10 s"),
        ("not measured yet", 20.4, "about 30 s"),
        ("about 30 s", 20.4, "about 30 s"),
        ("about 20 s", 20.4, "about 20 s"),  # running again changes nothing
        ("about 20 s", 31.0, "about 40 s"),
        ("about 90 s", 12.0, "about 20 s"),
    ],
)
def test_the_run_time_is_rounded_up_and_steady(stated, seconds, expected):
    line = f"Know first: sums.\n\nRun time on a CPU: {stated}. Then more."
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(line)])
    assert put_run_time(nb, seconds)
    assert nb.cells[0].source == line.replace(f"CPU: {stated}.", f"CPU: {expected}.")


def test_streams_that_were_cut_by_the_clock_are_joined():
    cell = nbformat.v4.new_code_cell("")
    pieces = [("stdout", "a"), ("stdout", "b"), ("stderr", "x"), ("stdout", "c")]
    cell.outputs = [nbformat.v4.new_output("stream", name=n, text=t) for n, t in pieces]
    run.normalize(nbformat.v4.new_notebook(cells=[cell]))
    found = [(output.name, output.text) for output in cell.outputs]
    assert found == [("stdout", "ab"), ("stderr", "x"), ("stdout", "c")]


def test_only_what_changed_is_executed(book, chapter, capsys):
    where = ["--book", str(book)]
    assert cli.main(["execute", *where]) == 0
    assert "90_tiny: unchanged" in capsys.readouterr().out
    edit(chapter.source, "print(letters)", "print(letters, letters)")
    assert cli.main(["execute", *where]) == 0
    assert "CPU s" in capsys.readouterr().out
    assert not twins.is_stale(chapter.read_notebook())


def test_a_chapter_that_fails_is_named_and_the_others_are_run(book, chapter, capsys):
    other = book / "source" / "91_tiny.md"
    shutil.copy(chapter.source, other)
    edit(chapter.source, "print(letters)", "print(no_such_name)")
    assert cli.main(["execute", "--book", str(book)]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("90_tiny: ")
    assert "no_such_name" in said.err
    assert said.out.startswith("91_tiny: ")


def test_times_writes_nothing(book, chapter, capsys):
    before = chapter.notebook.read_bytes()
    assert cli.main(["times", "90", "--book", str(book)]) == 0
    assert chapter.notebook.read_bytes() == before
    assert "90_tiny" in capsys.readouterr().out


def test_an_unknown_chapter_is_an_error_that_lists_the_known(book, capsys):
    assert cli.main(["sync", "91", "--book", str(book)]) == 2
    assert "no chapter is called '91'; there are: 90_tiny" in capsys.readouterr().err


def test_a_missing_text_twin_is_an_error_that_says_what_to_do(chapter):
    chapter.source.unlink()
    with pytest.raises(NotebookError, match="sync --from-notebook"):
        twins.sync(chapter)
