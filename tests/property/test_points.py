"""Points in polygons: the fast way gives exactly the answers of a plain STRtree, and no point gets lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.synthetic import SEED as CELL_SEED
from benchmarks.synthetic import Size, _make_cells
from etl.points.dates import bounds_of, period_of, read_date
from etl.points.divisions import UNIT_COLUMNS, Division, Divisions
from etl.points.engine import ThreadEngine
from etl.points.figures import merge_sums
from etl.points.locate import Question, work_on
from etl.points.lookup import OUTSIDE, UnitLookup
from etl.points.measure import Measure
from etl.points.records import Chunk

SEEDS = st.integers(0, 2**32 - 1)


def cells(units: int, vertices: int, seed: int) -> Any:
    """Irregular cells that share their borders vertex by vertex; a few are taken out, one is made a MultiPolygon."""
    made = _make_cells(Size(units, 1, 1, vertices), np.random.default_rng(seed))
    polygons = np.array([shapely.Polygon(cell.ring) for cell in made], dtype=object)
    holes = np.random.default_rng(seed).random(units) < 0.1
    kept = polygons[~holes] if not holes.all() else polygons
    kept[0] = shapely.MultiPolygon([kept[0]])
    return kept


def plain(polygons: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """The oracle: a query of shapely's STRtree with its own predicate, point by point."""
    point, polygon = shapely.STRtree(polygons).query(shapely.points(x, y), predicate="intersects")
    first = pd.Series(polygon).groupby(point).min()
    found = first.reindex(range(len(x)), fill_value=OUTSIDE).to_numpy()
    return found, np.bincount(point, minlength=len(x)) > 1


def some_points(polygons: Any, rng: np.random.Generator, n: int) -> tuple[Any, Any]:
    """Points everywhere, on vertices, on borders, on lines of the raster, and a hair beside all of these."""
    x0, y0, x1, y1 = shapely.total_bounds(polygons)
    anywhere = rng.uniform((x0 - 0.2, y0 - 0.2), (x1 + 0.2, y1 + 0.2), (n, 2))
    vertices = shapely.get_coordinates(polygons)
    on_vertices = vertices[rng.integers(0, len(vertices), n)]
    lines = shapely.boundary(polygons)[rng.integers(0, len(polygons), n)]
    on_borders = shapely.get_coordinates(shapely.line_interpolate_point(lines, rng.random(n), normalized=True))
    corners = np.array([(x0, y0), (x1, y1), (x0, y1), (x1, y0)])
    steps = np.array([x0, y0]) + rng.integers(0, 65, (n, 2)) / 64 * [x1 - x0, y1 - y0]
    xy = np.vstack([anywhere, on_vertices, on_borders, corners, steps])
    beside = np.nextafter(xy, xy + rng.choice([-1.0, 1.0], xy.shape))
    return np.vstack([xy, beside]).T


@settings(max_examples=60, deadline=None)
@given(
    units=st.integers(1, 60), detail=st.integers(4, 60), seed=SEEDS, max_cells=st.sampled_from([1, 50, 4096, 60_000])
)
def test_lookup_answers_exactly_as_a_plain_tree(units: int, detail: int, seed: int, max_cells: int) -> None:
    polygons = cells(units, units * detail, seed)
    x, y = some_points(polygons, np.random.default_rng(seed), 200)
    found, is_shared = UnitLookup(polygons, max_cells=max_cells).find(x, y)
    expected, expected_shared = plain(polygons, x, y)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(is_shared, expected_shared)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, max_cells=st.sampled_from([10, 1000, 50_000]), scale=st.sampled_from([1e-7, 1e-3, 1.0, 1e6]))
def test_lookup_is_exact_for_overlapping_and_thin_polygons_of_any_size(seed: int, max_cells: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    centres, spans = rng.uniform(0, 4, (12, 2)), rng.uniform(0.001, 2, (12, 2))
    boxes = [shapely.box(*(c * scale), *((c + s) * scale)) for c, s in zip(centres, spans, strict=True)]
    polygons = np.array(boxes, dtype=object)
    x, y = some_points(polygons, rng, 100)
    found, is_shared = UnitLookup(polygons, max_cells=max_cells).find(x, y)
    expected, expected_shared = plain(polygons, x, y)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(is_shared, expected_shared)


def test_most_points_are_decided_without_a_polygon() -> None:
    """The raster must do its work: otherwise the speed is lost unseen."""
    polygons = cells(100, 5000, CELL_SEED)
    lookup = UnitLookup(polygons)
    x, y = some_points(polygons, np.random.default_rng(1), 10)
    compared: list[int] = []
    exact = lookup._compare

    def counting(x: Any, y: Any) -> tuple[Any, Any]:
        compared.append(len(x))
        return exact(x, y)

    lookup._compare = counting  # type: ignore[method-assign]
    x0, y0, x1, y1 = shapely.total_bounds(polygons)
    x, y = np.random.default_rng(2).uniform((x0, y0), (x1, y1), (20_000, 2)).T
    lookup.find(x, y)
    assert sum(compared) < 2_000


def divisions_of(polygons: Any) -> Divisions:
    names = [f"U{number:04d}" for number in range(len(polygons))]
    units = pd.DataFrame(
        {"boundary_set": "S", "unit_id": names, "iso3": "XAA", "level": "ADM2", "pcode": "", "name_en": names},
        columns=UNIT_COLUMNS,
    )
    division = Division(np.datetime64("0001-01-01", "D"), ("S",), np.arange(len(polygons)), polygons)
    return Divisions(units, (division,), (), "+proj=laea +lat_0=40 +lon_0=62", frozenset())


def chunks_of(table: pa.Table, size: int) -> list[Chunk]:
    starts = range(0, table.num_rows, size)
    columns = tuple(table.column_names)
    return [
        Chunk(number, Path("p.csv"), "p.csv", start + 2, columns, table=table.slice(start, size))
        for number, start in enumerate(starts)
    ]


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, size=st.integers(1, 400))
def test_sums_are_those_of_geopandas_and_no_point_gets_lost(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    polygons = cells(12, 240, seed)
    x, y = rng.uniform((49.5, 29.5), (55, 34), (300, 2)).T
    x[:5], y[5:10] = np.nan, 0.0
    x[5:10] = 0.0
    days = np.datetime64("2020-01-01") + rng.integers(0, 900, 300).astype("timedelta64[D]")
    value = rng.integers(-5, 6, 300).astype(float)
    value[::17] = np.nan
    table = pa.table({"lon": x, "lat": y, "date": days, "v": value})
    divisions = divisions_of(polygons)
    question = Question(divisions.divisions, Measure("sum", "v"), date="date", period="month")
    partials = list(ThreadEngine(2).run(work_on, chunks_of(table, size), question))
    sums = merge_sums([part.sums for part in partials])
    counts = np.sum([part.counts for part in partials], axis=0)
    assert counts.sum() == 300
    assert counts[0] == sums["n"].sum()

    frame = gpd.GeoDataFrame(
        {"month": pd.Series(days).dt.to_period("M"), "v": value}, geometry=gpd.points_from_xy(x, y)
    )
    frame = frame.loc[np.isfinite(x) & np.isfinite(value)]
    joined = frame.sjoin(gpd.GeoDataFrame(geometry=list(polygons)), predicate="intersects")
    expected = joined.groupby(["index_right", "month"])["v"].agg(["size", "sum"])
    first, _ = bounds_of(sums["period"].to_numpy(), "month")
    got = sums.assign(month=pd.Series(first).dt.to_period("M")).set_index(["unit", "month"])[["n", "total"]]
    got = got.sort_index()
    assert got.index.tolist() == expected.index.tolist()
    np.testing.assert_array_equal(got["n"], expected["size"])
    np.testing.assert_allclose(got["total"], expected["sum"], atol=1e-12)


@given(st.dates(min_value=pd.Timestamp("1800-01-01").date(), max_value=pd.Timestamp("2200-12-31").date()))
def test_a_day_lies_in_its_period_and_pandas_agrees(day: Any) -> None:
    first, last = read_date(day.isoformat())
    assert first == last == np.datetime64(day)
    assert read_date(f"{day:%d.%m.}{day.year:04d}") == (first, last)
    assert read_date(f"{day.isoformat()}T23:59:59Z") == (first, last)
    for period, code in (("year", "Y"), ("quarter", "Q"), ("month", "M")):
        start, end = bounds_of(period_of(np.array([first]), period), period)
        expected = pd.Period(day, freq=code)
        assert (start[0], end[0]) == (
            np.datetime64(expected.start_time.date()),
            np.datetime64(expected.end_time.date()),
        )


@pytest.mark.parametrize("text", ["", "x", "20x", "2022-13", "2022-02-30", "31.02.2022", "99.99.2022", "1700", "12"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert all(np.isnat(day) for day in read_date(text))
