"""The units into which points are sorted: polygons of one level, of named boundary sets or of those of the date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.boundaries import UnitShapes, build_shapes, read_known_holes
from etl.package import read_packages
from etl.points.lookup import UnitLookup
from etl.problems import Problems, quoted
from etl.reference import Reference, check_reference

Days = NDArray[np.datetime64]
UNIT_COLUMNS = ["boundary_set", "unit_id", "iso3", "level", "pcode", "name_en"]
_OPTIONS = "command line"
_BEGINNING = np.datetime64("0001-01-01", "D")


@dataclass(frozen=True)
class Division:
    """The units that are valid together during some time.

    Attributes
    ----------
    since : numpy.datetime64
        First day; it holds until the next division begins.
    sets : tuple of str
        Boundary sets, one a country.
    units : numpy.ndarray of int64
        Rows of `Divisions.units`, in the order of the lookup's polygons: by unit_id.
    polygons : numpy.ndarray of shapely (Multi)Polygons
        In EPSG:4326.
    """

    since: np.datetime64
    sets: tuple[str, ...]
    units: NDArray[np.int64]
    polygons: NDArray[Any]

    def make_lookup(self) -> UnitLookup:
        """Return the lookup of the polygons."""
        return UnitLookup(self.polygons)


@dataclass(frozen=True)
class Divisions:
    """All units that points may be sorted into.

    Attributes
    ----------
    units : pandas.DataFrame
        Distinct, with the columns `UNIT_COLUMNS`.
    divisions : tuple of Division
        In the order of time; at least one.
    without_polygon : tuple of str
        unit_ids that are drawn as markers: no point can be found to lie in them.
    proj : str
        The dataset's projection [m].
    sources : frozenset of str
        The known source_ids.
    """

    units: pd.DataFrame
    divisions: tuple[Division, ...]
    without_polygon: tuple[str, ...]
    proj: str
    sources: frozenset[str]


def _chosen_sets(
    sets: pd.DataFrame, names: Sequence[str], problems: Problems
) -> list[tuple[np.datetime64, tuple[str, ...]]]:
    """Return which boundary sets hold from which day on; the named ones always, or else each by its dates."""
    if names:
        known = sets.set_index("boundary_set")["iso3"]
        for name in names:
            if name not in known.index:
                problems.add(
                    _OPTIONS, None, "--set", found=quoted(name),
                    expected=f"one of {', '.join(sorted(known.index))}", remedy="Name a boundary set of the package.",
                )  # fmt: skip
        countries = [known[name] for name in names if name in known.index]
        if len(set(countries)) < len(countries):
            problems.add(
                _OPTIONS, None, "--set", found="two sets of one country", expected="one set a country",
                remedy="Name one of them, or use --by-date.",
            )  # fmt: skip
        return [(_BEGINNING, tuple(sorted(names)))]
    dated = sets.loc[sets["by_date"]]
    first = dated["valid_from"].to_numpy(dtype="datetime64[D]")
    last = dated["valid_to"].to_numpy(dtype="datetime64[D]")
    start = np.where(np.isnat(first), _BEGINNING, first)
    days = np.unique(np.concatenate([[_BEGINNING], start, (last + 1)[~np.isnat(last)]]))
    ids = dated["boundary_set"].to_numpy(dtype=object)
    return [(day, tuple(sorted(ids[(start <= day) & (np.isnat(last) | (last >= day))]))) for day in days]


def _select(
    units: pd.DataFrame, shapes: UnitShapes, level: str, chosen: list[tuple[np.datetime64, tuple[str, ...]]]
) -> tuple[pd.DataFrame, list[Division]]:
    drawn = np.array([geometry is not None for geometry in shapes.geometry], dtype=bool)
    wanted = {name for _, names in chosen for name in names}
    at = np.flatnonzero(drawn & (units["level"] == level).to_numpy() & units["boundary_set"].isin(wanted).to_numpy())
    order = np.lexsort((units["boundary_set"].to_numpy(str)[at], units["unit_id"].to_numpy(str)[at]))
    at = at[order]
    table = units.iloc[at][UNIT_COLUMNS].astype("str").reset_index(drop=True)
    polygons = shapes.geometry[at]
    divisions = []
    for day, names in chosen:
        inside = np.flatnonzero(table["boundary_set"].isin(names).to_numpy())
        divisions.append(Division(day, names, inside, polygons[inside]))
    return table, divisions


def read_divisions(roots: Sequence[Path], names: Sequence[str], level: str, problems: Problems) -> Divisions:
    """Read the units of a level from data packages, checked as a build checks them.

    Parameters
    ----------
    roots : sequence of pathlib.Path
        Folders with a datapackage.json; the first gives the projection.
    names : sequence of str
        Boundary sets, at most one a country; if empty, the by_date sets, each in its time.
    level : str
        ADM0 to ADM3.
    problems : Problems
        Collects every fault of the reference tables and boundaries; the figures are not looked at.

    Returns
    -------
    Divisions

    Raises
    ------
    BadInputError
        With all problems, if there is one.
    """
    package = read_packages(roots, problems)
    reference: Reference = check_reference(package, problems)
    problems.found[:] = [problem for problem in problems.found if not _is_of_figures(problem.file)]
    problems.raise_if_any()
    if package.dataset is None:
        raise AssertionError("a package without a dataset has a problem")
    chosen = _chosen_sets(reference.boundary_sets, names, problems)
    problems.raise_if_any()
    proj = package.dataset.projection.proj
    units = reference.units.sort_values(["iso3", "level", "unit_id", "boundary_set"], ignore_index=True)
    holes = read_known_holes(reference.boundary_sets, problems)
    shapes = build_shapes(units, package.boundaries, proj, problems, holes)
    problems.raise_if_any()
    if shapes is None:
        raise AssertionError("boundaries without shapes have a problem")
    table, divisions = _select(units, shapes, level, chosen)
    here = (units["level"] == level) & units["boundary_set"].isin({name for _, sets in chosen for name in sets})
    if table.empty:
        levels = sorted(units.loc[units["boundary_set"].isin(names or units["boundary_set"]), "level"].unique())
        problems.add(
            _OPTIONS, None, "--level", found=f"{level}, of which no unit has a polygon",
            expected=f"one of {', '.join(levels)}", remedy="Choose a level of the boundary set.",
        )  # fmt: skip
        problems.raise_if_any()
    markers = units.loc[here & (units["geometry"] == "marker"), "unit_id"]
    return Divisions(
        table, tuple(divisions), tuple(sorted(set(markers))), proj, frozenset(reference.sources["source_id"])
    )


def _is_of_figures(file: str) -> bool:
    """Tell whether a problem lies in what this step does not need: figures, indicators, intake."""
    return any(part in f"/{file}" for part in ("/data/figures/", "/catalog/indicators/", "/intake/", "/raw/"))
