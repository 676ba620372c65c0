"""The figures: neighbours are alike, kinds of districts differ, the shock shows, departures follow no need."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from etl.training.country import BORDER, PERIPHERAL, URBAN, Country, make_country
from etl.training.figures import poisson_interval, read_entries
from etl.training.model import SHOCK_YEAR, Model
from etl.training.plan import Plan

ENTRIES: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in read_entries(None)}


@pytest.fixture(scope="module")
def country() -> Country:
    return make_country(Plan())


@pytest.fixture(scope="module")
def model(country: Country) -> Model:
    return Model(country)


def morans_i(values: np.ndarray, near: list[list[int]]) -> float:
    """Moran's I with row-standardised weights, by its definition."""
    z = values - values.mean()
    lags = np.array([z[n].mean() if n else 0.0 for n in near])
    return float((z * lags).sum() / (z**2).sum())


def district_neighbours(country: Country) -> list[list[int]]:
    near, atoms = country.territory.mosaic.neighbours, country.territory.atoms
    base = dict(zip(atoms, country.base_of_atom.tolist(), strict=True))
    found: list[set[int]] = [set() for _ in country.kind]
    for cell, own in base.items():
        found[own].update(base[other] for other in near[cell] if other in base and base[other] != own)
    return [sorted(one) for one in found]


@pytest.mark.parametrize("name", ["poverty_rate", "water_access", "trust_local_government", "labour_migrants_per_1000"])
def test_neighbouring_districts_are_alike(country: Country, model: Model, name: str) -> None:
    near = district_neighbours(country)
    values = model.series(ENTRIES[name], ENTRIES).value[:, -1]
    found = morans_i(values, near)
    rng = np.random.default_rng(0)
    shuffled = [morans_i(rng.permutation(values), near) for _ in range(499)]
    assert found > np.quantile(shuffled, 0.99)


def test_the_need_differs_by_kind_of_district(country: Country, model: Model) -> None:
    kind = np.array(country.kind)
    assert model.need[kind == URBAN].mean() < model.need[kind == PERIPHERAL].mean() - 1
    assert {URBAN, BORDER, PERIPHERAL} < set(country.kind)


def test_the_year_of_the_shock_stands_out(model: Model) -> None:
    values = model.series(ENTRIES["unemployment_rate"], ENTRIES).value.mean(axis=0)
    at = int(np.flatnonzero(model.years == SHOCK_YEAR)[0])
    assert values[at] > 1.2 * values[at - 1]
    assert values[at + 2] < values[at]


def test_departures_follow_a_lottery_and_the_population_and_nothing_else(country: Country, model: Model) -> None:
    total, women = model.departures()
    assert total.sum(axis=0).tolist() == [0, 0, 0, 0, 120, 330, 460, 390, 220, 80, 170, 20, 10, 0, 0, 0, 0]
    assert (women <= total).all()
    assert (total == 0).mean() > 0.6
    again = Model(make_country(Plan(seed=2)))
    rates = [m.departures()[0].sum(axis=1) / m.population.value[:, 5] for m in (model, again)]
    assert all(abs(np.corrcoef(r, m.need)[0, 1]) < 0.35 for r, m in zip(rates, (model, again), strict=True))


def test_the_interval_of_a_count_is_that_of_the_printed_tables() -> None:
    """Garwood (1936), as printed in tables of exact Poisson limits; none has no lower limit above 0."""
    low, high = poisson_interval(np.array([0.0, 1.0, 10.0, 100.0]))
    assert low.tolist() == pytest.approx([0.0, 0.025, 4.795, 81.364], abs=5e-4)
    assert high.tolist() == pytest.approx([3.689, 5.572, 18.390, 121.627], abs=5e-4)


def test_internal_net_migration_is_zero_for_the_country(model: Model) -> None:
    net = model.series(ENTRIES["internal_net_migration_per_1000"], ENTRIES)
    assert net.weight is not None
    assert np.abs((net.value * net.weight).sum(axis=0) / net.weight.sum(axis=0)).max() < 1e-9


def test_counts_are_whole_and_some_are_true_zeros(model: Model) -> None:
    doctors = model.series(ENTRIES["doctors"], ENTRIES)
    assert doctors.atoms is not None
    assert (doctors.atoms == np.floor(doctors.atoms)).all()
    assert 0.01 < (doctors.atoms == 0).mean() < 0.08
    assert (doctors.value == model.by_base(doctors.atoms)).all()
