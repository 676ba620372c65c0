"""The reform of 2018 as a crosswalk from the former to the present division, exact by lists of members."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from etl.training.country import NEW, OLD, Country, Unit

METHOD = "exact_membership"
_DIGITS = Decimal(1).scaleb(-15)


@dataclass(frozen=True, slots=True)
class Link:
    """What of a former unit lies in a present one, as a share of the former; shares of one unit add up to 1."""

    level: str
    from_unit: str
    to_unit: str
    share_population: Decimal
    share_area: Decimal


def _shares(parts: NDArray[np.float64]) -> list[Decimal]:
    """Return shares that add up to exactly 1."""
    shares = [Decimal(repr(float(part / parts.sum()))).quantize(_DIGITS) for part in parts]
    largest = int(np.argmax(parts))
    shares[largest] += 1 - sum(shares, Decimal(0))
    return shares


def _links(old: Unit, new: list[Unit], population: NDArray[np.float64], area: NDArray[np.float64]) -> list[Link]:
    meeting = [(unit, sorted(set(unit.base) & set(old.base))) for unit in new]
    meeting = [(unit, common) for unit, common in meeting if common]
    people = _shares(np.array([population[common].sum() for _, common in meeting]))
    land = _shares(np.array([area[common].sum() for _, common in meeting]))
    return [
        Link(old.level, old.unit_id, unit.unit_id, p, a) for (unit, _), p, a in zip(meeting, people, land, strict=True)
    ]


def make_crosswalk(country: Country, population: NDArray[np.float64]) -> list[Link]:
    """Return the crosswalk of all levels of the former division.

    Parameters
    ----------
    country : Country
    population : numpy.ndarray of float64, shape (n_base,)
        Of the districts before the reform, in the last year before it.

    Returns
    -------
    list of Link
    """
    area = np.asarray(np.bincount(country.base_of_atom, country.area), dtype="float64")
    links: list[Link] = []
    for level in ("ADM0", "ADM1", "ADM2"):
        new = country.at(NEW, level)
        by_base: dict[int, list[Unit]] = {}
        for unit in new:
            for base in unit.base:
                by_base.setdefault(base, []).append(unit)
        for old in country.at(OLD, level):
            meeting = {unit.unit_id: unit for base in old.base for unit in by_base[base]}
            links += _links(old, [meeting[name] for name in sorted(meeting)], population, area)
    return links
