"""Search: real names in any script and spelling, homonyms told apart, what is nearest comes first."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from dashboard.search import MOST, Finder, PlaceEntry, other_names, place_entries, text_entry, told_by

DATA = "data"


def rows_of(package: Path, name: str) -> list[dict[str, str]]:
    with (package / DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def units(central_asia: Path) -> list[dict[str, Any]]:
    """Return the units as they are published: the most recent version of each last."""
    ends = {row["boundary_set"]: row["valid_to"] for row in rows_of(central_asia, "boundary_sets")}
    rows = [row | {"has_ended": bool(ends[row["boundary_set"]])} for row in rows_of(central_asia, "units")]
    return sorted(rows, key=lambda row: ends[row["boundary_set"]] or "9999")


@pytest.fixture(scope="module")
def finder(units: list[dict[str, Any]]) -> Finder:
    layers = [
        text_entry("poverty_rate", ["Poverty rate, national line", "Уровень бедности"], ["Economy", "Экономика"]),
        text_entry("mpi", ["Multidimensional poverty", "Многомерная бедность"], ["Economy", "Экономика"]),
        text_entry("water", ["Safe drinking water", "Безопасная питьевая вода"], ["Services", "share of households"]),
    ]
    sources = [text_entry("ophi-2025", ["Global MPI 2025", "OPHI, University of Oxford"], ["ophi-2025"])]
    return Finder(place_entries(units), layers, sources)


def ids(finder: Finder, query: str) -> list[str]:
    return [hit.id for hit in finder.find_places(query)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ош", {"KG-GO", "KG-O"}),
        ("Osh", {"KG-GO", "KG-O"}),
        ("OSH", {"KG-GO", "KG-O"}),
        ("Оштук", {"KG-GO", "KG-O"}),
        ("Toshkent", {"UZ-TK", "UZ-TO"}),
        ("Ташкент", {"UZ-TK", "UZ-TO"}),
        ("Тошкент", {"UZ-TK", "UZ-TO"}),
        ("Алматы", {"KZ-75", "KZ-19"}),
        ("Алма-Ата", {"KZ-75", "KZ-19"}),
        ("Чимкент", {"KZ-79"}),
        ("Jalalabad", {"KG-J"}),
        ("кзыл-орда", {"KZ-43"}),
        ("بلخ", {"AF-BAL"}),
        ("balh", {"AF-BAL"}),
        ("Кандагар", {"AF-KAN"}),
        ("kandahor", {"AF-KAN"}),
        ("Баткене", {"KG-B"}),
        ("Душанбе", {"TJ-DU"}),
        ("dushanb", {"TJ-DU"}),
    ],
)  # fmt: skip
def test_places_are_found_in_any_script_and_spelling(finder: Finder, query: str, expected: set[str]) -> None:
    assert expected <= set(ids(finder, query)[:4])


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Osh city", "KG-GO"), ("город Ош", "KG-GO"), ("Ош шаары", "KG-GO"), ("Ошская область", "KG-O"),
        ("Osh region", "KG-O"), ("Ош облусу", "KG-O"), ("Toshkent shahri", "UZ-TK"), ("Toshkent viloyati", "UZ-TO"),
        ("г. Алматы", "KZ-75"), ("Алматинская обл.", "KZ-19"), ("KG-O", "KG-O"), ("kgz", "KGZ"), ("Кыргызстан", "KGZ"),
    ],
)  # fmt: skip
def test_the_word_of_kind_and_the_code_tell_homonyms_apart(finder: Finder, query: str, first: str) -> None:
    assert ids(finder, query)[0] == first


def test_a_place_that_is_no_more_comes_after_the_one_that_is(finder: Finder) -> None:
    found = ids(finder, "Almaty region")
    assert found.index("KZ-19") < found.index("KZ-ALM")


@pytest.mark.parametrize("query", ["", " ", "?", "Mazar", "Mazar-i-Sharif", "zzzz", "ошибка страницы"])
def test_what_is_no_unit_is_not_guessed(finder: Finder, query: str) -> None:
    assert ids(finder, query) == []


def test_one_letter_finds_what_begins_with_it(finder: Finder) -> None:
    found = finder.find_places("о")
    assert {"KG-O", "KG-GO"} <= {hit.id for hit in found}
    assert len(found) <= MOST["places"]
    assert finder.find_places("x" * 100) == []


def test_nearly_all_reviewed_spellings_find_their_place(finder: Finder, central_asia: Path) -> None:
    """The aliases were decided by people and are not in the index: they are what readers may well type."""
    aliases = rows_of(central_asia, "aliases")
    found = [row["unit_id"] in ids(finder, row["name"]) for row in aliases]
    first = [row["unit_id"] in ids(finder, row["name"])[:3] for row in aliases]
    assert len(aliases) > 200
    assert sum(found) / len(aliases) >= 0.95
    assert sum(first) / len(aliases) >= 0.95


def test_every_unit_is_found_by_each_of_its_names(finder: Finder, units: list[dict[str, Any]]) -> None:
    for row in units:
        for key in ("name_en", "name_ru", "name_local"):
            if row[key]:
                assert row["unit_id"] in ids(finder, row[key]), row[key]


def test_a_former_name_finds_the_place_and_is_told() -> None:
    common = {"unit_id": "X1", "level": "ADM1", "unit_type": "region", "name_ru": "", "name_local": ""}
    rows = [
        common | {"name_en": "Tselinograd", "has_ended": True},
        common | {"name_en": "Akmola", "has_ended": False},
    ]
    assert place_entries(rows) == [
        PlaceEntry("X1", "ADM1", "region", (("Akmola", False), ("Tselinograd", True)), (), is_former=False)
    ]
    (hit,) = Finder(place_entries(rows), [], []).find_places("Целиноград")
    assert (hit.id, hit.name) == ("X1", "Tselinograd")


def test_layers_are_found_by_every_word_in_either_language(finder: Finder) -> None:
    def found(query: str) -> list[str]:
        return [hit.id for hit in finder.find_layers(query)]

    assert found("poverty") == ["poverty_rate", "mpi"]
    assert found("бедности")[0] == "poverty_rate"
    assert found("poverty national") == ["poverty_rate"]
    assert found("povrety") == ["poverty_rate", "mpi"]
    assert found("питьевой воды") == ["water"]
    assert found("households") == ["water"]
    assert set(found("экономика")) == {"poverty_rate", "mpi"}
    assert found("po") == []
    assert found("zebra") == []


def test_sources_are_found_by_title_publisher_and_id(finder: Finder) -> None:
    for query in ("OPHI", "global mpi", "oxford", "ophi-2025"):
        assert [hit.id for hit in finder.find_sources(query)] == ["ophi-2025"]


def test_codes_are_found_however_they_are_written(finder: Finder) -> None:
    assert ids(finder, "kg o")[0] == ids(finder, "KGO")[0] == "KG-O"


NAMES = [
    {"unit_id": "X1", "relation": "former", "name_en": "Lenin land", "name_ru": "Край Ленина", "last_year": 1991},
    {"unit_id": "X2", "relation": "part", "name_en": "Lenin land", "name_ru": "Край Ленина", "name_local": "Ленин эли"},
    {"unit_id": "X1", "relation": "short", "name_en": "SL", "name_ru": "КЗ"},
    {"unit_id": "X2", "relation": "spelling", "name": "Vostok"},
]


@pytest.fixture(scope="module")
def renamed() -> Finder:
    common = {"level": "ADM1", "unit_type": "region", "name_local": "", "has_ended": False, "pcode": "0101"}
    rows = [
        common | {"unit_id": "X1", "name_en": "Sunset", "name_ru": "Закат"},
        common | {"unit_id": "X2", "name_en": "East", "name_ru": "Восток", "pcode": "0102"},
    ]
    return Finder(place_entries(rows, other_names(NAMES)), [], [])


def test_a_further_name_finds_the_place_and_says_what_it_is(renamed: Finder) -> None:
    former, part = renamed.find_places("Ленинский край")
    assert (former.id, former.other and former.other.relation) == ("X1", "former")
    assert (part.id, part.other and part.other.relation) == ("X2", "part")
    assert former.other is not None
    assert (former.other.first_year, former.other.last_year) == (None, 1991)
    assert former.other.text("ru", former.name) == "Край Ленина"
    assert former.other.text("kk", "as typed") == "as typed"


def test_an_own_name_goes_before_further_ones(renamed: Finder) -> None:
    (east, *_) = renamed.find_places("восток")
    assert (east.id, east.name, east.other) == ("X2", "Восток", None)


def test_a_code_says_that_it_is_one(renamed: Finder) -> None:
    (hit,) = renamed.find_places("0102")
    assert (hit.id, hit.name, hit.is_code) == ("X2", "0102", True)


def test_synonyms_are_searched_after_titles_and_before_descriptions() -> None:
    titled = text_entry("titled", ["Jobless people"], [])
    meant = text_entry("meant", ["Unemployment rate", "Уровень безработицы"], [], ["jobless", "без работы"])
    said = text_entry("said", ["Wages"], ["of those who are not jobless"])
    finder = Finder([], [said, meant, titled], [])
    assert [hit.id for hit in finder.find_layers("jobless")] == ["titled", "meant", "said"]
    assert [hit.id for hit in finder.find_layers("без работы")] == ["meant"]
    assert told_by(titled, "jobless", ["Jobless people"]) == ""
    assert told_by(meant, "jobless", ["Unemployment rate"]) == "jobless"
    assert told_by(meant, "безработица", ["Unemployment rate"]) == "Уровень безработицы"
    assert told_by(meant, "unemployment", ["Unemployment rate"]) == ""
    assert told_by(said, "jobless", ["Wages"]) is None
