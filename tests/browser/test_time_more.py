"""More about time, and groups of people, in the training country: by pointer, by keyboard, in the address."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import Visitor, fills, open_map, period, query_of, spot, until

POVERTY = "?layer=poverty_rate&level=ADM2"
WORK = "?layer=unemployment_rate&level=ADM2"


@pytest.fixture(scope="module")
def origin(training: str) -> str:
    """Return the address of the training country, which this file is about."""
    return training


def scene_of(page: Page, query: str) -> dict[str, Any]:
    """Return the data of a variant of the open layer, as the browser gets it."""
    text: str = page.evaluate(
        """async query => {
          const { data, view } = JSON.parse(document.querySelector('#boot').textContent);
          return (await fetch(`${data}/${view.layer}.${view.level}.json?${query}`)).text();
        }""",
        query,
    )
    found: dict[str, Any] = json.loads(text)
    return found


def open_time(page: Page) -> Locator:
    """Open the box "Time" and return it."""
    page.locator("#time-more button").click()
    box = page.locator(".wb-box:popover-open")
    expect(box.get_by_role("heading", name="Time", exact=True)).to_be_visible()
    return box


def label(page: Page, at: int) -> str:
    return page.locator(f"#u{at}").get_attribute("aria-label") or ""


def name_of(page: Page, at: int) -> str:
    return label(page, at).split(",")[0]


def point_at(page: Page, name: str) -> list[str]:
    """Point at a place and return the lines of the tip."""
    page.mouse.move(0, 0)
    page.mouse.move(*spot(page, name))
    expect(page.locator("#tip .tip-name")).to_have_text(name)
    return page.locator("#tip p").all_inner_texts()


def cell(page: Page, unit: str, column: str) -> str:
    """Return the text of a cell of the table; the row is brought onto the screen."""
    page.evaluate(
        """unit => window.dash_ag_grid.getApiAsync('grid').then(
          grid => grid.ensureNodeVisible(grid.getRowNode(unit), 'middle'))""",
        unit,
    )
    return page.locator(f'#grid .ag-row[row-id="{unit}"] [col-id={column}]').inner_text()


def test_women_are_shown_and_named_everywhere(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WORK}&period=2019", app=True)
    group = page.locator("#group")
    expect(group.get_by_role("button", name="Everyone")).to_have_attribute("aria-pressed", "true")
    group.get_by_role("button", name="Women").click()
    expect(page.locator("#headline")).to_have_text("Share of the labour force without work: women")
    expect(page.locator("#head")).to_contain_text("% of the labour force; women")
    assert (query_of(page)["sex"], query_of(page)["period"]) == ("female", "2019")
    women, everyone = scene_of(page, "sex=female"), scene_of(page, "")
    at = [stop["id"] for stop in women["periods"]].index("2019")
    shown = next(i for i, value in enumerate(women["values"][at]) if value not in (None, everyone["values"][at][i]))
    lines = until(lambda: point_at(page, name_of(page, shown)), lambda found: any("; women" in one for one in found))
    assert f"{women['values'][at][shown]:.1f}%" in lines
    national = women["national"][at]["XTR"]
    assert f"National: {national:.1f}%" in lines
    page.keyboard.press("Escape")
    page.locator("#top [data-open=table]").click()
    expect(page.locator("#table-caption")).to_contain_text("women")
    page.go_back()
    expect(group.get_by_role("button", name="Everyone")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#headline")).to_have_text("Share of the labour force without work")


def test_a_layer_of_one_group_has_no_choice(visitor: Visitor) -> None:
    page = open_map(visitor, POVERTY)
    expect(page.locator("#group")).to_be_hidden()


def test_the_greatest_fall_is_the_same_in_map_table_and_panel(visitor: Visitor) -> None:
    page = open_map(visitor, f"{POVERTY}&period=2021&table=1", app=True)
    box = open_time(page)
    box.locator("[data-time=base]").select_option(label="2018")
    expect(page.locator("#headline")).to_have_text(
        "Change since 2018: People below the poverty line, share of population"
    )
    expect(page.locator("[data-bind=period]")).to_have_text("2018 to 2021")
    assert (query_of(page)["base"], query_of(page)["period"]) == ("2018", "2021")
    page.keyboard.press("Escape")
    plain, change = scene_of(page, ""), scene_of(page, "base=2018")
    earlier, later = (plain["values"][[s["id"] for s in plain["periods"]].index(one)] for one in ("2018", "2021"))
    falls = {
        i: round(b - a, 6)
        for i, (a, b) in enumerate(zip(earlier, later, strict=True))
        if a is not None and b is not None
    }
    lowest = min(falls, key=lambda i: falls[i])
    assert change["values"][0][lowest] == pytest.approx(falls[lowest])
    told = f"{falls[lowest]:.1f}\u00a0pp"
    until(lambda: label(page, lowest), lambda text: f": {told} (2018 to 2021)" in text, "the label of the place")
    name = name_of(page, lowest)
    lines = point_at(page, name)
    assert told in lines
    assert any(line.startswith("2018 to 2021 · percentage points") for line in lines)
    low, high = change["low"][0][lowest], change["high"][0][lowest]
    assert f"interval {low:+.1f}\u00a0pp to {high:+.1f}\u00a0pp" in lines
    unit = change["ids"][lowest]
    assert cell(page, unit, "value") == told
    assert cell(page, unit, "period") == "2018 to 2021"
    assert page.locator("#grid [col-id=rank]").count() == 0
    page.locator(f'#grid .ag-row[row-id="{unit}"] [col-id=place]').click()
    row = page.locator("#panel tr[data-period='2021']")
    expect(row).to_contain_text("2018 to 2021")
    expect(row).to_contain_text(told)


def test_a_change_that_may_be_none_is_hatched_counted_and_told(visitor: Visitor) -> None:
    page = open_map(visitor, f"{POVERTY}&base=2018&period=2021")
    change = scene_of(page, "base=2018")
    unclear = [i for i, sign in enumerate(change["unclear"][0]) if sign == "1"]
    for i in unclear:
        assert change["low"][0][i] <= 0 <= change["high"][0][i]
    shown = fills(page)
    assert {i for i, fill in enumerate(shown) if fill and "unclear" in fill} == set(unclear)
    entry = page.locator("#legend [data-entry=z]")
    expect(entry).to_contain_text("no clear change")
    expect(entry.locator(".lg-n")).to_have_text(str(len(unclear)))
    assert any("no change at all" in line for line in point_at(page, name_of(page, unclear[0])))
    entry.click()
    assert query_of(page)["kept"] == "z"


def test_percent_has_no_interval_and_comes_back_with_the_address(visitor: Visitor) -> None:
    page = open_map(visitor, f"{POVERTY}&base=2018&measure=percent&period=2024&speed=2&loop=1")
    expect(page.locator("#headline")).to_contain_text("Change in % since 2018")
    box = open_time(page)
    expect(box.locator("[data-time=base]")).to_have_value("2018")
    expect(box.get_by_role("button", name="In percent")).to_have_attribute("aria-pressed", "true")
    expect(box.get_by_role("button", name="2×")).to_have_attribute("aria-pressed", "true")
    expect(box.get_by_label("Begin again at the end")).to_be_checked()
    expect(box.locator("[data-time=upto]")).to_be_disabled()
    assert scene_of(page, "base=2018&measure=percent")["low"] is None
    expect(page.locator("#foot")).to_contain_text("No interval is given")
    box.locator("[data-time=base]").select_option(value="")
    expect(page.locator("#headline")).not_to_contain_text("Change")
    assert not {"base", "measure"} & set(query_of(page))


def test_a_missing_figure_is_replaced_by_the_latest_one_and_says_so(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WORK}&period=2013", app=True)
    plain = scene_of(page, "")
    ids = [stop["id"] for stop in plain["periods"]]
    at, before, broken = (ids.index(one) for one in ("2013", "2012", "2014"))
    gone = next(i for i, s in enumerate(plain["states"][at]) if s == "n" and plain["states"][before][i] == "v")
    box = open_time(page)
    box.locator("[data-time=upto]").check()
    until(lambda: fills(page)[gone], lambda fill: bool(fill and "older" in fill), "the hatch of an older figure")
    page.keyboard.press("Escape")
    assert query_of(page)["upto"] == "1"
    expect(page.locator("#legend [data-entry=o]")).to_contain_text("older figure")
    until(lambda: label(page, gone), lambda text: text.endswith("(2012)"), "the label of the place")
    name = name_of(page, gone)
    assert "Figure of 2012, 1 year older than the period shown" in point_at(page, name)
    page.locator("#top [data-open=table]").click()
    unit = plain["ids"][gone]
    expect(page.locator("#grid .ag-row").first).to_be_visible()
    assert cell(page, unit, "period") == "2012"
    assert "1 year older" in cell(page, unit, "status")
    page.keyboard.press("t")
    latest = scene_of(page, "upto=1")
    stays = next(i for i, s in enumerate(latest["states"][broken]) if s == "n" and f"{broken}:{i}" in latest["why"])
    page.locator("body").press("]")
    expect(page.locator("[data-bind=period]")).to_have_text("2014")
    until(lambda: label(page, stays), lambda text: "no data" in text, "the label of the place")
    assert any("The series breaks on 1 Jan 2014" in line for line in point_at(page, name_of(page, stays)))


def test_playing_stops_before_a_break_and_goes_on_when_asked(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WORK}&period=2012&speed=4&span=2012..2019")
    play, notice = page.locator("[data-step=play]"), page.locator("#notice")
    expect(page.locator(".tick.break")).to_have_count(2)
    play.click()
    expect(notice).to_contain_text("Stopped before 2014")
    expect(notice).to_contain_text("New definition of unemployment.")
    expect(play).to_have_attribute("aria-pressed", "false")
    assert period(page) == "2013"
    play.click()
    expect(page.locator("[data-bind=period]")).to_have_text("2014")
    expect(notice).to_be_hidden()
    expect(notice).to_contain_text("Stopped before 2018")
    assert period(page) == "2017"
    asked = len(visitor.guard.requests)
    play.click()
    expect(page.locator("[data-bind=period]")).to_have_text("2019")
    expect(play).to_have_attribute("aria-pressed", "false")
    assert [url for url in visitor.guard.requests[asked:] if "/data/" in url] == []
    box = open_time(page)
    expect(box.locator(".time-breaks li")).to_have_count(2)


def test_the_range_is_set_by_list_key_and_drag_and_loops(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WORK}&period=2020&speed=4")
    box = open_time(page)
    box.locator("[data-span='0']").select_option(label="2019")
    box.locator("[data-span='1']").select_option(label="2022")
    box.get_by_label("Begin again at the end").check()
    assert {k: query_of(page)[k] for k in ("span", "loop")} == {"span": "2019..2022", "loop": "1"}
    page.keyboard.press("Escape")
    first, last = page.locator(".range-end[data-end='0']"), page.locator(".range-end[data-end='1']")
    last.press("ArrowLeft")
    expect(last).to_have_attribute("aria-valuetext", "2021")
    assert query_of(page)["span"] == "2019..2021"
    handle, stop = first.bounding_box(), page.locator(".stop[data-stop='12']").bounding_box()
    assert handle is not None
    assert stop is not None
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(stop["x"] + stop["width"] / 2, handle["y"] + 6, steps=4)
    page.mouse.up()
    until(lambda: query_of(page).get("span"), lambda found: found == "2020..2021", "the range in the address")
    page.locator("[data-step=play]").click()
    seen = {"2020", "2021"}
    expect(page.locator("[data-bind=period]")).to_have_text("2021")
    expect(page.locator("[data-bind=period]")).to_have_text("2020")
    expect(page.locator("[data-step=play]")).to_have_attribute("aria-pressed", "true")
    assert period(page) in seen
    page.locator("[data-step=play]").click()


def test_the_wheel_over_the_slider_steps(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WORK}&period=2020")
    track = page.locator(".track").bounding_box()
    assert track is not None
    page.mouse.move(track["x"] + track["width"] / 2, track["y"] + 20)
    page.mouse.wheel(0, 100)
    expect(page.locator("[data-bind=period]")).to_have_text("2021")
    page.mouse.wheel(0, -100)
    page.mouse.wheel(0, -100)
    expect(page.locator("[data-bind=period]")).to_have_text("2019")
    until(lambda: query_of(page).get("period"), lambda found: found == "2019", "the period in the address")


def test_boundaries_that_change_are_told(visitor: Visitor) -> None:
    page = open_map(visitor, f"{WORK}&period=2017")
    page.keyboard.press("]")
    expect(page.locator("#busy")).to_have_text("Boundaries as of 2018: Ilvandor")
    until(lambda: page.locator("#live").inner_text(), lambda text: "Boundaries as of 2018" in text, "the live region")


def test_the_table_draws_every_series(visitor: Visitor) -> None:
    page = open_map(visitor, f"{POVERTY}&period=2021&table=1", app=True)
    drawn = page.locator("#grid .ag-row [col-id=series] svg.spark")
    expect(drawn.first).to_be_visible()
    text = drawn.first.get_attribute("aria-label") or ""
    assert re.fullmatch(r"\d figures: [\d.]+% \(\d{4}\) to [\d.]+% \(\d{4}\)", text)
    assert drawn.first.locator("title").text_content() == text
    assert drawn.first.locator("circle.now").count() == 1


def test_playing_can_be_paused_by_key_with_less_motion(visit: Callable[..., Visitor]) -> None:
    page = open_map(visit(reduced_motion="reduce"), f"{WORK}&period=2019")
    page.locator("#map").focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-step=play]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-bind=period]")).to_have_text("2020")
    page.keyboard.press("Space")
    expect(page.locator("[data-step=play]")).to_have_attribute("aria-pressed", "false")


def test_claims_are_not_followed_by_arithmetic(visitor: Visitor) -> None:
    page = open_map(visitor, "?layer=ftf_departures_claimed&level=ADM0")
    box = open_time(page)
    expect(box).to_contain_text("no change is taken between periods")
    assert box.locator("[data-time]").count() == 0
    status: int = page.evaluate(
        """async () => {
          const { data } = JSON.parse(document.querySelector('#boot').textContent);
          return (await fetch(`${data}/ftf_departures_claimed.ADM0.json?upto=1`)).status;
        }"""
    )
    assert status == 404
    visitor.guard.faults[:] = [fault for fault in visitor.guard.faults if "upto=1" not in fault]
