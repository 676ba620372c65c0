"""Filter and select many: by pointer, by keyboard alone, in the table, in the address, in the training country."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from layers.palette import GROUND
from tests.browser.visitor import Visitor, fills, open_map, query_of, shape, spot, until

WATER = "?layer=water_access&level=ADM2&period=2024"
LOW_WATER = f"{WATER}&filter=value:..60"
TASK = "value:..60;also:internal_net_migration_per_1000~-25..-10;programme:none"
THREE = ["Nuroldim", "Rivonevost", "Skellundrel"]
SCREENS = [{"width": 1440, "height": 900}, {"width": 1024, "height": 768}, {"width": 390, "height": 844}]


@pytest.fixture(scope="module")
def origin(training: str) -> str:
    """Return the address of the training country, which this file is about."""
    return training


def passing(page: Page) -> list[str]:
    """Return the names of the places that keep their colour, in alphabetical order."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('#shapes > *:not([display]):not(.outside)')]
          .filter(node => !node.hasAttribute('aria-description') && node.hasAttribute('aria-label'))
          .map(node => node.getAttribute('aria-label').split(',')[0])"""
    )
    return sorted(found)


def picked(page: Page) -> list[str]:
    """Return the names in the list of the card, in alphabetical order."""
    return sorted(page.locator("#pick-card .pick-list li > span").all_inner_texts())


def row(page: Page, name: str) -> str:
    return page.locator(f"#pick-card dd[data-row={name}] b").inner_text()


def tab_to(page: Page, fits: str, back: bool = False) -> None:
    """Press Tab until the element with the focus fits a selector."""
    for _ in range(150):
        if page.evaluate("fits => document.activeElement.matches(fits)", fits):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    pytest.fail(f"Tab does not reach {fits}")


def number_of(side: str, within: str = "") -> str:
    return f"{within} .two-number[data-side={side}]".strip()


def test_the_task_is_done_by_keyboard_alone_and_shared(visit: Callable[..., Visitor]) -> None:
    """Find the three districts with low water access, high out-migration and no programme, and share the view."""
    reader = visit(permissions=["clipboard-read", "clipboard-write"])
    page = open_map(reader, "?level=ADM2", app=True)
    tab_to(page, "[data-layer=water_access], .driver:not(:has([data-layer=water_access])) summary, summary")
    tab_to(page, ".driver:has([data-layer=water_access]) > summary")
    page.keyboard.press("Enter")
    tab_to(page, "[data-layer=water_access]")
    page.keyboard.press("Enter")
    expect(page.locator("#headline")).to_have_text("People with safe water at home, share of population")
    assert query_of(page)["period"] == "2024"

    page.keyboard.press("f")
    tab_to(page, number_of("high"))
    page.keyboard.type("60")
    expect(page.locator(".filter-count")).to_contain_text("14 of 62 places pass the filter.")
    tab_to(page, "select.filter-add")
    page.keyboard.type("Internal net")
    expect(page.locator("select.filter-add")).to_have_value("internal_net_migration_per_1000")
    tab_to(page, ".filter-adding button")
    page.keyboard.press("Enter")
    within = "[data-also=internal_net_migration_per_1000]"
    expect(page.locator(f"{within} {number_of('low')}")).to_be_focused()
    tab_to(page, number_of("high", within))
    page.keyboard.type("-10")
    tab_to(page, ".filter-box select:not(.filter-add)")
    page.keyboard.type("No prog")
    expect(page.locator(".filter-count")).to_contain_text("3 of 62 places pass the filter.")
    page.keyboard.press("Escape")
    expect(page.locator("#filter-open")).to_be_focused()
    until(lambda: passing(page), lambda names: names == THREE, "the map shows the three districts")
    chips = page.locator("#filter-line li")
    expect(chips).to_have_count(3)
    expect(chips.nth(1)).to_contain_text("Internal net migration: -10.0 or less (2024)")

    tab_to(page, "#pick-open")
    page.keyboard.press("Enter")
    tab_to(page, ".pick-acts button:nth-child(2)")
    page.keyboard.press("Enter")
    expect(page.locator("#pick-card h2")).to_have_text("3 places")
    assert picked(page) == THREE

    tab_to(page, "[data-do=copy]", back=True)
    page.keyboard.press("Enter")
    expect(page.locator("#busy")).to_be_visible()
    address = page.evaluate("() => navigator.clipboard.readText()")
    assert address == page.evaluate("() => location.href")

    other = visit(locale="en-US").open(address.removeprefix(reader.guard.origin).removeprefix("/"))
    other.wait_for_selector("html[data-workbench=ready]", state="attached")
    until(lambda: passing(other), lambda names: names == THREE, "the shared map shows the three districts")
    expect(other.locator("#filter-line .filter-count")).to_contain_text("3 of 62 places pass the filter.")
    assert picked(other) == THREE


def test_the_map_the_legend_and_the_head_count_only_what_passes(visitor: Visitor) -> None:
    page = open_map(visitor, LOW_WATER)
    expect(page.locator("[data-bind=coverage]")).to_have_text("14 of 14 places have data")
    counts = page.locator("#legend ol .lg-n").all_inner_texts()
    assert sum(int(n) for n in counts) == 14
    shown = [fill for fill in fills(page) if fill is not None]
    assert len([fill for fill in shown if fill != GROUND]) == 14
    assert len([fill for fill in shown if fill == GROUND]) == 48
    assert not any(fill.startswith("url(#state") for fill in shown)
    expect(page.locator("#live")).not_to_contain_text("error")
    page.locator("#filter-line .link").click()
    expect(page.locator("#filter-line")).to_be_hidden()
    assert "filter" not in query_of(page)
    assert GROUND not in fills(page)


def test_the_filter_follows_the_slider_without_asking_the_server(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WATER}&filter=value:..60;also:internal_net_migration_per_1000~..-5")
    expect(page.locator(".filter-count")).to_contain_text("11 of 62")
    asked = len(visitor.guard.requests)
    texts = set()
    for _ in range(6):
        page.locator("[data-step=previous]").click()
        texts.add(page.locator(".filter-count").inner_text())
    expect(page.locator("#filter-line li").nth(1)).to_contain_text("(2018)")
    assert len(texts) >= 3
    assert visitor.guard.requests[asked:] == []


def test_a_condition_is_taken_away_by_its_chip_and_stays_away(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WATER}&filter=type:border;value:..60")
    chips = page.locator("#filter-line li")
    expect(chips).to_have_count(2)
    before = page.locator(".filter-count").inner_text()
    page.locator("[data-chip=type]").click()
    expect(chips).to_have_count(1)
    assert query_of(page)["filter"] == "value:..60"
    expect(page.locator(".filter-count")).to_contain_text("14 of 62")
    expect(page.locator("#filter-line [data-chip=value]")).to_be_focused()
    page.reload()
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    expect(chips).to_have_count(1)
    assert page.locator(".filter-count").inner_text() != before


def test_a_range_of_one_layer_goes_with_the_reader_to_the_next(visitor: Visitor) -> None:
    page = open_map(visitor, LOW_WATER)
    page.locator("#find").fill("wage")
    page.locator("[data-layer=average_wage]").click()
    expect(page.locator("#headline")).not_to_contain_text("safe water")
    expect(page.locator("#filter-line li")).to_contain_text("Safe water at home: 60.0% or less (2024)")
    assert query_of(page)["filter"] == "also:water_access~..60"
    expect(page.locator(".filter-count")).to_contain_text("14 of 62")


def test_the_table_shows_the_rows_that_pass(visitor: Visitor) -> None:
    page = open_map(visitor, f"{LOW_WATER}&table=1", app=True)
    grid = page.locator("#grid [role=treegrid], #grid [role=grid]").first
    expect(grid).to_have_attribute("aria-rowcount", "15")
    page.locator("#filter-line .link").click()
    expect(grid).to_have_attribute("aria-rowcount", "63")


def test_places_are_selected_with_the_pointer(visitor: Visitor) -> None:
    page = open_map(visitor, WATER, app=True)
    page.mouse.click(*spot(page, "Monebruk"))
    expect(page.locator("#panel h2")).to_have_text("Monebruk")
    page.keyboard.down("Control")
    page.mouse.click(*spot(page, "Brulebruk"))
    page.keyboard.up("Control")
    expect(page.locator("#pick-card")).to_be_visible()
    expect(page.locator("#panel")).to_be_hidden()
    assert picked(page) == ["Brulebruk", "Monebruk"]
    expect(page.locator("#picks .pick-tick")).to_have_count(2)
    page.keyboard.down("Shift")
    page.mouse.click(*spot(page, "Klumoldim"))
    page.mouse.click(*spot(page, "Monebruk"))
    page.keyboard.up("Shift")
    assert picked(page) == ["Brulebruk", "Klumoldim"]
    page.locator("#pick-card .panel-head button").click()
    expect(page.locator("#pick-card")).to_be_hidden()
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator("#picks .pick-tick")).to_have_count(2)
    page.locator("#pick-open").click()
    page.get_by_role("button", name="Show what they have together").click()
    assert picked(page) == ["Brulebruk", "Klumoldim"]
    page.locator("#pick-card").get_by_role("button", name="Clear the selection").click()
    expect(page.locator("#pick-card")).to_be_hidden()
    assert "picked" not in query_of(page)


@pytest.mark.parametrize("mode", ["box", "lasso"])
def test_places_are_selected_by_a_drag(visitor: Visitor, mode: str) -> None:
    page = open_map(visitor, WATER)
    page.locator("#pick-open").click()
    page.locator(f"[data-key={mode}]").click()
    page.keyboard.press("Escape")
    expect(page.locator("#pick-hint")).to_be_visible()
    box = page.locator("#map").get_attribute("viewBox")
    names = ["Rivonevost", "Nuroldim"]
    points = [spot(page, name) for name in names]
    left, right = (f(x for x, _ in points) for f in (min, max))
    top, bottom = (f(y for _, y in points) for f in (min, max))
    corners = [(left - 6, top - 6), (right + 6, top - 6), (right + 6, bottom + 6), (left - 6, bottom + 6)]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[2:3] if mode == "box" else corners[1:]:
        page.mouse.move(*corner, steps=6)
    page.mouse.up()
    expect(page.locator("#pick-card")).to_be_visible()
    assert set(names) <= set(picked(page))
    assert page.locator("#map").get_attribute("viewBox") == box
    page.keyboard.press("Escape")
    expect(page.locator("#pick-hint")).to_be_hidden()


def test_places_are_selected_with_the_keyboard(visitor: Visitor) -> None:
    page = open_map(visitor, WATER)
    shape(page, "Rivonevost").focus()
    page.keyboard.press("x")
    expect(page.locator(".pick-badge")).to_have_text("1")
    expect(page.locator("#live")).to_have_text("1 place")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("x")
    expect(page.locator("#pick-card h2")).to_have_text("2 places")
    page.keyboard.press("x")
    expect(page.locator("#pick-card")).to_be_hidden()


def test_the_class_kept_in_the_legend_and_all_in_view_are_added(visitor: Visitor) -> None:
    page = open_map(visitor, WATER)
    entry = page.locator("#legend ol [data-entry='0']")
    n = int(entry.locator(".lg-n").inner_text())
    page.locator("#pick-open").click()
    expect(page.get_by_role("button", name="Add the class that is kept in the legend")).to_be_disabled()
    page.keyboard.press("Escape")
    entry.click()
    page.locator("#pick-open").click()
    page.get_by_role("button", name="Add the class that is kept in the legend").click()
    expect(page.locator("#pick-card h2")).to_have_text(f"{n} places")
    page.locator("#pick-open").click()
    page.get_by_role("button", name="Add all places in view").click()
    expect(page.locator("#pick-card h2")).to_have_text("62 places")


def test_the_table_selects(visitor: Visitor) -> None:
    page = open_map(visitor, f"{LOW_WATER}&table=1", app=True)
    boxes = page.locator("#grid .ag-center-cols-container .ag-row [col-id=picked] input")
    expect(boxes.first).to_be_visible()
    boxes.nth(0).click()
    boxes.nth(1).click()
    expect(page.locator("#pick-card h2")).to_have_text("2 places")
    names = page.locator("#grid .ag-center-cols-container .ag-row [col-id=place]").all_inner_texts()[:2]
    assert picked(page) == sorted(names)
    page.locator("#pick-card .pick-list button").first.click()
    expect(page.locator("#pick-card")).to_be_hidden()
    until(lambda: [box.is_checked() for box in boxes.all()[:2]].count(True), lambda n: n == 1, "one box is checked")


def population_mean(page: Page, names: list[str]) -> dict[str, Any]:
    """Work out in the page, from the figures of two layers, what the card must say."""
    found: dict[str, Any] = page.evaluate(
        """async names => {
          const boot = JSON.parse(document.querySelector('#boot').textContent);
          const read = async layer => (await fetch(`${boot.data}/${layer}.ADM2.json`)).json();
          const [water, people] = [await read('water_access'), await read('population')];
          const at = scene => scene.periods.findIndex(stop => stop.id === '2024');
          const shapes = boot.units.flatMap((unit, i) => names.includes(unit.name) ? [i] : []);
          const figures = shapes.map(i => water.values[at(water)][i]);
          const weights = shapes.map(i => people.values[at(people)][i]);
          const sum = list => list.reduce((a, b) => a + b, 0);
          return { mean: sum(figures.map((v, i) => v * weights[i])) / sum(weights), low: Math.min(...figures),
            high: Math.max(...figures), people: sum(weights), national: water.national[at(water)].XTR };
        }""",
        names,
    )
    return found


def test_the_card_says_what_the_places_have_together(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WATER}&picked=XT0504,XT0505,XT0507", app=True)
    expect(page.locator("#pick-card dd[data-row=mean] b")).to_be_visible()
    wanted = population_mean(page, THREE)
    assert row(page, "mean") == f"{wanted['mean']:.1f}%"
    assert row(page, "lowest") == f"{wanted['low']:.1f}%"
    assert row(page, "highest") == f"{wanted['high']:.1f}%"
    assert row(page, "gap") == f"{wanted['high'] - wanted['low']:.1f} percentage points"
    assert row(page, "national") == f"{wanted['national']:.1f}%"
    notes = page.locator("#pick-card dd span").all_inner_texts()
    assert notes
    assert all("2024" in note and "% of population" in note for note in notes)
    expect(page.locator("#pick-card")).to_contain_text("Source: Invented ministry of services")

    asked = len(visitor.guard.requests)
    page.locator("[data-step=previous]").click()
    expect(page.locator("#pick-card h3").first).to_have_text("Safe water at home, 2023")
    assert [url for url in visitor.guard.requests[asked:] if "/selection/" in url or "/data/" in url] == []


def test_the_selection_outlives_a_change_of_layer_and_level(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WATER}&picked=XT0504,XT0505,XT0507", app=True)
    people = population_mean(page, THREE)["people"]
    page.locator("#find").fill("population")
    page.locator("[data-layer=population]").click()
    expect(page.locator("#pick-card dd[data-row=total] b")).to_have_text(f"{people:,.0f}")
    expect(page.locator("#pick-card dd[data-row=mean]")).to_have_count(0)
    page.locator(".levels [data-level=ADM1]").press("Enter")
    expect(page.locator("#pick-card")).to_contain_text("3 more places are not on the map of this layer and period")
    expect(page.locator("#picks .pick-tick")).to_have_count(0)
    page.locator(".levels [data-level=ADM2]").press("Enter")
    expect(page.locator("#picks .pick-tick")).to_have_count(3)


def test_names_are_copied_and_the_map_moves_to_them(visit: Callable[..., Visitor]) -> None:
    reader = visit(permissions=["clipboard-read", "clipboard-write"])
    page = open_map(reader, f"{WATER}&picked=XT0504,XT0507")
    page.get_by_role("button", name="Copy names").click()
    expect(page.locator("#busy")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == "Rivonevost, Ilvandor\nSkellundrel, Ilvandor"
    page.get_by_role("button", name="Zoom to them").click()
    x, y, w, h = (float(v) for v in (page.locator("#map").get_attribute("viewBox") or "").split())
    assert w < 2400
    ticks = page.locator("#picks .pick-tick").evaluate_all("nodes => nodes.map(n => n.getAttribute('transform'))")
    for tick in ticks:
        at_x, at_y = (float(v) for v in re.findall(r"[\d.]+", tick))
        assert x < at_x < x + w
        assert y < at_y < y + h


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("screen", SCREENS, ids=lambda s: str(s["width"]))
def test_nothing_is_cut_off(visit: Callable[..., Visitor], screen: dict[str, int], lang: str) -> None:
    page = open_map(visit(viewport=screen), f"{WATER}&filter={TASK}&picked=XT0504,XT0505,XT0507&lang={lang}", app=True)
    expect(page.locator("#filter-line li")).to_have_count(3)
    expect(page.locator("#pick-card dd").first).to_be_visible()
    cut = """() => [...document.querySelectorAll(
        '#filter-line, #filter-line li, #pick-card, .filter-box, .filter-box *')]
      .filter(node => node.checkVisibility() && !node.matches('input, select, option, .two-track')
        && node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline')
      .map(node => node.className || node.id)"""
    assert page.evaluate(cut) == []
    page.keyboard.press("f")
    expect(page.locator(".filter-box h2")).to_be_visible()
    assert page.evaluate(cut) == []
    box = page.locator(".filter-box").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= screen["width"]
    assert box["y"] + box["height"] <= screen["height"]
    assert not page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
