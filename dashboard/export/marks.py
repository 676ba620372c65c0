"""The hatches or inner outlines of a second layer, drawn in Python; assets/late/marks.js draws the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from layers.bivariate import MARKS, WITHOUT, Pair
from layers.palette import STROKE
from layers.strokes import Form, Frame, dots_of, form_of, hatch_of, inset_of, marker_form, width_of

STEP = 6.0
"""Between the lines of a close hatch, along x [pixels]."""
HATCHES = {"m": 0.7, "t": 1.3, "w": 0.8}
BANDS = {"m": 1.8, "t": 4.0, "w": 2.0}
"""Widths of lines by mark [pixels]: of a hatch, of an inner outline."""
GAP = 1.4
"""Of the first layer's fill, between the boundary and an inner outline [pixels]."""
DASHES = (2, 4)
_DOT, _MARKER = 1.7, 5.5
_AROUND = 0.5


def inset(mark: str) -> float:
    """Return how far from the boundary the middle of an inner outline runs [pixels]."""
    return GAP + BANDS[mark] / 2


class _Writer:
    """Writes points as path data, rounded to what can be seen."""

    def __init__(self, units: float) -> None:
        self.decimals = 0 if units >= 4 else 1 if units >= 0.4 else 2

    def number(self, value: float) -> str:
        return f"{round(value, self.decimals) + 0.0:.{self.decimals}f}"

    def point(self, x: float, y: float) -> str:
        return f"{self.number(x)} {self.number(y)}"

    def slants(self, lines: Sequence[tuple[float, float, float]]) -> str:
        return "".join(f"M{self.point(x, y)}l{self.point(by, by)}" for x, y, by in lines)

    def dots(self, dots: Sequence[tuple[float, float]], radius: float) -> str:
        r, wide = self.number(radius), self.number(2 * radius)
        turns = f"a{r} {r} 0 1 0 {wide} 0a{r} {r} 0 1 0 -{wide} 0"
        return "".join(f"M{self.point(x - radius, y)}{turns}" for x, y in dots)

    def lines(self, lines: Sequence[Any]) -> str:
        return "".join("M" + "L".join(self.point(x, y) for x, y in line.tolist()) for line in lines)


def _hatch(form: Form, mark: str, units: float, frame: Frame) -> tuple[str, float]:
    write = _Writer(units)
    if mark == WITHOUT:
        return write.dots(dots_of(form, 2 * STEP * units, frame), _DOT * units), HATCHES[mark]
    wide, between = hatch_of(form, STEP * units, frame)
    return write.slants(wide if mark == "m" else [*wide, *between]), HATCHES[mark]


def _outline(form: Form, mark: str, units: float, frame: Frame) -> tuple[str, float]:
    share = width_of(form, (GAP + BANDS["t"]) * units)
    lines = inset_of(form, share * inset(mark) * units, units, frame)
    return _Writer(units).lines(lines), share * BANDS[mark]


def draw_marks(
    pair: Pair,
    shapes: Sequence[Mapping[str, Any]],
    period: int,
    scope: str,
    box: tuple[float, float, float, float],
    units: float,
) -> str:
    """Return the hatches or inner outlines of a second layer; the low third of its classes has none.

    Parameters
    ----------
    pair : Pair
        The layers; a bivariate one has no marks.
    shapes : sequence of mapping
        Of the published map.
    period : int
        Index of the period.
    scope : str
        The country in focus, or the region.
    box : tuple of float
        View box; somewhat more is drawn, as a frame may be wider or higher.
    units : float
        Map units in a pixel.
    """
    if pair.fill == "bivariate":
        return ""
    x, y, w, h = box
    frame = (x - _AROUND * w, y - _AROUND * h, x + (1 + _AROUND) * w, y + (1 + _AROUND) * h)
    draw = _hatch if pair.fill == "hatch" else _outline
    found: dict[tuple[str, float], list[tuple[int, str]]] = {}
    for index, shape in enumerate(shapes):
        mark = pair.mark(period, index, scope)
        if mark is None or mark == MARKS[0]:
            continue
        at = shape["x"], shape["y"]
        form = marker_form(*at, _MARKER * units) if shape["marker"] else form_of(shape["d"], *at)
        path, width = draw(form, mark, units, frame)
        if path:
            found.setdefault((mark, width), []).append((index, path))
    return "".join(_path(pair.fill, mark, width, parts) for (mark, width), parts in sorted(found.items()))


def _path(fill: str, mark: str, width: float, parts: Sequence[tuple[int, str]]) -> str:
    ground = "#fff" if fill == "hatch" and mark == WITHOUT else "none"
    style = f"stroke-width:calc(var(--u) * {width:g}px)"
    if fill == "outline" and mark == WITHOUT:
        style += ";stroke-dasharray:" + " ".join(f"calc(var(--u) * {one}px)" for one in DASHES)
    return (
        f'<path d="{"".join(path for _, path in parts)}" fill="{ground}" stroke="{STROKE}" stroke-linejoin="bevel" '
        f'data-mark="{mark}" data-units="{" ".join(str(index) for index, _ in parts)}" style="{style}"/>'
    )
