"""Signing in with a real browser: the form, the map behind it, the audit log, and what is left after signing out."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from etl.__main__ import main as run_etl
from tests.browser.visitor import choose_language
from tests.fixtures.small_package import write_package

PASSWORD = "a long enough password"
PATIENCE_S, PATIENCE_MS = 30, 10_000
VIEW = "/?layer=returns&level=ADM1&lang=en"


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the restricted tier of the small package with accounts, by the real `app.py`."""
    folder = tmp_path_factory.mktemp("signed")
    package = write_package(folder / "small")
    assert run_etl(["build", str(package), "--out", str(folder / "out"), "--tier", "restricted", "--quiet"]) == 0
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DRIVERS_ATLAS_")}
    environment |= {"DRIVERS_ATLAS_PRIVATE": str(folder / "private"), "DRIVERS_ATLAS_AUTH": "local"}
    environment["DRIVERS_ATLAS_WORKSPACE"] = str(folder / "workspace")
    for name, role in (("rita", "restricted"), ("olga", "owner"), ("paula", "partner")):
        command = [sys.executable, "-m", "dashboard.auth", "add-user", name, "--role", role]
        subprocess.run(
            command, cwd=root, env=environment, input=f"{PASSWORD}\n".encode(), check=True, capture_output=True
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "app.py",
        "--snapshots",
        str(folder / "out"),
        "--tier",
        "restricted",
        "--port",
        str(port),
    ]
    log = folder / "server.log"
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + PATIENCE_S
            while not _answers(address):
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"app.py does not answer:\n{log.read_text(encoding='utf-8')}")
                time.sleep(0.05)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=10)
    assert "Traceback" not in log.read_text(encoding="utf-8")


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture
def faults() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, site: str, faults: list[str]) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", base_url=site)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert [fault for fault in faults if "403" not in fault] == []  # a refusal is told in the console by the browser


def enter(page: Page, account: str, password: str = PASSWORD) -> None:
    page.get_by_label("Account", exact=True).fill(account)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_reader_signs_in_works_and_leaves(page: Page) -> None:
    page.goto(VIEW)
    expect(page).to_have_title("Sign in · Drivers Atlas")
    assert "Returns" not in page.content()
    enter(page, "rita", "not the password")
    expect(page.get_by_role("alert")).to_have_text("Account and password do not fit together.")
    enter(page, "rita")
    expect(page.locator("#headline")).to_have_text("Returns")
    expect(page.locator("#head .handling")).to_contain_text("Tier: partner")
    page.locator('[data-open="table"]').click()  # a call of Dash, which says where it comes from
    expect(page.locator("#grid")).to_contain_text("Upper")
    expect(page.locator("#table-handling")).to_contain_text("Tier: partner")
    page.locator("details.account summary").click()
    expect(page.get_by_role("link", name="Audit log")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("You have signed out.")
    page.go_back()  # nothing was kept
    expect(page).to_have_title("Sign in · Drivers Atlas")
    assert "Returns" not in page.content()


def test_a_reader_without_the_role_sees_one_page(page: Page) -> None:
    page.goto("/")
    enter(page, "paula")
    expect(page.get_by_role("heading", level=1)).to_have_text("No access to this tier")
    page.goto(VIEW)
    expect(page).to_have_title("Sign in · Drivers Atlas")


def test_the_owner_reads_the_log_in_both_languages(page: Page) -> None:
    page.goto(VIEW)
    enter(page, "olga")
    expect(page.locator("#headline")).to_have_text("Returns")
    page.locator("details.account summary").click()
    page.get_by_role("link", name="Audit log").click()
    row = page.get_by_role("row").filter(has_text="olga").filter(has_text="opened the map").first
    expect(row).to_contain_text("returns")
    page.get_by_label("Indicator").select_option("returns")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row").filter(has_text="signed in")).to_have_count(0)
    choose_language(page, "ru")
    expect(page.get_by_role("heading", level=1)).to_have_text("Журнал доступа")
    expect(page.get_by_role("row").filter(has_text="открыта карта").first).to_contain_text("olga")


def test_a_session_that_ended_leads_back_to_the_view(page: Page, faults: list[str]) -> None:
    page.goto(VIEW)
    enter(page, "rita")
    expect(page.locator("#headline")).to_have_text("Returns")
    page.wait_for_selector("html[data-workbench=ready]")  # what loads late would notice the end of the session first
    page.context.clear_cookies()
    page.locator('#menu details:has([data-layer="poverty_rate"]) > summary').click()
    page.locator('[data-layer="poverty_rate"]').click()
    expect(page).to_have_title("Sign in · Drivers Atlas")
    enter(page, "rita")
    expect(page.locator("#headline")).to_be_visible()
    assert any("401" in fault for fault in faults)
    faults.clear()  # the browser tells each call that was refused


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_pages_fit(page: Page, width: int, lang: str) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"/sign-in?lang={lang}")
    enter_by_id(page)
    for path in (f"/?layer=returns&lang={lang}", f"/audit?lang={lang}", f"/sign-in?lang={lang}"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        small = page.evaluate(
            "[...document.querySelectorAll('.account summary, main button, main a.button')]"
            ".filter(n => n.offsetParent && "
            "(n.getBoundingClientRect().width < 24 || n.getBoundingClientRect().height < 24)).length"
        )
        assert small == 0, path


def enter_by_id(page: Page) -> None:
    page.locator("#account").fill("olga")
    page.locator("#password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.locator("#headline")).to_be_visible()
