"""What several places have together in one layer: a weighted mean or a sum, the range, the gap, what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from layers.layer import ELSEWHERE, ESTIMATED, NO_DATA, STATES, SUPPRESSED, VALUE, LayerData

Reason = Literal[
    "", "sensitive", "kind", "changes", "no_weights", "no_population", "no_figures", "withheld", "below_zero",
    "one_figure", "category",
]  # fmt: skip
"""Why something is not given; empty where it is."""

AVERAGED = ("rate", "index")
"""Kinds of which a mean is given. An amount of money is paid to fewer than all residents, a count is no mean."""


@dataclass(frozen=True)
class Mean:
    """A mean weighted by population.

    Attributes
    ----------
    value : float
        In the unit of the layer.
    places : int
        Number of places that are in it.
    left_out : int
        Number of places with a figure, but without a population, that are not.
    population : tuple of str
        Ids of the periods of the population, the first and the last.
    """

    value: float
    places: int
    left_out: int
    population: tuple[str, ...]


@dataclass(frozen=True)
class Total:
    """A sum of counts, and whether it is only a lower bound because figures are missing."""

    value: float
    is_least: bool


@dataclass(frozen=True)
class Extreme:
    """The lowest or the highest figure, and the shapes that have it."""

    value: float
    shapes: tuple[int, ...]


@dataclass(frozen=True)
class Summary:
    """What the places have together in one period.

    Attributes
    ----------
    places, absent : int
        Number of places that are on the map of the period, and of those that are not.
    states : mapping of str to int
        Number of places of each state (`layers.layer.VALUE` and `STATES`).
    estimated : int
        Number of figures that are estimates.
    periods : tuple of str
        Ids of the periods that the figures belong to; several only in the row "latest".
    mean, total, lowest, highest, gap, ratio
        None where it is not given; `why` then says why, by the key ``mean``, ``total`` or ``range``.
    national : mapping of str to float
        Published national figure of each country of the places.
    source_ids : tuple of str
        Sources of the figures.
    categories : mapping of float to int
        Of categories: how many of the places have each code, in the order of the codes; none without a place.
    """

    places: int
    absent: int
    states: Mapping[str, int]
    estimated: int
    periods: tuple[str, ...]
    mean: Mean | None = None
    total: Total | None = None
    lowest: Extreme | None = None
    highest: Extreme | None = None
    gap: float | None = None
    ratio: float | None = None
    why: Mapping[str, Reason] = field(default_factory=dict)
    national: Mapping[str, float] = field(default_factory=dict)
    source_ids: tuple[str, ...] = ()
    categories: Mapping[float, int] = field(default_factory=dict)


def _population(layer: LayerData | None, shape: int, day: date) -> tuple[str, float] | None:
    """Return period and figure of the latest population not later than a day, or of the first after it."""
    if layer is None:
        return None
    dated = [(stop.period.end, i) for i, stop in enumerate(layer.periods) if stop.period is not None]
    known = [(end, i) for end, i in dated if layer.states[i, shape] == VALUE and layer.values[i, shape] > 0]
    if not known:
        return None
    before = [pair for pair in known if pair[0] <= day]
    _, chosen = before[-1] if before else known[0]
    return layer.periods[chosen].id, float(layer.values[chosen, shape])


def _mean(
    layer: LayerData, period: int, shapes: Sequence[int], population: LayerData | None
) -> tuple[Mean | None, Reason]:
    if layer.spec.categories:
        return None, "category"
    if layer.spec.kind not in AVERAGED:
        return None, "kind"
    if not layer.spec.allows("index"):
        return None, "sensitive"
    if layer.variant.base is not None and layer.variant.measure == "percent":
        return None, "changes"
    if not shapes:
        return None, "no_figures"
    if population is None:
        return None, "no_weights"
    weighed = []
    for shape in shapes:
        own = layer.periods[int(layer.own_period[period, shape])].period
        found = _population(population, shape, own.end) if own is not None else None
        if found is not None:
            weighed.append((float(layer.values[period, shape]), *found))
    if not weighed:
        return None, "no_population"
    weight = sum(people for _, _, people in weighed)
    value = sum(figure * people for figure, _, people in weighed) / weight
    order = {stop.id: i for i, stop in enumerate(population.periods)}
    used = sorted({stop for _, stop, _ in weighed}, key=lambda stop: order[stop])
    return Mean(value, len(weighed), len(shapes) - len(weighed), tuple(dict.fromkeys((used[0], used[-1])))), ""


def _total(
    layer: LayerData, period: int, shapes: Sequence[int], states: Mapping[str, int]
) -> tuple[Total | None, Reason]:
    if layer.spec.kind != "count":
        return None, "kind"
    if not layer.spec.allows("index"):
        return None, "sensitive"
    if layer.variant.base is not None:
        return None, "changes"
    if not shapes:
        return None, "no_figures"
    if states.get(SUPPRESSED):
        return None, "withheld"
    whole = {"exact", "about"}
    is_least = bool(states.get(NO_DATA) or states.get("a")) or any(
        str(layer.qualifiers[period, shape]) not in whole for shape in shapes
    )
    low = layer.spec.value_range[0]
    if is_least and (low is None or low < 0 or any(layer.qualifiers[period, s] == "up_to" for s in shapes)):
        return None, "below_zero"
    return Total(float(layer.values[period, list(shapes)].sum()), is_least), ""


def _is_ratio_scale(layer: LayerData) -> bool:
    """Whether it means something that one figure is so many times another: amounts and shares that begin at zero."""
    low = layer.spec.value_range[0]
    return layer.spec.kind in ("rate", "money", "count") and low is not None and low >= 0 and layer.variant.base is None


def _extremes(layer: LayerData, period: int, shapes: Sequence[int]) -> tuple[Extreme, Extreme]:
    values = {shape: float(layer.values[period, shape]) for shape in shapes}
    low, high = min(values.values()), max(values.values())
    return (
        Extreme(low, tuple(shape for shape, value in values.items() if value == low)),
        Extreme(high, tuple(shape for shape, value in values.items() if value == high)),
    )


def _categories(layer: LayerData, period: int, shapes: Sequence[int]) -> dict[float, int]:
    if not layer.spec.categories:
        return {}
    counted = Counter(float(layer.values[period, shape]) for shape in shapes)
    return {float(one.code): counted[one.code] for one in layer.spec.categories if counted[one.code]}


def _summarise(
    layer: LayerData, period: int, shapes: Sequence[int], absent: int, population: LayerData | None
) -> Summary:
    drawn = [shape for shape in shapes if layer.states[period, shape] != ELSEWHERE]
    counted = Counter(str(layer.states[period, shape]) for shape in drawn)
    states = {state: counted[state] for state in (VALUE, *STATES) if counted[state]}
    shown = [shape for shape in drawn if layer.states[period, shape] == VALUE]
    figures = shown if layer.spec.kind != "range" else []
    mean, no_mean = _mean(layer, period, figures, population)
    total, no_total = _total(layer, period, figures, states)
    lowest = highest = None
    gap = ratio = None
    no_range: Reason = ""
    if layer.spec.categories:
        no_range = "category"
    elif not layer.spec.allows("rank"):
        no_range = "sensitive"
    elif not figures:
        no_range = "no_figures"
    elif len(figures) == 1:
        no_range = "one_figure"
    else:
        lowest, highest = _extremes(layer, period, figures)
        gap = highest.value - lowest.value
        if _is_ratio_scale(layer) and lowest.value > 0:
            ratio = highest.value / lowest.value
    own = sorted({int(layer.own_period[period, shape]) for shape in shown if layer.own_period[period, shape] >= 0})
    countries = {layer.shapes.iso3[shape] for shape in drawn}
    sources = {int(layer.sources[period, shape]) for shape in shown}
    return Summary(
        places=len(drawn),
        absent=absent + len(shapes) - len(drawn),
        states=states,
        estimated=sum(bool(layer.flags[period, shape] == ESTIMATED) for shape in shown),
        periods=tuple(layer.periods[i].id for i in own),
        mean=mean,
        total=total,
        lowest=lowest,
        highest=highest,
        gap=gap,
        ratio=ratio,
        why={"mean": no_mean, "total": no_total, "range": no_range},
        national={iso3: value for iso3, value in layer.national[period].items() if iso3 in countries},
        source_ids=tuple(layer.source_ids[i] for i in sorted(sources) if i >= 0),
        categories=_categories(layer, period, figures),
    )


def summarise_selection(layer: LayerData, unit_ids: Sequence[str], population: LayerData | None) -> tuple[Summary, ...]:
    """Return what places have together, for every period of a layer.

    Missing figures enter nothing. Withheld ones are only counted, and no sum is given beside them. A sensitive layer
    gives neither a mean nor a sum (act ``index``), and no order (act ``rank``).

    Parameters
    ----------
    layer : LayerData
        The layer; one of changes since a period has no ratio and no sum.
    unit_ids : sequence of str
        The places; a place that the level does not have is counted as absent.
    population : LayerData, optional
        The weights, at the same level: for each figure the latest population not later than its period, or if there
        is none, the first after it.

    Returns
    -------
    tuple of Summary, one for each of `layer.periods`
    """
    position = {unit: i for i, unit in enumerate(layer.shapes.ids)}
    wanted = list(dict.fromkeys(unit_ids))
    shapes = sorted(position[unit] for unit in wanted if unit in position)
    absent = len(wanted) - len(shapes)
    return tuple(_summarise(layer, i, shapes, absent, population) for i in range(len(layer.periods)))
