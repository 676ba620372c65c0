"""Two layers against each other: a point for each place, its area the population. Places are not people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.charts.chart import (
    INK,
    LINE_COLOURS,
    UPRIGHT_LETTERS,
    Chart,
    ChartView,
    Links,
    axis_title,
    caveats,
    finish,
    new_figure,
    plain,
    source_line,
)
from layers.scene import own_period

_LARGEST = 34
_SMALLEST = 6
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "pentagon", "hexagon", "star")


@dataclass(frozen=True)
class Pair:
    """The figures of one place in both layers: the period of each, and its population if it is known."""

    shape: int
    x: float
    y: float
    x_period: int
    y_period: int
    people: float | None


def latest_until(scene: Mapping[str, Any], shape: int, last_day: str) -> int | None:
    """Return the period of a place's latest figure that is not later than a day, or None."""
    found = None
    for index, stop in enumerate(scene["periods"]):
        is_usable = not stop.get("latest") and stop["end"] <= last_day and scene["states"][index][shape] == "v"
        if is_usable and scene["values"][index][shape] is not None:
            found = index
    return found


def pair_places(x: ChartView, y: Mapping[str, Any], people: Mapping[str, Any] | None) -> list[Pair]:
    """Return the places with a figure in both layers, by name.

    The figure on the first axis is that of the shown period; the other one, and the population, are the latest that are
    not later than it.
    """
    pairs = []
    for shape in x.with_value():
        own = own_period(x.scene, x.period, shape)
        last_day = x.scene["periods"][own].get("end")
        if last_day is None:
            continue
        other = latest_until(y, shape, last_day)
        if other is None:
            continue
        counted = latest_until(people, shape, last_day) if people is not None else None
        size = float(people["values"][counted][shape]) if people is not None and counted is not None else None
        pairs.append(Pair(shape, x.value(shape) or 0.0, float(y["values"][other][shape]), own, other, size))
    return pairs


def _size(pair: Pair, most: float) -> float:
    return _SMALLEST if pair.people is None or most <= 0 else max(_SMALLEST, _LARGEST * (pair.people / most) ** 0.5)


def _draw(fig: Any, view: ChartView, y: ChartView, pairs: list[Pair], links: Links) -> None:
    words = view.words
    most = max((pair.people for pair in pairs if pair.people is not None), default=0.0)
    countries = list(dict.fromkeys(view.scene["iso3"][pair.shape] for pair in pairs))
    for number, iso3 in enumerate(sorted(countries, key=lambda one: view.names.get(one, one))):
        # the largest first, so that no point is hidden by a larger one
        mine = sorted((p for p in pairs if view.scene["iso3"][p.shape] == iso3), key=lambda p: -(p.people or 0.0))
        told = []
        for pair in mine:
            unit = view.scene["ids"][pair.shape]
            links.spots[unit] = [(pair.x, pair.y)]
            lines = [
                view.name(pair.shape),
                f"{view.scene['title']}, {view.label(period=pair.x_period)}: {view.shown(pair.shape, pair.x_period)}",
                f"{y.scene['title']}, {y.label(period=pair.y_period)}: {y.shown(pair.shape, pair.y_period)}",
            ]
            if pair.people is not None:
                lines.append(words("chart.people", n=words.number(pair.people, 0)))
            told.append([unit, "<br>".join(plain(line) for line in lines)])
        colour = LINE_COLOURS[number % len(LINE_COLOURS)]
        fig.add_scatter(
            x=[p.x for p in mine], y=[p.y for p in mine], mode="markers", name=plain(view.names.get(iso3, iso3)),
            showlegend=len(countries) > 1, customdata=told, hovertemplate="%{customdata[1]}<extra></extra>",
            marker={
                "size": [_size(p, most) for p in mine], "color": colour, "opacity": 0.72,
                "line": {"width": 1, "color": INK}, "symbol": _SYMBOLS[number % len(_SYMBOLS)],
            },
        )  # fmt: skip


def scatter_chart(view: ChartView, other: ChartView, people: Mapping[str, Any] | None) -> Chart:
    """Return the chart of two layers against each other.

    No line is drawn through the points: places are not people, and what holds of places need not hold of the people
    who live there.

    Parameters
    ----------
    view : ChartView
        The layer that the map shows; it is on the horizontal axis.
    other : ChartView
        The layer on the vertical axis, at the same level.
    people : mapping or None
        Scene of the population; without it all points are of one size.
    """
    words = view.words
    title = words("chart.title_scatter", x=view.scene["title"], y=other.scene["title"], period=view.label())
    pairs = pair_places(view, other.scene, people)
    if not pairs:
        return Chart("scatter", title, words("chart.no_pairs"))
    fig, links = new_figure(), Links()
    _draw(fig, view, other, pairs, links)
    along, up = (f"{one.scene['title']} ({one.scene['unit']})" for one in (view, other))
    fig.update_xaxes(title=axis_title(along), zeroline=False, gridcolor="#e7ebef")
    fig.update_yaxes(title=axis_title(up, UPRIGHT_LETTERS), zeroline=False)
    fig.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "itemsizing": "constant"})
    x_cells = [(p.x_period, p.shape) for p in pairs]
    y_cells = [(p.y_period, p.shape) for p in pairs]
    n = words.number(len(pairs), 0)
    sized = any(p.people is not None for p in pairs)
    notes = [
        words("chart.not_people"),
        words("chart.pairs", n=n, of=words.number(len(view.shapes), 0)),
        words("chart.not_later", y=other.scene["title"], periods=_periods(other, pairs)),
        words("chart.sizes") if sized else words("chart.no_sizes"),
        *caveats(view, x_cells),
        *(text for text in caveats(other, y_cells) if text not in caveats(view, x_cells)),
    ]
    xs, ys = [p.x for p in pairs], [p.y for p in pairs]
    summary = words(
        "chart.sum_scatter", n=n, x=view.scene["title"], y=other.scene["title"], x_low=view.text(min(xs)),
        x_high=view.text(max(xs)), y_low=other.text(min(ys)), y_high=other.text(max(ys)),
    )  # fmt: skip
    columns = (
        words("chart.col_place"), along, words("chart.col_period"), up, words("chart.col_period"),
        words("chart.col_people"),
    )  # fmt: skip
    rows = tuple(
        (view.name(p.shape), p.x, view.label(period=p.x_period), p.y, other.label(period=p.y_period), p.people)
        for p in pairs
    )
    sources = "; ".join(dict.fromkeys((source_line(view, x_cells), source_line(other, y_cells))))
    return Chart("scatter", title, summary, finish(fig, words, links), tuple(notes), sources, columns, rows)


def _periods(other: ChartView, pairs: list[Pair]) -> str:
    used = sorted({pair.y_period for pair in pairs})
    labels = [other.label(period=period) for period in (used[0], used[-1])]
    return labels[0] if labels[0] == labels[1] else f"{labels[0]} – {labels[1]}"
