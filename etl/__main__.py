"""The command line: `python -m etl COMMAND`; each command is a module of `etl.commands`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from etl.commands import (
    add_indicator,
    add_source,
    boundaries,
    build,
    crosswalk,
    diff,
    fetch,
    make_training,
    new_package,
    points,
    protect,
    recognise,
    report,
    review,
    topology,
    validate,
)
from etl.commands.common import BAD_INPUT, FAILED, FINE, Command, print_json
from geodata.errors import DriversError

COMMANDS: tuple[Command, ...] = (
    recognise,
    new_package,
    add_source,
    add_indicator,
    build,
    validate,
    report,
    diff,
    make_training,
    fetch,
    crosswalk,
    topology,
    boundaries,
    points,
    protect,
    review,
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; the documentation is tested against it."""
    parser = argparse.ArgumentParser(prog="python -m etl", description="From data packages to snapshots.")
    parser.add_argument(
        "--steps", action="store_true", help="write each step as a line to standard error, for programs that run this"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    return parser


class _Steps:
    """Shows the running step on stderr: a live line on a terminal, plain lines if asked for, nothing if quiet."""

    def __init__(self, quiet: bool, as_lines: bool) -> None:
        self._status: Any = None
        self._as_lines = as_lines
        if not quiet and not as_lines and sys.stderr.isatty():
            from rich.console import Console

            self._status = Console(stderr=True).status("start")
            self._status.start()

    def show(self, step: str) -> None:
        """Say which step runs."""
        if self._as_lines:
            print(step, file=sys.stderr, flush=True)
        elif self._status is not None:
            self._status.update(step)

    def stop(self) -> None:
        """Clear the line."""
        if self._status is not None:
            self._status.stop()


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
    runs = {command.NAME: command for command in COMMANDS}
    wants_json = getattr(options, "json", False)
    steps = _Steps(quiet=wants_json or getattr(options, "quiet", True), as_lines=options.steps)
    try:
        return runs[options.command].run(options, steps.show)
    except DriversError as error:
        steps.stop()
        problems = getattr(error, "problems", None)
        code = FAILED if problems is None else BAD_INPUT
        if wants_json:
            listed = [problem.to_json() | {"text": str(problem)} for problem in problems or ()]
            print_json({"ok": False, "error": str(error).splitlines()[0], "problems": listed})
        else:
            print(error, file=sys.stderr)
        return code
    finally:
        steps.stop()


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    try:
        sys.exit(main())
    except BrokenPipeError:  # whoever read the output has seen enough, such as `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FINE)
