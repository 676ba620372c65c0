"""The dialog "about this layer"."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, no_update

from dashboard.callbacks.asks import read_ask, variant_of
from dashboard.components.method import method_dialog
from dashboard.quality import report_address
from dashboard.services import Datasets
from layers.words import texts_language


def fill_method(data: Any, datasets: Datasets) -> Any:
    """Return (open, content) of the dialog for the layer asked for."""
    if not data:
        return no_update, no_update
    ask, services = read_ask(data, datasets)
    spec = services.spec(ask.layer)
    observations = services.snapshot.observations(ask.layer)
    found = observations["match_method"].value_counts().sort_index()
    counts = {str(method): int(n) for method, n in found.items()}
    sets = services.boundary_sets()
    titles = [
        f"{services.country_name(sets[s]['iso3'], ask.lang)}: {sets[s][f'title_{texts_language(ask.lang)}']}"
        for s in sorted(set(observations["boundary_set"]))
    ]
    scene = services.scene(ask.layer, ask.level, ask.lang, variant_of(ask))
    address = report_address(services, ask.lang, ask.layer)
    return True, method_dialog(spec, scene, services.words(ask.lang), counts, titles, address)


def register(app: Dash, datasets: Datasets) -> None:
    """Add the callback of the dialog to an app."""
    app.callback(
        Output("method", "is_open"),
        Output("method", "children"),
        Input("method-ask", "data"),
        prevent_initial_call=True,
    )(lambda data: fill_method(data, datasets))
