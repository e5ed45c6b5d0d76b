"""Files that appear whole or not at all, their digests, and what a damaged one is called."""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from hashlib import sha256 as _sha256
from pathlib import Path


class DamagedFile(ValueError):
    """A file that was cut short, altered, or is of another kind than was expected."""


@contextmanager
def whole(path: str | os.PathLike) -> Iterator[Path]:
    """Give the name of a temporary file beside `path`, and rename it when the block has ended.

    A rename within one folder is atomic: after a crash there is the old file or the new one, never
    half of one. When the block raises, the old file stays and the temporary one goes. The folder
    is made where it is missing.

    Example:
        >>> with whole("notes.txt") as temporary:  # doctest: +SKIP
        ...     temporary.write_text("all of it")
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        yield temporary
        with temporary.open("rb+") as file:  # on the disk before the name says that it is there
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


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


def load_json(path: str | os.PathLike, kind: str, fields: tuple[str, ...]) -> dict:
    """Read what `save_json` wrote.

    Raises:
        FileNotFoundError: if there is no such file.
        DamagedFile: if it was cut short, is of another kind, or lacks one of `fields`.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError are both ValueErrors
        raise DamagedFile(
            f"{path} is not a whole {kind} file ({error}); it may have been cut short: "
            "copy it again, or build it anew and save it"
        ) from None
    if not isinstance(content, dict) or content.get("kind") != kind:
        raise DamagedFile(f"{path} is JSON but no {kind} file: check the path")
    missing = [field for field in fields if field not in content]
    if missing:
        raise DamagedFile(f"{path} lacks {', '.join(missing)}: build the {kind} anew and save it")
    return content
