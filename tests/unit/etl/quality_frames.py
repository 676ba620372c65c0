"""Observations of a small square country, made for one check at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from etl.quality.checks import Units
from etl.quality.model import Grid, Table, make_grid
from geodata.contracts import CONTRACTS, conform_table
from layers.catalog import IndicatorSpec
from tests.unit.layers.frames import make_spec

SIDE = 4
UNITS = [f"U{row}{column}" for row in range(SIDE) for column in range(SIDE)]


def near_of_square() -> Units:
    """Return the units of a chess board of four by four: those beside and above each other are neighbours."""
    near = {}
    for row in range(SIDE):
        for column in range(SIDE):
            beside = [(row, column - 1), (row, column + 1), (row - 1, column), (row + 1, column)]
            near[f"U{row}{column}"] = [f"U{r}{c}" for r, c in beside if 0 <= r < SIDE and 0 <= c < SIDE]
    return Units(near, {("LAND", "LAND"): UNITS})


def observe(figures: Mapping[tuple[str, int], float | None], **more: Any) -> list[dict[str, Any]]:
    """Return one row for each unit and year."""
    return [{"unit_id": unit, "year": year, "value": value, **more} for (unit, year), value in figures.items()]


def table_of(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return published observations of the indicator `share`."""
    contract = CONTRACTS["observations"]
    blank = {column.name: None if column.kind in ("number", "score") else "" for column in contract.columns}
    full = []
    for number, row in enumerate(rows):
        value = row["value"]
        filled = {
            "indicator_id": "share", "pcode": "", "iso3": "LND", "boundary_set": "LAND", "sex": "all", "age": "all",
            "level": "ADM0" if row["unit_id"] == "LAND" else "ADM1", "low": None, "high": None, "n": None,
            "period_start": pd.Timestamp(row["year"], 1, 1), "period_end": pd.Timestamp(row["year"], 12, 31),
            "qualifier": "exact", "obs_status": "A" if value is not None else "M", "conf_status": "F",
            "missing_reason": "" if value is not None else "not_collected", "source_id": "s1",
            "match_method": "pcode", "match_score": 1.0, "source_file": "f.csv", "source_row": number + 2,
        }  # fmt: skip
        full.append(blank | filled | {name: item for name, item in row.items() if name != "year"})
    return conform_table(pd.DataFrame(full), contract)


def grid_of(rows: Sequence[Mapping[str, Any]], **changes: Any) -> Grid:
    """Return the grid of the rows under an indicator with some keys changed."""
    spec: IndicatorSpec = make_spec(**changes)
    grid = make_grid(spec, Table(table_of(rows)))
    assert grid is not None
    return grid
