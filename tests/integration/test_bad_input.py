"""A package with a fault gives one clear line with file, row and remedy; the former snapshot stays served."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geodata.snapshot import open_snapshot
from tests.fixtures.small_package import square

Break = Callable[[Path], None]


def replace(file: str, old: str, new: str) -> Break:
    def apply(package: Path) -> None:
        text = (package / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} must stand once in {file}"
        (package / file).write_text(text.replace(old, new), encoding="utf-8")

    return apply


def write(file: str, content: bytes) -> Break:
    def apply(package: Path) -> None:
        (package / file).write_bytes(content)

    return apply


def append(file: str, line: str) -> Break:
    def apply(package: Path) -> None:
        with (package / file).open("a", encoding="utf-8", newline="") as stream:
            stream.write(line + "\n")

    return apply


def drop_column(file: str, name: str) -> Break:
    def apply(package: Path) -> None:
        with (package / file).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        at = rows[0].index(name)
        with (package / file).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows([row[:at] + row[at + 1 :] for row in rows])

    return apply


def add_column(file: str, resource: str, name: str) -> Break:
    """Add a column to a table and describe it, so that only its meaning is wrong."""

    def apply(package: Path) -> None:
        lines = (package / file).read_text(encoding="utf-8").splitlines()
        text = "\n".join([f"{lines[0]},{name}", *(f"{line}," for line in lines[1:])]) + "\n"
        (package / file).write_text(text, encoding="utf-8")
        descriptor = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
        entry = next(item for item in descriptor["resources"] if item["name"] == resource)
        entry["schema"]["fields"].append({"name": name, "type": "string"})
        (package / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")

    return apply


def change_ring(file: str, unit_id: str, ring: list[list[float]]) -> Break:
    def apply(package: Path) -> None:
        content = json.loads((package / file).read_text(encoding="utf-8"))
        feature = next(f for f in content["features"] if f["properties"]["unit_id"] == unit_id)
        feature["geometry"]["coordinates"] = [ring]
        (package / file).write_text(json.dumps(content), encoding="utf-8")

    return apply


def change_features(file: str, change: Callable[[list[Any]], list[Any]]) -> Break:
    def apply(package: Path) -> None:
        content = json.loads((package / file).read_text(encoding="utf-8"))
        content["features"] = change(content["features"])
        (package / file).write_text(json.dumps(content), encoding="utf-8")

    return apply


def delete(file: str) -> Break:
    return lambda package: (package / file).unlink()


def add_undescribed_column(file: str) -> Break:
    def apply(package: Path) -> None:
        lines = (package / file).read_text(encoding="utf-8").splitlines()
        text = "\n".join([f"{lines[0]},extra", *(f"{line}," for line in lines[1:])]) + "\n"
        (package / file).write_text(text, encoding="utf-8")

    return apply


ECONOMIC = "data/figures/economic.csv"
UNITS = "data/units.csv"
OLD = "boundaries/XAA-old.geojson"
POVERTY = "catalog/indicators/poverty_rate.yml"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
BOWTIE = [[61.0, 41.0], [62.0, 42.0], [62.0, 41.0], [61.0, 42.0], [61.0, 41.0]]
WIDE = square(61, 41)
WIDE[0] = WIDE[-1] = [60.98, 41.0]
NARROW = [[61.02, 41.5] if point == [61.0, 41.5] else point for point in square(61, 41)]

# name: (what breaks it, file, row, words of the line)
FAULTS: dict[str, tuple[Break, str, int | None, tuple[str, ...]]] = {
    "missing column": (
        drop_column(ECONOMIC, "period_end"),
        ECONOMIC,
        1,
        ("period_end", "no such column", "Add the missing column"),
    ),
    "missing column of units": (drop_column(UNITS, "pcode"), UNITS, 1, ("pcode", "Add the missing column")),
    "extra column": (
        add_undescribed_column("data/sources.csv"),
        "data/sources.csv",
        1,
        ("not described", "describe it in datapackage.json"),
    ),
    "wrong code": (replace(ECONOMIC, "0105,East", "0195,East"), ECONOMIC, 8, ('"0195"', "XA-EA", "Correct the code")),
    "leading zero lost": (replace(ECONOMIC, "XBB,ADM1,010,", "XBB,ADM1,10,"), ECONOMIC, 10, ('"10"', "XB-LO")),
    "unknown name": (
        replace(ECONOMIC, "West  REGION", "Wost"),
        ECONOMIC,
        7,
        ('"Wost"', "XA-WE West", "data/aliases.csv"),
    ),
    "ambiguous name": (
        append(ECONOMIC, "poverty_rate,XAA,ADM1,,Tover,2016-01-01,2016-12-31,all,all,21,,,,exact,A,,,panel,,"),
        ECONOMIC,
        13,
        ('"Tover"', "ambiguous", "data/exclusions.csv"),
    ),
    "duplicate key": (
        append(ECONOMIC, "poverty_rate,XAA,ADM1,XA-WE,West,2018-01-01,2018-12-31,all,all,21,,,,exact,A,,,panel,,"),
        ECONOMIC,
        13,
        ("already in row 3", "Remove one of the rows"),
    ),
    "duplicate unit": (
        append(UNITS, "XBB-base,XB-LO,ADM1,XBB,XBB,,,,Lower,Н,,,region,polygon,,,,,"),
        UNITS,
        17,
        ("XB-LO", "already in row 16"),
    ),
    "value out of range": (
        replace(ECONOMIC, "all,all,12.5,", "all,all,112.5,"),
        ECONOMIC,
        9,
        ('"112.5"', "0 to 100", "value_range"),
    ),
    "decimal comma": (
        replace(ECONOMIC, "all,all,12.5,", 'all,all,"12,5",'),
        ECONOMIC,
        9,
        ('"12,5"', "a number with a point"),
    ),
    "value beside a missing reason": (
        replace(ECONOMIC, "all,all,14,,,,exact,A,", "all,all,14,,,,exact,A,not_collected"),
        ECONOMIC,
        10,
        ("missing_reason", "an empty cell"),
    ),
    "bounds that cross": (replace(ECONOMIC, "33,30,36", "33,34,36"), ECONOMIC, 8, ("low <= value <= high",)),
    "date that is none": (
        replace(ECONOMIC, "Upper,2021-01-01,2021-12-31", "Upper,2021-01-01,2021-02-30"),
        ECONOMIC,
        9,
        ('"2021-02-30"', "year-month-day"),
    ),
    "period that runs backwards": (
        replace(ECONOMIC, "Upper,2021-01-01,2021-12-31", "Upper,2021-01-01,2020-12-31"),
        ECONOMIC,
        9,
        ("not before period_start",),
    ),
    "unknown source": (
        replace(ECONOMIC, "exact,E,,,census", "exact,E,,,censas"),
        ECONOMIC,
        9,
        ('"censas"', "data/sources.csv"),
    ),
    "unknown status": (
        replace(ECONOMIC, "exact,E,,,census", "exact,X,,,census"),
        ECONOMIC,
        9,
        ('"X"', "one of A, B, E"),
    ),
    "level that is none": (replace(ECONOMIC, "XBB,ADM1,NA", "XBB,ADM9,NA"), ECONOMIC, 9, ('"ADM9"', "ADM0, ADM1")),
    "unknown boundary set": (
        replace(ECONOMIC, "exact,E,,,census", "exact,E,,XAA-old,census"),
        ECONOMIC,
        9,
        ("a boundary set of XBB",),
    ),
    "unknown licence": (
        replace("data/sources.csv", "CC-BY-4.0", "CC-BY-9.9"),
        "data/sources.csv",
        3,
        ('"CC-BY-9.9"', "etl/licences.yml"),
    ),
    "sets that overlap in time": (
        replace("data/boundary_sets.csv", "2019-12-31", "2020-01-01"),
        "data/boundary_sets.csv",
        3,
        ("XAA-old", "overlap in time", "last day"),
    ),
    "parent that is none": (replace(UNITS, "XB-UP,ADM1,XBB", "XB-UP,ADM1,XCC"), UNITS, 15, ('"XCC"', "parent")),
    "member that is none": (replace(UNITS, "XA-NE|XA-SE", "XA-NE|XA-SW"), UNITS, 9, ("XA-NE|XA-SW", "members")),
    "marker without position": (
        replace(
            UNITS,
            "XAA-2020,XA-TO,ADM1,XAA,XAA,0104,XA-TO,,Tover town,город Товер,,,city,marker,,60.2,40.4",
            "XAA-2020,XA-TO,ADM1,XAA,XAA,0104,XA-TO,,Tover town,город Товер,,,city,marker,,,40.4",
        ),
        UNITS,
        10,
        ("lon", "a position for a marker"),
    ),
    "alias of an ambiguous name": (
        replace("data/aliases.csv", "Tover,XA-TO,census", "Tover,XA-TO,"),
        "data/aliases.csv",
        4,
        ("ambiguous_names.csv", "for which source"),
    ),
    "alias of no unit": (
        replace("data/aliases.csv", "East region,XA-EA", "East region,XA-XX"),
        "data/aliases.csv",
        3,
        ('"XA-XX"', "alias"),
    ),
    "self-crossing polygon": (change_ring(OLD, "XA-NE", BOWTIE), OLD, 2, ("Self-intersection", "Fix geometries")),
    "polygons that overlap": (
        change_ring(OLD, "XA-NE", WIDE),
        OLD,
        1,
        ("an overlap", "XA-NE and XA-WE", "python -m etl topology"),
    ),
    "gap between polygons": (
        change_ring(OLD, "XA-NE", NARROW),
        OLD,
        1,
        ("a gap", "XA-NE and XA-WE", "python -m etl topology"),
    ),
    "no polygon": (
        change_features(OLD, lambda f: [f[0], {**f[1], "geometry": {"type": "Point", "coordinates": [61, 41]}}, f[2]]),
        OLD,
        2,
        ('"Point"', "Polygon"),
    ),
    "feature of no unit": (
        change_features(OLD, lambda f: [*f, {**f[1], "properties": {"unit_id": "XA-QQ"}}]),
        OLD,
        4,
        ('"XA-QQ"', "Correct the property unit_id"),
    ),
    "unit without feature": (change_features(OLD, lambda f: f[:2]), UNITS, 5, ("XA-SE", "Add the feature")),
    "one id for two territories": (
        change_ring("boundaries/XAA-2020.geojson", "XA-WE", square(59.5, 40, 1.5, 2)),
        UNITS,
        3,
        ("XA-WE", "another unit_id"),
    ),
    "missing boundaries": (delete(OLD), OLD, None, ("no such file", "Add the file")),
    "missing table": (delete(ECONOMIC), ECONOMIC, None, ("no such file", "Add the file")),
    "HTML named GeoJSON": (
        write(OLD, b"<!DOCTYPE html><html><body>Not found</body></html>"),
        OLD,
        1,
        ("HTML", "not what its name says"),
    ),
    "PNG named CSV": (write(ECONOMIC, PNG), ECONOMIC, 1, ("a PNG image", "not what its name says")),
    "another encoding": (
        write("data/aliases.csv", "iso3,level,name\nXAA,ADM1,Запад\n".encode("cp1251")),
        "data/aliases.csv",
        2,
        ("not UTF-8", "UTF-8"),
    ),
    "mistyped key": (
        replace(POVERTY, "sensitivity: low", "sensitivty: low\nsensitivity: low"),
        POVERTY,
        16,
        ('"sensitivty"', 'Write "sensitivity"'),
    ),
    "mistyped key inside": (
        replace(POVERTY, "display: {level: ADM1}", "display: {levle: ADM1}"),
        POVERTY,
        17,
        ('"levle"', 'Write "level"'),
    ),
    "unquoted NO": (
        replace(POVERTY, 'where: {indicator: "poverty_rate"}', "where: {indicator: NO}"),
        POVERTY,
        15,
        ("NO, which YAML reads as False", 'quotes: "NO"'),
    ),
    "unquoted 010": (
        replace(POVERTY, 'where: {indicator: "poverty_rate"}', "where: {indicator: 010}"),
        POVERTY,
        15,
        ("010, which YAML reads as 8", 'quotes: "010"'),
    ),
    "broken YAML": (replace(POVERTY, "kind: rate", "kind: [rate"), POVERTY, 7, ("no YAML", "Check indentation")),
    "key twice": (
        replace(POVERTY, "kind: rate", "kind: rate\nkind: count"),
        POVERTY,
        7,
        ("the key twice", "Remove one"),
    ),
    "unknown driver": (
        replace(POVERTY, "driver: economic", "driver: economy"),
        POVERTY,
        None,
        ('"economy"', "drivers.yml"),
    ),
    "projection that keeps no areas": (
        replace("catalog/dataset.yml", "+proj=laea +lat_0=41", "+proj=merc +lat_0=41"),
        "catalog/dataset.yml",
        7,
        ("+proj=merc", "Correct the value"),
    ),
    "person-level column": (
        add_column(ECONOMIC, "economic", "date_of_birth"),
        ECONOMIC,
        1,
        ('"date_of_birth"', "no data on persons"),
    ),
    "column on ethnicity": (
        add_column(ECONOMIC, "economic", "ethnicity"),
        ECONOMIC,
        1,
        ('"ethnicity"', "Remove the column"),
    ),
    "points in figures": (add_column(ECONOMIC, "economic", "latitude"), ECONOMIC, 1, ('"latitude"', "no points")),
    "broken descriptor": (
        write("datapackage.json", b'{"name": "small",\n "title"}'),
        "datapackage.json",
        2,
        ("no JSON", "commas"),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_gives_one_line(name, package, etl):
    apply, file, row, words = FAULTS[name]
    apply(package)
    run = etl("build", package, "--out", package.parent / "out", "--json")
    assert run.code == 2
    assert len(run.lines) == 1, run.lines
    problem, line = run.result["problems"][0], run.lines[0]
    assert (problem["file"], problem["row"]) == (file, row), line
    assert all(word in line for word in words), line
    assert "\n" not in line
    assert problem["remedy"].endswith(".")
    assert not (package.parent / "out").exists()


def test_all_faults_are_reported_at_once(package, etl):
    for name in ("value out of range", "unknown licence", "self-crossing polygon", "bounds that cross"):
        FAULTS[name][0](package)
    replace("catalog/indicators/doctors.yml", "kind: count", "kind: counts")(package)
    run = etl("validate", package, "--json")
    assert run.code == 2
    assert [problem["file"] for problem in run.result["problems"]] == [
        OLD,
        "catalog/indicators/doctors.yml",
        ECONOMIC,
        ECONOMIC,
        "data/sources.csv",
    ]


def test_many_rows_with_one_fault_are_counted(package, etl):
    lines = [
        f"poverty_rate,XAA,ADM1,9999,Nowhere,{year}-01-01,{year}-12-31,all,all,5,,,,exact,A,,,census,,"
        for year in range(2000, 2018)
    ]
    append(ECONOMIC, "\n".join(lines))(package)
    run = etl("build", package, "--out", package.parent / "out", "--json")
    assert len(run.lines) == 10
    assert run.lines[-1].endswith("[and 8 more rows alike]")


def test_former_snapshot_stays_served(package, etl):
    out = package.parent / "out"
    assert etl("build", package, "--out", out, "--json").code == 0
    before = open_snapshot(out, "public").snapshot_id
    FAULTS["wrong code"][0](package)
    assert etl("build", package, "--out", out, "--json").code == 2
    after = open_snapshot(out, "public")
    assert after.snapshot_id == before
    assert [path.name for path in (out / "public").iterdir() if path.name.startswith(".")] == []


def test_message_on_the_terminal_is_no_traceback(package):
    FAULTS["PNG named CSV"][0](package)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "etl", "build", str(package), "--out", str(package.parent / "out")],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == "1 problem in the data package:"
    assert done.stderr.splitlines()[1].startswith(f"  {ECONOMIC}, row 1: found a PNG image")
    assert "Traceback" not in done.stderr


def test_no_such_package(tmp_path, etl):
    run = etl("build", tmp_path / "nothing", "--out", tmp_path / "out", "--json")
    assert run.code == 2
    assert "no folder nothing" in run.lines[0]


def test_output_that_cannot_be_written(package, etl):
    (package.parent / "out").write_text("a file", encoding="utf-8")
    run = etl("build", package, "--out", package.parent / "out", "--json")
    assert run.code == 1
    assert run.result["error"].startswith("cannot write to")
