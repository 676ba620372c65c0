"""The series of a place: its line, its intervals, its breaks."""

from __future__ import annotations

from datetime import date

import plotly.graph_objects as go

from dashboard.charts.series import SeriesPoint, series_figure


def point(year: int, value: float, low: float | None = None, high: float | None = None) -> SeriesPoint:
    return SeriesPoint(date(year, 12, 31), str(year), value, low, high, f"{value}%")


def lines(points: list[SeriesPoint], breaks: dict[date, str] | None = None, lang: str = "en") -> list[go.Scatter]:
    return list(series_figure(points, "#2f6fb2", "%", lang, breaks or {}).data)


def test_the_line_goes_through_the_figures() -> None:
    (line,) = lines([point(2015, 3.0), point(2017, 0.0), point(2018, -1.0)])
    assert list(line.y) == [3.0, 0.0, -1.0]
    assert [day.year for day in line.x] == [2015, 2017, 2018]
    assert [list(one) for one in line.customdata] == [["2015", "3.0%"], ["2017", "0.0%"], ["2018", "-1.0%"]]


def test_intervals_reach_their_bounds_also_at_zero() -> None:
    (line,) = lines([point(2015, 3.0, 0.0, 5.0), point(2016, -2.0, -4.0, 0.0)])
    assert line.error_y.visible
    assert [y - minus for y, minus in zip(line.y, line.error_y.arrayminus, strict=True)] == [0.0, -4.0]
    assert [y + plus for y, plus in zip(line.y, line.error_y.array, strict=True)] == [5.0, 0.0]


def test_figures_without_interval_have_none() -> None:
    (line,) = lines([point(2015, 3.0), point(2016, 2.0)])
    assert not line.error_y.visible


def test_the_line_is_broken_where_figures_do_not_compare() -> None:
    points = [point(2015, 3.0), point(2016, 2.0), point(2017, 1.0), point(2018, 0.5)]
    first, second = lines(points, {date(2017, 1, 1): "new census"})
    assert (list(first.y), list(second.y)) == ([3.0, 2.0], [1.0, 0.5])


def test_a_break_outside_the_series_breaks_nothing() -> None:
    points = [point(2015, 3.0), point(2016, 2.0)]
    assert len(lines(points, {date(2015, 1, 1): "before", date(2020, 1, 1): "after"})) == 1


def test_numbers_are_written_as_the_language_does() -> None:
    points = [point(2015, 3.0), point(2016, 2.0)]
    assert series_figure(points, "#000", "%", "ru", {}).layout.separators == ",\u00a0"
    assert series_figure(points, "#000", "%", "en", {}).layout.separators == ".,"
