"""The command `diff`: compare two snapshots."""

from __future__ import annotations

import argparse
from pathlib import Path

from etl.commands.common import FINE, Progress, SubParsers, add_json, print_json

NAME = "diff"


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="compare two snapshots")
    command.add_argument("old", type=Path)
    command.add_argument("new", type=Path)
    add_json(command)


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.diff import compare_snapshots, describe_comparison, find_snapshot

    result = compare_snapshots(find_snapshot(options.old), find_snapshot(options.new))
    if options.json:
        print_json(result)
    else:
        print("\n".join(describe_comparison(result)))
    return FINE
