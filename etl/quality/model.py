"""What the checks say and by which limits: thresholds, findings, and the figures of one indicator as a grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.quality.robust import CONSISTENCY
from layers.catalog import IndicatorSpec

Ints = NDArray[np.int64]
Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]

ALL = "all"
TESTED_QUALIFIERS = ("exact", "about")
_DAYS = 1_000_000  # more than the days of any period, for a key of first day and length
_MONTH_DAYS = 30.44
_STEPS = [10.0**k for k in range(6, -7, -1)]
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of the checks; the report prints them.

    Attributes
    ----------
    score : float
        Modified z-score from which a figure is worth a look [1]_.
    least_share : float
        Part of the expected figure that a difference must come to: a smaller one is of no use to know.
    neighbours : int
        Neighbours with a figure that a unit must have.
    units : int
        Units of a country that must be comparable with their neighbours in the period.
    changes : int
        Changes that a series must have.
    peers : int
        Units of a country from which a change is taken for one that all share.
    lasting_periods : int
        Flagged periods, and at least half of all, from which a difference is called lasting.
    scale_width : float
        How near to a power of ten a ratio must lie, in decimal logarithms.
    scale_ordinary : float
        How many times larger than the ordinary ratio a mistaken unit must be, in decimal logarithms.
    slice_values : int
        Values that a country, level and source must have before percent and share are told apart.
    total_share : float
        Largest part of a published total that its own rounding can explain.
    survey_years, other_years : float
        Age of the newest period of surveys, and of all else, above which it is worth a look.
    listed : int
        Lines of each kind, indicator, country and level that are listed; the rest is counted.

    References
    ----------
    .. [1] Iglewicz, B. and Hoaglin, D. C. (1993), How to Detect and Handle Outliers, ASQC Quality Press.
    """

    score: float = 3.5
    least_share: float = 0.05
    neighbours: int = 2
    units: int = 8
    changes: int = 5
    peers: int = 5
    lasting_periods: int = 3
    scale_width: float = 0.1
    scale_ordinary: float = 8.0
    slice_values: int = 5
    total_share: float = 0.005
    survey_years: float = 5.0
    other_years: float = 3.0
    listed: int = 30


@dataclass(frozen=True)
class Table:
    """The published observations as arrays, made once for all indicators.

    Attributes
    ----------
    df : pandas.DataFrame
        Sorted by indicator.
    """

    df: pd.DataFrame

    @cached_property
    def codes(self) -> dict[str, NDArray[Any]]:
        """Codes of the categorical columns."""
        names = (
            "indicator_id", "unit_id", "iso3", "level", "boundary_set", "sex", "age", "qualifier", "obs_status",
            "conf_status", "missing_reason", "source_id",
        )  # fmt: skip
        return {name: self.df[name].cat.codes.to_numpy() for name in names}

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """Categories of the categorical columns."""
        return {name: [str(item) for item in self.df[name].cat.categories] for name in self.codes}

    @cached_property
    def days(self) -> tuple[Ints, Ints]:
        """First and last day of every row, in days since 1970."""
        start, end = (
            self.df[name].to_numpy().astype("datetime64[D]").astype("int64") for name in ("period_start", "period_end")
        )
        return start, end

    @cached_property
    def value(self) -> Numbers:
        """Values that may be compared: published, and no bound or claim."""
        tested = [at for at, name in enumerate(self.names["qualifier"]) if name in TESTED_QUALIFIERS]
        withheld = [at for at, name in enumerate(self.names["conf_status"]) if name == "C"]
        usable = np.isin(self.codes["qualifier"], tested) & ~np.isin(self.codes["conf_status"], withheld)
        return np.where(usable, self.df["value"].to_numpy(), np.nan)

    @cached_property
    def filled(self) -> Mask:
        """Whether a row has any figure."""
        value, low, high = (self.df[name].notna().to_numpy(dtype=bool) for name in ("value", "low", "high"))
        return value | low | high

    def rows_of(self, indicator_id: str) -> slice:
        """Return the rows of an indicator; they stand together."""
        if indicator_id not in self._at:
            return slice(0, 0)
        return self._at[indicator_id]

    @cached_property
    def _at(self) -> dict[str, slice]:
        codes = self.codes["indicator_id"]
        if len(codes) == 0:
            return {}
        starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
        ends = np.r_[starts[1:], len(codes)]
        names = self.names["indicator_id"]
        return {names[codes[a]]: slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)}


@dataclass(frozen=True)
class Grid:
    """The figures of one indicator: one row for each unit, sex and age, one column for each period.

    Attributes
    ----------
    spec : IndicatorSpec
    table : Table
    rows : slice
        Of the table.
    series : numpy.ndarray of int, shape (n_rows,)
        Series of each row.
    column : numpy.ndarray of int, shape (n_rows,)
        Period of each row.
    first : numpy.ndarray of int, shape (n_series,)
        A row of the table of each series, which tells its unit, country, level, sex and age.
    start, end : numpy.ndarray of int, shape (n_periods,)
        First and last day of each period, in days since 1970, rising.
    """

    spec: IndicatorSpec
    table: Table
    rows: slice
    series: Ints
    column: Ints
    first: Ints
    start: Ints
    end: Ints

    @property
    def shape(self) -> tuple[int, int]:
        """Number of series and of periods."""
        return len(self.first), len(self.start)

    @cached_property
    def row(self) -> Ints:
        """Row of the table of each cell, -1 where there is none; of several rows the last."""
        row = np.full(self.shape, -1, dtype="int64")
        row[self.series, self.column] = np.arange(self.rows.start, self.rows.stop)
        return row

    @cached_property
    def value(self) -> Numbers:
        """Comparable values, NaN where there is none."""
        value = np.full(self.shape, np.nan)
        value[self.series, self.column] = self.table.value[self.rows]
        return value

    def code(self, name: str) -> NDArray[Any]:
        """Return the code of a column for each series."""
        return self.table.codes[name][self.first]

    def name(self, column: str, series: int) -> str:
        """Return what a column says of a series."""
        return self.table.names[column][int(self.code(column)[series])]

    def cell_is(self, column: str, name: str) -> Mask:
        """Return where the row of a cell has a value in a column."""
        names = self.table.names[column]
        if name not in names:
            return np.zeros(self.shape, dtype=bool)
        found: Mask = (self.row >= 0) & (self.table.codes[column][self.row] == names.index(name))
        return found

    @cached_property
    def peers(self) -> list[Ints]:
        """Series that compare with each other: those of one country, level, sex and age."""
        key = np.zeros(len(self.first), dtype="int64")
        for name in ("iso3", "level", "sex", "age"):
            key = key * (len(self.table.names[name]) + 1) + self.code(name)
        order = np.argsort(key, kind="stable")
        cuts = np.flatnonzero(np.diff(key[order])) + 1
        return np.split(order, cuts) if len(order) else []

    @cached_property
    def alike(self) -> list[Ints]:
        """Periods that compare with each other: of one length and beginning in one month of the year."""
        months = np.rint((self.end - self.start + 1) / _MONTH_DAYS).astype("int64")
        begins = (self.start.astype("datetime64[D]").astype("datetime64[M]").astype("int64")) % 12
        key = months * 12 + begins
        return [np.flatnonzero(key == one) for one in np.unique(key)]

    def is_relative(self) -> bool:
        """Tell whether figures compare by ratio rather than by difference: amounts and counts, none below zero."""
        return self.spec.kind in ("count", "money") and not bool((self.value < 0).any())

    @cached_property
    def compared(self) -> Numbers:
        """Values on the scale on which they compare: logarithms of amounts and counts, else as they are."""
        if not self.is_relative():
            return self.value
        return np.log(np.where(self.value > 0, self.value, np.nan))

    @cached_property
    def resolution(self) -> Numbers:
        """Least meaningful deviation of each figure, on the scale of `compared`: rounding, for a count chance too."""
        step = min(rounding_step(self.value[~np.isnan(self.value)]), 1.0)
        if not self.is_relative():
            return np.full(self.shape, step)
        chance = CONSISTENCY * np.sqrt(np.abs(self.value)) if self.spec.kind == "count" else 0.0
        result: Numbers = np.fmax(step, chance) / np.where(self.value > 0, self.value, np.nan)
        return result


def rounding_step(values: Numbers) -> float:
    """Return the largest power of ten of which all values are multiples: how far they are rounded at most."""
    for step in _STEPS:
        ratio = values / step
        if bool((np.abs(ratio - np.rint(ratio)) <= _TINY * np.maximum(np.abs(ratio), 1.0)).all()):
            return step
    return 0.0


def make_grid(spec: IndicatorSpec, table: Table) -> Grid | None:
    """Return the grid of an indicator, None if it has no rows."""
    rows = table.rows_of(spec.id)
    if rows.stop == rows.start:
        return None
    key = np.zeros(rows.stop - rows.start, dtype="int64")
    for name in ("unit_id", "sex", "age"):
        key = key * (len(table.names[name]) + 1) + table.codes[name][rows]
    _, first, series = np.unique(key, return_index=True, return_inverse=True)
    period = table.days[0][rows] * _DAYS + (table.days[1][rows] - table.days[0][rows])
    periods, column = np.unique(period, return_inverse=True)
    start = np.floor_divide(periods, _DAYS)
    return Grid(spec, table, rows, series, column, first + rows.start, start, start + periods - start * _DAYS)


def iso_day(day: int | np.integer[Any]) -> str:
    """Return a day since 1970 as an ISO date."""
    return str(np.datetime64(int(day), "D"))
