"""What several places have together, against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from layers.catalog import Catalog, IndicatorSpec
from layers.layer import LayerData, Shapes, build_layer
from layers.selection import Summary, summarise_selection
from layers.variant import Variant
from tests.unit.layers.frames import MAP, make_frame, make_layer, make_spec, observation, text

COUNT = {"mark": "symbol", "decimals": 0}
WITHHELD = {"missing_reason": "suppressed", "conf_status": "C"}


def population(rows: dict[tuple[str, int], float]) -> LayerData:
    spec = make_spec(COUNT, id="residents", kind="count", unit={"text": text("persons")})
    return make_layer([observation(unit, year, value) for (unit, year), value in rows.items()], spec)


def count_spec(**changes: Any) -> IndicatorSpec:
    display = COUNT | changes.pop("display", {})
    return make_spec(
        display, **({"kind": "count", "unit": {"text": text("persons")}, "value_range": (0, None)} | changes)
    )


def sensitive_spec(sensitivity: str) -> IndicatorSpec:
    return count_spec(sensitivity=sensitivity, display={"palette": "greys"})


def summary(rows: list[dict[str, Any]], units: list[str], people: LayerData | None, spec: Any = None) -> Summary:
    """Return the summary of the only period."""
    found = summarise_selection(make_layer(rows, spec or make_spec(value_range=(0, 100))), units, people)
    assert len(found) == 1
    return found[0]


def test_the_mean_is_weighted_by_population() -> None:
    # (10 % of 1,000 + 40 % of 3,000) of 4,000 = 1,300 of 4,000 = 32.5 %; the plain mean would be 25 %
    rows = [observation("A1", 2020, 10.0), observation("A2", 2020, 40.0), observation("B1", 2020, 90.0)]
    people = population({("A1", 2020): 1000, ("A2", 2020): 3000, ("B1", 2020): 9000})
    found = summary(rows, ["A1", "A2"], people)
    assert found.mean is not None
    assert found.mean.value == pytest.approx(32.5)
    assert (found.mean.places, found.mean.left_out, found.mean.population) == (2, 0, ("2020",))
    assert found.why["mean"] == ""


def test_a_place_without_population_is_left_out_and_said() -> None:
    rows = [observation("A1", 2020, 10.0), observation("A2", 2020, 40.0), observation("A3", 2020, 70.0)]
    found = summary(rows, ["A1", "A2", "A3"], population({("A1", 2020): 500, ("A2", 2020): 500}))
    assert found.mean is not None
    assert found.mean.value == pytest.approx(25.0)
    assert (found.mean.places, found.mean.left_out) == (2, 1)


def test_a_population_of_nobody_weighs_nothing() -> None:
    rows = [observation("A1", 2020, 10.0), observation("A2", 2020, 40.0)]
    found = summary(rows, ["A1", "A2"], population({("A1", 2020): 0, ("A2", 2020): 7}))
    assert found.mean is not None
    assert (found.mean.value, found.mean.left_out) == (40.0, 1)


def test_the_population_is_the_latest_not_later_than_the_figure() -> None:
    rows = [observation(u, y, v) for y in (2015, 2018, 2021) for u, v in (("A1", 10.0), ("A2", 40.0))]
    people = population({(u, y): n for y, n in ((2016, 1.0), (2020, 3.0)) for u in ("A1", "A2")} | {("A1", 2020): 9.0})
    first, second, third = summarise_selection(make_layer(rows, make_spec(value_range=(0, 100))), ["A1", "A2"], people)
    assert first.mean is not None
    assert second.mean is not None
    assert third.mean is not None
    assert (first.mean.value, first.mean.population) == (25.0, ("2016",))  # none before: the first after
    assert (second.mean.value, second.mean.population) == (25.0, ("2016",))
    assert third.mean.value == pytest.approx((9 * 10 + 3 * 40) / 12)
    assert third.mean.population == ("2020",)


def test_missing_and_withheld_figures_enter_nothing() -> None:
    rows = [observation("A1", 2020, 10.0), observation("A2", 2020), observation("B1", 2020, 30.0, obs_status="E"),
            observation("B2", 2020, **WITHHELD)]  # fmt: skip
    people = population({(u, 2020): 100 for u in ("A1", "A2", "B1", "B2")})
    found = summary(rows, ["A1", "A2", "B1", "B2"], people)
    assert (found.places, found.absent) == (4, 0)
    assert dict(found.states) == {"v": 2, "n": 1, "s": 1}
    assert found.estimated == 1
    assert found.mean is not None
    assert (found.mean.value, found.mean.places, found.mean.left_out) == (20.0, 2, 0)
    assert found.lowest is not None
    assert found.highest is not None
    assert (found.lowest.value, found.highest.value, found.gap) == (10.0, 30.0, 20.0)
    assert found.ratio == pytest.approx(3.0)


def test_range_names_every_place_that_has_the_extreme() -> None:
    rows = [observation("A1", 2020, 10.0), observation("A2", 2020, 10.0), observation("A3", 2020, 25.0)]
    found = summary(rows, ["A3", "A2", "A1"], None)
    assert found.lowest is not None
    assert found.highest is not None
    assert found.lowest.shapes == (0, 1)
    assert found.highest.shapes == (2,)
    assert found.why["mean"] == "no_weights"


@pytest.mark.parametrize(
    ("low", "values", "kind"),
    [(None, (5.0, 10.0), "rate"), (0, (0.0, 10.0), "rate"), (0, (5.0, 10.0), "index")],
)
def test_no_ratio_where_it_means_nothing(low: float | None, values: tuple[float, float], kind: str) -> None:
    rows = [observation(u, 2020, v) for u, v in zip(("A1", "A2"), values, strict=True)]
    found = summary(rows, ["A1", "A2"], None, make_spec(value_range=(low, None), kind=kind))
    assert found.gap == values[1] - values[0]
    assert found.ratio is None


def test_counts_are_added_up_where_nothing_is_missing() -> None:
    rows = [observation("A1", 2020, 12.0), observation("A2", 2020, 30.0), observation("A3", 2020, 5.0)]
    found = summary(rows, ["A1", "A2"], None, count_spec())
    assert found.total is not None
    assert (found.total.value, found.total.is_least) == (42.0, False)
    assert found.mean is None
    assert found.why["mean"] == "kind"


@pytest.mark.parametrize("more", [{}, {"qualifier": "at_least", "value": 5.0, "missing_reason": ""}])
def test_a_sum_with_gaps_is_a_lower_bound(more: dict[str, Any]) -> None:
    rows = [observation("A1", 2020, 12.0), observation("A2", 2020, 30.0), observation("A3", 2020, **more)]
    found = summary(rows, ["A1", "A2", "A3"], None, count_spec())
    assert found.total is not None
    assert (found.total.value, found.total.is_least) == (42.0 + more.get("value", 0.0), True)


def test_no_lower_bound_where_figures_can_be_below_zero() -> None:
    rows = [observation("A1", 2020, 12.0), observation("A2", 2020)]
    found = summary(rows, ["A1", "A2"], None, count_spec(value_range=(None, None)))
    assert found.total is None
    assert found.why["total"] == "below_zero"


def test_no_sum_beside_a_withheld_figure() -> None:
    rows = [observation("A1", 2020, 12.0), observation("A2", 2020, 30.0), observation("A3", 2020, **WITHHELD)]
    found = summary(rows, ["A1", "A2", "A3"], None, count_spec())
    assert found.total is None
    assert found.why["total"] == "withheld"


@pytest.mark.parametrize("sensitivity", ["high", "severe"])
def test_a_sensitive_layer_gives_no_sum_and_no_order(sensitivity: str) -> None:
    rows = [observation("A1", 2020, 12.0), observation("A2", 2020, 30.0), observation("A3", 2020, **WITHHELD)]
    found = summary(rows, ["A1", "A2", "A3"], None, sensitive_spec(sensitivity))
    assert dict(found.states) == {"v": 2, "s": 1}
    numbers = (found.mean, found.total, found.lowest, found.highest, found.gap, found.ratio)
    assert numbers == (None,) * 6
    assert (found.why["total"], found.why["range"]) == ("sensitive", "sensitive")


def test_a_sensitive_rate_gives_no_mean() -> None:
    spec = make_spec({"palette": "greys"}, sensitivity="high", value_range=(0, 100), disclosure={"published": True})
    people = population({("A1", 2020): 5, ("A2", 2020): 5})
    found = summary([observation("A1", 2020, 1.0), observation("A2", 2020, 2.0)], ["A1", "A2"], people, spec)
    assert (found.mean, found.gap) == (None, None)
    assert (found.why["mean"], found.why["range"]) == ("sensitive", "sensitive")


def test_places_that_are_not_there_are_counted() -> None:
    rows = [observation(u, 2005, 10.0) for u in ("A1", "A9")] + [observation(u, 2012, 20.0) for u in ("A1", "A2", "A3")]
    layer = make_layer(rows, make_spec(value_range=(0, 100)))
    early, late = summarise_selection(layer, ["A1", "A9", "nowhere", "A1"], None)
    assert (early.places, early.absent) == (2, 1)
    assert (late.places, late.absent) == (1, 2)
    assert late.why["range"] == "one_figure"


def test_the_order_of_the_places_changes_nothing() -> None:
    rows = [observation(u, 2020, v) for u, v in (("A1", 1.0), ("A2", 2.0), ("B1", 3.0))]
    people = population({("A1", 2020): 3, ("A2", 2020): 5, ("B1", 2020): 7})
    assert summary(rows, ["B1", "A1", "A2"], people) == summary(rows, ["A1", "A2", "B1", "A2"], people)


def test_national_figures_are_those_of_the_countries_of_the_places() -> None:
    rows = [observation("A1", 2020, 1.0), observation("B1", 2020, 2.0)]
    rows += [observation("AAA", 2020, 8.0), observation("BBB", 2020, 9.0)]
    assert dict(summary(rows, ["A1"], None).national) == {"AAA": 8.0}


def test_changes_in_percent_are_not_averaged() -> None:
    rows = [observation(u, y, v) for y, v in ((2018, 10.0), (2020, 20.0)) for u in ("A1", "A2")]
    people = population({("A1", 2018): 3, ("A2", 2018): 5})
    spec = make_spec(value_range=(0, 100))
    layer = build_layer(spec, "ADM1", make_frame(rows), Shapes.from_map(MAP), Variant(base="2018", measure="percent"))
    found = summarise_selection(layer, ["A1", "A2"], people)[-1]
    assert (found.mean, found.ratio) == (None, None)
    assert found.why["mean"] == "changes"


def catalog(weights: str | None, sensitivity: str = "low") -> Catalog:
    words = {name: text(name) for name in ("title", "region", "description", "disclaimer")}
    dataset = {"id": "small", **words, "projection": {"proj": "+proj=laea"}, "default_view": {"indicator": "share"}}
    people = count_spec(id="residents", sensitivity=sensitivity, display={"palette": "greys"})
    drivers = [{"id": "economic", "title": text("Economy")}]
    return Catalog.model_validate(
        {"dataset": dataset | {"weights": weights}, "drivers": drivers, "indicators": [make_spec(), people]}
    )


def test_a_dataset_names_its_weights() -> None:
    assert catalog("residents").dataset.weights == "residents"
    assert catalog(None).dataset.weights is None


@pytest.mark.parametrize(("weights", "sensitivity"), [("share", "low"), ("nobody", "low"), ("residents", "high")])
def test_weights_are_a_count_that_anybody_may_know(weights: str, sensitivity: str) -> None:
    with pytest.raises(ValidationError, match=r"dataset\.weights"):
        catalog(weights, sensitivity)
