"""Every place in every period: cells in the map's colours, letters where there is no figure."""

from __future__ import annotations

from dashboard.charts.heatmap import heatmap_chart
from layers.scene import fill_of
from tests.unit.dashboard.chart_views import make_view
from tests.unit.layers.frames import make_spec, observation

ROWS = [
    observation("B1", 2015, 10.0), observation("B1", 2016, 50.0, obs_status="E"),
    observation("B2", 2015, 30.0), observation("B2", 2016, 7.0, missing_reason="suppressed"),
]  # fmt: skip


def test_cells_have_the_colours_of_the_map() -> None:
    view = make_view(ROWS, scope="BBB", period="2015")
    cells = heatmap_chart(view).figure.data[0]
    scale = [colour for place, colour in cells.colorscale]

    def colour(z: float) -> str:
        return next(
            scale[i]
            for i in range(0, len(scale), 2)
            if cells.colorscale[i][0] * cells.zmax <= z <= cells.colorscale[i + 1][0] * cells.zmax
        )

    first, second = (view.scene["ids"].index(unit) for unit in ("B1", "B2"))
    assert colour(cells.z[0][0]) == fill_of(view.scene, 0, first, "BBB")
    assert colour(cells.z[1][0]) == fill_of(view.scene, 0, second, "BBB")
    assert cells.z[1][1] is None


def test_states_are_letters_with_a_key() -> None:
    chart = heatmap_chart(make_view(ROWS, scope="BBB", period="2015"))
    (letters,) = [trace for trace in chart.figure.data if trace.type == "scatter" and trace.mode == "text"]
    assert sorted(zip(letters.x, letters.y, letters.text, strict=True)) == [(1, 0, "e"), (1, 1, "w")]
    assert chart.notes[0].startswith("Letters: w = ")
    assert "e = " in chart.notes[0]


def test_a_withheld_figure_is_never_told() -> None:
    chart = heatmap_chart(make_view(ROWS, scope="BBB", period="2015"))
    assert "7.0" not in str(chart.rows)
    assert "7.0" not in str(chart.figure.data[0].text)


def test_places_are_in_the_order_of_names_or_of_figures() -> None:
    by_name = heatmap_chart(make_view(ROWS, scope="BBB", period="2015"))
    by_value = heatmap_chart(make_view(ROWS, scope="BBB", period="2015", order="value"))
    assert [row[0] for row in by_name.rows] == ["Place B1", "Place B2"]
    assert [row[0] for row in by_value.rows] == ["Place B2", "Place B1"]


def test_a_layer_that_is_not_sorted_stays_in_the_order_of_names() -> None:
    spec = make_spec(sensitivity="high", disclosure={"published": True})
    chart = heatmap_chart(make_view(ROWS, spec, scope="BBB", period="2015", order="value"))
    assert [row[0] for row in chart.rows] == ["Place B1", "Place B2"]


def test_a_count_is_a_circle_whose_area_is_the_figure() -> None:
    spec = make_spec({"mark": "symbol"}, kind="count")
    rows = [observation("B1", 2015, 100.0), observation("B2", 2015, -25.0)]
    circles = heatmap_chart(make_view(rows, spec, scope="BBB")).figure.data[0]
    assert circles.marker.size[0] == 2 * circles.marker.size[1]
    assert circles.marker.color[1] == "#ffffff"


def test_only_countries_with_figures_have_rows() -> None:
    chart = heatmap_chart(make_view(ROWS, period="2015"))
    assert {row[0] for row in chart.rows} == {"Place B1", "Place B2"}


def test_the_browser_learns_rows_and_columns() -> None:
    meta = heatmap_chart(make_view(ROWS, scope="BBB", period="2015")).figure.layout.meta
    assert meta["rows"] == {"B1": 0, "B2": 1}
    assert meta["periods"] == {"2015": 0, "2016": 1}
