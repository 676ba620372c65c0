"""Looks through the XML of a worksheet before it is loaded: its size, merged cells, hidden rows, unsaved formulas."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field

from etl.formats.archive import feed_xml, xml_parser
from etl.formats.bounds import Deadline, Limits
from etl.formats.faults import DAMAGED, UnreadableError

_REFERENCE = re.compile(r"^\$?([A-Za-z]{1,7})\$?([0-9]{1,9})$")
_MAX_SHEET_ROW = 1_048_576
_KIND = "an XLSX workbook"
SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def _position(reference: str) -> tuple[int, int]:
    """Return row and column of a cell, both from 1."""
    match = _REFERENCE.match(reference)
    if match is None:
        raise UnreadableError(f'a cell named "{reference[:20]}"', "cells named like B7", DAMAGED)
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column


@dataclass(frozen=True, slots=True)
class Merge:
    """A merged range of cells: first and last row and column, from 1."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class SheetScan:
    """What the XML of a worksheet says of it.

    Attributes
    ----------
    last_row, last_column : int
        Of the cells that hold something.
    filled : int
        Number of such cells.
    merges : list of Merge
    hidden_rows, hidden_columns : list of int
        From 1; of a group of hidden columns the first.
    formulas : int
        Cells that hold a formula.
    unsaved : dict
        Text of the formulas that have no saved value, by row and column.
    raised : dict
        Text of the cells with raised digits that stands in the cells themselves, by row and column.
    """

    last_row: int = 0
    last_column: int = 0
    filled: int = 0
    merges: list[Merge] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    formulas: int = 0
    unsaved: dict[tuple[int, int], str] = field(default_factory=dict)
    raised: dict[tuple[int, int], str] = field(default_factory=dict)


class _Scanner:
    """The handlers of the parser."""

    def __init__(self, limits: Limits, deadline: Deadline) -> None:
        self.scan = SheetScan()
        self._limits = limits
        self._deadline = deadline
        self._row = 0
        self._column = 0
        self._formula: list[str] | None = None
        self._in_formula = self._in_value = self._in_text = self._has_value = False
        self._inline: list[str] | None = None
        self._raised = self._any_raised = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._start_cell(attributes)
        elif name == "v":
            self._in_value = True
        elif name == "is":
            self._has_value, self._inline = True, []
        elif name == "r" and self._inline is not None:
            self._raised = False
        elif name == "vertAlign" and attributes.get("val") == "superscript":
            self._raised = self._any_raised = True
        elif name == "t":
            self._in_text = True
        elif name == "f":
            self._formula, self._in_formula = [], True
        elif name == "row":
            self._start_row(attributes)
        elif name == "mergeCell":
            first, _, last = attributes.get("ref", "").partition(":")
            (top, left), (bottom, right) = _position(first), _position(last or first)
            self.scan.merges.append(Merge(top, left, bottom, right))
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            self.scan.hidden_columns.append(int(attributes.get("min", "1")))

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
        self._column = 0
        if not 1 <= self._row <= _MAX_SHEET_ROW:
            raise UnreadableError(f"a row numbered {self._row:,}", f"rows up to {_MAX_SHEET_ROW:,}", DAMAGED)
        if attributes.get("hidden") in ("1", "true"):
            self.scan.hidden_rows.append(self._row)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if "r" in attributes:
            row, self._column = _position(attributes["r"])
            if row != self._row:
                raise UnreadableError(
                    f'the cell "{attributes["r"][:20]}" in row {self._row:,}', "cells in their rows", DAMAGED
                )
        else:
            self._column += 1
        self._has_value, self._formula = False, None
        self._inline, self._raised, self._any_raised = None, False, False

    def text(self, data: str) -> None:
        if self._in_formula and self._formula is not None:
            self._formula.append(data)
        elif self._in_value:
            self._has_value = True
        elif self._in_text and self._inline is not None:
            self._inline.append(data.translate(SUPERSCRIPT) if self._raised else data)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "f":
            self._in_formula = False
        elif name == "v":
            self._in_value = False
        elif name == "t":
            self._in_text = False
        elif name == "c":
            self._end_cell()

    def _end_cell(self) -> None:
        scan = self.scan
        if self._formula is not None:
            scan.formulas += 1
            if not self._has_value:
                scan.unsaved[self._row, self._column] = "=" + "".join(self._formula)
        if self._inline is not None and self._any_raised:
            scan.raised[self._row, self._column] = "".join(self._inline)
        if not self._has_value and self._formula is None:
            return
        scan.filled += 1
        if self._column > scan.last_column:
            self._limits.check_columns(self._column, self._row)
            scan.last_column = self._column
        if self._row > scan.last_row:
            scan.last_row = self._row
            if scan.last_row % 1_000 == 0:
                self._deadline.check()
        if scan.filled > self._limits.cells:
            self._limits.check_table(-(-scan.filled // scan.last_column), scan.last_column)


def scan_sheet(archive: zipfile.ZipFile, name: str, limits: Limits, deadline: Deadline) -> SheetScan:
    """Return what a worksheet holds, without loading it.

    Raises
    ------
    UnreadableError
        If it is damaged, or passes a bound: at the first cell that does.
    """
    scanner = _Scanner(limits, deadline)
    parser = xml_parser()
    parser.buffer_text = True
    parser.StartElementHandler = scanner.start
    parser.EndElementHandler = scanner.end
    parser.CharacterDataHandler = scanner.text
    feed_xml(archive, name, parser, _KIND, limits)
    return scanner.scan
