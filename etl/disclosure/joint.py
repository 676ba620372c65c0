"""The joint table of one count: every equality between its cells that holds by definition.

A unit is the sum of the units it consists of, all persons are women and men, a long period is the sum of the short
ones in it, an age group that of the narrower ones. A part that is not in the data becomes a hidden cell: of it the
reader knows only that it is not negative, but that too narrows down the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from etl.disclosure.table import Mask, Relation, Values, relation_matrix
from etl.rows import value_rows

Interval = tuple[int, int]
Rest = tuple[Interval, str, Interval]
"""Period, sex and age of a cell."""
Key = tuple[str, Interval, str, Interval]
"""Unit, period in days, sex, age in years; both as [first, last + 1)."""

OLDEST = 200
_CLOSE = 1e-6
_PASSES = 2


@dataclass(frozen=True)
class Broken:
    """A total that is not the sum of its parts.

    Attributes
    ----------
    kind : str
        ``units``, ``sex``, ``age`` or ``periods``.
    cell : int
        The position of the total.
    total, parts : float
    """

    kind: str
    cell: int
    total: float
    parts: float


@dataclass
class Joint:
    """Cells and relations of one count.

    Attributes
    ----------
    keys : list of Key
        First those of the data, in their order, then the hidden ones.
    values : numpy.ndarray of float64
    hidden : numpy.ndarray of bool
    relations : list of (list of int, list of int)
        The cells of the left side together are those of the right side.
    ceiling : numpy.ndarray of float64
    broken : list of Broken
        Totals below the sum of their parts: these cannot both be right.
    loose : list of Broken
        Totals above the sum of their parts, or of periods that do not add up: they bind their parts less, or not.
    """

    keys: list[Key]
    values: Values
    hidden: Mask
    relations: list[Relation]
    ceiling: Values
    broken: list[Broken] = field(default_factory=list)
    loose: list[Broken] = field(default_factory=list)


def age_interval(text: str) -> Interval:
    """Return an age group as [first, last + 1) years."""
    if text == "all":
        return 0, OLDEST
    if text.endswith("+"):
        return int(text[:-1]), OLDEST
    first, _, last = text.partition("-")
    return int(first), int(last or first) + 1


def _days(dates: pd.Series) -> NDArray[np.int64]:
    return dates.to_numpy().astype("datetime64[D]").astype("int64")


def cell_keys(df: pd.DataFrame) -> list[Key]:
    """Return the keys of the cells of figures: unit, period, sex, age."""
    starts, ends = _days(df["period_start"]).tolist(), (_days(df["period_end"]) + 1).tolist()
    ages = {str(age): age_interval(str(age)) for age in df["age"].unique()}
    return [
        (str(unit), (start, end), str(sex), ages[str(age)])
        for unit, sex, age, start, end in zip(df["unit_id"], df["sex"], df["age"], starts, ends, strict=True)
    ]


@dataclass(frozen=True)
class Hierarchy:
    """The units of each boundary set and what each consists of."""

    children: dict[str, dict[str, list[str]]]
    members: list[tuple[str, list[str]]]

    @classmethod
    def of(cls, units: pd.DataFrame) -> Hierarchy:
        """Read it from the table of units."""
        children: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        members: list[tuple[str, list[str]]] = []
        for name, unit, parent, group in value_rows(units[["boundary_set", "unit_id", "parent_unit_id", "members"]]):
            if parent:
                children[str(name)][str(parent)].append(str(unit))
            if group:
                members.append((str(unit), str(group).split("|")))
        return cls({name: dict(tree) for name, tree in children.items()}, sorted(members))


def _below(hierarchy: Hierarchy) -> dict[str, set[str]]:
    """Return all units that each unit consists of, in any boundary set."""
    parts: dict[str, set[str]] = defaultdict(set)
    for tree in hierarchy.children.values():
        for unit, children in tree.items():
            parts[unit].update(children)
    for unit, members in hierarchy.members:
        parts[unit].update(members)
    found: dict[str, set[str]] = {}
    for unit in parts:
        queue, seen = list(parts[unit]), set(parts[unit])
        while queue:
            inner = parts.get(queue.pop(), set()) - seen
            seen |= inner
            queue += inner
        found[unit] = seen
    return found


def _hold(one: Interval, other: Interval) -> bool:
    return (one[0] <= other[0] and other[1] <= one[1]) or (other[0] <= one[0] and one[1] <= other[1])


def _is_bridge(one: Rest, other: Rest) -> bool:
    """Tell whether one is part of the other in each of period, sex and age."""
    return _hold(one[0], other[0]) and (one[1] == other[1] or "all" in (one[1], other[1])) and _hold(one[2], other[2])


class _Builder:
    """Collects keys and relations."""

    def __init__(self, keys: list[Key]) -> None:
        self.at = {key: position for position, key in enumerate(keys)}
        self.relations: dict[tuple[int, tuple[int, ...]], str] = {}

    def cell(self, key: Key) -> int:
        """Return the position of a cell; a new one is hidden."""
        return self.at.setdefault(key, len(self.at))

    def bridge(self, hierarchy: Hierarchy) -> None:
        """Make hidden cells of a whole that is told in other periods, sexes or ages than any of its parts.

        A region's total of three years and its districts' single years have no cell in common: the hidden cells of the
        region in single years join them.
        """
        rests: dict[str, set[Rest]] = defaultdict(set)
        for unit, *rest in self.at:
            rests[unit].add((rest[0], rest[1], rest[2]))  # type: ignore[arg-type]
        made: list[Key] = []
        for unit, below in sorted(_below(hierarchy).items()):
            own = rests.get(unit, set())
            theirs = set().union(*(rests[part] for part in below if part in rests))
            pairs = [(one, other) for one in own - theirs for other in theirs - own if _is_bridge(one, other)]
            for one, (period, sex, age) in sorted(pairs):
                made += [(unit, period, one[1], one[2]), (unit, period, sex, one[2]), (unit, period, sex, age)]
        for key in made:
            self.cell(key)

    def relate(self, kind: str, whole: Key, parts: Iterable[Key], *, grow: bool) -> None:
        """Add that a whole is the sum of its parts, unless parts are missing and none may be added."""
        parts = list(parts)
        if not grow and not all(part in self.at for part in parts):
            return
        if len(parts) and whole in self.at:
            cells = tuple(sorted({self.cell(part) for part in parts}))
            self.relations.setdefault((self.at[whole], cells), kind)

    def intervals(self, position: int, kind: str, *, grow: bool) -> None:
        """Relate the intervals of one dimension (1: periods, 3: ages) within the same rest of the key."""
        groups: dict[tuple[object, ...], set[Interval]] = defaultdict(set)
        for key in self.at:
            groups[(*key[:position], *key[position + 1 :])].add(key[position])  # type: ignore[arg-type]
        for rest, found in groups.items():
            if len(found) < 2:
                continue
            points = sorted({point for interval in found for point in interval})
            for start, end in sorted(found):
                inner = [point for point in points if start < point < end]
                if inner:
                    atoms = zip([start, *inner], [*inner, end], strict=True)
                    make = [(*rest[:position], atom, *rest[position:]) for atom in atoms]
                    whole = (*rest[:position], (start, end), *rest[position:])
                    self.relate(kind, whole, make, grow=grow)  # type: ignore[arg-type]

    def sexes(self, *, grow: bool) -> None:
        """Relate all persons to women and men."""
        for unit, period, sex, age in list(self.at):
            parts = [(unit, period, part, age) for part in ("female", "male")]
            if sex == "all" and any(part in self.at for part in parts):
                self.relate("sex", (unit, period, sex, age), parts, grow=grow)

    def units(self, hierarchy: Hierarchy, sets: dict[Interval, set[str]], *, grow: bool) -> None:
        """Relate units to what they consist of, in the boundary sets that the figures of a period use."""
        slices: dict[tuple[Interval, str, Interval], set[str]] = defaultdict(set)
        for unit, period, sex, age in self.at:
            slices[(period, sex, age)].add(unit)
        for (period, sex, age), present in slices.items():
            trees: list[tuple[str, list[str], dict[str, list[str]]]]
            trees = [(unit, parts, {}) for unit, parts in hierarchy.members if unit in present]
            for name in sorted(sets.get(period, set())):
                tree = hierarchy.children.get(name, {})
                trees += [(unit, tree[unit], tree) for unit in sorted(present & tree.keys())]
            for unit, children, tree in trees:
                parts = [part for child in children for part in _present_parts(child, tree, present)]
                if any(part in present for part in parts):
                    make = [(part, period, sex, age) for part in parts]
                    self.relate("units", (unit, period, sex, age), make, grow=grow)


def _present_parts(unit: str, tree: dict[str, list[str]], present: set[str]) -> list[str]:
    """Return a unit if it has a figure, else what it consists of if any of that has one, else the unit itself."""
    if unit in present or unit not in tree:
        return [unit]
    parts = [part for child in tree[unit] for part in _present_parts(child, tree, present)]
    return parts if any(part in present for part in parts) else [unit]


def build_joint(df: pd.DataFrame, units: pd.DataFrame, *, tolerance: float = 0.0) -> Joint:
    """Build the joint table of the figures of one count.

    Parameters
    ----------
    df : pandas.DataFrame
        Columns unit_id, boundary_set, period_start, period_end, sex, age and `count`; a missing count is a figure
        that is withheld by its source: its cell is hidden.
    units : pandas.DataFrame
        With boundary_set, unit_id, parent_unit_id, members.
    tolerance : float, default 0
        How far a count may be off by rounding.

    Returns
    -------
    Joint
    """
    keys = cell_keys(df)
    builder = _Builder(keys)
    hierarchy = Hierarchy.of(units)
    sets: dict[Interval, set[str]] = defaultdict(set)
    for key, name in zip(keys, df["boundary_set"], strict=True):
        sets[key[1]].add(str(name))
    builder.bridge(hierarchy)
    for turn in range(_PASSES):
        grow = turn == 0
        builder.intervals(1, "periods", grow=grow)
        builder.intervals(3, "age", grow=grow)
        builder.sexes(grow=grow)
        builder.units(hierarchy, sets, grow=grow)
    values = np.full(len(builder.at), np.nan)
    values[: len(keys)] = df["count"].to_numpy(dtype="float64")
    return _fit(list(builder.at), values, builder.relations, tolerance)


def _fit(keys: list[Key], values: Values, found: dict[tuple[int, tuple[int, ...]], str], tolerance: float) -> Joint:
    """Check every total, loosen or drop those that do not add up, and give hidden cells values that fit."""
    joint = Joint(keys, values, np.isnan(values), [], np.empty(0))
    added: list[tuple[float, float]] = []  # value and ceiling of the hidden cells that loosen a relation
    kinds: list[str] = []
    for (whole, parts), kind in sorted(found.items()):
        cells = list(parts)
        left, right = [whole], cells
        if not joint.hidden[[whole, *cells]].any():
            total, together = float(values[whole]), float(values[cells].sum())
            off, slack = total - together, tolerance * (len(cells) + 1)
            free = len(values) + len(added)
            if abs(off) <= _CLOSE * max(1.0, abs(total)):
                pass
            elif abs(off) <= slack + _CLOSE:
                left, right = [whole, free], [*cells, free + 1]
                added += [(max(-off, 0.0), slack), (max(off, 0.0), slack)]
            elif off < 0 and kind != "periods":
                joint.broken.append(Broken(kind, whole, total, together))
                continue
            else:
                joint.loose.append(Broken(kind, whole, total, together))
                if kind == "periods":
                    continue
                right = [*cells, free]
                added.append((off, np.inf))
        joint.relations.append((left, right))
        kinds.append(kind)
    joint.values = np.concatenate([values, [value for value, _ in added]])
    joint.hidden = np.concatenate([joint.hidden, np.ones(len(added), dtype=bool)])
    joint.ceiling = np.concatenate([np.full(len(values), np.inf), [ceiling for _, ceiling in added]])
    _fill_hidden(joint, kinds)
    return joint


def _fill_hidden(joint: Joint, kinds: list[str]) -> None:
    """Give the hidden cells of the data any values that fit; drop relations that no values fit."""
    unknown = np.flatnonzero(np.isnan(joint.values))
    if not len(unknown):
        return
    matrix = relation_matrix(joint.relations, len(joint.values)).tocsc()
    part = sparse.csr_array(matrix[:, unknown])
    rows = np.flatnonzero(np.diff(part.indptr))
    right = -(matrix @ np.nan_to_num(joint.values))[rows]
    n_rows, n = len(rows), len(unknown)
    if n_rows == 0:
        joint.values[unknown] = 0.0
        return
    # Each relation may be off at a price of 1: at the least price, only what cannot be fitted is off.
    one = sparse.eye_array(n_rows)
    found = linprog(
        np.concatenate([np.zeros(n), np.ones(2 * n_rows)]),
        A_eq=sparse.hstack([part[rows], one, -one], format="csr"),
        b_eq=right,
        bounds=(0, None),
        method="highs",
    )
    joint.values[unknown] = found.x[:n]
    off = found.x[n : n + n_rows] - found.x[n + n_rows :]
    for at in rows[np.abs(off) > _CLOSE][::-1].tolist():
        left, parts = joint.relations.pop(at)
        here = joint.values
        joint.loose.append(Broken(kinds[at], left[0], float(here[left].sum()), float(here[parts].sum())))
