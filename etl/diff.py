"""Compares two snapshots: indicators, units, sources and figures that came, went or changed, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from etl.rows import named_rows, value_rows
from geodata.errors import SnapshotError
from geodata.snapshot import CURRENT, MANIFEST, Snapshot, current_snapshot_dir, open_snapshot_dir

LISTED = 20
REVISED = 10
OBSERVATION_KEY = [
    "indicator_id",
    "boundary_set",
    "unit_id",
    "period_start",
    "period_end",
    "sex",
    "age",
    "source_id",
    "note_en",
]
_NOT_COMPARED = {"source_file", "source_row"}
_NUMBERS = ("value", "low", "high")
_SEVERE = "severe"
_DIGITS = 6
_SIDES = {"old": "right_only", "new": "left_only"}
KEYS = {
    "indicators": ["indicator_id"],
    "units": ["boundary_set", "unit_id"],
    "sources": ["source_id"],
    "observations": OBSERVATION_KEY,
}


def find_snapshot(path: Path) -> Snapshot:
    """Open what a path means: a snapshot, the folder of a tier, or a whole output folder (its public tier).

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    Snapshot

    Raises
    ------
    SnapshotError
        If there is none, or it was altered.
    """
    if (path / MANIFEST).exists():
        return open_snapshot_dir(path)
    if (path / CURRENT).exists():
        return open_snapshot_dir(current_snapshot_dir(path.resolve().parent, path.resolve().name))
    if (path / "public" / CURRENT).exists():
        return open_snapshot_dir(current_snapshot_dir(path, "public"))
    raise SnapshotError(
        f"{path} is no snapshot: it has neither {MANIFEST} nor {CURRENT}; give the folder of a snapshot"
    )


def _merge(old: pd.DataFrame, new: pd.DataFrame, key: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of both tables side by side, and the compared columns; rows are the same if their key is.

    A column that only one of the tables has (an older program wrote the other) is not compared.
    """
    compared = [name for name in new.columns if name in old.columns and name not in key and name not in _NOT_COMPARED]
    merged = old[[*key, *compared]].merge(
        new[[*key, *compared]], how="outer", on=key, validate="1:1", indicator=True, suffixes=("_old", "_new")
    )
    return merged, compared


def _differs(merged: pd.DataFrame, names: Sequence[str]) -> pd.Series[bool]:
    """Return where a row of both tables differs in any of the columns."""
    result = pd.Series(False, index=merged.index)
    for name in names:
        left, right = merged[f"{name}_old"], merged[f"{name}_new"]
        result |= (left != right) & ~(left.isna() & right.isna())
    return result & (merged["_merge"] == "both")


def _changes(merged: pd.DataFrame, compared: Sequence[str], key: list[str]) -> dict[str, Any]:
    """Count and list the rows that came, went or changed."""
    found = {
        "added": merged.loc[merged["_merge"] == "right_only", key],
        "removed": merged.loc[merged["_merge"] == "left_only", key],
        "changed": merged.loc[_differs(merged, compared), key],
    }
    return {
        **{name: len(rows) for name, rows in found.items()},
        "first": {
            name: [" ".join(_shown(value) for value in row) for row in value_rows(rows.head(LISTED))]
            for name, rows in found.items()
        },
    }


def _shown(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)


def _number(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None


def _steps(rows: pd.DataFrame, name: str) -> list[dict[str, Any]]:
    """Count the changes of a closed code, the most frequent first."""
    counts = rows.groupby([f"{name}_old", f"{name}_new"], sort=True).size()
    ordered = counts.sort_values(ascending=False, kind="stable").reset_index()
    return [{"old": old, "new": new, "figures": int(n)} for old, new, n in value_rows(ordered)]


def _revised(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the largest revisions: old and new value, difference, and ratio of it to the old value."""
    old, new = rows["value_old"], rows["value_new"]
    change = new - old
    with_size = rows.assign(change=change, share=change / old.abs().where(old != 0), size=0.0)
    with_size["size"] = with_size["share"].abs().fillna(np.inf)
    largest = with_size.sort_values(["size", *OBSERVATION_KEY], ascending=[False, *[True] * len(OBSERVATION_KEY)])
    return [
        {
            "unit_id": row.unit_id,
            "boundary_set": row.boundary_set,
            "period_start": _shown(row.period_start),
            "period_end": _shown(row.period_end),
            "sex": row.sex,
            "age": row.age,
            "source_id": row.source_id,
            "old": _number(row.value_old),
            "new": _number(row.value_new),
            "change": _number(row.change),
            "change_share": _number(row.share),
        }
        for row in named_rows(largest.head(REVISED))
    ]


def _is_withheld(rows: pd.DataFrame) -> pd.Series[bool]:
    """Return where either snapshot withholds the figure: then neither of its numbers is told."""
    return (rows["conf_status_old"] == "C") | (rows["conf_status_new"] == "C")


def _indicator(rows: pd.DataFrame, *, is_secret: bool) -> dict[str, Any]:
    """Return what changed in the figures of one indicator; only counts if it is secret."""
    both = rows.loc[rows["_merge"] == "both"]
    differs = _differs(rows, _NUMBERS).loc[both.index]
    filled_old, filled_new = (both[[f"{n}_{side}" for n in _NUMBERS]].notna().any(axis=1) for side in ("old", "new"))
    withheld = _is_withheld(both)
    revised = both.loc[differs & both["value_old"].notna() & both["value_new"].notna() & ~withheld]
    result: dict[str, Any] = {
        "figures_added": int((rows["_merge"] == "right_only").sum()),
        "figures_removed": int((rows["_merge"] == "left_only").sum()),
        "revised": int((differs & filled_old & filled_new).sum()),
        "filled": int((differs & ~filled_old & filled_new).sum()),
        "emptied": int((differs & filled_old & ~filled_new).sum()),
        "newly_withheld": int(((both["conf_status_old"] != "C") & (both["conf_status_new"] == "C")).sum()),
        "no_longer_withheld": int(((both["conf_status_old"] == "C") & (both["conf_status_new"] != "C")).sum()),
        "statuses": _steps(both.loc[both["obs_status_old"] != both["obs_status_new"]], "obs_status"),
        "match_methods": _steps(both.loc[both["match_method_old"] != both["match_method_new"]], "match_method"),
    }
    units = {side: set(rows.loc[rows["_merge"] != other, "unit_id"]) for side, other in _SIDES.items()}
    sources = {side: set(rows.loc[rows["_merge"] != other, "source_id"]) for side, other in _SIDES.items()}
    result["sources_added"] = sorted(sources["new"] - sources["old"])
    result["sources_removed"] = sorted(sources["old"] - sources["new"])
    if is_secret:
        return result | {
            "units_added": len(units["new"] - units["old"]),
            "units_removed": len(units["old"] - units["new"]),
            "largest": [],
        }
    return result | {
        "units_added": sorted(units["new"] - units["old"]),
        "units_removed": sorted(units["old"] - units["new"]),
        "largest": _revised(revised),
    }


def _sensitivities(snapshot: Snapshot) -> dict[str, str]:
    table = snapshot.read_table("indicators", columns=["indicator_id", "sensitivity"])
    return dict(value_rows(table))


def _by_indicator(merged: pd.DataFrame, compared: Sequence[str], secret: set[str]) -> dict[str, dict[str, Any]]:
    concerned = (merged["_merge"] != "both") | _differs(merged, compared)
    changed = set(merged.loc[concerned, "indicator_id"])
    rows = merged.loc[merged["indicator_id"].isin(changed)]
    return {
        str(indicator): {"severe": indicator in secret, **_indicator(part, is_secret=indicator in secret)}
        for indicator, part in rows.groupby("indicator_id", sort=True)
    }


def _notices(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Return notices that came and went, and the accounts of rows of both reports."""
    told = [{(n["kind"], n["subject"], n["detail"]) for n in report["notices"]} for report in (old, new)]
    names = ("kind", "subject", "detail")
    return {
        "rows": [old["rows"], new["rows"]],
        "notices_added": [dict(zip(names, one, strict=True)) for one in sorted(told[1] - told[0])],
        "notices_removed": [dict(zip(names, one, strict=True)) for one in sorted(told[0] - told[1])],
    }


def compare_snapshots(old: Snapshot, new: Snapshot) -> dict[str, Any]:
    """Return what is different between two snapshots.

    Numbers are told only of figures that both snapshots publish: of a figure that one of them withholds, only that
    it is or is no longer withheld; of indicators that either calls severe, only counts.

    Parameters
    ----------
    old, new : Snapshot

    Returns
    -------
    dict
        `same`, the two ids, and for indicators, units, sources and observations the counts of `added`, `removed` and
        `changed` rows with the first of each; `by_indicator` for every indicator with a change; `report`: rows and
        notices of the two quality reports; `files` lists files whose content differs.
    """
    hashes = [{name: entry["logical_hash"] for name, entry in s.manifest["files"].items()} for s in (old, new)]
    differing = sorted(
        name for name in hashes[0].keys() | hashes[1].keys() if hashes[0].get(name) != hashes[1].get(name)
    )
    merged = {name: _merge(old.read_table(name), new.read_table(name), key) for name, key in KEYS.items()}
    secret = {
        indicator for s in (old, new) for indicator, sensitivity in _sensitivities(s).items() if sensitivity == _SEVERE
    }
    result = {name: _changes(*merged[name], key) for name, key in KEYS.items()}
    rows, compared = merged["observations"]
    told = _changes(rows.loc[~rows["indicator_id"].isin(secret)], compared, OBSERVATION_KEY)
    result["observations"]["first"] = told["first"]
    return {
        "same": old.snapshot_id == new.snapshot_id,
        "old": old.snapshot_id,
        "new": new.snapshot_id,
        "tiers": [old.tier, new.tier],
        "files": differing,
        **result,
        "by_indicator": _by_indicator(*merged["observations"], secret),
        "report": _notices(old.report_json(), new.report_json()),
    }


def describe_comparison(result: Mapping[str, Any]) -> list[str]:
    """Return a comparison as lines to be read.

    Parameters
    ----------
    result : mapping
        As of `compare_snapshots`.

    Returns
    -------
    list of str
    """
    lines = [f"{result['old']} -> {result['new']}: {'the same content' if result['same'] else 'different content'}"]
    if result["tiers"][0] != result["tiers"][1]:
        lines.append(
            f"tiers differ: {result['tiers'][0]} and {result['tiers'][1]}; not all changes are changes of data"
        )
    for name in ("indicators", "units", "sources"):
        part = result[name]
        lines.append(f"{name}: {part['added']} added, {part['removed']} removed, {part['changed']} changed")
        for sign, kind in (("+", "added"), ("-", "removed"), ("~", "changed")):
            lines += [f"  {sign} {line}" for line in part["first"][kind]]
            if part[kind] > len(part["first"][kind]):
                lines.append(f"  {sign} and {part[kind] - len(part['first'][kind])} more")
    part = result["observations"]
    lines.append(f"observations: {part['added']} added, {part['removed']} removed, {part['changed']} changed")
    for indicator, changes in result["by_indicator"].items():
        lines += _describe_indicator(indicator, changes)
    old, new = result["report"]["rows"]
    lines += [f"rows {name}: {old[name]} -> {new[name]}" for name in old if old[name] != new.get(name)]
    for sign, kind in (("+", "notices_added"), ("-", "notices_removed")):
        lines += [f"notice {sign} {one['kind']}: {one['subject']}: {one['detail']}" for one in result["report"][kind]]
    return lines


_COUNTS = (
    ("figures_added", "figures added"),
    ("figures_removed", "figures removed"),
    ("revised", "values revised"),
    ("filled", "filled"),
    ("emptied", "emptied"),
    ("newly_withheld", "newly withheld"),
    ("no_longer_withheld", "no longer withheld"),
)


def _describe_indicator(indicator: str, changes: Mapping[str, Any]) -> list[str]:
    counts = [f"{changes[name]} {text}" for name, text in _COUNTS if changes[name]]
    secret = "; counts only: the indicator is severe" if changes["severe"] else ""
    lines = [f"  {indicator}: {', '.join(counts) or 'no value changed'}{secret}"]
    for name, text in (("statuses", "status"), ("match_methods", "match method")):
        lines += [f"    {text} {one['old']} -> {one['new']}: {one['figures']}" for one in changes[name]]
    for name in ("units_added", "units_removed", "sources_added", "sources_removed"):
        found = changes[name]
        if found:
            shown = str(found) if isinstance(found, int) else _shorten(found)
            lines.append(f"    {name.replace('_', ' ')}: {shown}")
    for one in changes["largest"]:
        share = "" if one["change_share"] is None else f", {100 * one['change_share']:+.1f} %"
        people = "".join(f" {one[name]}" for name in ("sex", "age") if one[name] != "all")
        lines.append(
            f"    {one['unit_id']} {one['period_start']} to {one['period_end']}{people}: "
            f"{one['old']:g} -> {one['new']:g} ({one['change']:+g}{share})"
        )
    if len(changes["largest"]) == REVISED and changes["revised"] > REVISED:
        lines.append(f"    and {changes['revised'] - REVISED} smaller revisions")
    return lines


def _shorten(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
