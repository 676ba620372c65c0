"""The gazetteer of a run: codes, names and reviewed aliases of all units, by boundary set and level."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
from rapidfuzz import fuzz, process

from etl.reference import SEPARATOR, Reference
from etl.rows import named_rows, value_rows
from geodata.contracts import LEVELS
from geodata.names import PlaceName, consonants, likeness, name_key, parse_name

CODE_ORDER = ("pcode", "iso_3166_2", "unit_id")
NATIONAL, GEONAMES = "national", "geonames"
_NOT_NATIONAL = (GEONAMES, "natural_earth")
_ALIKE = 0.55
_LOOKED_AT = 25
_KATO, _KATO_DIGITS, _KATO_SHORT = "kato", 9, (2, 4, 6)
_BETWEEN = re.compile(r"[\s.\-/]+")
_SCHEME = re.compile(r"^([A-Za-zА-Яа-я]+)[\s:]+(.+)$")

# Which kinds of a name may stand for a unit of a type; a type that is not here takes any.
_KINDS_OF_TYPE = {
    "country": frozenset({"republic"}),
    "republic": frozenset({"republic", "region"}),
    "region": frozenset({"region"}),
    "city": frozenset({"city"}),
    "district": frozenset({"district"}),
    "municipality": frozenset({"city", "district"}),
    "survey_group": frozenset(),
    "joined": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Near:
    """A unit whose name is like a text: its position, how like, and the name that is."""

    position: int
    score: float
    name: str


@dataclass
class _Names:
    """The names of the units of one boundary set and level."""

    by_full: dict[str, set[int]] = field(default_factory=dict)
    by_core: dict[str, set[int]] = field(default_factory=dict)
    by_sound: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, position: int, text: str) -> None:
        name = parse_name(text)
        self.by_full.setdefault(name.full, set()).add(position)
        self.by_core.setdefault(name.core, set()).add(position)
        for form in name.forms:
            self.by_sound.setdefault(form, []).append((position, text))

    @cached_property
    def sounds(self) -> list[str]:
        return sorted(self.by_sound)

    @cached_property
    def bare_sounds(self) -> list[str]:
        return [consonants(sound) for sound in self.sounds]


def normal_code(code: str, scheme: str) -> str:
    """Return a code of a national list as such codes are compared.

    Blanks, points, hyphens and letter case do not count. A KATO code of 2, 4 or 6 digits is filled with zeros to the
    9 digits that the classifier writes; no other code is lengthened, and none is cut.
    """
    text = _BETWEEN.sub("", code).casefold()
    if scheme == _KATO and text.isdigit() and len(text) in _KATO_SHORT:
        return text.ljust(_KATO_DIGITS, "0")
    return text


def loose_code(code: str) -> str:
    """Return the letters and digits of a code, without case: for proposals only."""
    return "".join(letter for letter in code.casefold() if letter.isalnum())


class Gazetteer:
    """Look-ups into units, aliases and codes; one for a run."""

    def __init__(self, reference: Reference) -> None:
        units = reference.units
        self.units = units
        self._reference = reference
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
        self._unit_ids: list[str] = []
        for position, row in enumerate(named_rows(units)):
            self.position[row.boundary_set, row.unit_id] = position
            self._unit_ids.append(row.unit_id)
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
        unclear = reference.ambiguous_names
        self.ambiguous = dict(
            zip(zip(unclear["iso3"], unclear["name_key"], strict=True), unclear["reason"], strict=True)
        )
        self._near: dict[tuple[str, str, str], list[Near]] = {}

    # ------------------------------------------------------------------ sets, codes, aliases

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

    @cached_property
    def _listed_codes(self) -> dict[tuple[str, str, str], list[tuple[str, Any, Any]]]:
        """Codes of national_code and data/codes.csv: (iso3, scheme, code) gives unit_id and dates of validity."""
        found: dict[tuple[str, str, str], list[tuple[str, Any, Any]]] = {}
        coded = self.units.loc[self.units["national_code"] != "", ["iso3", "national_code", "unit_id"]]
        for iso3, text, unit_id in value_rows(coded.drop_duplicates()):
            match = _SCHEME.match(text)
            scheme, code = (match.group(1).casefold(), match.group(2)) if match else (NATIONAL, text)
            found.setdefault((iso3, scheme, normal_code(code, scheme)), []).append((unit_id, pd.NaT, pd.NaT))
        for row in named_rows(self._reference.codes):
            key = (row.iso3, row.scheme, normal_code(row.code, row.scheme))
            found.setdefault(key, []).append((row.unit_id, row.valid_from, row.valid_to))
        return found

    @cached_property
    def _schemes(self) -> dict[str, tuple[str, ...]]:
        schemes: dict[str, set[str]] = {}
        for iso3, scheme, _ in self._listed_codes:
            schemes.setdefault(iso3, set()).add(scheme)
        return {iso3: tuple(sorted(names)) for iso3, names in schemes.items()}

    def units_of_code(
        self, iso3: str, level: str, code: str, kind: str, boundary_set: str, day: pd.Timestamp
    ) -> tuple[set[int], str]:
        """Return the units of a set that have a code, and the match method.

        Parameters
        ----------
        iso3, level, code : str
        kind : str
            ``pcode``, ``iso_3166_2``, ``unit_id``, ``national`` (any national list), ``geonames``, the name of a
            scheme of data/codes.csv; empty: the first of them that has the code.
        boundary_set : str
        day : pandas.Timestamp
            End of the period, for codes that were valid for a time.

        Returns
        -------
        positions : set of int
        method : str
            Empty if there is no such code.
        """
        for column in CODE_ORDER if not kind else ({kind} & set(CODE_ORDER)):
            found = self.by_code.get((boundary_set, level, column, code))
            if found is not None:
                return {found}, column
        for scheme in self._schemes.get(iso3, ()):
            if not (kind in ("", scheme) or (kind == NATIONAL and scheme not in _NOT_NATIONAL)):
                continue
            positions = {
                position
                for unit_id, start, end in self._listed_codes.get((iso3, scheme, normal_code(code, scheme)), ())
                if (pd.isna(start) or start <= day) and (pd.isna(end) or day <= end)
                if (position := self.position.get((boundary_set, unit_id))) is not None
                and self.units["level"].iloc[position] == level
            }
            if positions:
                return positions, GEONAMES if scheme == GEONAMES else "national_code"
        return set(), ""

    # ------------------------------------------------------------------ names

    @cached_property
    def _names(self) -> dict[tuple[str, str], _Names]:
        """Names of all units: the official ones, and aliases that hold for every source."""
        found: dict[tuple[str, str], _Names] = {}
        texts = self.units[["boundary_set", "level", "name_en", "name_ru", "name_local"]]
        for position, (boundary_set, level, *names) in enumerate(value_rows(texts)):
            index = found.setdefault((boundary_set, level), _Names())
            for text in names:
                if text:
                    index.add(position, text)
        sets = sorted(self.country_of_set)
        for row in named_rows(self._reference.aliases):
            if row.source_id or (row.iso3, row.name_key) in self.ambiguous:
                continue
            for boundary_set in sets:
                known = self.position.get((boundary_set, row.unit_id))
                if known is not None and self.country_of_set[boundary_set] == row.iso3:
                    found[boundary_set, row.level].add(known, row.name)
        return found

    def is_kind(self, position: int, kind: str) -> bool:
        """Tell whether a unit may be of a kind that a name says; any unit may if it says none."""
        return not kind or kind in _KINDS_OF_TYPE.get(self._types[position], {kind})

    @cached_property
    def _types(self) -> list[str]:
        return [str(name) for name in self.units["unit_type"]]

    def unit_id(self, position: int) -> str:
        """Return the id of a unit."""
        return self._unit_ids[position]

    def named_exactly(self, boundary_set: str, level: str, name: PlaceName) -> set[int]:
        """Return the units of a set and level that have a name: all its words, or its core and a kind that fits."""
        names = self._names.get((boundary_set, level))
        if names is None or not name.full:
            return set()
        of_kind = {p for p in names.by_core.get(name.core, ()) if self.is_kind(p, name.kind)}
        return names.by_full.get(name.full, set()) | of_kind

    def with_core(self, boundary_set: str, level: str, name: PlaceName) -> set[int]:
        """Return the units that have a name but for the words that say the kind."""
        names = self._names.get((boundary_set, level))
        return set(names.by_core.get(name.core, ())) if names is not None else set()

    def other_levels(self, boundary_set: str, level: str) -> Iterator[str]:
        """Return the other levels that a set has."""
        return (other for other in LEVELS if other != level and (boundary_set, other) in self._names)

    def other_sets(self, iso3: str, boundary_set: str) -> Iterator[str]:
        """Return the other sets of a country that figures join by their date."""
        return (name for name, _, _ in self.sets_by_date.get(iso3, ()) if name != boundary_set)

    def ancestors(self, position: int) -> list[int]:
        """Return parent, parent's parent and so on."""
        found: list[int] = []
        while True:
            row = self.units.iloc[found[-1] if found else position]
            above = self.position.get((row["boundary_set"], row["parent_unit_id"])) if row["parent_unit_id"] else None
            if above is None or above in found:
                return found
            found.append(above)

    @cached_property
    def _unclear(self) -> dict[tuple[str, str], tuple[frozenset[str], str]]:
        """Names that never join alone, by exact key: the units that they may mean, and why."""
        found: dict[tuple[str, str], tuple[frozenset[str], str]] = {}
        for row in named_rows(self._reference.ambiguous_names):
            units = frozenset(filter(None, (part.strip() for part in row.candidates.split(SEPARATOR))))
            name = parse_name(row.name)
            for key in {name.full, name.core}:
                before, _ = found.get((row.iso3, key), (frozenset(), ""))
                found[row.iso3, key] = (before | units, row.reason)
        return found

    def unclear(self, iso3: str, name: PlaceName) -> tuple[frozenset[str], str] | None:
        """Return the unit_ids that an ambiguous name may mean and why, or None if the name is not listed as such."""
        return self._unclear.get((iso3, name.full)) or self._unclear.get((iso3, name.core))

    # ------------------------------------------------------------------ proposals

    def near(self, boundary_set: str, level: str, text: str) -> list[Near]:
        """Return the units of a set and level whose names sound like a text, the most alike first.

        Parameters
        ----------
        boundary_set, level, text : str

        Returns
        -------
        list of Near
            Each unit once.
        """
        asked = (boundary_set, level, text)
        if asked not in self._near:
            self._near[asked] = self._find_near(*asked)
        return self._near[asked]

    def _find_near(self, boundary_set: str, level: str, text: str) -> list[Near]:
        names = self._names.get((boundary_set, level))
        name = parse_name(text)
        if names is None or not name.full:
            return []
        sounds: set[str] = set()
        for form in name.forms:
            for scorer in (fuzz.ratio, fuzz.token_set_ratio):
                sounds |= {hit[0] for hit in process.extract(form, names.sounds, scorer=scorer, limit=_LOOKED_AT)}
            hits = process.extract(consonants(form), names.bare_sounds, scorer=fuzz.ratio, limit=_LOOKED_AT)
            sounds |= {names.sounds[hit[2]] for hit in hits}
        best: dict[int, Near] = {}
        for position, other in sorted({owner for sound in sounds for owner in names.by_sound[sound]}):
            score = likeness(name, parse_name(other))
            if score >= _ALIKE and (position not in best or score > best[position].score):
                best[position] = Near(position, score, other)
        return sorted(best.values(), key=lambda near: (-near.score, self.unit_id(near.position)))

    @cached_property
    def _loose_codes(self) -> dict[tuple[str, str, str], set[int]]:
        found: dict[tuple[str, str, str], set[int]] = {}
        for (boundary_set, level, _, code), position in self.by_code.items():
            found.setdefault((boundary_set, level, loose_code(code)), set()).add(position)
        return found

    def with_loose_code(self, boundary_set: str, level: str, text: str) -> set[int]:
        """Return the units whose code has the letters and digits of a text."""
        return self._loose_codes.get((boundary_set, level, loose_code(text)), set())

    def nearest(self, boundary_set: str, level: str, text: str) -> list[str]:
        """Return units of a set whose codes or names look like a text, as proposals for a message."""
        coded = sorted(self.with_loose_code(boundary_set, level, text))
        near = [near.position for near in self.near(boundary_set, level, text)]
        found = self.units.iloc[list(dict.fromkeys([*coded, *near]))[:3]]
        return [f"{row.unit_id} {row.name_en}" for row in named_rows(found)]
