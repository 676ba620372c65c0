"""The scene: what both renderers draw and say, as plain data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from dashboard.fragments import render_fragments
from layers.catalog import IndicatorSpec
from layers.classify import RAMP_STEPS, Classification
from layers.palette import GROUND, class_colours, ramp_colours
from layers.scene import (
    build_scene,
    class_labels,
    fill_of,
    own_period,
    range_text,
    shown_text,
    unit_label,
    value_text,
)
from layers.variant import PLAIN, Variant
from layers.words import load_words
from tests.unit.layers.frames import IDS, SOURCES, UNITS, claims_spec, make_layer, make_spec, observation, text

AT = {unit: i for i, unit in enumerate(IDS)}
EN, RU = load_words("en"), load_words("ru")


ROWS = [
    observation("A1", 2015, 10.0), observation("A2", 2015, 20.0, obs_status="E"),
    observation("A3", 2015, missing_reason="suppressed"), observation("B1", 2015, 30.0, source_id="s2"),
    observation("B1", 2016, 40.0, qualifier="at_least", low=39.0, high=41.0),
]  # fmt: skip


def make_scene(
    rows: list[dict[str, Any]], spec: IndicatorSpec | None = None, lang: str = "en", variant: Variant = PLAIN
) -> dict[str, Any]:
    return build_scene(
        make_layer(rows, spec, variant), load_words(lang), SOURCES, {"map": "/geo/m.json", "units": "/units/u.json"}
    )


@pytest.fixture
def scene() -> dict[str, Any]:
    """Return two periods; in the first, one unit is an estimate and one is suppressed."""
    return make_scene(ROWS, make_spec({"latest": True}))


def scalars(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        for key, value in node.items():
            assert isinstance(key, str)
            yield from scalars(value)
    elif isinstance(node, list):
        for value in node:
            yield from scalars(value)
    else:
        yield node


def test_the_scene_is_plain_data_without_nan(scene: dict[str, Any]) -> None:
    assert {type(one) for one in scalars(scene)} <= {str, int, float, bool, type(None)}
    assert json.loads(json.dumps(scene, allow_nan=False)) == scene


def test_missing_figures_are_null_never_a_number(scene: dict[str, Any]) -> None:
    for states, values in zip(scene["states"], scene["values"], strict=True):
        assert [v is None for v in values] == [s != "v" for s in states]


def test_a_scene_without_rows_is_plain_data() -> None:
    empty = make_scene([])
    assert json.loads(json.dumps(empty, allow_nan=False)) == empty
    assert (empty["periods"], empty["scopes"], empty["default"], empty["countries"]) == ([], {}, 0, [])


def test_periods_say_what_they_cover(scene: dict[str, Any]) -> None:
    first, second, latest = scene["periods"]
    assert (first["id"], first["label"], first["with"], first["of"]) == ("2015", "2015", 3, 6)
    assert (first["start"], first["end"], first["at"]) == ("2015-01-01", "2015-12-31", 2016.0)
    assert (second["with"], second["of"]) == (1, 6)
    assert (latest["label"], latest["latest"], "at" in latest) == ("Latest", True, False)
    assert first["sets"] == {"AAA": "AAA-2010", "BBB": "BBB-1991", "CCC": "CCC-1991"}


def test_texts_are_in_the_language() -> None:
    rows = [observation("B1", 2015, 10.0, note_en="revised", note_ru="уточнено")]
    found = make_scene(rows, lang="ru")
    assert (found["title"], found["periodicity"]) == ("Share, по-русски", "годовая статистика")
    assert found["notes"] == {f"0:{AT['B1']}": "уточнено"}


def test_only_sources_in_use_are_named(scene: dict[str, Any]) -> None:
    assert [s["id"] for s in scene["sources"]] == ["s1", "s2"]
    assert scene["sources"][0] == {"id": "s1", "title": "Yearbook s1", "publisher": "Office s1", "terms": "open"}
    assert scene["source"][0][AT["B1"]] == 1


@pytest.mark.parametrize(("unit", "kind"), [("A3", "url(#state-s)"), ("B2", "url(#state-n)"), ("A9", None)])
def test_places_without_a_figure_have_a_pattern(scene: dict[str, Any], unit: str, kind: str | None) -> None:
    assert fill_of(scene, 0, AT[unit], "") == kind


def test_figures_have_the_colour_of_their_class() -> None:
    across = make_scene(ROWS, make_spec({"latest": True}), variant=Variant(scale="across"))
    # Quantiles of 10, 20, 30, 40 in three classes end at 20, 30 and 40.
    colours = class_colours("blues", 3)
    assert across["scopes"][""]["bins"] == [20.0, 30.0, 40.0]
    assert fill_of(across, 0, AT["A1"], "") == colours[0]
    assert fill_of(across, 0, AT["A2"], "") == "url(#estimated-0)"
    assert fill_of(across, 0, AT["B1"], "") == colours[1]
    assert fill_of(across, 1, AT["B1"], "") == colours[2]


def test_in_the_whole_region_each_country_has_its_own_breaks(scene: dict[str, Any]) -> None:
    # AAA has 10 and 20, BBB 30 and 40: two classes each, lowest and highest of their own country.
    colours, region = class_colours("blues", 2), scene["scopes"][""]
    assert (region["bins"], region["labels"], region["colours"]) == ([], ["Lowest", "Highest"], list(colours))
    assert {iso3: part["bins"] for iso3, part in region["within"].items()} == {"AAA": [15.0, 20.0], "BBB": [35.0, 40.0]}
    assert fill_of(scene, 0, AT["A1"], "") == fill_of(scene, 0, AT["B1"], "") == colours[0]
    assert fill_of(scene, 0, AT["A2"], "") == "url(#estimated-1)"
    assert fill_of(scene, 1, AT["B1"], "") == colours[1]


def test_a_ramp_keeps_states_and_shows_figures_in_proportion() -> None:
    found = make_scene(ROWS, make_spec({"latest": True}), variant=Variant(ramp=True, scale="across"))
    region, tones = found["scopes"][""], ramp_colours("blues", RAMP_STEPS)
    assert region["tones"] == list(tones)
    assert [fill_of(found, 0, AT[u], "") for u in ("A1", "A3", "B2")] == [tones[0], "url(#state-s)", "url(#state-n)"]
    assert fill_of(found, 0, AT["A2"], "") == "url(#estimated-11)"  # a third of the way from 10 to 40, of 32 steps
    assert fill_of(found, 0, AT["B1"], "") == tones[21]
    assert fill_of(found, 1, AT["B1"], "") == tones[32]
    assert region["ticks"] == [[0.0, "10.0"], [0.5, "25.0"], [1.0, "40.0"]]
    assert found["values"] == make_scene(ROWS, make_spec({"latest": True}))["values"]


def test_a_ramp_around_a_midpoint_is_equally_strong_on_both_sides() -> None:
    found = make_scene(ROWS, variant=Variant(ramp=True, scale="across", mid="20"))
    region = found["scopes"][""]
    assert region["palette"] == "purple_orange"
    assert [int(region["shades"][0][AT[unit]], 36) for unit in ("A1", "A2", "B1")] == [8, 16, 24]
    assert region["ends"] == [8, 32]
    assert region["ticks"] == [[0.0, "10.0"], [0.3333, "20.0"], [1.0, "40.0"]]


def test_classes_within_countries_name_those_beside_the_midpoint() -> None:
    values = {"A1": (4.0, 10.0), "A2": (12.0, 19.0), "B1": (30.0, 33.0), "B2": (47.0, 52.0)}
    rows = [observation(unit, 2015 + i, v) for unit, two in values.items() for i, v in enumerate(two)]
    national = [observation("A", 2015, 11.0), observation("B", 2015, 40.0)]
    found = make_scene(rows + national, variant=Variant(mid="mean", k=4))
    assert found["scopes"][""]["labels"] == ["Lowest", "Up to midpoint", "Above midpoint", "Highest"]
    assert {iso3: part["mid"] for iso3, part in found["scopes"][""]["within"].items()} == {"AAA": 11.0, "BBB": 40.0}
    assert "Midpoint: national mean" in render_fragments(found, EN, 0)["legend"][""]


def test_a_palette_that_does_not_hold_gives_way_to_one_that_does() -> None:
    years = range(2011, 2016)
    rows = [observation(unit, year, 7.0 * year - i * 11) for year in years for i, unit in enumerate(IDS[:3])]
    found = make_scene(rows, variant=Variant(k=9))
    assert found["scopes"]["AAA"]["palette"] == "dawn"
    assert make_scene(rows, variant=Variant(k=5))["scopes"]["AAA"]["palette"] == "blues"


def test_the_scene_says_how_it_is_classified_and_what_may_be_chosen(scene: dict[str, Any]) -> None:
    told = scene["classing"]
    assert (told["scheme"], told["k"], told["palette"], told["mid"]) == ("quantiles", 3, "blues", None)
    assert told["is_own"] is False
    assert (told["scale"], told["scales"], told["ramp"]) == ("within", ["within", "across"], False)
    own = make_scene(ROWS, variant=Variant(breaks=(15.0, 25.0), palette="teals"))["classing"]
    assert (own["scheme"], own["scales"], own["palette"], own["is_own"]) == ("user_defined", ["across"], "teals", True)
    assert make_scene(ROWS, make_spec({"mark": "symbol"}, kind="count"))["classing"] is None


def test_a_country_has_its_own_scale_and_the_others_are_ground(scene: dict[str, Any]) -> None:
    two = class_colours("blues", 2)
    assert scene["scopes"]["BBB"]["bins"] == [35.0, 40.0]
    assert fill_of(scene, 0, AT["B1"], "BBB") == two[0]
    assert fill_of(scene, 1, AT["B1"], "BBB") == two[1]
    assert fill_of(scene, 0, AT["A1"], "BBB") == GROUND
    assert fill_of(scene, 0, AT["A3"], "BBB") == GROUND
    assert fill_of(scene, 0, AT["A9"], "BBB") is None
    assert fill_of(scene, 0, AT["B2"], "BBB") == "url(#state-n)"


def test_a_country_without_figures_has_patterns_in_its_own_scope(scene: dict[str, Any]) -> None:
    assert "CCC" not in scene["scopes"]
    assert fill_of(scene, 0, AT["C1"], "CCC") == "url(#state-n)"
    assert fill_of(scene, 0, AT["A1"], "CCC") == GROUND


def test_symbols_stand_on_ground_and_know_the_largest() -> None:
    rows = [observation("B1", 2015, -500.0), observation("B2", 2016, 200.0)]
    found = make_scene(rows, make_spec({"mark": "symbol", "palette": "teals"}, kind="count"))
    assert found["symbol"]["max"] == 500.0
    assert fill_of(found, 0, AT["B1"], "") == GROUND
    assert fill_of(found, 0, AT["B2"], "") == "url(#state-n)"


def test_labels_name_place_country_figure_and_period(scene: dict[str, Any]) -> None:
    label = unit_label(scene, EN, UNITS[AT["B1"]], 1, AT["B1"])
    assert label == "Place B1, Land B: at least 40.0% (2016)"
    assert unit_label(scene, EN, UNITS[AT["A3"]], 0, AT["A3"]) == "Place A3, Land A: withheld to protect people (2015)"
    country = UNITS[AT["A1"]] | {"country": "", "name": "Land A"}
    assert unit_label(scene, RU, country, 0, AT["A1"]) == "Land A: 10,0\u00a0% (2015)"


def test_under_latest_a_label_names_the_period_of_the_figure_itself(scene: dict[str, Any]) -> None:
    assert own_period(scene, 2, AT["A1"]) == 0
    assert own_period(scene, 2, AT["B1"]) == 1
    assert own_period(scene, 2, AT["B2"]) == 2
    assert unit_label(scene, EN, UNITS[AT["A1"]], 2, AT["A1"]) == "Place A1, Land A: 10.0% (2015)"
    assert unit_label(scene, EN, UNITS[AT["B2"]], 2, AT["B2"]) == "Place B2, Land B: no data (Latest)"


@pytest.mark.parametrize(
    ("qualifier", "expected"),
    [
        ("exact", "5.0%"),
        ("at_least", "at least 5.0%"),
        ("up_to", "up to 5.0%"),
        ("about", "about 5.0%"),
        ("claim", "5.0%, as reported"),
    ],
)
def test_qualifiers_are_said(qualifier: str, expected: str) -> None:
    assert value_text(EN, 5.0, 1, "%", qualifier) == expected


@pytest.mark.parametrize(
    ("low", "high", "qualifier", "en", "ru"),
    [
        (500.0, 600.0, "exact", "500–600", "500–600"),
        (500.0, 500.0, "exact", "500", "500"),
        (500.0, None, "at_least", "500 or more", "500 или более"),
        (500.0, 1200.0, "at_least", "500–1,200 or more", "500–1\u00a0200 или более"),
        (None, 4000.0, "up_to", "up to 4,000", "до 4\u00a0000"),
    ],
)
def test_ranges_keep_their_bounds(low: float | None, high: float | None, qualifier: str, en: str, ru: str) -> None:
    assert range_text(EN, low, high, qualifier) == en
    assert range_text(RU, low, high, qualifier) == ru


def test_claims_are_listed_one_by_one() -> None:
    rows = [
        observation("B1", 2015, low=150.0, high=None, qualifier="at_least", note_en="first", note_ru="первое"),
        observation("B1", 2015, low=400.0, high=400.0, qualifier="about", note_en="second", source_id="s2"),
    ]
    found = make_scene(rows, claims_spec())
    key = f"0:{AT['B1']}"
    assert found["claims"][key] == [
        {"text": "150 or more", "note": "first", "source": 0},
        {"text": "400", "note": "second", "source": 1},
    ]
    assert shown_text(found, EN, 0, AT["B1"]) == "150–400"
    assert fill_of(found, 0, AT["B1"], "") == GROUND
    assert found["values"][0][AT["B1"]] is None
    assert make_scene(rows, claims_spec(), "ru")["claims"][key][0]["note"] == "первое"


def test_class_labels_print_the_edges() -> None:
    assert class_labels(EN, Classification(0.0, (1.5, 1234.0)), 1) == ["0.0–1.5", "1.5–1,234.0"]
    assert class_labels(RU, Classification(0.0, (1.5, 1234.0)), 1) == ["0,0–1,5", "1,5–1\u00a0234,0"]
    assert class_labels(EN, Classification(2.0, (2.0,)), 0) == ["2"]
    assert class_labels(EN, Classification(0.0, (0.0, 4.0)), 0) == ["0", "0–4"]


def test_breaks_in_series_and_caveats_come_along() -> None:
    spec = make_spec(
        comparability=({"iso3": "BBB", "date": date(2016, 1, 1), "note": text("new census")},), caveats=(text("rough"),)
    )
    found = make_scene([observation("B1", 2015, 1.0)], spec)
    assert found["breaks_in_series"] == [
        {"iso3": "BBB", "date": "2016-01-01", "day": "1 Jan 2016", "note": "new census"}
    ]
    assert found["caveats"] == ["rough"]
