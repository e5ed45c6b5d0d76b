"""Values of any kind, as a learner may give them: as arrays, as plain Python, in words."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np


class Hint(Exception):
    """Ends a check with a hint; the text is for the learner."""


class NotTried(Exception):
    """Ends a check: the starter cell is still as it was."""


def as_array(value: Any, *, name: str = "your answer") -> np.ndarray:
    """Numbers of any kind as a NumPy array; a torch tensor is detached and moved to the CPU.

    Raises:
        Hint: if there are no numbers in it, or rows of several lengths.
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        return value
    if isinstance(value, str | bytes):
        raise Hint(f"expected numbers, {name} is {describe(value)}")
    if callable(value) and not hasattr(value, "__array__"):
        raise Hint(f"expected numbers, {name} is a function: call it and give what it returns")
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if value.is_floating_point():
            value = value.double()
        return value.numpy()
    if isinstance(value, tuple | list) and any(hasattr(item, "detach") for item in value):
        value = [as_array(item, name=name) for item in value]
    try:
        array = np.asarray(float(value) if isinstance(value, Fraction) else value)
    except ValueError:
        kind = describe(value)
        text = f"expected one array, {name} is {kind}" if kind.startswith("a tuple") else ""
        raise Hint(text or f"the rows of {name} have several lengths") from None
    if array.dtype.kind not in "biufc":
        raise Hint(f"expected numbers, {name} is {describe(value)}")
    return array


def is_numeric(value: Any) -> bool:
    """Whether the value is a number, an array or a tensor; True and False are not."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float | np.ndarray | np.number) or hasattr(value, "detach")


def plain(value: Any) -> Any:
    """The value in Python's own types: tuples as lists, scalars and arrays as numbers and lists."""
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return {plain(item) if not isinstance(item, tuple) else item for item in value}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic) or hasattr(value, "detach"):
        return value.tolist()
    return value


def same(a: Any, b: Any) -> bool:
    """Equality that keeps True and 1 apart and never raises."""
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    try:
        return bool(a == b)
    except Exception:
        return False


def describe(value: Any) -> str:
    """What a value is, in at most a few words; never raises."""
    try:
        return _described(value)
    except Exception:
        return f"of type {type(value).__name__}"


def _described(value: Any) -> str:
    if hasattr(value, "detach"):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.ndim else short(value)
    if isinstance(value, np.generic):
        return short(value)
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}…"
    if isinstance(value, tuple):
        return f"a tuple of {count(len(value), 'item')}"
    if isinstance(value, list | set | frozenset | dict):
        text = repr(value)
        kind = type(value).__name__
        return text if len(text) <= 60 else f"a {kind} of {count(len(value), 'item')}"
    if inspect.isroutine(value):
        return f"the function {getattr(value, '__name__', '')}".rstrip()
    return (
        f"the class {value.__name__}"
        if inspect.isclass(value)
        else f"of type {type(value).__name__}"
    )


def short(number: Any) -> str:
    """A number in at most six digits."""
    item = np.asarray(number).item()
    return f"{item:.6g}" if type(item) in (int, float) else str(item)


def nearly(a: Any, b: Any) -> bool:
    """Whether two numbers differ by at most two in a hundred."""
    return bool(np.isclose(a, b, rtol=0.02, atol=0))


def count(number: int | np.integer, word: str, words: str | None = None) -> str:
    """A number and its noun: 1 entry, 2 entries."""
    return f"{number} {word if number == 1 else words or word + 's'}"


def be(number: int | np.integer) -> str:
    """The verb that goes with the number."""
    return "is" if number == 1 else "are"


def kind_of(value: Any) -> str:
    """The kind of a right answer, in words."""
    names = {bool: "True or False", int: "a whole number", float: "a number", str: "a text"}
    if type(value) in names:
        return names[type(value)]
    if isinstance(value, list | set | dict):
        return f"a {type(value).__name__} of {count(len(value), 'item')}"
    return f"a value of type {type(value).__name__}"


def copied(value: Any) -> Any:
    """A deep copy: what is done to it leaves the original alone."""
    if isinstance(value, tuple):
        return tuple(copied(item) for item in value)
    if hasattr(value, "detach"):
        return value.detach().clone().requires_grad_(value.requires_grad)
    return copy.deepcopy(value)
