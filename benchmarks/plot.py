"""The plot of the time step beside its peers: time over units, both on logarithmic scales, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from benchmarks.result import OURS, Result

STEP = "slider.step"
_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 230, 20, 50
_COLOURS = ("#0b6e4f", "#b3541e", "#5e4b8b", "#8a6d00", "#1f5f8b", "#7a7a7a", "#a23b72", "#4d5d30")
_STYLE = "font: 13px sans-serif; background: #fff"


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="#ddd"/>'


def _text(x: float, y: float, text: str, anchor: str = "start", fill: str = "#222") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{escape(text)}</text>'


def step_plot(results: Sequence[Result]) -> str | None:
    """Return the plot of the medians of `slider.step`; None if there is nothing of two sizes to draw."""
    rows = [one for one in results if one.name == STEP]
    sizes = sorted({one.details["units"] for one in rows})
    if len(sizes) < 2:
        return None
    least = 10 ** math.floor(math.log10(min(one.value for one in rows)))
    most = 10 ** math.ceil(math.log10(max(one.value for one in rows) * 1.01))

    def x(units: float) -> float:
        share = math.log(units / sizes[0]) / math.log(sizes[-1] / sizes[0])
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(ms: float) -> float:
        share = math.log(ms / least) / math.log(most / least)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    parts = []
    for power in range(round(math.log10(least)), round(math.log10(most)) + 1):
        parts.append(_line(_LEFT, y(10**power), _WIDTH - _RIGHT, y(10**power)))
        parts.append(_text(_LEFT - 8, y(10**power) + 4, f"{10**power:,} ms", "end"))
    for units in sizes:
        parts.append(_line(x(units), _TOP, x(units), _HEIGHT - _BOTTOM))
        parts.append(_text(x(units), _HEIGHT - _BOTTOM + 20, f"{units:,}", "middle"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, "units on the map", "middle"))
    peers = list(dict.fromkeys(one.details["peer"] for one in rows))
    free = _TOP
    last = {
        peer: max((r for r in rows if r.details["peer"] == peer), key=lambda r: r.details["units"]) for peer in peers
    }
    for peer in sorted(peers, key=lambda peer: -last[peer].value):
        colour = _COLOURS[peers.index(peer) % len(_COLOURS)]
        points = sorted((one.details["units"], one.value) for one in rows if one.details["peer"] == peer)
        path = "L".join(f"{x(units):.1f} {y(ms):.1f}" for units, ms in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{3 if peer == OURS else 1.5}"/>')
        parts += [f'<circle cx="{x(units):.1f}" cy="{y(ms):.1f}" r="3" fill="{colour}"/>' for units, ms in points]
        free = max(free, y(last[peer].value))  # names do not overlap
        parts.append(_text(_WIDTH - _RIGHT + 10, free + 4, peer, fill=colour))
        free += 17
    title = "Median time of a step of the slider over the units on the map, ours and peers"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" style="{_STYLE}" role="img">'
    return "\n".join([head, f"<title>{title}</title>", *parts, "</svg>", ""])
