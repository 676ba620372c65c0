"""The plan: sizes that follow from the number of districts, numbers that are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from etl.__main__ import main
from etl.training.plan import Plan
from etl.training.writer import write_training_package
from geodata.errors import EtlError


def test_the_default_has_the_promised_sizes() -> None:
    plan = Plan()
    assert (plan.adm1, plan.units, plan.adm3) == (9, 62, 440)
    assert (plan.first_year, plan.all_years[-1]) == (2008, 2024)


def test_large_countries_have_no_third_level() -> None:
    assert Plan(units=281).adm3 == 1994
    assert Plan(units=282).adm3 == 0
    assert Plan(units=5000).adm1 == 80


@pytest.mark.parametrize(
    "wrong", [{"units": 29}, {"units": 5001}, {"years": 7}, {"indicators": 5}, {"indicators": 201}, {"seed": -1}]
)
def test_numbers_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(EtlError, match=f"--{next(iter(wrong))} "):
        Plan(**wrong)


def test_streams_of_two_topics_differ_and_repeat() -> None:
    plan = Plan(seed=4)
    assert plan.stream("a").random() == plan.stream("a").random()
    assert plan.stream("a").random() != plan.stream("b").random()
    assert plan.stream("a").random() != Plan(seed=5).stream("a").random()


def test_another_package_is_never_overwritten(tmp_path: Path) -> None:
    descriptor = tmp_path / "datapackage.json"
    descriptor.write_text('{"name": "real", "title": "Real figures"}', encoding="utf-8")
    with pytest.raises(EtlError, match="another data package"):
        write_training_package(Plan(units=30, years=8, indicators=6), tmp_path)
    assert descriptor.read_text(encoding="utf-8") == '{"name": "real", "title": "Real figures"}'


def test_a_folder_with_other_things_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(EtlError, match="not empty"):
        write_training_package(Plan(units=30, years=8, indicators=6), tmp_path)


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["make-training", "--units", "7", "--out", str(tmp_path)]) == 1
    assert "--units 7 is out of range" in capsys.readouterr().err
