"""Two layers on one map: the cell, hatch or inner outline of every place; assets/late/bivariate.js is the same rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from layers.layer import ELSEWHERE, ESTIMATED, NO_DATA, REGION, VALUE
from layers.scene import is_estimated, is_inside, own_period, period_for, shown_text
from layers.words import Words

SIDE = 3
"""Classes on each side of the square."""
FILLS = ("bivariate", "hatch", "outline")
COLOURS = (
    "#f8f8f5", "#b5d6f2", "#64a6e8",
    "#f0cf9a", "#a9a7a8", "#5f7fb8",
    "#dd963c", "#a06a45", "#67656f",
)  # fmt: skip
"""Colour of each cell, row by row: along a row the first layer rises (blue), from row to row the second (orange).

The least pairwise difference is 13 in CAM02-UCS, for normal, deuteranope, protanope and tritanope vision alike, and the
boundary stroke stands out of each by 3:1 (tests/unit/layers/test_bivariate.py computes both).
"""
MARKS = ("l", "m", "t")
"""Legend entries of a hatch or outline: the low, middle and top third of the classes of the second layer."""
WITHOUT = "w"
"""Legend entry of a place without a figure of the second layer."""

Scene = Mapping[str, Any]


def third(digit: int, k: int) -> int:
    """Return which of three classes a class of `k` belongs to: the middle one of a single class, the ends of two."""
    return 1 if k == 1 else (4 * digit + k - 1) // (2 * (k - 1))


def third_of(scene: Scene, period: int, shape: int, scope: str) -> int | None:
    """Return which third of the classes a figure lies in; None without a figure or class."""
    found = scene["scopes"].get(scope)
    if found is None or scene["states"][period][shape] != VALUE or scope not in (REGION, scene["iso3"][shape]):
        return None
    return third(int(found["classes"][period][shape - found["from"]]), len(found["labels"]))


def third_bounds(found: Mapping[str, Any]) -> list[tuple[float, float] | None]:
    """Return the lowest and the highest bound of each third of the classes; None for one that holds no class."""
    k = len(found["bins"])
    edges = [found["low"], *found["bins"]]
    bounds: list[tuple[float, float] | None] = []
    for part in range(SIDE):
        mine = [digit for digit in range(k) if third(digit, k) == part]
        bounds.append((edges[mine[0]], edges[mine[-1] + 1]) if mine else None)
    return bounds


@dataclass(frozen=True)
class Pair:
    """Two layers that one map shows.

    Attributes
    ----------
    fill : str
        How the second is drawn: one of ``FILLS``.
    base : mapping
        Scene of the first layer as it is open.
    first : mapping
        With ``bivariate`` its scene in three classes, or else the same scene.
    second : mapping
        Scene of the second layer in three classes, over the same shapes.
    """

    fill: str
    base: Scene
    first: Scene
    second: Scene

    def other(self, period: int) -> int | None:
        """Return the period that the second layer shows at a period of the first, if it has one."""
        return period_for(self.second, self.base["periods"][period].get("end"))

    def lacking(self, period: int, shape: int) -> str | None:
        """Return the state of the layer that has no figure of a shape, of the first layer before the second's.

        Figures of the second layer on other boundaries are none of this shape.
        """
        state = str(self.first["states"][period][shape])
        if state != VALUE:
            return state
        other = self.other(period)
        found = NO_DATA if other is None else str(self.second["states"][other][shape])
        return None if found == VALUE else NO_DATA if found == ELSEWHERE else found

    def cell(self, period: int, shape: int, scope: str) -> int | None:
        """Return the cell of a shape, 3 x the second layer's third + the first's; None if one of them has no class."""
        other = self.other(period)
        if other is None:
            return None
        column = third_of(self.first, period, shape, scope)
        row = third_of(self.second, other, shape, scope)
        return None if column is None or row is None else SIDE * row + column

    def is_estimate(self, period: int, shape: int) -> bool:
        """Whether one of the two figures is an estimate."""
        other = self.other(period)
        by_second = other is not None and is_estimated(self.second, other, shape)
        return by_second or is_estimated(self.first, period, shape)

    def paint(self, period: int, shape: int, scope: str) -> str | None:
        """Return the SVG paint of a shape in the colours of the cells; None if it is not drawn."""
        lacking = self.lacking(period, shape)
        if lacking == ELSEWHERE:
            return None
        if not is_inside(self.base, shape, scope, period):
            return str(self.first["ground"])
        if lacking is not None:
            return f"url(#state-{lacking})"
        cell = self.cell(period, shape, scope)
        if cell is None:
            return str(self.first["ground"])
        return f"url(#both-{cell})" if self.is_estimate(period, shape) else COLOURS[cell]

    def mark(self, period: int, shape: int, scope: str) -> str | None:
        """Return the mark of the second layer over the fill of the first: one of ``MARKS``, ``WITHOUT``, or None.

        A place without a figure of the first layer keeps the hatch that says so, and nothing is drawn over it.
        """
        if not is_inside(self.base, shape, scope, period) or self.base["states"][period][shape] != VALUE:
            return None
        other = self.other(period)
        row = None if other is None else third_of(self.second, other, shape, scope)
        return WITHOUT if row is None else MARKS[row]

    def entries(self, period: int, shape: int, scope: str) -> list[str]:
        """Return the legend entries of a shape."""
        state = self.first["states"][period][shape]
        if state == ELSEWHERE or not is_inside(self.base, shape, scope, period):
            return []
        if self.fill == "bivariate":
            lacking = self.lacking(period, shape)
            if lacking is not None:
                return [lacking]
            cell = self.cell(period, shape, scope)
            found = [VALUE] if cell is None else [VALUE, str(cell)]
            return [*found, ESTIMATED] if self.is_estimate(period, shape) else found
        classes = self.first["scopes"].get(scope)
        found = [state]
        if state == VALUE and classes:
            found.append(classes["classes"][period][shape - classes["from"]])
        if state == VALUE and is_estimated(self.first, period, shape):
            found.append(ESTIMATED)
        mark = self.mark(period, shape, scope)
        return found if mark is None else [*found, mark]

    def counts(self, period: int, scope: str) -> dict[str, int]:
        """Return the number of shapes of every legend entry."""
        shapes = range(len(self.first["ids"]))
        return dict(Counter(entry for shape in shapes for entry in self.entries(period, shape, scope)))


def pair_headline(pair: Pair, words: Words) -> str:
    """Return the headline of a map of two layers: both by name."""
    return words(f"stack.headline_{pair.fill}", first=pair.first["headline"], second=pair.second["title"])


def second_text(pair: Pair, words: Words, period: int, shape: int) -> str:
    """Return what the map says of a shape by the second layer: its name, its figure or state, the period of that."""
    other = pair.other(period)
    title = pair.second["title"]
    if other is None:
        return words("stack.second_none", title=title)
    if pair.second["states"][other][shape] == ELSEWHERE:
        return words("stack.second_elsewhere", title=title, period=pair.second["periods"][other]["label"])
    stop = pair.second["periods"][own_period(pair.second, other, shape)]
    return words("stack.second", title=title, value=shown_text(pair.second, words, other, shape), period=stop["label"])


def period_text(pair: Pair, words: Words, period: int) -> str:
    """Return which period of the second layer is shown."""
    other = pair.other(period)
    title = pair.second["title"]
    if other is None:
        return words("stack.second_none", title=title)
    stop = pair.second["periods"][other]
    return words(
        "stack.second_period", title=title, period=words("period.latest_long") if stop.get("latest") else stop["label"]
    )


def side_parts(scene: Scene, words: Words, scope: str) -> list[tuple[str, str]]:
    """Return the words of each third (low, middle, high) and the range of figures that it holds.

    Of classes within countries no range is common to all, and none is told.
    """
    found = scene["scopes"].get(scope)
    bounds = [None] * SIDE if found is None or not found["bins"] else third_bounds(found)
    parts = []
    for part, edges in enumerate(bounds):
        texts = [] if edges is None else [words.number(edge, scene["decimals"]) for edge in edges]
        parts.append((words(f"stack.part_{part}"), "–".join(dict.fromkeys(texts))))
    return parts


def side_texts(scene: Scene, words: Words, scope: str) -> list[str]:
    """Return what stands for each third in a sentence: "high 72.7–93.4"."""
    return [
        words("stack.part_range", part=part, range=span) if span else part
        for part, span in side_parts(scene, words, scope)
    ]


def cell_texts(pair: Pair, words: Words, scope: str) -> list[str]:
    """Return the reading of each cell in words, in the order of the cells."""
    columns = side_texts(pair.first, words, scope)
    rows = side_texts(pair.second, words, scope)
    return [
        words("stack.cell", first=pair.first["title"], a=columns[column], second=pair.second["title"], b=rows[row])
        for row, column in product(range(SIDE), range(SIDE))
    ]
