"""What the registry knows of a real corpus: its files, their forms and digests, its terms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Variant:
    """One form in which a file circulates.

    Attributes:
        kind: such as `"upstream"`, `"compressed"`, `"mirror"`, `"repacked"`, `"subset"`.
        path: the file's name in the data folder.
        sha256: digest of the file as stored; None when nobody has seen it.
        size: number of bytes as stored; None when nobody has seen it.
        differs: how it differs from what the publisher gives out.
        addresses: where it can be downloaded; empty when it must be put there by hand.
    """

    kind: str
    path: str
    sha256: str | None
    size: int | None
    differs: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """One file of a corpus, in all its variants, best first.

    Attributes:
        name: such as `"train"`.
        variants: the forms to look for, then to download, in this order.
        archive: whether the file is an archive; `fetch` then gives the folder it unpacks to.
    """

    name: str
    variants: tuple[Variant, ...]
    archive: bool = False


@dataclass(frozen=True)
class Corpus:
    """An entry of the registry.

    Attributes:
        name: its name here.
        title: its name elsewhere.
        parts: its files.
        read: the parser, from a path for each part to the corpus.
        license: the terms, as far as known.
        citation: whom to cite.
        generator: name of the generator that makes data of the same kind without a network.
    """

    name: str
    title: str
    parts: tuple[Part, ...]
    read: Callable[[Mapping[str, Path]], Any]
    license: str
    citation: str
    generator: str


def plain_and_compressed(
    path: str,
    addresses: tuple[str, ...],
    plain: tuple[str, int],
    compressed: tuple[str, int],
) -> tuple[Variant, ...]:
    """Return the two forms in which a text file circulates: as published, and with gzip."""
    return (
        Variant("upstream", path, *plain, "the file as published", addresses),
        Variant("compressed", f"{path}.gz", *compressed, "the same bytes, compressed with gzip"),
    )
