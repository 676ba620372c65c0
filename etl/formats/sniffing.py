"""Finds out the format of a file by its first bytes, what is inside an archive, or the keys of its JSON."""

from __future__ import annotations

from pathlib import Path

from etl.formats.archive import open_archive
from etl.formats.bounds import LIMITS
from etl.formats.datapackage import DESCRIPTOR
from etl.formats.encoding import decode_text
from etl.formats.faults import UnreadableError
from etl.formats.geojson import GEOMETRIES
from etl.formats.jsonrecords import load_json
from etl.formats.sdmx import is_sdmx_header
from etl.readers import NO_DATA_SIGNATURES

_HEAD_BYTES = 4_096
_EXPORT_AGAIN = "Export it again as CSV, XLSX, Parquet, JSON, GeoJSON, GeoPackage or a zipped Shapefile."
_OTHERS = (
    *NO_DATA_SIGNATURES.items(),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"{\\rtf", "a rich text document"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHAPE = b"\x00\x00\x27\x0a"
_PARQUET_TAIL_BYTES = 8
_TYPES = {
    "FeatureCollection": "geojson",
    "Feature": "geojson",
    "Topology": "topojson",
}


def _in_archive(path: Path) -> str:
    with open_archive(path, "an XLSX workbook, a zipped Shapefile or a data package", LIMITS) as archive:
        names = [name.lower() for name in archive.namelist() if not name.startswith("__MACOSX/")]
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    if any(name.rpartition("/")[2] == "datapackage.json" for name in names):
        return "datapackage"
    if any(name.endswith((".shp", ".dbf", ".shx")) for name in names):
        return "shapefile"
    if any(name.endswith(".kml") for name in names):
        return "kml"
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise UnreadableError("a text document or slides", "a table or a layer", "Copy the table into a spreadsheet.")
    listed = ", ".join(names[:5])
    raise UnreadableError(
        f"an archive of {listed}" if names else "an empty archive",
        "an XLSX or ODS workbook, a zipped Shapefile, a KMZ or a data package",
        "Unpack the archive and give its tables one by one.",
    )


def _is_geoparquet(path: Path) -> bool:
    """Tell whether the footer of a Parquet file has the metadata key of GeoParquet."""
    with path.open("rb") as stream:
        stream.seek(0, 2)
        size = stream.tell()
        stream.seek(max(size - _PARQUET_TAIL_BYTES, 0))
        length = int.from_bytes(stream.read(4), "little")
        stream.seek(max(size - _PARQUET_TAIL_BYTES - min(length, size), 0))
        footer = stream.read(min(length, size))
    return b"\x03geo" in footer and b"primary_column" in footer


def _json_format(path: Path) -> str:
    try:
        content = load_json(decode_text(path.read_bytes()).text)
    except UnreadableError:
        return "geojson" if path.suffix.lower() == ".geojson" else "json"
    if isinstance(content, dict):
        kind = content.get("type")
        if isinstance(kind, str) and (kind in _TYPES or kind in GEOMETRIES):
            return _TYPES.get(kind, "geojson")
        if isinstance(content.get("resources"), list) and path.name == DESCRIPTOR:
            return "datapackage"
    return "json"


def _text_format(head: bytes) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise UnreadableError(
            "a web page", "a table or a layer", "Download it again: the server may have answered with a message."
        )
    if start.startswith(b"<"):
        if b"<kml" in start:
            return "kml"
        raise UnreadableError("an XML file", "a table or a layer", _EXPORT_AGAIN)
    line = head.split(b"\n", 1)[0].decode("utf-8", "replace").lstrip("\ufeff").strip()
    for separator in (",", ";", "\t"):
        if is_sdmx_header([name.strip().strip('"') for name in line.split(separator)]):
            return "sdmx"
    return "csv"


def find_format(path: Path) -> str:
    """Return the format of a file or folder.

    Raises
    ------
    UnreadableError
        If it is empty or of a format that is not read here.
    """
    if path.is_dir():
        return "datapackage"
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not head.strip():
        raise UnreadableError("an empty file", "a table or a layer", "Add its content, or take the file out.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _in_archive(path)
    if head.startswith(_OLE):
        return "xls"
    if head.startswith(b"PAR1"):
        return "geoparquet" if _is_geoparquet(path) else "parquet"
    if head.startswith(b"SQLite format 3\0"):
        return "gpkg"
    if head.startswith(b"fgb\x03"):
        return "flatgeobuf"
    if head.startswith(_SHAPE):
        return "shapefile"
    for start, kind in _OTHERS:
        if head.startswith(start):
            raise UnreadableError(kind, "a table or a layer", _EXPORT_AGAIN)
    text = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")
    return _json_format(path) if text.startswith((b"{", b"[")) else _text_format(head)
