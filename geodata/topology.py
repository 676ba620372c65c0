"""Polygonal coverages: checks, the overlay of several coverages, simplification, unions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[Any]
Segments = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CoverageFault:
    """One place where polygons do not form a coverage.

    Attributes
    ----------
    kind : str
        ``overlap`` or ``gap``.
    members : tuple of int
        Positions of the polygons that meet there, at most two.
    x, y : float
        A point of the fault, in the coordinates of the input.
    size : float
        Area of the overlap or gap, in the squared unit of the input.
    """

    kind: str
    members: tuple[int, ...]
    x: float
    y: float
    size: float


def _point_of(geometry: Any) -> tuple[float, float]:
    point = shapely.point_on_surface(geometry)
    return float(shapely.get_x(point)), float(shapely.get_y(point))


def _overlaps(polygons: Geometries, min_area: float) -> list[CoverageFault]:
    invalid = shapely.coverage_invalid_edges(polygons)
    suspects = np.flatnonzero(~shapely.is_empty(invalid))
    if len(suspects) == 0:
        return []
    tree = shapely.STRtree(polygons[suspects])
    left, right = tree.query(polygons[suspects], predicate="intersects")
    faults = []
    for i, j in zip(left[left < right], right[left < right], strict=True):
        shared = shapely.intersection(polygons[suspects[i]], polygons[suspects[j]])
        if shapely.area(shared) > min_area:
            x, y = _point_of(shared)
            pair = (int(suspects[i]), int(suspects[j]))
            faults.append(CoverageFault("overlap", pair, x, y, float(shapely.area(shared))))
    return faults


def _holes(whole: Any) -> Geometries:
    rings = [ring for part in shapely.get_parts(whole) for ring in part.interiors]
    holes: Geometries = shapely.polygons(np.array(rings, dtype=object)) if rings else np.empty(0, dtype=object)
    return holes


def check_coverage(
    polygons: Geometries, *, gap_width: float, covered: Geometries | None = None, min_area: float = 1.0
) -> list[CoverageFault]:
    """List the overlaps and the narrow gaps of polygons that ought to form a coverage.

    A hole between two polygons is a gap if a circle of diameter `gap_width` does not fit into it and no point of
    `covered` lies in it. Wider holes (lakes, towns that are markers) and holes inside of one polygon (enclaves) are
    allowed.

    Parameters
    ----------
    polygons : numpy.ndarray of valid shapely (Multi)Polygons, shape (n,)
        In a projected CRS.
    gap_width : float
        In the unit of the CRS.
    covered : numpy.ndarray of shapely Points, optional
        Units without a polygon; the hole around one of them is no gap.
    min_area : float, default 1.0
        Overlaps up to this area are rounding and are not listed.

    Returns
    -------
    list of CoverageFault
        Empty if the polygons form a coverage.
    """
    if len(polygons) < 2:
        return []
    faults = _overlaps(polygons, min_area)
    holes = _holes(shapely.union_all(polygons))
    if len(holes) == 0:
        return faults
    diameters = 2 * shapely.length(shapely.maximum_inscribed_circle(holes, tolerance=gap_width / 20))
    narrow = diameters < gap_width
    if covered is not None and len(covered):
        for_hole, _ = shapely.STRtree(covered).query(holes, predicate="intersects")
        narrow[for_hole] = False
    tree = shapely.STRtree(polygons)
    for hole in holes[narrow]:
        neighbours = tree.query(hole, predicate="intersects")
        borders = shapely.length(shapely.intersection(shapely.boundary(polygons[neighbours]), shapely.boundary(hole)))
        if (borders > 0).sum() < 2:
            continue
        x, y = _point_of(hole)
        members = tuple(sorted(int(n) for n in neighbours[np.argsort(-borders, kind="stable")][:2]))
        faults.append(CoverageFault("gap", members, x, y, float(shapely.area(hole))))
    return faults


def union_polygons(polygons: Geometries) -> Any:
    """Return the union of polygons, quickly where they form a coverage.

    Parameters
    ----------
    polygons : numpy.ndarray of valid shapely (Multi)Polygons, shape (n,)

    Returns
    -------
    shapely.Polygon or shapely.MultiPolygon
    """
    if len(polygons) == 1:
        return polygons[0]
    if shapely.coverage_is_valid(polygons):
        return shapely.coverage_union_all(polygons)
    return shapely.union_all(polygons)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Several coverages overlaid into one.

    Attributes
    ----------
    pieces : numpy.ndarray of shapely (Multi)Polygons, shape (n_pieces,)
        A valid coverage; each piece is the territory that belongs to one combination of inputs.
    members : tuple of numpy.ndarray of int
        For each input polygon, the positions of its pieces. Empty if the polygon vanished in the grid.
    """

    pieces: Geometries
    members: tuple[NDArray[np.int64], ...]

    def simplified(self, tolerance: float) -> Overlay:
        """Return the overlay with its borders simplified once, so that all unions of pieces still coincide.

        Parameters
        ----------
        tolerance : float
            Square root of the area of the largest triangle that may be removed (Visvalingam-Whyatt), in the
            unit of the pieces.

        Returns
        -------
        Overlay
            With the same members; vertices are a subset of the former ones.
        """
        return Overlay(shapely.coverage_simplify(self.pieces, tolerance), self.members)

    def union(self, indices: NDArray[np.int64]) -> Any:
        """Return the union of the pieces of the input polygons at `indices`; None if they have no piece."""
        found = [self.members[i] for i in indices]
        pieces = np.unique(np.concatenate(found)) if found else np.empty(0, dtype="int64")
        if len(pieces) == 0:
            return None
        if len(pieces) == 1:
            return shapely.normalize(self.pieces[pieces[0]])
        return shapely.normalize(shapely.coverage_union_all(self.pieces[pieces]))


def overlay_polygons(polygons: Geometries, *, grid_size: float) -> Overlay:
    """Overlay polygons of any number of coverages into one coverage on a grid.

    All border lines are noded together and snap-rounded to the grid, so the result is valid, its vertices are
    multiples of `grid_size`, and a border that two inputs share is one and the same line.

    Parameters
    ----------
    polygons : numpy.ndarray of valid shapely (Multi)Polygons, shape (n,)
    grid_size : float
        In the unit of the input.

    Returns
    -------
    Overlay
    """
    if len(polygons) == 0:
        return Overlay(np.empty(0, dtype=object), ())
    lines = shapely.boundary(polygons)
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(lines, grid_size=grid_size)]))
    faces = faces.ravel()
    points = shapely.point_on_surface(faces)
    shapely.prepare(polygons)
    at_face, in_polygon = shapely.STRtree(polygons).query(points, predicate="intersects")
    owners: dict[int, list[int]] = {}
    for face, polygon in zip(at_face.tolist(), in_polygon.tolist(), strict=True):
        owners.setdefault(face, []).append(polygon)
    groups: dict[tuple[int, ...], list[int]] = {}
    for face in sorted(owners):
        groups.setdefault(tuple(sorted(owners[face])), []).append(face)
    pieces = np.empty(len(groups), dtype=object)
    members: list[list[int]] = [[] for _ in polygons]
    for position, (owner, indices) in enumerate(sorted(groups.items())):
        parts = faces[indices]
        pieces[position] = shapely.normalize(parts[0] if len(parts) == 1 else shapely.coverage_union_all(parts))
        for polygon in owner:
            members[polygon].append(position)
    return Overlay(pieces, tuple(np.array(m, dtype="int64") for m in members))


def _segments(polygon: Any) -> Segments:
    """Return the border segments of a polygon on whole coordinates as rows x0, y0, x1, y1, inside on the left."""
    rows = []
    for part in shapely.get_parts(shapely.orient_polygons(polygon)):
        for ring in (part.exterior, *part.interiors):
            xy = np.rint(shapely.get_coordinates(ring)).astype("int64")
            rows.append(np.hstack([xy[:-1], xy[1:]]))
    return np.vstack(rows) if rows else np.empty((0, 4), dtype="int64")


def find_neighbours(polygons: list[Any]) -> list[list[int]]:
    """Return, for each polygon, the positions of those on the other side of its border.

    Polygons that overlap (divisions of different dates) are no neighbours, though they may share a border line.

    Parameters
    ----------
    polygons : list of shapely (Multi)Polygons or None
        Unions of pieces of one coverage, with whole coordinates.

    Returns
    -------
    list of sorted lists of int
    """
    near: list[set[int]] = [set() for _ in polygons]
    at_segment: dict[bytes, list[int]] = {}
    reversed_keys: list[list[bytes]] = []
    for index, polygon in enumerate(polygons):
        segments = np.empty((0, 4), dtype="int64") if polygon is None else _segments(polygon)
        for row in np.ascontiguousarray(segments):
            at_segment.setdefault(row.tobytes(), []).append(index)
        reversed_keys.append([row.tobytes() for row in np.ascontiguousarray(segments[:, [2, 3, 0, 1]])])
    for index, keys in enumerate(reversed_keys):
        for key in keys:
            near[index].update(at_segment.get(key, ()))
    return [sorted(found) for found in near]


def intersect_polygons(
    one: Geometries, other: Geometries, *, min_area: float = 0.0
) -> tuple[NDArray[np.int64], NDArray[np.int64], Geometries]:
    """Return the common parts of the polygons of two layers.

    Parameters
    ----------
    one, other : numpy.ndarray of valid shapely (Multi)Polygons
        In the same projected CRS.
    min_area : float, default 0
        Common parts up to this area are left out, as are common lines and points.

    Returns
    -------
    first, second : numpy.ndarray of int, shape (n_parts,)
        Positions in `one` and `other`, sorted.
    parts : numpy.ndarray of shapely geometries, shape (n_parts,)
    """
    if len(one) == 0 or len(other) == 0:
        nothing = np.empty(0, dtype="int64")
        return nothing, nothing, np.empty(0, dtype=object)
    first, second = shapely.STRtree(other).query(one, predicate="intersects")
    order = np.lexsort([second, first])
    first, second = first[order].astype("int64"), second[order].astype("int64")
    parts: Geometries = shapely.intersection(one[first], other[second])
    kept = shapely.area(parts) > min_area
    return first[kept], second[kept], parts[kept]


def find_overlaps(polygons: Geometries, *, min_area: float) -> tuple[NDArray[np.int64], NDArray[np.int64], Geometries]:
    """Return every overlap of two polygons of one layer: positions (the lower one first) and the common part.

    Parameters
    ----------
    polygons : numpy.ndarray of valid shapely (Multi)Polygons, shape (n,)
        In a projected CRS.
    min_area : float
        Overlaps up to this area are rounding.
    """
    if len(polygons) == 0:
        nothing = np.empty(0, dtype="int64")
        return nothing, nothing, np.empty(0, dtype=object)
    suspects = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(polygons)))
    chosen = polygons[suspects] if len(suspects) else polygons[:0]
    first, second, parts = intersect_polygons(chosen, chosen, min_area=min_area)
    once = first < second
    return suspects[first[once]], suspects[second[once]], parts[once]


def mean_width(shapes: Geometries) -> NDArray[np.float64]:
    """Return the mean width of long thin polygons: twice the area by the length of the border."""
    areas, lengths = shapely.area(shapes), shapely.length(shapes)
    result: NDArray[np.float64] = np.divide(2 * areas, lengths, out=np.zeros(len(areas)), where=lengths > 0)
    return result


def find_holes(polygons: Geometries, *, min_area: float, wide: float) -> tuple[Geometries, NDArray[np.float64]]:
    """Return the holes in the union of polygons, and how wide they are.

    Parameters
    ----------
    polygons : numpy.ndarray of valid shapely (Multi)Polygons, shape (n,)
        In a projected CRS.
    min_area : float
        Holes up to this area are left out.
    wide : float
        The width of a hole is the diameter of the largest circle in it if it may be at least this; else its mean width.
    """
    if len(polygons) == 0:
        return np.empty(0, dtype=object), np.empty(0)
    holes = _holes(union_polygons(polygons))
    holes = holes[shapely.area(holes) > min_area] if len(holes) else holes
    widths = mean_width(holes)
    for at in np.flatnonzero(2 * np.sqrt(shapely.area(holes) / np.pi) >= wide):
        widths[at] = 2 * shapely.length(shapely.maximum_inscribed_circle(holes[at], tolerance=wide / 50))
    return holes, widths


def bordering(polygons: Geometries, area: Any) -> NDArray[np.int64]:
    """Return the positions of the polygons along the border of an area, that with the longest common border first."""
    near = shapely.STRtree(polygons).query(area, predicate="intersects")
    lengths = shapely.length(shapely.intersection(shapely.boundary(polygons[near]), shapely.boundary(area)))
    order = np.lexsort([near, -lengths])
    found = near[order][lengths[order] > 0]
    result: NDArray[np.int64] = (found if len(found) else near).astype("int64")
    return result


def only_polygons(geometry: Any) -> Any:
    """Return the polygonal parts of a geometry as one Polygon or MultiPolygon; None if there is none."""
    parts = [part for part in shapely.get_parts(shapely.get_parts(geometry)) if part.geom_type == "Polygon"]
    parts = [part for part in parts if not part.is_empty]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.union_all(np.array(parts, dtype=object))


def make_valid_polygons(polygons: Geometries) -> Geometries:
    """Return polygons made valid by their structure (rings and holes as they were meant); None where nothing is left.

    Lines and points into which a ring collapses are left out. A polygon that is valid is returned as it is.
    """
    result = np.full(len(polygons), None, dtype=object)
    for at, polygon in enumerate(polygons):
        if polygon is None or shapely.is_empty(polygon):
            continue
        result[at] = (
            polygon
            if shapely.is_valid(polygon)
            else only_polygons(shapely.make_valid(polygon, method="structure", keep_collapsed=False))
        )
    return result
