"""Figures over time: the latest up to a period, changes between two periods, and where there is neither."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pytest

from layers.layer import LayerData, Shapes, build_layer
from layers.over_time import interval_of_difference
from layers.scene import age_text, build_scene, fill_of, period_text, shown_text, unit_label
from layers.states import NO_DATA, NOT_APPLICABLE, NOT_ASSESSED, SUPPRESSED, VALUE
from layers.variant import UnknownVariantError, Variant
from layers.words import load_words
from tests.unit.layers.frames import (
    IDS,
    MAP,
    SOURCES,
    UNITS,
    claims_spec,
    make_frame,
    make_spec,
    observation,
    state_of,
)

AT = {unit: i for i, unit in enumerate(IDS)}
EN, RU = load_words("en"), load_words("ru")
Row = dict[str, Any]
NEW_SURVEY = {"iso3": "BBB", "date": "2016-01-01", "note": {"en": "New survey.", "ru": "Новое обследование."}}


def layer_of(rows: list[Row], spec: Any = None, **variant: Any) -> LayerData:
    return build_layer(spec or make_spec(), "ADM1", make_frame(rows), Shapes.from_map(MAP), Variant(**variant))


def scene_of(layer: LayerData, words: Any = EN) -> dict[str, Any]:
    return build_scene(layer, words, SOURCES, {"map": "/geo/m", "units": "/units/u"})


def value(layer: LayerData, period: int, unit: str) -> float:
    return float(layer.values[period, AT[unit]])


def own(layer: LayerData, period: int, unit: str) -> int:
    return int(layer.own_period[period, AT[unit]])


def code(layer: LayerData, period: int, unit: str) -> str | None:
    reason = layer.why.get((period, AT[unit]))
    return reason.code if reason else None


# -- the interval of a difference ---------------------------------------------------------------------------------


def test_newcombe_s_worked_examples() -> None:
    # Newcombe (1998), Table II, method 10 (Wilson score limits without continuity correction): rows (a) 56/70 - 48/80,
    # (b) 9/10 - 3/10, (d) 5/56 - 0/29, to the four decimals printed there.
    published = [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ]
    for one, other, expected in published:
        low, high = interval_of_difference(wilson(*one), wilson(*other))
        assert (round(low, 4), round(high, 4)) == expected


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float, float]:
    share = hits / n
    middle, reach = 2 * hits + z * z, z * sqrt(z * z + 4 * hits * (1 - share))
    return share, (middle - reach) / (2 * (n + z * z)), (middle + reach) / (2 * (n + z * z))


def test_symmetric_intervals_add_in_squares() -> None:
    assert interval_of_difference((10.0, 7.0, 13.0), (6.0, 2.0, 10.0)) == (-1.0, 9.0)  # 3 and 4 make 5


# -- change between two periods -----------------------------------------------------------------------------------


def test_a_change_is_the_later_figure_less_the_base() -> None:
    rows = [
        observation("B1", 2014, 10.0, low=7.0, high=13.0), observation("B1", 2018, 16.0, low=12.0, high=20.0),
        observation("B1", 2020, 9.9, low=6.9, high=12.9), observation("B2", 2014, 8.0), observation("B2", 2018, 6.0),
        observation("B1", 2012, 3.0),
    ]  # fmt: skip
    layer = layer_of(rows, base="2014")
    assert [stop.id for stop in layer.periods] == ["2018", "2020"]
    assert (value(layer, 0, "B1"), value(layer, 0, "B2"), value(layer, 1, "B1")) == (6.0, -2.0, -0.1)
    assert (float(layer.low[0, AT["B1"]]), float(layer.high[0, AT["B1"]])) == (1.0, 11.0)
    assert np.isnan(layer.low[0, AT["B2"]])  # no interval without those of both figures
    assert layer.unclear is not None
    assert [layer.unclear[p, AT["B1"]] for p in (0, 1)] == ["0", "1"]
    assert layer.unclear[0, AT["B2"]] == "0"
    assert not layer.ranks.any()


def test_a_percent_change_is_of_the_base_and_has_no_interval() -> None:
    rows = [
        observation("B1", 2014, 8.0, low=7.0, high=9.0), observation("B1", 2018, 10.0, low=9.5, high=10.5),
        observation("B2", 2014, 0.0), observation("B2", 2018, 5.0),
        observation("A1", 2014, 4.0), observation("A1", 2018, 3.0),
    ]  # fmt: skip
    layer = layer_of(rows, base="2014", measure="percent")
    assert (value(layer, 0, "B1"), value(layer, 0, "A1")) == (25.0, -25.0)
    assert np.isnan(layer.low[0]).all()
    assert np.isnan(layer.high[0]).all()
    assert (state_of(layer, 0)["B2"], code(layer, 0, "B2")) == (NO_DATA, "zero")


def test_no_change_is_made_of_what_is_missing_or_withheld() -> None:
    rows = [
        observation("B1", 2014, 1.0), observation("B1", 2018, missing_reason="suppressed"),
        observation("B2", 2014, missing_reason="suppressed"), observation("B2", 2018, 4.0),
        observation("A1", 2014, missing_reason="not_assessed"), observation("A1", 2018, 5.0),
        observation("A2", 2018, 5.0),
        observation("A3", 2014, 3.0), observation("A3", 2018, missing_reason="not_applicable"),
    ]  # fmt: skip
    layer = layer_of(rows, base="2014")
    states = state_of(layer, 0)
    assert (states["B1"], states["B2"]) == (SUPPRESSED, SUPPRESSED)
    assert (code(layer, 0, "B1"), code(layer, 0, "B2")) == ("withheld", "withheld")
    assert (states["A1"], code(layer, 0, "A1")) == (NOT_ASSESSED, "missing")
    assert (states["A2"], code(layer, 0, "A2")) == (NO_DATA, "missing")
    assert states["A3"] == NOT_APPLICABLE
    assert np.isnan(layer.values).all()


def test_no_change_across_a_break() -> None:
    declared = make_spec(comparability=[NEW_SURVEY])
    rows = [observation(unit, year, float(year)) for unit in ("A1", "B1") for year in (2014, 2015, 2018)]
    layer = layer_of(rows, declared, base="2014")
    assert value(layer, 0, "B1") == 1.0
    assert (state_of(layer, 1)["B1"], code(layer, 1, "B1"), value(layer, 1, "A1")) == (NO_DATA, "break", 4.0)
    flagged = [observation("A1", 2014, 1.0), observation("A1", 2016, 2.0, obs_status="B"), observation("A1", 2018, 3.0)]
    layer = layer_of(flagged, base="2014")
    assert [state_of(layer, p)["A1"] for p in (0, 1)] == [NO_DATA, NO_DATA]
    assert value(layer_of(flagged, base="2016"), 0, "A1") == 1.0  # a break parts a figure from those before it only


def test_a_break_at_every_place_of_a_country_is_one_for_the_place_without_a_figure_too() -> None:
    rows = [
        observation("B1", 2014, 1.0), observation("B2", 2014, 1.0), observation("B1", 2016, 2.0, obs_status="B"),
        observation("B2", 2018, 3.0), observation("B1", 2018, 3.0),
    ]  # fmt: skip
    layer = layer_of(rows, base="2014")
    assert code(layer, 1, "B2") == "flag"


def test_a_place_whose_territory_changed_has_no_change() -> None:
    rows = [
        observation("A1", 2008, 1.0), observation("A9", 2008, 2.0),
        observation("A1", 2012, 4.0), observation("A2", 2012, 5.0),
    ]  # fmt: skip
    layer = layer_of(rows, base="2008")
    assert value(layer, 0, "A1") == 3.0
    assert (state_of(layer, 0)["A2"], code(layer, 0, "A2")) == (NO_DATA, "boundaries")
    assert state_of(layer, 0)["A9"] == "-"


def test_a_bound_has_no_change_and_a_rough_figure_has_a_rough_one() -> None:
    rows = [
        observation("B1", 2014, 1.0, qualifier="at_least"), observation("B1", 2018, 3.0),
        observation("B2", 2014, 1.0, qualifier="about", obs_status="P"), observation("B2", 2018, 3.0, obs_status="E"),
    ]  # fmt: skip
    layer = layer_of(rows, base="2014")
    assert code(layer, 0, "B1") == "bound"
    assert str(layer.qualifiers[0, AT["B2"]]) == "about"
    assert str(layer.flags[0, AT["B2"]]) == "e"


def test_classes_lie_around_zero_and_are_the_same_for_all_periods() -> None:
    rows = [observation("B1", 2014, 10.0), observation("B2", 2014, 10.0), observation("A1", 2014, 10.0)]
    rows += [observation("B1", 2016, 13.0), observation("B2", 2016, 8.0), observation("A1", 2016, 11.0)]
    rows += [observation("B1", 2018, 20.0), observation("B2", 2018, 4.0), observation("A1", 2018, 9.0)]
    layer = layer_of(rows, base="2014")
    for scope in ("AAA", "BBB"):
        scene = scene_of(layer)["scopes"][scope]
        assert 0.0 in scene["bins"][:-1] or scene["low"] >= 0 or scene["bins"][-1] <= 0
        assert len(scene["classes"]) == 2


def test_national_figures_follow() -> None:
    rows = [
        observation("BBB", 2014, 8.0),
        observation("BBB", 2018, 10.0),
        observation("B1", 2014, 1.0),
        observation("B1", 2018, 2.0),
    ]
    assert layer_of(rows, base="2014").national == ({"BBB": 2.0},)
    assert layer_of(rows, base="2014", measure="percent").national == ({"BBB": 25.0},)
    broken = [*rows[:1], observation("BBB", 2018, 10.0, obs_status="B"), *rows[2:]]
    assert layer_of(broken, base="2014").national == ({},)


def test_a_change_says_from_when_to_when() -> None:
    rows = [
        observation("B1", 2014, 10.0, low=7.0, high=13.0), observation("B1", 2018, 13.5, low=9.5, high=17.5),
        observation("B2", 2014, 9.0), observation("B2", 2018, 9.0),
    ]  # fmt: skip
    scene = scene_of(layer_of(rows, base="2014"))
    assert scene["headline"] == "Change since 2014: Share of people"
    assert scene["unit"] == "percentage points (% of people)"
    assert shown_text(scene, EN, 0, AT["B1"]) == "+3.5\u00a0pp"
    assert shown_text(scene, EN, 0, AT["B2"]) == "0.0\u00a0pp"
    assert period_text(scene, 0, AT["B1"]) == "2014 to 2018"
    assert unit_label(scene, EN, UNITS[AT["B1"]], 0, AT["B1"]) == "Place B1, Land B: +3.5\u00a0pp (2014 to 2018)"
    assert fill_of(scene, 0, AT["B1"], "").startswith("url(#unclear-")  # type: ignore[union-attr]
    assert scene["ranks"] is None
    assert scene["bases"] == [{"id": "2014", "label": "2014"}]
    assert "base" not in scene_of(layer_of(rows))


def test_a_count_is_never_filled_but_its_percent_change_is() -> None:
    count = make_spec(
        {"mark": "symbol", "decimals": 0}, kind="count", unit={"text": {"en": "persons", "ru": "человек"}}
    )
    rows = [observation("B1", 2014, 10.0), observation("B1", 2018, 4.0)]
    scene = scene_of(layer_of(rows, count, base="2014"))
    assert (scene["mark"], scene["symbol"]["negative"], scene["scopes"]) == ("symbol", True, {})
    percent = scene_of(layer_of(rows, count, base="2014", measure="percent"))
    assert percent["mark"] == "fill"
    assert shown_text(percent, EN, 0, AT["B1"]) == "-60.0%"


# -- latest available up to ---------------------------------------------------------------------------------------


def test_every_place_keeps_its_latest_figure_with_its_own_period() -> None:
    rows = [
        observation("B1", 2014, 1.0, note_en="counted by hand", note_ru="вручную"), observation("B2", 2014, 2.0),
        observation("B2", 2016, 3.0), observation("B2", 2017, 4.0), observation("A1", 2016, 9.0),
    ]  # fmt: skip
    layer = layer_of(rows, upto=True)
    assert [value(layer, p, "B1") for p in (0, 1, 2)] == [1.0, 1.0, 1.0]
    assert [own(layer, p, "B1") for p in (0, 1, 2)] == [0, 0, 0]
    assert [own(layer, p, "B2") for p in (0, 1, 2)] == [0, 1, 2]
    assert (own(layer, 0, "A1"), own(layer, 2, "A1")) == (-1, 1)  # nothing is carried backwards
    assert layer.notes[(2, AT["B1"])]["en"] == "counted by hand"
    scene = scene_of(layer)
    assert period_text(scene, 2, AT["B1"]) == "2014"
    assert age_text(scene, EN, 2, AT["B1"]) == "Figure of 2014, 3 years older than the period shown"
    assert age_text(scene, RU, 2, AT["B1"]).endswith("на 3 года")
    assert age_text(scene, EN, 2, AT["B2"]) == ""
    assert fill_of(scene, 2, AT["B1"], "").startswith("url(#older-")  # type: ignore[union-attr]


def test_the_default_carries_nothing() -> None:
    rows = [observation("B1", 2014, 1.0), observation("B2", 2016, 2.0)]
    layer = layer_of(rows)
    assert state_of(layer, 1)["B1"] == NO_DATA
    assert scene_of(layer)["own"] is None


def test_a_withheld_latest_figure_stays_withheld() -> None:
    rows = [
        observation("B1", 2014, 1.0), observation("B1", 2016, missing_reason="suppressed"),
        observation("B2", 2014, 1.0), observation("B2", 2018, 2.0),
    ]  # fmt: skip
    layer = layer_of(rows, upto=True)
    assert [state_of(layer, p)["B1"] for p in (0, 1, 2)] == [VALUE, SUPPRESSED, SUPPRESSED]
    assert np.isnan(layer.values[1:, AT["B1"]]).all()


def test_what_does_not_apply_is_not_filled() -> None:
    rows = [
        observation("B1", 2014, 1.0),
        observation("B1", 2016, missing_reason="not_applicable"),
        observation("B2", 2016, 1.0),
    ]
    assert state_of(layer_of(rows, upto=True), 1)["B1"] == NOT_APPLICABLE


def test_nothing_is_carried_across_a_break_or_to_other_boundaries() -> None:
    declared = make_spec(comparability=[NEW_SURVEY])
    rows = [observation("B1", 2014, 1.0), observation("B2", 2014, 1.0), observation("B2", 2017, 1.0)]
    layer = layer_of(rows, declared, upto=True)
    assert (state_of(layer, 1)["B1"], code(layer, 1, "B1")) == (NO_DATA, "break")
    assert "1 Jan 2016" in scene_of(layer)["why"][f"1:{AT['B1']}"]
    assert "New survey." in scene_of(layer)["why"][f"1:{AT['B1']}"]
    flagged = [*rows[:2], observation("B2", 2017, 1.0, obs_status="B")]
    assert code(layer_of(flagged, upto=True), 1, "B1") == "flag"
    moved = [observation("A1", 2008, 1.0), observation("A9", 2008, 1.0), observation("A2", 2012, 1.0)]
    layer = layer_of(moved, upto=True)
    assert (state_of(layer, 1)["A1"], code(layer, 1, "A1")) == (NO_DATA, "boundaries")
    assert state_of(layer, 1)["A9"] == "-"


def test_a_country_without_figures_keeps_the_groups_of_its_last_survey() -> None:
    layer = layer_of([observation("AG", 2014, 3.0), observation("B1", 2016, 1.0)], upto=True)
    assert value(layer, 1, "AG") == 3.0
    assert layer.periods[1].sets["AAA"] == "AAA-SVY"


# -- whose figures ------------------------------------------------------------------------------------------------


def test_a_group_is_named_everywhere() -> None:
    rows = [
        observation("B1", 2014, 1.0),
        observation("B1", 2014, 2.0, sex="female", age="15-24"),
        observation("BBB", 2014, 7.0, sex="female", age="15-24"),
    ]
    layer = layer_of(rows, sex="female", age="15-24")
    assert value(layer, 0, "B1") == 2.0
    assert layer.national == ({"BBB": 7.0},)
    scene = scene_of(layer)
    assert scene["headline"] == "Share of people: women, ages 15–24"
    assert scene["unit"] == "% of people; women, ages 15–24"
    assert scene_of(layer, RU)["headline"].endswith(": женщины, возраст 15–24")


# -- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", [{"upto": True}, {"base": "2014"}])
def test_claims_and_severe_layers_are_not_followed_by_arithmetic(variant: dict[str, Any]) -> None:
    rows = [observation("B1", 2014, 1.0, low=1.0, high=2.0), observation("B1", 2018, 1.0, low=1.0, high=2.0)]
    with pytest.raises(UnknownVariantError, match="takes no change"):
        layer_of(rows, claims_spec(), **variant)
    severe = make_spec(
        {"palette": "greys"},
        sensitivity="severe",
        levels=("ADM0", "ADM1"),
        kind="rate",
        disclosure={"numerator": "departures"},
    )
    with pytest.raises(UnknownVariantError, match="takes no change"):
        layer_of(rows, severe, **variant)


def test_a_base_without_a_later_period_is_refused() -> None:
    with pytest.raises(UnknownVariantError, match="2018"):
        layer_of([observation("B1", 2014, 1.0), observation("B1", 2018, 1.0)], base="2018")
