"""Styles that would slow every step down (docs/adr/0008)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SHEETS = sorted((Path(__file__).parents[2] / "assets").rglob("*.css"))
SELECTORS = re.compile(r"([^{}]+)\{")
LOOKS_UP = re.compile(r"(^|[\s,>+~(])(html|body|:root)[^\s,>+~]*:has\(")
ANY_CHILD = re.compile(r":has\([^)]*(>\s*\*|:empty)")


def slow_selectors(text: str) -> list[str]:
    plain = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    found = [one.strip() for one in SELECTORS.findall(plain)]
    return [one for one in found if LOOKS_UP.search(one) or ANY_CHILD.search(one)]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_no_rule_has_the_whole_page_styled_anew_at_every_change_of_a_text(sheet: Path) -> None:
    assert slow_selectors(sheet.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "selector",
    ["body:has(#panel > *) #overview", "html:not(:has(#panel:not(:empty)))", "body.late:has(.x) p", ".card:has(> *)"],
)
def test_such_rules_are_found(selector: str) -> None:
    assert slow_selectors(f"p {{}} {selector} {{}}") == [selector]
