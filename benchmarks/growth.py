"""How the cost of a build grows with the package, beside a straightforward script of the same job."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.result import OURS, MeasuringError, Result, percentile, result, rounded
from benchmarks.servers import Finished, build_snapshot, run_child
from benchmarks.synthetic import Size, write_package

SIZES, QUICK_SIZES = (250, 500, 1_000, 2_000), (100, 200, 400, 800)
INDICATORS, QUICK_INDICATORS = 15, 6
YEARS, VERTICES_PER_UNIT = 20, 50
TARGET_EXPONENT = 1.1
SCRIPT = "pandas-geopandas-script"
_SMALLEST = Size(units=4, indicators=1, years=1, vertices=200)


def fit_exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return b of cost = a * size ** b, by least squares of the logarithms.

    Raises
    ------
    MeasuringError
        If a cost is not positive.
    """
    if min(costs) <= 0:
        known = [round(cost, 3) for cost in costs]
        raise MeasuringError(
            f"growth: no exponent fits costs {known}; take more units or a machine that does nothing else"
        )
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def build_by_script(package: Path, out: Path) -> Finished:
    """Do the same job with the straightforward script, in a process of its own."""
    return run_child(["-m", "benchmarks.peer_build", str(package), str(out)])


def _cost(finished: Sequence[Finished]) -> float:
    """Return the least processor time of some runs, which other load does not lengthen; wall time where not known."""
    return min(one.seconds if one.cpu_s is None else one.cpu_s for one in finished)


def _several(build: Callable[[Path, Path], Finished], package: Path, folder: Path, runs: int) -> list[Finished]:
    return [build(package, folder / f"{build.__name__}-{number}") for number in range(runs)]


def size_results(
    name: str, size: Size, finished: Sequence[Finished], peer: str, target_s: float | None
) -> list[Result]:
    """Return time and memory of the builds of one package."""
    seconds = [one.seconds for one in finished]
    details = {
        "peer": peer, "units": size.units, "indicators": size.indicators, "years": size.years,
        "rows": size.observations,
    }  # fmt: skip
    what = f"build of {size.units:,} units, {size.indicators} indicators, {size.years} years, {peer}"
    time = details | {"p95": rounded(percentile(seconds, 95), "s")}
    results = [result(name, seconds, "s", target_s, what, **time)]
    peaks = [one.peak_mb for one in finished if one.peak_mb is not None]
    if peaks:
        results.append(result(f"{name}.memory", peaks, "MB", None, f"its peak memory, {what}", **details))
    return results


def measure(*, units: int | None, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Measure builds of four sizes and fit the exponent of processor time over rows.

    What a build of the smallest package takes (starting Python, imports) is taken off first: it would make the growth
    look flatter than it is. With `units` the largest size has so many.
    """
    sizes = QUICK_SIZES if is_quick else SIZES
    if units:
        sizes = tuple(max(units // share, 4) for share in (8, 4, 2, 1))
    runs, indicators = (1, QUICK_INDICATORS) if is_quick else (2, INDICATORS)
    results: list[Result] = []
    builders = {OURS: build_snapshot, SCRIPT: build_by_script}
    spent: dict[str, list[float]] = {peer: [] for peer in builders}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        smallest = write_package(folder / "smallest", _SMALLEST)
        base = {peer: _cost(_several(build, smallest, folder / "smallest", 3)) for peer, build in builders.items()}
        for count in sizes:
            size = Size(count, indicators, YEARS, count * VERTICES_PER_UNIT)
            package = write_package(folder / str(count), size)
            for peer, build in builders.items():
                say(f"growth, {size.observations:,} rows, {peer}: {runs} runs")
                finished = _several(build, package, folder / str(count), runs)
                results += size_results("growth.build", size, finished, peer, None)
                spent[peer].append(_cost(finished) - base[peer])
    rows = [count * indicators * YEARS for count in sizes]
    for peer, costs in spent.items():
        target = TARGET_EXPONENT if peer == OURS else None
        details = {"peer": peer, "units": sizes[-1], "rows": rows, "seconds": [round(cost, 3) for cost in costs]}
        details["start_s"] = round(base[peer], 3)
        what = f"exponent of the processor time beyond the start over rows, {peer}"
        results.append(result("growth.exponent", fit_exponent(rows, costs), "", target, what, **details))
    return results
