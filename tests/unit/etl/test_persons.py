import csv
from pathlib import Path

import pandas as pd
import pytest

from etl.persons import scan_columns


def kinds_of(name, values):
    return [refusal.kind for refusal in scan_columns(pd.DataFrame({0: values}, dtype="str"), [name])]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a@example.org", "", "b.c@example.org"], "person"),
        (["+7 (701) 123-45-67", "+996 555 123 456", "8-701-123-45-68"], "person"),
        (["77011234567", "77051234568", "77771234569"], "person"),
        (["850412300123", "910730400456", "640101300789", "771215400111"], "person"),
        (["31204851234567", "42507911234568", "30101641234569", "51512771234560"], "person"),
        (["AA1234567", "AB7654321", "AC1112223"], "person"),
        (["Иванов Иван Иванович", "Асанов Бакыт уулу", "Петрова Анна Сергеевна"], "person"),
        (["12.04.1985", "30.07.1991", "01.01.1964", "15.12.1977", "03.03.2001"], "person"),
        (["43.23891, 76.88970", "42.87462, 74.56983", "41.29952, 69.24011"], "point"),
        (["узбеки", "кыргызы", "всего"], "belonging"),
        (["Sunni", "Shia", "other"], "belonging"),
        (["population by ethnicity", "population"], "belonging"),
    ],
)
def test_values_on_persons_points_and_belonging_are_found_under_any_header(values, kind):
    assert kinds_of("column 1", values) == [kind]


@pytest.mark.parametrize(
    "name", ["e-mail", "ПИНФЛ", "household_id", "Millati", "religion", "watch list", "подозреваемые", "Latitude"]
)
def test_headers_are_refused(name):
    assert kinds_of(name, ["x", "y", "z"]) != []


@pytest.mark.parametrize(
    "values",
    [
        ["3590220000000", "3507226000000", "3505220000000", "3501000000000"],
        ["41702205000000", "41703211000000", "41704225000000", "41711000000000", "41721000000000"],
        ["KG02000000000", "KG03000000000", "KG04000000000"],
        ["UZ1703", "UZ1706", "UZ1708"],
        ["AF010101", "AF010102", "AF020301"],
        ["1 234 567 890", "2 345 678 901", "3 456 789 012"],
        ["2019-01-01", "2019-02-01", "2019-03-01", "2020-01-01", "2024-12-01"],
        ["Ошская область", "Джалал-Абадская область", "город Ош"],
        ["110000000", "150000000", "190000000"],
        ["12345678.1234", "43.238912", "76.889712"],
        ["15-29", "30-44", "45-59"],
    ],
)
def test_codes_figures_and_dates_of_periods_are_no_persons(values):
    assert kinds_of("column 1", values) == []


def test_no_false_alarm_on_the_shipped_tables(root: Path):
    found = []
    for path in sorted((root / "packages").glob("*/data/**/*.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        cells = pd.DataFrame(rows[1:], columns=range(len(rows[0])), dtype="str")
        shown = [refusal for refusal in scan_columns(cells, rows[0]) if refusal.column not in ("lon", "lat")]
        found += [(path.name, refusal.column, refusal.found) for refusal in shown]
    assert found == []
