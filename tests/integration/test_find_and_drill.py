"""Looking inside places and searching over HTTP: what the page is told, what is refused, what is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard.factory import create_app
from dashboard.settings import Settings
from etl.__main__ import main

FOREVER = "public, max-age=31536000, immutable"
INSIDE = "/?layer=unemployment_rate&level=ADM2&inside=XT02&period=2016"


@pytest.fixture(scope="module")
def training(root: Path, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    out = tmp_path_factory.mktemp("training")
    assert main(["build", str(root / "packages" / "training"), "--out", str(out), "--quiet"]) == 0
    return create_app(Settings(snapshots=out)).server.test_client()


@pytest.fixture(scope="module")
def central(snapshots: Path) -> FlaskClient:
    return create_app(Settings(snapshots=snapshots)).server.test_client()


def boot(html: str) -> dict[str, Any]:
    found = re.search(r'id="boot">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def finder(client: FlaskClient, lang: str = "en") -> Callable[[str], dict[str, Any]]:
    address = boot(client.get(f"/?lang={lang}").text)["find"]

    def find(query: str) -> dict[str, Any]:
        answer = client.get(address, query_string={"q": query})
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == FOREVER
        return answer.json

    return find


def test_the_first_paint_shows_the_place(training: FlaskClient) -> None:
    page = training.get(INSIDE).text
    start = boot(page)
    assert (start["scope"], start["scene"]["place"]["name"]) == ("XTR", "Nurilundor")
    within = start["scene"]["within"][start["period"]]
    outside = re.findall(r'<path [^>]*id="u(\d+)"[^>]*class="outside"', page)
    assert {int(i) for i in outside} == {i for i, sign in enumerate(within) if sign == "0"}
    count = within.count("1")
    assert 3 < count < 20
    assert f"{count} of {count} places have data" in page
    assert "Inside Nurilundor; the scale is that of Ilvandor" in page
    found = re.search(r'id="map"[^>]* viewBox="(-?\d+) (-?\d+) (\d+) (\d+)"', page)
    assert found is not None
    x, y, width, height = (int(n) for n in found.groups())
    x0, y0, x1, y1 = start["scene"]["place"]["box"]
    assert x < x0 < x1 < x + width
    assert y < y0 < y1 < y + height
    assert width < start["geometry"]["width"] / 2


def test_the_legend_has_the_classes_of_the_country(training: FlaskClient) -> None:
    def ranges(address: str) -> list[str]:
        return re.findall(r'<span class="lg-range">([^<]+)', training.get(address).text)

    assert ranges(INSIDE) == ranges(INSIDE.replace("inside=XT02", "country=XTR"))


def test_a_place_that_does_not_exist_is_said_and_not_looked_into(training: FlaskClient) -> None:
    page = training.get(INSIDE.replace("XT02", "XTR")).text  # a country is in focus, not looked into
    assert boot(page)["view"]["inside"] is None
    assert "place XTR" in page


def test_what_must_be_known_of_a_place(training: FlaskClient) -> None:
    address = boot(training.get("/").text)["places"]
    answer = training.get(address, query_string={"id": "XT0101"})
    assert answer.headers["Cache-Control"] == FOREVER
    place = answer.json
    assert [step["level"] for step in place["path"]] == ["ADM0", "ADM1", "ADM2"]
    assert place["inside"]["ADM1"] == {"XTR-2008": ["XT01"], "XTR-2018": ["XT09"]}
    assert place["levels"]["doctors"] == ["ADM0", "ADM1", "ADM2", "ADM3"]
    assert place["levels"]["unemployment_rate"] == ["ADM0", "ADM1", "ADM2"]
    for wrong in ("XTR", "nowhere", ""):
        assert training.get(address, query_string={"id": wrong}).status_code == 404


def test_only_what_holds_others_can_be_looked_into(training: FlaskClient, central: FlaskClient) -> None:
    def opening(client: FlaskClient, level: str) -> set[bool]:
        content = boot(client.get("/").text)["data"].split("/")[2]
        return {"opens" in unit for unit in client.get(f"/units/{content}/en/{level}.json").json}

    assert opening(central, "ADM0") == {True}
    assert opening(central, "ADM1") == {False}
    assert True in opening(training, "ADM2")
    assert opening(training, "ADM3") == {False}


def test_the_successors_of_a_region_lie_inside_it(central: FlaskClient) -> None:
    """South Kazakhstan became Turkistan region and the city of Shymkent in June 2018."""
    start = boot(central.get("/?layer=mpi_headcount_ratio&level=ADM1&inside=KZ-YUZ").text)
    ids, within = start["scene"]["ids"], start["scene"]["within"]
    inside = [{ids[i] for i, sign in enumerate(row) if sign == "1"} for row in within]
    assert {"KZ-YUZ"} in inside
    assert {"KZ-61", "KZ-79"} in inside


def test_homonyms_say_what_they_are(central: FlaskClient) -> None:
    found = finder(central)("ош")["places"]
    assert [(one["name"], one["type"], one["country"]) for one in found[:2]] == [
        ("Osh city", "city", "Kyrgyzstan"), ("Osh region", "region", "Kyrgyzstan"),
    ]  # fmt: skip
    former = [one for one in finder(central)("Almaty")["places"] if one.get("until")]
    assert [(one["id"], one["until"]) for one in former] == [("KZ-ALM", "2022")]


def test_results_are_in_the_language_of_the_reader_whatever_the_query(central: FlaskClient) -> None:
    assert finder(central, "ru")("Tashkent region")["places"][0]["name"] == "Ташкентская область"
    assert finder(central, "en")("бедность национальной")["layers"][0]["title"] == "Poverty rate, national line"


def test_a_source_tells_its_layers(central: FlaskClient) -> None:
    (levels, *_) = finder(central)("OPHI")["sources"]
    assert "OPHI" in levels["publisher"]
    assert "mpi_headcount_ratio" in {layer["id"] for layer in levels["layers"]}


def test_a_district_says_where_it_lies(training: FlaskClient) -> None:
    found = finder(training)("Dredofrun")["places"][0]
    assert (found["id"], found["level"], found["parent"], found["country"]) == (
        "XT0101", "ADM2", "Istumeskavor", "Ilvandor",
    )  # fmt: skip
    old = finder(training)("Pazikevost")["places"][0]
    assert (old["id"], old["name"], old["why"]) == ("XT0101", "Dredofrun", "also called Pazikevost")


def test_answers_are_short_and_long_queries_are_refused(central: FlaskClient) -> None:
    find = finder(central)
    for query in ("a", "о", "region", "область", "мпи", "poverty"):
        assert len(json.dumps(find(query))) < 20_000
    assert find("") == find("  ") == {"places": [], "layers": [], "sources": []}
    address = boot(central.get("/").text)["find"]
    assert central.get(address, query_string={"q": "x" * 101}).status_code == 400
    assert central.get(address, query_string={"q": "x" * 100}).status_code == 200
    assert central.get(address.replace("/en", "/xx"), query_string={"q": "x"}).status_code == 404
    assert central.get("/find/000000000000/en", query_string={"q": "x"}).status_code == 404


@pytest.mark.parametrize("odd", ["'\"<>", "%", "\\", "*?[", "()", "\u202eosh", "\u0000", "🙂", "ъ", "-", "ا"])
def test_no_query_breaks_the_search(central: FlaskClient, odd: str) -> None:
    assert set(finder(central)(odd)) == {"places", "layers", "sources"}


def test_nothing_above_the_served_tier_is_found(training: FlaskClient) -> None:
    shown = {layer["id"] for layer in training.get(boot(training.get("/").text)["layers"]).json}
    for query in ("departures", "FTF", "recorded departures", "выезды"):
        assert {layer["id"] for layer in finder(training)(query)["layers"]} <= shown
    assert "ftf_departures" not in shown
