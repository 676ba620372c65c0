"""What lies over the fills and is no layer of figures: moves between places, programmes, reference layers; as JSON.

The browser draws them (assets/late/overlays.js), and Python for exports (dashboard/export/overlays.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboard.errors import UnknownAddressError
from layers.catalog import FlowSpec
from layers.periods import Period
from layers.words import Words

if TYPE_CHECKING:
    from dashboard.services import Services

LEVELS = ("ADM0", "ADM1", "ADM2", "ADM3")
STATUSES = ("ongoing", "completed", "planned", "suspended")
WITHHELD = "suppressed"
_WITHHELD_SIGN, _MISSING_SIGN = "s", "n"


def _source_text(services: Services, ids: Sequence[str], lang: str) -> str:
    sources = services.sources(lang)
    return "; ".join(f"{sources[one]['publisher']}: {sources[one]['title']}" for one in ids if one in sources)


def _rows(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in table.to_dict("records"):
        yield {str(key): value for key, value in row.items()}


def _flow_levels(services: Services) -> dict[str, str]:
    table = services.snapshot.read_table("flows", columns=["flow_id", "level"]).drop_duplicates()
    return {str(row["flow_id"]): str(row["level"]) for row in _rows(table)}


def overlay_index(services: Services, lang: str) -> dict[str, Any]:
    """Return what a dataset offers over its fills, and where it is fetched.

    Parameters
    ----------
    services : Services
    lang : str

    Returns
    -------
    dict
        `reference`: address of the reference layers, or None; `language`: that of their names; `flows`: by flow its
        titles, level and address; `programmes`: levels at which they can be shown.
    """
    levels = _flow_levels(services)
    held = services.snapshot.read_table("programmes", columns=["level"])
    path = services.snapshot.reference_file
    start = f"{services.content_id}/{lang}"
    return {
        "reference": None if path is None else f"/geo/{path.name}",
        "language": services.words(lang)("lang.names"),
        "flows": [
            {
                "id": flow.id,
                "title": flow.title.in_language(lang),
                "unit": flow.unit.in_language(lang),
                "level": levels[flow.id],
                "address": f"/flows/{start}/{levels[flow.id]}.json",
            }
            for flow in services.catalog.flows
            if flow.id in levels
        ],
        "programmes": f"/programmes/{start}" if len(held) else None,
        "levels": list(services.snapshot.map_levels),
    }


def _places(services: Services, level: str, lang: str) -> dict[str, dict[str, Any]]:
    """Return name and position of every unit of a level, by id."""
    shapes = services.map_json(level)["shapes"]
    units = services.units(level, lang)
    return {
        shape["id"]: {
            "id": shape["id"],
            "name": unit["name"],
            "iso3": shape["iso3"],
            "x": shape["x"],
            "y": shape["y"],
        }
        for shape, unit in zip(shapes, units, strict=True)
    }


def _flow_json(
    services: Services, flow: FlowSpec, table: pd.DataFrame, places: Mapping[str, dict[str, Any]], lang: str
) -> dict[str, Any]:
    ids = sorted({*table["from_unit"].astype("str"), *table["to_unit"].astype("str")} & places.keys())
    number = {unit_id: index for index, unit_id in enumerate(ids)}
    periods, rows = [], []
    for _, part in table.groupby(["period_end", "period_start"], sort=True, observed=True):
        end, start = (pd.Timestamp(part[column].iloc[0]).date() for column in ("period_end", "period_start"))
        period = Period(end, start)
        periods.append({"id": period.id, "label": period.label(lang), "end": period.end.isoformat()})
        cells: list[list[Any]] = []
        for row in _rows(part.sort_values(["persons", "from_unit", "to_unit"], ascending=[False, True, True])):
            if row["from_unit"] in number and row["to_unit"] in number:
                known = not pd.isna(row["persons"])
                sign = _WITHHELD_SIGN if row["missing_reason"] == WITHHELD else _MISSING_SIGN
                cell = [number[row["from_unit"]], number[row["to_unit"]], int(row["persons"]) if known else None]
                cells.append(cell if known else [*cell, sign])
        rows.append(cells)
    return {
        "id": flow.id,
        "title": flow.title.in_language(lang),
        "unit": flow.unit.in_language(lang),
        "definition": flow.definition.in_language(lang),
        "caveats": [caveat.in_language(lang) for caveat in flow.caveats],
        "k": flow.k,
        "source": _source_text(services, sorted(table["source_id"].astype("str").unique()), lang),
        "units": [places[unit_id] for unit_id in ids],
        "periods": periods,
        "rows": rows,
    }


def flows_json(services: Services, lang: str, level: str) -> dict[str, Any]:
    """Return the moves between the units of a level, by flow: largest first; a withheld number is no number.

    Parameters
    ----------
    services : Services
    lang, level : str

    Returns
    -------
    dict of flow id to dict

    Raises
    ------
    UnknownAddressError
        If nothing is published at that level.
    """
    table = services.snapshot.read_table("flows", filters=[("level", "==", level)])
    if table.empty:
        raise UnknownAddressError(f"no moves between places are published at level {level!r}")
    places = _places(services, level, lang)
    return {
        flow.id: _flow_json(services, flow, table.loc[table["flow_id"] == flow.id], places, lang)
        for flow in services.catalog.flows
        if (table["flow_id"] == flow.id).any()
    }


def _parents(services: Services) -> dict[tuple[str, str], str]:
    rows = _rows(services.snapshot.units[["boundary_set", "unit_id", "parent_unit_id"]])
    return {(str(row["boundary_set"]), str(row["unit_id"])): str(row["parent_unit_id"] or "") for row in rows}


def sector_text(words: Words, sector: str) -> str:
    """Return a sector as readers of the language call it; of one that has no word, what the package writes."""
    key = f"overlay.sector_{sector}"
    return words(key) if key in words else sector.replace("_", " ").capitalize()


def programmes_json(services: Services, lang: str, level: str) -> dict[str, Any]:
    """Return who does what where, as a map of a level shows it.

    What is finer than the level is counted at the unit of the level that it lies in; what is coarser stays at its own
    place, and is marked as such.

    Parameters
    ----------
    services : Services
    lang, level : str

    Returns
    -------
    dict

    Raises
    ------
    UnknownAddressError
        If there are no programmes, or no map of that level.
    """
    table = services.snapshot.read_table("programmes")
    if table.empty or level not in services.snapshot.map_levels:
        raise UnknownAddressError(f"no programmes are published at level {level!r}")
    words = services.words(lang)
    parents = _parents(services)
    wanted = LEVELS.index(level)
    places: dict[str, dict[str, dict[str, Any]]] = {}
    found: dict[tuple[str, str], int] = {}
    units: list[dict[str, Any]] = []
    items = []
    ordered = table.sort_values(["org_name", "sector", "period_start", "unit_id"])
    for row in _rows(ordered):
        unit, own = str(row["unit_id"]), str(row["level"])
        while LEVELS.index(own) > wanted and unit:
            unit, own = parents.get((str(row["boundary_set"]), unit), ""), LEVELS[LEVELS.index(own) - 1]
        known = places.setdefault(own, _places(services, own, lang))
        if unit not in known:
            continue
        if (own, unit) not in found:
            found[own, unit] = len(units)
            units.append({**known[unit], "level": own})
        items.append(
            [
                found[own, unit],
                row["org_name"],
                row["sector"],
                row["activity"],
                row["status"],
                f"{row['period_start']:%Y-%m-%d}",
                f"{row['period_end']:%Y-%m-%d}",
            ]
        )
    sectors = sorted({str(item[2]) for item in items})
    return {
        "level": level,
        "units": units,
        "sectors": [{"id": sector, "title": sector_text(words, sector)} for sector in sectors],
        "statuses": [{"id": s, "title": words(f"overlay.status_{s}")} for s in STATUSES],
        "items": items,
        "source": _source_text(services, sorted(table["source_id"].astype("str").unique()), lang),
    }
