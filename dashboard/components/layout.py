"""The part of the page that Dash draws: the panel of a place, the table, the method of a layer."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html


def data(**values: str) -> dict[str, Any]:
    """Return ``data-`` attributes, which the browser's own scripts listen to."""
    return {f"data-{name}": value for name, value in values.items()}


def make_layout() -> html.Div:
    """Return the layout; it holds no words, which come with the language of the view."""
    return html.Div(
        [
            dcc.Store(id="start", data=True),
            dcc.Store(id="panel-ask"),
            dcc.Store(id="table-ask"),
            dcc.Store(id="method-ask"),
            dcc.Store(id="chart-ask"),
            dcc.Store(id="chart-data"),
            dcc.Store(id="export-ask"),
            html.Aside(id="panel"),
            html.Section(id="drawer"),
            html.Section(
                [html.Div(id="chart-head"), html.Div(id="chart-plot"), html.Div(id="chart-more")], id="charts"
            ),
            dbc.Modal(id="method", is_open=False, scrollable=False),
        ]
    )
