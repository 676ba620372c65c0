"""The scenes of the visual suite: what is opened, how it is seen, and how its picture is kept and compared.

The kept pictures are small, all in one sheet (tests/browser/scenes.webp), in the order of `SCENES`:

    python -m tests.browser.scenes

draws the sheet anew and writes it. Look at it before it is committed: it is what the suite takes for right.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

SHEET = Path(__file__).with_name("scenes.webp")
CELL = (128, 96)
"""Width and height of a kept picture [pixels]."""
COLUMNS = 8
QUALITY = 88
"""Of the sheet's compression, which keeps it small."""
LEAST_OFF = 24
"""A pixel whose strongest channel is off by more than this counts as another one."""
MOST_OFF = 0.03
"""The most pixels of a kept picture that may be others, as a share."""

WIDE, DESK, PHONE, SMALL, WALL = (1440, 900), (1024, 768), (390, 844), (360, 740), (3840, 2160)
Pixels = NDArray[np.int16]


@dataclass(frozen=True)
class Scene:
    """One state of the page.

    Attributes
    ----------
    name : str
    query : str
        Of the address, without the question mark.
    size : (int, int)
        Of the window [CSS pixels].
    does : tuple of str
        What is done then: ``click <selector>`` or ``press <key>``, one after the other.
    media : tuple of (str, str)
        Media features, as Playwright's `emulate_media` names them.
    waits_for : str
        Selector of what must be there before the picture is taken.
    is_drawn_twice : bool
        Whether Python draws the map, too, so that both drawings are compared pixel by pixel.
    """

    name: str
    query: str
    size: tuple[int, int] = DESK
    does: tuple[str, ...] = ()
    media: tuple[tuple[str, str], ...] = ()
    waits_for: str = "#map"
    is_drawn_twice: bool = True

    @property
    def is_of_training(self) -> bool:
        """Whether it shows the invented country."""
        return "dataset=training" in self.query


def _with_languages(name: str, query: str, *sizes: tuple[int, int], **more: Any) -> tuple[Scene, ...]:
    return tuple(
        Scene(f"{name} {lang} {size[0]}", f"{query}&lang={lang}", size, **more)
        for lang in ("en", "ru")
        for size in sizes
    )


_WATER = "dataset=training&layer=water_access&level=ADM2"
_SOURCE = "dataset=training&layer=drinking_water_source&level=ADM2&period=2024"
_ROAD = "dataset=training&layer=winter_road_access&level=ADM2&period=2024"
_WATER_AND_MOVES = f"{_WATER}&second=labour_migrants_per_1000"
_WORK = "dataset=training&layer=unemployment_rate&level=ADM2"
_POOR = "layer=mpi_headcount_ratio&level=ADM1"

SCENES: tuple[Scene, ...] = (
    *_with_languages("opening view", _POOR, WIDE, DESK, PHONE),
    *_with_languages("districts", _WORK, WIDE, DESK, PHONE),
    Scene("one country", f"{_POOR}&country=KGZ"),
    Scene("one scale for all countries", f"{_POOR}&scale=across"),
    Scene("countries", "layer=mpi_headcount_ratio_harmonised&level=ADM0"),
    Scene("a year", "layer=poverty_rate&level=ADM1&period=2019"),
    Scene("figures about a midpoint", "layer=internal_migration_net&level=ADM1"),
    Scene("symbols of counts", "layer=bma_nationals_abroad_reported&level=ADM0"),
    Scene("published claims", "layer=ftf_departures_claimed&level=ADM0"),
    Scene("a range of figures", "layer=poverty_rate_reported_range&level=ADM1"),
    Scene("a place in its panel", f"{_WORK}&unit=XT0301", waits_for="#panel h2"),
    Scene("a class in relief", f"{_WORK}&kept=4"),
    Scene("a state in relief", f"{_WATER}&period=2023&kept=n"),
    Scene("before the reform", f"{_WORK}&period=2012"),
    Scene("regions", "dataset=training&layer=unemployment_rate&level=ADM1"),
    Scene("women", f"{_WORK}&sex=female"),
    Scene("the young", f"{_WORK}&age=15-29"),
    Scene("latest up to", "dataset=training&layer=poverty_rate&level=ADM2&upto=1&period=2018"),
    Scene("change", f"{_WORK}&base=2019"),
    Scene("change in percent", f"{_WORK}&base=2019&measure=percent"),
    Scene("change within the error", "dataset=training&layer=poverty_rate&level=ADM1&base=2018&period=2021"),
    Scene("equal intervals", f"{_WORK}&scheme=equal_interval&k=7"),
    Scene("natural breaks", f"{_WORK}&scheme=fisher_jenks&k=4"),
    Scene("head and tail", f"{_WORK}&scheme=head_tail"),
    Scene("standard deviations", f"{_WORK}&scheme=std_mean"),
    Scene("round classes", f"{_WORK}&scheme=pretty"),
    Scene("own classes", f"{_WORK}&breaks=5,10,20"),
    Scene("three classes in teals", f"{_WORK}&k=3&palette=teals"),
    Scene("about the mean", f"{_WORK}&mid=mean"),
    Scene("about the norm", f"{_WATER}&mid=norm"),
    Scene("a ramp", f"{_WORK}&ramp=1"),
    Scene("two fills", f"{_WATER_AND_MOVES}&fill=bivariate", WIDE),
    Scene("two fills, Russian", f"{_WATER_AND_MOVES}&fill=bivariate&lang=ru"),
    Scene("a fill under a hatch", f"{_WATER_AND_MOVES}&fill=hatch"),
    Scene("a fill under outlines", f"{_WATER_AND_MOVES}&fill=outline"),
    Scene("symbols over a fill", f"{_WATER}&over=labour_migrants_abroad.symbol.80"),
    Scene("kinds of place", f"{_WATER}&over=typology.outline.100"),
    Scene("programmes", f"{_WATER}&over=programmes.counts.100", is_drawn_twice=False),
    Scene("flows", "dataset=training&layer=water_access&level=ADM1&over=internal_moves.flow.90", is_drawn_twice=False),
    Scene("no reference layers", f"{_WATER}&ref=none"),
    Scene("a graticule", f"{_POOR}&ref=graticule,lakes"),
    Scene("inside a region", f"{_WORK}&inside=XT03"),
    Scene("filter", f"{_WATER}&filter=value:20..60", is_drawn_twice=False),
    Scene("several places", f"{_WATER}&picked=XT0301,XT0302,XT0303", is_drawn_twice=False),
    Scene("side by side", f"{_WATER}&mode=side&other=period:2012", WIDE, is_drawn_twice=False),
    Scene("swipe", f"{_WATER}&mode=swipe&other=period:2012&at=60", is_drawn_twice=False),
    Scene("small multiples", f"{_WATER}&mode=multiples&grid=period.3x4", WIDE, is_drawn_twice=False),
    Scene("small multiples, phone", f"{_WATER}&mode=multiples&grid=period.3x2&lang=ru", PHONE, is_drawn_twice=False),
    Scene("table", f"{_WATER}&table=1", waits_for="#grid .ag-row"),
    Scene("order of places", f"{_WATER}&chart=ranking", WIDE, waits_for="#charts .main-svg", is_drawn_twice=False),
    Scene("two layers in a chart", f"{_WATER}&chart=scatter&against=labour_migrants_per_1000", WIDE,
          waits_for="#charts .main-svg", is_drawn_twice=False),
    Scene("presentation", f"{_WORK}&present=1", WIDE),
    Scene("presentation, Russian", f"{_WORK}&present=1&lang=ru"),
    Scene("a wall", _WORK, WALL),
    Scene("a small phone", f"{_WORK}&lang=ru", SMALL),
    Scene("strong contrast", _WORK, media=(("forced_colors", "active"),)),
    Scene("print", f"{_POOR}&lang=ru", media=(("media", "print"),)),
    Scene("list of keys", _POOR, does=("press ?",), waits_for="#keys[open]"),
    Scene("categories", _SOURCE),
    Scene("ordered categories, Russian", f"{_ROAD}&lang=ru"),
    Scene("a hidden base under outlines", f"{_WATER_AND_MOVES}&fill=outline&over=water_access.fill.100.off"),
    Scene("faint colours of two layers", f"{_WATER_AND_MOVES}&fill=bivariate&over=water_access.fill.50"),
    Scene("the second layer of women", f"{_WATER}&second=unemployment_rate&fill=bivariate&whose=female.all&lang=ru"),
    Scene("a filtered heat map", f"{_WATER}&chart=heatmap&filter=value:20..60", WIDE, waits_for="#charts .main-svg",
          is_drawn_twice=False),
    Scene("side by side with a place", f"{_WATER}&mode=side&other=period:2012&unit=XT0301", waits_for="#panel h2",
          is_drawn_twice=False),
    Scene("side by side with a place and a chart", f"{_WATER}&mode=side&other=period:2012&unit=XT0301&chart=series",
          waits_for="#charts .main-svg", is_drawn_twice=False),
)  # fmt: skip


_RESTED = "() => new Promise((done) => requestIdleCallback(() => requestAnimationFrame(done), { timeout: 500 }))"


def open_scene(page: Page, origin: str, scene: Scene) -> None:
    """Show a scene; return when all of it is there."""
    page.set_viewport_size({"width": scene.size[0], "height": scene.size[1]})
    page.emulate_media(reduced_motion="reduce", **dict(scene.media))  # type: ignore[arg-type]
    page.goto(f"{origin}/?{scene.query}", wait_until="commit")
    page.wait_for_selector("html[data-workbench=ready][data-app=ready]", state="attached")
    for step in scene.does:
        act, _, what = step.partition(" ")
        if act == "press":
            page.keyboard.press(what)
        else:
            page.locator(what).click()
    page.wait_for_selector(scene.waits_for, state="attached")
    page.wait_for_load_state("networkidle")
    page.evaluate(_RESTED)


def picture_of(page: Page, scene: Scene) -> Image.Image:
    """Return the small picture of what the page shows."""
    taken = page.screenshot(animations="disabled", caret="hide", scale="css")
    return fitted(Image.open(io.BytesIO(taken)).convert("RGB"))


def fitted(picture: Image.Image) -> Image.Image:
    """Return a picture at the size of a cell, whole, on white."""
    share = min(CELL[0] / picture.width, CELL[1] / picture.height)
    small = picture.resize((round(picture.width * share), round(picture.height * share)), Image.Resampling.BOX)
    cell = Image.new("RGB", CELL, "white")
    cell.paste(small, (0, 0))
    return cell


def share_off(one: Image.Image, other: Image.Image, least: int = LEAST_OFF) -> float:
    """Return the share of pixels in which two pictures of one size differ by more than `least` in some channel."""
    a, b = (np.asarray(picture.convert("RGB"), dtype=np.int16) for picture in (one, other))
    return float((np.abs(a - b).max(axis=2) > least).mean())


def cell_of(sheet: Image.Image, number: int) -> Image.Image:
    """Return the kept picture of a scene by its number."""
    row, column = divmod(number, COLUMNS)
    left, top = column * CELL[0], row * CELL[1]
    return sheet.crop((left, top, left + CELL[0], top + CELL[1]))


def sheet_of(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return all small pictures in one."""
    rows = math.ceil(len(pictures) / COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * CELL[0], rows * CELL[1]), "white")
    for number, picture in enumerate(pictures):
        row, column = divmod(number, COLUMNS)
        sheet.paste(picture, (column * CELL[0], row * CELL[1]))
    return sheet


def main() -> None:
    """Draw all scenes and write the sheet."""
    import tempfile

    from playwright.sync_api import sync_playwright

    import run
    from tests.browser.conftest import build_both, serve
    from tests.browser.launch import launched

    chromium = run.require_chromium()
    pictures = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(build_both(Path(folder, "snapshots")), Path(folder)) as origin,
        sync_playwright() as playwright,
        launched(playwright, chromium) as browser,
    ):
        for scene in SCENES:
            page = browser.new_page(locale="en-GB")
            open_scene(page, origin, scene)
            pictures.append(picture_of(page, scene))
            page.close()
            print(scene.name, flush=True)
    sheet_of(pictures).save(SHEET, quality=QUALITY, method=6)
    print(f"{SHEET.name}: {len(pictures)} scenes, {SHEET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
