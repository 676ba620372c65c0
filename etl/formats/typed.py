"""Builds tables of text out of typed columns, whose names are their first row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from etl.formats.arrowtext import column_text
from etl.formats.builder import numbered_labels
from etl.formats.model import RawTable


def typed_table(
    table: pa.Table,
    file: str,
    format: str,  # noqa: A002 -- the name of the attribute
    part: str,
    *,
    notes: Sequence[str] = (),
    properties: Mapping[str, Any] | None = None,
) -> RawTable:
    """Return a table of which the format says what its columns are called; the row of names has the number 0.

    Parameters
    ----------
    table : pyarrow.Table
    file, format, part : str
        As of `RawTable`.
    notes : sequence of str
    properties : mapping, optional
        Added to the types of the columns.

    Returns
    -------
    RawTable
    """
    columns = {
        number: pa.chunked_array(
            [pa.array([name], pa.string()), *column_text(table.column(number)).chunks], pa.string()
        )
        for number, name in enumerate(table.column_names)
    }
    cells: pd.DataFrame = pa.table(list(columns.values()), names=[str(n) for n in columns]).to_pandas()
    cells.columns = pd.RangeIndex(len(columns))
    types = {name: str(kind) for name, kind in zip(table.column_names, table.schema.types, strict=True)}
    return RawTable(
        file=file,
        format=format,
        part=part,
        cells=cells,
        rows=np.arange(table.num_rows + 1, dtype="int64"),
        labels=numbered_labels(len(columns)),
        has_header=True,
        notes=tuple(notes),
        properties={"types": types, **(properties or {})},
    )
