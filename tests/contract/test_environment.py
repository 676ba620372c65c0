"""The descriptions of the environment agree: pyproject.toml, environment.yml, locks, run.py, Makefile."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import run

CONDA_NAMES = {"brotli": "brotli-python", "playwright": "playwright-python"}
PIP_ONLY = {"axe-playwright-python", "libhxl", "oidc-provider-mock"}
LOCKED = re.compile(r"^(?P<requirement>[a-z0-9][^\\\n]*==[^\\\n]*?)\s*\\?$", re.MULTILINE)
EXTRAS: dict[str, tuple[str, ...]] = {run.RUN_LOCK: (), run.DEV_LOCK: ("dev",), run.BENCH_LOCK: ("dev", "bench")}
TARGET_PLATFORMS = [
    {"sys_platform": platform, "python_version": python, "python_full_version": f"{python}.0"}
    for platform in ("linux", "darwin", "win32")
    for python in ("3.11", "3.12", "3.13")
]


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    with (root / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]


def declared(project: dict[str, Any], *extras: str) -> list[Requirement]:
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return [Requirement(line) for line in lines]


def locked(path: Path) -> list[Requirement]:
    return [Requirement(match["requirement"]) for match in LOCKED.finditer(path.read_text(encoding="utf-8"))]


def locked_versions(path: Path, platform: dict[str, str]) -> dict[str, Version]:
    """Return what pip would install on one platform; a name with two versions there is an error."""
    versions: dict[str, Version] = {}
    for requirement in locked(path):
        if requirement.marker is None or requirement.marker.evaluate(platform):
            name = canonicalize_name(requirement.name)
            assert name not in versions, f"{name} is locked twice for {platform}"
            versions[name] = Version(str(requirement.specifier).removeprefix("=="))
    return versions


def test_conda_environment_equals_pyproject(root: Path, project: dict[str, Any]) -> None:
    environment = yaml.safe_load((root / "environment.yml").read_text(encoding="utf-8"))
    found = {}
    for line in environment["dependencies"]:
        if isinstance(line, dict):
            assert {Requirement(one).name for one in line["pip"]} == PIP_ONLY
            found |= {Requirement(one).name: Requirement(one).specifier for one in line["pip"]}
            continue
        name, _, bounds = line.partition(" ")
        if name == "pip":
            continue  # what installs the packages that conda-forge does not have
        assert name not in found, f"{name} stands twice in environment.yml"
        found[name] = SpecifierSet(bounds)
    expected = {"python": SpecifierSet(project["requires-python"])}
    for requirement in declared(project, "dev"):
        if requirement.marker and not all(requirement.marker.evaluate(p) for p in TARGET_PLATFORMS):
            continue  # an environment.yml knows no markers; a package that a system lacks breaks it there
        expected[CONDA_NAMES.get(requirement.name, requirement.name)] = requirement.specifier
    assert found == expected
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    assert environment["name"] == project["name"]


def test_every_dependency_has_a_lower_bound(project: dict[str, Any]) -> None:
    all_of_them = declared(project, "dev", "bench", "cluster")
    unbound = [r.name for r in all_of_them if ">=" not in {s.operator for s in r.specifier}]
    assert unbound == []


@pytest.mark.parametrize("platform", TARGET_PLATFORMS, ids=lambda p: f"{p['sys_platform']}-{p['python_version']}")
@pytest.mark.parametrize("lock", run.LOCKS)
def test_lock_fulfils_pyproject(root: Path, project: dict[str, Any], platform: dict[str, str], lock: str) -> None:
    versions = locked_versions(root / lock, platform)
    for requirement in declared(project, *EXTRAS[lock]):
        wanted = requirement.marker is None or requirement.marker.evaluate(platform)
        version = versions.get(canonicalize_name(requirement.name))
        assert (version is not None) == wanted, f"{requirement} in {lock} for {platform}"
        assert version is None or requirement.specifier.contains(version), f"{requirement}: {version} locked"


@pytest.mark.parametrize("platform", TARGET_PLATFORMS, ids=lambda p: f"{p['sys_platform']}-{p['python_version']}")
def test_each_lock_holds_those_before_it(root: Path, platform: dict[str, str]) -> None:
    """Else a run after a test would serve with other versions than were tested."""
    versions = [locked_versions(root / lock, platform).items() for lock in run.LOCKS]
    assert versions[0] <= versions[1] <= versions[2]


@pytest.mark.parametrize("lock", run.LOCKS)
def test_lock_pins_hashes_and_names_no_index(root: Path, lock: str) -> None:
    text = (root / lock).read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    assert len(blocks) == len(locked(root / lock)) > 40
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert re.findall(r"\w+://\S*|^-.*$|file:\S*|@\s", text, flags=re.MULTILINE) == []


@pytest.mark.parametrize("name", ["pyproject.toml", "environment.yml", "run.py", "Makefile", ".ci/run"])
def test_no_package_index_is_named(root: Path, name: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert re.findall(r"https?://\S*pypi\S*|index-url|find-links", text) == []


def test_python_versions_agree(root: Path, project: dict[str, Any]) -> None:
    supported = SpecifierSet(project["requires-python"])
    for minor in range(8, 18):
        assert supported.contains(f"3.{minor}.1") == run.is_supported((3, minor, 1)), f"3.{minor}"
    classifiers = {c.rpartition(" ")[2] for c in project["classifiers"] if "Python :: 3." in c}
    assert classifiers == {f"3.{minor}" for minor in range(run.OLDEST[1], run.NEWEST[1] + 1)}


def test_make_targets_are_the_commands_of_run_py(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):  ##", makefile, flags=re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    commands = next(a for a in run.build_parser()._actions if a.dest == "command").choices
    assert targets == set(commands)
    assert phony is not None
    assert set(phony[1].split()) == targets


def test_licence_is_apache_2(root: Path, project: dict[str, Any]) -> None:
    assert project["license"] == "Apache-2.0"
    text = (root / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert [name for name in project["license-files"] if not (root / name).is_file()] == []
