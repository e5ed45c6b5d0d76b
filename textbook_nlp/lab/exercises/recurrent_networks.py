"""The exercises of chapter 07, recurrent networks and backpropagation through time."""

from functools import partial
from itertools import pairwise

import numpy as np
import torch

from textbook_nlp.lab.checks import (
    Hint,
    any_of,
    as_array,
    call,
    check,
    check_function,
    check_value,
)
from textbook_nlp.layers import RNNCell
from textbook_nlp.models import RecurrentLanguageModel


@check_value(
    expects="two integers",
    mistakes={
        "the bias is missing: it has one number for each hidden unit": (40_000, ...),
        "W_h is missing: the state is multiplied by a matrix too": (30_100, ...),
        "W_h multiplies the state, which has H numbers, not D": (120_100, ...),
        "the other way round: PyTorch has one bias more": (40_200, 40_100),
        "that is PyTorch's count; the chapter's layer has one bias": (40_200, ...),
        "PyTorch has a bias for the input and one for the state": (..., 40_100),
    },
)
def parameters(in_this_chapter=300 * 100 + 100 * 100 + 100, in_torch=40_200):
    """Exercise 1: the parameters of a recurrent layer with D = 300 and H = 100."""


@check_value(
    expects="two shapes, as tuples of integers",
    mistakes={
        "both directions stand side by side in the outputs: 2 H numbers": ((8, 20, 32), ...),
        "only the last layer's outputs are returned, not those of both layers": ((8, 20, 128), ...),
        "the outputs are states, and a state has H numbers, not D": ((8, 20, 16), ...),
        "the batch comes first here: (B, T, …)": ((20, 8, 64), ...),
        "there is a last state for each layer and each direction: 2 times 2": any_of(
            *((..., shape) for shape in ((2, 8, 32), (1, 8, 64), (1, 8, 32)))
        ),
        "each direction has a last state of its own, with H numbers": (..., (2, 8, 64)),
        "each last state has H numbers; only outputs join two directions": (..., (4, 8, 64)),
        "layers and directions come first, the batch second": (..., (8, 4, 32)),
    },
)
def shapes(outputs_shape=(8, 20, 64), last_shape=(4, 8, 32)):
    """Exercise 2: the shapes that a stacked bidirectional layer returns."""


# The numbers of the chapter's section "By hand".
_W_H, _B = np.array([[0.5, -1.0], [0.5, 0.5]]), np.array([0.0, 0.5])
_H, _O = np.array([0.5, -0.5]), np.array([0.0, -1.0])
_AFTER_H = np.tanh(_H + _B)
_RIGHT = np.tanh(_O + _AFTER_H @ _W_H + _B)


@check_value(
    expects="a state: two numbers",
    rtol=0.0,
    atol=0.0101,  # two decimals, and a little more
    mistakes={
        "that is a; the state is tanh(a)": _O + _AFTER_H @ _W_H + _B,
        "the bias is added at every step, the second too": np.tanh(_O + _AFTER_H @ _W_H),
        "the bias is added at every step, the first too": np.tanh(_O + np.tanh(_H) @ _W_H + _B),
        "the state after h went into the product without its tanh": (
            np.tanh(_O + (_H + _B) @ _W_H + _B)
        ),
        "the state after h is missing: its product with W_h is added": np.tanh(_O + _B),
        "the state is a row and stands to the left: h @ W_h, not W_h @ h": (
            np.tanh(_O + _W_H @ _AFTER_H + _B)
        ),
        "that is the state after h; one letter is still to come": _AFTER_H,
        "that is the state after *oh*": np.tanh(_H + np.tanh(_O + _B) @ _W_H + _B),
    },
)
def state_after_ho(state=_RIGHT):
    """Exercise 3: the state after reading "ho" with the chapter's numbers."""


def _linear(w, x, back=None, power=-1):
    """The gradient of h_T, where h_t = w h_(t-1) + x_t; the switches are for known mistakes."""
    k = np.arange(len(x))[::-1]  # steps back from the last
    if back is None:
        return float(np.sum((k * w ** np.maximum(k + power, 0.0) * x)[:-1]))
    h, states = 0.0, [0.0]
    for number in x:
        h = w * h + number
        states.append(h)
    return float(np.sum(back(states)))


@check_function(
    expects="a function linear_gradient(w, x) that returns one number",
    cases=[
        (0.5, np.array([1.0, 2.0, -1.0])),
        (-0.8, np.array([0.3, 0.0, 1.5, 2.0, -0.7])),
        (1.3, np.array([2.0, -1.0])),
        (0.9, np.array([4.0])),
    ],
    mistakes={
        "that is h_T itself; differentiate it by w": {"back": lambda hs: hs[-1]},
        "w is used at every step, and the state before depends on it too: that is the last step's "
        "share alone": {"back": lambda hs: hs[-2]},
        "each step's share is multiplied by w once for every step on to the end": (
            {"back": lambda hs: hs[:-1]}
        ),
        "the derivative of w to the power k has the power k - 1": {"power": 0},
    },
)
def linear_gradient(w, x, back=None, power=-1):
    """Exercise 4: the gradient through a network of one unit without a tanh."""
    return _linear(w, x, back, power)


def _relu_case(seed, B, T, D, H):
    rng = np.random.default_rng(seed)
    shapes = [(B, T, H), (B, T, D), (B, H), (D, H), (H, H), (H,)]
    g, x, h0, W_x, W_h, b = (rng.standard_normal(shape) for shape in shapes)
    h, hs = h0, []
    for t in range(T):
        h = np.maximum(0, x[:, t] @ W_x + h @ W_h + b)
        hs.append(h)
    return g, x, h0, np.stack(hs, axis=1), W_x, W_h


@check_function(
    expects="a function like relu_backward_with_a_bug, mended",
    cases=[_relu_case(0, 3, 5, 4, 2), _relu_case(1, 1, 1, 2, 3), _relu_case(2, 2, 8, 1, 4)],
    outputs=("dh", "dW_x", "dW_h", "db"),
    reveal=False,
    mistakes={
        "the fault is still there: which way does the gradient from the future take?": (
            {"delta": lambda g, dh, h, before: g * (h > 0) + dh}
        ),
        "that is the slope of the tanh; this layer has the ReLU": (
            {"delta": lambda g, dh, h, before: (g + dh) * (1 - h**2)}
        ),
        "the gradient must pass the slope of the ReLU; now it passes unchanged": (
            {"delta": lambda g, dh, h, before: g + dh}
        ),
        "the gradient that comes from the future, dh, no longer arrives": (
            {"delta": lambda g, dh, h, before: g * (h > 0)}
        ),
        "now the step's own gradient goes around the slope": (
            {"delta": lambda g, dh, h, before: g + dh * (h > 0)}
        ),
        "the slope is that of the step itself, not of the step before it": (
            {"delta": lambda g, dh, h, before: (g + dh) * (before > 0)}
        ),
        "that multiplies by the state; the slope of the ReLU is 1 where the state is positive": (
            {"delta": lambda g, dh, h, before: (g + dh) * h}
        ),
        "on the way back the gradient passes W_h transposed": {"back": lambda W_h: W_h},
        "the bias takes part in every step: db is never added to": (
            {"then": lambda found: (*found[:3], 0 * found[3])}
        ),
    },
)
def relu_backward(
    g,
    x,
    h0,
    hs,
    W_x,
    W_h,
    delta=lambda g, dh, h, before: (g + dh) * (h > 0),
    back=np.transpose,
):
    """Exercise 5: the backward pass with ReLU, in which all of the gradient passes the slope."""
    dh, dW_x, dW_h, db = np.zeros_like(h0), 0.0 * W_x, 0.0 * W_h, np.zeros(len(W_h))
    for t in reversed(range(x.shape[1])):
        before = hs[:, t - 1] if t > 0 else h0
        da = delta(g[:, t], dh, hs[:, t], before)
        dW_x += x[:, t].T @ da
        dW_h += before.T @ da
        db += da.sum(axis=0)
        dh = da @ back(W_h)
    return dh, dW_x, dW_h, db


def _blocks(ids, B, T, step=None, last=0, rows=True, ahead=1):
    """Blocks along B long rows; the switches are for known mistakes."""
    length = (len(ids) - 1) // B
    order = (B, length) if rows else (length, B)
    inputs, targets = (ids[k : k + B * length].reshape(order) for k in (0, ahead))
    if not rows:
        inputs, targets = inputs.T, targets.T
    starts = range(0, length - T + 1 - last, step or T)
    return [(inputs[:, t : t + T], targets[:, t : t + T]) for t in starts]


def _piece_by_piece(ids, B, T):
    n = (len(ids) - 1) // (B * T)
    return [(block, block + 1) for block in ids[: n * B * T].reshape(n, B, T)]


@check(
    expects="a function blocks(ids, B, T) that returns a list of pairs of arrays",
    right=_blocks,
    mistakes={
        "return a list of pairs (inputs, targets), two arrays (B, T) each": any_of(
            lambda ids, B, T: 5, lambda ids, B, T: tuple(np.ones((2, B, len(ids))))
        ),
        "is the last block shorter? Leave it out": lambda *case: _blocks(*case, last=1 - case[2]),
        "the targets are the inputs themselves": lambda *case: _blocks(*case, ahead=0),
        "a target is not the successor of its input": (
            lambda *case: [(inputs, inputs + 2) for inputs, _ in _blocks(*case)]
        ),
        "cut the text into B long rows first, not into columns": (
            lambda *case: _blocks(*case, rows=False)
        ),
        "so that the state fits, cut the text into B rows first": _piece_by_piece,
        "begin each block T steps after the one before it": lambda *case: _blocks(*case, step=1),
        "a full block is missing": lambda *case: _blocks(*case, last=1),
        "the rows should be the first B stretches": lambda ids, B, T: _blocks(ids, B, T)[::-1][:1],
    },
)
def blocks(function):
    """Exercise 6: cut a text into blocks for truncated BPTT."""
    for N, B, T in ((25, 2, 4), (24, 2, 4), (31, 3, 4), (41, 4, 5), (10, 1, 7)):
        ids = 100 + np.arange(N)
        pairs = call(function, ids, B, T)
        given = f"(for {N} ids, B = {B}, T = {T})"
        try:
            found = [np.stack([as_array(inputs), as_array(targets)]) for inputs, targets in pairs]
        except (TypeError, ValueError):
            found = []
        if any(block.ndim != 3 for block in found) or not found:
            raise Hint("return a list of pairs (inputs, targets), two arrays (B, T) each")
        if shapes := [block.shape[1:] for block in found if block.shape != (2, B, T)]:
            raise Hint(
                f"a block has shape {shapes[0]}, expected ({B}, {T}) {given}; is the last block "
                "shorter? Leave it out"
            )
        _expect_order(found, np.array(_blocks(ids, B, T)), T, given)


def _expect_order(found, right, T, given):
    """Compare blocks of running numbers, and name what is wrong with their order."""
    for inputs, targets in found:
        if np.array_equal(inputs, targets):
            raise Hint("the targets are the inputs themselves; they should be one token further on")
        if not np.array_equal(inputs + 1, targets):
            raise Hint(f"a target is not the successor of its input in the text {given}")
        if (np.diff(inputs, axis=1) != 1).any():
            raise Hint(
                f"along a row, the ids are not neighbors in the text {given}: cut the text into B "
                "long rows first, not into columns"
            )
    begins_well = np.array_equal(found[0], right[0])
    for before, after in pairwise(found):
        if not np.array_equal(before[0][:, -1] + 1, after[0][:, 0]):
            advice = "begin each block T steps after the one before it"
            if not begins_well:
                advice = (
                    "so that the state fits, cut the text into B rows first, and then along them"
                )
            where = "row i of a block must go on where row i of the block before ended"
            raise Hint(f"{where} {given}: {advice}")
    if begins_well and len(found) < len(right):
        raise Hint(
            f"a full block is missing at the end {given}: there are {len(found)}, expected "
            f"{len(right)}; the last target of a row may be the first token of the next stretch"
        )
    if not np.array_equal(found, right):
        raise Hint(f"the rows should be the first B stretches of the text {given}")


@check_value(
    expects="a whole number of steps",
    mistakes={
        "7 is close, and a little shorter: 21 times 0.85 to the 6th": 7,
        "5 is close, and a little shorter: 15 times 0.85 to the 4th": 5,
        "it does grow first: the number above the diagonal feeds one entry from the other": 0,
        "the first step stretches most, but later ones still lengthen it: run the loop": 1,
        "the spectral radius is below 1, so it does not grow for ever: run the loop": any_of(
            60, when=lambda steps: steps > 8
        ),
    },
)
def steps_to_longest(steps_to_longest=6):
    """Exercise 7: where a gradient that vanishes in the end is longest."""


@check_value(
    expects="a whole number of steps",
    mistakes={
        "0.9 to the power of 43 is still a little above 0.01": 43,
        "steps are whole numbers: which is the first that is enough?": any_of(
            43.7, when=lambda steps: 43 < steps < 44
        ),
        "compare the gradient itself, not its square, with one percent": 22,
        "the logarithms are both negative; their quotient is positive": -44,
    },
)
def steps_back(steps_back=44):
    """Exercise 8: the steps after which less than one percent of a gradient is left."""


_RNG = np.random.default_rng(0)
_GRADIENTS = [_RNG.standard_normal((3, 4)), _RNG.standard_normal(5)]


def _clipped(scale_of):
    """Scale each array by a factor, made of theta, the array and all of them."""
    return lambda gradients, theta: [g * scale_of(theta, g, gradients) for g in gradients]


def _norm(gradients):
    return np.sqrt(sum((g**2).sum() for g in gradients))


@check_function(
    expects="a function clip(gradients, theta) that returns a list of arrays",
    cases=[
        (gradients, theta)
        for gradients in (
            _GRADIENTS,
            [0.001 * g for g in _GRADIENTS],
            [np.zeros(3), np.zeros((2, 2))],
        )
        for theta in (0.5, 100.0)
    ],
    reveal=False,
    mistakes={
        "each array is clipped by its own norm; take one norm over all of them, or the direction "
        "turns": _clipped(lambda theta, g, gradients: min(1, theta / _norm([g]))),
        "each number is clipped by itself, which turns the direction; scale all of them by one "
        "factor": lambda gradients, theta: [np.clip(g, -theta, theta) for g in gradients],
        "gradients shorter than theta must stay as they are": any_of(
            _clipped(lambda theta, g, gradients: theta / _norm(gradients)),
            _clipped(lambda theta, g, gradients: min(theta / _norm(gradients), 1e9)),
        ),
        "the norm is the square root of the sum of squares": (
            _clipped(lambda theta, g, gradients: min(1, theta / _norm(gradients) ** 2))
        ),
        "the norm of all is not the sum of the norms: add up the squares": (
            _clipped(lambda theta, g, all_: min(1, theta / sum(_norm([part]) for part in all_)))
        ),
        "the gradients came back as they were, longer than theta": _clipped(lambda *given: 1),
    },
)
def clip(gradients, theta):
    """Exercise 9: clip a list of gradients by their global norm."""
    return _clipped(lambda theta, g, all_: min(1, theta / _norm(all_)))(gradients, theta)


def _model(nonlinearity="relu", identity=True, biases=("bias_ih", "bias_hh")):
    """Make the answer to exercise 10, or one with a known mistake."""

    def build(V, E, H):
        model = RecurrentLanguageModel(V, E, H, cell=partial(RNNCell, nonlinearity=nonlinearity))
        cell = model.recurrent.cells[0]
        if identity:
            torch.nn.init.eye_(cell.weight_hh)
        for name in biases:
            torch.nn.init.zeros_(getattr(cell, name))
        return model

    return build


@check(
    expects="a function identity_model(V, E, H) that returns a RecurrentLanguageModel",
    right=_model(),
    mistakes={
        "return the model": lambda V, E, H: RNNCell(E, H),
        "the cell still has the tanh": _model(nonlinearity="tanh"),
        "W_h, the parameter weight_hh, is not the identity": _model(identity=False),
        "bias_ih is not zero": any_of(_model(biases=()), _model(biases=("bias_hh",))),
        "bias_hh is not zero": _model(biases=("bias_ih",)),
        "the sizes of the model are not those that were asked for": (
            lambda V, E, H: _model()(V, E, 64)
        ),
    },
)
def identity_model(function):
    """Exercise 10: a language model that starts from the identity, with ReLU."""
    V, E, H = 7, 3, 5
    model = call(function, V, E, H)
    try:
        cell, sizes = model.recurrent.cells[0], tuple(model.embedding.weight.shape)
        W_h, biases = as_array(cell.weight_hh), {n: as_array(getattr(cell, n)) for n in _BIASES}
        nonlinearity = cell.nonlinearity
    except (AttributeError, IndexError, TypeError):
        raise Hint("return the model: a RecurrentLanguageModel, with its RNNCell") from None
    if sizes != (V, E) or W_h.shape != (H, H):
        raise Hint("the sizes of the model are not those that were asked for: V, E and H")
    if nonlinearity != "relu":
        raise Hint('the cell still has the tanh: cell=partial(RNNCell, nonlinearity="relu")')
    if not np.array_equal(W_h, np.eye(H)):
        raise Hint("W_h, the parameter weight_hh, is not the identity")
    for name, bias in biases.items():
        if bias.any():
            raise Hint(f"{name} is not zero")


_BIASES = ("bias_ih", "bias_hh")
