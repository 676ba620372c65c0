"""The command `build`: check data packages and publish a snapshot."""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from etl.commands.common import FINE, TIERS, Progress, SubParsers, add_json, add_packages, add_quiet, print_json

if TYPE_CHECKING:
    from etl.pipeline import Prepared
    from layers.catalog import Tier

NAME = "build"
MAX_TITLE = 120


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="check data packages and publish a snapshot")
    add_packages(command)
    command.add_argument("--out", required=True, type=Path, help="folder of the snapshots")
    command.add_argument("--tier", choices=(*TIERS, "all"), default="public", help="who it is for (default: public)")
    command.add_argument(
        "--dataset-id", type=_identifier, help="id of the dataset, instead of that of the first package"
    )
    command.add_argument("--dataset-title", type=_title, help="its title, in every language")
    command.add_argument(
        "--supersede",
        action="store_true",
        help="nobody has the earlier releases in the folder: do not count them as known",
    )
    add_json(command)
    add_quiet(command)


def _identifier(text: str) -> str:
    from geodata.contracts import IDENTIFIER

    if not re.fullmatch(IDENTIFIER, text):
        raise argparse.ArgumentTypeError(f"{text!r} is no id: small letters, digits and _, a letter first")
    return text


def _title(text: str) -> str:
    if not text.strip() or len(text) > MAX_TITLE:
        raise argparse.ArgumentTypeError(f"a title has 1 to {MAX_TITLE} letters")
    return " ".join(text.split())


def _renamed(prepared: Prepared, dataset_id: str | None, title: str | None) -> Prepared:
    """Return the package with another id and title of its dataset, where they are given."""
    from layers.catalog import Text

    changes: dict[str, object] = {}
    if dataset_id is not None:
        changes["id"] = dataset_id
    if title is not None:
        changes["title"] = Text(en=title, ru=title)
    return replace(prepared, dataset=prepared.dataset.model_copy(update=changes)) if changes else prepared


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.pipeline import prepare, publish

    start = time.perf_counter()
    tiers: Sequence[Tier] = TIERS if options.tier == "all" else (options.tier,)
    prepared = _renamed(prepare(options.package, progress), options.dataset_id, options.dataset_title)
    published = publish(prepared, options.out, tiers, progress, supersede=options.supersede)
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
