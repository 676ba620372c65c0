"""What lies over the fills in a real browser: circles, moves, outlines, programmes, and what is for orientation."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import Visitor, query_of, shape, spot, until

DISTRICTS = "?layer=poverty_rate&level=ADM2&period=2018"
REGIONS = "?layer=poverty_rate&level=ADM1&period=2018"
REGION = "Istumeskavor"


@pytest.fixture(scope="module")
def origin(training: str) -> str:
    """Return the address of the training country, which this file is about."""
    return training


@pytest.fixture
def open_map(visit: Callable[..., Visitor]) -> Callable[..., Page]:
    def make(query: str, **options: Any) -> Page:
        visitor = visit(**options)
        visitor.guard.keep_dash_away(visitor.page.context)
        page = visitor.open(query)
        page.wait_for_selector("html[data-workbench=ready]", state="attached")
        return page

    return make


def step(page: Page, text: str) -> None:
    page.keyboard.press("]")
    expect(page.locator("[data-bind=period]")).to_have_text(text)


def legend(page: Page, title: str) -> Locator:
    return page.locator(".ov-legend", has=page.get_by_role("heading", name=title))


def boxes(page: Page, selector: str) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.evaluate(
        """selector => [...document.querySelectorAll(selector)].map(node => {
          const { left, top, right, bottom } = node.getBoundingClientRect();
          return { left, top, right, bottom };
        })""",
        selector,
    )
    return found


def test_circles_are_in_proportion_and_follow_the_slider(open_map: Callable[..., Page]) -> None:
    page = open_map(f"{DISTRICTS}&over=population.symbol.80")
    circles = page.locator(".over-symbol > circle:not([display])")
    expect(circles).to_have_count(62)
    assert page.locator(".over-symbol").get_attribute("opacity") == "0.8"
    largest = page.evaluate(
        """() => parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--rmax'))
          * parseFloat(document.querySelector('#map').style.getPropertyValue('--u'))"""
    )
    radii = circles.evaluate_all("all => all.map(one => one.r.baseVal.value)")
    assert max(radii) <= largest + 1
    assert min(radii) > 0
    expect(legend(page, "Population")).to_contain_text("2018")
    expect(page.locator("[data-note='population.symbol']")).to_contain_text("2018")
    before = circles.first.get_attribute("r")
    step(page, "2021")
    until(lambda: circles.first.get_attribute("r"), lambda now: now != before, "another size")
    expect(legend(page, "Population")).to_contain_text("2021")
    x, y = spot(page, "Vodsebruk")
    page.mouse.move(x, y)
    expect(page.locator("#tip .tip-over")).to_contain_text("Population: ")
    expect(page.locator("#tip .tip-over")).to_contain_text("(2021)")


def test_a_count_without_figures_shows_signs_with_words(open_map: Callable[..., Page]) -> None:
    page = open_map(f"{DISTRICTS}&over=labour_migrants_abroad.symbol.100")
    expect(page.locator(".over-symbol > circle")).not_to_have_count(0)
    drawn = page.locator(".over-symbol > circle:not([display])").count()
    signs = page.locator(".over-symbol .ov-signs > g").count()
    assert drawn + signs == 62
    rows = legend(page, "Labour migrants abroad").locator(".ov-rows li")
    told = [int(text) for text in rows.locator(".lg-n").all_inner_texts()]
    assert sum(told) == signs


def test_lines_show_the_largest_moves_and_the_list_says_the_same(open_map: Callable[..., Page]) -> None:
    page = open_map(f"{REGIONS}&over=internal_moves.flow.90")
    lines = page.locator(".over-flow .ov-flow")
    expect(lines).to_have_count(25)
    box = legend(page, "Moves between regions")
    expect(box).to_contain_text("2018")
    expect(box).to_contain_text("withheld to protect people")
    expect(box.locator(".ov-widths svg")).to_have_count(3)
    box.locator("[data-act=most]").select_option("10")
    expect(lines).to_have_count(10)
    assert query_of(page)["over"] == "internal_moves__10.flow.90"
    box.locator("summary").click()
    rows = box.locator("tbody tr")
    expect(rows).to_have_count(10)
    numbers = [int(text.replace(",", "")) for text in box.locator("tbody td.num").all_inner_texts()]
    assert numbers == sorted(numbers, reverse=True)
    place_from, place_to, most = rows.first.locator("td").all_inner_texts()
    page.mouse.move(*middle_of(lines.last))  # the largest lies above the others
    expect(page.locator("#tip .tip-value")).to_have_text(f"From {place_from} to {place_to}: {most} persons in 2018")
    page.mouse.move(2, 2)
    expect(page.locator("#tip")).to_be_hidden()


def middle_of(line: Locator) -> tuple[float, float]:
    """Return a point of the screen inside a line, near where it begins."""
    x, y = line.evaluate(
        """node => {
          const length = node.getTotalLength();
          const at = share => node.getPointAtLength(length * share).matrixTransform(node.getScreenCTM());
          const sides = [at(0.12), at(0.86)];
          return [(sides[0].x + sides[1].x) / 2, (sides[0].y + sides[1].y) / 2];
        }"""
    )
    return x, y


def test_lines_of_the_selected_place_only(open_map: Callable[..., Page]) -> None:
    page = open_map(f"{REGIONS}&over=internal_moves.flow.100")
    box = legend(page, "Moves between regions")
    box.locator("[data-act=side]").select_option("out")
    expect(box).to_contain_text("No place of this map is selected")
    place = shape(page, REGION)
    place.focus()
    page.keyboard.press("Enter")
    expect(box).to_contain_text(f"Selected place: {REGION}")
    box.locator("summary").click()
    origins = box.locator("tbody td:first-child")
    until(origins.all_inner_texts, lambda found: found and set(found) == {REGION}, "moves from the selected place only")
    assert query_of(page)["over"] == "internal_moves__out.flow.100"
    page.reload(wait_until="commit")
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    expect(legend(page, "Moves between regions")).to_contain_text(f"Selected place: {REGION}")


def test_outlines_differ_by_their_line_and_lie_inside_their_places(open_map: Callable[..., Page]) -> None:
    page = open_map(f"{DISTRICTS}&over=typology.outline.100")
    kinds = ("urban", "rural", "border", "peripheral")
    expect(page.locator(".over-outline .ov-outline")).to_have_count(len(kinds))
    styles = {
        kind: page.locator(f".over-outline .ov-{kind} .line").evaluate(
            "node => { const s = getComputedStyle(node); return `${s.strokeWidth} ${s.strokeDasharray}`; }"
        )
        for kind in kinds
    }
    assert len(set(styles.values())) == len(kinds), styles
    assert page.locator(".over-outline [clip-path]").count() == len(kinds)
    told = [int(n) for n in legend(page, "Kinds of places").locator(".lg-n").all_inner_texts()]
    assert sum(told) == 62


def test_programmes_are_counted_filtered_and_listed(open_map: Callable[..., Page]) -> None:
    page = open_map(f"{DISTRICTS}&over=programmes.counts.100")
    badges = page.locator(".over-counts .ov-badge:not(.whole) text")
    expect(badges).not_to_have_count(0)
    box = legend(page, "Programmes")
    total = sum(int(n) for n in page.locator(".over-counts .ov-badge text").all_text_contents())
    expect(box).to_contain_text(f"2018: {total} programmes")
    expect(box).to_contain_text("None recorded does not mean none")
    before = badges.count()
    box.locator("[data-act=sector]").select_option(label="Water and sanitation")
    until(badges.count, lambda n: 0 < n < before, "fewer places")
    assert query_of(page)["over"] == "programmes__water_sanitation.counts.100"
    box.locator("summary").click()
    listed = box.locator(".ov-list ul li").all_inner_texts()
    assert listed
    assert all("Water and sanitation" in text for text in listed)


def test_sectors_have_shapes_of_their_own(open_map: Callable[..., Page]) -> None:
    page = open_map(f"{REGIONS}&over=programmes.icons.100")
    rows = legend(page, "Programmes").locator(".ov-rows li path")
    expect(rows).not_to_have_count(0)
    paths = "all => all.map(one => one.getAttribute('d'))"
    shapes = rows.evaluate_all(paths)
    assert len(set(shapes)) == len(shapes)
    assert set(page.locator(".over-icons .ov-icon").evaluate_all(paths)) <= set(shapes)


def test_what_is_for_orientation_does_not_answer_to_the_pointer_and_can_be_left_out(
    open_map: Callable[..., Page],
) -> None:
    page = open_map(DISTRICTS)
    expect(page.locator(".ref-lake")).to_have_count(1)
    expect(page.locator(".ref-names .ref-name-capital")).to_have_count(1)
    assert page.locator(".references, .refs-top, .ref-under, .ref-names").evaluate_all(
        "all => all.every(one => one.closest('[pointer-events=none]'))"
    )
    page.locator(".stack summary").first.click()
    page.locator(".stack-refs summary").click()
    page.get_by_label("Names of places").check()
    expect(page.locator(".ref-name-unit")).not_to_have_count(0)
    page.get_by_label("Lakes").uncheck()
    expect(page.locator(".ref-lake")).to_have_count(0)
    expect(page.locator(".ref-name-lake")).to_have_count(0)
    page.get_by_label("Lines of longitude and latitude").check()
    expect(page.locator(".ref-lines")).to_have_count(1)
    expect(page.locator(".ref-degree").first).to_contain_text("°")
    assert query_of(page)["ref"] == "neighbours,capitals,labels,graticule,scale"


def test_names_do_not_touch_and_there_are_more_of_them_when_zoomed_in(open_map: Callable[..., Page]) -> None:
    page = open_map("?layer=doctors&level=ADM3&period=2018&ref=labels")
    names = page.locator(".ref-name-unit")
    expect(names).not_to_have_count(0)
    rooms = boxes(page, ".ref-name-unit")
    touching = [
        (a, b)
        for i, a in enumerate(rooms)
        for b in rooms[i + 1 :]
        if a["left"] < b["right"] - 2
        and b["left"] < a["right"] - 2
        and a["top"] < b["bottom"] - 2
        and b["top"] < a["bottom"] - 2
    ]
    assert touching == []
    whole = set(names.all_text_contents())
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    until(lambda: set(names.all_text_contents()) - whole, bool, "further names")


def test_russian_has_words_for_all_of_it(open_map: Callable[..., Page]) -> None:
    over = "typology.outline.100;population.symbol.100;internal_moves.flow.100;programmes.counts.100"
    page = open_map(f"{REGIONS}&over={over}&lang=ru")
    expect(page.locator(".ov-legend h3")).to_have_count(4)
    text = " ".join(page.locator(".ov-legend").all_inner_texts())
    assert not re.search(r"(overlay|typology|state)\.", text)
    assert "Переезды между регионами" in text
