"""A Sphinx extension of one page: "Suggest edit" leads to what people edit.

The page of a chapter is made from `book/NN_name.ipynb`, which holds outputs and is written by a
tool. Its text twin `book/source/NN_name.md` is what a change belongs in.
"""

from __future__ import annotations

import re
from typing import Any

from docutils.nodes import document
from sphinx.application import Sphinx


def text_twin(url: str) -> str:
    """The address of a notebook's text twin; any other address unchanged."""
    return re.sub(r"/book/([^/]+)\.ipynb$", r"/book/source/\1.md", url)


def point_to_text(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: document | None
) -> None:
    """Rewrite the edit button of a chapter's page."""
    for button in context.get("header_buttons", []):
        for entry in button.get("buttons", [button]):
            if entry.get("label") == "source-edit-button":
                entry["url"] = text_twin(entry["url"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register after the theme has made its buttons, which it does at priority 501."""
    app.connect("html-page-context", point_to_text, priority=502)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
