"""The time step of what users would pick instead: the same generated data, the same machine, the same run."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks.browser import RASTERISATION, SOFTWARE_WEBGL, VIEWPORT, Traffic, count_changed, picture
from benchmarks.libraries import find_libraries
from benchmarks.result import OURS, MeasuringError, Result, percentile, result, rounded
from benchmarks.servers import App, free_port, serve

PROBE = Path(__file__).parent / "peer_probe.js"
_PATIENCE_MS = 120_000
_SETTLE_MS = 400
_WARM_UP = 1
_LEAST_STEPS = 3
_NEEDS_NPM = "folium"


@dataclass(frozen=True)
class Peer:
    """One way to animate a choropleth.

    Attributes
    ----------
    kind : str
        Its path on the server of `benchmarks.peer_app`, and its entry in peer_probe.js.
    name : str
        What the column `peer` says.
    what : str
        For people.
    rasterisation : str
        With what its map is drawn where there is no GPU: WebGL with software WebGL, SVG and canvas by the CPU.
    target : float or None
        How many times as long as ours a step takes at TARGET_UNITS at least.
    """

    kind: str
    name: str
    what: str
    rasterisation: str = SOFTWARE_WEBGL
    target: float | None = None


TARGET_UNITS = 700
PEERS = (
    Peer("animation", "plotly-animation-frame", "px.choropleth_map with animation_frame", target=10.0),
    Peer("figure", "dash-full-figure", "Dash callback that returns the whole figure", target=25.0),
    Peer("patch", "dash-patch", "Dash callback that returns a Patch of the values"),
    Peer("client", "dash-clientside-patch", "client-side Dash callback with a Patch of the values"),
    Peer("leaflet", "dash-leaflet-hideout", "dash-leaflet GeoJSON with hideout, set client-side", RASTERISATION),
    Peer("folium", "folium-time-slider", "folium TimeSliderChoropleth", RASTERISATION),
    Peer("bokeh", "bokeh-customjs", "bokeh patches with a CustomJS slider", RASTERISATION),
)


def usable_peers() -> list[Peer]:
    """Return the peers whose libraries are here."""
    return [peer for peer in PEERS if peer.kind != _NEEDS_NPM or find_libraries()]


@contextmanager
def serve_peers(package: Path, peers: Sequence[Peer]) -> Iterator[App]:
    """Serve the pages of peers on the data of a package until the block ends."""
    port = free_port()
    kinds = ",".join(peer.kind for peer in peers)
    libraries = str(find_libraries() or "")
    command = [sys.executable, "-m", "benchmarks.peer_app", str(package), str(port), kinds, libraries]
    with serve(command, f"http://127.0.0.1:{port}/") as app:
        yield app


def new_peer_context(browser: Browser) -> BrowserContext:
    """Return a context of its own, its cache empty, with the peers' probe in every page."""
    context = browser.new_context(viewport=VIEWPORT, locale="en-GB")  # type: ignore[arg-type]
    context.set_default_timeout(_PATIENCE_MS)
    context.add_init_script(path=PROBE)
    return context


class Faults:
    """Notes what goes wrong in a page from now on."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("requestfailed", lambda request: self.found.append(f"{request.url}: {request.failure}"))
        page.on("pageerror", lambda error: self.found.append(str(error)))

    def require_none(self, peer: Peer, traffic: Traffic, base: str) -> None:
        """Raise MeasuringError if the page failed or asked another host."""
        foreign = [one.url for one in traffic.requests.values() if not one.url.startswith(base)]
        if self.found or foreign:
            raise MeasuringError(f"{peer.what}: the page failed: {[*self.found, *foreign][:10]}")


def measure_peer(
    browsers: Mapping[str, Browser], base: str, peer: Peer, *, steps: int, years: int, patience_s: float
) -> dict[str, Any]:
    """Step through the periods; return times [ms], bytes for all steps, and how many pixels changed.

    No step begins after `patience_s`, but a few are made in any case: `is_stopped` says whether some are missing.

    Raises
    ------
    MeasuringError
        If the page fails, asks another host, or a step changes nothing that can be seen.
    """
    page = new_peer_context(browsers[peer.rasterisation]).new_page()
    faults, traffic = Faults(page), Traffic(page, None)
    page.goto(f"{base}{peer.kind}/", wait_until="commit")
    page.wait_for_function("kind => window.peer && peer.ready(kind)", arg=peer.kind)
    traffic.wait_quiet()
    number, pictures = 0, [picture(page, "body")]
    for _ in range(_WARM_UP):
        number = (number + 1) % years
        page.evaluate("([kind, n]) => peer.step(kind, n)", [peer.kind, number])
        pictures.append(picture(page, "body"))
    page.wait_for_timeout(_SETTLE_MS)
    pictures.append(picture(page, "body"))
    received, requests = traffic.bytes, len(traffic.requests)
    taken: list[float] = []
    begun = time.perf_counter()
    while len(taken) < min(steps, _LEAST_STEPS) or (len(taken) < steps and time.perf_counter() - begun < patience_s):
        number = (number + 1) % years
        taken.append(page.evaluate("([kind, n]) => peer.step(kind, n)", [peer.kind, number]))
    traffic.wait_quiet()
    faults.require_none(peer, traffic, base)
    page.context.close()
    *changed, unsettled = count_changed(browsers[RASTERISATION], pictures)
    if not min(changed) > 0:
        raise MeasuringError(f"{peer.what}: a step changed no pixel of the page")
    return {
        "steps": taken,
        "bytes": traffic.bytes - received,
        "requests": len(traffic.requests) - requests,
        "page_bytes": received,
        "changed": changed,
        "unsettled": unsettled,
        "is_stopped": len(taken) < steps,
    }


def step_results(
    part: str, peer: Peer | None, measured: Mapping[str, Any], units: int, rasterisation: str
) -> list[Result]:
    """Return time, bytes and changed pixels of a step, named after the part; `peer` None means ours."""
    name, what = (peer.name, peer.what) if peer else (OURS, "ours")
    common = {"peer": name, "units": units, "rasterisation": rasterisation}
    samples = measured["steps"]
    short = "CPU" if rasterisation == RASTERISATION else "software WebGL"
    time_details = {"p95": rounded(percentile(samples, 95), "ms"), "steps": len(samples)}
    end = f"{what} ({units:,} units, {short})"
    stopped = ""
    if measured.get("is_stopped"):
        time_details["is_stopped"] = True
        stopped = f", stopped after {len(samples)} steps"
    each = measured["bytes"] / len(samples)
    sent = {"requests": measured["requests"], "page_bytes": measured["page_bytes"]}
    still = {"unsettled_pixels": measured["unsettled"]} if "unsettled" in measured else {}
    median = rounded(percentile(samples, 50), "ms")
    return [
        Result(f"{part}.step", median, "ms", None, f"step, {end}{stopped}", common | time_details),
        result(f"{part}.step_bytes", each, "B", None, f"bytes of a step, {end}", **common, **sent),
        result(f"{part}.step_pixels", measured["changed"], "px", None, f"pixels changed, {end}", **common, **still),
    ]


def ratio(peer: Peer, measured: Mapping[str, Any], ours: Mapping[str, Any], units: int) -> Result:
    """Return how many times as long as ours a peer's step takes, by the medians."""
    times = percentile(measured["steps"], 50) / percentile(ours["steps"], 50)
    target = peer.target if units == TARGET_UNITS else None
    what = f"times as long as ours, {peer.what} ({units:,} units)"
    details = {"peer": peer.name, "units": units}
    return Result("slider.ratio", rounded(times, "x"), "x", target, what, details, is_least=True)


def measure_peers(
    browsers: Mapping[str, Browser], package: Path, ours: Mapping[str, Any], *, units: int, years: int, steps: int,
    patience_s: float, say: Callable[[str], None],
) -> list[Result]:  # fmt: skip
    """Measure every peer on the data of a package, beside what ours took there; `browsers` by rasterisation."""
    results = []
    peers = usable_peers()
    with serve_peers(package, peers) as app:
        for peer in peers:
            say(f"slider, {units:,} units, {peer.what}: {steps} steps")
            measured = measure_peer(browsers, app.url, peer, steps=steps, years=years, patience_s=patience_s)
            results += step_results("slider", peer, measured, units, peer.rasterisation)
            results.append(ratio(peer, measured, ours, units))
    return results
