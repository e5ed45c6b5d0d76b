"""Where the links of a chapter lead: other chapters, places on pages, numbered formulas."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

from docutils.nodes import make_id
from nbformat import NotebookNode

from book.tools import prose
from book.tools.chapter import BOOK
from book.tools.opening import address
from book.tools.terms import terms

NUMBERED = re.compile(
    r"\b[Cc]hapters?\s+(\d{1,2}(?:(?:,\s+|\s+and\s+|\s+to\s+|\s*\u2013\s*)\d{1,2})*)"
)
EQUATION = re.compile(r"\\tag\{([^}]*)\}")
ANCHOR = re.compile(r'<a id="([^"]+)"></a>')


def chapters_linked(nb: NotebookNode, own: int, written: set[int]) -> list[str]:
    """Where another chapter is named that is written, there is a link to it."""
    found = []
    for text in prose.markdown(nb):
        for match in NUMBERED.finditer(prose.LINK.sub(" ", text)):
            named = {int(digits) for digits in re.findall(r"\d+", match.group(1))}
            found += [
                f"'{' '.join(match.group().split())}' is no link; link chapter {n}"
                for n in sorted(named & written - {own})
            ]
    return found


@cache
def anchors(page: Path) -> frozenset[str]:
    """The places on a page of the book that a link can lead to."""
    text = prose.FENCE.sub(prose.blank, page.read_text(encoding="utf-8"))
    titles = [re.sub(r"[*`]|\]\([^)]*\)|\[", "", m.group(2)) for m in prose.HEADING.finditer(text)]
    places = {make_id(title) for title in titles} | set(ANCHOR.findall(text))
    if page.stem == "glossary":
        places |= {term.anchor for term in terms(page.parent)}
    return frozenset(places)


def page_of(name: str, book: Path) -> Path | None:
    """The text of the page `NAME.html`."""
    paths = (book / "source" / f"{name}.md", book / f"{name}.md")
    return next((path for path in paths if path.exists()), None)


def links_lead_somewhere(nb: NotebookNode, own: Path, book: Path = BOOK) -> list[str]:
    """Links to the book's own address, and to places on this page, lead to what is there."""
    found, site = [], address("documentation")
    for text in prose.markdown(nb):
        for link in (match.group(2) for match in prose.LINK.finditer(text)):
            to, _, anchor = link.partition("#")
            if not to:
                page: Path | None = own
            elif f"{to}/".startswith(f"{site}/"):
                name = to.removeprefix(site).strip("/").removesuffix(".html")
                page = page_of(name.removeprefix("book/") if name else "index", book)
            elif re.match(r"[a-z]+:", to):
                continue
            else:
                found.append(f"{link} leads nowhere from Colab; write {site}/book/….html")
                continue
            if page is None:
                found.append(f"{link}: there is no such page")
            elif anchor and anchor not in anchors(page):
                found.append(f"{link}: there is no such place on the page")
    return found


def equations_paired(nb: NotebookNode, own: int) -> list[str]:
    """A numbered formula has an anchor before it and is referred to."""
    text = "\n\n".join(prose.markdown(nb))
    numbers, places = EQUATION.findall(text), ANCHOR.findall(text)
    links = [m.group(2) for m in prose.LINK.finditer(text) if m.group(2).startswith("#eq-")]
    found = [
        f"equation {n} is numbered twice" for n, times in Counter(numbers).items() if times > 1
    ]
    if numbers != [f"{own}.{i}" for i in range(1, len(numbers) + 1)]:
        found.append(f"the equations are numbered {', '.join(numbers)}; count from {own}.1")
    for n in numbers:
        place = "eq-" + n.replace(".", "-")
        before = text[: text.index(f"\\tag{{{n}}}")]
        if not re.search(rf'<a id="{place}"></a>\s*\$\$(?:(?!\$\$).)*\Z', before, re.S):
            found.append(f'equation {n} has no <a id="{place}"></a> before it')
        if f"#{place}" not in links:
            found.append(f"equation {n} is numbered, and nothing refers to it")
    wanted = {"eq-" + n.replace(".", "-") for n in numbers}
    found += [
        f"<a id={p!r}> belongs to no formula" for p in places if p[:3] == "eq-" and p not in wanted
    ]
    return found
