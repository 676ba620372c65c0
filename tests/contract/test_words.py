"""Every language says the same: same keys and fields, real and neutral texts, none missing, none unused."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from babel import Locale

from dashboard.audit import ACTS
from dashboard.auth.gate import MESSAGES
from dashboard.bring.mapping import CODE_KINDS, KINDS, ORDERS, ROLES, SEXES
from dashboard.bring.views import STEPS
from dashboard.charts.chart import KINDS as CHARTS
from dashboard.page import LATE_WORDS, SENT_WORDS
from etl.other_names import SPELLING
from geodata.contracts import (
    MATCH_METHODS,
    MISSING_REASONS,
    NAME_RELATIONS,
    OBS_STATUS,
    PROGRAMME_STATUS,
    QUALIFIERS,
    TYPOLOGIES,
)
from layers import quality as report
from layers.bivariate import FILLS
from layers.catalog import TIERS, AdminLevel, Direction, Periodicity, Scheme, Sensitivity, Tier
from layers.choices import OfCountries
from layers.over_time import Why
from layers.overlays import FLOW_SIDES
from layers.palette import PALETTES
from layers.states import ELSEWHERE, EXTRAS, FLAG_OF_STATUS, STATES
from layers.variant import Measure
from layers.words import Words, languages, load_words

SECTORS = (
    "water_sanitation",
    "energy",
    "health",
    "education",
    "jobs",
    "migration_services",
    "local_governance",
)
"""Sectors of programmes that have a word; of others the page says what the package writes."""
CATEGORIES = {"zero", "one", "two", "few", "many", "other"}
NOT_CYRILLIC = {"app.name", "lang.status", "lang.texts", "lang.names", "panel.iso"}
ONLY_FIELDS = re.compile(r"^[\W\d]*(\{\w+\}[\W\d]*(-?[ер]\b)?)*$")

# Keys put together from a code: prefix of the key, and the codes that can follow it.
DYNAMIC: dict[str, tuple[str, ...]] = {
    "state.": (*STATES, "v", *EXTRAS),
    "state_note.": (*STATES, *EXTRAS),
    "group.": SEXES,
    "compare.by_": ("layer", "level", "period", "sex", "age", "country"),
    "more_time.why_": get_args(Why),
    "more_time.headline_": get_args(Measure),
    "flag.": tuple(sorted(set(FLAG_OF_STATUS.values()))),
    "qualifier.": tuple(q for q in QUALIFIERS if q != "exact"),
    "periodicity.": get_args(Periodicity),
    "level.": get_args(AdminLevel),
    "scheme.": get_args(Scheme),
    "palette.": PALETTES,
    "classes.": (
        "mid_zero",
        *(f"mid_{kind}{end}" for kind in get_args(OfCountries) for end in ("", "_note")),
        "fewer",
        "more",
        "lower",
        "higher",
    ),
    "sensitivity.": get_args(Sensitivity),
    "tier.": get_args(Tier),
    "match.": MATCH_METHODS,
    "method.direction_": get_args(Direction),
    "audit.what_": ACTS,
    "audit.col_": ("time", "account", "what", "dataset", "indicator", "level", "tier"),
    "auth.": (*MESSAGES, *(f"{message}_title" for message in MESSAGES)),
    "keys.": ("move", "select", "play", "step", "zoom", "find", "drill", "table", "present", "list"),
    "head.no_": ("ADM1", "ADM2", "ADM3", "ADM4"),
    "head.shown_": get_args(AdminLevel),
    "chart.": (
        *(f"tab_{kind}" for kind in CHARTS),
        *(f"mark_{flag}" for flag in sorted(set(FLAG_OF_STATUS.values()))),
        *(f"letter_{sign}" for sign in (*STATES, *EXTRAS)),
        *(f"take_{kind}" for kind in ("png", "svg", "copy", "csv")),
        "no_ranking",
        "no_scatter",
        *(f"col_{name}" for name in ("place", "country", "period", "order", "value", "low", "high", "class", "status")),
    ),
    "table.": ("place", "country", "value", "period", "rank", "status", "source"),
    "search.by_": (*NAME_RELATIONS, SPELLING, "former_until", "former_span", "part_until"),
    "ordinal.": ("other",),
    "bring.step_": STEPS,
    "bring.role_": ROLES,
    "bring.code_": CODE_KINDS,
    "bring.sex_": SEXES,
    "bring.kind_": KINDS,
    "bring.order_": ORDERS,
    "bring.": ("up", "down"),
    "bring.job_": ("failed", "stopped", "timeout"),
    "overlay.as_": ("counts", "icons"),
    "overlay.side_": FLOW_SIDES,
    "overlay.most_": ("out", "in"),
    "overlay.flow_": ("from", "to", "number"),
    "overlay.status_": PROGRAMME_STATUS,
    "overlay.sector_": SECTORS,
    "overlay.degree_": ("east", "west", "north", "south"),
    "typology.": TYPOLOGIES,
    "quality.sex.": ("female", "male"),
    "quality.rows.": ("read", "joined", "listed", "withheld"),
    "quality.head.": report.SECTIONS,
    "quality.kind.": report.KINDS,
    "quality.kind_note.": report.FIGURES,
    "quality.cell.": tuple(report.CELL_STATES.values()),
    "quality.line.": ("scale_previous", "scale_units"),
    "quality.status_code.": OBS_STATUS,
    "quality.reason.": tuple(reason for reason in MISSING_REASONS if reason),
    "quality.col.": report.COLUMNS,
    "quality.notice.": ("code_of_other_set", "unused_exclusion", "loose_total"),
    "handling.": TIERS[1:],
    "governance.": ("owner", "host", "funder", "contact"),
    "governance.holds_": TIERS,
    "governance.readers_": TIERS,
    "governance.limit_": ("high", "severe", "claims"),
    "governance.never_": ("persons", "children", "traits", "places", "refused"),
    "stack.fill_": FILLS,
    "stack.headline_": FILLS,
    "stack.by_": FILLS[1:],
    "stack.part_": ("0", "1", "2"),
    "stack.mark_": ("fill", "symbol", "range"),
    "filter.": ("country", "type", "kind", "status", "category"),
    "filter.status_": (
        "published",
        "estimated",
        "provisional",
        "unreliable",
        "break",
        "none",
        "unassessed",
        "inapplicable",
        "withheld",
    ),
    "pick.mode_": ("off", "click", "box", "lasso"),
    "pick.hint_": ("click", "box", "lasso"),
    "pick.no_mean_": ("sensitive", "kind", "changes", "no_figures", "no_weights", "no_population"),
    "pick.no_total_": ("sensitive", "changes", "no_figures", "withheld", "below_zero"),
    "pick.no_range_": ("sensitive", "no_figures", "one_figure"),
}
# A unit type, or the role of an approval, without words of its own is shown as it is written.
OPEN_PREFIXES = ("unit_type.", "ordinal.", "governance.role_")

PATTERNS = (
    re.compile(r"""\bwords?\(\s*f?["']([\w.]+)["']"""),
    re.compile(r"""\bw\(\s*["']([\w.]+)["']"""),
    re.compile(r"""\bsay\(\s*(?:words,\s*|this\.words,\s*)?(?:\w+(?:\.\w+)?\s*\?\s*)?["']([\w.]+)["']"""),
    re.compile(r"""\bplural\(\s*(?:[\w.]+,\s*)*["']([\w.]+)["']"""),
)
ANY_KEY = re.compile(r"""["']([a-z_]+(?:\.[a-z0-9_]+)+)["']""")


@pytest.fixture(scope="module")
def catalogues() -> dict[str, Words]:
    return {lang: load_words(lang) for lang in languages()}


def texts_of(words: Words) -> dict[str, str]:
    return words.subset("")


@cache
def plural_bases() -> set[str]:
    """Return the keys that are plurals: those with a form for one and a form for other in English."""
    keys = load_words("en").keys()
    return {key.removesuffix(".one") for key in keys if key.endswith(".one") and f"{key[:-4]}.other" in keys}


def split_plural(key: str) -> tuple[str, str]:
    base, _, form = key.rpartition(".")
    return (base, form) if form in CATEGORIES and base in plural_bases() else (key, "")


def base_keys(words: Words) -> set[str]:
    return {split_plural(key)[0] for key in texts_of(words)}


def plural_keys(words: Words) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key in texts_of(words):
        base, form = split_plural(key)
        if form:
            found.setdefault(base, set()).add(form)
    return found


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def sources(root: Path, *patterns: str) -> dict[str, str]:
    files = [path for pattern in patterns for path in sorted(root.glob(pattern))]
    assert files
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in files}


@pytest.fixture(scope="module")
def code(root: Path) -> dict[str, str]:
    templates = ("dashboard/templates/**/*.j2", "layers/templates/*.j2")
    return sources(root, "dashboard/**/*.py", "layers/*.py", *templates, "assets/**/*.js", "app.py")


def keys_used(text: str, known: set[str]) -> set[str]:
    """Return the keys that a file names as whole literals, also those in tuples and conditions."""
    used = {key for pattern in PATTERNS for key in pattern.findall(text) if "." in key and not key.endswith((".", "_"))}
    return used | {key for key in ANY_KEY.findall(text) if key in known}


def test_every_language_has_the_same_keys(catalogues: dict[str, Words]) -> None:
    expected = base_keys(catalogues["en"])
    for lang, words in catalogues.items():
        assert base_keys(words) ^ expected == set(), lang


def test_plurals_have_the_forms_of_their_language(catalogues: dict[str, Words]) -> None:
    for lang, words in catalogues.items():
        cardinal = {"other", *Locale.parse(lang).plural_form.tags}
        ordinal = {"other", *Locale.parse(lang).ordinal_form.tags}
        for base, forms in plural_keys(words).items():
            if base == "ordinal":
                assert ordinal <= forms, (lang, base)
            else:
                assert forms == cardinal, (lang, base)


def test_every_text_has_the_same_fields_in_every_language(catalogues: dict[str, Words]) -> None:
    expected = {split_plural(key)[0]: fields_of(text) for key, text in texts_of(catalogues["en"]).items()}
    for lang, words in catalogues.items():
        for key, text in texts_of(words).items():
            assert fields_of(text) == expected[split_plural(key)[0]], (lang, key)


def test_no_text_is_empty_or_badly_spaced(catalogues: dict[str, Words]) -> None:
    for lang, words in catalogues.items():
        for key, text in texts_of(words).items():
            assert text.strip() == text, (lang, key)
            assert text, (lang, key)
            assert "  " not in text, (lang, key)


def test_russian_texts_are_russian(catalogues: dict[str, Words]) -> None:
    for key, text in texts_of(catalogues["ru"]).items():
        if key not in NOT_CYRILLIC and not ONLY_FIELDS.match(text):
            assert re.search("[а-яё]", text, flags=re.IGNORECASE), (key, text)


def test_english_texts_hold_no_cyrillic(catalogues: dict[str, Words]) -> None:
    found = {k for k, text in texts_of(catalogues["en"]).items() if re.search("[а-яё]", text, flags=re.IGNORECASE)}
    assert found == set()


def test_every_key_used_in_code_exists(code: dict[str, str], catalogues: dict[str, Words]) -> None:
    known = base_keys(catalogues["en"])
    missing = {
        (name, key)
        for name, text in code.items()
        for key in keys_used(text, known)
        if key not in known and not any(one.startswith(f"{key}.") for one in known)
    }
    assert missing == set()


def test_the_search_for_keys_finds_them() -> None:
    text = """words("a.one") w('b.two') say(words, "c.three", {}) plural(words, lang, "d.four", 2)
    words.plural("e.five", 1)
    say(playing ? "f.six" : "g.seven") say(this.words, "h.eight") words(f"i.{x}") names = ("j.nine",)"""
    found = keys_used(text, {"g.seven", "j.nine"})
    assert found == {"a.one", "b.two", "c.three", "d.four", "e.five", "f.six", "g.seven", "h.eight", "j.nine"}


def test_every_code_has_its_word(catalogues: dict[str, Words]) -> None:
    for lang, words in catalogues.items():
        missing = {f"{prefix}{one}" for prefix, codes in DYNAMIC.items() for one in codes} - words.keys()
        assert missing == set(), lang
    assert ELSEWHERE not in DYNAMIC["state."]


def test_no_key_is_unused(code: dict[str, str], catalogues: dict[str, Words]) -> None:
    known = base_keys(catalogues["en"])
    used = {key for text in code.values() for key in keys_used(text, known)}
    built = {split_plural(f"{prefix}{one}")[0] for prefix, codes in DYNAMIC.items() for one in codes}
    unused = {key for key in known - used - built if not key.startswith(OPEN_PREFIXES)}
    assert unused == set()


def test_the_browser_gets_every_word_that_its_scripts_say(root: Path, catalogues: dict[str, Words]) -> None:
    known = base_keys(catalogues["en"])
    for pattern, sent in (("assets/*.js", SENT_WORDS), ("assets/late/*.js", SENT_WORDS + LATE_WORDS)):
        texts = sources(root, pattern).values()
        said = {key for text in texts for key in keys_used(text, known)}
        assert {key for key in said if not key.startswith(sent)} == set()
        prefixes = {m for text in texts for m in re.findall(r"`([a-z_]+\.)\$\{", text)}
        assert {p for p in prefixes & {f"{k.split('.')[0]}." for k in known} if not p.startswith(sent)} == set()


@pytest.mark.parametrize("prefix", SENT_WORDS + LATE_WORDS)
def test_nothing_is_sent_that_does_not_exist(prefix: str, catalogues: dict[str, Words]) -> None:
    assert catalogues["en"].subset(prefix)
