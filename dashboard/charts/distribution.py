"""How the figures of a period are spread: a dot for each place, with the class bounds and colours of the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from dashboard.charts.chart import (
    INK,
    QUIET,
    Chart,
    ChartView,
    Links,
    axis_title,
    caveats,
    colour_of,
    finish,
    new_figure,
    nice_step,
    plain,
    source_line,
    states_line,
)

_BINS = 44


def stack_dots(values: Mapping[int, float], low: float, step: float) -> dict[int, int]:
    """Return how high the dot of each place stands, from 1: places of one bin stand on one another, lowest first.

    Parameters
    ----------
    values : mapping of place to float
    low, step : float
        Begin of the first bin, and width of a bin.
    """
    heights: dict[int, int] = {}
    counts: dict[int, int] = {}
    for place, value in sorted(values.items(), key=lambda item: (item[1], item[0])):
        bin_ = int((value - low) // step)
        counts[bin_] = counts.get(bin_, 0) + 1
        heights[place] = counts[bin_]
    return heights


def _extent(view: ChartView) -> tuple[float, float]:
    """Return the least and the greatest figure of all periods: the axis stays when the period changes."""
    shapes = view.every or view.shapes
    known = [row[shape] for row in view.scene["values"] for shape in shapes if row[shape] is not None]
    return min(known), max(known)


def _class_label(view: ChartView, shape: int) -> str:
    found = view.scene["scopes"].get(view.scope)
    if not found or "tones" in found:
        return ""
    digit = found["classes"][view.period][shape - found["from"]]
    return str(found["labels"][int(digit)]) if digit.isdigit() else ""


def _has_bounds(view: ChartView) -> bool:
    """Whether there are classes with bounds in common: not on a ramp, nor where each country has its own."""
    found = view.scene["scopes"].get(view.scope)
    return bool(found and found.get("bins") and "tones" not in found)


def _draw_classes(fig: Any, view: ChartView, low: float, high: float) -> None:
    """Draw the bounds between classes, and a strip of their colours below the dots."""
    if not _has_bounds(view):
        return
    found = view.scene["scopes"][view.scope]
    edges = [min(low, found["low"]), *found["bins"][:-1], max(high, found["bins"][-1])]
    for number, colour in enumerate(found["colours"]):
        fig.add_shape(
            type="rect", x0=edges[number], x1=edges[number + 1], y0=-0.06, y1=-0.015, yref="paper",
            fillcolor=colour, line={"width": 0.8, "color": INK},
        )  # fmt: skip
    for bound in found["bins"][:-1]:
        fig.add_shape(
            type="line", x0=bound, x1=bound, y0=0, y1=1, yref="paper", layer="below",
            line={"color": QUIET, "width": 1, "dash": "dot"},
        )  # fmt: skip


def _categories_chart(view: ChartView, title: str, shapes: Sequence[int]) -> Chart:
    """Return a bar for each category, the first on top: how many places have it in the shown period."""
    words, scene = view.words, view.scene
    counted = Counter(view.value(shape) for shape in shapes)
    rows = [(str(one["label"]), float(counted[float(one["code"])])) for one in scene["categories"]]
    links = Links(key=False)
    fig = new_figure()
    fig.add_bar(
        x=[n for _, n in rows], y=[plain(label) for label, _ in rows], orientation="h", showlegend=False,
        marker={"color": scene["scopes"][view.scope]["colours"], "line": {"width": 1, "color": INK}},
        text=[words.number(n, 0) for _, n in rows], textposition="outside", cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    fig.update_xaxes(
        rangemode="tozero", nticks=6, tickformat="d", zeroline=False, title=axis_title(words("chart.places"))
    )
    fig.update_yaxes(autorange="reversed", showgrid=False)
    summary = words(
        "chart.sum_categories", n=words.number(len(shapes), 0),
        list="; ".join(f"{label}: {words.number(n, 0)}" for label, n in rows),
    )  # fmt: skip
    cells = [(view.period, shape) for shape in shapes]
    notes = [states_line(view), *caveats(view, cells)]
    columns = (words("chart.col_category"), words("chart.places"))
    return Chart(
        "distribution", title, summary, finish(fig, words, links), tuple(text for text in notes if text),
        source_line(view, cells), columns, tuple(rows),
    )  # fmt: skip


def distribution_chart(view: ChartView) -> Chart:
    """Return the chart of how the figures of the shown period are spread.

    Where a layer may not be sorted, the dots have no names: their places along the axis would be an order.
    """
    words = view.words
    title = words("chart.title_distribution", headline=view.scene["headline"], period=view.label())
    shapes = view.with_value()
    if not shapes:
        return Chart("distribution", title, words("chart.no_figures"))
    if view.scene.get("categories"):
        return _categories_chart(view, title, shapes)
    values = {shape: float(view.value(shape) or 0.0) for shape in shapes}
    low, high = _extent(view)
    step = nice_step(high - low, _BINS)
    start = low // step * step
    heights = stack_dots(values, start, step)
    top = max(heights.values())
    named = view.allows("sort")
    ids = view.scene["ids"]
    fig, links = new_figure(), Links()
    if named:
        links.spots = {ids[shape]: [(values[shape], heights[shape])] for shape in shapes}
    fig.add_scatter(
        x=[values[s] for s in shapes], y=[heights[s] for s in shapes], mode="markers", showlegend=False,
        marker={
            "size": 11 if top <= 14 else 8 if top <= 24 else 5, "color": [colour_of(view, s) for s in shapes],
            "line": {"width": 1, "color": INK},
        },
        customdata=[[ids[s] if named else "", plain(_told(view, s, named))] for s in shapes],
        hovertemplate="%{customdata[1]}<extra></extra>",
    )  # fmt: skip
    _draw_classes(fig, view, low, high)
    margin = (high - low or 1.0) * 0.03
    fig.update_xaxes(
        range=[low - margin, high + margin], showgrid=False, zeroline=False, ticklabelstandoff=14,
        title=axis_title(view.scene["unit"]),
    )  # fmt: skip
    fig.update_yaxes(
        range=[0.2, max(top, 5) + 0.8], nticks=5, tickformat="d", zeroline=False,
        title=axis_title(words("chart.places")),
    )  # fmt: skip
    middle = median(values.values())
    summary = words(
        "chart.sum_spread", n=words.number(len(shapes), 0), low=view.text(min(values.values())),
        high=view.text(max(values.values())), middle=view.text(middle),
    )  # fmt: skip
    cells = [(view.period, shape) for shape in shapes]
    notes = [
        words("chart.dots") if named else words("chart.dots_unnamed"),
        *([words("chart.class_bounds")] if _has_bounds(view) else []),
        states_line(view),
        words("chart.places_differ"),
        *caveats(view, cells),
    ]
    columns = tuple(words(f"chart.col_{name}") for name in ("place", "period", "value", "class", "status"))
    rows = tuple(
        (view.name(s), view.label(s), values[s], _class_label(view, s), view.status(s)) for s in shapes
    )  # fmt: skip
    return Chart(
        "distribution", title, summary, finish(fig, words, links), tuple(text for text in notes if text),
        source_line(view, cells), columns, rows,
    )  # fmt: skip


def _told(view: ChartView, shape: int, named: bool) -> str:
    text = f"{view.name(shape)}: {view.shown(shape)}" if named else view.shown(shape)
    return "; ".join(part for part in (text, view.label(shape), view.status(shape)) if part)
