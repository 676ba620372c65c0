"""The browser and Python draw the same over the fills: symbols, moves, outlines, programmes, names, graticule."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely

from geodata.mapfile import path_of
from layers import overlays as rules

DICE = random.Random(61)
SCOPES = ("", "AAA", "BBB")
ANCHORS = [[[0, 0]], [[40, 0], [-40, 0]], [[0, 0], [0, -11], [0, 11]]]


def scene() -> dict[str, Any]:
    n = 14
    return {
        "states": ["".join(DICE.choice("vvvvsnax-") for _ in range(n)) for _ in range(3)],
        "values": [[DICE.choice([None, 0, 5, 20, 20, -7, 80.5]) for _ in range(n)] for _ in range(3)],
        "iso3": [DICE.choice(["AAA", "BBB"]) for _ in range(n)],
        "symbol": {"max": 80.5},
    }


def flows() -> dict[str, Any]:
    units = [{"id": c, "name": c, "x": DICE.randint(0, 4800), "y": DICE.randint(0, 4000)} for c in "ABCDEF"]
    pairs = [(a, b) for a in range(6) for b in range(6) if a != b]
    rows = []
    for _ in range(4):
        cells = [[a, b, DICE.choice([0, 10, 90, 400, 1200])] for a, b in pairs]
        rows.append(
            [*sorted(cells[:20], key=lambda c: -c[2]), *([a, b, None, DICE.choice("sn")] for a, b, _ in cells[20:])]
        )
    return {"units": units, "rows": rows}


def coverage() -> list[str]:
    """Return the paths of neighbouring squares, some with a hole, as map files write them."""
    cells = [shapely.normalize(shapely.box(x, y, x + 40, y + 40)) for x in range(0, 200, 40) for y in range(0, 160, 40)]
    holed = shapely.normalize(cells[3].difference(shapely.box(50, 130, 60, 150)))
    return [path_of(cell) for cell in [*cells[:3], holed, *cells[4:]]]


def programmes() -> dict[str, Any]:
    units = [{"id": c, "iso3": DICE.choice(["AAA", "BBB"])} for c in "ABCD"]
    items = []
    for _ in range(60):
        start = DICE.randint(2010, 2020)
        sector, status = DICE.choice(["Water & sanitation", "health"]), DICE.choice(["ongoing", "completed"])
        items.append(
            [DICE.randint(0, 3), "One", sector, "", status, f"{start}-03-01", f"{start + DICE.randint(0, 4)}-09-30"]
        )
    return {"units": units, "items": items}


def labels() -> list[dict[str, Any]]:
    return [
        {
            "x": DICE.randint(0, 1000), "y": DICE.randint(0, 800), "width": DICE.randint(20, 120), "height": 14,
            "rank": DICE.randint(0, 6), "anchors": DICE.choice(ANCHORS),
        }
        for _ in range(80)
    ]  # fmt: skip


def lines() -> list[dict[str, Any]]:
    found = []
    for axis in ("lon", "lat"):
        for degree in range(40, 80, 10):
            at = (degree - 40) * 30
            xy = np.column_stack([np.linspace(at, at + 90, 6), np.linspace(-400, 1400, 6)]).round().astype(int)
            xy = xy if axis == "lon" else xy[:, ::-1]
            found.append({"axis": axis, "degree": degree, "xy": xy.reshape(-1).tolist()})
    return found


SCENE, FLOWS, PATHS, PROGRAMMES, LINES = scene(), flows(), coverage(), programmes(), lines()
PLACES = [{"x": i * 10, "y": i * 7} for i in range(14)]
LABELS = [(labels(), (0, 0, 1000, 800), units, [(100, 100, 400, 200)]) for units in (0.5, 1.0, 2.5)]
ASKED: dict[str, Any] = {
    "symbols": [
        (SCENE, period, scope, places)
        for period in (-1, 0, 1, 2)
        for scope in SCOPES
        for places in (PLACES, [*PLACES, *({"x": 0, "y": 0},) * 800])
    ],
    "flows": [
        (FLOWS, period, {"n": n, "side": side, "place": place})
        for period in range(-1, 4)
        for n in rules.FLOW_COUNTS
        for side in rules.FLOW_SIDES
        for place in ("C", None)
    ],
    "widths": [(n, top) for n in (0, 1, 30, 333, 1200) for top in (1200, 0)],
    "paths": [(a, b, width) for a in FLOWS["units"] for b in FLOWS["units"] for width in (1.3, 17.77)],
    "outlines": [[PATHS[i] for i in DICE.sample(range(len(PATHS)), k)] for k in (1, 2, 5, 9, 20) for _ in range(4)],
    "programmes": [
        (PROGRAMMES, end, {"sector": sector, "status": status, "scope": scope})
        for end in ("2014-06-30", "2018-12-31", None)
        for sector in (None, "water_sanitation")
        for status in (None, "ongoing")
        for scope in SCOPES
    ],
    "labels": LABELS,
    "edges": [(LINES, (0, 0, 1000, 800), inset) for inset in (5, 40)],
}


@pytest.fixture(scope="module")
def spoken(ask_node: Callable[[str, Any], Any]) -> dict[str, Any]:
    """Return what the browser's rules answer."""
    answer: dict[str, Any] = ask_node("overlays_speak.mjs", ASKED)
    return answer


def test_symbols(spoken: dict[str, Any]) -> None:
    for (scene_, period, scope, places), there in zip(ASKED["symbols"], spoken["symbols"], strict=True):
        circles, signs = rules.symbols_of(scene_, period, scope, places)
        assert signs == there["signs"]
        assert [{**one, "k": pytest.approx(one["k"])} for one in circles] == there["circles"]
        assert all(one["k"] <= rules.crowd(len(places)) for one in circles)


def test_moves(spoken: dict[str, Any]) -> None:
    for (data, period, options), there in zip(ASKED["flows"], spoken["flows"], strict=True):
        assert rules.flows_shown(data, period, **options) == there
    for (persons, top), width in zip(ASKED["widths"], spoken["widths"], strict=True):
        assert rules.flow_width(persons, top) == pytest.approx(width)
    for (start, end, width), path in zip(ASKED["paths"], spoken["paths"], strict=True):
        assert rules.flow_path(start, end, width) == path
    assert any(found["withheld"] for found in spoken["flows"])


def test_outlines(spoken: dict[str, Any]) -> None:
    for paths, there in zip(ASKED["outlines"], spoken["outlines"], strict=True):
        assert rules.outline_of(paths) == there


def test_an_outline_is_the_boundary_of_the_union() -> None:
    """Against shapely's own union."""
    for paths in ASKED["outlines"]:
        polygons = [
            shapely.polygonize([shapely.linestrings([*ring, ring[0]]) for ring in rules.rings_of(path)])
            for path in paths
        ]
        areas = [
            max(shapely.get_parts(one), key=lambda part: shapely.area(shapely.Polygon(part.exterior)))
            for one in polygons
        ]
        union = shapely.union_all(areas)
        drawn = [
            shapely.linestrings([tuple(map(int, at.split())) for at in part.replace("Z", "").split("L")])
            for part in rules.outline_of(paths).split("M")[1:]
        ]
        rings = [shapely.linestrings([*line.coords, line.coords[0]]) for line in drawn]
        assert shapely.union_all(rings).symmetric_difference(union.boundary).length == pytest.approx(0)


def test_programmes(spoken: dict[str, Any]) -> None:
    for (data, end, options), there in zip(ASKED["programmes"], spoken["programmes"], strict=True):
        found = rules.programmes_of(data, rules.year_of(end), **options)
        assert [[unit, items] for unit, items in found.items()] == there


def test_names_and_the_graticule(spoken: dict[str, Any]) -> None:
    for (given, box, units, obstacles), there in zip(ASKED["labels"], spoken["labels"], strict=True):
        assert rules.place_labels(given, box, units, obstacles) == there
        assert 0 < len(there) < len(given)
    for (given, box, inset), there in zip(ASKED["edges"], spoken["edges"], strict=True):
        assert [
            {**one, "x": pytest.approx(one["x"]), "y": pytest.approx(one["y"])}
            for one in rules.edge_labels(given, box, inset)
        ] == there
        assert len(there) >= 6
