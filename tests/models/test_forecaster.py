"""Forecasters: against `torch.nn`, least squares by NumPy, and what they refuse."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from textbook_nlp.layers import GRUCell, LSTMCell, RNNCell
from textbook_nlp.models import (
    DenseReader,
    Forecaster,
    LinearForecaster,
    RecurrentReader,
    count_parameters,
)

KINDS = [(RNNCell, nn.RNN), (LSTMCell, nn.LSTM), (GRUCell, nn.GRU)]
B, T, D, H = 3, 7, 4, 5


@pytest.mark.parametrize(("cell", "layer"), KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_a_recurrent_forecaster_is_the_last_state_of_torchs_layer(
    cell, layer, bidirectional, num_layers
):
    options = {"num_layers": num_layers, "bidirectional": bidirectional}
    theirs = layer(D, H, batch_first=True, **options)
    reader = RecurrentReader(D, H, cell=cell, **options)
    names = [n for n, _ in theirs.named_parameters()]
    for i, mine in enumerate(reader.recurrent.cells):  # of each layer the forward one first
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            with torch.no_grad():
                where, way = divmod(i, 1 + bidirectional)
                suffix = f"{name}_l{where}{'_reverse' * way}"
                assert suffix in names
                getattr(mine, name).copy_(getattr(theirs, suffix))
    x = torch.randn(B, T, D)
    last = theirs(x)[1]
    last = last[0] if isinstance(last, tuple) else last
    expected = torch.cat(list(last[-2:]), dim=1) if bidirectional else last[-1]
    torch.testing.assert_close(reader(x), expected)
    model = Forecaster(reader, reader.features)
    torch.testing.assert_close(model(x), model.affine(expected)[:, 0])


def test_a_dense_forecaster_and_the_sources_parameters():
    model = Forecaster(DenseReader(240, 14, 32), 32)  # of the source, section 6.3
    assert count_parameters(model) == 240 * 14 * 32 + 32 + 32 + 1
    x = torch.randn(B, 240, 14)
    hidden = model.reader.hidden
    by_hand = (x.reshape(B, -1) @ hidden.weight.T + hidden.bias).clamp(min=0)
    torch.testing.assert_close(model(x), model.affine(by_hand)[:, 0])


def test_convolution_may_stand_before_a_recurrent_reader():
    class Patches(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Conv1d(D, 6, 3)

        def forward(self, windows):
            return self.layer(windows.transpose(1, 2)).transpose(1, 2)

    model = Forecaster(nn.Sequential(Patches(), RecurrentReader(6, H)), H)
    assert model(torch.randn(B, T, D)).shape == (B,)


def test_dropouts_act_in_training_alone_and_the_same_at_all_steps():
    reader = RecurrentReader(D, H, 2, dropout=0.5, recurrent_dropout=0.5)
    x = torch.randn(1, T, D).expand(8, -1, -1)
    reader.eval()
    torch.testing.assert_close(reader(x)[0], reader(x)[1])
    reader.train()
    assert not torch.allclose(reader(x)[0], reader(x)[1])
    dropped = reader.dropout(torch.ones(2, T, D))
    torch.testing.assert_close(dropped, dropped[:, :1].expand(-1, T, -1))


def test_without_recurrent_dropout_none_is_made():
    assert RecurrentReader(D, H).recurrent.layers[0].recurrent_dropout is None
    assert RecurrentReader(D, H, recurrent_dropout=0.1).recurrent.layers[0].recurrent_dropout


def batches(x, y, size=50):
    return zip(torch.tensor(x).split(size), torch.tensor(y).split(size), strict=True)


def test_least_squares_is_numpys():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((203, T, D)), rng.standard_normal(203)
    rows = np.c_[x.reshape(203, -1), np.ones(203)]
    expected = rows @ np.linalg.lstsq(rows, y, rcond=None)[0]
    model = LinearForecaster.fit(batches(x, y), ridge=0).double()
    np.testing.assert_allclose(model(torch.tensor(x)).detach(), expected, atol=1e-5)


def test_ridge_solves_its_equation_and_leaves_the_constant_alone():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((90, 2, 2)), 30 + rng.standard_normal(90)
    model = LinearForecaster.fit(batches(x, y), ridge=0.7).double()
    weight, rows = model.affine.weight[0].detach().numpy(), x.reshape(90, -1)
    error = rows @ weight + model.affine.bias.item() - y
    np.testing.assert_allclose(rows.T @ error / 90 + 0.7 * weight, 0, atol=1e-5)
    np.testing.assert_allclose(error.mean(), 0, atol=1e-5)


def test_columns_that_say_the_same_do_not_break_least_squares():
    x = np.random.default_rng(2).standard_normal((60, 3, 1))
    y = x[:, 2, 0].copy()
    model = LinearForecaster.fit(batches(np.concatenate([x, x], axis=2), y)).double()
    doubled = torch.tensor(np.concatenate([x, x], axis=2))
    np.testing.assert_allclose(model(doubled).detach(), y, atol=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Forecaster(nn.Identity(), 0), "features is 0"),
        (lambda: Forecaster(DenseReader(T, D, H), H)(torch.ones(B, T)), r"expected \(B, T, D\)"),
        (
            lambda: Forecaster(RecurrentReader(D, H), H)(torch.ones(B, 0, D)),
            "at least one time step",
        ),
        (lambda: Forecaster(DenseReader(T, D, H), H)(torch.ones(B, T + 1, D)), r"\(B, 7, 4\)"),
        (
            lambda: Forecaster(RecurrentReader(D, H), H)(torch.ones(B, T, D + 1)),
            r"expected \(B, T, 4\)",
        ),
        (
            lambda: Forecaster(RecurrentReader(D, H, bidirectional=True), H)(torch.ones(B, T, D)),
            r"what the reader returns has shape \(3, 10\); expected \(B, 5\)",
        ),
        (lambda: DenseReader(0, D, H), "are 0, 4 and 5"),
        (lambda: RecurrentReader(D, H, dropout=1.0), "dropout is 1.0"),
        (lambda: RecurrentReader(D, H, recurrent_dropout=-0.1), "recurrent_dropout is -0.1"),
        (lambda: LinearForecaster.fit([]), "no window to learn from"),
        (lambda: LinearForecaster.fit([], ridge=-1.0), "ridge is -1.0"),
        (
            lambda: LinearForecaster.fit([(torch.full((B, T, D), torch.nan), torch.ones(B))]),
            "NaN or infinite",
        ),
        (
            lambda: LinearForecaster.fit([(torch.ones(B, T, D), torch.ones(1))]),
            r"targets has shape \(1,\); expected \(3,\)",
        ),
        (lambda: LinearForecaster(T, D)(torch.ones(B, T, 1)), r"expected \(B, 7, 4\)"),
    ],
)
def test_bad_input_is_refused(shapes_unchecked, call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_window_of_one_row_is_enough():
    for reader in (DenseReader(1, D, H), partial(RecurrentReader, cell=LSTMCell)(D, H)):
        assert Forecaster(reader, H)(torch.randn(B, 1, D)).shape == (B,)
