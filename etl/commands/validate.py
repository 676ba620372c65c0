"""The command `validate`: check data packages, publish nothing."""

from __future__ import annotations

import argparse

from etl.commands.common import FINE, Progress, SubParsers, add_json, add_packages, add_quiet, print_json

NAME = "validate"


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="check data packages, publish nothing")
    add_packages(command)
    add_json(command)
    add_quiet(command)


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.pipeline import validate

    report = validate(options.package, progress)
    rows = report["rows"]
    if options.json:
        print_json({"ok": True, "rows": rows, "notices": report["notices"]})
    else:
        print(f"fine: {rows['read']:,} rows read, {rows['joined']:,} joined, {rows['listed']:,} listed")
    return FINE
