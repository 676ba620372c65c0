"""What an address shows over the fills, as SVG drawn in Python: for exports and embeds.

By the rules of `layers.overlays`, which the browser has, too (assets/late/overlay_rules.js). Lengths of the screen are
multiplied by `units`, the map units per pixel, so that the drawing needs no style sheet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from dashboard.errors import UnknownAddressError
from dashboard.view_state import FILL
from layers.overlays import (
    FLOW_COUNTS,
    FLOW_SIDES,
    TYPOLOGIES,
    Box,
    edge_labels,
    flow_path,
    flow_top,
    flow_width,
    flows_shown,
    outline_of,
    place_labels,
    programmes_of,
    slug,
    split_id,
    symbols_of,
    typology_of,
    year_of,
)
from layers.palette import STROKE
from layers.scene import fill_of, is_inside, period_for
from layers.words import load_words

if TYPE_CHECKING:
    from dashboard.services import Services

REFERENCES = ("neighbours", "lakes", "capitals", "labels", "graticule", "scale")
ON = ("neighbours", "lakes", "capitals", "scale")
_TINTS = ("#ffffff", "#fff1b8", "#ffd9e8")
_SIGNS = {
    "s": "M-4 -4H4V4H-4ZM-4 -4L4 4M4 -4L-4 4",
    "n": "M-3.5 -3.5L3.5 3.5M3.5 -3.5L-3.5 3.5",
    "a": "M-4 0H-2.5M-.75 0H.75M2.5 0H4",
}
_DASHES = {"urban": (5, ""), "border": (5, "12 5"), "peripheral": (5, "2.5 5"), "rural": (2, "")}
_RADIUS = 34.0
_LETTER = 0.56
"""Width of a letter as a share of its height: Python cannot measure the reader's font."""
_RANKS = {"capital": 900, "neighbour": 800, "city": 600, "town": 300, "lake": 400, "unit": 100}
_SIZES = {"neighbour": 12.0}


@dataclass(frozen=True)
class Drawn:
    """The parts of a drawing by where they belong.

    Attributes
    ----------
    under : str
        Beneath the units.
    over : str
        Above the outlines, below the symbols of the layer itself.
    top : str
        Above the names of countries.
    sources : tuple of str
        Source lines of what is drawn.
    """

    under: str = ""
    over: str = ""
    top: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look:
    """What a map shows, as far as overlays depend on it.

    Attributes
    ----------
    scene : mapping
    period : int
    scope : str
    unit : str or None
        The place selected.
    units : float
        Map units per pixel.
    box : tuple of float
        What is shown, in map units.
    """

    scene: Mapping[str, Any]
    period: int
    scope: str
    unit: str | None
    units: float
    box: Box

    @property
    def end(self) -> str | None:
        """Last day of the period; None at "latest"."""
        found: str | None = self.scene["periods"][self.period].get("end")
        return found

    @property
    def last_day(self) -> str | None:
        """Last day of the period; at "latest" that of the last one."""
        return self.end or max((stop["end"] for stop in self.scene["periods"] if stop.get("end")), default=None)


def _halo(d: str, units: float, width: float, dash: str = "", clip: str = "") -> str:
    dashes = f' stroke-dasharray="{" ".join(f"{float(n) * units:.1f}" for n in dash.split())}"' if dash else ""
    return (
        f'<g fill="none" stroke-linejoin="round"{clip}>'
        f'<path d="{d}" stroke="#fff" stroke-width="{(width + 4) * units:.1f}"/>'
        f'<path d="{d}" stroke="{STROKE}" stroke-width="{width * units:.1f}"{dashes}/></g>'
    )


def _text(x: float, y: float, text: str, look: Look, size: float = 11.0, more: str = "") -> str:
    halo = f'paint-order="stroke" stroke="#fff" stroke-width="{3 * look.units:.1f}"'
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" dy=".35em" text-anchor="middle" font-size="{size * look.units:.1f}" {halo} '
        f'fill="{STROKE}"{more}>{escape(text)}</text>'
    )


def _allows(services: Services, name: str, look: Look) -> bool:
    return services.spec(name).allows("join") and services.spec(look.scene["indicator"]).allows("join")


def _symbols(services: Services, name: str, look: Look, lang: str, tint: str) -> tuple[str, str]:
    levels = services.levels(name)
    here = str(look.scene["level"])
    if not _allows(services, name, look):
        return "", ""
    level = here if here in levels else max((one for one in levels if one < here), default=min(levels))
    scene = services.scene(name, level, lang)
    if scene["mark"] != "symbol":
        raise UnknownAddressError(f"{name} is no count: it is not drawn as symbols")
    shapes = services.map_json(level)["shapes"]
    circles, signs = symbols_of(scene, period_for(scene, look.end), look.scope, shapes)
    drawn = [
        f'<circle cx="{one["x"]}" cy="{one["y"]}" r="{max(1.5, _RADIUS * one["k"]) * look.units:.1f}" fill="{tint}" '
        f'fill-opacity=".62" stroke="{STROKE}" stroke-width="{1.4 * look.units:.1f}"/>'
        for one in circles
    ]
    for one in signs:
        d = _SIGNS.get(one["state"], _SIGNS["n"])
        drawn.append(
            f'<g transform="translate({one["x"]} {one["y"]}) scale({look.units:.3f})" fill="none">'
            f'<path d="{d}" stroke="#fff" stroke-width="3.4"/><path d="{d}" stroke="{STROKE}" stroke-width="1.3"/></g>'
        )
    return "".join(drawn), _source_of(scene, look)


def _source_of(scene: Mapping[str, Any], look: Look) -> str:
    period = period_for(scene, look.end)
    used = {source for source in scene["source"][period] if source >= 0} if period is not None else set()
    return "; ".join(f"{scene['sources'][s]['publisher']}: {scene['sources'][s]['title']}" for s in sorted(used)[:1])


def _flows(services: Services, entry: str, look: Look, lang: str) -> tuple[str, str]:
    name, options = split_id(entry)
    offer = next((one for one in services.overlays(lang)["flows"] if one["id"] == name), None)
    if offer is None:
        raise UnknownAddressError(f"no moves {name!r} in this snapshot")
    if not services.spec(look.scene["indicator"]).allows("join"):
        return "", ""
    data = services.flows(lang, offer["level"])[name]
    n = next((int(one) for one in options if one in {str(count) for count in FLOW_COUNTS}), 25)
    side = next((one for one in options if one in FLOW_SIDES), "all")
    parents = {unit["id"]: unit.get("parent") for unit in services.units(str(look.scene["level"]), lang)}
    known = {unit["id"] for unit in data["units"]}
    place = next((one for one in (look.unit, parents.get(look.unit or "")) if one in known), None)
    found = flows_shown(data, period_for(data, look.end), n, side, place)
    top = flow_top(data)
    paths = (
        flow_path(data["units"][a], data["units"][b], flow_width(persons, top) * look.units)
        for a, b, persons in reversed(found["shown"])
    )
    how = f'fill="{STROKE}" fill-opacity=".82" stroke="#fff" stroke-width="{0.8 * look.units:.1f}" paint-order="stroke"'
    return "".join(f'<path d="{d}" {how}/>' for d in paths), data["source"]


def _outlines(services: Services, look: Look, lang: str) -> str:
    level = str(look.scene["level"])
    shapes, units = services.map_json(level)["shapes"], services.units(level, lang)
    scene, period, scope = look.scene, look.period, look.scope
    groups, _ = typology_of(
        units, lambda i: fill_of(scene, period, i, scope) is not None and is_inside(scene, i, scope, period)
    )
    drawn = []
    for kind in TYPOLOGIES:
        paths = [shapes[i]["d"] for i in groups.get(kind, ()) if shapes[i]["d"]]
        if not paths:
            continue
        width, dash = _DASHES[kind]
        drawn.append(f'<clipPath id="inside-{kind}"><path d="{"".join(paths)}"/></clipPath>')
        drawn.append(_halo(outline_of(paths), look.units, width, dash, f' clip-path="url(#inside-{kind})"'))
    return "".join(drawn)


def _programmes(services: Services, entry: str, look: Look, lang: str) -> tuple[str, str]:
    _, options = split_id(entry)
    if not services.spec(look.scene["indicator"]).allows("join"):
        return "", ""
    data = services.programmes(lang, str(look.scene["level"]))
    sector = next((slug(one["id"]) for one in data["sectors"] if slug(one["id"]) in options), None)
    status = next((one["id"] for one in data["statuses"] if one["id"] in options), None)
    found = programmes_of(data, year_of(look.last_day), sector, status, look.scope)
    drawn = []
    for number, items in sorted(found.items(), key=lambda pair: len(pair[1])):
        unit, label = data["units"][number], str(len(items))
        whole = unit["level"] != data["level"]
        wide = 9 + 3.5 * len(label)
        ground, ink = (STROKE, "#fff") if whole else ("#fff", STROKE)
        drawn.append(
            f'<g transform="translate({unit["x"]} {unit["y"]}) scale({look.units:.3f})">'
            f'<rect x="{-wide / 2}" y="-8" width="{wide}" height="16" rx="{8 if whole else 2}" fill="{ground}" '
            f'stroke="{STROKE}" stroke-width="1.2"/><text y="4" font-size="11" font-weight="650" text-anchor="middle" '
            f'fill="{ink}">{label}</text></g>'
        )
    return "".join(drawn), data["source"]


def _label(text: str, x: float, y: float, kind: str, rank: float = 0.0, beside: bool = False) -> dict[str, Any]:
    width = len(text) * _SIZES.get(kind, 11.0) * _LETTER + 6
    around = [(0, -11), (0, 11)]
    anchors = [(width / 2 + 6, 0), (-width / 2 - 6, 0), *around] if beside else [(0, 0), *around]
    return {
        "words": text, "x": x, "y": y, "kind": kind, "width": width, "height": 14, "rank": _RANKS[kind] + rank,
        "anchors": anchors,
    }  # fmt: skip


def _unit_labels(services: Services, look: Look, lang: str) -> list[dict[str, Any]]:
    level = str(look.scene["level"])
    whole = services.map_json(level)
    found = []
    for i, (shape, unit) in enumerate(zip(whole["shapes"], services.units(level, lang), strict=True)):
        drawn = fill_of(look.scene, look.period, i, look.scope) is not None
        if drawn and is_inside(look.scene, i, look.scope, look.period):
            x0, y0, x1, y1 = shape["box"]
            rank = round(150 * max(x1 - x0, y1 - y0) / whole["width"])
            found.append(_label(unit["name"], shape["x"], shape["y"], "unit", rank))
    return found


def _degree(services: Services, one: Mapping[str, Any], lang: str) -> str:
    value = one["degree"]
    side = ("west" if value < 0 else "east") if one["axis"] == "lon" else ("south" if value < 0 else "north")
    return services.words(lang)(f"overlay.degree_{side}", n=abs(value)) if value else "0°"


def _references(services: Services, wanted: Sequence[str], look: Look, lang: str) -> Drawn:
    data = services.reference()
    under, over, top, labels = [], [], [], []
    line = f'stroke-width="{look.units:.1f}" fill="none"'
    if data is not None and "neighbours" in wanted:
        under.append(
            f'<path d="{data["land"]}" fill="#eceff2" stroke="#b9c3cd" stroke-width="{0.8 * look.units:.1f}"/>'
        )
        under.append(f'<path d="{data["borders"]}" stroke="#a9b4bf" {line}/>')
        labels += [_label(_name(one, lang), one["x"], one["y"], "neighbour") for one in data["neighbours"]]
    if data is not None and "lakes" in wanted:
        water = "".join(lake["d"] for lake in data["lakes"])
        over.append(
            f'<pattern id="water" width="12" height="12" patternUnits="userSpaceOnUse" '
            f'patternTransform="scale({look.units * 0.5:.3f})"><rect width="12" height="12" fill="#f2f7fb"/>'
            f'<path d="M0 3H12M0 9H12" stroke="#6d9cb9" stroke-width="1.6"/></pattern>'
            f'<path d="{water}" fill="url(#water)" stroke="#41718f" stroke-width="{0.9 * look.units:.1f}"/>'
        )
        named = [lake for lake in data["lakes"] if _name(lake, lang)]
        labels += [_label(_name(one, lang), one["x"], one["y"], "lake", min(150, one["size"] / 10)) for one in named]
    if data is not None and "graticule" in wanted:
        paths = (
            "M" + "L".join(f"{x} {y}" for x, y in zip(one["xy"][::2], one["xy"][1::2], strict=True))
            for one in data["graticule"]
        )
        over.append(f'<path d="{"".join(paths)}" stroke="#43505c" stroke-opacity=".55" {line}/>')
        crossings = edge_labels(data["graticule"], look.box, 14 * look.units)
        over += [_text(one["x"], one["y"], _degree(services, one, lang), look, 10.0) for one in crossings]
    if data is not None and "capitals" in wanted:
        for one in data["places"]:
            form = '<rect x="-3" y="-3" width="6" height="6"' if one["kind"] == "capital" else '<circle r="2.2"'
            top.append(
                f'<g transform="translate({one["x"]} {one["y"]}) scale({look.units:.3f})">{form} fill="#fff" '
                f'stroke="{STROKE}" stroke-width="1.4"/></g>'
            )
            labels.append(_label(_name(one, lang), one["x"], one["y"], one["kind"], beside=True))
    if "labels" in wanted:
        labels += _unit_labels(services, look, lang)
    for one in place_labels(labels, look.box, look.units):
        more = {"capital": ' font-weight="600"', "neighbour": ' font-weight="600"', "lake": ' font-style="italic"'}
        top.append(
            _text(one["atX"], one["atY"], one["words"], look, _SIZES.get(one["kind"], 11.0), more.get(one["kind"], ""))
        )
    return Drawn("".join(under), "".join(over), "".join(top))


def _name(one: Mapping[str, Any], lang: str) -> str:
    return str(one["name"].get(load_words(lang)("lang.names")) or one["name"].get("en", ""))


def _entry(services: Services, part: str, look: Look, lang: str, tint: str) -> tuple[str, str]:
    """Return the drawing and the source of one entry of the key `over`."""
    name, mark, opacity, *off = part.split(".")
    if off or mark == FILL:
        return "", ""
    if mark == "symbol":
        drawn, source = _symbols(services, name, look, lang, tint)
    elif mark == "flow":
        drawn, source = _flows(services, name, look, lang)
    elif mark == "outline":
        drawn, source = _outlines(services, look, lang), ""
    elif mark in ("counts", "icons"):
        drawn, source = _programmes(services, name, look, lang)
    else:
        raise UnknownAddressError(f"nothing is drawn as {mark!r} over the fills")
    return (f'<g opacity="{min(100, int(opacity)) / 100:g}">{drawn}</g>' if drawn else ""), source


def draw_overlays(services: Services, over: str | None, ref: str | None, look: Look, lang: str) -> Drawn:
    """Return what the keys `over` and `ref` of an address show.

    Sectors are drawn as the number of programmes: the shapes of sectors are the browser's alone.

    Parameters
    ----------
    services : Services
    over, ref : str or None
        As in the address.
    look : Look
    lang : str

    Returns
    -------
    Drawn

    Raises
    ------
    UnknownAddressError
        If an entry names something that the snapshot does not hold.
    """
    wanted = ON if ref is None else tuple(one for one in REFERENCES if one in ref.split(","))
    around = _references(services, wanted, look, lang)
    drawn, sources, symbols = [], [], 0
    for part in (over or "").split(";"):
        if not part:
            continue
        svg, source = _entry(services, part, look, lang, _TINTS[symbols % len(_TINTS)])
        symbols += ".symbol." in part
        drawn.append(svg)
        if source:
            sources.append(source)
    return Drawn(around.under, around.over + "".join(drawn), around.top, tuple(dict.fromkeys(sources)))


def with_overlays(svg: str, drawn: Drawn) -> str:
    """Return a map (`dashboard.export.svg.render_map`) with what lies under and over its units."""
    for before, part in (
        ('<g id="shapes"', drawn.under),
        ('<g id="symbols"', drawn.over),
        ('<g id="marks"', drawn.top),
    ):
        svg = svg.replace(before, f'<g pointer-events="none">{part}</g>{before}' if part else before, 1)
    return svg
