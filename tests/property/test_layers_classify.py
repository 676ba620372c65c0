"""Properties of class breaks that hold for any values."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.catalog import Display
from layers.classify import NO_CLASS, classify_values

QUICK = settings(max_examples=150, deadline=None)
numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda v: round(v, 4))
some_numbers = st.lists(numbers, min_size=1, max_size=40)
with_gaps = st.lists(st.one_of(numbers, st.just(float("nan"))), min_size=1, max_size=40)
breaks = st.lists(numbers, min_size=1, max_size=6, unique=True).map(sorted)


@st.composite
def displays(draw: st.DrawFn) -> Display:
    scheme = draw(st.sampled_from(["quantiles", "equal_interval", "fisher_jenks", "user_defined"]))
    fields = {"scheme": scheme, "k": draw(st.integers(2, 9)), "decimals": draw(st.integers(0, 4))}
    if scheme == "user_defined":
        fields["breaks"] = tuple(draw(breaks))
    return Display.model_validate(fields)


@QUICK
@given(with_gaps, displays())
def test_classes_are_monotone_and_only_nan_has_none(values: list[float], display: Display) -> None:
    array = np.array(values)
    found = classify_values(array, display)
    if found is None:
        assert np.isnan(array).all()
        return
    classes = found.classes(array)
    assert ((classes == NO_CLASS) == np.isnan(array)).all()
    known = np.argsort(array[~np.isnan(array)], kind="stable")
    ordered = classes[~np.isnan(array)][known]
    assert all(a <= b for a, b in pairwise(ordered.tolist()))


@QUICK
@given(some_numbers, displays())
def test_every_value_lies_in_its_printed_interval(values: list[float], display: Display) -> None:
    array = np.array(values)
    found = classify_values(array, display)
    assert found is not None
    edges = (found.low, *found.bins)
    assert all(a < b for a, b in pairwise(found.bins))
    assert found.low <= found.bins[0]
    slack = 1e-6 / 10**display.decimals + 1e-9
    for value, index in zip(values, found.classes(array).tolist(), strict=True):
        assert value <= edges[index + 1] + slack
        assert value > edges[index] or (index == 0 and value >= edges[0] - slack)


@QUICK
@given(some_numbers, displays(), st.randoms(use_true_random=False))
def test_the_order_of_values_changes_nothing(values: list[float], display: Display, random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert classify_values(np.array(shuffled), display) == classify_values(np.array(values), display)


@QUICK
@given(st.lists(some_numbers, min_size=2, max_size=4), displays())
def test_all_periods_share_one_set_of_breaks(periods: list[list[float]], display: Display) -> None:
    width = max(len(p) for p in periods)
    table = np.array([p + [float("nan")] * (width - len(p)) for p in periods])
    found = classify_values(table, display)
    assert found is not None
    assert found == classify_values(np.concatenate([np.array(p) for p in periods]), display)
    by_row = [found.classes(row).tolist() for row in table]
    assert by_row == found.classes(table).tolist()


@QUICK
@given(some_numbers, displays())
def test_there_are_at_most_as_many_classes_as_asked(values: list[float], display: Display) -> None:
    found = classify_values(np.array(values), display)
    assert found is not None
    most = len(display.breaks) + 1 if display.breaks else display.k
    assert 1 <= found.k <= most
