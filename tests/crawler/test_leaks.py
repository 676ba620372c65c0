"""The leak test: whatever the shipped packages are asked, at whatever tier, nothing protected comes out."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata.snapshot import open_snapshot
from tests.crawler.serve import app_process, crawl, told

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one folder for the audit log of all tiers: what is read at one may not be told at another."""
    return tmp_path_factory.mktemp("private")


@pytest.mark.parametrize(
    ("dataset", "tier"),
    [("training", "restricted"), ("training", "partner"), ("training", "public"), ("central_asia", "public")],
)
def test_nothing_leaks(root: Path, built: Path, private: Path, tmp_path: Path, dataset: str, tier: str) -> None:
    folder = built if tier == "public" else built / dataset
    snapshot = open_snapshot(built / dataset, tier)
    with app_process(root, folder, tier, tmp_path / "server.log", private) as served:
        is_default = tier != "public" or dataset == "central_asia"
        found = crawl(served, root / "packages" / dataset, snapshot, is_default=is_default)
    assert found.findings == [], told(found)
    assert found.answers > 300
    severe = ("ftf_departures", "ftf_departures_3y", "ftf_departures_rate_3y")
    above = {"public": (*severe, "returnees_per_1000"), "partner": severe, "restricted": ()}
    if dataset == "training":
        assert found.truth.above == above[tier]
    if tier == "restricted":
        assert "ftf_departures" in found.truth.concerned
        assert len(found.truth.protected) > 100
        assert found.numbers > 1_000
        assert len(found.truth.of("ftf_departures", ("male", "all"))) > 100
        assert found.charts["heatmap"] > 10
