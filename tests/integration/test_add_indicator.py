"""One new YAML file and its rows make an indicator appear everywhere, with no other change to package or code."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard.factory import create_app
from dashboard.settings import Settings
from geodata.snapshot import Snapshot, open_snapshot

ID = "bridges_in_repair"
FIGURES = "data/figures/services.csv"
SPEC = """\
id: bridges_in_repair
title: {en: "Bridges in repair", ru: "Мосты в ремонте"}
menu_title: {en: "Bridges in repair", ru: "Мосты в ремонте"}
headline: {en: "Share of road bridges in repair", ru: "Доля автодорожных мостов в ремонте"}
driver: services
kind: rate
definition:
  en: "Road bridges closed for repair, as a share of all road bridges."
  ru: "Автодорожные мосты, закрытые на ремонт, в доле от всех автодорожных мостов."
definition_source: "invented for this test"
unit:
  text: {en: "% of bridges", ru: "% мостов"}
  sign: {en: "%", ru: "%"}
value_range: [0, 100]
direction: higher_is_worse
levels: [ADM0, ADM1]
periodicity: annual
population: {en: "road bridges", ru: "автодорожные мосты"}
source: {reader: csv, file: data/figures/services.csv, where: {indicator: "bridges_in_repair"}}
missing: {reason: not_collected}
sensitivity: low
caveats:
  - {en: "Footbridges are left out.", ru: "Пешеходные мосты не учтены."}
display: {mark: fill, scheme: quantiles, k: 4, palette: teals, decimals: 1, level: ADM1}
"""
PLACES = {
    "KG-B": "Batken region", "KG-C": "Chui region", "KG-Y": "Issyk-Kul region", "KG-J": "Jalal-Abad region",
    "KG-N": "Naryn region", "KG-T": "Talas region", "KG-O": "Osh region",
}  # fmt: skip
VALUES = {2022: [4, 8, 15, 16, 23, 42, 1.5], 2023: [5, 9, 14, 17, 24, 40, 2.5]}


def add_indicator(package: Path, source_id: str) -> None:
    """Add the YAML file and the rows of two years."""
    (package / "catalog" / "indicators" / f"{ID}.yml").write_text(SPEC, encoding="utf-8")
    path = package / FIGURES
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, header, restval="", lineterminator="\n")
        for year, values in VALUES.items():
            regions = [("ADM1", code, name, v) for (code, name), v in zip(PLACES.items(), values, strict=True)]
            for level, code, name, value in [("ADM0", "KGZ", "Kyrgyzstan", 12.25), *regions]:
                rows.writerow({
                    "indicator": ID, "iso3": "KGZ", "level": level, "place_code": code, "place_name": name,
                    "period_start": f"{year}-01-01", "period_end": f"{year}-12-31", "sex": "all", "age": "all",
                    "value": value, "qualifier": "exact", "obs_status": "A", "source_id": source_id,
                })  # fmt: skip


@pytest.fixture(scope="module")
def source_id(central_asia: Path) -> str:
    with (central_asia / "data" / "sources.csv").open(encoding="utf-8", newline="") as file:
        return next(csv.DictReader(file))["source_id"]


@pytest.fixture(scope="module")
def built(central_asia: Path, source_id: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Snapshot]:
    """Return the package's copy and its snapshot."""
    from etl.__main__ import main

    folder = tmp_path_factory.mktemp("added")
    package = Path(shutil.copytree(central_asia, folder / central_asia.name))
    add_indicator(package, source_id)
    assert main(["build", str(package), "--out", str(folder / "out"), "--quiet"]) == 0
    return package, open_snapshot(folder / "out", "public")


@pytest.fixture(scope="module")
def client(built: tuple[Path, Snapshot]) -> FlaskClient:
    return create_app(Settings(snapshots=built[1].path.parents[1])).server.test_client()


@pytest.fixture
def page(client: FlaskClient) -> Callable[[str], str]:
    return lambda lang: client.get(f"/?layer={ID}&lang={lang}").text


def scene(client: FlaskClient, lang: str = "en", level: str = "ADM1") -> dict[str, Any]:
    text = client.get(f"/?layer={ID}&level={level}&lang={lang}").text
    found = re.search(r'<script type="application/json" id="boot">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])["scene"]


def ask(client: FlaskClient, output: str, asked_of: str, **data: str) -> str:
    names = [dict(zip(("id", "property"), name.split("."), strict=True)) for name in output.strip(".").split("...")]
    answer = client.post(
        "/_dash-update-component",
        json={
            "output": output,
            "outputs": names if len(names) > 1 else names[0],
            "inputs": [{"id": asked_of, "property": "data", "value": data}],
            "changedPropIds": [f"{asked_of}.data"],
        },
    )
    assert answer.status_code == 200
    return answer.text


def test_nothing_else_was_changed(built: tuple[Path, Snapshot], central_asia: Path) -> None:
    package = built[0]
    original = {p.relative_to(central_asia): p.read_bytes() for p in central_asia.rglob("*") if p.is_file()}
    changed = {p.relative_to(package): p.read_bytes() for p in package.rglob("*") if p.is_file()}
    assert changed.keys() - original.keys() == {Path("catalog/indicators") / f"{ID}.yml"}
    assert {p for p in original if original[p] != changed[p]} == {Path(FIGURES)}
    assert changed[Path(FIGURES)].startswith(original[Path(FIGURES)])


def test_it_is_in_the_manifest_and_the_tables(built: tuple[Path, Snapshot], snapshots: Path) -> None:
    after, before = built[1], open_snapshot(snapshots, "public")
    assert after.manifest["indicators"] == before.manifest["indicators"] + 1
    assert after.manifest["observations"] == before.manifest["observations"] + 16
    found = after.observations(ID)
    assert sorted(found["unit_id"]) == sorted(["KGZ", *PLACES] * 2)
    assert found.set_index(["unit_id", "period_end"])["value"]["KG-N", "2023-12-31"] == 24


@pytest.mark.parametrize(("lang", "title"), [("en", "Bridges in repair"), ("ru", "Мосты в ремонте")])
def test_it_is_in_the_menu_under_its_driver(page: Callable[[str], str], lang: str, title: str) -> None:
    group = re.search(r'data-driver="services".*?</details>', page(lang), re.DOTALL)
    assert group is not None
    entry = re.search(rf'<li data-text="([^"]*)"><a[^>]*data-layer="{ID}"[^>]*>(.*?)</a>', group[0])
    assert entry is not None
    assert title in entry[2]
    assert "KGZ" in entry[2]
    assert title.casefold() in entry[1]
    assert 'aria-current="true"' in entry[0]


def test_it_has_a_headline_and_a_legend(page: Callable[[str], str], client: FlaskClient) -> None:
    text = page("en")
    assert '<h1 id="headline">Share of road bridges in repair</h1>' in text
    assert "<title>Share of road bridges in repair · " in text
    legend = unescape(re.search(r'<section id="legend".*?</section>', text, re.DOTALL)[0])
    ranges = re.findall(
        r'data-entry="(\d)".*?<span class="lg-range">([^<]*)</span>.*?<span class="lg-n">(\d+)</span>', legend
    )
    assert [entry for entry, _, _ in ranges] == ["3", "2", "1", "0"]
    assert ranges[0][1].endswith("–42.0")
    assert ranges[-1][1].startswith("1.5–")
    assert sum(int(n) for _, _, n in ranges) == len(PLACES)
    assert "% of bridges" in legend


def test_its_scene_feeds_map_table_and_hover(client: FlaskClient) -> None:
    for lang in ("en", "ru"):
        found = scene(client, lang)
        assert [stop["id"] for stop in found["periods"]] == ["2022", "2023"]
        for row, values in enumerate(VALUES.values()):
            shown = dict(zip(found["ids"], found["values"][row], strict=True))
            assert {code: shown[code] for code in PLACES} == dict(zip(PLACES, values, strict=True))
            assert sum(v is not None for v in shown.values()) == len(PLACES)
            assert found["ranks"][row][found["ids"].index("KG-T")] == 1
            assert found["national"][row] == {"KGZ": 12.25}
        at = found["ids"].index("KG-N")
        assert found["sources"][found["source"][1][at]]["title"]
    label = 'aria-label="Talas region, Kyrgyzstan: 40.0% (2023)"'
    assert label in client.get(f"/?layer={ID}&period=2023&lang=en").text


def test_it_is_at_the_level_of_countries_too(client: FlaskClient) -> None:
    found = scene(client, level="ADM0")
    assert found["values"][0][found["ids"].index("KGZ")] == 12.25


def test_it_is_in_the_panel_of_a_place(client: FlaskClient) -> None:
    own = ask(client, "panel.children", "panel-ask", layer=ID, level="ADM1", lang="en", unit="KG-N")
    assert "24.0%" in own
    assert "Naryn region" in own
    other = ask(client, "panel.children", "panel-ask", layer="poverty_rate", level="ADM1", lang="en", unit="KG-N")
    assert "Bridges in repair" in other


def test_it_is_in_the_method_dialog(client: FlaskClient) -> None:
    told = ask(client, "..method.is_open...method.children..", "method-ask", layer=ID, level="ADM1", lang="en")
    for part in ("Bridges in repair", "closed for repair", "invented for this test", "Footbridges are left out."):
        assert part in told
    russian = ask(client, "..method.is_open...method.children..", "method-ask", layer=ID, level="ADM1", lang="ru")
    assert "Пешеходные мосты не учтены." in json.dumps(json.loads(russian), ensure_ascii=False)


def test_it_is_in_the_report(built: tuple[Path, Snapshot]) -> None:
    snapshot = built[1]
    entry = next(one for one in snapshot.report_json()["indicators"] if one["id"] == ID)
    assert {(c["level"], c["periods"], c["rows_with_figure"]) for c in entry["coverage"]} == {
        ("ADM0", 2, 2), ("ADM1", 2, 14),
    }  # fmt: skip
    assert "Bridges in repair" in (snapshot.path / "report.html").read_text(encoding="utf-8")


def test_the_other_layers_are_as_before(client: FlaskClient, snapshots: Path) -> None:
    before = create_app(Settings(snapshots=snapshots)).server.test_client()

    def values(of: FlaskClient) -> Any:
        text = of.get("/?layer=doctors_per_10000").text
        found = re.search(r'id="boot">(.*?)</script>', text, re.DOTALL)
        assert found is not None
        data = json.loads(found[1])["scene"]
        return data["values"], data["scopes"], data["states"]

    assert values(client) == values(before)
