"""Two layers on one map are the same in Python and in the browser: every unit, period, scope and way of drawing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from dashboard.fragments import pair_source_text
from dashboard.page import LATE_WORDS, SENT_WORDS
from layers.bivariate import COLOURS, FILLS, Pair, period_text, second_text, third
from layers.layer import Shapes, build_layer
from layers.scene import build_scene
from layers.variant import Scale, Variant
from layers.words import languages, load_words
from tests.unit.dashboard.test_renderers_agree import SCOPES, random_rows
from tests.unit.layers.frames import IDS, MAP, SOURCES, make_frame, make_spec, observation, text

WITHIN: list[tuple[int, int, Scale | None]] = [(1, 2, "across"), (3, 4, "within"), (5, 6, None)]


def scene_of(rows: list[dict[str, Any]], name: str, lang: str, scale: Scale | None, k: int) -> dict[str, Any]:
    spec = make_spec({"k": k, "latest": k == 3}, id=name, title=text(name), headline=text(name))
    layer = build_layer(spec, "ADM1", make_frame(rows), Shapes.from_map(MAP), Variant(scale=scale))
    return build_scene(layer, load_words(lang), SOURCES, {"map": "m", "units": "u"})


@cache
def pairs() -> list[tuple[str, Pair]]:
    """Return pairs over seeded figures: every state and status, "latest", a late start, a place looked into."""
    found = []
    for lang in languages():
        for one, other, scale in WITHIN:
            base, first = (scene_of(random_rows(one), "water", lang, scale, k) for k in (5, 3))
            base["periods"] = first["periods"][: len(base["periods"])]
            late = [observation(unit, 2012, value) for unit, value in (("A1", 3.0), ("A2", 5.0), ("B1", 7.0))]
            second = scene_of(random_rows(other) if scale != "within" else late, "moves", lang, scale, 3)
            if scale == "across":
                base["within"] = ["11011010"] * len(base["periods"])
            found += [(lang, Pair(fill, base, first if fill == "bivariate" else base, second)) for fill in FILLS]
    return found


@pytest.fixture(scope="module")
def spoken(ask_node: Callable[[str, Any], Any]) -> dict[str, Any]:
    """Return what the browser's functions answer."""
    asked = [
        {
            "fill": pair.fill, "base": pair.base, "first": pair.first, "second": pair.second, "scopes": SCOPES,
            "words": load_words(lang).subset(*SENT_WORDS, *LATE_WORDS),
        }
        for lang, pair in pairs()
    ]  # fmt: skip
    answer: dict[str, Any] = ask_node("pair.mjs", {"asked": asked})
    return answer


def test_every_unit_period_scope_and_way_of_drawing(spoken: dict[str, Any]) -> None:
    compared = 0
    for (lang, pair), periods in zip(pairs(), spoken["pairs"], strict=True):
        words = load_words(lang)
        for period, browser in enumerate(periods):
            assert browser["other"] == pair.other(period)
            assert browser["note"] == period_text(pair, words, period)
            assert browser["texts"] == [second_text(pair, words, period, i) for i in range(len(IDS))]
            for scope, told in zip(SCOPES, browser["scopes"], strict=True):
                here = (lang, pair.fill, period, scope)
                shapes = range(len(IDS))
                assert told["paints"] == [pair.paint(period, i, scope) for i in shapes], here
                assert told["marks"] == [pair.mark(period, i, scope) for i in shapes], here
                assert told["entries"] == [pair.entries(period, i, scope) for i in shapes], here
                assert told["counts"] == pair.counts(period, scope), here
                assert told["source"] == pair_source_text(pair, words, period, scope), here
                compared += len(IDS)
    assert compared > 1000


def test_the_comparison_sees_cells_states_estimates_and_marks() -> None:
    shown = [(p, period, i) for _, p in pairs() for period in range(len(p.base["periods"])) for i in range(len(IDS))]
    paints = {p.paint(period, i, "") or "hidden" for p, period, i in shown if p.fill == "bivariate"}
    assert len(paints & set(COLOURS)) >= 6
    assert {"hidden", "url(#state-n)", "url(#state-s)", pairs()[0][1].base["ground"]} <= paints
    assert any(paint.startswith("url(#both-") for paint in paints)
    assert {p.mark(period, i, "") for p, period, i in shown} == {"l", "m", "t", "w", None}
    assert {p.other(period) is None for p, period, _ in shown} == {True, False}


def test_colours_and_thirds(spoken: dict[str, Any]) -> None:
    assert spoken["colours"] == list(COLOURS)
    assert spoken["thirds"] == [[third(digit, k) for digit in range(k)] for k in range(1, 10)]
