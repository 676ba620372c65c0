"""Moves of people between units: rows of data/flows.csv checked one by one, small numbers withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.package import FILE, FLOWS_FILE
from etl.problems import Problems
from etl.reports import Report
from etl.validate import parse_numbers
from geodata.contracts import MISSING_REASONS
from layers.catalog import FlowSpec

FLOW_LEVELS = ("ADM0", "ADM1", "ADM2")
FLOW_KEY = ("flow_id", "from_unit", "to_unit", "period_start")
FLOW_ORDER = ["flow_id", "period_start", "from_unit", "to_unit"]
WITHHELD = "suppressed"
_REQUIRED = (
    "flow_id", "level", "from_set", "from_unit", "to_set", "to_unit", "period_start", "period_end", "source_id",
)  # fmt: skip


def _check_places(report: Report, df: pd.DataFrame, units: pd.DataFrame) -> None:
    known = pd.MultiIndex.from_frame(units[["boundary_set", "unit_id", "level"]])
    for end in ("from", "to"):
        place = pd.MultiIndex.from_frame(df[[f"{end}_set", f"{end}_unit", "level"]])
        filled = (df[[f"{end}_set", f"{end}_unit"]] != "").all(axis=1) & df["level"].isin(FLOW_LEVELS)
        report.rows(
            filled & ~pd.Series(place.isin(known), index=df.index),
            f"{end}_unit",
            "a unit of that boundary set and level in data/units.csv",
            f"Correct {end}_set, level or {end}_unit.",
        )
    stays = (df["from_unit"] == df["to_unit"]) & (df["from_unit"] != "")
    report.rows(stays, "to_unit", "another unit than from_unit", "Take the row out: moves inside a unit are no flow.")


def _check_levels(report: Report, df: pd.DataFrame) -> None:
    """Report rows of a second level of a flow: a total of other rows would tell what is withheld."""
    first = df.groupby("flow_id", observed=True)["level"].transform("first")
    report.rows(
        df["level"].isin(FLOW_LEVELS) & (df["level"] != first),
        "level",
        "one level for all rows of a flow",
        "Take the rows of the other level out: sums of other rows would tell what is withheld.",
    )


def _check_periods(report: Report, typed: pd.DataFrame) -> None:
    """Report rows whose period begins before the former one of the flow ends: their sum or difference tells cells."""
    spans = typed[["flow_id", "period_start", "period_end"]].dropna().drop_duplicates()
    spans = spans.sort_values(["flow_id", "period_start", "period_end"])
    former = spans.groupby("flow_id", observed=True)["period_end"].transform(lambda ends: ends.cummax().shift())
    bad = spans.loc[spans["period_start"] <= former]
    keys = ["flow_id", "period_start", "period_end"]
    marked = pd.MultiIndex.from_frame(typed[keys]).isin(pd.MultiIndex.from_frame(bad[keys]))
    report.rows(
        pd.Series(marked, index=typed.index),
        "period_start",
        "periods of a flow that do not overlap",
        "Keep either the longer periods or the shorter ones.",
    )


def _check_numbers(report: Report, df: pd.DataFrame) -> NDArray[np.float64]:
    persons = parse_numbers(df["persons"])
    wrong = (df["persons"] != "") & ~((persons >= 0) & (persons == np.floor(persons)))
    report.rows(wrong, "persons", "a whole number, 0 or more", "Write the number as 1250, or empty the cell.")
    report.one_of("missing_reason", [reason for reason in MISSING_REASONS if reason])
    both = (df["persons"] != "") & (df["missing_reason"] != "")
    report.rows(both, "missing_reason", "no reason beside a number", "Empty one of the two cells.")
    neither = (df["persons"] == "") & (df["missing_reason"] == "")
    report.rows(neither, "persons", "a number, or a word in missing_reason", "Missing is never zero: give the reason.")
    return persons


def check_flows(
    df: pd.DataFrame, units: pd.DataFrame, sources: pd.DataFrame, flows: Sequence[FlowSpec], problems: Problems
) -> pd.DataFrame:
    """Check the moves of people between units, row by row, and type them.

    Parameters
    ----------
    df : pandas.DataFrame
        data/flows.csv as text.
    units, sources : pandas.DataFrame
        The checked reference tables.
    flows : sequence of FlowSpec
        What catalog/flows.yml declares.
    problems : Problems

    Returns
    -------
    pandas.DataFrame
        With dates and numbers; complete only if no problem was added.
    """
    if df.empty:
        return df
    report = Report(df, problems)
    report.required(*_REQUIRED)
    report.one_of("level", FLOW_LEVELS, "Give the district: moves are not published more exactly.")
    report.one_of("flow_id", [flow.id for flow in flows], f"Declare the flow in {FLOWS_FILE}.")
    if not problems.has_any(*sources[FILE].unique()):
        report.one_of("source_id", sorted(sources["source_id"]), "Add the source to data/sources.csv.")
    if not problems.has_any(*units[FILE].unique()):
        _check_places(report, df, units)
    _check_levels(report, df)
    typed = report.dates("period_start", "period_end")
    backwards = typed["period_start"] > typed["period_end"]
    report.rows(backwards, "period_end", "a day not before period_start", "Correct one of the dates.")
    typed["persons"] = _check_numbers(report, df)
    _check_periods(report, typed)
    report.key(*FLOW_KEY)
    return typed


def _hide_more(hidden: NDArray[np.bool_], size: NDArray[np.float64]) -> bool:
    """Hide the next smallest number of each line that hides just one; tell whether any was hidden."""
    alone = np.flatnonzero(hidden.sum(axis=1) == 1)
    changed = False
    for line in alone:
        open_to = np.where(hidden[line], np.inf, size[line])
        best = int(np.argmin(open_to))
        if np.isfinite(open_to[best]):
            hidden[line, best] = True
            changed = True
    return changed


def withheld_cells(persons: NDArray[np.float64], k: int) -> NDArray[np.bool_]:
    """Return which cells of one period are withheld.

    Numbers from 1 to k - 1 are. So that one of them cannot be found from a total that somebody knows of all who left a
    unit, or of all who came, no row and no column hides exactly one number while it has another to hide. Zeros are
    shown, and hidden only as such a second one where nothing else is left.

    Parameters
    ----------
    persons : numpy.ndarray of float64, shape (n_from, n_to)
        NaN where there is no figure.
    k : int

    Returns
    -------
    numpy.ndarray of bool, same shape
    """
    hidden = (persons > 0) & (persons < k)
    size = np.where(np.isnan(persons), np.inf, np.where(persons == 0, 1e15, persons))
    while _hide_more(hidden, size) | _hide_more(hidden.T, size.T):
        pass
    return hidden


def protect_flows(df: pd.DataFrame, flows: Sequence[FlowSpec]) -> pd.DataFrame:
    """Withhold small numbers of persons, each flow by its own k, and what would tell them.

    Parameters
    ----------
    df : pandas.DataFrame
        Output of `check_flows`.
    flows : sequence of FlowSpec

    Returns
    -------
    pandas.DataFrame
        A withheld row has no number and the reason ``suppressed``.
    """
    result = df.copy()
    thresholds: Mapping[str, int] = {flow.id: flow.k for flow in flows}
    for (flow_id, _), part in df.groupby(["flow_id", "period_start"], sort=True, observed=True):
        origin, origins = pd.factorize(part["from_unit"], sort=True)
        target, targets = pd.factorize(part["to_unit"], sort=True)
        table = np.full((len(origins), len(targets)), np.nan)
        table[origin, target] = part["persons"].to_numpy(dtype="float64")
        rows = part.index[withheld_cells(table, thresholds[str(flow_id)])[origin, target]]
        result.loc[rows, "persons"] = np.nan
        result.loc[rows, "missing_reason"] = WITHHELD
    return result
