"""One server and one browser for all journeys; a context of its own, and a guard, for each test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

START_SECONDS = 30
PATIENCE_MS = 10_000
WIDE = {"width": 1440, "height": 900}
QUIET_BROWSER = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


def until(ask: Callable[[], Any], fits: Callable[[Any], bool] = bool, what: str = "the condition") -> Any:
    """Return what `ask` answers as soon as it fits; fail with the last answer when patience ends."""
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        answer = ask()
        if fits(answer):
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come true; the last answer was {answer!r}")
        time.sleep(0.02)


@dataclass
class Guard:
    """Watches a context: what it asked of the server, and everything that must not happen."""

    origin: str
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    is_offline: bool = False

    def watch(self, context: BrowserContext) -> None:
        context.on("request", self._requested)
        context.on("response", self._answered)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.faults.append(f"page error: {error.error}"))

    def _requested(self, request: Request) -> None:
        if request.url.startswith(("data:", "blob:")):
            return
        self.requests.append(request.url.removeprefix(self.origin))
        if not request.url.startswith(self.origin + "/"):
            self.faults.append(f"request to another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"status {response.status}: {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not (self.is_offline and "ERR_INTERNET_DISCONNECTED" in message.text):
            self.faults.append(f"console error: {message.text} ({message.location.get('url')})")

    def asked_for(self, part: str) -> list[str]:
        """Return the requests whose address holds a word."""
        return [url for url in self.requests if part in url]


@pytest.fixture(scope="session")
def origin(root: Path, snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the default snapshot with the real `app.py` on a free port; return its address without a slash."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("server") / "server.log"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DRIVERS_ATLAS_")}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "app.py", "--snapshots", str(snapshots), "--port", str(port)],
            cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _is_healthy(address):
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"app.py does not answer at {address}:\n{log.read_text(encoding='utf-8')}")
                time.sleep(0.05)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=10)
    told = log.read_text(encoding="utf-8")
    assert "Traceback" not in told, told


def _is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=QUIET_BROWSER)
        yield launched
        launched.close()


@dataclass
class Visitor:
    """One reader: a browser context with its guard, and the page that it has open."""

    page: Page
    guard: Guard

    def open(self, query: str = "", *, app: bool = False) -> Page:
        """Open an address; return when the map answers, or (`app`) when Dash does too."""
        self.page.goto(f"{self.guard.origin}/{query}", wait_until="commit")
        self.page.wait_for_selector(f"html[data-{'app' if app else 'map'}=ready]", state="attached")
        return self.page


@pytest.fixture
def visit(browser: Browser, origin: str) -> Iterator[Callable[..., Visitor]]:
    """Return a maker of visitors; whatever went wrong with any of them fails the test at its end."""
    made: list[tuple[BrowserContext, Guard]] = []

    def make(**options: Any) -> Visitor:
        context = browser.new_context(**({"viewport": WIDE, "locale": "en-GB"} | options))
        context.set_default_timeout(PATIENCE_MS)
        guard = Guard(origin)
        guard.watch(context)
        made.append((context, guard))
        return Visitor(context.new_page(), guard)

    yield make
    for context, _ in made:
        context.close()
    assert [fault for _, guard in made for fault in guard.faults] == []


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    """Return one reader at a wide screen who reads English."""
    return visit()


def query_of(page: Page) -> dict[str, str]:
    """Return the query of the page's address."""
    from urllib.parse import parse_qsl

    return dict(parse_qsl(urlsplit(page.url).query))
