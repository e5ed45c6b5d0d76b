"""Files and folders that appear whole or not at all, their digests, and what a damaged one is."""

import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest
from hashlib import sha256 as _sha256
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # type: ignore[assignment]

_PREFIX, _SUFFIX = ".textbook_nlp-", ".part"
_OLD = 24 * 3600.0
"""Seconds after which a leftover is taken for dead where no lock can tell."""


class DamagedFile(ValueError):
    """A file that was cut short, altered, or is of another kind than was expected."""


@contextmanager
def whole(path: str | os.PathLike, *, folder: bool = False) -> Iterator[Path]:
    """Give a temporary file beside `path`, which takes that name when the block has ended.

    A rename within one folder is atomic: after a crash there is the old file or the new one, never
    half of one. When the block raises, the old file stays, and the temporary one goes, with every
    folder that was made for it. What writers that were killed have left beside `path` goes too:
    a living one holds a lock on its own.

    Args:
        path: the file to write; its folder is made where it is missing.
        folder: make a temporary folder, for a folder. One that stands at `path` by then stays, and
            the new one goes: somebody else was faster.

    Example:
        >>> with whole("notes.txt") as temporary:  # doctest: +SKIP
        ...     temporary.write_text("all of it")
    """
    path = Path(path)
    made = [above for above in (path.parent, *path.parent.parents) if not above.exists()]
    temporary, lock, done = None, None, False
    try:
        _clear(path.parent)
        temporary, lock = _temporary(path.parent, folder)
        yield temporary
        if not folder:
            with temporary.open("rb+") as file:  # on the disk before the name says it is there
                os.fsync(file.fileno())
        try:
            os.replace(temporary, path)
        except OSError:
            if not (folder and path.is_dir()):
                raise
        done = True
    finally:
        if temporary is not None:
            _remove(temporary)
        if lock is not None:
            os.close(lock)
        for above in made if not done else ():
            with suppress(OSError):  # somebody else uses it already
                above.rmdir()


def _temporary(parent: Path, folder: bool) -> tuple[Path, int | None]:
    """Make an empty temporary file or folder, and lock it; return its descriptor."""
    while True:
        temporary = parent / f"{_PREFIX}{secrets.token_hex(6)}{_SUFFIX}"
        parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.mkdir() if folder else temporary.touch(exist_ok=False)
            lock = _lock(temporary, wait=True)
        except FileNotFoundError:  # another writer gave up and took the folder with it
            continue
        if temporary.exists():  # else another writer took it for dead before it was locked
            return temporary, lock
        if lock is not None:
            os.close(lock)


def _lock(path: Path, *, wait: bool) -> int | None:
    """Lock a file or folder and return its descriptor; None where this system cannot.

    Raises:
        BlockingIOError: if another process holds the lock, and `wait` is false.
    """
    if fcntl is None:
        return None
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        os.close(descriptor)
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL):
            raise
        return None
    return descriptor


def _clear(parent: Path) -> None:
    """Remove what writers that no longer live have left in a folder."""
    for left in parent.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):  # it lives, is gone, or is not ours to remove
            lock = _lock(left, wait=False)
            if lock is not None or time.time() - left.stat().st_mtime > _OLD:
                _remove(left)
            if lock is not None:
                os.close(lock)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def sha256(content: bytes | bytearray | str | os.PathLike) -> str:
    """Return the SHA-256 of bytes, of a text (as UTF-8), or of the file at a path, in hexadecimal.

    A `str` is a text, never a path: wrap a path in `pathlib.Path`.
    """
    if isinstance(content, os.PathLike):
        with Path(content).open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    return _sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def save_json(path: str | os.PathLike, kind: str, content: dict) -> None:
    """Write `content` as JSON under the name `kind`; the file appears whole or not at all."""
    text = json.dumps({"kind": kind, **content}, ensure_ascii=False, indent=0)
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def read_json(path: str | os.PathLike, what: str = "JSON") -> Any:
    """Return what a JSON file holds.

    Args:
        path: the file, in UTF-8.
        what: what the file should be, for the message.

    Raises:
        FileNotFoundError: if there is no such file.
        DamagedFile: if it is no JSON, not UTF-8, or nested too deep.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # not UTF-8, no JSON; nested too deep
        raise DamagedFile(
            f"{path} is not a whole {what} file ({error}); it may have been cut short: "
            "copy it again, or build it anew and save it"
        ) from None


def load_json(path: str | os.PathLike, kind: str, fields: tuple[str, ...]) -> dict:
    """Read what `save_json` wrote.

    Raises:
        FileNotFoundError: if there is no such file.
        DamagedFile: if it was cut short, is of another kind, or lacks one of `fields`.
    """
    content = read_json(path, kind)
    if not isinstance(content, dict) or content.get("kind") != kind:
        raise DamagedFile(f"{path} is JSON but no {kind} file: check the path")
    missing = [field for field in fields if field not in content]
    if missing:
        raise DamagedFile(f"{path} lacks {', '.join(missing)}: build the {kind} anew and save it")
    return content
