"""The first visit: when the map is seen, when it answers, when all of Dash is there, and what that weighs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext

from benchmarks.browser import SLOW, Link, Traffic, new_context, open_browser, press
from benchmarks.result import MeasuringError, Result, result
from benchmarks.servers import serve_app

KB = 1000
_STEP_KEYS = ("[", "]")


@dataclass(frozen=True)
class Visit:
    """Moments [s since navigation started] and bytes received until then."""

    painted_s: float
    painted_bytes: int
    answers_s: float
    answers_bytes: int
    usable_s: float
    usable_bytes: int
    app_s: float
    app_bytes: int
    largest: list[tuple[str, int]]


def visit(context: BrowserContext, url: str, link: Link | None) -> Visit:
    """Open the app as a reader does: look, step the slider, point at a unit, wait for the rest."""
    page = context.new_page()
    traffic = Traffic(page, link)
    page.goto(url, wait_until="commit")
    page.evaluate("bench.marked('map')")
    if not any(press(page, key) for key in _STEP_KEYS):
        raise MeasuringError("the slider of the first map moved with neither [ nor ]")
    place = page.evaluate("bench.target()")
    if place is None:
        raise MeasuringError("no unit of the first map can be pointed at")
    page.mouse.move(place["x"], place["y"])
    page.evaluate("bench.marked('hover')")
    page.evaluate("bench.marked('app')")
    traffic.wait_quiet()
    report = page.evaluate("bench.report()")
    marks, origin = report["marks"], report["origin"]
    painted = max(marks["painted"], marks["fcp"])
    usable = max(report["steps"][0]["end"], marks["hover"])
    whole = max(marks["app"], traffic.last_byte_ms(origin))
    found = Visit(
        painted / 1000,
        traffic.bytes_until(origin, painted),
        marks["map"] / 1000,
        traffic.bytes_until(origin, marks["map"]),
        usable / 1000,
        traffic.bytes_until(origin, usable),
        whole / 1000,
        traffic.bytes,
        traffic.largest(),
    )
    page.close()
    return found


def _first_visits(browser: Browser, url: str, link: Link | None, runs: int) -> tuple[list[Visit], list[Visit]]:
    """Return first visits, each with an empty cache, and for each a second one with the cache then filled."""
    first, again = [], []
    for _ in range(runs):
        context = new_context(browser)
        first.append(visit(context, url, link))
        again.append(visit(context, url, link))
        context.close()
    return first, again


def measure(snapshots: Path, *, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Measure first and repeat visits of a served snapshot, over the slow link and locally."""
    results: list[Result] = []
    with open_browser() as browser, serve_app(snapshots) as app:
        context = new_context(browser)
        visit(context, app.url, None)
        context.close()
        for link, runs in ((SLOW, 2 if is_quick else 5), (None, 1 if is_quick else 5)):
            name = link.name if link else "local"
            say(f"first map, {name} link, {runs} runs")
            first, again = _first_visits(browser, app.url, link, runs)
            results += _results(name, link, first, again)
    return results


def _results(name: str, link: Link | None, first: list[Visit], again: list[Visit]) -> list[Result]:
    where = "1.6 Mbit/s, 150 ms" if link else "local"

    def target(value: float) -> float | None:
        return value if link else None

    def seconds(quantity: str, visits: list[Visit], most: float | None, what: str) -> Result:
        samples = [getattr(one, f"{quantity}_s") for one in visits]
        more = {"min": round(min(samples), 3), "max": round(max(samples), 3)} if len(samples) > 1 else {}
        return result(f"first_map.{name}.{quantity}", samples, "s", most, f"{what} ({where})", **more)

    def weight(quantity: str, most: float | None, what: str, **details: object) -> Result:
        samples = [getattr(one, f"{quantity}_bytes") for one in first]
        return result(f"first_map.{name}.{quantity}_bytes", samples, "B", most, f"{what} ({where})", **details)

    results = [
        seconds("painted", first, target(1.0), "first map painted"),
        weight("painted", target(80 * KB), "bytes until it is painted"),
        seconds("answers", first, None, "its slider and hover are bound"),
        weight("answers", None, "bytes until then"),
        seconds("usable", first, target(2.0), "slider and hover have answered"),
        weight("usable", target(150 * KB), "bytes until then"),
        seconds("app", first, target(4.0), "whole app ready, network quiet"),
        weight("app", target(550 * KB), "bytes of the whole app", largest=[list(one) for one in first[0].largest]),
    ]
    repeats = [one.app_bytes for one in again]
    results.append(
        result(f"first_map.{name}.repeat_bytes", repeats, "B", target(60 * KB), f"bytes of a repeat visit ({where})")
    )
    samples = [one.painted_s for one in again]
    results.append(result(f"first_map.{name}.repeat_painted", samples, "s", None, f"repeat visit painted ({where})"))
    return results
