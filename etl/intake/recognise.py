"""Says what a table is: where it stands, what its columns hold, how its numbers are written, what is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from etl.cells import find_decimal, read_numbers
from etl.formats import RawTable
from etl.intake.columns import find_columns
from etl.intake.layout import Layout, find_layout, is_number
from etl.intake.periods import Period, read_periods
from etl.intake.places import NAME, PlaceFit, PlaceIndex
from etl.intake.spec import IntakeSpec, Role
from etl.intake.words import code_system_of_header, level_of_header, plain, read_age, read_sex, role_of_header
from etl.persons import EXPECTED, REMEDIES, Refusal, scan_columns
from etl.problems import Problems
from layers.catalog import MOST_CATEGORIES, count_words

PREVIEW_ROWS, PREVIEW_CELL = 30, 200
_SAMPLED = 5_000
_EXAMPLES, _ALL_EXAMPLES = 5, 24  # all distinct values where there are few: they may name indicators
_MOSTLY, _OFTEN, _SOME = 0.8, 0.5, 0.3
_LONGEST_NAME = 60  # of a category
_YEAR_IN_NAME = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_HAS_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Candidate:
    """A role that a column may have, and why."""

    role: Role
    why: str
    share: float


@dataclass
class ColumnFacts:
    """What is known of one column.

    Attributes
    ----------
    position : int
    label, name : str
    kind : str
        ``empty``, ``number``, ``period`` or ``text``.
    filled, distinct : int
    examples : list of str
    counts : dict of str to int
        How often each text stands in it, where these can be names of categories: at most nine, short, no numbers.
    header_period : Period or None
        That its header says.
    period_text : str
        The part of the header that says it.
    numbers : dict
        Share that can be read, decimal mark, units, lowest and highest value.
    places : list of PlaceFit
    candidates : list of Candidate
        The likeliest first.
    role : str
        The one that is proposed; empty if none is.
    refused : Refusal or None
    """

    position: int
    label: str
    name: str
    kind: str = "empty"
    filled: int = 0
    distinct: int = 0
    examples: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    header_period: Period | None = None
    period_text: str = ""
    numbers: dict[str, Any] = field(default_factory=dict)
    places: list[PlaceFit] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    role: str = ""
    refused: Refusal | None = None


@dataclass
class Recognised:
    """What is known of one table."""

    table: RawTable
    layout: Layout
    columns: list[ColumnFacts]
    by_itself: str
    refused: list[Refusal]
    year_hint: str = ""


def _period_texts(name: str) -> list[str]:
    """Return the parts of a header that may say a period, the whole first."""
    parts = name.split(" | ")
    tokens = [name, *reversed(parts)]
    tokens += [match[0] for match in _YEAR_IN_NAME.finditer(name) if len(_YEAR_IN_NAME.findall(name)) == 1]
    return list(dict.fromkeys(tokens))


def _read_header_periods(columns: Sequence[ColumnFacts]) -> None:
    known = read_periods(text for column in columns for text in _period_texts(column.name))
    for column in columns:
        for text in _period_texts(column.name):
            if known[text] is not None:
                column.header_period, column.period_text = known[text], text
                break


def _share(texts: Sequence[str], fits: Any) -> float:
    return sum(1 for text in texts if fits(text)) / len(texts) if texts else 0.0


def _numbers_of(texts: list[str], is_written: bool) -> dict[str, Any]:
    decimal = find_decimal(dict.fromkeys(texts)).mark
    read = read_numbers(pd.Series(texts, dtype="str"), decimal=decimal or (None if is_written else "."))
    good = read["error"] == ""
    values = read["value"].dropna()
    missing = [text for text, empty in zip(texts, read["status"] == "M", strict=True) if empty]
    return {
        "readable": round(float(good.mean()), 3) if len(read) else 0.0,
        "decimal": decimal or "",
        "units": sorted({unit for unit in read["unit"] if unit}),
        "lowest": None if values.empty else float(values.min()),
        "highest": None if values.empty else float(values.max()),
        "bounds": int((read["qualifier"].isin(["at_least", "up_to"])).sum()),
        "marks_for_missing": sorted(set(missing))[:_EXAMPLES],
        "unreadable": list(dict.fromkeys(t for t, fine in zip(texts, good, strict=True) if not fine))[:_EXAMPLES],
    }


def _count_names(texts: pd.Series[Any]) -> dict[str, int]:
    """Return how often each text stands in a column, the most frequent first, if they can be names of categories.

    Texts that differ in case and blanks only are one name; marks for missing are none. Empty if there are too many
    names, or one that is long or a number.
    """
    counts = texts[texts != ""].value_counts()
    if len(counts) > _ALL_EXAMPLES:
        return {}
    is_mark = read_numbers(pd.Series(counts.index, dtype="str"))["status"].to_numpy() == "M"
    found = count_words([{str(text): int(count) for text, count in counts[~is_mark].items()}])
    if len(found) > MOST_CATEGORIES or any(len(name) > _LONGEST_NAME or is_number(name) for name in found):
        return {}
    return found


def _fill_facts(column: ColumnFacts, cells: pd.Series[Any], index: PlaceIndex, table: RawTable) -> None:
    texts = [text for text in cells.astype("str").str.strip().head(_SAMPLED) if text]
    column.filled = int((cells.astype("str").str.strip() != "").sum())
    distinct = list(dict.fromkeys(texts))
    column.distinct = len(distinct)
    shown = _ALL_EXAMPLES if len(distinct) <= _ALL_EXAMPLES else _EXAMPLES
    column.examples = [text[:PREVIEW_CELL] for text in distinct[:shown]]
    if not texts:
        return
    counts = _count_names(cells.astype("str").str.strip())
    numeric = 0.0 if counts else _share(distinct, is_number)
    periods = read_periods(distinct)
    is_period = _share(distinct, lambda text: periods[text] is not None) >= _MOSTLY
    column.kind = "period" if is_period else "number" if numeric >= _OFTEN else "text"
    column.counts = counts if column.kind == "text" else {}
    if numeric >= _OFTEN:
        column.numbers = _numbers_of(texts, table.format == "csv")
    header_role = role_of_header(column.name.split(" | ")[-1]) or role_of_header(column.name)
    header_role = None if column.header_period is not None else header_role
    add = column.candidates.append
    _add_place_candidates(column, index.fits(texts), texts, header_role)
    if is_period and (column.kind != "number"):
        years = _share(distinct, lambda text: periods[text] is not None and periods[text].kind == "year")  # type: ignore[union-attr]
        if header_role in ("year", "period", "period_start", "period_end"):
            add(Candidate(header_role, "header and values", 1.0))
        elif years < 1 or not column.numbers:
            add(Candidate("period", "values", _share(distinct, lambda text: periods[text] is not None)))
    with_year = read_periods(distinct, "2000")
    if not is_period and numeric < _OFTEN and _share(distinct, lambda text: with_year[text] is not None) >= _MOSTLY:
        kinds = {with_year[text].kind for text in distinct if with_year[text] is not None}  # type: ignore[union-attr]
        add(Candidate("quarter" if kinds == {"quarter"} else "month", "values", 1.0))
    if column.kind == "text" and _share(distinct, read_sex) >= _MOSTLY:
        add(Candidate("sex", "values", 1.0))
    if header_role == "age" and _share(distinct, read_age) >= _OFTEN:
        add(Candidate("age", "header and values", _share(distinct, read_age)))
    told = {candidate.role for candidate in column.candidates}
    if header_role and header_role not in told and header_role not in ("place_code", "place_name"):
        add(Candidate(header_role, "header", 0.5))
    if column.kind == "number" and column.numbers.get("readable", 0) >= _OFTEN and not told:
        add(Candidate("value", "values", column.numbers["readable"]))


def _add_place_candidates(
    column: ColumnFacts, fits: list[PlaceFit], texts: Sequence[str], header_role: Role | None
) -> None:
    column.places = [fit for fit in fits if fit.share >= (0.05 if fit.system == NAME else _SOME)][:8]
    add = column.candidates.append
    codes = [fit for fit in fits if fit.system != NAME and fit.share >= _OFTEN]
    names = [fit for fit in fits if fit.system == NAME and fit.share >= _SOME]
    has_letters = _share(texts, _HAS_LETTER.search) >= _MOSTLY
    is_measure = header_role in ("value", "low", "high", "n", "year", "quarter", "month", "sex", "age")
    is_dated = column.header_period is not None
    seem = not is_dated and codes and codes[0].share >= _MOSTLY and _may_be_short_codes(texts)
    if codes and not is_measure and (has_letters or header_role == "place_code" or seem):
        add(Candidate("place_code", "values", codes[0].share))
    elif header_role == "place_code":
        add(Candidate("place_code", "header", codes[0].share if codes else 0.4))
    elif not is_measure and not is_dated and _look_like_codes(texts):
        add(Candidate("place_code", "shape", 0.3))
    if names and has_letters:
        add(Candidate("place_name", "values", names[0].share))
    elif header_role == "place_name" and has_letters:
        add(Candidate("place_name", "header", names[0].share if names else 0.4))


def _may_be_short_codes(texts: Sequence[str]) -> bool:
    """Tell whether numbers may be codes though no header says so: two digits, or 1000 in each row, are figures."""
    distinct = set(texts)
    lengths = {len(text) for text in distinct}
    return len(distinct) >= 3 and len(lengths) == 1 and lengths.pop() >= 4


def _look_like_codes(texts: Sequence[str]) -> bool:
    """Tell whether texts are long numbers of one length, each of them once, as codes of places are."""
    lengths = {len(text) for text in texts}
    return (
        len(texts) >= 5
        and len(lengths) == 1
        and lengths.pop() >= 7
        and len(set(texts)) == len(texts)
        and all(text.isdecimal() for text in texts)
    )


def _rank_level(column: ColumnFacts) -> str:
    fit = next(iter(column.places), None)
    return fit.level if fit is not None and fit.share >= _SOME else level_of_header(column.name) or ""


def _choose_roles(columns: list[ColumnFacts], by_itself: dict[Role, int]) -> None:
    """Give each role to one column: what the table says itself first, then the likeliest."""
    for role, position in by_itself.items():
        columns[position].role = role
    if by_itself:
        return
    for role in ("place_name", "place_code"):
        fitting = [c for c in columns if not c.role and any(candidate.role == role for candidate in c.candidates)]
        ranked = sorted(
            fitting,
            key=lambda c: (
                -ord(_rank_level(c)[-1:] or "0"),
                -next(x.share for x in c.candidates if x.role == role),
                c.position,
            ),
        )
        if not ranked:
            continue
        ranked[0].role = role
        above = [c for c in ranked[1:] if _rank_level(c) and _rank_level(c) < _rank_level(ranked[0])]
        if above and _rank_level(above[0]) != "ADM0":
            above[0].role = role.replace("place", "parent")
    for column in columns:
        for candidate in column.candidates:
            taken = {other.role for other in columns}
            blocked = candidate.role in ("value", "place_name", "place_code")
            if not column.role and not blocked and candidate.role not in taken:
                column.role = candidate.role
                break
    if any(c.role == "period_start" for c in columns) != any(c.role == "period_end" for c in columns):
        for column in columns:
            if column.role in ("period_start", "period_end"):
                column.role = "period"


def recognise_table(table: RawTable, index: PlaceIndex, layout: Layout | None = None) -> Recognised:
    """Say what is known of a table.

    Parameters
    ----------
    table : RawTable
    index : PlaceIndex
        Known units.
    layout : Layout, optional
        Found out if not given.

    Returns
    -------
    Recognised
    """
    layout = layout if layout is not None else find_layout(table)
    found = find_columns(table, layout, IntakeSpec(file="raw/table"), "", Problems())
    columns = [ColumnFacts(at, label, found.names[at]) for at, label in enumerate(table.labels)]
    cells = table.cells.iloc[layout.first : layout.last + 1]
    _read_header_periods(columns)
    for column in columns:
        _fill_facts(column, cells[column.position], index, table)
    _choose_roles(columns, found.roles)
    refused = scan_columns(cells, found.names)
    by_name = {refusal.column: refusal for refusal in refused}
    for column in columns:
        column.refused = by_name.get(column.name)
    years = _YEAR_IN_NAME.findall(table.file.rpartition("/")[2])
    return Recognised(table, layout, columns, found.by_itself, refused, years[0] if len(set(years)) == 1 else "")


def _period_json(period: Period | None) -> dict[str, str] | None:
    if period is None:
        return None
    return {"start": period.start.isoformat(), "end": period.end.isoformat(), "kind": period.kind}


def _column_json(column: ColumnFacts) -> dict[str, Any]:
    return {
        "label": column.label,
        "name": column.name,
        "kind": column.kind,
        "filled": column.filled,
        "distinct": column.distinct,
        "examples": column.examples,
        "counts": column.counts,
        "role": column.role or None,
        "candidates": [{**asdict(candidate), "share": round(candidate.share, 3)} for candidate in column.candidates],
        "header_period": _period_json(column.header_period),
        "numbers": column.numbers or None,
        "places": [{**asdict(fit), "share": round(fit.share, 3)} for fit in column.places],
        "code_system": code_system_of_header(column.name),
        "level": level_of_header(column.name),
        "refused": column.refused is not None,
    }


def refusal_json(refusal: Refusal) -> dict[str, str]:
    """Return a refusal with what to do about it."""
    return {**asdict(refusal), "expected": EXPECTED[refusal.kind], "remedy": REMEDIES[refusal.kind]}


def _row_number(table: RawTable, position: int | None) -> int | None:
    return None if position is None else int(table.rows[position])


def _periods_json(recognised: Recognised) -> dict[str, Any]:
    """Return where periods stand, the first and the last day, and their kinds."""
    headers = [c.header_period for c in recognised.columns if c.header_period is not None]
    if headers:
        periods, where = headers, "header"
    else:
        column = next((c for c in recognised.columns if c.role in ("period", "year")), None)
        if column is None:
            return {"where": None, "first": None, "last": None, "kinds": [], "year_in_file_name": recognised.year_hint}
        layout = recognised.layout
        texts = recognised.table.cells.iloc[layout.first : layout.last + 1, column.position].astype("str").unique()
        periods = [period for period in read_periods(texts).values() if period is not None]
        where = column.label
    return {
        "where": where,
        "first": min((p.start for p in periods), default=None) and min(p.start for p in periods).isoformat(),
        "last": max((p.end for p in periods), default=None) and max(p.end for p in periods).isoformat(),
        "kinds": sorted({period.kind for period in periods}),
        "year_in_file_name": recognised.year_hint,
    }


def to_json(recognised: Recognised) -> dict[str, Any]:
    """Return all that is known of a table, with a preview that shows nothing of a refused column."""
    table, layout = recognised.table, recognised.layout
    hidden = {column.position for column in recognised.columns if column.refused is not None}
    preview = []
    for position in range(min(PREVIEW_ROWS, len(table.cells))):
        cells = [
            "" if at in hidden and position >= layout.first else str(cell)[:PREVIEW_CELL]
            for at, cell in enumerate(table.cells.iloc[position])
        ]
        preview.append({"row": int(table.rows[position]), "cells": cells})
    columns = [_column_json(column) for column in recognised.columns]
    for column in columns:
        if column["refused"]:
            column["examples"], column["counts"] = [], {}
            column["numbers"] = None
    units_row = layout.units
    return {
        "part": table.part,
        "format": table.format,
        "notes": list(table.notes),
        "rows": len(table.cells),
        "header_rows": [int(table.rows[at]) for at in layout.header],
        "tags_row": _row_number(table, layout.tags),
        "units_row": _row_number(table, units_row),
        "numbering_row": _row_number(table, layout.numbering),
        "first_row": _row_number(table, layout.first) if layout.first < len(table.rows) else None,
        "last_row": _row_number(table, layout.last) if layout.last >= layout.first else None,
        "by_itself": recognised.by_itself or None,
        "columns": columns,
        "periods": _periods_json(recognised),
        "units": sorted({plain(str(c)) for c in table.cells.iloc[units_row] if c} if units_row is not None else []),
        "refused": [refusal_json(refusal) for refusal in recognised.refused],
        "preview": {"labels": list(table.labels), "rows": preview},
    }
