"""The command `add-indicator`: describe an indicator of an intake in the catalog of a data package."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl.commands.common import FINE, Progress, SubParsers, add_json, print_json

if TYPE_CHECKING:
    from etl.problems import Problems

NAME = "add-indicator"
CATEGORY = "category"
_MARKS = {"count": "symbol", "range": "range"}
_LEVELS = ("ADM0", "ADM1", "ADM2", "ADM3")
_TEXTS = (
    ("title", "its title", True),
    ("unit", "its unit of measure, such as '% of population'; not of categories", False),
    ("menu-title", "short title in menus (default: the title)", False),
    ("definition", "what is counted, and how (default: the title)", False),
    ("population", "whom it is about (default: the title)", False),
)


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="describe an indicator in the catalog of a data package")
    command.add_argument("folder", type=Path, help="folder of the package")
    command.add_argument("--id", required=True, help="id: small letters, digits, _")
    command.add_argument("--intake", required=True, help="name of the mapping: NAME of intake/NAME.yml")
    command.add_argument("--select", help="what the figures are called there (default: the id)")
    for option, words, is_required in _TEXTS:
        for lang, language in (("en", "in English"), ("ru", "in Russian")):
            command.add_argument(f"--{option}-{lang}", required=is_required, help=f"{words}; {language}")
    command.add_argument("--driver", required=True, help="id of a driver theme of the base package")
    command.add_argument("--kind", required=True, choices=("rate", "count", "index", "money", "range", CATEGORY))
    command.add_argument("--direction", required=True, choices=("higher_is_worse", "higher_is_better", "neutral"))
    command.add_argument("--sensitivity", required=True, choices=("low", "moderate", "high", "severe"))
    command.add_argument("--level", action="append", required=True, choices=_LEVELS, help="repeatable")
    command.add_argument(
        "--periodicity",
        default="annual",
        choices=("survey", "annual", "part_year", "point_in_time", "claims"),
        help="default: annual",
    )
    command.add_argument("--definition-source", default="", help="where the definition is from (default: the source)")
    command.add_argument(
        "--lowest", type=float, help="lowest possible value (default: 0, but none for money and index)"
    )
    command.add_argument("--highest", type=float, help="highest possible value")
    command.add_argument("--multiply", type=float, help="factor, such as 1000 for figures in thousands")
    command.add_argument("--decimals", type=int, default=1, help="decimals shown (default: 1)")
    command.add_argument(
        "--category",
        action="append",
        metavar="EN|RU|WORD|...",
        help=f"of --kind {CATEGORY}: label in English, in Russian, what the table says for it; repeatable, in order",
    )
    command.add_argument("--ordered", action="store_true", help="the categories rise from the first to the last")
    add_json(command)


def _texts(options: argparse.Namespace, option: str, fallback: str) -> dict[str, str]:
    name = option.replace("-", "_")
    return {lang: getattr(options, f"{name}_{lang}") or getattr(options, f"{fallback}_{lang}") for lang in ("en", "ru")}


def _categories(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the categories of the command line, numbered as they come; a label in English alone stands for both."""
    found = []
    for code, text in enumerate(texts, 1):
        english, *more = (part.strip() for part in text.split("|"))
        one: dict[str, Any] = {"code": code, "label": {"en": english, "ru": (more[0] if more else "") or english}}
        aliases = [word for word in more[1:] if word]
        found.append(one | ({"aliases": aliases} if aliases else {}))
    return found


def _check(options: argparse.Namespace, problems: Problems) -> None:
    """Report what does not go together: categories have no unit, and all else has one and no categories."""
    is_category = options.kind == CATEGORY
    has_unit = bool(options.unit_en or options.unit_ru)
    if is_category and not options.category:
        problems.add(
            "command line", None, "--category", found="none", expected=f"two or more for --kind {CATEGORY}",
            remedy="Give each category with --category, in order.",
        )  # fmt: skip
    if not is_category and (options.category or options.ordered):
        problems.add(
            "command line", None, "--category", found=f"--kind {options.kind}", expected=f"--kind {CATEGORY} beside it",
            remedy="Leave out --category and --ordered, or choose the other kind.",
        )  # fmt: skip
    if is_category == has_unit or (has_unit and not (options.unit_en and options.unit_ru)):
        problems.add(
            "command line", None, "--unit-en, --unit-ru", found="a unit" if has_unit else "none",
            expected="none: categories are no amounts" if is_category else "the unit of measure in both languages",
            remedy="Leave them out." if is_category else "Give both.",
        )  # fmt: skip


def content_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return the content of the indicator's file."""
    is_category = options.kind == CATEGORY
    levels = sorted(set(options.level))
    has_floor = options.kind in ("rate", "count", "range")
    lowest = options.lowest if options.lowest is not None else (0.0 if has_floor else None)
    source: dict[str, Any] = {
        "reader": "intake",
        "file": f"intake/{options.intake.removesuffix('.yml')}.yml",
        "where": {"indicator": options.select or options.id},
    }
    if options.multiply is not None:
        source["multiply"] = options.multiply
    shown = next((level for level in ("ADM1", "ADM2", "ADM3", "ADM0") if level in levels), "ADM1")
    measured = {"unit": {"text": _texts(options, "unit", "unit")}, "value_range": [lowest, options.highest]}
    listed = {"categories": _categories(options.category or ()), "ordered": options.ordered}
    return {
        "id": options.id,
        "title": _texts(options, "title", "title"),
        "menu_title": _texts(options, "menu-title", "title"),
        "headline": _texts(options, "title", "title"),
        "driver": options.driver,
        "kind": options.kind,
        "definition": _texts(options, "definition", "title"),
        "definition_source": options.definition_source or "the source of the figures",
        **(listed if is_category else measured),
        "direction": options.direction,
        "levels": levels,
        "periodicity": options.periodicity,
        "population": _texts(options, "population", "title"),
        "source": source,
        "sensitivity": options.sensitivity,
        "display": {
            "mark": _MARKS.get(options.kind, "fill"),
            "decimals": 0 if is_category else options.decimals,
            "level": shown,
        },
    }


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    from etl.intake.scaffold import add_indicator
    from etl.problems import Problems

    problems = Problems()
    _check(options, problems)
    problems.raise_if_any()
    path = add_indicator(options.folder, content_of(options), problems)
    problems.raise_if_any()
    if options.json:
        print_json({"ok": True, "package": str(options.folder), "file": str(path)})
    else:
        print(f"wrote {path}")
    return FINE
