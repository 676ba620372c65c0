"""Carries the figures of one boundary set to another by a crosswalk: counts by shares, rates as two counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.crosswalk import SHARE_OF_METHOD, links_between
from etl.join import Joined
from etl.match import group_rows
from etl.package import BoundIndicator
from etl.problems import Problems, quoted
from etl.reference import Reference
from layers.catalog import TIERS, Carry, IndicatorSpec

CROSSWALK = "crosswalk"
MOMENT = ["period_start", "period_end", "sex", "age"]
PLACE = ["iso3", "level", "boundary_set", "unit_id"]
PER_TOLERANCE = 0.05
_SHOWN = 4
_BY = {
    "exact_membership": ("by lists of members", "по спискам состава"),
    "population": ("by shares of population", "по долям населения"),
    "area": ("by shares of area", "по долям площади"),
}
_DIFFER = {
    "note_en": "Its parts have different categories, and none stands for all of them.",
    "note_ru": "Категории частей различаются, и ни одна не подходит для всех.",
}

Numbers = NDArray[np.float64]
Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Carried:
    """Sums of parts, one for each receiving unit and moment.

    Attributes
    ----------
    group : numpy.ndarray of int, shape (n_parts,)
        The sum that each part goes into.
    row, link : numpy.ndarray of int, shape (n_parts,)
        Position of the figure and of the link of each part.
    first : numpy.ndarray of int, shape (n_sums,)
        Position of the first part of each sum.
    value : numpy.ndarray of float64, shape (n_sums,)
        NaN where a part is suppressed, missing or absent.
    suppressed : numpy.ndarray of bool, shape (n_sums,)
    share_moved : numpy.ndarray of float64, shape (n_sums,)
        The largest share of a divided unit that is in the sum; 0 where whole units are joined.
    """

    group: Positions
    row: Positions
    link: Positions
    first: Positions
    value: Numbers
    suppressed: Mask
    share_moved: Numbers


def split_values(values: Numbers, shares: Numbers, links: Positions) -> Numbers:
    """Split each value by its shares; the last part takes the rest, so that the parts add up to the value.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (n,)
    shares : numpy.ndarray of float64, shape (n_parts,)
        Those of the first value, then those of the second, and so on.
    links : numpy.ndarray of int, shape (n,)
        How many parts each value has, at least one.

    Returns
    -------
    numpy.ndarray of float64, shape (n_parts,)
    """
    if len(values) == 0:
        return np.empty(0)
    last = np.cumsum(links) - 1
    parts = np.repeat(values, links) * shares
    parts[last] = 0.0
    parts[last] = values - np.add.reduceat(parts, last - links + 1)
    return parts


def carry_counts(rows: pd.DataFrame, links: pd.DataFrame, shares: Numbers) -> Carried:
    """Carry counts by shares: every part of a figure goes to one unit, and nothing is lost.

    Parameters
    ----------
    rows : pandas.DataFrame
        Figures of one set and level: unit_id, the columns of `MOMENT`, value, missing_reason. Every unit has a link.
    links : pandas.DataFrame
        from_unit and to_unit; the rows of each from_unit together.
    shares : numpy.ndarray of float64, shape (n_links,)
        Above 0; those of one from_unit add up to 1.

    Returns
    -------
    Carried
    """
    units, start, count = np.unique(links["from_unit"].to_numpy(dtype=str), return_index=True, return_counts=True)
    at = np.searchsorted(units, rows["unit_id"].to_numpy(dtype=str))
    times = count[at] if len(at) else np.empty(0, dtype="int64")
    row = np.repeat(np.arange(len(rows), dtype="int64"), times)
    within = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    link = np.repeat(start[at], times) + within
    hidden = (rows["missing_reason"] == "suppressed").to_numpy(dtype=bool)
    values = np.where(hidden, np.nan, rows["value"].to_numpy(dtype="float64"))
    parts = split_values(values, shares[link], times)

    receiver = pd.Series(pd.Categorical(links["to_unit"].astype("str")))
    taken = rows[MOMENT].iloc[row].reset_index(drop=True)
    group, first = group_rows([receiver.iloc[link].reset_index(drop=True), *(taken[name] for name in MOMENT)])
    size = len(first)
    needed = np.bincount(receiver.cat.codes.to_numpy(), minlength=len(receiver.cat.categories))
    of_sum = needed[receiver.cat.codes.to_numpy()[link[first]]]
    complete = np.bincount(group, minlength=size) == of_sum
    suppressed = np.bincount(group, weights=hidden[row], minlength=size) > 0
    value: Numbers = np.bincount(group, weights=parts, minlength=size).astype("float64")
    value[~complete | suppressed] = np.nan
    moved = np.zeros(size)
    np.maximum.at(moved, group, np.where(shares[link] < 1.0, shares[link], 0.0))
    return Carried(group, row, link, first, value, suppressed, moved)


def agreed_codes(rows: pd.DataFrame, carried: Carried) -> tuple[Numbers, Mask]:
    """Return the category of each receiving unit, where all its parts have the same; codes are never added up.

    Parameters
    ----------
    rows : pandas.DataFrame
        The figures that were carried: codes of categories.
    carried : Carried
        By `carry_counts`: what is missing or suppressed there stays so.

    Returns
    -------
    codes : numpy.ndarray of float64, shape (n_sums,)
        NaN where the parts differ, or where one is suppressed, missing or absent.
    differ : numpy.ndarray of bool, shape (n_sums,)
        Whether all parts have a category, and not the same.
    """
    codes = rows["value"].to_numpy(dtype="float64")[carried.row]
    size = len(carried.first)
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    np.fmin.at(low, carried.group, codes)
    np.fmax.at(high, carried.group, codes)
    complete = ~np.isnan(carried.value)
    return np.where(complete & (low == high), low, np.nan), complete & (low != high)


def _fault(bound: BoundIndicator, key: str, found: str, expected: str, remedy: str, problems: Problems) -> None:
    problems.add(bound.file, None, f"carry.{key}" if key else "carry", found=found, expected=expected, remedy=remedy)


def _checked_links(
    bound: BoundIndicator, carry: Carry, links: pd.DataFrame, units: set[str], names: str, problems: Problems
) -> tuple[pd.DataFrame, Numbers] | None:
    """Return the links that are used and their shares; None if the declared method cannot be followed."""
    absent = sorted(units - set(links["from_unit"]))
    if absent:
        _fault(
            bound,
            "to",
            f"figures of {', '.join(absent[:10])} and no row for them from {names}",
            "a row of data/crosswalk.csv for every unit that has figures",
            "Add the rows (python -m etl crosswalk makes them), or remove carry.",
            problems,
        )
        return None
    column = SHARE_OF_METHOD[carry.method]
    used = links.loc[links[column].isna() | (links[column] > 0)].reset_index(drop=True)
    shares = used[column].to_numpy(dtype="float64")
    if carry.method == "exact_membership":
        divided = sorted(set(used.loc[(shares != 1.0) | (used["method"] != carry.method), "from_unit"]) & units)
        if divided:
            _fault(
                bound,
                "method",
                f"exact_membership, where {', '.join(divided[:10])} of {names} is divided or estimated",
                "whole units only",
                "Use method population or area: a part of a unit is an estimate.",
                problems,
            )
            return None
    unknown = sorted(set(used.loc[np.isnan(shares), "from_unit"]) & units)
    if unknown:
        _fault(
            bound,
            "method",
            f"{carry.method}, where {', '.join(unknown[:10])} of {names} has no {column}",
            f"a {column} for every unit that is divided",
            "Fill the shares in data/crosswalk.csv, or use another method.",
            problems,
        )
        return None
    usable = ~used["from_unit"].isin(used.loc[np.isnan(shares), "from_unit"])
    return used.loc[usable].reset_index(drop=True), shares[usable.to_numpy()]


class _Names:
    """Names of units in sentences."""

    def __init__(self, units: pd.DataFrame) -> None:
        known = units.drop_duplicates("unit_id").set_index("unit_id")
        self._of = {lang: known[f"name_{lang}"].to_dict() for lang in ("en", "ru")}

    def listed(self, unit_ids: Sequence[str], shares: Sequence[float], lang: str) -> str:
        """Return "Abai region, 45.5% of East Kazakhstan region", at most four of them."""
        words = []
        for unit_id, share in list(zip(unit_ids, shares, strict=True))[:_SHOWN]:
            name = self._of[lang].get(unit_id, unit_id)
            percent = f"{100 * share:.1f}".replace(".", "," if lang == "ru" else ".")
            part = f"{percent}% of {name}" if lang == "en" else f"{percent} % от «{name}»"
            words.append(part if share < 1.0 else name if lang == "en" else f"«{name}»")
        more = len(unit_ids) - _SHOWN
        if more > 0:
            words.append(f"and {more} more" if lang == "en" else f"и ещё {more}")
        return ", ".join(words)


def _notes(links: pd.DataFrame, shares: Numbers, names: _Names, carry: Carry, from_set: str) -> dict[str, list[str]]:
    """Return, for every receiving unit, how its figures were carried; keys en and ru: text by unit."""
    result: dict[str, list[str]] = {"unit": [], "en": [], "ru": []}
    for to_unit, part in links.assign(share=shares).groupby("to_unit", sort=True):
        who = (part["from_unit"].tolist(), part["share"].tolist())
        by_en, by_ru = _BY[carry.method]
        result["unit"].append(str(to_unit))
        result["en"].append(f"Carried from {from_set} to {carry.to} {by_en}: {names.listed(*who, 'en')}.")
        result["ru"].append(f"Пересчитано с {from_set} на {carry.to} {by_ru}: {names.listed(*who, 'ru')}.")
    return result


def _qualifier(codes: NDArray[Any], carried: Carried) -> NDArray[Any]:
    """Return the qualifier of each sum: exact if all parts are, a bound if all bounds go the same way, else about."""
    size = len(carried.first)
    found = {
        name: np.bincount(carried.group, weights=(codes == name)[carried.row], minlength=size) > 0
        for name in ("at_least", "up_to")
    }
    plain = np.isin(codes, ("exact", "at_least", "up_to"))
    other = np.bincount(carried.group, weights=~plain[carried.row], minlength=size) > 0
    result = np.full(size, "exact", dtype=object)
    result[found["at_least"]] = "at_least"
    result[found["up_to"]] = "up_to"
    result[other | (found["at_least"] & found["up_to"])] = "about"
    return result


def _first_missing(rows: pd.DataFrame, carried: Carried, default: str) -> NDArray[Any]:
    """Return the missing reason of each sum's first missing part; the default where the part has no row."""
    reasons = rows["missing_reason"].astype("str").to_numpy(dtype=object)[carried.row]
    is_missing = (reasons != "") & (reasons != "suppressed")
    result = np.full(len(carried.first), default, dtype=object)
    at = np.flatnonzero(is_missing)[::-1]
    result[carried.group[at]] = reasons[at]
    return result


def _with_text(texts: NDArray[Any], mask: Mask, text: str) -> NDArray[Any]:
    result = texts.copy()
    result[mask] += f" {text}"
    return result


def _category(values: NDArray[Any]) -> pd.Categorical:
    return pd.Categorical(values, categories=sorted(set(values.tolist())))


class _Step:
    """The rows of one indicator in one set and level on their way to another set."""

    def __init__(
        self, bound: BoundIndicator, rows: pd.DataFrame, links: pd.DataFrame, shares: Numbers, reference: Reference
    ) -> None:
        carry = bound.spec.carry
        if carry is None:  # only for the type checker
            raise AssertionError
        self.spec, self.carry, self.rows, self.links, self.shares = bound.spec, carry, rows, links, shares
        self.from_set = str(rows["boundary_set"].iloc[0])
        self.reference = reference
        single = links.groupby("from_unit")["to_unit"].transform("size") == 1
        alone = links.groupby("to_unit")["from_unit"].transform("size") == 1
        same = single & alone & (links["from_unit"] == links["to_unit"])
        self.same = set(links.loc[same, "from_unit"])

    def stay(self) -> pd.DataFrame:
        """Return the figures of units whose territory is the same in both sets: only their set is another."""
        kept = self.rows.loc[self.rows["unit_id"].isin(self.same)]
        return kept.assign(boundary_set=_category(np.full(len(kept), self.carry.to, dtype=object)))

    def _changed(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.loc[~rows["unit_id"].isin(self.same)]

    def move(self, parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Return the carried figures of all other units.

        Parameters
        ----------
        parts : mapping of str to pandas.DataFrame
            Figures of ``numerator`` and ``denominator`` in the same set and level; empty for a count.
        """
        rows = self._changed(self.rows)
        carried = carry_counts(rows, self.links, self.shares)
        size = len(carried.first)
        head = rows.iloc[carried.row[carried.first]].reset_index(drop=True)
        to_unit = self.links["to_unit"].to_numpy(dtype=object)[carried.link[carried.first]]
        value, suppressed, moved = carried.value, carried.suppressed.copy(), carried.share_moved.copy()
        reason = _first_missing(rows, carried, self.spec.missing.reason)
        notes = self._note_columns(to_unit, self._further_sources(rows, carried))
        if self.spec.categories:
            value, differ = agreed_codes(rows, carried)
            reason[differ] = "not_assessed"
            notes = {name: _with_text(notes[name], differ, text) for name, text in _DIFFER.items()}
        if parts:
            keys = head[MOMENT].assign(unit=to_unit)
            top, bottom = (self._sums(self._changed(parts[name]), keys) for name in ("numerator", "denominator"))
            value = np.full(size, np.nan)
            np.divide(self.carry.per * top[0], bottom[0], out=value, where=bottom[0] != 0)
            suppressed |= top[1] | bottom[1]
            value[suppressed] = np.nan
            moved = np.fmax(moved, np.fmax(top[2], bottom[2]))
            reason = np.full(size, self.spec.missing.reason, dtype=object)
        missing = np.isnan(value)
        reason = np.where(suppressed, "suppressed", np.where(missing, reason, ""))
        status = np.where(missing, np.where(reason == "not_assessed", "O", "M"), "E")
        pcode = self._pcodes()
        changes: dict[str, Any] = {
            "unit_id": _category(to_unit),
            "pcode": _category(np.array([pcode.get(unit, "") for unit in to_unit], dtype=object)),
            "boundary_set": _category(np.full(size, self.carry.to, dtype=object)),
            "value": value,
            **dict.fromkeys(("low", "high", "n"), np.nan),
            "qualifier": _category(_qualifier(rows["qualifier"].to_numpy(dtype=object), carried)),
            "obs_status": _category(status.astype(object)),
            "missing_reason": _category(reason.astype(object)),
            "match_method": _category(np.full(size, CROSSWALK, dtype=object)),
            "share_moved": moved.astype("float32"),
            **{name: _category(texts) for name, texts in notes.items()},
        }
        if "match_score" in rows:
            score = np.ones(size, dtype="float32")
            np.minimum.at(score, carried.group, rows["match_score"].to_numpy(dtype="float32")[carried.row])
            changes["match_score"] = score
        return head.assign(**changes)

    def _sums(self, rows: pd.DataFrame, keys: pd.DataFrame) -> tuple[Numbers, Mask, Numbers]:
        """Return value, suppression and largest share of a count for the wanted units and moments."""
        carried = carry_counts(rows, self.links, self.shares)
        found = rows[MOMENT].iloc[carried.row[carried.first]].reset_index(drop=True)
        found = found.assign(
            unit=self.links["to_unit"].to_numpy(dtype=object)[carried.link[carried.first]],
            value=carried.value,
            suppressed=carried.suppressed,
            moved=carried.share_moved,
        )
        texts = dict.fromkeys(("sex", "age", "unit"), "str")
        merged = keys.astype(texts).merge(found.astype(texts), how="left", on=[*MOMENT, "unit"], validate="1:1")
        return (
            merged["value"].to_numpy(dtype="float64"),
            merged["suppressed"].eq(True).to_numpy(dtype=bool),
            merged["moved"].to_numpy(dtype="float64"),
        )

    def _pcodes(self) -> dict[str, str]:
        units = self.reference.units
        mine = units.loc[units["boundary_set"] == self.carry.to]
        return dict(zip(mine["unit_id"], mine["pcode"], strict=True))

    def _further_sources(self, rows: pd.DataFrame, carried: Carried) -> dict[int, str]:
        """Return, for sums of figures from several sources, those besides the first one's."""
        source = rows["source_id"].to_numpy(dtype=object)[carried.row]
        differs = np.flatnonzero(source != source[carried.first][carried.group])
        further: dict[int, set[str]] = {}
        for at in differs.tolist():
            further.setdefault(int(carried.group[at]), set()).add(str(source[at]))
        return {group: ", ".join(sorted(names)) for group, names in further.items()}

    def _note_columns(self, to_unit: NDArray[Any], further: Mapping[int, str]) -> dict[str, NDArray[Any]]:
        notes = _notes(self.links, self.shares, _Names(self.reference.units), self.carry, self.from_set)
        columns = {}
        for lang, also in (("en", "Also from the source"), ("ru", "Также из источника")):
            text_of = dict(zip(notes["unit"], notes[lang], strict=True))
            texts = np.array([text_of[unit] for unit in to_unit], dtype=object)
            for at, names in further.items():
                texts[at] += f" {also} {names}."
            columns[f"note_{lang}"] = texts
        return columns


def _stack(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Stack tables of the same columns; category columns get the sorted union of their categories."""
    columns: dict[str, Any] = {}
    for name, dtype in parts[0].dtypes.items():
        pieces = [part[name] for part in parts]
        if isinstance(dtype, pd.CategoricalDtype):
            plain = [piece.cat.set_categories(piece.cat.categories.astype("str")) for piece in pieces]
            columns[str(name)] = pd.api.types.union_categoricals(plain, sort_categories=True, ignore_order=True)
        else:
            columns[str(name)] = np.concatenate([piece.to_numpy(dtype=dtype) for piece in pieces])
    return pd.DataFrame(columns)


def _check_parts(
    bound: BoundIndicator, specs: Mapping[str, IndicatorSpec], problems: Problems
) -> dict[str, str] | None:
    """Return the ids of numerator and denominator; None if they are not two counts that the tier may hold."""
    carry = bound.spec.carry
    if carry is None or not carry.is_quotient:
        return {}
    named = {"numerator": str(carry.numerator), "denominator": str(carry.denominator)}
    good = True
    for key, name in named.items():
        spec = specs.get(name)
        if spec is None or spec.kind != "count":
            found = quoted(name) if spec is None else f"{quoted(name)}, which is of kind {spec.kind}"
            _fault(bound, key, found, "an indicator of kind count", "Name a count of the catalog.", problems)
            good = False
        elif TIERS.index(spec.tier) > TIERS.index(bound.spec.tier):
            _fault(
                bound,
                key,
                f"{quoted(name)}, whose sensitivity is {spec.sensitivity}",
                f"a count that the tier {bound.spec.tier} may hold",
                "Raise the sensitivity of this indicator, or name another count.",
                problems,
            )
            good = False
    return named if good else None


def _check_per(
    bound: BoundIndicator, rows: pd.DataFrame, parts: Mapping[str, pd.DataFrame], problems: Problems
) -> bool:
    """Report a rate that is not `per` times numerator by denominator where it was published."""
    carry = bound.spec.carry
    if carry is None:
        return True
    key = [*PLACE, *MOMENT]
    texts = dict.fromkeys([*PLACE, "sex", "age"], "str")
    merged = rows[[*key, "value"]].astype(texts)
    for name, part in parts.items():
        figures = part[[*key, "value"]].astype(texts).rename(columns={"value": name})
        merged = merged.merge(figures, how="inner", on=key, validate="1:1")
    usable = (merged[["value", "numerator", "denominator"]] > 0).all(axis=1)
    merged = merged.loc[usable]
    if merged.empty:
        return True
    factor = float((merged["value"] * merged["denominator"] / merged["numerator"]).median())
    if abs(factor / carry.per - 1.0) <= PER_TOLERANCE:
        return True
    _fault(
        bound,
        "per",
        f"{carry.per:g}, where the published figures are about {factor:.4g} times {carry.numerator} by "
        f"{carry.denominator} (median of {len(merged)})",
        "the factor between the rate and its two counts (100 for a percentage)",
        "Correct per, or name the counts that the rate was made from.",
        problems,
    )
    return False


class _Carrier:
    """Carries the figures of one indicator."""

    def __init__(
        self,
        bound: BoundIndicator,
        observations: pd.DataFrame,
        parts: Mapping[str, str],
        reference: Reference,
        problems: Problems,
    ) -> None:
        self.bound, self.reference, self.problems = bound, reference, problems
        self.rows = observations.loc[observations["indicator_id"] == bound.spec.id]
        self.parts = {key: observations.loc[observations["indicator_id"] == name] for key, name in parts.items()}

    def run(self) -> tuple[NDArray[Any], list[pd.DataFrame]]:
        """Return the index of the rows that are replaced, and what stands in their place."""
        carry, sets = self.bound.spec.carry, self.reference.boundary_sets.set_index("boundary_set")
        replaced: list[NDArray[Any]] = [np.empty(0, dtype="int64")]
        made: list[pd.DataFrame] = []
        if carry is None:
            return replaced[0], made
        if carry.to not in sets.index:
            _fault(
                self.bound,
                "to",
                quoted(carry.to),
                "a boundary set of data/boundary_sets.csv",
                "Correct the name of the set.",
                self.problems,
            )
            return replaced[0], made
        is_country = self.rows["iso3"] == sets["iso3"].to_dict()[carry.to]
        others = self.rows.loc[is_country & (self.rows["boundary_set"] != carry.to)]
        if self.parts and not _check_per(self.bound, self.rows, self.parts, self.problems):
            return replaced[0], made
        by_date = sets["by_date"].to_dict()
        for (from_set, level), rows in others.groupby(["boundary_set", "level"], observed=True, sort=True):
            ways = links_between(self.reference.crosswalk, self.reference.units, str(from_set), carry.to, str(level))
            listed = (self.reference.crosswalk["from_set"] == from_set) & (
                self.reference.crosswalk["to_set"] == carry.to
            )
            if not bool(by_date[from_set]) and not listed.any():
                continue
            result = self._one(carry, str(from_set), str(level), rows, ways)
            if result is not None:
                replaced.append(rows.index.to_numpy())
                made += result
        return np.concatenate(replaced), made

    def _one(
        self, carry: Carry, from_set: str, level: str, rows: pd.DataFrame, ways: pd.DataFrame | None
    ) -> list[pd.DataFrame] | None:
        empty = pd.DataFrame({name: pd.Series(dtype="str") for name in ("from_unit", "to_unit")})
        names = f"{from_set} to {carry.to} ({level})"
        units = {str(unit) for unit in rows["unit_id"].unique()}
        checked = _checked_links(self.bound, carry, empty if ways is None else ways, units, names, self.problems)
        if checked is None:
            return None
        step = _Step(self.bound, rows, *checked, self.reference)
        known = set(checked[0]["from_unit"])
        parts = {
            key: part.loc[(part["boundary_set"] == from_set) & (part["level"] == level) & part["unit_id"].isin(known)]
            for key, part in self.parts.items()
        }
        return [step.stay(), step.move(parts)]


def _without_published(made: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Drop carried figures where the target set has a published one of the same unit and moment."""
    key = ["indicator_id", "unit_id", *MOMENT]
    texts = dict.fromkeys(("indicator_id", "unit_id", "sex", "age"), "str")
    published = pd.MultiIndex.from_frame(kept[key].astype(texts))
    return made.loc[~pd.MultiIndex.from_frame(made[key].astype(texts)).isin(published)]


def carry_series(joined: Joined, bounds: Sequence[BoundIndicator], reference: Reference, problems: Problems) -> Joined:
    """Carry the figures of indicators that declare it to one boundary set; all others stay as they were published.

    Counts are split by the crosswalk's shares and added up; a rate is the quotient of two carried counts; a category is
    that of all parts, or there is none. A result of
    anything suppressed is suppressed, of anything missing missing. Results have status E, `share_moved` and a note
    that names their parts. Units of the same territory keep their figure. Where the target set has a published figure,
    that one stays.

    Parameters
    ----------
    joined : Joined
    bounds : sequence of BoundIndicator
    reference : Reference
    problems : Problems
        Collects indicators whose figures cannot be carried as they declare.

    Returns
    -------
    Joined
        With the column `share_moved` and, in `carried`, how many rows of an indicator became how many figures.
    """
    observations = joined.observations.reset_index(drop=True)
    observations["share_moved"] = np.full(len(observations), np.nan, dtype="float32")
    specs = {bound.spec.id: bound.spec for bound in bounds}
    counts: dict[str, tuple[int, int]] = {}
    replaced: list[NDArray[Any]] = []
    made: list[pd.DataFrame] = []
    for bound in bounds:
        parts = None if bound.spec.carry is None else _check_parts(bound, specs, problems)
        if parts is None:
            continue
        index, frames = _Carrier(bound, observations, parts, reference, problems).run()
        if not frames:
            continue
        is_left = (observations["indicator_id"] == bound.spec.id) & ~observations.index.isin(index)
        mine = observations.loc[is_left]
        new = _without_published(_stack(frames), mine)
        counts[bound.spec.id] = (len(index), len(new))
        replaced.append(index)
        made.append(new)
    if not made:
        return replace(joined, observations=observations)
    kept = observations.loc[~observations.index.isin(np.concatenate(replaced))]
    return replace(joined, observations=_stack([kept, *made]), carried=counts)
