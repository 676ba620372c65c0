"""Plurals, ordinals and numbers of a language, against what its readers write."""

from __future__ import annotations

import pytest

from layers.words import UnknownLanguageError, Words, languages, load_words


@pytest.fixture
def en() -> Words:
    return load_words("en")


@pytest.fixture
def ru() -> Words:
    return load_words("ru")


def test_english_is_the_first_language() -> None:
    assert languages()[0] == "en"
    assert "ru" in languages()


@pytest.mark.parametrize("lang", ["de", "", "../en", "EN"])
def test_an_unknown_language_is_named_with_those_that_exist(lang: str) -> None:
    with pytest.raises(UnknownLanguageError, match="there are: en, kk, ky, ru, tg, tk, uz"):
        load_words(lang)


def test_fields_are_filled_in(en: Words) -> None:
    assert en("head.coverage", **{"with": "3", "of": "5"}) == "3 of 5 places have data"


def test_an_unknown_key_is_named(en: Words) -> None:
    with pytest.raises(KeyError, match=r"no\.such"):
        en("no.such")
    assert "no.such" not in en
    assert "menu.title" in en


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 countries"), (1, "1 country"), (2, "2 countries"), (1000, "1,000 countries")]
)
def test_english_plurals(en: Words, count: int, text: str) -> None:
    assert en.plural("menu.countries", count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 стран"), (1, "1 страна"), (2, "2 страны"), (4, "4 страны"), (5, "5 стран"), (11, "11 стран"),
        (12, "12 стран"), (21, "21 страна"), (22, "22 страны"), (25, "25 стран"), (111, "111 стран"),
        (101, "101 страна"),
    ],
)  # fmt: skip
def test_russian_plurals(ru: Words, count: int, text: str) -> None:
    assert ru.plural("menu.countries", count) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (112, "112th"),
    ],
)
def test_english_ordinals(en: Words, number: int, text: str) -> None:
    assert en.ordinal(number) == text


@pytest.mark.parametrize("number", [1, 2, 3, 4, 11, 21, 100])
def test_russian_ordinals(ru: Words, number: int) -> None:
    assert ru.ordinal(number) == f"{number}-е"


@pytest.mark.parametrize(
    ("value", "decimals", "en_text", "ru_text"),
    [
        (0, 0, "0", "0"),
        (1234.5, 1, "1,234.5", "1\u00a0234,5"),
        (1234567, 0, "1,234,567", "1\u00a0234\u00a0567"),
        (0.1, 3, "0.100", "0,100"),
        (-12.34, 1, "-12.3", "-12,3"),
        (999.96, 1, "1,000.0", "1\u00a0000,0"),
    ],
)
def test_numbers(en: Words, ru: Words, value: float, decimals: int, en_text: str, ru_text: str) -> None:
    assert en.number(value, decimals) == en_text
    assert ru.number(value, decimals) == ru_text


@pytest.mark.parametrize(
    ("sign", "en_text", "ru_text"), [("%", "5%", "5\u00a0%"), ("km", "5\u00a0km", "5\u00a0km"), ("", "5", "5")]
)
def test_signs_are_spaced_as_the_language_does(en: Words, ru: Words, sign: str, en_text: str, ru_text: str) -> None:
    assert en.with_sign("5", sign) == en_text
    assert ru.with_sign("5", sign) == ru_text


def test_a_subset_holds_the_keys_of_its_prefixes(en: Words) -> None:
    found = en.subset("ordinal.", "app.name")
    assert set(found) == {"ordinal.one", "ordinal.two", "ordinal.few", "ordinal.other", "app.name"}


def test_a_form_that_is_missing_falls_back_to_other() -> None:
    words = Words("ru", {"thing.one": "{n} вещь", "thing.other": "{n} вещи"})
    assert words.plural("thing", 5) == "5 вещи"
