"""What of a classification can be chosen: displays, midpoints, scales, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from layers.catalog import Catalog
from layers.choices import display_of, fit_classes, midpoint_of, scales_of
from layers.classify import Classification
from layers.variant import Variant
from tests.unit.layers.frames import IDS, make_layer, make_spec, observation, text

MIDPOINTS = {"mean": {"AAA": 12.0, "BBB": 20.0}}


def refused(spec: Any, **variant: Any) -> dict[str, str]:
    """Return what of a variant cannot be, and check that the rest is left as it was."""
    wanted = Variant(**variant)
    fitting, wrong = fit_classes(spec, wanted, MIDPOINTS)
    assert fitting == wanted.model_copy(update={key: Variant.model_fields[key].default for key, _ in wrong})
    return dict(wrong)


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ({}, ("quantiles", 3, None, "blues")),
        ({"scheme": "std_mean"}, ("std_mean", 3, None, "blues")),
        ({"k": 7, "palette": "dawn"}, ("quantiles", 7, None, "dawn")),
        ({"breaks": (1.0, 2.0), "scheme": "pretty"}, ("user_defined", 3, (1.0, 2.0), "blues")),
    ],
)
def test_the_display_is_the_catalogs_with_what_was_chosen(
    variant: dict[str, Any], expected: tuple[object, ...]
) -> None:
    shown = display_of(make_spec(), Variant(**variant))
    assert (shown.scheme, shown.k, shown.breaks, shown.palette) == expected


def test_another_scheme_does_away_with_the_catalogs_breaks() -> None:
    spec = make_spec({"scheme": "user_defined", "breaks": (5.0, 9.0)})
    assert display_of(spec, Variant()).breaks == (5.0, 9.0)
    assert display_of(spec, Variant(scheme="quantiles")).breaks is None


@pytest.mark.parametrize(
    ("mid", "expected"), [(None, 3.0), ("zero", 0.0), ("mean", 20.0), ("norm", None), ("-4.5", -4.5)]
)
def test_midpoints(mid: str | None, expected: float | None) -> None:
    shown = make_spec({"midpoint": 3.0}).display
    assert midpoint_of(shown, Variant(mid=mid), MIDPOINTS, "BBB") == expected


@pytest.mark.parametrize(
    ("level", "units", "variant", "expected"),
    [
        ("ADM1", {"AAA": 3, "BBB": 1}, {}, ("within", "across")),
        ("ADM1", {"AAA": 3}, {}, ("across",)),
        ("ADM1", {"AAA": 1, "BBB": 1}, {}, ("across",)),
        ("ADM0", {"AAA": 1, "BBB": 1}, {}, ("across",)),
        ("ADM1", {}, {}, ("across",)),
        ("ADM1", {"AAA": 3, "BBB": 1}, {"mid": "mean"}, ("within",)),
        ("ADM1", {"AAA": 3, "BBB": 1}, {"mid": "zero"}, ("within", "across")),
        ("ADM1", {"AAA": 3, "BBB": 1}, {"breaks": (1.0,)}, ("across",)),
    ],
)
def test_countries_are_classified_by_themselves_unless_there_is_nothing_to_it(
    level: str, units: dict[str, int], variant: dict[str, Any], expected: tuple[str, ...]
) -> None:
    chosen = Variant(**variant)
    assert scales_of(level, units, display_of(make_spec(), chosen), chosen) == expected


@pytest.mark.parametrize(
    ("variant", "wrong"),
    [
        ({"scheme": "head_tail", "k": 9, "palette": "purples", "ramp": True, "scale": "across"}, set()),
        ({"scheme": "user_defined"}, {"scheme"}),
        ({"mid": "mean"}, set()),
        ({"mid": "norm"}, {"mid"}),
        ({"mid": "zero", "scheme": "std_mean"}, {"mid"}),
        ({"breaks": (1.0, 2.0), "mid": "1.5"}, set()),
    ],
)
def test_what_a_fill_refuses(variant: dict[str, Any], wrong: set[str]) -> None:
    assert set(refused(make_spec(), **variant)) == wrong


def test_a_scheme_without_sides_is_refused_where_the_layer_has_a_midpoint() -> None:
    spec = make_spec({"midpoint": 0.0})
    assert set(refused(spec, scheme="head_tail")) == {"scheme"}
    assert refused(spec, scheme="fisher_jenks") == {}


def test_circles_have_no_classes_but_take_another_colour() -> None:
    spec = make_spec({"mark": "symbol"}, kind="count")
    wrong = refused(spec, scheme="pretty", k=4, breaks=(1.0,), mid="zero", ramp=True, palette="teals", scale="across")
    assert set(wrong) == {"scheme", "k", "breaks", "mid", "ramp"}


def test_a_severe_layer_stays_in_greys_around_no_midpoint() -> None:
    spec = make_spec({"palette": "greys"}, sensitivity="severe", disclosure={"numerator": "cases"})
    assert set(refused(spec, palette="blues")) == {"palette"}
    assert set(refused(spec, mid="zero")) == {"mid"}
    assert set(refused(spec, k=6)) == {"k"}
    assert set(refused(spec, breaks=(1.0, 2.0, 3.0, 4.0, 5.0))) == {"breaks"}
    assert refused(spec, k=5, scheme="fisher_jenks", ramp=True, palette="greys") == {}


ROWS = [
    observation(unit, year, value)
    for year, values in ((2015, (10.0, 20.0, 30.0, 40.0)), (2016, (11.0, 25.0, 36.0, 44.0)))
    for unit, value in zip(("A1", "A2", "B1", "B2"), values, strict=True)
]
NATIONAL = [observation("A", 2015, 12.0), observation("A", 2016, 14.0), observation("B", 2016, 38.0)]


def test_the_national_mean_is_that_of_all_published_periods() -> None:
    layer = make_layer(ROWS + NATIONAL, variant=Variant(mid="mean"))
    assert layer.midpoints == {"mean": {"AAA": 13.0, "BBB": 38.0}}
    assert layer.scale == "within"
    for iso3, mid in layer.midpoints["mean"].items():
        found = layer.scopes[iso3][0]
        assert isinstance(found, Classification)
        assert found.mid == mid
        assert mid in found.bins


def test_without_a_published_national_figure_of_every_country_there_is_no_mean() -> None:
    assert make_layer(ROWS + NATIONAL[:2]).midpoints == {}
    hidden = observation("B", 2016, 38.0, missing_reason="suppressed")
    assert make_layer([*ROWS, *NATIONAL[:2], hidden]).midpoints == {}


def test_norms_of_every_country_are_midpoints() -> None:
    assert make_layer(ROWS, norms={"AAA": 15.0, "BBB": 15.0}).midpoints == {"norm": {"AAA": 15.0, "BBB": 15.0}}
    assert make_layer(ROWS, norms={"AAA": 15.0}).midpoints == {}


def test_breaks_are_locked_for_all_periods_whatever_is_chosen() -> None:
    for variant in (Variant(scheme="pretty"), Variant(ramp=True), Variant(mid="15"), Variant(scale="across", k=2)):
        layer = make_layer(ROWS, variant=variant)
        for scope in ("AAA", "BBB"):
            found, classes = layer.scopes[scope]
            assert isinstance(found, Classification)
            mine = [i for i, iso3 in enumerate(layer.shapes.iso3) if iso3 == scope]
            for row, values in zip(classes, layer.values, strict=True):
                assert row[mine].tolist() == found.classes(values[mine]).tolist()


def test_figures_carried_to_later_periods_move_no_breaks() -> None:
    rows = [row for row in ROWS if not (row["unit_id"] == "B2" and row["period_end"].year == 2016)]
    plain, carried = make_layer(rows), make_layer(rows, variant=Variant(upto=True))
    assert carried.values[1, list(IDS).index("B2")] == 40.0
    assert {key: found for key, (found, _) in carried.scopes.items()} == {
        key: found for key, (found, _) in plain.scopes.items()
    }


def catalog(**norm: Any) -> Catalog:
    fields = {"unit": {"text": text("% of people"), "sign": {"en": "%", "ru": "%"}}} | norm
    share, other = make_spec(norm="share_norm").model_dump(), make_spec().model_dump() | {"id": "share_norm"} | fields
    words = {key: text("x") for key in ("title", "region", "description", "disclaimer")}
    dataset = {
        "id": "small", **words, "projection": {"proj": "+proj=laea"}, "default_view": {"indicator": "share"},
    }  # fmt: skip
    drivers = [{"id": "economic", "title": text("Economy")}]
    return Catalog.model_validate({"dataset": dataset, "drivers": drivers, "indicators": [share, other]})


def test_a_norm_is_an_indicator_of_the_same_measure() -> None:
    assert catalog().indicators[0].norm == "share_norm"
    with pytest.raises(ValidationError, match="differ in kind or unit"):
        catalog(unit={"text": text("per 1,000")})
    with pytest.raises(ValidationError, match="must be another indicator of the catalog"):
        catalog(id="other")
