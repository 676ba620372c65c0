"""A reader at a browser: the page that is open, what it asked of the server, and what must not happen to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response

PATIENCE_MS = 10_000
WIDE = {"width": 1440, "height": 900}


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
        if not request.url.endswith("/icon.svg"):  # shown anew, out of the cache, whenever the address changes
            self.requests.append(request.url.removeprefix(self.origin))
        if not request.url.startswith(self.origin + "/"):
            self.faults.append(f"request to another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"status {response.status}: {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not (self.is_offline and "ERR_INTERNET_DISCONNECTED" in message.text):
            self.faults.append(f"console error: {message.text} ({message.location.get('url')})")

    def keep_dash_away(self, context: BrowserContext) -> None:
        """Answer Dash's scripts with nothing: the map must do without them, and a test of the map is quicker."""
        context.route(
            "**/_dash-component-suites/**",
            lambda route: route.fulfill(status=200, content_type="text/javascript", body=""),
        )

    def asked_for(self, part: str) -> list[str]:
        """Return the requests whose address holds a word."""
        return [url for url in self.requests if part in url]


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


@contextmanager
def visitors(browser: Browser, origin: str, *, patience_ms: int = PATIENCE_MS) -> Iterator[Callable[..., Visitor]]:
    """Yield a maker of readers of a server; whatever went wrong with any of them fails the test at its end.

    The maker takes options of a browser context, and `has_dash=False` for a reader to whom Dash never comes.
    """
    made: list[tuple[BrowserContext, Guard]] = []

    def make(*, has_dash: bool = True, **options: Any) -> Visitor:
        context = browser.new_context(**({"viewport": WIDE, "locale": "en-GB"} | options))
        context.set_default_timeout(patience_ms)
        guard = Guard(origin)
        guard.watch(context)
        if not has_dash:
            guard.keep_dash_away(context)
        made.append((context, guard))
        return Visitor(context.new_page(), guard)

    yield make
    for context, _ in made:
        context.close()
    assert [fault for _, guard in made for fault in guard.faults] == []


def open_map(visitor: Visitor, query: str, *, app: bool = False) -> Page:
    """Open an address; return when the workbench, which comes after the map, is there."""
    page = visitor.open(query, app=app)
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    return page


def choose_language(page: Page, lang: str) -> None:
    """Choose a language from the menu of languages."""
    page.locator(".langs summary").click()
    page.locator(f"a.lang[hreflang={lang}]").click()


def query_of(page: Page) -> dict[str, str]:
    """Return the query of the page's address, asked of the page itself (`page.url` waits for no event)."""
    return dict(parse_qsl(page.evaluate("() => location.search.slice(1)")))


def shape(page: Page, name: str) -> Locator:
    """Return the shape of a place by its name; only shapes that are drawn count."""
    return page.locator(f'#shapes > :not([display])[aria-label^="{name}"]')


def spot(page: Page, name: str) -> tuple[float, float]:
    """Return where on the screen a place is pointed at: its representative point."""
    x, y = shape(page, name).evaluate(
        """node => {
          const { shapes } = JSON.parse(document.querySelector('#boot').textContent).geometry;
          const at = shapes[Number(node.id.slice(1))];
          const point = new DOMPoint(at.x, at.y).matrixTransform(node.ownerSVGElement.getScreenCTM());
          return [point.x, point.y];
        }"""
    )
    return x, y


def fills(page: Page) -> list[str | None]:
    """Return the fill of every shape in drawing order, None for one that is not drawn."""
    found: list[str | None] = page.evaluate(
        """() => [...document.querySelectorAll('#shapes > *')].map(
          node => node.getAttribute('display') === 'none' ? null : node.getAttribute('fill'))"""
    )
    return found


def period(page: Page) -> str:
    """Return the period that the headline names."""
    return page.locator("[data-bind=period]").inner_text()


def boot(page: Page) -> dict[str, Any]:
    """Return the data that came with the page."""
    found: dict[str, Any] = page.evaluate("() => JSON.parse(document.querySelector('#boot').textContent)")
    return found
