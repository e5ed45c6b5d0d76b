"""What a reader of a chapter meets: prose, sections, boxes, visible code. Nothing is executed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from nbformat import NotebookNode

from book.tools.layers import CHECK, FURTHER, HIDDEN
from book.tools.opening import is_opening

FENCE = re.compile(r"^(`{3,}|~{3,})[^\n]*\n.*?^\1[ \t]*$", re.M | re.S)
DETAILS = re.compile(r"<details\b[^>]*>.*?(?:</details>|\Z)", re.S | re.I)
DISPLAY = re.compile(r"\$\$.*?\$\$|\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.S)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.S)
FORMULA = re.compile(r"(?<!\\)\$[^$\n]+(?:\n[^$\n]+)*\$")
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]*(?:\([^()]*\)[^()\s]*)*)\)", re.S)
TABLE = re.compile(r"^\|[^\n]*\|[ \t]*$", re.M)
TAG = re.compile(r"<!--.*?-->|</?\w[^>]*>", re.S)
HEADING = re.compile(r"^(#{1,6}) +(.+?)\s*$", re.M)
AFTER = re.compile(r"^## Exercises\b", re.M)  # the lesson ends here


def strip_boxes(text: str) -> str:
    """Markdown without what is folded away in it."""
    return DETAILS.sub("", text)


def strip_code(text: str) -> str:
    """Markdown without blocks and pieces of code; each piece leaves a word."""
    return CODE.sub("x", FENCE.sub("", text))


def strip_maths(text: str) -> str:
    """Markdown without displayed formulas; each formula in a line leaves a word."""
    return FORMULA.sub("x", DISPLAY.sub("", text))


def words(text: str) -> int:
    """How many words of prose a piece of Markdown holds: no code, no tables, no boxes."""
    text = strip_maths(strip_code(strip_boxes(text)))
    text = TAG.sub("", TABLE.sub("", LINK.sub(r"\1", text)))
    return sum(bool(re.search(r"\w", word)) for word in text.split())


def pieces(nb: NotebookNode) -> list[NotebookNode]:
    """The cells that the author wrote."""
    return [cell for cell in nb.cells if not is_opening(cell)]


def lesson(nb: NotebookNode) -> list[NotebookNode]:
    """The cells before the exercises; the one in which those begin is cut there."""
    cells = []
    for cell in pieces(nb):
        if cell.cell_type == "markdown" and (end := AFTER.search(FENCE.sub(blank, cell.source))):
            return [*cells, NotebookNode({**cell, "source": cell.source[: end.start()]})]
        cells.append(cell)
    return cells


def blank(match: re.Match[str]) -> str:
    """As many lines and letters, with nothing in them."""
    return re.sub(r"[^\n]", " ", match.group())


def tags(cell: NotebookNode) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", ()))


def is_visible(cell: NotebookNode) -> bool:
    """Whether the page shows the source of a code cell without a click."""
    return cell.cell_type == "code" and not tags(cell) & {CHECK, FURTHER, HIDDEN, "remove-cell"}


def lines(cell: NotebookNode) -> int:
    """How many lines of a cell hold something."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def tree(cell: NotebookNode) -> ast.Module:
    """The syntax of a code cell, without lines for the shell."""
    return ast.parse(re.sub(r"^[ \t]*[%!].*$", "pass", cell.source, flags=re.M))


def markdown(nb: NotebookNode, cells: list[NotebookNode] | None = None) -> Iterator[str]:
    """The Markdown of the author's cells, without code."""
    for cell in pieces(nb) if cells is None else cells:
        if cell.cell_type == "markdown":
            yield CODE.sub(blank, FENCE.sub(blank, cell.source))


@dataclass
class Section:
    """A heading of level 2 or 3 with the pieces that follow it, in order: prose or a cell."""

    title: str
    parts: list[str | NotebookNode] = field(default_factory=list)


def sections(cells: list[NotebookNode]) -> list[Section]:
    """The sections of some cells; what stands before the first heading is one too."""
    found = [Section("the opening")]
    for cell in cells:
        if cell.cell_type == "code":
            found[-1].parts.append(cell)
            continue
        at = 0
        for match in HEADING.finditer(FENCE.sub(blank, cell.source)):
            found[-1].parts.append(cell.source[at : match.start()])
            at = match.end()
            if len(match.group(1)) in (2, 3):
                found.append(Section(match.group(2)))
        found[-1].parts.append(cell.source[at:])
    return found


def boxes(text: str) -> Iterator[tuple[str | None, str]]:
    """The folded boxes of a Markdown cell: the words on each, and what it holds."""
    for match in DETAILS.finditer(FENCE.sub(blank, text)):
        inside = text[match.start() : match.end()]
        summary = re.search(r"<summary>(.*?)</summary>", inside, re.S | re.I)
        yield (summary.group(1).strip(), inside[summary.end() :]) if summary else (None, inside)
