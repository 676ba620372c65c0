import pytest

from etl.formats import read_tables
from etl.intake.places import PlaceIndex
from etl.intake.propose import Proposal, propose_mapping, try_mapping
from etl.intake.recognise import Recognised, recognise_table
from etl.problems import Problems
from tests.fixtures.raw_tables import raw_table

KATO = ("10", "11", "15", "1000", "1100", "1500", "1703", "1706", "1726")


@pytest.fixture
def index() -> PlaceIndex:
    index = PlaceIndex()
    for name in ("West", "East", "North"):
        index._add_name(name, ("XAA", "ADM1"))
    for code in KATO:
        index._add_code("soato", code, ("XAA", "ADM1"))
    return index


def propose(index: PlaceIndex, *rows: list[str]) -> tuple[Recognised, Proposal]:
    recognised = recognise_table(raw_table(*rows, form="csv"), index)
    return recognised, propose_mapping(recognised, index, "table.csv")


@pytest.mark.parametrize(
    ("header", "sets"),
    [
        (["f_2020", "m_2020"], [{"sex": "female"}, {"sex": "male"}]),
        (["женщины, 2020", "мужчины, 2020", "всего, 2020"], [{"sex": "female"}, {"sex": "male"}, None]),
        (["15-28 лет", "35 лет и старше", "Всего"], [{"age": "15-28"}, {"age": "35+"}, None]),
        (
            ["employed women", "urban | men | 2020", "urban | women | 2020"],
            [{"indicator": "urban", "sex": "male"}, {"indicator": "urban", "sex": "female"}],
        ),
        (["m", "unemployed"], [{"indicator": "indicator_1"}, {"indicator": "unemployed"}]),
    ],
)
def test_headers_that_tell_sexes_or_ages_apart_are_no_indicators(index, header, sets):
    _, proposal = propose(
        index, ["region", *header], *([name, *["1.5"] * len(header)] for name in ("West", "East", "North"))
    )
    assert [block.get("set") for block in proposal.mapping["values"]] == sets


def test_numbers_that_are_codes_somewhere_stay_figures(index):
    recognised, _ = propose(
        index, ["region", "I кв. 2023", "rate"], ["West", "1000", "10"], ["East", "1000", "11"], ["North", "1000", "15"]
    )
    assert [column.role for column in recognised.columns] == ["place_name", "", ""]
    recognised, _ = propose(index, ["a", "b"], ["1703", "5,5"], ["1706", "6,5"], ["1726", "7,5"])
    assert recognised.columns[0].role == "place_code"


def test_figures_that_can_be_read_in_two_ways_are_proposed_and_listed(index):
    recognised, proposal = propose(index, ["region", "2020"], ["West", "1,234"], ["East", "5,678"])
    trial = try_mapping(recognised, proposal, "", Problems())
    assert trial is not None
    assert (trial["figures"], trial["listed"]) == (0, 2)
    assert "ambiguous" in trial["first_listed"][0]["reason_en"]


def test_years_in_arabic_digits_are_read_and_those_of_another_calendar_are_listed(index):
    recognised, proposal = propose(index, ["ولایت", "سال", "مقدار"], ["West", "۲۰۲۳", "۱۲٫۵"], ["East", "۱۴۰۲", "۵"])
    assert [column.role for column in recognised.columns][:2] == ["place_name", "year"]
    trial = try_mapping(recognised, proposal, "", Problems())
    assert trial is not None
    assert [(row["place_name"], row["value"]) for row in trial["first_figures"]] == [("West", "12.5")]
    assert "۱۴۰۲" in trial["first_listed"][0]["reason_en"]


def test_parts_of_a_dimension_of_sdmx_that_has_a_total_are_left_out(index, tmp_path):
    path = tmp_path / "s.csv"
    rows = [f"X:DF,{code},{kind},2020,5" for code in ("1703", "1706", "XAA") for kind in ("_T", "R", "U")]
    path.write_text("\n".join(["DATAFLOW,REF_AREA,URBANISATION,TIME_PERIOD,OBS_VALUE", *rows]), encoding="utf-8")
    (table,) = read_tables(path, "s.csv", Problems())
    recognised = recognise_table(table, index)
    proposal = propose_mapping(recognised, index, "s.csv")
    assert [rule["where"] for rule in proposal.mapping["skip"]] == [{"URBANISATION": "R"}, {"URBANISATION": "U"}]
    trial = try_mapping(recognised, proposal, "", Problems())
    assert trial is not None
    assert trial["figures"] == 3
    assert proposal.mapping["rows"] == [{"where": {"place_code": "XAA"}, "set": {"level": "ADM0"}}]


ROADS = [
    ["West", "10", "Open"],
    ["East", "20", "open "],
    ["North", "30", "closed"],
    ["West town", "1", "…"],
    ["X", "2", "closed"],
]


def test_a_column_of_few_words_that_repeat_is_an_indicator_of_categories(index):
    recognised, proposal = propose(index, ["region", "pupils", "road"], *ROADS)
    assert recognised.columns[2].counts == {"closed": 2, "Open": 2}
    assert proposal.mapping["values"] == [
        {"columns": ["pupils"], "set": {"indicator": "pupils"}},
        {"columns": ["road"], "set": {"indicator": "road"}},
    ]
    names = ["closed", "Open"]
    listed = [{"code": code, "label": {"en": name, "ru": name}} for code, name in enumerate(names, 1)]
    assert proposal.indicators == [{"indicator": "road", "kind": "category", "categories": listed, "ordered": False}]
    proposal.mapping["set"]["period"] = "2022"
    trial = try_mapping(recognised, proposal, "", Problems())
    assert trial is not None
    assert (trial["figures"], trial["listed"], trial["missing"]) == (10, 0, 1)
    codes = {row["place_name"]: row["value"] for row in trial["first_figures"] if row["indicator"] == "road"}
    assert codes == {"West": "2.0", "East": "2.0", "North": "1.0", "West town": "", "X": "1.0"}


def test_years_of_words_are_one_indicator(index):
    rows = [[name, word, other] for name, word, other in (("West", "open", "open"), ("East", "shut", "shut"))]
    recognised, proposal = propose(index, ["region", "2021", "2022"], *rows)
    assert [one["indicator"] for one in proposal.indicators] == [""]
    assert proposal.mapping["values"][0]["period"] == "header"
    trial = try_mapping(recognised, proposal, "", Problems())
    assert trial is not None
    assert [row["value"] for row in trial["first_figures"]] == ["1.0", "1.0", "2.0", "2.0"]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("road", ["a", "b", "c", "d", "e"]),  # nothing repeats
        ("road", ["a", "a", "a", "a", "a"]),  # one value
        ("note", ["a", "a", "b", "b", "b"]),  # says what it is
        ("road", ["a", "a", "1", "b", "b"]),  # a number among words
        ("road", ["a" * 61, "a" * 61, "b", "b", "b"]),  # sentences
        ("religion", ["a", "a", "b", "b", "b"]),  # refused
    ],
)
def test_other_words_are_no_categories(index, header, words):
    rows = [[row[0], row[1], word] for row, word in zip(ROADS, words, strict=True)]
    _, proposal = propose(index, ["region", "pupils", header], *rows)
    assert proposal.indicators == []
    assert "values" not in proposal.mapping


def test_words_that_tell_rows_of_a_place_apart_are_no_categories(index):
    rows = [[name, kind, "5"] for name in ("West", "East", "North") for kind in ("town", "village")]
    _, proposal = propose(index, ["region", "kind", "pupils"], *rows)
    assert proposal.indicators == []
