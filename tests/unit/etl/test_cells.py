import math
from dataclasses import asdict

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etl.cells import Cell, find_decimal, read_number, read_numbers


def said(text, decimal=None):
    """Return what a cell says, without the attributes that are empty."""
    cell = read_number(text, decimal=decimal)
    names = ("value", "low", "high", "status", "missing_reason", "qualifier", "unit", "note", "error")
    return {name: getattr(cell, name) for name in names if getattr(cell, name) not in (None, "")}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-5", -5),
        ("−5,2", -5.2),
        ("+3.5", 3.5),
        ("1 234,5", 1234.5),
        ("1\u00a0234,5", 1234.5),
        ("1\u202f234\u202f567", 1234567),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1234567),
        ("1.234.567,89", 1234567.89),
        ("1'234.5", 1234.5),
        ("12,34,567", 1234567),
        ("1234.5", 1234.5),
        ("2020.5", 2020.5),
        ("1234,567", 1234.567),
        ("0,123", 0.123),
        (",5", 0.5),
        ("1.2340", 1.234),
        ("1e5", 100_000),
        ("2.5E-3", 0.0025),
        ("١٢٣٫٥", 123.5),
        ("۴۲", 42),
    ],
)
def test_numbers_that_are_clear_by_themselves(text, value):
    assert said(text) == {"value": value, "status": "A", "qualifier": "exact"}


@pytest.mark.parametrize("text", ["1,234", "12.345", "999,999"])
def test_a_number_that_can_be_read_in_two_ways_is_no_number_until_the_column_or_the_mapping_says(text):
    assert said(text).keys() == {"error"}
    assert "ambiguous" in said(text)["error"]
    grouped = float(text.replace(",", "").replace(".", ""))
    mark = "," if "," in text else "."
    other = "." if mark == "," else ","
    assert said(text, decimal=other)["value"] == grouped
    assert said(text, decimal=mark)["value"] == grouped / 1000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 %", {"value": 12, "unit": "%"}),
        ("12%", {"value": 12, "unit": "%"}),
        ("% 12,5", {"value": 12.5, "unit": "%"}),
        ("12 percent", {"value": 12, "unit": "%"}),
        ("$12.5", {"value": 12.5, "unit": "USD"}),
        ("120 чел.", {"value": 120, "unit": "чел."}),
        ("1.2 млн", {"value": 1_200_000, "note": "multiplied by 1,000,000 (млн)"}),
        ("3,4 тыс.", {"value": 3_400, "note": "multiplied by 1,000 (тыс.)"}),
        ("1,2 млн чел.", {"value": 1_200_000, "unit": "чел.", "note": "multiplied by 1,000,000 (млн)"}),
        ("2.5 billion", {"value": 2.5e9, "note": "multiplied by 1,000,000,000 (billion)"}),
    ],
)
def test_units_and_multipliers(text, expected):
    assert said(text) == {"status": "A", "qualifier": "exact", **expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<5", {"high": 5, "qualifier": "up_to", "note": "less than the bound"}),
        ("≤ 5 %", {"high": 5, "qualifier": "up_to", "unit": "%"}),
        ("менее 5", {"high": 5, "qualifier": "up_to", "note": "less than the bound"}),
        ("до 5", {"high": 5, "qualifier": "up_to"}),
        (">95", {"low": 95, "qualifier": "at_least", "note": "more than the bound"}),
        ("95+", {"low": 95, "qualifier": "at_least"}),
        ("at least 1 200", {"low": 1200, "qualifier": "at_least"}),
        ("≈ 3", {"value": 3, "qualifier": "about"}),
        ("около 3,5 тыс.", {"value": 3500, "qualifier": "about", "note": "multiplied by 1,000 (тыс.)"}),
        ("5-9", {"low": 5, "high": 9, "qualifier": "about", "note": "a range"}),
        ("1 500 – 2 000", {"low": 1500, "high": 2000, "qualifier": "about", "note": "a range"}),
        ("от 5 до 9 %", {"low": 5, "high": 9, "qualifier": "about", "unit": "%", "note": "a range"}),
    ],
)
def test_bounds_and_ranges_have_no_value(text, expected):
    assert said(text) == {"status": "A", **expected}


@pytest.mark.parametrize(
    "text", ["", "  ", "n/a", "N/A", "н/д", "…", "...", "..", ":", "нет данных", "no data", "#N/A"]
)
def test_gaps(text):
    assert said(text) == {"status": "M", "missing_reason": "not_collected"}


@pytest.mark.parametrize("text", ["-", "–", "—", "−"])
def test_a_dash_is_a_gap_and_says_that_it_might_mean_none(text):
    assert said(text)["missing_reason"] == "not_collected"
    assert "mapping" in said(text)["note"]


@pytest.mark.parametrize(("text", "reason"), [("x", "not_applicable"), ("х", "not_applicable"), ("*", "suppressed")])
def test_gaps_with_a_reason(text, reason):
    assert said(text) == {"status": "M", "missing_reason": reason}


@pytest.mark.parametrize(
    ("text", "value", "status", "note"),
    [
        ("12.5*", 12.5, "A", "footnote mark *"),
        ("12,5¹", 12.5, "A", "footnote mark ¹"),
        ("12,5 ¹⁾", 12.5, "A", "footnote mark ¹)"),
        ("12,5 1)", 12.5, "A", "footnote mark 1)"),
        ("12.5 [2]", 12.5, "A", "footnote mark [2]"),
        ("12.5 (p)", 12.5, "P", "flag p"),
        ("12.5 e", 12.5, "E", "flag e"),
        ("12.5b", 12.5, "B", "flag b"),
        ("12.5 (u)*", 12.5, "U", "footnote mark *; flag u"),
        ("12.5 (r)", 12.5, "A", "revised"),
        ("12,5 (предв.)", 12.5, "P", "flag предв."),
    ],
)
def test_footnote_marks_and_flags_never_become_part_of_the_number(text, value, status, note):
    assert said(text) == {"value": value, "status": status, "qualifier": "exact", "note": note}


def test_a_gap_keeps_its_footnote():
    assert said("…¹") == {"status": "M", "missing_reason": "not_collected", "note": "footnote mark ¹"}


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "12 abc",
        "12,51)",
        "(12)",
        "2019-2020",
        "2022-06-08",
        "08.06.2022",
        "12:30",
        "=A1+B1",
        "#DIV/0!",
        "9-5",
        "1.2-1.5 млн",
        "1 23",
        "12 345 6",
        "--5",
        "5.",
        "1e999",
        "1" * 61,
        "1" * 1000,
        "от нас до вас",
    ],
)
def test_what_is_no_number_is_an_error_and_nothing_else(text):
    assert said(text).keys() == {"error"}


@pytest.mark.parametrize(
    ("texts", "mark", "note"),
    [
        (["1,234", "2,5"], ",", ""),
        (["1,234", "2,345.6"], ".", ""),
        (["1", "2", "н/д", "08.06.2022"], None, ""),
        (["1,5", "2.5"], None, "both"),
        (["1,234", "5"], None, "ambiguous"),
        (["12,5-13,5 %"], ",", ""),
    ],
)
def test_the_column_decides_on_the_decimal_mark(texts, mark, note):
    found = find_decimal(texts)
    assert found.mark == mark
    assert found.note.startswith(note)
    assert bool(found.note) == bool(note)


def test_a_column_is_read_by_distinct_texts_and_keeps_its_index():
    column = pd.Series(["1,234", "2,5", "x", None, "1,234", "abc"], index=list("pqrstu"))
    df = read_numbers(column)
    assert list(df.index) == list("pqrstu")
    assert df["value"].fillna(-1).tolist() == [1.234, 2.5, -1, -1, 1.234, -1]
    assert df["missing_reason"].tolist() == ["", "", "not_applicable", "not_collected", "", ""]
    assert df["error"].tolist() == ["", "", "", "", "", "no number"]


def test_an_empty_column_has_all_attributes():
    df = read_numbers(pd.Series([], dtype="str"))
    assert list(df.columns) == list(Cell.__dataclass_fields__)
    assert df.empty


def english(value, decimals):
    return f"{value:,.{decimals}f}"


def russian(value, decimals):
    return f"{value:,.{decimals}f}".replace(",", "\u00a0").replace(".", ",").replace("-", "−")


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
@example(2020.5, 1)
def test_formatted_numbers_come_back(value, decimals):
    rounded = float(f"{value:.{decimals}f}")
    assert read_number(english(value, decimals), decimal=".").value == rounded
    assert read_number(russian(value, decimals), decimal=",").value == rounded


@given(st.floats(-1e12, 1e12), st.integers(0, 6))
def test_a_number_without_its_column_is_right_or_an_error(value, decimals):
    rounded = float(f"{value:.{decimals}f}")
    for text in (english(value, decimals), russian(value, decimals)):
        cell = read_number(text)
        assert cell.error or cell.value == rounded


ALPHABET = st.sampled_from([*"0123456789 ,.-–%<>+()*¹²epmeн/д…xX=#e'\u00a0$~", "тыс.", "млн", "до ", "от ", " - "])
TEXTS = st.one_of(st.text(max_size=250), st.lists(ALPHABET, max_size=14).map("".join))


@settings(max_examples=1000, deadline=None)
@given(TEXTS, st.sampled_from([None, ".", ","]))
def test_any_text_gives_one_consistent_cell(text, decimal):
    cell = read_number(text, decimal=decimal)
    numbers = [number for number in (cell.value, cell.low, cell.high) if number is not None]
    assert all(math.isfinite(number) for number in numbers)
    assert bool(numbers) + bool(cell.missing_reason) + bool(cell.error) == 1
    assert bool(cell.status) == (not cell.error)
    assert bool(cell.qualifier) == bool(numbers)
    assert cell.value is None or (cell.low is None and cell.high is None)
    assert read_number(f" {text} ", decimal=decimal) == cell or len(text) >= 199


@given(TEXTS)
def test_reading_a_read_value_changes_nothing(text):
    cell = read_number(text, decimal=".")
    if cell.value is not None:
        assert read_number(format(cell.value, ".17g"), decimal=".").value == cell.value


@settings(deadline=None)
@given(st.lists(TEXTS, max_size=20), st.sampled_from([None, ".", ","]))
@example(["1.5", "1,234", "-2,25", "7"], None)
def test_a_column_is_read_as_its_cells_are(texts, decimal):
    df = read_numbers(pd.Series(texts, dtype="object"), decimal=decimal)
    mark = decimal if decimal is not None else find_decimal(texts).mark
    for text, row in zip(texts, df.to_dict("records"), strict=True):
        cell = asdict(read_number(text, decimal=mark))
        assert {name: None if value != value else value for name, value in row.items()} == cell
