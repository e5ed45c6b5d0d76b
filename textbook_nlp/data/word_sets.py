"""Parsers of what word vectors are measured with, and of ready-made vectors."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile, ZipFile, is_zipfile

import numpy as np

from textbook_nlp.data.errors import FormatError
from textbook_nlp.data.readers import open_text
from textbook_nlp.files import DamagedFile
from textbook_nlp.vectors.embeddings import Analogy, Embeddings

Pair = tuple[str, str, float]


def read_wordsim(paths: Mapping[str, Path]) -> list[Pair]:
    """Parse WordSim-353: two words and the mean of people's scores from 0 to 10.

    Raises:
        FormatError: for a damaged archive, or a line without two words and a number.
    """
    path = paths["pairs"]
    return _pairs(path, _text(path, "combined.csv"), 2)


def read_simlex(paths: Mapping[str, Path]) -> list[Pair]:
    """Parse SimLex-999: two words and the mean of people's scores from 0 to 10.

    The published file has ten columns, the score in the fourth.

    Raises:
        FormatError: as for `read_wordsim`.
    """
    path = paths["pairs"]
    return _pairs(path, _text(path, "SimLex-999/SimLex-999.txt"), 3 if is_zipfile(path) else 2)


def _text(path: Path, member: str) -> str:
    if not is_zipfile(path):
        with open_text(path) as file:
            return file.read()
    try:
        with ZipFile(path) as archive:
            return archive.read(member).decode("utf-8")
    except (BadZipFile, EOFError, KeyError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: {member} cannot be read ({error}). Fetch it again.") from error


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
            raise FormatError(
                f"{path}: {fields}, expected two words and a score in column {column + 1}."
            ) from None
    if not pairs:
        raise FormatError(f"{path} holds no pair of words. Fetch it again.")
    return pairs


def read_analogies(paths: Mapping[str, Path]) -> dict[str, list[Analogy]]:
    """Parse the analogy test: ": section", then four words a line, here in lower case.

    Raises:
        FormatError: for a line of another number of words, or one before the first section.
    """
    path = paths["questions"]
    sections: dict[str, list[Analogy]] = {}
    with open_text(path) as file:
        for number, line in enumerate(file, start=1):
            words = line.lower().split()
            if words[:1] == [":"] and len(words) == 2:
                section = sections.setdefault(words[1], [])
            elif len(words) == 4 and sections:
                section.append((words[0], words[1], words[2], words[3]))
            else:
                raise FormatError(
                    f"{path}, line {number}: {line[:80]!r}, expected ': section' or four words."
                )
    if not sections:
        raise FormatError(f"{path} holds no analogy. Fetch it again.")
    return sections


def read_glove(member: str, paths: Mapping[str, Path]) -> Embeddings:
    """Parse GloVe's vectors: the member of the published archive, or the subsets joined.

    Raises:
        FormatError: for a damaged file; the message names the line.
    """
    try:
        found = [
            Embeddings.read_glove(path, member=member) for path in dict.fromkeys(paths.values())
        ]
        words = [word for one in found for word in one.words]
        return Embeddings(words, np.concatenate([one.matrix for one in found]))
    except DamagedFile as error:
        raise FormatError(str(error)) from error
