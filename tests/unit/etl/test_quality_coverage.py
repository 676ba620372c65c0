"""What is there, what is missing and why, by unit and period, in units and in people."""

from __future__ import annotations

import pandas as pd
import pytest

from etl.quality.coverage import cover, list_places
from tests.unit.etl.quality_frames import grid_of, observe

UNITS = pd.DataFrame(
    [
        ("LND", "OLD", "ADM1", "A"), ("LND", "OLD", "ADM1", "B"),
        ("LND", "NEW", "ADM1", "A"), ("LND", "NEW", "ADM1", "C"), ("LND", "NEW", "ADM1", "D"),
    ],
    columns=["iso3", "boundary_set", "level", "unit_id"],
)  # fmt: skip


def rows():
    old = observe({("A", 2010): 5.0, ("B", 2010): 6.0}, boundary_set="OLD")
    new = observe({("A", 2020): 7.0, ("C", 2020): None, ("A", 2021): None}, boundary_set="NEW")
    new[1] |= {"missing_reason": "not_assessed"}
    new[2] |= {"missing_reason": "suppressed", "conf_status": "C"}
    return [*old, *new, *observe({("C", 2021): 8.0}, boundary_set="NEW", obs_status="E")]


def block_of(population=None):
    (block,) = cover(grid_of(rows()), list_places(UNITS, population))
    return block


def test_every_cell_says_what_is_there():
    matrix = block_of()["matrix"]
    assert dict(zip(matrix["units"], matrix["cells"], strict=True)) == {
        "A": "vvs", "C": ".ae", "D": ".--", "B": "v..",
    }  # fmt: skip
    assert matrix["periods"][0] == ["2010-01-01", "2010-12-31"]
    assert matrix["with_figure"] == [2, 1, 1]
    assert matrix["expected"] == [2, 3, 3]


def test_the_newest_period_and_the_counts_are_told():
    block = block_of()
    assert block["boundary_sets"] == ["NEW", "OLD"]
    assert (block["rows"], block["rows_with_figure"], block["periods"]) == (6, 4, 3)
    assert block["newest"] == {
        "period_start": "2021-01-01", "period_end": "2021-12-31", "units": 1, "expected": 3, "population_share": None,
    }  # fmt: skip


def test_people_are_told_only_where_the_population_of_every_unit_is_known():
    people = grid_of(observe({("A", 2015): 30.0, ("B", 2015): 70.0, ("C", 2015): 10.0}))
    assert block_of(people)["matrix"]["population_share"] == [1.0, None, None]
    people = grid_of(observe({("A", 2010): 99.0, ("A", 2015): 30.0, ("C", 2015): 10.0, ("D", 2015): 60.0}))
    assert block_of(people)["matrix"]["population_share"] == [None, pytest.approx(0.3), pytest.approx(0.1)]


def test_the_figure_for_all_decides_and_else_the_fullest_of_the_others():
    found = rows()[:2]
    found += observe({("A", 2011): None}, boundary_set="OLD") + observe(
        {("A", 2011): 3.0, ("B", 2011): 4.0}, boundary_set="OLD", sex="female"
    )
    (block,) = cover(grid_of(found), list_places(UNITS, None))
    assert dict(zip(block["matrix"]["units"], block["matrix"]["cells"], strict=True)) == {"A": "vn", "B": "vv"}
