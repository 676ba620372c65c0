"""The time slider: how long a step takes from the key or click to the next frame, and what it sends."""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.browser import (
    RASTERISATION,
    SOFTWARE_WEBGL_FLAGS,
    Traffic,
    count_changed,
    new_context,
    open_browser,
    picture,
    press,
)
from benchmarks.peers import measure_peers, step_results
from benchmarks.result import MeasuringError, Result, percentile, result, rounded
from benchmarks.servers import build_snapshot, serve_app
from benchmarks.synthetic import DATASET, Size, write_package

VERTICES_PER_UNIT = 50
YEARS = 20
TARGET_MS = 20.0
TARGET_UNITS = 700
SIZES, QUICK_SIZES = (60, 700, 2_000, 5_000), (60, 700)
STEPS, QUICK_STEPS = 120, 20
_WARM_UP = 3
_COORDINATE = re.compile(r"-?\d+")
_BACK, _ON = ("[", "[data-step=previous]"), ("]", "[data-step=next]")


@dataclass(frozen=True)
class _Measured:
    units: int
    vertices: int
    values: dict[str, Any]


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


def _drag(page: Page, steps: int) -> list[float]:
    """Drag the thumb to and fro over all periods; return the times between frames [ms] while it moved."""
    box = page.locator("#slider").bounding_box()
    if box is None:
        raise MeasuringError("there is no slider to drag")
    left, right, middle = box["x"] + 2, box["x"] + box["width"] - 2, box["y"] + box["height"] / 2
    page.mouse.move(right if page.evaluate("bench.shown()") == "1000" else left, middle)
    page.mouse.down()
    page.evaluate("bench.watch()")
    for journey in range(max(math.ceil(steps / YEARS), 2)):
        page.mouse.move(left if journey % 2 == 0 else right, middle, steps=YEARS)
    frames = page.evaluate("bench.unwatch()")
    page.mouse.up()
    moved = [one["frame"] for one in frames if one["moved"]]
    if not moved:
        raise MeasuringError("dragging the slider changed nothing")
    return moved


def _measure_steps(browser: Browser, url: str, steps: int) -> dict[str, Any]:
    """Step to and fro through all periods; return the times, the bytes and how many pixels changed."""
    context = new_context(browser)
    page = context.new_page()
    traffic = Traffic(page, None)
    page.goto(url, wait_until="commit")
    page.evaluate("bench.marked('app')")
    traffic.wait_quiet()
    forward = False
    pictures = [picture(page, "#map")]
    for number in range(_WARM_UP):
        has_moved, forward = _step(page, number, forward)
        if not has_moved:
            raise MeasuringError(f"the slider at {url} moved neither back nor on")
        pictures.append(picture(page, "#map"))
    done, received, requests = page.evaluate("bench.count()"), traffic.bytes, len(traffic.requests)
    for number in range(steps):
        _, forward = _step(page, number, forward)
    drag = _drag(page, steps)
    traffic.wait_quiet()
    report = page.evaluate("bench.report()")
    context.close()
    changed = count_changed(browser, pictures)
    taken = report["steps"][done : done + steps]
    return {
        "frames": [one["frame"] for one in taken],
        "works": [one["work"] for one in taken],
        "scripts": [one["script"] for one in taken],
        "drag": drag,
        "presented": [one["presented"] for one in taken],
        "changed": changed,
        "bytes": traffic.bytes - received,
        "requests": len(traffic.requests) - requests,
        "page_bytes": received,
    }


def _results(case: str, title: str, measured: dict[str, Any], units: int, vertices: int) -> list[Result]:
    size = {"units": units, "vertices": vertices, "rasterisation": RASTERISATION}
    frames, drag = measured["frames"], measured["drag"]
    most = TARGET_MS if units <= TARGET_UNITS else None

    def p95(quantity: str, samples: list[float], target: float | None, what: str) -> Result:
        median = rounded(percentile(samples, 50), "ms")
        value = rounded(percentile(samples, 95), "ms")
        details = size | {"p95": value, "median": median, "steps": len(samples)}
        return Result(f"slider.{case}.{quantity}", value, "ms", target, f"{what}, 95 % of steps ({title})", details)

    def plain(quantity: str, samples: float | list[int], unit: str, target: float | None, what: str) -> Result:
        sent = {"steps": len(frames), "requests": measured["requests"]} if unit == "B" else {}
        return result(f"slider.{case}.{quantity}", samples, unit, target, f"{what} ({title})", **size, **sent)

    return [
        p95("frame", frames, most, "step to the end of the next frame"),
        p95("work", measured["works"], None, "of it script, style, layout and paint"),
        p95("script", measured["scripts"], None, "of it script"),
        p95("drag", drag, None, "between two frames while dragging"),
        p95("presented", measured["presented"], None, "step to screen, in whole 8 ms"),
        plain("bytes", measured["bytes"], "B", 0, "bytes sent for all steps"),
        plain("pixels", measured["changed"], "px", None, "pixels changed by a step"),
    ]


def _measure_case(browser: Browser, snapshots: Path, title: str, steps: int, say: Callable[[str], None]) -> _Measured:
    """Measure the steps of one snapshot.

    Raises
    ------
    MeasuringError
        If the slider does not move, or a step changes nothing that can be seen.
    """
    say(f"slider, {title}: {steps} steps")
    units, vertices = count_vertices(snapshots)
    with serve_app(snapshots) as app:
        measured = _measure_steps(browser, app.url, steps)
    if not min(measured["changed"]) > 0:
        raise MeasuringError(f"{title}: a step changed no pixel of the map")
    return _Measured(units, vertices, measured)


def measure(snapshots: Path | None, *, units: int | None, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Measure steps on generated maps, ours and the peers', and ours on the shipped package.

    Parameters
    ----------
    snapshots : Path or None
        The snapshot of the shipped package; without it only generated ones are measured.
    units : int or None
        Units of the generated map; None for the maps of several sizes.
    is_quick : bool
        Fewer sizes and steps.
    say : callable
        Takes a line for people.
    """
    steps = QUICK_STEPS if is_quick else STEPS
    sizes = (units,) if units else QUICK_SIZES if is_quick else SIZES
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours: dict[int, dict[str, Any]] = {}
        with open_browser() as browser:
            for size in sizes:
                title = f"{size:,} units"
                say(f"slider, generated map of {title}: build")
                package = Size(size, indicators=1, years=YEARS, vertices=size * VERTICES_PER_UNIT)
                build_snapshot(write_package(folder / str(size), package), folder / str(size) / "snapshots")
                found = _measure_case(browser, folder / str(size) / "snapshots", title, steps, say)
                results += _results("generated", title, found.values, found.units, found.vertices)
                ours[size] = found.values | {"steps": found.values["frames"]}
                results += step_results(None, ours[size], size, RASTERISATION)
            if snapshots:
                found = _measure_case(browser, snapshots, "shipped package", steps, say)
                results += _results("shipped", "shipped package", found.values, found.units, found.vertices)
        with open_browser(SOFTWARE_WEBGL_FLAGS) as browser:
            for size in sizes:
                package = folder / str(size) / DATASET
                count = 3 if is_quick else 18 if size <= TARGET_UNITS else 6
                results += measure_peers(browser, package, ours[size], units=size, years=YEARS, steps=count, say=say)
    return results
