"""The command `new-package`: make a data package that adds to others."""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path

from etl.commands.common import FINE, Progress, SubParsers, add_json, print_json

NAME = "new-package"
SOURCE_OPTIONS = (
    ("--source-id", "source_id", "id of the source, such as kaz_bns_2024", True),
    ("--source-title", "title", "its title", True),
    ("--publisher", "publisher", "who published it", True),
    ("--licence", "licence", "an id of etl/licences.yml; facts-cited for single figures quoted as facts", True),
    ("--url", "url", "where it is", False),
    ("--terms", "terms", "the words of the source on its use", False),
    ("--date-accessed", "date_accessed", "the day it was received (default: today)", False),
    ("--caveat-en", "caveat_en", "what a reader must know, in English", False),
    ("--caveat-ru", "caveat_ru", "the same in Russian", False),
)


def add_source_options(command: argparse.ArgumentParser) -> None:
    """Add the options that describe a source."""
    for option, column, words, is_required in SOURCE_OPTIONS:
        command.add_argument(option, dest=f"source_{column}", required=is_required, default="", help=words)


def source_of(options: argparse.Namespace) -> dict[str, str]:
    """Return the row of data/sources.csv that the options give."""
    source = {column: str(getattr(options, f"source_{column}")) for _, column, _, _ in SOURCE_OPTIONS}
    return source | {
        "date_accessed": source["date_accessed"] or datetime.datetime.now().astimezone().date().isoformat()
    }


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="make a data package that adds to others")
    command.add_argument("folder", type=Path, help="folder of the package: empty, or not there yet")
    command.add_argument("--name", help="name of the package (default: that of the folder)")
    command.add_argument("--title", required=True, help="title of the package")
    command.add_argument("--base", action="append", default=[], type=Path, help="package that it adds to; repeatable")
    add_source_options(command)
    add_json(command)


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.intake.scaffold import write_package
    from etl.problems import Problems

    problems = Problems()
    name = options.name or options.folder.name
    base = [folder.resolve().name for folder in options.base]
    for folder in options.base:
        if not (folder / "datapackage.json").is_file():
            problems.add(
                "--base", None, "", found=f"{folder}, which holds no datapackage.json", expected="a data package",
                remedy="Give the folder of the package that this one adds to.",
            )  # fmt: skip
    problems.raise_if_any()
    write_package(options.folder, name, options.title, source_of(options), base, problems)
    problems.raise_if_any()
    if options.json:
        print_json({"ok": True, "package": str(options.folder), "name": name})
    else:
        print(
            f"made {options.folder}: put files into it with `python -m etl recognise FILE --package {options.folder}`"
        )
    return FINE
