"""The address is the view: copied, opened elsewhere, wrong, unknown."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor, boot, fills, period, query_of, spot, until

DEFAULT_HEADLINE = "Share of people living in multidimensional poverty"


def test_a_copied_address_shows_the_same_view_elsewhere(visit: Callable[..., Visitor]) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"]).open(app=True)
    page.locator("#find").fill("rate national")
    page.locator("#menu [data-layer=poverty_rate]").click()
    expect(page.locator("#headline")).to_have_text("Share of people below the national poverty line")
    page.locator("#country").select_option("KGZ")
    page.locator("[data-step=first]").click()
    page.keyboard.press("]")
    page.locator("#legend [data-entry='2']").click()
    page.mouse.click(*spot(page, "Naryn region"))
    expect(page.locator("#panel h2")).to_have_text("Naryn region")
    page.keyboard.press("+")
    page.locator("#top [data-open=table]").click()
    expect(page.locator("#grid .ag-row").first).to_be_visible()
    page.locator("#grid .ag-header-cell[col-id=place]").click()
    kept = until(lambda: query_of(page), lambda query: {"view", "sort"} <= query.keys(), "zoom and sort in the address")
    assert set(kept) == {"layer", "level", "period", "country", "unit", "view", "kept", "table", "sort", "lang"}
    page.locator("[data-do=copy]").click()
    expect(page.locator("#live")).to_have_text("The address of this view has been copied.")
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == page.evaluate("() => location.href")

    other = visit(locale="ru-RU", viewport={"width": 1280, "height": 720}).page
    other.goto(copied)
    other.wait_for_selector("html[data-app=ready]", state="attached")
    expect(other.locator("#grid .ag-row-selected [col-id=place]").first).to_have_text("Naryn region")
    expect(other.locator("#grid .ag-header-cell[col-id=place]")).to_have_attribute("aria-sort", "ascending")
    expect(other.locator("#panel h2")).to_have_text("Naryn region")
    expect(other.locator("#legend [data-entry='2']")).to_have_attribute("aria-pressed", "true")
    expect(other.locator("html")).to_have_attribute("lang", "en")
    assert fills(other) == fills(page)
    assert period(other) == period(page)
    assert other.locator("#country").input_value() == "KGZ"
    assert other.locator("#map").get_attribute("viewBox") == page.locator("#map").get_attribute("viewBox")
    assert other.locator("#shapes > .dim").count() == page.locator("#shapes > .dim").count() > 0
    assert query_of(other) == kept


@pytest.mark.parametrize("entry", ["4", "n", "e"])
def test_every_legend_entry_can_be_kept_in_an_address(map_visitor: Visitor, entry: str) -> None:
    page = map_visitor.open(f"?layer=poverty_rate&period=2019&kept={entry}")
    expect(page.locator("#notice")).to_be_hidden()
    assert boot(page)["view"]["kept"] == entry


WRONG = [
    "layer=nope", "level=ADM9", "period=1850", "country=USA", "unit=XX-1", "view=here", "view=1,2,99999", "kept=y",
    "table=maybe", "sort=nothing-asc", "lang=../en", "colour=red", "layer=<script>alert(1)</script>",
    "unit=' or 1=1 --", "layer=" + "x" * 3000, "period=%00", "table=1&tabel=1",
]  # fmt: skip


def test_a_wrong_address_gives_a_notice_and_the_default(map_visitor: Visitor) -> None:
    for query in WRONG:
        name, _, value = query.rpartition("&")[2].partition("=")
        page = map_visitor.open("?" + quote(query, safe="=&%,"))
        notice = page.locator("#notice")
        expect(notice).to_be_visible()
        expect(notice).to_contain_text("does not exist here")
        wanted = name if name in ("colour", "tabel") else value.replace("%00", "")[:40]
        assert wanted in (notice.locator("p").text_content() or "")
        expect(page.locator("#headline")).to_have_text(DEFAULT_HEADLINE)
        expect(page.locator("html")).to_have_attribute("lang", "en")
        assert len([fill for fill in fills(page) if fill]) > 60
        notice.locator("[data-close=notice]").click()
        expect(notice).to_be_hidden()


def test_a_wrong_part_leaves_the_right_parts(map_visitor: Visitor) -> None:
    page = map_visitor.open("?layer=poverty_rate&period=1850&country=KGZ&unit=XX&lang=ru")
    expect(page.locator("#notice")).to_contain_text("1850")
    expect(page.locator("#notice")).to_contain_text("XX")
    expect(page.locator("#headline")).to_have_text("Доля населения ниже национальной черты бедности")
    expect(page.locator("#country")).to_have_value("KGZ")


def test_an_address_is_mended(visitor: Visitor) -> None:
    page = visitor.open("?layer=nope&colour=red", app=True)
    assert query_of(page) == {"layer": "mpi_headcount_ratio", "level": "ADM1", "lang": "en"}
    page.reload()
    page.wait_for_selector("html[data-map=ready]", state="attached")
    expect(page.locator("#notice")).to_be_hidden()


@pytest.mark.parametrize("path", ["nothing/here", "map", "index.html"])
def test_an_unknown_path(visitor: Visitor, path: str) -> None:
    page = visitor.open(path, app=True)
    expect(page.locator("#notice")).to_be_visible()
    expect(page.locator("#notice")).to_contain_text(path)
    expect(page.locator("#headline")).to_have_text(DEFAULT_HEADLINE)
    page.reload()
    page.wait_for_selector("html[data-map=ready]", state="attached")
    expect(page.locator("#headline")).to_have_text(DEFAULT_HEADLINE)
    expect(page.locator("#notice")).to_be_hidden()


def test_the_page_without_scripts_is_a_map(visit: Callable[..., Visitor], origin: str) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(f"{origin}/?layer=poverty_rate&period=2019&country=KGZ&unit=KG-B")
    expect(page.locator("#headline")).to_have_text("Share of people below the national poverty line")
    expect(page.locator("#shapes > [aria-label^='Batken region, Kyrgyzstan: 32.6%']")).to_be_visible()
    expect(page.locator("#legend .lg-row:visible").first).to_be_visible()
    expect(page.locator(".noscript")).to_be_visible()
    page.locator(".driver summary").nth(1).click()
    page.locator(".driver").nth(1).locator("a").first.click()
    expect(page.locator("#headline")).not_to_have_text("Share of people below the national poverty line")
