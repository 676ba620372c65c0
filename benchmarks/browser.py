"""The measuring browser: Chromium without a GPU, a slow link, and every byte that came over it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import run
from benchmarks.result import MeasuringError
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

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


@dataclass
class _Request:
    url: str
    received: list[tuple[float, int]] = field(default_factory=list)
    is_done: bool = False
    is_from_cache: bool = False

    @property
    def bytes(self) -> int:
        return sum(size for _, size in self.received)


class Traffic:
    """Counts what a page receives, headers and compressed bodies, by CDP's encoded lengths.

    Times are seconds since the page's time origin; bytes count when Chromium reports them received.
    """

    def __init__(self, page: Page, link: Link | None) -> None:
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

    def _sent(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith(("http:", "https:")):
            self._wall_minus_clock = event["wallTime"] - event["timestamp"]
            self.requests[event["requestId"]] = _Request(event["request"]["url"])

    def _add(self, event: dict[str, Any], size: float) -> None:
        one = self.requests.get(event["requestId"])
        if one is not None and size:
            one.received.append((event["timestamp"], int(size)))

    def _answered(self, event: dict[str, Any]) -> None:
        one = self.requests.get(event["requestId"])
        if one is not None:
            answer = event["response"]
            one.is_from_cache = bool(answer.get("fromDiskCache"))
            if not one.is_from_cache:
                self._add(event, answer["encodedDataLength"])

    def _data(self, event: dict[str, Any]) -> None:
        self._add(event, event["encodedDataLength"])

    def _finished(self, event: dict[str, Any]) -> None:
        one = self.requests.get(event["requestId"])
        if one is not None:
            one.is_done = True
            self._add(event, event["encodedDataLength"] - one.bytes)

    def _failed(self, event: dict[str, Any]) -> None:
        one = self.requests.get(event["requestId"])
        if one is not None:
            one.is_done = True

    def _clock(self, origin_ms: float, at_ms: float) -> float:
        if self._wall_minus_clock is None:
            raise MeasuringError("the page made no request; nothing to count")
        return (origin_ms + at_ms) / 1000 - self._wall_minus_clock

    def bytes_until(self, origin_ms: float, at_ms: float) -> int:
        """Return what had been received `at_ms` after the page's time origin."""
        end = self._clock(origin_ms, at_ms)
        return sum(size for one in self.requests.values() for time, size in one.received if time <= end)

    def last_byte_ms(self, origin_ms: float) -> float:
        """Return when the last byte came, in ms since the page's time origin."""
        last = max(time for one in self.requests.values() for time, _ in one.received)
        return (last - self._clock(origin_ms, 0)) * 1000

    @property
    def bytes(self) -> int:
        """All that was received."""
        return sum(one.bytes for one in self.requests.values())

    def largest(self, n: int = 12) -> list[tuple[str, int]]:
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
def open_browser() -> Iterator[Browser]:
    """Start the Chromium that the tests use, with CPU rasterisation.

    Raises
    ------
    MeasuringError
        If there is none.
    """
    executable = run.find_chromium()
    if executable is None:
        raise MeasuringError("no Chromium, Chrome or Edge found; `python run.py bench` says how to get one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


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


def describe_machine(browser: Browser) -> dict[str, str]:
    """Return what the values depend on: system, Python, Chromium, rasterisation."""
    return {
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        "chromium": browser.version,
        "rasterisation": RASTERISATION,
    }
