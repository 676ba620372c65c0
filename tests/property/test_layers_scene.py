"""Properties of layers and scenes that hold for any observations: missing is never a number, nothing is lost."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dashboard.fragments import legend_counts
from layers.choices import fit_classes
from layers.classify import MOST_CLASSES
from layers.layer import ELSEWHERE
from layers.palette import PALETTES
from layers.scene import build_scene, fill_of, shown_text, unit_label
from layers.variant import Variant
from layers.words import load_words
from tests.unit.layers.frames import IDS, SOURCES, UNITS, make_layer, make_spec, observation

QUICK = settings(max_examples=25, deadline=None)
REASONS = ("not_collected", "not_assessed", "suppressed", "not_applicable")
values = st.one_of(st.none(), st.floats(-1e9, 1e9, allow_nan=False))
cells = st.dictionaries(st.tuples(st.sampled_from(["A1", "A2", "A3", "B1", "B2"]), st.integers(2010, 2013)), values)
displays = st.fixed_dictionaries(
    {
        "scheme": st.sampled_from(["quantiles", "equal_interval", "head_tail", "std_mean", "pretty"]),
        "k": st.integers(2, 7),
        "decimals": st.integers(0, 3),
        "latest": st.booleans(),
    }
)

variants = st.builds(
    Variant,
    ramp=st.booleans(),
    scale=st.sampled_from([None, "within", "across"]),
    mid=st.sampled_from([None, "zero", "-3.5"]),
    palette=st.sampled_from([None, *PALETTES]),
    breaks=st.sampled_from([None, (0.0,), (-5.0, 0.0, 12.5)]),
)


def rows_of(table: dict[tuple[str, int], float | None], reason: str) -> list[dict[str, Any]]:
    return [
        observation(unit, year, value, missing_reason="" if value is not None else reason)
        for (unit, year), value in table.items()
    ]


@QUICK
@given(cells, displays, st.sampled_from(REASONS), st.sampled_from(["en", "ru"]))
def test_missing_is_never_a_number(
    table: dict[tuple[str, int], float | None], display: dict[str, Any], reason: str, lang: str
) -> None:
    layer = make_layer(rows_of(table, reason), make_spec(display))
    words = load_words(lang)
    scene = build_scene(layer, words, SOURCES, {"map": "m", "units": "u"})
    assert json.loads(json.dumps(scene, allow_nan=False)) == scene
    for period, stop in enumerate(layer.periods):
        for shape, unit in enumerate(IDS):
            given_value = table.get((unit, int(stop.id))) if stop.period else None
            if stop.period is not None:
                assert (scene["values"][period][shape] is None) == (given_value is None)
                if given_value is not None:
                    assert math.isclose(scene["values"][period][shape], given_value, rel_tol=1e-9)
            if scene["values"][period][shape] is not None:
                continue
            assert np.isnan(layer.values[period, shape])
            assert layer.ranks[period, shape] == 0
            if scene["states"][period][shape] != ELSEWHERE:
                assert not any(char.isdigit() for char in shown_text(scene, words, period, shape))
            for scope in scene["scopes"]:
                paint = fill_of(scene, period, shape, scope)
                assert paint is None or paint == scene["ground"] or paint.startswith("url(#state-")


@QUICK
@given(cells, displays, st.sampled_from(["", "AAA", "BBB", "CCC"]))
def test_every_shape_is_counted_once_and_can_be_named(
    table: dict[tuple[str, int], float | None], display: dict[str, Any], scope: str
) -> None:
    layer = make_layer(rows_of(table, "not_collected"), make_spec(display))
    words = load_words("en")
    scene = build_scene(layer, words, SOURCES, {"map": "m", "units": "u"})
    for period in range(len(layer.periods)):
        counts = legend_counts(scene, period, scope)
        assert (counts.get("v", 0), sum(counts.get(s, 0) for s in "vnaxs")) == layer.counts(period, scope)
        assert sum(counts.get(str(i), 0) for i in range(9)) in (0, counts.get("v", 0))
        for shape in range(len(IDS)):
            if layer.states[period, shape] != ELSEWHERE:
                assert unit_label(scene, words, UNITS[shape], period, shape).startswith(f"Place {IDS[shape]}, Land")


@QUICK
@given(cells, displays, variants)
@example(
    {("A1", 2010): 0.0, ("A1", 2011): 13.0},
    {"scheme": "quantiles", "k": 2, "decimals": 0, "latest": False},
    Variant(breaks=(-5.0, 0.0, 12.5)),
)
def test_every_choice_of_classes_paints_every_figure_and_nothing_else(
    table: dict[tuple[str, int], float | None], display: dict[str, Any], variant: Variant
) -> None:
    spec = make_spec(display)
    fitting, _ = fit_classes(spec, variant, {})
    scene = build_scene(make_layer(rows_of(table, "not_collected"), spec, fitting), load_words("en"), SOURCES, {})
    plain = build_scene(make_layer(rows_of(table, "not_collected"), spec), load_words("en"), SOURCES, {})
    assert (scene["values"], scene["states"]) == (plain["values"], plain["states"])
    for scope, found in scene["scopes"].items():
        bounds = [part["bins"] for part in found.get("within", {"": found}).values()]
        assert all(a < b for bins in bounds for a, b in pairwise(bins))
        if fitting.breaks is not None and fitting.mid is None:
            asked = {round(bound, spec.display.decimals) for bound in fitting.breaks}  # as the legend
            assert all(set(bins[:-1]) <= asked for bins in bounds)
        assert len(found["colours"]) == len(found["labels"]) <= MOST_CLASSES
        paints = set(found.get("tones") or found["colours"])
        for period, row in enumerate(scene["values"]):
            for shape, value in enumerate(row):
                inside = scope in ("", scene["iso3"][shape])
                assert (fill_of(scene, period, shape, scope) in paints) == (value is not None and inside)


@QUICK
@given(cells, displays, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    table: dict[tuple[str, int], float | None], display: dict[str, Any], random: Any
) -> None:
    rows = rows_of(table, "not_collected")
    shuffled = list(rows)
    random.shuffle(shuffled)
    words = load_words("en")
    one, other = (
        build_scene(make_layer(r, make_spec(display)), words, SOURCES, {"map": "m", "units": "u"})
        for r in (rows, shuffled)
    )
    assert one == other


@QUICK
@given(cells)
def test_ranks_are_those_of_counting(table: dict[tuple[str, int], float | None]) -> None:
    layer = make_layer(rows_of(table, "not_collected"))
    for period, stop in enumerate(layer.periods):
        for country in "AB":
            known = {u: v for (u, y), v in table.items() if u[0] == country and str(y) == stop.id and v is not None}
            for unit, value in known.items():
                expected = 1 + sum(other > value for other in known.values()) if len(known) > 1 else 0
                assert layer.ranks[period, IDS.index(unit)] == expected
