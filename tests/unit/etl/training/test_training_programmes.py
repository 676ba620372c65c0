"""Who does what where, kinds of districts and further tables: what a package may say and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from etl.__main__ import main
from tests.fixtures.small_package import add_table, problem_lines, write_csv, write_package

HEADER = [
    "org_name", "org_type", "sector", "activity", "boundary_set", "level", "unit_id", "status", "period_start",
    "period_end", "target", "reached", "budget_usd", "source_id",
]  # fmt: skip
GOOD = [
    "Helping Hands", "ngo", "water", "wells", "XAA-2020", "ADM1", "XA-WE", "ongoing", "2021-01-01", "2022-12-31", "100",
    "", "5000.5", "census",
]  # fmt: skip


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = write_package(tmp_path / "small")
    add_table(root, "programmes", HEADER)
    return root


def test_programmes_are_published_typed(package: Path, tmp_path: Path) -> None:
    write_csv(package / "data" / "programmes.csv", [HEADER, GOOD])
    assert main(["build", str(package), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    current = (tmp_path / "out" / "public" / "CURRENT").read_text(encoding="utf-8").strip()
    (row,) = pd.read_parquet(tmp_path / "out" / "public" / current / "programmes.parquet").to_dict("records")
    assert (row["org_name"], row["unit_id"], row["status"]) == ("Helping Hands", "XA-WE", "ongoing")
    assert (row["target"], row["budget_usd"]) == (100.0, 5000.5)
    assert pd.isna(row["reached"])
    assert str(row["period_start"]) == "2021-01-01"


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("sector", "", "expected a value"),
        ("unit_id", "", "expected a value"),
        ("status", "", "expected a value"),
        ("period_start", "", "expected a value"),
        ("period_end", "", "expected a value"),
        ("status", "done", "expected one of planned, ongoing, completed, suspended"),
        ("unit_id", "XA-NE", "expected a unit of that boundary set and level"),
        ("level", "ADM3", "expected one of ADM0, ADM1, ADM2"),
        ("period_start", "1.1.2021", "expected a date such as"),
        ("period_end", "2020-12-31", "expected a day not before period_start"),
        ("target", "-5", "expected a number, 0 or more"),
        ("budget_usd", "5 000", "expected a number, 0 or more"),
        ("source_id", "gossip", "expected one of atlas, census, panel"),
    ],
)
def test_an_incomplete_row_is_refused_with_its_reason(
    package: Path, capsys: pytest.CaptureFixture[str], column: str, value: str, expected: str
) -> None:
    bad = [value if name == column else cell for name, cell in zip(HEADER, GOOD, strict=True)]
    write_csv(package / "data" / "programmes.csv", [HEADER, GOOD, [*bad[:3], "other wells", *bad[4:]]])
    (line,) = problem_lines(package, capsys)
    assert line.startswith(f"data/programmes.csv, row 3, {column}: ")
    assert expected in line


def test_the_same_programme_twice_is_refused(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(package / "data" / "programmes.csv", [HEADER, GOOD, GOOD])
    (line,) = problem_lines(package, capsys)
    assert "already in row 2" in line


def test_faults_of_programmes_do_not_hide_those_of_figures(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(package / "data" / "programmes.csv", [HEADER, [*GOOD[:2], "", *GOOD[3:]]])
    path = package / "data" / "figures" / "economic.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("0105,East", "0199,East"), encoding="utf-8")
    assert [line.split(",")[0] for line in problem_lines(package, capsys)] == [
        "data/figures/economic.csv",
        "data/programmes.csv",
    ]


def test_coordinates_of_programmes_are_refused(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = [*HEADER, "lon"]
    content = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    content["resources"][-1]["schema"]["fields"].append({"name": "lon", "type": "string"})
    (package / "datapackage.json").write_text(json.dumps(content), encoding="utf-8")
    write_csv(package / "data" / "programmes.csv", [header, [*GOOD, "60.5"]])
    (line,) = problem_lines(package, capsys)
    assert "expected figures of admin units, no points" in line


def test_a_further_table_is_checked_but_not_listed(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(package / "data" / "programmes.csv", [HEADER, GOOD])
    add_table(package, "twins", ["from_unit", "to_unit"])
    write_csv(package / "data" / "twins.csv", [["from_unit", "to_unit"], ["XA-NE", "XA-EA"]])
    capsys.readouterr()
    assert main(["validate", str(package), "--json"]) == 0
    with_table = json.loads(capsys.readouterr().out)["rows"]
    (package / "data" / "twins.csv").write_text("from_unit\nXA-NE\n", encoding="utf-8")
    assert main(["validate", str(package), "--json"]) == 2
    capsys.readouterr()
    plain = write_package(package.parent / "plain" / "small")
    assert main(["validate", str(plain), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == with_table


def test_the_kind_of_a_district_is_published_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_package(tmp_path / "small")
    units = pd.read_csv(root / "data" / "units.csv", dtype=str, keep_default_na=False)
    kinds = units.assign(typology=["border" if unit_id == "XA-WE" else "" for unit_id in units["unit_id"]])
    kinds.to_csv(root / "data" / "units.csv", index=False, lineterminator="\n")
    content = json.loads((root / "datapackage.json").read_text(encoding="utf-8"))
    (described,) = (resource for resource in content["resources"] if resource["name"] == "units")
    described["schema"]["fields"].append({"name": "typology", "type": "string"})
    (root / "datapackage.json").write_text(json.dumps(content), encoding="utf-8")
    assert main(["build", str(root), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    current = (tmp_path / "out" / "public" / "CURRENT").read_text(encoding="utf-8").strip()
    published = pd.read_parquet(tmp_path / "out" / "public" / current / "units.parquet").set_index("unit_id")[
        "typology"
    ]
    assert (published.loc["XA-WE"] == "border").all()
    assert published.drop("XA-WE").isna().all()
    kinds.replace({"typology": {"border": "wild"}}).to_csv(
        root / "data" / "units.csv", index=False, lineterminator="\n"
    )
    assert all("expected one of urban, rural, border, peripheral" in line for line in problem_lines(root, capsys))
