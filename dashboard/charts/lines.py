"""Figures over time: of places and of their countries, with intervals, gaps and breaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboard.charts.chart import (
    LINE_COLOURS,
    NEUTRAL_COLOURS,
    QUIET,
    UPRIGHT_LETTERS,
    Cell,
    Chart,
    ChartView,
    Links,
    axis_title,
    caveats,
    day_text,
    finish,
    new_figure,
    plain,
    source_line,
)
from layers.scene import own_period
from layers.states import HELD

MOST_LINES = 8
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "dash", "dot")
_SYMBOL_OF_FLAG = {".": "circle", "e": "circle-open", "p": "diamond-open", "u": "triangle-up-open", "b": "square"}


@dataclass(frozen=True)
class _Point:
    period: int
    value: float
    low: float | None
    high: float | None
    flag: str
    text: str


@dataclass(frozen=True)
class _Line:
    """The figures of a place (`shape`), or the national ones of a country (no shape), cut into stretches."""

    name: str
    iso3: str
    shape: int | None
    stretches: tuple[tuple[_Point, ...], ...]

    @property
    def points(self) -> list[_Point]:
        return [point for stretch in self.stretches for point in stretch]


def _end(view: ChartView, period: int) -> date:
    return date.fromisoformat(view.scene["periods"][period]["end"])


def _middle(view: ChartView, period: int) -> str:
    """Return where a period stands on the axis: in its middle, so that a break lies between two periods."""
    start, end = date.fromisoformat(view.scene["periods"][period]["start"]), _end(view, period)
    return (start + (end - start) / 2).isoformat()


def _breaks(view: ChartView, iso3: str) -> list[tuple[date, str]]:
    found = [b for b in view.scene["breaks_in_series"] if b["iso3"] == iso3]
    return [(date.fromisoformat(b["date"]), b["note"]) for b in found]


def _is_covered(view: ChartView, iso3: str, period: int) -> bool:
    states = view.scene["states"][period]
    return any(s in HELD and c == iso3 for s, c in zip(states, view.scene["iso3"], strict=True))


def _cut(view: ChartView, iso3: str, points: list[_Point]) -> tuple[tuple[_Point, ...], ...]:
    """Cut a line where a figure is missing, where figures do not compare, and where the source says so."""
    days = [day for day, _ in _breaks(view, iso3)]
    stretches: list[list[_Point]] = []
    for point in points:
        former = stretches[-1][-1] if stretches else None
        if former is None or point.flag == "b" or _is_gap(view, iso3, former.period, point.period, days):
            stretches.append([])
        stretches[-1].append(point)
    return tuple(tuple(stretch) for stretch in stretches)


def _is_gap(view: ChartView, iso3: str, former: int, period: int, days: list[date]) -> bool:
    first, last = _end(view, former), _end(view, period)
    missed = any(_is_covered(view, iso3, between) for between in range(former + 1, period))
    skipped = view.is_annual and last.year - first.year > 1
    return missed or skipped or any(first < day <= last for day in days)


def _place_line(view: ChartView, shape: int) -> _Line:
    points = []
    for period in view.dated:
        value = view.value(shape, period)
        if value is not None and own_period(view.scene, period, shape) == period:  # none that is carried forward
            low, high = view.interval(shape, period)
            flag = view.scene["flags"][period][shape]
            points.append(_Point(period, value, low, high, flag, view.shown(shape, period)))
    iso3 = view.scene["iso3"][shape]
    return _Line(view.name(shape), iso3, shape, _cut(view, iso3, points))


def _national_line(view: ChartView, iso3: str) -> _Line:
    points = [
        _Point(period, view.scene["national"][period][iso3], None, None, ".",
               view.text(view.scene["national"][period][iso3]))
        for period in view.dated if iso3 in view.scene["national"][period]
    ]  # fmt: skip
    name = view.words("chart.national", country=view.names.get(iso3, iso3))
    days = [day for day, _ in _breaks(view, iso3)]
    stretches: list[list[_Point]] = []
    for point in points:
        before = _end(view, stretches[-1][-1].period) if stretches else None
        after = _end(view, point.period)
        is_broken = before is None or any(before < day <= after for day in days)
        if is_broken or (view.is_annual and before is not None and after.year - before.year > 1):
            stretches.append([])
        stretches[-1].append(point)
    return _Line(name, iso3, None, tuple(tuple(stretch) for stretch in stretches))


def _lines(view: ChartView) -> tuple[list[_Line], int]:
    """Return the lines to draw, the chosen places first, and how many chosen places find no room."""
    ids = view.scene["ids"]
    chosen = [ids.index(unit) for unit in dict.fromkeys(view.chosen) if unit in ids]
    national = any(view.scene["national"])
    if not chosen and not national:
        chosen = list(view.shapes) if len(view.shapes) <= MOST_LINES else []
    countries = list(dict.fromkeys(view.scene["iso3"][shape] for shape in chosen or view.shapes))
    above = [line for line in (_national_line(view, iso3) for iso3 in countries) if line.points] if national else []
    above = above[: MOST_LINES - 1] if chosen else above[:MOST_LINES]
    room = MOST_LINES - len(above)
    return [_place_line(view, shape) for shape in chosen[:room]] + above, max(0, len(chosen) - room)


def _rgba(colour: str, share: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def _band(view: ChartView, line: _Line) -> tuple[list[str | None], list[float | None]]:
    """Return the outline of the intervals along each stretch in which every figure has one."""
    x: list[str | None] = []
    y: list[float | None] = []
    for stretch in line.stretches:
        known = [(p, p.low, p.high) for p in stretch if p.low is not None and p.high is not None]
        if len(known) < 2 or len(known) < len(stretch):
            continue
        ends = [_middle(view, p.period) for p, _, _ in known]
        x += [*ends, *reversed(ends), None]
        y += [*(high for _, _, high in known), *(low for _, low, _ in reversed(known)), None]
    return x, y


def _draw(fig: Any, view: ChartView, line: _Line, number: int, links: Links) -> None:
    colours = LINE_COLOURS if view.allows("join") else NEUTRAL_COLOURS
    colour, dash = colours[number], _DASHES[number]
    x, y = _band(view, line)
    if x:
        fig.add_scatter(
            x=x, y=y, mode="lines", line={"width": 0}, fill="toself", fillcolor=_rgba(colour, 0.14),
            hoverinfo="skip", showlegend=False,
        )  # fmt: skip
    xs: list[str | None] = []
    ys: list[float | None] = []
    texts: list[list[str]] = []
    symbols: list[str] = []
    bars: list[tuple[float, float]] = []
    unit = "" if line.shape is None else view.scene["ids"][line.shape]
    for stretch in line.stretches:
        in_band = len(stretch) > 1 and all(p.low is not None and p.high is not None for p in stretch)
        for point in stretch:
            at = _middle(view, point.period)
            xs.append(at)
            ys.append(point.value)
            texts.append([unit, plain(_told(view, line, point))])
            symbols.append(_SYMBOL_OF_FLAG.get(point.flag, "circle"))
            low, high = (point.value, point.value) if in_band else (point.low, point.high)
            bars.append((0.0, 0.0) if low is None or high is None else (point.value - low, high - point.value))
            if unit:
                links.spots.setdefault(unit, []).append((at, point.value))
        xs.append(xs[-1])
        ys.append(None)
        texts.append(["", ""])
        symbols.append("circle")
        bars.append((0.0, 0.0))
    fig.add_scatter(
        x=xs, y=ys, mode="lines+markers", name=plain(line.name), connectgaps=False,
        line={"color": colour, "width": 1.6 if line.shape is None else 2.2, "dash": dash},
        marker={"size": 8, "color": colour, "symbol": symbols, "line": {"width": 1.6, "color": colour}},
        customdata=texts, hovertemplate="%{customdata[1]}<extra></extra>",
        error_y={
            "type": "data", "symmetric": False,
            "array": [up for _, up in bars], "arrayminus": [down for down, _ in bars],
            "color": QUIET, "thickness": 1, "width": 3, "visible": any(up or down for down, up in bars),
        },
    )  # fmt: skip


def _told(view: ChartView, line: _Line, point: _Point) -> str:
    parts = [f"{line.name}, {view.label(period=point.period)}: {point.text}"]
    if point.low is not None and point.high is not None:
        parts.append(view.words("tip.interval", low=view.text(point.low), high=view.text(point.high)))
    if point.flag != ".":
        parts.append(view.words(f"flag.{point.flag}"))
    return "; ".join(parts)


def _mark_breaks(fig: Any, view: ChartView, lines: list[_Line]) -> list[str]:
    """Draw a line with a letter at every break of the countries shown; return what each means."""
    shown = [_end(view, point.period) for line in lines for point in line.points]
    countries = list(dict.fromkeys(line.iso3 for line in lines))
    found = sorted(
        (day, view.names.get(iso3, iso3), note)
        for iso3 in countries for day, note in _breaks(view, iso3)
        if min(shown) < day <= max(shown)
    )  # fmt: skip
    notes = []
    for number, (day, country, note) in enumerate(found[:26]):
        letter = chr(ord("A") + number)
        fig.add_shape(
            type="line", x0=day.isoformat(), x1=day.isoformat(), y0=0, y1=1, yref="paper",
            line={"color": QUIET, "width": 1.5, "dash": "dot"},
        )  # fmt: skip
        fig.add_annotation(
            x=day.isoformat(), y=1, yref="paper", yanchor="top", xanchor="left", text=f"<b>{letter}</b>",
            showarrow=False, font={"size": 12},
        )  # fmt: skip
        when = day_text(day.isoformat(), view.words.lang)
        notes.append(view.words("chart.break", letter=letter, date=when, country=country, note=note))
    return notes


def _rows(view: ChartView, lines: list[_Line]) -> tuple[tuple[Cell, ...], ...]:
    """Return every period of every line; a period of a place without a figure says why."""
    rows: list[tuple[Cell, ...]] = []
    for line in lines:
        at = {point.period: point for point in line.points}
        for period in view.dated:
            point, label = at.get(period), view.label(period=period)
            if point is not None:
                flag = "" if point.flag == "." else view.words(f"flag.{point.flag}")
                rows.append((line.name, label, point.value, point.low, point.high, flag))
            elif line.shape is not None and view.state(line.shape, period) != "-":
                rows.append((line.name, label, None, None, None, view.status(line.shape, period)))
    return tuple(rows)


def _summary(view: ChartView, name: str, points: list[_Point]) -> str:
    first, last = points[0], points[-1]
    start, end = view.label(period=first.period), view.label(period=last.period)
    if first is last:
        return view.words("chart.sum_one", place=name, value=first.text, period=start)
    return view.words("chart.sum_line", place=name, first=first.text, last=last.text, start=start, end=end)


def lines_chart(view: ChartView) -> Chart:
    """Return the chart of figures over time: of the chosen places, and of their countries.

    Without a chosen place, the national figures of the countries in view, or the places themselves if they are few.
    A line is cut where a figure is missing and where figures do not compare.
    """
    words = view.words
    found, left_out = _lines(view)
    lines = [line for line in found if line.points]
    names = ", ".join(line.name for line in lines or found)
    title = words("chart.title_series", headline=view.scene["headline"], places=names)
    if not lines:
        why = "chart.choose_place" if not found else "chart.no_figures"
        return Chart("series", title if found else view.scene["headline"], words(why))
    fig, links = new_figure(), Links()
    for number, line in enumerate(lines):
        _draw(fig, view, line, number, links)
    links.periods = {view.scene["periods"][p]["id"]: _middle(view, p) for p in view.dated}
    years = sorted({_end(view, point.period).year for line in lines for point in line.points})
    ticks = list(range(years[0], years[-1] + 1, max(1, -(-(years[-1] - years[0]) // 12))))
    fig.update_xaxes(
        tickvals=[f"{year}-07-02" for year in ticks], ticktext=[str(year) for year in ticks], showgrid=False
    )
    fig.update_yaxes(title=axis_title(view.scene["unit"], UPRIGHT_LETTERS), rangemode="tozero", nticks=6)
    fig.update_layout(showlegend=len(lines) > 1, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})
    breaks = _mark_breaks(fig, view, lines)
    cells = [(p.period, line.shape) for line in lines if line.shape is not None for p in line.points]
    national = [(p.period, s) for line in lines if line.shape is None for p in line.points
                for s in view.shapes if view.scene["iso3"][s] == line.iso3]  # fmt: skip
    flags = [f for f in ("e", "p", "u", "b") if any(p.flag == f for line in lines for p in line.points)]
    notes = [
        *([words("chart.more_places", n=words.number(left_out, 0))] if left_out else []),
        *breaks,
        *([words("chart.bands")] if any(_band(view, line)[0] for line in lines) else []),
        *(words("chart.mark_of", mark=words(f"chart.mark_{f}"), status=words(f"flag.{f}")) for f in flags),
        *([words("chart.gaps")] if any(len(line.stretches) > 1 for line in lines) else []),
        *caveats(view, cells or national),
    ]
    summary = " ".join(_summary(view, line.name, line.points) for line in lines)
    columns = tuple(words(f"chart.col_{name}") for name in ("place", "period", "value", "low", "high", "status"))
    return Chart(
        "series", title, summary, finish(fig, words, links), tuple(notes), source_line(view, cells or national),
        columns, _rows(view, lines),
    )  # fmt: skip
