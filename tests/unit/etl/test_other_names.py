"""Other names of units: what a package may say, what of its aliases is published, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.__main__ import main
from etl.other_names import is_plain_name
from geodata.snapshot import NAMES, open_snapshot
from tests.fixtures.small_package import ALIASES, add_table, problem_lines, write_csv, write_package

HEADER = [
    "iso3", "level", "unit_id", "name_en", "name_ru", "name_local", "relation", "first_year", "last_year", "source_id",
    "decided_by", "decided_on", "note",
]  # fmt: skip
GOOD = ["XAA", "ADM1", "XA-WE", "Sunset land", "Край заката", "", "former", "1950", "1991", "atlas", "office",
        "2026-01-02", "renamed"]  # fmt: skip


def row(**changes: str) -> list[str]:
    return [changes.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = write_package(tmp_path / "small")
    add_table(root, "other_names", HEADER)
    write_csv(root / "data" / "other_names.csv", [HEADER, GOOD])
    return root


def published(root: Path, out: Path) -> list[dict[str, Any]]:
    assert main(["build", str(root), "--out", str(out), "--quiet"]) == 0
    return open_snapshot(out, "public").other_names()


def test_names_are_published_with_their_years_and_nothing_of_who_decided(package: Path, tmp_path: Path) -> None:
    write_csv(
        package / "data" / "other_names.csv",
        [HEADER, GOOD, row(name_en="WL", name_ru="ЗК", relation="short", first_year="", last_year="", source_id="")],
    )
    assert published(package, tmp_path / "out") == [
        {"unit_id": "XA-WE", "relation": "former", "name_en": "Sunset land", "name_ru": "Край заката",
         "first_year": 1950, "last_year": 1991},
        {"unit_id": "XA-WE", "relation": "short", "name_en": "WL", "name_ru": "ЗК"},
    ]  # fmt: skip


def test_the_source_of_a_name_is_published_though_no_figure_is_from_it(package: Path, tmp_path: Path) -> None:
    sources = (package / "data" / "sources.csv").read_text(encoding="utf-8")
    line = "history,Old maps,Nobody,,facts-cited,invented,,,\n"
    (package / "data" / "sources.csv").write_text(sources + line, encoding="utf-8")
    write_csv(package / "data" / "other_names.csv", [HEADER, row(source_id="history")])
    published(package, tmp_path / "out")
    assert "history" in set(open_snapshot(tmp_path / "out", "public").sources["source_id"])


def test_an_alias_is_published_where_a_person_accepted_a_plain_name_for_every_source(
    package: Path, tmp_path: Path
) -> None:
    more = [
        ["XAA", "ADM1", "Occident", "XA-WE", "", "office", "2026-01-02", ""],
        ["XAA", "ADM1", "of one source only", "XA-WE", "census", "office", "2026-01-02", ""],
        ["XAA", "ADM1", "decided by nobody", "XA-WE", "", "", "", ""],
        ["XAA", "ADM1", "West (see note 3, tel. 555)", "XA-WE", "", "office", "2026-01-02", ""],
        ["XAA", "ADM1", "WEST REGION", "XA-WE", "", "office", "2026-01-02", "the same but for the kind of unit"],
        ["XAA", "ADM1", "sunset land", "XA-WE", "", "office", "2026-01-02", "told already"],
    ]
    write_csv(package / "data" / "aliases.csv", [*ALIASES, *more])
    names = published(package, tmp_path / "out")
    assert [one["name"] for one in names if one["relation"] == "spelling"] == ["Occident"]


def test_a_package_that_tells_nothing_has_no_such_file(tmp_path: Path) -> None:
    assert published(write_package(tmp_path / "small"), tmp_path / "out") == []
    assert NAMES not in open_snapshot(tmp_path / "out", "public").manifest["files"]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("unit_id", "XB-UP", "expected a unit of that country and level"),
        ("level", "ADM0", "expected a unit of that country and level"),
        ("name_ru", "", "expected a value"),
        ("name_en", "West (until 1991)", "expected a name in letters"),
        ("name_local", "a, b", "expected a name in letters"),
        ("relation", "nickname", "expected one of former, short, part, other"),
        ("first_year", "about 1950", "expected a year such as 1992"),
        ("last_year", "1949", "expected a year not before first_year"),
        ("relation", "short", "expected an empty cell"),
        ("source_id", "gossip", "expected one of atlas, census, panel"),
        ("decided_by", "", "expected a value"),
        ("decided_on", "", "expected a value"),
    ],
)
def test_a_wrong_row_is_refused_with_its_reason(
    package: Path, capsys: pytest.CaptureFixture[str], column: str, value: str, expected: str
) -> None:
    wrong = row(**({"name_en": "Other land"} | {column: value}))
    write_csv(package / "data" / "other_names.csv", [HEADER, GOOD, wrong])
    lines = [line for line in problem_lines(package, capsys) if expected in line]
    assert len(lines) == 1, lines
    assert lines[0].startswith("data/other_names.csv, row 3, ")


def test_other_names_join_no_figures(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A part, or a name of another time, is not the unit: a figure that names it waits for a person."""
    figures = package / "data" / "figures" / "services.csv"
    text = figures.read_text(encoding="utf-8")
    assert ",West," in text
    figures.write_text(text.replace(",0101,West,", ",,Sunset land,", 1), encoding="utf-8")
    assert any("Sunset land" in line and "a reviewed alias" in line for line in problem_lines(package, capsys))


@pytest.mark.parametrize(
    "name",
    ["Kurgan-Tyube", "Сурхандарьинская область", "O‘zbekiston", "Sar-e Pul", "سرپل", "г.Ташкент", "Вилояти Кӯлоб"],
)
def test_names_are_plain(name: str) -> None:
    assert is_plain_name(name)


@pytest.mark.parametrize(
    "text",
    ["", "Osh oblast (until 2017)", "GBAO, Sughd", "Osh/Batken", "see row 4", "a@b", "x" * 61,
     "one two three four five six seven"],
)  # fmt: skip
def test_remarks_are_not(text: str) -> None:
    assert not is_plain_name(text)


@given(st.text(max_size=80))
def test_nothing_with_a_digit_or_a_line_break_is_a_plain_name(text: str) -> None:
    if any(letter.isdigit() or letter in "\n\r\t,;:()@/" for letter in text):
        assert not is_plain_name(text)
