"""What all suites share: where the project is, the snapshot of the default package, the browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).resolve().parents[1]
BROWSER_TESTS = ROOT / "tests" / "browser"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything under tests/browser, so that no such test can end up among the quick ones."""
    for item in items:
        if BROWSER_TESTS in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def _empty_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep tests, and the servers that they start, away from this machine's brought data, accounts and audit log."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DRIVERS_ATLAS_WORKSPACE", str(tmp_path_factory.mktemp("workspace")))
        patch.setenv("DRIVERS_ATLAS_PRIVATE", str(tmp_path_factory.mktemp("private")))
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def central_asia(root: Path) -> Path:
    """Return the default data package; tests read it and never write to it."""
    return root / "packages" / "central_asia"


@pytest.fixture(scope="session")
def snapshots(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of snapshots with the public one of the default package, built as a user builds it."""
    out = tmp_path_factory.mktemp("snapshots")
    command = [sys.executable, "-m", "etl", "build", "packages/central_asia", "--out", str(out)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return out


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the browser's executable; a test that needs one fails without one."""
    found = run.find_chromium()
    if found is None:
        pytest.fail("No Chromium, Chrome or Edge found; `python run.py test` says how to get one.")
    return found
