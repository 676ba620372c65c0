"""An attacker and an optimum that share nothing with the product: written from the definitions, for tests alone."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp


class Tables:
    """A random table with all its margins, and two unit levels on its first axis where there are enough units."""

    def __init__(self, inner, groups=None):
        inner = np.asarray(inner, dtype=float)
        self.groups = groups
        full = inner
        for axis in range(inner.ndim):
            full = np.concatenate([full, full.sum(axis=axis, keepdims=True)], axis=axis)
        if groups is not None:
            labels = sorted(set(groups))
            blocks = [full[:-1][np.asarray(groups) == label].sum(axis=0, keepdims=True) for label in labels]
            full = np.concatenate([full[:-1], *blocks, full[-1:]], axis=0)
        self.full = full
        self.at = np.arange(full.size).reshape(full.shape)
        self.relations = self._relations()
        self.values = full.ravel()

    def _relations(self):
        found = []
        n = self.full.shape[0] - 1
        if self.groups is None:
            first = [(n, list(range(n)))]
        else:
            labels = sorted(set(self.groups))
            base = len(self.groups)
            first = [(base + g, [i for i, x in enumerate(self.groups) if x == label]) for g, label in enumerate(labels)]
            first.append((n, [base + g for g in range(len(labels))]))
        for whole, parts in first:
            for rest in itertools.product(*(range(size) for size in self.full.shape[1:])):
                found.append(([int(self.at[(whole, *rest)])], [int(self.at[(part, *rest)]) for part in parts]))
        for axis in range(1, self.full.ndim):
            lines = np.moveaxis(self.at, axis, -1).reshape(-1, self.full.shape[axis])
            found += [([int(line[-1])], [int(cell) for cell in line[:-1]]) for line in lines]
        return found

    def matrix(self):
        rows = np.zeros((len(self.relations), self.values.size))
        for number, (left, right) in enumerate(self.relations):
            rows[number, left] = 1
            rows[number, right] = -1
        return rows


def interval(table, withheld, cell):
    """Return the lowest and highest value of one cell in all non-negative tables that agree with what is shown."""
    shown = ~withheld
    pins = np.eye(table.values.size)[shown]
    a_eq = np.vstack([table.matrix(), pins])
    b_eq = np.concatenate([np.zeros(len(table.relations)), table.values[shown]])
    ends = []
    for sign in (1, -1):
        target = np.zeros(table.values.size)
        target[cell] = sign
        found = linprog(target, A_eq=a_eq, b_eq=b_eq, bounds=(0, 10 * table.values.max() + 100), method="highs-ds")
        assert found.status == 0
        ends.append(found.x[cell])
    return ends[0], ends[1]


def whole_tables(table, withheld, top):
    """Yield every table of whole numbers up to `top` that agrees with what is shown (brute force)."""
    hidden = np.flatnonzero(withheld)
    matrix = table.matrix()
    fixed = matrix @ np.where(withheld, 0, table.values)
    # Guess the cells of a basis only; the others follow from the relations.
    free = _free_columns(matrix[:, hidden])
    others = [at for at in range(len(hidden)) if at not in free]
    for guess in itertools.product(range(int(top) + 1), repeat=len(free)):
        right = -fixed - matrix[:, hidden[free]] @ np.array(guess, dtype=float) if free else -fixed
        solved, *_ = np.linalg.lstsq(matrix[:, hidden[others]], right, rcond=None)
        if np.abs(matrix[:, hidden[others]] @ solved - right).max(initial=0) > 1e-6:
            continue
        if (solved < -1e-6).any() or np.abs(solved - solved.round()).max(initial=0) > 1e-6:
            continue
        result = table.values.copy()
        result[hidden[free]] = guess
        result[hidden[others]] = solved.round()
        yield result


def _free_columns(matrix):
    chosen, free = np.zeros((matrix.shape[0], 0)), []
    for at in range(matrix.shape[1]):
        wider = np.column_stack([chosen, matrix[:, at]])
        if np.linalg.matrix_rank(wider) > chosen.shape[1]:
            chosen = wider
        else:
            free.append(at)
    return free


def optimum(table, costs, primary, low, high, gap, seconds=20):
    """Return the least loss of any protecting pattern, from one integer programme with all movements written out.

    For each primary cell two whole tables are variables: one in which it is at most `low`, one in which it is at
    least `high`; and for every other cell two tables that differ in it by `gap` if it is withheld.
    """
    n = table.values.size
    reach = 20 * (high + gap + 1)
    matrix = table.matrix()
    jobs = [(int(c), None) for c in np.flatnonzero(primary)] + [(int(c), gap) for c in np.flatnonzero(~primary)]
    total = n + 2 * n * len(jobs)
    rows, lowers, uppers = [], [], []

    def add(row, lower, upper):
        rows.append(row)
        lowers.append(lower)
        uppers.append(upper)

    for number, (cell, wanted) in enumerate(jobs):
        starts = (n + 2 * n * number, n + 2 * n * number + n)
        for start in starts:
            for line in matrix:
                row = np.zeros(total)
                row[start : start + n] = line
                add(row, 0, 0)
            for at in range(n):
                row = np.zeros(total)
                row[start + at], row[at] = 1, -reach
                add(row, -np.inf, table.values[at])
                row = np.zeros(total)
                row[start + at], row[at] = 1, table.values[at]
                add(row, table.values[at], np.inf)
        row = np.zeros(total)
        if wanted is None:
            row[starts[0] + cell] = 1
            add(row, -np.inf, low)
            row = np.zeros(total)
            row[starts[1] + cell] = 1
            add(row, high, np.inf)
        else:
            row[starts[1] + cell], row[starts[0] + cell], row[cell] = 1, -1, -wanted
            add(row, 0, np.inf)
    objective = np.zeros(total)
    objective[:n] = np.where(primary, 0, costs)
    lower = np.zeros(total)
    lower[:n][primary] = 1
    upper = np.full(total, np.inf)
    upper[:n] = 1
    whole = np.zeros(total)
    whole[:n] = 1
    found = milp(
        objective, integrality=whole, bounds=Bounds(lower, upper),
        constraints=LinearConstraint(np.array(rows), lowers, uppers), options={"time_limit": seconds},
    )  # fmt: skip
    return float(found.fun) if found.status == 0 else None
