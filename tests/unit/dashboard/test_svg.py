"""The map as SVG: well-formed, one element per shape, labelled; drawn from the scene alone."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from dashboard.export.svg import pattern_definitions, render_map, symbol_share
from layers.scene import build_scene, fill_of, unit_label
from layers.words import load_words
from tests.unit.layers.frames import IDS, MAP, SOURCES, UNITS, make_layer, make_spec, observation

EN = load_words("en")
NAMES = {"AAA": "Land A", "BBB": "Land <B>", "CCC": "Land C"}
AT = {unit: i for i, unit in enumerate(IDS)}
SVG = "{http://www.w3.org/2000/svg}"


def make_scene(rows: list[dict[str, Any]], display: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return build_scene(make_layer(rows, make_spec(display, **changes)), EN, SOURCES, {"map": "/geo/m.json"})


def draw(scene: dict[str, Any], period: int = 0, scope: str = "", **more: Any) -> ET.Element:
    return ET.fromstring(render_map(scene, EN, MAP, UNITS, NAMES, period, scope, **more))


def group(svg: ET.Element, name: str) -> list[ET.Element]:
    return next(list(node) for node in svg.iter(f"{SVG}g") if node.get("id") == name)


@pytest.fixture
def scene() -> dict[str, Any]:
    rows = [
        observation("A1", 2015, 10.0), observation("A2", 2015, 20.0, obs_status="E"),
        observation("A3", 2015, missing_reason="suppressed"), observation("B1", 2015, 30.0),
    ]  # fmt: skip
    return make_scene(rows)


@pytest.mark.parametrize("scope", ["", "AAA", "CCC"])
def test_every_shape_has_its_paint_and_label(scene: dict[str, Any], scope: str) -> None:
    shapes = group(draw(scene, 0, scope), "shapes")
    assert [s.get("id") for s in shapes] == [f"u{i}" for i in range(len(IDS))]
    for i, shape in enumerate(shapes):
        paint = fill_of(scene, 0, i, scope)
        assert (shape.get("display") == "none") == (paint is None)
        if paint is not None:
            assert shape.get("fill") == paint
            assert shape.get("aria-label") == unit_label(scene, EN, UNITS[i], 0, i)


def test_every_pattern_in_use_is_defined(scene: dict[str, Any]) -> None:
    svg = draw(scene)
    defined = {f"url(#{node.get('id')})" for node in svg.iter(f"{SVG}pattern")}
    used = {s.get("fill") or "" for s in group(svg, "shapes")}
    assert {paint for paint in used if paint.startswith("url")} <= defined


def test_a_place_without_a_polygon_is_a_marker(scene: dict[str, Any]) -> None:
    shape = group(draw(scene), "shapes")[AT["C1"]]
    assert (shape.tag, shape.get("class"), shape.get("cx")) == (f"{SVG}circle", "marker", str(10 * AT["C1"] + 5))


def test_one_shape_can_be_selected(scene: dict[str, Any]) -> None:
    chosen = [s.get("id") for s in group(draw(scene, unit="B1"), "shapes") if s.get("aria-selected") == "true"]
    assert chosen == [f"u{AT['B1']}"]


def test_names_of_countries_are_escaped(scene: dict[str, Any]) -> None:
    assert [node.text for node in group(draw(scene), "texts")] == ["Land A", "Land <B>", "Land C"]


def test_the_view_box_is_the_whole_map_or_the_one_asked_for(scene: dict[str, Any]) -> None:
    assert draw(scene).get("viewBox") == "0 0 100 80"
    assert draw(scene, box=(1.0, 2.0, 30.0, 40.0)).get("viewBox") == "1 2 30 40"


def test_symbols_have_areas_in_proportion_and_the_largest_lies_below() -> None:
    rows = [observation("A1", 2015, 25.0), observation("B1", 2015, -100.0), observation("B2", 2015)]
    symbols = group(draw(make_scene(rows, {"mark": "symbol"}, kind="count")), "symbols")
    assert [s.get("data-unit") for s in symbols] == [str(AT["B1"]), str(AT["A1"])]
    assert [s.get("style") for s in symbols] == ["--k:1.0000", "--k:0.5000"]
    assert symbols[0].get("fill") == "#fff"


def test_a_country_in_focus_shows_its_symbols_only() -> None:
    rows = [observation("A1", 2015, 25.0), observation("B1", 2015, 100.0)]
    symbols = group(draw(make_scene(rows, {"mark": "symbol"}, kind="count"), 0, "AAA"), "symbols")
    assert [s.get("data-unit") for s in symbols] == [str(AT["A1"])]


@pytest.mark.parametrize(("value", "top", "share"), [(100, 100, 1.0), (25, 100, 0.5), (-25, 100, 0.5), (0, 0, 0.0)])
def test_share_of_the_largest_symbol(value: float, top: float, share: float) -> None:
    assert symbol_share(value, top) == share


def test_hatches_keep_their_size_on_the_screen(scene: dict[str, Any]) -> None:
    assert 'patternTransform="scale(1.000)"' in pattern_definitions(scene, load_words("en"), "", 2.0)
    assert 'patternTransform="scale(5.000)"' in pattern_definitions(scene, load_words("en"), "", 10.0)


def opacity(svg: ET.Element, name: str) -> tuple[str | None, str | None]:
    found = next(node for node in svg.iter(f"{SVG}g") if node.get("id") == name)
    return found.get("fill-opacity"), found.get("stroke-opacity")


def test_a_faint_layer_keeps_its_borders_and_names(scene: dict[str, Any]) -> None:
    plain, faint, hidden = (draw(scene, shares=(share, 0.5)) for share in (1.0, 0.4, 0.0))
    assert [opacity(svg, "shapes") for svg in (plain, faint, hidden)] == [(None, None), ("0.4", None), ("0", None)]
    assert opacity(faint, "symbols") == ("0.4", "0.4")
    assert opacity(faint, "second") == ("0.5", "0.5")
    for name in ("outlines", "texts"):
        assert opacity(hidden, name) == (None, None)
    told = [[s.get(key) for s in group(svg, "shapes") for key in ("fill", "aria-label")] for svg in (plain, hidden)]
    assert told[0] == told[1]


def test_claims_that_are_hidden_leave_the_names_of_countries() -> None:
    rows = [observation("A1", 2015, low=10.0, high=20.0, qualifier="claim")]
    scene = make_scene(rows, {"mark": "range"}, kind="range")
    texts = group(draw(scene, shares=(0.0, 1.0)), "texts")
    assert {t.get("class"): t.get("fill-opacity") for t in texts} == {"figure": "0", "country": None}
