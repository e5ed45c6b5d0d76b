"""The recurrent layers by hand: one set of tests for the three that stand in each other's place."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.by_hand import gru, lstm, numerical_gradient, relative_error, rnn
from textbook_nlp.layers import GRUCell, LSTMCell, RNNCell, scan

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


def ragged(B, T, seed=0):
    """A mask with padding before, behind and in the middle of its rows; the last is all padding."""
    mask = np.random.default_rng(seed).random((B, T)) < 0.6
    mask[-1] = False
    return mask


@each_cell
@settings(max_examples=25)
@given(SIZES, st.integers(0, 2**32 - 1))
def test_a_masked_row_is_read_as_if_its_padding_were_not_there(cell, sizes, seed):
    p, x, state, dhs, dstate = draw(cell, *sizes, seed)
    mask = ragged(*x.shape[:2], seed)
    x[~mask], dhs[~mask] = np.nan, np.nan
    hs, end, cache = cell.forward(p, x, state, mask)
    dx, dstart, dp = cell.backward(dhs, cache, dstate)
    alone = {name: np.zeros_like(array) for name, array in p.items()}
    for i, real in enumerate(mask):
        row, last, given = slice(i, i + 1), tuple(part[i : i + 1] for part in state), None
        after = tuple(part[i : i + 1] for part in dstate)
        if real.any():
            hs_i, last, given = cell.forward(p, x[row, real], last)
            dx_i, after, dp_i = cell.backward(dhs[row, real], given, after)
            np.testing.assert_allclose(hs[row, real], hs_i, rtol=1e-10)
            np.testing.assert_allclose(dx[row, real], dx_i, rtol=1e-8, atol=1e-12)
            alone = {name: alone[name] + dp_i[name] for name in alone}
        np.testing.assert_allclose([part[row] for part in end], last, rtol=1e-10)
        np.testing.assert_allclose([part[row] for part in dstart], after, rtol=1e-8, atol=1e-12)
    for name, gradient in dp.items():
        np.testing.assert_allclose(gradient, alone[name], rtol=1e-8, atol=1e-12)
    assert not hs[~mask].any()
    assert not dx[~mask].any()


@each_cell
def test_masked_gradients_against_finite_differences(cell):
    p, x, state, dhs, dstate = draw(cell, 3, 5, 2, 3)
    mask = ragged(3, 5)

    def loss():
        hs, end, _ = cell.forward(p, x, state, mask)
        return float(np.sum(hs * dhs)) + sum(
            float(np.sum(a * d)) for a, d in zip(end, dstate, strict=True)
        )

    cache = cell.forward(p, x, state, mask)[2]
    dx, dstart, dp = cell.backward(dhs, cache, dstate)
    for array, gradient in [(x, dx), *zip(state, dstart, strict=True), *((p[n], dp[n]) for n in p)]:
        assert relative_error(gradient, numerical_gradient(loss, array)) < 1e-7


@each_cell
def test_truncation_under_a_mask_is_reading_the_blocks_one_by_one(cell):
    p, x, state, dhs, dstate = draw(cell, 3, 6, 2, 3)
    mask = ragged(3, 6)
    found = cell.backward(dhs, cell.forward(p, x, state, mask)[2], dstate, truncate=2)
    caches, blocks = [], [slice(t, t + 2) for t in (0, 2, 4)]
    for block in blocks:
        _, state, cache = cell.forward(p, x[:, block], state, mask[:, block])
        caches.append(cache)
    dxs, dstarts, dps = zip(
        *(
            cell.backward(dhs[:, block], cache, dstate if block.start == 4 else None)
            for block, cache in zip(blocks, caches, strict=True)
        ),
        strict=True,
    )
    np.testing.assert_allclose(found[0], np.concatenate(dxs, axis=1), rtol=1e-10)
    np.testing.assert_allclose(found[1], dstarts[0], rtol=1e-10)
    for name, gradient in found[2].items():
        np.testing.assert_allclose(gradient, sum(dp[name] for dp in dps), rtol=1e-9)


@each_cell
def test_a_mask_agrees_with_the_layers(cell):
    p, x, state, dhs, _ = draw(cell, 3, 6, 2, 4)
    mask = ragged(3, 6)
    ours = {rnn: RNNCell, lstm: LSTMCell, gru: GRUCell}[cell](2, 4, dtype=torch.float64)
    arrays = cell.to_torch(p, "")
    ours.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    inputs = torch.tensor(x, requires_grad=True)
    start = tuple(torch.tensor(part) for part in state)
    outputs, last = scan(ours, inputs, start, torch.from_numpy(mask))
    (outputs * torch.from_numpy(dhs)).sum().backward()
    hs, end, cache = cell.forward(p, x, state, mask)
    np.testing.assert_allclose(hs, outputs.detach(), rtol=1e-10)
    np.testing.assert_allclose(end, [part.detach() for part in last], rtol=1e-10)
    np.testing.assert_allclose(cell.backward(dhs, cache)[0], inputs.grad, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
def test_the_older_gru_against_autograd_and_finite_differences(masked):
    p, x, state, dhs, dstate = draw(gru, 3, 5, 2, 3)
    mask = ragged(3, 5) if masked else None
    ours = GRUCell(2, 3, reset_after=False, dtype=torch.float64)
    arrays = gru.to_torch(p, "")
    ours.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    inputs, start = torch.tensor(x, requires_grad=True), torch.tensor(state[0], requires_grad=True)
    outputs, (last,) = scan(ours, inputs, (start,), None if mask is None else torch.tensor(mask))
    total = (outputs * torch.from_numpy(dhs)).sum() + (last * torch.from_numpy(dstate[0])).sum()
    total.backward()

    hs, end, cache = gru.forward(p, x, state, mask, reset_after=False)
    dx, dstart, dp = gru.backward(dhs, cache, dstate)
    close = {"rtol": 1e-9, "atol": 1e-12}
    np.testing.assert_allclose(hs, outputs.detach(), **close)
    np.testing.assert_allclose(end[0], last.detach(), **close)
    np.testing.assert_allclose(dx, inputs.grad, **close)
    np.testing.assert_allclose(dstart[0], start.grad, **close)
    np.testing.assert_allclose(dp["W_x"].T, ours.weight_ih.grad, **close)
    np.testing.assert_allclose(dp["W_h"].T, ours.weight_hh.grad, **close)
    np.testing.assert_allclose(dp["b"], ours.bias_ih.grad, **close)
    np.testing.assert_allclose(dp["b_hn"], ours.bias_hh.grad[6:], **close)

    def loss():
        hs, end, _ = gru.forward(p, x, state, mask, reset_after=False)
        return float(np.sum(hs * dhs) + np.sum(end[0] * dstate[0]))

    for array, gradient in [(x, dx), (state[0], dstart[0]), *((p[n], dp[n]) for n in p)]:
        assert relative_error(gradient, numerical_gradient(loss, array)) < 1e-7


def test_the_two_forms_of_the_gru_differ_but_not_where_nothing_is_reset():
    p, x, state, *_ = draw(gru, 2, 4, 3, 5)
    after, before = (gru.forward(p, x, state, reset_after=form)[0] for form in (True, False))
    assert np.abs(after - before).max() > 0.01
    p["b"][:5] = 100  # r is 1
    after, before = (gru.forward(p, x, state, reset_after=form)[0] for form in (True, False))
    np.testing.assert_allclose(after, before, rtol=1e-12)


@each_cell
@pytest.mark.parametrize("mask", [np.ones((2, 3)), np.ones((3, 2), bool), np.ones((1, 3), bool)])
def test_what_is_no_mask_is_refused(shapes_unchecked, cell, mask):
    p, x, state, *_ = draw(cell, 2, 3, 4, 5)
    with pytest.raises(ValueError, match="expected bool of"):
        cell.forward(p, x, state, mask)


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


@each_cell
@pytest.mark.parametrize("sizes", [(0, 4), (3, 0), (-1, 4)])
def test_sizes_below_one_are_refused(cell, sizes):
    with pytest.raises(ValueError, match="expected at least 1"):
        cell.initialize(*sizes, np.random.default_rng(0))


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
    for truncate in (0, 2.5):
        with pytest.raises(ValueError, match=f"truncate is {truncate}"):
            cell.backward(dhs, cache, truncate=truncate)
