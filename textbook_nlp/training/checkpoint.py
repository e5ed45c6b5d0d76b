"""Checkpoint files: whole or not there, sealed by a digest, and read without running code."""

import io
import pickle
import re
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from textbook_nlp.files import DamagedFile, sha256, whole

# The file is torch's zip archive, with the SHA-256 of all bytes before it as the zip's comment.
MARK = b"sha256:"
SEAL = len(MARK) + 64


class CheckpointError(DamagedFile):
    """A checkpoint cannot be read or written, or belongs to another run."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a fit keeps its checkpoint, and which fit of which run that is.

    Two fits of one run take two stages of its checkpoint, and so never go on from each other's.

    Attributes:
        path: the file; becomes a `Path`.
        identity: name -> plain value: all that decides the numbers. A fit refuses a file whose
            identity differs from its own.

    Raises:
        TypeError: if the identity holds something else than numbers, strings, booleans, None, and
            lists, tuples and dicts of them.
    """

    path: Path | str
    identity: Mapping[str, Any] = field(default_factory=dict)
    _ended: list[bool] = field(default_factory=list, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))
        object.__setattr__(self, "identity", dict(self.identity))
        if not _is_plain(self.identity):
            raise TypeError(f"the identity {self.identity} holds more than plain values")

    def stage(self, name: str) -> "Checkpoint":
        """Return the checkpoint of one of several fits of a run: a file and an identity of its own.

        Args:
            name: of small letters, digits, `_` and `-`.

        Raises:
            ValueError: if the name holds something else, or this is a stage already.
        """
        if not re.fullmatch(r"[a-z0-9_-]+", name):
            raise ValueError(f"stage is {name!r}; expected small letters, digits, _ and -")
        if "stage" in self.identity:
            raise ValueError(f"{self.path} is already of the stage {self.identity['stage']!r}")
        path = self.path.with_name(f"{self.path.stem}.{name}{self.path.suffix}")
        return Checkpoint(path, {**self.identity, "stage": name})

    def refuse_a_second_fit(self) -> None:
        """Refuse a checkpoint in which another fit of this process has ended.

        Raises:
            ValueError: if there was one: the second would return the first one's history as its
                own.
        """
        if self._ended:
            raise ValueError(
                f"a fit of this run has ended in {self.path} already; give each fit a stage of "
                'its own: checkpoint.stage("forward")'
            )

    def note_the_end(self) -> None:
        """Note that a fit of this process has ended here; see `refuse_a_second_fit`."""
        self._ended.append(True)

    def try_folder(self) -> None:
        """Write and remove a file where the checkpoint will be, before hours are spent on it.

        Raises:
            CheckpointError: if that cannot be done.
        """
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise CheckpointError(
                f"no checkpoint can be written to the folder {folder} "
                f"({error.strerror or error}): name another"
            ) from error

    def check_identity(self, theirs: Any) -> None:
        """Refuse the identity of another fit.

        Raises:
            CheckpointError: if it differs; the message names the values.
        """
        if not isinstance(theirs, dict):
            raise CheckpointError(f"{self.path} is no checkpoint of fit: name another file")
        found = list(_differences(theirs, self.identity))
        if found:
            kind = "stage" if [name for name, _, _ in found] == ["stage"] else "run"
            raise CheckpointError(
                f"the checkpoint {self.path} belongs to another {kind}: its "
                + ", its ".join(f"{name} is {a!r}, this {kind}'s is {b!r}" for name, a, b in found)
                + ". Delete it to train from the start, or name another file"
            )


def save(path: str | Path, contents: Mapping[str, Any]) -> None:
    """Write a checkpoint so that the file is always whole: the old one or the new one.

    Args:
        path: the file; its folder is made where it is missing.
        contents: tensors, numbers, strings, and lists and dicts of them.
    """
    archive = io.BytesIO()
    torch.save(dict(contents), archive)
    sealed = bytearray(archive.getbuffer())
    sealed[-2:] = SEAL.to_bytes(2, "little")  # the length of the zip's comment stands at its end
    sealed += MARK + sha256(sealed).encode()
    with whole(path) as temporary:
        temporary.write_bytes(sealed)


def load(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU.

    Nothing is looked at before the digest was found right, and no code in the file is run
    (`weights_only`): a digest keeps damage out, not malice.

    Raises:
        FileNotFoundError: if there is no such file.
        CheckpointError: if the file is cut off, altered, or no checkpoint.
    """
    broken = CheckpointError(
        f"the checkpoint {path} cannot be read: it is cut off, altered, or no checkpoint. "
        "Delete it to train from the start, or put back a copy"
    )
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise broken from error
    archive, seal = content[:-SEAL], content[-SEAL:]
    if seal != MARK + sha256(archive).encode():
        raise broken
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch warns of, it refuses afterwards
            contents = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise broken from error
    if not isinstance(contents, dict):
        raise broken
    return contents


def _differences(theirs: Mapping, ours: Mapping, where: str = ""):
    """Yield name, their value and our value wherever two identities differ."""
    for name in sorted({*theirs, *ours}, key=str):
        a, b = theirs.get(name), ours.get(name)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            yield from _differences(a, b, f"{where}{name}.")
        elif a != b:
            yield f"{where}{name}", a, b


def _is_plain(value: Any) -> bool:
    # The types themselves: a float of NumPy is a float too, and could be saved but not loaded.
    if type(value) is dict:
        return all(type(name) is str and _is_plain(part) for name, part in value.items())
    if type(value) in (list, tuple):
        return all(_is_plain(part) for part in value)
    return value is None or type(value) in (str, bool, int, float)
