"""Readers, one per file format: they hand over what is in the file, as text, with its line numbers."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from etl.problems import Problems, quoted

ROW = "_row"
NO_DATA_SIGNATURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF file",
    b"\x1f\x8b": "a gzip file",
}
"""First bytes of files in which no reader looks for data."""
_SIGNATURES = {
    **NO_DATA_SIGNATURES,
    b"PK\x03\x04": "a ZIP or XLSX file",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "a GeoPackage or SQLite file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a GeoJSON file, in their order: geometry as parsed JSON and properties."""

    geometries: list[Any]
    properties: list[dict[str, Any]]
    text: str


def read_bytes(path: Path, file: str, expected: str, problems: Problems) -> bytes | None:
    """Read a file that must be text of the expected kind; None if it plainly is not, with the problem added.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    expected : str
        For example ``a CSV table``.
    problems : Problems

    Returns
    -------
    bytes or None
        Without a byte order mark. Whether it is UTF-8 is for `decode` to say.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        problems.add(
            file,
            None,
            "",
            found="no such file",
            expected=expected,
            remedy="Add the file, or take its entry out of the package.",
        )
        return None
    except OSError as error:
        problems.add(
            file,
            None,
            "",
            found=f"a file that cannot be read ({error.strerror})",
            expected=expected,
            remedy="Make the file readable.",
        )
        return None
    content = content.removeprefix(_BOM)
    kind = next((name for start, name in _SIGNATURES.items() if content.startswith(start)), None)
    if kind is None and content[:512].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        kind = "an HTML or XML page"
    if kind is None and b"\0" in content[:4096]:
        kind = "binary data"
    if kind is not None:
        problems.add(
            file,
            1,
            "",
            found=kind,
            expected=f"{expected} in UTF-8",
            remedy="The file is not what its name says: export or download it again in the right format.",
        )
        return None
    return content


def decode(content: bytes, file: str, expected: str, problems: Problems) -> str | None:
    """Decode UTF-8; None if it is none, with the problem and its line added."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        problems.add(
            file,
            row,
            "",
            found=f"the byte 0x{content[error.start]:02X}, which is not UTF-8",
            expected=f"{expected} in UTF-8",
            remedy="Save the file again with encoding UTF-8 (in Excel: CSV UTF-8).",
        )
        return None


def read_text(path: Path, file: str, expected: str, problems: Problems) -> str | None:
    """Read a UTF-8 text file; None if it is none, with the problem added."""
    content = read_bytes(path, file, expected, problems)
    return None if content is None else decode(content, file, expected, problems)


def _line_numbers(table: pa.Table, lines: int, skipped: list[int]) -> NDArray[np.int64]:
    """Return the line on which each row of the file starts (header = 1), also where cells hold line breaks."""
    total = table.num_rows + len(skipped)
    rows = np.setdiff1d(np.arange(total, dtype="int64") + 2, skipped, assume_unique=True)
    if lines == total + 1:
        return rows
    breaks = np.zeros(table.num_rows, dtype="int64")
    for column in table.columns:
        breaks += pc.count_substring(column.cast(pa.string()), "\n").to_numpy(zero_copy_only=False)
    result: NDArray[np.int64] = rows + np.concatenate([[0], np.cumsum(breaks)[:-1]])
    return result


def _header(content: bytes, file: str, problems: Problems) -> list[str] | None:
    first = decode(content.split(b"\n", 1)[0], file, "a CSV table", problems)
    if first is None:
        return None
    names = next(csv.reader([first]), [])
    if not all(names) or not names:
        problems.add(
            file,
            1,
            "",
            found="a header row with empty cells" if names else "no header row",
            expected="the names of the columns",
            remedy="Write a name over every column.",
        )
        return None
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        problems.add(
            file,
            1,
            ", ".join(doubled),
            found="a column name twice",
            expected="different names",
            remedy="Rename or remove one of the columns.",
        )
        return None
    return names


def _parse_csv(content: bytes, names: list[str], plain: frozenset[str], *, threads: bool) -> tuple[pa.Table, list[Any]]:
    wrong: list[Any] = []

    def skip(row: Any) -> str:
        wrong.append(row)
        return "skip"

    category = pa.dictionary(pa.int32(), pa.string())
    table = pyarrow.csv.read_csv(
        pa.BufferReader(content),
        read_options=pyarrow.csv.ReadOptions(use_threads=threads),
        parse_options=pyarrow.csv.ParseOptions(
            newlines_in_values=b'"' in content, ignore_empty_lines=False, invalid_row_handler=skip
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pa.string() if name in plain else category for name in names},
            strings_can_be_null=False,
            null_values=[],
        ),
    )
    return table, wrong


def read_csv(path: Path, file: str, problems: Problems, plain: frozenset[str] = frozenset()) -> pd.DataFrame | None:
    """Read a CSV table (UTF-8, comma, header row); every cell is text, an empty cell is empty text.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Collects what is wrong with the file.
    plain : frozenset of str
        Columns with many distinct values (numbers); the others are read as categories.

    Returns
    -------
    pandas.DataFrame or None
        All columns of the file and `_row`, the line of each row (header = 1). None if nothing can be read.
    """
    content = read_bytes(path, file, "a CSV table", problems)
    if content is None:
        return None
    content = content.rstrip(b"\r\n") + b"\n"
    names = _header(content, file, problems)
    if names is None:
        return None
    try:
        table, wrong = _parse_csv(content, names, plain, threads=True)
        if wrong:
            table, wrong = _parse_csv(content, names, plain, threads=False)
    except pa.ArrowInvalid as error:
        if decode(content, file, "a CSV table", problems) is not None:
            problems.add(
                file,
                1,
                "",
                found="text that is no table",
                expected="a CSV table with commas",
                remedy=f"Repair the file: {str(error).splitlines()[0]}.",
            )
        return None
    for row in wrong:
        problems.add(
            file,
            row.number,
            "",
            found=f"{row.actual_columns} cells",
            expected=f"{row.expected_columns} cells, as in the header",
            remedy="Put text with a comma or a line break into double quotes.",
        )
    rows = _line_numbers(table, content.count(b"\n"), [row.number for row in wrong])
    df: pd.DataFrame = table.to_pandas()
    blank = np.logical_and.reduce([(df[name] == "").to_numpy(dtype=bool) for name in names])
    df[ROW] = rows.astype("int32")
    if blank.any():
        problems.add(
            file,
            int(rows[blank][0]),
            "",
            found="an empty line",
            expected="rows with cells",
            remedy="Remove the line.",
            more=int(blank.sum()) - 1,
        )
        df = df.loc[~blank].reset_index(drop=True)
    return df


def read_geojson(path: Path, file: str, problems: Problems) -> Features | None:
    """Read a GeoJSON FeatureCollection in EPSG:4326.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Collects what is wrong with the file.

    Returns
    -------
    Features or None
        None if the file is no FeatureCollection.
    """
    text = read_text(path, file, "a GeoJSON FeatureCollection", problems)
    if text is None:
        return None
    remedy = "Export the boundaries again as GeoJSON, EPSG:4326."
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        problems.add(
            file,
            1,
            "",
            found=f"text that is no JSON (line {error.lineno}: {error.msg})",
            expected="a GeoJSON FeatureCollection",
            remedy=remedy,
        )
        return None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or content.get("type") != "FeatureCollection":
        found = f"type {quoted(content.get('type'))}" if isinstance(content, dict) else "JSON of another form"
        problems.add(file, 1, "type", found=found, expected="a GeoJSON FeatureCollection", remedy=remedy)
        return None
    crs = (content.get("crs") or {}).get("properties", {}).get("name", "") if content.get("crs") else ""
    if crs and not any(known in str(crs) for known in ("CRS84", "4326")):
        problems.add(file, 1, "crs", found=quoted(crs), expected="EPSG:4326 (longitude, latitude)", remedy=remedy)
        return None
    broken = [n for n, f in enumerate(features, 1) if not isinstance(f, dict) or f.get("type") != "Feature"]
    if broken:
        problems.add(
            file,
            broken[0],
            "type",
            found="something that is no Feature",
            expected="Features only",
            remedy=remedy,
            more=len(broken) - 1,
        )
        return None
    return Features(
        [feature.get("geometry") for feature in features],
        [feature.get("properties") or {} for feature in features],
        text,
    )


TableReader = Callable[[Path, str, Problems, frozenset[str]], "pd.DataFrame | None"]
TABLE_READERS: Mapping[str, TableReader] = {"csv": read_csv}
BOUNDARY_READERS: Mapping[str, Callable[[Path, str, Problems], Features | None]] = {"geojson": read_geojson}
