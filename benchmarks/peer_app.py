"""What users would pick instead: `python -m benchmarks.peer_app PACKAGE PORT` serves each peer at a path of its own.

Every page draws the same data without background tiles, and is written the way that its library's documentation shows.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import plotly.express as px
import waitress
from dash import ClientsideFunction, Dash, Input, Output, Patch, State, dcc, html
from flask import Flask
from flask_compress import Compress
from plotly.graph_objects import Figure

from benchmarks.peer_data import HEIGHT, PeerData, read_peer_data

ASSETS = Path(__file__).parent / "peer_assets"
_STYLE = "white-bg"  # Plotly's own background without tiles: no request to any other host


def _figure(data: PeerData, year: int | None) -> Figure:
    """Return the figure of one year, or with `animation_frame` of all."""
    table = data.table if year is None else data.table[data.table["year"] == year]
    centre, zoom = data.view()
    figure = px.choropleth_map(
        table,
        geojson=data.geojson,
        locations="unit_id",
        color="value",
        range_color=data.value_range,
        color_continuous_scale="Viridis",
        animation_frame="year" if year is None else None,
        map_style=_STYLE,
        center=centre,
        zoom=zoom,
        height=HEIGHT,
    )
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0 if year else 90}, uirevision="keep")
    return figure


def _dash(kind: str, server: Flask) -> Dash:
    return Dash(kind, server=server, url_base_pathname=f"/{kind}/", assets_folder=str(ASSETS), serve_locally=True)


def _slider(data: PeerData) -> dcc.Slider:
    marks = {number: str(year) for number, year in enumerate(data.years)}
    return dcc.Slider(0, len(data.years) - 1, 1, value=0, id="time", marks=marks, updatemode="drag")


def _page(data: PeerData, *more: Any) -> html.Div:
    return html.Div([dcc.Graph(id="map", figure=_figure(data, data.years[0])), _slider(data), *more])


def add_animation(server: Flask, data: PeerData) -> None:
    """Add `px.choropleth_map` with `animation_frame`: all years are in the page."""
    _dash("animation", server).layout = html.Div(dcc.Graph(id="map", figure=_figure(data, None)))


def add_figure(server: Flask, data: PeerData) -> None:
    """Add a callback that returns the whole figure of the chosen year."""
    app = _dash("figure", server)
    app.layout = _page(data)
    years = data.years

    def show(step: int) -> Figure:
        return _figure(data, years[step])

    app.callback(Output("map", "figure"), Input("time", "value"), prevent_initial_call=True)(show)


def add_patch(server: Flask, data: PeerData) -> None:
    """Add a callback that returns only the values of the chosen year."""
    app = _dash("patch", server)
    app.layout = _page(data)
    values = data.values()

    def show(step: int) -> Patch:
        patch = Patch()
        patch["data"][0]["z"] = values[step]
        return patch

    app.callback(Output("map", "figure"), Input("time", "value"), prevent_initial_call=True)(show)


def add_client(server: Flask, data: PeerData) -> None:
    """Add a client-side callback that takes the values of the chosen year from the page."""
    app = _dash("client", server)
    app.layout = _page(data, dcc.Store(id="values", data=data.values()))
    app.clientside_callback(
        ClientsideFunction("peers", "values"),
        Output("map", "figure"),
        Input("time", "value"),
        State("values", "data"),
        prevent_initial_call=True,
    )


ADD = {"animation": add_animation, "figure": add_figure, "patch": add_patch, "client": add_client}


def create_server(data: PeerData, kinds: list[str]) -> Flask:
    """Return a server with the named peers."""
    server = Flask(__name__, static_folder=None)
    Compress(server)
    server.add_url_rule("/", "alive", lambda: "alive")
    for kind in kinds:
        ADD[kind](server, data)
    return server


def main() -> None:
    """Serve on loopback until ended."""
    package, port, kinds = sys.argv[1:]
    server = create_server(read_peer_data(Path(package)), kinds.split(","))
    waitress.serve(server, host="127.0.0.1", port=int(port), threads=8, ident=None)


if __name__ == "__main__":
    main()
