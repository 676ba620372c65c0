"""Reads the polygons of a file or of a data package as layers that can be checked, without refusing faulty ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from etl.package import Package, read_packages
from etl.problems import Problems, quoted
from etl.readers import read_geojson
from etl.rows import named_rows
from geodata.errors import EtlError
from geodata.projection import project, project_xy
from geodata.topology import make_valid_polygons

Geometries = NDArray[Any]


class BoundaryError(EtlError):
    """Boundaries cannot be read or found as asked."""


@dataclass(frozen=True)
class BoundaryLayer:
    """The units of one file, or of one boundary set and level.

    Attributes
    ----------
    name : str
        File, or boundary set and level.
    iso3 : str
        Empty if unknown.
    ids, names, parents : list of str
        As in the file; `parents` are ids or codes of the units above, empty if unknown.
    geometry : numpy.ndarray of shapely geometries or None, shape (n_units,)
        In EPSG:4326, as in the file, valid or not.
    numbers : list of int
        Number of each feature in its file, from 1.
    markers : pandas.DataFrame
        Units without a polygon, by intent: unit_id, lon, lat.
    without : list of str
        Units that ought to have a polygon and have none.
    level, boundary_set : str
        Empty for a file.
    by_date : bool
        False for survey groups and joined units, which are not compared with other sets.
    valid_from, valid_to : str
        First and last day, as 2022-06-08; empty where open.
    """

    name: str
    iso3: str
    ids: list[str]
    names: list[str]
    parents: list[str]
    geometry: Geometries
    numbers: list[int]
    markers: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"unit_id": [], "lon": [], "lat": []}))
    without: list[str] = field(default_factory=list)
    level: str = ""
    boundary_set: str = ""
    by_date: bool = True
    valid_from: str = ""
    valid_to: str = ""


@dataclass(frozen=True)
class Features:
    """The features of a file of boundaries: geometry as in the file, properties as text."""

    geometry: Geometries
    properties: pd.DataFrame


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\u00a0", " ").strip()


def _shape(item: Any) -> Any:
    """Return a parsed GeoJSON geometry in two dimensions; None if it is none."""
    try:
        with np.errstate(invalid="ignore"):  # NaN coordinates are reported, not warned of
            return shapely.force_2d(shapely.geometry.shape(item)) if item else None
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None


def read_features(path: Path) -> Features:
    """Read a file of boundaries: GeoJSON, or any format of layers that the ETL knows.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    Features

    Raises
    ------
    BadInputError
        If the file is no file of boundaries.
    """
    problems = Problems()
    if path.suffix.lower() in (".geojson", ".json"):
        features = read_geojson(path, path.name, problems)
        problems.raise_if_any()
        if features is None:  # only for the type checker: a file that cannot be read is a problem
            raise AssertionError
        geometry = np.empty(len(features.geometries), dtype=object)
        geometry[:] = [_shape(item) for item in features.geometries]
        rows = [{str(key): _text(value) for key, value in row.items()} for row in features.properties]
        return Features(geometry, pd.DataFrame(rows, index=range(len(rows)), dtype="str").fillna(""))
    from etl.formats import read_layers

    layers = read_layers(path, path.name, problems)
    problems.raise_if_any()
    if len(layers) != 1:
        names = ", ".join(layer.part for layer in layers)
        raise BoundaryError(f"{path.name} has {len(layers)} layers ({names}): export the one with the units alone")
    cells = layers[0].table.cells
    table = cells.iloc[1:].reset_index(drop=True).set_axis(cells.iloc[0].astype("str").tolist(), axis=1)
    return Features(layers[0].geometry, table.map(_text))


def _column(features: Features, name: str | None, path: Path) -> list[str]:
    if name is None:
        return [""] * len(features.geometry)
    if name not in features.properties.columns:
        known = ", ".join(map(str, features.properties.columns[:40]))
        raise BoundaryError(f"{path.name} has no property {quoted(name)}; it has {known}")
    return [str(value) for value in features.properties[name]]


def file_layer(
    path: Path, *, id_property: str | None = None, name_property: str | None = None, parent_property: str | None = None
) -> BoundaryLayer:
    """Read a file of boundaries as one layer.

    Parameters
    ----------
    path : pathlib.Path
    id_property, name_property, parent_property : str, optional
        Properties that hold code, name and parent's code; without `id_property`, `unit_id` if there is one, else the
        number of the feature.

    Returns
    -------
    BoundaryLayer

    Raises
    ------
    BadInputError, BoundaryError
        If the file cannot be read, or has no such property.
    """
    features = read_features(path)
    count = len(features.geometry)
    if id_property is None and "unit_id" in features.properties.columns:
        id_property = "unit_id"
    ids = _column(features, id_property, path) if id_property else [f"feature {n}" for n in range(1, count + 1)]
    return BoundaryLayer(
        path.name,
        "",
        ids,
        _column(features, name_property, path),
        _column(features, parent_property, path),
        features.geometry,
        list(range(1, count + 1)),
    )


def _package_units(package: Package) -> pd.DataFrame:
    if "units" not in package.reference or package.reference["units"].empty:
        raise BoundaryError("the package has no data/units.csv that can be read: see python -m etl validate")
    return package.reference["units"]


def _markers(units: pd.DataFrame) -> pd.DataFrame:
    rows = units.loc[units["geometry"] == "marker", ["unit_id", "lon", "lat"]]
    numbers = rows.assign(**{c: pd.to_numeric(rows[c], errors="coerce") for c in ("lon", "lat")})
    return numbers.dropna().reset_index(drop=True)


def package_layers(root: Path) -> tuple[list[BoundaryLayer], str]:
    """Read every boundary set and level of a package that has polygons of its own.

    Parameters
    ----------
    root : pathlib.Path
        Folder with a datapackage.json.

    Returns
    -------
    layers : list of BoundaryLayer
    proj : str
        The dataset's projection; empty if it has none.

    Raises
    ------
    BoundaryError
        If it has no units that can be read.
    """
    package = read_packages([root], Problems())
    units = _package_units(package)
    sets = package.reference["boundary_sets"].drop_duplicates("boundary_set").set_index("boundary_set")
    layers = []
    for (name, level), group in units.groupby(["boundary_set", "level"], sort=True):
        wanted = group.loc[group["geometry"] == "polygon"]
        if wanted.empty:
            continue
        bound = package.boundaries.get(str(name))
        at = {} if bound is None else {str(p.get("unit_id", "")): n for n, p in enumerate(bound.features.properties)}
        found = [row for row in named_rows(wanted) if row.unit_id in at]
        geometry = np.empty(len(found), dtype=object)
        if bound is not None:
            geometry[:] = [_shape(bound.features.geometries[at[row.unit_id]]) for row in found]
        first, last = (str(sets[column].to_dict().get(name, "")) for column in ("valid_from", "valid_to"))
        layers.append(
            BoundaryLayer(
                f"{name} {level}",
                str(group["iso3"].iloc[0]),
                [row.unit_id for row in found],
                [row.name_en for row in found],
                [row.parent_unit_id for row in found],
                geometry,
                [at[row.unit_id] + 1 for row in found],
                _markers(group),
                sorted(set(wanted["unit_id"]) - set(at)),
                str(level),
                str(name),
                sets["by_date"].to_dict().get(name) != "false",
                first,
                last,
            )
        )
    proj = package.dataset.projection.proj if package.dataset is not None else ""
    return layers, proj


def projection_around(layers: Sequence[BoundaryLayer]) -> str:
    """Return an equal-area projection centred on the layers, also where they lie on both sides of the antimeridian."""
    points = [shapely.get_coordinates(layer.geometry[[g is not None for g in layer.geometry]]) for layer in layers]
    xy = np.concatenate([np.empty((0, 2)), *points])
    xy = xy[np.isfinite(xy).all(axis=1) & (np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90)]
    if len(xy) == 0:
        raise BoundaryError("no polygon has a longitude and latitude in degrees: export the boundaries in EPSG:4326")
    angles = np.radians(xy[:, 0])
    lon = float(np.degrees(np.arctan2(np.sin(angles).mean(), np.cos(angles).mean())))
    lat = float((xy[:, 1].min() + xy[:, 1].max()) / 2)
    return f"+proj=laea +lat_0={lat:.2f} +lon_0={lon:.2f} +datum=WGS84 +units=m"


def is_usable(geometry: Any) -> bool:
    """Tell whether a geometry is a polygon with finite degrees, valid or not."""
    if geometry is None or shapely.get_type_id(geometry) not in (3, 6) or shapely.is_empty(geometry):
        return False
    xy = shapely.get_coordinates(geometry)
    return bool(np.isfinite(xy).all() and (np.abs(xy[:, 0]) <= 180).all() and (np.abs(xy[:, 1]) <= 90).all())


@dataclass(frozen=True)
class Ground:
    """The usable polygons of a layer on the ground: valid, projected; positions lead back to the layer.

    Attributes
    ----------
    layer : BoundaryLayer
    index : numpy.ndarray of int, shape (n_usable,)
        Position of each polygon in the layer.
    polygons : numpy.ndarray of valid shapely (Multi)Polygons, shape (n_usable,)
        In the projection [m].
    markers : numpy.ndarray of shapely Points
    proj : str
    """

    layer: BoundaryLayer
    index: NDArray[np.int64]
    polygons: Geometries
    markers: Geometries
    proj: str

    def id_of(self, position: int) -> str:
        """Return the id of the unit at a position of `polygons`."""
        return self.layer.ids[int(self.index[position])]


def to_ground(layer: BoundaryLayer, proj: str) -> Ground:
    """Return the usable polygons of a layer, made valid and projected."""
    usable = np.array([at for at, item in enumerate(layer.geometry) if is_usable(item)], dtype="int64")
    polygons = make_valid_polygons(project(layer.geometry[usable], proj))
    kept = np.array([polygon is not None for polygon in polygons], dtype=bool)
    points = layer.markers[["lon", "lat"]].to_numpy(dtype="float64")
    markers = shapely.points(project_xy(points, proj)) if len(points) else np.empty(0, dtype=object)
    return Ground(layer, usable[kept], polygons[kept], markers, proj)
