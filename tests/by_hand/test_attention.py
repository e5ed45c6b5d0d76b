"""Attention by hand: against the layers in torch, finite differences, and one step at a time."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from textbook_nlp.by_hand import attention, numerical_gradient, relative_error
from textbook_nlp.layers import attend, dot_score

SIZES = st.tuples(*(st.integers(1, n) for n in (3, 4, 5, 4, 3)))  # B, T, S, D, E


def draw(B, T, S, D, E, seed=0):
    rng = np.random.default_rng(seed)
    queries, keys, values = (rng.standard_normal(s) for s in ((B, T, D), (B, S, D), (B, S, E)))
    mask, allowed = rng.random((B, S)) < 0.7, rng.random((T, S)) < 0.7
    return queries, keys, values, mask, allowed, rng.standard_normal((B, T, E))


def test_by_pencil():
    keys = np.array([[[1.0, 0.0], [0.0, 1.0], [3.0, 3.0]]])
    query, mask = np.array([[math.log(3), 0.0]]), np.array([[True, True, False]])
    weights = attention.attention_weight_forward(keys, query, mask)
    np.testing.assert_allclose(weights, [[0.75, 0.25, 0]])
    np.testing.assert_allclose(attention.weighted_sum_forward(keys, weights), [[0.75, 0.25]])


@settings(max_examples=50)
@given(SIZES, st.booleans(), st.booleans(), st.sampled_from([1.0, 0.5]), st.integers(0, 2**32 - 1))
def test_values_and_gradients_equal_autograd(sizes, masked, limited, scale, seed):
    queries, keys, values, mask, allowed, dcontext = draw(*sizes, seed)
    options = {"allowed": allowed if limited else None}
    tensors = [torch.tensor(x, requires_grad=True) for x in (queries, keys, values)]
    expected, weights = attend(
        *tensors,
        torch.from_numpy(mask) if masked else None,
        allowed=torch.from_numpy(allowed) if limited else None,
        score=lambda q, k: scale * dot_score(q, k),
    )
    expected.backward(torch.from_numpy(dcontext))
    context, cache = attention.forward(
        queries, keys, values, mask if masked else None, scale=scale, **options
    )
    np.testing.assert_allclose(context, expected.detach(), atol=1e-12)
    np.testing.assert_allclose(cache.weights, weights.detach(), atol=1e-12)
    for mine, theirs in zip(attention.backward(dcontext, cache), tensors, strict=True):
        np.testing.assert_allclose(mine, theirs.grad, atol=1e-12)


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1, 1), (2, 3, 4, 3, 2)])
def test_gradients_against_finite_differences(sizes):
    *inputs, mask, allowed, dcontext = draw(*sizes)
    options = {"mask": mask, "allowed": allowed, "scale": 0.7}
    _, cache = attention.forward(*inputs, **options)
    for x, gradient in zip(inputs, attention.backward(dcontext, cache), strict=True):
        numerical = numerical_gradient(
            lambda: float((attention.forward(*inputs, **options)[0] * dcontext).sum()), x
        )
        assert relative_error(gradient, numerical) < 1e-7


def test_the_two_layers_against_finite_differences():
    queries, keys, values, mask, _, dcontext = draw(2, 1, 4, 3, 2)
    query, dcontext = queries[:, 0], dcontext[:, 0]
    mask[:, 0] = True

    def loss():
        weights = attention.attention_weight_forward(keys, query, mask)
        return float((attention.weighted_sum_forward(values, weights) * dcontext).sum())

    weights = attention.attention_weight_forward(keys, query, mask)
    dvalues, dweights = attention.weighted_sum_backward(dcontext, values, weights)
    dkeys, dquery = attention.attention_weight_backward(dweights, keys, query, weights)
    for x, gradient in ((values, dvalues), (keys, dkeys), (query, dquery)):
        assert relative_error(gradient, numerical_gradient(loss, x)) < 1e-7


def test_all_queries_at_once_are_one_at_a_time():
    queries, keys, values, mask, _, dcontext = draw(2, 3, 4, 3, 2)
    context, cache = attention.forward(queries, keys, values, mask)
    found = attention.backward(dcontext, cache)
    expected = [np.zeros_like(x) for x in found]
    for t in range(3):
        weights = attention.attention_weight_forward(keys, queries[:, t], mask)
        alone = attention.weighted_sum_forward(values, weights)
        np.testing.assert_allclose(context[:, t], alone, atol=1e-14)
        dvalues, dweights = attention.weighted_sum_backward(dcontext[:, t], values, weights)
        dkeys, dquery = attention.attention_weight_backward(dweights, keys, queries[:, t], weights)
        expected[0][:, t] = dquery
        expected[1] += dkeys
        expected[2] += dvalues
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-14)


def test_where_nothing_is_seen_there_are_zeros():
    queries, keys, values, _, _, dcontext = draw(2, 3, 4, 3, 2)
    mask = np.array([[False] * 4, [True] * 4])
    context, cache = attention.forward(queries, keys, values, mask)
    assert not context[0].any()
    assert not any(gradient[0].any() for gradient in attention.backward(dcontext, cache))
    assert not attention.attention_weight_forward(keys, queries[:, 0], mask)[0].any()


def test_the_type_stays():
    inputs = [x.astype(np.float32) for x in draw(2, 3, 4, 3, 2)[:3]]
    context, cache = attention.forward(*inputs, np.ones((2, 4), bool), scale=0.5)
    assert {x.dtype for x in (context, *attention.backward(context, cache))} == {context.dtype}
    assert context.dtype == np.float32


def test_what_does_not_fit_is_refused(shapes_unchecked):
    queries, keys, values, mask, allowed, dcontext = draw(2, 3, 4, 3, 2)
    _, cache = attention.forward(queries, keys, values)
    query, weights = queries[:, 0], np.ones((2, 4))
    calls = [
        (lambda: attention.forward(queries, keys[:1], values), r"expected \(2, S, 3\)"),
        (lambda: attention.forward(query, keys, values), r"queries has .* expected \(B, T, D\)"),
        (lambda: attention.forward(queries, query, values), r"keys has .* expected \(2, S, 3\)"),
        (lambda: attention.forward(queries, weights[0], values), r"keys has shape \(4,\)"),
        (lambda: attention.forward(queries, keys, weights), r"values has .* expected \(2, 4, E\)"),
        (lambda: attention.forward(queries, keys[:, :0], values[:, :0]), "expected .* S >= 1"),
        (lambda: attention.forward(queries, keys, values[:, :3]), r"expected \(2, 4, E\)"),
        (lambda: attention.forward(queries, keys, values, mask[:1]), r"expected bool of \(2, 4\)"),
        (lambda: attention.forward(queries, keys, values, 1.0 * mask), "mask is float64"),
        (lambda: attention.forward(queries, keys, values, allowed=allowed.T), "allowed is bool"),
        (lambda: attention.backward(dcontext[:, :1], cache), r"expected \(2, 3, 2\)"),
        (lambda: attention.weighted_sum_forward(values, weights[:1]), r"weights has shape \(1, 4"),
        (lambda: attention.weighted_sum_forward(query, query), r"expected \(B, S, E\)"),
        (lambda: attention.weighted_sum_backward(query, query, query), r"expected \(B, S, E\)"),
        (lambda: attention.weighted_sum_backward(query, values, weights), "dcontext has shape"),
        (lambda: attention.attention_weight_forward(keys, query[:1]), r"query has shape \(1, 3\)"),
        (lambda: attention.attention_weight_forward(keys, query, mask[:1]), "mask is bool"),
        (lambda: attention.attention_weight_forward(query, query), r"expected \(B, S, D\)"),
        (lambda: attention.attention_weight_forward(keys[:, :0], query), "expected .* S >= 1"),
        (
            lambda: attention.attention_weight_backward(weights, query, query, weights),
            r"keys has shape \(2, 3\); expected \(B, S, D\)",
        ),
        (
            lambda: attention.attention_weight_backward(weights[:1], keys, query, weights),
            r"dweights has shape \(1, 4\)",
        ),
    ]
    for call, message in calls:
        with pytest.raises(ValueError, match=message):
            call()
