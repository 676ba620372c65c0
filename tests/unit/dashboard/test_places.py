"""Places: what belongs to one under every boundary set, and what the page shows when one is looked into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
import shapely

from dashboard.fragments import fallback_text, inside_text, legend_counts, source_text
from dashboard.page import SENT_WORDS, focus_box
from dashboard.places import find_place, within_of
from layers.scene import build_scene, fill_of, is_inside
from layers.words import load_words
from tests.unit.layers.frames import IDS, MAP, SOURCES, make_layer, make_spec, observation

EN = load_words("en")

# AAA: until 2009 one region A9 with two districts; since 2010 two regions A2 (west) and A3 (east) with a district each.
# D1 is a district under both; D2 was divided anew, so that it is D3 since.
BOXES = {
    "AAA": (0, 0, 20, 10), "A9": (0, 0, 20, 10), "A2": (0, 0, 10, 10), "A3": (10, 0, 20, 10),
    "D1": (0, 0, 10, 10), "D2": (10, 0, 20, 10), "D3": (10, 0, 20, 10), "AG": (0, 0, 20, 10),
}  # fmt: skip
ROWS = [
    ("AAA-2000", "AAA", "ADM0", ""), ("AAA-2000", "A9", "ADM1", "AAA"),
    ("AAA-2000", "D1", "ADM2", "A9"), ("AAA-2000", "D2", "ADM2", "A9"),
    ("AAA-2010", "AAA", "ADM0", ""), ("AAA-2010", "A2", "ADM1", "AAA"), ("AAA-2010", "A3", "ADM1", "AAA"),
    ("AAA-2010", "D1", "ADM2", "A2"), ("AAA-2010", "D3", "ADM2", "A3"), ("AAA-2010", "T1", "ADM2", "A3"),
    ("AAA-SVY", "AAA", "ADM0", ""), ("AAA-SVY", "AG", "ADM1", "AAA"),
]  # fmt: skip


def make_units() -> pd.DataFrame:
    rows = []
    for boundary_set, unit_id, level, parent in ROWS:
        box = BOXES.get(unit_id)
        ends = pd.Timestamp("2009-12-31") if boundary_set == "AAA-2000" else pd.NaT
        rows.append(
            {
                "boundary_set": boundary_set, "unit_id": unit_id, "level": level, "parent_unit_id": parent,
                "iso3": "AAA", "valid_from": pd.NaT, "valid_to": ends, "lon": 15.0, "lat": 5.0,
                "geometry": shapely.to_wkb(shapely.box(*box)) if box else None,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    return make_units()


def test_a_place_holds_what_lies_below_it_in_each_boundary_set(units: pd.DataFrame) -> None:
    place = find_place(units, "A2")
    assert place is not None
    assert (place.level, place.iso3, place.path) == ("ADM1", "AAA", ("AAA", "A2"))
    assert place.inside["ADM2"] == {"AAA-2000": ("D1",), "AAA-2010": ("D1",)}
    assert place.inside["ADM1"] == {"AAA-2000": ("A9",), "AAA-2010": ("A2",), "AAA-SVY": ("AG",)}
    assert place.inside["ADM0"] == dict.fromkeys(("AAA-2000", "AAA-2010", "AAA-SVY"), ("AAA",))


def test_a_place_that_is_no_more_holds_what_lies_on_its_territory(units: pd.DataFrame) -> None:
    place = find_place(units, "A9")
    assert place is not None
    assert place.inside["ADM1"] == {"AAA-2000": ("A9",), "AAA-2010": ("A2", "A3"), "AAA-SVY": ("AG",)}
    assert place.inside["ADM2"] == {"AAA-2000": ("D1", "D2"), "AAA-2010": ("D1", "D3", "T1")}


def test_a_place_without_a_polygon_lies_where_it_is_drawn(units: pd.DataFrame) -> None:
    place = find_place(units, "T1")
    assert place is not None
    assert place.inside["ADM2"] == {"AAA-2000": ("D2",), "AAA-2010": ("T1",)}
    assert place.path == ("AAA", "A3", "T1")


def test_the_path_is_that_of_the_most_recent_boundaries(units: pd.DataFrame) -> None:
    place = find_place(units, "D1")
    assert place is not None
    assert place.path == ("AAA", "A2", "D1")


@pytest.mark.parametrize("unit_id", ["AAA", "ZZ", ""])
def test_a_country_or_nothing_is_no_place_below_a_country(units: pd.DataFrame, unit_id: str) -> None:
    assert find_place(units, unit_id) is None


@pytest.fixture
def scene(units: pd.DataFrame) -> dict[str, Any]:
    """Return a scene at ADM1 with A9 looked into, which became A2 and A3 in 2010."""
    rows = [
        observation("A1", 2005, 1.0), observation("A9", 2005, 2.0), observation("A1", 2015, 3.0),
        observation("A2", 2015, 4.0, source_id="s2"),
        observation("A3", 2015, source_id="s2", missing_reason="suppressed"),
        observation("B1", 2015, 5.0, source_id="s3"),
    ]  # fmt: skip
    made = build_scene(make_layer(rows, make_spec()), EN, SOURCES, {"map": "m", "units": "u"})
    place = find_place(units, "A9")
    assert place is not None
    described = {"id": "A9", "level": "ADM1", "iso3": "AAA", "name": "Nine", "inside": place.inside}
    levels = {made["indicator"]: ["ADM0", "ADM1"]}
    return made | {"place": described | {"levels": levels}, "within": within_of(made, place.inside)}


def test_what_is_inside_follows_the_boundaries_of_the_period(scene: dict[str, Any]) -> None:
    inside = [[IDS[i] for i in range(len(IDS)) if is_inside(scene, i, "AAA", p)] for p in range(len(scene["periods"]))]
    assert inside == [["A9"], ["A2", "A3"]]


def test_only_what_is_inside_is_counted_painted_and_sourced(scene: dict[str, Any]) -> None:
    counts = legend_counts(scene, 1, "AAA")
    assert (counts["v"], counts["s"]) == (1, 1)
    assert source_text(scene, EN, 1, "AAA").startswith("Office s2")
    grounds = {IDS[i] for i in range(len(IDS)) if fill_of(scene, 1, i, "AAA") == scene["ground"]}
    assert {"A1", "B1"} <= grounds
    assert not grounds & {"A2", "A3"}


def test_the_classes_stay_those_of_the_country(scene: dict[str, Any]) -> None:
    plain = {key: value for key, value in scene.items() if key not in ("place", "within")}
    assert [fill_of(scene, 1, i, "AAA") for i in (1, 2)] == [fill_of(plain, 1, i, "AAA") for i in (1, 2)]


def test_the_page_says_what_is_inside_whose_scale_it_is_and_what_stands_for_it(scene: dict[str, Any]) -> None:
    then, now = (inside_text(scene, EN, "Land A", period) for period in (0, 1))
    assert then == (
        "Inside Nine; the scale is that of Land A, the same for all periods. "
        "No district figures for this layer here; regions are shown."
    )
    assert now.startswith(then)
    assert "Nine does not exist" in now


def test_a_level_is_said_to_stand_for_another_only_where_it_does(scene: dict[str, Any]) -> None:
    assert fallback_text(scene, EN, "ADM1", ["ADM1", "ADM2"]) == ""
    assert fallback_text(scene, EN, "ADM0", ["ADM0", "ADM1"]) == ""
    assert fallback_text(scene, EN, "ADM1", []) == "This layer has no figures for this place."
    assert fallback_text(scene | {"level": "ADM2"}, EN, "ADM1", ["ADM2"]) == ""


def test_the_map_shows_the_box_of_a_place_and_never_less_than_its_surroundings() -> None:
    wide = focus_box(MAP, "AAA", None, [10, 0, 60, 40])
    assert wide == (7.0, -3.0, 56.0, 46.0)
    x, y, width, height = focus_box(MAP, "AAA", None, [15, 5, 15, 5])
    assert (x + width / 2, y + height / 2) == (15.0, 5.0)
    assert width == height > 0
    assert focus_box(MAP, "AAA", "1,2,3,4", [10, 0, 60, 40]) == (1.0, 2.0, 3.0, 4.0)


def test_the_browser_narrows_a_scene_alike(
    ask_node: Callable[[str, Any], Any], scene: dict[str, Any], units: pd.DataFrame
) -> None:
    """Every unit of the small world, under each boundary set, at three levels that the layer may have."""
    places, expected = [], []
    for unit_id in ("A9", "A2", "A3", "AG", "D1", "D2", "T1"):
        found = find_place(units, unit_id)
        assert found is not None
        for levels in ([], ["ADM1"], ["ADM1", "ADM2"], ["ADM1", "ADM2", "ADM3"]):
            place = {
                "id": unit_id, "level": found.level, "iso3": "AAA", "name": unit_id, "inside": found.inside,
                "levels": {scene["indicator"]: levels},
            }  # fmt: skip
            narrowed = scene | {"place": place, "within": within_of(scene, found.inside)}
            places.append(place)
            expected.append(
                [
                    {
                        "within": narrowed["within"][period],
                        "text": inside_text(narrowed, EN, "Land A", period),
                        "fills": [fill_of(narrowed, period, i, "AAA") for i in range(len(IDS))],
                        "counts": legend_counts(narrowed, period, "AAA"),
                        "source": source_text(narrowed, EN, period, "AAA"),
                    }
                    for period in range(len(scene["periods"]))
                ]
            )
    plain = {key: value for key, value in scene.items() if key not in ("place", "within")}
    asked = {
        "scenes": [{"scene": plain, "place": place} for place in places],
        "words": EN.subset(*SENT_WORDS), "country": "Land A",
    }  # fmt: skip
    assert ask_node("inside.mjs", asked) == expected
