"""The command `protect`: explain what disclosure control withholds of an indicator, and what would keep more."""

from __future__ import annotations

import argparse

from etl.commands.common import FINE, Progress, SubParsers, add_json, add_packages, add_quiet, print_json

NAME = "protect"


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="explain what is withheld of an indicator, and what would keep more")
    add_packages(command)
    command.add_argument("--explain", required=True, metavar="INDICATOR", help="id of the indicator")
    command.add_argument("--lang", choices=("en", "ru"), default="en", help="language of the answer (default: en)")
    add_json(command)
    add_quiet(command)


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.disclosure.explain import explain_indicator, explanation_lines
    from etl.pipeline import prepare
    from etl.protect import suppress

    prepared = prepare(options.package, progress)
    units = prepared.reference.units
    observations = suppress(prepared.joined.observations, units)
    found = explain_indicator(observations, prepared.specs, units, options.explain, progress)
    if options.json:
        print_json({"ok": True, **found})
    else:
        print("\n".join(explanation_lines(found, options.lang)))
    return FINE
