"""Pieces of the page around the map (headline, legend, time, sources), written once in templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard.auth.access import current_access
from dashboard.export.marks import BANDS, DASHES, inset
from dashboard.export.svg import SECOND_PATTERNS
from layers.bivariate import COLOURS, MARKS, SIDE, Pair, cell_texts, pair_headline, period_text, side_parts, side_texts
from layers.palette import STROKE
from layers.scene import is_estimated, is_inside, is_older, is_unclear
from layers.states import ELSEWHERE, ESTIMATED, EXTRAS, OLDER, REGION, STATES, SUPPRESSED, UNCLEAR, VALUE
from layers.words import Words, languages, load_words

_FOLDER = Path(__file__).parent / "templates"
_TRACK = 1000
_LETTER = 13
_LATEST_GAP = 90
EXTRA_TESTS = ((ESTIMATED, is_estimated), (OLDER, is_older), (UNCLEAR, is_unclear))
"""Legend entries that a figure may have beside its class, and what decides it."""


@lru_cache(maxsize=1)
def language_choice() -> tuple[dict[str, Any], ...]:
    """Return what a reader chooses a language from: code, own name, whether the catalogue is a draft."""
    return tuple(
        {"code": lang, "name": load_words(lang)("lang.name"), "is_draft": load_words(lang).is_draft}
        for lang in languages()
    )


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates; everything that they print is escaped, and an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["access"] = current_access
    made.globals["languages"] = language_choice
    return made


def slider_positions(scene: Mapping[str, Any]) -> list[int]:
    """Return where each period stands on a track of 0 to 1000.

    In proportion to time, but never so close that two stops cannot be told apart; "latest" stands apart at the end.
    """
    periods = scene["periods"]
    dated = [p["at"] for p in periods if "at" in p]
    if not dated:
        return [_TRACK for _ in periods]
    if len(periods) == 1:
        return [_TRACK // 2]
    end = _TRACK - (_LATEST_GAP if len(dated) < len(periods) else 0)
    span = dated[-1] - dated[0]
    places = [0.0 if not span else (at - dated[0]) / span * end for at in dated]
    least = min(30.0, end / max(len(dated) - 1, 1))
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + least)
    over = places[-1] / end if places[-1] > end else 1.0
    positions = [round(p / over) for p in places]
    return positions + [_TRACK] * (len(periods) - len(dated))


def labelled_stops(scene: Mapping[str, Any], positions: list[int]) -> set[int]:
    """Return the periods whose label has room under the track: the last, the first, then from the right."""
    labels = [p["label"] for p in scene["periods"]]
    chosen: list[int] = []

    def half(i: int) -> float:
        return len(labels[i]) * _LETTER / 2 + 4

    for i in (len(labels) - 1, 0, *reversed(range(1, len(labels) - 1))):
        if all(abs(positions[i] - positions[j]) >= half(i) + half(j) for j in chosen) and i not in chosen:
            chosen.append(i)
    return set(chosen)


def _nice(value: float) -> float:
    scale = 10.0 ** (len(str(int(value))) - 1)
    return next((step * scale for step in (10, 5, 2, 1) if step * scale <= value), value)


def _symbol_steps(scene: Mapping[str, Any]) -> list[dict[str, float]]:
    top = scene["symbol"]["max"]
    if top <= 0:
        return []
    least = scene.get("threshold") or 0  # no circle stands for fewer: those are withheld
    steps = dict.fromkeys(n for n in (_nice(v) if v >= 1 else v for v in (top, top / 4, top / 20)) if n >= least)
    return [{"value": v, "share": (v / top) ** 0.5} for v in steps]


def legend_counts(scene: Mapping[str, Any], period: int, scope: str) -> dict[str, int]:
    """Return the number of units of every legend entry: class digits, state signs, ``v`` for all with a figure."""
    counts: dict[str, int] = {}
    found = scene["scopes"].get(scope)
    for index, state in enumerate(scene["states"][period]):
        if state == ELSEWHERE or not is_inside(scene, index, scope, period):
            continue
        entries = [state]
        if state == VALUE and found:
            entries.append(found["classes"][period][index - found["from"]])
        if state == VALUE:
            entries += [entry for entry, applies in EXTRA_TESTS if applies(scene, period, index)]
        for entry in entries:
            counts[entry] = counts.get(entry, 0) + 1
    return counts


def source_text(scene: Mapping[str, Any], words: Words, period: int, scope: str) -> str:
    """Return the source line of a period: the most used source of the scope, and how many more."""
    used = Counter(
        source
        for index, source in enumerate(scene["source"][period])
        if source >= 0 and is_inside(scene, index, scope, period)
    )
    if not used:
        return "–"
    first = max(used, key=lambda i: (used[i], -i))
    source = scene["sources"][first]
    text = f"{source['publisher']}: {source['title']}"
    more = len(used) - 1
    return f"{text}, {words.plural('foot.sources_more', more)}" if more else text


def fallback_text(scene: Mapping[str, Any], words: Words, level: str, levels: Sequence[str]) -> str:
    """Return which level stands for one without figures inside a level above; empty if the level below it is shown."""
    below, shown = f"ADM{int(level[-1]) + 1}", scene["level"]
    if not levels:
        return words("head.inside_none")
    if below in levels or shown > level:
        return ""
    return f"{words(f'head.no_{below}')}; {words(f'head.shown_{shown}')}."


def inside_text(scene: Mapping[str, Any], words: Words, country: str, period: int) -> str:
    """Return what place is looked into, whose scale the colours have, and what stands for what is not there.

    The browser's `insideText` (assets/scene.js) is the same rule; a test compares the two.
    """
    place = scene["place"]
    boundaries = scene["periods"][period]["sets"].get(place["iso3"], "")
    is_there = place["id"] in place["inside"].get(place["level"], {}).get(boundaries, ())
    parts = (
        f"{words('head.scope_inside', place=place['name'], country=country)}.",
        fallback_text(scene, words, place["level"], place["levels"].get(scene["indicator"], ())),
        "" if is_there else words("head.inside_other", place=place["name"]),
    )
    return " ".join(part for part in parts if part)


def _state_entries(scene: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the legend entries beside the classes that a scene may have."""
    hatches = dict(zip(("estimated", "older", "unclear"), EXTRAS, strict=True))
    return (*STATES, *(entry for name, entry in hatches.items() if name in scene["hatches"]))


def _within(found: Mapping[str, Any] | None, names: Mapping[str, str]) -> dict[str, Any]:
    """Return, for classes within countries, the ranges of every class and of every country, by name."""
    parts = (found or {}).get("within") or {}
    ranges: dict[int, list[str]] = {}
    for iso3, part in parts.items():
        for slot, label in zip(part["slots"], part["labels"], strict=True):
            ranges.setdefault(slot, []).append(f"{names.get(iso3, iso3)}: {label}")
    return {
        "ranges": {slot: "; ".join(told) for slot, told in ranges.items()},
        "countries": [(names.get(iso3, iso3), part["labels"]) for iso3, part in parts.items()],
    }


def pair_source_text(pair: Pair, words: Words, period: int, scope: str) -> str:
    """Return the source line of a period of two layers: that of the first, then that of the second."""
    first = source_text(pair.base, words, period, scope)
    other = pair.other(period)
    second = "–" if other is None else source_text(pair.second, words, other, scope)
    return first if second in ("–", first) else f"{first}; {second}"


def _now(
    scene: Mapping[str, Any], words: Words, period: int, scope: str, names: Mapping[str, str], pair: Pair | None
) -> dict[str, Any]:
    counts = pair.counts(period, scope) if pair else legend_counts(scene, period, scope)
    on_map = sum(counts.get(state, 0) for state in (VALUE, *STATES))
    country = names.get(scope, scope)
    if scope != REGION and scope not in scene["countries"]:
        covered = ", ".join(names.get(c, c) for c in scene["countries"])
        scale = words("head.uncovered", country=country, list=covered)
    elif scene["mark"] == "range":
        scale = words("head.claims")
    elif scene.get("place"):
        scale = inside_text(scene, words, country, period)
    elif scene.get("categories"):
        scale = words("head.categories")
    elif scope != REGION:
        scale = words("head.scope_country", country=country)
    elif scene["scopes"].get(scope, {}).get("within"):
        scale = words("head.scope_within")
    else:
        scale = f"{words('head.scope_region')}. {words('head.comparability')}"
    stop = scene["periods"][period]
    told = {"with": words.number(counts.get(VALUE, 0), 0), "of": words.number(on_map, 0)}
    has_classes = bool(scene["scopes"]) and not (scene["classing"] or {}).get("ramp")
    withheld = counts.get(SUPPRESSED, 0)
    return {
        "period": words("period.latest_long") if stop.get("latest") else stop.get("span", stop["label"]),
        "coverage": words("head.coverage_withheld", **told, withheld=words.number(withheld, 0))
        if withheld
        else words("head.coverage", **told),
        "scope": scale,
        "sources": pair_source_text(pair, words, period, scope) if pair else source_text(scene, words, period, scope),
        "second": period_text(pair, words, period) if pair else "",
        "counts": counts,
        "most": max((n for e, n in counts.items() if e != VALUE or not has_classes), default=1),
        "position": period,
    }


def joined_scene(pair: Pair, words: Words) -> dict[str, Any]:
    """Return the open scene with what the page says of both layers: headline, caveats, how they are handled."""
    base, second = pair.base, pair.second
    joined = {**base, "headline": pair_headline(pair, words)}
    joined["caveats"] = list(dict.fromkeys([*base["caveats"], *second["caveats"]]))
    handling = dict.fromkeys(one["handling"] for one in (base, second) if one.get("handling"))
    if handling:
        joined["handling"] = " ".join(handling)
    return joined


def _square(pair: Pair, scope: str, render: Callable[..., str]) -> str:
    """Return the legend of two layers in one colour each: a square of cells, the second layer rising upwards."""
    words = load_words(pair.base["lang"])
    texts = cell_texts(pair, words, scope)
    columns, rows = (side_parts(one, words, scope) for one in (pair.first, pair.second))
    cells = list(zip(range(SIDE * SIDE), COLOURS, texts, strict=True))
    return render(
        "bivariate",
        pair=pair,
        square=[cells[SIDE * row : SIDE * row + SIDE] for row in (2, 1, 0)],
        columns=columns,
        rows=rows[::-1],
        states=STATES,
    )


def pair_data(pair: Pair, words: Words, left: str = "") -> dict[str, Any]:
    """Return what the browser needs to show two layers on one map, beside the scene that is open.

    `left` is what of the question was left out, in one line.
    """
    html = render_fragments(pair.base, words, pair=pair)
    joined = joined_scene(pair, words)

    def data(scene: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in scene.items() if key != "html"}

    return {
        "fill": pair.fill,
        "left": left,
        "first": data(pair.first) if pair.fill == "bivariate" else None,
        "second": data(pair.second),
        "headline": joined["headline"],
        "handling": joined.get("handling", ""),
        "legend": html["legend"],
        "foot": html["foot"],
    }


def render_fragments(
    scene: Mapping[str, Any],
    words: Words,
    period: int | None = None,
    scope: str = REGION,
    names: Mapping[str, str] | None = None,
    pair: Pair | None = None,
) -> dict[str, Any]:
    """Return the pieces of the page that belong to a scene, or to two layers on one map.

    Without a period, what depends on it is left for the browser to fill in (assets/main.js).

    Returns
    -------
    dict
        ``head``, ``time``, ``foot``: HTML; ``legend``: mapping of scope to HTML; ``positions``: stops of the track.
    """
    templates = environment()
    scene = scene if pair is None else joined_scene(pair, words)
    positions = slider_positions(scene)
    now = None if period is None or not scene["periods"] else _now(scene, words, period, scope, names or {}, pair)
    common = {"scene": scene, "w": words, "positions": positions, "now": now}
    symbols = _symbol_steps(scene) if scene["mark"] == "symbol" else []

    def render(name: str, **more: Any) -> str:
        return templates.get_template(f"{name}.html.j2").render(common | more)

    countries = scene["countries"] if pair is None else dict.fromkeys(scene["iso3"])

    def legend(of: str) -> str:
        if pair is not None and pair.fill == "bivariate":
            return _square(pair, of, render)
        told = _within(scene["scopes"].get(of), names or {})
        plain = render(
            "legend", found=scene["scopes"].get(of), states=_state_entries(scene), symbols=symbols, within=told
        )
        if pair is None:
            return plain
        parts = list(zip(MARKS, side_texts(pair.second, words, of), strict=True))
        looks = {"insets": {mark: inset(mark) for mark in BANDS}, "bands": BANDS, "dashes": DASHES, "ink": STROKE}
        return plain + render("second", pair=pair, parts=parts[::-1], hatches=SECOND_PATTERNS, **looks)

    return {
        "head": render("head"),
        "time": render("time", labelled=labelled_stops(scene, positions)),
        "foot": render("foot"),
        "legend": {of: legend(of) for of in ([scope] if now else [REGION, *countries])},
        "positions": positions,
    }
