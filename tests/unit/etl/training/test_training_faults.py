"""Hard mode: every planted fault gives exactly its line, and nothing else is said."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from etl.pipeline import validate
from etl.problems import BadInputError
from etl.training.faults import ANY_TEXT
from etl.training.plan import Plan
from etl.training.writer import write_training_package

FAULT_IDS = (
    "decimal-comma", "words-for-missing", "out-of-range", "bounds-cross", "day-first-date", "unknown-sex",
    "age-in-words",
    "unknown-status", "value-though-missing", "unknown-source", "unknown-level", "one-cell-too-many", "unknown-code",
    "homonym", "misspelt-name", "former-code", "twice", "programme-without-sector", "programme-without-status",
    "programme-without-unit", "programme-without-start", "programme-unknown-status", "programme-unknown-unit",
    "programme-too-exact", "misspelt-key", "missing-key", "code-without-quotes", "id-is-not-the-file",
    "names-of-persons", "not-utf-8", "gap", "overlap",
)  # fmt: skip


def pattern_of(message: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in message.split(ANY_TEXT)))


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hard") / "training"
    write_training_package(Plan(hard_mode=True), folder)
    return folder


@pytest.fixture(scope="module")
def messages(hard: Path) -> dict[str, str]:
    with (hard / "data" / "faults.csv").open(encoding="utf-8", newline="") as file:
        return {row["fault_id"]: row["message"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def lines(hard: Path) -> list[str]:
    with pytest.raises(BadInputError) as caught:
        validate([hard])
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("fault_id", FAULT_IDS)
def test_a_planted_fault_gives_its_line_once(fault_id: str, messages: dict[str, str], lines: list[str]) -> None:
    wanted = pattern_of(messages[fault_id])
    assert len([line for line in lines if wanted.fullmatch(line)]) == 1


def test_nothing_is_said_that_was_not_planted(messages: dict[str, str], lines: list[str]) -> None:
    assert set(messages) == set(FAULT_IDS)
    known = [pattern_of(message) for message in messages.values()]
    assert [line for line in lines if not any(wanted.fullmatch(line) for wanted in known)] == []


@pytest.mark.parametrize("seed", [2, 3])
def test_faults_can_be_planted_in_other_countries(tmp_path: Path, seed: int) -> None:
    write_training_package(Plan(units=34, years=9, indicators=6, seed=seed, hard_mode=True), tmp_path / "training")
    with (tmp_path / "training" / "data" / "faults.csv").open(encoding="utf-8", newline="") as file:
        wanted = [pattern_of(row["message"]) for row in csv.DictReader(file)]
    with pytest.raises(BadInputError) as caught:
        validate([tmp_path / "training"])
    said = [str(problem) for problem in caught.value.problems]
    assert len(said) == len(wanted)
    assert all(any(one.fullmatch(line) for line in said) for one in wanted)


def test_a_country_without_a_third_level_can_be_hard_too(tmp_path: Path) -> None:
    plan = Plan(units=290, years=8, indicators=6, hard_mode=True)
    write_training_package(plan, tmp_path / "training")
    with (tmp_path / "training" / "data" / "faults.csv").open(encoding="utf-8", newline="") as file:
        wanted = [pattern_of(row["message"]) for row in csv.DictReader(file)]
    with pytest.raises(BadInputError) as caught:
        validate([tmp_path / "training"])
    said = [str(problem) for problem in caught.value.problems]
    assert len(said) == len(wanted)
    assert all(any(one.fullmatch(line) for line in said) for one in wanted)
