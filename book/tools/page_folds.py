"""A Sphinx extension of one page: a folded cell is announced by what stands on its fold.

myst-nb calls every fold "Toggle hidden content", whatever it says; those who hear the page could
not tell one from the next.
"""

from __future__ import annotations

from typing import Any

from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput, visit_HideCellInput
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

LABEL = ' aria-label="Toggle hidden content"'


def visit(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """Write the fold as myst-nb does, without the label that hides its words."""
    start = len(self.body)
    visit_HideCellInput(self, node)
    self.body[start:] = [part.replace(LABEL, "") for part in self.body[start:]]


def setup(app: Sphinx) -> dict[str, Any]:
    """Take the place of the writer that myst-nb has registered."""
    app.add_node(HideCodeCellNode, override=True, html=(visit, depart_HideCellInput))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
