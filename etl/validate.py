"""Checks of a table against its description: header, types, constraints, keys, foreign keys, all at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from etl.descriptor import Constraints, Resource, TableField
from etl.persons import EXPECTED, POINT_COLUMNS, REMEDIES, names_persons
from etl.problems import Problems, quoted
from etl.readers import ROW
from etl.rows import named_rows

NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$"
INTEGER = r"^[+-]?[0-9]+$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
MIN_DATE, MAX_DATE = "1800-01-01", "2200-12-31"

_SHAPES = {
    "number": (NUMBER, "a number with a point, without blanks or signs", "Write the number as 12.5."),
    "integer": (INTEGER, "a whole number", "Write the number as 12."),
    "boolean": (r"^(true|false)$", "true or false", "Write true or false."),
    "date": (DATE, "a date such as 2022-06-08", "Write the date as year-month-day."),
}
Mask = NDArray[np.bool_]


def values_of(column: pd.Series[Any]) -> tuple[pd.Index[Any], NDArray[Any] | None]:
    """Return the distinct values of a category column and the code of each row; a plain column as it is."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.categories, column.cat.codes.to_numpy()
    return pd.Index(column), None


def _rows_where(mask: Mask, codes: NDArray[Any] | None) -> NDArray[np.int64]:
    if not mask.any():
        return np.empty(0, dtype="int64")
    return np.flatnonzero(mask if codes is None else mask[codes])


def matches(values: pd.Index[Any], pattern: str) -> Mask:
    """Tell which texts match a pattern."""
    found = pc.match_substring_regex(pa.array(values, type=pa.string()), pattern)
    result: Mask = found.to_numpy(zero_copy_only=False).astype(bool)
    return result


def _texts_where(values: pd.Index[Any], good: Mask) -> list[str | None]:
    return [str(value) if fits else None for value, fits in zip(values, good, strict=True)]


def parse_numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Return the numbers of a text column; NaN where a cell is empty or no number."""
    values, codes = values_of(column)
    texts = pa.array(values, type=pa.string())
    good = pc.match_substring_regex(texts, NUMBER)
    numbers: NDArray[np.float64] = pc.cast(pc.if_else(good, texts, None), pa.float64()).to_numpy(zero_copy_only=False)
    return numbers if codes is None else numbers[codes]


def parse_dates(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return the dates of a text column as datetime64[ms]; NaT where a cell is empty or no date."""
    values, codes = values_of(column)
    texts = pd.Series(_texts_where(values, matches(values, DATE)), dtype="str")
    dates = pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce").dt.as_unit("ms")
    inside = dates.between(pd.Timestamp(MIN_DATE), pd.Timestamp(MAX_DATE))
    moments = dates.where(inside).to_numpy()
    return pd.Series(moments if codes is None else moments[codes], index=column.index)


class _Cells:
    """The cells of one column of one file, and the way to report those that fail."""

    def __init__(self, df: pd.DataFrame, name: str, file: str, problems: Problems) -> None:
        self.column, self.name, self.file, self.problems = df[name], name, file, problems
        self.rows = df[ROW].to_numpy()
        self.values, self.codes = values_of(self.column)
        self.filled: Mask = np.asarray(self.values != "", dtype=bool)

    def report(self, mask: Mask, expected: str, remedy: str) -> None:
        """Report the rows whose value is marked."""
        at = _rows_where(mask, self.codes)
        if len(at):
            found = self.column.iloc[at[:10]].astype("str").tolist()
            self.problems.add_rows(
                self.file, self.rows[at].astype("int64"), self.name, found=found, expected=expected, remedy=remedy
            )


def _check_type(cells: _Cells, field: TableField) -> Mask:
    """Report values of another type; return which values may be compared further."""
    if field.type not in _SHAPES:
        return cells.filled
    pattern, expected, remedy = _SHAPES[field.type]
    good = matches(cells.values, pattern)
    if field.type == "date" and good.any():
        good &= parse_dates(pd.Series(cells.values, dtype="str")).notna().to_numpy()
    cells.report(cells.filled & ~good, expected, remedy)
    return good & cells.filled


def _check_bounds(cells: _Cells, field: TableField, good: Mask) -> None:
    texts = pd.Series(cells.values, dtype="str")
    bounds = field.constraints
    ordered: Any = parse_dates(texts).to_numpy() if field.type == "date" else parse_numbers(texts)

    def as_bound(bound: float | str) -> Any:
        return np.datetime64(str(bound)) if field.type == "date" else float(bound)

    if bounds.minimum is not None:
        too_low = good & np.less(ordered, as_bound(bounds.minimum), where=good, out=np.zeros(len(good), dtype=bool))
        cells.report(too_low, f"at least {bounds.minimum}", "Correct the value or the constraint.")
    if bounds.maximum is not None:
        too_high = good & np.greater(ordered, as_bound(bounds.maximum), where=good, out=np.zeros(len(good), dtype=bool))
        cells.report(too_high, f"at most {bounds.maximum}", "Correct the value or the constraint.")


def _check_text(cells: _Cells, rules: Constraints, good: Mask) -> None:
    if rules.enum is not None:
        codes = [str(code).lower() if isinstance(code, bool) else str(code) for code in rules.enum]
        known = np.asarray(cells.values.isin(codes), dtype=bool)
        shown = ", ".join(codes[:12]) + (", ..." if len(codes) > 12 else "")
        cells.report(good & ~known, f"one of {shown}", "Use a code of the list.")
    if rules.pattern is not None:
        fits = np.array([re.fullmatch(rules.pattern, value) is not None for value in cells.values], dtype=bool)
        cells.report(good & ~fits, f"text like {rules.pattern}", "Correct the code.")
    if rules.minLength is not None or rules.maxLength is not None:
        lengths = np.array([len(value) for value in cells.values], dtype="int64")
        low, high = rules.minLength or 0, rules.maxLength if rules.maxLength is not None else np.iinfo("int64").max
        cells.report(good & ((lengths < low) | (lengths > high)), f"{low} to {high} characters", "Correct the text.")


def _check_field(df: pd.DataFrame, field: TableField, required: bool, file: str, problems: Problems) -> None:
    cells = _Cells(df, field.name, file, problems)
    if required:
        cells.report(~cells.filled, "a value", "Fill the cell.")
    good = _check_type(cells, field)
    _check_text(cells, field.constraints, good)
    if field.constraints.minimum is not None or field.constraints.maximum is not None:
        _check_bounds(cells, field, good)
    if field.constraints.unique:
        report_duplicates(df.loc[df[field.name] != ""], [field.name], file, problems)


def report_duplicates(df: pd.DataFrame, key: list[str], file: str, problems: Problems) -> None:
    """Report rows that repeat the key of an earlier row of the file."""
    doubled = df.duplicated(key, keep="first").to_numpy()
    if not doubled.any():
        return
    again = df.loc[doubled]
    firsts = df.loc[~doubled, [*key, ROW]].astype(dict.fromkeys(key, "str"))
    shown = again[key].head(10).astype("str").merge(firsts, how="left", on=key, validate="m:1")
    found = [f"{', '.join(row[:-1])} (already in row {row[-1]})" for row in named_rows(shown[[*key, ROW]])]
    problems.add_rows(
        file,
        again[ROW].to_numpy(dtype="int64"),
        ", ".join(key),
        found=found,
        expected="a key that occurs once",
        remedy="Remove one of the rows, or correct its key.",
    )


def check_header(df: pd.DataFrame, expected: list[str], file: str, problems: Problems) -> bool:
    """Check that a table has exactly the described columns.

    Returns
    -------
    bool
        Whether all described columns are there.
    """
    found = [name for name in df.columns if name != ROW]
    absent = [name for name in expected if name not in found]
    unknown = [name for name in found if name not in expected]
    if absent:
        hint = ""
        if len(found) == 1 and any(mark in found[0] for mark in ";\t|"):
            hint = " The columns seem to be separated by another sign than the comma."
        more = f" (and {', '.join(map(quoted, unknown))})" if unknown else ""
        problems.add(
            file,
            1,
            ", ".join(absent),
            found=f"no such column{more}",
            expected=f"the columns {', '.join(expected)}",
            remedy=f"Add the missing column to the header and to every row.{hint}",
        )
    elif unknown:
        problems.add(
            file,
            1,
            ", ".join(unknown),
            found="a column that is not described",
            expected=f"the columns {', '.join(expected)}",
            remedy="Remove the column, or describe it in datapackage.json.",
        )
    return not absent


def check_no_persons(df: pd.DataFrame, file: str, problems: Problems, *, figures: bool) -> None:
    """Refuse columns on persons, on ethnicity, nationality or religion, and points in tables of figures."""
    for name in df.columns:
        if names_persons(name):
            problems.add(
                file,
                1,
                name,
                found=f"a column named {quoted(name)}",
                expected="no data on persons, ethnicity, nationality or religion",
                remedy="Remove the column: only figures of admin units are taken.",
            )
        elif figures and name.casefold() in POINT_COLUMNS:
            problems.add(
                file,
                1,
                name,
                found=f"a column named {quoted(name)}",
                expected=EXPECTED["point"],
                remedy=REMEDIES["point"],
            )


def check_table(df: pd.DataFrame, resource: Resource, file: str, problems: Problems) -> None:
    """Check a table against its description, except for foreign keys.

    Parameters
    ----------
    df : pandas.DataFrame
        As read, with `_row`.
    resource : Resource
        With a schema.
    file : str
    problems : Problems
        Collects every failure.
    """
    schema = resource.table
    if schema is None:
        return
    if not check_header(df, [field.name for field in schema.fields], file, problems):
        return
    for field in schema.fields:
        required = field.constraints.required
        _check_field(df, field, required, file, problems)
    if schema.primaryKey:
        report_duplicates(df, list(schema.primaryKey), file, problems)


def check_foreign_keys(tables: Mapping[str, tuple[Resource, str, pd.DataFrame]], problems: Problems) -> None:
    """Check the declared foreign keys between the tables of one package; empty cells refer to nothing.

    Parameters
    ----------
    tables : mapping of resource name to (resource, file, table)
        Only tables that could be read and have all their columns.
    problems : Problems
    """
    for resource, file, df in tables.values():
        for key in resource.table.foreignKeys if resource.table is not None else ():
            target = tables.get(key.reference.resource or resource.name)
            if target is None or problems.has_any(target[1]):
                continue
            own, theirs = list(key.fields), list(key.reference.fields)
            if not set(own) <= set(df.columns) or not set(theirs) <= set(target[2].columns):
                continue
            known = pd.MultiIndex.from_frame(target[2][theirs].astype("str").drop_duplicates())
            used = df[own].drop_duplicates().astype("str")
            filled = (used != "").all(axis=1).to_numpy()
            lost = used.loc[filled & ~pd.MultiIndex.from_frame(used).isin(known)]
            for values in named_rows(lost):
                same = np.logical_and.reduce(
                    [(df[name] == value).to_numpy() for name, value in zip(own, values, strict=True)]
                )
                rows = df.loc[same, ROW].to_numpy(dtype="int64")
                problems.add_rows(
                    file,
                    rows,
                    ", ".join(own),
                    found=[", ".join(values)] * len(rows),
                    expected=f"a value of {', '.join(theirs)} in {target[1]}",
                    remedy=f"Correct it, or add it to {target[1]}.",
                )
