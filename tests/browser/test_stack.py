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
from playwright.sync_api import Browser, Locator, Page, expect

from layers.bivariate import COLOURS, FILLS
from layers.words import load_words
from tests.browser.served import drawn_picture, fetch_page, served_picture
from tests.browser.test_parity import differences
from tests.browser.visitor import fills, query_of, spot, until, visitors

EN = load_words("en")
FIRST, SECOND = "unemployment_rate", "water_access"
VIEW = {"layer": FIRST, "level": "ADM2", "period": "2018"}


@pytest.fixture
def reader(browser: Browser, training: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a view, and waits for the workbench."""
    with visitors(browser, training) as make:

        def open_view(view: dict[str, str] | None = None, **options: Any) -> Page:
            page = make(has_dash=False, **options).open("?" + urlencode(VIEW | (view or {})))
            page.wait_for_selector("html[data-workbench=ready]", state="attached")
            return page

        yield open_view


def marks(page: Page) -> list[list[str]]:
    """Return the hatches or outlines of the second layer, as the browser drew them: place and mark."""
    found: list[list[str]] = page.evaluate(
        """() => [...document.querySelectorAll('#second [data-mark]')]
          .flatMap(({ dataset }) => dataset.units.split(' ').map(unit => [unit, dataset.mark]))
          .sort((a, b) => a[0] - b[0])"""
    )
    return found


def served_marks(address: str) -> list[list[str]]:
    """Return the same of the page as the server sends it."""
    group = fetch_page(address).find(id="second")
    drawn = [(str(node["data-mark"]), str(node["data-units"])) for node in group if node["data-mark"]]
    return sorted(([unit, mark] for mark, units in drawn for unit in units.split(" ")), key=lambda one: int(one[0]))


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
    expect(page.locator("#second [data-mark=t]").first).to_be_attached()
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
    expect(page.locator("#second [data-mark]").first).to_be_attached()
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


def test_hatch_lines_keep_their_distance_on_the_screen(reader: Callable[..., Page]) -> None:
    page = reader({"second": SECOND, "fill": "hatch"})
    measure = """() => {
      const lines = [...document.querySelectorAll('#second [data-mark=t]')]
        .flatMap(node => [...node.getAttribute('d').matchAll(/M([-\\d.]+) ([-\\d.]+)l/g)].map(([, x, y]) => x - y))
        .sort((a, b) => a - b);
      const units = Number(document.querySelector('#map').style.getPropertyValue('--u'));
      const apart = lines.slice(1).map((c, i) => (c - lines[i]) / units).filter(by => by > 1);
      return [units, Math.min(...apart)];
    }"""
    before = page.evaluate(measure)
    for _ in range(3):
        page.locator("[data-zoom=in]").click()
    after = until(lambda: page.evaluate(measure), lambda now: now[0] < 0.5 * before[0], "a closer view")
    for _, apart in (before, after):
        assert apart == pytest.approx(6.0, abs=0.6)


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


def shares(page: Page) -> dict[str, float]:
    """Return how opaque base layer, second layer and borders are drawn, and how opaque the legend's colours are."""
    found: dict[str, float] = page.evaluate(
        """() => {
          const look = (selector, property) => Number(getComputedStyle(document.querySelector(selector))[property]);
          return {
            base: look('#shapes', 'fillOpacity'), over: look('#second', 'strokeOpacity'),
            borders: look('#borders', 'strokeOpacity'), swatch: look('#legend .lg .sw', 'opacity'),
          };
        }"""
    )
    return found


def tools_of(page: Page, row: str) -> Locator:
    """Return the row of a layer in the list, its options open."""
    if not page.locator(".stack[open]").count():
        page.locator(".stack > summary").click()
    found = page.locator(f".stack-row[data-row={row}]")
    found.locator(".stack-more").click()
    return found


def test_the_base_layer_fades_hides_and_comes_back(reader: Callable[..., Page], training: str) -> None:
    """By keyboard: in the address, said in the legend and aloud; borders, names and figures stay."""
    page = reader({"second": SECOND, "fill": "hatch"})
    row = tools_of(page, "base")
    row.locator("[data-act=less]").click()
    row.locator("[data-act=less]").click()
    until(lambda: query_of(page).get("over"), lambda over: over == f"{FIRST}.fill.60", "the opacity in the address")
    assert shares(page) == {"base": 0.6, "over": 1, "borders": 1, "swatch": 0.6}
    page.keyboard.press("Tab")
    expect(row.locator("[data-act=opacity]")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    until(lambda: query_of(page).get("over"), lambda over: over == f"{FIRST}.fill.55", "a finer step")
    box = row.get_by_role("checkbox", name="Unemployment rate")
    box.uncheck()
    expect(page.locator("#live")).to_have_text(EN("stack.now_hidden", title="Unemployment rate"))
    expect(page.locator("#legend .lg-hidden")).to_contain_text(EN("stack.hidden_base", title="Unemployment rate"))
    assert query_of(page)["over"] == f"{FIRST}.fill.55.off"
    assert shares(page) == {"base": 0, "over": 1, "borders": 1, "swatch": 0.3}
    shape = next(i for i, fill in enumerate(fills(page)) if fill.startswith("#"))
    page.mouse.move(*spot(page, page.locator(f"#u{shape}").get_attribute("aria-label").split(",")[0]))  # type: ignore[union-attr]
    expect(page.locator("#tip .tip-value").first).to_contain_text("%")
    hidden = page.url
    page.go_back()
    until(lambda: shares(page)["base"], lambda share: share == 0.55, "the faint colours again")
    expect(page.locator("#legend .lg-hidden")).to_have_count(0)
    page.go_forward()
    until(lambda: shares(page)["base"], lambda share: share == 0, "the hidden colours again")
    served = fetch_page(hidden)
    assert served.find(id="shapes")["fill-opacity"] == "0"
    assert "stroke-opacity" not in served.find(id="shapes").attributes
    page.reload()
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    assert shares(page)["base"] == 0
    page.locator("#legend .lg-hidden button").click()
    until(lambda: shares(page)["base"], lambda share: share == 0.55, "the colours shown from the legend")
    assert marks(page) == served_marks(f"{training}/?{urlencode(query_of(page))}")


def test_a_base_layer_without_any_colour_comes_back_in_full(reader: Callable[..., Page]) -> None:
    page = reader({"over": f"{FIRST}.fill.0"})
    assert shares(page)["base"] == 0
    page.locator("#legend .lg-hidden button").click()
    until(lambda: shares(page)["base"], lambda share: share == 1, "the colours in full")
    assert "over" not in query_of(page)


def test_another_layer_opens_in_full(reader: Callable[..., Page]) -> None:
    page = reader({"over": f"{FIRST}.fill.50.off;population.symbol.80"})
    assert shares(page)["base"] == 0
    page.evaluate("() => document.querySelectorAll('.driver').forEach(group => { group.open = true; })")
    page.locator("#menu [data-layer=poverty_rate]").click()
    until(lambda: query_of(page).get("over"), lambda over: over == "population.symbol.80", "the circles alone")
    assert shares(page)["base"] == 1
    expect(page.locator("#legend .lg-hidden")).to_have_count(0)


def test_the_second_layer_fades_and_hides(reader: Callable[..., Page], training: str) -> None:
    page = reader({"second": SECOND, "fill": "outline", "over": f"{SECOND}.fill.40"})
    assert shares(page)["over"] == 0.4
    compare(page, training, {"second": SECOND, "fill": "outline", "over": f"{SECOND}.fill.40"})
    row = tools_of(page, "second")
    row.locator("[data-act=more_opacity]").click()
    until(lambda: query_of(page).get("over"), lambda over: over == f"{SECOND}.fill.60", "the opacity in the address")
    assert shares(page)["over"] == 0.6
    row.get_by_role("checkbox", name="Safe water at home").uncheck()
    expect(page.locator("#second > *")).to_have_count(0)
    expect(page.locator("[data-note=second]")).to_have_text(EN("stack.hidden"))
    expect(page.locator("#headline")).not_to_contain_text("outlined by")
    assert query_of(page)["second"] == SECOND
    compare(page, training, {"second": SECOND, "fill": "outline", "over": f"{SECOND}.fill.60.off"})
    page.go_back()
    expect(page.locator("#second [data-mark]").first).to_be_attached()
    expect(page.locator("#headline")).to_contain_text("outlined by")


def test_mixed_colours_have_one_opacity(reader: Callable[..., Page]) -> None:
    page = reader({"second": SECOND})
    row = tools_of(page, "second")
    expect(row.locator("[data-act=opacity]")).to_have_count(0)
    expect(row).to_contain_text(EN("stack.one_opacity"))
    row.get_by_role("checkbox").uncheck()
    expect(page.locator("#legend .bi-cell")).to_have_count(0)
    row.get_by_role("checkbox").check()
    expect(page.locator("#legend .bi-cell")).to_have_count(9)


def test_the_second_layer_shows_a_group_of_its_own(reader: Callable[..., Page], training: str) -> None:
    page = reader({"layer": SECOND, "second": FIRST})
    everyone = fills(page)
    row = tools_of(page, "second")
    row.locator("[data-act=whose]").select_option(label="Women")
    until(lambda: query_of(page).get("whose"), lambda whose: whose == "female.all", "the group in the address")
    title = EN("group.headline", headline="Unemployment rate", group="women")
    expect(page.locator("#headline")).to_contain_text(title)
    expect(page.locator("#legend .bi")).to_contain_text(EN("stack.more", title=title))
    expect(page.locator("#legend .bi-cell").first).to_have_attribute("aria-label", re.compile(title))
    assert fills(page) != everyone
    compare(page, training, {"layer": SECOND, "second": FIRST, "whose": "female.all"})
    expect(row.locator("[data-act=whose]")).to_have_value("female.all")
    page.go_back()
    until(lambda: fills(page), lambda now: now == everyone, "everyone's figures again")
    page.go_forward()
    expect(page.locator("#headline")).to_contain_text(title)
    page.reload()
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    compare(page, training, {"layer": SECOND, "second": FIRST, "whose": "female.all"})


def test_layers_that_change_places_keep_their_groups(reader: Callable[..., Page], training: str) -> None:
    page = reader({"layer": "youth_unemployment_rate", "sex": "male", "second": FIRST, "whose": "female.all"})
    tools_of(page, "second").locator("[data-act=swap]").click()
    view = {"layer": FIRST, "sex": "female", "second": "youth_unemployment_rate", "whose": "male.all"}
    until(lambda: query_of(page), lambda q: view.items() <= q.items(), "both groups in the address")
    compare(page, training, view)


def test_a_group_that_is_not_there_gives_way_to_everyone_and_that_is_said(
    reader: Callable[..., Page], training: str
) -> None:
    page = reader({"layer": SECOND, "second": FIRST, "whose": "all.15-29"})
    line = EN("stack.no_group", value="Youth unemployment rate")
    page.evaluate(
        """() => {
          history.pushState(null, '', location.search.replace('second=', 'second=youth_'));
          dispatchEvent(new PopStateEvent('popstate'));
        }"""
    )
    expect(page.locator("#notice p")).to_have_text(line)
    until(lambda: query_of(page), lambda q: "whose" not in q, "no group in the address")
    compare(page, training, {"layer": SECOND, "second": "youth_unemployment_rate"})


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
    other.wait_for_selector("#second [data-mark]", state="attached")
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
