"""The generated parts of the book's pages: the map of chapters, the Scoreboard, the data.

A page says where a part goes with two comment lines, which readers do not see:

    % begin map (written by `make pages`)
    % end map

Nothing between them is typed by hand: the numbers come from the ledger and the registries.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

from book.tools.chapter import BOOK, Chapter, chapters, needs, stated_seconds, title, write_changed
from book.tools.scoreboard import scoreboard
from book.tools.tables import escaped, table
from textbook_nlp.data.corpora import CORPORA
from textbook_nlp.data.generators import GENERATORS
from textbook_nlp.lab.runs.amounts import amount, number

MARKED = re.compile(r"^% begin (\w+)[^\n]*\n(.*?)^% end \1$", re.M | re.S)


# ---------------------------------------------------------------------------------------------
# The map of the chapters, on the front page


def curriculum(book: Path = BOOK) -> list[dict]:
    """The parts of the book, each with its `title` and its list of planned chapters."""
    path = book / "curriculum.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["part"]


def map_row(number: int, about: str, title: str, needs: str, time: str = "–") -> list[str]:
    """A line of the map."""
    return [f"{number:02}", f"{title}<br>{about}", needs, time]


def written_row(chapter: Chapter, planned: dict) -> list[str]:
    """The line of a chapter that is written: it says itself what to know first."""
    nb = chapter.read_notebook()
    link = f"**[{title(nb)}]({chapter.notebook.name})**"
    seconds = stated_seconds(nb)
    time = f"{seconds} s" if seconds else "–"
    return map_row(**planned, title=link, needs=needs(nb) or "–", time=time)


def chapter_map(book: Path) -> str:
    """The chapters by part: linked where they exist, named where they do not."""
    written = {int(c.name[:2]): c for c in chapters(book=book) if c.notebook.exists()}
    parts, numbers = [], []
    for part in curriculum():
        rows = []
        for planned in part["chapter"]:
            chapter = written.get(planned["number"])
            rows.append(written_row(chapter, planned) if chapter else map_row(**planned))
            numbers.append(planned["number"])
        parts.append(
            f"### {part['title']}\n\n{table(['', 'Chapter', 'Know first', 'Runs in'], rows)}"
        )
    count = len(written.keys() & set(numbers))
    stand = f"All {count} chapters stand."
    if count < len(numbers):
        stand = (
            f"{count} of {len(numbers)} chapters stand today. A chapter without a link is not "
            "written yet; its row says what it will hold."
        )
    note = f"{stand} The last column is the run time on a CPU."
    return "\n\n".join([note, *parts])


# ---------------------------------------------------------------------------------------------
# The data page


def first_sentence(text: str | None) -> str:
    """The first line of a docstring."""
    return (text or "").strip().splitlines()[0]


def generators(book: Path) -> str:
    """Each generator with the value that no model can pass."""
    rows = []
    for name, kind in GENERATORS.items():
        best = kind().optimum()
        value = amount(best.value, best.unit)
        if best.standard_error:
            value += f" ± {number(best.standard_error, 2)}"
        if best.metric == "cross_entropy" and best.unit == "nats per token":
            value += f", perplexity {number(math.exp(best.value))}"
        metric = best.metric.replace("_", "-")
        what = first_sentence(kind.__doc__).rstrip(".")
        why = escaped(best.because)
        rows.append([f"**`{name}`**<br>{what}", f"{metric} {value} ({best.kind})", why])
    return table(["Generator", "No model can pass", "Because"], rows)


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 1e6:.1f} MB"


def corpora(book: Path) -> str:
    """Each real corpus: size, terms, whom to cite, addresses, how to fetch it."""
    entries = []
    for corpus in CORPORA.values():
        sizes, addresses, checked = [], [], []
        for part in corpus.parts:
            known = [variant.size for variant in part.variants if variant.size is not None]
            sizes.append(f"{part.name} {megabytes(known[0])}" if known else f"{part.name} unknown")
            addresses += [a for variant in part.variants for a in variant.addresses]
            checked += [variant for variant in part.variants if variant.sha256]
        addresses = list(dict.fromkeys(addresses))  # one archive may hold several parts
        lines = [
            f"### {corpus.title}",
            "",
            f"Files\n: {', '.join(sizes)}; {len(checked)} known variants, each with its SHA-256",
            "",
            f"Terms\n: {corpus.license}",
            "",
            f"Cite\n: {corpus.citation}",
            "",
            "From\n: " + ("<br>".join(f"<{a}>" for a in addresses) or "to be put there by hand"),
            "",
            f"Fetch\n: `python -m textbook_nlp data {corpus.name}`",
            "",
            f"Stands in for it\n: the generator `{corpus.generator}`",
        ]
        entries.append("\n".join(lines))
    return "\n\n".join(entries)


PARTS: dict[str, Callable[[Path], str]] = {
    "map": chapter_map,
    "generators": generators,
    "corpora": corpora,
    "scoreboard": scoreboard,
}


def rewritten(text: str, book: Path) -> str:
    """A page with its generated parts written anew.

    Raises: KeyError for a marked part that this file does not know.
    """

    def part(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in PARTS:
            raise KeyError(f"no generated part is called {name!r}; there are: {', '.join(PARTS)}")
        begin = f"% begin {name} (written by `make pages`; edits here are lost)"
        return f"{begin}\n\n{PARTS[name](book)}\n\n% end {name}"

    return MARKED.sub(part, text)


def write(book: Path = BOOK) -> list[Path]:
    """Rewrite the generated parts of all pages; returns the pages that changed."""
    return [
        page
        for page in sorted(book.glob("*.md"))
        if write_changed(page, rewritten(page.read_text(encoding="utf-8"), book))
    ]


def problems(book: Path = BOOK) -> list[str]:
    """Pages whose generated parts are out of date."""
    found = []
    for page in sorted(book.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if rewritten(text, book) != text:
            found.append(f"{page.name}: its generated parts are out of date; run `make pages`")
    return found
