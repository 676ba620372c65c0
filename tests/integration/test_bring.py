"""Bringing data in the app, over HTTP as a browser sends it: from an untidy file to a layer on the map."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.factory import AtlasApp, create_app
from dashboard.settings import Settings

PATIENCE_S = 120
WAGES = (
    "Среднемесячная заработная плата;;;\n"
    "Регион;2022;2023 г.;Примечание\n"
    "Чуйская область;21 500,5;24 000;\n"
    "г. Ош;20 100;…;\n"
    "Талаская обл.;19 000*;20 500;\n"
    "Неизвестная долина;1;2;\n"
    "Примечание: оценка\n"
).encode("cp1251")
ROADS = "Region;Road\nChüy;open\nNaryn;closed\nTalas;Open\nOsh;closed\nBatken;closed\nIssyk-Kul;…\n".encode()
PERSONS = "region;surname;birth date\nЧуй;Иванов;1990-01-01\n".encode()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("brought")


@pytest.fixture(scope="module")
def app(snapshots: Path, workspace: Path) -> AtlasApp:
    return create_app(Settings(snapshots=snapshots, workspace=workspace, upload_mb=1))


@pytest.fixture
def client(app: AtlasApp) -> FlaskClient:
    made = app.server.test_client()
    made.environ_base = {**made.environ_base, "HTTP_HOST": "127.0.0.1:8050"}
    return made


def token(client: FlaskClient) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get("/bring").text)
    assert found is not None
    return found[1]


def settled(client: FlaskClient, address: str) -> TestResponse:
    """Ask for a page until no command works on its package any more."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        answer = client.get(address, follow_redirects=True)
        if "data-job" not in answer.text:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{address} still works")


def send(client: FlaskClient, name: str, content: bytes, **more: str) -> TestResponse:
    form: dict[str, Any] = {
        "token": token(client),
        "title": "Wages",
        "base": "central_asia",
        "publisher": "National office",
        "source_title": "Wages by region",
        "files": (io.BytesIO(content), name),
        **more,
    }
    return client.post("/bring?lang=en", data=form, content_type="multipart/form-data")


def fields(page: str) -> dict[str, str]:
    """Return what a browser would send of the form as it stands."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input [^>]*>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in attributes and attributes.get("type") not in ("radio", "file"):
            found[attributes["name"]] = attributes.get("value", "")
    for name, inner in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner) or re.search(r'value="([^"]*)"', inner)
        found[name] = chosen[1] if chosen else ""
    for name, inner in re.findall(r'<select id="([^"]+)" name="[^"]+"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inner) or re.search(r'value="([^"]*)"', inner)
        found[name] = chosen[1] if chosen else ""
    return found


@pytest.fixture(scope="module")
def name(app: AtlasApp) -> Iterator[str]:
    client = app.server.test_client()
    client.environ_base = {**client.environ_base, "HTTP_HOST": "127.0.0.1:8050"}
    answer = send(client, "Зарплата 2023.csv", WAGES)
    assert answer.status_code == 303, answer.text
    found = re.match(r"/bring/(\w+)", answer.headers["Location"])
    assert found is not None
    assert "encoding" in settled(client, f"/bring/{found[1]}?lang=en").text
    return found[1]


def test_untidy_file_becomes_a_layer_of_its_own(client: FlaskClient, app: AtlasApp, name: str, workspace: Path) -> None:
    page = settled(client, f"/bring/{name}/columns?lang=en")
    address = page.request.path
    form = fields(page.text)
    assert [form[f"role-{at}"] for at in range(4)][:3] == ["place_name", "figures", "figures"], form
    form |= {"ind-1-title": "Pay by region", "ind-1-unit": "som a month", "ind-1-kind": "money", "do": "save"}
    form |= {"iso3": "KGZ", "level": "ADM1"}
    answer = client.post(f"{address}?lang=en", data=form)
    assert answer.status_code == 303, answer.text
    places = settled(client, f"{address}?lang=en")
    assert places.request.path == f"/bring/{name}/places", places.text
    assert "Неизвестная долина" in places.text
    form = fields(places.text) | {"decided_by": "Office A"}
    numbers = {
        re.sub(r"<.*?>", "", legend): number
        for legend, number in re.findall(r'<legend><b>(.*?)</b>.*?name="decision-(\d+)"', places.text, re.DOTALL)
    }
    form[f"decision-{numbers['Неизвестная долина']}"] = "exclude"
    first = re.search(rf'name="decision-{numbers["Талаская обл."]}" value="([^"]+)"', places.text)
    assert first is not None
    assert first[1] == "KG-T"
    form[f"decision-{numbers['Талаская обл.']}"] = "KG-T"
    assert client.post(f"/bring/{name}/places?lang=en", data=form).status_code == 303
    client.post(f"/bring/{name}/build?lang=en", data={"token": token(client)})
    built = settled(client, f"/bring/{name}/build?lang=en")
    assert "Open on the map" in built.text, built.text
    assert "Неизвестная долина" in built.text
    assert (workspace / name / "review" / "matches.csv").read_text(encoding="utf-8").count("Office A") == 2
    scene = app.page.datasets.get(name).scene("pay_by_region", "ADM1", "en")
    assert [one["id"] for one in scene["periods"]] == ["2022", "2023"]
    assert f"/?dataset={name}" in client.get("/bring").text.replace("&amp;", "&")
    again = create_app(Settings(snapshots=app.page.datasets.default.settings.snapshots, workspace=workspace))
    assert name in again.page.datasets.all, "what was built is served after the next start, too"


def test_boundaries_are_checked_and_a_repaired_copy_is_offered(client: FlaskClient) -> None:
    def square(code: str, west: float, east: float) -> dict[str, Any]:
        ring = [[west, 41.0], [east, 41.0], [east, 41.2], [west, 41.2], [west, 41.0]]
        return {
            "type": "Feature",
            "properties": {"CODE": code, "NAME": f"District {code}"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }

    layer = {"type": "FeatureCollection", "features": [square("KG9901", 74.0, 74.201), square("KG9902", 74.2, 74.4)]}
    answer = send(client, "districts.geojson", json.dumps(layer).encode(), title="Districts")
    page = settled(client, answer.headers["Location"])
    name = page.request.path.rsplit("/", 1)[1]
    address = f"/bring/{name}/boundaries/districts"
    assert "Check the boundaries" in page.text
    assert client.get(f"{address}/topology.html").status_code == 400, "nothing is there before it was asked for"
    client.post(f"{address}?lang=en", data={"token": token(client)})
    assert "Report on the boundaries" in settled(client, f"/bring/{name}?lang=en").text
    assert "verlap" in client.get(f"{address}/topology.html").text
    repaired = json.loads(client.get(f"{address}/repaired.geojson").data)
    assert len(repaired["features"]) == 2
    assert client.get(f"{address}/recognised.json").status_code == 400


def test_package_can_be_taken_away(client: FlaskClient, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(client.get(f"/bring/{name}/package.zip").data)) as archive:
        names = {path.split("/", 1)[1] for path in archive.namelist()}
    assert "datapackage.json" in names
    assert any(path.startswith("raw/") for path in names)


def test_form_that_cannot_be_right_is_told_and_kept(client: FlaskClient, name: str) -> None:
    page = settled(client, f"/bring/{name}/columns?lang=en")
    form = fields(page.text) | {"do": "save", "ind-1-title": "", "publisher": "Someone else"}
    answer = client.post(f"{page.request.path}?lang=en", data=form)
    assert answer.status_code == 400
    assert "has no title" in answer.text
    assert "Someone else" in answer.text
    form |= {"ind-1-title": "Pay by region", "ind-1-unit": "som", "header_rows": "900"}
    client.post(f"{page.request.path}?lang=en", data=form)
    refused = settled(client, f"{page.request.path}?lang=en")
    assert "The columns were not kept" in refused.text
    assert "Traceback" not in refused.text


def test_categories_need_no_scripts_and_none_of_belonging_is_kept(client: FlaskClient) -> None:
    answer = send(client, "roads.csv", ROADS, title="Roads")
    name = settled(client, answer.headers["Location"]).request.path.rsplit("/", 1)[1]
    page = settled(client, f"/bring/{name}/columns?lang=en")
    address = f"{page.request.path}?lang=en"
    form = fields(page.text) | {"iso3": "KGZ", "level": "ADM1", "period": "2022"}
    assert [form[f"ind-1-{key}"] for key in ("kind", "cat-0-text", "cat-1-text")] == ["category", "closed", "open"]
    form = fields(client.post(address, data=form | {"do": "up-1-1"}).text)
    assert [form[f"ind-1-cat-{at}-text"] for at in (0, 1)] == ["open", "closed"]
    answer = client.post(address, data=form | {"do": "save", "ind-1-sensitivity": "high"})
    assert "high or severe sensitivity" in answer.text
    labels = {"do": "save", "ind-1-cat-0-label": "Uzbeks", "ind-1-cat-1-label": "Tajiks"}
    client.post(address, data=form | labels)
    refused = settled(client, address)
    assert "expected no categories of ethnicity, nationality or religion" in refused.text
    client.post(address, data=form | {"do": "save"})
    assert settled(client, address).request.path == f"/bring/{name}/places"
    client.post(f"/bring/{name}/delete?lang=en", data={"token": token(client)})


def test_table_about_persons_is_refused_with_the_reason(client: FlaskClient) -> None:
    answer = send(client, "list.csv", PERSONS, title="A list")
    page = settled(client, answer.headers["Location"])
    assert "Refused" in page.text
    assert "Иванов" not in page.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": " "}, "Give the data a title"),
        ({"base": "nowhere"}, "no boundaries named nowhere"),
        ({"publisher": ""}, "Say who published"),
        ({"files": (io.BytesIO(b""), "")}, "Choose at least one file"),
        ({"files": (io.BytesIO(b"x" * 1_500_000), "big.csv")}, "weigh more than 1 MB"),
    ],
)
def test_faults_of_the_first_form_are_told(client: FlaskClient, change: dict[str, Any], said: str) -> None:
    answer = send(client, "a.csv", b"a;b\n1;2\n", **change)
    assert answer.status_code == 400
    assert said in answer.text


def test_upload_far_over_the_limit_is_cut_off(client: FlaskClient) -> None:
    answer = send(client, "big.csv", b"x" * 3_000_000)
    assert answer.status_code == 413
    assert "weigh more than 1 MB" in answer.text


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_pages_are_in_the_language_asked_for(client: FlaskClient, lang: str) -> None:
    page = client.get(f"/bring?lang={lang}").text
    assert f'<html lang="{lang}">' in page
    assert ("Ваши данные" if lang == "ru" else "Bring your data") in page


def test_pages_are_there_only_on_this_machine(client: FlaskClient, app: AtlasApp, snapshots: Path) -> None:
    away = app.server.test_client().get("/bring", headers={"Host": "atlas.example.org"})
    assert away.status_code == 403
    assert client.post("/bring", data={"title": "x"}).status_code == 403
    public = create_app(Settings(snapshots=snapshots, host="0.0.0.0"))
    assert not [rule for rule in public.server.url_map.iter_rules() if rule.rule.startswith("/bring")]
    assert "/bring" not in public.server.test_client().get("/").text


@pytest.mark.parametrize("address", ["/bring/nothing", "/bring/..", "/bring/nothing/columns/x", "/bring/jobs/x.json"])
def test_what_is_not_there_is_told(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code in (400, 404)
    assert "Traceback" not in answer.text


def test_package_is_deleted_whole(client: FlaskClient, app: AtlasApp, workspace: Path, name: str) -> None:
    client.post(f"/bring/{name}/delete?lang=en", data={"token": token(client)})
    assert name not in app.page.datasets.all
    assert not list(workspace.glob(f"**/{name}"))
