"""Checkpoints: all that a run needs to go on as if it had never stopped."""

import os
import pickle
import random
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

# What torch and zipfile raise on a damaged file, depending on where the damage is.
DAMAGE = (RuntimeError, OSError, EOFError, ValueError, KeyError, UserWarning)


class CheckpointError(ValueError):
    """A checkpoint cannot be read, or belongs to another run."""


def save(path: str | Path, contents: Mapping[str, Any]) -> None:
    """Write a checkpoint so that the file is always whole: the old one or the new one.

    Args:
        path: the file; its folder is made where it is missing.
        contents: tensors, numbers, strings, and lists and dicts of them.

    Taught in: chapter 07.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            torch.save(dict(contents), file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint onto the CPU. No code in the file is run: ``weights_only``.

    Raises:
        FileNotFoundError: if there is no such file.
        CheckpointError: if the file is cut off, altered, or no checkpoint.

    Taught in: chapter 07.
    """
    path = Path(path)
    broken = CheckpointError(
        f"the checkpoint {path} cannot be read: it is cut off, altered, or no checkpoint. "
        "Delete it to train from the start, or put back a copy"
    )
    try:
        with warnings.catch_warnings():
            # torch warns about a pickle that is none of its own before it refuses it.
            warnings.filterwarnings("error", message="Detected pickle protocol")
            contents = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except (*DAMAGE, pickle.UnpicklingError) as error:
        raise broken from error
    if not isinstance(contents, dict):
        raise broken
    return contents


def random_states() -> dict[str, Any]:
    """Return the state of every source of chance: Python, NumPy's global one, torch, each GPU."""
    version, numbers, gauss = random.getstate()
    # The legacy generator is meant: its state is the one that a library may draw from.
    name, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002
    return {
        "python": [version, list(numbers), gauss],
        "numpy": [name, keys.tolist(), *rest],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore_random_states(states: Mapping[str, Any]) -> None:
    """Set every source of chance to what `random_states` returned.

    Raises:
        CheckpointError: if the states come from a machine with another number of GPUs.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if len(states["cuda"]) != gpus:
        raise CheckpointError(
            f"the checkpoint was written with {len(states['cuda'])} GPUs in sight, now there are "
            f"{gpus}: resume on a machine like the first, or delete it to train from the start"
        )
    version, numbers, gauss = states["python"]
    random.setstate((version, tuple(numbers), gauss))
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), *rest))  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    if gpus:
        torch.cuda.set_rng_state_all(states["cuda"])
