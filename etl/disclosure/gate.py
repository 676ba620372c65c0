"""The gate: which figures a release withholds, and the evidence that these cannot be worked out from the others."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.disclosure.joint import Broken, Joint, Key, build_joint, cell_keys
from etl.disclosure.search import Pattern, search_table
from etl.disclosure.table import DisclosureError, Mask, Rule, Table, make_table
from etl.match import Notice
from etl.problems import Problems, quoted
from layers.catalog import TIERS, IndicatorSpec, Protection, Tier

BLOCK_SECONDS = 10.0
_DAYS = {"month": 28, "quarter": 89, "year": 360, "3_years": 1090, "5_years": 1820}
_CLOSE = 1e-9

Progress = Callable[[str], None]
Earlier = Mapping[str, pd.DataFrame]
"""By indicator: the figures that earlier releases show, in columns of the published table of observations."""


@dataclass(frozen=True)
class Sealed:
    """What the gate decided.

    Attributes
    ----------
    withheld : numpy.ndarray of bool
        Row by row of the observations.
    unreliable : numpy.ndarray of bool
        Rates whose denominator is below the floor.
    evidence : dict of str to dict
        By indicator: rules and counts. No values, and no intervals but the least width.
    search : dict of str to dict
        By indicator: how the pattern was found, how far its loss may be above the least one, seconds. The loss itself
        is a sum over withheld numbers and is not told.
    notices : list of Notice
        Totals that do not add up.
    """

    withheld: Mask
    unreliable: Mask
    evidence: dict[str, dict[str, Any]]
    search: dict[str, dict[str, Any]]
    notices: list[Notice] = field(default_factory=list)


@dataclass(frozen=True)
class Family:
    """The indicators that are protected together: a count, its sums, and the rates with one of these as numerator."""

    root: str
    rules: Protection
    members: tuple[IndicatorSpec, ...]

    @property
    def counts(self) -> list[str]:
        """The members that are counts of persons; the others are rates."""
        return [spec.id for spec in self.members if spec.kind == "count"]


@dataclass(frozen=True)
class Counted:
    """The cells of a family: counts of persons, and the rows of figures that show or follow from each."""

    cells: pd.DataFrame
    rows: NDArray[np.int64]
    cell: NDArray[np.int64]
    rounded: float


def _root(name: str, sums: Mapping[str, str | None]) -> str:
    """Return the count of which a count is the sum, or the sum of a sum."""
    seen = [name]
    while (further := sums.get(seen[-1])) is not None:
        if further in seen:
            return min(seen)
        seen.append(further)
    return seen[-1]


def find_families(specs: Sequence[IndicatorSpec]) -> list[Family]:
    """Return the families of all indicators that are protected; the strictest rule of its members holds for each."""
    groups: dict[str, list[IndicatorSpec]] = defaultdict(list)
    sums = {spec.id: spec.protection.sum_of for spec in specs if spec.protection is not None}
    for spec in specs:
        if spec.protection is not None:
            groups[_root(spec.protection.numerator or spec.id, sums)].append(spec)
    families = []
    for root, members in sorted(groups.items()):
        own = next((spec for spec in specs if spec.id == root), None)
        if own is not None and own not in members:
            members.append(own)  # the numerator declares nothing itself, and yet its rate gives it away
        rules = [spec.protection for spec in members if spec.protection is not None]
        strictest = max(rules, key=lambda rule: (rule.k, rule.width))
        banded = any(rule.zeros == "banded" for rule in rules)
        chosen = strictest.model_copy(
            update={"zeros": "banded" if banded else "shown", "width": max(rule.width for rule in rules)}
        )
        families.append(Family(root, chosen, tuple(sorted(members, key=lambda spec: spec.id))))
    return families


def check_detail(df: pd.DataFrame, spec: IndicatorSpec, problems: Problems) -> None:
    """Report figures that are finer than an indicator allows: by level, or by length of the period."""
    rules = spec.protection
    if rules is None:
        return
    if rules.finest_level is not None:
        finer = df.loc[df["level"].astype("str") > rules.finest_level]
        _report_rows(finer, "level", "level", f"{rules.finest_level} or coarser", problems)
    if rules.finest_period is not None and spec.periodicity != "point_in_time":
        days = (df["period_end"] - df["period_start"]).dt.days + 1
        finer = df.loc[days < _DAYS[rules.finest_period]]
        wanted = f"a period of at least {rules.finest_period.replace('_', ' ')} ({spec.id}, {spec.sensitivity})"
        _report_rows(finer, "period_start", "period_start, period_end", wanted, problems)


def _report_rows(df: pd.DataFrame, shown: str, column: str, expected: str, problems: Problems) -> None:
    for file, rows in df.groupby("source_file", observed=True, sort=True):
        found = [f"{v:%Y-%m-%d}" if isinstance(v, pd.Timestamp) else str(v) for v in rows[shown].head(10)]
        problems.add_rows(
            str(file),
            rows["source_row"].to_numpy(dtype="int64"),
            column,
            found=found,
            expected=expected,
            remedy="Add the figures up before they are brought in, or decide on disclosure.finest_level/finest_period.",
        )


_CELL = ["unit_id", "boundary_set", "period_start", "period_end", "sex", "age"]


def count_cells(df: pd.DataFrame, family: Family, observations: pd.DataFrame) -> Counted:
    """Return the counts of persons behind the figures of a family.

    Parameters
    ----------
    df : pandas.DataFrame
        The figures of its indicators; the index is the row of `observations`.
    family : Family
    observations : pandas.DataFrame
        All figures: for denominators.

    Returns
    -------
    Counted
    """
    ids = df["indicator_id"].astype("str")
    hidden = df["missing_reason"].astype("str") == "suppressed"
    shown = df["value"].notna() | hidden
    own = df.loc[ids.isin(family.counts) & shown]
    counts = own["value"].mask(hidden.loc[own.index])
    tables = [own[_CELL].assign(count=counts.to_numpy(), row=own.index.to_numpy())]
    rounded = 0.0
    for spec in family.members:
        if spec.kind == "count":
            continue
        rules = spec.protection
        rates = df.loc[(ids == spec.id) & shown]
        if rules is None or not len(rates):
            continue
        people = _denominators(rates, rules.denominator, observations)
        derived = rates["value"].to_numpy() * people / rules.per
        tables.append(rates[_CELL].assign(count=np.where(hidden.loc[rates.index], np.nan, derived),
                                          row=rates.index.to_numpy()))  # fmt: skip
        if spec.id == family.root:
            half = 0.5 * 10.0**-spec.display.decimals
            rounded = max(rounded, float(np.nan_to_num(people).max(initial=0.0)) * half / rules.per, 0.5)
    every = pd.concat(tables, ignore_index=True)
    keys = cell_keys(every)
    first: dict[Key, int] = {}
    cell = np.array([first.setdefault(key, len(first)) for key in keys], dtype="int64")
    starts = np.unique(cell, return_index=True)[1]
    cells = every.iloc[starts].reset_index(drop=True)
    if rounded:
        cells["count"] = cells["count"].round()
    return Counted(cells, every["row"].to_numpy(dtype="int64"), cell, rounded)


def _denominators(rates: pd.DataFrame, name: str | None, observations: pd.DataFrame) -> NDArray[np.float64]:
    """Return the denominator of each rate; missing where there is none of the same unit, period, sex and age."""
    if name is None:
        return np.full(len(rates), np.nan)
    people = observations.loc[observations["indicator_id"].astype("str") == name]
    people = people.loc[people["value"].notna()]
    by_key = dict(zip(cell_keys(people), people["value"].tolist(), strict=True))
    return np.array([by_key.get(key, np.nan) for key in cell_keys(rates)], dtype="float64")


def _broken_problem(
    family: Family, broken: Sequence[Broken], joint: Joint, df: pd.DataFrame, problems: Problems
) -> None:
    """Report totals that are below the sum of their parts."""
    own = df.loc[df["indicator_id"].astype("str").isin(family.counts or [family.root])]
    rows = dict(zip(cell_keys(own), own.index.tolist(), strict=True))
    words = {"units": "the units that it consists of", "sex": "women and men", "age": "its age groups"}
    for item in broken[:10]:
        at = rows.get(joint.keys[item.cell])
        place = df.loc[at] if at is not None else own.iloc[0]
        problems.add(
            str(place["source_file"]),
            int(place["source_row"]),
            "value",
            found=f"a total of {item.total:g} for {quoted(joint.keys[item.cell][0])}",
            expected=f"at least {item.parts:g}, the sum of {words[item.kind]}",
            remedy="Correct the total or its parts: numbers that contradict each other cannot be protected.",
            more=max(len(broken) - 10, 0) if item is broken[min(9, len(broken) - 1)] else 0,
        )


def _known_cells(family: Family, joint: Joint, earlier: Earlier) -> Mask:
    """Mark the cells that an earlier release shows with the same count; a revised count is another number."""
    known = np.zeros(len(joint.values), dtype=bool)
    for spec in family.members:
        shown = earlier.get(spec.id)
        if shown is None:
            continue
        filled = shown.loc[shown["value"].notna()]
        at = {key: position for position, key in enumerate(joint.keys)}
        for key, value in zip(cell_keys(filled), filled["value"].tolist(), strict=True):
            position = at.get(key)
            if position is None or joint.hidden[position]:
                continue
            same = spec.kind != "count" or abs(value - joint.values[position]) < _CLOSE
            known[position] |= same
    return known


def rule_of(rules: Protection) -> Rule:
    """Return the rule that the cells of a family must keep."""
    return Rule(rules.k, rules.width, rules.zeros == "banded")


def make_joint(counted: Counted, units: pd.DataFrame) -> tuple[Joint, NDArray[np.int64]]:
    """Return the joint table of all cells whose count is known or withheld by the source, and which cells these are."""
    judged = np.flatnonzero(counted.cells["count"].notna() | (counted.cells["source_hidden"]))
    cells = counted.cells.iloc[judged].reset_index(drop=True)
    return build_joint(cells, units, tolerance=counted.rounded), judged


def _own_cells(spec: IndicatorSpec, df: pd.DataFrame, counted: Counted) -> Mask:
    """Mark the cells of a family of which an indicator has a figure itself."""
    own = np.zeros(len(counted.cells), dtype=bool)
    own[counted.cell[np.isin(counted.rows, df.index[df["indicator_id"].astype("str") == spec.id])]] = True
    return own


def _evidence(spec: IndicatorSpec, rules: Protection, table: Table, pattern: Pattern, own: Mask) -> dict[str, Any]:
    judged = pattern.withheld & ~table.hidden & own
    widths = (pattern.audit.high - pattern.audit.low)[judged]
    primary = int((table.primary & judged).sum())
    return {
        "sensitivity": spec.sensitivity,
        "rules": {**rules.model_dump(mode="json"), "words": "alike"},
        "cells": int(own.sum()),
        "primary": primary,
        "secondary": int(judged.sum()) - primary,
        # Never more than what was asked for: a width beyond that can be a withheld number itself.
        "least_width": None if not len(widths) else float(min(np.floor(widths.min()), rules.width)),
        "passed": True,
    }


def seal_figures(
    observations: pd.DataFrame,
    specs: Sequence[IndicatorSpec],
    units: pd.DataFrame,
    earlier: Earlier,
    progress: Progress,
    *,
    tiers: Sequence[Tier] = TIERS,
    seconds: float = BLOCK_SECONDS,
) -> Sealed:
    """Decide what is withheld of all indicators that are protected, and audit that it cannot be worked out.

    Parameters
    ----------
    observations : pandas.DataFrame
        Joined figures; those withheld by their source are marked and have no numbers.
    specs : sequence of IndicatorSpec
        Of all tiers: what is withheld is the same in each.
    units : pandas.DataFrame
    earlier : mapping of str to pandas.DataFrame
        What earlier releases show.
    progress : callable
    tiers : sequence of str
        Families of which no tier of these may hold a member are left as they are.
    seconds : float
        Time for the exact search of one block.

    Returns
    -------
    Sealed

    Raises
    ------
    BadInputError
        If figures are finer than allowed, or totals contradict their parts.
    DisclosureError
        If what is already published gives away what must be hidden.
    """
    observations = observations.reset_index(drop=True)
    n = len(observations)
    sealed = Sealed(np.zeros(n, dtype=bool), np.zeros(n, dtype=bool), {}, {})
    problems = Problems()
    ids = observations["indicator_id"].astype("str")
    highest = max(TIERS.index(tier) for tier in tiers)
    held = {spec.id for spec in specs if TIERS.index(spec.tier) <= highest}
    families = [family for family in find_families(specs) if any(spec.id in held for spec in family.members)]
    for spec in specs:
        check_detail(observations.loc[ids == spec.id], spec, problems)
    problems.raise_if_any()
    for family in families:
        progress(f"withhold small numbers: {family.root}")
        df = observations.loc[ids.isin([family.root, *(spec.id for spec in family.members)])]
        _mark_unreliable(df, family, observations, sealed)
        _seal_family(df, family, observations, units, earlier, sealed, problems, seconds)
    problems.raise_if_any()
    for spec in specs:
        if spec.is_sensitive and spec.protection is None:
            sealed.evidence[spec.id] = {
                "sensitivity": spec.sensitivity,
                "rules": {"published": True},
                "cells": int((ids == spec.id).sum()),
                "primary": 0,
                "secondary": 0,
                "least_width": None,
                "passed": True,
            }
    return sealed


def _mark_unreliable(df: pd.DataFrame, family: Family, observations: pd.DataFrame, sealed: Sealed) -> None:
    for spec in family.members:
        rules = spec.protection
        if spec.kind != "rate" or rules is None or rules.denominator is None:
            continue
        rates = df.loc[df["indicator_id"].astype("str") == spec.id]
        people = _denominators(rates, rules.denominator, observations)
        few = (people < rules.denominator_floor) & rates["value"].notna().to_numpy()
        sealed.unreliable[rates.index.to_numpy()[few]] = True


def _seal_family(
    df: pd.DataFrame,
    family: Family,
    observations: pd.DataFrame,
    units: pd.DataFrame,
    earlier: Earlier,
    sealed: Sealed,
    problems: Problems,
    seconds: float,
) -> None:
    start = time.monotonic()
    counted = count_cells(df, family, observations)
    missing = df["missing_reason"].astype("str").reindex(counted.cells["row"]).to_numpy()
    counted.cells["source_hidden"] = missing == "suppressed"
    joint, judged = make_joint(counted, units)
    if joint.broken:
        _broken_problem(family, joint.broken, joint, df, problems)
        return
    known = _known_cells(family, joint, earlier)
    table = make_table(
        joint.values, joint.relations, rule_of(family.rules), cost=family.rules.cost, hidden=joint.hidden,
        known=known, ceiling=joint.ceiling,
    )  # fmt: skip
    gone = int((table.primary & known).sum())
    if gone:
        raise DisclosureError(
            f"{family.root}: an earlier release in the folder shows {gone} figures that must be withheld now; "
            "withdraw it (delete its folder), or build with --supersede if nobody has it"
        )
    try:
        pattern = search_table(table, seconds)
    except DisclosureError as error:
        raise DisclosureError(
            f"{family.root}: {error}; withdraw the earlier release (delete its folder), build with --supersede if "
            "nobody has it, or coarsen the figures (python -m etl protect PACKAGE --explain " + family.root + ")"
        ) from error
    cell_withheld = np.ones(len(counted.cells), dtype=bool)
    cell_withheld[judged] = pattern.withheld[: len(judged)] | joint.hidden[: len(judged)]
    rows = counted.rows[cell_withheld[counted.cell]]
    sealed.withheld[rows[observations["value"].iloc[rows].notna().to_numpy()]] = True
    spent = time.monotonic() - start
    for spec in family.members:
        cells = _own_cells(spec, df, counted)
        own = np.zeros(len(joint.values), dtype=bool)
        own[: len(judged)] = cells[judged]
        part = _evidence(spec, family.rules, table, pattern, own)
        part["unjudged"] = int(cells.sum()) - int(own.sum())
        sealed.evidence[spec.id] = part
        sealed.search[spec.id] = {
            "solver": "HiGHS",
            "method": pattern.method,
            "gap": round(pattern.gap, 4) if np.isfinite(pattern.gap) else None,
            "seconds": round(spent, 1),
        }
    if joint.loose:
        words = "more than the sum of their parts, or of periods that do not add up: the audit takes them as bounds"
        sealed.notices.append(Notice("loose_total", family.root, words, len(joint.loose)))
