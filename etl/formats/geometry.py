"""Brings the geometries of a file into EPSG:4326 and says what is wrong with them; nothing is repaired in silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from etl.formats.bounds import Limits
from etl.formats.faults import UnreadableError, listed

_WORLD = (-180.0, -90.0, 180.0, 90.0)
_TOLERANCE = 1e-6
_HALF_TURN = 180.0
_LISTED = 10


@dataclass(frozen=True)
class PlacedGeometry:
    """Geometries in EPSG:4326.

    Attributes
    ----------
    geometry : numpy.ndarray of shapely geometries or None
    crs : str
        Of the file, as an authority code or its name; empty if it has none.
    notes : tuple of str
    """

    geometry: NDArray[Any]
    crs: str
    notes: tuple[str, ...]


def _crs_of(text: str | None) -> pyproj.CRS | None:
    if not text:
        return None
    try:
        return pyproj.CRS.from_user_input(text)
    except (pyproj.exceptions.CRSError, ValueError, TypeError) as error:
        raise UnreadableError(
            f"an unknown coordinate reference system ({text.splitlines()[0][:60]})",
            "one that is known, such as EPSG:4326",
            "Export the layer again in EPSG:4326.",
        ) from error


def _crs_title(crs: pyproj.CRS) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else str(crs.name)


def _numbers(mask: NDArray[np.bool_]) -> str:
    return listed([int(position) + 1 for position in np.flatnonzero(mask)])


def _finite(geometry: NDArray[Any], notes: list[str]) -> NDArray[Any]:
    """Return the geometries without those that have coordinates that are no numbers."""
    points, owner = shapely.get_coordinates(geometry, return_index=True)
    broken = np.zeros(len(geometry), dtype=bool)
    broken[owner[~np.isfinite(points).all(axis=1)]] = True
    if broken.any():
        notes.append(f"left out, because coordinates are no numbers: geometry of feature {_numbers(broken)}")
        geometry = geometry.copy()
        geometry[broken] = None
    return geometry


def _reprojected(geometry: NDArray[Any], crs: pyproj.CRS, notes: list[str]) -> NDArray[Any]:
    transformer = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def transform(points: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = transformer.transform(points[:, 0], points[:, 1])
        return np.column_stack([x, y])

    notes.append(f"reprojected from {_crs_title(crs)} to EPSG:4326")
    result: NDArray[Any] = shapely.transform(geometry, transform)
    return result


def _check_degrees(geometry: NDArray[Any], crs: str) -> None:
    bounds = shapely.total_bounds(geometry)
    if not np.isfinite(bounds).all():
        return
    low, high = bounds[:2], bounds[2:]
    if (low >= np.array(_WORLD[:2]) - _TOLERANCE).all() and (high <= np.array(_WORLD[2:]) + _TOLERANCE).all():
        return
    if crs:
        found = f"coordinates up to {high[0]:,.0f}, {high[1]:,.0f}, which are not on the globe"
    else:
        found = f"coordinates up to {high[0]:,.0f}, {high[1]:,.0f} without a coordinate reference system"
    raise UnreadableError(
        found,
        "longitude and latitude, or a coordinate reference system (.prj)",
        "Find out the coordinate reference system, and export the layer again in EPSG:4326.",
        column="geometry",
    )


def _warn(geometry: NDArray[Any], notes: list[str]) -> None:
    """Note invalid and empty geometries, and lines that jump around the globe."""
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    if missing.any():
        notes.append(f"without geometry: feature {_numbers(missing)}")
    invalid = ~missing & ~shapely.is_valid(geometry)
    if invalid.any():
        first = shapely.is_valid_reason(geometry[invalid][0])
        notes.append(f"invalid, not repaired: feature {_numbers(invalid)} ({first})")
    points, owner = shapely.get_coordinates(geometry, return_index=True)
    if len(points) > 1:
        jump = (np.abs(np.diff(points[:, 0])) > _HALF_TURN) & (np.diff(owner) == 0)
        jumping = np.zeros(len(geometry), dtype=bool)
        jumping[owner[1:][jump]] = True
        if jumping.any():
            notes.append(f"jumps across the antimeridian: feature {_numbers(jumping)}")


def place_geometry(geometry: NDArray[Any], crs_text: str | None, limits: Limits) -> PlacedGeometry:
    """Return geometries in EPSG:4326 and two dimensions, otherwise as they are in the file.

    Parameters
    ----------
    geometry : numpy.ndarray of shapely geometries or None
        In the coordinate reference system of the file, x before y.
    crs_text : str or None
        As the file says: authority code, WKT or PROJJSON; None if it has none. Degrees are then assumed, and noted.
    limits : Limits

    Returns
    -------
    PlacedGeometry

    Raises
    ------
    UnreadableError
        If the coordinate reference system is unknown, the coordinates are not on the globe, or there are too many.
    """
    notes: list[str] = []
    limits.check_vertices(int(shapely.get_num_coordinates(geometry).sum()))
    if shapely.has_z(geometry).any():
        notes.append("heights (Z) left out")
    geometry = _finite(shapely.force_2d(geometry), notes)
    crs = _crs_of(crs_text)
    if crs is None:
        notes.append("no coordinate reference system in the file: longitude and latitude (EPSG:4326) assumed")
    elif not crs.equals("EPSG:4326", ignore_axis_order=True) and not crs.equals("OGC:CRS84"):
        geometry = _finite(_reprojected(geometry, crs, notes), notes)
    title = _crs_title(crs) if crs is not None else ""
    _check_degrees(geometry, title)
    _warn(geometry, notes)
    return PlacedGeometry(geometry, title, tuple(notes))
