"""The reference tables of a package: boundary sets, units, sources, aliases, exclusions; checked and typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from etl.crosswalk import check_crosswalk
from etl.flows import check_flows
from etl.other_names import check_other_names
from etl.package import FILE, Package
from etl.problems import Problems
from etl.readers import ROW
from etl.reports import Report
from etl.rows import value_rows
from etl.validate import parse_numbers
from geodata.contracts import IDENTIFIER, ISO3, LEVELS, PROGRAMME_STATUS, TYPOLOGIES, UNIT_TYPES
from geodata.names import name_key

GEOMETRIES = ("polygon", "children", "members", "marker")
PROGRAMME_LEVELS = ("ADM0", "ADM1", "ADM2")
PROGRAMME_KEY = ("org_name", "sector", "activity", "boundary_set", "unit_id", "period_start")
LICENCES_FILE = Path(__file__).with_name("licences.yml")
SEPARATOR = "|"
_PROGRAMME_REQUIRED = frozenset(
    {
        "org_name",
        "sector",
        "activity",
        "boundary_set",
        "level",
        "unit_id",
        "status",
        "period_start",
        "period_end",
        "source_id",
    }
)


@dataclass(frozen=True)
class Reference:
    """The reference tables with dates, numbers and flags typed; text stays text.

    Attributes
    ----------
    boundary_sets, units, sources, aliases, ambiguous_names, exclusions, programmes, crosswalk, codes : pandas.DataFrame
        `units` has `valid_from`, `valid_to` of its set and `parent_pcode`; `aliases` and `ambiguous_names` have
        `name_key`, the name as it is compared.
    decisions : pandas.DataFrame
        Decided rows of the review files, as of `etl.review.read_decisions`; no rows if there is none.
    flows : pandas.DataFrame
        Moves of people between units, not yet protected (`etl.flows.protect_flows`).
    other_names : pandas.DataFrame
        Former, short and other names of units, for the search alone; all text.
    """

    boundary_sets: pd.DataFrame
    units: pd.DataFrame
    sources: pd.DataFrame
    aliases: pd.DataFrame
    ambiguous_names: pd.DataFrame
    exclusions: pd.DataFrame
    programmes: pd.DataFrame = field(default_factory=pd.DataFrame)
    crosswalk: pd.DataFrame = field(default_factory=pd.DataFrame)
    codes: pd.DataFrame = field(default_factory=pd.DataFrame)
    decisions: pd.DataFrame = field(default_factory=pd.DataFrame)
    flows: pd.DataFrame = field(default_factory=pd.DataFrame)
    other_names: pd.DataFrame = field(default_factory=pd.DataFrame)


@lru_cache(maxsize=1)
def known_licences() -> dict[str, dict[str, str]]:
    """Return the closed list of licences by id."""
    content: dict[str, dict[str, str]] = yaml.safe_load(LICENCES_FILE.read_text(encoding="utf-8"))
    return content


def _check_sources(df: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    report = Report(df, problems)
    report.required("source_id", "title", "publisher", "licence")
    report.key("source_id")
    report.one_of(
        "licence", sorted(known_licences()), "Use an id of etl/licences.yml, after reading the source's terms."
    )
    return report.dates("date_accessed")


def _check_boundary_sets(df: pd.DataFrame, sources: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    report = Report(df, problems)
    report.required("boundary_set", "iso3", "title_en", "title_ru", "by_date", "source_id")
    report.key("boundary_set")
    report.pattern("iso3", ISO3, "an ISO 3166-1 alpha-3 code")
    report.one_of("by_date", ("true", "false"))
    if not problems.has_any(*sources[FILE].unique()):
        report.one_of("source_id", sorted(sources["source_id"]), "Add the source to data/sources.csv.")
    typed = report.dates("valid_from", "valid_to")
    backwards = typed["valid_from"] > typed["valid_to"]
    report.rows(backwards, "valid_to", "a day not before valid_from", "Correct one of the dates.")
    typed["by_date"] = df["by_date"] == "true"
    dated = typed.loc[typed["by_date"] & ~backwards]
    start = dated["valid_from"].fillna(pd.Timestamp.min.as_unit("ms"))
    end = dated["valid_to"].fillna(pd.Timestamp.max.as_unit("ms"))
    ordered = dated.assign(start=start, end=end).sort_values(["iso3", "start", "boundary_set"])
    if ordered.empty:
        return typed
    reach = ordered.groupby("iso3")["end"].transform(lambda ends: ends.cummax().shift())
    clashes = ordered.loc[ordered["start"] <= reach, ["boundary_set", "iso3", "start", FILE, ROW]]
    for set_id, iso3, begin, file, row in value_rows(clashes):
        same = (ordered["iso3"] == iso3) & (ordered["start"] <= begin) & (ordered["boundary_set"] != set_id)
        names = ", ".join(ordered.loc[same & (ordered["end"] >= begin), "boundary_set"])
        problems.add(
            file,
            int(row),
            "valid_from",
            found=f"{set_id}, which is valid while {names} is, too",
            expected=f"by_date sets of {iso3} that do not overlap in time",
            remedy="Correct valid_from or valid_to (the last day is inclusive), or set by_date to false.",
        )
    return typed


def _check_members(df: pd.DataFrame, report: Report) -> None:
    combined = df.loc[df["geometry"] == "members"]
    known = set(zip(df["iso3"], df["unit_id"], strict=True))
    bad = pd.Series(False, index=df.index)
    for index, iso3, own, members in combined[["iso3", "unit_id", "members"]].itertuples():
        names = members.split(SEPARATOR) if members else []
        bad[index] = not names or own in names or any((iso3, name) not in known for name in names)
    report.rows(bad, "members", "unit_ids of the same country, separated by |", "Correct the list of members.")
    stray = (df["geometry"] != "members") & (df["members"] != "")
    report.rows(stray, "members", "an empty cell unless geometry is members", "Empty the cell, or correct geometry.")


def _check_parents(df: pd.DataFrame, report: Report) -> pd.Series[Any]:
    own = df[["boundary_set", "unit_id", "level", "pcode"]].set_axis(
        ["boundary_set", "parent_unit_id", "parent_level", "parent_pcode"], axis=1
    )
    joined = df.merge(
        own.drop_duplicates(["boundary_set", "parent_unit_id"]),
        how="left",
        on=["boundary_set", "parent_unit_id"],
        validate="m:1",
    ).set_axis(df.index)
    top = df["level"] == "ADM0"
    report.rows(
        ~top & joined["parent_level"].isna(),
        "parent_unit_id",
        "a unit_id of the same boundary set",
        "Name the parent unit.",
    )
    report.rows(top & (df["parent_unit_id"] != ""), "parent_unit_id", "an empty cell for ADM0", "Empty the cell.")
    wrong = ~top & joined["parent_level"].notna() & ~(joined["parent_level"] < df["level"])
    report.rows(wrong, "parent_unit_id", "a unit of a higher level", "Name the parent unit.")
    return joined["parent_pcode"].fillna("")


def _check_units(df: pd.DataFrame, sets: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    report = Report(df, problems)
    report.required("boundary_set", "unit_id", "level", "iso3", "name_en", "name_ru", "unit_type", "geometry")
    report.key("boundary_set", "unit_id")
    report.one_of("level", LEVELS)
    report.one_of("unit_type", UNIT_TYPES)
    report.one_of("typology", TYPOLOGIES)
    report.one_of("geometry", GEOMETRIES)
    places = {}
    for column, limit in (("lon", 180.0), ("lat", 90.0)):
        numbers = parse_numbers(df[column])
        bad = (df[column] != "") & ~(np.abs(numbers) <= limit)
        report.rows(bad, column, f"degrees from -{limit:.0f} to {limit:.0f}", "Correct the number.")
        report.rows(
            (df["geometry"] == "marker") & (df[column] == ""), column, "a position for a marker", "Fill the cell."
        )
        places[column] = numbers
    if not problems.has_any(*df[FILE].unique(), *sets[FILE].unique()):
        report.one_of("boundary_set", sorted(sets["boundary_set"]), "Add the set to data/boundary_sets.csv.")
        country = df["boundary_set"].map(sets.set_index("boundary_set")["iso3"])
        report.rows(country.notna() & (country != df["iso3"]), "iso3", "the country of the boundary set", "Correct it.")
        for code in ("pcode", "iso_3166_2"):
            coded = df.loc[df[code] != ""]
            again = coded.duplicated(["boundary_set", "level", code]).reindex(df.index, fill_value=False)
            report.rows(again, code, "a code that no other unit of the set has", "Correct one of the codes.")
        _check_members(df, report)
        df = df.assign(parent_pcode=_check_parents(df, report))
    return df.assign(**places)


def _check_aliases(
    df: pd.DataFrame, ambiguous: pd.DataFrame, units: pd.DataFrame, sources: pd.DataFrame, problems: Problems
) -> pd.DataFrame:
    report = Report(df, problems)
    report.required("iso3", "level", "name", "unit_id")
    if not problems.has_any(*sources[FILE].unique()):
        report.one_of("source_id", sorted(sources["source_id"]), "Add the source to data/sources.csv.")
    if not problems.has_any(*units[FILE].unique()):
        report.known_units(units, "Correct the alias.")
    df = df.assign(name_key=[name_key(name) for name in df["name"]])
    unclear = pd.MultiIndex.from_frame(df[["iso3", "name_key"]]).isin(
        pd.MultiIndex.from_frame(ambiguous[["iso3", "name_key"]])
    )
    report.rows(
        pd.Series(unclear, index=df.index) & (df["source_id"] == ""),
        "source_id",
        "a source, because data/ambiguous_names.csv lists the name",
        "Say for which source the alias holds.",
    )
    return df


def _check_codes(df: pd.DataFrame, units: pd.DataFrame, sources: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    """Check the codes of other lists: known units and sources, one unit for a code at a time."""
    report = Report(df, problems)
    report.required("iso3", "scheme", "code", "unit_id", "source_id")
    report.pattern("scheme", IDENTIFIER, "a lower-case word such as kato, soato or geonames")
    if not problems.has_any(*sources[FILE].unique()):
        report.one_of("source_id", sorted(sources["source_id"]), "Add the source to data/sources.csv.")
    if not problems.has_any(*units[FILE].unique()):
        known = pd.MultiIndex.from_frame(df[["iso3", "unit_id"]]).isin(
            pd.MultiIndex.from_frame(units[["iso3", "unit_id"]])
        )
        report.rows(
            pd.Series(~known, index=df.index),
            "unit_id",
            "a unit of that country in data/units.csv",
            "Correct the code.",
        )
    typed = report.dates("valid_from", "valid_to")
    report.rows(
        typed["valid_from"] > typed["valid_to"], "valid_to", "a day not before valid_from", "Correct one of the dates."
    )
    report.key("iso3", "scheme", "code", "unit_id", "valid_from")
    return typed


def _check_programmes(df: pd.DataFrame, units: pd.DataFrame, sources: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    """Check who does what where: a row without sector, unit, status or dates is refused, and so is one below ADM2."""
    report = Report(df, problems)
    report.required(*(column for column in df.columns if column in _PROGRAMME_REQUIRED))
    report.one_of("level", PROGRAMME_LEVELS, "Give the district: places of work are not published more exactly.")
    report.one_of("status", PROGRAMME_STATUS)
    if not problems.has_any(*sources[FILE].unique()):
        report.one_of("source_id", sorted(sources["source_id"]), "Add the source to data/sources.csv.")
    if not problems.has_any(*units[FILE].unique()):
        place = ["boundary_set", "unit_id", "level"]
        known = pd.MultiIndex.from_frame(df[place]).isin(pd.MultiIndex.from_frame(units[place]))
        filled = (df[place] != "").all(axis=1) & df["level"].isin(PROGRAMME_LEVELS)
        report.rows(
            filled & ~known,
            "unit_id",
            "a unit of that boundary set and level in data/units.csv",
            "Correct boundary_set, level or unit_id.",
        )
    typed = report.dates("period_start", "period_end")
    backwards = typed["period_start"] > typed["period_end"]
    report.rows(backwards, "period_end", "a day not before period_start", "Correct one of the dates.")
    for column in ("target", "reached", "budget_usd"):
        numbers = parse_numbers(df[column])
        bad = (df[column] != "") & ~(numbers >= 0)
        report.rows(bad, column, "a number, 0 or more, with a point", "Write the number as 12.5, or empty the cell.")
        typed[column] = numbers
    report.key(*PROGRAMME_KEY)
    return typed


def check_reference(package: Package, problems: Problems) -> Reference:
    """Check the reference tables of a package and type them.

    Parameters
    ----------
    package : Package
    problems : Problems
        Collects every failure; the result is complete only if none was added.

    Returns
    -------
    Reference
    """
    tables = package.reference
    sources = _check_sources(tables["sources"], problems)
    sets = _check_boundary_sets(tables["boundary_sets"], sources, problems)
    units = _check_units(tables["units"], sets, problems)
    ambiguous = tables["ambiguous_names"]
    ambiguous = ambiguous.assign(name_key=[name_key(name) for name in ambiguous["name"]])
    aliases = _check_aliases(tables["aliases"], ambiguous, units, sources, problems)
    exclusions = tables["exclusions"]
    Report(exclusions, problems).required("reason_en", "reason_ru")
    programmes = _check_programmes(tables["programmes"], units, sources, problems)
    exclusions = exclusions.assign(name_key=[name_key(name) for name in exclusions["place_name"]])
    if not problems.has_any(*units[FILE].unique(), *sets[FILE].unique()):
        dates = sets[["boundary_set", "valid_from", "valid_to"]]
        units = units.merge(dates, how="left", on="boundary_set", validate="m:1")
    crosswalk = check_crosswalk(tables["crosswalk"], units, problems)
    codes = _check_codes(tables["codes"], units, sources, problems)
    flows = check_flows(tables["flows"], units, sources, package.flows, problems)
    others = check_other_names(tables["other_names"], units, sources, problems)
    return Reference(
        sets,
        units,
        sources,
        aliases,
        ambiguous,
        exclusions,
        programmes,
        crosswalk,
        codes,
        flows=flows,
        other_names=others,
    )
