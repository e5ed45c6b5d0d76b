"""The bigram model against counting pair by pair."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.models.ngram import Bigram


@given(st.lists(st.integers(0, 4), min_size=2, max_size=40), st.floats(0.001, 2.0))
def test_probabilities_are_smoothed_shares(ids, add):
    model = Bigram.fit(np.array(ids), 5, add)
    pairs, firsts = Counter(itertools.pairwise(ids)), Counter(ids[:-1])
    expected = [[(pairs[a, b] + add) / (firsts[a] + 5 * add) for b in range(5)] for a in range(5)]
    np.testing.assert_allclose(model.probabilities, expected)


def test_cross_entropy_is_the_mean_over_pairs():
    model = Bigram.fit(np.array([0, 1, 0, 1, 1]), 2, add=1.0)
    # after 0: 1 twice; after 1: 0 once, 1 once
    np.testing.assert_allclose(model.probabilities, [[1 / 4, 3 / 4], [1 / 2, 1 / 2]])
    np.testing.assert_allclose(
        model.cross_entropy(np.array([0, 1, 0])), -np.log([0.75, 0.5]).mean()
    )


@pytest.mark.parametrize(
    ("ids", "V", "add", "message"),
    [
        ([0], 2, 0.1, "two"),
        ([0, 2], 2, 0.1, "0 to 1"),
        ([-1, 0], 2, 0.1, "0 to 1"),
        ([0, 1], 2, 0.0, "positive"),
    ],
)
def test_bad_input_is_refused(ids, V, add, message):
    with pytest.raises(ValueError, match=message):
        Bigram.fit(np.array(ids), V, add)
