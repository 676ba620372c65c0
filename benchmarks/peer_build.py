"""The straightforward script of the same job: `python -m benchmarks.peer_build PACKAGE OUT`.

Reads boundaries and figures, joins them by code, makes countries of units, simplifies, writes Parquet and GeoJSON. It
checks no name and no code, keeps no provenance and draws no map: what a notebook does.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd

_TOLERANCE_DEG = 1e-5
_TEXT = {"place_code": "string", "iso3": "string", "indicator": "string", "obs_status": "string"}


def build(package: Path, out: Path) -> None:
    """Write observations.parquet, units.geojson and countries.geojson."""
    out.mkdir(parents=True)
    parts = [gpd.read_file(path) for path in sorted((package / "boundaries").glob("*.geojson"))]
    shapes = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=4326)
    units = pd.read_csv(package / "data" / "units.csv", dtype="string")
    shapes = shapes.merge(units[["unit_id", "iso3", "pcode", "name_en", "name_ru"]], on="unit_id", validate="1:1")
    paths = sorted((package / "data" / "figures").glob("*.csv"))
    dates = ["period_start", "period_end"]
    figures = pd.concat([pd.read_csv(path, dtype=_TEXT, parse_dates=dates) for path in paths], ignore_index=True)
    joined = figures.merge(
        shapes[["unit_id", "pcode", "name_en", "name_ru"]],
        left_on="place_code",
        right_on="pcode",
        how="left",
        validate="m:1",
    )
    joined.to_parquet(out / "observations.parquet")
    shapes["geometry"] = shapes.simplify_coverage(_TOLERANCE_DEG)
    shapes.to_file(out / "units.geojson", driver="GeoJSON")
    shapes.dissolve("iso3", method="coverage").reset_index().to_file(out / "countries.geojson", driver="GeoJSON")


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
