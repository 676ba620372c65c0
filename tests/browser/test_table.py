"""The table twin: loaded when first opened, sorted, and tied to the map both ways."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor, boot, period, query_of, spot, until

LAYER = "?layer=poverty_rate&level=ADM1&period=2019"


def rows(page: Page) -> list[str]:
    """Return the values of the rows on the screen, from top to bottom."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('#grid .ag-center-cols-container .ag-row')]
          .sort((a, b) => a.getAttribute('row-index') - b.getAttribute('row-index'))
          .map(row => row.querySelector('[col-id=value]').textContent)"""
    )
    return found


def number(text: str) -> float:
    return float(text.rstrip("%"))


def open_table(page: Page) -> None:
    page.locator("#top [data-open=table]").click()
    expect(page.locator("#grid .ag-row").first).to_be_visible()


def test_the_grid_is_loaded_when_the_table_is_opened(visitor: Visitor) -> None:
    page = visitor.open(LAYER, app=True)
    assert visitor.guard.asked_for("dash_ag_grid") == []
    open_table(page)
    assert visitor.guard.asked_for("dash_ag_grid") != []
    assert query_of(page)["table"] == "1"
    expect(page.locator("#table-caption")).to_contain_text("Share of people below the national poverty line, 2019")
    scene = boot(page)["scene"]
    at = [stop["id"] for stop in scene["periods"]].index("2019")
    shown = sum(state != "-" for state in scene["states"][at])
    expect(page.locator("#grid [role=treegrid], #grid [role=grid]").first).to_have_attribute(
        "aria-rowcount", str(shown + 1)
    )
    page.locator("#drawer [data-close=table]").click()
    expect(page.locator("#drawer")).to_be_hidden()
    assert "table" not in query_of(page)


def test_key_t_opens_and_closes(visitor: Visitor) -> None:
    page = visitor.open(LAYER, app=True)
    page.keyboard.press("t")
    expect(page.locator("#grid .ag-row").first).to_be_visible()
    page.keyboard.press("t")
    expect(page.locator("#drawer")).to_be_hidden()


def test_sort_is_in_the_address_and_restored(visit: Callable[..., Visitor]) -> None:
    page = visit().open(LAYER, app=True)
    open_table(page)
    head = page.locator("#grid .ag-header-cell[col-id=value]")
    head.click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.click()
    expect(head).to_have_attribute("aria-sort", "descending")
    until(lambda: query_of(page).get("sort"), lambda sort: sort == "value-desc", "the sort in the address")
    until(lambda: len(rows(page)) > 5)
    values = [number(text) for text in rows(page) if text.endswith("%")]
    assert len(values) > 4
    assert values == sorted(values, reverse=True)

    again = visit().open(page.evaluate("() => location.search"), app=True)
    expect(again.locator("#grid .ag-header-cell[col-id=value]")).to_have_attribute("aria-sort", "descending")
    until(lambda: rows(again)[:5], lambda found: found == rows(page)[:5], "the same order")


def test_back_and_forward_between_two_orders_sort_an_open_table(visitor: Visitor) -> None:
    page = visitor.open(f"{LAYER}&table=1&lang=en", app=True)
    expect(page.locator("#grid .ag-row").first).to_be_visible()
    plain = until(lambda: rows(page), lambda found: len(found) > 5)
    head = page.locator("#grid .ag-header-cell[col-id=value]")
    for order in ("sort=value-desc", "sort=value-asc"):
        page.evaluate(
            "order => history.pushState(null, '', `${location.search.replace(/&sort=[^&]*/, '')}&${order}`)", order
        )
    page.evaluate("() => history.back()")
    expect(head).to_have_attribute("aria-sort", "descending")
    values = [number(text) for text in until(lambda: rows(page), lambda found: found != plain) if text.endswith("%")]
    assert values == sorted(values, reverse=True)
    page.evaluate("() => history.forward()")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert query_of(page)["sort"] == "value-asc"
    page.evaluate("() => history.go(-2)")
    expect(head).to_have_attribute("aria-sort", "none")
    until(lambda: rows(page), lambda found: found == plain, "the rows as they came")
    assert "sort" not in query_of(page)


def test_row_and_map_select_each_other(visitor: Visitor) -> None:
    page = visitor.open(LAYER, app=True)
    open_table(page)
    page.locator("#grid .ag-header-cell[col-id=value]").click()
    page.locator("#grid .ag-header-cell[col-id=value]").click()
    expect(page.locator("#grid .ag-row[row-index='0'] [col-id=value]")).to_have_text("32.6%")
    first = page.locator("#grid .ag-row[row-index='0']")
    name = first.locator("[col-id=place]").inner_text()
    first.locator("[col-id=place]").click()
    expect(page.locator("#panel h2")).to_have_text(name)
    expect(page.locator("#shapes > [aria-selected=true]")).to_have_attribute(
        "aria-label", re.compile(f"^{re.escape(name)}, ")
    )
    expect(page.locator("#marks .selected")).to_have_count(1)

    page.mouse.click(*spot(page, "Akmola region"))
    expect(page.locator("#panel h2")).to_have_text("Akmola region")
    expect(page.locator("#grid .ag-row-selected")).to_have_count(1)
    expect(page.locator("#grid .ag-row-selected [col-id=place]").first).to_have_text("Akmola region")


def test_the_slider_fills_the_table_without_the_server(visitor: Visitor) -> None:
    page = visitor.open(LAYER + "&country=KGZ", app=True)
    open_table(page)
    until(lambda: rows(page), lambda found: len(found) > 5, "the rows")
    before, asked = rows(page), len(visitor.guard.requests)
    page.locator("[data-step=previous]").click()
    expect(page.locator("#table-caption")).to_contain_text(period(page))
    until(lambda: rows(page), lambda found: found != before, "other rows")
    assert visitor.guard.requests[asked:] == []


def test_an_address_with_the_table_opens_it(visitor: Visitor) -> None:
    page = visitor.open(LAYER + "&table=1&unit=KG-B&lang=ru", app=True)
    expect(page.locator("#grid .ag-row-selected [col-id=place]").first).to_have_text("Баткенская область")
    expect(page.locator("#panel h2")).to_have_text("Баткенская область")
    expect(page.locator("#grid .ag-header-cell[col-id=place]")).to_have_text("Место")
