import pytest

from etl.formats import Limits, read_tables
from etl.formats.delimited import find_separator
from etl.problems import Problems

RUSSIAN = "Регион;Значение\nОшская область;12,5\nБаткенская область;48,1\nг. Бишкек;9,9\n"


def read(tmp_path, content, limits=None):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    problems = Problems()
    tables = read_tables(path, "t.csv", problems, limits=limits or Limits())
    return tables, problems.found


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", "encoding UTF-8"),
        ("utf-8-sig", "encoding UTF-8, as its byte order mark says"),
        ("utf-16", "encoding UTF-16 LE, as its byte order mark says"),
        ("utf-16-le", "encoding UTF-16 LE (no byte order mark)"),
        ("utf-16-be", "encoding UTF-16 BE (no byte order mark)"),
        ("cp1251", "encoding Windows-1251, assumed from its letters: check that names are spelt right"),
        ("koi8-r", "encoding KOI8-R, assumed from its letters: check that names are spelt right"),
        ("cp866", "encoding DOS code page 866, assumed from its letters: check that names are spelt right"),
    ],
)
def test_the_encoding_is_found_and_told(tmp_path, encoding, note):
    (table,), problems = read(tmp_path, RUSSIAN.encode(encoding))
    assert problems == []
    assert table.notes == (note, "separator semicolon")
    assert table.cells.to_numpy().tolist() == [line.split(";") for line in RUSSIAN.splitlines()]


@pytest.mark.parametrize(
    "text", ["Pays,Année\nCôte d’Ivoire,2020\nBénin,2021\n", "Land,Wert\nÖsterreich,1\nZürich,2\n"]
)
def test_western_text_is_not_taken_for_cyrillic(tmp_path, text):
    (table,), _ = read(tmp_path, text.encode("cp1252"))
    assert table.cells.to_numpy().tolist() == [line.split(",") for line in text.splitlines()]


def test_capitals_and_short_texts_in_windows_1251(tmp_path):
    (table,), _ = read(tmp_path, "ОБЛАСТЬ,N\nОШ,1\n".encode("cp1251"))
    assert table.cells[0].tolist() == ["ОБЛАСТЬ", "ОШ"]


def test_text_in_two_encodings_is_told_with_its_line(tmp_path):
    tables, problems = read(tmp_path, RUSSIAN.encode() * 10 + RUSSIAN.encode("cp1251")[:20])
    assert tables == []
    assert [problem.row for problem in problems] == [41]


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";"),
        ("name\ta\nx, y\t1\nz; w\t2\n", "\t"),
        ("a|b|c\n1|2,5|3\n", "|"),
        ('a,b\n"x;y;z",2\n"p;q",3\n', ","),
        ("Banner of the table\n\na;b;c\n1;2;3\n4;5;6\n", ";"),
        ("a\n1\n2\n", None),
    ],
)
def test_the_separator_cuts_most_rows_alike(text, separator):
    assert find_separator(text) == separator


def test_line_numbers_count_lines_inside_quotes_and_empty_lines(tmp_path):
    (table,), _ = read(tmp_path, b'a,b\r\n1,"x\r\ny\r\nz"\r\n\r\n2,w\r\n')
    assert table.rows.tolist() == [1, 2, 6]
    assert table.cells[1].tolist() == ["b", "x\r\ny\r\nz", "w"]


def test_cells_stay_text_and_short_rows_are_filled(tmp_path):
    (table,), _ = read(tmp_path, b"NA,010,1e5\nNULL\n,,true\n")
    assert table.cells.to_numpy().tolist() == [["NA", "010", "1e5"], ["NULL", "", ""], ["", "", "true"]]
    assert table.labels == ("column 1", "column 2", "column 3")


def test_rows_with_more_cells_than_most_are_noted(tmp_path):
    (table,), _ = read(tmp_path, b"a,b\n1,2\n3,4,5\n6,7\n")
    assert table.notes[-1] == "1 rows have more than 2 cells, as most rows have (first at line 3)"


def test_a_separator_named_in_the_first_line(tmp_path):
    (table,), _ = read(tmp_path, b"sep=;\na;b\n1;2\n")
    assert table.rows.tolist() == [2, 3]
    assert table.cells.shape == (2, 2)


@pytest.mark.parametrize(
    ("content", "found", "row"),
    [
        (b",".join([b"1"] * 200_000), "a table of 200,000 columns", 1),
        (b"1\n" * 101, "a table of more than 100 rows", None),
        (b"a\n" + b"1,2,3,4,5,6,7,8,9,10\n" * 60, "a table of 610 cells", None),
        (b"x" * 10_001, "a file of 0.0 MB", None),
        (b'a\n"' + b"x" * 9_000, None, None),
    ],
)
def test_bounds(tmp_path, content, found, row):
    limits = Limits(bytes=10_000 if len(content) < 20_000 else 1_000_000, rows=100, columns=50, cells=500)
    tables, problems = read(tmp_path, content, limits)
    if found is None:
        assert problems == []
        return
    assert tables == []
    assert [(problem.found, problem.row) for problem in problems] == [(found, row)]


def test_a_quotation_mark_that_is_never_closed_is_told_with_its_line(tmp_path):
    tables, problems = read(tmp_path, b'a,b\n1,"' + b"x" * 200_000)
    assert tables == []
    assert [problem.row for problem in problems] == [2]


def test_columns_that_are_empty_to_the_right_do_not_count(tmp_path):
    (table,), problems = read(tmp_path, (b"a,b" + b"," * 16_000 + b"\n") * 3)
    assert (table.cells.shape, problems) == ((3, 2), [])


def test_a_large_table_is_read_in_chunks(tmp_path):
    (table,), _ = read(tmp_path, b"".join(b"%d,%s\n" % (n, b"x" * (n % 3)) for n in range(45_000)))
    assert table.cells[0].tolist() == [str(n) for n in range(45_000)]
    assert table.cells[1].tolist()[-3:] == ["", "x", "xx"]
    assert table.rows[-1] == 45_000
