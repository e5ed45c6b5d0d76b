"""What must hold for every notebook of the book, as functions that return a list of complaints.

Each takes a notebook (nbformat 4) and needs no execution. The tests call them one by one;
`python -m book.tools check` calls them all.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from html.parser import HTMLParser

from nbformat import NotebookNode

from book.tools import layers
from book.tools.chapter import (
    Chapter,
    code_cells,
    needs,
    outputs_digest,
    stated_seconds,
    title,
    to_text,
)
from book.tools.opening import is_opening, put_opening
from book.tools.twins import signature

COMPARED_SHARE = 0.8
IGNORE = "nbval-ignore-output"
# Ways to keep nbval from looking at a cell, of which the book uses the first alone.
OTHER_ESCAPES = {"nbval-skip", "raises-exception", "nbval-raises-exception"}
ESCAPE_COMMENTS = re.compile(r"#\s*(NBVAL_|PYTEST_VALIDATE_)", re.IGNORECASE)
TEXTUAL = ("text/plain", "text/html", "text/markdown", "text/latex", "image/svg+xml")
# MyST reads as raw text on Colab, in Jupyter and on GitHub.
MYST = re.compile(r"^\s*(`{3,}|:{3,}|~{3,})\{|(?<![`\w]){[a-z][\w:-]*}`|^\s*\([\w-]+\)=\s*$", re.M)
FENCE = re.compile(r"^(`{3,}|~{3,})[^\n{]*\n.*?^\1\s*$", re.M | re.S)


def label(cell: NotebookNode) -> str:
    """A name for a cell in a complaint: its first line."""
    return f"cell {cell.get('id', '')} ({(cell.source.strip().splitlines() or ['empty'])[0][:60]})"


def texts(cell: NotebookNode) -> Iterator[str]:
    """Every text that a cell's outputs hold."""
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            yield output.text
        elif output.output_type != "error":
            for kind, value in output.data.items():
                if kind in TEXTUAL:
                    yield value if isinstance(value, str) else "".join(value)


def executed_in_order(nb: NotebookNode) -> list[str]:
    """Every code cell has run, in one pass from the first to the last."""
    return [
        f"{label(cell)} has execution count {cell.execution_count}, expected {expected}; "
        "run execute"
        for expected, cell in enumerate(code_cells(nb), start=1)
        if cell.execution_count != expected
    ]


def compared_enough(nb: NotebookNode) -> list[str]:
    """At least 80 % of the cells with text output are compared, and no cell escapes otherwise."""
    found = []
    # A figure counts too: its image is sanitized, its alternative text and caption are compared.
    with_text = [cell for cell in code_cells(nb) if any(texts(cell))]
    compared = [cell for cell in with_text if IGNORE not in cell.metadata.get("tags", [])]
    if len(compared) < COMPARED_SHARE * len(with_text):
        found.append(
            f"{len(compared)} of {len(with_text)} cells with text output are compared; "
            f"at least {COMPARED_SHARE:.0%} should be"
        )
    for cell in code_cells(nb):
        if not cell.source.strip():
            found.append("an empty code cell; remove it")
        if escapes := OTHER_ESCAPES & set(cell.metadata.get("tags", [])):
            found.append(
                f"{label(cell)} has the tag {sorted(escapes)}; use {IGNORE}, with a reason"
            )
        if ESCAPE_COMMENTS.search(cell.source):
            found.append(f"{label(cell)} steers nbval with a comment; use the tag {IGNORE}")
    return found


def reasons_given(nb: NotebookNode) -> list[str]:
    """A cell whose output is ignored says why, and no other cell does."""
    found = []
    for cell in code_cells(nb):
        ignored = IGNORE in cell.metadata.get("tags", [])
        reason = cell.metadata.get("nbval_reason", "")
        if ignored and len(str(reason).split()) < 3:
            found.append(f"{label(cell)} is ignored and gives no reason (metadata nbval_reason)")
        if reason and not ignored:
            found.append(f"{label(cell)} gives a reason but is not tagged {IGNORE}")
    return found


def no_directives(nb: NotebookNode) -> list[str]:
    """Markdown cells hold plain Markdown, which reads well everywhere."""
    found = []
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            match = MYST.search(FENCE.sub("", cell.source))
            if match:
                found.append(f"{label(cell)} holds MyST: {match.group().strip()!r}")
            found += [
                f"{label(cell)} has an image without alt text"
                for _ in re.finditer(r"!\[\s*\]\(", cell.source)
            ]
    return found


class Images(HTMLParser):
    """Collects the attributes of every image in a piece of HTML."""

    def __init__(self, html: str) -> None:
        """Parse `html` at once; the images are in `found`."""
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the attributes of an image."""
        if tag == "img":
            self.found.append(dict(attrs))


def bad_alt(alt: str | None) -> str | None:
    """What is wrong with an alt text, or None."""
    if alt is None:
        return "no alt text"
    if not alt.strip():
        return "an empty alt text"
    if re.search(r"\.(png|svg|jpe?g|gif)\b|/|\\", alt) and " " not in alt.strip():
        return f"a file's path as alt text ({alt})"
    if len(alt.split()) < 4:
        return f"an alt text of fewer than four words ({alt!r})"
    return None


def images_described(nb: NotebookNode) -> list[str]:
    """Every figure says in words what it shows, and none is stored as a bare picture."""
    found = []
    for cell in nb.cells:
        sources = [cell.source] if cell.cell_type == "markdown" else []
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            found += [
                f"{label(cell)} stores a bare {kind}, which has no alt text; use show.figure"
                for kind in data
                if kind.startswith("image/")
            ]
            sources += [str(data["text/html"])] if "text/html" in data else []
        for html in sources:
            for image in Images(html).found:
                wrong = bad_alt(image.get("alt"))
                if wrong:
                    found.append(f"{label(cell)} has an image with {wrong}")
    return found


def no_dead_widgets(nb: NotebookNode) -> list[str]:
    """No output needs a kernel, and no widget state is stored."""
    found = ["the notebook stores widget state"] if "widgets" in nb.metadata else []
    for cell in code_cells(nb):
        for output in cell.outputs:
            if any("widget" in kind for kind in output.get("data", {})):
                found.append(f"{label(cell)} stores a widget view, dead without a kernel")
    return found


def no_errors(nb: NotebookNode) -> list[str]:
    """No cell has failed or written to stderr."""
    found = []
    for cell in code_cells(nb):
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"{label(cell)} stores an error: {output.ename}")
            if output.output_type == "stream" and output.name == "stderr":
                found.append(f"{label(cell)} wrote to stderr: {output.text[:80]!r}")
    return found


def no_outside_requests(nb: NotebookNode) -> list[str]:
    """No output asks another host for anything when it is shown."""
    found = []
    pattern = re.compile(r"(?:src|href|url|import)\s*[=(]\s*[\"']?(https?:)?//", re.IGNORECASE)
    for cell in code_cells(nb):
        for output in cell.outputs:
            html = str(output.get("data", {}).get("text/html", ""))
            if match := pattern.search(re.sub(r"<a\s[^>]*>", "", html)):
                found.append(f"{label(cell)} shows HTML with an outside address: {match.group()}")
    return found


def nothing_local(nb: NotebookNode) -> list[str]:
    """Nothing stored depends on the machine or the moment: no addresses, paths, times."""
    found = []
    address = re.compile(r" at 0x[0-9a-f]{6,}|(?:/home/|/Users/|/tmp/|/root/)\w")
    for cell in nb.cells:
        if "execution" in cell.metadata:
            found.append(f"{label(cell)} stores the time when it ran")
        if cell.cell_type == "code":
            for text in texts(cell):
                if match := address.search(text):
                    found.append(f"{label(cell)} stores {match.group()!r}, which differs elsewhere")
    if set(nb.metadata.get("language_info", {})) - {"name"}:
        found.append("the notebook stores the version of Python it ran on")
    return found


def stored_as_executed(nb: NotebookNode) -> list[str]:
    """Every stored output, pictures too, is what execution has stored."""
    if nb.metadata.get("textbook_nlp", {}).get("outputs") != outputs_digest(nb):
        return ["the stored outputs are not those that execution has stored; run execute"]
    return []


def folded_as_tagged(nb: NotebookNode) -> list[str]:
    """What each place needs to fold a cell is what `make notebooks` writes from the cell's tag."""
    found = []
    for cell in code_cells(nb):
        anew = copy.deepcopy(cell)
        layers.fold(anew)
        if anew.metadata != cell.metadata:
            found.append(f"{label(cell)} is not folded as its tags say; run sync")
    return found


GUARDS = (
    executed_in_order,
    compared_enough,
    reasons_given,
    no_directives,
    images_described,
    no_dead_widgets,
    no_errors,
    no_outside_requests,
    nothing_local,
    stored_as_executed,
    folded_as_tagged,
)


def opening_written(chapter: Chapter) -> list[str]:
    """The notebook begins with its title and with what the tool writes below it."""

    def looks(nb: NotebookNode) -> list[tuple]:
        return [(cell.cell_type, cell.source, cell.metadata.get("tags")) for cell in nb.cells]

    nb = chapter.read_notebook()
    before = looks(nb)
    put_opening(nb, chapter.name)
    same = before == looks(nb)
    return [] if same else ["its first cells are not those that the tool writes; run sync"]


def twins_agree(chapter: Chapter) -> list[str]:
    """The text and the notebook hold the same cells: type, source, tags, reasons."""
    missing = [path.name for path in (chapter.source, chapter.notebook) if not path.exists()]
    if missing:
        return [f"{name} is missing; run sync" for name in missing]
    text, notebook = chapter.read_source(), chapter.read_notebook()
    cells = [cell for cell in notebook.cells if not is_opening(cell)]
    if len(text.cells) != len(cells):
        return [f"the text has {len(text.cells)} cells, the notebook {len(cells)}; run sync"]
    found = [
        f"{label(a)} differs between the twins; run sync"
        for a, b in zip(text.cells, cells, strict=True)
        if signature(a) != signature(b)
    ]
    if not found and to_text(notebook) != chapter.source.read_text(encoding="utf-8"):
        found.append("the text is not in its canonical form; run sync")
    return found


def says_what_the_map_shows(nb: NotebookNode) -> list[str]:
    """The chapter says what the front page repeats: its title, what it needs, how long it takes."""
    found = []
    if title(nb) is None:
        found.append("no title; begin with '# N. Title'")
    if needs(nb) is None:
        found.append("no sentence 'You need ….' that says what to know first")
    if stated_seconds(nb) is None:
        found.append("no line 'Run time on a CPU: about N s.'; add it, and execute fills it in")
    return found


def problems(chapter: Chapter) -> list[str]:
    """Everything that is wrong with a chapter."""
    found = twins_agree(chapter)
    if chapter.notebook.exists():
        found += opening_written(chapter)
        nb = chapter.read_notebook()
        for guard in (says_what_the_map_shows, *GUARDS):
            found += guard(nb)
    return found
