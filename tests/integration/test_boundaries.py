"""Boundaries from outside: the topology report, the offered repair, the import; on districts like real ones."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from etl.__main__ import main
from geodata.snapshot import open_snapshot
from tests.fixtures.small_package import write_csv

STEP = 0.05
CODES = {"WE": "0101", "NE": "0102", "SE": "0103"}


def grid(lon: float, lat: float, width: float = 0.5, height: float = 0.5) -> Any:
    """A rectangle with a vertex every 0.05 degrees, so that neighbours share all vertices."""
    return shapely.segmentize(shapely.box(lon, lat, lon + width, lat + height), STEP)


def districts() -> list[tuple[dict[str, Any], Any]]:
    """Twelve districts of the small package's west, as a ministry exports them; names in two scripts."""
    found = []
    for number in range(8):
        lon, lat = 60 + 0.5 * (number % 2), 40 + 0.5 * (number // 2)
        code = f"01010{number + 1}"
        names = {"ADM2_EN": f"District {number + 1}", "ADM2_RU": f"Район {number + 1}"}
        found.append(({"ADM2_PCODE": code, **names, "ADM1_PCODE": 101, "ADM1_EN": "West"}, grid(lon, lat)))
    return found


def write(path: Path, items: list[tuple[dict[str, Any], Any]]) -> Path:
    features = [
        {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(shape)}
        for properties, shape in items
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def changed(items: list[tuple[dict[str, Any], Any]], at: int, change: Callable[[Any], Any]) -> None:
    items[at] = (items[at][0], change(items[at][1]))


def report(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["topology", *map(str, arguments), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


PROPERTIES = ("--id", "ADM2_PCODE", "--name", "ADM2_EN", "--parent", "ADM1_PCODE")


def test_a_coverage_has_no_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(capsys, write(tmp_path / "a.geojson", districts()), *PROPERTIES)
    assert (found["counts"], found["layers"][0]["polygons"]) == ({}, 8)
    assert found["layers"][0]["area_km2"] == pytest.approx(18_900, rel=0.02)


def test_every_kind_of_fault_is_named_with_place_and_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = districts()
    changed(items, 0, lambda s: shapely.union(s, shapely.box(60.5, 40.2, 60.52, 40.3)))  # over its neighbour
    changed(items, 3, lambda s: shapely.difference(s, shapely.box(60.5, 40.7, 60.51, 40.8)))  # a gap
    changed(items, 4, lambda s: shapely.difference(s, shapely.box(60.1, 41.1, 60.3, 41.3)))  # a town inside
    bow = shapely.Polygon([(60.5, 41.0), (61.0, 41.5), (61.0, 41.0), (60.5, 41.5)])
    items[5] = (items[5][0], bow)
    items[6] = (items[6][0] | {"ADM2_PCODE": "010101", "ADM2_EN": "District 1"}, items[6][1])
    items[7] = (items[7][0], shapely.Polygon())
    items.append((items[7][0] | {"ADM2_PCODE": "010109"}, shapely.box(-179.5, 10, 179.5, 11)))
    path = write(tmp_path / "faulty.geojson", items)
    found = report(capsys, path, *PROPERTIES, "--out", tmp_path / "places.geojson")
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for finding in found["findings"]:
        by_kind.setdefault(finding["kind"], []).append(finding)
    assert set(by_kind) >= {"duplicate", "invalid", "no_polygon", "antimeridian", "overlap", "gap", "hole"}
    overlap = by_kind["overlap"][0]
    assert overlap["units"] == ["feature 1: 010101 (District 1)", "010102 (District 2)"]
    assert overlap["area_km2"] == pytest.approx(0.02 * 0.1 * 111.2 * 85.0, rel=0.02)
    assert (overlap["lon"], overlap["lat"]) == pytest.approx((60.51, 40.25), abs=0.04)
    gap = by_kind["gap"][0]
    assert gap["width_m"] == pytest.approx(780, rel=0.1)
    assert "010103 (District 3)" in gap["units"]
    assert any("in 010105 (District 5)" in hole["detail"] for hole in by_kind["hole"])
    assert "self-intersection" in by_kind["invalid"][0]["detail"]
    assert "010101 stands 2 times (feature 1, " in by_kind["duplicate"][0]["detail"]
    assert "cross the antimeridian" in by_kind["antimeridian"][0]["detail"]
    places = json.loads((tmp_path / "places.geojson").read_text(encoding="utf-8"))["features"]
    assert len(places) == len(found["findings"])
    shown = [shapely.geometry.shape(p["geometry"]) for p in places if p["properties"]["kind"] == "overlap"]
    assert shown[0].bounds == pytest.approx((60.5, 40.2, 60.52, 40.3), abs=1e-6)


def test_holes_and_neighbours_are_explained_by_a_package(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = districts()
    changed(items, 0, lambda s: shapely.difference(s, shapely.box(60.1, 40.3, 60.3, 40.5)))
    changed(items, 3, lambda s: shapely.union(s, shapely.box(61.0, 40.6, 61.1, 40.9)))  # over the border
    found = report(capsys, write(tmp_path / "w.geojson", items), *PROPERTIES, "--against", package)
    hole = next(finding for finding in found["findings"] if finding["kind"] == "hole")
    assert "in it: XA-TO (marker)" in hole["detail"]
    assert {finding["kind"] for finding in found["findings"]} >= {"hole", "uncovered_parent"}


def test_the_shipped_package_is_seamless_across_countries(
    central_asia: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = report(capsys, central_asia)
    assert set(found["counts"]) == {"hole"}
    assert len(found["layers"]) == 10


def test_countries_that_overlap_are_named(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = package / "boundaries" / "XBB-base.geojson"
    text = path.read_text(encoding="utf-8").replace("[62, 40.5]", "[61.9, 40.5]")
    assert "[61.9, 40.5]" in text
    path.write_text(text, encoding="utf-8")
    found = report(capsys, package)
    kinds = {finding["kind"]: finding for finding in found["findings"]}
    assert "neighbour_overlap" in kinds
    assert kinds["neighbour_overlap"]["area_km2"] > 100


# ---- the repair


def test_a_repair_is_a_new_file_with_an_account(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = districts()
    changed(items, 0, lambda s: shapely.union(s, shapely.box(60.5, 40.2, 60.501, 40.3)))
    changed(items, 3, lambda s: shapely.difference(s, shapely.box(60.5, 40.7, 60.5005, 40.8)))
    source, target = write(tmp_path / "faulty.geojson", items), tmp_path / "repaired.geojson"
    before = source.read_bytes()
    found = report(capsys, source, *PROPERTIES, "--repair", target, "--out", tmp_path / "report.html")
    account = json.loads((tmp_path / "repaired.repair.json").read_text(encoding="utf-8"))
    assert source.read_bytes() == before
    assert account == found["repair"]
    assert (account["findings_before"], account["findings_after"]) == ({"overlap": 1, "gap": 1}, {})
    units = {unit["unit"]: unit for unit in account["units"]}
    assert sum(unit["changed_km2"] > 0 for unit in units.values()) in (2, 3, 4)
    assert units["010107"]["changed_km2"] == units["010107"]["vertices_new"] == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Offered repair" in page
    assert "<script" not in page
    repaired = json.loads(target.read_text(encoding="utf-8"))["features"]
    shapes = np.array([shapely.geometry.shape(feature["geometry"]) for feature in repaired], dtype=object)
    assert shapely.coverage_is_valid(shapes)
    assert [f["properties"]["ADM2_EN"] for f in repaired] == [f"District {n}" for n in range(1, 9)]
    assert shapely.equals_exact(shapes[6], items[6][1], normalize=True)
    assert report(capsys, target, *PROPERTIES)["counts"] == {}
    assert main(["topology", str(source), "--repair", str(target)]) == 1
    assert "a repair overwrites nothing" in capsys.readouterr().err


def test_a_unit_on_top_of_another_keeps_its_land(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = [*districts(), ({"ADM2_PCODE": "010109", "ADM2_EN": "Town", "ADM1_PCODE": 101}, grid(60.1, 40.1, 0.1, 0.1))]
    target = tmp_path / "repaired.geojson"
    found = report(capsys, write(tmp_path / "town.geojson", items), *PROPERTIES, "--repair", target)["repair"]
    units = {unit["unit"]: unit for unit in found["units"]}
    assert units["010109"]["changed_km2"] == 0
    assert units["010101"]["changed_km2"] == pytest.approx(units["010109"]["area_before_km2"], abs=0.001)
    assert found["findings_after"] == {}


def test_the_outer_edge_is_fitted_only_on_request(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = districts()
    changed(items, 3, lambda s: shapely.union(s, shapely.box(61.0, 40.6, 61.001, 40.9)))
    source = write(tmp_path / "w.geojson", items)
    east = write(tmp_path / "east.geojson", [({"unit_id": "E"}, grid(61, 40, 1, 2))])
    plain = report(capsys, source, *PROPERTIES, "--against", east, "--repair", tmp_path / "plain.geojson")
    assert plain["counts"] == {"neighbour_overlap": 1}
    assert plain["repair"]["findings_after"] == {"neighbour_overlap": 1}
    fitted = report(
        capsys, source, *PROPERTIES, "--against", east, "--fit-to", east, "--repair", tmp_path / "fitted.geojson"
    )["repair"]
    assert fitted["findings_after"] == {}
    assert fitted["settings"]["fit_to"] == ["east.geojson"]
    assert "cut off" in fitted["steps"][-1]
    assert main(["topology", str(source), "--fit-to", str(east)]) == 1
    assert "--fit-to is a part of a repair" in capsys.readouterr().err


# ---- the import

IMPORT = (
    "--level", "ADM2", "--id", "ADM2_PCODE", "--name-en", "ADM2_EN", "--name-ru", "ADM2_RU", "--parent", "ADM1_PCODE",
)  # fmt: skip


def run_import(capsys: pytest.CaptureFixture[str], path: Path, out: Path, *more: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["boundaries", "import", str(path), "--out", str(out), *IMPORT, *map(str, more), "--json"])
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, result


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_districts_come_under_the_regions_of_a_package(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = [(p | {"ADM1_PCODE": CODES["WE"]}, s) for p, s in districts()]
    path = write(tmp_path / "w.geojson", items)
    for _ in range(2):  # a second import replaces the first one
        code, result = run_import(capsys, path, package, "--set", "XAA-old")
        assert (code, result["units"], result["parents"]) == (0, 8, 0)
    made = [row for row in rows_of(package / "data" / "units.csv") if row["level"] == "ADM2"]
    assert [row["unit_id"] for row in made] == [f"XAA-01010{n}" for n in range(1, 9)]
    assert {(row["parent_unit_id"], row["unit_type"], row["iso3"]) for row in made} == {("XA-WE", "district", "XAA")}
    assert made[0]["name_ru"] == "Район 1"
    assert main(["build", str(package), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    units = open_snapshot(tmp_path / "out", "public").units
    nested = units.loc[units["level"] == "ADM2"]
    assert len(nested) == 8
    west = units.loc[(units["unit_id"] == "XA-WE") & (units["boundary_set"] == "XAA-old"), "area_km2"].iloc[0]
    assert nested["area_km2"].sum() == pytest.approx(west, rel=1e-3)


def test_doubtful_features_are_named_and_wait_for_people(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a real file: a town carries the code and name of the district around it, another town is a hole."""
    items = [(p | {"ADM1_PCODE": CODES["WE"]}, s) for p, s in districts()]
    town, hole = grid(60.1, 40.1, 0.1, 0.1), grid(60.7, 40.1, 0.1, 0.1)
    changed(items, 0, lambda s: shapely.difference(s, town))
    changed(items, 1, lambda s: shapely.difference(s, hole))
    items.append((dict(items[0][0]), town))
    path, corrections = write(tmp_path / "w.geojson", items), tmp_path / "corrections.csv"
    before = (package / "data" / "units.csv").read_bytes()
    code, result = run_import(capsys, path, package, "--set", "XAA-old", "--corrections", corrections)
    assert code == 2
    (line,) = [problem["text"] for problem in result["problems"]]
    assert line.startswith("w.geojson, feature 9, code: found 010101 (District 1), ")
    assert "the code and name of feature 1" in line
    assert (package / "data" / "units.csv").read_bytes() == before
    (waiting,) = rows_of(corrections)
    assert (waiting["feature"], waiting["name_en"], waiting["unit_id"]) == ("9", "District 1", "")
    header = list(waiting)
    answers = [
        header,
        ["9", "010110", "Town", "Город", "", "", "A. Reviewer", ""],
        ["hole 1", "010111", "Market town", "Торговый город", CODES["WE"], "", "A. Reviewer", "Drawn as a hole."],
    ]
    write_csv(corrections, answers)
    code, result = run_import(capsys, path, package, "--set", "XAA-old", "--corrections", corrections)
    assert (code, result["units"]) == (0, 10)
    names = {row["unit_id"]: row["name_en"] for row in rows_of(package / "data" / "units.csv")}
    assert (names["XAA-010110"], names["XAA-010111"]) == ("Town", "Market town")
    assert main(["validate", str(package)]) == 0


def test_a_narrow_hole_must_be_known(package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = [(p | {"ADM1_PCODE": CODES["WE"]}, s) for p, s in districts()]
    exclave = shapely.box(60.48, 40.7, 60.52, 40.72)
    for at in (2, 3):
        changed(items, at, lambda s: shapely.difference(s, exclave))
    path = write(tmp_path / "w.geojson", items)
    code, result = run_import(capsys, path, package, "--set", "XAA-old")
    assert code == 2
    assert "a gap of" in result["problems"][0]["text"]
    assert "--known-hole" in result["problems"][0]["text"]
    code, result = run_import(capsys, path, package, "--set", "XAA-old", "--known-hole", 60.5, 40.71)
    assert code == 0
    (row,) = [row for row in rows_of(package / "data" / "boundary_sets.csv") if row["boundary_set"] == "XAA-old"]
    assert row["known_holes"] == "60.5 40.71"
    assert main(["validate", str(package)]) == 0
    text = (package / "data" / "boundary_sets.csv").read_text(encoding="utf-8")
    (package / "data" / "boundary_sets.csv").write_text(text.replace("60.5 40.71", "here"), encoding="utf-8")
    capsys.readouterr()
    assert main(["validate", str(package)]) == 2
    assert 'known_holes: found "here"' in capsys.readouterr().err


def test_a_new_folder_gets_the_set_with_its_parents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "w.geojson", districts())
    new = ("--set", "XAA-2019", "--parent-en", "ADM1_EN", "--country", "Arlan", "Арлан", "--source-id", "atlas")
    code, result = run_import(capsys, path, tmp_path / "package", *new)
    assert (code, result["units"], result["parents"]) == (0, 8, 1)
    units = rows_of(tmp_path / "package" / "data" / "units.csv")
    assert [(row["unit_id"], row["geometry"]) for row in units[:2]] == [("XAA", "children"), ("XAA-101", "children")]
    assert units[1]["name_en"] == "West"
    (row,) = rows_of(tmp_path / "package" / "data" / "boundary_sets.csv")
    assert (row["boundary_set"], row["title_en"], row["by_date"]) == ("XAA-2019", "8 districts", "true")
    assert any("new-package" in note for note in result["notes"])


def test_a_property_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "w.geojson", [({"NAME": "A"}, grid(60, 40))])
    assert main(["boundaries", "import", str(path), "--out", str(tmp_path / "p"), "--set", "XAA-1", *IMPORT]) == 1
    assert "w.geojson has no property 'ADM2_PCODE'; it has NAME" in capsys.readouterr().err
