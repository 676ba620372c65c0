"""Places in the order of their figures, country by country, with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.charts.chart import (
    INK,
    MOST_PLACES,
    QUIET,
    Cell,
    Chart,
    ChartView,
    Links,
    axis_title,
    caveats,
    colour_of,
    finish,
    new_figure,
    plain,
    short,
    source_line,
    states_line,
)

_ROW = 20
_FRAME = 56
_MOST_SPANS = 4


def indistinct_spans(intervals: Sequence[tuple[float, float] | None]) -> list[tuple[int, int]]:
    """Return the longest runs of places, first and last (0-based), whose intervals all overlap one another.

    Parameters
    ----------
    intervals : sequence of (low, high) or None
        In the order of the places; None for a figure without an interval, which ends a run.
    """
    spans: list[tuple[int, int]] = []
    for first, own in enumerate(intervals):
        if own is None:
            continue
        low, high = own
        last = first
        for number in range(first + 1, len(intervals)):
            other = intervals[number]
            if other is None or max(low, other[0]) > min(high, other[1]):
                break
            low, high, last = max(low, other[0]), min(high, other[1]), number
        if last > first and (not spans or last > spans[-1][1]):
            spans.append((first, last))
    return spans


def _interval(view: ChartView, shape: int) -> tuple[float, float] | None:
    low, high = view.interval(shape)
    return None if low is None or high is None else (low, high)


def _told_apart(view: ChartView, shapes: Sequence[int], country: str) -> list[str]:
    words = view.words
    intervals = [_interval(view, shape) for shape in shapes]
    if all(one is None for one in intervals):
        return []
    spans = indistinct_spans(intervals)
    if not spans:
        return [words("chart.apart", country=country)]
    texts = [words("chart.span", first=words.number(a + 1, 0), last=words.number(b + 1, 0)) for a, b in spans]
    told = ", ".join(texts[:_MOST_SPANS])
    if len(spans) > _MOST_SPANS:
        told = f"{told} {words('chart.spans_more')}"
    return [words("chart.overlap", country=country, spans=told)]


def _groups(view: ChartView) -> list[tuple[str, list[int]]]:
    """Return the places with a figure by country, those with the highest figures first."""
    groups: dict[str, list[int]] = {}
    for shape in view.with_value():
        groups.setdefault(view.scene["iso3"][shape], []).append(shape)
    if view.scene["level"] == "ADM0":
        groups = {"": [shape for members in groups.values() for shape in members]}
    ordered = sorted(groups.items(), key=lambda item: view.names.get(item[0], item[0]))
    return [(iso3, sorted(shapes, key=lambda s: -(view.value(s) or 0.0))) for iso3, shapes in ordered]


def _draw(fig: Any, view: ChartView, shapes: Sequence[int], places: Sequence[int], links: Links) -> None:
    values = [view.value(shape) or 0.0 for shape in shapes]
    bounds = [_interval(view, shape) or (value, value) for shape, value in zip(shapes, values, strict=True)]
    for shape, value, place in zip(shapes, values, places, strict=True):
        links.spots[view.scene["ids"][shape]] = [(value, place)]
    fig.add_scatter(
        x=values, y=list(places), mode="markers", showlegend=False,
        marker={"size": 11, "color": [colour_of(view, s) for s in shapes], "line": {"width": 1.2, "color": INK}},
        customdata=[[view.scene["ids"][shape], plain(_told(view, shape))] for shape in shapes],
        hovertemplate="%{customdata[1]}<extra></extra>",
        error_x={
            "type": "data", "symmetric": False, "color": QUIET, "thickness": 1.4, "width": 4,
            "array": [high - value for (_, high), value in zip(bounds, values, strict=True)],
            "arrayminus": [value - low for (low, _), value in zip(bounds, values, strict=True)],
            "visible": any(low != high for low, high in bounds),
        },
    )  # fmt: skip


def _told(view: ChartView, shape: int) -> str:
    parts = [f"{view.name(shape)}: {view.shown(shape)}"]
    found = _interval(view, shape)
    if found is not None:
        parts.append(view.words("tip.interval", low=view.text(found[0]), high=view.text(found[1])))
    parts += [text for text in (view.label(shape), view.status(shape)) if text]
    return "; ".join(parts)


def ranking_chart(view: ChartView) -> Chart:
    """Return the chart of places in the order of their figures in the shown period, each country by itself.

    The caller has made sure that the layer may be ranked. Places whose intervals overlap are told in words; a dotted
    line is the national figure.
    """
    words = view.words
    title = words("chart.title_ranking", headline=view.scene["headline"], period=view.label())
    groups = _groups(view)
    shapes = [shape for _, members in groups for shape in members]
    if not shapes:
        return Chart("ranking", title, words("chart.no_figures"))
    if len(shapes) > MOST_PLACES:
        return Chart("ranking", title, words("chart.too_many", n=words.number(MOST_PLACES, 0)))
    fig, links = new_figure(), Links()
    labels: list[tuple[int, str]] = []
    notes: list[str] = []
    rows: list[tuple[Cell, ...]] = []
    place, has_national = 0, False
    for iso3, members in groups:
        country = view.names.get(iso3, "")
        if len(groups) > 1:
            labels.append((place, f"<b>{plain(country)}</b>"))
            place += 1
        places = list(range(place, place + len(members)))
        _draw(fig, view, members, places, links)
        labels += [(at, plain(short(view.name(shape)))) for at, shape in zip(places, members, strict=True)]
        national = view.scene["national"][view.period].get(iso3)
        if national is not None:
            has_national = True
            fig.add_shape(
                type="line", x0=national, x1=national, y0=places[0] - 0.5, y1=places[-1] + 0.5, layer="below",
                line={"color": QUIET, "width": 2, "dash": "dot"},
            )  # fmt: skip
        notes += _told_apart(view, members, country or words("app.region"))
        values = [view.value(shape) for shape in members]
        for shape, value in zip(members, values, strict=True):
            above = sum(1 for other in values if (other or 0.0) > (value or 0.0))
            low, high = view.interval(shape)
            rows.append((view.name(shape), country or view.name(shape), view.label(shape), above + 1, value, low, high,
                         view.status(shape)))  # fmt: skip
        place += len(members)
    height = place * _ROW + _FRAME
    fig.update_yaxes(
        tickvals=[at for at, _ in labels], ticktext=[text for _, text in labels], range=[place - 0.4, -0.6],
        showgrid=False, zeroline=False,
    )  # fmt: skip
    fig.update_xaxes(
        side="top", gridcolor="#e7ebef", zeroline=True, zerolinecolor=QUIET,
        title=axis_title(view.scene["unit"]), rangemode="tozero",
    )  # fmt: skip
    cells = [(view.period, shape) for shape in shapes]
    has_intervals = any(_interval(view, shape) for shape in shapes)
    every = [
        *notes,
        *([] if has_intervals else [words("chart.no_intervals")]),
        *([words("chart.national_line")] if has_national else []),
        states_line(view),
        *caveats(view, cells),
    ]
    summary = " ".join(_summary(view, members, view.names.get(iso3, "")) for iso3, members in groups)
    names = ("place", "country", "period", "order", "value", "low", "high", "status")
    return Chart(
        "ranking", title, summary, finish(fig, words, links, height), tuple(text for text in every if text),
        source_line(view, cells), tuple(words(f"chart.col_{name}") for name in names), tuple(rows), height,
    )  # fmt: skip


def _summary(view: ChartView, members: Sequence[int], country: str) -> str:
    first, last = members[0], members[-1]
    text = view.words(
        "chart.sum_order", n=view.words.number(len(members), 0), high=view.name(first), top=view.shown(first),
        low=view.name(last), bottom=view.shown(last),
    )  # fmt: skip
    return f"{country}: {text}" if country else text
