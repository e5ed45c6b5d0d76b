"""Drawing wrong words: the distribution by χ², the target never, and frequent words thinned out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from textbook_nlp.vectors import (
    NegativeSampler,
    keep_probability,
    noise_distribution,
)

COUNTS = np.array([500, 200, 81, 16, 16, 1])


def test_the_noise_distribution_by_hand():
    np.testing.assert_allclose(
        noise_distribution(np.array([256, 81, 16])), np.array([64, 27, 8]) / 99
    )
    np.testing.assert_allclose(noise_distribution(COUNTS, 1.0), COUNTS / COUNTS.sum())
    np.testing.assert_allclose(noise_distribution(COUNTS, 0.0), np.full(6, 1 / 6))
    assert noise_distribution(np.array([10**18, 1]), 50.0)[0] == 1.0  # no overflow


@pytest.mark.parametrize("power", [0.75, 1.0])
def test_draws_follow_the_distribution(power):
    sampler = NegativeSampler(COUNTS, power)
    drawn = sampler.draw(60_000, np.random.default_rng(0))
    found = np.bincount(drawn, minlength=6)
    assert chisquare(found, 60_000 * sampler.probabilities).pvalue > 1e-3
    # The test has power: another exponent is refused.
    other = noise_distribution(COUNTS, power - 0.1)
    assert chisquare(found, 60_000 * other).pvalue < 1e-6


@pytest.mark.parametrize("target", [0, 3, 5])
def test_negatives_of_a_target_follow_the_rest_of_the_distribution(target):
    sampler = NegativeSampler(COUNTS)
    rng = np.random.default_rng(1)
    drawn = sampler.negatives(np.full(12_000, target), 5, rng)
    assert drawn.shape == (12_000, 5)
    found = np.bincount(drawn.ravel(), minlength=6)
    assert found[target] == 0
    rest = np.delete(sampler.probabilities, target)
    assert chisquare(np.delete(found, target), 60_000 * rest / rest.sum()).pvalue > 1e-3


def test_distinct_negatives_follow_successive_draws():
    """The first is as always; the pair (i, j) has the chance p_i p_j / (1 - p_i)."""
    sampler = NegativeSampler(np.array([9, 5, 3, 2, 7]))
    drawn = sampler.negatives(np.full(40_000, 4), 2, np.random.default_rng(2), distinct=True)
    assert (drawn[:, 0] != drawn[:, 1]).all()
    p = sampler.probabilities[:4] / sampler.probabilities[:4].sum()
    expected = np.outer(p, p) / (1 - p[:, None])
    off = ~np.eye(4, dtype=bool)
    found = np.bincount(drawn @ [5, 1], minlength=25).reshape(5, 5)[:4, :4]
    assert chisquare(found[off], 40_000 * expected[off]).pvalue > 1e-3


def test_one_word_may_hold_nearly_everything():
    sampler = NegativeSampler(np.array([10**7, 3, 2, 1]), power=1.0)
    rng = np.random.default_rng(3)
    drawn = sampler.negatives(np.zeros(400, int), 5, rng)
    assert (
        chisquare(np.bincount(drawn.ravel(), minlength=4)[1:], [1000, 2000 / 3, 1000 / 3])[1] > 0.01
    )
    pairs = sampler.negatives(np.zeros(1200, int), 2, rng, distinct=True)
    p = np.array([3, 2, 1]) / 6
    expected = 1200 * np.outer(p, p) / (1 - p[:, None])
    off = ~np.eye(3, dtype=bool)
    found = np.bincount((pairs - 1) @ [3, 1], minlength=9).reshape(3, 3)
    assert chisquare(found[off], expected[off])[1] > 0.01
    rows = sampler.negatives(np.array([0, 1, 2, 3]), 3, rng, distinct=True)
    assert [sorted(row) for row in rows.tolist()] == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]
    # So much that the others' own probabilities are 0.
    extreme = NegativeSampler(np.array([10**18, 1]), power=50.0)
    np.testing.assert_array_equal(extreme.negatives(np.zeros(3, int), 2, rng), 1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 1000), min_size=2, max_size=12),
    st.integers(0, 11),
    st.integers(1, 6),
    st.integers(0, 2**32),
    st.booleans(),
)
def test_a_target_is_never_its_own_negative(counts, target, number, seed, distinct):
    target %= len(counts)
    sampler = NegativeSampler(np.array(counts))
    number = min(number, len(counts) - 1) if distinct else number
    targets = np.array([target] * 7)
    drawn = sampler.negatives(targets, number, np.random.default_rng(seed), distinct)
    assert (drawn != target).all()
    assert drawn.min() >= 0
    assert drawn.max() < len(counts)
    if distinct:
        assert all(len(set(row)) == number for row in drawn.tolist())


def test_subsampling_by_hand():
    counts = np.array([900, 99, 1])
    np.testing.assert_allclose(
        keep_probability(counts, 1e-2), [np.sqrt(1e-2 / 0.9), np.sqrt(1e-2 / 0.099), 1.0]
    )
    np.testing.assert_array_equal(keep_probability(counts, 0.0), np.ones(3))


def test_bad_arguments():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="expected the count of each word"):
        noise_distribution(np.array([], dtype=int))
    with pytest.raises(ValueError, match="count of each word, 1 or more"):
        NegativeSampler(np.array([3, 0]))
    with pytest.raises(ValueError, match=r"power is -1\.0"):
        noise_distribution(COUNTS, -1.0)
    with pytest.raises(ValueError, match="threshold is nan"):
        keep_probability(COUNTS, float("nan"))
    with pytest.raises(ValueError, match="the vocabulary has one word"):
        NegativeSampler(np.array([7]))
    sampler = NegativeSampler(np.array([3, 4, 5]))
    with pytest.raises(ValueError, match="0 negatives were asked for"):
        sampler.negatives(np.array([0]), 0, rng)
    with pytest.raises(ValueError, match="with distinct at most 2"):
        sampler.negatives(np.array([0]), 3, rng, distinct=True)
    with pytest.raises(ValueError, match="targets run from 0 to 3; V is 3"):
        sampler.negatives(np.array([0, 3]), 1, rng)


@pytest.mark.usefixtures("shapes_unchecked")
def test_lists_are_taken_and_nan_is_no_count():
    sampler = NegativeSampler([3, 2])
    np.testing.assert_array_equal(sampler.counts, [3, 2])
    np.testing.assert_allclose(sampler.probabilities, noise_distribution(np.array([3, 2])))
    drawn = sampler.negatives([0, 1], 2, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, [[1, 1], [0, 0]])
    np.testing.assert_array_equal(keep_probability([3, 2], 0.0), [1.0, 1.0])
    with pytest.raises(ValueError, match="count of each word, 1 or more"):
        noise_distribution(np.array([3.0, float("nan")]))
