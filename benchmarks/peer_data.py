"""The data of a generated package as a notebook would read them: one GeoJSON, one long table."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

WIDTH, HEIGHT = 1200, 640
_TILE = 512
_VALUE_RANGE = (0.0, 100.0)


@dataclass(frozen=True)
class PeerData:
    """What every peer draws.

    Attributes
    ----------
    geojson : dict
        All units; a feature's `id` is the unit's.
    table : pandas.DataFrame
        Columns `unit_id`, `year`, `value` [%, NaN where blank], sorted by year and unit.
    """

    geojson: dict[str, Any]
    table: pd.DataFrame

    @property
    def years(self) -> list[int]:
        """The periods, oldest first."""
        return sorted(self.table["year"].unique().tolist())

    @property
    def ids(self) -> list[str]:
        """The units, in the order of the table."""
        return [str(feature["id"]) for feature in self.geojson["features"]]

    @property
    def value_range(self) -> tuple[float, float]:
        """What the colours span."""
        return _VALUE_RANGE

    def values(self) -> list[list[float | None]]:
        """Return one list of values per year, in the order of `ids`."""
        wide = self.table.set_index(["year", "unit_id"])["value"].unstack().loc[self.years, self.ids]  # noqa: PD010
        return [[None if math.isnan(value) else value for value in row] for row in wide.to_numpy().tolist()]

    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north."""
        rings = [feature["geometry"]["coordinates"][0] for feature in self.geojson["features"]]
        lon = [point[0] for ring in rings for point in ring]
        lat = [point[1] for ring in rings for point in ring]
        return min(lon), min(lat), max(lon), max(lat)

    def corners(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the corners in the south-west and north-east as latitude, longitude: Leaflet's order."""
        west, south, east, north = self.bounds()
        return (south, west), (north, east)

    def view(self) -> tuple[dict[str, float], float]:
        """Return centre and zoom that show all units on a map of WIDTH x HEIGHT in Web Mercator."""
        west, south, east, north = self.bounds()
        low, high = (math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) for lat in (south, north))
        across, up = (east - west) / 360, (high - low) / (2 * math.pi)
        zoom = math.log2(min(WIDTH / _TILE / across, HEIGHT / _TILE / up))
        middle = math.degrees(2 * math.atan(math.exp((low + high) / 2)) - math.pi / 2)
        return {"lon": (west + east) / 2, "lat": middle}, zoom


def read_peer_data(package: Path) -> PeerData:
    """Read boundaries and the first indicator of a generated package."""
    features = []
    for path in sorted((package / "boundaries").glob("*.geojson")):
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
            features.append({**feature, "id": feature["properties"]["unit_id"]})
    figures = sorted((package / "data" / "figures").glob("*.csv"))[0]
    columns = {"place_name": "string", "period_start": "string", "value": "float64"}
    raw = pd.read_csv(figures, usecols=list(columns), dtype=columns)
    table = pd.DataFrame(
        {
            "unit_id": raw["place_name"].str.removeprefix("Cell ").astype(object),
            "year": raw["period_start"].str[:4].astype(int),
            "value": raw["value"],
        }
    ).sort_values(["year", "unit_id"], ignore_index=True)
    features.sort(key=lambda feature: str(feature["id"]))
    return PeerData({"type": "FeatureCollection", "features": features}, table)
