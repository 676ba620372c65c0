"""How figures are spread: a dot for each place, in the classes and colours of the map."""

from __future__ import annotations

from dashboard.charts.distribution import distribution_chart, stack_dots
from layers.scene import fill_of
from tests.unit.dashboard.chart_views import make_view
from tests.unit.layers.frames import make_spec, observation

ROWS = [
    observation("A1", 2015, 10.0), observation("A2", 2015, 10.2), observation("A3", 2015, 30.0),
    observation("B1", 2015, 20.0), observation("B2", 2015, None),
]  # fmt: skip


def test_dots_of_one_bin_stand_on_one_another() -> None:
    assert stack_dots({7: 1.0, 3: 1.4, 5: 2.2, 9: 1.1}, 0.0, 1.0) == {7: 1, 9: 2, 3: 3, 5: 1}


def test_every_figure_is_a_dot_in_its_colour_on_the_map() -> None:
    view = make_view(ROWS)
    (dots,) = distribution_chart(view).figure.data
    ids = [one[0] for one in dots.customdata]
    assert dict(zip(ids, dots.x, strict=True)) == {"A1": 10.0, "A2": 10.2, "A3": 30.0, "B1": 20.0}
    painted = {unit: fill_of(view.scene, 0, view.scene["ids"].index(unit), "") for unit in ids}
    assert dict(zip(ids, dots.marker.color, strict=True)) == painted


def test_class_bounds_are_those_of_the_legend() -> None:
    view = make_view(ROWS, scope="AAA")
    chart = distribution_chart(view)
    found = view.scene["scopes"]["AAA"]
    lines = [shape.x0 for shape in chart.figure.layout.shapes if shape.type == "line"]
    strips = [shape.fillcolor for shape in chart.figure.layout.shapes if shape.type == "rect"]
    assert lines == found["bins"][:-1]
    assert strips == found["colours"]
    assert {row[3] for row in chart.rows} <= set(found["labels"])


def test_states_are_counted_beside() -> None:
    rows = [*ROWS, observation("C1", 2015, 3.0, missing_reason="suppressed")]
    notes = distribution_chart(make_view(rows)).notes
    assert any(note.startswith("Places without a figure: no data 1,") for note in notes)


def test_the_axis_stays_when_the_period_changes() -> None:
    rows = [*ROWS, observation("A1", 2016, 90.0), observation("A2", 2016, 80.0)]
    charts = [distribution_chart(make_view(rows, period=period)) for period in ("2015", "2016")]
    assert charts[0].figure.layout.xaxis.range == charts[1].figure.layout.xaxis.range


def test_dots_of_a_layer_that_is_not_sorted_have_no_names() -> None:
    spec = make_spec(sensitivity="high", disclosure={"published": True})
    chart = distribution_chart(make_view(ROWS, spec))
    (dots,) = chart.figure.data
    assert {one[0] for one in dots.customdata} == {""}
    assert not any("Place" in one[1] for one in dots.customdata)
    assert chart.figure.layout.meta["spots"] == {}
    assert [row[0] for row in chart.rows] == sorted(row[0] for row in chart.rows)
