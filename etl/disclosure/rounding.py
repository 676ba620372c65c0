"""Rounding of counts of low sensitivity: to a base, or at random by a key so that a repeated build rounds alike."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from etl.disclosure.joint import cell_keys
from etl.disclosure.table import DisclosureError
from layers.catalog import IndicatorSpec, Rounding

KEY_VARIABLE = "DRIVERS_ATLAS_ROUNDING_KEY"
KEY_FILE_VARIABLE = "DRIVERS_ATLAS_ROUNDING_KEY_FILE"
LEAST_KEY_BYTES = 16


def read_key() -> bytes:
    """Return the secret key of random rounding, from the environment or from the file that it names.

    Raises
    ------
    DisclosureError
        If there is none, or it is too short to be secret.
    """
    text = os.environ.get(KEY_VARIABLE, "")
    name = os.environ.get(KEY_FILE_VARIABLE, "")
    if not text and name:
        try:
            text = Path(name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise DisclosureError(f"{KEY_FILE_VARIABLE} names {name}, which cannot be read: {error}") from error
    if len(text.encode()) < LEAST_KEY_BYTES:
        raise DisclosureError(
            f"random rounding needs a secret key of at least {LEAST_KEY_BYTES} bytes: set {KEY_VARIABLE}, or "
            f"{KEY_FILE_VARIABLE} to a file that holds it, and keep it from build to build"
        )
    return text.encode()


def round_counts(df: pd.DataFrame, indicator: str, rounding: Rounding, key: bytes | None) -> pd.Series:
    """Return the counts of one indicator rounded to multiples of the base.

    At random, a count that is r above a multiple of the base b goes up with probability r / b, else down: the
    expected value is the count itself. The draw is a keyed hash of indicator, unit, period, sex and age: a repeated
    build gives the same answer, and nobody without the key can tell which way a figure went.

    Parameters
    ----------
    df : pandas.DataFrame
        Figures with unit_id, period_start, period_end, sex, age and value.
    indicator : str
    rounding : Rounding
    key : bytes or None
        Needed for random rounding.

    Returns
    -------
    pandas.Series of float64
        With the index of `df`; what is missing stays missing.

    Raises
    ------
    DisclosureError
        If random rounding has no key.
    """
    base, values = float(rounding.base), df["value"].to_numpy(dtype="float64")
    if rounding.method == "nearest":
        return pd.Series(base * np.floor(values / base + 0.5), index=df.index)
    if key is None:
        raise DisclosureError("random rounding needs a key")
    draws = np.array([_draw(key, indicator, cell) for cell in cell_keys(df)], dtype="float64")
    down = base * np.floor(values / base)
    return pd.Series(down + base * (draws < (values - down) / base), index=df.index)


def _draw(key: bytes, indicator: str, cell: object) -> float:
    """Return a number from 0 to 1 that follows from the key and the cell."""
    digest = hmac.new(key, f"{indicator}|{cell}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:7], "big") / 2**56


def round_figures(observations: pd.DataFrame, specs: Sequence[IndicatorSpec]) -> pd.DataFrame:
    """Return the figures with the counts of every indicator that declares rounding rounded.

    Low, high and n of a rounded figure are taken out: they would tell what it was.

    Raises
    ------
    DisclosureError
        If an indicator is rounded at random and there is no key.
    """
    declared = [(spec, spec.disclosure.rounding) for spec in specs if spec.disclosure and spec.disclosure.rounding]
    if not declared:
        return observations
    key = read_key() if any(rounding.method == "random" for _, rounding in declared) else None
    result = observations.copy()
    for spec, rounding in declared:
        rows = result["indicator_id"].astype("str") == spec.id
        result.loc[rows, "value"] = round_counts(result.loc[rows], spec.id, rounding, key)
        result.loc[rows, ["low", "high", "n"]] = np.nan
    return result
