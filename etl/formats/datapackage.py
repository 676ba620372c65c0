"""Reads the tables of a Frictionless data package: a folder with datapackage.json, or a ZIP archive of one."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from etl.formats.archive import open_archive, read_member
from etl.formats.bounds import LIMITS, Limits
from etl.formats.delimited import read_text_table
from etl.formats.encoding import decode_text
from etl.formats.faults import LIBRARY_ERRORS, UnreadableError, damaged, unknown_part
from etl.formats.jsonrecords import load_json, tables_of_json
from etl.formats.model import RawTable
from etl.formats.outside import working_folder
from etl.formats.parquet import read_parquet
from etl.formats.xlsx import read_xlsx
from etl.problems import Problems, quoted

DESCRIPTOR = "datapackage.json"
_KIND = "a Frictionless data package"
_ENCODINGS = {"utf8": "utf-8", "utf-8": "utf-8"}


class _Folder:
    """A package that lies in a folder."""

    def __init__(self, root: Path, limits: Limits) -> None:
        self._root = root.resolve()
        self._limits = limits

    def read(self, name: str) -> bytes:
        path = (self._root / name).resolve()
        if not path.is_relative_to(self._root):
            raise UnreadableError(f"the path {quoted(name)}", "a path inside the package", "Correct the path.")
        if not path.is_file():
            raise UnreadableError(f"no file {quoted(name)}", "the file of the resource", "Add the file.")
        self._limits.check_bytes(path.stat().st_size)
        return path.read_bytes()


class _Archive:
    """A package inside a ZIP archive."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        found = [name for name in archive.namelist() if PurePosixPath(name).name == DESCRIPTOR]
        if not found:
            raise UnreadableError(f"an archive without {DESCRIPTOR}", _KIND, "Pack the descriptor with its tables.")
        self._root = PurePosixPath(min(found, key=len)).parent

    def read(self, name: str) -> bytes:
        if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute():
            raise UnreadableError(f"the path {quoted(name)}", "a path inside the package", "Correct the path.")
        member = str(self._root / name)
        if member not in self._archive.namelist():
            raise UnreadableError(f"no file {quoted(name)}", "the file of the resource", "Add the file.")
        return read_member(self._archive, member, self._limits)


def _text(mapping: Mapping[str, Any], key: str, default: str = "") -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else default


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _decoded(content: bytes, resource: Mapping[str, Any]) -> tuple[str, str]:
    declared = _text(resource, "encoding").lower()
    if not declared or declared in _ENCODINGS:
        decoded = decode_text(content)
        return decoded.text, decoded.note
    try:
        return content.decode(declared).removeprefix("\ufeff"), f"encoding {declared}, as the package says"
    except (LookupError, UnicodeDecodeError) as error:
        raise UnreadableError(
            f"a file that is not in {quoted(declared)}", "the encoding that the package names", "Correct the encoding."
        ) from error


def _paths(resource: Mapping[str, Any]) -> list[str]:
    path = resource.get("path")
    listed = path if isinstance(path, list) else [path]
    paths = [name for name in listed if isinstance(name, str) and name]
    if not paths or len(paths) < len(listed):
        raise UnreadableError("a resource without a path", "path or data", "Add the path of its table.")
    remote = [name for name in paths if "://" in name or name.startswith(("/", "\\"))]
    if remote:
        raise UnreadableError(
            f"the path {quoted(remote[0])}",
            "a file inside the package",
            "Download the file into the package: addresses are not followed.",
        )
    return paths


def _without_missing(table: RawTable, resource: Mapping[str, Any]) -> RawTable:
    """Return the table with the package's marks of missing values as empty cells."""
    schema = _mapping(resource.get("schema"))
    marks = schema.get("missingValues", [""])
    texts = [mark if isinstance(mark, str) else _text(_mapping(mark), "value") for mark in marks if mark]
    cells = table.cells
    if texts:
        body = cells.iloc[1:] if len(cells) else cells
        cells = cells.copy()
        cells.iloc[1:] = body.mask(body.isin(texts), "")
    told = f"missing values of the package read as empty: {', '.join(quoted(text) for text in texts)}"
    fields = [field for field in schema.get("fields", []) if isinstance(field, dict)]
    properties = {"schema": {"fields": fields, "missing_values": texts}, "resource": _text(resource, "title")}
    return dataclasses.replace(
        table,
        cells=cells,
        notes=(*table.notes, told) if texts else table.notes,
        properties={**table.properties, **properties},
    )


def _read_file(
    content: bytes, path: str, file: str, name: str, resource: Mapping[str, Any], limits: Limits
) -> RawTable:
    kind = _text(resource, "format") or PurePosixPath(path).suffix.lstrip(".").lower()
    if kind in ("xlsx", "parquet"):
        with working_folder() as folder:
            copy = folder / f"resource.{kind}"
            copy.write_bytes(content)
            sheet = _mapping(resource.get("dialect")).get("sheet")
            reader = read_xlsx if kind == "xlsx" else read_parquet
            tables = reader(copy, file, Problems(), sheet if isinstance(sheet, str) else None, limits=limits)
        if not tables:
            raise UnreadableError("a workbook that cannot be read", "a table", "Export the table again.")
        return dataclasses.replace(tables[0], part=name)
    text, note = _decoded(content, resource)
    if kind in ("json", "geojson"):
        table = tables_of_json(load_json(text), file, notes=(note,), limits=limits)[0]
        return dataclasses.replace(table, part=name)
    dialect = _mapping(resource.get("dialect"))
    dialect = {**dialect, **_mapping(dialect.get("csv"))}
    separator = _text(dialect, "delimiter") or None
    quote = _text(dialect, "quoteChar", '"')
    if (separator is not None and len(separator) != 1) or len(quote) != 1:
        raise UnreadableError(
            "a dialect with a delimiter of several characters", "one character", "Correct the dialect."
        )
    table = read_text_table(
        text, file, "csv", part=name, separator=separator, quote=quote, notes=(note,), limits=limits
    )
    return dataclasses.replace(table, has_header=dialect.get("header") is not False)


def _read_resource(
    source: _Folder | _Archive, resource: Mapping[str, Any], file: str, limits: Limits
) -> list[RawTable]:
    name = _text(resource, "name")
    if "data" in resource:
        tables = tables_of_json(resource["data"], file, limits=limits)
        tables = [dataclasses.replace(table, part=name) for table in tables]
    else:
        paths = _paths(resource)
        tables = [_read_file(source.read(path), path, file, name, resource, limits) for path in paths]
        if len(tables) > 1:
            tables = [
                dataclasses.replace(table, part=f"{name}: {path}") for table, path in zip(tables, paths, strict=True)
            ]
    return [_without_missing(dataclasses.replace(table, format="datapackage"), resource) for table in tables]


def _read_package(
    source: _Folder | _Archive, file: str, problems: Problems, part: str | None, limits: Limits
) -> list[RawTable]:
    descriptor = load_json(decode_text(source.read(DESCRIPTOR)).text)
    resources = descriptor.get("resources") if isinstance(descriptor, dict) else None
    if not isinstance(resources, list) or not all(isinstance(resource, dict) for resource in resources):
        raise UnreadableError(
            f"{DESCRIPTOR} without a list of resources", _KIND, "Add the resources, or give the tables one by one."
        )
    names = [_text(resource, "name") for resource in resources]
    if part is not None and part not in names:
        raise unknown_part("resource", part, names)
    tables: list[RawTable] = []
    for name, resource in zip(names, resources, strict=True):
        if part is not None and name != part:
            continue
        try:
            tables += _read_resource(source, resource, file, limits)
        except UnreadableError as error:
            _tell(problems, file, name, error)
        except LIBRARY_ERRORS as error:
            _tell(problems, file, name, damaged("a table", error))
    if not tables and not problems.has_any(file):
        raise UnreadableError("a package without tables", "at least one resource", "Add the tables to the descriptor.")
    return tables


def _tell(problems: Problems, file: str, name: str, error: UnreadableError) -> None:
    place = f"resource {quoted(name)}" + (f", {error.column}" if error.column else "")
    problems.add(file, error.row, place, found=error.found, expected=error.expected, remedy=error.remedy)


def read_datapackage(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawTable]:
    """Read the resources of a package: CSV in their dialect, JSON, XLSX or Parquet.

    Parameters
    ----------
    path : pathlib.Path
        The folder, its datapackage.json, or a ZIP archive.
    file : str
        Its name in messages.
    problems : Problems
        Collects the resources that cannot be read.
    part : str, optional
        Name of a resource.
    limits : Limits

    Returns
    -------
    list of RawTable
        Property ``schema``: ``fields`` as described, and ``missing_values``, whose cells are empty.

    Raises
    ------
    UnreadableError
        If it is no package.
    """
    if path.is_dir():
        return _read_package(_Folder(path, limits), file, problems, part, limits)
    if zipfile.is_zipfile(path):
        with open_archive(path, _KIND, limits) as archive:
            return _read_package(_Archive(archive, limits), file, problems, part, limits)
    if path.name != DESCRIPTOR:
        raise UnreadableError(f"a file that is neither {DESCRIPTOR} nor a ZIP archive", _KIND, "Name it so.")
    return _read_package(_Folder(path.parent, limits), file, problems, part, limits)
