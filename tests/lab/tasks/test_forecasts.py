"""Forecasts: what is read, the baseline by hand, and Jena in the published form."""

from datetime import datetime, timedelta

import numpy as np
import pytest
import torch

from textbook_nlp.data import corpora
from textbook_nlp.data.corpora.temperatures import JENA_COLUMNS, JENA_FILE, read_jena
from textbook_nlp.data.generators.weather import DAY, Weather, wind_parts
from textbook_nlp.lab.experiments import jena_forecast, weather_forecast
from textbook_nlp.lab.runs.checked import changed
from textbook_nlp.lab.runs.experiment import Setting
from textbook_nlp.lab.tasks import forecasts
from textbook_nlp.lab.tasks.series import SeriesData, read_series

SETTING = Setting(0, torch.device("cpu"))
SMALL = {
    "data.train": 4000,
    "data.validation": 1000,
    "training.epochs": 1,
    "training.steps": 2,
    "training.batch_size": 4,
}


@pytest.fixture(scope="module")
def jena(tmp_path_factory):
    """Generated weather as a file in the form of Jena's, with two gaps in its wind, read back."""
    readings = Weather().sample(6000, 3)
    values = np.random.default_rng(0).normal(100, 20, (6000, 14)).round(2)
    for name, column in zip(("p (", "T (", "wv", "wd"), (1, 0, 2, 3), strict=True):
        place = [each.startswith(name) for each in JENA_COLUMNS].index(True)
        values[:, place] = readings[column]
    values[[7, 4500], [each.startswith("wv") for each in JENA_COLUMNS].index(True)] = -9999
    start = datetime(2009, 1, 1, 0, 10)
    lines = [",".join(f'"{name}"' for name in ("Date Time", *JENA_COLUMNS))]
    for i, row in enumerate(values.tolist()):
        time = start + timedelta(minutes=10 * i)
        lines.append(",".join((time.strftime("%d.%m.%Y %H:%M:%S"), *map(str, row))))
    path = tmp_path_factory.mktemp("jena") / JENA_FILE
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_jena({"climate": path})


@pytest.fixture
def jena_here(jena, monkeypatch):
    monkeypatch.setattr(corpora, "load", lambda name: {"jena": jena}[name])
    return jena


def test_the_scale_comes_from_the_first_part_alone(monkeypatch):
    data = SeriesData("weather", train=2000, validation=500, test=500, clock=True, wind="parts")
    series = read_series(data)
    assert series.values.shape == (3000, 8)
    np.testing.assert_allclose(series.values[:2000, :4].mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(series.values[:2000, :4].std(axis=0), 1)
    assert abs(series.values[2000:, 0].mean()) > 0.01
    np.testing.assert_array_equal(series.target, series.values[:, 0])
    readings = Weather().sample(3000, 0)
    _, south = wind_parts(readings.wind_speed, readings.wind_direction)
    np.testing.assert_allclose(np.corrcoef(series.values[:, 3], south)[0, 1], 1)
    np.testing.assert_allclose(series.unit, readings.temperature[:2000].std())
    assert series.parts == ((0, 2000), (2000, 2500), (2500, 3000))
    longer = read_series(changed(data, {"test": 900}))
    np.testing.assert_array_equal(longer.values[:3000], series.values)


def test_the_baseline_by_hand_at_25_hours_and_at_24(jena_here):
    configuration = changed(jena_forecast.EXPERIMENT.variants["baseline"], SMALL)
    configuration = changed(configuration, {"lookback": 60})
    found = forecasts.run(configuration, SETTING).metrics
    temperature = jena_here.column("T (")
    nows = np.arange(4000 + 54, 5000 - 150)
    as_seen = np.abs(temperature[nows + 150] - temperature[nows]).mean()
    day_before = np.abs(temperature[nows + 150] - temperature[nows + 6]).mean()
    np.testing.assert_allclose(found["validation_mae_degrees"], as_seen)
    np.testing.assert_allclose(found["validation_mae_24_hours_degrees"], day_before)
    unit = temperature[:4000].std()
    np.testing.assert_allclose(found["validation_mae"], as_seen / unit)
    assert "floor_degrees" not in found


@pytest.mark.parametrize("variant", ["dense", "stacked", "convolution", "convolution_gru", "ours"])
def test_jena_in_the_published_form(jena_here, variant):
    configuration = changed(jena_forecast.EXPERIMENT.variants[variant], SMALL)
    configuration = changed(configuration, {"lookback": 72 * configuration.step})
    found = forecasts.run(configuration, SETTING)
    assert found.dataset.name == "jena"
    assert 0 < found.metrics["validation_mae"] < 10
    columns = 18 if variant == "ours" else 14
    if variant == "dense":
        assert found.metrics["parameters"] == 72 * columns * 32 + 32 + 33


def test_gaps_in_the_wind_are_no_storm_where_its_parts_are_taken(jena_here):
    data = SeriesData("jena", train=4000, validation=1000, wind="parts")
    values = read_series(data).values
    west, south = values[:, 11], values[:, 13]
    assert max(np.abs(west).max(), np.abs(south).max()) < 6
    as_published = read_series(changed(data, {"wind": "polar"})).values
    assert np.abs(as_published[:, 11]).max() > 20


def test_a_reversed_window_holds_the_same_rows_the_last_one_first():
    values = torch.arange(40.0).reshape(20, 2)
    plain = forecasts.ForecastWindows(6, 2, 3)
    backward = forecasts._Backward(6, 2, 3)
    (a, x), (b, y) = (w.cut(values, values[:, 0], np.array([10, 16])) for w in (plain, backward))
    torch.testing.assert_close(a.flip(1), b)
    torch.testing.assert_close(x, y)


def test_least_squares_beats_the_baseline_and_comes_near_the_floor():
    small = {"data.train": 60 * DAY, "data.validation": 20 * DAY, "data.test": 40 * DAY}
    variants = weather_forecast.EXPERIMENT.variants
    baseline, linear = (
        forecasts.run(changed(variants[name], small), SETTING).metrics
        for name in ("baseline", "linear_parts")
    )
    assert linear["test_mae_degrees"] < 0.8 * baseline["test_mae_degrees"]
    assert linear["floor_degrees"] == baseline["floor_degrees"]
    np.testing.assert_allclose(
        linear["above_floor"], linear["test_mae_degrees"] / linear["floor_degrees"] - 1
    )


def test_parts_that_do_not_fit_are_refused(jena_here):
    with pytest.raises(ValueError, match="jena has 6000 rows; 5000 to learn from, 1000 to choose"):
        read_series(SeriesData("jena", train=5000, validation=1000))
    with pytest.raises(ValueError, match="do not fit"):
        read_series(SeriesData("jena", train=4000, validation=1000, test=1001))
    with pytest.raises(ValueError, match="hold no window"):
        forecasts.run(
            changed(jena_forecast.EXPERIMENT.variants["dense"], SMALL | {"lookback": 6000}), SETTING
        )
