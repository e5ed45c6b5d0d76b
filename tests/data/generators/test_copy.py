"""The copy task: layout of a sequence, and the optimum with and without memory."""

from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.data.generators.copy import BLANK, FIRST_SYMBOL, GO, Copy

tasks = st.builds(
    Copy, symbols=st.integers(2, 20), length=st.integers(1, 6), delay=st.integers(0, 15)
)


def test_one_sequence_by_hand():
    inputs, targets, mask = Copy(symbols=4, length=2, delay=3).sample(1, 0)
    np.testing.assert_array_equal(inputs, [[5, 4, 0, 0, 0, 1, 0]])
    np.testing.assert_array_equal(targets, [[0, 0, 0, 0, 0, 5, 4]])
    np.testing.assert_array_equal(mask, [[0, 0, 0, 0, 0, 1, 1]])


@settings(deadline=None)
@given(tasks, st.integers(0, 8), st.integers(0, 2**40))
def test_every_symbol_returns_after_length_plus_delay_steps(task, n, seed):
    inputs, targets, mask = task.sample(n, seed)
    assert inputs.shape == targets.shape == mask.shape == (n, task.time_steps)
    distance = task.length + task.delay
    np.testing.assert_array_equal(targets[:, distance:], inputs[:, : task.length])
    np.testing.assert_array_equal(targets[:, :distance], BLANK)
    np.testing.assert_array_equal(mask, targets >= FIRST_SYMBOL)
    np.testing.assert_array_equal((inputs == GO).sum(axis=1), 1)
    np.testing.assert_array_equal(inputs[:, distance], GO)
    assert (inputs < task.vocabulary_size).all()


@settings(deadline=None)
@given(tasks, st.integers(0, 8), st.integers(0, 2**40))
def test_a_larger_sample_continues_a_smaller_one(task, n, seed):
    for small, large in zip(task.sample(n, seed), task.sample(8, seed), strict=True):
        np.testing.assert_array_equal(small, large[:n])


def test_the_memoryless_baseline_is_what_a_model_without_memory_reaches():
    task = Copy(symbols=5, length=3, delay=4)
    inputs, targets, mask = task.sample(20_000, 3)
    # The best model that sees the current input and the time alone: counts of the targets.
    for step in np.flatnonzero(mask[0]):
        shares = np.bincount(targets[:, step], minlength=task.vocabulary_size) / len(targets)
        present = shares[shares > 0]
        np.testing.assert_allclose(
            -(present * np.log(present)).sum(), task.memoryless().value, atol=1e-3
        )
        np.testing.assert_allclose(shares.max(), task.memoryless("accuracy").value, atol=0.015)
    # The target at each step is a function of the inputs before: with memory nothing is left.
    recalled = inputs[:, : task.length][mask[:, -task.length :]]
    np.testing.assert_array_equal(recalled, targets[mask])


def test_optima():
    task = Copy(symbols=8)
    np.testing.assert_array_equal(task.optimum().value, 0.0)
    np.testing.assert_array_equal(task.optimum("accuracy").value, 1.0)
    np.testing.assert_allclose(task.memoryless().value, log(8))
    np.testing.assert_allclose(task.memoryless("accuracy").value, 1 / 8)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"symbols": 1}, "symbols is 1, expected an integer of at least 2"),
        ({"length": 0}, "length is 0, expected an integer of at least 1"),
        ({"delay": -1}, "delay is -1, expected an integer of at least 0"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        Copy(**parameters)


@pytest.mark.usefixtures("shapes_unchecked")
def test_bad_arguments():
    with pytest.raises(TypeError, match=r"delay is 1\.0"):
        Copy(delay=1.0)
    with pytest.raises(ValueError, match="n is -1"):
        Copy().sample(-1, 0)
    with pytest.raises(ValueError, match="metric is 'bits'"):
        Copy().optimum("bits")
