"""A chapter of the book: its two files, what they say about it, and how they are written.

`book/source/NN_name.md` is what people edit and review; `book/NN_name.ipynb` is what people open,
with outputs.
"""

from __future__ import annotations

import copy
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from book.tools import layers
from book.tools.opening import ROOT, is_opening
from textbook_nlp.files import sha256, whole

BOOK = ROOT / "book"

TEXT_FORMAT = "md:myst"
# What a twin of text keeps of the metadata. Without `nbval_reason` and `mystnb` in the list an
# edited cell would lose its reason at the next sync.
JUPYTEXT = {
    "formats": "ipynb,source//md:myst",
    "notebook_metadata_filter": (
        "edition,kernelspec,jupytext,-jupytext.text_representation.jupytext_version"
    ),
    "cell_metadata_filter": "tags,nbval_reason,mystnb,-all",
}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

TITLE = re.compile(r"^# (?:\d+\. )?(.+)$", re.M)
NEEDS = re.compile(r"\bYou need (.+?)\.(?=\s|$)")
RUN_TIME = re.compile(r"Run time on a CPU: [^.\n]*\.")


class NotebookError(Exception):
    """A notebook or its twin that the tools will not touch; the message says what to do."""


@dataclass(frozen=True)
class Chapter:
    """The two files of one chapter: `source` (text) and `notebook` (with outputs)."""

    name: str
    source: Path
    notebook: Path

    def read_source(self) -> NotebookNode:
        """The cells of the text twin, without outputs."""
        return from_text(self.source.read_text(encoding="utf-8"))

    def read_notebook(self) -> NotebookNode:
        """The notebook, with outputs."""
        return nbformat.read(self.notebook, as_version=4)


def chapters(names: list[str] | tuple[str, ...] = (), book: Path = BOOK) -> list[Chapter]:
    """The chapters of the book, in order, or those that `names` asks for.

    Raises:
        NotebookError: if no chapter has one of the names.
    """
    stems = {path.stem for path in (book / "source").glob("[0-9]*.md")}
    stems |= {path.stem for path in book.glob("[0-9]*.ipynb")}
    wanted = sorted(stems)
    if names:
        asked = [Path(name).stem for name in names]
        for name in asked:
            if not any(stem == name or stem.startswith(f"{name}_") for stem in stems):
                raise NotebookError(
                    f"no chapter is called {name!r}; there are: {', '.join(wanted) or 'none'}"
                )
        wanted = [
            stem for stem in wanted if any(stem == a or stem.startswith(f"{a}_") for a in asked)
        ]
    return [
        Chapter(stem, book / "source" / f"{stem}.md", book / f"{stem}.ipynb") for stem in wanted
    ]


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """The code cells, in order."""
    return [cell for cell in nb.cells if cell.cell_type == "code"]


# ---------------------------------------------------------------------------------------------
# What a chapter says about itself


def in_prose(nb: NotebookNode, pattern: re.Pattern[str]) -> re.Match[str] | None:
    """The first place in the Markdown cells where a pattern stands."""
    found = (pattern.search(cell.source) for cell in nb.cells if cell.cell_type == "markdown")
    return next(filter(None, found), None)


def title(nb: NotebookNode) -> str | None:
    """The chapter's title, without its number."""
    match = in_prose(nb, TITLE)
    return match.group(1).strip() if match else None


def needs(nb: NotebookNode) -> str | None:
    """What to know first: the rest of the sentence that begins with "You need"."""
    match = in_prose(nb, NEEDS)
    return match.group(1) if match else None


def stated_seconds(nb: NotebookNode) -> int | None:
    """The run time that the chapter states, or None when it does not yet state one."""
    match = in_prose(nb, RUN_TIME)
    number = re.search(r"about (\d+) s", match.group()) if match else None
    return int(number.group(1)) if number else None


def put_run_time(nb: NotebookNode, seconds: float) -> bool:
    """Write the run time, rounded up to 10 s, where the chapter has its line.

    A stated time that is still about right stays, so that running again changes nothing.

    Returns:
        Whether the chapter has such a line.
    """
    stated = stated_seconds(nb)
    rounded = max(10, 10 * math.ceil(seconds / 10))
    if stated is not None and stated - 15 <= seconds <= stated + 3:
        rounded = stated
    for cell in nb.cells:
        if cell.cell_type == "markdown" and RUN_TIME.search(cell.source):
            line = f"Run time on a CPU: about {rounded} s."
            cell.source = RUN_TIME.sub(line, cell.source, count=1)
            return True
    return False


# ---------------------------------------------------------------------------------------------
# Files


def from_text(text: str) -> NotebookNode:
    """The cells of a text twin."""
    return jupytext.reads(text, fmt=TEXT_FORMAT)


def to_text(nb: NotebookNode) -> str:
    """The text twin of a notebook, in its one canonical form."""
    head = {"edition": nb.metadata["edition"]} if "edition" in nb.metadata else {}
    metadata = {**head, "kernelspec": KERNEL, "jupytext": {**JUPYTEXT}}
    text = nbformat.from_dict(copy.deepcopy({**nb, "metadata": metadata}))
    text.cells = [cell for cell in text.cells if not is_opening(cell)]
    for cell in text.cells:
        layers.unfold(cell)
        cell.metadata = nbformat.from_dict(dict(sorted(cell.metadata.items())))
    return jupytext.writes(text, fmt=TEXT_FORMAT)


def to_json(nb: NotebookNode) -> str:
    """A notebook's file, in its one canonical form."""
    nbformat.validate(nb)
    return nbformat.writes(nb, version=4) + "\n"


def write_changed(path: Path, text: str) -> bool:
    """Write `text`, whole or not at all, and only if the file differs; whether it did."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    return True


def write(chapter: Chapter, nb: NotebookNode) -> None:
    """Write both twins."""
    write_changed(chapter.source, to_text(nb))
    write_changed(chapter.notebook, to_json(nb))


def short_digest(content: object) -> str:
    """Sixteen digits that stand for anything that JSON can hold."""
    return sha256(json.dumps(content, ensure_ascii=False, sort_keys=True))[:16]


def outputs_digest(nb: NotebookNode) -> str:
    """What stands for all stored outputs, pictures included.

    nbval compares no picture, since its bytes differ between builds of matplotlib; so execution
    notes what it has stored, and a guard sees whatever was altered afterward.
    """
    return short_digest([cell.outputs for cell in code_cells(nb)])
