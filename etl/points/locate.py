"""Works on one chunk of points: which are usable, in which unit each lies, and the sums of each unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from etl.points.dates import NO_DAY, bounds_of, period_of, read_dates
from etl.points.divisions import Division
from etl.points.lookup import OUTSIDE, UnitLookup
from etl.points.measure import COUNT, Measure
from etl.points.records import Batch, Chunk, read_chunk

# Why a point is listed and not aggregated, in the order in which it is looked at; the first that fits is given.
REASONS = {
    "wrong_cells": "The row has more or fewer cells than the header.",
    "no_coordinates": "Longitude or latitude is missing.",
    "unreadable_coordinates": "Longitude or latitude is no number, or the geometry is no point.",
    "zero_coordinates": "Longitude and latitude are both 0, which stands for a missing position.",
    "out_of_range": "Longitude is beyond ±180 or latitude beyond ±90 degrees.",
    "duplicate": "The whole row repeats an earlier one.",
    "no_date": "The date is missing.",
    "unreadable_date": "The date is not like 2022-06-08, 2022-06, 2022 or 08.06.2022.",
    "coarse_date": "The date covers more than one period.",
    "other_period": "The date lies outside of the period that was asked for.",
    "no_group": "The group is missing, or is none of the known codes.",
    "no_value": "The value is missing or no number.",
    "no_weight": "The weight is missing, negative or no number.",
    "no_units": "No boundary set is valid at the date.",
    "outside": "The point lies in no unit.",
}
CODES = {reason: code for code, reason in enumerate(REASONS, 1)}
LISTED_ROWS = 1_000
SAMPLE_ROWS = 10_000
KEYS = ["unit", "period", "sex", "age", "series"]
SUMS = ["n", "weight", "total"]
SEXES = {
    **dict.fromkeys(("f", "female", "woman", "women", "ж", "жен", "женский"), "female"),
    **dict.fromkeys(("m", "male", "man", "men", "м", "муж", "мужской"), "male"),
    **dict.fromkeys(("all", "both", "total"), "all"),
}
_AGE = r"^(all|[0-9]{1,3}(-[0-9]{1,3}|\+)?)$"
_SERIES = r"^[a-z0-9][a-z0-9_]{0,39}$"
_POINT = 0

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Days = NDArray[np.datetime64]


@dataclass(frozen=True)
class Question:
    """What is asked of the points.

    Attributes
    ----------
    divisions : tuple of Division
    measure : Measure
    lon, lat, date : str
        Columns; lon and lat are empty if the position is the first column or two of a chunk.
    period : str
        year, quarter, month or all.
    first_day, last_day : numpy.datetime64
        The time that is asked for; NaT is open. The period itself if there is no date or `period` is all.
    groups : mapping of str to str
        From ``sex``, ``age`` or ``series`` to a column.
    crs : str
        Reference system of the coordinates; empty if it is longitude and latitude or what the file declares.
    is_swapped : bool
        Take the first coordinate for the second.
    """

    divisions: tuple[Division, ...]
    measure: Measure = COUNT
    date: str = ""
    period: str = "all"
    first_day: np.datetime64 = NO_DAY
    last_day: np.datetime64 = NO_DAY
    groups: tuple[tuple[str, str], ...] = ()
    crs: str = ""
    is_swapped: bool = False

    @cached_property
    def lookups(self) -> tuple[UnitLookup, ...]:
        """The lookup of each division, made once in a process."""
        return tuple(division.make_lookup() for division in self.divisions)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the lookups behind: each process makes its own."""
        return {name: value for name, value in self.__dict__.items() if name != "lookups"}


@dataclass(frozen=True)
class Partial:
    """What one chunk gives.

    Attributes
    ----------
    number : int
        Of the chunk.
    file : str
    points : int
        Rows of the chunk.
    sums : pandas.DataFrame
        By `KEYS`: the number of points, the sum of weights, the weighted sum.
    counts : numpy.ndarray of int64
        How many points have each reason; 0 stands for the aggregated ones.
    listed : dict of reason to numpy.ndarray of int64
        Their first rows.
    on_borders : int
        Points on the border of several units; they count in the one with the smallest unit_id.
    swapped : int
        Of the points outside of all units: how many would lie inside with the coordinates swapped.
    strange : numpy.ndarray of float64, shape (n, 2)
        Coordinates beyond ±180 and ±90, as read; the first ones.
    outside : numpy.ndarray of float64, shape (n, 2)
        Longitude and latitude of the first points outside of all units.
    outside_division : numpy.ndarray of int64
        The division of each of them.
    hashes : numpy.ndarray of uint64
        Of place and date of each row; 0 where there is no place.
    first_day, last_day : numpy.datetime64
        Of the aggregated points; NaT without dates.
    fault : str
        Why the chunk cannot be read; empty if it can.
    """

    number: int
    file: str
    points: int
    sums: pd.DataFrame
    counts: NDArray[np.int64]
    listed: dict[str, NDArray[np.int64]]
    on_borders: int = 0
    swapped: int = 0
    strange: Floats = field(default_factory=lambda: np.empty((0, 2)))
    outside: Floats = field(default_factory=lambda: np.empty((0, 2)))
    outside_division: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype="int64"))
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, dtype="uint64"))
    first_day: np.datetime64 = NO_DAY
    last_day: np.datetime64 = NO_DAY
    fault: str = ""


class _States:
    """The reason of each row, written once: 0 until one fits."""

    def __init__(self, length: int) -> None:
        self.codes = np.zeros(length, dtype="uint8")

    def mark(self, mask: Mask, reason: str) -> None:
        self.codes[mask & (self.codes == 0)] = CODES[reason]

    @property
    def good(self) -> Mask:
        result: Mask = self.codes == 0
        return result


def read_numbers(column: pa.ChunkedArray) -> tuple[Floats, Mask]:
    """Return the numbers of a column (NaN where there is none) and which cells are empty.

    Text may have a decimal comma; digits are not grouped in coordinates, so nothing else can be meant.
    """
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        try:
            numbers = pc.cast(column, pa.float64())
        except pa.ArrowInvalid:
            texts = pc.replace_substring(pc.utf8_trim_whitespace(column), ",", ".", max_replacements=1)
            good = pc.match_substring_regex(texts, r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$")
            numbers = pc.cast(pc.if_else(good, texts, None), pa.float64())
            column = pc.if_else(pc.equal(texts, ""), None, texts)
    elif pa.types.is_null(column.type):
        numbers = column.cast(pa.float64())
    else:
        numbers = pc.cast(column, pa.float64(), safe=False)
    is_empty: Mask = column.is_null().to_numpy().astype(bool)
    values: Floats = numbers.to_numpy()
    return values, is_empty


def _read_position(batch: Batch, chunk: Chunk, question: Question, states: _States) -> tuple[Floats, Floats]:
    """Return the coordinates as they stand in the file; mark rows without."""
    geometries = batch.table.column(chunk.columns[0])
    if pa.types.is_binary(geometries.type) or pa.types.is_large_binary(geometries.type):
        shapes = shapely.from_wkb(geometries.to_numpy(), on_invalid="ignore")
        is_empty = geometries.is_null().to_numpy().astype(bool) | shapely.is_empty(shapes)
        points = shapely.get_geometry(shapes, 0)
        points[(shapely.get_num_geometries(shapes) != 1) | (shapely.get_type_id(points) != _POINT)] = None
        x, y = shapely.get_x(points), shapely.get_y(points)
    else:
        x, no_x = read_numbers(geometries)
        y, no_y = read_numbers(batch.table.column(chunk.columns[1]))
        is_empty = no_x | no_y
    states.mark(is_empty, "no_coordinates")
    states.mark(~(np.isfinite(x) & np.isfinite(y)), "unreadable_coordinates")
    states.mark((x == 0) & (y == 0), "zero_coordinates")
    return (y, x) if question.is_swapped else (x, y)


@lru_cache(maxsize=8)
def _transformer(crs: str) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def to_degrees(x: Floats, y: Floats, crs: str) -> tuple[Floats, Floats]:
    """Return longitude and latitude of coordinates; not finite where the reference system has none."""
    if not crs:
        return x, y
    lon, lat = _transformer(crs).transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread the bits (splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _hash_places(lon: Floats, lat: Floats, days: Days | None) -> NDArray[np.uint64]:
    """Return a number for place and date; equal places and dates have the same."""
    result = _mix((lon + 0.0).view("uint64") + np.uint64(0x9E3779B97F4A7C15))
    result = _mix(result + (lat + 0.0).view("uint64"))
    if days is not None:
        result = _mix(result + days.astype("int64").view("uint64"))
    return np.where(result == 0, np.uint64(1), result)


def _texts(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int64]]:
    """Return the distinct texts of a column and which of them each cell has; the last one is the empty text."""
    encoded = pc.utf8_trim_whitespace(pc.cast(column, pa.string())).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    names = [*encoded.dictionary.to_pylist(), ""]
    return names, encoded.indices.fill_null(len(names) - 1).to_numpy(zero_copy_only=False).astype("int64")


def _known_group(kind: str, text: str) -> str:
    """Return the code of a group as figures have it; empty if it is none."""
    folded = text.casefold()
    if kind == "sex":
        return SEXES.get(folded, "")
    if kind == "age":
        folded = folded.replace("–", "-").replace(" ", "")
        return folded if pd.Series([folded]).str.match(_AGE).item() else ""
    folded = "_".join(folded.replace("-", " ").split())
    return folded if pd.Series([folded]).str.match(_SERIES).item() else ""


def _read_groups(batch: Batch, question: Question, states: _States) -> tuple[list[dict[str, str]], NDArray[np.int64]]:
    """Return the distinct groups and the one of each row; mark rows without."""
    groups: list[dict[str, str]] = [{"sex": "all", "age": "all", "series": ""}]
    at = np.zeros(batch.table.num_rows, dtype="int64")
    for kind, column in question.groups:
        names, codes = _texts(batch.table.column(column))
        known = [_known_group(kind, name) for name in names]
        states.mark(np.array([not name for name in known], dtype=bool)[codes], "no_group")
        distinct = list(dict.fromkeys(known))
        position = np.array([distinct.index(name) for name in known])[codes]
        groups = [group | {kind: name} for group in groups for name in distinct]
        at = at * len(distinct) + position
    return groups, at


def _read_values(batch: Batch, measure: Measure, states: _States) -> tuple[Floats, Floats]:
    """Return weight and value of each row; mark rows without."""
    length = batch.table.num_rows
    value, weight = np.ones(length), np.ones(length)
    if measure.kind == "share":
        names, codes = _texts(batch.table.column(measure.column))
        states.mark(np.array([name == "" for name in names])[codes], "no_value")
        value = np.array([float(name == measure.equals) for name in names])[codes]
    elif measure.column:
        value, _ = read_numbers(batch.table.column(measure.column))
        states.mark(~np.isfinite(value), "no_value")
    if measure.weight:
        weight, _ = read_numbers(batch.table.column(measure.weight))
        states.mark(~(np.isfinite(weight) & (weight >= 0)), "no_weight")
    return weight, value


def _read_periods(batch: Batch, question: Question, states: _States) -> tuple[NDArray[np.int64], Days, Days | None]:
    """Return the number and last day of each row's period, and its first day as written (None without a date)."""
    length = batch.table.num_rows
    if not question.date:
        return np.zeros(length, dtype="int64"), np.full(length, question.last_day), None
    column = batch.table.column(question.date)
    first, last = read_dates(column)
    empty = column.is_null().to_numpy().astype(bool)
    states.mark(empty, "no_date")
    states.mark(np.isnat(first) | np.isnat(last), "unreadable_date")
    if not np.isnat(question.first_day):
        states.mark(last < question.first_day, "other_period")
    if not np.isnat(question.last_day):
        states.mark(first > question.last_day, "other_period")
    period = period_of(first, question.period)
    coarse = period != period_of(last, question.period)
    coarse |= (first < question.first_day) | (last > question.last_day)  # comparisons with NaT are false
    states.mark(coarse, "coarse_date")
    if question.period == "all":
        return period, np.full(length, question.last_day), first
    good = states.good
    ends = np.full(length, np.datetime64("NaT", "D"))
    ends[good] = bounds_of(period[good], question.period)[1]
    return period, ends, first


def _find_units(
    lon: Floats, lat: Floats, division: NDArray[np.int64], question: Question
) -> tuple[NDArray[np.int64], Mask]:
    """Return the unit of each point (a row of `Divisions.units`) and whether it lies in several."""
    unit = np.full(len(lon), OUTSIDE, dtype="int64")
    is_shared = np.zeros(len(lon), dtype=bool)
    for number, (part, lookup) in enumerate(zip(question.divisions, question.lookups, strict=True)):
        at = np.flatnonzero(division == number) if len(question.divisions) > 1 else np.arange(len(lon))
        if len(at) == 0 or len(part.units) == 0:
            continue
        found, shared = lookup.find(lon[at], lat[at])
        unit[at] = np.where(found == OUTSIDE, OUTSIDE, part.units[found])
        is_shared[at] = shared
    return unit, is_shared


def _sum_up(
    unit: NDArray[np.int64], period: NDArray[np.int64], group: NDArray[np.int64], groups: Sequence[dict[str, str]],
    weight: Floats, value: Floats,
) -> pd.DataFrame:  # fmt: skip
    """Return the sums of each unit, period and group."""
    first = int(period.min()) if len(period) else 0
    span = int(period.max()) - first + 1 if len(period) else 1
    codes, keys = pd.factorize((unit * span + (period - first)) * len(groups) + group)
    n = len(keys)
    of_group = keys % len(groups)
    table = {
        "unit": keys // len(groups) // span,
        "period": keys // len(groups) % span + first,
        **{name: np.array([one[name] for one in groups], dtype=object)[of_group] for name in ("sex", "age", "series")},
        "n": np.bincount(codes, minlength=n).astype("int64"),
        "weight": np.bincount(codes, weights=weight, minlength=n),
        "total": np.bincount(codes, weights=weight * value, minlength=n),
    }
    return pd.DataFrame(table)


def _listed(states: _States, rows: NDArray[np.int64], broken: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    result = {"wrong_cells": broken[:LISTED_ROWS]} if len(broken) else {}
    for reason, code in CODES.items():
        at = np.flatnonzero(states.codes == code)[:LISTED_ROWS]
        if len(at):
            result[reason] = rows[at]
    return result


def work_on(chunk: Chunk, question: Question, drop: NDArray[np.int64] | None = None) -> Partial:
    """Aggregate one chunk: the same function in this process, in a thread or on a worker of a cluster.

    Parameters
    ----------
    chunk : Chunk
    question : Question
    drop : numpy.ndarray of int64, optional
        Rows that are duplicates, to be listed.

    Returns
    -------
    Partial
        With `fault` if the chunk cannot be read.
    """
    try:
        batch = read_chunk(chunk)
    except (OSError, pa.ArrowException) as error:
        empty = pd.DataFrame({name: [] for name in (*KEYS, *SUMS)})
        fault = str(error).splitlines()[0]
        return Partial(chunk.number, chunk.file, 0, empty, np.zeros(len(REASONS) + 1, "int64"), {}, fault=fault)
    states = _States(batch.table.num_rows)
    x, y = _read_position(batch, chunk, question, states)
    placed = states.good
    lon, lat = to_degrees(x, y, question.crs or chunk.crs)
    states.mark(~((np.abs(lon) <= 180) & (np.abs(lat) <= 90)), "out_of_range")
    far = np.flatnonzero(states.codes == CODES["out_of_range"])
    if drop is not None:
        states.mark(np.isin(batch.rows, drop), "duplicate")
    period, ends, first_day = _read_periods(batch, question, states)
    hashes = np.where(placed, _hash_places(lon, lat, first_day), np.uint64(0))
    groups, group = _read_groups(batch, question, states)
    weight, value = _read_values(batch, question.measure, states)
    division = _division_of(ends, question)
    good = np.flatnonzero(states.good)
    unit = np.full(len(lon), OUTSIDE, dtype="int64")
    unit[good], is_shared = _find_units(lon[good], lat[good], division[good], question)
    has_units = np.array([len(part.units) > 0 for part in question.divisions])[division]
    states.mark(~has_units, "no_units")
    states.mark(unit == OUTSIDE, "outside")
    outside = np.flatnonzero(states.codes == CODES["outside"])
    again = np.concatenate([outside, far])
    swapped, _ = _find_units(lat[again], lon[again], division[again], question)
    kept = np.flatnonzero(states.good)
    counts = np.bincount(states.codes, minlength=len(REASONS) + 1)
    counts[CODES["wrong_cells"]] += len(batch.broken)
    days = None if first_day is None else first_day[kept]
    sample = outside[:SAMPLE_ROWS]
    return Partial(
        chunk.number,
        chunk.file,
        batch.table.num_rows + len(batch.broken),
        _sum_up(unit[kept], period[kept], group[kept], groups, weight[kept], value[kept]),
        counts,
        _listed(states, batch.rows, batch.broken),
        on_borders=int(is_shared.sum()),
        swapped=int((swapped != OUTSIDE).sum()),
        strange=np.column_stack([x[far], y[far]])[:LISTED_ROWS],
        outside=np.column_stack([lon[sample], lat[sample]]),
        outside_division=division[sample],
        hashes=hashes,
        first_day=NO_DAY if days is None or not len(days) else days.min(),
        last_day=NO_DAY if days is None or not len(days) else days.max(),
    )


def _division_of(ends: Days, question: Question) -> NDArray[np.int64]:
    """Return the division that holds at the end of each row's period."""
    if len(question.divisions) == 1:
        return np.zeros(len(ends), dtype="int64")
    since = np.array([part.since for part in question.divisions], dtype="datetime64[D]")
    found: NDArray[np.int64] = np.searchsorted(since, ends, side="right") - 1
    return np.where(np.isnat(ends), 0, found)
