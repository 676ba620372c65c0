from etl.intake.layout import column_names, find_layout
from tests.fixtures.raw_tables import raw_table


def rows_of(table):
    layout = find_layout(table)
    number = [int(row) for row in table.rows]
    return [number[at] for at in layout.header], number[layout.first], number[layout.last]


def test_banner_merged_header_and_notes():
    table = raw_table(
        ["Unemployment rate", "Unemployment rate", "Unemployment rate", "Unemployment rate"],
        ["", "2001", "2001", "2002"],
        ["", "I quarter", "year", "year"],
        ["West", "12.7", "-", "10,1"],
        ["East", "1 234", "…", "<5"],
        ["1) by a sample survey"],
    )
    assert rows_of(table) == ([2, 3], 4, 5)
    assert column_names(table, find_layout(table).header) == ["A", "2001 | I quarter", "2001 | year", "2002 | year"]


def test_upper_header_cells_of_lost_merges_are_filled_from_the_left():
    table = raw_table(["Region", "2001", "", "2002"], ["", "women", "men", "women"], ["West", "1.5", "2.5", "3.5"])
    assert column_names(table, find_layout(table).header) == ["Region", "2001 | women", "2001 | men", "2002 | women"]


def test_units_row_and_numbering_row():
    table = raw_table(
        ["Регион", "Население", "Безработица"],
        ["1", "2", "3"],
        ["", "тыс. человек", "%"],
        ["Запад", "10,5", "5,1"],
    )
    layout = find_layout(table)
    assert (layout.header, layout.numbering, layout.units, layout.first) == ((0,), 1, 2, 3)


def test_figures_that_look_like_years_are_no_header():
    table = raw_table(["region", "persons"], ["West", "1950"], ["East", "2010"], ["South", "812"])
    assert rows_of(table) == ([1], 2, 4)


def test_a_table_whose_header_is_years():
    table = raw_table(["region", "2019", "2020"], ["West", "1950", "5"], ["East", "2010", "7"])
    assert rows_of(table) == ([1], 2, 3)


def test_tags_stand_between_header_and_figures():
    table = raw_table(["Where", "How many"], ["#adm1+code", "#affected"], ["0101", "12"])
    layout = find_layout(table)
    assert (layout.header, layout.tags, layout.first) == ((0,), 1, 2)


def test_the_format_may_say_that_the_first_row_is_the_header():
    assert rows_of(raw_table(["1", "2"], ["3", "4"], has_header=True)) == ([1], 2, 2)


def test_a_place_with_the_figures_1_2_3_is_no_row_of_column_numbers():
    table = raw_table(["Region", "2019", "2020", "2021"], ["West", "1", "2", "3"], ["East", "4", "5", "6"])
    layout = find_layout(table)
    assert (layout.numbering, layout.first) == (None, 1)
    numbered = raw_table(["Регион", "2019", "2020", "2021"], ["А", "1", "2", "3"], ["Запад", "4", "5", "6"])
    assert find_layout(numbered).numbering == 1
