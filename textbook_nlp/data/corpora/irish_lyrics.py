"""Lines of Irish songs: what a well-known course lets a network continue."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.data.corpora.penn_treebank import read_sentences


@dataclass(frozen=True)
class IrishLyrics:
    """Lines of Irish songs, one after another.

    Nothing marks where a song ends, and of a line that comes again, as in a refrain, the file has
    the first alone.

    Attributes:
        lines: as published, with capitals and punctuation.

    Source: Moroney, "Natural Language Processing in TensorFlow" (2019), week 4.
    """

    lines: list[str]


def read_irish_lyrics(paths: Mapping[str, Path]) -> IrishLyrics:
    """Parse the songs, a line of text a line of song.

    Raises:
        DamagedFile: if a line has no words, or the file no lines.
    """
    return IrishLyrics([" ".join(words) for words in read_sentences(paths["lyrics"])])


_NAME = "irish-lyrics-eof.txt"

CORPUS = Corpus(
    name="irish_lyrics",
    title="Lines of Irish songs, as served for the TensorFlow courses",
    parts=(
        Part(
            "lyrics",
            (
                Variant(
                    "upstream",
                    f"irish_lyrics/{_NAME}",
                    "cac49af003c5f1e09edc4e4f34f6a51cf9751ba788751e28a4d93e2c82464941",
                    68_970,
                    "the file as published",
                    (
                        f"https://storage.googleapis.com/tensorflow-1-public/course3/{_NAME}",
                        f"https://storage.googleapis.com/learning-datasets/{_NAME}",
                    ),
                ),
            ),
        ),
    ),
    read=read_irish_lyrics,
    license="mostly traditional songs; the courses' repository is under Apache 2.0",
    citation="Moroney (2019), Natural language processing in TensorFlow, week 4",
    generator="grammar",
)
