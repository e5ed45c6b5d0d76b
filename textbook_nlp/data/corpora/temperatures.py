"""Weather that was measured: Jena every ten minutes, and Melbourne's coldest moment of each day."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
from jaxtyping import Float

from textbook_nlp.data.corpora.corpus import Corpus, Part, Variant
from textbook_nlp.data.corpora.reading import open_text, read_text
from textbook_nlp.files import DamagedFile

JENA_FILE = "jena_climate_2009_2016.csv"
JENA_COLUMNS = (
    "p (mbar)", "T (degC)", "Tpot (K)", "Tdew (degC)", "rh (%)", "VPmax (mbar)", "VPact (mbar)",
    "VPdef (mbar)", "sh (g/kg)", "H2OC (mmol/mol)", "rho (g/m**3)", "wv (m/s)", "max. wv (m/s)",
    "wd (deg)",
)  # fmt: skip


@dataclass(frozen=True)
class JenaClimate:
    """Weather at Jena, a row every ten minutes.

    A few wind speeds are -9999, which stands for a gap, and a few times come twice or are missing:
    all of it is kept as it was published.

    Attributes:
        times: of each row.
        values: (N, 14), in the order of `columns`.
        columns: their names, with units.
    """

    times: list[datetime]
    values: Float[np.ndarray, "N 14"]
    columns: tuple[str, ...] = JENA_COLUMNS

    def column(self, name: str) -> Float[np.ndarray, " N"]:
        """Return the column whose name begins like this: `"T ("`, `"wd"`.

        Raises:
            ValueError: if not exactly one does.
        """
        found = [i for i, each in enumerate(self.columns) if each.startswith(name)]
        if len(found) != 1:
            raise ValueError(f"{len(found)} columns begin with {name!r}: {', '.join(self.columns)}")
        return self.values[:, found[0]]


@dataclass(frozen=True)
class DailyTemperatures:
    """The lowest temperature of each day at Melbourne, 1981 to 1990.

    The file leaves out the last day of each leap year, so a year has 365 rows.

    Attributes:
        dates: of each row.
        values: in °C (N,).
    """

    dates: list[date]
    values: Float[np.ndarray, " N"]


def read_jena(paths: Mapping[str, Path]) -> JenaClimate:
    """Parse the climate of Jena: the published archive, or the file in it.

    Raises:
        DamagedFile: if the columns are others, or a line is not a time and 14 finite numbers.
    """
    path = paths["climate"]
    lines = csv.reader(read_text(path, JENA_FILE).splitlines())
    _expect_header(path, next(lines, []), ["Date Time", *JENA_COLUMNS])
    times, values = [], []
    for number, fields in enumerate(lines, start=2):
        times.append(_time(path, number, fields, "%d.%m.%Y %H:%M:%S"))
        values.append(_numbers(path, number, fields, len(JENA_COLUMNS)))
    if not values:
        raise DamagedFile(f"{path} holds no row. Fetch it again")
    return JenaClimate(times, np.array(values))


def read_daily_temperatures(paths: Mapping[str, Path]) -> DailyTemperatures:
    """Parse the daily minimum temperatures: a date and a number a line.

    Raises:
        DamagedFile: if the header is another, or a line is not a date and a finite number.
    """
    path = paths["temperatures"]
    with open_text(path) as file:
        lines = csv.reader(file.read().splitlines())
    _expect_header(path, next(lines, []), ["Date", "Temp"])
    dates, values = [], []
    for number, fields in enumerate(lines, start=2):
        dates.append(_time(path, number, fields, "%Y-%m-%d").date())
        values += _numbers(path, number, fields, 1)
    if not values:
        raise DamagedFile(f"{path} holds no row. Fetch it again")
    return DailyTemperatures(dates, np.array(values))


def _expect_header(path: Path, header: list[str], expected: list[str]) -> None:
    if header != expected:
        raise DamagedFile(f"{path}: columns {header}, expected {expected}")


def _time(path: Path, number: int, fields: list[str], form: str) -> datetime:
    try:
        return datetime.strptime(fields[0], form)
    except (IndexError, ValueError):
        raise DamagedFile(f"{path}, line {number}: {fields[:1]}, expected a time {form}") from None


def _numbers(path: Path, number: int, fields: list[str], count: int) -> list[float]:
    try:
        values = [float(field) for field in fields[1:]]
    except ValueError:
        values = []
    if len(values) != count or not np.isfinite(values).all():
        raise DamagedFile(
            f"{path}, line {number}: {','.join(fields)[:80]!r}, expected a time and {count} finite "
            "numbers"
        )
    return values


_JENA_ADDRESSES = (
    f"https://storage.googleapis.com/tensorflow/tf-keras-datasets/{JENA_FILE}.zip",
    f"https://s3.amazonaws.com/keras-datasets/{JENA_FILE}.zip",
)

JENA = Corpus(
    name="jena",
    title="Weather of Jena, 2009 to 2016",
    parts=(
        Part(
            "climate",
            (
                Variant(
                    "upstream",
                    f"time_series/{JENA_FILE}.zip",
                    None,
                    None,
                    "the archive as published: 420,551 rows of a time and 14 numbers",
                    _JENA_ADDRESSES,
                ),
                Variant(
                    "unpacked", f"time_series/{JENA_FILE}", None, None, "the file in the archive"
                ),
            ),
        ),
    ),
    read=read_jena,
    license="no explicit license; measured by the Max Planck Institute for Biogeochemistry, Jena",
    citation="Max Planck Institute for Biogeochemistry, weather station Beutenberg; collected by "
    "Chollet (2017), Deep Learning with Python",
    generator="weather",
)


DAILY_TEMPERATURES = Corpus(
    name="daily_temperatures",
    title="Lowest temperature of each day at Melbourne, 1981 to 1990",
    parts=(
        Part(
            "temperatures",
            (
                Variant(
                    "upstream",
                    "time_series/daily-min-temperatures.csv",
                    "8b9de63ed6789492bf497625e7f9beb96a63d367b4b0a21754006f749fa5e5da",
                    67_921,
                    "3,650 lines of a date and a temperature",
                    (
                        "https://raw.githubusercontent.com/jbrownlee/Datasets/master/"
                        "daily-min-temperatures.csv",
                    ),
                ),
            ),
        ),
    ),
    read=read_daily_temperatures,
    license="measured by the Australian Bureau of Meteorology; no explicit license",
    citation="Australian Bureau of Meteorology; collected by Brownlee, github.com/jbrownlee",
    generator="weather",
)
