"""Comparison: two maps, a divider, small maps, the overview; one slider, one pointer, one selection."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from layers.words import load_words
from tests.browser.visitor import Visitor, boot, fills, query_of, until, visitors

WORK = "?layer=unemployment_rate&level=ADM2"
SEVERE = "?layer=ftf_departures&level=ADM1&period=2017"
POVERTY = "?layer=mpi_headcount_ratio&level=ADM1"
PHONE = {"width": 390, "height": 844}
words = load_words("en")


@pytest.fixture
def learner(browser: Browser, restricted: str) -> Iterator[Callable[..., Page]]:
    """Return what opens an address of the training country and waits for the workbench."""
    with visitors(browser, restricted) as make:

        def open_page(query: str, *, has_app: bool = False, **options: Any) -> Page:
            return settled(make(has_dash=has_app, **options).open(query, app=has_app))

        yield open_page


def settled(page: Page) -> Page:
    page.wait_for_selector("html[data-workbench=ready]", state="attached")
    return page


def second_fills(page: Page) -> list[str | None]:
    """Return the fill of every shape of the second map as the first would call it."""
    found: list[str | None] = page.evaluate(
        """() => [...document.querySelectorAll('.cmp-map .shapes > *')].map(node => (
          node.getAttribute('display') === 'none' ? null : node.getAttribute('fill').replace('#b-', '#')))"""
    )
    return found


def boxes(page: Page) -> list[str | None]:
    return [page.locator("#map").get_attribute("viewBox"), page.locator(".cmp-map").get_attribute("viewBox")]


def point_at(page: Page, selector: str, shape: int) -> None:
    """Point at a shape of a drawing: at its representative point."""
    x, y = page.locator(selector).evaluate(
        """(svg, shape) => {
          const at = JSON.parse(document.querySelector('#boot').textContent).geometry.shapes[shape];
          const point = new DOMPoint(at.x, at.y).matrixTransform(svg.getScreenCTM());
          return [point.x, point.y];
        }""",
        shape,
    )
    page.mouse.move(x, y)


def test_another_period_beside_the_map_is_what_the_slider_shows_there(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&mode=side&other=period:2012")
    expect(page.locator(".cmp-title-1")).to_contain_text("2024")
    expect(page.locator(".cmp-title-2")).to_contain_text("2012")
    expect(page.locator(".cmp-source-2")).to_contain_text("Source:")
    beside = second_fills(page)
    assert beside != fills(page)
    page.locator("[data-stop]", has_text="2012").first.dispatch_event("click")
    expect(page.locator("[data-bind=period]")).to_have_text("2012")
    assert fills(page) == beside
    assert second_fills(page) == beside
    assert page.locator("#mapbox").get_attribute("data-legends") == "one"
    expect(page.locator("#legend-2")).to_be_hidden()


def test_pan_and_zoom_are_those_of_both_maps(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&mode=side&other=period:2012")
    before = boxes(page)
    assert before[0] == before[1]
    page.locator("[data-zoom=in]").click()
    first, second = boxes(page)
    assert first == second != before[0]
    point_at(page, ".cmp-map", 20)
    page.mouse.wheel(0, -100)
    until(lambda: boxes(page), lambda both: both[0] == both[1] != first, "both maps zoomed from the second")
    until(lambda: query_of(page).get("view"), bool, "the position in the address")


def test_pointing_marks_the_place_on_both_maps_and_tells_both_figures(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&mode=side&other=period:2012")
    scene = boot(page)["scene"]
    at = [stop["id"] for stop in scene["periods"]]
    shape = next(i for i, states in enumerate(zip(*scene["states"], strict=True)) if set(states) == {"v"})

    def figure(year: str) -> str:
        return f"{scene['values'][at.index(year)][shape]:.1f}%"

    for selector, own, other, n in ((".cmp-map", "2012", "2024", 1), ("#map", "2024", "2012", 2)):
        point_at(page, selector, shape)
        expect(page.locator("#tip .tip-value")).to_have_text(figure(own))
        expect(page.locator("#tip .cmp-line")).to_have_text(f"Map {n}: {figure(other)} ({other})")
        expect(page.locator("#marks .hover")).to_have_count(1)
        expect(page.locator(".cmp-map .marks .hover")).to_have_count(1)
    page.mouse.move(5, 5)
    expect(page.locator("#tip")).to_be_hidden()
    expect(page.locator(".marks .hover, #marks .hover")).to_have_count(0)


def test_a_selection_is_that_of_both_maps(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&mode=side&other=period:2012")
    shape = page.locator(".cmp-map .shapes > [tabindex='0']")
    shape.focus()
    page.keyboard.press("ArrowRight")
    focused = page.evaluate("() => document.activeElement.id")
    assert re.fullmatch(r"b-u\d+", focused)
    page.keyboard.press("Enter")
    assert query_of(page)["unit"] == boot(page)["scene"]["ids"][int(focused[3:])]
    expect(page.locator("#marks .selected")).to_have_count(1)
    expect(page.locator(".cmp-map .marks .selected")).to_have_count(1)


def test_women_are_drawn_in_the_classes_of_the_map_beside(learner: Callable[..., Page]) -> None:
    """Every figure of the second map has the colour of the class of the first map's legend that it lies in."""
    page = learner(f"{WORK}&mode=side&other=sex:female")
    expect(page.locator(".cmp-title-2")).to_contain_text("women")
    assert page.locator("#mapbox").get_attribute("data-legends") == "one"
    found = boot(page)
    scope = found["scene"]["scopes"]["XTR"]
    women = page.evaluate(
        "async (url) => (await fetch(url)).json()", f"{found['data']}/unemployment_rate.ADM2.json?sex=female"
    )
    last = len(women["periods"]) - 1
    painted = second_fills(page)
    checked = 0
    for shape, value in enumerate(women["values"][last]):
        if value is None or women["flags"][last][shape] == "e":
            continue
        inner = scope["bins"][:-1]
        place = next((i for i, bound in enumerate(inner) if value <= bound), len(inner))
        assert painted[shape] == scope["colours"][place], (women["ids"][shape], value)
        checked += 1
    assert checked > 50
    shown = page.locator("#legend .lg-row[data-entry] .lg-range").all_inner_texts()
    top = max(value for row in women["values"] for value in row if value is not None)
    assert float(shown[0].split("–")[1]) >= top > scope["bins"][-1]


def test_another_layer_has_its_own_legend_and_period(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&mode=side&other=layer:water_access")
    expect(page.locator("#legend-2")).to_be_visible()
    expect(page.locator("#legend-2 .lg-unit")).to_have_text("% of population")
    expect(page.locator("#legend .lg-unit")).to_have_text("% of the labour force")
    told = page.locator(".cmp-title-2").inner_text()
    page.keyboard.press("[")
    expect(page.locator(".cmp-title-2")).not_to_have_text(told)
    row = page.locator("#legend-2 [data-entry='4']")
    row.click()
    expect(row).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".cmp-map .shapes > .dim")).not_to_have_count(0)
    expect(page.locator("#shapes > .dim")).to_have_count(0)


def test_the_divider_is_moved_by_key_button_and_pointer_and_asks_nobody(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&mode=swipe&other=period:2012&at=40")
    handle = page.get_by_role("slider", name=words("compare.divider"))
    pane = page.locator(".cmp-pane")
    expect(handle).to_have_attribute("aria-valuenow", "40")
    assert "40%" in (pane.get_attribute("style") or "")
    handle.focus()
    for key, value in (("ArrowRight", "41"), ("PageUp", "51"), ("End", "100"), ("Home", "0")):
        page.keyboard.press(key)
        expect(handle).to_have_attribute("aria-valuenow", value)
    page.get_by_role("button", name=words("compare.right")).click()
    expect(handle).to_have_attribute("aria-valuenow", "5")
    page.evaluate(
        """() => {
          window.redrawn = [];
          const watch = new MutationObserver(all => window.redrawn.push(...all.map(one => one.attributeName)));
          const attributeFilter = ['fill', 'd', 'viewBox', 'display'];
          for (const map of document.querySelectorAll('#map, .cmp-map')) {
            watch.observe(map, { subtree: true, attributes: true, attributeFilter });
          }
          const sent = () => performance.getEntriesByType('resource');
          window.asked = () => sent().filter(one => one.name.includes('/data/')).length;
          window.before = window.asked();
        }"""
    )
    grip = handle.bounding_box()
    room = page.locator(".cmp-divider").bounding_box()
    assert grip is not None
    assert room is not None
    page.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    page.mouse.down()
    page.mouse.move(room["x"] + room["width"] * 0.7, grip["y"] + 20, steps=6)
    page.mouse.up()
    expect(handle).to_have_attribute("aria-valuenow", "70")
    assert page.evaluate("() => window.redrawn") == []
    assert page.evaluate("() => window.asked() - window.before") == 0
    until(lambda: query_of(page).get("at"), lambda at: at == "70", "the divider in the address")
    page.reload()
    settled(page)
    expect(handle).to_have_attribute("aria-valuenow", "70")


def test_compare_by_the_control_back_and_forward(learner: Callable[..., Page]) -> None:
    page = learner(WORK)
    page.get_by_role("button", name=words("compare.title"), exact=True).click()
    box = page.get_by_role("dialog", name=words("compare.title"))
    box.get_by_role("button", name=words("compare.side")).click()
    expect(page.locator(".cmp-map .shapes > *").first).to_be_visible()
    box.get_by_role("combobox", name=words("compare.differs")).select_option("sex")
    box.get_by_role("combobox", name=words("compare.second"), exact=True).select_option("male")
    expect(page.locator(".cmp-title-2")).to_contain_text("men")
    assert query_of(page) | {"mode": "side", "other": "sex:male"} == query_of(page)
    box.get_by_role("button", name=words("compare.swipe")).click()
    expect(page.locator("#mapbox")).to_have_attribute("data-compare", "swipe")
    page.keyboard.press("Escape")
    page.evaluate("() => history.back()")
    expect(page.locator("#mapbox")).to_have_attribute("data-compare", "side")
    page.evaluate("() => history.forward()")
    expect(page.locator("#mapbox")).to_have_attribute("data-compare", "swipe")
    page.get_by_role("button", name=words("compare.title"), exact=True).click()
    box.get_by_role("button", name=words("compare.off")).click()
    expect(page.locator(".cmp-pane")).to_have_count(0)
    assert not {"mode", "other", "at", "grid"} & set(query_of(page))


def test_a_severe_layer_is_compared_with_itself_only(learner: Callable[..., Page]) -> None:
    page = learner(f"{SEVERE}&mode=side&other=layer:unemployment_rate")
    expect(page.locator("#notice")).to_contain_text(words("compare.alone"))
    expect(page.locator(".cmp-pane")).to_have_count(0)
    until(lambda: query_of(page), lambda query: "mode" not in query, "the comparison out of the address")
    page.get_by_role("button", name=words("compare.title"), exact=True).click()
    box = page.get_by_role("dialog", name=words("compare.title"))
    expect(box).to_contain_text(words("compare.alone"))
    box.get_by_role("button", name=words("compare.side")).click()
    expect(page.locator(".cmp-map .shapes > *").first).to_be_attached()
    assert "layer" not in box.get_by_label(words("compare.differs")).evaluate(
        "node => [...node.options].map(o => o.value)"
    )


def test_an_open_layer_is_not_joined_with_a_severe_one(learner: Callable[..., Page]) -> None:
    page = learner("?layer=unemployment_rate&level=ADM1&mode=swipe&other=layer:ftf_departures")
    expect(page.locator("#notice")).to_contain_text(words("compare.alone"))
    expect(page.locator(".cmp-pane")).to_have_count(0)


def test_small_maps_show_periods_evenly_and_open_large(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&mode=multiples&grid=period.3x4")
    cells = page.locator(".mul-cell")
    expect(cells).to_have_count(12)
    names = page.locator(".mul-name").all_inner_texts()
    assert (names[0], names[-1]) == ("2008", "2024")
    scene = boot(page)["scene"]
    years = [stop["id"] for stop in scene["periods"]]
    for name, told in zip(names, page.locator(".mul-told").all_inner_texts(), strict=True):
        states = scene["states"][years.index(name)]
        assert told == f"{states.count('v')} of {len(states) - states.count('-')} with data"
    expect(page.locator(".mul-cell.now .mul-name")).to_have_text("2024")

    page.locator('.mul-cell[data-at="1"] [data-i="20"]').hover()
    expect(page.locator("#tip .tip-name")).to_have_text(boot(page)["units"][20]["name"])
    outlines = page.locator(".mul-hover").evaluate_all("nodes => nodes.map(node => node.getAttribute('d'))")
    assert len(outlines) == 12
    assert len(set(outlines)) == 1
    assert outlines[0]

    page.locator(".mul-cell.now").focus()
    page.keyboard.press("ArrowUp")
    expect(cells.nth(7)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(cells.nth(6)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#multiples")).to_have_count(0)
    expect(page.locator("[data-bind=period]")).to_have_text(names[6])
    large = fills(page)
    assert query_of(page)["period"] == names[6]
    page.evaluate("() => history.back()")
    expect(cells).to_have_count(12)
    small = (
        cells.nth(6)
        .locator(".mul-shapes > *")
        .evaluate_all(
            """nodes => nodes.map(node => node.getAttribute('display') === 'none' ? null
          : node.getAttribute('fill').replace('#m-0-', '#'))"""
        )
    )
    assert small == large


def test_the_slider_shifts_the_last_periods(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&mode=multiples&grid=period.2x3&other=pick:last")
    names = page.locator(".mul-name")
    expect(names).to_have_text(["2019", "2020", "2021", "2022", "2023", "2024"])
    page.keyboard.press("[")
    expect(names).to_have_text(["2018", "2019", "2020", "2021", "2022", "2023"])
    expect(page.locator(".mul-cell.now .mul-name")).to_have_text("2023")


def test_small_maps_of_groups_share_one_legend(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&mode=multiples&grid=sex.2x3")
    expect(page.locator(".mul-name")).to_have_text(["Everyone", "Women", "Men"])
    page.locator('.mul-cell[data-at="1"]').click()
    expect(page.locator("#multiples")).to_have_count(0)
    until(lambda: query_of(page).get("sex"), lambda sex: sex == "female", "the group in the address")


def let_through(page: Page, selector: str, ground: str) -> list[int]:
    """Return the shapes of a map that keep their paint."""
    found: list[int] = page.locator(selector).first.evaluate(
        """(group, ground) => [...group.children].flatMap(
          (node, i) => node.hasAttribute('display') || node.getAttribute('fill') === ground ? [] : [i])""",
        ground,
    )
    return found


@pytest.mark.parametrize("mode", ["side", "swipe"])
def test_the_filter_leaves_the_same_places_on_both_maps(learner: Callable[..., Page], mode: str) -> None:
    page = learner(f"{WORK}&period=2020&mode={mode}&other=period:2012&filter=value:10..")
    expect(page.locator(".cmp-map .shapes > [aria-description]")).not_to_have_count(0)
    expect(page.locator(".filter-every")).to_be_visible()
    scene = boot(page)["scene"]
    now = [stop["id"] for stop in scene["periods"]].index("2020")
    passing = {i for i, value in enumerate(scene["values"][now]) if value is not None and value >= 10}
    assert 0 < len(passing) < 60
    assert set(let_through(page, "#shapes", scene["ground"])) == passing
    then = [stop["id"] for stop in scene["periods"]].index("2012")
    drawn = {i for i, state in enumerate(scene["states"][then]) if state != "-"}
    assert set(let_through(page, ".cmp-map .shapes", scene["ground"])) == passing & drawn
    other = scene["values"][then]
    counts = page.locator("#legend ol .cmp-n").all_inner_texts()
    assert sum(int(n) for n in counts) == sum(other[i] is not None for i in passing)
    dropped = next(i for i in range(len(scene["ids"])) if i not in passing and scene["states"][now][i] == "v")
    point_at(page, "#map" if mode == "swipe" else ".cmp-map", dropped)
    expect(page.locator("#tip")).to_contain_text(words("filter.fails"))
    page.keyboard.press("[")
    expect(page.locator("[data-bind=period]")).to_have_text("2019")
    passing = {i for i, value in enumerate(scene["values"][now - 1]) if value is not None and value >= 10}
    assert set(let_through(page, ".cmp-map .shapes", scene["ground"])) == passing & drawn


def test_the_filter_leaves_the_same_places_on_every_small_map(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&period=2020&mode=multiples&grid=period.2x3&filter=value:10..")
    expect(page.locator(".mul-cell")).to_have_count(6)
    scene = boot(page)["scene"]
    now = [stop["id"] for stop in scene["periods"]].index("2020")
    passing = {i for i, value in enumerate(scene["values"][now]) if value is not None and value >= 10}
    for cell in page.locator(".mul-cell").all():
        year = cell.locator(".mul-name").inner_text()
        drawn = scene["states"][[stop["id"] for stop in scene["periods"]].index(year)]
        kept = cell.locator(".mul-shapes").evaluate(
            """(group, ground) => [...group.children].flatMap(
              (node, i) => node.hasAttribute('display') || node.getAttribute('fill') === ground ? [] : [i])""",
            scene["ground"],
        )
        assert set(kept) == {i for i in passing if drawn[i] != "-"}, year


def test_regions_beside_districts_stay_if_any_of_their_districts_passes(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&mode=side&other=level:ADM1&filter=value:12..")
    expect(page.locator(".cmp-map .shapes > [aria-description]")).not_to_have_count(0)
    found = boot(page)
    scene = found["scene"]
    above = [
        unit["parent"] for unit, value in zip(found["units"], scene["values"][-1], strict=True) if value and value >= 12
    ]
    regions = page.evaluate("async url => (await fetch(url)).json()", f"{found['data']}/unemployment_rate.ADM1.json")
    kept = [regions["ids"][i] for i in let_through(page, ".cmp-map .shapes", scene["ground"])]
    assert sorted(kept) == sorted(set(above))
    assert len(kept) < len(regions["ids"])


LAPTOP = {"width": 1024, "height": 768}


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("more", ["", "&chart=series"])
@pytest.mark.parametrize("mode", ["side", "swipe"])
def test_on_a_laptop_the_panel_leaves_both_maps_free(
    learner: Callable[..., Page], mode: str, more: str, lang: str
) -> None:
    page = learner(f"{WORK}&mode={mode}&other=period:2012&unit=XT0101{more}&lang={lang}", has_app=True, viewport=LAPTOP)
    expect(page.locator("#panel h2")).to_be_visible()
    if more:
        page.wait_for_selector("#chart .js-plotly-plot .main-svg", state="attached")
    panel = page.locator("#panel").bounding_box()
    assert panel is not None
    for part in ("#map", ".cmp-pane", *(["#charts"] if more else [])):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 100, part
        apart = (
            box["x"] + box["width"] <= panel["x"] + 1
            or box["y"] + box["height"] <= panel["y"] + 1
            or panel["y"] + panel["height"] <= box["y"] + 1
        )
        assert apart, (part, box, panel)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("lang", ["en", "ru"])
@pytest.mark.parametrize("grid", ["period.3x4", "period.4x6", "sex.2x3", "age.2x3"])
def test_on_a_laptop_the_heads_of_small_maps_are_whole(learner: Callable[..., Page], grid: str, lang: str) -> None:
    page = learner(f"{WORK}&mode=multiples&grid={grid}&lang={lang}", viewport=LAPTOP)
    expect(page.locator(".mul-cell").first).to_be_visible()
    cut = page.locator(".mul-name, .mul-told, .mul-head").evaluate_all(
        """nodes => nodes.filter(node => {
          const [box, cell] = [node, node.closest('.mul-cell')].map(one => one.getBoundingClientRect());
          return node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== 'inline'
            || box.right > cell.right || box.bottom > cell.bottom || box.width < 1;
        }).map(node => node.textContent)"""
    )
    assert cut == []


def test_two_countries_move_apart_and_keep_their_own_classes(visitor: Visitor) -> None:
    page = settled(visitor.open(f"{POVERTY}&country=KAZ&mode=side&other=country:UZB"))
    expect(page.locator(".cmp-title-2")).to_contain_text("Uzbekistan")
    expect(page.locator("#legend-2")).to_contain_text(words("compare.own_scale"))
    first, second = boxes(page)
    assert first != second
    page.get_by_role("group", name=words("compare.zoom")).get_by_role("button", name=words("map.zoom_in")).click()
    assert boxes(page)[0] == first
    assert boxes(page)[1] != second
    found = boot(page)["scene"]
    shape = next(i for i, iso3 in enumerate(found["iso3"]) if iso3 == "KAZ" and found["states"][-1][i] == "v")
    point_at(page, "#map", shape)
    expect(page.locator(".cmp-map .shapes > .dim")).not_to_have_count(0)
    expect(page.locator("#tip .cmp-line")).to_have_count(0)
    page.get_by_role("button", name=words("compare.title"), exact=True).click()
    page.get_by_label(words("compare.same_classes")).check()
    expect(page.locator("#mapbox")).to_have_attribute("data-legends", "one")
    expect(page.locator("#legend")).to_contain_text(words("head.comparability"))
    assert query_of(page)["other"] == "country:UZB;scale:across"


def test_a_swipe_of_two_countries_is_refused(visitor: Visitor) -> None:
    page = settled(visitor.open(f"{POVERTY}&country=KAZ&mode=swipe&other=country:UZB"))
    expect(page.locator("#notice")).to_contain_text(words("compare.apart"))
    expect(page.locator(".cmp-pane")).to_have_count(0)


def test_the_overview_shows_the_view_and_moves_it(map_visitor: Visitor) -> None:
    page = settled(map_visitor.open(f"{POVERTY}&country=KAZ"))
    overview = page.locator("#overview")
    expect(overview).to_be_hidden()
    for _ in range(3):
        page.locator("[data-zoom=in]").click()
    expect(overview).to_be_visible()
    frame = overview.locator(".ov-frame")

    def place() -> tuple[str | None, str | None]:
        return frame.get_attribute("x"), frame.get_attribute("y")

    before = place()
    overview.locator("svg").focus()
    page.keyboard.press("ArrowRight")
    until(place, lambda now: now[0] != before[0] and now[1] == before[1], "the frame moved to the right")
    box = overview.locator("svg").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    x, y, w, h = (float(part) for part in (page.locator("#map").get_attribute("viewBox") or "").split())
    centre = page.locator("#overview svg").evaluate(
        """(svg, [x, y]) => {
          const point = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
          return [point.x, point.y];
        }""",
        [x + w / 2, y + h / 2],
    )
    assert centre == pytest.approx([box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5], abs=2)
    overview.get_by_role("button", name=words("compare.overview_hide")).click()
    expect(overview.locator("svg")).to_be_hidden()
    overview.get_by_role("button", name=words("compare.overview"), exact=True).click()
    expect(overview.locator("svg")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(overview).to_be_hidden()


@pytest.mark.parametrize(
    "query", ["mode=side&other=sex:female", "mode=swipe&other=period:2012", "mode=multiples&grid=period.2x3"]
)
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_a_phone_shows_all_of_it_in_one_column(learner: Callable[..., Page], query: str, lang: str) -> None:
    page = learner(f"{WORK}&{query}&lang={lang}", viewport=PHONE)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    if "multiples" in query:
        lefts = page.locator(".mul-cell").evaluate_all("nodes => nodes.map(node => node.getBoundingClientRect().left)")
        assert len(set(lefts)) == 1
    else:
        first, second = page.locator("#map").bounding_box(), page.locator(".cmp-pane").bounding_box()
        assert first is not None
        assert second is not None
        assert second["width"] == pytest.approx(first["width"], abs=2)
        if "swipe" in query:
            assert second["y"] == pytest.approx(first["y"], abs=2)
        else:
            assert second["y"] >= first["y"] + first["height"]


@pytest.mark.parametrize(
    "query", ["mode=side&other=layer:water_access", "mode=swipe&other=period:2012", "mode=multiples&grid=period.3x4"]
)
def test_nothing_shuts_anybody_out(learner: Callable[..., Page], query: str) -> None:
    page = learner(f"{WORK}&{query}")
    unnamed = page.locator("#mapbox [role=option]:not([display], [aria-label])")  # they are named when the steps pause
    expect(unnamed).to_have_count(0)
    found = Axe().run(page, context="#mapbox", options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    grave = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in grave] == []


def test_presentation_keeps_both_maps(learner: Callable[..., Page]) -> None:
    page = learner(f"{WORK}&mode=side&other=period:2012")
    page.keyboard.press("p")
    expect(page.locator("#workbar")).to_be_hidden()
    expect(page.locator(".cmp-pane")).to_be_visible()
    expect(page.locator(".cmp-title-2")).to_be_visible()
