"""The time step of what users would pick instead: the same generated data, the same machine, the same run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.browser import SOFTWARE_WEBGL, VIEWPORT, Traffic, count_changed, picture
from benchmarks.result import OURS, MeasuringError, Result, percentile, result, rounded
from benchmarks.servers import App, free_port, serve

PROBE = Path(__file__).parent / "peer_probe.js"
_PATIENCE_MS = 120_000
_SETTLE_MS = 400
_WARM_UP = 2


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
    target : float or None
        How many times as long as ours a step takes at TARGET_UNITS at least.
    """

    kind: str
    name: str
    what: str
    target: float | None = None


TARGET_UNITS = 700
PEERS = (
    Peer("animation", "plotly-animation-frame", "px.choropleth_map with animation_frame", 10.0),
    Peer("figure", "dash-full-figure", "Dash callback that returns the whole figure", 25.0),
    Peer("patch", "dash-patch", "Dash callback that returns a Patch of the values"),
    Peer("client", "dash-clientside-patch", "client-side Dash callback with a Patch of the values"),
)


@contextmanager
def serve_peers(package: Path, peers: Sequence[Peer]) -> Iterator[App]:
    """Serve the pages of peers on the data of a package until the block ends."""
    port = free_port()
    kinds = ",".join(peer.kind for peer in peers)
    command = [sys.executable, "-m", "benchmarks.peer_app", str(package), str(port), kinds]
    with serve(command, f"http://127.0.0.1:{port}/") as app:
        yield app


def _open(browser: Browser, url: str) -> tuple[Page, Traffic, list[str]]:
    context = browser.new_context(viewport=VIEWPORT, locale="en-GB")  # type: ignore[arg-type]
    context.set_default_timeout(_PATIENCE_MS)
    context.add_init_script(path=PROBE)
    page = context.new_page()
    faults: list[str] = []
    page.on("requestfailed", lambda request: faults.append(f"{request.url}: {request.failure}"))
    page.on("pageerror", lambda error: faults.append(str(error)))
    traffic = Traffic(page, None)
    page.goto(url, wait_until="commit")
    return page, traffic, faults


def measure_peer(browser: Browser, base: str, peer: Peer, steps: int, years: int) -> dict[str, Any]:
    """Step through the periods; return times [ms], bytes for all steps, and how many pixels changed.

    Raises
    ------
    MeasuringError
        If the page fails, asks another host, or a step changes nothing that can be seen.
    """
    page, traffic, faults = _open(browser, f"{base}{peer.kind}/")
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
    taken = []
    for _ in range(steps):
        number = (number + 1) % years
        taken.append(page.evaluate("([kind, n]) => peer.step(kind, n)", [peer.kind, number]))
    traffic.wait_quiet()
    foreign = [one.url for one in traffic.requests.values() if not one.url.startswith(base)]
    if faults or foreign:
        raise MeasuringError(f"{peer.what}: the page failed: {[*faults, *foreign][:10]}")
    page.context.close()
    *changed, unsettled = count_changed(browser, pictures)
    if not min(changed) > 0:
        raise MeasuringError(f"{peer.what}: a step changed no pixel of the page")
    return {
        "steps": [one["step"] for one in taken],
        "bytes": traffic.bytes - received,
        "requests": len(traffic.requests) - requests,
        "page_bytes": received,
        "changed": changed,
        "unsettled": unsettled,
    }


def step_results(peer: Peer | None, measured: Mapping[str, Any], units: int, rasterisation: str) -> list[Result]:
    """Return time, bytes and changed pixels of a step; `peer` None means ours."""
    name, what = (peer.name, peer.what) if peer else (OURS, "ours")
    common = {"peer": name, "units": units, "rasterisation": rasterisation}
    samples = measured["steps"]
    time = {"p95": rounded(percentile(samples, 95), "ms"), "steps": len(samples)}
    end = f"{what} ({units:,} units)"
    each = measured["bytes"] / len(samples)
    sent = {"requests": measured["requests"], "page_bytes": measured["page_bytes"]}
    still = {"unsettled_pixels": measured["unsettled"]} if "unsettled" in measured else {}
    return [
        Result("slider.step", rounded(percentile(samples, 50), "ms"), "ms", None, f"step, {end}", common | time),
        result("slider.step_bytes", each, "B", None, f"bytes of a step, {end}", **common, **sent),
        result("slider.step_pixels", measured["changed"], "px", None, f"pixels changed, {end}", **common, **still),
    ]


def ratio(peer: Peer, measured: Mapping[str, Any], ours: Mapping[str, Any], units: int) -> Result:
    """Return how many times as long as ours a peer's step takes, by the medians."""
    times = percentile(measured["steps"], 50) / percentile(ours["steps"], 50)
    target = peer.target if units == TARGET_UNITS else None
    what = f"times as long as ours, {peer.what} ({units:,} units)"
    details = {"peer": peer.name, "units": units}
    return Result("slider.ratio", rounded(times, "x"), "x", target, what, details, is_least=True)


def measure_peers(
    browser: Browser, package: Path, ours: Mapping[str, Any], *, units: int, years: int, steps: int,
    say: Callable[[str], None],
) -> list[Result]:  # fmt: skip
    """Measure every peer on the data of a package, beside what ours took there."""
    results = []
    with serve_peers(package, PEERS) as app:
        for peer in PEERS:
            say(f"slider, {units:,} units, {peer.what}: {steps} steps")
            measured = measure_peer(browser, app.url, peer, steps, years)
            results += step_results(peer, measured, units, SOFTWARE_WEBGL)
            results.append(ratio(peer, measured, ours, units))
    return results
