"""The command `build`: check data packages and publish a snapshot."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from etl.commands.common import FINE, TIERS, Progress, SubParsers, add_json, add_packages, add_quiet, print_json

if TYPE_CHECKING:
    from layers.catalog import Tier

NAME = "build"


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="check data packages and publish a snapshot")
    add_packages(command)
    command.add_argument("--out", required=True, type=Path, help="folder of the snapshots")
    command.add_argument("--tier", choices=(*TIERS, "all"), default="public", help="who it is for (default: public)")
    add_json(command)
    add_quiet(command)


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
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
        print_json({"ok": True, "seconds": round(seconds, 2), "snapshots": snapshots})
    else:
        for item in published:
            print(
                f"published {item.tier} {item.snapshot_id}: {item.indicators} indicators, "
                f"{item.observations:,} figures, {item.quality['rows_listed']} rows listed in "
                f"{item.path / 'report.html'} ({seconds:.1f} s)"
            )
    return FINE
