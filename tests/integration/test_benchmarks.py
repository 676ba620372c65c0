"""The benchmarks measure and print; what they measure is not judged here, because a test machine is never quiet."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
from benchmarks import build, growth, libraries, peer_build, peers, server
from benchmarks.__main__ import build_parser, main
from benchmarks.browser import RASTERISATION, open_browser
from benchmarks.document import END, PLOT, START, write_document
from benchmarks.peer_data import read_peer_data
from benchmarks.peers import PEERS
from benchmarks.result import OURS, MeasuringError, Result, amount, percentile, result, table_of
from benchmarks.servers import App, Finished
from benchmarks.site_map import Site
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
    assert all(line.startswith("folium is left out: its pages need npm") for line in done.stderr.splitlines())
    assert not done.stderr or shutil.which("npm") is None
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        assert list(line)[:7] == ["name", "peer", "units", "value", "p95", "unit", "target"]
        assert isinstance(line["value"], int | float)
        assert line["value"] >= 0
    found = {(line["name"], line["peer"]): line for line in lines}
    assert len(found) == len(lines)
    return found


@pytest.mark.slow
def test_start_prints_its_line(root: Path) -> None:
    start = measure(root, "start")["start.app"]
    assert start["target"] == 5.0
    assert start["value"] > 0


@pytest.mark.slow
def test_build_measures_the_shipped_and_a_large_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert build.LARGE.observations == 1_200_000
    monkeypatch.setattr(build, "LARGE", SMALL)
    lines = build.measure(tmp_path, is_quick=True, say=lambda text: None)
    built = {(one.name, one.details.get("peer", OURS)): one for one in lines}
    assert built["build.shipped", OURS].target == 5.0
    assert built["build.large", OURS].target == 20.0
    assert built["build.large", OURS].value > 0
    assert built["build.large", growth.SCRIPT].value > 0
    if sys.platform != "win32":
        assert built["build.large.memory", OURS].target == 1500.0
        assert all(one.value > 50 for one in lines if one.unit == "MB")


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
    there = [peer for peer in PEERS if peer.kind != "folium" or shutil.which("npm")]
    assert [peer for name, peer in lines if name == "slider.step"] == [OURS, *(peer.name for peer in there)]
    for name, drawn in ((OURS, RASTERISATION), *((peer.name, peer.rasterisation) for peer in there)):
        step = lines["slider.step", name]
        assert 0 < step["value"] <= step["p95"]
        assert step["rasterisation"] == drawn
        assert lines["slider.step_pixels", name]["value"] > 0
        assert lines["slider.step_pixels", name].get("unsettled_pixels", 0) == 0
    sent = {peer.kind: lines["slider.step_bytes", peer.name]["value"] for peer in there}
    assert 0 < sent.pop("patch") < sent.pop("figure")
    assert set(sent.values()) == {0}
    ours = lines["slider.step", OURS]["value"]
    for peer in there:
        times = lines["slider.step", peer.name]["value"] / ours
        assert lines["slider.ratio", peer.name]["value"] == pytest.approx(times, rel=0.05, abs=0.1)


@pytest.mark.slow
@pytest.mark.browser
def test_a_slow_peer_is_stopped_after_a_few_steps_and_says_so(tmp_path: Path, chromium: str) -> None:
    package = write_package(tmp_path, SMALL)
    bokeh = next(peer for peer in PEERS if peer.kind == "bokeh")

    def measure() -> dict[str, Any]:
        with open_browser() as browser, peers.serve_peers(package, [bokeh]) as app:
            browsers = {RASTERISATION: browser}
            return peers.measure_peer(browsers, app.url, bokeh, steps=50, years=SMALL.years, patience_s=0)

    with ThreadPoolExecutor(1) as pool:  # in a thread of its own: playwright runs only once in each
        measured = pool.submit(measure).result()
    assert len(measured["steps"]) == 3
    row = peers.step_results("slider", bokeh, measured, SMALL.units, RASTERISATION)[0]
    assert (row.details["is_stopped"], row.details["steps"]) == (True, 3)
    assert row.what.endswith("stopped after 3 steps")


@pytest.mark.slow
@pytest.mark.browser
def test_first_map_prints_its_lines(root: Path, chromium: str) -> None:
    all_lines = measure_all(root, "first-map")
    lines = {name: line for (name, peer), line in all_lines.items() if peer == OURS}
    for condition in ("slow", "local", "slow_cpu4"):
        seconds = [lines[f"first_map.{condition}.{moment}"]["value"] for moment in ("painted", "usable", "app")]
        received = [lines[f"first_map.{condition}.{moment}_bytes"]["value"] for moment in ("painted", "usable", "app")]
        assert 0 < seconds[0] <= seconds[1]
        assert 10_000 < received[0] <= received[1] <= received[2]
        assert lines[f"first_map.{condition}.repeat_bytes"]["value"] < received[2]
    assert lines["first_map.slow.app"]["value"] > lines["first_map.slow.painted"]["value"] > 0.15
    there = {"plotly-animation-frame", "dash-full-figure", "dash-leaflet-hideout", "bokeh-customjs"}
    there |= {"folium-time-slider"} if shutil.which("npm") else set()
    assert {peer for name, peer in all_lines if name == "first_map.generated.local.painted"} == {OURS, *there}
    for peer in there:
        painted, usable = (all_lines[f"first_map.generated.local.{one}", peer] for one in ("painted", "usable"))
        assert 0 < painted["value"] < usable["value"]
        assert painted["units"] == 90
        received = [all_lines[f"first_map.generated.local.{one}_bytes", peer]["value"] for one in ("painted", "app")]
        assert 10_000 < received[0] <= received[1]
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
    monkeypatch.setattr(server, "USERS", (5,))
    monkeypatch.setattr(server, "quick_pace", lambda users: server.Pace(1.0, 12.0, (0.05, 0.1)))
    lines = {one.name: one for one in server.measure(snapshots, is_quick=True, say=lambda text: None)}
    assert lines["server.5.errors"].value == 0, lines["server.5.errors"].details
    for kind in server.KINDS:
        assert lines[f"server.5.{kind}"].value > 0
    parts = {kind: lines[f"server.5.{kind}"].details["requests"] for kind in server.KINDS}
    assert lines["server.5.request"].details["requests"] == sum(parts.values())
    assert lines["server.5.rate"].value == pytest.approx(sum(parts.values()) / 12, abs=0.1)
    assert parts["page"] >= 5
    assert parts["script"] >= 5 * 15


class Refusing(BaseHTTPRequestHandler):
    """Answers the page, nothing for scripts, 404 for everything else."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        code, body = {"/": (200, b"page"), "/script": (200, b"")}.get(self.path, (404, b"no"))
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.mark.slow
def test_a_crowd_that_is_refused_counts_as_errors(tmp_path: Path) -> None:
    pace = server.Pace(1.0, 8.0, (0.2, 0.3))
    view = {"dataset": "d", "layer": "a", "level": "ADM1", "lang": "en"}
    site = Site(["/script"], [], [("a", "ADM1")], {"ADM1": ["/geo"]}, ["u"], view, "/data")
    (tmp_path / "site.json").write_text(site.as_json(), encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as refusing:
        threading.Thread(target=refusing.serve_forever, daemon=True).start()
        app = App(f"http://127.0.0.1:{refusing.server_port}/", 0.0, os.getpid())
        log = server.crowd(app, tmp_path / "site.json", 2, pace)
        refusing.shutdown()
    asked = {kind: times.total() for kind, times in log.times.items()}
    assert asked["page"] >= 1
    assert log.error_count == sum(asked.values()) - asked["page"] > 0
    assert {
        "script: CatchResponseError('/script: empty')",
        "layer: CatchResponseError('/data/a.ADM1.json: status 404')",
    } <= set(log.errors)
    rows = {one.name: one for one in server.crowd_results(2, log, pace)}
    assert rows["server.2.errors"].value == log.error_count
    assert rows["server.2.errors"].details["first"] == log.errors[:10]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=80), st.sampled_from([5, 50, 95, 100]))
def test_percentile_of_counts_is_that_of_numpy(samples: list[int], percent: int) -> None:
    found = server.percentile_of_counts(Counter(samples), percent)
    assert found == np.percentile(samples, percent, method="inverted_cdf")


def test_the_locks_of_folium_pin_every_package_and_name_no_registry() -> None:
    wanted = json.loads((libraries.PINNED / "package.json").read_text(encoding="utf-8"))["dependencies"]
    lock = json.loads((libraries.PINNED / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: lock[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert lock[""]["dependencies"] == wanted
    packages = [package for name, package in lock.items() if name]
    assert all(package["integrity"].startswith("sha512-") and "resolved" not in package for package in packages)


def test_what_is_not_installed_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(libraries, "find_spec", lambda name: None if name in ("folium", "dash_leaflet") else find(name))
    assert main(["start", "--json"]) == 1
    told = capsys.readouterr().err.strip()
    assert told.startswith("could not measure: not installed here: dash-leaflet, folium; `python run.py bench`")
    assert "\n" not in told


def test_without_npm_folium_is_left_out_and_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(libraries, "FETCHED", tmp_path)
    monkeypatch.setattr(libraries.shutil, "which", lambda name: None)
    libraries.find_libraries.cache_clear()
    try:
        assert [peer.kind for peer in PEERS if peer not in peers.usable_peers()] == ["folium"]
        assert peers.usable_peers() == [peer for peer in PEERS if peer.kind != "folium"]
    finally:
        libraries.find_libraries.cache_clear()
    assert capsys.readouterr().err.splitlines() == [
        "folium is left out: its pages need npm once, to fetch their scripts; install Node.js with npm"
    ]


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
    assert "| `a.b` | slow | 3.000 s |  |  | ≤ 2.000 s | **missed** |" in text
    assert "a slide rule" in text
    assert "old" not in text
    page.write_text("no markers\n", encoding="utf-8")
    with pytest.raises(MeasuringError, match="once each"):
        write_document([], {}, page)


def test_document_gets_a_plot_of_all_peers(tmp_path: Path) -> None:
    def step(peer: str, units: int, value: float, **more: Any) -> Result:
        details = {"peer": peer, "units": units, "p95": value + 1, "rasterisation": RASTERISATION, **more}
        return Result("slider.step", value, "ms", None, "step", details)

    page = tmp_path / "page.md"
    page.write_text(f"{START}\n{END}\n", encoding="utf-8")
    write_document([step(OURS, 60, 9.0)], {}, page)
    assert "![" not in page.read_text(encoding="utf-8")
    rows = [step(OURS, 60, 9.0), step(OURS, 700, 18.0), step("a & b", 60, 90.0)]
    rows.append(step("a & b", 700, 1000.0, is_stopped=True, steps=3))
    for quantity, value, unit in (("painted", 0.5, "s"), ("painted_bytes", 38_123, "B")):
        name = f"first_map.generated.local.{quantity}"
        rows.append(Result(name, value, unit, None, "first map", {"peer": OURS, "units": 90}))
    write_document(rows, {}, page)
    text = page.read_text(encoding="utf-8")
    assert f"]({PLOT})" in text
    assert f"| `{OURS}` | CPU | 9.0 (10.0) | 18.0 (19.0) |" in text
    assert "| `a & b` | CPU | 90.0 (91.0) | 1,000.0 (1,001.0, 3 steps) |" in text
    assert f"| `{OURS}` | 0.500 s, 38.1 kB |  |  |" in text
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
