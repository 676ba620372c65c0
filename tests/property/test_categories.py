"""Properties of layers of categories, for any codes and figures: each has its colour and name, and no other has it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.fragments import legend_counts
from layers.catalog import category_word
from layers.palette import CATEGORY_FILLS
from layers.scene import build_scene, fill_of, shown_text
from layers.words import load_words
from tests.unit.layers.frames import IDS, SOURCES, make_layer, observation
from tests.unit.layers.test_categories import category_spec

QUICK = settings(max_examples=40, deadline=None)
codes = st.lists(st.integers(1, 99), min_size=2, max_size=9, unique=True).map(sorted)
places = st.lists(
    st.tuples(st.sampled_from(["A1", "A2", "A3", "B1", "B2"]), st.integers(2010, 2013), st.integers(0, 9)),
    unique_by=lambda row: row[:2],
)


def categories_of(numbers: list[int]) -> list[dict[str, Any]]:
    return [{"code": n, "label": {"en": f"name {n} of {len(numbers)}", "ru": f"имя {n}"}} for n in numbers]


@QUICK
@given(codes, places, st.booleans(), st.sampled_from(["en", "ru"]), st.sampled_from(["", "AAA", "BBB"]))
def test_every_figure_is_painted_and_named_as_its_category_and_no_other(
    numbers: list[int], table: list[tuple[str, int, int]], ordered: bool, lang: str, scope: str
) -> None:
    figures = {(unit, year): numbers[at % len(numbers)] for unit, year, at in table if at < 9}
    rows = [observation(unit, year, figures.get((unit, year))) for unit, year, _ in table]
    spec = category_spec(categories_of(numbers), ordered=ordered)
    layer = make_layer(rows, spec)
    words = load_words(lang)
    scene = build_scene(layer, words, SOURCES, {"map": "m", "units": "u"})
    for period, stop in enumerate(layer.periods):
        counts = legend_counts(scene, period, scope)
        for shape, unit in enumerate(IDS):
            code = figures.get((unit, int(stop.id)))
            paint = fill_of(scene, period, shape, scope)
            found = scene["scopes"].get(scope)
            if code is None or scope not in ("", scene["iso3"][shape]):
                assert found is None or paint not in found["colours"]
                continue
            place = numbers.index(code)
            assert found is not None
            assert len(found["colours"]) == len(set(found["colours"])) == len(numbers)
            assert paint == found["colours"][place]
            assert ordered or paint == CATEGORY_FILLS[place]
            assert shown_text(scene, words, period, shape) == found["labels"][place]
            assert found["labels"][place] == spec.categories[place].label.in_language(lang)
        of_codes = [counts.get(str(i), 0) for i in range(9)]
        shown = [figures.get((unit, int(stop.id))) for unit in IDS if scope in ("", f"{unit[0] * 3}")]
        assert of_codes[: len(numbers)] == [shown.count(number) for number in numbers]
        assert sum(of_codes) == counts.get("v", 0)


@QUICK
@given(st.text(max_size=30), st.sampled_from([" ", "\t", "\u00a0", "\n"]))
def test_names_are_compared_without_case_and_blanks(text: str, blank: str) -> None:
    spread = blank.join(text)
    assert category_word(spread) == category_word(text)
    assert category_word(text.upper().lower()) == category_word(text.lower())
