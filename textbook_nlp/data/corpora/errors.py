"""What can go wrong between an address and a corpus, each with advice on what to do."""

from collections.abc import Sequence
from pathlib import Path


class DataError(Exception):
    """Any failure to provide a corpus; its message says what to do."""


class DataFolderError(DataError, ValueError):
    """`TEXTBOOK_NLP_DATA` does not name a folder that can be used."""


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
            f"The corpus {corpus!r} ({title}) is not available: no {file} in {folder}.{tried}\n"
            f"{advice}\n"
            f"Without it, textbook_nlp.data.generators.GENERATORS[{generator!r}] makes data of the "
            "same kind; nothing was put in its place."
        )


class ChecksumMismatch(DataError):
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


class UnsafeArchive(DataError):
    """An archive holds something that must not be written, or is damaged."""


class FormatError(DataError, ValueError):
    """The content of a file is not in the form that its parser expects."""
