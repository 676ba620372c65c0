"""The evidence of disclosure control that is published beside the manifest; it holds no value that is withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from geodata.hashing import hash_table
from geodata.snapshot import DISCLOSURE_VERSION
from layers.catalog import IndicatorSpec

_SHOWN = ["unit_id", "period_start", "period_end", "sex", "age", "value", "low", "high", "n", "conf_status"]


def evidence_json(
    evidence: Mapping[str, dict[str, Any]], specs: Sequence[IndicatorSpec], observations: pd.DataFrame
) -> dict[str, Any] | None:
    """Return the content of disclosure.json for the indicators of a tier; None if it holds none that is protected.

    Parameters
    ----------
    evidence : mapping of str to dict
        By indicator, of all tiers.
    specs : sequence of IndicatorSpec
        Of the tier.
    observations : pandas.DataFrame
        The table as it is published; the evidence is valid for this table alone.

    Returns
    -------
    dict or None
    """
    ids = observations["indicator_id"].astype("str")
    indicators = {
        spec.id: {**evidence[spec.id], "table": hash_table(observations.loc[ids == spec.id, _SHOWN])}
        for spec in sorted(specs, key=lambda spec: spec.id)
        if spec.id in evidence
    }
    if not indicators:
        return None
    return {"version": DISCLOSURE_VERSION, "observations": hash_table(observations), "indicators": indicators}
