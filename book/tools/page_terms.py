"""A Sphinx extension of one page: the glossary's definitions at hand, and Korean marked as Korean.

`terms.js` shows a definition where a link to a term is pointed at or has the focus. Its data are
written here, from the page of the glossary, as a script: from disk no page can fetch a file.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform

HANGUL = "[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]"
KOREAN = re.compile(f"{HANGUL}+(?:[ /,·–-]*{HANGUL}+)*")
TAGS = {nodes.emphasis: "em", nodes.strong: "strong", nodes.literal: "code"}


class Korean(SphinxTransform):
    """Marks Korean words, so that they are read aloud as Korean."""

    default_priority = 950

    def apply(self, **kwargs: Any) -> None:
        """Wrap what is Korean in the text of a page; code stays as it is."""
        for text in list(self.document.findall(nodes.Text)):
            if isinstance(text.parent, nodes.FixedTextElement | nodes.literal | nodes.raw):
                continue
            words, at, parts = text.astext(), 0, []
            for match in KOREAN.finditer(words):
                parts.append(nodes.Text(words[at : match.start()]))
                # docutils makes of this class the attribute `lang`
                parts.append(nodes.inline("", match.group(), classes=["language-ko"]))
                at = match.end()
            if parts:
                text.parent.replace(text, [*parts, nodes.Text(words[at:])])


def shown(node: nodes.Node) -> str:
    """The HTML of a definition."""
    if isinstance(node, nodes.Text):
        return html.escape(node.astext(), quote=False)
    if isinstance(node, nodes.math):
        formula = html.escape(node.astext(), quote=False)
        return rf'<span class="math notranslate nohighlight">\({formula}\)</span>'
    inside = "".join(shown(child) for child in node.children)
    tag = TAGS.get(type(node))
    return f"<{tag}>{inside}</{tag}>" if tag else inside


def terms_of(page: nodes.document) -> list[tuple[nodes.term, nodes.definition]]:
    """The English terms of the glossary, each with its definition."""
    items = page.findall(nodes.definition_list_item)
    return [(next(i.findall(nodes.term)), next(i.findall(nodes.definition))) for i in items]


def add_letters(app: Sphinx, page: nodes.document) -> None:
    """Put letters to jump to above the glossary."""
    glossary = next(page.findall(addnodes.glossary), None)
    if glossary is None:
        return
    row, seen = nodes.paragraph(classes=["tn-letters"]), set()
    for term, _ in terms_of(page):
        letter = term.astext()[0].upper()
        if letter not in seen:
            row += [
                nodes.reference("", letter, refid=term["ids"][0], internal=True),
                nodes.Text(" "),
            ]
        seen.add(letter)
    glossary.parent.insert(glossary.parent.index(glossary), row)


def write_definitions(app: Sphinx, env: BuildEnvironment) -> None:
    """Write what the script of the pages shows."""
    page = next((name for name in env.all_docs if name.endswith("glossary")), None)
    if page is None or app.builder.format != "html":
        return
    entries = terms_of(env.get_doctree(page))
    data = {term["ids"][0]: shown(definition) for term, definition in entries}
    path = Path(app.outdir) / "_static" / "terms_data.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"window.tnTerms={json.dumps(data, ensure_ascii=False)}\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all three and the scripts of the pages."""
    app.add_transform(Korean)
    app.connect("doctree-read", add_letters)
    app.connect("env-updated", write_definitions)
    for name in ("terms_data.js", "terms.js"):
        app.add_js_file(name, loading_method="defer")
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
