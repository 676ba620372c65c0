"""Imports a file of boundaries into a data package: polygons, units with their parents, the boundary set."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from etl.boundary_layers import (
    BoundaryError,
    BoundaryLayer,
    Features,
    is_usable,
    projection_around,
    read_features,
    to_ground,
)
from etl.package import REFERENCE_COLUMNS
from etl.problems import Problems
from etl.readers import ROW, read_csv
from etl.topology_report import Finding, check_topology, write_text
from geodata.projection import M2_PER_KM2
from geodata.topology import union_polygons

DECIMALS = 7
OVERLAP_KM2 = 0.01
TYPES = {"ADM1": "region", "ADM2": "district", "ADM3": "municipality"}
LEVEL_ABOVE = {"ADM1": "ADM0", "ADM2": "ADM1", "ADM3": "ADM2"}
CORRECTIONS = ("feature", "unit_id", "name_en", "name_ru", "parent", "leave_out", "decided_by", "note")
HOLE = "hole "

Row = dict[str, str]


@dataclass(frozen=True)
class Wanted:
    """What the file holds, and where it goes.

    Attributes
    ----------
    boundary_set, level, iso3 : str
    id_property, name_en, name_ru, name_local, parent, parent_en, parent_ru : str or None
        Properties of the features.
    local_lang, unit_type, valid_from, valid_to, source_id : str or None
    country, title : tuple of str
        English and Russian; empty if the package has them.
    corrections : pathlib.Path or None
    known_holes : tuple of tuple of float
        Longitude and latitude of a point in each hole that is right.
    """

    boundary_set: str
    level: str
    iso3: str
    id_property: str
    name_en: str
    parent: str
    name_ru: str | None = None
    name_local: str | None = None
    local_lang: str = ""
    parent_en: str | None = None
    parent_ru: str | None = None
    unit_type: str | None = None
    country: tuple[str, ...] = ("", "")
    title: tuple[str, ...] = ("", "")
    valid_from: str = ""
    valid_to: str = ""
    source_id: str = ""
    corrections: Path | None = None
    known_holes: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Feature:
    """One unit of the file, or a hole that a correction makes a unit."""

    number: str
    code: str
    name_en: str
    name_ru: str
    name_local: str
    parent: str
    parent_en: str
    parent_ru: str
    polygon: Any
    note: str = ""


def _property(features: Features, name: str | None, file: str) -> list[str]:
    if name is None:
        return [""] * len(features.geometry)
    if name not in features.properties.columns:
        known = ", ".join(map(str, features.properties.columns[:40]))
        raise BoundaryError(f"{file} has no property {name!r}; it has {known}")
    return [str(value) for value in features.properties[name]]


def _features(features: Features, wanted: Wanted, file: str) -> list[Feature]:
    columns = [
        _property(features, name, file)
        for name in (
            wanted.id_property,
            wanted.name_en,
            wanted.name_ru,
            wanted.name_local,
            wanted.parent,
            wanted.parent_en,
            wanted.parent_ru,
        )
    ]
    codes, name_en, name_ru, name_local, parent, parent_en, parent_ru = columns
    return [
        Feature(
            str(at + 1),
            codes[at],
            name_en[at],
            name_ru[at],
            name_local[at],
            parent[at],
            parent_en[at],
            parent_ru[at],
            features.geometry[at],
        )
        for at in range(len(features.geometry))
    ]


def _layer(features: Sequence[Feature], name: str) -> BoundaryLayer:
    geometry = np.empty(len(features), dtype=object)
    geometry[:] = [feature.polygon for feature in features]
    return BoundaryLayer(
        name,
        "",
        [feature.code for feature in features],
        [feature.name_en for feature in features],
        [feature.parent for feature in features],
        geometry,
        [int(feature.number) if feature.number.isdigit() else 0 for feature in features],
    )


def _read_rows(path: Path, columns: Sequence[str]) -> list[Row]:
    """Return the rows of a CSV file as text; none if it is not there."""
    if not path.exists():
        return []
    problems = Problems()
    df = read_csv(path, path.name, problems)
    if df is not None and not set(columns) <= set(df.columns):
        absent = ", ".join(sorted(set(columns) - set(df.columns)))
        problems.add(
            path.name, 1, absent, found="no such column", expected=", ".join(columns), remedy="Add the column."
        )
    problems.raise_if_any()
    if df is None:  # only for the type checker: a table that cannot be read is a problem
        raise AssertionError
    return [{str(k): str(v) for k, v in row.items()} for row in df.drop(columns=ROW).to_dict("records")]


def _holes(features: Sequence[Feature], file: str) -> list[Finding]:
    """Return the holes between the features, the largest first."""
    report = check_topology([_layer(features, file)])
    found = [finding for finding in report.findings if finding.kind in ("hole", "gap")]
    return sorted(found, key=lambda finding: -(finding.area_km2 or 0.0))


def _hole_polygon(features: Sequence[Feature], hole: Finding) -> Any:
    """Return a hole as a polygon with exactly the vertices of the units around it."""
    usable = np.array([f.polygon for f in features if is_usable(f.polygon)], dtype=object)
    around = usable[shapely.intersects(shapely.envelope(usable), shapely.buffer(hole.geometry, 0.01))]
    rings = [ring for part in shapely.get_parts(union_polygons(around)) for ring in part.interiors]
    polygons = shapely.polygons(np.array(rings, dtype=object))
    inside = np.flatnonzero(shapely.intersects(polygons, shapely.Point(hole.lon, hole.lat)))
    if len(inside) == 0:
        raise BoundaryError(f"the hole near {hole.lon:.4f}, {hole.lat:.4f} cannot be drawn: repair the file first")
    return polygons[inside[0]]


def _correct(features: list[Feature], rows: Sequence[Row], file: str) -> list[Feature]:
    """Apply what people decided: other code, name or parent; left out; a hole that is a unit."""
    by_number = {feature.number: feature for feature in features}
    holes: list[Finding] | None = None
    for row in rows:
        number = row["feature"]
        changes = {
            "code": row["unit_id"],
            "name_en": row["name_en"],
            "name_ru": row["name_ru"],
            "parent": row["parent"],
        }
        changes = {name: text for name, text in changes.items() if text}
        if number.startswith(HOLE):
            holes = _holes(features, file) if holes is None else holes
            at = int(number.removeprefix(HOLE)) - 1 if number.removeprefix(HOLE).isdigit() else -1
            if not 0 <= at < len(holes) or holes[at].geometry is None:
                raise BoundaryError(
                    f'{number!r} of the corrections is no hole: there are {len(holes)}, from "hole 1" on'
                )
            blank = Feature(number, "", "", "", "", "", "", "", _hole_polygon(features, holes[at]))
            by_number[number] = replace(blank, **changes, note=row["note"])
        elif number not in by_number:
            raise BoundaryError(f"feature {number!r} of the corrections is not in {file}")
        elif row["leave_out"]:
            del by_number[number]
        elif changes:
            by_number[number] = replace(by_number[number], **changes, note=row["note"])
    return list(by_number.values())


def _area(feature: Feature) -> float:
    if not is_usable(feature.polygon):
        return 0.0
    layer = _layer([feature], "")
    return float(shapely.area(to_ground(layer, projection_around([layer])).polygons).sum()) / M2_PER_KM2


def _place(feature: Feature) -> str:
    return f"feature {feature.number}" if feature.number.isdigit() else feature.number


def _doubtful(features: Sequence[Feature], file: str, problems: Problems) -> list[Row]:
    """Report features without code, name, parent or polygon and codes that several have; return corrections to fill."""
    rows: list[Row] = []

    def doubt(feature: Feature, column: str, found: str, expected: str, note: str) -> None:
        remedy = "Decide in the corrections file (--corrections): another unit_id, names and parent, or leave_out."
        problems.add(file, None, f"{_place(feature)}, {column}", found=found, expected=expected, remedy=remedy)
        if feature.number not in [row["feature"] for row in rows]:
            known = {"feature": feature.number, "name_en": feature.name_en, "parent": feature.parent, "note": note}
            rows.append({name: known.get(name, "") for name in CORRECTIONS})

    by_code: dict[str, list[Feature]] = {}
    for feature in features:
        by_code.setdefault(feature.code, []).append(feature)
        for column, value in (("code", feature.code), ("name", feature.name_en), ("parent", feature.parent)):
            if not value:
                doubt(feature, column, f"no {column}", "a value", f"has no {column}")
        if not is_usable(feature.polygon):
            doubt(feature, "geometry", "no polygon in degrees", "a polygon, longitude and latitude", "has no polygon")
        elif not shapely.is_valid(feature.polygon):
            reason = str(shapely.is_valid_reason(feature.polygon))
            problems.add(
                file,
                None,
                f"{_place(feature)}, geometry",
                found=reason,
                expected="a valid polygon",
                remedy="See python -m etl topology FILE --repair NEW, then import the new file.",
            )
    for code, same in by_code.items():
        ordered = sorted(same, key=_area, reverse=True)
        for feature in ordered[1:] if code else ():
            first = ordered[0]
            found = (
                f"{code} ({feature.name_en}), {_area(feature):,.1f} km2, the code and name of feature {first.number}, "
                f"{_area(first):,.1f} km2"
                if feature.name_en == first.name_en
                else f"{code} ({feature.name_en}), the code of feature {first.number} ({first.name_en})"
            )
            point = shapely.point_on_surface(feature.polygon) if is_usable(feature.polygon) else None
            where = "" if point is None else f" near {point.x:.4f}, {point.y:.4f}"
            doubt(feature, "code", found + where, "a code that no other feature has", f"code of feature {first.number}")
    return rows


def _check_topology(features: Sequence[Feature], wanted: Wanted, file: str, problems: Problems) -> list[str]:
    """Report what a build refuses; return notes on holes."""
    report = check_topology([_layer(features, file)])
    notes = []
    known = shapely.points(np.array(wanted.known_holes)) if wanted.known_holes else np.empty(0, dtype=object)
    faults = [f for f in report.findings if f.kind == "overlap" and (f.area_km2 or 0.0) > OVERLAP_KM2]
    number = 0
    for finding in sorted(report.findings, key=lambda f: -(f.area_km2 or 0.0)):
        if finding.kind not in ("hole", "gap"):
            continue
        number += 1
        is_known = len(known) > 0 and bool(shapely.intersects(finding.geometry, known).any())
        if finding.kind == "hole" or is_known:
            notes.append(f"{HOLE}{number}: {finding}")
        else:
            faults.append(finding)
    for position, finding in enumerate(faults[:10], 1):
        problems.add(
            file,
            None,
            f"geometry near {finding.lon:.4f}, {finding.lat:.4f}",
            found=finding.detail,
            expected="units that meet without overlaps and gaps",
            remedy="See python -m etl topology FILE --repair NEW; name a hole that is right with --known-hole.",
            more=max(len(faults) - 10, 0) if position == 10 else 0,
        )
    return notes


def unit_key(code: str, iso3: str) -> str:
    """Return a unit_id that no other country has: the code, with the country in front unless it starts with letters."""
    return code if code[:2].isalpha() else f"{iso3}-{code}"


def _parents(features: Sequence[Feature], existing: Sequence[Row], wanted: Wanted) -> tuple[dict[str, str], list[Row]]:
    """Return the unit_id of every parent code, and rows for parents that the set does not have."""
    above = LEVEL_ABOVE[wanted.level]
    ids: dict[str, str] = {}
    for row in existing:
        if row["boundary_set"] == wanted.boundary_set and row["level"] == above:
            codes = (row["pcode"], row["unit_id"], row["iso_3166_2"], row["national_code"])
            ids.update({code: row["unit_id"] for code in codes if code})
    rows: list[Row] = []
    if above == "ADM0":
        return dict.fromkeys((feature.parent for feature in features), wanted.iso3), rows
    for feature in sorted(features, key=lambda item: (item.parent, not item.parent_en)):
        if feature.parent in ids:
            continue
        ids[feature.parent] = unit_key(feature.parent, wanted.iso3)
        name = feature.parent_en or feature.parent
        rows.append(
            _unit(
                wanted,
                ids[feature.parent],
                above,
                wanted.iso3,
                feature.parent,
                (name, feature.parent_ru or name, ""),
                TYPES[above],
                "children",
            )
        )
    return ids, rows


def _unit(
    wanted: Wanted, unit_id: str, level: str, parent: str, pcode: str, names: tuple[str, str, str], unit_type: str,
    geometry: str, note: str = "",
) -> Row:  # fmt: skip
    values = {
        "boundary_set": wanted.boundary_set,
        "unit_id": unit_id,
        "level": level,
        "parent_unit_id": parent,
        "iso3": wanted.iso3,
        "pcode": pcode,
        "name_en": names[0],
        "name_ru": names[1],
        "name_local": names[2],
        "local_lang": wanted.local_lang if names[2] else "",
        "unit_type": unit_type,
        "geometry": geometry,
        "note_en": note,
        "note_ru": note,
    }
    return {name: values.get(name, "") for name in REFERENCE_COLUMNS["units"]}


def _country(existing: Sequence[Row], wanted: Wanted) -> list[Row]:
    if any(row["boundary_set"] == wanted.boundary_set and row["level"] == "ADM0" for row in existing):
        return []
    known = next((row for row in existing if row["level"] == "ADM0" and row["iso3"] == wanted.iso3), None)
    names = (known["name_en"], known["name_ru"], "") if known else (wanted.country[0], wanted.country[1], "")
    if not names[0] or not names[1]:
        raise BoundaryError(f"the package has no names of {wanted.iso3}: give them with --country EN RU")
    return [_unit(wanted, wanted.iso3, "ADM0", "", "", names, "country", "children")]


def _write_csv(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)
    temporary.replace(path)


def _columns(rows: Sequence[Row], standard: Sequence[str]) -> list[str]:
    return [*standard, *(name for name in (rows[0] if rows else ()) if name not in standard)]


def _set_row(rows: list[Row], wanted: Wanted, count: int) -> list[Row]:
    """Return the rows of boundary sets with the imported one, and its known holes."""
    holes = "|".join(f"{lon:g} {lat:g}" for lon, lat in wanted.known_holes)
    found = [row for row in rows if row["boundary_set"] == wanted.boundary_set]
    if found:
        merged = "|".join(
            dict.fromkeys([*filter(None, found[0].get("known_holes", "").split("|")), *filter(None, holes.split("|"))])
        )
        others = [row for row in rows if row is not found[0]]
        return [*others, {**found[0], **({"known_holes": merged} if merged else {})}]
    if not wanted.source_id:
        raise BoundaryError(f"{wanted.boundary_set} is new: name the source of its boundaries with --source-id")
    noun = {
        "ADM1": ("regions", "регионов"),
        "ADM2": ("districts", "районов"),
        "ADM3": ("municipalities", "муниципалитетов"),
    }
    values = {
        "boundary_set": wanted.boundary_set,
        "iso3": wanted.iso3,
        "title_en": wanted.title[0] or f"{count} {noun[wanted.level][0]}",
        "title_ru": wanted.title[1] or f"{count} {noun[wanted.level][1]}",
        "valid_from": wanted.valid_from,
        "valid_to": wanted.valid_to,
        "by_date": "true",
        "source_id": wanted.source_id,
        **({"known_holes": holes} if holes else {}),
    }
    return [*rows, {**dict.fromkeys(REFERENCE_COLUMNS["boundary_sets"], ""), **values}]


def _write_polygons(path: Path, features: Mapping[str, Any]) -> None:
    """Write the polygons by unit_id; features of other units in the file stay."""
    kept: list[dict[str, Any]] = []
    if path.exists():
        known = read_features(path)
        ids = known.properties["unit_id"].tolist() if "unit_id" in known.properties else []
        for unit_id, item in zip(ids, known.geometry, strict=False):
            if unit_id not in features and item is not None:
                kept.append(_feature(str(unit_id), item))
    items = kept + [_feature(unit_id, polygon) for unit_id, polygon in features.items()]
    lines = ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in items)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n')


def _feature(unit_id: str, polygon: Any) -> dict[str, Any]:
    rounded = shapely.transform(polygon, lambda xy: xy.round(DECIMALS))
    return {"type": "Feature", "properties": {"unit_id": unit_id}, "geometry": shapely.geometry.mapping(rounded)}


def _widen_descriptor(path: Path, units: Sequence[Row], columns: Sequence[str]) -> list[str]:
    """Let datapackage.json allow the levels and types of the units and the columns of the boundary sets."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        resources = {item["path"]: item["schema"]["fields"] for item in content["resources"] if "schema" in item}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BoundaryError(f"{path} cannot be read: see python -m etl validate {path.parent}") from error
    notes = []
    for field in resources.get("data/units.csv", ()):
        allowed = field.get("constraints", {}).get("enum")
        used = sorted({row[field["name"]] for row in units if row.get(field["name"])})
        further = [value for value in used if allowed is not None and value not in allowed]
        if further:
            allowed += further
            notes.append(f"datapackage.json: {field['name']} of data/units.csv now allows {', '.join(further)}")
    described = resources.get("data/boundary_sets.csv", [])
    for name in columns if described else ():
        if name not in [field["name"] for field in described]:
            described.append({"name": name, "type": "string"})
            notes.append(f"datapackage.json: data/boundary_sets.csv now has {name}")
    if notes:
        write_text(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    return notes


def import_boundaries(path: Path, out: Path, wanted: Wanted) -> dict[str, Any]:
    """Import a file of boundaries into a data package; nothing is written if anything is doubtful.

    Parameters
    ----------
    path : pathlib.Path
    out : pathlib.Path
        Folder of the package. Its data/units.csv, data/boundary_sets.csv and boundaries/<set>.geojson are made, or get
        the units; a second import of the same set and level replaces the first one.
    wanted : Wanted

    Returns
    -------
    dict
        units, parents, file, notes.

    Raises
    ------
    BadInputError
        With every doubtful feature; a corrections file to be filled in is written if one was named that is not there.
    BoundaryError
        If a property or a correction does not exist.
    """
    features = _features(read_features(path), wanted, path.name)
    rows = _read_rows(wanted.corrections, CORRECTIONS[:6]) if wanted.corrections is not None else []
    features = _correct(features, [dict.fromkeys(CORRECTIONS, "") | row for row in rows], path.name)
    problems = Problems()
    template = _doubtful(features, path.name, problems)
    if template and wanted.corrections is not None and not wanted.corrections.exists():
        _write_csv(wanted.corrections, template, CORRECTIONS)
    notes = _check_topology(features, wanted, path.name, problems) if not problems.found else []
    problems.raise_if_any()

    units_file, sets_file = out / "data" / "units.csv", out / "data" / "boundary_sets.csv"
    existing = _read_rows(units_file, REFERENCE_COLUMNS["units"])
    sets = _read_rows(sets_file, REFERENCE_COLUMNS["boundary_sets"])
    existing = [r for r in existing if (r["boundary_set"], r["level"]) != (wanted.boundary_set, wanted.level)]
    country = _country(existing, wanted)
    parents, new_parents = _parents(features, existing, wanted)
    made = [
        _unit(
            wanted,
            unit_key(feature.code, wanted.iso3),
            wanted.level,
            parents[feature.parent],
            feature.code,
            (feature.name_en, feature.name_ru or feature.name_en, feature.name_local),
            wanted.unit_type or TYPES[wanted.level],
            "polygon",
            feature.note,
        )
        for feature in features
    ]
    if any(not feature.name_ru for feature in features):
        count = sum(not feature.name_ru for feature in features)
        notes.append(f"{count} units have no Russian name: the English one stands in its place")
    sets = _set_row(sets, wanted, len(features))
    target = out / "boundaries" / f"{wanted.boundary_set}.geojson"
    polygons = {row["unit_id"]: feature.polygon for row, feature in zip(made, features, strict=True)}
    _write_polygons(target, polygons)
    _write_csv(units_file, [*existing, *country, *new_parents, *made], _columns(existing, REFERENCE_COLUMNS["units"]))
    columns = list(REFERENCE_COLUMNS["boundary_sets"])
    columns += ["known_holes"] if any(row.get("known_holes") for row in sets) else []
    _write_csv(sets_file, [{n: r.get(n, "") for n in columns} for r in sets], columns)
    if (out / "datapackage.json").exists():
        notes += _widen_descriptor(out / "datapackage.json", [*country, *new_parents, *made], columns)
    else:
        notes.append("the folder has no datapackage.json yet: python -m etl new-package makes one")
    return {"units": len(made), "parents": len(new_parents), "file": str(target), "notes": notes}
