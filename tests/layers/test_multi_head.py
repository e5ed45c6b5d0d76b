"""Multi-head attention against torch.nn's, in values and gradients, and where torch's gives NaN."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from textbook_nlp.layers import MultiHeadAttention, causal_mask, recorded_weights

SEEDS = st.integers(0, 2**31)
OPTIONS = st.fixed_dictionaries(
    {
        "num_heads": st.sampled_from([1, 2, 4]),
        "head_size": st.integers(1, 4),
        "bias": st.booleans(),
        "key_size": st.sampled_from([None, 3, 5]),
        "value_size": st.sampled_from([None, 3, 7]),
    }
)


def twins(num_heads, head_size, bias, key_size, value_size):
    """Our layer and torch's with the same parameters, all of them away from 0."""
    D = num_heads * head_size
    theirs = nn.MultiheadAttention(
        D, num_heads, bias=bias, kdim=key_size, vdim=value_size, batch_first=True
    )
    for parameter in theirs.parameters():
        nn.init.normal_(parameter)
    ours = MultiHeadAttention(D, num_heads, bias=bias, key_size=key_size, value_size=value_size)
    ours.load_state_dict(theirs.state_dict())
    return ours.double(), theirs.double()


def gradients(layer, result, inputs, upstream):
    found = torch.autograd.grad((result * upstream).sum(), [*inputs, *layer.parameters()])
    return list(found)


@settings(max_examples=60)
@given(
    OPTIONS,
    st.sampled_from(["self", "memory", "three"]),
    st.booleans(),
    st.sampled_from([None, 2, 3]),
    st.booleans(),
    st.booleans(),
    SEEDS,
)
def test_equals_torch(options, what, masked, axes, causal, need_weights, seed):
    torch.manual_seed(seed)
    if what == "self":
        options |= {"key_size": None, "value_size": None}
    elif what == "memory":
        options |= {"value_size": options["key_size"]}
    ours, theirs = twins(**options)
    B, T, D = 3, 4, options["num_heads"] * options["head_size"]
    S = T if what == "self" or causal else 6
    queries = torch.randn(B, T, D).double().requires_grad_()
    keys = torch.randn(B, S, options["key_size"] or D).double().requires_grad_()
    values = torch.randn(B, S, options["value_size"] or D).double().requires_grad_()
    inputs = {"self": [queries], "memory": [queries, keys], "three": [queries, keys, values]}[what]
    all_three = {"self": [queries] * 3, "memory": [queries, keys, keys], "three": inputs}[what]
    mask = torch.rand(B, S) < 0.7 if masked else None
    allowed = None if axes is None else torch.rand(*(B, T, S)[-axes:]) < 0.7
    if masked:
        mask[:, 0] = True  # torch's is NaN where nothing is seen
    if allowed is not None:
        allowed[..., 0] = True

    joint = torch.ones(T, S).bool() if allowed is None else allowed
    joint = joint & causal_mask(T) if causal else joint
    if joint.ndim == 3:
        joint = joint.repeat_interleave(options["num_heads"], dim=0)
    expected, their_weights = theirs(
        *all_three,
        key_padding_mask=None if mask is None else ~mask,
        attn_mask=~joint,
        average_attn_weights=False,
    )
    found, weights = ours(
        *inputs, mask=mask, allowed=allowed, causal=causal, need_weights=need_weights
    )
    torch.testing.assert_close(found, expected)
    assert (weights is not None) == need_weights
    if need_weights:
        torch.testing.assert_close(weights, their_weights)
    upstream = torch.randn_like(found)
    torch.testing.assert_close(
        gradients(ours, found, inputs, upstream), gradients(theirs, expected, inputs, upstream)
    )


@pytest.mark.parametrize("need_weights", [False, True])
def test_where_nothing_is_seen_the_result_is_zero_and_so_is_the_gradient(need_weights):
    ours, theirs = twins(2, 3, True, None, None)
    x = torch.randn(2, 4, 6).double().requires_grad_()
    mask = torch.tensor([[False] * 4, [True, True, False, True]])
    allowed = torch.ones(4, 4).bool()
    allowed[2] = False
    options = {"mask": mask, "allowed": allowed, "need_weights": need_weights}
    with torch.autograd.set_detect_anomaly(True):
        found, weights = ours(x, **options)
        (gradient,) = torch.autograd.grad(found.sin().sum(), x)
    assert not found[0].any()
    assert not found[1, 2].any()
    assert not gradient[0].any()
    assert gradient.isfinite().all()
    expected, _ = theirs(x, x, x, key_padding_mask=~mask)
    kept = torch.tensor([0, 1, 3])
    torch.testing.assert_close(found[1, kept], expected[1, kept])
    if need_weights:
        torch.testing.assert_close(weights[1, :, kept].sum(dim=2), torch.ones(2, 3).double())
        assert not weights[0].any()


def test_the_parameters_are_drawn_as_in_torch():
    for sizes in ({}, {"key_size": 3, "value_size": 5}):
        torch.manual_seed(1)
        ours = MultiHeadAttention(8, 2, **sizes)
        torch.manual_seed(1)
        theirs = nn.MultiheadAttention(
            8, 2, kdim=sizes.get("key_size"), vdim=sizes.get("value_size")
        )
        torch.testing.assert_close(dict(ours.state_dict()), dict(theirs.state_dict()))


@pytest.mark.parametrize("need_weights", [False, True])
def test_the_future_cannot_move_the_past(need_weights):
    ours = MultiHeadAttention(8, 2)
    x = torch.randn(2, 6, 8)
    changed = torch.cat([x[:, :4], torch.randn(2, 2, 8)], dim=1)
    before, after = (ours(y, causal=True, need_weights=need_weights)[0] for y in (x, changed))
    torch.testing.assert_close(before[:, :4], after[:, :4], rtol=0, atol=0)
    assert not torch.isclose(before[:, 4:], after[:, 4:]).all(dim=2).any()


@pytest.mark.parametrize("need_weights", [False, True])
def test_dropout_is_at_work_in_training_only(need_weights):
    ours = MultiHeadAttention(8, 2, dropout=0.5)
    x = torch.randn(2, 6, 8)
    first, second = (ours(x, need_weights=need_weights)[0] for _ in range(2))
    assert not torch.isclose(first, second).all()
    ours.eval()
    plain = MultiHeadAttention(8, 2)
    plain.load_state_dict(ours.state_dict())
    torch.testing.assert_close(
        ours(x, need_weights=need_weights), plain(x, need_weights=need_weights)
    )


def test_the_weights_of_every_layer_can_be_kept():
    layers = nn.ModuleDict({"below": MultiHeadAttention(4, 2), "above": MultiHeadAttention(4, 1)})
    x = torch.randn(2, 3, 4)
    with recorded_weights(layers) as weights:
        y, _ = layers["below"](x, causal=True)
        layers["above"](y)
        layers["above"](y)
    assert {name: [w.shape for w in kept] for name, kept in weights.items()} == {
        "below": [(2, 2, 3, 3)],
        "above": [(2, 1, 3, 3)] * 2,
    }
    torch.testing.assert_close(layers["below"](x, causal=True)[0], y)
    expected = layers["below"](x, causal=True, need_weights=True)[1]
    torch.testing.assert_close(weights["below"][0], expected.detach())
    assert len(weights["below"]) == 1


def test_a_record_within_a_record_ends_neither():
    layer, x = MultiHeadAttention(4, 2), torch.randn(2, 3, 4)
    with recorded_weights(layer) as outer:
        first, _ = layer(x)
        with recorded_weights(layer) as inner:
            layer(first)
        layer(x)
    torch.testing.assert_close(inner[""], outer[""][1:2])
    torch.testing.assert_close(outer[""][2], outer[""][0])
    assert [len(kept[""]) for kept in (outer, inner)] == [3, 1]
    assert layer.record is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"queries": torch.zeros(2, 3, 5)}, r"queries has shape \(2, 3, 5\); expected \(B, T, 4\)"),
        ({"keys": torch.zeros(2, 3, 5)}, r"keys has shape \(2, 3, 5\); expected \(B, T, 4\)"),
        ({"keys": torch.zeros(1, 3, 4)}, r"expected \(2, S, K\)"),
        ({"values": torch.zeros(2, 4, 4)}, r"values has shape \(2, 4, 4\); expected \(2, 3, E\)"),
        ({"queries": torch.zeros(2, 0, 4)}, "expected at least one"),
        ({"mask": torch.ones(3, 2).bool()}, r"mask is torch.bool of shape \(3, 2\)"),
        ({"mask": torch.ones(2, 3)}, "mask is torch.float32"),
        ({"allowed": torch.ones(2, 2).bool()}, r"expected torch.bool of shape \(3, 3\) or"),
        ({"keys": torch.zeros(2, 5, 4), "causal": True}, "3 queries and 5 keys"),
    ],
)
def test_what_does_not_fit_is_refused(shapes_unchecked, changed, message):
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(4, 2)(**{"queries": torch.zeros(2, 3, 4)} | changed)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_heads": 3}, "heads that divides model_size"),
        ({"num_heads": 0}, "expected at least 1"),
        ({"model_size": 0}, "expected at least 1"),
        ({"key_size": 0}, "expected at least 1"),
        ({"dropout": 1.0}, "dropout is 1.0; expected a share"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(**{"model_size": 4, "num_heads": 2} | options)
