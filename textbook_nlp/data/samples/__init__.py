"""Written for the book, not generated and not copied: fables, songs and a small thesaurus."""

from importlib import resources
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(str(resources.files("textbook_nlp.data.samples")))


class Fable(NamedTuple):
    """A fable, a sentence at a time.

    Attributes:
        title: its title.
        sentences: its sentences, in order.
        korean_title: the title of the translation; None where there is none.
        korean_sentences: the translation, one for each of `sentences`; None where there is none.
    """

    title: str
    sentences: list[str]
    korean_title: str | None = None
    korean_sentences: list[str] | None = None


class Song(NamedTuple):
    """A song, a line at a time.

    Attributes:
        title: its title.
        verses: its verses in order, each a list of lines; a refrain stands wherever it is sung.
    """

    title: str
    verses: list[list[str]]

    @property
    def text(self) -> str:
        """The song as it is printed, without its title: a blank line between verses."""
        return "\n\n".join("\n".join(verse) for verse in self.verses)


def path(name: str) -> Path:
    """Return where a sample lies, such as `thesaurus.json`.

    Raises:
        FileNotFoundError: if there is no sample of this name.

    Taught in: chapter 03.
    """
    found = FOLDER / name
    if not found.is_file():
        known = sorted(p.name for p in FOLDER.iterdir() if p.is_file() and p.suffix != ".py")
        raise FileNotFoundError(f"there is no sample {name!r}: the samples are {', '.join(known)}")
    return found


def fables() -> list[Fable]:
    """Return the sixty fables of the book, a third of them with a Korean translation."""
    english, korean = (_blocks(path(name)) for name in ("fables.txt", "fables.ko.txt"))
    both = {}
    for heading, sentences in korean:
        title, _, korean_title = heading.partition(" | ")
        both[title] = (korean_title, sentences)
    return [Fable(title, sentences, *both.get(title, ())) for title, sentences in english]


def songs() -> list[Song]:
    """Return the thirty songs of the book."""
    both = ((title, "\n".join(lines)) for title, lines in _blocks(path("songs.txt")))
    return [Song(title, [v.split("\n") for v in text.split("\n\n")]) for title, text in both]


def _blocks(file: Path) -> list[tuple[str, list[str]]]:
    """Read blocks of a line with a title and the lines below it, with blank lines between."""
    blocks = file.read_text(encoding="utf-8").removeprefix("# ").rstrip().split("\n\n# ")
    return [(lines[0], lines[1:]) for lines in (block.split("\n") for block in blocks)]
