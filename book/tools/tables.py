"""Markdown for the generated parts of the pages: tables, text."""

from __future__ import annotations

import re
from collections.abc import Iterable


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines
    )


def escaped(text: str) -> str:
    """Text in which a token such as `<eos>` is shown as code, and not taken for HTML."""
    return re.sub(r"<(\w+)>", r"`<\1>`", text)
