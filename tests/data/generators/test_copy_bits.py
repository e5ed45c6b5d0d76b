"""Rows of bits to be copied: the layout, and the cost without memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.data.generators import CopyBits


@given(st.integers(1, 5), st.integers(1, 7), st.integers(0, 4), st.integers(0, 2**40))
def test_what_is_shown_before_the_signal_is_asked_for_after_it(bits, length, n, seed):
    inputs, targets = CopyBits(bits, length).sample(n, seed)
    assert inputs.shape == (n, 2 * length + 1, bits + 1)
    assert targets.shape == (n, length, bits)
    np.testing.assert_array_equal(inputs[:, :length, :bits], targets)
    np.testing.assert_array_equal(inputs[:, length], np.eye(bits + 1)[[bits] * n])
    assert not inputs[:, length + 1 :].any()
    assert not inputs[:, :length, bits].any()
    assert np.isin(targets, (0, 1)).all()


def test_bits_are_0_and_1_equally_often_which_is_the_cost_without_memory():
    task = CopyBits(bits=3, length=2)
    shares = task.sample(20_000, 3).targets.mean(axis=0)
    np.testing.assert_allclose(shares, 0.5, atol=0.015)
    entropy = -shares * np.log2(shares) - (1 - shares) * np.log2(1 - shares)
    np.testing.assert_allclose(entropy.sum(), task.memoryless().value, atol=0.01)
    assert task.memoryless().value == 6.0
    assert task.optimum().value == 0.0


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("field", ["bits", "length"])
def test_a_number_that_is_no_count_is_refused(field):
    with pytest.raises(ValueError, match=f"{field} is 0"):
        CopyBits(**{field: 0})
    with pytest.raises(TypeError, match=f"{field} is 2.0"):
        CopyBits(**{field: 2.0})
