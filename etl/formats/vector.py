"""Reads Shapefile, GeoPackage, FlatGeobuf, KML, TopoJSON and GeoParquet."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from etl.formats.archive import check_xml, open_archive, read_member, write_member
from etl.formats.bounds import LIMITS, Limits
from etl.formats.encoding import decode_text, find_encoding
from etl.formats.faults import DAMAGED, UnreadableError, unknown_part
from etl.formats.geometry import place_geometry
from etl.formats.jsonrecords import load_json
from etl.formats.model import RawLayer
from etl.formats.outside import Piece, read_outside, working_folder
from etl.formats.parquet import read_arrow
from etl.formats.typed import typed_table
from etl.problems import Problems

_TOPOJSON_KEYS = ("type", "objects", "arcs", "transform", "bbox")
_CODE_PAGE = re.compile(r"[A-Za-z0-9_-]{1,20}")
_SHAPE_SUFFIXES = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_DBF_HEADER_BYTES = 32
_DBF_LANGUAGE_AT = 29
_DBF_LANGUAGES_NOT_TRUSTED = (0x00, 0x57)
_KML_TECHNICAL = frozenset(
    {"timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon"}
)
_OUTSIDE_SQL = re.compile(r"load_extension|\bogr_|\bgdal_|readfile|writefile", re.IGNORECASE)
_VIRTUAL = re.compile(r"CREATE\s+VIRTUAL\s+TABLE\b.*?\bUSING\s+(\w+)", re.IGNORECASE | re.DOTALL)
_INDEX_MODULES = frozenset({"rtree", "fts3", "fts4", "fts5"})


def _layer(
    table: pa.Table,
    column: str,
    crs: str | None,
    file: str,
    name: tuple[str, str],
    notes: Sequence[str],
    limits: Limits,
) -> RawLayer:
    """Return a layer out of a table with a column of well-known binary."""
    form, part = name
    binary = table.column(column).cast(pa.binary())
    parts = binary.to_pylist()
    geometry = shapely.from_wkb(np.array(parts, dtype=object), on_invalid="ignore")
    geometry = np.atleast_1d(geometry)
    lost = int((np.array([item is not None for item in parts]) & shapely.is_missing(geometry)).sum())
    told = [*notes, f"{lost:,} geometries cannot be read"] if lost else list(notes)
    placed = place_geometry(geometry, crs, limits)
    rest = table.drop_columns([column])
    if not rest.num_columns:
        rest = pa.table({"feature": pa.array(range(1, table.num_rows + 1), pa.int64())})
    return RawLayer(
        file=file,
        format=form,
        part=part,
        geometry=placed.geometry,
        table=typed_table(rest, file, form, part),
        crs=placed.crs,
        notes=(*told, *placed.notes),
    )


def _layers(
    pieces: list[Piece], names: list[str], part: str | None, file: str, form: str, notes: Sequence[str], limits: Limits
) -> list[RawLayer]:
    if part is not None and part not in names:
        raise unknown_part("layer", part, names)
    layers = []
    for piece in pieces:
        if piece.table is None or not piece.table.num_rows:
            continue
        column = piece.said["geometry"]
        if column not in piece.table.column_names:
            continue
        name = (form, piece.name if len(names) > 1 else "")
        layers.append(_layer(piece.table, column, piece.said["crs"], file, name, notes, limits))
    if not layers:
        raise UnreadableError("no layer with features", "at least one feature with a geometry", "Export it again.")
    return layers


def _shape_stems(names: list[str]) -> dict[str, dict[str, str]]:
    """Return the members of each Shapefile of an archive by stem and suffix."""
    stems: dict[str, dict[str, str]] = {}
    for name in names:
        path = PurePosixPath(name)
        if path.suffix.lower() in _SHAPE_SUFFIXES and not name.startswith("__MACOSX/"):
            stems.setdefault(str(path.with_suffix("")), {})[path.suffix.lower()] = name
    return stems


def _shape_notes(members: dict[str, str]) -> list[str]:
    notes = []
    if ".shp" not in members:
        raise UnreadableError("a Shapefile without .shp", ".shp, .shx, .dbf and .prj", "Pack all its files together.")
    if ".dbf" not in members:
        notes.append("no .dbf: the features have no names and no codes; pack it into the archive")
    if ".shx" not in members:
        notes.append("no .shx: the index was rebuilt; pack it into the archive")
    if ".prj" not in members:
        notes.append("no .prj: the coordinate reference system is not known")
    return notes


def _dbf_encoding(content: bytes, notes: list[str]) -> str | None:
    """Return the encoding of a .dbf without .cpg: None if the file says it itself, otherwise found by its letters."""
    if len(content) < _DBF_HEADER_BYTES or content[_DBF_LANGUAGE_AT] not in _DBF_LANGUAGES_NOT_TRUSTED:
        return None
    records = content[int.from_bytes(content[8:10], "little") :]
    if records.isascii():
        return None
    page = find_encoding(records)
    notes.append(f"no .cpg: texts read as {page}, assumed from their letters; check that names are spelt right")
    return page


def read_shapefile(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawLayer]:
    """Read the Shapefiles of a ZIP archive.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Collects the Shapefiles that cannot be read, if there are several.
    part : str, optional
        Name of a Shapefile, without suffix.
    limits : Limits

    Returns
    -------
    list of RawLayer

    Raises
    ------
    UnreadableError
        If there is none, or it is damaged. Missing companions (.dbf, .shx, .prj, .cpg) are notes.
    """
    kind = "a zipped Shapefile"
    if not zipfile.is_zipfile(path) and path.suffix.lower() in _SHAPE_SUFFIXES:
        raise UnreadableError(
            "one file of a Shapefile", kind, "Pack .shp, .shx, .dbf, .prj and .cpg into one ZIP archive."
        )
    layers: list[RawLayer] = []
    with open_archive(path, kind, limits) as archive:
        stems = _shape_stems(archive.namelist())
        names = [PurePosixPath(stem).name for stem in stems]
        if not stems:
            raise UnreadableError("an archive without .shp", kind, "Pack .shp, .shx, .dbf and .prj together.")
        if part is not None and part not in names:
            raise unknown_part("Shapefile", part, names)
        for name, members in zip(names, stems.values(), strict=True):
            if part is not None and name != part:
                continue
            try:
                layers += _read_shape(archive, members, file, name if len(stems) > 1 else "", limits)
            except UnreadableError as error:
                if part is not None or len(stems) == 1:
                    raise
                problems.add(
                    file,
                    error.row,
                    f'layer "{name}"',
                    found=error.found,
                    expected=error.expected,
                    remedy=error.remedy,
                )
    return layers


def _read_shape(
    archive: zipfile.ZipFile, members: dict[str, str], file: str, name: str, limits: Limits
) -> list[RawLayer]:
    page = ""
    if ".cpg" in members:
        found = _CODE_PAGE.match(read_member(archive, members[".cpg"], limits)[:80].decode("ascii", "replace").strip())
        page = found[0] if found else ""
    notes = _shape_notes(members)
    encoding = None
    if page:
        notes.append(f"texts in {page}, as the .cpg file says")
    elif ".dbf" in members:
        encoding = _dbf_encoding(read_member(archive, members[".dbf"], limits), notes)
    with working_folder() as folder:
        for suffix, member in members.items():
            with (folder / f"layer{suffix}").open("wb") as target:
                write_member(archive, member, target, limits)
        pieces, _ = read_outside(
            "vector",
            folder / "layer.shp",
            "a Shapefile",
            folder,
            limits,
            drivers=["ESRI Shapefile"],
            encoding=encoding,
        )
    if pieces[0].table is None or "geometry" not in pieces[0].said:
        raise UnreadableError("a Shapefile without features", "at least one feature", "Export it again.")
    pieces = [Piece(name, pieces[0].said, pieces[0].table)]
    layers = _layers(pieces, [name], None, file, "shapefile", notes, limits)
    return [RawLayer(**{**vars(layer), "part": name}) for layer in layers]


def _check_geopackage(path: Path) -> None:
    """Refuse databases whose schema could make the reader open other files."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master LIMIT 10000").fetchall()
    except sqlite3.Error as error:
        raise UnreadableError(f"a damaged database ({error})", "a GeoPackage", DAMAGED) from error
    finally:
        connection.close()
    for kind, name, sql in rows:
        text = str(sql or "")
        virtual = _VIRTUAL.search(text)
        odd = virtual is not None and virtual[1].lower() not in _INDEX_MODULES
        if odd or (kind == "view" and _OUTSIDE_SQL.search(text)):
            raise UnreadableError(
                f'a database object that could open other files ("{str(name)[:60]}")',
                "a GeoPackage with plain tables",
                "Export the layers again into a new GeoPackage.",
            )


def _read_copy(
    path: Path, file: str, part: str | None, form: str, suffix: str, kind: str, drivers: list[str], limits: Limits
) -> list[RawLayer]:
    """Read a copy of the file, so that nothing is ever written beside it."""
    with working_folder() as folder:
        copy = folder / f"layer{suffix}"
        shutil.copyfile(path, copy)
        if form == "gpkg":
            _check_geopackage(copy)
        pieces, names = read_outside("vector", copy, kind, folder, limits, part=part, drivers=drivers)
    return _layers(pieces, names, part, file, form, (), limits)


def read_geopackage(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawLayer]:
    """Read the layers of a GeoPackage.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Not used: all that can go wrong is raised.
    part : str, optional
        Name of a layer.
    limits : Limits

    Returns
    -------
    list of RawLayer

    Raises
    ------
    UnreadableError
        If it is damaged, too large, or could open other files.
    """
    return _read_copy(path, file, part, "gpkg", ".gpkg", "a GeoPackage", ["GPKG"], limits)


def read_flatgeobuf(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawLayer]:
    """Read a FlatGeobuf file.

    Parameters
    ----------
    path, file, problems, part, limits
        As of `read_geopackage`.

    Returns
    -------
    list of RawLayer

    Raises
    ------
    UnreadableError
        If it is damaged or too large.
    """
    return _read_copy(path, file, part, "flatgeobuf", ".fgb", "a FlatGeobuf file", ["FlatGeobuf"], limits)


def _kml_content(path: Path, limits: Limits) -> bytes:
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with open_archive(path, "a KMZ archive", limits) as archive:
        names = sorted((name for name in archive.namelist() if name.lower().endswith(".kml")), key=len)
        if not names:
            raise UnreadableError("an archive without .kml", "a KMZ archive", DAMAGED)
        return read_member(archive, names[0], limits)


def read_kml(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawLayer]:
    """Read the folders of a KML or KMZ file; network links are noted and not followed.

    Parameters
    ----------
    path, file, problems, part, limits
        As of `read_geopackage`.

    Returns
    -------
    list of RawLayer

    Raises
    ------
    UnreadableError
        If it is damaged or too large, or declares a document type.
    """
    kind = "a KML file"
    content = _kml_content(path, limits)
    check_xml(content, kind)
    plain: list[Piece] = []
    notes = ["network links: not followed"] if b"NetworkLink" in content else []
    with working_folder() as folder:
        copy = folder / "layer.kml"
        copy.write_bytes(content)
        pieces, names = read_outside("vector", copy, kind, folder, limits, part=part, drivers=["LIBKML", "KML"])
    for piece in pieces:
        if piece.table is not None:
            technical = [name for name in piece.table.column_names if name in _KML_TECHNICAL]
            plain.append(Piece(piece.name, piece.said, piece.table.drop_columns(technical)))
    return _layers(plain, names, part, file, "kml", notes, limits)


def read_topojson(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawLayer]:
    """Read the objects of a TopoJSON file.

    Parameters
    ----------
    path, file, problems, part, limits
        As of `read_geopackage`.

    Returns
    -------
    list of RawLayer

    Raises
    ------
    UnreadableError
        If it is damaged or too large.
    """
    kind = "a TopoJSON file"
    content = load_json(decode_text(path.read_bytes()).text)
    if not isinstance(content, dict) or content.get("type") != "Topology":
        raise UnreadableError("JSON of another form", kind, "Export the layer again, best as GeoJSON.")
    kept = {key: content[key] for key in _TOPOJSON_KEYS if key in content}
    with working_folder() as folder:
        copy = folder / "layer.topojson"
        copy.write_text(json.dumps(kept), encoding="utf-8")
        pieces, names = read_outside("vector", copy, kind, folder, limits, part=part, drivers=["TopoJSON"])
    for piece in pieces:
        piece.said["crs"] = "OGC:CRS84"
    return _layers(pieces, names, part, file, "topojson", (), limits)


def _geo_metadata(table: pa.Table) -> dict[str, Any]:
    raw = (table.schema.metadata or {}).get(b"geo")
    geo = json.loads(raw) if raw else None
    if not isinstance(geo, dict) or not isinstance(geo.get("columns"), dict):
        raise UnreadableError(
            "a Parquet table without geometry", "GeoParquet", "Use it as a table, or export it with geometry."
        )
    return geo


def read_geoparquet(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawLayer]:
    """Read a GeoParquet file; of several geometries the primary one.

    Parameters
    ----------
    path, file, problems, part, limits
        As of `read_geopackage`.

    Returns
    -------
    list of RawLayer

    Raises
    ------
    UnreadableError
        If it is damaged, too large, or has no geometry as well-known binary.
    """
    table = read_arrow(path, limits)
    geo = _geo_metadata(table)
    column = geo.get("primary_column")
    said = geo["columns"].get(column)
    if column not in table.column_names or not isinstance(said, dict):
        raise UnreadableError("a primary geometry that is no column", "GeoParquet", "Export the layer again.")
    if said.get("encoding") != "WKB":
        raise UnreadableError(
            f"geometries as {str(said.get('encoding'))[:40]}",
            "geometries as WKB",
            "Export the layer with WKB geometry.",
        )
    crs = said.get("crs", "OGC:CRS84")
    others = [name for name in geo["columns"] if name != column and name in table.column_names]
    notes = [f"further geometries left out: {', '.join(others)}"] if others else []
    crs_text = json.dumps(crs) if isinstance(crs, dict) else crs
    return [_layer(table.drop_columns(others), str(column), crs_text, file, ("geoparquet", ""), notes, limits)]
