"""The Large Movie Review Dataset: film reviews from IMDb."""

import gzip
import re
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np

from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.data.corpora.reading import ReviewPart
from textbook_nlp.files import DamagedFile


@dataclass(frozen=True)
class Imdb:
    """The Large Movie Review Dataset: film reviews from IMDb, half of them positive.

    Attributes:
        train, test: 25,000 reviews each, first the negative ones, each sort by its number. The
            texts hold the publisher's `<br />` for a new line.

    Source: Maas, Daly, Pham, Huang, Ng & Potts (2011), section 4.3.
    """

    train: ReviewPart
    test: ReviewPart


_REVIEW = re.compile(r"(?:\./)?aclImdb/(train|test)/(neg|pos)/(\d+)_\d+\.txt")


def read_imdb(paths: Mapping[str, Path]) -> Imdb:
    """Parse the film reviews from their archive, of which nothing is unpacked to the disk.

    Raises:
        DamagedFile: if the archive is damaged or has no reviews, or a review is not UTF-8.
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
        raise DamagedFile(f"{path}: {member.name} is not UTF-8 text ({error})") from error
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DamagedFile(f"{path} is a damaged archive ({error}). Fetch it again") from error
    for part, items in found.items():
        if not items:
            raise DamagedFile(f"{path} has no review of the {part} part. Fetch it again")
    return Imdb(**{part: _sorted_reviews(items) for part, items in found.items()})


def _sorted_reviews(items: list[tuple[int, int, str]]) -> ReviewPart:
    labels, ids, texts = zip(*sorted(items), strict=True)
    return ReviewPart(list(texts), np.array(labels, dtype=np.int64), [str(i) for i in ids])


CORPUS = Corpus(
    name="imdb",
    title="Large Movie Review Dataset, version 1.0",
    parts=(
        Part(
            "reviews",
            (
                Variant(
                    "upstream",
                    "imdb/aclImdb_v1.tar.gz",
                    None,
                    None,
                    "the archive as published, with 50,000 unlabeled reviews besides",
                    ("https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",),
                ),
                Variant(
                    "repacked",
                    "imdb/aclImdb_labeled.tar.gz",
                    "d342d95d1b4c06d1d2277722fbb1d09a1c5204e7394f009b90e84e88669cc86f",
                    28_656_545,
                    "the 50,000 labeled reviews alone, the same bytes in the same folders",
                ),
            ),
        ),
    ),
    read=read_imdb,
    license="no explicit license; research use, the authors ask for citation",
    citation="Maas, Daly, Pham, Huang, Ng & Potts (2011), Learning word vectors for "
    "sentiment analysis, ACL",
    generator="reviews",
)
