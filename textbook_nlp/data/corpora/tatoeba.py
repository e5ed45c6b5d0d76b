"""Tatoeba: short sentences in English, translated by volunteers into French and Korean."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.data.corpora.reading import read_text
from textbook_nlp.files import DamagedFile


class TatoebaPairs(NamedTuple):
    """Sentences and translations, the shortest first; one with several comes as often."""

    english: list[str]
    translated: list[str]


def read_french(paths: Mapping[str, Path]) -> TatoebaPairs:
    """Parse `fra.txt`, or the published archive with it.

    Raises:
        DamagedFile: as `read_pairs_of` does.
    """
    return read_pairs_of(paths["sentences"], "fra.txt")


def read_korean(paths: Mapping[str, Path]) -> TatoebaPairs:
    """Parse `kor.txt`, or the published archive with it.

    Raises:
        DamagedFile: as `read_pairs_of` does.
    """
    return read_pairs_of(paths["sentences"], "kor.txt")


def read_pairs_of(path: Path, member: str) -> TatoebaPairs:
    """Parse English and its translation, separated by a tab; newer files name the authors behind.

    Args:
        path: the file, or a zip archive.
        member: its name in the archive.

    Raises:
        DamagedFile: if the file is damaged or empty, or a line has not two or three fields.
    """
    lines = [line.rstrip("\r") for line in read_text(path, member).split("\n")]
    pairs = [line.split("\t") for line in (lines if lines[-1] else lines[:-1])]
    for number, fields in enumerate(pairs, start=1):
        if len(fields) not in (2, 3) or not all(fields[:2]):
            raise DamagedFile(
                f"{path}, line {number}: {lines[number - 1][:80]!r}, expected English and a "
                "translation, separated by a tab"
            )
    if not pairs:
        raise DamagedFile(f"{path} holds no sentence. Fetch it again")
    return TatoebaPairs([fields[0] for fields in pairs], [fields[1] for fields in pairs])


def _part(language: str, path: str, sha256: str, size: int, differs: str) -> tuple[Part, ...]:
    file = f"{language}-eng.zip"
    newest = Variant(
        "newest",
        f"tatoeba/newest-{file}",
        None,
        None,
        "what is given out today: more sentences with each year",
        (f"https://www.manythings.org/anki/{file}",),
    )
    return (Part("sentences", (Variant("dated", path, sha256, size, differs), newest)),)


_TERMS = {
    "license": "CC BY 2.0 FR",
    "citation": "Tatoeba.org, by way of manythings.org/anki",
    "generator": "english_korean",
}
FRENCH = Corpus(
    name="tatoeba_french",
    title="Tatoeba: English and French",
    parts=_part(
        "fra",
        "tatoeba/fra-eng.zip",
        "16c4f7d0df9e7c5e6c54cdb0447f3f4a18a55052ff5e2e0b27dd4a06c0e49d04",
        2_951_390,
        "the archive of 29 September 2017, without the column of authors",
    ),
    read=read_french,
    **_TERMS,
)
KOREAN = Corpus(
    name="tatoeba_korean",
    title="Tatoeba: English and Korean",
    parts=_part(
        "kor",
        "tatoeba/kor.txt.gz",
        "08a834cbb2576b5f1229e9482f554d42b00003872afecb00fd7db399d8f97dff",
        221_920,
        "the file of 20 February 2023, compressed with gzip",
    ),
    read=read_korean,
    **_TERMS,
)
