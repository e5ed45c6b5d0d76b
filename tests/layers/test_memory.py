"""Memory outside the network: each step of an address on its own, then the whole machine."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.autograd import gradcheck
from torch.nn import functional as F

from textbook_nlp.layers import TuringMachine
from textbook_nlp.layers.memory import (
    EMPTY,
    Head,
    content_address,
    read,
    sharpened,
    shifted,
    write,
)

SIZES = st.integers(1, 3), st.integers(3, 7), st.integers(1, 5)


def addresses(B, N, seed=0):
    return torch.randn(B, N, generator=torch.Generator().manual_seed(seed)).softmax(dim=1)


@given(*SIZES, st.floats(0, 30))
def test_content_weighs_rows_by_their_angle(B, N, M, strength):
    memory, key = torch.randn(B, N, M), torch.randn(B, M)
    address = content_address(memory, key, torch.full((B, 1), strength))
    for b in range(B):
        rows, wanted = memory[b].numpy(), key[b].numpy()
        nearness = rows @ wanted / np.linalg.norm(rows, axis=1) / np.linalg.norm(wanted)
        powers = np.exp(strength * (nearness - nearness.max()))
        np.testing.assert_allclose(address[b], powers / powers.sum(), rtol=2e-4, atol=1e-6)


def test_a_key_of_zeros_prefers_no_row():
    memory, key = torch.randn(2, 4, 3), torch.zeros(2, 3)
    address = content_address(memory, key, torch.full((2, 1), 9.0))
    torch.testing.assert_close(address, torch.full((2, 4), 0.25))


def test_a_row_of_zeros_gets_a_gradient_that_can_be_clipped():
    torch.manual_seed(0)
    memory, key = torch.randn(2, 5, 4), torch.randn(2, 4)
    memory[0, 1] = 0  # as after erasing all of it
    memory.requires_grad_()
    (content_address(memory, key, torch.ones(2, 1)) * torch.randn(2, 5)).sum().backward()
    np.testing.assert_array_less(memory.grad.norm().item(), 1e9)  # its square stays in float32


@given(st.integers(1, 3), st.integers(3, 8), st.integers(0, 2))
def test_a_certain_move_is_a_roll(B, N, move):
    address = addresses(B, N)
    shift = F.one_hot(torch.full((B,), move), 3).float()
    torch.testing.assert_close(shifted(address, shift), address.roll(move - 1, dims=1))


def test_an_uncertain_move_is_a_circular_convolution():
    address, shift = addresses(1, 6), addresses(1, 5, seed=1)
    expected = np.zeros(6)
    for i in range(6):
        for j in range(5):
            expected[(i + j - 2) % 6] += address[0, i] * shift[0, j]
    np.testing.assert_allclose(shifted(address, shift)[0], expected, rtol=1e-6)


@given(st.integers(1, 3), st.integers(1, 8), st.floats(1, 5))
def test_sharpening_is_a_power_scaled(B, N, power):
    address = addresses(B, N)
    expected = address**power / (address**power).sum(dim=1, keepdim=True)
    torch.testing.assert_close(sharpened(address, torch.full((B, 1), power)), expected)


def test_sharpening_a_certain_address_to_a_high_power_stays_certain_and_finite():
    certain = torch.tensor([[0.0, 1.0, 0.0]], requires_grad=True)
    sharp = sharpened(certain, torch.tensor([[200.0]]))
    torch.testing.assert_close(sharp, certain)
    sharp[0, 1].backward()
    assert certain.grad.isfinite().all()


@given(st.integers(1, 3), st.integers(3, 8), st.integers(1, 5))
def test_a_head_makes_weights_that_sum_to_one(B, N, M):
    head = Head(4, M)
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter, std=3)
    address = head(torch.randn(B, 4), torch.randn(B, N, M), addresses(B, N))
    torch.testing.assert_close(address.sum(dim=1), torch.ones(B))
    assert (address >= 0).all()


def test_what_was_written_at_a_row_is_read_there_and_nothing_else_changes():
    memory = torch.randn(2, 5, 3)
    at = F.one_hot(torch.tensor([1, 4]), 5).float()
    add = torch.randn(2, 3)
    after = write(memory, at, torch.ones(2, 3), add)
    torch.testing.assert_close(read(after, at), add)
    others = at == 0
    torch.testing.assert_close(after[others], memory[others])
    half = write(memory, at, torch.full((2, 3), 0.5), torch.zeros(2, 3))
    torch.testing.assert_close(read(half, at), read(memory, at) / 2)


def test_gradients_are_those_of_finite_differences():
    torch.manual_seed(0)
    memory, last = torch.randn(2, 4, 3).double(), addresses(2, 4).double()
    head, h = Head(3, 3).double(), torch.randn(2, 3).double()
    erase, add = torch.rand(2, 3).double(), torch.randn(2, 3).double()

    def look(h, memory, last, erase, add):
        return read(write(memory, head(h, memory, last), erase, add), last)

    inputs = [tensor.requires_grad_() for tensor in (h, memory, last, erase, add)]
    assert gradcheck(look, inputs)


def test_reading_on_from_a_state_is_reading_in_one_go():
    machine, x = TuringMachine(5, 6, 4, rows=7, width=3), torch.randn(2, 9, 5)
    whole, end = machine(x)
    first, state = machine(x[:, :4])
    second, last = machine(x[:, 4:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    torch.testing.assert_close(last.memory, end.memory)


def test_the_future_does_not_move_the_past_nor_one_sequence_another():
    machine, x = TuringMachine(5, 6, 4, rows=7, width=3), torch.randn(2, 9, 5)
    outputs, _ = machine(x)
    changed = x.clone()
    changed[0, 6:] += 1
    after, _ = machine(changed)
    torch.testing.assert_close(after[0, :6], outputs[0, :6], rtol=0, atol=0)
    torch.testing.assert_close(after[1], outputs[1])
    assert (after[0, 6:] != outputs[0, 6:]).all()


def test_it_begins_at_row_0_of_an_empty_memory():
    state = TuringMachine(5, 6, 4, rows=7, width=3).start(torch.zeros(2, 1, 5))
    assert state.written.argmax(dim=1).tolist() == state.looked.argmax(dim=1).tolist() == [0, 0]
    assert (state.memory == EMPTY).all()


def test_every_parameter_learns():
    machine = TuringMachine(5, 6, 4, rows=7, width=3)
    machine(torch.randn(3, 5, 5))[0].pow(2).sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in machine.parameters())


def resumed(B=2, rows=7):
    """A machine that goes on from another one's state."""
    _, state = TuringMachine(5, 6, 4, rows=rows, width=3)(torch.zeros(B, 3, 5))
    return TuringMachine(5, 6, 4, rows=7, width=3)(torch.zeros(2, 3, 5), state)


def test_a_state_of_another_kind_is_refused(shapes_unchecked):
    with pytest.raises(TypeError, match="the state is a tuple; expected a MachineState"):
        TuringMachine(5, 6, 4)(torch.zeros(2, 3, 5), (1, 2))


def test_no_part_of_a_state_is_spread_over_rows_or_places(shapes_unchecked):
    machine, x = TuringMachine(5, 6, 4, rows=7, width=3), torch.randn(2, 3, 5)
    _, state = machine(x)
    for name in ("memory", "written", "looked", "found"):
        part = getattr(state, name)
        for cut in (part[:1], part[:, :1]):
            with pytest.raises(ValueError, match=f"the state's {name} has shape"):
                machine(x, state._replace(**{name: cut}))
    for controller in (None, (None, None), state.controller[:1]):
        with pytest.raises(ValueError, match="expected a tuple of 2 tensors"):
            machine(x, state._replace(controller=controller))


def test_numbers_of_another_type_are_refused_but_under_autocast(shapes_unchecked):
    machine, x = TuringMachine(5, 6, 4, rows=7, width=3), torch.zeros(2, 3, 5)
    for other in (x.double(), x.long()):
        with pytest.raises(TypeError, match=f"x is {other.dtype}; expected torch.float32"):
            machine(other)
    with torch.autocast("cpu", torch.bfloat16):
        assert machine(x.bfloat16())[0].dtype == torch.bfloat16


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: TuringMachine(5, 6, 4, rows=7, moves=2), "moves is 2; expected an odd number"),
        (lambda: TuringMachine(5, 6, 4, rows=2, moves=3), "at most 2 .rows."),
        (lambda: TuringMachine(5, 6, 4, width=0), "width is 0; expected at least 1"),
        (lambda: TuringMachine(5, 6, 4)(torch.zeros(2, 3, 4)), r"expected \(B, T, 5\)"),
        (lambda: TuringMachine(5, 6, 4)(torch.zeros(2, 0, 5)), "at least one time step"),
        (lambda: resumed(rows=8), r"the state's memory has shape \(2, 8, 3\); expected \(2, 7, 3"),
        (lambda: resumed(B=1), r"the state's memory has shape \(1, 7, 3\); expected \(2, 7, 3"),
        (lambda: shifted(addresses(2, 4), addresses(2, 2)), "there are 2 moves"),
        (lambda: shifted(addresses(2, 4), addresses(1, 3)), r"shift has shape \(1, 3\)"),
        (lambda: sharpened(addresses(2, 4), torch.ones(2)), r"power has shape \(2,\)"),
        (lambda: read(torch.zeros(2, 4, 3), addresses(2, 3)), r"address has shape \(2, 3\)"),
        (
            lambda: content_address(torch.zeros(2, 4, 3), torch.zeros(2, 2), torch.ones(2, 1)),
            r"key has shape \(2, 2\)",
        ),
        (
            lambda: write(
                torch.zeros(2, 4, 3), addresses(2, 4), torch.zeros(1, 3), torch.zeros(2, 3)
            ),
            r"erase has shape \(1, 3\)",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
