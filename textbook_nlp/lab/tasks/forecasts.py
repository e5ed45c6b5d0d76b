"""Train a forecaster, choose an epoch by validation, measure the test part once."""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch
from torch import nn

from textbook_nlp.chance import seed_all
from textbook_nlp.lab.runs.checked import Checked, Number, Share, Size
from textbook_nlp.lab.runs.experiment import Measurement, Setting, Task
from textbook_nlp.lab.tasks.series import Series, SeriesData, read_series
from textbook_nlp.layers import ConvolutionStack
from textbook_nlp.models import (
    ConvolutionReader,
    DenseReader,
    Forecaster,
    LinearForecaster,
    RecurrentReader,
    count_parameters,
)
from textbook_nlp.training import (
    ForecastWindows,
    History,
    OptimizerChoice,
    absolute_error,
    evaluate,
    fit,
    linear_decay,
    window_batches,
)


@dataclass(frozen=True)
class ForecastModel(Checked):
    """What forecasts.

    Attributes:
        kind: `baseline` says that it will be as it is now; `linear` is found by least squares; the
            others are trained. `convolution` is convolutions of five steps, pooled by threes
            between them, and the largest of each feature; `convolution_recurrent` puts two of
            these before a recurrent layer.
        hidden_size: of the hidden layer, of the recurrent ones, or features of a convolution.
        num_layers: of the recurrent layers, or, where there are none, of the convolutions.
        bidirectional: whether these read both ways.
        reversed: read the window from its end.
        dropout: share of a recurrent layer's inputs dropped in training.
        recurrent_dropout: share of its state.
    """

    kind: Literal[
        "baseline", "linear", "dense", "recurrent", "convolution", "convolution_recurrent"
    ]
    hidden_size: Size = 32
    num_layers: Size = 1
    bidirectional: bool = False
    reversed: bool = False
    dropout: Share = 0.0
    recurrent_dropout: Share = 0.0

    def build(self, length: int, input_size: int) -> Forecaster:
        """Make the model, from the global source of chance."""
        H = self.hidden_size
        if self.kind == "dense":
            return Forecaster(DenseReader(length, input_size, H), H)
        if self.kind == "convolution":
            stack = ConvolutionStack(input_size, (H,) * self.num_layers, 5, pool_size=3)
            return Forecaster(ConvolutionReader(stack), H)
        convolved = self.kind == "convolution_recurrent"
        recurrent = RecurrentReader(
            H if convolved else input_size,
            H,
            self.num_layers,
            bidirectional=self.bidirectional,
            dropout=self.dropout,
            recurrent_dropout=self.recurrent_dropout,
        )
        reader: nn.Module = recurrent
        if convolved:
            stack = ConvolutionStack(input_size, (H, H), 5, pool_size=3)
            reader = ConvolutionReader(stack, recurrent)
        return Forecaster(reader, recurrent.features)


@dataclass(frozen=True)
class ForecastTraining(Checked):
    """How a forecaster is trained, to the least mean absolute error.

    Attributes:
        optimizer: with its highest learning rate.
        epochs: how many; after each the model is judged.
        steps: batches of an epoch, each of windows drawn at random.
        batch_size: B.
        every: rows from one window to the next where an epoch is judged, and for least squares.
        decay: let the learning rate fall in a line to 0.
    """

    optimizer: OptimizerChoice
    epochs: Size
    steps: Size
    batch_size: Size
    every: Size = 25
    decay: bool = False


@dataclass(frozen=True)
class Forecasting(Checked):
    """What a run is made of.

    Attributes:
        data: which series.
        lookback: as for `ForecastWindows`, like the next two.
        step: of the window.
        delay: in rows.
        model: what forecasts.
        training: how it is trained.
        report_every: rows from one window to the next in what is reported.
    """

    data: SeriesData
    lookback: Size
    step: Size
    delay: Size
    model: ForecastModel
    training: ForecastTraining
    report_every: Size = 5


def run(configuration: Forecasting, setting: Setting) -> Measurement:
    """Measure a forecaster on validation and test, in standard deviations and in °C."""
    series = read_series(configuration.data)
    windows = ForecastWindows(configuration.lookback, configuration.step, configuration.delay)
    nows = [windows.nows(*part) for part in series.parts]
    curves: dict[str, list[Number]] = {}
    histories: list[History] = []
    if configuration.model.kind == "baseline":
        errors = [_as_now(series, windows.delay, now) for now in nows[1:]]
        yesterday = [_as_now(series, windows.delay, now, series.day) for now in nows[1:]]
        metrics = {
            "validation_mae": errors[0],
            "validation_mae_24_hours": yesterday[0],
            "test_mae": errors[1],
            "test_mae_24_hours": yesterday[1],
        }
    else:
        metrics = _learned(configuration, setting, series, windows, nows, curves, histories)
    metrics |= {
        f"{name}_degrees": value * series.unit
        for name, value in list(metrics.items())
        if "_mae" in name
    }
    if series.floor is not None:
        metrics["floor_degrees"] = floor = series.floor(windows)
        metrics["above_floor"] = metrics["test_mae_degrees"] / floor - 1
    return Measurement(metrics, curves, series.dataset, histories)


def _as_now(series: Series, delay: int, nows: np.ndarray, before: int | None = None) -> float:
    """Return the error of saying that it will be as now, or as so many rows before what comes."""
    known = nows if before is None else nows + delay - before
    return float(np.abs(series.target[nows + delay] - series.target[known]).mean())


def _learned(configuration, setting, series, windows, nows, curves, histories) -> dict[str, Number]:
    """Train, keep the epoch that is best on validation, and return the metrics."""
    seed_all(setting.seed)
    training, (train, validation, test) = configuration.training, nows
    columns = torch.tensor(np.asarray(series.values), dtype=torch.float32)
    if configuration.model.reversed:  # time runs backward inside of each window
        windows = _Backward(windows.lookback, windows.step, windows.delay)
    target = torch.tensor(series.target, dtype=torch.float32)
    cut = partial(window_batches, windows, columns, target)
    if configuration.model.kind == "linear":
        model: nn.Module = LinearForecaster.fit(cut(train[:: training.every], 1000))
        metrics: dict[str, Number] = {}
    else:
        model = configuration.model.build(windows.length, columns.shape[1]).to(setting.device)
        judged = list(cut(validation[:: training.every], 1000))
        total = training.epochs * training.steps
        history = fit(
            model,
            lambda epoch: cut(
                train, training.batch_size, steps=training.steps, seed=setting.seed, epoch=epoch
            ),
            absolute_error,
            training.optimizer.of(model.parameters()),
            epochs=training.epochs,
            validate=lambda model: evaluate(model, judged, absolute_error),
            schedule=linear_decay(total) if training.decay else None,
            checkpoint=setting.stage("forecaster"),
            progress=setting.progress,
        )
        histories.append(history)
        for name in ("train_loss", "validation", "cpu_seconds"):
            curves[name] = history.curve(name)
        metrics = {"best_epoch": history.best.number}
    for name, rows in (("validation", validation), ("test", test)):
        batches = cut(rows[:: configuration.report_every], 1000)
        metrics[f"{name}_mae"] = evaluate(model, batches, absolute_error)
    return metrics | {"parameters": count_parameters(model)}


class _Backward(ForecastWindows):
    """Windows whose rows stand in reverse."""

    def cut(self, values, series, nows):
        """Return windows, the last row first, and what is to be forecast."""
        windows, targets = super().cut(values, series, nows)
        return windows.flip(1), targets


TASK = Task(run)
