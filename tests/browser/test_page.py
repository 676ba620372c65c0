"""Dialogs, print, presentation, narrow screens, words, accessibility."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from layers.words import languages, load_words
from tests.browser.visitor import Visitor, boot, spot, until

LANGUAGES = ("en", "ru")
ALL = "?layer=poverty_rate&level=ADM1&period=2019&unit=KG-B&table=1"
PHONE = {"width": 390, "height": 844}


def open_everything(visitor: Visitor, lang: str) -> Page:
    """Open a view with the panel, its chart and the table."""
    page = visitor.open(f"{ALL}&lang={lang}", app=True)
    expect(page.locator("#grid .ag-row").first).to_be_visible()
    expect(page.locator("#series .main-svg").first).to_be_visible()
    return page


# -- dialogs ------------------------------------------------------------------------------------------------------


def test_about_this_layer(visitor: Visitor) -> None:
    page = visitor.open("?layer=poverty_rate", app=True)
    opener = page.locator("#top [data-open=method]:visible")
    dialog = page.locator(".modal.show")
    opener.click()
    expect(dialog).to_be_visible()
    expect(dialog.locator(".modal-title")).to_have_text("Poverty rate, national line")
    for source in boot(page)["scene"]["sources"]:
        expect(dialog).to_contain_text(source["title"])
        expect(dialog).to_contain_text(source["publisher"])
    for part in ("Definition", "Caveats", "Boundaries", "How figures were joined", "Sensitivity: low; tier: public"):
        expect(dialog).to_contain_text(part)
    report = dialog.get_by_role("link", name="Quality report of this layer")
    assert (report.get_attribute("href") or "").startswith("/quality?")
    others = dialog.locator("a").filter(has_not_text="Quality report of this layer")
    assert others.count() == dialog.locator("a").count() - 1
    for link in others.all():
        assert link.get_attribute("rel") == "noreferrer"
        assert (link.get_attribute("href") or "").startswith("https://")
    until(lambda: page.evaluate("() => !!document.activeElement.closest('.modal')"), what="the focus in the dialog")
    dialog.locator("[data-close=method]").click()
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()

    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def test_method_from_the_source_line(visitor: Visitor) -> None:
    page = visitor.open("?layer=ftf_departures_claimed&lang=ru", app=True)
    page.locator("#foot [data-open=method]").click()
    expect(page.locator(".modal.show .modal-title")).to_have_text(boot(page)["scene"]["title"])


def test_escape_in_a_dialog_leaves_the_panel(visitor: Visitor) -> None:
    page = visitor.open("?layer=poverty_rate&unit=KG-B", app=True)
    expect(page.locator("#panel h2")).to_have_text("Batken region")
    page.locator("#top [data-open=method]:visible").click()
    expect(page.locator(".modal.show")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".modal.show")).to_have_count(0)
    expect(page.locator("#panel h2")).to_have_text("Batken region")


def test_list_of_keys(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    page.wait_for_selector("html[data-workbench=ready]", state="attached")  # its parts add their keys
    page.keyboard.press("?")
    dialog = page.locator("#keys")
    expect(dialog).to_be_visible()
    expect(dialog.locator("li")).to_have_count(12)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.locator(".more summary").click()
    page.locator("#top [data-open=keys]").click()
    expect(dialog).to_be_visible()
    dialog.locator("button").click()
    expect(dialog).to_be_hidden()


# -- paper and projector ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_print(visitor: Visitor, lang: str) -> None:
    page = visitor.open(f"?layer=poverty_rate&period=2019&lang={lang}", app=True)
    printed = page.pdf()
    assert printed.startswith(b"%PDF-")
    assert printed.count(b"/Type /Page\n") == 1, "one sheet"
    page.emulate_media(media="print")
    for selector in ("#headline", "[data-bind=period]", "#map", "#legend", "#foot-scene", ".disclaimer", "#address"):
        expect(page.locator(selector)).to_be_visible()
    expect(page.locator("#foot")).to_contain_text(load_words(lang)("foot.source"))
    expect(page.locator("#foot")).to_contain_text(load_words(lang)("foot.caveats"))
    expect(page.locator("#address")).to_have_text(page.evaluate("() => location.href"))
    for selector in ("#menu", ".tools", ".map-tools", ".steps", "#slider", "#country"):
        expect(page.locator(selector)).to_be_hidden()
    page.emulate_media(media="screen")
    expect(page.locator("#menu")).to_be_visible()


def test_presentation(map_visitor: Visitor) -> None:
    page = map_visitor.open()
    expect(page.locator("#menu")).to_be_visible()
    page.locator(".more summary").click()
    page.locator("[data-do=present]").click()
    for selector in ("#headline", "#map", "#legend", "#time", ".disclaimer"):
        expect(page.locator(selector)).to_be_visible()
    for selector in ("#menu", ".brand", "#country", ".map-tools"):
        expect(page.locator(selector)).to_be_hidden()
    page.keyboard.press("[")
    expect(page.locator("[data-bind=period]")).not_to_have_text("Latest figures; periods differ")
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("p")
    expect(page.locator("#menu")).to_be_hidden()
    page.locator("#leave").click()
    expect(page.locator("#menu")).to_be_visible()


# -- narrow screens -----------------------------------------------------------------------------------------------


def test_menu_sheet_on_a_phone(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport=PHONE)
    page = visitor.open(app=True)
    menu, opener = page.locator("#menu"), page.locator("#top [data-open=menu]")
    expect(menu).to_be_hidden()
    opener.click()
    expect(menu).to_be_visible()
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.locator("#menu [data-close=menu]").click()
    expect(menu).to_be_hidden()
    expect(opener).to_have_attribute("aria-expanded", "false")
    opener.click()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    opener.click()
    page.locator("#find").fill("rate national")
    page.locator("#menu [data-layer=poverty_rate]").click()
    expect(page.locator("#headline")).to_have_text("Share of people below the national poverty line")
    expect(menu).to_be_hidden()


def test_touch_on_a_phone(visit: Callable[..., Visitor]) -> None:
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True).open("?layer=poverty_rate&period=2019", app=True)
    page.touchscreen.tap(*spot(page, "Naryn region"))
    expect(page.locator("#panel h2")).to_have_text("Naryn region")
    page.locator("#panel [data-close=panel]").tap()
    expect(page.locator("#panel")).to_be_empty()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_wider_than_the_screen(visit: Callable[..., Visitor], lang: str) -> None:
    visitor = visit()
    page = open_everything(visitor, lang)
    for width, height in [(1440, 900), (1024, 768), (768, 1024), (390, 844), (320, 640)]:
        page.set_viewport_size({"width": width, "height": height})
        until(lambda: page.evaluate("() => innerWidth"), lambda found, width=width: found == width, "the new size")
        wide = page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= width, f"the page is {wide} wide at {width}"
        for selector in ("#headline", "#time", "#legend", "#foot", "#top"):
            box = page.locator(selector).bounding_box()
            assert box is not None
            assert box["x"] >= 0, (selector, width)
            assert box["x"] + box["width"] <= width, (selector, width)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_label_is_cut_off(map_visitor: Visitor, lang: str) -> None:
    """Russian runs longer: buttons, tabs and legend rows must still hold their words."""
    page = map_visitor.open(f"?layer=mpi_headcount_ratio&lang={lang}")
    for width in (1440, 1024, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        until(lambda: page.evaluate("() => innerWidth"), lambda found, width=width: found == width, "the new size")
        cut = page.evaluate(
            """() => [...document.querySelectorAll('button, .lg-range, .lg-n, #headline, .stop, select')]
              .filter(n => n.checkVisibility() && !n.closest('#menu') && n.scrollWidth > n.clientWidth + 1)
              .filter(n => getComputedStyle(n).overflowX !== 'visible'
                || n.scrollWidth > n.parentElement.clientWidth + 1)
              .map(n => `${n.textContent.trim().slice(0, 40)}: ${n.scrollWidth} > ${n.clientWidth}`)"""
        )
        assert cut == [], width


# -- words --------------------------------------------------------------------------------------------------------


def strange(page: Page) -> list[str]:
    """Return what on the page looks like a key, an empty value or an unfilled field."""
    texts = page.evaluate(
        """() => {
          const found = [];
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) {
            const parent = walk.currentNode.parentElement;
            if (!parent.closest('script, style')) found.push(walk.currentNode.data);
          }
          for (const node of document.querySelectorAll('*')) {
            for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-valuetext']) {
              if (node.hasAttribute(name)) found.push(node.getAttribute(name));
            }
          }
          return [...found, document.title];
        }"""
    )
    keys = {key for lang in languages() for key in load_words(lang).keys()}  # noqa: SIM118
    bad = re.compile(r"\b(undefined|NaN|null|None|nan|Infinity)\b|\[object|[{}]|&(amp|quot|#\d+);")
    return [text for text in texts if bad.search(text) or any(word.strip(".,:;") in keys for word in text.split())]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_and_no_empty_value_is_shown(visitor: Visitor, lang: str) -> None:
    page = open_everything(visitor, lang)
    assert strange(page) == []
    page.locator("#top [data-open=method]:visible").click()
    expect(page.locator(".modal.show")).to_be_visible()
    assert strange(page) == []
    page.locator("[data-close=method]").click()
    expect(page.locator(".modal.show")).to_have_count(0)
    for layer in ("ftf_departures_claimed", "internal_migration_net", "population", "bma_nationals_abroad_reported"):
        page.evaluate("layer => document.querySelector(`#menu [data-layer=${layer}]`).click()", layer)
        expect(page.locator(f"#menu [data-layer={layer}]")).to_have_attribute("aria-current", "true")
        for node in page.locator("#shapes > :not([display])").all()[::6]:
            node.dispatch_event("pointermove", {"pointerType": "mouse", "bubbles": True})
            expect(page.locator("#tip .tip-name")).not_to_be_empty()
            assert strange(page) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_in_one_language(visitor: Visitor, lang: str) -> None:
    """In Russian no English label stays, in English no Russian one (but the link to the other language)."""
    page = visitor.open(f"?lang={lang}", app=True)
    other = load_words("en" if lang == "ru" else "ru")
    own = load_words(lang)
    foreign = {other(key) for key in other.keys() if key in own} - {own(key) for key in own.keys()}  # noqa: SIM118
    labels = page.evaluate(
        """() => [...document.querySelectorAll('button, label, h2, summary span, .lg-range, [aria-label], .sub span')]
          .filter(node => !node.closest('.langs'))
          .flatMap(node => [node.textContent.trim(), node.getAttribute('aria-label') ?? '', node.title ?? ''])"""
    )
    assert [label for label in labels if label in foreign and not re.fullmatch(r"[\W\d]*", label)] == []


# -- accessibility ------------------------------------------------------------------------------------------------


def violations(page: Page) -> list[str]:
    """Return the serious and critical findings of axe-core, with the elements that they are about."""
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{v['id']} ({v['impact']}): {[n['html'][:120] for n in v['nodes'][:3]]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe_finds_nothing_serious(visitor: Visitor, lang: str) -> None:
    page = visitor.open(f"?lang={lang}", app=True)
    assert violations(page) == []
    page.locator("#legend [data-entry='3']").click()
    page.keyboard.press("?")
    assert violations(page) == []


def test_axe_with_panel_table_and_dialog(visitor: Visitor) -> None:
    page = open_everything(visitor, "en")
    assert violations(page) == []
    page.locator("#top [data-open=method]:visible").click()
    expect(page.locator(".modal.show")).to_be_visible()
    assert violations(page) == []


def test_axe_on_a_phone(visit: Callable[..., Visitor]) -> None:
    page = visit(viewport=PHONE).open("?layer=ftf_departures_claimed", app=True)
    assert violations(page) == []
    page.locator("#top [data-open=menu]").click()
    expect(page.locator("#menu")).to_be_visible()
    assert violations(page) == []


def test_reduced_motion(visit: Callable[..., Visitor]) -> None:
    moving = """() => [...document.querySelectorAll('body *')].filter(node => {
      const style = getComputedStyle(node);
      return !node.closest('#grid') && parseFloat(style.transitionDuration) + parseFloat(style.animationDuration) > 0;
    }).map(node => node.id || node.className)"""
    page = visit(viewport=PHONE, reduced_motion="reduce").open(app=True)
    assert page.evaluate(moving) == []
    page.locator("#top [data-open=menu]").click()
    expect(page.locator("#menu")).to_be_visible()


def test_targets_are_large_enough(visitor: Visitor) -> None:
    """WCAG 2.5.8: what is pressed is at least 24 pixels wide and high."""
    page = visitor.open("?layer=poverty_rate&unit=KG-B", app=True)
    expect(page.locator("#panel h2")).to_be_visible()
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, select, summary, #menu a, #slider, .lang')]
          .filter(node => node.checkVisibility({ visibilityProperty: true }))
          .map(node => [node, node.getBoundingClientRect()])
          .filter(([, box]) => box.width && (box.width < 24 || box.height < 24))
          .map(([node, box]) => `${node.outerHTML.slice(0, 80)} ${box.width}x${box.height}`)"""
    )
    assert small == []
