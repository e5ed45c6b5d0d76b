"""The climate of Jena in the published form, and Melbourne's days as they are."""

from datetime import date, datetime
from zipfile import ZipFile

import numpy as np
import pytest

from textbook_nlp.data import corpora
from textbook_nlp.data.corpora.temperatures import (
    JENA_COLUMNS,
    JENA_FILE,
    read_daily_temperatures,
    read_jena,
)
from textbook_nlp.files import DamagedFile

HEADER = ",".join(f'"{name}"' for name in ("Date Time", *JENA_COLUMNS))
# In the form of the published file, the numbers made up.
ROWS = (
    "01.01.2009 00:10:00,998.1,-8.02,265.3,-9.0,92.5,3.3,3.1,0.2,1.9,3.1,1306.2,1.4,2.2,152.3",
    "31.12.2009 23:50:00,997.35,-8.41,265.0,-9.4,93.1,3.2,3.0,0.2,1.9,3,1308.4,-9999,-9999,136.1",
)


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return {"climate": path, "temperatures": path}


def test_jena(tmp_path):
    climate = read_jena(written(tmp_path / JENA_FILE, "\n".join((HEADER, *ROWS)) + "\n"))
    assert climate.times == [datetime(2009, 1, 1, 0, 10), datetime(2009, 12, 31, 23, 50)]
    assert climate.values.shape == (2, 14)
    np.testing.assert_array_equal(climate.column("T (degC)"), [-8.02, -8.41])
    np.testing.assert_array_equal(climate.column("wd"), [152.3, 136.1])
    np.testing.assert_array_equal(climate.column("wv"), [1.4, -9999])  # a gap, as published
    for name in ("T", "nothing"):
        with pytest.raises(ValueError, match=f"columns begin with '{name}'"):
            climate.column(name)


def test_jena_in_its_archive(tmp_path):
    with ZipFile(tmp_path / "jena.zip", "w") as archive:
        archive.writestr(JENA_FILE, "\r\n".join((HEADER, *ROWS)))
    assert len(read_jena({"climate": tmp_path / "jena.zip"}).times) == 2
    with ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("another.csv", HEADER)
    with pytest.raises(DamagedFile, match=f"{JENA_FILE} cannot be read"):
        read_jena({"climate": tmp_path / "other.zip"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "columns \\[\\], expected"),
        (HEADER.replace("degC", "K"), "columns .*, expected"),
        (HEADER, "holds no row"),
        (f"{HEADER}\n{ROWS[0][:-6]}", "line 2: .*expected a time and 14 finite numbers"),
        (f"{HEADER}\n{ROWS[0]}\n{ROWS[1]},7", "line 3: .*expected a time and 14"),
        (f"{HEADER}\n{ROWS[0].replace('-8.02', 'warm')}", "expected a time and 14 finite"),
        (f"{HEADER}\n{ROWS[0].replace('-8.02', 'nan')}", "expected a time and 14 finite"),
        (f"{HEADER}\n{ROWS[0].replace('01.01', '2009-01')}", "line 2: .*expected a time %d"),
        (f"{HEADER}\n\n{ROWS[0]}", "line 2: \\[\\], expected a time"),
    ],
)
def test_jena_in_another_form(tmp_path, text, message):
    with pytest.raises(DamagedFile, match=message):
        read_jena(written(tmp_path / "a.csv", text))


def test_nobody_has_seen_the_file_of_jena():
    (part,) = corpora.CORPORA["jena"].parts
    assert {variant.sha256 for variant in part.variants} == {None}
    assert not corpora.is_here("jena")


def test_daily_temperatures(tmp_path):
    text = '"Date","Temp"\n"1981-01-01",20.7\n"1981-01-02",-0.9\n'
    found = read_daily_temperatures(written(tmp_path / "a.csv", text))
    assert found.dates == [date(1981, 1, 1), date(1981, 1, 2)]
    np.testing.assert_array_equal(found.values, [20.7, -0.9])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"Date","Temperature"\n', "expected \\['Date', 'Temp'\\]"),
        ('"Date","Temp"\n', "holds no row"),
        ('"Date","Temp"\n"1981-01-01",?0.2\n', "line 2: .*expected a time and 1 finite"),
        ('"Date","Temp"\n"1981-01-01"\n', "line 2"),
        ('"Date","Temp"\n"1981-02-30",1.0\n', "line 2: .*expected a time %Y-%m-%d"),
    ],
)
def test_daily_temperatures_in_another_form(tmp_path, text, message):
    with pytest.raises(DamagedFile, match=message):
        read_daily_temperatures(written(tmp_path / "a.csv", text))


@pytest.mark.corpora("daily_temperatures")
def test_the_days_of_melbourne():
    found = corpora.load("daily_temperatures")
    assert len(found.values) == len(found.dates) == 3650
    assert (found.dates[0], found.dates[-1]) == (date(1981, 1, 1), date(1990, 12, 31))
    assert (found.values.min(), found.values.max()) == (0.0, 26.3)
    missing = {date(1984, 12, 31), date(1988, 12, 31)}
    assert missing.isdisjoint(found.dates)
    assert len(set(found.dates)) == 3650
