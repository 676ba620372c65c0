"""The quality report as it is published and served: what it says, and what it must not say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from flask.testing import FlaskClient

from dashboard.factory import create_app
from dashboard.settings import Settings
from etl.__main__ import main
from etl.proposal import Candidate, Proposal, Reason
from etl.quality.page import render_report
from etl.quality.report import list_proposals, list_rows
from geodata.snapshot import open_snapshot
from tests.fixtures.small_package import ECONOMIC, figure, write_csv, write_package

SECRET = "77.31"


@pytest.fixture(scope="module")
def client(small_snapshots: Path) -> FlaskClient:
    return create_app(Settings(snapshots=small_snapshots)).server.test_client()


@pytest.fixture(scope="module")
def central(snapshots: Path) -> FlaskClient:
    return create_app(Settings(snapshots=snapshots)).server.test_client()


def build(package: Path, out: Path) -> Path:
    assert main(["build", str(package), "--out", str(out), "--quiet"]) == 0
    return open_snapshot(out, "public").path


def test_coverage_by_unit_and_period_is_published(small_snapshots):
    report = open_snapshot(small_snapshots, "public").report_json()
    poverty = next(one for one in report["indicators"] if one["id"] == "poverty_rate")
    block = next(one for one in poverty["coverage"] if (one["iso3"], one["level"]) == ("XAA", "ADM1"))
    cells = dict(zip(block["matrix"]["units"], block["matrix"]["cells"], strict=True))
    assert [end for _, end in block["matrix"]["periods"]] == ["2018-12-31", "2019-12-31", "2021-12-31"]
    assert cells["XA-WE"] == "v.v"
    assert cells["XA-SE"] == "n.."
    assert cells["XA-EA"] == "..v"
    assert cells["XA-TO"] == "v.-"
    assert cells["XAA-north"] == ".v."
    assert report["reference_day"] == "2026-01-02"
    assert block["age_years"] == 4.0


def test_a_report_tells_its_rows_by_source(small_snapshots):
    report = open_snapshot(small_snapshots, "public").report_json()
    rows = {one["source_id"]: (one["rows"], one["rows_with_figure"]) for one in report["sources"]}
    assert rows == {"atlas": (0, 0), "census": (14, 13), "panel": (3, 3)}
    assert sum(n for n, _ in rows.values()) == report["rows"]["joined"]


def test_the_page_opens_by_itself_in_both_languages(small_snapshots):
    page = (open_snapshot(small_snapshots, "public").path / "report.html").read_text(encoding="utf-8")
    assert set(re.findall(r'<main class="q" id="(\w+)"', page)) == {"en", "ru"}
    assert not re.search(r"<script|<link|@import|url\(|src=", page)
    anchors = set(re.findall(r'href="#([^"]+)"', page))
    assert anchors
    assert anchors <= set(re.findall(r'id="([^"]+)"', page))
    assert page.count("<th>") == 0


def test_a_withheld_figure_and_its_total_are_nowhere(tmp_path):
    package = write_package(tmp_path / "small")
    rows = [row for row in ECONOMIC if row[4] not in ("Arlan", "West")]
    rows += [
        figure("poverty_rate", "XAA", "", "Arlan", 2018, SECRET, level="ADM0"),
        figure("poverty_rate", "XAA", "0101", "West", 2018, "", status="M", reason="suppressed"),
    ]
    write_csv(package / "data/figures/economic.csv", rows)
    path = build(package, tmp_path / "out")
    report = json.loads((path / "report.json").read_text(encoding="utf-8"))
    poverty = next(one for one in report["indicators"] if one["id"] == "poverty_rate")
    assert poverty["withheld_figures"] == 2
    for name in ("report.json", "report.html"):
        text = (path / name).read_text(encoding="utf-8")
        assert SECRET not in text
        assert SECRET.replace(".", ",") not in text


def test_a_total_that_does_not_fit_is_published_as_worth_a_look(tmp_path):
    package = write_package(tmp_path / "small")
    rows = [row for row in ECONOMIC if row[3] not in ("NA", "010")]
    rows += [
        figure("poverty_rate", "XBB", "", "Borun", 2021, "60", level="ADM0"),
        figure("poverty_rate", "XBB", "NA", "Upper", 2021, "12.5"),
        figure("poverty_rate", "XBB", "010", "Lower", 2021, "14"),
    ]
    write_csv(package / "data/figures/economic.csv", rows)
    path = build(package, tmp_path / "out")
    report = json.loads((path / "report.json").read_text(encoding="utf-8"))
    (group,) = report["worth_a_look"]["range"]["groups"]
    (line,) = group["listed"]
    assert (line["unit_id"], line["value"], line["expected"], line["expected_high"]) == ("XBB", 60.0, 12.5, 14.0)
    page = (path / "report.html").read_text(encoding="utf-8")
    assert "parts from 12.5 to 14" in page
    assert "части от 12,5 до 14" in page


def test_the_app_serves_the_report_of_its_tier(client):
    page = client.get("/quality?lang=en")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-cache"
    assert "Poverty rate" in page.text
    assert "Returns" not in page.text
    assert "XA-WE" not in page.text
    assert "Отчёт о качестве данных" in client.get("/quality?lang=ru").text
    assert "<script" not in page.text


def test_the_page_of_an_indicator_holds_its_matrix_and_nothing_of_others(client):
    page = client.get("/quality?indicator=poverty_rate&lang=en")
    assert page.status_code == 200
    assert "South-East" in page.text
    assert "Doctors" not in page.text


@pytest.mark.parametrize("query", ["indicator=returns", "indicator=nothing", "dataset=nothing"])
def test_what_the_tier_does_not_hold_is_not_found(client, query):
    answer = client.get(f"/quality?{query}")
    assert answer.status_code == 404
    assert set(answer.json) == {"error"}


def test_figures_of_the_default_package_lead_to_the_map(central):
    text = central.get("/quality?lang=en").text
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/\?[^"]+unit=[^"]+)"', text)}
    assert links
    for link in sorted(links)[:3]:
        page = central.get(link)
        assert page.status_code == 200
        assert '<div id="notice" role="status" hidden>' in page.text, link


def test_every_link_between_pages_of_the_report_is_answered(central):
    text = central.get("/quality?lang=ru").text
    links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/quality[^"]+)"', text)}
    assert len(links) > 20
    for link in sorted(links)[::10]:
        assert central.get(link).status_code == 200, link


def test_places_that_wait_and_cells_that_were_not_read_are_shown(small_snapshots):
    listed = pd.DataFrame(
        [{"indicator_id": "doctors", "iso3": "XAA", "level": "ADM1", "place_name": "<Tovr>",
          "source_file": "intake/a.yml", "source_row": 7, "cell": "D7",
          "reason_en": "Waits for review.", "reason_ru": "Ждёт решения."}]
    )  # fmt: skip
    reason = Reason("No sure match.", "Нет уверенного совпадения.")
    candidates = (Candidate("XA-TO", "Tover town", 0.91, reason),)
    held = Proposal("XAA", "ADM1", "XAA-2020", "", "", "<Tovr>", reason, candidates, 3, ("intake/a.yml",), ("census",))
    other = replace(held, place_name="Elsewhere")  # asked for only by an indicator that the tier does not hold
    report = open_snapshot(small_snapshots, "public").report_json()
    report |= {"listed": list_rows(listed), "proposals": list_proposals([held, other], listed)}
    assert [one["place_name"] for one in report["proposals"]] == ["<Tovr>"]
    page = render_report(report)
    assert "intake/a.yml, D7" in page
    assert "&lt;Tovr&gt;" in page
    assert "<Tovr>" not in page
    assert "0.91" in page
    assert "0,91" in page
    assert "Elsewhere" not in page
