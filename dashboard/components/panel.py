"""The panel of a place: its series, its figures in this layer, its latest figures in the other layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from dashboard.charts.series import HEIGHT, SeriesPoint, series_figure
from dashboard.components.layout import data
from layers.layer import HELD, SUPPRESSED, LayerData
from layers.palette import SYMBOL
from layers.periods import LATEST
from layers.scene import age_text, is_unclear, own_period, period_text, shown_text
from layers.words import Words


@dataclass(frozen=True)
class OtherLayer:
    """The latest figure of the place in another layer."""

    id: str
    level: str
    title: str
    text: str
    period: str
    is_category: bool = False


def _series(layer: LayerData, scene: Mapping[str, Any], words: Words, shape: int) -> list[Any]:
    if scene["mark"] == "range" or scene.get("categories"):
        return []
    points = []
    for index, stop in enumerate(layer.periods):
        value = scene["values"][index][shape]
        if stop.period is None or value is None or own_period(scene, index, shape) != index:
            continue
        low = scene["low"][index][shape] if scene["low"] else None
        high = scene["high"][index][shape] if scene["high"] else None
        text = shown_text(scene, words, index, shape)
        points.append(SeriesPoint(stop.period.end, stop.period.label(words.lang), value, low, high, text))
    if len(points) < 2:
        return [html.P(words("panel.one_period"), className="small")] if points else []
    iso3 = layer.shapes.iso3[shape]
    breaks = {b.date: b.note.in_language(words.lang) for b in layer.spec.comparability if b.iso3 == iso3}
    figure = series_figure(points, SYMBOL[layer.spec.display.palette], scene["unit"], words.lang, breaks)
    graph = dcc.Graph(
        id="series",
        figure=figure,
        config={"displayModeBar": False, "responsive": True},
        style={"height": HEIGHT},
    )
    notes = [html.P(note, className="small") for note in breaks.values()]
    return [html.H3(words("panel.series")), graph, *notes]


def _status(scene: Mapping[str, Any], words: Words, period: int, shape: int) -> str:
    state, flag = scene["states"][period][shape], scene["flags"][period][shape]
    why = scene.get("why", {}).get(f"{period}:{shape}", "")
    if state == SUPPRESSED:
        return why  # the value says it already
    if state != "v":
        return ": ".join(part for part in (words(f"state.{state}"), why) if part)
    parts = [words(f"flag.{flag}") if flag != "." else "", age_text(scene, words, period, shape)]
    parts.append(words("state.z") if is_unclear(scene, period, shape) else "")
    return "; ".join(part for part in parts if part)


def _is_covered(scene: Mapping[str, Any], period: int, shape: int) -> bool:
    """Whether the shape is on the map and its country has any figure in the period, published or withheld."""
    states = scene["states"][period]
    country = scene["iso3"][shape]
    return states[shape] != "-" and any(s in HELD for s, c in zip(states, scene["iso3"], strict=True) if c == country)


def _class_of(is_text: bool) -> str:
    """Return the class of a cell with a figure; words are broken into lines, numbers are not."""
    return "num said" if is_text else "num"


def _rows(layer: LayerData, scene: Mapping[str, Any], words: Words, shape: int) -> list[Any]:
    rows = []
    is_coded = bool(scene.get("categories"))
    for index in range(len(layer.periods) - 1, -1, -1):
        stop = layer.periods[index]
        if stop.id == LATEST or not _is_covered(scene, index, shape):
            continue
        cells = [
            html.Td(scene["periods"][index].get("span", scene["periods"][index]["label"])),
            html.Td(
                shown_text(scene, words, index, shape),
                className=_class_of(is_text=is_coded or scene["states"][index][shape] == SUPPRESSED),
            ),
        ]
        if scene["ranks"] is not None:
            of = scene["rank_of"][index][shape]
            rank = words("panel.ordinal_of", rank=scene["ranks"][index][shape], of=of) if of > 1 else ""
            cells.append(html.Td(rank, className="num"))
        cells.append(html.Td(_status(scene, words, index, shape), className="small"))
        rows.append(html.Tr(cells, **data(period=stop.id)))
    return rows


def _figures(layer: LayerData, scene: Mapping[str, Any], words: Words, shape: int) -> list[Any]:
    rows = _rows(layer, scene, words, shape)
    if not rows:
        return [html.P(words("panel.none"))]
    names = ("panel.period", "panel.value", "panel.rank", "panel.status")
    shown = [n for n in names if n != "panel.rank" or scene["ranks"] is not None]
    head = html.Tr([html.Th(words(n), className="num" if n in names[1:3] else "") for n in shown])
    withheld = any(row[shape] == SUPPRESSED for row in scene["states"])
    return [
        html.H3(words("panel.figures")),
        html.Table([html.Thead(head), html.Tbody(rows)], className="figures"),
        *([html.P(f"{words('state.s')}: {scene['withheld']}", className="small")] if withheld else []),
    ]


def _claims(scene: Mapping[str, Any], words: Words, shape: int) -> list[Any]:
    if scene["mark"] != "range":
        return []
    items = []
    for index, stop in enumerate(scene["periods"]):
        for claim in scene["claims"].get(f"{index}:{shape}", []):
            source = scene["sources"][claim["source"]]
            line = html.Div([html.Strong(f"{stop['label']}: {claim['text']}"), " ", claim["note"]])
            items.append(html.Li([line, html.Div(f"{source['publisher']}: {source['title']}", className="small")]))
    return [html.H3(words("head.claims")), html.Ul(items)]


def _sources(scene: Mapping[str, Any], words: Words, shape: int) -> list[Any]:
    used = sorted({row[shape] for row in scene["source"] if row[shape] >= 0})
    return [
        html.P(
            words(
                "panel.source_line",
                source=f"{scene['sources'][i]['publisher']}: {scene['sources'][i]['title']}",
            ),
            className="small",
        )
        for i in used
    ]


def _others(others: Sequence[OtherLayer], words: Words) -> list[Any]:
    if not others:
        return []
    rows = [
        html.Tr(
            [
                html.Td(
                    html.Button(
                        o.title,
                        className="link",
                        type="button",
                        **data(layer=o.id, level=o.level),
                    )
                ),
                html.Td(o.text, className=_class_of(o.is_category)),
                html.Td(o.period, className="small"),
            ]
        )
        for o in others
    ]
    return [html.H3(words("panel.other")), html.Table(html.Tbody(rows), className="figures")]


def unit_panel(
    layer: LayerData,
    scene: Mapping[str, Any],
    words: Words,
    unit: Mapping[str, Any],
    shape: int,
    set_titles: Sequence[str],
    others: Sequence[OtherLayer],
) -> list[Any]:
    """Return the content of the panel of one place.

    Parameters
    ----------
    layer, scene : LayerData, mapping
        The layer and its scene in the language.
    words : Words
        The language.
    unit : mapping
        What readers see of the place (`Services.units`).
    shape : int
        Its position in the layer.
    set_titles : sequence of str
        Titles of the boundary sets that the place belongs to.
    others : sequence of OtherLayer
        Its latest figures in other layers.
    """
    last = max((i for i in range(len(layer.periods)) if scene["states"][i][shape] == "v"), default=None)
    codes = [
        words("panel.pcode", code=unit["pcode"]) if unit.get("pcode") else "",
        words("panel.iso", code=unit["iso"]) if unit.get("iso") else "",
    ]
    kind = words("panel.part_of", type=unit["type"], country=unit["country"]) if unit["country"] else unit["type"]
    head: list[Any] = [
        html.Div(
            [
                html.Div([html.H2(unit["name"]), html.P(kind, className="small")]),
                html.Button(
                    "×",
                    type="button",
                    title=words("panel.close"),
                    **(data(close="panel") | {"aria-label": words("panel.close")}),
                ),
            ],
            className="panel-head",
        )
    ]
    details = [unit.get("local", ""), ", ".join(c for c in codes if c)]
    if unit.get("members"):
        details.append(words("panel.members", members=unit["members"]))
    details.append(unit.get("note", ""))
    head += [html.P(text, className="small", dir="auto") for text in details if text]
    if layer.is_divided(shape):
        head.append(html.P(words("division.unit"), className="small"))
    head.append(html.H3(scene["title"]))
    if scene.get("handling"):
        head.append(html.P(scene["handling"], className="small handling"))
    if last is not None:
        label = period_text(scene, last, shape)
        head += [
            html.P(shown_text(scene, words, last, shape), className="panel-value"),
            html.P(f"{label} · {scene['unit']}", className="small"),
        ]
    if unit.get("opens"):
        chosen = data(do="enter", unit=unit["id"])
        head.append(html.Button(words("drill.enter"), type="button", className="enter", **chosen))
    if unit["country"]:
        text = words("panel.more_in", country=unit["country"])
        head.append(html.Button(text, className="link", type="button", **data(country=unit["iso3"])))
    return [
        *head,
        *_series(layer, scene, words, shape),
        *_figures(layer, scene, words, shape),
        *_claims(scene, words, shape),
        *_sources(scene, words, shape),
        *_others(others, words),
        *(html.P(words("panel.set", title=title), className="small") for title in set_titles),
    ]
