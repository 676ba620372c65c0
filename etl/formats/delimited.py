"""Reads CSV and TSV: encoding and separator are found out and told; every cell stays text."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from etl.formats.bounds import LIMITS, Deadline, Limits
from etl.formats.builder import TableBuilder
from etl.formats.encoding import decode_text
from etl.formats.faults import UnreadableError
from etl.formats.model import RawTable
from etl.problems import Problems

SEPARATORS = ("\t", ";", "|", ",")
SEPARATOR_NAMES = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma"}
_SAMPLE_ROWS = 200
_SAMPLE_CHARACTERS = 200_000
_LISTED = 10
_MAX_CELL = 131_072


def _endless(found: str, line: int) -> UnreadableError:
    remedy = 'Close the quotation mark on this line, or write "" for a quotation mark inside a cell.'
    return UnreadableError(found, "cells whose quotation marks are closed", remedy, row=line)


def _records(text: str, separator: str, quote: str = '"') -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each record starts, and its cells.

    Raises
    ------
    UnreadableError
        If a cell never ends: a quotation mark that is not closed.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quotechar=quote)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _endless(f"a cell that cannot be read ({error})", line) from error
        if max(map(len, cells), default=0) > _MAX_CELL:  # the limit of `csv` is changed by other libraries
            raise _endless(f"a cell of more than {_MAX_CELL:,} characters", line)
        yield line, cells
        line = reader.line_num + 1


def find_separator(text: str) -> str | None:
    """Return the separator that cuts most rows into the same number of cells; None for a table of one column.

    Parameters
    ----------
    text : str
        The file, or its beginning.

    Returns
    -------
    str or None
        One of `SEPARATORS`. Where two cut the rows equally well, the one that is rarer in numbers and names.
    """
    sample = text[:_SAMPLE_CHARACTERS]
    shares: dict[str, float] = {}
    for separator in SEPARATORS:
        try:
            records = list(itertools.islice(_records(sample, separator), _SAMPLE_ROWS))
        except UnreadableError:
            continue
        widths = [len(cells) for _, cells in records if any(cells)]
        if len(text) > len(sample) and len(records) < _SAMPLE_ROWS:
            widths = widths[:-1]
        cut = Counter(width for width in widths if width > 1)
        if cut:
            shares[separator] = cut.most_common(1)[0][1] / len(widths)
    return max(shares, key=lambda separator: shares[separator]) if shares else None


def _uneven_note(widths: Counter[int], first: dict[int, int]) -> str:
    """Return a note on rows of more cells than most: often a decimal comma without quotes."""
    usual = widths.most_common(1)[0][0]
    wider = sorted(first[width] for width in widths if width > usual)
    if not wider or usual == 1:
        return ""
    count = sum(number for width, number in widths.items() if width > usual)
    lines = ", ".join(str(line) for line in wider[:_LISTED])
    return f"{count:,} rows have more than {usual} cells, as most rows have (first at line {lines})"


def read_text_table(
    text: str,
    file: str,
    format: str,  # noqa: A002 -- the name of the attribute
    *,
    part: str = "",
    separator: str | None = None,
    quote: str = '"',
    notes: Sequence[str] = (),
    limits: Limits = LIMITS,
) -> RawTable:
    """Read a table out of decoded text.

    Parameters
    ----------
    text : str
    file, format, part : str
        As of `RawTable`.
    separator : str, optional
        Found out if not given.
    quote : str
    notes : sequence of str
        What was noted before.
    limits : Limits

    Returns
    -------
    RawTable

    Raises
    ------
    UnreadableError
        If there is no table, or a bound is passed.
    """
    skipped = 0
    hint = text[:6].lower()
    if separator is None and hint.startswith("sep=") and len(hint) > len("sep=") and hint[4] in SEPARATORS:
        separator, skipped = hint[4], 1
    found = separator or find_separator(text)
    builder = TableBuilder(limits, Deadline(limits))
    widths: Counter[int] = Counter()
    first: dict[int, int] = {}
    for line, cells in _records(text, found or ",", quote):
        if line <= skipped:
            continue
        limits.check_columns(len(cells) if any(cells[limits.columns :]) else 0, line)
        builder.add(line, cells)
        widths[len(cells)] += 1
        first.setdefault(len(cells), line)
    if not len(builder):
        raise UnreadableError("an empty file", "a table", "Add the table, or take the file out.")
    uneven = _uneven_note(widths, first)
    told = (f"separator {SEPARATOR_NAMES.get(found, found)}",) if found else ("one column, no separator",)
    return builder.table(file, format, part, notes=(*notes, *told, *((uneven,) if uneven else ())))


def read_delimited(
    path: Path, file: str, problems: Problems, part: str | None = None, *, limits: Limits = LIMITS
) -> list[RawTable]:
    """Read a CSV or TSV file.

    Parameters
    ----------
    path : pathlib.Path
    file : str
        Its name in messages.
    problems : Problems
        Not used: all that can go wrong is raised.
    part : str, optional
        Not used: the file is one table.
    limits : Limits

    Returns
    -------
    list of RawTable
        One table.

    Raises
    ------
    UnreadableError
        If it is no table.
    """
    decoded = decode_text(path.read_bytes())
    return [read_text_table(decoded.text, file, "csv", notes=(decoded.note,), limits=limits)]
