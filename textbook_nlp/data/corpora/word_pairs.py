"""Pairs of words and what people say of them: WordSim-353 and SimLex-999."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from zipfile import is_zipfile

from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.data.corpora.reading import read_text
from textbook_nlp.files import DamagedFile

Pair = tuple[str, str, float]


def read_wordsim(paths: Mapping[str, Path]) -> list[Pair]:
    """Parse WordSim-353: two words and the mean of people's scores from 0 to 10.

    Raises:
        DamagedFile: if the archive is damaged, or a line is not two words and a number.
    """
    path = paths["pairs"]
    return _pairs(path, read_text(path, "combined.csv"), 2)


def read_simlex(paths: Mapping[str, Path]) -> list[Pair]:
    """Parse SimLex-999: two words and the mean of people's scores from 0 to 10.

    The published file has ten columns, the score in the fourth.

    Raises:
        DamagedFile: if the archive is damaged, or a line is not two words and a number.
    """
    path = paths["pairs"]
    return _pairs(path, read_text(path, "SimLex-999/SimLex-999.txt"), 3 if is_zipfile(path) else 2)


def _pairs(path: Path, text: str, column: int) -> list[Pair]:
    """Read lines of two words and, in a column, a score; "#" begins a comment."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    separator = "\t" if lines and "\t" in lines[0] else ","
    pairs = []
    for number, fields in enumerate(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)):
        try:
            pairs.append((fields[0].strip(), fields[1].strip(), float(fields[column])))
        except (IndexError, ValueError):
            if number == 0:
                continue  # the names of the columns
            raise DamagedFile(
                f"{path}: {fields}, expected two words and a score in column {column + 1}"
            ) from None
    if not pairs:
        raise DamagedFile(f"{path} holds no pair of words. Fetch it again")
    return pairs


WORDSIM353 = Corpus(
    name="wordsim353",
    title="WordSim-353: pairs of words and how related people find them",
    parts=(
        Part(
            "pairs",
            (
                Variant(
                    "upstream",
                    "word_similarity/wordsim353.zip",
                    None,
                    None,
                    "the archive as published; the combined list is read",
                    ("https://gabrilovich.com/resources/data/wordsim353/wordsim353.zip",),
                ),
                Variant(
                    "reformatted",
                    "word_similarity/wordsim353.tsv",
                    "f92a022fc2537793a15bc3a8c162ebcd74990e033a228bb6388cb71e4c0b1e1d",
                    7_186,
                    "the combined list, three columns separated by tabs",
                ),
            ),
        ),
    ),
    read=read_wordsim,
    license="free for research; the authors ask for citation",
    citation="Finkelstein et al. (2002), Placing search in context, ACM TOIS 20(1)",
    generator="planted",
)


SIMLEX999 = Corpus(
    name="simlex999",
    title="SimLex-999: pairs of words and how similar people find them",
    parts=(
        Part(
            "pairs",
            (
                Variant(
                    "upstream",
                    "word_similarity/SimLex-999.zip",
                    None,
                    None,
                    "the archive as published, with ten columns",
                    ("https://fh295.github.io/SimLex-999.zip",),
                ),
                Variant(
                    "reformatted",
                    "word_similarity/simlex999.txt",
                    "d5e0501971478a511430ee880bd0121e94ac701ba86d90544d83e6d2ba3db05d",
                    18_126,
                    "three of the ten columns: the two words and the score",
                ),
            ),
        ),
    ),
    read=read_simlex,
    license="free for research; the authors ask for citation",
    citation="Hill, Reichart & Korhonen (2015), SimLex-999, Computational Linguistics 41(4)",
    generator="planted",
)
