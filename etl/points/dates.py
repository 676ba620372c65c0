"""Periods: which year, quarter or month a date lies in, and the first and last day of each."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

PERIODS = ("year", "quarter", "month", "all")
_MONTHS = {"year": 12, "quarter": 3, "month": 1}
_DATE = re.compile(r"([0-9]{4})(?:[-/.]?([0-9]{2})(?:[-/.]?([0-9]{2}))?)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_FIRST_YEAR, _LAST_YEAR = 1800, 2200
_TEXT = 10  # characters that hold a date; a time of day after them is not looked at

Days = NDArray[np.datetime64]
NO_DAY = np.datetime64("NaT", "D")


def _day(year: int, month: int, day: int) -> np.datetime64:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return NO_DAY
    try:
        return np.datetime64(f"{year:04d}-{month:02d}-{day:02d}", "D")
    except ValueError:
        return NO_DAY


def read_date(text: str) -> tuple[np.datetime64, np.datetime64]:
    """Return the first and last day that a date stands for; NaT if it is none.

    Parameters
    ----------
    text : str
        ``2022``, ``2022-06``, ``2022-06-08`` (also with a time after it) or ``08.06.2022``.

    Returns
    -------
    tuple of numpy.datetime64
    """
    text = text.strip()[:_TEXT]
    backwards = _DAY_FIRST.fullmatch(text)
    if backwards:
        day = _day(int(backwards[3]), int(backwards[2]), int(backwards[1]))
        return day, day
    parts = _DATE.fullmatch(text.rstrip("T "))
    if not parts:
        return NO_DAY, NO_DAY
    year, month, day_of_month = (int(part) if part else None for part in parts.groups())
    first = _day(year or 0, month or 1, day_of_month or 1)
    if day_of_month is not None:
        return first, first
    step = 1 if month is not None else 12
    return first, (first.astype("datetime64[M]") + step).astype("datetime64[D]") - 1


def read_dates(column: pa.ChunkedArray) -> tuple[Days, Days]:
    """Return the first and last day of each date of a column; NaT where a cell is empty or no date.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Of dates, moments, text or whole numbers (years).

    Returns
    -------
    tuple of numpy.ndarray of datetime64[D]
    """
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        days = pc.cast(column, pa.date32(), safe=False).to_numpy(zero_copy_only=False).astype("datetime64[D]")
        return days, days
    texts = pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(pc.cast(column, pa.string())), 0, _TEXT)
    encoded = texts.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    pairs = [read_date(text or "") for text in encoded.dictionary.to_pylist()] + [(NO_DAY, NO_DAY)]
    table = np.array(pairs, dtype="datetime64[D]")
    at = encoded.indices.fill_null(len(pairs) - 1).to_numpy(zero_copy_only=False)
    return table[at, 0], table[at, 1]


def period_of(days: Days, period: str) -> NDArray[np.int64]:
    """Return the number of the period of each day; 0 for all days if the period is ``all``."""
    if period == "all":
        return np.zeros(len(days), dtype="int64")
    months: NDArray[np.int64] = days.astype("datetime64[M]").astype("int64")
    return months // _MONTHS[period]


def bounds_of(numbers: Sequence[int] | NDArray[np.int64], period: str) -> tuple[Days, Days]:
    """Return the first and last day of periods by their numbers."""
    months = np.asarray(numbers, dtype="int64") * _MONTHS[period]
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    last = (months + _MONTHS[period]).astype("datetime64[M]").astype("datetime64[D]") - 1
    return first, last
