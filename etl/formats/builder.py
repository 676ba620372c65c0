"""Collects the rows of a table as text, in chunks, within bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from etl.formats.bounds import Deadline, Limits
from etl.formats.model import RawTable

_CHUNK_ROWS = 20_000
_CHUNK_CELLS = 1_000_000
_LETTERS = 26


def column_letters(number: int) -> str:
    """Return the letters of a spreadsheet column, numbered from 0: A, B, ..., Z, AA, ..."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters


def spreadsheet_labels(width: int) -> tuple[str, ...]:
    """Return the labels of the columns of a spreadsheet."""
    return tuple(column_letters(number) for number in range(width))


def numbered_labels(width: int) -> tuple[str, ...]:
    """Return the labels of columns that have no letters."""
    return tuple(f"column {number}" for number in range(1, width + 1))


def text_array(cells: Sequence[str]) -> pa.Array:
    """Return cells as Arrow text; halves of broken characters become question marks."""
    try:
        return pa.array(cells, pa.string())
    except UnicodeEncodeError:
        return pa.array([cell.encode("utf-8", "replace").decode("utf-8") for cell in cells], pa.string())


class TableBuilder:
    """Takes row after row; empty rows and empty cells at the end of rows are left out.

    Parameters
    ----------
    limits : Limits
    deadline : Deadline
    keep_empty : bool
        Keeps empty rows.
    """

    def __init__(self, limits: Limits, deadline: Deadline, *, keep_empty: bool = False) -> None:
        self._keep_empty = keep_empty
        self._limits = limits
        self._deadline = deadline
        self._chunks: list[list[pa.Array]] = []
        self._chunk: list[Sequence[str]] = []
        self._chunk_cells = 0
        self._numbers: list[int] = []
        self._width = 0

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, number: int, cells: Sequence[str]) -> None:
        """Add the row with this number in the file.

        Raises
        ------
        UnreadableError
            If the table gets too large or reading takes too long.
        """
        width = len(cells)
        while width and not cells[width - 1]:
            width -= 1
        if not width and not self._keep_empty:
            return
        self._chunk.append(cells[:width])
        self._chunk_cells += width
        self._numbers.append(number)
        if width > self._width:
            self._limits.check_columns(width, number)
            self._width = width
        if len(self._chunk) >= _CHUNK_ROWS or self._chunk_cells >= _CHUNK_CELLS:
            self._flush()

    def _flush(self) -> None:
        self._deadline.check()
        self._limits.check_table(len(self._numbers), self._width)
        width = max((len(cells) for cells in self._chunk), default=0) or bool(self._chunk)
        columns: list[list[str]] = [[""] * len(self._chunk) for _ in range(width)]
        for position, cells in enumerate(self._chunk):
            for column, cell in enumerate(cells):
                if cell:
                    columns[column][position] = cell
        if columns:
            self._chunks.append([text_array(column) for column in columns])
        self._chunk = []
        self._chunk_cells = 0

    def cells(self) -> pd.DataFrame:
        """Return all rows; columns 0, 1, ... of text."""
        self._flush()
        columns = []
        for column in range(self._width):
            pieces = [
                chunk[column] if column < len(chunk) else pa.repeat(pa.scalar("", pa.string()), len(chunk[0]))
                for chunk in self._chunks
            ]
            columns.append(pa.chunked_array(pieces, pa.string()))
        names = [str(number) for number in range(self._width)]
        df: pd.DataFrame = pa.table(columns, names=names).to_pandas() if columns else pd.DataFrame()
        df.columns = pd.RangeIndex(self._width)
        return df

    def rows(self) -> NDArray[np.int64]:
        """Return the number of each row in the file."""
        return np.array(self._numbers, dtype="int64")

    def table(
        self,
        file: str,
        format: str,  # noqa: A002 -- the name of the attribute
        part: str,
        *,
        spreadsheet: bool = False,
        has_header: bool = False,
        notes: Sequence[str] = (),
        properties: Mapping[str, Any] | None = None,
    ) -> RawTable:
        """Return the table."""
        labels = spreadsheet_labels if spreadsheet else numbered_labels
        return RawTable(
            file=file,
            format=format,
            part=part,
            cells=self.cells(),
            rows=self.rows(),
            labels=labels(self._width),
            has_header=has_header,
            notes=tuple(notes),
            properties=dict(properties or {}),
        )
