"""While periods follow one another, a map of many places is shown in pixels, which look like its drawing."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect

from benchmarks.servers import build_snapshot
from benchmarks.synthetic import Size, write_package
from tests.browser.conftest import serve
from tests.browser.visitor import Visitor, fills, open_map, until

PLACES = 420
LAYERED = "?layer=generated_001&second=generated_002&fill=bivariate&over=generated_003.symbol.80"
IN_PIXELS = "() => document.querySelector('#map').classList.contains('in-pixels')"
PIXELS = "#map.in-pixels, #map .pixels"
UNLIKE = 64
"""Two pixels differ if a channel does by more: the drawing smooths edges under its borders, pixels do not."""
MOST_UNLIKE = 0.015
DRAWN_LATE = {"=bivariate": "#legend .bi-cell", "=hatch": "#second path", ".symbol.": ".ov-legend .lg-symbols"}
"""What tells that a part of a query is on the map, which comes after the map itself."""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a generated map of so many places that its steps are shown in pixels; return the address."""
    folder = tmp_path_factory.mktemp("many")
    build_snapshot(write_package(folder / "package", Size(PLACES, 3, 8, PLACES * 40, counts=1)), folder / "snapshots")
    with serve(folder / "snapshots", tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture
def opened(visit: Callable[..., Visitor]) -> Callable[[str], Page]:
    def make(query: str) -> Page:
        visitor = visit()
        visitor.guard.keep_dash_away(visitor.page.context)
        page = open_map(visitor, query)
        for asked, drawn in DRAWN_LATE.items():
            if asked in query:
                page.wait_for_selector(drawn, state="attached")
        return page

    return make


def step_in_pixels(page: Page) -> None:
    """Step to and fro until a step is shown in pixels: which pixels a place has is worked out while nothing happens."""

    def go() -> bool:
        for key in "[]":
            page.keyboard.press(key)
        return bool(page.evaluate(IN_PIXELS))

    until(go, what="a step in pixels")


def at_rest(page: Page) -> None:
    until(lambda: page.locator(PIXELS).count(), lambda n: n == 0, "the drawing instead of pixels")


def picture(page: Page) -> NDArray[np.int16]:
    """Return the map as it is seen, rows by columns by channels."""
    shot = page.locator("#mapbox").screenshot(animations="allow")
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), dtype=np.int16)


def share_unlike(one: NDArray[np.int16], other: NDArray[np.int16]) -> float:
    return float((np.abs(one - other).max(axis=2) > UNLIKE).mean())


@pytest.mark.parametrize(
    "query",
    [
        "?layer=generated_001",
        LAYERED,
        f"{LAYERED}&country=XAB",
        "?layer=generated_001&second=generated_002&fill=hatch&over=generated_001.fill.50",
    ],
    ids=["one fill", "two fills and circles", "a country in focus", "a faint fill under a hatch"],
)
def test_pixels_look_like_the_drawing(opened: Callable[[str], Page], query: str) -> None:
    page = opened(query)
    step_in_pixels(page)
    page.keyboard.press("[")
    before = picture(page)
    page.keyboard.press("[")
    shown = picture(page)
    assert page.evaluate(IN_PIXELS)
    at_rest(page)
    drawn = picture(page)
    assert share_unlike(shown, drawn) < MOST_UNLIKE
    assert share_unlike(shown, before) > 2 * share_unlike(shown, drawn), "a step changes what is seen"


def test_what_rests_is_what_the_server_draws_of_the_period(opened: Callable[[str], Page]) -> None:
    page = opened("?layer=generated_001")
    step_in_pixels(page)
    page.keyboard.press("[")
    at_rest(page)
    stepped = fills(page)
    until(lambda: "period=" in page.url, what="the period in the address")
    page.goto(page.url)
    page.wait_for_selector("html[data-map=ready]", state="attached")
    assert fills(page) == stepped


def test_a_view_that_moves_stays_in_pixels_and_the_next_view_has_its_own(opened: Callable[[str], Page]) -> None:
    page = opened(LAYERED)
    step_in_pixels(page)
    box = page.locator("#mapbox").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y + 30, steps=4)
    assert page.evaluate(IN_PIXELS)
    page.mouse.up()
    at_rest(page)
    for _ in range(3):
        page.keyboard.press("+")
    step_in_pixels(page)
    page.mouse.move(4, 4)
    expect(page.locator("#tip")).to_be_hidden()
    shown = picture(page)
    at_rest(page)
    assert share_unlike(shown, picture(page)) < MOST_UNLIKE


def test_a_legend_entry_that_is_kept_is_drawn_and_paper_shows_the_drawing(opened: Callable[[str], Page]) -> None:
    page = opened("?layer=generated_001&over=generated_003.symbol.80")
    step_in_pixels(page)
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(PIXELS).count() == 0
    step_in_pixels(page)
    page.locator("#legend [data-entry='2']").click()
    assert not page.evaluate(IN_PIXELS)
    page.keyboard.press("[")
    assert not page.evaluate(IN_PIXELS)
    assert page.locator("#shapes > .dim").count() > 0


def test_places_are_pointed_at_while_pixels_are_shown(opened: Callable[[str], Page]) -> None:
    page = opened("?layer=generated_001")
    step_in_pixels(page)
    box = page.locator("#shapes").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#tip")).to_be_visible()
    page.keyboard.press("[")
    period = page.locator("[data-bind=period]").first.inner_text()
    assert page.evaluate(IN_PIXELS)
    expect(page.locator("#tip")).to_contain_text(period)
