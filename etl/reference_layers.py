"""Reads what a package says of the country around its units: land, borders, neighbours, lakes, places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.errors import ShapelyError

from etl.problems import Problems, quoted
from etl.readers import BOUNDARY_READERS
from geodata.reference_layers import LAYERS, PLACES, Feature

REFERENCE_FILE = "reference/reference.geojson"
_GEOMETRY = {
    "land": ("Polygon", "MultiPolygon"),
    "border": ("LineString", "MultiLineString"),
    "neighbour": ("Point",),
    "lake": ("Polygon", "MultiPolygon"),
    "place": ("Point",),
}


@dataclass(frozen=True)
class ReferenceLayers:
    """The features of all packages, and the sources that they are from, in order."""

    features: tuple[Feature, ...] = ()
    sources: tuple[str, ...] = ()


class _Reader:
    """Reads the features of one file, and reports each that cannot be taken."""

    def __init__(self, file: str, sources: Sequence[str] | None, problems: Problems) -> None:
        self.file, self.sources, self.problems = file, sources, problems

    def _fault(self, number: int, column: str, found: object, expected: str, remedy: str) -> None:
        self.problems.add(self.file, number, column, found=quoted(found), expected=expected, remedy=remedy)

    def _one_of(self, number: int, column: str, value: str, codes: Sequence[str], remedy: str) -> bool:
        if value not in codes:
            shown = ", ".join(codes[:16]) + (", ..." if len(codes) > 16 else "")
            self._fault(number, column, value, f"one of {shown}", remedy)
        return value in codes

    def _geometry(self, number: int, layer: str, geometry: Any) -> Any:
        try:
            made = shapely.geometry.shape(geometry)
        except (ShapelyError, AttributeError, KeyError, TypeError, ValueError):
            self._fault(number, "geometry", geometry, "a GeoJSON geometry", "Export the file again.")
            return None
        if made.geom_type not in _GEOMETRY[layer] or made.is_empty:
            expected = f"a geometry of type {' or '.join(_GEOMETRY[layer])} for {layer}"
            self._fault(number, "geometry", made.geom_type, expected, "Correct the layer, or the geometry.")
            return None
        west, south, east, north = made.bounds
        if west < -180 or east > 180 or south < -90 or north > 90:
            found = f"{west:g} {south:g} {east:g} {north:g}"
            self._fault(number, "geometry", found, "longitudes and latitudes", "Export the file in EPSG:4326.")
            return None
        return made

    def read(self, number: int, properties: dict[str, Any], geometry: Any) -> tuple[Feature, str] | None:
        """Return a feature and its source, or None with the problem added."""
        text = {name: str(properties.get(name) or "") for name in ("layer", "kind", "name_en", "name_ru", "source_id")}
        good = self._one_of(number, "layer", text["layer"], LAYERS, "Correct the layer.")
        if not good:
            return None
        layer = text["layer"]
        if layer == "place":
            good = self._one_of(number, "kind", text["kind"], PLACES, "Say what kind of place it is.")
        if self.sources is not None:
            remedy = "Add the source to data/sources.csv."
            good &= self._one_of(number, "source_id", text["source_id"], self.sources, remedy)
        if layer in ("neighbour", "place"):
            for name in ("name_en", "name_ru"):
                if not text[name]:
                    self._fault(number, name, "", "a name", "Give the name in both languages.")
                    good = False
        made = self._geometry(number, layer, geometry)
        if made is None or not good:
            return None
        names = {lang: text[f"name_{lang}"] for lang in ("en", "ru") if text[f"name_{lang}"]}
        return Feature(layer, text["kind"] if layer == "place" else "", names, made), text["source_id"]


def read_reference_layers(
    roots: Sequence[Path], sources: Sequence[str] | None, problems: Problems
) -> ReferenceLayers | None:
    """Read reference/reference.geojson of each package that has one.

    Parameters
    ----------
    roots : sequence of pathlib.Path
        The packages; messages name the files of all but the first with the folder in front.
    sources : sequence of str or None
        Known sources; None if they have problems themselves.
    problems : Problems

    Returns
    -------
    ReferenceLayers or None
        None if no package has the file.
    """
    found: list[tuple[Feature, str]] = []
    paths = [(at, root / REFERENCE_FILE) for at, root in enumerate(roots) if (root / REFERENCE_FILE).is_file()]
    for at, path in paths:
        file = f"{roots[at].name}/{REFERENCE_FILE}" if at else REFERENCE_FILE
        content = BOUNDARY_READERS["geojson"](path, file, problems)
        if content is None:
            continue
        reader = _Reader(file, sources, problems)
        rows = zip(content.properties, content.geometries, strict=True)
        read = (reader.read(number, properties, geometry) for number, (properties, geometry) in enumerate(rows, 1))
        found += [one for one in read if one is not None]
    if not paths:
        return None
    return ReferenceLayers(tuple(f for f, _ in found), tuple(dict.fromkeys(source for _, source in found)))
