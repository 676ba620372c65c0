"""Figures over time: which lines there are, where they are cut, what is marked and told."""

from __future__ import annotations

from datetime import date
from typing import Any

import plotly.graph_objects as go
import pytest

from dashboard.charts.chart import Chart, ChartView
from dashboard.charts.lines import MOST_LINES, lines_chart
from tests.unit.dashboard.chart_views import make_view
from tests.unit.layers.frames import make_spec, observation, text


def drawn(view: ChartView) -> tuple[Chart, list[go.Scatter]]:
    chart = lines_chart(view)
    assert chart.figure is not None
    return chart, [trace for trace in chart.figure.data if trace.mode == "lines+markers"]


def series(unit: str, values: dict[int, float | None], **changes: Any) -> list[dict[str, Any]]:
    return [observation(unit, year, value, **changes) for year, value in values.items()]


def test_the_line_of_a_chosen_place_and_of_its_country() -> None:
    rows = series("B1", {2015: 3.0, 2016: 4.0}) + series("BBB", {2015: 5.0, 2016: 6.0}, level="ADM0", iso3="BBB")
    _, lines = drawn(make_view(rows, chosen=("B1",)))
    assert [line.name for line in lines] == ["Place B1", "Land B, national"]
    assert [list(line.y) for line in lines] == [[3.0, 4.0, None], [5.0, 6.0, None]]


def test_without_a_chosen_place_there_is_the_national_figure() -> None:
    rows = series("B1", {2015: 3.0, 2016: 4.0}) + series("BBB", {2015: 5.0, 2016: 6.0}, level="ADM0", iso3="BBB")
    _, lines = drawn(make_view(rows))
    assert [line.name for line in lines] == ["Land B, national"]


def test_a_missing_year_is_a_gap() -> None:
    rows = series("B1", {2015: 3.0, 2016: None, 2017: 5.0}) + series("B2", {2015: 1.0, 2016: 1.0, 2017: 1.0})
    chart, lines = drawn(make_view(rows, chosen=("B1",)))
    assert list(lines[0].y) == [3.0, None, 5.0, None]
    assert ("Place B1", "2016", None, None, None, "no data") in chart.rows


def test_years_between_surveys_are_no_gap() -> None:
    spec = make_spec(periodicity="survey")
    _, lines = drawn(make_view(series("B1", {2010: 3.0, 2018: 5.0}), spec, chosen=("B1",)))
    assert list(lines[0].y) == [3.0, 5.0, None]


def test_a_withheld_figure_is_a_gap_and_is_never_told() -> None:
    rows = [*series("B1", {2015: 3.0, 2017: 5.0}), observation("B1", 2016, 4.0, missing_reason="suppressed")]
    chart, lines = drawn(make_view(rows, chosen=("B1",)))
    assert list(lines[0].y) == [3.0, None, 5.0, None]
    assert all(4.0 not in row for row in chart.rows)


def test_the_line_is_cut_at_a_break_which_is_marked_and_told() -> None:
    spec = make_spec(comparability=({"iso3": "BBB", "date": date(2017, 1, 1), "note": text("new census")},))
    chart, lines = drawn(make_view(series("B1", {2015: 3.0, 2016: 2.0, 2017: 1.0}), spec, chosen=("B1",)))
    assert list(lines[0].y) == [3.0, 2.0, None, 1.0, None]
    (mark,) = chart.figure.layout.shapes
    assert (mark.x0, mark.x1) == ("2017-01-01", "2017-01-01")
    assert lines[0].x[1] < mark.x0 < lines[0].x[3]
    assert "Line A, 1 Jan 2017, Land B: new census" in chart.notes


def test_a_break_that_the_source_marks_cuts_the_line() -> None:
    rows = [*series("B1", {2015: 3.0}), observation("B1", 2016, 2.0, obs_status="B")]
    chart, lines = drawn(make_view(rows, chosen=("B1",)))
    assert list(lines[0].y) == [3.0, None, 2.0, None]
    assert any(note.startswith("Square: ") for note in chart.notes)


@pytest.mark.parametrize(("status", "symbol"), [("A", "circle"), ("E", "circle-open"), ("P", "diamond-open")])
def test_estimates_and_provisional_figures_have_their_own_shape(status: str, symbol: str) -> None:
    rows = [*series("B1", {2015: 3.0}), observation("B1", 2016, 2.0, obs_status=status)]
    _, lines = drawn(make_view(rows, chosen=("B1",)))
    assert list(lines[0].marker.symbol)[:2] == ["circle", symbol]


def test_intervals_are_a_band_and_a_lone_figure_has_a_bar() -> None:
    rows = [observation("B1", year, 3.0, low=2.0, high=5.0) for year in (2015, 2016, 2018)]
    chart, lines = drawn(make_view(rows, chosen=("B1",)))
    (band,) = [trace for trace in chart.figure.data if trace.fill == "toself"]
    assert list(band.y) == [5.0, 5.0, 2.0, 2.0, None]
    assert list(lines[0].error_y.array) == [0.0, 0.0, 0.0, 2.0, 0.0]
    assert list(lines[0].error_y.arrayminus) == [0.0, 0.0, 0.0, 1.0, 0.0]


def test_more_places_than_there_is_room_for_are_told() -> None:
    rows = [row for unit in ("A1", "A2", "A3", "B1", "B2") for row in series(unit, {2015: 1.0, 2016: 2.0})]
    rows += [row for iso3 in ("AAA", "BBB") for row in series(iso3, {2015: 1.0, 2016: 2.0}, level="ADM0", iso3=iso3)]
    view = make_view(rows, chosen=("A1", "A2", "A3", "B1", "B2", "A9", "C1"))
    chart = lines_chart(view)
    assert len([t for t in chart.figure.data if t.mode == "lines+markers"]) <= MOST_LINES
    assert any("1 are not drawn" in note for note in chart.notes)


def test_the_browser_learns_where_places_and_periods_stand() -> None:
    chart, _ = drawn(make_view(series("B1", {2015: 3.0, 2016: 4.0}), chosen=("B1",)))
    meta = chart.figure.layout.meta
    assert meta["spots"] == {"B1": [("2015-07-02", 3.0), ("2016-07-01", 4.0)]}
    assert meta["periods"] == {"2015": "2015-07-02", "2016": "2016-07-01"}


def test_nothing_to_draw_says_what_to_do() -> None:
    chart = lines_chart(make_view(series("B1", {2015: 3.0}), chosen=("B2",)))
    assert chart.figure is None
    assert chart.summary
    many = [observation(unit, 2015, 1.0) for unit in ("A1", "A2", "A3", "B1", "B2")]
    crowded = lines_chart(make_view(many, shapes=tuple(range(8)) * 2))
    assert crowded.summary.startswith("Choose a place on the map")


def test_what_the_source_says_travels_with_the_chart() -> None:
    spec = make_spec(caveats=(text("A caveat."),))
    chart, _ = drawn(make_view(series("B1", {2015: 3.0, 2016: 4.0}), spec, chosen=("B1",)))
    assert chart.source == "Office s1: Yearbook s1"
    assert "A caveat." in chart.notes
    assert chart.summary == "Place B1: 3.0% (2015) to 4.0% (2016)."


def test_a_severe_layer_is_drawn_in_neutral_colours() -> None:
    spec = make_spec({"mark": "symbol", "palette": "greys"}, kind="count", sensitivity="severe")
    _, lines = drawn(make_view(series("B1", {2015: 30.0, 2016: 40.0}), spec, chosen=("B1",)))
    assert [line.line.color for line in lines] == ["#17202b"]


def test_numbers_are_written_as_the_language_does() -> None:
    chart, _ = drawn(make_view(series("B1", {2015: 3.5, 2016: 4.0}), lang="ru", chosen=("B1",)))
    assert chart.figure.layout.separators == ",\u00a0"
    assert "3,5" in chart.summary
