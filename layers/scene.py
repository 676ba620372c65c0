"""The scene: a layer in one language, as plain data that both renderers (Python and browser) draw."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from layers.catalog import IndicatorSpec, Text
from layers.classify import Classification
from layers.layer import ELSEWHERE, ESTIMATED, REGION, VALUE, LayerData
from layers.palette import GROUND, SYMBOL, class_colours, diverging_colours
from layers.periods import LATEST
from layers.restraint import ACTS
from layers.words import Words, texts_language

SCHEMA = 1
CLASS_DIGITS = "012345678"
NO_CLASS_SIGN = "-"


def value_text(words: Words, value: float, decimals: int, sign: str, qualifier: str = "exact") -> str:
    """Return a figure as readers of the language write it, with its sign of unit and its qualifier."""
    text = words.with_sign(words.number(value, decimals), sign)
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


def class_labels(words: Words, found: Classification, decimals: int) -> list[str]:
    """Return the printed range of every class; a class holds its upper bound, not its lower one (but the first)."""
    edges = [words.number(edge, decimals) for edge in (found.low, *found.bins)]
    if found.k == 1 and edges[0] == edges[1]:
        return [edges[0]]
    return [a if a == b else f"{a}–{b}" for a, b in pairwise(edges)]


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
    spec, lang, shown = layer.spec, words.lang, layer.spec.display

    def text(value: Text) -> str:
        return value.in_language(lang)

    has_latest = bool(layer.periods) and layer.periods[-1].id == LATEST
    scene: dict[str, Any] = {
        "schema": SCHEMA,
        "indicator": spec.id,
        "level": layer.level,
        "levels": list(spec.levels),
        "lang": lang,
        "mark": shown.mark,
        "driver": spec.driver,
        "title": text(spec.title),
        "headline": text(spec.headline),
        "unit": text(spec.unit.text),
        "sign": text(spec.unit.sign) if spec.unit.sign else "",
        "decimals": shown.decimals,
        "population": text(spec.population),
        "periodicity": words(f"periodicity.{spec.periodicity}"),
        "caveats": [text(c) for c in spec.caveats],
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
        "own": layer.own_period[-1].tolist() if has_latest else None,
        "ranks": layer.ranks.tolist() if spec.allows("rank") else None,
        "rank_of": layer.rank_of.tolist() if spec.allows("rank") else None,
        "sortable": spec.allows("sort"),
        "allows": [act for act in ACTS if spec.allows(act)],
        "withheld": withheld_text(spec, words),
        "threshold": spec.threshold,
        "notes": {f"{p}:{s}": note[texts_language(lang)] for (p, s), note in layer.notes.items()},
        "national": [dict(row) for row in layer.national],
        "ground": GROUND,
        "scopes": {scope: _scope(layer, words, scope) for scope in layer.scopes},
        **addresses,
    }
    if spec.tier != "public":
        scene["handling"] = handling_text(spec, words)
    if shown.mark == "symbol":
        known = layer.values[~np.isnan(layer.values)]
        top = float(np.abs(known).max()) if known.size else 0.0
        below = bool((known < 0).any())
        scene["symbol"] = {"colour": SYMBOL[shown.palette], "max": top, "negative": below}
    if shown.mark == "range":
        scene["claims"] = _claims(layer, words)
    return scene


def _breaks(layer: LayerData, words: Words) -> list[dict[str, str]]:
    """Return the declared breaks, and the changes of boundaries that no declared one stands for."""
    declared = [
        {"iso3": b.iso3, "date": b.date.isoformat(), "note": b.note.in_language(words.lang)}
        for b in layer.spec.comparability
    ]
    known = {(b["iso3"], b["date"]) for b in declared}
    changed = [
        {"iso3": change.iso3, "date": change.date.isoformat(), "note": words("division.changed")}
        for change in layer.division_changes()
    ]
    further = [b for b in changed if (b["iso3"], b["date"]) not in known]
    return sorted(declared + further, key=lambda b: (b["iso3"], b["date"]))


def _source(source: Mapping[str, Any], source_id: str) -> dict[str, Any]:
    keys = ("title", "publisher", "url", "licence", "terms", "date_accessed", "caveat")
    return {"id": source_id, **{k: source[k] for k in keys if source.get(k)}}


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
        if index in changed:
            entry["change"] = changed[index]
        stops.append(entry)
    return stops


def _colours(palette: str, found: Classification) -> tuple[str, ...]:
    if found.below is None:
        return class_colours(palette, found.k)
    return diverging_colours(palette, found.below, found.k - found.below)


def _scope(layer: LayerData, words: Words, scope: str) -> dict[str, Any]:
    found, classes = layer.scopes[scope]
    inside = [i for i, iso3 in enumerate(layer.shapes.iso3) if scope in (REGION, iso3)]
    first, last = inside[0], inside[-1] + 1
    return {
        "from": first,
        "low": found.low,
        "bins": list(found.bins),
        "labels": class_labels(words, found, layer.spec.display.decimals),
        "colours": list(_colours(layer.spec.display.palette, found)),
        "classes": ["".join(NO_CLASS_SIGN if c < 0 else CLASS_DIGITS[c] for c in row[first:last]) for row in classes],
    }


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


def fill_of(scene: Mapping[str, Any], period: int, shape: int, scope: str) -> str | None:
    """Return the SVG paint of a shape: a class colour, a pattern, the ground; None if the shape is not drawn.

    With a country as scope, the other countries are ground. The browser's `fillOf` (assets/scene.js) is the same rule;
    a test compares the two for every unit.
    """
    state = scene["states"][period][shape]
    if state == ELSEWHERE:
        return None
    ground = str(scene["ground"])
    if scope not in (REGION, scene["iso3"][shape]):
        return ground
    if state != VALUE:
        return f"url(#state-{state})"
    found = scene["scopes"].get(scope)
    if found is None:
        return ground
    digit = found["classes"][period][shape - found["from"]]
    return f"url(#estimated-{digit})" if is_estimated(scene, period, shape) else str(found["colours"][int(digit)])


def is_estimated(scene: Mapping[str, Any], period: int, shape: int) -> bool:
    """Whether the figure is an estimate or imputed (SDMX E or I)."""
    return bool(scene["flags"][period][shape] == ESTIMATED)


def shown_text(scene: Mapping[str, Any], words: Words, period: int, shape: int) -> str:
    """Return what the map says of a shape: its figure, its range of claims, or its state in words."""
    state = scene["states"][period][shape]
    if state != VALUE:
        return words(f"state.{state}")
    qualifier = scene["qualifiers"].get(f"{period}:{shape}", "exact")
    if scene["mark"] == "range":
        low = scene["low"][period][shape] if scene["low"] else None
        return range_text(words, low, scene["high"][period][shape], qualifier)
    return value_text(words, scene["values"][period][shape], scene["decimals"], scene["sign"], qualifier)


def own_period(scene: Mapping[str, Any], period: int, shape: int) -> int:
    """Return the index of the period that the shape's figure belongs to (the shown one, but for "latest")."""
    if scene["periods"][period].get("latest") and scene["own"][shape] >= 0:
        return int(scene["own"][shape])
    return period


def unit_label(scene: Mapping[str, Any], words: Words, unit: Mapping[str, Any], period: int, shape: int) -> str:
    """Return the accessible name of a shape: unit, country, what the map says of it, the period of the figure."""
    return words(
        "unit.label" if unit["country"] else "unit.label_country",
        name=unit["name"],
        country=unit["country"],
        value=shown_text(scene, words, period, shape),
        period=scene["periods"][own_period(scene, period, shape)]["label"],
    )
