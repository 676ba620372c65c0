"""What is worked out of the points of a unit: a count, a sum, a mean or a share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MEASURES = ("count", "sum", "mean", "share")
PERCENT = 100.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """How the value of a unit is made.

    Attributes
    ----------
    kind : str
        One of `MEASURES`.
    column : str
        The column that is summed, averaged or compared; empty for a count.
    equals : str
        The value whose share is asked for.
    weight : str
        Column of weights; empty if every point counts alike.
    """

    kind: str = "count"
    column: str = ""
    equals: str = ""
    weight: str = ""

    @classmethod
    def parse(cls, text: str, weight: str = "") -> Measure:
        """Read ``count``, ``sum:COL``, ``mean:COL`` or ``share:COL=VALUE``.

        Raises
        ------
        ValueError
            If the text is none of these.
        """
        kind, _, rest = text.partition(":")
        column, has_value, equals = rest.partition("=") if kind == "share" else (rest, "", "")
        if kind not in MEASURES or (kind == "count") == bool(column) or (kind == "share") != bool(has_value):
            raise ValueError(f'"{text}" is not count, sum:COL, mean:COL or share:COL=VALUE')
        return cls(kind, column, equals, weight)

    @property
    def has_zero(self) -> bool:
        """Whether no point at all means zero (a mean or share of nothing is nothing)."""
        return self.kind in ("count", "sum")

    @property
    def is_sample(self) -> bool:
        """Whether the number of points tells how good the value is."""
        return self.kind in ("mean", "share") or bool(self.weight)

    def value(self, n: Floats, weight: Floats, total: Floats) -> Floats:
        """Return the values of units from the number of points, the sum of weights and the weighted sum.

        Parameters
        ----------
        n, weight, total : numpy.ndarray of float64
            For a share, `total` is the weight of the points that have the value.

        Returns
        -------
        numpy.ndarray of float64
            In the unit of the column; a share in percent. NaN where all weights are 0.
        """
        if self.kind == "count":
            return weight if self.weight else n
        if self.kind == "sum":
            return total
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio: Floats = total / np.where(weight > 0, weight, np.nan)
        return ratio * PERCENT if self.kind == "share" else ratio


COUNT = Measure()
