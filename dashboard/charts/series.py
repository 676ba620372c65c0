"""The series of one place: figures by period, with their intervals and breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import plotly.graph_objects as go

from layers.words import load_words

_INK, _QUIET, _LINE = "#17202b", "#5a6675", "#d5dbe2"
HEIGHT = 220


@dataclass(frozen=True)
class SeriesPoint:
    """One figure: its period's last day and label, value and interval, its text."""

    end: date
    label: str
    value: float
    low: float | None
    high: float | None
    text: str


def series_figure(
    points: Sequence[SeriesPoint], colour: str, unit: str, lang: str, breaks: Mapping[date, str]
) -> go.Figure:
    """Return a line of figures over time; the line is broken where figures do not compare.

    Parameters
    ----------
    points : sequence of SeriesPoint
        In the order of time, at least two.
    colour : str
        Colour of the line.
    unit : str
        Title of the axis.
    lang : str
        Language of numbers.
    breaks : mapping of date to str
        Dates from which figures do not compare with earlier ones, and why.
    """
    fig = go.Figure()
    stretches: list[list[SeriesPoint]] = [[]]
    for point in points:
        if stretches[-1] and any(stretches[-1][-1].end < day <= point.end for day in breaks):
            stretches.append([])
        stretches[-1].append(point)
    for stretch in stretches:
        with_interval = all(p.low is not None and p.high is not None for p in stretch)
        fig.add_scatter(
            x=[p.end for p in stretch],
            y=[p.value for p in stretch],
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={"size": 7, "color": colour},
            customdata=[[p.label, p.text] for p in stretch],
            hovertemplate="%{customdata[0]}: <b>%{customdata[1]}</b><extra></extra>",
            error_y={
                "type": "data",
                "array": [0.0 if p.high is None else p.high - p.value for p in stretch],
                "arrayminus": [0.0 if p.low is None else p.value - p.low for p in stretch],
                "color": _QUIET,
                "thickness": 1,
                "visible": with_interval,
            },
        )
    for day, note in breaks.items():
        if points[0].end < day <= points[-1].end:
            fig.add_vline(x=day.isoformat(), line={"color": _QUIET, "width": 1, "dash": "dot"})
            fig.add_annotation(x=day.isoformat(), y=1, yref="paper", text="│", hovertext=note, showarrow=False)
    years = sorted({p.end.year for p in points})
    step = max(1, (years[-1] - years[0]) // 5)
    ticks = list(range(years[0], years[-1] + 1, step))
    fig.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 12, "t": 24, "b": 8},
        showlegend=False,
        separators=load_words(lang).separators,
        font={"family": "system-ui, sans-serif", "size": 12, "color": _INK},
        plot_bgcolor="#fff",
        paper_bgcolor="#fff",
        hoverlabel={"bgcolor": "#fff", "bordercolor": _QUIET, "font": {"color": _INK}},
        title={"text": unit, "font": {"size": 12, "color": _QUIET}, "x": 0, "xref": "paper", "y": 0.98},
    )
    fig.update_xaxes(
        tickvals=[f"{year}-12-31" for year in ticks],
        ticktext=[str(year) for year in ticks],
        showgrid=False,
        linecolor=_LINE,
        automargin=True,
    )
    fig.update_yaxes(gridcolor=_LINE, zerolinecolor=_QUIET, rangemode="tozero", automargin=True, nticks=5)
    return fig
