"""Reads the polygons of a boundary set from the formats that geographers use, with their units named by any code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import shapely

from etl.problems import Problems, quoted
from etl.readers import BOUNDARY_READERS, Features
from etl.yamlfiles import Located, parse_model, read_yaml
from layers.catalog import Strict

SUFFIXES = (".geojson", ".gpkg", ".zip", ".topojson", ".kml", ".parquet", ".fgb")
MAPPING_SUFFIX = ".yml"
UNIT_ID = "unit_id"


class BoundarySpec(Strict):
    """`boundaries/<set>.yml`: which property of the features says which unit they are, in which layer."""

    id: str = UNIT_ID
    kind: Literal["unit_id", "pcode", "iso_3166_2", "national_code"] = "unit_id"
    part: str | None = None


@dataclass(frozen=True, slots=True)
class BoundBoundaries:
    """The polygons of one boundary set, and the file they are from.

    Attributes
    ----------
    file : str
    features : Features
        Their property `unit_id` holds what `kind` says until `name_units` has run.
    kind : str
        Column of data/units.csv that the file names its units by.
    """

    file: str
    features: Features
    kind: str = UNIT_ID


def _read_layer(path: Path, file: str, spec: BoundarySpec, problems: Problems) -> Features | None:
    if path.suffix == ".geojson":
        return BOUNDARY_READERS["geojson"](path, file, problems)
    from etl.formats import read_layers  # the readers of foreign formats are large: loaded only if needed

    layers = read_layers(path, file, problems, part=spec.part)
    if len(layers) != 1:
        if layers:
            problems.add(
                file,
                None,
                "part",
                found=f"{len(layers)} layers",
                expected=f"one of {', '.join(layer.part for layer in layers)}",
                remedy=f"Name the layer as `part` in boundaries/{path.stem}{MAPPING_SUFFIX}.",
            )
        return None
    table = layers[0].table.cells.astype("str")
    names = table.iloc[0].tolist()
    properties: list[dict[str, Any]] = [
        dict(zip(names, row, strict=True)) for row in table.iloc[1:].itertuples(index=False, name=None)
    ]
    geometries = [None if shape is None else shapely.geometry.mapping(shape) for shape in layers[0].geometry]
    return Features(geometries, properties, "")


def _with_unit_id(
    features: Features, spec: BoundarySpec, file: str, mapping: str, located: Located | None, problems: Problems
) -> Features | None:
    if spec.id == UNIT_ID:
        return features
    known = sorted({name for properties in features.properties for name in properties})
    if spec.id not in known:
        problems.add(
            mapping,
            located.line(("id",)) if located is not None else None,
            "id",
            found=quoted(spec.id),
            expected=f"a property of the features of {file} ({', '.join(known[:20])})",
            remedy="Correct the name.",
        )
        return None
    named = [{**properties, UNIT_ID: str(properties.get(spec.id) or "")} for properties in features.properties]
    return Features(features.geometries, named, features.text)


def read_boundaries(root: Path, path: Path, prefix: str, problems: Problems) -> BoundBoundaries | None:
    """Read the polygons of one boundary set.

    Parameters
    ----------
    root : pathlib.Path
        The package.
    path : pathlib.Path
        In its folder boundaries/; its name is that of the set. A mapping may lie beside it.
    prefix : str
        Stands before file names in messages.
    problems : Problems

    Returns
    -------
    BoundBoundaries or None
    """
    file = prefix + path.relative_to(root).as_posix()
    beside = path.with_suffix(MAPPING_SUFFIX)
    mapping = prefix + beside.relative_to(root).as_posix()
    spec, located = BoundarySpec(), None
    if beside.exists():
        located = read_yaml(beside, mapping, problems)
        given = parse_model(BoundarySpec, located.value, mapping, problems, located) if located is not None else None
        if given is None:
            return None
        spec = given
    features = _read_layer(path, file, spec, problems)
    if features is not None:
        features = _with_unit_id(features, spec, file, mapping, located, problems)
    return None if features is None else BoundBoundaries(file, features, spec.kind)


def name_units(name: str, bound: BoundBoundaries, units: pd.DataFrame, problems: Problems) -> BoundBoundaries:
    """Return polygons whose property `unit_id` is that of data/units.csv, found by the code that the file has.

    Parameters
    ----------
    name : str
        The boundary set.
    bound : BoundBoundaries
    units : pandas.DataFrame
        All units, as text.
    problems : Problems
        Told of codes that no unit of the set has.

    Returns
    -------
    BoundBoundaries
    """
    if bound.kind == UNIT_ID:
        return bound
    own = units.loc[(units["boundary_set"] == name) & (units[bound.kind] != "")]
    unit_of = dict(zip(own[bound.kind].astype("str"), own[UNIT_ID].astype("str"), strict=True))
    if bound.kind == "national_code":
        unit_of |= {code.partition(" ")[2]: unit for code, unit in unit_of.items() if " " in code}
    properties = []
    for number, item in enumerate(bound.features.properties, 1):
        code = str(item.get(UNIT_ID, ""))
        if code not in unit_of:
            problems.add(
                bound.file,
                number,
                bound.kind,
                found=quoted(code) if code else "no code",
                expected=f"the {bound.kind} of a unit of {name} in data/units.csv",
                remedy="Correct the code in the file, or add the unit.",
            )
        properties.append({**item, UNIT_ID: unit_of.get(code, code)})
    return BoundBoundaries(bound.file, Features(bound.features.geometries, properties, bound.features.text))
