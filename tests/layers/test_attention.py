"""Attention against loops over queries and keys, autograd, and rows and keys left out."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from textbook_nlp.layers.attention import (
    AdditiveScore,
    GeneralScore,
    attend,
    causal_mask,
    dot_score,
    fused_attention,
    masked_softmax,
    scaled_dot_score,
    visible,
)

SEEDS = st.integers(0, 2**31)
SCORES = ["dot", "scaled", "general", "additive"]


def score_of(name, Q=3, K=3):
    """The score, and its formula for one query and one key."""
    if name == "dot":
        return dot_score, lambda q, k: q @ k
    if name == "scaled":
        return scaled_dot_score, lambda q, k: q @ k / math.sqrt(len(q))
    if name == "general":
        score = GeneralScore(Q, K).double()
        return score, lambda q, k: q @ score.weight @ k
    score = AdditiveScore(Q, K, 5).double()
    W_q, (W_k, b) = score.query.weight, score.key.parameters()
    return score, lambda q, k: score.v @ torch.tanh(W_q @ q + W_k @ k + b)


def draw(B, T, S, Q=3, K=3, E=2):
    return [torch.randn(shape).double() for shape in ((B, T, Q), (B, S, K), (B, S, E))]


@pytest.mark.parametrize("name", SCORES)
@settings(max_examples=25)
@given(st.integers(1, 3), st.integers(0, 4), st.integers(1, 5), st.integers(1, 4), SEEDS)
def test_equals_a_loop_over_queries_and_keys(name, B, T, S, K, seed):
    torch.manual_seed(seed)
    Q = K if name in ("dot", "scaled") else 3
    score, formula = score_of(name, Q, K)
    queries, keys, values = draw(B, T, S, Q, K)
    mask, allowed = torch.rand(B, S) < 0.7, torch.rand(B, T, S) < 0.7
    context, weights = attend(queries, keys, values, mask, allowed=allowed, score=score)
    for b in range(B):
        for t in range(T):
            places = [s for s in range(S) if mask[b, s] and allowed[b, t, s]]
            e = {s: math.exp(formula(queries[b, t], keys[b, s]).item()) for s in places}
            expected = [e.get(s, 0.0) / sum(e.values()) if e else 0.0 for s in range(S)]
            torch.testing.assert_close(weights[b, t], torch.tensor(expected).double())
            mean = sum((a * v for a, v in zip(expected, values[b], strict=True)), torch.zeros(2))
            torch.testing.assert_close(context[b, t], mean.double())


@pytest.mark.parametrize("name", SCORES)
def test_gradients_by_autograd(name):
    score, _ = score_of(name)
    inputs = [x.requires_grad_() for x in draw(2, 3, 4)]
    mask = torch.tensor([[True, True, False, True], [False] * 4])
    allowed = torch.rand(3, 4) < 0.7
    assert torch.autograd.gradcheck(
        lambda q, k, v: attend(q, k, v, mask, allowed=allowed, score=score), inputs
    )


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("filler", [torch.nan, torch.inf, 1e30])
def test_padding_matters_to_nothing_whatever_stands_there(name, filler):
    score, _ = score_of(name)
    queries, keys, values = draw(3, 2, 4)
    mask = torch.tensor([[True, True, False, False], [False, True, True, True], [False] * 4])
    results = []
    for fill in (0.0, filler):
        inputs = [
            queries.clone(),
            *(x.masked_fill(~mask[:, :, None], fill) for x in (keys, values)),
        ]
        inputs = [x.requires_grad_() for x in inputs]
        context, weights = attend(*inputs, mask, score=score)
        gradients = torch.autograd.grad(context.sin().sum() + weights.sin().sum(), inputs)
        results.append([context, weights, *gradients])
        assert not any(x[~mask].any() for x in gradients[1:])
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)
    context, weights = results[0][:2]
    assert not context[2].any()
    assert not weights[2].any()
    torch.testing.assert_close(weights[:2].sum(dim=2), torch.ones(2, 2).double())


def test_scaling_keeps_the_variance_of_the_scores():
    queries, keys = torch.randn(1, 400, 64), torch.randn(1, 400, 64)
    assert 55 < dot_score(queries, keys).var() < 73
    assert 0.85 < scaled_dot_score(queries, keys).var() < 1.15


def test_masked_softmax_of_extremes():
    scores = torch.tensor([[1e4, -1e4, 3.0], [torch.nan, 2.0, 2.0], [torch.inf] * 3])
    allowed = torch.tensor([[False, True, False], [False, True, True], [False] * 3])
    scores.requires_grad_()
    weights = masked_softmax(scores, allowed)
    torch.testing.assert_close(weights, torch.tensor([[0.0, 1, 0], [0, 0.5, 0.5], [0, 0, 0]]))
    with torch.autograd.set_detect_anomaly(True):  # nor is there a NaN on the way back
        weights[:, 1].sum().backward()
    torch.testing.assert_close(scores.grad, torch.tensor([[0.0] * 3, [0, 0.25, -0.25], [0.0] * 3]))


def test_a_causal_mask_shows_each_step_itself_and_what_came_before():
    assert causal_mask(3).long().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert causal_mask(2, 4).long().tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]


@settings(max_examples=50)
@given(st.booleans(), st.booleans(), st.sampled_from([None, 2, 3]), st.floats(0, 1), SEEDS)
def test_fused_attention_equals_the_readable_one(masked, causal, axes, share, seed):
    torch.manual_seed(seed)
    B, N, T, D = 2, 3, 5, 4
    S = T if causal else 6
    q, k, v = (torch.randn(B, N, n, D).double().requires_grad_() for n in (T, S, S))
    mask = torch.rand(B, S) < share if masked else None
    allowed = None if axes is None else torch.rand(*(B, T, S)[-axes:]) < share
    seen = visible((B, T, S), mask, allowed)
    found = fused_attention(q, k, v, seen, causal=causal)
    every = torch.ones(B, T, S).bool() if seen is None else seen.expand(B, T, S)
    every = every & causal_mask(T) if causal else every
    scores = q @ k.transpose(2, 3) / math.sqrt(D)
    expected = masked_softmax(scores, every.unsqueeze(1).expand(B, N, T, S)) @ v
    torch.testing.assert_close(found, expected)
    upstream = torch.randn_like(found)
    gradients = [torch.autograd.grad(y, (q, k, v), upstream) for y in (found, expected)]
    torch.testing.assert_close(*gradients)


def test_fused_attention_in_single_precision_equals_torch():
    q, k, v = torch.randn(3, 2, 4, 65, 16)
    torch.testing.assert_close(
        fused_attention(q, k, v, causal=True),
        F.scaled_dot_product_attention(q, k, v, causal_mask(65)),
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"queries": torch.zeros(1, 3, 3)}, r"keys has shape \(2, 4, 3\); expected \(1, S, K\)"),
        ({"queries": torch.zeros(2, 3, 5)}, r"queries has shape \(2, 3, 5\); expected \(B, T, 3\)"),
        ({"queries": torch.zeros(2, 3)}, r"queries has shape \(2, 3\)"),
        ({"values": torch.zeros(2, 5, 2)}, r"values has shape \(2, 5, 2\); expected \(2, 4, E\)"),
        ({"keys": torch.zeros(2, 0, 3), "values": torch.zeros(2, 0, 3)}, "expected at least one"),
        ({"mask": torch.ones(2, 3).bool()}, r"mask is torch.bool of shape \(2, 3\)"),
        ({"mask": torch.ones(1, 4).bool()}, r"expected torch.bool of shape \(2, 4\)"),
        ({"mask": torch.ones(2, 4)}, "mask is torch.float32"),
        ({"allowed": torch.ones(4, 3).bool()}, r"expected torch.bool of shape \(3, 4\) or"),
        ({"allowed": torch.ones(1, 3, 4).bool()}, r"allowed is torch.bool of shape \(1, 3, 4\)"),
        ({"allowed": torch.zeros(3, 4)}, "allowed is torch.float32"),
    ],
)
def test_what_does_not_fit_is_refused(shapes_unchecked, changed, message):
    inputs = {"queries": torch.zeros(2, 3, 3), "keys": torch.zeros(2, 4, 3)}
    inputs = inputs | {"values": torch.zeros(2, 4, 2)} | changed
    with pytest.raises(ValueError, match=message):
        attend(**inputs)


def test_scores_refuse_what_does_not_fit(shapes_unchecked):
    x = torch.zeros(2, 3, 4)
    for score in (GeneralScore(4, 5), AdditiveScore(4, 5, 2)):
        with pytest.raises(ValueError, match=r"keys has shape .* expected \(2, S, 5\)"):
            score(x, x)
    for sizes in ((0, 1), (1, 0)):
        with pytest.raises(ValueError, match="expected at least 1"):
            GeneralScore(*sizes)
    with pytest.raises(ValueError, match="key_size is 1, hidden_size is 0; expected at least 1"):
        AdditiveScore(1, 1, 0)
    for T, S in ((0, 0), (3, 2)):
        with pytest.raises(ValueError, match="S at least T"):
            causal_mask(T, S)
    with pytest.raises(ValueError, match=r"allowed is torch.bool of shape \(1, 2\)"):
        masked_softmax(torch.zeros(2, 2), torch.ones(1, 2).bool())
