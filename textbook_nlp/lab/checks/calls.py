"""Call a learner's function so that nothing it does can hurt the check."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from textbook_nlp.lab.checks.values import (
    Hint,
    NotTried,
    as_array,
    copied,
    count,
    describe,
    is_numeric,
    same,
)


def is_todo(answer: Any) -> bool:
    """Whether the answer is still the starter's: `...`, None, a list with `...`, an empty body."""
    if answer is None or answer is Ellipsis:
        return True
    if isinstance(answer, tuple | list):
        return any(item is Ellipsis for item in answer)
    if isinstance(answer, dict):
        return any(item is Ellipsis for item in answer.values())
    return isinstance(answer, types.FunctionType) and is_empty(answer)


def is_empty(function: types.FunctionType) -> bool:
    """Whether a function's body does nothing: `...`, `pass`, or raises NotImplementedError."""
    code = function.__code__
    return (
        code.co_code in _EMPTY
        and all(const in (None, ..., function.__doc__) for const in code.co_consts)
        and code.co_names in ((), ("NotImplementedError",))
    )


def _empty_bodies() -> set[bytes]:
    """The byte code of bodies that do nothing, as this Python compiles them."""
    codes = set()
    for text in ("", '"""."""\n '):
        for body in ("...", "return", "return ...", "raise NotImplementedError"):
            module = compile(f"def f():\n {text}{body}", "<empty>", "exec")
            codes |= {c.co_code for c in module.co_consts if isinstance(c, types.CodeType)}
    return codes


_EMPTY = _empty_bodies()


def call(function: Any, *inputs: Any, may_modify: bool = False) -> Any:
    """Call a learner's function on copies of the inputs.

    Raises:
        Hint: it is no function, takes other arguments, raises, returns nothing, or changes its
            inputs where it may not.
        NotTried: its body is still empty, or it returns `...`.

    Example:
        >>> call(lambda x: x + 1, 2)
        3
    """
    if not callable(function):
        raise Hint(
            f"give the function itself, without calling it: expected a function, your answer is "
            f"{describe(function)}"
        )
    name = getattr(function, "__name__", type(function).__name__)
    _expect_arguments(function, name, inputs)
    given = copied(inputs)
    try:
        value = function(*given)
    except NotImplementedError:
        raise NotTried from None
    except KeyboardInterrupt:
        raise Hint(f"{name} was stopped by hand; does every loop in it end?") from None
    except RecursionError:
        raise Hint(f"{name} calls itself without end: when should it stop?") from None
    except SystemExit:
        raise Hint(f"{name} ended Python with exit(); return a value instead") from None
    except BaseException as error:
        if _is_about_dots(function, error):
            raise NotTried from None
        raise Hint(_failure(name, error, inputs, function)) from None
    if is_todo(value):
        if value is None:
            raise Hint(f"{name} returns None: is the `return` missing?")
        raise NotTried
    if isinstance(value, types.GeneratorType):
        raise Hint(f"{name} yields its values one by one; return them together")
    if not may_modify and not _unchanged(given, inputs):
        raise Hint(f"{name} changes its inputs in place: work on a copy, or build a new array")
    return value


def _expect_arguments(function: Callable[..., Any], name: str, inputs: tuple[Any, ...]) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*inputs)
    except TypeError:
        taken = ", ".join(signature.parameters) or "nothing"
        raise Hint(
            f"{name} takes {count(len(signature.parameters), 'argument')} ({taken}), the check "
            f"calls it with {len(inputs)}"
        ) from None


def _is_about_dots(function: Any, error: BaseException) -> bool:
    """Whether the error comes from a `...` that the starter cell still holds."""
    code = getattr(function, "__code__", None)
    return code is not None and Ellipsis in code.co_consts and "ellipsis" in str(error).casefold()


def _failure(name: str, error: BaseException, inputs: tuple[Any, ...], function: Any) -> str:
    try:
        words = " ".join(str(error).split())[:160]
    except Exception:
        words = ""
    reason = f": {words}" if words else ""
    return (
        f"{name} raised {type(error).__name__}{reason} (called with {call_words(function, inputs)})"
    )


def call_words(function: Any, inputs: tuple[Any, ...]) -> str:
    """The inputs of a call by name, short; arrays by their shape."""
    try:
        names = list(inspect.signature(function).parameters)[: len(inputs)]
    except (TypeError, ValueError):
        names = []
    words = [describe(value) for value in inputs]
    if len(names) == len(words):
        words = [f"{name} = {word}" for name, word in zip(names, words, strict=True)]
    return ", ".join(words) or "no arguments"


def _unchanged(now: Any, before: Any) -> bool:
    """Whether inputs are what they were; what is no number or container is not looked into."""
    if is_numeric(before):
        return np.array_equal(as_array(now), as_array(before), equal_nan=True)
    if isinstance(before, tuple | list):
        return len(now) == len(before) and all(map(_unchanged, now, before))
    if isinstance(before, dict):
        return now.keys() == before.keys() and all(_unchanged(now[k], before[k]) for k in before)
    return same(now, before) if isinstance(before, set | str | bytes) else True
