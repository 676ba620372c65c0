"""Colours of the data classes: ramps that hold for colour-blind readers and for dark boundary strokes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, get_args

STROKE = "#101a26"
"""Boundary stroke; its contrast with every class colour and with the page is at least 3:1 (WCAG 2.2, 1.4.11)."""

GROUND = "#eef1f4"
"""Fill of a unit whose figure is drawn as a symbol or written as a range."""

PaletteName = Literal[
    "blues", "teals", "greys", "purples", "greens_blues", "sands_blues", "dawn",
    "purple_orange", "brown_teal", "ochre_blue",
]  # fmt: skip
PALETTES: tuple[PaletteName, ...] = get_args(PaletteName)
DIVERGING: tuple[PaletteName, ...] = ("purple_orange", "brown_teal", "ochre_blue")
"""Palettes of two hues around a light middle; all others rise in one direction."""

# Five anchors each; what they hold for is in the tables below, which tests/unit/layers/test_palette.py computes anew.
_ANCHORS: dict[str, tuple[str, ...]] = {
    "blues": ("#eaf3fb", "#bccee1", "#8faccc", "#638dbc", "#2f6fb2"),
    "teals": ("#e8f6f2", "#b9d4cf", "#8bb5b0", "#5d9993", "#1f7f79"),
    "greys": ("#f1f3f5", "#cbcfd3", "#a8aeb5", "#88909a", "#6a7480"),
    "purples": ("#f5f0fa", "#d3c6e3", "#b39dcd", "#9676b8", "#7c54a4"),
    "greens_blues": ("#f9ffce", "#c4d1c8", "#8bb6c9", "#4f90bb", "#5d55ce"),
    "sands_blues": ("#ffffc3", "#d2c480", "#a19e95", "#7a80a7", "#525cc5"),
    "dawn": ("#dcfffd", "#fdd859", "#d38f4e", "#877f91", "#6057c7"),
    "purple_orange": ("#c4680f", "#f0b56a", "#f4f4f2", "#b5acd6", "#7d63b0"),
    "brown_teal": ("#a5682a", "#e6d0a0", "#f4f4f2", "#a6d7d2", "#1f7e79"),
    "ochre_blue": ("#ad7800", "#f0dd90", "#f4f4f2", "#b4d6f0", "#2f6ec7"),
}
MOST_DISTINCT: dict[str, int] = {
    "blues": 5, "teals": 5, "greys": 5, "purples": 5, "greens_blues": 7, "sands_blues": 7, "dawn": 9,
    "purple_orange": 3, "brown_teal": 4, "ochre_blue": 4,
}  # fmt: skip
"""The most classes (diverging: on each side) of which any two differ by 10 in CAM02-UCS for normal, deuteranope,
protanope and tritanope vision."""
MOST_IN_GREY: dict[str, int] = {
    "blues": 7, "teals": 7, "greys": 7, "purples": 7, "greens_blues": 7, "sands_blues": 7, "dawn": 6,
    "purple_orange": 0, "brown_teal": 0, "ochre_blue": 0,
}  # fmt: skip
"""The most classes of which each is darker than the one before by 7 of lightness (CIELAB L*), so that they keep their
order in grey print. The two sides of a diverging palette look alike there."""
SYMBOL: dict[str, str] = {name: anchors[-1] for name, anchors in _ANCHORS.items()}
CATEGORIES = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#000000")
"""Colours of kinds that have no order, such as types of districts or series of a chart.

References
----------
.. [1] Okabe, M. and Ito, K. (2008). Color universal design: how to make figures and presentations that are friendly to
   colorblind people.
"""


CATEGORY_FILLS = (
    "#6f9fd8", "#f2d98b", "#ba843d", "#81997b", "#d4defc", "#9f899f", "#c6aec5", "#a2c09b", "#9bf3d1",
)  # fmt: skip
"""Fills of categories that have no order, in the order of their list; calm, and none a red of alarm.

Any two differ by 13 in CAM02-UCS for normal, deuteranope, protanope and tritanope vision, and the boundary stroke
stands out of each by 3:1 (tests/unit/layers/test_palette.py computes both).
"""


def _mix(low: str, high: str, share: float) -> str:
    channels = []
    for i in (1, 3, 5):
        a, b = int(low[i : i + 2], 16), int(high[i : i + 2], 16)
        channels.append(round(a + (b - a) * share))
    return "#" + "".join(f"{c:02x}" for c in channels)


def holds(palette: str, k: int, below: int | None = None) -> bool:
    """Whether colour-blind readers can tell any two of k classes apart; with `below` of them up to a midpoint."""
    if below is None:
        return palette not in DIVERGING and k <= MOST_DISTINCT[palette]
    return palette in DIVERGING and max(below, k - below) <= MOST_DISTINCT[palette]


def fitting_palette(palette: str, k: int, below: int | None, allowed: Sequence[str] = PALETTES) -> str:
    """Return the palette, or the first of those allowed that holds for the classes where it does not.

    The palette itself where none holds: a severe layer stays in greys.
    """
    if holds(palette, k, below):
        return palette
    return next((one for one in allowed if holds(one, k, below)), palette)


@lru_cache(maxsize=256)
def class_colours(palette: str, k: int) -> tuple[str, ...]:
    """Return the `k` class colours of a palette, lowest class first.

    Parameters
    ----------
    palette : str
        One of ``PALETTES``.
    k : int
        Number of classes, 1 to 9. Up to ``MOST_DISTINCT`` of them can be told apart by everybody.

    Returns
    -------
    tuple of str, length k
        Colours as ``#rrggbb``.

    Raises
    ------
    KeyError
        If the palette is unknown.
    ValueError
        If k is not in 1..9.
    """
    if not 1 <= k <= 9:
        raise ValueError(f"k must be 1 to 9, found {k}")
    anchors = _ANCHORS[palette]
    return (anchors[len(anchors) // 2],) if k == 1 else _spread(anchors, k)


def _spread(anchors: tuple[str, ...], k: int) -> tuple[str, ...]:
    colours = []
    for i in range(k):
        place = i * (len(anchors) - 1) / (k - 1)
        left = min(int(place), len(anchors) - 2)
        colours.append(_mix(anchors[left], anchors[left + 1], place - left))
    return tuple(colours)


@lru_cache(maxsize=256)
def diverging_colours(palette: str, below: int, above: int) -> tuple[str, ...]:
    """Return the colours of classes on the two sides of a midpoint, lowest class first.

    Each side has its own hue, stronger with the distance from the midpoint; a side without classes has no colour.

    Parameters
    ----------
    palette : str
        One of ``PALETTES``, usually one of ``DIVERGING``.
    below, above : int
        Number of classes up to the midpoint and above it.
    """
    first, second, _, fourth, fifth = _ANCHORS[palette]
    low = (second,) if below == 1 else _spread((first, second), below) if below else ()
    high = (fourth,) if above == 1 else _spread((fourth, fifth), above) if above else ()
    return low + high


def palette_table() -> dict[str, dict[str, object]]:
    """Return what the browser must know of every palette to offer it: assets/late/palettes.js holds the same."""
    table: dict[str, dict[str, object]] = {}
    for name, anchors in _ANCHORS.items():
        most = MOST_DISTINCT[name]
        table[name] = {
            "diverging": name in DIVERGING, "most": most, "grey": MOST_IN_GREY[name], "anchors": list(anchors),
        }  # fmt: skip
        if name in DIVERGING:
            numbers = range(most + 1)
            table[name]["low"] = [list(diverging_colours(name, n, 0)) for n in numbers]
            table[name]["high"] = [list(diverging_colours(name, 0, n)) for n in numbers]
        else:
            table[name]["colours"] = [[], *(list(class_colours(name, k)) for k in range(1, most + 1))]
    return table


@lru_cache(maxsize=64)
def ramp_colours(palette: str, steps: int) -> tuple[str, ...]:
    """Return the colours of a continuous ramp along the whole palette, lowest first."""
    return _spread(_ANCHORS[palette], steps)
