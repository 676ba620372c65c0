"""Pure rules of what lies over the fills: symbols, moves, outlines, programmes, names.

assets/late/overlay_rules.js has the same; a test compares them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from math import floor, sqrt
from typing import Any

from layers.layer import REGION
from layers.scene import is_inside

FLOW_SIDES = ("all", "out", "in", "both")
FLOW_COUNTS = (10, 25, 50)
FLOW_PIXELS = 12.0
TYPOLOGIES = ("urban", "rural", "border", "peripheral")
_FLOW_LEAST, _BEND, _TAIL = 1.2, 0.16, 0.18
_UNIT, _ORGANISATION, _SECTOR, _STATUS, _START, _END = 0, 1, 2, 4, 5, 6

Json = Mapping[str, Any]
Box = tuple[float, float, float, float]


def split_id(entry: str) -> tuple[str, list[str]]:
    """Return the name and the options of an entry of the stack: ``internal_moves__25_out``."""
    name, *options = entry.split("__")
    return name, options


def slug(text: str) -> str:
    """Return a text as it can stand in an address."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


_UNCROWDED = 200
"""Places of a map on which the largest circle is as large as it may be."""


def crowd(places: int) -> float:
    """Return by how much circles shrink on a map of many places, so that together they cover no more than those of few.

    Parameters
    ----------
    places : int
        Places of the map, with a figure or not.

    Returns
    -------
    float
        Factor of all radii, at most 1; areas stay in proportion to numbers.
    """
    return min(1.0, sqrt(_UNCROWDED / places)) if places else 1.0


def symbols_of(
    scene: Json, period: int | None, scope: str, shapes: Sequence[Json]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the circles of a count, largest first, and the signs of places without a figure.

    Parameters
    ----------
    scene : mapping
        Of a layer that is drawn as symbols.
    period : int or None
    scope : str
    shapes : sequence of mapping
        Positions, in the order of the scene.

    Returns
    -------
    circles, signs : list of dict
        Areas of circles are in proportion to numbers; `k` is the radius as a share of the largest that a map may have.
    """
    most = crowd(len(shapes))
    circles: list[dict[str, Any]] = []
    signs: list[dict[str, Any]] = []
    for shape, state in enumerate(scene["states"][period] if period is not None and period >= 0 else ""):
        if state == "-" or not is_inside(scene, shape, scope, period or 0):
            continue
        place = {"shape": shape, "x": shapes[shape]["x"], "y": shapes[shape]["y"]}
        value = scene["values"][period][shape]
        if state == "v" and value is not None:
            top = scene["symbol"]["max"]
            circles.append({**place, "k": most * sqrt(abs(value) / top) if top else 0.0, "negative": value < 0})
        elif state != "x":
            signs.append({**place, "state": state})
    return sorted(circles, key=lambda one: (-one["k"], one["shape"])), signs


def flows_shown(
    data: Json, period: int | None, n: int = 25, side: str = "all", place: str | None = None
) -> dict[str, Any]:
    """Return the largest n moves of a period, or those from, to, or from and to a place; and how many there are."""
    rows = data["rows"][period] if period is not None and period >= 0 else []
    at = next((i for i, unit in enumerate(data["units"]) if unit["id"] == place), -1)
    fits: dict[str, Callable[[Sequence[Any]], bool]] = {
        "all": lambda row: True,
        "out": lambda row: row[0] == at,
        "in": lambda row: row[1] == at,
        "both": lambda row: at in (row[0], row[1]),
    }
    chosen = [row for row in rows if fits[side if at >= 0 else "all"](row)]
    known = [row for row in chosen if row[2]]
    signs = [row[3] for row in chosen if len(row) > 3]
    return {"shown": known[:n], "known": len(known), "withheld": signs.count("s"), "missing": signs.count("n")}


def flow_top(data: Json) -> int:
    """Return the largest number of any period: widths mean the same in all of them."""
    return max((row[2] or 0 for rows in data["rows"] for row in rows), default=0)


def flow_width(persons: float, top: float) -> float:
    """Return the width of a line where it begins [pixels], in proportion to the number."""
    return max(_FLOW_LEAST, FLOW_PIXELS * persons / top) if top > 0 else _FLOW_LEAST


def _written(value: float) -> str:
    """Return a number with at most one decimal, rounded as a browser does."""
    rounded = floor(value * 10 + 0.5) / 10
    return f"{rounded:.1f}".removesuffix(".0") if rounded else "0"


def flow_path(start: Json, end: Json, width: float) -> str:
    """Return the outline of a curved line that is wide where it begins and thin where it ends.

    It bends to the right of its way, so that the way back is another line.
    """
    dx, dy = end["x"] - start["x"], end["y"] - start["y"]
    if (math.hypot(dx, dy) or 1) < 1:
        return ""
    cx = (start["x"] + end["x"]) / 2 - dy * _BEND
    cy = (start["y"] + end["y"]) / 2 + dx * _BEND

    def across(ax: float, ay: float, half: float) -> tuple[float, float]:
        size = math.hypot(ax, ay) or 1
        return (-ay / size) * half, (ax / size) * half

    def point(x: float, y: float) -> str:
        return f"{_written(x)} {_written(y)}"

    sx, sy = across(cx - start["x"], cy - start["y"], width / 2)
    mx, my = across(dx, dy, (width * (1 + _TAIL)) / 4)
    ex, ey = across(end["x"] - cx, end["y"] - cy, (width * _TAIL) / 2)
    return (
        f"M{point(start['x'] + sx, start['y'] + sy)}Q{point(cx + mx, cy + my)} {point(end['x'] + ex, end['y'] + ey)}"
        f"L{point(end['x'] - ex, end['y'] - ey)}Q{point(cx - mx, cy - my)} {point(start['x'] - sx, start['y'] - sy)}Z"
    )


def rings_of(path: str) -> list[list[tuple[int, int]]]:
    """Return the corners of each ring of a path of a map file: absolute `M`, relative `l`, `z`."""
    rings = []
    for ring in path.split("M")[1:]:
        start, _, steps = re.sub(r"z.*", "", ring).partition("l")
        x, y = (int(number) for number in re.findall(r"-?\d+", start))
        corners = [(x, y)]
        numbers = [int(number) for number in re.findall(r"-?\d+", steps)]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=False):
            corners.append((corners[-1][0] + dx, corners[-1][1] + dy))
        rings.append(corners)
    return rings


def outline_of(paths: Sequence[str]) -> str:
    """Return the outline of what several paths cover together: edges that two of them share are no part of it."""
    edges: dict[tuple[tuple[int, int], tuple[int, int]], None] = {}
    for path in paths:
        for ring in rings_of(path):
            for corner, other in zip(ring, [*ring[1:], ring[0]], strict=True):
                if corner == other:
                    continue
                if (other, corner) in edges:
                    del edges[other, corner]
                else:
                    edges[corner, other] = None
    onward: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for corner, other in edges:
        onward.setdefault(corner, []).append(other)
    parts = []
    for first in onward:
        while onward[first]:
            parts.append(f"M{first[0]} {first[1]}")
            at = first
            while onward.get(at):
                at = onward[at].pop()
                if at == first:
                    parts.append("Z")
                    break
                parts.append(f"L{at[0]} {at[1]}")
    return "".join(parts)


def typology_of(units: Sequence[Json], is_shown: Callable[[int], bool]) -> tuple[dict[str, list[int]], int]:
    """Return the shapes of each kind of place that a map shows, and how many have none."""
    groups: dict[str, list[int]] = {}
    none = 0
    for shape, unit in enumerate(units):
        if not is_shown(shape):
            continue
        if unit.get("typology") in TYPOLOGIES:
            groups.setdefault(unit["typology"], []).append(shape)
        else:
            none += 1
    return groups, none


def year_of(end: str | None) -> tuple[str, str] | None:
    """Return the span of days that a stop of the slider stands for in programmes."""
    return (f"{end[:4]}-01-01", end) if end else None


def programmes_of(
    data: Json,
    span: tuple[str, str] | None,
    sector: str | None = None,
    status: str | None = None,
    scope: str = REGION,
) -> dict[int, list[Sequence[Any]]]:
    """Return the programmes at work in a span of days, by unit."""
    found: dict[int, list[Sequence[Any]]] = {}
    if span is None:
        return found
    first, last = span
    for item in data["items"]:
        if item[_START] > last or item[_END] < first:
            continue
        if (sector and slug(item[_SECTOR]) != sector) or (status and item[_STATUS] != status):
            continue
        if scope not in (REGION, data["units"][item[_UNIT]]["iso3"]):
            continue
        found.setdefault(item[_UNIT], []).append(item)
    return found


def place_labels(labels: Sequence[Json], box: Box, units: float, obstacles: Sequence[Box] = ()) -> list[dict[str, Any]]:
    """Return which labels can be written without touching one another, an obstacle or the edge.

    Parameters
    ----------
    labels : sequence of mapping
        `x`, `y`, `width`, `height` [pixels], `rank` (the most important first) and `anchors`, each from the point to
        the label's middle [pixels].
    box : tuple of float
        What is shown: x, y, width, height, in map units.
    units : float
        Map units per pixel.
    obstacles : sequence of tuple of float
        Left, upper, right and lower edge, in map units.

    Returns
    -------
    list of dict
        With the place of the middle, `atX` and `atY`, in map units.
    """
    x0, y0, w, h = box
    taken = list(obstacles)
    placed = []
    for label in sorted(labels, key=lambda one: -one["rank"]):
        for dx, dy in label.get("anchors") or [(0, 0)]:
            x, y = label["x"] + dx * units, label["y"] + dy * units
            half, tall = (label["width"] / 2) * units, (label["height"] / 2) * units
            room = (x - half, y - tall, x + half, y + tall)
            inside = room[0] >= x0 and room[1] >= y0 and room[2] <= x0 + w and room[3] <= y0 + h
            if not inside or any(
                room[0] < o[2] and o[0] < room[2] and room[1] < o[3] and o[1] < room[3] for o in taken
            ):
                continue
            taken.append(room)
            placed.append({**label, "atX": x, "atY": y})
            break
    return placed


def edge_labels(lines: Sequence[Json], box: Box, inset: float) -> list[dict[str, Any]]:
    """Return where lines of the graticule cross the lower edge (meridians) or the left one (parallels)."""
    x0, y0, w, h = box
    found: list[dict[str, Any]] = []
    for line in lines:
        along = 1 if line["axis"] == "lon" else 0
        edge = y0 + h - inset if along else x0 + inset
        xy = line["xy"]
        for i in range(0, len(xy) - 3, 2):
            a, b = xy[i + along], xy[i + 2 + along]
            if a == b or (a - edge) * (b - edge) > 0:
                continue
            other = xy[i + 1 - along] + (edge - a) / (b - a) * (xy[i + 3 - along] - xy[i + 1 - along])
            x, y = (other, edge) if along else (edge, other)
            if x0 + inset <= x <= x0 + w - inset and y0 + inset <= y <= y0 + h - inset:
                found.append({"axis": line["axis"], "degree": line["degree"], "x": x, "y": y})
            break
    return found
