"""Convolution: against `F.conv1d`, what padding and the future may move, receptive fields."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from textbook_nlp.by_hand import convolution as by_hand
from textbook_nlp.layers import (
    Convolution,
    ConvolutionStack,
    GRUCell,
    Stack,
    Window,
    convolve,
    fast_convolve,
    influence,
    receptive_field,
    unfold,
)
from textbook_nlp.layers.shapes import tokens_first

SEEDS = st.integers(0, 2**31)
PLACES = st.fixed_dictionaries(
    {
        "stride": st.integers(1, 4),
        "padding": st.integers(0, 5),
        "dilation": st.integers(1, 3),
        "groups": st.integers(1, 3),
    }
)
BOTH = pytest.mark.parametrize("run", [convolve, fast_convolve])


@BOTH
@settings(max_examples=80)
@given(st.tuples(*(st.integers(1, n) for n in (3, 12, 3, 3, 4))), PLACES, st.booleans(), SEEDS)
def test_values_and_gradients_equal_torch(run, sizes, places, bias, seed):
    (B, T, C, H, K), groups = sizes, places["groups"]
    assume((K - 1) * places["dilation"] + 1 <= T + 2 * places["padding"])
    torch.manual_seed(seed)
    x, weight = torch.randn(B, T, C * groups), torch.randn(H * groups, C, K)
    given = [x, weight, torch.randn(H * groups)] if bias else [x, weight]
    given = [tensor.double().requires_grad_() for tensor in given]
    x, weight, *rest = given
    expected = F.conv1d(x.transpose(1, 2), weight, *rest, **places).transpose(1, 2)
    y = run(x, weight, *rest, **places)
    torch.testing.assert_close(y, expected)
    gradient = torch.randn_like(expected)
    found, theirs = (torch.autograd.grad(each, given, gradient) for each in (y, expected))
    torch.testing.assert_close(found, theirs)


@pytest.mark.filterwarnings("ignore:Using padding=")
@settings(max_examples=30)
@given(SEEDS, st.integers(1, 6), st.integers(1, 3))
def test_same_keeps_the_length_as_torch_does(seed, K, dilation):
    torch.manual_seed(seed)
    x, weight = torch.randn(2, 9, 3).double(), torch.randn(4, 3, K).double()
    options = {"padding": "same", "dilation": dilation}
    expected = F.conv1d(x.transpose(1, 2), weight, **options).transpose(1, 2)
    for run in (convolve, fast_convolve):
        torch.testing.assert_close(run(x, weight, **options), expected)


def test_patches_and_the_layer_by_hand():
    torch.manual_seed(0)
    layer, x = Convolution(3, 4, 5, stride=2, padding=1).double(), torch.randn(2, 9, 3).double()
    p = by_hand.from_torch({name: w.detach() for name, w in layer.named_parameters()})
    y, cache = by_hand.forward(p, x.numpy(), stride=2, padding=1)
    torch.testing.assert_close(layer(x), torch.from_numpy(y))
    patches = unfold(F.pad(x, (0, 0, 1, 1)), 5, stride=2)
    torch.testing.assert_close(patches.transpose(2, 3), torch.from_numpy(cache.patches.copy()))


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("bias", [True, False])
def test_parameters_are_those_of_torch(groups, bias):
    torch.manual_seed(3)
    ours = Convolution(4, 6, 3, groups=groups, bias=bias, padding=1)
    torch.manual_seed(3)
    theirs = nn.Conv1d(4, 6, 3, groups=groups, bias=bias, padding=1)
    torch.testing.assert_close(dict(ours.state_dict()), dict(theirs.state_dict()), rtol=0, atol=0)
    x = torch.randn(2, 7, 4)
    torch.testing.assert_close(ours(x), theirs(x.transpose(1, 2)).transpose(1, 2))
    assert str(ours) == f"Convolution(4, 6, kernel_size=3{', groups=2' * (groups > 1)}, padding=1)"


@settings(max_examples=20)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), SEEDS)
def test_the_future_does_not_move_the_past(K, stride, dilation, seed):
    torch.manual_seed(seed)
    layer = Convolution(2, 3, K, stride=stride, dilation=dilation, padding="causal").double()
    x = torch.randn(2, 11, 2).double()
    y = layer(x)
    assert y.shape[1] == -(-11 // stride)
    for t in range(1, 11):
        changed = torch.cat([x[:, :t], torch.randn(2, 11 - t, 2).double()], dim=1)
        seen = (t - 1) // stride + 1  # outputs that stand at steps before t
        torch.testing.assert_close(layer(changed)[:, :seen], y[:, :seen])
        assert (layer(changed)[:, seen:] != y[:, seen:]).any() or seen == y.shape[1]
        torch.testing.assert_close(layer(x[:, :t]), y[:, :seen])


def test_a_layer_without_causal_padding_sees_the_future():
    moved = influence(Convolution(2, 3, 3, padding="same"), 6, 2)
    assert moved[1, 0]


@settings(max_examples=60)
@given(
    st.integers(1, 4), st.integers(1, 3), st.sampled_from([0, 1, 4, "same", "causal"]), SEEDS
)  # fmt: skip
def test_padding_does_not_move_a_convolution(K, stride, padding, seed):
    torch.manual_seed(seed)
    stride = 1 if padding == "same" else stride
    layer = Convolution(2, 3, K, stride=stride, padding=padding).double()
    lengths = torch.randint(0, 9, (4,))
    mask = torch.arange(9) < lengths.unsqueeze(1)
    x = torch.randn(4, 9, 2).double()
    x[~mask] = torch.nan
    x.requires_grad_()
    y, real = layer(x, mask), layer.shorten(mask)
    assert real.shape == y.shape[:2]
    y.sum().backward()
    assert x.grad.isfinite().all()
    assert not x.grad[~mask].any()
    for row, n, output, kept in zip(x, lengths, y, real, strict=True):
        extra = sum(layer.sides)
        alone = (
            layer(row[None, :n])[0]
            if n and n + extra >= K
            else torch.zeros(0, 3, dtype=torch.float64)
        )
        torch.testing.assert_close(output[kept], alone)
        assert not output[~kept].any()


STACKS = st.fixed_dictionaries(
    {
        "kernel_size": st.integers(1, 3),
        "padding": st.sampled_from([0, 1, "same", "causal"]),
        "dilation": st.integers(1, 2),
        "pool_size": st.integers(1, 3),
        "partial": st.booleans(),
    }
)


@settings(max_examples=60)
@given(STACKS, SEEDS)
def test_padding_does_not_move_a_stack(options, seed):
    torch.manual_seed(seed)
    stack = ConvolutionStack(2, (3, 4, 3), **options).double()
    for layer in stack.layers:  # so that zeros before a layer are not zeros behind it
        nn.init.uniform_(layer.bias, 0.5, 1)
    T = stack.shortest + 5
    lengths = torch.randint(0, T + 1, (4,))
    mask = torch.arange(T) < lengths.unsqueeze(1)
    x = torch.randn(4, T, 2).double()
    x[~mask] = torch.nan
    y, real = stack(x, mask), stack.shorten(mask)
    assert real.shape == y.shape[:2]
    for row, n, output, kept in zip(x, lengths, y, real, strict=True):
        if n >= stack.shortest:
            torch.testing.assert_close(output[kept], stack(row[None, :n])[0])
        else:
            assert not kept.any()
        assert not output[~kept].any()


@settings(max_examples=40)
@given(STACKS)
def test_the_shortest_input_has_an_output_and_a_shorter_one_is_refused(options):
    stack = ConvolutionStack(2, (3, 4, 3), **options)
    n = stack.shortest
    assert stack(torch.zeros(1, n, 2)).shape[1] >= 1
    if n > 1:
        with pytest.raises(ValueError, match="the kernel spans|a pool of"):
            stack(torch.zeros(1, n - 1, 2))


def test_a_stack_is_its_layers():
    torch.manual_seed(0)
    stack, x = ConvolutionStack(3, (4, 5), [3, 2], pool_size=2), torch.randn(2, 11, 3)
    below, above = stack.layers
    hidden = F.max_pool1d(below(x).relu().transpose(1, 2), 2).transpose(1, 2)
    torch.testing.assert_close(stack(x), above(hidden).relu())
    assert stack.output_size == 5
    assert stack.windows == [Window(3), Window(2, 2), Window(2)]


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)), max_size=3), SEEDS
)
def test_the_formula_of_the_receptive_field_is_what_is_measured(windows, seed):
    torch.manual_seed(seed)
    windows = [Window(*window) for window in windows]
    layers = [
        Convolution(2, 2, w.kernel_size, stride=w.stride, dilation=w.dilation) for w in windows
    ]
    field = receptive_field(windows)
    moved = influence(nn.Sequential(*layers), field + 6, 2)
    for column in moved.T:
        seen = column.nonzero()[:, 0]
        assert seen[-1] - seen[0] + 1 == field


def test_gaps_are_within_the_receptive_field():
    window = Window(3, dilation=2)
    column = influence(Convolution(2, 3, 3, dilation=2), 7, 2)[:, 1]
    assert column.nonzero()[:, 0].tolist() == [1, 3, 5]
    assert receptive_field([window]) == 5


def test_receptive_fields_by_hand():
    assert receptive_field([]) == 1
    assert receptive_field([Window(3, stride=2), Window(3, stride=2), Window(3)]) == 15
    assert receptive_field([Window(3, dilation=3), Window(2, dilation=2)]) == 9


def test_the_receptive_field_of_the_source_and_of_a_dilated_stack():
    torch.manual_seed(0)
    source = ConvolutionStack(2, (16, 16), 7, pool_size=5)
    assert source.receptive_field == 41 == source.shortest
    assert (influence(source, 61, 2).sum(dim=0) == 41).all()
    dilated = ConvolutionStack(2, (16,) * 4, 2, dilation=[1, 2, 4, 8], padding="causal")
    assert dilated.receptive_field == 16  # doubled by each layer
    moved = influence(dilated, 24, 2)
    for n in range(24):
        assert moved[:, n].nonzero()[:, 0].tolist() == list(range(max(0, n - 15), n + 1))


def test_influence_reads_any_layer_and_leaves_it_alone():
    torch.manual_seed(0)
    recurrent = Stack(GRUCell, 2, 3)
    moved = influence(recurrent, 5, 2)
    torch.testing.assert_close(moved, torch.ones(5, 5).bool().triu())  # an output, what comes after
    layer = nn.Sequential(nn.Dropout(0.5), Convolution(2, 3, 2))
    assert influence(layer, 4, 2).sum(dim=0).tolist() == [2, 2, 2]
    assert layer.training
    assert layer[1].weight.dtype == torch.float32
    with pytest.raises(ValueError, match="length, input_size and trials are 0, 2 and 8"):
        influence(layer, 0, 2)


def test_real_tokens_are_moved_to_the_front():
    ids = torch.tensor([[0, 0, 5, 6], [7, 0, 8, 0], [0, 0, 0, 0]])
    found, mask = tokens_first(ids, ids > 0)
    assert found.tolist() == [[5, 6, 0, 0], [7, 8, 0, 0], [0, 0, 0, 0]]
    assert mask.sum(dim=1).tolist() == [2, 2, 0]
    assert (found[mask] > 0).all()
    vectors, _ = tokens_first(ids.unsqueeze(2).expand(-1, -1, 2), ids > 0)
    torch.testing.assert_close(vectors[:, :, 1], found)


@BOTH
@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((2, 2, 3), {}, "spans 3 steps, the sequence with its padding has 2"),
        ((2, 4, 3), {"dilation": 2}, "spans 5 steps"),
        ((0, 5, 3), {}, "at least one sequence and one time step"),
        ((2, 0, 3), {}, "at least one sequence and one time step"),
        ((2, 0, 3), {"padding": 4}, "at least one sequence and one time step"),
        ((2, 5, 3), {"padding": -1}, "padding is -1 with a stride of 1"),
        ((2, 5, 3), {"padding": "full"}, "padding is 'full'"),
        ((2, 5, 3), {"padding": "same", "stride": 2}, "with a stride of 2"),
        ((2, 5, 3), {"dilation": 0}, "dilation are 3, 1, 0"),
        ((2, 5, 3), {"stride": 0}, "dilation are 3, 0, 1"),
        ((2, 5, 9), {"groups": 3}, "3 groups of 9 features and 4 kernels"),
        ((2, 5, 3), {"groups": 0}, "0 groups"),
        ((2, 5, 4), {}, r"expected \(B, T, 3\)"),
        ((5, 3), {}, r"expected \(B, T, 3\)"),
        ((2, 5, 3), {"padding": 1.5}, "padding is 1.5 with a stride of 1"),
        ((2, 5, 3), {"stride": 1.5}, "dilation are 3, 1.5, 1; expected whole numbers"),
    ],
)
def test_bad_input_is_refused(shapes_unchecked, run, shape, options, message):
    with pytest.raises(ValueError, match=message):
        run(torch.zeros(shape), torch.zeros(4, 3, 3), torch.zeros(4), **options)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::DeprecationWarning")
def test_a_layer_can_be_traced(shapes_unchecked):
    layer, x, mask = Convolution(3, 4, 2, padding=1), torch.randn(2, 5, 3), torch.ones(2, 5).bool()
    torch.testing.assert_close(torch.jit.trace(layer, (x, mask))(x, mask), layer(x, mask))


@BOTH
def test_a_weight_with_other_axes_is_refused(shapes_unchecked, run):
    for shape in ((4, 3), (4, 3, 3, 1)):
        with pytest.raises(ValueError, match=r"weight has shape .*; expected \(H, C, K\)"):
            run(torch.zeros(2, 5, 3), torch.zeros(shape))


def test_the_type_under_autocast_is_that_of_torch():
    with torch.autocast("cpu", torch.bfloat16):
        y, fast = (
            run(torch.ones(1, 3, 2), torch.ones(4, 2, 2), torch.ones(4))
            for run in (convolve, fast_convolve)
        )
    assert y.dtype == fast.dtype == torch.bfloat16
    torch.testing.assert_close(y, fast)


def test_numbers_of_numpy_are_whole_numbers(shapes_unchecked):
    two = np.int64(2)
    layer = Convolution(two, two, two, stride=two, padding=two, dilation=two)
    assert layer(torch.ones(1, 5, 2)).shape == (1, 4, 2)


@pytest.mark.parametrize("make", [Convolution, ConvolutionStack])
def test_a_mask_over_x_without_a_batch_is_refused(shapes_unchecked, make):
    layer = make(4, (2,), 2) if make is ConvolutionStack else make(4, 2, 2)
    mask = torch.arange(4) < torch.tensor([[4], [2], [1], [3]])
    with pytest.raises(ValueError, match=r"x has shape \(4, 4\); expected \(B, T, D\)"):
        layer(torch.randn(4, 4), mask)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Convolution(3, 4, 0), "kernel_size, stride and dilation are 0, 1, 1"),
        (lambda: Convolution(3, 4, 2, dilation=0), "are 2, 1, 0"),
        (lambda: Convolution(3, 4, 2, padding=-1), "padding is -1"),
        (lambda: Convolution(3, 4, 2, groups=2), "2 groups of 3 features and 4 kernels"),
        (lambda: Convolution(0, 4, 2), "at least 1 of each"),
        (lambda: Convolution(3, 4, 2, padding=1.5), "padding is 1.5"),
        (lambda: Convolution(3, 4, 2, padding=float("nan")), "padding is nan"),
        (lambda: Convolution(3, 4, 2, padding=None), "padding is None"),
        (lambda: Convolution(3, 4, 2, padding=(1, 1)), r"padding is \(1, 1\)"),
        (lambda: Convolution(3, 4, 2, stride=1.5), "dilation are 2, 1.5, 1; expected whole"),
        (lambda: Convolution(3, 3, 2, groups=1.5), "1.5 groups of 3 features and 3 kernels"),
        (lambda: receptive_field([Window(2), Window(0)]), "are 0, 1, 1"),
        (lambda: receptive_field([Window(3, 1, -4)]), "are 3, 1, -4"),
        (lambda: receptive_field([Window(3, 0, 1)]), "are 3, 0, 1"),
        (lambda: Convolution(2, 3, 2).shorten(torch.ones(2, 4).long()), "mask is torch.int64"),
        (lambda: Convolution(2, 3, 2).shorten(torch.ones(4).bool()), r"expected \(B, T\)"),
        (
            lambda: Convolution(2, 3, 2).shorten(torch.tensor([[False, True]])),
            "row 0 of the mask has padding before a real token",
        ),
        (lambda: convolve(torch.ones(1, 3, 2), torch.ones(4, 2, 1), torch.ones(1)), "bias has"),
        (lambda: unfold(torch.ones(1, 3, 2), 4), "spans 4 steps"),
        (lambda: unfold(torch.ones(1, 3, 2), 0), "are 0, 1, 1"),
        (lambda: ConvolutionStack(3, (), 2), "names 0 layers"),
        (lambda: ConvolutionStack(3, (4, 4), [2]), "kernel_size 1"),
        (lambda: ConvolutionStack(3, (4, 4), 2, pool_size=0), "pool_size is 0"),
        (lambda: ConvolutionStack(3, (4, 4), 2, pool_size=1.5), "pool_size is 1.5"),
        (
            lambda: Convolution(2, 3, 2)(
                torch.ones(2, 3, 2), torch.tensor([[True] * 3, [False, True, True]])
            ),
            "row 1 of the mask has padding before a real token",
        ),
        (
            lambda: Convolution(2, 3, 2)(torch.ones(2, 3, 2), torch.ones(2, 4).bool()),
            r"expected torch.bool of shape \(2, 3\)",
        ),
    ],
)
def test_options_and_masks_that_do_not_fit_are_refused(shapes_unchecked, call, message):
    with pytest.raises(ValueError, match=message):
        call()
