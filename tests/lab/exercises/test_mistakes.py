"""Every check of every chapter judges what it knows: right answers, dots, all listed mistakes."""

import importlib
import inspect
import pkgutil

import pytest

from textbook_nlp.lab import exercises
from textbook_nlp.lab.checks import checks

CHECKS = {
    f"{module.name}.{name}": check
    for module in pkgutil.iter_modules(exercises.__path__)
    for name, check in checks(
        importlib.import_module(f"{exercises.__name__}.{module.name}")
    ).items()
}


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_every_mistake_gets_its_own_hint(check):
    assert len(check.wrong) >= 2
    assert check.misjudged() == []
    assert check.__doc__.startswith("Exercise ")


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("answer", [lambda *inputs: 1 / 0, "five", 5j, {}, [[1], [2, 3]]])
def test_odd_answers_get_a_hint_that_was_foreseen(check, answer):
    result = check.result(*[answer] * len(inspect.signature(check).parameters))
    assert (result.state, result.error) == ("hint", None)
