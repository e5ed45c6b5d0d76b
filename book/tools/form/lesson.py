"""How long a lesson is, in what layers it lies, and what stands in which."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator

from nbformat import NotebookNode

from book.tools import prose
from book.tools.chapter import code_cells
from book.tools.guards import label
from book.tools.layers import CHECK, FURTHER, HIDDEN

WORDS = 3000
CODE_LINES = 250
CELL_LINES = 16
MEDIAN_LINES = 8
STRETCH = 250  # words in a row without a cell or a figure


def short_enough(nb: NotebookNode, most: int = WORDS) -> list[str]:
    """The lesson is one sitting."""
    count = sum(prose.words(c.source) for c in prose.lesson(nb) if c.cell_type == "markdown")
    return [f"the lesson has {count} words, at most {most} are wanted"] if count > most else []


def little_code(nb: NotebookNode) -> list[str]:
    """The code that a reader sees is short, and in small cells."""
    seen = [cell for cell in prose.lesson(nb) if prose.is_visible(cell)]
    counts = [prose.lines(cell) for cell in seen]
    found = [
        f"{label(cell)} has {count} lines, at most {CELL_LINES} are wanted; fold or part it"
        for cell, count in zip(seen, counts, strict=True)
        if count > CELL_LINES
    ]
    if sum(counts) > CODE_LINES:
        found.append(f"the lesson shows {sum(counts)} lines of code, at most {CODE_LINES} wanted")
    if counts and statistics.median(counts) > MEDIAN_LINES:
        found.append(
            f"half of the visible cells have more than {MEDIAN_LINES} lines "
            f"(median {statistics.median(counts):g})"
        )
    return found


def no_long_stretch(nb: NotebookNode) -> list[str]:
    """No stretch of prose in a section goes on for long without a cell or a figure."""
    found = []
    for section in prose.sections(prose.lesson(nb)):
        count = 0
        for part in section.parts:
            if isinstance(part, str):
                count += prose.words(part)
            elif prose.is_visible(part) or HIDDEN in prose.tags(part):
                count = 0
            if count > STRETCH:
                found.append(
                    f"section {section.title!r}: more than {STRETCH} words in a row without a "
                    "cell or a figure"
                )
                break
    return found


def in_order(nb: NotebookNode) -> list[str]:
    """What the reader may play with stands before what breaks."""
    titles = [section.title for section in prose.sections(prose.pieces(nb))]
    places = {
        name: next((i for i, title in enumerate(titles) if title.startswith(name)), None)
        for name in ("Look at it", "What breaks")
    }
    look, breaks = places.values()
    if look is not None and breaks is not None and look > breaks:
        return ["'Look at it' stands after 'What breaks'; put it before"]
    return []


def one_layer(nb: NotebookNode) -> list[str]:
    """A cell is of one layer, and one that goes further says where to."""
    found = []
    for cell in code_cells(nb):
        layers = prose.tags(cell) & {CHECK, FURTHER, HIDDEN}
        if len(layers) > 1:
            found.append(f"{label(cell)} has the tags {sorted(layers)}; give it one of them")
        if layers == {FURTHER} and not re.match(r"#\s*\S", cell.source):
            found.append(f"{label(cell)} goes further; begin it with a comment, its title")
    return found


def assertions(tree: ast.AST) -> Iterator[ast.AST]:
    """The places in code that assert: `assert`, `np.testing`, `torch.testing`."""
    for node in ast.walk(tree):
        name = getattr(node, "attr", getattr(node, "id", ""))
        imported = getattr(node, "module", "") if isinstance(node, ast.ImportFrom) else ""
        if (
            isinstance(node, ast.Assert)
            or (isinstance(node, ast.Attribute) and name == "testing")
            or (isinstance(node, ast.Name) and name.startswith("assert_"))
            or (imported or "").endswith(".testing")
        ):
            yield node


def checks_check(nb: NotebookNode) -> list[str]:
    """A check asserts and prints nothing, and there is one a section at most."""
    found = []
    for cell in code_cells(nb):
        if CHECK in prose.tags(cell):
            tree = prose.tree(cell)
            if not any(assertions(tree)):
                found.append(f"{label(cell)} is a check that asserts nothing")
            if cell.get("outputs") or any(
                isinstance(node, ast.Name) and node.id == "print" for node in ast.walk(tree)
            ):
                found.append(f"{label(cell)} is a check that prints")
    for section in prose.sections(prose.pieces(nb)):
        cells = [part for part in section.parts if not isinstance(part, str)]
        if sum(CHECK in prose.tags(cell) for cell in cells) > 1:
            found.append(f"section {section.title!r} has several checks; make them one cell")
    return found


def nothing_asserted(nb: NotebookNode) -> list[str]:
    """A cell that the reader sees asserts nothing; that is what checks are for."""
    return [
        f"{label(cell)} asserts; put that into a cell with the tag `{CHECK}`"
        for cell in code_cells(nb)
        if prose.is_visible(cell) and any(assertions(prose.tree(cell)))
    ]


def literal(node: ast.AST) -> str | None:
    """The words of an expression of typed words alone, or None."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = literal(node.left), literal(node.right)
        return None if None in sides else "".join(sides)
    if isinstance(node, ast.IfExp):
        sides = literal(node.body), literal(node.orelse)
        return None if None in sides else max(sides, key=len)
    return None


def no_typed_sentence(nb: NotebookNode) -> list[str]:
    """A visible cell prints what was measured, never a sentence that was typed."""
    found = []
    for cell in code_cells(nb):
        if not prose.is_visible(cell):
            continue
        tree = prose.tree(cell)
        shown = [
            node.args
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
        ]
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            shown.append([tree.body[-1].value])
        for arguments in shown:
            texts = [literal(argument) for argument in arguments]
            if texts and None not in texts and len(re.findall(r"\w+", " ".join(texts))) >= 4:
                found.append(f"{label(cell)} prints a sentence that was typed: {texts[0]!r}")
    return found


def boxes_closed(nb: NotebookNode) -> list[str]:
    """A folded box in prose is whole in its cell and has a plain title."""
    found = []
    for cell in nb.cells:
        if cell.cell_type != "markdown":
            continue
        text = prose.FENCE.sub(prose.blank, cell.source)
        opened = len(re.findall(r"<details\b", text))
        if opened != text.count("</details>"):
            found.append(f"{label(cell)} opens {opened} boxes and closes another number")
            continue
        for title, inside in prose.boxes(cell.source):
            if title is None or not re.fullmatch(r"Solution|Hint|Further: \S.*", title):
                found.append(f"{label(cell)} has a box called {title!r}; call it 'Further: …'")
            elif re.search(r"[$`<\\]", title):
                found.append(f"{label(cell)} has a box with more than words in its title: {title}")
            if not inside.startswith("\n\n"):
                found.append(f"{label(cell)} needs an empty line after {title!r}")
    return found
