"""Opening what a corpus is stored in, for its parser."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from zipfile import ZipFile, is_zipfile

import numpy as np
from jaxtyping import Int

from textbook_nlp.data.corpora.archives import DAMAGE
from textbook_nlp.files import DamagedFile


@dataclass(frozen=True)
class ReviewPart:
    """Film reviews, labeled 1 where positive.

    Attributes:
        texts: the reviews; some are empty in the original file and are kept.
        labels: 1 for positive, 0 for negative (N,).
        numbers: the publisher's numbers.
    """

    texts: list[str]
    labels: Int[np.ndarray, "N"]
    numbers: list[str]

    def without_empty(self) -> "ReviewPart":
        """Return the reviews that have at least one visible character."""
        kept = [i for i, text in enumerate(self.texts) if text.strip()]
        return ReviewPart(
            [self.texts[i] for i in kept], self.labels[kept], [self.numbers[i] for i in kept]
        )


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 text file, compressed with gzip or not, for reading line by line.

    Raises:
        DamagedFile: if the content is not UTF-8 or the compression is damaged.
    """
    with path.open("rb") as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
    opener: Any = gzip.open if compressed else open
    try:
        # Lines end at "\n" alone: some reviews hold other characters that Python counts as ends.
        with opener(path, "rt", encoding="utf-8", newline="\n") as file:
            yield file
    except UnicodeDecodeError as error:
        raise DamagedFile(f"{path} is not UTF-8 text ({error}). Fetch it again") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DamagedFile(f"{path} is a damaged gzip file ({error}). Fetch it again") from error


def read_text(path: Path, member: str) -> str:
    """Return the text of a file, or of one member of a zip archive.

    Raises:
        DamagedFile: if it is damaged, or no UTF-8.
    """
    if not is_zipfile(path):
        with open_text(path) as file:
            return file.read()
    try:
        with ZipFile(path) as archive:
            return archive.read(member).decode("utf-8")
    except DAMAGE as error:
        raise DamagedFile(f"{path}: {member} cannot be read ({error}). Fetch it again") from error
