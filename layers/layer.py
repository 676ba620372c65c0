"""LayerData: what a map of one indicator shows, for all periods, before any renderer or language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.errors import LayerError
from layers.catalog import AdminLevel, Display, IndicatorSpec
from layers.choices import Midpoints, complete, display_of, midpoint_of, national_means, scales_of
from layers.classify import Classification, FloatArray, WithinCountries, classify_codes, classify_values
from layers.over_time import Reason, carry_forward, changed_national, changed_spec, take_changes
from layers.periods import LATEST, Period
from layers.states import BREAK as BREAK
from layers.states import ELSEWHERE as ELSEWHERE
from layers.states import ESTIMATED as ESTIMATED
from layers.states import FLAG_OF_STATUS as FLAG_OF_STATUS
from layers.states import HELD as HELD
from layers.states import NO_DATA as NO_DATA
from layers.states import NORMAL as NORMAL
from layers.states import NOT_APPLICABLE as NOT_APPLICABLE
from layers.states import NOT_ASSESSED as NOT_ASSESSED
from layers.states import REGION as REGION
from layers.states import STATE_OF_REASON as STATE_OF_REASON
from layers.states import STATES as STATES
from layers.states import SUPPRESSED as SUPPRESSED
from layers.states import VALUE as VALUE
from layers.variant import PLAIN, Scale, UnknownVariantError, Variant

CharArray = npt.NDArray[np.str_]
IndexArray = npt.NDArray[np.int32]


class UnknownLevelError(LayerError):
    """The indicator has no figures at the admin level asked for."""


@dataclass(frozen=True)
class Shapes:
    """The shapes of one admin level, for all boundary sets, in drawing order.

    `sets[i]` names the boundary sets that shape i belongs to; `set_info` has country, validity and whether figures
    join the set by date.
    """

    ids: tuple[str, ...]
    iso3: tuple[str, ...]
    sets: tuple[frozenset[str], ...]
    set_info: Mapping[str, Mapping[str, Any]]

    @classmethod
    def from_map(cls, map_json: Mapping[str, Any]) -> Shapes:
        """Return the shapes of a published map file."""
        shapes = map_json["shapes"]
        return cls(
            ids=tuple(s["id"] for s in shapes),
            iso3=tuple(s["iso3"] for s in shapes),
            sets=tuple(frozenset(s["sets"]) for s in shapes),
            set_info=map_json["sets"],
        )

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries in drawing order."""
        return tuple(dict.fromkeys(self.iso3))

    def set_at(self, iso3: str, day: date) -> str | None:
        """Return the boundary set that figures of a day join, or the nearest in time if none covers the day."""
        sets = [(k, v) for k, v in self.set_info.items() if v["iso3"] == iso3 and v["by_date"]]
        if not sets:
            return None
        text = day.isoformat()

        def distance(item: tuple[str, Mapping[str, Any]]) -> tuple[int, str]:
            first, last = item[1]["valid_from"] or "0001-01-01", item[1]["valid_to"] or "9999-12-31"
            if first <= text <= last:
                return (0, item[0])
            edge = date.fromisoformat(first if text < first else last)
            return (abs((edge - day).days), item[0])

        return min(sets, key=distance)[0]


@dataclass(frozen=True)
class Claim:
    """One published claim about a unit and period, with its bounds as published."""

    low: float | None
    high: float | None
    qualifier: str
    source_id: str
    note: Mapping[str, str]


@dataclass(frozen=True)
class LayerPeriod:
    """One stop of the time slider: its id, its period (None for "latest"), the boundary set of each country."""

    id: str
    period: Period | None
    sets: Mapping[str, str]


@dataclass(frozen=True)
class DivisionChange:
    """A country whose figures are on other boundaries from a period on: since which day, from which stop."""

    iso3: str
    date: date
    period: int


@dataclass(frozen=True)
class LayerData:
    """All periods of one indicator at one level; arrays are (n_periods, n_shapes) unless said otherwise.

    Attributes
    ----------
    values, low, high : float64
        Figures in the indicator's unit; NaN where there is none.
    states : one-character text
        ``v`` value; ``n`` no data, ``a`` not assessed, ``x`` not applicable, ``s`` suppressed; ``-`` the shape
        does not belong to the boundary set that the period uses.
    flags : one-character text
        ``.`` normal, ``e`` estimated or imputed, ``p`` provisional, ``u`` low reliability, ``b`` break in the series.
    sources : int32
        Index into `source_ids`, -1 where there is no figure.
    own_period : int32
        Index of the period of the figure itself (differs from the row's in the row ``latest``), -1 without a figure.
    ranks, rank_of : int32
        Rank of the value in its country and period, 1 the highest, and the number of ranked units; 0 where unranked.
    scopes : mapping of scope to (Classification or WithinCountries, classes)
        Class breaks of all countries together (``""``) and of each country by itself; the same for all periods.
    display : Display
        How it is drawn: the indicator's display as a reader chose it.
    scales : tuple of str
        How the whole region can be classified: ``within`` each country or ``across`` all by the same breaks.
    midpoints : mapping of str to mapping
        The midpoints that every country with figures has its own of: ``mean`` and ``norm``.
    variant : Variant
        What is looked at.
    base : Period or None
        The period since which figures are changes.
    bases : tuple of Period
        Of changes: the periods since which they may be taken.
    why : mapping of (period, shape) to Reason
        Why a place has no figure of this kind, where more is known than its state.
    unclear : one-character text or None
        Of changes: ``1`` where the interval of the change holds zero.
    """

    spec: IndicatorSpec
    level: AdminLevel
    shapes: Shapes
    periods: tuple[LayerPeriod, ...]
    values: FloatArray
    low: FloatArray
    high: FloatArray
    qualifiers: CharArray
    states: CharArray
    flags: CharArray
    sources: IndexArray
    source_ids: tuple[str, ...]
    own_period: IndexArray
    ranks: IndexArray
    rank_of: IndexArray
    notes: Mapping[tuple[int, int], Mapping[str, str]]
    claims: Mapping[tuple[int, int], tuple[Claim, ...]]
    national: tuple[Mapping[str, float], ...]
    scopes: Mapping[str, tuple[Classification | WithinCountries, npt.NDArray[np.int8]]] = field(default_factory=dict)
    display: Display = field(default_factory=Display)
    scales: tuple[Scale, ...] = ("across",)
    midpoints: Midpoints = field(default_factory=dict)
    variant: Variant = PLAIN
    base: Period | None = None
    bases: tuple[Period, ...] = ()
    why: Mapping[tuple[int, int], Reason] = field(default_factory=dict)
    unclear: CharArray | None = None

    @property
    def scale(self) -> Scale:
        """How the whole region is classified."""
        return self.variant.scale if self.variant.scale in self.scales else self.scales[0]

    @property
    def default_period(self) -> int:
        """The period that opens: "latest", or else the most recent that is at least half as full as the fullest."""
        if not self.periods:
            return 0
        if self.periods[-1].id == LATEST:
            return len(self.periods) - 1
        filled = (self.states == VALUE).sum(axis=1)
        return int(np.flatnonzero(filled * 2 >= filled.max())[-1])

    def period_index(self, period_id: str | None) -> int:
        """Return the index of a period; of the default period for None or an unknown id."""
        ids = [p.id for p in self.periods]
        return ids.index(period_id) if period_id in ids else self.default_period

    def counts(self, period: int, scope: str = REGION) -> tuple[int, int]:
        """Return (units with a figure, units on the map) of a period in a scope."""
        inside = np.array([scope in (REGION, iso3) for iso3 in self.shapes.iso3])
        row = self.states[period]
        return int(((row == VALUE) & inside).sum()), int(((row != ELSEWHERE) & inside).sum())

    def division_changes(self) -> tuple[DivisionChange, ...]:
        """Return where the figures of a country go over to another boundary set, in the order of time.

        Only sets that figures join by date count: a survey's groups are no change of boundaries. A series that is
        carried to one set has no change.
        """
        found = []
        for iso3 in self.covered_countries():
            mine = np.array([own == iso3 for own in self.shapes.iso3])
            former: str | None = None
            for index, stop in enumerate(self.periods):
                chosen = stop.sets.get(iso3)
                if stop.period is None or chosen is None or not np.isin(self.states[index, mine], HELD).any():
                    continue
                if not self.shapes.set_info[chosen]["by_date"]:
                    continue
                if former not in (None, chosen):
                    start = self.shapes.set_info[chosen]["valid_from"]
                    day = date.fromisoformat(start) if start else stop.period.end
                    found.append(DivisionChange(iso3, day, index))
                former = chosen
        return tuple(sorted(found, key=lambda change: (change.period, change.iso3)))

    def is_divided(self, shape: int) -> bool:
        """Whether a place is missing from some of the boundary sets that its country's figures are on."""
        iso3 = self.shapes.iso3[shape]
        changes = [change for change in self.division_changes() if change.iso3 == iso3]
        used = {stop.sets[iso3] for stop in self.periods if iso3 in stop.sets and stop.period is not None}
        by_date = {name for name in used if self.shapes.set_info[name]["by_date"]}
        own = self.shapes.sets[shape] & {name for name in self.shapes.set_info if self.shapes.set_info[name]["by_date"]}
        return bool(changes and own and by_date - own)

    def covered_countries(self) -> tuple[str, ...]:
        """Return the countries that have a figure in any period, published or withheld."""
        has = np.asarray(np.isin(self.states, HELD).any(axis=0))
        return tuple(dict.fromkeys(iso3 for iso3, found in zip(self.shapes.iso3, has, strict=True) if found))


def build_layer(
    spec: IndicatorSpec,
    level: AdminLevel,
    observations: pd.DataFrame,
    shapes: Shapes,
    variant: Variant = PLAIN,
    norms: Mapping[str, float] | None = None,
) -> LayerData:
    """Return the layer of an indicator at an admin level.

    Parameters
    ----------
    spec : IndicatorSpec
        The indicator.
    level : str
        One of `spec.levels`.
    observations : pandas.DataFrame
        The published observations of this indicator (contract ``observations``), all levels, sexes and ages.
    shapes : Shapes
        The shapes of that level.
    variant : Variant
        The group of people that is shown (all sexes and ages together if not said), how the figures are classified.
    norms : mapping of ISO 3166-1 alpha-3 code to float, optional
        The norm of each country, if the indicator names one.

    Raises
    ------
    UnknownLevelError
        If the indicator is not published at the level.
    """
    if level not in spec.levels:
        raise UnknownLevelError(f"{spec.id} is published at {', '.join(spec.levels)}, not at {level}")
    everyone = observations[(observations["sex"] == variant.sex) & (observations["age"] == variant.age)]
    rows = everyone[everyone["level"] == level]
    position = {unit_id: i for i, unit_id in enumerate(shapes.ids)}
    rows = rows[rows["unit_id"].isin(list(position))]
    own = [Period(_day(e), _day(s)) for s, e in zip(rows["period_start"], rows["period_end"], strict=True)]
    rows = rows.assign(shape=rows["unit_id"].map(position).astype("int32"))
    periods = sorted(set(own))
    draft = _Draft(spec, shapes, periods, tuple(sorted(set(rows["source_id"]))))
    draft.variant = variant
    if variant.base is None:
        is_amount = spec.kind != "category"
        draft.midpoints = {"mean": national_means(everyone, shapes.countries), "norm": norms or {}} if is_amount else {}
    for index, period in enumerate(periods):
        draft.fill(index, period, rows[[one == period for one in own]])
    has_latest = spec.display.latest and len(periods) > 1 and variant.base is None
    latest = [draft.fill_latest()] if has_latest else []
    draft.trim(len(periods) + len(latest))
    if variant.upto and variant.base is None:
        _require_trend(spec)
        carry_forward(draft)
    stops = [LayerPeriod(p.id, p, draft.sets[i]) for i, p in enumerate(periods)]
    stops += [LayerPeriod(LATEST, None, sets) for sets in latest]
    draft.mark_missing([stop.sets for stop in stops])
    national = _national(everyone, level, periods, len(stops), shapes)
    if variant.base is None:
        return draft.finish(level, tuple(stops), national, variant)
    _require_trend(spec)
    base = next((i for i, one in enumerate(periods[:-1]) if one.id == variant.base), None)
    if base is None:
        raise UnknownVariantError(f"{spec.id} has no period {variant.base!r} with a later one")
    national = changed_national(national, _flagged(everyone, periods), spec, periods, base, variant.measure)
    draft.unclear = take_changes(draft, base, variant.measure)
    draft.spec = changed_spec(spec, variant.measure)
    return draft.finish(level, tuple(stops[base + 1 :]), national, variant, periods[base], tuple(periods[:-1]))


def _require_trend(spec: IndicatorSpec) -> None:
    if not spec.allows("trend"):
        raise UnknownVariantError(f"{spec.id} takes no change between periods, and no figure is carried to another")


def _flagged(everyone: pd.DataFrame, periods: Sequence[Period]) -> set[tuple[int, str]]:
    """Return (period, country) of the national figures that do not compare with earlier ones."""
    index = {(p.start, p.end): i for i, p in enumerate(periods)}
    rows = everyone[(everyone["level"] == "ADM0") & (everyone["obs_status"] == "B")]
    days = zip(rows["period_start"], rows["period_end"], rows["iso3"], strict=True)
    return {(index.get((_day(start), _day(end)), -1), str(iso3)) for start, end, iso3 in days}


def _day(value: Any) -> date:
    return value if isinstance(value, date) and not isinstance(value, pd.Timestamp) else pd.Timestamp(value).date()


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _national(
    everyone: pd.DataFrame, level: AdminLevel, periods: Sequence[Period], stops: int, shapes: Shapes
) -> tuple[Mapping[str, float], ...]:
    found: list[dict[str, float]] = [{} for _ in range(stops)]
    if level == "ADM0":
        return tuple(found)
    index = {(p.start, p.end): i for i, p in enumerate(periods)}
    published = everyone[
        (everyone["level"] == "ADM0") & everyone["value"].notna() & (everyone["missing_reason"] != "suppressed")
    ]
    for row in published.sort_values("period_end", kind="stable").to_dict("records"):
        at, iso3 = index.get((_day(row["period_start"]), _day(row["period_end"]))), str(row["iso3"])
        if at is None or iso3 not in shapes.countries:
            continue
        for stop in {at, *range(len(periods), stops)}:
            found[stop][iso3] = float(row["value"])
    return tuple(found)


class _Draft:
    """The arrays of a layer while they are being filled, one period after the other."""

    def __init__(
        self, spec: IndicatorSpec, shapes: Shapes, periods: Sequence[Period], source_ids: tuple[str, ...]
    ) -> None:
        size = (len(periods) + 1, len(shapes.ids))
        self.spec, self.shapes, self.periods, self.source_ids = spec, shapes, periods, source_ids
        self.variant = PLAIN
        self.midpoints: Midpoints = {}
        self.iso3 = np.array(shapes.iso3)
        self.values = np.full(size, np.nan)
        self.low = np.full(size, np.nan)
        self.high = np.full(size, np.nan)
        self.qualifiers = np.full(size, "exact", dtype="<U10")
        self.states = np.full(size, ELSEWHERE, dtype="<U1")
        self.flags = np.full(size, NORMAL, dtype="<U1")
        self.sources = np.full(size, -1, dtype=np.int32)
        self.own_period = np.full(size, -1, dtype=np.int32)
        self.notes: dict[tuple[int, int], Mapping[str, str]] = {}
        self.claims: dict[tuple[int, int], tuple[Claim, ...]] = {}
        self.why: dict[tuple[int, int], Reason] = {}
        self.unclear: CharArray | None = None
        self.sets: list[dict[str, str]] = [{} for _ in range(len(periods) + 1)]

    def fill(self, index: int, period: Period, rows: pd.DataFrame) -> None:
        for iso3 in self.shapes.countries:
            mine = rows[rows["iso3"] == iso3]
            used = mine["boundary_set"].value_counts()
            if used.empty:
                chosen = self.shapes.set_at(iso3, period.end)
            else:
                chosen = str(min(used[used == used.max()].index))
                self._put(index, mine[mine["boundary_set"] == chosen])
            if chosen is not None:
                self.sets[index][iso3] = chosen

    def _put(self, index: int, rows: pd.DataFrame) -> None:
        if self.spec.kind == "range":
            self._put_claims(index, rows)
            return
        at = rows["shape"].to_numpy()
        reasons = rows["missing_reason"].map(STATE_OF_REASON).fillna(NO_DATA).to_numpy(dtype="<U1")
        withheld = reasons == SUPPRESSED  # of a withheld figure nothing is said, whatever else its row holds
        for target, column in ((self.values, "value"), (self.low, "low"), (self.high, "high")):
            target[index, at] = np.where(withheld, np.nan, rows[column].to_numpy(dtype=float))
        self.qualifiers[index, at] = np.where(withheld, "exact", rows["qualifier"].to_numpy(dtype=str))
        states = np.where(np.isnan(self.values[index, at]), reasons, VALUE)
        self.states[index, at] = states.astype("<U1")
        flags = rows["obs_status"].map(FLAG_OF_STATUS).fillna(NORMAL).to_numpy(dtype="<U1")
        self.flags[index, at] = np.where(withheld, NORMAL, flags)
        place = {source: i for i, source in enumerate(self.source_ids)}
        self.sources[index, at] = rows["source_id"].map(place).to_numpy(dtype=np.int32)
        self.own_period[index, at] = np.where(states == VALUE, index, -1)
        for shape, en, ru, is_withheld in zip(at, rows["note_en"], rows["note_ru"], withheld, strict=True):
            if isinstance(en, str) and en and not is_withheld:
                self.notes[(index, int(shape))] = {"en": en, "ru": ru if isinstance(ru, str) and ru else en}

    def _put_claims(self, index: int, rows: pd.DataFrame) -> None:
        place = {source: i for i, source in enumerate(self.source_ids)}
        withheld = rows["missing_reason"] == "suppressed"
        self.states[index, rows.loc[withheld, "shape"].to_numpy()] = SUPPRESSED
        for shape, mine in rows[~withheld].groupby("shape"):
            at = (index, int(str(shape)))
            claims = []
            for row in mine.sort_values(["source_id", "note_en"]).itertuples():
                low, high = _number(row.low), _number(row.high)
                if low is None and high is None:
                    low = high = _number(row.value)
                note = {"en": str(row.note_en or ""), "ru": str(row.note_ru or row.note_en or "")}
                claims.append(Claim(low, high, str(row.qualifier), str(row.source_id), note))
            self.claims[at] = tuple(claims)
            self._put_range(at, claims)
            self.states[at] = VALUE
            self.sources[at] = place[claims[0].source_id]
            self.own_period[at] = index

    def _put_range(self, at: tuple[int, int], claims: Sequence[Claim]) -> None:
        lows = [c.low for c in claims if c.low is not None]
        highs = [c.high for c in claims if c.high is not None]
        top = max(highs, default=-np.inf)
        self.low[at] = min(lows + highs) if lows else np.nan
        self.high[at] = max(lows + highs)
        if not lows:
            self.qualifiers[at] = "up_to"
        elif any((c.high is None or c.qualifier == "at_least") and c.low is not None and c.low >= top for c in claims):
            self.qualifiers[at] = "at_least"

    def fill_latest(self) -> dict[str, str]:
        """Fill the last row with each unit's most recent figure, in the set of its country's most recent figures."""
        row = len(self.periods)
        sets: dict[str, str] = {}
        for iso3 in self.shapes.countries:
            mine = self.iso3 == iso3
            with_data = [i for i in range(row) if np.isin(self.states[i, mine], HELD).any()]
            if not with_data:
                sets[iso3] = self.sets[row - 1][iso3]
                continue
            sets[iso3] = self.sets[with_data[-1]][iso3]
            same_set = [i for i in with_data if self.sets[i][iso3] == sets[iso3]]
            for shape in np.flatnonzero(mine):
                found = [i for i in same_set if self.states[i, shape] == VALUE]
                if found:
                    self._copy(found[-1], row, int(shape))
                elif any(self.states[i, shape] == SUPPRESSED for i in same_set):
                    self.states[row, shape] = SUPPRESSED  # it has figures, and none that may be shown
        return sets

    def _copy(self, source: int, target: int, shape: int) -> None:
        for array in (
            self.values, self.low, self.high, self.qualifiers, self.states, self.flags, self.sources, self.own_period
        ):  # fmt: skip
            array[target, shape] = array[source, shape]
        if (source, shape) in self.notes:
            self.notes[(target, shape)] = self.notes[(source, shape)]
        if (source, shape) in self.claims:
            self.claims[(target, shape)] = self.claims[(source, shape)]

    def trim(self, rows: int) -> None:
        for name in ("values", "low", "high", "qualifiers", "states", "flags", "sources", "own_period"):
            setattr(self, name, getattr(self, name)[:rows])

    def mark_missing(self, sets: Sequence[Mapping[str, str]]) -> None:
        """Give every shape of a period's boundary sets that has no row its missing state."""
        for index, chosen in enumerate(sets):
            in_set = np.array(
                [chosen.get(c) in s for c, s in zip(self.shapes.iso3, self.shapes.sets, strict=True)],
                dtype=bool,
            )
            without = in_set & (self.states[index] == ELSEWHERE)
            surveyed = np.isin(self.iso3, list({*self.iso3[np.isin(self.states[index], HELD)]}))
            self.states[index, without] = NO_DATA
            self.states[index, without & surveyed] = STATE_OF_REASON[self.spec.missing.reason]

    def finish(
        self, level: AdminLevel, stops: tuple[LayerPeriod, ...], national: tuple[Mapping[str, float], ...],
        variant: Variant, base: Period | None = None, bases: tuple[Period, ...] = (),
    ) -> LayerData:  # fmt: skip
        ranks, rank_of = self._ranks(is_ranked=base is None and self.spec.allows("rank"))
        display = display_of(self.spec, variant)
        units = self._units_with_figures()
        self.midpoints = complete(self.midpoints, list(units))
        scales = scales_of(level, units, display, variant)
        if self.spec.categories:
            scales = ("across",)
        layer = LayerData(
            spec=self.spec, level=level, shapes=self.shapes, periods=stops, values=self.values, low=self.low,
            high=self.high, qualifiers=self.qualifiers, states=self.states, flags=self.flags, sources=self.sources,
            source_ids=self.source_ids, own_period=self.own_period, ranks=ranks, rank_of=rank_of, notes=self.notes,
            claims=self.claims, national=national, variant=variant, base=base, bases=bases, why=self.why,
            unclear=self.unclear, display=display, scales=scales, midpoints=self.midpoints,
        )  # fmt: skip
        return replace(layer, scopes=self._scopes(layer))

    def _units_with_figures(self) -> dict[str, int]:
        has = np.isfinite(self.values).any(axis=0)
        return {iso3: int(n) for iso3 in self.shapes.countries if (n := (has & (self.iso3 == iso3)).sum())}

    def _scopes(self, layer: LayerData) -> dict[str, tuple[Classification | WithinCountries, npt.NDArray[np.int8]]]:
        if layer.display.mark != "fill":
            return {}
        countries: dict[str, tuple[Classification, npt.NDArray[np.int8]]] = {}
        for iso3 in self.shapes.countries:
            found = self._classify(layer.display, iso3, self.iso3 == iso3)
            if found is not None:
                countries[iso3] = (found, found.classes(np.where(self.iso3 == iso3, self.values, np.nan)))
        if layer.scale == "within":
            within = WithinCountries.of({iso3: found for iso3, (found, _) in countries.items()})
            classes = [within.classes(np.where(self.iso3 == c, self.values, np.nan), c) for c in countries]
            return {REGION: (within, np.max(classes, axis=0)), **countries}
        found = self._classify(layer.display, next(iter(countries), REGION), np.full(len(self.iso3), True))
        return {} if found is None else {REGION: (found, found.classes(self.values)), **countries}

    def _classify(self, display: Display, iso3: str, mine: npt.NDArray[np.bool_]) -> Classification | None:
        """Return the breaks of the dated figures of some units, around the midpoint of a country.

        Categories are their own classes, all of them wherever there is a figure of any.
        """
        if self.spec.categories:
            has_figure = np.isfinite(np.where(mine, self.values, np.nan)).any()
            return classify_codes([one.code for one in self.spec.categories]) if has_figure else None
        midpoint = midpoint_of(display, self.variant, self.midpoints, iso3)
        values = np.where(mine, self.values, np.nan)[: len(self.periods)]
        if self.variant.upto:  # a figure that is carried to later periods counts once, in its own
            own = np.arange(len(values))[:, None] == self.own_period[: len(values)]
            values = np.where(own, values, np.nan)
        return classify_values(values, display.model_copy(update={"midpoint": midpoint}))

    def _ranks(self, is_ranked: bool) -> tuple[IndexArray, IndexArray]:
        ranks = np.zeros(self.values.shape, dtype=np.int32)
        rank_of = np.zeros(self.values.shape, dtype=np.int32)
        if not is_ranked:
            return ranks, rank_of
        for iso3 in self.shapes.countries:
            mine = np.flatnonzero(self.iso3 == iso3)
            for index in range(self.values.shape[0]):
                row = self.values[index, mine]
                known = mine[~np.isnan(row)]
                if len(known) < 2:
                    continue
                values = self.values[index, known]
                ranks[index, known] = 1 + (values[None, :] > values[:, None]).sum(axis=1)
                rank_of[index, known] = len(known)
        return ranks, rank_of
