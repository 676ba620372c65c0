"""Decisions of the page go into the review file, with who and when, and nothing else of it changes."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from dashboard.bring.review import EXCLUDE, REVIEW_FILE, Decisions, read_review

HEADER = (
    "iso3,level,boundary_set,parent,place_code,place_name,rows,files,unit_id_1,name_1,score_1,reason_1,"
    "unit_id_2,name_2,score_2,reason_2,unit_id_3,name_3,score_3,reason_3,decision,decided_by,decided_on,note\n"
)
OSH = "KGZ,ADM1,KGZ-2010,,,Ош,3,a.csv,KG-O,Osh,0.9,name of region and city,KG-GO,Osh city,0.9,alike,,,,,,,,\n"
TALAS = "KGZ,ADM1,KGZ-2010,,,Таласс,2,a.csv,KG-T,Talas,0.8,alike,,,,,,,,,KG-T,Office A,2026-01-02,\n"


def package(folder: Path) -> Path:
    (folder / "review").mkdir()
    (folder / REVIEW_FILE).write_text(HEADER + OSH + TALAS, encoding="utf-8")
    return folder


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / REVIEW_FILE).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_no_file_is_no_place(tmp_path: Path) -> None:
    assert read_review(tmp_path) == []


def test_places_have_their_proposals_in_order(tmp_path: Path) -> None:
    osh, talas = read_review(package(tmp_path))
    assert [(one.unit_id, one.score) for one in osh.proposals] == [("KG-O", "0.9"), ("KG-GO", "0.9")]
    assert (osh.decision, talas.decision, talas.decided_by) == ("", "KG-T", "Office A")


def test_decision_is_kept_with_name_and_date(tmp_path: Path) -> None:
    form = {"decision-0": "KG-GO", "note-0": "", "decision-1": "KG-T", "note-1": "", "token": "x"}
    Decisions.from_form(form, "Office B").write(package(tmp_path))
    osh, talas = rows_of(tmp_path)
    assert (osh["decision"], osh["decided_by"], osh["decided_on"]) == ("KG-GO", "Office B", date.today().isoformat())
    assert (talas["decided_by"], talas["decided_on"]) == ("Office A", "2026-01-02"), "an unchanged answer is not retold"


def test_other_unit_exclusion_and_waiting(tmp_path: Path) -> None:
    form = {"decision-0": "other", "other-0": "KG-B", "decision-1": "", "note-1": ""}
    Decisions.from_form(form, "A").write(package(tmp_path))
    osh, talas = rows_of(tmp_path)
    assert osh["decision"] == "KG-B"
    assert (talas["decision"], talas["decided_by"], talas["decided_on"]) == ("", "", "")
    Decisions.from_form({"decision-0": EXCLUDE, "decision-1": ""}, "A").write(tmp_path)
    assert rows_of(tmp_path)[0]["note"], "an exclusion always says why"
