"""Two layers on one map: the square's colours, the third of a class, the state of the layer that lacks a figure."""

from __future__ import annotations

from typing import Any

import pytest

from layers.bivariate import (
    COLOURS,
    MARKS,
    SIDE,
    WITHOUT,
    Pair,
    cell_texts,
    second_text,
    side_parts,
    third,
    third_bounds,
)
from layers.layer import Shapes, build_layer
from layers.palette import STROKE
from layers.scene import build_scene, period_for
from layers.variant import Variant
from layers.words import load_words
from tests.unit.layers.frames import IDS, MAP, SOURCES, make_frame, make_spec, observation, text
from tests.unit.layers.test_palette import VISION, contrast, least_difference

LEAST_OF_CELLS = 13.0
WORDS = load_words("en")


def scene_of(rows: list[dict[str, Any]], name: str = "share", k: int = 3) -> dict[str, Any]:
    spec = make_spec(
        {"k": k, "scheme": "equal_interval"}, id=name, title=text(name), headline=text(f"{name} of people")
    )
    layer = build_layer(spec, "ADM1", make_frame(rows), Shapes.from_map(MAP), Variant(scale="across"))
    return build_scene(layer, WORDS, SOURCES, {"map": "m", "units": "u"})


def pair_of(first: list[dict[str, Any]], second: list[dict[str, Any]], fill: str = "bivariate") -> Pair:
    one, other = scene_of(first, "water"), scene_of(second, "migration")
    return Pair(fill, one, one, other)


FIRST = [
    observation("A1", 2013, 0),
    observation("A2", 2013, 50),
    observation("A3", 2013, 90),
    observation("B1", 2013, 10),
]
SECOND = [
    observation("A1", 2012, 9),
    observation("A2", 2012, 5),
    observation("A3", 2012, missing_reason="suppressed"),
    observation("B1", 2012, 0, obs_status="E"),
    observation("B2", 2012, 4),
]
AT = {unit: i for i, unit in enumerate(IDS)}


@pytest.mark.parametrize("vision", VISION)
def test_every_pair_of_cells_differs_for_every_reader(vision: str) -> None:
    assert least_difference(COLOURS, vision) >= LEAST_OF_CELLS


@pytest.mark.parametrize("colour", COLOURS)
def test_the_boundary_stands_out_of_every_cell(colour: str) -> None:
    assert contrast(STROKE, colour) >= 3.0


@pytest.mark.parametrize(
    ("k", "thirds"),
    [(1, [1]), (2, [0, 2]), (3, [0, 1, 2]), (4, [0, 1, 1, 2]), (5, [0, 1, 1, 2, 2]), (6, [0, 0, 1, 1, 2, 2])],
)
def test_classes_fall_into_thirds(k: int, thirds: list[int]) -> None:
    assert [third(digit, k) for digit in range(k)] == thirds


@pytest.mark.parametrize("k", range(1, 10))
def test_thirds_rise_with_the_classes_and_reach_both_ends(k: int) -> None:
    found = [third(digit, k) for digit in range(k)]
    assert found == sorted(found)
    assert k == 1 or (found[0], found[-1]) == (0, SIDE - 1)


def test_the_bounds_of_thirds_join() -> None:
    found = {"low": 0.0, "bins": [1.0, 2.0, 3.0, 4.0, 9.0]}
    assert third_bounds(found) == [(0.0, 1.0), (1.0, 3.0), (3.0, 9.0)]
    assert third_bounds({"low": 0.0, "bins": [5.0, 9.0]}) == [(0.0, 5.0), None, (5.0, 9.0)]


def test_the_second_layer_shows_its_latest_figures_up_to_the_slider() -> None:
    scene = scene_of([observation("B1", year, year) for year in (2008, 2012, 2013)])
    assert period_for(scene, "2012-06-30") == 0
    assert period_for(scene, "2012-12-31") == 1
    assert period_for(scene, "2007-12-31") is None
    assert period_for(scene, None) == 2


def test_cells_hold_the_classes_of_both_layers() -> None:
    pair = pair_of(FIRST, SECOND)
    # the first layer has 0, 10 | 50 | 90, the second 0 | 4, 5 | 9 in thirds
    assert pair.cell(0, AT["A1"], "") == SIDE * 2 + 0
    assert pair.cell(0, AT["A2"], "") == SIDE * 1 + 1
    assert pair.paint(0, AT["A1"], "") == COLOURS[6]
    assert pair.paint(0, AT["B1"], "") == "url(#both-0)"
    assert pair.entries(0, AT["B1"], "") == ["v", "0", "e"]


def test_who_lacks_a_figure_keeps_the_hatch_of_that_layer() -> None:
    pair = pair_of(FIRST, SECOND)
    assert pair.paint(0, AT["A3"], "") == "url(#state-s)"
    assert pair.paint(0, AT["B2"], "") == "url(#state-n)"
    assert pair.paint(0, AT["C1"], "") == "url(#state-n)"
    assert pair.paint(0, AT["A9"], "") is None
    assert pair.counts(0, "") == {"v": 3, "6": 1, "4": 1, "0": 1, "e": 1, "s": 1, "n": 2}


def test_before_its_first_figures_the_second_layer_has_none() -> None:
    pair = pair_of([observation("A1", 2010, 1), observation("B1", 2010, 2)], SECOND)
    assert pair.other(0) is None
    assert pair.paint(0, AT["B1"], "") == "url(#state-n)"
    assert pair.cell(0, AT["B1"], "") is None
    assert second_text(pair, WORDS, 0, AT["B1"]) == "migration: no figures up to this period"


def test_figures_on_other_boundaries_are_none_of_the_place() -> None:
    pair = pair_of([observation("A2", 2013, 1), observation("B1", 2013, 2)], [observation("A9", 2008, 3)])
    assert pair.second["states"][0][AT["A2"]] == "-"
    assert pair.paint(0, AT["A2"], "") == "url(#state-n)"
    assert second_text(pair, WORDS, 0, AT["A2"]) == "migration: the figures of 2008 are on other boundaries"


def test_outside_of_the_country_in_focus_is_ground() -> None:
    pair = pair_of(FIRST, SECOND)
    assert pair.paint(0, AT["B1"], "AAA") == pair.first["ground"]
    assert pair.entries(0, AT["B1"], "AAA") == []


@pytest.mark.parametrize("fill", ["hatch", "outline"])
def test_a_mark_stands_for_the_third_of_the_second_layer(fill: str) -> None:
    pair = pair_of(FIRST, SECOND, fill)
    assert [pair.mark(0, AT[unit], "") for unit in ("A1", "A2", "B1")] == [MARKS[2], MARKS[1], MARKS[0]]
    assert pair.mark(0, AT["A3"], "") == WITHOUT
    assert pair.mark(0, AT["B2"], "") is None
    assert pair.entries(0, AT["A1"], "") == ["v", "0", "t"]
    assert pair.counts(0, "")["w"] == 1


def test_a_cell_is_read_in_words() -> None:
    pair = pair_of(FIRST, SECOND)
    assert cell_texts(pair, WORDS, "")[6] == "water: low 0.0–30.0; migration: high 6.0–9.0"
    assert side_parts(pair.second, WORDS, "CCC") == [("low", ""), ("middle", ""), ("high", "")]
    assert second_text(pair, WORDS, 0, AT["A3"]) == "migration: withheld to protect people, 2012"
