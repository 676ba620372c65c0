"""The quality report in a browser: from a layer to its report and back, both languages, small screens, on paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from geodata.snapshot import open_snapshot
from tests.browser.visitor import Visitor, choose_language, query_of

LAYER = "doctors"


def faults_of(page: Page) -> list[str]:
    """Return the serious and critical findings of axe-core."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")
    ]


def is_wider_than_screen(page: Page) -> bool:
    return bool(page.evaluate("() => document.documentElement.scrollWidth > innerWidth"))


def test_from_the_method_of_a_layer_to_its_report_and_back_to_a_figure(visitor: Visitor) -> None:
    page = visitor.open(f"?layer={LAYER}&lang=en", app=True)
    page.get_by_role("button", name="About this layer").click()
    page.get_by_role("link", name="Quality report of this layer").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Doctors")
    row = page.get_by_role("row").filter(has_text="Parts do not add up to the total")
    expect(row).to_contain_text("sum of 14 parts")
    row.get_by_role("link", name="Uzbekistan").click()
    page.wait_for_selector("html[data-map=ready]", state="attached")
    assert query_of(page)["layer"] == LAYER
    assert query_of(page)["country"] == "UZB"


def test_the_verdict_leads_to_its_lines(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.guard.origin}/quality?lang=en")
    verdict = page.get_by_role("region", name="Worth a look").first
    expect(verdict).to_contain_text("are worth a look")
    verdict.get_by_role("link", name="Unlike its own past").click()
    expect(page.get_by_role("heading", name="Unlike its own past")).to_be_in_viewport()


def test_the_language_is_changed_on_the_page_of_an_indicator(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.guard.origin}/quality?indicator={LAYER}&lang=en")
    choose_language(page, "ru")
    expect(page.get_by_role("heading", level=1)).to_have_text("Врачи")
    assert query_of(page) == {"indicator": LAYER, "lang": "ru"}


@pytest.mark.parametrize("query", ["?lang=en", f"?lang=ru&indicator={LAYER}"])
def test_axe_finds_nothing_serious(visitor: Visitor, query: str) -> None:
    visitor.page.goto(f"{visitor.guard.origin}/quality{query}")
    assert faults_of(visitor.page) == []


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_wide_tables_scroll_in_their_own_frame(visit: Callable[..., Visitor], width: int, height: int) -> None:
    visitor = visit(viewport={"width": width, "height": height})
    for query in ("?lang=ru", f"?lang=ru&indicator={LAYER}"):
        visitor.page.goto(f"{visitor.guard.origin}/quality{query}")
        assert not is_wider_than_screen(visitor.page)


def test_the_published_file_shows_one_language_at_a_time_and_opens_what_is_linked(
    visitor: Visitor, snapshots: Path
) -> None:
    page = visitor.page
    page.set_content((open_snapshot(snapshots, "public").path / "report.html").read_text(encoding="utf-8"))
    english, russian = page.locator("#en"), page.locator("#ru")
    expect(english).to_be_visible()
    expect(russian).to_be_hidden()
    page.get_by_role("link", name="Русский").click()
    expect(russian).to_be_visible()
    expect(english).to_be_hidden()
    russian.get_by_role("link", name="Врачи", exact=True).first.click()
    expect(russian.locator(f"#ru-indicator-{LAYER}")).to_be_visible()
    expect(english).to_be_hidden()
