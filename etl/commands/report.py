"""The command `report`: print the quality report of a snapshot."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from etl.commands.common import FINE, Progress, SubParsers, print_json

NAME = "report"


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="print the quality report of a snapshot")
    command.add_argument("snapshot", type=Path, help="folder of a snapshot, of a tier, or of all snapshots")
    command.add_argument("--format", choices=("html", "json"), default="json", help="default: json")


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.diff import find_snapshot

    snapshot = find_snapshot(options.snapshot)
    if options.format == "json":
        print_json(snapshot.report_json())
    else:
        sys.stdout.write((snapshot.path / "report.html").read_text(encoding="utf-8"))
    return FINE
