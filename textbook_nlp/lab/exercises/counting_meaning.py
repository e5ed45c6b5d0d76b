"""The exercises of chapter 03, counting meaning."""

from math import log, log2, log10

import numpy as np

from textbook_nlp.data.generators import Planted
from textbook_nlp.lab.checks import (
    Hint,
    any_of,
    as_array,
    call,
    check,
    check_function,
    check_value,
)
from textbook_nlp.vectors import Embeddings, cooccurrence, ppmi, score_similarity, truncated_svd


@check_value(
    expects="a list of four counts",
    mistakes={
        "'the' occurs twice: add what its second occurrence sees": [0, 1, 1, 0],
        "the second 'the' has two places on its left: 'saw', and before it 'cat'": [0, 1, 2, 1],
        "the two 'the' are three places apart: they do not see each other": [2, 2, 2, 1],
        "a window of 2 is not the whole sentence: 'dog' is one step from one": [2, 2, 2, 2],
        "that is a window of 1, or each word counted once: count every meeting": [0, 1, 1, 1],
        "the first 'the' is four places from 'dog' and does not see it": [0, 2, 2, 2],
    },
)
def row(row=(0, 2, 2, 1)):
    """Exercise 1: the row of "the" in "the cat saw the dog", window 2."""


@check_value(
    expects="one number",
    mistakes={
        "6 is the number of steps: the similarity is 1 / (1 + steps)": 6,
        "one off: six steps lead from goose to oak, and 1 is added to them": 1 / 6,
        "count the steps between the meanings, not the meanings on the path": 1 / 8,
        "three steps lead up from goose; the way down to oak counts as well": any_of(1 / 4, 1 / 3),
    },
)
def similarity(similarity=1 / 7):
    """Exercise 2: the path similarity of goose and oak."""


@check_value(
    expects="one number, in bits",
    mistakes={
        "64 times as often as by chance: now the logarithm": 64,
        "that is in nats: take the logarithm to base 2": log(64),
        "that is the logarithm to base 10: take the one to base 2": log10(64),
        "upside down: divide what was counted by what chance would give": -6,
        "the N is missing: C N / (R_i R_j)": log2(16 / (400 * 50)),
        "that is how often one is followed by the other: divide by the share of the other, too": (
            any_of(log2(16 / 400), log2(16 / 50))
        ),
    },
)
def bits(bits=6.0):
    """Exercise 3: the PMI of salt and pepper."""


_SMALL = np.array([[0, 3, 1], [3, 0, 2], [1, 2, 0]], dtype=np.int32)


@check_function(
    expects="a function like ppmi_with_a_bug, repaired",
    # Products beyond 32 bits, beyond 53 bits (the whole numbers of floats), and beyond 63.
    cases=[
        *(factor * _SMALL for factor in (1, 50_000, 20_000_000, 600_000_000)),
        np.array([[0, 5, 0], [5, 2, 0], [0, 0, 0]], dtype=np.int32),
    ],
    reveal=False,
    rtol=1e-3,
    mistakes={
        "the fault is still there: how large is R_i R_j, and what is the largest number in 32 "
        "bits?": {"kind": np.int32},
        "64 bits are enough for longer, but not forever: the product of two sums of a very large "
        "corpus passes them too. Compute in floats": {"kind": np.int64},
        "the logarithm is to base 2": {"logarithm": np.log},
        "what is negative becomes 0": {"least": -np.inf},
    },
)
def fixed_ppmi(C, kind=float, logarithm=np.log2, least=0):
    """Exercise 4: PPMI without an overflow."""
    C = C.astype(kind)
    N, R = np.sum(C, dtype=kind), np.sum(C, axis=0, dtype=kind)
    with np.errstate(all="ignore"):
        pmi = logarithm(C * N / np.outer(R, R))
    return np.maximum(least, np.nan_to_num(pmi, posinf=0, neginf=0))


@check_function(
    expects="a function weighted(ids, V, n) that returns an array of shape (V, V)",
    cases=[
        ([0, 1, 2, 1], 3, 2),
        ([0, 1, 2, 3, 0, 2, 2], 4, 3),
        ([1, 1, 1], 3, 2),
        ([2, 0, 1, 0, 0, 2, 1], 3, 5),
    ],
    mistakes={
        "every neighbor counts 1 here: a neighbor d places away should count 1 / d": {"power": 0},
        "each pair counts for both of its words: the matrix is symmetric": any_of(
            {"sides": (1,)}, {"sides": (-1,)}
        ),
        "the weight is 1 / d, not 1 / d²": {"power": 2},
        "a window of n reaches n places, the last one included": {"shorter": 1},
        "a pair that meets again adds to its count: += in place of =": {"before": 0},
        "a place below 0 counts from the end of the list: leave it out": {"wrap": True},
    },
)
def weighted(ids, V, n, power=1, sides=(-1, 1), shorter=0, before=1, wrap=False):
    """Exercise 5: counts in which the nearer neighbor weighs more."""
    C = np.zeros((V, V))
    for d in range(1, n + 1 - shorter):
        for i, word in enumerate(ids):
            for j in (i + side * d for side in sides):
                if (-len(ids) if wrap else 0) <= j < len(ids):
                    C[word, ids[j]] = before * C[word, ids[j]] + 1 / d**power
    return C


_UNEVEN = np.random.default_rng(3).normal(size=(6, 4)) * [[9.0], [0.1], [3.0], [0.5], [7.0], [1.0]]
_ZERO = np.array([[1.0, 0.2], [0.0, 0.0], [0.3, 1.0], [-1.0, -0.5], [2.0, 0.1]])
# Row 0 points where row 2 does, and comes before it.
_TWIN = np.array([[0.0, 2.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.2, 0.5]])


def _careless(M, i, k):
    """Nearest rows, where the cosine with a row of zeros is not a number."""
    with np.errstate(all="ignore"):
        scores = M @ M[i] / (np.linalg.norm(M, axis=1) * np.linalg.norm(M[i]))
    scores[i] = -np.inf
    return np.argsort(-scores, kind="stable")[:k].tolist()


@check_function(
    expects="a function nearest(M, i, k) that returns a list of k row numbers",
    cases=[(_UNEVEN, 0, 3), (_UNEVEN, 3, 5), (_ZERO, 0, 4), (_ZERO, 2, 2), (_TWIN, 2, 2)],
    mistakes={
        "a row is most similar to itself: leave row i out": any_of(
            {"itself": True}, {"itself": True, "zero": 0}
        ),
        "the first of the sorted rows need not be row i: leave row i out by its number": any_of(
            {"itself": True, "skip": 1}, {"itself": True, "skip": 1, "zero": 0}
        ),
        "the highest cosine comes first": {"then": lambda rows: rows[::-1]},
        "those are dot products: long rows win. Divide by the lengths": any_of(
            {"scaled": False},
            {"scaled": False, "zero": 0},
            {"scaled": False, "zero": 0, "itself": True},
            {"scaled": False, "zero": 0, "itself": True, "skip": 1},
        ),
        "those are the farthest: argsort sorts from small to large": any_of(
            {"sign": 1}, lambda M, i, k: nearest.function(M, i, len(M) - 1)[::-1][:k]
        ),
        "a row of zeros has no direction: 0 / 0 must not decide the order": _careless,
        "a row of zeros comes last, also behind a row with a negative cosine": {"zero": 0},
    },
)
def nearest(M, i, k, scaled=True, itself=False, zero=-1e9, skip=0, sign=-1):
    """Exercise 6: the rows with the highest cosine."""
    lengths = np.linalg.norm(M, axis=1)
    unit = M / np.where(lengths == 0, 1, lengths)[:, None] if scaled else M
    scores = unit @ unit[i]
    scores[lengths == 0] = zero
    scores[i] = scores[i] if itself else -np.inf
    return np.argsort(sign * scores, kind="stable")[skip : skip + k].tolist()


# Squares that add up to a power of two, so that every share is exact, however it is added.
_SPREAD, _EXACT = np.sqrt([32.0, 16.0, 8.0, 4.0, 4.0]), np.array([4.0, 4.0, 4.0, 4.0])


@check_function(
    expects="a function directions(S, share) that returns a whole number",
    cases=[
        (_EXACT, 0.5),
        (_EXACT, 0.75),
        (_SPREAD, 0.7),
        (_SPREAD, 0.9),
        (np.array([3.0, 2.0, 1.0]), 0.95),
        (np.array([5.0]), 0.5),
        # All of it: in some of these the rounded parts of the sum end a hair below 1.
        *((np.sqrt(0.1 * np.arange(n, 0, -1)), 1.0) for n in range(9, 40)),
    ],
    reveal=False,
    mistakes={
        "the loss is in squares: add up the squares of the singular values": any_of(
            {"power": 1}, {"power": 1, "whole": np.sum}
        ),
        "off by one: if the first value is enough, k is 1": any_of(
            {"first": 0}, {"first": 0, "whole": np.sum}
        ),
        "a share of exactly `share` is enough": any_of(
            {"extra": 1e-9},
            lambda S, share: directions.function(S, share, extra=1e-9) if share < 1 else len(S),
        ),
        "right but for a share of 1: there rounding leaves your sums a hair below the whole, and "
        "argmax finds nothing. Take the last of the running sums as the whole": {"whole": np.sum},
    },
)
def directions(S, share, power=2, first=1, extra=0, whole=lambda powers: np.cumsum(powers)[-1]):
    """Exercise 7: how many singular values keep a share of the squares."""
    powers = np.asarray(S, dtype=float) ** power
    return int(np.argmax(np.cumsum(powers) / whole(powers) >= share + extra)) + first


RHO, DRAWS, SENTENCES = 0.8, range(101, 111), 300


def _vectors(function, sentences):
    answer = call(function, sentences)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Hint("return two things: the list of words, and the matrix with a row for each")
    words = [str(word) for word in answer[0]]
    matrix = as_array(answer[1], name="the matrix").astype(float)
    if matrix.ndim != 2 or len(matrix) != len(words):
        raise Hint(f"{len(words)} words and a matrix of shape {matrix.shape}: one row a word")
    if missing := sorted({word for row in sentences for word in row} - set(words)):
        raise Hint(f"every word of the sentences needs a row: {missing[0]!r} has none")
    return Embeddings(words, matrix)


def _embedded(sentences, window=5, k=None):
    """The rows of the counts, or of the truncated SVD of their PPMI."""
    words = sorted({word for sentence in sentences for word in sentence})
    ids = [[words.index(word) for word in sentence] for sentence in sentences]
    C = cooccurrence(ids, len(words), window)
    if k is None:
        return words, C.toarray()
    U, S, _ = truncated_svd(ppmi(C), k)
    return words, U * S


@check(
    expects="a function embed(sentences) that returns words and a matrix",
    mistakes={
        "drown the others. Did you weigh the counts?": _embedded,
        "together; either alone gains little": lambda sentences: _embedded(sentences, k=50),
        "return two things": lambda sentences: np.eye(3),
        "every word of the sentences needs a row": lambda sentences: (["goose"], np.eye(1)),
        "one row a word": lambda sentences: (["goose"], np.eye(2)),
    },
)
def embed(function):
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
