"""Turns a file as received into figures, as its mapping says; what is not read is listed, and that is checked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.cells import find_decimal, read_numbers
from etl.formats import RawTable, read_tables
from etl.intake.columns import Block, Finder, Found, find_columns
from etl.intake.intake import CELL, FIGURE_NUMBERS, FIGURE_TEXTS, Intake
from etl.intake.layout import Layout, find_layout, position_of_row
from etl.intake.periods import Period, read_periods
from etl.intake.spec import IntakeSpec, Role
from etl.intake.words import OPEN_CONFIDENTIALITY, plain, read_age, read_level, read_sex, read_status
from etl.persons import check_intake
from etl.problems import Problems
from etl.readers import ROW
from etl.yamlfiles import Located, parse_model, read_yaml
from geodata.errors import EtlError
from layers.catalog import IndicatorSpec, category_word

WRITTEN_FORMATS = ("csv",)
_PLACE_TEXTS: tuple[Role, ...] = (
    "place_name",
    "place_code",
    "parent_name",
    "parent_code",
    "iso3",
    "boundary_set",
    "source_id",
    "indicator",
    "qualifier",
    "missing_reason",
)
_SHOWN = 60
Rows = NDArray[np.int64]


@dataclass
class _Listing:
    """Collects what is not read, and counts it: whole rows, whole columns, cells."""

    rows: list[tuple[int, str, str, str, str, str]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add_row(self, row: int, en: str, ru: str, cell: str = "") -> None:
        """List a row; `cell` says where the reason stands."""
        self.counts["rows"] += 1
        self.rows.append((row, cell, "", "", en, ru))

    def add_column(self, row: int, label: str, en: str, ru: str) -> None:
        """List a column by the row of its header."""
        self.counts["columns"] += 1
        self.rows.append((row, label, "", "", en, ru))

    def add_cell(self, row: int, cell: str, indicator: str, place: str, reason: tuple[str, str]) -> None:
        """List one cell of values."""
        self.counts["cells"] += 1
        self.rows.append((row, cell, indicator, place, *reason))

    def table(self) -> pd.DataFrame:
        columns = ["row", "cell", "indicator", "place_name", "reason_en", "reason_ru"]
        df = pd.DataFrame(self.rows, columns=columns)
        return df.astype({**dict.fromkeys(columns[1:], "str"), "row": "int32"})


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


@dataclass
class _Run:
    """One table on its way to figures."""

    table: RawTable
    layout: Layout
    found: Found
    spec: IntakeSpec
    finder: Finder
    listing: _Listing = field(default_factory=_Listing)
    told: Counter[str] = field(default_factory=Counter)
    categories: Mapping[str, IndicatorSpec] = field(default_factory=dict)

    def texts(self, role: Role, at: Rows) -> list[str] | None:
        """Return the cells of a role in some rows; None if no column has it."""
        column = self.found.roles.get(role)
        if column is None:
            return None
        codes = self.spec.recode.get(role, {})
        cells = [str(cell).strip() for cell in self.table.cells[column].iloc[at]]
        return [codes.get(cell, cell) for cell in cells] if codes else cells

    def cell_name(self, row: int, column: int) -> str:
        """Return what a cell is called: `D17` in a spreadsheet, otherwise the name of its column."""
        label = self.table.labels[column]
        return f"{label}{row}" if label.isalpha() and label.isupper() else self.found.names[column]


def _list_around(run: _Run) -> Rows:
    """List what stands around the figures; return the positions of the rows that may hold some."""
    layout = run.layout
    structure = {*layout.header, layout.tags}
    inside = []
    for at in range(len(run.table.cells)):
        if at in structure:
            continue
        if at == layout.units:
            reason = ("a row of units", "строка с единицами измерения")
        elif at == layout.numbering:
            reason = ("a row that numbers the columns", "строка с номерами столбцов")
        elif at < layout.first:
            reason = ("above the table", "над таблицей")
        elif at > layout.last:
            reason = ("a note below the table", "примечание под таблицей")
        else:
            inside.append(at)
            continue
        run.listing.add_row(int(run.table.rows[at]), *_sentence(*reason, _first_text(run, at)))
    return np.array(inside, dtype="int64")


def _first_text(run: _Run, at: int) -> str:
    return next((str(cell).strip() for cell in run.table.cells.iloc[at] if str(cell).strip()), "")


def _sentence(en: str, ru: str, text: str) -> tuple[str, str]:
    """Return the two reasons as sentences that quote the text."""
    quote_en, quote_ru = (f": “{_shown(text)}”", f": «{_shown(text)}»") if text else ("", "")
    return f"{en[:1].upper()}{en[1:]}{quote_en}.", f"{ru[:1].upper()}{ru[1:]}{quote_ru}."


def _where(run: _Run, at: Rows, where: dict[str, str], path: tuple[str | int, ...]) -> NDArray[np.bool_]:
    """Tell in which rows columns, named by role, header or label, hold a text."""
    mask = np.ones(len(at), dtype=bool)
    roles: dict[str, int] = {str(role): column for role, column in run.found.roles.items()}
    for name, wanted in where.items():
        column = roles[name] if name in roles else run.finder.column(name, (*path, "where", name))
        if column is None:
            return np.zeros(len(at), dtype=bool)
        mask &= np.array([plain(str(cell)) == plain(wanted) for cell in run.table.cells[column].iloc[at]], dtype=bool)
    return mask


def _skip(run: _Run, at: Rows) -> Rows:
    for number, rule in enumerate(run.spec.skip):
        hit = np.isin(run.table.rows[at], np.array(rule.rows, dtype="int64"))
        if rule.where:
            hit |= _where(run, at, rule.where, ("skip", number))
        for position in at[hit]:
            en, ru = _sentence(f"left out ({rule.reason})", f"пропущено ({rule.reason})", _first_text(run, position))
            run.listing.add_row(int(run.table.rows[position]), en, ru)
        at = at[~hit]
    return at


def _drop_without_figures(run: _Run, at: Rows) -> Rows:
    """List rows without a place, and headings and notes between the figures."""
    columns = sorted({column for block in run.found.blocks for column in block.columns})
    blank = (run.table.cells.iloc[at, columns] == "").all(axis=1).to_numpy() if columns else np.zeros(len(at), bool)
    given = run.spec.set.given()
    needed = [role for role in ("period", "period_start", "period_end", "year") if role in run.found.roles]
    is_long = len(columns) == 1 and bool(needed)
    named = np.zeros(len(at), dtype=bool)
    for role in ("place_name", "place_code"):
        texts = run.texts(role, at)
        if texts is not None:
            named |= np.array([bool(text) for text in texts], dtype=bool)
        elif role in given or role in run.found.constants.given():
            named[:] = True
    for role in needed if is_long else ():
        named &= np.array([bool(text) for text in run.texts(role, at) or ()], dtype=bool)
    for position, has_name, is_blank in zip(at.tolist(), named.tolist(), blank.tolist(), strict=True):
        row = int(run.table.rows[position])
        if not has_name:
            run.listing.add_row(
                row, *_sentence("no place in this row", "в строке нет территории", _first_text(run, position))
            )
        elif is_blank and not is_long:
            run.listing.add_row(
                row, *_sentence("no figure in this row", "в строке нет показателя", _first_text(run, position))
            )
    kept: Rows = at[named & ~(blank & (not is_long))]
    return kept


def _fill_down(run: _Run, at: Rows) -> None:
    for role in run.spec.fill_down:
        column = run.found.roles.get(role)
        if column is not None and len(at):
            cells = run.table.cells[column].iloc[at]
            run.table.cells.iloc[at, column] = cells.mask(cells.str.strip() == "").ffill().fillna("").to_numpy()


@dataclass
class _RowFacts:
    """What the rows say besides their values: texts by name, one entry for each row, and the faulty rows."""

    texts: dict[str, NDArray[Any]]
    faulty: NDArray[np.bool_]


def _coded(run: _Run, at: Rows, role: Role, read: Any, en: str, ru: str, facts: _RowFacts) -> list[Any] | None:
    """Read a column of codes; list the rows whose cell is none."""
    cells = run.texts(role, at)
    if cells is None:
        return None
    known = {cell: read(cell) for cell in dict.fromkeys(cells)}
    for position, cell in enumerate(cells):
        if known[cell] is None and not facts.faulty[position]:
            facts.faulty[position] = True
            row = int(run.table.rows[at[position]])
            run.listing.add_row(row, *_sentence(en, ru, cell), run.cell_name(row, run.found.roles[role]))
    return [known[cell] for cell in cells]


def _row_periods(run: _Run, at: Rows, facts: _RowFacts) -> list[Period | None] | None:
    """Return the period that the columns of each row say; None if no column says it."""
    roles = run.found.roles
    parts: list[list[str]] = []
    if "period" in roles:
        parts = [run.texts("period", at) or []]
        joined = parts[0]
    elif "year" in roles or "quarter" in roles or "month" in roles:
        years = run.texts("year", at) or [run.spec.set.year or ""] * len(at)
        months = run.texts("month", at)
        quarters = run.texts("quarter", at)
        joined = []
        for position, year in enumerate(years):
            month = months[position] if months else ""
            quarter = quarters[position] if quarters else ""
            if month.isdecimal():
                joined.append(f"{year}-M{int(month):02d}")
            elif month:
                joined.append(f"{month} {year}")
            elif quarter:
                joined.append(f"{year}-Q{quarter}" if quarter.isdecimal() else f"{quarter} {year}")
            else:
                joined.append(year)
    elif "period_start" in roles and "period_end" in roles:
        starts, ends = run.texts("period_start", at) or [], run.texts("period_end", at) or []
        known = read_periods([*starts, *ends])
        pairs = [(known[start], known[end]) for start, end in zip(starts, ends, strict=True)]
        periods = [Period(a.start, b.end) if a and b and a.start <= b.end else None for a, b in pairs]
        joined = [f"{start} – {end}" for start, end in zip(starts, ends, strict=True)]
        return _list_periods(run, at, facts, periods, joined, roles["period_start"])
    else:
        return None
    known = read_periods(joined, run.spec.set.year or "")
    first = next(roles[role] for role in ("period", "month", "quarter", "year") if role in roles)
    return _list_periods(run, at, facts, [known[text] for text in joined], joined, first)


def _list_periods(
    run: _Run, at: Rows, facts: _RowFacts, periods: list[Period | None], texts: Sequence[str], column: int
) -> list[Period | None]:
    for position, period in enumerate(periods):
        if period is None and not facts.faulty[position]:
            facts.faulty[position] = True
            row = int(run.table.rows[at[position]])
            run.listing.add_row(
                row,
                *_sentence("not one clear period", "не читается как период", texts[position]),
                run.cell_name(row, column),
            )
    return periods


def _read_rows(run: _Run, at: Rows) -> tuple[_RowFacts, list[Period | None] | None]:
    """Read all that rows say besides their values; faulty rows are listed."""
    facts = _RowFacts({}, np.zeros(len(at), dtype=bool))
    constants = {**run.found.constants.given(), **run.spec.set.given()}
    for role in _PLACE_TEXTS:
        cells = run.texts(role, at)
        base = constants.get(role, "")
        facts.texts[role] = np.array(cells if cells is not None else [base] * len(at), dtype=object)
    for role, read, en, ru in (
        ("sex", read_sex, "not a known word for the sex", "неизвестное обозначение пола"),
        ("age", read_age, "not an age group", "не возрастная группа"),
        ("level", read_level, "not an admin level", "не административный уровень"),
    ):
        codes = _coded(run, at, role, read, en, ru, facts)
        base = constants.get(role, "")
        facts.texts[role] = np.array(codes if codes is not None else [base] * len(at), dtype=object)
    statuses = _coded(run, at, "obs_status", read_status, "not a known status", "неизвестный статус", facts)
    notes = run.texts("note", at)
    own = [(status or ("", "", ""))[2] for status in statuses or ()] or [""] * len(at)
    given = constants.get("obs_status", "")
    facts.texts["obs_status"] = np.array([(s or (given,))[0] or given for s in statuses or [None] * len(at)], object)
    reasons = [(s or ("", "", ""))[1] for s in statuses or [None] * len(at)]
    facts.texts["missing_reason"] = np.array(
        [mine or reason for mine, reason in zip(facts.texts["missing_reason"], reasons, strict=True)], dtype=object
    )
    for name, word in (("note_en", "status in the source"), ("note_ru", "статус в источнике")):
        fixed = constants.get(name, "")
        facts.texts[name] = np.array(
            [
                "; ".join(part for part in (fixed, note, f"{word}: {code}" if code else "") if part)
                for note, code in zip(notes or [""] * len(at), own, strict=True)
            ],
            dtype=object,
        )
    confidential = run.texts("conf_status", at)
    facts.texts["conf_status"] = np.array(confidential if confidential is not None else [""] * len(at), dtype=object)
    for number, rule in enumerate(run.spec.rows):
        hit = _where(run, at, rule.where, ("rows", number))
        for name, value in rule.set.given().items():
            if name in facts.texts:
                facts.texts[name][hit] = value
    return facts, _row_periods(run, at, facts)


def _block_periods(run: _Run, block: Block) -> tuple[list[int], list[Period | None]]:
    """Return the columns of a block that are read, with the period that their headers say."""
    if not block.periods:
        return list(block.columns), [None] * len(block.columns)
    texts = {text: [text, *text.split(" | ")[::-1]] for text in block.periods}
    known = read_periods([part for parts in texts.values() for part in parts], run.spec.set.year or "")
    columns: list[int] = []
    periods: list[Period | None] = []
    for column, text in zip(block.columns, block.periods, strict=True):
        period = next((known[part] for part in texts[text] if known[part] is not None), None)
        if period is None:
            run.listing.add_column(
                _header_row(run),
                run.table.labels[column],
                *_sentence("a column whose header says no period", "столбец без периода в заголовке", text),
            )
        else:
            columns.append(column)
            periods.append(period)
    return columns, periods


def _header_row(run: _Run) -> int:
    at = run.layout.header[-1] if run.layout.header else run.layout.tags or 0
    return int(run.table.rows[at])


def _list_unused(run: _Run, used: set[int]) -> None:
    for column in range(len(run.table.labels)):
        if column not in used and (run.table.cells[column] != "").any():
            name = run.found.names[column]
            run.listing.add_column(
                _header_row(run),
                run.table.labels[column],
                *_sentence("a column that the mapping does not name", "столбец, не названный в описании", name),
            )


def _iso(period: Period | None, end: bool) -> str:
    return "" if period is None else (period.end if end else period.start).isoformat()


def _format_number(value: float) -> str:
    return "" if np.isnan(value) else repr(float(value))


def _decimal(run: _Run, texts: pd.Series[Any]) -> str | None:
    """Return the decimal mark; formats that hold numbers as such write them with a point."""
    if run.spec.decimal is not None:
        return run.spec.decimal
    distinct = texts.unique().tolist()
    found = find_decimal(distinct).mark
    if found is None and run.table.format not in WRITTEN_FORMATS and not any("," in text for text in distinct):
        return "."
    return found


def _numbers(run: _Run, cells: pd.Series[Any]) -> pd.DataFrame:
    """Read the cells of a block; the mapping's own marks for missing go first."""
    marks = {mark.strip(): reason for mark, reason in run.spec.missing.items()}
    stripped = cells.str.strip()
    own = stripped.map(marks) if marks else pd.Series(None, index=cells.index, dtype=object)
    read = read_numbers(stripped.mask(own.notna(), ""), decimal=_decimal(run, stripped))
    return read.assign(missing_reason=own.where(own.notna(), read["missing_reason"]).astype("str"))


def _of_categories(run: _Run, indicators: NDArray[Any]) -> list[IndicatorSpec | None]:
    """Return of each figure the indicator of kind category that it belongs to, if it is one."""
    if not run.categories:
        return [None] * len(indicators)
    everywhere = run.categories.get("")
    return [run.categories.get(str(text), everywhere) for text in indicators]


def _codes(raw: NDArray[Any], coded: Sequence[IndicatorSpec | None]) -> list[str]:
    """Return the cells, names of categories as their codes."""
    named: dict[str, IndicatorSpec] = {spec.id: spec for spec in coded if spec is not None}
    by_spec = {name: spec.category_codes for name, spec in named.items()}
    return [
        str(by_spec[spec.id].get(category_word(str(cell)), cell)) if spec is not None else str(cell)
        for cell, spec in zip(raw, coded, strict=True)
    ]


def _unread_text(text: str, error: str, spec: IndicatorSpec | None) -> tuple[str, str]:
    """Return why a cell is not read."""
    if spec is None:
        return f"Not a figure: “{text}” ({error}).", f"Не читается как число: «{text}»."
    listed = spec.category_list
    return (
        f"value: found “{text}”; expected a category of {spec.id}: {listed}.",
        f"value: указано «{text}»; ожидается категория показателя {spec.id}: {listed}.",
    )


def _block_figures(
    run: _Run, at: Rows, facts: _RowFacts, row_periods: list[Period | None] | None, block: Block
) -> tuple[pd.DataFrame, int]:
    """Return the figures of one block, and how many of its cells were read."""
    columns, periods = _block_periods(run, block)
    row_at = np.repeat(np.arange(len(at)), len(columns))
    column_at = np.tile(np.arange(len(columns)), len(at))
    raw = run.table.cells.iloc[at, columns].to_numpy(dtype=object).ravel() if columns else np.empty(0, dtype=object)
    rows = run.table.rows[at][row_at]
    fixed = block.constants.given()
    base_period = fixed.get("period") or run.spec.set.period or ""
    common = read_periods([base_period or (fixed.get("year") or run.spec.set.year or "")])
    constant = next(iter(common.values()))
    df = pd.DataFrame(index=np.arange(len(raw)))
    for name in FIGURE_TEXTS:
        if name in ("period_start", "period_end", "code_kind"):
            continue
        texts = facts.texts[name] if name in facts.texts else np.full(len(at), "", dtype=object)
        if name in fixed:
            texts = np.full(len(at), fixed[name], dtype=object)
        df[name] = pd.Categorical(texts)[row_at] if len(at) else pd.Categorical([])
    for name, end in (("period_start", False), ("period_end", True)):
        if block.periods:
            df[name] = pd.Categorical([_iso(period, end) for period in periods])[column_at] if columns else ""
        elif row_periods is not None and "period" not in fixed:
            df[name] = pd.Categorical([_iso(period, end) for period in row_periods])[row_at]
        else:
            df[name] = pd.Categorical([_iso(constant, end)])[np.zeros(len(raw), dtype="int64")]
    df["code_kind"] = run.found.code_kind
    coded = _of_categories(run, df["indicator"].astype("str").to_numpy(dtype=object))
    numbers = _numbers(run, pd.Series(_codes(raw, coded), dtype="str"))
    _add_numbers(run, df, numbers, at, row_at, facts)
    df[ROW] = rows.astype("int32")
    labels = [run.table.labels[column] for column in columns]
    if labels and labels[0].isalpha() and labels[0].isupper():
        df[CELL] = [f"{labels[c]}{row}" for c, row in zip(column_at.tolist(), rows.tolist(), strict=True)]
    else:
        df[CELL] = pd.Categorical([run.found.names[column] for column in columns])[column_at] if columns else ""
    errors = numbers["error"].to_numpy(dtype=object)
    unread = errors != ""
    for position in np.flatnonzero(unread).tolist():
        text = _shown(str(raw[position]).strip())
        run.listing.add_cell(
            int(rows[position]),
            str(df[CELL].iloc[position]),
            str(df["indicator"].iloc[position]),
            str(df["place_name"].iloc[position]),
            _unread_text(text, errors[position], coded[position]),
        )
    run.told.update(note for note in numbers.loc[~unread, "note"] if note)
    return df.loc[~unread], len(raw)


def _add_numbers(run: _Run, df: pd.DataFrame, numbers: pd.DataFrame, at: Rows, row_at: Rows, facts: _RowFacts) -> None:
    """Write values, bounds, sample sizes, and what they say of status and missing reason."""
    extra = {}
    for role in ("low", "high", "n"):
        texts = run.texts(role, at)
        if texts is not None:
            read = _numbers(run, pd.Series(texts, dtype="str"))["value"].to_numpy(dtype="float64")
            told = numbers[role].to_numpy(dtype="float64") if role != "n" else np.full(len(df), np.nan)
            extra[role] = np.where(np.isnan(read[row_at]), told, read[row_at])  # "<5" is a bound, too
    closed = ~np.isin(facts.texts["conf_status"], OPEN_CONFIDENTIALITY)[row_at]
    columns = {name: numbers[name].to_numpy(dtype="float64").copy() for name in ("value", "low", "high")}
    columns = {**columns, "n": np.full(len(df), np.nan), **extra}
    for name, values in columns.items():
        if name != "n":
            values[closed] = np.nan
        df[name] = pd.Series([_format_number(value) for value in values], dtype="str")
    empty = np.isnan(columns["value"]) & np.isnan(columns["low"]) & np.isnan(columns["high"])
    reason = df["missing_reason"].astype("object").to_numpy(dtype=object, copy=True)
    told = numbers["missing_reason"].to_numpy(dtype=object)
    reason = np.where(empty & (reason == ""), told, np.where(empty, reason, ""))
    reason = np.where(closed, "suppressed", reason)
    df["missing_reason"] = pd.Categorical(reason)
    status = df["obs_status"].astype("object").to_numpy(dtype=object, copy=True)
    status = np.where(status == "", numbers["status"].to_numpy(dtype=object), status)
    # A status of a missing figure beside a number, or the reverse, is settled by the number: harmonising fills it in.
    status = np.where(empty != np.isin(status, ["M", "O"]), "", status)
    df["obs_status"] = pd.Categorical(status)
    qualifier = df["qualifier"].astype("object").to_numpy(dtype=object, copy=True)
    df["qualifier"] = pd.Categorical(np.where(qualifier == "", numbers["qualifier"].to_numpy(dtype=object), qualifier))


def _figures(run: _Run) -> pd.DataFrame:
    inside = _list_around(run)
    _fill_down(run, inside)
    at = _drop_without_figures(run, _skip(run, inside))
    facts, row_periods = _read_rows(run, at)
    good = ~facts.faulty
    kept = _RowFacts({name: texts[good] for name, texts in facts.texts.items()}, facts.faulty[good])
    periods = None if row_periods is None else [p for p, fine in zip(row_periods, good, strict=True) if fine]
    blocks = [_block_figures(run, at[good], kept, periods, block) for block in run.found.blocks]
    figures = pd.concat([df for df, _ in blocks], ignore_index=True) if blocks else _no_figures()
    _check_account(run, int(good.sum()), sum(cells for _, cells in blocks), len(figures))
    used = {*run.found.roles.values(), *(column for block in run.found.blocks for column in block.columns)}
    _list_unused(run, used)
    return figures.astype(dict.fromkeys(FIGURE_TEXTS, "str")).astype(dict.fromkeys((*FIGURE_TEXTS, CELL), "category"))


def _check_account(run: _Run, rows_used: int, cells_read: int, figures: int) -> None:
    """Require that every row is used or listed, and every cell of the used rows a figure or listed."""
    structure = len({at for at in (*run.layout.header, run.layout.tags) if at is not None})
    counts = run.listing.counts
    lost_rows = len(run.table.cells) - structure - counts["rows"] - rows_used
    lost_cells = cells_read - figures - counts["cells"]
    if lost_rows or lost_cells:
        raise EtlError(
            f"{run.table.file}: {lost_rows} rows and {lost_cells} cells were lost or multiplied; "
            "this is a fault of the program, please report it"
        )


def _no_figures() -> pd.DataFrame:
    texts = {name: pd.Series(dtype="str") for name in (*FIGURE_TEXTS, *FIGURE_NUMBERS, CELL)}
    return pd.DataFrame({**texts, ROW: pd.Series(dtype="int32")})


def _layout(table: RawTable, spec: IntakeSpec, finder: Finder) -> Layout:
    """Return where the table stands: as the mapping says, otherwise as it looks."""
    seen = find_layout(table)

    def position(row: int | None, key: str) -> int | None:
        if row is None:
            return None
        at = position_of_row(table, row)
        if at is None:
            rows = f"{table.rows[0]} to {table.rows[-1]}" if len(table.rows) else "none"
            finder.tell((key,), f"row {row}, which is empty or not there", f"rows of the table ({rows})", "Correct it.")
        return at

    header = seen.header
    first = seen.first
    if spec.header_rows is not None:
        header = tuple(at for row in spec.header_rows if (at := position(row, "header_rows")) is not None)
        after = int(np.searchsorted(table.rows, max(spec.header_rows, default=0), side="right"))
        first = max(after, seen.first) if seen.header == header or seen.tags is not None else after
    units = position(spec.units_row, "units_row") if spec.units_row is not None else seen.units
    if spec.first_row is not None:
        first = int(np.searchsorted(table.rows, spec.first_row))
    last = seen.last
    if spec.last_row is not None:
        last = int(np.searchsorted(table.rows, spec.last_row, side="right")) - 1
    return Layout(header, first, last, seen.tags, units, seen.numbering)


def _choose_table(tables: list[RawTable], spec: IntakeSpec, finder: Finder) -> RawTable | None:
    if len(tables) == 1:
        return tables[0]
    if tables:
        parts = ", ".join(table.part for table in tables[:12])
        finder.tell(("part",), f"{len(tables)} tables in {spec.file}", f"one of {parts}", "Name the table in `part`.")
    return None


def _check_needed(found: Found, spec: IntakeSpec, finder: Finder) -> bool:
    """Report what every figure needs and nothing says."""
    before = finder.told
    said = {*found.roles, *found.constants.given(), *spec.set.given()}
    blocks = [{*block.constants.given(), *(["period"] if block.periods else [])} for block in found.blocks]
    if not found.blocks and not before:
        finder.tell(
            ("columns",),
            "no column of values",
            "columns.value (a long table) or values (a wide table)",
            "Run `python -m etl recognise` on the file: it proposes a mapping.",
        )
    for names, what in (
        (("place_name", "place_code"), "the place: columns.place_name or columns.place_code"),
        (("period", "year", "period_end"), "the period: columns.period, values.period or set.period"),
        (("iso3",), "the country: columns.iso3 or set.iso3"),
        (("level",), "the admin level: columns.level or set.level"),
        (("source_id",), "the source: columns.source_id or set.source_id"),
        (("indicator",), "the indicator: columns.indicator or set.indicator"),
    ):
        if not said & set(names) and not all(block & set(names) for block in blocks or [set()]):
            finder.tell(("set", names[-1]), "nothing", what, "Add it to the mapping.")
    return finder.told == before


def run_intake(
    table: RawTable, spec: IntakeSpec, file: str, problems: Problems, located: Located | None = None,
    categories: Mapping[str, IndicatorSpec] | None = None,
) -> Intake | None:  # fmt: skip
    """Turn a table into figures.

    Parameters
    ----------
    table : RawTable
    spec : IntakeSpec
    file : str
        The mapping, as it is named in messages.
    problems : Problems
        Told of what the mapping gets wrong, and of data on persons, which is refused.
    located : Located, optional
        Where the mapping was read from.
    categories : mapping of str to IndicatorSpec, optional
        Indicators of kind ``category``, by their text in the table; "" for one that reads every row.

    Returns
    -------
    Intake or None
        None if the mapping does not fit the table.

    Raises
    ------
    EtlError
        If rows or cells were lost, which would be a fault of this program.
    """
    table = replace(table, cells=table.cells.copy())
    finder = Finder((), table.labels, file, located, problems)
    layout = _layout(table, spec, finder)
    found = find_columns(table, layout, spec, file, problems, located)
    finder = Finder(found.names, table.labels, file, located, problems, told=finder.told)
    told_before = len(problems.found)
    check_intake(
        table.cells.iloc[layout.first : layout.last + 1],
        found.names,
        table.file,
        int(table.rows[layout.header[-1]]) if layout.header else None,
        problems,
    )
    fits = _check_needed(found, spec, finder) and not problems.has_any(file)
    if not fits or len(problems.found) > told_before:
        return None
    run = _Run(table, layout, found, spec, finder, categories=categories or {})
    figures = _figures(run)
    if problems.has_any(file):
        return None
    notes = (*table.notes, *(f"{note}: {count:,} cells" for note, count in sorted(run.told.items())))
    return Intake(file, table.file, table.format, table.part, spec, figures, run.listing.table(), notes)


def read_intake(
    root: Path, path: Path, prefix: str, problems: Problems, categories: Mapping[str, IndicatorSpec] | None = None
) -> Intake | None:
    """Read a mapping of a package and the file that it describes.

    Parameters
    ----------
    root : pathlib.Path
        The package.
    path : pathlib.Path
        The mapping.
    prefix : str
        Stands before file names in messages.
    problems : Problems
        Told of what cannot be read.
    categories : mapping of str to IndicatorSpec, optional
        Indicators of kind ``category`` that read the table, by their text in it.

    Returns
    -------
    Intake or None
    """
    file = prefix + path.relative_to(root).as_posix()
    located = read_yaml(path, file, problems)
    if located is None:
        return None
    spec = parse_model(IntakeSpec, located.value, file, problems, located)
    if spec is None:
        return None
    finder = Finder((), (), file, located, problems)
    raw = root / spec.file
    if spec.sha256 is not None and raw.is_file():
        found = hashlib.sha256(raw.read_bytes()).hexdigest()
        if found != spec.sha256:
            finder.tell(
                ("sha256",),
                f"a file of the hash {found}",
                spec.sha256,
                "Put the file back, or look at what has changed and correct the hash.",
            )
            return None
    tables = read_tables(raw, prefix + spec.file, problems, spec.format, spec.part)
    table = _choose_table(tables, spec, finder)
    return None if table is None else run_intake(table, spec, file, problems, located, categories)
