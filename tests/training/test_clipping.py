"""Clipping by the global norm, against torch's."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from textbook_nlp.training import clip_gradients, global_norm


def parameters(seed, scale):
    """Four parameters with gradients of very different sizes, one frozen, one unused."""
    generator = torch.Generator().manual_seed(seed)
    made = [torch.nn.Parameter(torch.zeros(shape)) for shape in ((3, 4), (5,), (2, 2), (1,))]
    for power, parameter in enumerate(made[:3]):
        parameter.grad = torch.randn(parameter.shape, generator=generator) * scale * 10.0**power
    frozen = torch.nn.Parameter(torch.ones(7), requires_grad=False)
    return [*made, frozen]


@given(st.integers(0, 2**31), st.floats(1e-4, 1e4), st.floats(1e-3, 1e3))
def test_clipping_equals_torch(seed, scale, max_norm):
    mine, theirs = parameters(seed, scale), parameters(seed, scale)
    norm = clip_gradients(mine, max_norm)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm)
    torch.testing.assert_close(norm, expected.item())
    for a, b in zip(mine[:3], theirs[:3], strict=True):
        torch.testing.assert_close(a.grad, b.grad)
    assert mine[3].grad is None
    assert mine[4].grad is None


def test_a_frozen_parameter_does_not_count_and_does_not_change():
    kept = parameters(1, 1.0)
    without = [p for p in parameters(1, 1.0) if p.requires_grad]
    torch.testing.assert_close(clip_gradients(kept, 0.5), clip_gradients(without, 0.5))
    torch.testing.assert_close(global_norm(kept).item(), 0.5, rtol=1e-4, atol=0)
    torch.testing.assert_close(kept[4], torch.nn.Parameter(torch.ones(7), requires_grad=False))


def test_small_gradients_stay_as_they_are():
    made = parameters(2, 1e-3)
    before = [p.grad.clone() for p in made[:3]]
    clip_gradients(made, 1e6)
    for parameter, gradient in zip(made[:3], before, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=0, atol=0)


def test_a_generator_of_parameters_is_not_used_up():
    made = parameters(3, 1.0)
    norm = clip_gradients((p for p in made), 0.25)
    assert norm > 0.25
    torch.testing.assert_close(global_norm(made).item(), 0.25, rtol=1e-4, atol=0)


@pytest.mark.parametrize("clip", [clip_gradients, torch.nn.utils.clip_grad_norm_])
def test_one_tensor_is_taken_as_a_list_of_one(clip):
    (alone,) = parameters(5, 1.0)[:1]
    norm = alone.grad.norm().item()
    torch.testing.assert_close(float(clip(alone, 0.25)), norm)
    torch.testing.assert_close(alone.grad.norm().item(), 0.25, rtol=1e-4, atol=0)
    torch.testing.assert_close(global_norm(alone).item(), 0.25, rtol=1e-4, atol=0)


def test_an_infinite_limit_measures_and_clips_nothing():
    mine, untouched = parameters(6, 1.0), parameters(6, 1.0)
    torch.testing.assert_close(
        clip_gradients(mine, math.inf), clip_gradients(untouched, 1e9), rtol=0, atol=0
    )
    torch.testing.assert_close(mine[2].grad, untouched[2].grad, rtol=0, atol=0)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_is_returned_and_nothing_changed(bad):
    made = parameters(4, 1.0)
    made[0].grad[0, 0] = bad
    before = made[1].grad.clone()
    assert not math.isfinite(clip_gradients(made, 1.0))
    torch.testing.assert_close(made[1].grad, before, rtol=0, atol=0)


def test_no_gradients_have_the_norm_zero():
    torch.testing.assert_close(clip_gradients([torch.nn.Parameter(torch.ones(2))], 1.0), 0.0)


@pytest.mark.parametrize("max_norm", [0.0, -1.0, math.nan])
def test_a_max_norm_that_is_not_above_zero_is_refused(max_norm):
    with pytest.raises(ValueError, match="expected above 0"):
        clip_gradients([], max_norm)
