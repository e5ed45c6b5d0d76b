"""What the cells of a chapter have shown: figures that a phone can show, lines that fit."""

from __future__ import annotations

from html.parser import HTMLParser

from nbformat import NotebookNode

from book.tools.chapter import code_cells
from book.tools.guards import label

COLUMNS = 80
WIDEST = round(4.8 * 96)  # pixels
PHONE = 358  # pixels that a phone gives to a figure
SMALLEST = 10  # pixels of a letter there


class Figure(HTMLParser):
    """What the HTML of one figure says about it."""

    def __init__(self, html: str) -> None:
        """Parse `html` at once."""
        super().__init__()
        self.caption = False
        self.widths: list[int] = []
        self.text: float | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the caption, the width of the picture and its smallest text."""
        values = dict(attrs)
        self.caption |= tag == "figcaption"
        if tag == "img":
            self.widths.append(int(values.get("width") or 0))
            self.text = float(values["data-text"]) if "data-text" in values else None


def figures_readable(nb: NotebookNode) -> list[str]:
    """Each figure says what it shows, and its letters can be read on a phone."""
    found = []
    for cell in code_cells(nb):
        for output in cell.get("outputs", []):
            html = "".join(output.get("data", {}).get("text/html", ""))
            if 'class="tn-figure' not in html:
                continue
            figure = Figure(html)
            if not figure.caption:
                found.append(f"{label(cell)} shows a figure without a caption")
            for width in figure.widths:
                if width > WIDEST:
                    found.append(
                        f"{label(cell)} shows a figure {width / 96:.1f} in wide; at most 4.8"
                    )
                letters = (figure.text or 0) * 96 / 72 * min(1, PHONE / max(width, 1))
                if letters < SMALLEST:
                    found.append(
                        f"{label(cell)} shows letters of {letters:.1f} pixels on a phone; "
                        f"at least {SMALLEST} are needed"
                    )
    return found


def narrow_output(nb: NotebookNode) -> list[str]:
    """No line of text that a cell prints is longer than the page is wide."""
    found = []
    for cell in code_cells(nb):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data and "tn-table" not in data["text/html"]:
                continue  # a figure: the text stands for the picture
            text = output.get("text", "") if not data else data.get("text/plain", "")
            if "text/markdown" in data:
                continue
            longest = max(map(len, "".join(text).splitlines()), default=0)
            if longest > COLUMNS:
                found.append(
                    f"{label(cell)} prints a line of {longest} letters, more than {COLUMNS}"
                )
    return found
