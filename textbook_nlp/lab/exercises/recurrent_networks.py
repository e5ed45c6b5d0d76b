"""The exercises of chapter 07, recurrent networks and backpropagation through time."""

import itertools
from typing import Any

import numpy as np

from textbook_nlp.by_hand.rnn import rnn_forward
from textbook_nlp.lab.checks.core import (
    Hint,
    as_array,
    call,
    check,
    expect_array,
    expect_equal,
    expect_function,
    expect_number,
)

# The numbers of the chapter's section "By hand".
_W_X = np.array([[0.5, -0.5], [1.0, 0.5], [-0.5, 1.0], [0.0, -1.0]])
_W_H = np.array([[0.5, -1.0], [0.5, 0.5]])
_B = np.array([0.0, 0.5])


@check(expects="two integers")
def parameters(in_this_chapter: Any, in_torch: Any) -> None:
    """Exercise 1: the parameters of a recurrent layer with D = 300 and H = 100."""
    D, H = 300, 100
    expect_equal(
        in_this_chapter,
        D * H + H * H + H,
        name="in_this_chapter",
        mistakes=[
            (D * H + H * H, "the bias is missing: it has one number for each hidden unit"),
            (D * H + H, "W_h is missing: the state is multiplied by a matrix too"),
            (D * H + D * D + H, "W_h multiplies the state, which has H numbers, not D"),
            (D * H + H * H + 2 * H, "that is PyTorch's count; the chapter's layer has one bias"),
        ],
    )
    expect_equal(
        in_torch,
        D * H + H * H + 2 * H,
        name="in_torch",
        mistakes=[(D * H + H * H + H, "PyTorch has a bias for the input and one for the state")],
    )


@check(expects="two shapes, as tuples of integers")
def shapes(outputs_shape: Any, last_shape: Any) -> None:
    """Exercise 2: the shapes that a stacked bidirectional layer returns."""
    expect_equal(
        outputs_shape,
        (8, 20, 64),
        name="outputs_shape",
        mistakes=[
            ((8, 20, 32), "both directions stand side by side in the outputs: 2 H numbers"),
            ((8, 20, 128), "only the last layer's outputs are returned, not those of both layers"),
            ((8, 20, 16), "the outputs are states, and a state has H numbers, not D"),
            ((20, 8, 64), "the batch comes first here: (B, T, …)"),
        ],
    )
    expect_equal(
        last_shape,
        (4, 8, 32),
        name="last_shape",
        mistakes=[
            ((2, 8, 32), "there is a last state for each layer and each direction: 2 times 2"),
            ((2, 8, 64), "each direction has a last state of its own, with H numbers"),
            ((4, 8, 64), "each last state has H numbers; only outputs join two directions"),
            ((1, 8, 64), "there is a last state for each layer and each direction: 2 times 2"),
            ((1, 8, 32), "there is a last state for each layer and each direction: 2 times 2"),
            ((8, 4, 32), "layers and directions come first, the batch second"),
        ],
    )


@check(expects="a state: two numbers")
def state_after_ho(state: Any) -> None:
    """Exercise 3: the state after reading "ho" with the chapter's numbers."""
    x = np.eye(4)[None, [0, 3]]  # h, o
    right = rnn_forward(x, None, _W_X, _W_H, _B)[0][0, -1]
    before = np.tanh(_W_X[0] + _B)
    array = as_array(state, name="state")
    if array.shape == (1, 2):
        array = array[0]
    expect_array(
        array,
        right,
        rtol=0,
        atol=0.0101,  # two decimals, and a little more
        name="state",
        mistakes=[
            (_W_X[3] + before @ _W_H + _B, "that is a; the state is tanh(a)"),
            (np.tanh(_W_X[3] + before @ _W_H), "the bias is added at every step, the second too"),
            (
                np.tanh(_W_X[3] + (_W_X[0] + _B) @ _W_H + _B),
                "the state after h went into the product without its tanh",
            ),
            (np.tanh(_W_X[3] + _B), "the state after h is missing: its product with W_h is added"),
            (
                np.tanh(_W_X[3] + _W_H @ before + _B),
                "the state is a row and stands to the left: h @ W_h, not W_h @ h",
            ),
            (before, "that is the state after h; one letter is still to come"),
        ],
    )


def _relu_gradients(
    g: np.ndarray,
    x: np.ndarray,
    h0: np.ndarray,
    hs: np.ndarray,
    W_x: np.ndarray,
    W_h: np.ndarray,
    delta: Any = lambda g, dh, h: (g + dh) * (h > 0),
) -> tuple[np.ndarray, ...]:
    """The backward pass of a recurrent layer with ReLU, with a place for known mistakes."""
    dh, dW_x, dW_h, db = np.zeros_like(h0), 0.0 * W_x, 0.0 * W_h, np.zeros(len(W_h))
    for t in reversed(range(x.shape[1])):
        before = hs[:, t - 1] if t > 0 else h0
        da = delta(g[:, t], dh, hs[:, t])
        dW_x += x[:, t].T @ da
        dW_h += before.T @ da
        db += da.sum(axis=0)
        dh = da @ W_h.T
    return dh, dW_x, dW_h, db


def _relu_case(seed: int, B: int, T: int, D: int, H: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    shapes = [(B, T, H), (B, T, D), (B, H), (D, H), (H, H), (H,)]
    g, x, h0, W_x, W_h, b = (rng.standard_normal(shape) for shape in shapes)
    h, hs = h0, []
    for t in range(T):
        h = np.maximum(0, x[:, t] @ W_x + h @ W_h + b)
        hs.append(h)
    return g, x, h0, np.stack(hs, axis=1), W_x, W_h


@check(expects="a function like relu_backward_with_a_bug, mended")
def relu_backward(function: Any) -> None:
    """Exercise 4: the backward pass with ReLU, in which all of the gradient passes the slope."""
    mistakes = [
        (
            lambda g, dh, h: g * (h > 0) + dh,
            "the fault is still there: which way does the gradient from the future take?",
        ),
        (
            lambda g, dh, h: (g + dh) * (1 - h**2),
            "that is the slope of the tanh; this layer has the ReLU",
        ),
        (
            lambda g, dh, h: g + dh,
            "the gradient must pass the slope of the ReLU; now it passes unchanged",
        ),
        (
            lambda g, dh, h: g * (h > 0),
            "the gradient that comes from the future, dh, no longer arrives",
        ),
        (
            lambda g, dh, h: g + dh * (h > 0),
            "now the step's own gradient goes around the slope",
        ),
    ]
    expect_function(
        function,
        _relu_gradients,
        [_relu_case(0, 3, 5, 4, 2), _relu_case(1, 1, 1, 2, 3), _relu_case(2, 2, 8, 1, 4)],
        outputs=("dh", "dW_x", "dW_h", "db"),
        reveal=False,
        mistakes=[
            (lambda *case, wrong=wrong: _relu_gradients(*case, delta=wrong), hint)
            for wrong, hint in mistakes
        ],
    )


def _block_arrays(ids: np.ndarray, B: int, T: int) -> list[np.ndarray]:
    length = (len(ids) - 1) // B
    inputs = ids[: B * length].reshape(B, length)
    targets = ids[1 : B * length + 1].reshape(B, length)
    starts = range(0, length - T + 1, T)
    return [np.stack([inputs[:, t : t + T], targets[:, t : t + T]]) for t in starts]


@check(expects="a function blocks(ids, B, T) that returns a list of pairs of arrays")
def blocks(function: Any) -> None:
    """Exercise 5: cut a text into blocks for truncated BPTT."""
    for N, B, T in ((25, 2, 4), (24, 2, 4), (31, 3, 4), (41, 4, 5), (10, 1, 7)):
        ids = 100 + np.arange(N)
        right = _block_arrays(ids, B, T)
        pairs = call(function, ids, B, T)
        given = f"(for {N} ids, B = {B}, T = {T})"
        try:
            found = [np.stack([as_array(a), as_array(b)]) for a, b in pairs]
        except (TypeError, ValueError):
            raise Hint("return a list of pairs (inputs, targets), two arrays (B, T) each") from None
        if any(block.shape != (2, B, T) for block in found):
            shape = next(b.shape[1:] for b in found if b.shape != (2, B, T))
            raise Hint(
                f"a block has shape {shape}, expected ({B}, {T}) {given}; is the last block "
                "shorter? Leave it out"
            )
        _expect_order(found, right, T, given)


def _expect_order(found: list[np.ndarray], right: list[np.ndarray], T: int, given: str) -> None:
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
    for before, after in itertools.pairwise(found):
        if not np.array_equal(before[0][:, -1] + 1, after[0][:, 0]):
            raise Hint(
                f"row i of a block must go on where row i of the block before ended {given}; so "
                "that the state fits, cut the text into B rows first, and then along the rows"
            )
    if len(found) != len(right):
        raise Hint(
            f"there are {len(found)} blocks of {T} steps, expected {len(right)} {given}; the last "
            "target of a row may be the first token of the next row's stretch"
        )
    for mine, theirs in zip(found, right, strict=True):
        if not np.array_equal(mine, theirs):
            raise Hint(f"the rows should be the first B stretches of the text {given}")


@check(expects="a whole number of steps")
def steps_back(steps: Any) -> None:
    """Exercise 6: the steps after which less than one percent of a gradient is left."""
    expect_number(
        steps,
        44,
        rtol=0,
        atol=1e-9,
        name="steps_back",
        mistakes=[
            (43, "0.9 to the power of 43 is still a little above 0.01"),
            (
                lambda k: 43 < float(k) < 44,
                "steps are whole numbers: which is the first that is enough?",
            ),
            (22, "compare the gradient itself, not its square, with one percent"),
            (-44, "the logarithms are both negative; their quotient is positive"),
        ],
    )


@check(expects="a function clip(gradients, theta) that returns a list of arrays")
def clip(function: Any) -> None:
    """Exercise 7: clip a list of gradients by their global norm."""
    rng = np.random.default_rng(0)
    lists = [[scale * rng.standard_normal((3, 4)), scale * rng.standard_normal(5)] for scale in
             (1.0, 0.001)]  # fmt: skip
    for gradients in (*lists, [np.zeros(3), np.zeros((2, 2))]):
        for theta in (0.5, 100.0):
            _expect_clipped(function, gradients, theta)


def _expect_clipped(function: Any, gradients: list[np.ndarray], theta: float) -> None:
    clipped = call(function, gradients, theta)
    if not isinstance(clipped, list | tuple) or len(clipped) != len(gradients):
        raise Hint("return a list with as many arrays as came in")
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    scale = min(1.0, theta / norm) if norm > 0 else 1.0
    short = norm <= theta
    for i, (answer, g) in enumerate(zip(clipped, gradients, strict=True)):
        own = np.linalg.norm(g)
        mistakes = [
            (g * min(1, theta / max(own, 1e-30)), "each array is clipped by its own norm; take "
             "one norm over all of them, or the direction turns"),
            (np.clip(g, -theta, theta), "each number is clipped by itself, which turns the "
             "direction; scale all of them by one factor"),
            (g * theta / max(norm, 1e-30), "gradients shorter than theta must stay as they are"),
            (g * min(1, theta / max(norm**2, 1e-30)), "the norm is the square root of the sum of "
             "squares"),
        ]  # fmt: skip
        if not short:
            mistakes.append((g, "the gradients came back as they were, longer than theta"))
        expect_array(answer, scale * g, name=f"array {i}", mistakes=mistakes)
