"""Equal-area projection of geometry, and areas in square kilometres."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from geodata.errors import ProjectionError

GEOGRAPHIC_CRS = "EPSG:4326"
EQUAL_AREA = ("laea", "aea", "cea", "eqearth", "moll")
M2_PER_KM2 = 1_000_000.0

Geometries = NDArray[Any]


def require_equal_area(proj: str) -> CRS:
    """Return the CRS of a PROJ string, which must be an equal-area projection in metres.

    Parameters
    ----------
    proj : str
        A PROJ string, for example ``+proj=laea +lat_0=42 +lon_0=67 +units=m``.

    Returns
    -------
    pyproj.CRS

    Raises
    ------
    ProjectionError
        If the string is no PROJ string, its projection does not keep areas, or its unit is not the metre.
    """
    found = re.search(r"\+proj=(\w+)", proj)
    if found is None or found.group(1) not in EQUAL_AREA:
        raise ProjectionError(f"projection {proj!r} does not keep areas equal: use one of {', '.join(EQUAL_AREA)}")
    try:
        crs = CRS.from_user_input(proj)
    except CRSError as error:
        raise ProjectionError(f"projection {proj!r} is not understood: {error}") from error
    if any(axis.unit_name != "metre" for axis in crs.axis_info):
        raise ProjectionError(f"projection {proj!r} is not in metres: write +units=m")
    return crs


@lru_cache(maxsize=8)
def _transformer(proj: str, inverse: bool) -> Transformer:
    crs = require_equal_area(proj)
    source, target = (crs, CRS.from_user_input(GEOGRAPHIC_CRS))[:: 1 if inverse else -1]
    return Transformer.from_crs(source, target, always_xy=True)


def project_xy(xy: NDArray[np.float64], proj: str, *, inverse: bool = False) -> NDArray[np.float64]:
    """Project longitudes and latitudes to metres (or back).

    Parameters
    ----------
    xy : numpy.ndarray of float64, shape (n, 2)
        Longitude and latitude [degrees, EPSG:4326]; metres if `inverse`.
    proj : str
        An equal-area PROJ string.
    inverse : bool, default False
        Go from metres to degrees.

    Returns
    -------
    numpy.ndarray of float64, shape (n, 2)

    Raises
    ------
    ProjectionError
        If the projection is not equal-area, or a point lies outside of what it can show.
    """
    if len(xy) == 0:
        return np.empty((0, 2))
    x, y = _transformer(proj, inverse).transform(xy[:, 0], xy[:, 1])
    result = np.column_stack([x, y])
    if not np.isfinite(result).all():
        bad = xy[~np.isfinite(result).all(axis=1)][0]
        raise ProjectionError(f"the point {bad[0]}, {bad[1]} cannot be shown in {proj!r}")
    return result


def project(geometries: Geometries, proj: str) -> Geometries:
    """Project geometries from EPSG:4326 to an equal-area CRS [m].

    Vertices are projected one by one: equal vertices stay equal, so shared borders stay shared.

    Parameters
    ----------
    geometries : numpy.ndarray of shapely geometries
        In EPSG:4326, longitude first.
    proj : str
        An equal-area PROJ string.

    Returns
    -------
    numpy.ndarray of shapely geometries, same shape

    Raises
    ------
    ProjectionError
        If the projection is not equal-area.
    """
    require_equal_area(proj)
    result: Geometries = shapely.transform(geometries, lambda xy: project_xy(xy, proj))
    return result


def area_km2(projected: Geometries) -> NDArray[np.float64]:
    """Return the areas [km2] of geometries that are in an equal-area CRS [m].

    Parameters
    ----------
    projected : numpy.ndarray of shapely geometries
        Output of `project`; areas of geometries in degrees would be meaningless.

    Returns
    -------
    numpy.ndarray of float64, same shape; NaN where the geometry is missing or empty
    """
    areas = np.asarray(shapely.area(projected), dtype="float64") / M2_PER_KM2
    return np.where(areas > 0, areas, np.nan)
