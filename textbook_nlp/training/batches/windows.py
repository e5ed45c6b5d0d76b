"""A long series in windows: what was seen up to now, and the number to be forecast."""

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

ForecastBatch = tuple[Float[Tensor, "B T D"], Float[Tensor, " B"]]


@dataclass(frozen=True, eq=False)
class Scaler:
    """Shift and stretch each column by numbers that were found on one part of a series.

    Attributes:
        mean: of each column (D,).
        scale: the standard deviation of each column (D,); 1 for one that never changes.

    Taught in: chapter 11.
    """

    mean: Float[np.ndarray, " D"]
    scale: Float[np.ndarray, " D"]

    @classmethod
    def fit(cls, values: Float[np.ndarray, "N D"]) -> "Scaler":
        """Find mean and standard deviation: give the rows to learn from, and no others.

        Raises:
            ValueError: if there is no row, a value is NaN or infinite, or the shape is not (N, D).
        """
        check_series(values)
        scale = values.std(axis=0)
        return cls(values.mean(axis=0), np.where(scale > 0, scale, 1.0))

    def __call__(self, values: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N D"]:
        """Return the columns with a mean near 0 and a standard deviation near 1.

        Raises:
            ValueError: if there are other columns than it was fitted on, or a value is not finite.
        """
        check_series(values, columns=len(self.mean))
        return (values - self.mean) / self.scale


@dataclass(frozen=True)
class ForecastWindows:
    """Which rows of a series a forecast sees, and which one it is about.

    Now is a row. The window ends with it and has a row every `step` rows, `lookback // step` of
    them. The number to be forecast stands `delay` rows after now.

    Attributes:
        lookback: rows that the window spans, a multiple of `step`.
        step: rows from one row of the window to the next.
        delay: rows from now to what is to be forecast.

    Raises:
        ValueError: if one is no whole number, at least 1, or `lookback` no multiple of `step`.

    Source: Chollet, "Deep Learning with Python" (2017), section 6.3. There a window of the same
    name ends one step before its now, so that the source's delay of 144 is one of 150 here.
    Taught in: chapter 11.
    """

    lookback: int
    step: int
    delay: int

    def __post_init__(self) -> None:
        """Check the numbers."""
        rows = self.lookback, self.step, self.delay
        if not all(isinstance(n, Integral) for n in rows) or min(rows) < 1 or rows[0] % rows[1]:
            raise ValueError(
                f"lookback, step and delay are {self.lookback}, {self.step} and {self.delay}; "
                "expected whole numbers, at least 1, and a lookback that is a multiple of the step"
            )

    @property
    def length(self) -> int:
        """Rows of a window (T)."""
        return self.lookback // self.step

    def nows(self, first: int, end: int, every: int = 1) -> Int[np.ndarray, " M"]:
        """Return the rows that can be now in a part of a series.

        A whole window stands before each of them, and what is to be forecast after it, all from
        row `first` on and before row `end`: nothing crosses into another part.

        Args:
            first: row with which the part begins.
            end: row before which it ends.
            every: take each so many rows only.

        Raises:
            ValueError: if not one window fits.
        """
        if first < 0 or every < 1:
            raise ValueError(f"first and every are {first} and {every}; expected 0 and 1 at least")
        found = np.arange(first + (self.length - 1) * self.step, end - self.delay, every)
        if len(found) == 0:
            raise ValueError(
                f"rows {first} to {end} hold no window: one takes {self._rows} rows with what is "
                "to be forecast; shorten lookback or delay, or give a longer part"
            )
        return found

    def cut(
        self,
        values: Float[Tensor, "N D"],
        series: Float[Tensor, " N"],
        nows: Int[np.ndarray, " B"] | Int[Tensor, " B"],
    ) -> ForecastBatch:
        """Return the windows that end at some rows, (B, T, D), and what is to be forecast, (B,).

        Args:
            values: the columns to be seen.
            series: the column to be forecast.
            nows: rows, as from `nows`.

        Raises:
            ValueError: if a window or what is to be forecast lies outside of the series, or the
                shapes do not fit.
        """
        nows = torch.as_tensor(nows, device=values.device)
        if values.ndim != 2 or series.shape != values.shape[:1]:
            raise ValueError(
                f"values and series have shapes {tuple(values.shape)} and {tuple(series.shape)}; "
                "expected (N, D) and (N,)"
            )
        before = (self.length - 1) * self.step
        if nows.numel() and (nows.min() < before or nows.max() + self.delay >= len(values)):
            raise ValueError(
                f"now runs from {int(nows.min())} to {int(nows.max())} in a series of "
                f"{len(values)} rows; expected {before} to {len(values) - self.delay - 1}"
            )
        back = torch.arange(-before, 1, self.step, device=values.device)
        return values[nows.unsqueeze(1) + back], series[nows + self.delay]

    @property
    def _rows(self) -> int:
        return (self.length - 1) * self.step + 1 + self.delay


def window_batches(
    windows: ForecastWindows,
    values: Float[Tensor, "N D"],
    series: Float[Tensor, " N"],
    nows: Int[np.ndarray, " M"],
    B: int,
    *,
    steps: int | None = None,
    seed: int | None = None,
    epoch: int = 1,
) -> Iterator[ForecastBatch]:
    """Cut windows in batches of B, one batch at a time.

    Args:
        windows: what a window is.
        values: the columns to be seen.
        series: the column to be forecast.
        nows: rows to choose from.
        B: windows in a batch; the last batch may have fewer.
        steps: draw so many batches at random, which needs a seed; None takes each row once.
        seed: of the draw, which differs from epoch to epoch; None keeps the order.
        epoch: which epoch, from 1.

    Raises:
        ValueError: if B, steps or epoch is below 1, there is no row, `steps` lacks a seed, or a
            value is NaN or infinite.

    Taught in: chapter 11.
    """
    _check_batches(B, steps, seed, epoch, nows)
    for name, tensor in (("values", values), ("series", series)):
        if not tensor.isfinite().all():
            raise ValueError(f"{name} hold NaN or infinite numbers: {_ADVICE}")
    rng = None if seed is None else np.random.default_rng([seed, epoch])
    if steps is not None:
        order = nows[rng.integers(len(nows), size=B * steps)]
    else:
        order = nows if rng is None else rng.permutation(nows)
    return (windows.cut(values, series, some) for some in torch.as_tensor(order).split(B))


def cycles(
    rows: Int[np.ndarray, " N"] | Float[np.ndarray, " N"], *periods: float | int
) -> Float[np.ndarray, "N _"]:
    """Return the place of rows in cycles, as two columns each: sine and cosine.

    One number would jump at the end of the cycle: 23 o'clock is as near to midnight as 1 o'clock.

    Args:
        rows: their numbers.
        periods: length of each cycle, in rows.

    Raises:
        ValueError: if there is no period, or one is not positive.

    Taught in: chapter 11.
    """
    if not periods or min(periods) <= 0:
        raise ValueError(f"periods are {periods}; expected at least one, all positive")
    angles = 2 * np.pi * np.asarray(rows)[:, None] / np.array(periods)
    return np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(len(angles), -1)


_ADVICE = "fill the gaps from what stands before them, or leave those rows out"


def check_series(values: Float[np.ndarray, "N D"], columns: int | None = None) -> None:
    """Refuse what is no series to learn from.

    Raises:
        ValueError: if the shape is not (N, D) with at least one row, there are other columns than
            expected, or a value is NaN or infinite.
    """
    if values.ndim != 2 or len(values) == 0 or columns not in (None, values.shape[1]):
        raise ValueError(
            f"the series has shape {values.shape}; expected at least one row of "
            f"{'some' if columns is None else columns} columns, (N, D)"
        )
    wrong = ~np.isfinite(values).all(axis=1)
    if wrong.any():
        raise ValueError(
            f"the series holds NaN or infinite numbers in {wrong.sum()} rows, the first of them "
            f"row {int(np.argmax(wrong))}: {_ADVICE}"
        )


def _check_batches(B, steps, seed, epoch, nows) -> None:
    if min(B, epoch) < 1 or (steps is not None and steps < 1):
        raise ValueError(f"B, epoch and steps are {B}, {epoch} and {steps}; expected at least 1")
    if len(nows) == 0:
        raise ValueError("there is no row to forecast from")
    if steps is not None and seed is None:
        raise ValueError("steps draws batches at random and needs a seed")
