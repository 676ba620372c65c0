"""Classes in a real browser: scheme, number, colours, ramp, scale, and bounds that are moved by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor, boot, fills, query_of, until

LAYER = "?layer=mpi_headcount_ratio&level=ADM1&country=AFG"
REGION = "?layer=mpi_headcount_ratio&level=ADM1&country=all"


@pytest.fixture
def page(visit: Callable[..., Visitor]) -> Page:
    visitor = visit()
    visitor.guard.keep_dash_away(visitor.page.context)
    return open_box(visitor.open(LAYER))


def ready(page: Page) -> Page:
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    return page


def open_box(page: Page) -> Page:
    ready(page).locator("#workbar .wb-drop", has_text="Classes").click()
    expect(page.locator(".cl-box h2")).to_be_visible()
    return page


def entries(page: Page) -> list[str]:
    """Return the ranges of the legend, from the lowest."""
    return page.locator("#legend ol .lg-range").all_inner_texts()[::-1]


def wait_for(page: Page, key: str, value: str | None) -> None:
    until(lambda: query_of(page).get(key), lambda found: found == value, f"{key}={value} in the address")
    expect(page.locator("#busy")).to_be_hidden()


def test_another_scheme_and_number_of_classes(page: Page) -> None:
    before, ranges = fills(page), entries(page)
    assert len(ranges) == 5
    page.locator(".cl-box select").first.select_option("equal_interval")
    wait_for(page, "scheme", "equal_interval")
    expect(page.locator("#legend .lg-note").first).to_have_text("Your choice: Equal intervals, classes: 5")
    assert entries(page) != ranges
    assert fills(page) != before
    page.get_by_role("button", name="More classes").click()
    wait_for(page, "k", "6")
    until(lambda: len(entries(page)), lambda n: n == 6, "six classes in the legend")
    expect(page.get_by_role("button", name="More classes")).to_be_focused()
    page.reload(wait_until="commit")
    page.wait_for_selector("html[data-map=ready]", state="attached")
    assert len(entries(page)) == 6
    open_box(page).get_by_role("button", name="Back to the map’s own classes").click()
    wait_for(page, "scheme", None)
    until(lambda: (entries(page), fills(page)), lambda found: found == (ranges, before), "the map's own classes")
    assert "k" not in query_of(page)


def test_only_palettes_that_hold_are_offered(page: Page) -> None:
    names = page.locator(".cl-palette b")
    assert "Blues" in names.all_inner_texts()
    assert "Brown and teal" not in names.all_inner_texts()
    page.get_by_role("radio", name="Purples").check()
    wait_for(page, "palette", "purples")
    for k in ("6", "7"):
        page.get_by_role("button", name="More classes").click()
        wait_for(page, "k", k)
        until(lambda: len(entries(page)), lambda n, k=k: n == int(k), f"{k} classes")
    assert "Purples" not in names.all_inner_texts()
    expect(page.locator(".cl-palette input:checked")).to_have_count(1)
    page.get_by_role("combobox", name="Midpoint").select_option("mean")
    wait_for(page, "mid", "mean")
    until(names.all_inner_texts, lambda found: "Brown and teal" in found and "Blues" not in found, "two hues")


def test_a_continuous_ramp_has_a_bar_and_a_count(page: Page) -> None:
    classed = set(fills(page))
    page.get_by_role("checkbox", name="Colours without classes").check()
    wait_for(page, "ramp", "1")
    expect(page.locator("#legend .lg-ramp")).to_be_visible()
    expect(page.locator("#legend ol")).to_have_count(0)
    shown = page.locator("#legend [data-entry=v] .lg-n").inner_text()
    of = [i for i, iso3 in enumerate(boot(page)["scene"]["iso3"]) if iso3 == "AFG"]
    now = fills(page)
    assert int(shown) == sum(1 for i in of if now[i] and now[i].startswith(("#", "url(#estimated")))  # type: ignore[union-attr]
    assert len(set(now)) > len(classed)


def test_a_bound_is_moved_by_keys_and_by_its_number(page: Page) -> None:
    handle = page.get_by_role("slider", name="Bound 2 of 4")
    before, ranges = fills(page), entries(page)
    former = float(handle.get_attribute("aria-valuenow") or "nan")
    handle.focus()
    page.keyboard.press("End")
    assert float(handle.get_attribute("aria-valuenow") or "nan") > former
    assert fills(page) != before  # seen at once, before anything is asked of the server
    until(lambda: query_of(page).get("breaks"), what="breaks in the address")
    until(lambda: entries(page), lambda found: found != ranges, "the new bounds in the legend")
    expect(page.get_by_role("slider", name="Bound 2 of 4")).to_be_focused()
    number = page.get_by_role("spinbutton", name="Bound 1 of 4")
    number.fill("30.5")
    number.press("Enter")
    until(lambda: query_of(page)["breaks"].split(",")[0], lambda found: found == "30.5", "the bound in the address")
    until(lambda: entries(page)[0], lambda found: found.endswith("30.5"), "the bound in the legend")
    page.get_by_role("button", name="Bound 1 of 4: higher").click()
    until(lambda: float(query_of(page)["breaks"].split(",")[0]), lambda found: found > 30.5, "a step further")


def test_a_bound_is_dragged(page: Page) -> None:
    handle = page.get_by_role("slider", name="Bound 3 of 4")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box is not None
    former = float(handle.get_attribute("aria-valuenow") or "nan")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 12
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 4, y, steps=2)
    page.mouse.move(x - 40, y, steps=4)
    assert "breaks" not in query_of(page)
    page.mouse.up()
    until(lambda: query_of(page).get("breaks"), what="breaks in the address")
    assert float(query_of(page)["breaks"].split(",")[2]) < former


def test_each_country_is_classified_by_itself_until_one_scale_is_asked_for(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.guard.keep_dash_away(visitor.page.context)
    page = open_box(visitor.open(REGION))
    assert entries(page)[0] == "Lowest"
    assert entries(page)[-1] == "Highest"
    expect(page.locator("[data-bind=scope]")).to_have_text("Each country by its own scale, the same for all periods")
    expect(page.get_by_role("slider", name="Bound 1 of 4")).to_have_count(0)
    expect(page.locator("#legend .lg-within summary")).to_be_visible()
    page.get_by_role("button", name="One for all countries").click()
    wait_for(page, "scale", "across")
    expect(page.locator("[data-bind=scope]")).to_contain_text("Survey years and national definitions differ")
    until(lambda: entries(page)[0], lambda found: found != "Lowest", "ranges in the legend")
    expect(page.get_by_role("slider", name="Bound 1 of 4")).to_be_visible()
    page.get_by_role("button", name="Each country by itself").click()
    wait_for(page, "scale", None)


def test_the_hover_tells_the_range_within_the_country(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.guard.keep_dash_away(visitor.page.context)
    page = ready(visitor.open(REGION))
    page.locator("#shapes > [tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#tip")).to_contain_text("Within ")
    expect(page.locator("#tip")).to_contain_text("of 5)")


def test_circles_have_no_classes_and_the_box_says_so(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.guard.keep_dash_away(visitor.page.context)
    page = open_box(visitor.open("?layer=births"))
    expect(page.locator(".cl-box")).to_contain_text("drawn as circles")
    expect(page.locator(".cl-box select")).to_have_count(0)
