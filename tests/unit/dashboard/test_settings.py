"""Settings come from the environment or from the command line, and only known ones are taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from dashboard.errors import UnsafeTierError
from dashboard.factory import create_app
from dashboard.settings import Settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"DRIVERS_ATLAS_{name.upper()}", raising=False)


def test_the_defaults_serve_the_public_tier_on_this_machine() -> None:
    settings = Settings()
    assert (settings.tier, settings.host, settings.port, settings.is_loopback) == ("public", "127.0.0.1", 8050, True)


def test_the_environment_sets_every_field(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "snapshots": "elsewhere", "tier": "partner", "host": "0.0.0.0", "port": "80", "language": "ru",
        "disclaimer_en": "E", "disclaimer_ru": "R", "threads": "3", "bring": "false", "workspace": "mine",
        "upload_mb": "7", "build_minutes": "8", "auth": "oidc", "private": "kept", "address": "https://a.example.org",
        "trusted_proxies": "2", "session_idle_minutes": "9", "session_hours": "4",
        "oidc_discovery": "https://id.example.org/.well-known/openid-configuration", "oidc_client_id": "atlas",
        "oidc_client_secret": "hidden", "oidc_client_secret_file": "secret", "oidc_scopes": "openid",
        "oidc_role_claim": "groups", "oidc_roles": "staff=partner", "audit_mb": "5",
    }  # fmt: skip
    assert set(values) == set(Settings.model_fields)
    for name, value in values.items():
        monkeypatch.setenv(f"DRIVERS_ATLAS_{name.upper()}", value)
    expected = values | {
        "snapshots": Path("elsewhere"), "port": 80, "threads": 3, "bring": False, "workspace": Path("mine"),
        "upload_mb": 7, "build_minutes": 8, "private": Path("kept"), "trusted_proxies": 2, "session_idle_minutes": 9,
        "session_hours": 4, "oidc_client_secret": SecretStr("hidden"), "oidc_client_secret_file": Path("secret"),
        "audit_mb": 5,
    }  # fmt: skip
    assert Settings().model_dump() == expected


def test_only_the_prefix_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1")
    monkeypatch.setenv("ATLAS_PORT", "2")
    assert Settings().port == 8050


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIVERS_ATLAS_PORT", "9000")
    assert Settings(port=9001).port == 9001


def test_unknown_settings_are_errors() -> None:
    with pytest.raises(ValidationError, match="colour"):
        Settings.model_validate({"colour": "red"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tier", "secret"),
        ("port", 0),
        ("port", 70000),
        ("port", "x"),
        ("threads", 0),
        ("threads", 65),
        ("auth", "basic"),
        ("trusted_proxies", -1),
        ("session_hours", 25),
        ("oidc_roles", "staff"),
        ("oidc_roles", "staff=boss"),
        ("oidc_discovery", "http://id.example.org/x"),
        ("address", "atlas.example.org"),
    ],
)
def test_values_out_of_range_are_errors(name: str, value: object) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({name: value})


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("10.0.0.5", False), ("", False)],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert Settings(host=host).is_loopback is loopback


@pytest.mark.parametrize("tier", ["partner", "restricted"])
def test_a_tier_above_public_is_never_offered_to_other_machines(tier: str, tmp_path: Path) -> None:
    with pytest.raises(UnsafeTierError, match=r"found 0\.0\.0\.0"):
        create_app(Settings.model_validate({"tier": tier, "host": "0.0.0.0", "snapshots": tmp_path}))
