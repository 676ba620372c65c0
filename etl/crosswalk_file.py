"""Makes and writes the rows of data/crosswalk.csv for two boundary sets of a package."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from etl.pipeline import Prepared
from etl.problems import BadInputError, Problems
from etl.readers import ROW, read_csv
from etl.shares import CrosswalkError, Layer, Shares, area_shares, make_layer, membership_shares
from etl.validate import parse_numbers
from geodata.contracts import LEVELS
from geodata.projection import project

COLUMNS = (
    "from_set",
    "to_set",
    "level",
    "from_unit",
    "to_unit",
    "share_population",
    "share_area",
    "method",
    "source_id",
    "note",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which crosswalk is to be made, and how.

    Attributes
    ----------
    from_set, to_set, level, method : str
    population : str or None
        An indicator of the package, or a CSV file with unit_id and population.
    date : str or None
        Last day of the period of the indicator's figures; the latest if None.
    min_share, max_uncovered : float
        As of `area_shares`.
    source_id, note : str
        Written into every row.
    """

    from_set: str
    to_set: str
    level: str
    method: str
    population: str | None = None
    date: str | None = None
    min_share: float = 0.001
    max_uncovered: float = 0.01
    source_id: str = ""
    note: str = ""


def _read_population(path: Path) -> dict[str, float]:
    problems = Problems()
    df = read_csv(path, path.name, problems)
    if df is not None:
        absent = [name for name in ("unit_id", "population") if name not in df.columns]
        if absent:
            problems.add(
                path.name,
                1,
                ", ".join(absent),
                found="no such column",
                expected="the columns unit_id and population",
                remedy="Name the columns so.",
            )
        else:
            numbers = parse_numbers(df["population"])
            bad = ~(numbers >= 0)
            problems.add_rows(
                path.name,
                df[ROW].to_numpy(dtype="int64")[bad],
                "population",
                found=df.loc[bad, "population"].astype("str").tolist(),
                expected="a number of people, 0 or more",
                remedy="Correct the cell, or remove the row.",
            ) if bad.any() else None
    problems.raise_if_any()
    if df is None:  # only for the type checker: a table that cannot be read is a problem
        raise AssertionError
    return dict(zip(df["unit_id"].astype("str"), parse_numbers(df["population"]).tolist(), strict=True))


def _published_population(prepared: Prepared, wanted: Wanted) -> dict[str, float]:
    df = prepared.joined.observations
    df = df.loc[
        (df["indicator_id"] == wanted.population) & (df["sex"] == "all") & (df["age"] == "all") & df["value"].notna()
    ]
    df = df.loc[df["boundary_set"].isin([wanted.from_set, wanted.to_set]) | df["level"].isin([wanted.level])]
    units = prepared.reference.units
    sets = units.loc[units["boundary_set"].isin([wanted.from_set, wanted.to_set]), "unit_id"]
    df = df.loc[df["unit_id"].isin(set(sets))]
    if wanted.date is not None:
        df = df.loc[df["period_end"] == pd.Timestamp(wanted.date)]
    if df.empty:
        when = f" on {wanted.date}" if wanted.date else ""
        raise CrosswalkError(
            f"{wanted.population} has no figures{when} for units of {wanted.from_set} or {wanted.to_set}: "
            "name an indicator of the package, its day with --date, or a CSV file with unit_id and population"
        )
    latest = df.sort_values("period_end", kind="stable").drop_duplicates("unit_id", keep="last")
    return dict(zip(latest["unit_id"].astype("str"), latest["value"].astype("float64"), strict=True))


def _population(prepared: Prepared, wanted: Wanted) -> dict[str, float] | None:
    if wanted.population is None:
        return None
    path = Path(wanted.population)
    if path.suffix.lower() == ".csv":
        return _read_population(path)
    return _published_population(prepared, wanted)


def _zones(
    prepared: Prepared, wanted: Wanted, projected: np.ndarray[tuple[int], np.dtype[np.object_]],
    population: Mapping[str, float], notes: list[str],
) -> tuple[Layer, np.ndarray[tuple[int], np.dtype[np.float64]]]:  # fmt: skip
    """Return the smallest units with a population, and how many people live in each."""
    units = prepared.reference.units
    best: tuple[Layer, str] | None = None
    for level in LEVELS[LEVELS.index(wanted.level) :]:
        for name in (wanted.from_set, wanted.to_set):
            if (level == wanted.level and name == wanted.from_set) or not _has_level(units, name, level):
                continue
            layer = make_layer(units, projected, name, level)
            known = [at for at, unit in enumerate(layer.ids) if unit in population]
            if known:
                best = (Layer([layer.ids[at] for at in known], layer.polygons[known]), f"{name} {level}")
    if best is None:
        raise CrosswalkError(
            f"no population is known of units of {wanted.to_set} or of units below {wanted.level}: "
            "give the population of the units that the others are divided into"
        )
    layer, where = best
    notes.append(f"people by {len(layer.ids)} units of {where}")
    return layer, np.array([population[unit] for unit in layer.ids], dtype="float64")


def _has_level(units: pd.DataFrame, boundary_set: str, level: str) -> bool:
    return bool(((units["boundary_set"] == boundary_set) & (units["level"] == level)).any())


def make_shares(prepared: Prepared, wanted: Wanted) -> Shares:
    """Return the links between the two sets.

    Parameters
    ----------
    prepared : Prepared
        The package, with its figures as published.
    wanted : Wanted

    Returns
    -------
    Shares

    Raises
    ------
    CrosswalkError
        If the sets, their units or the populations do not allow it.
    """
    units = prepared.reference.units
    known = set(units["boundary_set"])
    for name in (wanted.from_set, wanted.to_set):
        if name not in known:
            raise CrosswalkError(f"{name} is no boundary set of the package; it has {', '.join(sorted(known))}")
    population = _population(prepared, wanted)
    if wanted.method == "population" and population is None:
        raise CrosswalkError("--method population needs --population: an indicator, or a CSV file")
    areas = {
        str(unit): float(area)
        for unit, area in zip(units["unit_id"], prepared.shapes.area_km2, strict=True)
        if np.isfinite(area)
    }
    if wanted.method == "exact_membership":
        return membership_shares(units, wanted.from_set, wanted.to_set, wanted.level, areas, population)
    projected = project(prepared.shapes.geometry, prepared.dataset.projection.proj)
    notes: list[str] = []
    source = make_layer(units, projected, wanted.from_set, wanted.level, notes)
    target = make_layer(units, projected, wanted.to_set, wanted.level, notes)
    zones = None if population is None else _zones(prepared, wanted, projected, population, notes)
    shares = area_shares(source, target, zones, min_share=wanted.min_share, max_uncovered=wanted.max_uncovered)
    shares.notes[:0] = notes
    return shares


def _text(share: Decimal | None) -> str:
    if share is None:
        return ""
    text = f"{share:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def crosswalk_rows(shares: Shares, wanted: Wanted) -> list[dict[str, str]]:
    """Return the links as rows of data/crosswalk.csv, sorted.

    A unit that the method does not divide is whole, whatever the method: its method is exact_membership.
    """
    count: dict[str, int] = {}
    for link in shares.links:
        count[link.from_unit] = count.get(link.from_unit, 0) + 1
    rows = []
    for link in sorted(shares.links, key=lambda item: (item.from_unit, item.to_unit)):
        whole = count[link.from_unit] == 1
        values = (
            wanted.from_set,
            wanted.to_set,
            wanted.level,
            link.from_unit,
            link.to_unit,
            _text(link.share_population),
            _text(link.share_area),
            "exact_membership" if whole else wanted.method,
            "" if whole else wanted.source_id,
            "" if whole else wanted.note,
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def write_crosswalk(path: Path, rows: list[dict[str, str]], wanted: Wanted) -> None:
    """Write the rows into a CSV file; rows between other sets or at other levels stay.

    The optional columns are written if the file has them or a row fills them; datapackage.json must then describe them.

    Parameters
    ----------
    path : pathlib.Path
    rows : list of dict
    wanted : Wanted

    Raises
    ------
    BadInputError
        If the file is there and is no crosswalk.
    """
    kept: list[dict[str, str]] = []
    columns = list(COLUMNS[:8])
    if path.exists():
        problems = Problems()
        df = read_csv(path, path.name, problems)
        if df is not None and not set(COLUMNS[:8]) <= set(df.columns):
            problems.add(
                path.name, 1, "", found="other columns", expected=", ".join(COLUMNS), remedy="Name another file."
            )
        problems.raise_if_any()
        if df is None:
            raise BadInputError(problems.found)
        same = (df["from_set"] == wanted.from_set) & (df["to_set"] == wanted.to_set) & (df["level"] == wanted.level)
        others = df.loc[~same].astype("str")
        columns += [name for name in COLUMNS[8:] if name in df.columns]
        kept = [{name: str(row.get(name, "")) for name in COLUMNS} for row in others.to_dict("records")]
    content = sorted([*kept, *rows], key=lambda row: tuple(row[name] for name in COLUMNS[:5]))
    columns += [name for name in COLUMNS[8:] if name not in columns and any(row[name] for row in content)]
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(content)
    temporary.replace(path)
