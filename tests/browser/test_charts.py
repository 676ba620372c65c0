"""Charts beside the map: opened, linked both ways with the map, taken away, refused where a layer is sensitive."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.visitor import Visitor, boot, query_of, until, visitors

LAYER = "?layer=unemployment_rate&level=ADM2&lang=en"
MARKS = "() => document.querySelector('#chart .js-plotly-plot').layout.shapes.filter((one) => one.name === 'mark')"
PLOT = "#chart .js-plotly-plot .main-svg"


@pytest.fixture
def reader(browser: Browser, restricted: str) -> Iterator[Callable[..., Visitor]]:
    with visitors(browser, restricted, patience_ms=20_000) as make:
        yield make


def open_page(visitor: Visitor, query: str) -> Page:
    page = visitor.open(query, app=True)
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    return page


def wait_for_chart(page: Page, title: str | re.Pattern[str]) -> None:
    page.wait_for_selector(PLOT, state="attached")
    expect(page.locator("#chart-title")).to_contain_text(title)
    expect(page.locator("#charts")).not_to_have_attribute("aria-busy", "true")


def meta(page: Page) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = page.evaluate(
        "() => document.querySelector('#chart .js-plotly-plot').layout.meta"
    )
    return found


def point_at(page: Page, unit: str) -> tuple[float, float]:
    """Return where on the screen the point of a place is, scrolled into view."""
    spot = page.evaluate(
        """unit => {
          const plot = document.querySelector('#chart .js-plotly-plot');
          const { xaxis, yaxis } = plot._fullLayout;
          const [[x, y]] = plot.layout.meta.spots[unit];
          const box = document.querySelector('#chart-plot');
          const down = yaxis._offset + yaxis.d2p(y);
          box.scrollTop = down - box.clientHeight / 2;
          const frame = plot.getBoundingClientRect();
          return [frame.left + xaxis._offset + xaxis.d2p(x), frame.top + down];
        }""",
        unit,
    )
    return spot[0], spot[1]


def shape_of(page: Page, unit: str) -> int:
    return int(boot(page)["scene"]["ids"].index(unit))


def test_charts_open_change_and_close_and_the_address_knows(reader: Callable[..., Visitor]) -> None:
    visitor = reader()
    page = open_page(visitor, LAYER)
    assert not visitor.guard.asked_for("plotly.min.js")
    page.locator("#workbar").get_by_role("button", name="Charts").click()
    wait_for_chart(page, "over time")
    assert visitor.guard.asked_for("plotly")
    assert query_of(page)["chart"] == "series"
    tabs = page.get_by_role("tablist", name="Charts of this layer").get_by_role("tab")
    assert tabs.all_inner_texts() == ["Over time", "In order", "Spread", "Two layers", "Places and periods"]
    tabs.nth(0).focus()
    page.keyboard.press("ArrowRight")
    wait_for_chart(page, "places in the order of their figures")
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")
    expect(tabs.nth(1)).to_be_focused()
    page.keyboard.press("End")
    wait_for_chart(page, "all places and periods")
    assert query_of(page)["chart"] == "heatmap"
    page.keyboard.press("Escape")
    expect(page.locator("#charts")).to_be_hidden()
    assert "chart" not in query_of(page)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("series", "over time"),
        ("ranking", "in the order of their figures"),
        ("distribution", "how the places are spread"),
        ("scatter", "Unemployment rate and"),
        ("heatmap", "all places and periods"),
    ],
)
def test_an_address_opens_each_chart_with_its_texts_and_figures(
    reader: Callable[..., Visitor], kind: str, title: str
) -> None:
    page = open_page(reader(), f"{LAYER}&chart={kind}&against=water_access")
    wait_for_chart(page, title)
    expect(page.locator("#chart-summary")).not_to_be_empty()
    expect(page.locator(".chart-source")).to_contain_text("Source: ")
    expect(page.locator("#chart-title")).to_contain_text("SYNTHETIC TRAINING DATA")
    expect(page.locator("#chart .js-plotly-plot")).to_have_attribute("aria-label", re.compile(title))
    page.locator(".chart-numbers summary").click()
    expect(page.locator(".chart-numbers tbody tr").nth(5)).to_be_attached()


def test_pointing_at_the_map_marks_the_chart_and_the_other_way_round(reader: Callable[..., Visitor]) -> None:
    visitor = reader()
    page = open_page(visitor, f"{LAYER}&chart=ranking")
    wait_for_chart(page, "in the order")
    unit = list(meta(page)["spots"])[3]
    shape = page.locator(f"#u{shape_of(page, unit)}")
    asked = len(visitor.guard.requests)
    page.keyboard.press("Tab")  # a reader at the keyboard, whose focus is seen
    shape.focus()
    until(lambda: page.evaluate(MARKS), lambda marks: len(marks) == 1, "the mark in the chart")
    page.mouse.move(5, 5)
    page.locator("#headline").click()
    until(lambda: page.evaluate(MARKS), lambda marks: marks == [], "no mark")
    page.mouse.move(*point_at(page, unit))
    expect(page.locator("#marks .hover")).to_have_count(1)
    assert page.locator("#marks .hover").get_attribute("d") == shape.get_attribute("d")
    assert visitor.guard.requests[asked:] == []


def test_a_click_in_the_chart_selects_the_place_and_its_line_is_drawn(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), f"{LAYER}&chart=ranking")
    wait_for_chart(page, "in the order")
    unit = list(meta(page)["spots"])[2]
    page.mouse.click(*point_at(page, unit))
    until(lambda: query_of(page).get("unit"), lambda found: found == unit, "the selected place")
    name = page.locator("#panel h2").inner_text()
    until(lambda: page.evaluate(MARKS), lambda marks: len(marks) >= 1, "the mark of the selected place")
    page.get_by_role("tab", name="Over time").click()
    wait_for_chart(page, f"over time: {name}")
    assert unit in meta(page)["spots"]


def test_the_slider_is_marked_in_the_browser_or_asks_once(reader: Callable[..., Visitor]) -> None:
    visitor = reader()
    page = open_page(visitor, f"{LAYER}&chart=series&period=2015")
    wait_for_chart(page, "over time")
    until(lambda: page.evaluate(MARKS), lambda marks: len(marks) == 1, "the mark of the period")
    at = page.evaluate(MARKS)[0]["x0"]
    asked = len(visitor.guard.requests)
    page.locator("[data-step=previous]").click()
    until(lambda: page.evaluate(MARKS)[0]["x0"], lambda found: found < at, "the mark of the period before")
    assert visitor.guard.requests[asked:] == []
    page.get_by_role("tab", name="In order").click()
    wait_for_chart(page, "2014: places in the order")
    asked = len(visitor.guard.requests)
    page.locator("[data-step=previous]").click()
    wait_for_chart(page, "2013: places in the order")
    assert [url.partition("?")[0] for url in visitor.guard.requests[asked:]] == ["/_dash-update-component"]


def test_charts_show_what_the_filter_lets_through_and_say_so(reader: Callable[..., Visitor], tmp_path: Path) -> None:
    page = open_page(reader(accept_downloads=True), f"{LAYER}&period=2020&chart=ranking&filter=value:10..")
    wait_for_chart(page, "2020: places in the order")
    scene = boot(page)["scene"]
    at = [stop["id"] for stop in scene["periods"]].index("2020")
    passing = {unit for unit, v in zip(scene["ids"], scene["values"][at], strict=True) if v is not None and v >= 10}
    assert set(meta(page)["spots"]) == passing
    told = page.locator(".chart-filter")
    shown = sum(state != "-" for state in scene["states"][at])
    expect(told).to_have_text(
        "Filter, by the figures of the map, 2020: Unemployment rate: 10.0% or more. "
        f"Places that pass: {len(passing)} of {shown}; left out: {shown - len(passing)}."
    )
    page.locator("#chart-take").click()
    with page.expect_download() as download:
        page.locator("[data-take=csv]").click()
    file = tmp_path / "chart.csv"
    download.value.save_as(file)
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert f"# {told.inner_text()}" in lines
    assert len([line for line in lines if not line.startswith("# ")]) == len(passing) + 1

    page.get_by_role("tab", name="Places and periods").click()
    wait_for_chart(page, "all places and periods")
    assert set(meta(page)["rows"]) == passing
    page.locator("[data-step=previous]").click()
    passing = {unit for unit, v in zip(scene["ids"], scene["values"][at - 1], strict=True) if v is not None and v >= 10}
    until(lambda: set(meta(page)["rows"]), lambda rows: rows == passing, "the places that pass a year before")
    expect(told).to_contain_text("2019")
    for tab in ("Spread", "Two layers"):
        page.get_by_role("tab", name=tab).click()
        if tab == "Two layers":
            page.locator(".chart-choices select").select_option("water_access")
        until(lambda: page.locator("#charts").get_attribute("aria-busy") is None)
        until(lambda: set(meta(page).get("spots", {})), lambda found: found and found <= passing, tab)
        expect(told).to_contain_text("left out")
    page.locator("#filter-line .link").click()
    expect(told).to_be_hidden()
    until(lambda: len(meta(page)["spots"]), lambda n: n > len(passing), "all places again")


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)], ids=lambda size: str(size[0]))
def test_the_heads_of_the_columns_stay_while_rows_are_scrolled(
    reader: Callable[..., Visitor], size: tuple[int, int]
) -> None:
    page = open_page(reader(viewport={"width": size[0], "height": size[1]}), f"{LAYER}&chart=heatmap")
    wait_for_chart(page, "all places and periods")
    heads = page.locator(".chart-heads")
    expect(heads).to_be_visible()
    periods = [stop["label"] for stop in boot(page)["scene"]["periods"]]
    assert heads.locator("text").all_text_contents() == periods

    def places() -> list[list[float]]:
        """Return where each head and each column begins."""
        found: list[list[float]] = page.evaluate(
            """() => {
              const plot = document.querySelector('#chart .js-plotly-plot');
              const left = plot.getBoundingClientRect().left;
              const { xaxis } = plot._fullLayout;
              const heads = [...document.querySelectorAll('.chart-heads text')];
              return heads.map((head, i) => [head.getBoundingClientRect(), left + xaxis._offset + xaxis.d2p(i)])
                .map(([box, at]) => [box.left, box.right, box.top, box.bottom, at]);
            }"""
        )
        return found

    before = places()
    page.evaluate("() => { document.querySelector('#chart-plot').scrollTop = 500; }")
    assert page.evaluate("() => document.querySelector('#chart-plot').scrollTop") == 500
    assert places() == before
    box = page.locator("#chart-plot").bounding_box()
    assert box is not None
    for left, right, top, bottom, at in before:
        assert left <= at + 1 <= right + 2, "a head stands at its column"
        assert box["x"] <= left
        assert right <= box["x"] + box["width"]
        assert box["y"] - 1 <= top < bottom
        x, y = (left + right) / 2, (top + bottom) / 2
        assert page.evaluate("([x, y]) => !document.elementFromPoint(x, y).closest('#foot, #timebar, #top')", [x, y])
    page.get_by_role("tab", name="Over time").click()
    wait_for_chart(page, "over time")
    expect(heads).to_be_hidden()


def sheets(printed: bytes) -> int:
    return printed.count(b"/Type /Page\n")


@pytest.mark.parametrize("landscape", [False, True], ids=["upright", "across"])
@pytest.mark.parametrize(
    ("lang", "query", "upright", "across"),
    [
        ("en", f"{LAYER}&chart=series", 2, 2),
        ("ru", "?layer=unemployment_rate&level=ADM2&lang=ru&chart=scatter&against=water_access", 2, 2),
        ("en", f"{LAYER}&chart=heatmap", 3, 5),
        ("en", LAYER, 1, 1),
    ],
    ids=["series", "scatter", "heatmap", "none"],
)
def test_an_open_chart_is_printed_on_a_sheet_of_its_own(
    reader: Callable[..., Visitor], lang: str, query: str, upright: int, across: int, landscape: bool
) -> None:
    page = open_page(reader(), query)
    if "chart=" in query:
        page.wait_for_selector(PLOT, state="attached")
        expect(page.locator("#charts")).not_to_have_attribute("aria-busy", "true")
    units = "() => getComputedStyle(document.querySelector('#map')).getPropertyValue('--u')"
    before = page.evaluate(units)
    assert sheets(page.pdf(format="A4", landscape=landscape)) == (across if landscape else upright)
    expect(page.locator("#chart-print")).to_have_count(0)
    assert page.evaluate(units) == before, "letters and lines of the map on the screen are as they were"


@pytest.mark.parametrize("screen", [(1440, 900), (390, 844)], ids=lambda size: str(size[0]))
@pytest.mark.parametrize("kind", ["series", "ranking", "distribution", "scatter", "heatmap"])
def test_a_printed_chart_says_all_and_nothing_is_cut_off(
    reader: Callable[..., Visitor], kind: str, screen: tuple[int, int]
) -> None:
    page = open_page(
        reader(viewport={"width": screen[0], "height": screen[1]}),
        f"{LAYER}&period=2020&chart={kind}&against=water_access&filter=type:rural,urban,border",
    )
    page.wait_for_selector(PLOT, state="attached")
    expect(page.locator("#charts")).not_to_have_attribute("aria-busy", "true")
    links = meta(page)
    page.set_viewport_size({"width": 703, "height": 1000})  # A4 within its margins
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    sheet = page.locator("#chart-print")
    expect(sheet.locator("h2")).to_be_visible()
    expect(page.locator("#charts")).to_be_hidden()
    for text in (
        "SYNTHETIC TRAINING DATA",
        "Filter: Kind of area:",
        "Source: Invented",
        "says nothing about any real",
        "Taken on ",
    ):
        expect(sheet).to_contain_text(text)
    drawings = sheet.locator(".chart-print-piece")
    expect(drawings.locator(".main-svg").first).to_be_visible()
    expect(drawings.locator(".chart-print-mark")).to_have_count(drawings.count())
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    cut = drawings.evaluate_all(
        """pieces => pieces.flatMap(piece => {
          const frame = piece.getBoundingClientRect();
          const isOut = box => box.width && (box.left < frame.left - 1 || box.right > frame.right + 1
            || box.bottom > frame.bottom + 1 || box.top < frame.top - 1);
          return [...piece.querySelectorAll('.main-svg text')]
            .filter(node => !node.closest('.scatterlayer') && node.checkVisibility())
            .filter(node => isOut(node.getBoundingClientRect())).map(node => node.textContent);
        })"""
    )
    assert cut == []
    if kind in ("ranking", "heatmap"):
        names = drawings.locator(".ytick text").all_text_contents()
        assert len([name for name in names if name]) >= len(links["rows"] or links["spots"])
        assert all(box["height"] < 560 for box in (one.bounding_box() or {"height": 0} for one in drawings.all()))
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    expect(sheet).to_have_count(0)


def test_who_prints_a_chart_above_the_public_tier_is_written_down(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), "?layer=ftf_departures&level=ADM1&lang=en&chart=series")
    wait_for_chart(page, "over time")
    with page.expect_request(lambda request: "export-ask" in (request.post_data or "")):
        page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#chart-print .handling")).to_contain_text("Tier: restricted.")


def test_data_and_pictures_hold_what_must_travel_with_them(reader: Callable[..., Visitor], tmp_path: Path) -> None:
    page = open_page(reader(accept_downloads=True), f"{LAYER}&chart=ranking&period=2015")
    wait_for_chart(page, "2015: places in the order")
    files = {}
    for kind in ("csv", "svg", "png"):
        page.locator("#chart-take").click()
        with page.expect_download() as download:
            page.locator(f"[data-take={kind}]").click()
        files[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[kind])
    lines = files["csv"].read_text(encoding="utf-8-sig").splitlines()
    comments = [line for line in lines if line.startswith("# ")]
    rows = list(csv.DictReader(line for line in lines if not line.startswith("# ")))
    places = page.evaluate("() => document.querySelector('#chart .js-plotly-plot').data[0].x")
    assert [float(row["Value"]) for row in rows] == places
    drawing = files["svg"].read_text(encoding="utf-8")
    for told in ("SYNTHETIC TRAINING DATA", "Source: Invented statistics office", "Taken on "):
        assert any(told in line for line in comments), told
        assert told in drawing, told
    assert "2015: places in the order of their figures" in drawing
    assert files["png"].read_bytes().startswith(b"\x89PNG")
    assert files["png"].stat().st_size > 20_000


def test_a_severe_layer_has_no_order_and_no_second_axis(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), "?layer=ftf_departures&level=ADM1&lang=en&chart=ranking")
    wait_for_chart(page, "over time")
    assert page.get_by_role("tab").all_inner_texts() == ["Over time", "Spread", "Places and periods"]
    expect(page.locator(".chart-notes")).to_contain_text("This layer is not put in an order")
    expect(page.locator("#chart-head .handling")).to_contain_text("Tier: restricted.")
    page.locator("#chart-take").click()
    expect(page.locator("[data-take=csv]")).to_have_count(0)
    expect(page.locator("[data-take=png]")).to_be_visible()
    asked = page.locator("[data-take=svg]")
    with page.expect_request("**/_dash-update-component**") as noted, page.expect_download():
        asked.click()
    assert "export-ask" in (noted.value.post_data or "")


def test_claims_are_drawn_in_no_chart(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), "?layer=ftf_departures_claimed&level=ADM0&lang=en&chart=series")
    expect(page.locator("#chart-message")).to_contain_text("Published claims are written side by side")
    expect(page.get_by_role("tab")).to_have_count(0)


def test_table_and_charts_take_turns_on_a_small_screen(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(viewport={"width": 1024, "height": 768}), f"{LAYER}&chart=series")
    wait_for_chart(page, "over time")
    page.locator("#top [data-open=table]").click()
    expect(page.locator("#drawer")).to_be_visible()
    expect(page.locator("#charts")).to_be_hidden()
    page.locator("#workbar").get_by_role("button", name="Charts").click()
    expect(page.locator("#charts")).to_be_visible()
    expect(page.locator("#drawer")).to_be_hidden()


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("width", [1440, 390])
def test_charts_can_be_read_by_everybody(reader: Callable[..., Visitor], lang: str, width: int) -> None:
    page = open_page(
        reader(viewport={"width": width, "height": 844}),
        f"?layer=unemployment_rate&level=ADM2&lang={lang}&chart=heatmap",
    )
    page.wait_for_selector(PLOT, state="attached")
    page.locator(".chart-numbers summary").click()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page, context="#charts").response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
