"""Positions: the formulas, what shifts and turns keep, and where learned ones end."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.layers import LearnedPositions, SinusoidPositions, angles, rotate, sinusoids

SEEDS = st.integers(0, 2**31)


def test_sinusoids_by_the_formula():
    table = sinusoids(7, 6, start=2)
    for t in range(7):
        for i in range(3):
            angle = (t + 2) / 10_000 ** (2 * i / 6)
            expected = torch.tensor([math.sin(angle), math.cos(angle)])
            torch.testing.assert_close(table[t, 2 * i : 2 * i + 2], expected)


def test_a_shift_is_one_linear_map_everywhere():
    table = sinusoids(40, 8).double()
    shift = torch.linalg.lstsq(table[:30], table[5:35]).solution
    torch.testing.assert_close(table[:35] @ shift, table[5:], rtol=0, atol=1e-5)


@settings(max_examples=40)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 60), SEEDS)
def test_rotation_is_a_product_of_complex_numbers(T, pairs, start, seed):
    torch.manual_seed(seed)
    x = torch.randn(2, 3, T, 2 * pairs).double()
    turned = rotate(x, start)
    clock = torch.polar(torch.ones(T, pairs).double(), angles(T, 2 * pairs, start))
    expected = torch.view_as_real(torch.view_as_complex(x.unflatten(3, (pairs, 2))) * clock)
    torch.testing.assert_close(turned, expected.flatten(3))
    torch.testing.assert_close(turned.norm(dim=3), x.norm(dim=3))


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_the_product_of_two_turned_vectors_depends_on_their_distance_alone(i, j, shift):
    q, k = torch.randn(2, 1, 1, 1, 8)
    first, second = ((rotate(q, i + s) * rotate(k, j + s)).sum() for s in (0, shift))
    torch.testing.assert_close(first, second, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("make", [SinusoidPositions, lambda: LearnedPositions(9, 4)])
def test_a_text_may_be_read_in_parts(make):
    add, x = make(), torch.randn(2, 9, 4)
    parts = [add(x[:, :3]), add(x[:, 3:4], 3), add(x[:, 4:], 4)]
    torch.testing.assert_close(torch.cat(parts, dim=1), add(x))
    assert not torch.isclose(add(x[:, 3:4]), add(x[:, 3:4], 3)).any()


def test_learned_positions_are_learned():
    add = LearnedPositions(5, 4)
    add(torch.zeros(2, 3, 4), 1).sum().backward()
    expected = torch.tensor([0.0, 2, 2, 2, 0]).unsqueeze(1).expand(5, 4)
    torch.testing.assert_close(add.weight.grad, expected)


def test_far_positions_are_exact_in_double_precision():
    t, x = 100_000, torch.zeros(1, 1, 8, dtype=torch.float64)
    turned = [t / 10_000 ** (2 * i / 8) for i in range(4)]
    sines, cosines = ([f(angle) for angle in turned] for f in (math.sin, math.cos))
    waves = SinusoidPositions()(x, t).unflatten(2, (4, 2)).squeeze()
    expected = torch.tensor([sines, cosines], dtype=torch.float64).T
    torch.testing.assert_close(waves, expected, rtol=0, atol=1e-10)
    x[..., 1::2] = 1  # a hand that points up turns to minus the sine and the cosine
    turned = rotate(x.unsqueeze(1), t).unflatten(3, (4, 2)).squeeze()
    expected = expected * torch.tensor([-1.0, 1.0])
    torch.testing.assert_close(turned, expected, rtol=0, atol=1e-10)
    assert angles(2, 4, device="mps").device.type == "cpu"  # there is no float64 elsewhere
    assert sinusoids(2, 4).dtype == rotate(torch.zeros(1, 1, 2, 4)).dtype == torch.float32


def test_what_is_too_long_is_refused():
    with pytest.raises(ValueError, match="has 6 tokens, but there are only 5 learned"):
        LearnedPositions(5, 4)(torch.zeros(1, 6, 4))
    with pytest.raises(ValueError, match="has 6 tokens, but there are only 5 learned"):
        LearnedPositions(5, 4)(torch.zeros(1, 1, 4), 5)


def test_what_does_not_fit_is_refused(shapes_unchecked):
    for sizes in ((0, 4), (4, 0)):
        with pytest.raises(ValueError, match="expected at least 1"):
            LearnedPositions(*sizes)
    with pytest.raises(ValueError, match=r"x has shape \(1, 2, 3\)"):
        LearnedPositions(5, 4)(torch.zeros(1, 2, 3))
    for start in (-1, -3):
        with pytest.raises(ValueError, match=f"start is {start}; expected no negative position"):
            LearnedPositions(6, 4)(torch.zeros(1, 2, 4), start)
    with pytest.raises(ValueError, match=r"x has shape \(2, 4\); expected \(B, T, D\)"):
        SinusoidPositions()(torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"x has shape \(1, 2, 4\); expected \(B, N, T, D\)"):
        rotate(torch.zeros(1, 2, 4))
    for T, D, start in ((2, 3, 0), (2, 0, 0), (-1, 4, 0), (2, 4, -1)):
        with pytest.raises(ValueError, match="expected an even D"):
            sinusoids(T, D, start)
