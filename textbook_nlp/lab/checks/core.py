"""The machinery of the exercises: a check that never raises and says what probably went wrong.

A chapter's file holds one function an exercise. It gets the learner's answer, calls `expect_…`
helpers, and returns; a helper that is not content raises `Hint`. The decorator `check` makes of it
a `Check`, which prints exactly one line: "not tried yet", a hint, or "right".

Example:
    >>> @check(expects="the number of parameters, an int")
    ... def parameters(answer):
    ...     expect_equal(answer, 12, mistakes=[(9, "is the bias counted?")])
    >>> result = parameters(...)
    not tried yet: put your answer in place of the dots, then run this cell again
    >>> result = parameters(9)
    hint: is the bias counted?
    >>> result = parameters(12)
    right, well done
    >>> result.state
    'right'

Numbers, lists, NumPy arrays and torch tensors are all taken as arrays; torch is not imported here.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from textbook_nlp.lab.checks.calls import call, is_todo
from textbook_nlp.lab.checks.expect import (
    expect_array,
    expect_choice,
    expect_equal,
    expect_function,
    expect_number,
)
from textbook_nlp.lab.checks.values import Hint, NotTried, as_array

__all__ = [
    "Check",
    "Hint",
    "NotTried",
    "Result",
    "as_array",
    "call",
    "check",
    "checks",
    "expect_array",
    "expect_choice",
    "expect_equal",
    "expect_function",
    "expect_number",
]

State = Literal["not tried yet", "hint", "right"]

NOT_TRIED = "not tried yet: put your answer in place of the dots, then run this cell again"
RIGHT = "right, well done"


@dataclass(frozen=True)
class Result:
    """What a check found.

    Args:
        state: "not tried yet", "hint" or "right".
        message: the line that was printed.
        error: the exception of the check itself, where it failed on an answer that it did not
            foresee; the learner gets a hint all the same. Tests assert that it is None.
    """

    state: State
    message: str
    error: BaseException | None = None

    def _ipython_display_(self) -> None:
        """Show nothing more in a notebook: the line has been printed."""


class Check:
    """A check that prints its finding and never raises. Made by `check`."""

    def __init__(self, function: Callable[..., None], expects: str, right: str) -> None:
        """Wrap the function of one exercise."""
        self.function = function
        self.expects = expects
        self.right = right
        self.name = function.__name__
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__

    def __repr__(self) -> str:
        """Name the exercise and say how it is called."""
        return f"<exercise {self.name}: call it with your answer, {self.expects}>"

    def __call__(self, *answers: Any, **named: Any) -> Result:
        """Check an answer, print one line, and return the same as a `Result`."""
        error: BaseException | None = None
        state: State = "hint"
        try:
            with _quiet():
                self._judge(answers, named)
            state, message = "right", self.right
        except NotTried:
            state, message = "not tried yet", NOT_TRIED
        except Hint as hint:
            message = f"hint: {hint}"
        except KeyboardInterrupt:
            message = "hint: the check was stopped by hand; does every loop in your code end?"
        except BaseException as failure:  # the answer's own methods may raise anything at all
            error = failure
            message = f"hint: expected {self.expects}; this answer could not be checked"
            message += f" ({type(failure).__name__})"
        message = " ".join(message.split())
        print(message)
        return Result(state, message, error)

    def _judge(self, answers: tuple[Any, ...], named: dict[str, Any]) -> None:
        wanted = inspect.signature(self.function)
        try:
            wanted.bind(*answers, **named)
        except TypeError:
            names = ", ".join(wanted.parameters)
            raise Hint(
                f"give the check your answer: check.{self.name}({names}), "
                f"where the answer is {self.expects}"
            ) from None
        if any(is_todo(answer) for answer in (*answers, *named.values())):
            raise NotTried
        self.function(*answers, **named)


def check(*, expects: str, right: str = RIGHT) -> Callable[[Callable[..., None]], Check]:
    """Turn a function of a learner's answer into a check that never raises.

    Args:
        expects: what a right answer is, with shape and type: "an array of shape (3, 2)". Part of
            the hint for answers that nobody foresaw.
        right: the line for a right answer; begins with "right".

    Raises:
        ValueError: `right` does not begin with "right".
    """
    if not right.startswith("right"):
        raise ValueError(f"the line for a right answer begins with 'right': got {right!r}")
    return lambda function: Check(function, expects, right)


def checks(module: types.ModuleType) -> dict[str, Check]:
    """The checks of a chapter's module by name, in the order of the file."""
    return {name: value for name, value in vars(module).items() if isinstance(value, Check)}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the learner's prints and warnings out of the one line that a check prints."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield
