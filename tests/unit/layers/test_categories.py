"""Layers of categories: what the catalog refuses, what is painted and said, what is never worked out of codes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dashboard.fragments import render_fragments
from layers.catalog import IndicatorSpec
from layers.choices import fit_classes
from layers.palette import CATEGORY_FILLS, class_colours
from layers.scene import build_scene, fill_of, shown_text, unit_label
from layers.selection import summarise_selection
from layers.variant import PLAIN, UnknownVariantError, Variant
from layers.words import load_words
from tests.unit.layers.frames import IDS, SOURCES, UNITS, make_layer, make_spec, observation, text

AT = {unit: i for i, unit in enumerate(IDS)}
WATER: list[dict[str, Any]] = [
    {"code": 1, "label": {"en": "Piped water", "ru": "Водопровод"}, "aliases": ["tap"]},
    {"code": 2, "label": {"en": "Well", "ru": "Колодец"}},
    {"code": 5, "label": {"en": "Delivered water", "ru": "Привозная вода"}},
]
ROWS = [
    observation("A1", 2015, 1.0), observation("A2", 2015, 5.0, obs_status="E"),
    observation("A3", 2015, missing_reason="suppressed"), observation("B1", 2015, 1.0),
    observation("B1", 2016, 5.0), observation("AAA", 2015, 1.0),
]  # fmt: skip


def category_spec(categories: list[dict[str, Any]] | None = None, **changes: Any) -> IndicatorSpec:
    """Return an indicator of categories."""
    spec = make_spec().model_dump()
    for key in ("unit", "value_range", "display", "carry", "disclosure", "norm"):
        spec.pop(key, None)
    return IndicatorSpec.model_validate(
        spec | {"id": "share", "kind": "category", "direction": "neutral", "categories": categories or WATER} | changes
    )


def make_scene(spec: IndicatorSpec | None = None, lang: str = "en", variant: Variant = PLAIN) -> dict[str, Any]:
    layer = make_layer(ROWS, spec or category_spec(), variant)
    return build_scene(layer, load_words(lang), SOURCES, {"map": "m", "units": "u"})


def fault(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        category_spec(**changes)
    (error,) = caught.value.errors()
    return str(error["msg"])


def test_unit_and_range_are_those_of_codes_and_survive_publishing() -> None:
    spec = category_spec()
    assert (spec.unit.text.en, spec.unit.sign, spec.value_range) == ("category", None, (None, None))
    assert IndicatorSpec.model_validate_json(spec.model_dump_json()) == spec
    assert spec.category_codes == {
        "pipedwater": 1, "водопровод": 1, "tap": 1, "well": 2, "колодец": 2, "deliveredwater": 5, "привознаявода": 5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"categories": WATER[:1]}, "a list of 2 to 9 entries"),
        ({"categories": WATER[::-1]}, "must rise, found 5, 2, 1"),
        ({"categories": [WATER[0], WATER[0]]}, "must rise, found 1, 1"),
        ({"categories": [*WATER, {"code": 7, "label": text("TAP")}]}, "'TAP' stands for the categories 1 and 7"),
        ({"categories": [*WATER, {"code": 7, "label": text("x"), "aliases": ["5"]}]}, "'5' stands for the categories"),
        ({"sensitivity": "high", "levels": ("ADM0", "ADM1")}, "cannot be of sensitivity high"),
        ({"unit": {"text": text("%")}}, "codes, for which unit says nothing"),
        ({"value_range": (0, 9)}, "codes, for which value_range says nothing"),
        ({"norm": "other"}, "codes, for which norm says nothing"),
        ({"disclosure": {"k": 5}}, "codes, for which disclosure says nothing"),
        ({"source": {"reader": "csv", "file": "data/a.csv", "multiply": 1000}}, "source.multiply says nothing"),
        ({"display": {"scheme": "pretty"}}, "display.scheme says nothing"),
        ({"display": {"k": 3, "midpoint": 2.0}}, "display.k, display.midpoint says nothing"),
        ({"display": {"mark": "symbol"}}, "drawn with mark fill, found symbol"),
        ({"display": {"palette": "teals"}}, "have colours of their own"),
        ({"direction": "higher_is_worse"}, "direction neutral, found higher_is_worse"),
        ({"ordered": True, "display": {"palette": "brown_teal"}}, "rise in one direction"),
        ({"carry": {"to": "AAA-2010", "method": "population"}}, "by method exact_membership only"),
        (
            {"carry": {"to": "AAA-2010", "method": "exact_membership", "numerator": "aa", "denominator": "bb"}},
            "by method exact_membership only",
        ),
    ],
)  # fmt: skip
def test_what_has_no_meaning_for_codes_is_refused_in_one_line(changes: dict[str, Any], words: str) -> None:
    message = fault(**changes)
    assert words in message
    assert "\n" not in message


def test_more_than_nine_categories_are_refused() -> None:
    many = [{"code": i, "label": text(f"name {i}")} for i in range(1, 11)]
    assert "at most 9" in fault(categories=many)


@pytest.mark.parametrize("changes", [{"categories": WATER}, {"ordered": True}])
def test_other_kinds_have_no_categories(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"go with kind category, found kind rate"):
        make_spec(**changes)


@pytest.mark.parametrize(
    ("act", "is_allowed"),
    [("rank", False), ("correlate", False), ("index", False), ("cluster", False), ("trend", False), ("sort", True),
     ("join", True)],
)  # fmt: skip
def test_nothing_is_computed_of_codes(act: Any, is_allowed: bool) -> None:
    assert category_spec().allows(act) is is_allowed
    assert category_spec(ordered=True).allows(act) is is_allowed


def test_every_figure_has_the_colour_and_the_name_of_its_category() -> None:
    scene, words = make_scene(), load_words("en")
    piped, _, delivered = CATEGORY_FILLS[:3]
    assert [fill_of(scene, 0, AT[u], "") for u in ("A1", "A2", "A3", "B1", "B2")] == [
        piped, "url(#estimated-2)", "url(#state-s)", piped, "url(#state-n)",
    ]  # fmt: skip
    assert fill_of(scene, 1, AT["B1"], "BBB") == delivered
    assert [shown_text(scene, words, 0, AT[u]) for u in ("A1", "A2", "A3")] == [
        "Piped water", "Delivered water", words("state.s"),
    ]  # fmt: skip
    assert unit_label(scene, words, UNITS[AT["A1"]], 0, AT["A1"]) == "Place A1, Land A: Piped water (2015)"
    russian = make_scene(lang="ru")
    assert shown_text(russian, load_words("ru"), 0, AT["A2"]) == "Привозная вода"
    assert (scene["ranks"], scene["classing"], scene["sortable"]) == (None, None, True)


def test_the_classes_are_the_categories_in_every_scope_and_language() -> None:
    scene, russian = make_scene(), make_scene(lang="ru")
    assert set(scene["scopes"]) == {"", "AAA", "BBB"}
    for found in scene["scopes"].values():
        assert (found["bins"], found["low"]) == ([1.0, 2.0, 5.0], 1.0)
        assert found["labels"] == ["Piped water", "Well", "Delivered water"]
        assert found["colours"] == list(CATEGORY_FILLS[:3])
        assert "within" not in found
    assert russian["scopes"][""]["labels"] == ["Водопровод", "Колодец", "Привозная вода"]
    assert scene["categories"][2] == {"code": 5, "label": "Delivered water"}


def test_ordered_categories_rise_in_one_palette_that_holds_for_them() -> None:
    spec = category_spec(ordered=True, display={"palette": "purples"})
    assert make_scene(spec)["scopes"][""]["colours"] == list(class_colours("purples", 3))
    nine = [{"code": i, "label": text(f"phase {i}")} for i in range(1, 10)]
    found = make_scene(category_spec(nine, ordered=True))["scopes"][""]
    assert (found["palette"], found["colours"]) == ("dawn", list(class_colours("dawn", 9)))


def test_the_legend_lists_every_category_also_where_no_place_has_it() -> None:
    words = load_words("en")
    legend = render_fragments(make_scene(), words, period=0)["legend"][""]
    names = [legend.index(f'<span class="lg-range">{name}<') for name in ("Piped water", "Well", "Delivered water")]
    assert names == sorted(names)
    counts = [part.split("</span>")[0] for part in legend.split('<span class="lg-n">')[1:4]]
    assert counts == ["2", "0", "1"]
    assert render_fragments(make_scene(), words, period=0)["head"].count(words("head.categories")) == 1


@pytest.mark.parametrize(
    "variant",
    [Variant(scheme="pretty"), Variant(k=3), Variant(breaks=(1.0,)), Variant(mid="zero"), Variant(ramp=True),
     Variant(palette="teals")],
)  # fmt: skip
def test_a_reader_cannot_classify_categories(variant: Variant) -> None:
    fitting, refused = fit_classes(category_spec(), variant, {})
    assert fitting == PLAIN
    assert dict(refused) == variant.fields()


@pytest.mark.parametrize("variant", [Variant(base="2015"), Variant(upto=True)])
def test_no_change_is_taken_and_no_category_carried_to_a_later_period(variant: Variant) -> None:
    with pytest.raises(UnknownVariantError):
        make_layer(ROWS, category_spec(), variant)


def test_places_together_have_counts_and_no_mean() -> None:
    layer = make_layer(ROWS, category_spec())
    summary = summarise_selection(layer, ["A1", "A2", "A3", "B1"], None)[0]
    assert summary.categories == {1.0: 2, 5.0: 1}
    assert (summary.mean, summary.total, summary.lowest, summary.gap) == (None, None, None, None)
    assert summary.why == {"mean": "category", "total": "kind", "range": "category"}
    assert summary.states == {"v": 3, "s": 1}
