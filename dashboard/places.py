"""Places below a country: what each of them holds, at every level and under every boundary set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.contracts import LEVELS

COUNTRY = LEVELS[0]
COLUMNS = (
    "boundary_set", "unit_id", "level", "parent_unit_id", "iso3", "valid_from", "valid_to", "lon", "lat", "geometry",
)  # fmt: skip
"""Columns of the published units from which places are worked out."""
Members = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Place:
    """A unit below a country, as a part of the map that can be looked into.

    Attributes
    ----------
    unit_id, level, iso3 : str
    path : tuple of str
        unit_ids from its country down to itself, in the most recent boundary set that it belongs to.
    inside : mapping of level to mapping of boundary set to tuple of str
        What of each level belongs to it under each boundary set of its country: the place itself and what lies below
        it; of a level above its own, what it is a part of. Never empty where the set has units of the level.
    """

    unit_id: str
    level: str
    iso3: str
    path: tuple[str, ...]
    inside: Members


def find_place(units: pd.DataFrame, unit_id: str) -> Place | None:
    """Return a place below a country; None if there is none of that id.

    Under a boundary set that does not have the unit, its territory decides: what has its middle there belongs to the
    place; if nothing has, then that in which the middle of the place lies.

    Parameters
    ----------
    units : pandas.DataFrame
        `COLUMNS` of the published units of all boundary sets, or of those of its country.
    unit_id : str
        The unit.
    """
    rows = units[(units["unit_id"] == unit_id) & (units["level"] != COUNTRY)]
    if rows.empty:
        return None
    recent = rows.sort_values("valid_to", kind="stable", na_position="last").iloc[-1]
    country = units[units["iso3"] == recent["iso3"]]
    sets = {str(key): group for key, group in country.groupby("boundary_set", sort=True)}
    inside: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, members in sets.items():
        has_it = (members["unit_id"] == unit_id).any()
        found = _by_parents(members, unit_id) if has_it else _by_territory(members, recent)
        for level, ids in found.items():
            inside.setdefault(level, {})[name] = ids
    path = _path(sets[str(recent["boundary_set"])], unit_id)
    return Place(unit_id, str(recent["level"]), str(recent["iso3"]), path, inside)


def _path(members: pd.DataFrame, unit_id: str) -> tuple[str, ...]:
    parents = dict(zip(members["unit_id"], members["parent_unit_id"], strict=True))
    path = [unit_id]
    while parents.get(path[0]) in parents:
        path.insert(0, parents[path[0]])
    return tuple(path)


def _by_parents(members: pd.DataFrame, unit_id: str) -> dict[str, tuple[str, ...]]:
    """Return by level what lies below a unit of a boundary set, the unit itself, and what it is a part of."""
    taken = set(_path(members, unit_id))
    below = {unit_id}
    while below:
        below = set(members.loc[members["parent_unit_id"].isin(below), "unit_id"]) - taken
        taken |= below
    return _by_level(members[members["unit_id"].isin(taken)])


def _by_territory(members: pd.DataFrame, place: pd.Series[Any]) -> dict[str, tuple[str, ...]]:
    """Return by level what of another boundary set lies on the territory of a unit, or else covers its middle."""
    (territory,), (middle,) = _territories(place.to_frame().T), _middles(place.to_frame().T)
    found: dict[str, tuple[str, ...]] = {}
    for level, rows in members.groupby("level", sort=True):
        held = rows.iloc[:0]
        if LEVELS.index(str(level)) >= LEVELS.index(place["level"]) and territory is not None:
            held = rows[shapely.contains(territory, _middles(rows))]
        if held.empty:
            held = rows[shapely.contains(_territories(rows), middle)]
        found |= _by_level(held)
    return found


def _by_level(rows: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    return {str(level): tuple(sorted(group["unit_id"])) for level, group in rows.groupby("level", sort=True)}


def _territories(rows: pd.DataFrame) -> NDArray[Any]:
    return np.asarray(shapely.from_wkb(rows["geometry"].where(rows["geometry"].notna(), None).to_numpy()))


def _middles(rows: pd.DataFrame) -> NDArray[Any]:
    """Return a point inside of each unit, or where a unit without a polygon is drawn."""
    inside = shapely.point_on_surface(_territories(rows))
    drawn = shapely.points(rows["lon"].to_numpy("float64"), rows["lat"].to_numpy("float64"))
    return np.where(shapely.is_missing(inside), drawn, inside)


def within_of(scene: Mapping[str, Any], inside: Members) -> list[str]:
    """Return for every period which shapes of a scene belong to a place: a text of 1 and 0, one for each shape.

    The browser's `withinOf` (assets/scene.js) is the same rule; a test compares the two.
    """
    members = inside.get(scene["level"], {})

    def row(sets: Mapping[str, str]) -> str:
        held = {unit for name in sets.values() for unit in members.get(name, ())}
        return "".join("1" if unit in held else "0" for unit in scene["ids"])

    return [row(stop["sets"]) for stop in scene["periods"]]
