"""What can go wrong between an address and a corpus, each with advice on what to do."""

import errno
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from textbook_nlp.files import DamagedFile

VARIABLE = "TEXTBOOK_NLP_DATA"
FULL = (errno.ENOSPC, errno.EDQUOT)
"""What a write fails with where there is no room."""

_NO_FOLDER = "a folder is needed there, and something else is in its place: move that away"
_OBSTACLES = {
    errno.ENOTDIR: _NO_FOLDER,
    errno.EEXIST: _NO_FOLDER,
    errno.EISDIR: "a file is needed there, and a folder is in its place: move that away",
    errno.ELOOP: "a link there leads to itself: remove it",
    errno.ENAMETOOLONG: f"the name is too long for the disk: set {VARIABLE} to a shorter one",
    errno.EACCES: "it may not be read or written: change its rights",
    errno.EPERM: "it may not be read or written: change its rights",
    errno.EROFS: "the disk is read-only",
}


class DataError(Exception):
    """Any failure to provide a corpus; its message says what to do."""


class DataFolderError(DataError, ValueError):
    """`TEXTBOOK_NLP_DATA` does not name a folder that can be used, or something in it is amiss."""


class NoRoom(DataError):
    """The disk is too small for a file.

    Args:
        path: the file, there or not.
        needed: its size in bytes; None where it is not known.
    """

    def __init__(self, path: Path, needed: int | None = None) -> None:
        free = free_bytes(path)
        room = f"{free:,} bytes are free" + (f", {needed:,} are needed" if needed else "")
        super().__init__(
            f"there is no room for a file in {path.parent}: {room}. Make room there, or set "
            f"{VARIABLE} to the absolute path of a folder on another disk"
        )


def free_bytes(path: Path) -> int:
    """Return how many bytes are free where a file is or will be."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what the file system refuses in a data folder into one line that says what to do.

    Raises:
        NoRoom: if the disk is full.
        DataFolderError: if the file system refuses something else.
    """
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoRoom(folder / "corpora") from error
        where = error.filename or folder
        what = _OBSTACLES.get(error.errno or 0, error.strerror or str(error))
        raise DataFolderError(f"{where} cannot be used: {what}") from error


class DataUnavailable(DataError):
    """A corpus is neither in the data folder nor reachable.

    Attributes:
        corpus: its name in the registry.
        failures: one line for each address tried, with the reason.
        folder: where its files are expected.
        generator: name of the generator that makes data of the same kind without a network.
    """

    def __init__(
        self,
        corpus: str,
        title: str,
        file: str,
        failures: Sequence[str],
        folder: Path,
        generator: str,
        advice: str,
    ) -> None:
        """Compose the message."""
        self.corpus = corpus
        self.failures = tuple(failures)
        self.folder = folder
        self.generator = generator
        tried = "".join(f"\n  tried {failure}" for failure in failures)
        super().__init__(
            f"the corpus {corpus!r} ({title}) is not available: no {file} in {folder}.{tried}\n"
            f"{advice}\n"
            f"Without it, textbook_nlp.data.generators.GENERATORS[{generator!r}] makes data of the "
            "same kind; nothing was put in its place"
        )


class ChecksumMismatch(DataError, DamagedFile):
    """A file is not the one that the registry describes.

    Attributes:
        expected: the SHA-256 digests that would have been right.
        got: the digest of the file.
    """

    def __init__(
        self,
        what: str,
        *,
        expected: Sequence[str],
        got: str,
        size: int,
        expected_size: int | None,
        advice: str,
    ) -> None:
        """Compose the message."""
        self.expected = tuple(expected)
        self.got = got
        self.size = size
        lengths = f"{size:,} bytes"
        if expected_size is not None:
            lengths += f", expected {expected_size:,}"
            if size < expected_size:
                lengths += ": it was cut short"
            elif size == expected_size:
                lengths += ": the length is right, so something inside was altered"
        super().__init__(
            f"{what} is not the file that was expected ({lengths}).\n"
            f"  expected SHA-256 {' or '.join(expected)}\n"
            f"  got              {got}\n"
            f"{advice}"
        )


class UnknownChecksum(DataError):
    """Nobody has recorded what the SHA-256 of a file should be, and it was not accepted.

    Attributes:
        got: the digest of the file.
    """

    def __init__(self, what: str, *, got: str, size: int, advice: str) -> None:
        """Compose the message."""
        self.got = got
        super().__init__(
            f"{what} cannot be checked: nobody has recorded its SHA-256 yet.\n"
            f"  it has {size:,} bytes and SHA-256 {got}\n"
            f"{advice}"
        )


class UnsafeArchive(DataError, DamagedFile):
    """An archive holds something that must not be written, or is damaged."""
