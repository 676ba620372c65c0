"""Reads SDMX-CSV: a CSV table whose columns are the components of a data structure."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd

from etl.formats.bounds import LIMITS, Limits
from etl.formats.delimited import read_delimited
from etl.formats.faults import UnreadableError
from etl.formats.model import RawTable
from etl.problems import Problems

FIRST_COLUMNS = ("DATAFLOW", "STRUCTURE")
_TIME = "TIME_PERIOD"
_VALUE = "OBS_VALUE"
_ATTRIBUTES = frozenset(
    {"OBS_STATUS", "CONF_STATUS", "UNIT_MEASURE", "UNIT_MULT", "DECIMALS", "OBS_CONF", "COMMENT_OBS", "TITLE"}
)
_NAMES = frozenset({*FIRST_COLUMNS, "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION", _TIME, _VALUE})
_LABEL = ": "


def is_sdmx_header(names: list[str]) -> bool:
    """Tell whether these are the columns of an SDMX-CSV table."""
    codes = [name.split(_LABEL)[0].strip().split("[")[0] for name in names]
    return bool(codes) and codes[0] in FIRST_COLUMNS and _VALUE in codes


def _codes(table: RawTable) -> tuple[pd.DataFrame, bool]:
    """Return the cells with the codes of labelled ones (``KZ: Kazakhstan``) only."""
    cells = table.cells.copy()
    labelled = False
    for column in cells.columns:
        header = cells[column].iloc[0]
        if _LABEL in header:
            labelled = True
            cells[column] = cells[column].str.split(_LABEL, n=1).str[0]
    return cells, labelled


def read_sdmx_csv(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawTable]:
    """Read an SDMX-CSV file; its codes stay as they are.

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
        Property ``sdmx``: ``dataflow``, ``time``, ``value`` and the lists ``dimensions`` and ``attributes``.

    Raises
    ------
    UnreadableError
        If the columns of SDMX-CSV are missing.
    """
    table = read_delimited(path, file, problems, part, limits=limits)[0]
    if not is_sdmx_header([str(name) for name in table.cells.iloc[0]]):
        raise UnreadableError(
            "a table without the columns of SDMX-CSV",
            f"DATAFLOW or STRUCTURE as its first column, and {_VALUE}",
            "Read it as CSV, or download it again as SDMX-CSV.",
            row=int(table.rows[0]),
        )
    cells, labelled = _codes(table)
    names = [str(name) for name in cells.iloc[0]]
    value_at = names.index(_VALUE)
    identifier = "STRUCTURE_ID" if "STRUCTURE_ID" in names else names[0]
    dataflows = sorted(set(cells[names.index(identifier)].iloc[1:]))
    properties = {
        "sdmx": {
            "dataflow": "|".join(dataflows),
            "time": _TIME if _TIME in names else "",
            "value": _VALUE,
            "dimensions": [name for name in names[:value_at] if name not in _NAMES and name not in _ATTRIBUTES],
            "attributes": [
                name
                for number, name in enumerate(names)
                if name in _ATTRIBUTES or (number > value_at and name not in _NAMES)
            ],
        }
    }
    notes = (*table.notes, "labels beside codes left out") if labelled else table.notes
    return [
        dataclasses.replace(
            table,
            format="sdmx",
            cells=cells,
            has_header=True,
            notes=notes,
            properties={**table.properties, **properties},
        )
    ]
