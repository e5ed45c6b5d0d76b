"""Dataclasses that hold their values to their annotations: configurations, and the ledger's."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints


class WrongField(ValueError):
    """A field holds what its annotation does not allow; the message says which, and what it may."""


@dataclass(frozen=True)
class Must:
    """What a value must be beyond its type, as in `Annotated[int, Must(is_even, "an even one")]`.

    Attributes:
        test: whether a value of the type will do.
        expected: what it must be, for the message.
    """

    test: Callable[[Any], bool]
    expected: str


POSITIVE = Must(lambda value: value > 0, "a number above 0")
COUNT = Must(lambda value: value >= 0, "a number, at least 0")
SHARE = Must(lambda value: 0 <= value < 1, "a share, from 0 and below 1")

Number = float | int
Positive = Annotated[float | int, POSITIVE]
Size = Annotated[int, POSITIVE]
Count = Annotated[int, COUNT]
Share = Annotated[float | int, SHARE]


class Checked:
    """Base of dataclasses that are checked when they are made.

    Known are plain types (no NaN, no infinity; a bool is no integer), `Literal`, unions, lists,
    tuples and dicts of them, other classes, and `Annotated` with a `Must`.

    Example:
        >>> @dataclass(frozen=True)
        ... class Data(Checked):
        ...     corpus: Literal["ptb", "grammar"]
        >>> Data("ptbb")
        Traceback (most recent call last):
        textbook_nlp.lab.runs.checked.WrongField: Data.corpus is 'ptbb'; expected 'ptb' or 'grammar'
    """

    def __post_init__(self) -> None:
        for name, kind in _annotations(type(self)).items():
            value = getattr(self, name)
            if not conforms(value, kind):
                shown = value if is_dataclass(value) else shortened(value)
                raise WrongField(
                    f"{type(self).__name__}.{name} is {shown}; expected {expected(kind)}"
                )


@cache
def _annotations(kind: type) -> dict[str, Any]:
    found = get_type_hints(kind, include_extras=True)
    return {field.name: found[field.name] for field in fields(kind)}


def conforms(value: Any, kind: Any) -> bool:
    """Whether a value is what an annotation says."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return conforms(value, parts[0]) and all(rule.test(value) for rule in parts[1:])
    if origin is Literal:
        return any(type(value) is type(part) and value == part for part in parts)
    if origin in (Union, UnionType):
        return any(conforms(value, part) for part in parts)
    if origin in (dict, Mapping):
        return isinstance(value, Mapping) and all(
            conforms(key, parts[0]) and conforms(part, parts[1]) for key, part in value.items()
        )
    if origin is list or (origin is tuple and parts[1:] == (...,)):
        return type(value) is origin and all(conforms(part, parts[0]) for part in value)
    if origin is tuple:
        return (
            type(value) is tuple and len(value) == len(parts) and all(map(conforms, value, parts))
        )
    if kind in (int, float):
        return type(value) is kind and math.isfinite(value)
    return kind is Any or isinstance(value, NoneType if kind is None else kind)


def expected(kind: Any) -> str:
    """Say in words what an annotation allows."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return parts[-1].expected
    if origin is Literal:
        return " or ".join(map(repr, parts))
    if kind == Number:
        return "a finite number"
    if origin in (Union, UnionType):
        return " or ".join(map(expected, parts))
    if origin in (dict, Mapping):
        return f"names, each with {expected(parts[1])}"
    if origin in (list, tuple):
        return f"a {origin.__name__} of {' and '.join(expected(p) for p in parts if p is not ...)}"
    words = {int: "an integer", float: "a finite number", bool: "True or False", str: "a text"}
    return words.get(kind, "None" if kind in (None, NoneType) else kind.__name__)


def shortened(value: Any) -> str:
    """A value as it is written, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def changed(configuration: Any, changes: Mapping[str, Any]) -> Any:
    """Return a copy of a dataclass with some fields changed, each named by its path.

    Args:
        configuration: a frozen dataclass, whose parts may be dataclasses too.
        changes: path -> value, such as `{"model.hidden_size": 32, "data": Generated(6000)}`.

    Raises:
        ValueError: if there is no such field, or it must not hold that value.
    """
    grouped: dict[str, dict[str, Any]] = {}
    for path, value in changes.items():
        first, _, rest = path.partition(".")
        grouped.setdefault(first, {})[rest] = value
    names = [field.name for field in fields(configuration)]
    values = {}
    for name, inner in grouped.items():
        if name not in names:
            raise ValueError(
                f"{type(configuration).__name__} has no field {name!r}; it has {', '.join(names)}"
            )
        values[name] = inner.pop("", getattr(configuration, name))
        if inner and not is_dataclass(values[name]):
            found = next(iter(inner))
            raise ValueError(f"{name} is {values[name]!r}, which has no field {found!r}")
        if inner:
            values[name] = changed(values[name], inner)
    return replace(configuration, **values)


def plain(configuration: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as plain values; `kind` tells a part's class."""
    return {
        field.name: _plain(getattr(configuration, field.name)) for field in fields(configuration)
    }


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {"kind": type(value).__name__, **plain(value)}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value
