"""The command `recognise`: say what files hold and how they would be read; put them into a data package."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from etl.commands.common import BAD_INPUT, FINE, Progress, SubParsers, add_json, print_json

NAME = "recognise"
_PLACES = ("place_", "parent_")
_LISTED = 5  # shown of what the mapping would list


def _constant(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not key or not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="say what files hold, and propose how they are read")
    command.add_argument("file", nargs="+", type=Path, help="files as received")
    command.add_argument("--base", action="append", default=[], type=Path, help="package with the units; repeatable")
    command.add_argument("--format", help="format of the files (default: found out)")
    command.add_argument("--part", help="sheet, layer or resource (default: all)")
    command.add_argument(
        "--set", action="append", default=[], type=_constant, metavar="KEY=VALUE", help="a constant, such as iso3=KAZ"
    )
    command.add_argument("--mapping", type=Path, help="try this mapping instead of the proposed one")
    command.add_argument("--name", help="name of the mapping (default: made of file and part); for one table")
    command.add_argument("--package", type=Path, help="data package that the files belong to")
    command.add_argument("--write", action="store_true", help="copy the files to raw/, write intake/NAME.yml")
    command.add_argument("--replace", action="store_true", help="with --write: write over what is there")
    add_json(command)


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.intake.session import recognise_files

    if options.write and options.package is None:
        result: dict[str, Any] = {"ok": False, "error": "--write needs --package", "problems": []}
    else:
        result = recognise_files(
            options.file,
            options.base,
            format=options.format,
            part=options.part,
            given=dict(options.set),
            mapping=options.mapping,
            name=options.name,
            package=options.package,
            write=options.write,
            replace=options.replace,
            progress=progress,
        )
    if options.json:
        print_json(result)
    else:
        _print(result)
    return FINE if result["ok"] else BAD_INPUT


def _print(result: dict[str, Any]) -> None:
    for file in result.get("files", ()):
        for table in file["tables"]:
            _print_table(file, table)
        for path in file["written"]:
            print(f"wrote {path}")
    for problem in result["problems"]:
        print(problem["text"])
    if result.get("error"):
        print(result["error"])


def _print_table(file: dict[str, Any], table: dict[str, Any]) -> None:
    from etl.intake.propose import to_yaml

    part = f", part {table['part']}" if table["part"] else ""
    print(f"{file['file']}{part}: {table['format']}, {table['rows']:,} rows, {len(table['columns'])} columns")
    for note in table["notes"]:
        print(f"  {note}")
    has_figures = table["first_row"] is not None and table["last_row"] is not None
    figures = f"figures in rows {table['first_row']} to {table['last_row']}" if has_figures else "no row of figures"
    print(f"  header rows {table['header_rows']}, {figures}")
    for column in table["columns"]:
        if column["role"] or column["refused"]:
            fit = column["places"][0] if column["places"] and (column["role"] or "").startswith(_PLACES) else None
            words = f" ({fit['share']:.0%} are {fit['iso3']} {fit['level']} by {fit['system']})" if fit else ""
            print(f"  {column['label']} {column['name']}: {column['role'] or 'refused'}{words}")
    periods = table["periods"]
    if periods["where"]:
        kinds = ", ".join(periods["kinds"])
        print(f"  periods ({periods['where']}): {periods['first']} to {periods['last']}, {kinds}")
    if table["yaml"]:
        print(f"\n{table['yaml']}")
    for one in table["indicators"]:
        print(f"  {one['indicator'] or 'the indicator'} holds categories; for its file in catalog/indicators/:\n")
        print(to_yaml({key: value for key, value in one.items() if key != "indicator"}))
    if table["open"]:
        print(f"  still to say: {', '.join(table['open'])} (in the mapping, or with --set)")
    trial = table["trial"]
    if trial:
        print(f"  would give {trial['figures']:,} figures ({trial['missing']:,} missing) and list {trial['listed']:,}")
        for item in trial["first_listed"][:_LISTED]:
            print(f"    row {item['row']}{', ' if item['cell'] else ''}{item['cell']}: {item['reason_en']}")
