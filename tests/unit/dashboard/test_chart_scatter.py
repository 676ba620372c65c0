"""Two layers against each other: which figures are paired, how large the points are, what is told."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.charts.scatter import latest_until, pair_places, scatter_chart
from tests.unit.dashboard.chart_views import make_view
from tests.unit.layers.frames import make_spec, observation, text

X = [observation("A1", 2016, 10.0), observation("A2", 2016, 20.0), observation("B1", 2016, 30.0)]
Y = [
    observation("A1", 2014, 1.0), observation("A1", 2016, 2.0), observation("A1", 2018, 3.0),
    observation("A2", 2018, 4.0), observation("B1", 2015, 5.0),
]  # fmt: skip
PEOPLE = [observation("A1", 2010, 400.0), observation("B1", 2010, 100.0)]


def other(rows: list[dict[str, Any]], **changes: Any) -> Any:
    return make_view(rows, make_spec(id="other", title=text("Other"), **changes))


def test_the_other_figure_is_the_latest_that_is_not_later() -> None:
    scene = other(Y).scene
    ids = scene["ids"]
    found = {unit: latest_until(scene, ids.index(unit), "2016-12-31") for unit in ("A1", "A2", "B1")}
    labels = {unit: None if at is None else scene["periods"][at]["label"] for unit, at in found.items()}
    assert labels == {"A1": "2016", "A2": None, "B1": "2015"}


def test_only_places_with_both_figures_are_paired() -> None:
    pairs = pair_places(make_view(X, period="2016"), other(Y).scene, None)
    assert [(pair.x, pair.y) for pair in pairs] == [(10.0, 2.0), (30.0, 5.0)]


def test_a_withheld_figure_is_in_no_pair() -> None:
    rows = [observation("A1", 2016, 2.0, missing_reason="suppressed"), observation("B1", 2016, 5.0)]
    pairs = pair_places(make_view(X, period="2016"), other(rows).scene, None)
    assert [pair.y for pair in pairs] == [5.0]


def test_the_area_of_a_point_is_the_population() -> None:
    chart = scatter_chart(make_view(X, period="2016"), other(Y), other(PEOPLE).scene)
    sizes = {
        data[0]: size
        for trace in chart.figure.data
        for data, size in zip(trace.customdata, trace.marker.size, strict=True)
    }
    assert sizes["A1"] / sizes["B1"] == pytest.approx(2.0)
    assert [row[-1] for row in chart.rows] == [400.0, 100.0]


def test_without_population_all_points_are_of_one_size_and_it_says_so() -> None:
    chart = scatter_chart(make_view(X, period="2016"), other(Y), None)
    assert {size for trace in chart.figure.data for size in trace.marker.size} == {6}
    assert "All points are of one size: there are no numbers of residents at this level." in chart.notes


def test_it_tells_the_count_the_rule_and_that_places_are_not_people() -> None:
    chart = scatter_chart(make_view(X, period="2016"), other(Y), None)
    assert chart.notes[0].startswith("Places are not people")
    assert chart.notes[1].startswith("Places with both figures: 2 of ")
    assert "(2015 – 2016)" in chart.notes[2]


def test_no_line_is_drawn_through_the_points() -> None:
    chart = scatter_chart(make_view(X, period="2016"), other(Y), None)
    assert {trace.mode for trace in chart.figure.data} == {"markers"}
    assert chart.figure.layout.shapes == ()


def test_no_pair_says_so() -> None:
    chart = scatter_chart(make_view(X, period="2016"), other([observation("A1", 2018, 3.0)]), None)
    assert chart.figure is None
    assert chart.summary.startswith("No place has a figure in both layers")
