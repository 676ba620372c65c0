"""The method of a layer: definition, reading, caveats, classes, boundaries, sources and terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from dashboard.components.layout import data
from layers.catalog import IndicatorSpec
from layers.words import Words


def _source(source: Mapping[str, Any], words: Words) -> html.Li:
    title: Any = f"{source['publisher']}: {source['title']}"
    if source.get("url"):
        title = html.A(title, href=source["url"], rel="noreferrer", target="_blank")
    terms = words("method.licence", licence=source.get("terms") or source.get("licence") or "–")
    if source.get("date_accessed"):
        terms += "; " + words("method.accessed", date=source["date_accessed"])
    lines = [title, html.Div(terms, className="small")]
    if source.get("caveat"):
        lines.append(html.Div(source["caveat"], className="small"))
    return html.Li(lines)


def _section(title: str, *content: Any) -> list[Any]:
    return [html.H3(title), *content]


def _list(texts: Sequence[str]) -> html.Ul:
    return html.Ul([html.Li(text) for text in texts])


def method_dialog(
    spec: IndicatorSpec,
    scene: Mapping[str, Any],
    words: Words,
    match_counts: Mapping[str, int],
    boundary_sets: Sequence[str],
    report_address: str,
) -> list[Any]:
    """Return the dialog that says how a layer was made.

    Parameters
    ----------
    spec, scene : IndicatorSpec, mapping
        The indicator and its scene in the language.
    words : Words
        The language.
    match_counts : mapping of match method to int
        How the figures were joined to units.
    boundary_sets : sequence of str
        Titles of the boundary sets that the figures joined.
    report_address : str
        Address of what the quality report says of the layer.
    """
    lang = words.lang
    body: list[Any] = [
        *_section(
            words("method.definition"),
            html.P(spec.definition.in_language(lang)),
            html.P(words("method.definition_source", source=spec.definition_source), className="small"),
        ),
        *_section(words("method.unit"), html.P(f"{scene['unit']}; {scene['periodicity']}")),
        *_section(words("method.who"), html.P(scene["population"])),
        *_section(words("method.direction"), html.P(words(f"method.direction_{spec.direction}"))),
    ]
    for title, texts in (
        ("method.caveats", scene["caveats"]),
        ("method.context", [c.in_language(lang) for c in spec.context]),
        ("method.breaks", [f"{b['iso3']}, {b['date']}: {b['note']}" for b in scene["breaks_in_series"]]),
    ):
        if texts:
            body += _section(words(title), _list(texts))
    if spec.categories:
        body += _section(words("method.categories"), _list([one["label"] for one in scene["categories"]]))
    elif spec.display.mark == "fill" and scene["scopes"].get(""):
        scheme = words(f"scheme.{scene['classing']['scheme']}")
        k = len(scene["scopes"][""]["colours"])
        body += _section(words("method.classes"), html.P(words("method.classes_text", scheme=scheme, k=k)))
    how = "; ".join(f"{words(f'match.{method}')}: {words.number(n, 0)}" for method, n in match_counts.items())
    body += _section(
        words("method.match"),
        html.P(words("method.match_text", n=words.number(sum(match_counts.values()), 0), how=how)),
        html.P(html.A(words("quality.open"), href=report_address)),
    )
    body += _section(words("method.boundaries"), _list(boundary_sets))
    body += _section(words("method.sources"), html.Ul([_source(s, words) for s in scene["sources"]]))
    level, tier = words(f"sensitivity.{spec.sensitivity}"), words(f"tier.{spec.tier}")
    body.append(html.P(words("method.sensitivity", level=level, tier=tier), className="small"))
    return [
        dbc.ModalHeader(dbc.ModalTitle(scene["title"]), close_button=False),
        dbc.ModalBody(html.Div(body, className="method")),
        dbc.ModalFooter(html.Button(words("method.close"), type="button", className="btn", **data(close="method"))),
    ]
