"""The polygons of all units: taken from the GeoJSON files, checked as coverages, united for derived units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from etl.boundary_files import BoundBoundaries
from etl.package import FILE
from etl.problems import Problems, quoted
from etl.readers import ROW
from etl.reference import SEPARATOR
from etl.rows import named_rows
from geodata.projection import M2_PER_KM2, area_km2, project, project_xy
from geodata.topology import check_coverage, union_polygons

GAP_WIDTH_M = 5_000.0
MIN_OVERLAP_M2 = 10_000.0
MAX_CHANGED_SHARE = 0.001
MAX_CHANGED_COUNTRY = 0.05
"""Sources draw lakes, exclaves and the outline of one and the same country differently."""
_BUILD_ORDER = {"ADM3": 0, "ADM2": 1, "ADM1": 2, "ADM0": 3}

Key = tuple[str, str]
_POINT = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?) +(-?[0-9]+(?:\.[0-9]+)?)")
Points = NDArray[np.float64]
NO_POINTS: Points = np.empty((0, 2))


@dataclass(frozen=True)
class UnitShapes:
    """Geometry of the units, row by row.

    Attributes
    ----------
    geometry : numpy.ndarray of shapely geometries or None, shape (n_units,)
        In EPSG:4326; None for markers.
    area_km2 : numpy.ndarray of float64, shape (n_units,)
        In the dataset's equal-area projection; NaN for markers.
    lon, lat : numpy.ndarray of float64, shape (n_units,)
        A point inside, or the marker.
    leaves : numpy.ndarray of shapely geometries
        Every distinct polygon that is not a union of others.
    parts : tuple of tuple of int, length n_units
        Which leaves make up each unit.
    """

    geometry: NDArray[Any]
    area_km2: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    leaves: NDArray[Any]
    parts: tuple[tuple[int, ...], ...]


def _parse_geometries(bound: BoundBoundaries, problems: Problems) -> list[Any]:
    """Return the geometries of a file, None where one is broken."""
    result: list[Any] = []
    remedy = "Repair the polygon in a GIS (Fix geometries / Make valid), without changing its neighbours' borders."
    for number, item in enumerate(bound.features.geometries, 1):
        try:
            geometry = shapely.force_2d(shapely.geometry.shape(item)) if item else None
        except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
            geometry = None
        if geometry is None or shapely.get_type_id(geometry) not in (3, 6) or shapely.is_empty(geometry):
            found = quoted(item.get("type")) if isinstance(item, dict) else "no geometry"
            problems.add(
                bound.file,
                number,
                "geometry",
                found=found,
                expected="a Polygon or MultiPolygon",
                remedy="Export the boundary again as polygons.",
            )
            result.append(None)
        else:
            result.append(geometry)
    found_at = [index for index, geometry in enumerate(result) if geometry is not None]
    geometries = np.array([result[index] for index in found_at], dtype=object)
    for index, geometry in zip(found_at, geometries, strict=True):
        x0, y0, x1, y1 = shapely.bounds(geometry)
        if not (x0 >= -180 and x1 <= 180 and y0 >= -90 and y1 <= 90):
            problems.add(
                bound.file,
                index + 1,
                "geometry",
                found=f"coordinates up to {x1:.0f}, {y1:.0f}",
                expected="longitude and latitude in degrees",
                remedy="Export the boundary in EPSG:4326.",
            )
            result[index] = None
        elif not shapely.is_valid(geometry):
            problems.add(
                bound.file,
                index + 1,
                "geometry",
                found=shapely.is_valid_reason(geometry),
                expected="a valid polygon",
                remedy=remedy,
            )
            result[index] = None
    return result


def _set_polygons(
    set_id: str, bound: BoundBoundaries, units: pd.DataFrame, problems: Problems
) -> dict[str, tuple[int, Any]]:
    """Return feature number and polygon by unit_id; report features without unit and units without feature."""
    wanted = set(units.loc[units["geometry"] == "polygon", "unit_id"])
    found: dict[str, tuple[int, Any]] = {}
    geometries = _parse_geometries(bound, problems)
    seen: set[str] = set()
    for number, (geometry, properties) in enumerate(zip(geometries, bound.features.properties, strict=True), 1):
        unit_id = str(properties.get("unit_id", ""))
        if unit_id not in wanted:
            problems.add(
                bound.file,
                number,
                "unit_id",
                found=quoted(unit_id) if unit_id else "no unit_id",
                expected=f"a unit of {set_id} with geometry polygon in data/units.csv",
                remedy="Correct the property unit_id, or add the unit to data/units.csv.",
            )
        elif unit_id in seen:
            problems.add(
                bound.file,
                number,
                "unit_id",
                found=quoted(unit_id),
                expected="each unit once",
                remedy="Merge the features of one unit into one MultiPolygon.",
            )
        elif geometry is not None:
            found[unit_id] = (number, geometry)
        seen.add(unit_id)
    if not problems.has_any(bound.file):
        for file, row, unit_id in named_rows(
            units.loc[(units["geometry"] == "polygon") & ~units["unit_id"].isin(seen), [FILE, ROW, "unit_id"]]
        ):
            problems.add(
                file,
                int(row),
                "geometry",
                found=f"{unit_id} without a feature in {bound.file}",
                expected="a feature for every unit with geometry polygon",
                remedy="Add the feature, or set geometry to marker with lon and lat.",
            )
    return found


def read_known_holes(sets: pd.DataFrame, problems: Problems) -> dict[str, Points]:
    """Return, by boundary set, the points of the column known_holes: "lon lat", separated by |.

    Parameters
    ----------
    sets : pandas.DataFrame
        Of data/boundary_sets.csv.
    problems : Problems
        Collects cells that hold no points.

    Returns
    -------
    dict of str to numpy.ndarray of float64, shape (n, 2)
    """
    result: dict[str, Points] = {}
    for row in named_rows(sets.loc[sets["known_holes"] != ""]) if "known_holes" in sets else ():
        points = [_POINT.fullmatch(text.strip()) for text in row.known_holes.split(SEPARATOR)]
        found = [(float(point[1]), float(point[2])) for point in points if point is not None]
        if len(found) < len(points) or not all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in found):
            problems.add(
                str(sets[FILE].iloc[0]),
                int(sets.loc[sets["boundary_set"] == row.boundary_set, ROW].iloc[0]),
                "known_holes",
                found=quoted(row.known_holes),
                expected="longitude and latitude of points, such as 71.034 40.247|70.6 39.8",
                remedy="Write each point as two numbers, and | between points.",
            )
        else:
            result[row.boundary_set] = np.array(found)
    return result


def _check_set_coverage(
    set_id: str,
    bound: BoundBoundaries,
    polygons: Mapping[str, tuple[int, Any]],
    units: pd.DataFrame,
    proj: str,
    known_holes: Points,
    problems: Problems,
) -> None:
    markers = units.loc[units["geometry"] == "marker", ["lon", "lat"]].to_numpy(dtype="float64")
    points = np.concatenate([markers, known_holes])
    covered = shapely.points(project_xy(points, proj)) if len(points) else None
    for _, group in units.loc[units["unit_id"].isin(list(polygons))].groupby("level", sort=True):
        ids = group["unit_id"].tolist()
        projected = project(np.array([polygons[unit_id][1] for unit_id in ids], dtype=object), proj)
        for fault in check_coverage(projected, gap_width=GAP_WIDTH_M, covered=covered, min_area=MIN_OVERLAP_M2):
            lon, lat = project_xy(np.array([[fault.x, fault.y]]), proj, inverse=True)[0]
            names = " and ".join(ids[member] for member in fault.members)
            word = "an overlap" if fault.kind == "overlap" else "a gap"
            problems.add(
                bound.file,
                polygons[ids[fault.members[-1]]][0] if fault.members else 1,
                f"geometry near {lon:.3f}, {lat:.3f}",
                found=f"{word} of {fault.size / M2_PER_KM2:.2f} km2 between {names}",
                expected=f"polygons of {set_id} that share their borders vertex by vertex",
                remedy="See python -m etl topology, which offers a repair; a hole that is right goes into known_holes.",
            )


def _check_same_territory(units: pd.DataFrame, geometry: NDArray[Any], problems: Problems) -> None:
    """Report a unit_id that stands for different territories in two sets; derived units only if no other does."""
    for derived in (False, True):
        before = len(problems.found)
        chosen = np.flatnonzero((units["geometry"] != "polygon").to_numpy() == derived)
        by_id: dict[str, list[int]] = {}
        for position in chosen.tolist():
            if geometry[position] is not None:
                by_id.setdefault(units.iloc[position]["unit_id"], []).append(position)
        for unit_id, (first, *others) in by_id.items():
            for other in others:
                _compare_territories(units, unit_id, first, other, geometry, problems)
        if len(problems.found) > before:
            return


def _compare_territories(
    units: pd.DataFrame, unit_id: str, first: int, other: int, geometry: NDArray[Any], problems: Problems
) -> None:
    one, two = geometry[first], geometry[other]
    if one is two or shapely.equals_exact(one, two, normalize=True):
        return
    changed = shapely.area(shapely.symmetric_difference(one, two)) / shapely.area(one)
    row, set_id = units.iloc[other], units.iloc[first]["boundary_set"]
    if changed > (MAX_CHANGED_COUNTRY if row["level"] == "ADM0" else MAX_CHANGED_SHARE):
        problems.add(
            str(row[FILE]),
            int(row[ROW]),
            "unit_id",
            found=f"{unit_id}, whose territory differs by {changed:.1%} from that in {set_id}",
            expected="one territory for each unit_id",
            remedy="Give the changed territory another unit_id.",
        )


class _Builder:
    """Builds the geometry of every unit from the polygons, leaf by leaf."""

    def __init__(self, units: pd.DataFrame, polygons: Mapping[Key, Any]) -> None:
        self.units = units
        self.polygons = polygons
        self.leaves: list[Any] = []
        self._leaf_at: dict[bytes, int] = {}
        self._built: dict[int, tuple[Any, tuple[int, ...]]] = {}
        ids = zip(units["boundary_set"], units["unit_id"], strict=True)
        self._position = {key: position for position, key in enumerate(ids)}
        self._by_country: dict[Key, list[int]] = {}
        for position, key in enumerate(zip(units["iso3"], units["unit_id"], strict=True)):
            self._by_country.setdefault(key, []).append(position)
        self._children: dict[Key, list[int]] = {}
        for position, key in enumerate(zip(units["boundary_set"], units["parent_unit_id"], strict=True)):
            self._children.setdefault(key, []).append(position)
        self._unions: dict[tuple[int, ...], Any] = {}

    def _leaf(self, polygon: Any) -> int:
        key = shapely.to_wkb(polygon, byte_order=1)
        if key not in self._leaf_at:
            self._leaf_at[key] = len(self.leaves)
            self.leaves.append(polygon)
        return self._leaf_at[key]

    def _member_positions(self, row: Any) -> list[int]:
        result = []
        for member in row.members.split(SEPARATOR):
            same_set = self._position.get((row.boundary_set, member))
            result.append(same_set if same_set is not None else self._by_country[row.iso3, member][0])
        return result

    def build(self, position: int, row: Any) -> tuple[Any, tuple[int, ...]]:
        """Return geometry and leaves of the unit at a position; None and () for a marker."""
        if position in self._built:
            return self._built[position]
        self._built[position] = (None, ())
        if row.geometry == "polygon":
            leaf = self._leaf(self.polygons[row.boundary_set, row.unit_id])
            self._built[position] = (self.leaves[leaf], (leaf,))
        elif row.geometry in ("children", "members"):
            below = (
                self._member_positions(row)
                if row.geometry == "members"
                else self._children.get((row.boundary_set, row.unit_id), [])
            )
            parts: set[int] = set()
            for other in below:
                parts.update(self.build(other, self.rows[other])[1])
            self._built[position] = (self._union(tuple(sorted(parts))), tuple(sorted(parts)))
        return self._built[position]

    def _union(self, parts: tuple[int, ...]) -> Any:
        if not parts:
            return None
        if parts not in self._unions:
            self._unions[parts] = union_polygons(np.array([self.leaves[part] for part in parts], dtype=object))
        return self._unions[parts]

    def build_all(self) -> list[tuple[Any, tuple[int, ...]]]:
        """Return geometry and leaves of all units."""
        self.rows = list(named_rows(self.units))
        return [self.build(position, row) for position, row in enumerate(self.rows)]


def build_shapes(
    units: pd.DataFrame,
    boundaries: Mapping[str, BoundBoundaries],
    proj: str,
    problems: Problems,
    known_holes: Mapping[str, Points] | None = None,
) -> UnitShapes | None:
    """Give every unit its polygon, area and point.

    Parameters
    ----------
    units : pandas.DataFrame
        Of all boundary sets, typed.
    boundaries : mapping of boundary set to BoundBoundaries
    proj : str
        The dataset's equal-area PROJ string.
    problems : Problems
        Collects broken, missing, overlapping and unknown polygons.
    known_holes : mapping of boundary set to numpy.ndarray of float64, shape (n, 2), optional
        Longitude and latitude of points in narrow holes that are right, such as exclaves of another country.

    Returns
    -------
    UnitShapes or None
        None if a problem was found.
    """
    before = len(problems.found)
    unreadable = False
    polygons: dict[Key, Any] = {}
    known_sets = set(units["boundary_set"])
    for set_id, bound in boundaries.items():
        if set_id not in known_sets:
            problems.add(
                bound.file,
                None,
                "",
                found=f"boundaries of {quoted(set_id)}",
                expected="a boundary set of data/units.csv",
                remedy="Name the file after its boundary set, or remove it.",
            )
    for key, group in units.groupby("boundary_set", sort=True):
        name = str(key)
        if name not in boundaries:
            file = f"boundaries/{name}.geojson"
            needed = bool((group["geometry"] == "polygon").any())
            unreadable |= needed
            if needed and not problems.has_any(file):
                problems.add(
                    file, None, "", found="no such file", expected=f"the polygons of {name}", remedy="Add the file."
                )
            continue
        found = _set_polygons(name, boundaries[name], group, problems)
        if not problems.has_any(boundaries[name].file):
            holes = (known_holes or {}).get(name, NO_POINTS)
            _check_set_coverage(name, boundaries[name], found, group, proj, holes, problems)
        polygons |= {(name, unit_id): polygon for unit_id, (_, polygon) in found.items()}
    if unreadable or len(problems.found) > before:
        return None
    builder = _Builder(units, polygons)
    built = builder.build_all()
    geometry = np.empty(len(units), dtype=object)
    for position, (shape, _) in enumerate(built):
        geometry[position] = shape
    _check_same_territory(units, geometry, problems)
    _check_has_shape(units, geometry, problems)
    if len(problems.found) > before:
        return None
    projected = project(geometry, proj)
    drawn = np.array([shape is not None for shape in geometry], dtype=bool)
    lon = units["lon"].to_numpy(dtype="float64", copy=True)
    lat = units["lat"].to_numpy(dtype="float64", copy=True)
    unplaced = drawn & ~(np.isfinite(lon) & np.isfinite(lat))
    points = shapely.get_coordinates(shapely.point_on_surface(projected[unplaced]))
    inside = project_xy(points, proj, inverse=True)
    lon[unplaced], lat[unplaced] = inside[:, 0], inside[:, 1]
    leaves = np.empty(len(builder.leaves), dtype=object)
    leaves[:] = builder.leaves
    return UnitShapes(geometry, area_km2(projected), lon, lat, leaves, tuple(parts for _, parts in built))


def _check_has_shape(units: pd.DataFrame, geometry: NDArray[Any], problems: Problems) -> None:
    for position, row in enumerate(named_rows(units)):
        if (
            geometry[position] is None
            and row.geometry != "marker"
            and not (np.isfinite(row.lon) and np.isfinite(row.lat))
        ):
            problems.add(
                str(units.iloc[position][FILE]),
                int(units.iloc[position][ROW]),
                "geometry",
                found=f"{row.geometry} of {row.unit_id}, where no unit has a polygon",
                expected="at least one unit with a polygon, or lon and lat",
                remedy="Set geometry to marker, with lon and lat.",
            )
