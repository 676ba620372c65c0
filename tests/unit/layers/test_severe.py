"""A severe layer has no rank, no order, no colour that judges, no neighbour layer; a withheld figure says nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from dashboard.components.table import table_drawer
from dashboard.fragments import legend_counts, render_fragments
from layers.catalog import IndicatorSpec
from layers.restraint import ACTS
from layers.scene import build_scene, fill_of, unit_label
from layers.words import languages, load_words
from tests.unit.layers.frames import (
    IDS,
    SOURCES,
    UNITS,
    claims_spec,
    make_layer,
    make_spec,
    observation,
    state_of,
    text,
)

GREYS = {"mark": "symbol", "palette": "greys", "decimals": 0}


def severe_spec(**changes: Any) -> IndicatorSpec:
    return make_spec(GREYS, kind="count", unit={"text": text("persons")}, sensitivity="severe", **changes)


def severe_rows() -> list[dict[str, Any]]:
    """Return figures shown at A1, A2 and B1, and withheld at A3 (a small number) and B2 (to guard it)."""
    rows = [observation(u, y, v) for y in (2012, 2013) for u, v in (("A1", 40.0), ("A2", 25.0), ("B1", 17.0))]
    kept = {"missing_reason": "suppressed", "conf_status": "C", "obs_status": "U", "note_en": "one family"}
    return rows + [observation(u, y, **kept) for y in (2012, 2013) for u in ("A3", "B2")]


def severe_scene(lang: str = "en", rows: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    layer = make_layer(severe_rows() if rows is None else rows, severe_spec())
    return build_scene(layer, load_words(lang), SOURCES, {"map": "m", "units": "u"})


@pytest.mark.parametrize("act", ACTS)
def test_a_severe_indicator_allows_nothing(act: Any) -> None:
    assert not severe_spec().allows(act)
    assert make_spec().allows(act)


def test_high_indicators_are_not_ranked_but_may_be_read_beside_others() -> None:
    rules = {"numerator": "persons", "denominator": "population"}
    high = make_spec(sensitivity="high", disclosure=rules)
    assert {act for act in ACTS if high.allows(act)} == {"correlate", "join", "trend"}


def test_claims_are_not_ranked_and_enter_no_index() -> None:
    assert {act for act in ACTS if claims_spec().allows(act)} == {"join"}


@pytest.mark.parametrize("lang", languages())
def test_no_rank_is_anywhere(lang: str) -> None:
    scene = severe_scene(lang)
    assert scene["ranks"] is None
    assert scene["rank_of"] is None
    words = load_words(lang)
    drawer = json.dumps([part.to_plotly_json() for part in table_drawer(words, "rank-asc", severe_spec().allows)],
                        default=lambda part: part.to_plotly_json(), ensure_ascii=False)  # fmt: skip
    assert words("table.rank") not in drawer
    assert words("table.rank") in json.dumps(
        [part.to_plotly_json() for part in table_drawer(words, None, make_spec().allows)],
        default=lambda part: part.to_plotly_json(), ensure_ascii=False,
    )  # fmt: skip
    drawn = [(p, i) for p in range(2) for i in range(len(IDS)) if scene["states"][p][i] != "-"]
    labels = [unit_label(scene, words, UNITS[i], p, i) for p, i in drawn]
    fragments = json.dumps(render_fragments(scene, words), ensure_ascii=False)
    said = " ".join([*labels, fragments])
    for key in ("tip.rank_first", "tip.rank"):
        start = words(key).split("{")[0].strip() or words(key).split("}")[1].split("{")[0].strip()
        assert start not in said, (key, start)


def columns(spec: IndicatorSpec, sort: str | None) -> dict[str, dict[str, Any]]:
    drawer = table_drawer(load_words("en"), sort, spec.allows)
    return {column["field"]: column for column in drawer[1].children.columnDefs}


@pytest.mark.parametrize("sort", [None, "value-desc", "rank-asc", "status-asc", "nonsense"])
def test_the_table_of_a_severe_layer_is_sorted_by_name_only(sort: str | None) -> None:
    found = columns(severe_spec(), sort)
    assert [name for name, column in found.items() if column["sortable"]] == ["place"]
    assert {name: column["sort"] for name, column in found.items() if column["sort"]} == {"place": "asc"}
    assert columns(severe_spec(), "place-desc")["place"]["sort"] == "desc"


def test_the_table_of_other_layers_is_sorted_as_asked() -> None:
    found = columns(make_spec(), "value-desc")
    assert [name for name, column in found.items() if not column["sortable"]] == ["picked", "series", "second"]
    assert found["value"]["sort"] == "desc"


def test_a_withheld_figure_says_nothing_but_that_it_is_withheld() -> None:
    scene, words = severe_scene(), load_words("en")
    for shape in (IDS.index("A3"), IDS.index("B2")):
        for period in range(2):
            assert scene["states"][period][shape] == "s"
            assert scene["flags"][period][shape] == "."
            assert scene["values"][period][shape] is None
            assert f"{period}:{shape}" not in {**scene["qualifiers"], **scene["notes"]}
            assert fill_of(scene, period, shape, "") == "url(#state-s)"
            assert words("state.s") in unit_label(scene, words, UNITS[shape], period, shape)
    assert legend_counts(scene, 0, "")["s"] == 2


def test_a_number_that_slipped_into_a_withheld_row_is_not_shown() -> None:
    row = observation("A1", 2012, 3.0, low=2.0, high=4.0, missing_reason="suppressed", conf_status="C")
    layer = make_layer([row, observation("A2", 2012, 50.0)], severe_spec())
    assert state_of(layer, 0)["A1"] == "s"
    shape = IDS.index("A1")
    assert all(array[0, shape] != array[0, shape] for array in (layer.values, layer.low, layer.high))


def test_small_and_guarding_figures_look_alike() -> None:
    """Whoever could tell them apart would know that the second kind is not small."""
    scene, words = severe_scene(), load_words("en")
    small, guard = (IDS.index(unit) for unit in ("A3", "B2"))
    told = {fill_of(scene, 0, i, "") for i in (small, guard)}
    told |= {unit_label(scene, words, {"name": "X", "country": "Y"}, 0, i) for i in (small, guard)}
    assert len(told) == 2
    assert "10" in scene["withheld"]


def test_limits_come_from_shown_figures_only() -> None:
    shown = [observation(u, 2012, v) for u, v in (("A1", 40.0), ("A2", 25.0), ("B1", 17.0))]
    hidden = observation("B2", 2012, 900.0, missing_reason="suppressed", conf_status="C")
    assert severe_scene(rows=[*shown, hidden])["symbol"]["max"] == 40.0
    fills = build_scene(make_layer([*shown, hidden], make_spec({"k": 2})), load_words("en"), SOURCES, {})
    alone = build_scene(make_layer(shown, make_spec({"k": 2})), load_words("en"), SOURCES, {})
    assert fills["scopes"][""]["within"] == alone["scopes"][""]["within"]
    assert {key: one["bins"][-1] for key, one in fills["scopes"].items() if key} == {"AAA": 40.0, "BBB": 17.0}


def test_withheld_in_the_latest_view_is_not_called_missing() -> None:
    rows = [observation("A1", 2012, 40.0), observation("A1", 2013, 41.0)]
    rows += [observation("A2", y, missing_reason="suppressed", conf_status="C") for y in (2012, 2013)]
    layer = make_layer(rows, make_spec({"latest": True}))
    assert layer.periods[-1].id == "latest"
    assert state_of(layer, 2)["A2"] == "s"


def test_a_country_with_withheld_figures_only_is_covered() -> None:
    rows = [observation("B1", 2012, missing_reason="suppressed", conf_status="C"), observation("A1", 2012, 40.0)]
    assert make_layer(rows, severe_spec()).covered_countries() == ("AAA", "BBB")


@pytest.mark.parametrize("lang", languages())
def test_the_handling_line_names_tier_and_limits(lang: str) -> None:
    words = load_words(lang)
    line = severe_scene(lang)["handling"]
    assert words("tier.restricted") in line
    assert words("handling.alone") in line
    assert line in render_fragments(severe_scene(lang), words)["head"].replace("&#39;", "'")
    public = make_layer([observation("A1", 2012, 1.0)])
    assert "handling" not in build_scene(public, words, SOURCES, {"map": "", "units": ""})


@pytest.mark.parametrize(
    ("changes", "display", "words"),
    [
        ({"id": "ftf_departures"}, {}, "figures about FTF departures are at least of sensitivity severe"),
        ({"id": "ftf_departures", "sensitivity": "high", "disclosure": {"denominator": "population"}}, {}, "severe"),
        ({"id": "ftf_departures", "levels": ("ADM0",)}, {"level": "ADM0"}, "severe"),
        ({"title": {"en": "Departures", "ru": "Выезды ИБТ"}}, {}, "set sensitivity: severe"),
        ({"id": "prison_places"}, {}, "figures about prisons and prisoners are at least of sensitivity high"),
        ({"id": "trust_in_courts"}, {}, "at least of sensitivity moderate"),
        ({"sensitivity": "moderate", "levels": ("ADM1", "ADM3")}, {}, "goes down to ADM2, found ADM3"),
        ({"sensitivity": "severe", "kind": "count", "periodicity": "part_year"}, GREYS, "covers whole years"),
        ({"sensitivity": "severe", "kind": "count"}, GREYS | {"palette": "blues"}, "drawn in neutral colours"),
    ],
)
def test_a_classification_that_is_too_low_is_refused(changes: Any, display: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        make_spec(display, **changes)


def test_national_claims_about_departures_are_moderate() -> None:
    fields = claims_spec().model_dump() | {"id": "ftf_departures_claimed", "levels": ("ADM0",)}
    fields["sensitivity"] = "moderate"
    fields["display"] |= {"level": "ADM0"}
    assert IndicatorSpec.model_validate(fields).tier == "public"
