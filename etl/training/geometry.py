"""A mosaic of relaxed Voronoi cells whose shared edges are drawn once, as natural-looking lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.projection import project_xy

# The oceanic pole of inaccessibility in the South Pacific: no land lies within 2,600 km, so that nobody can take
# the country for a real territory or its border for a real one.
LAT_0, LON_0 = -48.9, -123.4
PROJECTION = f"+proj=laea +lat_0={LAT_0} +lon_0={LON_0} +datum=WGS84 +units=m"
DECIMALS = 5
_RELAXATIONS = 3
_SNAP_M = 0.5
_AMPLITUDE = 0.22  # of the edge's length, before the kite cuts it
_PERSISTENCE = 0.58
_KITE_SHARE = 0.8  # a line stays within this share of the kite between its corners and the cells' seeds
_MAX_SPLITS = 5

Points = NDArray[np.float64]
Density = Callable[[Points], NDArray[np.float64]]


@dataclass(frozen=True)
class Mosaic:
    """A partition of a rectangle into cells [m, around the projection's centre].

    Attributes
    ----------
    seeds : numpy.ndarray of float64, shape (n_cells, 2)
    corners : numpy.ndarray of float64, shape (n_corners, 2)
    rings : list of list of int
        The corners of each cell, anticlockwise or clockwise, not closed.
    edges : dict of (int, int) to tuple of int
        By two corners, the smaller first: the one or two cells on its sides.
    neighbours : list of list of int
        Cells that share an edge with each cell, sorted.
    """

    seeds: Points
    corners: Points
    rings: list[list[int]]
    edges: dict[tuple[int, int], tuple[int, ...]]
    neighbours: list[list[int]]

    @property
    def rim(self) -> set[int]:
        """Cells at the edge of the rectangle."""
        return {cells[0] for cells in self.edges.values() if len(cells) == 1}


def _voronoi(seeds: Points, box: Any) -> NDArray[Any]:
    cells = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=box, ordered=True)
    return np.asarray(shapely.intersection(shapely.get_parts(cells), box), dtype=object)


def _scatter(rng: np.random.Generator, n: int, width: float, height: float, density: Density) -> Points:
    """Return points of a rectangle around the origin; `density`, up to 1, is the chance to keep one."""
    kept: list[Points] = []
    found = 0
    while found < n:
        points = (rng.random((2 * n, 2)) - 0.5) * [width, height]
        points = points[rng.random(2 * n) < density(points)]
        kept.append(points)
        found += len(points)
    return np.concatenate(kept)[:n]


def make_mosaic(rng: np.random.Generator, n: int, width: float, height: float, density: Density) -> Mosaic:
    """Return a relaxed Voronoi partition of a rectangle around the origin.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
        Number of cells.
    width, height : float
        [m]
    density : callable
        From points, shape (n, 2), to a relative density of cells in (0, 1].

    Returns
    -------
    Mosaic
    """
    box = shapely.box(-width / 2, -height / 2, width / 2, height / 2)
    seeds = _scatter(rng, n, width, height, density)
    for _ in range(_RELAXATIONS):
        seeds = shapely.get_coordinates(shapely.centroid(_voronoi(seeds, box)))
    numbers: dict[tuple[int, int], int] = {}
    corners: list[Any] = []
    rings: list[list[int]] = []
    for cell in _voronoi(seeds, box):
        ring: list[int] = []
        for point in shapely.get_coordinates(cell)[:-1]:
            key = (round(float(point[0]) / _SNAP_M), round(float(point[1]) / _SNAP_M))
            if key not in numbers:
                numbers[key] = len(corners)
                corners.append(point)
            if not ring or ring[-1] != numbers[key]:
                ring.append(numbers[key])
        rings.append(ring if ring[0] != ring[-1] else ring[:-1])
    edges: dict[tuple[int, int], tuple[int, ...]] = {}
    for cell_number, ring in enumerate(rings):
        for a, b in _pairs(ring):
            edge = (min(a, b), max(a, b))
            edges[edge] = (*edges.get(edge, ()), cell_number)
    near: list[set[int]] = [set() for _ in rings]
    for cells in edges.values():
        if len(cells) == 2:
            near[cells[0]].add(cells[1])
            near[cells[1]].add(cells[0])
    return Mosaic(seeds, np.array(corners), rings, dict(sorted(edges.items())), [sorted(found) for found in near])


def _pairs(ring: Sequence[int]) -> Iterable[tuple[int, int]]:
    return zip(ring, [*ring[1:], ring[0]], strict=True)


def _kite_limits(start: Points, end: Points, seed: Points, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far a line may leave the edge on the side of a seed, at shares `at` of its length [m].

    The triangles between the edges of a cell and its seed do not overlap, so lines that stay inside of theirs never
    meet each other.
    """
    along = end - start
    length = float(np.hypot(*along))
    foot = float(np.dot(seed - start, along)) / length**2
    height = abs(float(along[0] * (seed[1] - start[1]) - along[1] * (seed[0] - start[0]))) / length
    limit = np.full(len(at), np.inf)
    if foot > 0:
        limit = np.minimum(limit, height * at / foot)
    if foot < 1:
        limit = np.minimum(limit, height * (1 - at) / (1 - foot))
    return _KITE_SHARE * limit


def _profile(rng: np.random.Generator, splits: int) -> NDArray[np.float64]:
    """Return a midpoint-displaced line over [0, 1] that begins and ends at 0."""
    line = np.zeros(2)
    amplitude = 1.0
    for _ in range(splits):
        middle = (line[:-1] + line[1:]) / 2 + amplitude * (2 * rng.random(len(line) - 1) - 1)
        line = np.insert(line, np.arange(1, len(line)), middle)
        amplitude *= _PERSISTENCE
    return line


def draw_edges(
    mosaic: Mosaic, cells: set[int], rng: np.random.Generator, step_m: float
) -> dict[tuple[int, int], Points]:
    """Draw each edge of some cells once, as longitudes and latitudes from its first to its second corner.

    Parameters
    ----------
    mosaic : Mosaic
    cells : set of int
        None of them at the rim.
    rng : numpy.random.Generator
    step_m : float
        Edges are split until a step is shorter [m].

    Returns
    -------
    dict of (int, int) to numpy.ndarray, shape (n, 2)
        Rounded to `DECIMALS`, both ends included.
    """
    lines: dict[tuple[int, int], Points] = {}
    for (a, b), sides in mosaic.edges.items():
        if not cells.intersection(sides):
            continue
        start, end = mosaic.corners[a], mosaic.corners[b]
        length = float(np.hypot(*(end - start)))
        splits = min(_MAX_SPLITS, max(0, int(np.floor(np.log2(max(length / step_m, 1.0)))) + 1))
        at = np.linspace(0.0, 1.0, 2**splits + 1)
        shift = _AMPLITUDE * length * _profile(rng, splits)
        normal = np.array([start[1] - end[1], end[0] - start[0]]) / length
        for side in sides:
            seed = mosaic.seeds[side]
            limit = _kite_limits(start, end, seed, at)
            is_left = np.dot(seed - start, normal) > 0
            shift = np.minimum(shift, limit) if is_left else np.maximum(shift, -limit)
        lines[a, b] = start + at[:, None] * (end - start) + shift[:, None] * normal
    every = np.concatenate(list(lines.values()))
    degrees = np.round(project_xy(every, PROJECTION, inverse=True), DECIMALS)
    ends = np.cumsum([len(line) for line in lines.values()])[:-1]
    drawn = dict(zip(lines, np.split(degrees, ends), strict=True))
    places: dict[int, Points] = {}
    for (a, b), line in drawn.items():
        line[0], line[-1] = places.setdefault(a, line[0].copy()), places.setdefault(b, line[-1].copy())
    return drawn


def cell_polygon(mosaic: Mosaic, cell: int, lines: dict[tuple[int, int], Points]) -> Any:
    """Return a cell as a polygon of longitudes and latitudes, put together from the drawn edges."""
    parts = []
    for a, b in _pairs(mosaic.rings[cell]):
        line = lines[a, b] if a < b else lines[b, a][::-1]
        parts.append(line[:-1])
    ring = np.concatenate(parts)
    keep = (ring != np.roll(ring, 1, axis=0)).any(axis=1)
    return shapely.orient_polygons(shapely.Polygon(ring[keep]))
