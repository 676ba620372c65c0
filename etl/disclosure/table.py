"""A table of counts as its reader meets it: cells, the equalities that bind them, and what each cell must hide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geodata.errors import EtlError

Mask = NDArray[np.bool_]
Values = NDArray[np.float64]
Cost = Literal["cell", "value", "log"]
Relation = tuple[list[int], list[int]]

LEAST_COST = 0.01
_TOLERANCE = 1e-6


class DisclosureError(EtlError):
    """A table cannot be released: something that must be hidden could be recovered."""


@dataclass(frozen=True)
class Rule:
    """What every cell of a table must hide.

    A cell is primary if its count is from 1 to `k` - 1, or also 0 where zeros are banded. The reader must not be able
    to narrow it down: the interval of a primary cell holds 0 (1 where zeros are shown) to at least `k` - 1, and is at
    least `width` wide. Every other withheld cell (secondary) keeps an interval at least `width` wide.

    Attributes
    ----------
    k : int
        Counts below it are small.
    width : float
        How wide an interval must stay.
    banded : bool
        Whether zeros are withheld with the small counts.
    told : bool
        Whether the words at a withheld cell say that it is below `k`: then the reader knows that of every primary
        cell, and intervals cannot be wider than `k` - 1.
    """

    k: int
    width: float
    banded: bool = True
    told: bool = False

    @property
    def reach(self) -> tuple[float, float]:
        """The lowest and highest value that must stay possible in a primary cell."""
        low = 0.0 if self.banded else 1.0
        return low, float(self.k - 1) if self.told else max(low + self.width, float(self.k - 1))

    @property
    def gap(self) -> float:
        """How wide the interval of a secondary cell must stay."""
        return min(self.width, float(self.k - 1)) if self.told else self.width


@dataclass(frozen=True)
class Table:
    """Cells, relations and what is known of them.

    Attributes
    ----------
    values : numpy.ndarray of float64, shape (n_cells,)
        The true counts; of `hidden` cells any numbers that fit the relations.
    relations : scipy.sparse.csr_array, shape (n_relations, n_cells)
        Each row times the values is 0: +1 for a whole, -1 for its parts.
    hidden : numpy.ndarray of bool, shape (n_cells,)
        Cells that nobody is told (not in the data, or withheld by the source): they loosen what the reader knows.
    known : numpy.ndarray of bool, shape (n_cells,)
        Cells that the reader has from an earlier release: they cannot be withheld any more.
    costs : numpy.ndarray of float64, shape (n_cells,)
        The information that is lost when a cell is withheld; above 0.
    ceiling : numpy.ndarray of float64, shape (n_cells,)
        The most that the reader knows a cell to hold; infinite where there is no such bound.
    rule : Rule
    """

    values: Values
    relations: sparse.csr_array
    hidden: Mask
    known: Mask
    costs: Values
    ceiling: Values
    rule: Rule

    @property
    def primary(self) -> Mask:
        """The cells whose counts are small."""
        small = (self.values < self.rule.k - _TOLERANCE) & ~self.hidden
        return small if self.rule.banded else small & (self.values > _TOLERANCE)

    @property
    def upper(self) -> Values:
        """What the reader knows to be the most that a withheld cell can hold."""
        bound = self.ceiling.copy()
        if self.rule.told:
            bound[self.primary] = self.rule.k - 1
        return bound

    def cost_of(self, withheld: Mask) -> float:
        """Return the information lost beyond the primary cells."""
        return float(self.costs[withheld & ~self.primary & ~self.hidden].sum())

    def part(self, cells: NDArray[np.int64]) -> Table:
        """Return the table of some cells and of the relations among them."""
        columns = self.relations[:, cells]
        rows = np.diff(columns.indptr) > 0
        return replace(
            self,
            values=self.values[cells],
            relations=sparse.csr_array(columns[rows]),
            hidden=self.hidden[cells],
            known=self.known[cells],
            costs=self.costs[cells],
            ceiling=self.ceiling[cells],
        )

    def blocks(self) -> Iterator[NDArray[np.int64]]:
        """Yield the cells of each independent block that has anything to hide; no relation joins two blocks."""
        pattern = abs(self.relations)
        number, label = sparse.csgraph.connected_components(pattern.T @ pattern, directed=False)
        order = np.argsort(label, kind="stable")
        ends = np.searchsorted(label[order], np.arange(number + 1))
        busy = np.zeros(number, dtype=bool)
        busy[label[self.primary]] = True
        for block in np.flatnonzero(busy):
            yield order[ends[block] : ends[block + 1]].astype("int64")


def relation_matrix(relations: Sequence[Relation], n: int) -> sparse.csr_array:
    """Return relations as a matrix: +1 for the cells of the left side, -1 for those of the right side."""
    rows = np.repeat(np.arange(len(relations)), [len(left) + len(right) for left, right in relations])
    columns = [cell for left, right in relations for cell in (*left, *right)]
    signs = [sign for left, right in relations for sign in (*([1.0] * len(left)), *([-1.0] * len(right)))]
    return sparse.csr_array((signs, (rows, columns)), shape=(len(relations), n))


def make_table(
    values: Values,
    relations: Sequence[Relation],
    rule: Rule,
    *,
    cost: Cost = "log",
    hidden: Mask | None = None,
    known: Mask | None = None,
    ceiling: Values | None = None,
) -> Table:
    """Make a table from its equalities.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n_cells,)
    relations : sequence of (list of int, list of int)
        Positions: the cells of the left side (a whole) together are those of the right side (its parts).
    rule : Rule
    cost : str
        What a withheld cell costs: ``cell`` (1), ``value`` (its count) or ``log`` (the logarithm of 1 + its count).
    hidden, known : numpy.ndarray of bool, optional
    ceiling : numpy.ndarray of float64, optional

    Returns
    -------
    Table

    Raises
    ------
    DisclosureError
        If a count is negative or an equality does not hold.
    """
    n = len(values)
    matrix = relation_matrix(relations, n)
    if n and values.min() < 0:
        raise DisclosureError("a table of counts has a negative count")
    off = np.flatnonzero(np.abs(matrix @ values) > _TOLERANCE * max(1.0, float(values.max(initial=0))))
    if len(off):
        raise DisclosureError(f"{len(off)} equalities of the table do not hold")
    losses = {"cell": np.ones(n), "value": values, "log": np.log1p(values)}[cost]
    none = np.zeros(n, dtype=bool)
    return Table(
        np.asarray(values, dtype="float64"),
        matrix,
        none if hidden is None else hidden,
        none if known is None else known,
        np.maximum(losses, LEAST_COST),
        np.full(n, np.inf) if ceiling is None else ceiling,
        rule,
    )
