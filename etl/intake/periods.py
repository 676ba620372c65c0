"""Reads periods as people write them: years, quarters, months and days in English, Russian and the codes of SDMX."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

# The months as they are written in English, Russian (also Kyrgyz and Tajik), Kazakh, Uzbek and Turkmen.
_MONTHS = (
    r"jan(?:uary)?|янв(?:ар[ьяе]?)?|қаңтар|yanvar|ýanwar",
    r"feb(?:ruary)?|фев(?:р(?:ал[ьяе]?)?)?|ақпан|fevral|fewral",
    r"mar(?:ch|t)?|мар(?:т[ае]?)?|наурыз",
    r"apr(?:il|el)?|апр(?:ел[ьяе]?)?|сәуір",
    r"may|ма[йяе]|мамыр|maý",
    r"june?|июн[ьяе]?|маусым|iyun|iýun",
    r"july?|июл[ьяе]?|шілде|iyul|iýul",
    r"aug(?:ust)?|авг(?:уст[ае]?)?|тамыз|avgust|awgust",
    r"sept?(?:ember)?|сент?(?:ябр[ьяе]?)?|қыркүйек|sent[yý]abr",
    r"oct(?:ober)?|окт(?:ябр[ьяе]?)?|қазан|okt[yý]abr",
    r"nov(?:ember)?|ноя(?:б(?:р[ьяе]?)?)?|қараша|no[yý]abr",
    r"dec(?:ember)?|дек(?:абр[ьяе]?)?|желтоқсан|dekabr",
)
_MONTH_FORMS = tuple(re.compile(rf"(?:{forms})\.?") for forms in _MONTHS)
_MONTH = rf"(?:{'|'.join(_MONTHS)})\.?"
_YEAR = r"(?:1[89]|20|21)\d{2}"
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_ORDER = r"(?:iv|i{1,3}|[1-4])"
_YEAR_WORD = r"(?:\s*-?\s*(?:года|году|годы|год|гг\.?|г\.?|years?|yil|yili|жыл|жылы|жылга|сол|соли|ýyl))?"
_QUARTER_WORD = r"(?:st|nd|rd|th|-?й|-?ый)?\s*(?:quarter|qtr\.?|q|кварт[^\W\d_]*\.?|кв\.?|тоқсан|chorak|чорак)"
_FOOTNOTE = re.compile(r"(?:[*†‡]+|\s+\d{1,2}\)|\s*\(\d{1,2}\))+$")
_SUPERSCRIPTS = re.compile(r"[¹²³⁰⁴-⁹⁽⁾]+\)?")

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)

_DASHED = re.compile(rf"({_YEAR})-(\d{{2}})")


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day, both inclusive."""

    start: date
    end: date

    @property
    def kind(self) -> str:
        """`year`, `half`, `quarter`, `month`, `day` or `span`."""
        if self.start == self.end:
            return "day"
        if self.start.day == 1 and (self.end + timedelta(days=1)).day == 1:
            months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month + 1
            kinds = {1: "month", 3: "quarter", 6: "half", 12: "year"}
            if months in kinds and (self.start.month - 1) % months == 0:
                return kinds[months]
        return "span"


def _months(year: int, first: int, last: int) -> Period | None:
    if not 1 <= first <= last <= 12:
        return None
    return Period(date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1]))


def _quarter(year: int, number: int) -> Period | None:
    return _months(year, number * 3 - 2, number * 3)


def _day(year: int, month: int, day: int) -> Period | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return Period(found, found)


def _years(first: int, last: int) -> Period | None:
    return Period(date(first, 1, 1), date(last, 12, 31)) if first <= last <= first + 10 else None


def _month_number(word: str) -> int:
    return next(number for number, forms in enumerate(_MONTH_FORMS, 1) if forms.fullmatch(word))


def _order_number(word: str) -> int:
    return _ROMAN.get(word) or int(word)


def _second_year(first: str, second: str) -> int:
    return int(second) if len(second) == 4 else int(first[:2] + second)


def _one_month(year: int, month: int) -> Period | None:
    return _months(year, month, month)


def _two_years(match: re.Match[str]) -> Period | None:
    return _years(int(match[1]), _second_year(match[1], match[2]))


def _span(first: Period | None, last: Period | None) -> Period | None:
    return Period(first.start, last.end) if first and last and first.start <= last.end else None


def _plain(text: str) -> str:
    cleaned = unicodedata.normalize("NFKC", _SUPERSCRIPTS.sub("", text)).translate(_DIGITS).casefold()
    cleaned = re.sub("[‐-―−]", "-", cleaned).replace("|", " ")
    cleaned = " ".join(cleaned.split())
    return _FOOTNOTE.sub("", cleaned).strip(" ,;:")


def _week(year: int, number: int) -> Period | None:
    try:
        return Period(date.fromisocalendar(year, number, 1), date.fromisocalendar(year, number, 7))
    except ValueError:
        return None


_Make = Callable[[re.Match[str]], "Period | None"]
_FORMS: tuple[tuple[re.Pattern[str], _Make], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (rf"({_YEAR}){_YEAR_WORD}", lambda m: _years(int(m[1]), int(m[1]))),
        (rf"({_YEAR})(?:\s+year|-a1)", lambda m: _years(int(m[1]), int(m[1]))),
        (rf"({_YEAR})/(\d{{2}}|{_YEAR}){_YEAR_WORD}", _two_years),
        (rf"({_YEAR})-({_YEAR}){_YEAR_WORD}", _two_years),
        (rf"({_YEAR})-?q([1-4])", lambda m: _quarter(int(m[1]), int(m[2]))),
        (rf"q([1-4])[\s/-]*({_YEAR})", lambda m: _quarter(int(m[2]), int(m[1]))),
        (rf"({_ORDER})\s*{_QUARTER_WORD}\s*({_YEAR}){_YEAR_WORD}", lambda m: _quarter(int(m[2]), _order_number(m[1]))),
        (rf"({_YEAR}){_YEAR_WORD}\s+({_ORDER})\s*{_QUARTER_WORD}", lambda m: _quarter(int(m[1]), _order_number(m[2]))),
        (rf"({_YEAR})-?[sh]([12])", lambda m: _months(int(m[1]), int(m[2]) * 6 - 5, int(m[2]) * 6)),
        (rf"h([12])\s*({_YEAR})", lambda m: _months(int(m[2]), int(m[1]) * 6 - 5, int(m[1]) * 6)),
        (
            rf"(i{{1,2}}|[12])\s*(?:-?е|-?ое)?\s*полугодие\s*({_YEAR}){_YEAR_WORD}",
            lambda m: _months(int(m[2]), _order_number(m[1]) * 6 - 5, _order_number(m[1]) * 6),
        ),
        (rf"({_MONTH})[\s,'/-]*({_YEAR}){_YEAR_WORD}", lambda m: _one_month(int(m[2]), _month_number(m[1]))),
        (rf"({_YEAR}){_YEAR_WORD}[\s,/-]*({_MONTH})", lambda m: _one_month(int(m[1]), _month_number(m[2]))),
        (rf"({_MONTH})-(\d{{2}})", lambda m: _one_month(2000 + int(m[2]), _month_number(m[1]))),
        (
            rf"({_MONTH})\s*-\s*({_MONTH})\s*({_YEAR}){_YEAR_WORD}",
            lambda m: _months(int(m[3]), _month_number(m[1]), _month_number(m[2])),
        ),
        (
            rf"({_YEAR}){_YEAR_WORD}\s+({_MONTH})\s*-\s*({_MONTH})",
            lambda m: _months(int(m[1]), _month_number(m[2]), _month_number(m[3])),
        ),
        (rf"({_YEAR})-?m(\d{{2}})", lambda m: _one_month(int(m[1]), int(m[2]))),
        (rf"(\d{{1,2}})[./]({_YEAR})", lambda m: _one_month(int(m[2]), int(m[1]))),
        (
            rf"({_YEAR})-(\d{{2}})-(\d{{2}})(?:[t ][\d:.]+z?)?",
            lambda m: _day(int(m[1]), int(m[2]), int(m[3])),
        ),
        (rf"(\d{{1,2}})\.(\d{{1,2}})\.({_YEAR}){_YEAR_WORD}", lambda m: _day(int(m[3]), int(m[2]), int(m[1]))),
        (
            rf"(?:на\s+|as of\s+|on\s+)?(\d{{1,2}})\s+({_MONTH})\s+({_YEAR}){_YEAR_WORD}",
            lambda m: _day(int(m[3]), _month_number(m[2]), int(m[1])),
        ),
        (
            rf"({_YEAR})-(\d{{2}})-(\d{{2}})\s*/\s*({_YEAR})-(\d{{2}})-(\d{{2}})",
            lambda m: _span(_day(int(m[1]), int(m[2]), int(m[3])), _day(int(m[4]), int(m[5]), int(m[6]))),
        ),
        (rf"({_YEAR})-?w(\d{{2}})", lambda m: _week(int(m[1]), int(m[2]))),
    )
)


def _read_dashed(text: str, dash: str) -> Period | None:
    """Read `2019-03`, which is a month or two years; `dash` says which it is where it could be both."""
    match = _DASHED.fullmatch(text)
    if match is None:
        return None
    month, years = _one_month(int(match[1]), int(match[2])), None
    if _second_year(match[1], match[2]) == int(match[1]) + 1:
        years = _two_years(match)
    if month and years:
        return {"month": month, "years": years}.get(dash)
    return month or years


def read_period(text: str, year: str = "", dash: str = "") -> Period | None:
    """Return the period that a text says.

    A year is the calendar year; ``2019/20`` and ``2019-2020`` are both years in full, because what part of them is
    meant (a school year, a harvest, a survey) differs; a date is that day.

    Parameters
    ----------
    text : str
        For example ``2019``, ``2019 г.``, ``I кв. 2020``, ``янв.2024``, ``2020-Q1``, ``2001 | I quarter``.
    year : str, optional
        For texts that name a quarter or a month only.
    dash : str, optional
        ``month`` or ``years``: what ``2003-04`` means.

    Returns
    -------
    Period or None
        None if the text says no period, or in a way that could mean two.
    """
    plain = _plain(text)
    for candidate in (plain, f"{plain} {year}") if year else (plain,):
        dashed = _read_dashed(candidate, dash)
        if dashed is not None:
            return dashed
        for pattern, make in _FORMS:
            match = pattern.fullmatch(candidate)
            period = make(match) if match else None
            if period is not None:
                return period
    return None


def read_periods(texts: Iterable[str], year: str = "") -> dict[str, Period | None]:
    """Return the period of each text; what `2003-04` means follows from the other texts.

    Parameters
    ----------
    texts : iterable of str
        The cells of a column, or the headers of a row.
    year : str, optional
        As of `read_period`.

    Returns
    -------
    dict of str to Period or None
    """
    distinct = dict.fromkeys(texts)
    kinds = set()
    for text in distinct:
        if _DASHED.fullmatch(_plain(text)) and (period := read_period(text)) is not None:
            kinds.add("month" if period.kind == "month" else "years")
    dash = kinds.pop() if len(kinds) == 1 else ""
    return {text: read_period(text, year, dash) for text in distinct}
