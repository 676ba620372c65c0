"""What is drawn for orientation: the lake and the towns of the invented country."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from etl.training.country import NEW, Country
from etl.training.country import URBAN as URBAN_KIND
from etl.training.geometry import DECIMALS, PROJECTION
from etl.training.names import spell
from etl.training.reference import BOUNDARY_SOURCE
from geodata.projection import project_xy

_LAKE = "Ondilava"


def _lonlat(x: float, y: float) -> list[float]:
    (point,) = project_xy(np.array([[x, y]]), PROJECTION, inverse=True).tolist()
    return [round(value, DECIMALS) for value in point]


def _rings(polygon: Any) -> list[Any]:
    return [
        [[round(x, DECIMALS), round(y, DECIMALS)] for x, y in shapely.get_coordinates(ring).tolist()]
        for ring in (polygon.exterior, *polygon.interiors)
    ]


def _places(country: Country) -> Iterator[dict[str, Any]]:
    capital = country.territory.capital
    for unit in country.at(NEW, "ADM2"):
        is_capital = capital in unit.base
        if not is_capital and unit.typology != URBAN_KIND:
            continue
        x, y = country.xy[capital if is_capital else unit.base[0]]
        yield {
            "type": "Feature",
            "properties": {
                "layer": "place", "kind": "capital" if is_capital else "city", "name_en": unit.name.en,
                "name_ru": unit.name.ru, "source_id": BOUNDARY_SOURCE,
            },
            "geometry": {"type": "Point", "coordinates": _lonlat(float(x), float(y))},
        }  # fmt: skip


def surroundings(country: Country) -> str:
    """Return the content of reference/reference.geojson."""
    name = spell(_LAKE)
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "properties": {
                "layer": "lake", "name_en": f"Lake {name.en}", "name_ru": f"Озеро {name.ru}",
                "source_id": BOUNDARY_SOURCE,
            },
            "geometry": {"type": "Polygon", "coordinates": _rings(part)},
        }
        for part in shapely.get_parts(country.lake)
    ]  # fmt: skip
    lines = [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in (*features, *_places(country))]
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
