"""Seeds: what they repeat, and which are refused."""

import random

import numpy as np
import pytest
import torch

from textbook_nlp.chance import seed_all


def draw(generator):
    return (
        random.random(),
        np.random.rand(),  # noqa: NPY002
        torch.rand(()).item(),
        torch.rand((), generator=generator).item(),
    )


def test_seed_repeats_all_generators():
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    try:
        first = draw(seed_all(5))
        other = draw(seed_all(6))
        again = draw(seed_all(int(np.int64(5))))
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        torch.set_rng_state(before[2])
    np.testing.assert_array_equal(first, again)
    assert not set(first) & set(other)
    # The returned generator starts where the global one did.
    np.testing.assert_array_equal(first[2], first[3])


def test_the_returned_generator_is_independent_of_the_global_one():
    with torch.random.fork_rng():
        generator = seed_all(1)
        torch.rand(10)
        torch.testing.assert_close(
            torch.rand(3, generator=generator),
            torch.rand(3, generator=torch.Generator().manual_seed(1)),
        )


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (-1, ValueError, "the seed is -1, expected an integer from 0"),
        (2**32, ValueError, "the seed is 4294967296"),
        (1.0, TypeError, r"the seed is 1\.0, expected an integer"),
        ("1", TypeError, "the seed is '1'"),
        (None, TypeError, "the seed is None"),
        (True, TypeError, "the seed is True"),
    ],
)
def test_bad_seeds(value, error, message):
    with pytest.raises(error, match=message):
        seed_all(value)
