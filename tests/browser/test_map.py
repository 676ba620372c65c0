"""The map itself: pointing, keys, zoom and pan, the legend."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor, boot, fills, query_of, shape, spot, until

POVERTY = "?layer=poverty_rate&level=ADM1&period=2019"


def lines(page: Page) -> list[str]:
    """Return the lines of the tooltip."""
    return page.locator("#tip p").all_inner_texts()


def focused(page: Page) -> str:
    """Return the accessible name of what has the focus."""
    return page.evaluate("() => document.activeElement.getAttribute('aria-label') ?? ''")


def enter_map(page: Page) -> None:
    """Reach the map with the keyboard alone: the first link on the page skips to it."""
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("#shapes > :focus")).to_have_count(1)


def view_box(page: Page) -> list[float]:
    return [float(part) for part in (page.locator("#map").get_attribute("viewBox") or "").split()]


def test_hover_shows_the_figure(map_visitor: Visitor) -> None:
    page = map_visitor.open(POVERTY)
    scene = boot(page)["scene"]
    row = [stop["id"] for stop in scene["periods"]].index("2019")
    at = scene["ids"].index("KG-B")
    peers = [v for v, iso3 in zip(scene["values"][row], scene["iso3"], strict=True) if iso3 == "KGZ" and v is not None]
    rank = 1 + sum(v > scene["values"][row][at] for v in peers)
    assert rank == 1, "the sentence below is written for the highest"

    page.mouse.move(*spot(page, "Batken region"))
    expect(page.locator("#tip")).to_be_visible()
    told = lines(page)
    assert told[:4] == [
        "Batken region",
        "region, Kyrgyzstan",
        f"{scene['values'][row][at]:.1f}%",
        "2019 · % of population",
    ]
    assert [t for t in told if re.fullmatch(rf"Highest of {len(peers)} .*Kyrgyzstan", t)] != []
    publisher = scene["sources"][scene["source"][row][at]]["publisher"]
    assert told[-1] == f"Source: {publisher}"
    expect(page.locator("#marks .hover")).to_have_count(1)

    page.keyboard.press("[")
    expect(page.locator("#tip .tip-value")).not_to_have_text(told[2])
    page.keyboard.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()
    page.mouse.move(*spot(page, "Naryn region"))
    expect(page.locator("#tip .tip-name")).to_have_text("Naryn region")
    page.mouse.move(5, 5)
    expect(page.locator("#tip")).to_be_hidden()


def test_the_tooltip_never_covers_the_pointer(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    for name in ("Badghis", "Takhar", "Akmola region", "Mangystau region", "Nimroz", "Almaty city"):
        x, y = spot(page, name)
        page.mouse.move(x, y)
        expect(page.locator("#tip .tip-name")).to_have_text(name)
        box = page.locator("#tip").bounding_box()
        assert box is not None
        assert not (box["x"] <= x <= box["x"] + box["width"] and box["y"] <= y <= box["y"] + box["height"]), name
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= 1440
        assert box["y"] + box["height"] <= 900


@pytest.mark.parametrize(
    ("layer", "name", "state", "note"),
    [
        ("poverty_rate&period=2019", "Khorezm region", "no data", "No figure was published"),
        ("ftf_departures_claimed&period=2014", "Kazakhstan", None, "published claim"),
    ],
)
def test_hover_says_states_and_claims(
    map_visitor: Visitor, layer: str, name: str, state: str | None, note: str
) -> None:
    page = map_visitor.open(f"?layer={layer}")
    page.mouse.move(*spot(page, name))
    expect(page.locator("#tip .tip-name")).to_have_text(name)
    if state:
        expect(page.locator("#tip .tip-value")).to_have_text(state)
    expect(page.locator("#tip")).to_contain_text(note)


def test_keyboard_only(visitor: Visitor) -> None:
    page = visitor.open(POVERTY, app=True)
    enter_map(page)
    expect(page.locator("#tip")).to_be_visible()
    shape(page, "Naryn region").focus()
    places = {s["id"]: g for s, g in zip(boot(page)["units"], boot(page)["geometry"]["shapes"], strict=True)}
    for key, axis, sign in [
        ("ArrowRight", "x", 1),
        ("ArrowLeft", "x", -1),
        ("ArrowUp", "y", -1),
        ("ArrowDown", "y", 1),
    ]:
        before = page.evaluate("() => Number(document.activeElement.id.slice(1))")
        page.keyboard.press(key)
        after = page.evaluate("() => Number(document.activeElement.id.slice(1))")
        ids = boot(page)["scene"]["ids"]
        assert sign * (places[ids[after]][axis] - places[ids[before]][axis]) > 0, key
        expect(page.locator("#tip .tip-name")).to_have_text(focused(page).split(",")[0])
        expect(page.locator('#shapes > [tabindex="0"]')).to_have_count(1)

    name = focused(page).split(",")[0]
    assert visitor.guard.asked_for("plotly") == []
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_have_text(name)
    expect(page.locator("#series .main-svg").first).to_be_visible()
    assert visitor.guard.asked_for("plotly") != []
    assert "unit" in query_of(page)
    expect(page.locator("#shapes > [aria-selected=true]")).to_have_count(1)

    page.keyboard.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#shapes > :focus")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_empty()
    assert "unit" not in query_of(page)


def test_page_down_goes_through_every_place(map_visitor: Visitor) -> None:
    """Arrows miss a city inside a region; nobody at a keyboard is shut out of it."""
    page = map_visitor.open()
    names = [node.get_attribute("aria-label") for node in page.locator("#shapes > :not([display])").element_handles()]
    enter_map(page)
    told = []
    for _ in names:
        told.append(focused(page))
        page.keyboard.press("PageDown")
    assert told == names
    assert focused(page) == names[0]
    page.keyboard.press("PageUp")
    assert focused(page) == names[-1]
    expect(page.locator("#tip .tip-name")).to_have_text("Tashkent city")


def test_click_opens_the_panel(visitor: Visitor) -> None:
    page = visitor.open(POVERTY, app=True)
    page.mouse.click(*spot(page, "Talas region"))
    panel = page.locator("#panel")
    expect(panel.locator("h2")).to_have_text("Talas region")
    assert query_of(page)["unit"] == "KG-T"
    label = shape(page, "Talas region").get_attribute("aria-label") or ""
    value, year = re.findall(r": (.*) \((.*)\)$", label)[0]
    expect(panel.locator("tr.now td").first).to_have_text(year)
    expect(panel.locator("tr.now .num").first).to_have_text(value)
    page.keyboard.press("[")
    expect(panel.locator("tr.now td").first).not_to_have_text(year)
    other = panel.locator("button[data-layer]").first
    title = other.get_attribute("data-layer")
    other.click()
    until(lambda: query_of(page)["layer"], lambda layer: layer == title, "the other layer of the place")
    expect(panel.locator("h2")).to_have_text("Talas region")
    panel.locator("[data-close=panel]").click()
    expect(panel).to_be_empty()


def test_a_place_with_one_figure_needs_no_chart(visitor: Visitor) -> None:
    page = visitor.open("?layer=grp_per_capita_kzt", app=True)
    page.mouse.click(*spot(page, "Akmola region"))
    expect(page.locator("#panel h2")).to_have_text("Akmola region")
    expect(page.locator("#panel")).to_contain_text("there is no series to draw")
    assert visitor.guard.asked_for("plotly") == []


def test_zoom_buttons_and_keys(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    whole = view_box(page)
    page.locator("[data-zoom=in]").click()
    assert view_box(page)[2] == pytest.approx(whole[2] / 1.5, abs=1)
    until(lambda: query_of(page).get("view", ""), bool, "the zoom in the address")
    page.locator("[data-zoom=out]").click()
    assert view_box(page)[2] == pytest.approx(whole[2], abs=1)
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert view_box(page)[2] == pytest.approx(whole[2] / 2.25, abs=1)
    page.keyboard.press("-")
    assert view_box(page)[2] == pytest.approx(whole[2] / 1.5, abs=1)
    page.locator("[data-zoom=reset]").click()
    assert view_box(page) == whole
    page.keyboard.press("+")
    page.keyboard.press("0")
    assert view_box(page) == whole
    until(lambda: query_of(page), lambda query: "view" not in query, "no zoom in the address")


def test_pan_buttons(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    page.locator("[data-zoom=in]").click()
    start = view_box(page)
    for button, axis, sign in [("right", 0, 1), ("left", 0, -1), ("down", 1, 1), ("up", 1, -1)]:
        before = view_box(page)
        page.locator(f"[data-pan={button}]").click()
        assert sign * (view_box(page)[axis] - before[axis]) > 0, button
    assert view_box(page) == pytest.approx(start, abs=2)


def test_wheel_zooms_where_the_pointer_is(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    whole = view_box(page)
    x, y = spot(page, "Khatlon region")
    page.mouse.move(x, y)
    for _ in range(3):
        page.mouse.wheel(0, -120)
    until(lambda: view_box(page)[2], lambda width: width < whole[2] * 0.5, "the map grew")
    assert spot(page, "Khatlon region") == pytest.approx((x, y), abs=4)
    until(lambda: query_of(page), lambda query: "view" in query, "the zoom in the address")
    page.mouse.wheel(0, 2000)
    until(lambda: view_box(page)[2], lambda width: width > whole[2] * 0.3, "the map shrank")


def test_drag_moves_the_map_and_selects_nothing(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    page.locator("[data-zoom=in]").click()
    before = view_box(page)
    x, y = spot(page, "Takhar")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 90, y - 60, steps=6)
    page.mouse.up()
    after = view_box(page)
    assert after[0] > before[0]
    assert after[1] > before[1]
    assert after[2:] == before[2:]
    assert "unit" not in query_of(page)


def test_line_widths_and_hatches_stay_at_any_zoom(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    read = "() => getComputedStyle(document.querySelector('#map')).getPropertyValue('--u')"
    before = float(page.evaluate(read))
    page.locator("[data-zoom=in]").click()
    page.locator("[data-zoom=in]").click()
    assert float(page.evaluate(read)) == pytest.approx(before / 2.25, rel=0.01)


def dimmed(page: Page) -> set[int]:
    found = page.evaluate("() => [...document.querySelectorAll('#shapes > .dim')].map(n => Number(n.id.slice(1)))")
    return set(found)


def test_legend_hover_dims_and_click_keeps(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    scene, row = boot(page)["scene"], boot(page)["period"]
    classes, first = scene["scopes"][""]["classes"][row], scene["scopes"][""]["from"]
    members = {i for i in range(len(scene["ids"])) if 0 <= i - first < len(classes) and classes[i - first] == "3"}
    others = {i for i, fill in enumerate(fills(page)) if fill} - members
    entry = page.locator("#legend [data-entry='3']")
    assert dimmed(page) == set()
    entry.hover()
    assert dimmed(page) & (others | members) == others
    page.mouse.move(700, 300)
    assert dimmed(page) == set()
    entry.click()
    expect(entry).to_have_attribute("aria-pressed", "true")
    page.mouse.move(700, 300)
    assert dimmed(page) & (others | members) == others
    assert query_of(page)["kept"] == "3"
    page.reload(wait_until="commit")
    page.wait_for_selector("html[data-map=ready]", state="attached")
    assert dimmed(page) & (others | members) == others
    entry.focus()
    page.keyboard.press("Enter")
    expect(entry).to_have_attribute("aria-pressed", "false")
    page.mouse.move(700, 300)
    page.locator("#find").focus()
    assert dimmed(page) == set()
    assert "kept" not in query_of(page)


@pytest.mark.parametrize(
    "view", ["layer=mpi_headcount_ratio", "layer=poverty_rate&period=2019", "layer=poverty_rate&country=KGZ"]
)
def test_legend_counts_are_the_shapes_of_that_fill(map_visitor: Visitor, view: str) -> None:
    page = map_visitor.open(f"?{view}")
    steps = page.locator("#time .tick").count()
    for _ in range(steps):
        painted = Counter(page.evaluate(
            """() => [...document.querySelectorAll('#shapes > *')]
              .filter(n => n.getAttribute('display') !== 'none' && !n.classList.contains('outside'))
              .map(n => n.getAttribute('fill'))"""
        ))  # fmt: skip
        told = page.evaluate(
            """() => [...document.querySelectorAll('#legend li:not([hidden]) [data-entry]')].map(n => {
              const swatch = n.querySelector('.sw');
              const paint = swatch.getAttribute('style')?.slice('background:'.length)
                ?? swatch.firstElementChild.getAttribute('fill').replace('swatch', 'state');
              return [paint, Number(n.querySelector('.lg-n').textContent)];
            })"""
        )
        assert {paint: n for paint, n in told if n} == dict(painted)
        assert sum(n for _, n in told) == sum(painted.values()) > 0
        page.keyboard.press("[")
