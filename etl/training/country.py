"""The training country: its units in both divisions, with codes, names, kind of place and polygons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from etl.training.geometry import PROJECTION, cell_polygon, draw_edges
from etl.training.names import COUNTRY, EAST, NORTH, Name, NameGiver, spell
from etl.training.plan import REFORM_YEAR, Plan
from etl.training.territory import Territory, make_territory
from geodata.projection import area_km2, project

ISO3, NORTH_ISO3, EAST_ISO3 = "XTR", "XTO", "XTV"  # ISO 3166 keeps XAA to XZZ for users: no country has them
PREFIX = "XT"
OLD, NEW = "XTR-2008", "XTR-2018"
NORTH_SET, EAST_SET = "XTO-outline", "XTV-outline"
URBAN, RURAL, BORDER, PERIPHERAL = "urban", "rural", "border", "peripheral"
_PERIPHERAL_SHARE = 0.72  # quantile of the distance from the capital
_URBAN_PER_UNIT = 0.11
_FINEST_STEP_M = 1_600.0


def division_of(year: int) -> str:
    """Return the boundary set that is valid at the end of a year."""
    return OLD if year < REFORM_YEAR else NEW


@dataclass
class Unit:
    """One unit of one division.

    Attributes
    ----------
    boundary_set, unit_id, level, parent : str
    name : Name
    unit_type : str
    base : list of int
        The districts before the reform (0 to n_adm2) that make it up; for ADM3 the one in which it lies.
    atom : int or None
        For ADM3: which of the country's cells it is.
    typology : str
    members : tuple of str
        Units of the other division that make it up; empty if it has a polygon or children.
    geometry : str
    """

    boundary_set: str
    unit_id: str
    level: str
    parent: str
    name: Name
    unit_type: str
    base: list[int]
    atom: int | None = None
    typology: str = ""
    members: tuple[str, ...] = ()
    geometry: str = "polygon"
    note: tuple[str, str] = ("", "")


@dataclass
class Country:
    """Everything about the country but its figures.

    Attributes
    ----------
    plan : Plan
    territory : Territory
    units : list of Unit
        Of both divisions, in the order of levels.
    polygons : dict of str to dict of str to polygon
        By boundary set and unit_id.
    base_of_atom : numpy.ndarray of int, shape (n_atoms,)
    area : numpy.ndarray of float64, shape (n_atoms,)
        [km2]
    xy : numpy.ndarray of float64, shape (n_base, 2)
        Middle of each district before the reform [m].
    kind : list of str
        Typology of each district before the reform.
    renamed : str
        The district that has since the reform the former name of one of the merged districts.
    lake : polygon
        As [lon, lat].
    """

    plan: Plan
    territory: Territory
    units: list[Unit]
    polygons: dict[str, dict[str, Any]]
    base_of_atom: NDArray[np.int64]
    area: NDArray[np.float64]
    xy: NDArray[np.float64]
    kind: list[str]
    renamed: str
    lake: Any
    _index: dict[tuple[str, str], Unit] = field(default_factory=dict, repr=False)

    def unit(self, boundary_set: str, unit_id: str) -> Unit:
        """Return a unit of a division."""
        if not self._index:
            self._index.update({(u.boundary_set, u.unit_id): u for u in self.units})
        return self._index[boundary_set, unit_id]

    def at(self, boundary_set: str, level: str) -> list[Unit]:
        """Return the units of a division at a level."""
        return [u for u in self.units if u.boundary_set == boundary_set and u.level == level]


def _typology(
    territory: Territory, xy: NDArray[np.float64], base: NDArray[np.int64], rng: np.random.Generator
) -> list[str]:
    """Say of each district whether it is urban, at a land border, far from the capital, or rural otherwise."""
    near, cell_of = territory.mosaic.neighbours, territory.atoms
    foreign = {*territory.north, *territory.east, *territory.enclave}
    at_border = {int(b) for cell, b in zip(cell_of, base, strict=True) if foreign.intersection(near[cell])}
    distance = np.hypot(*(xy - xy[territory.capital]).T)
    far = distance > np.quantile(distance, _PERIPHERAL_SHARE)
    kind = [BORDER if b in at_border else PERIPHERAL if far[b] else RURAL for b in range(len(xy))]
    kind[territory.exclave], kind[territory.island] = BORDER, PERIPHERAL
    inner = [b for b in range(len(xy)) if kind[b] == RURAL]
    for b in rng.permutation(inner)[: max(3, round(_URBAN_PER_UNIT * len(xy)))].tolist():
        kind[b] = URBAN
    kind[territory.capital] = URBAN
    return kind


def _adm1_codes(territory: Territory) -> tuple[dict[int, str], dict[int, str]]:
    """Return the codes of the regions before and after the reform; changed territories get codes never used before."""
    n = len(set(territory.adm1))
    numbers = iter(range(1, n + 10))
    old = {region: f"{PREFIX}{next(numbers):02d}" for region in range(n) if region != territory.split[1]}
    changed = sorted({*territory.split, *territory.changed})
    new = {region: f"{PREFIX}{next(numbers):02d}" if region in changed else old[region] for region in range(n)}
    return old, new


class _Register:
    """Makes the units of both divisions."""

    def __init__(self, plan: Plan, territory: Territory, kind: list[str]) -> None:
        self.plan, self.t, self.kind = plan, territory, kind
        rng = plan.stream("names")
        giver = NameGiver(rng)
        self.rng = rng
        self.old_code1, self.new_code1 = _adm1_codes(territory)
        self.old_name1 = {region: giver.give("ADM1") for region in self.old_code1}
        self.new_name1 = dict(self.old_name1)
        self.new_name1[territory.split[0]] = giver.give("ADM1")
        self.new_name1[territory.split[1]] = giver.give("ADM1")
        n_base = territory.n_adm2 + 1
        self.name2 = [giver.give("ADM2") for _ in range(n_base)]
        self.name2[territory.capital] = self.old_name1[len(self.new_code1) - 1]
        self.old_name2, self.new_name2 = list(self.name2), list(self.name2)
        outside = {
            territory.merged,
            territory.capital,
            territory.exclave,
            territory.island,
            territory.moved,
            n_base - 1,
        }
        free = [d for d in range(n_base) if d not in outside]
        self.renamed = next(d for d in free if territory.adm1[d] != territory.adm1[territory.merged])
        self.new_name2[self.renamed] = self.old_name2[territory.merged]
        self.new_name2[territory.merged] = giver.give("ADM2")
        # Homonyms: a district that is called like the neighbouring country, one like another region.
        border = next(d for d in free if kind[d] == BORDER and d != self.renamed)
        self.old_name2[border] = self.new_name2[border] = spell(NORTH)
        other = next(d for d in reversed(free) if d not in (self.renamed, border) and territory.adm1[d] != 0)
        self.old_name2[other] = self.new_name2[other] = self.old_name1[min(self.old_code1)]
        self.giver = giver
        self.code2 = self._codes2()
        self.merged_code = self._next_code(self.new_code1[territory.adm1[territory.merged]])

    def _codes2(self) -> list[str]:
        """Return the codes of the districts before the reform: region and running number."""
        counts: dict[str, int] = {}
        largest = int(np.bincount(self.t.old_adm1).max())
        self.digits = 2 if largest < 97 else 3
        codes = []
        for region in self.t.old_adm1:
            above = self.old_code1[region]
            counts[above] = counts.get(above, 0) + 1
            codes.append(f"{above}{counts[above]:0{self.digits}d}")
        return codes

    def _next_code(self, above: str) -> str:
        taken = [int(code[len(above) :]) for code in self.code2 if code.startswith(above)]
        return f"{above}{max(taken, default=0) + 1:0{self.digits}d}"

    def units(self) -> Iterator[Unit]:
        """Return all units, both divisions, from the country down."""
        t = self.t
        n_base = t.n_adm2 + 1
        everything = list(range(n_base))
        country = spell(COUNTRY)
        yield Unit(OLD, ISO3, "ADM0", "", country, "country", everything, geometry="children")
        yield Unit(NEW, ISO3, "ADM0", "", country, "country", everything, geometry="children")
        capital_region = len(self.new_code1) - 1
        for region, code in self.old_code1.items():
            base = [b for b in everything if t.old_adm1[b] == region]
            kind = "city" if region == capital_region else "region"
            yield Unit(OLD, code, "ADM1", ISO3, self.old_name1[region], kind, base, geometry="children")
        for region, code in sorted(self.new_code1.items(), key=lambda item: item[1]):
            base = [b for b in everything if t.adm1[t.merged if b == t.n_adm2 else b] == region]
            kind = "city" if region == capital_region else "region"
            yield Unit(NEW, code, "ADM1", ISO3, self.new_name1[region], kind, base, geometry="children")
        yield from self._districts()
        if self.plan.adm3:
            yield from self._municipalities()

    def _districts(self) -> Iterator[Unit]:
        t = self.t
        for b in range(t.n_adm2 + 1):
            name, parent = self.old_name2[b], self.old_code1[t.old_adm1[b]]
            kind = "city" if b == t.capital else "district"
            yield Unit(OLD, self.code2[b], "ADM2", parent, name, kind, [b], typology=self.kind[b])
        for d in range(t.n_adm2):
            merged = d == t.merged
            base = [d, t.n_adm2] if merged else [d]
            kind = "city" if d == t.capital else "district"
            parent = self.new_code1[t.adm1[d]]
            code = self.merged_code if merged else self.code2[d]
            unit = Unit(NEW, code, "ADM2", parent, self.new_name2[d], kind, base, typology=self.kind[d])
            if self.plan.adm3:
                unit.geometry = "children"
            elif merged:
                unit.geometry, unit.members = "members", (self.code2[d], self.code2[t.n_adm2])
            yield unit

    def _municipalities(self) -> Iterator[Unit]:
        t = self.t
        counts: dict[str, int] = {}
        doubles = {int(i) for i in self.rng.permutation(len(t.atoms))[:6]}
        last: Name | None = None
        for atom, (district, base) in enumerate(zip(t.adm2.tolist(), t.old_adm2.tolist(), strict=True)):
            above = self.merged_code if district == t.merged else self.code2[district]
            counts[above] = counts.get(above, 0) + 1
            name = last if atom in doubles and last is not None else self.giver.give("ADM3")
            last = name
            code = f"{above}{counts[above]:02d}"
            yield Unit(NEW, code, "ADM3", above, name, "municipality", [base], atom, self.kind[base])


def _with_members(units: list[Unit], plan: Plan) -> None:
    """Build the districts before the reform from today's municipalities, which did not change."""
    if not plan.adm3:
        return
    below: dict[int, list[str]] = {}
    for unit in units:
        if unit.level == "ADM3":
            below.setdefault(unit.base[0], []).append(unit.unit_id)
    for unit in units:
        if unit.boundary_set == OLD and unit.level == "ADM2":
            unit.geometry, unit.members = "members", tuple(below[unit.base[0]])


def _add_notes(units: list[Unit], territory: Territory, renamed: int, codes: list[str]) -> None:
    notes = {
        codes[territory.exclave]: (
            "An exclave, surrounded by the eastern neighbour.",
            "Эксклав, окружённый восточным соседом.",
        ),
        codes[territory.island]: ("An island.", "Остров."),
        codes[territory.moved]: (
            "Moved to another region in 2018; its code was not changed.",
            "В 2018 году передан другому региону; код не изменён.",
        ),
        codes[renamed]: (
            "Since 2018 it has the former name of a district that was merged then.",
            "С 2018 года носит прежнее название района, который тогда был объединён с другим.",
        ),
    }
    for unit in units:
        if unit.level == "ADM2":
            unit.note = notes.get(unit.unit_id, ("", ""))


def make_country(plan: Plan) -> Country:
    """Make the country of a plan.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    Country
    """
    territory = make_territory(plan)
    mosaic, base = territory.mosaic, territory.old_adm2
    seeds = mosaic.seeds[territory.atoms]
    counts = np.bincount(base)
    xy = np.column_stack([np.bincount(base, seeds[:, axis]) / counts for axis in (0, 1)])
    kind = _typology(territory, xy, base, plan.stream("typology"))
    register = _Register(plan, territory, kind)
    units = list(register.units())
    _with_members(units, plan)
    _add_notes(units, territory, register.renamed, register.code2)
    foreign = [*territory.north, *territory.east, *territory.enclave]
    cells = {*territory.atoms, *territory.lake, *foreign}
    finest = _FINEST_STEP_M if plan.units < 200 else 2 * _FINEST_STEP_M
    lines = draw_edges(mosaic, cells, plan.stream("edges"), finest)
    atoms = np.array([cell_polygon(mosaic, cell, lines) for cell in territory.atoms], dtype=object)
    polygons: dict[str, dict[str, Any]] = {OLD: {}, NEW: {}}
    for unit in units:
        if unit.geometry == "polygon":
            at = unit.atom if unit.atom is not None else int(np.flatnonzero(base == unit.base[0])[0])
            polygons[unit.boundary_set][unit.unit_id] = atoms[at]
    for name, iso3, drawn in (
        (NORTH_SET, NORTH_ISO3, [*territory.north, *territory.enclave]),
        (EAST_SET, EAST_ISO3, territory.east),
    ):
        pieces = np.array([cell_polygon(mosaic, cell, lines) for cell in drawn], dtype=object)
        polygons[name] = {iso3: shapely.orient_polygons(shapely.normalize(shapely.coverage_union_all(pieces)))}
    area = area_km2(project(atoms, PROJECTION))
    waters = np.array([cell_polygon(mosaic, cell, lines) for cell in territory.lake], dtype=object)
    lake = shapely.orient_polygons(shapely.normalize(shapely.coverage_union_all(waters)))
    renamed = register.code2[register.renamed]
    return Country(plan, territory, units, polygons, base, area, xy, kind, renamed, lake)


def neighbour_units() -> list[Unit]:
    """Return the two neighbours, of which only a strip along the border is drawn."""
    note = (
        "Outline only: a strip along the border. No figures.",
        "Только контур: полоса вдоль границы. Показателей нет.",
    )
    return [
        Unit(NORTH_SET, NORTH_ISO3, "ADM0", "", spell(NORTH), "country", [], note=note),
        Unit(EAST_SET, EAST_ISO3, "ADM0", "", spell(EAST), "country", [], note=note),
    ]
