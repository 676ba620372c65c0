"""The app over HTTP: every address, callbacks as the renderer calls them, two apps in one process, what is refused."""

from __future__ import annotations

import gzip
import json
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import app as root_app
from dashboard.errors import UnsafeTierError
from dashboard.factory import AtlasApp, create_app
from dashboard.settings import Settings
from geodata.errors import SnapshotError
from geodata.snapshot import open_snapshot

FOREVER = "public, max-age=31536000, immutable"
FILL = {"layer": "poverty_rate", "level": "ADM1", "lang": "en"}


@pytest.fixture(scope="module")
def central(snapshots: Path) -> AtlasApp:
    return create_app(Settings(snapshots=snapshots))


@pytest.fixture
def client(central: AtlasApp) -> FlaskClient:
    return central.server.test_client()


def boot(answer: TestResponse) -> dict[str, Any]:
    """Return the data that came with a page."""
    found = re.search(r'<script type="application/json" id="boot">(.*?)</script>', answer.text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def steady(body: bytes) -> bytes:
    """Return an answer without the number that Dash draws anew for every page."""
    return re.sub(rb'"end_id":"[^"]*"', b"", body)


def call(client: FlaskClient, output: str, data: Any, asked_of: str) -> TestResponse:
    """Call a callback as Dash's renderer does."""
    names = [dict(zip(("id", "property"), name.split("."), strict=True)) for name in output.strip(".").split("...")]
    body = {
        "output": output,
        "outputs": names if output.startswith("..") else names[0],
        "inputs": [{"id": asked_of, "property": "data", "value": data}],
        "changedPropIds": [f"{asked_of}.data"],
    }
    return client.post("/_dash-update-component", json=body)


def panel(client: FlaskClient, **data: Any) -> TestResponse:
    return call(client, "panel.children", data, "panel-ask")


def method(client: FlaskClient, **data: Any) -> TestResponse:
    return call(client, "..method.is_open...method.children..", data, "method-ask")


def texts(node: Any) -> list[str]:
    """Return all texts of a tree of Dash components."""
    if isinstance(node, str):
        return [node]
    if isinstance(node, list):
        return [text for child in node for text in texts(child)]
    if isinstance(node, dict):
        return texts(node.get("props", {}).get("children")) if "props" in node else []
    return []


# -- addresses ----------------------------------------------------------------------------------------------------


def addresses(client: FlaskClient) -> dict[str, str]:
    """Return one example of every address that a page names, with the caching it must have."""
    page = client.get("/?layer=mpi_headcount_ratio")
    data = boot(page)
    found = {"/": "no-cache", data["scene"]["map"]: FOREVER, data["scene"]["units"]: FOREVER}
    found[f"{data['data']}/poverty_rate.ADM1.json"] = FOREVER
    for path in re.findall(r'(?:href|src)="(/a/[^"]+)"', page.text):
        found[path] = FOREVER
    return found


def test_every_address_of_the_page_answers(client: FlaskClient) -> None:
    found = addresses(client)
    assert len(found) > 8
    for path, caching in found.items():
        answer = client.get(path)
        assert (path, answer.status_code) == (path, 200)
        assert (path, answer.headers["Cache-Control"]) == (path, caching)
        assert len(answer.data) > 100
    for script in boot(client.get("/"))["scripts"] + boot(client.get("/"))["late"]:
        assert client.get(script).status_code == 200, script
    assert client.get("/_dash-layout").status_code == 200
    assert client.get("/_dash-dependencies").status_code == 200


def test_types(client: FlaskClient) -> None:
    kinds = {".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json", "/": "text/html"}
    for path in addresses(client):
        kind = next(kind for suffix, kind in kinds.items() if path.endswith(suffix))
        assert client.get(path).mimetype == kind, path


def test_security_headers_everywhere(client: FlaskClient) -> None:
    for path in [*addresses(client), "/healthz", "/geo/none.json", "/nothing", "/_dash-layout"]:
        headers = client.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["script-src"] == policy["connect-src"] == "'self'", path
        assert policy["object-src"] == "'none'"
        assert "http" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Set-Cookie" not in headers


def test_no_script_stands_in_the_page(client: FlaskClient) -> None:
    """The policy would stop it; and nothing on the page names another host but links to sources."""
    page = client.get("/?lang=ru").text
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert [a for a, text in scripts if text.strip() and "application/json" not in a] == []
    assert re.findall(r"\son[a-z]+=", re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)) == []
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page) == []


@pytest.mark.parametrize(("encoding", "undo"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_compression(client: FlaskClient, encoding: str, undo: Callable[[bytes], bytes]) -> None:
    for path in addresses(client):
        plain = client.get(path).data
        if len(plain) < 500:
            continue
        for _ in range(2):  # the second answer may come from what was kept
            packed = client.get(path, headers={"Accept-Encoding": encoding})
            assert packed.headers["Content-Encoding"] == encoding, path
            assert "Accept-Encoding" in packed.headers["Vary"]
            assert steady(undo(packed.data)) == steady(plain)
            assert len(packed.data) < 0.6 * len(plain)


def test_answers_of_two_addresses_are_not_mixed_up(client: FlaskClient) -> None:
    base = boot(client.get("/"))["data"]
    english, russian = (
        brotli.decompress(
            client.get(f"{base[:-2]}{lang}/poverty_rate.ADM1.json", headers={"Accept-Encoding": "br"}).data
        )
        for lang in ("en", "ru")
    )
    assert json.loads(english)["lang"] == "en"
    assert json.loads(russian)["lang"] == "ru"


@pytest.mark.parametrize(
    "path",
    [
        "/a/000000000000/main.js", "/a/{asset}/none.js", "/a/{asset}/..%2f..%2fapp.py", "/a/{asset}/../../app.py",
        "/geo/none.json", "/geo/manifest.json", "/geo/..%2fmanifest.json", "/geo/observations.parquet",
        "/data/000000000000/en/poverty_rate.ADM1.json", "/data/{content}/xx/poverty_rate.ADM1.json",
        "/data/{content}/en/none.ADM1.json", "/data/{content}/en/poverty_rate.ADM7.json",
        "/data/{content}/en/poverty_rate_reported_range.ADM0.json", "/data/{content}/..%2fen/poverty_rate.ADM1.json",
        "/units/{content}/en/ADM9.json", "/units/{content}/de/ADM1.json", "/units/000000000000/en/ADM1.json",
    ],
)  # fmt: skip
def test_an_address_that_does_not_exist(client: FlaskClient, path: str) -> None:
    data = boot(client.get("/"))
    page = client.get("/").text
    asset = re.findall(r'"/a/([0-9a-f]+)/main.js"', page)[0]
    answer = client.get(path.format(asset=asset, content=data["data"].split("/")[2]))
    if answer.status_code == 200:  # no address of ours at all: the page with a notice, never a file
        assert answer.mimetype == "text/html"
        assert 'id="notice" role="status">' in answer.text
    else:
        assert answer.status_code == 404
        assert list(answer.json) == ["error"]
        assert answer.headers.get("Cache-Control") != FOREVER
    assert "Traceback" not in answer.text
    assert str(Path.cwd()) not in answer.text


@pytest.mark.parametrize("path", ["/", "/healthz", "/_dash-layout"])
@pytest.mark.parametrize("verb", ["post", "put", "delete", "patch"])
def test_only_reading(client: FlaskClient, path: str, verb: str) -> None:
    assert getattr(client, verb)(path).status_code == 405


def test_health(client: FlaskClient, snapshots: Path) -> None:
    answer = client.get("/healthz")
    current = (snapshots / "public" / "CURRENT").read_text(encoding="utf-8").strip()
    expected = {"status": "ok", "tier": "public", "snapshot": current, "snapshots": {"central_asia": current}}
    assert answer.json == expected
    assert answer.headers.get("Cache-Control") != FOREVER


@pytest.mark.parametrize(
    ("header", "lang"), [("ru", "ru"), ("ru-RU,ru;q=0.9,en;q=0.5", "ru"), ("fr", "en"), ("", "en"), ("en-GB", "en")]
)
def test_language_of_the_reader(client: FlaskClient, header: str, lang: str) -> None:
    page = client.get("/", headers={"Accept-Language": header})
    assert f'<html lang="{lang}">' in page.text
    assert 'lang="en"' in client.get("/?lang=en", headers={"Accept-Language": header}).text


@pytest.mark.slow
def test_every_layer_and_level_is_drawn(client: FlaskClient, snapshots: Path) -> None:
    """No layer of the catalog fails, in no language: the page, its scene and its method."""
    snapshot = open_snapshot(snapshots, "public")
    table = snapshot.read_table("observations", columns=["indicator_id", "level", "value", "low", "high"])
    table = table[table[["value", "low", "high"]].notna().any(axis=1)]
    levels = table.groupby("indicator_id")["level"].unique().to_dict()
    assert len(levels) > 80
    base = boot(client.get("/"))["data"]
    for spec in (s for s in snapshot.catalog_json()["indicators"] if s["id"] in levels):
        for level in levels[spec["id"]]:
            for lang in ("en", "ru"):
                where = f"{spec['id']} {level} {lang}"
                answer = client.get(f"{base[:-2]}{lang}/{spec['id']}.{level}.json")
                assert answer.status_code == 200, where
                assert answer.json["headline"] == spec["headline"][lang], where
                assert len(answer.json["periods"]) > 0, where
        page = client.get(f"/?layer={spec['id']}&lang=ru")
        assert page.status_code == 200, spec["id"]
        assert 'id="notice" role="status" hidden' in page.text, spec["id"]
        done = method(client, layer=spec["id"], level=levels[spec["id"]][0], lang="ru")
        assert done.status_code == 200, spec["id"]


def test_numbers_in_json_are_numbers(client: FlaskClient) -> None:
    """No NaN or Infinity, which are no JSON."""
    base = boot(client.get("/"))["data"]

    def refuse(name: str) -> None:
        raise AssertionError(name)

    for layer in ("poverty_rate.ADM1", "ftf_departures_claimed.ADM0", "internal_migration_net.ADM1"):
        json.loads(client.get(f"{base}/{layer}.json").data, parse_constant=refuse)


# -- callbacks ----------------------------------------------------------------------------------------------------


def test_panel(client: FlaskClient) -> None:
    answer = panel(client, **FILL, unit="KG-B")
    assert answer.status_code == 200
    told = texts(answer.json["response"]["panel"]["children"])
    assert "Batken region" in told
    assert "32.6%" in told
    assert "2019" in told
    russian = texts(panel(client, **(FILL | {"lang": "ru"}), unit="KG-B").json["response"]["panel"]["children"])
    assert "Баткенская область" in russian
    assert "32,6\u00a0%" in russian


def test_panel_of_every_place(client: FlaskClient) -> None:
    for layer, level in [("mpi_headcount_ratio", "ADM1"), ("ftf_departures_claimed", "ADM0"), ("population", "ADM1")]:
        for unit in boot(client.get(f"/?layer={layer}&level={level}"))["units"]:
            answer = panel(client, layer=layer, level=level, lang="en", unit=unit["id"])
            assert answer.status_code == 200, unit
            assert unit["name"] in texts(answer.json["response"]["panel"]["children"])


def test_no_place_no_panel(client: FlaskClient) -> None:
    answer = call(client, "panel.children", None, "panel-ask")
    assert answer.json["response"]["panel"]["children"] is None


def test_table(client: FlaskClient) -> None:
    answer = call(client, "drawer.children", FILL | {"sort": "value-desc"}, "table-ask")
    grid = json.dumps(answer.json["response"])
    assert '"sort": "desc"' in grid
    assert '"rowData": []' in grid
    plain = call(client, "drawer.children", FILL | {"sort": "nothing-asc"}, "table-ask")
    assert plain.status_code == 200
    assert '"sort": "asc"' not in json.dumps(plain.json)


def test_method(client: FlaskClient, snapshots: Path) -> None:
    answer = method(client, **FILL)
    found = answer.json["response"]["method"]
    assert found["is_open"] is True
    told = " ".join(texts(found["children"]))
    spec = next(s for s in open_snapshot(snapshots, "public").catalog_json()["indicators"] if s["id"] == "poverty_rate")
    assert spec["definition"]["en"] in told
    for caveat in spec["caveats"]:
        assert caveat["en"] in told
    assert "Sensitivity: low; tier: public" in told


NONSENSE = [
    {}, [], "x", 7, True, {"unit": "KG-B"}, {"unit": 3}, FILL | {"layer": None}, FILL | {"unit": ["KG-B"]},
    FILL | {"layer": "none", "unit": "KG-B"}, FILL | {"level": "ADM9", "unit": "KG-B"},
    FILL | {"lang": "../en", "unit": "KG-B"},
    FILL | {"unit": "XX-1"}, FILL | {"unit": "x" * 100_000}, FILL | {"unit": "<script>alert(1)</script>"},
    FILL | {"layer": "__class__", "unit": "KG-B"}, {"layer": {"$ne": 1}, "level": [], "lang": {}, "unit": {}},
]  # fmt: skip


@pytest.mark.parametrize(
    ("output", "asked_of"),
    [
        ("panel.children", "panel-ask"), ("drawer.children", "table-ask"),
        ("..method.is_open...method.children..", "method-ask"),
    ],
)  # fmt: skip
def test_nonsense_gives_a_clean_error(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, output: str, asked_of: str
) -> None:
    for data in NONSENSE:
        answer = call(client, output, data, asked_of)
        assert answer.status_code in (200, 204, 400, 404), data
        assert "Traceback" not in answer.text
        assert ".py" not in answer.text
        assert "<script>" not in answer.text or answer.mimetype == "application/json"
        if answer.status_code >= 400:
            assert list(answer.json) == ["error"], data
            assert len(answer.data) < 400_000
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"nonsense", b"{}", b"[]", b"null", b"7", b'{"output": "panel.children"}', b'{"output": "app.server"}',
        b'{"output": "panel.children", "outputs": {"id": "panel", "property": "children"}, "inputs": []}',
        b'{"output": "start.data", "outputs": {"id": "start", "property": "data"}, "inputs": [{"id": "start", '
        b'"property": "data", "value": 1}]}',
        b'{"output": "none.children", "outputs": {"id": "none", "property": "children"}, "inputs": [{"id": '
        b'"panel-ask", "property": "data", "value": null}]}',
    ],
)  # fmt: skip
def test_a_body_that_no_renderer_sends(client: FlaskClient, caplog: pytest.LogCaptureFixture, body: bytes) -> None:
    answer = client.post("/_dash-update-component", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json) == ["error"]
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


# -- two apps -----------------------------------------------------------------------------------------------------


def test_two_apps_in_one_process(snapshots: Path, small_snapshots: Path, client: FlaskClient) -> None:
    other = create_app(
        Settings(snapshots=small_snapshots, language="ru", disclaimer_ru="Только для учёбы.")
    ).server.test_client()
    for _ in range(2):
        large, small = boot(client.get("/")), boot(other.get("/"))
        assert (large["view"]["lang"], small["view"]["lang"]) == ("en", "ru")
        assert len(large["units"]) > 80
        assert {unit["iso3"] for unit in small["units"]} == {"XAA", "XBB"}
        assert large["data"] != small["data"]
        assert "Только для учёбы." in other.get("/").text
        assert "Только для учёбы." not in client.get("/?lang=ru").text
        ours = panel(client, **FILL, unit="KG-B")
        theirs = panel(other, **FILL, unit="XA-WE")
        assert "Batken region" in texts(ours.json["response"]["panel"]["children"])
        assert "West" in texts(theirs.json["response"]["panel"]["children"])
        assert panel(client, **FILL, unit="XA-WE").status_code == 404
        assert panel(other, **FILL, unit="KG-B").status_code == 404
        assert client.get(small["scene"]["map"]).status_code == 404
        assert other.get(large["data"] + "/poverty_rate.ADM1.json").status_code == 404


def test_two_apps_over_one_snapshot(snapshots: Path) -> None:
    first, second = (create_app(Settings(snapshots=snapshots)).server.test_client() for _ in range(2))
    assert steady(first.get("/").data) == steady(second.get("/").data)


# -- tiers --------------------------------------------------------------------------------------------------------


def everything(client: FlaskClient) -> str:
    """Return all that an app says of itself and its layers."""
    page = client.get("/")
    data = boot(page)
    layers = re.findall(r'data-layer="([^"]+)" data-level="([^"]+)"', page.text)
    scenes = [client.get(f"{data['data']}/{layer}.{level}.json").text for layer, level in layers]
    panels = [panel(client, **FILL, unit=unit["id"]).text for unit in data["units"]]
    return "\n".join([page.text, *scenes, *panels, client.get(data["scene"]["units"]).text])


def test_nothing_above_the_tier_is_served(small_snapshots: Path) -> None:
    """`returns` is of high sensitivity: in the partner tier, not in the public one, under no address."""
    public = create_app(Settings(snapshots=small_snapshots)).server.test_client()
    partner = create_app(Settings(snapshots=small_snapshots, tier="partner")).server.test_client()
    assert '"indicator":"returns"' in everything(partner)
    assert re.findall(r"\breturns\b|Returns", everything(public)) == []
    for client, status in ((public, 404), (partner, 200)):
        content = boot(client.get("/"))["data"]
        assert client.get(f"{content}/returns.ADM1.json").status_code == status
        assert method(client, layer="returns", level="ADM1", lang="en").status_code == status
        assert panel(client, layer="returns", level="ADM1", lang="en", unit="XB-UP").status_code == status
        assert ('id="notice" role="status" hidden' in client.get("/?layer=returns").text) == (status == 200)
    assert public.get("/healthz").json["tier"] == "public"
    assert partner.get("/healthz").json == {"status": "ok"}


@pytest.mark.parametrize("tier", ["partner", "restricted"])
@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org", ""])
def test_a_tier_above_public_stays_on_this_machine(small_snapshots: Path, tier: Any, host: str) -> None:
    with pytest.raises(UnsafeTierError, match=rf"tier {tier} .*DRIVERS_ATLAS_HOST to 127\.0\.0\.1"):
        create_app(Settings(snapshots=small_snapshots, tier=tier, host=host))
    create_app(Settings(snapshots=small_snapshots, tier=tier, host="localhost"))
    create_app(Settings(snapshots=small_snapshots, host=host))


# -- the start ----------------------------------------------------------------------------------------------------


@pytest.fixture
def own_snapshots(small_snapshots: Path, tmp_path: Path) -> Path:
    """A copy of the snapshots, to be broken."""
    return Path(shutil.copytree(small_snapshots, tmp_path / "out"))


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Start `app.py`, which must refuse; return its one line."""
    assert root_app.main(list(arguments)) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Drivers Atlas cannot start: ")
    assert told.err.count("\n") == 1
    assert "Traceback" not in told.err
    return told.err


def snapshot_file(out: Path, pattern: str) -> Path:
    current = (out / "public" / "CURRENT").read_text(encoding="utf-8").strip()
    return next((out / "public" / current).glob(pattern))


@pytest.mark.parametrize(
    "pattern", ["observations.parquet", "catalog.json", "map_*_ADM1.*.json", "units.parquet", "report.html"]
)
def test_a_tampered_snapshot_is_refused(own_snapshots: Path, capsys: pytest.CaptureFixture[str], pattern: str) -> None:
    path = snapshot_file(own_snapshots, pattern)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert path.name in refused(capsys, "--snapshots", str(own_snapshots))
    with pytest.raises(SnapshotError, match=re.escape(path.name)):
        create_app(Settings(snapshots=own_snapshots))


def test_a_missing_file_is_refused(own_snapshots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot_file(own_snapshots, "sources.parquet").unlink()
    assert "sources.parquet" in refused(capsys, "--snapshots", str(own_snapshots))


def test_an_altered_manifest_is_refused(own_snapshots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = snapshot_file(own_snapshots, "manifest.json")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    next(iter(manifest["files"].values()))["logical_hash"] = "0" * 64
    path.write_text(json.dumps(manifest), encoding="utf-8")
    assert "manifest.json" in refused(capsys, "--snapshots", str(own_snapshots))


def test_a_snapshot_in_the_folder_of_another_tier_is_refused(
    own_snapshots: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A restricted snapshot under `public/` is not served to the public."""
    shutil.rmtree(own_snapshots / "public")
    shutil.copytree(own_snapshots / "restricted", own_snapshots / "public")
    told = refused(capsys, "--snapshots", str(own_snapshots))
    assert "public" in told
    assert "restricted" in told


def test_no_snapshot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "python -m etl build" in refused(capsys, "--snapshots", str(tmp_path))


def test_no_snapshot_of_the_tier(snapshots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "restricted" in refused(capsys, "--snapshots", str(snapshots), "--tier", "restricted")


def test_a_wrong_current_is_refused(own_snapshots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_snapshots / "public" / "CURRENT").write_text("../../secret\n", encoding="utf-8")
    assert "CURRENT" in refused(capsys, "--snapshots", str(own_snapshots))


def test_a_restricted_tier_on_a_public_address(small_snapshots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(capsys, "--snapshots", str(small_snapshots), "--tier", "restricted", "--host", "0.0.0.0")
    assert "127.0.0.1" in told


def test_a_wrong_setting(small_snapshots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert root_app.main(["--snapshots", str(small_snapshots), "--port", "70000"]) == 2
    told = capsys.readouterr().err
    assert "port" in told
    assert "Traceback" not in told
    with pytest.raises(SystemExit, match="2"):
        root_app.main(["--tier", "secret"])


def test_nothing_is_made_at_import(root: Path, tmp_path: Path) -> None:
    """Importing the composition root reads no snapshot and makes no app: there is none here to read."""
    script = "import sys, app; assert 'dash' not in sys.modules and 'pandas' not in sys.modules, sorted(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_create_server_takes_the_environment(small_snapshots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVERS_ATLAS_SNAPSHOTS", str(small_snapshots))
    monkeypatch.setenv("DRIVERS_ATLAS_LANGUAGE", "ru")
    assert '<html lang="ru">' in root_app.create_server().test_client().get("/").text
