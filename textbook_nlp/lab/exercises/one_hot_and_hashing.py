"""The exercises of chapter 02, one-hot and hashing."""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from textbook_nlp.bags import BagOfWords, LinearClassifier, TfIdf
from textbook_nlp.data.generators import Reviews
from textbook_nlp.lab.checks.core import (
    Hint,
    call,
    check,
    expect_array,
    expect_equal,
    expect_function,
    expect_number,
)


@check(expects="a list of four counts")
def bag(bag: Any) -> None:
    """Exercise 1: a bag of words by hand."""
    expect_array(
        bag,
        [1, 2, 1, 3],
        name="bag",
        mistakes=[
            ([1, 1, 1, 1], "count how often each word occurs, not only whether it does"),
            ([3, 2, 1, 1], "the columns stand in the order of the vocabulary: goose comes first"),
            (
                lambda a: len(a) == 7,
                "one number for each word of the vocabulary, not for each word of the text",
            ),
            (lambda a: len(a) == 5, "hired has no column: leave it out"),
        ],
    )


IDS, ONE_HOT = 32 * 200 * 8, 32 * 200 * 10_000 * 4


@check(expects="two numbers of bytes")
def memory(ids_bytes: Any, one_hot_bytes: Any) -> None:
    """Exercise 2: what a batch costs as ids and as one-hot vectors."""
    expect_number(
        ids_bytes,
        IDS,
        name="ids_bytes",
        mistakes=[
            (32 * 200, "that is the number of ids: each takes 8 bytes"),
            (32 * 200 * 4, "an id takes 8 bytes, not 4"),
            (ONE_HOT, "the ids are an array (B, T): V does not occur in it"),
        ],
    )
    expect_number(
        one_hot_bytes,
        ONE_HOT,
        name="one_hot_bytes",
        mistakes=[
            (ONE_HOT // 4, "that is the number of entries: each takes 4 bytes"),
            (2 * ONE_HOT, "a number of this array takes 4 bytes, not 8"),
            (200 * 10_000 * 4, "that is one text: the batch has B of them"),
            (32 * 10_000 * 4, "that would be one vector a text: there is one for each token"),
        ],
    )


@check(expects="three lists of whole numbers")
def compressed(values: Any, columns: Any, starts: Any) -> None:
    """Exercise 3: a matrix in compressed sparse rows."""
    expect_equal(
        values,
        [5, 2, 1, 4],
        name="values",
        mistakes=[
            (lambda a: 0 in a, "zeros are not stored: that is the point"),
            ([1, 5, 2, 4], "go row by row, not column by column"),
        ],
    )
    expect_equal(
        columns,
        [1, 3, 0, 3],
        name="columns",
        mistakes=[
            ([2, 4, 1, 4], "columns are counted from 0"),
            ([0, 0, 2, 2], "those are the rows; which column does each value stand in?"),
        ],
    )
    expect_equal(
        starts,
        [0, 2, 2, 4],
        name="starts",
        mistakes=[
            ([0, 2, 4], "the empty row has a beginning too, at the same place as the next"),
            ([0, 2, 2], "one more entry says where the last row ends"),
            ([2, 0, 2], "those are the sizes of the rows; add them up from the left"),
            ([2, 2, 4], "the first row begins at 0"),
        ],
    )


def _tf_idf(counts: np.ndarray, smooth: int = 1, plus: float = 1.0, norm: int = 2) -> np.ndarray:
    df = (counts > 0).sum(axis=0)
    x = counts * (np.log((smooth + len(counts)) / (smooth + df)) + plus)
    lengths = np.linalg.norm(x, norm, axis=1, keepdims=True) if norm else np.ones((len(x), 1))
    return x / np.where(lengths > 0, lengths, 1)


def _by_tokens(counts: np.ndarray) -> np.ndarray:
    x = _tf_idf(counts, norm=0)
    return x / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def _by_token_count(counts: np.ndarray) -> np.ndarray:
    x = counts * (np.log((1 + len(counts)) / (1 + counts.sum(axis=0))) + 1)
    lengths = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(lengths > 0, lengths, 1)


def _without_care(counts: np.ndarray) -> np.ndarray:
    x = _tf_idf(counts, norm=0)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@check(expects="a function tf_idf(counts) that returns an array (N, V)")
def tf_idf(function: Any) -> None:
    """Exercise 4: tf–idf as in scikit-learn."""
    cases = [
        (np.array([[2.0, 0, 1, 0], [1, 1, 0, 0], [1, 0, 0, 3]]),),
        (np.array([[1.0, 2], [0, 0], [4, 0]]),),
    ]
    expect_function(
        function,
        _tf_idf,
        cases,
        mistakes=[
            (_without_care, "a row of zeros has the length 0: do not divide by it"),
            (lambda c: _tf_idf(c, norm=0), "the rows are not divided by their lengths"),
            (
                lambda c: _tf_idf(c, norm=1),
                "the Euclidean length is the root of the sum of the squares",
            ),
            (
                _by_tokens,
                "divide by the Euclidean length of the weighted row, not by its number of tokens",
            ),
            (lambda c: _tf_idf(c, plus=0.0), "add 1 to the logarithm"),
            (lambda c: _tf_idf(c, smooth=0), "1 is added above and below in the fraction"),
            (
                _by_token_count,
                "df is in how many texts a word stands, not how often it occurs in all",
            ),
        ],
    )


def _late(words: int, buckets: int) -> float:
    """The share of the words that come to a bucket already taken."""
    return 1 - buckets * (1 - (1 - 1 / buckets) ** words) / words


def _smallest_table(
    words: int,
    percent: float,
    power: bool = True,
    strict: bool = False,
    late: Callable[[int, int], float] = _late,
) -> int:
    buckets = 1
    while True:
        share = late(words, buckets) - percent / 100
        if share < -1e-12 or (abs(share) <= 1e-12 and not strict):
            return buckets
        buckets = buckets * 2 if power else buckets + 1


@check(expects="a function smallest_table(V, percent) that returns a number of buckets")
def smallest_table(function: Any) -> None:
    """Exercise 5: the smallest table with few collisions."""
    cases = [(174, 10.0), (2, 25.0), (3, 25.0), (174, 50.0), (1000, 1.0), (50, 25.0), (3, 100.0)]
    expect_function(
        function,
        _smallest_table,
        cases,
        reveal=False,
        mistakes=[
            (
                lambda v, p: _smallest_table(v, p, power=False),
                "right formula: now only the powers of two count: 1, 2, 4, 8, …",
            ),
            (
                lambda v, p: _smallest_table(v, p / 100),
                "`percent` is a percentage: 25 means a quarter; divide it by 100",
            ),
            (
                lambda v, p: _smallest_table(v, min(100 * p, 100.0)),
                "`percent` is a percentage: 25 means a quarter; compare it with 100 times the "
                "share of the words, once",
            ),
            (
                lambda v, p: _smallest_table(v, p, strict=True) if p < 100 else 1,
                "at most `percent` percent: a table with exactly that share is large enough",
            ),
            (
                lambda v, p: _smallest_table(
                    v, p, late=lambda v, m: 1 - m * (1 - math.exp(-v / m)) / v
                ),
                "an exponential is only near (1 - 1/M) ** V: take the formula itself",
            ),
            (
                lambda v, p: _smallest_table(
                    v, p, late=lambda v, m: 1 - math.exp(-v * (v - 1) / 2 / m)
                ),
                "that is the chance of any collision: compare V - U with V",
            ),
            (
                lambda v, p: _smallest_table(v, p, late=lambda v, m: 1 - (1 - 1 / m) ** (v - 1)),
                "those are the words with company; the late ones are V - U",
            ),
            (
                lambda v, p: _smallest_table(v, p) * 2,
                "one step too far: a table half as large is enough",
            ),
            (
                lambda v, p: max(1, _smallest_table(v, p) // 2),
                "one step too few: is the share really at most `percent`?",
            ),
            (
                lambda v, p: _smallest_table(v, p, late=lambda v, m: 1 - (1 - 1 / m) ** v),
                "compare V - U with V: how many words, not how many buckets",
            ),
        ],
    )


@check(expects="a function like place_with_a_bug, repaired")
def fixed_place(function: Any) -> None:
    """Exercise 6: bucket and sign that do not depend on each other."""
    rng = np.random.default_rng(6)
    for buckets in (8, 10, 7, 1, 16, 1024, 2**20):
        # Two hashes from each of 3,000 buckets, and the ends of the range.
        shared = rng.integers(0, buckets, 3_000)
        above = rng.integers(0, 2**32 // buckets, (2, 3_000))
        hashes = np.append((shared + buckets * above).ravel(), (0, 2**31, 2**32 - 1))
        order = rng.permutation(len(hashes))
        signs = _signs(function, hashes[order], buckets)[np.argsort(order)]
        _expect_balance(hashes % buckets, signs, buckets)
        for part in (slice(None, None, -1), slice(5), slice(5, 6), slice(100, None, 3)):
            if not np.array_equal(_signs(function, hashes[part], buckets), signs[part]):
                raise Hint(
                    "a hash has one sign, always the same: no random numbers, no position in the "
                    "array, nothing from the other hashes"
                )


def _signs(function: Any, hashes: np.ndarray, buckets: int) -> np.ndarray:
    """The signs that an answer gives, once their form and the buckets are right."""
    found = call(function, hashes.copy(), buckets)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Hint("return two arrays: the buckets and the signs")
    places, signs = (np.asarray(part) for part in found)
    expect_array(
        places,
        hashes % buckets,
        name="the buckets",
        mistakes=[(hashes // 2 % buckets, "the buckets were right: only the signs are not")],
    )
    if signs.shape != hashes.shape or not np.isin(signs, (-1, 1)).all():
        raise Hint("a sign for each hash, each -1 or 1")
    return signs


def _expect_balance(places: np.ndarray, signs: np.ndarray, buckets: int) -> None:
    """Refuse signs that the bucket decides, or that are not about half and half."""
    first, second = signs[:6_000].reshape(2, 3_000)
    if np.mean(first != second) < 0.05:
        raise Hint(
            f"with {buckets} buckets all words of a bucket still have one sign: take it "
            "from a part of the hash that the bucket does not depend on"
        )
    groups = [places == place for place in range(buckets)] if buckets <= 16 else [slice(None)]
    uneven = max(abs(float(signs[group].mean())) for group in groups) > 0.25
    if uneven or not 0.4 < np.mean(first != second) < 0.6:
        raise Hint(f"with {buckets} buckets the signs of a bucket are not about half and half")


def _ratios(x: np.ndarray, labels: np.ndarray, add: float = 1.0, normed: bool = True) -> np.ndarray:
    p = add + x[labels == 1].sum(axis=0)
    q = add + x[labels == 0].sum(axis=0)
    return np.log(p / p.sum()) - np.log(q / q.sum()) if normed else np.log(p / q)


@check(expects="a function ratios(x, labels) that returns V numbers")
def ratios(function: Any) -> None:
    """Exercise 7: the log-count ratios of NB-SVM."""
    rng = np.random.default_rng(2)
    x = (rng.random((9, 5)) < 0.5).astype(float)
    cases = [
        (x, np.array([1, 0, 0, 1, 0, 1, 1, 0, 0])),
        (np.array([[1.0, 0], [0, 1]]), np.array([0, 1])),
    ]
    expect_function(
        function,
        _ratios,
        cases,
        mistakes=[
            (lambda x, y: -_ratios(x, y), "the other way round: favorable above, others below"),
            (
                lambda x, y: _ratios(x, y, normed=False),
                "divide p by its sum and q by its sum before you compare them",
            ),
            (lambda x, y: _ratios(x, y, add=0.0), "add 1 to each count: ln 0 is not a number"),
            (lambda x, y: np.exp(_ratios(x, y)), "the logarithm is missing"),
            (
                lambda x, y: np.log((1 + x[y == 1].mean(axis=0)) / (1 + x[y == 0].mean(axis=0))),
                "p and q are counts over all texts of a kind, not means",
            ),
        ],
    )


ACCURACY, TYPES, DRAWS = 0.9, 1000, (101, 102, 103)


def _judged(function: Any, seed: int, n: int = 4000) -> tuple[float, int]:
    """The accuracy on 2,000 new reviews, and the types in the n reviews learned from."""

    def tokens_of(text: str) -> list[str]:
        tokens = call(function, text)
        if not isinstance(tokens, list | tuple) or not all(isinstance(t, str) for t in tokens):
            raise Hint("your function should return a list of tokens, each of them a text")
        own = re.findall(r"[\w']+", text.lower())
        for token in set(tokens):
            word = next((w for w in own if token.startswith(w) or token.endswith(w)), None)
            if word is None:
                raise Hint(
                    f"{token!r} is no word of the review: return its words in small letters, with "
                    "a mark before or after one where you like"
                )
        return list(tokens)

    texts, labels = Reviews().sample(n + 2000, seed)
    try:
        bag = BagOfWords.fit(texts[:n], tokens_of)
    except ValueError:
        raise Hint("your function found no token in any review") from None
    counts = bag.counts(texts[:n])
    weigh = TfIdf.fit(counts).weigh
    model = LinearClassifier.fit(weigh(counts), labels[:n], tolerance=1e-2)
    return model.accuracy(weigh(bag.counts(texts[n:])), labels[n:]), len(bag)


@check(expects="a function that cuts a review into a list of tokens")
def cut(function: Any) -> None:
    """Exercise 8: tokens with which a linear classifier nearly reaches the optimum."""
    results = [_judged(function, seed) for seed in DRAWS]
    accuracy = float(np.mean([accuracy for accuracy, _ in results]))
    types = max(types for _, types in results)
    found = f"{100 * accuracy:.1f} % right with up to {types:,} types"
    if types > TYPES:
        raise Hint(f"{found}: too many types; mark single words, and count no pairs")
    if accuracy < 0.8:
        raise Hint(f"{found}: does a token know whether it is negated?")
    if accuracy < ACCURACY:
        raise Hint(f"{found}: good for negations; which of two contrasted clauses counts?")
