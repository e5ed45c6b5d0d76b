"""A table that fits the column of a page, and 80 letters where it is text."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from textbook_nlp.show.svg import display_html

COLUMNS = 80
NARROW = 8  # letters; a column of words is not made narrower


def table(
    rows: Sequence[Sequence[Any]],
    header: Sequence[str],
    *,
    digits: int = 2,
    caption: str | None = None,
) -> None:
    """Show rows in columns: words to the left, numbers to the right, floats with equal digits.

    On a page it is a table whose words wrap; where only text can be shown, it is printed.

    Args:
        rows: the rows; each as long as the header.
        header: the names of the columns.
        digits: digits after the point of floats.
        caption: a sentence above the table.

    Raises:
        ValueError: if a row has another length than the header.

    Example:
        >>> table([("RNN", 9.25), ("bigram", 14)], header=("model", "perplexity"))
        model   perplexity
        ------  ----------
        RNN           9.25
        bigram          14
    """
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"row {tuple(row)!r} has {len(row)} cells, the header {len(header)}")
    cells = [[_cell(value, digits) for value in row] for row in rows]
    numeric = [all(_is_number(row[j]) for row in rows) for j in range(len(header))]
    display_html(_html(cells, header, numeric, caption), _text(cells, header, numeric))


def _html(
    cells: list[list[str]], header: Sequence[str], numeric: list[bool], caption: str | None
) -> str:
    right = [
        ' style="text-align:right"' if number else ' style="text-align:left"' for number in numeric
    ]
    head = "".join(
        f'<th scope="col"{side}>{_escaped(name)}</th>'
        for name, side in zip(header, right, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{side}>{_escaped(text)}</td>" for text, side in zip(line, right, strict=True)
        )
        + "</tr>"
        for line in cells
    )
    above = f"<caption>{_escaped(caption)}</caption>" if caption else ""
    return (
        '<div style="overflow-x:auto"><table class="tn-table">'
        f"{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _escaped(text: str) -> str:
    return html.escape(str(text), quote=False).replace("\n", "<br>")


def _text(cells: list[list[str]], header: Sequence[str], numeric: list[bool]) -> str:
    """The table in letters; columns of words are wrapped until a line has at most 80."""
    rows = [[str(name) for name in header], *cells]
    widths = [
        max(max(map(len, t.split("\n"))) for t in column) for column in zip(*rows, strict=True)
    ]
    free = [j for j in range(len(header)) if not numeric[j] or widths[j] > NARROW]
    while sum(widths) + 2 * (len(widths) - 1) > COLUMNS:
        widest = max(free, key=lambda j: widths[j], default=None)
        if widest is None or widths[widest] <= NARROW:
            break
        widths[widest] -= 1
    lines = []
    for i, row in enumerate(rows):
        wrapped = [_wrapped(text, width) for text, width in zip(row, widths, strict=True)]
        for k in range(max(map(len, wrapped))):
            line = [words[k] if k < len(words) else "" for words in wrapped]
            sides = zip(line, widths, numeric, strict=True)
            parts = [text.rjust(w) if number else text.ljust(w) for text, w, number in sides]
            lines.append("  ".join(parts).rstrip())
        if i == 0:
            lines.append("  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    return [line for part in text.split("\n") for line in textwrap.wrap(part, width) or [""]]


def _is_number(value: Any) -> bool:
    if value is None:
        return True
    value = _plain(value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """A Python number from a NumPy or torch one; other things as they are."""
    return value.item() if hasattr(value, "item") and np.ndim(value) == 0 else value


def _cell(value: Any, digits: int) -> str:
    value = _plain(value)
    if value is None:
        return "-"
    return f"{value:.{digits}f}" if isinstance(value, float) else str(value)
