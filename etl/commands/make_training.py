"""The command `make-training`: write the data package of an invented country."""

from __future__ import annotations

import argparse
from pathlib import Path

from etl.commands.common import FINE, Progress, SubParsers, add_json, print_json
from etl.training import plan

NAME = "make-training"


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="write the data package of an invented country")
    command.add_argument("--out", required=True, type=Path, help="folder of the data package")
    command.add_argument("--units", type=int, default=plan.DEFAULT_UNITS, help="ADM2 units (default: 62)")
    command.add_argument("--years", type=int, default=plan.DEFAULT_YEARS, help="years up to 2024 (default: 17)")
    command.add_argument("--indicators", type=int, help="number of indicators (default: all that mean something)")
    command.add_argument("--seed", type=int, default=plan.DEFAULT_SEED, help="another seed, another country")
    command.add_argument("--hard-mode", action="store_true", help="plant faults, listed in data/faults.csv")
    add_json(command)


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.training.writer import write_training_package

    progress("make the training country")
    wanted = plan.Plan(options.units, options.years, options.indicators, options.seed, options.hard_mode)
    counts = write_training_package(wanted, options.out)
    if options.json:
        print_json({"ok": True, "package": str(options.out), **counts})
    else:
        print(
            f"wrote {options.out}: {counts['ADM1']} regions, {counts['ADM2']} districts, "
            f"{counts['ADM3']} municipalities, {counts['indicators']} indicators, {counts['figures']:,} figures"
        )
    return FINE
