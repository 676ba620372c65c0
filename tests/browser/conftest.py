"""One server and one browser for all journeys; a context of its own, and a guard, for each test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.launch import launched
from tests.browser.visitor import PATIENCE_MS, Visitor, visitors
from tests.crawler.serve import app_process

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30
expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def serve(snapshots: Path, folder: Path, **variables: str) -> Iterator[str]:
    """Serve a folder of snapshots with the real `app.py` on a free port; yield its address without a slash.

    `variables` are settings of the app, without their prefix; whatever the server says is in a file of `folder`.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DRIVERS_ATLAS_")}
    environment["DRIVERS_ATLAS_WORKSPACE"] = str(folder / "workspace")  # what one test brings, another never sees
    environment |= {f"DRIVERS_ATLAS_{name.upper()}": value for name, value in variables.items()}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "app.py", "--snapshots", str(snapshots), "--port", str(port)],
            cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _is_healthy(address):
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"app.py does not answer at {address}:\n{log.read_text(encoding='utf-8')}")
                time.sleep(0.05)
            with urllib.request.urlopen(address, timeout=10):
                pass  # a page that fails is told once, not by every test
            yield address
        finally:
            server.terminate()
            server.wait(timeout=10)
    told = log.read_text(encoding="utf-8")
    assert "Traceback" not in told, told


def build_package(name: str, out: Path, tier: str = "public") -> None:
    """Build the snapshot of a shipped package as a user builds it."""
    command = [sys.executable, "-m", "etl", "build", f"packages/{name}", "--out", str(out), "--tier", tier]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def build_both(folder: Path) -> Path:
    """Build the public snapshots of both shipped packages; return the folder that holds them."""
    for name in ("central_asia", "training"):
        build_package(name, folder / name)
    return folder


@pytest.fixture(scope="session")
def origin(snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the default snapshot; return the address."""
    with serve(snapshots, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="session")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the public training snapshot, which has three levels below the country; return the address."""
    folder = tmp_path_factory.mktemp("training")
    build_package("training", folder)
    with serve(folder, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="session")
def restricted_snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the restricted training snapshot, which has open layers of groups and severe ones."""
    folder = tmp_path_factory.mktemp("restricted")
    build_package("training", folder, "restricted")
    return folder


@pytest.fixture(scope="module")
def restricted(restricted_snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the restricted training snapshot to one file of tests, with an audit log of its own; return the address."""
    folder = tmp_path_factory.mktemp("server")
    log, private = folder / "server.log", folder / "private"
    with app_process(ROOT, restricted_snapshots, "restricted", log, private) as served:
        yield f"http://127.0.0.1:{served.port}"


@pytest.fixture(scope="session")
def both_origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the public snapshots of both shipped packages; return the address."""
    folder = build_both(tmp_path_factory.mktemp("both"))
    with serve(folder, tmp_path_factory.mktemp("server")) as address:
        yield address


def _is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright, chromium) as found:
        yield found


@pytest.fixture
def visit(browser: Browser, origin: str) -> Iterator[Callable[..., Visitor]]:
    """Return a maker of visitors; whatever went wrong with any of them fails the test at its end."""
    with visitors(browser, origin) as make:
        yield make


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    """Return one reader at a wide screen who reads English."""
    return visit()


@pytest.fixture
def map_visitor(visitor: Visitor) -> Visitor:
    """Return one reader to whom Dash never comes: the map, the menu and the slider must do without it."""
    visitor.guard.keep_dash_away(visitor.page.context)
    return visitor
