import datetime
import json
import zipfile

import pandas as pd
import pytest

from etl.formats import read_layers, read_tables, sniff
from etl.problems import Problems


def read(path, **options):
    problems = Problems()
    return read_tables(path, path.name, problems, **options), problems.found


def write(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


NSC = {"data": [{"pk": 1, "title_en": "Osh", "values": [{"key": 2024, "value": 3.7}, {"key": 2023, "value": None}]}]}
WORLD_BANK = [
    {"page": 1, "pages": 1},
    [{"country": {"id": "KG", "value": "Kyrgyz Republic"}, "date": "2024", "value": 1}],
]


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        ([{"a": 1, "b": "01"}, {"b": "x", "c": True}], [["a", "b", "c"], ["1", "01", ""], ["", "x", "true"]]),
        ({"DataList": [{"code": "41702205", "n": 12.0}]}, [["code", "n"], ["41702205", "12"]]),
        (NSC, [["pk", "title_en", "2024", "2023"], ["1", "Osh", "3.7", ""]]),
        (WORLD_BANK, [["country.id", "country.value", "date", "value"], ["KG", "Kyrgyz Republic", "2024", "1"]]),
        ([["a", "b"], [1, None]], [["a", "b"], ["1", ""]]),
        ({"name": ["x", "y"], "n": [1, 1.234]}, [["name", "n"], ["x", "1"], ["y", "1.2340"]]),
        ({"result": {"records": [{"tags": ["p", "q"], "at": {"x": 1}}]}}, [["tags", "at.x"], ["p|q", "1"]]),
        ([{"data": [{"Code": "1703", "2010": 5}], "metadata": {}}], [["Code", "2010"], ["1703", "5"]]),
    ],
)
def test_records_in_the_forms_of_offices_and_portals(tmp_path, content, cells):
    (table,), problems = read(write(tmp_path, "t.json", content))
    assert problems == []
    assert table.cells.to_numpy().tolist() == cells
    assert table.part == ""


def test_records_count_from_one_after_the_row_of_names(tmp_path):
    (table,), _ = read(write(tmp_path, "t.json", [{"a": 1}, {}, {"a": 3}]))
    assert (table.rows.tolist(), table.has_header) == ([0, 1, 3], True)


def test_several_lists_are_parts(tmp_path):
    path = write(tmp_path, "t.json", {"regions": [{"a": 1}], "years": [{"b": 2}]})
    assert [table.part for table in read(path)[0]] == ["regions", "years"]
    assert [table.part for table in read(path, part="years")[0]] == ["years"]
    assert read(path, part="x")[1][0].expected == 'one of its 2: "regions", "years"'


def test_json_lines(tmp_path):
    (table,), _ = read(write(tmp_path, "t.json", '{"a": 1}\n{"a": 2}\n'))
    assert table.cells[0].tolist() == ["a", "1", "2"]


def test_broken_json_is_told_with_its_line(tmp_path):
    tables, (problem,) = read(write(tmp_path, "t.json", '[{"a": 1},\n{"a": '))
    assert (tables, problem.row) == ([], 2)


def test_parquet_keeps_types_as_properties(tmp_path):
    frame = pd.DataFrame(
        {
            "code": ["01", None],
            "n": [1, 2],
            "x": [1.234, None],
            "day": [datetime.date(2022, 6, 8), None],
            "at": pd.to_datetime(["2022-06-08", "2022-06-08 12:30"], format="ISO8601"),
            "flag": [True, False],
            "list": [[1, 2], None],
            "kind": pd.Categorical(["a", "b"]),
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    (table,), problems = read(tmp_path / "t.parquet")
    assert problems == []
    assert table.cells.to_numpy().tolist() == [
        ["code", "n", "x", "day", "at", "flag", "list", "kind"],
        ["01", "1", "1.2340", "2022-06-08", "2022-06-08", "TRUE", "[1, 2]", "a"],
        ["", "2", "", "", "2022-06-08 12:30:00", "FALSE", "", "b"],
    ]
    assert table.properties["types"]["n"] == "int64"


DESCRIPTOR = {
    "name": "p",
    "resources": [
        {
            "name": "figures",
            "path": "data/figures.csv",
            "encoding": "windows-1251",
            "dialect": {"delimiter": ";", "quoteChar": "'"},
            "schema": {"fields": [{"name": "регион", "type": "string"}], "missingValues": ["", "-"]},
        },
        {"name": "inline", "data": [{"a": 1}]},
        {"name": "remote", "path": "https://example.org/x.csv"},
    ],
}
FIGURES = "регион;n\n'Ош; город';-\n".encode("cp1251")


@pytest.mark.parametrize("form", ["folder", "descriptor", "archive"])
def test_a_package_is_read_in_its_own_dialect(tmp_path, form):
    folder = tmp_path / "p"
    (folder / "data").mkdir(parents=True)
    (folder / "datapackage.json").write_text(json.dumps(DESCRIPTOR))
    (folder / "data" / "figures.csv").write_bytes(FIGURES)
    archive = tmp_path / "p.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in folder.rglob("*.*"):
            packed.write(path, f"outer/{path.relative_to(folder)}")
    path = {"folder": folder, "descriptor": folder / "datapackage.json", "archive": archive}[form]
    tables, problems = read(path)
    assert [(table.format, table.part) for table in tables] == [("datapackage", "figures"), ("datapackage", "inline")]
    assert tables[0].cells.to_numpy().tolist() == [["регион", "n"], ["Ош; город", ""]]
    assert tables[0].has_header
    assert tables[0].properties["schema"]["missing_values"] == ["-"]
    assert [(problem.column, problem.found) for problem in problems] == [
        ('resource "remote"', 'the path "https://example.org/x.csv"')
    ]


@pytest.mark.parametrize(
    "header",
    [
        "DATAFLOW,FREQ,REF_AREA,TIME_PERIOD,OBS_VALUE,OBS_STATUS",
        "STRUCTURE,STRUCTURE_ID,FREQ,REF_AREA,TIME_PERIOD,OBS_VALUE,OBS_STATUS",
    ],
)
def test_sdmx_csv_names_its_components(tmp_path, header):
    row = ("A:B(1.0)," if header.startswith("D") else "dataflow,A:B(1.0),") + "A,KZ,2022,1.5,P"
    path = write(tmp_path, "t.csv", f"{header}\n{row}\n")
    (table,), problems = read(path)
    assert problems == []
    assert (table.format, table.has_header) == ("sdmx", True)
    assert table.properties["sdmx"] == {
        "dataflow": "A:B(1.0)",
        "time": "TIME_PERIOD",
        "value": "OBS_VALUE",
        "dimensions": ["FREQ", "REF_AREA"],
        "attributes": ["OBS_STATUS"],
    }


def test_labels_beside_sdmx_codes_are_left_out(tmp_path):
    content = 'DATAFLOW,REF_AREA: Area,TIME_PERIOD: Time,OBS_VALUE: Value\nX:Y(1),"KZ: Kazakhstan",2022: 2022,1\n'
    (table,), _ = read(write(tmp_path, "t.csv", content))
    assert table.cells.to_numpy().tolist() == [
        ["DATAFLOW", "REF_AREA", "TIME_PERIOD", "OBS_VALUE"],
        ["X:Y(1)", "KZ", "2022", "1"],
    ]


def test_hxl_tags_are_found_and_put_in_their_usual_form(tmp_path):
    content = (
        "Figures of 2022\nRegion,Code,Value,Note\n#adm1 +name +i_en,#adm1+code,#indicator+value+num,\nOsh,KG06,1,#1\n"
    )
    (table,), _ = read(write(tmp_path, "t.csv", content))
    assert table.properties["hxl"] == {
        "position": 2,
        "row": 3,
        "tags": {0: "#adm1+name+i_en", 1: "#adm1+code", 2: "#indicator+value+num"},
    }
    assert "row 3 holds HXL tags" in table.notes


def test_a_table_without_tags_has_none(tmp_path):
    (table,), _ = read(write(tmp_path, "t.csv", "#,Region,Value\n1,Osh,#N/A\n"))
    assert "hxl" not in table.properties


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"%PDF-1.7 x", "a PDF file"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"<?xml version='1.0'?><a/>", "an XML file"),
        (b"", "an empty file"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, content, found):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    problems = Problems()
    assert sniff(path, "t.csv", problems) is None
    assert [problem.found for problem in problems.found] == [found]


def test_unknown_formats_missing_files_and_tables_as_layers_are_told(tmp_path):
    path = write(tmp_path, "t.csv", "a,b\n1,2\n")
    problems = Problems()
    assert read_tables(path, "t.csv", problems, format="doc") == []
    assert read_tables(tmp_path / "gone.csv", "gone.csv", problems) == []
    assert read_layers(path, "t.csv", problems) == []
    assert [problem.found for problem in problems.found] == ['"doc"', "no such file", "a table (csv)"]
