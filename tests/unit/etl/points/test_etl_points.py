"""Parts of the aggregation of points: measures, dates, row numbers of text, groups, withheld values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from etl.commands.points import _crs, _group, _measure
from etl.points import records
from etl.points.dates import read_date, read_dates
from etl.points.locate import _known_group, read_numbers
from etl.points.measure import Measure
from etl.points.records import Fields, plan_chunks, read_chunk
from etl.points.suspicions import seem_swapped
from etl.problems import Problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count", Measure("count")),
        ("sum:beds", Measure("sum", "beds")),
        ("mean:a:b", Measure("mean", "a:b")),
        ("share:water=yes, piped", Measure("share", "water", "yes, piped")),
    ],
)
def test_measures_are_read(text: str, expected: Measure) -> None:
    assert Measure.parse(text) == expected


@pytest.mark.parametrize("text", ["", "count:x", "sum", "sum:", "share:x", "median:x", "share:=1"])
def test_what_is_no_measure_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not count, sum:COL"):
        Measure.parse(text)


def test_values_follow_the_measure() -> None:
    n, weight, total = np.array([2.0, 1.0]), np.array([4.0, 0.0]), np.array([3.0, 0.0])
    assert Measure("count").value(n, weight, total).tolist() == [2, 1]
    assert Measure("count", weight="w").value(n, weight, total).tolist() == [4, 0]
    assert Measure("sum", "x").value(n, weight, total).tolist() == [3, 0]
    np.testing.assert_array_equal(Measure("mean", "x").value(n, weight, total), [0.75, np.nan])
    np.testing.assert_array_equal(Measure("share", "x", "y").value(n, weight, total), [75, np.nan])


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-02-03T10:11", "2024-02-03", "2024-02-03"),
        ("2024-02-03 10:11", "2024-02-03", "2024-02-03"),
        ("3.2.2024", "2024-02-03", "2024-02-03"),
    ],
)
def test_dates_stand_for_days(text: str, first: str, last: str) -> None:
    assert read_date(text) == (np.datetime64(first), np.datetime64(last))


def test_columns_of_dates_of_any_type_are_read() -> None:
    day = np.datetime64("2024-02-03")
    columns = [
        pa.array(["2024-02-03", None]),
        pa.array([pd.Timestamp("2024-02-03 23:59"), None]),
        pa.array([day.item(), None]),
    ]
    for column in columns:
        first, last = read_dates(pa.chunked_array([column]))
        np.testing.assert_array_equal(first, [day, np.datetime64("NaT")])
        np.testing.assert_array_equal(first, last)
    years, _ = read_dates(pa.chunked_array([pa.array([2024])]))
    assert years[0] == np.datetime64("2024-01-01")


def test_numbers_are_read_as_people_write_coordinates() -> None:
    texts = ["1.5", " 2,25 ", "-.5", "1e2", "", None, "12°30", "1,2,3", "nan?"]
    numbers, is_empty = read_numbers(pa.chunked_array([pa.array(texts)]))
    np.testing.assert_array_equal(numbers, [1.5, 2.25, -0.5, 100] + [np.nan] * 5)
    assert np.flatnonzero(is_empty).tolist() == [4, 5]


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        ("sex", "Ж", "female"),
        ("sex", "x", ""),
        ("age", "15–29", "15-29"),
        ("age", "65+", "65+"),
        ("age", "old", ""),
        ("series", "General school", "general_school"),
        ("series", "школа", ""),
    ],
)
def test_groups_become_codes(kind: str, text: str, code: str) -> None:
    assert _known_group(kind, text) == code


def test_options_that_say_nothing_are_refused() -> None:
    for read in (_group, _measure, _crs):
        with pytest.raises(Exception, match=r"is not|is no"):
            read("nonsense")
    assert _group("a=b=sex") == ("sex", "a=b")


@pytest.mark.parametrize("size", [7, 30, 64, 10_000])
def test_rows_of_text_keep_their_numbers_however_it_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b'lon,lat,name\r\n1,1,"a\nb"\r\n2,2\r\n3,3,"say ""x""\n"\r\n\r\n5,5,c')
    monkeypatch.setattr(records, "CHUNK_BYTES", size)
    problems = Problems()
    batches = [read_chunk(chunk) for chunk in plan_chunks([path], Fields(others=("name",)), problems)]
    assert problems.found == []
    rows = [row for batch in batches for row in batch.rows.tolist()]
    broken = [row for batch in batches for row in batch.broken.tolist()]
    lon = [value for batch in batches for value in batch.table["lon"].to_pylist()]
    assert (rows, broken, lon) == ([2, 4, 5, 6], [3], ["1", "3", None, "5"])


def test_points_seem_swapped_only_if_most_would_fit() -> None:
    assert seem_swapped(6, 10)
    assert not seem_swapped(5, 10)
    assert not seem_swapped(0, 0)
