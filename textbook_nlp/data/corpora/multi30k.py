"""Multi30k: captions of photographs in English, and what translators made of them in German."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.data.corpora.reading import open_text
from textbook_nlp.files import DamagedFile


class CaptionPairs(NamedTuple):
    """Captions and their translations, as many of the one as of the other."""

    german: list[str]
    english: list[str]


@dataclass(frozen=True)
class Multi30k:
    """The first task of Multi30k, as it was published: with capitals and marks, uncut.

    Attributes:
        train: 29,000 captions.
        validation: 1,014.
        test: 1,000, of the year 2016.
    """

    train: CaptionPairs
    validation: CaptionPairs
    test: CaptionPairs


def read_multi30k(paths: Mapping[str, Path]) -> Multi30k:
    """Parse the files of Multi30k, a caption a line.

    Raises:
        DamagedFile: if a line is empty, or two files of a part have not equally many.
    """
    return Multi30k(*(_pairs(paths, part) for part in ("train", "validation", "test")))


def _pairs(paths: Mapping[str, Path], part: str) -> CaptionPairs:
    german, english = (_captions(paths[f"{part}_{language}"]) for language in ("de", "en"))
    if len(german) != len(english) or not german:
        raise DamagedFile(
            f"{paths[f'{part}_de']} and {paths[f'{part}_en']} hold {len(german)} and "
            f"{len(english)} captions; expected equally many, at least one. Fetch them again"
        )
    return CaptionPairs(german, english)


def _captions(path: Path) -> list[str]:
    with open_text(path) as file:
        captions = [line.strip() for line in file]
    if "" in captions:
        raise DamagedFile(f"{path}, line {captions.index('') + 1}: empty, expected a caption")
    return captions


def _part(name: str, file: str, sha256: str, size: int) -> Part:
    address = f"https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/{file}"
    differs = "the file as published, compressed with gzip"
    return Part(name, (Variant("upstream", f"multi30k/{file}", sha256, size, differs, (address,)),))


CORPUS = Corpus(
    name="multi30k",
    title="Multi30k, task 1: captions in German and English",
    parts=(
        _part(
            "train_de",
            "train.de.gz",
            "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
            637_044,
        ),
        _part(
            "train_en",
            "train.en.gz",
            "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
            568_929,
        ),
        _part(
            "validation_de",
            "val.de.gz",
            "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
            24_681,
        ),
        _part(
            "validation_en",
            "val.en.gz",
            "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
            21_650,
        ),
        _part(
            "test_de",
            "test_2016_flickr.de.gz",
            "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
            22_890,
        ),
        _part(
            "test_en",
            "test_2016_flickr.en.gz",
            "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
            21_077,
        ),
    ),
    read=read_multi30k,
    license="for non-commercial research and education, as its repository says",
    citation="Elliott, Frank, Sima'an & Specia (2016), Multi30K: multilingual English-German image "
    "descriptions",
    generator="english_korean",
)
