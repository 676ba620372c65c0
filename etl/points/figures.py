"""Turns the sums of units into rows of a figures table, and writes it."""

from __future__ import annotations

import csv
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from etl.points.dates import bounds_of
from etl.points.divisions import Divisions
from etl.points.locate import KEYS, SUMS, Question
from etl.rows import named_rows

COLUMNS = (
    "indicator", "iso3", "level", "place_code", "place_name", "period_start", "period_end", "sex", "age", "value",
    "low", "high", "n", "qualifier", "obs_status", "missing_reason", "boundary_set", "source_id", "note_en", "note_ru",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What the rows of the table say besides the values.

    Attributes
    ----------
    indicator, source_id : str
    min_count : int
        Values of fewer points than this, but of one at least, are withheld.
    is_complete : bool
        The list of points is complete: a unit without any has a true zero.
    """

    indicator: str
    source_id: str
    min_count: int
    is_complete: bool


def merge_sums(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Add up the sums of the chunks, in their order, so that the result is the same each time."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return pd.DataFrame({name: [] for name in (*KEYS, *SUMS)})
    return pd.concat(filled, ignore_index=True).groupby(KEYS, sort=True, as_index=False)[SUMS].sum()


def add_zeros(sums: pd.DataFrame, divisions: Divisions, question: Question) -> pd.DataFrame:
    """Add a row for each unit that has no point in a period and group in which other units have.

    A unit counts in a period if its boundary set holds at the period's end.
    """
    if sums.empty:
        return sums
    periods = sorted(sums["period"].unique())
    groups = list(sums[["sex", "age", "series"]].drop_duplicates().itertuples(index=False, name=None))
    since = np.array([one.since for one in divisions.divisions], dtype="datetime64[D]")
    rows = []
    for period in periods:
        end = question.last_day if question.period == "all" else bounds_of([period], question.period)[1][0]
        at = 0 if len(since) == 1 else int(np.searchsorted(since, end, side="right")) - 1
        rows += [(unit, period, *group) for unit, group in product(divisions.divisions[at].units.tolist(), groups)]
    grid = pd.DataFrame(rows, columns=KEYS)
    filled = grid.merge(sums, how="left", on=KEYS, validate="1:1")
    return filled.fillna(dict.fromkeys(SUMS, 0))


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.12g}"


def make_rows(
    sums: pd.DataFrame, divisions: Divisions, question: Question, wanted: Wanted, days: tuple[Any, Any]
) -> pd.DataFrame:
    """Return the rows of the figures table, all text, in the order of set, unit, period and group.

    Parameters
    ----------
    sums : pandas.DataFrame
    divisions : Divisions
    question : Question
    wanted : Wanted
    days : tuple of numpy.datetime64
        First and last day of the period ``all``.

    Returns
    -------
    pandas.DataFrame
        With the columns `COLUMNS`.
    """
    n = sums["n"].to_numpy(dtype="float64")
    value = question.measure.value(n, sums["weight"].to_numpy("float64"), sums["total"].to_numpy("float64"))
    is_withheld = (n > 0) & (n < wanted.min_count)
    keep = is_withheld | ~np.isnan(value)
    units = divisions.units.iloc[sums["unit"].to_numpy(dtype="int64")].reset_index(drop=True)
    if question.period == "all":
        first, last = (np.full(len(sums), day) for day in days)
    else:
        first, last = bounds_of(sums["period"].to_numpy(dtype="int64"), question.period)
    shown = question.measure.is_sample
    table = pd.DataFrame(
        {
            "indicator": [f"{wanted.indicator}_{series}" if series else wanted.indicator for series in sums["series"]],
            "iso3": units["iso3"],
            "level": units["level"],
            "place_code": np.where(units["pcode"] != "", units["pcode"], units["unit_id"]),
            "place_name": units["name_en"],
            "period_start": np.datetime_as_string(first.astype("datetime64[D]")),
            "period_end": np.datetime_as_string(last.astype("datetime64[D]")),
            "sex": sums["sex"],
            "age": sums["age"],
            "value": ["" if hidden else _number(one) for one, hidden in zip(value, is_withheld, strict=True)],
            "low": "",
            "high": "",
            "n": ["" if hidden or not shown else f"{int(one)}" for one, hidden in zip(n, is_withheld, strict=True)],
            "qualifier": "exact",
            "obs_status": np.where(is_withheld, "M", "A"),
            "missing_reason": np.where(is_withheld, "suppressed", ""),
            "boundary_set": units["boundary_set"],
            "source_id": wanted.source_id,
            "note_en": "",
            "note_ru": "",
        },
        columns=list(COLUMNS),
    )
    order = ["indicator", "iso3", "boundary_set", "place_code", "period_start", "sex", "age"]
    return table.loc[keep].sort_values(order, kind="stable", ignore_index=True)


def is_figures_table(path: Path) -> bool:
    """Tell whether a file is a figures table, or is not there: only such a file is written over."""
    if not path.exists():
        return True
    with path.open("rb") as file:
        return file.readline().decode("utf-8", errors="replace").strip() == ",".join(COLUMNS)


def write_figures(table: pd.DataFrame, path: Path) -> None:
    """Write a figures table; until it is complete the former one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(named_rows(table))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def count_rows(table: pd.DataFrame) -> Mapping[str, int]:
    """Return how many rows a table has, and how many of them are withheld or zero."""
    return {
        "written": len(table),
        "withheld": int((table["missing_reason"] == "suppressed").sum()),
        "zero": int((table["value"] == "0").sum()),
    }
