"""The scene drawn in Python and the scene drawn in the browser are one picture: every unit, every text."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.served import drawn_picture, fetch_page, served_picture
from tests.browser.visitor import Visitor, boot, query_of, until

LAYERS = [
    ("mpi_headcount_ratio", "ADM1"),
    ("mpi_headcount_ratio_harmonised", "ADM0"),
    ("poverty_rate", "ADM1"),
    ("internal_migration_net", "ADM1"),
    ("bma_nationals_abroad_reported", "ADM0"),
    ("ftf_departures_claimed", "ADM0"),
    ("poverty_rate_reported_range", "ADM1"),
]
LANGUAGES = ("en", "ru")


def differences(served: Any, drawn: Any, where: str = "") -> list[str]:
    """Return the places where two pictures differ, each with both contents."""
    if isinstance(served, dict) and isinstance(drawn, dict) and served.keys() == drawn.keys():
        return [line for k in served for line in differences(served[k], drawn[k], f"{where}.{k}")]
    if isinstance(served, list) and isinstance(drawn, list) and len(served) == len(drawn):
        return [
            d for i, (a, b) in enumerate(zip(served, drawn, strict=True)) for d in differences(a, b, f"{where}[{i}]")
        ]
    return [] if served == drawn else [f"{where}: served {served!r:.160}, drawn {drawn!r:.160}"]


def compare(page: Page, origin: str, **view: str) -> None:
    """Fail unless the page shows what the server sends for the view."""
    expected = served_picture(fetch_page(f"{origin}/?{urlencode(view)}"))
    found = until(lambda: differences(expected, drawn_picture(page)), lambda lines: not lines, f"the picture of {view}")
    assert found == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("layer", "level"), LAYERS)
def test_every_period_looks_alike(map_visitor: Visitor, origin: str, layer: str, level: str, lang: str) -> None:
    """Open at the first period, step to each of the others."""
    view = {"layer": layer, "level": level, "lang": lang}
    page = map_visitor.open("?" + urlencode(view))
    periods = [stop["id"] for stop in boot(page)["scene"]["periods"]]
    if len(periods) > 1:
        page.locator("[data-step=first]").click()
    for period in periods:
        compare(page, origin, **view, period=period)
        if period != periods[-1]:
            page.keyboard.press("]")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("layer", "level", "countries"),
    [
        ("mpi_headcount_ratio", "ADM1", ["UZB", "KAZ"]),
        ("poverty_rate", "ADM1", ["KGZ", "TJK"]),
        ("internal_migration_net", "ADM1", ["KAZ", "AFG"]),
        ("ftf_departures_claimed", "ADM0", ["TJK"]),
    ],
)
def test_every_scope_looks_alike(
    map_visitor: Visitor, origin: str, layer: str, level: str, countries: list[str], lang: str
) -> None:
    """A country in focus, one that the layer has no figure for, and back to the region."""
    view = {"layer": layer, "level": level, "lang": lang}
    page = map_visitor.open("?" + urlencode(view))
    stops = boot(page)["scene"]["periods"]
    period = stops[boot(page)["period"]]["id"]
    for country in countries:
        page.locator("#country").select_option(country)
        compare(page, origin, **view, country=country, period=period)
    page.locator("#country").select_option("")
    compare(page, origin, **view, country="all", period=period)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_layers_opened_from_the_menu_look_alike(map_visitor: Visitor, origin: str, lang: str) -> None:
    """From fills to circles to ranges and back, over both levels: nothing of the former layer stays."""
    page = map_visitor.open(f"?lang={lang}")
    page.evaluate("() => document.querySelectorAll('.driver').forEach(group => { group.open = true; })")
    for layer in (
        "population",
        "poverty_rate",
        "ftf_departures_claimed",
        "internal_migration_net",
        "mpi_headcount_ratio",
    ):
        link = page.locator(f"#menu [data-layer={layer}]")
        link.click()
        expect(link).to_have_attribute("aria-current", "true")
        view = until(
            lambda: query_of(page), lambda view, layer=layer: view["layer"] == layer, f"the address of {layer}"
        )
        compare(page, origin, **view)


def test_a_difference_is_seen(map_visitor: Visitor, origin: str) -> None:
    """The comparison above is able to fail: one fill and one label changed are two differences."""
    page = map_visitor.open()
    served = served_picture(fetch_page(f"{origin}/?lang=en"))
    until(lambda: differences(served, drawn_picture(page)), lambda lines: not lines, "the same picture")
    page.evaluate(
        """() => { document.querySelector('#u0').setAttribute('fill', '#123456');
                   document.querySelector('#u1').setAttribute('aria-label', 'elsewhere'); }"""
    )
    assert [line.split(":")[0] for line in differences(served, drawn_picture(page))] == [
        ".shapes[0][4][0]", ".shapes[1][4][2]",
    ]  # fmt: skip
