import pytest

from etl.problems import Problems
from etl.readers import read_csv, read_geojson


def rows_of(tmp_path, content, plain=frozenset()):
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    problems = Problems()
    return read_csv(path, "table.csv", problems, plain), problems.found


def test_cells_stay_text(tmp_path):
    df, problems = rows_of(tmp_path, "code,flag,n\nNA,NO,010\n0101,true,1e5\n,,x\n", frozenset({"n"}))
    assert problems == []
    assert df.astype("str").to_numpy().tolist() == [
        ["NA", "NO", "010", "2"],
        ["0101", "true", "1e5", "3"],
        ["", "", "x", "4"],
    ]
    assert [str(dtype) for dtype in df.dtypes] == ["category", "category", "str", "int32"]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_byte_order_mark_and_line_ends(tmp_path, end):
    df, problems = rows_of(tmp_path, b"\xef\xbb\xbf" + f"a,b{end or chr(10)}1,2{end}".encode())
    assert (problems, list(df.columns), df["b"].tolist()) == ([], ["a", "b", "_row"], ["2"])


def test_line_numbers_where_cells_hold_line_breaks(tmp_path):
    df, _ = rows_of(tmp_path, 'a,b\n1,"x\ny\nz"\n2,w\n3,"p\nq"\n4,r\n')
    assert df["_row"].tolist() == [2, 5, 6, 8]


def test_rows_of_another_length_are_told_by_line(tmp_path):
    df, problems = rows_of(tmp_path, "a,b\n1,2\n1,2,3\n\n4,5\n")
    assert [(p.row, p.found) for p in problems] == [(3, "3 cells"), (4, "an empty line")]
    assert df["_row"].tolist() == [2, 5]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"PK\x03\x04rest", "a ZIP or XLSX file"),
        (b"%PDF-1.7", "a PDF file"),
        (b"<html></html>", "an HTML or XML page"),
        ("a,b\n1,2".encode("utf-16"), "UTF-16 text"),
        (b"a,b\n\0\0", "binary data"),
        (b"", "no header row"),
        (b"a,a\n1,2\n", "a column name twice"),
        (b"a,,c\n1,2,3\n", "a header row with empty cells"),
    ],
)
def test_files_that_are_no_table(tmp_path, content, found):
    df, problems = rows_of(tmp_path, content)
    assert df is None
    assert [p.found for p in problems] == [found]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("{", "no JSON"),
        ("[]", "another form"),
        ('{"type": "Topology"}', '"Topology"'),
        ('{"type": "FeatureCollection", "features": [1]}', "no Feature"),
        (
            '{"type": "FeatureCollection", "features": [], "crs": {"properties": {"name": "EPSG:3857"}}}',
            "3857",
        ),
    ],
)
def test_files_that_are_no_geojson(tmp_path, content, found):
    (tmp_path / "a.geojson").write_text(content, encoding="utf-8")
    problems = Problems()
    assert read_geojson(tmp_path / "a.geojson", "a.geojson", problems) is None
    assert found in problems.found[0].found
