"""The time slider: how long a step takes from the key or click to the next frame, and what it sends over the network."""

from __future__ import annotations

import base64
import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.browser import RASTERISATION, Traffic, new_context, open_browser, press
from benchmarks.result import MeasuringError, Result, percentile, result, rounded
from benchmarks.servers import build_snapshot, serve_app
from benchmarks.synthetic import Size, write_package
from playwright.sync_api import Browser, Page

VERTICES_PER_UNIT = 50
YEARS = 20
TARGET_MS = 20.0
_WARM_UP = 4
_PICTURES = 3
_COORDINATE = re.compile(r"-?\d+")
_BACK, _ON = ("[", "[data-step=previous]"), ("]", "[data-step=next]")


def count_vertices(snapshots: Path) -> tuple[int, int]:
    """Return how many units the map of the first sub-national level draws, and their vertices."""
    path = next(snapshots.glob("public/*/map_*_ADM1.*.json"))
    shapes = json.loads(path.read_text(encoding="utf-8"))["shapes"]
    return len(shapes), sum(len(_COORDINATE.findall(shape["d"])) // 2 for shape in shapes)


def _step(page: Page, number: int, forward: bool) -> tuple[bool, bool]:
    """Make one step, by key or by button in turn; return whether it moved, and the direction to go on in."""
    for direction in (forward, not forward):
        key, button = _ON if direction else _BACK
        if number % 2 == 0:
            moved = press(page, key)
        else:
            before, at = page.evaluate("bench.count()"), page.evaluate("bench.shown()")
            place = page.locator(button).bounding_box()
            if place is None:
                raise MeasuringError(f"the slider has no button {button}")
            page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
            moved = page.evaluate("bench.shown()") != at
            if moved:
                page.evaluate("n => bench.stepped(n)", before + 1)
        if moved:
            page.evaluate("bench.idle()")
            return True, direction
    return False, forward


def _picture(page: Page) -> str:
    page.evaluate("bench.idle()")
    return base64.b64encode(page.locator("#map").screenshot()).decode()


def _measure_steps(browser: Browser, url: str, steps: int) -> dict[str, Any]:
    """Step to and fro through all periods; return the times, the bytes and how many pixels changed."""
    context = new_context(browser)
    page = context.new_page()
    traffic = Traffic(page, None)
    page.goto(url, wait_until="commit")
    page.evaluate("bench.marked('app')")
    traffic.wait_quiet()
    forward = False
    changed = []
    blank = context.new_page()  # the app's own page may not load pictures by data address
    for number in range(_PICTURES):
        before = _picture(page)
        has_moved, forward = _step(page, number, forward)
        if not has_moved:
            raise MeasuringError(f"the slider at {url} moved neither back nor on")
        changed.append(blank.evaluate("([a, b]) => bench.differing(a, b)", [before, _picture(page)]))
    blank.close()
    for number in range(_WARM_UP):
        _, forward = _step(page, number, forward)
    done, received, requests = page.evaluate("bench.count()"), traffic.bytes, len(traffic.requests)
    for number in range(steps):
        _, forward = _step(page, number, forward)
    traffic.wait_quiet()
    report = page.evaluate("bench.report()")
    context.close()
    taken = report["steps"][done:]
    return {
        "frames": [one["frame"] for one in taken],
        "scripts": [one["script"] for one in taken],
        "presented": report["presented"],
        "changed": changed,
        "bytes": traffic.bytes - received,
        "requests": len(traffic.requests) - requests,
    }


def _results(case: str, title: str, measured: dict[str, Any], units: int, vertices: int) -> list[Result]:
    frames = measured["frames"]
    p95 = rounded(percentile(frames, 95), "ms")
    size = {"units": units, "vertices": vertices, "rasterisation": RASTERISATION}
    steps = {"steps": len(frames), "median": rounded(percentile(frames, 50), "ms")}
    frame = Result(
        f"slider.{case}.frame_p95", p95, "ms", TARGET_MS, f"step to next frame, 95 % of steps ({title})", size | steps
    )
    return [
        frame,
        result(f"slider.{case}.frame", frames, "ms", None, f"the same, median ({title})"),
        result(f"slider.{case}.script", measured["scripts"], "ms", None, f"of it script, median ({title})", p95=True),
        result(
            f"slider.{case}.bytes", measured["bytes"], "B", 0,
            f"bytes over the network, all steps ({title})", steps=len(frames), requests=measured["requests"],
        ),
        result(f"slider.{case}.pixels", measured["changed"], "px", None, f"pixels changed by a step ({title})"),
    ]  # fmt: skip


def measure(snapshots: Path, *, units: int, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Measure steps on a generated map of `units` units and on the shipped package.

    Raises
    ------
    MeasuringError
        If the slider does not move, or a step changes nothing that can be seen.
    """
    steps = 40 if is_quick else 120
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        size = Size(units, indicators=1, years=YEARS, vertices=units * VERTICES_PER_UNIT)
        say(f"slider, generated map of {units} units: build")
        generated = Path(folder) / "snapshots"
        build_snapshot(write_package(Path(folder), size), generated)
        cases = (("generated", f"{units} units", generated), ("shipped", "shipped package", snapshots))
        for case, title, where in cases:
            say(f"slider, {title}: {steps} steps")
            drawn, vertices = count_vertices(where)
            with serve_app(where) as app:
                measured = _measure_steps(browser, app.url, steps)
            if not min(measured["changed"]) > 0:
                raise MeasuringError(f"{title}: a step changed no pixel of the map")
            results += _results(case, title, measured, drawn, vertices)
    return results
