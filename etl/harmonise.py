"""Turns the rows that indicators select into typed observations; missing never becomes zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.intake.intake import CELL, Intake
from etl.package import BoundIndicator, Package
from etl.problems import Problems
from etl.readers import ROW
from etl.validate import matches, parse_dates, parse_numbers, values_of
from geodata.contracts import AGE, LEVELS, MISSING_REASONS, OBS_STATUS, QUALIFIERS, SENSITIVITIES, SEXES
from layers.catalog import Columns, IndicatorSpec, category_word

PLACE = ("iso3", "level", "place_code", "place_name", "boundary_set", "source_id")
HINTS = ("code_kind", "parent_name", "parent_code")
CODES = ("sex", "age", "qualifier", "obs_status", "missing_reason", "note_en", "note_ru")
NUMBERS = ("value", "low", "high", "n")
DEFAULTS = {"sex": "all", "age": "all", "qualifier": "exact"}
NO_VALUE_STATUS = ("M", "O")

LISTED_TEXTS = ("indicator_id", "source_file", "cell", "iso3", "level", "place_name", "reason_en", "reason_ru")

_CLOSED = {
    "level": LEVELS,
    "sex": SEXES,
    "qualifier": QUALIFIERS,
    "obs_status": ("", *OBS_STATUS),
    "missing_reason": MISSING_REASONS,
}
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Harmonised:
    """Typed figures, not yet joined to units.

    Attributes
    ----------
    figures : pandas.DataFrame
        One row for each selected row of a file: indicator_id, source_file, source_row, the place columns as
        published, periods, codes, numbers. Text columns are categories.
        If the package has intakes, also `source_cell` and `HINTS`.
    unselected : dict of str to numpy.ndarray
        By file of the package, the rows (lines) that no indicator selects.
    listed : pandas.DataFrame
        Rows, columns and cells of intakes that are not read or not fit, each with its reason.
    lenient : frozenset of str
        The intakes: what does not fit there is listed, and the build goes on.
    """

    figures: pd.DataFrame
    unselected: dict[str, NDArray[np.int64]]
    listed: pd.DataFrame
    lenient: frozenset[str] = frozenset()


def listed_table(**columns: Any) -> pd.DataFrame:
    """Return a table of rows that are not joined, all columns given or empty."""
    length = len(columns["source_row"])
    texts = {name: pd.Series(columns.get(name, ""), index=range(length), dtype="str") for name in LISTED_TEXTS}
    ends = pd.Series(columns.get("period_end", pd.NaT), index=range(length), dtype="datetime64[ms]")
    rows = pd.Series(columns["source_row"], dtype="int32").reset_index(drop=True)
    return pd.DataFrame({**texts, "source_row": rows, "period_end": ends})


def make_category(codes: NDArray[Any], categories: Any, index: Any = None) -> pd.Series[Any]:
    """Return a category column from the positions of its categories."""
    texts = pd.Index(categories, dtype="str")  # also where there is none: tables are stacked by it
    return pd.Series(pd.Categorical.from_codes(codes, texts), index=index)


def _constant(value: str, length: int) -> pd.Series[Any]:
    return make_category(np.zeros(length, dtype="int8"), [value])


def _as_category(column: pd.Series[Any]) -> pd.Series[Any]:
    return column if isinstance(column.dtype, pd.CategoricalDtype) else column.astype("category")


def recode(column: pd.Series[Any], recoded: dict[str, str]) -> pd.Series[Any]:
    """Return a category column with some of its categories replaced."""
    names = [recoded.get(str(name), str(name)) for name in column.cat.categories]
    distinct = list(dict.fromkeys(names))
    to_new = np.array([distinct.index(name) for name in names], dtype="int32")
    codes = to_new[column.cat.codes.to_numpy()] if len(names) else column.cat.codes.to_numpy()
    return make_category(codes, distinct, column.index)


def fill_codes(column: pd.Series[Any], mask: Mask, value: str) -> pd.Series[Any]:
    """Return a category column with a value written where the mask is set."""
    if not mask.any():
        return column
    categories = column.cat.categories
    if value not in set(categories):
        column = column.cat.add_categories([value])
    codes = column.cat.codes.to_numpy().copy()
    codes[mask] = list(column.cat.categories).index(value)
    return make_category(codes, column.cat.categories, column.index)


class _Part:
    """The rows that some indicators select from one file with one set of column names."""

    def __init__(
        self,
        raw: pd.DataFrame,
        bounds: Sequence[BoundIndicator],
        spec_at: NDArray[np.int64],
        problems: Problems,
        *,
        lenient: bool = False,
    ) -> None:
        self.raw, self.problems, self.lenient = raw, problems, lenient
        self.faulty: Mask = np.zeros(len(raw) if lenient else 0, dtype=bool)
        self.listed: list[pd.DataFrame] = []
        self.file = bounds[0].table
        self.columns: Columns = bounds[0].spec.columns
        self.specs: list[IndicatorSpec] = [bound.spec for bound in bounds]
        self.spec_at = spec_at
        self.rows = raw[ROW].to_numpy(dtype="int64")
        self.unread: Mask = np.zeros(len(raw), dtype=bool)  # what stands there is reported: no gap, nor a value
        self.df = pd.DataFrame(index=raw.index)

    def has(self, name: str) -> bool:
        return getattr(self.columns, name) in self.raw.columns

    def text(self, name: str) -> pd.Series[Any]:
        if not self.has(name):
            return _constant(DEFAULTS.get(name, ""), len(self.raw))
        column = _as_category(self.raw[getattr(self.columns, name)])
        return recode(column, {"": DEFAULTS[name]}) if name in DEFAULTS else column

    def report(self, mask: Mask, name: str, expected: tuple[str, str], remedy: str) -> None:
        """Report marked rows once each, though several indicators may select them; those of intakes are listed.

        `expected` is given in English and Russian.
        """
        if not mask.any():
            return
        column = getattr(self.columns, name)
        at = np.flatnonzero(mask)
        if self.lenient:
            self._list(at[~self.faulty[at]], name, expected)
            return
        _, first = np.unique(self.rows[at], return_index=True)
        at = at[first]
        shown = self.raw[column].iloc[at[:10]].astype("str").tolist()
        self.problems.add_rows(self.file, self.rows[at], column, found=shown, expected=expected[0], remedy=remedy)

    def _list(self, at: NDArray[np.int64], name: str, expected: tuple[str, str]) -> None:
        self.faulty[at] = True
        raw = self.raw.iloc[at]
        found = raw[getattr(self.columns, name)].astype("str").tolist()
        ends = parse_dates(raw[self.columns.period_end])
        self.listed.append(
            listed_table(
                indicator_id=[self.specs[position].id for position in self.spec_at[at]],
                source_file=self.file,
                source_row=self.rows[at],
                cell=raw[CELL].tolist(),
                iso3=raw[self.columns.iso3].tolist(),
                level=raw[self.columns.level].tolist(),
                place_name=raw[self.columns.place_name].tolist(),
                period_end=ends.to_numpy(),
                reason_en=[f"{name}: found “{text}”; expected {expected[0]}." for text in found],
                reason_ru=[f"{name}: указано «{text}»; ожидается {expected[1]}." for text in found],
            )
        )

    def of_spec(self, values: Sequence[Any]) -> NDArray[Any]:
        """Return a property of the indicator of each row."""
        return np.array(values)[self.spec_at]


def _add_texts(part: _Part) -> None:
    for name in (*PLACE, *CODES):
        part.df[name] = part.text(name)
    for name, codes in _CLOSED.items():
        distinct, at = values_of(part.df[name])
        bad = ~np.asarray(distinct.isin(codes), dtype=bool)
        if bad.any() and at is not None:
            shown = ", ".join(code for code in codes if code)
            part.report(bad[at], name, (f"one of {shown}", f"одно из {shown}"), "Use a code of the list.")
    distinct, at = values_of(part.df["age"])
    bad = ~matches(distinct, f"^({AGE})$")
    if bad.any() and at is not None:
        part.report(
            bad[at], "age", ("all or a group such as 15-29", "all или группа, например 15-29"), "Correct the age group."
        )
    for position, spec in enumerate(part.specs):
        outside = ~part.df["level"].isin(spec.levels).to_numpy() & part.df["level"].isin(LEVELS).to_numpy()
        part.report(
            outside & (part.spec_at == position),
            "level",
            (
                f"one of the levels of {spec.id}: {', '.join(spec.levels)}",
                f"один из уровней {spec.id}: {', '.join(spec.levels)}",
            ),
            "Correct the level, or add it to `levels` of the indicator.",
        )


def _add_periods(part: _Part) -> None:
    for name in ("period_start", "period_end"):
        dates = parse_dates(part.raw[getattr(part.columns, name)])
        part.report(
            dates.isna().to_numpy(),
            name,
            ("a date such as 2022-12-31", "дата, например 2022-12-31"),
            "Write the date as year-month-day, both ends inclusive.",
        )
        part.df[name] = dates.to_numpy()
    backwards = (part.df["period_start"] > part.df["period_end"]).to_numpy()
    expected = ("a day not before period_start", "день не раньше period_start")
    part.report(backwards, "period_end", expected, "Correct one of the dates.")


def _coded_values(part: _Part, texts: pd.Series[Any], numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the numbers of a column of values, names of categories as their codes; NaN where a text is neither."""
    if not any(spec.categories for spec in part.specs):
        return numbers
    numbers = numbers.copy()
    distinct, at = values_of(texts)
    for position, spec in enumerate(part.specs):
        if not spec.categories:
            continue
        codes = spec.category_codes
        by_text = np.array([codes.get(category_word(str(text)), np.nan) for text in distinct], dtype="float64")
        named = by_text if at is None else by_text[at]
        mine = (part.spec_at == position) & ~np.isnan(named)
        numbers[mine] = named[mine]
    return numbers


def _check_categories(part: _Part) -> None:
    """Report figures of categories that are no code of their list, and what has no meaning beside a code."""
    for position, spec in enumerate(part.specs):
        if not spec.categories:
            continue
        mine = part.spec_at == position
        filled = mine & (part.raw[part.columns.value] != "").to_numpy()
        unknown = filled & ~part.df["value"].isin([one.code for one in spec.categories]).to_numpy()
        listed = spec.category_list
        part.unread |= unknown
        part.report(
            unknown,
            "value",
            (f"a category of {spec.id}: {listed}", f"категория показателя {spec.id}: {listed}"),
            "Write the code or a name of a category, or add the name to `aliases` of the indicator.",
        )
        for name in ("low", "high"):
            if part.has(name):
                beside = mine & part.df[name].notna().to_numpy()
                expected = ("an empty cell: a category has no bounds", "пустая ячейка: у категории нет границ")
                part.report(beside, name, expected, "Empty the cell.")
        for name, only in (("sex", "all"), ("age", "all"), ("qualifier", "exact")):
            if part.has(name):
                other = mine & (part.df[name] != only).to_numpy()
                part.report(
                    other,
                    name,
                    (f"{only}: {spec.id} is of kind category", f"{only}: {spec.id} — показатель вида category"),
                    "Correct the cell, or take the row out.",
                )


def _add_numbers(part: _Part) -> None:
    factor = part.of_spec([spec.source.multiply for spec in part.specs]).astype("float64")
    for name in NUMBERS:
        if not part.has(name):
            part.df[name] = np.nan
            continue
        column = part.raw[getattr(part.columns, name)]
        numbers = parse_numbers(column)
        empty = (column == "").to_numpy()
        amounts = np.ones(len(column), dtype=bool)
        if name == "value":
            numbers = _coded_values(part, column, numbers)
            amounts = ~part.of_spec([bool(spec.categories) for spec in part.specs]).astype(bool)
        expected = ("a number with a point", "число с точкой")
        part.report(amounts & ~empty & np.isnan(numbers), name, expected, "Write the number as 12.5.")
        part.df[name] = numbers if name == "n" else numbers * factor
    lows = part.of_spec([-np.inf if s.value_range[0] is None else s.value_range[0] for s in part.specs])
    highs = part.of_spec([np.inf if s.value_range[1] is None else s.value_range[1] for s in part.specs])
    for name in ("value", "low", "high"):
        numbers = part.df[name].to_numpy()
        outside = (numbers < lows) | (numbers > highs)
        if outside.any():
            ranges = sorted({f"{s.value_range[0]} to {s.value_range[1]}" for s in part.specs})
            shown = ranges[0] if len(ranges) == 1 else "that of its indicator"
            at = int(np.flatnonzero(outside)[0])
            spec = part.specs[int(part.spec_at[at])]
            words = (
                f"value_range of {spec.id} ({_range_words(spec)})" if outside.sum() == 1 else f"value_range ({shown})"
            )
            expected = (f"a value in {words}", f"значение в пределах {words}")
            part.report(outside, name, expected, "Correct the value, its unit, or value_range of the indicator.")
    low, value, high = (part.df[name].to_numpy() for name in ("low", "value", "high"))
    ordered = ("low <= value <= high", "low <= value <= high")
    part.report((low > high) | (low > value), "low", ordered, "Correct the bounds.")
    part.report(value > high, "high", ordered, "Correct the bounds.")
    _check_categories(part)
    negative = part.df["n"].to_numpy() < 0
    if part.has("n"):
        part.report(negative, "n", ("a sample size, 0 or more", "размер выборки, 0 или больше"), "Correct the number.")


def _range_words(spec: IndicatorSpec) -> str:
    low, high = spec.value_range
    if low is None or high is None:
        return f"at least {low:g}" if low is not None else f"at most {high:g}" if high is not None else "any number"
    return f"{low:g} to {high:g}"


def _add_states(part: _Part) -> None:
    """Settle status and missing reason of rows without and with numbers."""
    empty = part.df[["value", "low", "high"]].isna().all(axis=1).to_numpy() & ~part.unread
    reason, status = part.df["missing_reason"], part.df["obs_status"]
    suppressed = (reason == "suppressed").to_numpy()
    part.report(
        ~empty & ~suppressed & (reason != "").to_numpy(),
        "missing_reason",
        ("an empty cell where there is a value", "пустая ячейка там, где есть значение"),
        "Empty the cell, or take the value out.",
    ) if part.has("missing_reason") else None
    has_no_value_status = status.isin(NO_VALUE_STATUS).to_numpy()
    if part.has("obs_status"):
        part.report(
            ~empty & ~suppressed & has_no_value_status,
            "obs_status",
            ("another status than M or O where there is a value", "не M и не O там, где есть значение"),
            "Correct the status, or take the value out.",
        )
        part.report(
            empty & ~has_no_value_status & (status != "").to_numpy(),
            "obs_status",
            ("M or O where there is no value", "M или O там, где нет значения"),
            "Correct the status, or fill the value.",
        )
    rules = part.of_spec([spec.missing.reason for spec in part.specs])
    for rule in sorted(set(rules.tolist())):
        reason = fill_codes(reason, empty & (reason == "").to_numpy() & (rules == rule), rule)
    blank = (status == "").to_numpy()
    status = fill_codes(status, blank & ~empty, "A")
    status = fill_codes(status, blank & empty, "M")
    status = fill_codes(status, blank & empty & (reason == "not_assessed").to_numpy(), "O")
    part.df["missing_reason"], part.df["obs_status"] = reason, status


def _select(df: pd.DataFrame, bound: BoundIndicator) -> Mask:
    mask = np.ones(len(df), dtype=bool)
    for column, value in bound.spec.source.where.items():
        mask &= (df[column] == value).to_numpy(dtype=bool)
    return mask


def _harmonise_part(
    df: pd.DataFrame,
    bounds: Sequence[BoundIndicator],
    positions: Sequence[NDArray[np.int64]],
    problems: Problems,
    intakes: Mapping[str, Intake],
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    taken = np.concatenate([*positions, np.empty(0, dtype="int64")])
    spec_at = np.repeat(np.arange(len(bounds), dtype="int64"), [len(p) for p in positions])
    file = bounds[0].table
    lenient = file in intakes
    good = np.ones(len(taken), dtype=bool) if lenient else ~np.isin(df[ROW].to_numpy()[taken], problems.bad_rows(file))
    names = {ROW, *(name for name in bounds[0].spec.columns.model_dump().values() if name in df.columns)}
    names |= {CELL, *HINTS} if lenient else set()
    raw = df[[name for name in df.columns if name in names]].iloc[taken[good]].reset_index(drop=True)
    part = _Part(raw, bounds, spec_at[good], problems, lenient=lenient)
    for step in (_add_texts, _add_periods, _add_numbers, _add_states):
        step(part)
    part.df["indicator_id"] = make_category(part.spec_at, [spec.id for spec in part.specs])
    part.df["source_file"] = _constant(file, len(raw))
    part.df["source_row"] = part.rows.astype("int32")
    if intakes:
        part.df["source_cell"] = _as_category(raw[CELL]) if lenient else _constant("", len(raw))
        for name in HINTS:
            part.df[name] = _as_category(raw[name]) if lenient else _constant("", len(raw))
    if lenient:
        return part.df.loc[~part.faulty], part.listed
    return part.df.loc[~np.isin(part.rows, problems.bad_rows(file))], []


def _concat(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Stack tables; category columns get the sorted union of their categories."""
    columns: dict[str, Any] = {}
    for name in parts[0].columns:
        pieces = [part[name] for part in parts]
        if isinstance(pieces[0].dtype, pd.CategoricalDtype):
            columns[name] = pd.api.types.union_categoricals(
                [piece.cat.remove_unused_categories() for piece in pieces], sort_categories=True
            )
        else:
            columns[name] = np.concatenate([piece.to_numpy() for piece in pieces])
    return pd.DataFrame(columns)


def _empty() -> pd.DataFrame:
    category: Any = pd.Categorical([], categories=pd.Index([], dtype="str"))
    texts = dict.fromkeys((*PLACE, *CODES, "indicator_id", "source_file"), category)
    dates = dict.fromkeys(("period_start", "period_end"), np.empty(0, dtype="datetime64[ms]"))
    return pd.DataFrame(
        {**texts, **dates, **dict.fromkeys(NUMBERS, np.empty(0)), "source_row": np.empty(0, dtype="int32")}
    )


def _first_unread(intake: Intake | None) -> str:
    """Return what a table as received lists first of its cells, because it may be why no figure is left."""
    if intake is None:
        return ""
    cells = intake.listed.loc[intake.listed["cell"].astype("str") != ""]
    if cells.empty:
        return ""
    first = cells.iloc[0]
    return f" ({len(cells):,} cells were not read, first row {first['row']}, {first['cell']}: {first['reason_en']})"


def harmonise_figures(package: Package, source_ids: Iterable[str] | None, problems: Problems) -> Harmonised:
    """Select, type and check the rows of all indicators; each file is gone through once.

    Parameters
    ----------
    package : Package
    source_ids : iterable of str or None
        The known sources; None if they could not be read, then they are not checked.
    problems : Problems
        Collects every failure; faulty rows are left out of the result.

    Returns
    -------
    Harmonised
    """
    intakes = package.intakes
    listed = [_list_intake(intake, package.indicators) for intake in intakes.values()]
    groups: dict[tuple[str, str], list[BoundIndicator]] = {}
    for bound in package.indicators:
        groups.setdefault((bound.table, bound.spec.columns.model_dump_json()), []).append(bound)
    selected = {file: np.zeros(len(df), dtype=bool) for file, df in package.figures.items()}
    parts: list[pd.DataFrame] = []
    known = None if source_ids is None else set(source_ids)
    for (file, _), bounds in groups.items():
        df = package.figures[file]
        positions = [np.flatnonzero(_select(df, bound)) for bound in bounds]
        for bound, found in zip(bounds, positions, strict=True):
            selected[file][found] = True
            if len(found) == 0 and not problems.has_any(file):
                words = ", ".join(f"{name} = {value}" for name, value in bound.spec.source.where.items())
                problems.add(
                    bound.file,
                    None,
                    "source.where",
                    found=f"no row that it selects{_first_unread(intakes.get(file))}",
                    expected=f"rows of {file} with {words}",
                    remedy="Correct `where`, or add the rows.",
                )
        if not any(problems.bad_rows(file)[:1] == 0):
            part, faulty = _harmonise_part(df, bounds, positions, problems, intakes)
            parts.append(part)
            listed += faulty
            if known is not None and file in intakes:
                _check_intake_sources(part, intakes[file], known, problems)
            elif known is not None:
                _check_sources(parts[-1], bounds[0].spec.columns.source_id, file, known, problems)
                parts[-1] = parts[-1].loc[~np.isin(parts[-1]["source_row"], problems.bad_rows(file))]
    unselected = {
        file: package.figures[file][ROW].to_numpy(dtype="int64")[~mask]
        for file, mask in selected.items()
        if not mask.all() and file not in intakes and (mask.any() or is_figures(file))
    }
    listed += [_list_unselected(intakes[file], selected[file]) for file in intakes]
    figures = _concat(parts) if parts else _empty()
    return Harmonised(figures, unselected, _stack_listed(listed), frozenset(intakes))


def _stack_listed(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else listed_table(source_row=[])


def _list_intake(intake: Intake, indicators: Sequence[BoundIndicator]) -> pd.DataFrame:
    """List what an intake did not read, under its indicator, or under the most sensitive one that reads the table.

    So that a reason never shows in a tier what its indicator may not.
    """
    bounds = [bound for bound in indicators if bound.table == intake.file]
    ranked = sorted(bounds, key=lambda bound: SENSITIVITIES.index(bound.spec.sensitivity))
    guard = ranked[-1].spec.id if ranked else ""
    own = {bound.spec.source.where.get("indicator", ""): bound.spec.id for bound in bounds}
    rows = intake.listed
    return listed_table(
        indicator_id=[own.get(text, guard) if text else guard for text in rows["indicator"]],
        source_file=intake.file,
        source_row=rows["row"],
        cell=rows["cell"].tolist(),
        place_name=rows["place_name"].tolist(),
        reason_en=rows["reason_en"].tolist(),
        reason_ru=rows["reason_ru"].tolist(),
    )


def _list_unselected(intake: Intake, selected: Mask) -> pd.DataFrame:
    rows = intake.figures.loc[~selected]
    return listed_table(
        source_file=intake.file,
        source_row=rows[ROW].to_numpy(),
        cell=rows[CELL].tolist(),
        reason_en="No indicator of the catalog selects this figure.",
        reason_ru="Ни один показатель каталога не выбирает это значение.",
    )


def _check_intake_sources(df: pd.DataFrame, intake: Intake, known: set[str], problems: Problems) -> None:
    for name in sorted(set(df["source_id"].astype("str")) - known):
        problems.add(
            intake.file,
            None,
            "set.source_id" if intake.spec.set.source_id == name else "source_id",
            found=f'"{name}"' if name else "an empty source_id",
            expected="a source_id of data/sources.csv",
            remedy="Correct it, or add the source to data/sources.csv.",
        )


def is_figures(file: str) -> bool:
    """Tell whether a table lies among the figures; others are described and checked, but nothing is taken of them."""
    return PurePosixPath(file).parent.name == "figures"


def _check_sources(df: pd.DataFrame, column: str, file: str, known: set[str], problems: Problems) -> None:
    bad = ~df["source_id"].isin(known).to_numpy()
    if bad.any():
        lost = df.loc[bad].drop_duplicates("source_row")
        problems.add_rows(
            file,
            lost["source_row"].to_numpy(dtype="int64"),
            column,
            found=lost["source_id"].astype("str").tolist()[:10],
            expected="a source_id of data/sources.csv",
            remedy="Correct it, or add the source to data/sources.csv.",
        )
