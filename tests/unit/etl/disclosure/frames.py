"""Small frames of figures and units for the tests of disclosure control."""

from __future__ import annotations

import pandas as pd

from layers.catalog import IndicatorSpec

UNITS = pd.DataFrame(
    [
        ("old", "LAND", "", ""),
        ("old", "NORTH", "LAND", ""),
        ("old", "SOUTH", "LAND", ""),
        ("old", "N1", "NORTH", ""),
        ("old", "N2", "NORTH", ""),
        ("old", "S1", "SOUTH", ""),
        ("old", "S2", "SOUTH", ""),
        ("groups", "BOTH", "", "N1|S1"),
    ],
    columns=["boundary_set", "unit_id", "parent_unit_id", "members"],
)
LEVEL = {"LAND": "ADM0", "NORTH": "ADM1", "SOUTH": "ADM1"}


def cells(*rows):
    """Return counts: (unit, first year, last year, sex, age, count)."""
    df = pd.DataFrame(rows, columns=["unit_id", "first", "last", "sex", "age", "count"])
    df["boundary_set"] = "old"
    df["period_start"] = pd.to_datetime(df["first"].astype(str) + "-01-01")
    df["period_end"] = pd.to_datetime(df["last"].astype(str) + "-12-31")
    return df


def figures(*rows, indicator="left", source="a.csv"):
    """Return joined figures: (unit, first year, last year, sex, age, value)."""
    df = cells(*rows).rename(columns={"count": "value"})
    return df.assign(
        indicator_id=pd.Categorical([indicator] * len(df)),
        level=df["unit_id"].map(LEVEL).fillna("ADM2"),
        low=float("nan"),
        high=float("nan"),
        n=float("nan"),
        missing_reason=pd.Categorical([""] * len(df), categories=["", "suppressed"]),
        obs_status=pd.Categorical(["A"] * len(df), categories=["A", "M", "U"]),
        qualifier=pd.Categorical(["exact"] * len(df)),
        note_en=pd.Categorical([""] * len(df)),
        note_ru=pd.Categorical([""] * len(df)),
        source_file=source,
        source_row=range(2, len(df) + 2),
    )


def both(*frames):
    """Return several frames of figures as one."""
    result = pd.concat([frame.astype({"indicator_id": "str"}) for frame in frames], ignore_index=True)
    return result.assign(
        indicator_id=pd.Categorical(result["indicator_id"]),
        missing_reason=pd.Categorical(result["missing_reason"], categories=["", "suppressed"]),
    )


def spec(name="left", **changes):
    """Return an indicator: a count of persons, severe, down to districts."""
    text = {"en": name, "ru": name}
    content = {
        "id": name, "title": text, "menu_title": text, "headline": text, "driver": "driver", "kind": "count",
        "definition": text, "definition_source": "invented", "unit": {"text": text}, "value_range": [0, None],
        "direction": "neutral", "levels": ["ADM0", "ADM1", "ADM2"], "periodicity": "annual", "population": text,
        "source": {"reader": "csv", "file": "a.csv"}, "sensitivity": "severe",
        "disclosure": {"finest_level": "ADM2"}, "display": {"mark": "symbol", "level": "ADM1", "palette": "greys"},
    } | changes  # fmt: skip
    if content["kind"] == "rate":
        content["display"] = {"mark": "fill", "level": "ADM1", "palette": "greys"}
    return IndicatorSpec.model_validate(content)
