"""The map file: the shapes of one admin level as compact SVG paths on a whole-number grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.projection import project, project_xy
from geodata.topology import Overlay, find_neighbours, overlay_polygons

MAP_SCHEMA = 1
M_PER_KM = 1000.0
_LABEL_TOLERANCE = 2.0

Geometries = NDArray[Any]
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Shape:
    """One territory, whichever boundary sets it belongs to.

    Attributes
    ----------
    unit_id, iso3, level : str
    sets : tuple of str
        The boundary sets that it belongs to, in their order.
    parts : tuple of int
        Positions of the leaf polygons that make it up; empty for a marker.
    lon, lat : float
        Where the unit is drawn if it has no polygon, or too small a one for the grid.
    """

    unit_id: str
    iso3: str
    level: str
    sets: tuple[str, ...]
    parts: tuple[int, ...]
    lon: float
    lat: float


@dataclass(frozen=True)
class Drawing:
    """All leaf polygons in the drawing's coordinates, overlaid and simplified once for all levels.

    Attributes
    ----------
    proj : str
        The equal-area PROJ string.
    width, height : int
        Size of the drawing grid.
    x_min, y_max, scale : float
        Left and upper edge [m] and metres per grid unit.
    overlay : Overlay
        In grid coordinates, y down.
    """

    proj: str
    width: int
    height: int
    x_min: float
    y_max: float
    scale: float
    overlay: Overlay = field(repr=False)

    def place(self, lon: float, lat: float) -> tuple[int, int]:
        """Return the grid position of a geographic point."""
        x, y = project_xy(np.array([[lon, lat]]), self.proj)[0]
        return round((x - self.x_min) / self.scale), round((self.y_max - y) / self.scale)


def make_drawing(
    leaves: Geometries, markers: NDArray[np.float64], *, proj: str, width: int, tolerance_m: float
) -> Drawing:
    """Project, quantise, overlay and simplify the polygons of all boundary sets.

    Parameters
    ----------
    leaves : numpy.ndarray of shapely (Multi)Polygons
        In EPSG:4326; every polygon that is not a union of others.
    markers : numpy.ndarray of float64, shape (n, 2)
        Longitudes and latitudes that the drawing must show, too.
    proj : str
        An equal-area PROJ string.
    width : int
        Width of the drawing grid.
    tolerance_m : float
        Square root of the area of the largest triangle that simplification may remove [m].

    Returns
    -------
    Drawing

    Raises
    ------
    ProjectionError
        If the projection is not equal-area.
    """
    projected = project(leaves, proj)
    points = project_xy(markers, proj)
    xy = np.vstack([shapely.get_coordinates(projected), points])
    x_min, y_min = xy.min(axis=0)
    x_max, y_max = xy.max(axis=0)
    scale = float(x_max - x_min) / width
    grid = shapely.transform(
        projected, lambda c: np.column_stack([(c[:, 0] - x_min) / scale, (y_max - c[:, 1]) / scale])
    )
    overlay = overlay_polygons(grid, grid_size=1.0).simplified(tolerance_m / scale)
    height = int(np.ceil((y_max - y_min) / scale))
    return Drawing(proj, width, height, float(x_min), float(y_max), scale, overlay)


def _step(dx: int, dy: int) -> str:
    return f"{dx}{dy}" if dy < 0 else f"{dx} {dy}"


def _ring_path(ring: NDArray[np.int64]) -> str:
    steps = np.diff(ring[:-1], axis=0).tolist()
    text = "".join(
        (step if index == 0 or step[0] == "-" else " " + step)
        for index, step in enumerate(_step(dx, dy) for dx, dy in steps)
    )
    return f"M{_step(*ring[0].tolist())}l{text}z"


def path_of(polygon: Any) -> str:
    """Return the SVG path of a polygon on whole coordinates: absolute `M`, relative `l`, `z`.

    Parameters
    ----------
    polygon : shapely.Polygon, shapely.MultiPolygon or None

    Returns
    -------
    str
        Empty for None. Larger parts come first.
    """
    if polygon is None:
        return ""
    parts = shapely.get_parts(polygon)
    parts = parts[np.argsort(-shapely.area(parts), kind="stable")]
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    return "".join(_ring_path(np.rint(shapely.get_coordinates(ring)).astype("int64")) for ring in rings)


def _label_point(polygon: Any) -> tuple[int, int]:
    """Return a point inside: the middle of the largest inscribed circle, on the grid."""
    parts = shapely.get_parts(polygon)
    largest = parts[np.argmax(shapely.area(parts))]
    circle = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest, tolerance=_LABEL_TOLERANCE))
    x, y = (round(value) for value in circle[0])
    if shapely.intersects_xy(largest, x, y):
        return x, y
    corner = shapely.get_coordinates(largest)[0]
    return int(corner[0]), int(corner[1])


def _box(polygon: Any) -> Box:
    x0, y0, x1, y1 = (round(value) for value in shapely.bounds(polygon))
    return x0, y0, x1, y1


def _marker_neighbours(near: list[list[int]], polygons: list[Any], places: list[tuple[int, int]]) -> None:
    """Make a marker and the shapes around it (or else the nearest one) each other's neighbours."""
    drawn = [index for index, polygon in enumerate(polygons) if polygon is not None]
    if not drawn:
        return
    tree = shapely.STRtree([polygons[index] for index in drawn])
    for index, polygon in enumerate(polygons):
        if polygon is not None:
            continue
        point = shapely.Point(places[index])
        found = tree.query(point, predicate="intersects")
        if len(found) == 0:
            found = tree.query_nearest(point)
        for other in sorted(drawn[position] for position in found.tolist()):
            near[index].append(other)
            near[other] = sorted({*near[other], index})


def make_map(
    drawing: Drawing,
    shapes: Sequence[Shape],
    countries: Sequence[Shape],
    *,
    dataset: str,
    level: str,
    sets: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """Return the content of the map file of one admin level.

    Parameters
    ----------
    drawing : Drawing
    shapes : sequence of Shape
        Of that level, in the order of the map.
    countries : sequence of Shape
        ADM0, whose outlines go with every level.
    dataset, level : str
    sets : dict
        By boundary set: iso3, valid_from, valid_to, by_date.

    Returns
    -------
    dict
        As documented in docs/reference/snapshot.md; JSON-able.
    """

    def polygon_of(shape: Shape) -> Any:
        return drawing.overlay.union(np.array(shape.parts, dtype="int64")) if shape.parts else None

    polygons = [polygon_of(shape) for shape in shapes]
    near = find_neighbours(polygons)
    places: list[tuple[int, int]] = []
    rows: list[dict[str, Any]] = []
    for shape, polygon in zip(shapes, polygons, strict=True):
        x, y = drawing.place(shape.lon, shape.lat) if polygon is None else _label_point(polygon)
        box: Box = (x, y, x, y) if polygon is None else _box(polygon)
        places.append((x, y))
        rows.append(
            {
                "id": shape.unit_id,
                "sets": list(shape.sets),
                "iso3": shape.iso3,
                "d": path_of(polygon),
                "x": x,
                "y": y,
                "box": list(box),
                "marker": polygon is None,
            }
        )
    _marker_neighbours(near, polygons, places)
    for row, neighbours in zip(rows, near, strict=True):
        row["near"] = neighbours
    outlines = []
    for country in countries:
        polygon = polygon_of(country)
        if polygon is not None:
            x, y = _label_point(polygon)
            outlines.append({"iso3": country.iso3, "d": path_of(polygon), "box": list(_box(polygon)), "x": x, "y": y})
    return {
        "schema": MAP_SCHEMA,
        "dataset": dataset,
        "level": level,
        "crs": drawing.proj,
        "width": drawing.width,
        "height": drawing.height,
        "km_per_unit": round(drawing.scale / M_PER_KM, 6),
        "sets": sets,
        "shapes": rows,
        "countries": outlines,
    }
