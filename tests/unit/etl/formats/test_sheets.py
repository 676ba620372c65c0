import datetime
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from etl.formats import Limits, read_tables
from etl.formats.builder import column_letters
from etl.problems import Problems

DATA = Path(__file__).parent / "data"


def save(path, fill):
    book = openpyxl.Workbook()
    fill(book)
    book.save(path)
    return path


def read(path, part=None, limits=None):
    problems = Problems()
    return read_tables(path, path.name, problems, part=part, limits=limits or Limits()), problems.found


def test_cells_are_as_a_person_sees_them(tmp_path):
    def fill(book):
        cells = [
            (12.5, "General", "12.5"),
            (0.12, "0%", "12 %"),
            (0.12345, "0.0%", "12.3450 %"),
            (0.1 + 0.2, "0.00", "0.3"),
            (1.234, "0.0", "1.2340"),
            (7, "0000", "0007"),
            (1_234_567, "#,##0", "1234567"),
            (1e21, "General", "1000000000000000000000"),
            (datetime.date(2022, 6, 8), "DD.MM.YYYY", "2022-06-08"),
            (datetime.datetime(2022, 6, 8, 12, 30), "yyyy-mm-dd h:mm", "2022-06-08 12:30:00"),
            (True, "General", "TRUE"),
            ("01", "General", "01"),
            (" н/д ", "General", " н/д "),
            (5, '0" %"', "5"),
        ]
        for value, number_format, text in cells:
            book.active.append([value, text])
            book.active.cell(book.active.max_row, 1).number_format = number_format

    (table,), problems = read(save(tmp_path / "t.xlsx", fill))
    assert problems == []
    assert table.cells[0].tolist() == table.cells[1].tolist()
    assert (table.format, table.part, table.labels) == ("xlsx", "Sheet", ("A", "B"))


def test_raised_digits_never_become_part_of_a_number(tmp_path):
    raised = TextBlock(InlineFont(vertAlign="superscript"), "1")

    def fill(book):
        book.active.append([CellRichText("12,5", raised), CellRichText("12,", TextBlock(InlineFont(b=True), "5"))])

    (table,), _ = read(save(tmp_path / "t.xlsx", fill))
    assert table.cells.iloc[0].tolist() == ["12,5¹", "12,5"]


def test_merged_cells_repeat_their_text_and_empty_rows_keep_their_numbers(tmp_path):
    def fill(book):
        sheet = book.active
        sheet["B2"], sheet["B3"], sheet["C3"], sheet["D3"] = 2021, "I", "II", "I"
        sheet["A6"], sheet["B6"] = "Osh", 1
        sheet.merge_cells("B2:C2")
        sheet.merge_cells("A6:A9")
        sheet["B7"] = 2

    (table,), _ = read(save(tmp_path / "t.xlsx", fill))
    assert table.rows.tolist() == [2, 3, 6, 7]
    assert table.cells.to_numpy().tolist() == [
        ["", "2021", "2021", ""],
        ["", "I", "II", "I"],
        ["Osh", "1", "", ""],
        ["Osh", "2", "", ""],
    ]
    assert "2 merged ranges: their text is repeated in every cell" in table.notes


def test_formulas_show_their_saved_value_or_themselves(tmp_path):
    path = save(tmp_path / "t.xlsx", lambda book: book.active.append([1, "=A1*2", "=A1*3"]))
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    assert b"<f>A1*2</f><v />" in sheet or b"<f>A1*2</f><v/>" in sheet
    sheet = sheet.replace(b"<f>A1*2</f><v />", b"<f>A1*2</f><v>2</v>").replace(
        b"<f>A1*2</f><v/>", b"<f>A1*2</f><v>2</v>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**members, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(name, content)
    (table,), _ = read(path)
    assert table.cells.iloc[0].tolist() == ["1", "2", "=A1*3"]
    assert any("without a saved value" in note and "C1" in note for note in table.notes)


def test_hidden_sheets_rows_and_columns_are_read_and_noted(tmp_path):
    def fill(book):
        sheet = book.active
        for row in range(3):
            sheet.append([row, row])
        sheet.row_dimensions[2].hidden = True
        sheet.column_dimensions["B"].hidden = True
        other = book.create_sheet("Скрытый")
        other["A1"] = "x"
        other.sheet_state = "hidden"

    (first, second), _ = read(save(tmp_path / "t.xlsx", fill))
    assert first.notes == ("hidden rows, read like the others: 2", "hidden columns, read like the others, from: B")
    assert (second.part, second.notes) == ("Скрытый", ("hidden sheet",))


def test_one_sheet_by_name(tmp_path):
    path = save(tmp_path / "t.xlsx", lambda book: [book.create_sheet(name).append([name]) for name in ("a", "b")])
    assert [table.part for table in read(path)[0]] == ["a", "b"]
    assert [table.part for table in read(path, "b")[0]] == ["b"]
    tables, (problem,) = read(path, "c")
    assert tables == []
    assert problem.found == 'no sheet "c"'
    assert problem.expected == 'one of its 3: "Sheet", "a", "b"'


def test_one_sheet_that_is_too_large_does_not_spoil_the_others(tmp_path):
    def fill(book):
        book.active.append(["a"])
        book.create_sheet("wide").append([1] * 30)

    tables, problems = read(save(tmp_path / "t.xlsx", fill), limits=Limits(columns=20))
    assert [table.part for table in tables] == ["Sheet"]
    assert [(problem.column, problem.found) for problem in problems] == [('sheet "wide"', "a table of 21 columns")]


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("xl/externalLinks/externalLink1.xml", "links to other workbooks"),
        ("xl/vbaProject.bin", "macros: not run"),
        ("xl/connections.xml", "connections to outside data"),
        ("xl/embeddings/x.bin", "embedded objects"),
    ],
)
def test_what_leads_outside_is_noted_and_not_followed(tmp_path, name, note):
    path = save(tmp_path / "t.xlsx", lambda book: book.active.append([1]))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "<a/>")
    (table,), _ = read(path)
    assert [told for told in table.notes if told.startswith(note)]


@pytest.mark.parametrize(
    ("number", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_column_letters(number, letters):
    assert column_letters(number) == letters
    assert openpyxl.utils.get_column_letter(number + 1) == letters


def test_an_old_workbook():
    tables, problems = read(DATA / "small.xls")
    assert problems == []
    assert [(table.part, table.rows.tolist()) for table in tables] == [("Лист1", [1, 3, 4, 5]), ("hidden", [1])]
    assert tables[0].cells.to_numpy().tolist() == [
        ["Уровень бедности"] * 3,
        ["Регион", "2022", "Дата"],
        ["Ош", "12.5", "2022-06-08"],
        ["Баткен", "48.1", "2022-06-08"],
    ]
    assert "hidden sheet" in tables[1].notes
    assert [table.part for table in read(DATA / "small.xls", "hidden")[0]] == ["hidden"]


def write_ods(path, rows):
    names = ("office", "table", "text")
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name='Ош'>{rows}"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{space}"/>')
    path.write_bytes(stream.getvalue())
    return path


def ods_row(*cells, repeated=1):
    inner = "".join(
        f"<table:table-cell office:value-type='string'><text:p>{cell}</text:p></table:table-cell>" for cell in cells
    )
    return (
        f"<table:table-row table:number-rows-repeated='{repeated}'>{inner or '<table:table-cell/>'}</table:table-row>"
    )


def test_an_open_document(tmp_path):
    rows = ods_row(repeated=2) + ods_row("a", "01") + ods_row("b", "2", repeated=2) + ods_row(repeated=1_000_000)
    (table,), problems = read(write_ods(tmp_path / "t.ods", rows))
    assert problems == []
    assert (table.format, table.part, table.rows.tolist()) == ("ods", "Ош", [3, 4, 5])
    assert table.cells.to_numpy().tolist() == [["a", "01"], ["b", "2"], ["b", "2"]]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (ods_row("a", repeated=2_000_001), "a table of more than 2,000,000 rows"),
        (ods_row("a") + ods_row(repeated=3_000_000) + ods_row("b"), "a table of 3,000,002 rows"),
        (
            "<table:table-row><table:table-cell table:number-columns-repeated='200000' office:value-type='string'>"
            "<text:p>a</text:p></table:table-cell></table:table-row>",
            "a table of 200,000 columns",
        ),
    ],
)
def test_repeated_cells_of_an_open_document_are_counted_before_they_are_loaded(tmp_path, rows, found):
    tables, (problem,) = read(write_ods(tmp_path / "t.ods", rows))
    assert (tables, problem.found) == ([], found)
