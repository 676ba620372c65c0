"""The reference tables of the training package: boundary sets, units, sources, aliases, names that mislead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from etl.training.country import (
    EAST_ISO3,
    EAST_SET,
    ISO3,
    NEW,
    NORTH_ISO3,
    NORTH_SET,
    OLD,
    Country,
    Unit,
    neighbour_units,
)
from etl.training.figures import CLAIM_SOURCES, HOUSEHOLD_SURVEY, SOURCE_OF_DRIVER, survey_name
from etl.training.flows import SOURCE as FLOW_SOURCE
from etl.training.names import COUNTRY, EAST, LOCAL_LANG, NORTH, double_letter, drop_letter, spell, swap_letter
from etl.training.plan import NOTICE_EN, NOTICE_RU, REFORM_YEAR
from etl.training.programmes import SOURCE as PROGRAMME_SOURCE

Row = tuple[str, ...]

BOUNDARY_SET_COLUMNS = (
    "boundary_set", "iso3", "title_en", "title_ru", "valid_from", "valid_to", "by_date", "source_id",
    "note_en", "note_ru",
)  # fmt: skip
UNIT_COLUMNS = (
    "boundary_set", "unit_id", "level", "parent_unit_id", "iso3", "pcode", "iso_3166_2", "national_code", "name_en",
    "name_ru", "name_local", "local_lang", "unit_type", "typology", "geometry", "members", "lon", "lat",
    "note_en", "note_ru",
)  # fmt: skip
SOURCE_COLUMNS = (
    "source_id", "title", "publisher", "url", "licence", "terms", "date_accessed", "caveat_en", "caveat_ru",
)  # fmt: skip
ALIAS_COLUMNS = ("iso3", "level", "name", "unit_id", "source_id", "decided_by", "decided_on", "note")
AMBIGUOUS_COLUMNS = ("iso3", "name", "candidates", "reason")
CROSSWALK_COLUMNS = (
    "from_set", "to_set", "level", "from_unit", "to_unit", "share_population", "share_area", "method",
)  # fmt: skip
MESSY_COLUMNS = ("messy_name", "level", "as_of", "kind", "right_set", "right_unit_id", "explanation")
MADE_ON = "2026-11-21"
BOUNDARY_SOURCE = "syn-boundaries"
_MESSY_PER_KIND = 8

_SOURCES = (
    (BOUNDARY_SOURCE, "Boundaries and names", "Invented survey office"),
    (SOURCE_OF_DRIVER["population"], "Population register", "Invented statistics office"),
    (SOURCE_OF_DRIVER["economic"], "Labour and output statistics", "Invented statistics office"),
    (HOUSEHOLD_SURVEY, "Household budget survey", "Invented statistics office"),
    (SOURCE_OF_DRIVER["services"], "Registers of services and official norms", "Invented ministry of services"),
    (SOURCE_OF_DRIVER["migration"], "Migration estimates", "Invented migration service"),
    (SOURCE_OF_DRIVER["governance"], "Survey of trust and expectations", "Invented survey house"),
    (SOURCE_OF_DRIVER["ftf"], "Recorded departures", "Invented interior office"),
    (CLAIM_SOURCES[0], "Claim of an official", "Invented newspaper"),
    (CLAIM_SOURCES[1], "Claim of a research group", "Invented research group"),
    (PROGRAMME_SOURCE, "Who does what where", "Invented coordination office"),
    (FLOW_SOURCE, "Register of residence: moves between regions", "Invented statistics office"),
)


def source_rows() -> Iterator[Row]:
    """Return the sources; each says that it is invented."""
    for source_id, title, publisher in sorted(_SOURCES):
        yield (
            source_id, f"{NOTICE_EN}: {title}", publisher, "", "CC0-1.0", "Invented; free for any use", MADE_ON,
            f"{NOTICE_EN}: invented, about no real place.",
            f"{NOTICE_RU}: вымышлено, не относится ни к какому реальному месту.",
        )  # fmt: skip


def boundary_set_rows(country: Country) -> Iterator[Row]:
    """Return the two divisions and the outlines of the neighbours."""
    counts = {name: [len(country.at(name, level)) for level in ("ADM1", "ADM2", "ADM3")] for name in (OLD, NEW)}
    note = (
        f"{NOTICE_EN}. Placed in the empty South Pacific, around the point that is farthest from all land.",
        f"{NOTICE_RU}. Помещено в пустой части юга Тихого океана, вокруг самой удалённой от суши точки.",
    )

    def titles(name: str, when_en: str, when_ru: str) -> tuple[str, str]:
        one, two, _ = counts[name]
        return f"{one} regions and {two} districts, {when_en}", f"{one} регионов и {two} районов, {when_ru}"

    last = f"{REFORM_YEAR - 1}-12-31"
    old = titles(OLD, f"until {REFORM_YEAR - 1}", f"до {REFORM_YEAR - 1} года включительно")
    new = titles(NEW, f"since {REFORM_YEAR}", f"с {REFORM_YEAR} года")
    yield OLD, ISO3, *old, "", last, "true", BOUNDARY_SOURCE, *note
    yield NEW, ISO3, *new, f"{REFORM_YEAR}-01-01", "", "true", BOUNDARY_SOURCE, *note
    outline = ("Outline of a strip along the border", "Контур полосы вдоль границы")
    yield NORTH_SET, NORTH_ISO3, *outline, "", "", "true", BOUNDARY_SOURCE, *note
    yield EAST_SET, EAST_ISO3, *outline, "", "", "true", BOUNDARY_SOURCE, *note


def unit_rows(country: Country) -> Iterator[Row]:
    """Return all units of all boundary sets."""
    iso3 = {OLD: ISO3, NEW: ISO3, NORTH_SET: NORTH_ISO3, EAST_SET: EAST_ISO3}
    for unit in [*country.units, *neighbour_units()]:
        iso = f"{unit.unit_id[:2]}-{unit.unit_id[2:]}" if unit.level == "ADM1" else ""
        pcode = "" if unit.level == "ADM0" else unit.unit_id
        yield (
            unit.boundary_set, unit.unit_id, unit.level, unit.parent, iso3[unit.boundary_set], pcode, iso, "",
            unit.name.en, unit.name.ru, unit.name.local, LOCAL_LANG, unit.unit_type, unit.typology, unit.geometry,
            "|".join(unit.members), "", "", *unit.note,
        )  # fmt: skip


def alias_rows(country: Country) -> Iterator[Row]:
    """Return reviewed names: those of the household survey, and the Russian names of regions."""
    seen: set[tuple[str, str]] = set()
    for name in (OLD, NEW):
        for unit in country.at(name, "ADM1"):
            for alias, note in ((survey_name(unit), ""), (f"{unit.name.ru}, регион", "Russian")):
                if (alias, unit.unit_id) not in seen:
                    seen.add((alias, unit.unit_id))
                    yield ISO3, "ADM1", alias, unit.unit_id, "", "maintainers", MADE_ON, note


def _homonyms(country: Country) -> dict[str, list[Unit]]:
    """Return names that more than one territory of the country has or had, at any level."""
    by_name: dict[str, list[Unit]] = {}
    for unit in country.units:
        found = by_name.setdefault(unit.name.en, [])
        if all(unit.unit_id != other.unit_id for other in found):
            found.append(unit)
    return {name: found for name, found in sorted(by_name.items()) if len(found) > 1}


def ambiguous_rows(country: Country) -> Iterator[Row]:
    """Return names that never join on their own."""
    for name, found in _homonyms(country).items():
        levels = sorted({unit.level for unit in found})
        where = "levels" if len(levels) > 1 else "units or dates"
        reason = f"{len(found)} different {where} have or had this name ({', '.join(levels)})"
        yield ISO3, name, "|".join(unit.unit_id for unit in found), reason
    district = next(unit for unit in country.at(NEW, "ADM2") if unit.name.en == spell(NORTH).en)
    yield (
        ISO3,
        spell(NORTH).en,
        district.unit_id,
        f"a district of {COUNTRY} and the neighbouring country ({NORTH_ISO3})",
    )


def messy_rows(country: Country) -> Iterator[Row]:
    """Return names as careless tables write them, with the unit that is meant, or none where a human must decide."""
    rng = country.plan.stream("messy")
    doubtful = {*_homonyms(country), spell(NORTH).en, spell(EAST).en}
    clear = [unit for unit in country.at(NEW, "ADM2") if unit.name.en not in doubtful]
    after, before = f"{REFORM_YEAR + 2}-12-31", f"{REFORM_YEAR - 2}-12-31"
    kinds: Sequence[tuple[str, str]] = (
        ("as published", "the official English name"),
        ("letter case", "capital letters only"),
        ("blanks", "blanks before, after and inside"),
        ("suffix", "with the kind of unit behind"),
        ("transliteration", "another letter for the same sound"),
        ("doubled letter", "a letter twice"),
        ("dropped letter", "a letter is missing"),
        ("Russian", "the Russian name"),
        ("local", "the local name in Arabic script"),
        ("code", "the P-code in the column of names"),
        ("code in small letters", "the P-code, written carelessly"),
    )
    for kind, words in kinds:
        for position in sorted(rng.permutation(len(clear))[:_MESSY_PER_KIND].tolist()):
            unit = clear[position]
            en = unit.name.en
            messy = {
                "as published": en, "letter case": en.upper(), "blanks": f"  {en[:4]} {en[4:]} ",
                "suffix": f"{en} district",
                "transliteration": swap_letter(en), "doubled letter": double_letter(en),
                "dropped letter": drop_letter(en),
                "Russian": unit.name.ru, "local": unit.name.local, "code": unit.unit_id,
                "code in small letters": unit.unit_id.lower().replace("xt", "xt-"),
            }[kind]  # fmt: skip
            yield messy, "ADM2", after, kind, NEW, unit.unit_id, words
    for name, found in _homonyms(country).items():
        for level in sorted({unit.level for unit in found}):
            for set_id, day in ((OLD, before), (NEW, after)):
                own = [u for u in found if u.level == level and any(x is u for x in country.units)]
                meant = [u for u in country.at(set_id, level) if u.name.en == name]
                if not own or not meant:
                    continue
                right = meant[0].unit_id if len(meant) == 1 else ""
                words = (
                    "the name alone does not say which unit" if not right else "right only for this level and this date"
                )
                yield name, level, day, "homonym", set_id if right else "", right, words
    for unit in country.at(OLD, "ADM2"):
        if unit.unit_id not in {u.unit_id for u in country.at(NEW, "ADM2")}:
            words = "merged with another district in the reform: use data/crosswalk.csv"
            yield unit.unit_id, "ADM2", after, "code of the former division", "", "", words
