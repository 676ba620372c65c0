"""The command `crosswalk`: make the rows of data/crosswalk.csv between two boundary sets."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from etl.commands.common import FINE, Progress, SubParsers, add_json, print_json

if TYPE_CHECKING:
    from etl.crosswalk_file import Wanted

NAME = "crosswalk"


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2022-08-01") from error


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="make the crosswalk between two boundary sets")
    command.add_argument("package", type=Path, help="folder with a datapackage.json")
    command.add_argument("from_set", metavar="from", help="boundary set that figures were published for")
    command.add_argument("to_set", metavar="to", help="boundary set that they are carried to")
    command.add_argument("--level", required=True, choices=("ADM0", "ADM1", "ADM2", "ADM3"), help="admin level")
    command.add_argument(
        "--method",
        required=True,
        choices=("exact_membership", "population", "area"),
        help="lists of members; people; equal-area polygons",
    )
    command.add_argument("--population", help="indicator of the package, or a CSV file (unit_id, population)")
    command.add_argument("--date", type=_day, help="day of the population, as 2022-08-01 (default: the latest)")
    command.add_argument("--min-share", type=float, default=0.001, help="smaller parts are rounding (default: 0.001)")
    command.add_argument(
        "--max-uncovered", type=float, default=0.01, help="land of a unit outside of the other set (default: 0.01)"
    )
    command.add_argument("--source-id", default="", help="source of the population or of the lists, for the rows")
    command.add_argument("--note", default="", help="remark for the rows")
    command.add_argument("--out", type=Path, help="CSV file whose rows between these sets are replaced")
    add_json(command)


def _wanted(options: argparse.Namespace) -> Wanted:
    from etl.crosswalk_file import Wanted

    return Wanted(
        options.from_set,
        options.to_set,
        options.level,
        options.method,
        options.population,
        options.date,
        options.min_share,
        options.max_uncovered,
        options.source_id,
        options.note,
    )


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.crosswalk_file import crosswalk_rows, make_shares, write_crosswalk
    from etl.pipeline import prepare

    prepared = prepare([options.package], progress, carry=False)
    progress("make the crosswalk")
    wanted = _wanted(options)
    shares = make_shares(prepared, wanted)
    rows = crosswalk_rows(shares, wanted)
    divided = sorted({row["from_unit"] for row in rows if sum(r["from_unit"] == row["from_unit"] for r in rows) > 1})
    if options.out is not None:
        write_crosswalk(options.out, rows, wanted)
    if options.json:
        print_json({"ok": True, "rows": rows, "divided": divided, "notes": shares.notes})
        return FINE
    for note in shares.notes:
        print(f"note: {note}")
    if options.out is None:
        print(",".join(rows[0]))
        for row in rows:
            print(",".join(row.values()))
    else:
        whole = len({row["from_unit"] for row in rows}) - len(divided)
        print(f"wrote {len(rows)} rows to {options.out}: {whole} units whole, {len(divided)} divided")
    return FINE
