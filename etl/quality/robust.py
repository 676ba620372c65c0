"""Medians and modified z-scores over rows of an array; missing values are left out, never counted as zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

CONSISTENCY = 0.6745  # of the median absolute deviation with the standard deviation of a normal distribution


def median_of(values: Numbers, axis: int, least: int = 1) -> Numbers:
    """Return medians along an axis of an array with missing values.

    As `numpy.nanmedian`, but without its cost for many short rows.

    Parameters
    ----------
    values : numpy.ndarray of float64
    axis : int
    least : int, optional
        Medians of fewer values are NaN.

    Returns
    -------
    numpy.ndarray of float64
        Without that axis.
    """
    if values.shape[axis] == 0:
        return np.full(np.delete(values.shape, axis), np.nan)
    ordered = np.moveaxis(np.sort(values, axis=axis), axis, 0)  # NaN goes to the end
    n = (~np.isnan(ordered)).sum(axis=0)
    rest = np.indices(n.shape, sparse=True)
    low, high = np.maximum((n - 1) // 2, 0), np.minimum(n // 2, len(ordered) - 1)
    middle: Numbers = (ordered[(low, *rest)] + ordered[(high, *rest)]) / 2
    return np.where(n >= max(least, 1), middle, np.nan)


def modified_z(deviation: Numbers, scale: Numbers) -> Numbers:
    """Return modified z-scores: 0.6745 times the deviation from the median, over the median absolute deviation.

    Parameters
    ----------
    deviation : numpy.ndarray of float64
        From the median.
    scale : numpy.ndarray of float64
        Median absolute deviation, broadcast to `deviation`; zero or NaN gives NaN: nothing can be said.

    Returns
    -------
    numpy.ndarray of float64, dimensionless

    References
    ----------
    .. [1] Iglewicz, B. and Hoaglin, D. C. (1993), How to Detect and Handle Outliers, ASQC Quality Press, section 3.
    """
    usable: NDArray[Any] = np.where(scale > 0, scale, np.nan)
    result: Numbers = CONSISTENCY * deviation / usable
    return result
