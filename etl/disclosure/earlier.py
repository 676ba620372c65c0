"""What earlier releases in a folder show: a reader may have kept them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from geodata.errors import SnapshotError
from geodata.snapshot import MANIFEST, TIERS, open_snapshot_dir

_COLUMNS = ["unit_id", "period_start", "period_end", "sex", "age", "value"]


def read_earlier(out: Path, dataset: str, indicators: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the figures of some indicators that the snapshots of a folder show, of whichever tier.

    A snapshot that the app would refuse (altered, of another schema, without evidence) is not served, and not read.

    Parameters
    ----------
    out : pathlib.Path
        The folder of the snapshots.
    dataset : str
        Only snapshots of this dataset count.
    indicators : sequence of str

    Returns
    -------
    dict of str to pandas.DataFrame
    """
    parts: dict[str, list[pd.DataFrame]] = {}
    for path in sorted(path.parent for tier in TIERS for path in (out / tier).glob(f"*/{MANIFEST}")):
        try:
            snapshot = open_snapshot_dir(path)
        except SnapshotError:
            continue
        if snapshot.manifest.get("dataset") != dataset:
            continue
        for name in indicators:
            shown = snapshot.read_table("observations", columns=_COLUMNS, filters=[("indicator_id", "==", name)])
            filled = shown.loc[shown["value"].notna()]
            if len(filled):
                parts.setdefault(name, []).append(filled)
    return {name: pd.concat(frames).drop_duplicates() for name, frames in parts.items()}
