"""Two readers at once, each with a view of their own: what one does never shows at the other."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.visitor import Visitor, fills, period, query_of, spot, until


def test_two_users_do_not_disturb_each_other(visit: Callable[..., Visitor]) -> None:
    anna = visit().open("?layer=poverty_rate&level=ADM1&period=2019", app=True)
    boris = visit(locale="ru-RU", viewport={"width": 1280, "height": 800}).open(
        "?layer=mpi_headcount_ratio_harmonised&level=ADM1&period=2018", app=True
    )
    hers, his = fills(anna), fills(boris)
    assert hers != his

    anna.mouse.click(*spot(anna, "Naryn region"))
    boris.mouse.click(*spot(boris, "Хатлонская область"))
    expect(anna.locator("#panel h2")).to_have_text("Naryn region")
    expect(boris.locator("#panel h2")).to_have_text("Хатлонская область")

    anna.keyboard.press("t")
    boris.keyboard.press("t")
    expect(anna.locator("#grid .ag-row-selected [col-id=place]").first).to_have_text("Naryn region")
    expect(boris.locator("#grid .ag-row-selected [col-id=place]").first).to_have_text("Хатлонская область")
    expect(anna.locator("#grid .ag-header-cell[col-id=value]")).to_have_text("Value")
    expect(boris.locator("#grid .ag-header-cell[col-id=value]")).to_have_text("Значение")
    assert (fills(anna), fills(boris)) == (hers, his)

    anna.locator("[data-step=first]").click()
    assert fills(boris) == his
    assert period(boris) == "2018"
    boris.locator("#country").select_option("TJK")
    expect(boris.locator("[data-bind=scope]")).to_contain_text("Таджикистан")
    expect(anna.locator("#country")).to_have_value("")

    anna.locator("#find").fill("population")
    anna.locator("#menu [data-layer=population]").click()
    boris.locator("#top [data-open=method]:visible").click()
    expect(boris.locator(".modal.show")).to_be_visible()
    until(lambda: query_of(anna)["layer"], lambda layer: layer == "population", "her layer")
    expect(anna.locator(".modal.show")).to_have_count(0)
    assert query_of(boris) == {
        "layer": "mpi_headcount_ratio_harmonised", "level": "ADM1", "period": "2018", "country": "TJK", "unit": "TJ-KT",
        "table": "1", "lang": "ru",
    }  # fmt: skip

    anna.reload()
    anna.wait_for_selector("html[data-map=ready]", state="attached")
    expect(anna.locator("html")).to_have_attribute("lang", "en")
    expect(anna.locator("#panel h2")).to_have_text("Naryn region")
    expect(boris.locator("#panel h2")).to_have_text("Хатлонская область")
