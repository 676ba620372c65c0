"""Reads XLSX workbooks: every sheet as a person sees it, cell by cell; nothing outside the file is ever opened."""

from __future__ import annotations

import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock

from etl.formats.archive import check_xml_members, open_archive
from etl.formats.bounds import LIMITS, Deadline, Limits
from etl.formats.builder import TableBuilder, spreadsheet_labels
from etl.formats.celltext import number_text, value_text
from etl.formats.faults import UnreadableError, listed, unknown_part
from etl.formats.model import RawTable
from etl.formats.sheetscan import SUPERSCRIPT, Merge, SheetScan, scan_sheet
from etl.problems import Problems

_KIND = "an XLSX workbook"
_QUOTED_TEXT = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_ZEROS = re.compile(r"^0{2,}$")


def _rich_text(value: CellRichText) -> str:
    """Return the text; raised digits (footnote marks) stay raised, so that they never become part of a number."""
    pieces = []
    for piece in value:
        if isinstance(piece, TextBlock):
            raised = piece.font is not None and piece.font.vertAlign == "superscript"
            pieces.append(piece.text.translate(SUPERSCRIPT) if raised else piece.text)
        else:
            pieces.append(str(piece))
    return "".join(pieces)


def cell_text(value: Any, number_format: str = "General") -> str:
    """Return the value of a cell as a person sees it.

    Parameters
    ----------
    value : object
        As openpyxl gives it.
    number_format : str
        Of the cell: percentages are shown as such, codes keep their leading zeros; digits are never cut.

    Returns
    -------
    str
    """
    if isinstance(value, CellRichText):
        return _rich_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        pattern = _QUOTED_TEXT.sub("", number_format).split(";")[0]
        if "%" in pattern:
            return f"{number_text(value * 100)} %"
        if _ZEROS.match(pattern) and float(value).is_integer() and value >= 0:
            return str(int(value)).zfill(len(pattern))
    return value_text(value)


def _part_names(archive: zipfile.ZipFile) -> list[str]:
    return [name.lower() for name in archive.namelist()]


def _workbook_notes(archive: zipfile.ZipFile) -> list[str]:
    names = _part_names(archive)
    kinds = (
        ("links to other workbooks: not followed, the values saved in this file are used", "xl/externallinks/"),
        ("macros: not run", "xl/vbaproject.bin"),
        ("connections to outside data: not followed", "xl/connections.xml"),
        ("embedded objects: not opened", "xl/embeddings/"),
    )
    return [note for note, start in kinds if any(name.startswith(start) for name in names)]


def _sheet_notes(scan: SheetScan, state: str) -> list[str]:
    notes = []
    if state != "visible":
        notes.append("hidden sheet")
    if scan.hidden_rows:
        notes.append(f"hidden rows, read like the others: {listed(scan.hidden_rows)}")
    if scan.hidden_columns:
        letters = [spreadsheet_labels(number)[-1] for number in scan.hidden_columns if 0 < number <= scan.last_column]
        if letters:
            notes.append(f"hidden columns, read like the others, from: {listed(letters)}")
    if scan.merges:
        notes.append(f"{len(scan.merges):,} merged ranges: their text is repeated in every cell")
    if scan.formulas:
        notes.append(f"{scan.formulas:,} formulas: their saved values are used")
    if scan.unsaved:
        cells = [f"{spreadsheet_labels(column)[-1]}{row}" for row, column in sorted(scan.unsaved)]
        notes.append(
            f"formulas without a saved value, shown as formulas: {listed(cells)}"
            " (open the file in a spreadsheet program, save it, and read it again)"
        )
    return notes


class _Merges:
    """Repeats the text of merged cells, row by row."""

    def __init__(self, scan: SheetScan, limits: Limits) -> None:
        self._right = scan.last_column
        self._starting: dict[int, list[Merge]] = {}
        self._open: list[tuple[Merge, str]] = []
        area = 0
        for merge in scan.merges:
            if merge.top <= scan.last_row and merge.left <= scan.last_column:
                area += min(merge.bottom, scan.last_row) - merge.top + 1
                self._starting.setdefault(merge.top, []).append(merge)
        if area > limits.cells:
            limits.check_table(area, 1)

    def fill(self, row: int, cells: list[str]) -> None:
        self._open = [(merge, text) for merge, text in self._open if merge.bottom >= row]
        for merge in self._starting.get(row, ()):
            text = cells[merge.left - 1] if merge.left <= len(cells) else ""
            if text:
                self._open.append((merge, text))
        for merge, text in self._open:
            right = min(merge.right, self._right)
            if right > len(cells):
                cells.extend([""] * (right - len(cells)))
            for column in range(merge.left - 1, right):
                cells[column] = text


def _read_sheet(sheet: Any, scan: SheetScan, limits: Limits, deadline: Deadline) -> TableBuilder:
    builder = TableBuilder(limits, deadline)
    merges = _Merges(scan, limits)
    texts: dict[int, dict[int, str]] = {}
    for (row, column), text in (*scan.unsaved.items(), *scan.raised.items()):
        texts.setdefault(row, {})[column] = text
    sheet.reset_dimensions()
    for number, row_cells in enumerate(sheet.iter_rows(), 1):
        if number > scan.last_row:
            break
        cells = [cell_text(cell.value, cell.number_format) if cell.value is not None else "" for cell in row_cells]
        del cells[scan.last_column :]
        for column, text in texts.get(number, {}).items():
            if column > len(cells):
                cells.extend([""] * (column - len(cells)))
            cells[column - 1] = text
        merges.fill(number, cells)
        builder.add(number, cells)
    return builder


def _sheet_path(sheet: Any) -> str:
    """Return the name of the part of the archive that holds a worksheet."""
    path: str = sheet._worksheet_path
    return path.lstrip("/")


def read_xlsx(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawTable]:
    """Read the worksheets of a workbook that hold something, or the one that is named.

    Formulas show the value that was saved with them; one without a saved value is shown as its text, which no
    number is read from. Links, macros and connections are noted and never followed.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Collects the sheets that cannot be read.
    part : str, optional
        Name of a sheet.
    limits : Limits

    Returns
    -------
    list of RawTable

    Raises
    ------
    UnreadableError
        If the workbook, or the named sheet, cannot be read.
    """
    deadline = Deadline(limits)
    with open_archive(path, _KIND, limits) as archive:
        check_xml_members(archive, _KIND, limits)
        notes = _workbook_notes(archive)
        with warnings.catch_warnings(), path.open("rb") as stream:
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False, rich_text=True)
            try:
                return _read_sheets(book, archive, file, problems, part, notes, limits, deadline)
            finally:
                book.close()


def _read_sheets(
    book: Any,
    archive: zipfile.ZipFile,
    file: str,
    problems: Problems,
    part: str | None,
    notes: list[str],
    limits: Limits,
    deadline: Deadline,
) -> list[RawTable]:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if part is not None and part not in sheets:
        raise unknown_part("sheet", part, list(sheets))
    tables: list[RawTable] = []
    for title, sheet in sheets.items():
        if part is not None and title != part:
            continue
        try:
            scan = scan_sheet(archive, _sheet_path(sheet), limits, deadline)
            builder = _read_sheet(sheet, scan, limits, deadline)
        except UnreadableError as error:
            if part is not None or len(sheets) == 1:
                raise
            column = f'sheet "{title}"' + (f", {error.column}" if error.column else "")
            problems.add(file, error.row, column, found=error.found, expected=error.expected, remedy=error.remedy)
            continue
        if len(builder):
            told = (*notes, *_sheet_notes(scan, sheet.sheet_state))
            tables.append(builder.table(file, "xlsx", title, spreadsheet=True, notes=told))
    if not tables and not problems.has_any(file):
        raise UnreadableError(
            "no cell with content", "a worksheet with a table", "Add the table, or take the file out."
        )
    return tables
