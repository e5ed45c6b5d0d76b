"""A series to forecast, in columns, and what exactly was read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from textbook_nlp.data import corpora
from textbook_nlp.data.generators.weather import DAY, YEAR, Weather, wind_parts
from textbook_nlp.files import sha256
from textbook_nlp.lab.runs.checked import Checked, Count, Size
from textbook_nlp.lab.runs.ledger import Dataset
from textbook_nlp.training import ForecastWindows, Scaler, cycles


@dataclass(frozen=True)
class SeriesData(Checked):
    """Which series is read, and into which parts it is cut.

    Attributes:
        corpus: a real one, or generated weather.
        train: rows to learn from, the first.
        validation: rows to choose by, which follow.
        test: rows to report on, which follow; 0 for all that are left.
        clock: add the place in the day and the year, each as sine and cosine.
        wind: as speed and direction, or as its parts from the west and the south.
    """

    corpus: Literal["weather", "jena", "daily_temperatures"]
    train: Size
    validation: Size
    test: Count = 0
    clock: bool = False
    wind: Literal["polar", "parts"] = "polar"


@dataclass(frozen=True)
class Series:
    """A series, ready to be cut into windows.

    Attributes:
        values: (N, D), each column scaled by its mean and deviation in the part to learn from.
        target: the temperature, scaled likewise (N,).
        unit: °C in one unit of the target.
        day: rows of a day.
        parts: first row and end of the parts to learn from, to choose by and to report on.
        dataset: name, and SHA-256 of the numbers as they were read.
        floor: the lowest error in °C for some windows, where it is known.
    """

    values: Float[np.ndarray, "N D"]
    target: Float[np.ndarray, " N"]
    unit: float
    day: int
    parts: tuple[tuple[int, int], ...]
    dataset: Dataset
    floor: Callable[[ForecastWindows], float] | None = None


def read_series(data: SeriesData) -> Series:
    """Read a real series, or draw the weather of seed 0.

    Raises:
        DataError: if a real corpus is neither here nor to be downloaded, or altered.
        ValueError: if it has fewer rows than its parts ask for.
    """
    floor = None
    if data.corpus == "weather":
        weather, day = Weather(), DAY
        raw = np.stack(weather.sample(data.train + data.validation + data.test, seed=0), axis=1)
        column, wind, periods = 0, (2, 3), (DAY, YEAR)

        def floor(windows: ForecastWindows) -> float:
            return weather.optimum(windows.delay, windows.length, windows.step).value
    elif data.corpus == "jena":
        climate, day = corpora.load("jena"), DAY
        raw, column, wind, periods = climate.values, 1, (11, 13), (DAY, 365.2425 * DAY)
    else:
        raw = corpora.load("daily_temperatures").values[:, None]
        day, column, wind, periods = 1, 0, None, (365.0,)
    hundredths = np.round(raw * 100).astype(np.int64)
    dataset = Dataset(data.corpus, {"numbers": sha256(hundredths.tobytes())})
    parts = _parts(data, len(raw))
    shown = raw.copy()
    if data.wind == "parts" and wind is not None:
        speed, direction = (raw[:, i] for i in wind)
        shown[:, wind] = np.stack(wind_parts(np.maximum(speed, 0.0), direction), axis=1)
    scaler = Scaler.fit(shown[: data.train])  # learned from the first part alone
    scaled = scaler(shown)
    values = np.concatenate([scaled, cycles(np.arange(len(raw)), *periods)], axis=1)
    return Series(
        values if data.clock else scaled,
        scaled[:, column],
        float(scaler.scale[column]),
        day,
        parts,
        dataset,
        floor,
    )


def _parts(data: SeriesData, rows: int) -> tuple[tuple[int, int], ...]:
    ends = (data.train, data.train + data.validation)
    last = ends[1] + data.test if data.test else rows
    if not ends[1] < last <= rows:
        raise ValueError(
            f"{data.corpus} has {rows} rows; {data.train} to learn from, {data.validation} to "
            f"choose by and {data.test or 'some'} to report on do not fit"
        )
    return (0, ends[0]), ends, (ends[1], last)
