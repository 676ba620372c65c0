"""What users would pick instead: `python -m benchmarks.peer_app PACKAGE PORT KINDS LIBRARIES` serves peers.

Each has a path of its own. Every page draws the same data without background tiles, and is written the way that its
library's documentation shows.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import dash_leaflet
import folium
import numpy as np
import plotly.express as px
import waitress
from bokeh.embed import file_html
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, CustomJS, LinearColorMapper, Slider
from bokeh.palettes import Viridis256
from bokeh.plotting import figure as bokeh_figure
from bokeh.resources import Resources
from bokeh.settings import settings as bokeh_settings
from branca.colormap import linear
from dash import ClientsideFunction, Dash, Input, Output, Patch, State, dcc, html
from dash_extensions.javascript import Namespace
from flask import Flask, Response, send_from_directory
from flask_compress import Compress
from folium.plugins import TimeSliderChoropleth
from plotly.graph_objects import Figure

from benchmarks.peer_data import HEIGHT, WIDTH, PeerData, read_peer_data

ASSETS = Path(__file__).parent / "peer_assets"
BOKEH_STEP = Path(__file__).parent / "bokeh_step.js"
_STYLE = "white-bg"  # Plotly's own background without tiles: no request to any other host
_BLANK = "#cccccc"
_DAY_S = 86_400
_FOLIUM_JS = {
    "leaflet": "leaflet/dist/leaflet.js",
    "jquery": "jquery/dist/jquery.min.js",
    "bootstrap": "bootstrap/dist/js/bootstrap.bundle.min.js",
    "d3v4": "d3/build/d3.min.js",
    "moment": "moment/min/moment.min.js",
}
_FOLIUM_CSS = {"leaflet_css": "leaflet/dist/leaflet.css", "bootstrap_css": "bootstrap/dist/css/bootstrap.min.css"}


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


def add_leaflet(server: Flask, data: PeerData) -> None:
    """Add dash-leaflet: shapes by address, a style function that reads `hideout`, a client-side callback sets it."""
    app = _dash("leaflet", server)
    centre, zoom = data.view()
    units = dash_leaflet.GeoJSON(
        id="units",
        url="/leaflet/units.json",
        style=Namespace("peers", "leaflet")("style"),
        hideout={"values": dict(zip(data.ids, data.values()[0], strict=True)), "palette": list(Viridis256)},
    )
    place = [centre["lat"], centre["lon"]]
    size = {"width": WIDTH, "height": HEIGHT}
    drawn = dash_leaflet.Map(units, center=place, zoom=zoom + 1, zoomSnap=0, style=size)
    years = [dict(zip(data.ids, row, strict=True)) for row in data.values()]
    app.layout = html.Div([drawn, _slider(data), dcc.Store(id="values", data=years)])
    app.clientside_callback(
        ClientsideFunction("peers", "hideout"),
        Output("units", "hideout"),
        Input("time", "value"),
        State("values", "data"),
        State("units", "hideout"),
        prevent_initial_call=True,
    )

    def units_json() -> Response:
        response = server.json.response(data.geojson)
        response.cache_control.max_age = _DAY_S
        return response

    server.add_url_rule("/leaflet/units.json", "leaflet_units", units_json)


def _add_page(server: Flask, kind: str, page: str, files: Path) -> None:
    """Serve a whole page, and the files of its libraries below it."""
    server.add_url_rule(f"/{kind}/", f"{kind}_page", lambda: page)
    file = partial(send_from_directory, files, max_age=_DAY_S)
    server.add_url_rule(f"/{kind}/static/<path:path>", f"{kind}_file", file)


def add_folium(server: Flask, data: PeerData, libraries: Path) -> None:
    """Add folium's TimeSliderChoropleth: one page with all styles; its libraries come from the same server."""
    south_west, north_east = data.corners()
    drawn = folium.Map(tiles=None, width=WIDTH, height=HEIGHT, zoomSnap=0.1)
    drawn.fit_bounds([south_west, north_east])
    scale = linear.viridis.scale(*data.value_range)
    times = [str(int(datetime(year, 1, 1, tzinfo=UTC).timestamp())) for year in data.years]
    styles: dict[str, dict[str, dict[str, Any]]] = {unit: {} for unit in data.ids}
    for time, row in zip(times, data.values(), strict=True):
        for unit, value in zip(data.ids, row, strict=True):
            styles[unit][time] = {"color": _BLANK if value is None else scale.rgb_hex_str(value), "opacity": 1}
    slider = TimeSliderChoropleth(data.geojson, styledict=styles)
    local = {name: f"static/{path}" for name, path in {**_FOLIUM_JS, **_FOLIUM_CSS}.items()}
    for element in (
        drawn,
        slider,
    ):  # what has no place in the page's own folder styles markers, which there are none of
        element.default_js = [(name, local[name]) for name, _ in element.default_js if name in local]
        element.default_css = [(name, local[name]) for name, _ in element.default_css if name in local]
    slider.add_to(drawn)
    _add_page(server, "folium", drawn.get_root().render(), libraries)


def add_bokeh(server: Flask, data: PeerData) -> None:
    """Add bokeh patches in one source, whose values a CustomJS slider exchanges."""
    rings = [np.array(feature["geometry"]["coordinates"][0]) for feature in data.geojson["features"]]
    values = [np.array(row, dtype="float64") for row in data.values()]
    source = ColumnDataSource({"xs": [r[:, 0] for r in rings], "ys": [r[:, 1] for r in rings], "value": values[0]})
    low, high = data.value_range
    colours = {"field": "value", "transform": LinearColorMapper(Viridis256, low=low, high=high, nan_color=_BLANK)}
    plot = bokeh_figure(width=WIDTH, height=HEIGHT, match_aspect=True, toolbar_location=None)
    plot.patches("xs", "ys", source=source, fill_color=colours, line_color="white", line_width=0.8)
    slider = Slider(name="time", start=0, end=len(values) - 1, step=1, value=0, title="year", width=WIDTH)
    code = BOKEH_STEP.read_text(encoding="utf-8")
    slider.js_on_change("value", CustomJS(args={"source": source, "values": values}, code=code))
    page = file_html(column(plot, slider), Resources(mode="server", root_url="/bokeh/"), "bokeh")
    _add_page(server, "bokeh", page, Path(bokeh_settings.bokehjs_path()))


ADD = {
    "animation": add_animation,
    "figure": add_figure,
    "patch": add_patch,
    "client": add_client,
    "leaflet": add_leaflet,
    "bokeh": add_bokeh,
}


def create_server(data: PeerData, kinds: list[str], libraries: Path) -> Flask:
    """Return a server with the named peers; `libraries` is the folder of packages that npm made."""
    server = Flask(__name__, static_folder=None)
    Compress(server)
    server.add_url_rule("/", "alive", lambda: "alive")
    add = ADD | {"folium": partial(add_folium, libraries=libraries)}
    for kind in kinds:
        add[kind](server, data)
    return server


def main() -> None:
    """Serve on loopback until ended."""
    package, port, kinds, libraries = sys.argv[1:]
    server = create_server(read_peer_data(Path(package)), kinds.split(","), Path(libraries))
    waitress.serve(server, host="127.0.0.1", port=int(port), threads=8, ident=None)


if __name__ == "__main__":
    main()
