"""The crosswalk table: what it refuses, and what a line of it means."""

from __future__ import annotations

import pandas as pd
import pytest

from etl.crosswalk import check_crosswalk, links_between
from etl.problems import Problems

COLUMNS = ["from_set", "to_set", "level", "from_unit", "to_unit", "share_population", "share_area", "method"]
UNITS = pd.DataFrame(
    [
        ("old", "A", "ADM1", "XAA"), ("old", "B", "ADM1", "XAA"), ("old", "C", "ADM1", "XAA"),
        ("new", "A", "ADM1", "XAA"), ("new", "D", "ADM1", "XAA"), ("new", "E", "ADM1", "XAA"),
        ("other", "Z", "ADM1", "XBB"),
    ],
    columns=["boundary_set", "unit_id", "level", "iso3"],
).assign(_file="data/units.csv")  # fmt: skip
GOOD = [
    ("old", "new", "ADM1", "B", "D", "0.25", "0.5", "population"),
    ("old", "new", "ADM1", "B", "E", "0.75", "0.5", "population"),
    ("old", "new", "ADM1", "C", "E", "", "", "exact_membership"),
]


def table(rows: list[tuple[str, ...]]) -> pd.DataFrame:
    df = pd.DataFrame(rows, columns=COLUMNS, dtype="str")
    return df.assign(_file="data/crosswalk.csv", _row=range(2, len(rows) + 2))


def check(rows: list[tuple[str, ...]]) -> tuple[pd.DataFrame, list[str]]:
    problems = Problems()
    typed = check_crosswalk(table(rows), UNITS, problems)
    return typed, [str(problem) for problem in problems.found]


def test_a_good_table_is_typed_and_a_whole_unit_is_one() -> None:
    typed, found = check(GOOD)
    assert found == []
    assert typed["share_population"].tolist() == [0.25, 0.75, 1.0]
    assert typed["share_area"].tolist() == [0.5, 0.5, 1.0]


@pytest.mark.parametrize(
    ("row", "column", "cell", "words"),
    [
        (0, "share_population", "0.3", "B: shares that add up to 1.05"),
        (0, "share_population", "0.2500000021", "add up to 1.0000000021"),
        (0, "share_population", "", "a share in every row of the unit, or in none"),
        (0, "share_population", "1.25", "a share from 0 to 1"),
        (0, "share_area", "half", "a share from 0 to 1"),
        (0, "from_unit", "D", "a unit of from_set and level"),
        (0, "to_unit", "B", "a unit of to_set and level"),
        (0, "to_set", "other", "a set of the same country"),
        (0, "to_set", "old", "another set than from_set"),
        (0, "from_set", "older", "a set of data/boundary_sets.csv"),
        (0, "level", "ADM2", "a unit of from_set and level"),
        (0, "method", "by eye", "one of exact_membership, population, area"),
        (0, "method", "", "expected a value"),
        (1, "to_unit", "D", "a key that occurs once"),
    ],
)
def test_a_faulty_cell_is_named(row: int, column: str, cell: str, words: str) -> None:
    rows = [list(values) for values in GOOD]
    rows[row][COLUMNS.index(column)] = cell
    _, found = check([tuple(values) for values in rows])
    assert any(words in line and line.startswith("data/crosswalk.csv, row") for line in found), found


def test_rounding_within_a_billionth_is_no_fault() -> None:
    rows = [list(values) for values in GOOD]
    rows[0][5] = "0.2500000009"
    assert check([tuple(values) for values in rows])[1] == []


def test_a_divided_unit_needs_the_share_of_its_method() -> None:
    rows = [(*values[:5], "", "", values[7]) for values in GOOD]
    _, found = check(rows)
    assert [line for line in found if "a share where the method is population" in line]


def test_units_of_both_sets_stay_as_they_are() -> None:
    typed, _ = check(GOOD)
    links = links_between(typed, UNITS, "old", "new", "ADM1")
    assert links is not None
    assert [(row.from_unit, row.to_unit, row.share_area) for row in links.itertuples()] == [
        ("A", "A", 1.0), ("B", "D", 0.5), ("B", "E", 0.5), ("C", "E", 1.0),
    ]  # fmt: skip
    assert links_between(typed, UNITS, "old", "other", "ADM1") is None
    assert links_between(typed, UNITS, "old", "new", "ADM2") is None


def test_an_empty_table_is_fine() -> None:
    typed, found = check([])
    assert found == []
    assert list(typed[["share_population", "share_area"]].dtypes.astype(str)) == ["float64", "float64"]
