"""Places in the order of their figures: the order, the intervals, what cannot be told apart."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts.ranking import indistinct_spans, ranking_chart
from layers.words import load_words
from tests.unit.dashboard.chart_views import make_view
from tests.unit.layers.frames import observation

ROWS = [
    observation("A1", 2015, 30.0, low=25.0, high=35.0),
    observation("A2", 2015, 28.0, low=24.0, high=33.0),
    observation("A3", 2015, 10.0, low=8.0, high=12.0),
    observation("B1", 2015, 40.0),
    observation("B2", 2015, None),
]


def test_each_country_has_its_own_order() -> None:
    chart = ranking_chart(make_view(ROWS))
    points = [trace for trace in chart.figure.data if trace.mode == "markers"]
    assert [list(trace.x) for trace in points] == [[30.0, 28.0, 10.0], [40.0]]
    assert list(chart.figure.layout.yaxis.ticktext) == [
        "<b>Land A</b>", "Place A1", "Place A2", "Place A3", "<b>Land B</b>", "Place B1",
    ]  # fmt: skip
    assert [(row[0], row[3]) for row in chart.rows] == [
        ("Place A1", 1),
        ("Place A2", 2),
        ("Place A3", 3),
        ("Place B1", 1),
    ]


def test_intervals_are_drawn_as_they_are() -> None:
    (points,) = ranking_chart(make_view(ROWS, scope="AAA")).figure.data
    assert [x - minus for x, minus in zip(points.x, points.error_x.arrayminus, strict=True)] == [25.0, 24.0, 8.0]
    assert [x + plus for x, plus in zip(points.x, points.error_x.array, strict=True)] == [35.0, 33.0, 12.0]


def test_overlapping_intervals_are_told_in_words() -> None:
    notes = ranking_chart(make_view(ROWS, scope="AAA")).notes
    assert "Land A: places 1 to 2 cannot be told apart from one another, because their intervals overlap." in notes


def test_without_intervals_it_says_so() -> None:
    chart = ranking_chart(make_view(ROWS, scope="BBB"))
    assert "The sources give no intervals: small differences may mean nothing." in chart.notes
    assert "Places without a figure: no data 1" in chart.notes


def test_a_withheld_figure_is_counted_and_not_named() -> None:
    rows = [observation("B1", 2015, 40.0), observation("B2", 2015, 7.0, missing_reason="suppressed")]
    chart = ranking_chart(make_view(rows, scope="BBB"))
    assert [row[0] for row in chart.rows] == ["Place B1"]
    assert not any("B2" in note for note in chart.notes)
    assert "B2" not in chart.figure.layout.meta["spots"]


def test_places_with_one_figure_share_their_rank() -> None:
    rows = [observation("A1", 2015, 5.0), observation("A2", 2015, 5.0), observation("A3", 2015, 4.0)]
    chart = ranking_chart(make_view(rows, scope="AAA"))
    assert [row[3] for row in chart.rows] == [1, 1, 3]


def test_the_national_figure_is_a_line_beside_its_places_only() -> None:
    rows = [*ROWS, observation("AAA", 2015, 20.0, level="ADM0", iso3="AAA")]
    (line,) = ranking_chart(make_view(rows)).figure.layout.shapes
    assert (line.x0, line.y0, line.y1) == (20.0, 0.5, 3.5)


def test_the_browser_learns_where_each_place_stands() -> None:
    meta = ranking_chart(make_view(ROWS)).figure.layout.meta
    assert meta["spots"]["A3"] == [(10.0, 3)]
    assert meta["spots"]["B1"] == [(40.0, 5)]


def test_nothing_to_draw_says_so() -> None:
    chart = ranking_chart(make_view(ROWS, scope="CCC"))
    assert chart.figure is None
    assert chart.summary == "There is no figure to draw. Choose another period, place or layer."


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_no_place_is_called_best_or_worst(lang: str) -> None:
    told = " ".join(text for key, text in load_words(lang).subset("chart.").items()).casefold()
    assert not any(word in told for word in ("best", "worst", "лучш", "худш"))


INTERVALS = st.lists(
    st.one_of(
        st.none(), st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda two: (float(min(two)), float(max(two))))
    ),
    max_size=9,
)


@given(INTERVALS)
def test_spans_are_the_longest_runs_in_which_all_overlap(intervals: list[tuple[float, float] | None]) -> None:
    def overlap(first: int, last: int) -> bool:
        run = intervals[first : last + 1]
        known = [one for one in run if one is not None]
        pairs = combinations(known, 2)
        return len(known) == len(run) and all(a[0] <= b[1] and b[0] <= a[1] for a, b in pairs)

    runs = [(a, b) for a, b in combinations(range(len(intervals)), 2) if overlap(a, b)]
    longest = [(a, b) for a, b in runs if not any((c, d) != (a, b) and c <= a and b <= d for c, d in runs)]
    assert indistinct_spans(intervals) == longest
