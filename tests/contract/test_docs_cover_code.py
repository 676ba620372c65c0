"""What a user can set, call or request is documented, and nothing is documented that does not exist."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import run
from dashboard.factory import create_app
from dashboard.settings import Settings
from etl.__main__ import build_parser

CODE = re.compile(r"`([^`]+)`")
FRAMEWORK_ROUTES = re.compile(r"/_|/assets/|/static/|/<path:path>$")
TEST_VARIABLES = {run.CHROMIUM_VARIABLE}


@dataclass(frozen=True)
class Entry:
    """A place where something is documented: a heading, or the first cell of a table row under a heading."""

    page: str
    heading: str
    terms: frozenset[str]


def read_entries(page: Path) -> list[Entry]:
    """Return every heading and table row of a page with the code words (`...`) that it names."""
    entries, heading, in_fence = [], "", False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            in_fence = not in_fence
        elif not in_fence and line.startswith("#"):
            heading = line.lstrip("# ")
            entries.append(Entry(page.name, heading, frozenset(CODE.findall(line))))
        elif not in_fence and line.startswith("|"):
            first = re.split(r"(?<!\\)\|", line)[1]
            entries.append(Entry(page.name, heading, frozenset(CODE.findall(first))))
    return entries


@pytest.fixture(scope="module")
def entries(root: Path) -> list[Entry]:
    pages = [root / "README.md", *sorted((root / "docs" / "reference").glob("*.md"))]
    return [entry for page in pages for entry in read_entries(page)]


@pytest.fixture(scope="module")
def documented(entries: list[Entry]) -> set[str]:
    return {term for entry in entries for term in entry.terms}


def settings_variables() -> set[str]:
    prefix = Settings.model_config["env_prefix"]
    return {f"{prefix}{name}".upper() for name in Settings.model_fields}


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """Return the long options of a parser, the short one where there is no long one, without --help."""
    found = set()
    for action in parser._actions:
        names = [name for name in action.option_strings if name.startswith("--")] or action.option_strings
        found |= set(names)
    return found - {"--help"}


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    action = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return dict(action.choices)


def test_every_setting_is_documented_and_none_is_invented(entries: list[Entry]) -> None:
    rows = [entry for entry in entries if entry.page == "settings.md"]
    found = {term for row in rows for term in row.terms if term.startswith("DRIVERS_ATLAS_")}
    assert found - TEST_VARIABLES == settings_variables()
    assert found >= TEST_VARIABLES


def test_documented_defaults_are_the_defaults(root: Path) -> None:
    page = (root / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `DRIVERS_ATLAS_(\w+)` \| `([^`]+)` \|", page, flags=re.MULTILINE))
    defaults = {
        name.upper(): (str(field.default).lower() if field.default is True else str(field.default)).replace("\\", "/")
        for name, field in Settings.model_fields.items()
        if field.default is not None
    }
    assert rows == defaults


def test_every_etl_command_has_a_heading_or_row(entries: list[Entry]) -> None:
    named = {
        word
        for entry in entries
        if entry.page == "etl-commands.md"
        for term in entry.terms | {entry.heading}
        for word in term.split()
    }
    assert set(subcommands(build_parser())) - named == set()


@pytest.mark.parametrize("command", sorted(subcommands(build_parser())))
def test_every_etl_option_has_a_row(entries: list[Entry], command: str) -> None:
    """An option counts when it stands under its command, or under a heading that names no command."""
    commands = set(subcommands(build_parser()))
    found: set[str] = set()
    for entry in entries:
        headed = commands & set(re.findall(r"\w+", entry.heading))
        if entry.page == "etl-commands.md" and (command in headed or not headed):
            found |= {word.partition("=")[0] for term in entry.terms for word in re.split(r"[ ,]+", term)}
    assert options_of(subcommands(build_parser())[command]) - found == set()


def all_routes(snapshots: Path) -> set[str]:
    """Return the addresses of a process with sign-in, which has all of them."""
    provider = "https://id.example.org/.well-known/openid-configuration"
    settings = Settings(snapshots=snapshots, auth="oidc", oidc_discovery=provider, oidc_client_id="atlas")
    return {rule.rule for rule in create_app(settings).server.url_map.iter_rules()}


def test_every_route_is_documented(snapshots: Path, documented: set[str]) -> None:
    routes = all_routes(snapshots)
    ours = {route for route in routes if not FRAMEWORK_ROUTES.match(route)}
    assert "/" in ours
    paths = {term.removeprefix("GET ").removeprefix("POST ").partition("?")[0] for term in documented}
    assert ours - paths == set()


def test_every_documented_route_exists(snapshots: Path, entries: list[Entry]) -> None:
    routes = all_routes(snapshots)
    named = {
        term.removeprefix("GET ").removeprefix("POST ").partition("?")[0]
        for entry in entries
        if entry.page == "routes.md"
        for term in entry.terms
    }
    assert {path for path in named if path.startswith("/")} - routes == set()


def test_every_make_target_and_command_is_documented(documented: set[str]) -> None:
    commands = set(subcommands(run.build_parser()))
    assert {f"make {name}" for name in commands} - documented == set()
    assert {f"python run.py {name}" for name in commands} - documented == set()
    invented = {term for term in documented if re.fullmatch(r"make \w+", term)}
    assert invented <= {f"make {name}" for name in commands}


def test_every_option_of_run_py_has_a_row(entries: list[Entry]) -> None:
    found = {term for entry in entries if entry.page == "commands.md" for term in entry.terms}
    for name, parser in subcommands(run.build_parser()).items():
        assert options_of(parser) - found == set(), name


def test_links_between_pages_lead_somewhere(root: Path) -> None:
    pages = [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    broken = []
    for page in [*pages, *sorted((root / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(root)} -> {target}")
    assert broken == []
