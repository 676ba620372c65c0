"""The time slider: how long a step takes from the key or click to the next frame, and what it sends."""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.browser import (
    FLAGS,
    RASTERISATION,
    SOFTWARE_WEBGL,
    SOFTWARE_WEBGL_FLAGS,
    Traffic,
    count_changed,
    new_context,
    open_browsers,
    picture,
    press,
)
from benchmarks.peers import measure_peers, step_results
from benchmarks.result import MeasuringError, Result, percentile, result, rounded
from benchmarks.servers import build_snapshot, serve_app
from benchmarks.synthetic import Size, write_package

VERTICES_PER_UNIT = 50
YEARS = 20
TARGET_MS = 20.0
TARGET_UNITS = 700
SIZES, QUICK_SIZES = (60, 700, 2_000, 5_000), (700,)
STEPS, LARGE_STEPS, QUICK_STEPS = 120, 60, 20
_WEBGL_STEPS = 20
_PEER_STEPS, _QUICK_PEER_STEPS = 15, 3
_PEER_PATIENCE_S = 8.0
_WARM_UP = 3
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


def _measure_steps(
    browsers: Mapping[str, Browser], rasterisation: str, url: str, steps: int, *, with_drag: bool
) -> dict[str, Any]:
    """Step to and fro through all periods; return the times, the bytes and how many pixels changed."""
    browser, warm_up = browsers[rasterisation], _WARM_UP if rasterisation == RASTERISATION else 1
    context = new_context(browser)
    page = context.new_page()
    traffic = Traffic(page, None)
    page.goto(url, wait_until="commit")
    page.evaluate("bench.marked('app')")
    traffic.wait_quiet()
    forward = False
    pictures = [picture(page, "#map")]
    for number in range(warm_up):
        has_moved, forward = _step(page, number, forward)
        if not has_moved:
            raise MeasuringError(f"the slider at {url} moved neither back nor on")
        pictures.append(picture(page, "#map"))
    done, received, requests = page.evaluate("bench.count()"), traffic.bytes, len(traffic.requests)
    for number in range(steps):
        _, forward = _step(page, number, forward)
    drag = _drag(page, steps) if with_drag else []
    traffic.wait_quiet()
    report = page.evaluate("bench.report()")
    context.close()
    changed = count_changed(browsers[RASTERISATION], pictures)
    taken = report["steps"][done : done + steps]
    return {
        "steps": [one["frame"] for one in taken],
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
    frames, drag = measured["steps"], measured["drag"]
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


def _measure_case(
    browsers: Mapping[str, Browser], rasterisation: str, url: str, title: str, steps: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Measure the steps of one snapshot.

    Raises
    ------
    MeasuringError
        If the slider does not move, or a step changes nothing that can be seen.
    """
    say(f"slider, {title}, {rasterisation}: {steps} steps")
    with_drag = rasterisation == RASTERISATION
    measured = _measure_steps(browsers, rasterisation, url, steps, with_drag=with_drag)
    if not min(measured["changed"]) > 0:
        raise MeasuringError(f"{title}: a step changed no pixel of the map")
    return measured


def _measure_size(
    browsers: Mapping[str, Browser], folder: Path, size: int, say: Callable[[str], None], *, is_quick: bool,
    with_webgl: bool,
) -> list[Result]:  # fmt: skip
    """Measure steps on a generated map of one size, ours (`with_webgl` in both ways to rasterise) and every peer."""
    title = f"{size:,} units"
    say(f"slider, generated map of {title}: build")
    package = write_package(folder, Size(size, indicators=1, years=YEARS, vertices=size * VERTICES_PER_UNIT))
    snapshots = folder / "snapshots"
    build_snapshot(package, snapshots)
    units, vertices = count_vertices(snapshots)
    results = []
    with serve_app(snapshots) as app:
        steps = QUICK_STEPS if is_quick else STEPS if size <= TARGET_UNITS else LARGE_STEPS
        ours = _measure_case(browsers, RASTERISATION, app.url, title, steps, say)
        results += _results("generated", title, ours, units, vertices)
        results += step_results("slider", None, ours, size, RASTERISATION)
        if with_webgl:
            webgl = _measure_case(browsers, SOFTWARE_WEBGL, app.url, title, _WEBGL_STEPS, say)
            results += step_results("slider.software_webgl", None, webgl, size, SOFTWARE_WEBGL)
            details = {"units": size, "rasterisation": SOFTWARE_WEBGL, "p95": True}
            what = f"step to screen, ours ({title}, software WebGL)"
            results.append(result("slider.software_webgl.presented", webgl["presented"], "ms", None, what, **details))
    count = _QUICK_PEER_STEPS if is_quick else _PEER_STEPS
    return results + measure_peers(
        browsers, package, ours, units=size, years=YEARS, steps=count, patience_s=_PEER_PATIENCE_S, say=say
    )


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
    results: list[Result] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        open_browsers(FLAGS, SOFTWARE_WEBGL_FLAGS) as (by_cpu, by_webgl),
    ):
        browsers = {RASTERISATION: by_cpu, SOFTWARE_WEBGL: by_webgl}
        for size in (units,) if units else QUICK_SIZES if is_quick else SIZES:
            with_webgl = size == TARGET_UNITS and not is_quick
            size_folder = Path(folder) / str(size)
            results += _measure_size(browsers, size_folder, size, say, is_quick=is_quick, with_webgl=with_webgl)
        if snapshots:
            title = "shipped package"
            with serve_app(snapshots) as app:
                found = _measure_case(browsers, RASTERISATION, app.url, title, QUICK_STEPS if is_quick else STEPS, say)
            results += _results("shipped", title, found, *count_vertices(snapshots))
    return results
