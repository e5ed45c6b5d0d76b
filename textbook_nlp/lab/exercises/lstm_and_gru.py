"""The exercises of chapter 08, LSTM and GRU."""

import numpy as np

from textbook_nlp.by_hand.recurrence import sigmoid
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
    expects="two numbers, to three decimals",
    rtol=2e-3,
    mistakes={
        "c_t: the forget gate belongs to the old memory, the input gate to the candidate": (
            -0.04,
            ...,
        ),
        "c_t: the candidate is negative, so it takes away": (1.2, ...),
        "c_t: the input gate scales the candidate": (0.3, ...),
        "c_t: the forget gate scales the old memory": (0.7, ...),
        "h_t: a tanh stands between the memory and the output gate": (..., 0.48),
        "h_t: it is made of the new memory, not of the old": (..., 0.609),
        "h_t: the output gate is missing": (..., 0.537),
    },
)
def one_step(c_t=0.6, h_t=0.42964):
    """Exercise 1: one step of a memory cell of one unit."""


@check_value(
    expects="two integers",
    mistakes={
        "Keras' LSTM has one bias a gate: the second is PyTorch's": (8448, ...),
        "the LSTM's biases are missing: one number for each unit and gate": (8192, ...),
        "an LSTM has four blocks of weights: three gates and the candidate": (6240, ...),
        "that is one gate alone": any_of((2080, ...), (..., 2112)),
        "in Keras the GRU that resets after the product has two biases a gate": (..., 6240),
        "the GRU's biases are missing": (..., 6144),
        "a GRU has three blocks of weights: two gates and the candidate": any_of(
            (..., 8320), (..., 8448), (..., 4224)
        ),
        "only the candidate cannot do with one bias, but Keras keeps two for every gate": (
            ...,
            6272,
        ),
    },
)
def parameters(lstm_in_keras=4 * 32 * 65, gru_in_keras=3 * 32 * 66):
    """Exercise 2: the parameters of Keras' LSTM and GRU with D = H = 32."""


_F = 0.5 ** (1 / 100)


@check_value(
    expects="one number, the bias",
    rtol=2e-3,
    mistakes={
        "that is the gate f; which bias gives it?": _F,
        "turn it round: an open gate needs a bias above 0": float(-np.log(_F / (1 - _F))),
        "the logarithm is the natural one": any_of(
            float(np.log2(_F / (1 - _F))), float(np.log10(_F / (1 - _F)))
        ),
        "with f = 0.99 a hundred steps leave 0.99 ** 100 = 0.37; a half should be left": float(
            np.log(99)
        ),
        "the gate is a sigmoid of the bias, not a tanh": float(np.arctanh(_F)),
    },
)
def half_life(b_f=4.96787):
    """Exercise 3: the forget bias with which half a gradient is left after 100 steps."""


@check_function(
    expects="a function gru_slope(z, n, w) that returns a number",
    cases=[(0.75, -0.4, 2.0), (0.2, 0.5, -1.5), (1.0, 0.3, 3.0), (0.0, 0.3, 3.0)],
    reveal=False,
    mistakes={
        "the state reaches h_t directly too, with the factor z": (
            lambda z, n, w: (1 - z) * (1 - n**2) * w
        ),
        "the state reaches h_t through the candidate too": lambda z, n, w: z,
        "the candidate's share is 1 - z": any_of(
            lambda z, n, w: z + (1 - n**2) * w, lambda z, n, w: z + z * (1 - n**2) * w
        ),
        "the weight w is missing": lambda z, n, w: z + (1 - z) * (1 - n**2),
        "the slope of the tanh is missing": lambda z, n, w: z + (1 - z) * w,
        "n is already the tanh: its slope is 1 - n squared": (
            lambda z, n, w: z + (1 - z) * (1 - np.tanh(n) ** 2) * w
        ),
        "the slope of the tanh is 1 - n squared": lambda z, n, w: z + (1 - z) * n * (1 - n) * w,
        "z and 1 - z are exchanged": lambda z, n, w: (1 - z) + z * (1 - n**2) * w,
    },
)
def gru_slope(z, n, w):
    """Exercise 4: how a GRU of one unit passes its state on."""
    return z + (1 - z) * (1 - n**2) * w


@check_value(
    expects="one number",
    mistakes={
        "a forget gate below 1 keeps it finite: run the steps": any_of(
            1000.0, when=lambda limit: limit > 21
        ),
        "the new 1 is not forgotten in the step in which it comes": 19.0,
        "that is tanh(c), or one step; the memory itself goes further": 1.0,
        "at the limit c = 0.95 c + 1": any_of(0.95, 0.05, 0.0),
    },
)
def limit(limit=20.0):
    """Exercise 5: where a memory that is fed at every step comes to rest."""


def _forward(x, h, c, W_x, W_h, b, alias=False, late=False, slow=False):
    """The LSTM forward; the switches are for known mistakes."""
    projected = x @ W_x + b
    hs, kept = [], []
    c = c.copy()
    for t in range(x.shape[1]):
        i, f, g, o = np.split(projected[:, t] + h @ W_h, 4, axis=1)
        i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
        before = h, (c if alias or slow else c.copy())
        if alias or late:
            c *= f
            c += i * g
        else:
            c = f * c + i * g
        if slow:
            before = h, c
        h = o * np.tanh(c)
        hs.append(h)
        kept.append((*before, c, i, f, g, o))
    return np.stack(hs, axis=1), (h, c), kept


@check(
    expects="a function mended_forward(x, h, c, W_x, W_h, b), which returns what forward returns",
    right=_forward,
    mistakes={
        "return the states, the last (h, c) and the list kept": lambda *given: 5,
        "kept should have an entry of seven arrays for each step": (
            lambda *given: (*_forward(*given)[:2], [])
        ),
        "the memory before a step has become the last memory: the name c_before still points to "
        "the array": lambda *given: _forward(*given, alias=True),
        "the memory before is right, but the memory after a step": (
            lambda *given: _forward(*given, late=True)
        ),
        "the memory before a step is the one after it": lambda *given: _forward(*given, slow=True),
        "the states are not right any more": lambda *given: (
            2 * _forward(*given)[0],
            *_forward(*given)[1:],
        ),
    },
)
def mended_forward(function):
    """Exercise 6: an LSTM whose stored memories all point to one array."""
    rng, (B, T, D, H) = np.random.default_rng(0), (2, 4, 3, 2)
    x, h, c = (rng.standard_normal(s) for s in ((B, T, D), (B, H), (B, H)))
    W_x, W_h, b = (rng.standard_normal(s) for s in ((D, 4 * H), (H, 4 * H), 4 * H))
    right, _, stored = _forward(x, h, c, W_x, W_h, b)
    found = call(function, x, h, c, W_x, W_h, b)
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise Hint("return the states, the last (h, c) and the list kept, as forward does")
    states = as_array(found[0])
    if states.shape != right.shape or not np.allclose(states, right):
        raise Hint("the states are not right any more")
    kept = found[2]
    if not isinstance(kept, list) or [len(entry) for entry in kept] != [7] * T:
        raise Hint("kept should have an entry of seven arrays for each step")
    same = [
        [np.allclose(as_array(a), b) for a, b in zip(entry, wanted, strict=True)]
        for entry, wanted in zip(kept, stored, strict=True)
    ]
    before, after = ([step[place] for step in same] for place in (1, 2))
    if all(before) and not all(after):
        raise Hint(
            "the memory before is right, but the memory after a step has become the last: the "
            "array in kept is changed later"
        )
    if not all(before) and all(after):
        raise Hint("the memory before a step is the one after it: store it first")
    if not all(before):
        raise Hint(
            "the memory before a step has become the last memory: the name c_before still points "
            "to the array that is changed"
        )
    if not all(map(all, same)):
        raise Hint("kept should hold h before, c before, c after, i, f, g and o, in this order")


def _swap(signs):
    def swap(W_x, W_h, b):
        sign = np.repeat(signs, len(W_h))
        return W_x * sign, W_h * sign, b * sign

    return swap


def _forgetting(name):
    def swap(W_x, W_h, b):
        found = dict(zip(("W_x", "W_h", "b"), _swap([1, -1, 1])(W_x, W_h, b), strict=True))
        found[name] = {"W_x": W_x, "W_h": W_h, "b": b}[name]
        return tuple(found.values())

    return swap


def _one_minus(W_x, W_h, b):
    H = len(W_h)
    arrays = [W_x.copy(), W_h.copy(), b.copy()]
    for array in arrays:
        array[..., H : 2 * H] = 1 - array[..., H : 2 * H]
    return tuple(arrays)


def _exchanged(W_x, W_h, b):
    return tuple(
        np.concatenate([r, n, z], axis=-1)
        for r, z, n in (np.split(array, 3, axis=-1) for array in (W_x, W_h, b))
    )


_D, _N = 3, 2
_RNG = np.random.default_rng(1)
_ARRAYS = tuple(_RNG.standard_normal(s) for s in ((_D, 3 * _N), (_N, 3 * _N), 3 * _N))


@check_function(
    expects="a function swap(W_x, W_h, b) that returns three arrays",
    cases=[_ARRAYS, tuple(10 * array for array in _ARRAYS)],
    reveal=False,
    mistakes={
        "1 - sigmoid(a) is sigmoid(-a): it is the sign of the weights that changes": _one_minus,
        "those are the columns of r; the columns stand in the order r, z, n": _swap([-1, 1, 1]),
        "those are the columns of n; the columns stand in the order r, z, n": _swap([1, 1, -1]),
        "the columns of z stay where they are, and z changes its sign": _exchanged,
        "only the gate z has changed its meaning; r and n stay": _swap([-1, -1, -1]),
        "the bias is part of what goes into the gate": _forgetting("b"),
        "the state's weights go into the gate as well": _forgetting("W_h"),
        "the input's weights go into the gate as well": _forgetting("W_x"),
        "the arrays came back as they were": _swap([1, 1, 1]),
    },
)
def swap(W_x, W_h, b):
    """Exercise 7: weights of a GRU whose update gate means the opposite."""
    return _swap([1, -1, 1])(W_x, W_h, b)


def _spans(low=1.0, cut=1, sign=-1, log=np.log, seeded=True, H=None):
    def spans(units, T, seed):
        rng = np.random.default_rng(seed if seeded else None)
        u = log(rng.uniform(low, T - cut, H or units))
        return sign * u, u

    return spans


@check(
    expects="a function spans(H, T, seed) that returns two arrays of H numbers, b_i and b_f",
    right=_spans(),
    mistakes={
        "return two arrays, b_i and b_f": lambda H, T, seed: 5,
        "each bias has H numbers": _spans(H=7),
        "b_f is the logarithm of the span": _spans(log=lambda u: u),
        "the logarithm is the natural one": _spans(log=np.log10),
        "even in the logarithm": lambda H, T, seed: (lambda u: (-u, u))(
            np.random.default_rng(seed).uniform(0, np.log(T - 1), H)
        ),
        "another seed should give other spans": lambda H, T, seed: (
            -np.log(np.linspace(1, T - 1, H)),
            np.log(np.linspace(1, T - 1, H)),
        ),
        "b_i and b_f are exchanged": lambda H, T, seed: _spans()(H, T, seed)[::-1],
        "b_i is minus b_f": _spans(sign=0),
        "spans go from 1 to T - 1": any_of(_spans(cut=-500), _spans(cut=150)),
        "equal seeds should give equal spans": _spans(seeded=False),
        "every unit has the same span": lambda H, T, seed: (-np.ones(H), np.ones(H)),
    },
)
def spans(function):
    """Exercise 8: gate biases with a span for each unit."""
    H, T = 400, 201
    found = call(function, H, T, 0)
    try:
        b_i, b_f = map(as_array, found)
    except (TypeError, ValueError):
        raise Hint("return two arrays, b_i and b_f") from None
    if b_i.shape != (H,) or b_f.shape != (H,):
        raise Hint(f"each bias has H numbers: {H}, not shapes {b_i.shape} and {b_f.shape}")
    if b_f.max() <= 0 < b_i.max():
        raise Hint("b_i and b_f are exchanged: the forget gate begins open, the input gate shut")
    if b_f.max() > 20:
        raise Hint("b_f is the logarithm of the span, not the span itself")
    if np.ptp(b_f) < 1e-6:
        raise Hint("every unit has the same span: draw H numbers")
    if not np.allclose(b_i, -b_f):
        raise Hint("b_i is minus b_f")
    if 0 < np.log10(T - 1) - b_f.max() < 0.05:
        raise Hint("the logarithm is the natural one")
    u = np.exp(b_f)
    if 0.9 * T < u.max() < T and np.median(u) < 0.3 * T:
        raise Hint("these spans are even in the logarithm; draw the spans evenly, then take it")
    if u.min() < 1 - 1e-9 or u.max() > T - 1 + 1e-9 or u.max() < 0.9 * T or u.min() > 0.1 * T:
        raise Hint("spans go from 1 to T - 1, evenly")
    again = as_array(call(function, H, T, 0)[1])
    if not np.array_equal(again, b_f):
        raise Hint("equal seeds should give equal spans: make a generator from the seed")
    if np.array_equal(as_array(call(function, H, T, 1)[1]), b_f):
        raise Hint("another seed should give other spans: draw them")
