"""One step of each cell: against torch.nn, and the older GRU against its formula."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import TypeCheckError
from torch import nn

from textbook_nlp.layers import GRUCell, LSTMCell, RecurrentCell, RNNCell

KINDS = [(RNNCell, nn.RNNCell), (LSTMCell, nn.LSTMCell), (GRUCell, nn.GRUCell)]


def draw_state(cell, B):
    return tuple(torch.randn(B, cell.hidden_size).double() for _ in range(cell.state_tensors))


@pytest.mark.parametrize("kinds", KINDS)
@settings(max_examples=40)
@given(
    st.tuples(st.integers(0, 4), st.integers(1, 5), st.integers(1, 5)),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_a_step_equals_torch(kinds, sizes, bias, with_state, seed):
    B, D, H = sizes
    torch.manual_seed(seed)
    theirs = kinds[1](D, H, bias, dtype=torch.float64)
    mine = kinds[0](D, H, bias, dtype=torch.float64)
    mine.load_state_dict(theirs.state_dict())
    x = torch.randn(B, D).double()
    state = draw_state(mine, B) if with_state else None
    hx = state[0] if with_state and mine.state_tensors == 1 else state
    expected = theirs(x, hx)
    expected = (expected,) if mine.state_tensors == 1 else expected
    torch.testing.assert_close(mine(x, state), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kinds", KINDS)
def test_the_same_seed_draws_the_same_parameters(kinds):
    drawn = []
    for kind in kinds:
        torch.manual_seed(0)
        drawn.append(kind(3, 4).state_dict())
    assert list(drawn[0]) == list(drawn[1])
    torch.testing.assert_close(*drawn)


def test_the_plain_cell_takes_relu():
    theirs = nn.RNNCell(3, 4, nonlinearity="relu")
    mine = RNNCell(3, 4, nonlinearity="relu")
    mine.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 3)
    torch.testing.assert_close(mine(x)[0], theirs(x))


@pytest.mark.parametrize("kind", [RNNCell, LSTMCell, GRUCell])
def test_a_single_bias_is_that_of_the_inputs(kind):
    single, both = kind(3, 4, "single"), kind(3, 4)
    both.load_state_dict(single.state_dict() | {"bias_hh": torch.zeros(len(both.weight_hh))})
    x, state = torch.randn(2, 3), tuple(torch.randn(2, 4) for _ in range(both.state_tensors))
    torch.testing.assert_close(single(x, state), both(x, state))
    assert single.bias_hh is None
    assert [c.extra_repr() for c in (single, both)] == ["3, 4, bias='single'", "3, 4, bias=True"]


def test_the_older_gru_resets_before_the_product():
    cell = GRUCell(3, 4, reset_after=False).double()
    x, (h,) = torch.randn(2, 3).double(), draw_state(cell, 2)
    W_r, W_z, W_n = cell.weight_ih.chunk(3)
    U_r, U_z, U_n = cell.weight_hh.chunk(3)
    b_r, b_z, b_n = (cell.bias_ih + cell.bias_hh).chunk(3)
    r, z = (x @ W_r.T + h @ U_r.T + b_r).sigmoid(), (x @ W_z.T + h @ U_z.T + b_z).sigmoid()
    n = torch.tanh(x @ W_n.T + (r * h) @ U_n.T + b_n)
    torch.testing.assert_close(cell(x, (h,)), ((1 - z) * n + z * h,))
    assert not torch.allclose(GRUCell.forward(_with(cell, reset_after=True), x, (h,))[0], n)


def _with(cell, **changes):
    for name, value in changes.items():
        setattr(cell, name, value)
    return cell


@pytest.mark.parametrize("kind", [RNNCell, LSTMCell, GRUCell])
def test_what_is_not_kept_of_h_does_not_reach_the_product(kind):
    cell = kind(3, 4).double()
    projected, state = cell.inputs(torch.randn(2, 3).double()), draw_state(cell, 2)
    keep = torch.tensor([[2.0, 0.0, 2.0, 0.0]] * 2).double()
    dropped = kind(3, 4).double()
    dropped.load_state_dict(cell.state_dict())
    with torch.no_grad():
        dropped.weight_hh.mul_(keep[0])
    torch.testing.assert_close(cell.step(projected, state, keep), dropped.step(projected, state))


@pytest.mark.parametrize("kind", [RNNCell, LSTMCell, GRUCell])
def test_shapes_of_a_step_are_checked(kind):
    cell = kind(3, 4)
    state = tuple(torch.zeros(2, 4) for _ in range(cell.state_tensors))
    rows = cell.gates * 4
    for projected, wrong in [
        (torch.zeros(2, rows - 1), state),
        (torch.zeros(3, rows), state),
        (torch.zeros(2, rows), (*state[1:], torch.zeros(1, 4))),
        (torch.zeros(2, rows), (*state, state[0])),
    ]:
        with pytest.raises(TypeCheckError):
            cell.step(projected, wrong)


@pytest.mark.parametrize(
    ("x", "state", "message"),
    [
        ((2, 4), None, r"x has shape \(2, 4\); expected \(B, 3\)"),
        ((2, 3), [(2, 4)], "the state is 1 parts; expected a tuple of 2"),
        ((2, 3), [(2, 4), (1, 4)], r"the state has shape \(1, 4\); expected \(2, 4\)"),
    ],
)
def test_wrong_shapes_are_refused(shapes_unchecked, x, state, message):
    state = None if state is None else tuple(map(torch.zeros, state))
    with pytest.raises(ValueError, match=message):
        LSTMCell(3, 4)(torch.zeros(x), state)


def test_a_state_is_a_tuple(shapes_unchecked):
    for state, found in ((torch.zeros(2, 4), "Tensor"), ([torch.zeros(2, 4)], "list")):
        with pytest.raises(ValueError, match=f"the state is a {found}; expected a tuple of 1"):
            RNNCell(3, 4)(torch.zeros(2, 3), state)
    with pytest.raises(ValueError, match="the state is 1 parts; expected a tuple of 1 tensors"):
        RNNCell(3, 4)(torch.zeros(2, 3), (None,))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"nonlinearity": "elu"}, "expected 'tanh'"),
        ({"input_size": 0}, "at least 1"),
        ({"bias": "none"}, "expected True, False or 'single'"),
    ],
)
def test_bad_options_are_refused(shapes_unchecked, options, message):
    with pytest.raises(ValueError, match=message):
        RNNCell(**{"input_size": 3, "hidden_size": 4} | options)


class Peeping(RNNCell):
    """A cell with parameters of its own."""

    def __init__(self, input_size, hidden_size, **options):
        super().__init__(input_size, hidden_size, **options)
        self.peephole = self.new_parameter(hidden_size, 50)


def test_a_parameter_of_a_cells_own_is_drawn_like_the_others():
    torch.manual_seed(0)
    cell = Peeping(3, 4, dtype=torch.float64)
    assert cell.peephole.dtype == torch.float64
    for _ in range(2):
        assert 0.4 < cell.peephole.abs().max() <= 0.5  # 1 / sqrt(4)
        assert cell.peephole.min() < -0.4
        with torch.no_grad():
            cell.peephole.zero_()
        cell.reset_parameters()
    assert Peeping(3, 4, device="meta").peephole.is_meta


def test_a_cell_must_say_how_it_steps():
    with pytest.raises(NotImplementedError, match="RecurrentCell does not say"):
        RecurrentCell(3, 4)(torch.zeros(1, 3))
