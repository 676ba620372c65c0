"""Checks of published figures: against neighbours, the unit's past, the parent's total, and the unit of measure.

No check says that a figure is wrong: it says that it is worth a look. Only published numbers are compared, so nothing
that is withheld can be told from a finding; figures of severe sensitivity are not checked one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etl.quality.model import ALL, Grid, Ints, Mask, Numbers, Thresholds, iso_day, rounding_step
from etl.quality.robust import median_of, modified_z

KINDS = ("neighbours", "own_past", "total", "range", "scale", "share", "age")
POWERS = {"count": (3.0, 6.0), "money": (3.0, 6.0), "rate": (2.0,), "index": (2.0,)}
_TINY = 1e-9
_ALIKE = 10.0  # medians that differ by no more are of one order
_DIGITS = 6
_YEAR_DAYS = 365.25

Finding = dict[str, Any]


@dataclass(frozen=True)
class Units:
    """What the checks know of units.

    Attributes
    ----------
    near : mapping of unit_id to list of unit_id
        Units that share a border, of the same country.
    children : mapping of (boundary_set, unit_id) to list of unit_id
        Units of the next level in the set.
    positions : dict of tuple of unit_id to numpy.ndarray of int
        Neighbours as positions in the tuple, filled up with -1; found once for each tuple.
    """

    near: Mapping[str, Sequence[str]]
    children: Mapping[tuple[str, str], Sequence[str]]
    positions: dict[tuple[str, ...], Ints] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Jump:
    """A figure that is a power of ten times another: the previous one, or the median of the units."""

    series: int
    column: int
    against: str
    power: float
    other: float


def round_number(value: float) -> float | None:
    """Return a number with six significant digits, None for NaN."""
    return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None


def is_checked(grid: Grid) -> bool:
    """Tell whether the figures of an indicator are checked one by one: no claims, and nothing of severe sensitivity."""
    return grid.spec.kind not in ("range", "category") and grid.spec.sensitivity != "severe"


def _finding(kind: str, grid: Grid, series: int, column: int, **more: Any) -> Finding:
    """Return a line about one figure."""
    row = int(grid.row[series, column])
    names, codes = grid.table.names, grid.table.codes
    found = {name: names[name][int(codes[name][row])] for name in ("iso3", "level", "boundary_set", "source_id")}
    return {
        "kind": kind,
        "indicator": grid.spec.id,
        "unit_id": grid.name("unit_id", series),
        **found,
        "sex": grid.name("sex", series),
        "age": grid.name("age", series),
        "period_start": iso_day(grid.start[column]),
        "period_end": iso_day(grid.end[column]),
        "value": round_number(float(grid.value[series, column])),
        "lasting": False,
        **more,
    }


def _most(score: Numbers, limits: Thresholds) -> Sequence[tuple[int, int, int, int, bool]]:
    """Return, for each series with a high score, itself, its highest period, flagged and tested periods, if lasting."""
    size = np.abs(score)
    flagged = size > limits.score
    rows = np.flatnonzero(flagged.any(axis=1))
    result = []
    for row in rows.tolist():
        n, tested = int(flagged[row].sum()), int((~np.isnan(size[row])).sum())
        is_lasting = n >= limits.lasting_periods and 2 * n >= tested
        result.append((row, int(np.nanargmax(size[row])), n, tested, is_lasting))
    return result


def _at_least(scale: Numbers, resolution: Numbers) -> Numbers:
    """Return the scale, at least the resolution; NaN where it is zero: most figures are equal, nothing can be said."""
    return np.where(scale > _TINY, np.fmax(scale, resolution), np.nan)


def _keep_large(score: Numbers, value: Numbers, expected: Numbers, limits: Thresholds) -> Numbers:
    """Return the scores; zero where figure and expected figure differ by too little to matter."""
    is_small = np.abs(value - expected) < limits.least_share * np.abs(expected)
    return np.where(is_small & ~np.isnan(score), 0.0, score)


def _near_of(grid: Grid, units: Units, series: Ints) -> Ints:
    """Return the neighbours of each series as positions in `series`, filled up with -1."""
    names = grid.table.names["unit_id"]
    ids = tuple(names[code] for code in grid.code("unit_id")[series].tolist())
    if ids in units.positions:
        return units.positions[ids]
    at = {unit_id: position for position, unit_id in enumerate(ids)}
    lists = [[at[other] for other in units.near.get(unit_id, ()) if other in at] for unit_id in ids]
    width = max(map(len, lists), default=0)
    near = np.full((len(ids), width), -1, dtype="int64")
    for position, others in enumerate(lists):
        near[position, : len(others)] = others
    units.positions[ids] = near
    return near


def check_neighbours(grid: Grid, units: Units, limits: Thresholds) -> list[Finding]:
    """Return figures whose difference to the median of their neighbours is unlike that of the other units.

    The differences of all units of the country in the period are scored by median and median absolute deviation:
    the deviation of three or four neighbours alone would be too uncertain a measure. Counts are not compared: they
    follow the size of the unit.

    Parameters
    ----------
    grid : Grid
    units : Units
    limits : Thresholds

    Returns
    -------
    list of dict
        One for each unit, sex and age, with its most unlike period.

    References
    ----------
    .. [1] Chen, D., Lu, C.-T., Kou, Y. and Chen, F. (2008), On Detecting Spatial Outliers, GeoInformatica 12,
       455-475: the median algorithm.
    """
    if grid.spec.kind == "count":
        return []
    score, middle = np.full(grid.shape, np.nan), np.full(grid.shape, np.nan)
    for series in grid.peers:
        if len(series) < limits.units:
            continue
        values = grid.compared[series]
        padded = np.vstack([values, np.full((1, values.shape[1]), np.nan)])  # -1 is the row without figures
        middle[series] = median_of(padded[_near_of(grid, units, series)], 1, limits.neighbours)
        difference = values - middle[series]
        deviation = difference - median_of(difference, 0, limits.units)
        scale = _at_least(median_of(np.abs(deviation), 0), grid.resolution[series])
        score[series] = modified_z(deviation, scale)
    shown = np.exp(middle) if grid.is_relative() else middle
    score = _keep_large(score, grid.value, shown, limits)
    return [
        _finding(
            "neighbours", grid, row, at, expected=round_number(float(shown[row, at])),
            score=round(float(score[row, at]), 1), periods=n, periods_checked=tested, lasting=is_lasting,
        )
        for row, at, n, tested, is_lasting in _most(score, limits)
    ]  # fmt: skip


def _previous(values: Numbers) -> Ints:
    """Return the column of the value before each cell, -1 where there is none."""
    columns = np.where(np.isnan(values), -1, np.arange(values.shape[1])[None, :])
    last = np.maximum.accumulate(columns, axis=1)
    return np.hstack([np.full((len(values), 1), -1), last[:, :-1]])


def _crosses_break(grid: Grid, columns: Ints, before: Ints) -> Mask:
    """Return where a declared break lies between a figure and the one before it."""
    crosses = grid.cell_is("obs_status", "B")[:, columns]
    countries = grid.table.names["iso3"]
    start, earlier = grid.end[columns][None, :], grid.start[columns][before]
    for one in grid.spec.comparability:
        if one.iso3 in countries:
            day = int(np.datetime64(one.date, "D").astype("int64"))
            concerned = (grid.code("iso3") == countries.index(one.iso3))[:, None]
            crosses = crosses | (concerned & (earlier < day) & (start >= day))
    return crosses


def check_own_past(grid: Grid, limits: Thresholds) -> list[Finding]:
    """Return figures that changed unlike the unit's other changes, and unlike the changes of the country's units.

    Changes by year (of logarithms for amounts and counts) are taken between comparable periods, never across a
    declared break. What at least five units of the country share in a period is taken off. The scale is the median
    absolute deviation of the unit's own changes or that of all units of the country, whichever is larger, so that a
    series of few or steady figures is not flagged for a small step.

    Parameters
    ----------
    grid : Grid
    limits : Thresholds

    Returns
    -------
    list of dict
        One for each unit, sex and age, with its largest change.
    """
    found: list[Finding] = []
    for columns in grid.alike:
        if len(columns) <= limits.changes:
            continue
        values = grid.compared[:, columns]
        before = _previous(values)
        years = (grid.start[columns][None, :] - grid.start[columns][before]) / _YEAR_DAYS
        has_change = (before >= 0) & ~_crosses_break(grid, columns, before)
        change = np.where(has_change, values - np.take_along_axis(values, np.maximum(before, 0), 1), np.nan)
        change /= np.where(has_change, np.maximum(years, 1.0), 1.0)
        earlier = np.take_along_axis(grid.value[:, columns], np.maximum(before, 0), 1)
        score = _score_changes(grid, change, grid.resolution[:, columns], limits)
        score = _keep_large(score, grid.value[:, columns], earlier, limits)
        for row, at, n, tested, _ in _most(score, limits):
            column, past = int(columns[at]), int(columns[before[row, at]])
            found.append(
                _finding(
                    "own_past", grid, row, column, expected=round_number(float(grid.value[row, past])),
                    expected_start=iso_day(grid.start[past]), expected_end=iso_day(grid.end[past]),
                    score=round(float(score[row, at]), 1), periods=n, periods_checked=tested,
                )
            )  # fmt: skip
    return found


def _score_changes(grid: Grid, change: Numbers, resolution: Numbers, limits: Thresholds) -> Numbers:
    score = np.full(change.shape, np.nan)
    for series in grid.peers:
        own = change[series]
        shared = median_of(own, 0, limits.peers)
        own = own - np.where(np.isnan(shared), 0.0, shared)
        deviation = own - median_of(own, 1, limits.changes)[:, None]
        scale = median_of(np.abs(deviation), 1)
        together = median_of(np.abs(deviation).reshape(1, -1), 1)
        score[series] = modified_z(deviation, _at_least(np.fmax(scale, together)[:, None], resolution[series]))
    return score


def _compare_total(parent: float, parts: Numbers, limits: Thresholds) -> tuple[float, float] | None:
    """Return sum and tolerance where a sum is not the parent's figure."""
    total = float(parts.sum())
    own = min(rounding_step(np.array([parent])) / 2, limits.total_share * abs(parent))
    tolerance = own + len(parts) * rounding_step(parts) / 2
    return (total, tolerance) if abs(total - parent) > tolerance * (1 + _TINY) else None


def _compare_range(parent: float, parts: Numbers) -> tuple[float, float] | None:
    """Return lowest and highest part where the parent's figure lies beyond them by more than rounding."""
    low, high = float(parts.min()), float(parts.max())
    slack = min(1.0, rounding_step(np.array([parent]))) / 2 + min(1.0, rounding_step(parts)) / 2
    return (low, high) if not low - slack <= parent <= high + slack else None


def _families(grid: Grid, units: Units) -> list[tuple[str, int, Ints]]:
    """Return boundary set, parent and children of every parent all of whose children have a series."""
    names = grid.table.names["unit_id"]
    slices: dict[tuple[int, int], dict[str, int]] = {}
    for at, (unit, sex, age) in enumerate(zip(*(grid.code(n) for n in ("unit_id", "sex", "age")), strict=True)):
        slices.setdefault((int(sex), int(age)), {})[names[unit]] = at
    return [
        (boundary_set, found[parent], np.array([found[child] for child in children]))
        for found in slices.values()
        for (boundary_set, parent), children in units.children.items()
        if parent in found and all(child in found for child in children)
    ]


def check_totals(grid: Grid, units: Units, limits: Thresholds) -> list[Finding]:
    """Return parents whose published figure does not fit those of all their parts.

    A count must be the sum of its parts, any other figure must lie between the lowest and the highest of them, both
    up to rounding. Compared only where every part has a figure of the same period, sex and age in the same division.

    Parameters
    ----------
    grid : Grid
    units : Units
    limits : Thresholds

    Returns
    -------
    list of dict
    """
    found: list[Finding] = []
    sets = grid.table.names["boundary_set"]
    for boundary_set, parent, children in _families(grid, units):
        if boundary_set not in sets:
            continue
        parts = grid.value[children]
        rows = grid.row[children]
        in_set = (grid.table.codes["boundary_set"][rows] == sets.index(boundary_set)) & (rows >= 0)
        is_full = (in_set & ~np.isnan(parts)).all(axis=0) & ~np.isnan(grid.value[parent])
        lines = [
            line
            for column in np.flatnonzero(is_full).tolist()
            if (line := _total_finding(grid, parent, column, parts[:, column], limits)) is not None
        ]
        if lines:
            largest = max(lines, key=lambda line: abs(line["score"]))
            found.append({**largest, "periods": len(lines), "periods_checked": int(is_full.sum())})
    return found


def _total_finding(grid: Grid, parent: int, column: int, parts: Numbers, limits: Thresholds) -> Finding | None:
    value = float(grid.value[parent, column])
    if grid.spec.kind == "count":
        compared = _compare_total(value, parts, limits)
        if compared is None:
            return None
        total, tolerance = compared
        more = {"expected": round(total, _DIGITS), "tolerance": round(tolerance, _DIGITS)}
        score = 100 * (total - value) / abs(value) if value else 100.0
        return _finding("total", grid, parent, column, parts=len(parts), score=round(score, 2), **more)
    between = _compare_range(value, parts)
    if between is None:
        return None
    low, high = between
    away = low - value if value < low else value - high
    score = round(100 * away / max(abs(value), _TINY), 2)
    return _finding(
        "range", grid, parent, column, parts=len(parts), expected=round_number(low), expected_high=round_number(high),
        score=score,
    )  # fmt: skip


def _power(ratio: Numbers, kind: str, limits: Thresholds) -> NDArray[np.float64]:
    """Return the power of ten that a ratio is close to, of those that a mistaken unit makes; else 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log10(ratio)
    power = np.zeros(ratio.shape)
    for size in POWERS.get(kind, ()):
        for signed in (size, -size):
            power[np.abs(logarithm - signed) <= limits.scale_width] = signed
    return power


def _is_unusual(power: Numbers, ratio: Numbers, limits: Thresholds) -> Mask:
    """Return where a ratio is like a mistaken unit and the other ratios are not: they are far nearer to one.

    A jump that most units of the country make in one period needs no others to be compared with.
    """
    size = np.abs(np.log10(ratio))
    ordinary = median_of(size.reshape(1, -1), 1)[0]
    n = (power != 0).sum(axis=0)
    together = (n >= limits.peers) & (2 * n > (~np.isnan(ratio)).sum(axis=0))
    found: Mask = (power != 0) & ((limits.scale_ordinary * ordinary <= np.abs(power)) | together[None, :])
    return found


def check_scale(grid: Grid, limits: Thresholds) -> list[Finding]:
    """Return figures that are a hundred or a thousand times the one before, or the median of the country's units.

    Rates are compared for a hundred (percent and share), amounts and counts for a thousand and a million. Counts are
    compared only with the unit's own past. Where figures of a country often differ that much, nothing is flagged;
    where several units jump in one period, they are one line.

    Parameters
    ----------
    grid : Grid
    limits : Thresholds

    Returns
    -------
    list of dict
    """
    value = np.where(grid.value > 0, grid.value, np.nan)
    jumps: list[_Jump] = []
    for columns in grid.alike:
        before = _previous(value[:, columns])
        earlier = np.where(before >= 0, np.take_along_axis(value[:, columns], np.maximum(before, 0), 1), np.nan)
        ratios = value[:, columns] / earlier
        powers = _power(ratios, grid.spec.kind, limits)
        for series in grid.peers if powers.any() else ():
            power = powers[series]
            if not power.any():
                continue
            for row, at in zip(*np.nonzero(_is_unusual(power, ratios[series], limits)), strict=True):
                other = float(earlier[series[row], at])
                jumps.append(_Jump(int(series[row]), int(columns[at]), "previous", float(power[row, at]), other))
    jumped = {(jump.series, jump.column) for jump in jumps}
    for series in grid.peers if grid.spec.kind != "count" else ():
        middle = median_of(value[series], 0, limits.peers)
        ratio = value[series] / middle
        power = _power(ratio, grid.spec.kind, limits)
        if not power.any():
            continue
        for row, at in zip(*np.nonzero(_is_unusual(power, ratio, limits)), strict=True):
            if (int(series[row]), int(at)) not in jumped:
                jumps.append(_Jump(int(series[row]), int(at), "units", float(power[row, at]), float(middle[at])))
    return _merge_jumps(grid, jumps)


def _merge_jumps(grid: Grid, jumps: Sequence[_Jump]) -> list[Finding]:
    """Return one line for each country, level, period and power; it tells how many units there are."""
    groups: dict[tuple[Any, ...], list[_Jump]] = {}
    for jump in jumps:
        place = grid.name("iso3", jump.series), grid.name("level", jump.series)
        groups.setdefault((*place, jump.column, jump.against, jump.power), []).append(jump)
    return [
        _finding(
            "scale", grid, members[0].series, members[0].column, expected=round_number(members[0].other),
            factor=10.0 ** members[0].power, against=members[0].against, units=len(members),
            score=float(len(members)),
        )
        for members in groups.values()
    ]  # fmt: skip


def check_share(grid: Grid, limits: Thresholds) -> list[Finding]:
    """Return countries and sources whose percentages all lie between 0 and 1: perhaps shares of one.

    Not where another country or source has percentages of the same order, some of them above 1: then they are small.

    Parameters
    ----------
    grid : Grid
    limits : Thresholds

    Returns
    -------
    list of dict
    """
    sign = grid.spec.unit.sign.en if grid.spec.unit.sign else ""
    if grid.spec.kind not in ("rate", "index") or "%" not in (sign, grid.spec.unit.text.en[:1]):
        return []
    table, rows = grid.table, grid.rows
    at = np.flatnonzero(~np.isnan(table.value[rows]))
    key = np.zeros(len(at), dtype="int64")
    for name in ("iso3", "level", "source_id"):
        key = key * len(table.names[name]) + table.codes[name][rows][at]
    _, first, member, n = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    value = np.abs(table.value[rows][at])
    top = np.zeros(len(n))
    np.maximum.at(top, member, value)
    if not (top <= 1).any():
        return []
    middle = np.array([np.median(value[member == one]) for one in range(len(n))])
    found = []
    for one in np.flatnonzero((n >= limits.slice_values) & (top > 0) & (top <= 1)).tolist():
        percents = middle[top > 1]
        if len(percents) and bool((percents <= _ALIKE * middle[one]).any()):
            continue
        row = int(at[first[one]])
        line = _finding("share", grid, int(grid.series[row]), int(grid.column[row]), values=int(n[one]))
        more = {"unit_id": "", "value": None, "expected": round_number(float(top[one])), "score": float(n[one])}
        found.append(line | more)
    return found


def check_age(grid: Grid, reference_day: int, limits: Thresholds) -> list[Finding]:
    """Return countries whose newest figure is old at the day to which the data were collected.

    Parameters
    ----------
    grid : Grid
    reference_day : int
        In days since 1970.
    limits : Thresholds

    Returns
    -------
    list of dict
    """
    oldest = limits.survey_years if grid.spec.periodicity == "survey" else limits.other_years
    codes = grid.table.codes
    filled = grid.table.filled[grid.rows]
    end = np.where(filled, grid.table.days[1][grid.rows], np.iinfo("int64").min)
    found = []
    for country in np.unique(codes["iso3"][grid.rows][filled]):
        at = int(np.argmax(np.where(codes["iso3"][grid.rows] == country, end, np.iinfo("int64").min)))
        years = (reference_day - int(end[at])) / _YEAR_DAYS
        if years > oldest:
            line = _finding("age", grid, int(grid.series[at]), int(grid.column[at]), expected=oldest)
            found.append(line | {"unit_id": "", "value": None, "sex": ALL, "age": ALL, "score": round(years, 1)})
    return found


def find_all(grids: Sequence[Grid], units: Units, reference_day: int, limits: Thresholds) -> dict[str, list[Finding]]:
    """Return all lines by kind, each kind by falling score; what lasts comes after what stands alone.

    Parameters
    ----------
    grids : sequence of Grid
    units : Units
    reference_day : int
    limits : Thresholds

    Returns
    -------
    dict of kind to list of dict
    """
    checks: tuple[Callable[[Grid], list[Finding]], ...] = (
        lambda grid: check_neighbours(grid, units, limits),
        lambda grid: check_own_past(grid, limits),
        lambda grid: check_totals(grid, units, limits),
        lambda grid: check_scale(grid, limits),
        lambda grid: check_share(grid, limits),
        lambda grid: check_age(grid, reference_day, limits),
    )
    found: dict[str, list[Finding]] = {kind: [] for kind in KINDS}
    for grid in grids:
        if is_checked(grid):
            for check in checks:
                for line in check(grid):
                    found[line["kind"]].append(line)
    for lines in found.values():
        lines.sort(key=_rank)
    return found


def _rank(line: Finding) -> tuple[Any, ...]:
    key = tuple(line[name] for name in ("indicator", "unit_id", "sex", "age", "period_start", "source_id"))
    return (line["lasting"], -abs(line["score"]), *key)
