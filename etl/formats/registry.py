"""The registry of formats: finds out what a file is, by content first, and hands it to the reader of its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from etl.formats.bounds import LIMITS, Limits
from etl.formats.datapackage import read_datapackage
from etl.formats.delimited import read_delimited
from etl.formats.faults import LIBRARY_ERRORS, UnreadableError, damaged
from etl.formats.geojson import read_geojson_layer
from etl.formats.jsonrecords import read_json
from etl.formats.model import LayerReader, RawLayer, RawTable, TableReader
from etl.formats.oldsheets import read_ods, read_xls
from etl.formats.parquet import read_parquet
from etl.formats.sdmx import read_sdmx_csv
from etl.formats.sniffing import find_format
from etl.formats.tags import with_tags
from etl.formats.vector import (
    read_flatgeobuf,
    read_geopackage,
    read_geoparquet,
    read_kml,
    read_shapefile,
    read_topojson,
)
from etl.formats.xlsx import read_xlsx
from etl.problems import Problems, quoted

T = TypeVar("T")

_TABLE_READERS: Mapping[str, tuple[str, Any]] = {
    "csv": ("a CSV or TSV table", read_delimited),
    "xlsx": ("an XLSX workbook", read_xlsx),
    "xls": ("an XLS workbook", read_xls),
    "ods": ("an ODS workbook", read_ods),
    "parquet": ("a Parquet table", read_parquet),
    "json": ("JSON records", read_json),
    "sdmx": ("an SDMX-CSV table", read_sdmx_csv),
    "datapackage": ("a Frictionless data package", read_datapackage),
}
_LAYER_READERS: Mapping[str, tuple[str, Any]] = {
    "geojson": ("a GeoJSON file", read_geojson_layer),
    "topojson": ("a TopoJSON file", read_topojson),
    "gpkg": ("a GeoPackage", read_geopackage),
    "shapefile": ("a zipped Shapefile", read_shapefile),
    "kml": ("a KML file", read_kml),
    "geoparquet": ("a GeoParquet file", read_geoparquet),
    "flatgeobuf": ("a FlatGeobuf file", read_flatgeobuf),
}
KNOWN_FORMATS = (*_TABLE_READERS, *_LAYER_READERS)


def _add(problems: Problems, file: str, error: UnreadableError) -> None:
    problems.add(file, error.row, error.column, found=error.found, expected=error.expected, remedy=error.remedy)


def _told(kind: str, read: Callable[..., list[T]]) -> Callable[..., list[T]]:
    """Return a reader that tells of what it cannot read instead of raising."""

    def told(path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS) -> list[T]:
        try:
            if path.is_file():
                limits.check_bytes(path.stat().st_size)
            return read(path, file, problems, part, limits=limits)
        except FileNotFoundError:
            _add(problems, file, UnreadableError("no such file", kind, "Add the file, or correct its name."))
        except UnreadableError as error:
            _add(problems, file, error)
        except LIBRARY_ERRORS as error:
            _add(problems, file, damaged(kind, error))
        return []

    return told


TABLE_FORMATS: Mapping[str, TableReader] = {name: _told(kind, read) for name, (kind, read) in _TABLE_READERS.items()}
LAYER_FORMATS: Mapping[str, LayerReader] = {name: _told(kind, read) for name, (kind, read) in _LAYER_READERS.items()}


def sniff(path: Path, file: str, problems: Problems) -> str | None:
    """Return the format of a file: by its content, and where several fit by its suffix.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Told if it is no format that can be read.

    Returns
    -------
    str or None
        Key of `TABLE_FORMATS` or `LAYER_FORMATS`.
    """
    found: list[str] = _told("a table or a layer", lambda path, *_, **__: [find_format(path)])(path, file, problems)
    return found[0] if found else None


def _chosen(
    path: Path,
    file: str,
    problems: Problems,
    format: str | None,  # noqa: A002 -- the word of the mapping
) -> str | None:
    if format is None:
        return sniff(path, file, problems)
    if format in KNOWN_FORMATS:
        return format
    problems.add(
        file,
        None,
        "format",
        found=quoted(format),
        expected=f"one of {', '.join(KNOWN_FORMATS)}",
        remedy="Correct the name of the format, or leave it out.",
    )
    return None


def read_tables(
    path: Path,
    file: str,
    problems: Problems,
    format: str | None = None,  # noqa: A002 -- the word of the mapping
    part: str | None = None,
    *,
    limits: Limits = LIMITS,
) -> list[RawTable]:
    """Read the tables of a file, whatever its format; of a file of geometries the properties of its features.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Told of what cannot be read.
    format : str, optional
        Key of `TABLE_FORMATS` or `LAYER_FORMATS`; found out if not given.
    part : str, optional
        Sheet, layer or resource; all of them if not given.
    limits : Limits

    Returns
    -------
    list of RawTable
        Empty if nothing can be read.
    """
    chosen = _chosen(path, file, problems, format)
    if chosen is None:
        return []
    if chosen in LAYER_FORMATS:
        tables = [layer.table for layer in LAYER_FORMATS[chosen](path, file, problems, part, limits=limits)]
    else:
        tables = TABLE_FORMATS[chosen](path, file, problems, part, limits=limits)
    return [with_tags(table) for table in tables]


def read_layers(
    path: Path,
    file: str,
    problems: Problems,
    format: str | None = None,  # noqa: A002 -- the word of the mapping
    part: str | None = None,
    *,
    limits: Limits = LIMITS,
) -> list[RawLayer]:
    """Read the layers of a file of geometries, in EPSG:4326.

    Parameters
    ----------
    path, file, problems, format, part, limits
        As of `read_tables`.

    Returns
    -------
    list of RawLayer
        Empty if nothing can be read.
    """
    chosen = _chosen(path, file, problems, format)
    if chosen is None:
        return []
    if chosen not in LAYER_FORMATS:
        problems.add(
            file,
            None,
            "",
            found=f"a table ({chosen})",
            expected=f"boundaries or points: {', '.join(LAYER_FORMATS)}",
            remedy="Use the file as a table of figures, or choose a file with geometries.",
        )
        return []
    return LAYER_FORMATS[chosen](path, file, problems, part, limits=limits)
