"""The table twin: its frame and columns; the rows are filled in the browser, so that the slider asks no server."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, no_update

from dashboard.callbacks.asks import read_ask
from dashboard.components.table import table_drawer
from dashboard.services import Datasets


def fill_drawer(data: Any, datasets: Datasets) -> Any:
    """Return the drawer with the table, or nothing if the table is not open."""
    if not data:
        return no_update
    ask, services = read_ask(data, datasets)
    words, spec = services.words(ask.lang), services.spec(ask.layer)
    disclaimer, coded = services.disclaimer(ask.lang), bool(spec.categories)
    return table_drawer(words, ask.sort, spec.allows, ask.ranked, ask.series, disclaimer, coded)


def register(app: Dash, datasets: Datasets) -> None:
    """Add the callbacks of the table to an app."""
    app.callback(Output("drawer", "children"), Input("table-ask", "data"), prevent_initial_call=True)(
        lambda data: fill_drawer(data, datasets)
    )
    app.clientside_callback(
        ClientsideFunction("atlas", "gridDrawn"),
        Output("drawer", "data-drawn"),
        Input("drawer", "children"),
        prevent_initial_call=True,
    )
    app.clientside_callback(ClientsideFunction("atlas", "ready"), Output("start", "data"), Input("start", "data"))
