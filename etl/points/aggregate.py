"""From files of points to a figures table and a report: nothing of a single point but its row number is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from etl.points.dates import PERIODS
from etl.points.divisions import Divisions, read_divisions
from etl.points.duplicates import Duplicates, find_duplicates
from etl.points.engine import Engine, open_engine
from etl.points.figures import (
    Wanted,
    add_zeros,
    count_rows,
    is_figures_table,
    make_rows,
    merge_sums,
    write_figures,
)
from etl.points.locate import CODES, LISTED_ROWS, REASONS, Partial, Question, work_on
from etl.points.records import Chunk, Fields, plan_chunks
from etl.points.suspicions import describe_outside, propose_crs, seem_swapped
from etl.problems import Problems, quoted
from geodata.errors import EtlError

COMMAND_LINE = "command line"
BORDER_RULE = "A point on the border of several units counts in the one whose unit_id comes first."
_MAX_SAMPLE = 100_000


@dataclass(frozen=True)
class Aggregation:
    """The aggregated points.

    Attributes
    ----------
    table : pandas.DataFrame
        Rows of a figures table, all text.
    report : dict
        JSON-able: what became of every point.
    """

    table: pd.DataFrame
    report: dict[str, Any]


@dataclass(frozen=True)
class Inputs:
    """Where the points are, and in which columns.

    Attributes
    ----------
    paths : tuple of pathlib.Path
    fields : Fields
    """

    paths: tuple[Path, ...]
    fields: Fields


def _chunks(inputs: Inputs, problems: Problems) -> Iterator[Chunk]:
    return plan_chunks(inputs.paths, inputs.fields, problems)


def _drop_from(chunk: Chunk, question: Question, *, rows: dict[int, Any]) -> Partial:
    return work_on(chunk, question, rows[chunk.number])


def _work_through(inputs: Inputs, question: Question, engine: Engine, problems: Problems) -> list[Partial]:
    partials = list(engine.run(work_on, _chunks(inputs, problems), question))
    for part in partials:
        if part.fault:
            problems.add(
                part.file, None, "", found=part.fault, expected="rows as in the beginning of the file",
                remedy="Save the file anew (text as CSV UTF-8); on a cluster every worker must see it.",
            )  # fmt: skip
    problems.raise_if_any()
    return partials


def _without_duplicates(
    partials: list[Partial], found: Duplicates, inputs: Inputs, question: Question, engine: Engine
) -> list[Partial]:
    """Work again on the chunks that have rows to drop."""
    again = (chunk for chunk in _chunks(inputs, Problems()) if chunk.number in found.rows)
    anew = {part.number: part for part in engine.run(partial(_drop_from, rows=found.rows), again, question)}
    return [anew.get(part.number, part) for part in partials]


def _listed(partials: Sequence[Partial]) -> list[dict[str, Any]]:
    """Return each reason with its number of points and the first rows."""
    counts = np.sum([part.counts for part in partials], axis=0)
    result = []
    for reason, text in REASONS.items():
        rows: dict[str, list[int]] = {}
        left = LISTED_ROWS
        for part in partials:
            first = part.listed.get(reason, np.empty(0, dtype="int64"))[:left].tolist()
            if first:
                rows.setdefault(part.file, []).extend(first)
                left -= len(first)
        points = int(counts[CODES[reason]])
        if points:
            shown = LISTED_ROWS - left
            result.append({"reason": reason, "text": text, "points": points, "rows": rows, "more": points - shown})
    return result


def _outside(partials: Sequence[Partial], divisions: Divisions) -> dict[str, Any]:
    points = np.concatenate([part.outside for part in partials])[:_MAX_SAMPLE]
    division = np.concatenate([part.outside_division for part in partials])[:_MAX_SAMPLE]
    return {"examined": len(points), "nearest": describe_outside(points, division, divisions)}


def _suspicions(partials: Sequence[Partial], divisions: Divisions, question: Question) -> list[dict[str, Any]]:
    counts = np.sum([part.counts for part in partials], axis=0)
    strange = np.concatenate([part.strange for part in partials])
    polygons = np.concatenate([one.polygons for one in divisions.divisions])
    found: list[dict[str, Any]] = []
    beyond, outside = int(counts[CODES["out_of_range"]]), int(counts[CODES["outside"]])
    swapped = sum(part.swapped for part in partials)
    if seem_swapped(swapped, beyond + outside):
        remedy = "Leave --swap out." if question.is_swapped else "Look at some rows; if it is so, add --swap."
        found.append(
            {
                "kind": "swapped",
                "points": swapped,
                "of": beyond + outside,
                "text": f"{swapped:,} of {beyond + outside:,} points outside of all units would lie in one with "
                f"longitude and latitude swapped. {remedy} Nothing was swapped because of this.",
            }
        )
    for one in propose_crs(strange, polygons):
        swap = " --swap" if one["swapped"] else ""
        found.append(
            {
                "kind": "crs",
                **one,
                "text": f"{beyond:,} points are beyond ±180 and ±90 degrees, as metres are; of the first {one['of']:,} "
                f"{one['points']:,} would lie in a unit as {one['crs']} ({one['name']}). Ask the source; if it is so, "
                f"add --crs {one['crs']}{swap}. Nothing was converted because of this.",
            }
        )
    return found


def _days(partials: Sequence[Partial], question: Question) -> tuple[Any, Any]:
    """Return first and last day of the period ``all``: as asked for, otherwise those of the points."""
    firsts = np.array([part.first_day for part in partials], dtype="datetime64[D]")
    lasts = np.array([part.last_day for part in partials], dtype="datetime64[D]")
    known = firsts[~np.isnat(firsts)]
    first = question.first_day if not np.isnat(question.first_day) or not len(known) else known.min()
    last = question.last_day if not np.isnat(question.last_day) or not len(known) else lasts[~np.isnat(lasts)].max()
    return first, last


def _check_question(question: Question, problems: Problems) -> None:
    def wrong(column: str, found: str, expected: str, remedy: str) -> None:
        problems.add(COMMAND_LINE, None, column, found=found, expected=expected, remedy=remedy)

    if question.period not in PERIODS:
        wrong("--period", quoted(question.period), f"one of {', '.join(PERIODS)}", "Correct it.")
    if not question.date and question.period != "all":
        wrong("--date", "no column", "the column of the dates", "Name it, or leave --period out.")
    has_both = not (np.isnat(question.first_day) or np.isnat(question.last_day))
    if not question.date and not has_both:
        wrong(
            "--period-start", "no dates", "--date, or --period-start and --period-end",
            "Say of which time the points are.",
        )  # fmt: skip
    if question.first_day > question.last_day:
        wrong("--period-end", str(question.last_day), "a day not before --period-start", "Correct one of them.")
    if question.period == "all" and len(question.divisions) > 1 and np.isnat(question.last_day):
        wrong("--period-end", "none", "the day whose boundary sets hold", "Add it, or name the set by --set.")


def _check_counts(partials: Sequence[Partial], sums: pd.DataFrame) -> tuple[int, int, int]:
    """Return points in, aggregated and listed.

    Raises
    ------
    EtlError
        If a point got lost.
    """
    points = sum(part.points for part in partials)
    aggregated = int(sums["n"].sum())
    listed = int(np.sum([part.counts for part in partials], axis=0)[1:].sum())
    if points != aggregated + listed:
        raise EtlError(
            f"{points} points in are not {aggregated} aggregated and {listed} listed: a fault of the program"
        )
    return points, aggregated, listed


def make_question(asked: Question, divisions: Divisions) -> Question:
    """Return a question about the units of some divisions; a list without a date has the period ``all``."""
    if not shapely.is_valid(np.concatenate([one.polygons for one in divisions.divisions])).all():
        raise EtlError("a polygon of the boundary sets is not valid")
    return replace(asked, divisions=divisions.divisions)


def aggregate_points(
    inputs: Inputs, divisions: Divisions, question: Question, wanted: Wanted, engine: Engine, *, drop: bool = False
) -> Aggregation:
    """Sort points into units and periods and sum them up.

    Parameters
    ----------
    inputs : Inputs
    divisions : Divisions
    question : Question
        Its `divisions` are set here.
    wanted : Wanted
    engine : Engine
    drop : bool, default False
        List rows that repeat an earlier row instead of counting them again.

    Returns
    -------
    Aggregation

    Raises
    ------
    BadInputError
        If a file cannot be read, or the question cannot be answered.
    """
    problems = Problems()
    question = make_question(question, divisions)
    _check_question(question, problems)
    problems.raise_if_any()
    partials = _work_through(inputs, question, engine, problems)
    if not partials:
        for path in inputs.paths:
            problems.add(path.name, None, "", found="no rows", expected="points", remedy="Give a file with points.")
        problems.raise_if_any()
    found = find_duplicates(partials, _chunks(inputs, Problems()), question, engine)
    if drop and found.rows:
        partials = _without_duplicates(partials, found, inputs, question, engine)
    sums = merge_sums([part.sums for part in partials])
    points, aggregated, listed = _check_counts(partials, sums)
    filled = add_zeros(sums, divisions, question) if wanted.is_complete and question.measure.has_zero else sums
    table = make_rows(filled, divisions, question, wanted, _days(partials, question))
    first_rows = [
        {"file": part.file, "row": int(row)} for part in partials for row in found.rows.get(part.number, ())[:10]
    ][:10]
    with_points = int(sums["unit"].nunique())
    report = {
        "points": {"in": points, "aggregated": aggregated, "listed": listed},
        "listed": _listed(partials),
        "outside": _outside(partials, divisions),
        "on_borders": {"points": sum(part.on_borders for part in partials), "rule": BORDER_RULE},
        "duplicates": {
            "same_place_and_date": found.same_place,
            "same_row": found.same_row,
            "dropped": drop,
            "first_rows": first_rows,
        },
        "suspicions": _suspicions(partials, divisions, question),
        "units": {
            "known": len(divisions.units),
            "with_points": with_points,
            "without_points": len(divisions.units) - with_points,
            "without_polygon": list(divisions.without_polygon),
        },
        "figures": dict(count_rows(table)),
    }
    return Aggregation(table, report)


def run_points(
    inputs: Inputs,
    roots: Sequence[Path],
    sets: Sequence[str],
    level: str,
    question: Question,
    wanted: Wanted,
    out: Path,
    *,
    scheduler: str = "",
    drop: bool = False,
) -> dict[str, Any]:
    """Aggregate points into the units of data packages and write the figures table.

    Parameters
    ----------
    inputs : Inputs
    roots : sequence of pathlib.Path
        Data packages.
    sets : sequence of str
        Boundary sets; if empty, those of the date.
    level : str
    question : Question
    wanted : Wanted
    out : pathlib.Path
        The table; a file that is no figures table is not written over.
    scheduler : str
        Address of a Dask scheduler; empty for this process.
    drop : bool, default False
        As for `aggregate_points`.

    Returns
    -------
    dict
        The report.

    Raises
    ------
    BadInputError
        If a package, a file or the question has problems.
    ClusterError
        If the cluster cannot be used.
    """
    problems = Problems()
    if not is_figures_table(out) or out.resolve() in {path.resolve() for path in inputs.paths}:
        problems.add(
            COMMAND_LINE, None, "--out", found=f"{out.name}, which is another file already",
            expected="a new file, or a figures table", remedy="Choose another name.",
        )  # fmt: skip
    divisions = read_divisions(roots, sets, level, problems)
    if wanted.source_id not in divisions.sources:
        problems.add(
            COMMAND_LINE, None, "--source", found=quoted(wanted.source_id),
            expected="a source_id of data/sources.csv", remedy="Add the source to data/sources.csv.",
        )  # fmt: skip
    problems.raise_if_any()
    with open_engine(scheduler) as engine:
        result = aggregate_points(inputs, divisions, question, wanted, engine, drop=drop)
    if len(result.table):
        write_figures(result.table, out)
    return result.report
