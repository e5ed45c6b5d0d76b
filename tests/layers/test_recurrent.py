"""`RNN`, `LSTM` and `GRU` against torch.nn: values, gradients, forms of input, parameters."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence
from torch.utils.checkpoint import checkpoint

from textbook_nlp.layers import GRU, LSTM, RNN

KINDS = [(RNN, nn.RNN), (LSTM, nn.LSTM), (GRU, nn.GRU)]
OPTIONS = st.fixed_dictionaries(
    {
        "num_layers": st.integers(1, 3),
        "bias": st.booleans(),
        "bidirectional": st.booleans(),
        "batch_first": st.booleans(),
    }
)


def twins(kinds, D, H, dtype=torch.float64, **options):
    mine, theirs = (kind(D, H, dtype=dtype, **options) for kind in kinds)
    mine.load_state_dict(theirs.state_dict())
    return mine, theirs


def tensors(value):
    """All tensors of results, in order; of a packed sequence the data."""
    if isinstance(value, PackedSequence):
        return [value.data]
    return [value] if isinstance(value, torch.Tensor) else [t for v in value for t in tensors(v)]


def draw_hx(mine, B, dtype=torch.float64):
    """Draw a state to start from that asks for its gradient; without B for one sequence."""
    passes = mine.num_layers * (2 if mine.bidirectional else 1)
    shape = (passes, mine.hidden_size) if B is None else (passes, B, mine.hidden_size)
    parts = [torch.randn(shape, dtype=dtype, requires_grad=True) for _ in "hc"]
    return tuple(parts) if isinstance(mine, LSTM) else parts[0]


def assert_same(mine, theirs, x, hx, form=lambda x: x, **tolerance):
    """Hold results and the gradients of parameters, inputs and state against each other."""
    results = []
    for layer in (mine, theirs):
        found = tensors(layer(form(x), hx))
        wanted = [x, *layer.parameters(), *([] if hx is None else tensors(hx))]
        total = sum((t * torch.arange(1, t.numel() + 1).view_as(t).sin()).sum() for t in found)
        gradients = torch.autograd.grad(total, wanted) if total.requires_grad else []
        results.append((found, list(gradients)))
    torch.testing.assert_close(*results, **tolerance)


@pytest.mark.parametrize("kinds", KINDS)
@settings(max_examples=50)
@given(
    sizes=st.tuples(st.integers(0, 4), *[st.integers(1, 5)] * 3),
    options=OPTIONS,
    relu=st.booleans(),
    with_state=st.booleans(),
    alone=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_values_and_gradients_equal_torch(kinds, sizes, options, relu, with_state, alone, seed):
    B, T, D, H = sizes
    torch.manual_seed(seed)
    if kinds[0] is RNN:
        options = options | {"nonlinearity": "relu" if relu else "tanh"}
    mine, theirs = twins(kinds, D, H, **options)
    shape = (T, D) if alone else (B, T, D) if options["batch_first"] else (T, B, D)
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    hx = draw_hx(mine, None if alone else B) if with_state else None
    assert_same(mine, theirs, x, hx, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kinds", KINDS)
@settings(max_examples=50)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    options=OPTIONS,
    with_state=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_packed_sequences_equal_torch(kinds, lengths, options, with_state, seed):
    torch.manual_seed(seed)
    mine, theirs = twins(kinds, 3, 4, **options)
    x = torch.randn(len(lengths), max(lengths), 3, dtype=torch.float64, requires_grad=True)

    def pack(x):
        return pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)

    hx = draw_hx(mine, len(lengths)) if with_state else None
    assert_same(mine, theirs, x, hx, pack, rtol=1e-10, atol=1e-10)
    (ours, _), (other, _) = mine(pack(x), hx), theirs(pack(x), hx)
    for a, b in zip(ours[1:], other[1:], strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("kinds", KINDS)
def test_sorted_sequences_need_no_indices(kinds):
    mine, theirs = twins(kinds, 3, 4)
    packed = pack_sequence([torch.randn(T, 3, dtype=torch.float64) for T in (4, 4, 1)])
    assert packed.sorted_indices is None
    torch.testing.assert_close(tensors(mine(packed)), tensors(theirs(packed)))


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_single_precision_equals_torch(kinds, bidirectional):
    mine, theirs = twins(kinds, 5, 6, torch.float32, num_layers=2, bidirectional=bidirectional)
    x = torch.randn(7, 3, 5, requires_grad=True)
    assert_same(mine, theirs, x, draw_hx(mine, 3, torch.float32), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kinds", KINDS)
def test_the_same_seed_draws_the_same_parameters_and_either_loads_the_other(kinds):
    layers = []
    for kind in kinds:
        torch.manual_seed(0)
        layers.append(kind(3, 4, 2, bidirectional=True))
    mine, theirs = layers
    assert list(mine.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in mine.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    torch.testing.assert_close(mine.state_dict(), theirs.state_dict())
    other = kinds[0](3, 4, 2, bidirectional=True)
    theirs.load_state_dict(other.state_dict())
    x = torch.randn(5, 2, 3)
    torch.testing.assert_close(tensors(other(x)), tensors(theirs(x)))


@pytest.mark.parametrize("kinds", KINDS)
def test_positional_arguments_are_those_of_torch(kinds):
    extra = ("relu",) if kinds[0] is RNN else ()
    for layer in [kind(3, 4, 2, *extra, False, True, 0.25, True) for kind in kinds]:
        assert (layer.bias, layer.batch_first, layer.dropout) == (False, True, 0.25)
        assert layer.bidirectional
        assert getattr(layer, "nonlinearity", "relu") == "relu"


def test_a_copy_has_parameters_of_its_own():
    layer = LSTM(3, 4)
    x = torch.randn(5, 2, 3)
    before, _ = layer(x)
    with torch.no_grad():
        copy.deepcopy(layer).weight_hh_l0.zero_()
    torch.testing.assert_close(layer(x)[0], before)


def test_parameters_may_be_replaced_or_computed():
    layer = LSTM(3, 4)
    x = torch.randn(5, 2, 3)
    zeros = {name: torch.zeros_like(p) for name, p in layer.named_parameters()}
    outputs, _ = torch.func.functional_call(layer, zeros, (x,))
    assert not outputs.any()
    parametrize.register_parametrization(layer, "weight_hh_l0", nn.Tanh())
    twin = nn.LSTM(3, 4)
    twin.load_state_dict({name: getattr(layer, name).detach() for name in twin.state_dict()})
    torch.testing.assert_close(tensors(layer(x)), tensors(twin(x)))


@pytest.mark.parametrize("kinds", KINDS)
def test_each_sequence_of_a_batch_by_vmap(kinds):
    mine, _ = twins(kinds, 3, 4)
    x = torch.randn(2, 5, 3, dtype=torch.float64)
    each = torch.func.vmap(lambda sequence: mine(sequence.unsqueeze(1))[0].squeeze(1))(x)
    torch.testing.assert_close(each, mine(x.transpose(0, 1))[0].transpose(0, 1))


@pytest.mark.parametrize("kinds", KINDS)
def test_second_derivatives(kinds):
    mine, _ = twins(kinds, 2, 2)
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    names, values = zip(*mine.named_parameters(), strict=True)

    def run(x, *values):
        return tensors(
            torch.func.functional_call(mine, dict(zip(names, values, strict=True)), (x,))
        )[:2]

    assert torch.autograd.gradgradcheck(run, (x, *values))


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("lengths", [[5, 2], [5, 5]])
def test_autocast_gives_one_type(kinds, lengths):
    mine = kinds[0](3, 4)
    packed = pack_padded_sequence(torch.randn(5, 2, 3), lengths)
    with torch.autocast("cpu", torch.bfloat16):
        assert {t.dtype for t in tensors(mine(packed))} == {torch.bfloat16}
        assert {t.dtype for t in tensors(mine(torch.randn(5, 2, 3)))} == {torch.bfloat16}


@pytest.mark.parametrize("kinds", KINDS)
def test_dropout_falls_between_layers_and_only_in_training(kinds):
    torch.manual_seed(0)
    layer = kinds[0](3, 200, num_layers=2, dropout=0.5)
    x = torch.randn(1, 1, 3)
    average = torch.stack([layer(x)[0] for _ in range(400)]).mean(0)
    assert not torch.equal(layer(x)[0], layer(x)[0])
    layer.eval()
    torch.testing.assert_close(layer(x)[0], layer(x)[0], rtol=0, atol=0)
    # What is kept is scaled by 1 / (1 - p), so the mean stays.
    assert (average - layer(x)[0]).abs().mean() < 0.02


def test_dropout_without_a_layer_above_is_pointed_out():
    with pytest.warns(UserWarning, match="there is one"):
        layer = RNN(3, 4, dropout=0.5)
    x = torch.randn(2, 1, 3)
    torch.testing.assert_close(layer(x)[0], layer(x)[0], rtol=0, atol=0)


@pytest.mark.parametrize(
    ("kind", "x", "hx", "message"),
    [
        (RNN, (2,), None, "input has 1 axes"),
        (RNN, (5, 2, 4), None, r"x has shape \(2, 5, 4\); expected \(B, T, 3\)"),
        (RNN, (0, 2, 3), None, "T >= 1"),
        (RNN, (5, 2, 3), (1, 1, 4), r"hx has shape .*; expected \(1, 2, 4\)"),  # would broadcast
        (RNN, (5, 3), (1, 1, 4), r"expected \(1, 4\)"),
        (LSTM, (5, 2, 3), (1, 2, 4), r"expected a pair \(h, c\)"),
        (GRU, (5, 2, 3), [(1, 2, 4)] * 2, "expected one tensor"),
    ],
)
def test_wrong_shapes_are_refused(shapes_unchecked, kind, x, hx, message):
    if hx is not None:
        hx = tuple(map(torch.zeros, hx)) if isinstance(hx, list) else torch.zeros(hx)
    with pytest.raises(ValueError, match=message):
        kind(3, 4)(torch.zeros(x), hx)


def test_a_packed_sequence_of_other_features_is_refused():
    with pytest.raises(ValueError, match=r"the data of input has shape \(4, 5\)"):
        RNN(3, 4)(pack_sequence([torch.zeros(4, 5)]))


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (RNN, {"num_layers": 0}, "num_layers is 0"),
        (RNN, {"hidden_size": 0}, "at least 1"),
        (GRU, {"dropout": 1.0, "num_layers": 2}, r"in \[0, 1\)"),
        (GRU, {"dropout": -0.1}, r"in \[0, 1\)"),
        (RNN, {"nonlinearity": "sigmoid"}, "expected 'tanh' or 'relu'"),
        (LSTM, {"proj_size": 2}, "without projections"),
    ],
)
def test_bad_options_are_refused(shapes_unchecked, kind, options, message):
    with pytest.raises(ValueError, match=message):
        kind(**{"input_size": 3, "hidden_size": 4} | options)


def test_the_options_show():
    assert repr(RNN(3, 4, nonlinearity="relu")).startswith("RNN(\n  3, 4, num_layers=1")
    assert "relu" in repr(RNN(3, 4, nonlinearity="relu"))


@pytest.mark.parametrize("kinds", KINDS)
def test_compiles_without_a_break(shapes_unchecked, kinds):
    layer = kinds[0](3, 4, 2, bidirectional=True)
    x = torch.randn(3, 2, 3)
    torch.compiler.reset()
    compiled = torch.compile(layer, backend="eager", fullgraph=True)
    torch.testing.assert_close(tensors(compiled(x)), tensors(layer(x)))


@pytest.mark.parametrize("kinds", KINDS)
def test_a_layer_without_numbers_says_the_shapes(kinds):
    layer = kinds[0](3, 4, 2, bidirectional=True, device="meta")
    found = tensors(layer(torch.empty(5, 2, 3, device="meta")))
    assert all(tensor.is_meta for tensor in found)
    assert [t.shape for t in found] == [
        t.shape for t in tensors(kinds[1](3, 4, 2, bidirectional=True)(torch.zeros(5, 2, 3)))
    ]


@pytest.mark.parametrize("kinds", KINDS)
def test_a_checkpointed_layer_gives_the_same_gradients(kinds):
    mine, _ = twins(kinds, 3, 4, num_layers=2)
    x = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    results = []
    for checkpointed in (False, True):
        outputs, _ = checkpoint(mine, x, use_reentrant=False) if checkpointed else mine(x)
        gradients = torch.autograd.grad(outputs.sin().sum(), [x, *mine.parameters()])
        results.append((outputs, gradients))
    torch.testing.assert_close(*results, rtol=0, atol=0)


def test_an_exported_layer_computes_the_same():
    layer, x = LSTM(3, 4), torch.randn(3, 2, 3)
    outputs, _ = torch.export.export(layer, (x,)).module()(x)
    np.testing.assert_allclose(outputs.detach(), layer(x)[0].detach(), atol=1e-6)
