"""Properties of every training country: valid coverages, children that tile, a crosswalk that loses nothing."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.training.country import EAST_SET, NEW, NORTH_SET, OLD, Country, make_country
from etl.training.model import Model
from etl.training.plan import REFORM_YEAR, Plan
from etl.training.reform import make_crosswalk

SLOW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
plans = st.builds(Plan, units=st.integers(30, 75), years=st.integers(8, 12), seed=st.integers(0, 10_000))


def components(country: Country, cells: list[int]) -> int:
    left, count = set(cells), 0
    near = country.territory.mosaic.neighbours
    while left:
        queue = [left.pop()]
        count += 1
        while queue:
            found = left.intersection(near[queue.pop()])
            left -= found
            queue.extend(found)
    return count


@SLOW
@given(plans)
def test_the_cells_and_the_neighbours_are_one_valid_coverage(plan: Plan) -> None:
    country = make_country(plan)
    own = list(country.polygons[NEW].values())
    around = [polygon for name in (NORTH_SET, EAST_SET) for polygon in country.polygons[name].values()]
    everything = np.array([*own, *around], dtype=object)
    assert shapely.is_valid(everything).all()
    assert shapely.coverage_is_valid(everything)


@SLOW
@given(plans)
def test_every_unit_has_its_parent_and_the_promised_number(plan: Plan) -> None:
    country = make_country(plan)
    assert len(country.at(NEW, "ADM1")) == plan.adm1
    assert len(country.at(OLD, "ADM1")) == plan.adm1 - 1
    assert len(country.at(NEW, "ADM2")) == plan.units
    assert len(country.at(OLD, "ADM2")) == plan.units + 1
    assert len(country.at(NEW, "ADM3")) == plan.adm3
    for set_id in (OLD, NEW):
        for level in ("ADM1", "ADM2"):
            covered = [base for unit in country.at(set_id, level) for base in unit.base]
            assert sorted(covered) == list(range(plan.units + 1))
        ids = {unit.unit_id for unit in country.units if unit.boundary_set == set_id}
        assert all(unit.parent in ids for unit in country.units if unit.boundary_set == set_id and unit.parent)
    assert len({(u.boundary_set, u.unit_id) for u in country.units}) == len(country.units)


@SLOW
@given(plans)
def test_districts_hold_together_and_the_outlying_ones_lie_apart(plan: Plan) -> None:
    country = make_country(plan)
    t = country.territory
    near = t.mosaic.neighbours
    for group in (t.adm2, t.old_adm2):
        for number in range(int(group.max()) + 1):
            assert components(country, [c for c, g in zip(t.atoms, group, strict=True) if g == number]) == 1
    land = set(t.atoms)
    for outlying in (t.exclave, t.island):
        own = {c for c, g in zip(t.atoms, t.adm2, strict=True) if g == outlying}
        around = {other for cell in own for other in near[cell]} - own
        assert not around & land
        assert around <= set(t.east) if outlying == t.exclave else not around & {*t.east, *t.north}
    for hole in (t.lake, t.enclave):
        assert {other for cell in hole for other in near[cell]} - set(hole) <= land
    assert len(components_of_holes(country)) >= 2


def components_of_holes(country: Country) -> list[object]:
    whole = shapely.coverage_union_all(np.array(list(country.polygons[NEW].values()), dtype=object))
    return [ring for part in shapely.get_parts(whole) for ring in part.interiors]


@SLOW
@given(plans)
def test_the_crosswalk_conserves_every_count(plan: Plan) -> None:
    country = make_country(plan)
    model = Model(country)
    before = model.population.value[:, REFORM_YEAR - 1 - plan.first_year]
    links = make_crosswalk(country, before)
    counts = {"population": before, "area": np.bincount(country.base_of_atom, country.area)}
    for level in ("ADM0", "ADM1", "ADM2"):
        own = [link for link in links if link.level == level]
        for share in ("share_population", "share_area"):
            sums: dict[str, Decimal] = {}
            for link in own:
                sums[link.from_unit] = sums.get(link.from_unit, Decimal(0)) + getattr(link, share)
            assert set(sums.values()) == {Decimal(1)}
            assert set(sums) == {unit.unit_id for unit in country.at(OLD, level)}
        for share, base in counts.items():
            old = {unit.unit_id: base[unit.base].sum() for unit in country.at(OLD, level)}
            moved: dict[str, float] = {}
            for link in own:
                part = old[link.from_unit] * float(getattr(link, f"share_{share}"))
                moved[link.to_unit] = moved.get(link.to_unit, 0.0) + part
            new = {unit.unit_id: base[unit.base].sum() for unit in country.at(NEW, level)}
            assert moved.keys() == new.keys()
            for unit_id, value in new.items():
                assert moved[unit_id] == pytest.approx(value, rel=1e-9)
            assert sum(moved.values()) == pytest.approx(sum(old.values()), rel=1e-12)


@SLOW
@given(plans)
def test_the_reform_did_what_it_says(plan: Plan) -> None:
    country = make_country(plan)
    t = country.territory
    old2 = {unit.unit_id: unit for unit in country.at(OLD, "ADM2")}
    new2 = {unit.unit_id: unit for unit in country.at(NEW, "ADM2")}
    assert len(old2.keys() - new2.keys()) == 2
    assert len(new2.keys() - old2.keys()) == 1
    (merged,) = (new2[unit_id] for unit_id in new2.keys() - old2.keys())
    gone = [old2[unit_id] for unit_id in old2.keys() - new2.keys()]
    assert sorted(base for unit in gone for base in unit.base) == sorted(merged.base)
    assert new2[country.renamed].name == old2[gone[0].unit_id].name or new2[country.renamed].name == gone[1].name
    assert old2[country.renamed].name != new2[country.renamed].name
    region = {set_id: {b: u for u in country.at(set_id, "ADM1") for b in u.base} for set_id in (OLD, NEW)}
    assert region[OLD][t.moved].name != region[NEW][t.moved].name
    split = {region[NEW][b].unit_id for b in region[OLD][t.adm1.index(t.split[0])].base}
    assert len(split) == 2
    for unit in country.at(NEW, "ADM1"):
        same = [other for other in country.at(OLD, "ADM1") if other.unit_id == unit.unit_id]
        assert all(sorted(other.base) == sorted(unit.base) for other in same)
