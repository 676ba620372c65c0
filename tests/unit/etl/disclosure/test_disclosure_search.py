"""What is withheld, and what a reader can infer: the worked table of the method and its relatives."""

from __future__ import annotations

import numpy as np
import pytest

from etl.disclosure.audit import audit_table
from etl.disclosure.search import search_table
from etl.disclosure.table import DisclosureError, Rule, make_table
from layers.catalog import Display
from layers.classify import classify_values

INNER = [[20, 3, 17], [15, 22, 9], [31, 12, 14]]
PUBLISHED_ANSWER = [(0, 1), (0, 2), (2, 1), (2, 2)]


def worked(rule=None, **options):
    full = np.array([[*row, sum(row)] for row in INNER])
    full = np.vstack([full, full.sum(axis=0)])
    at = np.arange(16).reshape(4, 4)
    relations = [([int(row[3])], row[:3].tolist()) for row in at] + [([int(c[3])], c[:3].tolist()) for c in at.T]
    return make_table(full.ravel().astype(float), relations, rule or Rule(5, 5), **options)


def mask(*cells):
    result = np.zeros((4, 4), dtype=bool)
    for cell in cells:
        result[cell] = True
    return result.ravel()


def test_a_cell_withheld_alone_is_recovered_from_its_row():
    audit = audit_table(worked(), mask((0, 1)), exact=True)
    assert (audit.low[1], audit.high[1]) == (3, 3)
    assert audit.exposed.tolist() == [1]


def test_the_published_pattern_leaves_zero_to_fifteen():
    audit = audit_table(worked(), mask(*PUBLISHED_ANSWER), exact=True)
    assert (audit.low[1], audit.high[1]) == (0, 15)
    assert audit.exposed.tolist() == []


@pytest.mark.parametrize("cost", ["cell", "value", "log"])
def test_the_gates_own_answer_passes_and_costs_no_more_than_the_published_one(cost):
    table = worked(cost=cost)
    pattern = search_table(table)
    assert pattern.withheld[1]
    assert pattern.cost <= table.cost_of(mask(*PUBLISHED_ANSWER))
    assert not len(audit_table(table, pattern.withheld).exposed)
    assert (pattern.method, pattern.gap) == ("exact", 0)


def test_two_small_parts_of_a_small_total_still_tell_that_both_are_small():
    # 3 and 0 withheld under a published total of 3: the reader knows that both are at most 3.
    table = make_table(np.array([3.0, 3, 0]), [([0], [1, 2])], Rule(10, 10))
    assert audit_table(table, np.array([False, True, True])).exposed.tolist() == [0, 1, 2]
    assert search_table(table).withheld.all()


def test_zeros_are_shown_only_if_the_rule_says_so():
    relations = [([0], [1, 2, 3, 4])]
    values = np.array([80.0, 0, 4, 40, 36])
    assert search_table(make_table(values, relations, Rule(5, 5, banded=True))).withheld[1]
    assert not search_table(make_table(values, relations, Rule(5, 5, banded=False))).withheld[1]


def test_a_reader_who_is_told_which_cells_are_small_needs_more_to_be_withheld():
    # Two counts below 5 that sum to 6: neither can be 0 if both are known to be below 5.
    values, relations = np.array([46.0, 3, 3, 20, 20]), [([0], [1, 2, 3, 4])]
    alike = make_table(values, relations, Rule(5, 5))
    told = make_table(values, relations, Rule(5, 5, told=True))
    small = np.array([False, True, True, False, False])
    assert not len(audit_table(alike, small).exposed)
    assert audit_table(told, small).exposed.tolist() == [1, 2]
    assert search_table(told).withheld.sum() == 3


def test_a_whole_number_is_asked_for_where_fractions_would_pass():
    # x + y = 1 and x - y = 0 over the reals alone leave 1/2 each; whole numbers leave nothing in doubt.
    values = np.array([7.0, 1, 6, 3, 3])
    relations = [([0], [1, 2]), ([2], [3, 4])]
    table = make_table(values, relations, Rule(2, 2, banded=False))
    audit = audit_table(table, np.array([False, True, True, True, True]), exact=True)
    assert (audit.low == np.floor(audit.low)).all()
    assert (audit.high == np.floor(audit.high)).all()


def test_what_an_earlier_release_shows_cannot_be_withheld():
    known = mask((0, 2))
    table = worked(known=known)
    pattern = search_table(table)
    assert not (pattern.withheld & known).any()
    with pytest.raises(DisclosureError, match="1 cell cannot be protected"):
        search_table(worked(known=mask((0, 1))))
    with pytest.raises(DisclosureError, match="cannot be protected"):
        search_table(worked(known=~mask((0, 1))))


def test_the_heuristic_protects_too_and_says_how_far_it_may_be_off():
    random = np.random.default_rng(5)
    inner = random.poisson(random.gamma(0.8, 15, size=(5, 4, 3))).astype(float)
    full = inner
    for axis in range(3):
        full = np.concatenate([full, full.sum(axis=axis, keepdims=True)], axis=axis)
    at = np.arange(full.size).reshape(full.shape)
    relations = []
    for axis in range(3):
        for line in np.moveaxis(at, axis, -1).reshape(-1, full.shape[axis]).tolist():
            relations.append(([line[-1]], line[:-1]))
    table = make_table(full.ravel(), relations, Rule(5, 5))
    pattern = search_table(table, seconds=0.05)
    assert pattern.method == "heuristic"
    assert not len(audit_table(table, pattern.withheld).exposed)
    assert pattern.bound <= pattern.cost
    assert pattern.gap >= 0


def test_a_table_that_does_not_add_up_is_refused():
    with pytest.raises(DisclosureError, match="1 equalities"):
        make_table(np.array([5.0, 1, 1]), [([0], [1, 2])], Rule(5, 5))
    with pytest.raises(DisclosureError, match="negative"):
        make_table(np.array([-1.0]), [], Rule(5, 5))


def test_class_breaks_of_a_legend_lie_within_the_shown_counts():
    table = worked()
    shown = np.where(search_table(table).withheld, np.nan, table.values)
    found = classify_values(shown, Display(scheme="quantiles", k=4))
    assert (found.low, found.bins[-1]) == (np.nanmin(shown), np.nanmax(shown))
    assert found.low > 3
