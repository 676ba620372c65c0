"""The benchmarks measure and print; what they measure is not judged here, because a test machine is never quiet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import run
from benchmarks.__main__ import build_parser, main
from benchmarks.document import END, START, write_document
from benchmarks.result import MeasuringError, Result, amount, percentile, result, table_of
from benchmarks.slider import count_vertices
from benchmarks.synthetic import Size, write_package
from etl.__main__ import main as etl

SMALL = Size(units=12, indicators=2, years=3, vertices=480)


def measure(root: Path, *arguments: str) -> dict[str, dict[str, Any]]:
    """Run the benchmarks as `make bench` does; return the printed lines by name."""
    command = [sys.executable, "-m", "benchmarks", *arguments, "--quick", "--json"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        assert {"name", "value", "unit", "target"} <= line.keys()
        assert isinstance(line["value"], int | float)
        assert line["value"] >= 0
    by_name = {line["name"]: line for line in lines}
    assert len(by_name) == len(lines)
    return by_name


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
    lines = measure(root, "slider", "--units", "12")
    for case in ("generated", "shipped"):
        frame = lines[f"slider.{case}.frame"]
        assert frame["steps"] >= 40
        assert frame["value"] == frame["p95"] >= frame["median"] > 0
        assert frame["target"] == 20
        assert lines[f"slider.{case}.work"]["median"] <= frame["median"]
        assert lines[f"slider.{case}.pixels"]["value"] > 0
        assert lines[f"slider.{case}.bytes"]["value"] == 0
    assert lines["slider.generated.frame"]["units"] == 12


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
    plain = {"name": "part.case", "value": 2.0, "unit": "s", "target": 2.5, "runs": 3, "p95": 3.0, "units": 7}
    assert json.loads(one.as_json()) == plain
    with pytest.raises(MeasuringError, match=r"part\.case"):
        result("part.case", [], "s", None, "what")


def test_table_says_what_is_met() -> None:
    rows = table_of([Result("a", 1.0, "s", 2.0, "fast"), Result("b", 81_234, "B", 80_000, "large")]).splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["met", "MISSED"]
    assert "81.2 kB" in rows[2]
    assert amount(999, "B") == "999 B"


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


def test_every_option_is_documented(root: Path) -> None:
    text = (root / "docs" / "reference" / "performance.md").read_text(encoding="utf-8")
    for action in build_parser()._actions:
        for name in (*action.option_strings, *(action.choices or ())):
            assert name in ("-h", "--help") or f"`{name}`" in text, name
    assert text.count(START) == text.count(END) == 1
