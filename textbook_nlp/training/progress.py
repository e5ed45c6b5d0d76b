"""A bar with the time left, where somebody watches."""

import builtins
import operator
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from tqdm import tqdm

from textbook_nlp.training import distributed


def progress_bar(show: bool | None) -> tqdm:
    """Make the bar: of text, or a widget in a notebook.

    Args:
        show: None shows it on a terminal and in a notebook that a person runs.
    """
    show = (somebody_watches() if show is None else show) and distributed.rank() == 0
    kind = tqdm
    if show and _in_notebook():
        from tqdm.auto import tqdm as kind  # noqa: PLC0415 - warns where ipywidgets is missing
    return kind(disable=not show, unit=" batches", dynamic_ncols=True)


def watch(bar: tqdm, batches: Iterable[Any], number: int, epochs: int) -> Iterator[Any]:
    """Go through the batches of an epoch, and move the bar with them.

    Where batches can be counted, the bar knows how long the whole run is.
    """
    if length := operator.length_hint(batches):
        bar.total = epochs * length
        if bar.n == 0:
            bar.initial = bar.n = (number - 1) * length
    bar.set_description(f"epoch {number}/{epochs}", refresh=False)
    for batch in batches:
        yield batch
        bar.update()


def somebody_watches() -> bool:
    """Say whether there is a terminal, or a notebook that a person runs (not the book's maker)."""
    made = os.environ.get("TEXTBOOK_NLP_STATIC", "0") not in ("", "0")
    return sys.stderr.isatty() or (_in_notebook() and not made)


def _in_notebook() -> bool:
    shell = getattr(builtins, "get_ipython", None)  # IPython puts it there while a cell runs
    return shell is not None and hasattr(shell(), "kernel")
