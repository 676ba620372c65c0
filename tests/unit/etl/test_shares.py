"""Shares of units: lists of members, equal-area polygons, people of zones."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import shapely

from etl.shares import CrosswalkError, Layer, area_shares, membership_shares, round_shares

UNITS = pd.DataFrame(
    [
        ("old", "P", "ADM1", "", "members", "D1|D2|D3"),
        ("old", "Q", "ADM1", "", "members", "D4"),
        ("new", "R", "ADM1", "", "children", ""),
        ("new", "S", "ADM1", "", "children", ""),
        ("new", "D1", "ADM2", "R", "polygon", ""),
        ("new", "D2", "ADM2", "R", "polygon", ""),
        ("new", "D3", "ADM2", "S", "polygon", ""),
        ("new", "D4", "ADM2", "S", "polygon", ""),
    ],
    columns=["boundary_set", "unit_id", "level", "parent_unit_id", "geometry", "members"],
).assign(iso3="XAA")


def as_rows(shares) -> list[tuple[str, str, str, str]]:
    return [
        (x.from_unit, x.to_unit, *("" if s is None else str(s.normalize()) for s in (x.share_population, x.share_area)))
        for x in shares.links
    ]


def layer(**boxes: tuple[float, float, float, float]) -> Layer:
    return Layer(list(boxes), np.array([shapely.box(*box) for box in boxes.values()], dtype=object))


def test_lists_of_members_are_followed_down_to_the_lowest_units() -> None:
    areas = {"D1": 10.0, "D2": 20.0, "D3": 70.0, "D4": 5.0}
    people = {"D1": 300.0, "D2": 300.0, "D3": 400.0}
    assert as_rows(membership_shares(UNITS, "old", "new", "ADM1", areas, people)) == [
        ("P", "R", "0.6", "0.3"), ("P", "S", "0.4", "0.7"), ("Q", "S", "1", "1"),
    ]  # fmt: skip
    back = membership_shares(UNITS, "new", "old", "ADM1", areas, people)
    assert as_rows(back)[0] == ("R", "P", "1", "1")
    assert [(x.from_unit, x.to_unit, x.share_population) for x in back.links[1:]] == [
        ("S", "P", None),
        ("S", "Q", None),
    ]
    assert back.notes == ["S: the population of D4 is not known"]


def test_a_unit_outside_of_the_other_set_is_named() -> None:
    astray = UNITS.assign(parent_unit_id=UNITS["parent_unit_id"].mask(UNITS["unit_id"] == "D4", ""))
    with pytest.raises(CrosswalkError, match="Q of old has D4, which no ADM1 unit of new has"):
        membership_shares(astray, "old", "new", "ADM1", {})
    with pytest.raises(CrosswalkError, match="old has no units at ADM3"):
        membership_shares(UNITS, "old", "new", "ADM3", {})


def test_areas_and_people_of_zones() -> None:
    source, target = layer(P=(0, 0, 10, 10)), layer(R=(0, 0, 4, 10), S=(4, 0, 10, 10))
    zones = layer(Z1=(0, 0, 5, 10), Z2=(5, 0, 10, 10))
    found = area_shares(source, target, (zones, np.array([100.0, 100.0])))
    assert as_rows(found) == [("P", "R", "0.4", "0.4"), ("P", "S", "0.6", "0.6")]
    crowded = area_shares(source, target, (zones, np.array([300.0, 100.0])))
    assert as_rows(crowded) == [("P", "R", "0.6", "0.4"), ("P", "S", "0.4", "0.6")]  # 300 * 4/5 = 240 of 400
    nobody = area_shares(source, target, (zones, np.zeros(2)))
    assert [x.share_population for x in nobody.links] == [None, None]
    assert nobody.notes == ["P: no population is known where it is divided"]


def test_digitising_differences_are_no_parts() -> None:
    source, target = layer(P=(0, 0, 10, 10), Q=(10, 0, 20, 10)), layer(R=(0, 0, 10.001, 10), S=(10.001, 0, 20, 10))
    found = area_shares(source, target)
    assert as_rows(found) == [("P", "R", "1", "1"), ("Q", "S", "1", "1")]
    assert found.notes == ["Q in R: 0.00 km2 taken for rounding (below --min-share)"]


def test_sets_that_do_not_cover_each_other_are_refused() -> None:
    source, target = layer(P=(0, 0, 10, 10)), layer(R=(0, 0, 9, 10))
    with pytest.raises(CrosswalkError, match=r"10.0% of P lies in no unit"):
        area_shares(source, target)
    allowed = area_shares(source, target, max_uncovered=0.2)
    assert as_rows(allowed) == [("P", "R", "1", "1")]
    assert allowed.notes[0].startswith("1 units are not covered exactly; at most 10.00%, P")


@pytest.mark.parametrize("parts", [[float("nan"), 1.0], [0.0, 0.0], [-1.0, 2.0]])
def test_shares_are_not_made_of_what_is_no_amount(parts: list[float]) -> None:
    with pytest.raises(CrosswalkError, match="shares cannot be made of"):
        round_shares(parts)


def test_shares_of_15_digits_add_up_to_exactly_one() -> None:
    assert sum(round_shares([1.0, 1.0, 1.0])) == Decimal(1)
