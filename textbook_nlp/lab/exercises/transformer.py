"""The exercises of chapter 15, The Transformer."""

import numpy as np

from textbook_nlp.by_hand.softmax import softmax
from textbook_nlp.lab.checks import (
    Hint,
    as_array,
    call,
    check,
    check_function,
    check_value,
)


@check_value(
    expects="two vectors of two numbers",
    rtol=1e-2,
    atol=1e-9,
    mistakes={
        "hat: it comes first now, and may not see old and wore behind it": (
            (0.0529, 1.7885),
            ...,
        ),
        "hat: that is the value of old, which stands behind it": ((0.0, 2.0), ...),
        "hat: that is its vector X; take its value, X W_v": ((2.0, 0.0, 0.0, 1.0), ...),
        "hat: that is its key; what is found is a value, X W_v": ((2.0, 0.0), ...),
        "old: it may not see wore, which stands behind it": (..., (1 / 3, 2 / 3)),
        "old: it asks for nothing, so its scores are equal, and so are its weights": (
            ...,
            (0.0, 0.0),
        ),
        "old: that is its own value; it sees hat as well": (..., (0.0, 2.0)),
        "old: that is the value of hat; it sees itself as well": (..., (1.0, 0.0)),
        "old: that is the sum of two values; take their mean": (..., (1.0, 2.0)),
    },
)
def on_paper(hat_finds=(1.0, 0.0), old_finds=(0.5, 1.0)):
    """Exercise 1: what two words find under the causal mask."""


@check_value(
    expects="three shapes, each a tuple of integers",
    mistakes={
        "queries: the heads come before the words": ((8, 20, 4, 16), ..., ...),
        "queries: the 64 numbers are divided among the heads": ((8, 4, 20, 64), ..., ...),
        "queries: that is before they are split": ((8, 20, 64), ..., ...),
        "weights: every head has its own": (..., (8, 20, 20), ...),
        "weights: one number for each pair of words, no features": (..., (8, 4, 20, 16), ...),
        "result: the heads are laid side by side again": (..., ..., (8, 4, 20, 16)),
        "result: all heads together have 64 numbers": (..., ..., (8, 20, 16)),
    },
)
def shapes(
    queries_shape=(8, 4, 20, 16),
    weights_shape=(8, 4, 20, 20),
    result_shape=(8, 20, 64),
):
    """Exercise 2: the shapes of queries, weights and the result."""


@check_function(
    expects="a function turn_by(k, r) that returns an array of shape (2, 2)",
    cases=[(1, 0.5), (3, 0.1), (2, 1.0)],
    reveal=False,
    mistakes={
        "that is the matrix transposed: it turns the other way": {"way": -1},
        "the angle is r times k": {"forget_rate": True},
        "sine and cosine are exchanged in the matrix": {"swapped": True},
        "the sign of one sine is missing: cos(a + b) = cos a cos b - sin a sin b": {"sign": 1},
    },
)
def turn_by(k, r, way=1, forget_rate=False, swapped=False, sign=-1):
    """Exercise 3: the matrix that shifts a pair of waves."""
    b = way * k * (1 if forget_rate else r)
    c, s = np.cos(b), np.sin(b)
    if swapped:
        c, s = s, c
    return np.array([[c, s], [sign * s, c]])


@check_function(
    expects="a function block_parameters(D) that returns a number",
    cases=[(64,), (128,), (10,)],
    reveal=False,
    mistakes={
        "the biases and the norms are missing": lambda D: 12 * D * D,
        "the biases are missing": lambda D: 12 * D * D + 4 * D,
        "the norms are missing: each has a scale and a shift": {"norms": 0},
        "there are two norms": {"norms": 1},
        "that has three norms, as in a decoder": {"norms": 3},
        "attention has four matrices: the last one mixes the heads": {"matrices": 3},
        "that has cross-attention, too": {"matrices": 8},
        "the feed-forward network has two matrices": lambda D: 8 * D * D + 13 * D - D,
    },
)
def block_parameters(D, matrices=4, norms=2):
    """Exercise 4: how many parameters a block has."""
    return matrices * (D * D + D) + 8 * D * D + 5 * D + norms * 2 * D


def _split(x, N):
    B, T, D = x.shape
    return x.reshape(B, T, N, D // N).swapaxes(1, 2)


@check_function(
    expects="a function mended_split(x, N) that returns an array of shape (B, N, T, D / N)",
    cases=[
        (np.arange(2 * 3 * 8, dtype=float).reshape(2, 3, 8), 2),
        (np.arange(4 * 6, dtype=float).reshape(1, 4, 6), 3),
    ],
    reveal=False,
    mistakes={
        "that is still the function with the bug: head 0 gets the first half of the text": (
            lambda x, N: x.reshape(x.shape[0], N, x.shape[1], -1)
        ),
        "the features are cut, but the heads must come before the words": (
            lambda x, N: x.reshape(*x.shape[:2], N, -1)
        ),
        "words and features of a head are exchanged": (lambda x, N: _split(x, N).swapaxes(2, 3)),
        "a head gets neighbors among the features, not every N-th": (
            lambda x, N: x.reshape(*x.shape[:2], -1, N).transpose(0, 3, 1, 2)
        ),
    },
)
def mended_split(x, N):
    """Exercise 5: heads that are cut out of the features."""
    return _split(x, N)


@check(
    expects="a function mended_shift(target) that returns inputs and targets",
    right=lambda target: (target[:, :-1], target[:, 1:]),
    mistakes={
        "return two arrays": lambda target: 5,
        "that is still the function with the bug": lambda target: (
            target[:, :-1],
            target[:, :-1],
        ),
        "the two are exchanged": lambda target: (target[:, 1:], target[:, :-1]),
        "the targets are right; leave the last word out of what is read": lambda target: (
            target,
            target[:, 1:],
        ),
        "both have one column less than the target": lambda target: (target, target),
        "that is shifted by two": lambda target: (target[:, :-2], target[:, 2:]),
        "both begin with the second word": lambda target: (target[:, 1:], target[:, 1:]),
        "these are not the words of the target": lambda target: (
            0 * target[:, 1:],
            target[:, 1:],
        ),
    },
)
def mended_shift(function):
    """Exercise 6: what the decoder reads, and what it is to predict."""
    target = np.array([[1, 7, 8, 9, 2], [1, 5, 6, 4, 2]])
    found = call(function, target)
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise Hint("return two arrays: what is read, and what is to be predicted")
    inputs, targets = (as_array(each) for each in found)
    if np.array_equal(inputs, target[:, :-1]) and np.array_equal(targets, target[:, 1:]):
        return
    if np.array_equal(inputs, target[:, :-1]) and np.array_equal(targets, inputs):
        raise Hint("that is still the function with the bug: each word is asked where it is read")
    if np.array_equal(inputs, target[:, 1:]) and np.array_equal(targets, target[:, :-1]):
        raise Hint("the two are exchanged: the word to be predicted comes after what is read")
    if np.array_equal(inputs, target) and np.array_equal(targets, target[:, 1:]):
        raise Hint("the targets are right; leave the last word out of what is read: none follows")
    if np.array_equal(inputs, target[:, :-2]) and np.array_equal(targets, target[:, 2:]):
        raise Hint("that is shifted by two: the next word would never be learned")
    if np.array_equal(inputs, target[:, 1:]) and np.array_equal(targets, inputs):
        raise Hint("both begin with the second word: they are equal again")
    if inputs.shape != (2, 4) or targets.shape != (2, 4):
        raise Hint("both have one column less than the target, (B, T - 1)")
    raise Hint("these are not the words of the target in their order")


@check_value(
    expects="two numbers of places, from 0 to 8",
    mistakes={
        "one layer: the first two places do change": (0, ...),
        "one layer: the first place sees another word now": (1, ...),
        "one layer: from the third place on the same words are seen": (8, ...),
        "one layer: a place sees a set of words, and from the third on it is the same": (6, ...),
        "two layers: what the first layer put at two places is another now": (..., 2),
        "two layers: something changes already after one": (..., 0),
        "two layers: the first places change as well": (..., 6),
    },
)
def exchanged(one_layer=2, two_layers=8):
    """Exercise 7: the first two words exchanged, without positions."""


def _masked(mask):
    def function(x):
        scores = np.where(mask, x @ x.swapaxes(1, 2), -np.inf)
        return softmax(scores) @ x

    return function


_X = np.random.default_rng(0).standard_normal((2, 6, 4)) / 2
_FAR, _FIRST = np.tri(6, k=1, dtype=bool), np.tri(6, dtype=bool)
_FIRST[0, 1] = True
_JUMP = np.tri(6, dtype=bool)
_JUMP[1, 5] = True


def _behind_a_norm(x):
    """Every word sees every other, and what is added to all features of one is taken out."""
    n = x - x.mean(axis=2, keepdims=True)
    return n + n.mean(axis=1, keepdims=True)


def _leaks(function, x, places=None, turned=False, constant=False):
    rng, before = np.random.default_rng(0), function(x)
    for t in range(1, x.shape[1]) if places is None else places(x.shape[1]):
        changed = x.copy()
        changed[:, t:] += 1.0 if constant else rng.standard_normal(changed[:, t:].shape)
        if not np.allclose(function(changed)[:, :t], before[:, :t]):
            return not turned
    return turned


@check(
    expects="a function leaks(function, x) that returns True or False",
    right=_leaks,
    mistakes={
        "return True or False": lambda function, x: 5,
        "it says the same of every function": lambda function, x: True,
        "true and false are exchanged": lambda function, x: _leaks(function, x, turned=True),
        "it misses a leak behind a norm": lambda function, x: _leaks(function, x, constant=True),
        "it misses a leak into the first place": lambda function, x: _leaks(
            function, x, places=lambda T: [T - 1]
        ),
        "it misses a leak from the last place": lambda function, x: any(
            not np.allclose(
                function(x + (np.arange(x.shape[1]) == t)[:, None])[:, :t], function(x)[:, :t]
            )
            for t in range(1, x.shape[1] - 1)
        ),
    },
)
def leaks(function):
    """Exercise 8: a test for what sees the future."""
    causal = _masked(np.tri(6, dtype=bool))
    cases = {"causal": causal, "far": _masked(_FAR), "first": _masked(_FIRST)}
    cases["jump"] = _masked(_JUMP)
    cases["all"] = _masked(np.ones((6, 6), bool))
    cases["norm"] = _behind_a_norm
    found = {name: call(function, case, _X.copy()) for name, case in cases.items()}
    if any(not isinstance(said, bool | np.bool_) for said in found.values()):
        raise Hint("return True or False")
    if len(set(map(bool, found.values()))) == 1:
        if found["causal"]:
            raise Hint(
                "it says the same of every function, also of one that is causal: compare only the "
                "places before the change"
            )
        raise Hint("it says the same of every function, that it does not leak")
    if found["causal"] and not found["all"]:
        raise Hint("true and false are exchanged")
    if found["causal"]:
        raise Hint("a causal function does not leak: compare the places before the change alone")
    for name, words in (
        ("first", "it misses a leak into the first place from the second: try every place"),
        ("jump", "it misses a leak from the last place into the second: try every place"),
        ("far", "it misses a mask that is one step too wide"),
        ("all", "it misses a function without any mask"),
        (
            "norm",
            "it misses a leak behind a norm, which takes out what is added to all features alike: "
            "change them by random numbers",
        ),
    ):
        if not found[name]:
            raise Hint(words)


@check_function(
    expects="a function rate(n, D, w) that returns a number",
    cases=[(1, 512, 4000), (4000, 512, 4000), (20000, 64, 400), (7, 64, 10)],
    reveal=False,
    mistakes={
        "take the smaller of the two, not the larger": {"choose": max},
        "D has the power -1/2": {"power": 0.5},
        "the factor with D is missing": {"power": 0},
        "w has the power -3/2": {"warm": -0.5},
        "that has no warm-up: it only falls": lambda n, D, w: D**-0.5 * n**-0.5,
        "that only rises": lambda n, D, w: D**-0.5 * n * w**-1.5,
    },
)
def rate(n, D, w, choose=min, power=-0.5, warm=-1.5):
    """Exercise 9: the learning rate of the first Transformer."""
    return D**power * choose(n**-0.5, n * w**warm)
