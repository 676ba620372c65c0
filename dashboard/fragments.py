"""Pieces of the page around the map (headline, legend, time, sources), written once in templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard.auth.access import current_access
from layers.layer import ELSEWHERE, ESTIMATED, REGION, STATES, SUPPRESSED, VALUE
from layers.scene import is_estimated
from layers.words import Words, languages, load_words

_FOLDER = Path(__file__).parent / "templates"
_TRACK = 1000
_LETTER = 13
_LATEST_GAP = 90


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
        if state == ELSEWHERE or scope not in (REGION, scene["iso3"][index]):
            continue
        entries = [state]
        if state == VALUE and found:
            entries.append(found["classes"][period][index - found["from"]])
        if state == VALUE and is_estimated(scene, period, index):
            entries.append(ESTIMATED)
        for entry in entries:
            counts[entry] = counts.get(entry, 0) + 1
    return counts


def source_text(scene: Mapping[str, Any], words: Words, period: int, scope: str) -> str:
    """Return the source line of a period: the most used source of the scope, and how many more."""
    used = Counter(
        source
        for source, iso3 in zip(scene["source"][period], scene["iso3"], strict=True)
        if source >= 0 and scope in (REGION, iso3)
    )
    if not used:
        return "–"
    first = max(used, key=lambda i: (used[i], -i))
    source = scene["sources"][first]
    text = f"{source['publisher']}: {source['title']}"
    more = len(used) - 1
    return f"{text}, {words.plural('foot.sources_more', more)}" if more else text


def _now(scene: Mapping[str, Any], words: Words, period: int, scope: str, names: Mapping[str, str]) -> dict[str, Any]:
    counts = legend_counts(scene, period, scope)
    on_map = sum(counts.get(state, 0) for state in (VALUE, *STATES))
    country = names.get(scope, scope)
    if scope != REGION and scope not in scene["countries"]:
        covered = ", ".join(names.get(c, c) for c in scene["countries"])
        scale = words("head.uncovered", country=country, list=covered)
    elif scene["mark"] == "range":
        scale = words("head.claims")
    elif scope != REGION:
        scale = words("head.scope_country", country=country)
    else:
        scale = f"{words('head.scope_region')}. {words('head.comparability')}"
    stop = scene["periods"][period]
    told = {"with": words.number(counts.get(VALUE, 0), 0), "of": words.number(on_map, 0)}
    withheld = counts.get(SUPPRESSED, 0)
    return {
        "period": words("period.latest_long") if stop.get("latest") else stop["label"],
        "coverage": words("head.coverage_withheld", **told, withheld=words.number(withheld, 0))
        if withheld
        else words("head.coverage", **told),
        "scope": scale,
        "sources": source_text(scene, words, period, scope),
        "counts": counts,
        "most": max((n for e, n in counts.items() if e != VALUE or not scene["scopes"]), default=1),
        "position": period,
    }


def render_fragments(
    scene: Mapping[str, Any],
    words: Words,
    period: int | None = None,
    scope: str = REGION,
    names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the pieces of the page that belong to a scene.

    Without a period, what depends on it is left for the browser to fill in (assets/main.js).

    Returns
    -------
    dict
        ``head``, ``time``, ``foot``: HTML; ``legend``: mapping of scope to HTML; ``positions``: stops of the track.
    """
    templates = environment()
    positions = slider_positions(scene)
    now = None if period is None or not scene["periods"] else _now(scene, words, period, scope, names or {})
    common = {"scene": scene, "w": words, "positions": positions, "now": now}
    symbols = _symbol_steps(scene) if scene["mark"] == "symbol" else []

    def render(name: str, **more: Any) -> str:
        return templates.get_template(f"{name}.html.j2").render(common | more)

    def legend(of: str) -> str:
        return render("legend", found=scene["scopes"].get(of), states=STATES, symbols=symbols)

    return {
        "head": render("head"),
        "time": render("time", labelled=labelled_stops(scene, positions)),
        "foot": render("foot"),
        "legend": {of: legend(of) for of in ([scope] if now else [REGION, *scene["countries"]])},
        "positions": positions,
    }
