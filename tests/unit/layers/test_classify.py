"""Class breaks: against mapclassify and brute force, and by what the legend prints."""

from __future__ import annotations

from itertools import combinations, pairwise

import mapclassify
import numpy as np
import pytest

from layers.catalog import Display
from layers.classify import (
    MOST_CLASSES,
    NO_CLASS,
    Classification,
    ClassificationError,
    FloatArray,
    WithinCountries,
    classify_values,
)

SCHEMES = ("quantiles", "equal_interval", "fisher_jenks")


def display(scheme: str = "quantiles", k: int = 5, decimals: int = 6, **more: object) -> Display:
    return Display.model_validate({"scheme": scheme, "k": k, "decimals": decimals} | more)


def classified(values: FloatArray, how: Display) -> Classification:
    found = classify_values(values, how)
    assert found is not None
    return found


def random_values(seed: int, size: int = 60) -> FloatArray:
    return np.random.default_rng(seed).lognormal(2, 1, size).round(4)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("k", [2, 3, 5, 7])
@pytest.mark.parametrize(
    ("scheme", "reference"), [("quantiles", mapclassify.Quantiles), ("equal_interval", mapclassify.EqualInterval)]
)
def test_breaks_and_classes_agree_with_mapclassify(
    scheme: str, reference: type[mapclassify.classifiers.MapClassifier], k: int, seed: int
) -> None:
    values = random_values(seed)
    expected = reference(values, k=k)
    found = classified(values, display(scheme, k))
    assert found.bins == pytest.approx(expected.bins, abs=1e-5)
    assert found.classes(values).tolist() == expected.yb.tolist()


def least_squares_classes(values: FloatArray, k: int) -> list[list[float]]:
    """Return the division of the values into k classes of least squared deviation, by trying all."""
    ordered = np.sort(values)

    def deviation(cuts: tuple[int, ...]) -> float:
        parts = np.split(ordered, cuts)
        return sum(float(((part - part.mean()) ** 2).sum()) for part in parts)

    best = min(combinations(range(1, len(ordered)), k - 1), key=deviation)
    return [part.tolist() for part in np.split(ordered, best)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("k", [2, 3, 4])
def test_natural_breaks_are_the_best_of_all_divisions(k: int, seed: int) -> None:
    values = random_values(seed, size=14)
    found = classified(values, display("fisher_jenks", k))
    classes = found.classes(values)
    assert [sorted(values[classes == i].tolist()) for i in range(k)] == least_squares_classes(values, k)


@pytest.mark.parametrize("decimals", [0, 1, 2])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_value_lies_in_the_interval_that_the_legend_prints(scheme: str, decimals: int) -> None:
    values = np.concatenate([random_values(1), -random_values(2)])
    found = classified(values, display(scheme, 5, decimals))
    printed = [float(f"{edge:.{decimals}f}") for edge in (found.low, *found.bins)]
    assert printed == pytest.approx([found.low, *found.bins], abs=1e-12)
    for value, index in zip(values, found.classes(values), strict=True):
        assert value <= printed[index + 1]
        assert value > printed[index] or (index == 0 and value >= printed[0])


def test_rounding_moves_a_value_with_its_break() -> None:
    # Median 1.25; printed with one decimal it is 1.2 (half to even), so that 1.22 belongs above it.
    values = np.array([1.0, 1.1, 1.22, 1.28, 1.4, 1.5])
    found = classified(values, display("quantiles", 2, 1))
    assert found.bins == (1.2, 1.5)
    assert found.classes(values).tolist() == [0, 0, 1, 1, 1, 1]


def test_edges_are_rounded_outwards() -> None:
    found = classified(np.array([0.123, 0.2, 0.987]), display("equal_interval", 2, 1))
    assert (found.low, found.bins[-1]) == (0.1, 1.0)


def test_a_highest_value_that_rounds_down_makes_no_class_of_its_own() -> None:
    found = classified(np.array([1.0, 2.0, 3.0, 4.0, 5.03]), display("quantiles", 2, 1))
    assert found.bins == (3.0, 5.1)


def test_a_break_below_the_lowest_value_makes_no_empty_class() -> None:
    # The lower third of the values ends at 1.04, printed 1.0: nothing lies at or below it.
    values = np.array([1.04, 1.04, 1.5, 1.6, 1.8, 1.9])
    assert 0 in classified(values, display("quantiles", 3, 1)).classes(values)


def test_an_edge_on_the_printed_grid_stays() -> None:
    found = classified(np.array([0.1, 0.2, 0.3]), display("equal_interval", 2, 1))
    assert (found.low, found.bins) == (0.1, (0.2, 0.3))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_ties_give_fewer_classes(scheme: str) -> None:
    values = np.array([1.0] * 8 + [2.0, 3.0])
    found = classified(values, display(scheme, 5))
    assert found.k <= 3
    assert len(set(found.bins)) == found.k
    assert set(found.classes(values).tolist()) <= set(range(found.k))


def test_two_classes_cannot_have_the_same_label() -> None:
    found = classified(np.array([0.501, 0.502, 0.503, 0.504, 0.9]), display("quantiles", 5, 1))
    assert len(set(found.bins)) == found.k


def test_nan_never_gets_a_class() -> None:
    values = np.array([[1.0, np.nan, 2.0], [np.nan, 3.0, np.nan]])
    found = classified(values, display("quantiles", 3))
    assert found.classes(values).tolist() == [[0, NO_CLASS, 1], [NO_CLASS, 2, NO_CLASS]]


def test_nan_does_not_move_breaks() -> None:
    values = random_values(3)
    assert classify_values(np.append(values, [np.nan] * 40), display()) == classify_values(values, display())


def test_no_value_gives_no_breaks() -> None:
    assert classify_values(np.array([np.nan, np.nan]), display()) is None
    assert classify_values(np.array([]), display()) is None


@pytest.mark.parametrize("scheme", SCHEMES)
def test_one_value_is_one_class(scheme: str) -> None:
    found = classified(np.array([4.2]), display(scheme, 5, 1))
    assert (found.low, found.bins) == (4.2, (4.2,))
    assert found.classes(np.array([4.2])).tolist() == [0]


def test_negative_values_keep_their_order() -> None:
    values = np.array([-30.0, -20.0, -10.0, 0.0, 10.0, 20.0])
    found = classified(values, display("equal_interval", 5, 0))
    assert (found.low, found.bins) == (-30.0, (-20.0, -10.0, 0.0, 10.0, 20.0))
    assert found.classes(values).tolist() == [0, 0, 1, 2, 3, 4]


def user_breaks(*breaks: float) -> Display:
    return display("user_defined", 5, 1, breaks=breaks)


def test_user_breaks_are_used_and_closed_by_the_highest_value() -> None:
    values = np.array([1.0, 5.0, 7.0, 12.0])
    found = classified(values, user_breaks(5.0, 10.0))
    expected = mapclassify.UserDefined(values, bins=[5.0, 10.0])
    assert found.bins == tuple(expected.bins) == (5.0, 10.0, 12.0)
    assert found.classes(values).tolist() == expected.yb.tolist() == [0, 0, 1, 2]


def test_user_breaks_above_all_values_are_left_out() -> None:
    assert classified(np.array([1.0, 2.0]), user_breaks(5.0, 10.0)).bins == (2.0,)


def test_user_breaks_below_all_values_are_left_out() -> None:
    found = classified(np.array([12.0, 18.0]), user_breaks(1.0, 2.0, 5.0, 15.0))
    assert (found.low, found.bins) == (12.0, (15.0, 18.0))


def test_an_infinite_value_is_refused() -> None:
    with pytest.raises(ClassificationError, match="infinite"):
        classify_values(np.array([1.0, np.inf]), display())


@pytest.mark.parametrize("scheme", SCHEMES)
def test_breaks_rise(scheme: str) -> None:
    found = classified(random_values(9), display(scheme, 9, 0))
    assert all(a < b for a, b in pairwise(found.bins))


CALEMP = np.asarray(mapclassify.load_example(), dtype=float)
"""Employment density of California's 58 counties: the data of mapclassify's documented examples."""


def test_head_tail_is_the_documented_example() -> None:
    # mapclassify.HeadTailBreaks, "Examples": bins 125.92810345, 811.26, 4111.45; counts 50, 7, 1.
    found = classified(CALEMP, display("head_tail"))
    assert found.bins == pytest.approx([125.92810345, 811.26, 4111.45], abs=1e-6)
    assert np.bincount(found.classes(CALEMP)).tolist() == [50, 7, 1]


def test_standard_deviation_is_the_documented_example() -> None:
    # mapclassify.StdMean, "Examples": bins -967.4, -420.7, 672.57333208, 1219.21856072, 4111.45; counts 0, 0, 56, 1, 1.
    found = classified(CALEMP, display("std_mean"))
    assert found.bins == pytest.approx([672.57333208, 1219.21856072, 4111.45], abs=1e-6)  # without the empty ones
    assert np.bincount(found.classes(CALEMP)).tolist() == [56, 1, 1]


@pytest.mark.parametrize("k", range(2, 10))
def test_pretty_bounds_are_those_of_mapclassify(k: int) -> None:
    found = classified(CALEMP, display("pretty", k))
    expected = mapclassify.PrettyBreaks(CALEMP, k=k)
    assert found.bins[:-1] == tuple(expected.bins[: len(found.bins) - 1])
    assert found.bins[-1] == CALEMP.max()
    assert found.k <= MOST_CLASSES


def test_natural_breaks_are_the_documented_example() -> None:
    # mapclassify.FisherJenks, "Examples": bins 75.29, 192.05, 370.5, 722.85, 4111.45; counts 49, 3, 4, 1, 1.
    found = classified(CALEMP, display("fisher_jenks", 5))
    assert found.bins == pytest.approx([75.29, 192.05, 370.5, 722.85, 4111.45])
    assert np.bincount(found.classes(CALEMP)).tolist() == [49, 3, 4, 1, 1]


def test_no_scheme_makes_more_than_nine_classes() -> None:
    values = np.repeat(np.arange(12.0), 2 ** np.arange(11, -1, -1))  # half of every head is again a head
    assert len(mapclassify.HeadTailBreaks(values).bins) > MOST_CLASSES
    assert classified(values, display("head_tail")).k == MOST_CLASSES


@pytest.mark.parametrize("scheme", ["head_tail", "std_mean", "pretty"])
def test_other_schemes_take_no_missing_value_and_single_values(scheme: str) -> None:
    values = np.array([np.nan, 3.0, 8.0, 21.0, 22.0, np.nan])
    assert classified(values, display(scheme, 4, 1)).bins == classified(values[1:5], display(scheme, 4, 1)).bins
    assert classified(np.array([4.2, np.nan]), display(scheme, 4, 1)).bins == (4.2,)


def test_a_midpoint_is_rounded_as_bounds_are_and_is_one() -> None:
    values = np.array([40.0, 41.0, 43.25, 43.3, 45.0, 48.0])
    found = classified(values, display("quantiles", 4, 1, midpoint=43.2718))
    assert (found.mid, found.below) == (43.3, 2)
    assert found.bins[1] == 43.3
    assert found.classes(values).tolist() == [0, 0, 1, 1, 2, 3]


def test_a_midpoint_joins_set_breaks() -> None:
    values = np.arange(0.0, 101.0)
    found = classified(values, display("user_defined", 5, 0, breaks=(20.0, 60.0), midpoint=50.0))
    assert (found.bins, found.below) == ((20.0, 50.0, 60.0, 100.0), 2)
    eight = tuple(float(b) for b in range(10, 90, 10))
    found = classified(values, display("user_defined", 5, 0, breaks=eight, midpoint=52.0))
    assert found.bins == (10.0, 20.0, 30.0, 40.0, 52.0, 60.0, 70.0, 80.0, 100.0)


def test_steps_of_a_ramp_are_in_proportion() -> None:
    found = Classification(low=0.0, bins=(10.0, 64.0))
    assert found.steps(np.array([0.0, 16.0, 32.0, 64.0, np.nan])).tolist() == [0, 8, 16, 32, NO_CLASS]
    around = Classification(low=-4.0, bins=(0.0, 16.0), below=1, mid=0.0)
    assert around.steps(np.array([-4.0, 0.0, 4.0, 16.0])).tolist() == [12, 16, 20, 32]
    assert Classification(low=7.0, bins=(7.0,)).steps(np.array([7.0])).tolist() == [16]


def test_countries_side_by_side_keep_their_lowest_and_highest() -> None:
    parts = {"AAA": Classification(0.0, (1.0, 2.0, 3.0, 4.0, 5.0)), "BBB": Classification(0.0, (90.0, 95.0))}
    within = WithinCountries.of(parts | {"CCC": Classification(7.0, (7.0,))})
    assert (within.k, within.below) == (5, None)
    assert [within.slots(iso3) for iso3 in ("AAA", "BBB", "CCC")] == [(0, 1, 2, 3, 4), (0, 4), (2,)]
    assert within.classes(np.array([90.0, 91.0, np.nan]), "BBB").tolist() == [0, 4, NO_CLASS]


def test_countries_side_by_side_keep_the_sides_of_their_midpoints() -> None:
    parts = {
        "AAA": Classification(-9.0, (-5.0, 0.0, 3.0, 8.0), below=2, mid=0.0),
        "BBB": Classification(1.0, (2.0, 4.0), below=0, mid=0.0),
        "CCC": Classification(-3.0, (0.0, 6.0), below=1, mid=0.0),
    }
    within = WithinCountries.of(parts)
    assert (within.k, within.below) == (4, 2)
    assert [within.slots(iso3) for iso3 in parts] == [(0, 1, 2, 3), (2, 3), (1, 2)]
