"""Pieces of the page: the stops of the slider, their labels, the legend's counts, the source line."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.fragments import labelled_stops, legend_counts, render_fragments, slider_positions, source_text
from layers.scene import build_scene
from layers.words import load_words
from tests.unit.layers.frames import SOURCES, claims_spec, make_layer, make_spec, observation

EN, RU = load_words("en"), load_words("ru")


def with_periods(years: list[float], latest: bool = False) -> dict[str, Any]:
    periods: list[dict[str, Any]] = [{"at": year, "label": f"{year:.0f}"} for year in years]
    return {"periods": [*periods, {"label": "Latest", "latest": True}] if latest else periods}


def make_scene(rows: list[dict[str, Any]], display: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    layer = make_layer(rows, make_spec(display, **changes))
    return build_scene(layer, EN, SOURCES, {"map": "/geo/m.json", "units": "/units/u.json"})


@pytest.fixture
def scene() -> dict[str, Any]:
    return make_scene(
        [
            observation("A1", 2015, 10.0), observation("A2", 2015, 20.0, obs_status="E", source_id="s3"),
            observation("A3", 2015, missing_reason="suppressed"), observation("B1", 2015, 30.0, source_id="s2"),
            observation("B1", 2018, 40.0),
        ],
        {"latest": True},
    )  # fmt: skip


def test_stops_stand_in_proportion_to_time() -> None:
    assert slider_positions(with_periods([2000, 2005, 2010])) == [0, 500, 1000]
    assert slider_positions(with_periods([2000, 2001, 2010])) == [0, 100, 1000]


def test_latest_stands_apart_at_the_end() -> None:
    positions = slider_positions(with_periods([2000, 2005, 2010], latest=True))
    assert positions[-1] == 1000
    assert positions[-1] - positions[-2] >= 60
    assert positions[1] * 2 == positions[2]


def test_one_period_stands_in_the_middle() -> None:
    assert slider_positions(with_periods([2000])) == [500]


def test_no_periods_have_no_stops() -> None:
    assert slider_positions(with_periods([])) == []


axis = st.lists(st.floats(1990, 2030), min_size=1, max_size=40).map(sorted)


@settings(max_examples=200, deadline=None)
@given(axis, st.booleans())
def test_stops_rise_within_the_track_and_can_be_told_apart(years: list[float], latest: bool) -> None:
    scene = with_periods(years, latest)
    positions = slider_positions(scene)
    assert len(positions) == len(scene["periods"])
    assert all(0 <= p <= 1000 for p in positions)
    assert all(a < b for a, b in pairwise(positions))


@settings(max_examples=200, deadline=None)
@given(axis, st.booleans())
def test_labels_do_not_collide(years: list[float], latest: bool) -> None:
    scene = with_periods(years, latest)
    positions = slider_positions(scene)
    shown = sorted(labelled_stops(scene, positions))
    assert len(positions) - 1 in shown
    for left, right in pairwise(shown):
        # A letter of the label takes at least 7 thousandths of the narrowest track.
        room = (len(scene["periods"][left]["label"]) + len(scene["periods"][right]["label"])) / 2 * 7
        assert positions[right] - positions[left] >= room


def test_far_stops_are_all_labelled() -> None:
    scene = with_periods([2000, 2005, 2010])
    assert labelled_stops(scene, slider_positions(scene)) == {0, 1, 2}


def test_the_legend_counts_every_unit(scene: dict[str, Any]) -> None:
    assert legend_counts(scene, 0, "") == {"v": 3, "0": 2, "1": 1, "e": 1, "s": 1, "n": 2}
    assert legend_counts(scene, 0, "AAA") == {"v": 2, "0": 1, "1": 1, "e": 1, "s": 1}
    assert legend_counts(scene, 0, "CCC") == {"n": 1}


def test_the_source_line_names_the_most_used_and_how_many_more(scene: dict[str, Any]) -> None:
    assert source_text(scene, EN, 0, "") == "Office s1: Yearbook s1, and 2 more sources"
    assert source_text(scene, RU, 0, "") == "Office s1: Yearbook s1, и ещё 2 источника"
    assert source_text(scene, EN, 0, "BBB") == "Office s2: Yearbook s2"
    assert source_text(scene, EN, 0, "CCC") == "–"


def test_sources_used_equally_are_named_in_their_order(scene: dict[str, Any]) -> None:
    rows = [observation("B1", 2015, 1.0, source_id="s2"), observation("A1", 2015, 1.0, source_id="s1")]
    assert source_text(make_scene(rows), EN, 0, "") == "Office s1: Yearbook s1, and 1 more source"


def test_head_time_and_foot_say_what_is_shown(scene: dict[str, Any]) -> None:
    html = render_fragments(scene, EN, 0)
    assert "Share of people" in html["head"]
    assert "3 of 6 places have a published figure, 1 withheld to protect people" in html["head"]
    assert EN("head.scope_within") in html["head"]
    assert EN("head.comparability") not in html["head"]
    assert 'id="slider"' in html["time"]
    assert html["time"].count("data-stop=") == len(scene["periods"]) == len(html["positions"])
    assert "Office s1" in html["foot"]
    assert list(html["legend"]) == [""]


def test_a_country_has_its_own_scale_in_words(scene: dict[str, Any]) -> None:
    html = render_fragments(scene, EN, 0, "AAA", {"AAA": "Land A"})
    assert "Land A" in html["head"]
    assert "2 of 3 places have a published figure, 1 withheld to protect people" in html["head"]
    assert list(html["legend"]) == ["AAA"]


def test_a_country_without_figures_is_told_which_countries_have_them(scene: dict[str, Any]) -> None:
    html = render_fragments(scene, EN, 0, "CCC", {"AAA": "Land A", "BBB": "Land B", "CCC": "Land C"})
    assert "No figures for Land C in this layer. It covers: Land A, Land B." in html["head"]
    assert "0 of 1 places have data" in html["head"]


def test_without_a_period_every_scope_has_its_legend(scene: dict[str, Any]) -> None:
    html = render_fragments(scene, EN)
    assert list(html["legend"]) == ["", "AAA", "BBB"]
    assert html["legend"][""].count('data-entry="') == len(scene["scopes"][""]["labels"]) + 5


def test_the_legend_prints_every_class_from_the_highest(scene: dict[str, Any]) -> None:
    legend = render_fragments(scene, EN, 0)["legend"][""]
    found = scene["scopes"][""]
    places = [legend.index(f'<span class="lg-range">{label}</span>') for label in reversed(found["labels"])]
    assert places == sorted(places)
    assert all(f"background:{colour}" in legend for colour in found["colours"])


def test_a_single_period_has_no_slider() -> None:
    html = render_fragments(make_scene([observation("B1", 2015, 1.0)]), EN, 0)
    assert "slider" not in html["time"]
    assert "One period: 2015" in html["time"]


def test_symbols_and_claims_have_their_own_legend() -> None:
    symbols = make_scene([observation("B1", 2015, 5000.0)], {"mark": "symbol", "decimals": 0}, kind="count")
    legend = render_fragments(symbols, EN, 0)["legend"][""]
    assert EN("legend.symbol") in legend
    assert "5,000" in legend
    assert 'style="--k:1.0000"' in legend
    rows = [observation("B1", 2015, low=100.0, high=None, qualifier="at_least")]
    claims = build_scene(make_layer(rows, claims_spec()), EN, SOURCES, {})
    html = render_fragments(claims, EN, 0)
    assert EN("legend.range") in html["legend"][""]
    assert "Never added up" in html["head"]


def test_texts_from_data_are_escaped() -> None:
    spec = {"title": {"en": "<b>", "ru": "<b>"}, "headline": {"en": "<script>", "ru": "<script>"}}
    html = render_fragments(make_scene([observation("B1", 2015, 1.0)], **spec), EN, 0)
    assert "<script>" not in html["head"]
    assert "&lt;script&gt;" in html["head"]
