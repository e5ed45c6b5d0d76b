"""The twins of a chapter, its text and its notebook: here one is made from the other.

Nothing goes by modification times, which mean nothing in a fresh clone.
"""

from __future__ import annotations

import copy
import difflib
import subprocess

import nbformat
from nbformat import NotebookNode

from book.tools import layers
from book.tools.chapter import (
    JUPYTEXT,
    KERNEL,
    Chapter,
    NotebookError,
    code_cells,
    from_text,
    short_digest,
    write,
)
from book.tools.opening import put_opening
from textbook_nlp.files import sha256


def signature(cell: NotebookNode) -> tuple[str, str, tuple[str, ...], str]:
    """What the twins must agree on: type, source, tags, and the reason for an ignored output."""
    return (
        cell.cell_type,
        cell.source,
        tuple(layers.own_tags(cell)),
        cell.metadata.get("nbval_reason", ""),
    )


def fingerprint(nb: NotebookNode) -> str:
    """A digest of all that the text twin holds of a notebook."""
    cells = [signature(cell) for cell in nb.cells]
    return short_digest([*cells, nb.metadata["edition"]] if "edition" in nb.metadata else cells)


def fresh_id(cell: NotebookNode, taken: set[str]) -> str:
    """An id that depends on the cell's content alone, distinct from those taken."""
    salt = 0
    while True:
        text = f"{cell.cell_type}\n{cell.source}\n{salt}"
        identity = sha256(text)[:8]
        if identity not in taken:
            return identity
        salt += 1


def merge(new: NotebookNode, old: NotebookNode | None) -> NotebookNode:
    """The cells of `new` with the ids, outputs and other metadata that `old` has for them.

    A code cell that was edited loses its output: an old output under a new cell would be a lie.
    """
    before = list(old.cells) if old is not None else []
    partner: dict[int, tuple[NotebookNode, bool]] = {}
    matcher = difflib.SequenceMatcher(
        a=[(c.cell_type, c.source) for c in before],
        b=[(c.cell_type, c.source) for c in new.cells],
        autojunk=False,
    )
    for op, a0, a1, b0, b1 in matcher.get_opcodes():
        for a, b in zip(range(a0, a1), range(b0, b1), strict=False):
            if op == "equal" or (op == "replace" and before[a].cell_type == new.cells[b].cell_type):
                partner[b] = (before[a], op == "equal")

    taken = {cell.id for cell, _ in partner.values() if "id" in cell}
    for position, cell in enumerate(new.cells):
        match, same = partner.get(position, (None, False))
        kept = {"tags", "nbval_reason", "mystnb"}
        metadata = {k: v for k, v in cell.metadata.items() if k in kept}
        if match is not None:
            metadata |= {k: v for k, v in match.metadata.items() if k not in kept}
        cell.metadata = nbformat.from_dict(metadata)
        if match is not None and "id" in match:
            cell.id = match.id
        else:
            cell.id = fresh_id(cell, taken)
            taken.add(cell.id)
        if cell.cell_type == "code":
            cell.outputs = match.outputs if same else []
            cell.execution_count = match.execution_count if same else None
            layers.fold(cell)

    metadata = dict(old.metadata) if old is not None else {}
    metadata.pop("edition", None)
    if "edition" in new.metadata:
        metadata["edition"] = new.metadata["edition"]
    metadata |= {
        "kernelspec": KERNEL,
        "language_info": {"name": "python"},
        "jupytext": dict(JUPYTEXT),
        "textbook_nlp": {**metadata.get("textbook_nlp", {}), "twin": fingerprint(new)},
    }
    metadata.pop("widgets", None)
    return nbformat.from_dict(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": new.cells}
    )


def sync(chapter: Chapter, *, from_notebook: bool = False, force: bool = False) -> NotebookNode:
    """Bring the twins in step, in the direction asked for; returns the notebook.

    Text to notebook keeps cell ids, outputs of unchanged cells and foreign metadata.

    Raises:
        NotebookError: if the twin to read is missing, or if the notebook holds edits that the text
            has not seen.
    """
    old = chapter.read_notebook() if chapter.notebook.exists() else None
    if from_notebook:
        if old is None:
            raise NotebookError(f"{chapter.notebook} does not exist; nothing to sync from")
        new = copy.deepcopy(old)
    else:
        if not chapter.source.exists():
            raise NotebookError(
                f"{chapter.source} does not exist; to make it from the notebook, "
                "run sync --from-notebook"
            )
        new = chapter.read_source()
        if old is not None and not force and _lacks_edits(new, old, chapter):
            raise NotebookError(
                f"{chapter.notebook.name} was edited since it was last synced, and the text twin "
                "does not have those edits. To keep them: sync --from-notebook. To drop them: "
                "sync --force"
            )
    put_opening(new, chapter.name)
    nb = merge(new, old)
    write(chapter, nb)
    return nb


def _lacks_edits(new: NotebookNode, old: NotebookNode, chapter: Chapter) -> bool:
    """Whether the notebook `old` was edited and the text `new` has not seen the edits."""
    recorded = old.metadata.get("textbook_nlp", {}).get("twin")
    if recorded in (None, fingerprint(old)) or _agree(new, old, chapter.name):
        return False
    committed = _committed_text(chapter)
    return committed is None or not _agree(from_text(committed), old, chapter.name)


def _agree(text: NotebookNode, nb: NotebookNode, name: str) -> bool:
    """Whether a text and a notebook hold the same, whatever the notebook's opening says."""
    one, other = copy.deepcopy(text), copy.deepcopy(nb)
    for each in (one, other):
        put_opening(each, name)
    return fingerprint(one) == fingerprint(other)


def _committed_text(chapter: Chapter) -> str | None:
    """The text as it was when the notebook was last committed, or None if nobody knows.

    A mechanical change to both twins, a new name for example, leaves the notebook other than it was
    synced; if the text has gone on since, only the history can tell that it once had that change.
    """

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(chapter.notebook.parent), *arguments]
        return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout

    try:
        commit = git("log", "-1", "--format=%H", "--", chapter.notebook.name).strip()
        path = chapter.source.relative_to(chapter.notebook.parent).as_posix()
        return git("show", f"{commit}:./{path}") if commit else None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def is_stale(nb: NotebookNode) -> bool:
    """Whether a notebook needs running: a code cell was edited, added, removed or moved."""
    counts = [cell.execution_count for cell in code_cells(nb)]
    return counts != list(range(1, len(counts) + 1))
