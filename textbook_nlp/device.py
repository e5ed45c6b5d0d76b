"""Where to compute and how much: the one place that decides the device and the scale."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, cast, get_args

import torch

DEVICE_VARIABLE = "TEXTBOOK_NLP_DEVICE"
SCALE_VARIABLE = "TEXTBOOK_NLP_SCALE"

ScaleName = Literal["small", "medium", "full"]
SCALES: tuple[ScaleName, ...] = get_args(ScaleName)


class DeviceUnavailable(RuntimeError):
    """A device was asked for that this machine does not have."""


class OutOfMemory(RuntimeError):
    """A computation did not fit into memory; the message says what to change."""


def pick(name: str | None = None) -> torch.device:
    """Return the device for heavy computations: CUDA, else MPS (experimental), else the CPU.

    Args:
        name: `"cpu"`, `"cuda"`, `"cuda:1"`, ... or `"mps"`; the default is what the
            variable `TEXTBOOK_NLP_DEVICE` says, and the best device there is where it is unset.

    Raises:
        ValueError: if the name is another.
        DeviceUnavailable: if the device is not there.
    """
    source = "the device"
    if name is None:
        name = os.environ.get(DEVICE_VARIABLE, "")
        source = DEVICE_VARIABLE
    wanted = name.strip().lower()
    if not wanted:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind, colon, number = wanted.partition(":")
    if (
        kind not in ("cpu", "cuda", "mps")
        or (colon and kind != "cuda")
        or (colon and not number.isdecimal())
    ):
        raise ValueError(f"{source} is {name!r}; expected 'cpu', 'cuda', 'cuda:1' or 'mps'")
    advice = f"choose another device, {DEVICE_VARIABLE}=cpu, or unset it to take what is there"
    if kind == "cuda" and not torch.cuda.is_available():
        reason = "torch sees no CUDA GPU"
        if torch.version.cuda is None and torch.version.hip is None:
            reason = "this build of torch has no CUDA"
        raise DeviceUnavailable(f"{source} is {name!r}, but {reason}: {advice}")
    if number and int(number) >= torch.cuda.device_count():
        raise DeviceUnavailable(
            f"{source} is {name!r}, but there are {torch.cuda.device_count()} GPUs, counted from "
            f"cuda:0: {advice}"
        )
    if kind == "mps" and not torch.backends.mps.is_available():
        raise DeviceUnavailable(f"{source} is {name!r}, but torch sees no Apple GPU: {advice}")
    return torch.device(wanted)


def scale() -> ScaleName:
    """Return how big experiments are: `"small"`, `"medium"` or `"full"`.

    `TEXTBOOK_NLP_SCALE` decides; where it is unset, `"medium"` if `pick()` gives a CUDA
    device, else `"small"`. Small takes seconds and uses embedded data only; medium takes at
    most three minutes on a GPU, with real data; full takes what it takes.

    Raises:
        ValueError: if the variable has another value.
        DeviceUnavailable: if the device decides, and the one that was named is not there.
    """
    value = os.environ.get(SCALE_VARIABLE, "")
    wanted = value.strip().lower()
    if not wanted:
        return "medium" if pick().type == "cuda" else "small"
    if wanted not in SCALES:
        raise ValueError(
            f"{SCALE_VARIABLE} is {value!r}; expected 'small', 'medium' or 'full', or nothing, to "
            "let the device decide"
        )
    return cast(ScaleName, wanted)


def describe(device: torch.device | None = None) -> str:
    """Return a device's name as the ledger records it, such as `"NVIDIA H200"`.

    Args:
        device: the default is `pick()`.
    """
    device = pick() if device is None else device
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"Apple GPU ({platform.machine()})"
    instructions = torch.backends.cpu.get_cpu_capability()
    return f"CPU ({_processor()}, {os.cpu_count()} cores, {instructions})"


def _processor() -> str:
    """The processor's name; Linux alone keeps it in a file."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@contextmanager
def explain_out_of_memory(
    change: str = "use a smaller batch size or model",
) -> Iterator[None]:
    """Turn torch's out-of-memory errors into one that says what to change.

    Args:
        change: what to change, in the imperative: it completes "To make it fit, ...".

    Raises:
        OutOfMemory: if torch, NumPy or Python find no memory, on any device.

    Example:
        >>> with explain_out_of_memory("lower batch_size (now 512)"):
        ...     loss.backward()  # doctest: +SKIP
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not _is_out_of_memory(error):
            raise
        raise OutOfMemory(
            f"not enough memory: to make it fit, {change}; or choose a smaller scale "
            f"({SCALE_VARIABLE}=small) or another device ({DEVICE_VARIABLE}=cpu). "
            f"What torch said: {str(error).splitlines()[0] if str(error) else 'nothing'}"
        ) from error


def _is_out_of_memory(error: RuntimeError | MemoryError) -> bool:
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    # The CPU's and MPS' allocators raise a bare RuntimeError.
    message = str(error)
    return any(
        sign in message
        for sign in (
            "can't allocate memory",
            "not enough memory",
            "MPS backend out of memory",
            "CUDA out of memory",
        )
    )
