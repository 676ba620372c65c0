"""Reads JSON records in the forms in which statistics offices and portals publish them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from etl.formats.bounds import LIMITS, Deadline, Limits
from etl.formats.builder import TableBuilder
from etl.formats.celltext import value_text
from etl.formats.encoding import decode_text
from etl.formats.faults import UnreadableError, unknown_part
from etl.formats.model import RawTable
from etl.problems import Problems

_MAX_DEPTH = 3
_PAIR_KEYS = frozenset({"key", "value"})
_EXPECTED = 'a list of records, such as [{"name": "...", "value": 1}, ...], or an object that holds such a list'
_REMEDY = "Export the table as CSV, or as a list of records."


def load_json(text: str) -> Any:
    """Return parsed JSON, or the records of JSON lines.

    Raises
    ------
    UnreadableError
        If it is no JSON; with the line.
    """
    try:
        return json.loads(text, parse_constant=str)
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if error.msg == "Extra data" and len(lines) > 1 and lines[0].lstrip().startswith("{"):
            try:
                return [json.loads(line, parse_constant=str) for line in lines]
            except json.JSONDecodeError:
                pass
        page = text.lstrip()[:15].lower().startswith(("<!doctype", "<html"))
        raise UnreadableError(
            "a web page" if page else f"text that is no JSON ({error.msg})",
            "JSON",
            "Download it again: the end may be missing, or the server answered with a message.",
            row=error.lineno,
        ) from error
    except RecursionError as error:
        raise UnreadableError("JSON that is nested too deeply", _EXPECTED, _REMEDY) from error


def _is_pairs(value: Any) -> bool:
    """Tell whether a value is a list of keys with values: years across a table, as the Kyrgyz office writes them."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and set(item) == _PAIR_KEYS for item in value)
    )


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, list) for item in value)


def _holds_tables(record: Mapping[str, Any]) -> bool:
    return any(_is_records(value) and not _is_pairs(value) for value in record.values())


def _find_tables(content: Any, name: str, depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    """Yield name and rows of every list of records, and of every list of rows."""
    if depth > _MAX_DEPTH:
        return
    is_table = _is_records(content) and not (len(content) == 1 and _holds_tables(content[0]))
    if is_table or (_is_rows(content) and not any(_is_records(item) for item in content)):
        yield name, content
    elif isinstance(content, list):
        for number, item in enumerate(content, 1):
            if isinstance(item, dict | list) and (
                not isinstance(item, dict) or _holds_tables(item) or len(content) == 1
            ):
                inner = name if len(content) == 1 or isinstance(item, list) else f"{name}{number}"
                yield from _find_tables(item, inner, depth + 1)
    elif isinstance(content, dict):
        for key, value in content.items():
            if isinstance(value, dict | list):
                yield from _find_tables(value, f"{name}.{key}" if name else str(key), depth + 1)


def _columns_of(content: Any) -> list[dict[str, Any]] | None:
    """Return records out of an object of columns, such as ``{"name": [...], "value": [...]}``."""
    if not isinstance(content, dict) or len(content) < 2 or not all(isinstance(v, list) for v in content.values()):
        return None
    if len({len(value) for value in content.values()}) > 1:
        return None
    if any(isinstance(item, dict | list) for value in content.values() for item in value):
        return None
    return [dict(zip(content, row, strict=True)) for row in zip(*content.values(), strict=True)]


def _scalar_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return "|".join(_scalar_text(item) for item in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value_text(value)


def _flat(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            yield from _flat(value, f"{name}.", depth + 1)
        elif _is_pairs(value):
            yield from ((str(pair["key"]), _scalar_text(pair["value"])) for pair in value)
        else:
            yield name, _scalar_text(value)


def records_table(
    records: list[dict[str, Any]],
    file: str,
    part: str,
    notes: tuple[str, ...],
    limits: Limits,
    *,
    keep_empty: bool = False,
) -> RawTable:
    """Return records as a table; `keep_empty` keeps those without a value, so that they match their geometries."""
    deadline = Deadline(limits)
    names: dict[str, int] = {}
    rows = []
    for number, record in enumerate(records):
        if number % 1_000 == 0:
            deadline.check()
        cells = dict(_flat(record))
        rows.append(cells)
        for name in cells:
            names.setdefault(name, len(names))
        limits.check_table(len(rows), len(names))
    builder = TableBuilder(limits, deadline, keep_empty=keep_empty)
    builder.add(0, list(names))
    for number, cells in enumerate(rows, 1):
        builder.add(number, [cells.get(name, "") for name in names])
    return builder.table(file, "json", part, has_header=True, notes=notes)


def _rows_table(rows: list[list[Any]], file: str, part: str, notes: tuple[str, ...], limits: Limits) -> RawTable:
    builder = TableBuilder(limits, Deadline(limits))
    for number, row in enumerate(rows, 1):
        limits.check_columns(len(row), number)
        builder.add(number, [_scalar_text(value) for value in row])
    return builder.table(file, "json", part, notes=notes)


def tables_of_json(
    content: Any,
    file: str,
    part: str | None = None,
    *,
    notes: tuple[str, ...] = (),
    limits: Limits = LIMITS,
) -> list[RawTable]:
    """Return the tables of parsed JSON: lists of records or of rows, at most three levels down.

    Objects inside records become columns with dotted names (``country.value``); lists of keys with values
    (``[{"key": 2024, "value": 1}, ...]``) become a column for each key.

    Parameters
    ----------
    content : object
    file : str
    part : str, optional
        Name of the list to read; all of them if not given.
    notes : tuple of str
    limits : Limits

    Returns
    -------
    list of RawTable
        The row of names has the number 0, records count from 1.

    Raises
    ------
    UnreadableError
        If there is none.
    """
    columns = _columns_of(content)
    found: list[tuple[str, list[Any]]] = [("", columns)] if columns else list(_find_tables(content, ""))
    if not found:
        raise UnreadableError("JSON of another form", _EXPECTED, _REMEDY)
    if len(found) == 1:
        if part not in (None, "", found[0][0]):
            raise unknown_part("list", str(part), [found[0][0]])
        found = [(found[0][0] if part else "", found[0][1])]
    elif part is not None:
        names = [name for name, _ in found]
        found = [(name, rows) for name, rows in found if name == part]
        if not found:
            raise unknown_part("list", part, names)
    tables = []
    for name, rows in found:
        if isinstance(rows[0], dict):
            table = records_table(rows, file, name, notes, limits)
        else:
            table = _rows_table(rows, file, name, notes, limits)
        if len(table.rows):
            tables.append(table)
    if not tables:
        raise UnreadableError("records without keys", _EXPECTED, _REMEDY)
    return tables


def read_json(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawTable]:
    """Read the tables of a JSON file; see `tables_of_json`.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Not used: all that can go wrong is raised.
    part : str, optional
        Name of the list to read.
    limits : Limits

    Returns
    -------
    list of RawTable

    Raises
    ------
    UnreadableError
        If it is no JSON or holds no table.
    """
    decoded = decode_text(path.read_bytes())
    return tables_of_json(load_json(decoded.text), file, part, notes=(decoded.note,), limits=limits)
