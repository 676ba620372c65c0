"""Lines inside places: within them, never missing, and the same in Python and in the browser."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely

from layers.strokes import WIDTHS, Form, Frame, dots_of, form_of, hatch_of, inset_of, marker_form, width_of

FRAME: Frame = (-500.0, -500.0, 700.0, 600.0)
STEPS = (7.0, 40.0, 333.0)
UNITS = (2.0, 9.0, 30.0)
"""Full widths of inner outlines."""

Ring = list[tuple[int, int]]


def ring(dice: random.Random, x: float, y: float, most: float) -> Ring:
    """Return corners around a point in the order of their angles."""
    n = dice.randint(5, 40)
    far = [most * dice.uniform(0.45, 1) for _ in range(n)]
    corners = [
        (round(x + r * math.cos(2 * math.pi * k / n)), round(y + r * math.sin(2 * math.pi * k / n)))
        for k, r in enumerate(far)
    ]
    return corners[:: dice.choice((1, -1))]


@cache
def places() -> list[dict[str, Any]]:
    """Return places with and without holes and islands, some of them beyond the frame; seeded."""
    dice = random.Random(11)
    found = []
    for number in range(60):
        x, y, size = dice.uniform(-600, 800), dice.uniform(-600, 800), dice.uniform(8, 250)
        rings = [ring(dice, x, y, size)]
        if number % 3 == 0:
            rings.append(ring(dice, x, y, 0.3 * size))
        if number % 4 == 0:
            rings.append(ring(dice, x + 2.5 * size, y, 0.8 * size))
        path = "".join(
            f"M{r[0][0]} {r[0][1]}l" + " ".join(f"{b[0] - a[0]} {b[1] - a[1]}" for a, b in pairwise(r)) + "z"
            for r in rings
        )
        middle = shapely.point_on_surface(form_of(path, x, y).polygon)
        found.append({"rings": rings, "path": path, "x": middle.x, "y": middle.y})
    return found


def forms() -> list[Form]:
    return [form_of(place["path"], place["x"], place["y"]) for place in places()]


@pytest.fixture(scope="module")
def spoken(ask_node: Callable[[str, Any], Any]) -> list[dict[str, Any]]:
    """Return what the browser's functions answer."""
    asked = {"places": places(), "steps": STEPS, "units": UNITS, "frame": FRAME}
    answer: list[dict[str, Any]] = ask_node("strokes.mjs", asked)
    return answer


def slants(lines: list[tuple[float, float, float]]) -> Any:
    return shapely.MultiLineString([((x, y), (x + by, y + by)) for x, y, by in lines])


def test_hatch_lines_lie_inside_and_every_place_has_one() -> None:
    everywhere = (-5000.0, -5000.0, 5000.0, 5000.0)
    for form in forms():
        for step in STEPS:
            wide, between = hatch_of(form, step, everywhere)
            assert wide
            assert form.polygon.buffer(1e-6).contains(slants([*wide, *between]))


def test_hatch_lines_end_at_the_frame() -> None:
    seen = 0
    for form in forms():
        for lines in hatch_of(form, 7.0, FRAME):
            seen += len(lines)
            assert shapely.box(*FRAME).buffer(1e-6).contains(slants(lines)) or not lines
    assert seen > 500


def test_dots_lie_inside_and_every_place_has_one() -> None:
    everywhere = (-5000.0, -5000.0, 5000.0, 5000.0)
    for form in forms():
        for step in STEPS:
            dots = dots_of(form, step, everywhere)
            assert dots
            assert form.polygon.buffer(1e-6).contains(shapely.MultiPoint(dots))


def test_an_inner_outline_lies_inside_at_its_depth_and_leaves_room() -> None:
    everywhere = (-5000.0, -5000.0, 5000.0, 5000.0)
    for form in forms():
        for width in UNITS:
            share = width_of(form, width)
            assert share in WIDTHS
            lines = inset_of(form, share * width / 2, width / 4, everywhere)
            assert lines
            assert form.polygon.buffer(1e-6).contains(shapely.MultiLineString(lines))
            if share * width <= 0.8 * form.polygon.area / form.polygon.length:
                assert shapely.MultiLineString(lines).length > 0.2 * form.polygon.length


def test_a_marker_has_lines_too() -> None:
    form = marker_form(10.0, 20.0, 5.5)
    assert shapely.Point(10, 20).buffer(5.6).contains(form.polygon)
    assert len(hatch_of(form, 6.0, FRAME)[0]) >= 1
    assert len(inset_of(form, 1.0, 1.0, FRAME)) == 1


def test_what_is_not_seen_is_not_worked_out() -> None:
    form = forms()[0]
    x, _, _, _ = form.box
    away = (x - 900.0, -9000.0, x - 800.0, 9000.0)
    assert (hatch_of(form, 7.0, away), dots_of(form, 7.0, away), inset_of(form, 2.0, 1.0, away)) == (([], []), [], [])


def test_the_browser_draws_the_same_hatches_and_dots(spoken: list[dict[str, Any]]) -> None:
    compared = 0
    for form, told in zip(forms(), spoken, strict=True):
        for step, browser in zip(STEPS, told["hatches"], strict=True):
            for mine, theirs in zip(hatch_of(form, step, FRAME), (browser["wide"], browser["between"]), strict=True):
                assert np.allclose(sorted(mine), sorted(map(tuple, theirs)), atol=1e-6)
                compared += len(mine)
        for step, dots in zip(STEPS, told["dots"], strict=True):
            assert np.allclose(sorted(dots_of(form, step, FRAME)), sorted(map(tuple, dots)), atol=1e-6)
    assert compared > 1000


def test_the_browser_draws_inner_outlines_of_the_same_width_at_the_same_place(spoken: list[dict[str, Any]]) -> None:
    """GEOS keeps the distance in Python, a rule of points in the browser: corners may differ a little."""
    off, long = 0.0, 0.0
    for form, told in zip(forms(), spoken, strict=True):
        if not shapely.box(*FRAME).contains(form.polygon):
            continue
        for width, share, theirs in zip(UNITS, told["widths"], told["insets"], strict=True):
            assert share == width_of(form, width)
            mine = shapely.MultiLineString(inset_of(form, share * width / 2, width / 4, FRAME))
            browser = shapely.MultiLineString(theirs)
            reach = 0.3 * share * width
            off += mine.difference(browser.buffer(reach)).length + browser.difference(mine.buffer(reach)).length
            long += mine.length + browser.length
    assert long > 10_000
    assert off < 0.06 * long, off / long
