"""The exercises of chapter 00, learning from examples."""

import numpy as np

from textbook_nlp.lab.checks import (
    Hint,
    any_of,
    as_array,
    call,
    check,
    check_function,
    check_value,
)

_X, _Y = np.array([-3.0, -2, -1, 1, 2, 3]), np.array([0.0, 0, 1, 0, 1, 1])


_LOSS = -np.log(0.8 * 0.7) / 2


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


@check_value(
    expects="one number, in nats",
    rtol=0.0,
    atol=0.0011,  # three decimals, and a little more
    mistakes={
        "take the natural logarithm: the answer is wanted in nats": -np.log2(0.8 * 0.7) / 2,
        "that is the sum; the loss is the mean over the two": -np.log(0.8 * 0.7),
        "the loss is positive: mind the minus sign": np.log(0.8 * 0.7) / 2,
        "the second one was disliked: the truth had the probability 1 - 0.3": (
            -np.log(0.8 * 0.3) / 2
        ),
        "that is a mean of probabilities; take the logarithm of each first": (0.8 + 0.7) / 2,
        "take the logarithm of each, then the mean, not the other way round": -np.log(0.75),
    },
)
def loss_of_two(loss=_LOSS):
    """Exercise 1: the loss of two reviews, on paper."""


def _squared(w, x, y):
    p = _sigmoid(w * x)
    return np.mean(2 * (p - y) * p * (1 - p) * x)


@check_function(
    expects="a function squared_gradient(w, x, y) that returns one number",
    cases=[(0.0, _X, _Y), (1.5, _X, _Y), (-0.7, _X[:4], _Y[1:5])],
    mistakes={
        "the slope of the sigmoid, p (1 - p), is missing": {"slope": lambda p: 1.0},
        "the square has a slope of 2 times what is squared": {"factor": 1.0},
        "the sign is turned: p - y, since p is what moves": {"error": lambda p, y: y - p},
        "the slope of the sigmoid is p (1 - p), not p": {"slope": lambda p: p},
        "that is the loss itself, not its slope": (
            lambda w, x, y: np.mean((_sigmoid(w * x) - y) ** 2)
        ),
        "the sigmoid is applied to w x, and its inner slope is x": (
            lambda w, x, y: np.mean(
                2 * (_sigmoid(w * x) - y) * _sigmoid(w * x) * (1 - _sigmoid(w * x))
            )
        ),
        "the mean over the examples is wanted, not the sum": (
            lambda w, x, y: len(x) * _squared(w, x, y)
        ),
    },
)
def squared_gradient(w, x, y, error=lambda p, y: p - y, slope=lambda p: p * (1 - p), factor=2.0):
    """Exercise 2: the derivative of the mean squared error."""
    p = _sigmoid(w * x)
    return np.mean(factor * error(p, y) * slope(p) * x)


@check_function(
    expects="a function measured(function, at, nudge) that returns one number",
    cases=[(np.sin, 0.3, 1e-2), (np.exp, 1.0, 0.1), (np.square, -2.0, 0.5)],
    mistakes={
        "divide by the distance between the two points, which is twice the nudge": (
            lambda f, a, n: (f(a + n) - f(a - n)) / n
        ),
        "nudge to both sides: one side alone is less exact": any_of(
            lambda f, a, n: (f(a + n) - f(a)) / n, lambda f, a, n: (f(a) - f(a - n)) / n
        ),
        "the sign is turned: what lies to the right comes first": (
            lambda f, a, n: (f(a - n) - f(a + n)) / (2 * n)
        ),
    },
)
def measured(function, at, nudge):
    """Exercise 3: the slope of a function, measured."""
    return (function(at + nudge) - function(at - nudge)) / (2 * nudge)


@check_function(
    expects="a function like descend_with_a_bug, mended",
    cases=[(_X, _Y, 1, 1.0), (_X, _Y, 20, 0.5), (_X[:3], _Y[:3], 7, 2.0)],
    reveal=False,
    mistakes={
        "the fault is still there: what is in `gradient` when the second step begins?": (
            {"add": True}
        ),
        "now it goes up the slope": {"up": True},
        "a smaller step hides the fault and does not mend it": {"add": True, "share": 0.5},
    },
)
def descend(x, y, steps, rate, add=False, up=False, share=1.0):
    """Exercise 4: gradient descent that forgets the gradients of earlier steps."""
    w, total = 0.0, 0.0
    for _ in range(steps):
        gradient = np.mean((_sigmoid(w * x) - y) * x)
        total = total + gradient if add else gradient
        w = w + rate * total if up else w - rate * share * total
    return w


def _parts(n, seed):
    order = np.random.default_rng(seed).permutation(n)
    return order[: n * 6 // 10], order[n * 6 // 10 : n * 8 // 10], order[n * 8 // 10 :]


@check(
    expects="a function split(n, seed) that returns three arrays of integers",
    right=_parts,
    mistakes={
        "some places stand in two parts": (
            lambda n, seed: (_parts(n, seed)[0], _parts(n, seed + 1)[1], _parts(n, seed)[2])
        ),
        "some places stand in no part": lambda n, seed: tuple(p[:-1] for p in _parts(n, seed)),
        "sixty, twenty and twenty in a hundred": lambda n, seed: np.split(
            np.random.default_rng(seed).permutation(n), [n // 3, 2 * n // 3]
        ),
        "the parts must be drawn by chance": lambda n, seed: np.split(
            np.arange(n), [n * 6 // 10, n * 8 // 10]
        ),
        "another seed must give another split": lambda n, seed: _parts(n, 0),
        "the same seed must give the same split": lambda n, seed: _parts(
            n, np.random.SeedSequence().entropy % 2**32
        ),
    },
)
def split(function):
    """Exercise 5: three parts without overlap."""
    for n, seed in ((100, 0), (862, 1)):
        given = f"(for n = {n}, seed = {seed})"
        found = call(function, n, seed)
        try:
            parts = [as_array(part) for part in found]
            train, validation, test = (part.astype(int).tolist() for part in parts)
        except (TypeError, ValueError):
            raise Hint("return three arrays of places: training, validation, test") from None
        together = sorted([*train, *validation, *test])
        if len(set(together)) < len(together):
            raise Hint(f"some places stand in two parts {given}")
        if together != list(range(n)):
            raise Hint(f"some places stand in no part {given}; each from 0 to n - 1 in one")
        for part, share in ((train, 0.6), (validation, 0.2), (test, 0.2)):
            if abs(len(part) - share * n) > 1.5:
                raise Hint(f"sixty, twenty and twenty in a hundred are wanted {given}")
        if train == sorted(train) and test == sorted(test) and max(train) < min(test):
            raise Hint(f"the parts must be drawn by chance, not cut in order {given}")
        again = [as_array(part).tolist() for part in call(function, n, seed)]
        if again != [train, validation, test]:
            raise Hint("the same seed must give the same split")
        other = [as_array(part).tolist() for part in call(function, n, seed + 7)]
        if sorted(other[0]) == sorted(train):
            raise Hint("another seed must give another split")


@check_value(
    expects="the number of an epoch, from 1",
    mistakes={
        "that is where the validation loss first rose; it fell again after that": 2,
        "count the epochs from 1": 3,
        "that is the epoch of the lowest training loss, which cannot tell": 7,
    },
)
def best_epoch(epoch=4):
    """Exercise 6: when should the training have stopped?"""
