"""Points in districts: the command `points` in a process of its own, beside geopandas and a Dask cluster."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.result import OURS, MeasuringError, Result, percentile, result, rounded
from benchmarks.servers import Finished, run_child
from benchmarks.synthetic import FIRST_YEAR, SEED, Size, write_package

DISTRICTS = Size(units=1_000, indicators=1, years=1, vertices=50_000)
POINTS, QUICK_POINTS = 10_000_000, 1_000_000
TARGET_S = 30.0
GEOPANDAS, DASK_GEOPANDAS, OURS_ON_DASK = "geopandas-sjoin", "dask-geopandas-sjoin", "ours-on-dask"
_YEARS = 10
_ROW_GROUP = 500_000
_WORKERS = 2
_ENVELOPE = (50.0, 30.0, 78.8, 52.4)  # of the districts; a few points lie beside them


def write_points(path: Path, count: int) -> Path:
    """Write points spread evenly over the districts and ten years, as Parquet; the same for the same count."""
    rng = np.random.default_rng(SEED)
    west, south, east, north = _ENVELOPE
    schema = pa.schema({"lon": pa.float64(), "lat": pa.float64(), "date": pa.date32()})
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, count, _ROW_GROUP):
            n = min(_ROW_GROUP, count - start)
            days = np.datetime64(f"{FIRST_YEAR}-01-01") + rng.integers(0, 365 * _YEARS, n).astype("timedelta64[D]")
            columns = [rng.uniform(west, east, n), rng.uniform(south, north, n), days]
            writer.write_table(pa.table([pa.array(column) for column in columns], schema=schema))
    return path


def _ours(package: Path, points: Path, out: Path) -> Finished:
    command = ["-m", "etl", "points", points, "--package", package, "--by-date", "--level", "ADM1", "--date", "date"]
    rest = ["--indicator", "points", "--source", "generator", "--min-count", "1", "--out", out, "--json"]
    return run_child([str(word) for word in (*command, *rest)])


def _peer(peer: str, package: Path, points: Path, out: Path) -> Finished:
    return run_child(["-m", "benchmarks.points", peer, str(package), str(points), str(out)])


def _counts(path: Path) -> dict[tuple[str, str], int]:
    """Return the counts of a table of ours by place and year."""
    import pandas as pd

    texts = dict.fromkeys(("place_code", "period_start"), "str")
    df = pd.read_csv(path, dtype=texts, usecols=[*texts, "value"])
    keys = zip(df["place_code"], df["period_start"].str[:4], strict=True)
    return dict(zip(keys, df["value"].astype(int), strict=True))


def measure(*, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Measure ours and the peers on the same file, and check that all count the same.

    Raises
    ------
    MeasuringError
        If a peer counts differently.
    """
    count, runs = (QUICK_POINTS, 1) if is_quick else (POINTS, 3)
    results: list[Result] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say(f"points: write {count:,} points and {DISTRICTS.units:,} districts")
        package = write_package(folder, DISTRICTS)
        points = write_points(folder / "points.parquet", count)
        expected: dict[tuple[str, str], int] | None = None
        for peer in (OURS, GEOPANDAS, DASK_GEOPANDAS) if is_quick else (OURS, GEOPANDAS, DASK_GEOPANDAS, OURS_ON_DASK):
            times = runs if peer == OURS else 1
            say(f"points, {count:,} into {DISTRICTS.units:,} districts, {peer}: {times} runs")
            out = folder / f"{peer}.csv"
            run = _ours if peer == OURS else None
            finished = [run(package, points, out) if run else _peer(peer, package, points, out) for _ in range(times)]
            found = _counts(out)
            if expected is None:
                expected = found
            elif found != expected:
                raise MeasuringError(f"points: {peer} counts otherwise than ours")
            results += _results(peer, count, finished, is_quick=is_quick)
    return results


def _results(peer: str, count: int, finished: list[Finished], *, is_quick: bool) -> list[Result]:
    seconds = [one.seconds for one in finished]
    target = TARGET_S if peer == OURS and not is_quick else None
    what = f"{count:,} points into {DISTRICTS.units:,} districts, {peer}"
    details: dict[str, Any] = {"peer": peer, "units": DISTRICTS.units, "rows": count}
    results = [result("points.count", seconds, "s", target, what, **details, p95=rounded(percentile(seconds, 95), "s"))]
    told = [json.loads(one.out.splitlines()[-1]) for one in finished] if peer in (DASK_GEOPANDAS, OURS_ON_DASK) else []
    if told:
        results[0].details["without_start_s"] = told[0]["seconds"]
        return results
    peaks = [one.peak_mb for one in finished if one.peak_mb is not None]
    if peaks:
        results.append(result("points.count.memory", peaks, "MB", None, f"its peak memory, {what}", **details))
    return results


# --- peers, each run in a process of its own ------------------------------------------------------------------


def _districts(package: Path) -> Any:
    import geopandas as gpd
    import pandas as pd

    files = sorted((package / "boundaries").glob("*.geojson"))
    frame = pd.concat([gpd.read_file(file) for file in files], ignore_index=True)
    codes = pd.read_csv(package / "data/units.csv", dtype="str", usecols=["unit_id", "pcode"])
    return frame.merge(codes, on="unit_id", validate="1:1")[["pcode", "geometry"]]


def _write(counts: Any, out: Path) -> None:
    frame = counts.rename("value").reset_index().set_axis(["place_code", "period_start", "value"], axis=1)
    frame.loc[frame["value"] > 0].to_csv(out, index=False)


def run_geopandas(package: Path, points: Path, out: Path) -> None:
    """Read all points, join them to the districts, count: as the library's guide shows it."""
    import geopandas as gpd
    import pandas as pd

    df = pd.read_parquet(points)
    gdf = gpd.GeoDataFrame(df[["date"]], geometry=gpd.points_from_xy(df["lon"], df["lat"]), crs=4326)
    joined = gdf.sjoin(_districts(package), predicate="intersects")
    years = pd.to_datetime(joined["date"]).dt.year.rename("year")
    _write(joined.groupby(["pcode", years]).size(), out)


def run_dask_geopandas(package: Path, points: Path, out: Path, address: str) -> None:
    """Do the same by dask-geopandas on a cluster that runs."""
    import dask.dataframe as dd
    import dask_geopandas
    import pandas as pd
    from distributed import Client

    with Client(address):
        ddf = dd.read_parquet(points, split_row_groups=True)
        gdf = dask_geopandas.from_dask_dataframe(
            ddf[["date"]].assign(geometry=dask_geopandas.points_from_xy(ddf, "lon", "lat", crs=4326))
        )
        joined = gdf.sjoin(_districts(package), predicate="intersects")
        joined["year"] = dd.to_datetime(joined["date"]).dt.year
        counts = joined[["pcode", "year"]].groupby(["pcode", "year"]).size().compute()
    _write(pd.Series(counts), out)


def run_ours_on_dask(package: Path, points: Path, out: Path, address: str) -> None:
    """Run the command with a scheduler."""
    from etl.__main__ import main as etl

    command = ["points", points, "--package", package, "--by-date", "--level", "ADM1", "--date", "date"]
    rest = ["--indicator", "points", "--source", "generator", "--min-count", "1", "--out", out, "--scheduler", address]
    if etl([str(word) for word in (*command, *rest)]):
        raise MeasuringError("the command failed")


def main(arguments: list[str]) -> None:
    """Run one peer; those on a cluster start one and print how long they took without its start."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.points")
    parser.add_argument("peer", choices=(OURS_ON_DASK, GEOPANDAS, DASK_GEOPANDAS))
    for name in ("package", "points", "out"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args(arguments)
    if options.peer == GEOPANDAS:
        run_geopandas(options.package, options.points, options.out)
        return
    import contextlib
    import io

    from distributed import LocalCluster

    run = run_ours_on_dask if options.peer == OURS_ON_DASK else run_dask_geopandas
    with LocalCluster(
        n_workers=_WORKERS, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", silence_logs=50
    ) as cluster:
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            run(options.package, options.points, options.out, cluster.scheduler_address)
        seconds = time.perf_counter() - start
    print(json.dumps({"seconds": round(seconds, 3)}))


if __name__ == "__main__":
    main(sys.argv[1:])
