import numpy as np
import pytest
import shapely
from shapely import Point, Polygon, box

from geodata.mapfile import Shape, make_drawing, make_map, path_of

LAEA = "+proj=laea +lat_0=0 +lon_0=0 +datum=WGS84 +units=m"


def test_path_is_absolute_start_then_relative_steps():
    assert path_of(Polygon([(10, 20), (15, 25), (12, 18)])) == "M10 20l5 5-3-7z"


def test_path_of_holes_and_parts_largest_first():
    holed = box(0, 0, 10, 10).difference(box(4, 4, 6, 6))
    path = path_of(shapely.MultiPolygon([box(20, 20, 21, 21), holed]))
    assert path.count("M") == path.count("z") == 3
    assert path.endswith("M21 20l0 1-1 0 0-1z")


def test_path_of_nothing_is_empty():
    assert path_of(None) == ""


def leaves(*items):
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result


@pytest.fixture
def content():
    west, east, dot = box(-1, 0, 0, 1), box(0, 0, 1, 1), box(0.5, 0.5, 0.50001, 0.50001)
    drawing = make_drawing(leaves(west, east, dot), np.array([[0.25, 0.25]]), proj=LAEA, width=400, tolerance_m=100)
    shapes = [
        Shape("W", "XAA", "ADM1", ("a", "b"), (0,), -0.5, 0.5),
        Shape("E", "XAA", "ADM1", ("a",), (1,), 0.5, 0.5),
        Shape("tiny", "XAA", "ADM1", ("a",), (2,), 0.5, 0.5),
        Shape("M", "XAA", "ADM1", ("a",), (), 0.25, 0.25),
    ]
    country = [Shape("XAA", "XAA", "ADM0", ("a",), (0, 1), 0.0, 0.5)]
    return make_map(drawing, shapes, country, dataset="test", level="ADM1", sets={"a": {"iso3": "XAA"}})


def test_map_fits_its_width_and_turns_north_up(content):
    assert (content["width"], content["height"]) == (400, 199)
    assert content["km_per_unit"] == pytest.approx(222.6 / 400, rel=0.01)
    west, east = content["shapes"][:2]
    assert west["box"][2] == east["box"][0] == 200
    assert east["box"][2] == 400
    north = make_drawing(leaves(box(0, 0, 1, 1)), np.empty((0, 2)), proj=LAEA, width=100, tolerance_m=100)
    assert north.place(0, 1)[1] < north.place(0, 0)[1]


def test_units_without_polygon_or_too_small_for_one_are_markers(content):
    tiny, marker = content["shapes"][2:]
    assert (tiny["marker"], tiny["d"], marker["marker"], marker["d"]) == (True, "", True, "")
    assert tiny["near"] == marker["near"] == [1]
    assert content["shapes"][1]["near"] == [0, 2, 3]


def test_outline_of_the_country_is_the_union(content):
    (country,) = content["countries"]
    assert country["box"] == [0, 0, 400, 199]
    assert Point(country["x"], country["y"]).within(box(0, 0, 400, 199))
