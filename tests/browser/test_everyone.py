"""Nobody is shut out: axe-core and sizes in every state, keyboard, touch, zoom, contrast, every screen, a slow machine.

States that other tests look at with axe-core are not repeated here: the first page, panel with table, method dialog,
list of keys and the menu of a phone (test_page.py), the search list (test_find_and_drill.py), the three comparisons
(test_compare.py), a second fill and the list of layers (test_stack.py), the heat map (test_charts.py), /quality
(test_quality.py), /governance (test_restricted.py) and /bring (test_bring.py).

What is dragged has buttons or keys beside it: time (test_time.py), the map (test_map.py), bounds of classes
(test_classes.py), the divider (test_compare.py), the range of playing (test_time_more.py), opacity (test_stack.py),
selecting without a lasso (test_filter_and_pick.py). Units out of reach of the arrows are reached by Page Down
(test_map.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from layers.words import load_words
from tests.browser.test_page import violations
from tests.browser.visitor import PATIENCE_MS, WIDE, Guard, fills, period, query_of, spot, until, visitors

LANGUAGES = ("en", "ru")
VIEW = {"dataset": "training", "layer": "unemployment_rate", "level": "ADM2", "period": "2018"}
DISTRICT = "XT0101"
EVERYTHING_OVER = (
    "population.symbol.80;internal_moves__10__out.flow.90;unemployment_rate.outline.90;programmes.counts.90"
)
PHONE, SMALL_PHONE, SMALLEST = (390, 844), (360, 740), (320, 640)
TABLET, LAPTOP, DESK, WALL = (768, 1024), (1024, 768), (1920, 1080), (3840, 2160)
ZOOMED = (640, 450)
"""What 1280 x 900 pixels are at a zoom of 200 %."""

SMALL = """() => [...document.querySelectorAll(`button, select, summary, a, input:not([type=hidden]), [role=tab],
  [role=slider], [role=button]`)]
  .filter(node => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter(node => !node.closest('.sr, .skip, #to-panel, .ag-root, .js-plotly-plot, svg'))
  .filter(node => !(node.matches('a, button.link') && node.closest('p, li, dd, td, small, span')
    && ['inline', 'inline-block'].includes(getComputedStyle(node).display)))
  .map(node => [node, node.matches('[type=checkbox], [type=radio]') && node.closest('label') || node])
  .map(([node, pressed]) => [node, pressed.getBoundingClientRect()])
  .filter(([, { width, height }]) => width && height && (width < 23.9 || height < 23.9))
  .map(([node, { width, height }]) => `${node.outerHTML.slice(0, 100)}: ${width} x ${height}`)"""
"""What is pressed and smaller than 24 pixels; links and buttons within a sentence are exempt (WCAG 2.5.8)."""

WIDER = """() => [...document.querySelectorAll('body *')]
  .filter(node => node.checkVisibility({ visibilityProperty: true }))
  .filter(node => !node.closest('svg, .sr, .skip, .ag-root-wrapper, .js-plotly-plot, .cmp-line-box'))
  .filter(node => {
    for (let at = node.parentElement; at && at !== document.body; at = at.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(at).overflowX)) return false;
    }
    return true;
  })
  .map(node => [node, node.getBoundingClientRect()])
  .filter(([, box]) => box.width && box.height && (box.right > innerWidth + 1 || box.left < -1))
  .map(([node, box]) => `${node.outerHTML.slice(0, 100)}: ${box.left} to ${box.right} of ${innerWidth}`)"""
"""What sticks out of the window at its sides; what lies in a frame that scrolls does not."""

CUT = """() => [...document.querySelectorAll(`button, .lg-range, .lg-n, .lg-unit, .lg-note, #headline, .sub, select,
  summary, .stop.has-room, .wb-box *, .levels, .watermark`)]
  .filter(node => node.checkVisibility() && !node.matches('input, option, .sr, .sr *') && !node.closest('svg'))
  .filter(node => {
    const { overflowX, overflowY } = getComputedStyle(node);
    const wide = node.scrollWidth > node.clientWidth + 1
      && (overflowX !== 'visible' || node.scrollWidth > node.parentElement.clientWidth + 1);
    const high = node.scrollHeight > node.clientHeight + 2 && overflowY !== 'visible' && !/auto|scroll/.test(overflowY);
    return node.clientWidth && (wide || high) && !/auto|scroll/.test(overflowX);
  })
  .map(node => `${node.outerHTML.slice(0, 100)}: ${node.scrollWidth} x ${node.scrollHeight} in `
    + `${node.clientWidth} x ${node.clientHeight}`)"""
"""What holds more than it shows and cannot be scrolled."""

FOCUS = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  node.dataset.reached = 'yes';
  const unit = node.closest('#shapes > *');
  const box = node.getBoundingClientRect();
  const spots = [[.5, .5], [.1, .2], [.9, .2], [.1, .8], [.9, .8]]
    .map(([x, y]) => [box.left + box.width * x, box.top + box.height * y]);
  const isSeen = spots.some(([x, y]) => {
    const top = document.elementFromPoint(x, y);
    return top && (node.contains(top) || node.labels?.[0]?.contains(top) || (unit && top.closest('#mapbox')));
  });
  const { outlineStyle, outlineWidth } = getComputedStyle(node);
  const isMarked = unit ? document.querySelector('#marks .hover') !== null
    : outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  const named = node.ariaLabel || node.labels?.[0]?.textContent || node.textContent || node.placeholder;
  return { isSeen, isMarked, isUnit: unit !== null, name: (named ?? '').trim(), html: node.outerHTML.slice(0, 100) };
}"""
"""The element with the focus: whether it is seen, and marked."""

MISSED = """() => [...document.querySelectorAll('a[href], button, select, input, summary, [tabindex="0"]')]
  .filter(node => node.checkVisibility({ visibilityProperty: true }) && !node.disabled && node.tabIndex >= 0)
  .filter(node => !node.closest('.ag-root, [inert]') && !node.dataset.reached && node.getBoundingClientRect().width)
  .map(node => node.outerHTML.slice(0, 100))"""
"""What can be used and was not reached with Tab."""


@pytest.fixture
def reader(browser: Browser, both_origin: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a view when the workbench is there; whatever went wrong fails the test."""
    with visitors(browser, both_origin) as make:

        def open_view(
            view: dict[str, str] | None = None,
            *,
            size: tuple[int, int] | None = None,
            app: bool = False,
            **options: Any,
        ) -> Page:
            viewport = {"width": size[0], "height": size[1]} if size else WIDE
            visitor = make(has_dash=app, **({"viewport": viewport} | options))
            page = visitor.open("?" + urlencode(VIEW | (view or {})), app=app)
            page.wait_for_selector("html[data-workbench=ready]", state="attached")
            return page

        yield open_view


def faults(page: Page) -> list[str]:
    """Return what axe-core finds, what is too small to be pressed, what is cut off, what sticks out."""
    return [*violations(page), *page.evaluate(SMALL), *page.evaluate(CUT), *page.evaluate(WIDER)]


def resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    until(lambda: page.evaluate("() => [innerWidth, innerHeight]"), lambda now: tuple(now) == size, "the new size")


def height(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box is not None, selector
    return box["height"]


# -- axe-core and sizes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_box_of_the_workbench(reader: Callable[..., Page], lang: str) -> None:
    page = reader({"lang": lang})
    assert faults(page) == []
    openers = page.locator("#workbar .wb-drop, #time-more .wb-drop, .stack-add")
    assert openers.count() >= 7, "Classes, Compare, Filter, Select, Views, Time, add a layer"
    for opener in openers.all():
        opener.click()
        box = page.locator(".wb-box:popover-open")
        expect(box).to_be_visible()
        assert faults(page) == [], box.get_attribute("aria-label")
        page.keyboard.press("Escape")
        expect(box).to_have_count(0)
    for menu in (".more", ".langs"):
        page.locator(f"{menu} summary").click()
        expect(page.locator(f"{menu} summary + *")).to_be_visible()
        # what lies under an open menu is partly covered, so the menu is looked at by itself
        covered = [fault for fault in violations(page) if not fault.startswith("target-size")]
        assert [*covered, *page.evaluate(SMALL), *page.evaluate(WIDER)] == [], menu
        page.keyboard.press("Escape")


def test_every_chart(reader: Callable[..., Page]) -> None:
    page = reader({"lang": "ru", "chart": "series"}, app=True)
    for tab in page.locator(".chart-tabs [role=tab]").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        page.wait_for_selector("#charts:not([aria-busy]) #chart-plot .main-svg", state="attached")
        assert faults(page) == [], tab.inner_text()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_layers_over_one_another(reader: Callable[..., Page], lang: str) -> None:
    page = reader({"lang": lang, "second": "water_access", "fill": "bivariate", "over": EVERYTHING_OVER})
    page.wait_for_selector("#legend .bi-square", state="attached")
    page.wait_for_selector(".ov-legend", state="attached")
    assert faults(page) == []
    page.locator(".stack > summary").click()
    page.locator(".stack-more").first.click()
    assert faults(page) == []


def test_inside_a_region_with_a_card_of_several_places(reader: Callable[..., Page]) -> None:
    page = reader({"inside": "XT01", "picked": "XT0101,XT0102"}, app=True)
    expect(page.locator("#pick-card h2")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize("size", [(1440, 900), PHONE, WALL], ids=["wide", "phone", "wall"])
def test_presentation(reader: Callable[..., Page], size: tuple[int, int]) -> None:
    view = {"dataset": "central_asia", "layer": "mpi_headcount_ratio", "level": "ADM1", "period": "latest"}
    page = reader(view | {"present": "1", "lang": "ru"}, size=size)
    expect(page.locator("#menu")).to_be_hidden()
    assert faults(page) == []
    assert height(page, "#map") >= 300
    page.keyboard.press(".")
    expect(page.locator("#cover")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_on_a_phone(reader: Callable[..., Page], lang: str) -> None:
    page = reader({"lang": lang}, size=PHONE)
    assert faults(page) == []
    for opener in page.locator("#workbar .wb-drop, #time-more .wb-drop").all():
        opener.click()
        expect(page.locator(".wb-box:popover-open")).to_be_visible()
        assert [*page.evaluate(SMALL), *page.evaluate(CUT), *page.evaluate(WIDER)] == [], opener.inner_text()
        page.keyboard.press("Escape")
    page.locator("#top [data-open=menu]").click()
    expect(page.locator("#menu")).to_be_visible()
    page.locator(".stack > summary").click()
    assert faults(page) == []


# -- keyboard -----------------------------------------------------------------------------------------------------


def walk(page: Page) -> list[dict[str, Any]]:
    """Press Tab through the whole page; return where the focus was, in order."""
    found: list[dict[str, Any]] = []
    while len(found) < 200:
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at is None:
            return found
        found.append(at)
    pytest.fail(f"Tab does not leave the page: {found[-5:]}")


@pytest.mark.parametrize(
    ("size", "view"),
    [
        ((1440, 900), {}),
        (LAPTOP, {"table": "1", "unit": DISTRICT, "lang": "ru", "second": "water_access", "fill": "hatch"}),
        (ZOOMED, {"unit": DISTRICT}),
        (PHONE, {"unit": DISTRICT, "lang": "ru"}),
    ],
    ids=["wide", "laptop-table", "zoomed-panel", "phone-panel"],
)
def test_tab_reaches_everything_and_is_always_seen(
    reader: Callable[..., Page], size: tuple[int, int], view: dict[str, str]
) -> None:
    page = reader(view, size=size, app=True)
    if "unit" in view:
        expect(page.locator("#panel h2")).to_be_visible()
    if "table" in view:
        expect(page.locator("#grid .ag-row").first).to_be_visible()
    found = walk(page)
    hidden_by_panel = "unit" in view and size == LAPTOP  # it lies over the map's tools; Esc takes it away
    assert [at for at in found if not at["isMarked"]] == []
    assert hidden_by_panel or [at for at in found if not at["isSeen"]] == []
    assert [at for at in found if not at["name"]] == []
    assert page.evaluate(MISSED) == []
    assert sum(at["isUnit"] for at in found) == 1, "the map is one stop; arrows move on it"


def test_escape_closes_what_is_open_and_gives_the_focus_back(reader: Callable[..., Page]) -> None:
    page = reader(app=True)
    page.locator("#shapes > [tabindex='0']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#to-panel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel [data-close=panel]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_empty()
    expect(page.locator("#shapes > :focus")).to_have_count(1)
    for opener, ready in [
        ("#top [data-open=table]", "#grid .ag-row >> nth=0"),
        ("#chart-open", "#chart-plot .main-svg >> nth=0"),
    ]:
        page.locator(opener).focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(ready, state="attached")
        page.locator("#drawer button:visible, #charts button:visible").last.focus()
        page.keyboard.press("Escape")
        expect(page.locator("#drawer, #charts").filter(visible=True)).to_have_count(0)
        expect(page.locator(opener)).to_be_focused()
    for button in page.locator("#workbar .wb-drop, #time-more .wb-drop, .stack-add").all():
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".wb-box:popover-open :focus, .wb-box:popover-open:focus")).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator(".wb-box:popover-open")).to_have_count(0)
        expect(button).to_be_focused()
    for menu in (".more summary", ".langs summary"):
        page.locator(menu).focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        expect(page.locator(menu)).to_be_focused()
    page.locator("#top [data-open=table]").focus()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#top [data-open=table]")).to_be_focused()


def test_tab_leaves_the_table_and_arrows_move_in_it(reader: Callable[..., Page]) -> None:
    page = reader({"table": "1"}, app=True)
    expect(page.locator("#grid .ag-row").first).to_be_visible()
    page.locator("#grid .ag-row .ag-cell").nth(1).click()
    focused = page.locator("#grid .ag-cell-focus")
    before = focused.get_attribute("col-id")
    page.keyboard.press("ArrowRight")
    assert focused.get_attribute("col-id") != before
    width = float(focused.evaluate("node => parseFloat(getComputedStyle(node).outlineWidth)"))
    assert width >= 2
    assert focused.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('.ag-center-cols-container')") is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_units_and_time_are_announced(reader: Callable[..., Page], lang: str) -> None:
    page = reader({"lang": lang})
    name = "Dredofrun" if lang == "en" else "Дредофрун"
    page.locator(f"#shapes > [aria-label^='{name}']").focus()
    page.keyboard.press("ArrowRight")
    told = page.locator("#shapes > :focus")
    expect(told).to_have_attribute("role", "option")
    assert re.fullmatch(r"[^,]+, [^:]+: [\d.,]+\s?% \(2018\).*", told.get_attribute("aria-label") or "")
    expect(page.locator("#shapes")).to_have_attribute("role", "listbox")
    live = page.locator("#live")
    expect(live).to_have_attribute("aria-live", "polite")
    page.keyboard.press("Enter")
    said = load_words(lang)("a11y.selected", label=told.get_attribute("aria-label"))
    expect(live).to_have_text(said)
    page.keyboard.press("]")
    expect(live).to_contain_text("2019")
    expect(page.locator("#slider")).to_have_attribute("aria-valuetext", re.compile("2019"))


def test_arrows_walk_over_the_whole_map(reader: Callable[..., Page]) -> None:
    """From any unit the arrows lead on, and together they reach all but those that lie inside another."""
    page = reader()
    page.locator("#shapes > [tabindex='0']").focus()
    drawn = page.evaluate("() => [...document.querySelectorAll('#shapes > :not([display])')].map(node => node.id)")
    steps: dict[str, set[str]] = {}
    for unit in drawn:
        steps[unit] = set()
        for key in ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"):
            after = page.evaluate(
                """([id, key]) => {
                  const node = document.getElementById(id);
                  node.focus();
                  node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
                  return document.activeElement.id;
                }""",
                [unit, key],
            )
            steps[unit] |= {after} - {unit}
    reached, waiting = set(), [drawn[0]]
    while waiting:
        unit = waiting.pop()
        if unit not in reached:
            reached.add(unit)
            waiting += steps[unit]
    assert all(steps.values()), [unit for unit in drawn if not steps[unit]]
    assert len(reached) >= 0.9 * len(drawn), sorted(set(drawn) - reached)


# -- other ways to look and to point ------------------------------------------------------------------------------


def test_forced_colours_keep_classes_hatches_and_what_is_pressed(reader: Callable[..., Page]) -> None:
    page = reader({"over": EVERYTHING_OVER}, forced_colors="active")
    assert page.evaluate("() => matchMedia('(forced-colors: active)').matches")
    painted = page.evaluate(
        """() => [...document.querySelectorAll('#shapes > :not([display])')]
          .filter(node => !node.getAttribute('fill').startsWith('url'))
          .map(node => [node.getAttribute('fill'), getComputedStyle(node).fill])"""
    )
    asked, shown = {pair[0] for pair in painted}, {pair[1] for pair in painted}
    assert len(asked) == len(shown) == 5
    assert (
        page.evaluate("() => getComputedStyle(document.querySelector('#legend .lg-row .sw')).backgroundColor") in shown
    )
    assert any((fill or "").startswith("url(#state-") for fill in fills(page))
    patterns = page.evaluate(
        "() => [...document.querySelectorAll('#patterns path')].map(n => getComputedStyle(n).stroke)"
    )
    assert patterns
    assert "none" not in patterns
    for selector in ("#workbar [aria-pressed=true]", ".levels [aria-pressed=true]", "#menu [aria-current]"):
        assert page.locator(selector).first.evaluate("node => getComputedStyle(node).outlineStyle") == "solid", selector
    page.locator("#legend [data-entry='3']").click()
    assert page.locator("#legend [data-entry='3']").evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    assert violations(page) == []


def test_nothing_moves_by_itself_for_whoever_asks_for_less(reader: Callable[..., Page]) -> None:
    page = reader({"second": "water_access", "fill": "hatch"}, reduced_motion="reduce")
    page.locator("#filter-open").click()
    moving = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(node => {
          const style = getComputedStyle(node);
          return parseFloat(style.transitionDuration) + parseFloat(style.animationDuration) > 0;
        }).map(node => node.outerHTML.slice(0, 80))"""
    )
    assert moving == []


SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }"""


@pytest.mark.parametrize("size", [(1440, 900), PHONE], ids=["wide", "phone"])
def test_wider_text_loses_nothing(reader: Callable[..., Page], size: tuple[int, int]) -> None:
    """WCAG 1.4.12: a reader's own line height, and space between letters, words and paragraphs."""
    page = reader({"lang": "ru"}, size=size)
    page.add_style_tag(content=SPACED)
    assert [*page.evaluate(CUT), *page.evaluate(WIDER)] == []
    assert height(page, "#map") >= 200
    page.locator("#workbar .wb-drop").first.click()
    assert [*page.evaluate(CUT), *page.evaluate(WIDER)] == []


def dispatch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def swipe(session: CDPSession, *paths: tuple[tuple[float, float], tuple[float, float]]) -> None:
    """Move fingers along straight paths, all at the same time."""
    dispatch(session, "touchStart", *[start for start, _ in paths])
    for step in range(1, 11):
        share = step / 10
        dispatch(session, "touchMove", *[(a + (c - a) * share, b + (d - b) * share) for (a, b), (c, d) in paths])
    dispatch(session, "touchEnd")


def box_of(page: Page) -> list[float]:
    return [float(part) for part in (page.locator("#map").get_attribute("viewBox") or "").split()]


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "tablet"])
def test_fingers_zoom_move_and_select(reader: Callable[..., Page], size: tuple[int, int]) -> None:
    page = reader(size=size, has_touch=True, is_mobile=size == PHONE)
    session = page.context.new_cdp_session(page)
    frame = page.locator("#map").bounding_box()
    assert frame is not None
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    dispatch(session, "touchStart", (x, y))
    dispatch(session, "touchEnd")
    chosen = until(lambda: query_of(page), lambda query: "unit" in query, "the tap")["unit"]
    _, _, whole, _ = box_of(page)
    swipe(session, ((x - 20, y), (x - 80, y)), ((x + 20, y), (x + 80, y)))
    left, _, wide, _ = until(lambda: box_of(page), lambda box: box[2] < 0.6 * whole, "the pinch")
    assert page.evaluate("() => visualViewport.scale") == 1, "the page itself is not zoomed"
    swipe(session, ((x, y), (x + 90, y)))
    moved = until(lambda: box_of(page), lambda box: box[0] < left - 10, "the drag")
    assert moved[2] == pytest.approx(wide)
    until(lambda: query_of(page), lambda query: "view" in query, "the address")
    assert query_of(page)["unit"] == chosen, "a drag selects nothing"


def test_a_finger_on_the_map_scrolls_a_phone(reader: Callable[..., Page]) -> None:
    page = reader(size=PHONE, has_touch=True, is_mobile=True)
    session = page.context.new_cdp_session(page)
    x, y = spot(page, "Dredofrun")
    before = box_of(page)
    dispatch(session, "touchStart", (x, y))
    for step in range(1, 16):
        dispatch(session, "touchMove", (x, y - 10 * step))
        page.evaluate("() => new Promise(requestAnimationFrame)")
    dispatch(session, "touchEnd")
    until(lambda: page.evaluate("() => scrollY"), lambda top: top > 60, "the page to scroll")
    assert box_of(page)[2] == pytest.approx(before[2])
    assert "unit" not in query_of(page)


def test_a_press_can_be_taken_back(reader: Callable[..., Page]) -> None:
    """WCAG 2.5.2: nothing happens when the pointer is pressed; released elsewhere, nothing happens at all."""
    page = reader()
    x, y = spot(page, "Dredofrun")
    for selector in (
        "#legend [data-entry='3']",
        ".levels [data-level=ADM1]",
        "#workbar .wb-drop >> nth=0",
        "[data-zoom=in]",
    ):
        before = page.evaluate(
            "() => location.search + document.querySelectorAll('[aria-pressed=true], :popover-open').length"
        )
        page.locator(selector).hover()
        page.mouse.down()
        page.mouse.move(x, 20)
        page.mouse.up()
        after = page.evaluate(
            "() => location.search + document.querySelectorAll('[aria-pressed=true], :popover-open').length"
        )
        assert after == before, selector
    page.mouse.move(x, y)
    page.mouse.down()
    assert "unit" not in query_of(page)
    page.mouse.move(x, 20)
    page.mouse.up()
    assert "unit" not in query_of(page)


# -- every screen -------------------------------------------------------------------------------------------------

SCREENS = {
    SMALLEST: 180, SMALL_PHONE: 180, PHONE: 180, TABLET: 400, LAPTOP: 300, (1280, 720): 260, (1440, 900): 400,
    DESK: 500, WALL: 1200,
}  # fmt: skip
"""Sizes of windows, and the least height of the map in them [CSS pixels]."""
SHORT = {LAPTOP: 180, TABLET: 180, (1280, 720): 160, (1440, 900): 180, DESK: 280, WALL: 1000}
"""The same with the table or a chart open."""

OVERLAPS = """() => {
  const parts = ['#top', '#menu', '#head', '#workbar', '#mapbox', '#timebar', '#foot', '#drawer', '#charts']
    .map(selector => [selector, document.querySelector(selector)])
    .filter(([, node]) => node?.checkVisibility({ visibilityProperty: true }))
    .filter(([, node]) => getComputedStyle(node).position !== 'sticky')
    .map(([selector, node]) => [selector, node.getBoundingClientRect()]);
  return parts.flatMap(([a, one], i) => parts.slice(i + 1)
    .filter(([, other]) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1
      && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1)
    .map(([b]) => `${a} lies over ${b}`));
}"""

OUTSIDE = """() => {
  const map = document.querySelector('#mapbox').getBoundingClientRect();
  const legend = document.querySelector('#legend').getBoundingClientRect();
  return [legend.left - map.left, legend.top - map.top, map.right - legend.right, map.bottom - legend.bottom]
    .some(room => room < -1);
}"""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_screen_shows_all_of_it(reader: Callable[..., Page], lang: str) -> None:
    page = reader({"lang": lang}, reduced_motion="reduce")
    for size, least in SCREENS.items():
        resize(page, size)
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert [*page.evaluate(WIDER), *page.evaluate(CUT), *page.evaluate(SMALL), *page.evaluate(OVERLAPS)] == [], size
        assert height(page, "#map") >= least, size
        assert not page.evaluate(OUTSIDE), size


@pytest.mark.parametrize("view", [{"table": "1"}, {"chart": "series"}], ids=["table", "chart"])
def test_the_map_keeps_its_height_beside_a_drawer(reader: Callable[..., Page], view: dict[str, str]) -> None:
    page = reader(view | {"lang": "ru"}, app=True, reduced_motion="reduce")
    page.wait_for_selector("#grid .ag-row, #chart-plot .main-svg", state="attached")
    for size, least in SHORT.items():
        resize(page, size)
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert height(page, "#map") >= least, size
        assert [*page.evaluate(WIDER), *page.evaluate(OVERLAPS)] == [], size
        assert not page.evaluate(OUTSIDE), size


def test_the_longest_legend_scrolls_inside_the_map(reader: Callable[..., Page]) -> None:
    view = {"lang": "ru", "second": "water_access", "fill": "bivariate", "over": EVERYTHING_OVER}
    page = reader(view, size=LAPTOP)
    page.wait_for_selector("#legend .bi-square", state="attached")
    page.wait_for_selector(".ov-legend", state="attached")
    assert not page.evaluate(OUTSIDE)
    legend = page.locator("#legend")
    last = legend.locator("button:visible, summary:visible").last
    last.focus()
    inner, outer = last.bounding_box(), legend.bounding_box()
    assert inner is not None
    assert outer is not None
    assert inner["y"] >= outer["y"] - 1
    assert inner["y"] + inner["height"] <= outer["y"] + outer["height"] + 1


def test_a_low_window_scrolls_and_starts_at_its_top(reader: Callable[..., Page]) -> None:
    """A phone that lies on its side, or a window at 200 % and more."""
    for size in [(844, 390), (1000, 500)]:
        page = reader({"lang": "ru"}, size=size)
        assert page.evaluate("() => scrollY") == 0
        assert height(page, "#map") >= 240
        assert page.evaluate(WIDER) == []
        page.locator("#foot a").last.scroll_into_view_if_needed()
        assert page.evaluate("() => scrollY") > 0
        page.context.close()


# -- a slow machine -----------------------------------------------------------------------------------------------


def test_the_map_comes_first_and_says_what_is_still_loading(browser: Browser, both_origin: str) -> None:
    """A processor six times slower, and 400 kbit/s: the order in which things come, not their times."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(6 * PATIENCE_MS)
    guard = Guard(both_origin)
    guard.watch(context)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 100, "downloadThroughput": 50_000, "uploadThroughput": 50_000},
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    answered: list[str] = []
    page.on("requestfinished", lambda request: answered.append(request.url))
    page.goto(f"{both_origin}/?{urlencode(VIEW)}", wait_until="commit")
    still = page.locator("#still")
    words = load_words("en")
    page.wait_for_selector("html[data-map=ready]", state="attached")
    assert [url for url in answered if "_dash-component-suites" in url] == []
    assert len({fill for fill in fills(page) if fill}) > 3
    expect(still).to_have_text(words("app.loading_tools"))
    assert period(page) == "2018"
    page.keyboard.press("]")
    expect(page.locator("[data-bind=period]")).to_have_text("2019")
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    if page.locator("html[data-app=ready]").count() == 0:
        expect(still).to_have_text(words("app.loading_panels"))
    page.wait_for_selector("html[data-app=ready]", state="attached")
    expect(still).to_be_hidden()
    context.close()
    assert guard.faults == []
