"""Joins matched figures to units; every row that goes in comes out joined or listed, and that is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from etl.harmonise import Harmonised, listed_table, make_category
from etl.match import EXCLUDED, FAULTY, LISTED, Matches, Notice
from etl.problems import Problems
from etl.reference import Reference
from etl.rows import value_rows
from geodata.contracts import MATCH_METHODS
from geodata.errors import EtlError
from layers.catalog import IndicatorSpec

UNIT_COLUMNS = ("unit_id", "pcode", "boundary_set")
KEY = ["indicator_id", "unit_id", "period_start", "period_end", "sex", "age"]
RANGE_KEY = [*KEY, "source_id", "note_en"]


@dataclass(frozen=True)
class Joined:
    """Figures with their units, and the account of all rows.

    Attributes
    ----------
    observations : pandas.DataFrame
        All columns of the published table but `conf_status`.
    listed : pandas.DataFrame
        Rows that were not joined: indicator_id, source_file, source_row, cell, iso3, level, place_name, period_end,
        reason_en, reason_ru. `indicator_id` is empty where no indicator selects the row; `cell` is empty where the
        whole row is meant.
    rows_read : int
        Selected rows of all indicators, and rows that no indicator selects. Of intakes: cells of values, and the
        rows and columns that hold none.
    notices : list of Notice
    carried : dict of str to tuple of int
        By indicator whose figures were carried to another boundary set: rows that were joined, figures they became.
    """

    observations: pd.DataFrame
    listed: pd.DataFrame
    rows_read: int
    notices: list[Notice] = field(default_factory=list)
    carried: dict[str, tuple[int, int]] = field(default_factory=dict)


def _report_duplicates(df: pd.DataFrame, specs: dict[str, IndicatorSpec], problems: Problems) -> None:
    is_range = df["indicator_id"].isin([spec.id for spec in specs.values() if spec.kind == "range"])
    for part, key in ((df.loc[~is_range], KEY), (df.loc[is_range], RANGE_KEY)):
        doubled = part.duplicated(key)
        if not doubled.any():
            continue
        again = part.loc[doubled]
        firsts: dict[tuple[Any, ...], int] = {}
        for values, row in zip(value_rows(part[key]), part["source_row"], strict=True):
            firsts.setdefault(values, int(row))
        for file, rows in again.groupby("source_file", observed=True, sort=True):
            found = []
            for values in value_rows(rows[key].head(10)):
                shown = [f"{v:%Y-%m-%d}" if isinstance(v, pd.Timestamp) else str(v) for v in values]
                found.append(f"{', '.join(shown)} (already in row {firsts[values]})")
            problems.add_rows(
                str(file),
                rows["source_row"].to_numpy(dtype="int64"),
                "place_code, period_start, period_end, sex, age",
                found=found,
                expected="one figure for each unit and period",
                remedy="Remove one of the rows; only indicators of kind range take several, by source or note_en.",
            )


def _listed_figures(df: pd.DataFrame, reasons_en: Any, reasons_ru: Any) -> pd.DataFrame:
    """Return figures as listed rows."""
    return listed_table(
        **{name: df[name].astype("str").tolist() for name in ("indicator_id", "iso3", "level", "place_name")},
        source_file=df["source_file"].astype("str").tolist(),
        source_row=df["source_row"].to_numpy(),
        cell=df["source_cell"].astype("str").tolist() if "source_cell" in df.columns else "",
        period_end=df["period_end"].to_numpy(),
        reason_en=reasons_en,
        reason_ru=reasons_ru,
    )


def _listed(figures: pd.DataFrame, matches: Matches, reference: Reference, harmonised: Harmonised) -> pd.DataFrame:
    excluded = matches.unit[matches.place] == EXCLUDED
    reasons = reference.exclusions[["reason_en", "reason_ru"]]
    at = matches.exclusion[matches.place[excluded]]
    waiting = matches.unit[matches.place] == LISTED
    why = [matches.listed[place] for place in matches.place[waiting].tolist()]
    parts = [
        _listed_figures(
            figures.loc[excluded], reasons["reason_en"].to_numpy()[at], reasons["reason_ru"].to_numpy()[at]
        ),
        _listed_figures(figures.loc[waiting], [reason.en for reason in why], [reason.ru for reason in why]),
        harmonised.listed,
    ]
    for file, lines in sorted(harmonised.unselected.items()):
        parts.append(
            listed_table(
                source_file=file,
                source_row=lines,
                reason_en="No indicator of the catalog selects this row.",
                reason_ru="Ни один показатель каталога не выбирает эту строку.",
            )
        )
    return pd.concat(parts, ignore_index=True)


def join_units(
    harmonised: Harmonised, matches: Matches, reference: Reference, specs: dict[str, IndicatorSpec], problems: Problems
) -> Joined:
    """Give every matched figure its unit and refuse doubles.

    Parameters
    ----------
    harmonised : Harmonised
    matches : Matches
        Of the same figures.
    reference : Reference
    specs : dict of str to IndicatorSpec
    problems : Problems
        Collects figures that stand twice for one unit and period.

    Returns
    -------
    Joined

    Raises
    ------
    EtlError
        If rows were lost or multiplied, which would be a fault of this program.
    """
    figures = harmonised.figures
    unit = matches.unit[matches.place]
    matched = unit >= 0
    at = unit[matched]
    # A take by position is the join: `at` has exactly one position for each matched row.
    columns = {name: pd.Categorical(reference.units[name])[at] for name in UNIT_COLUMNS}
    known = {name: code for code, name in enumerate(MATCH_METHODS)}
    code_of_place = np.array([known.get(name, -1) for name in matches.method], dtype="int64")
    method = make_category(code_of_place[matches.place[matched]], list(MATCH_METHODS))
    kept = figures.loc[matched].reset_index(drop=True)
    observations = kept.assign(**columns, match_method=method, match_score=matches.score[matches.place[matched]])
    listed = _listed(figures, matches, reference, harmonised)
    _report_duplicates(observations, specs, problems)
    listed = listed.sort_values(["source_file", "source_row", "cell", "indicator_id"], kind="stable", ignore_index=True)
    rows_read = len(figures) + sum(len(rows) for rows in harmonised.unselected.values()) + len(harmonised.listed)
    faulty = int((unit == FAULTY).sum())
    if rows_read != len(observations) + len(listed) + faulty:
        raise EtlError(
            f"rows were lost or multiplied: {rows_read} read, {len(observations)} joined, {len(listed)} listed, "
            f"{faulty} faulty; this is a fault of the program, please report it"
        )
    return Joined(observations, listed, rows_read, list(matches.notices))
