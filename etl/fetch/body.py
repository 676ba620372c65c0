"""Checks that a received body is what was asked for: not empty, no web page, not cut off, readable."""

from __future__ import annotations

import csv
import json
import mmap
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from etl.fetch.errors import FetchError

Format = Literal["json", "geojson", "csv", "zip", "xlsx", "any"]
SUFFIXES: dict[str, Format] = {
    ".json": "json",
    ".geojson": "geojson",
    ".csv": "csv",
    ".zip": "zip",
    ".kmz": "zip",
    ".xlsx": "xlsx",
}
HEAD_BYTES = 2048
SHORTEST_KEY = 6  # shorter ones stand in any text by chance


def format_of(name: str) -> Format:
    """Return the format that a file name promises."""
    return SUFFIXES.get(Path(name).suffix.lower(), "any")


def _is_web_page(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return text.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def read_json(path: Path) -> Any:
    """Return a JSON file's content.

    Raises
    ------
    FetchError
        If it is not JSON, or ends too early.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FetchError("found text that is not UTF-8; expected JSON") from error
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
        found = "JSON that ends too early" if cut else "something that is not JSON"
        raise FetchError(f"found {found} (line {error.lineno}); expected JSON") from error
    except RecursionError as error:
        raise FetchError("found JSON that is nested too deeply; expected a table") from error


def _check_geojson(content: Any) -> None:
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection" or not content.get("features"):
        raise FetchError("found JSON that is no GeoJSON with features; expected boundaries")


def _check_zip(path: Path, wanted: Format) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise FetchError(f"found a broken or cut-off {wanted.upper()} file; expected a whole one") from error
    if wanted == "xlsx" and "[Content_Types].xml" not in names:
        raise FetchError("found a ZIP file; expected an XLSX workbook")


def read_csv_rows(path: Path) -> list[list[str]]:
    """Return the lines of a CSV file that are not empty, the header first.

    Raises
    ------
    FetchError
        If it is not UTF-8 text or has no header.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise FetchError("found something that is not UTF-8 CSV text; expected CSV") from error
    if not rows or len(rows[0]) < 2 or rows[0][0].lstrip().startswith(("{", "[", "<")):
        raise FetchError("found no header row of a table; expected CSV")
    return rows


def check_body(path: Path, wanted: Format, check: Callable[[Any], None] | None = None) -> None:
    """Refuse a body that is not what was asked for.

    Parameters
    ----------
    path : Path
        The received bytes.
    wanted : Format
        What was asked for. ``any`` refuses only empty bodies, web pages and pointers to files elsewhere.
    check : callable, optional
        Looks at the content of JSON, or at the rows of CSV, and raises FetchError.

    Raises
    ------
    FetchError
        With what was found and expected.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip():
        raise FetchError("found an empty body; expected data")
    if _is_web_page(head):
        raise FetchError(f"found a web page (HTML); expected {'a file' if wanted == 'any' else wanted.upper()}")
    if head.startswith(b"version https://git-lfs"):
        raise FetchError("found a pointer to a file that is kept elsewhere (Git LFS); expected the file")
    content: Any = None
    if wanted in ("json", "geojson"):
        content = read_json(path)
        if wanted == "geojson":
            _check_geojson(content)
    elif wanted == "csv":
        content = read_csv_rows(path)
    elif wanted in ("zip", "xlsx"):
        _check_zip(path, wanted)
    if check is not None:
        check(content)


def require_no_keys(path: Path, keys: Iterable[str]) -> None:
    """Refuse a body that repeats a key of ours, so that no key is ever written down.

    Raises
    ------
    FetchError
        If one stands in it.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for key in keys:
            if len(key) >= SHORTEST_KEY and content.find(key.encode()) >= 0:
                raise FetchError("found your key in the body; it is not written down. Tell the source's maintainers")
