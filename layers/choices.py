"""What of a layer's classification a reader may choose, and the display that a choice gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import pandas as pd

from layers.catalog import Display, IndicatorSpec
from layers.classify import HAS_SIDES
from layers.palette import MOST_DISTINCT, PALETTES
from layers.restraint import NEUTRAL_PALETTE
from layers.variant import Scale, Variant

OfCountries = Literal["mean", "norm"]
"""Midpoints that every country has its own of."""
Midpoints = Mapping[OfCountries, Mapping[str, float]]
_OF_FILLS = ("scheme", "k", "breaks", "mid", "ramp")
_OF_CATEGORIES = (*_OF_FILLS, "palette")


def allowed_palettes(spec: IndicatorSpec) -> tuple[str, ...]:
    """Return the palettes that an indicator may be drawn in: a severe one in neutral greys only."""
    return (NEUTRAL_PALETTE,) if spec.sensitivity == "severe" else PALETTES


def most_classes(spec: IndicatorSpec) -> int:
    """Return the most classes that any palette of an indicator holds for."""
    return max(MOST_DISTINCT[palette] for palette in allowed_palettes(spec))


def display_of(spec: IndicatorSpec, variant: Variant) -> Display:
    """Return the display of an indicator as a reader chose it, but for midpoints that countries have their own of."""
    changes: dict[str, Any] = {}
    if variant.breaks is not None:
        changes = {"scheme": "user_defined", "breaks": variant.breaks}
    elif variant.scheme is not None and variant.scheme != "user_defined":
        changes = {"scheme": variant.scheme, "breaks": None}
    if variant.k is not None:
        changes["k"] = variant.k
    if variant.palette is not None:
        changes["palette"] = variant.palette
    return spec.display.model_copy(update=changes)


def midpoint_of(display: Display, variant: Variant, midpoints: Midpoints, iso3: str) -> float | None:
    """Return the midpoint of a country, or None if it has none."""
    if variant.mid is None:
        return display.midpoint
    if variant.mid == "zero":
        return 0.0
    own = next((of for kind, of in midpoints.items() if kind == variant.mid), {})
    return own.get(iso3) if variant.mid in get_args(OfCountries) else float(variant.mid)


def scales_of(level: str, units: Mapping[str, int], display: Display, variant: Variant) -> tuple[Scale, ...]:
    """Return how the whole region can be classified, the default first.

    Changes are all around the same zero, so that one scale for all comes first.

    Parameters
    ----------
    level : str
    units : mapping of ISO 3166-1 alpha-3 code to int
        Number of units with a figure in any period, of each country that has some.
    display : Display
    variant : Variant
    """
    if level == "ADM0" or len(units) < 2 or max(units.values()) < 2 or display.breaks is not None:
        return ("across",)
    if variant.mid in ("mean", "norm"):
        return ("within",)
    return ("within", "across") if variant.base is None else ("across", "within")


def national_figures(observations: pd.DataFrame, countries: Sequence[str]) -> pd.DataFrame:
    """Return the published figures of whole countries, oldest first; observations of one group of people."""
    is_shown = observations["value"].notna() & (observations["missing_reason"] != "suppressed")
    table = observations[(observations["level"] == "ADM0") & observations["iso3"].isin(list(countries)) & is_shown]
    return table.sort_values("period_end", kind="stable")


def national_means(observations: pd.DataFrame, countries: Sequence[str]) -> dict[str, float]:
    """Return the mean over all periods of each country's published national figures."""
    found = national_figures(observations, countries).groupby("iso3")["value"].mean()
    return {str(iso3): float(value) for iso3, value in found.items()}


def norms_in_force(observations: pd.DataFrame, countries: Sequence[str]) -> dict[str, float]:
    """Return the most recent national figure of an indicator that is a norm, of each country."""
    found = national_figures(observations, countries).drop_duplicates("iso3", keep="last")
    return {str(iso3): float(value) for iso3, value in zip(found["iso3"], found["value"], strict=True)}


def complete(midpoints: Midpoints, countries: Sequence[str]) -> Midpoints:
    """Return the midpoints that every one of the countries has."""
    return {kind: of for kind, of in midpoints.items() if countries and all(iso3 in of for iso3 in countries)}


def fit_classes(
    spec: IndicatorSpec, variant: Variant, midpoints: Midpoints
) -> tuple[Variant, tuple[tuple[str, str], ...]]:
    """Return the variant as far as a layer can be classified so, and the (key, value) pairs that it cannot.

    The scale is never refused: where there is one only, that is used. Nor is a palette that does not hold for the
    number of classes: one that does is drawn in its place.

    Parameters
    ----------
    spec : IndicatorSpec
    variant : Variant
    midpoints : mapping
        The layer's midpoints that countries have their own of.
    """
    spelt = variant.fields()
    refused: set[str] = set()
    if spec.kind == "category":
        refused |= {key for key in _OF_CATEGORIES if key in spelt}
    if spec.display.mark != "fill":
        refused |= {key for key in _OF_FILLS if key in spelt}
    if variant.scheme == "user_defined" and variant.breaks is None:
        refused.add("scheme")
    if variant.palette is not None and variant.palette not in allowed_palettes(spec):
        refused.add("palette")
    most = most_classes(spec)
    if variant.k is not None and variant.k > most:
        refused.add("k")
    if variant.breaks is not None and len(variant.breaks) + 1 > most:
        refused.add("breaks")
    if variant.mid is not None:
        unknown = variant.mid in ("mean", "norm") and variant.mid not in midpoints
        if unknown or spec.sensitivity == "severe" or display_of(spec, variant).scheme not in HAS_SIDES:
            refused.add("mid")
    elif display_of(spec, variant).midpoint is not None and display_of(spec, variant).scheme not in HAS_SIDES:
        refused.add("scheme")
    fields = type(variant).model_fields
    changes = {key: fields[key].default for key in refused}
    return variant.model_copy(update=changes), tuple((key, spelt[key]) for key in sorted(refused & set(spelt)))
