"""The audit: what a reader can infer of every withheld cell from all that is published, by linear programming.

It shares nothing with the search for what to withhold (`etl.disclosure.search`) but the description of the table: it
starts from the published numbers, and asks for the lowest and the highest value that each withheld cell can have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from etl.disclosure.table import DisclosureError, Mask, Table, Values

_CLOSE = 1e-6
_SECONDS = 20.0


@dataclass(frozen=True)
class Audit:
    """What a reader can infer of the withheld cells.

    Attributes
    ----------
    exposed : numpy.ndarray of int64
        The cells of which a reader can infer more than the rule allows.
    low, high : numpy.ndarray of float64, shape (n_cells,)
        Values that a reader cannot rule out: the true interval holds [low, high]. It is exactly that interval where
        the audit was asked for it, and for every exposed cell.
    """

    exposed: NDArray[np.int64]
    low: Values
    high: Values


class _Reader:
    """All tables that agree with what is published: the withheld cells are unknown, everything else is fixed."""

    def __init__(self, table: Table, withheld: Mask) -> None:
        self.cells = np.flatnonzero((withheld & ~table.known) | table.hidden)
        columns = table.relations.tocsc()
        published = np.ones(len(table.values), dtype=bool)
        published[self.cells] = False
        matrix = sparse.csr_array(columns[:, self.cells])
        rows = np.diff(matrix.indptr) > 0
        shown = np.where(published, table.values, 0.0)
        self.matrix = sparse.csr_array(matrix[rows])
        self.right = -(table.relations @ shown)[rows]
        self.upper = table.upper[self.cells]
        self.lower = np.zeros(len(self.cells))
        self.truth = table.values[self.cells]
        judged = ~table.hidden[self.cells]
        self.whole = bool((table.values[published] % 1 == 0).all() and (self.truth[judged] % 1 == 0).all())

    def solve(self, direction: Values, ceiling: Values) -> Values:
        """Return the consistent table that is best in a direction; whole numbers if the published ones are whole."""
        upper = np.minimum(self.upper, ceiling)
        if self.matrix.shape[0] == 0:
            return np.where(direction < 0, self.lower, np.where(np.isfinite(upper), upper, self.truth))
        found = linprog(
            -direction, A_eq=self.matrix, b_eq=self.right, bounds=np.column_stack([self.lower, upper]), method="highs"
        )
        if found.status != 0:
            raise DisclosureError(f"the audit could not solve a linear programme: {found.message}")
        x: Values = np.asarray(found.x, dtype="float64")
        if self.whole and np.abs(x - np.round(x)).max(initial=0.0) > _CLOSE:
            exact = milp(
                -direction,
                integrality=np.ones(len(x)),
                bounds=Bounds(self.lower, upper),
                constraints=LinearConstraint(self.matrix, self.right, self.right),
                options={"time_limit": _SECONDS},
            )
            x = self.truth.copy() if exact.x is None else np.asarray(exact.x, dtype="float64")
        return np.round(x) if self.whole else x


def _wanted(table: Table, cells: NDArray[np.int64]) -> tuple[Values, Values, Values]:
    """Return for each cell the lowest and highest value that must be possible, and the width that must be."""
    low, high = table.rule.reach
    primary = table.primary[cells]
    return (
        np.where(primary, low, np.inf),
        np.where(primary, high, -np.inf),
        np.where(primary, 0.0, table.rule.gap),
    )


def _is_safe(low: Values, high: Values, wanted: tuple[Values, Values, Values]) -> Mask:
    reached = (low <= wanted[0] + _CLOSE) & (high >= wanted[1] - _CLOSE) & (high - low >= wanted[2] - _CLOSE)
    return np.asarray(reached, dtype=bool)


def _stretch(reader: _Reader, wanted: tuple[Values, Values, Values], judged: Mask) -> tuple[Values, Values]:
    """Return bounds reached by tables that stretch many cells at once: most cells need no programme of their own."""
    low, high = reader.truth.copy(), reader.truth.copy()
    far = np.where(np.isfinite(wanted[1]), wanted[1], reader.truth + wanted[2])
    upward, fruitless = True, 0
    while fruitless < 2:
        lacks = judged & ~_is_safe(low, high, wanted)
        need = lacks & ((high < far - _CLOSE) if upward else (low > np.minimum(wanted[0], high - wanted[2]) + _CLOSE))
        if need.any():
            ceiling = np.where(need & upward, np.maximum(far, reader.truth), np.inf)
            x = reader.solve(np.where(need, 1.0 if upward else -1.0, 0.0), ceiling)
            low, high = np.minimum(low, x), np.maximum(high, x)
        still = judged & ~_is_safe(low, high, wanted)
        moved = need & ((high < far - _CLOSE) if upward else (low > np.minimum(wanted[0], high - wanted[2]) + _CLOSE))
        fruitless = 0 if still.sum() < lacks.sum() or moved.sum() < need.sum() else fruitless + 1
        upward = not upward
    return low, high


def audit_block(table: Table, withheld: Mask, *, exact: bool = False) -> Audit:
    """Return what a reader can infer of the withheld cells of one block.

    Parameters
    ----------
    table : Table
    withheld : numpy.ndarray of bool, shape (n_cells,)
        What the release withholds. A cell that the reader knows from an earlier release counts as published.
    exact : bool, default False
        Find the exact interval of every cell; else only whether it is wide enough.

    Returns
    -------
    Audit

    Raises
    ------
    DisclosureError
        If a linear programme cannot be solved.
    """
    reader = _Reader(table, withheld)
    low, high = table.values.copy(), table.values.copy()
    naked = table.primary & (~withheld | table.known)
    exposed = [*np.flatnonzero(naked | (withheld & table.known)).tolist()]
    if len(reader.cells):
        judged = ~table.hidden[reader.cells]
        wanted = _wanted(table, reader.cells)
        inner_low, inner_high = _stretch(reader, wanted, judged)
        for at in np.flatnonzero(judged).tolist():
            safe = _is_safe(inner_low, inner_high, wanted)[at]
            if safe and not exact:
                continue
            one = np.zeros(len(reader.cells))
            one[at] = 1.0
            cap = _far_above(table, reader, float(wanted[1][at]), at)
            for direction in (1.0, -1.0):
                ceiling = np.full(len(one), np.inf)
                ceiling[at] = cap
                x = reader.solve(direction * one, ceiling)
                inner_low, inner_high = np.minimum(inner_low, x), np.maximum(inner_high, x)
            if not _is_safe(inner_low, inner_high, wanted)[at]:
                exposed.append(int(reader.cells[at]))
        low[reader.cells], high[reader.cells] = inner_low, inner_high
    return Audit(np.unique(np.array(exposed, dtype="int64")), low, high)


def _far_above(table: Table, reader: _Reader, wanted: float, at: int) -> float:
    """Return a value above everything that can matter: a cell without an upper bound is said to reach it."""
    top = max(float(table.values.sum()), wanted if np.isfinite(wanted) else 0.0)
    return float(min(reader.upper[at], 2 * top + table.rule.width + 1))


def audit_table(table: Table, withheld: Mask, *, exact: bool = False) -> Audit:
    """Return what a reader can infer of the withheld cells of a whole table, block by block.

    Parameters
    ----------
    table : Table
    withheld : numpy.ndarray of bool, shape (n_cells,)
    exact : bool, default False

    Returns
    -------
    Audit

    Raises
    ------
    DisclosureError
        If a linear programme cannot be solved.
    """
    low, high = table.values.copy(), table.values.copy()
    exposed: list[int] = []
    seen = np.zeros(len(low), dtype=bool)
    for cells in table.blocks():
        part = audit_block(table.part(cells), withheld[cells], exact=exact)
        low[cells], high[cells] = part.low, part.high
        exposed += cells[part.exposed].tolist()
        seen[cells] = True
    for at in np.flatnonzero(withheld & ~table.hidden & ~seen):
        # A block without a small count needs nothing withheld; what is withheld there all the same is judged too.
        if seen[at]:
            continue
        cells = _block_of(table, int(at))
        seen[cells] = True
        part = audit_block(table.part(cells), withheld[cells], exact=exact)
        low[cells], high[cells] = part.low, part.high
        exposed += cells[part.exposed].tolist()
    return Audit(np.unique(np.array(exposed, dtype="int64")), low, high)


def _block_of(table: Table, cell: int) -> NDArray[np.int64]:
    pattern = abs(table.relations)
    _, label = sparse.csgraph.connected_components(pattern.T @ pattern, directed=False)
    return np.flatnonzero(label == label[cell]).astype("int64")
