"""The three forms of an exercise: its answer is a value, a function, or judged by a program.

An exercise is one decorated function. `check_value` is for answers that are values: the
parameters are what the learner gives, their defaults the right answers. `check_function` is for
answers that are functions: what is decorated is a right one. `check` is for everything else: what
is decorated judges the answer by itself. Each lists its known mistakes, from the hint to a wrong
answer; `Check.misjudged` feeds every one of them back, and a test asks that of all checks.

Example:
    >>> @check_value(expects="a whole number", mistakes={"is the bias counted?": 9})
    ... def parameters(parameters=12):
    ...     \"\"\"Exercise 1: the number of parameters.\"\"\"
    >>> result = parameters(...)
    not tried yet: put your answer in place of the dots, then run this cell again
    >>> result = parameters(9)
    hint: is the bias counted?
    >>> result = parameters(12)
    right, well done
    >>> parameters.misjudged()
    []
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textbook_nlp.lab.checks.core import Check
from textbook_nlp.lab.checks.expect import alike, expect, expect_function
from textbook_nlp.lab.checks.values import Hint, as_array, is_numeric, plain


@dataclass(frozen=True)
class AnyOf:
    """Wrong answers that share a hint. Made by `any_of`."""

    examples: tuple[Any, ...]
    when: Callable[..., bool] | None = None


def any_of(*examples: Any, when: Callable[..., bool] | None = None) -> AnyOf:
    """Several wrong answers for one hint; `when` recognizes more than the examples.

    It is asked about the answers themselves, of functions before they are called.
    """
    return AnyOf(examples, when)


def _known(mistakes: Mapping[str, Any] | None) -> list[tuple[str, AnyOf]]:
    """Every hint with its wrong answers."""
    known = (mistakes or {}).items()
    return [(hint, w if isinstance(w, AnyOf) else AnyOf((w,))) for hint, w in known]


def check(
    *, expects: str, mistakes: Mapping[str, Any] | None = None, right: Any = None
) -> Callable[[Callable[..., None]], Check]:
    """Turn a function that judges an answer, and raises `Hint`, into a check that never raises.

    Args:
        expects: what a right answer is, with shape and type: "an array of shape (3, 2)". Part of
            the hint for answers that nobody foresaw.
        mistakes: for a part of each hint, a wrong answer that must get it, or `any_of` several.
        right: a right answer, for tests.
    """

    def decorate(function: Callable[..., None]) -> Check:
        names = list(inspect.signature(function).parameters)
        wrong = [(hint, (w,)) for hint, known in _known(mistakes) for w in known.examples]
        answer = None if right is None else (right,)
        return Check(function, names, expects, function, answer, wrong)

    return decorate


def check_value(
    *,
    expects: str,
    mistakes: Mapping[str, Any] | None = None,
    rtol: float = 1e-4,
    atol: float = 1e-6,
) -> Callable[[Callable[..., None]], Check]:
    """Check answers that are values: the decorated function's parameters have the right ones.

    Args:
        expects: what a right answer is, in words, for the hint to answers that nobody foresaw.
        mistakes: for each hint a wrong answer, or `any_of` several. Where there are several
            parameters, a wrong answer is a tuple, with `...` for those that do not matter.
        rtol: relative tolerance for numbers that are not whole.
        atol: absolute tolerance.

    Example:
        >>> @check_value(expects="two numbers", mistakes={"that is 2 · 2": (..., 4)})
        ... def powers(square=4, cube=8):
        ...     \"\"\"Exercise 2: the square and the cube of 2.\"\"\"
        >>> result = powers(4, 4)
        hint: that is 2 · 2
    """

    tolerances = {"rtol": rtol, "atol": atol}

    def decorate(function: Callable[..., None]) -> Check:
        defaults = inspect.signature(function).parameters
        names, right = list(defaults), [_listed(p.default) for p in defaults.values()]

        def arranged(wrong: Any) -> list[Any]:
            """A wrong answer, one part a parameter, in the form of the right one."""
            parts = wrong if len(right) > 1 else (wrong,)
            return [
                as_array(part) if part is not ... and is_numeric(wanted) else part
                for part, wanted in zip(parts, right, strict=True)
            ]

        known = [(hint, list(map(arranged, w.examples)), w.when) for hint, w in _known(mistakes)]

        def judge(*answers: Any) -> None:
            given = [_as_wanted(*each) for each in zip(answers, right, names, strict=True)]

            def equals(parts: list[Any]) -> bool:
                pairs = zip(given, parts, strict=True)
                return all(part is ... or alike(a, part, **tolerances) for a, part in pairs)

            if equals(right):
                return
            for hint, examples, when in known:
                if _holds(when, map(plain, given)) or any(map(equals, examples)):
                    raise Hint(hint)
            for answer, wanted, name in zip(given, right, names, strict=True):
                expect(answer, wanted, name=name, **tolerances)

        wrong = [
            (hint, tuple(w if part is ... else part for part, w in zip(parts, right, strict=True)))
            for hint, examples, _ in known
            for parts in examples
        ]
        return Check(function, names, expects, judge, tuple(right), wrong)

    return decorate


def _listed(value: Any) -> Any:
    """A tuple as a list, or as an array if fractions are in it."""
    if not isinstance(value, tuple):
        return value
    return np.array(value) if any(isinstance(item, float) for item in value) else plain(value)


def _as_wanted(answer: Any, wanted: Any, name: str) -> Any:
    """An answer as an array, if numbers are wanted: axes of length 1 do not count."""
    if not is_numeric(wanted):
        return plain(answer)
    array, shape = as_array(answer, name=name), np.shape(wanted)
    same = [n for n in array.shape if n != 1] == [n for n in shape if n != 1]
    return array.reshape(shape) if same else array


def _holds(when: Callable[..., bool] | None, answers: Iterable[Any]) -> bool:
    """Whether a predicate recognizes the answers; one that fails on them says no."""
    try:
        return when is not None and bool(when(*answers))
    except Exception:
        return False


def check_function(
    *,
    expects: str,
    cases: Sequence[Any],
    mistakes: Mapping[str, Any] | None = None,
    **options: Any,
) -> Callable[[Callable[..., Any]], Check]:
    """Check an answer that is a function against the decorated one, which is right.

    Args:
        expects: what a right answer is, in words: "a function f(x) that returns an array (B, T)".
        cases: the inputs of each call, as tuples; anything else is the only input.
        mistakes: for each hint a wrong function, or `any_of` several. A dict stands for the right
            function with these keyword arguments, and with its result changed by what stands
            under `then`. A mistake is recognized when it agrees with the learner's function on
            every case.
        **options: passed on to `expect_function`: `rtol`, `atol`, `outputs`, `reveal`, `in_place`.

    Example:
        >>> @check_function(
        ...     expects="a function", cases=[1, 2], mistakes={"not the cube": {"power": 3}}
        ... )
        ... def square(x, power=2):
        ...     \"\"\"Exercise 3: the square.\"\"\"
        ...     return x**power
        >>> result = square(lambda x: x * x * x)
        hint: not the cube
    """
    cases = [case if isinstance(case, tuple) else (case,) for case in cases]

    def decorate(function: Callable[..., Any]) -> Check:
        def switched(wrong: Any) -> Callable[..., Any]:
            if not isinstance(wrong, dict):
                return wrong
            switches = {key: value for key, value in wrong.items() if key != "then"}
            change = wrong.get("then", lambda result: result)
            return lambda *case: change(function(*case, **switches))

        wrong = [(hint, switched(w)) for hint, known in _known(mistakes) for w in known.examples]

        def judge(answer: Any) -> None:
            for hint, known in _known(mistakes):
                if _holds(known.when, [answer]):
                    raise Hint(hint)
            expect_function(answer, function, cases, mistakes=wrong, **options)

        examples = [(hint, (example,)) for hint, example in wrong]
        return Check(function, [function.__name__], expects, judge, (function,), examples)

    return decorate
