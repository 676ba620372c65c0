"""Class breaks: one set for all periods of an indicator, and the class of every value."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.errors import LayerError
from layers.catalog import Display, Scheme

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int8]

NO_CLASS = -1
MOST_CLASSES = 9
RAMP_STEPS = 33
"""Steps of a continuous ramp: neighbours cannot be told apart, the middle one is the midpoint."""
MOST_JENKS = 500
"""Values of which natural breaks are computed; of more, as many are taken evenly over their order."""
TAKES_K: tuple[Scheme, ...] = ("quantiles", "fisher_jenks", "equal_interval", "pretty")
"""Schemes that are told how many classes to make; the others find the number in the values."""
HAS_SIDES: tuple[Scheme, ...] = ("quantiles", "fisher_jenks", "equal_interval", "user_defined")
"""Schemes that can classify the two sides of a midpoint apart."""


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
    mid : float or None
        The midpoint, rounded as the bounds are.
    """

    low: float
    bins: tuple[float, ...]
    below: int | None = None
    mid: float | None = None

    @property
    def k(self) -> int:
        """Number of classes; fewer than asked where values tie."""
        return len(self.bins)

    def classes(self, values: FloatArray) -> IntArray:
        """Return the class index of each value, same shape, ``NO_CLASS`` where the value is NaN."""
        found = np.searchsorted(np.asarray(self.bins), values, side="left").clip(max=self.k - 1)
        return np.where(np.isnan(values), NO_CLASS, found).astype(np.int8)

    def steps(self, values: FloatArray) -> IntArray:
        """Return the step of a continuous ramp of each value, 0 to ``RAMP_STEPS - 1``, ``NO_CLASS`` where it is NaN.

        Steps are in proportion to the value between the lowest and the highest; around a midpoint, which has the
        middle step, both sides are in proportion to the greater distance, so that equal distances look alike.
        """
        low, high, last = self.low, self.bins[-1], RAMP_STEPS - 1
        if self.mid is not None:
            reach = max(abs(high - self.mid), abs(self.mid - low))
            low, high = self.mid - reach, self.mid + reach
        share = (values - low) / (high - low) if high > low else np.where(np.isnan(values), np.nan, 0.5)
        found = np.floor(np.nan_to_num(share).clip(0, 1) * last + 0.5)
        return np.where(np.isnan(values), NO_CLASS, found).astype(np.int8)


@dataclass(frozen=True)
class WithinCountries:
    """Classes of several countries, each by its own breaks: class 0 is the lowest of its country, k - 1 the highest.

    Attributes
    ----------
    parts : mapping of ISO 3166-1 alpha-3 code to Classification
        The class breaks of each country that has figures.
    k : int
        The most classes on each side of the midpoint together; a country with fewer classes keeps its lowest and its
        highest and leaves out others.
    below : int or None
        How many of them lie up to the midpoint; None without a midpoint.
    """

    parts: Mapping[str, Classification]
    k: int
    below: int | None = None

    @classmethod
    def of(cls, parts: Mapping[str, Classification]) -> WithinCountries:
        """Put the classifications of countries side by side."""
        if any(part.below is None for part in parts.values()):
            return cls(parts, max(part.k for part in parts.values()))
        below = max(part.below or 0 for part in parts.values())
        above = max(part.k - (part.below or 0) for part in parts.values())
        return cls(parts, below + above, below)

    def slots(self, iso3: str) -> tuple[int, ...]:
        """Return which of the k classes each class of a country is."""
        part = self.parts[iso3]
        if self.below is None:
            return _spread_over(part.k, self.k)
        low, high = part.below or 0, self.k - self.below
        # the class beside the midpoint stays beside it where a side has one class only
        lower = (self.below - 1,) if low == 1 else _spread_over(low, self.below)
        upper = (0,) if part.k - low == 1 else _spread_over(part.k - low, high)
        return (*lower, *(self.below + slot for slot in upper))

    def classes(self, values: FloatArray, iso3: str) -> IntArray:
        """Return the class of each value of a country, ``NO_CLASS`` where it is NaN."""
        own = self.parts[iso3].classes(values)
        return np.where(own == NO_CLASS, NO_CLASS, np.asarray(self.slots(iso3))[own]).astype(np.int8)


def _spread_over(few: int, many: int) -> tuple[int, ...]:
    if few == 0:
        return ()
    return ((many - 1) // 2,) if few == 1 else tuple(int(i * (many - 1) / (few - 1) + 0.5) for i in range(few))


def _thinned(values: FloatArray) -> FloatArray:
    """Return at most `MOST_JENKS` of the values, evenly spread over their order, the least and the highest among them.

    The time of Fisher and Jenks' method grows with the square of the number of values.
    """
    if values.size <= MOST_JENKS:
        return values
    places = np.linspace(0, values.size - 1, MOST_JENKS).round().astype(int)
    thinned: FloatArray = np.sort(values)[places]
    return thinned


def _by_mapclassify(values: FloatArray, scheme: Scheme, k: int) -> FloatArray:
    import mapclassify  # takes two seconds to import, and few layers need it

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Numba not installed")
        if scheme == "fisher_jenks":
            found = mapclassify.FisherJenks(_thinned(values), k=k)
        elif scheme == "head_tail":
            found = mapclassify.HeadTailBreaks(values)
        elif scheme == "std_mean":
            found = mapclassify.StdMean(values)
        else:
            found = mapclassify.PrettyBreaks(values, k=k)
    bins = np.asarray(found.bins, dtype=float)
    return bins if len(bins) <= MOST_CLASSES else np.append(bins[: MOST_CLASSES - 1], values.max())


def _scheme_bins(values: FloatArray, display: Display, k: int) -> FloatArray:
    k = min(k, len(np.unique(values)))
    if k == 1:
        return np.asarray([values.max()], dtype=float)
    if display.scheme == "quantiles":
        return np.quantile(values, np.arange(1, k + 1) / k)
    if display.scheme == "equal_interval":
        return np.linspace(values.min(), values.max(), k + 1)[1:]
    return _by_mapclassify(values, display.scheme, k)


def _set_bins(values: FloatArray, breaks: tuple[float, ...], midpoint: float | None) -> FloatArray:
    """Return set breaks closed by the highest value; a midpoint is one of them, if need be instead of the nearest."""
    inner = [b for b in breaks if b < values.max()]
    if midpoint is not None and values.min() <= midpoint < values.max() and midpoint not in inner:
        if len(inner) == MOST_CLASSES - 1:
            inner.remove(min(inner, key=lambda b: abs(b - midpoint)))
        inner = sorted([*inner, midpoint])
    return np.asarray([*inner, values.max()], dtype=float)


def _bins(values: FloatArray, display: Display, midpoint: float | None) -> FloatArray:
    if display.breaks is not None:
        return _set_bins(values, display.breaks, midpoint)
    if midpoint is None:
        return _scheme_bins(values, display, display.k)
    sides = (values[values <= midpoint], values[values > midpoint])
    bins = [_scheme_bins(side, display, max(1, display.k // 2)) for side in sides if side.size]
    if all(side.size for side in sides):
        bins[0][-1] = midpoint
    return np.concatenate(bins)


def classify_codes(codes: Sequence[int]) -> Classification:
    """Return one class for each category: its upper bound is the code, so that the code falls into it.

    Parameters
    ----------
    codes : sequence of int
        Rising codes of all categories, whether there is a figure of each or not.
    """
    return Classification(low=float(codes[0]), bins=tuple(float(code) for code in codes))


def classify_values(values: FloatArray, display: Display) -> Classification | None:
    """Return the breaks for the pooled values of all periods, or None if there is no value.

    Breaks are rounded to the decimals that the legend prints, so that what the legend says is exactly what was done;
    ties may leave fewer classes than asked. NaN is dropped before anything is computed. With a midpoint (rounded too),
    the values up to it and those above it are classified apart, each side into half of k classes, and the midpoint is a
    class bound. Head-tail and standard deviation find the number of classes themselves, nine at most; classes that
    would hold no value below the lowest one are left out.

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
    midpoint = None if display.midpoint is None else round(display.midpoint, display.decimals)
    inner = np.unique(np.round(_bins(known, display, midpoint)[:-1], display.decimals))
    inner = inner[(inner >= known.min()) & (inner < top)]
    bins = (*(float(b) for b in inner), float(top))
    below = None if midpoint is None else sum(b <= midpoint for b in bins)
    return Classification(low=low, bins=bins, below=below, mid=midpoint)
