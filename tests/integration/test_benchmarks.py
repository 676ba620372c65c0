"""The benchmarks measure and print; what they measure is not judged here, because a test machine is never quiet."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import run
from benchmarks import growth, peer_build, server
from benchmarks.__main__ import build_parser, main
from benchmarks.document import END, PLOT, START, write_document
from benchmarks.peer_data import read_peer_data
from benchmarks.peers import PEERS
from benchmarks.result import OURS, MeasuringError, Result, amount, percentile, result, table_of
from benchmarks.servers import Finished
from benchmarks.slider import count_vertices
from benchmarks.synthetic import Size, write_package
from etl.__main__ import main as etl

SMALL = Size(units=12, indicators=2, years=3, vertices=480)


Lines = dict[tuple[str, str], dict[str, Any]]


def measure(root: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """Run the benchmarks as `make bench` does; return the printed lines of ours by name."""
    return {name: line for (name, peer), line in measure_all(root, *arguments).items() if peer == OURS}


def measure_all(root: Path, *arguments: str) -> Lines:
    """Run the benchmarks as `make bench` does; return the printed lines by name and peer."""
    command = [sys.executable, "-m", "benchmarks", *arguments, "--quick", "--json"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        assert list(line)[:7] == ["name", "peer", "units", "value", "p95", "unit", "target"]
        assert isinstance(line["value"], int | float)
        assert line["value"] >= 0
    found = {(line["name"], line["peer"]): line for line in lines}
    assert len(found) == len(lines)
    return found


@pytest.mark.slow
def test_build_and_start_print_their_lines(root: Path) -> None:
    built = measure(root, "build")
    assert built["build.shipped"]["target"] == 5.0
    assert built["build.shipped"]["value"] > 0
    if sys.platform != "win32":
        assert built["build.shipped.memory"]["value"] > 50
    assert measure(root, "start")["start.app"]["value"] > 0


@pytest.mark.slow
@pytest.mark.browser
def test_slider_prints_its_lines_for_a_small_map(root: Path, chromium: str) -> None:
    lines = measure_all(root, "slider", "--units", "12")
    frame = lines["slider.generated.frame", OURS]
    assert frame["steps"] >= 20
    assert frame["value"] == frame["p95"] >= frame["median"] > 0
    assert frame["target"] == 20
    assert lines["slider.generated.work", OURS]["median"] <= frame["median"]
    assert lines["slider.generated.bytes", OURS]["value"] == 0
    assert {line["units"] for line in lines.values()} == {12}
    for peer in (OURS, *(peer.name for peer in PEERS)):
        step = lines["slider.step", peer]
        assert 0 < step["value"] <= step["p95"]
        assert ("CPU" if peer == OURS else "WebGL") in step["rasterisation"]
        assert lines["slider.step_pixels", peer]["value"] > 0
    assert lines["slider.step_pixels", "dash-patch"]["unsettled_pixels"] == 0
    sent = {peer.kind: lines["slider.step_bytes", peer.name]["value"] for peer in PEERS}
    assert sent["animation"] == sent["client"] == 0 < sent["patch"] < sent["figure"]
    ours = lines["slider.step", OURS]["value"]
    for peer in PEERS:
        times = lines["slider.step", peer.name]["value"] / ours
        assert lines["slider.ratio", peer.name]["value"] == pytest.approx(times, rel=0.05, abs=0.1)


@pytest.mark.slow
@pytest.mark.browser
def test_first_map_prints_its_lines(root: Path, chromium: str) -> None:
    lines = measure(root, "first-map")
    for link in ("slow", "local"):
        seconds = [lines[f"first_map.{link}.{moment}"]["value"] for moment in ("painted", "usable", "app")]
        received = [lines[f"first_map.{link}.{moment}_bytes"]["value"] for moment in ("painted", "usable", "app")]
        assert 0 < seconds[0] <= seconds[1]
        assert 10_000 < received[0] <= received[1] <= received[2]
        assert lines[f"first_map.{link}.repeat_bytes"]["value"] < received[2]
    assert lines["first_map.slow.app"]["value"] > lines["first_map.slow.painted"]["value"] > 0.15
    targets = {name: line["target"] for name, line in lines.items() if line["target"] is not None}
    assert targets == {
        "first_map.slow.painted": 1.0,
        "first_map.slow.painted_bytes": 80_000,
        "first_map.slow.usable": 2.0,
        "first_map.slow.usable_bytes": 150_000,
        "first_map.slow.app": 4.0,
        "first_map.slow.app_bytes": 550_000,
        "first_map.slow.repeat_bytes": 60_000,
    }


@pytest.mark.slow
def test_a_crowd_walks_through_the_app(snapshots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "USERS", (20,))
    monkeypatch.setattr(server, "quick_pace", lambda users: server.Pace(0.5, 5.0, (0.05, 0.1)))
    lines = {one.name: one for one in server.measure(snapshots, is_quick=True, say=lambda text: None)}
    assert lines["server.20.errors"].value == 0
    for kind in server.KINDS:
        assert lines[f"server.20.{kind}"].value > 0
    parts = [lines[f"server.20.{kind}"].details["requests"] for kind in server.KINDS]
    assert lines["server.20.request"].details["requests"] == sum(parts)
    assert parts[0] >= 20
    assert parts[1] >= 20 * 15


def test_a_crowd_that_is_refused_counts_as_errors(tmp_path: Path) -> None:
    log = server.Log()

    async def ask() -> None:
        refuse = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = refuse.sockets[0].getsockname()[1]
        connection = server.Connection("127.0.0.1", port, log)
        await connection.ask("page", "/good")
        await connection.ask("page", "/bad")
        refuse.close()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readline():
            while await reader.readline() != b"\r\n":
                pass
            good = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            writer.write(good if b"/good" in head else b"HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx")

    asyncio.run(ask())
    assert len(log.times["page"]) == 1
    assert log.errors == ["page /bad: RefusedError status 404, 1 bytes"]


@given(st.floats(0.2, 3), st.floats(0.01, 100))
def test_the_fitted_exponent_is_that_of_the_curve(exponent: float, factor: float) -> None:
    sizes = [100, 200, 400, 800]
    assert growth.fit_exponent(sizes, [factor * size**exponent for size in sizes]) == pytest.approx(exponent)


def test_growth_takes_the_start_off_and_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(package: Path, out: Path) -> Finished:
        rows = sum(1 for path in (package / "data" / "figures").glob("*.csv") for _ in path.open(encoding="utf-8"))
        return Finished(9.0, 1.0 + rows * 1e-4, 100.0, "")

    for name in ("build_snapshot", "build_by_script"):
        monkeypatch.setattr(growth, name, build)
    lines = growth.measure(units=80, is_quick=True, say=lambda text: None)
    exponents = {one.details["peer"]: one for one in lines if one.name == "growth.exponent"}
    assert exponents[OURS].value == pytest.approx(1.0, abs=0.02)
    assert (exponents[OURS].target, exponents[growth.SCRIPT].target) == (1.1, None)
    assert [one.details["units"] for one in lines if one.name == "growth.build"] == [10, 10, 20, 20, 40, 40, 80, 80]
    with pytest.raises(MeasuringError, match="no exponent fits"):
        growth.fit_exponent([1, 2], [1, 0])


def test_the_straightforward_script_does_the_same_job(tmp_path: Path) -> None:
    peer_build.build(write_package(tmp_path, SMALL), tmp_path / "out")
    observations = pd.read_parquet(tmp_path / "out" / "observations.parquet")
    assert len(observations) == SMALL.observations
    assert observations["unit_id"].notna().all()
    shapes = gpd.read_file(tmp_path / "out" / "units.geojson")
    assert len(shapes) == SMALL.units
    assert shapes.is_valid.all()
    countries = gpd.read_file(tmp_path / "out" / "countries.geojson")
    assert countries.union_all().area == pytest.approx(shapes.union_all().area)


def test_peers_read_what_the_package_says(tmp_path: Path) -> None:
    data = read_peer_data(write_package(tmp_path, SMALL))
    assert len(data.ids) == SMALL.units
    assert len(data.years) == SMALL.years
    told = data.table.set_index(["year", "unit_id"])["value"].to_dict()
    for year, row in zip(data.years, data.values(), strict=True):
        for unit, value in zip(data.ids, row, strict=True):
            assert value == told[year, unit] or (value is None and np.isnan(told[year, unit]))
    centre, zoom = data.view()
    west, south, east, north = data.bounds()
    assert west < centre["lon"] < east
    assert south < centre["lat"] < north
    assert 2 < zoom < 12


def test_without_a_browser_it_says_so_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "find_chromium", lambda: None)
    monkeypatch.setattr("benchmarks.__main__.build_snapshot", lambda package, out: None)
    assert main(["first-map", "--json"]) == 1
    assert "no Chromium" in capsys.readouterr().err


def test_generated_package_is_a_coverage_that_builds(tmp_path: Path) -> None:
    package = write_package(tmp_path, SMALL)
    polygons = [
        shapely.geometry.shape(feature["geometry"])
        for path in sorted((package / "boundaries").glob("*.geojson"))
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]
    ]
    assert len(polygons) == SMALL.units
    assert all(polygon.is_valid for polygon in polygons)
    assert shapely.coverage_is_valid(np.array(polygons))
    assert sum(len(polygon.exterior.coords) - 1 for polygon in polygons) == SMALL.vertices
    assert etl(["build", str(package), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    units, vertices = count_vertices(tmp_path / "out")
    assert units == SMALL.units
    assert 0.95 * SMALL.vertices <= vertices <= SMALL.vertices


def test_generated_packages_have_several_countries_and_are_the_same_each_time(tmp_path: Path) -> None:
    size = Size(units=150, indicators=1, years=2, vertices=1500)
    one, other = write_package(tmp_path / "one", size), write_package(tmp_path / "other", size)
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert Path("boundaries/XAA-cells.geojson") in files
    assert Path("boundaries/XAB-cells.geojson") in files
    assert [(one / name).read_bytes() for name in files] == [(other / name).read_bytes() for name in files]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.sampled_from([5, 50, 95, 100]))
def test_percentile_is_that_of_numpy(samples: list[float], percent: int) -> None:
    assert percentile(samples, percent) == np.percentile(samples, percent, method="inverted_cdf")


def test_a_result_is_one_json_line_with_the_median() -> None:
    one = result("part.case", [3.0, 1.0, 2.0], "s", 2.5, "what", units=7, p95=True)
    plain = {"name": "part.case", "peer": "ours", "units": 7, "value": 2.0, "p95": 3.0, "unit": "s", "target": 2.5}
    assert json.loads(one.as_json()) == {**plain, "runs": 3}
    with pytest.raises(MeasuringError, match=r"part\.case"):
        result("part.case", [], "s", None, "what")


def test_table_says_what_is_met() -> None:
    rows = table_of([Result("a", 1.0, "s", 2.0, "fast"), Result("b", 81_234, "B", 80_000, "large")]).splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["met", "MISSED"]
    assert "81.2 kB" in rows[2]
    assert amount(999, "B") == "999 B"
    ratios = [Result("r", value, "x", 10.0, "times", is_least=True) for value in (9.9, 10.0)]
    assert [one.is_met for one in ratios] == [False, True]
    assert "≥ 10.0 x" in table_of(ratios)


def test_document_gets_a_new_table_between_its_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{START}\nold\n{END}\nafter\n", encoding="utf-8")
    write_document([Result("a.b", 3.0, "s", 2.0, "slow")], {"machine": "a slide rule"}, page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "| `a.b` | slow | 3.000 s |  | ≤ 2.000 s | **missed** |" in text
    assert "a slide rule" in text
    assert "old" not in text
    page.write_text("no markers\n", encoding="utf-8")
    with pytest.raises(MeasuringError, match="once each"):
        write_document([], {}, page)


def test_document_gets_a_plot_of_all_peers(tmp_path: Path) -> None:
    def step(peer: str, units: int, value: float) -> Result:
        return Result("slider.step", value, "ms", None, "step", {"peer": peer, "units": units})

    page = tmp_path / "page.md"
    page.write_text(f"{START}\n{END}\n", encoding="utf-8")
    write_document([step(OURS, 60, 9.0)], {}, page)
    assert "![" not in page.read_text(encoding="utf-8")
    rows = [step(OURS, 60, 9.0), step(OURS, 700, 18.0), step("a & b", 60, 90.0), step("a & b", 700, 1000.0)]
    write_document(rows, {}, page)
    assert f"]({PLOT})" in page.read_text(encoding="utf-8")
    drawn = ElementTree.parse(tmp_path / PLOT).getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert {"a & b", OURS, "60", "700", "10,000 ms"} <= {text.text for text in drawn.iter(f"{space}text")}
    circles = [float(circle.attrib["cy"]) for circle in drawn.iter(f"{space}circle")]
    assert len(circles) == 4
    assert circles == sorted(circles[:2], reverse=True) + sorted(circles[2:], reverse=True)
    assert max(circles[:2]) < min(circles[2:])


def test_every_option_is_documented(root: Path) -> None:
    text = (root / "docs" / "reference" / "performance.md").read_text(encoding="utf-8")
    for action in build_parser()._actions:
        for name in (*action.option_strings, *(action.choices or ())):
            assert name in ("-h", "--help") or f"`{name}`" in text, name
    assert text.count(START) == text.count(END) == 1
