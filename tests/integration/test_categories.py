"""Categories by the real pipeline: codes and names in tables of every form, what is refused, what is carried."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from etl.__main__ import main
from etl.pipeline import prepare
from tests.fixtures.small_package import FIGURE_COLUMNS, Rows, figure, write_csv, write_package

INDICATOR = """\
id: water
title: {en: "Water", ru: "Вода"}
menu_title: {en: "Water", ru: "Вода"}
headline: {en: "Water", ru: "Вода"}
driver: services
kind: category
categories:
  - {code: 1, label: {en: "Piped water", ru: "Водопровод"}, aliases: ["tap"]}
  - {code: 2, label: {en: "Well", ru: "Колодец"}, aliases: ["n/a well"]}
  - {code: 3, label: {en: "Delivered", ru: "Привозная"}, aliases: ["truck"]}
definition: {en: "Water", ru: "Вода"}
definition_source: "invented"
direction: neutral
levels: [ADM1]
periodicity: annual
population: {en: "residents", ru: "жители"}
source: SOURCE
sensitivity: low
display: {level: ADM1}
"""
TABLE = '{reader: csv, file: data/figures/water.csv, where: {indicator: "water"}}'
INTAKE = '{reader: intake, file: intake/water.yml, where: {indicator: "water"}}'
PLACES = {"XA-WE": "West", "XA-NE": "North-East", "XA-SE": "South-East", "XA-EA": "East", "XA-TO": "Tover town"}
CROSSWALK: Rows = [
    ["from_set", "to_set", "level", "from_unit", "to_unit", "share_population", "share_area", "method"],
    ["XAA-old", "XAA-2020", "ADM1", "XA-NE", "XA-EA", "1", "1", "exact_membership"],
    ["XAA-old", "XAA-2020", "ADM1", "XA-SE", "XA-EA", "1", "1", "exact_membership"],
]


def rows(year: int, values: dict[str, str], **changes: str) -> Rows:
    return [figure("water", "XAA", code, PLACES[code], year, value, **changes) for code, value in values.items()]


def write_indicator(root: Path, source: str = TABLE, more: str = "") -> None:
    path = root / "catalog" / "indicators" / "water.yml"
    path.write_text(INDICATOR.replace("SOURCE", source) + more, encoding="utf-8")


def write_figures(root: Path, figures: Rows) -> None:
    write_csv(root / "data" / "figures" / "water.csv", [FIGURE_COLUMNS, *figures])
    write_csv(root / "data" / "crosswalk.csv", CROSSWALK)
    content = json.loads((root / "datapackage.json").read_text(encoding="utf-8"))
    for name, header in (("figures/water", FIGURE_COLUMNS), ("crosswalk", CROSSWALK[0])):
        schema = {"fields": [{"name": column, "type": "string"} for column in header], "missingValues": [""]}
        content["resources"].append({"name": name.split("/")[-1], "path": f"data/{name}.csv", "schema": schema})
    (root / "datapackage.json").write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = write_package(tmp_path / "small")
    write_indicator(root)
    return root


def codes(root: Path) -> dict[tuple[str, int], float]:
    joined = prepare([root]).joined
    df = joined.observations.loc[joined.observations["indicator_id"] == "water"]
    keys = zip(df["unit_id"].astype("str"), df["period_end"].dt.year, strict=True)
    return dict(zip(keys, df["value"], strict=True))


def problems(root: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert main(["validate", str(root), "--json"]) == 2
    return [problem["text"] for problem in json.loads(capsys.readouterr().out)["problems"]]


def test_codes_names_and_aliases_become_codes(package: Path) -> None:
    values = {"XA-WE": "1", "XA-NE": "  piped WATER", "XA-SE": "Привозная", "XA-TO": "TRUCK"}
    write_figures(package, [*rows(2018, values), *rows(2021, {"XA-WE": "3.0", "XA-EA": "колодец"})])
    assert codes(package) == {
        ("XA-WE", 2018): 1.0, ("XA-NE", 2018): 1.0, ("XA-SE", 2018): 3.0, ("XA-TO", 2018): 3.0,
        ("XA-WE", 2021): 3.0, ("XA-EA", 2021): 2.0,
    }  # fmt: skip


@pytest.mark.parametrize("found", ["4", "0", "-1", "1.5", "Spring", "1;2"])
def test_what_is_no_category_is_one_problem(package: Path, capsys: pytest.CaptureFixture[str], found: str) -> None:
    write_figures(package, [*rows(2018, {"XA-WE": "1"}), *rows(2018, {"XA-NE": found})])
    (line,) = problems(package, capsys)
    assert line.startswith("data/figures/water.csv, row 3, value")
    assert f'"{found}"' in line
    assert "a category of water: 1 (Piped water), 2 (Well), 3 (Delivered)" in line


@pytest.mark.parametrize(
    ("changes", "column", "expected"),
    [
        ({"low": "1"}, "low", "a category has no bounds"),
        ({"qualifier": "about"}, "qualifier", "exact: water is of kind category"),
    ],
)
def test_what_has_no_meaning_beside_a_code_is_one_problem(
    package: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str], column: str, expected: str
) -> None:
    write_figures(package, rows(2018, {"XA-WE": "1"}, **changes))
    (line,) = problems(package, capsys)
    assert line.startswith(f"data/figures/water.csv, row 2, {column}")
    assert expected in line


def test_a_split_by_sex_is_refused(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = dict(zip(FIGURE_COLUMNS, rows(2018, {"XA-WE": "1"})[0], strict=True)) | {"sex": "female"}
    write_figures(package, [list(row.values())])
    (line,) = problems(package, capsys)
    assert "row 2, sex" in line
    assert "all: water is of kind category" in line


def test_missing_is_never_a_category(package: Path) -> None:
    gap = rows(2018, {"XA-NE": ""}, status="M", reason="not_collected")
    write_figures(package, [*rows(2018, {"XA-WE": "1"}), *gap])
    found = codes(package)
    assert found["XA-WE", 2018] == 1.0
    assert pd.isna(found["XA-NE", 2018])


def test_a_wide_workbook_is_read_by_names_and_codes_and_the_rest_is_listed(package: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    cells = (["Region", 2020, 2021], ["West", "Tap", 2], ["East", "н/д", "Привозная"], ["Tover town", "Spring", 7])
    for row in cells:
        sheet.append(row)
    (package / "raw").mkdir()
    (package / "intake").mkdir()
    book.save(package / "raw" / "water.xlsx")
    (package / "intake" / "water.yml").write_text(
        "file: raw/water.xlsx\ncolumns: {place_name: Region}\nvalues:\n  - {columns: [B, C], period: header}\n"
        'set: {iso3: XAA, level: ADM1, source_id: census, indicator: "water"}\n',
        encoding="utf-8",
    )
    write_indicator(package, INTAKE)
    joined = prepare([package]).joined
    df = joined.observations.loc[joined.observations["indicator_id"] == "water"]
    keys = zip(df["unit_id"].astype("str"), df["period_end"].dt.year, strict=True)
    found = dict(zip(keys, df["value"], strict=True))
    assert (found["XA-WE", 2020], found["XA-WE", 2021], found["XA-EA", 2021]) == (1.0, 2.0, 3.0)
    assert pd.isna(found["XA-EA", 2020])
    assert len(found) == 4
    listed = joined.listed.loc[joined.listed["source_file"] == "intake/water.yml"]
    reasons = {(row.source_row, row.cell): row.reason_en for row in listed.itertuples()}
    expected = "a category of water: 1 (Piped water), 2 (Well), 3 (Delivered)."
    assert reasons == {
        (4, "B4"): f"value: found “Spring”; expected {expected}", (4, "C4"): f"value: found “7.0”; expected {expected}",
    }  # fmt: skip
    assert all(listed["reason_ru"].str.contains("категория показателя water"))


def test_a_category_is_carried_where_all_parts_agree_and_is_a_gap_elsewhere(package: Path) -> None:
    figures = [
        *rows(2017, {"XA-NE": "2", "XA-SE": "Well", "XA-WE": "1"}), *rows(2018, {"XA-NE": "2", "XA-SE": "3"}),
        *rows(2019, {"XA-NE": "2"}), *rows(2021, {"XA-EA": "3"}),
    ]  # fmt: skip
    write_figures(package, figures)
    write_indicator(package, more="carry: {to: XAA-2020, method: exact_membership}\n")
    joined = prepare([package]).joined
    df = joined.observations.loc[joined.observations["indicator_id"] == "water"]
    assert set(df["boundary_set"].astype("str")) == {"XAA-2020"}
    east = df.loc[df["unit_id"].astype("str") == "XA-EA"]
    east = east.set_index(east["period_end"].dt.year)
    assert east.loc[2017, "value"] == 2.0
    assert east.loc[2021, "value"] == 3.0
    assert east.loc[[2018, 2019], "value"].isna().all()
    assert east["missing_reason"].to_dict() == {2017: "", 2018: "not_assessed", 2019: "not_collected", 2021: ""}
    assert east.loc[2018, "note_en"].endswith("Its parts have different categories, and none stands for all of them.")
    assert "различаются" in east.loc[2018, "note_ru"]
    assert "different" not in east.loc[2017, "note_en"]


def test_a_snapshot_holds_the_codes_and_the_catalog_the_names(package: Path, tmp_path: Path) -> None:
    write_figures(package, rows(2018, {"XA-WE": "Tap", "XA-NE": "Well"}))
    out = tmp_path / "out"
    assert main(["build", str(package), "--out", str(out), "--quiet"]) == 0
    snapshot = out / "public" / (out / "public" / "CURRENT").read_text(encoding="utf-8").strip()
    df = pd.read_parquet(snapshot / "observations.parquet")
    assert sorted(df.loc[df["indicator_id"] == "water", "value"]) == [1.0, 2.0]
    catalog = json.loads((snapshot / "catalog.json").read_text(encoding="utf-8"))
    (spec,) = [one for one in catalog["indicators"] if one["id"] == "water"]
    assert [one["label"]["en"] for one in spec["categories"]] == ["Piped water", "Well", "Delivered"]
