"""The glossary as data: each term with its Korean, its short form and its place on the page."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from book.tools.chapter import BOOK

ENTRY = re.compile(r"^(\S[^\n]*)\n(\S[^\n]*)\n  ([^\n]+)$", re.M)
GAP = re.compile("[ \\-\u2013\\n]")
SHORT = re.compile(r"\b([A-Z]\S*) for short")


@dataclass(frozen=True)
class Term:
    """An entry of the glossary."""

    english: str
    korean: str
    definition: str

    @property
    def anchor(self) -> str:
        """Where Sphinx puts the entry on the page."""
        plain = unicodedata.normalize("NFKD", self.english).encode("ascii", "ignore").decode()
        return "term-" + re.sub(r"[^a-zA-Z0-9]+", "-", plain).strip("-")

    @property
    def pattern(self) -> str:
        """A regular expression for the forms of the term: capitals, plural, hyphens, short form."""
        words = [re.escape(word) for word in GAP.split(self.english)]
        last = words[-1]
        if last.endswith("y"):
            words[-1] = last[:-1] + "(?:y|ies)"
        elif last.endswith("x"):
            words[-1] = last[:-1] + "(?:x|xes|ces)"
        elif last.endswith(("ss", "sh", "ch")):
            words[-1] = last + "(?:s|es)?"
        elif not last.endswith("s"):
            words[-1] = last + "s?"
        forms = [f"(?i:{GAP.pattern.join(words)})"]
        if short := SHORT.search(self.definition):
            forms.append(re.escape(short.group(1)) + "s?")
        return rf"\b(?:{'|'.join(forms)})\b"


def terms(book: Path = BOOK) -> list[Term]:
    """The entries of the glossary, in its order."""
    page = (book / "glossary.md").read_text(encoding="utf-8")
    block = page[page.index("```{glossary}") :]
    return [Term(*match.groups()) for match in ENTRY.finditer(block)]
