"""Reads Parquet and GeoParquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from etl.formats.bounds import LIMITS, Limits
from etl.formats.faults import UnreadableError
from etl.formats.model import RawTable
from etl.formats.outside import read_outside, working_folder
from etl.formats.typed import typed_table
from etl.problems import Problems

_KIND = "a Parquet table"


def read_arrow(path: Path, limits: Limits) -> pa.Table:
    """Return the content of a Parquet file, within the bounds.

    Raises
    ------
    UnreadableError
        If it is damaged or too large.
    """
    with working_folder() as folder:
        pieces, _ = read_outside("parquet", path, _KIND, folder, limits)
    table = pieces[0].table
    if table is None or not table.num_columns:
        raise UnreadableError("a table without columns", "a table", "Export the table again.")
    return table


def read_parquet(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawTable]:
    """Read a Parquet file; its types are properties of the table.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Not used: all that can go wrong is raised.
    part : str, optional
        Not used: the file is one table.
    limits : Limits

    Returns
    -------
    list of RawTable
        One table.

    Raises
    ------
    UnreadableError
        If it is damaged or too large.
    """
    table = read_arrow(path, limits)
    kept: list[Any] = [name for name in table.column_names if name != "__index_level_0__"]
    return [typed_table(table.select(kept), file, "parquet", "")]
