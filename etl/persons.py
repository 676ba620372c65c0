"""Refuses data on persons and on belonging: by the names of columns, and by what stands in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from etl.problems import Problems, quoted

# Words in the name of a column or indicator that would bring in data on persons or on belonging (see
# docs/how-to/read-the-quality-report.md). "inter-ethnic" mediation or complaints are conditions, not belonging.
_BELONGING = (
    r"(?<![a-z])(?:(?<!inter)(?<!inter_)(?<!inter-)ethnic(?:ity|ities|_group|_groups)?|ethnos|nationality|nationalities|"
    r"religions?|religiosity|religious_affiliation|denomination|believers|mosques?|millati?|milleti|dindorlik|"
    r"watch_?lists?|black_?lists?|suspects?|wanted_(?:list|persons))(?![a-z])"
    r"|национальност|национальн\w*_состав|этнич|этнос|вероисповед|религи|мечет|верующ|(?<!\w)(?:ұлты|улуту|миллати)(?!\w)"
    r"|ұлттық_құрам|список_наблюдения|подозреваем|неблагонад[её]жн|спец_?уч[её]т|оперативн\w*_уч[её]т"
)
_PERSON = (
    r"(?<![a-z])(?:first_?name|last_?name|full_?name|surname|patronymic|person_?name|person_?id|beneficiary_?(?:name|id)|"
    r"respondent_?(?:name|id|no|code)|household_?(?:id|no)|hh_?id|case_?(?:id|no|number)|patient_?(?:name|id)|"
    r"birth_?dates?|birth_?day|date_?of_?birth|dob|phones?|phone_?numbers?|telephones?|mobile_?number|e[-_]?mails?|"
    r"passports?|passport_?no|document_?(?:no|number|id)|id_?card|id_?number|national_?id|personal_?(?:id|number)|"
    r"iin|pinfl|jshshir|inn)(?![a-z])"
    r"|фамили|отчеств|паспорт|телефон|дата_?рождения|номер_документа|код_(?:респондента|домохозяйства)|"
    r"(?<!\w)(?:фио|иин|инн|пинфл|жшшир|аты-жөні)(?!\w)"
)
_DENIED = re.compile(f"{_PERSON}|{_BELONGING}")
_DENIED_BELONGING = re.compile(_BELONGING)
POINT_COLUMNS = frozenset(
    {"lon", "lat", "lng", "longitude", "latitude", "x", "y", "coordinates", "gps", "долгота", "широта", "координаты"}
)

_PEOPLES = re.compile(
    r"(?:uzbeks?|kazakhs?|kyrgyz|tajiks?|turkmens?|turkmen|russians?|uyghurs?|uighurs?|dungans?|karakalpaks?|pashtuns?|"
    r"hazaras?|tatars?|koreans?|pamiris?|узбеки|казахи|кыргызы|киргизы|таджики|туркмены|русские|уйгуры|дунгане|"
    r"каракалпаки|пуштуны|хазарейцы|татары|корейцы|памирцы|sunnis?|shias?|shiites?|ismailis?|muslims?|christians?|"
    r"сунниты|шииты|исмаилиты|мусульмане|христиане|православные)"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_PHONE = re.compile(r"(?=.*[+()\-\s])\+?\d{1,3}[\s-]?\(?\d{2,4}\)?(?:[\s-]?\d{2,4}){2,4}")
_GROUPED = re.compile(r"-?\d{1,3}(?:\s\d{3})+")
_PHONE_DIGITS = re.compile(r"(?:77\d{9}|87\d{9}|996\d{9}|998\d{9}|992\d{9}|993\d{8}|937\d{8})")
_DOCUMENT = re.compile(r"(?:[A-ZА-Я]{1,2}|ID)[ -]?№? ?\d{7,8}")
_PERSON_CODE = re.compile(r"\d{12}|\d{14}")
_PATRONYMIC = re.compile(
    r"[^\W\d_]{2,} [^\W\d_]{2,} [^\W\d_]+(?:вич|вна|ична|ович|евич|ovich|evich|ovna|evna)|"
    r"[^\W\d_]{2,} [^\W\d_]{2,} (?:[^\W\d_]+ )?(?:уулу|улы|кызы|қызы|угли|ўғли|қизи|"
    r"o['ʻ‘’]g['ʻ‘’]?li|qizi|oglu|ogly|gyzy)",
    re.IGNORECASE,
)
_COORDINATES = re.compile(r"\s*(?:point\s*\()?\s*-?\d{1,3}\.\d{4,}[,;\s]+-?\d{1,3}\.\d{4,}\s*\)?\s*", re.IGNORECASE)
_DATE = re.compile(
    r"(?:(?P<y>19\d{2}|20[01]\d)-(?P<m>\d{2})-(?P<d>\d{2})|"
    r"(?P<d2>\d{2})\.(?P<m2>\d{2})\.(?P<y2>19\d{2}|20[01]\d))(?: .*)?"
)
_SAMPLED = 5_000
_FEW, _OFTEN, _MOSTLY = 0.1, 0.3, 0.8
_MIN_ROWS = 3
_LABEL = 80


@dataclass(frozen=True, slots=True)
class Refusal:
    """A column that is refused.

    Attributes
    ----------
    column : str
    found : str
        What it holds, without quoting anybody's data.
    kind : str
        ``person``, ``belonging`` or ``point``.
    """

    column: str
    found: str
    kind: str


EXPECTED = {
    "person": "no data on persons: only figures of admin units are taken",
    "belonging": "no data on ethnicity, nationality, religion or suspicion",
    "point": "figures of admin units, no points",
}
REMEDIES = {
    "person": "Remove the column, or count the records by admin unit first.",
    "belonging": "Remove the column: it is not taken at any tier.",
    "point": "Count the records by admin unit first (`python -m etl points`), then give the counts.",
}


def names_persons(name: str) -> bool:
    """Tell whether a column or indicator is named like data on persons, ethnicity, nationality or religion."""
    return _DENIED.search(name.casefold().replace(" ", "_")) is not None


def find_belonging(texts: Iterable[str]) -> str:
    """Return how texts say who belongs to a people or a faith; empty if they do not."""
    distinct = {text.strip().casefold() for text in texts}
    if len({text for text in distinct if _PEOPLES.fullmatch(text)}) >= 2:
        return "that names peoples or faiths"
    labels = sorted(text for text in distinct if len(text) <= _LABEL)
    themes = [text for text in labels if _DENIED_BELONGING.search(text.replace(" ", "_"))]
    return f"with {quoted(themes[0])}" if themes else ""


def _share(values: Sequence[str], fits: Callable[[str], Any]) -> float:
    return sum(bool(fits(value)) for value in values) / len(values)


def _is_phone(value: str) -> bool:
    """Tell whether a text looks like a telephone number, and not like a number grouped in thousands or a date."""
    digits = len(re.sub(r"\D", "", value))
    return 9 <= digits <= 15 and bool(_PHONE.fullmatch(value)) and not _GROUPED.fullmatch(value)


def _born(value: str) -> str | None:
    """Return the day and month of a national number of a person (IIN: YYMMDD first; PINFL: DDMMYY from the second)."""
    if not _PERSON_CODE.fullmatch(value):
        return None
    digits = value[4:6] + value[2:4] if len(value) == 12 else value[1:5]
    century = value[6] if len(value) == 12 else value[0]
    day, month = int(digits[:2]), int(digits[2:])
    return digits if 1 <= day <= 31 and 1 <= month <= 12 and century in "123456" else None


def _are_person_codes(values: Sequence[str]) -> bool:
    """Tell whether values are national numbers of persons; codes of places have no birthdays that differ so much."""
    days = {born[:2] for value in values if (born := _born(value)) is not None}
    return _share(values, _born) >= 0.9 and len(days) >= min(5, max(2, len(values) // 3))


def _are_birth_dates(values: Sequence[str]) -> bool:
    """Tell whether dates scatter over days, months and decades, as birthdays do and periods do not."""
    found = [match for value in values if (match := _DATE.fullmatch(value))]
    if len(found) < max(5, len(values) * _MOSTLY):
        return False
    years, days = set(), set()
    for match in found:
        year, month, day = (int(match[a] or match[b]) for a, b in (("y", "y2"), ("m", "m2"), ("d", "d2")))
        try:
            days.add(date(year, month, day))
        except ValueError:
            return False
        years.add(year)
    in_month = {day.day for day in days}
    return len(days) >= len(found) * _MOSTLY and len(in_month) >= min(4, len(days)) and max(years) - min(years) >= 10


def _are_documents(values: Sequence[str]) -> bool:
    """Tell whether values look like documents: P-codes share one prefix and are longer or shorter."""
    prefixes = {re.match(r"[^\d\s-]*", value)[0] for value in values}  # type: ignore[index]
    return (
        _share(values, _DOCUMENT.fullmatch) >= 0.5
        and len(set(values)) >= len(values) * 0.9
        and len(values) >= _MIN_ROWS
        and not (len(prefixes) == 1 and len({value[-2:] for value in values}) < len(values) / 3)
    )


def _holds_persons(values: Sequence[str]) -> str | None:
    """Return what a column holds if that is data on persons."""
    if _share(values, _EMAIL.search) >= _FEW:
        return "e-mail addresses"
    if len(values) < _MIN_ROWS:
        return None
    if _share(values, _is_phone) >= _OFTEN:
        return "telephone numbers"
    if _share(values, _PHONE_DIGITS.fullmatch) >= 0.9 and len(set(values)) >= len(values) * 0.9:
        return "telephone numbers"
    if _are_person_codes(values):
        return "national numbers of persons"
    if _are_documents(values):
        return "numbers of documents"
    if _share(values, _PATRONYMIC.fullmatch) >= _OFTEN:
        return "names of persons"
    if _are_birth_dates(values):
        return "dates that look like dates of birth"
    return None


def _scan_values(name: str, column: pd.Series[Any]) -> Refusal | None:
    values = [text for text in column.astype("str").str.strip().head(_SAMPLED) if text]
    if not values:
        return None
    persons = _holds_persons(values)
    if persons:
        return Refusal(name, f"a column of {persons}", "person")
    if len(values) >= _MIN_ROWS and _share(values, _COORDINATES.fullmatch) >= 0.5:
        return Refusal(name, "a column of coordinates", "point")
    belonging = find_belonging(values)
    return Refusal(name, f"a column {belonging}", "belonging") if belonging else None


def scan_columns(cells: pd.DataFrame, names: Sequence[str]) -> list[Refusal]:
    """Find the columns that hold data on persons, on belonging, or points; by header and by content.

    Parameters
    ----------
    cells : pandas.DataFrame
        The rows of figures, as text.
    names : sequence of str
        Header of each column.

    Returns
    -------
    list of Refusal
        In the order of the columns. What is found is said without quoting anybody's data.
    """
    found: list[Refusal] = []
    peoples = [name for name in names if any(_PEOPLES.fullmatch(p.strip().casefold()) for p in name.split(" | "))]
    for position, name in enumerate(names):
        key = name.casefold().replace(" ", "_")
        if _DENIED.search(key):
            kind = "belonging" if _DENIED_BELONGING.search(key) else "person"
            found.append(Refusal(name, f"a column named {quoted(name)}", kind))
        elif name.strip().casefold() in POINT_COLUMNS:
            found.append(Refusal(name, f"a column named {quoted(name)}", "point"))
        elif len(peoples) >= 2 and name in peoples:
            found.append(Refusal(name, f"a column named {quoted(name)}", "belonging"))
        else:
            refusal = _scan_values(name, cells.iloc[:, position])
            if refusal is not None:
                found.append(refusal)
    return found


def check_intake(
    cells: pd.DataFrame, names: Sequence[str], file: str, header_row: int | None, problems: Problems
) -> None:
    """Refuse a file as received that holds data on persons, on belonging, or points.

    Parameters
    ----------
    cells : pandas.DataFrame
        The rows of figures, as text.
    names : sequence of str
        Header of each column.
    file : str
    header_row : int or None
        For messages.
    problems : Problems
    """
    for refusal in scan_columns(cells, names):
        problems.add(
            file,
            header_row,
            refusal.column,
            found=refusal.found,
            expected=EXPECTED[refusal.kind],
            remedy=REMEDIES[refusal.kind],
        )
