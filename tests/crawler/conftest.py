"""The snapshots to be crawled."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from etl.__main__ import main


@pytest.fixture(scope="session")
def built(root: Path, snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the snapshots of both shipped packages, of every tier that is crawled."""
    out = tmp_path_factory.mktemp("crawled")
    shutil.copytree(snapshots, out / "central_asia")
    package = root / "packages" / "training"
    assert main(["build", str(package), "--out", str(out / "training"), "--tier", "all", "--quiet"]) == 0
    return out
