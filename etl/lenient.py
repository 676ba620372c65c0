"""Matches places of tables as received: a sure match joins, anything else becomes a proposal with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from etl.gazetteer import CODE_ORDER, Gazetteer
from etl.proposal import Candidate, Reason
from etl.rows import named_rows
from geodata.contracts import LEVELS
from geodata.names import PlaceName, is_total, likeness, name_key, parse_name

CANDIDATES = 3
SAME_TEXT, SAME_NAME = 1.0, 0.95
_HIGHEST_PROPOSED = 0.99
_OTHER_KIND, _OTHER_PARENT = 0.85, 0.85
_OTHER_CODE = 0.95
_PARENT_ALIKE = 0.85
_CLEARLY, _HARDLY = 0.92, 0.7
EXCLUDE = "exclude"

_CODE_LIKE = Reason("its code, written otherwise", "его код, записан иначе")
_WAITS = Reason("waits for review", "ждёт проверки")


@dataclass(frozen=True, slots=True)
class Place:
    """A place as a table writes it."""

    iso3: str
    level: str
    place_code: str
    place_name: str
    boundary_set: str
    source_id: str
    period_end: pd.Timestamp
    code_kind: str = ""
    parent_name: str = ""
    parent_code: str = ""

    @property
    def parent(self) -> str:
        """The parent as a person reads it."""
        return self.parent_name or self.parent_code


@dataclass(frozen=True, slots=True)
class Sure:
    """A sure match: position of the unit, method and score."""

    unit: int
    method: str
    score: float


@dataclass(frozen=True, slots=True)
class Unsure:
    """No sure match: why, and the units that may be meant; nothing is asked if it is final."""

    reason: Reason
    candidates: tuple[Candidate, ...] = ()
    is_final: bool = False


DecisionKey = tuple[str, str, str, str, str, str]


def decision_key(iso3: str, level: str, boundary_set: str, parent: str, code: str, name: str) -> DecisionKey:
    """Return what a decision is about; names are compared without case and blanks."""
    return iso3, level, boundary_set, name_key(parent), code, name_key(name)


@dataclass
class _Finding:
    """What is known of one place while it is matched."""

    place: Place
    boundary_set: str
    name: PlaceName
    parents: set[int] | None


class LenientMatcher:
    """Matches the places of lenient tables; one for a run.

    Parameters
    ----------
    gazetteer : Gazetteer
    decisions : pandas.DataFrame
        As of `etl.review.read_decisions`.
    """

    def __init__(self, gazetteer: Gazetteer, decisions: pd.DataFrame) -> None:
        self.gazetteer = gazetteer
        self._decided = {
            decision_key(r.iso3, r.level, r.boundary_set, r.parent, r.place_code, r.place_name): (r.decision, r.note)
            for r in named_rows(decisions)
        }

    def match(self, place: Place, boundary_set: str) -> Sure | Unsure:
        """Match one place within a boundary set.

        The order: an answer of the review; an exact code, unless the name says another unit; an alias; an exact name
        of exactly one unit that nothing contradicts. Everything else is a proposal.

        Parameters
        ----------
        place : Place
        boundary_set : str
            Valid at the date of the figure, or named by its row.

        Returns
        -------
        Sure or Unsure
        """
        decided = self._answer(place, boundary_set)
        if decided is not None:
            return decided
        found = _Finding(place, boundary_set, parse_name(place.place_name), self._parents(place, boundary_set))
        if place.place_code:
            coded = self._by_code(found)
            if coded is not None:
                return coded
        if not found.name.full:
            if place.level == "ADM0" and place.place_code in ("", place.iso3):
                return self._country(found)
            return self._unsure(found, _no_name(place))
        if place.level == "ADM0":
            return self._country(found)
        return self._by_name(found)

    # ------------------------------------------------------------------ answers, parents, countries

    def _answer(self, place: Place, boundary_set: str) -> Sure | Unsure | None:
        key = decision_key(place.iso3, place.level, boundary_set, place.parent, place.place_code, place.place_name)
        decision, note = self._decided.get(key, ("", ""))
        if decision == EXCLUDE:
            return Unsure(Reason(f"Left out by review: {note}", f"Исключено при проверке: {note}"), is_final=True)
        position = self.gazetteer.position.get((boundary_set, decision)) if decision else None
        return None if position is None else Sure(position, "reviewed", 1.0)

    def _parents(self, place: Place, boundary_set: str) -> set[int] | None:
        """Return the units that the parent columns mean; None if they are empty, no unit if nothing fits."""
        if not place.parent:
            return None
        above = [level for level in LEVELS if level < place.level]
        found: set[int] = set()
        for level in above:
            if place.parent_code:
                coded, _ = self.gazetteer.units_of_code(
                    place.iso3, level, place.parent_code, "", boundary_set, place.period_end
                )
                found |= coded
        if not found and place.parent_name:
            name = parse_name(place.parent_name)
            for level in above:
                alias = self.gazetteer.units_of_alias(
                    place.iso3, level, place.parent_name, place.source_id, boundary_set
                )
                found |= set(alias) or self.gazetteer.named_exactly(boundary_set, level, name)
        return found

    def _fits_parent(self, found: _Finding, unit: int) -> bool:
        """Tell whether a unit lies in the parent that the table names; an unknown name counts if it sounds alike."""
        if found.parents is None:
            return True
        above = self.gazetteer.ancestors(unit)
        if found.parents:
            return bool(found.parents & set(above))
        if not found.place.parent_name:
            return False
        name = parse_name(found.place.parent_name)
        return any(likeness(name, other) >= _PARENT_ALIKE for one in above for other in self._names_of(one))

    def _names_of(self, unit: int) -> Iterable[PlaceName]:
        row = self.gazetteer.units.iloc[unit]
        return (parse_name(row[column]) for column in ("name_en", "name_ru", "name_local") if row[column])

    def _country(self, found: _Finding) -> Sure | Unsure:
        place = found.place
        unit = self.gazetteer.national.get(found.boundary_set)
        named = self.gazetteer.named_exactly(found.boundary_set, "ADM0", found.name)
        if unit is not None:
            says_iso3 = place.iso3 in (place.place_code, place.place_name)
            if says_iso3 or not (place.place_code or place.place_name):
                return Sure(unit, "iso3", 1.0)
            if unit in named:  # beside a code that nobody knows, such as SOATO 17
                return Sure(unit, "name", self._score(found, unit))
        return self._unsure(
            found,
            Reason(
                f'"{place.place_name}" is not a known name of the country',
                f"«{place.place_name}» — неизвестное название страны",
            ),
        )

    # ------------------------------------------------------------------ codes

    def _by_code(self, found: _Finding) -> Sure | Unsure | None:
        """Return the match of the code, a contradiction, or None if only the name can tell."""
        place, gazetteer = found.place, self.gazetteer
        if place.level == "ADM0" and place.place_code == place.iso3:
            return None
        units, method = gazetteer.units_of_code(
            place.iso3, place.level, place.place_code, place.code_kind, found.boundary_set, place.period_end
        )
        if len(units) > 1:
            return self._unsure(found, _several_by_code(place), self._ids(units))
        if units:
            (unit,) = units
            return self._checked_by_name(found, unit, method)
        known = gazetteer.code_sets.get((place.iso3, place.place_code))
        if known:
            return self._unsure(found, _code_of_other(place, found.boundary_set, sorted(known)))
        if gazetteer.with_loose_code(found.boundary_set, place.level, place.place_code):
            return self._unsure(found, _code_written_otherwise(place))
        return None

    def _checked_by_name(self, found: _Finding, unit: int, method: str) -> Sure | Unsure:
        """Return the unit of a code, unless name or parent clearly say another one."""
        place, gazetteer = found.place, self.gazetteer
        if found.parents and not self._fits_parent(found, unit):
            return self._unsure(found, self._code_against(found, unit, place.parent), (unit,))
        if not found.name.full or is_total(place.place_name):
            return Sure(unit, method, 1.0)
        named = gazetteer.named_exactly(found.boundary_set, place.level, found.name)
        alias = gazetteer.units_of_alias(place.iso3, place.level, place.place_name, place.source_id, found.boundary_set)
        if unit in named or unit in alias:
            return Sure(unit, method, 1.0)
        if named or alias:
            return self._unsure(found, self._code_against(found, unit, place.place_name), (unit,))
        near = gazetteer.near(found.boundary_set, place.level, place.place_name)
        own = next((one.score for one in near if one.position == unit), 0.0)
        if near and near[0].score >= _CLEARLY and own <= _HARDLY:
            return self._unsure(found, self._code_against(found, unit, place.place_name), (unit,))
        return Sure(unit, method, 1.0)

    def _code_against(self, found: _Finding, unit: int, text: str) -> Reason:
        row = self.gazetteer.units.iloc[unit]
        code = found.place.place_code
        return Reason(
            f'code {code} is {row["name_en"]}, but "{text}" says another unit',
            f"код {code} — {row['name_ru']}, но «{text}» указывает на другую единицу",
        )

    # ------------------------------------------------------------------ names

    def _by_name(self, found: _Finding) -> Sure | Unsure:
        place, gazetteer, name = found.place, self.gazetteer, found.name
        if is_total(place.place_name):
            return Unsure(Reason("a total, not a place", "итог, а не место"), is_final=True)
        alias = gazetteer.units_of_alias(place.iso3, place.level, place.place_name, place.source_id, found.boundary_set)
        if len(alias) == 1 and self._fits_parent(found, alias[0]):
            return Sure(alias[0], "alias", 1.0)
        if not place.place_code:
            for kind in CODE_ORDER:
                coded = gazetteer.by_code.get((found.boundary_set, place.level, kind, place.place_name.strip()))
                if coded is not None and self._fits_parent(found, coded):
                    return Sure(coded, kind, 1.0)
        named = gazetteer.named_exactly(found.boundary_set, place.level, name)
        inside = {unit for unit in named if self._fits_parent(found, unit)}
        doubt = self._doubt(found, named, inside)
        if doubt is not None:
            return self._unsure(found, doubt)
        (unit,) = inside
        return Sure(unit, "name", self._score(found, unit))

    def _doubt(self, found: _Finding, named: set[int], inside: set[int]) -> Reason | None:
        """Return why a name does not join by itself, or None if it means exactly one unit."""
        place, gazetteer, name = found.place, self.gazetteer, found.name
        if not named:
            return self._unknown(found)
        if not inside:
            return Reason(
                f'"{place.place_name}" does not lie in "{place.parent}"',
                f"«{place.place_name}» не относится к «{place.parent}»",
            )
        unclear = gazetteer.unclear(place.iso3, name)
        if unclear is not None and not self._is_settled(found, unclear[0], inside):
            return Reason(f"ambiguous name: {unclear[1]}", f"неоднозначное название: {unclear[1]}")
        if len(inside) > 1:
            return Reason(
                f'{len(inside)} units are called "{place.place_name}"',
                f"название «{place.place_name}» носят несколько единиц ({len(inside)})",
            )
        return self._of_other_level(found) or self._renamed(found, named, *inside)

    def _of_other_level(self, found: _Finding) -> Reason | None:
        """Return a reason if a unit of another level has the name, and neither kind nor parent tells them apart."""
        if found.name.kind or found.parents:
            return None
        name = found.place.place_name
        for level in self.gazetteer.other_levels(found.boundary_set, found.place.level):
            if self.gazetteer.with_core(found.boundary_set, level, found.name):
                return Reason(
                    f'a unit of {level} is called "{name}" as well', f"единица уровня {level} тоже называется «{name}»"
                )
        return None

    def _is_settled(self, found: _Finding, candidates: frozenset[str], units: set[int]) -> bool:
        """Tell whether the kind in the name or the parent leaves one of the units that an ambiguous name may mean."""
        if not found.name.kind and not found.parents:
            return False
        gazetteer = self.gazetteer
        own = {gazetteer.unit_id(unit) for unit in units}
        left = {
            unit_id
            for (_, unit_id), position in gazetteer.position.items()
            if unit_id in candidates
            and gazetteer.is_kind(position, found.name.kind)
            and self._fits_parent(found, position)
        }
        return len(own) == 1 and left == own

    def _renamed(self, found: _Finding, named: set[int], unit: int) -> Reason | None:
        """Return a reason if the name was or became that of another unit in another division of the country.

        Units that have the name in both divisions are homonyms, which the parent has told apart.
        """
        gazetteer, place = self.gazetteer, found.place
        homonyms = {gazetteer.unit_id(one) for one in named} | {gazetteer.unit_id(unit)}
        for other_set in gazetteer.other_sets(place.iso3, found.boundary_set):
            for position in sorted(gazetteer.named_exactly(other_set, place.level, found.name)):
                other = gazetteer.unit_id(position)
                if other not in homonyms:
                    return Reason(
                        f'"{place.place_name}" is another unit ({other}) in {other_set}',
                        f"в делении {other_set} «{place.place_name}» — другая единица ({other})",
                    )
        return None

    def _unknown(self, found: _Finding) -> Reason:
        place, gazetteer = found.place, self.gazetteer
        if gazetteer.with_loose_code(found.boundary_set, place.level, place.place_name):
            return _code_written_otherwise(place)
        if gazetteer.named_exactly(found.boundary_set, "ADM0", found.name):
            return Reason("the name of the country, not of a unit in it", "название страны, а не единицы в ней")
        if gazetteer.with_core(found.boundary_set, place.level, found.name):
            return Reason(
                f'no unit of this kind is called "{place.place_name}"',
                f"единицы такого вида с названием «{place.place_name}» нет",
            )
        for level in gazetteer.other_levels(found.boundary_set, place.level):
            if gazetteer.named_exactly(found.boundary_set, level, found.name):
                return Reason(
                    f'"{place.place_name}" is a unit of {level}, not of {place.level}',
                    f"«{place.place_name}» — единица уровня {level}, а не {place.level}",
                )
        known = gazetteer.code_sets.get((place.iso3, place.place_name.strip()))
        if known:
            return _code_of_other(place, found.boundary_set, sorted(known))
        return Reason(
            f'no unit of {found.boundary_set} at {place.level} is known as "{place.place_name}"',
            f"в {found.boundary_set} нет единицы уровня {place.level} с названием «{place.place_name}»",
        )

    def _score(self, found: _Finding, unit: int) -> float:
        return SAME_TEXT if any(name.full == found.name.full for name in self._names_of(unit)) else SAME_NAME

    # ------------------------------------------------------------------ proposals

    def _ids(self, units: Iterable[int]) -> tuple[int, ...]:
        return tuple(sorted(units))

    def _unsure(self, found: _Finding, reason: Reason, coded: tuple[int, ...] = ()) -> Unsure:
        return Unsure(
            Reason(f"{reason.en}; {_WAITS.en}", f"{reason.ru}; {_WAITS.ru}"), tuple(self._candidates(found, coded))
        )

    def _candidates(self, found: _Finding, coded: tuple[int, ...]) -> list[Candidate]:
        """Return the units that may be meant: by likeness of the name, kind and parent, or by the code."""
        place, gazetteer = found.place, self.gazetteer
        best: dict[int, Candidate] = {}
        for text in filter(None, (place.place_code, place.place_name.strip())):
            for unit in sorted(gazetteer.with_loose_code(found.boundary_set, place.level, text)):
                best[unit] = self._candidate(unit, _OTHER_CODE, _CODE_LIKE)
        for unit in coded:
            best[unit] = self._candidate(unit, _OTHER_CODE, Reason("its code", "его код"))
        for near in gazetteer.near(found.boundary_set, place.level, place.place_name):
            score = near.score
            words = (f'sounds like "{near.name}"', f"похоже на «{near.name}»")
            if near.score >= 1.0:
                words = (f'"{near.name}"', f"«{near.name}»")
            if not gazetteer.is_kind(near.position, found.name.kind):
                score *= _OTHER_KIND
                words = (f"{words[0]}, another kind of unit", f"{words[1]}, единица другого вида")
            if not self._fits_parent(found, near.position):
                score *= _OTHER_PARENT
                words = (f"{words[0]}, in another parent", f"{words[1]}, в другой вышестоящей единице")
            if near.position not in best or score > best[near.position].score:
                best[near.position] = self._candidate(near.position, min(score, _HIGHEST_PROPOSED), Reason(*words))
        return sorted(best.values(), key=lambda one: (-one.score, one.unit_id))[:CANDIDATES]

    def _candidate(self, unit: int, score: float, reason: Reason) -> Candidate:
        row = self.gazetteer.units.iloc[unit]
        return Candidate(row["unit_id"], row["name_en"], round(score, 3), reason)


def _no_name(place: Place) -> Reason:
    if place.place_code:
        return Reason(
            f"no unit has the code {place.place_code}, and there is no name",
            f"единицы с кодом {place.place_code} нет, название не указано",
        )
    return Reason("neither a code nor a name", "нет ни кода, ни названия")


def _several_by_code(place: Place) -> Reason:
    return Reason(f"several units have the code {place.place_code}", f"код {place.place_code} имеют несколько единиц")


def _code_of_other(place: Place, boundary_set: str, known: list[str]) -> Reason:
    where = ", ".join(known)
    code = place.place_code or place.place_name.strip()
    return Reason(
        f"code {code} is not of {boundary_set} at {place.level}, but of {where}",
        f"код {code} относится не к {boundary_set} уровня {place.level}, а к {where}",
    )


def _code_written_otherwise(place: Place) -> Reason:
    code = place.place_code or place.place_name.strip()
    return Reason(f'"{code}" is almost a code', f"«{code}» — почти код")
