"""Weather every ten minutes: a day, a year, fronts that pass, and the best forecast known."""

from dataclasses import dataclass
from functools import cached_property
from math import pi, sqrt
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from textbook_nlp.data.generators.optimum import Optimum, require_count
from textbook_nlp.data.generators.state_space import StateSpace

DAY = 144  # rows: one every ten minutes
YEAR = 365 * DAY
COLUMNS = ("temperature", "pressure", "wind speed", "wind direction")
TEMPERATURE = 0  # the column to be forecast
NOISE = (0.1, 0.3, 1.0, 1.0)  # of the instruments: °C, hPa, and m/s of both parts of the wind


class Readings(NamedTuple):
    """What the instruments show, a row every ten minutes; all (n,).

    Attributes:
        temperature: in °C.
        pressure: in hPa.
        wind_speed: in m/s.
        wind_direction: where the wind comes from, in degrees: 90 is the east, 180 the south.
    """

    temperature: Float[np.ndarray, " n"]
    pressure: Float[np.ndarray, " n"]
    wind_speed: Float[np.ndarray, " n"]
    wind_direction: Float[np.ndarray, " n"]


@dataclass(frozen=True)
class Weather:
    """Ten-minute weather: cycles of day and year, and disturbances that no forecast foresees.

    The wind turns as one disturbance after another passes, and the pressure falls and rises with
    it. Wind from the south brings warm air, little by little: so the wind of the last days tells
    of the temperature of the next. Clouds warm or cool for some hours, which nothing announces.
    The first row is the first of January, at midnight. Instruments show hundredths.

    Attributes:
        period: days from one disturbance to the next.
        memory: days after which a disturbance is forgotten (to 1/e).
        lag: days that the temperature takes to follow the wind.
        warmth: °C in the long run for 1 m/s of wind from the south.
        clouds: standard deviation of what comes and goes within hours, in °C.

    Raises:
        ValueError: if a number is not positive.

    Source: the form of the task follows Chollet, "Deep Learning with Python" (2017), section 6.3.
    Taught in: chapter 11.
    """

    period: float = 6.0
    memory: float = 5.0
    lag: float = 1.5
    warmth: float = 2.0
    clouds: float = 1.0

    def __post_init__(self) -> None:
        """Check the parameters."""
        for name, value in vars(self).items():
            if not 0.0 < value < float("inf"):
                raise ValueError(f"{name} is {value}, expected a positive number")

    @cached_property
    def disturbances(self) -> StateSpace:
        """What is left without the cycles, with the wind as its parts from the west and the south.

        The state is the two parts of the wind, the warmth that it has brought, what clouds do, and
        a slow part of the pressure. It moves once every ten minutes.
        """
        keep = np.exp(-1 / DAY / self.memory)
        turn = 2 * pi / DAY / self.period
        follow = 1 - np.exp(-1 / DAY / self.lag)
        A = np.zeros((5, 5))
        A[:2, :2] = keep * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        A[2, 1:3] = follow * self.warmth, 1 - follow
        A[3, 3], A[4, 4] = np.exp(-6 / DAY), np.exp(-1 / DAY / 8)
        deviations = np.array([3.0, 3.0, 0.6, self.clouds, 5.0])
        Q = np.diag(deviations**2 * (1 - np.diag(A) ** 2))
        Q[:2, :2] = np.eye(2) * 3.0**2 * (1 - keep**2)
        C = np.array([[0, 0, 1, 1, 0], [2.0, 0, 0, 0, 1], [1, 0, 0, 0, 0], [0, 1, 0, 0, 0]])
        return StateSpace(A, Q, C, np.diag(NOISE) ** 2)

    def normal(self, rows: int | Int[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Return the temperature without disturbances, of the first rows or of those named."""
        rows = np.arange(rows) if isinstance(rows, int) else rows
        summer = -np.cos(2 * pi * (rows / YEAR - 18 / 365))  # coldest on the 19th of January
        afternoon = -np.cos(2 * pi * (rows / DAY - 3 / 24))  # warmest at three
        return 9.0 + 9.0 * summer + (3.5 + 1.5 * summer) * afternoon

    def sample(self, n: int, seed: int) -> Readings:
        """Draw the readings of `n` rows from the first of January on.

        Args:
            n: how many; `YEAR` is a year.
            seed: equal seeds give equal readings; a larger `n` continues a smaller one.

        Raises:
            TypeError, ValueError: if `n` or `seed` is no integer or negative.

        """
        require_count("n", n)
        require_count("seed", seed)
        drawn = self.disturbances.sample(n, np.random.default_rng(seed))
        temperature, pressure, west, south = drawn.T
        direction = (np.degrees(np.arctan2(-west, -south)) % 360).round(2)
        shown = (self.normal(n) + temperature, 1013 + pressure, np.hypot(west, south))
        return Readings(
            *(column.round(2) for column in shown), np.where(direction == 360, 0.0, direction)
        )

    def best_forecasts(self, readings: Readings, delay: int = DAY) -> Float[np.ndarray, " n"]:
        """Return after each row the best forecast of the temperature `delay` rows later.

        It knows the rules by which the weather was drawn, and all rows from the first on.

        Args:
            readings: as drawn, from the first row on.
            delay: rows.

        Taught in: chapter 11.
        """
        require_count("delay", delay, minimum=1)
        west, south = wind_parts(readings.wind_speed, readings.wind_direction)
        n = len(west)
        seen = (readings.temperature - self.normal(n), readings.pressure - 1013, west, south)
        ahead = self.disturbances.forecasts(np.stack(seen, axis=1), delay)
        return self.normal(np.arange(delay, n + delay)) + ahead[:, TEMPERATURE]

    def optimum(
        self, delay: int = DAY, length: int | None = None, step: int = 1, known: int = 4
    ) -> Optimum:
        """Return the lowest mean absolute error of any forecast of the temperature, exactly.

        Given what was seen, the temperature to come is normal with a variance v that does not
        depend on what was seen. The median is the best forecast, and its error sqrt(2 v / pi).

        Args:
            delay: rows from the last one seen to the one to be forecast.
            length: how many rows were seen; None for the whole past.
            step: rows from one that was seen to the next.
            known: how many of the columns were seen; 1 is the temperature alone, 2 adds the
                pressure, 4 the wind.

        Raises:
            TypeError, ValueError: if one is no integer or below 1, or `known` is 3 or above 4.

        Taught in: chapter 11.
        """
        for name, value in (("delay", delay), ("step", step), ("known", known)):
            require_count(name, value, minimum=1)
        if length is not None:
            require_count("length", length, minimum=1)
        if known not in (1, 2, 4):
            raise ValueError(f"known is {known}, expected 1, 2 or 4: a wind has two parts")
        whole = self.disturbances
        part = StateSpace(whole.A, whole.Q, whole.C[:known], whole.R[:known, :known])
        variance = part.forecast_covariance(delay, length, step)[TEMPERATURE, TEMPERATURE]
        because = (
            f"{delay} rows later the temperature is normal with variance {variance:.3f}, given "
            f"{'the whole past' if length is None else f'{length} rows'} and the cycles"
        )
        error = sqrt(2 * variance / pi)
        return Optimum("mean_absolute_error", error, 0.0, "exact", "°C", because)


def wind_parts(
    speed: Float[np.ndarray, "*n"], direction: Float[np.ndarray, "*n"]
) -> tuple[Float[np.ndarray, "*n"], Float[np.ndarray, "*n"]]:
    """Return the wind's parts from the west and from the south, in m/s.

    Args:
        speed: in m/s.
        direction: where it comes from, in degrees: 90 is the east, 180 the south.

    Taught in: chapter 11.
    """
    angle = np.radians(direction)
    return -speed * np.sin(angle), -speed * np.cos(angle)
