"""The command line: `python -m etl build|validate|report|diff|make-training`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.training import plan
from geodata.errors import DriversError

if TYPE_CHECKING:
    from layers.catalog import Tier

FINE, FAILED, BAD_INPUT = 0, 1, 2
TIERS: tuple[Tier, ...] = ("public", "partner", "restricted")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; the documentation is tested against it."""
    parser = argparse.ArgumentParser(prog="python -m etl", description="From data packages to snapshots.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="check data packages and publish a snapshot")
    build.add_argument(
        "package", nargs="+", type=Path, help="folder with a datapackage.json; later ones add to the first"
    )
    build.add_argument("--out", required=True, type=Path, help="folder of the snapshots")
    build.add_argument("--tier", choices=(*TIERS, "all"), default="public", help="who it is for (default: public)")
    check = commands.add_parser("validate", help="check data packages, publish nothing")
    check.add_argument(
        "package", nargs="+", type=Path, help="folder with a datapackage.json; later ones add to the first"
    )
    report = commands.add_parser("report", help="print the quality report of a snapshot")
    report.add_argument("snapshot", type=Path, help="folder of a snapshot, of a tier, or of all snapshots")
    report.add_argument("--format", choices=("html", "json"), default="json", help="default: json")
    diff = commands.add_parser("diff", help="compare two snapshots")
    diff.add_argument("old", type=Path)
    diff.add_argument("new", type=Path)
    training = commands.add_parser("make-training", help="write the data package of an invented country")
    training.add_argument("--out", required=True, type=Path, help="folder of the data package")
    training.add_argument("--units", type=int, default=plan.DEFAULT_UNITS, help="ADM2 units (default: 62)")
    training.add_argument("--years", type=int, default=plan.DEFAULT_YEARS, help="years up to 2024 (default: 17)")
    training.add_argument("--indicators", type=int, help="number of indicators (default: all that mean something)")
    training.add_argument("--seed", type=int, default=plan.DEFAULT_SEED, help="another seed, another country")
    training.add_argument("--hard-mode", action="store_true", help="plant faults, listed in data/faults.csv")
    for command in (build, check, diff, training):
        command.add_argument("--json", action="store_true", help="print the result as one JSON object")
    for command in (build, check):
        command.add_argument("--quiet", action="store_true", help="no progress")
    return parser


def _print_json(content: dict[str, Any]) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2))


class _Steps:
    """Shows the running step on stderr: a live line on a terminal, nothing if quiet."""

    def __init__(self, quiet: bool) -> None:
        self._status: Any = None
        if not quiet and sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status("start")
            self._status.start()

    def show(self, step: str) -> None:
        """Say which step runs."""
        if self._status is not None:
            self._status.update(step)

    def stop(self) -> None:
        """Clear the line."""
        if self._status is not None:
            self._status.stop()


def _build(options: argparse.Namespace, progress: Callable[[str], None]) -> int:
    from etl.pipeline import prepare, publish

    start = time.perf_counter()
    tiers: Sequence[Tier] = TIERS if options.tier == "all" else (options.tier,)
    published = publish(prepare(options.package, progress), options.out, tiers, progress)
    seconds = time.perf_counter() - start
    if options.json:
        snapshots = [
            {
                "tier": item.tier,
                "snapshot_id": item.snapshot_id,
                "path": str(item.path),
                "indicators": item.indicators,
                "observations": item.observations,
                "quality": item.quality,
            }
            for item in published
        ]
        _print_json({"ok": True, "seconds": round(seconds, 2), "snapshots": snapshots})
    else:
        for item in published:
            print(
                f"published {item.tier} {item.snapshot_id}: {item.indicators} indicators, "
                f"{item.observations:,} figures, {item.quality['rows_listed']} rows listed in "
                f"{item.path / 'report.html'} ({seconds:.1f} s)"
            )
    return FINE


def _validate(options: argparse.Namespace, progress: Callable[[str], None]) -> int:
    from etl.pipeline import validate

    report = validate(options.package, progress)
    rows = report["rows"]
    if options.json:
        _print_json({"ok": True, "rows": rows, "notices": report["notices"]})
    else:
        print(f"fine: {rows['read']:,} rows read, {rows['joined']:,} joined, {rows['listed']:,} listed")
    return FINE


def _report(options: argparse.Namespace, progress: Callable[[str], None]) -> int:
    from etl.diff import find_snapshot

    snapshot = find_snapshot(options.snapshot)
    if options.format == "json":
        _print_json(snapshot.report_json())
    else:
        sys.stdout.write((snapshot.path / "report.html").read_text(encoding="utf-8"))
    return FINE


def _diff(options: argparse.Namespace, progress: Callable[[str], None]) -> int:
    from etl.diff import compare_snapshots, find_snapshot

    result = compare_snapshots(find_snapshot(options.old), find_snapshot(options.new))
    if options.json:
        _print_json(result)
        return FINE
    print(f"{result['old']} -> {result['new']}: {'the same content' if result['same'] else 'different content'}")
    for name in ("indicators", "units", "observations"):
        part = result[name]
        print(f"{name}: {part['added']} added, {part['removed']} removed, {part['changed']} changed")
        for sign, kind in (("+", "added"), ("-", "removed"), ("~", "changed")):
            for line in part["first"][kind]:
                print(f"  {sign} {line}")
    return FINE


def _make_training(options: argparse.Namespace, progress: Callable[[str], None]) -> int:
    from etl.training.writer import write_training_package

    progress("make the training country")
    wanted = plan.Plan(options.units, options.years, options.indicators, options.seed, options.hard_mode)
    counts = write_training_package(wanted, options.out)
    if options.json:
        _print_json({"ok": True, "package": str(options.out), **counts})
    else:
        print(
            f"wrote {options.out}: {counts['ADM1']} regions, {counts['ADM2']} districts, "
            f"{counts['ADM3']} municipalities, {counts['indicators']} indicators, {counts['figures']:,} figures"
        )
    return FINE


_COMMANDS = {
    "build": _build,
    "validate": _validate,
    "report": _report,
    "diff": _diff,
    "make-training": _make_training,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process if not given.

    Returns
    -------
    int
        0 fine, 1 the program or the disk failed, 2 the data package has problems.
    """
    options = build_parser().parse_args(arguments)
    wants_json = getattr(options, "json", False)
    steps = _Steps(quiet=wants_json or getattr(options, "quiet", True))
    try:
        return _COMMANDS[options.command](options, steps.show)
    except DriversError as error:
        steps.stop()
        problems = getattr(error, "problems", None)
        code = FAILED if problems is None else BAD_INPUT
        if wants_json:
            listed = [problem.to_json() | {"text": str(problem)} for problem in problems or ()]
            _print_json({"ok": False, "error": str(error).splitlines()[0], "problems": listed})
        else:
            print(error, file=sys.stderr)
        return code
    finally:
        steps.stop()


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
