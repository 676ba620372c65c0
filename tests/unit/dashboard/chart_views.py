"""Views of the small world of the layers' tests, for charts to be drawn of."""

from __future__ import annotations

from typing import Any

from dashboard.charts.chart import ChartView
from layers.catalog import IndicatorSpec
from layers.scene import build_scene
from layers.words import load_words
from tests.unit.layers.frames import SOURCES, UNITS, make_layer, make_spec

NAMES = {"AAA": "Land A", "BBB": "Land B", "CCC": "Land C"}


def make_view(
    rows: list[dict[str, Any]], spec: IndicatorSpec | None = None, period: str | None = None, lang: str = "en",
    scope: str = "", **changes: Any,
) -> ChartView:  # fmt: skip
    """Return the view of a layer of some rows."""
    spec = spec or make_spec()
    layer = make_layer(rows, spec)
    words = load_words(lang)
    scene = build_scene(layer, words, SOURCES, {"map": "/geo/m.json", "units": "/units/u.json"})
    at = layer.period_index(period)
    shapes = tuple(i for i, iso3 in enumerate(layer.shapes.iso3) if scope in ("", iso3) and layer.states[at, i] != "-")
    fields: dict[str, Any] = {
        "scene": scene, "words": words, "units": UNITS, "names": NAMES, "period": at, "scope": scope, "shapes": shapes,
        "is_annual": spec.periodicity == "annual",
    }  # fmt: skip
    return ChartView(**(fields | changes))
