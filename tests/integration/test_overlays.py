"""What lies over the fills: its addresses, what they hold back, and the same drawn in Python."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from flask.testing import FlaskClient

from dashboard.errors import UnknownAddressError
from dashboard.export.overlays import Drawn, Look, draw_overlays, with_overlays
from dashboard.export.svg import render_map
from dashboard.factory import create_app
from dashboard.services import Services
from dashboard.settings import Settings
from geodata.snapshot import open_snapshot

K = 10
SVG = "{http://www.w3.org/2000/svg}"
ALL = "typology.outline.100;population.symbol.80;internal_moves__10.flow.90;programmes.counts.100"
EVERY_REFERENCE = "neighbours,lakes,capitals,labels,graticule,scale"


@pytest.fixture(scope="module")
def built(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the snapshots of the training country, all tiers."""
    out = tmp_path_factory.mktemp("training")
    command = [sys.executable, "-m", "etl", "build", "packages/training", "--out", str(out), "--tier", "all"]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def client(built: Path) -> FlaskClient:
    return create_app(Settings(snapshots=built)).server.test_client()


@pytest.fixture(scope="module")
def services(built: Path) -> Services:
    return Services(open_snapshot(built, "public"), Settings(snapshots=built))


def index(client: FlaskClient, lang: str = "en") -> dict[str, Any]:
    boot = json.loads(re.search(r'id="boot">(.*?)</script>', client.get(f"/?lang={lang}").text, re.DOTALL).group(1))
    found: dict[str, Any] = client.get(boot["data"].replace("/data/", "/overlays/") + ".json").json
    return found


def look(services: Services, indicator: str = "poverty_rate", level: str = "ADM2", period: str = "2018") -> Look:
    scene = services.scene(indicator, level, "en")
    at = next(i for i, stop in enumerate(scene["periods"]) if stop["id"] == period)
    whole = services.map_json(level)
    return Look(scene, at, "", None, 4.0, (0.0, 0.0, float(whole["width"]), float(whole["height"])))


def test_moves_are_served_largest_first_without_any_small_number(client: FlaskClient, root: Path) -> None:
    (offer,) = index(client)["flows"]
    data = client.get(offer["address"]).json[offer["id"]]
    assert [period["id"] for period in data["periods"]] == [str(year) for year in range(2008, 2025)]
    numbers = [row[2] for rows in data["rows"] for row in rows if row[2] is not None]
    assert not [n for n in numbers if 0 < n < K]
    for rows in data["rows"]:
        known = [row[2] for row in rows if row[2] is not None]
        assert known == sorted(known, reverse=True)
    withheld = sum(len(row) == 4 and row[3] == "s" for rows in data["rows"] for row in rows)
    raw = pd.read_csv(root / "packages" / "training" / "data" / "flows.csv", dtype=str, keep_default_na=False)
    small = raw["persons"].astype(int).between(1, K - 1).sum()
    assert withheld >= small > 0


def test_programmes_of_districts_are_counted_at_their_regions(client: FlaskClient) -> None:
    start = index(client)["programmes"]
    districts, regions = (client.get(f"{start}/{level}.json").json for level in ("ADM2", "ADM1"))
    assert {unit["level"] for unit in districts["units"]} == {"ADM1", "ADM2"}
    assert {unit["level"] for unit in regions["units"]} == {"ADM1"}
    assert len(districts["items"]) == len(regions["items"]) == 159
    assert {sector["title"] for sector in districts["sectors"]} >= {"Water and sanitation", "Health"}
    russian = client.get(f"{index(client, 'ru')['programmes']}/ADM1.json").json
    assert {status["title"] for status in russian["statuses"]} >= {"идёт", "завершена"}


def test_reference_layers_are_served_by_their_hash(client: FlaskClient) -> None:
    address = index(client)["reference"]
    answer = client.get(address)
    assert re.fullmatch(r"/geo/reference_training\.[0-9a-f]{8}\.json", address)
    assert "immutable" in answer.headers["Cache-Control"]
    assert [lake["name"]["en"] for lake in answer.json["lakes"]] == ["Lake Ondilava"]
    assert [place["kind"] for place in answer.json["places"]].count("capital") == 1


@pytest.mark.parametrize("address", ["flows/{}/en/ADM2.json", "programmes/{}/en/ADM9.json", "overlays/0/en.json"])
def test_what_is_not_published_is_told_in_words(client: FlaskClient, address: str) -> None:
    content = index(client)["flows"][0]["address"].split("/")[2]
    answer = client.get("/" + address.format(content))
    assert answer.status_code == 404
    assert answer.json["error"]


def test_python_draws_what_the_address_names(services: Services) -> None:
    seen = look(services)
    drawn = draw_overlays(services, ALL, EVERY_REFERENCE, seen, "en")
    assert len(drawn.sources) == 3
    whole = services.map_json("ADM2")
    svg = render_map(seen.scene, services.words("en"), whole, services.units("ADM2", "en"), {}, seen.period)
    root = ElementTree.fromstring(with_overlays(svg, drawn))
    order = [child.get("id") for child in root if child.get("id") in ("shapes", "symbols", "marks")]
    assert order == ["shapes", "symbols", "marks"]
    assert [child.get("pointer-events") for child in root].count("none") >= 3
    assert len([one for one in root.iter(f"{SVG}circle") if one.get("fill-opacity") == ".62"]) == 62
    assert len([one for one in root.iter(f"{SVG}path") if one.get("fill-opacity") == ".82"]) == 10
    assert len(list(root.iter(f"{SVG}clipPath"))) == 4


def test_what_is_off_is_not_drawn_and_what_is_unknown_is_refused(services: Services) -> None:
    seen = look(services)
    for nothing in ("population.symbol.80.off", "unemployment_rate.fill.40;water_access.fill.100.off"):
        assert draw_overlays(services, nothing, "none", seen, "en") == Drawn()
    for wrong in ("poverty_rate.symbol.80", "nothing.symbol.80", "no_moves.flow.80", "population.stars.80"):
        with pytest.raises(UnknownAddressError):
            draw_overlays(services, wrong, "none", seen, "en")


def test_a_severe_layer_lies_under_nothing_and_over_nothing(built: Path) -> None:
    services = Services(open_snapshot(built, "restricted"), Settings(snapshots=built, tier="restricted"))
    severe = next(spec for spec in services.catalog.indicators if not spec.allows("join"))
    level = services.levels(severe.id)[0]
    scene = services.scene(severe.id, level, "en")
    under = Look(scene, 0, "", None, 4.0, (0.0, 0.0, 4800.0, 4000.0))
    over = "population.symbol.100;internal_moves.flow.100;programmes.counts.100"
    assert draw_overlays(services, over, "none", under, "en") == Drawn()
    assert draw_overlays(services, f"{severe.id}.symbol.100", "none", look(services), "en") == Drawn()
