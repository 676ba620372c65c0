"""Compares two snapshots: indicators, units and observations that came, went or changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from etl.rows import value_rows
from geodata.errors import SnapshotError
from geodata.snapshot import CURRENT, MANIFEST, Snapshot, current_snapshot_dir, open_snapshot_dir

LISTED = 20
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


def _changes(old: pd.DataFrame, new: pd.DataFrame, key: list[str]) -> dict[str, Any]:
    """Count and list the rows that came, went or changed; rows are the same if their key is."""
    compared = [name for name in new.columns if name not in key and name not in _NOT_COMPARED]
    merged = old[[*key, *compared]].merge(
        new[[*key, *compared]], how="outer", on=key, validate="1:1", indicator=True, suffixes=("_old", "_new")
    )
    both = merged.loc[merged["_merge"] == "both"]
    differs = pd.Series(False, index=both.index)
    for name in compared:
        left, right = both[f"{name}_old"], both[f"{name}_new"]
        differs |= (left != right) & ~(left.isna() & right.isna())
    found = {
        "added": merged.loc[merged["_merge"] == "right_only", key],
        "removed": merged.loc[merged["_merge"] == "left_only", key],
        "changed": both.loc[differs, key],
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


def compare_snapshots(old: Snapshot, new: Snapshot) -> dict[str, Any]:
    """Return what is different between two snapshots.

    Parameters
    ----------
    old, new : Snapshot

    Returns
    -------
    dict
        `same`, the two ids, and for indicators, units and observations the counts of `added`, `removed` and
        `changed` rows with the first of each; `files` lists files whose content differs.
    """
    hashes = [{name: entry["logical_hash"] for name, entry in s.manifest["files"].items()} for s in (old, new)]
    differing = sorted(
        name for name in hashes[0].keys() | hashes[1].keys() if hashes[0].get(name) != hashes[1].get(name)
    )
    keys = {"indicators": ["indicator_id"], "units": ["boundary_set", "unit_id"], "observations": OBSERVATION_KEY}
    return {
        "same": old.snapshot_id == new.snapshot_id,
        "old": old.snapshot_id,
        "new": new.snapshot_id,
        "tiers": [old.tier, new.tier],
        "files": differing,
        **{name: _changes(old.read_table(name), new.read_table(name), key) for name, key in keys.items()},
    }
