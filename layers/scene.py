"""The scene: a layer in one language, as plain data that both renderers (Python and browser) draw."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from layers.catalog import IndicatorSpec, Text
from layers.choices import allowed_palettes, most_classes
from layers.classify import RAMP_STEPS, Classification, FloatArray, IntArray, WithinCountries
from layers.layer import ELSEWHERE, ESTIMATED, REGION, VALUE, LayerData
from layers.palette import (
    CATEGORY_FILLS,
    GROUND,
    SYMBOL,
    class_colours,
    diverging_colours,
    fitting_palette,
    ramp_colours,
)
from layers.periods import LATEST
from layers.restraint import ACTS
from layers.variant_words import caveats_of, reason_text, sign_text, titled, unit_text
from layers.words import Words, texts_language

SCHEMA = 1
CLASS_DIGITS = "012345678"
NO_CLASS_SIGN = "-"
STEP_SIGNS = "0123456789abcdefghijklmnopqrstuvw"


def value_text(
    words: Words, value: float, decimals: int, sign: str, qualifier: str = "exact", is_change: bool = False
) -> str:
    """Return a figure as readers of the language write it, with its sign of unit and qualifier; a change with + or -.

    A change that rounds to zero has neither.
    """
    number = words.number(value, decimals)
    text = words.with_sign(f"+{number}" if is_change and value > 0.5 * 10**-decimals else number, sign)
    return text if qualifier == "exact" else words(f"qualifier.{qualifier}", v=text)


def range_text(words: Words, low: float | None, high: float | None, qualifier: str) -> str:
    """Return a range of published claims: "500–600", "500 or more", "up to 4,000"; never a midpoint."""
    if low is None:
        return words("qualifier.up_to", v=words.number(high or 0.0, 0))
    bottom = words.number(low, 0)
    if high is None:
        return words("qualifier.or_more", v=bottom)
    text = bottom if low == high else f"{bottom}–{words.number(high, 0)}"
    return words("qualifier.or_more", v=text) if qualifier == "at_least" else text


def withheld_text(spec: IndicatorSpec, words: Words) -> str:
    """Return why figures of an indicator are withheld: one sentence, true of every withheld figure alike.

    It does not tell a small number from one that is withheld because a small one could be worked out from it: who
    knew that the second kind is not small could work out the first.
    """
    if spec.threshold is None:
        return words("state_note.s")
    return words("state_note.s_below", k=words.number(spec.threshold, 0))


def handling_text(spec: IndicatorSpec, words: Words, purpose: str = "") -> str:
    """Return what stands on every view of an indicator above the public tier: tier, purpose, what may be done."""
    parts = [words("handling.tier", tier=words(f"tier.{spec.tier}"))]
    parts += [words("handling.purpose", text=purpose)] if purpose else []
    parts.append(words(f"handling.{spec.tier}"))
    parts += [] if spec.allows("join") else [words("handling.alone")]
    return " ".join(parts)


def figure_text(
    scene: Mapping[str, Any], words: Words, value: float, qualifier: str = "exact", is_change: bool = False
) -> str:
    """Return what a figure of a scene is written as: the name of its category, or the number with its sign of unit."""
    if scene.get("categories"):
        return category_text(scene, value)
    return value_text(words, value, scene["decimals"], scene["sign"], qualifier, is_change)


def category_text(scene: Mapping[str, Any], value: float) -> str:
    """Return the name of the category of a code."""
    return next(str(one["label"]) for one in scene["categories"] if one["code"] == value)


def class_labels(words: Words, found: Classification, decimals: int) -> list[str]:
    """Return the printed range of every class; a class holds its upper bound, not its lower one (but the first).

    Bounds are joined by a dash, and by dots where one is below zero: a dash would look like one more minus.
    """
    edges = [words.number(edge, decimals) for edge in (found.low, *found.bins)]
    if found.k == 1 and edges[0] == edges[1]:
        return [edges[0]]
    joint = " … " if found.low < 0 else "–"
    return [a if a == b else f"{a}{joint}{b}" for a, b in pairwise(edges)]


def build_scene(
    layer: LayerData, words: Words, sources: Mapping[str, Mapping[str, Any]], addresses: Mapping[str, str]
) -> dict[str, Any]:
    """Return the scene of a layer in one language, ready for JSON.

    Parameters
    ----------
    layer : LayerData
        The layer, all periods.
    words : Words
        Language of every text.
    sources : mapping of source_id to mapping
        Title, publisher, url, licence, terms, date_accessed and caveat of each source.
    addresses : mapping of str to str
        Where the browser gets the ``map`` and the ``units`` of the level.
    """
    spec, lang, shown = layer.spec, words.lang, layer.display

    def text(value: Text) -> str:
        return value.in_language(lang)

    is_ranked = spec.allows("rank") and layer.base is None
    scene: dict[str, Any] = {
        "schema": SCHEMA,
        "indicator": spec.id,
        "level": layer.level,
        "levels": list(spec.levels),
        "lang": lang,
        "mark": shown.mark,
        "driver": spec.driver,
        "title": titled(layer, words, text(spec.title)),
        "headline": titled(layer, words, text(spec.headline)),
        "unit": unit_text(layer, words),
        "sign": sign_text(layer, words),
        "decimals": shown.decimals,
        "population": text(spec.population),
        "periodicity": words(f"periodicity.{spec.periodicity}"),
        "caveats": [*(text(c) for c in spec.caveats), *caveats_of(layer, words)],
        "breaks_in_series": _breaks(layer, words),
        "countries": list(layer.covered_countries()),
        "ids": list(layer.shapes.ids),
        "iso3": list(layer.shapes.iso3),
        "sources": [_source(sources[s], s) for s in layer.source_ids],
        "periods": _periods(layer, words),
        "default": layer.default_period,
        "states": ["".join(row) for row in layer.states],
        "flags": ["".join(row) for row in layer.flags],
        "values": _numbers(layer.values),
        "low": _numbers(layer.low) if not np.isnan(layer.low).all() else None,
        "high": _numbers(layer.high) if not np.isnan(layer.high).all() else None,
        "qualifiers": _sparse(layer.qualifiers, "exact"),
        "source": layer.sources.tolist(),
        "own": _own_periods(layer),
        "ranks": layer.ranks.tolist() if is_ranked else None,
        "rank_of": layer.rank_of.tolist() if is_ranked else None,
        "sortable": spec.allows("sort"),
        "allows": [act for act in ACTS if spec.allows(act)],
        "withheld": withheld_text(spec, words),
        "threshold": spec.threshold,
        "notes": {f"{p}:{s}": note[texts_language(lang)] for (p, s), note in layer.notes.items()},
        "national": [dict(row) for row in layer.national],
        "ground": GROUND,
        "hatches": _hatch_names(layer),
        "scopes": {scope: _scope(layer, words, scope) for scope in layer.scopes},
        "classing": _classing(layer),
        **addresses,
    }
    if layer.why:
        scene["why"] = {f"{p}:{s}": reason_text(words, reason) for (p, s), reason in layer.why.items()}
    if layer.unclear is not None and layer.base is not None:
        scene["base"] = {"id": layer.base.id, "label": layer.base.label(lang), "measure": layer.variant.measure}
        scene["bases"] = [{"id": one.id, "label": one.label(lang)} for one in layer.bases]
        scene["unclear"] = ["".join(row) for row in layer.unclear]
    if spec.tier != "public":
        scene["handling"] = handling_text(spec, words)
    if shown.mark == "symbol":
        known = layer.values[~np.isnan(layer.values)]
        top = float(np.abs(known).max()) if known.size else 0.0
        below = bool((known < 0).any())
        scene["symbol"] = {"colour": SYMBOL[shown.palette], "max": top, "negative": below}
    if spec.categories:
        scene["categories"] = [{"code": one.code, "label": text(one.label)} for one in spec.categories]
        scene["ordered"] = spec.ordered
    if shown.mark == "range":
        scene["claims"] = _claims(layer, words)
    return scene


def _breaks(layer: LayerData, words: Words) -> list[dict[str, Any]]:
    """Return the declared breaks, and the changes of boundaries that no declared one stands for."""
    declared: list[dict[str, Any]] = [
        {"iso3": b.iso3, "date": b.date.isoformat(), "day": words.day(b.date), "note": b.note.in_language(words.lang)}
        for b in layer.spec.comparability
    ]
    known = {(b["iso3"], b["date"]) for b in declared}
    changed = [
        {
            "iso3": change.iso3,
            "date": change.date.isoformat(),
            "day": words.day(change.date),
            "note": words("division.changed"),
            "boundaries": True,
        }
        for change in layer.division_changes()
    ]
    further = [b for b in changed if (b["iso3"], b["date"]) not in known]
    return sorted(declared + further, key=lambda b: (b["iso3"], b["date"]))


def _source(source: Mapping[str, Any], source_id: str) -> dict[str, Any]:
    keys = ("title", "publisher", "url", "licence", "terms", "date_accessed", "caveat")
    return {"id": source_id, **{k: source[k] for k in keys if source.get(k)}}


def _own_periods(layer: LayerData) -> list[list[int] | None] | None:
    """Return by period which period each figure is of, where there are any of another one; None if there are none."""
    rows: list[list[int] | None] = [
        row.tolist() if np.isin(row, (-1, index), invert=True).any() else None
        for index, row in enumerate(layer.own_period[: len(layer.periods)])
    ]
    if layer.periods and layer.periods[-1].id == LATEST:
        rows[-1] = layer.own_period[-1].tolist()
    return rows if any(rows) else None


def _periods(layer: LayerData, words: Words) -> list[dict[str, Any]]:
    stops = []
    changed: dict[int, list[str]] = {}
    for change in layer.division_changes():
        changed.setdefault(change.period, []).append(change.iso3)
    for index, stop in enumerate(layer.periods):
        with_value, of = layer.counts(index)
        entry: dict[str, Any] = {"id": stop.id, "sets": dict(stop.sets), "with": with_value, "of": of}
        if stop.period is None:
            entry |= {"label": words("period.latest"), "latest": True}
        else:
            entry |= {
                "label": stop.period.label(words.lang),
                "start": stop.period.start.isoformat(),
                "end": stop.period.end.isoformat(),
                "at": round(stop.period.years, 3),
            }
        if layer.base is not None:
            entry["span"] = words("more_time.span", first=layer.base.label(words.lang), last=entry["label"])
        if index in changed:
            entry["change"] = changed[index]
        stops.append(entry)
    return stops


def _classing(layer: LayerData) -> dict[str, Any] | None:
    """Return how the layer is classified, how its catalog does it, and what a reader may choose.

    None where there is nothing to choose: circles, claims, and categories, which are their own classes.
    """
    if layer.display.mark != "fill" or layer.spec.categories:
        return None
    spec, shown, own, variant = layer.spec, layer.display, layer.spec.display, layer.variant
    return {
        "scheme": shown.scheme,
        "k": shown.k,
        "palette": shown.palette,
        "mid": variant.mid if variant.mid is not None or shown.midpoint is None else f"{shown.midpoint:g}",
        "ramp": variant.ramp,
        "scale": layer.scale,
        "scales": list(layer.scales),
        "midpoints": {} if spec.sensitivity == "severe" else {kind: dict(of) for kind, of in layer.midpoints.items()},
        "palettes": list(allowed_palettes(spec)),
        "most": most_classes(spec),
        "is_own": variant.ramp or (shown.scheme, shown.k, shown.breaks) != (own.scheme, own.k, own.breaks),
        "own": {"scheme": own.scheme, "k": own.k, "palette": own.palette, "breaks": list(own.breaks or ()),
                "mid": None if own.midpoint is None else f"{own.midpoint:g}"},
    }  # fmt: skip


def _paints(layer: LayerData, found: Classification | WithinCountries) -> dict[str, Any]:
    """Return the palette that holds for the classes of a scope, and their colours."""
    if layer.spec.categories and not layer.spec.ordered:
        return {"palette": "categories", "colours": list(CATEGORY_FILLS[: found.k])}
    allowed, wanted = allowed_palettes(layer.spec), layer.display.palette
    palette = fitting_palette(wanted, found.k, found.below, allowed)
    if found.below is None:
        return {"palette": palette, "colours": list(class_colours(palette, found.k))}
    return {"palette": palette, "colours": list(diverging_colours(palette, found.below, found.k - found.below))}


def _digits(rows: IntArray, signs: str) -> list[str]:
    return ["".join(NO_CLASS_SIGN if c < 0 else signs[c] for c in row) for row in rows]


def _scope(layer: LayerData, words: Words, scope: str) -> dict[str, Any]:
    found, classes = layer.scopes[scope]
    decimals = layer.display.decimals
    inside = [i for i, iso3 in enumerate(layer.shapes.iso3) if scope in (REGION, iso3)]
    span = slice(inside[0], inside[-1] + 1)
    told: dict[str, Any] = {
        "from": inside[0],
        **_bounds(words, found, decimals),
        **_paints(layer, found),
        "classes": _digits(classes[:, span], CLASS_DIGITS),
    }
    if layer.variant.ramp:
        told |= _ramp(layer, words, found, span)
    if layer.spec.categories:
        told["labels"] = [one.label.in_language(words.lang) for one in layer.spec.categories]
    return told


def _bounds(words: Words, found: Classification | WithinCountries, decimals: int) -> dict[str, Any]:
    """Return the bounds of the classes; of countries side by side there are none in common, but those of each."""
    if isinstance(found, Classification):
        bounds: dict[str, Any] = {
            "low": found.low, "bins": list(found.bins), "labels": class_labels(words, found, decimals),
        }  # fmt: skip
        return bounds if found.mid is None else bounds | {"mid": found.mid, "below": found.below}
    within = {
        iso3: {**_bounds(words, part, decimals), "slots": list(found.slots(iso3))} for iso3, part in found.parts.items()
    }
    last = found.k - 1
    labels = [words("legend.lowest"), *(str(i + 1) for i in range(1, last)), words("legend.highest")]
    if found.below is not None:
        for place, key in ((found.below - 1, "legend.below_mid"), (found.below, "legend.above_mid")):
            labels[place : place + 1] = [words(key)] if 0 < place < last else labels[place : place + 1]
    return {
        "low": min(part.low for part in found.parts.values()),
        "bins": [],
        "labels": labels if last > 0 else [words("legend.equal")],
        "within": within,
    }


def _ramp(layer: LayerData, words: Words, found: Classification | WithinCountries, span: slice) -> dict[str, Any]:
    """Return the steps of a continuous ramp: their colours, the step of every value, what the legend's bar says."""
    below = None if found.below is None else 1
    palette = fitting_palette(layer.display.palette, 2, below, allowed_palettes(layer.spec))
    shown = {
        "palette": palette,
        "tones": list(ramp_colours(palette, RAMP_STEPS)),
        "shades": _digits(_steps(layer, found)[:, span], STEP_SIGNS),
    }
    if isinstance(found, WithinCountries):
        ends = (0, RAMP_STEPS - 1)
        ticks = [[0.0, words("legend.lowest")], [1.0, words("legend.highest")]]
    else:
        edges = (found.low, found.bins[-1])
        first, last = found.steps(np.asarray(edges))
        ends = (int(first), int(last))
        middle = found.mid if found.mid is not None and edges[0] < found.mid < edges[1] else sum(edges) / 2
        width = edges[1] - edges[0]
        ticks = [
            [round((at - edges[0]) / width, 4) if width else 0.5, words.number(at, layer.display.decimals)]
            for at in dict.fromkeys((edges[0], middle, edges[1]))
        ]
    return shown | {"ends": list(ends), "ticks": ticks}


def _steps(layer: LayerData, found: Classification | WithinCountries) -> IntArray:
    if isinstance(found, Classification):
        return found.steps(layer.values)
    iso3 = np.array(layer.shapes.iso3)
    parts = [part.steps(_of(layer.values, iso3 == country)) for country, part in found.parts.items()]
    return np.max(parts, axis=0)  # type: ignore[no-any-return]


def _of(values: FloatArray, mine: np.ndarray[Any, np.dtype[np.bool_]]) -> FloatArray:
    return np.where(mine, values, np.nan)


def _claims(layer: LayerData, words: Words) -> dict[str, list[dict[str, Any]]]:
    place = {source: i for i, source in enumerate(layer.source_ids)}
    return {
        f"{p}:{s}": [
            {
                "text": range_text(words, claim.low, claim.high, claim.qualifier),
                "note": claim.note[texts_language(words.lang)],
                "source": place[claim.source_id],
            }
            for claim in claims
        ]
        for (p, s), claims in layer.claims.items()
    }


def _numbers(array: np.ndarray[Any, np.dtype[np.float64]]) -> list[list[float | None]]:
    return [[None if np.isnan(v) else float(f"{v:.10g}") for v in row] for row in array]


def _sparse(array: np.ndarray[Any, np.dtype[np.str_]], default: str) -> dict[str, str]:
    return {f"{p}:{s}": str(array[p, s]) for p, s in np.argwhere(array != default)}


def is_inside(scene: Mapping[str, Any], shape: int, scope: str, period: int) -> bool:
    """Whether a shape belongs to the scope, and to the place that is looked into, if any.

    Parameters
    ----------
    scene : mapping
        With `within` if a place is looked into: for every period a text of 1 and 0, one for each shape.
    shape, period : int
    scope : str
        ISO 3166-1 alpha-3 code of a country, or the region.
    """
    if scope not in (REGION, scene["iso3"][shape]):
        return False
    within = scene.get("within")
    return within is None or within[period][shape] == "1"


def fill_of(scene: Mapping[str, Any], period: int, shape: int, scope: str) -> str | None:
    """Return the SVG paint of a shape: a class colour, a pattern, the ground; None if the shape is not drawn.

    With a country as scope, the other countries are ground; so is what lies outside of a place that is looked into.
    The browser's `fillOf` (assets/scene.js) is the same rule;
    a test compares the two for every unit.
    """
    state = scene["states"][period][shape]
    if state == ELSEWHERE:
        return None
    ground = str(scene["ground"])
    if not is_inside(scene, shape, scope, period):
        return ground
    if state != VALUE:
        return f"url(#state-{state})"
    found = scene["scopes"].get(scope)
    if found is None:
        hatches = hatches_of(scene, period, shape).removeprefix("estimated").removeprefix("-")
        return f"url(#{hatches}-ground)" if hatches else ground
    place = int((found.get("shades") or found["classes"])[period][shape - found["from"]], 36)
    hatches = hatches_of(scene, period, shape)
    if hatches:
        return f"url(#{hatches}-{place})"
    return str((found.get("tones") or found["colours"])[place])


def is_estimated(scene: Mapping[str, Any], period: int, shape: int) -> bool:
    """Whether the figure is an estimate or imputed (SDMX E or I)."""
    return bool(scene["flags"][period][shape] == ESTIMATED)


def is_older(scene: Mapping[str, Any], period: int, shape: int) -> bool:
    """Whether the figure is older than the dated period that is shown."""
    return (
        scene["states"][period][shape] == VALUE
        and not scene["periods"][period].get("latest")
        and own_period(scene, period, shape) != period
    )


def is_unclear(scene: Mapping[str, Any], period: int, shape: int) -> bool:
    """Whether a change cannot be told from none: its interval holds zero."""
    return "unclear" in scene and bool(scene["unclear"][period][shape] == "1")


def hatches_of(scene: Mapping[str, Any], period: int, shape: int) -> str:
    """Return the hatches over the colour of a figure, joined as in the ids of patterns; empty for none."""
    tests = (("estimated", is_estimated), ("older", is_older), ("unclear", is_unclear))
    return "-".join(name for name, applies in tests if applies(scene, period, shape))


def _hatch_names(layer: LayerData) -> list[str]:
    further = "unclear" if layer.unclear is not None else "older" if layer.variant.upto else ""
    return ["estimated", further, f"estimated-{further}"] if further else ["estimated"]


def period_text(scene: Mapping[str, Any], period: int, shape: int) -> str:
    """Return the period of a shape's figure; of a change, from when to when it is."""
    stop = scene["periods"][own_period(scene, period, shape)]
    return str(stop.get("span") or stop["label"])


def age_text(scene: Mapping[str, Any], words: Words, period: int, shape: int) -> str:
    """Return how much older than the period shown a figure is; empty if it is of that period."""
    if not is_older(scene, period, shape):
        return ""
    stops, own = scene["periods"], own_period(scene, period, shape)
    years = round(stops[period]["at"] - stops[own]["at"])
    of = period_text(scene, period, shape)
    return words.plural("tip.older", years, period=of) if years else words("tip.older_less", period=of)


def shown_text(scene: Mapping[str, Any], words: Words, period: int, shape: int) -> str:
    """Return what the map says of a shape: its figure, its range of claims, or its state in words."""
    state = scene["states"][period][shape]
    if state != VALUE:
        return words(f"state.{state}")
    qualifier = scene["qualifiers"].get(f"{period}:{shape}", "exact")
    if scene["mark"] == "range":
        low = scene["low"][period][shape] if scene["low"] else None
        return range_text(words, low, scene["high"][period][shape], qualifier)
    return figure_text(scene, words, scene["values"][period][shape], qualifier, "base" in scene)


def own_period(scene: Mapping[str, Any], period: int, shape: int) -> int:
    """Return the index of the period that the shape's figure belongs to: the shown one, or an earlier one."""
    row = scene["own"][period] if scene["own"] else None
    return int(row[shape]) if row and row[shape] >= 0 else period


def period_for(scene: Mapping[str, Any], end: str | None) -> int | None:
    """Return the period of a scene that belongs to a date of the slider: the most recent that ends not later.

    Without a date (the slider stands at "latest") it is the scene's own latest one; None if there is none.
    """
    stops = scene["periods"]
    if not end:
        return len(stops) - 1 if stops else None
    return max((i for i, stop in enumerate(stops) if stop.get("end") and stop["end"] <= end), default=None)


def unit_label(scene: Mapping[str, Any], words: Words, unit: Mapping[str, Any], period: int, shape: int) -> str:
    """Return the accessible name of a shape: unit, country, what the map says of it, the period of the figure."""
    return words(
        "unit.label" if unit["country"] else "unit.label_country",
        name=unit["name"],
        country=unit["country"],
        value=shown_text(scene, words, period, shape),
        period=period_text(scene, period, shape),
    )
