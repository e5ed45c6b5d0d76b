"""The exercises of chapter 05, embeddings at work."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import numpy as np

from textbook_nlp.by_hand.pooling import masked_mean_forward
from textbook_nlp.lab.checks.core import (
    Hint,
    call,
    check,
    expect_array,
    expect_equal,
    expect_function,
)

Vectors = Mapping[str, Sequence[float]]


@check(expects="a whole number")
def parameters(parameters: Any) -> None:
    """Exercise 1: the numbers that a classifier of V = 10,000, E = 16 and H = 24 learns."""
    V, E, H = 10_000, 16, 24
    expect_equal(
        parameters,
        V * E + E * H + H + H + 1,
        name="parameters",
        mistakes=[
            (
                V * E + E * H + H,
                "either the biases of both dense layers or the whole last layer is missing",
            ),
            (V * E + E * H + H + H, "one bias is missing: the last layer has one too"),
            (V * E + E * H + H + 1, "the hidden layer has a bias for each of its units"),
            (E * H + H + H + 1, "the vectors are learned too: one for each word"),
            (V * E + E + 1, "between the average and the score stands a hidden layer"),
        ],
    )


@check(expects="two numbers")
def average(average: Any) -> None:
    """Exercise 2: the average of a padded text."""
    expect_array(
        average,
        np.array([2.0, 1.0]),
        rtol=0.0,
        atol=1e-3,
        name="average",
        mistakes=[
            (np.array([1.5, 0.75]), "that divides by all four places; one of them is padding"),
            (np.array([6.0, 3.0]), "that is the sum; divide it by the number of words"),
            (np.array([3.0, 2.25]), "the vector of padding must not be added or counted"),
            (np.array([4.0, 3.0]), "the vector of padding must not be added"),
            (np.array([2.5, 0.0]), "*fine* stands twice and counts twice"),
        ],
    )


@check(expects="two numbers")
def gradient(gradient: Any) -> None:
    """Exercise 3: the gradient of the vector of a word that occurs twice among four."""
    dz = np.array([0.6, -0.2])
    expect_array(
        gradient,
        dz / 2,
        rtol=0.0,
        atol=1e-3,
        name="gradient",
        mistakes=[
            (dz / 4, "that is the share of one place; the word stands at two"),
            (dz, "the average divides by the four words, so each place gets a share"),
            (2 * dz, "the average divides by the four words, so each place gets a share"),
            (2 * dz / 3, "the text has four words, of which two are the same"),
        ],
    )


def _pool(W: np.ndarray, ids: np.ndarray) -> np.ndarray:
    return masked_mean_forward(W[ids], ids != 0)


@check(expects="a function fixed_pool(W, ids) that returns an array (B, E)")
def fixed_pool(function: Any) -> None:
    """Exercise 4: the average that counted padding."""
    rng = np.random.default_rng(5)
    W = rng.standard_normal((6, 3))
    full, padded = np.array([[1, 2, 3, 2]]), np.array([[4, 5, 0, 0], [1, 0, 0, 0], [3, 1, 2, 5]])
    expect_function(
        function,
        _pool,
        [(W, full), (W, padded), (W, np.pad(padded, ((0, 0), (0, 3))))],
        reveal=False,
        mistakes=[
            (
                lambda W, ids: W[ids].mean(axis=1),
                "the fault is still there: padding adds its vector and is counted as a word",
            ),
            (
                lambda W, ids: (W[ids] * (ids != 0)[:, :, None]).mean(axis=1),
                "the vector of padding is gone, but its places still count in the length",
            ),
            (
                lambda W, ids: W[ids].sum(axis=1) / (ids != 0).sum(axis=1, keepdims=True),
                "the length is right, but the vector of padding is still added",
            ),
        ],
    )
    empty = np.asarray(call(function, W, np.zeros((1, 2), dtype=np.int64)), dtype=float)
    if empty.shape != (1, 3) or not np.array_equal(empty, np.zeros((1, 3))):
        raise Hint(
            "a text without any word has no average; here it is defined as zeros: do not divide "
            "by a length below 1"
        )


def _coverage(texts: Sequence[Sequence[str]], vectors: Vectors) -> float:
    tokens = [token for text in texts for token in text]
    return sum(token in vectors for token in tokens) / len(tokens)


@check(expects="a function coverage(texts, vectors) that returns a share from 0 to 1")
def coverage(function: Any) -> None:
    """Exercise 5: the share of the tokens that have a vector."""
    vectors = {"the": [1.0], "plot": [0.5], "dull": [2.0]}
    texts = [["the", "plot", "was", "dull"], ["the", "the", "cast"], ["lumbering"]]
    expect_function(
        function,
        _coverage,
        [(texts, vectors), (texts[:1], vectors), ([["was"]], vectors), (texts, {"was": [0.0]})],
        reveal=False,
        mistakes=[
            (
                lambda t, v: _coverage([list({w for text in t for w in text})], v),
                "that is the coverage of the types; count every token",
            ),
            (
                lambda t, v: float(np.mean([_coverage([text], v) for text in t])),
                "that is the mean over texts; long texts hold more tokens than short ones",
            ),
            (lambda t, v: 1 - _coverage(t, v), "that is the share that has no vector"),
            (
                lambda t, v: sum(w in v for text in t for w in text),
                "that is a count; divide it by the number of tokens",
            ),
        ],
    )


def _matrix(tokens: Sequence[str], vectors: Vectors) -> np.ndarray:
    E = len(next(iter(vectors.values())))
    return np.array([vectors.get(token, np.zeros(E)) for token in tokens], dtype=float)


@check(expects="a function embedding_matrix(tokens, vectors) that returns an array (V, E)")
def embedding_matrix(function: Any) -> None:
    """Exercise 6: one row for each token of a vocabulary."""
    vectors = {"dull": [2.0, 0.0, 1.0], "good": [-2.0, 0.5, 1.0], "plot": [0.0, 3.0, 0.0]}
    tokens = ["<pad>", "<unk>", "good", "turgid", "plot"]
    expect_function(
        function,
        _matrix,
        [(tokens, vectors), (["dull"], vectors), (["x", "good", "y"], vectors)],
        reveal=False,
        mistakes=[
            (
                lambda t, v: np.array(list(v.values())),
                "the rows are in the order of the file; they must be in that of the vocabulary",
            ),
            (
                lambda t, v: np.array([v[token] for token in t if token in v]),
                "a word without a vector needs a row of zeros, or all rows behind it move up",
            ),
            (lambda t, v: _matrix(t, v).T, "one row for each token: the array is transposed"),
        ],
    )


def _stop(losses: Sequence[float], patience: int) -> tuple[int, int]:
    return _walk(losses, patience, lambda loss, i, best: loss < losses[best])


def _walk(
    losses: Sequence[float], patience: int, better: Callable[[float, int, int], bool]
) -> tuple[int, int]:
    """Stop early where `better` says of a loss whether it is a new best."""
    best = 0
    for i, loss in enumerate(losses):
        if better(loss, i, best):
            best = i
        if i - best >= patience:
            return best + 1, i + 1
    return best + 1, len(losses)


def _patience_for_good(losses: Sequence[float], patience: int) -> tuple[int, int]:
    """A wrong one: the epochs without a new best are counted, and the count is never set back."""
    best = waited = 0
    for i, loss in enumerate(losses):
        if loss < losses[best]:
            best = i
        elif i:
            waited += 1
        if waited >= patience:
            return best + 1, i + 1
    return best + 1, len(losses)


def _pair(function: Callable[..., Any]) -> Callable[..., tuple[float, ...]]:
    """Let two numbers come as a tuple, a list, an array or a tensor."""

    @wraps(function)
    def paired(losses: Sequence[float], patience: int) -> Any:
        answer = function(losses, patience)
        if hasattr(answer, "tolist") and np.shape(answer) == (2,):
            return tuple(answer.tolist())
        return tuple(answer) if isinstance(answer, list) else answer

    return paired


@check(expects="a function stop(losses, patience) that returns two whole numbers")
def stop(function: Any) -> None:
    """Exercise 7: early stopping."""
    falling = [0.7, 0.6, 0.5, 0.45]
    valley = [0.69, 0.6, 0.55, 0.58, 0.54, 0.56, 0.57, 0.6, 0.5]
    steps = [0.5, 0.6, 0.55, 0.58, 0.57]
    equal = [0.5, 0.5, 0.5, 0.4]
    expect_function(
        _pair(function) if callable(function) else function,
        _stop,
        [(valley, 3), (valley, 1), (falling, 2), (valley, 9), (equal, 2), (steps, 3)],
        reveal=False,
        mistakes=[
            (
                lambda losses, p: (int(np.argmin(losses)) + 1, len(losses)),
                "training goes on to the end here; it must stop after `patience` epochs without a "
                "new best, and never see what would have come later",
            ),
            (
                lambda losses, p: (int(np.argmin(losses)) + 1, _stop(losses, p)[1]),
                "the best epoch is sought among all losses, also those of epochs after the stop, "
                "which are never trained",
            ),
            (
                lambda losses, p: _walk(losses, p, lambda loss, i, _: i and loss < losses[i - 1]),
                "compare each loss with the best so far, not with that of the epoch before",
            ),
            (
                lambda losses, p: _walk(losses, p, lambda loss, i, best: loss <= losses[best]),
                "an equal loss is not a new lowest one: compare with <, not with <=",
            ),
            (
                _patience_for_good,
                "the count of epochs without a new best begins again at each new best",
            ),
            (
                lambda losses, p: tuple(n - 1 for n in _stop(losses, p)),
                "epochs count from 1",
            ),
            (
                lambda losses, p: (_stop(losses, p)[1],) * 2,
                "the weights that are kept are those of the best epoch, not of the last one",
            ),
            (
                lambda losses, p: _stop(losses, p + 1),
                "it stops one epoch too late: `patience` epochs without a new best are enough",
            ),
            (lambda losses, p: _stop(losses, p)[::-1], "the best epoch comes first"),
        ],
    )
