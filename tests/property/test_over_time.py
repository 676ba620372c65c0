"""Figures over time, whatever the series: nothing is made up, carried over a break, or told of what is withheld."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.over_time import interval_of_difference
from layers.states import ELSEWHERE, SUPPRESSED, VALUE
from layers.variant import Variant
from tests.unit.layers.frames import IDS, make_layer, make_spec, observation

QUICK = settings(max_examples=25, deadline=None)
UNITS = ("A1", "A2", "A9", "B1", "B2")
YEARS = (2006, 2008, 2012, 2014, 2018)
FATES = ("value", "value", "value", "estimated", "break", "suppressed", "not_assessed", "not_applicable", "absent")
COUNTRY = {"A": "AAA", "B": "BBB"}

number = st.floats(-1e4, 1e4, allow_nan=False).map(lambda v: round(v, 3))
reach = st.floats(0, 1e3, allow_nan=False)


@st.composite
def figures(draw: st.DrawFn) -> tuple[float, float, float]:
    """Draw a figure with its interval."""
    value = draw(number)
    return value, value - draw(reach), value + draw(reach)


@st.composite
def series(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw rows of five units in five years, at least one figure in each year."""
    rows = []
    for year in YEARS:
        for unit in UNITS:
            if (unit == "A2" and year < 2010) or (unit == "A9" and year > 2010):
                continue
            fate = draw(st.sampled_from(FATES)) if unit != "B1" else "value"
            if fate in ("value", "estimated", "break"):
                value, low, high = draw(figures())
                status = {"value": "A", "estimated": "E", "break": "B"}[fate]
                rows.append(observation(unit, year, value, low=low, high=high, obs_status=status))
            elif fate != "absent":
                rows.append(observation(unit, year, missing_reason=fate))
    return rows


@settings(deadline=None)
@given(figures(), figures())
def test_an_interval_holds_its_difference_and_turns_round_with_it(
    one: tuple[float, float, float], other: tuple[float, float, float]
) -> None:
    low, high = interval_of_difference(one, other)
    assert low <= one[0] - other[0] <= high
    back_low, back_high = interval_of_difference(other, one)
    assert (back_low, back_high) == pytest.approx((-high, -low))
    widths = (one[2] - one[1]) + (other[2] - other[1])
    assert high - low <= widths + 1e-6  # never wider than both together


@QUICK
@given(series(), st.sampled_from(("absolute", "percent")), st.integers(0, len(YEARS) - 2))
def test_a_change_is_of_two_shown_figures_of_one_place_without_a_break(
    rows: list[dict[str, Any]], measure: Any, at: int
) -> None:
    plain = make_layer(rows, make_spec())
    base = plain.periods[at].id
    layer = make_layer(rows, make_spec(), Variant(base=base, measure=measure))
    assert [stop.id for stop in layer.periods] == [stop.id for stop in plain.periods[at + 1 :]]
    for period in range(len(layer.periods)):
        for shape in range(len(IDS)):
            now, then = plain.states[at + 1 + period, shape], plain.states[at, shape]
            state = layer.states[period, shape]
            assert (state == ELSEWHERE) == (now == ELSEWHERE)
            if SUPPRESSED in (now, then) and now != ELSEWHERE:
                assert state == SUPPRESSED
            if state != VALUE:
                assert np.isnan(layer.values[period, shape])
                continue
            assert (now, then) == (VALUE, VALUE)
            assert "b" not in plain.flags[at + 1 : at + 2 + period, shape]
            later, earlier = plain.values[at + 1 + period, shape], plain.values[at, shape]
            expected = later - earlier if measure == "absolute" else (later - earlier) / earlier * 100
            assert layer.values[period, shape] == pytest.approx(expected, rel=1e-9, abs=1e-8)


@QUICK
@given(series())
def test_what_is_carried_is_a_published_figure_of_the_place(rows: list[dict[str, Any]]) -> None:
    plain, layer = make_layer(rows, make_spec()), make_layer(rows, make_spec(), Variant(upto=True))
    for period in range(len(layer.periods)):
        for shape in range(len(IDS)):
            before, state = plain.states[period, shape], layer.states[period, shape]
            if before in (VALUE, SUPPRESSED, "x"):
                assert state == before
            if state != VALUE:
                assert np.isnan(layer.values[period, shape])
                continue
            own = int(layer.own_period[period, shape])
            assert own <= period
            assert plain.states[own, shape] == VALUE
            assert layer.values[period, shape] == plain.values[own, shape]
            assert (plain.states[own + 1 : period + 1, shape] != SUPPRESSED).all()
            assert "b" not in plain.flags[own + 1 : period + 1, shape]
            iso3 = COUNTRY[IDS[shape][0]]
            assert layer.periods[period].sets[iso3] == plain.periods[own].sets[iso3]
