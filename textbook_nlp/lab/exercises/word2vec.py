"""The exercises of chapter 04, predicting meaning."""

from functools import wraps
from numbers import Real
from typing import Any

import numpy as np

from textbook_nlp.data.generators import Planted
from textbook_nlp.lab.checks.core import (
    Hint,
    call,
    check,
    expect_array,
    expect_equal,
    expect_function,
    expect_number,
)
from textbook_nlp.vectors.fast_word2vec import fit_word2vec
from textbook_nlp.vectors.scores import score_analogies


@check(expects="two whole numbers")
def questions(cbow_questions: Any, skip_gram_questions: Any) -> None:
    """Exercise 1: how many questions six words ask with a window of 1."""
    expect_equal(
        cbow_questions,
        6,
        name="cbow_questions",
        mistakes=[
            (4, "the first and the last word are covered too; they have one neighbor each"),
            (10, "that counts pairs: CBOW asks once for each word, whatever its neighbors"),
            (12, "CBOW asks once for each word that can be covered"),
        ],
    )
    expect_equal(
        skip_gram_questions,
        10,
        name="skip_gram_questions",
        mistakes=[
            (12, "the first and the last word have one neighbor, not two"),
            (5, "each pair of neighbors gives two questions, one for either word in the middle"),
            (8, "the words at the ends ask as well, one question each"),
        ],
    )


@check(expects="one number, a probability")
def rarest(probability: Any) -> None:
    """Exercise 2: the probability of the rarest of three words under the noise distribution."""
    expect_number(
        float(probability) if isinstance(probability, Real) else probability,
        8 / 99,
        name="probability",
        atol=5e-5,
        mistakes=[
            (16 / 353, "those are the plain frequencies: raise the counts to the power of 3/4"),
            (8, "divide by the sum over all three words"),
            (2 / 9, "the power is 3/4, not 1/4: the third power of the fourth root"),
            (4 / 29, "the power is 3/4; this is the square root"),
            ((16 / 353) ** 0.75, "divide by the sum of the powers, or they do not add up to 1"),
        ],
    )


def _pairs(tokens: list, window: int, left: int | None = None) -> list[tuple]:
    left = window if left is None else left
    return [
        (word, tokens[j])
        for i, word in enumerate(tokens)
        for j in range(max(0, i - left), min(len(tokens), i + window + 1))
        if j != i
    ]


@check(expects="a function pairs_of(tokens, window) that returns a list of tuples")
def pairs_of(function: Any) -> None:
    """Exercise 3: all pairs of a word and a neighbor."""
    cases = [
        (["we", "saw", "the", "big", "house"], 1),
        (["we", "saw", "the", "big", "house"], 2),
        (["a", "b", "a", "b"], 2),
        (["alone"], 2),
        (["a", "b"], 5),
    ]
    expect_function(
        function,
        _pairs,
        cases,
        mistakes=[
            (
                lambda tokens, window: _pairs(tokens, window, left=0),
                "the neighbors on the left are missing",
            ),
            (
                lambda tokens, window: [
                    (word, tokens[j])
                    for i, word in enumerate(tokens)
                    for j in range(i - window, min(len(tokens), i + window + 1))
                    if j != i and j >= -len(tokens)
                ],
                "a negative place counts from the end: begin at max(0, i - window)",
            ),
            (
                lambda tokens, window: _pairs(tokens, 0, left=window),
                "the neighbors on the right are missing",
            ),
            (
                lambda tokens, window: [(b, a) for a, b in _pairs(tokens, window)],
                "the word in the middle comes first, the neighbor second",
            ),
            (
                lambda tokens, window: [p for p in _pairs(tokens, window) if p[0] != p[1]],
                "leave out the place itself, not every equal word: a word may be its own neighbor",
            ),
            (
                lambda tokens, window: [
                    (word, other)
                    for i, word in enumerate(tokens)
                    for other in tokens[max(0, i - window) : i + window + 1]
                ],
                "a word is not a neighbor of itself: leave out the place in the middle",
            ),
            (
                lambda tokens, window: _pairs(tokens, window - 1, left=window),
                "the window reaches one word further on the right: range stops before its end",
            ),
        ],
    )


def _loss(h: np.ndarray, right: np.ndarray, wrong: np.ndarray) -> float:
    return float(np.logaddexp(0.0, -right @ h) + np.logaddexp(0.0, wrong @ h).sum())


@check(expects="a function sampled_loss(h, right, wrong) that returns one number")
def sampled_loss(function: Any) -> None:
    """Exercise 4: the loss of negative sampling."""
    rng = np.random.default_rng(0)
    cases = [
        (rng.normal(size=E), rng.normal(size=E), rng.normal(size=(K, E)))
        for E, K in ((2, 1), (3, 5), (8, 2))
    ]
    cases.append((np.array([1000.0]), np.array([-1.0]), np.array([[1.0], [-1.0]])))
    expect_function(
        function,
        _loss,
        cases,
        mistakes=[
            (
                lambda h, right, wrong: (
                    np.logaddexp(0, -right @ h) + np.logaddexp(0, -wrong @ h).sum()
                ),
                "a negative is right to be called wrong: the sign of its score is turned",
            ),
            (
                lambda h, right, wrong: (
                    np.logaddexp(0, -right @ h) + np.logaddexp(0, wrong @ h).mean()
                ),
                "the negatives are added up, not averaged",
            ),
            (
                lambda h, right, wrong: (
                    np.logaddexp(0, right @ h) + np.logaddexp(0, wrong @ h).sum()
                ),
                "the loss of the target falls when its score rises: -ln σ(s) = ln(1 + exp(-s))",
            ),
            (
                lambda h, right, wrong: (
                    np.logaddexp(0, right @ h) + np.logaddexp(0, -wrong @ h).sum()
                ),
                "both signs are turned: -ln σ(s) = ln(1 + exp(-s)) for the target, and "
                "ln(1 + exp(s)) for a negative",
            ),
            (
                lambda h, right, wrong: np.logaddexp(0, -right @ h),
                "the negatives are missing",
            ),
            (
                lambda h, right, wrong: np.logaddexp(0, wrong @ h).sum(),
                "the target is missing",
            ),
            (
                lambda h, right, wrong: -_loss(h, right, wrong),
                "the loss is the negative logarithm, and never below 0",
            ),
        ],
    )


def _with_bug(W: np.ndarray, context: list[int], gradient: np.ndarray, rate: float) -> None:
    W[context] -= rate * gradient


@check(expects="a function like update_with_a_bug, repaired")
def fixed_update(function: Any) -> None:
    """Exercise 5: an update in which equal rows add up."""
    rng = np.random.default_rng(1)
    passed = []
    watched = function
    if callable(function):

        @wraps(function)
        def watched(W, *others):
            passed.append(W)
            return function(W, *others)

    for context in ([0, 1, 0], [2, 2, 2], [3, 1], [4]):
        start, gradient = rng.normal(size=(5, 2)), rng.normal(size=2)
        wanted, faulty = start.copy(), start.copy()
        np.subtract.at(wanted, context, 0.5 * gradient)
        _with_bug(faulty, context, gradient, 0.5)
        forgotten = start.copy()
        np.subtract.at(forgotten, context, gradient)
        found = call(watched, start.copy(), list(context), gradient, 0.5, may_modify=True)
        mistakes = [
            (start, "W did not change: subtract from its rows, and return it"),
            (
                start - 0.5 * gradient,
                "every row changed: only the rows of the context learn from it",
            ),
            (2 * start - wanted, "a descent goes against the gradient: subtract"),
            (forgotten, "the rate is missing: subtract `rate * gradient`"),
        ]
        if len(set(context)) < len(context):
            mistakes.append((faulty, "the fault is still there: of two equal rows only one counts"))
        expect_array(found, wanted, name=f"W after the context {context}", mistakes=mistakes)
        if not np.allclose(passed[-1], wanted):
            raise Hint(
                "what you return is right, but the W that was passed is not: change it in place, "
                "without a copy"
            )


def _answer(
    matrix: np.ndarray,
    a: int,
    b: int,
    c: int,
    asked: bool = True,
    answers: bool = True,
    fill: float | None = -np.inf,
) -> int:
    """Answer with the vectors of the question or of the answers brought to length 1, or not."""
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    question, candidates = unit if asked else matrix, unit if answers else matrix
    scores = candidates @ (question[b] - question[a] + question[c])
    if fill is not None:
        scores[[a, b, c]] = fill
    return int(np.argmax(scores))


@check(expects="a function answer(matrix, a, b, c) that returns the number of a row")
def answer(function: Any) -> None:
    """Exercise 6: complete an analogy by the cosine."""
    rng = np.random.default_rng(2)
    cases = []
    for _ in range(12):
        matrix = rng.normal(size=(9, 3)) * rng.uniform(0.3, 5.0, size=(9, 1))
        cases.append((matrix, *(int(i) for i in rng.choice(9, 3, replace=False))))
    # Every word that may be the answer scores below -1: the question points away from all.
    away = np.array([[-1.0, 0.1], [1.0, 0.1], [1.0, -0.1], [-2.0, 0.5], [-1.0, -1.0], [-0.5, 0.2]])
    cases.append((away, 0, 1, 2))
    # The same with scores between -1 and 0: the question is as long as one vector.
    cases.append((np.vstack([away[1:2], away[1:]]), 0, 1, 2))
    expect_function(
        function,
        _answer,
        cases,
        reveal=False,
        mistakes=[
            (
                lambda m, a, b, c: _answer(m, a, b, c, asked=False, answers=False),
                "long vectors win: bring every row to length 1 first",
            ),
            (
                lambda m, a, b, c: _answer(m, a, b, c, asked=False),
                "bring the three vectors of the question to length 1 as well, before adding them",
            ),
            (
                lambda m, a, b, c: _answer(m, a, b, c, answers=False),
                "bring the vectors that are compared with the question to length 1 as well",
            ),
            (
                lambda m, a, b, c: _answer(m, a, b, c, fill=0.0),
                "where all other scores are negative, an excluded word with a score of 0 wins: "
                "set it to -np.inf",
            ),
            (
                lambda m, a, b, c: _answer(m, a, b, c, fill=-1.0),
                "the sum of three vectors may be longer than 1, so scores may lie below -1: set "
                "the excluded ones to -np.inf",
            ),
            (
                lambda m, a, b, c: _answer(m, a, b, c, fill=None),
                "the three words of the question are no answers: exclude them",
            ),
            (
                lambda m, a, b, c: _answer(m, b, a, c),
                "the sign is turned: from a to b, and then on from c, is b - a + c",
            ),
        ],
    )


SENTENCES, SHARE, LONGEST = 2_000, 0.9, 64
ALLOWED = {"model", "embedding_size", "window", "negatives", "epochs", "learning_rate"}
ALLOWED |= {"subsample", "block", "shared", "seed"}


@check(expects="a dictionary of arguments of fit_word2vec")
def arguments(arguments: Any) -> None:
    """Exercise 7: enough analogies from few sentences."""
    if not isinstance(arguments, dict):
        raise Hint("give a dictionary, such as {'epochs': 5}")
    if unknown := set(arguments) - ALLOWED:
        raise Hint(f"fit_word2vec has no argument {sorted(map(str, unknown))[0]!r} for this")
    if not arguments.get("embedding_size", 100) <= LONGEST:
        raise Hint(f"the vectors may have {LONGEST} numbers at most: set embedding_size")
    if not arguments.get("epochs", 10) <= 200:
        raise Hint("more than 200 epochs take too long; something else is more effective")
    planted = Planted()
    shares = []
    for seed in (101, 102):
        try:
            learned = fit_word2vec(planted.sample(SENTENCES, seed), **arguments).input
        except (TypeError, ValueError) as error:
            raise Hint(f"fit_word2vec refuses this: {error}") from None
        shares.append(score_analogies(learned, planted.analogies()).accuracy)
    if min(shares) < SHARE:
        raise Hint(
            f"{100 * min(shares):.0f} % of the analogies are right: which of the two models uses "
            "each pair by itself, and how often is the text read?"
        )
