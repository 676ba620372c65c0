"""Matches figures to admin units: exact code, else reviewed alias, else a proposal for a human; never a guess."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.harmonise import PLACE
from etl.problems import LISTED_PER_FAULT, Problems, quoted
from etl.reference import Reference, name_key
from etl.rows import named_rows, value_rows

EXCLUDED = -1
FAULTY = -2
_CANDIDATES = 3
_CUTOFF = 0.5

CODE_ORDER = ("pcode", "iso_3166_2", "unit_id")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a reader of the quality report must know, though it stopped nothing."""

    kind: str
    subject: str
    detail: str
    rows: int = 0


@dataclass
class Matches:
    """The unit of every distinct place, and the place of every figure.

    Attributes
    ----------
    place : numpy.ndarray of int, shape (n_figures,)
        Position in the arrays below.
    unit : numpy.ndarray of int
        Position in the units table; EXCLUDED or FAULTY.
    method : numpy.ndarray of str
        One of the match methods; empty if not matched.
    exclusion : numpy.ndarray of int
        Position in the exclusions table, or -1.
    notices : list of Notice
    """

    place: NDArray[np.int64]
    unit: NDArray[np.int64]
    method: NDArray[Any]
    exclusion: NDArray[np.int64]
    notices: list[Notice] = field(default_factory=list)


def group_rows(columns: Sequence[pd.Series[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give each distinct combination of columns a number.

    Returns
    -------
    group : numpy.ndarray of int, shape (n_rows,)
        Number of the combination of each row, in the order of first appearance.
    first : numpy.ndarray of int
        Position of the first row of each combination.
    """
    combined = np.zeros(len(columns[0]), dtype="int64")
    for column in columns:
        codes = (
            column.cat.codes.to_numpy().astype("int64")
            if isinstance(column.dtype, pd.CategoricalDtype)
            else pd.factorize(column)[0].astype("int64")
        )
        combined = pd.factorize(combined * (int(codes.max(initial=0)) + 2) + codes + 1)[0].astype("int64")
    _, first = np.unique(combined, return_index=True)
    return combined, first.astype("int64")


class _Index:
    """Look-ups into units and aliases; one for a run."""

    def __init__(self, reference: Reference) -> None:
        units = reference.units
        self.units = units
        sets = reference.boundary_sets
        self.sets_by_date = {
            str(iso3): list(value_rows(group[["boundary_set", "valid_from", "valid_to"]]))
            for iso3, group in sets.loc[sets["by_date"]].groupby("iso3")
        }
        self.country_of_set = dict(zip(sets["boundary_set"], sets["iso3"], strict=True))
        self.countries = set(units["iso3"])
        self.by_code: dict[tuple[str, str, str, str], int] = {}
        self.code_sets: dict[tuple[str, str], set[str]] = {}
        self.position: dict[tuple[str, str], int] = {}
        self.national: dict[str, int] = {}
        for position, row in enumerate(named_rows(units)):
            self.position[row.boundary_set, row.unit_id] = position
            if row.level == "ADM0":
                self.national[row.boundary_set] = position
            for kind in CODE_ORDER:
                code = getattr(row, kind)
                if code:
                    self.by_code.setdefault((row.boundary_set, row.level, kind, code), position)
                    self.code_sets.setdefault((row.iso3, code), set()).add(f"{row.boundary_set} ({row.level})")
        self.aliases: dict[tuple[str, str, str, str], list[str]] = {}
        for row in named_rows(reference.aliases):
            self.aliases.setdefault((row.iso3, row.level, row.name_key, row.source_id), []).append(row.unit_id)
        self._nearest: dict[tuple[str, str, str], list[str]] = {}
        unclear = reference.ambiguous_names
        self.ambiguous = dict(
            zip(zip(unclear["iso3"], unclear["name_key"], strict=True), unclear["reason"], strict=True)
        )

    def set_at(self, iso3: str, day: pd.Timestamp) -> str | None:
        """Return the by_date set of a country that is valid on a day."""
        for name, start, end in self.sets_by_date.get(iso3, ()):
            if (pd.isna(start) or start <= day) and (pd.isna(end) or day <= end):
                return str(name)
        return None

    def units_of_alias(self, iso3: str, level: str, name: str, source_id: str, boundary_set: str) -> list[int]:
        """Return the units of a set that reviewed aliases give to a name; those of the source go first."""
        key = name_key(name)
        for scope in (source_id, ""):
            if scope == "" and (iso3, key) in self.ambiguous:
                continue
            ids = self.aliases.get((iso3, level, key, scope), [])
            found = sorted({p for unit_id in ids if (p := self.position.get((boundary_set, unit_id))) is not None})
            if found:
                return found
        return []

    def nearest(self, boundary_set: str, level: str, text: str) -> list[str]:
        """Return units of a set whose names or codes look like a text, as proposals."""
        asked = (boundary_set, level, text)
        if asked not in self._nearest:
            self._nearest[asked] = self._find_nearest(*asked)
        return self._nearest[asked]

    def _find_nearest(self, boundary_set: str, level: str, text: str) -> list[str]:
        inside = self.units.loc[(self.units["boundary_set"] == boundary_set) & (self.units["level"] == level)]
        names: dict[str, str] = {}
        for row in named_rows(inside):
            for name in (row.name_en, row.name_ru, row.name_local, row.pcode, row.iso_3166_2, row.unit_id):
                if name:
                    names.setdefault(name_key(name), f"{row.unit_id} {row.name_en}")
        near = difflib.get_close_matches(name_key(text), list(names), _CANDIDATES * 3, _CUTOFF)
        return list(dict.fromkeys(names[name] for name in near))[:_CANDIDATES]


@dataclass(frozen=True, slots=True)
class _Fault:
    column: str
    found: str
    expected: str
    remedy: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    iso3: str
    level: str
    place_code: str
    place_name: str
    boundary_set: str
    source_id: str
    period_end: pd.Timestamp


def _find_set(place: _Place, index: _Index) -> str | _Fault:
    if place.iso3 not in index.countries:
        return _Fault(
            "iso3",
            quoted(place.iso3),
            f"one of {', '.join(sorted(index.countries))}",
            "Correct the country, or list the row in data/exclusions.csv.",
        )
    if place.boundary_set:
        if index.country_of_set.get(place.boundary_set) != place.iso3:
            return _Fault(
                "boundary_set",
                quoted(place.boundary_set),
                f"a boundary set of {place.iso3}",
                "Correct it, or leave the cell empty to join by date.",
            )
        return place.boundary_set
    found = index.set_at(place.iso3, place.period_end)
    if found is None:
        return _Fault(
            "period_end",
            f"{place.period_end:%Y-%m-%d}",
            f"a day on which a boundary set of {place.iso3} is valid",
            "Correct the date, add the boundary set, or name a set in the column boundary_set.",
        )
    return found


def _by_code(place: _Place, boundary_set: str, index: _Index) -> tuple[int, str] | None:
    if place.level == "ADM0":
        national = index.national.get(boundary_set)
        if national is not None and place.place_code in ("", place.iso3):
            return national, "iso3"
    for kind in CODE_ORDER:
        found = index.by_code.get((boundary_set, place.level, kind, place.place_code)) if place.place_code else None
        if found is not None:
            return found, kind
    return None


def _match_place(place: _Place, index: _Index) -> tuple[int, str, str] | _Fault:
    """Return unit, method and the boundary set of one place, or what is wrong with it."""
    boundary_set = _find_set(place, index)
    if isinstance(boundary_set, _Fault):
        return boundary_set
    coded = _by_code(place, boundary_set, index)
    if coded is not None:
        return *coded, boundary_set
    if place.place_code and (place.iso3, place.place_code) not in index.code_sets:
        return _Fault(
            "place_code",
            quoted(place.place_code),
            f"a code of a unit of {boundary_set} at {place.level}",
            "Correct the code, or leave the cell empty to join by a reviewed alias.",
            tuple(
                index.nearest(boundary_set, place.level, place.place_code)
                + index.nearest(boundary_set, place.level, place.place_name)
            )[:_CANDIDATES],
        )
    found = index.units_of_alias(place.iso3, place.level, place.place_name, place.source_id, boundary_set)
    if len(found) == 1:
        return found[0], "alias", boundary_set
    key = (place.iso3, name_key(place.place_name))
    candidates = tuple(index.nearest(boundary_set, place.level, place.place_name))
    if len(found) > 1:
        ids = ", ".join(index.units.iloc[p]["unit_id"] for p in found)
        return _Fault(
            "place_name",
            f"{quoted(place.place_name)}, which aliases give to {ids}",
            "an alias of one unit",
            "Keep one of the aliases for this source in data/aliases.csv.",
        )
    if key in index.ambiguous:
        return _Fault(
            "place_name",
            f"{quoted(place.place_name)} ({index.ambiguous[key]})",
            "a code, or an alias for this very source, because the name is ambiguous",
            "Find out what the source means; add a code, an alias with source_id, or a row in data/exclusions.csv.",
            candidates,
        )
    code_only = f" (code {place.place_code} is not of {boundary_set})" if place.place_code else ""
    return _Fault(
        "place_name",
        f"{quoted(place.place_name)}{code_only}",
        f"a reviewed alias of a unit of {boundary_set} at {place.level}",
        "Decide which unit is meant and add a row to data/aliases.csv, or list the row in data/exclusions.csv.",
        candidates,
    )


def _find_exclusions(places: pd.DataFrame, exclusions: pd.DataFrame) -> NDArray[np.int64]:
    """Return the first exclusion that fits each place, or -1; an empty cell of an exclusion fits anything."""
    found = np.full(len(places), -1, dtype="int64")
    if len(exclusions) == 0:
        return found
    keys = pd.Series([name_key(str(name)) for name in places["place_name"]], index=places.index)
    for position, row in enumerate(named_rows(exclusions)):
        fits = found == -1
        for column in ("iso3", "level", "source_id"):
            wanted = getattr(row, column)
            if wanted:
                fits &= (places[column] == wanted).to_numpy(dtype=bool)
        if row.file:
            fits &= (places["source_file"] == row.file).to_numpy(dtype=bool)
        if row.name_key:
            fits &= (keys == row.name_key).to_numpy(dtype=bool)
        found[fits] = position
    return found


def _report_faults(
    figures: pd.DataFrame, place: NDArray[np.int64], faults: dict[int, _Fault], problems: Problems
) -> None:
    """Report each distinct fault with the first rows that have it; several places may share one fault."""
    faulty = np.flatnonzero(np.isin(place, np.array(sorted(faults), dtype="int64")))
    rows: dict[tuple[str, _Fault], list[int]] = {}
    files, lines = figures["source_file"].astype("str").to_numpy(), figures["source_row"].to_numpy()
    for at in faulty.tolist():
        rows.setdefault((files[at], faults[int(place[at])]), []).append(int(lines[at]))
    for (file, fault), found in rows.items():
        distinct = sorted(set(found))
        for position, row in enumerate(distinct[:LISTED_PER_FAULT]):
            more = max(len(distinct) - LISTED_PER_FAULT, 0) if position == LISTED_PER_FAULT - 1 else 0
            problems.add(
                file,
                row,
                fault.column,
                found=fault.found,
                expected=fault.expected,
                remedy=fault.remedy,
                more=more,
                candidates=fault.candidates,
            )


def match_places(figures: pd.DataFrame, reference: Reference, problems: Problems) -> Matches:
    """Match every figure to the unit of the boundary set that was valid at the end of its period.

    A code counts in that set only: a code of another set of the country does not join, the figure then needs a
    reviewed alias and the report says so. Names join by reviewed aliases only, those of the very source first;
    ambiguous names by the source's own aliases only. Rows that data/exclusions.csv lists are not joined.

    Parameters
    ----------
    figures : pandas.DataFrame
        Typed figures, as of `harmonise_figures`.
    reference : Reference
    problems : Problems
        Collects places that match nothing or several units, with the nearest units as proposals.

    Returns
    -------
    Matches
    """
    index = _Index(reference)
    columns = [figures[name] for name in (*PLACE, "period_end", "source_file")]
    place, first = group_rows(columns)
    distinct = figures.iloc[first][[*PLACE, "period_end", "source_file"]].reset_index(drop=True)
    exclusion = _find_exclusions(distinct, reference.exclusions)
    unit = np.full(len(distinct), FAULTY, dtype="int64")
    method = np.full(len(distinct), "", dtype=object)
    faults: dict[int, _Fault] = {}
    other_set: dict[tuple[str, str, str], list[int]] = {}
    for at, row in enumerate(value_rows(distinct)):
        if exclusion[at] >= 0:
            unit[at] = EXCLUDED
            continue
        candidate = _Place(*row[:-1])
        result = _match_place(candidate, index)
        if isinstance(result, _Fault):
            faults[at] = result
            continue
        unit[at], method[at], boundary_set = result
        if method[at] == "alias" and candidate.place_code:
            other_set.setdefault((candidate.iso3, candidate.place_code, boundary_set), []).append(at)
    if faults:
        _report_faults(figures, place, faults, problems)
    counts = np.bincount(place, minlength=len(distinct))
    notices = [
        Notice(
            "code_of_other_set",
            f"{iso3} {code}",
            f"not a code of {boundary_set}, but of {', '.join(sorted(index.code_sets[iso3, code]))}: joined by alias",
            int(counts[at].sum()),
        )
        for (iso3, code, boundary_set), at in other_set.items()
    ]
    used = set(exclusion.tolist())
    notices += [
        Notice("unused_exclusion", row.place_name or row.iso3 or row.file, row.reason_en)
        for position, row in enumerate(named_rows(reference.exclusions))
        if position not in used
    ]
    return Matches(place, unit, method, exclusion, sorted(notices, key=lambda n: (n.kind, n.subject, n.detail)))
