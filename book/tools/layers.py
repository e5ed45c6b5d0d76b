"""The layers of a page: one tag in the text, from which each place learns what to fold.

A code cell of the text twin says `check` (it asserts, and prints nothing), `further` (its first
line is a comment, its title) or `hide-input` (its result alone is the lesson), and no more. The
notebook says the same to the published page (`hide-cell` and prompts), to Jupyter
(`source_hidden`) and to Colab (`cellView`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

CHECK, FURTHER, HIDDEN = "check", "further", "hide-input"
WHOLE = "hide-cell"  # what the page folds with its output; never written by hand
PROMPTS = ("code_prompt_show", "code_prompt_hide")
LONGEST = 90  # letters of a prompt

COMMENT = re.compile(r"\A#\s*(?![@%#])([^\n]+)(?:\n(?!#)|\Z)")  # of one line
SHOWS = re.compile(r"\bshow\.(?:figure|slider|frames)\(|\.show\(\s*alt=")


def own_tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell that its author wrote."""
    tags = list(cell.metadata.get("tags", ()))
    return [tag for tag in tags if tag != WHOLE or not {CHECK, FURTHER} & set(tags)]


def title_of(source: str) -> str | None:
    """What a cell calls itself: its first line, if that is a comment; the title of its figure."""
    if comment := COMMENT.search(source):
        return comment.group(1).strip().rstrip(".")
    try:
        strings = list(named_strings(ast.parse(source)))
    except SyntaxError:  # a line for the shell, for example
        return None
    wanted = ("title", "label", "caption")
    return next((text for name in wanted for key, text in strings if key == name), None)


def named_strings(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Arguments that are strings, with their names: `title="..."`, `ax.set_title("...")`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            pairs = [(keyword.arg or "", keyword.value) for keyword in node.keywords]
            if getattr(node.func, "attr", "") in ("set_title", "suptitle"):
                pairs += [("title", value) for value in node.args[:1]]
            for name, value in pairs:
                if name == "label" and getattr(node.func, "attr", "") not in ("slider", "frames"):
                    continue  # of a line in a plot
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield name, " ".join(value.value.split())


def prompt(cell: NotebookNode) -> str | None:
    """What stands on the fold of a cell, or None where nothing is folded."""
    tags, title = own_tags(cell), title_of(cell.source)
    if CHECK in tags:
        kind = "✓ checked"
    elif FURTHER in tags:
        kind = "Further"
    elif HIDDEN in tags:
        kind = "Code of the figure" if SHOWS.search(cell.source) else "Code"
        title = title or (None if kind != "Code" else "how this was made")
    else:
        return None
    return f"{kind}: {title}" if title and len(title) <= LONGEST else kind


def unfold(cell: NotebookNode) -> None:
    """Take away what `fold` has written."""
    if "tags" in cell.metadata:
        cell.metadata["tags"] = own_tags(cell)
    for key, names in (("mystnb", PROMPTS), ("jupyter", ("source_hidden",))):
        rest = {k: v for k, v in cell.metadata.get(key, {}).items() if k not in names}
        cell.metadata.pop(key, None)
        if rest:
            cell.metadata[key] = rest
    cell.metadata.pop("cellView", None)


def fold(cell: NotebookNode) -> None:
    """Write into a code cell what each place needs to fold it."""
    if cell.cell_type != "code":
        return
    unfold(cell)
    words = prompt(cell)
    if words is None:
        return
    if HIDDEN not in own_tags(cell):
        cell.metadata["tags"] = [*cell.metadata["tags"], WHOLE]
    cell.metadata["mystnb"] = {**cell.metadata.get("mystnb", {}), **dict.fromkeys(PROMPTS, words)}
    cell.metadata["jupyter"] = {**cell.metadata.get("jupyter", {}), "source_hidden": True}
    cell.metadata["cellView"] = "form"
