"""Reads files of points in chunks of bounded size: CSV, Parquet, workbooks and what GDAL reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from etl.formats import read_tables
from etl.formats.encoding import find_encoding
from etl.problems import Problems, quoted

CHUNK_ROWS = 500_000
CHUNK_BYTES = 16_000_000
GEOMETRY = "geometry"
LON_NAMES = ("lon", "lng", "long", "longitude", "x", "долгота")
LAT_NAMES = ("lat", "latitude", "y", "широта")
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_PARQUET_SUFFIXES = (".parquet", ".geoparquet")
_SHEET_SUFFIXES = (".xlsx", ".xls", ".ods")
_LAYER_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".zip", ".kml", ".fgb", ".gml", ".sqlite")
_SEPARATORS = ",;\t|"
_SAMPLE = 1_000_000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class TextForm:
    """How a delimited text file is written."""

    names: tuple[str, ...]
    separator: str
    encoding: str


@dataclass(frozen=True)
class Chunk:
    """A part of a file; small to send where the file can be read again, the rows themselves where it cannot.

    Attributes
    ----------
    number : int
        Counts the chunks of all files from 0.
    path : pathlib.Path
    file : str
        Name in messages.
    first_row : int
        Number of its first row in the file: in text the header is row 1, elsewhere the first record is row 1.
    columns : tuple of str
        The columns to read; `GEOMETRY` stands for the geometry.
    crs : str
        Reference system that the file itself declares; empty if it is longitude and latitude, or not known.
    text : TextForm or None
    offset, length : int
        Bytes of the chunk, in text.
    groups : tuple of int
        Row groups, in Parquet.
    table : pyarrow.Table or None
        The rows.
    rows : numpy.ndarray of int64, optional
        Number of each row of `table`, where they do not follow each other.
    """

    number: int
    path: Path
    file: str
    first_row: int
    columns: tuple[str, ...]
    crs: str = ""
    text: TextForm | None = None
    offset: int = 0
    length: int = 0
    groups: tuple[int, ...] = ()
    table: pa.Table | None = field(default=None, repr=False)
    rows: NDArray[np.int64] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Batch:
    """The rows of a chunk.

    Attributes
    ----------
    table : pyarrow.Table
    rows : numpy.ndarray of int64
        Number of each row in the file.
    broken : numpy.ndarray of int64
        Rows that have more or fewer cells than the header; they are not in `table`.
    """

    table: pa.Table
    rows: NDArray[np.int64]
    broken: NDArray[np.int64]


@dataclass(frozen=True)
class Fields:
    """The columns that are asked for; empty where none is.

    Attributes
    ----------
    lon, lat : str
        Both empty: the geometry of the file, or columns with the usual names.
    others : tuple of str
        Of date, groups, measure and weight.
    layer : str
    """

    lon: str = ""
    lat: str = ""
    others: tuple[str, ...] = ()
    layer: str = ""


def _add(problems: Problems, file: str, column: str, found: str, expected: str, remedy: str) -> None:
    problems.add(file, None, column, found=found, expected=expected, remedy=remedy)


def _pick(names: Sequence[str], has_geometry: bool, fields: Fields, file: str, problems: Problems) -> tuple[str, ...]:
    """Return the columns to read: the position first (one column of geometry or two of numbers)."""
    folded = {name.strip().casefold(): name for name in reversed(names)}
    position: tuple[str, ...]
    if fields.lon or fields.lat:
        position = (fields.lon, fields.lat)
    elif has_geometry:
        position = (GEOMETRY,)
    else:
        lon = next((folded[name] for name in LON_NAMES if name in folded), "")
        lat = next((folded[name] for name in LAT_NAMES if name in folded), "")
        if not (lon and lat):
            found = f"the columns {', '.join(map(quoted, names[:20]))}"
            _add(
                problems,
                file,
                "",
                found,
                "columns lon and lat, or a geometry",
                "Name the columns: --lon COL --lat COL.",
            )
        position = (lon, lat)
    for name in (*position, *fields.others):
        if name and name != GEOMETRY and name not in names:
            shown = ", ".join(map(quoted, names[:20]))
            _add(problems, file, name, "no such column", f"one of {shown}", "Correct the name on the command line.")
    return tuple(dict.fromkeys((*position, *fields.others)))


# --- delimited text -----------------------------------------------------------------------------------------


def _text_form(path: Path, file: str, problems: Problems) -> tuple[TextForm, int] | None:
    """Return how a text file is written, and where its rows begin."""
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE)
    start = len(_BOM) if sample.startswith(_BOM) else 0
    end, quoted_ = start, False
    while end < len(sample) and (quoted_ or sample[end] != 10):
        quoted_ ^= sample[end] == 34
        end += 1
    encoding = find_encoding(sample[: sample.rfind(b"\n") + 1] or sample)
    line = sample[start:end].decode(encoding, errors="replace").rstrip("\r")
    separator = max(_SEPARATORS, key=line.count)
    names = next(csv.reader(io.StringIO(line), delimiter=separator), [])
    if len(names) < 2 or not all(names) or len(set(names)) < len(names):
        _add(
            problems, file, "", "no header row with two or more different names", "a table with a header row",
            "Write a different name over every column.",
        )  # fmt: skip
        return None
    return TextForm(tuple(names), separator, encoding), min(end + 1, len(sample))


def _record_ends(block: bytes, is_quoted: bool) -> tuple[NDArray[np.int64], bool]:
    """Return where the records of a block end: at line breaks outside of quotation marks."""
    data = np.frombuffer(block, dtype="uint8")
    ends = np.flatnonzero(data == 10)
    marks = np.flatnonzero(data == 34)
    if len(marks) or is_quoted:
        before = np.searchsorted(marks, ends) + is_quoted
        ends = ends[before % 2 == 0]
    return ends, bool((len(marks) + is_quoted) % 2)


def _text_chunks(path: Path, file: str, fields: Fields, problems: Problems, number: int) -> Iterator[Chunk]:
    form_start = _text_form(path, file, problems)
    if form_start is None:
        return
    form, offset = form_start
    columns = _pick(form.names, False, fields, file, problems)
    if problems.has_any(file):
        return
    row, length, is_quoted = 2, 0, False
    with path.open("rb") as stream:
        stream.seek(offset)
        while block := stream.read(CHUNK_BYTES):
            ends, is_quoted = _record_ends(block, is_quoted)
            if len(ends) == 0:
                length += len(block)
                if length > 8 * CHUNK_BYTES:
                    _add(
                        problems, file, "", f"no end of row {row}", "quotation marks in pairs",
                        "Repair the quotation marks of that row.",
                    )  # fmt: skip
                    return
                continue
            cut = int(ends[-1]) + 1
            yield Chunk(number, path, file, row, columns, text=form, offset=offset, length=length + cut)
            number, row = number + 1, row + len(ends)
            offset, length = offset + length + cut, len(block) - cut
    if length:
        yield Chunk(number, path, file, row, columns, text=form, offset=offset, length=length)


def _read_text(chunk: Chunk, form: TextForm, columns: Sequence[str]) -> Batch:
    with chunk.path.open("rb") as stream:
        stream.seek(chunk.offset)
        content = stream.read(chunk.length)
    broken: list[int] = []

    def skip(row: Any) -> str:
        broken.append(row.number)
        return "skip"

    if not content.endswith(b"\n"):
        content += b"\n"
    table = pyarrow.csv.read_csv(
        pa.BufferReader(content),
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False, column_names=list(form.names), encoding=form.encoding, block_size=len(content) * 3 + 1
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=form.separator,
            newlines_in_values=b'"' in content,
            ignore_empty_lines=False,
            invalid_row_handler=skip,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(form.names, pa.string()),
            include_columns=list(columns),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            null_values=[""],
        ),
    )
    skipped = np.array(broken, dtype="int64") - 1
    kept = np.setdiff1d(np.arange(table.num_rows + len(skipped)), skipped, assume_unique=True)
    return Batch(table, kept + chunk.first_row, skipped + chunk.first_row)


# --- Parquet ------------------------------------------------------------------------------------------------


def _declared_crs(crs: Any) -> str:
    """Return a reference system as text; empty if it is longitude and latitude of WGS 84, or none."""
    if not crs:
        return ""
    from pyproj import CRS

    system = CRS.from_user_input(crs)
    if system.to_epsg() == 4326 or system.to_authority() == ("OGC", "CRS84"):
        return ""
    authority = system.to_authority()
    return ":".join(authority) if authority else str(system.to_wkt())


def _geo_column(schema: pa.Schema, file: str, problems: Problems) -> tuple[str, str]:
    """Return name and reference system of the geometry of GeoParquet; empty without one."""
    content = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    name = content.get("primary_column", "")
    column = content.get("columns", {}).get(name, {})
    if name and column.get("encoding") != "WKB":
        _add(
            problems, file, name, f"geometry as {quoted(column.get('encoding'))}", "geometry as WKB",
            "Write the file again with encoding WKB.",
        )  # fmt: skip
    return name, _declared_crs(column.get("crs")) if name else ""


def _parquet_chunks(path: Path, file: str, fields: Fields, problems: Problems, number: int) -> Iterator[Chunk]:
    with pq.ParquetFile(path) as parquet:
        geometry, crs = _geo_column(parquet.schema_arrow, file, problems)
        names = [name for name in parquet.schema_arrow.names if name != geometry]
        picked = _pick(names, bool(geometry), fields, file, problems)
        if problems.has_any(file):
            return
        columns = tuple(geometry if name == GEOMETRY else name for name in picked)
        sizes = [parquet.metadata.row_group(index).num_rows for index in range(parquet.metadata.num_row_groups)]
        row, start = 1, 0
        while start < len(sizes):
            stop = start + 1
            while stop < len(sizes) and sum(sizes[start : stop + 1]) <= CHUNK_ROWS:
                stop += 1
            if sizes[start] > 4 * CHUNK_ROWS:
                for batch in parquet.iter_batches(CHUNK_ROWS, row_groups=[start]):
                    yield Chunk(number, path, file, row, columns, crs, table=pa.Table.from_batches([batch]))
                    number, row = number + 1, row + batch.num_rows
            else:
                yield Chunk(number, path, file, row, columns, crs, groups=tuple(range(start, stop)))
                number, row = number + 1, row + sum(sizes[start:stop])
            start = stop


# --- workbooks ----------------------------------------------------------------------------------------------


def _is_utf16(path: Path) -> bool:
    with path.open("rb") as stream:
        sample = stream.read(_SAMPLE)
    return sample[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in sample


def _sheet_chunks(path: Path, file: str, fields: Fields, problems: Problems, number: int) -> Iterator[Chunk]:
    """Cut a workbook, or text in UTF-16: it is read whole, within the bounds of all tables."""
    tables = read_tables(path, file, problems, part=fields.layer or None)
    if len(tables) > 1:
        shown = ", ".join(quoted(table.part) for table in tables[:20])
        _add(problems, file, "--layer", f"{len(tables)} sheets", f"one of {shown}", "Name the sheet: --layer NAME.")
    if problems.has_any(file) or not tables or tables[0].cells.empty:
        return
    cells = tables[0].cells
    names = [str(name).strip() for name in cells.iloc[0]]
    columns = _pick(names, False, fields, file, problems)
    if problems.has_any(file):
        return
    content = {name: cells.iloc[1:, at].tolist() for at, name in enumerate(names) if name}
    table = pa.table({name: pa.array([cell or None for cell in c], type=pa.string()) for name, c in content.items()})
    for start in range(0, table.num_rows, CHUNK_ROWS):
        rows = tables[0].rows[1 + start : 1 + start + CHUNK_ROWS]
        part = table.slice(start, CHUNK_ROWS)
        yield Chunk(number, path, file, int(rows[0]), columns, table=part, rows=rows)
        number += 1


# --- layers -------------------------------------------------------------------------------------------------


def _layer_name(path: Path, file: str, wanted: str, problems: Problems) -> str | None:
    import pyogrio

    layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    if wanted in layers:
        return wanted
    if len(layers) == 1 and not wanted:
        return layers[0]
    found = quoted(wanted) if wanted else f"{len(layers)} layers"
    _add(
        problems, file, "--layer", found, f"one of {', '.join(map(quoted, layers[:20]))}",
        "Name the layer with the points: --layer NAME.",
    )  # fmt: skip
    return None


def _layer_chunks(path: Path, file: str, fields: Fields, problems: Problems, number: int) -> Iterator[Chunk]:
    import pyogrio

    layer = _layer_name(path, file, fields.layer, problems)
    if layer is None:
        return
    info = pyogrio.read_info(path, layer=layer)
    columns = _pick([str(name) for name in info["fields"]], bool(info["geometry_type"]), fields, file, problems)
    if problems.has_any(file):
        return
    row = 1
    with pyogrio.open_arrow(path, layer=layer, use_pyarrow=True, batch_size=CHUNK_ROWS // 4) as (meta, reader):
        geometry = meta["geometry_name"] or "wkb_geometry"
        crs = _declared_crs(meta["crs"])
        for batch in reader:
            table = pa.Table.from_batches([batch])
            table = table.rename_columns([GEOMETRY if name == geometry else name for name in table.column_names])
            table = table.drop_columns([name for name in table.column_names if name == meta["fid_column"]])
            yield Chunk(number, path, file, row, columns, crs, table=table)
            number, row = number + 1, row + table.num_rows


# --- all formats --------------------------------------------------------------------------------------------


def plan_chunks(paths: Sequence[Path], fields: Fields, problems: Problems) -> Iterator[Chunk]:
    """Cut files of points into chunks.

    Parameters
    ----------
    paths : sequence of pathlib.Path
    fields : Fields
    problems : Problems
        Collects what is wrong with a file; such a file gives no more chunks.

    Yields
    ------
    Chunk
        In the order of files and rows; the same each time.
    """
    number = 0
    for path in paths:
        file = path.name
        suffix = path.suffix.casefold()
        if suffix in _SHEET_SUFFIXES or (suffix in _TEXT_SUFFIXES and path.is_file() and _is_utf16(path)):
            make = _sheet_chunks
        elif suffix in _TEXT_SUFFIXES:
            make = _text_chunks
        elif suffix in _PARQUET_SUFFIXES:
            make = _parquet_chunks
        elif suffix in _LAYER_SUFFIXES:
            make = _layer_chunks
        else:
            known = ", ".join((*_TEXT_SUFFIXES, *_PARQUET_SUFFIXES, *_LAYER_SUFFIXES, *_SHEET_SUFFIXES))
            _add(
                problems, file, "", f"a file of the kind {quoted(suffix or 'without suffix')}", f"one of {known}",
                "Save the points as CSV UTF-8, Parquet or GeoPackage.",
            )  # fmt: skip
            continue
        try:
            for chunk in make(path.resolve(), file, fields, problems, number):
                number = chunk.number + 1
                yield chunk
        except (OSError, pa.ArrowException, RuntimeError, ValueError) as error:
            found = "no such file" if isinstance(error, FileNotFoundError) else str(error).splitlines()[0]
            _add(problems, file, "", found, "a file of points", "Give a file that can be read.")


def read_chunk(chunk: Chunk, *, whole: bool = False) -> Batch:
    """Read the rows of a chunk.

    Parameters
    ----------
    chunk : Chunk
    whole : bool, default False
        All columns instead of the wanted ones.

    Returns
    -------
    Batch

    Raises
    ------
    OSError, pyarrow.ArrowException
        If the file has changed since it was cut, or its text is not in the encoding that its beginning has.
    """
    if chunk.text is not None:
        return _read_text(chunk, chunk.text, chunk.text.names if whole else chunk.columns)
    if chunk.table is not None:
        table = chunk.table
    else:
        with pq.ParquetFile(chunk.path) as parquet:
            columns = None if whole else list(chunk.columns)
            table = parquet.read_row_groups(list(chunk.groups), columns=columns, use_threads=False)
    rows = np.arange(table.num_rows, dtype="int64") + chunk.first_row if chunk.rows is None else chunk.rows
    return Batch(table, rows, np.empty(0, dtype="int64"))
