"""The drawer with the sortable table of the map's places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash_ag_grid as dag
from dash import html

from dashboard.components.layout import data
from layers.restraint import Act
from layers.words import Words

COLUMNS = ("place", "country", "value", "period", "rank", "status", "source")
_WIDTHS = {"place": 220, "country": 140, "value": 150, "period": 120, "rank": 150, "status": 140}


def _column(name: str, words: Words, sort: tuple[str, str] | None, sortable: bool) -> dict[str, Any]:
    column: dict[str, Any] = {
        "field": name,
        "headerName": words(f"table.{name}"),
        "sortable": sortable,
        "resizable": True,
        "sort": None,
    }
    if name == "source":
        column |= {"flex": 1, "minWidth": 200}
    else:
        column["width"] = _WIDTHS[name]
    if name == "value":
        column |= {"valueFormatter": {"function": "params.data.shown"}, "type": "rightAligned"}
    if name == "rank":
        column["type"] = "rightAligned"
    if sort and sort[0] == name:
        column["sort"] = sort[1]
    return column


def table_drawer(words: Words, sort: str | None, allows: Callable[[Act], bool]) -> list[Any]:
    """Return the content of the drawer: caption, close button, grid without rows.

    Parameters
    ----------
    words : Words
        Language of the headings.
    sort : str, optional
        ``column-asc`` or ``column-desc``.
    allows : callable
        `IndicatorSpec.allows` of the layer: a sensitive one has no ranks, and its table is in the order of names only.
    """
    columns = [name for name in COLUMNS if name != "rank" or allows("rank")]
    sortable = columns if allows("sort") else ["place"]
    order = None if allows("sort") else ("place", "asc")
    if sort:
        name, _, direction = sort.rpartition("-")
        order = (name, direction) if name in sortable else order
    grid = dag.AgGrid(
        id="grid",
        columnDefs=[_column(name, words, order, name in sortable) for name in columns],
        rowData=[],
        getRowId="params.data.id",
        defaultColDef={"suppressMovable": True},
        dashGridOptions={
            "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
            "rowHeight": 32,
            "headerHeight": 36,
            "animateRows": False,
            "localeText": {"noRowsToShow": words("table.loading"), "loadingOoo": words("table.loading")},
            "enableCellTextSelection": True,
        },
        style={"height": "100%", "width": "100%"},
        dangerously_allow_code=False,
    )
    return [
        html.Div(
            [
                html.Div([html.Div(id="table-caption"), html.P(id="table-handling", className="handling")]),
                html.Button(words("table.close"), **data(close="table"), type="button"),
            ],
            className="drawer-head",
        ),
        html.Div(grid, id="table-body"),
    ]
