"""The registry of real corpora: where they are, how to check them, how to read them."""

import os
import re
import shlex
import stat
from pathlib import Path
from typing import Any

import pooch

from textbook_nlp.data.corpora.archives import altered, extract
from textbook_nlp.data.corpora.catalog import CORPORA
from textbook_nlp.data.corpora.corpus import Corpus, Part
from textbook_nlp.data.corpora.download import (
    TransferError,
    download,
    record,
    record_path,
    wrong_kind,
)
from textbook_nlp.data.corpora.errors import (
    VARIABLE,
    ChecksumMismatch,
    DataFolderError,
    DataUnavailable,
    UnknownChecksum,
    explained,
)
from textbook_nlp.files import DamagedFile, sha256


def data_folder() -> Path:
    """Return the folder for corpora: `TEXTBOOK_NLP_DATA`, or the user's cache.

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
    with explained(folder):
        if folder.exists() and not folder.is_dir():
            raise DataFolderError(f"{VARIABLE} is {value!r}, which is not a folder. Name a folder")
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
        raise ValueError(f"no corpus is called {name!r}; there are {', '.join(sorted(CORPORA))}")
    return CORPORA[name]


def fetch(name: str, *, accept: bool = False) -> dict[str, Path]:
    """Find the files of a corpus, or download those that are missing, and check them.

    Args:
        name: a name in `CORPORA`.
        accept: take a file whose SHA-256 nobody has recorded, and record it.

    Returns:
        The path of each part (of the unpacked folder, where a part is an archive).

    Raises:
        ValueError: if the name is unknown.
        DataFolderError: if `TEXTBOOK_NLP_DATA` is not an absolute path to a folder, or the file
            system refuses what is to be done in it.
        NoRoom: if the disk is full.
        DataUnavailable: if a file is neither there nor can be downloaded.
        ChecksumMismatch: if a file is not the one expected: cut short, altered, or replaced.
        UnknownChecksum: if a file cannot be checked and `accept` is false.
        UnsafeArchive: if an archive holds something that must not be written.
        DamagedFile: if an unpacked folder was altered, or a file is no corpus at all.
    """
    corpus, folder = _corpus(name), data_folder()
    paths = {}
    with explained(folder):
        for part in corpus.parts:
            path = _find(corpus, part, folder, accept) or _download(corpus, part, folder, accept)
            paths[part.name] = _unpacked(path, folder) if part.archive else path
    return paths


def load(name: str, *, accept: bool = False) -> Any:
    """Return a corpus, parsed; it is downloaded first if need be.

    Args:
        name: a name in `CORPORA`.
        accept: as for `fetch`.

    Raises:
        DamagedFile: if a file is not in the form that its parser expects.
        DataError: if `fetch` raises it.
        ValueError: if the name is unknown.
    """
    paths = fetch(name, accept=accept)
    try:
        with explained(data_folder()):
            return CORPORA[name].read(paths)
    except DamagedFile as error:
        accepted = [path for path in paths.values() if record_path(path).is_file()]
        if not accepted:
            raise
        undo = _remove_command(*accepted, *map(record_path, accepted))
        raise DamagedFile(
            f"{error}. It was accepted without a recorded SHA-256; to undo that: {undo}"
        ) from error


def is_here(name: str) -> bool:
    """Whether all files of a corpus are in the data folder, each with the size it should have.

    Raises:
        ValueError: if the name is unknown.
        DataFolderError: if `TEXTBOOK_NLP_DATA` is not an absolute path to a folder.
    """
    folder = data_folder()
    with explained(folder):
        return all(
            any(
                path.is_file() and variant.size in (None, path.stat().st_size)
                for variant in part.variants
                for path in [folder / variant.path]
            )
            for part in _corpus(name).parts
        )


def _remove_command(*paths: Path) -> str:
    return shlex.join(["rm", "-r", *map(str, paths)])


def fetch_command(name: str, accept: bool = False) -> str:
    """Fetch a corpus and return what to print: its description and the paths of its files."""
    paths = fetch(name, accept=accept)
    return "\n".join([describe(name), *(f"{part}: {path}" for part, path in paths.items())])


def describe(name: str) -> str:
    """Return a corpus' title, terms, citation and variants, as text of several lines.

    Raises:
        ValueError: if the name is unknown.
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
            if os.path.lexists(path):
                raise DataFolderError(
                    f"{path} is a folder, or a link to nothing; expected a file: move it away"
                )
            continue
        known, may_accept = _known(part, variant.path)
        if may_accept and (recorded := _recorded(path)):
            known, may_accept = [*known, recorded], False
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
        if objection := wrong_kind(path, path.name):
            raise DamagedFile(f"{path} is {objection}: remove it: {_remove_command(path)}")
        if not accept:
            advice = f"It was left as it is. If you trust it, {_how_to_accept(corpus)}"
            raise UnknownChecksum(str(path), got=got, size=size, advice=advice)
        if not _read_only(path.parent):
            record(path, got)
        return path
    return None


def _recorded(path: Path) -> str | None:
    """Return the digest under which a file was accepted, or None.

    Raises:
        DamagedFile: if the record holds none.
    """
    where = record_path(path)
    if not os.path.lexists(where):
        return None
    text = where.read_bytes().decode("ascii", errors="replace").strip()
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise DamagedFile(
            f"{where} should hold the SHA-256 of {path.name} and holds something else: remove it "
            f"({_remove_command(where)}) and accept the file again"
        )
    return text


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
    if not destination.is_dir():
        return extract(archive, destination)
    if wrong := altered(destination):
        raise DamagedFile(
            f"{destination} is not what was unpacked there: {len(wrong)} files are missing, added "
            f"or of another size, such as {wrong[0]!r}. Remove the folder, and it is unpacked "
            f"again: {_remove_command(destination)}"
        )
    return destination
