"""Each check finds what was planted, and nothing where nothing can be said."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from etl.quality.checks import (
    check_age,
    check_neighbours,
    check_own_past,
    check_scale,
    check_share,
    check_totals,
    find_all,
)
from etl.quality.model import Thresholds
from tests.unit.etl.quality_frames import UNITS, grid_of, near_of_square, observe, table_of

LIMITS = Thresholds()
NEAR = near_of_square()
YEARS = range(2010, 2020)
COUNT = {"kind": "count", "unit": {"text": {"en": "persons", "ru": "человек"}},
         "value_range": (0, None), "display": {"mark": "symbol", "level": "ADM1"}}  # fmt: skip


def smooth(years=(2020,), noise=1.0):
    """Return a field that rises from west to east, with a little noise, the same at every run."""
    rng = np.random.default_rng(3)
    return {(u, y): round(30 + 3 * int(u[2]) + rng.normal(0, noise), 1) for y in years for u in UNITS}


def test_a_unit_unlike_its_neighbours_is_found():
    figures = smooth() | {("U11", 2020): 70.0}
    (line,) = check_neighbours(grid_of(observe(figures)), NEAR, LIMITS)
    assert (line["unit_id"], line["value"], line["periods"], line["periods_checked"]) == ("U11", 70.0, 1, 1)
    around = [figures[other, 2020] for other in NEAR.near["U11"]]
    assert line["expected"] == pytest.approx(np.median(around))
    assert line["score"] > 3.5


def test_a_smooth_field_gives_no_line():
    assert check_neighbours(grid_of(observe(smooth())), NEAR, LIMITS) == []


def test_too_few_units_are_not_compared():
    figures = {(u, y): v for (u, y), v in smooth().items() if u[1] == "0"} | {("U01", 2020): 90.0}
    assert check_neighbours(grid_of(observe(figures)), NEAR, LIMITS) == []


def test_counts_are_not_compared_with_neighbours():
    figures = smooth() | {("U11", 2020): 700.0}
    assert check_neighbours(grid_of(observe(figures), **COUNT), NEAR, LIMITS) == []


def test_a_withheld_neighbour_takes_no_part():
    figures = {unit_year: 30.0 + int(unit_year[0][2]) / 10 for unit_year in smooth()}
    rows = observe(figures)
    for row in rows:
        if row["unit_id"] in ("U10", "U12", "U01"):
            row |= {"value": 99.0, "conf_status": "C"}  # as it never is: a withheld figure has lost its numbers
    grid = grid_of(rows)
    hidden = [series for series in range(16) if grid.name("unit_id", series) in ("U10", "U12", "U01")]
    assert np.isnan(grid.value[hidden]).all()
    assert check_neighbours(grid, NEAR, LIMITS) == []


def test_a_lasting_difference_is_told_apart():
    figures = smooth(YEARS) | {("U11", year): 70.0 for year in YEARS}
    lines = {line["unit_id"]: line for line in check_neighbours(grid_of(observe(figures)), NEAR, LIMITS)}
    assert lines["U11"]["lasting"] is True
    assert lines["U11"]["periods"] == lines["U11"]["periods_checked"] == len(YEARS)


def steady(noise=0.4):
    rng = np.random.default_rng(8)
    return {(u, y): round(40 + (y - 2010) * 0.5 + rng.normal(0, noise), 1) for u in UNITS for y in YEARS}


def test_a_jump_in_a_series_is_found_with_the_figure_before():
    figures = steady() | {("U22", y): 60.0 + y - 2015 for y in range(2015, 2020)}
    (line,) = check_own_past(grid_of(observe(figures)), LIMITS)
    assert (line["unit_id"], line["period_start"], line["value"]) == ("U22", "2015-01-01", 60.0)
    assert (line["expected"], line["expected_start"]) == (figures["U22", 2014], "2014-01-01")


def test_a_jump_that_all_units_share_is_none():
    figures = {(u, y): v + (20 if y >= 2015 else 0) for (u, y), v in steady().items()}
    assert check_own_past(grid_of(observe(figures)), LIMITS) == []


@pytest.mark.parametrize("how", ["declared", "marked"])
def test_no_change_across_a_break_is_told(how):
    figures = steady() | {("U22", y): 60.0 + (y - 2015) * 0.5 for y in range(2015, 2020)}
    rows = observe(figures)
    note = {"en": "New definition.", "ru": "Новое определение."}
    changes = {}
    if how == "declared":
        changes = {"comparability": [{"iso3": "LND", "date": date(2015, 1, 1), "note": note}]}
    else:
        for row in rows:
            row["obs_status"] = "B" if (row["unit_id"], row["year"]) == ("U22", 2015) else "A"
    assert check_own_past(grid_of(rows, **changes), LIMITS) == []


def test_a_short_series_is_not_judged():
    figures = {(u, y): v for (u, y), v in steady().items() if y < 2015} | {("U22", 2014): 90.0}
    assert check_own_past(grid_of(observe(figures)), LIMITS) == []


def test_small_counts_move_by_chance():
    rng = np.random.default_rng(1)
    figures = {(u, y): float(rng.poisson(3)) for u in UNITS for y in YEARS}
    assert check_own_past(grid_of(observe(figures), **COUNT), LIMITS) == []


def parts(value=100.0):
    return {(unit, 2020): value for unit in UNITS}


def test_a_total_that_is_not_the_sum_is_found():
    (line,) = check_totals(grid_of(observe(parts(101.0) | {("LAND", 2020): 1700.0}), **COUNT), NEAR, LIMITS)
    assert (line["kind"], line["unit_id"], line["value"], line["expected"]) == ("total", "LAND", 1700.0, 1616.0)
    assert (line["parts"], line["score"]) == (16, pytest.approx(-4.94))


def test_rounding_explains_a_difference():
    figures = parts(101.0) | {("LAND", 2020): 1620.0}
    assert check_totals(grid_of(observe(figures), **COUNT), NEAR, LIMITS) == []


@pytest.mark.parametrize("gone", ["absent", "empty", "withheld"])
def test_totals_need_every_part(gone):
    rows = observe(parts(101.0) | {("LAND", 2020): 1700.0})
    if gone == "absent":
        rows = rows[1:]
    else:
        rows[0] |= {"value": None, "obs_status": "M"}
        rows[0] |= {"missing_reason": "suppressed", "conf_status": "C"} if gone == "withheld" else {}
    assert check_totals(grid_of(rows, **COUNT), NEAR, LIMITS) == []


def test_a_rate_must_lie_among_those_of_its_parts():
    figures = {(unit, 2020): 20.0 + at for at, unit in enumerate(UNITS)}
    (line,) = check_totals(grid_of(observe(figures | {("LAND", 2020): 60.0})), NEAR, LIMITS)
    assert (line["kind"], line["expected"], line["expected_high"]) == ("range", 20.0, 35.0)
    assert check_totals(grid_of(observe(figures | {("LAND", 2020): 35.4})), NEAR, LIMITS) == []


def test_a_share_among_percentages_is_found():
    figures = steady() | {("U03", 2013): 0.41}
    lines = check_scale(grid_of(observe(figures)), LIMITS)
    found = {(line["unit_id"], line["period_start"], line["factor"]) for line in lines}
    assert ("U03", "2013-01-01", 0.01) in found


def test_thousands_among_counts_are_one_line_for_a_country():
    figures = {(u, y): v * 1000 for (u, y), v in steady().items()}
    figures = {(u, y): v / 1000 if y >= 2016 else v for (u, y), v in figures.items()}
    (line,) = check_scale(grid_of(observe(figures), **COUNT), LIMITS)
    assert (line["period_start"], line["factor"], line["units"]) == ("2016-01-01", pytest.approx(0.001), 16)


def test_figures_that_often_differ_that_much_give_no_line():
    rng = np.random.default_rng(2)
    figures = {(u, y): float(np.round(10 ** rng.uniform(-1, 2), 2)) for u in UNITS for y in YEARS}
    assert check_scale(grid_of(observe(figures)), LIMITS) == []


def test_percentages_between_0_and_1_are_told_once():
    (line,) = check_share(grid_of(observe({(unit, 2020): 0.4 for unit in UNITS})), LIMITS)
    assert (line["unit_id"], line["values"], line["expected"]) == ("", 16, 0.4)


def test_small_percentages_beside_larger_ones_of_that_order_are_none():
    rows = observe({(unit, 2020): 0.4 for unit in UNITS})
    rows += observe({(unit, 2021): 2.0 for unit in UNITS}, source_id="s2")
    assert check_share(grid_of(rows), LIMITS) == []


def test_age_is_counted_to_the_day_given():
    grid = grid_of(observe({("U00", 2010): 3.0, ("U00", 2012): None}))
    day = int(np.datetime64("2020-12-31", "D").astype("int64"))
    (line,) = check_age(grid, day, LIMITS)
    assert (line["period_end"], line["score"]) == ("2010-12-31", 10.0)
    assert check_age(grid_of(observe({("U00", 2019): 3.0})), day, LIMITS) == []


def test_severe_indicators_and_claims_are_not_judged():
    figures = smooth() | {("U11", 2020): 70.0}
    day = int(np.datetime64("2030-12-31", "D").astype("int64"))
    neutral = {"palette": "greys", "level": "ADM1"}
    protected = {"sensitivity": "severe", "disclosure": {"denominator": "population"}, "display": neutral}
    for changes in (protected, {"kind": "range", "display": {"mark": "range", "level": "ADM1"}}):
        found = find_all([grid_of(observe(figures), **changes)], NEAR, day, LIMITS)
        assert sum(map(len, found.values())) == 0
    assert sum(map(len, find_all([grid_of(observe(figures))], NEAR, day, LIMITS).values())) == 2


def test_frames_are_published_observations():
    assert len(table_of(observe(smooth()))) == 16
