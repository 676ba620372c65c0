"""Looking inside places and finding them in a real browser: by pointer, by keys alone, back and forward, offline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.served import drawn_picture, fetch_page, served_picture
from tests.browser.test_parity import differences
from tests.browser.visitor import WIDE, Visitor, fills, query_of, shape, spot, until, visitors

REGIONS = "?layer=unemployment_rate&level=ADM1&period=2016"
REGION, REGION_ID = "Nurilundor", "XT02"
SCREENS = [WIDE, {"width": 1024, "height": 768}, {"width": 390, "height": 844}, {"width": 360, "height": 740}]


@pytest.fixture
def reader(browser: Browser, training: str) -> Iterator[Callable[..., Visitor]]:
    with visitors(browser, training) as make:
        yield make


def open_page(visitor: Visitor, query: str, *, app: bool = False) -> Page:
    page = visitor.open(query, app=app)
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    return page


def address(page: Page, **wanted: str | None) -> None:
    """Wait until the address has these values; None for a key that it must not have."""
    until(lambda: query_of(page), lambda q: all(q.get(k) == v for k, v in wanted.items()), f"{wanted} in the address")


def inside(page: Page) -> int:
    """Return how many shapes are drawn and not faded."""
    return page.locator("#shapes > :not([display]):not(.outside)").count()


def crumbs(page: Page) -> list[str]:
    return page.locator("#drill li").all_inner_texts()


def counted(page: Page) -> int:
    """Return how many places the legend counts, with a figure or without."""
    return sum(int(n) for n in page.locator("#legend .lg-n").all_inner_texts())


def test_a_double_click_looks_inside_and_the_steps_lead_out(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), REGIONS)
    whole = inside(page)
    page.mouse.dblclick(*spot(page, REGION))
    address(page, inside=REGION_ID, level="ADM2", country="XTR", unit=None)
    expect(page.locator("[data-bind=scope]")).to_contain_text(f"Inside {REGION}; the scale is that of Ilvandor")
    assert crumbs(page) == ["Whole region", "Ilvandor", REGION]
    districts = inside(page)
    assert 3 < districts < 20
    assert counted(page) == districts
    expect(page.locator("[data-bind=coverage]")).to_have_text(f"{districts} of {districts} places have data")
    page.locator("#drill button", has_text="Ilvandor").click()
    address(page, inside=None, level="ADM1", country="XTR")
    assert inside(page) < whole + 1
    assert crumbs(page) == ["Whole region", "Ilvandor"]
    page.locator("#drill button", has_text="Whole region").click()
    address(page, country="all", inside=None)
    expect(page.locator("#drill")).to_be_hidden()


def test_what_is_looked_into_is_what_the_server_draws(reader: Callable[..., Visitor], training: str) -> None:
    page = open_page(reader(), REGIONS)
    page.mouse.dblclick(*spot(page, REGION))
    address(page, inside=REGION_ID)
    view = query_of(page)
    served = served_picture(fetch_page(f"{training}/?{urlencode(view)}"))
    until(lambda: differences(served, drawn_picture(page)), lambda lines: not lines, "the same picture")
    box = page.locator("#map").get_attribute("viewBox")
    before = fills(page)
    page.reload(wait_until="commit")
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    assert fills(page) == before
    assert page.locator("#map").get_attribute("viewBox") == box


def test_back_and_forward(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), REGIONS)
    whole = inside(page)
    page.mouse.dblclick(*spot(page, REGION))
    address(page, inside=REGION_ID)
    page.go_back()
    address(page, inside=None, level="ADM1")
    until(lambda: inside(page), lambda n: n == whole, "all regions")
    page.go_forward()
    address(page, inside=REGION_ID, level="ADM2")
    until(lambda: crumbs(page), lambda names: names[-1:] == [REGION], "the place in the steps")


def test_keys_alone_go_in_and_out_and_stay_inside(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), "?layer=doctors&level=ADM1&period=2018", app=True)
    page.locator("#shapes [tabindex='0']").focus()
    name = page.evaluate("() => document.activeElement.getAttribute('aria-label').split(',')[0]")
    expect(page.locator("#tip")).to_contain_text("Enter again")
    page.keyboard.press("Enter")
    until(lambda: query_of(page).get("unit"), what="a selected place")
    page.keyboard.press("Enter")
    address(page, level="ADM2", unit=None)
    until(lambda: crumbs(page), lambda names: names[-1:] == [name], "the place in the steps")
    until(lambda: page.evaluate("() => Boolean(document.activeElement.closest('#shapes'))"), what="focus on the map")
    seen = set()
    for _ in range(3 * inside(page)):
        page.keyboard.press("PageDown")
        assert page.evaluate("() => !document.activeElement.classList.contains('outside')")
        seen.add(page.evaluate("() => document.activeElement.id"))
    assert len(seen) == inside(page)
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
        assert page.evaluate("() => !document.activeElement.classList.contains('outside')")
    page.keyboard.press(">")
    address(page, level="ADM3")
    assert len(crumbs(page)) == 4
    page.keyboard.press("Backspace")
    address(page, level="ADM2")
    page.keyboard.press("<")
    address(page, level="ADM1", inside=None)
    until(
        lambda: page.evaluate("() => (document.activeElement.getAttribute('aria-label') ?? '').split(',')[0]"),
        lambda found: found == name, "focus on the place that was left",
    )  # fmt: skip


def test_the_panel_leads_inside(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), f"{REGIONS}&unit={REGION_ID}", app=True)
    page.locator("#panel").get_by_role("button", name="Look inside").click()
    address(page, inside=REGION_ID, level="ADM2", unit=None)
    expect(page.locator("#panel")).to_be_empty()


def test_without_finer_figures_the_finest_there_are_are_shown_and_it_says_so(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), f"?layer=output_per_head&level=ADM1&unit={REGION_ID}&period=2016")
    page.keyboard.press(".")
    address(page, inside=REGION_ID, level="ADM1")
    told = "No district figures for this layer here; regions are shown."
    expect(page.locator("#busy")).to_have_text(told)
    expect(page.locator("[data-bind=scope]")).to_contain_text(told)
    address(page, unit=None)
    assert inside(page) == 1
    page.locator("#menu [data-layer=unemployment_rate]").click()
    address(page, layer="unemployment_rate", inside=REGION_ID, level="ADM2")
    page.locator("#menu [data-layer=output_per_head]").click()
    address(page, layer="output_per_head", inside=REGION_ID, level="ADM1")
    expect(page.locator("[data-bind=scope]")).to_contain_text(told)


def test_the_place_follows_the_boundaries_of_the_date(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), f"?layer=unemployment_rate&level=ADM2&inside={REGION_ID}&period=2017")
    before = inside(page)
    assert counted(page) == before
    page.keyboard.press("]")
    gone = f"Under the boundaries of this period {REGION} does not exist"
    expect(page.locator("[data-bind=scope]")).to_contain_text(gone)
    assert inside(page) > 0
    assert counted(page) == inside(page)
    page.keyboard.press("[")
    expect(page.locator("[data-bind=scope]")).not_to_contain_text("does not exist")
    assert inside(page) == before


def test_a_country_opens_its_regions_and_what_cannot_be_opened_says_so(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), "?layer=poverty_rate&level=ADM0")
    shape(page, "Ilvandor").focus()
    page.keyboard.press(">")
    address(page, level="ADM1", country="XTR", inside=None)
    page.keyboard.press("<")
    address(page, level="ADM0", country="all")
    page.goto(page.url.split("?")[0] + "?layer=doctors&level=ADM3&period=2018")
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    page.locator("#shapes [tabindex='0']").focus()
    page.keyboard.press(">")
    expect(page.locator("#busy")).to_contain_text("Nothing finer is published inside")


def type_query(page: Page, text: str) -> None:
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Find a place, a layer or a source")).to_be_focused()
    page.keyboard.type(text)


def result(page: Page, text: str) -> Locator:
    """Return the first result in the list that holds a text; the places of the map are options, too."""
    return page.locator("#search-list [role=option]", has_text=text).first


def test_find_a_place_by_keys_alone(visitor: Visitor) -> None:
    page = open_page(visitor, "?layer=mpi_headcount_ratio&level=ADM1", app=True)
    type_query(page, "ош")
    options = page.locator("#search-list [role=option]")
    expect(options.nth(1)).to_contain_text("Osh region")
    expect(options.nth(0)).to_contain_text("city · Kyrgyzstan")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    box = page.locator("#search-text")
    expect(page.locator(f"#{box.get_attribute('aria-activedescendant')}")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    address(page, unit="KG-O", country="KGZ", level="ADM1")
    expect(page.locator("#panel h2")).to_have_text("Osh region")
    expect(shape(page, "Osh region")).to_be_focused()
    expect(box).to_have_attribute("aria-expanded", "false")


def test_enter_before_the_answer_takes_the_first_result(visitor: Visitor) -> None:
    page = open_page(visitor, "?layer=mpi_headcount_ratio&level=ADM1")
    type_query(page, "Чимкент")
    page.keyboard.press("Enter")
    address(page, unit="KZ-79", country="KAZ")


@pytest.mark.parametrize(
    ("lang", "query", "unit", "why"),
    [
        ("en", "Leninabad", "TJ-SU", "formerly Leninabad region, until 2000"),
        ("ru", "Nur-Sultan", "KZ-71", "прежнее название: Нур-Султан (2019–2022)"),
    ],
)
def test_a_former_name_finds_the_place_and_says_so(
    visitor: Visitor, lang: str, query: str, unit: str, why: str
) -> None:
    page = open_page(visitor, f"?layer=mpi_headcount_ratio&level=ADM1&lang={lang}")
    page.keyboard.press("/")
    page.keyboard.type(query)
    expect(result(page, why)).to_be_visible()
    page.keyboard.press("Enter")
    address(page, unit=unit)


def test_another_word_finds_the_layer_and_the_menu_knows_it_too(visitor: Visitor) -> None:
    page = open_page(visitor, "")
    type_query(page, "jobless")
    expect(result(page, "also: jobless rate")).to_contain_text("nemployment rate")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator("#find").fill("jobless")
    expect(page.locator(".driver li:not([hidden]) [data-layer=unemployment_rate]")).to_be_visible()
    expect(page.locator(".driver li:not([hidden]) [data-layer=average_wage]")).to_have_count(0)


def test_find_a_layer_and_a_source(visitor: Visitor) -> None:
    page = open_page(visitor, "")
    type_query(page, "poverty national line")
    page.get_by_role("group", name="Layers").get_by_role("option").first.click()
    address(page, layer="poverty_rate")
    type_query(page, "OPHI")
    page.get_by_role("group", name="Sources").get_by_role("option").first.click()
    group = page.get_by_role("group", name="Layers from")
    expect(group.get_by_role("option", name="Severe multidimensional poverty").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    until(lambda: query_of(page)["layer"], lambda layer: layer.startswith("mpi"), "a layer of the source")


def test_escape_closes_the_list_then_leaves_the_field(visitor: Visitor) -> None:
    page = open_page(visitor, "?unit=KG-O&layer=mpi_headcount_ratio&level=ADM1")
    type_query(page, "osh")
    expect(page.locator("#search-list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#search-list")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#search-text")).not_to_be_focused()
    expect(page.locator("#search-text")).to_have_value("")
    assert query_of(page)["unit"] == "KG-O"


def test_a_place_without_a_level_in_the_layer_is_shown_by_what_it_lies_in(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), "?layer=output_per_head&level=ADM1")
    type_query(page, "Dredofrun")
    result(page, "Dredofrun").click()
    address(page, unit="XT09", level="ADM1", country="XTR")
    expect(page.locator("#notice")).to_contain_text("Shown instead: Istumeskavor")


def test_a_place_of_another_time_is_shown_at_its_time(reader: Callable[..., Visitor]) -> None:
    page = open_page(reader(), "?layer=unemployment_rate&level=ADM1&period=2024")
    type_query(page, REGION)
    result(page, "until 2017").click()
    address(page, unit=REGION_ID, period="2017")
    expect(page.locator("[data-bind=period]")).to_have_text("2017")


def test_what_nobody_is_called_and_a_server_that_is_away(visitor: Visitor) -> None:
    page = open_page(visitor, "")
    type_query(page, "qqqqqq")
    expect(page.locator("#search-list")).to_contain_text("Nothing is called like this here")
    visitor.guard.is_offline = True
    page.context.set_offline(True)
    page.locator("#search-text").fill("osh")
    expect(page.locator("#search-list")).to_contain_text("The search does not answer just now")
    page.context.set_offline(False)
    page.locator("#search-text").fill("osh ")
    page.locator("#search-text").fill("osh r")
    expect(result(page, "Osh region")).to_be_visible()


def test_typing_asks_once_when_it_pauses(visitor: Visitor) -> None:
    page = open_page(visitor, "")
    type_query(page, "tashkent")
    expect(result(page, "Tashkent city")).to_be_visible()
    assert len(visitor.guard.asked_for("/find/")) < len("tashkent")
    assert visitor.guard.asked_for("/find/")[-1].endswith("?q=tashkent")


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: str(screen["width"]))
def test_nothing_is_cut_off_and_axe_finds_nothing(
    reader: Callable[..., Visitor], screen: dict[str, int], lang: str
) -> None:
    page = open_page(reader(viewport=screen), f"?layer=unemployment_rate&level=ADM2&inside={REGION_ID}&lang={lang}")
    assert page.evaluate("() => document.querySelector('#top').scrollWidth <= innerWidth")
    if screen["width"] <= 900:
        page.locator(".search-open").click()
    page.locator("#search-text").fill("Istum")
    expect(result(page, "Istumeskavor")).to_be_visible()
    page.keyboard.press("ArrowDown")
    box = page.locator("#search-list").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= screen["width"]
    options = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}}
    found = Axe().run(page, context="#top", options=options).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == []
