"""The machinery of the exercises: a check that never raises and says what probably went wrong.

It prints exactly one line: "not tried yet", a hint, or "right". Exercises make their checks with
the decorators of `textbook_nlp.lab.checks.forms`.

Numbers, lists, NumPy arrays and torch tensors are all taken as arrays; torch is not imported here.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from textbook_nlp.lab.checks.calls import is_todo
from textbook_nlp.lab.checks.values import Hint, NotTried

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
    """A check that prints its finding and never raises.

    Args:
        function: what was decorated; gives the name and the docstring.
        names: what the answers are called.
        expects: what a right answer is, in words.
        judge: takes the answers; returns if they are right, raises `Hint` or `NotTried` if not.
        right: right answers, to be tried by tests; None if only the chapter has a solution.
        wrong: pairs of a hint, or a part of one, and the wrong answers that must get it.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        names: Sequence[str],
        expects: str,
        judge: Callable[..., None],
        right: tuple[Any, ...] | None,
        wrong: Iterable[tuple[str, tuple[Any, ...]]],
    ) -> None:
        """Wrap the function of one exercise."""
        self.function, self.judge = function, judge
        self.expects, self.right, self.wrong = expects, right, list(wrong)
        self.name = self.__name__ = function.__name__
        self.__doc__, self.__module__ = function.__doc__, function.__module__
        parameters = [inspect.Parameter(n, inspect.Parameter.POSITIONAL_OR_KEYWORD) for n in names]
        self.__signature__ = inspect.Signature(parameters)

    def __repr__(self) -> str:
        """Name the exercise and say how it is called."""
        return f"<exercise {self.name}: call it with your answer, {self.expects}>"

    def __call__(self, *answers: Any, **named: Any) -> Result:
        """Check an answer, print one line, and return the same as a `Result`."""
        result = self.result(*answers, **named)
        print(result.message)
        return result

    def result(self, *answers: Any, **named: Any) -> Result:
        """Check an answer, and print nothing."""
        error: BaseException | None = None
        state: State = "hint"
        try:
            with _quiet():
                self._judge(answers, named)
            state, message = "right", RIGHT
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
        return Result(state, " ".join(message.split()), error)

    def _judge(self, answers: tuple[Any, ...], named: dict[str, Any]) -> None:
        try:
            bound = self.__signature__.bind(*answers, **named)
        except TypeError:
            names = ", ".join(self.__signature__.parameters)
            raise Hint(
                f"give the check your answer: check.{self.name}({names}), "
                f"where the answer is {self.expects}"
            ) from None
        if any(is_todo(answer) for answer in bound.args):
            raise NotTried
        self.judge(*bound.args)

    def misjudged(self) -> list[str]:
        """What the check says wrongly of answers that it knows; a test expects an empty list.

        What is right must be right, dots are not tried yet, and every known mistake gets its own
        hint, and nobody else's.
        """
        faults = []

        def expect(answers: tuple[Any, ...], state: State, hint: str = "") -> None:
            result = self.result(*answers)
            others = {other for other, _ in self.wrong} - {hint}
            if (
                result.state != state
                or hint not in result.message
                or result.error is not None
                or any(other in result.message and other not in hint for other in others)
            ):
                faults.append(f"{self.name}: expected {hint or state!r}, got {result.message!r}")

        dots = (...,) * len(self.__signature__.parameters)
        expect(dots, "not tried yet")
        if self.right is not None:
            expect(self.right, "right")
            if all(map(callable, self.right)):
                expect(tuple(lambda *inputs: None for _ in dots), "not tried yet")
        for hint, answers in self.wrong:
            expect(answers, "hint", " ".join(hint.split()))
        return faults


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
