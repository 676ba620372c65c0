"""The browser and Python draw and say the same of every unit, period and scope, in every language."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Any
from urllib.parse import parse_qsl

import pytest

from dashboard.export.svg import symbol_share
from dashboard.fragments import legend_counts, source_text
from dashboard.page import SENT_WORDS
from dashboard.view_state import ViewState
from layers.catalog import IndicatorSpec
from layers.scene import build_scene, fill_of, unit_label
from layers.variant import PLAIN, Variant
from layers.words import languages, load_words
from tests.unit.layers.frames import IDS, SOURCES, UNITS, claims_spec, make_layer, make_spec, observation, text
from tests.unit.layers.test_categories import category_spec

SCOPES = ("", "AAA", "BBB", "CCC")
QUALIFIERS = ("exact", "exact", "exact", "at_least", "up_to", "about", "claim")
STATUSES = ("A", "A", "A", "E", "I", "P", "U", "B")
REASONS = ("not_collected", "not_assessed", "suppressed", "not_applicable")
COUNTS = [*range(131), 1000, 1001, 1111, 10021]
VIEWS = [
    ViewState(layer="poverty", level="ADM1", lang="ru"),
    ViewState(layer="poverty", level="ADM2", period="2021-01-01_2021-03-31", country="KAZ", lang="en"),
    ViewState(
        layer="mpi",
        level="ADM1",
        unit="Ош & г. №1+/?=",
        view="-12,340,1200,900",
        kept="e",
        table=True,
        sort="value-desc",
    ),
]


VARIANTS: list[dict[str, Any]] = [
    {"scale": "across"}, {"ramp": True}, {"ramp": True, "scale": "across", "mid": "zero"},
    {"scheme": "head_tail"}, {"scheme": "std_mean", "scale": "across", "palette": "teals"},
    {"scheme": "pretty", "k": 9},
    {"mid": "1000", "k": 8}, {"breaks": (0.0, 500.0, 2500.5), "palette": "dawn"},
]  # fmt: skip


OVER_TIME: list[dict[str, Any]] = [
    {"upto": True}, {"base": "2010"}, {"base": "2013"}, {"base": "2010", "measure": "percent"},
    {"upto": True, "ramp": True},
    {"base": "2010", "scale": "within"},
]  # fmt: skip


def random_rows(seed: int) -> list[dict[str, Any]]:
    """Return rows of five units and a group, with every qualifier, status and reason; seeded."""
    dice = random.Random(seed)
    rows = []
    for year in (2008, 2012, 2013):
        units = ("A1", "A9", "B1", "B2") if year == 2008 else ("A1", "A2", "A3", "B1", "B2")
        for unit in units:
            fate = dice.random()
            source = dice.choice(("s1", "s2", "s3"))
            if fate < 0.7:
                value = round(dice.uniform(-2000, 9000), dice.randint(0, 5))
                how = {"qualifier": dice.choice(QUALIFIERS), "obs_status": dice.choice(STATUSES)}
                rows.append(observation(unit, year, value, source_id=source, low=value - 1, high=value + 1, **how))
            elif fate < 0.9:
                rows.append(observation(unit, year, missing_reason=dice.choice(REASONS), source_id=source))
    return rows


def steady_rows(seed: int) -> list[dict[str, Any]]:
    """Return rows of figures that change by little and have wide intervals; some are missing or withheld; seeded."""
    dice = random.Random(seed)
    rows = []
    for year in (2010, 2013, 2014, 2017):
        for unit in ("A1", "A2", "A3", "B1", "B2"):
            fate = dice.random()
            if fate < 0.75:
                value, reach = round(dice.uniform(-2, 20), 1), round(dice.uniform(1, 9), 1)
                how = {"low": value - reach, "high": value + reach, "obs_status": dice.choice("AAAAEP")}
                rows.append(observation(unit, year, value, **how))
            elif fate < 0.85:
                rows.append(observation(unit, year, missing_reason=dice.choice(REASONS)))
    return rows


def claim_rows() -> list[dict[str, Any]]:
    bounds = [("A1", 300.0, None, "at_least"), ("A1", 150.0, 200.0, "claim"), ("A2", None, 4000.0, "up_to")]
    bounds += [("B1", 500.0, 500.0, "about"), ("B2", 1000.0, 1500.0, "claim")]
    return [
        observation(unit, 2015, low=low, high=high, qualifier=qualifier, note_en=str(i), source_id=f"s{i % 3 + 1}")
        for i, (unit, low, high, qualifier) in enumerate(bounds)
    ]


def category_rows(seed: int) -> list[dict[str, Any]]:
    """Return rows of codes of categories; some are missing or withheld; seeded."""
    dice = random.Random(seed)
    found = []
    for year, unit in product((2012, 2013), ("A1", "A2", "A3", "B1", "B2", "AAA")):
        is_known = dice.random() < 0.75
        value = float(dice.choice((1, 2, 5))) if is_known else None
        how = {"obs_status": dice.choice("AAEP")} if is_known else {"missing_reason": dice.choice(REASONS)}
        found.append(observation(unit, year, value, **how))
    return found


PLAIN_CASES: list[tuple[IndicatorSpec, list[dict[str, Any]]]] = [
    *((make_spec({"latest": True, "k": 5, "decimals": seed % 4}), random_rows(seed)) for seed in range(6)),
    (make_spec({"mark": "symbol", "decimals": 0}, kind="count", unit={"text": text("n")}), random_rows(7)),
    (make_spec({"scheme": "equal_interval", "k": 9}, unit={"text": text("km"), "sign": text("km")}), random_rows(8)),
    (claims_spec(), claim_rows()),
    (category_spec(), category_rows(11)),
    (category_spec(ordered=True, display={"latest": True, "palette": "teals"}), category_rows(12)),
]
CASES: list[tuple[IndicatorSpec, list[dict[str, Any]], Variant]] = [
    *((spec, rows, PLAIN) for spec, rows in PLAIN_CASES),
    *((make_spec({"latest": True, "k": 5}), random_rows(i), Variant(**how)) for i, how in enumerate(VARIANTS)),
    *((make_spec({"k": 4}), steady_rows(i), Variant(**how)) for i, how in enumerate(OVER_TIME)),
    (make_spec({"mark": "symbol"}, kind="count", unit={"text": text("n")}), steady_rows(8), Variant(base="2010")),
    (make_spec({"mark": "symbol"}, kind="count", unit={"text": text("n")}), steady_rows(9), Variant(upto=True)),
]


@cache
def all_scenes() -> list[tuple[str, dict[str, Any]]]:
    return [
        (lang, build_scene(make_layer(rows, spec, variant), load_words(lang), SOURCES, {"map": "m", "units": "u"}))
        for spec, rows, variant in CASES
        for lang in languages()
    ]


def numbers() -> list[tuple[str, float, int]]:
    """Return numbers of every size and sign, among them halves, which both must round alike."""
    dice = random.Random(20)
    found = [dice.uniform(-1, 1) * 10 ** dice.randint(0, 8) for _ in range(480)]
    found += [round(dice.uniform(-100, 100), dice.randint(0, 3)) for _ in range(200)]
    found += [0.0, 0.5, 1.5, 2.5, 0.125, 0.375, -0.5, 999.5, 999.95, 1e6, 0.285, 1.005, 12345.6785, 1e12, 1000, 9999]
    return [(lang, value, decimals) for lang in languages() for value in found for decimals in range(4)]


@pytest.fixture(scope="module")
def spoken(ask_node: Callable[[str, Any], Any]) -> dict[str, Any]:
    """Return what the browser's functions answer."""
    words = {lang: load_words(lang).subset(*SENT_WORDS) for lang in languages()}
    asked = {
        "scenes": [
            {"scene": scene, "words": words[lang], "units": UNITS, "scopes": SCOPES} for lang, scene in all_scenes()
        ],
        "numbers": numbers(),
        "words": words,
        "counts": [(lang, n) for lang in languages() for n in COUNTS],
        "shares": [(value, 80.0) for value in (0, 1, 20, 80, -5)] + [(1.0, 0)],
        "views": [view.model_dump() for view in VIEWS],
    }
    answer: dict[str, Any] = ask_node("speak.mjs", asked)
    return answer


def test_every_unit_period_and_scope_in_every_language(spoken: dict[str, Any]) -> None:
    compared = 0
    for (lang, scene), periods in zip(all_scenes(), spoken["scenes"], strict=True):
        words = load_words(lang)
        for period, in_scopes in enumerate(periods):
            for scope, browser in zip(SCOPES, in_scopes, strict=True):
                here = (scene["indicator"], lang, scene["mark"], period, scope)
                fills = [fill_of(scene, period, i, scope) for i in range(len(IDS))]
                labels = [
                    None if scene["states"][period][i] == "-" else unit_label(scene, words, UNITS[i], period, i)
                    for i in range(len(IDS))
                ]
                assert browser["fills"] == fills, here
                assert browser["labels"] == labels, here
                assert browser["counts"] == legend_counts(scene, period, scope), here
                assert browser["sources"] == source_text(scene, words, period, scope), here
                compared += len(IDS)
    assert compared > 1500


def test_the_comparison_sees_every_kind_of_paint_and_text() -> None:
    scenes = all_scenes()
    paints = {
        fill_of(scene, p, i, scope) or "hidden"
        for _, scene in scenes
        for p in range(len(scene["periods"]))
        for i in range(len(IDS))
        for scope in SCOPES
    }
    kinds = {paint.split("-")[0] + paint[-2:-1] if paint.startswith("url") else paint[0] for paint in paints}
    assert {"url(#staten", "url(#statea", "url(#states", "url(#statex", "url(#estimated0", "#", "h"} <= kinds
    hatches = {paint[5:].rsplit("-", 1)[0] for paint in paints if paint.startswith("url(#")}
    assert {"older", "unclear", "estimated-older", "estimated-unclear"} <= hatches
    assert {"url(#older-ground)", "url(#unclear-ground)"} <= paints
    qualifiers = {q for _, scene in scenes for q in scene["qualifiers"].values()}
    assert qualifiers == {"at_least", "up_to", "about", "claim"}


def test_numbers(spoken: dict[str, Any]) -> None:
    for (lang, value, decimals), written in zip(numbers(), spoken["numbers"], strict=True):
        assert written == load_words(lang).number(value, decimals), (lang, value, decimals)


def test_plurals_and_ordinals(spoken: dict[str, Any]) -> None:
    asked = [(lang, n) for lang in languages() for n in COUNTS]
    assert spoken["plurals"] == [load_words(lang).plural("foot.sources_more", n) for lang, n in asked]
    assert spoken["ordinals"] == [load_words(lang).ordinal(n) for lang, n in asked]


def test_symbols_have_the_same_size(spoken: dict[str, Any]) -> None:
    asked = [(value, 80.0) for value in (0, 1, 20, 80, -5)] + [(1.0, 0)]
    assert spoken["shares"] == pytest.approx([symbol_share(*one) for one in asked])


def test_addresses_mean_the_same_view(spoken: dict[str, Any]) -> None:
    for view, query in zip(VIEWS, spoken["queries"], strict=True):
        assert query.startswith("?")
        assert parse_qsl(query[1:]) == parse_qsl(view.query()[1:])
