"""Sign-in over HTTP: nothing without a session, nothing above one's role, and a real OpenID Connect provider."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from oidc_provider_mock import User, run_server_in_thread
from urllib3.util import Retry
from werkzeug.test import TestResponse

import app as root_app
from dashboard.auth.accounts import FILE, Account, Accounts, hash_password
from dashboard.auth.gate import MOST_BY_ACCOUNT, MOST_BY_ADDRESS, OPEN, WINDOW_S
from dashboard.errors import SignInError, UnsafeTierError
from dashboard.factory import AtlasApp, create_app
from dashboard.settings import Settings

PASSWORD = "a long enough password"
OURS = "http://localhost"
SENSITIVE = "returns"
FRAMEWORK = ("/_dash", "/assets/", "/static/", "/_favicon.ico", "/<path:path>", "/_reload-hash", "/_alive_")


class Clock:
    """A clock that a test turns on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **step: float) -> None:
        self.now += timedelta(**step)


@pytest.fixture(scope="session")
def accounts_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accounts with one password each, hashed once."""
    path = tmp_path_factory.mktemp("accounts") / FILE
    hashed = hash_password(PASSWORD)
    for name, role in (("paula", "partner"), ("rita", "restricted"), ("olga", "owner"), ("pavel", "public")):
        Accounts(path).save(Account(id=name, name=name.title(), role=role, password=hashed))
    return path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(tmp_path: Path, small_snapshots: Path, accounts_file: Path) -> dict[str, Any]:
    private = tmp_path / "private"
    private.mkdir()
    (private / FILE).write_bytes(accounts_file.read_bytes())
    return {
        "snapshots": small_snapshots, "private": private, "workspace": tmp_path / "workspace", "tier": "partner",
        "auth": "local",
    }  # fmt: skip


@pytest.fixture
def app(settings: dict[str, Any], clock: Clock) -> AtlasApp:
    return create_app(Settings(**settings), clock)


@pytest.fixture
def client(app: AtlasApp) -> FlaskClient:
    return app.server.test_client()


def field(page: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None
    return found[1]


def enter(
    client: FlaskClient, account: str, password: str = PASSWORD, onward: str = "/", **headers: str
) -> TestResponse:
    """Fill in the form as a browser does."""
    form = {"form": field(client.get("/sign-in"), "form"), "account": account, "password": password, "next": onward}
    return client.post("/sign-in", data=form, headers={"Origin": OURS, **headers})


def cookies(answer: TestResponse) -> list[str]:
    return answer.headers.getlist("Set-Cookie")


def log_of(settings: dict[str, Any]) -> list[dict[str, str]]:
    path = settings["private"] / "audit.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def address_of(rule: Any) -> str:
    return re.sub(r"<[^>]+>", "x", rule.rule)


# -- nothing without a session ------------------------------------------------------------------------------------


def is_refused(answer: TestResponse) -> bool:
    if answer.status_code == 303:
        return answer.headers["Location"].startswith("/sign-in?next=")
    return answer.status_code == 401 and set(answer.json) == {"error"}


def test_every_address_asks_for_sign_in(app: AtlasApp, client: FlaskClient) -> None:
    walked = 0
    for rule in app.server.url_map.iter_rules():
        for method in sorted(rule.methods or ()):
            answer = client.open(address_of(rule), method=method, headers={"Origin": OURS, "Accept": "text/html"})
            if rule.endpoint in OPEN:
                assert not is_refused(answer), rule
            else:
                assert is_refused(answer), (rule, method, answer.status_code)
                walked += 1
    assert walked > 20
    for path in ("/nothing", "/geo/../x", "//", "/data/a/b/c.d.json?x=1", "/SIGN-IN"):
        assert is_refused(client.get(path)), path


def test_real_addresses_give_nothing_away(app: AtlasApp, client: FlaskClient) -> None:
    enter(client, "paula")
    page = client.get(f"/?layer={SENSITIVE}")
    boot = json.loads(re.search(r'id="boot">(.*?)</script>', page.text, re.DOTALL)[1])
    addresses = ["/", boot["scene"]["map"], boot["scene"]["units"], f"{boot['data']}/{SENSITIVE}.ADM1.json", "/quality"]
    stranger = app.server.test_client()
    for path in addresses:
        assert client.get(path).status_code == 200, path
        assert is_refused(stranger.get(path)), path
        assert is_refused(stranger.get(path, headers={"Cookie": "atlas=x; atlas-form=x; session=x"})), path
    call = {"output": "panel.children", "outputs": {"id": "panel", "property": "children"}, "inputs": []}
    assert is_refused(stranger.post("/_dash-update-component", json=call, headers={"Origin": OURS}))
    assert is_refused(stranger.get("/bring"))
    assert client.get("/bring").status_code == 200


def test_health_says_only_its_status_and_scripts_are_open(app: AtlasApp, client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    page = client.get("/sign-in")
    icon = re.search(r'href="(/a/[^"]+icon.svg)"', page.text)
    assert client.get(icon[1]).status_code == 200
    assert "Returns" not in page.text


def test_a_restricted_process_has_known_addresses_only(settings: dict[str, Any]) -> None:
    app = create_app(Settings(**{**settings, "tier": "restricted", "bring": False}))
    ours = {rule.rule for rule in app.server.url_map.iter_rules() if not rule.rule.startswith(FRAMEWORK)}
    assert ours == {
        "/", "/a/<digest>/<path:name>", "/geo/<name>", "/data/<content>/<lang>/<indicator>.<level>.json",
        "/units/<content>/<lang>/<level>.json", "/layers/<content>/<lang>.json", "/words/<digest>/<lang>.json",
        "/pair/<content>/<lang>/<level>/<first>.<second>.<fill>.json", "/places/<content>/<lang>.json",
        "/find/<content>/<lang>", "/overlays/<content>/<lang>.json", "/flows/<content>/<lang>/<level>.json",
        "/programmes/<content>/<lang>/<level>.json", "/selection/<content>/<lang>/<indicator>.<level>.json",
        "/quality", "/governance", "/healthz", "/sign-in", "/sign-in/provider", "/sign-in/callback", "/sign-out",
        "/audit",
    }  # fmt: skip


# -- accounts on this machine -------------------------------------------------------------------------------------


def test_signing_in_and_out(client: FlaskClient, settings: dict[str, Any]) -> None:
    answer = client.get(f"/?layer={SENSITIVE}&lang=en", headers={"Accept": "text/html"})
    onward = parse_qs(urlsplit(answer.headers["Location"]).query)["next"][0]
    assert onward == f"/?layer={SENSITIVE}&lang=en"
    answer = enter(client, "Paula ", onward=onward)
    assert (answer.status_code, answer.headers["Location"]) == (303, onward)
    session = next(line for line in cookies(answer) if line.startswith("atlas="))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "Secure" not in session  # plain http on this machine
    page = client.get(onward)
    assert page.status_code == 200
    assert "Paula" in page.text
    assert "/audit" not in page.text
    assert client.post("/sign-out", data={"form": "x"}, headers={"Origin": OURS}).status_code == 403
    assert client.get("/").status_code == 200
    kept = client.get_cookie("atlas").value
    left = client.post("/sign-out", data={"form": field(page, "form")}, headers={"Origin": OURS})
    assert left.status_code == 303
    assert is_refused(client.get("/"))
    client.set_cookie("atlas", kept)  # the session ended on the server, not only in the browser
    assert is_refused(client.get("/"))
    assert [(e["what"], e["account"]) for e in log_of(settings)] == [
        ("sign_in", "paula"), ("page", "paula"), ("sign_out", "paula"),
    ]  # fmt: skip


def test_signing_in_makes_a_new_session(client: FlaskClient) -> None:
    client.set_cookie("atlas", "chosen-by-somebody-else")
    enter(client, "paula")
    first = client.get_cookie("atlas").value
    assert first != "chosen-by-somebody-else"
    enter(client, "paula")
    second = client.get_cookie("atlas").value
    assert first != second
    client.set_cookie("atlas", first)
    assert is_refused(client.get("/"))


def test_wrong_password_and_unknown_account_look_alike(client: FlaskClient, settings: dict[str, Any]) -> None:
    known, unknown = enter(client, "paula", "wrong wrong wrong"), enter(client, "nobody", "wrong wrong wrong")
    same = [re.sub(r"paula|nobody|value=\"[^\"]*\"", "", answer.text) for answer in (known, unknown)]
    assert same[0] == same[1]
    assert known.status_code == unknown.status_code == 403
    assert not any(line.startswith("atlas=") for line in cookies(known) + cookies(unknown))
    assert [e["account"] for e in log_of(settings)] == ["paula", "-"]


def test_a_role_below_the_tier_gets_a_page_and_nothing_else(client: FlaskClient, settings: dict[str, Any]) -> None:
    answer = enter(client, "pavel")
    assert answer.status_code == 403
    assert "No access to this tier" in answer.text
    assert not any(line.startswith("atlas=") for line in cookies(answer))
    assert is_refused(client.get("/"))
    assert [(e["what"], e["account"]) for e in log_of(settings)] == [("sign_in_refused", "pavel")]


def test_a_partner_sees_partner_layers_and_nothing_above(settings: dict[str, Any]) -> None:
    partner = create_app(Settings(**settings)).server.test_client()
    assert enter(partner, "paula").status_code == 303
    assert SENSITIVE in partner.get("/").text
    restricted = create_app(Settings(**{**settings, "tier": "restricted"})).server.test_client()
    assert enter(restricted, "paula").status_code == 403
    assert is_refused(restricted.get("/"))
    assert enter(restricted, "rita").status_code == 303
    assert restricted.get("/").status_code == 200
    other_session = partner.get_cookie("atlas").value  # both share the folder of sessions: the role still decides
    restricted.set_cookie("atlas", other_session)
    answer = restricted.get("/")
    assert answer.status_code == 403
    assert "boot" not in answer.text


def test_sessions_end_when_idle_and_after_a_day_of_work(client: FlaskClient, clock: Clock) -> None:
    enter(client, "paula")
    clock.turn(minutes=29)
    assert client.get("/").status_code == 200
    clock.turn(minutes=31)
    assert is_refused(client.get("/"))
    enter(client, "paula")
    for _ in range(23):
        clock.turn(minutes=20)
        assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == 200
    clock.turn(minutes=20)
    assert is_refused(client.get("/"))


@pytest.mark.parametrize("change", [lambda t: t[:-1] + ("A" if t[-1] != "A" else "B"), lambda t: "", lambda t: t + "x"])
def test_a_tampered_cookie_is_no_session(client: FlaskClient, change: Any) -> None:
    enter(client, "paula")
    client.set_cookie("atlas", change(client.get_cookie("atlas").value))
    assert is_refused(client.get("/"))


def test_sessions_end_with_their_account(client: FlaskClient, settings: dict[str, Any], clock: Clock) -> None:
    accounts = Accounts(settings["private"] / FILE)
    enter(client, "paula")
    accounts.save(accounts.all()["paula"].model_copy(update={"password": hash_password("another long password")}))
    assert is_refused(client.get("/"))
    enter(client, "rita")
    assert client.get("/").status_code == 200
    accounts.save(accounts.all()["rita"].model_copy(update={"role": "public"}))
    assert client.get("/").status_code == 403
    enter(client, "olga")
    assert client.get("/").status_code == 200
    accounts.save(accounts.all()["olga"].model_copy(update={"expires": clock().date() - timedelta(days=1)}))
    assert is_refused(client.get("/"))
    assert enter(client, "olga").status_code == 403


def test_too_many_attempts_have_to_wait(client: FlaskClient, clock: Clock) -> None:
    for name in ("paula", "nobody"):  # whether there is such an account or not
        for _ in range(MOST_BY_ACCOUNT):
            assert enter(client, name, "wrong wrong wrong").status_code == 403
        answer = enter(client, name)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= WINDOW_S + 1
    assert enter(client, "rita").status_code == 303
    clock.turn(seconds=WINDOW_S + 1)
    assert enter(client, "paula").status_code == 303


def test_too_many_attempts_from_one_address(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Accounts, "check", lambda *_: None)
    found = [enter(client, f"name{i}", "wrong wrong wrong").status_code for i in range(MOST_BY_ADDRESS + 1)]
    assert found == [403] * MOST_BY_ADDRESS + [429]


@pytest.mark.parametrize(
    "onward",
    [
        "https://example.org/", "//example.org", "/\\example.org", "\\\\example.org", "javascript:alert(1)", "",
        "/\t/example.org", "/sign-out", " //example.org", "http:example.org",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(client: FlaskClient, onward: str) -> None:
    assert enter(client, "paula", onward=onward).headers["Location"] == "/"


# -- other sites and proxies --------------------------------------------------------------------------------------


def test_forms_of_other_sites_are_refused(app: AtlasApp, client: FlaskClient) -> None:
    assert enter(client, "paula", Origin="https://example.org").status_code == 403
    stranger = app.server.test_client()
    form = {"form": field(stranger.get("/sign-in"), "form"), "account": "paula", "password": PASSWORD}
    assert stranger.post("/sign-in", data=form).status_code == 403  # no browser of today leaves the origin out
    assert stranger.post("/sign-in", data={**form, "form": ""}, headers={"Origin": OURS}).status_code == 403
    assert enter(client, "paula").status_code == 303
    body = {"output": "drawer.children", "outputs": {}, "inputs": []}
    foreign = ({"Origin": "https://example.org"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}, {})
    for headers in foreign:
        assert client.post("/_dash-update-component", json=body, headers=headers).status_code == 403, headers
    answer = client.post("/_dash-update-component", json=body, headers={"Origin": OURS})
    assert answer.status_code == 400  # let through, and then found to make no sense
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}).status_code == 403
    visit = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client.get("/", headers=visit).status_code == 200


def test_headers_of_what_is_not_for_everybody(client: FlaskClient) -> None:
    enter(client, "paula")
    page = client.get(f"/?layer={SENSITIVE}")
    boot = json.loads(re.search(r'id="boot">(.*?)</script>', page.text, re.DOTALL)[1])
    data = f"{boot['data']}/{SENSITIVE}.ADM1.json"
    for path in (
        "/",
        data,
        boot["scene"]["map"],
        boot["scene"]["units"],
        "/quality",
        "/_dash-layout",
        "/none",
        "/sign-in",
    ):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "no-store, private", path
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"


def test_plain_http_goes_to_https(settings: dict[str, Any], clock: Clock) -> None:
    far = {**settings, "host": "0.0.0.0", "trusted_proxies": 1}
    client = create_app(Settings(**far), clock).server.test_client()
    answer = client.get("/?lang=ru", headers={"Host": "atlas.example.org"})
    assert (answer.status_code, answer.headers["Location"]) == (308, "https://atlas.example.org/?lang=ru")
    assert client.post("/sign-in", data={"account": "paula"}).status_code == 403
    secure = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "atlas.example.org"}
    page = client.get("/sign-in", headers=secure)
    assert page.status_code == 200
    assert "max-age" in page.headers["Strict-Transport-Security"]
    form = {"form": field(page, "form"), "account": "paula", "password": PASSWORD}
    nonce = next(line for line in cookies(page)).split(";")[0]
    answer = client.post(
        "/sign-in", data=form, headers={**secure, "Origin": "https://atlas.example.org", "Cookie": nonce}
    )
    session = next(line for line in cookies(answer) if line.startswith("__Host-atlas="))
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in session.split(";")}
    assert "Domain" not in session


def test_forwarded_headers_count_only_behind_a_proxy_that_is_named(settings: dict[str, Any]) -> None:
    client = create_app(Settings(**{**settings, "host": "0.0.0.0"})).server.test_client()
    answer = client.get("/sign-in", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "example.org"})
    assert (answer.status_code, answer.headers["Location"]) == (308, "https://localhost/sign-in")


def test_a_false_address_does_not_help_against_the_limit(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Accounts, "check", lambda *_: None)
    client = create_app(Settings(**settings)).server.test_client()
    found = {
        enter(client, f"n{i}", "wrong", **{"X-Forwarded-For": f"192.0.2.{i}"}).status_code
        for i in range(MOST_BY_ADDRESS + 1)
    }
    assert found == {403, 429}


def test_an_altered_file_of_accounts_lets_nobody_in_and_tells_nothing(
    client: FlaskClient, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    enter(client, "paula")
    (settings["private"] / FILE).write_text("{", encoding="utf-8")
    for answer in (client.get("/"), enter(client, "paula")):
        assert answer.status_code == 503
        assert str(settings["private"]) not in answer.text
    assert str(settings["private"]) in capsys.readouterr().err


def test_the_real_server_behind_a_proxy(settings: dict[str, Any], root: Path) -> None:
    """waitress hands forwarded headers on if, and only if, a proxy is named."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DRIVERS_ATLAS_")}
    environment |= {f"DRIVERS_ATLAS_{name.upper()}": str(value) for name, value in settings.items()}
    found = {}
    for proxies in (0, 1):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment |= {"DRIVERS_ATLAS_PORT": str(port), "DRIVERS_ATLAS_TRUSTED_PROXIES": str(proxies)}
        environment["DRIVERS_ATLAS_ADDRESS"] = "https://atlas.example.org"
        server = subprocess.Popen([sys.executable, "app.py"], cwd=root, env=environment, stdout=subprocess.PIPE)
        try:
            assert server.stdout is not None
            server.stdout.readline()  # it says that it serves
            headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "atlas.example.org"}
            address = f"http://127.0.0.1:{port}/sign-in"
            session = requests.Session()
            session.mount("http://", requests.adapters.HTTPAdapter(max_retries=Retry(20, backoff_factor=0.1)))
            found[proxies] = session.get(address, headers=headers, allow_redirects=False, timeout=10).status_code
        finally:
            server.terminate()
            server.wait(timeout=10)
            server.stdout.close()
    assert found == {0: 308, 1: 200}


# -- without sign-in ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"host": "0.0.0.0", "auth": "none"}, "without sign-in"),
        ({"trusted_proxies": 1, "auth": "none"}, "without sign-in"),
        ({"auth": "oidc"}, "DRIVERS_ATLAS_OIDC_DISCOVERY and DRIVERS_ATLAS_OIDC_CLIENT_ID"),
    ],
)
def test_settings_that_are_not_safe_are_refused_in_one_line(settings: dict[str, Any], more: Any, what: str) -> None:
    with pytest.raises((UnsafeTierError, SignInError), match=what) as refusal:
        create_app(Settings(**{**settings, **more}))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("more", "what"),
    [({"auth": "none"}, "tier partner without sign-in"), ({"auth": "local"}, "people would sign in over plain http")],
)
def test_the_command_refuses_to_start_in_one_line(
    settings: dict[str, Any], more: Any, what: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {**settings, **more}.items():
        monkeypatch.setenv(f"DRIVERS_ATLAS_{name.upper()}", str(value))
    assert root_app.main(["--host", "0.0.0.0"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert told.startswith("Drivers Atlas cannot start: ")
    assert what in told


def test_local_sign_in_needs_an_account_for_the_tier(settings: dict[str, Any]) -> None:
    accounts = Accounts(settings["private"] / FILE)
    for name in ("rita", "olga"):
        accounts.remove(name)
    create_app(Settings(**settings))
    with pytest.raises(SignInError, match="add-user ID --role restricted"):
        create_app(Settings(**{**settings, "tier": "restricted"}))
    accounts.path.unlink()
    with pytest.raises(SignInError, match="there is no file of accounts"):
        create_app(Settings(**settings))


def test_without_sign_in_only_this_machine_is_answered(settings: dict[str, Any]) -> None:
    client = create_app(Settings(**{**settings, "auth": "none"})).server.test_client()
    assert client.get("/").status_code == 200
    assert client.get("/", headers={"Host": "atlas.example.org"}).status_code == 403
    assert client.get("/", environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 403
    assert client.get("/_dash-layout", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.get("/sign-in").headers["Content-Type"].startswith("text/html")  # the map: there is no sign-in
    assert "no-store" in client.get("/").headers["Cache-Control"]


# -- the audit log ------------------------------------------------------------------------------------------------


def test_the_log_says_who_saw_what_and_never_a_value(client: FlaskClient, settings: dict[str, Any]) -> None:
    enter(client, "paula")
    page = client.get(f"/?layer={SENSITIVE}")
    boot = json.loads(re.search(r'id="boot">(.*?)</script>', page.text, re.DOTALL)[1])
    client.get(f"{boot['data']}/{SENSITIVE}.ADM1.json")
    client.get(f"{boot['data']}/poverty_rate.ADM1.json")
    client.get(f"/quality?indicator={SENSITIVE}")
    ask = {"layer": SENSITIVE, "level": "ADM1", "lang": "en"}
    body = {
        "output": "drawer.children", "outputs": {"id": "drawer", "property": "children"},
        "inputs": [{"id": "table-ask", "property": "data", "value": ask}], "changedPropIds": ["table-ask.data"],
    }  # fmt: skip
    assert client.post("/_dash-update-component", json=body, headers={"Origin": OURS}).status_code == 200
    found = [(e["what"], e["account"], e["tier"], e["dataset"], e["indicator"], e["level"]) for e in log_of(settings)]
    about = ("paula", "partner", "small", SENSITIVE)
    assert found == [
        ("sign_in", "paula", "partner", "", "", ""), ("page", *about, "ADM1"), ("layer", *about, "ADM1"),
        ("quality", *about, ""), ("table", *about, "ADM1"),
    ]  # fmt: skip
    assert all(entry["time"] == "2026-03-01T12:00:00Z" for entry in log_of(settings))
    text = (settings["private"] / "audit.jsonl").read_text(encoding="utf-8")
    assert "value" not in text
    assert "Upper" not in text


def test_what_cannot_be_logged_is_not_shown(client: FlaskClient, settings: dict[str, Any]) -> None:
    enter(client, "paula")
    (settings["private"] / "audit.jsonl").unlink()
    (settings["private"] / "audit.jsonl").mkdir()
    answer = client.get(f"/?layer={SENSITIVE}")
    assert answer.status_code == 503
    assert set(answer.json) == {"error"}
    assert client.get("/?layer=poverty_rate").status_code == 200


@pytest.mark.parametrize(("lang", "title"), [("en", "Audit log"), ("ru", "Журнал доступа")])
def test_the_log_is_a_page_for_the_owner(client: FlaskClient, clock: Clock, lang: str, title: str) -> None:
    enter(client, "paula")
    assert client.get("/audit").status_code == 403
    for _ in range(60):
        clock.turn(seconds=1)
        client.get(f"/?layer={SENSITIVE}")
    enter(client, "olga")
    page = client.get(f"/audit?lang={lang}&indicator={SENSITIVE}")
    assert page.status_code == 200
    assert f"<h1>{title}</h1>" in page.text
    assert page.text.count("<td>paula</td>") == 50
    older = client.get(f"/audit?lang={lang}&indicator={SENSITIVE}&page=2")
    assert older.text.count("<td>paula</td>") == 10
    assert client.get("/audit?page=x&indicator=%3Cscript%3E").status_code == 200
    assert "<script>" not in client.get("/audit?indicator=%3Cscript%3E").text


# -- a real provider ----------------------------------------------------------------------------------------------

ROLES = "urn.example.roles"
USERS = [
    User(sub="p-1", claims={"name": "Petra", "urn": {"example": {"roles": ["staff", "map-partners"]}}}),
    User(sub="r-1", claims={"name": "Rolf", "urn": {"example": {"roles": ["map-partners", "map-restricted"]}}}),
    User(sub="n-1", claims={"name": "Nina", "urn": {"example": {"roles": ["staff"]}}}),
]


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with run_server_in_thread(require_nonce=True, user_claims=USERS) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def with_provider(settings: dict[str, Any], provider: str) -> dict[str, Any]:
    return {
        **settings, "auth": "oidc", "oidc_discovery": f"{provider}/.well-known/openid-configuration",
        "oidc_client_id": "drivers-atlas", "oidc_client_secret": "not a real secret", "oidc_role_claim": ROLES,
        "oidc_roles": "map-partners=partner, map-restricted=restricted",
    }  # fmt: skip


def go_to_provider(client: FlaskClient, onward: str = "/") -> str:
    """Return where the process sends somebody who signs in."""
    answer = client.get("/sign-in/provider", query_string={"next": onward})
    assert answer.status_code == 302
    return answer.headers["Location"]


def consent(there: str, sub: str) -> str:
    """Sign in at the provider; return the path and query of the way back."""
    back = requests.post(there, data={"sub": sub}, allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    return f"{parts.path}?{parts.query}"


def test_a_person_signs_in_with_the_provider(with_provider: dict[str, Any]) -> None:
    client = create_app(Settings(**with_provider)).server.test_client()
    there = go_to_provider(client, f"/?layer={SENSITIVE}")
    sent = parse_qs(urlsplit(there).query)
    assert sent["response_type"] == ["code"]
    assert sent["code_challenge_method"] == ["S256"]
    assert all(len(sent[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))
    assert sent["redirect_uri"] == [f"{OURS}/sign-in/callback"]
    answer = client.get(consent(there, "p-1"))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/?layer={SENSITIVE}")
    page = client.get(f"/?layer={SENSITIVE}")
    assert page.status_code == 200
    assert "Petra" in page.text
    assert [(e["what"], e["account"]) for e in log_of(with_provider)] == [("sign_in", "p-1"), ("page", "p-1")]


@pytest.mark.parametrize(("sub", "tier", "status"), [
    ("p-1", "partner", 303), ("p-1", "restricted", 403), ("r-1", "restricted", 303), ("n-1", "partner", 403),
])  # fmt: skip
def test_the_roles_of_the_claim_decide(with_provider: dict[str, Any], sub: str, tier: str, status: int) -> None:
    client = create_app(Settings(**{**with_provider, "tier": tier})).server.test_client()
    answer = client.get(consent(go_to_provider(client), sub))
    assert answer.status_code == status
    assert is_refused(client.get("/")) == (status == 403)
    if status == 403:
        assert "No access to this tier" in answer.text


def test_an_answer_of_the_provider_is_used_once(with_provider: dict[str, Any]) -> None:
    app = create_app(Settings(**with_provider))
    client = app.server.test_client()
    thief = app.server.test_client()
    assert thief.get(consent(go_to_provider(client), "p-1")).status_code == 403  # another browser
    assert is_refused(thief.get("/"))
    there = go_to_provider(client)
    kept = client.get_cookie("atlas-provider").value
    back = consent(there, "p-1")
    assert client.get(back).status_code == 303
    replay = app.server.test_client()
    replay.set_cookie("atlas-provider", kept)  # the same browser's old cookie: the state is gone on the server
    assert replay.get(back).status_code == 403
    assert is_refused(replay.get("/"))


@pytest.mark.parametrize("query", ["", "?code=x&state=y", "?error=access_denied", "?state=&code="])
def test_made_up_answers_are_refused(with_provider: dict[str, Any], query: str) -> None:
    client = create_app(Settings(**with_provider)).server.test_client()
    go_to_provider(client)
    answer = client.get(f"/sign-in/callback{query}")
    assert answer.status_code == 403
    assert "Not signed in" in answer.text
    assert is_refused(client.get("/"))


def test_a_token_for_another_application_is_refused(with_provider: dict[str, Any]) -> None:
    """Somebody takes the code of another application to ours."""
    client = create_app(Settings(**with_provider)).server.test_client()
    there = go_to_provider(client)
    other = there.replace("client_id=drivers-atlas", "client_id=another")
    assert other != there
    assert client.get(consent(other, "p-1")).status_code == 403
    wrong_nonce = re.sub(r"nonce=[^&]+", "nonce=somebodyelsesnonce", go_to_provider(client))
    assert client.get(consent(wrong_nonce, "p-1")).status_code == 403


def test_a_provider_that_cannot_be_reached_is_told(with_provider: dict[str, Any]) -> None:
    gone = {**with_provider, "oidc_discovery": "http://127.0.0.1:9/.well-known/openid-configuration"}
    answer = create_app(Settings(**gone)).server.test_client().get("/sign-in/provider")
    assert answer.status_code == 503
    assert "cannot be reached" in answer.text


def test_signing_out_offers_the_way_out_of_the_provider(with_provider: dict[str, Any], provider: str) -> None:
    client = create_app(Settings(**with_provider)).server.test_client()
    client.get(consent(go_to_provider(client), "p-1"))
    form = field(client.get("/"), "form")
    left = client.post("/sign-out", data={"form": form}, headers={"Origin": OURS}, follow_redirects=True)
    assert "You have signed out." in left.text
    assert f'href="{provider}/' in left.text
    assert is_refused(client.get("/"))


def test_sessions_end_when_the_table_of_roles_changes(with_provider: dict[str, Any]) -> None:
    client = create_app(Settings(**with_provider)).server.test_client()
    client.get(consent(go_to_provider(client), "p-1"))
    token = client.get_cookie("atlas").value
    assert client.get("/").status_code == 200
    other = create_app(Settings(**{**with_provider, "oidc_roles": "nobody=partner"})).server.test_client()
    other.set_cookie("atlas", token)
    assert is_refused(other.get("/"))


def test_passwords_are_not_taken_where_the_provider_signs_in(with_provider: dict[str, Any]) -> None:
    client = create_app(Settings(**with_provider)).server.test_client()
    answer = client.post("/sign-in", data={"account": "paula", "password": PASSWORD}, headers={"Origin": OURS})
    assert answer.status_code == 403
    assert 'type="password"' not in client.get("/sign-in").text
