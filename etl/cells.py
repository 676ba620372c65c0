"""Numbers as people write them become typed cells: value or bounds, status, gap, unit, note; nothing is guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.problems import quoted

_MAX_CHARACTERS = 200
_MAX_DIGITS = 60

_SPACES = dict.fromkeys(
    map(ord, "\t\r\n\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"),
    " ",
)
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"), "")
_DIGITS = {ord(start) + n: str(n) for start in "\u0660\u06f0\uff10" for n in range(10)}
_SIGNS = {
    ord("\u2212"): "-",
    ord("\u2010"): "-",
    ord("\u2011"): "-",
    ord("\ufe63"): "-",
    ord("\u207d"): "(",
    ord("\u207e"): ")",
    ord("\u066b"): ",",
    ord("\u066c"): "'",
    ord("\u2019"): "'",
    ord("\u02bc"): "'",
    ord("\u066a"): "%",
    ord("\uff05"): "%",
}
_NORMAL = {**_SPACES, **_INVISIBLE, **_DIGITS, **_SIGNS}

DASHES = ("-", "–", "—")
MISSING: dict[str, tuple[str, str]] = {
    **dict.fromkeys(DASHES, ("not_collected", "a dash, read as missing: say in the mapping if it means none (0)")),
    **dict.fromkeys(("…", "...", "..", ":"), ("not_collected", "")),
    **dict.fromkeys(
        ("n/a", "na", "n.a.", "n.a", "#n/a", "no data", "nodata", "not available", "null", "nan", "missing"),
        ("not_collected", ""),
    ),
    **dict.fromkeys(
        ("н/д", "нд", "н.д.", "н.д", "нет данных", "данных нет", "нет сведений", "дерек жоқ", "маалымат жок"),
        ("not_collected", ""),
    ),
    **dict.fromkeys(("x", "х", "×", "not applicable", "не применимо", "неприменимо"), ("not_applicable", "")),
    **dict.fromkeys(
        ("*", "**", "c", "с", "suppressed", "confidential", "конфиденциально", "скрыто"),
        ("suppressed", ""),
    ),
}
"""What stands for a gap, in lower case: the reason of the gap, and a note. A mapping may say otherwise."""

_SPREADSHEET_ERRORS = ("#div/0!", "#ref!", "#value!", "#name?", "#num!", "#null!", "#getting_data", "#spill!")
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹ᵃᵇᶜᵈᵉᵖʳ"
_STATUS_BY_MARK = {
    "p": "P",
    "e": "E",
    "b": "B",
    "u": "U",
    "r": "A",
    "п": "P",
    "предв.": "P",
    "prelim.": "P",
    "оценка": "E",
}
_FLAG = re.compile(
    r"(?<=[\d%.])\s*\((p|e|b|u|r|п|предв\.|prelim\.|оценка)\)$|(?<=[\d%])\s+(p|e|b|u|r)$|(?<=\d)(p|b|u|r)$", re.I
)
_FOOTNOTE = re.compile(
    rf"(?<=[\d%.\w…\-–—)])\s*(?P<mark>[*†‡§#]+|[{_SUPERSCRIPTS}]+\)?|\((?:\d{{1,2}}|[a-zа-я])\)|\[(?:\d{{1,2}}|[a-zа-я])\])$"
    rf"|(?<=[\d%])\s+(?P<spaced>\d{{1,2}}\))$",
    re.I,
)
_BOUNDS = (
    (re.compile(r"^(?:<=|≤|up to\b|at most\b|до\b|не более\b)\s*", re.I), "up_to", ""),
    (
        re.compile(r"^(?:<|less than\b|under\b|below\b|менее\b|меньше\b|ниже\b)\s*", re.I),
        "up_to",
        "less than the bound",
    ),
    (re.compile(r"^(?:>=|≥|at least\b|от\b|не менее\b)\s*", re.I), "at_least", ""),
    (
        re.compile(r"^(?:>|more than\b|over\b|above\b|более\b|больше\b|свыше\b)\s*", re.I),
        "at_least",
        "more than the bound",
    ),
    (
        re.compile(r"^(?:≈|~|about\b|approx\.?|approximately\b|around\b|ca\.|c\.|около\b|примерно\b)\s*", re.I),
        "about",
        "",
    ),
)
_RANGE = re.compile(
    r"^(?:(?:from|between|от|с)\s+)?(?P<low>.*[\d%])\s*(?:-|–|—|\bto\b|\band\b|\bдо\b|\bпо\b|\.\.\.?|…)\s*(?P<high>[+\d].*)$",
    re.I,
)
_DATES = re.compile(
    r"^(?:(?:19|20)\d{2}(?:[-/]\d{1,2}){1,2}(?:[ T]\d.*)?"  # 2022-06-08 12:30, 2022/06
    r"|\d{4}\.\d{1,2}\.\d{1,2}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"  # 08.06.2022
    r"|\d{1,2}:\d{2}(?::\d{2})?)$"
)
_YEAR = re.compile(r"^(?:19|20)\d{2}$")
_MULTIPLIERS = {
    **dict.fromkeys(
        ("тыс", "тыс.", "тысяч", "тысяча", "тысячи", "thousand", "thousands", "ths", "ths.", "thous.", "мың", "миң"), 3
    ),
    **dict.fromkeys(
        ("млн", "млн.", "миллион", "миллиона", "миллионов", "million", "millions", "mln", "mln.", "mio"), 6
    ),
    **dict.fromkeys(("млрд", "млрд.", "миллиард", "миллиарда", "миллиардов", "billion", "billions", "bn", "mlrd"), 9),
}
_UNITS = {
    "%": "%",
    "‰": "‰",
    "percent": "%",
    "per cent": "%",
    "процент": "%",
    "процента": "%",
    "процентов": "%",
    "чел": "чел.",
    "чел.": "чел.",
    "человек": "чел.",
    "people": "people",
    "persons": "people",
    "$": "USD",
    "usd": "USD",
    "€": "EUR",
    "eur": "EUR",
    "сом": "KGS",
    "тенге": "KZT",
    "₸": "KZT",
    "сомони": "TJS",
    "сум": "UZS",
}
_BEFORE = re.compile(r"^(?P<unit>[$€₸%])\s*(?P<rest>[-+\d].*)$")
_AFTER = re.compile(r"^(?P<rest>.+?)\s*(?P<word>[^\W\d_]+\.?|per cent|[%‰$€₸])$")

_GROUPED = re.compile(r"^\d{1,3}(?:(?P<mark>[ '])\d{3})(?:(?P=mark)\d{3})*(?:[.,]\d+)?$")
_MARK_GROUPED = re.compile(
    r"^(?:\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?)$"
)
_PLAIN = re.compile(r"^\d+$")
_ONE_MARK = re.compile(r"^(?P<whole>\d*)(?P<mark>[.,])(?P<part>\d+)$")
_SCIENTIFIC = re.compile(r"^(?P<digits>\d+(?:[.,]\d+)?)[eE](?P<power>[+-]?\d{1,3})$")
_GROUP_DIGITS = 3
_PLAIN_DECIMAL = r"-?[0-9]{1,15}(?:[.,](?:[0-9]{1,2}|[0-9]{4,15}))?"
"""Numbers that need no further look: read at once for a whole column."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell says.

    Attributes
    ----------
    value : float or None
        The number; None if there is only a bound, a range, a gap or an error.
    low, high : float or None
        Bounds (``<5`` has high 5) or the ends of a range.
    status : str
        SDMX observation status: A, B, E, M, P, U; empty if the cell cannot be read.
    missing_reason : str
        ``not_collected``, ``suppressed`` or ``not_applicable`` of a gap; otherwise empty.
    qualifier : str
        ``exact``, ``about``, ``at_least`` or ``up_to``; empty for gaps and errors.
    unit : str
        Unit written in the cell: ``%``, ``USD``; otherwise empty.
    note : str
        Anything that a reader of the report must know: footnote marks, multipliers, what was assumed.
    error : str
        Why the cell cannot be read; then everything else is empty.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    status: str = ""
    missing_reason: str = ""
    qualifier: str = ""
    unit: str = ""
    note: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class DecimalMark:
    """The decimal mark of a column.

    Attributes
    ----------
    mark : str or None
        ``.`` or ``,``; None if nothing in the column tells.
    note : str
        What the report must say: both marks occur, or the column can be read in two ways.
    """

    mark: str | None
    note: str = ""


class _CannotReadError(ValueError):
    """Why a text is no number."""


def _normal(text: str) -> str:
    return " ".join(text.translate(_NORMAL).split())


def _own_mark(number: str) -> str | None:
    """Return the decimal mark that an unsigned number shows by itself; empty text if it needs none; None if unclear.

    ``1,234`` and ``1.234`` are unclear: a grouped whole number or three decimals.
    """
    if _PLAIN.match(number):
        return ""
    scientific = _SCIENTIFIC.match(number)
    if scientific:
        return "," if "," in scientific["digits"] else "."
    if _GROUPED.match(number):
        return "," if "," in number else "." if "." in number else ""
    if _MARK_GROUPED.match(number):
        first = next(character for character in number if character in ".,")
        return "," if first == "." else "."
    found = _ONE_MARK.match(number)
    if found is None:
        raise _CannotReadError("no number")
    whole, part = found["whole"], found["part"]
    unclear = len(part) == _GROUP_DIGITS and 1 <= len(whole) <= _GROUP_DIGITS and not whole.startswith("0")
    return None if unclear else found["mark"]


def _number(text: str, decimal: str | None) -> Decimal:
    """Return a signed number without units."""
    text = text.strip()
    sign = -1 if text.startswith("-") else 1
    number = text.lstrip("+-").strip() if text[:1] in ("+", "-") and text[1:2] not in ("+", "-") else text
    if len(number) > _MAX_DIGITS:
        raise _CannotReadError("too many digits for a number")
    mark = _own_mark(number)
    if mark is None:
        if decimal is None:
            raise _CannotReadError(
                "ambiguous: a grouped whole number or three decimals; say in the mapping which mark is the decimal mark"
            )
        mark = decimal
    digits = number.replace(".", "").replace(",", ".") if mark == "," else number.replace(",", "")
    digits = digits.replace(" ", "").replace("'", "")
    try:
        value = Decimal(digits) * sign
    except InvalidOperation as error:
        raise _CannotReadError("no number") from error
    if not math.isfinite(float(value)):
        raise _CannotReadError("too large for a number")
    return value


@dataclass(frozen=True, slots=True)
class _Quantity:
    value: Decimal
    unit: str
    note: str
    is_scaled: bool


def _quantity(text: str, decimal: str | None) -> _Quantity:
    """Return a number with the unit and the multiplier that are written with it."""
    unit, note, power = "", "", 0
    before = _BEFORE.match(text)
    if before:
        unit, text = _UNITS[before["unit"]], before["rest"]
    for _ in range(3):
        after = _AFTER.match(text)
        if after is None:
            break
        word = after["word"].lower()
        if word in _MULTIPLIERS and not power:
            power = _MULTIPLIERS[word]
            note = f"multiplied by {10**power:,} ({after['word']})"
        elif word in _UNITS and not unit:
            unit = _UNITS[word]
        else:
            break
        text = after["rest"]
    return _Quantity(_number(text, decimal).scaleb(power), unit, note, power > 0)


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def _range(text: str, decimal: str | None) -> Cell | None:
    found = _RANGE.match(text)
    if found is None:
        return None
    if _YEAR.match(found["low"].strip()) and _YEAR.match(found["high"].strip()):
        raise _CannotReadError("a period of years, no number")
    high = _quantity(found["high"], decimal)
    low = _quantity(found["low"], decimal)
    if high.is_scaled and not low.is_scaled:
        raise _CannotReadError("a range of which only one end has a multiplier")
    if low.value > high.value:
        raise _CannotReadError("a range whose first number is larger than its second")
    if low.unit and high.unit and low.unit != high.unit:
        raise _CannotReadError("a range of two units")
    return Cell(
        low=float(low.value),
        high=float(high.value),
        status="A",
        qualifier="about",
        unit=low.unit or high.unit,
        note=_joined("a range", high.note),
    )


def _bounded(text: str, decimal: str | None) -> Cell:
    """Return a number, a bound or a range, without footnote marks."""
    if _DATES.match(text):
        raise _CannotReadError("a date or a time, no number")
    if text.startswith("(") and text.endswith(")"):
        _quantity(text[1:-1], decimal)
        raise _CannotReadError("a number in parentheses, which may be negative or of low reliability")
    if text.startswith("="):
        raise _CannotReadError("a formula without a saved value")
    for pattern, qualifier, note in _BOUNDS:
        start = pattern.match(text)
        if start is None:
            continue
        rest = text[start.end() :]
        both = _range(text, decimal) if start[0].strip().lower() == "от" else None
        if both is not None:
            return both
        amount = _quantity(rest, decimal)
        number = float(amount.value)
        notes = _joined(note, amount.note)
        if qualifier == "about":
            return Cell(value=number, status="A", qualifier="about", unit=amount.unit, note=notes)
        low, high = (number, None) if qualifier == "at_least" else (None, number)
        return Cell(low=low, high=high, status="A", qualifier=qualifier, unit=amount.unit, note=notes)
    if text.endswith("+") and text[:-1].strip():
        amount = _quantity(text[:-1].strip(), decimal)
        return Cell(low=float(amount.value), status="A", qualifier="at_least", unit=amount.unit, note=amount.note)
    both = _range(text, decimal)
    if both is not None:
        return both
    amount = _quantity(text, decimal)
    return Cell(value=float(amount.value), status="A", qualifier="exact", unit=amount.unit, note=amount.note)


def _missing(text: str) -> Cell | None:
    if not text:
        return Cell(status="M", missing_reason="not_collected")
    found = MISSING.get(text.lower())
    if found is None:
        return None
    reason, note = found
    return Cell(status="M", missing_reason=reason, note=note)


def _without_marks(text: str) -> tuple[str, str, str]:
    """Return a text without footnote marks and flags, the status that they give, and a note of them."""
    status, marks = "", []
    for _ in range(4):
        flag = _FLAG.search(text)
        if flag is not None:
            letter = next(group for group in flag.groups() if group)
            status = status or _STATUS_BY_MARK[letter.lower()]
            marks.append("revised" if letter.lower() == "r" else f"flag {letter}")
            text = text[: flag.start()].strip()
            continue
        footnote = _FOOTNOTE.search(text)
        if footnote is None:
            break
        marks.append(f"footnote mark {footnote['mark'] or footnote['spaced']}")
        text = text[: footnote.start()].strip()
    return text, status, _joined(*marks)


def read_number(text: str, *, decimal: str | None = None) -> Cell:
    """Return what a cell says.

    Nothing is guessed: a text that can be read in two ways, and one that is no number, is an error. A dash is a gap.

    Parameters
    ----------
    text : str
        As written: ``1 234,5``, ``12 %``, ``<5``, ``5-9``, ``≈ 3``, ``n/a``, ``12,5¹``, ``12.5 (p)``, ``1,2 млн``.
    decimal : {'.', ','}, optional
        Decimal mark of the column, for numbers that do not show it themselves (``1,234``).

    Returns
    -------
    Cell
    """
    normal = _normal(text[: _MAX_CHARACTERS + 1])
    gap = _missing(normal)
    if gap is not None:
        return gap
    if len(text) > _MAX_CHARACTERS:
        return Cell(error="a long text, no number")
    if normal.lower() in _SPREADSHEET_ERRORS:
        return Cell(error=f"an error of the spreadsheet, {normal}")
    bare, status, note = _without_marks(normal)
    gap = _missing(bare)
    if gap is not None:
        return replace(gap, note=_joined(gap.note, note))
    try:
        cell = _bounded(bare, decimal)
    except _CannotReadError as error:
        return Cell(error=str(error))
    return replace(cell, status=status or cell.status, note=_joined(cell.note, note))


_MARKED = re.compile(r"\d[\d .,']*[.,]\d+|[.,]\d+")


def find_decimal(texts: Iterable[str]) -> DecimalMark:
    """Return the decimal mark that the numbers of a column show.

    Parameters
    ----------
    texts : iterable of str
        The cells of a column, or the distinct ones.

    Returns
    -------
    DecimalMark
        Its note says when both marks occur (then only numbers that are clear by themselves can be read) and when
        all numbers can be read in two ways.
    """
    clear: dict[str, str] = {}
    unclear = ""
    for text in texts:
        normal = _normal(text[:_MAX_CHARACTERS])
        if _DATES.match(normal):
            continue
        for number in _MARKED.findall(normal):
            try:
                mark = _own_mark(number.strip())
            except _CannotReadError:
                continue
            if mark is None:
                unclear = unclear or number.strip()
            elif mark:
                clear.setdefault(mark, number.strip())
    if len(clear) > 1:
        return DecimalMark(None, f"both decimal marks occur ({clear['.']} and {clear[',']})")
    if clear:
        return DecimalMark(next(iter(clear)))
    if unclear:
        return DecimalMark(
            None,
            f"ambiguous: {quoted(unclear)} and the like may be grouped whole numbers or have three decimals;"
            " say in the mapping which mark is the decimal mark",
        )
    return DecimalMark(None)


def _telling(texts: pd.Series, is_plain: NDArray[np.bool_]) -> list[str]:
    """Return the texts that say something on the decimal mark: of the plain numbers one for each mark."""
    telling = [str(text) for text in texts[~is_plain]]
    plain = texts[is_plain]
    for mark in (".", ","):
        marked = plain[plain.str.contains(mark, regex=False)]
        telling += [str(text) for text in marked.iloc[:1]]
    return telling


COLUMNS = tuple(field.name for field in fields(Cell))


def read_numbers(column: pd.Series, *, decimal: str | None = None) -> pd.DataFrame:
    """Return what the cells of a column say; each distinct text is read once.

    Parameters
    ----------
    column : pandas.Series of str
        An empty or missing cell is a gap.
    decimal : {'.', ','}, optional
        Found out by `find_decimal` if not given.

    Returns
    -------
    pandas.DataFrame, same index
        The attributes of `Cell` as columns: value, low, high as float64 (NaN for none), the others as text.
    """
    codes, distinct = pd.factorize(column.fillna("").astype("str"))
    texts = pd.Series(np.asarray(distinct), dtype="str")
    is_plain = texts.str.fullmatch(_PLAIN_DECIMAL).to_numpy(dtype=bool)
    mark = decimal if decimal is not None else find_decimal(_telling(texts, is_plain)).mark
    others = [read_number(str(text), decimal=mark) for text in texts[~is_plain]]
    read: dict[str, pd.Series] = {}
    for name in COLUMNS:
        if name in ("value", "low", "high"):
            numbers = np.full(len(texts), np.nan)
            numbers[~is_plain] = [np.nan if cell is None else cell for cell in (getattr(cell, name) for cell in others)]
            read[name] = pd.Series(numbers)
        else:
            words = np.full(len(texts), {"status": "A", "qualifier": "exact"}.get(name, ""), dtype=object)
            words[~is_plain] = [getattr(cell, name) for cell in others]
            read[name] = pd.Series(words, dtype="str")
    read["value"][is_plain] = texts[is_plain].str.replace(",", ".").astype("float64")
    result = pd.DataFrame(read).iloc[np.asarray(codes)]
    result.index = column.index
    return result
