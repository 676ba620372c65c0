"""Bringing data in a browser: from an untidy file to the map, by keyboard where it matters, and what axe finds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor, query_of

BUILD_MS = 120_000
TABLE = (
    "Lessons missed;;\n"
    "Region;2021;2022\n"
    "Chüy Region;4,5;5\n"
    "Naryn Region;…;7,25\n"
    "Talass;3;2,5\n"
    "Nowhere valley;1;1\n"
    "Note: provisional\n"
)


ROADS = (
    "Region;Winter road\n"
    "Naryn Region;closed in winter\n"
    "Osh Region;closed in winter\n"
    "Issyk-Kul Region;Closed in winter\n"
    "Bishkek;open\n"
    "Talas Region;Open\n"
    "Batken Region;none\n"
    "Jalal-Abad Region;none\n"
    "Chüy;…\n"
)


def faults_of(page: Page) -> list[str]:
    """Return the serious and critical findings of axe-core."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")
    ]


def begin(visitor: Visitor, lang: str, file: Path) -> Page:
    page = visitor.page
    page.goto(f"{visitor.guard.origin}/bring?lang={lang}")
    page.locator("#title").fill("Lessons")
    page.locator("#publisher").fill("Education office")
    page.locator("#source_title").fill("Yearbook")
    page.locator("#files").set_input_files(file)
    return page


def test_from_a_file_to_the_map(visitor: Visitor, tmp_path: Path) -> None:
    file = tmp_path / "lessons.csv"
    file.write_text(TABLE, encoding="utf-8")
    page = begin(visitor, "en", file)
    assert faults_of(page) == []
    page.locator("#files").press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="settle the columns").click(timeout=BUILD_MS)
    expect(page.get_by_label("Holds: Region")).to_have_value("place_name")
    expect(page.get_by_label("Holds: 2022")).to_have_value("figures")
    page.get_by_label("Holds: 2022").select_option("")
    expect(page.locator("[name=period-2]")).to_be_hidden()
    page.get_by_label("Holds: 2022").select_option("figures")
    page.locator("#iso3").select_option("KGZ")
    page.locator("#ind-1-title").fill("Lessons missed")
    page.locator("#ind-1-unit").fill("days a year")
    assert faults_of(page) == []
    page.get_by_role("button", name="Keep and go on").click()
    place = page.get_by_role("group").filter(has_text="Nowhere valley")
    place.get_by_label("leave out").first.check(timeout=BUILD_MS)
    page.get_by_role("group").filter(has_text="Talass").get_by_label("Talas region").check()
    page.locator("#decided_by").fill("Education office")
    assert faults_of(page) == []
    page.get_by_role("button", name="Keep the decisions").click()
    page.get_by_role("button", name="Build").click()
    expect(page.get_by_role("link", name="Open on the map")).to_be_visible(timeout=BUILD_MS)
    expect(page.get_by_role("row").filter(has_text="Nowhere valley").first).to_be_visible()
    assert faults_of(page) == []
    page.get_by_role("link", name="Open on the map").click()
    page.wait_for_selector("html[data-map=ready]", state="attached")
    page.locator("#find").fill("Lessons")
    page.get_by_role("link", name="Lessons missed").click()
    expect(page.locator("#headline")).to_have_text("Lessons missed")
    assert query_of(page)["layer"] == "lessons_missed"


def test_a_column_of_words_becomes_categories_in_the_order_of_the_reader(visitor: Visitor, tmp_path: Path) -> None:
    file = tmp_path / "roads.csv"
    file.write_text(ROADS, encoding="utf-8")
    page = begin(visitor, "en", file)
    page.get_by_role("button", name="Send and recognise").click()
    page.get_by_role("link", name="settle the columns").click(timeout=BUILD_MS)
    expect(page.locator("#ind-1-kind")).to_have_value("category")
    expect(page.locator("#ind-1-unit")).to_be_hidden()
    page.locator("#ind-1-kind").select_option("rate")
    expect(page.get_by_text("Values found in the table")).to_be_hidden()
    page.locator("#ind-1-kind").select_option("category")
    values = page.locator("#ind-1 .categories .value")
    expect(values).to_have_text(["closed in winter 3 rows", "none 2 rows", "open 2 rows"])
    page.get_by_role("button", name="Move up: open").press("Enter")
    expect(page.get_by_role("button", name="Move up: open")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move down: open")).to_be_focused()
    expect(page.locator("#ind-1 [data-moved]")).to_have_text("open: 1 / 3")
    expect(values).to_have_text(["open 2 rows", "closed in winter 3 rows", "none 2 rows"])
    page.get_by_label("Label in the legend: open").fill("Open all winter")
    page.get_by_label("Label in the legend: none").fill("No road")
    page.locator("#ind-1-order").select_option("rises")
    page.locator("#ind-1-direction").select_option("higher_is_worse")
    page.locator("#iso3").select_option("KGZ")
    page.locator("#period").fill("2022")
    assert faults_of(page) == []
    page.get_by_role("button", name="Keep and go on").click()
    page.get_by_role("link", name="Build and map").first.click(timeout=BUILD_MS)
    page.get_by_role("button", name="Build").click()
    page.get_by_role("link", name="Open on the map").click(timeout=BUILD_MS)
    page.wait_for_selector("html[data-map=ready]", state="attached")
    page.locator("#find").fill("Winter road")
    page.get_by_role("link", name="Winter road").click()
    expect(page.locator("#headline")).to_have_text("Winter road")
    expect(page.locator("#legend ol.lg .lg-range")).to_have_text(["Open all winter", "closed in winter", "No road"])
    expect(page.locator("#legend ol.lg .lg-n")).to_have_text(["2", "3", "2"])


def test_a_command_can_be_stopped(visitor: Visitor, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    rows = "".join(f"Region {n};{n % 97};{n % 89}\n" for n in range(200_000))
    file.write_text(f"Region;2021;2022\n{rows}", encoding="utf-8")
    page = begin(visitor, "ru", file)
    page.get_by_role("button", name="Отправить и распознать").click()
    page.get_by_role("button", name="Остановить").click()
    expect(page.get_by_text("Остановлено по вашей просьбе")).to_be_visible(timeout=BUILD_MS)


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_first_page_fits_the_screen(visit: Callable[..., Visitor], lang: str, width: int, height: int) -> None:
    visitor = visit(viewport={"width": width, "height": height})
    visitor.page.goto(f"{visitor.guard.origin}/bring?lang={lang}")
    assert not visitor.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    assert faults_of(visitor.page) == []
