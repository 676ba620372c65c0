"""The scene as SVG, drawn in Python: the first paint of the page, and what is embedded or exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import sqrt
from typing import Any

from dashboard.export.marks import draw_marks
from layers.bivariate import COLOURS, Pair, pair_headline, second_text
from layers.layer import REGION
from layers.palette import GROUND, STROKE
from layers.scene import fill_of, is_inside, shown_text, unit_label
from layers.words import Words

HATCH = "#4d5b6a"
"""Colour of hatch lines; at least 3:1 against the paper under them."""

_STATE_PATTERNS = {
    "n": f'<path d="M-2 10L10-2M6 18L18 6M-2 26L26-2M14 26L26 14" stroke="{HATCH}" stroke-width="1"/>',
    "a": f'<circle cx="6" cy="6" r="1.5" fill="{HATCH}"/><circle cx="18" cy="18" r="1.5" fill="{HATCH}"/>',
    "x": f'<path d="M0 6H24M0 18H24" stroke="{HATCH}" stroke-width="1"/>',
    "s": f'<path d="M0 0L24 24M24 0L0 24M12-12L36 12M-12 12L12 36M12 36L36 12M-12 12L12-12" stroke="{HATCH}" '
    'stroke-width="1.2"/>',
}
_HATCHES = {"estimated": "M-2 26L26-2", "older": "M6 2V10M18 14V22", "unclear": "M3 14q4.5-6 9 0t9 0"}
"""Hatches over the colour of a class; assets/map.js draws the same."""
_PATTERN_SCALE = 0.5


def _hatch(names: str) -> str:
    """Return the drawing of one or several hatches, joined as in the id of the pattern."""
    return "".join(
        f'<path d="{_HATCHES[name]}" fill="none" stroke="{STROKE}" stroke-width="{1.4 if name == "estimated" else 2}"/>'
        for name in names.split("-")
    )


SECOND_PATTERNS = {
    "m": f'<path d="M-6-6L30 30" stroke="{STROKE}" stroke-width="1.4"/>',
    "t": f'<path d="M-6-6L30 30M-6 6L18 30M6-6L30 18" stroke="{STROKE}" stroke-width="2.6"/>',
    "w": f'<circle cx="12" cy="12" r="3.4" fill="#fff" stroke="{STROKE}" stroke-width="1.6"/>',
}
"""Legend of a second layer's hatch: middle and top third, and a place without a figure (dashboard/export/marks.py)."""


def pattern_definitions(
    scene: Mapping[str, Any], words: Words, scope: str, units_per_pixel: float, pair: Pair | None = None
) -> str:
    """Return the `<defs>` with the hatch of every state and of every estimated class.

    Parameters
    ----------
    scene : mapping
        The scene.
    words : Words
        The language of the watermark.
    scope : str
        Whose class colours the estimated classes have.
    units_per_pixel : float
        Map units in a pixel, so that hatches keep their size on the screen at any zoom.
    pair : Pair, optional
        Two layers on one map: in one square of colours, with the estimated cells.
    """
    scale = f"{units_per_pixel * _PATTERN_SCALE:.3f}"
    frame = f'width="24" height="24" patternUnits="userSpaceOnUse" patternTransform="scale({scale})"'
    patterns = [
        f'<pattern id="state-{state}" {frame}><rect width="24" height="24" fill="#fff"/>{drawing}</pattern>'
        for state, drawing in _STATE_PATTERNS.items()
    ]
    found = scene["scopes"].get(scope) or scene["scopes"].get(REGION) or {"colours": []}
    patterns += [
        f'<pattern id="{hatch}-{i}" {frame}><rect width="24" height="24" fill="{colour}"/>{_hatch(hatch)}</pattern>'
        for hatch in scene["hatches"]
        for i, colour in [*enumerate(found.get("tones") or found["colours"]), ("ground", GROUND)]
        if i != "ground" or "estimated" not in hatch
    ]
    if pair is not None and pair.fill == "bivariate":
        patterns += [
            f'<pattern id="both-{i}" {frame}><rect width="24" height="24" fill="{colour}"/>'
            f'<path d="M-2 26L26-2" stroke="{STROKE}" stroke-width="1.4"/></pattern>'
            for i, colour in enumerate(COLOURS)
        ]
    if scene.get("synthetic"):
        text = escape(words("notice.synthetic"))
        patterns.append(
            f'<pattern id="watermark" width="{34 * len(text) + 60}" height="260" patternUnits="userSpaceOnUse" '
            f'patternTransform="scale({scale})"><text x="20" y="210" transform="rotate(-14 20 210)" font-size="44" '
            f'font-weight="700" fill="{STROKE}" fill-opacity=".17">{text}</text></pattern>'
        )
    return f'<defs id="patterns">{"".join(patterns)}</defs>'


def swatch_definitions() -> str:
    """Return a drawing without size that holds the hatches of the legend, at the size of the screen."""
    frame = f'width="24" height="24" patternUnits="userSpaceOnUse" patternTransform="scale({_PATTERN_SCALE})"'
    paper = '<rect width="24" height="24" fill="#fff"/>'
    hatches = {**_STATE_PATTERNS, "e": _hatch("estimated"), "o": _hatch("older"), "z": _hatch("unclear")}
    patterns = (
        f'<pattern id="swatch-{state}" {frame}>{paper}{drawing}</pattern>' for state, drawing in hatches.items()
    )
    return f'<svg class="sr" aria-hidden="true"><defs>{"".join(patterns)}</defs></svg>'


def _attributes(**values: object) -> str:
    return "".join(f' {k.replace("_", "-")}="{escape(str(v))}"' for k, v in values.items() if v is not None)


def _shape(
    index: int, shape: Mapping[str, Any], fill: str | None, label: str | None, selected: bool, outside: bool
) -> str:
    classes = [name for name, applies in (("marker", shape["marker"]), ("outside", outside)) if applies]
    common = _attributes(
        id=f"u{index}",
        fill=fill or GROUND,
        role="option",
        aria_selected="true" if selected else "false",
        tabindex="-1",
        aria_label=label,
        display="none" if fill is None else None,
        **({"class": " ".join(classes)} if classes else {}),
    )
    if shape["marker"]:
        return f'<circle cx="{shape["x"]}" cy="{shape["y"]}"{common}/>'
    return f'<path d="{shape["d"]}"{common}/>'


def symbol_share(value: float, top: float) -> float:
    """Return the radius of a proportional symbol as a share of the largest: areas are in proportion to numbers."""
    return sqrt(abs(value) / top) if top else 0.0


def _symbols(scene: Mapping[str, Any], shapes: Sequence[Mapping[str, Any]], period: int, scope: str) -> str:
    if scene["mark"] != "symbol":
        return ""
    marks = []
    values, top, colour = scene["values"][period], scene["symbol"]["max"], scene["symbol"]["colour"]
    for index in sorted(range(len(shapes)), key=lambda i: -abs(values[i] or 0)):
        value = values[index]
        if value is None or scene["states"][period][index] != "v" or not is_inside(scene, index, scope, period):
            continue
        shape, below = shapes[index], value < 0
        marks.append(
            f'<circle cx="{shape["x"]}" cy="{shape["y"]}" style="--k:{symbol_share(value, top):.4f}" '
            f'fill="{"#fff" if below else colour}" data-unit="{index}"/>'
        )
    return "".join(marks)


def _texts(
    scene: Mapping[str, Any],
    words: Words,
    map_json: Mapping[str, Any],
    names: Mapping[str, str],
    period: int,
    share: float,
) -> str:
    shapes = map_json["shapes"]
    faint = _faint(share, "fill", "stroke")
    written = []
    if scene["mark"] == "range":
        for index, shape in enumerate(shapes):
            if scene["states"][period][index] == "v":
                text = escape(shown_text(scene, words, period, index))
                at = f'x="{shape["x"]}" y="{shape["y"]}"'
                written.append(f'<text {at} class="figure" dy="1.15em"{faint}>{text}</text>')
    for country in map_json["countries"]:
        name = escape(names.get(country["iso3"], country["iso3"]))
        written.append(f'<text x="{country["x"]}" y="{country["y"]}" class="country">{name}</text>')
    return "".join(written)


def _watermark(scene: Mapping[str, Any], width: float, height: float) -> str:
    """Return what says over the whole drawing, at any zoom, that the data are invented."""
    if not scene.get("synthetic"):
        return ""
    box = f'x="{-width}" y="{-height}" width="{3 * width}" height="{3 * height}"'
    return f'<rect id="watermark-sheet" {box} fill="url(#watermark)" pointer-events="none"/>'


def _faint(share: float, *parts: str) -> str:
    """Return the attributes of what is not drawn in full; the opacity of a group itself would cost a layer."""
    return "" if share == 1 else _attributes(**{f"{part}_opacity": f"{share:g}" for part in parts})


def render_map(
    scene: Mapping[str, Any],
    words: Words,
    map_json: Mapping[str, Any],
    units: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    period: int,
    scope: str = REGION,
    unit: str | None = None,
    box: tuple[float, float, float, float] | None = None,
    second: Pair | None = None,
    shares: tuple[float, float] = (1.0, 1.0),
) -> str:
    """Return the map of a scene at a period as one `<svg>` element.

    The browser takes this element over as it is and only changes fills, labels and the view box (assets/map.js).

    Parameters
    ----------
    scene : mapping
        The scene (`layers.scene.build_scene`).
    words : Words
        The scene's language.
    map_json : mapping
        The published map of the scene's level; its shapes are in the scene's order.
    units : sequence of mapping
        What readers see of each shape (`dashboard.services.Services.units`).
    names : mapping of ISO 3166-1 alpha-3 code to str
        Names of the countries in the language.
    period : int
        Index of the period.
    scope : str
        ISO 3166-1 alpha-3 code of the country in focus, or the region.
    unit : str, optional
        The unit selected.
    box : tuple of float, optional
        View box; the whole map if not given.
    second : Pair, optional
        The scene and another layer over it, or beside it in the colours of the square.
    shares : tuple of float
        How much of their full colour the layer and the second one have; 0 leaves borders and names alone.
    """
    width, height = map_json["width"], map_json["height"]
    x, y, w, h = box or (0.0, 0.0, float(width), float(height))
    shapes = map_json["shapes"]
    drawn = []
    for i, shape in enumerate(shapes):
        in_square = second is not None and second.fill == "bivariate"
        fill = second.paint(period, i, scope) if second and in_square else fill_of(scene, period, i, scope)
        label = None if fill is None else unit_label(scene, words, units[i], period, i)
        if second and label is not None:
            label = words("stack.label", label=label, second=second_text(second, words, period, i))
        drawn.append(_shape(i, shape, fill, label, shape["id"] == unit, not is_inside(scene, i, scope, period)))
    outlines = "".join(f'<path d="{c["d"]}" data-iso3="{c["iso3"]}"/>' for c in map_json["countries"])
    marks = draw_marks(second, shapes, period, scope, (x, y, w, h), w / 1100) if second else ""
    base, over = shares
    headline = pair_headline(second, words) if second else scene["headline"]
    label = escape(words("map.label", headline=headline))
    return (
        f'<svg id="map" xmlns="http://www.w3.org/2000/svg" viewBox="{x:.0f} {y:.0f} {w:.0f} {h:.0f}" '
        f'data-map="{escape(scene["map"])}" style="--u:{w / 1100:.3f}" preserveAspectRatio="xMidYMid meet">'
        f"{pattern_definitions(scene, words, scope, w / 1100, second)}"
        f'<g id="shapes" role="listbox" aria-label="{label}" stroke="{STROKE}"{_faint(base, "fill")}>'
        f"{''.join(drawn)}</g>"
        f'<g id="second" pointer-events="none"{_faint(over, "fill", "stroke")}>{marks}</g>'
        f'<g id="outlines" fill="none" stroke="{STROKE}">{outlines}</g>'
        f'<g id="symbols" stroke="{STROKE}"{_faint(base, "fill", "stroke")}>'
        f"{_symbols(scene, shapes, period, scope)}</g>"
        f'<g id="texts">{_texts(scene, words, map_json, names, period, base)}</g>'
        f'<g id="marks" fill="none"></g>{_watermark(scene, width, height)}</svg>'
    )
