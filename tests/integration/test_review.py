"""The review: what waits for a person, the answers, and what a build makes of them."""

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from etl.lenient import EXCLUDE
from etl.review import COLUMNS, REVIEW_FILE
from tests.fixtures.small_package import write_package

INTAKE = """file: raw/table.csv
columns:
  place_name: "Place"
  period: "Year"
  value: "Doctors"
set: {iso3: XAA, level: ADM1, source_id: census, indicator: doctors_counted}
"""
INDICATOR = """id: doctors_counted
title: {en: "Doctors, as counted", ru: "Врачи, по учёту"}
menu_title: {en: "Doctors counted", ru: "Врачи по учёту"}
headline: {en: "Doctors", ru: "Врачи"}
driver: services
kind: count
definition: {en: "Doctors.", ru: "Врачи."}
definition_source: "Invented"
unit:
  text: {en: "persons", ru: "человек"}
value_range: [0, null]
direction: higher_is_better
levels: [ADM1]
periodicity: annual
population: {en: "all", ru: "все"}
source: {reader: intake, file: intake/table.yml, where: {indicator: "doctors_counted"}}
missing: {reason: not_collected}
sensitivity: low
display: {mark: symbol, k: 3, palette: blues, decimals: 0, level: ADM1}
"""
ROWS = """Place,Year,Doctors
Запад,2021,10
Westt region,2022,11
East land,2021,20
EAST LAND,2022,21
Elsewhere,2021,5
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The small package with a table as received: two rows join or are asked, others need an answer."""
    root = write_package(tmp_path / "small")
    for folder in ("raw", "intake"):
        (root / folder).mkdir()
    (root / "raw" / "table.csv").write_text(ROWS, encoding="utf-8")
    (root / "intake" / "table.yml").write_text(INTAKE, encoding="utf-8")
    (root / "catalog" / "indicators" / "doctors_counted.yml").write_text(INDICATOR, encoding="utf-8")
    return root


def read_review(package: Path) -> list[dict[str, str]]:
    text = (package / REVIEW_FILE).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def decide(package: Path, answers: dict[str, dict[str, str]], delimiter: str = ",") -> None:
    rows = read_review(package)
    for row in rows:
        row |= answers.get(row["place_name"], {})
    with (package / REVIEW_FILE).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def answer(decision: str, **more: str) -> dict[str, str]:
    return {"decision": decision, "decided_by": "A. Reviewer", "decided_on": "2026-11-22"} | more


def joined(etl, package: Path) -> pd.DataFrame:
    out = package.parent / "out"
    run = etl("build", package, "--out", out, "--quiet")
    assert run.code == 0, run.err
    folder = out / "public" / (out / "public" / "CURRENT").read_text(encoding="ascii").strip()
    table = pd.read_parquet(folder / "observations.parquet")
    return table.loc[table["indicator_id"] == "doctors_counted"].sort_values("source_row", ignore_index=True)


def listed(package: Path) -> list[dict]:
    out = package.parent / "out"
    folder = out / "public" / (out / "public" / "CURRENT").read_text(encoding="ascii").strip()
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return [row for row in report["listed"] if row["file"] == "intake/table.yml"]


def test_undecided_places_are_listed_and_asked(etl, package: Path) -> None:
    table = joined(etl, package)
    assert table["source_row"].tolist() == [2]
    assert table["match_method"].tolist() == ["name"]
    assert table["match_score"].dtype == "float32"
    assert [row["row"] for row in listed(package)] == [3, 4, 5, 6]
    assert all("waits for review" in row["reason"]["en"] for row in listed(package))
    assert not (package / REVIEW_FILE).exists()
    run = etl("review", package)
    assert run.code == 0
    assert run.out == f"{REVIEW_FILE}: 3 places wait, 0 are decided\n"
    rows = read_review(package)
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["place_name"], row["rows"], row["unit_id_1"]) for row in rows] == [
        ("East land", "2", "XA-EA"),
        ("Elsewhere", "1", ""),
        ("Westt region", "1", "XA-WE"),
    ]


def test_answers_join_and_are_kept(etl, package: Path) -> None:
    etl("review", package)
    decide(package, {"Westt region": answer("XA-WE"), "Elsewhere": answer(EXCLUDE, note="no such place")})
    table = joined(etl, package)
    assert table[["source_row", "unit_id", "match_method", "match_score"]].to_numpy().tolist() == [
        [2, "XA-WE", "name", 1.0],
        [3, "XA-WE", "reviewed", 1.0],
    ]
    reasons = {row["row"]: row["reason"]["en"] for row in listed(package)}
    assert reasons[6] == "Left out by review: no such place"
    before = (package / REVIEW_FILE).read_bytes()
    run = etl("review", package, "--json")
    assert run.result["reviews"] == [
        {
            "file": REVIEW_FILE,
            "waiting": 1,
            "decided": 2,
            "aliases_added": 0,
            "exclusions_added": 0,
            "kept": [],
        }
    ]
    assert [p["place_name"] for p in run.result["proposals"]] == ["East land"]
    etl("review", package)
    assert [row["decision"] for row in read_review(package)] == ["", EXCLUDE, "XA-WE"]
    assert (package / REVIEW_FILE).read_bytes().count(b"A. Reviewer") == before.count(b"A. Reviewer")


def test_a_spreadsheet_may_save_the_file_with_semicolons(etl, package: Path) -> None:
    etl("review", package)
    decide(package, {"Westt region": answer("XA-WE")}, delimiter=";")
    assert joined(etl, package)["match_method"].tolist() == ["name", "reviewed"]


def test_applied_answers_become_aliases_and_exclusions(etl, package: Path) -> None:
    etl("review", package)
    decide(
        package, {"Westt region": answer("XA-WE", note="typist"), "Elsewhere": answer(EXCLUDE, note="no such place")}
    )
    run = etl("review", package, "--apply")
    assert run.out.splitlines() == [
        f"{REVIEW_FILE}: 1 places wait, 0 are decided",
        "  applied: 1 aliases, 1 exclusions",
    ]
    assert [row["place_name"] for row in read_review(package)] == ["East land"]
    aliases = pd.read_csv(package / "data" / "aliases.csv", dtype="str", keep_default_na=False)
    (row,) = aliases.loc[aliases["name"] == "Westt region"].to_dict("records")
    assert (row["unit_id"], row["decided_by"], row["decided_on"], row["note"]) == (
        "XA-WE",
        "A. Reviewer",
        "2026-11-22",
        "typist",
    )
    order = ["iso3", "level", "name", "unit_id", "source_id"]
    assert aliases[order].to_numpy().tolist() == sorted(aliases[order].to_numpy().tolist())
    assert joined(etl, package)["match_method"].tolist() == ["name", "alias"]
    reasons = {row["row"]: row["reason"]["en"] for row in listed(package)}
    assert reasons[6] == "no such place"
    aliases_before = (package / "data" / "aliases.csv").read_bytes()
    etl("review", package, "--apply")
    assert (package / "data" / "aliases.csv").read_bytes() == aliases_before


def test_an_answer_that_no_alias_can_say_stays(etl, package: Path) -> None:
    (package / "raw" / "table.csv").write_text(ROWS.replace("Westt", "North-east"), encoding="utf-8")
    etl("review", package)
    (row,) = [row for row in read_review(package) if row["place_name"] == "North-east region"]
    decide(package, {row["place_name"]: answer("XA-WE")})
    run = etl("review", package, "--apply")
    assert "stays in the file, where builds read it: North-east region (XAA ADM1): " in run.out
    assert "is or was called so" in run.out
    assert joined(etl, package)["match_method"].tolist() == ["name", "reviewed"]


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        (answer("XA-WE", decided_by=""), "decided_by", "who decided"),
        (answer("XA-WE", decided_on=""), "decided_on", "a date such as 2022-06-08"),
        (answer("XA-WE", decided_on="22.11.2026"), "decided_on", "a date such as 2022-06-08"),
        (answer("XA-NO"), "decision", "a unit_id of XAA-2020 at ADM1, or exclude"),
        (answer("XA-NE"), "decision", "a unit_id of XAA-2020 at ADM1, or exclude"),
        (answer("yes"), "decision", "a unit_id of XAA-2020 at ADM1, or exclude"),
        (answer(EXCLUDE), "note", "the reason"),
        (answer(""), "decision", "a unit_id or exclude"),
    ],
)
def test_incomplete_or_impossible_answers_are_refused(etl, package: Path, cells, column: str, words: str) -> None:
    etl("review", package)
    decide(package, {"Westt region": cells})
    for command in ("validate", "review"):
        run = etl(command, package, "--json")
        assert run.code == 2
        (problem,) = run.result["problems"]
        assert (problem["file"], problem["row"], problem["column"]) == (REVIEW_FILE, 4, column)
        assert words in problem["expected"]


def test_two_answers_for_one_place_are_refused(etl, package: Path) -> None:
    etl("review", package)
    decide(package, {"Westt region": answer("XA-WE"), "East land": answer("XA-EA")})
    rows = read_review(package)
    again = dict(rows[-1]) | {"decision": "XA-EA"}
    with (package / REVIEW_FILE).open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, COLUMNS).writerow(again)
    run = etl("validate", package, "--json")
    assert [problem["expected"] for problem in run.result["problems"]] == ["one answer for a place (row 4 has another)"]


def test_a_file_without_its_columns_is_refused(etl, package: Path) -> None:
    (package / "review").mkdir()
    (package / REVIEW_FILE).write_text("place;answer\nA;B\n", encoding="utf-8")
    run = etl("validate", package, "--json")
    assert [(p["file"], p["found"]) for p in run.result["problems"]] == [(REVIEW_FILE, "no such column")]


def test_a_package_without_open_questions_gets_no_file(etl, package: Path) -> None:
    (package / "raw" / "table.csv").write_text("Place,Year,Doctors\nWest,2021,10\n", encoding="utf-8")
    run = etl("review", package)
    assert run.out == "nothing to review: every place is matched\n"
    assert not (package / REVIEW_FILE).exists()
