"""What is not done with a sensitive indicator: the acts refused, the finest detail, the least sensitivity of a subject.

The catalog refuses what is here before anything is built; layers and pages ask `IndicatorSpec.allows` and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Act = Literal["rank", "sort", "correlate", "index", "cluster", "join", "trend"]
"""What one may want to do with a layer.

``rank`` places in an order, ``sort`` a table by the figures (a league table), ``correlate`` it on an axis, put it into
an ``index``, look for a ``cluster``, ``join`` it with the figures of other layers, take a ``trend``: its change between
two periods, or a figure carried to a later period.
"""

ACTS: tuple[Act, ...] = get_args(Act)
_ORDER = ("low", "moderate", "high", "severe")

REFUSED: Mapping[str, frozenset[Act]] = {
    "low": frozenset(),
    "moderate": frozenset(),
    "high": frozenset({"rank", "sort", "index", "cluster"}),
    "severe": frozenset(ACTS),
}
REFUSED_OF_CLAIMS: frozenset[Act] = frozenset({"rank", "sort", "correlate", "index", "cluster", "trend"})
"""Published claims of mixed definition (kind ``range``) are written side by side and nothing else."""
REFUSED_OF_CATEGORIES: frozenset[Act] = frozenset({"rank", "correlate", "index", "cluster", "trend"})
"""Codes of categories (kind ``category``) are no amounts: a table may be sorted by them, nothing is computed."""

FINEST_LEVEL: Mapping[str, str] = {"low": "ADM3", "moderate": "ADM2", "high": "ADM2", "severe": "ADM2"}
SHORTER_THAN_A_YEAR = ("part_year", "point_in_time")
NEUTRAL_PALETTE = "greys"


@dataclass(frozen=True)
class Subject:
    """A subject whose figures are sensitive whatever their author says.

    Attributes
    ----------
    name : str
        As a message names it.
    pattern : re.Pattern
        What in the id or the title tells that an indicator is about it.
    national : str
        The least sensitivity of figures and claims about whole countries.
    below : str
        The least sensitivity of any figure below the level of a country.
    claims_only : bool
        Whether figures about whole countries that are no claims (kind ``range``) are as sensitive as those below.
    """

    name: str
    pattern: re.Pattern[str]
    national: str
    below: str
    claims_only: bool = False


SUBJECTS: tuple[Subject, ...] = (
    Subject("FTF departures", re.compile(r"(?i)(\b|_)ftfs?(\b|_)|fighter|\bибт\b|боевик"), "moderate", "severe", True),
    Subject("prisons and prisoners", re.compile(r"(?i)prison|inmate|заключённ|заключенн|тюр[ье]м"), "low", "high"),
    Subject("trust and perception", re.compile(r"(?i)\btrust|_trust|perception|satisf|довери|удовлетвор"), "moderate",
            "moderate"),
)  # fmt: skip


def refused_acts(sensitivity: str, kind: str) -> frozenset[Act]:
    """Return what is not done with an indicator; everything with a sensitivity that nobody knows."""
    refused = REFUSED.get(sensitivity, frozenset(ACTS))
    by_kind = {"range": REFUSED_OF_CLAIMS, "category": REFUSED_OF_CATEGORIES}
    return refused | by_kind.get(kind, frozenset())


def least_sensitivity(words: str, kind: str, levels: tuple[str, ...]) -> tuple[str, str]:
    """Return the least sensitivity that an indicator's subject asks for, and the name of that subject.

    Parameters
    ----------
    words : str
        Its id and titles.
    kind : str
    levels : tuple of str

    Returns
    -------
    sensitivity, subject : str
        ``low`` and nothing where no subject is recognised.
    """
    found = ("low", "")
    for subject in SUBJECTS:
        if subject.pattern.search(words):
            national = set(levels) == {"ADM0"} and (kind == "range" or not subject.claims_only)
            wanted = subject.national if national else subject.below
            found = max(found, (wanted, subject.name), key=lambda one: _ORDER.index(one[0]))
    return found


def classification_fault(
    words: str, kind: str, levels: tuple[str, ...], periodicity: str, sensitivity: str, palette: str
) -> str | None:
    """Return what in an indicator's classification is refused, in one line that says what to do, or None.

    Parameters
    ----------
    words : str
        Id and titles of the indicator.
    kind, periodicity, sensitivity, palette : str
    levels : tuple of str
    """
    least, subject = least_sensitivity(words, kind, levels)
    if _ORDER.index(sensitivity) < _ORDER.index(least):
        return (
            f"figures about {subject} are at least of sensitivity {least} at {', '.join(levels)}, found {sensitivity}: "
            f"set sensitivity: {least}"
        )
    finest = FINEST_LEVEL[sensitivity]
    finer = [level for level in levels if level > finest]
    if finer:
        return f"an indicator of sensitivity {sensitivity} goes down to {finest}, found {', '.join(finer)}: take it out"
    if sensitivity == "severe" and periodicity in SHORTER_THAN_A_YEAR:
        return f"a severe indicator covers whole years, found periodicity {periodicity}: publish figures of years"
    if sensitivity == "severe" and palette != NEUTRAL_PALETTE:
        return f"a severe indicator is drawn in neutral colours, found palette {palette}: set {NEUTRAL_PALETTE}"
    return None
