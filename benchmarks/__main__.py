"""The command line: `python -m benchmarks [slider|workbench|first-map|build|growth|points|server|start|all]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Error as BrowserError

import run
from benchmarks import build, first_map, growth, machine, points, server, slider, start, workbench
from benchmarks.document import write_document
from benchmarks.libraries import require_modules
from benchmarks.result import MeasuringError, Result, table_of
from benchmarks.servers import PACKAGE, build_snapshot

FINE, FAILED = 0, 1
PARTS = ("build", "start", "first-map", "slider", "workbench", "growth", "points", "server")
ALL = "all"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the performance targets. JSON lines go to stdout, a table for people to stderr.",
    )
    parser.add_argument("part", nargs="?", choices=(*PARTS, ALL), default=ALL, help="what to measure (default: all)")
    parser.add_argument("--units", type=_unit_count, help="units of the generated map (default: several sizes)")
    parser.add_argument("--quick", action="store_true", help="fewer runs")
    parser.add_argument("--json", action="store_true", help="JSON lines only, no table and no progress")
    parser.add_argument("--write-doc", action="store_true", help="write the values into docs/reference/performance.md")
    return parser


def _unit_count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 20_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 20000")
    return int(text)


def _measure(part: str, options: argparse.Namespace, folder: Path, say: Callable[[str], None]) -> list[Result]:
    """Run one part; `folder` holds the snapshot of the shipped package as soon as a part needs it."""
    if part == "build":
        return build.measure(folder, is_quick=options.quick, say=say)
    if part == "growth":
        return growth.measure(units=options.units, is_quick=options.quick, say=say)
    if part == "points":
        return points.measure(is_quick=options.quick, say=say)
    if part == "workbench":
        return workbench.measure(units=options.units, is_quick=options.quick, say=say)
    if part == "slider" and options.quick:
        return slider.measure(None, units=options.units, is_quick=True, say=say)
    if not any(folder.iterdir()):
        say("build the shipped package")
        build_snapshot(PACKAGE, folder)
    if part == "start":
        return start.measure(folder, is_quick=options.quick, say=say)
    if part == "first-map":
        return first_map.measure(folder, is_quick=options.quick, say=say)
    if part == "server":
        return server.measure(folder, is_quick=options.quick, say=say)
    return slider.measure(folder, units=options.units, is_quick=False, say=say)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, return the exit code: 0 also where a target is missed, 1 if something cannot be measured."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    if options.write_doc and (options.part != ALL or options.units):
        parser.error("--write-doc goes with a run of all parts: no part, no --units")
    begun, load_before = time.perf_counter(), machine.load()

    def say(text: str) -> None:
        if not options.json:
            print(f"{time.perf_counter() - begun:5.1f} s  {text}", file=sys.stderr, flush=True)

    results: list[Result] = []
    try:
        require_modules()
        with tempfile.TemporaryDirectory() as folder:
            for part in PARTS if options.part == ALL else (options.part,):
                for one in _measure(part, options, Path(folder), say):
                    results.append(one)
                    print(one.as_json(), flush=True)
        told = machine.conditions(load_before)
        if options.quick:
            told["run"] = "quick: few runs and steps, the slider at one size; without --quick all sizes are measured"
        if options.write_doc:
            write_document(results, told)
    except (MeasuringError, BrowserError, run.NotPossibleError, OSError) as error:
        print(f"\ncould not measure: {error}", file=sys.stderr)
        return FAILED
    if not options.json:
        lines = [f"{name}: {text}" for name, text in told.items()]
        print("\n".join(["", *lines, "", table_of(results)]), file=sys.stderr)
    return FINE


if __name__ == "__main__":
    sys.exit(main())
