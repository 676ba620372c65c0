"""Reference layers on the grid of the maps: clipped, simplified, and without the borders of the map's own countries."""

from __future__ import annotations

import re

import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

from geodata.mapfile import Drawing, make_drawing
from geodata.projection import project_xy
from geodata.reference_layers import Feature, graticule_step, line_path, make_reference

LAEA = "+proj=laea +lat_0=0 +lon_0=0 +datum=WGS84 +units=m"


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    leaves = np.empty(2, dtype=object)
    leaves[:] = [box(-5, -5, 0, 5), box(0, -5, 5, 5)]
    return make_drawing(leaves, np.empty((0, 2)), proj=LAEA, width=1000, tolerance_m=1000)


def numbers(path: str) -> list[int]:
    return [int(n) for n in re.findall(r"-?\d+", path)]


def test_line_path_leaves_out_what_does_not_move() -> None:
    assert line_path(LineString([(0, 0), (0.2, 0.1), (5, 5), (9, 4)])) == "M0 0l5 5 4 -1"
    assert line_path(LineString([(0, 0), (0.2, 0.1)])) == ""


def test_features_lie_where_the_maps_draw_them(drawing: Drawing) -> None:
    place = Feature("place", "capital", {"en": "A", "ru": "А"}, Point(2, 3))
    far = Feature("place", "city", {"en": "B", "ru": "Б"}, Point(60, 3))
    around = Feature("neighbour", "", {"en": "C", "ru": "В"}, Point(-7, 0))
    content = make_reference(drawing, [place, far, around], ["s"], dataset="test")
    x, y = drawing.place(2, 3)
    assert content["places"] == [{"x": x, "y": y, "name": {"en": "A", "ru": "А"}, "kind": "capital"}]
    assert [one["name"]["en"] for one in content["neighbours"]] == ["C"]
    assert (content["width"], content["sources"], content["land"], content["borders"]) == (1000, ["s"], "", "")


def test_land_reaches_beyond_the_map_but_not_without_end(drawing: Drawing) -> None:
    content = make_reference(drawing, [Feature("land", "", {}, box(-60, -40, 60, 40))], [], dataset="test")
    x, y = numbers(content["land"])[:2]
    assert -1000 < x < 0 or 1000 < x < 2000
    assert y < 0 or y > drawing.height


def test_borders_are_those_of_neighbours_only(drawing: Drawing) -> None:
    own = Feature("border", "", {}, LineString([(5, -5), (5, 5)]))
    foreign = Feature("border", "", {}, LineString([(5, 5), (8, 7)]))
    content = make_reference(drawing, [own, foreign], [], dataset="test")
    xs = np.cumsum(numbers(content["borders"])[::2])
    assert content["borders"].count("M") == 1
    assert xs.min() > 1000


def test_lakes_are_largest_first_and_specks_are_left_out(drawing: Drawing) -> None:
    lakes = [
        Feature("lake", "", {"en": "Pond"}, box(1, 1, 1.5, 1.5)),
        Feature("lake", "", {"en": "Sea"}, box(-3, -3, 0, 0)),
        Feature("lake", "", {"en": "Speck"}, box(2, 2, 2.02, 2.02)),
    ]
    found = make_reference(drawing, lakes, [], dataset="test")["lakes"]
    assert [lake["name"]["en"] for lake in found] == ["Sea", "Pond"]
    assert found[0]["size"] > found[1]["size"] > 0


def test_lines_of_the_graticule_lie_on_their_degree(drawing: Drawing) -> None:
    lines = make_reference(drawing, [], [], dataset="test")["graticule"]
    assert {line["axis"] for line in lines} == {"lon", "lat"}
    for line in lines:
        xy = np.array(line["xy"], dtype="float64").reshape(-1, 2)
        metres = np.column_stack([drawing.x_min + xy[:, 0] * drawing.scale, drawing.y_max - xy[:, 1] * drawing.scale])
        degrees = project_xy(metres, LAEA, inverse=True)[:, 0 if line["axis"] == "lon" else 1]
        assert np.abs(degrees - line["degree"]).max() < 0.05


@pytest.mark.parametrize(("latitude", "step"), [(0.0, 2), (60.0, 2), (80.0, 10)])
def test_steps_are_round_and_wider_towards_the_poles(drawing: Drawing, latitude: float, step: int) -> None:
    assert graticule_step(drawing, latitude) == step


def test_everything_is_valid_geometry(drawing: Drawing) -> None:
    bowtie = shapely.Polygon([(-9, -9), (-6, -6), (-6, -9), (-9, -6)])
    content = make_reference(drawing, [Feature("land", "", {}, bowtie)], [], dataset="test")
    assert content["land"].count("M") == 2
