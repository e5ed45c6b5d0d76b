"""The exercises of chapter 03, counting meaning."""

from collections.abc import Callable
from math import log, log2
from typing import Any

import numpy as np

from textbook_nlp.data.generators import Planted
from textbook_nlp.lab.checks.core import (
    Hint,
    as_array,
    call,
    check,
    expect_array,
    expect_function,
    expect_number,
)
from textbook_nlp.vectors.embeddings import Embeddings
from textbook_nlp.vectors.scores import score_similarity


@check(expects="a list of four counts")
def row(row: Any) -> None:
    """Exercise 1: the row of "the" in "the cat saw the dog", window 2."""
    expect_array(
        row,
        np.array([0, 2, 2, 1]),
        name="row",
        mistakes=[
            (
                [0, 1, 1, 0],
                "'the' occurs twice: add what its second occurrence sees",
            ),
            (
                [0, 1, 2, 1],
                "the second 'the' has two places on its left: 'saw', and before it 'cat'",
            ),
            ([2, 2, 2, 1], "the two 'the' are three places apart: they do not see each other"),
            ([2, 2, 2, 2], "a window of 2 is not the whole sentence: 'dog' is one step from one"),
            ([0, 1, 1, 1], "that is a window of 1, or each word counted once: count every meeting"),
            ([0, 2, 2, 2], "the first 'the' is four places from 'dog' and does not see it"),
        ],
    )


@check(expects="one number")
def similarity(similarity: Any) -> None:
    """Exercise 2: the path similarity of goose and oak."""
    expect_number(
        similarity,
        1 / 7,
        name="similarity",
        mistakes=[
            (6, "6 is the number of steps: the similarity is 1 / (1 + steps)"),
            (1 / 6, "add 1 to the number of steps before you divide"),
            (1 / 8, "count the steps between the meanings, not the meanings on the path"),
            (1 / 4, "three steps lead up from goose; the way down to oak counts as well"),
            (1 / 3, "three steps lead up from goose; the way down to oak counts as well"),
        ],
    )


@check(expects="one number, in bits")
def bits(bits: Any) -> None:
    """Exercise 3: the PMI of salt and pepper."""
    expect_number(
        bits,
        6.0,
        name="bits",
        mistakes=[
            (64, "64 times as often as by chance: now the logarithm"),
            (log(64), "that is in nats: take the logarithm to base 2"),
            (np.log10(64), "that is the logarithm to base 10: take the one to base 2"),
            (-6, "upside down: divide what was counted by what chance would give"),
            (log2(16 / (400 * 50)), "the N is missing: C N / (R_i R_j)"),
        ],
    )


def _ppmi(counts: np.ndarray) -> np.ndarray:
    counts = counts.astype(np.float64)
    sums = counts.sum(axis=1)
    chance = np.outer(sums, sums)
    ratio = np.divide(counts * counts.sum(), chance, out=np.zeros_like(counts), where=chance > 0)
    return np.log2(np.maximum(ratio, 1.0))


def _narrow(kind: type) -> Callable[[np.ndarray], np.ndarray]:
    """The faulty program, with its whole numbers in another width."""

    def function(counts: np.ndarray) -> np.ndarray:
        counts = counts.astype(kind)
        total, sums = np.sum(counts, dtype=kind), np.sum(counts, axis=0, dtype=kind)
        with np.errstate(all="ignore"):
            information = np.log2(counts * total / np.outer(sums, sums))
        return np.maximum(0, np.nan_to_num(information, posinf=0, neginf=0))

    return function


def _natural(counts: np.ndarray) -> np.ndarray:
    return _ppmi(counts) * log(2)


def _unclipped(counts: np.ndarray) -> np.ndarray:
    counts = counts.astype(np.float64)
    sums = counts.sum(axis=1)
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.log2(counts * counts.sum() / np.outer(sums, sums)), neginf=0)


@check(expects="a function like ppmi_with_a_bug, repaired")
def fixed_ppmi(function: Any) -> None:
    """Exercise 4: PPMI without an overflow."""
    small = np.array([[0, 3, 1], [3, 0, 2], [1, 2, 0]], dtype=np.int32)
    lonely = np.array([[0, 5, 0], [5, 2, 0], [0, 0, 0]], dtype=np.int32)
    # Products beyond 32 bits, beyond 53 bits (the whole numbers of floats), and beyond 63.
    cases = [(factor * small,) for factor in (1, 50_000, 20_000_000, 600_000_000)]
    expect_function(
        function,
        _ppmi,
        [*cases, (lonely,)],
        reveal=False,
        rtol=1e-3,
        mistakes=[
            (
                _narrow(np.int32),
                "the fault is still there: how large is R_i R_j, and what is the largest number "
                "in 32 bits?",
            ),
            (
                _narrow(np.int64),
                "64 bits are enough for longer, but not forever: the product of two sums of a "
                "very large corpus passes them too. Compute in floats",
            ),
            (_natural, "the logarithm is to base 2"),
            (_unclipped, "what is negative becomes 0"),
        ],
    )


def _weighted(ids: list[int], V: int, n: int, power: float = 1.0, sides: int = 2) -> np.ndarray:
    counts = np.zeros((V, V))
    for d in range(1, n + 1):
        for left, right in zip(ids, ids[d:], strict=False):
            counts[left, right] += 1 / d**power
            if sides == 2:
                counts[right, left] += 1 / d**power
    return counts


@check(expects="a function weighted(ids, V, n) that returns an array of shape (V, V)")
def weighted(function: Any) -> None:
    """Exercise 5: counts in which the nearer neighbor weighs more."""
    cases = [
        ([0, 1, 2, 1], 3, 2),
        ([0, 1, 2, 3, 0, 2, 2], 4, 3),
        ([1, 1, 1], 3, 2),
        ([2, 0, 1, 0, 0, 2, 1], 3, 5),
    ]
    expect_function(
        function,
        _weighted,
        cases,
        mistakes=[
            (
                lambda ids, V, n: _weighted(ids, V, n, power=0),
                "every neighbor counts 1 here: a neighbor d places away should count 1 / d",
            ),
            (
                lambda ids, V, n: _weighted(ids, V, n, sides=1),
                "each pair counts for both of its words: the matrix is symmetric",
            ),
            (
                lambda ids, V, n: _weighted(ids, V, n, power=2),
                "the weight is 1 / d, not 1 / d²",
            ),
            (
                lambda ids, V, n: _weighted(ids, V, n - 1),
                "a window of n reaches n places, the last one included",
            ),
        ],
    )


def _nearest(
    M: np.ndarray,
    i: int,
    k: int,
    *,
    scaled: bool = True,
    itself: bool = False,
    zero: float = -1e9,
    skip: int = 0,
) -> list[int]:
    lengths = np.linalg.norm(M, axis=1)
    unit = M / np.where(lengths == 0, 1, lengths)[:, None] if scaled else M
    scores = unit @ unit[i]
    scores[lengths == 0] = zero
    if not itself:
        scores[i] = -np.inf
    return np.argsort(-scores, kind="stable")[skip : skip + k].tolist()


def _careless(M: np.ndarray, i: int, k: int) -> list[int]:
    """Nearest rows, where the cosine with a row of zeros is not a number."""
    with np.errstate(all="ignore"):
        scores = M @ M[i] / (np.linalg.norm(M, axis=1) * np.linalg.norm(M[i]))
    scores[i] = -np.inf
    return np.argsort(-scores, kind="stable")[:k].tolist()


@check(expects="a function nearest(M, i, k) that returns a list of k row numbers")
def nearest(function: Any) -> None:
    """Exercise 6: the rows with the highest cosine."""
    rng = np.random.default_rng(3)
    lengths = np.array([9.0, 0.1, 3.0, 0.5, 7.0, 1.0])[:, None]
    uneven = rng.normal(size=(6, 4)) * lengths
    zero = np.array([[1.0, 0.2], [0.0, 0.0], [0.3, 1.0], [-1.0, -0.5], [2.0, 0.1]])
    # Row 0 points where row 2 does, and comes before it.
    twin = np.array([[0.0, 2.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.2, 0.5]])
    cases = [(uneven, 0, 3), (uneven, 3, 5), (zero, 0, 4), (zero, 2, 2), (twin, 2, 2)]
    first = "the first of the sorted rows need not be row i: leave row i out by its number"
    products = "those are dot products: long rows win. Divide by the lengths"

    def listed(*inputs: Any) -> list[int]:
        return [int(number) for number in as_array(call(function, *inputs)).ravel()]

    for case in cases:
        call(function, *case)
    expect_function(
        listed,
        _nearest,
        cases,
        mistakes=[
            (
                lambda M, i, k: _nearest(M, i, k, itself=True),
                "a row is most similar to itself: leave row i out",
            ),
            (
                lambda M, i, k: _nearest(M, i, k, itself=True, zero=0.0),
                "a row is most similar to itself: leave row i out",
            ),
            (lambda M, i, k: _nearest(M, i, k, itself=True, skip=1), first),
            (lambda M, i, k: _nearest(M, i, k, itself=True, skip=1, zero=0.0), first),
            (lambda M, i, k: _nearest(M, i, k)[::-1], "the highest cosine comes first"),
            (lambda M, i, k: _nearest(M, i, k, scaled=False), products),
            (lambda M, i, k: _nearest(M, i, k, scaled=False, zero=0.0), products),
            (lambda M, i, k: _nearest(M, i, k, scaled=False, zero=0.0, itself=True), products),
            (
                lambda M, i, k: _nearest(M, i, k, scaled=False, zero=0.0, itself=True, skip=1),
                products,
            ),
            (
                lambda M, i, k: _nearest(M, i, len(M) - 1)[::-1][:k],
                "those are the farthest: argsort sorts from small to large",
            ),
            (_careless, "a row of zeros has no direction: 0 / 0 must not decide the order"),
            (
                lambda M, i, k: _nearest(M, i, k, zero=0.0),
                "a row of zeros comes last, also behind a row with a negative cosine",
            ),
        ],
    )


def _directions(S: Any, share: float, power: int = 2) -> int:
    kept = np.cumsum(np.asarray(S, dtype=np.float64) ** power)
    return int(np.argmax(kept >= share * kept[-1])) + 1


def _divided(S: Any, share: float, power: int = 2) -> int:
    """Divide by a sum that is added in another order; 0 where no part of it reaches the share."""
    powers = np.asarray(S, dtype=np.float64) ** power
    enough = np.cumsum(powers) / np.sum(powers) >= share
    return int(np.argmax(enough)) + 1


@check(expects="a function directions(S, share) that returns a whole number")
def directions(function: Any) -> None:
    """Exercise 7: how many singular values keep a share of the squares."""
    # Squares that add up to a power of two, so that every share is exact, however it is added.
    spread = np.sqrt([32.0, 16.0, 8.0, 4.0, 4.0])
    exact = np.array([4.0, 4.0, 4.0, 4.0])
    cases = [
        (exact, 0.5),
        (exact, 0.75),
        (spread, 0.7),
        (spread, 0.9),
        (np.array([3.0, 2.0, 1.0]), 0.95),
        (np.array([5.0]), 0.5),
        # All of it: in some of these the rounded parts of the sum end a hair below 1.
        *((np.sqrt(0.1 * np.arange(n, 0, -1)), 1.0) for n in range(9, 40)),
    ]
    squares = "the loss is in squares: add up the squares of the singular values"
    off = "off by one: if the first value is enough, k is 1"
    expect_function(
        function,
        _directions,
        cases,
        reveal=False,
        mistakes=[
            (lambda S, share: _directions(S, share, power=1), squares),
            (lambda S, share: _divided(S, share, power=1), squares),
            (lambda S, share: _directions(S, share) - 1, off),
            (lambda S, share: _divided(S, share) - 1, off),
            (
                lambda S, share: _directions(S, share + 1e-9),
                "a share of exactly `share` is enough",
            ),
            (
                _divided,
                "right but for a share of 1: there rounding leaves your sums a hair below the "
                "whole, and argmax finds nothing. Take the last of the running sums as the whole",
            ),
        ],
    )


RHO, DRAWS, SENTENCES = 0.8, range(101, 111), 300


def _vectors(function: Any, sentences: list[list[str]]) -> Embeddings:
    answer = call(function, sentences)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Hint("return two things: the list of words, and the matrix with a row for each")
    words = [str(word) for word in answer[0]]
    matrix = as_array(answer[1], name="the matrix").astype(np.float64)
    if matrix.ndim != 2 or len(matrix) != len(words):
        raise Hint(f"{len(words)} words and a matrix of shape {matrix.shape}: one row a word")
    if missing := sorted({word for row in sentences for word in row} - set(words)):
        raise Hint(f"every word of the sentences needs a row: {missing[0]!r} has none")
    return Embeddings(words, matrix)


@check(expects="a function embed(sentences) that returns words and a matrix")
def embed(function: Any) -> None:
    """Exercise 8: good vectors from 300 sentences."""
    planted = Planted()
    truth, scores = planted.similarities(), []
    for seed in DRAWS:
        vectors = _vectors(function, planted.sample(SENTENCES, seed))
        scores.append(score_similarity(vectors, truth).rho)
    mean = float(np.mean(scores))
    found = f"a rank correlation of {mean:.3f}"
    if mean < 0.6:
        raise Hint(f"{found}: frequent neighbors drown the others. Did you weigh the counts?")
    if mean < RHO:
        raise Hint(
            f"{found}, {RHO} is asked: change the weighting of the neighbors and the number of "
            "directions together; either alone gains little"
        )
