"""A Sphinx extension of one page: links to the book's own published address lead within the book.

A notebook is read in many places, so its links are absolute. On the page they become relative,
and work from disk. A link to a plain anchor leads there: `[(7.3)](#eq-7-3)` to `<a id="eq-7-3">`.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)


class PlainAnchors(SphinxTransform):
    """Resolves links to anchors that are written in HTML."""

    default_priority = 878  # before myst-parser, which knows none of them

    def apply(self, **kwargs: Any) -> None:
        """Point the links of a page to its anchors."""
        raw = " ".join(node.astext() for node in self.document.findall(nodes.raw))
        anchors = set(re.findall(r'<a id="([^"]+)">', raw))
        for link in self.document.findall(nodes.reference):
            if link.get("id_link") and link["refuri"].removeprefix("#") in anchors:
                link["refid"] = link["refuri"].removeprefix("#")
                del link["refuri"], link["id_link"]


class OwnLinks(SphinxPostTransform):
    """Makes links to the published address relative."""

    default_priority = 500
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Rewrite the links of a page."""
        base = self.config.html_baseurl
        for link in self.document.findall(nodes.reference):
            address, _, anchor = link.get("refuri", "").partition("#")
            if not base or not f"{address}/".startswith(base):
                continue
            page = address[len(base) :].removesuffix(".html")
            page = self.config.root_doc if page in ("", "index") else page
            if page not in self.env.all_docs:
                logger.warning("no page of the book stands at %s", address, location=link)
                continue
            link["refuri"] = self.app.builder.get_relative_uri(self.env.docname, page)
            link["refuri"] += f"#{anchor}" if anchor else ""
            link["internal"] = True


def setup(app: Sphinx) -> dict[str, Any]:
    """Register both."""
    app.add_transform(PlainAnchors)
    app.add_post_transform(OwnLinks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
