"""Secondary suppression: the cheapest cells to withhold so that no small count can be recovered.

References
----------
.. [1] M. Fischetti and J. J. Salazar-Gonzalez, Solving the cell suppression problem on tabular data with linear
   constraints, Management Science 47 (2001): the integer programme over the cells, with a cut for every way in which a
   reader of the present table learns too much.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from etl.disclosure.audit import Audit, audit_block
from etl.disclosure.table import DisclosureError, Mask, Table, Values

_CLOSE = 1e-6
_ROUNDS = 400
_AT_ONCE = 60
_HARD_CAP = 4.0
_MOST_NUMBERS = 8_000_000


@dataclass(frozen=True)
class Pattern:
    """What to withhold of a table.

    Attributes
    ----------
    withheld : numpy.ndarray of bool, shape (n_cells,)
        Primary and secondary cells.
    cost : float
        The information lost beyond the primary cells.
    bound : float
        No pattern that protects the table loses less.
    method : str
        ``exact`` where the search ended with the optimum, else ``heuristic``.
    audit : Audit
        What a reader can infer under this pattern; no cell is exposed.
    """

    withheld: Mask
    cost: float
    bound: float
    method: str
    audit: Audit

    @property
    def gap(self) -> float:
        """How far the loss may be above the smallest one possible, as a share of that."""
        if self.cost - self.bound <= _CLOSE:
            return 0.0
        return (self.cost - self.bound) / self.bound if self.bound > 0 else float("inf")


@dataclass(frozen=True)
class _Need:
    """One thing that must stay possible: a cell moves up, or down, by an amount; both together where sliding."""

    cell: int
    up: float
    down: float
    slide: bool


@dataclass
class _Cuts:
    """Inequalities that every pattern which protects the table fulfils."""

    rows: list[tuple[NDArray[np.int64], Values, float]] = field(default_factory=list)

    def add(self, cells: NDArray[np.int64], weights: Values, least: float) -> None:
        """Add that the weights of the withheld cells sum to at least a number."""
        self.rows.append((cells, weights, least))

    def matrix(self, n: int) -> tuple[sparse.csr_array, Values]:
        """Return all of them as matrix and lower bounds."""
        starts = np.cumsum([0, *(len(cells) for cells, _, _ in self.rows)])
        cells = np.concatenate([row[0] for row in self.rows])
        weights = np.concatenate([row[1] for row in self.rows])
        least = np.array([row[2] for row in self.rows])
        return sparse.csr_array((weights, cells, starts), shape=(len(self.rows), n)), least


class _Block:
    """One independent block of a table while its pattern is searched for."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.n = len(table.values)
        self.columns = table.relations.tocsc()
        self.primary, self.hidden = table.primary, table.hidden
        self.always = self.primary | self.hidden
        low, high = table.rule.reach
        reach = max(high, table.rule.gap)
        # No cell needs to move further than a few times what is asked of one cell: a larger bound only weakens cuts.
        self.room_up = np.minimum(table.upper - table.values, _HARD_CAP * (reach + 1))
        wide = _HARD_CAP * (reach + 1) + float(table.values.max(initial=0))
        self.room_up[self.hidden] = np.minimum(wide, (table.upper - table.values)[self.hidden])
        self.room_down = table.values.copy()
        self.primary_up = np.maximum(high - table.values, 0.0)
        self.primary_down = np.maximum(table.values - low, 0.0)
        self.cuts = _Cuts()
        self.seen: list[Values] = []
        self._bridge()

    def _bridge(self) -> None:
        """Start with what is plain: nothing can be withheld alone in a relation."""
        for at in range(self.table.relations.shape[0]):
            row = self.table.relations
            members = row.indices[row.indptr[at] : row.indptr[at + 1]].astype("int64")
            if self.hidden[members].any():
                continue
            for cell in members:
                others = members[members != cell]
                if self.primary[cell]:
                    if not self.primary[others].any():
                        self.cuts.add(others, np.ones(len(others)), 1.0)
                else:
                    cells = np.append(others, cell)
                    self.cuts.add(cells, np.append(np.ones(len(others)), -1.0), 0.0)

    def move(self, open_cells: NDArray[np.int64], cell: int, sign: float, goal: float) -> tuple[Values, Values]:
        """Return how a reader's table can differ when one cell moves as far as it can, at most to the goal.

        Parameters
        ----------
        open_cells : numpy.ndarray of int64
            The cells that are not published, the moving one among them.
        cell : int
        sign : float
            1 for up, -1 for down.
        goal : float

        Returns
        -------
        change : numpy.ndarray of float64, shape (n_open,)
        reduced : numpy.ndarray of float64, shape (n_cells,)
            Reduced costs of all cells, for the cut.
        """
        target = np.where(open_cells == cell, -sign, 0.0)
        lower, upper = -self.room_down[open_cells], self.room_up[open_cells].copy()
        at = int(np.flatnonzero(open_cells == cell)[0])
        if sign > 0:
            upper[at] = min(upper[at], goal)
        else:
            lower = lower.copy()
            lower[at] = max(lower[at], -goal)
        matrix = self.columns[:, open_cells]
        found = linprog(
            target,
            A_eq=matrix,
            b_eq=np.zeros(matrix.shape[0]),
            bounds=np.column_stack([lower, upper]),
            method="highs",
        )
        if found.status != 0:
            raise DisclosureError(f"the search could not solve a linear programme: {found.message}")
        whole = np.zeros(self.n)
        whole[cell] = -sign
        reduced: Values = whole - self.columns.T @ np.asarray(found.eqlin.marginals)
        return np.asarray(found.x, dtype="float64"), reduced

    def weights_of(self, reduced: Values) -> Values:
        """Return how much of the movement each cell, if withheld, can make possible."""
        down = np.where(reduced > _CLOSE, reduced * self.room_down, 0.0)
        up = np.where(reduced < -_CLOSE, -reduced * self.room_up, 0.0)
        return np.asarray(down + up, dtype="float64")

    def needs(self, withheld: Mask) -> list[_Need]:
        """Return what a pattern must leave possible."""
        gap = self.table.rule.gap
        result = [_Need(int(c), self.primary_up[c], self.primary_down[c], False) for c in np.flatnonzero(self.primary)]
        others = np.flatnonzero(withheld & ~self.always)
        return result + [_Need(int(c), gap, gap, True) for c in others]

    def _warm(self, open_cells: NDArray[np.int64], needs: list[_Need], low: Values, high: Values) -> None:
        """Stretch many cells at once, so that most need no programme of their own."""
        matrix = self.columns[:, open_cells]
        cells = np.array([need.cell for need in needs], dtype="int64")
        up, down = np.array([need.up for need in needs]), np.array([need.down for need in needs])
        slide = np.array([need.slide for need in needs], dtype=bool)
        place = np.searchsorted(open_cells, cells)
        upward, fruitless = True, 0
        while fruitless < 2:
            goal, reached = (up, high[cells]) if upward else (down, -low[cells])
            lacks = (reached < goal - _CLOSE) & ~(slide & (high[cells] - low[cells] >= up - _CLOSE))
            before = int(lacks.sum())
            after = before
            if before:
                want = np.zeros(len(open_cells))
                want[place[lacks]] = -1.0 if upward else 1.0
                lower, upper = -self.room_down[open_cells], self.room_up[open_cells].copy()
                bound = upper if upward else lower
                tight = np.minimum if upward else np.maximum
                bound[place[lacks]] = tight(bound[place[lacks]], goal[lacks] if upward else -goal[lacks])
                found = linprog(
                    want, A_eq=matrix, b_eq=np.zeros(matrix.shape[0]), bounds=np.column_stack([lower, upper]),
                    method="highs",
                )  # fmt: skip
                if found.status == 0:
                    self._note(open_cells, np.asarray(found.x, dtype="float64"), low, high)
                reached = high[cells] if upward else -low[cells]
                lacks = (reached < goal - _CLOSE) & ~(slide & (high[cells] - low[cells] >= up - _CLOSE))
                after = int(lacks.sum())
            fruitless = 0 if after < before else fruitless + 1
            upward = not upward

    def _note(self, open_cells: NDArray[np.int64], change: Values, low: Values, high: Values) -> None:
        """Keep a possible change of the reader's table, and widen the bounds that are known to be reached."""
        low[open_cells] = np.minimum(low[open_cells], change)
        high[open_cells] = np.maximum(high[open_cells], change)
        if (len(self.seen) + 1) * self.n <= _MOST_NUMBERS:
            whole = np.zeros(self.n)
            whole[open_cells] = np.where(np.abs(change) > _CLOSE, change, 0.0)
            self.seen.append(whole)

    def _recall(self, is_open: Mask) -> tuple[Values, Values]:
        """Return the bounds that earlier changes reach: those that move nothing which is now published."""
        low, high = np.zeros(self.n), np.zeros(self.n)
        if self.seen:
            changes = np.array(self.seen)
            possible = changes[~(changes[:, ~is_open] != 0).any(axis=1)]
            if len(possible):
                low, high = np.minimum(possible.min(axis=0), 0.0), np.maximum(possible.max(axis=0), 0.0)
        return low, high

    def failing(self, withheld: Mask, *, cut: bool, most: int = _AT_ONCE) -> list[_Need]:
        """Return what a pattern does not leave possible, and learn a cut from each."""
        is_open = (withheld & ~self.table.known) | self.hidden
        open_cells = np.flatnonzero(is_open)
        low, high = self._recall(is_open)
        needs = self.needs(withheld)
        self._warm(open_cells, needs, low, high)
        failed: list[_Need] = []
        for need in needs:
            if len(failed) >= most:
                break
            i = need.cell
            if need.slide:
                if high[i] - low[i] >= need.up - _CLOSE:
                    continue
                weights = np.zeros(self.n)
                for sign in (1.0, -1.0):
                    change, reduced = self.move(open_cells, i, sign, need.up)
                    self._note(open_cells, change, low, high)
                    weights += self.weights_of(reduced)
                if high[i] - low[i] < need.up - _CLOSE:
                    failed.append(need)
                    if cut:
                        self._cut(weights, need.up, i)
                continue
            lacking = False
            for sign, goal in ((1.0, need.up), (-1.0, need.down)):
                if (sign * (high[i] if sign > 0 else low[i])) >= goal - _CLOSE:
                    continue
                change, reduced = self.move(open_cells, i, sign, goal)
                self._note(open_cells, change, low, high)
                if (sign * (high[i] if sign > 0 else low[i])) < goal - _CLOSE:
                    lacking = True
                    if cut:
                        self._cut(self.weights_of(reduced), goal, None)
            if lacking:
                failed.append(need)
        return failed

    def _cut(self, weights: Values, least: float, slider: int | None) -> None:
        """Learn that the withheld cells must together make a movement possible (if the slider is withheld)."""
        if slider is not None:
            weights[slider] = 0.0
        free = ~self.always & ~self.table.known
        least_left = least - float(weights[self.always].sum())
        if least_left <= _CLOSE:
            return
        cells = np.flatnonzero(free & (weights > _CLOSE))
        clipped = np.minimum(weights[cells], least_left) / least_left
        if slider is None:
            self.cuts.add(cells, clipped, 1.0)
        else:
            self.cuts.add(np.append(cells, slider), np.append(clipped, -1.0), 0.0)

    def insist(self, withheld: Mask, exposed: NDArray[np.int64]) -> None:
        """Learn that a pattern is not enough for some cells, whatever linear programmes say (whole numbers)."""
        more = np.flatnonzero(~withheld & ~self.table.known & ~self.hidden)
        for cell in exposed:
            if self.primary[cell]:
                self.cuts.add(more, np.ones(len(more)), 1.0)
            else:
                self.cuts.add(np.append(more, cell), np.append(np.ones(len(more)), -1.0), 0.0)

    def cheapest(self, allowed: Mask, seconds: float) -> tuple[Mask | None, float]:
        """Return the cheapest pattern that fulfils all cuts so far (None if time was short), and what it proves."""
        costs = np.where(self.always, 0.0, self.table.costs)
        lower = self.always.astype("float64")
        upper = np.where(self.always | (allowed & ~self.table.known), 1.0, 0.0)
        if not self.cuts.rows:
            return self.always.copy(), 0.0
        matrix, least = self.cuts.matrix(self.n)
        found = milp(
            costs,
            integrality=np.ones(self.n),
            bounds=Bounds(lower, upper),
            constraints=LinearConstraint(matrix, least, np.inf),
            options={"time_limit": max(seconds, 0.1), "mip_rel_gap": 0.0},
        )
        bound = max(float(found.mip_dual_bound or 0.0), 0.0)
        if found.status != 0:
            return None, bound if np.isfinite(bound) else 0.0
        return np.asarray(found.x > 0.5), bound

    def grow(self, withheld: Mask, seconds: float) -> tuple[Mask, Audit]:
        """Return a pattern that protects, grown cell by cell: each exposed one by the cheapest movement (heuristic)."""
        end = time.monotonic() + seconds
        result = withheld.copy()
        for _ in range(_ROUNDS):
            failed = self.failing(result, cut=True, most=1 if self.n > 2000 else 8)
            if not failed:
                audit = audit_block(self.table, result & ~self.hidden)
                if not len(audit.exposed):
                    return result, audit
                self.insist(result, audit.exposed)
                before = result.copy()
                for cell in audit.exposed.tolist():
                    result |= self._neighbours(result, cell)
                if (before == result).all():
                    raise DisclosureError(_cannot(len(audit.exposed)))
                continue
            for need in sorted(failed, key=lambda item: -max(item.up, item.down)):
                result |= self._path(result, need)
            if time.monotonic() > end:
                break
        everything = ~self.table.known | self.hidden
        audit = audit_block(self.table, everything & ~self.hidden)
        if len(audit.exposed):
            raise DisclosureError(_cannot(len(audit.exposed)))
        return everything, audit

    def _neighbours(self, withheld: Mask, cell: int) -> Mask:
        """Return the cells that share a relation with one cell and could be withheld; if there are none, any others."""
        free = ~self.table.known & ~withheld & ~self.hidden
        near = abs(self.table.relations[self.columns[:, [cell]].indices]).sum(axis=0) > 0
        return np.asarray(near & free if (near & free).any() else free)

    def _path(self, withheld: Mask, need: _Need) -> Mask:
        """Return the cells of the cheapest movements that a need lacks."""
        fixed = self.table.known & ~self.hidden
        costs = np.where(withheld | self.hidden, 0.0, self.table.costs) + 1e-7
        added = np.zeros(self.n, dtype=bool)
        wishes = ((1.0, need.up), (-1.0, need.down))
        if need.slide:
            down = min(need.down, float(self.table.values[need.cell]))
            wishes = ((1.0, need.up), (-1.0, 0.0)) if down < need.down else ((1.0, 0.0), (-1.0, need.down))
        for sign, goal in wishes:
            if goal <= _CLOSE:
                continue
            upper = np.concatenate([np.where(fixed, 0.0, self.room_up), np.where(fixed, 0.0, self.room_down)])
            lower = np.zeros(2 * self.n)
            forward = need.cell if sign > 0 else self.n + need.cell
            back = self.n + need.cell if sign > 0 else need.cell
            lower[forward] = upper[forward] = goal
            upper[back] = 0.0
            matrix = sparse.hstack([self.columns, -self.columns], format="csc")
            found = linprog(
                np.concatenate([costs, costs]),
                A_eq=matrix,
                b_eq=np.zeros(matrix.shape[0]),
                bounds=np.column_stack([lower, upper]),
                method="highs",
            )
            if found.status != 0:
                raise DisclosureError(_cannot(1))
            moved = found.x[: self.n] + found.x[self.n :] > _CLOSE
            added |= moved & ~fixed
            costs = np.where(added, 1e-7, costs)
        return added


def _cannot(number: int) -> str:
    word = "cell" if number == 1 else "cells"
    return f"{number} {word} cannot be protected: what is already published gives them away"


def _converge(block: _Block, allowed: Mask, end: float) -> tuple[Mask | None, float, Audit | None]:
    """Return the cheapest pattern among the allowed cells that protects (None if time was short), bound and audit."""
    bound = 0.0
    for _ in range(_ROUNDS):
        left = end - time.monotonic()
        if left <= 0:
            break
        withheld, proven = block.cheapest(allowed, left)
        bound = max(bound, proven)
        if withheld is None:
            break
        if block.failing(withheld, cut=True):
            continue
        audit = audit_block(block.table, withheld & ~block.hidden)
        if not len(audit.exposed):
            return withheld, bound, audit
        block.insist(withheld, audit.exposed)
    return None, bound, None


def search_block(table: Table, seconds: float) -> Pattern:
    """Return what to withhold of one block.

    The search is exact if it ends within the time. Otherwise cells are withheld one after the other by the cheapest
    movements that protect each exposed cell, and the cheapest sufficient part of these is kept (heuristic).

    Parameters
    ----------
    table : Table
    seconds : float
        Time for the exact search, and again for each step of the heuristic.

    Returns
    -------
    Pattern

    Raises
    ------
    DisclosureError
        If no pattern protects the block.
    """
    block = _Block(table)
    naked = int((table.primary & table.known).sum())
    if naked:
        raise DisclosureError(_cannot(naked))
    everything = np.ones(block.n, dtype=bool)
    withheld, bound, audit = _converge(block, everything, time.monotonic() + seconds)
    if withheld is not None and audit is not None:
        shown = withheld & ~block.hidden
        return Pattern(shown, table.cost_of(shown), table.cost_of(shown), "exact", audit)
    grown, grown_audit = block.grow(block.always, 2 * seconds)
    pruned, _, pruned_audit = _converge(block, grown, time.monotonic() + seconds)
    shown, audit = (grown, grown_audit) if pruned is None or pruned_audit is None else (pruned, pruned_audit)
    shown = shown & ~block.hidden
    cost = table.cost_of(shown)
    return Pattern(shown, cost, min(bound, cost), "heuristic", audit)


def search_table(table: Table, seconds: float = 20.0) -> Pattern:
    """Return what to withhold of a whole table, block by block.

    Parameters
    ----------
    table : Table
    seconds : float, default 20
        Time for the exact search of one block.

    Returns
    -------
    Pattern

    Raises
    ------
    DisclosureError
        If no pattern protects the table.
    """
    withheld = np.zeros(len(table.values), dtype=bool)
    low, high = table.values.copy(), table.values.copy()
    cost = bound = 0.0
    method = "exact"
    for cells in table.blocks():
        part = search_block(table.part(cells), seconds)
        withheld[cells] = part.withheld
        low[cells], high[cells] = part.audit.low, part.audit.high
        cost, bound = cost + part.cost, bound + part.bound
        method = method if part.method == "exact" else "heuristic"
    return Pattern(withheld, cost, bound, method, Audit(np.empty(0, dtype="int64"), low, high))
