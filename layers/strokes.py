"""Lines inside a place, worked out from its corners: those of a hatch, and one along the inside of its boundary.

assets/late/strokes.js has the same rules; a test compares them. Lengths are in map units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.overlays import rings_of

WIDTHS = (1.0, 0.5, 0.25)
"""Widths of inner outlines as shares: a place that one of them would fill has the next narrower one."""
MOST_DEEP = 0.4
"""The most that an inner outline may take of the way from the boundary to the middle of a place."""
_CORNERS_OF_A_MARKER = 16
_SHORTEST = 8.0  # times its depth: a shorter line, around an arm of a place, would be a blot

Frame = tuple[float, float, float, float]
Floats = NDArray[np.float64]
Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Form:
    """What a place looks like on the map.

    Attributes
    ----------
    polygon : shapely.Geometry
    starts, ends : array of float, one row for each edge
    x, y : float
        A point inside.
    """

    polygon: Any
    starts: Floats
    ends: Floats
    x: float
    y: float

    @property
    def box(self) -> Frame:
        """Its west, north, east and south end."""
        x0, y0, x1, y1 = self.polygon.bounds
        return x0, y0, x1, y1

    def is_seen(self, frame: Frame) -> bool:
        """Whether it may reach into a frame."""
        x0, y0, x1, y1 = self.box
        return x0 <= frame[2] and frame[0] <= x1 and y0 <= frame[3] and frame[1] <= y1


def _form(rings: Sequence[Sequence[Point]], x: float, y: float) -> Form:
    closed = [np.array([*ring, ring[0]], dtype=float) for ring in rings if len(ring) > 2]
    lines = shapely.MultiLineString([shapely.LineString(ring) for ring in closed])
    starts, ends = (np.concatenate(parts) for parts in ([r[:-1] for r in closed], [r[1:] for r in closed]))
    return Form(shapely.build_area(lines), starts, ends, x, y)


@lru_cache(maxsize=8192)
def form_of(path: str, x: float, y: float) -> Form:
    """Return the form of a place by its path of a map file and a point inside."""
    return _form(rings_of(path), x, y)


def marker_form(x: float, y: float, radius: float) -> Form:
    """Return the form of a place that has no polygon: a round marker."""
    angles = [2 * pi * k / _CORNERS_OF_A_MARKER for k in range(_CORNERS_OF_A_MARKER)]
    return _form([[(x + radius * cos(angle), y + radius * sin(angle)) for angle in angles]], x, y)


def _crossings(
    form: Form, at: tuple[Floats, Floats], step: float, first: float, last: float
) -> list[tuple[int, Floats]]:
    """Return for each ``k`` where the line ``at = k * step`` meets the boundary: the x of the crossings, in pairs."""
    a, b = at
    low = np.maximum(np.ceil(np.minimum(a, b) / step), first)
    high = np.minimum(np.ceil(np.maximum(a, b) / step) - 1, last)
    count = np.maximum(high - low + 1, 0).astype(int)
    edge = np.repeat(np.arange(len(a)), count)
    k = low[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    x = form.starts[edge, 0] + (k * step - a[edge]) / (b[edge] - a[edge]) * (form.ends - form.starts)[edge, 0]
    order = np.lexsort((x, k))
    k, x = k[order], x[order]
    lines, begins = np.unique(k, return_index=True)
    parts = np.split(x, begins[1:]) if len(lines) else []
    return [(int(line), part.reshape(-1, 2)) for line, part in zip(lines, parts, strict=True)]


def _seen(pairs: Floats, c: float, frame: Frame) -> list[tuple[float, float, float]]:
    """Return the parts of the line x - y = c that are inside and in the frame: x, y, and how far it runs in both."""
    first, last = max(frame[0], frame[1] + c), min(frame[2], frame[3] + c)
    parts = ((max(a, first), min(b, last)) for a, b in pairs.tolist())
    return [(a, a - c, b - a) for a, b in parts if b > a]


def hatch_of(form: Form, step: float, frame: Frame) -> tuple[list[tuple[float, float, float]], ...]:
    """Return the lines of a wide hatch, and those between them that make it a close one.

    All lie on x - y = k * step of the whole map, so that they run on from place to place. A place that lies between two
    lines has one through its middle.
    """
    wide: list[tuple[float, float, float]] = []
    between: list[tuple[float, float, float]] = []
    if not form.is_seen(frame):
        return wide, between
    at = tuple(points[:, 0] - points[:, 1] for points in (form.starts, form.ends))
    ends = np.ceil((frame[0] - frame[3]) / step), np.floor((frame[2] - frame[1]) / step)
    for k, pairs in _crossings(form, (at[0], at[1]), step, *ends):
        (between if k % 2 else wide).extend(_seen(pairs, k * step, frame))
    if not wide:
        c = form.x - form.y
        for _, pairs in _crossings(form, (at[0] - c, at[1] - c), 1.0, 0.0, 0.0):
            wide.extend(_seen(pairs, c, frame))
    return wide, between


def dots_of(form: Form, step: float, frame: Frame) -> list[Point]:
    """Return the points of a net that lie in a form; its middle if the net has none there."""
    if not form.is_seen(frame):
        return []
    at = form.starts[:, 1] - step / 2, form.ends[:, 1] - step / 2
    ends = np.ceil(frame[1] / step - 0.5), np.floor(frame[3] / step - 0.5)
    dots = []
    for k, pairs in _crossings(form, at, step, *ends):
        for a, b in pairs.tolist():
            first, last = max(a, frame[0]), min(b, frame[2])
            columns = range(int(np.ceil(first / step - 0.5)), int(np.floor(last / step - 0.5)) + 1)
            dots += [((n + 0.5) * step, (k + 0.5) * step) for n in columns]
    return dots or [(form.x, form.y)]


def width_of(form: Form, width: float) -> float:
    """Return the share of its full width that an inner outline has, so that the fill of the first layer stays seen."""
    room = MOST_DEEP * 2 * form.polygon.area / form.polygon.length
    return next((share for share in WIDTHS if share * width <= room), WIDTHS[-1])


def inset_of(form: Form, depth: float, unit: float, frame: Frame) -> list[Floats]:
    """Return the lines along the inside of a boundary, `depth` from it; a short one where there is no room.

    `unit` is how fine a line is drawn: what is smaller cannot be seen.
    """
    if not form.is_seen(frame):
        return []
    inside = form.polygon.buffer(-depth, quad_segs=2).simplify(0.4 * min(unit, depth))
    rings = shapely.get_rings(shapely.get_parts(inside))
    long = rings[shapely.length(rings) >= _SHORTEST * depth]
    lines: list[Floats] = [shapely.get_coordinates(ring) for ring in (long if len(long) else rings)]
    return lines or [np.array([[form.x - depth, form.y], [form.x + depth, form.y]])]
