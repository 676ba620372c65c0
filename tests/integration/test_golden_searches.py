"""What readers type: other names of places and other words for layers, in both languages, and why each is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dashboard.services import Services
from dashboard.settings import Settings
from geodata.names import parse_name
from geodata.snapshot import open_snapshot
from layers.words import languages
from tests.unit.dashboard.test_search import rows_of

PLACES = [
    # query, unit, and why it was found, as the English page says
    ("GBAO", "TJ-GB", "GBAO for short"),
    ("ГБАО", "TJ-GB", "ГБАО for short"),
    ("Горный Бадахшан", "TJ-GB", "also called Gorny Badakhshan"),
    ("Nur-Sultan", "KZ-71", "formerly Nur-Sultan, 2019–2022"),
    ("Нур-Султан", "KZ-71", "formerly Nur-Sultan, 2019–2022"),
    ("нурсултан", "KZ-71", "formerly Nur-Sultan, 2019–2022"),
    ("Tselinograd", "KZ-71", "formerly Tselinograd, 1961–1992"),
    ("Целиноградская область", "KZ-11", "formerly Tselinograd region, until 1992"),
    ("Akmolinsk", "KZ-71", "formerly Akmolinsk, until 1961"),
    ("Alma-Ata", "KZ-75", "formerly Alma-Ata"),
    ("Верный", "KZ-75", "formerly Verny, until 1921"),
    ("Гурьевская область", "KZ-23", "formerly Guryev region, until 1992"),
    ("Mangyshlak", "KZ-47", "formerly Mangyshlak region, 1973–1988"),
    ("Semipalatinsk", "KZ-10", "Semipalatinsk region lay here until 1997"),
    ("ВКО", "KZ-63", "ВКО for short"),
    ("Kurgan-Tyube", "TJ-KT", "Kurgan-Tyube region lay here until 1992"),
    ("Курган-Тюбе", "TJ-KT", "Kurgan-Tyube region lay here until 1992"),
    ("Qurghonteppa", "TJ-KT", "Kurgan-Tyube region lay here until 1992"),
    ("Кулябская область", "TJ-KT", "Kulyab region lay here until 1992"),
    ("Leninabad", "TJ-SU", "formerly Leninabad region, until 2000"),
    ("Ленинабадская область", "TJ-SU", "formerly Leninabad region, until 2000"),
    ("Leninobod", "TJ-SU", "formerly Leninabad region, until 2000"),
    ("Сталинабад", "TJ-DU", "formerly Stalinabad, 1929–1961"),
    ("РРП", "TJ-RA", "РРП for short"),
    ("Frunze", "KG-GB", "formerly Frunze, 1926–1991"),
    ("Пишпек", "KG-GB", "formerly Pishpek, until 1926"),
    ("Тянь-Шань", "KG-N", "formerly Tian-Shan region, 1939–1962"),
    ("Kyrgyz Republic", "KGZ", "also written Kyrgyz Republic"),
    ("Киргизия", "KGZ", "also called Kirghizia"),
    ("Туркмения", "TKM", "also called Turkmenia"),
    ("Ташауз", "TM-D", "formerly Tashauz region, until 1992"),
    ("Чарджоу", "TM-L", "formerly Chardzhou region, until 1992"),
    ("Красноводск", "TM-B", "formerly Krasnovodsk region, until 1992"),
    ("Каракалпакия", "UZ-QR", "also called Karakalpakia"),
    ("KG-O", "KG-O", "code KG-O"),
    ("Osh region", "KG-O", None),
]  # fmt: skip

LAYERS = [
    # query, layer, and the synonym that is told on the English page; None where the row says the word itself
    ("MPI", "mpi", "also: MPI"),
    ("ИМБ", "mpi_headcount_ratio", "also: ИМБ"),
    ("jobless", "unemployment_rate", "also: jobless rate"),
    ("out of work", "registered_unemployed", "also: out of work"),
    ("безработные", "unemployment_rate", "also: безработные"),
    ("out-migration", "net_external_migration", "also: out-migration"),
    ("migrant workers", "labour_migrants_abroad", "also: migrant workers"),
    ("drinking water", "drinking_water_centralised", None),
    ("tap water", "drinking_water_centralised", "also: tap water"),
    ("водопровод", "drinking_water_centralised", "also: водопровод"),
    ("kindergarten", "preschool_organisations", "also: kindergartens"),
    ("детский сад", "preschool_organisations", "also: детские сады"),
    ("inflation", "consumer_price_index", "also: inflation"),
    ("ИПЦ", "consumer_price_index", "also: ИПЦ"),
    ("salary", "average_wage", "also: salary"),
    ("зарплата", "average_wage", "also: зарплата"),
    ("GDP per capita", "grp_per_capita_kgs", "also: GDP per capita"),
    ("рождаемость", "births", "also: рождаемость"),
    ("mortality", "deaths", "also: mortality"),
    ("physicians", "doctors", "also: physicians"),
    ("labor force", "labour_resources", "also: labor force"),
    ("households", "mpi_headcount_ratio", "the words are in its description"),
]  # fmt: skip


@pytest.fixture(scope="module")
def services(snapshots: Path) -> Services:
    return Services(open_snapshot(snapshots, "public"), Settings(snapshots=snapshots))


@pytest.mark.parametrize(("query", "unit", "why"), PLACES)
def test_a_place_is_found_by_its_other_names(services: Services, query: str, unit: str, why: str | None) -> None:
    found = services.find(query, "en")["places"]
    assert unit in [one["id"] for one in found[:2]]
    assert next(one.get("why") for one in found if one["id"] == unit) == why


@pytest.mark.parametrize(("query", "layer", "why"), LAYERS)
def test_a_layer_is_found_by_other_words(services: Services, query: str, layer: str, why: str | None) -> None:
    found = services.find(query, "en")["layers"]
    assert layer in [one["id"] for one in found]
    assert next(one.get("why") for one in found if one["id"] == layer) == why


def test_what_nobody_publishes_is_not_found_by_its_abbreviation(services: Services) -> None:
    """No figures of infant mortality and of remittances are shipped for the region."""
    for query in ("IMR", "remittances", "денежные переводы"):
        assert services.find(query, "en")["layers"] == []


@pytest.mark.parametrize("lang", languages())
def test_every_language_says_why(services: Services, lang: str) -> None:
    for query, unit, why in PLACES:
        found = next(one for one in services.find(query, lang)["places"] if one["id"] == unit)
        if why is not None:
            told = found.get("why", "")
            assert told or parse_name(query).full in parse_name(found["name"]).full, (query, found)
            assert re.findall(r"[12]\d{3}", told) == re.findall(r"[12]\d{3}", why), (lang, told)
            assert "{" not in told
    for query, layer, _ in LAYERS:
        assert layer in [one["id"] for one in services.find(query, lang)["layers"]], query


def test_every_accepted_spelling_finds_its_place(services: Services, central_asia: Path) -> None:
    for row in rows_of(central_asia, "aliases"):
        found = [one["id"] for one in services.find(row["name"], "en")["places"]]
        assert row["unit_id"] in found, row["name"]


def test_every_published_name_finds_its_place_first_or_beside_its_homonyms(services: Services) -> None:
    for name in services.snapshot.other_names():
        for key in ("name_en", "name_ru", "name_local", "name"):
            if key in name:
                found = [one["id"] for one in services.find(name[key], "en")["places"][:4]]
                assert name["unit_id"] in found, name[key]
