import pytest

from etl.intake.execute import run_intake
from etl.intake.spec import IntakeSpec
from etl.problems import Problems
from tests.fixtures.raw_tables import raw_table

SET = {"iso3": "XAA", "level": "ADM1", "source_id": "census", "indicator": "rate"}


def run(table, **spec):
    problems = Problems()
    given = {"file": "raw/table", "set": SET, **spec}
    return run_intake(table, IntakeSpec.model_validate(given), "intake/t.yml", problems), problems


def cells_of(intake, *names):
    return [tuple(row) for row in intake.figures[list(names)].astype("str").itertuples(index=False, name=None)]


WIDE = raw_table(
    ["Title of the table", ""],
    ["Region", "2019", "2020 г.", "Code"],
    ["%", "%", "%"],
    ["West", "12,5", "<5", "a"],
    ["East", "-", "1o,5", "b"],
    ["Total", "1,0", "2,0", ""],
    ["including:"],
    ["1) a note"],
)
WIDE_SPEC = {
    "columns": {"place_name": "Region"},
    "values": [{"columns": {"matching": "^20"}, "period": "header"}],
    "skip": [{"where": {"place_name": "total"}, "reason": "total"}],
}


def test_wide_table_gives_one_figure_for_each_cell():
    intake, problems = run(WIDE, **WIDE_SPEC)
    assert problems.found == []
    assert cells_of(intake, "place_name", "period_end", "value", "high", "missing_reason", "_cell") == [
        ("West", "2019-12-31", "12.5", "", "", "B4"),
        ("West", "2020-12-31", "", "5.0", "", "C4"),
        ("East", "2019-12-31", "", "", "not_collected", "B5"),
    ]


def test_what_is_not_read_is_listed_with_row_cell_and_reason():
    intake, _ = run(WIDE, **WIDE_SPEC)
    listed = {(row.row, row.cell): row.reason_en for row in intake.listed.itertuples()}
    assert set(listed) == {(1, ""), (2, "D"), (3, ""), (5, "C5"), (6, ""), (7, ""), (8, "")}
    assert listed[2, "D"] == "A column that the mapping does not name: “Code”."
    assert listed[5, "C5"].startswith("Not a figure: “1o,5”")
    assert listed[6, ""] == "Left out (total): “Total”."
    assert all(row.reason_ru for row in intake.listed.itertuples())


def test_marks_for_missing_and_constants_of_the_mapping():
    table = raw_table(["r", "v", "sex"], ["West", "k", "женщины"], ["East", "3", "?"], form="csv")
    intake, _ = run(
        table,
        columns={"place_name": "r", "value": "v", "sex": "sex"},
        set={**SET, "period": "2020"},
        missing={"k": "suppressed"},
    )
    assert cells_of(intake, "place_name", "sex", "missing_reason", "period_start") == [
        ("West", "female", "suppressed", "2020-01-01")
    ]
    assert intake.listed[["row", "cell", "reason_en"]].values.tolist() == [
        [3, "sex", "Not a known word for the sex: “?”."]
    ]


def test_month_column_and_year_of_the_mapping():
    table = raw_table(["r", "month", "in", "out"], ["West", "August", "5", "7"], form="csv")
    blocks = [{"columns": ["in"], "set": {"indicator": "arrivals"}}, {"columns": ["out"], "set": {"indicator": "left"}}]
    intake, _ = run(table, columns={"place_name": "r", "month": "month"}, values=blocks, set={**SET, "year": 2024})
    assert cells_of(intake, "indicator", "period_start", "value") == [
        ("arrivals", "2024-08-01", "5.0"),
        ("left", "2024-08-01", "7.0"),
    ]


def test_header_pattern_with_a_period_inside():
    table = raw_table(["d", "poverty_2018", "poverty_2020", "area_2020"], ["West", "12.7", "12", "5"], form="json")
    block = {"columns": {"matching": "^poverty_(?P<period>[0-9]{4})$"}, "period": "header"}
    intake, _ = run(table, columns={"place_name": "d"}, values=[block])
    assert cells_of(intake, "period_start", "value") == [("2018-01-01", "12.7"), ("2020-01-01", "12.0")]


def test_hxl_tags_need_no_columns():
    table = raw_table(
        ["Where", "Code", "When", "People", "Women"],
        ["#adm1+name", "#adm1+code", "#date", "#affected", "#affected+f"],
        ["West", "0101", "2020", "12", "7"],
    )
    intake, problems = run(table, set={"iso3": "XAA", "source_id": "census", "indicator": "affected"})
    assert problems.found == []
    assert cells_of(intake, "place_code", "code_kind", "level", "sex", "value") == [
        ("0101", "pcode", "ADM1", "", "12.0"),
        ("0101", "pcode", "ADM1", "female", "7.0"),
    ]


def test_hxl_tags_say_country_parent_bounds_sample_and_age():
    table = raw_table(
        ["Country", "Region", "District", "Code", "Year", "Rate", "Lower", "Upper", "Sample", "Status"],
        [
            "#country+code+iso3", "#adm1+code", "#adm2+name", "#adm2+code", "#date+year",
            "#indicator+value+num+f+age_15_29", "#indicator+value+min", "#indicator+value+max", "#meta+sample+num",
            "#status+obs",
        ],
        ["XAA", "01", "West", "0101", "2020", "7,5", "6", "9", "340", "P"],
        ["XAA", "01", "East", "0102", "2020", "<5", "", "", "12", ""],
    )  # fmt: skip
    intake, problems = run(table, set={"source_id": "survey", "indicator": "rate"})
    assert problems.found == []
    columns = ("iso3", "parent_code", "place_code", "level", "sex", "age", "value", "low", "high", "n", "obs_status")
    assert cells_of(intake, *columns) == [
        ("XAA", "01", "0101", "ADM2", "female", "15-29", "7.5", "6.0", "9.0", "340.0", "P"),
        ("XAA", "01", "0102", "ADM2", "female", "15-29", "", "", "5.0", "12.0", "A"),
    ]


def test_sdmx_columns_statuses_and_confidentiality():
    table = raw_table(
        ["DATAFLOW", "REF_AREA", "SEX", "AGE", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS"],
        ["X", "XA-WE", "_T", "Y15T29", "2020-Q1", "5.5", "F", "F"],
        ["X", "XA-EA", "F", "Y_GE65", "2020", "7", "A", "C"],
        ["X", "XA-EA", "M", "_T", "2020", "", "M", "F"],
        form="csv",
    )
    intake, _ = run(table)
    assert cells_of(intake, "place_code", "sex", "age", "value", "obs_status", "missing_reason", "note_en") == [
        ("XA-WE", "all", "15-29", "5.5", "E", "", "status in the source: F"),
        ("XA-EA", "female", "65+", "", "", "suppressed", ""),
        ("XA-EA", "male", "all", "", "M", "not_collected", ""),
    ]


def test_rows_like_give_other_constants_and_fill_down_repeats_a_name():
    table = raw_table(["p", "t", "v"], ["Arlan", "2019", "1"], ["West", "2019", "2"], ["", "2020", "3"], form="csv")
    intake, _ = run(
        table,
        columns={"place_name": "p", "year": "t", "value": "v"},
        fill_down=["place_name"],
        rows=[{"where": {"place_name": "Arlan"}, "set": {"level": "ADM0"}}],
    )
    assert cells_of(intake, "place_name", "level", "value") == [
        ("Arlan", "ADM0", "1.0"),
        ("West", "ADM1", "2.0"),
        ("West", "ADM1", "3.0"),
    ]


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        (
            {"columns": {"place_name": "Regoin"}},
            'columns.place_name: found no column "Regoin"; expected a header or label of the table. Write one of',
        ),
        ({"header_rows": [99]}, "header_rows: found row 99, which is empty or not there"),
        ({"set": {"iso3": "XAA"}}, "set.indicator: found nothing; expected the indicator"),
        ({"columns": {"place_name": "Region"}, "values": []}, "columns: found no column of values"),
        (
            {"values": [{"columns": {"matching": "nothing"}, "period": "header"}]},
            'values.0.columns: found no column that matches "nothing"',
        ),
    ],
)
def test_a_mapping_that_does_not_fit_is_told(spec, line):
    intake, problems = run(WIDE, **{**WIDE_SPEC, **spec})
    assert intake is None
    assert any(line in str(problem) for problem in problems.found), [str(p) for p in problems.found]


def test_numbers_of_a_typed_format_are_read_with_a_point():
    table = raw_table(["r", "t", "v"], ["West", "2020", "1.234"], ["East", "2020", "2.345"], form="parquet")
    intake, _ = run(table, columns={"place_name": "r", "year": "t", "value": "v"})
    assert [value for (value,) in cells_of(intake, "value")] == ["1.234", "2.345"]


def test_ambiguous_numbers_of_a_text_file_are_listed_until_the_mapping_says_the_mark():
    table = raw_table(["r", "t", "v"], ["West", "2020", "1,234"], form="csv")
    columns = {"place_name": "r", "year": "t", "value": "v"}
    assert len(run(table, columns=columns)[0].figures) == 0
    assert cells_of(run(table, columns=columns, decimal=",")[0], "value") == [("1.234",)]


def test_an_empty_cell_of_sex_or_age_means_all():
    table = raw_table(
        ["r", "v", "sex", "age"], ["West", "3", "", ""], ["East", "4", "ж", "65 лет и старше"], form="csv"
    )
    columns = {"place_name": "r", "value": "v", "sex": "sex", "age": "age"}
    intake, _ = run(table, columns=columns, set={**SET, "year": "2020"})
    assert cells_of(intake, "place_name", "sex", "age") == [("West", "all", "all"), ("East", "female", "65+")]
