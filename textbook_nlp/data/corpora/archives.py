"""Unpacking archives from elsewhere without trusting them."""

import errno
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from shutil import copyfileobj
from typing import IO

from textbook_nlp.data.corpora.errors import UnsafeArchive
from textbook_nlp.files import load_json, save_json, whole

LIMIT = 16 * 2**30
"""Largest total size of what an archive may unpack to, in bytes."""

DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
)
"""What the readers of tar, gzip and zip raise on damaged or encrypted archives."""

_LIST = ".textbook_nlp.json"
"""In an unpacked folder: the size of each of its files."""


def extract(archive: Path, destination: Path, *, limit: int = LIMIT) -> Path:
    """Unpack a tar (plain or compressed) or zip archive into a new folder.

    Only regular files and folders are written, by our own code, under names that stay inside the
    folder. The work happens in a temporary folder that takes the name `destination` at the end,
    so an interrupted run leaves nothing half unpacked.

    Args:
        archive: the file; its content decides the format.
        destination: the folder to make. Must not exist.
        limit: largest total size to unpack, in bytes.

    Returns:
        `destination`.

    Raises:
        FileExistsError: if `destination` exists.
        UnsafeArchive: if a member has an absolute name, `..` in its name, the name of another
            member, or is a link or a device; if the archive unpacks to more than `limit`; or if
            it is damaged, encrypted, or neither tar nor zip. Nothing is left behind.
    """
    if destination.exists():
        raise FileExistsError(f"{destination} exists; remove it to unpack {archive.name} again")
    with whole(destination, folder=True) as temporary:
        try:
            members = _zip_members if zipfile.is_zipfile(archive) else _tar_members
            sizes = _write_all(members(archive), temporary, archive, limit)
        except UnsafeArchive:
            raise  # it says already what is wrong, and is a ValueError as well
        except DAMAGE as error:
            raise UnsafeArchive(
                f"{archive} cannot be unpacked: it is damaged, encrypted, or neither tar nor zip "
                f"({error}). Remove it and fetch it again"
            ) from error
        save_json(temporary / _LIST, "unpacked folder", {"sizes": sizes})
    return destination


def altered(folder: Path) -> list[str]:
    """Return the files of an unpacked folder that are missing, added, or of another size now.

    Raises:
        DamagedFile: if the list of what was unpacked is itself damaged.
    """
    there = [path for path in folder.rglob("*") if path.is_file() and path.name != _LIST]
    found = {path.relative_to(folder).as_posix(): path.stat().st_size for path in there}
    if not (folder / _LIST).is_file():
        return [_LIST]
    sizes = load_json(folder / _LIST, "unpacked folder", ("sizes",))["sizes"]
    return sorted(name for name in {*sizes, *found} if sizes.get(name) != found.get(name))


Member = tuple[str, int | None, str | None, IO[bytes] | None]
"""Name, size, why it must not be written (or None), content (None for a folder)."""


def _write_all(
    members: Iterator[Member], folder: Path, archive: Path, limit: int
) -> dict[str, int]:
    """Write the members and return the size of each file."""
    total, sizes = 0, {}
    for name, size, objection, content in members:
        objection = objection or _objection_to_name(name)
        total += size or 0
        if objection is None and total > limit:
            objection = f"brings the total above the limit of {limit:,} bytes"
        target = folder.joinpath(*name.split("/")) if objection is None else folder
        try:
            if objection is None and content is None:
                target.mkdir(parents=True, exist_ok=True)
            elif objection is None and content is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    copyfileobj(content, file, 1 << 20)
                    sizes[target.relative_to(folder).as_posix()] = file.tell()
        except (FileExistsError, NotADirectoryError):
            objection = "has the name of another member"
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            objection = "has a name that is too long for this disk"
        if objection is not None:
            raise UnsafeArchive(
                f"{archive} was not unpacked: its member {name!r} {objection}. Nothing was "
                "written. Do not use this archive; fetch it from its publisher's address"
            )
    return sizes


def _objection_to_name(name: str) -> str | None:
    """Say what is wrong with a member's name, or None."""
    parts = name.rstrip("/").split("/")
    if name.startswith("/") or "\\" in name or PureWindowsPath(name).drive or ":" in name:
        return "has an absolute name or one that some systems read as such"
    if ".." in parts:
        return "has '..' in its name, which leads out of the folder"
    if any(ord(character) < 32 or ord(character) == 127 for character in name):
        return "has a control character in its name"
    if any(part.endswith((" ", ".")) and part != "." for part in parts) or not any(parts):
        return "has an empty name or one that ends in a space or a dot"
    if _LIST in parts:
        return "has the name of the list of what was unpacked"
    return None


def _tar_members(archive: Path) -> Iterator[Member]:
    with tarfile.open(archive, "r:*") as tar:
        for member in tar:
            objection = None
            if member.issym() or member.islnk():
                objection = f"is a link (to {member.linkname!r})"
            elif not (member.isfile() or member.isdir()) or member.issparse():
                objection = "is neither a regular file nor a folder"
            content = tar.extractfile(member) if objection is None and member.isfile() else None
            yield member.name, member.size, objection, content
        while tar.fileobj is not None and tar.fileobj.read(1 << 20):
            pass  # up to the end, where a compressed file has its check sum


def _zip_members(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as bundle:
        for member in bundle.infolist():
            kind = stat.S_IFMT(member.external_attr >> 16)
            objection = None
            if kind == stat.S_IFLNK:
                objection = "is a link"
            elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                objection = "is neither a regular file nor a folder"
            # zipfile shortens a name at a zero byte; the name as stored is the one to judge.
            if objection is not None or member.orig_filename.endswith("/") or not member.filename:
                yield member.orig_filename, member.file_size, objection, None
                continue
            with bundle.open(member) as content:
                yield member.orig_filename, member.file_size, None, content
