"""Reference layers of a map: land, borders and names of neighbours, lakes, places, graticule; on the drawing's grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.mapfile import M_PER_KM, Drawing, path_of
from geodata.projection import project, project_xy

REFERENCE_SCHEMA = 1
LAYERS = ("land", "border", "neighbour", "lake", "place")
PLACES = ("capital", "city", "town")
_BESIDE, _ABOVE = 0.9, 0.5
"""How much is drawn beside, above and below the map, as a share of its width and height: what a wide screen shows."""
_DETAIL = 2.0
"""Tolerance of simplification [grid units]."""
_DETAIL_AROUND = 8.0
"""The same for land and borders around the map."""
_LAKES_AROUND = 0.1
"""Lakes are drawn this far around the map, as a share of its width and height."""
_SMALLEST, _SMALLEST_AROUND = 40.0, 320.0
"""Lakes, and islands around the map, below this area are left out [grid units squared]."""
_STEPS = (1, 2, 5, 10, 20)
_LINES = 7
"""About how many meridians or parallels cross a map."""
_KM_OF_DEGREE = 111.2
_DENSE = 0.25
"""Spacing of the points from which lines of the graticule are drawn [degrees]."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing of a reference layer.

    Attributes
    ----------
    layer : str
        One of `LAYERS`.
    kind : str
        Of places: one of `PLACES`; otherwise empty.
    name : dict of str to str
        By language; empty for land and borders.
    geometry : shapely geometry
        In EPSG:4326.
    """

    layer: str
    kind: str
    name: dict[str, str]
    geometry: Any


def _to_grid(geometries: NDArray[Any], drawing: Drawing) -> NDArray[Any]:
    projected = project(geometries, drawing.proj)
    corner = np.array([drawing.x_min, drawing.y_max])
    result: NDArray[Any] = shapely.transform(projected, lambda xy: (xy - corner) / [drawing.scale, -drawing.scale])
    return result


def _frame(drawing: Drawing, beside: float = _BESIDE, above: float = _ABOVE) -> Any:
    wide, high = drawing.width * beside, drawing.height * above
    return shapely.box(-wide, -high, drawing.width + wide, drawing.height + high)


def _polygons(geometry: Any, smallest: float) -> Any:
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type in ("Polygon", "MultiPolygon")]
    flat = [one for part in parts for one in shapely.get_parts(part) if one.area >= smallest]
    return shapely.multipolygons(flat) if flat else None


def line_path(line: Any) -> str:
    """Return the SVG path of a line or lines on whole coordinates: absolute `M`, relative `l`; empty if too short."""
    text = ""
    for part in shapely.get_parts(line):
        xy = np.rint(shapely.get_coordinates(part)).astype("int64")
        xy = xy[np.concatenate([[True], np.any(np.diff(xy, axis=0) != 0, axis=1)])]
        if len(xy) > 1:
            steps = " ".join(f"{dx} {dy}" for dx, dy in np.diff(xy, axis=0).tolist())
            text += f"M{xy[0, 0]} {xy[0, 1]}l{steps}"
    return text


def _area(features: Sequence[Feature], drawing: Drawing, frame: Any, detail: float, smallest: float) -> Any:
    """Return the simplified union of polygons inside a frame; None if there is none."""
    if not features:
        return None
    shapes = shapely.make_valid(_to_grid(np.array([feature.geometry for feature in features]), drawing))
    inside = shapely.intersection(shapely.union_all(shapes), frame)
    rounded = shapely.set_precision(shapely.make_valid(shapely.simplify(inside, detail)), 1.0)
    return _polygons(rounded, smallest)


def _border_path(features: Sequence[Feature], drawing: Drawing) -> str:
    """Return the borders between neighbours; those of the map's own countries are drawn with its units."""
    if not features:
        return ""
    lines = shapely.union_all(_to_grid(np.array([feature.geometry for feature in features]), drawing))
    everything = drawing.overlay.union(np.arange(len(drawing.overlay.members)))
    outside = shapely.difference(shapely.intersection(lines, _frame(drawing)), shapely.buffer(everything, 2 * _DETAIL))
    merged = shapely.line_merge(outside) if not outside.is_empty else outside
    return line_path(shapely.simplify(merged, _DETAIL_AROUND))


def _inside(point: Any, drawing: Drawing) -> bool:
    return bool(shapely.covers(_frame(drawing), point))


def _points(features: Sequence[Feature], drawing: Drawing) -> list[dict[str, Any]]:
    rows = []
    for feature in features:
        (point,) = _to_grid(np.array([feature.geometry]), drawing)
        if _inside(point, drawing):
            row = {"x": round(point.x), "y": round(point.y), "name": feature.name}
            rows.append({**row, "kind": feature.kind} if feature.kind else row)
    return rows


def _lakes(features: Sequence[Feature], drawing: Drawing) -> list[dict[str, Any]]:
    rows = []
    frame = _frame(drawing, _LAKES_AROUND, _LAKES_AROUND)
    for feature in features:
        polygon = _area([feature], drawing, frame, _DETAIL, _SMALLEST)
        if polygon is None:
            continue
        largest = max(shapely.get_parts(polygon), key=shapely.area)
        point = shapely.point_on_surface(largest)
        x0, y0, x1, y1 = shapely.bounds(polygon).tolist()
        rows.append(
            {
                "d": path_of(polygon),
                "x": round(point.x),
                "y": round(point.y),
                "name": feature.name,
                "size": round(max(x1 - x0, y1 - y0)),
            }
        )
    return sorted(rows, key=lambda row: -row["size"])


def _degrees_of(drawing: Drawing) -> tuple[float, float, float, float]:
    """Return the least and greatest longitude and latitude along the frame."""
    ring = shapely.segmentize(_frame(drawing).exterior, drawing.width / 40)
    xy = shapely.get_coordinates(ring)
    metres = np.column_stack([drawing.x_min + xy[:, 0] * drawing.scale, drawing.y_max - xy[:, 1] * drawing.scale])
    degrees = project_xy(metres, drawing.proj, inverse=True)
    west, south = degrees.min(axis=0)
    east, north = degrees.max(axis=0)
    return float(west), float(south), float(east), float(north)


def graticule_step(drawing: Drawing, latitude: float = 0.0) -> int:
    """Return the round number of degrees between two meridians at a latitude, or two parallels (latitude 0)."""
    km_of_degree = _KM_OF_DEGREE * math.cos(math.radians(latitude))
    wanted = drawing.width * drawing.scale / M_PER_KM / km_of_degree / _LINES
    return min(_STEPS, key=lambda step: abs(math.log(step / wanted)))


def _graticule(drawing: Drawing) -> list[dict[str, Any]]:
    west, south, east, north = _degrees_of(drawing)
    frame = _frame(drawing)
    lines = []
    for axis, low, high, latitude in (("lon", west, east, (south + north) / 2), ("lat", south, north, 0.0)):
        step = graticule_step(drawing, latitude)
        other = (max(south, -85.0), min(north, 85.0)) if axis == "lon" else (west, east)
        along = np.arange(other[0], other[1] + _DENSE, _DENSE)
        for degree in range(int(np.ceil(low / step)) * step, int(high) + 1, step):
            fixed = np.full(len(along), float(degree))
            lonlat = np.column_stack([fixed, along] if axis == "lon" else [along, fixed])
            (line,) = _to_grid(np.array([shapely.linestrings(lonlat)]), drawing)
            clipped = shapely.simplify(shapely.intersection(line, frame), 2.0)
            for part in shapely.get_parts(clipped):
                xy = np.rint(shapely.get_coordinates(part)).astype("int64")
                if len(xy) > 1:
                    lines.append({"axis": axis, "degree": degree, "xy": xy.reshape(-1).tolist()})
    return lines


def make_reference(
    drawing: Drawing, features: Sequence[Feature], sources: Sequence[str], *, dataset: str
) -> dict[str, Any]:
    """Return the reference layers of a dataset, on the grid of its maps.

    Land is one area beneath the units; borders are those of neighbours only. Polygons are simplified one by one: they
    are for orientation, and nothing is measured in them.

    Parameters
    ----------
    drawing : Drawing
    features : sequence of Feature
    sources : sequence of str
        Source ids of the features.
    dataset : str

    Returns
    -------
    dict
        As documented in docs/reference/snapshot.md; JSON-able.

    Raises
    ------
    ProjectionError
        If a feature lies where the projection shows nothing.
    """
    by_layer = {layer: [feature for feature in features if feature.layer == layer] for layer in LAYERS}
    return {
        "schema": REFERENCE_SCHEMA,
        "dataset": dataset,
        "crs": drawing.proj,
        "width": drawing.width,
        "height": drawing.height,
        "land": path_of(_area(by_layer["land"], drawing, _frame(drawing), _DETAIL_AROUND, _SMALLEST_AROUND)),
        "borders": _border_path(by_layer["border"], drawing),
        "neighbours": _points(by_layer["neighbour"], drawing),
        "lakes": _lakes(by_layer["lake"], drawing),
        "places": _points(by_layer["place"], drawing),
        "graticule": _graticule(drawing),
        "sources": list(sources),
    }
