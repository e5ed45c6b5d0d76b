"""The Naver sentiment movie corpus: Korean film reviews."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from textbook_nlp.data.corpora.corpus import Corpus, Part, plain_and_compressed
from textbook_nlp.data.corpora.reading import ReviewPart, open_text
from textbook_nlp.files import DamagedFile


@dataclass(frozen=True)
class Nsmc:
    """The Naver sentiment movie corpus: Korean film reviews.

    Attributes:
        train, test: 150,000 and 50,000 reviews.
    """

    train: ReviewPart
    test: ReviewPart


def read_reviews(path: Path) -> ReviewPart:
    """Parse one file of NSMC: `id`, `document`, `label`, separated by tabs.

    Quotation marks are text like any other (`quoting=3` of Python's and pandas' readers).

    Raises:
        DamagedFile: if the header is another, or a line is not three fields with a label 0 or 1.
    """
    texts, labels, ids = [], [], []
    with open_text(path) as file:
        header = file.readline().rstrip("\r\n")
        if header != "id\tdocument\tlabel":
            raise DamagedFile(f"{path}: header {header!r}, expected 'id', 'document', 'label'")
        for number, line in enumerate(file, start=2):
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) != 3 or fields[2] not in ("0", "1"):
                raise DamagedFile(
                    f"{path}, line {number}: {line[:80]!r}, expected three fields separated by "
                    "tabs, the last one 0 or 1"
                )
            ids.append(fields[0])
            texts.append(fields[1])
            labels.append(int(fields[2]))
    return ReviewPart(texts, np.array(labels, dtype=np.int64), ids)


def read_nsmc(paths: Mapping[str, Path]) -> Nsmc:
    """Parse the two parts of NSMC.

    Raises:
        DamagedFile: if one of them is not in the form of `read_reviews`.
    """
    return Nsmc(read_reviews(paths["train"]), read_reviews(paths["test"]))


def _nsmc(part: str, plain: tuple[str, int], compressed: tuple[str, int]) -> Part:
    name = f"ratings_{part}.txt"
    address = f"https://raw.githubusercontent.com/e9t/nsmc/master/{name}"
    return Part(part, plain_and_compressed(f"nsmc/{name}", (address,), plain, compressed))


CORPUS = Corpus(
    name="nsmc",
    title="Naver sentiment movie corpus",
    parts=(
        _nsmc(
            "train",
            ("e03b7d14e9e41be8d464a28057cd25d7396c53e67aa7fd5f7e552c59b0ee2940", 14_628_807),
            ("4a44a81d3b38800471042793db4fb0a90900d2f2ff432afce519b3651c9dec58", 6_312_979),
        ),
        _nsmc(
            "test",
            ("8ac9f64052f11dbf6ae0acb5e038f03d90a76f0eda7820cfb3a92d02edfcebda", 4_893_335),
            ("d3973d4c1f2471443857cff2ffedd89faeab3b99f9bb504755c46448eff41cb1", 2_110_382),
        ),
    ),
    read=read_nsmc,
    license="CC0 1.0",
    citation="Park (2016), Naver sentiment movie corpus, github.com/e9t/nsmc",
    generator="headlines",
)
