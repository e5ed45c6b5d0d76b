"""The recurrent layers by hand: one set of tests for the three that stand in each other's place."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.by_hand import gru, lstm, numerical_gradient, relative_error, rnn

CELLS = {rnn: torch.nn.RNN, lstm: torch.nn.LSTM, gru: torch.nn.GRU}
PARTS = {rnn: 1, lstm: 2, gru: 1}
SIZES = st.tuples(*(st.integers(1, n) for n in (3, 6, 4, 5)))  # B, T, D, H
each_cell = pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.__name__[-4:])


def draw(cell, B, T, D, H, seed=0):
    """Draw parameters, inputs, a state, and gradients of every state and of the last one."""
    rng = np.random.default_rng(seed)
    p = {name: rng.standard_normal(a.shape) for name, a in cell.initialize(D, H, rng).items()}
    x, dhs = rng.standard_normal((B, T, D)), rng.standard_normal((B, T, H))
    state, dstate = rng.standard_normal((2, PARTS[cell], B, H))
    return p, x, tuple(state), dhs, tuple(dstate)


def as_torch(cell, p, D, H):
    layer = CELLS[cell](D, H, batch_first=True, dtype=torch.float64)
    layer.load_state_dict({k: torch.from_numpy(v) for k, v in cell.to_torch(p).items()})
    return layer


def hx(state):
    """A state as torch takes and gives it: (1, B, H), and a tuple for the LSTM alone."""
    tensors = tuple(torch.tensor(part[None], requires_grad=True) for part in state)
    return tensors if len(tensors) > 1 else tensors[0]


@each_cell
@settings(max_examples=40)
@given(SIZES, st.booleans(), st.integers(0, 2**32 - 1))
def test_values_and_gradients_equal_torch(cell, sizes, with_state, seed):
    B, T, D, H = sizes
    p, x, state, dhs, dstate = draw(cell, B, T, D, H, seed)
    if not with_state:
        state = tuple(np.zeros_like(part) for part in state)
    layer, inputs, start = as_torch(cell, p, D, H), torch.tensor(x, requires_grad=True), hx(state)
    outputs, last = layer(inputs, start)
    last = last if isinstance(last, tuple) else (last,)
    start = start if isinstance(start, tuple) else (start,)
    total = (outputs * torch.from_numpy(dhs)).sum()
    total = total + sum(
        (t[0] * torch.from_numpy(d)).sum() for t, d in zip(last, dstate, strict=True)
    )
    total.backward()

    hs, end, cache = cell.forward(p, x, state if with_state else None)
    dx, dstart, dp = cell.backward(dhs, cache, dstate)
    close = {"rtol": 1e-9, "atol": 1e-9}
    np.testing.assert_allclose(hs, outputs.detach(), **close)
    np.testing.assert_allclose(end, torch.stack(last)[:, 0].detach(), **close)
    np.testing.assert_allclose(dx, inputs.grad, **close)
    np.testing.assert_allclose(dstart, torch.stack([t.grad[0] for t in start]), **close)
    # torch has a second bias, whose gradient is the same but for the candidate of the GRU.
    theirs = cell.from_torch({name: w.grad for name, w in layer.named_parameters()})
    bias = layer.bias_ih_l0.grad.numpy()
    for name, gradient in dp.items():
        np.testing.assert_allclose(gradient, bias if name == "b" else theirs[name], **close)


@each_cell
@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (2, 4, 3, 2)])
def test_gradients_against_finite_differences(cell, sizes):
    p, x, state, dhs, dstate = draw(cell, *sizes)

    def loss():
        hs, end, _ = cell.forward(p, x, state)
        return float(np.sum(hs * dhs)) + sum(
            float(np.sum(a * d)) for a, d in zip(end, dstate, strict=True)
        )

    dx, dstart, dp = cell.backward(dhs, cell.forward(p, x, state)[2], dstate)
    found = {"x": dx, **dp} | {f"part {i} of the state": d for i, d in enumerate(dstart)}
    given = {"x": x, **p} | {f"part {i} of the state": part for i, part in enumerate(state)}
    assert found.keys() == given.keys()
    for name, gradient in found.items():
        assert relative_error(gradient, numerical_gradient(loss, given[name])) < 1e-7, name


@each_cell
@pytest.mark.parametrize("k", [1, 2, 3, 7, 9])
def test_truncation_is_detaching_at_the_edge_of_each_block(cell, k):
    p, x, state, dhs, dstate = draw(cell, 2, 7, 3, 4)
    layer, inputs, start = as_torch(cell, p, 3, 4), torch.tensor(x, requires_grad=True), hx(state)
    total, carried = 0, start
    for block in range(0, 7, k):
        outputs, carried = layer(inputs[:, block : block + k], carried)
        total = total + (outputs * torch.from_numpy(dhs[:, block : block + k])).sum()
        last = carried if isinstance(carried, tuple) else (carried,)
        detached = tuple(t.detach() for t in last)
        carried = detached if isinstance(carried, tuple) else detached[0]
    total = total + sum(
        (t[0] * torch.from_numpy(d)).sum() for t, d in zip(last, dstate, strict=True)
    )
    total.backward()

    dx, dstart, dp = cell.backward(dhs, cell.forward(p, x, state)[2], dstate, truncate=k)
    start = start if isinstance(start, tuple) else (start,)
    np.testing.assert_allclose(dx, inputs.grad, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(dstart, [t.grad[0] for t in start], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(dp["W_h"].T, layer.weight_hh_l0.grad, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(dp["b"], layer.bias_ih_l0.grad, rtol=1e-9, atol=1e-12)


@each_cell
@pytest.mark.parametrize("bias", [True, False])
def test_parameters_of_a_layer_among_others(cell, bias):
    layer = CELLS[cell](3, 4, num_layers=2, bias=bias, bidirectional=True, batch_first=True)
    p = cell.from_torch(layer.state_dict(), "l0_reverse")
    x = np.random.default_rng(0).standard_normal((2, 5, 3)).astype(np.float32)
    one = CELLS[cell](3, 4, bias=bias, batch_first=True)
    one.load_state_dict({n: getattr(layer, f"{n}_reverse") for n in one.state_dict()})
    np.testing.assert_allclose(
        cell.forward(p, x)[0], one(torch.from_numpy(x))[0].detach(), atol=1e-6
    )
    with pytest.raises(KeyError, match="l7"):
        cell.from_torch(layer.state_dict(), "l7")


@each_cell
def test_a_sequence_goes_on_from_the_state(cell):
    p, x, state, *_ = draw(cell, 2, 6, 3, 4)
    whole, end, _ = cell.forward(p, x, state)
    first, middle, _ = cell.forward(p, x[:, :2], state)
    second, last, _ = cell.forward(p, x[:, 2:], middle)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, rtol=1e-12)
    np.testing.assert_allclose(last, end, rtol=1e-12)


@each_cell
def test_single_precision_stays_single_and_a_batch_may_be_empty(cell):
    p, x, _, dhs, _ = draw(cell, 2, 3, 4, 5)
    p = {name: array.astype(np.float32) for name, array in p.items()}
    x, dhs = x.astype(np.float32), dhs.astype(np.float32)
    for B in (2, 0):
        hs, end, cache = cell.forward(p, x[:B])
        dx, dstart, dp = cell.backward(dhs[:B], cache)
        assert hs.shape == (B, 3, 5)
        assert {a.dtype for a in (hs, *end, dx, *dstart, *dp.values())} == {np.dtype("float32")}
    for gradient in dp.values():
        np.testing.assert_array_equal(gradient, np.zeros_like(gradient))


@each_cell
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": (2, 3)}, "batch, time, features"),
        ({"x": (2, 0, 4)}, "no time steps"),
        ({"state": (1, 5)}, r"the state has shape \(1, 5\); expected \(2, 5\)"),  # would broadcast
        ({"W_x": (1, 5)}, "W_x has shape"),
        ({"W_h": (5, 1)}, "W_h has shape"),
        ({"b": (1,)}, "b has shape"),
    ],
)
def test_wrong_shapes_are_refused(shapes_unchecked, cell, changes, message):
    p, x, state, *_ = draw(cell, 2, 3, 4, 5)
    p |= {name: np.zeros(shape) for name, shape in changes.items() if name in p}
    x = np.zeros(changes["x"]) if "x" in changes else x
    if "state" in changes:
        state = (*state[1:], np.zeros(changes["state"]))
    with pytest.raises(ValueError, match=message):
        cell.forward(p, x, state)


def test_a_second_bias_of_the_candidate_that_does_not_fit_is_refused(shapes_unchecked):
    p, x, *_ = draw(gru, 2, 3, 4, 5)
    with pytest.raises(ValueError, match="b_hn has shape"):
        gru.forward(p | {"b_hn": np.zeros(1)}, x)


@each_cell
@pytest.mark.parametrize("state", [np.zeros((2, 5)), (np.zeros((2, 5)),) * 3])
def test_a_state_is_a_tuple_of_as_many_arrays_as_the_cell_has(shapes_unchecked, cell, state):
    p, x, *_ = draw(cell, 2, 3, 4, 5)
    with pytest.raises(ValueError, match="expected a tuple of"):
        cell.forward(p, x, state)


@each_cell
@pytest.mark.parametrize("name", ["x", "W_x", "W_h", "b", "state"])
def test_types_are_not_mixed(shapes_unchecked, cell, name):
    p, x, state, *_ = draw(cell, 2, 3, 4, 5)
    p |= {n: array.astype(np.float32) for n, array in p.items() if n == name}
    x = x.astype(np.float32) if name == "x" else x
    state = tuple(a.astype(np.float32) for a in state) if name == "state" else state
    with pytest.raises(TypeError, match="one floating-point type"):
        cell.forward(p, x, state)


@each_cell
def test_backward_refuses_what_does_not_fit(shapes_unchecked, cell):
    p, x, state, dhs, dstate = draw(cell, 2, 3, 4, 5)
    cache = cell.forward(p, x, state)[2]
    with pytest.raises(ValueError, match="dhs has shape"):
        cell.backward(dhs[:, -1], cache)
    with pytest.raises(ValueError, match="dstate has shapes"):
        cell.backward(dhs, cache, tuple(d[:1] for d in dstate))
    with pytest.raises(ValueError, match="truncate is 0"):
        cell.backward(dhs, cache, truncate=0)
