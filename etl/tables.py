"""The published tables and maps of one tier, made from the joined figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
import shapely

from etl.boundaries import UnitShapes
from etl.flows import FLOW_ORDER, protect_flows
from etl.join import Joined
from etl.protect import Withheld, keep_indicators, split_by_tier
from etl.reference import PROGRAMME_KEY, Reference
from etl.rows import named_rows
from geodata.contracts import CONTRACTS, conform_table, empty_table
from geodata.hashing import canonical_json
from geodata.mapfile import Drawing, Shape, make_drawing, make_map
from layers.catalog import Catalog, Dataset, Driver, FlowSpec, IndicatorSpec, Tier

OBSERVATION_ORDER = [
    "indicator_id",
    "iso3",
    "level",
    "unit_id",
    "boundary_set",
    "period_start",
    "period_end",
    "sex",
    "age",
    "source_id",
    "note_en",
    "source_file",
    "source_row",
]


@dataclass(frozen=True)
class TierContent:
    """Everything that a snapshot of one tier publishes, in memory.

    Attributes
    ----------
    tier : str
    catalog : Catalog
        Only indicators that the tier may hold.
    withheld : list of Withheld
    tables : dict of str to pandas.DataFrame
        All published tables, in canonical row order.
    listed : pandas.DataFrame
        Rows that were not joined, of these indicators or of none.
    rows_withheld : int
        Joined or listed rows of withheld indicators.
    rows_joined : int
        Rows that were joined; other than the number of observations where figures were carried to another set.
    """

    tier: Tier
    catalog: Catalog
    withheld: list[Withheld]
    tables: dict[str, pd.DataFrame]
    listed: pd.DataFrame
    rows_withheld: int
    rows_joined: int


def make_catalog(
    dataset: Dataset, drivers: Sequence[Driver], specs: Sequence[IndicatorSpec], flows: Sequence[FlowSpec] = ()
) -> Catalog:
    """Return the catalog in menu order: drivers as declared, their indicators by English menu title."""
    rank = {driver.id: position for position, driver in enumerate(drivers)}
    ordered = sorted(specs, key=lambda spec: (rank[spec.driver], spec.menu_title.en.casefold(), spec.id))
    return Catalog(dataset=dataset, drivers=tuple(drivers), indicators=tuple(ordered), flows=tuple(flows))


def units_table(reference: Reference, shapes: UnitShapes) -> pd.DataFrame:
    """Return the published table of units with area, point and WKB geometry."""
    has_polygon = np.array([geometry is not None for geometry in shapes.geometry], dtype=bool)
    wkb = np.full(len(has_polygon), None, dtype=object)
    wkb[has_polygon] = shapely.to_wkb(shapely.normalize(shapes.geometry[has_polygon]), byte_order=1)
    units = reference.units.assign(
        typology=reference.units["typology"].mask(reference.units["typology"] == ""),
        area_km2=shapes.area_km2.round(3),
        lon=shapes.lon.round(6),
        lat=shapes.lat.round(6),
        has_polygon=has_polygon,
        geometry=wkb,
    )
    return conform_table(units, CONTRACTS["units"])


def _indicators_table(catalog: Catalog) -> pd.DataFrame:
    rows = [
        {
            "indicator_id": spec.id,
            "driver": spec.driver,
            "title_en": spec.title.en,
            "title_ru": spec.title.ru,
            "sensitivity": spec.sensitivity,
            "tier": spec.tier,
            "kind": spec.kind,
            "spec": canonical_json(spec.model_dump(mode="json")).decode(),
        }
        for spec in catalog.indicators
    ]
    contract = CONTRACTS["indicators"]
    return conform_table(pd.DataFrame(rows), contract) if rows else empty_table(contract)


def _sort_observations(df: pd.DataFrame) -> pd.DataFrame:
    """Sort by the canonical key; category columns are sorted by their codes, which follow the sorted text."""
    keys: list[Any] = []
    for name in OBSERVATION_ORDER:
        column = df[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.cat.reorder_categories(sorted(column.cat.categories))
            keys.append(column.cat.codes.to_numpy())
        else:
            keys.append(column.to_numpy())
    return df.iloc[np.lexsort(keys[::-1])]


def make_content(
    dataset: Dataset,
    drivers: Sequence[Driver],
    specs: Sequence[IndicatorSpec],
    reference: Reference,
    units: pd.DataFrame,
    joined: Joined,
    tier: Tier,
    flows: Sequence[FlowSpec] = (),
    shown: Sequence[str] = (),
) -> TierContent:
    """Make the tables of one tier; nothing of a withheld indicator is in them.

    Parameters
    ----------
    dataset : Dataset
    drivers : sequence of Driver
    specs : sequence of IndicatorSpec
        Of all tiers.
    reference : Reference
    units : pandas.DataFrame
        The published table of units.
    joined : Joined
        Its figures protected already.
    tier : str
    flows : sequence of FlowSpec, optional
    shown : sequence of str, optional
        Sources of the reference layers.

    Returns
    -------
    TierContent
    """
    allowed, withheld = split_by_tier(specs, tier)
    catalog = make_catalog(dataset, drivers, allowed, flows)
    observations = keep_indicators(joined.observations, allowed)
    observations = conform_table(_sort_observations(observations), CONTRACTS["observations"])
    held = {"", *(spec.id for spec in allowed)}
    listed = joined.listed.loc[joined.listed["indicator_id"].isin(held)].reset_index(drop=True)
    programmes = reference.programmes.sort_values(list(PROGRAMME_KEY))
    moves = protect_flows(reference.flows, flows).sort_values(FLOW_ORDER) if len(reference.flows) else None
    moves = empty_table(CONTRACTS["flows"]) if moves is None else conform_table(moves, CONTRACTS["flows"])
    used = {
        *observations["source_id"].unique(),
        *reference.boundary_sets["source_id"],
        *programmes["source_id"],
        *moves["source_id"].astype("str"),
        *reference.other_names["source_id"],
        *shown,
    }
    sources = reference.sources.loc[reference.sources["source_id"].isin(used)].sort_values("source_id")
    sets = reference.boundary_sets.sort_values(["iso3", "valid_from", "boundary_set"], na_position="first")
    tables = {
        "units": units,
        "boundary_sets": conform_table(sets, CONTRACTS["boundary_sets"]),
        "observations": observations,
        "indicators": _indicators_table(catalog),
        "sources": conform_table(sources, CONTRACTS["sources"]),
        "programmes": conform_table(programmes, CONTRACTS["programmes"]),
        "flows": moves,
        "evidence": empty_table(CONTRACTS["evidence"]),
    }
    more = sum(rows - figures for name, (rows, figures) in joined.carried.items() if name in held)
    rows_joined = len(observations) + more
    rows_withheld = joined.rows_read - rows_joined - len(listed)
    return TierContent(tier, catalog, withheld, tables, listed, rows_withheld, rows_joined)


def _shapes_of(units: pd.DataFrame, shapes: UnitShapes) -> list[Shape]:
    """Return each territory once, with all boundary sets that it belongs to."""
    result = []
    keyed = units.assign(position=np.arange(len(units)))
    for key, group in keyed.groupby(["iso3", "level", "unit_id"], sort=True, observed=True):
        iso3, level, unit_id = cast("tuple[str, str, str]", key)
        position = int(group["position"].iloc[0])
        ordered = group.sort_values(["valid_from", "boundary_set"], na_position="first")
        result.append(
            Shape(
                unit_id,
                iso3,
                level,
                tuple(ordered["boundary_set"].astype("str")),
                shapes.parts[position],
                float(shapes.lon[position]),
                float(shapes.lat[position]),
            )
        )
    return result


def draw(dataset: Dataset, shapes: UnitShapes) -> Drawing:
    """Return the polygons of all units in the coordinates of the dataset's maps."""
    return make_drawing(
        shapes.leaves,
        np.column_stack([shapes.lon, shapes.lat]),
        proj=dataset.projection.proj,
        width=dataset.projection.width,
        tolerance_m=dataset.projection.tolerance_m,
    )


def make_maps(
    dataset: Dataset, drawing: Drawing, units: pd.DataFrame, sets: pd.DataFrame, shapes: UnitShapes
) -> dict[str, dict[str, Any]]:
    """Return the content of the map file of every level that has units.

    Parameters
    ----------
    dataset : Dataset
    drawing : Drawing
    units, sets : pandas.DataFrame
        Published tables.
    shapes : UnitShapes
        Row by row as `units`.

    Returns
    -------
    dict of level to dict
    """
    everything = _shapes_of(units, shapes)
    countries = [shape for shape in everything if shape.level == "ADM0"]
    described = {
        row.boundary_set: {
            "iso3": row.iso3,
            "valid_from": _iso(row.valid_from),
            "valid_to": _iso(row.valid_to),
            "by_date": bool(row.by_date),
        }
        for row in named_rows(sets)
    }
    return {
        level: make_map(
            drawing,
            [shape for shape in everything if shape.level == level],
            countries,
            dataset=dataset.id,
            level=level,
            sets=described,
        )
        for level in sorted({shape.level for shape in everything})
    }


def _iso(day: Any) -> str | None:
    return None if pd.isna(day) else f"{day:%Y-%m-%d}"


def catalog_json(catalog: Catalog) -> dict[str, Any]:
    """Return the catalog as JSON, in its menu order."""
    content: dict[str, Any] = json.loads(catalog.model_dump_json())
    return content
