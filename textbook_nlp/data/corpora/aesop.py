"""Aesop's fables in V. S. Vernon Jones's translation, from Project Gutenberg."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.data.corpora.reading import open_text
from textbook_nlp.files import DamagedFile


@dataclass(frozen=True)
class Aesop:
    """Aesop's fables, in the order of the book.

    Attributes:
        titles: in capitals.
        texts: with the line ends of the file; a moral, where there is one, is a paragraph of its
            own whose lines begin with blanks.

    Source: "Æsop's Fables", translated by V. S. Vernon Jones (1912).
    """

    titles: list[str]
    texts: list[str]


# The titles stand in the table of contents too, there without the two empty lines behind them.
_FIRST, _BEHIND = "THE FOX AND THE GRAPES\n\n\n", "ILLUSTRATIONS\n\n\n[Illustration"


def read_aesop(paths: Mapping[str, Path]) -> Aesop:
    """Parse the fables out of the e-book, without what stands before and behind them.

    Raises:
        DamagedFile: if the first fable, the list of pictures behind the last, or a title is not
            where it should be.
    """
    path = paths["fables"]
    with open_text(path) as file:
        book = file.read().replace("\r\n", "\n")
    start, end = book.find(_FIRST), book.find(_BEHIND)
    if not 0 <= start < end:
        raise DamagedFile(
            f"{path} has no fables between {_FIRST.strip()!r} and {_BEHIND.split()[0]!r}. "
            "Fetch it again"
        )
    fables = [fable.partition("\n\n\n") for fable in book[start:end].strip().split("\n" * 5)]
    for title, _, text in fables:
        if not text.strip() or title != title.upper() or "\n" in title:
            raise DamagedFile(
                f"{path}: {title[:60]!r} begins a fable; expected a title in capitals, two empty "
                "lines and the text"
            )
    return Aesop([title for title, _, _ in fables], [text for _, _, text in fables])


CORPUS = Corpus(
    name="aesop",
    title="Aesop's fables, translated by V. S. Vernon Jones, Project Gutenberg's e-book 11339",
    parts=(
        Part(
            "fables",
            (
                Variant(
                    "upstream",
                    "aesop/aesop_pg11339.txt",
                    "4cbd6d027830d7c03414973a60dbf04aa784612f3f848c773037caa1b6f18a55",
                    236_676,
                    "the file of 2004; Project Gutenberg serves later ones with another header",
                    ("https://www.gutenberg.org/cache/epub/11339/pg11339.txt",),
                ),
            ),
        ),
    ),
    read=read_aesop,
    license="public domain in the United States; Project Gutenberg License",
    citation="Aesop's Fables, translated by V. S. Vernon Jones (1912), Project Gutenberg 11339",
    generator="grammar",
)
