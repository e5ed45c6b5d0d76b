"""What every tokenizer asks of its input, and files that are never half there."""

import json
import os
from pathlib import Path


class DamagedFile(ValueError):
    """A saved vocabulary or tokenizer that cannot be read back whole."""


def check_text(text: object) -> str:
    """Return `text` unchanged if it is text that can be written as UTF-8.

    Control characters, emoji and unassigned code points are text; half of a surrogate pair is not.

    Raises:
        TypeError: `text` is bytes, None or anything else but a str.
        ValueError: `text` holds a lone surrogate, the trace of a wrong decoding.

    Taught in: chapter 01.
    """
    if isinstance(text, bytes | bytearray):
        raise TypeError('expected text, got bytes: decode them first, as in data.decode("utf-8")')
    if not isinstance(text, str):
        raise TypeError(
            f"expected text (str), got {type(text).__name__}: pass one string at a time, "
            "and leave out missing values such as None"
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"character {error.start} is a lone surrogate, {text[error.start]!r}, which is no "
            'character: read the source again as UTF-8, or drop it with text.encode("utf-8", '
            '"ignore").decode("utf-8")'
        ) from None
    return text


def save_json(path: str | os.PathLike, kind: str, content: dict) -> None:
    """Write `content` as JSON under the name `kind`; the file appears whole or not at all.

    Taught in: chapter 01.
    """
    path = Path(path)
    text = json.dumps({"kind": kind, **content}, ensure_ascii=False, indent=0)
    # A rename within one folder is atomic, so a crash leaves the old file or the new one.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load_json(path: str | os.PathLike, kind: str, fields: tuple[str, ...]) -> dict:
    """Read what `save_json` wrote.

    Raises:
        FileNotFoundError: there is no such file.
        DamagedFile: it was cut short, is of another kind, or lacks one of `fields`.

    Taught in: chapter 01.
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
