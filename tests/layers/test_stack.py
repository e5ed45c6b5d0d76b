"""Stacks of recurrent layers: directions layer by layer, residuals, masks, dropout, states."""

from functools import partial

import pytest
import torch
from torch import nn

from textbook_nlp.layers import (
    GRUCell,
    LSTMCell,
    RecurrentDropout,
    RNNCell,
    Stack,
    VariationalDropout,
    scan,
)

LENGTHS = torch.tensor([7, 3, 1])
MASK = torch.arange(7) < LENGTHS.unsqueeze(1)


def gnmt_encoder(**options):
    """The encoder of Wu et al. (2016): 8 layers, the first both ways, residuals from the third."""
    both = [True] + [False] * 7
    return Stack(LSTMCell, 4, 4, 8, bidirectional=both, residual_from=2, **options).double()


def test_a_gnmt_encoder_equals_torch_layer_by_layer():
    encoder = gnmt_encoder()
    x = torch.randn(3, 7, 4).double().masked_fill(~MASK.unsqueeze(2), torch.nan)
    outputs, state = encoder(x, mask=MASK)
    assert len(state) == 8
    assert [len(part) for part in state] == [2] * 8  # both directions; then (h, c)

    for b, length in enumerate(LENGTHS):
        y = x[b : b + 1, :length]
        for i, layer in enumerate(encoder.layers):
            theirs = nn.LSTM(y.shape[2], 4, bidirectional=i == 0, batch_first=True).double()
            cells = [layer.forward_cell, layer.backward_cell] if i == 0 else [layer.cell]
            theirs.load_state_dict(
                {
                    f"{name}_l0{suffix}": value
                    for cell, suffix in zip(cells, ("", "_reverse"), strict=False)
                    for name, value in cell.state_dict().items()
                }
            )
            new, (h, c) = theirs(y)
            y = new + y if i >= 2 else new
            ends = state[i] if i == 0 else (state[i],)
            for k, end in enumerate(ends):
                torch.testing.assert_close(end[0][b], h[k, 0])
                torch.testing.assert_close(end[1][b], c[k, 0])
        torch.testing.assert_close(outputs[b, :length], y[0])
        assert not outputs[b, length:].any()


def test_padding_reaches_no_gradient_of_a_gnmt_encoder():
    encoder = gnmt_encoder()
    for filler in (0.0, torch.nan):
        x = torch.linspace(-1, 1, 84).view(3, 7, 4).double()
        x = x.masked_fill(~MASK.unsqueeze(2), filler).requires_grad_()
        encoder.zero_grad()
        encoder(x, mask=MASK)[0].sin().sum().backward()
        assert not x.grad[~MASK].any()
        found = [x.grad, *(p.grad.clone() for p in encoder.parameters())]
        if filler == 0:
            expected = found
    torch.testing.assert_close(found, expected)


def test_a_residual_from_the_first_layer_does_not_carry_on_the_padding():
    stack = Stack(RNNCell, 4, 4, residual_from=0).double()
    x = torch.randn(3, 7, 4).double().masked_fill(~MASK.unsqueeze(2), torch.nan)
    assert stack(x, mask=MASK)[0].isfinite().all()


@pytest.mark.parametrize("cell", [RNNCell, LSTMCell, GRUCell, partial(GRUCell, reset_after=False)])
def test_the_state_carries_over(cell):
    stack = Stack(cell, 3, 4, 3).double()
    x = torch.randn(2, 6, 3).double()
    whole, last = stack(x)
    first, state = stack(x[:, :2])
    second, end = stack(x[:, 2:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    torch.testing.assert_close(end, last)


def test_the_state_of_a_layer_that_reads_both_ways_is_a_pair():
    stack = Stack(LSTMCell, 3, 4, 2, bidirectional=True)
    x = torch.randn(2, 5, 3)
    _, state = stack(x)
    assert [[t.shape for t in end] for end in state[1]] == [[(2, 4)] * 2] * 2
    start = tuple(tuple(tuple(t + 1 for t in end) for end in pair) for pair in state)
    outputs, _ = stack(x, start)
    ahead, _ = scan(stack.cells[0], x, start[0][0])
    back, _ = scan(stack.cells[1], x, start[0][1], reverse=True)
    below = torch.cat([ahead, back], dim=2)
    torch.testing.assert_close(outputs[:, :, :4], scan(stack.cells[2], below, start[1][0])[0])


def test_the_future_cannot_move_the_past():
    stack = Stack(RNNCell, 3, 4, 2)
    x = torch.randn(2, 6, 3)
    changed = x.clone()
    changed[:, 4:] += 1
    before, after = stack(x)[0], stack(changed)[0]
    torch.testing.assert_close(before[:, :4], after[:, :4], rtol=0, atol=0)
    assert not torch.isclose(before[:, 4:], after[:, 4:]).any()


def test_each_layer_may_have_a_width_of_its_own():
    stack = Stack(RNNCell, 3, [4, 2], 2, bidirectional=[True, False]).double()
    x = torch.randn(2, 5, 3).double()
    assert [(c.input_size, c.hidden_size) for c in stack.cells] == [(3, 4), (3, 4), (8, 2)]
    ahead, back = scan(stack.cells[0], x)[0], scan(stack.cells[1], x, reverse=True)[0]
    torch.testing.assert_close(stack(x)[0], scan(stack.cells[2], torch.cat([ahead, back], 2))[0])
    assert stack.output_size == 2


def test_what_stands_between_is_applied_between_and_nowhere_else():
    doubled = nn.Linear(4, 4, bias=False).double()
    doubled.weight.data = 2 * torch.eye(4).double()
    stack = Stack(RNNCell, 3, 4, 2, between=doubled).double()
    x = torch.randn(2, 5, 3).double()
    first, _ = scan(stack.cells[0], x)
    torch.testing.assert_close(stack(x)[0], scan(stack.cells[1], 2 * first)[0])


def test_variational_dropout_drops_the_same_features_at_all_steps():
    x = torch.ones(50, 6, 40)
    drop = VariationalDropout(0.25)
    dropped = drop(x)
    torch.testing.assert_close(dropped, dropped[:, :1].expand_as(x))
    assert set(dropped.unique().tolist()) == {0.0, torch.tensor(1 / 0.75).item()}
    assert 0.2 < (dropped == 0).float().mean() < 0.3
    assert not torch.equal(dropped[0], dropped[1])
    torch.testing.assert_close(drop.eval()(x), x)


@pytest.mark.parametrize("between", [nn.Dropout(0.5), VariationalDropout(0.5)])
def test_dropout_keeps_the_mean_and_ends_with_training(between):
    torch.manual_seed(0)
    stack = Stack(LSTMCell, 3, 100, 2, between=between, recurrent_dropout=RecurrentDropout(0.5))
    x = torch.randn(1, 2, 3)
    average = torch.stack([stack(x)[0] for _ in range(300)]).mean(0)
    stack.eval()
    torch.testing.assert_close(stack(x)[0], stack(x)[0], rtol=0, atol=0)
    assert (average - stack(x)[0]).abs().mean() < 0.02


@pytest.mark.parametrize("both", [False, True])
def test_dropped_weights_are_missing_at_all_steps(both):
    stack = Stack(LSTMCell, 3, 4, 2, bidirectional=both, weight_dropout=nn.Dropout(0.5)).double()
    x = torch.randn(2, 6, 3).double()
    torch.manual_seed(3)
    outputs, _ = stack(x)
    twin = nn.LSTM(3, 4, 2, batch_first=True, bidirectional=both).double()
    torch.manual_seed(3)
    names = [f"l{i}{way}" for i in range(2) for way in (("", "_reverse") if both else ("",))]
    for name, cell in zip(names, stack.cells, strict=True):
        own = dict(cell.state_dict())
        own["weight_hh"] = nn.functional.dropout(own["weight_hh"], 0.5)
        for part, value in own.items():
            getattr(twin, f"{part}_{name}").data = value
    torch.testing.assert_close(outputs, twin(x)[0])
    outputs.sum().backward()
    assert all(cell.weight_hh.grad.any() for cell in stack.cells)
    assert any(not row.all() for cell in stack.cells for row in cell.weight_hh.grad)
    torch.testing.assert_close(stack.eval()(x)[0], stack(x)[0], rtol=0, atol=0)


def test_each_layer_may_have_a_size_of_its_own():
    stack = Stack(GRUCell, 3, [5, 4], 2, bidirectional=[True, False])
    outputs, (first, second) = stack(torch.randn(2, 6, 3))
    assert (outputs.shape, stack.output_size) == ((2, 6, 4), 4)
    assert [end[0].shape for end in first] == [(2, 5)] * 2
    assert second[0].shape == (2, 4)


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5])
@pytest.mark.parametrize("kind", [VariationalDropout, RecurrentDropout])
def test_a_share_that_is_none_is_refused(kind, p):
    with pytest.raises(ValueError, match=r"expected a share in \[0, 1\)"):
        kind(p)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_layers": 0}, "at least 1"),
        ({"num_layers": 2, "bidirectional": [True]}, "names 1 layers"),
        ({"num_layers": 2, "hidden_size": [4]}, "hidden_size 1; expected"),
        ({"residual_from": 0}, "layer 0 reads 3 features and puts out 4"),
        ({"num_layers": 2, "bidirectional": [True, False], "residual_from": 1}, "raise residual"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Stack(RNNCell, 3, **{"hidden_size": 4} | options)


def test_a_state_of_other_layers_is_refused(shapes_unchecked):
    stack = Stack(RNNCell, 3, 4, 2)
    _, state = stack(torch.zeros(2, 5, 3))
    with pytest.raises(ValueError, match="the state has 1 parts"):
        stack(torch.zeros(2, 5, 3), state[:1])
    with pytest.raises(ValueError, match=r"the state has shape \(2, 4\); expected \(1, 4\)"):
        stack(torch.zeros(1, 5, 3), state)


def test_a_mask_over_x_without_a_batch_is_refused(shapes_unchecked):
    with pytest.raises(ValueError, match=r"x has shape \(3, 7\); expected \(B, T, D\)"):
        Stack(RNNCell, 7, 4)(torch.zeros(3, 7), mask=MASK)


@pytest.mark.parametrize("cell", [RNNCell, LSTMCell, GRUCell])
def test_compiles_without_a_break_under_a_mask(shapes_unchecked, cell):
    stack = Stack(cell, 4, 4, 2, bidirectional=[True, False], between=nn.Dropout(0.5)).eval()
    x = torch.randn(3, 7, 4)
    torch.compiler.reset()
    compiled = torch.compile(stack, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, mask=MASK), stack(x, mask=MASK))
