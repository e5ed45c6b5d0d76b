"""MurmurHash3 against scikit-learn's, collisions against the birthday formula, Keras' trick."""

import hashlib
import os
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from textbook_nlp.bags.hashing import (
    buckets,
    expected_buckets,
    hashing_trick,
    murmur3,
    murmur3_all,
    shared_buckets,
)

murmurhash = pytest.importorskip("sklearn.utils").murmurhash3_32
TOKENS = st.text("abcé한😀\0 ", max_size=14)
SEEDS = st.sampled_from([0, 1, 42, 2**31, 2**32 - 1])


@pytest.fixture(scope="module")
def peer():
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "torch"
    pytest.importorskip("keras")
    from keras.src.legacy.preprocessing.text import hashing_trick

    return hashing_trick


@given(TOKENS, SEEDS)
@settings(max_examples=300)
def test_murmur3_is_that_of_scikit_learn(token, seed):
    assert murmur3(token, seed) == murmurhash(token, seed=seed)
    assert murmur3(token.encode(), seed) == murmur3(token, seed)


@given(st.lists(TOKENS, max_size=20), SEEDS)
@settings(max_examples=200)
def test_many_are_hashed_as_one(tokens, seed):
    assert murmur3_all(tokens, seed).tolist() == [murmur3(token, seed) for token in tokens]


def test_published_values():
    """The verification values of the reference implementation."""
    assert murmur3(b"", 0) == 0
    assert murmur3(b"", 1) == 0x514E28B7
    assert murmur3(b"\xff\xff\xff\xff", 0) == 0x76293B50
    assert murmur3(b"Hello, world!", 0x9747B28C) == 0x24884CBA


@given(st.lists(TOKENS, max_size=20), st.sampled_from([1, 2, 10, 2**31 - 1]))
def test_buckets_are_hash_and_sign(tokens, width):
    columns, signs = buckets(tokens, width)
    hashes = [murmur3(token) for token in tokens]
    assert columns.tolist() == [abs(h) % width for h in hashes]
    assert signs.tolist() == [-1 if h < 0 else 1 for h in hashes]


def test_the_lowest_hash_has_a_bucket_too(monkeypatch):
    lowest = np.array([-(2**31)], dtype=np.int32)
    monkeypatch.setattr("textbook_nlp.bags.hashing.murmur3_all", lambda *_: lowest)
    for width in (7, 10, 2**20):
        columns, signs = buckets(["any"], width)
        assert (columns.tolist(), signs.tolist()) == ([2**31 % width], [-1])


def test_columns_and_signs_are_spread_evenly():
    tokens = [f"token {i}" for i in range(40_000)]
    columns, signs = buckets(tokens, 100)
    counts = np.bincount(columns, minlength=100)
    chi_squared = ((counts - 400) ** 2 / 400).sum()
    assert 50 < chi_squared < 160  # 99 degrees of freedom
    assert abs(signs.mean()) < 4 / 200
    assert abs(np.mean(signs * (2 * (columns % 2) - 1))) < 4 / 200


@pytest.mark.parametrize("width", [1, 50, 1_000, 100_000])
def test_the_birthday_formula(width):
    n = 2_000
    used = [
        len(np.unique(buckets([f"{seed} {i}" for i in range(n)], width)[0])) for seed in range(20)
    ]
    expected = expected_buckets(n, width)
    error = max(np.std(used) / 20**0.5, 0.05)
    assert abs(np.mean(used) - expected) < 4 * error


def test_the_birthday_formula_at_its_ends():
    assert expected_buckets(0, 10) == 0.0
    np.testing.assert_allclose(expected_buckets(1, 2**31 - 1), 1.0)
    np.testing.assert_allclose(expected_buckets(5, 1), 1.0)
    np.testing.assert_allclose(expected_buckets(2, 10), 2 - 0.1)
    np.testing.assert_allclose(expected_buckets(10**6, 10), 10.0)


def test_groups_that_share_a_bucket():
    tokens = [f"w{i}" for i in range(60)] * 2
    groups = shared_buckets(tokens, 40)
    columns = dict(zip(tokens, buckets(tokens, 40)[0].tolist(), strict=True))
    assert all(len({columns[t] for t in group}) == 1 for group in groups)
    sizes = [len(group) for group in groups]
    assert sizes == sorted(sizes, reverse=True)
    assert 60 - sum(sizes) + len(groups) == len(set(columns.values()))
    assert shared_buckets(tokens, 2**31 - 1) == []


def test_every_process_gives_these_numbers():
    """Python's own `hash` would give others in the next run."""
    assert (murmur3("goose"), murmur3("geese")) == (-1645813239, -963545347)
    assert hashing_trick("the goose", 100) == [34, 85]


@given(st.text("aAbBc'.,- \n\xa0é"), st.integers(2, 50), st.booleans(), st.sampled_from(" a\n"))
def test_the_trick_is_that_of_keras(peer, text, n, lower, split):
    options = {"lower": lower, "split": split}
    assert hashing_trick(text, n, "md5", **options) == peer(text, n, "md5", **options)
    own = {"hash_function": len, "filters": "a."}
    assert hashing_trick(text, n, **own, **options) == peer(text, n, **own, **options)
    ids = hashing_trick(text, n, **options)
    assert ids == peer(text, n, murmur3, **options)
    assert all(1 <= i < n for i in ids)


def test_md5_by_hand():
    digest = int(hashlib.md5(b"goose", usedforsecurity=False).hexdigest(), 16)
    assert hashing_trick("Goose!", 10, "md5") == [digest % 9 + 1]


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: murmur3(3), TypeError, "expected text"),
        (lambda: murmur3("\ud800"), ValueError, "lone surrogate"),
        (lambda: murmur3("a", -1), ValueError, "seed is -1"),
        (lambda: murmur3_all(["a"], 2**32), ValueError, "seed is"),
        (lambda: murmur3_all([None]), TypeError, "got NoneType"),
        (lambda: buckets("abc", 4), TypeError, "got one text"),
        (lambda: buckets(b"abc", 4), TypeError, "got one text"),
        (lambda: shared_buckets("abc", 4), TypeError, "got one text"),
        (lambda: buckets(["a"], 0), ValueError, "width is 0"),
        (lambda: expected_buckets(-1, 10), ValueError, "types is -1"),
        (lambda: expected_buckets(1, 0), ValueError, "width is 0"),
        (lambda: shared_buckets(["a"], 0), ValueError, "width is 0"),
        (lambda: hashing_trick("a", 1), ValueError, "n is 1: give at least 2"),
        (lambda: hashing_trick("a", 9, "sha"), ValueError, "no hash function 'sha'"),
        (lambda: hashing_trick(b"a", 9), TypeError, "got bytes"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
