"""Files as received become a package of their own, which is built over the small one: nothing is lost in silence."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import yaml
from shapely.geometry import shape

from etl.pipeline import prepare

SOURCE = ("--source-id", "ministry", "--source-title", "Yearbook", "--publisher", "Ministry", "--licence", "CC-BY-4.0")
CSV = """\
region;month;arrivals;departures
West;January;1 200,5;10
West;February;1 300;11
Nowhere;January;5;6
Tover town;January;many;7
"""


@pytest.fixture
def addon(package: Path, tmp_path: Path, etl) -> Path:
    folder = tmp_path / "ministry"
    assert etl("new-package", folder, "--title", "Ministry", "--base", package, *SOURCE).code == 0
    return folder


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A sheet with banner, merged header of two rows, a missing mark, a total, a bad cell and a note."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Unemployment rate"],
        [],
        ["Region", 2020, None, 2021, None],
        [None, "women", "men", "women", "men"],
        ["Arlan", 5, 6, 7, 8],
        ["West", 5.5, "-", 6.5, "7,x"],
        ["East", 4.5, 3.5, 2.5, 1.5],
        ["Total", 1, 2, 3, 4],
        ["1) by a survey"],
    ):
        sheet.append(row)
    for cells in ("A3:A4", "B3:C3", "D3:E3"):
        sheet.merge_cells(cells)
    path = tmp_path / "unemployment.xlsx"
    book.save(path)
    return path


def add_indicator(etl, folder: Path, indicator: str, intake: str, *, kind: str = "rate", select: str = "") -> None:
    texts = ("--title-en", indicator, "--title-ru", indicator, "--unit-en", "percent", "--unit-ru", "процентов")
    fixed = ("--driver", "economic", "--direction", "neutral", "--sensitivity", "low", "--level", "ADM0")
    chosen = ("--id", indicator, "--intake", intake, "--kind", kind, "--level", "ADM1", "--select", select or indicator)
    run = etl("add-indicator", folder, *chosen, *texts, *fixed)
    assert run.code == 0, run.err


def test_recognise_proposes_the_mapping_of_a_workbook(workbook: Path, package: Path, etl) -> None:
    run = etl("recognise", workbook, "--base", package, "--json")
    assert run.code == 0
    table = run.result["files"][0]["tables"][0]
    assert (table["header_rows"], table["first_row"], table["last_row"]) == ([3, 4], 5, 8)
    assert {column["label"]: column["role"] for column in table["columns"]}["A"] == "place_name"
    assert table["periods"] == {
        "where": "header",
        "first": "2020-01-01",
        "last": "2021-12-31",
        "kinds": ["year"],
        "year_in_file_name": "",
    }
    assert [block["set"] for block in table["mapping"]["values"]] == [{"sex": "female"}, {"sex": "male"}]
    assert table["mapping"]["rows"] == [{"where": {"place_name": "Arlan"}, "set": {"level": "ADM0"}}]
    assert table["mapping"]["skip"] == [{"where": {"place_name": "Total"}, "reason": "total"}]
    assert table["open"] == ["source_id", "indicator"]
    assert table["trial"]["figures"] == 11
    assert [item["cell"] for item in table["trial"]["first_listed"] if "7,x" in item["reason_en"]] == ["E6"]
    assert {country["iso3"] for country in run.result["known"]["countries"]} == {"XAA", "XBB"}
    assert "poverty_rate" in {item["id"] for item in run.result["known"]["indicators"]}


def test_written_mapping_is_built_and_every_cell_is_joined_or_listed(
    workbook: Path, package: Path, addon: Path, etl, tmp_path: Path
) -> None:
    options = ("--base", package, "--package", addon, "--set", "source_id=ministry", "--set", "indicator=rate")
    run = etl("recognise", workbook, *options, "--write", "--json")
    assert run.result["files"][0]["written"] == ["raw/unemployment.xlsx", "intake/unemployment.yml"]
    add_indicator(etl, addon, "unemployed", "unemployment", select="rate")
    assert etl("build", package, addon, "--out", tmp_path / "out", "--quiet").code == 0
    joined = prepare([package, addon]).joined
    mine = joined.observations.loc[joined.observations["source_file"] == "ministry/intake/unemployment.yml"]
    values = mine.set_index(["sex", "unit_id", "period_end"])["value"].to_dict()
    found = {(sex, unit, day.year): value for (sex, unit, day), value in values.items()}
    assert found["female", "XAA", 2020] == 5
    assert found["male", "XA-EA", 2021] == 1.5
    assert len(found) == 11
    listed = joined.listed.loc[joined.listed["source_file"] == "ministry/intake/unemployment.yml"]
    assert sorted(zip(listed["source_row"], listed["cell"], strict=True)) == [(1, ""), (6, "E6"), (8, ""), (9, "")]
    assert joined.rows_read == len(joined.observations) + len(joined.listed)


def test_long_table_with_unknown_places_and_bad_cells(package: Path, addon: Path, etl, tmp_path: Path) -> None:
    raw = tmp_path / "migration_2021.csv"
    raw.write_bytes(CSV.encode("cp1251"))
    options = ("--base", package, "--package", addon, "--set", "source_id=ministry")
    assert etl("recognise", raw, *options, "--write").code == 0
    add_indicator(etl, addon, "arrivals", "migration_2021", kind="count")
    joined = prepare([package, addon]).joined
    mine = joined.observations.loc[joined.observations["source_file"] == "ministry/intake/migration_2021.yml"]
    assert mine["value"].tolist() == [1200.5, 1300]
    assert [f"{day:%Y-%m-%d}" for day in mine["period_end"]] == ["2021-01-31", "2021-02-28"]
    listed = joined.listed.loc[joined.listed["source_file"] == "ministry/intake/migration_2021.yml"]
    reasons = {(row.source_row, row.cell): row.reason_en for row in listed.itertuples()}
    assert "Nowhere" in reasons[4, "arrivals"]
    assert "many" in reasons[5, "arrivals"]
    assert reasons[2, "departures"] == "No indicator of the catalog selects this figure."
    assert len(mine) + len(listed) == 8


def test_figures_out_of_range_are_listed_and_the_build_goes_on(package: Path, addon: Path, etl, tmp_path: Path) -> None:
    raw = tmp_path / "rates.csv"
    raw.write_text("region,year,rate\nWest,2021,12\nEast,2021,-5\n", encoding="utf-8")
    given = ("--set", "source_id=ministry", "--set", "indicator=rates")
    assert etl("recognise", raw, "--base", package, "--package", addon, *given, "--write").code == 0
    add_indicator(etl, addon, "rates", "rates")
    listed = prepare([package, addon]).joined.listed
    row = listed.loc[listed["source_file"] == "ministry/intake/rates.yml"].iloc[0]
    assert (row["source_row"], row["cell"], row["place_name"]) == (3, "rate", "East")
    assert row["reason_en"] == "value: found “-5.0”; expected a value in value_range of rates (at least 0)."


def test_data_on_persons_is_refused_and_nothing_is_written(package: Path, addon: Path, etl, tmp_path: Path) -> None:
    raw = tmp_path / "people.csv"
    raw.write_text(
        "region,who,value\nWest,+7 (701) 123-45-67,1\nEast,+7 (701) 123-45-68,2\nWest,+7 (701) 123-45-69,3\n", "utf-8"
    )
    run = etl("recognise", raw, "--base", package, "--package", addon, "--write", "--json")
    assert run.code == 2
    assert run.lines == [
        "people.csv, row 1, who: found a column of telephone numbers; expected no data on persons: only figures of "
        "admin units are taken. Remove the column, or count the records by admin unit first."
    ]
    assert "123-45" not in run.out
    assert list((addon / "raw").iterdir()) == []


def test_a_mapping_with_a_fault_stops_the_build_with_its_line(package: Path, addon: Path, etl) -> None:
    (addon / "raw" / "t.csv").write_text("region,value\nWest,1\n", encoding="utf-8")
    (addon / "intake" / "t.yml").write_text("file: raw/t.csv\ncolums: {place_name: region}\n", encoding="utf-8")
    run = etl("validate", package, addon, "--json")
    assert run.code == 2
    assert run.lines == [
        'ministry/intake/t.yml, row 2, colums: found the unknown key "colums"; expected only known keys. '
        'Write "columns" instead.'
    ]


def test_a_changed_raw_file_is_noticed_by_its_hash(package: Path, addon: Path, etl) -> None:
    (addon / "raw" / "t.csv").write_text("region,value\nWest,1\n", encoding="utf-8")
    (addon / "intake" / "t.yml").write_text(f"file: raw/t.csv\nsha256: '{'0' * 64}'\n", encoding="utf-8")
    run = etl("validate", package, addon, "--json")
    assert [problem["column"] for problem in run.result["problems"]] == ["sha256"]


def test_commands_refuse_what_is_there_already(package: Path, addon: Path, etl) -> None:
    assert etl("new-package", addon, "--title", "Again", *SOURCE).code == 2
    run = etl("new-package", addon.with_name("other"), "--title", "Other", "--base", addon / "nowhere", *SOURCE)
    assert run.code == 2
    assert "nowhere, which holds no datapackage.json" in run.err
    assert not addon.with_name("other").exists()
    assert etl("add-source", addon, *SOURCE).code == 2
    assert etl("add-source", addon, "--source-id", "other", *SOURCE[2:]).code == 0
    assert etl("validate", package, addon).code == 0


@pytest.mark.parametrize("form", ["gpkg", "zip"])
def test_boundaries_of_other_formats_named_by_pcode(form: str, package: Path, etl, tmp_path: Path) -> None:
    former = package / "boundaries" / "XBB-base.geojson"
    features = json.loads(former.read_text(encoding="utf-8"))["features"]
    codes = {"XB-UP": "NA", "XB-LO": "010"}
    gdf = gpd.GeoDataFrame(
        {"ADM1_PCODE": [codes[item["properties"]["unit_id"]] for item in features]},
        geometry=[shape(item["geometry"]) for item in features],
        crs=4326,
    )
    expected = prepare([package]).shapes
    former.unlink()
    if form == "gpkg":
        gdf.to_file(package / "boundaries" / "XBB-base.gpkg", driver="GPKG")
    else:
        gdf.to_file(tmp_path / "XBB-base.shz", driver="ESRI Shapefile")
        (tmp_path / "XBB-base.shz").rename(package / "boundaries" / "XBB-base.zip")
    mapping = package / "boundaries" / "XBB-base.yml"
    mapping.write_text("id: ADM1_PCODE\nkind: pcode\n", encoding="utf-8")
    found = prepare([package]).shapes
    assert [a.equals(b) for a, b in zip(found.geometry, expected.geometry, strict=True) if a is not None] != []
    assert all(a.equals(b) for a, b in zip(found.geometry, expected.geometry, strict=True) if a is not None)
    mapping.write_text("id: CODE\nkind: pcode\n", encoding="utf-8")
    run = etl("validate", package, "--json")
    places = [(problem["file"], problem["row"], problem["column"]) for problem in run.result["problems"]]
    assert ("boundaries/XBB-base.yml", 1, "id") in places


def test_a_table_of_which_nothing_can_be_read_says_why(package: Path, addon: Path, etl, tmp_path: Path) -> None:
    raw = tmp_path / "income.csv"
    raw.write_text("region;2020\nWest;1,234\nEast;5,678\n", encoding="utf-8")
    options = ("--base", package, "--package", addon, "--set", "source_id=ministry", "--set", "indicator=income")
    assert etl("recognise", raw, *options, "--write").code == 0
    add_indicator(etl, addon, "income", "income")
    run = etl("validate", package, addon)
    assert run.code == 2
    assert (
        "no row that it selects (2 cells were not read, first row 2, 2020: Not a figure: “1,234” (ambiguous" in run.err
    )


def test_add_indicator_writes_categories_in_order(addon: Path, etl) -> None:
    base = (
        "--id",
        "winter_road",
        "--intake",
        "roads",
        "--title-en",
        "Road",
        "--title-ru",
        "Дорога",
        "--driver",
        "services",
    )
    kind = (
        "--kind",
        "category",
        "--direction",
        "higher_is_worse",
        "--sensitivity",
        "low",
        "--level",
        "ADM1",
        "--ordered",
    )
    words = (
        "--category",
        "Open|Открыта|open all year",
        "--category",
        "Closed at times||closed | shut",
        "--category",
        "None",
    )
    assert etl("add-indicator", addon, *base, *kind, *words).code == 0
    written = yaml.safe_load((addon / "catalog" / "indicators" / "winter_road.yml").read_text(encoding="utf-8"))
    assert written["categories"] == [
        {"code": 1, "label": {"en": "Open", "ru": "Открыта"}, "aliases": ["open all year"]},
        {"code": 2, "label": {"en": "Closed at times", "ru": "Closed at times"}, "aliases": ["closed", "shut"]},
        {"code": 3, "label": {"en": "None", "ru": "None"}},
    ]
    assert written["ordered"] is True
    assert not {"unit", "value_range"} & set(written)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--kind", "category"), "--category"),
        (("--kind", "category", "--category", "A", "--category", "B", "--unit-en", "%", "--unit-ru", "%"), "--unit-en"),
        (("--kind", "rate"), "--unit-en"),
        (("--kind", "rate", "--unit-en", "%"), "--unit-en"),
        (("--kind", "rate", "--unit-en", "%", "--unit-ru", "%", "--category", "A"), "--category"),
        (("--kind", "category", "--category", "A"), "2 to 9"),
    ],
    ids=["no categories", "categories with a unit", "no unit", "half a unit", "a rate of categories", "one category"],
)
def test_add_indicator_says_what_does_not_go_together(addon: Path, etl, given: tuple[str, ...], told: str) -> None:
    base = ("--id", "road", "--intake", "roads", "--title-en", "Road", "--title-ru", "Дорога", "--driver", "services")
    run = etl(
        "add-indicator", addon, *base, "--direction", "neutral", "--sensitivity", "low", "--level", "ADM1", *given
    )
    assert run.code == 2
    assert told in run.err
    assert "Traceback" not in run.err
    assert not (addon / "catalog" / "indicators" / "road.yml").exists()
