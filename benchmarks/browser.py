"""The measuring browser: Chromium without a GPU, a slow link, and every byte that came over it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import run
from benchmarks.result import MeasuringError

PROBE = Path(__file__).parent / "probe.js"
FLAGS = (
    "--disable-gpu",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
RASTERISATION = "CPU (--disable-gpu)"
SOFTWARE_WEBGL_FLAGS = (
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    *FLAGS[1:],
)
SOFTWARE_WEBGL = "software WebGL (--use-angle=swiftshader)"
VIEWPORT = {"width": 1280, "height": 800}
_QUIET_S = 0.5
_PATIENCE_MS = 60_000


@dataclass(frozen=True)
class Link:
    """A network link as Chromium emulates it: the latency is added to every request."""

    name: str
    down_bit_per_s: float
    up_bit_per_s: float
    latency_ms: float

    def conditions(self) -> dict[str, Any]:
        """Return the arguments of Network.emulateNetworkConditions."""
        return {
            "offline": False,
            "latency": self.latency_ms,
            "downloadThroughput": self.down_bit_per_s / 8,
            "uploadThroughput": self.up_bit_per_s / 8,
        }


SLOW = Link("slow", 1.6e6, 750e3, 150)
NARROW = Link("narrow", 400e3, 400e3, 150)


@dataclass
class _Request:
    """One request: when which part of its decompressed body came, and what it weighed in the end, headers included."""

    url: str
    is_page: bool
    began: float | None = None
    chunks: list[tuple[float, int]] = field(default_factory=list)
    ended: float | None = None
    is_done: bool = False
    bytes: int = 0

    def bytes_until(self, end: float) -> float:
        if self.began is None or self.began > end:
            return 0.0
        if self.is_page or (self.ended is not None and self.ended <= end):
            return float(self.bytes)
        come = sum(size for time, size in self.chunks if time <= end)
        whole = sum(size for _, size in self.chunks)
        return self.bytes * come / whole if whole else float(self.bytes)


class Traffic:
    """Counts what a page receives, headers and compressed bodies, by CDP's encoded lengths; sets link and processor.

    Chromium tells the encoded length of an answer only when it has ended. Until then the page itself counts in full
    (never too little), any other answer with the share of its decompressed body that has come.
    """

    def __init__(self, page: Page, link: Link | None, slowdown: int = 1) -> None:
        self.page = page
        self.requests: dict[str, _Request] = {}
        self._wall_minus_clock: float | None = None
        cdp = page.context.new_cdp_session(page)
        cdp.on("Network.requestWillBeSent", self._sent)
        cdp.on("Network.responseReceived", self._answered)
        cdp.on("Network.dataReceived", self._data)
        cdp.on("Network.loadingFinished", self._finished)
        cdp.on("Network.loadingFailed", self._failed)
        cdp.send("Network.enable")
        if link:
            cdp.send("Network.emulateNetworkConditions", link.conditions())
        if slowdown > 1:
            cdp.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})

    def _sent(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        if url.startswith(("http:", "https:")):
            self._wall_minus_clock = event["wallTime"] - event["timestamp"]
            self.requests[event["requestId"]] = _Request(url, is_page=event.get("type") == "Document")

    def _answered(self, event: dict[str, Any]) -> None:
        one = self.requests.get(event["requestId"])
        if one is not None:
            one.began = event["timestamp"]

    def _data(self, event: dict[str, Any]) -> None:
        one = self.requests.get(event["requestId"])
        if one is not None:
            one.chunks.append((event["timestamp"], event["dataLength"]))

    def _finished(self, event: dict[str, Any]) -> None:
        one = self.requests.get(event["requestId"])
        if one is not None:
            one.is_done = True
            one.ended = event["timestamp"]
            one.began = min(one.began or one.ended, one.ended)
            one.bytes = int(event["encodedDataLength"])

    def _failed(self, event: dict[str, Any]) -> None:
        one = self.requests.get(event["requestId"])
        if one is not None:
            one.is_done = True

    def _clock(self, origin_ms: float, at_ms: float) -> float:
        if self._wall_minus_clock is None:
            raise MeasuringError("the page made no request; nothing to count")
        return (origin_ms + at_ms) / 1000 - self._wall_minus_clock

    def bytes_until(self, origin_ms: float, at_ms: float) -> int:
        """Return what had been received `at_ms` after the page's time origin, both in ms."""
        end = self._clock(origin_ms, at_ms)
        return round(sum(one.bytes_until(end) for one in self.requests.values()))

    def last_byte_ms(self, origin_ms: float) -> float:
        """Return when the last answer had ended, in ms since the page's time origin."""
        last = max(one.ended for one in self.requests.values() if one.ended is not None)
        return (last - self._clock(origin_ms, 0)) * 1000

    @property
    def bytes(self) -> int:
        """All that was received."""
        return sum(one.bytes for one in self.requests.values())

    def largest(self, n: int = 8) -> list[tuple[str, int]]:
        """Return the largest answers: path, bytes."""
        found = [("/" + one.url.split("/", 3)[-1], one.bytes) for one in self.requests.values()]
        return sorted(found, key=lambda pair: -pair[1])[:n]

    def wait_quiet(self) -> None:
        """Wait until nothing is under way and nothing has come for half a second."""
        before = None
        while (now := (len(self.requests), self.bytes)) != before or any(not r.is_done for r in self.requests.values()):
            before = now
            self.page.wait_for_timeout(_QUIET_S * 1000)


@contextmanager
def open_browsers(*flags: Sequence[str]) -> Iterator[list[Browser]]:
    """Start the Chromium that the tests use, once for each set of flags.

    Raises
    ------
    MeasuringError
        If there is none.
    """
    executable = run.find_chromium()
    if executable is None:
        raise MeasuringError("no Chromium, Chrome or Edge found; `python run.py bench` says how to get one")
    with sync_playwright() as playwright:
        browsers = [playwright.chromium.launch(executable_path=executable, args=list(one)) for one in flags]
        try:
            yield browsers
        finally:
            for browser in browsers:
                browser.close()


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start it with CPU rasterisation."""
    with open_browsers(FLAGS) as (browser,):
        yield browser


def new_context(browser: Browser) -> BrowserContext:
    """Return a context of its own, its cache empty, with the probe in every page."""
    context = browser.new_context(viewport=VIEWPORT, locale="en-GB")  # type: ignore[arg-type]
    context.set_default_timeout(_PATIENCE_MS)
    context.add_init_script(path=PROBE)
    return context


def press(page: Page, key: str) -> bool:
    """Step with a key; wait until the step's frame is there. False if the slider did not move."""
    before = page.evaluate("bench.count()")
    at = page.evaluate("bench.shown()")
    page.keyboard.press(key)
    if page.evaluate("bench.shown()") == at:
        return False
    page.evaluate("n => bench.stepped(n)", before + 1)
    return True


def picture(page: Page, selector: str) -> str:
    """Return a picture of an element as base64."""
    box = page.locator(selector).bounding_box()
    if box is None:
        raise MeasuringError(f"the page shows no {selector}")
    session = page.context.new_cdp_session(page)
    shot = session.send("Page.captureScreenshot", {"format": "png", "clip": {**box, "scale": 1}})
    session.detach()
    return str(shot["data"])


def count_changed(browser: Browser, pictures: Sequence[str]) -> list[int]:
    """Return how many pixels differ from each picture to the next."""
    context = new_context(browser)  # of its own: a measured page may not load pictures by data address
    page = context.new_page()
    changed = [page.evaluate("([a, b]) => bench.differing(a, b)", pair) for pair in map(list, pairwise(pictures))]
    context.close()
    return changed
