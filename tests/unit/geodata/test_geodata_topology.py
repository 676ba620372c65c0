import numpy as np
import pytest
import shapely
from shapely import Point, Polygon, box

from geodata.topology import check_coverage, find_neighbours, overlay_polygons, union_polygons


def polygons(*items):
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result


def test_coverage_without_fault():
    assert check_coverage(polygons(box(0, 0, 10, 10), box(10, 0, 20, 10)), gap_width=1) == []


def test_overlap_is_found_with_its_size_and_place():
    (fault,) = check_coverage(polygons(box(0, 0, 10, 10), box(9, 0, 20, 10)), gap_width=1)
    assert (fault.kind, fault.members, fault.size) == ("overlap", (0, 1), 10.0)
    assert box(9, 0, 10, 10).contains(Point(fault.x, fault.y))


def frame(hole):
    """Two halves of a square around a hole."""
    left = box(0, 0, 10, 20).difference(hole)
    right = box(10, 0, 20, 20).difference(hole)
    return polygons(left, right)


def test_narrow_hole_between_two_polygons_is_a_gap():
    (fault,) = check_coverage(frame(box(9.5, 5, 10.5, 15)), gap_width=2)
    assert (fault.kind, fault.members, fault.size) == ("gap", (0, 1), 10.0)


def test_wide_hole_is_a_lake():
    assert check_coverage(frame(box(7, 7, 13, 13)), gap_width=2) == []


def test_hole_around_a_marker_is_its_territory():
    town = np.array([Point(10, 10)])
    assert check_coverage(frame(box(9.5, 9.5, 10.5, 10.5)), gap_width=2, covered=town) == []


def test_hole_inside_one_polygon_is_an_enclave():
    assert check_coverage(frame(box(2, 2, 3, 3)), gap_width=2) == []


def test_overlay_splits_at_every_border():
    overlay = overlay_polygons(polygons(box(0, 0, 20, 10), box(0, 0, 5, 10), box(5, 0, 20, 10)), grid_size=1.0)
    assert [len(m) for m in overlay.members] == [2, 1, 1]
    assert shapely.coverage_is_valid(overlay.pieces)
    assert overlay.union(np.array([1, 2])).equals(box(0, 0, 20, 10))
    assert overlay.union(np.array([0])).equals(box(0, 0, 20, 10))


def test_polygon_smaller_than_the_grid_vanishes_without_harm():
    overlay = overlay_polygons(polygons(box(0, 0, 10, 10), box(20, 20, 20.2, 20.2)), grid_size=1.0)
    assert overlay.union(np.array([1])) is None
    assert overlay.union(np.array([0])).equals(box(0, 0, 10, 10))


def test_simplified_borders_stay_shared_and_on_the_grid():
    wiggle = [(10, y + 0.0) if y % 2 else (11, y + 0.0) for y in range(31)]
    left = Polygon([(0, 0), *wiggle, (0, 30)])
    right = Polygon([(20, 0), (20, 30), *reversed(wiggle)])
    overlay = overlay_polygons(polygons(left, right), grid_size=1.0).simplified(5.0)
    assert shapely.coverage_is_valid(overlay.pieces)
    assert shapely.get_num_coordinates(overlay.pieces).sum() < shapely.get_num_coordinates([left, right]).sum() / 2
    xy = shapely.get_coordinates(overlay.pieces)
    np.testing.assert_array_equal(xy, np.rint(xy))
    assert overlay.union(np.array([0, 1])).area == pytest.approx(600, rel=0.05)


def test_neighbours_are_across_a_border_not_at_a_corner_and_never_overlap():
    whole = box(0, 0, 10, 20)
    shapes = polygons(box(0, 0, 10, 10), box(10, 0, 20, 10), box(0, 10, 10, 20), box(10, 10, 20, 20), whole)
    overlay = overlay_polygons(shapes, grid_size=1.0)
    drawn = [overlay.union(np.array([index])) for index in range(5)]
    assert find_neighbours([*drawn, None]) == [[1, 2], [0, 3, 4], [0, 3], [1, 2, 4], [1, 3], []]


def test_union_falls_back_where_polygons_are_no_coverage():
    assert union_polygons(polygons(box(0, 0, 6, 10), box(5, 0, 10, 10))).equals(box(0, 0, 10, 10))
