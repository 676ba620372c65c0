"""Retention and approvals: what may be kept no longer is neither built nor served; sensitive figures need two roles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard.factory import create_app
from dashboard.settings import Settings
from etl.problems import BadInputError
from etl.release import require_release
from geodata.errors import RetentionError
from geodata.snapshot import open_snapshot
from layers.catalog import Approval, Catalog, Dataset, Governance
from tests.fixtures.small_package import write_package

LAST = date(2098, 12, 31)
Change = Callable[[str], str]


def without_role(text: str) -> str:
    return text.replace("role: protection_adviser", "role: data_owner")


def without_block(text: str) -> str:
    return text[: text.index("governance:")]


def without_date(text: str) -> str:
    return text.replace("  retention_until: 2098-12-31\n", "")


def not_yet_approved(text: str) -> str:
    return text.replace("2024-01-22", "2090-01-22")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (without_role, "approvals of 1 role(s)"),
        (not_yet_approved, "approvals of 1 role(s)"),
        (without_block, "governance: found none"),
        (without_date, "governance.retention_until: found none"),
    ],
)
def test_sensitive_figures_need_two_roles_and_a_date(
    package: Path, tmp_path: Path, etl: Any, change: Change, what: str
) -> None:
    file = package / "catalog" / "dataset.yml"
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    for tier in ("partner", "restricted", "all"):
        run = etl("build", package, "--out", tmp_path / "out", "--tier", tier, "--json")
        assert run.code == 2
        (line,) = run.lines
        assert line.startswith("catalog/dataset.yml, governance")
        assert what in line
    assert not (tmp_path / "out").exists()  # not even the public tier of `all`
    assert etl("build", package, "--out", tmp_path / "out", "--tier", "public").code == 0


def test_a_package_past_its_date_is_not_built_at_any_tier(package: Path, tmp_path: Path, etl: Any) -> None:
    file = package / "catalog" / "dataset.yml"
    file.write_text(file.read_text(encoding="utf-8").replace("2098-12-31", "2025-12-31"), encoding="utf-8")
    for tier in ("public", "restricted"):
        run = etl("build", package, "--out", tmp_path / "out", "--tier", tier, "--json")
        assert run.code == 2
        (line,) = run.lines
        assert "found 2025-12-31, which is past" in line
    assert not (tmp_path / "out").exists()


def test_the_last_day_is_still_a_day(small_snapshots: Path) -> None:
    catalog = Catalog.model_validate(open_snapshot(small_snapshots, "restricted").catalog_json())
    require_release(catalog.dataset, catalog.indicators, ["restricted"], LAST)
    with pytest.raises(BadInputError, match="2098-12-31, which is past"):
        require_release(catalog.dataset, catalog.indicators, ["public"], date(2099, 1, 1))
    assert open_snapshot(small_snapshots, "public", LAST).retention_until == LAST
    with pytest.raises(RetentionError, match="small: the figures were to be kept until 2098-12-31"):
        open_snapshot(small_snapshots, "public", date(2099, 1, 1))


def test_the_snapshot_says_who_answers_for_it(small_snapshots: Path) -> None:
    snapshot = open_snapshot(small_snapshots, "restricted")
    assert snapshot.manifest["governance"]["owner"]["en"] == "Office A"
    dataset = Dataset.model_validate(snapshot.catalog_json()["dataset"])
    assert isinstance(dataset.governance, Governance)
    assert dataset.governance.approving_roles == ("data_owner", "protection_adviser")
    assert all(isinstance(approval, Approval) for approval in dataset.governance.approvals)


def settings(snapshots: Path, tmp_path: Path, **more: Any) -> Settings:
    return Settings(**{"snapshots": snapshots, "tier": "restricted", "private": tmp_path / "p", "bring": False, **more})


def test_a_process_over_ended_figures_does_not_start(small_snapshots: Path, tmp_path: Path) -> None:
    with pytest.raises(RetentionError) as refusal:
        create_app(settings(small_snapshots, tmp_path), lambda: datetime(2099, 1, 1, tzinfo=UTC))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_a_running_process_ends_with_the_day(
    small_snapshots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    now = [datetime(2098, 12, 31, 23, 59, 59, tzinfo=UTC)]
    client = create_app(settings(small_snapshots, tmp_path), lambda: now[0]).server.test_client()
    assert client.get("/?layer=returns").status_code == 200
    now[0] = datetime(2099, 1, 1, tzinfo=UTC)
    answer = client.get(f"/?layer=returns&lang={lang}")
    assert answer.status_code == 410
    assert "2098-12-31" in answer.text
    assert "boot" not in answer.text
    for path in ("/quality", "/_dash-layout", "/governance", "/data/x/en/returns.ADM1.json"):
        assert client.get(path).status_code == 410, path
    assert client.get("/healthz").json == {"status": "ok"}
    told = [line for line in capsys.readouterr().err.splitlines() if "2098-12-31" in line]
    assert len(told) == 1


def test_other_datasets_are_served_on(
    small_snapshots: Path, tmp_path: Path, etl: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    package = write_package(tmp_path / "package")
    file = package / "catalog" / "dataset.yml"
    text = file.read_text(encoding="utf-8")
    for name, until in (("long", "2098-12-31"), ("short", "2097-12-31")):
        file.write_text(text.replace("id: small", f"id: {name}").replace("2098-12-31", until), encoding="utf-8")
        assert etl("build", package, "--out", tmp_path / "out" / name, "--tier", "restricted", "--quiet").code == 0
    now = [datetime(2097, 12, 31, tzinfo=UTC)]
    client = create_app(settings(tmp_path / "out", tmp_path), lambda: now[0]).server.test_client()
    assert client.get("/quality?dataset=short").status_code == 200
    now[0] = datetime(2098, 1, 1, tzinfo=UTC)
    assert client.get("/quality?dataset=long").status_code == 200
    gone = client.get("/quality?dataset=short")
    assert gone.status_code == 410
    assert "2097-12-31" in gone.json["error"]
    assert client.get("/?dataset=short").status_code == 200  # the map, with a notice, of what is still served
    again = create_app(settings(tmp_path / "out", tmp_path), lambda: now[0]).server.test_client()
    assert "short: the figures were to be kept until 2097-12-31" in capsys.readouterr().err
    assert again.get("/quality?dataset=short").status_code == 404
