"""The exercises of chapter 13, Attention."""

import numpy as np

from textbook_nlp.by_hand.softmax import softmax
from textbook_nlp.lab.checks import (
    Hint,
    any_of,
    as_array,
    call,
    check,
    check_function,
    check_value,
)


@check_value(
    expects="three weights and two numbers",
    rtol=1e-2,
    mistakes={
        "those are the scores: the weights are their softmax": (
            tuple(np.log([2.0, 4.0, 8.0])),
            ...,
        ),
        "those are e to the scores: divide by their sum": ((2.0, 4.0, 8.0), ...),
        "those are the scores, each divided by their sum; take e to the scores first": (
            tuple(np.log([2.0, 4.0, 8.0]) / np.log(64.0)),
            ...,
        ),
        "the weights belong to the keys in their order": ((4 / 14, 2 / 14, 8 / 14), ...),
        "that is the plain mean of the values: weigh them": (..., (2 / 3, 2 / 3)),
        "that is the sum of the values times e to the score: divide by 14": (..., (10.0, 12.0)),
        "the two numbers of the context are exchanged": (..., (12 / 14, 10 / 14)),
        "that is the state with the largest weight; take all of them, each times its weight": (
            ...,
            (1.0, 1.0),
        ),
    },
)
def on_paper(
    three_weights=(2 / 14, 4 / 14, 8 / 14),
    two_numbers=(10 / 14, 12 / 14),
):
    """Exercise 1: attention of one query over three keys."""


@check_value(
    expects="three shapes, each a tuple of three integers",
    mistakes={
        "keys: both directions stand side by side, 64 numbers each": ((32, 20, 64), ..., ...),
        "keys: there is one for each word that is read": ((32, 15, 128), ..., ...),
        "weights: a row for each word written, a column for each word read": (
            ...,
            (32, 20, 15),
            ...,
        ),
        "weights: one number for each pair of words, no features": (..., (32, 15, 20, 128), ...),
        "contexts: one for each word written": (..., ..., (32, 20, 128)),
        "contexts: as many numbers as a value has, which is a key here": (..., ..., (32, 15, 20)),
        "contexts: the values have both directions": (..., ..., (32, 15, 64)),
        "contexts: the decoder's state is not in it yet": (..., ..., (32, 15, 256)),
    },
)
def shapes(
    keys_shape=(32, 20, 128),
    weights_shape=(32, 15, 20),
    contexts_shape=(32, 15, 128),
):
    """Exercise 2: the shapes of keys, weights and contexts."""


def _two_keys(weight_beta=1.0, slope_beta=1.0, sign=-1.0):
    def two_keys(difference, beta):
        alpha = 1 / (1 + np.exp(sign * (beta if weight_beta else 1) * difference))
        return alpha, (beta if slope_beta else 1) * alpha * (1 - alpha)

    return two_keys


@check_function(
    expects="a function two_keys(difference, beta) that returns the weight and its slope",
    cases=[(0.5, 2.0), (-1.0, 0.5), (0.0, 3.0), (2.0, 1.0)],
    reveal=False,
    mistakes={
        "the weight is right; its slope has the factor beta too": _two_keys(slope_beta=0),
        "beta multiplies the scores before the softmax": _two_keys(weight_beta=0),
        "that is the weight of the second key": _two_keys(sign=1.0),
        "the slope of a sigmoid is alpha (1 - alpha)": any_of(
            lambda difference, beta: (
                _two_keys()(difference, beta)[0],
                beta * _two_keys()(difference, beta)[0],
            ),
            lambda difference, beta: (
                _two_keys()(difference, beta)[0],
                beta * (1 - _two_keys()(difference, beta)[0] ** 2),
            ),
        ),
    },
)
def two_keys(difference, beta):
    """Exercise 3: the softmax of two scores, and its slope."""
    return _two_keys()(difference, beta)


def _look(queries, keys, mask, late=False, zeros=False, again=False, turned=False):
    """Attention in NumPy; the switches are for known mistakes."""
    scores = queries @ keys.swapaxes(1, 2)
    seen = np.broadcast_to(mask[:, None, :], scores.shape)
    if turned:
        seen = ~seen
    if zeros:
        weights = softmax(scores * seen)
    elif late or again:
        weights = softmax(scores) * seen
    else:
        weights = softmax(np.where(seen, scores, -np.inf))
    if again:
        weights = softmax(weights)
    return weights @ keys, weights


@check(
    expects="a function mended_look(queries, keys, mask) that returns contexts and weights",
    right=_look,
    mistakes={
        "return two arrays, the contexts and the weights": lambda *given: 5,
        "the weights have the shape (B, T, S)": lambda *given: (
            _look(*given)[0],
            _look(*given)[1].swapaxes(1, 2),
        ),
        "the weights of a sentence with padding still do not sum to one": any_of(
            lambda *given: _look(*given, late=True),
        ),
        "padding still has weight: a score of 0 counts": lambda *given: _look(*given, zeros=True),
        "padding still has weight: hide it from the softmax": lambda q, k, mask: _look(
            q, k, np.ones_like(mask)
        ),
        "padding still has weight: a second softmax": lambda *given: _look(*given, again=True),
        "the mask is true at real words": lambda *given: _look(*given, turned=True),
        "the weights are right, the contexts are not": lambda *given: (
            2 * _look(*given)[0],
            _look(*given)[1],
        ),
        "these weights sum to one, but they are not the softmax": lambda q, k, mask: (
            (w := np.broadcast_to(mask[:, None] / mask.sum(1)[:, None, None], (2, 3, 5))) @ k,
            w,
        ),
    },
)
def mended_look(function):
    """Exercise 4: attention whose mask comes too late."""
    rng, (B, T, S, D) = np.random.default_rng(0), (2, 3, 5, 4)
    queries, keys = rng.standard_normal((B, T, D)), rng.standard_normal((B, S, D))
    mask = np.arange(S) < np.array([[5], [3]])
    found = call(function, queries, keys, mask)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Hint("return two arrays, the contexts and the weights")
    contexts, weights = as_array(found[0]), as_array(found[1])
    if weights.shape != (B, T, S):
        raise Hint(f"the weights have the shape (B, T, S), {(B, T, S)}, not {weights.shape}")
    wanted, right = _look(queries, keys, mask)
    if np.allclose(weights[1, :, :3], 0):
        raise Hint("the mask is true at real words, and false at padding")
    if not np.allclose(weights[1, :, 3:], 0):
        if np.allclose(weights, softmax(_look(queries, keys, mask, late=True)[1])):
            raise Hint("padding still has weight: a second softmax gives it e to the 0 again")
        if np.allclose(weights, _look(queries, keys, mask, zeros=True)[1]):
            raise Hint("padding still has weight: a score of 0 counts, since e to the 0 is 1")
        raise Hint("padding still has weight: hide it from the softmax, with minus infinity")
    if not np.allclose(weights.sum(axis=2), 1):
        raise Hint("the weights of a sentence with padding still do not sum to one")
    if not np.allclose(weights, right):
        raise Hint("these weights sum to one, but they are not the softmax of the scores")
    if contexts.shape != wanted.shape or not np.allclose(contexts, wanted):
        raise Hint("the weights are right, the contexts are not: weights times values")


@check_value(
    expects="two contexts, each of two numbers",
    rtol=1e-2,
    atol=1e-6,
    mistakes={
        "the long query: that is its state times the score; the softmax makes the weight 1": (
            (200.0, 400.0),
            ...,
        ),
        "the long query: that is the context of the example; now one weight is nearly 1": (
            (0.845, 1.575),
            ...,
        ),
        "the long query: the largest score is that of book": any_of(
            ((2.0, 0.0), ...), ((0.0, 1.0), ...)
        ),
        "the zero query: equal scores are equal weights, not none": (..., (0.0, 0.0)),
        "the zero query: that is the sum; each weighs a third": (..., (3.0, 3.0)),
    },
)
def ends(longest=(1.0, 2.0), zero=(1.0, 1.0)):
    """Exercise 5: a very long query, and one of zeros."""


def _additive(q, keys, W_q, W_k, b, v, bias=True, tanh=True, soft=True, swapped=False):
    """The additive score and its softmax; the switches are for known mistakes."""
    if swapped:
        W_q, W_k = W_k, W_q
    a = q @ W_q + keys @ W_k + (b if bias else 0)
    scores = (np.tanh(a) if tanh else a) @ v
    return softmax(scores) if soft else scores


_RNG = np.random.default_rng(2)
_ADDITIVE = tuple(_RNG.standard_normal(s) for s in (3, (5, 3), (3, 4), (3, 4), 4, 4))


@check_function(
    expects="a function additive(q, keys, W_q, W_k, b, v) that returns S weights",
    cases=[_ADDITIVE, (2 * _ADDITIVE[0], *_ADDITIVE[1:])],
    reveal=False,
    mistakes={
        "those are the scores: the weights are their softmax": {"soft": False},
        "the bias is missing": {"bias": False},
        "the tanh is missing": {"tanh": False},
        "W_q belongs to the query, W_k to the keys": {"swapped": True},
    },
)
def additive(q, keys, W_q, W_k, b, v, bias=True, tanh=True, soft=True, swapped=False):
    """Exercise 6: weights by the additive score."""
    return _additive(q, keys, W_q, W_k, b, v, bias, tanh, soft, swapped)


@check_value(
    expects="two lists of three numbers",
    atol=1e-9,
    mistakes={
        "the right one: subtract the mean, which is 3 here": ((2.1, 0.6, 0.3), ...),
        "the right one: that is d alpha itself; subtract the mean, then multiply by the weight": (
            (3.0, 3.0, 3.0),
            ...,
        ),
        "the wrong one: without the mean a weight times its gradient is left": (
            ...,
            (0.0, 0.0, 0.0),
        ),
        "the wrong one: each gradient times its weight": (..., (3.0, 3.0, 3.0)),
        "the wrong one: those are the weights alone": (..., (0.7, 0.2, 0.1)),
    },
)
def three_equal(right_gradient=(0.0, 0.0, 0.0), wrong_gradient=(2.1, 0.6, 0.3)):
    """Exercise 7: the gradient of the scores where all words help equally."""


def _catches_up(shares, attention, margin, both=False, strict=False, values=False):
    pairs = list(zip(shares, attention, strict=True))
    found = [
        i
        for i, (one, other) in enumerate(pairs)
        if (abs(one - other) <= margin if both else one >= other - margin * (not strict))
    ]
    return [shares[i] for i in found] if values else found


@check_function(
    expects="a function catches_up(shares, attention, margin) that returns a list of indices",
    cases=[
        ([1.0, 0.75, 0.5], [1.0, 0.9, 1.0], 0.2),
        ([1.0, 0.5, 0.25], [0.5, 1.0, 0.25], 0.25),
        ([0.0, 0.0], [1.0, 1.0], 0.1),
    ],
    mistakes={
        "a share above attention's has caught up as well": {"both": True},
        "that allows no margin": {"strict": True},
        "those are the shares: return their indices": {"values": True},
    },
)
def catches_up(shares, attention, margin, both=False, strict=False, values=False):
    """Exercise 8: the lengths at which one model comes close to another."""
    return _catches_up(shares, attention, margin, both, strict, values)
