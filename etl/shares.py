"""Makes crosswalks: what share of each unit of one boundary set lies in the units of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from etl.reference import SEPARATOR
from etl.rows import named_rows
from geodata.errors import EtlError
from geodata.projection import M2_PER_KM2
from geodata.topology import intersect_polygons

MIN_SHARE = 0.001
MAX_UNCOVERED = 0.01
_DIGITS = Decimal(1).scaleb(-15)

Numbers = NDArray[np.float64]


class CrosswalkError(EtlError):
    """A crosswalk between two boundary sets cannot be made as asked."""


@dataclass(frozen=True, slots=True)
class Link:
    """What of a unit of one set lies in a unit of the other.

    Attributes
    ----------
    from_unit, to_unit : str
    share_population, share_area : decimal.Decimal or None
        Of the from_unit; those of one from_unit add up to exactly 1. None if unknown.
    """

    from_unit: str
    to_unit: str
    share_population: Decimal | None
    share_area: Decimal | None


@dataclass
class Shares:
    """The links between two sets at one level, and what had to be decided on the way.

    Attributes
    ----------
    links : list of Link
    notes : list of str
        Parts too small to count, land that the other set does not cover, populations that are not known.
    """

    links: list[Link] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def round_shares(parts: Sequence[float]) -> list[Decimal]:
    """Return the parts as shares of 15 digits that add up to exactly 1; the largest takes the rest.

    Parameters
    ----------
    parts : sequence of float
        0 or more, at least one above 0.

    Returns
    -------
    list of decimal.Decimal

    Raises
    ------
    CrosswalkError
        If a part is negative or no number, or all are 0.
    """
    values = np.asarray(parts, dtype="float64")
    if not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise CrosswalkError(f"shares cannot be made of {', '.join(f'{value:g}' for value in values[:10])}")
    shares = [Decimal(repr(float(value / values.sum()))).quantize(_DIGITS) for value in values]
    shares[int(np.argmax(values))] += 1 - sum(shares, Decimal(0))
    return shares


class Membership:
    """Which lowest units each unit is made of: its members, or else the units below it, or else itself."""

    def __init__(self, units: pd.DataFrame) -> None:
        self._row = {(row.boundary_set, row.unit_id): row for row in named_rows(units)}
        self._any = {(row.iso3, row.unit_id): row for row in named_rows(units)}
        self._below: dict[tuple[str, str], list[Any]] = {}
        for row in named_rows(units):
            self._below.setdefault((row.boundary_set, row.parent_unit_id), []).append(row)

    def of(self, boundary_set: str, unit_id: str) -> frozenset[str]:
        """Return the unit_ids of the lowest units that make up a unit."""
        found: set[str] = set()
        seen: set[str] = set()
        queue = [self._row[boundary_set, unit_id]]
        while queue:
            row = queue.pop()
            if row.unit_id in seen:
                continue
            seen.add(row.unit_id)
            if row.geometry == "members":
                parts = [
                    self._row.get((row.boundary_set, name)) or self._any[row.iso3, name]
                    for name in row.members.split(SEPARATOR)
                ]
            else:
                parts = self._below.get((row.boundary_set, row.unit_id), [])
            queue += parts
            if not parts:
                found.add(row.unit_id)
        return frozenset(found)


def _sum_of(names: frozenset[str], amounts: Mapping[str, float]) -> float:
    return float(sum(amounts[name] for name in names)) if names <= amounts.keys() else float("nan")


def _column(parts: Sequence[float]) -> list[Decimal] | list[None]:
    """Return the shares of one unit; a whole unit is 1 even if its amount is unknown."""
    if len(parts) == 1:
        return [Decimal(1)]
    if np.isnan(parts).any() or not sum(parts) > 0:
        return [None] * len(parts)
    return list(round_shares(parts))


def membership_shares(
    units: pd.DataFrame,
    from_set: str,
    to_set: str,
    level: str,
    areas: Mapping[str, float],
    population: Mapping[str, float] | None = None,
) -> Shares:
    """Return the crosswalk by lists of members: which lowest units the units of both sets are made of.

    Parameters
    ----------
    units : pandas.DataFrame
        Of all boundary sets.
    from_set, to_set, level : str
    areas : mapping of unit_id to float
        [km2] of the lowest units.
    population : mapping of unit_id to float, optional

    Returns
    -------
    Shares

    Raises
    ------
    CrosswalkError
        If some lowest unit of a unit is in no unit of the other set.
    """
    membership = Membership(units)
    at = {name: _ids(units, name, level) for name in (from_set, to_set)}
    home: dict[str, str] = {}
    lists = {unit: membership.of(to_set, unit) for unit in at[to_set]}
    for unit, names in lists.items():
        home.update(dict.fromkeys(names, unit))
    result = Shares()
    people = population or {}
    for unit in at[from_set]:
        names = membership.of(from_set, unit)
        lost = sorted(names - home.keys())
        if lost:
            raise CrosswalkError(
                f"{unit} of {from_set} has {', '.join(lost[:10])}, which no {level} unit of {to_set} has in its list: "
                "give both sets the same lower units (parent_unit_id or members), or use --method area"
            )
        parts: dict[str, set[str]] = {}
        for name in sorted(names):
            parts.setdefault(home[name], set()).add(name)
        receivers = sorted(parts)
        land = [_sum_of(frozenset(parts[name]), areas) for name in receivers]
        lives = [_sum_of(frozenset(parts[name]), people) for name in receivers]
        shares = zip(receivers, _column(lives), _column(land), strict=True)
        result.links += [Link(unit, receiver, p, a) for receiver, p, a in shares]
        if len(receivers) > 1 and population is not None and np.isnan(lives).any():
            result.notes.append(
                f"{unit}: the population of {', '.join(sorted(names - people.keys())[:10])} is not known"
            )
    return result


def _ids(units: pd.DataFrame, boundary_set: str, level: str) -> list[str]:
    chosen = units.loc[(units["boundary_set"] == boundary_set) & (units["level"] == level), "unit_id"]
    if chosen.empty:
        raise CrosswalkError(f"{boundary_set} has no units at {level}: name a set and level of data/units.csv")
    return sorted(chosen)


@dataclass(frozen=True)
class Layer:
    """Units with their polygons in an equal-area projection [m]."""

    ids: list[str]
    polygons: NDArray[Any]


def make_layer(
    units: pd.DataFrame, projected: NDArray[Any], boundary_set: str, level: str, notes: list[str] | None = None
) -> Layer:
    """Return the units of a set and level that have a polygon; a note names the others.

    Parameters
    ----------
    units : pandas.DataFrame
    projected : numpy.ndarray of shapely geometries or None, shape (n_units,)
        Row by row, in an equal-area projection.
    boundary_set, level : str
    notes : list of str, optional
        Gets a line on units without a polygon.

    Returns
    -------
    Layer

    Raises
    ------
    CrosswalkError
        If the set has no units at that level, or a polygon is broken.
    """
    _ids(units, boundary_set, level)
    chosen = np.flatnonzero(((units["boundary_set"] == boundary_set) & (units["level"] == level)).to_numpy())
    ids = units["unit_id"].to_numpy(dtype=object)[chosen]
    drawn = np.array([projected[at] is not None for at in chosen], dtype=bool)
    if notes is not None and not drawn.all():
        notes.append(f"{boundary_set}: {', '.join(sorted(ids[~drawn])[:10])} without a polygon")
    polygons = projected[chosen[drawn]]
    areas = shapely.area(polygons)
    if not np.isfinite(areas).all() or not shapely.is_valid(polygons).all():
        raise CrosswalkError(f"{boundary_set} at {level} has broken polygons: see python -m etl topology")
    return Layer([str(name) for name in ids[drawn]], polygons)


def _pieces(source: Layer, target: Layer, min_share: float, max_uncovered: float, notes: list[str]) -> pd.DataFrame:
    """Return the parts of the source's units by unit of the target: a, b (positions), area, geometry."""
    a, b, shapes = intersect_polygons(source.polygons, target.polygons)
    pieces = pd.DataFrame({"a": a, "b": b, "area": shapely.area(shapes), "shape": list(shapes)})
    whole = shapely.area(source.polygons)
    covered = np.bincount(a, weights=pieces["area"], minlength=len(whole)) / whole
    for at in np.flatnonzero(covered < 1.0 - max_uncovered).tolist():
        raise CrosswalkError(
            f"{1 - covered[at]:.1%} of {source.ids[at]} lies in no unit of the other set: the sets do not fit; see "
            "python -m etl topology, or allow it with --max-uncovered"
        )
    off = np.flatnonzero(np.abs(covered - 1.0) > 1e-6)
    if len(off):
        worst = int(off[np.argmax(np.abs(covered[off] - 1.0))])
        notes.append(
            f"{len(off)} units are not covered exactly; at most {abs(1 - covered[worst]):.2%}, {source.ids[worst]}: "
            "the shares are of what is covered"
        )
    small = (pieces["area"].to_numpy() / (whole * covered)[a]) < min_share
    for at in np.flatnonzero(small).tolist():
        name = f"{source.ids[a[at]]} in {target.ids[b[at]]}"
        notes.append(f"{name}: {pieces['area'].iloc[at] / M2_PER_KM2:.2f} km2 taken for rounding (below --min-share)")
    kept: pd.DataFrame = pieces.loc[~small].reset_index(drop=True)
    return kept


def area_shares(
    source: Layer,
    target: Layer,
    population: tuple[Layer, Numbers] | None = None,
    *,
    min_share: float = MIN_SHARE,
    max_uncovered: float = MAX_UNCOVERED,
) -> Shares:
    """Return the crosswalk by the polygons of both sets; with populations of zones, also by population.

    The people of a zone are taken to live evenly over it (areal interpolation within the zone only). Rates must never
    be carried with these shares themselves, only their numerators and denominators.

    Parameters
    ----------
    source, target : Layer
        Units of the two sets, in the same equal-area projection.
    population : tuple of Layer and numpy.ndarray of float64, optional
        Zones and how many people live in each; parts outside of all zones have none.
    min_share : float, default 0.001
        Parts below this share of their unit are digitising differences; the others take their share.
    max_uncovered : float, default 0.01
        How much of a unit may lie outside of all units of the other set.

    Returns
    -------
    Shares

    Raises
    ------
    CrosswalkError
        If the sets do not cover each other.
    """
    result = Shares()
    pieces = _pieces(source, target, min_share, max_uncovered, result.notes)
    people = np.full(len(pieces), np.nan)
    if population is not None:
        zones, counts = population
        z, p, shapes = intersect_polygons(zones.polygons, np.array(pieces["shape"].tolist(), dtype=object))
        parts = counts[z] * shapely.area(shapes) / shapely.area(zones.polygons)[z]
        people = np.bincount(p, weights=parts, minlength=len(pieces))
    for at, group in pieces.assign(people=people).groupby("a", sort=True):
        unit = source.ids[int(str(at))]
        lives = _column(group["people"].tolist())
        if population is not None and lives[0] is None:
            result.notes.append(f"{unit}: no population is known where it is divided")
        shares = zip(group["b"], lives, _column(group["area"].tolist()), strict=True)
        result.links += [Link(unit, target.ids[b], p, a) for b, p, a in shares]
    return result
