"""The mosaic: cells tile their rectangle, drawn borders are shared and never cross."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from etl.training.geometry import DECIMALS, Mosaic, cell_polygon, draw_edges, make_mosaic

WIDTH, HEIGHT = 400_000.0, 300_000.0


@pytest.fixture(scope="module")
def mosaic() -> Mosaic:
    rng = np.random.default_rng(5)
    return make_mosaic(rng, 60, WIDTH, HEIGHT, lambda points: np.ones(len(points)))


@pytest.fixture(scope="module")
def inner(mosaic: Mosaic) -> list[int]:
    return sorted(set(range(len(mosaic.rings))) - mosaic.rim)


def test_cells_tile_the_rectangle(mosaic: Mosaic) -> None:
    cells = shapely.polygons([shapely.linearrings(mosaic.corners[[*ring, ring[0]]]) for ring in mosaic.rings])
    assert shapely.area(cells).sum() == pytest.approx(WIDTH * HEIGHT, rel=1e-6)
    assert shapely.coverage_is_valid(cells)


def test_an_edge_has_two_sides_or_lies_at_the_rim(mosaic: Mosaic) -> None:
    assert {len(cells) for cells in mosaic.edges.values()} == {1, 2}
    for cell, near in enumerate(mosaic.neighbours):
        assert cell not in near
        assert all(cell in mosaic.neighbours[other] for other in near)


def test_drawn_cells_are_a_valid_coverage(mosaic: Mosaic, inner: list[int]) -> None:
    lines = draw_edges(mosaic, set(inner), np.random.default_rng(6), 1_000.0)
    polygons = np.array([cell_polygon(mosaic, cell, lines) for cell in inner], dtype=object)
    assert shapely.is_valid(polygons).all()
    assert shapely.coverage_is_valid(polygons)
    assert shapely.area(shapely.coverage_union_all(polygons)) == pytest.approx(shapely.area(polygons).sum())


def test_borders_are_no_straight_lines(mosaic: Mosaic, inner: list[int]) -> None:
    """A plain Voronoi border has sinuosity 1; a natural-looking one is clearly longer."""
    lines = draw_edges(mosaic, set(inner), np.random.default_rng(6), 1_000.0)
    long = [line for line in lines.values() if len(line) > 8]
    assert len(long) > 50
    steps = [np.hypot(*np.diff(line, axis=0).T).sum() / np.hypot(*(line[-1] - line[0])) for line in long]
    assert np.median(steps) > 1.1


def test_coordinates_are_rounded(mosaic: Mosaic, inner: list[int]) -> None:
    lines = draw_edges(mosaic, set(inner[:3]), np.random.default_rng(6), 5_000.0)
    every = np.concatenate(list(lines.values()))
    assert (np.round(every, DECIMALS) == every).all()
