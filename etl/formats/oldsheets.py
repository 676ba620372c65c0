"""Reads XLS and ODS workbooks."""

from __future__ import annotations

from pathlib import Path

from etl.formats.archive import feed_xml, open_archive, xml_parser
from etl.formats.bounds import LIMITS, Deadline, Limits
from etl.formats.builder import TableBuilder
from etl.formats.faults import UnreadableError, unknown_part
from etl.formats.model import RawTable
from etl.formats.outside import Piece, read_outside, working_folder
from etl.problems import Problems

_XLS = "an XLS workbook"
_ODS = "an ODS workbook"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_CHUNK_BYTES = 65_536


class _OdsScanner:
    """Counts rows and columns of an ODS file with their repetitions, without loading them."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows = self._row_repeated = self._columns = self._width = self._pending = 0
        self._cell_repeated = 0
        self._filled = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "table":
            self._rows = self._width = self._pending = 0
        elif name == "table-row":
            self._row_repeated = self._repeated(attributes, "table:number-rows-repeated")
            self._columns, self._filled = 0, False
        elif name in ("table-cell", "covered-table-cell"):
            self._cell_repeated = self._repeated(attributes, "table:number-columns-repeated")
            self._columns += self._cell_repeated
            if "office:value-type" in attributes:
                self._fill()
        elif name == "p":
            self._fill()
        elif name in ("encryption-data", "algorithm"):
            raise UnreadableError("an encrypted workbook", "a file without a password", "Save it without a password.")

    @staticmethod
    def _repeated(attributes: dict[str, str], name: str) -> int:
        text = attributes.get(name, "1")
        return int(text) if text.isdigit() and len(text) < 12 else 1

    def _fill(self) -> None:
        self._filled = True
        if self._columns > self._width:
            self._limits.check_columns(self._columns, self._rows + 1)
            self._width = self._columns

    def end(self, tag: str) -> None:
        if tag.rpartition(":")[2] != "table-row":
            return
        self._pending += self._row_repeated
        if self._filled:
            self._rows += self._pending
            self._pending = 0
            self._limits.check_table(self._rows, self._width)


def _check_ods(path: Path, limits: Limits) -> list[str]:
    notes = []
    with open_archive(path, _ODS, limits) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rdf")):
                parser = xml_parser()
                if name in ("content.xml", "META-INF/manifest.xml"):
                    scanner = _OdsScanner(limits)
                    parser.StartElementHandler = scanner.start
                    parser.EndElementHandler = scanner.end
                feed_xml(archive, name, parser, _ODS, limits)
            elif name.startswith(("Basic/", "Scripts/")):
                notes.append("macros: not run")
    return sorted(set(notes))


def _check_xls(path: Path) -> list[str]:
    has_macros = False
    before = b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            window = before + chunk
            if _ENCRYPTED in window:
                raise UnreadableError(
                    "an encrypted workbook", "a file without a password", "Save it without a password."
                )
            has_macros = has_macros or _MACROS in window
            before = chunk[-64:]
    return ["macros: not run"] if has_macros else []


def _table(piece: Piece, file: str, name: str, notes: list[str], limits: Limits, deadline: Deadline) -> RawTable | None:
    builder = TableBuilder(limits, deadline)
    if piece.table is None:
        return None
    first_row, first_column = piece.said["start"]
    rows = [list(row) for row in zip(*(column.to_pylist() for column in piece.table.columns), strict=True)]
    told = list(notes)
    merges = piece.said["merges"]
    for top, left, bottom, right in merges:
        row, column = top - first_row, left - first_column
        if 0 <= row < len(rows) and 0 <= column < len(rows[0]) and rows[row][column]:
            for filled in range(row, min(bottom - first_row + 1, len(rows))):
                for cell in range(column, min(right - first_column + 1, len(rows[0]))):
                    rows[filled][cell] = rows[row][column]
    for number, row in enumerate(rows, first_row + 1):
        builder.add(number, [""] * first_column + row)
    if not len(builder):
        return None
    if piece.said["state"] != "Visible":
        told.append("hidden sheet")
    if merges:
        told.append(f"{len(merges):,} merged ranges: their text is repeated in every cell")
    return builder.table(file, name, piece.name, spreadsheet=True, notes=told)


def _read(
    path: Path,
    file: str,
    part: str | None,
    name: str,
    kind: str,
    notes: list[str],
    limits: Limits,
) -> list[RawTable]:
    deadline = Deadline(limits)
    with working_folder() as folder:
        pieces, names = read_outside("sheets", path, kind, folder, limits, part=part)
    if part is not None and part not in names:
        raise unknown_part("sheet", part, names)
    tables = [_table(piece, file, name, notes, limits, deadline) for piece in pieces]
    found = [table for table in tables if table is not None]
    if not found:
        raise UnreadableError(
            "no cell with content", "a worksheet with a table", "Add the table, or take the file out."
        )
    return found


def read_xls(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawTable]:
    """Read the worksheets of an XLS workbook that hold something, or the one that is named.

    Values are as saved: number formats (percent, leading zeros) are not known in this format.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Not used: all that can go wrong is raised.
    part : str, optional
        Name of a sheet.
    limits : Limits

    Returns
    -------
    list of RawTable

    Raises
    ------
    UnreadableError
        If it is damaged, encrypted or too large.
    """
    told = "number formats are not read from XLS: 12 % may stand as 0.12, and codes may miss leading zeros"
    return _read(path, file, part, "xls", _XLS, [told, *_check_xls(path)], limits)


def read_ods(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawTable]:
    """Read the worksheets of an ODS workbook that hold something, or the one that is named.

    Parameters
    ----------
    path, file, problems, part, limits
        As of `read_xls`.

    Returns
    -------
    list of RawTable

    Raises
    ------
    UnreadableError
        If it is damaged, encrypted or too large.
    """
    told = "number formats and merged cells are not read from ODS: 12 % may stand as 0.12"
    return _read(path, file, part, "ods", _ODS, [told, *_check_ods(path, limits)], limits)
