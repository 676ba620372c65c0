"""The ETL: wall time and memory of a build in a process of its own, imports included."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.growth import SCRIPT, build_by_script, size_results
from benchmarks.result import MB, Result, result
from benchmarks.servers import PACKAGE, Finished, build_snapshot
from benchmarks.synthetic import Size, write_package

LARGE = Size(units=1000, indicators=60, years=20, vertices=50_000)


def _memory(name: str, runs: list[Finished], target: float | None, what: str) -> list[Result]:
    """Return the peak memory of the runs; nothing where the system does not tell it."""
    peaks = [run.peak_mb for run in runs if run.peak_mb is not None]
    return [result(name, peaks, "MB", target, what)] if peaks else []


def measure(folder: Path, *, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Measure building the shipped package into `folder`, and the large generated one."""
    runs = []
    for number in range(1 if is_quick else 3):
        say(f"build, shipped package: run {number + 1}")
        runs.append(build_snapshot(PACKAGE, folder))
    seconds = [run.seconds for run in runs]
    results = [result("build.shipped", seconds, "s", 5.0, "build of the shipped package")]
    results += _memory("build.shipped.memory", runs, None, "its peak memory")
    return results + _measure_large(say)


def _measure_large(say: Callable[[str], None]) -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        say(f"build, generated package of {LARGE.observations:,} rows: write it")
        package = write_package(Path(folder), LARGE)
        size = sum(path.stat().st_size for path in package.rglob("*") if path.is_file())
        say(f"build, generated package of {LARGE.observations:,} rows, {size / MB:.0f} MB: build it")
        run = build_snapshot(package, Path(folder) / "snapshots")
        script = build_by_script(package, Path(folder) / "script")
    details = {
        "units": LARGE.units, "indicators": LARGE.indicators, "years": LARGE.years, "rows": LARGE.observations,
        "bytes": size,
    }  # fmt: skip
    title = f"{LARGE.units:,} units, {LARGE.indicators} indicators, {LARGE.years} years"
    results = [result("build.large", run.seconds, "s", 20.0, f"build of {title}", **details)]
    results += _memory("build.large.memory", [run], 1500.0, "its peak memory")
    return results + size_results("build.large", LARGE, [script], SCRIPT, None)
