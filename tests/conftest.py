"""What all suites share: where the project is, the snapshot of the default package, the browser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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
def ask_node(root: Path) -> Callable[[str, Any], Any]:
    """Return what hands a question to a script of tests/js and returns its answer, both as JSON.

    The script answers with the browser's own functions; a test that compares with them fails without node.
    """
    node = run.find_node()
    if node is None:
        pytest.fail("playwright and the node that it brings are needed to compare the two renderers")

    def ask(script: str, question: Any) -> Any:
        done = subprocess.run(
            [node, str(root / "tests" / "js" / script)],
            input=json.dumps(question), capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the browser's executable; a test that needs one fails without one."""
    found = run.find_chromium()
    if found is None:
        pytest.fail("No Chromium, Chrome or Edge found; `python run.py test` says how to get one.")
    return found
