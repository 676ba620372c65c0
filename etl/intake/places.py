"""Tells which columns name places: by which system of codes or by name, in which country and at which level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from etl.gazetteer import normal_code
from etl.reference import Reference
from etl.rows import named_rows
from geodata.names import parse_name

NAME = "name"
_SYSTEMS = ("pcode", "iso_3166_2", "unit_id")
_MAX_DISTINCT = 3_000
Where = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PlaceFit:
    """How well the texts of a column fit the units of one country and level.

    Attributes
    ----------
    system : str
        ``pcode``, ``iso_3166_2``, ``unit_id``, a national list such as ``kato``, or ``name``.
    iso3, level : str
    share : float
        Of the distinct texts of the column.
    """

    system: str
    iso3: str
    level: str
    share: float


@dataclass
class PlaceIndex:
    """Codes and names of all known units.

    Attributes
    ----------
    codes : dict
        By system and code: countries and levels.
    names : dict
        By the key of a name: countries and levels.
    """

    codes: dict[str, dict[str, set[Where]]] = field(default_factory=dict)
    names: dict[str, set[Where]] = field(default_factory=dict)

    @classmethod
    def of(cls, reference: Reference) -> PlaceIndex:
        """Return the index of the reference tables."""
        index = cls()
        level_of: dict[tuple[str, str], str] = {}
        for row in named_rows(reference.units):
            where = (row.iso3, row.level)
            level_of[row.iso3, row.unit_id] = row.level
            for system in _SYSTEMS:
                index._add_code(system, getattr(row, system), where)
            scheme, _, code = row.national_code.partition(" ")
            if code:
                index._add_code(scheme.casefold(), normal_code(code, scheme.casefold()), where)
            for name in (row.name_en, row.name_ru, row.name_local):
                index._add_name(name, where)
        for row in named_rows(reference.aliases):
            index._add_name(row.name, (row.iso3, row.level))
        codes = getattr(reference, "codes", None)
        for row in named_rows(codes) if codes is not None else ():
            level = level_of.get((row.iso3, row.unit_id))
            if level:
                index._add_code(row.scheme, normal_code(row.code, row.scheme), (row.iso3, level))
        return index

    def _add_code(self, system: str, code: str, where: Where) -> None:
        if code:
            self.codes.setdefault(system, {}).setdefault(code, set()).add(where)

    def _add_name(self, name: str, where: Where) -> None:
        if name:
            parsed = parse_name(name)
            for key in {parsed.full, parsed.core, *parsed.forms}:
                self.names.setdefault(key, set()).add(where)

    def levels_of_name(self, text: str) -> set[Where]:
        """Return the countries and levels at which a name is known."""
        parsed = parse_name(text)
        found: set[Where] = set()
        for key in (parsed.full, parsed.core, *parsed.forms):
            found |= self.names.get(key, set())
        return found

    def _hits(self, system: str, texts: Sequence[str]) -> Iterable[set[Where]]:
        if system == NAME:
            return (self.levels_of_name(text) for text in texts)
        known = self.codes[system]
        if system in _SYSTEMS:
            return (known.get(text, set()) for text in texts)
        return (known.get(normal_code(text, system), set()) for text in texts)

    def fits(self, texts: Iterable[str]) -> list[PlaceFit]:
        """Return the systems, countries and levels that texts fit, the best first.

        Parameters
        ----------
        texts : iterable of str
            The cells of a column.
        """
        distinct = [text for text in dict.fromkeys(text.strip() for text in texts) if text][:_MAX_DISTINCT]
        if not distinct:
            return []
        found = []
        for system in (*self.codes, NAME):
            counts = Counter(where for hit in self._hits(system, distinct) for where in hit)
            found += [PlaceFit(system, *where, n / len(distinct)) for where, n in counts.items() if n]
        return sorted(found, key=lambda fit: (-fit.share, fit.system == NAME, fit.level == "ADM0", fit.iso3, fit.level))
