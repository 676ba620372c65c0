"""What every chart is given, a scene in one language; and what it says: figure, title, source, notes and rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from textwrap import wrap
from typing import Any, Literal, get_args

import plotly.graph_objects as go
from babel.dates import format_date

from layers.palette import SYMBOL
from layers.restraint import Act
from layers.scene import figure_text, period_text, shown_text
from layers.states import STATES, VALUE
from layers.words import Words

Kind = Literal["series", "ranking", "distribution", "scatter", "heatmap"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NEEDS: Mapping[Kind, tuple[Act, ...]] = {
    "series": (),
    "ranking": ("rank",),
    "distribution": (),
    "scatter": ("join", "correlate"),
    "heatmap": (),
}
"""What must be allowed with a layer for it to be drawn as a chart of a kind (layers/restraint.py)."""
OF_CATEGORIES: tuple[Kind, ...] = ("distribution", "heatmap")
"""Charts of categories: how many places have each, and each place in each period; codes stand on no axis."""
MOST_PLACES = 400
"""Places that a chart with a line of its own for each can hold."""
INK, QUIET, LINE = "#17202b", "#5a6675", "#d5dbe2"
LINE_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f7f7f")
"""Okabe and Ito's colours, which hold for colour-blind readers, without the yellow that is lost on white."""
NEUTRAL_COLOURS = ("#17202b", "#5a6675", "#8391a1", "#3d4957", "#a8aeb5", "#6a7480", "#000000", "#7f7f7f")
"""Of lines of a severe layer, which is drawn in neutral colours (layers/restraint.py); dashes tell them apart."""
_MOST_SOURCES = 3
_AXIS_LETTERS = 42
UPRIGHT_LETTERS = 22
"""Of the title of an upright axis: a chart under the map is low."""
_NAME_LETTERS = 28
_MOST_CAVEATS = 6

Cell = str | float | None


@dataclass(frozen=True)
class ChartView:
    """A scene, and what of it is looked at.

    Attributes
    ----------
    scene : mapping
        The scene of a layer (layers/scene.py).
    words : Words
        The scene's language.
    units : sequence of mapping
        What readers see of each shape (`Services.units`).
    names : mapping of str to str
        Names of countries by ISO 3166-1 alpha-3 code.
    period : int
        Index of the period that the map shows.
    scope : str
        Country in focus, or the region.
    shapes : tuple of int
        The shapes that are looked at: those of the scope, or of the place that was drilled into, that pass the filter.
    every : tuple of int
        The same, whether they pass the filter or not; axes that stay when the period changes are worked out of these.
    chosen : tuple of str
        Ids of the selected place and of those selected together.
    is_annual : bool
        Whether a year without a figure is a gap.
    order : str
        ``value`` for places in the order of their figures, where the layer allows it; else by name.
    """

    scene: Mapping[str, Any]
    words: Words
    units: Sequence[Mapping[str, Any]]
    names: Mapping[str, str]
    period: int
    scope: str
    shapes: tuple[int, ...]
    chosen: tuple[str, ...] = ()
    is_annual: bool = False
    order: str = "name"
    every: tuple[int, ...] = ()

    def allows(self, act: Act) -> bool:
        """Whether something may be done with the layer."""
        return act in self.scene["allows"]

    def state(self, shape: int, period: int | None = None) -> str:
        """Return the state of a shape in a period, the shown one if none is given."""
        return str(self.scene["states"][self.period if period is None else period][shape])

    def value(self, shape: int, period: int | None = None) -> float | None:
        """Return the figure of a shape in a period, the shown one if none is given."""
        found = self.scene["values"][self.period if period is None else period][shape]
        return None if found is None else float(found)

    def interval(self, shape: int, period: int | None = None) -> tuple[float | None, float | None]:
        """Return the bounds of a figure's interval, None where there is none."""
        at = self.period if period is None else period
        low, high = (self.scene[key][at][shape] if self.scene[key] else None for key in ("low", "high"))
        return low, high

    def shown(self, shape: int, period: int | None = None) -> str:
        """Return what the map says of a shape."""
        return shown_text(self.scene, self.words, self.period if period is None else period, shape)

    def label(self, shape: int | None = None, period: int | None = None) -> str:
        """Return the label of the shown period, or of the period that a shape's figure belongs to."""
        at = self.period if period is None else period
        if shape is not None:
            return period_text(self.scene, at, shape)
        stop = self.scene["periods"][at]
        return self.words("chart.latest") if stop.get("latest") else str(stop["label"])

    def status(self, shape: int, period: int | None = None) -> str:
        """Return the status of a figure, or of its absence, in words; empty for an ordinary figure."""
        at = self.period if period is None else period
        state, flag = self.state(shape, at), self.scene["flags"][at][shape]
        if state != VALUE:
            return self.words(f"state.{state}")
        return "" if flag == "." else self.words(f"flag.{flag}")

    def text(self, value: float) -> str:
        """Return a number as the layer's figures are written."""
        return figure_text(self.scene, self.words, value, is_change="base" in self.scene)

    def name(self, shape: int) -> str:
        """Return the name of a place."""
        return str(self.units[shape]["name"])

    def by_name(self, shapes: Iterable[int]) -> list[int]:
        """Return shapes in the order of their names."""
        return sorted(shapes, key=lambda shape: (self.name(shape).casefold(), shape))

    def with_value(self, period: int | None = None) -> list[int]:
        """Return the shapes with a figure in a period, by name."""
        return self.by_name(shape for shape in self.shapes if self.value(shape, period) is not None)

    @property
    def dated(self) -> list[int]:
        """Indices of the periods but for "latest", in the order of time."""
        return [index for index, stop in enumerate(self.scene["periods"]) if not stop.get("latest")]


@dataclass(frozen=True)
class Chart:
    """A chart, ready to be shown or taken away.

    Attributes
    ----------
    kind : str
    title : str
        A sentence that says what is shown.
    figure : plotly.graph_objects.Figure or None
        None if there is nothing to draw; `summary` then says why.
    summary : str
        What the chart shows, for who cannot see it.
    notes : tuple of str
        How to read it, and what it does not say.
    source : str
        Source line of what is shown.
    columns, rows : tuple
        Exactly what is shown, as a table.
    height : int or None
        Height [px] that the places need; None if any will do.
    passing : tuple of int or None
        How many places the filter lets through, and of how many; None without a filter.
    """

    kind: Kind
    title: str
    summary: str
    figure: go.Figure | None = None
    notes: tuple[str, ...] = ()
    source: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    height: int | None = None
    passing: tuple[int, int] | None = None


@dataclass
class Links:
    """What the browser needs to link a chart with the map: where each place and each period stands.

    Attributes
    ----------
    spots : dict of unit_id to list of (x, y)
        Points of each place.
    rows : dict of unit_id to float
        Rows of each place, where it has a whole row.
    periods : dict of period id to x
    key : bool
        Whether a picture of the chart needs the key of its colours, which on the page is the map's legend.
    """

    spots: dict[str, list[tuple[Any, Any]]] = field(default_factory=dict)
    rows: dict[str, float] = field(default_factory=dict)
    periods: dict[str, Any] = field(default_factory=dict)
    key: bool = False


def day_text(day: str, lang: str) -> str:
    """Return a day (ISO 8601) as readers of the language write it."""
    return format_date(date.fromisoformat(day), "d MMM y", locale=lang)


def axis_title(text: str, letters: int = _AXIS_LETTERS) -> dict[str, Any]:
    """Return the title of an axis; one that is longer than some letters is broken into lines."""
    lines = wrap(text, letters)
    return {"text": "<br>".join(plain(line) for line in lines), "font": {"size": 12}}


def short(text: str) -> str:
    """Return a name that leaves room for the chart beside it; the whole name is told at its point."""
    return text if len(text) <= _NAME_LETTERS else f"{text[: _NAME_LETTERS - 1].rstrip()}…"


def plain(text: str) -> str:
    """Return a text as it stands in a figure, where Plotly would read tags."""
    return escape(text, quote=False)


def colour_of(view: ChartView, shape: int, period: int | None = None) -> str:
    """Return the colour of a figure on the map, without hatches; one colour for a layer without classes."""
    scene, at = view.scene, view.period if period is None else period
    found = scene["scopes"].get(view.scope)
    if found is None:
        return str(scene["symbol"]["colour"]) if "symbol" in scene else SYMBOL["blues"]
    sign = (found.get("shades") or found["classes"])[at][shape - found["from"]]
    return str((found.get("tones") or found["colours"])[int(sign, 36)])


def source_line(view: ChartView, cells: Iterable[tuple[int, int]]) -> str:
    """Return the sources of some cells (period, shape), the most used first."""
    used = Counter(view.scene["source"][p][s] for p, s in cells if view.scene["source"][p][s] >= 0)
    ordered = sorted(used, key=lambda index: (-used[index], index))
    if not ordered:
        return ""
    sources = view.scene["sources"]
    text = "; ".join(f"{sources[i]['publisher']}: {sources[i]['title']}" for i in ordered[:_MOST_SOURCES])
    more = len(ordered) - _MOST_SOURCES
    return f"{text}, {view.words.plural('foot.sources_more', more)}" if more > 0 else text


def caveats(view: ChartView, cells: Iterable[tuple[int, int]]) -> list[str]:
    """Return the caveats of the layer, and of the sources of some cells."""
    used = sorted({view.scene["source"][p][s] for p, s in cells} - {-1})
    of_sources = [view.scene["sources"][index].get("caveat", "") for index in used]
    return [text for text in dict.fromkeys([*view.scene["caveats"], *of_sources]) if text][:_MOST_CAVEATS]


def states_line(view: ChartView) -> str:
    """Return how many of the places that are looked at have no figure in the shown period, state by state."""
    counts = Counter(view.state(shape) for shape in view.shapes)
    parts = [f"{view.words(f'state.{s}')} {view.words.number(counts[s], 0)}" for s in STATES if counts[s]]
    return view.words("chart.without", list=", ".join(parts)) if parts else ""


def new_figure() -> go.Figure:
    """Return an empty figure without Plotly's own template, which would travel with every figure."""
    return go.Figure(layout={"template": go.layout.Template()})


def finish(fig: go.Figure, words: Words, links: Links, height: int | None = None) -> go.Figure:
    """Give a figure the looks that all charts have, and what links it with the map."""
    fig.update_layout(
        autosize=True,
        height=height,
        separators=words.separators,
        font={"family": "system-ui, sans-serif", "size": 12, "color": INK},
        plot_bgcolor="#fff",
        paper_bgcolor="#fff",
        hovermode="closest",
        dragmode=False,
        hoverlabel={"bgcolor": "#fff", "bordercolor": QUIET, "font": {"color": INK}, "align": "left"},
        meta={"spots": links.spots, "rows": links.rows, "periods": links.periods, "key": links.key},
    )
    own = fig.layout.margin
    fig.update_layout(margin={"l": 8, "r": own.r or 16, "t": own.t or 16, "b": own.b or 8})
    fig.update_xaxes(automargin=True, linecolor=LINE, ticks="outside", tickcolor=LINE, exponentformat="none")
    fig.update_yaxes(automargin=True, gridcolor=LINE, zerolinecolor=QUIET, exponentformat="none")
    return fig


def nice_step(span: float, most: int) -> float:
    """Return the least of 1, 2, 5 x 10^n of which at most `most` fit into a span."""
    if span <= 0:
        return 1.0
    scale = 1e-9
    while True:
        for step in (1.0, 2.0, 5.0):
            if span / (step * scale) <= most:
                return step * scale
        scale *= 10
