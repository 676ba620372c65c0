"""Find a layer and open it; levels, countries, languages; back and forward; without a network."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor, boot, choose_language, fills, period, query_of, until

DEFAULT = "Share of people living in multidimensional poverty"


def test_the_first_page_shows_a_map(visitor: Visitor) -> None:
    page = visitor.open(app=True)
    expect(page.locator("#headline")).to_contain_text(DEFAULT)
    expect(page.locator("[data-bind=coverage]")).to_have_text(re.compile(r"^\d+ of \d+ places have data$"))
    expect(page.locator("#foot")).to_contain_text("Source:")
    expect(page.locator(".disclaimer")).to_contain_text("Boundaries:")
    expect(page.locator("#menu a[aria-current=true]")).to_have_count(1)
    drawn = [fill for fill in fills(page) if fill]
    assert len(drawn) > 60
    assert len(set(drawn)) >= 5
    assert visitor.guard.asked_for("plotly") == []
    assert visitor.guard.asked_for("dash_ag_grid") == []


def press_tab(page: Page) -> bool:
    """Go one on with Tab; return whether the layer looked for has the focus."""
    page.keyboard.press("Tab")
    return bool(page.evaluate("() => document.activeElement.dataset.layer === 'poverty_rate'"))


def test_find_a_layer_by_typing_and_open_it(visitor: Visitor) -> None:
    page = visitor.open(app=True)
    before = fills(page)
    page.locator("#find").focus()
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("rate NATIONAL line")
    until(lambda: page.locator("#menu li:visible").count(), lambda n: 0 < n < 5, "few layers found")
    until(lambda: press_tab(page), what="the layer with Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#headline")).to_have_text("Share of people below the national poverty line")
    until(lambda: query_of(page)["layer"], lambda layer: layer == "poverty_rate", "the layer in the address")
    assert fills(page) != before
    expect(page.locator("#menu a[aria-current=true]")).to_have_attribute("data-layer", "poverty_rate")
    expect(page).to_have_title(re.compile("^Share of people below the national poverty line · "))


def test_words_that_no_layer_has(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    page.locator("#find").fill("zebra")
    expect(page.locator("#find-none")).to_be_visible()
    expect(page.locator("#menu li:visible")).to_have_count(0)
    page.locator("#find").fill("")
    expect(page.locator("#find-none")).to_be_hidden()
    expect(page.locator(".driver:visible")).to_have_count(page.locator(".driver").count())
    expect(page.locator(".driver[open]")).to_have_count(1)


def test_every_layer_of_the_menu_can_be_found(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    titles = page.locator("#menu [data-layer] span:first-child").all_text_contents()
    assert len(titles) > 60
    for title in titles[::7]:
        page.locator("#find").fill(title)
        expect(page.locator("#menu li:visible span:first-child").filter(has_text=title).first).to_be_visible()


def test_levels(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    regions = len([fill for fill in fills(page) if fill])
    page.locator("[data-level=ADM0]:not(a)").click()
    expect(page.locator("[data-level=ADM0]:not(a)")).to_have_attribute("aria-pressed", "true")
    until(lambda: query_of(page).get("level"), lambda level: level == "ADM0", "the level in the address")
    countries = [fill for fill in fills(page) if fill]
    assert len(countries) == 6 < regions
    expect(page.locator("#shapes > [aria-label^='Kazakhstan: ']")).to_have_count(1)
    page.locator("[data-level=ADM1]:not(a)").click()
    until(lambda: query_of(page).get("level"), lambda level: level == "ADM1", "the level in the address")
    assert len([fill for fill in fills(page) if fill]) == regions


def test_country_focus_and_back(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    whole = page.locator("#map").get_attribute("viewBox")
    page.locator("#country").select_option("KGZ")
    expect(page.locator("[data-bind=scope]")).to_contain_text("Kyrgyzstan")
    assert query_of(page)["country"] == "KGZ"
    assert page.locator("#map").get_attribute("viewBox") != whole
    scene = boot(page)["scene"]
    ground = scene["ground"]
    outside = [f for f, iso3 in zip(fills(page), scene["iso3"], strict=True) if f and iso3 != "KGZ"]
    assert set(outside) == {ground}
    page.locator("#country").select_option("")
    expect(page.locator("[data-bind=scope]")).to_contain_text("Each country by its own scale")
    expect(page.locator("#map")).to_have_attribute("viewBox", whole or "")


def test_a_layer_of_one_country_opens_on_it(map_visitor: Visitor) -> None:
    page = map_visitor.open("?layer=average_wage")
    expect(page.locator("#country")).to_have_value("KGZ")
    page.locator("#country").select_option("")
    until(lambda: query_of(page).get("country"), lambda country: country == "all", "the whole region in the address")
    page.reload(wait_until="commit")
    page.wait_for_selector("html[data-map=ready]", state="attached")
    expect(page.locator("#country")).to_have_value("")


def test_language_keeps_the_view(visitor: Visitor) -> None:
    page = visitor.open("?layer=poverty_rate&level=ADM1&country=KGZ&period=2019&unit=KG-O&table=1&kept=3", app=True)
    before = query_of(page) | {"lang": "ru"}
    english = fills(page)
    choose_language(page, "ru")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.wait_for_selector("html[data-app=ready]", state="attached")
    expect(page.locator("#headline")).to_have_text("Доля населения ниже национальной черты бедности")
    expect(page.locator("#panel h2")).to_have_text("Ошская область")
    until(lambda: query_of(page), lambda query: query == before, "the same view in Russian")
    assert fills(page) == english
    choose_language(page, "en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.wait_for_selector("html[data-app=ready]", state="attached")
    until(lambda: query_of(page), lambda query: query == before | {"lang": "en"}, "the same view in English")


def test_the_browser_language_is_taken(visit: Callable[..., Visitor]) -> None:
    page = visit(locale="ru-RU").open()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page = visit(locale="fr-FR").open()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_back_and_forward(visitor: Visitor) -> None:
    page = visitor.open(app=True)
    headline = page.locator("#headline")
    first, first_fills = headline.inner_text(), fills(page)
    assert period(page) == "Latest figures; periods differ"
    page.locator("#find").fill("Unemployment rate")
    page.locator("#menu [data-layer=unemployment_rate]").click()
    expect(headline).not_to_have_text(first)
    second = headline.inner_text()
    page.locator("[data-step=first]").click()
    second_period, second_fills = period(page), fills(page)
    page.locator("#country").select_option("KAZ")
    expect(page.locator("[data-bind=scope]")).to_contain_text("Kazakhstan")

    page.go_back()
    expect(page.locator("#country")).to_have_value("")
    until(lambda: fills(page), lambda found: found == second_fills, "the second view")
    assert (headline.inner_text(), period(page)) == (second, second_period)

    page.go_back()
    expect(headline).to_have_text(first)
    until(lambda: fills(page), lambda found: found == first_fills, "the first view")
    expect(page.locator("[data-bind=period]")).to_have_text("Latest figures; periods differ")

    page.go_forward()
    expect(headline).to_have_text(second)
    until(lambda: fills(page), lambda found: found == second_fills, "the second view again")
    page.go_forward()
    expect(page.locator("#country")).to_have_value("KAZ")


def test_back_to_a_view_whose_address_names_no_period(map_visitor: Visitor) -> None:
    """The default period is shown again, not the one that the other layer was left at."""
    page = map_visitor.open("?layer=mpi_headcount_ratio")
    first = fills(page)
    page.locator("#find").fill("Severe")
    page.locator("#menu [data-layer=mpi_severe]").click()
    expect(page.locator("#menu [data-layer=mpi_severe]")).to_have_attribute("aria-current", "true")
    page.locator("[data-step=first]").click()
    expect(page.locator("[data-bind=period]")).to_have_text("2015")
    page.go_back(wait_until="commit")
    expect(page.locator("#menu [data-layer=mpi_headcount_ratio]")).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-bind=period]")).to_have_text("Latest figures; periods differ")
    until(lambda: fills(page), lambda found: found == first, "the first view")


def test_back_closes_the_panel(visitor: Visitor) -> None:
    page = visitor.open(app=True)
    page.locator("#shapes > [aria-label^='Khatlon region']").dispatch_event("click")
    expect(page.locator("#panel h2")).to_have_text("Khatlon region")
    page.go_back()
    expect(page.locator("#panel")).to_be_empty()
    page.go_forward()
    expect(page.locator("#panel h2")).to_have_text("Khatlon region")


def test_without_a_network_the_former_map_stays(visitor: Visitor) -> None:
    page = visitor.open(app=True)
    before, headline = fills(page), page.locator("#headline").inner_text()
    page.locator("#find").fill("Unemployment rate")
    visitor.guard.is_offline = True
    page.context.set_offline(True)
    page.locator("#menu [data-layer=unemployment_rate]").click()
    expect(page.locator("#notice")).to_be_visible()
    expect(page.locator("#notice")).to_contain_text("could not be loaded")
    expect(page.locator("#busy")).to_be_hidden()
    assert fills(page) == before
    expect(page.locator("#headline")).to_have_text(headline)
    page.keyboard.press("[")
    page.locator("[data-step=first]").click()
    assert fills(page) != before

    page.context.set_offline(False)
    visitor.guard.is_offline = False
    page.locator("#menu [data-layer=unemployment_rate]").click()
    expect(page.locator("#headline")).not_to_have_text(headline)
    expect(page.locator("#notice")).to_be_hidden()


def test_of_two_layers_asked_for_quickly_the_last_is_shown(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    page.locator("#find").fill("rate")
    page.evaluate(
        """() => { for (const layer of ['unemployment_rate', 'poverty_rate'])
                     document.querySelector(`#menu [data-layer=${layer}]`).click(); }"""
    )
    expect(page.locator("#headline")).to_have_text("Share of people below the national poverty line")
    expect(page.locator("#busy")).to_be_hidden()
    assert query_of(page)["layer"] == "poverty_rate"
