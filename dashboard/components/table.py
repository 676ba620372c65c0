"""The drawer with the sortable table of the map's places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash_ag_grid as dag
from dash import html

from dashboard.components.layout import data
from layers.restraint import Act
from layers.words import Words

COLUMNS = ("place", "country", "value", "series", "period", "rank", "status", "source")
_WIDTHS = {"place": 220, "country": 140, "value": 150, "series": 112, "period": 120, "rank": 150, "status": 180}

_CATEGORY_WIDTH = 240


def _column(name: str, words: Words, sort: tuple[str, str] | None, sortable: bool) -> dict[str, Any]:
    column: dict[str, Any] = {
        "field": name,
        "headerName": words("more_time.series" if name == "series" else f"table.{name}"),
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
    if name == "series":  # drawn by assets/late/table.js
        column |= {
            "cellRenderer": "Spark",
            "cellDataType": False,
            "headerTooltip": words("more_time.series_note"),
            "sortable": False,
        }
    if name == "rank":
        column["type"] = "rightAligned"
    if name in ("value", "rank"):  # assets/late/table.js
        column["comparator"] = {"function": "missingLast"}
    if sort and sort[0] == name:
        column["sort"] = sort[1]
    return column


def _picked(words: Words) -> dict[str, Any]:
    """Return the column of boxes by which places are selected together (assets/late/pick.js)."""
    return {
        "field": "picked",
        "headerName": words("pick.column"),
        "cellDataType": "boolean",
        "cellRenderer": "agCheckboxCellRenderer",
        "editable": True,
        "sortable": False,
        "sort": None,
        "width": 92,
    }


def _second(words: Words) -> dict[str, Any]:
    """Return the column of a second layer on the map, shown while there is one (assets/late/second.js)."""
    return {
        "field": "second",
        "headerName": words("stack.column"),
        "hide": True,
        "resizable": True,
        "sortable": False,
        "sort": None,
        "width": 210,
    }


def table_drawer(
    words: Words,
    sort: str | None,
    allows: Callable[[Act], bool],
    ranked: bool = True,
    series: bool = True,
    disclaimer: str = "",
    coded: bool = False,
) -> list[Any]:
    """Return the content of the drawer: caption, close button, grid without rows.

    Parameters
    ----------
    words : Words
        Language of the headings.
    sort : str, optional
        ``column-asc`` or ``column-desc``.
    allows : callable
        `IndicatorSpec.allows` of the layer: a sensitive one has no ranks, and its table is in the order of names only.
    ranked : bool
        Whether what is shown of the layer has ranks at all: changes have none.
    series : bool
        Whether it has several periods, so that a series is drawn for each place.
    disclaimer : str
        What a file of the rows says of boundaries (assets/late/table.js; none above the public tier).
    coded : bool
        Whether figures are names of categories, which stand as words do.
    """
    left_out = {name for name, has in (("rank", ranked and allows("rank")), ("series", series)) if not has}
    columns = [name for name in COLUMNS if name not in left_out]
    sortable = columns if allows("sort") else ["place"]
    order = None if allows("sort") else ("place", "asc")
    if sort:
        name, _, direction = sort.rpartition("-")
        order = (name, direction) if name in sortable else order
    shown = [_column(name, words, order, name in sortable) for name in columns]
    if coded:
        value = shown[columns.index("value")]
        value["width"] = _CATEGORY_WIDTH
        del value["type"]
    shown.insert(columns.index("period") + 1, _second(words))
    grid = dag.AgGrid(
        id="grid",
        columnDefs=[_picked(words), *shown],
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
                html.Div(
                    [
                        html.Div(id="table-caption"),
                        html.P(id="table-handling", className="handling"),
                        html.P(words("table.no_file"), id="table-no-file", className="small", hidden=True),
                    ]
                ),
                html.Div(
                    [
                        html.Button(
                            words("table.file"),
                            id="table-file",
                            title=words("table.file_note"),
                            hidden=True,
                            type="button",
                            **data(do="tablefile", disclaimer=disclaimer),
                        ),
                        html.Button(words("table.close"), **data(close="table"), type="button"),
                    ],
                    className="drawer-acts",
                ),
            ],
            className="drawer-head",
        ),
        html.Div(grid, id="table-body"),
    ]
