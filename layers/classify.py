"""Class breaks: one set for all periods of an indicator, and the class of every value."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.errors import LayerError
from layers.catalog import Display

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int8]

NO_CLASS = -1


class ClassificationError(LayerError):
    """Values cannot be classified as the layer's display asks."""


@dataclass(frozen=True)
class Classification:
    """Class breaks of a layer.

    Attributes
    ----------
    low : float
        Lowest classified value (rounded down to the display's decimals).
    bins : tuple of float, length k
        Upper bounds of the classes, rising, as in mapclassify: class i holds values in ``(bins[i - 1], bins[i]]``,
        class 0 also ``low``.
    below : int or None
        Number of classes up to a midpoint that is a class bound; None for a layer without a midpoint.
    """

    low: float
    bins: tuple[float, ...]
    below: int | None = None

    @property
    def k(self) -> int:
        """Number of classes; fewer than asked where values tie."""
        return len(self.bins)

    def classes(self, values: FloatArray) -> IntArray:
        """Return the class index of each value, same shape, ``NO_CLASS`` where the value is NaN."""
        found = np.searchsorted(np.asarray(self.bins), values, side="left").clip(max=self.k - 1)
        return np.where(np.isnan(values), NO_CLASS, found).astype(np.int8)


def _fisher_jenks(values: FloatArray, k: int) -> FloatArray:
    import mapclassify  # takes two seconds to import, and few layers need it

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Numba not installed")
        return np.asarray(mapclassify.FisherJenks(values, k=k).bins, dtype=float)


def _scheme_bins(values: FloatArray, display: Display, k: int) -> FloatArray:
    k = min(k, len(np.unique(values)))
    if k == 1:
        return np.asarray([values.max()], dtype=float)
    if display.scheme == "fisher_jenks":
        return _fisher_jenks(values, k)
    if display.scheme == "equal_interval":
        return np.linspace(values.min(), values.max(), k + 1)[1:]
    return np.quantile(values, np.arange(1, k + 1) / k)


def _bins(values: FloatArray, display: Display) -> FloatArray:
    if display.breaks is not None:
        inner = [b for b in display.breaks if b < values.max()]
        return np.asarray([*inner, values.max()], dtype=float)
    if display.midpoint is None:
        return _scheme_bins(values, display, display.k)
    sides = (values[values <= display.midpoint], values[values > display.midpoint])
    bins = [_scheme_bins(side, display, max(1, display.k // 2)) for side in sides if side.size]
    if all(side.size for side in sides):
        bins[0][-1] = display.midpoint
    return np.concatenate(bins)


def classify_values(values: FloatArray, display: Display) -> Classification | None:
    """Return the breaks for the pooled values of all periods, or None if there is no value.

    Breaks are rounded to the decimals that the legend prints, so that what the legend says is exactly what was done;
    ties may leave fewer classes than asked. NaN is dropped before anything is computed. With a midpoint, the values up
    to it and those above it are classified apart, each side into half of k classes, and the midpoint is a class bound.

    Parameters
    ----------
    values : numpy.ndarray of float64, any shape
        All values of the layer, all periods, in the indicator's unit. NaN means not available.
    display : Display
        Scheme, k, breaks and decimals.

    Raises
    ------
    ClassificationError
        If a value is infinite.

    References
    ----------
    .. [1] Brewer, C. A. and Pickle, L. (2002). Evaluation of methods for classifying epidemiological data on
       choropleth maps in series. Annals of the AAG 92(4): matched breaks over a series are read more accurately.
    """
    known = values[~np.isnan(values)]
    if known.size == 0:
        return None
    if not np.isfinite(known).all():
        raise ClassificationError("infinite value in the layer; the build should have refused it")
    scale = 10.0**display.decimals
    top = np.ceil(round(float(known.max()) * scale, 6)) / scale
    low = float(np.floor(round(float(known.min()) * scale, 6)) / scale)
    inner = np.unique(np.round(_bins(known, display)[:-1], display.decimals))
    inner = inner[(inner >= known.min()) & (inner < top)]
    bins = (*(float(b) for b in inner), float(top))
    below = None if display.midpoint is None else sum(b <= display.midpoint for b in bins)
    return Classification(low=low, bins=bins, below=below)
