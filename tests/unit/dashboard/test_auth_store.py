"""Sessions, attempts and addresses to go on to, by the clock of the test."""

from __future__ import annotations

import sqlite3
import stat
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, request

from dashboard.auth.origin import is_foreign, is_from_own_page, safe_next
from dashboard.auth.people import ROLES, Person
from dashboard.auth.provider import claim_values, name_of, role_of
from dashboard.auth.store import Store
from dashboard.errors import SignInError
from layers.catalog import TIERS

PERSON = Person(id="p", name="P", role="partner")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Store:
    return Store(tmp_path / "private" / "s.sqlite", clock, idle_s=60, absolute_s=600)


def test_a_session_lives_while_it_is_used_but_not_for_ever(store: Store, clock: Clock) -> None:
    token = store.begin_session(PERSON)
    for _ in range(11):
        clock.now += timedelta(seconds=50)
        assert store.read_session(token) == PERSON
    clock.now += timedelta(seconds=50)
    assert store.read_session(token) is None
    token = store.begin_session(PERSON)
    clock.now += timedelta(seconds=60)
    assert store.read_session(token) is None


def test_the_file_holds_no_token(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "private" / "s.sqlite"
    token = store.begin_session(PERSON)
    rows = sqlite3.connect(path).execute("SELECT digest FROM session").fetchall()
    assert len(rows) == 1
    assert token not in str(rows)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_processes_share_sessions_and_signatures(store: Store, tmp_path: Path, clock: Clock) -> None:
    other = Store(tmp_path / "private" / "s.sqlite", clock, idle_s=60, absolute_s=600)
    assert other.read_session(store.begin_session(PERSON)) == PERSON
    assert other.sign("a", "b") == store.sign("a", "b") != store.sign("b", "a")


def test_notes_end_and_are_forgotten(store: Store, clock: Clock) -> None:
    store.set("k", "v", 30)
    assert store.get("k") == "v"
    store.delete("k")
    assert store.get("k") is None
    store.set("k", "v", 30)
    clock.now += timedelta(seconds=31)
    assert store.get("k") is None


def test_attempts_slide(store: Store, clock: Clock) -> None:
    for _ in range(3):
        assert store.attempt("a", 3, 100) == 0
        clock.now += timedelta(seconds=10)
    assert store.attempt("a", 3, 100) == pytest.approx(70)
    assert store.attempt("b", 3, 100) == 0
    clock.now += timedelta(seconds=70)
    assert store.attempt("a", 3, 100) == 0
    store.forget_attempts("a")
    assert [store.attempt("a", 3, 100) for _ in range(3)] == [0, 0, 0]


def test_attempts_at_once_are_all_counted(store: Store) -> None:
    let: list[float] = []
    threads = [threading.Thread(target=lambda: let.append(store.attempt("a", 5, 100))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(wait == 0 for wait in let) == 5


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SignInError, match="DRIVERS_ATLAS_PRIVATE"):
        Store(tmp_path / "file" / "s.sqlite", clock, 60, 600)


@pytest.mark.parametrize("address", ["/", "/?layer=a&lang=ru", "/quality?lang=en", "/bring/x/build"])
def test_addresses_of_this_site_are_kept(address: str) -> None:
    assert safe_next(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "//a.example",
        "/\\a.example",
        "/a\\b",
        "https://a.example",
        "a",
        "/sign-in?next=/",
        "/x\r\nSet-Cookie: a",
    ],
)
def test_other_addresses_are_not(address: str | None) -> None:
    assert safe_next(address) == "/"


def test_each_role_sees_its_tier_and_those_below() -> None:
    seen = {role: [tier for tier in TIERS if Person(id="x", name="x", role=role).may_see(tier)] for role in ROLES}
    assert seen == {
        "public": ["public"],
        "partner": ["public", "partner"],
        "restricted": list(TIERS),
        "owner": list(TIERS),
    }


def test_roles_of_claims() -> None:
    roles = {"a": "partner", "b": "restricted"}
    claims = {"groups": ["x", "a", 3, "b"], "realm": {"roles": "a"}, "x.y": ["b"], "empty": None}
    assert role_of(claims, "groups", roles) == "restricted"  # type: ignore[arg-type]
    assert role_of(claims, "realm.roles", roles) == "partner"  # type: ignore[arg-type]
    assert role_of(claims, "x.y", roles) == "restricted"  # type: ignore[arg-type]
    for path in ("empty", "none", "realm", "groups.a", "realm.roles.a"):
        assert role_of(claims, path, roles) is None  # type: ignore[arg-type]
    assert claim_values(claims, "groups") == ["x", "a", "b"]
    assert name_of({"sub": "s", "name": " ", "email": "e@example.org"}) == "e@example.org"


HERE = "http://atlas.example.org"


@pytest.mark.parametrize(
    ("method", "headers", "foreign", "own"),
    [
        ("GET", {}, False, False),
        ("GET", {"Sec-Fetch-Site": "same-origin"}, False, True),
        (
            "GET",
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
            False,
            False,
        ),
        (
            "GET",
            {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
            True,
            False,
        ),
        ("GET", {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}, True, False),
        ("POST", {}, False, False),
        ("POST", {"Origin": HERE}, False, True),
        ("POST", {"Origin": "https://atlas.example.org"}, True, False),
        ("POST", {"Origin": HERE, "Sec-Fetch-Site": "cross-site"}, True, False),
        ("POST", {"Origin": "null"}, True, False),
        ("POST", {"Sec-Fetch-Site": "same-origin"}, False, True),
    ],
)
def test_where_a_request_comes_from(method: str, headers: dict[str, str], foreign: bool, own: bool) -> None:
    with Flask("test").test_request_context("/", method=method, base_url=HERE, headers=headers):
        assert (is_foreign(request), is_from_own_page(request)) == (foreign, own)
