"""Parts of the first page: hashed addresses of scripts, the view box, what the browser is told."""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path

import pytest

from dashboard import page
from dashboard.page import BRING, LATE_STYLES, MODULES, STYLES, Assets, focus_box, only_country, without_paths
from tests.unit.layers.frames import MAP


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (*MODULES, *STYLES, *BRING, "icon.svg"):
        (tmp_path / name).write_text(f"/* {name} */\nbody {{\n  color: red;\n}}\n")
    monkeypatch.setattr(page, "ASSETS", tmp_path)
    return tmp_path


def test_the_address_of_scripts_follows_their_content(folder: Path) -> None:
    before = Assets().address
    assert re.fullmatch(r"/a/[0-9a-f]{12}", before)
    assert Assets().address == before
    for name in (*MODULES, *STYLES, *BRING, "icon.svg"):
        former = (folder / name).read_text()
        (folder / name).write_text(former + " ")
        assert Assets().address != before, name
        (folder / name).write_text(former)
    assert Assets().address == before


def test_every_script_that_is_imported_is_served(root: Path) -> None:
    files = Assets().files
    for name, content in files.items():
        if name.endswith(".js"):
            for imported in re.findall(rb'(?:from |import\()"([\w./]+)"', content):
                address = posixpath.normpath(posixpath.join(posixpath.dirname(name), imported.decode()))
                assert address in files, name
    present = {path.relative_to(root / "assets").as_posix() for path in (root / "assets").rglob("*.*")}
    assert present | {LATE_STYLES} == set(files)


def test_styles_are_sent_without_comments(folder: Path) -> None:
    assert "/*" not in Assets().css
    assert Assets().css.count("color: red;") == len(STYLES)


def test_the_real_styles_and_scripts_fetch_nothing_from_elsewhere() -> None:
    for name, content in Assets().files.items():
        found = re.findall(rb"""(?:https?:)?//(?!www\.w3\.org/)[\w.-]+\.[a-z]{2,}[/"')]""", content)
        assert found == [], name


def test_the_whole_map_is_the_view_box_of_the_region() -> None:
    assert focus_box(MAP, None, None) == focus_box(MAP, "", None) == focus_box(MAP, "ZZZ", None) == (0, 0, 100, 80)


def test_a_country_in_focus_has_a_margin() -> None:
    assert focus_box(MAP, "BBB", None) == pytest.approx((48.8, -1.2, 22.4, 12.4))


def test_a_position_in_the_address_wins() -> None:
    assert focus_box(MAP, "BBB", "-5,20,50,40") == (-5.0, 20.0, 50.0, 40.0)


@pytest.mark.parametrize(("countries", "scope"), [(["KAZ"], "KAZ"), (["KAZ", "KGZ"], ""), ([], "")])
def test_a_layer_of_one_country_opens_on_it(countries: list[str], scope: str) -> None:
    assert only_country(countries) == scope


def test_paths_are_sent_once_in_the_drawing() -> None:
    light = without_paths(MAP)
    assert '"d"' not in json.dumps(light)
    assert [s["x"] for s in light["shapes"]] == [s["x"] for s in MAP["shapes"]]
    assert (light["width"], light["km_per_unit"]) == (100, 2.0)
