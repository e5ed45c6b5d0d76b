"""The exercises of chapter 11, sequences that are not text."""

import numpy as np

from textbook_nlp.lab.checks import any_of, check_function, check_value


@check_value(
    expects="two whole numbers",
    mistakes={
        "the window holds every sixth row, not every row of the lookback": (240, ...),
        "240 / 6 rows: the first stands five rows after the lookback begins": (41, ...),
        "the first now need not be row 240: 39 steps before it there must be a row": any_of(
            (..., 736), (..., 737)
        ),
        "is the last row of the series used? It is the answer of row 975": (..., 741),
        "row 975 is the last now: the answer stands 24 rows later, and 999 is the last": (..., 743),
        "every answer needs a row: the last 24 rows cannot be now": (..., 766),
        "every window needs its past: the first rows cannot be now": (..., 976),
    },
)
def windows(rows_in_a_window=40, possible_nows=742):
    """Exercise 1: count the windows of a series."""


@check_value(
    expects="a number of hours",
    mistakes={
        "the range ends one step before r: the last row seen is r - 3": any_of(24, 24.166),
        "the range ends one step before r, and here a step is 3 rows": 25,
        "those are rows of ten minutes; how many hours are they?": any_of(147, 144),
        "the last row seen is earlier than r, so the way to the answer is longer, not shorter": (
            any_of(23.5, 23)
        ),
    },
)
def hours_between(hours=24.5):
    """Exercise 2: how far ahead a published program really forecasts."""


@check_function(
    expects="a function error_of_as_now(a, s, d) that returns one number",
    cases=[(0.85, 0.5, 1), (0.85, 0.5, 24), (0.5, 2.0, 3), (0.99, 0.1, 10)],
    mistakes={
        "that is the floor: what is in today's value by chance counts as well": (
            {"variance": lambda a, s, d: s**2 * (1 - a ** (2 * d)) / (1 - a**2)}
        ),
        "the two values share something: subtract twice their covariance": (
            {"variance": lambda a, s, d: 2 * s**2 / (1 - a**2)}
        ),
        "the covariance of two values d steps apart has a to the power d, not 2 d": (
            {"variance": lambda a, s, d: 2 * s**2 * (1 - a ** (2 * d)) / (1 - a**2)}
        ),
        "there are two values, today's and the one to come: is one of them missing?": (
            {"variance": lambda a, s, d: s**2 * (1 - a**d) / (1 - a**2)}
        ),
        "c_t is in both: write c_t+d with it, and (a^d - 1) c_t is left in the difference": (
            {"variance": lambda a, s, d: s**2 * (2 - a ** (2 * d)) / (1 - a**2)}
        ),
        "that is the variance; the mean error is asked for": ({"error": lambda variance: variance}),
        "that is the standard deviation; the mean distance is the root of 2 / pi times that": (
            {"error": np.sqrt}
        ),
    },
)
def error_of_as_now(
    a,
    s,
    d,
    variance=lambda a, s, d: 2 * s**2 * (1 - a**d) / (1 - a**2),
    error=lambda variance: np.sqrt(2 * variance / np.pi),
):
    """Exercise 3: the mean error of saying that it will be as it is now."""
    return float(error(variance(a, s, d)))


def _before(values):
    filled = values.copy()
    for t in np.flatnonzero(np.isnan(values)):
        filled[t] = filled[t - 1]
    return filled


def _between(values):
    known = np.flatnonzero(~np.isnan(values))
    return np.interp(np.arange(len(values)), known, values[known])


def _after(values):
    return _before(values[::-1])[::-1]


def _gaps(seed, n, learn):
    rng = np.random.default_rng(seed)
    values = rng.normal(10, 4, n).round(1)
    values[[3, 4, learn - 1, learn + 2]] = np.nan
    return values, learn


@check_function(
    expects="a function prepare(values, learn) that returns an array as long as values",
    cases=[_gaps(0, 20, 10), _gaps(1, 40, 25), _gaps(2, 16, 12)],
    reveal=False,
    mistakes={
        "both faults are still there: a gap learns of what comes after it, and so does the scale": (
            {"fill": _between, "part": slice(None)}
        ),
        "the scale is right now; but a gap is still filled with the help of what comes after it": (
            {"fill": _between}
        ),
        "the gaps are right now; but mean and deviation still come from all rows": (
            {"part": slice(None)}
        ),
        "a gap is filled with what comes after it: carry the last reading forward": (
            {"fill": _after}
        ),
        "a 0 is a reading like any other: fill a gap with the last reading before it": (
            {"fill": np.nan_to_num}
        ),
        "the gaps are still there": {
            "then": lambda found: np.where(found == found[5], np.nan, found)
        },
        "only the rows before `learn` were scaled, or returned; all rows are wanted": any_of(
            lambda values, learn: _before(values)[:learn]
        ),
        "the mean is right; divide by the deviation, not by the variance": {"power": 2},
    },
)
def prepare(values, learn, fill=_before, part=None, power=1):
    """Exercise 4: fill gaps and scale, with nothing of the future."""
    filled = fill(values)
    seen = filled[: learn if part is None else None]
    return (filled - seen.mean()) / seen.std() ** power


@check_value(
    expects="one number, in °C",
    rtol=0.0,
    atol=0.005,
    mistakes={
        "run it: least squares has a weight for each place, and the weights move along": any_of(
            0.5, 1.3, when=lambda change: change > 0.005
        ),
        "it cannot get better, either: the same numbers are seen": -0.5,
    },
)
def change_by_shuffling(change=0.0):
    """Exercise 5: what least squares loses when the rows of its windows change places."""


@check_value(
    expects="two whole numbers",
    mistakes={
        "the layer that answers is missing: 32 weights and a bias": any_of(
            (107_552, ...), (..., 4_608)
        ),
        "the hidden layer has a bias for each unit, and the answer has one": any_of(
            (107_553, ...), (107_520, ...), (107_584, ...)
        ),
        "each row of the window has 14 numbers: 240 times 14 weights for each unit": any_of(
            (7_745, ...), (481, ...)
        ),
        "PyTorch's GRU has two biases for each gate": (..., 4_545),
        "the GRU has three sets of weights: reset, update and candidate": (..., 1_569),
        "the GRU uses the same weights at every step, however long the window is": (
            ...,
            240 * 4_608 + 33,
        ),
    },
)
def parameters(dense=240 * 14 * 32 + 32 + 33, gru=3 * 32 * (14 + 32 + 2) + 33):
    """Exercise 6: the parameters of two forecasters."""


_EAST = np.array([80.0, 100.0])


@check_function(
    expects="a function mean_direction(degrees) that returns one number from 0 to 360",
    cases=[
        (_EAST,),
        (np.array([340.0, 30.0]),),
        (np.array([300.0, 330.0]),),
        (np.array([350.0, 10.0, 30.0]),),
        (np.array([200.0, 170.0]),),
    ],
    mistakes={
        "the mean of 340 and 30 is not 185: average the points on the circle": (
            {"angle": lambda degrees: np.mean(degrees)}
        ),
        "the sine comes first: arctan2(sine, cosine)": (
            {"angle": lambda d: np.degrees(np.arctan2(_cos(d), _sin(d))) % 360}
        ),
        "a negative angle: add 360 to it": (
            {"angle": lambda d: np.degrees(np.arctan2(_sin(d), _cos(d)))}
        ),
        "that is in radians": {"angle": lambda d: np.arctan2(_sin(d), _cos(d)) % (2 * np.pi)},
        "np.sin and np.cos take radians": (
            {"angle": lambda d: np.degrees(np.arctan2(np.sin(d).mean(), np.cos(d).mean())) % 360}
        ),
        "arctan cannot tell a point from the opposite one: use arctan2": (
            {"angle": lambda d: np.degrees(np.arctan(_sin(d) / _cos(d))) % 360}
        ),
    },
)
def mean_direction(degrees, angle=lambda d: np.degrees(np.arctan2(_sin(d), _cos(d))) % 360):
    """Exercise 7: the mean of angles."""
    return float(angle(degrees))


def _sin(degrees):
    return np.sin(np.radians(degrees)).mean()


def _cos(degrees):
    return np.cos(np.radians(degrees)).mean()


_FORECAST, _ANSWER = np.array([1.0, 2.0, 3.0, 0.0]), np.array([2.0, 1.5, 3.0, -4.0])


@check_function(
    expects="a function pinball(forecast, answer, q) that returns one number",
    cases=[(_FORECAST, _ANSWER, q) for q in (0.1, 0.5, 0.8)],
    mistakes={
        "the other way round: with a small q, a forecast that is too high must cost more": (
            {"loss": lambda e, q: np.maximum((1 - q) * e, -q * e)}
        ),
        "one number is wanted, the mean over all forecasts": {"mean": lambda losses: losses},
        "the mean, not the sum": {"mean": np.sum},
        "too high and too low cost differently; that is the absolute error": (
            {"loss": lambda e, q: np.abs(e)}
        ),
        "a forecast on the wrong side must not be rewarded: its loss is above 0": (
            {"loss": lambda e, q: q * e}
        ),
    },
)
def pinball(
    forecast,
    answer,
    q,
    loss=lambda e, q: np.maximum(q * e, (q - 1) * e),
    mean=np.mean,
):
    """Exercise 8: the loss whose best forecast is a quantile."""
    return mean(loss(np.asarray(answer) - np.asarray(forecast), q))
