"""The charts of a layer: figure, texts and rows; and the note that a chart above the public tier is taken away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, no_update
from pydantic import Field, ValidationError

from dashboard.audit import note_view
from dashboard.callbacks.asks import Ask, read_ask, variant_of
from dashboard.charts.chart import NEEDS, OF_CATEGORIES, Chart, ChartView, Kind
from dashboard.charts.distribution import distribution_chart
from dashboard.charts.heatmap import heatmap_chart, rows_of
from dashboard.charts.lines import lines_chart
from dashboard.charts.ranking import ranking_chart
from dashboard.charts.scatter import scatter_chart
from dashboard.errors import NonsenseError, RefusedError, UnknownAddressError
from dashboard.places import within_of
from dashboard.services import Datasets, Services
from layers.catalog import IndicatorSpec
from layers.states import ELSEWHERE, REGION
from layers.variant import PLAIN, Variant

_CONFIG: Any = {
    "displayModeBar": False, "displaylogo": False, "responsive": True, "scrollZoom": False, "doubleClick": False,
    "showTips": False, "plotlyServerURL": "", "showSendToCloud": False, "showEditInChartStudio": False,
}  # fmt: skip
_LEAST_HEIGHT = 220
_MOST_PASSING = 20_000
_BUILDERS: Mapping[Kind, Callable[[ChartView], Chart]] = {
    "series": lines_chart,
    "ranking": ranking_chart,
    "distribution": distribution_chart,
    "heatmap": heatmap_chart,
}


class ChartAsk(Ask):
    """A chart of a layer: its kind, the period, what of the map is looked at, and the layer on the other axis."""

    chart: Kind
    against: str | None = None
    period: str | None = None
    scope: str = REGION
    inside: str | None = None
    picked: tuple[str, ...] = Field(default=(), max_length=500)
    passing: tuple[Annotated[str, Field(max_length=80)], ...] | None = Field(default=None, max_length=_MOST_PASSING)
    """Ids of the places that pass the filter, which the page reads (assets/late/filter.js); None without one."""


def read_chart_ask(data: Any, datasets: Datasets) -> tuple[ChartAsk, Services]:
    """Return the ask and its dataset; raise where something does not exist, or may not be drawn."""
    _, services = read_ask(data, datasets)
    try:
        ask = ChartAsk.model_validate(data)
    except ValidationError as error:
        raise NonsenseError(f"a chart that makes no sense: {error.error_count()} faults") from error
    require_allowed(ask.chart, services.spec(ask.layer))
    if ask.chart == "scatter":
        if ask.against is None or ask.against == ask.layer:
            raise NonsenseError("a chart of two layers needs another layer on its other axis: name it in against")
        other = services.spec(ask.against)
        require_allowed(ask.chart, other)
        if ask.level not in services.levels(other.id):
            raise UnknownAddressError(f"{other.id} is not published at level {ask.level!r}")
        note_view("chart", services.id, [services.spec(ask.layer), other], ask.level)
    if ask.scope != REGION and ask.scope not in services.countries:
        raise UnknownAddressError(f"no country {ask.scope!r} in this snapshot")
    if ask.inside is not None:
        services.place(ask.inside, ask.lang)
    return ask, services


def require_allowed(kind: Kind, spec: IndicatorSpec) -> None:
    """Raise `RefusedError` if a layer may not be drawn as a chart of a kind."""
    if spec.kind == "range":
        raise RefusedError(f"{spec.id} holds published claims, which are written side by side and drawn in no chart")
    if spec.categories and kind not in OF_CATEGORIES:
        raise RefusedError(
            f"a chart of kind {kind} is not drawn of {spec.id}: its figures are codes of categories, no amounts"
        )
    refused = [act for act in NEEDS[kind] if not spec.allows(act)]
    if refused:
        raise RefusedError(f"a chart of kind {kind} is not drawn of {spec.id}, of sensitivity {spec.sensitivity}")


def view_of(ask: ChartAsk, services: Services, layer_id: str, variant: Variant) -> ChartView:
    """Return what a chart is drawn from."""
    layer = services.layer(layer_id, ask.level, variant)
    scene = services.scene(layer_id, ask.level, ask.lang, variant)
    period = layer.period_index(ask.period)
    shapes = [i for i, iso3 in enumerate(layer.shapes.iso3) if ask.scope in (REGION, iso3)]
    of_one_period = ask.chart in ("ranking", "distribution", "scatter")
    if ask.inside:
        within = within_of(scene, services.place(ask.inside, ask.lang)["inside"])
        shapes = [i for i in shapes if any(row[i] == "1" for row in ([within[period]] if of_one_period else within))]
    if of_one_period:
        shapes = [i for i in shapes if scene["states"][period][i] != ELSEWHERE]
    every = tuple(shapes)
    if ask.passing is not None:
        passing = frozenset(ask.passing)
        shapes = [i for i in shapes if scene["ids"][i] in passing]
    return ChartView(
        scene=scene,
        words=services.words(ask.lang),
        units=services.units(ask.level, ask.lang),
        names={iso3: services.country_name(iso3, ask.lang) for iso3 in services.countries},
        period=period,
        scope=ask.scope,
        shapes=tuple(shapes),
        every=every,
        chosen=tuple(one for one in (ask.unit, *ask.picked) if one and (ask.passing is None or one in ask.passing)),
        is_annual=layer.spec.periodicity == "annual",
        order="value" if (ask.sort or "").startswith("value-") else "name",
    )


def chart_of(ask: ChartAsk, services: Services) -> Chart:
    """Return the chart that is asked for."""
    view = view_of(ask, services, ask.layer, variant_of(ask))
    if ask.passing is None:
        return _draw(ask, view, services)
    counts = _passing(ask, view)
    if not view.shapes:
        return Chart(ask.chart, view.scene["headline"], view.words("chart.none_passes"), passing=counts)
    return replace(_draw(ask, view, services), passing=counts)


def _passing(ask: ChartAsk, view: ChartView) -> tuple[int, int]:
    """Return how many of the places that would be shown pass the filter; of lines, those that are chosen, if any."""
    if ask.chart == "heatmap":
        return len(rows_of(view, view.shapes)), len(rows_of(view, view.every))
    if ask.chart != "series":
        return len(view.shapes), len(view.every)
    ids = set(view.scene["ids"])
    chosen = {one for one in (ask.unit, *ask.picked) if one in ids}
    if chosen:
        return len(chosen & set(view.chosen)), len(chosen)
    return (0, 0) if any(view.scene["national"]) else (len(view.shapes), len(view.every))


def _draw(ask: ChartAsk, view: ChartView, services: Services) -> Chart:
    if ask.chart != "scatter":
        return _BUILDERS[ask.chart](view)
    other = view_of(ask, services, str(ask.against), PLAIN)
    return scatter_chart(view, other, _population(services, ask))


def _population(services: Services, ask: ChartAsk) -> Mapping[str, Any] | None:
    """Return the scene of the residents of the group that is shown, None where the dataset has none."""
    weights, variant = services.catalog.dataset.weights, variant_of(ask)
    if weights is None or ask.level not in services.levels(weights):
        return None
    if (variant.sex, variant.age) not in services.groups(weights, ask.level):
        return None
    return services.scene(weights, ask.level, ask.lang, Variant(sex=variant.sex, age=variant.age))


def specs_of(ask: ChartAsk, services: Services) -> list[IndicatorSpec]:
    """Return the indicators of which figures are drawn."""
    ids = [ask.layer, ask.against] if ask.chart == "scatter" and ask.against else [ask.layer]
    return [services.spec(one) for one in ids]


def chart_data(chart: Chart, ask: ChartAsk, services: Services) -> dict[str, Any]:
    """Return what the browser writes around a figure, and what is taken away with it."""
    specs = specs_of(ask, services)
    words = services.words(ask.lang)
    scene = services.scene(ask.layer, ask.level, ask.lang, variant_of(ask))
    is_public = all(spec.tier == "public" for spec in specs)
    handling = scene.get("handling", "")
    if chart.kind == "scatter" and not is_public and not handling:
        handling = services.scene(str(ask.against), ask.level, ask.lang).get("handling", "")
    return {
        "kind": chart.kind,
        "layer": ask.layer,
        "title": chart.title,
        "summary": chart.summary,
        "notes": list(chart.notes),
        "source": words("tip.source", source=chart.source) if chart.source else "",
        "columns": list(chart.columns),
        "rows": [list(row) for row in chart.rows],
        "height": chart.height,
        "drawn": chart.figure is not None,
        "passing": chart.passing,
        "handling": handling,
        "watermark": words("notice.synthetic") if services.synthetic else "",
        "disclaimer": services.disclaimer(ask.lang),
        "public": is_public,
        "unit": scene["unit"],
        "decimals": scene["decimals"],
    }


def fill_chart(data: Any, datasets: Datasets) -> Any:
    """Return (figure, texts and rows) of the chart asked for; nothing if no chart is open."""
    if not data:
        return no_update, no_update
    ask, services = read_chart_ask(data, datasets)
    chart = chart_of(ask, services)
    told = chart_data(chart, ask, services) | {"at": data.get("at") if isinstance(data, dict) else None}
    if chart.figure is None:
        return None, told
    height = chart.height or "100%"
    style = {"height": height, "minHeight": _LEAST_HEIGHT if chart.height is None else chart.height}
    return dcc.Graph(id="chart", figure=chart.figure, config=_CONFIG, style=style), told


def note_export(data: Any, datasets: Datasets) -> Any:
    """Note that a chart of a layer is taken away, before it is; return the ticket of the ask."""
    if not data:
        return no_update
    ask, services = read_chart_ask(data, datasets)
    note_view("export", services.id, specs_of(ask, services), ask.level)
    return str(data.get("ticket", ""))[:40]


def register(app: Dash, datasets: Datasets) -> None:
    """Add the callbacks of the charts to an app."""
    app.callback(
        Output("chart-plot", "children"),
        Output("chart-data", "data"),
        Input("chart-ask", "data"),
        prevent_initial_call=True,
    )(lambda data: fill_chart(data, datasets))
    app.callback(Output("chart-head", "data-granted"), Input("export-ask", "data"), prevent_initial_call=True)(
        lambda data: note_export(data, datasets)
    )
    app.clientside_callback(
        ClientsideFunction("atlas", "chartDrawn"),
        Output("chart-plot", "data-drawn"),
        Input("chart-data", "data"),
        prevent_initial_call=True,
    )
