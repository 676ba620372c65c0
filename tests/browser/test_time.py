"""The slider: mouse, buttons, keys, play; every step changes the map and asks nobody."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor, boot, fills, period, query_of, until

LAYER = "?layer=mpi_headcount_ratio_harmonised"


def ids(page: Page) -> list[str]:
    return [stop["id"] for stop in boot(page)["scene"]["periods"]]


def labels(page: Page) -> list[str]:
    return [stop["label"] for stop in boot(page)["scene"]["periods"]]


@pytest.fixture
def page(visitor: Visitor) -> Page:
    return visitor.open(LAYER, app=True)


def test_drag_the_slider(visitor: Visitor, page: Page) -> None:
    track = page.locator("#slider").bounding_box()
    assert track is not None
    y = track["y"] + track["height"] / 2
    asked, seen, named = len(visitor.guard.requests), [], []
    page.mouse.move(track["x"] + track["width"] - 12, y)
    page.mouse.down()
    for step in range(20, -1, -1):
        page.mouse.move(track["x"] + 12 + (track["width"] - 24) * step / 20, y)
        seen.append(tuple(fills(page)))
        named.append(period(page))
    page.mouse.up()
    stops = labels(page)
    assert list(dict.fromkeys(named))[-1] == stops[0]
    assert len(dict.fromkeys(named)) >= len(stops) - 2
    assert len(set(seen)) >= len(stops) - 2
    until(lambda: query_of(page).get("period"), lambda found: found == ids(page)[0], "the period in the address")
    expect(page.locator("#slider")).to_have_value("0")
    assert visitor.guard.requests[asked:] == []


def test_step_buttons(visitor: Visitor, page: Page) -> None:
    stops, asked = labels(page), len(visitor.guard.requests)
    press = {name: page.locator(f"[data-step={name}]") for name in ("first", "previous", "next", "last")}
    bound = page.locator("[data-bind=period]")
    press["first"].click()
    expect(bound).to_have_text(stops[0])
    press["previous"].click()
    expect(bound).to_have_text(stops[0])
    press["next"].click()
    expect(bound).to_have_text(stops[1])
    press["last"].click()
    expect(bound).to_have_text("Latest figures; periods differ")
    press["previous"].click()
    expect(bound).to_have_text(stops[-2])
    assert visitor.guard.requests[asked:] == []


def test_keys(visitor: Visitor, page: Page) -> None:
    stops, asked = labels(page), len(visitor.guard.requests)
    bound, slider = page.locator("[data-bind=period]"), page.locator("#slider")
    page.keyboard.press("[")
    expect(bound).to_have_text(stops[-2])
    page.keyboard.press("[")
    expect(bound).to_have_text(stops[-3])
    page.keyboard.press("]")
    expect(bound).to_have_text(stops[-2])
    slider.focus()
    for key, expected in [
        ("Home", 0), ("ArrowRight", 1), ("ArrowUp", 2), ("PageUp", 3), ("ArrowLeft", 2), ("ArrowDown", 1),
        ("PageDown", 0),
        ("End", -1),
    ]:  # fmt: skip
        page.keyboard.press(key)
        expect(slider).to_have_attribute("aria-valuetext", re.compile(f"^{re.escape(stops[expected])}: "))
    assert visitor.guard.requests[asked:] == []


def test_a_label_under_the_track_goes_there(page: Page) -> None:
    stop = page.locator(".stop.has-room").first
    stop.click()
    expect(page.locator("[data-bind=period]")).to_have_text(stop.inner_text())


def test_play_and_pause(visitor: Visitor, page: Page) -> None:
    stops = labels(page)
    play = page.locator("[data-step=play]")
    page.locator("[data-step=first]").click()
    asked, before = len(visitor.guard.requests), fills(page)
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    expect(play).to_have_text("Pause")
    expect(page.locator("[data-bind=period]")).to_have_text(stops[1])
    expect(page.locator("[data-bind=period]")).to_have_text(stops[2])
    assert fills(page) != before
    play.click()
    expect(play).to_have_attribute("aria-pressed", "false")
    expect(play).to_have_text("Play")
    assert visitor.guard.requests[asked:] == []


def test_play_ends_at_the_last_dated_period(visitor: Visitor) -> None:
    """The space bar plays; "latest" is no moment in time, so that play stops before it."""
    visitor.guard.keep_dash_away(visitor.page.context)
    visitor.page.clock.install()
    page = visitor.open(LAYER)
    stops = labels(page)
    page.locator("body").press(" ")
    expect(page.locator("[data-bind=period]")).to_have_text(stops[0])
    for label in stops[1:-1]:
        page.clock.run_for(1100)
        expect(page.locator("[data-bind=period]")).to_have_text(label)
    page.clock.run_for(1100)
    expect(page.locator("[data-step=play]")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-bind=period]")).to_have_text(stops[-2])


def test_the_slider_answers_before_dash_is_there(map_visitor: Visitor) -> None:
    page = map_visitor.open(LAYER)
    before = fills(page)
    page.keyboard.press("[")
    assert fills(page) != before
    expect(page.locator("html")).not_to_have_attribute("data-app", "ready")


def test_one_period_has_no_slider(map_visitor: Visitor) -> None:
    page = map_visitor.open("?layer=grp_per_capita_kzt")
    expect(page.locator("#slider")).to_have_count(0)
    expect(page.locator("#time")).to_contain_text("One period: 2022")
    before = fills(page)
    page.keyboard.press("[")
    page.keyboard.press(" ")
    assert fills(page) == before
