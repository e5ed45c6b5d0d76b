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
    """Whether the answer is still the starter's: `...`, None, a list with `...` in it."""
    if answer is None or answer is Ellipsis:
        return True
    if isinstance(answer, tuple | list):
        return any(item is Ellipsis for item in answer)
    return isinstance(answer, dict) and any(item is Ellipsis for item in answer.values())


class Failed(Hint):
    """The learner's function raised an error or returned nothing, as a known mistake may too."""

    def __init__(self, text: str, outcome: type[BaseException] | None) -> None:
        """Remember the type of the error, or None."""
        super().__init__(text)
        self.outcome = outcome


def call(function: Any, *inputs: Any, in_place: bool = False) -> Any:
    """Call a learner's function on copies of the inputs.

    Args:
        function: the learner's.
        *inputs: what it is called with.
        in_place: whether it may change its inputs; then the first of them, after the call, is
            returned beside what the function returns.

    Raises:
        Hint: if it is no function, takes other arguments, raises, returns nothing, or changes
            its inputs where it may not.
        NotTried: if its body is still empty, or it returns `...`.

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
        text = _failure(name, error, inputs, function)
        raise Failed(text, type(error)) from None
    if value is None and not _is_empty(function, len(inputs)):
        raise Failed(f"{name} returns None: is the `return` missing?", None)
    if is_todo(value):
        raise NotTried
    if isinstance(value, types.GeneratorType):
        raise Hint(f"{name} yields its values one by one; return them together")
    if in_place:
        return value, given[0]
    if not _unchanged(given, inputs):
        raise Hint(f"{name} changes its inputs in place: work on a copy, or build a new array")
    return value


class _Useless:
    """An input with which nothing can be done: whatever looks into it raises TypeError."""

    __bool__ = __eq__ = __hash__ = __str__ = __repr__ = __format__ = None


def _is_empty(function: Any, inputs: int) -> bool:
    """Whether the body of a function that returned nothing does nothing: `...`, `pass`, words.

    Such a body names nothing, keeps nothing, and is content with inputs that are good for
    nothing. (Its source may be missing, and every Python has other byte code.)
    """
    code = getattr(function, "__code__", None)
    if code is None or code.co_names or len(code.co_varnames) > inputs:
        return False
    try:
        return function(*(_Useless() for _ in range(inputs))) is None
    except Exception:
        return False


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
