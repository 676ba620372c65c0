"""The small fictional package, fresh for each test, and one snapshot of it for all that only read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from etl.__main__ import main
from tests.fixtures.small_package import write_package


@dataclass(frozen=True)
class Run:
    """What one command did."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return [problem["text"] for problem in self.result["problems"]]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A fresh copy of the small package, to be broken."""
    return write_package(tmp_path / "small")


@pytest.fixture
def etl(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Run a command of the ETL in this process."""

    def run(*arguments: object) -> Run:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Run(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def small_snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of one build of the small package, all tiers. Do not change it."""
    folder = tmp_path_factory.mktemp("snapshots")
    package = write_package(folder / "small")
    assert main(["build", str(package), "--out", str(folder / "out"), "--tier", "all", "--quiet"]) == 0
    return folder / "out"
