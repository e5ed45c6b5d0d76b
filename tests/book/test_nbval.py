"""`pytest --nbval` compares: one stored digit changed, and the run fails."""

import re
import shutil

import nbformat
import pytest

from book.tools import guards
from book.tools.chapter import BOOK, chapters, code_cells

REAL = [chapter for chapter in chapters() if chapter.notebook.exists()]


def other_digit(text: str) -> str:
    """The text with its first digit replaced by another."""
    return re.sub(r"\d", lambda match: str((int(match.group()) + 1) % 10), text, count=1)


def spoil(cell) -> bool:
    """Change one digit in the first output of a cell that shows one; whether there was one."""
    for output in cell.outputs:
        if output.output_type == "stream" and re.search(r"\d", output.text):
            output.text = other_digit(output.text)
            return True
        for kind in ("text/html", "text/plain"):
            text = output.get("data", {}).get(kind, "")
            if re.search(r"\d", text) and "data:image" not in text:
                output.data[kind] = other_digit(text)
                return True
    return False


def outcome(result) -> dict[str, int]:
    """How many cells passed and failed."""
    line = result.stdout.strip().splitlines()[-1]
    return {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", line)}


def test_an_honest_notebook_passes(book, nbval):
    result = nbval(book)
    assert outcome(result) == {"passed": 7}, result.stdout


def test_each_changed_digit_fails_its_cell(book, chapter, nbval):
    nb = chapter.read_notebook()
    printed, value, table = code_cells(nb)[1:4]
    assert spoil(printed)
    assert spoil(value)
    data = table.outputs[0].data
    assert "<td>31</td>" in data["text/html"]
    data["text/html"] = data["text/html"].replace("<td>31</td>", "<td>37</td>")
    nbformat.write(nb, chapter.notebook)
    result = nbval(book)
    assert outcome(result) == {"failed": 3, "passed": 4}, result.stdout


def test_a_letter_fails_too_and_the_bytes_of_an_image_do_not(book, chapter, nbval):
    nb = chapter.read_notebook()
    html = code_cells(nb)[3].outputs[0].data["text/html"]
    code_cells(nb)[3].outputs[0].data["text/html"] = html.replace("iVBORw0KGgo", "iVBORw1")
    letters = code_cells(nb)[4].outputs[0]
    letters.text = letters.text.replace("'c'", "'d'")
    nbformat.write(nb, chapter.notebook)
    result = nbval(book)
    assert outcome(result) == {"failed": 1, "passed": 6}, result.stdout


def test_shuffling_keeps_the_order_of_the_cells(book, nbval):
    result = nbval(book, "-vv", "--randomly-seed=1")
    assert "--randomly-seed=1" in result.stdout
    cells = re.findall(r"Cell (\d+) PASSED", result.stdout)
    assert cells == [str(position) for position in range(7)], result.stdout


def test_two_workers_do_not_split_a_notebook(book, nbval):
    pytest.importorskip("xdist", reason="pytest-xdist is optional, and not installed")
    shutil.copy(book / "90_tiny.ipynb", book / "91_tiny.ipynb")
    result = nbval(book, "-n", "2")
    assert outcome(result) == {"passed": 14}, result.stdout


def test_what_a_person_has_set_is_kept_and_the_rest_is_small(book, chapter, nbval):
    nb = chapter.read_notebook()
    names = ("TEXTBOOK_NLP_DEVICE", "TEXTBOOK_NLP_SCALE", "TEXTBOOK_NLP_STATIC")
    code = f"import os\nprint(*(os.environ[name] for name in {names}))"
    cell = nbformat.v4.new_code_cell(code, execution_count=1)
    cell.outputs = [nbformat.v4.new_output("stream", text="cpu medium 1\n")]
    nb.cells = [cell]
    nbformat.write(nb, chapter.notebook)
    assert outcome(nbval(book, TEXTBOOK_NLP_SCALE="medium")) == {"passed": 1}
    assert outcome(nbval(book, TEXTBOOK_NLP_SCALE="small")) == {"failed": 1}


@pytest.mark.parametrize("real", REAL, ids=lambda chapter: chapter.name)
def test_a_changed_digit_in_a_real_chapter_fails(real, tmp_path, nbval):
    """The first compared cell with a digit, and the cells before it."""
    nb = real.read_notebook()
    book = tmp_path / "book"
    book.mkdir()
    shutil.copy(BOOK / "conftest.py", book)
    for position, cell in enumerate(nb.cells):
        if cell.cell_type == "code" and guards.IGNORE not in cell.metadata.get("tags", []):
            shorter = {**nb, "cells": nb.cells[: position + 1]}
            honest = nbformat.from_dict(shorter)
            if spoil(cell):
                break
    else:
        pytest.fail("no compared cell shows a digit")
    nbformat.write(honest, book / "honest.ipynb")
    nbformat.write(nbformat.from_dict(shorter), book / "spoiled.ipynb")
    result = nbval(book)
    cells = len(code_cells(honest))
    assert outcome(result) == {"failed": 1, "passed": 2 * cells - 1}, result.stdout
    assert "spoiled.ipynb::Cell" in result.stdout
