"""The command `add-source`: add a source to a data package."""

from __future__ import annotations

import argparse
from pathlib import Path

from etl.commands.common import FINE, Progress, SubParsers, add_json, print_json
from etl.commands.new_package import add_source_options, source_of

NAME = "add-source"


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="add a source to a data package")
    command.add_argument("folder", type=Path, help="folder of the package")
    add_source_options(command)
    add_json(command)


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.intake.scaffold import add_source
    from etl.problems import Problems

    problems = Problems()
    source = source_of(options)
    add_source(options.folder, source, problems)
    problems.raise_if_any()
    if options.json:
        print_json({"ok": True, "package": str(options.folder), "source": source})
    else:
        print(f"added {source['source_id']} to {options.folder / 'data/sources.csv'}")
    return FINE
