"""The unprotected truth: the figures as the package holds them, read without the ETL, and what a snapshot must hide."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from geodata.snapshot import Snapshot

Place = tuple[str, str, str]
"""Unit, first day, last day."""
Group = tuple[str, str]
"""Sex and age."""
EVERYBODY: Group = ("all", "all")


@dataclass(frozen=True)
class Cell:
    """One figure: of all sexes and ages together, unless it is told of a group."""

    indicator: str
    level: str
    unit: str
    start: str
    end: str

    @property
    def place(self) -> Place:
        return self.unit, self.start, self.end


@dataclass
class Truth:
    """What one dataset knows and what its snapshot may say.

    Attributes
    ----------
    specs : mapping of indicator id to mapping
        The catalog files of the package, all tiers.
    values : mapping of Cell to float
        Every figure, unprotected.
    protected : set of Cell
        Those whose value no answer may give away.
    above : tuple of str
        Indicators that the snapshot's tier may not hold.
    names : mapping of unit to tuple of str
        Id, codes and names by which an answer may speak of a unit.
    parents : mapping of (boundary set, unit) to str
    groups, protected_groups : mapping of Group to mapping of Cell to float, and to set of Cell
        The same as `values` and `protected` for women, men and ages.
    """

    dataset: str
    specs: Mapping[str, Mapping[str, Any]]
    values: dict[Cell, float]
    shown: set[Cell]
    above: tuple[str, ...]
    names: dict[str, tuple[str, ...]]
    parents: dict[tuple[str, str], str]
    sources_above: tuple[str, ...] = ()
    protected: set[Cell] = field(default_factory=set)
    groups: dict[Group, dict[Cell, float]] = field(default_factory=dict)
    protected_groups: dict[Group, set[Cell]] = field(default_factory=dict)

    @cached_property
    def concerned(self) -> tuple[str, ...]:
        """Indicators with a protected figure."""
        return tuple(sorted({cell.indicator for cell in self.protected}))

    def of(self, indicator: str, group: Group = EVERYBODY) -> dict[Place, float]:
        """Return the protected figures of an indicator and a group of people."""
        values, protected = self.values, self.protected
        if group != EVERYBODY:
            values, protected = self.groups.get(group, {}), self.protected_groups.get(group, set())
        return {cell.place: values[cell] for cell in protected if cell.indicator == indicator}

    def marks_of_tier(self) -> Iterator[str]:
        """Return ids and texts that only an indicator or source above the tier has."""
        allowed = {text for name, spec in self.specs.items() if name not in self.above for text in _texts(spec)}
        for name in self.above:
            yield name
            yield from (text for text in _texts(self.specs[name]) if text not in allowed)
        yield from self.sources_above


def _texts(spec: Mapping[str, Any]) -> Iterator[str]:
    for key in ("title", "menu_title", "headline", "definition"):
        yield from spec[key].values()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _unit_names(units: list[dict[str, str]]) -> dict[str, tuple[str, ...]]:
    keys = ("unit_id", "pcode", "iso_3166_2", "national_code", "name_en", "name_ru")
    names: dict[str, set[str]] = {}
    for row in units:
        names.setdefault(row["unit_id"], set()).update(row[key] for key in keys if row.get(key))
    return {unit: tuple(sorted(found)) for unit, found in names.items()}


def _cells(observed: pd.DataFrame) -> set[Cell]:
    days = [pd.to_datetime(observed[key]).dt.strftime("%Y-%m-%d") for key in ("period_start", "period_end")]
    columns = (observed["indicator_id"], observed["level"], observed["unit_id"], *days)
    return {Cell(*row) for row in zip(*(column.astype(str) for column in columns), strict=True)}


def _of_group(observed: pd.DataFrame, group: Group) -> pd.DataFrame:
    return observed[(observed["sex"] == group[0]) & (observed["age"] == group[1])]


def _protected(values: Mapping[Cell, float], observed: pd.DataFrame, sensitive: set[str]) -> set[Cell]:
    shown = _cells(observed[observed["value"].notna()])
    withheld = _cells(observed[observed["missing_reason"] == "suppressed"])
    return {cell for cell in values if cell in withheld or (cell.indicator in sensitive and cell not in shown)}


def read_truth(package: Path, snapshot: Snapshot) -> Truth:
    """Return the truth of a package beside a snapshot that was built from it.

    A figure is protected if the snapshot withholds it, or if it is of a sensitive indicator and not shown.
    """
    paths = sorted((package / "catalog" / "indicators").glob("*.yml"))
    specs = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths}
    units = _rows(package / "data" / "units.csv")
    unit_of = {row[key]: row["unit_id"] for row in units for key in ("pcode", "iso_3166_2", "unit_id") if row.get(key)}
    by_file: dict[str, list[dict[str, str]]] = {}
    values: dict[Cell, float] = {}
    groups: dict[Group, dict[Cell, float]] = {}
    sources: dict[str, set[str]] = {}
    for name, spec in specs.items():
        binding = spec["source"]
        if binding["reader"] != "csv":
            continue
        rows = by_file.setdefault(binding["file"], _rows(package / binding["file"]))
        for row in rows:
            if any(row[key] != wanted for key, wanted in binding.get("where", {}).items()):
                continue
            sources.setdefault(name, set()).add(row["source_id"])
            unit = unit_of.get(row["place_code"])
            if unit and row["value"]:
                cell = Cell(name, row["level"], unit, row["period_start"], row["period_end"])
                group = (row["sex"], row["age"])
                known = values if group == EVERYBODY else groups.setdefault(group, {})
                known[cell] = float(row["value"]) * binding.get("multiply", 1.0)
    catalog = {spec["id"] for spec in snapshot.catalog_json()["indicators"]}
    every = snapshot.read_table("observations")
    observed = _of_group(every, EVERYBODY)
    shown = _cells(observed[observed["value"].notna()])
    sensitive = {name for name, spec in specs.items() if spec["sensitivity"] in ("high", "severe")} & catalog
    above = tuple(sorted(set(specs) - catalog))
    known = set().union(*(sources.get(name, set()) for name in specs if name not in above), {""})
    only_above = set().union(*(sources.get(name, set()) for name in above), set()) - known
    return Truth(
        dataset=snapshot.manifest["dataset"],
        specs=specs,
        values=values,
        shown=shown,
        above=above,
        names=_unit_names(units),
        parents={(row["boundary_set"], row["unit_id"]): row["parent_unit_id"] for row in units},
        sources_above=tuple(sorted(only_above)),
        protected=_protected(values, observed, sensitive),
        groups=groups,
        protected_groups={
            group: _protected(known, _of_group(every, group), sensitive) for group, known in groups.items()
        },
    )
