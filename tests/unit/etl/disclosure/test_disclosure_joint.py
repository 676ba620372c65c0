"""Which equalities bind the cells of a count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from etl.disclosure.joint import age_interval, build_joint
from tests.unit.etl.disclosure.frames import UNITS, cells


def relations(joint):
    """Return the relations in words: unit, years, sex, age of the whole and of its parts."""

    def word(cell):
        if cell >= len(joint.keys):
            return "more"
        unit, (start, end), sex, age = joint.keys[cell]
        first, last = (np.datetime64(day, "D").astype("datetime64[Y]").astype(int) + 1970 for day in (start, end - 1))
        return f"{unit} {first}-{last} {sex} {age[0]}-{age[1]}"

    return {(tuple(map(word, left)), tuple(sorted(map(word, right)))) for left, right in joint.relations}


def test_units_are_the_sum_of_their_children():
    joint = build_joint(
        cells(*[(u, 2020, 2020, "all", "all", n) for u, n in
                (("LAND", 40), ("NORTH", 25), ("SOUTH", 15), ("N1", 20), ("N2", 5))]), UNITS
    )  # fmt: skip
    found = relations(joint)
    assert (("LAND 2020-2020 all 0-200",), ("NORTH 2020-2020 all 0-200", "SOUTH 2020-2020 all 0-200")) in found
    assert (("NORTH 2020-2020 all 0-200",), ("N1 2020-2020 all 0-200", "N2 2020-2020 all 0-200")) in found
    assert len(found) == 2
    assert not joint.hidden.any()


def test_a_level_that_is_left_out_is_passed_over():
    joint = build_joint(
        cells(*[(u, 2020, 2020, "all", "all", n) for u, n in
                (("LAND", 30), ("N1", 5), ("N2", 6), ("S1", 9), ("S2", 10))]), UNITS
    )  # fmt: skip
    (found,) = relations(joint)
    assert found[1] == tuple(f"{u} 2020-2020 all 0-200" for u in ("N1", "N2", "S1", "S2"))


def test_a_missing_part_is_a_hidden_cell():
    joint = build_joint(cells(("NORTH", 2020, 2020, "all", "all", 9), ("N1", 2020, 2020, "all", "all", 4)), UNITS)
    assert joint.hidden.tolist() == [False, False, True]
    assert joint.values.tolist() == [9, 4, 5]


def test_groups_are_the_sum_of_their_members():
    rows = [(u, 2020, 2020, "all", "all", n) for u, n in (("BOTH", 7), ("N1", 3), ("S1", 4))]
    assert (("BOTH 2020-2020 all 0-200",), ("N1 2020-2020 all 0-200", "S1 2020-2020 all 0-200")) in relations(
        build_joint(cells(*rows), UNITS)
    )


def test_persons_are_women_and_men():
    joint = build_joint(cells(*[("N1", 2020, 2020, s, "all", n) for s, n in (("all", 9), ("male", 5))]), UNITS)
    assert joint.values.tolist() == [9, 5, 4]
    assert joint.hidden.tolist() == [False, False, True]


def test_ages_that_overlap_are_related_through_their_common_parts():
    joint = build_joint(
        cells(("N1", 2020, 2020, "all", "all", 100), ("N1", 2020, 2020, "all", "0-14", 40),
              ("N1", 2020, 2020, "all", "15+", 60), ("N1", 2020, 2020, "all", "15-29", 25)), UNITS
    )  # fmt: skip
    found = relations(joint)
    unit = "N1 2020-2020 all"
    assert ((f"{unit} 15-200",), (f"{unit} 15-30", f"{unit} 30-200")) in found
    assert ((f"{unit} 0-200",), (f"{unit} 0-15", f"{unit} 15-30", f"{unit} 30-200")) in found
    assert joint.values[joint.hidden].tolist() == [35]


def test_a_pooled_period_is_the_sum_of_its_years():
    rows = [("N1", year, year, "all", "all", n) for year, n in ((2018, 1), (2019, 2), (2020, 3))]
    joint = build_joint(cells(*rows, ("N1", 2018, 2020, "all", "all", 6)), UNITS)
    years = tuple(f"N1 {year}-{year} all 0-200" for year in (2018, 2019, 2020))
    assert relations(joint) == {(("N1 2018-2020 all 0-200",), years)}


def test_two_pooled_periods_that_overlap_give_a_difference_away():
    rows = [("N1", 2018, 2020, "all", "all", 30), ("N1", 2019, 2021, "all", "all", 32)]
    joint = build_joint(cells(*rows, ("N1", 2021, 2021, "all", "all", 3), ("N1", 2018, 2018, "all", "all", 1)), UNITS)
    assert len(joint.relations) == 2
    assert joint.hidden.sum() == 1  # 2019-2020, which both hold


def test_totals_that_contradict_their_parts_are_named():
    joint = build_joint(cells(*[("N1", 2020, 2020, s, "all", n) for s, n in
                                (("all", 5), ("male", 5), ("female", 4))]), UNITS)  # fmt: skip
    (broken,) = joint.broken
    assert (broken.kind, broken.total, broken.parts) == ("sex", 5, 9)


def test_a_total_above_its_parts_binds_them_loosely():
    joint = build_joint(cells(*[("N1", 2020, 2020, s, "all", n) for s, n in
                                (("all", 11), ("male", 5), ("female", 4))]), UNITS)  # fmt: skip
    assert not joint.broken
    assert [item.kind for item in joint.loose] == ["sex"]
    assert joint.values.tolist() == [11, 5, 4, 2]


def test_figures_withheld_by_their_source_are_hidden_and_fit():
    rows = [(u, 2020, 2020, "all", "all", n) for u, n in (("NORTH", 25), ("N1", np.nan), ("N2", 5))]
    joint = build_joint(cells(*rows), UNITS)
    assert joint.hidden.tolist() == [False, True, False]
    assert joint.values.tolist() == [25, 20, 5]


def test_rounded_rates_may_be_off_a_little():
    rows = [(u, 2020, 2020, "all", "all", n) for u, n in (("NORTH", 26), ("N1", 20), ("N2", 5))]
    joint = build_joint(cells(*rows), UNITS, tolerance=0.5)
    assert not joint.broken
    assert not joint.loose
    assert joint.ceiling[-2:].tolist() == [1.5, 1.5]
    ((left, right),) = joint.relations
    assert joint.values[left].sum() == joint.values[right].sum()


@pytest.mark.parametrize(
    ("text", "expected"), [("all", (0, 200)), ("65+", (65, 200)), ("15-29", (15, 30)), ("7", (7, 8))]
)
def test_age_groups_are_intervals(text, expected):
    assert age_interval(text) == expected


def test_other_boundary_sets_bind_nothing():
    df = cells(("NORTH", 2020, 2020, "all", "all", 25), ("N1", 2020, 2020, "all", "all", 20))
    assert build_joint(df.assign(boundary_set="other"), pd.DataFrame(UNITS)).relations == []


def reach(joint, cell):
    """Return the least and the most that a cell can be for a reader who knows all others that are told."""
    unknown = np.flatnonzero(joint.hidden | (np.arange(len(joint.values)) == cell))
    matrix = np.zeros((len(joint.relations), len(joint.values)))
    for row, (left, right) in enumerate(joint.relations):
        np.add.at(matrix[row], left, 1)
        np.add.at(matrix[row], right, -1)
    known = np.setdiff1d(np.arange(len(joint.values)), unknown)
    total = -matrix[:, known] @ joint.values[known]
    ends = []
    for sign in (1, -1):
        found = linprog(sign * (unknown == cell), A_eq=matrix[:, unknown], b_eq=total, bounds=(0, None))
        assert found.status in (0, 3)
        ends.append(sign * found.fun if found.status == 0 else np.inf)
    return ends


YEARS = (2018, 2019, 2020)
POOLED, SINGLE = [("NORTH", 2018, 2020, "all", "all", 90)], {"N1": (20, 4, 13), "N2": (20, 20, 13)}


@pytest.mark.parametrize(
    "rows",
    [
        # a region in three years, its districts in single ones
        [*POOLED, *[(u, y, y, "all", "all", v) for u in SINGLE for y, v in zip(YEARS, SINGLE[u], strict=True)]],
        # the country in three years, districts in single ones, no region at all
        [
            ("LAND", 2018, 2020, "all", "all", 90),
            *[(u, y, y, "all", "all", v) for u in SINGLE for y, v in zip(YEARS, SINGLE[u], strict=True)],
            *[(u, y, y, "all", "all", 0) for u in ("S1", "S2") for y in YEARS],
        ],
        # a region in single years, its districts in three
        [
            ("N1", 2018, 2020, "all", "all", 37),
            ("N2", 2018, 2020, "all", "all", 53),
            *[("NORTH", y, y, "all", "all", v) for y, v in zip(YEARS, (40, 24, 26), strict=True)],
        ],
        # a region of all persons in three years, its districts of women and men in single ones
        [
            *POOLED,
            *[
                (u, y, y, sex, "all", v / 2)
                for u in SINGLE
                for y, v in zip(YEARS, (20, 4, 21) if u == "N1" else (20, 20, 5), strict=True)
                for sex in ("female", "male")
            ],
        ],
    ],
)  # fmt: skip
def test_wholes_and_parts_in_other_periods_are_joined(rows):
    joint = build_joint(cells(*rows), UNITS)
    assert not joint.loose
    for cell, row in enumerate(rows):
        assert reach(joint, cell) == pytest.approx([row[5], row[5]]), row
