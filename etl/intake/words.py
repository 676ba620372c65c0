"""The words and codes of foreign tables: sex, age, level, status, HXL tags, SDMX columns, headers of roles."""

from __future__ import annotations

import re
from typing import get_args

from etl.intake.spec import Role
from geodata.contracts import AGE, LEVELS, OBS_STATUS, SEXES
from layers.catalog import AdminLevel

_ALL = {"all", "total", "both", "both sexes", "_t", "t", "всего", "оба пола", "все", "итого", "барлығы", "жами", "jami"}
_FEMALE = {"female", "females", "f", "women", "woman", "girls", "женщины", "женский", "ж", "жен", "жен.", "женский пол"}
_MALE = {"male", "males", "m", "men", "man", "boys", "мужчины", "мужской", "м", "муж", "муж.", "мужской пол"}
_FEMALE |= {"әйелдер", "аялдар", "ayollar", "занон", "sex_f"}
_MALE |= {"ерлер", "эркектер", "erkaklar", "мардон", "sex_m"}
_AGE_SPAN = re.compile(r"(?:y|age[ds]?\s*|возраст\w*\s*|в возрасте\s*)?(\d{1,3})\s*(?:-|–|—|t|to|до)\s*(\d{1,3})")
_AGE_OPEN = re.compile(
    r"(?:y_ge|y_)?(\d{1,3})\s*(?:лет |years )?(?:\+|and (?:over|older|more|above)|и (?:старше|более))"
)
_AGE_OPEN_CODE = re.compile(r"y_ge(\d{1,3})")
_AGE_UNDER = re.compile(r"(?:under|below|до|y_lt|<)\s*(\d{1,3})")
_AGE_ONE = re.compile(r"y?(\d{1,3})")
_YEARS_WORD = re.compile(r"\s*(?:years?(?: old)?|лет|года|год|жас|жаш|yosh|сола)\s*$")

# Statuses of SDMX that this project does not have: what stands for them, and the missing reason that goes with it.
_OTHER_STATUS = {
    "L": ("M", ""),
    "H": ("M", ""),
    "Q": ("M", "suppressed"),
    "F": ("E", ""),
    "V": ("P", ""),
    "N": ("U", ""),
}
OPEN_CONFIDENTIALITY = ("", "F")

# HXL (https://hxlstandard.org): the tags and attributes that name a place, a time, or the count of somebody.
HXL_PLACES: dict[str, AdminLevel] = {"country": "ADM0", "adm1": "ADM1", "adm2": "ADM2", "adm3": "ADM3"}  # outer first
HXL_VALUES = ("affected", "inneed", "targeted", "reached", "population", "value", "indicator", "event", "capacity")
HXL_BESIDE: dict[str, Role] = {"min": "low", "max": "high", "sample": "n"}
HXL_META: dict[str, Role] = {"sample": "n", "boundary": "boundary_set", "sex": "sex", "age": "age"}
HXL_SEXES = {"f": "female", "m": "male"}

SDMX_COLUMNS: dict[str, Role] = {
    "REF_AREA": "place_code",
    "TIME_PERIOD": "period",
    "OBS_VALUE": "value",
    "OBS_STATUS": "obs_status",
    "CONF_STATUS": "conf_status",
    "SEX": "sex",
    "AGE": "age",
    "INDICATOR": "indicator",
}
SDMX_NEEDED = frozenset({"REF_AREA", "TIME_PERIOD", "OBS_VALUE"})
STANDARD_COLUMNS: dict[str, Role] = {
    name: name
    for name in get_args(Role)
    if name
    in (
        "indicator",
        "iso3",
        "level",
        "place_code",
        "place_name",
        "period_start",
        "period_end",
        "sex",
        "age",
        "value",
        "low",
        "high",
        "n",
        "qualifier",
        "obs_status",
        "missing_reason",
        "boundary_set",
        "source_id",
    )
}

# Words in headers; the order decides where several fit.
_ROLE_PATTERNS: tuple[tuple[Role, str], ...] = (
    ("iso3", r"^(iso_?3|iso_?alpha_?3|country_?(code|iso3?)|код страны)$"),
    ("level", r"^(adm_?level|admin_?level|level|уровень)$"),
    ("sex", r"^(sex|gender|пол|жынысы?|jins)$"),
    ("age", r"^(age|age_?group|возраст\w*|возрастная группа|жас|yosh)$"),
    ("quarter", r"^(quarter|квартал|тоқсан|chorak)$"),
    ("month", r"^(month|месяц|ай|oy|моҳ)$"),
    ("year", r"^(year|год|жыл|yil|сол|ýyl|سال)$"),
    ("period_start", r"^(period_?start|start_?(date|period)|начало периода|date_from)$"),
    ("period_end", r"^(period_?end|end_?(date|period)|конец периода|date_to)$"),
    ("period", r"^(time(_?period)?|period|date|период|дата|время)$"),
    ("indicator", r"^(indicator(_?(name|code|id))?|series|variable|показатель|наименование показателя)$"),
    ("obs_status", r"^(obs_?status|flag|status|статус)$"),
    ("conf_status", r"^conf_?status$"),
    ("low", r"^(low|lower(_?(bound|ci|limit))?|ci_?low(er)?|нижн\w+ (граница|предел))$"),
    ("high", r"^(high|upper(_?(bound|ci|limit))?|ci_?(high|upper)|верхн\w+ (граница|предел))$"),
    ("n", r"^(n|sample(_?size)?|denominator\w*|размер выборки)$"),
    ("note", r"^(notes?|comments?|remarks?|примечани[ея]|комментари[йи])$"),
    ("value", r"^(value|obs_?value|значение|количество|amount|мәні|qiymat|مقدار)$"),
    (
        "place_code",
        r"(p_?code|kato|като|soato|соато|coate|соате|^(place|region|area|geo|adm_?\d|district|unit)_?(code|id)$"
        r"|^код( (района|области|региона|территории|като|соато|соате))?$|geonames|iso_?3166)",
    ),
    (
        "place_name",
        r"(^(name|place|area|territory|geography|location)(_?name)?(_?(en|ru))?$|регион|област[ьи]|район|территор"
        r"|region|province|oblast|district|rayon|^adm_?\d(_?(name|en|ru))?$|^adm_?\d_?name|viloyat|вилоят|tuman"
        r"|облыс|аудан|облус|ноҳия|welaýat|etrap|^title(_(en|ru|kg))?$|наименование|аймақ|ولایت|ولسوالی)",
    ),
)
ROLE_WORDS = tuple((role, re.compile(pattern)) for role, pattern in _ROLE_PATTERNS)
_SYSTEM_WORDS = (
    ("kato", r"kato|като"),
    ("soato", r"soato|соато"),
    ("coate", r"coate|соате"),
    ("geonames", r"geonames"),
)
_LEVEL_WORDS = (
    ("ADM3", r"adm_?3|municipalit|аил|айыл|джамоат|сельск\w+ округ|ayil"),
    ("ADM2", r"adm_?2|district|rayon|район|tuman|аудан|ноҳия|etrap|ولسوالی"),
    ("ADM1", r"adm_?1|region|province|oblast|област|viloyat|вилоят|облыс|облус|welaýat|регион|ولایت"),
    ("ADM0", r"adm_?0|country|страна"),
)


def plain(text: str) -> str:
    """Return a header or code as words are compared: without case, blanks collapsed."""
    return " ".join(text.casefold().split())


def read_sex(text: str) -> str | None:
    """Return `all`, `female` or `male`; an empty cell is `all`. None if a text says none of them."""
    word = plain(text)
    if not word:
        return "all"
    return next((code for code, words in zip(SEXES, (_ALL, _FEMALE, _MALE), strict=True) if word in words), None)


def read_age(text: str) -> str | None:
    """Return `all` or an age group such as `15-29` or `65+`; None if a text says none."""
    word = _YEARS_WORD.sub("", plain(text))
    if word in _ALL or word in ("", "все возрасты", "all ages"):
        return "all"
    if match := _AGE_OPEN_CODE.fullmatch(word) or _AGE_OPEN.fullmatch(word):
        return f"{int(match[1])}+"
    if match := _AGE_SPAN.fullmatch(word):
        return f"{int(match[1])}-{int(match[2])}" if int(match[1]) <= int(match[2]) else None
    if match := _AGE_UNDER.fullmatch(word):
        return f"0-{int(match[1]) - 1}" if int(match[1]) else None
    return word if re.fullmatch(AGE, word) else (match[1] if (match := _AGE_ONE.fullmatch(word)) else None)


def read_level(text: str) -> str | None:
    """Return an admin level; None if a text says none."""
    word = plain(text).replace(" ", "").replace("admin", "adm").replace("level", "")
    code = f"ADM{word}" if word.isdecimal() else word.upper()
    return code if code in LEVELS else None


def read_status(text: str) -> tuple[str, str, str] | None:
    """Return status, missing reason, and the source's own status where another one stands for it."""
    word = text.strip().upper()
    if word in ("", *OBS_STATUS):
        return word, "", ""
    if word in _OTHER_STATUS:
        return (*_OTHER_STATUS[word], word)
    return ("A", "", word) if re.fullmatch(r"[A-Z_]{1,3}", word) else None


def role_of_header(name: str) -> Role | None:
    """Return the role that the words of a header say."""
    word = plain(name).replace("-", "_")
    joined = word.replace(" ", "_")
    return next(
        (role for role, pattern in ROLE_WORDS if pattern.search(word) or pattern.search(joined)),
        None,
    )


def code_system_of_header(name: str) -> str | None:
    """Return the system of codes that a header names."""
    return next((kind for kind, pattern in _SYSTEM_WORDS if re.search(pattern, plain(name))), None)


def level_of_header(name: str) -> str | None:
    """Return the admin level that a header names."""
    return next((level for level, pattern in _LEVEL_WORDS if re.search(pattern, plain(name))), None)
