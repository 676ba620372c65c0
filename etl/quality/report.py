"""Makes the quality report of one tier out of its published tables, and of nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from etl.match import Notice
from etl.proposal import Proposal
from etl.quality.checks import Finding, Units, find_all, is_checked
from etl.quality.coverage import POPULATION, Places, cover, list_places
from etl.quality.model import Grid, Table, Thresholds, iso_day, make_grid
from etl.rows import named_rows, value_rows
from etl.tables import TierContent

REPORT_SCHEMA = 2
LISTED_ROWS = 500
_DAY_YEARS = 365.25
_COUNTED = ("match_method", "obs_status", "missing_reason", "conf_status")


def _counts(column: pd.Series[Any]) -> dict[str, int]:
    counts = column.value_counts()
    return {str(name): int(n) for name, n in sorted(counts.items(), key=lambda item: str(item[0])) if n and name}


def _iso(day: Any) -> str | None:
    return None if pd.isna(day) else f"{day:%Y-%m-%d}"


def _by(observations: pd.DataFrame, key: str, column: str) -> dict[str, dict[str, int]]:
    """Return how often each value of a column occurs for each value of the key; an empty value is not counted."""
    keys, columns = (observations[name].cat for name in (key, column))
    width = len(columns.categories)
    combined = keys.codes.to_numpy().astype("int64") * width + columns.codes.to_numpy()
    counts = np.bincount(combined, minlength=len(keys.categories) * width).reshape(-1, width)
    names = [str(name) for name in columns.categories]
    return {
        str(one): {name: int(n) for name, n in sorted(zip(names, line, strict=True)) if n and name}
        for one, line in zip(keys.categories, counts, strict=True)
    }


def _lowest_scores(observations: pd.DataFrame, key: str) -> dict[str, float]:
    lowest = observations.groupby(key, observed=True)["match_score"].min()
    return {str(name): round(float(score), 3) for name, score in lowest.items()}


def find_units(tables: Mapping[str, pd.DataFrame], maps: Mapping[str, Mapping[str, Any]] | None) -> Units:
    """Return neighbours, as the published maps have them, and children of all units.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Published tables.
    maps : mapping of level to dict, or None
        Published maps; without them no neighbours are known.

    Returns
    -------
    Units
    """
    near: dict[str, list[str]] = {}
    for content in (maps or {}).values():
        shapes = content["shapes"]
        for shape in shapes:
            others = (shapes[at] for at in shape["near"])
            near[shape["id"]] = [other["id"] for other in others if other["iso3"] == shape["iso3"]]
    children: dict[tuple[str, str], list[str]] = {}
    for boundary_set, parent, unit_id in value_rows(tables["units"][["boundary_set", "parent_unit_id", "unit_id"]]):
        if parent:
            children.setdefault((str(boundary_set), str(parent)), []).append(str(unit_id))
    return Units(near, children)


def _reference_day(content: TierContent, table: Table) -> int:
    """Return the day to which ages are counted: the last access to a source of figures, else the last figure's end."""
    sources = content.tables["sources"]
    used = sources.loc[sources["source_id"].isin(table.names["source_id"]), "date_accessed"].dropna()
    if len(used):
        return int(used.max().to_datetime64().astype("datetime64[D]").astype("int64"))
    ends = table.days[1][table.filled]
    return int(ends.max()) if len(ends) else 0


def _age_years(day: str | None, reference_day: int) -> float | None:
    if day is None:
        return None
    return round((reference_day - int(np.datetime64(day, "D").astype("int64"))) / _DAY_YEARS, 1)


def _breaks(grid: Grid) -> list[dict[str, Any]]:
    countries = set(grid.table.names["iso3"])
    return [
        {"iso3": one.iso3, "date": one.date.isoformat(), "note": one.note.model_dump()}
        for one in grid.spec.comparability
        if one.iso3 in countries
    ]


def _sets_used(grid: Grid) -> list[dict[str, Any]]:
    """Return the boundary sets that the figures join, each with its first and last day."""
    table, rows = grid.table, grid.rows
    codes = table.codes["boundary_set"][rows]
    result = []
    for code in np.unique(codes):
        mine = codes == code
        result.append(
            {
                "iso3": table.names["iso3"][int(table.codes["iso3"][rows][mine][0])],
                "boundary_set": table.names["boundary_set"][int(code)],
                "first": iso_day(table.days[0][rows][mine].min()),
                "last": iso_day(table.days[1][rows][mine].max()),
            }
        )
    return sorted(result, key=lambda one: (one["iso3"], one["first"], one["boundary_set"]))


def _indicator_rows(
    content: TierContent, grids: Mapping[str, Grid], places: Places, reference_day: int
) -> list[dict[str, Any]]:
    observations = content.tables["observations"]
    by = {name: _by(observations, "indicator_id", name) for name in (*_COUNTED, "source_id")}
    lowest = _lowest_scores(observations, "indicator_id")
    result = []
    for spec in content.catalog.indicators:
        grid = grids.get(spec.id)
        blocks = [] if grid is None else cover(grid, places)
        for block in blocks:
            newest = block["newest"]
            block["age_years"] = _age_years(newest and newest["period_end"], reference_day)
        result.append(
            {
                "id": spec.id,
                "title": spec.title.model_dump(),
                "unit": spec.unit.text.model_dump(),
                "driver": spec.driver,
                "kind": spec.kind,
                "sensitivity": spec.sensitivity,
                "checked": grid is not None and is_checked(grid),
                "rows": sum(by["obs_status"].get(spec.id, {}).values()),
                "coverage": blocks,
                "match_methods": by["match_method"].get(spec.id, {}),
                "lowest_match_score": lowest.get(spec.id),
                "statuses": by["obs_status"].get(spec.id, {}),
                "missing": by["missing_reason"].get(spec.id, {}),
                "withheld_figures": by["conf_status"].get(spec.id, {}).get("C", 0),
                "sources": sorted(by["source_id"].get(spec.id, {})),
                "breaks": [] if grid is None else _breaks(grid),
                "boundary_sets": [] if grid is None else _sets_used(grid),
            }
        )
    return result


def _source_rows(content: TierContent, table: Table, findings: Sequence[Finding]) -> list[dict[str, Any]]:
    observations = content.tables["observations"]
    by = {name: _by(observations, "source_id", name) for name in (*_COUNTED, "indicator_id", "iso3")}
    lowest = _lowest_scores(observations, "source_id")
    lines = pd.Series([line["source_id"] for line in findings], dtype="str").value_counts()
    code, end, start = table.codes["source_id"], table.days[1], table.days[0]
    n = len(table.names["source_id"])
    last, first = np.full(n, np.iinfo("int64").min), np.full(n, np.iinfo("int64").max)
    np.maximum.at(last, code[table.filled], end[table.filled])
    np.minimum.at(first, code[table.filled], start[table.filled])
    with_figure = np.bincount(code[table.filled], minlength=n)
    at = {name: position for position, name in enumerate(table.names["source_id"])}
    result = []
    for row in named_rows(content.tables["sources"]):
        position = at.get(row.source_id)
        has_figures = position is not None and with_figure[position] > 0
        result.append(
            {
                "source_id": row.source_id,
                "title": row.title,
                "publisher": row.publisher,
                "url": row.url,
                "licence": row.licence,
                "date_accessed": _iso(row.date_accessed),
                "rows": sum(by["obs_status"].get(row.source_id, {}).values()),
                "rows_with_figure": int(with_figure[position]) if has_figures else 0,
                "indicators": len(by["indicator_id"].get(row.source_id, {})),
                "countries": sorted(by["iso3"].get(row.source_id, {})),
                "first": iso_day(int(first[position])) if has_figures else None,
                "last": iso_day(int(last[position])) if has_figures else None,
                "match_methods": by["match_method"].get(row.source_id, {}),
                "lowest_match_score": lowest.get(row.source_id),
                "statuses": by["obs_status"].get(row.source_id, {}),
                "missing": by["missing_reason"].get(row.source_id, {}),
                "worth_a_look": int(lines.get(row.source_id, 0)),
            }
        )
    return result


def list_rows(listed: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows that were not joined; lines of one file that no indicator selects are told once."""
    selected = listed.loc[listed["indicator_id"] != ""].head(LISTED_ROWS)
    cells = selected["cell"] if "cell" in selected.columns else [""] * len(selected)
    rows: list[dict[str, Any]] = [
        {
            "file": row.source_file,
            "row": int(row.source_row),
            "cell": str(cell),
            "rows": 1,
            "indicator": row.indicator_id,
            "iso3": row.iso3,
            "level": row.level,
            "place_name": row.place_name,
            "reason": {"en": row.reason_en, "ru": row.reason_ru},
        }
        for row, cell in zip(named_rows(selected), cells, strict=True)
    ]
    rest = listed.loc[listed["indicator_id"] == ""]
    for file, part in rest.groupby(["source_file", "reason_en"], sort=True):
        first = part.iloc[0]
        rows.append(
            {
                "file": file[0],
                "row": int(first["source_row"]),
                "cell": str(first.get("cell", "")),
                "rows": len(part),
                "indicator": "",
                "iso3": "",
                "level": "",
                "place_name": "",
                "reason": {"en": first["reason_en"], "ru": first["reason_ru"]},
            }
        )
    return rows


def list_proposals(proposals: Sequence[Proposal], listed: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the places that wait for a decision and that indicators of this tier ask for."""
    held = set(value_rows(listed.loc[listed["indicator_id"] != "", ["iso3", "level", "place_name"]]))
    return [
        {
            "iso3": one.iso3,
            "level": one.level,
            "boundary_set": one.boundary_set,
            "parent": one.parent,
            "place_code": one.place_code,
            "place_name": one.place_name,
            "rows": one.rows,
            "files": list(one.files),
            "reason": asdict(one.reason),
            "candidates": [asdict(candidate) for candidate in one.candidates],
        }
        for one in proposals
        if (one.iso3, one.level, one.place_name) in held
    ]


def _unit_names(units: pd.DataFrame, wanted: set[str]) -> dict[str, dict[str, str]]:
    """Return names and country of the units that the report names; the newest division decides."""
    table = units.loc[units["unit_id"].isin(wanted)]
    table = table.sort_values("valid_to", na_position="last", kind="stable").drop_duplicates("unit_id", keep="last")
    return {
        str(row.unit_id): {"en": row.name_en, "ru": row.name_ru or row.name_en, "iso3": str(row.iso3)}
        for row in named_rows(table.sort_values("unit_id")[["unit_id", "name_en", "name_ru", "iso3"]])
    }


def _groups(lines: Sequence[Finding], limits: Thresholds) -> list[dict[str, Any]]:
    """Return the lines of one kind by indicator, country and level; the group of the highest score first."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for line in lines:
        groups.setdefault((line["indicator"], line["iso3"], line["level"]), []).append(line)
    return [
        {
            **dict(zip(("indicator", "iso3", "level"), key, strict=True)),
            "lines": len(members),
            "lasting": sum(line["lasting"] for line in members),
            "listed": members[: limits.listed],
        }
        for key, members in groups.items()
    ]


def _worth_a_look(found: Mapping[str, list[Finding]], limits: Thresholds) -> dict[str, Any]:
    return {
        kind: {
            "lines": len(lines),
            "lasting": sum(line["lasting"] for line in lines),
            "groups": _groups(lines, limits),
        }
        for kind, lines in found.items()
    }


def make_report(
    content: TierContent,
    notices: Sequence[Notice],
    *,
    maps: Mapping[str, Mapping[str, Any]] | None = None,
    proposals: Sequence[Proposal] = (),
    limits: Thresholds | None = None,
) -> dict[str, Any]:
    """Return the quality report of one tier.

    Parameters
    ----------
    content : TierContent
    notices : sequence of Notice
    maps : mapping of level to dict, optional
        Published maps: they know which units share a border. Without them figures are not compared with neighbours.
    proposals : sequence of Proposal, optional
        Places that wait for a decision.
    limits : Thresholds, optional

    Returns
    -------
    dict
        JSON-able; without any time or path of the machine, so that the same input gives the same report.
    """
    limits = limits or Thresholds()
    observations = content.tables["observations"]
    dataset = content.catalog.dataset
    table = Table(observations)
    made = [(spec.id, make_grid(spec, table)) for spec in content.catalog.indicators]
    grids = {name: grid for name, grid in made if grid is not None}
    reference_day = _reference_day(content, table)
    found = find_all(list(grids.values()), find_units(content.tables, maps), reference_day, limits)
    lines = [line for part in found.values() for line in part]
    population = grids.get(POPULATION)
    places = list_places(content.tables["units"], population)
    indicators = _indicator_rows(content, grids, places, reference_day)
    named = {unit for row in indicators for block in row["coverage"] for unit in block["matrix"]["units"]}
    countries = {str(iso3) for iso3 in table.names["iso3"]}
    return {
        "schema": REPORT_SCHEMA,
        "dataset": dataset.id,
        "title": dataset.title.model_dump(),
        "synthetic": dataset.synthetic,
        "tier": content.tier,
        "reference_day": iso_day(reference_day),
        "thresholds": asdict(limits),
        "rows": {
            "read": content.rows_joined + len(content.listed) + content.rows_withheld,
            "joined": content.rows_joined,
            "listed": len(content.listed),
            "withheld": content.rows_withheld,
        },
        "by_match_method": _counts(observations["match_method"]),
        "by_status": _counts(observations["obs_status"]),
        "by_missing_reason": _counts(observations["missing_reason"]),
        "by_confidentiality": _counts(observations["conf_status"]),
        "worth_a_look": _worth_a_look(found, limits),
        "indicators": indicators,
        "sources": _source_rows(content, table, lines),
        "proposals": list_proposals(proposals, content.listed),
        "listed": list_rows(content.listed),
        "withheld": [asdict(item) for item in content.withheld],
        "notices": [asdict(notice) for notice in notices],
        "units": _unit_names(content.tables["units"], named | countries),
    }
