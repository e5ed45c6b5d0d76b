"""Markdown for the generated parts of the pages: tables, numbers with units, text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines
    )


def number(value: float, digits: int = 4) -> str:
    """A number to so many significant digits, thousands separated."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def amount(value: float, unit: str, exact: bool = False) -> str:
    """A number with its unit; shares in percent. `exact`: as it was given, no digit added."""
    share, _, rest = unit.partition(" ")
    if share == "share":
        value, unit = 100 * value, f"% {rest}".strip()
    elif unit == "perplexity":
        unit = ""
    text = f"{value:,.4g}" if exact and abs(value) < 1000 else number(value)
    if exact and value == int(value):
        text = f"{int(value):,}"
    return f"{text} {unit}".strip()


def escaped(text: str) -> str:
    """Text in which a token such as `<eos>` is shown as code, and not taken for HTML."""
    return re.sub(r"<(\w+)>", r"`<\1>`", text)
