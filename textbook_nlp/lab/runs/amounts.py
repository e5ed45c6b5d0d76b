"""Numbers as people read them."""

import math


def number(value: float | int, digits: int = 4) -> str:
    """Write a number to so many significant digits, thousands separated."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def amount(value: float | int, unit: str, exact: bool = False, digits: int = 4) -> str:
    """Write a number with its unit; shares in percent.

    With `exact` it stays as it was given, and no digit is added.
    """
    share, _, rest = unit.partition(" ")
    if share == "share":
        value, unit = 100 * value, f"% {rest}".strip()
    elif unit == "perplexity":
        unit = ""
    text = f"{value:,.4g}" if exact and abs(value) < 1000 else number(value, digits)
    if exact and value == int(value):
        text = f"{int(value):,}"
    return f"{text} {unit}".strip()
