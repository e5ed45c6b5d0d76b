"""The exercises of chapter 02, one-hot and hashing."""

import math
import re
from functools import cache
from itertools import pairwise

import numpy as np

from textbook_nlp.bags import BagOfWords, LinearClassifier, TfIdf
from textbook_nlp.data.generators import Reviews
from textbook_nlp.lab.checks import (
    Hint,
    any_of,
    call,
    check,
    check_function,
    check_value,
    expect,
)


@check_value(
    expects="a list of four counts",
    mistakes={
        "count how often each word occurs, not only whether it does": [1, 1, 1, 1],
        "the columns stand in the order of the vocabulary: goose comes first": [3, 2, 1, 1],
        "one number for each word of the vocabulary, not for each word of the text": any_of(
            [3, 1, 2, 3, 1, 2, 0], when=lambda bag: len(bag) in (7, 8)
        ),
        "hired has no column: leave it out": any_of(
            [1, 2, 1, 3, 1], when=lambda bag: len(bag) == 5
        ),
        "the capital at the beginning makes no other word of *The*": [1, 2, 1, 2],
    },
)
def bag(bag=(1, 2, 1, 3)):
    """Exercise 1: a bag of words by hand."""


_ONE_HOT = 32 * 200 * 10_000 * 4


@check_value(
    expects="two numbers of bytes",
    mistakes={
        "that is the number of ids: each takes 8 bytes": (32 * 200, ...),
        "an id takes 8 bytes, not 4": (32 * 200 * 4, ...),
        "the ids are an array (B, T): V does not occur in it": (_ONE_HOT, ...),
        "that is the number of entries: each takes 4 bytes": (..., _ONE_HOT // 4),
        "a number of this array takes 4 bytes, not 8": (..., 2 * _ONE_HOT),
        "that is one text: the batch has B of them": (..., 200 * 10_000 * 4),
        "that would be one vector a text: there is one for each token": (..., 32 * 10_000 * 4),
    },
)
def memory(ids_bytes=32 * 200 * 8, one_hot_bytes=_ONE_HOT):
    """Exercise 2: what a batch costs as ids and as one-hot vectors."""


@check_value(
    expects="three lists of whole numbers",
    mistakes={
        "zeros are not stored: that is the point": any_of(
            ([0, 5, 0, 2], ..., ...), when=lambda values, columns, starts: 0 in values
        ),
        "go row by row, not column by column": ([1, 5, 2, 4], ..., ...),
        "columns are counted from 0": (..., [2, 4, 1, 4], ...),
        "those are the rows; which column does each value stand in?": (..., [0, 0, 2, 2], ...),
        "the empty row has a beginning too, at the same place as the next": (..., ..., [0, 2, 4]),
        "one more entry says where the last row ends": (..., ..., [0, 2, 2]),
        "those are the sizes of the rows; add them up from the left": (..., ..., [2, 0, 2]),
        "the first row begins at 0": (..., ..., [2, 2, 4]),
    },
)
def compressed(values=(5, 2, 1, 4), columns=(1, 3, 0, 3), starts=(0, 2, 2, 4)):
    """Exercise 3: a matrix in compressed sparse rows."""


@check_function(
    expects="a function tf_idf(counts) that returns an array (N, V)",
    cases=[
        np.array([[2.0, 0, 1, 0], [1, 1, 0, 0], [1, 0, 0, 3]]),
        np.array([[1.0, 2], [0, 0], [4, 0]]),
    ],
    mistakes={
        "a row of zeros has the length 0: do not divide by it": {"careful": False},
        "the rows are not divided by their lengths": {"norm": None},
        "the Euclidean length is the root of the sum of the squares": {"norm": 1},
        "divide by the Euclidean length of the weighted row, not by its number of tokens": (
            lambda counts: (
                tf_idf.function(counts, norm=None) / np.maximum(1, counts.sum(1, keepdims=True))
            )
        ),
        "add 1 to the logarithm": {"plus": 0},
        "the 1 is added to the logarithm, before the counts are multiplied": (
            {"plus": 0, "plus_after": 1}
        ),
        "1 is added above and below in the fraction": {"smooth": 0},
        "df is in how many texts a word stands, not how often it occurs in all": {"clip": None},
    },
)
def tf_idf(counts, smooth=1, plus=1, plus_after=0, clip=1, norm=2, careful=True):
    """Exercise 4: tf–idf as in scikit-learn."""
    df = np.clip(counts, 0, clip).sum(axis=0)
    x = counts * (np.log((smooth + len(counts)) / (smooth + df)) + plus) + plus_after
    lengths = np.linalg.norm(x, norm, axis=1, keepdims=True) if norm else 1
    return x / (np.where(lengths == 0, 1, lengths) if careful else lengths)


@check_function(
    expects="a function smallest_table(V, percent) that returns a number of buckets",
    cases=[(174, 10.0), (2, 25.0), (3, 25.0), (174, 50.0), (1000, 1.0), (50, 25.0), (3, 100.0)],
    reveal=False,
    mistakes={
        "right formula: now only the powers of two count: 1, 2, 4, 8, …": {"powers": False},
        "`percent` is a percentage: 25 means a quarter; divide it by 100": {"whole": 10_000},
        "`percent` is a percentage: 25 means a quarter; compare it with 100 times the share of "
        "the words, once": lambda V, percent: smallest_table.function(V, min(100 * percent, 100)),
        "at most `percent` percent: a table with exactly that share is large enough": (
            lambda V, percent: smallest_table.function(V, percent, strict=percent < 100)
        ),
        "an exponential is only near (1 - 1/M) ** V: take the formula itself": (
            {"late": lambda V, M: V - M * (1 - math.exp(-V / M))}
        ),
        "that is the chance of any collision: compare V - U with V": (
            {"late": lambda V, M: V - V * math.exp(-V * (V - 1) / 2 / M)}
        ),
        "those are the words with company; the late ones are V - U": (
            {"late": lambda V, M: V - V * (1 - 1 / M) ** (V - 1)}
        ),
        "compare V - U with V: how many words, not how many buckets": (
            {"late": lambda V, M: V - V * (1 - 1 / M) ** V}
        ),
        "one step too far: a table half as large is enough": {"then": lambda buckets: 2 * buckets},
        "one step too few: is the share really at most `percent`?": (
            {"then": lambda buckets: max(1, buckets // 2)}
        ),
    },
)
def smallest_table(
    V,
    percent,
    powers=True,
    strict=False,
    whole=100,
    late=lambda V, M: V - M * (1 - (1 - 1 / M) ** V),
):
    """Exercise 5: the smallest table with few collisions."""
    M, most = 1, V * percent / whole + (-1e-9 if strict else 1e-9)
    while late(V, M) > most:
        M = 2 * M if powers else M + 1
    return M


def _signs_from(divisor):
    """A wrong answer or a right one: the sign from one bit of the hash."""
    return lambda hashes, M: (hashes % M, np.where(hashes // divisor % 2, -1, 1))


@check(
    expects="a function like place_with_a_bug, repaired",
    right=_signs_from(2**31),
    mistakes={
        "with 8 buckets all words of a bucket still have one sign": any_of(
            _signs_from(1), _signs_from(2), lambda hashes, M: (hashes % M, np.ones(len(hashes)))
        ),
        "with 1048576 buckets all words of a bucket still have one sign": _signs_from(2**16),
        "the signs of a bucket are not about half and half": (
            lambda hashes, M: (hashes % M, np.where(hashes % 10 < 3, 1, -1))
        ),
        "no random numbers, no position in the array, nothing from the other hashes": any_of(
            lambda hashes, M: (hashes % M, np.where(np.arange(len(hashes)) % 2, 1, -1)),
            lambda hashes, M: (hashes % M, np.where(hashes < np.median(hashes), 1, -1)),
            lambda hashes, M: (
                hashes % M,
                np.random.default_rng(len(hashes)).choice([-1, 1], len(hashes)),
            ),
        ),
        "the buckets were right: only the signs are not": (
            lambda hashes, M: (hashes // 2 % M, 1 - 2 * (hashes % 2))
        ),
        "return two arrays: the buckets and the signs": lambda hashes, M: hashes % M,
        "a sign for each hash, each -1 or 1": lambda hashes, M: (hashes % M, hashes % 2),
    },
)
def fixed_place(function):
    """Exercise 6: bucket and sign that do not depend on each other."""
    rng = np.random.default_rng(6)
    for M in (8, 10, 7, 1, 16, 1024, 2**20):
        # Two hashes from each of 3,000 buckets, and the ends of the range.
        shared, above = rng.integers(0, M, 3_000), rng.integers(0, 2**32 // M, (2, 3_000))
        hashes = np.append((shared + M * above).ravel(), (0, 2**31, 2**32 - 1))
        order = rng.permutation(len(hashes))
        signs = _signs(function, hashes[order], M)[np.argsort(order)]
        differ = np.mean(np.not_equal(*signs[:6_000].reshape(2, 3_000)))
        if differ < 0.05:
            raise Hint(
                f"with {M} buckets all words of a bucket still have one sign: take it from a part "
                "of the hash that the bucket does not depend on"
            )
        groups = [hashes % M == place for place in range(M)] if M <= 16 else [slice(None)]
        if not 0.4 < differ < 0.6 or max(abs(signs[group].mean()) for group in groups) > 0.25:
            raise Hint(f"with {M} buckets the signs of a bucket are not about half and half")
        for part in (slice(None, None, -1), slice(5), slice(5, 6), slice(100, None, 3)):
            if not np.array_equal(_signs(function, hashes[part], M), signs[part]):
                raise Hint(
                    "a hash has one sign, always the same: no random numbers, no position in the "
                    "array, nothing from the other hashes"
                )


def _signs(function, hashes, M):
    """The signs that an answer gives, once their form and the buckets are right."""
    found = call(function, hashes, M)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Hint("return two arrays: the buckets and the signs")
    places, signs = map(np.asarray, found)
    if not np.array_equal(places, hashes % M) and np.array_equal(places, hashes // 2 % M):
        raise Hint("the buckets were right: only the signs are not")
    expect(places, hashes % M, name="the buckets")
    if signs.shape != hashes.shape or not np.isin(signs, (-1, 1)).all():
        raise Hint("a sign for each hash, each -1 or 1")
    return signs


@check_function(
    expects="a function ratios(x, labels) that returns V numbers",
    cases=[
        (
            (np.random.default_rng(2).random((9, 5)) < 0.5).astype(float),
            np.array([1, 0, 0, 1, 0, 1, 1, 0, 0]),
        ),
        (np.array([[1.0, 0], [0, 1]]), np.array([0, 1])),
    ],
    mistakes={
        "the other way round: favorable above, others below": {"then": np.negative},
        "divide p by its sum and q by its sum before you compare them": ({"whole": lambda x, p: 1}),
        "that divides by the number of texts: divide p by its sum and q by its sum": (
            {"whole": lambda x, p: len(x)}
        ),
        "the 1 that is added to each p belongs to their sum too": {"whole": lambda x, p: x.sum()},
        "add 1 to each count: ln 0 is not a number": {"add": 0},
        "the logarithm is missing": {"then": np.exp},
        "p and q are counts over all texts of a kind, not means": (
            {"counted": np.mean, "whole": lambda x, p: 1}
        ),
    },
)
def ratios(x, labels, add=1, counted=np.sum, whole=lambda x, p: p.sum()):
    """Exercise 7: the log-count ratios of NB-SVM."""
    kinds = x[labels == 1], x[labels == 0]
    p, q = (add + counted(kind, axis=0) for kind in kinds)
    return np.log(p / whole(kinds[0], p)) - np.log(q / whole(kinds[1], q))


ACCURACY, TYPES, DRAWS = 0.9, 1000, (101, 102, 103)


def _tokens(function, text):
    """The tokens of a review; each must hold one of its words."""
    tokens = call(function, text)
    if not isinstance(tokens, list | tuple) or not all(isinstance(t, str) for t in tokens):
        raise Hint("your function should return a list of tokens, each of them a text")
    own = set(re.findall(r"[\w']+", text.lower()))
    for token in set(tokens) - own:
        if not any(word in token for word in own):
            raise Hint(
                f"{token!r} is no word of the review: return its words in small letters, with a "
                "mark before or after one where you like"
            )
    return list(tokens)


def _judged(function, seed, n=4000):
    """The types, and the accuracy on 2,000 new reviews, on those that negate, that contrast."""
    texts, labels = Reviews().sample(n + 2000, seed)
    tokens_of = cache(lambda text: _tokens(function, text))
    try:
        bag = BagOfWords.fit(texts[:n], tokens_of)
    except ValueError:
        raise Hint("your function found no token in any review") from None
    counts = bag.counts(texts[:n])
    weigh = TfIdf.fit(counts).weigh
    model = LinearClassifier.fit(weigh(counts), labels[:n], tolerance=1e-2)
    right = model.predict(weigh(bag.counts(texts[n:]))) == labels[n:]
    negated, contrasted = (
        np.array([bool(re.search(kind, text.lower())) for text in texts[n:]])
        for kind in (r"\b(not|never|hardly)\b|n't", r"\b(but|although|yet)\b")
    )
    kinds = right, right[negated & ~contrasted], right[contrasted & ~negated]
    return len(bag), *(kind.mean() for kind in kinds)


def _marked(negations, text):
    """Put a mark before every word that follows a negation in its sentence."""
    tokens = []
    for sentence in re.split(r"[.,]| and the ", text.lower()):
        words = sentence.split()
        place = next((i for i, word in enumerate(words) if word in negations), len(words))
        tokens += [*words[:place], *("not_" + word for word in words[place:])]
    return tokens


def _main_clauses(text):
    """Leave out the clauses that concede."""
    text = re.sub(r"although [^,.]*, |, although [^.]*", "", text.lower())
    return re.sub(r"[^.]*, (?:but|yet) ", "", text)


@check(
    expects="a function that cuts a review into a list of tokens",
    mistakes={
        "does a token know whether it is negated?": any_of(
            lambda text: re.findall(r"[\w']+", text.lower()),
            lambda text: _marked(["not"], _main_clauses(text)),
        ),
        "good for negations; which of two contrasted clauses counts?": (
            lambda text: _marked(["not", "wasn't", "never", "hardly"], text)
        ),
        "too many types; mark single words, and count no pairs": (
            lambda text: [f"{a}_{b}" for a, b in pairwise(text.lower().split())]
        ),
        "return a list of tokens, each of them a text": lambda text: text,
        "your function found no token in any review": lambda text: [],
        "is no word of the review": lambda text: [str(len(text))],
    },
)
def cut(function):
    """Exercise 8: tokens with which a linear classifier nearly reaches the optimum."""
    results = []
    for seed in DRAWS:
        results.append(_judged(function, seed))
        types, accuracy, negated, contrasted = np.mean(results, axis=0)
        if accuracy < ACCURACY - 0.03 or types > 1.2 * TYPES:
            break  # the other draws will not change that
    types = np.max(results, axis=0)[0]
    found = f"{100 * accuracy:.1f} % right with up to {types:,.0f} types"
    if types > TYPES:
        raise Hint(f"{found}: too many types; mark single words, and count no pairs")
    if accuracy < ACCURACY and negated < contrasted:
        raise Hint(f"{found}: does a token know whether it is negated?")
    if accuracy < ACCURACY:
        raise Hint(f"{found}: good for negations; which of two contrasted clauses counts?")
