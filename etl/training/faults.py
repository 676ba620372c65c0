"""Faults planted in a hard-mode package, each with the line that `python -m etl validate` must say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from etl.training.country import ISO3, NEW, OLD, Country, Unit
from etl.training.names import double_letter

COLUMNS = ("fault_id", "file", "row", "what", "message")
ANY_TEXT = "…"
_YEAR = 2025
_ECONOMIC = "data/figures/economic.csv"
_POPULATION = "data/figures/population.csv"
_PROGRAMMES = "data/programmes.csv"
_PERSONS = "data/figures/returned_list.csv"
_EXPORT = "data/figures/ministry_export.csv"
_BOUNDARIES = f"boundaries/{NEW}.geojson"
_INDICATORS = "catalog/indicators"
_TRIED_SHARES = (0.12, 0.06, 0.03)
_MIN_FAULT_DEG2 = 2e-6

Features = list[tuple[str, list[Any]]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted fault.

    Attributes
    ----------
    fault_id, file : str
    row : int or None
        Line of the file (header = 1) or number of the feature.
    column : str
    what : str
        What was done.
    found, expected, remedy : str
        As in the message; `ANY_TEXT` stands for any text.
    """

    fault_id: str
    file: str
    row: int | None
    column: str
    what: str
    found: str
    expected: str
    remedy: str

    @property
    def message(self) -> str:
        """The line that `validate` says; `ANY_TEXT` stands for any text."""
        place = self.file
        if self.row is not None:
            place += f", {'feature' if self.file.endswith('.geojson') else 'row'} {self.row}"
        if self.column:
            place += f", {self.column}"
        return f"{place}: found {self.found}; expected {self.expected}. {self.remedy}"


def _figure(**cells: str) -> str:
    columns = {
        "indicator": "unemployment_rate",
        "iso3": ISO3,
        "level": "ADM2",
        "place_code": "",
        "place_name": "",
        "period_start": f"{_YEAR}-01-01",
        "period_end": f"{_YEAR}-12-31",
        "sex": "all",
        "age": "all",
        "value": "8.5",
        "low": "",
        "high": "",
        "n": "",
        "qualifier": "exact",
        "obs_status": "A",
        "missing_reason": "",
        "boundary_set": "",
        "source_id": "syn-statistics",
        "note_en": "",
        "note_ru": "",
    }
    return ",".join((columns | cells).values())


class _Planter:
    """Plants faults one after the other; each in a row, file or feature of its own."""

    def __init__(
        self,
        tables: dict[str, list[str]],
        documents: dict[str, str],
        features: dict[str, Features],
        raw: dict[str, bytes],
        country: Country,
    ) -> None:
        self.tables, self.documents, self.features, self.raw = tables, documents, features, raw
        self.country = country
        self.units = iter([u for u in country.at(NEW, "ADM2") if u.unit_id != country.renamed])

    def _append(self, path: str, line: str) -> int:
        self.tables[path].append(line)
        return len(self.tables[path])

    def _next_unit(self) -> Unit:
        return next(self.units)

    def _cell(
        self, fault_id: str, column: str, value: str, what: str, expected: str, remedy: str, **more: str
    ) -> Fault:
        """Plant a row of figures with one bad cell."""
        shown = more.pop("found", f'"{value}"')
        cell = f'"{value}"' if "," in value else value
        row = self._append(_ECONOMIC, _figure(place_code=self._next_unit().unit_id, **more | {column: cell}))
        return Fault(fault_id, _ECONOMIC, row, column, what, shown, expected, remedy)

    def figures(self) -> Iterator[Fault]:
        """Plant cells that cannot be what they say."""
        yield self._cell(
            "decimal-comma",
            "value",
            "12,5",
            "a comma for the decimal point",
            "a number with a point, without blanks or signs",
            "Write the number as 12.5.",
        )
        yield self._cell(
            "words-for-missing",
            "value",
            "n/a",
            "words where a figure is missing",
            "a number with a point, without blanks or signs",
            "Write the number as 12.5.",
        )
        yield self._cell(
            "out-of-range",
            "value",
            "850",
            "a rate above 100 %",
            "a value in value_range of unemployment_rate (0 to 100)",
            "Correct the value, its unit, or value_range of the indicator.",
        )
        yield self._cell(
            "bounds-cross", "low", "9.5", "a lower bound above the value", "low <= value <= high", "Correct the bounds."
        )
        yield self._cell(
            "day-first-date",
            "period_end",
            f"31.12.{_YEAR}",
            "a date with the day first",
            "a date such as 2022-06-08",
            "Write the date as year-month-day.",
        )
        yield self._cell(
            "unknown-sex",
            "sex",
            "F",
            "a code for sex that the list does not have",
            "one of all, female, male",
            "Use a code of the list.",
        )
        yield self._cell(
            "age-in-words",
            "age",
            "youth",
            "an age group in words",
            "all or a group such as 15-29",
            "Correct the age group.",
        )
        yield self._cell(
            "unknown-status",
            "obs_status",
            "X",
            "a status that SDMX does not have",
            "one of A, B, E, I, M, O, P, U",
            "Use a code of the list.",
        )
        yield self._cell(
            "value-though-missing",
            "missing_reason",
            "not_collected",
            "a value beside a reason why it is missing",
            "an empty cell where there is a value",
            "Empty the cell, or take the value out.",
        )
        yield self._cell(
            "unknown-source",
            "source_id",
            "syn-unknown",
            "a source that nobody described",
            "a value of source_id in data/sources.csv",
            "Correct it, or add it to data/sources.csv.",
        )
        yield self._cell(
            "unknown-level",
            "level",
            "ADM4",
            "a level that does not exist",
            "one of ADM0, ADM1, ADM2, ADM3",
            "Use a code of the list.",
        )
        row = self._append(_ECONOMIC, _figure(place_code=self._next_unit().unit_id) + ",")
        yield Fault(
            "one-cell-too-many",
            _ECONOMIC,
            row,
            "",
            "a comma too many",
            "21 cells",
            "20 cells, as in the header",
            "Put text with a comma or a line break into double quotes.",
        )

    def places(self) -> Iterator[Fault]:
        """Plant places that no unit is certain to be."""
        country, t = self.country, self.country.territory
        former = country.at(OLD, "ADM2")
        row = self._append(_ECONOMIC, _figure(place_code="XT9999"))
        yield Fault(
            "unknown-code",
            _ECONOMIC,
            row,
            "place_code",
            "a P-code that no unit has",
            '"XT9999"',
            f"a code of a unit of {NEW} at ADM2{ANY_TEXT}",
            "Correct the code, or leave the cell empty to join by a reviewed alias.",
        )
        renamed = country.unit(NEW, country.renamed)
        row = self._append(_ECONOMIC, _figure(place_name=renamed.name.en))
        yield Fault(
            "homonym",
            _ECONOMIC,
            row,
            "place_name",
            "a name that two districts have or had, without a code",
            f'"{renamed.name.en}" ({ANY_TEXT})',
            f"a code, or an alias for this very source, because the name is ambiguous{ANY_TEXT}",
            "Find out what the source means; add a code, an alias with source_id, or a row in data/exclusions.csv.",
        )
        alias = (
            f"a reviewed alias of a unit of {NEW} at ADM2{ANY_TEXT}",
            "Decide which unit is meant and add a row to data/aliases.csv, or list the row in data/exclusions.csv.",
        )
        wrong = double_letter(self._next_unit().name.en)
        row = self._append(_ECONOMIC, _figure(place_name=wrong))
        yield Fault(
            "misspelt-name", _ECONOMIC, row, "place_name", "a letter too many, without a code", f'"{wrong}"', *alias
        )
        merged = next(unit for unit in former if unit.base == [t.n_adm2])
        row = self._append(_ECONOMIC, _figure(place_code=merged.unit_id, place_name=merged.name.en))
        yield Fault(
            "former-code",
            _ECONOMIC,
            row,
            "place_name",
            "the code of a district that was merged in 2018",
            f'"{merged.name.en}" (code {merged.unit_id} is not of {NEW})',
            *alias,
        )
        lines = self.tables[_POPULATION]
        row = self._append(_POPULATION, lines[1])
        cells = lines[1].split(",")
        yield Fault(
            "twice",
            _POPULATION,
            row,
            "place_code, period_start, period_end, sex, age",
            "a row that stands twice",
            f'"population, {ISO3}, {cells[5]}, {cells[6]}, all, all (already in row 2)"',
            "one figure for each unit and period",
            "Remove one of the rows; only indicators of kind range take several, by source or note_en.",
        )

    def programmes(self) -> Iterator[Fault]:
        """Plant programmes that cannot be placed in sector, space or time."""
        good = {
            "org_name": "Careless Partner (invented)",
            "org_type": "ngo",
            "sector": "health",
            "activity": "",
            "boundary_set": NEW,
            "level": "ADM2",
            "unit_id": "",
            "status": "ongoing",
            "period_start": "2024-02-01",
            "period_end": "2025-12-31",
            "target": "100",
            "reached": "40",
            "budget_usd": "5000",
            "source_id": "syn-programmes",
        }
        for fault_id, column, value, expected, remedy in (
            ("programme-without-sector", "sector", "", "a value", "Fill the cell."),
            ("programme-without-status", "status", "", "a value", "Fill the cell."),
            ("programme-without-unit", "unit_id", "", "a value", "Fill the cell."),
            ("programme-without-start", "period_start", "", "a value", "Fill the cell."),
            (
                "programme-unknown-status",
                "status",
                "finished",
                "one of planned, ongoing, completed, suspended",
                "Use a code of the list.",
            ),
            (
                "programme-unknown-unit",
                "unit_id",
                "XT9999",
                "a unit of that boundary set and level in data/units.csv",
                "Correct boundary_set, level or unit_id.",
            ),
            (
                "programme-too-exact",
                "level",
                "ADM3",
                "one of ADM0, ADM1, ADM2",
                "Give the district: places of work are not published more exactly.",
            ),
        ):
            cells = good | {"activity": fault_id, "unit_id": self._next_unit().unit_id} | {column: value}
            row = self._append(_PROGRAMMES, ",".join(cells.values()))
            found = f'"{value}"' if value else "an empty cell"
            yield Fault(
                fault_id, _PROGRAMMES, row, column, "who does what where, incomplete or wrong", found, expected, remedy
            )

    def catalog(self) -> Iterator[Fault]:
        """Plant indicator files with a misspelt key, a code without quotes, and an id that is not the file's name."""
        good = self.documents[f"{_INDICATORS}/unemployment_rate.yml"]

        def lines_before(text: str, start: str) -> int:
            return next(number for number, line in enumerate(text.split("\n"), 1) if line.lstrip().startswith(start))

        text = good.replace("id: unemployment_rate", "id: fault_key", 1).replace("definition:", "definiton:", 1)
        file = f"{_INDICATORS}/fault_key.yml"
        self.documents[file] = text
        yield Fault(
            "misspelt-key",
            file,
            lines_before(text, "definiton:"),
            "definiton",
            "a key with a letter missing",
            'the unknown key "definiton"',
            "only known keys",
            'Write "definition" instead.',
        )
        yield Fault(
            "missing-key",
            file,
            1,
            "definition",
            "the same: the right key is not there",
            "no such key",
            'the key "definition"',
            "Add the key.",
        )
        file = f"{_INDICATORS}/fault_quotes.yml"
        text = good.replace("id: unemployment_rate", "id: fault_quotes", 1)
        text = text.replace("indicator: unemployment_rate", "indicator: NO", 1)
        self.documents[file] = text
        row = next(number for number, line in enumerate(text.split("\n"), 1) if "indicator: NO" in line)
        yield Fault(
            "code-without-quotes",
            file,
            row,
            "source.where.indicator",
            "a code that YAML takes for a word of its own",
            "NO, which YAML reads as False",
            "text",
            'Put the code into quotes: "NO".',
        )
        file = f"{_INDICATORS}/fault_name.yml"
        self.documents[file] = good
        yield Fault(
            "id-is-not-the-file",
            file,
            1,
            "id",
            "a copy of a file whose id was not changed",
            '"unemployment_rate"',
            "the name of the file, fault_name",
            "Rename the file or the indicator.",
        )

    def files(self) -> Iterator[Fault]:
        """Plant a table on persons and one in another encoding."""
        header = self.tables[_ECONOMIC][0]
        self.tables[_PERSONS] = [
            f"{header},full_name",
            f"{_figure(place_code=self._next_unit().unit_id)},Invented Person",
        ]
        yield Fault(
            "names-of-persons",
            _PERSONS,
            1,
            "full_name",
            "a column with the names of persons",
            'a column named "full_name"',
            "no data on persons, ethnicity, nationality or religion",
            "Remove the column: only figures of admin units are taken.",
        )
        unit = self._next_unit()
        self.raw[_EXPORT] = f"{header}\n{_figure(place_name=unit.name.ru)}\n".encode("cp1251")
        byte = unit.name.ru.encode("cp1251")[0]
        yield Fault(
            "not-utf-8",
            _EXPORT,
            2,
            "",
            "a table saved in Windows-1251",
            f"the byte 0x{byte:02X}, which is not UTF-8",
            "a CSV table in UTF-8",
            "Save the file again with encoding UTF-8 (in Excel: CSV UTF-8).",
        )

    def borders(self) -> Iterator[Fault]:
        """Move one corner of a border on one side only: once inwards, once outwards."""
        remedy = "See python -m etl topology, which offers a repair; a hole that is right goes into known_holes."
        expected = f"polygons of {NEW} that share their borders vertex by vertex"
        items = self.features[NEW]
        touched: set[int] = set()
        for fault_id, sign, word in (("gap", 1.0, "a gap"), ("overlap", -1.0, "an overlap")):
            moved, other = _bend_border(items, sign, touched)
            first, second = sorted((moved, other), key=lambda at: items[at][0])
            touched.update((moved, other))
            yield Fault(
                fault_id,
                _BOUNDARIES,
                second + 1,
                f"geometry near {ANY_TEXT}",
                f"{word} between two polygons",
                f"{word} of {ANY_TEXT} km2 between {ANY_TEXT}{items[second][0]}{ANY_TEXT}"
                if fault_id == "gap"
                else f"{word} of {ANY_TEXT} km2 between {items[first][0]} and {items[second][0]}",
                expected,
                remedy,
            )


def _bend_border(items: Features, sign: float, touched: set[int]) -> tuple[int, int]:
    """Move one point of a border that two polygons share, in the first of them; return both positions."""
    owners: dict[tuple[float, float], list[int]] = {}
    for at, (_, parts) in enumerate(items):
        for point in parts[0][0][:-1]:
            owners.setdefault((point[0], point[1]), []).append(at)
    for at, (unit_id, parts) in enumerate(items):
        if at in touched or len(parts) > 1 or len(parts[0]) > 1:
            continue
        ring = parts[0][0]
        middle = np.mean(np.array(ring[:-1]), axis=0)
        for position in range(2, len(ring) - 2):
            around = [owners[ring[i][0], ring[i][1]] for i in range(position - 2, position + 3)]
            pair = set(around[2])
            if len(pair) != 2 or pair & touched or any(set(one) != pair for one in around):
                continue
            for share in _TRIED_SHARES:
                point = np.array(ring[position])
                bent = [list(p) for p in ring]
                bent[position] = [round(float(v), 5) for v in point + sign * share * (middle - point)]
                before, after = shapely.Polygon(ring), shapely.Polygon(bent)
                other = next(one for one in pair if one != at)
                beside = shapely.Polygon(items[other][1][0][0])
                changed = before.area - after.area
                clean = after.is_valid and changed * sign > _MIN_FAULT_DEG2
                alone = sign > 0 or after.difference(before).within(beside.buffer(1e-9))
                if clean and alone and before.contains(shapely.Point(bent[position])) == (sign > 0):
                    items[at] = (unit_id, [[bent]])
                    return at, other
    raise AssertionError("some border can be bent")


def plant_faults(
    tables: dict[str, list[str]],
    documents: dict[str, str],
    features: dict[str, Features],
    raw: dict[str, bytes],
    country: Country,
) -> list[tuple[str, str, str, str, str]]:
    """Plant all faults in a package that is still in memory.

    Parameters
    ----------
    tables, documents, features, raw
        As of `etl.training.writer.Draft`; changed in place.
    country : Country

    Returns
    -------
    list of tuple of str
        The rows of data/faults.csv, in the order of `COLUMNS`.
    """
    planter = _Planter(tables, documents, features, raw, country)
    steps = (planter.figures, planter.places, planter.programmes, planter.catalog, planter.files, planter.borders)
    faults = [fault for step in steps for fault in step()]
    return [(f.fault_id, f.file, "" if f.row is None else str(f.row), f.what, f.message) for f in faults]
