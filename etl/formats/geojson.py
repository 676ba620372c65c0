"""Reads GeoJSON feature by feature, so that one broken feature does not spoil the others."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from etl.formats.bounds import LIMITS, Limits
from etl.formats.encoding import decode_text
from etl.formats.faults import UnreadableError
from etl.formats.geometry import place_geometry
from etl.formats.jsonrecords import load_json, records_table
from etl.formats.model import RawLayer, RawTable
from etl.problems import Problems, quoted

_KIND = "a GeoJSON FeatureCollection"
_REMEDY = "Export the layer again as GeoJSON."
GEOMETRIES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}
)


def _features(content: Any) -> list[dict[str, Any]]:
    kind = content.get("type") if isinstance(content, dict) else None
    if kind == "Feature":
        return [content]
    if kind in GEOMETRIES:
        return [{"type": "Feature", "geometry": content, "properties": {}}]
    features = content.get("features") if isinstance(content, dict) else None
    if kind != "FeatureCollection" or not isinstance(features, list):
        found = f"type {quoted(kind)}" if kind else "JSON of another form"
        raise UnreadableError(found, _KIND, _REMEDY, column="type")
    if not features:
        raise UnreadableError("no feature", _KIND, _REMEDY)
    return features


def _crs_name(content: dict[str, Any]) -> str:
    crs = content.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return name if isinstance(name, str) and name else "OGC:CRS84"


def _geometry(item: Any) -> Any:
    """Return a geometry, None if there is none; anything that cannot be read raises ValueError."""
    if item is None:
        return None
    try:
        return shapely.from_geojson(json.dumps(item))
    except (shapely.errors.ShapelyError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def _table(features: list[Any], file: str, limits: Limits) -> RawTable:
    records = []
    for feature in features:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        record = dict(properties) if isinstance(properties, dict) else {}
        if isinstance(feature, dict) and isinstance(feature.get("id"), str | int):
            record.setdefault("id", feature["id"])
        records.append(record)
    if not any(records):
        records = [{"feature": number} for number in range(1, len(records) + 1)]
    table = records_table(records, file, "", (), limits, keep_empty=True)
    return dataclasses.replace(table, format="geojson")


def read_geojson_layer(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawLayer]:
    """Read a GeoJSON file: a FeatureCollection, a Feature or a bare geometry.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Collects the features that cannot be read; they stay in the layer without a geometry.
    part : str, optional
        Not used: the file is one layer.
    limits : Limits

    Returns
    -------
    list of RawLayer
        One layer.

    Raises
    ------
    UnreadableError
        If it is no GeoJSON, or its coordinates are not on the globe.
    """
    content = load_json(decode_text(path.read_bytes()).text)
    features = _features(content)
    geometry = np.full(len(features), None, dtype=object)
    broken: list[tuple[int, str]] = []
    for position, feature in enumerate(features):
        try:
            if not isinstance(feature, dict) or feature.get("type") != "Feature":
                raise ValueError("no Feature")
            geometry[position] = _geometry(feature.get("geometry"))
        except ValueError as error:
            broken.append((position + 1, str(error).splitlines()[0] if str(error) else "no geometry"))
    if broken:
        number, detail = broken[0]
        problems.add(
            file,
            number,
            "geometry",
            found=f"a feature that cannot be read ({detail[:120]})",
            expected="Features with geometries",
            remedy=_REMEDY,
            more=len(broken) - 1,
        )
    placed = place_geometry(geometry, _crs_name(content), limits)
    table = _table(features, file, limits)
    return [
        RawLayer(
            file=file,
            format="geojson",
            part="",
            geometry=placed.geometry,
            table=table,
            crs=placed.crs,
            notes=placed.notes,
        )
    ]
