"""What a layer holds: figures, states, boundary sets over time, ranks, national figures, claims."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from layers.classify import Classification, WithinCountries
from layers.layer import ESTIMATED, LayerData, Shapes, UnknownLevelError, build_layer
from layers.scene import range_text
from layers.variant import Variant
from layers.words import load_words
from tests.unit.layers.frames import (
    IDS,
    MAP,
    claims_spec,
    make_frame,
    make_layer,
    make_spec,
    observation,
    state_of,
)

AT = {unit: i for i, unit in enumerate(IDS)}


def value(layer: LayerData, period: int, unit: str) -> float:
    return float(layer.values[period, AT[unit]])


def test_figures_stand_at_their_unit_and_period() -> None:
    layer = make_layer([observation("A1", 2015, 1.5), observation("B1", 2016, 2.5), observation("A1", 2016, 0.0)])
    assert [p.id for p in layer.periods] == ["2015", "2016"]
    assert (value(layer, 0, "A1"), value(layer, 1, "A1"), value(layer, 1, "B1")) == (1.5, 0.0, 2.5)
    assert np.isnan(layer.values).sum() == layer.values.size - 3
    assert ((layer.states == "v") == ~np.isnan(layer.values)).all()


def test_a_country_with_figures_gives_its_other_units_the_missing_rule() -> None:
    rows = [observation("B1", 2015, 1.0), observation("A1", 2015, 2.0)]
    for reason, state in (("not_collected", "n"), ("not_assessed", "a"), ("not_applicable", "x")):
        layer = make_layer(rows, make_spec(missing={"reason": reason}))
        assert state_of(layer, 0) == {
            "A1": "v", "A2": state, "A3": state, "A9": "-", "AG": "-", "B1": "v", "B2": state, "C1": "n",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "state"),
    [("not_collected", "n"), ("not_assessed", "a"), ("suppressed", "s"), ("not_applicable", "x")],
)
def test_a_row_without_a_value_keeps_its_own_reason(reason: str, state: str) -> None:
    layer = make_layer([observation("B1", 2015, 1.0), observation("B2", 2015, missing_reason=reason)])
    assert state_of(layer, 0)["B2"] == state
    assert np.isnan(value(layer, 0, "B2"))
    assert layer.own_period[0, AT["B2"]] == -1


def test_a_boundary_change_hides_one_division_and_shows_the_other() -> None:
    layer = make_layer([observation("A9", 2008, 4.0), observation("A2", 2012, 1.0), observation("A3", 2012, 2.0)])
    before, after = state_of(layer, 0), state_of(layer, 1)
    assert layer.periods[0].sets["AAA"] == "AAA-2000"
    assert layer.periods[1].sets["AAA"] == "AAA-2010"
    assert (before["A9"], before["A2"], before["A3"], before["A1"]) == ("v", "-", "-", "n")
    assert (after["A9"], after["A2"], after["A3"], after["A1"]) == ("-", "v", "v", "n")


def test_a_country_without_figures_is_drawn_in_the_division_of_the_day() -> None:
    layer = make_layer([observation("B1", 2005, 1.0), observation("B1", 2015, 1.0)])
    assert {u for u, s in state_of(layer, 0).items() if s == "-"} == {"A2", "A3", "AG"}
    assert {u for u, s in state_of(layer, 1).items() if s == "-"} == {"A9", "AG"}


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("1990-05-05", "AAA-2000"),
        ("2000-01-01", "AAA-2000"),
        ("2009-12-31", "AAA-2000"),
        ("2010-01-01", "AAA-2010"),
        ("2030-01-01", "AAA-2010"),
    ],
)
def test_the_set_of_a_day_is_the_one_that_covers_it_or_the_nearest(day: str, expected: str) -> None:
    assert Shapes.from_map(MAP).set_at("AAA", date.fromisoformat(day)) == expected


def test_a_country_without_sets_by_date_has_none() -> None:
    assert Shapes.from_map(MAP).set_at("ZZZ", date(2020, 1, 1)) is None


def test_figures_of_survey_groups_are_drawn_as_groups() -> None:
    layer = make_layer([observation("AG", 2006, 3.0), observation("A1", 2007, 1.0)])
    assert state_of(layer, 0)["AG"] == "v"
    assert layer.periods[0].sets["AAA"] == "AAA-SVY"
    assert {u for u, s in state_of(layer, 0).items() if u.startswith("A") and s != "-"} == {"AG"}
    assert state_of(layer, 1)["AG"] == "-"


def test_latest_takes_the_most_recent_figure_of_each_unit() -> None:
    rows = [
        observation("B1", 2014, 1.0), observation("B2", 2014, 2.0), observation("B1", 2016, 3.0),
        observation("B2", 2016), observation("A1", 2015, 7.0),
    ]  # fmt: skip
    layer = make_layer(rows, make_spec({"latest": True}))
    assert [p.id for p in layer.periods] == ["2014", "2015", "2016", "latest"]
    assert layer.default_period == 3
    assert (value(layer, 3, "B1"), value(layer, 3, "B2"), value(layer, 3, "A1")) == (3.0, 2.0, 7.0)
    own = dict(zip(IDS, layer.own_period[3].tolist(), strict=True))
    assert own == {"A1": 1, "A2": -1, "A3": -1, "A9": -1, "AG": -1, "B1": 2, "B2": 0, "C1": -1}
    assert state_of(layer, 3) == {
        "A1": "v", "A2": "n", "A3": "n", "A9": "-", "AG": "-", "B1": "v", "B2": "v", "C1": "n",
    }  # fmt: skip


def test_latest_never_mixes_divisions_of_a_country() -> None:
    rows = [observation("A9", 2008, 4.0), observation("A1", 2008, 5.0), observation("A2", 2012, 1.0)]
    layer = make_layer(rows, make_spec({"latest": True}))
    assert layer.periods[-1].sets["AAA"] == "AAA-2010"
    states = state_of(layer, 2)
    assert (states["A9"], states["A2"], states["A1"]) == ("-", "v", "n")


def test_latest_counts_no_figure_twice_in_the_breaks() -> None:
    rows = [observation("B1", year, value) for year, value in ((2014, 10.0), (2015, 20.0), (2016, 30.0))]
    with_latest, without = (make_layer(rows, make_spec({"latest": latest, "k": 2})) for latest in (True, False))
    assert with_latest.scopes[""][0] == without.scopes[""][0]
    assert with_latest.scopes[""][0].bins == (20.0, 30.0)


def test_one_period_needs_no_latest() -> None:
    layer = make_layer([observation("B1", 2014, 1.0)], make_spec({"latest": True}))
    assert [p.id for p in layer.periods] == ["2014"]


def test_ranks_are_within_country_and_period_and_ties_share() -> None:
    rows = [
        observation("A1", 2015, 5.0), observation("A2", 2015, 5.0), observation("A3", 2015, 1.0),
        observation("B1", 2015, 9.0),
    ]  # fmt: skip
    layer = make_layer(rows)
    ranks = dict(zip(IDS, layer.ranks[0].tolist(), strict=True))
    of = dict(zip(IDS, layer.rank_of[0].tolist(), strict=True))
    assert (ranks["A1"], ranks["A2"], ranks["A3"]) == (1, 1, 3)
    assert (of["A1"], of["A2"], of["A3"]) == (3, 3, 3)
    assert (ranks["B1"], of["B1"], ranks["C1"], of["C1"]) == (0, 0, 0, 0)


def test_national_figures_are_those_of_the_same_period() -> None:
    rows = [
        observation("B1", 2015, 1.0), observation("B1", 2016, 2.0),
        observation("B-country", 2015, 10.0), observation("B-country", 2014, 99.0), observation("A-country", 2016),
    ]  # fmt: skip
    layer = make_layer(rows)
    assert [dict(row) for row in layer.national] == [{"BBB": 10.0}, {}]


@pytest.mark.parametrize("years", [(2015, 2016), (2016, 2015)])
def test_latest_has_the_most_recent_national_figure(years: tuple[int, int]) -> None:
    rows = [observation("B1", 2015, 1.0), observation("B1", 2016, 2.0)]
    rows += [observation("B-country", year, float(year)) for year in years]
    assert dict(make_layer(rows, make_spec({"latest": True})).national[2]) == {"BBB": 2016.0}


def test_a_map_of_countries_has_no_national_figures_beside() -> None:
    shapes = Shapes(("KB",), ("BBB",), (frozenset({"BBB-0"}),), {"BBB-0": MAP["sets"]["BBB-1991"]})
    rows = [observation("B-country", 2015, 10.0) | {"unit_id": "KB"}]
    layer = build_layer(make_spec(), "ADM0", make_frame(rows), shapes)
    assert layer.values.tolist() == [[10.0]]
    assert layer.national == ({},)


def test_only_rows_of_all_sexes_and_ages_are_drawn() -> None:
    rows = [
        observation("B1", 2015, 1.0), observation("B1", 2015, 50.0, sex="female"),
        observation("B2", 2015, 60.0, age="15-24"), observation("B-country", 2015, 70.0, sex="male"),
        observation("B1", 2019, 80.0, sex="male"),
    ]  # fmt: skip
    layer = make_layer(rows)
    assert [p.id for p in layer.periods] == ["2015"]
    assert value(layer, 0, "B1") == 1.0
    assert state_of(layer, 0)["B2"] == "n"
    assert dict(layer.national[0]) == {}


@pytest.mark.parametrize(("status", "flag"), [("A", "."), ("E", "e"), ("I", "e"), ("P", "p"), ("U", "u"), ("B", "b")])
def test_flags_follow_the_status(status: str, flag: str) -> None:
    layer = make_layer([observation("B1", 2015, 1.0, obs_status=status)])
    assert layer.flags[0, AT["B1"]] == flag
    assert layer.flags[0, AT["B2"]] == "."
    assert ESTIMATED == "e"


def test_intervals_qualifiers_notes_and_sources_come_along() -> None:
    rows = [
        observation("B1", 2015, 5.0, low=4.0, high=6.0, qualifier="about", note_en="revised", source_id="s2"),
        observation("B2", 2015, 7.0, note_en="a", note_ru="б"),
    ]
    layer = make_layer(rows, make_spec({"latest": True}))
    assert (layer.low[0, AT["B1"]], layer.high[0, AT["B1"]]) == (4.0, 6.0)
    assert layer.qualifiers[0, AT["B1"]] == "about"
    assert layer.source_ids == ("s1", "s2")
    assert (layer.sources[0, AT["B1"]], layer.sources[0, AT["B2"]], layer.sources[0, AT["A1"]]) == (1, 0, -1)
    assert layer.notes == {
        (0, AT["B1"]): {"en": "revised", "ru": "revised"}, (0, AT["B2"]): {"en": "a", "ru": "б"},
    }  # fmt: skip


def test_breaks_are_the_same_for_all_periods_and_one_per_scope() -> None:
    rows = [
        observation(unit, year, float(i + year - 2010))
        for year in (2011, 2015)
        for i, unit in enumerate(("A1", "A2", "B1", "B2"))
    ]
    layer, across = make_layer(rows), make_layer(rows, variant=Variant(scale="across"))
    assert set(layer.scopes) == set(across.scopes) == {"", "AAA", "BBB"}
    found, classes = across.scopes[""]
    assert isinstance(found, Classification)
    assert classes.shape == layer.values.shape
    same = [row[np.isfinite(values)] for row, values in zip(classes, layer.values, strict=True)]
    assert [found.classes(v[np.isfinite(v)]).tolist() for v in layer.values] == [s.tolist() for s in same]
    national, own = layer.scopes["BBB"]
    assert isinstance(national, Classification)
    assert (own[:, : AT["B1"]] == -1).all()
    assert national.low == 3.0
    within, classes = layer.scopes[""]
    assert isinstance(within, WithinCountries)
    assert within.parts == {"AAA": layer.scopes["AAA"][0], "BBB": national}


def test_marks_other_than_fill_have_no_classes() -> None:
    assert make_layer([observation("B1", 2015, 1.0)], make_spec({"mark": "symbol"}, kind="count")).scopes == {}


def test_counts_of_units_with_a_figure() -> None:
    layer = make_layer([observation("A1", 2015, 1.0), observation("B1", 2015, 1.0), observation("B2", 2015)])
    assert layer.counts(0) == (2, 6)
    assert layer.counts(0, "AAA") == (1, 3)
    assert layer.counts(0, "BBB") == (1, 2)
    assert layer.counts(0, "CCC") == (0, 1)
    assert layer.covered_countries() == ("AAA", "BBB")


def test_the_default_period_is_the_last_that_is_half_full() -> None:
    full = [observation(u, 2014, 1.0) for u in ("A1", "A2", "A3", "B1")]
    half = [observation(u, 2015, 1.0) for u in ("A1", "A2")]
    thin = [observation("A1", 2016, 1.0)]
    layer = make_layer(full + half + thin)
    assert layer.periods[layer.default_period].id == "2015"
    assert layer.period_index(None) == layer.period_index("1066") == layer.default_period
    assert layer.period_index("2016") == 2


def test_a_layer_without_rows_has_no_periods() -> None:
    layer = make_layer([])
    assert layer.periods == ()
    assert layer.default_period == 0
    assert layer.values.shape == (0, len(IDS))
    assert layer.scopes == {}


def test_a_unit_that_is_not_on_the_map_is_left_out() -> None:
    stranger = observation("B1", 2015, 9.0) | {"unit_id": "B-unknown"}
    layer = make_layer([observation("B1", 2015, 1.0), stranger])
    assert np.nansum(layer.values) == 1.0


def test_a_level_that_is_not_published_is_refused() -> None:
    with pytest.raises(UnknownLevelError, match="share is published at ADM0, ADM1, not at ADM3"):
        build_layer(make_spec(), "ADM3", make_frame([]), Shapes.from_map(MAP))


def claim(low: float | None, high: float | None, qualifier: str = "claim", source: str = "s1") -> dict[str, object]:
    return observation(
        "B1", 2015, low=low, high=high, qualifier=qualifier, source_id=source, note_en=f"{low} to {high}"
    )


@pytest.mark.parametrize(
    ("claims", "low", "high", "text"),
    [
        ([claim(300, 300)], 300, 300, "300"),
        ([claim(300, 500)], 300, 500, "300–500"),
        ([claim(300, None, "at_least")], 300, 300, "300 or more"),
        ([claim(None, 4000, "up_to")], np.nan, 4000, "up to 4,000"),
        ([claim(150, None, "at_least"), claim(400, 400, "about", "s2")], 150, 400, "150–400"),
        ([claim(600, None, "at_least"), claim(400, 400, "about", "s2")], 400, 600, "400–600 or more"),
        ([claim(200, 200), claim(None, 900, "up_to", "s2")], 200, 900, "200–900"),
    ],
)
def test_claims_give_a_range_and_never_a_midpoint(
    claims: list[dict[str, object]], low: float, high: float, text: str
) -> None:
    layer = make_layer(claims, claims_spec())
    at = (0, AT["B1"])
    np.testing.assert_equal((layer.low[at], layer.high[at]), (low, high))
    assert np.isnan(layer.values).all()
    assert len(layer.claims[at]) == len(claims)
    assert state_of(layer, 0)["B1"] == "v"
    bottom = None if np.isnan(low) else low
    assert range_text(load_words("en"), bottom, high, str(layer.qualifiers[at])) == text


def test_claims_are_never_ranked_or_classed() -> None:
    rows = [claim(100, 200), observation("B2", 2015, low=300.0, high=400.0, qualifier="claim")]
    layer = make_layer(rows, claims_spec())
    assert not layer.ranks.any()
    assert layer.scopes == {}


def test_a_single_figure_is_a_claim_of_that_figure() -> None:
    layer = make_layer([observation("B1", 2015, 363.0, qualifier="claim")], claims_spec())
    found = layer.claims[(0, AT["B1"])][0]
    assert (found.low, found.high) == (363.0, 363.0)


def test_a_change_of_boundaries_is_told_and_a_survey_group_is_none() -> None:
    rows = [
        observation("A9", 2008, 4.0), observation("A1", 2008, 4.0),
        observation("AG", 2009, 4.0, boundary_set="AAA-SVY"),
        observation("A2", 2012, 1.0), observation("A1", 2012, 2.0),
        observation("B1", 2008, 1.0), observation("B1", 2012, 1.0),
    ]  # fmt: skip
    layer = make_layer(rows)
    changes = [(change.iso3, change.date, layer.periods[change.period].id) for change in layer.division_changes()]
    assert changes == [("AAA", date(2010, 1, 1), "2012")]
    assert {unit: layer.is_divided(AT[unit]) for unit in ("A1", "A2", "A9", "AG", "B1")} == {
        "A1": False, "A2": True, "A9": True, "AG": False, "B1": False,
    }  # fmt: skip


def test_a_series_on_one_set_has_no_change_of_boundaries() -> None:
    layer = make_layer([observation("A2", 2012, 1.0), observation("A2", 2015, 2.0)])
    assert layer.division_changes() == ()
    assert not layer.is_divided(AT["A2"])
