"""Every scene looks as it was approved, and Python's drawing of its map is the browser's, to the pixel."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser.launch import HAS_OWN_FONTS
from tests.browser.scenes import CELL, MOST_OFF, SCENES, SHEET, Scene, cell_of, open_scene, picture_of, share_off
from tests.browser.visitor import Guard, Visitor

FRAME = {"width": 720, "height": 480}
SERVED_WIDTH = 1100
"""Width for which the server draws a map [pixels]: lines inside places are worked out for a scale."""
ALIKE = 40
"""Two pixels are one as long as no channel differs by more: the browser draws borders at once, Python each twice."""
MOST_UNLIKE = 0.01

# Shows nothing but a map, at the same size and with the same strokes whoever has drawn it.
_ALONE = """([svg, css]) => {
  const own = 'body { display: block } #map { position: static; inset: 0; width: 720px; height: 480px }';
  document.head.innerHTML = `<style>${css} ${own}</style>`;
  document.body.innerHTML = svg;
  const map = document.querySelector('#map');
  const [, , width, height] = map.getAttribute('viewBox').split(' ').map(Number);
  const units = Math.max(width / 720, height / 480);
  map.style.setProperty('--u', units.toFixed(3));
  const scale = `scale(${(units / 2).toFixed(3)})`;
  map.querySelectorAll('pattern').forEach((node) => node.setAttribute('patternTransform', scale));
  map.querySelectorAll('.dim, .hover').forEach((node) => node.classList.remove('dim', 'hover'));
  const kept = ['patterns', 'shapes', 'borders', 'second', 'outlines', 'symbols'];
  [...map.children].filter((node) => !kept.includes(node.id)).forEach((node) => node.remove());
  document.documentElement.style.setProperty('--rmax', '24px');
}"""


@pytest.fixture(scope="module")
def sheet() -> Image.Image:
    return Image.open(SHEET).convert("RGB")


@pytest.fixture
def reader(browser: Browser, both_origin: str) -> Callable[[], Visitor]:
    """Return a maker of readers of both datasets."""

    def make() -> Visitor:
        context = browser.new_context(locale="en-GB")
        guard = Guard(both_origin)
        guard.watch(context)
        return Visitor(context.new_page(), guard)

    return make


def test_there_are_enough_scenes() -> None:
    assert len(SCENES) >= 60
    assert len({scene.name for scene in SCENES}) == len(SCENES)
    assert SHEET.stat().st_size < 300_000


@pytest.mark.parametrize("number", range(len(SCENES)), ids=[scene.name for scene in SCENES])
def test_a_scene_looks_as_it_was_approved(
    reader: Callable[[], Visitor], both_origin: str, sheet: Image.Image, number: int
) -> None:
    visitor, scene = reader(), SCENES[number]
    open_scene(visitor.page, both_origin, scene)
    found = picture_of(visitor.page, scene)
    off = share_off(found, cell_of(sheet, number))
    if scene.is_drawn_twice:
        unlike = share_off(*drawings(visitor.page, both_origin, scene), least=ALIKE)
        assert unlike <= MOST_UNLIKE, f"{unlike:.2%} of the map drawn in Python looks otherwise in the browser"
    visitor.page.context.close()
    assert visitor.guard.faults == []
    if HAS_OWN_FONTS:  # with a machine's own letters, a picture of the whole page is another one
        assert off <= MOST_OFF, f"{off:.1%} of the picture differ; if that is meant: python -m tests.browser.scenes"


def drawings(page: Page, origin: str, scene: Scene) -> tuple[Image.Image, Image.Image]:
    """Return the map as the browser has drawn it, every period anew, and as the server sends it."""
    stops = page.locator("[data-stop]").count()
    if stops > 1:  # away and back, so that every fill is the browser's own
        at = page.locator("#slider").input_value()
        page.keyboard.press("[")
        away = "[" if page.locator("#slider").input_value() != at else "]"
        if away == "]":
            page.keyboard.press(away)
        page.keyboard.press("]" if away == "[" else "[")
        assert page.locator("#slider").input_value() == at
    if "fill=hatch" in scene.query or "fill=outline" in scene.query:
        draw_as_served(page)
    drawn = page.evaluate("() => document.querySelector('#map').outerHTML")
    css = page.evaluate("() => [...document.querySelectorAll('style')].map((node) => node.textContent).join('')")
    served_page = page.context.request.get(f"{origin}/?{scene.query}").text()
    served = served_page[served_page.index('<svg id="map"') :]
    served = served[: served.index("</svg>") + len("</svg>")]
    pictures = []
    for svg in (drawn, served):
        blank = page.context.new_page()
        blank.set_viewport_size({"width": FRAME["width"], "height": FRAME["height"]})
        blank.set_content("<!doctype html><html><head></head><body></body></html>")
        blank.evaluate(_ALONE, [svg, css])
        pictures.append(Image.open(io.BytesIO(blank.locator("#map").screenshot())).convert("RGB"))
        blank.close()
    return pictures[0], pictures[1]


def draw_as_served(page: Page) -> None:
    """Give the map the width for which the server draws, and wait until the lines inside places are drawn for it."""
    width = 1440
    for _ in range(2):
        page.set_viewport_size({"width": width, "height": 1400})
        width += SERVED_WIDTH - page.evaluate("() => document.querySelector('#map').clientWidth")
    before = ""
    while before != (now := page.locator("#second").inner_html()):
        before = now
        page.wait_for_timeout(500)
    assert page.evaluate("() => document.querySelector('#map').clientWidth") == SERVED_WIDTH


def test_another_picture_is_noticed(sheet: Image.Image) -> None:
    """The comparison is not so lenient that one scene would pass for another."""
    names = [scene.name for scene in SCENES]
    for one, other in (
        ("districts en 1024", "three classes in teals"), ("equal intervals", "natural breaks"),
        ("a fill under a hatch", "two fills"), ("filter", "several places"), ("a class in relief", "districts en 1024"),
    ):  # fmt: skip
        a, b = (cell_of(sheet, names.index(name)) for name in (one, other))
        assert share_off(a, b) > MOST_OFF, (one, other)
    assert cell_of(sheet, 0).size == CELL
