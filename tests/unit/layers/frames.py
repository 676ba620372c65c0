"""A small world for the tests of layers: a map of three countries, indicators and observations to put on it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from layers.catalog import IndicatorSpec
from layers.layer import LayerData, Shapes, build_layer
from layers.variant import PLAIN, Variant

SQUARE = "M0 0l10 0l0 10l-10 0z"

# AAA was divided anew in 2010 (A9 became A2 and A3) and has a survey group; BBB never changed; CCC publishes nothing.
SETS: dict[str, dict[str, Any]] = {
    "AAA-2000": {"iso3": "AAA", "valid_from": "2000-01-01", "valid_to": "2009-12-31", "by_date": True},
    "AAA-2010": {"iso3": "AAA", "valid_from": "2010-01-01", "valid_to": None, "by_date": True},
    "AAA-SVY": {"iso3": "AAA", "valid_from": None, "valid_to": None, "by_date": False},
    "BBB-1991": {"iso3": "BBB", "valid_from": "1991-01-01", "valid_to": None, "by_date": True},
    "CCC-1991": {"iso3": "CCC", "valid_from": "1991-01-01", "valid_to": None, "by_date": True},
}
MEMBERS: dict[str, tuple[str, ...]] = {
    "A1": ("AAA-2000", "AAA-2010"),
    "A2": ("AAA-2010",),
    "A3": ("AAA-2010",),
    "A9": ("AAA-2000",),
    "AG": ("AAA-SVY",),
    "B1": ("BBB-1991",),
    "B2": ("BBB-1991",),
    "C1": ("CCC-1991",),
}
COUNTRY_OF = {"A": "AAA", "B": "BBB", "C": "CCC"}

MAP: dict[str, Any] = {
    "schema": 1,
    "dataset": "small_world",
    "level": "ADM1",
    "width": 100,
    "height": 80,
    "km_per_unit": 2.0,
    "sets": SETS,
    "shapes": [
        {
            "id": unit,
            "sets": list(sets),
            "iso3": COUNTRY_OF[unit[0]],
            "d": "" if unit == "C1" else SQUARE,
            "x": 10 * i + 5,
            "y": 5,
            "box": [10 * i, 0, 10 * i + 10, 10],
            "marker": unit == "C1",
            "near": [],
        }
        for i, (unit, sets) in enumerate(MEMBERS.items())
    ],
    "countries": [
        {"iso3": "AAA", "d": SQUARE, "box": [0, 0, 50, 10], "x": 25, "y": 5},
        {"iso3": "BBB", "d": SQUARE, "box": [50, 0, 70, 10], "x": 60, "y": 5},
        {"iso3": "CCC", "d": SQUARE, "box": [70, 0, 80, 10], "x": 75, "y": 5},
    ],
}
IDS = tuple(MEMBERS)
UNITS = [
    {"id": unit, "name": f"Place {unit}", "iso3": COUNTRY_OF[unit[0]], "country": f"Land {unit[0]}", "type": "region"}
    for unit in IDS
]
SOURCES: dict[str, dict[str, Any]] = {
    key: {"title": f"Yearbook {key}", "publisher": f"Office {key}", "url": "", "licence": "", "terms": "open"}
    for key in ("s1", "s2", "s3")
}


def text(en: str) -> dict[str, str]:
    """Return a text in both languages."""
    return {"en": en, "ru": f"{en}, по-русски"}


def make_spec(display: dict[str, Any] | None = None, **changes: Any) -> IndicatorSpec:
    """Return an indicator; a percentage published at ADM0 and ADM1 unless changed."""
    fields: dict[str, Any] = {
        "id": "share",
        "title": text("Share"),
        "menu_title": text("Share"),
        "headline": text("Share of people"),
        "driver": "economic",
        "kind": "rate",
        "definition": text("A share."),
        "definition_source": "A handbook",
        "unit": {"text": text("% of people"), "sign": {"en": "%", "ru": "%"}},
        "value_range": (None, None),
        "direction": "higher_is_worse",
        "levels": ("ADM0", "ADM1"),
        "periodicity": "annual",
        "population": text("people"),
        "source": {"reader": "csv", "file": "data/share.csv"},
        "sensitivity": "low",
        "display": {"k": 3, "decimals": 1} | (display or {}),
    }
    return IndicatorSpec.model_validate(fields | changes)


def claims_spec() -> IndicatorSpec:
    """Return an indicator of published claims."""
    return make_spec({"mark": "range", "palette": "greys", "decimals": 0}, kind="range", unit={"text": text("persons")})


def observation(unit: str, year: int, value: float | None = None, **changes: Any) -> dict[str, Any]:
    """Return one row for a unit and year; without a value, a row that says that nothing was collected."""
    iso3 = COUNTRY_OF[unit[0]]
    by_date = [s for s in MEMBERS.get(unit, ()) if SETS[s]["by_date"]]
    covering = [s for s in by_date if (SETS[s]["valid_to"] or "9999") >= f"{year}-12-31" >= SETS[s]["valid_from"]]
    sets = covering or by_date or list(MEMBERS.get(unit, (f"{iso3}-0",)))
    row: dict[str, Any] = {
        "indicator_id": "share",
        "unit_id": unit,
        "pcode": unit,
        "level": "ADM1" if unit in MEMBERS else "ADM0",
        "iso3": iso3,
        "boundary_set": sets[0],
        "period_start": date(year, 1, 1),
        "period_end": date(year, 12, 31),
        "sex": "all",
        "age": "all",
        "value": value,
        "low": None,
        "high": None,
        "n": None,
        "qualifier": "exact",
        "obs_status": "A" if value is not None else "M",
        "conf_status": "F",
        "missing_reason": "" if value is not None or "low" in changes or "high" in changes else "not_collected",
        "source_id": "s1",
        "match_method": "pcode",
        "match_score": 1.0,
        "share_moved": float("nan"),
        "source_file": "data/share.csv",
        "source_row": 2,
        "note_en": "",
        "note_ru": "",
    }
    return row | changes


def make_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return observations with the types that a snapshot gives them."""
    columns = list(observation("A1", 2020))
    df = pd.DataFrame(rows, columns=columns)
    for name in ("value", "low", "high", "n"):
        df[name] = df[name].astype("float64")
    for name in ("period_start", "period_end"):
        df[name] = pd.to_datetime(df[name]).astype("datetime64[ms]")
    numbers = ("value", "low", "high", "n", "match_score", "share_moved", "source_row")
    texts = [c for c in columns if c not in (*numbers, "period_start", "period_end")]
    return df.astype(dict.fromkeys(texts, "str"))


def make_layer(
    rows: list[dict[str, Any]],
    spec: IndicatorSpec | None = None,
    variant: Variant = PLAIN,
    norms: dict[str, float] | None = None,
) -> LayerData:
    """Return the layer of some rows at ADM1 on the small map."""
    return build_layer(spec or make_spec(), "ADM1", make_frame(rows), Shapes.from_map(MAP), variant, norms)


def state_of(layer: LayerData, period: int) -> dict[str, str]:
    """Return the state of every unit in a period."""
    return dict(zip(IDS, layer.states[period].tolist(), strict=True))
