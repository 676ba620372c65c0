"""Every place in every period: a cell in its colour on the map, a letter where there is no figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dashboard.charts.chart import (
    INK,
    MOST_PLACES,
    Cell,
    Chart,
    ChartView,
    Links,
    caveats,
    colour_of,
    day_text,
    finish,
    new_figure,
    plain,
    short,
    source_line,
)
from layers.scene import is_estimated, is_older, is_unclear
from layers.states import ELSEWHERE, ESTIMATED, OLDER, STATES, UNCLEAR, VALUE

_ROW = 20
_FRAME = 48
_MOST_LABELS = 24
_LARGEST = 18
_LIGHT = "#ffffff"
_SIGNS: tuple[tuple[str, Callable[[Mapping[str, Any], int, int], bool]], ...] = (
    (ESTIMATED, is_estimated), (OLDER, is_older), (UNCLEAR, is_unclear),
)  # fmt: skip
"""What is written on a figure that the map hatches."""


def rows_of(view: ChartView, shapes: Iterable[int]) -> list[int]:
    """Return those of some places that have a row, by name: in a country with figures, and there in any period."""
    covered = [shape for shape in shapes if view.scene["iso3"][shape] in view.scene["countries"]]
    return [shape for shape in view.by_name(covered) if any(view.state(shape, p) != ELSEWHERE for p in view.dated)]


def _order(view: ChartView) -> list[int]:
    shapes = rows_of(view, view.shapes)
    if view.order != "value" or not view.allows("sort"):
        return shapes
    known = [shape for shape in shapes if view.value(shape) is not None]
    ordered = sorted(known, key=lambda shape: -(view.value(shape) or 0.0))
    return ordered + [shape for shape in shapes if view.value(shape) is None]


def _ink_on(colour: str) -> str:
    """Return black or white, whichever is read more easily on a colour."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return INK if 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 > 0.3 else _LIGHT


def _told(view: ChartView, shape: int, period: int) -> str:
    parts = [f"{view.name(shape)}, {view.label(period=period)}: {view.shown(shape, period)}"]
    if view.state(shape, period) == VALUE:
        low, high = view.interval(shape, period)
        if low is not None and high is not None:
            parts.append(view.words("tip.interval", low=view.text(low), high=view.text(high)))
        parts += [view.status(shape, period)] if view.status(shape, period) else []
    return plain("; ".join(parts))


def _draw_cells(fig: Any, view: ChartView, shapes: list[int]) -> None:
    """Draw a cell for each figure, in its colour on the map."""
    colours = [[colour_of(view, s, p) if view.value(s, p) is not None else None for p in view.dated] for s in shapes]
    used = sorted({colour for row in colours for colour in row if colour})
    place = {colour: number for number, colour in enumerate(used)}
    size = max(len(used), 1)
    scale = [[(n + edge) / size, colour] for n, colour in enumerate(used) for edge in (0, 1)] or [[0, INK], [1, INK]]
    fig.add_heatmap(
        z=[[place[colour] + 0.5 if colour else None for colour in row] for row in colours],
        colorscale=scale, zmin=0, zmax=size, showscale=False, xgap=1, ygap=1, hoverongaps=True,
        text=[[_told(view, s, p) if view.state(s, p) != ELSEWHERE else "" for p in view.dated] for s in shapes],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    found = view.scene["scopes"].get(view.scope)
    if found and "tones" not in found:
        for colour, label in zip(found["colours"], found["labels"], strict=True):
            fig.add_scatter(
                x=[None], y=[None], mode="markers", name=plain(label), hoverinfo="skip",
                marker={"symbol": "square", "size": 14, "color": colour, "line": {"width": 1, "color": INK}},
            )  # fmt: skip


def _draw_circles(fig: Any, view: ChartView, shapes: list[int]) -> None:
    """Draw a circle for each count, its area in proportion; hollow for a negative one."""
    cells = [(row, column, s, p) for row, s in enumerate(shapes) for column, p in enumerate(view.dated)]
    shown = [cell for cell in cells if view.value(cell[2], cell[3]) is not None]
    top = view.scene["symbol"]["max"] if "symbol" in view.scene else 0.0
    values = [view.value(s, p) or 0.0 for _, _, s, p in shown]
    colour = view.scene["symbol"]["colour"] if "symbol" in view.scene else INK
    fig.add_scatter(
        x=[column for _, column, _, _ in shown], y=[row for row, _, _, _ in shown], mode="markers", showlegend=False,
        marker={
            "size": [max(3.0, _LARGEST * (abs(v) / top) ** 0.5) if top else 3.0 for v in values],
            "color": [_LIGHT if v < 0 else colour for v in values], "line": {"width": 1, "color": INK},
        },
        customdata=[[view.scene["ids"][s], _told(view, s, p)] for _, _, s, p in shown],
        hovertemplate="%{customdata[1]}<extra></extra>",
    )  # fmt: skip


def _draw_letters(fig: Any, view: ChartView, shapes: list[int], is_filled: bool) -> list[str]:
    """Write the letter of a state where there is no figure, and on an estimate and the like; return the signs used."""
    letters: list[tuple[int, int, str, str]] = []
    for row, shape in enumerate(shapes):
        for column, period in enumerate(view.dated):
            state = view.state(shape, period)
            if state in STATES:
                letters.append((column, row, state, INK))
            elif state == VALUE and is_filled:
                signs = [sign for sign, applies in _SIGNS if applies(view.scene, period, shape)]
                letters += [(column, row, sign, _ink_on(colour_of(view, shape, period))) for sign in signs[:1]]
    fig.add_scatter(
        x=[x for x, _, _, _ in letters], y=[y for _, y, _, _ in letters], mode="text", showlegend=False,
        text=[view.words(f"chart.letter_{state}") for _, _, state, _ in letters], hoverinfo="skip",
        textfont={"size": 12, "color": [colour for _, _, _, colour in letters]},
    )  # fmt: skip
    return [sign for sign in (*STATES, *(sign for sign, _ in _SIGNS)) if any(one[2] == sign for one in letters)]


def _cell(view: ChartView, shape: int, period: int) -> Cell:
    """Return a figure as a number, or what is said in its place."""
    if view.state(shape, period) == ELSEWHERE:
        return ""
    is_exact = f"{period}:{shape}" not in view.scene["qualifiers"]
    is_number = is_exact and not view.scene.get("categories")
    return view.value(shape, period) if view.state(shape, period) == VALUE and is_number else view.shown(shape, period)


def _label(view: ChartView, shape: int, with_country: bool) -> str:
    country = view.names.get(view.scene["iso3"][shape], "")
    return f"{view.name(shape)} ({country})" if with_country else view.name(shape)


def _breaks(view: ChartView, countries: set[str]) -> list[str]:
    found = [b for b in view.scene["breaks_in_series"] if b["iso3"] in countries]
    return [
        view.words(
            "chart.break_in", date=day_text(b["date"], view.words.lang), country=view.names.get(b["iso3"], b["iso3"]),
            note=b["note"],
        )
        for b in found
    ]  # fmt: skip


def heatmap_chart(view: ChartView) -> Chart:
    """Return the chart of every place in every period, by name or, where the layer may be sorted, by figure."""
    words = view.words
    title = words("chart.title_heatmap", headline=view.scene["headline"])
    shapes = _order(view)
    if not shapes or not view.dated:
        return Chart("heatmap", title, words("chart.no_figures"))
    if len(shapes) > MOST_PLACES:
        return Chart("heatmap", title, words("chart.too_many", n=words.number(MOST_PLACES, 0)))
    fig, links = new_figure(), Links()
    is_filled = view.scene["mark"] == "fill"
    if is_filled:
        _draw_cells(fig, view, shapes)
    else:
        _draw_circles(fig, view, shapes)
    states = _draw_letters(fig, view, shapes, is_filled)
    ids, periods = view.scene["ids"], view.scene["periods"]
    links.key = is_filled
    links.rows = {ids[shape]: row for row, shape in enumerate(shapes)}
    links.periods = {periods[p]["id"]: column for column, p in enumerate(view.dated)}
    countries = {view.scene["iso3"][shape] for shape in shapes}
    several = len(countries) > 1 and view.scene["level"] != "ADM0"
    labels = [_label(view, shape, several) for shape in shapes]
    every = max(1, -(-len(view.dated) // _MOST_LABELS))
    fig.update_xaxes(
        side="top", range=[-0.5, len(view.dated) - 0.5], tickvals=list(range(0, len(view.dated), every)),
        ticktext=[plain(view.label(period=p)) for p in view.dated[::every]], showgrid=False, zeroline=False,
        autotickangles=[0, -45],
    )  # fmt: skip
    fig.update_yaxes(
        range=[len(shapes) - 0.5, -0.5], tickvals=list(range(len(shapes))),
        ticktext=[plain(short(label)) for label in labels], showgrid=False, zeroline=False,
    )  # fmt: skip
    fig.update_layout(
        margin={"t": 16, "b": 12, "r": 32}, showlegend=False,  # room for the last head, which may be slanted
        legend={"orientation": "h", "yref": "container", "y": 0.995, "yanchor": "top", "x": 0, "itemclick": False,
                "itemdoubleclick": False},
    )  # fmt: skip
    height = len(shapes) * _ROW + _FRAME
    cells = [(p, s) for s in shapes for p in view.dated if view.state(s, p) == VALUE]
    key = ", ".join(f"{words(f'chart.letter_{sign}')} = {words(f'state.{sign}')}" for sign in states)
    is_by_value = view.order == "value" and view.allows("sort")
    notes = [
        *([words("chart.key", list=key)] if key else []),
        words("chart.by_value", period=view.label()) if is_by_value else words("chart.by_name"),
        *([] if is_filled else [words("chart.circles")]),
        *_breaks(view, countries),
        *caveats(view, cells),
    ]  # fmt: skip
    summary = words(
        "chart.sum_heat", places=words.number(len(shapes), 0), periods=words.number(len(view.dated), 0),
        n=words.number(len(cells), 0),
    )  # fmt: skip
    columns = (words("chart.col_place"), *(view.label(period=p) for p in view.dated))
    rows = tuple((label, *(_cell(view, s, p) for p in view.dated)) for label, s in zip(labels, shapes, strict=True))
    return Chart(
        "heatmap", title, summary, finish(fig, words, links, height), tuple(notes), source_line(view, cells), columns,
        rows, height,
    )  # fmt: skip
