"""How full the figures of an indicator are: by unit and period, in units and in people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.quality.model import ALL, Grid, Ints, iso_day
from etl.rows import value_rows

POPULATION = "population"
VALUE, ESTIMATED, MISSING, NOT_ASSESSED, SUPPRESSED, NOT_APPLICABLE, NO_ROW, NOT_IN_SET = "venasx-."
SIGNS = VALUE + ESTIMATED + MISSING + NOT_ASSESSED + SUPPRESSED + NOT_APPLICABLE + NO_ROW + NOT_IN_SET
_ESTIMATES = ("E", "I")
_OF_REASON = {
    "not_collected": MISSING,
    "not_assessed": NOT_ASSESSED,
    "suppressed": SUPPRESSED,
    "not_applicable": NOT_APPLICABLE,
}
_RANK = {sign: rank for rank, sign in enumerate(SIGNS)}
_SIGN_BYTES = np.frombuffer(SIGNS.encode(), dtype="uint8")

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one boundary set and period."""

    boundary_set: str
    column: int
    rows: int
    with_figure: int


@dataclass(frozen=True)
class Places:
    """The units of every boundary set and level, and how many people live in them.

    Attributes
    ----------
    of_set : mapping of (iso3, boundary_set, level) to list of unit_id
    people : mapping of unit_id to float
        The newest published population; units without one are absent.
    """

    of_set: Mapping[tuple[str, str, str], list[str]]
    people: Mapping[str, float]


def list_places(units: pd.DataFrame, population: Grid | None) -> Places:
    """Return the units of every boundary set and level in the order of the table.

    Parameters
    ----------
    units : pandas.DataFrame
        The published table.
    population : Grid or None
        Of the indicator `population`, if the snapshot has it.

    Returns
    -------
    Places
    """
    of_set: dict[tuple[str, str, str], list[str]] = {}
    for iso3, boundary_set, level, unit_id in value_rows(units[["iso3", "boundary_set", "level", "unit_id"]]):
        of_set.setdefault((str(iso3), str(boundary_set), str(level)), []).append(str(unit_id))
    return Places(of_set, {} if population is None else newest_values(population))


def newest_values(grid: Grid) -> dict[str, float]:
    """Return the newest comparable value of every unit, both sexes and all ages."""
    totals = np.flatnonzero(_is_total(grid))
    value = grid.value[totals]
    last = value.shape[1] - 1 - np.argmax(~np.isnan(value[:, ::-1]), axis=1)
    newest = value[np.arange(len(totals)), last]
    return {
        grid.name("unit_id", int(series)): float(number)
        for series, number in zip(totals, newest, strict=True)
        if number > 0
    }


def _is_total(grid: Grid) -> NDArray[np.bool_]:
    result = np.ones(grid.shape[0], dtype=bool)
    for name in ("sex", "age"):
        names = grid.table.names[name]
        result &= grid.code(name) == (names.index(ALL) if ALL in names else -1)
    return result


def _signs(grid: Grid) -> Ints:
    """Return for each row of the grid the rank of its sign."""
    table, rows = grid.table, grid.rows
    reason = np.array([_RANK[_OF_REASON.get(name, MISSING)] for name in table.names["missing_reason"]])
    estimated = np.array([name in _ESTIMATES for name in table.names["obs_status"]])
    sign = reason[table.codes["missing_reason"][rows]]
    with_figure = np.where(estimated[table.codes["obs_status"][rows]], _RANK[ESTIMATED], _RANK[VALUE])
    return np.where(table.filled[rows], with_figure, sign).astype("int64")


def _best_by_unit(grid: Grid) -> tuple[Ints, Ints]:
    """Return units (codes) and, for each unit and period, the rank of its sign.

    The figure for both sexes and all ages decides; where there is none, the fullest of the others.
    """
    unit = grid.code("unit_id")
    codes, at = np.unique(unit, return_inverse=True)
    n_signs = len(SIGNS)
    best = np.full((len(codes), grid.shape[1]), 2 * n_signs, dtype="int64")
    rank = _signs(grid) + np.where(_is_total(grid)[grid.series], 0, n_signs)
    np.minimum.at(best, (at[grid.series], grid.column), rank)
    return codes.astype("int64"), np.where(best == 2 * n_signs, _RANK[NO_ROW], best % n_signs)


def cover(grid: Grid, places: Places) -> list[Block]:
    """Return the coverage of an indicator, one block for each country and level that it has rows for.

    Parameters
    ----------
    grid : Grid
    places : Places

    Returns
    -------
    list of dict
        Counts of rows, units and periods; `newest`: the newest period with a figure; `matrix`: `periods`, pairs of
        first and last day, `units`, `cells`: for each unit one sign for each period (see `SIGNS`), and by period the
        units `with_figure` and `expected`, and `population_share` (None where the population of an expected unit is
        not known).
    """
    codes, best = _best_by_unit(grid)
    row_of_unit = {grid.table.names["unit_id"][code]: row for row, code in enumerate(codes.tolist())}
    parts: dict[tuple[str, str], list[_Part]] = {}
    for iso3, level, part in _parts(grid):
        parts.setdefault((iso3, level), []).append(part)
    return [_block(grid, places, names, part, row_of_unit, best) for names, part in sorted(parts.items())]


def _parts(grid: Grid) -> Iterator[tuple[str, str, _Part]]:
    """Return country, level and counts of every boundary set and period that the rows join."""
    table, rows = grid.table, grid.rows
    key = np.zeros(len(grid.column), dtype="int64")
    for name in ("iso3", "level", "boundary_set"):
        key = key * len(table.names[name]) + table.codes[name][rows]
    key = key * grid.shape[1] + grid.column
    sizes, filled = np.bincount(key), np.bincount(key, weights=table.filled[rows])
    a_row = np.zeros(len(sizes), dtype="int64")
    a_row[key] = np.arange(len(key))
    for at in np.flatnonzero(sizes).tolist():
        row = int(a_row[at])
        iso3, level, boundary_set = (
            table.names[name][int(table.codes[name][rows][row])] for name in ("iso3", "level", "boundary_set")
        )
        yield iso3, level, _Part(boundary_set, int(grid.column[row]), int(sizes[at]), int(filled[at]))


def _block(
    grid: Grid,
    places: Places,
    names: tuple[str, str],
    parts: Sequence[_Part],
    row_of_unit: Mapping[str, int],
    best: Ints,
) -> Block:
    iso3, level = names
    columns = np.unique([part.column for part in parts])
    sets = sorted({part.boundary_set for part in parts})
    units = list(dict.fromkeys(unit for name in sets for unit in places.of_set[(iso3, name, level)]))
    position = {unit: at for at, unit in enumerate(units)}
    members = {name: [position[unit] for unit in places.of_set[(iso3, name, level)]] for name in sets}
    expected = np.zeros((len(units), len(columns)), dtype=bool)
    for part in parts:
        expected[members[part.boundary_set], np.searchsorted(columns, part.column)] = True
    ranks = np.full((len(units), len(columns)), _RANK[NO_ROW], dtype="int64")
    known = [(at, row_of_unit[unit]) for unit, at in position.items() if unit in row_of_unit]
    if known:
        mine, theirs = (np.array(side) for side in zip(*known, strict=True))
        ranks[mine] = best[theirs][:, columns]
    ranks = np.where(expected, ranks, _RANK[NOT_IN_SET])
    full = ranks <= _RANK[ESTIMATED]
    people = np.array([places.people.get(unit, np.nan) for unit in units])
    shares = _shares(people, full, expected)
    with_any = np.flatnonzero(full.any(axis=0))
    newest = int(with_any[-1]) if len(with_any) else None
    return {
        "iso3": iso3,
        "level": level,
        "boundary_sets": sets,
        "rows": sum(part.rows for part in parts),
        "rows_with_figure": sum(part.with_figure for part in parts),
        "periods": len(columns),
        "first": iso_day(grid.start[columns[0]]),
        "last": iso_day(grid.end[columns[-1]]),
        "units": int(full.any(axis=1).sum()),
        "units_of_sets": len(units),
        "newest": None
        if newest is None
        else {
            "period_start": iso_day(grid.start[columns[newest]]),
            "period_end": iso_day(grid.end[columns[newest]]),
            "units": int(full[:, newest].sum()),
            "expected": int(expected[:, newest].sum()),
            "population_share": shares[newest],
        },
        "matrix": {
            "periods": [[iso_day(grid.start[column]), iso_day(grid.end[column])] for column in columns],
            "units": units,
            "cells": [bytes(line).decode() for line in _SIGN_BYTES[ranks]],
            "with_figure": full.sum(axis=0).tolist(),
            "expected": expected.sum(axis=0).tolist(),
            "population_share": shares,
        },
    }


def _shares(people: NDArray[np.float64], full: NDArray[np.bool_], expected: NDArray[np.bool_]) -> list[float | None]:
    shares: list[float | None] = []
    if np.isnan(people).all():
        return [None] * expected.shape[1]
    for column in range(expected.shape[1]):
        total = people[expected[:, column]].sum()  # NaN if the population of one unit is not known
        shares.append(round(float(people[full[:, column]].sum() / total), 4) if total > 0 else None)
    return shares
