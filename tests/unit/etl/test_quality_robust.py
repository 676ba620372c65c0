"""Medians along an axis and modified z-scores; NumPy's own medians are the oracle."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from etl.quality.model import rounding_step
from etl.quality.robust import median_of, modified_z


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_medians_are_those_of_numpy(axis):
    rng = np.random.default_rng(5)
    values = rng.normal(size=(7, 6, 5))
    values[rng.random(values.shape) < 0.4] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy warns of rows without any value
        expected = np.nanmedian(values, axis=axis)
    np.testing.assert_allclose(median_of(values, axis), expected)


def test_medians_of_too_few_values_are_missing():
    values = np.array([[1.0, 2.0, np.nan], [1.0, np.nan, np.nan]])
    np.testing.assert_array_equal(median_of(values, 1, 2), [1.5, np.nan])
    np.testing.assert_array_equal(median_of(np.empty((3, 0)), 1), [np.nan] * 3)


def test_scores_are_those_of_iglewicz_and_hoaglin():
    # Median 2.45 and median absolute deviation 0.15, by hand.
    values = np.array([2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3])
    deviation = values - median_of(values, 0)
    scores = modified_z(deviation, median_of(np.abs(deviation), 0))
    assert scores[8] == pytest.approx(0.6745 * 5.75 / 0.15)
    assert (np.abs(scores) > 3.5).tolist() == [False] * 8 + [True, True]


def test_nothing_can_be_said_where_most_figures_are_equal():
    assert np.isnan(modified_z(np.array([0.0, 5.0]), np.array([0.0, 0.0]))).all()


@pytest.mark.parametrize(
    ("values", "step"),
    [([1200.0, 35600.0], 100.0), ([0.5, 12.0], 0.1), ([3.0, 4.0], 1.0), ([0.125], 0.001), ([19.7, 20.35], 0.01)],
)
def test_rounding_is_found_out(values, step):
    assert rounding_step(np.array(values)) == pytest.approx(step)
