"""The exercises of chapter 18, 1D convnets."""

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


@check_value(
    expects="three integers",
    mistakes={
        "each kernel has one bias: H more": (150_000, ..., ...),
        "one bias for each kernel, not for each of its taps": (150_500, ..., ...),
        "each kernel has K taps, each with D weights: K D H and the biases": any_of(
            (30_100, ..., ...),
            (30_000, ..., ...),
            (600, ..., ...),
            (1_600, ..., ...),
            (500, ..., ...),
        ),
        "the length of the text does not matter to the parameters": any_of(
            (40 * 300 * 100 + 100, ..., ...),
            (36 * 150_000 + 100, ..., ...),
            (36 * 150_100, ..., ...),
        ),
        "the last patch begins K - 1 words before the end: T - K + 1 places": any_of(
            (..., 35, ...), (..., 40, ...), (..., 44, ...), (..., 8, ...)
        ),
        "round down, and then add 1 for the first place": any_of((..., ..., 17), (..., ..., 17.5)),
        "halve 35, not 36, and round down: (T - K) // s + 1": any_of(
            (..., ..., 19), (..., ..., 18.5)
        ),
        "a stride of 2 picks every second of the places there are, not of the words": (
            ...,
            ...,
            20,
        ),
    },
)
def count(parameters=5 * 300 * 100 + 100, places=36, places_with_stride=18):
    """Exercise 1: parameters and places of a layer of 100 kernels of 5 taps."""


_KINDS = {"an article": 0, "a preposition": 1, "a noun": 2, "another word": None}


def _one_hot(kind):
    return np.array([float(kind == i) for i in range(3)])


@check(
    expects="a pair: W, an array of shape (2, 3), and b, a number",
    right=([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], -1.0),
    mistakes={
        "a pair of W and b": [1.0, 2.0, 3.0],
        "expected finite real numbers": any_of(
            ([[0.0, 1, 0], [0, 0, 1]], np.nan),
            ([[0.0, 1, 0], [0, 0, 1]], -np.inf),
            ([[0.0, 1, 0], [0, 0, 1]], -1j),
            (np.full((2, 3), np.nan), -1.0),
        ),
        "expected two taps, each with three weights": (np.ones((3, 2)), -1.0),
        "one kernel has one bias": (np.ones((2, 3)), np.zeros(3)),
        "does not fire at a preposition followed by a noun": any_of(
            ([[0.0, 1, 0], [0, 0, 1]], -2.0),
            (np.zeros((2, 3)), -1.0),
        ),
        "fires at an article followed by a noun": ([[0.0, 1, 0], [0, 0, 1]], -0.5),
        "fires at a noun followed by a preposition": ([[0.0, 0, 1], [0, 1, 0]], -1.0),
        "fires at another word followed by another word": (np.zeros((2, 3)), 1.0),
    },
)
def kernel(W_and_b):
    """Exercise 2: a kernel that fires where a preposition is followed by a noun."""
    if not isinstance(W_and_b, tuple | list) or len(W_and_b) != 2:
        raise Hint("expected a pair of W and b, as (W, b)")
    W, b = (as_array(part) for part in W_and_b)
    if any(np.iscomplexobj(part) or not np.isfinite(part).all() for part in (W, b)):
        raise Hint("expected finite real numbers in W and b")
    if b.size != 1:
        raise Hint(f"b has shape {b.shape}; one kernel has one bias")
    b = float(b.reshape(()))
    if W.shape != (2, 3):
        raise Hint(f"W has shape {W.shape}; expected two taps, each with three weights: (2, 3)")
    answers = {
        (first, second): _one_hot(i) @ W[0] + _one_hot(j) @ W[1] + b
        for first, i in _KINDS.items()
        for second, j in _KINDS.items()
    }
    wanted = ("a preposition", "a noun")
    wrong = [pair for pair, a in answers.items() if a > 1e-12 and pair != wanted]
    if ("a noun", "a preposition") in wrong and answers[wanted] <= 0:
        raise Hint("it fires at a noun followed by a preposition: W[0] is for the first word")
    if answers[wanted] <= 0:
        raise Hint(
            f"it does not fire at a preposition followed by a noun: there it is "
            f"{answers[wanted]:g}, not above 0"
        )
    if ("another word", "another word") in wrong:
        raise Hint("it fires at another word followed by another word: b alone is above 0")
    if wrong:
        first, second = wrong[0]
        raise Hint(
            f"it also fires at {first} followed by {second}; only both in their places may do"
        )


def _scattered(delta, W, s, T, step=lambda n, k, s: n * s + k, tap=lambda k, K: k, add=True):
    """Give each step what reaches it; the switches are for known mistakes."""
    K, D, _ = W.shape
    dx = np.zeros((T + len(delta) * s + K, D))
    for n in range(len(delta)):
        for k in range(K):
            share = delta[n] @ W[tap(k, K)].T
            if add:
                dx[step(n, k, s)] += share
            else:
                dx[step(n, k, s)] = share
    return dx[:T]


def _strided(seed, T, K, D, H, s):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(((T - K) // s + 1, H)), rng.standard_normal((K, D, H)), s, T


@check_function(
    expects="a function input_gradient(delta, W, s, T) that returns an array (T, D)",
    cases=[
        _strided(0, 7, 3, 2, 4, 2),
        _strided(1, 9, 4, 3, 1, 2),
        _strided(2, 5, 2, 1, 2, 1),
        _strided(3, 8, 2, 2, 3, 3),
    ],
    reveal=False,
    mistakes={
        "that is a stride of 1: tap k at place n sees step n s + k": (
            {"step": lambda n, k, s: n + k}
        ),
        "the stride moves the place, not the tap: that is a dilation": (
            {"step": lambda n, k, s: n + k * s}
        ),
        "the taps are turned around: tap k goes to step n s + k": {"tap": lambda k, K: K - 1 - k},
        "a step in several patches gets the sum of what comes from each; here the last one wins": (
            {"add": False}
        ),
    },
)
def input_gradient(delta, W, s, T, step=lambda n, k, s: n * s + k, tap=lambda k, K: k, add=True):
    """Exercise 3: the gradient of the input of a convolution with a stride."""
    return _scattered(delta, W, s, T, step, tap, add)


def _causal_case(seed, T, K, D, H, d):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((T, D)), rng.standard_normal((K, D, H)), d


@check_function(
    expects="a function like causal_with_a_bug, mended",
    cases=[
        _causal_case(0, 6, 3, 2, 3, 1),
        _causal_case(1, 8, 2, 1, 2, 4),
        _causal_case(2, 5, 3, 2, 1, 2),
        _causal_case(3, 4, 1, 2, 2, 1),
    ],
    reveal=False,
    mistakes={
        "the fault is still there: which outputs look beyond the end of the text?": (
            {"before": 0, "kept": None}
        ),
        "the middle outputs still see half as many steps ahead": {"before": 0.5, "kept": None},
        "the first outputs are missing: return T of them, with zeros before the text": (
            {"before": 0, "kept": "fewer"}
        ),
        "the taps lie side by side: they are d steps apart": {"dilation": 1},
        "the taps are turned around: the last is for the step itself": {"turned": True},
        "no output sees its own step now; it may, and only later ones are forbidden": {"late": 1},
    },
)
def causal(x, W, d, before=1.0, kept="all", dilation=None, turned=False, late=0):
    """Exercise 4: a causal convolution without its leak; the switches are for known mistakes."""
    (K, _, _), T = W.shape, len(x)
    d, W = dilation or d, W[::-1] if turned else W
    extra = (K - 1) * d
    left = int(before * extra)
    filled = np.pad(x, ((left + late, extra - left), (0, 0)))
    outputs = T - extra if kept == "fewer" else T
    return np.array([sum(filled[n + k * d] @ W[k] for k in range(K)) for n in range(outputs)])


@check_value(
    expects="two integers",
    mistakes={
        "count the step itself too: the sum of the dilations, and 1": (30, ...),
        "each layer adds (K - 1) d steps, and K is 2: once its dilation": any_of(
            (61, ...), (60, ...)
        ),
        "the second round adds as much as the first, not twice the field": (32, ...),
        "that is the first round alone": any_of((16, ...), (15, ...)),
        "the fields of the layers do not multiply": (256, ...),
        "9 layers see 512 steps": (..., 9),
        "10 layers see 1,024 steps already": (..., 11),
        "layers are whole: round up": any_of(
            (..., np.log2(1000)), when=lambda steps, layers: 9 < layers < 10
        ),
        "that is without dilation: each layer adds one step": any_of((..., 999), (..., 1000)),
    },
)
def field(steps_seen=31, layers_needed=10):
    """Exercise 5: how far two stacks of dilated kernels see."""


def _pool_case(seed, lengths, N, H, padding=(5.0, 6.0, 7.0, 8.0), around=-2.0, scale=1.0):
    y = scale * (around + np.random.default_rng(seed).standard_normal((len(lengths), N, H)))
    for row, length in zip(y, lengths, strict=True):
        if padding:
            row[length:] = np.resize(padding, N - length)[:, None]
    return y, np.array(lengths)


_FINITE_PADDING = [
    _pool_case(0, [3, 5, 1], 5, 2),
    _pool_case(1, [2, 2], 4, 3),
    _pool_case(2, [4], 4, 1),
    _pool_case(4, [3, 1, 4], 6, 2, padding=(), around=5.0),
]
_NO_NUMBERS = _pool_case(3, [2, 3], 4, 2, padding=(np.inf, np.nan))


def _largest(y, lengths, mask=True, fill=-np.inf, more=0, pool=np.max):
    """Take the largest of what is real; the switches are for known mistakes."""
    real = np.arange(y.shape[1]) < np.maximum(lengths + more, 1)[:, None]
    if mask is None:
        real = np.ones_like(real)
    if pool is np.nanmean:
        return np.nanmean(np.where(real[:, :, None], y, np.nan), axis=1)
    return np.where(real[:, :, None], y, fill).max(axis=1)


def _less(number):
    def global_max(y, lengths):
        real = (np.arange(y.shape[1]) < lengths[:, None])[:, :, None]
        return (y * real - number * (1 - real)).max(axis=1)

    return global_max


def _calculates_with_padding(answer):
    """Whether a function is right where padding is finite, and gives NaN where it is not."""
    right = all(np.allclose(call(answer, *case), _largest(*case)) for case in _FINITE_PADDING)
    return right and np.isnan(as_array(call(answer, *_NO_NUMBERS))).any()


@check_function(
    expects="a function global_max(y, lengths) that returns an array (B, H)",
    cases=[
        *_FINITE_PADDING,
        _pool_case(5, [2, 4], 4, 2, scale=1e12),
        _NO_NUMBERS,
    ],
    reveal=False,
    mistakes={
        "padding counts: it is larger than what is real here": {"mask": None},
        "padding set to 0 is still larger than numbers below 0": any_of(
            {"fill": 0.0},
            lambda y, lengths: (y * (np.arange(y.shape[1]) < lengths[:, None])[:, :, None]).max(1),
        ),
        "filled with a number, padding is larger than real numbers below it; -inf is below all": (
            any_of(*({"fill": -fill} for fill in (1.0, 3.0, 5.0, 10.0, 100.0, 1e3, 1e4, 1e6, 1e9)))
        ),
        "padding may be NaN or infinite: replace it, do not calculate with it": any_of(
            _less(1e9), _less(np.inf), when=_calculates_with_padding
        ),
        "padding may hold small numbers too: the lengths alone say what is real": (
            lambda y, lengths: np.where(y < 5, y, -np.inf).max(axis=1)
        ),
        "that is the largest of one place too many": {"more": 1},
        "that is the largest of one place too few": {"more": -1},
        "that is the mean; asked for is the largest": {"pool": np.nanmean},
    },
)
def global_max(y, lengths, mask=True, fill=-np.inf, more=0, pool=np.max):
    """Exercise 6: global max pooling without padding; the switches are for known mistakes."""
    return _largest(y, lengths, mask, fill, more, pool)
