"""What the readers of all formats hand over: the cells of a table as text, or the features of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.formats.bounds import LIMITS, Limits
from etl.problems import Problems


@dataclass(frozen=True)
class RawTable:
    """The cells of one table of a file, as text, where they stand in the file.

    Nothing is a header yet: banner lines, header rows, units rows and notes are rows like all others.

    Attributes
    ----------
    file : str
        Its name in messages.
    format : str
        Key of the registry that read it, for example ``xlsx``.
    part : str
        Sheet, layer or resource inside the file; empty if the file is one table.
    cells : pandas.DataFrame
        Columns 0, 1, ... of text as a person sees it (a cell that a spreadsheet shows as 12 % is ``12 %``, a code is
        ``01``, a date ``2022-06-08``); an empty cell is empty text. Merged cells repeat their text in every cell.
    rows : numpy.ndarray of int64, shape (n_rows,)
        Line (text), row (spreadsheet) or record number in the file of each row, from 1.
    labels : tuple of str
        Name of each column in messages: ``A``, ``B``, ... of a spreadsheet; otherwise ``column 1``, ...
    has_header : bool
        Whether the format itself says that the first row holds the names (Parquet, JSON, layers).
    notes : tuple of str
        What the reader found out or did, for the report: encoding, separator, merged cells, formulas without values.
    properties : mapping
        What the format says of the columns, for example types and units of a Frictionless schema.
    """

    file: str
    format: str
    part: str
    cells: pd.DataFrame
    rows: NDArray[np.int64]
    labels: tuple[str, ...]
    has_header: bool = False
    notes: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RawLayer:
    """The features of one layer of a file of geometries.

    Attributes
    ----------
    file, format, part : str
        As of `RawTable`.
    geometry : numpy.ndarray of shapely geometries or None, shape (n_features,)
        In EPSG:4326, longitude first, two dimensions; exactly as in the file otherwise, valid or not.
    table : RawTable
        The properties of the features; its first row holds their names.
    crs : str
        Coordinate reference system of the file, as an authority code or its name; empty if the file has none.
    notes : tuple of str
    """

    file: str
    format: str
    part: str
    geometry: NDArray[Any]
    table: RawTable
    crs: str
    notes: tuple[str, ...] = ()


class TableReader(Protocol):
    """Reads the tables of a file: all of them, or the one that is named."""

    def __call__(
        self, path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
    ) -> list[RawTable]:
        """Return the tables; an empty list if nothing can be read, with the problem added."""


class LayerReader(Protocol):
    """Reads the layers of a file of geometries: all of them, or the one that is named."""

    def __call__(
        self, path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
    ) -> list[RawLayer]:
        """Return the layers; an empty list if nothing can be read, with the problem added."""
