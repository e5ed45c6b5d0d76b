"""Reading vectors in the text formats of GloVe and word2vec, line by line, trusting none."""

import gzip
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile

import numpy as np
from jaxtyping import Float

from textbook_nlp.files import DamagedFile
from textbook_nlp.vectors.embeddings import Embeddings

AGAIN = "the file may have been cut short or altered: fetch it again"


def read_glove(
    path: str | os.PathLike,
    words: Iterable[str] | None = None,
    member: str | None = None,
    blanks: bool = False,
) -> Embeddings:
    """Read vectors in GloVe's text format: a word and its numbers, separated by blanks.

    A first line of two whole numbers (the format of word2vec) is taken as a heading: how many
    words, and how many numbers each. Without one, a file that was cut at the end of a line, or
    inside its last number, looks whole: compare its checksum or the number of words.

    Args:
        path: the file, plain or compressed with gzip, or a zip archive.
        words: keep these alone; None for all.
        member: the file inside a zip archive, such as `"glove.6B.100d.txt"`.
        blanks: let words hold blanks, as a few of `glove.840B` do: the numbers are then counted
            from the end of a line, and a line with too many is not noticed.

    Raises:
        FileNotFoundError: if there is no such file.
        DamagedFile: if a line has another width, a number that is none, NaN or infinite, a word
            occurs twice, the text is not UTF-8, there are fewer or more words than the heading
            says, no vector at all, or an archive is damaged or has no such member. The message
            names the line.

    Source: Pennington, Socher & Manning (2014); nlp.stanford.edu/projects/glove.
    Taught in: chapter 05.
    """
    path, wanted = Path(path), None if words is None else set(words)
    found: dict[str, np.ndarray] = {}
    seen: set[str] = set()
    width, promised = 0, None
    with _open_lines(path, member) as lines:
        for number, line in enumerate(lines, start=1):
            place = f"{path}, line {number}"
            fields = _fields(line, place)
            if number == 1 and len(fields) == 2 and all(f.isdecimal() for f in fields):
                promised, width = map(int, fields)
                continue
            width = width or len(fields) - 1
            word = _word(fields, width, blanks, place)
            if word in seen:
                raise DamagedFile(f"{place}: the word {word!r} occurs for the second time")
            seen.add(word)
            if wanted is None or word in wanted:
                found[word] = _numbers(fields[-width:], place)
    if promised is not None and promised != len(seen):
        raise DamagedFile(
            f"{path}: the heading says {promised} words, and there are {len(seen)}; {AGAIN}"
        )
    if not found:
        raise DamagedFile(f"{path} holds no vector" + (" of a wanted word" if seen else ""))
    return Embeddings(tuple(found), np.stack(list(found.values())))


@contextmanager
def _open_lines(path: Path, member: str | None) -> Iterator[Iterable[bytes]]:
    with path.open("rb") as raw:
        start = raw.read(4)
    opener: Callable[..., IO[bytes]] = gzip.open if start[:2] == b"\x1f\x8b" else open
    try:
        if start != b"PK\x03\x04":
            with opener(path, "rb") as file:
                yield file
        else:
            with ZipFile(path) as archive:
                if member not in archive.namelist():
                    raise DamagedFile(
                        f"{path} has no member {member!r}; it has {', '.join(archive.namelist())}"
                    )
                with archive.open(member) as file:
                    yield file
    except (EOFError, gzip.BadGzipFile, zlib.error, BadZipFile) as error:
        raise DamagedFile(f"{path} is damaged ({error}): fetch it again") from error


def _fields(line: bytes, place: str) -> list[str]:
    try:
        # Some editors put a byte order mark before the first word.
        text = line.decode("utf-8").removeprefix("\ufeff").rstrip("\r\n ")
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{place} is not UTF-8 text ({error}): fetch the file again") from None
    fields = text.split(" ")
    if "" in fields or (len(fields) == 1 and "\t" in text):
        raise DamagedFile(
            f"{place} is {text[:60]!r}: expected a word and its numbers, with one blank between "
            f"each two; {AGAIN}"
        )
    return fields


def _word(fields: list[str], width: int, blanks: bool, place: str) -> str:
    if width == 0 or len(fields) <= width or (len(fields) > width + 1 and not blanks):
        raise DamagedFile(
            f"{place}: {len(fields) - 1} numbers after the word, expected "
            f"{width or 'at least one'}; {AGAIN} (or pass blanks=True if its words hold blanks)"
        )
    return " ".join(fields[:-width])


def _numbers(fields: list[str], place: str) -> Float[np.ndarray, " E"]:
    try:
        if any("_" in field for field in fields):
            raise ValueError("a number with '_' in it")  # Python would read 1_0 as 10
        vector = np.array(fields, dtype=np.float32)
    except ValueError as error:
        raise DamagedFile(f"{place}: {error}, expected {len(fields)} numbers") from None
    if not np.isfinite(vector).all():
        raise DamagedFile(f"{place}: NaN or an infinite number, expected finite numbers")
    return vector
