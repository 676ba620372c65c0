"""The restricted layer of the training country in a browser: what is withheld looks so, and nothing ranks a place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from layers.words import load_words
from tests.browser.golden import Raw, Reader, legend_counts
from tests.browser.visitor import WIDE, Visitor, visitors

LAYER = "?layer=ftf_departures&level=ADM1&period=2017"
WITHHELD = "#shapes > [fill='url(#state-s)']:not([display])"
SCREENS = [WIDE, {"width": 1024, "height": 768}, {"width": 390, "height": 844}]


@pytest.fixture
def reader(browser: Browser, restricted: str) -> Iterator[Callable[..., Visitor]]:
    with visitors(browser, restricted) as make:
        yield make


def is_wider_than_screen(page: Page) -> bool:
    return bool(page.evaluate("() => document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_withheld_places_say_so_on_the_map_in_the_legend_and_in_the_panel(
    reader: Callable[..., Visitor], lang: str
) -> None:
    words = load_words(lang)
    page = reader().open(f"{LAYER}&lang={lang}", app=True)
    shape = page.locator(WITHHELD).first
    why = words("state_note.s_below", k=10)
    row = page.locator("#legend li", has=page.locator("[data-entry=s]"))
    expect(row).to_contain_text(words("state.s"))
    expect(row).to_contain_text(why)
    expect(row.locator(".lg-n")).to_have_text(str(page.locator(WITHHELD).count()))
    shape.focus()
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    expect(panel).to_contain_text(why)
    expect(panel).to_contain_text(words("handling.restricted"))
    expect(panel.get_by_role("columnheader", name=words("panel.rank"))).to_have_count(0)
    expect(panel).not_to_contain_text(words("panel.other"))
    expect(panel).not_to_contain_text(words("state.n"))
    expect(page.locator("#tip")).not_to_contain_text(words("state.n"))
    expect(page.locator("#tip")).to_contain_text(why)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_legend_is_never_cut_off_by_the_map(reader: Callable[..., Visitor], lang: str) -> None:
    page = reader(viewport={"width": 1024, "height": 768}).open(f"{LAYER}&lang={lang}")
    inside = "() => legend.getBoundingClientRect().top >= mapbox.getBoundingClientRect().top"
    assert page.evaluate(inside)
    page.locator("#legend .lg-why").scroll_into_view_if_needed()
    expect(page.locator("#legend .lg-why")).to_be_in_viewport()
    page.locator("#legend .lg-unit").scroll_into_view_if_needed()
    expect(page.locator("#legend .lg-unit")).to_be_in_viewport()


def test_the_table_is_in_the_order_of_names_whatever_the_address_asks(reader: Callable[..., Visitor]) -> None:
    page = reader().open(f"{LAYER}&lang=en&table=1&sort=value-desc", app=True)
    page.wait_for_selector("#grid .ag-row")
    places = page.locator("#grid .ag-center-cols-container [col-id=place]")
    names = places.all_inner_texts()
    assert len(names) > 3
    by_row = sorted(range(len(names)), key=lambda i: int(places.nth(i).locator("..").get_attribute("row-index") or 0))
    assert [names[i] for i in by_row] == sorted(names)
    page.locator("#grid .ag-header-cell[col-id=value]").click()
    expect(page.locator("#grid .ag-header-cell[col-id=value]")).not_to_have_attribute("aria-sort", "descending")
    expect(page.locator("#grid .ag-header-cell[col-id=rank]")).to_have_count(0)
    expect(page.locator("#table-handling")).to_contain_text("Tier: restricted.")


def test_the_table_goes_over_to_another_layer_and_back(reader: Callable[..., Visitor]) -> None:
    page = reader().open("?layer=doctors&level=ADM1&lang=en&table=1", app=True)
    expect(page.locator("#grid .ag-header-cell[col-id=rank]")).to_have_count(1)
    expect(page.locator("#table-file")).to_be_visible()
    expect(page.locator("#table-no-file")).to_be_hidden()
    page.evaluate("() => document.querySelectorAll('.driver').forEach(group => { group.open = true; })")
    page.locator("#menu [data-layer=ftf_departures]").click()
    expect(page.locator("#grid .ag-header-cell[col-id=rank]")).to_have_count(0)
    expect(page.locator("#table-handling")).to_contain_text("Tier: restricted.")
    expect(page.locator("#table-file")).to_be_hidden()
    expect(page.locator("#table-no-file")).to_have_text("Data of this layer are not given out as a file.")
    page.locator("#menu [data-layer=doctors]").click()
    expect(page.locator("#grid .ag-header-cell[col-id=rank]")).to_have_count(1)
    expect(page.locator("#table-file")).to_be_visible()
    expect(page.locator("#table-handling")).to_be_hidden()


def test_the_page_on_paper_says_what_is_withheld_and_how_to_handle_it(reader: Callable[..., Visitor]) -> None:
    page = reader().open(f"{LAYER}&lang=en")
    page.emulate_media(media="print")
    expect(page.locator("#head .handling")).to_be_visible()
    expect(page.locator("#legend .lg-why")).to_be_visible()
    expect(page.locator(".disclaimer a")).to_have_attribute("href", "/governance?lang=en")


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: str(screen["width"]))
def test_governance_fits_every_screen_and_needs_no_script(
    reader: Callable[..., Visitor], screen: dict[str, int], lang: str
) -> None:
    page = reader(viewport=screen, java_script_enabled=False).page
    page.goto(f"{reader().guard.origin}/?lang={lang}")
    page.locator(".disclaimer a").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(load_words(lang)("governance.title"))
    expect(page.get_by_role("heading", level=2)).to_have_count(9)
    expect(page.locator("tr.served th")).to_contain_text(load_words(lang)("tier.restricted"))


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: str(screen["width"]))
def test_governance_can_be_read_by_everybody(reader: Callable[..., Visitor], screen: dict[str, int], lang: str) -> None:
    page = reader(viewport=screen).page
    page.goto(f"{reader().guard.origin}/governance?lang={lang}")
    assert not is_wider_than_screen(page)
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_tip_table_panel_and_legend_withhold_the_same_places_and_all_small_numbers(
    reader: Callable[..., Visitor], root: Path
) -> None:
    raw = Raw(root / "packages" / "training")
    counts = raw.values("ftf_departures", "ADM1", "2017")
    names = {unit: raw.name(unit, "en") for unit in counts}
    page = reader(viewport={"width": 2200, "height": 1300}).open(f"{LAYER}&lang=en&table=1", app=True)
    page.wait_for_selector("#grid .ag-row")
    found = Reader(page, "en")
    rows = {name: row["value"] for name, row in found.table_rows().items()}
    withheld = {name for name, text in rows.items() if text == load_words("en")("state.s")}
    assert {names[unit] for unit, count in counts.items() if 0 < count < 10} <= withheld
    assert {name: found.number(rows[name]) for name in names.values() if name not in withheld} == {
        names[unit]: count for unit, count in counts.items() if names[unit] not in withheld
    }
    assert legend_counts(found)["s"] == len(withheld)
    for name in names.values():
        page.mouse.move(3, 3)
        page.mouse.move(*found.spot(name))
        shown = found.texts("#tip .tip-value")
        assert (shown == [load_words("en")("state.s")]) == (name in withheld), name
        page.locator(f'#shapes > [aria-label^="{name},"]:not([display])').focus()
        page.keyboard.press("Enter")
        row = page.locator('#panel tr[data-period="2017"]')
        expect(page.locator("#panel h2")).to_have_text(name)
        expect(row.locator("td").nth(1)).to_have_text(rows[name])
