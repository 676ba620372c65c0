"""Names in the wild: none joins a wrong unit, and nearly all are joined or proposed first."""

from pathlib import Path

import pytest

from benchmarks.matching import (
    CENTRAL_ASIA,
    TRAINING,
    Case,
    adm1_cases,
    main,
    match_cases,
    read_reference,
    summarise,
    training_cases,
    without_aliases,
)
from etl.__main__ import main as etl
from etl.reference import Reference

LEAST_RECALL = 0.95


@pytest.fixture(scope="module")
def central_asia() -> Reference:
    return read_reference(CENTRAL_ASIA)


def wrong(outcomes):
    return [(o.case.place_name, o.joined, o.case.right) for o in outcomes if o.joined and not o.is_right]


def test_messy_names_of_the_training_country():
    outcomes = match_cases(read_reference(TRAINING), training_cases())
    assert wrong(outcomes) == []
    counts = summarise(outcomes)[-1]
    assert counts["precision"] == 1.0
    assert counts["recall"] >= LEAST_RECALL
    assert counts["joined"] >= counts["names"] / 2


def test_another_invented_country_is_no_harder(tmp_path: Path):
    assert (
        etl(["make-training", "--out", str(tmp_path / "other"), "--seed", "7", "--units", "200", "--years", "8"]) == 0
    )
    outcomes = match_cases(read_reference(tmp_path / "other"), training_cases(tmp_path / "other"))
    assert wrong(outcomes) == []
    assert summarise(outcomes)[-1]["recall"] >= LEAST_RECALL


@pytest.mark.parametrize("has_aliases", [True, False])
def test_names_of_the_regions_in_public_lists(central_asia: Reference, has_aliases: bool):
    cases = adm1_cases()
    assert len({case.right for case in cases}) == 88
    outcomes = match_cases(central_asia if has_aliases else without_aliases(central_asia), cases)
    assert wrong(outcomes) == []
    counts = summarise(outcomes)[-1]
    assert counts["recall"] >= LEAST_RECALL
    assert counts["joined"] >= 0.7 * counts["names"]


@pytest.mark.parametrize("day", ["2012-12-31", "2017-12-31", "2019-12-31", "2024-12-31"])
@pytest.mark.parametrize("has_aliases", [True, False])
def test_ambiguous_names_never_join_on_the_name_alone(central_asia: Reference, day: str, has_aliases: bool):
    names = [
        ("AFG", "Uruzgan"), ("AFG", "Parwan"), ("AFG", "parwan"), ("AFG", "Парван"),
        ("AFG", "پروان"), ("AFG", "Урузган"), ("AFG", "ارزگان"), ("KAZ", "Almaty"), ("KAZ", "ALMATY"),
        ("KAZ", "Алматы"), ("KGZ", "Osh"), ("KGZ", "Ош"), ("UZB", "Tashkent"), ("UZB", "Toshkent"),
        ("UZB", " toshkent "), ("UZB", "Тошкент"), ("UZB", "Ташкент"),
    ]  # fmt: skip
    cases = [Case("ambiguous", iso3, "ADM1", name, day, "") for iso3, name in names]
    outcomes = match_cases(central_asia if has_aliases else without_aliases(central_asia), cases)
    assert [o.joined for o in outcomes] == [""] * len(cases)
    assert all(o.proposed for o in outcomes)


@pytest.mark.parametrize(
    ("iso3", "name", "day", "unit_id"),
    [
        ("UZB", "г. Ташкент", "2024-12-31", "UZ-TK"),
        ("UZB", "Ташкентская обл.", "2024-12-31", "UZ-TO"),
        ("UZB", "Toshkent shahri", "2024-12-31", "UZ-TK"),
        ("UZB", "Toshkent vil.", "2024-12-31", "UZ-TO"),
        ("KGZ", "Ош ш.", "2024-12-31", "KG-GO"),
        ("KGZ", "Ошская обл.", "2024-12-31", "KG-O"),
        ("KAZ", "Алматы қ.", "2024-12-31", "KZ-75"),
        ("KAZ", "Алматинская область", "2024-12-31", "KZ-19"),
        ("KAZ", "Алматинская область", "2019-12-31", "KZ-ALM"),
    ],
)
def test_the_word_for_the_kind_settles_them(central_asia: Reference, iso3: str, name: str, day: str, unit_id: str):
    (outcome,) = match_cases(central_asia, [Case("kind", iso3, "ADM1", name, day, unit_id)])
    assert outcome.joined == unit_id


def test_codes_of_other_lists_join(central_asia: Reference):
    cases = [
        Case("geonames", "KAZ", "ADM1", "", "2024-12-31", "KZ-11", place_code="KZ.03"),
        Case("kato", "KAZ", "ADM1", "", "2024-12-31", "KZ-11", place_code="110000000"),
        Case("soato", "UZB", "ADM1", "Бухоро вилояти", "2024-12-31", "UZ-BU", place_code="1706"),
        Case("natural earth", "KAZ", "ADM1", "", "2012-12-31", "KZ-11", place_code="KAZ-3202"),
    ]
    outcomes = match_cases(central_asia, cases)
    assert [o.joined for o in outcomes] == [case.right for case in cases]
    assert [o.method for o in outcomes] == ["geonames", "national_code", "national_code", "national_code"]


def test_the_table_of_the_documentation_is_current(root: Path, capsys: pytest.CaptureFixture[str]):
    assert main([]) == 0
    page = (root / "docs" / "reference" / "matching.md").read_text(encoding="utf-8")
    tables = [part.partition("\n\n")[2].strip() for part in capsys.readouterr().out.split("## ")[1:]]
    assert len(tables) == 3
    for table in tables:
        assert table in page
