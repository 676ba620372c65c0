"""Places of tables as received: what joins by itself, and what is left to a person."""

import pandas as pd
import pytest

from etl.gazetteer import normal_code
from etl.match import LISTED, match_places
from etl.problems import Problems
from etl.reference import Reference
from geodata.names import name_key

FILE = "intake/table.yml"
DATES = {"valid_from": "datetime64[ms]", "valid_to": "datetime64[ms]"}
UNIT = (
    "boundary_set unit_id level parent_unit_id iso3 pcode iso_3166_2 national_code name_en name_ru name_local unit_type"
)
SETS = [
    ["old", "XAA", True, None, "2017-12-31"],
    ["new", "XAA", True, "2018-01-01", None],
]
UNITS = [
    ["XAA", "ADM0", "", "", "", "", "Land", "Страна", "", "country"],
    ["A", "ADM1", "XAA", "01", "XA-A", "KATO 110000000", "Osh region", "Ошская область", "Ош облусу", "region"],
    ["B", "ADM1", "XAA", "02", "XA-B", "KATO 710000000", "Osh city", "город Ош", "Ош шаары", "city"],
    ["C", "ADM1", "XAA", "03", "XA-C", "", "Naryn region", "Нарынская область", "Нарын облусу", "region"],
    ["A1", "ADM2", "A", "0101", "", "", "Uzgen", "Узгенский район", "", "district"],
    ["C1", "ADM2", "C", "0301", "", "", "Naryn", "Нарынский район", "", "district"],
    ["C2", "ADM2", "C", "0302", "", "", "Ak-Tala", "Ак-Талинский район", "", "district"],
    ["A2", "ADM2", "A", "0102", "", "", "Kara-Suu", "Карасуйский район", "", "district"],
    ["C3", "ADM2", "C", "0303", "", "", "Kara-Suu", "", "", "district"],
]
OLD = [["K", "ADM2", "A", "0109", "", "", "Bokhtar", "Бохтарский район", "", "district"]]
NEW = [["M", "ADM2", "A", "0110", "", "", "Bokhtar", "город Бохтар", "", "city"]]


def frame(columns, rows, **types):
    return pd.DataFrame(rows, columns=columns.split()).astype(types)


@pytest.fixture
def reference():
    units = [
        [name, *unit[:3], "XAA", *unit[3:]] for name, own in (("old", OLD), ("new", NEW)) for unit in [*UNITS, *own]
    ]
    aliases = frame(
        "iso3 level name unit_id source_id",
        [["XAA", "ADM1", "South", "A", ""], ["XAA", "ADM1", "Osh", "B", "paper"]],
    )
    aliases["name_key"] = aliases["name"].map(name_key)
    unclear = frame("iso3 name candidates reason", [["XAA", "Osh", "A|B", "city or region"]])
    unclear["name_key"] = unclear["name"].map(name_key)
    exclusions = frame("file iso3 level place_name source_id reason_en reason_ru name_key", [])
    codes = frame(
        "iso3 scheme code unit_id valid_from valid_to source_id",
        [
            ["XAA", "geonames", "XA.01", "A", None, None, "s"],
            ["XAA", "soato", "17 03", "C", None, "2015-12-31", "s"],
            ["XAA", "soato", "17 03", "A", "2016-01-01", None, "s"],
        ],
        **DATES,
    )
    return Reference(
        frame("boundary_set iso3 by_date valid_from valid_to", SETS, **DATES),
        frame(UNIT, units),
        pd.DataFrame(),
        aliases,
        unclear,
        exclusions,
        codes=codes,
    )


def figures_of(*rows):
    default = {
        "iso3": "XAA",
        "level": "ADM1",
        "place_code": "",
        "place_name": "",
        "boundary_set": "",
        "source_id": "s",
        "code_kind": "",
        "parent_name": "",
        "parent_code": "",
        "source_file": FILE,
        "indicator_id": "rate",
        "sex": "all",
        "age": "all",
        "missing_reason": "",
        "day": "2020-06-30",
    }
    df = pd.DataFrame([default | {"value": 1.0, "low": None, "high": None} | row for row in rows])
    numbers = ("value", "low", "high")
    df["period_end"] = pd.to_datetime(df.pop("day")).astype("datetime64[ms]")
    df["period_start"] = df["period_end"]
    df["source_row"] = range(2, len(df) + 2)
    texts = [name for name in df.columns if name not in ("period_end", "period_start", "source_row", *numbers)]
    return df.astype(dict.fromkeys(texts, "category") | dict.fromkeys(numbers, "float64"))


def match(reference, **place):
    problems = Problems()
    found = match_places(figures_of(place), reference, problems, lenient_files=frozenset({FILE}))
    assert problems.found == []
    return found


def joined(reference, **place):
    found = match(reference, **place)
    unit = int(found.unit[0])
    assert found.proposals == [] or unit == LISTED
    name = reference.units["unit_id"].iloc[unit] if unit >= 0 else ""
    return name, found.method[0], round(float(found.score[0]), 2)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"place_code": "01"}, ("A", "pcode", 1.0)),
        ({"place_code": "XA-B", "place_name": "Osh city"}, ("B", "iso_3166_2", 1.0)),
        ({"place_code": "11", "code_kind": "kato"}, ("A", "national_code", 1.0)),
        ({"place_code": "11 00 00 000", "code_kind": "national"}, ("A", "national_code", 1.0)),
        ({"place_code": "110000000"}, ("A", "national_code", 1.0)),
        ({"place_code": "XA.01", "code_kind": "geonames"}, ("A", "geonames", 1.0)),
        ({"place_code": "1703", "code_kind": "soato"}, ("A", "national_code", 1.0)),
        ({"place_code": "1703", "code_kind": "soato", "day": "2014-12-31"}, ("C", "national_code", 1.0)),
        ({"place_name": "Osh region"}, ("A", "name", 1.0)),
        ({"place_name": "OSH  Oblast"}, ("A", "name", 0.95)),
        ({"place_name": "Ошская обл."}, ("A", "name", 0.95)),
        ({"place_name": "г. Ош"}, ("B", "name", 0.95)),
        ({"place_name": "Ош шаары"}, ("B", "name", 1.0)),
        ({"place_name": "South"}, ("A", "alias", 1.0)),
        ({"place_name": "Osh", "source_id": "paper"}, ("B", "alias", 1.0)),
        ({"place_name": "02"}, ("B", "pcode", 1.0)),
        ({"place_name": "Uzgen", "level": "ADM2"}, ("A1", "name", 1.0)),
        ({"place_name": "Naryn district", "level": "ADM2"}, ("C1", "name", 0.95)),
        ({"place_name": "Naryn", "level": "ADM2", "parent_name": "Naryn oblast"}, ("C1", "name", 1.0)),
        ({"place_name": "Kara-Suu", "level": "ADM2", "parent_code": "03"}, ("C3", "name", 1.0)),
        ({"place_name": "Kara Suu", "level": "ADM2", "parent_name": "Osh oblast"}, ("A2", "name", 1.0)),
        ({"place_name": "Ak-Tala", "level": "ADM2", "parent_name": "Naryn obl"}, ("C2", "name", 1.0)),
        ({"place_name": "Ak-Tala", "level": "ADM2", "parent_name": "Narin"}, ("C2", "name", 1.0)),
        ({"place_name": "Ak-Tala", "level": "ADM2", "place_code": "own-7"}, ("C2", "name", 1.0)),
        ({"level": "ADM0"}, ("XAA", "iso3", 1.0)),
        ({"level": "ADM0", "place_code": "XAA", "place_name": "anything"}, ("XAA", "iso3", 1.0)),
        ({"level": "ADM0", "place_code": "XAA"}, ("XAA", "iso3", 1.0)),
        ({"level": "ADM0", "place_name": "страна"}, ("XAA", "name", 1.0)),
        ({"level": "ADM0", "place_code": "17", "place_name": "страна"}, ("XAA", "name", 1.0)),
    ],
)
def test_sure_matches_join(reference, place, expected):
    assert joined(reference, **place) == expected


@pytest.mark.parametrize(
    ("place", "first", "reason"),
    [
        ({"place_name": "Osh"}, "A", "ambiguous name: city or region"),
        ({"place_name": "Ош"}, "A", "2 units are called"),
        ({"place_name": "Osh regoin"}, "A", "is known as"),
        ({"place_name": "Oshskaya"}, "A", "is known as"),
        ({"place_name": "Naryn city"}, "C", "no unit of this kind"),
        ({"place_name": "Naryn", "level": "ADM2"}, "C1", "a unit of ADM1 is called"),
        ({"place_name": "Kara-Suu", "level": "ADM2"}, "A2", "2 units are called"),
        ({"place_name": "Uzgen", "level": "ADM2", "parent_name": "Naryn region"}, "A1", "does not lie in"),
        ({"place_name": "Uzgen", "level": "ADM2", "parent_name": "Elsewhere"}, "A1", "does not lie in"),
        ({"place_name": "Uzgen", "level": "ADM2", "parent_code": "99"}, "A1", "does not lie in"),
        ({"place_name": "Bokhtar", "level": "ADM2", "day": "2017-12-31"}, "K", "is another unit (M) in new"),
        ({"place_name": "Bokhtar", "level": "ADM2", "day": "2018-01-01"}, "M", "is another unit (K) in old"),
        ({"place_name": "Uzgen"}, "", "is a unit of ADM2, not of ADM1"),
        ({"place_name": "Land"}, "", "the name of the country"),
        ({"place_name": "Nowhere"}, "", "is known as"),
        ({"place_name": "0-1"}, "A", "is almost a code"),
        ({"place_code": "xa a"}, "A", "is almost a code"),
        ({"place_code": "0109", "level": "ADM2", "place_name": "Uzgen"}, "A1", "but of old (ADM2)"),
        ({"place_code": "0101", "place_name": "Osh region"}, "A", "but of new (ADM2), old (ADM2)"),
        ({"place_code": "77"}, "", "no unit has the code 77"),
        ({"place_code": "11", "code_kind": "pcode"}, "", "no unit has the code 11"),
        ({"place_code": "01", "place_name": "Naryn region"}, "C", 'code 01 is Osh region, but "Naryn region"'),
        ({"place_code": "01", "place_name": "Osh city"}, "B", "says another unit"),
        ({"place_code": "01", "place_name": "Narynskaja"}, "C", "says another unit"),
        ({"place_code": "0101", "level": "ADM2", "parent_name": "Naryn region"}, "A1", "says another unit"),
        ({"level": "ADM0", "place_name": "Total of seven regions"}, "", "not a known name of the country"),
        ({}, "", "neither a code nor a name"),
    ],
)
def test_anything_else_is_a_proposal(reference, place, first, reason):
    found = match(reference, **place)
    assert (found.unit.tolist(), found.method.tolist(), found.score.tolist()) == ([LISTED], [""], [0.0])
    (proposal,) = found.proposals
    assert reason in found.listed[0].en
    assert found.listed[0].en.endswith("waits for review")
    assert found.listed[0].ru.endswith("ждёт проверки")
    assert proposal.reason == found.listed[0]
    assert proposal.files == (FILE,)
    assert [c.unit_id for c in proposal.candidates][:1] == ([first] if first else [])
    assert all(0 < c.score < 1 and c.reason.en and c.reason.ru for c in proposal.candidates)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({"place_name": "Итого"}, "a total, not a place"),
        ({"iso3": "XZZ", "place_name": "Osh city"}, 'iso3: found "XZZ"'),
        ({"boundary_set": "other", "place_name": "Osh city"}, "boundary_set"),
    ],
)
def test_what_no_unit_can_answer_is_listed_and_not_asked(reference, place, reason):
    found = match(reference, **place)
    assert found.unit.tolist() == [LISTED]
    assert reason in found.listed[0].en
    assert found.listed[0].ru
    assert found.proposals == []


def test_kind_and_set_settle_an_ambiguous_name(reference):
    assert joined(reference, place_name="Osh region")[0] == "A"
    assert joined(reference, place_name="Osh city")[0] == "B"
    unclear = reference.ambiguous_names.assign(candidates="A|B|C")
    same_kind = Reference(
        reference.boundary_sets,
        reference.units,
        reference.sources,
        reference.aliases,
        unclear,
        reference.exclusions,
        codes=reference.codes,
    )
    assert joined(same_kind, place_name="Osh city")[0] == "B"
    assert joined(same_kind, place_name="Osh region")[0] == ""


def test_places_that_differ_only_in_date_file_or_case_are_asked_once(reference):
    other = "intake/other.yml"
    rows = [
        {"place_name": "Oshskaya", "day": "2019-12-31", "source_id": "b"},
        {"place_name": "OSHSKAYA", "day": "2020-12-31", "source_id": "a"},
        {"place_name": "Oshskaya", "source_file": other, "indicator_id": "other"},
    ]
    found = match_places(figures_of(*rows), reference, Problems(), lenient_files=frozenset({FILE, other}))
    (proposal,) = found.proposals
    assert (proposal.rows, proposal.files, proposal.sources) == (3, (other, FILE), ("a", "b", "s"))


def test_two_rows_that_are_one_unit_and_period_are_both_listed(reference):
    rows = [
        {"place_name": "Osh city"},
        {"place_name": "г. Ош"},
        {"place_name": "Osh region"},
        {"place_name": "Osh city", "day": "2021-12-31"},
        {"place_name": "Ош шаары", "sex": "female"},
    ]
    found = match_places(figures_of(*rows), reference, Problems(), lenient_files=frozenset({FILE}))
    unit = found.unit[found.place]
    assert (unit >= 0).tolist() == [False, False, True, True, True]
    reason = found.listed[int(found.place[0])]
    assert reason == found.listed[int(found.place[1])]
    assert reason.en.startswith(f"Osh city stands 2 times for one indicator and period ({FILE} 2, {FILE} 3)")


@pytest.mark.parametrize(
    ("cells", "told"),
    [(("D2", "D3"), "{0} D2, {0} D3"), (("OBS_VALUE", "OBS_VALUE"), "{0} row 2, OBS_VALUE, {0} row 3")],
)
def test_doubles_are_told_with_row_and_cell(reference, cells, told):
    figures = figures_of({"place_name": "Osh city"}, {"place_name": "г. Ош"}).assign(source_cell=list(cells))
    found = match_places(figures, reference, Problems(), lenient_files=frozenset({FILE}))
    assert told.format(FILE) in found.listed[int(found.place[0])].en


def test_a_row_of_a_strict_table_stays_where_a_lenient_one_repeats_it(reference):
    rows = [{"place_code": "02", "source_file": "data/figures/a.csv"}, {"place_name": "Osh city"}]
    problems = Problems()
    found = match_places(figures_of(*rows), reference, problems, lenient_files=frozenset({FILE}))
    assert (found.unit[found.place] >= 0).tolist() == [True, False]
    assert problems.found == []


def test_indicators_with_several_figures_may_repeat(reference):
    rows = [{"place_name": "Osh city"}, {"place_name": "г. Ош"}]
    found = match_places(
        figures_of(*rows), reference, Problems(), lenient_files=frozenset({FILE}), several=frozenset({"rate"})
    )
    assert (found.unit[found.place] >= 0).all()


def test_strict_tables_join_no_name(reference):
    problems = Problems()
    found = match_places(figures_of({"place_name": "Osh region"}), reference, problems)
    assert found.unit.tolist() == [-2]
    assert problems.found[0].candidates[0] == "A Osh region"
    assert "reviewed alias" in str(problems.found[0])


@pytest.mark.parametrize(
    ("code", "scheme", "normal"),
    [
        ("11", "kato", "110000000"),
        ("1110", "kato", "111000000"),
        ("111010", "kato", "111010000"),
        ("111", "kato", "111"),
        ("1", "kato", "1"),
        ("110000000", "kato", "110000000"),
        ("17", "soato", "17"),
        ("41702 000 000 00 0", "coate", "41702000000000"),
        ("KZ.03", "geonames", "kz03"),
    ],
)
def test_national_codes_are_filled_only_as_their_list_says(code, scheme, normal):
    assert normal_code(code, scheme) == normal


def test_nobody_is_asked_about_empty_cells_but_about_withheld_ones(reference):
    nowhere = {"place_name": "Nowhere", "value": None}
    empty, withheld = match(reference, **nowhere), match(reference, **nowhere, missing_reason="suppressed")
    assert (int(empty.unit[0]), empty.proposals) == (LISTED, [])
    assert "an empty cell" in empty.listed[0].en
    assert [proposal.place_name for proposal in withheld.proposals] == ["Nowhere"]
