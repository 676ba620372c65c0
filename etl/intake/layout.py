"""Finds out where a table stands in a sheet: header rows, tags, units, the first and the last row of figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etl.formats.model import RawTable
from etl.intake.periods import read_period

SEARCHED_ROWS = 60
_NUMBER = re.compile(r"[<>≤≥~≈±+\-−–]?\s*\d[\d\s  .,'’]*\s*%?\s*(?:[*†a-zа-я]|\d?\))?", re.IGNORECASE)
_NO_VALUE = re.compile(r"[-–—−]|\.{2,3}|…|[xх*:]|n\.?/?a\.?|н/?д|нет данных|no data|null|nan", re.IGNORECASE)
_UNIT = re.compile(
    r"(?:в\s+)?(?:%|percent|per cent|процент\w*|проц\.?|persons?|people|человек|чел\.?|тыс\.?.*|thousand.*|млн\.?.*|"
    r"million.*|тенге|сом(?:ов)?|сум(?:ов)?|сомони|манат|usd|долл\w*.*|км2|кв\. ?км|km2|га|ha|единиц\w*|ед\.?|units?|"
    r"per 1,?000.*|на 1000.*|на 10 ?000.*|на 100 ?000.*|промилле|‰|index|индекс|ratio)",
    re.IGNORECASE,
)
_SHARE_OF_HEADER = 0.5


@dataclass(frozen=True, slots=True)
class Layout:
    """Positions of rows in `RawTable.cells`.

    Attributes
    ----------
    header : tuple of int
        Empty if the table has none.
    tags, units, numbering : int or None
        The row of HXL tags, of units of measure, of numbers of columns (1, 2, 3, ...).
    first, last : int
        First and last row that may hold figures; `last` is before `first` if there is none.
    """

    header: tuple[int, ...]
    first: int
    last: int
    tags: int | None = None
    units: int | None = None
    numbering: int | None = None


def is_number(text: str) -> bool:
    """Tell whether a cell looks like a number, or like a mark that stands for a missing one."""
    return bool(_NUMBER.fullmatch(text) or _NO_VALUE.fullmatch(text))


def is_year(text: str) -> bool:
    """Tell whether a cell holds a period that begins or ends with a year, such as a header of a wide table."""
    return len(text) <= 40 and read_period(text) is not None


def _filled(row: Sequence[str]) -> list[str]:
    return [cell for cell in (text.strip() for text in row) if cell]


def _is_numbering(cells: list[str]) -> bool:
    numbers = [cell for cell in cells if cell.isdecimal()]
    others = [cell for cell in cells if not cell.isdecimal()]
    start = int(numbers[0]) if numbers else -1
    return (
        len(numbers) >= 3
        and len(others) <= 1
        and all(len(cell) == 1 for cell in others)  # «А», «Б»: a column that is not numbered; a longer text is a place
        and start in (0, 1, 2)
        and [int(number) for number in numbers] == list(range(start, start + len(numbers)))
    )


def _is_data(cells: list[str]) -> bool:
    numbers = [cell for cell in cells if is_number(cell) and not is_year(cell)]
    return len(numbers) >= 1 and not _is_numbering(cells)


def _is_units(cells: list[str]) -> bool:
    fitting = sum(_UNIT.fullmatch(cell.strip("()[], ")) is not None for cell in cells)
    return fitting >= 1 and fitting * 2 >= len(cells)


def _last_data(rows: list[list[str]], first: int) -> int:
    for position in range(len(rows) - 1, first - 1, -1):
        cells = _filled(rows[position])
        if len(cells) >= 2 or (len(cells) == 1 and _NUMBER.fullmatch(cells[0])):
            return position
    return first - 1


def _header_block(rows: list[list[str]], numbers: NDArray[np.int64], before: int, width: int) -> tuple[int, ...]:
    """Return the rows that name columns, without banners above them.

    They end with the first row that fills every column with another text: rows below it are figures, though they may
    look like names or years. An empty line ends the block, too.
    """
    block: list[int] = []
    for position in range(before - 1, -1, -1):
        cells = rows[position]
        is_banner = len(set(cells)) <= 1 and width > 1
        is_apart = bool(block) and numbers[position + 1] - numbers[position] > 1
        if not cells or is_banner or is_apart:
            break
        block.insert(0, position)
    while len(block) > 1 and len(rows[block[0]]) * 4 < width:
        block.pop(0)
    complete = [at for at in block if len(rows[at]) >= width and len(set(rows[at])) == len(rows[at])]
    return tuple(at for at in block if not complete or at <= complete[0])


def find_layout(table: RawTable) -> Layout:
    """Find out where the header, the tags, the units and the figures of a table are.

    Parameters
    ----------
    table : RawTable

    Returns
    -------
    Layout
        What looks most likely; a mapping in YAML overrules it.
    """
    rows: list[list[str]] = [list(row) for row in table.cells.astype("str").itertuples(index=False, name=None)]
    if "hxl" in table.properties:
        position = int(table.properties["hxl"]["position"])
        header: tuple[int, ...] = (position - 1,) if position and len(_filled(rows[position - 1])) > 1 else ()
        return Layout(header, position + 1, _last_data(rows, position + 1), tags=position)
    if table.has_header:
        return Layout((0,), 1, len(rows) - 1)
    searched = [_filled(row) for row in rows[:SEARCHED_ROWS]]
    width = max((len(cells) for cells in searched), default=0)
    wide_enough = max(2, int(width * _SHARE_OF_HEADER)) if width > 1 else 1
    candidates = [at for at, cells in enumerate(searched) if _is_data(cells) and len(cells) >= wide_enough]
    if not candidates:
        filled = [at for at, cells in enumerate(searched) if len(cells) >= wide_enough]
        first = filled[0] + 1 if filled else len(rows)
        return Layout(tuple(filled[:1]), first, len(rows) - 1)
    first = candidates[0]
    units = numbering = None
    top = first
    while top:
        cells = searched[top - 1]
        if numbering is None and _is_numbering(cells):
            numbering = top - 1
        elif units is None and _is_units(cells) and top >= 2 and len(searched[top - 2]) >= wide_enough:
            units = top - 1
        else:
            break
        top -= 1
    header = _header_block(searched, table.rows, top, width)
    if header and header[-1] < top - 1:
        first = header[-1] + 1
        units = numbering = None
    return Layout(header, first, _last_data(rows, first), units=units, numbering=numbering)


def position_of_row(table: RawTable, row: int) -> int | None:
    """Return the position of a row of the file; None if the file has no such row, or it is empty."""
    at: NDArray[np.int64] = np.flatnonzero(table.rows == row)
    return int(at[0]) if len(at) else None


def column_names(table: RawTable, header: Sequence[int]) -> list[str]:
    """Return the header of each column; rows above each other are joined by ` | `, repeats are left out.

    In rows above the last one an empty cell takes the text on its left, as in sheets whose merged cells were lost.

    Parameters
    ----------
    table : RawTable
    header : sequence of int
        Positions of the header rows.

    Returns
    -------
    list of str
        The label of the column where the header is empty.
    """
    parts: list[list[str]] = []
    for depth, position in enumerate(header):
        texts = [" ".join(str(cell).split()) for cell in table.cells.iloc[position]]
        if depth < len(header) - 1:
            below = [" ".join(str(cell).split()) for cell in table.cells.iloc[header[depth + 1]]]
            for at in range(1, len(texts)):
                if not texts[at] and below[at] and texts[at - 1]:
                    texts[at] = texts[at - 1]
        parts.append(texts)
    names = []
    for at, label in enumerate(table.labels):
        texts = [row[at] for row in parts if row[at]]
        names.append(" | ".join(dict.fromkeys(texts)) or label)
    return names
