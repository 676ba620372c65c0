import numpy as np
import pandas as pd
import pytest

from etl.match import EXCLUDED, FAULTY, group_rows, match_places
from etl.problems import Problems
from etl.reference import Reference
from geodata.names import name_key

DAY = pd.Timestamp


def frame(columns, rows, **types):
    return pd.DataFrame(rows, columns=columns.split()).astype(types)


@pytest.fixture
def reference():
    sets = frame(
        "boundary_set iso3 by_date valid_from valid_to",
        [
            ["old", "XAA", True, None, "2019-12-31"],
            ["new", "XAA", True, "2020-01-01", None],
            ["group", "XAA", False, None, None],
        ],
        valid_from="datetime64[ms]",
        valid_to="datetime64[ms]",
    )
    units = frame(
        "boundary_set unit_id level iso3 pcode iso_3166_2 name_en name_ru name_local",
        [
            ["old", "XAA", "ADM0", "XAA", "", "", "Land", "Страна", ""],
            ["old", "A-1", "ADM1", "XAA", "01", "A-1", "Osh", "Ош", ""],
            ["old", "A-2", "ADM1", "XAA", "02", "A-2", "Osh city", "г. Ош", ""],
            ["new", "XAA", "ADM0", "XAA", "", "", "Land", "Страна", ""],
            ["new", "A-3", "ADM1", "XAA", "03", "A-3", "Osh and city", "Ош с городом", ""],
            ["group", "g-1", "ADM1", "XAA", "", "", "Group", "Группа", ""],
        ],
    )
    aliases = frame(
        "iso3 level name unit_id source_id",
        [
            ["XAA", "ADM1", "Land of Osh", "A-1", ""],
            ["XAA", "ADM1", "Land of Osh", "A-3", ""],
            ["XAA", "ADM1", "Osh", "A-2", "paper"],
            ["XAA", "ADM1", "Centre", "A-1", ""],
            ["XAA", "ADM1", "Centre", "A-2", ""],
            ["XAA", "ADM1", "Centre", "A-2", "paper"],
        ],
    )
    aliases["name_key"] = aliases["name"].map(name_key)
    unclear = frame("iso3 name candidates reason", [["XAA", "Osh", "A-1|A-2", "region or city"]])
    unclear["name_key"] = unclear["name"].map(name_key)
    exclusions = frame(
        "file iso3 level place_name source_id reason_en reason_ru", [["", "XZZ", "", "", "", "not here", "-"]]
    )
    exclusions["name_key"] = ""
    return Reference(sets, units, pd.DataFrame(), aliases, unclear, exclusions)


def match(reference, code="", name="", *, iso3="XAA", level="ADM1", day="2018-06-30", boundary_set="", source="other"):
    texts = {
        "iso3": iso3,
        "level": level,
        "place_code": code,
        "place_name": name,
        "boundary_set": boundary_set,
        "source_id": source,
        "source_file": "f.csv",
    }
    figures = pd.DataFrame({key: pd.Categorical([value]) for key, value in texts.items()})
    figures["period_end"] = pd.to_datetime([day])
    figures["source_row"] = 2
    problems = Problems()
    found = match_places(figures, reference, problems)
    unit = int(found.unit[0])
    return (
        (reference.units.iloc[unit]["unit_id"] if unit >= 0 else unit),
        found.method[0],
        problems.found,
        found.notices,
    )


@pytest.mark.parametrize(
    ("place", "unit_id", "method"),
    [
        ({"code": "01"}, "A-1", "pcode"),
        ({"code": "A-2"}, "A-2", "iso_3166_2"),
        ({"code": "03", "day": "2020-01-01"}, "A-3", "pcode"),
        ({"code": "g-1", "boundary_set": "group"}, "g-1", "unit_id"),
        ({"level": "ADM0"}, "XAA", "iso3"),
        ({"level": "ADM0", "code": "XAA", "name": "anything"}, "XAA", "iso3"),
        ({"name": "  land OF\u00a0osh "}, "A-1", "alias"),
        ({"name": "Land of Osh", "day": "2021-01-01"}, "A-3", "alias"),
        ({"name": "Osh", "source": "paper"}, "A-2", "alias"),
        ({"name": "Centre", "source": "paper"}, "A-2", "alias"),
    ],
)
def test_matched(reference, place, unit_id, method):
    found = match(reference, **place)
    assert found[:3] == (unit_id, method, [])


@pytest.mark.parametrize(
    ("place", "column", "words"),
    [
        ({"code": "99", "name": "Land of Osh"}, "place_code", "Correct the code"),
        ({"code": "1"}, "place_code", "Correct the code"),
        ({"name": "Osh"}, "place_name", "ambiguous"),
        ({"name": "Osh", "day": "2021-06-30", "source": "paper"}, "place_name", "ambiguous"),
        ({"name": "Centre"}, "place_name", "which aliases give to A-1, A-2"),
        ({"name": "Osh city"}, "place_name", "reviewed alias"),
        ({"code": "03"}, "place_name", "code 03 is not of old"),
        ({"iso3": "XCC", "level": "ADM0"}, "iso3", "Correct the country"),
        ({"code": "01", "boundary_set": "elsewhere"}, "boundary_set", "a boundary set of XAA"),
    ],
)
def test_never_a_guess(reference, place, column, words):
    unit, method, problems, _ = match(reference, **place)
    assert (unit, method) == (FAULTY, "")
    assert [problem.column for problem in problems] == [column]
    assert words in str(problems[0])


def test_near_names_are_proposals_only(reference):
    _, _, problems, _ = match(reference, name="Osh citty")
    assert problems[0].candidates[0] == "A-2 Osh city"


def test_code_of_another_set_joins_by_alias_with_a_notice(reference):
    unit_id, method, problems, notices = match(reference, "03", "Land of Osh")
    assert (unit_id, method, problems) == ("A-1", "alias", [])
    assert [(n.kind, n.subject, n.rows) for n in notices if n.kind == "code_of_other_set"] == [
        ("code_of_other_set", "XAA 03", 1)
    ]


def test_excluded_places_are_not_joined(reference):
    unit, _, problems, notices = match(reference, "01", iso3="XZZ")
    assert (unit, problems, notices) == (EXCLUDED, [], [])


def test_groups_are_distinct_combinations():
    columns = [pd.Series(["a", "b", "a", "b"]).astype("category"), pd.Series([1, 1, 1, 2])]
    group, first = group_rows(columns)
    np.testing.assert_array_equal(group, [0, 1, 0, 2])
    np.testing.assert_array_equal(first, [0, 1, 3])
