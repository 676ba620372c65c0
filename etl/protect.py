"""Disclosure control: which indicators a tier may hold, and which numbers may leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.disclosure.gate import Earlier, Progress, Sealed, seal_figures
from etl.disclosure.rounding import round_figures
from etl.harmonise import NUMBERS, fill_codes
from etl.match import group_rows
from etl.rows import value_rows
from layers.catalog import TIER_OF, TIERS, IndicatorSpec, Tier

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Withheld:
    """An indicator that a tier may not hold, and the lowest tier that may."""

    indicator: str
    sensitivity: str
    needs_tier: str


def split_by_tier(specs: Sequence[IndicatorSpec], tier: Tier) -> tuple[list[IndicatorSpec], list[Withheld]]:
    """Return the indicators that a tier may hold, and those it may not; what is not allowed is denied.

    Parameters
    ----------
    specs : sequence of IndicatorSpec
    tier : str

    Returns
    -------
    allowed : list of IndicatorSpec
    withheld : list of Withheld
    """
    held = TIERS[: TIERS.index(tier) + 1]
    allowed = [spec for spec in specs if TIER_OF.get(spec.sensitivity) in held]
    denied = [spec for spec in specs if TIER_OF.get(spec.sensitivity) not in held]
    return allowed, [Withheld(spec.id, spec.sensitivity, spec.tier) for spec in sorted(denied, key=lambda s: s.id)]


def _ancestors(units: pd.DataFrame) -> dict[str, set[str]]:
    """Return the units of which each unit is a part, by parent or by membership, in any boundary set."""
    above: dict[str, set[str]] = {}
    for unit_id, parent, members in value_rows(units[["unit_id", "parent_unit_id", "members"]]):
        if parent:
            above.setdefault(unit_id, set()).add(parent)
        for member in members.split("|") if members else ():
            above.setdefault(member, set()).add(unit_id)
    closed: dict[str, set[str]] = {}
    for unit_id in above:
        found: set[str] = set()
        queue = [unit_id]
        while queue:
            for parent in above.get(queue.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    queue.append(parent)
        closed[unit_id] = found
    return closed


def _aggregates_of_suppressed(df: pd.DataFrame, units: pd.DataFrame, suppressed: Mask) -> Mask:
    """Mark rows that contain a suppressed row: a unit above it, or `all` over its sex or age."""
    above = _ancestors(units)
    group, _ = group_rows([df["indicator_id"], df["period_start"], df["period_end"]])
    concerned = np.isin(group, group[suppressed])
    table = pd.DataFrame(
        {
            "group": group[concerned],
            "at": np.flatnonzero(concerned),
            "suppressed": suppressed[concerned],
            **{name: df[name].to_numpy(dtype=object)[concerned] for name in ("unit_id", "sex", "age")},
        }
    )
    marked = suppressed.copy()
    for _, part in table.groupby("group", sort=False):
        hidden = part.loc[part["suppressed"], ["unit_id", "sex", "age"]].drop_duplicates()
        for unit_id, sex, age in value_rows(hidden):
            holds = part["unit_id"].isin({unit_id, *above.get(unit_id, ())}) & part["sex"].isin({sex, "all"})
            holds &= part["age"].isin({age, "all"})
            marked[part.loc[holds, "at"].to_numpy()] = True
    return marked


def suppress(observations: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Mark every figure that contains one which its source has suppressed, and take their numbers out.

    Parameters
    ----------
    observations : pandas.DataFrame
        Joined figures.
    units : pandas.DataFrame

    Returns
    -------
    pandas.DataFrame
        With `conf_status`: C where the numbers were taken out, else F.
    """
    hidden = (observations["missing_reason"] == "suppressed").to_numpy(dtype=bool)
    if hidden.any():
        hidden = _aggregates_of_suppressed(observations, units, hidden)
    return take_out(observations, hidden)


def take_out(observations: pd.DataFrame, hidden: Mask) -> pd.DataFrame:
    """Take all numbers out of figures, and say that they are suppressed.

    Parameters
    ----------
    observations : pandas.DataFrame
    hidden : numpy.ndarray of bool, shape (n_rows,)

    Returns
    -------
    pandas.DataFrame
        With `conf_status`: C where the numbers were taken out, else F.
    """
    status = pd.Categorical(np.where(hidden, "C", "F"), categories=["F", "C"])
    result = observations.assign(conf_status=status)
    if not hidden.any():
        return result
    for name in NUMBERS:
        result[name] = np.where(hidden, np.nan, result[name].to_numpy())
    result["missing_reason"] = fill_codes(result["missing_reason"], hidden, "suppressed")
    result["obs_status"] = fill_codes(result["obs_status"], hidden, "M")
    return result


def protect_figures(
    observations: pd.DataFrame,
    specs: Sequence[IndicatorSpec],
    units: pd.DataFrame,
    earlier: Earlier,
    progress: Progress,
    tiers: Sequence[Tier] = TIERS,
) -> tuple[pd.DataFrame, Sealed]:
    """Take out every number that must not be published, and prove that it cannot be worked out from the others.

    Parameters
    ----------
    observations : pandas.DataFrame
        Joined figures of all tiers.
    specs : sequence of IndicatorSpec
        Of all tiers: what is withheld is the same in each.
    units : pandas.DataFrame
    earlier : mapping of str to pandas.DataFrame
        What earlier releases show, by indicator.
    progress : callable
    tiers : sequence of str
        What is published: indicators that none of these tiers may hold are left as they are.

    Returns
    -------
    observations : pandas.DataFrame
        With `conf_status`; withheld figures have no numbers, no qualifier and no note.
    sealed : Sealed

    Raises
    ------
    BadInputError
        If figures are finer than allowed, or totals contradict their parts.
    DisclosureError
        If what is already published gives away what must be hidden, or rounding has no key.
    """
    result = suppress(observations, units)
    sealed = seal_figures(result, specs, units, earlier, progress, tiers=tiers)
    if sealed.withheld.any():
        by_source = (result["conf_status"] == "C").to_numpy(dtype=bool)
        result = take_out(result, sealed.withheld | by_source)
        for name, value in (("qualifier", "exact"), ("note_en", ""), ("note_ru", "")):
            result[name] = fill_codes(result[name], sealed.withheld, value)
    if sealed.unreliable.any():
        usual = (result["obs_status"] == "A").to_numpy(dtype=bool)
        result["obs_status"] = fill_codes(result["obs_status"], sealed.unreliable & usual, "U")
    return round_figures(result, specs), sealed


def keep_indicators(observations: pd.DataFrame, allowed: Sequence[IndicatorSpec]) -> pd.DataFrame:
    """Return the observations of the allowed indicators only; no trace of the others stays in the table."""
    kept = observations.loc[observations["indicator_id"].isin([spec.id for spec in allowed])].copy()
    for name, dtype in kept.dtypes.items():
        if isinstance(dtype, pd.CategoricalDtype):
            kept[name] = kept[name].cat.remove_unused_categories()
    return kept.reset_index(drop=True)
