"""No small count can be recovered from what the gate leaves of random tables, and it withholds no more than it must."""

from __future__ import annotations

import numpy as np
import pytest

from etl.disclosure.audit import audit_table
from etl.disclosure.search import search_table
from etl.disclosure.table import Rule, make_table
from tests.property.disclosure_attacker import Tables, interval, optimum, whole_tables

CHUNKS = 10
SHAPES = [(2, 2), (3, 2), (3, 3), (4, 2), (4, 3), (2, 2, 2), (5, 3), (4, 4), (3, 2, 2), (6, 4)]
LARGE = [(3, 3, 3), (6, 6), (4, 3, 2), (4, 4, 3), (6, 5, 2), (6, 6, 5)]


def random_table(random, shape):
    """Return a table of small, skewed counts with many zeros; units in two levels where there are four or more."""
    mean = random.gamma(random.uniform(0.4, 1.5), random.uniform(4, 40), size=shape)
    groups = None
    if shape[0] >= 4 and random.random() < 0.6:
        groups = [0, 0, 1, 1, 1, 1][: shape[0]]
    return Tables(random.poisson(mean), groups)


def random_rule(random):
    return Rule(int(random.choice([3, 5, 10])), float(random.choice([3, 5, 10])), bool(random.random() < 0.5))


def check_nothing_is_recovered(tables, rule, withheld, cells):
    small = tables.values < rule.k
    if not rule.banded:
        small &= tables.values > 0
    assert withheld[small].all()
    low, high = rule.reach
    for cell in cells:
        least, most = interval(tables, withheld, cell)
        assert most - least >= rule.gap - 1e-6, (tables.values, withheld, cell)
        if small[cell]:
            assert least <= low + 1e-6
            assert most >= high - 1e-6


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_small_count_of_random_tables_is_recovered(chunk):
    random = np.random.default_rng(1000 + chunk)
    for number in range(100):
        shape = LARGE[chunk % len(LARGE)] if number % 100 == 0 else SHAPES[number % len(SHAPES)]
        tables, rule = random_table(random, shape), random_rule(random)
        table = make_table(tables.values, tables.relations, rule, cost=str(random.choice(["cell", "value", "log"])))
        pattern = search_table(table, seconds=1.0)
        hidden = np.flatnonzero(pattern.withheld)
        picked = hidden if len(hidden) <= 4 else random.choice(hidden, 4, replace=False)
        check_nothing_is_recovered(tables, rule, pattern.withheld, picked)
        assert not len(audit_table(table, pattern.withheld).exposed)


@pytest.mark.parametrize("seed", range(6))
def test_every_cell_of_large_tables_stands_the_other_attacker(seed):
    random = np.random.default_rng(50 + seed)
    tables, rule = random_table(random, LARGE[seed]), random_rule(random)
    pattern = search_table(make_table(tables.values, tables.relations, rule), seconds=1.0)
    check_nothing_is_recovered(tables, rule, pattern.withheld, np.flatnonzero(pattern.withheld))


@pytest.mark.parametrize("seed", range(40))
def test_the_loss_is_within_five_per_cent_of_the_optimum(seed):
    random = np.random.default_rng(seed)
    shape = [(2, 2), (3, 2), (3, 3), (2, 2, 2)][seed % 4]
    tables, rule = Tables(random.poisson(random.gamma(1.0, 15, size=shape))), random_rule(random)
    table = make_table(tables.values, tables.relations, rule, cost=["cell", "value", "log"][seed % 3])
    low, high = rule.reach
    least = optimum(tables, table.costs, table.primary, low, high, rule.gap)
    assert least is not None
    pattern = search_table(table)
    assert pattern.cost <= 1.05 * least + 1e-6
    assert pattern.cost >= least - 1e-6
    assert pattern.bound <= least + 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_the_audit_finds_what_brute_force_finds(seed):
    random = np.random.default_rng(300 + seed)
    shape = [(3, 3), (4, 3), (4, 4)][seed % 3]
    tables = Tables(random.poisson(2, size=shape))
    withheld = np.zeros(tables.values.size, dtype=bool)
    # Two rectangles inside the table, which may overlap: one or two cells are free to vary.
    for _ in range(2):
        rows, columns = random.choice(shape[0], 2, replace=False), random.choice(shape[1], 2, replace=False)
        withheld[tables.at[np.ix_(rows, columns)].ravel()] = True
    possible = list(whole_tables(tables, withheld, tables.values.max()))
    assert possible
    low, high = np.min(possible, axis=0), np.max(possible, axis=0)
    table = make_table(tables.values, tables.relations, Rule(2, 1.0))
    audit = audit_table(table, withheld, exact=True)
    assert np.allclose(audit.low[withheld], low[withheld])
    assert np.allclose(audit.high[withheld], high[withheld])
