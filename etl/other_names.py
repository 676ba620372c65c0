"""Other names of units, for the search of the app: former and short ones, and what reviewers accepted as aliases."""

from __future__ import annotations

import unicodedata
from typing import Any

import pandas as pd

from etl.package import FILE
from etl.problems import Problems
from etl.reports import Report
from etl.rows import named_rows
from geodata.contracts import LEVELS, NAME_RELATIONS
from geodata.names import parse_name

NAMES_VERSION = 1
SPELLING = "spelling"
"""Relation of a published alias: how some source writes the unit's name."""
_YEAR = r"1[0-9]{3}|2[01][0-9]{2}"
_LONGEST = 60
_MOST_WORDS = 6
_JOINTS = frozenset(" .-'’‘ʻʼ`\u200c")


def is_plain_name(text: str) -> bool:
    """Tell whether a text is a name and nothing else: letters, few words, no numbers, brackets or remarks.

    An alias is written as some table wrote it; what may be a remark, a list or a line of somebody's notes is not
    published.
    """
    known = (letter.isalpha() or letter in _JOINTS or unicodedata.category(letter) == "Mn" for letter in text)
    return 0 < len(text) <= _LONGEST and len(text.split()) <= _MOST_WORDS and all(known)


def check_other_names(df: pd.DataFrame, units: pd.DataFrame, sources: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    """Check the table of other names: known units and sources, plain names, years in their order.

    Parameters
    ----------
    df : pandas.DataFrame
        data/other_names.csv as read.
    units, sources : pandas.DataFrame
        Checked.
    problems : Problems

    Returns
    -------
    pandas.DataFrame
        As it came.
    """
    report = Report(df, problems)
    report.required("iso3", "level", "unit_id", "name_en", "name_ru", "relation", "decided_by", "decided_on")
    report.one_of("level", LEVELS)
    report.one_of("relation", NAME_RELATIONS)
    if not problems.has_any(*sources[FILE].unique()):
        report.one_of("source_id", sorted(sources["source_id"]), "Add the source to data/sources.csv.")
    if not problems.has_any(*units[FILE].unique()):
        report.known_units(units, "Correct the unit, its level or its country.")
    for column in ("name_en", "name_ru", "name_local"):
        remark = pd.Series([text != "" and not is_plain_name(text) for text in df[column]], index=df.index)
        report.rows(remark, column, "a name in letters, without numbers or brackets", "Write the name alone.")
    for column in ("first_year", "last_year"):
        report.pattern(column, _YEAR, "a year such as 1992, or an empty cell")
    backwards = (df["first_year"] != "") & (df["last_year"] != "") & (df["first_year"] > df["last_year"])
    report.rows(backwards, "last_year", "a year not before first_year", "Correct one of the years.")
    report.rows(
        (df["last_year"] != "") & ~df["relation"].isin(["former", "part"]),
        "last_year",
        "an empty cell: only names of former times, and parts that were units, have a last year",
        "Empty the cell, or correct the relation.",
    )
    report.key("iso3", "unit_id", "name_en")
    return df


def other_names_json(
    others: pd.DataFrame, aliases: pd.DataFrame, ambiguous: pd.DataFrame, units: pd.DataFrame
) -> dict[str, Any] | None:
    """Return the other names that are published, in the order of their units; None if a package has none.

    Rows of data/other_names.csv, and those of data/aliases.csv that a person decided on for every source, if they are
    plain names, not ambiguous, and tell more than the unit's own names do.

    Parameters
    ----------
    others, aliases, ambiguous, units : pandas.DataFrame
        Checked reference tables (`etl.reference.Reference`).

    Returns
    -------
    dict or None
        ``schema`` and ``names``: each with ``unit_id``, ``relation``, its spellings (``name_en``, ``name_ru``,
        ``name_local``; of an alias ``name`` alone), and ``first_year``, ``last_year`` where they are known.
    """
    told: dict[str, set[str]] = {}  # names without the word for the kind of unit: the search does not need that
    for unit in named_rows(units):
        own = (unit.name_en, unit.name_ru, unit.name_local)
        told.setdefault(unit.unit_id, set()).update(parse_name(text).core for text in own if text)
    names: list[dict[str, Any]] = []
    for row in named_rows(others):
        entry = {"unit_id": row.unit_id, "relation": row.relation}
        spellings = {key: getattr(row, key) for key in ("name_en", "name_ru", "name_local") if getattr(row, key)}
        years = {key: int(getattr(row, key)) for key in ("first_year", "last_year") if getattr(row, key)}
        told.setdefault(row.unit_id, set()).update(parse_name(text).core for text in spellings.values())
        names.append(entry | spellings | years)
    unclear = set(zip(ambiguous["iso3"], ambiguous["name_key"], strict=True))
    for row in named_rows(aliases):
        is_fact = not row.source_id and row.decided_by and row.decided_on and (row.iso3, row.name_key) not in unclear
        known, core = told.setdefault(row.unit_id, set()), parse_name(row.name).core
        if is_fact and is_plain_name(row.name) and core not in known:
            known.add(core)
            names.append({"unit_id": row.unit_id, "relation": SPELLING, "name": row.name})
    names.sort(key=lambda one: (one["unit_id"], one["relation"], one.get("name_en", ""), one.get("name", "")))
    return {"schema": NAMES_VERSION, "names": names} if names else None
