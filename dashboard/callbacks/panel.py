"""The panel of the selected place."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import Dash, Input, Output

from dashboard.callbacks.asks import Ask, read_ask, variant_of
from dashboard.components.panel import OtherLayer, unit_panel
from dashboard.errors import UnknownAddressError
from dashboard.services import Datasets, Services
from layers.periods import Period
from layers.scene import range_text, value_text
from layers.words import texts_language


def other_layers(services: Services, ask: Ask) -> list[OtherLayer]:
    """Return the latest figure of the asked unit in every other layer, in the order of the menu.

    A layer that may not be joined with others has none beside it, and is beside none.
    """
    if not services.spec(ask.layer).allows("join"):
        return []
    words = services.words(ask.lang)
    table = services.unit_observations(str(ask.unit))
    table = table[(table["sex"] == "all") & (table["age"] == "all") & (table["indicator_id"] != ask.layer)]
    latest = table.sort_values("period_end", kind="stable").drop_duplicates("indicator_id", keep="last")
    rows = {row["indicator_id"]: row for row in latest.to_dict("records")}
    found = []
    for spec in services.catalog.indicators:
        row = rows.get(spec.id)
        if row is None or not spec.display.menu or not spec.allows("join"):
            continue
        sign = spec.unit.sign.in_language(ask.lang) if spec.unit.sign else ""
        if row["missing_reason"] == "suppressed":
            text = words("state.s")
        elif spec.kind == "range":
            low, high = (None if pd.isna(row[k]) else float(row[k]) for k in ("low", "high"))
            text = range_text(words, low, high, row["qualifier"])
        elif pd.isna(row["value"]):
            continue
        elif spec.categories:
            text = next(one.label.in_language(ask.lang) for one in spec.categories if one.code == row["value"])
        else:
            text = value_text(words, row["value"], spec.display.decimals, sign, row["qualifier"])
        period = Period(row["period_end"].date(), row["period_start"].date()).label(ask.lang)
        title = spec.menu_title.in_language(ask.lang)
        found.append(OtherLayer(spec.id, row["level"], title, text, period, bool(spec.categories)))
    return found


def fill_panel(data: Any, datasets: Datasets) -> Any:
    """Return the content of the panel, empty if no place is selected."""
    if not data:
        return None
    ask, services = read_ask(data, datasets)
    if not ask.unit:
        return None
    layer = services.layer(ask.layer, ask.level, variant_of(ask))
    if ask.unit not in layer.shapes.ids:
        raise UnknownAddressError(f"no place {ask.unit!r} at level {ask.level}")
    shape = layer.shapes.ids.index(ask.unit)
    sets = services.boundary_sets()
    titles = [sets[s][f"title_{texts_language(ask.lang)}"] for s in sorted(layer.shapes.sets[shape]) if s in sets]
    return unit_panel(
        layer,
        services.scene(ask.layer, ask.level, ask.lang, variant_of(ask)),
        services.words(ask.lang),
        services.units(ask.level, ask.lang)[shape],
        shape,
        titles,
        other_layers(services, ask),
    )


def register(app: Dash, datasets: Datasets) -> None:
    """Add the callbacks of the panel to an app."""
    app.callback(Output("panel", "children"), Input("panel-ask", "data"), prevent_initial_call=True)(
        lambda data: fill_panel(data, datasets)
    )
