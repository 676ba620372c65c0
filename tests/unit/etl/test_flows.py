"""Moves of people between units: what a package may say, what is refused, and how small numbers are withheld."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from etl.__main__ import main
from etl.flows import protect_flows, withheld_cells
from layers.catalog import FlowSpec
from tests.fixtures.small_package import add_table, problem_lines, write_csv, write_package

HEADER = [
    "flow_id", "level", "from_set", "from_unit", "to_set", "to_unit", "period_start", "period_end", "persons",
    "missing_reason", "source_id",
]  # fmt: skip
GOOD = ["moves", "ADM1", "XAA-2020", "XA-WE", "XAA-2020", "XA-EA", "2021-01-01", "2021-12-31", "120", "", "census"]
CATALOG = """
- id: moves
  title: {en: "Moves", ru: "Переезды"}
  unit: {en: "persons", ru: "чел."}
  definition: {en: "Persons who moved.", ru: "Переехавшие лица."}
  definition_source: "Register"
  k: 10
"""


def spec(k: int = 10) -> FlowSpec:
    text = {"en": "x", "ru": "х"}
    return FlowSpec.model_validate(
        {"id": "moves", "title": text, "unit": text, "definition": text, "definition_source": "x", "k": k}
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = write_package(tmp_path / "small")
    add_table(root, "flows", HEADER)
    (root / "catalog" / "flows.yml").write_text(CATALOG, encoding="utf-8")
    return root


def row(**changes: str) -> list[str]:
    return [changes.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]


def published(root: Path, out: Path) -> pd.DataFrame:
    assert main(["build", str(root), "--out", str(out), "--quiet"]) == 0
    current = (out / "public" / "CURRENT").read_text(encoding="utf-8").strip()
    return pd.read_parquet(out / "public" / current / "flows.parquet")


def test_flows_are_published_typed_with_small_numbers_withheld(package: Path, tmp_path: Path) -> None:
    back = row(from_unit="XA-EA", to_unit="XA-WE", persons="9")
    unknown = row(period_start="2022-01-01", period_end="2022-12-31", persons="", missing_reason="not_collected")
    write_csv(package / "data" / "flows.csv", [HEADER, GOOD, back, unknown])
    table = published(package, tmp_path / "out").sort_values(["period_start", "from_unit"])
    assert table["from_unit"].astype("str").tolist() == ["XA-EA", "XA-WE", "XA-WE"]
    assert table["persons"].isna().tolist() == [True, False, True]
    assert table["missing_reason"].astype("str").tolist() == ["suppressed", "", "not_collected"]
    assert table["persons"].dropna().tolist() == [120.0]


def test_a_package_without_flows_publishes_an_empty_table(tmp_path: Path) -> None:
    assert len(published(write_package(tmp_path / "small"), tmp_path / "out")) == 0


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("flow_id", "trips", "expected one of moves. Declare the flow in catalog/flows.yml"),
        ("level", "ADM3", "expected one of ADM0, ADM1, ADM2"),
        ("from_unit", "XA-NE", "expected a unit of that boundary set and level"),
        ("to_unit", "XA-WE", "expected another unit than from_unit"),
        ("to_set", "", "expected a value"),
        ("period_start", "2021", "expected a date such as"),
        ("period_end", "2020-12-31", "expected a day not before period_start"),
        ("persons", "12.5", "expected a whole number, 0 or more"),
        ("persons", "-4", "expected a whole number, 0 or more"),
        ("persons", "", "Missing is never zero"),
        ("missing_reason", "suppressed", "expected no reason beside a number"),
        ("source_id", "gossip", "expected one of atlas, census, panel"),
    ],
)
def test_a_wrong_row_is_refused_with_its_reason(
    package: Path, capsys: pytest.CaptureFixture[str], column: str, value: str, expected: str
) -> None:
    later = {"period_start": "2023-01-01", "period_end": "2023-12-31"}
    write_csv(package / "data" / "flows.csv", [HEADER, GOOD, row(**(later | {column: value}))])
    lines = [line for line in problem_lines(package, capsys) if expected in line]
    assert len(lines) == 1, lines
    assert lines[0].startswith("data/flows.csv, row 3, ")


def test_totals_of_other_rows_are_refused(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    half = row(from_unit="XA-EA", to_unit="XA-WE", period_end="2021-06-30")
    write_csv(package / "data" / "flows.csv", [HEADER, GOOD, half])
    assert any("expected periods of a flow that do not overlap" in line for line in problem_lines(package, capsys))
    country = row(level="ADM0", from_unit="XAA", to_unit="XBB", to_set="XBB-2020")
    write_csv(package / "data" / "flows.csv", [HEADER, GOOD, country])
    assert any("expected one level for all rows of a flow" in line for line in problem_lines(package, capsys))


def test_the_same_cell_twice_is_refused(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(package / "data" / "flows.csv", [HEADER, GOOD, GOOD])
    (line,) = problem_lines(package, capsys)
    assert "already in row 2" in line


def test_persons_are_refused(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    content["resources"][-1]["schema"]["fields"].append({"name": "passport", "type": "string"})
    (package / "datapackage.json").write_text(json.dumps(content), encoding="utf-8")
    write_csv(package / "data" / "flows.csv", [[*HEADER, "passport"], [*GOOD, "AB1234567"]])
    assert any("no data on persons" in line for line in problem_lines(package, capsys))


def test_a_flow_of_high_sensitivity_is_refused(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (package / "catalog" / "flows.yml").write_text(CATALOG + "  sensitivity: high\n", encoding="utf-8")
    write_csv(package / "data" / "flows.csv", [HEADER, GOOD])
    assert any(line.startswith("catalog/flows.yml, row 8, sensitivity: ") for line in problem_lines(package, capsys))


def test_a_second_number_goes_with_one_that_is_withheld_alone() -> None:
    persons = np.array([[np.nan, 4, 50], [30, np.nan, 70], [60, 80, np.nan]])
    ring = [[False, True, True], [True, False, True], [True, True, False]]  # of three units, none can be left out
    assert withheld_cells(persons, 10).tolist() == ring
    four = np.array([[np.nan, 4, 50, 900], [30, np.nan, 700, 950], [600, 800, np.nan, 990], [20, 990, 40, np.nan]])
    assert withheld_cells(four, 10).astype(int).tolist() == [[0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]]
    assert withheld_cells(np.array([[np.nan, 40.0], [50.0, np.nan]]), 10).sum() == 0


tables = st.integers(2, 7).flatmap(
    lambda n: arrays(np.float64, (n, n), elements=st.sampled_from([0.0, 1.0, 3.0, 9.0, 10.0, 25.0, 400.0]))
)


@given(tables)
def test_no_line_hides_one_number_alone(persons: np.ndarray[Any, Any]) -> None:
    """Whoever knows a total of all who left a unit, or of all who came, does not find a number by it."""
    np.fill_diagonal(persons, np.nan)
    hidden = withheld_cells(persons, 10)
    assert hidden[(persons > 0) & (persons < 10)].all()
    assert not hidden[np.isnan(persons)].any()
    for lines, known in ((hidden, persons), (hidden.T, persons.T)):
        for line, cells in zip(lines, known, strict=True):
            assert line.sum() != 1 or (~np.isnan(cells)).sum() == 1


def test_each_flow_and_period_is_protected_by_its_own_threshold() -> None:
    rows = [
        {"flow_id": "moves", "period_start": pd.Timestamp(year, 1, 1), "from_unit": a, "to_unit": b, "persons": n}
        for year, a, b, n in ((2020, "A", "B", 5.0), (2020, "B", "A", 50.0), (2021, "A", "B", 20.0))
    ]
    table = pd.DataFrame(rows).assign(missing_reason="")
    assert protect_flows(table, [spec(10)])["missing_reason"].tolist() == ["suppressed", "", ""]
    assert protect_flows(table, [spec(30)])["persons"].isna().tolist() == [True, False, True]
