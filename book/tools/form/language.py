"""The words of a lesson: each term of the glossary is introduced where it first stands."""

from __future__ import annotations

import re

from nbformat import NotebookNode

from book.tools import prose
from book.tools.terms import Term

# Terms that are words of everyday English too: where they first stand, they may mean that.
EVERYDAY = {"agreement", "attention", "context", "temperature", "type", "window"}

SENTENCE_END = re.compile(r"[.!?]\s|\n\n|\Z")
EMPHASIS = re.compile(r"(?<![\w*])\*(?!\*|\s)[^*]+\*(?![\w*])")
# What the reader will be able to do names what is explained later.
GOALS = re.compile(r"(?<=^## After this chapter you can\n)\s*(?:^- .*\n(?:  .*\n)*)+", re.M)


def terms_introduced(nb: NotebookNode, known: list[Term]) -> list[str]:
    """A term of the glossary is in italics or a link where the lesson first uses it."""
    if not known:
        return []
    ordered = sorted(known, key=lambda term: -len(term.english))
    any_term = re.compile("|".join(f"({term.pattern})" for term in ordered))
    seen = {term.english for term in known if term.english in EVERYDAY}
    found = []
    for text in prose.markdown(nb, prose.lesson(nb)):
        plain = prose.DETAILS.sub(prose.blank, text)
        for pattern in (GOALS, prose.HEADING, prose.DISPLAY, prose.FORMULA, prose.TAG):
            plain = pattern.sub(prose.blank, plain)
        marked = [m.span() for p in (prose.LINK, EMPHASIS) for m in p.finditer(plain)]
        addresses = [m.span(2) for m in prose.LINK.finditer(plain)]
        for match in any_term.finditer(plain):
            term = ordered[match.lastindex - 1]
            if term.english in seen or inside(match, addresses):
                continue
            seen.add(term.english)
            # "SGD, *stochastic gradient descent*" introduces both in one sentence.
            end = SENTENCE_END.search(plain, match.end()).start()
            soon = re.compile(term.pattern).finditer(plain, match.start(), end)
            if not any(inside(each, marked) for each in soon):
                line = " ".join(plain[max(0, match.start() - 30) : match.end() + 20].split())
                found.append(f"{term.english!r} is neither explained nor linked in '…{line}…'")
    return found


def inside(match: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    """Whether a match lies within one of the spans."""
    return any(a <= match.start() and match.end() <= b for a, b in spans)
