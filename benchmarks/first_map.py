"""The first visit: when the map is seen, when it answers, when everything is there, and what that weighs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext

from benchmarks.browser import (
    FLAGS,
    NARROW,
    RASTERISATION,
    SLOW,
    SOFTWARE_WEBGL,
    SOFTWARE_WEBGL_FLAGS,
    Link,
    Traffic,
    new_context,
    open_browsers,
    press,
)
from benchmarks.peers import Faults, Peer, new_peer_context, serve_peers, usable_peers
from benchmarks.result import OURS, MeasuringError, Result, result
from benchmarks.servers import build_snapshot, serve_app
from benchmarks.synthetic import Size, write_package

KB = 1000
GENERATED = Size(units=90, indicators=1, years=20, vertices=4_500)
_STEP_KEYS = ("[", "]")
_KINDS = ("animation", "figure", "leaflet", "folium", "bokeh")


@dataclass(frozen=True)
class Condition:
    """What a visit meets: a link (None: the machine's own), and how many times slower the page's processor is."""

    name: str
    title: str
    link: Link | None = None
    slowdown: int = 1


LOCAL = Condition("local", "local")
SLOW_LINK = Condition("slow", "1.6 Mbit/s, 150 ms", SLOW)
SLOW_BOTH = Condition("slow_cpu4", "1.6 Mbit/s, 150 ms, CPU slowed 4 times", SLOW, 4)
NARROW_CPU6 = Condition("narrow_cpu6", "400 kbit/s, 150 ms, CPU slowed 6 times", NARROW, 6)
CONDITIONS = (LOCAL, SLOW_LINK, SLOW_BOTH)
"""Conditions in which peers are visited, too; `NARROW_CPU6` is ours alone."""


@dataclass(frozen=True)
class Visit:
    """Seconds since navigation started, and bytes received until then, by moment."""

    seconds: dict[str, float]
    bytes: dict[str, int]
    largest: list[tuple[str, int]]


_Visitor = Callable[[BrowserContext, str, Condition], Visit]


def _visit_of(traffic: Traffic, origin: float, moments: Mapping[str, float]) -> Visit:
    """Return the visit of moments [ms]; `app` is when the last answer has ended, too."""
    ends = dict(moments) | {"app": max(*moments.values(), traffic.last_byte_ms(origin))}
    received = {name: traffic.bytes_until(origin, ms) for name, ms in moments.items()} | {"app": traffic.bytes}
    return Visit({name: ms / 1000 for name, ms in ends.items()}, received, traffic.largest())


def visit(context: BrowserContext, url: str, condition: Condition) -> Visit:
    """Open the app as a reader does: look, step the slider, point at a unit, wait for the rest."""
    page = context.new_page()
    traffic = Traffic(page, condition.link, condition.slowdown)
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
    marks = report["marks"]
    moments = {
        "painted": max(marks["painted"], marks["fcp"]),
        "answers": marks["map"],
        "usable": max(report["steps"][0]["end"], marks["hover"]),
        "app": marks["app"],
    }
    found = _visit_of(traffic, report["origin"], moments)
    page.close()
    return found


def visit_peer(peer: Peer) -> _Visitor:
    """Return how to open the page of a peer: look, step, wait for the rest."""

    def visit_page(context: BrowserContext, url: str, condition: Condition) -> Visit:
        page = context.new_page()
        faults = Faults(page)
        traffic = Traffic(page, condition.link, condition.slowdown)
        page.goto(f"{url}{peer.kind}/", wait_until="commit")
        painted = page.wait_for_function("kind => window.peer && peer.ready(kind)", arg=peer.kind).json_value()
        answered = page.evaluate("async (kind) => performance.now() + await peer.step(kind, 1)", peer.kind)
        traffic.wait_quiet()
        found = _visit_of(traffic, page.evaluate("performance.timeOrigin"), {"painted": painted, "usable": answered})
        faults.require_none(peer, traffic, url)
        page.close()
        return found

    return visit_page


def _visits(
    make_context: Callable[[], BrowserContext],
    visitor: _Visitor,
    url: str,
    condition: Condition,
    runs: int,
    *,
    with_again: bool = True,
) -> tuple[list[Visit], list[Visit]]:
    """Return first visits, each with an empty cache, and (with_again) second ones with the cache then filled."""
    first, again = [], []
    for _ in range(runs):
        context = make_context()
        first.append(visitor(context, url, condition))
        if with_again:
            again.append(visitor(context, url, condition))
        context.close()
    return first, again


def measure(snapshots: Path, *, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Measure first and repeat visits: ours of a served snapshot, ours and the peers' of a generated map."""
    with open_browsers(FLAGS, SOFTWARE_WEBGL_FLAGS) as (by_cpu, by_webgl):
        results = _measure_shipped(by_cpu, snapshots, say, is_quick=is_quick)
        browsers = {RASTERISATION: by_cpu, SOFTWARE_WEBGL: by_webgl}
        return results + _measure_generated(browsers, say, is_quick=is_quick)


def _measure_shipped(browser: Browser, snapshots: Path, say: Callable[[str], None], *, is_quick: bool) -> list[Result]:
    results: list[Result] = []
    with serve_app(snapshots) as app:
        context = new_context(browser)
        visit(context, app.url, LOCAL)
        context.close()
        for condition in (SLOW_LINK, LOCAL, SLOW_BOTH, *(() if is_quick else (NARROW_CPU6,))):
            runs = 1 if is_quick else 4
            say(f"first map, shipped package, {condition.title}: {runs} runs")
            results += _shipped_results(
                condition, *_visits(lambda: new_context(browser), visit, app.url, condition, runs)
            )
    return results


def _measure_generated(browsers: Mapping[str, Browser], say: Callable[[str], None], *, is_quick: bool) -> list[Result]:
    results: list[Result] = []
    peers = [peer for peer in usable_peers() if peer.kind in _KINDS]
    with tempfile.TemporaryDirectory() as name:
        package = write_package(Path(name), GENERATED)
        build_snapshot(package, Path(name) / "snapshots")
        with serve_app(Path(name) / "snapshots") as app, serve_peers(package, peers) as peer_app:
            for condition in (LOCAL,) if is_quick else CONDITIONS:
                for peer in (None, *peers):
                    title = peer.what if peer else "ours"
                    say(f"first map, {GENERATED.units} units, {condition.title}, {title}")
                    browser = browsers[peer.rasterisation if peer else RASTERISATION]
                    visitor, url = (visit_peer(peer), peer_app.url) if peer else (visit, app.url)
                    make_context = partial(new_peer_context if peer else new_context, browser)
                    first, again = _visits(make_context, visitor, url, condition, 1, with_again=not is_quick)
                    results += _generated_results(peer, condition, first, again)
    return results


def _generated_results(
    peer: Peer | None, condition: Condition, first: Sequence[Visit], again: Sequence[Visit]
) -> list[Result]:
    part, end = f"first_map.generated.{condition.name}", f"{peer.what if peer else 'ours'} ({condition.title})"
    common = {
        "peer": peer.name if peer else OURS,
        "units": GENERATED.units,
        "rasterisation": peer.rasterisation if peer else RASTERISATION,
    }

    def seconds(name: str, visits: Sequence[Visit], moment: str, what: str) -> Result:
        return result(f"{part}.{name}", [v.seconds[moment] for v in visits], "s", None, f"{what}, {end}", **common)

    def weight(name: str, visits: Sequence[Visit], moment: str, what: str) -> Result:
        return result(f"{part}.{name}", [v.bytes[moment] for v in visits], "B", None, f"{what}, {end}", **common)

    results = [
        seconds("painted", first, "painted", "first map painted"),
        weight("painted_bytes", first, "painted", "bytes until it is painted"),
        seconds("usable", first, "usable", "a step has answered"),
        weight("app_bytes", first, "app", "bytes in all"),
    ]
    if again:
        results.append(seconds("repeat_painted", again, "painted", "repeat visit painted"))
        results.append(weight("repeat_bytes", again, "app", "bytes of a repeat visit"))
    return results


def _shipped_results(condition: Condition, first: Sequence[Visit], again: Sequence[Visit]) -> list[Result]:
    def target(value: float) -> float | None:
        return value if condition == SLOW_LINK else None

    def seconds(quantity: str, visits: Sequence[Visit], moment: str, most: float | None, what: str) -> Result:
        samples = [one.seconds[moment] for one in visits]
        more = {"min": round(min(samples), 3), "max": round(max(samples), 3), "p95": True} if len(samples) > 1 else {}
        name = f"first_map.{condition.name}.{quantity}"
        return result(name, samples, "s", most, f"{what} ({condition.title})", **more)

    def weight(
        quantity: str, visits: Sequence[Visit], moment: str, most: float | None, what: str, **details: object
    ) -> Result:
        samples = [one.bytes[moment] for one in visits]
        name = f"first_map.{condition.name}.{quantity}_bytes"
        return result(name, samples, "B", most, f"{what} ({condition.title})", **details)

    largest = [list(one) for one in first[0].largest]
    return [
        seconds("painted", first, "painted", 3.0 if condition == NARROW_CPU6 else target(1.0), "first map painted"),
        weight("painted", first, "painted", target(80 * KB), "bytes until it is painted"),
        seconds("answers", first, "answers", None, "its slider and hover are bound"),
        weight("answers", first, "answers", None, "bytes until then"),
        seconds("usable", first, "usable", target(2.0), "slider and hover have answered"),
        weight("usable", first, "usable", target(150 * KB), "bytes until then"),
        seconds("app", first, "app", target(4.0), "whole app ready, network quiet"),
        weight("app", first, "app", target(550 * KB), "bytes of the whole app", largest=largest),
        weight("repeat", again, "app", target(60 * KB), "bytes of a repeat visit"),
        seconds("repeat_painted", again, "painted", None, "repeat visit painted"),
    ]
