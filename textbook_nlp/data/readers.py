"""Parsers of the real corpora: from files to plain lists and arrays."""

import gzip
import json
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TextIO, cast

import numpy as np
from jaxtyping import Int

from textbook_nlp.data.errors import FormatError

END = "<eos>"


@dataclass(frozen=True)
class PennTreebank:
    """The Penn Treebank in Mikolov's preprocessing: lower case, 10,000 types, ``<unk>``, ``N``.

    Attributes:
        train, valid, test: sentences as lists of words, without ``<eos>``.

    Source: Mikolov, Karafiát, Burget, Černocký & Khudanpur (2010), section 4.
    Taught in: 07.
    """

    train: list[list[str]]
    valid: list[list[str]]
    test: list[list[str]]

    def vocabulary(self) -> list[str]:
        """Return the types of the training part by first appearance, ``<eos>`` among them.

        The position in this list is the id that the classic implementations use.
        """
        return list(dict.fromkeys(word for line in self.train for word in (*line, END)))


@dataclass(frozen=True)
class SarcasmHeadlines:
    """News headlines, labeled 1 where sarcastic.

    Attributes:
        texts: the headlines, in lower case.
        labels: 1 for sarcastic, 0 for not (N,).
        links: addresses of the articles.

    Source: Misra & Arora (2023), News headlines dataset for sarcasm detection.
    Taught in: 01, 05.
    """

    texts: list[str]
    labels: Int[np.ndarray, "N"]
    links: list[str]


@dataclass(frozen=True)
class Reviews:
    """Film reviews, labeled 1 where positive.

    Attributes:
        texts: the reviews; some are empty in the original file and are kept.
        labels: 1 for positive, 0 for negative (N,).
        ids: the publisher's numbers.
    """

    texts: list[str]
    labels: Int[np.ndarray, "N"]
    ids: list[str]

    def without_empty(self) -> "Reviews":
        """Return the reviews that have at least one visible character."""
        kept = [i for i, text in enumerate(self.texts) if text.strip()]
        return Reviews(
            [self.texts[i] for i in kept], self.labels[kept], [self.ids[i] for i in kept]
        )


@dataclass(frozen=True)
class Nsmc:
    """The Naver sentiment movie corpus: Korean film reviews.

    Attributes:
        train, test: 150,000 and 50,000 reviews.

    Taught in: 01.
    """

    train: Reviews
    test: Reviews


@dataclass(frozen=True)
class Imdb:
    """The Large Movie Review Dataset: film reviews from IMDb, half of them positive.

    Attributes:
        train, test: 25,000 reviews each, first the negative ones, each sort by its number. The
            texts hold the publisher's `<br />` for a new line.

    Source: Maas, Daly, Pham, Huang, Ng & Potts (2011), section 4.3.
    Taught in: 02, 05.
    """

    train: Reviews
    test: Reviews


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 text file, compressed with gzip or not, for reading line by line.

    Raises:
        FormatError: while reading, if the content is not UTF-8 or the compression is damaged.
    """
    with path.open("rb") as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
    opener: Any = gzip.open if compressed else open
    try:
        # Lines end at "\n" alone: some reviews hold other characters that Python counts as ends.
        with opener(path, "rt", encoding="utf-8", newline="\n") as file:
            yield file
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not UTF-8 text ({error}). Fetch it again.") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(f"{path} is a damaged gzip file ({error}). Fetch it again.") from error


def read_sentences(path: Path) -> list[list[str]]:
    """Return the words of each line.

    Raises:
        FormatError: for a line without words, or a file without lines.
    """
    with open_text(path) as file:
        sentences = [line.split() for line in file]
    if not sentences or not all(sentences):
        line = next((i for i, words in enumerate(sentences, start=1) if not words), 1)
        raise FormatError(f"{path}, line {line}: no words, expected one sentence a line.")
    return sentences


def read_penn_treebank(paths: Mapping[str, Path]) -> PennTreebank:
    """Parse the three parts of the Penn Treebank.

    Raises:
        FormatError: as in ``read_sentences``.
    """
    return PennTreebank(
        **{part: read_sentences(paths[part]) for part in ("train", "valid", "test")}
    )


def read_sarcasm(paths: Mapping[str, Path]) -> SarcasmHeadlines:
    """Parse the sarcasm headlines: one JSON object a line, or one JSON array.

    Raises:
        FormatError: for text that is not JSON, or a record without one of the three keys.
    """
    path = paths["headlines"]
    with open_text(path) as file:
        text = file.read()
    try:
        if text.lstrip().startswith("["):
            records = json.loads(text)
        else:
            records = [json.loads(line) for line in text.split("\n") if line.strip()]
    except json.JSONDecodeError as error:
        raise FormatError(f"{path} is not JSON ({error}). Fetch it again.") from error
    for number, item in enumerate(records, start=1):
        if not (
            isinstance(item, dict)
            and isinstance(item.get("headline"), str)
            and isinstance(item.get("article_link"), str)
            and item.get("is_sarcastic") in (0, 1)
        ):
            raise FormatError(
                f"{path}, record {number}: {str(item)[:80]!r}, expected an object with "
                "'headline', 'article_link' and 'is_sarcastic' (0 or 1)."
            )
    labels = np.array([item["is_sarcastic"] for item in records], dtype=np.int64)
    texts = [item["headline"] for item in records]
    return SarcasmHeadlines(texts, labels, [item["article_link"] for item in records])


def read_reviews(path: Path) -> Reviews:
    """Parse one file of NSMC: ``id``, ``document``, ``label``, separated by tabs.

    Quotation marks are text like any other (``quoting=3`` of Python's and pandas' readers).

    Raises:
        FormatError: for another header, or a line without three fields and a label 0 or 1.
    """
    texts, labels, ids = [], [], []
    with open_text(path) as file:
        header = file.readline().rstrip("\r\n")
        if header != "id\tdocument\tlabel":
            raise FormatError(f"{path}: header {header!r}, expected 'id', 'document', 'label'.")
        for number, line in enumerate(file, start=2):
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) != 3 or fields[2] not in ("0", "1"):
                raise FormatError(
                    f"{path}, line {number}: {line[:80]!r}, expected three fields separated by "
                    "tabs, the last one 0 or 1."
                )
            ids.append(fields[0])
            texts.append(fields[1])
            labels.append(int(fields[2]))
    return Reviews(texts, np.array(labels, dtype=np.int64), ids)


def read_nsmc(paths: Mapping[str, Path]) -> Nsmc:
    """Parse the two parts of NSMC.

    Raises:
        FormatError: as in ``read_reviews``.
    """
    return Nsmc(read_reviews(paths["train"]), read_reviews(paths["test"]))


_REVIEW = re.compile(r"(?:\./)?aclImdb/(train|test)/(neg|pos)/(\d+)_\d+\.txt")


def read_imdb(paths: Mapping[str, Path]) -> Imdb:
    """Parse the film reviews from their archive, of which nothing is unpacked to the disk.

    Raises:
        FormatError: for a damaged archive, one without reviews, or a review that is not UTF-8.
    """
    path = paths["reviews"]
    found: dict[str, list[tuple[int, int, str]]] = {"train": [], "test": []}
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                if (match := _REVIEW.fullmatch(member.name)) and member.isfile():
                    content = cast(IO[bytes], archive.extractfile(member)).read()
                    part, sort, number = match.groups()
                    found[part].append((int(sort == "pos"), int(number), content.decode("utf-8")))
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: {member.name} is not UTF-8 text ({error}).") from error
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(f"{path} is a damaged archive ({error}). Fetch it again.") from error
    for part, items in found.items():
        if not items:
            raise FormatError(f"{path} has no review of the {part} part. Fetch it again.")
    return Imdb(**{part: _sorted_reviews(items) for part, items in found.items()})


def _sorted_reviews(items: list[tuple[int, int, str]]) -> Reviews:
    labels, ids, texts = zip(*sorted(items), strict=True)
    return Reviews(list(texts), np.array(labels, dtype=np.int64), [str(i) for i in ids])
