"""Matches figures to admin units: exact code, else reviewed alias, else a proposal for a human; never a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.gazetteer import CODE_ORDER, Gazetteer
from etl.harmonise import HINTS, PLACE, recode
from etl.lenient import DecisionKey, LenientMatcher, Place, Sure, Unsure, decision_key
from etl.problems import LISTED_PER_FAULT, Problems, quoted
from etl.proposal import Proposal, Reason
from etl.reference import Reference
from etl.rows import named_rows, value_rows
from geodata.names import name_key

EXCLUDED = -1
FAULTY = -2
LISTED = -3
_CANDIDATES = 3

_ONCE = ("indicator_id", "period_start", "period_end", "sex", "age")


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
        Position in the units table; EXCLUDED, FAULTY, or LISTED (a place of a lenient table without a sure match).
    method : numpy.ndarray of str
        One of the match methods; empty if not matched.
    exclusion : numpy.ndarray of int
        Position in the exclusions table, or -1.
    score : numpy.ndarray of float32
        How sure the match is, 0 to 1; 1 for codes, aliases and answers of people; 0 if not matched.
    notices : list of Notice
    listed : dict of int to Reason
        By position of a LISTED place: why it is not joined.
    proposals : list of Proposal
        For a human to decide, one for each distinct place that is LISTED.
    """

    place: NDArray[np.int64]
    unit: NDArray[np.int64]
    method: NDArray[Any]
    exclusion: NDArray[np.int64]
    score: NDArray[np.float32]
    notices: list[Notice] = field(default_factory=list)
    listed: dict[int, Reason] = field(default_factory=dict)
    proposals: list[Proposal] = field(default_factory=list)


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


@dataclass(frozen=True, slots=True)
class _Fault:
    column: str
    found: str
    expected: str
    remedy: str
    candidates: tuple[str, ...] = ()


def _find_set(place: Place, gazetteer: Gazetteer) -> str | _Fault:
    if place.iso3 not in gazetteer.countries:
        return _Fault(
            "iso3",
            quoted(place.iso3),
            f"one of {', '.join(sorted(gazetteer.countries))}",
            "Correct the country, or list the row in data/exclusions.csv.",
        )
    if place.boundary_set:
        if gazetteer.country_of_set.get(place.boundary_set) != place.iso3:
            return _Fault(
                "boundary_set",
                quoted(place.boundary_set),
                f"a boundary set of {place.iso3}",
                "Correct it, or leave the cell empty to join by date.",
            )
        return place.boundary_set
    found = gazetteer.set_at(place.iso3, place.period_end)
    if found is None:
        return _Fault(
            "period_end",
            f"{place.period_end:%Y-%m-%d}",
            f"a day on which a boundary set of {place.iso3} is valid",
            "Correct the date, add the boundary set, or name a set in the column boundary_set.",
        )
    return found


def _by_code(place: Place, boundary_set: str, gazetteer: Gazetteer) -> tuple[int, str] | None:
    if place.level == "ADM0":
        national = gazetteer.national.get(boundary_set)
        if national is not None and place.place_code in ("", place.iso3):
            return national, "iso3"
    for kind in CODE_ORDER:
        found = gazetteer.by_code.get((boundary_set, place.level, kind, place.place_code)) if place.place_code else None
        if found is not None:
            return found, kind
    return None


def _match_strictly(place: Place, boundary_set: str, gazetteer: Gazetteer) -> tuple[int, str] | _Fault:
    """Return unit and method of a place of a strict table, or what is wrong with it."""
    coded = _by_code(place, boundary_set, gazetteer)
    if coded is not None:
        return coded
    if place.place_code and (place.iso3, place.place_code) not in gazetteer.code_sets:
        return _Fault(
            "place_code",
            quoted(place.place_code),
            f"a code of a unit of {boundary_set} at {place.level}",
            "Correct the code, or leave the cell empty to join by a reviewed alias.",
            tuple(
                gazetteer.nearest(boundary_set, place.level, place.place_code)
                + gazetteer.nearest(boundary_set, place.level, place.place_name)
            )[:_CANDIDATES],
        )
    found = gazetteer.units_of_alias(place.iso3, place.level, place.place_name, place.source_id, boundary_set)
    if len(found) == 1:
        return found[0], "alias"
    key = (place.iso3, name_key(place.place_name))
    candidates = tuple(gazetteer.nearest(boundary_set, place.level, place.place_name))
    if len(found) > 1:
        ids = ", ".join(gazetteer.units.iloc[p]["unit_id"] for p in found)
        return _Fault(
            "place_name",
            f"{quoted(place.place_name)}, which aliases give to {ids}",
            "an alias of one unit",
            "Keep one of the aliases for this source in data/aliases.csv.",
        )
    if key in gazetteer.ambiguous:
        return _Fault(
            "place_name",
            f"{quoted(place.place_name)} ({gazetteer.ambiguous[key]})",
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


def _why_no_set(place: Place, fault: _Fault) -> Reason:
    russian = {
        "iso3": f"страна {place.iso3} не описана в пакете",
        "boundary_set": f"набор границ {place.boundary_set} не относится к {place.iso3}",
        "period_end": f"на {place.period_end:%Y-%m-%d} нет действующего набора границ {place.iso3}",
    }
    return Reason(f"{fault.column}: found {fault.found}; expected {fault.expected}", russian[fault.column])


def _says_something(figures: pd.DataFrame, place: NDArray[np.int64], n_places: int) -> NDArray[np.bool_]:
    """Tell of which places there is a number, or the word that one is withheld: nobody is asked about empty cells."""
    said = figures[["value", "low", "high"]].notna().any(axis=1).to_numpy()
    withheld = (figures["missing_reason"] == "suppressed").to_numpy(dtype=bool)
    return np.bincount(place[said | withheld], minlength=n_places) > 0


def _empty_cells(boundary_set: str) -> Reason:
    return Reason(
        f"an empty cell of a place that {boundary_set} does not know: nothing is lost",
        f"пустая ячейка территории, которой нет в {boundary_set}: ничего не потеряно",
    )


class _Run:
    """The distinct places of the figures, and what is found for each of them."""

    def __init__(self, figures: pd.DataFrame, reference: Reference, lenient_files: frozenset[str]) -> None:
        self.reference = reference
        self.gazetteer = Gazetteer(reference)
        self.matcher = LenientMatcher(self.gazetteer, reference.decisions)
        given = [*PLACE, "period_end", *(name for name in HINTS if name in figures.columns)]
        # Most files need no places of their own: only those that an exclusion names, and lenient ones together.
        files = figures["source_file"].astype("category")
        named, names = set(reference.exclusions["file"]), files.cat.categories
        asked = recode(files, {str(name): "" for name in names if name not in named})
        lenient = recode(files, {str(name): "1" if name in lenient_files else "" for name in names})
        columns = figures[given].assign(source_file=asked, is_lenient=lenient)
        self.place, first = group_rows([columns[name] for name in columns])
        self.distinct = columns.iloc[first].reset_index(drop=True)
        self.rows = np.bincount(self.place, minlength=len(self.distinct))
        n_places = len(self.distinct)
        self.says_something = (
            _says_something(figures, self.place, n_places) if lenient_files else np.ones(n_places, dtype=bool)
        )
        self.exclusion = _find_exclusions(self.distinct, reference.exclusions)
        self.unit = np.full(len(self.distinct), FAULTY, dtype="int64")
        self.method = np.full(len(self.distinct), "", dtype=object)
        self.score = np.zeros(len(self.distinct), dtype="float32")
        self.faults: dict[int, _Fault] = {}
        self.listed: dict[int, Reason] = {}
        self._waiting: list[tuple[int, Place, str, Unsure]] = []
        self._other_set: dict[tuple[str, str, str], list[int]] = {}

    def match_strictly(self, at: int, place: Place) -> None:
        """Match a place by exact code or reviewed alias; anything else is a fault."""
        boundary_set = _find_set(place, self.gazetteer)
        found = (
            boundary_set if isinstance(boundary_set, _Fault) else _match_strictly(place, boundary_set, self.gazetteer)
        )
        if isinstance(found, _Fault):
            self.faults[at] = found
            return
        (self.unit[at], self.method[at]), self.score[at] = found, 1.0
        if self.method[at] == "alias" and place.place_code:
            self._other_set.setdefault((place.iso3, place.place_code, str(boundary_set)), []).append(at)

    def match_leniently(self, at: int, place: Place) -> None:
        """Match a place of a lenient table; anything but a sure match is listed, with a proposal."""
        boundary_set = _find_set(place, self.gazetteer)
        if isinstance(boundary_set, _Fault):
            self.unit[at], self.listed[at] = LISTED, _why_no_set(place, boundary_set)
            return
        found = self.matcher.match(place, boundary_set)
        if isinstance(found, Sure):
            self.unit[at], self.method[at], self.score[at] = found.unit, found.method, found.score
            return
        self.unit[at], self.listed[at] = LISTED, found.reason
        if not found.is_final and not self.says_something[at]:
            self.listed[at] = _empty_cells(boundary_set)
        elif not found.is_final:
            self._waiting.append((at, place, boundary_set, found))

    def proposals(self, source_file: pd.Series[Any]) -> list[Proposal]:
        """Return what a person is asked; places that differ only in date, file or source are asked once."""
        files: dict[int, set[str]] = {at: set() for at, *_ in self._waiting}
        rows = np.flatnonzero(np.isin(self.place, list(files)))
        pairs = pd.DataFrame({"place": self.place[rows], "file": source_file.iloc[rows].astype("str").to_numpy()})
        for at, file in value_rows(pairs.drop_duplicates()):
            files[at].add(file)
        found: dict[DecisionKey, Proposal] = {}
        for at, place, boundary_set, unsure in self._waiting:
            asked = (place.iso3, place.level, boundary_set, place.parent, place.place_code, place.place_name)
            key = decision_key(*asked)
            known = found.get(key) or Proposal(*asked, unsure.reason, unsure.candidates, 0, (), ())
            found[key] = replace(
                known,
                rows=known.rows + int(self.rows[at]),
                files=tuple(sorted({*known.files, *files[at]})),
                sources=tuple(sorted({*known.sources, *filter(None, (place.source_id,))})),
            )
        return [proposal for _, proposal in sorted(found.items())]

    def notices(self) -> list[Notice]:
        """Return codes of other divisions that aliases joined, and exclusions that fit no row."""
        notices = []
        for (iso3, code, boundary_set), at in self._other_set.items():
            where = ", ".join(sorted(self.gazetteer.code_sets[iso3, code]))
            words = f"not a code of {boundary_set}, but of {where}: joined by alias"
            notices.append(Notice("code_of_other_set", f"{iso3} {code}", words, int(self.rows[at].sum())))
        used = set(self.exclusion.tolist())
        for position, row in enumerate(named_rows(self.reference.exclusions)):
            if position not in used:
                subject = row.place_name or row.iso3 or row.file
                notices.append(Notice("unused_exclusion", subject, row.reason_en))
        return sorted(notices, key=lambda notice: (notice.kind, notice.subject, notice.detail))


def _list_doubles(
    figures: pd.DataFrame,
    matches: Matches,
    reference: Reference,
    lenient_files: frozenset[str],
    several: frozenset[str],
) -> Matches:
    """Take out rows of lenient tables that are one unit, indicator and period: which of them is right, nobody knows.

    Such rows get places of their own, which are LISTED; rows of strict tables stay.
    """
    unit = matches.unit[matches.place]
    free = figures["indicator_id"].isin(several).to_numpy()
    at = np.flatnonzero((unit >= 0) & ~free)
    key = [figures[name].iloc[at] for name in _ONCE]
    group, _ = group_rows([pd.Series(unit[at]), *key])
    size = np.bincount(group)
    lenient = figures["source_file"].isin(lenient_files).to_numpy()[at]
    doubled = np.flatnonzero((size[group] > 1) & lenient)
    if len(doubled) == 0:
        return matches
    place, listed = matches.place.copy(), dict(matches.listed)
    new_of_group = {number: len(matches.unit) + n for n, number in enumerate(np.unique(group[doubled]).tolist())}
    cells = figures["source_cell"].astype("str") if "source_cell" in figures.columns else ""
    of_group = np.flatnonzero(np.isin(group, list(new_of_group)))
    rows = figures[["source_file", "source_row"]].assign(cell=cells).iloc[at[of_group]]
    members: dict[int, list[str]] = {}
    for number, (file, row, cell) in zip(group[of_group].tolist(), value_rows(rows), strict=True):
        is_address = re.fullmatch(rf"[A-Z]+{row}", cell) is not None  # of a spreadsheet; elsewhere the column only
        where = cell if is_address else f"row {row}, {cell}" if cell else row
        members.setdefault(number, []).append(f"{file} {where}")
    for position in doubled.tolist():
        number = int(group[position])
        place[at[position]] = new_of_group[number]
        listed[new_of_group[number]] = _twice(reference.units.iloc[unit[at[position]]], members[number])
    more = len(new_of_group)
    return replace(
        matches,
        place=place,
        unit=np.append(matches.unit, np.full(more, LISTED)),
        method=np.append(matches.method, np.full(more, "", dtype=object)),
        exclusion=np.append(matches.exclusion, np.full(more, -1)),
        score=np.append(matches.score, np.zeros(more, dtype="float32")),
        listed=listed,
    )


def _twice(unit: pd.Series[Any], rows: list[str]) -> Reason:
    shown = ", ".join(rows[:LISTED_PER_FAULT]) + (", ..." if len(rows) > LISTED_PER_FAULT else "")
    return Reason(
        f"{unit['name_en']} stands {len(rows)} times for one indicator and period ({shown}): none is joined; "
        "leave out the wrong row in the mapping (skip), or correct its place",
        f"{unit['name_ru']} встречается {len(rows)} раза (раз) для одного показателя и периода ({shown}): ничего не "
        "присоединено; исключите неверную строку в описании таблицы (skip) или исправьте место",
    )


def match_places(
    figures: pd.DataFrame,
    reference: Reference,
    problems: Problems,
    *,
    lenient_files: frozenset[str] = frozenset(),
    several: frozenset[str] = frozenset(),
) -> Matches:
    """Match every figure to the unit of the boundary set that was valid at the end of its period.

    A code counts in that set only: a code of another set of the country does not join, the figure then needs a
    reviewed alias and the report says so. Names join by reviewed aliases only, those of the very source first;
    ambiguous names by the source's own aliases only. Rows that data/exclusions.csv lists are not joined.

    Parameters
    ----------
    figures : pandas.DataFrame
        Typed figures, as of `harmonise_figures`; `HINTS` may be there.
    reference : Reference
    problems : Problems
        Collects places of strict tables that match nothing or several units, with the nearest units as proposals.
    lenient_files : frozenset of str
        Values of `source_file` whose places are listed with a proposal where a strict table would be refused.
    several : frozenset of str
        Indicators that may have several figures of one unit and period.

    Returns
    -------
    Matches
    """
    run = _Run(figures, reference, lenient_files)
    for at, (*texts, _, is_lenient) in enumerate(value_rows(run.distinct)):
        if run.exclusion[at] >= 0:
            run.unit[at] = EXCLUDED
        elif is_lenient:
            run.match_leniently(at, Place(*texts))
        else:
            run.match_strictly(at, Place(*texts))
    if run.faults:
        _report_faults(figures, run.place, run.faults, problems)
    matches = Matches(
        run.place,
        run.unit,
        run.method,
        run.exclusion,
        run.score,
        run.notices(),
        run.listed,
        run.proposals(figures["source_file"]),
    )
    return _list_doubles(figures, matches, reference, lenient_files, several) if lenient_files else matches
