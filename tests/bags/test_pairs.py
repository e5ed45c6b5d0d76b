"""Pairs of neighbors as features: which pairs share an id, and how evenly."""

import numpy as np
import pytest

from textbook_nlp.bags.pairs import with_hashed_pairs

V = 11


def test_pairs_depend_on_both_words_and_their_order():
    ids = np.array([[3, 4, 5, 4, 3, 0, 0], [0, 3, 4, 0, 0, 0, 0]])
    extended = with_hashed_pairs(ids, V, 1000)
    np.testing.assert_array_equal(extended[:, :7], ids)
    pairs = extended[:, 7:].tolist()
    assert pairs[0][4:] == [0, 0]
    assert min(pairs[0][:4]) >= V
    assert len(set(pairs[0][:4])) == 4
    assert pairs[1] == [0, pairs[0][0], 0, 0, 0, 0]
    assert with_hashed_pairs(ids[:, :1], V, 5).shape == (2, 1)


def test_pairs_spread_evenly_over_the_buckets():
    words = np.arange(1, 201)
    ids = np.stack(np.meshgrid(words, words, indexing="ij"), -1).reshape(-1, 2)
    counts = np.bincount(with_hashed_pairs(ids, 201, 500)[:, 2] - 201, minlength=500)
    expected = len(ids) / 500
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    assert chi_squared < 499 + 5 * (2 * 499) ** 0.5


@pytest.mark.parametrize(
    ("ids", "buckets", "message"),
    [([[1, 2]], 0, "at least 1"), ([[1, V]], 9, "run from 1 to 11")],
)
def test_pairs_of_what_is_no_id_are_refused(ids, buckets, message):
    with pytest.raises(ValueError, match=message):
        with_hashed_pairs(np.array(ids), V, buckets)


def test_the_arithmetic_is_that_of_whole_numbers_cut_to_31_bits():
    ids = np.random.default_rng(0).integers(1, 100_000, (3, 9))
    for row, pairs in zip(ids, with_hashed_pairs(ids, 100_000, 977)[:, 9:], strict=True):
        for first, second, pair in zip(row.tolist(), row[1:].tolist(), pairs, strict=False):
            mixed = (first * 2_654_435_761 + second * 40_503 + 1) * 2_246_822_519 % 2**31
            assert pair == 100_000 + (mixed ^ (mixed >> 15)) % 977
