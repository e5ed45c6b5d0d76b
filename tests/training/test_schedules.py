"""Schedules and the history that they read."""

import pytest
import torch

from textbook_nlp.training.history import Epoch, History
from textbook_nlp.training.schedules import divide_on_stall, inverse_square_root, linear_decay


def history(*validations, higher_is_better=False):
    rows = [Epoch(i + 1, 10, 1.0, v, 0.1, 1.5, None, 2.0, 3.0) for i, v in enumerate(validations)]
    return History(rows, higher_is_better)


@pytest.mark.parametrize(
    ("validations", "best", "since"),
    [
        ((), None, 0),
        ((None, None), None, 0),
        ((3.0,), 1, 0),
        ((3.0, 2.0, 1.0), 3, 0),
        ((3.0, 3.0, 4.0, 2.0, 2.5), 4, 1),
        ((None, 2.0, 3.0), 2, 1),
    ],
)
def test_the_best_epoch(validations, best, since):
    past = history(*validations)
    assert (past.best.number if past.best else None) == best
    assert past.epochs_since_best == since


def test_higher_can_be_better():
    past = history(0.2, 0.5, 0.4, higher_is_better=True)
    assert past.best.number == 2


def test_the_history_adds_up_and_comes_back():
    past = history(3.0, 2.0)
    assert (past.steps, past.cpu_seconds, past.wall_seconds) == (20, 4.0, 6.0)
    again = History.from_json(past.to_json(), False)
    assert again.epochs == past.epochs
    assert again.resumed == 2
    assert again.earlier.cpu_seconds == 4.0
    assert (past.earlier.cpu_seconds, past.earlier.epochs) == (0.0, [])
    with pytest.raises(ValueError, match="no 'loss'; it has number"):
        past.curve("loss")


def test_linear_decay_rises_and_falls():
    empty = History()
    factors = [linear_decay(10, warm_up=3)(step, empty) for step in range(12)]
    expected = [0.25, 0.5, 0.75, 1.0, 6 / 7, 5 / 7, 4 / 7, 3 / 7, 2 / 7, 1 / 7, 0.0, 0.0]
    torch.testing.assert_close(factors, expected)
    torch.testing.assert_close(linear_decay(4)(0, empty), 1.0)


@pytest.mark.parametrize(
    ("validations", "higher", "factor"),
    [
        ((), False, 1.0),
        ((3.0, 2.0), False, 1.0),
        ((3.0, 3.0), False, 0.25),
        ((3.0, 4.0, 2.0, 2.5, 1.9), False, 1 / 16),
        ((3.0, 4.0, 2.0), True, 0.25),
        ((None, 4.0, 5.0), False, 0.25),
    ],
)
def test_the_rate_is_divided_after_every_epoch_that_is_no_new_best(validations, higher, factor):
    past = history(*validations, higher_is_better=higher)
    torch.testing.assert_close(divide_on_stall(4)(77, past), factor)


@pytest.mark.parametrize(
    "make",
    [
        lambda: divide_on_stall(1.0),
        lambda: linear_decay(0),
        lambda: linear_decay(5, 5),
        lambda: linear_decay(5, -1),
    ],
)
def test_bad_schedules_are_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()


@pytest.mark.parametrize(("D", "warm_up"), [(512, 4000), (64, 1), (8, 7)])
def test_inverse_square_root_is_the_formula_of_the_paper(D, warm_up):
    schedule = inverse_square_root(warm_up)
    for number in (1, 2, warm_up - 1, warm_up, warm_up + 1, 10 * warm_up):
        if number > 0:
            rate = D**-0.5 * min(number**-0.5, number * warm_up**-1.5)
            found = (D * warm_up) ** -0.5 * schedule(number - 1, history())
            assert found == pytest.approx(rate)
    assert schedule(warm_up - 1, history()) == 1


def test_a_warm_up_has_a_step():
    with pytest.raises(ValueError, match="warm_up is 0; expected at least 1"):
        inverse_square_root(0)
