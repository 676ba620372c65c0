"""A layer of categories: what is read off the map, what is offered and what is not, filter, selection, table."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from layers.palette import CATEGORY_FILLS, GROUND
from tests.browser.visitor import Visitor, boot, fills, open_map, query_of, shape, spot

WATER = "?layer=drinking_water_source&level=ADM2&period=2024"
NAMES = {"en": ["Piped water", "Well", "Spring", "Delivered water"],
         "ru": ["Водопровод", "Колодец", "Родник", "Привозная вода"]}  # fmt: skip


@pytest.fixture(scope="module")
def origin(training: str) -> str:
    """Return the address of the training country, which this file is about."""
    return training


def legend(page: Page) -> list[tuple[str, int]]:
    """Return the categories of the legend, from the top, each with its number of places."""
    rows = page.locator("#legend ol.lg .lg-row")
    return [(row.locator(".lg-range").inner_text(), int(row.locator(".lg-n").inner_text())) for row in rows.all()]


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_map_legend_and_tip_say_the_category(visitor: Visitor, lang: str) -> None:
    page = open_map(visitor, f"{WATER}&lang={lang}")
    scene = boot(page)["scene"]
    period = [stop["id"] for stop in scene["periods"]].index("2024")
    codes = scene["values"][period]
    plain = [(fill, code) for fill, code in zip(fills(page), codes, strict=True) if code and "url(" not in str(fill)]
    assert len(plain) > 50
    assert [fill for fill, _ in plain] == [CATEGORY_FILLS[int(code) - 1] for _, code in plain]
    assert legend(page) == [(name, codes.count(i)) for i, name in enumerate(NAMES[lang], 1)]
    place = {"en": "Momuvrek", "ru": "Момуврек"}[lang]
    label = shape(page, place).get_attribute("aria-label")
    page.mouse.move(*spot(page, place))
    expect(page.locator(".tip-value")).to_have_text(NAMES[lang][2])
    assert NAMES[lang][2] in str(label)


def test_what_has_no_meaning_for_categories_says_why(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WATER}&lang=en", app=True)
    page.get_by_role("button", name="Classes").click()
    expect(page.locator(".cl-box")).to_contain_text("there are no classes to choose")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Time", exact=True).click()
    expect(page.get_by_text("No change is worked out")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#chart-open").click()
    expect(page.locator("#charts .main-svg").first).to_be_visible()
    assert page.locator("#chart-head [role=tab]").all_inner_texts() == ["Spread", "Places and periods"]
    expect(page.locator("#charts")).to_contain_text("Categories are drawn in no series")


def test_an_address_that_asks_for_classes_or_a_second_fill_is_told(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WATER}&lang=en&k=3&upto=1&second=poverty_rate", app=True)
    expect(page.locator("#notice")).to_contain_text("upto=1")
    assert not {"k", "upto"} & query_of(page).keys()
    assert [name for name, _ in legend(page)] == NAMES["en"]


def test_filter_by_category_and_count_of_a_selection(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WATER}&lang=en")
    before = dict(legend(page))
    page.locator("#filter-open").click()
    page.locator(".filter-box").get_by_label("Spring").check()
    page.locator(".filter-box").get_by_label("Delivered water").check()
    expect(page.locator("#filter-line")).to_contain_text("Category: Spring, Delivered water")
    assert query_of(page)["filter"] == "category:3,4"
    page.keyboard.press("Escape")
    assert dict(legend(page)) == {**before, "Piped water": 0, "Well": 0}
    assert CATEGORY_FILLS[0] not in fills(page)
    assert GROUND in fills(page)
    page.reload()
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    expect(page.locator("#filter-line")).to_contain_text("Category: Spring, Delivered water")


def test_places_together_are_counted_by_category(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WATER}&lang=en&picked=XT0301,XT0309,XT0101")
    card = page.locator("#pick-card")
    expect(card.locator("dd[data-row=category-1] b")).to_have_text("2 places")
    expect(card.locator("dd[data-row=category-3] b")).to_have_text("1 place")
    expect(card).to_contain_text("categories are no amounts")


def test_the_table_and_its_file_have_the_names(visitor: Visitor, tmp_path: Path) -> None:
    page = open_map(visitor, f"{WATER}&lang=en&table=1", app=True)
    page.wait_for_selector("#grid .ag-row")
    assert set(page.locator("#grid .ag-row [col-id=value]").all_inner_texts()) <= {*NAMES["en"], "no data"}
    assert page.locator("#grid [col-id=series]").count() == 0
    assert page.locator("#grid [col-id=rank]").count() == 0
    with page.expect_download() as download:
        page.locator("#table-file").click()
    download.value.save_as(tmp_path / "table.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "table.csv").read_text(encoding="utf-8-sig"))))
    cells = {cell for row in rows for cell in row}
    assert set(NAMES["en"]) <= cells


def test_the_slider_repaints_the_categories(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WATER}&lang=en")
    page.locator("[data-step=first]").click()
    expect(page.locator("[data-bind=period]")).to_have_text("2008")
    scene = boot(page)["scene"]
    codes = scene["values"][0]
    assert legend(page) == [(name, codes.count(i)) for i, name in enumerate(NAMES["en"], 1)]
