"""The layers on the map: a second fill, its square legend, the list of layers by keyboard, and views kept by name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from layers.bivariate import COLOURS, FILLS
from layers.words import load_words
from tests.browser.served import drawn_picture, fetch_page, served_picture
from tests.browser.test_parity import differences
from tests.browser.visitor import WIDE, Guard, Visitor, fills, query_of, until

EN = load_words("en")
FIRST, SECOND = "unemployment_rate", "water_access"
VIEW = {"layer": FIRST, "level": "ADM2", "period": "2018"}


@pytest.fixture
def reader(browser: Browser, training: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a view, and waits for the workbench."""
    made = []

    def open_view(view: dict[str, str] | None = None, **options: Any) -> Page:
        context = browser.new_context(**({"viewport": WIDE, "locale": "en-GB"} | options))
        guard = Guard(training)
        guard.watch(context)
        guard.keep_dash_away(context)
        made.append((context, guard))
        page = Visitor(context.new_page(), guard).open("?" + urlencode(VIEW | (view or {})))
        page.wait_for_selector("html[data-workbench=ready]", state="attached")
        return page

    yield open_view
    for context, _ in made:
        context.close()
    assert [fault for _, guard in made for fault in guard.faults] == []


def marks(page: Page) -> list[list[str | None]]:
    """Return the hatches or outlines of the second layer, as the browser drew them."""
    found: list[list[str | None]] = page.evaluate(
        """() => [...document.querySelectorAll('#second > [data-unit]')]
          .map(node => ['data-unit', 'fill', 'class', 'clip-path'].map(name => node.getAttribute(name)))
          .sort((a, b) => a[0] - b[0])"""
    )
    return found


def served_marks(address: str) -> list[list[str | None]]:
    """Return the same of the page as the server sends it."""
    group = fetch_page(address).find(id="second")
    found = [[n[name] for name in ("data-unit", "fill", "class", "clip-path")] for n in group if n["data-unit"]]
    return sorted(found, key=lambda one: int(one[0] or 0))


def compare(page: Page, origin: str, view: dict[str, str]) -> None:
    """Fail unless the page shows what the server sends for the view."""
    address = f"{origin}/?{urlencode(VIEW | view)}"
    expected = served_picture(fetch_page(address))
    found = until(lambda: differences(expected, drawn_picture(page)), lambda lines: not lines, f"the picture of {view}")
    assert found == []
    assert marks(page) == served_marks(address)


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("fill", FILLS)
def test_two_layers_look_alike_however_one_comes_to_them(
    reader: Callable[..., Page], training: str, fill: str, lang: str
) -> None:
    """Opened by the address, stepped to, and added to a map of one layer: each time what the server draws."""
    view = {"second": SECOND, "lang": lang} | ({} if fill == FILLS[0] else {"fill": fill})
    page = reader(view)
    compare(page, training, view)
    page.keyboard.press("]")
    compare(page, training, view | {"period": "2019"})
    added = reader({"lang": lang})
    add_second(added, SECOND, fill)
    compare(added, training, view)


def add_second(page: Page, layer: str, fill: str) -> None:
    """Choose a second layer from the box under "Add a layer"."""
    page.locator(".stack-add").click()
    box = page.locator(".wb-box:popover-open")
    box.locator(".stack-list").select_option(layer)
    box.locator("select").last.select_option(fill)
    box.locator(".wb-main").click()
    expect(box).to_have_count(0)


def test_the_square_counts_reads_and_singles_out(reader: Callable[..., Page]) -> None:
    page = reader({"second": SECOND})
    cells = page.locator("#legend .bi-cell")
    expect(cells).to_have_count(9)
    counts = {int(c.get_attribute("data-entry") or -1): int(c.locator(".lg-n").inner_text()) for c in cells.all()}
    painted = fills(page)
    for cell, colour in enumerate(COLOURS):
        estimated = f"url(#both-{cell})"
        assert counts[cell] == sum(fill in (colour, estimated) for fill in painted), cell
    with_both = page.locator("[data-bind=coverage]").inner_text()
    assert with_both.startswith(str(sum(counts.values())))
    cell = next(number for number, count in counts.items() if count)
    chosen = page.locator(f"#legend .bi-cell[data-entry='{cell}']")
    reading = chosen.get_attribute("aria-label") or ""
    assert re.search(rf"Unemployment rate: .*; Safe water at home: .*: {counts[cell]} place", reading)
    chosen.hover()
    expect(page.locator("#tip")).to_have_text(reading)
    chosen.focus()
    page.keyboard.press("Enter")
    expect(chosen).to_have_attribute("aria-pressed", "true")
    until(lambda: query_of(page).get("kept"), lambda kept: kept == str(cell), "the kept cell in the address")
    dimmed = page.locator("#shapes > .dim:not([display])").count()
    drawn = page.locator("#shapes > :not([display])").count()
    assert drawn - dimmed == counts[cell]


def test_pointing_tells_both_figures_with_period_and_source(reader: Callable[..., Page]) -> None:
    page = reader({"second": SECOND})
    shape = next(i for i, fill in enumerate(fills(page)) if fill in COLOURS)
    node = page.locator(f"#u{shape}")
    label = until(
        lambda: node.get_attribute("aria-label"), lambda told: "Safe water" in (told or ""), "both in the name"
    )
    node.hover()
    tip = page.locator("#tip")
    expect(tip).to_contain_text("Safe water at home")
    expect(tip.locator(".tip-value")).to_have_count(2)
    expect(tip.locator(".tip-source")).to_have_count(2)
    for value in tip.locator(".tip-value").all_inner_texts():
        assert value in label


def test_the_list_of_layers_by_keyboard(reader: Callable[..., Page]) -> None:
    """Add by keyboard, draw it otherwise, let the two change places, remove it; each is in the address, and said."""
    page = reader()
    live = page.locator("#live")
    page.locator(".stack-add").focus()
    page.keyboard.press("Enter")
    box = page.locator(".wb-box:popover-open")
    box.locator(".stack-list").focus()
    page.keyboard.type("Safe water")
    page.keyboard.press("Enter")
    expect(live).to_have_text(EN("stack.added", title="Safe water at home"))
    expect(page.locator("#legend .bi-cell")).to_have_count(9)
    assert query_of(page)["second"] == SECOND
    expect(page.locator(".stack .count")).to_have_text("2")
    row = page.locator(".stack-row[data-row=second]")
    row.locator(".stack-more").focus()
    page.keyboard.press("Enter")
    row.locator("[data-act=fill]").focus()
    page.keyboard.press("ArrowDown")
    until(lambda: query_of(page).get("fill"), lambda fill: fill == "hatch", "the hatch in the address")
    expect(page.locator("#second > [fill='url(#second-t)']").first).to_be_attached()
    expect(row.locator("[data-act=fill]")).to_be_focused()
    row.locator("[data-act=swap]").focus()
    page.keyboard.press("Enter")
    until(
        lambda: query_of(page), lambda q: (q["layer"], q["second"]) == (SECOND, FIRST), "the two having changed places"
    )
    expect(page.locator("#headline")).to_have_text(re.compile("hatched by: Unemployment rate"))
    row.locator("[data-act=remove]").focus()
    page.keyboard.press("Enter")
    expect(live).to_have_text(EN("stack.removed_second"))
    expect(page.locator("#second > *")).to_have_count(0)
    assert "second" not in query_of(page)
    page.go_back()
    expect(page.locator("#second > [data-unit]").first).to_be_attached()
    expect(page.locator(".stack .count")).to_have_text("2")


def test_back_and_forward_and_reload_show_the_same(reader: Callable[..., Page], training: str) -> None:
    page = reader()
    add_second(page, SECOND, "bivariate")
    expect(page.locator("#legend .bi-cell")).to_have_count(9)
    page.go_back()
    expect(page.locator("#legend .bi-cell")).to_have_count(0)
    compare(page, training, {})
    page.go_forward()
    expect(page.locator("#legend .bi-cell")).to_have_count(9)
    page.reload()
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    compare(page, training, {"second": SECOND})


def test_a_step_of_the_slider_asks_for_nothing(reader: Callable[..., Page]) -> None:
    page = reader({"second": SECOND, "fill": "hatch"})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    before = marks(page)
    page.locator("[data-step=first]").click()
    until(lambda: marks(page), lambda now: now != before, "other hatches")
    assert [url for url in asked if "/pair/" in url or "/data/" in url] == []


def test_the_second_layer_says_which_period_it_shows(reader: Callable[..., Page]) -> None:
    page = reader({"second": SECOND})
    page.locator(".stack summary").first.click()
    note = page.locator("[data-note=second]")
    expect(note).to_contain_text("2018")
    page.locator("[data-step=first]").click()
    expect(page.locator("[data-bind=second]")).not_to_contain_text("2018")
    expect(note).not_to_contain_text("2018")


def test_opening_the_second_layer_itself_leaves_one(reader: Callable[..., Page], training: str) -> None:
    page = reader({"second": SECOND})
    page.evaluate("() => document.querySelectorAll('.driver').forEach(group => { group.open = true; })")
    page.locator(f"#menu [data-layer={SECOND}]").click()
    until(lambda: query_of(page), lambda q: q["layer"] == SECOND and "second" not in q, "one layer in the address")
    expect(page.locator(".stack .count")).to_have_text("1")
    compare(page, training, {"layer": SECOND})


def test_a_second_layer_waits_for_a_level_that_it_has(reader: Callable[..., Page], training: str) -> None:
    page = reader({"level": "ADM1", "second": "output_per_head"})
    expect(page.locator("#legend .bi-cell")).to_have_count(9)
    page.locator(".levels [data-level=ADM2]").click()
    expect(page.locator("#legend .bi-cell")).to_have_count(0)
    expect(page.locator("[data-note=second]")).to_have_text(EN("stack.not_at_level", value="Output per head"))
    page.locator(".levels [data-level=ADM1]").click()
    compare(page, training, {"level": "ADM1", "second": "output_per_head"})


def test_a_second_layer_is_left_out_while_maps_are_compared(reader: Callable[..., Page]) -> None:
    page = reader({"second": SECOND, "mode": "side", "other": "period:2012"})
    expect(page.locator("[data-note=second]")).to_have_text(EN("stack.not_compared"))
    expect(page.locator("#legend .bi-cell")).to_have_count(0)
    assert not set(fills(page)) & set(COLOURS)


def test_a_layer_is_added_from_the_menu(reader: Callable[..., Page]) -> None:
    page = reader()
    page.evaluate("() => document.querySelectorAll('.driver').forEach(group => { group.open = true; })")
    page.locator("#menu [data-layer=average_wage]").hover()
    page.locator(".stack-plus").click()
    expect(page.locator("#legend .bi-cell")).to_have_count(9)
    assert query_of(page)["second"] == "average_wage"


def test_views_are_kept_opened_renamed_handed_over_and_deleted(
    reader: Callable[..., Page], tmp_path: Path, training: str
) -> None:
    page = reader({"second": SECOND, "fill": "hatch"})
    page.locator(".views-opener").click()
    box = page.locator(".wb-box:popover-open")
    box.get_by_label(EN("work.name")).fill("Water and work")
    page.keyboard.press("Enter")
    expect(box.get_by_role("link", name="Water and work")).to_have_count(1)
    box.get_by_role("button", name=EN("work.rename_one", name="Water and work")).click()
    page.keyboard.type("Work and water")
    page.keyboard.press("Enter")
    expect(box.get_by_role("link")).to_have_text("Work and water")
    with page.expect_download() as waiting:
        box.get_by_role("button", name=EN("work.export")).click()
    handed = tmp_path / "views.json"
    waiting.value.save_as(handed)
    assert [one["name"] for one in json.loads(handed.read_text(encoding="utf-8"))["views"]] == ["Work and water"]
    other = reader()
    other.locator(".views-opener").click()
    box = other.locator(".wb-box:popover-open")
    box.locator("input[type=file]").set_input_files(handed)
    box.get_by_role("link", name="Work and water").click()
    other.wait_for_selector("#second > [data-unit]", state="attached")
    assert query_of(other)["fill"] == "hatch"
    other.wait_for_selector("html[data-workbench=ready]", state="attached")
    other.locator(".views-opener").click()
    box = other.locator(".wb-box:popover-open")
    box.get_by_role("button", name=EN("work.delete_one", name="Work and water")).click()
    expect(box.get_by_role("link")).to_have_count(0)
    expect(box).to_contain_text(EN("work.none"))


def test_a_browser_that_keeps_nothing_says_so(reader: Callable[..., Page]) -> None:
    page = reader()
    page.evaluate(
        """() => Object.defineProperty(window, 'localStorage',
          { get() { throw new DOMException('no', 'SecurityError'); } })"""
    )
    page.locator(".views-opener").click()
    expect(page.locator("#notice p")).to_have_text(EN("work.not_kept"))


@pytest.mark.parametrize("fill", FILLS)
def test_nothing_serious_is_found_by_axe(reader: Callable[..., Page], fill: str) -> None:
    page = reader({"second": SECOND, "fill": fill})
    page.locator(".stack summary").first.click()
    page.locator(".stack-more").first.click()
    found = Axe().run(page, context="#menu, #legend, #head")
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert serious == [], found.generate_report()
