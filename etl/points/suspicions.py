"""What looks wrong about points as a whole: swapped axes, another reference system, places far from all units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from etl.points.divisions import Division, Divisions
from etl.points.locate import Floats, to_degrees
from etl.points.lookup import OUTSIDE, UnitLookup

DISTANCES_KM = (1, 5, 20, 100)
DISTANCE_CLASSES = ("up_to_1_km", "1_to_5_km", "5_to_20_km", "20_to_100_km", "over_100_km")
_ZONE_DEGREES = 6
_WEB_MERCATOR = 3857
_UTM_NORTH, _UTM_SOUTH, _PULKOVO_1942 = 32600, 32700, 28400
_PULKOVO_ZONES = range(2, 33)
_LEAST_SHARE = 0.5


def _candidates(bounds: Floats) -> list[tuple[int, str]]:
    """Return the metric reference systems that are in use where the units lie: EPSG code and name."""
    west, south, east, north = bounds
    found = [(_WEB_MERCATOR, "Web Mercator")]
    first, last = (math.floor((lon + 180) / _ZONE_DEGREES) + 1 for lon in (west, east))
    for zone in range(max(first, 1), min(last, 60) + 1):
        if north > 0:
            found.append((_UTM_NORTH + zone, f"UTM zone {zone}N"))
        if south < 0:
            found.append((_UTM_SOUTH + zone, f"UTM zone {zone}S"))
        if zone - 30 in _PULKOVO_ZONES:
            found.append((_PULKOVO_1942 + zone - 30, f"Pulkovo 1942 zone {zone - 30}"))
    return found


def propose_crs(strange: Floats, polygons: NDArray[Any]) -> list[dict[str, Any]]:
    """Return the reference systems that put most of the strange coordinates into units, the best first.

    Parameters
    ----------
    strange : numpy.ndarray of float64, shape (n, 2)
        Coordinates beyond ±180 and ±90, as read.
    polygons : numpy.ndarray of shapely (Multi)Polygons
        In EPSG:4326.

    Returns
    -------
    list of dict
        `crs` (EPSG code), `name`, `swapped` (whether northing comes first), `points` inside, `of`.
    """
    if len(strange) == 0:
        return []
    lookup = UnitLookup(polygons, max_cells=10_000)
    proposals = []
    for code, name in _candidates(shapely.total_bounds(polygons)):
        for is_swapped in (False, True):
            x, y = strange[:, ::-1].T if is_swapped else strange.T
            inside = int((lookup.find(*to_degrees(x, y, f"EPSG:{code}"))[0] != OUTSIDE).sum())
            if inside > _LEAST_SHARE * len(strange):
                proposals.append(
                    {"crs": f"EPSG:{code}", "name": name, "swapped": is_swapped, "points": inside, "of": len(strange)}
                )
    return sorted(proposals, key=lambda one: (-one["points"], one["swapped"], one["crs"]))


def seem_swapped(swapped: int, outside: int) -> bool:
    """Tell whether swapping the coordinates puts most of the points that lie outside of all units into one."""
    return swapped > _LEAST_SHARE * outside


def _nearest(points: NDArray[Any], division: Division, proj: str) -> tuple[NDArray[np.int64], Floats]:
    """Return the nearest unit of each point and the distance [km], infinite where the projection fails."""

    def to_metres(xy: Floats) -> Floats:
        from pyproj import Transformer

        x, y = Transformer.from_crs("EPSG:4326", proj, always_xy=True).transform(xy[:, 0], xy[:, 1])
        return np.column_stack([x, y])

    metres = to_metres(points)
    shown = np.isfinite(metres).all(axis=1)
    tree = shapely.STRtree(shapely.transform(division.polygons, to_metres))
    pair, km = tree.query_nearest(shapely.points(metres[shown]), return_distance=True)
    best = pd.DataFrame({"at": pair[0], "unit": division.units[pair[1]], "km": km / 1000}).sort_values(["at", "unit"])
    best = best.drop_duplicates("at")
    unit = np.full(len(points), OUTSIDE, dtype="int64")
    distance = np.full(len(points), np.inf)
    at = np.flatnonzero(shown)[best["at"].to_numpy()]
    unit[at], distance[at] = best["unit"].to_numpy(), best["km"].to_numpy()
    return unit, distance


def describe_outside(outside: Floats, division: NDArray[np.int64], divisions: Divisions) -> list[dict[str, Any]]:
    """Count points outside of all units by their nearest unit and the distance to it; no point is shown.

    Parameters
    ----------
    outside : numpy.ndarray of float64, shape (n, 2)
        Longitude and latitude.
    division : numpy.ndarray of int64, shape (n,)
        Position of the division that holds for each point.
    divisions : Divisions

    Returns
    -------
    list of dict
        `boundary_set`, `unit_id`, `name` and one count for each of `DISTANCE_CLASSES`; the most points first.
    """
    parts = []
    for number, one in enumerate(divisions.divisions):
        at = division == number
        if at.any() and len(one.units):
            unit, km = _nearest(outside[at], one, divisions.proj)
            classes = np.searchsorted(DISTANCES_KM, km, side="left")
            parts.append(pd.DataFrame({"unit": unit, "distance": classes}))
    if not parts:
        return []
    found = pd.concat(parts, ignore_index=True)
    counts = pd.crosstab(found["unit"], found["distance"])
    counts = counts.reindex(columns=range(len(DISTANCE_CLASSES)), fill_value=0)
    order = np.lexsort((counts.index.to_numpy(), -counts.sum(axis=1).to_numpy()))
    result = []
    for position in order:
        row = int(counts.index[position])
        columns = ("boundary_set", "unit_id", "name_en")
        texts = [str(divisions.units[column].iloc[row]) if row != OUTSIDE else "" for column in columns]
        named: dict[str, Any] = dict(zip(("boundary_set", "unit_id", "name"), texts, strict=True))
        result.append(named | dict(zip(DISTANCE_CLASSES, map(int, counts.iloc[position]), strict=True)))
    return result
