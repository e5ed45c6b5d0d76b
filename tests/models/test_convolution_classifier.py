"""Convolutional readers and the classifier: Keras with its weights, padding, bad input."""

import os
import sys
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from textbook_nlp.layers import ConvolutionStack, GRUCell, RNNCell
from textbook_nlp.models import (
    ConvolutionClassifier,
    ConvolutionReader,
    Forecaster,
    PatternReader,
    RecurrentReader,
    count_parameters,
)

V, E = 11, 5
READERS = {
    "source": lambda: ConvolutionReader(ConvolutionStack(E, (4, 3), 3, pool_size=2)),
    "mean": lambda: ConvolutionReader(ConvolutionStack(E, (4, 3), 3, padding=1), "mean"),
    "whole": lambda: ConvolutionReader(
        ConvolutionStack(E, (4, 3), 3, padding="same", pool_size=2, partial=True)
    ),
    "dilated": lambda: ConvolutionReader(
        ConvolutionStack(E, (4, 4), 2, padding="causal", dilation=[1, 2])
    ),
    "recurrent": lambda: ConvolutionReader(
        ConvolutionStack(E, (4,), 3), RecurrentReader(4, 3, bidirectional=True)
    ),
    "patterns": lambda: PatternReader(E, {1: 2, 2: 3, 4: 2}),
}
each_reader = pytest.mark.parametrize("kind", READERS)


@pytest.fixture(scope="module")
def keras():
    """Keras over torch, as an independent peer."""
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "torch"
    return pytest.importorskip("keras")


def make(kind, **options):
    model = ConvolutionClassifier(V, E, READERS[kind](), **options).double().eval()
    for name, parameter in model.named_parameters():  # so that zeros and nothing differ
        if name.endswith("bias"):
            nn.init.uniform_(parameter, 0.5, 1)
    return model


def test_the_model_of_the_source_has_its_parameters():
    reader = ConvolutionReader(ConvolutionStack(128, (32, 32), 7, pool_size=5))
    model = ConvolutionClassifier(10_000, 128, reader, masked=False)
    assert [count_parameters(layer) for layer in reader.stack.layers] == [28_704, 7_200]
    assert count_parameters(model) == 1_280_000 + 28_704 + 7_200 + 33


@pytest.mark.parametrize("recurrent", [False, True])
def test_logits_equal_keras_with_its_weights(keras, recurrent):
    keras.utils.set_random_seed(3)
    double = {"dtype": "float64"}
    draw = {"bias_initializer": "random_normal"} | double
    last = (
        keras.layers.SimpleRNN(3, **draw)
        if recurrent
        else keras.layers.GlobalMaxPooling1D(**double)
    )
    layers = [
        keras.layers.Embedding(V, E, **double),
        keras.layers.Conv1D(4, 3, activation="relu", **draw),
        keras.layers.MaxPooling1D(2, **double),
        keras.layers.Conv1D(3, 2, activation="relu", **draw),
        last,
        keras.layers.Dense(1, **draw),
    ]
    theirs = keras.Sequential(layers)
    ids = torch.randint(V, (5, 9))
    expected = theirs(ids)

    summary = RecurrentReader(3, 3, cell=partial(RNNCell, bias="single")) if recurrent else "max"
    reader = ConvolutionReader(ConvolutionStack(E, (4, 3), [3, 2], pool_size=2), summary)
    model = ConvolutionClassifier(V, E, reader, masked=False).double().eval()

    def values(layer):
        return [variable.value.detach().cpu().double() for variable in layer.weights]

    with torch.no_grad():
        model.embedding.weight.copy_(values(layers[0])[0])
        for mine, layer in zip(reader.stack.layers, (layers[1], layers[3]), strict=True):
            kernel, bias = values(layer)
            mine.weight.copy_(kernel.permute(2, 1, 0))
            mine.bias.copy_(bias)
        if recurrent:
            (cell,), (kernel, square, bias) = reader.recurrent.recurrent.cells, values(last)
            cell.weight_ih.copy_(kernel.T)
            cell.weight_hh.copy_(square.T)
            cell.bias_ih.copy_(bias)
        kernel, bias = values(layers[-1])
        model.dense[0].weight.copy_(kernel.T)
        model.dense[0].bias.copy_(bias)
    assert count_parameters(model) == theirs.count_params()
    torch.testing.assert_close(model(ids), expected.detach().cpu(), rtol=1e-6, atol=1e-8)


@each_reader
@settings(max_examples=15)
@given(st.integers(0, 4), st.integers(0, 4), st.integers(1, 6), st.integers(0, 2**31))
def test_padding_changes_nothing(kind, before, after, length, seed):
    torch.manual_seed(seed)
    model = make(kind, dense_size=2, padding_id=2)
    ids = torch.randint(3, V, (3, length))
    filled = nn.functional.pad(ids, (before, after), value=2)
    with torch.no_grad():
        model.embedding.weight[2] = torch.nan  # even so
    alone = torch.cat([model(ids[row : row + 1]) for row in range(3)])
    torch.testing.assert_close(model(filled), alone)
    mixed = filled.clone()  # beside longer texts
    longer = torch.randint(3, V, (1, mixed.shape[1] + 5))
    batch = torch.cat([longer, nn.functional.pad(mixed, (0, 5), value=2)])
    torch.testing.assert_close(model(batch)[1:], alone)


@each_reader
def test_a_text_without_a_word_has_the_scores_of_the_dense_layer_alone(kind):
    model = make(kind)
    ids = torch.tensor([[0] * 9, [1, 2, 3, 4, 5, 6, 7, 8, 9]])
    zeros = torch.zeros(1, model.reader.features).double()
    torch.testing.assert_close(model(ids)[:1], model.dense[0](zeros))
    model(ids).sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    assert not model.embedding.weight.grad[0].any()


def test_without_a_mask_padding_is_a_word_like_any_other():
    torch.manual_seed(0)
    model = make("mean", masked=False)
    model(torch.tensor([[3, 4, 0, 0, 0, 0]])).sum().backward()
    assert model.embedding.weight.grad[0].abs().min() > 0
    with pytest.raises(ValueError, match="the kernel spans 3 steps"):
        make("source", masked=False)(torch.tensor([[3, 4]]))


def test_a_mask_takes_the_place_of_the_id_of_padding():
    model = make("patterns", masked=False)
    ids, mask = torch.randint(1, V, (3, 4)), torch.tensor([[True, True, False, False]] * 3)
    torch.testing.assert_close(model(ids, mask), model(ids[:, :2]))


def test_patterns_are_found_wherever_they_stand():
    torch.manual_seed(0)
    reader = PatternReader(E, {3: 4}).double()
    pattern = 5 * torch.randn(1, 3, E).double()
    inside = torch.zeros(1, 9, E).double()
    inside[:, 3:6] = pattern
    moved = inside.roll(2, dims=1)
    torch.testing.assert_close(reader(inside), reader(moved))
    turned = torch.cat([inside[:, :3], inside[:, 3:6].flip(1), inside[:, 6:]], dim=1)
    assert not torch.allclose(reader(inside), reader(turned))


def test_forecasters_read_windows_by_convolution():
    torch.manual_seed(0)
    x = torch.randn(2, 30, E)
    stack = ConvolutionStack(E, (4, 4), 5, pool_size=3)
    largest = ConvolutionReader(stack)
    torch.testing.assert_close(largest(x), stack(x).amax(dim=1))
    gru = RecurrentReader(4, 3, cell=GRUCell)
    both = Forecaster(ConvolutionReader(stack, gru), 3)
    torch.testing.assert_close(both(x), both.affine(gru(stack(x)))[:, 0])


@pytest.mark.parametrize("kind", ["dropout", "word_dropout"])
def test_dropout_ends_with_training(kind):
    torch.manual_seed(0)
    model = make("source", **{kind: 0.5})
    ids = torch.randint(1, V, (8, 12))
    torch.testing.assert_close(model(ids), model(ids), rtol=0, atol=0)
    model.train()
    assert not torch.isclose(model(ids), model(ids)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make("source", num_classes=0), "num_classes 0"),
        (lambda: make("source", dense_size=-1), "dense_size -1"),
        (lambda: make("source", padding_id=V), f"below {V}"),
        (lambda: make("source", dropout=1.0), r"dropout is 1.0; expected a share in \[0, 1\)"),
        (lambda: make("source", word_dropout=1.0), "p is 1.0; expected a share"),
        (lambda: PatternReader(E, {}), "channels names no size"),
        (lambda: PatternReader(E, {0: 3}), "are 0, 1, 1"),
        (
            lambda: ConvolutionReader(ConvolutionStack(E, (4,), 2), "last"),
            "summary is 'last'; expected 'max', 'mean' or a RecurrentReader",
        ),
        (
            lambda: ConvolutionReader(ConvolutionStack(E, (4,), 2), RecurrentReader(3, 3)),
            "puts out 4 features, the recurrent reader expects 3",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused(shapes_unchecked, call, message):
    with pytest.raises(ValueError, match=message):
        call()


@each_reader
@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (torch.zeros(3).long(), r"integers of shape \(B, T\)"),
        (torch.zeros(2, 3), r"integers of shape \(B, T\)"),
        (torch.full((2, 3), V), "run from 11 to 11"),
        (torch.zeros(2, 0).long(), "at least one text and one place"),
        (torch.zeros(0, 4).long(), "at least one text and one place"),
    ],
)
def test_ids_that_do_not_fit_are_refused(shapes_unchecked, kind, ids, message):
    with pytest.raises(ValueError, match=message):
        make(kind)(ids)


def test_a_mask_that_does_not_fit_is_refused(shapes_unchecked):
    with pytest.raises(ValueError, match="mask is torch.int64"):
        make("source")(torch.ones(2, 3).long(), torch.ones(2, 3).long())
