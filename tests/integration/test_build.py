"""The real pipeline on a small package: what it publishes, that it is deterministic, atomic and protected."""

from __future__ import annotations

import csv
import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from etl.__main__ import main
from geodata.contracts import CONTRACTS, check_tables, conform_table
from geodata.errors import SnapshotError
from geodata.snapshot import TABLES, open_snapshot
from layers.catalog import Catalog
from tests.fixtures.small_package import FIGURE_COLUMNS, SERVICES, figure, write_csv, write_package

ROOT = Path(__file__).parents[2]


@pytest.fixture
def public(small_snapshots: Path):
    return open_snapshot(small_snapshots, "public")


def observation(df: pd.DataFrame, unit_id: str, year: int) -> pd.Series:
    found = df.loc[(df["unit_id"] == unit_id) & (df["period_end"].dt.year == year)]
    assert len(found) == 1
    return found.iloc[0]


def test_published_tables_keep_their_contracts(small_snapshots):
    for tier in ("public", "partner", "restricted"):
        snapshot = open_snapshot(small_snapshots, tier)
        tables = {name: snapshot.read_table(name) for name in TABLES}
        geometry = gpd.read_parquet(snapshot.path / "units.parquet").geometry
        tables["units"]["geometry"] = [None if g is None else g.wkb for g in geometry]
        check_tables({name: conform_table(df, CONTRACTS[name]) for name, df in tables.items()})


def test_manifest_holds_the_hash_of_every_file(public):
    on_disk = {path.name for path in public.path.iterdir()} - {"manifest.json"}
    assert on_disk == set(public.manifest["files"])
    for name, entry in public.manifest["files"].items():
        assert hashlib.sha256((public.path / name).read_bytes()).hexdigest() == entry["sha256"]
    manifest = public.manifest
    assert (manifest["indicators"], manifest["observations"]) == (3, 17)
    assert manifest["drivers"] == ["economic", "services", "claims"]
    assert manifest["units"] == {"ADM0": 2, "ADM1": 5}
    quality = manifest["quality"]
    assert quality["rows_read"] == quality["rows_joined"] + quality["rows_listed"] + quality["rows_withheld"] == 20
    assert quality["by_match_method"] == {"alias": 6, "iso3": 3, "iso_3166_2": 1, "pcode": 7}
    assert quality["by_status"] == {"A": 15, "E": 1, "M": 1}


def test_figures_join_the_division_of_their_date(public):
    poverty = public.observations("poverty_rate")
    assert observation(poverty, "XA-WE", 2018)["boundary_set"] == "XAA-old"
    assert observation(poverty, "XA-WE", 2021)["boundary_set"] == "XAA-2020"
    assert observation(poverty, "XAA-north", 2019)["boundary_set"] == "XAA-survey"
    assert set(poverty.loc[poverty["period_end"].dt.year == 2018, "unit_id"]) == {
        "XAA",
        "XA-WE",
        "XA-NE",
        "XA-SE",
        "XA-TO",
    }


def test_codes_stay_text(public):
    poverty = public.observations("poverty_rate")
    assert observation(poverty, "XB-UP", 2021)["pcode"] == "NA"
    assert observation(poverty, "XB-LO", 2021)["pcode"] == "010"
    assert observation(poverty, "XA-WE", 2018)["pcode"] == "0101"


def test_missing_is_never_zero_and_zero_is_never_missing(public):
    poverty = public.observations("poverty_rate")
    missing, zero = observation(poverty, "XA-SE", 2018), observation(poverty, "XA-TO", 2018)
    assert pd.isna(missing["value"])
    assert (missing["missing_reason"], missing["obs_status"]) == ("not_collected", "M")
    assert (zero["value"], zero["missing_reason"], zero["obs_status"]) == (0.0, "", "A")


def test_how_each_place_was_matched(public):
    poverty, doctors = public.observations("poverty_rate"), public.observations("doctors")
    claims = public.observations("claims")
    assert observation(poverty, "XA-WE", 2018)["match_method"] == "pcode"
    assert observation(poverty, "XA-WE", 2021)["match_method"] == "alias"
    assert observation(poverty, "XA-TO", 2018)["match_method"] == "iso_3166_2"
    assert observation(doctors, "XA-TO", 2021)["match_method"] == "alias"
    assert claims["match_method"].tolist() == ["iso3", "iso3"]


def test_code_of_another_division_joins_by_alias_and_is_told(public):
    doctors = public.observations("doctors")
    assert observation(doctors, "XA-EA", 2021)["match_method"] == "alias"
    notices = [n for n in public.report_json()["notices"] if n["kind"] == "code_of_other_set"]
    assert [(n["subject"], n["rows"]) for n in notices] == [("XAA 0102", 1)]


def test_excluded_rows_are_listed_with_their_reason(public):
    listed = public.report_json()["listed"]
    assert [(row["file"], row["row"], row["reason"]["en"]) for row in listed] == [
        ("data/figures/services.csv", 5, "Town or region is not said.")
    ]
    assert "Town or region is not said." in (public.path / "report.html").read_text(encoding="utf-8")


def test_public_tier_holds_no_trace_of_a_sensitive_indicator(small_snapshots):
    public, partner = open_snapshot(small_snapshots, "public"), open_snapshot(small_snapshots, "partner")
    assert public.manifest["withheld"] == [{"indicator": "returns", "sensitivity": "high", "needs_tier": "partner"}]
    assert len(partner.observations("returns")) == 2
    assert len(public.observations("returns")) == 0
    for name in public.manifest["files"]:
        content = (public.path / name).read_bytes()
        if name not in ("report.json", "report.html"):  # they name what is withheld
            assert b"returns" not in content, name
    assert [row["id"] for row in public.report_json()["indicators"]] == ["poverty_rate", "doctors", "claims"]


def test_catalog_is_valid_and_in_menu_order(small_snapshots):
    catalog = Catalog.model_validate(open_snapshot(small_snapshots, "partner").catalog_json())
    assert [driver.id for driver in catalog.drivers] == ["economic", "services", "claims"]
    assert [spec.id for spec in catalog.indicators] == ["poverty_rate", "doctors", "returns", "claims"]


def test_geoparquet_is_read_by_geopandas(public):
    gdf = gpd.read_parquet(public.path / "units.parquet")
    assert gdf.crs.to_epsg() == 4326
    by_unit = gdf.loc[gdf["boundary_set"] == "XAA-2020"].set_index("unit_id")
    assert by_unit.loc["XA-EA"].geometry.equals(shapely.box(61, 40, 62, 42))
    assert by_unit.loc["XAA"].geometry.equals(shapely.box(60, 40, 62, 42))
    assert by_unit.loc["XA-TO"].geometry is None
    assert not by_unit.loc["XA-TO", "has_polygon"]
    oracle = by_unit.drop(index="XA-TO").to_crs("ESRI:54009").area / 1e6
    assert ((by_unit.loc[oracle.index, "area_km2"] / oracle - 1).abs() < 0.005).all()


def test_map_borders_coincide_across_sets_and_levels(public):
    shapes = {shape["id"]: shape for shape in public.map_json("ADM1")["shapes"]}
    assert [shape["id"] for shape in public.map_json("ADM1")["shapes"]] == sorted(
        shapes, key=lambda i: (shapes[i]["iso3"], i)
    )
    polygons = {name: polygon_of(shape["d"]) for name, shape in shapes.items() if not shape["marker"]}
    assert all(polygon.is_valid for polygon in polygons.values())
    assert polygons["XA-EA"].equals(polygons["XA-NE"].union(polygons["XA-SE"]))
    country = polygon_of(public.map_json("ADM0")["shapes"][0]["d"])
    assert country.equals(polygons["XA-EA"].union(polygons["XA-WE"]))
    assert shapes["XA-TO"] | {"near": None} == {
        "id": "XA-TO",
        "sets": ["XAA-old", "XAA-2020"],
        "iso3": "XAA",
        "d": "",
        "x": shapes["XA-TO"]["x"],
        "y": shapes["XA-TO"]["y"],
        "box": [shapes["XA-TO"]["x"], shapes["XA-TO"]["y"]] * 2,
        "marker": True,
        "near": None,
    }
    for shape in shapes.values():
        if not shape["marker"]:
            assert polygons[shape["id"]].contains(shapely.Point(shape["x"], shape["y"]))


def test_map_neighbours_are_mutual_and_true(public):
    shapes = public.map_json("ADM1")["shapes"]
    names = [shape["id"] for shape in shapes]
    near = {shape["id"]: {names[index] for index in shape["near"]} for shape in shapes}
    assert all(name in near[other] for name, others in near.items() for other in others)
    assert {"XA-NE", "XA-SE", "XA-EA"} <= near["XA-WE"]
    assert near["XB-UP"] >= {"XB-LO", "XA-NE", "XA-EA"}
    assert "XA-EA" not in near["XA-NE"]
    assert "XA-WE" in near["XA-TO"]


def polygon_of(path: str) -> shapely.Geometry:
    """Read back a path of the map with shapely's own tools."""
    rings = []
    for part in path.split("z")[:-1]:
        start, steps = part[1:].split("l")
        numbers = [int(n) for n in start.replace("-", " -").split()]
        deltas = [int(n) for n in steps.replace("-", " -").split()]
        points = [tuple(numbers)]
        for dx, dy in zip(deltas[::2], deltas[1::2], strict=True):
            points.append((points[-1][0] + dx, points[-1][1] + dy))
        rings.append(shapely.Polygon(points))
    result = rings[0]
    for ring in rings[1:]:
        result = result.symmetric_difference(ring)
    return result


def build(package: Path, out: Path) -> dict[str, str]:
    assert main(["build", str(package), "--out", str(out), "--quiet"]) == 0
    return {name: entry["logical_hash"] for name, entry in open_snapshot(out, "public").manifest["files"].items()}


def test_same_input_gives_the_same_snapshot_wherever_it_lies(tmp_path):
    first = build(write_package(tmp_path / "a" / "small"), tmp_path / "a" / "out")
    second = build(write_package(tmp_path / "b" / "deeper" / "small"), tmp_path / "b" / "out")
    assert first == second


def test_order_of_reference_rows_and_features_does_not_matter(tmp_path, small_snapshots):
    package = write_package(tmp_path / "small")
    shuffler = random.Random(7)
    for path in sorted((package / "data").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        shuffler.shuffle(rows)
        write_csv(path, [header, *rows])
    for path in sorted((package / "boundaries").glob("*.geojson")):
        content = json.loads(path.read_text(encoding="utf-8"))
        shuffler.shuffle(content["features"])
        path.write_text(json.dumps(content), encoding="utf-8")
    expected = open_snapshot(small_snapshots, "public").manifest["files"]
    assert build(package, tmp_path / "out") == {name: entry["logical_hash"] for name, entry in expected.items()}


def test_order_of_figures_changes_nothing_but_their_line_numbers(tmp_path, small_snapshots):
    package = write_package(tmp_path / "small")
    write_csv(package / "data/figures/services.csv", [SERVICES[0], *reversed(SERVICES[1:])])
    build(package, tmp_path / "out")
    drop = ["source_row"]
    shuffled = open_snapshot(tmp_path / "out", "public").read_table("observations").drop(columns=drop)
    expected = open_snapshot(small_snapshots, "public").read_table("observations").drop(columns=drop)
    pd.testing.assert_frame_equal(shuffled, expected)


def test_suppressed_figures_keep_no_numbers_nor_do_their_aggregates(tmp_path):
    package = write_package(tmp_path / "small")
    rows = [
        figure("doctors", "XBB", "", "Borun", 2021, "11", level="ADM0"),
        figure("doctors", "XBB", "NA", "Upper", 2021, "4", reason="suppressed", status=""),
        figure("doctors", "XBB", "010", "Lower", 2020, "9"),
    ]
    write_csv(package / "data/figures/services.csv", [FIGURE_COLUMNS, *SERVICES[1:], *rows])
    build(package, tmp_path / "out")
    doctors = open_snapshot(tmp_path / "out", "public").observations("doctors")
    for unit_id in ("XBB", "XB-UP"):
        row = observation(doctors, unit_id, 2021)
        assert row[["value", "low", "high", "n"]].isna().all()
        assert (row["missing_reason"], row["conf_status"], row["obs_status"]) == ("suppressed", "C", "M")
    assert observation(doctors, "XB-LO", 2021)["value"] == 7
    assert observation(doctors, "XB-LO", 2020)["conf_status"] == "F"


@pytest.mark.parametrize("name", ["observations.parquet", "catalog.json", "map", "report.html", "manifest.json"])
def test_altered_snapshot_is_refused_by_name(tmp_path, name):
    build(write_package(tmp_path / "small"), tmp_path / "out")
    snapshot = open_snapshot(tmp_path / "out", "public")
    path = snapshot.map_file("ADM1") if name == "map" else snapshot.path / name
    content = path.read_bytes()
    old, new = (b'"tier":"public"', b'"tier":"pub1ic"') if name == "manifest.json" else (content[-20:], b"X" * 20)
    path.write_bytes(content.replace(old, new))
    with pytest.raises(SnapshotError, match=path.name):
        open_snapshot(tmp_path / "out", "public")


def test_file_that_is_gone_is_refused_by_name(tmp_path):
    build(write_package(tmp_path / "small"), tmp_path / "out")
    (open_snapshot(tmp_path / "out", "public").path / "sources.parquet").unlink()
    with pytest.raises(SnapshotError, match=r"sources\.parquet"):
        open_snapshot(tmp_path / "out", "public")


def test_damaged_snapshot_is_replaced_by_the_next_build(tmp_path):
    package = write_package(tmp_path / "small")
    build(package, tmp_path / "out")
    (open_snapshot(tmp_path / "out", "public").path / "sources.parquet").write_bytes(b"broken")
    build(package, tmp_path / "out")
    assert len(open_snapshot(tmp_path / "out", "public").sources) == 3


def test_snapshot_of_another_tier_is_refused(tmp_path):
    package = write_package(tmp_path / "small")
    assert main(["build", str(package), "--out", str(tmp_path / "out"), "--tier", "restricted", "--quiet"]) == 0
    (tmp_path / "out" / "restricted").rename(tmp_path / "out" / "public")
    with pytest.raises(SnapshotError, match="of tier restricted, expected public"):
        open_snapshot(tmp_path / "out", "public")


def test_killed_build_leaves_the_former_snapshot_and_the_next_build_cleans_up(tmp_path):
    package, out = write_package(tmp_path / "small"), tmp_path / "out"
    build(package, out)
    before = open_snapshot(out, "public").snapshot_id
    script = (
        "import os, sys, time; import etl.publish as p\n"
        "def wait(path, content):\n    print('writing', flush=True); time.sleep(60)\n"
        "p._write_bytes = wait\n"
        "from etl.__main__ import main; main(['build', sys.argv[1], '--out', sys.argv[2], '--quiet'])\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(package), str(out)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "writing"
    alive = [path for path in (out / "public").iterdir() if path.name.startswith(".building-")]
    build(package, out)
    assert all(path.exists() for path in alive), "a build that is running must not be disturbed"
    child.kill()
    child.wait()
    child.stdout.close()
    assert open_snapshot(out, "public").snapshot_id == before
    build(package, out)
    assert sorted(path.name for path in (out / "public").iterdir()) == sorted(["CURRENT", before])


def test_two_builds_at_once_do_not_corrupt(tmp_path):
    packages = [write_package(tmp_path / name / "small") for name in ("a", "b")]
    write_csv(packages[1] / "data/figures/services.csv", SERVICES[:-1])
    out = tmp_path / "out"
    command = [sys.executable, "-m", "etl", "build", "--quiet", "--out", str(out)]
    children = [
        subprocess.Popen([*command, str(package)], cwd=ROOT, stdout=subprocess.DEVNULL) for package in packages * 2
    ]
    assert [child.wait(timeout=120) for child in children] == [0, 0, 0, 0]
    assert open_snapshot(out, "public").manifest["observations"] in (16, 17)
    assert len([path for path in (out / "public").iterdir() if path.is_dir()]) == 2
    assert not [path for path in (out / "public").iterdir() if path.name.startswith((".building", "CURRENT."))]


def test_polygons_of_one_set_in_two_packages_are_refused(tmp_path, etl):
    first, second = write_package(tmp_path / "small"), write_package(tmp_path / "other")
    done = etl("validate", first, second, "--json")
    assert done.code == 2
    assert any(
        "other/boundaries/XBB-base.geojson" in line and "which boundaries/XBB-base" in line for line in done.lines
    )


def test_second_package_adds_an_indicator_to_the_first(tmp_path, etl):
    base, extra = write_package(tmp_path / "small"), tmp_path / "extra"
    source = json.loads((base / "datapackage.json").read_text(encoding="utf-8"))
    resource = next(item for item in source["resources"] if item["name"] == "economic")
    resource["schema"].pop("foreignKeys")
    resource |= {"name": "wages", "path": "data/figures/wages.csv"}
    (extra / "catalog" / "indicators").mkdir(parents=True)
    (extra / "datapackage.json").write_text(
        json.dumps({**source, "name": "extra", "resources": [resource]}), encoding="utf-8"
    )
    write_csv(extra / "data/figures/wages.csv", [FIGURE_COLUMNS, figure("wages", "XBB", "NA", "Upper", 2021, "55")])
    text = (base / "catalog/indicators/poverty_rate.yml").read_text(encoding="utf-8")
    text = text.replace("poverty_rate", "wages").replace("economic.csv", "wages.csv").replace("Poverty rate", "Wages")
    (extra / "catalog/indicators/wages.yml").write_text(text, encoding="utf-8")
    run = etl("build", base, extra, "--out", tmp_path / "out", "--json")
    assert run.code == 0, run.out
    row = open_snapshot(tmp_path / "out", "public").observations("wages").iloc[0]
    assert (row["unit_id"], row["value"], row["source_file"]) == ("XB-UP", 55.0, "extra/data/figures/wages.csv")


def test_diff_tells_what_changed(tmp_path, etl):
    package = write_package(tmp_path / "small")
    build(package, tmp_path / "one")
    changed = [row if row[4] != "West" else [*row[:9], "13", *row[10:]] for row in SERVICES[:-1]]
    write_csv(package / "data/figures/services.csv", changed)
    build(package, tmp_path / "two")
    result = etl("diff", tmp_path / "one", tmp_path / "two" / "public", "--json").result
    counts = {
        name: (result[name]["added"], result[name]["removed"], result[name]["changed"])
        for name in ("units", "observations")
    }
    assert counts == {"units": (0, 0, 0), "observations": (0, 1, 1)}
    assert result["observations"]["first"]["changed"] == [
        "doctors XAA-2020 XA-WE 2021-01-01 2021-12-31 all all census "
    ]
    assert etl("diff", tmp_path / "one", tmp_path / "one", "--json").result["same"] is True


def test_report_command_prints_the_published_report(small_snapshots, etl):
    run = etl("report", small_snapshots)
    assert run.result["rows"] == {"read": 20, "joined": 17, "listed": 1, "withheld": 2}
    page = etl("report", small_snapshots, "--format", "html").out
    assert page.startswith("<!doctype html>")
    assert "Отчёт о качестве данных" in page
    assert "<script" not in page
    assert "src=" not in page
    assert etl("report", small_snapshots / "nothing").code == 1


def test_validate_publishes_nothing(tmp_path, etl):
    package = write_package(tmp_path / "small")
    run = etl("validate", package, "--json")
    assert run.code == 0
    assert run.result["rows"] == {"read": 20, "joined": 19, "listed": 1, "withheld": 0}
    assert [path.name for path in tmp_path.iterdir()] == ["small"]
