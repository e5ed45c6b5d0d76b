"""A cell over time: masks, directions, dropped units; the fast LSTM against the readable one."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.by_hand import lstm as by_hand
from textbook_nlp.layers import (
    GRUCell,
    LSTMCell,
    RecurrentDropout,
    RNNCell,
    fast_lstm,
    fast_scan,
    scan,
)

KINDS = [RNNCell, LSTMCell, GRUCell]


def make(kind, D=3, H=4, **options):
    return kind(D, H, **options).double()


def draw_state(cell, B):
    return tuple(torch.randn(B, cell.hidden_size).double() for _ in range(cell.state_tensors))


def gradients(outputs, state, wanted):
    total = outputs.sin().sum() + sum(tensor.cos().sum() for tensor in state)
    return torch.autograd.grad(total, wanted)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_is_the_cell_repeated(kind, reverse):
    cell = make(kind)
    x, state = torch.randn(2, 5, 3).double(), draw_state(cell, 2)
    outputs, last = scan(cell, x, state, reverse=reverse)
    for t in reversed(range(5)) if reverse else range(5):
        state = cell(x[:, t], state)
        torch.testing.assert_close(outputs[:, t], state[0])
    torch.testing.assert_close(last, state)


@pytest.mark.parametrize("kind", KINDS)
@given(mask=st.lists(st.lists(st.booleans(), min_size=5, max_size=5), max_size=3),
       reverse=st.booleans(), seed=st.integers(0, 2**31))  # fmt: skip
def test_a_mask_leaves_each_sequence_to_itself(kind, mask, reverse, seed):
    torch.manual_seed(seed)
    mask = torch.tensor(mask, dtype=torch.bool).view(-1, 5)
    cell = make(kind)
    x, state = torch.randn(len(mask), 5, 3).double(), draw_state(cell, len(mask))
    outputs, last = scan(cell, x, state, mask, reverse=reverse)
    assert not outputs[~mask].any()
    for b, real in enumerate(mask):
        start = tuple(tensor[b : b + 1] for tensor in state)
        if real.any():
            alone, start = scan(cell, x[b : b + 1, real], start, reverse=reverse)
            torch.testing.assert_close(outputs[b, real], alone[0])
        torch.testing.assert_close(tuple(tensor[b : b + 1] for tensor in last), start)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("filler", [torch.nan, torch.inf])
def test_padding_reaches_no_result_and_no_gradient(kind, filler):
    cell = make(kind)
    mask = torch.tensor([[True] * 5, [True, True, False, False, False]])
    results = []
    for fill in (0.0, filler):
        x = torch.arange(30).view(2, 5, 3).double().sin().masked_fill(~mask.unsqueeze(2), fill)
        x.requires_grad_()
        outputs, state = scan(cell, x, None, mask)
        results.append((outputs, state, gradients(outputs, state, [x, *cell.parameters()])))
    torch.testing.assert_close(*results)
    assert not results[1][2][0][~mask].any()


@settings(max_examples=60)
@given(
    st.tuples(*[st.integers(1, 5)] * 4),
    st.sampled_from([True, False, "single"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([torch.float32, torch.float64]),
    st.integers(0, 2**31),
)
def test_the_fast_lstm_equals_the_readable_one(sizes, bias, with_state, reverse, dtype, seed):
    B, T, D, H = sizes
    torch.manual_seed(seed)
    cell = LSTMCell(D, H, bias, dtype=dtype)
    x = torch.randn(B, T, D, dtype=dtype, requires_grad=True)
    state = [torch.randn(B, H, dtype=dtype, requires_grad=True) for _ in "hc"]
    wanted = [x, *cell.parameters(), *(state if with_state else [])]
    results = []
    for run in (scan, fast_scan):
        outputs, end = run(cell, x, tuple(state) if with_state else None, reverse=reverse)
        results.append((outputs, end, gradients(outputs, end, wanted)))
    exact = dtype == torch.float64
    torch.testing.assert_close(
        *results, rtol=1e-11 if exact else 1e-4, atol=1e-11 if exact else 1e-5
    )


def test_the_fast_lstm_is_at_work(monkeypatch):
    called = []
    apply = fast_lstm._LSTM.apply
    monkeypatch.setattr(fast_lstm._LSTM, "apply", lambda *args: called.append(1) or apply(*args))
    cell, x = LSTMCell(3, 4), torch.randn(2, 5, 3)
    fast_scan(cell, x)
    fast_scan(cell, x, None, torch.ones(2, 5, dtype=torch.bool))  # a mask, the readable way
    fast_scan(RNNCell(3, 4), x)
    assert called == [1]


def test_the_fast_lstm_without_onednn(monkeypatch):
    cell, x = LSTMCell(3, 4), torch.randn(2, 5, 3)
    monkeypatch.setattr(fast_lstm, "ONE_DNN", None)
    torch.testing.assert_close(fast_scan(cell, x), scan(cell, x))


def test_results_of_the_fast_lstm_may_be_changed_in_place():
    cell, x = LSTMCell(3, 4), torch.randn(2, 5, 3)
    found = []
    for run in (scan, fast_scan):
        outputs, (h, _) = run(cell, x)
        total = outputs.mul_(2).sum() + h.mul_(3).sum()
        found.append(torch.autograd.grad(total, list(cell.parameters())))
    torch.testing.assert_close(*found)


def test_the_lstm_by_hand_is_the_lstm():
    cell = LSTMCell(3, 4).double()
    x = torch.randn(2, 5, 3).double()
    hs, (h, c), _ = by_hand.forward(by_hand.from_torch(cell.state_dict(), suffix=""), x.numpy())
    torch.testing.assert_close(
        fast_scan(cell, x), (torch.from_numpy(hs), (torch.from_numpy(h), torch.from_numpy(c)))
    )


@pytest.mark.parametrize("kind", KINDS)
def test_recurrent_dropout_draws_once_for_a_sequence(kind):
    cell, drop = make(kind), RecurrentDropout(0.5)
    x = torch.randn(2, 6, 3).double()
    torch.manual_seed(1)
    dropped, _ = scan(cell, x, recurrent_dropout=drop)
    torch.manual_seed(1)
    keep, state = drop(torch.zeros(2, 4).double()), cell.zeros(x)
    assert set(keep.unique().tolist()) == {0.0, 2.0}
    for t in range(6):
        state = cell.step(cell.inputs(x[:, t]), state, keep)
        torch.testing.assert_close(dropped[:, t], state[0])
    torch.testing.assert_close(scan(cell, x, recurrent_dropout=drop.eval()), scan(cell, x))


@pytest.mark.parametrize(
    ("x", "state", "mask", "message"),
    [
        ((2, 5, 4), None, None, r"x has shape \(2, 5, 4\); expected \(B, T, 3\)"),
        ((2, 3), None, None, "x has shape"),
        ((2, 0, 3), None, None, "T >= 1"),
        ((2, 5, 3), [(1, 4)], None, r"the state has shape \(1, 4\)"),  # would broadcast
        ((2, 5, 3), [(2, 4), (2, 4)], None, "the state is 2 parts"),
        ((2, 5, 3), None, torch.ones(2, 5), "mask is torch.float32"),
        ((2, 5, 3), None, torch.ones(1, 5).bool(), r"expected torch.bool of shape \(2, 5\)"),
    ],
)
def test_wrong_shapes_are_refused(shapes_unchecked, x, state, mask, message):
    with pytest.raises(ValueError, match=message):
        scan(make(RNNCell), torch.zeros(x).double(),
             None if state is None else tuple(map(torch.zeros, state)), mask)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("run", [scan, fast_scan])
def test_a_state_of_another_type_is_refused(shapes_unchecked, kind, run):
    cell = make(kind)
    state = tuple(tensor.float() for tensor in draw_state(cell, 2))
    with pytest.raises(TypeError, match=r"the state is torch.float32; expected torch.float64"):
        run(cell, torch.zeros(2, 5, 3).double(), state)
