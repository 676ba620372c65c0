"""Figures over time: every place's latest figure up to a period, and the change between two periods.

Neither goes across a break in the series or to other boundaries, and neither makes a figure of what is missing or
withheld.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from layers.catalog import IndicatorSpec, Text
from layers.periods import Period
from layers.states import (
    BREAK,
    ELSEWHERE,
    ESTIMATED,
    HELD,
    NO_DATA,
    NORMAL,
    NOT_APPLICABLE,
    NOT_ASSESSED,
    PROVISIONAL,
    SUPPRESSED,
    UNRELIABLE,
    VALUE,
)

FloatArray = npt.NDArray[np.float64]
CharArray = npt.NDArray[np.str_]
IndexArray = npt.NDArray[np.int32]
Why = Literal["break", "flag", "boundaries", "missing", "withheld", "bound", "zero"]

BOUNDS = ("at_least", "up_to", "or_more")
DIVERGING = "purple_orange"
PERCENT_DECIMALS = 1
DIGITS = 9
"""Decimals to which a change is rounded: 12.3 less 6.6 is 5.7, and falls in the class that 5.7 falls in."""
ARRAYS = ("values", "low", "high", "qualifiers", "states", "flags", "sources", "own_period")


@dataclass(frozen=True)
class Reason:
    """Why a place has no figure of this kind: the period or the day that it is about."""

    code: Why
    period: Period | None = None
    day: date | None = None
    note: Text | None = None


class SetShapes(Protocol):
    """What is asked of the shapes of a layer (`layers.layer.Shapes`)."""

    @property
    def iso3(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def sets(self) -> tuple[frozenset[str], ...]: ...  # noqa: D102
    @property
    def set_info(self) -> Mapping[str, Mapping[str, object]]: ...  # noqa: D102
    @property
    def countries(self) -> tuple[str, ...]: ...  # noqa: D102


class Figures(Protocol):
    """The arrays of a layer while they are being filled; rows are periods, columns are shapes."""

    spec: IndicatorSpec
    periods: Sequence[Period]
    sets: list[dict[str, str]]
    iso3: npt.NDArray[np.str_]
    values: FloatArray
    low: FloatArray
    high: FloatArray
    qualifiers: CharArray
    states: CharArray
    flags: CharArray
    sources: IndexArray
    own_period: IndexArray
    notes: dict[tuple[int, int], Mapping[str, str]]
    why: dict[tuple[int, int], Reason]

    @property
    def shapes(self) -> SetShapes: ...  # noqa: D102


def interval_of_difference(
    later: tuple[float, float, float], earlier: tuple[float, float, float]
) -> tuple[float, float]:
    """Return the interval of the difference of two figures of independent samples, from their own intervals.

    It recovers the variance of each figure from its limits (MOVER), so that intervals need not be symmetric. With
    symmetric ones the half width is the root of the sum of the squared half widths.

    Parameters
    ----------
    later, earlier : tuple of (value, low, high)
        The difference is `later` less `earlier`. Both intervals are of the same level of confidence.

    References
    ----------
    .. [1] Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions: comparison of
       eleven methods. Statistics in Medicine 17, 873-890 (method 10).
    .. [2] Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures: a general
       approach. Statistics in Medicine 27, 1693-1702.
    """
    value, low, high = later
    base, base_low, base_high = earlier
    difference = value - base
    return (
        difference - sqrt((value - low) ** 2 + (base_high - base) ** 2),
        difference + sqrt((high - value) ** 2 + (base - base_low) ** 2),
    )


def break_between(figures: Figures, shape: int, earlier: int, later: int) -> Reason | None:
    """Return the break in the series of a shape between two periods, or None.

    A break is declared by the catalog for the country, or flagged by the source (SDMX B) at the place itself, or at
    every place of the country that has a figure in a period.
    """
    iso3 = str(figures.iso3[shape])
    first, last = figures.periods[earlier].end, figures.periods[later].end
    for declared in figures.spec.comparability:
        if declared.iso3 == iso3 and first < declared.date <= last:
            return Reason("break", day=declared.date, note=declared.note)
    mine = figures.iso3 == iso3
    for index in range(earlier + 1, later + 1):
        own = figures.own_period[index] == index
        shown = mine & own & (figures.states[index] == VALUE)
        flagged = (figures.flags[index] == BREAK) & own
        if flagged[shape] or (shown.any() and flagged[shown].all()):
            return Reason("flag", period=figures.periods[index])
    return None


def carry_forward(figures: Figures) -> None:
    """Give every place without a figure in a period its latest earlier one, on the same boundaries and without a break.

    Where the latest figure is withheld, the place stays withheld. What does not apply to a place is not looked for. A
    country without any figure in a period is drawn in the survey's groups of its latest ones, if these still hold.

    Parameters
    ----------
    figures : Figures
        Rows are filled as published, and places without a row are not marked as missing yet. Changed in place.
    """
    states, sets = figures.states.copy(), [dict(one) for one in figures.sets]
    count = len(figures.periods)
    for row in range(count):
        for iso3 in figures.shapes.countries:
            _keep_groups(figures, states, sets, row, iso3)
        for shape, owned in enumerate(figures.shapes.sets):
            iso3 = figures.shapes.iso3[shape]
            chosen = figures.sets[row].get(iso3)
            if chosen not in owned or states[row, shape] not in (ELSEWHERE, NO_DATA, NOT_ASSESSED):
                continue
            found = next((i for i in range(row - 1, -1, -1) if states[i, shape] in HELD), None)
            if found is not None:
                _carry(figures, states, shape, found, row, sets[found].get(iso3) == chosen)


def _keep_groups(figures: Figures, states: CharArray, sets: Sequence[Mapping[str, str]], row: int, iso3: str) -> None:
    """Draw a country without figures in a period in the groups of its latest survey, where these still hold."""
    mine = figures.iso3 == iso3
    with_data = [i for i in range(row + 1) if np.isin(states[i, mine], HELD).any()]
    if not with_data or with_data[-1] == row:
        return
    latest = sets[with_data[-1]][iso3]
    info, day = figures.shapes.set_info[latest], figures.periods[row].end.isoformat()
    if not info["by_date"] and str(info.get("valid_to") or "9999") >= day:
        figures.sets[row][iso3] = latest


def _carry(figures: Figures, states: CharArray, shape: int, source: int, row: int, is_same_set: bool) -> None:
    if not is_same_set:
        figures.why[(row, shape)] = Reason("boundaries", period=figures.periods[source])
        return
    broken = break_between(figures, shape, source, row)
    if broken is not None:
        figures.why[(row, shape)] = broken
    elif states[source, shape] == SUPPRESSED:
        figures.states[row, shape] = SUPPRESSED
    else:
        for name in ARRAYS:
            getattr(figures, name)[row, shape] = getattr(figures, name)[source, shape]
        if (source, shape) in figures.notes:
            figures.notes[(row, shape)] = figures.notes[(source, shape)]


def take_changes(figures: Figures, base: int, measure: str) -> CharArray:
    """Turn figures into their changes since a base period, and keep the periods after it only.

    An absolute change has an interval where both figures have one. A percent change has none: that of a quotient is
    another one, and is not worked out here.

    Parameters
    ----------
    figures : Figures
        All rows are filled and marked. Changed in place.
    base : int
        Index of the base period.
    measure : str
        ``absolute`` or ``percent``.

    Returns
    -------
    numpy.ndarray of one-character text, shape (n_periods_after_base, n_shapes)
        ``1`` where the interval of the absolute change holds zero: the change cannot be told from none. Else ``0``.
    """
    count, width = len(figures.periods), figures.values.shape[1]
    changed = {name: getattr(figures, name)[base + 1 : count].copy() for name in ARRAYS}
    unclear = np.full((count - base - 1, width), "0", dtype="<U1")
    why: dict[tuple[int, int], Reason] = {}
    for row in range(base + 1, count):
        at = row - base - 1
        for shape in range(width):
            if figures.states[row, shape] == ELSEWHERE:
                continue
            state, reason = _comparable(figures, base, row, shape, measure)
            changed["states"][at, shape] = state
            if reason is not None:
                why[(at, shape)] = reason
            if state == VALUE:
                unclear[at, shape] = _put_change(figures, changed, (base, row, at), shape, measure)
            else:
                for name in ("values", "low", "high"):
                    changed[name][at, shape] = np.nan
                changed["qualifiers"][at, shape], changed["flags"][at, shape] = "exact", NORMAL
                changed["own_period"][at, shape] = -1
    figures.notes = {(p - base - 1, s): note for (p, s), note in figures.notes.items() if p > base}
    for name, array in changed.items():
        setattr(figures, name, array)
    figures.why, figures.sets, figures.periods = why, figures.sets[base + 1 : count], figures.periods[base + 1 :]
    return unclear


def _comparable(figures: Figures, base: int, row: int, shape: int, measure: str) -> tuple[str, Reason | None]:
    """Return the state of a change, and why there is none."""
    now, then = str(figures.states[row, shape]), str(figures.states[base, shape])
    if SUPPRESSED in (now, then):
        return SUPPRESSED, Reason("withheld")
    if now != VALUE:
        return now, None
    if then == ELSEWHERE:
        return NO_DATA, Reason("boundaries", period=figures.periods[base])
    if then != VALUE:
        state = NOT_APPLICABLE if then == NOT_APPLICABLE else then
        return state, Reason("missing", period=figures.periods[base])
    broken = break_between(figures, shape, base, row)
    if broken is not None:
        return NO_DATA, broken
    if {str(figures.qualifiers[row, shape]), str(figures.qualifiers[base, shape])} & {*BOUNDS}:
        return NO_DATA, Reason("bound")
    if measure == "percent" and figures.values[base, shape] <= 0:
        return NO_DATA, Reason("zero", period=figures.periods[base])
    return VALUE, None


def _put_change(
    figures: Figures,
    changed: Mapping[str, npt.NDArray[np.generic]],
    rows: tuple[int, int, int],
    shape: int,
    measure: str,
) -> str:
    base, row, at = rows
    later, earlier = (
        (float(figures.values[i, shape]), float(figures.low[i, shape]), float(figures.high[i, shape]))
        for i in (row, base)
    )
    low, high = (round(limit, DIGITS) for limit in interval_of_difference(later, earlier))
    change = round(later[0] - earlier[0], DIGITS)
    is_percent = measure == "percent"
    changed["values"][at, shape] = round(change / earlier[0] * 100, DIGITS) if is_percent else change
    changed["low"][at, shape] = np.nan if is_percent else low
    changed["high"][at, shape] = np.nan if is_percent else high
    both = (str(figures.qualifiers[row, shape]), str(figures.qualifiers[base, shape]))
    changed["qualifiers"][at, shape] = next((q for q in both if q != "exact"), "exact")
    flags = {str(figures.flags[row, shape]), str(figures.flags[base, shape])}
    weakest = next((flag for flag in (ESTIMATED, UNRELIABLE, PROVISIONAL) if flag in flags), NORMAL)
    changed["flags"][at, shape] = weakest
    changed["own_period"][at, shape] = at
    return "1" if low <= 0 <= high else "0"


def changed_spec(spec: IndicatorSpec, measure: str) -> IndicatorSpec:
    """Return an indicator as its change is drawn: in classes around zero; that of a count in percent is a fill."""
    shown = spec.display
    updates: dict[str, object] = {"midpoint": 0.0, "palette": DIVERGING, "breaks": None, "latest": False}
    if shown.scheme == "user_defined":
        updates["scheme"] = "quantiles"
    if measure == "percent":
        updates |= {"decimals": PERCENT_DECIMALS, "mark": "fill"}
    return spec.model_copy(update={"display": shown.model_copy(update=updates)})


def changed_national(
    national: Sequence[Mapping[str, float]],
    flagged: Collection[tuple[int, str]],
    spec: IndicatorSpec,
    periods: Sequence[Period],
    base: int,
    measure: str,
) -> tuple[Mapping[str, float], ...]:
    """Return the changes of the national figures since a base period; none across a break.

    Parameters
    ----------
    national : sequence of mapping of country to float
        National figures by period.
    flagged : collection of (period, country)
        Where a national figure is flagged as a break in the series.
    spec : IndicatorSpec
    periods : sequence of Period
    base : int
        Index of the base period.
    measure : str
        ``absolute`` or ``percent``.
    """
    found = []
    for row in range(base + 1, len(periods)):
        changes = {}
        for iso3, value in national[row].items():
            before = national[base].get(iso3)
            broken = any(
                b.iso3 == iso3 and periods[base].end < b.date <= periods[row].end for b in spec.comparability
            ) or any((index, iso3) in flagged for index in range(base + 1, row + 1))
            if before is None or broken or (measure == "percent" and before <= 0):
                continue
            changes[iso3] = (value - before) / before * 100 if measure == "percent" else value - before
        found.append(changes)
    return tuple(found)
