"""How every notebook begins: its title, where else it can be read and run, what Colab needs.

The two cells below the title are written by `make notebooks` from the addresses in pyproject.toml.
They stand neither in the text nor on the page.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
TAGS = ["remove-cell", "opening"]

LINKS = (
    "Read this chapter on [the book's site]({site}/book/{name}.html), laid out for reading; "
    "run it on [Colab](https://colab.research.google.com/github/{repository}/blob/main/book/{name}.ipynb)."
)
COLAB_CELL = """\
# On Colab this installs the book's package. Anywhere else it does nothing.
import subprocess
import sys

if "google.colab" in sys.modules:
    package = "textbook_nlp @ git+{address}"
    subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", package])"""

FIRST_LINE = re.compile(r"(# [^\n]+)(?:\n+(.+))?", re.S)


def address(name: str, root: Path = ROOT) -> str:
    """An address from pyproject.toml: that of the `repository`, or of the published pages."""
    with (root / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["urls"][name].rstrip("/")


def colab_source(root: Path = ROOT) -> str:
    """The source of the cell that installs the package."""
    return COLAB_CELL.format(address=address("repository", root))


def links_source(name: str, root: Path = ROOT) -> str:
    """The line below the title."""
    repository = address("repository", root).removeprefix("https://github.com/")
    return LINKS.format(site=address("documentation", root), repository=repository, name=name)


def is_opening(cell: NotebookNode) -> bool:
    """Whether a cell is one of the two that are written here."""
    return "remove-cell" in cell.metadata.get("tags", ()) and (
        "opening" in cell.metadata.tags or "google.colab" in cell.source
    )


def put_opening(nb: NotebookNode, name: str, root: Path = ROOT) -> None:
    """Begin a notebook with its title, in a cell of its own, and the two cells."""
    cells = [cell for cell in nb.cells if not is_opening(cell)]
    title = []
    if cells and cells[0].cell_type == "markdown":
        match = FIRST_LINE.fullmatch(cells[0].source)
        if match:
            title = [cells.pop(0)]
            title[0].source = match.group(1)
            if match.group(2):
                cells.insert(0, nbformat.v4.new_markdown_cell(match.group(2)))
    two = [
        nbformat.v4.new_markdown_cell(links_source(name, root), metadata={"tags": TAGS}),
        nbformat.v4.new_code_cell(colab_source(root), metadata={"tags": TAGS}),
    ]
    nb.cells = [*title, *two, *cells]
