"""The crosswalk table: what of a unit of one boundary set lies in the units of another, checked and typed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from etl.problems import Problems
from etl.readers import ROW
from etl.validate import parse_numbers, report_duplicates

FILE = "_file"
METHODS = ("exact_membership", "population", "area")
SHARES = ("share_population", "share_area")
SHARE_OF_METHOD = {"exact_membership": "share_population", "population": "share_population", "area": "share_area"}
SUM_TOLERANCE = 1e-9
UNIT_KEY = ["from_set", "to_set", "level", "from_unit"]
KEY = [*UNIT_KEY, "to_unit"]


class _Check:
    """Reports rows of the crosswalk table that break a rule."""

    def __init__(self, df: pd.DataFrame, problems: Problems) -> None:
        self.df, self.problems = df, problems

    def rows(self, bad: Any, column: str, expected: str, remedy: str, found: pd.Series[Any] | None = None) -> None:
        """Report the marked rows; `found` is what to show in place of the cell."""
        shown = self.df[column] if found is None else found
        marked = pd.Series(np.asarray(bad, dtype=bool), index=self.df.index)
        for file, part in self.df.loc[marked].groupby(FILE, sort=True, observed=True):
            self.problems.add_rows(
                str(file),
                part[ROW].to_numpy(dtype="int64"),
                column,
                found=shown.loc[part.index].head(10).tolist(),
                expected=expected,
                remedy=remedy,
            )


def _check_units(check: _Check, units: pd.DataFrame) -> None:
    df = check.df
    country = units.drop_duplicates("boundary_set").set_index("boundary_set")["iso3"]
    for column in ("from_set", "to_set"):
        check.rows(
            ~df[column].isin(country.index), column, "a set of data/boundary_sets.csv with units", "Correct the set."
        )
    pair = [df[column].map(country) for column in ("from_set", "to_set")]
    apart = pair[0].notna() & pair[1].notna() & (pair[0] != pair[1])
    check.rows(apart, "to_set", "a set of the same country as from_set", "Correct one of the sets.")
    check.rows(df["from_set"] == df["to_set"], "to_set", "another set than from_set", "Correct one of the sets.")
    known = pd.MultiIndex.from_frame(units[["boundary_set", "level", "unit_id"]])
    for column, of_set in (("from_unit", "from_set"), ("to_unit", "to_set")):
        there = pd.MultiIndex.from_frame(df[[of_set, "level", column]]).isin(known)
        check.rows(
            ~there & df[of_set].isin(country.index),
            column,
            f"a unit of {of_set} and level in data/units.csv",
            "Correct the unit, the level or the set.",
        )


def _check_shares(check: _Check, column: str, numbers: pd.Series[float]) -> None:
    df = check.df
    filled = df[column] != ""
    bad = filled & ~((numbers >= 0) & (numbers <= 1))
    check.rows(bad, column, "a share from 0 to 1, with a point", "Write the share as 0.25.")
    unit = df[UNIT_KEY].astype("str").agg("\0".join, axis=1)
    some, every = filled.groupby(unit).transform("any"), filled.groupby(unit).transform("all")
    check.rows(
        some & ~every & ~filled,
        column,
        "a share in every row of the unit, or in none",
        "Fill the shares of all parts of the unit.",
    )
    total = numbers.groupby(unit).transform("sum")
    off = every & ~bad.groupby(unit).transform("any") & ~((total - 1.0).abs() <= SUM_TOLERANCE)
    first = ~unit.duplicated()
    words = df["from_unit"] + ": shares that add up to " + total.map(lambda value: f"{value:.12g}")
    check.rows(
        off & first,
        column,
        "shares of each from_unit that add up to 1",
        "Correct the shares, or add the row of the part that is missing.",
        found=words,
    )


def check_crosswalk(df: pd.DataFrame, units: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    """Check data/crosswalk.csv and type it.

    Parameters
    ----------
    df : pandas.DataFrame
        The table as read: all text, with `_file` and `_row`.
    units : pandas.DataFrame
        Of all boundary sets.
    problems : Problems
        Collects rows with unknown sets, units or methods, shares that are no shares, and units whose shares do not add
        up to 1 within 1e-9.

    Returns
    -------
    pandas.DataFrame
        With both shares as numbers, NaN where empty. A share of a whole unit (a single row) is 1 if it is empty.
    """
    if df.empty:
        return df.assign(**{name: pd.Series(dtype="float64") for name in SHARES})
    check = _Check(df, problems)
    for column in (*KEY, "method"):
        check.rows(df[column] == "", column, "a value", "Fill the cell.")
    filled = df["method"] != ""
    check.rows(filled & ~df["method"].isin(METHODS), "method", f"one of {', '.join(METHODS)}", "Correct the method.")
    for file, part in df.groupby(FILE, sort=True, observed=True):
        report_duplicates(part, KEY, str(file), problems)
    if not problems.has_any(*units[FILE].unique()):
        _check_units(check, units)
    typed = {column: pd.Series(parse_numbers(df[column]), index=df.index) for column in SHARES}
    whole = ~df.duplicated(UNIT_KEY, keep=False)
    for column, numbers in typed.items():
        _check_shares(check, column, numbers)
        typed[column] = numbers.mask(whole & (df[column] == ""), 1.0)
    for method in ("population", "area"):
        column = SHARE_OF_METHOD[method]
        lacking = (df["method"] == method) & typed[column].isna() & (df[column] == "")
        check.rows(lacking, column, f"a share where the method is {method}", "Fill the cell, or correct the method.")
    return df.assign(**typed)


def links_between(
    crosswalk: pd.DataFrame, units: pd.DataFrame, from_set: str, to_set: str, level: str
) -> pd.DataFrame | None:
    """Return the links from the units of one set to those of another, those of the same territory included.

    A unit that both sets have (the same unit_id is the same territory) and that the table does not name stays as it is.

    Parameters
    ----------
    crosswalk : pandas.DataFrame
        Output of `check_crosswalk`.
    units : pandas.DataFrame
    from_set, to_set, level : str

    Returns
    -------
    pandas.DataFrame or None
        from_unit, to_unit, share_population, share_area, method; each from_unit's rows together. None if the table has
        no row between the sets at that level and the sets share no unit.
    """
    columns = ["from_unit", "to_unit", *SHARES, "method"]
    chosen = crosswalk.loc[
        (crosswalk["from_set"] == from_set) & (crosswalk["to_set"] == to_set) & (crosswalk["level"] == level), columns
    ]
    at_level = units.loc[units["level"] == level]
    before, after = (set(at_level.loc[at_level["boundary_set"] == name, "unit_id"]) for name in (from_set, to_set))
    same = sorted((before & after) - set(chosen["from_unit"]))
    if chosen.empty and not same:
        return None
    kept = pd.DataFrame(
        {
            "from_unit": same,
            "to_unit": same,
            **{name: np.ones(len(same)) for name in SHARES},
            "method": ["exact_membership"] * len(same),
        }
    )
    links: pd.DataFrame = pd.concat([chosen, kept], ignore_index=True) if len(chosen) else kept
    return links.sort_values(["from_unit", "to_unit"], kind="stable", ignore_index=True)
