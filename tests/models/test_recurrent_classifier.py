"""The recurrent classifier: against Keras with its weights, its counts, padding, bad input."""

import os
import sys
from functools import partial
from itertools import chain

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from textbook_nlp.layers import GRUCell, LSTMCell, RNNCell
from textbook_nlp.models import RecurrentClassifier, count_parameters, keras_init

V, E, H = 11, 5, 4
KINDS = {
    "SimpleRNN": (partial(RNNCell, bias="single"), {}),
    "LSTM": (partial(LSTMCell, bias="single"), {}),
    "GRU": (partial(GRUCell, bias="single", reset_after=False), {"reset_after": False}),
    "GRU, reset after": (GRUCell, {"reset_after": True}),
}


@pytest.fixture(scope="module")
def keras():
    """Keras over torch, as an independent peer."""
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "torch"
    return pytest.importorskip("keras")


def make(hidden_size=H, **options):
    return RecurrentClassifier(V, E, hidden_size, **options).double().eval()


def counts(module):
    """How many parameters each child of a module has."""
    return [sum(p.numel() for p in child.parameters()) for child in module.children()]


def test_the_stacked_bidirectional_classifier_has_246_913_parameters():
    cell = partial(LSTMCell, bias="single")
    sizes = {"hidden_size": [64, 32], "dense_size": 64, "bidirectional": True}
    model = RecurrentClassifier(10_000, 16, cell=cell, **sizes)
    assert counts(model.recurrent.layers) == [41_472, 41_216]
    assert counts(model.dense) == [4_160, 65]
    assert sum(p.numel() for p in model.embedding.parameters()) == 160_000
    assert count_parameters(model) == 246_913
    assert count_parameters(RecurrentClassifier(10_000, 16, **sizes)) == 247_681  # two biases


@pytest.mark.parametrize(
    ("kind", "formula"),
    [
        ("SimpleRNN", lambda D, H: H * (D + H + 1)),
        ("LSTM", lambda D, H: 4 * H * (D + H + 1)),
        ("GRU", lambda D, H: 3 * H * (D + H + 1)),
        ("GRU, reset after", lambda D, H: 3 * H * (D + H + 2)),
    ],
)
@pytest.mark.parametrize(("D", "width"), [(1, 1), (5, 4), (16, 64)])
def test_a_layer_has_as_many_parameters_as_that_of_keras(keras, kind, formula, D, width):
    cell, options = KINDS[kind]
    theirs = getattr(keras.layers, kind.split(",")[0])(width, **options)
    theirs.build((None, None, D))
    assert count_parameters(cell(D, width)) == theirs.count_params() == formula(D, width)


def values(layer):
    """The numbers of a Keras layer; its own `get_weights` warns under NumPy 2."""
    return [variable.value.detach().cpu().double() for variable in layer.weights]


def copy_cell(cell, layer):
    """Copy the weights of a Keras layer: its matrices are transposed, and its GRU puts z first."""
    kernel, recurrent, bias = values(layer)
    order = torch.arange(len(cell.weight_ih)).view(cell.gates, -1)
    if isinstance(cell, GRUCell):
        order = order[[1, 0, 2]]
    order = order.flatten()
    biases = bias if bias.ndim == 2 else bias.unsqueeze(0)
    with torch.no_grad():
        cell.weight_ih.copy_(kernel.T[order])
        cell.weight_hh.copy_(recurrent.T[order])
        cell.bias_ih.copy_(biases[0][order])
        assert (cell.bias_hh is None) == (len(biases) == 1)
        if cell.bias_hh is not None:
            cell.bias_hh.copy_(biases[1][order])


def copy_model(model, layers):
    """Copy the weights of Keras' embedding, recurrent layers and dense layers."""
    embedding, *recurrent = layers
    with torch.no_grad():
        model.embedding.weight.copy_(values(embedding)[0])
        for mine in reversed(model.dense):
            kernel, bias = values(recurrent.pop())
            mine.weight.copy_(kernel.T)
            mine.bias.copy_(bias)
    both = [
        [r.forward_layer, r.backward_layer] if hasattr(r, "forward_layer") else [r]
        for r in recurrent
    ]
    for cell, layer in zip(model.recurrent.cells, chain.from_iterable(both), strict=True):
        copy_cell(cell, layer)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_logits_equal_keras_with_its_weights(keras, kind, bidirectional, masked):
    keras.utils.set_random_seed(3)
    cell, options = KINDS[kind]

    def layer(width, **more):
        draw = {"bias_initializer": "random_normal"} | options | more
        found = getattr(keras.layers, kind.split(",")[0])(width, dtype="float64", **draw)
        return keras.layers.Bidirectional(found, dtype="float64") if bidirectional else found

    layers = [
        keras.layers.Embedding(V, E, mask_zero=masked, dtype="float64"),
        layer(3, return_sequences=True),
        layer(4),
        keras.layers.Dense(6, activation="relu", dtype="float64"),
        keras.layers.Dense(1, dtype="float64"),
    ]
    theirs = keras.Sequential(layers)
    ids = torch.randint(1, V, (5, 7))
    ids[0, :3] = ids[1, 4:] = ids[2, 1:] = 0  # padded before, after, and to one word
    expected = theirs(ids)
    model = make([3, 4], cell=cell, bidirectional=bidirectional, dense_size=6, masked=masked)
    copy_model(model, layers)
    assert count_parameters(model) == theirs.count_params()
    torch.testing.assert_close(model(ids), expected.detach().cpu(), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("summary", ["last", "mean", "max"])
@pytest.mark.parametrize("bidirectional", [False, True])
@settings(max_examples=20)
@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2**31))
def test_padding_changes_nothing(summary, bidirectional, before, after, seed):
    torch.manual_seed(seed)
    model = make([3, 4], summary=summary, bidirectional=bidirectional, dense_size=2, padding_id=2)
    ids = torch.randint(3, V, (3, 6))
    filled = nn.functional.pad(ids, (before, after), value=2)
    with torch.no_grad():
        model.embedding.weight[2] = torch.nan  # even so
    torch.testing.assert_close(model(filled), model(ids))


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_summary_is_that_of_the_outputs_at_the_words(bidirectional):
    ids = torch.tensor([[3, 4, 5, 0], [6, 0, 0, 0]])
    for summary in ("last", "mean", "max"):
        model = make(summary=summary, bidirectional=bidirectional)
        for row, length in ((0, 3), (1, 1)):
            outputs, _ = model.recurrent(model.embedding(ids[row : row + 1, :length]))
            ends = torch.cat([outputs[:, -1, :H], outputs[:, 0, H:]], dim=1)
            expected = {"last": ends, "mean": outputs.mean(1), "max": outputs.amax(1)}[summary]
            torch.testing.assert_close(model.read(ids)[row : row + 1], expected)


@pytest.mark.parametrize("summary", ["last", "mean", "max"])
def test_a_text_without_a_word_has_the_scores_of_the_dense_layer_alone(summary):
    model = make(summary=summary, bidirectional=True)
    ids = torch.tensor([[0, 0, 0], [1, 2, 3]])
    torch.testing.assert_close(model(ids)[:1], model.dense[0](torch.zeros(1, 2 * H).double()))
    model(ids).sum().backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    assert not model.embedding.weight.grad[0].any()


def test_without_a_mask_padding_is_a_word_like_any_other():
    model = make(masked=False)
    model(torch.tensor([[3, 4, 0, 0]])).sum().backward()
    assert model.embedding.weight.grad[0].abs().min() > 0


def test_a_mask_takes_the_place_of_the_id_of_padding():
    model = make(masked=False)
    ids, mask = torch.randint(1, V, (3, 4)), torch.tensor([[True, True, False, False]] * 3)
    torch.testing.assert_close(model(ids, mask), model(ids[:, :2]))


def test_cells_are_drawn_as_keras_draws_them():
    torch.manual_seed(0)
    cell = LSTMCell(30, 20, bias="single")
    keras_init(cell)
    bound = (6 / (30 + 80)) ** 0.5
    assert 0.95 * bound < cell.weight_ih.abs().max() <= bound
    torch.testing.assert_close(cell.weight_hh.T @ cell.weight_hh, torch.eye(20))
    assert cell.bias_ih.view(4, 20).unique(dim=1).T.tolist() == [[0, 1, 0, 0]]


@pytest.mark.parametrize("kind", ["dropout", "recurrent_dropout", "word_dropout"])
def test_dropout_ends_with_training(kind):
    model = make([3, 4], **{kind: 0.5})
    ids = torch.randint(1, V, (8, 5))
    torch.testing.assert_close(model(ids), model(ids), rtol=0, atol=0)
    model.train()
    assert not torch.isclose(model(ids), model(ids)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_classes": 0}, "at least 1"),
        ({"dense_size": -1}, "dense_size at least 0"),
        ({"summary": "first"}, "expected 'last', 'mean' or 'max'"),
        ({"padding_id": V}, f"below {V}"),
        ({"dropout": 1.0}, r"dropout is 1.0; expected a share in \[0, 1\)"),
        ({"word_dropout": 1.0}, r"p is 1.0; expected a share"),
        ({"recurrent_dropout": -0.1}, r"expected a share in \[0, 1\)"),
        ({"hidden_size": 0}, "hidden_size must be at least 1"),
        ({"hidden_size": []}, "num_layers is 0"),
    ],
)
def test_options_that_do_not_fit_are_refused(shapes_unchecked, options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (torch.zeros(3).long(), r"integers of shape \(B, T\)"),
        (torch.zeros(2, 3), r"integers of shape \(B, T\)"),
        (torch.full((2, 3), V), "run from 11 to 11"),
        (torch.zeros(2, 0).long(), "at least one time step"),
    ],
)
def test_ids_that_do_not_fit_are_refused(shapes_unchecked, ids, message):
    for summary in ("last", "mean", "max"):
        with pytest.raises(ValueError, match=message):
            make(summary=summary)(ids)


def test_a_mask_that_does_not_fit_is_refused(shapes_unchecked):
    with pytest.raises(ValueError, match="mask is torch.int64"):
        make()(torch.ones(2, 3).long(), torch.ones(2, 3).long())
