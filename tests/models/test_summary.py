"""A model layer by layer: shapes, counts, what is shared, frozen, or called by nobody."""

import os
import sys
from functools import partial

import pytest
import torch
from torch import nn

from textbook_nlp.layers import LSTM, GRUCell, LSTMCell
from textbook_nlp.models import (
    EmbeddingClassifier,
    RecurrentClassifier,
    RecurrentLanguageModel,
    count_parameters,
    model_summary,
    saito_init,
)

IDS = torch.ones(3, 12, dtype=torch.int64)


def rows(summary):
    return [(part.name, part.shape, part.parameters) for part in summary.parts]


def sarcasm_classifier():
    """The stacked bidirectional classifier in the form that Keras gives it."""
    return RecurrentClassifier(
        10_000,
        16,
        [64, 32],
        cell=partial(LSTMCell, bias="single"),
        bidirectional=True,
        dense_size=64,
    )


def test_the_stacked_bidirectional_classifier_layer_by_layer():
    summary = model_summary(sarcasm_classifier(), IDS)
    assert rows(summary) == [
        ("embedding", (3, 12, 16), 160_000),
        ("recurrent.layers.0", (3, 12, 128), 41_472),
        ("recurrent.layers.1", (3, 12, 64), 41_216),
        ("dense.0", (3, 64), 4_160),
        ("dense.1", (3, 1), 65),
    ]
    assert (summary.total, summary.frozen) == (246_913, 0)


def test_keras_counts_the_same_layer_by_layer():
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "torch"
    layers = pytest.importorskip("keras").layers
    theirs = [
        layers.Embedding(10_000, 16),
        layers.Bidirectional(layers.LSTM(64, return_sequences=True)),
        layers.Bidirectional(layers.LSTM(32)),
        layers.Dense(64),
        layers.Dense(1),
    ]
    shape = (None, 12)
    for layer in theirs:
        layer.build(shape)
        shape = layer.compute_output_shape(shape)
    ours = model_summary(sarcasm_classifier(), IDS)
    assert [part.parameters for part in ours.parts] == [each.count_params() for each in theirs]


def test_the_table_is_printed():
    lines = str(model_summary(sarcasm_classifier(), IDS[:1])).splitlines()
    assert lines[0].split() == ["part", "kind", "puts", "out", "parameters"]
    assert lines[2].split() == [
        *("recurrent.layers.0", "BothWays", "of", "LSTMCell", "(1,", "12,", "128)", "41,472"),
    ]
    assert lines[-1].split() == ["all", "246,913"]
    assert len({len(line) for line in lines}) == 1


def test_a_shared_matrix_is_counted_once():
    summary = model_summary(RecurrentLanguageModel(50, 8, 8, cell=LSTMCell, tied=True), IDS)
    assert [(p.name, p.kind, p.parameters) for p in summary.parts] == [
        ("embedding", "Embedding", 400),
        ("recurrent.layers.0", "OneWay of LSTMCell", 576),
        ("affine", "Linear, shared", 50),
    ]
    assert summary.total == 1026


def test_frozen_parameters_are_counted_apart():
    model = RecurrentLanguageModel(50, 8, 8, cell=LSTMCell)
    saito_init(model)
    summary = model_summary(model, IDS)
    assert summary.total - summary.frozen == count_parameters(model)
    assert summary.frozen == 32
    assert "of them frozen" in str(summary)


class Own(nn.Module):
    """A model with a parameter of its own, and a part that is called twice, and one never."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(2))
        self.twice, self.never = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.twice(self.twice(x)) * self.scale[0]


def test_what_no_part_holds_is_counted_too():
    summary = model_summary(Own(), torch.ones(2, 4))
    assert rows(summary) == [("twice", (2, 4), 20), ("elsewhere", None, 2 + 15)]
    assert summary.total == 37


@pytest.mark.parametrize(
    ("model", "x"),
    [
        (nn.Linear(4, 3), torch.ones(2, 4)),
        (LSTM(4, 3, 2, bidirectional=True, batch_first=True), torch.ones(2, 5, 4)),
        (nn.LSTM(4, 3, 2, batch_first=True), torch.ones(2, 5, 4)),
        (EmbeddingClassifier(9, 4, hidden_size=3), IDS),
        (RecurrentClassifier(9, 4, 3, cell=GRUCell, dropout=0.5), IDS),
        (RecurrentLanguageModel(9, 4, 3, weight_dropout=0.5, dropout=0.5), IDS),
    ],
)
def test_every_parameter_is_counted_and_the_model_is_left_as_it_was(model, x):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    summary = model_summary(model, x)
    assert sum(part.parameters for part in summary.parts) == summary.total
    assert summary.total == sum(p.numel() for p in model.parameters())
    assert all(module.training for module in model.modules())
    assert not any(module._forward_hooks for module in model.modules())
    torch.testing.assert_close(dict(model.state_dict()), before, rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), state)
