"""Colours hold for colour-blind readers and for thin strokes, by a colour model and by the WCAG formula."""

from __future__ import annotations

import json
import subprocess
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from colorspacious import cspace_convert, deltaE

import run
from dashboard.export.svg import HATCH
from layers.palette import (
    CATEGORIES,
    CATEGORY_FILLS,
    DIVERGING,
    GROUND,
    MOST_DISTINCT,
    MOST_IN_GREY,
    PALETTES,
    STROKE,
    SYMBOL,
    class_colours,
    diverging_colours,
    fitting_palette,
    holds,
    palette_table,
    ramp_colours,
)

SEQUENTIAL = [palette for palette in PALETTES if palette not in DIVERGING]
LEAST_DIFFERENCE = 10.0
LEAST_CATEGORY_DIFFERENCE = 13.0
LEAST_STEP = 7.0
MOST_CHROMA = 60.0
LEAST_CONTRAST = 3.0
VISION = ("normal", "deuteranomaly", "protanomaly", "tritanomaly")
RED_YELLOW_GREEN = ("#d7191c", "#fdae61", "#ffffbf", "#a6d96a", "#1a9641")


def channels(colour: str) -> list[float]:
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def least_difference(colours: tuple[str, ...], vision: str) -> float:
    """Return the least CAM02-UCS difference of any two colours, as somebody with that vision sees them."""
    seen = [channels(colour) for colour in colours]
    if vision != "normal":
        space = {"name": "sRGB1+CVD", "cvd_type": vision, "severity": 100}
        seen = [np.clip(cspace_convert(colour, space, "sRGB1"), 0, 1) for colour in seen]
    return min(float(deltaE(a, b, input_space="sRGB1", uniform_space="CAM02-UCS")) for a, b in combinations(seen, 2))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2."""

    def luminance(colour: str) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("palette", PALETTES)
def test_five_classes_differ_for_every_reader(palette: str, vision: str) -> None:
    assert least_difference(class_colours(palette, 5), vision) >= LEAST_DIFFERENCE


@pytest.mark.parametrize("vision", VISION)
def test_nine_categories_differ_for_every_reader(vision: str) -> None:
    assert len(CATEGORY_FILLS) == 9
    assert least_difference(CATEGORY_FILLS, vision) >= LEAST_CATEGORY_DIFFERENCE


@pytest.mark.parametrize("colour", CATEGORY_FILLS)
def test_a_category_is_calm_and_the_stroke_stands_out_of_it(colour: str) -> None:
    assert contrast(STROKE, colour) >= LEAST_CONTRAST
    assert float(deltaE(channels(colour), channels(GROUND), input_space="sRGB1", uniform_space="CAM02-UCS")) >= 8.0
    _, chroma, hue = cspace_convert(channels(colour), "sRGB1", "JCh")
    assert chroma <= MOST_CHROMA
    assert 45 <= hue <= 345 or chroma <= 24  # no red of alarm


def test_red_yellow_green_would_fail() -> None:
    assert least_difference(RED_YELLOW_GREEN, "normal") >= LEAST_DIFFERENCE
    assert least_difference(RED_YELLOW_GREEN, "deuteranomaly") < LEAST_DIFFERENCE


@pytest.mark.parametrize(("colour", "expected"), [("#000000", 21.0), ("#777777", 4.48), ("#ffffff", 1.0)])
def test_contrast_agrees_with_published_ratios(colour: str, expected: float) -> None:
    assert contrast(colour, "#ffffff") == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize("palette", PALETTES)
def test_stroke_stands_out_from_every_class(palette: str) -> None:
    for k in range(1, 10):
        for colour in class_colours(palette, k):
            assert contrast(STROKE, colour) >= LEAST_CONTRAST, (k, colour)


@pytest.mark.parametrize("ground", ["#ffffff", GROUND, *SYMBOL.values()])
def test_stroke_stands_out_from_page_ground_and_symbols(ground: str) -> None:
    assert contrast(STROKE, ground) >= LEAST_CONTRAST


def test_hatch_stands_out_from_its_paper() -> None:
    assert contrast(HATCH, "#ffffff") >= LEAST_CONTRAST


@pytest.mark.parametrize("palette", PALETTES)
def test_symbols_stand_out_from_the_ground_beneath(palette: str) -> None:
    assert contrast(SYMBOL[palette], GROUND) >= LEAST_CONTRAST


def least_step(colours: tuple[str, ...]) -> float:
    """Return by how much of CIELAB lightness each colour is at least darker than the one before."""
    lightness = [float(cspace_convert(channels(c), "sRGB1", "CIELab")[0]) for c in colours]
    return min(a - b for a, b in pairwise(lightness))


@pytest.mark.parametrize("palette", SEQUENTIAL)
def test_ramps_darken_with_the_value(palette: str) -> None:
    assert least_step(class_colours(palette, 9)) > 4
    assert least_step(ramp_colours(palette, 33)) > 0


def classes_that_hold(palette: str, most: int) -> list[int]:
    """Return the numbers of classes, up to one more than wanted, that every reader can tell apart."""
    if palette not in DIVERGING:
        sets = {k: [class_colours(palette, k)] for k in range(2, min(most + 1, 9) + 1)}
    else:
        sides = {n: [(n, m) for m in range(1, n + 1)] + [(m, n) for m in range(1, n)] for n in range(1, 5)}
        sets = {n: [diverging_colours(palette, *pair) for pair in found] for n, found in sides.items() if n <= most + 1}
    return [
        n for n, found in sets.items() if all(least_difference(c, v) >= LEAST_DIFFERENCE for c in found for v in VISION)
    ]


@pytest.mark.parametrize("palette", PALETTES)
def test_the_table_of_distinct_classes_is_what_the_colour_model_finds(palette: str) -> None:
    most = MOST_DISTINCT[palette]
    assert classes_that_hold(palette, most) == list(range(1 if palette in DIVERGING else 2, most + 1))
    assert [holds(palette, k) for k in (most, most + 1)] == ([False, False] if palette in DIVERGING else [True, False])


@pytest.mark.parametrize("palette", PALETTES)
def test_the_table_of_grey_print_is_what_lightness_says(palette: str) -> None:
    most = MOST_IN_GREY[palette]
    if palette in DIVERGING:
        assert most == 0
        assert least_step(diverging_colours(palette, 2, 2)) < 0  # the two sides look alike
        return
    assert all(least_step(class_colours(palette, k)) >= LEAST_STEP for k in range(2, most + 1))
    assert least_step(class_colours(palette, most + 1)) < LEAST_STEP


def test_every_number_of_classes_has_a_palette() -> None:
    assert all(any(holds(palette, k) for palette in PALETTES) for k in range(1, 10))
    assert all(holds("brown_teal", below + above, below) for below in range(5) for above in range(5))
    assert fitting_palette("blues", 5, None) == "blues"
    assert fitting_palette("blues", 7, None) == "greens_blues"
    assert fitting_palette("blues", 4, 2) == "purple_orange"
    assert fitting_palette("purple_orange", 5, None) == "blues"
    assert fitting_palette("greys", 9, None, ["greys"]) == "greys"


def test_categories_differ_for_every_reader() -> None:
    # Okabe and Ito's black and blue, and orange and vermillion, are the nearest pairs.
    assert all(least_difference(CATEGORIES, vision) >= LEAST_DIFFERENCE for vision in VISION)


def test_the_browser_has_the_same_table(root: Path) -> None:
    node = run.find_node()
    assert node is not None, "playwright and the node that it brings are needed to read the browser's table"
    script = """import { load } from "./load.mjs";
    console.log(JSON.stringify((await load("late/palettes.js")).PALETTES));"""
    done = subprocess.run(
        [node, "--input-type=module", "-e", script],
        cwd=root / "tests" / "js", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == palette_table()


def test_number_of_colours_is_number_of_classes() -> None:
    assert [len(class_colours("blues", k)) for k in range(1, 10)] == list(range(1, 10))
    assert class_colours("blues", 2) == (class_colours("blues", 5)[0], class_colours("blues", 5)[4])


@pytest.mark.parametrize("k", [0, 10])
def test_other_numbers_of_classes_are_refused(k: int) -> None:
    with pytest.raises(ValueError, match=f"found {k}"):
        class_colours("blues", k)


def test_an_unknown_palette_is_refused() -> None:
    with pytest.raises(KeyError):
        class_colours("rainbow", 5)
