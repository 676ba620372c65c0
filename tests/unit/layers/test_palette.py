"""Colours hold for colour-blind readers and for thin strokes, by a colour model and by the WCAG formula."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from colorspacious import cspace_convert, deltaE

from dashboard.export.svg import HATCH
from layers.palette import GROUND, PALETTES, STROKE, SYMBOL, class_colours

LEAST_DIFFERENCE = 10.0
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


@pytest.mark.parametrize("palette", [p for p in PALETTES if p != "purple_orange"])
def test_sequential_ramps_darken_with_the_value(palette: str) -> None:
    lightness = [float(cspace_convert(channels(c), "sRGB1", "CIELab")[0]) for c in class_colours(palette, 5)]
    assert lightness == sorted(lightness, reverse=True)


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
