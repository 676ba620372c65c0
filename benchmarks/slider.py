"""The time slider: how long a step takes from the key or click to the next frame, and what it sends."""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks.browser import RASTERISATION, Traffic, new_context, open_browser, press
from benchmarks.result import MeasuringError, Result, percentile, result, rounded
from benchmarks.servers import build_snapshot, serve_app
from benchmarks.synthetic import Size, write_package

VERTICES_PER_UNIT = 50
YEARS = 20
TARGET_MS = 20.0
STEPS, QUICK_STEPS = 120, 40
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
    for journey in range(math.ceil(steps / YEARS)):
        page.mouse.move(left if journey % 2 == 0 else right, middle, steps=YEARS)
    frames = page.evaluate("bench.unwatch()")
    page.mouse.up()
    moved = [one["frame"] for one in frames if one["moved"]]
    if not moved:
        raise MeasuringError("dragging the slider changed nothing")
    return moved


def _picture(page: Page) -> str:
    """Return a picture of the map as base64."""
    box = page.locator("#map").bounding_box()
    if box is None:
        raise MeasuringError("the page shows no map")
    session = page.context.new_cdp_session(page)
    picture = session.send("Page.captureScreenshot", {"format": "png", "clip": {**box, "scale": 1}})
    session.detach()
    return str(picture["data"])


def _count_changed(context: BrowserContext, pictures: Sequence[str]) -> list[int]:
    """Return how many pixels differ from each picture to the next."""
    page = context.new_page()  # the app's own page may not load pictures by data address
    changed = [page.evaluate("([a, b]) => bench.differing(a, b)", pair) for pair in map(list, pairwise(pictures))]
    page.close()
    return changed


def _measure_steps(browser: Browser, url: str, steps: int) -> dict[str, Any]:
    """Step to and fro through all periods; return the times, the bytes and how many pixels changed."""
    context = new_context(browser)
    page = context.new_page()
    traffic = Traffic(page, None)
    page.goto(url, wait_until="commit")
    page.evaluate("bench.marked('app')")
    traffic.wait_quiet()
    forward = False
    pictures = [_picture(page)]
    for number in range(_WARM_UP):
        has_moved, forward = _step(page, number, forward)
        if not has_moved:
            raise MeasuringError(f"the slider at {url} moved neither back nor on")
        pictures.append(_picture(page))
    done, received, requests = page.evaluate("bench.count()"), traffic.bytes, len(traffic.requests)
    for number in range(steps):
        _, forward = _step(page, number, forward)
    drag = _drag(page, steps)
    traffic.wait_quiet()
    report = page.evaluate("bench.report()")
    changed = _count_changed(context, pictures)
    context.close()
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
    }


def _results(case: str, title: str, measured: dict[str, Any], units: int, vertices: int) -> list[Result]:
    size = {"units": units, "vertices": vertices, "rasterisation": RASTERISATION}
    frames, drag = measured["frames"], measured["drag"]

    def p95(quantity: str, samples: list[float], target: float | None, what: str) -> Result:
        median = rounded(percentile(samples, 50), "ms")
        value = rounded(percentile(samples, 95), "ms")
        details = size | {"p95": value, "median": median, "steps": len(samples)}
        return Result(f"slider.{case}.{quantity}", value, "ms", target, f"{what}, 95 % of steps ({title})", details)

    sent = {"steps": len(frames), "requests": measured["requests"]}
    return [
        p95("frame", frames, TARGET_MS, "step to the end of the next frame"),
        p95("work", measured["works"], None, "of it script, style, layout and paint"),
        p95("script", measured["scripts"], None, "of it script"),
        p95("drag", drag, None, "between two frames while dragging"),
        p95("presented", measured["presented"], None, "step to screen, in whole 8 ms"),
        result(f"slider.{case}.bytes", measured["bytes"], "B", 0, f"bytes sent for all steps ({title})", **sent),
        result(f"slider.{case}.pixels", measured["changed"], "px", None, f"pixels changed by a step ({title})"),
    ]


def measure(snapshots: Path, *, units: int, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Measure steps on a generated map of `units` units and on the shipped package.

    Raises
    ------
    MeasuringError
        If the slider does not move, or a step changes nothing that can be seen.
    """
    steps = QUICK_STEPS if is_quick else STEPS
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
