"""Windows of a series: what they hold, that nothing of the future reaches them, what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from textbook_nlp.training import ForecastWindows, Scaler, absolute_error, cycles, window_batches

shapes = st.builds(
    lambda length, step, delay: ForecastWindows(length * step, step, delay),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(1, 6),
)


def tensors(values):
    return torch.from_numpy(values), torch.from_numpy(values[:, 0])


def test_one_window_by_hand():
    values = np.arange(20.0)[:, None]
    windows = ForecastWindows(lookback=6, step=2, delay=3)
    inputs, targets = windows.cut(*tensors(values), windows.nows(0, 20))
    np.testing.assert_array_equal(inputs[0, :, 0], [0, 2, 4])
    np.testing.assert_array_equal(inputs[-1, :, 0], [12, 14, 16])
    np.testing.assert_array_equal(targets, np.arange(7.0, 20))


def source_windows(data, lookback, step, delay, first, last):
    """The loop of the source, written down from its description: rows one by one."""
    samples, targets = [], []
    for row in range(first + lookback, last):
        samples.append([data[i] for i in range(row - lookback, row, step)])
        targets.append(data[row + delay][0])
    return np.array(samples), np.array(targets)


@given(shapes, st.integers(0, 20), st.integers(1, 20))
def test_the_sources_windows_are_these_with_a_step_more_of_delay(windows, first, more):
    lookback, step, delay = windows.lookback, windows.step, windows.delay
    last = first + lookback + more
    values = np.random.default_rng(more).standard_normal((last + delay, 2))
    theirs, their_targets = source_windows(values, lookback, step, delay, first, last)
    ours = ForecastWindows(lookback, step, delay + step)
    # The window's end is a step before the source's row, and so is the first row that can be now.
    nows = np.arange(first + lookback, last) - step
    assert set(nows) <= set(ours.nows(first, last + delay))
    inputs, targets = ours.cut(*tensors(values), nows)
    np.testing.assert_array_equal(inputs, theirs)
    np.testing.assert_array_equal(targets, their_targets)


@settings(max_examples=40)
@given(shapes, st.integers(0, 2**20), st.floats(-1e6, 1e6))
def test_altering_the_future_leaves_scaler_and_past_windows_as_they_are(windows, seed, shift):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((80, 3))
    cut = int(rng.integers(40, 80))  # rows from here on are the future
    altered = values.copy()
    altered[cut:] = shift
    prepared = []
    for version in (values, altered):
        scaled = Scaler.fit(version[:cut])(version)
        nows = windows.nows(0, cut)
        batches = window_batches(windows, *tensors(scaled), nows, 7, steps=3, seed=seed)
        inputs, _ = windows.cut(*tensors(scaled), np.arange(nows[0], cut - windows.delay))
        prepared.append((inputs, *(tensor for batch in batches for tensor in batch)))
    for before, after in zip(*prepared, strict=True):
        torch.testing.assert_close(before, after, rtol=0, atol=0)


@given(shapes, st.integers(0, 30), st.integers(40, 80))
def test_no_window_reaches_out_of_its_part(windows, first, end):
    """Numbers outside of a part are NaN, and none of them is met."""
    values = np.full((100, 2), np.nan)
    values[first:end] = 1.0
    try:
        nows = windows.nows(first, end)
    except ValueError:
        assert end - first < windows.lookback + windows.delay
        return
    inputs, targets = windows.cut(*tensors(values), nows)
    assert inputs.isfinite().all()
    assert targets.isfinite().all()
    if nows[0] > 0:
        early, _ = windows.cut(*tensors(values), nows[:1] - 1) if first else (None, None)
        assert early is None or not early.isfinite().all()
    late = values[min(nows[-1] + windows.delay + 1, 99), 0]
    assert np.isnan(late)


def test_the_scaler_gives_mean_0_and_deviation_1_and_leaves_a_constant_alone():
    values = np.random.default_rng(0).normal(7, 3, (500, 2))
    values[:, 1] = 4.0
    scaled = Scaler.fit(values)(values)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 0], atol=1e-12)


def test_batches_hold_each_row_once_or_draw_as_seed_and_epoch_say():
    values = np.random.default_rng(0).standard_normal((60, 2))
    windows = ForecastWindows(4, 2, 3)
    nows = windows.nows(0, 60)

    def targets(**options):
        cut = window_batches(windows, *tensors(values), nows, 8, **options)
        return [batch for _, batch in cut]

    _, whole = windows.cut(*tensors(values), nows)
    torch.testing.assert_close(torch.cat(targets()), whole)
    assert sorted(torch.cat(targets(seed=1)).tolist()) == sorted(whole.tolist())
    drawn = [torch.cat(targets(steps=5, seed=s, epoch=e)).tolist() for s, e in ((1, 1), (1, 2))]
    assert len(drawn[0]) == 40
    assert drawn[0] != drawn[1]
    assert drawn[0] == torch.cat(targets(steps=5, seed=1)).tolist()


def test_cycles_close():
    rows = np.arange(0, 288)
    found = cycles(rows, 144, 365.25 * 144)
    assert found.shape == (288, 4)
    np.testing.assert_allclose(found[0], [0, 1, 0, 1])
    np.testing.assert_allclose(found[36], [1, 0, *found[36, 2:]], atol=1e-12)
    np.testing.assert_allclose(found[144:, :2], found[:144, :2], atol=1e-12)
    np.testing.assert_allclose(found[:, 2:], cycles(rows / 144, 365.25), atol=1e-12)


class Always(nn.Module):
    def __init__(self, forecasts):
        super().__init__()
        self.forecasts = forecasts

    def forward(self, windows):
        return self.forecasts


def test_absolute_error_is_a_mean_and_takes_no_column_for_a_row():
    batch = torch.zeros(3, 2, 1), torch.tensor([1.0, -2.0, 3.0])
    mean, items = absolute_error(Always(torch.ones(3)), batch)
    torch.testing.assert_close(mean, torch.tensor(5 / 3))
    assert items == 3
    with pytest.raises(ValueError, match=r"forecasts have shape \(3, 1\), targets \(3,\)"):
        absolute_error(Always(torch.ones(3, 1)), batch)


NINE = np.array([9])
SERIES = np.arange(40.0).reshape(20, 2)
HOLE = np.where(np.arange(40).reshape(20, 2) == 11, np.nan, SERIES)
SMALL = ForecastWindows(4, 2, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: ForecastWindows(0, 1, 1),
            "lookback, step and delay are 0, 1 and 1; expected whole numbers",
        ),
        (lambda: ForecastWindows(4, 2, 0), "expected whole numbers, at least 1"),
        (lambda: ForecastWindows(5, 2, 1), "a lookback that is a multiple of the step"),
        (
            lambda: ForecastWindows(20, 1, 5).nows(0, 20),
            "rows 0 to 20 hold no window: one takes 25 rows",
        ),
        (lambda: ForecastWindows(1, 1, 1).nows(4, 5), "hold no window: one takes 2 rows"),
        (lambda: SMALL.nows(-1, 20), "first and every are -1 and 1"),
        (lambda: SMALL.nows(0, 20, every=0), "first and every are 0 and 0"),
        (lambda: SMALL.cut(*tensors(SERIES), np.array([17])), "now runs from 17 to 17 in a series"),
        (lambda: SMALL.cut(*tensors(SERIES), np.array([1])), "of 20 rows; expected 2 to 16"),
        (
            lambda: SMALL.cut(torch.ones(20, 2), torch.ones(20, 1), np.array([4])),
            r"shapes \(20, 2\) and \(20, 1\); expected \(N, D\) and \(N,\)",
        ),
        (lambda: Scaler.fit(HOLE), "NaN or infinite numbers in 1 rows, the first of them row 5"),
        (lambda: Scaler.fit(SERIES)(HOLE), "fill the gaps from what stands before them"),
        (lambda: ForecastWindows(4.0, 1, 1), "expected whole numbers"),
        (lambda: ForecastWindows(4, 1, 1.5), "expected whole numbers"),
        (lambda: Scaler.fit(SERIES[:0]), r"the series has shape \(0, 2\)"),
        (lambda: Scaler.fit(SERIES[:, 0]), r"the series has shape \(20,\)"),
        (lambda: Scaler.fit(SERIES)(SERIES[:, :1]), "expected at least one row of 2 columns"),
        (
            lambda: window_batches(SMALL, *tensors(HOLE), NINE, 2),
            "values hold NaN or infinite numbers",
        ),
        (
            lambda: window_batches(SMALL, torch.ones(20, 1), torch.full((20,), torch.inf), [9], 2),
            "series hold NaN or infinite numbers",
        ),
        (lambda: window_batches(SMALL, *tensors(SERIES), NINE, 0), "B, epoch and steps"),
        (lambda: window_batches(SMALL, *tensors(SERIES), NINE, 2, epoch=0), "at least 1"),
        (
            lambda: window_batches(SMALL, *tensors(SERIES), NINE, 2, steps=0, seed=1),
            "are 2, 1 and 0; expected at least 1",
        ),
        (lambda: window_batches(SMALL, *tensors(SERIES), np.array([]), 2), "there is no row"),
        (
            lambda: window_batches(SMALL, *tensors(SERIES), NINE, 2, steps=3),
            "needs a seed",
        ),
        (lambda: cycles(np.arange(3)), "expected at least one, all positive"),
        (lambda: cycles(np.arange(3), 0.0), "expected at least one, all positive"),
    ],
)
def test_bad_input_is_refused(shapes_unchecked, call, message):
    with pytest.raises(ValueError, match=message):
        call()
