"""Colours of the data classes: ramps that hold for colour-blind readers and for dark boundary strokes."""

from __future__ import annotations

from functools import lru_cache

STROKE = "#101a26"
"""Boundary stroke; its contrast with every class colour and with the page is at least 3:1 (WCAG 2.2, 1.4.11)."""

GROUND = "#eef1f4"
"""Fill of a unit whose figure is drawn as a symbol or written as a range."""

# Five anchors each, evenly spaced in CAM02-UCS; the least pairwise difference is at least 10 for normal, deuteranope,
# protanope and tritanope vision (tests/unit/layers/test_palette.py computes it).
_ANCHORS: dict[str, tuple[str, ...]] = {
    "blues": ("#eaf3fb", "#bccee1", "#8faccc", "#638dbc", "#2f6fb2"),
    "teals": ("#e8f6f2", "#b9d4cf", "#8bb5b0", "#5d9993", "#1f7f79"),
    "greys": ("#f1f3f5", "#cbcfd3", "#a8aeb5", "#88909a", "#6a7480"),
    "purple_orange": ("#c4680f", "#f0b56a", "#f4f4f2", "#b5acd6", "#7d63b0"),
}
PALETTES: tuple[str, ...] = tuple(_ANCHORS)
SYMBOL = {"blues": "#2f6fb2", "teals": "#1f7f79", "greys": "#6a7480", "purple_orange": "#7d63b0"}


def _mix(low: str, high: str, share: float) -> str:
    channels = []
    for i in (1, 3, 5):
        a, b = int(low[i : i + 2], 16), int(high[i : i + 2], 16)
        channels.append(round(a + (b - a) * share))
    return "#" + "".join(f"{c:02x}" for c in channels)


@lru_cache(maxsize=64)
def class_colours(palette: str, k: int) -> tuple[str, ...]:
    """Return the `k` class colours of a palette, lowest class first.

    Parameters
    ----------
    palette : str
        One of ``PALETTES``.
    k : int
        Number of classes, 1 to 9. Only up to five classes keep a pairwise CAM02-UCS difference of 10.

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
    return (anchors[2],) if k == 1 else _spread(anchors, k)


def _spread(anchors: tuple[str, ...], k: int) -> tuple[str, ...]:
    colours = []
    for i in range(k):
        place = i * (len(anchors) - 1) / (k - 1)
        left = min(int(place), len(anchors) - 2)
        colours.append(_mix(anchors[left], anchors[left + 1], place - left))
    return tuple(colours)


@lru_cache(maxsize=64)
def diverging_colours(palette: str, below: int, above: int) -> tuple[str, ...]:
    """Return the colours of classes on the two sides of a midpoint, lowest class first.

    Each side has its own hue, stronger with the distance from the midpoint; a side without classes has no colour.

    Parameters
    ----------
    palette : str
        One of ``PALETTES``, usually ``purple_orange``.
    below, above : int
        Number of classes up to the midpoint and above it.
    """
    first, second, _, fourth, fifth = _ANCHORS[palette]
    low = (second,) if below == 1 else _spread((first, second), below) if below else ()
    high = (fourth,) if above == 1 else _spread((fourth, fifth), above) if above else ()
    return low + high
