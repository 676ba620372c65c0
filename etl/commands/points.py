"""The command `points`: sum up a list of points by unit and period, as a figures table."""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.commands.common import BAD_INPUT, FINE, Progress, SubParsers, add_json, print_json

if TYPE_CHECKING:
    import numpy as np

    from etl.points.locate import Question
    from etl.points.measure import Measure

NAME = "points"
_LEVELS = ("ADM0", "ADM1", "ADM2", "ADM3")
_PERIODS = ("year", "quarter", "month", "all")
_GROUPS = ("sex", "age", "series")
_DEFAULT_MIN_COUNT = 5
_SHOWN_UNITS = 5


def _day(text: str) -> np.datetime64:
    from etl.points.dates import read_date

    first, last = read_date(text)
    if first != last:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2022-06-08")
    return first


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)


def _group(text: str) -> tuple[str, str]:
    column, _, kind = text.rpartition("=")
    if not column or kind not in _GROUPS:
        raise argparse.ArgumentTypeError(f"{text!r} is not COL=sex, COL=age or COL=series")
    return kind, column


def _measure(text: str) -> Measure:
    from etl.points.measure import Measure

    try:
        return Measure.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _indicator(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,63}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not made of small letters, digits and _")
    return text


def _crs(text: str) -> str:
    if not re.fullmatch(r"EPSG:[0-9]{4,6}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no EPSG code such as EPSG:32642")
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        CRS.from_user_input(text)
    except CRSError as error:
        raise argparse.ArgumentTypeError(f"{text} is no reference system that is known") from error
    return text


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="sum up a list of points by unit and period, as a figures table")
    command.add_argument("file", nargs="+", type=Path, help="points: CSV, Parquet, GeoPackage, GeoJSON, Shapefile ...")
    command.add_argument("--package", nargs="+", required=True, type=Path, help="data packages with the boundaries")
    sets = command.add_mutually_exclusive_group(required=True)
    sets.add_argument("--set", action="append", default=[], metavar="SET", help="boundary set; one for each country")
    sets.add_argument("--by-date", action="store_true", help="the boundary sets that hold at the end of the period")
    command.add_argument("--level", required=True, choices=_LEVELS)
    command.add_argument("--lon", default="", metavar="COL", help="column of longitudes (or eastings)")
    command.add_argument("--lat", default="", metavar="COL", help="column of latitudes (or northings)")
    command.add_argument("--layer", default="", metavar="NAME", help="layer of a file with several")
    command.add_argument("--crs", type=_crs, metavar="EPSG:N", help="reference system of the coordinates")
    command.add_argument("--swap", action="store_true", help="take longitude for latitude")
    command.add_argument("--date", default="", metavar="COL", help="column of dates")
    command.add_argument("--period", choices=_PERIODS, help="default: year; all without dates")
    command.add_argument("--period-start", type=_day, metavar="DATE", help="first day; earlier points are listed")
    command.add_argument("--period-end", type=_day, metavar="DATE", help="last day; later points are listed")
    command.add_argument("--group", action="append", default=[], type=_group, metavar="COL=KIND",
                         help="split by a column: COL=sex, COL=age or COL=series")  # fmt: skip
    command.add_argument("--measure", default="count", type=_measure,
                         help="count (default), sum:COL, mean:COL or share:COL=VALUE (in percent)")  # fmt: skip
    command.add_argument("--weight", default="", metavar="COL", help="column of weights")
    command.add_argument("--min-count", default=_DEFAULT_MIN_COUNT, type=_count, metavar="K",
                         help=f"withhold values of fewer points (default: {_DEFAULT_MIN_COUNT}; 1: none)")  # fmt: skip
    command.add_argument("--complete", action="store_true", help="the list is complete: no point means zero")
    command.add_argument("--drop-duplicates", action="store_true", help="list rows that repeat an earlier one")
    command.add_argument("--indicator", required=True, type=_indicator, metavar="ID", help="series in the table")
    command.add_argument("--source", required=True, metavar="SOURCE_ID", help="key of data/sources.csv")
    command.add_argument("--out", required=True, type=Path, metavar="TABLE.csv", help="the table that is written")
    command.add_argument("--report", type=Path, metavar="FILE.json", help="also write the report there")
    command.add_argument("--scheduler", default="", metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786")
    add_json(command)


def _check_names(options: argparse.Namespace) -> None:
    """Refuse options that do not fit together, and columns on persons or belonging.

    Raises
    ------
    BadInputError
        Naming every option.
    """
    from etl.persons import names_persons
    from etl.problems import Problems, quoted

    problems = Problems()
    used = {
        "--group": [column for _, column in options.group],
        "--measure": [options.measure.column],
        "--weight": [options.weight],
        "--indicator": [options.indicator],
    }
    for option, names in used.items():
        for name in filter(names_persons, names):
            problems.add(
                "command line", None, option, found=quoted(name),
                expected="no data on persons, ethnicity, nationality or religion", remedy="Leave it out.",
            )  # fmt: skip
    if bool(options.lon) != bool(options.lat):
        problems.add(
            "command line", None, "--lon", found="one column", expected="--lon and --lat together",
            remedy="Name both columns.",
        )  # fmt: skip
    if len({kind for kind, _ in options.group}) < len(options.group):
        problems.add(
            "command line", None, "--group", found="one kind twice", expected="each kind once",
            remedy="Leave one out.",
        )  # fmt: skip
    problems.raise_if_any()


def _question(options: argparse.Namespace) -> Question:
    from dataclasses import replace

    from etl.points.dates import NO_DAY
    from etl.points.locate import Question

    return Question(
        divisions=(),
        measure=replace(options.measure, weight=options.weight),
        date=options.date,
        period=options.period or ("year" if options.date else "all"),
        first_day=NO_DAY if options.period_start is None else options.period_start,
        last_day=NO_DAY if options.period_end is None else options.period_end,
        groups=tuple(sorted(options.group)),
        crs=options.crs or "",
        is_swapped=options.swap,
    )


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code: 2 if not one point could be aggregated."""
    from etl.points.aggregate import Inputs, run_points
    from etl.points.figures import Wanted
    from etl.points.records import Fields

    start = time.perf_counter()
    _check_names(options)
    question = _question(options)
    columns = (question.date, *(column for _, column in question.groups), options.measure.column, options.weight)
    others = tuple(dict.fromkeys(filter(None, columns)))
    inputs = Inputs(tuple(options.file), Fields(options.lon, options.lat, others, options.layer))
    wanted = Wanted(options.indicator, options.source, options.min_count, options.complete)
    report = run_points(
        inputs, options.package, options.set, options.level, question, wanted, options.out,
        scheduler=options.scheduler, drop=options.drop_duplicates,
    )  # fmt: skip
    is_written = bool(report["figures"]["written"])
    content = {"ok": is_written, "table": str(options.out) if is_written else None}
    content |= {"seconds": round(time.perf_counter() - start, 2)} | report
    if options.report:
        options.report.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if options.json:
        print_json(content)
    else:
        print("\n".join(_lines(content)))
    return FINE if is_written else BAD_INPUT


def _lines(content: dict[str, Any]) -> list[str]:
    """Return the report as lines for people."""
    points, figures = content["points"], content["figures"]
    lines = [f"{points['in']:,} points: {points['aggregated']:,} aggregated, {points['listed']:,} listed"]
    for one in content["listed"]:
        rows = ", ".join(f"{file} row {row}" for file, found in one["rows"].items() for row in found[:3])
        lines.append(
            f"  {one['points']:,} {one['reason']}: {one['text']} ({rows}{', ...' if one['points'] > 3 else ''})"
        )
    for near in content["outside"]["nearest"][:_SHOWN_UNITS]:
        far = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in list(near.items())[3:] if count)
        lines.append(f"    outside, nearest to {near['unit_id'] or 'no unit'} {near['name']}: {far}".rstrip())
    if content["on_borders"]["points"]:
        lines.append(f"  {content['on_borders']['points']:,} on borders. {content['on_borders']['rule']}")
    twice = content["duplicates"]
    if twice["same_place_and_date"]:
        what = "listed" if twice["dropped"] else "counted all the same (--drop-duplicates lists them)"
        lines.append(
            f"  {twice['same_place_and_date']:,} at the place and date of an earlier point; "
            f"{twice['same_row']:,} of them are the same row, {what}"
        )
    lines += [f"  SUSPICIOUS: {one['text']}" for one in content["suspicions"]]
    units = content["units"]
    if units["without_polygon"]:
        lines.append(f"  units without a polygon, which get no points: {', '.join(units['without_polygon'])}")
    if content["table"] is None:
        return [*lines, "nothing was written: no point could be aggregated"]
    rest = f"{figures['withheld']:,} withheld, {figures['zero']:,} zero"
    told = f"wrote {content['table']}: {figures['written']:,} figures of {units['with_points']:,} units, {rest}"
    return [*lines, f"{told} ({content['seconds']:.1f} s)"]
