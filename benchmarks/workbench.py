"""The workbench: frames of a map with two fills and symbols while stepping, dragging, playing, panning, zooming.

The second fill is measured in each of its ways: as a hatch and as an outline while stepping and dragging.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.browser import FLAGS, RASTERISATION, Traffic, count_changed, new_context, open_browsers, picture, press
from benchmarks.result import MeasuringError, Result, percentile, rounded
from benchmarks.servers import build_snapshot, serve_app
from benchmarks.synthetic import Size, write_package

SIZES: Mapping[int, float] = {700: 20.0, 3_000: 33.0}
"""Units of the map, and the most that 95 % of its frames may take [ms]."""
MULTIPLES_UNITS, MULTIPLES_TARGET_MS = 90, 50.0
VERTICES_PER_UNIT = 50
YEARS = 20
STEPS, QUICK_STEPS = 60, 20
_JOURNEY = 24
_PLAY_S = 6.0
_RESTS = 5
_SETTLED_MS = 500
LAYERED = "?layer=generated_001&second=generated_002&over=generated_003.symbol.80&fill="
MIXED, LINED = "bivariate", ("hatch", "outline")
"""How the second layer is drawn: in the colours of both, or as lines over the colours of the first."""
MULTIPLES = "?layer=generated_001&mode=multiples&grid=period.3x4&other=pick:last"


def _open(browser: Browser, url: str) -> tuple[Page, Traffic]:
    page = new_context(browser).new_page()
    traffic = Traffic(page, None)
    page.goto(url, wait_until="commit")
    for part in ("workbench", "app"):
        page.evaluate("name => bench.marked(name)", part)
    traffic.wait_quiet()
    return page, traffic


def _steps(page: Page, count: int) -> list[float]:
    """Step through the periods by key; return the time from the key to the end of the next frame [ms]."""
    done = page.evaluate("bench.count()")
    key = "["
    for _ in range(count + 3):
        if not press(page, key):
            key = "]" if key == "[" else "["
            press(page, key)
        page.evaluate("bench.idle()")
    taken: list[dict[str, float]] = page.evaluate("bench.report()")["steps"][done + 3 :]
    return [one["frame"] for one in taken]


def _moved_frames(page: Page) -> list[float]:
    frames = [one["frame"] for one in page.evaluate("bench.unwatch()") if one["moved"]]
    if not frames:
        raise MeasuringError("nothing moved while it was watched")
    return frames


def _rests(page: Page) -> list[float]:
    """Step and wait; return the longest frame of each rest [ms]: the drawing takes the place of pixels (ADR 0008)."""
    longest = []
    for turn in range(_RESTS):
        press(page, "[" if turn % 2 else "]") or press(page, "[")
        page.evaluate("bench.watch()")
        page.wait_for_function("() => !document.querySelector('#map').classList.contains('in-pixels')")
        page.wait_for_timeout(_SETTLED_MS)
        longest.append(max(one["frame"] for one in page.evaluate("bench.unwatch()")))
    return longest


def _box(page: Page, selector: str) -> dict[str, float]:
    box = page.locator(selector).bounding_box()
    if box is None:
        raise MeasuringError(f"there is no {selector} on the page")
    return dict(box)


def _drag_slider(page: Page, count: int) -> list[float]:
    box = _box(page, "#slider")
    left, right, middle = box["x"] + 2, box["x"] + box["width"] - 2, box["y"] + box["height"] / 2
    page.mouse.move(right if page.evaluate("bench.shown()") == "1000" else left, middle)
    page.mouse.down()
    page.evaluate("bench.watch()")
    for journey in range(max(math.ceil(count / YEARS), 2)):
        page.mouse.move(left if journey % 2 == 0 else right, middle, steps=YEARS)
    frames = _moved_frames(page)
    page.mouse.up()
    return frames


def _play(page: Page) -> list[float]:
    """Let it play; return the times of the frames in which the map changed [ms]."""
    press(page, "Home")
    page.locator("[data-step=first]").click()
    page.evaluate("bench.watch()")
    page.locator("[data-step=play]").click()
    page.wait_for_timeout(_PLAY_S * 1000)
    frames = _moved_frames(page)
    page.locator("[data-step=play]").click()
    return frames


def _pan(page: Page) -> list[float]:
    box = _box(page, "#mapbox")
    x, y = box["x"] + box["width"] * 0.65, box["y"] + box["height"] * 0.5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y, steps=2)
    page.evaluate("bench.watch('place')")
    for turn in range(4):
        page.mouse.move(x + (90 if turn % 2 == 0 else -90), y + (40 if turn % 2 == 0 else -40), steps=_JOURNEY)
    frames = _moved_frames(page)
    page.mouse.up()
    return frames


def _zoom(page: Page) -> list[float]:
    box = _box(page, "#mapbox")
    page.mouse.move(box["x"] + box["width"] * 0.65, box["y"] + box["height"] * 0.5)
    page.evaluate("bench.watch('place')")
    for turn in range(2 * _JOURNEY):
        page.mouse.wheel(0, -60 if turn < _JOURNEY else 60)
        page.evaluate("bench.idle()")
    return _moved_frames(page)


def _result(name: str, samples: list[float], target: float | None, what: str, units: int, **details: Any) -> Result:
    median, value = (rounded(percentile(samples, share), "ms") for share in (50, 95))
    more = {"units": units, "rasterisation": RASTERISATION, "p95": value, "median": median, "steps": len(samples)}
    return Result(f"workbench.{name}", value, "ms", target, what, more | details)


def _measure_layers(browser: Browser, url: str, units: int, target: float, count: int) -> list[Result]:
    page, traffic = _open_layers(browser, url, MIXED, units)
    before = traffic.bytes
    title = f"two fills and symbols, {units:,} units"
    results = [
        _result("step", _steps(page, count), target, f"step to the end of the next frame ({title})", units),
        _result(
            "drag",
            _drag_slider(page, count),
            target,
            f"between two frames while the slider is dragged ({title})",
            units,
        ),
        _result("play", _play(page), target, f"between two frames while playing ({title})", units),
    ]
    sent = traffic.bytes - before
    results.append(
        Result(
            "workbench.bytes", sent, "B", 0, f"bytes sent while stepping, dragging, playing ({title})", {"units": units}
        )
    )
    results.append(_result("rest", _rests(page), None, f"longest frame when steps have ended ({title})", units))
    results.append(_result("pan", _pan(page), target, f"between two frames while panning ({title})", units))
    results.append(_result("zoom", _zoom(page), target, f"between two frames while zooming ({title})", units))
    page.context.close()
    return results


def _open_layers(browser: Browser, url: str, fill: str, units: int) -> tuple[Page, Traffic]:
    """Open the map of two fills and symbols; make sure that a step changes what is seen."""
    page, traffic = _open(browser, url + LAYERED + fill)
    pictures = [picture(page, "#map")]
    press(page, "[")
    pictures.append(picture(page, "#map"))
    if not min(count_changed(browser, pictures)) > 0:
        raise MeasuringError(f"{units} units, the second fill as {fill}: a step changed no pixel of the map")
    return page, traffic


def _measure_lines(browser: Browser, url: str, fill: str, units: int, target: float, count: int) -> list[Result]:
    page, _ = _open_layers(browser, url, fill, units)
    title = f"the second fill as {fill}, {units:,} units"
    results = [
        _result(f"step_{fill}", _steps(page, count), target, f"step to the end of the next frame ({title})", units),
        _result(
            f"drag_{fill}",
            _drag_slider(page, count),
            target,
            f"between two frames while the slider is dragged ({title})",
            units,
        ),
    ]
    page.context.close()
    return results


def _measure_multiples(browser: Browser, url: str, count: int) -> Result:
    page, _ = _open(browser, url + MULTIPLES)
    maps = page.locator("#multiples svg").count()
    frames = _steps(page, count)
    page.context.close()
    what = f"step to the end of the next frame ({maps} small maps of {MULTIPLES_UNITS} units)"
    return _result("multiples", frames, MULTIPLES_TARGET_MS, what, MULTIPLES_UNITS, maps=maps)


def measure(*, units: int | None, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Measure frames on generated maps with two fills and symbols, and of small multiples.

    Parameters
    ----------
    units : int or None
        Units of the one generated map with layers; None for the sizes that have a target.
    is_quick : bool
        Fewer steps, and hatch and outline on the smaller map only.
    say : callable
        Takes a line for people.
    """
    count = QUICK_STEPS if is_quick else STEPS
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as folder, open_browsers(FLAGS) as (browser,):
        for size in (units,) if units else SIZES:
            say(f"workbench, generated map of {size:,} units: build")
            where = Path(folder) / str(size)
            package = write_package(where, Size(size, 3, YEARS, size * VERTICES_PER_UNIT, counts=1))
            build_snapshot(package, where / "snapshots")
            with serve_app(where / "snapshots") as app:
                say(f"workbench, {size:,} units: {count} steps, drag, play, pan, zoom")
                target = SIZES.get(size, SIZES[max(SIZES)])
                results += _measure_layers(browser, app.url, size, target, count)
                for fill in LINED if not is_quick or size == min(SIZES) or units else ():
                    results += _measure_lines(browser, app.url, fill, size, target, count)
        where = Path(folder) / "multiples"
        package = write_package(where, Size(MULTIPLES_UNITS, 1, YEARS, MULTIPLES_UNITS * VERTICES_PER_UNIT))
        build_snapshot(package, where / "snapshots")
        with serve_app(where / "snapshots") as app:
            say(f"workbench, small multiples: {count} steps")
            results.append(_measure_multiples(browser, app.url, count))
    return results
