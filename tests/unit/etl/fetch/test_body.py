import io
import json
import zipfile

import pytest

from etl.fetch.body import check_body, format_of, require_no_keys
from etl.fetch.errors import FetchError


def archive(*names):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        for name in names:
            packed.writestr(name, "text " * 100)
    return target.getvalue()


FEATURES = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": None}]}
LONG = json.dumps([{"name": "Нарын", "value": n} for n in range(8)]).encode()
GOOD = {
    "json": [LONG, b"\xef\xbb\xbf" + LONG, b"[]", b"3"],
    "geojson": [json.dumps(FEATURES).encode()],
    "csv": [b"a,b\n1,2\n", b"\xef\xbb\xbfa,b\n", 'a,b\n"x\ny",Ош\n'.encode()],
    "zip": [archive("a.shp")],
    "xlsx": [archive("[Content_Types].xml", "xl/workbook.xml")],
    "any": [b"\0\1\2", b"<xml/>"],
}
BAD = [
    ("json", b"", "an empty body"),
    ("any", b"  \n\t ", "an empty body"),
    ("json", b"\n<!DOCTYPE html><html>", "a web page (HTML); expected JSON"),
    ("csv", b"\xef\xbb\xbf<html><body>", "a web page (HTML); expected CSV"),
    ("xlsx", b"<HTML>", "a web page (HTML); expected XLSX"),
    ("any", b"<html lang=en>", "a web page (HTML); expected a file"),
    ("geojson", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "kept elsewhere (Git LFS)"),
    ("json", b"Service unavailable", "something that is not JSON"),
    ("json", b"\xff\xfe{", "text that is not UTF-8"),
    ("json", b"[" * 200_000, "JSON"),
    ("geojson", b'{"type": "Topology"}', "no GeoJSON with features"),
    ("geojson", b'{"type": "FeatureCollection", "features": []}', "no GeoJSON with features"),
    ("csv", b"just words\n", "no header row"),
    ("csv", b'{"a": 1, "b": 2}', "no header row"),
    ("csv", b"a,b\n\xff\xfe\n", "not UTF-8 CSV"),
    ("zip", archive("a.shp")[:-30], "a broken or cut-off ZIP"),
    ("zip", b"PK\3\4 no archive", "a broken or cut-off ZIP"),
    ("xlsx", archive("a.txt"), "found a ZIP file; expected an XLSX"),
]


@pytest.mark.parametrize(("wanted", "body"), [(wanted, body) for wanted, bodies in GOOD.items() for body in bodies])
def test_right_bodies_pass(tmp_path, wanted, body):
    path = tmp_path / "body"
    path.write_bytes(body)
    check_body(path, wanted)


@pytest.mark.parametrize(("wanted", "body", "found"), BAD)
def test_wrong_bodies_are_named(tmp_path, wanted, body, found):
    path = tmp_path / "body"
    path.write_bytes(body)
    with pytest.raises(FetchError) as caught:
        check_body(path, wanted)
    assert found in str(caught.value)
    assert "expected" in str(caught.value)


def test_json_cut_anywhere_is_noticed(tmp_path):
    path = tmp_path / "body"
    for kept in range(1, len(LONG)):
        path.write_bytes(LONG[:kept])
        with pytest.raises(FetchError, match=r"ends too early|not JSON|not UTF-8"):
            check_body(path, "json")


def test_the_end_is_named_where_json_is_cut(tmp_path):
    path = tmp_path / "body"
    path.write_bytes(LONG[:100])
    with pytest.raises(FetchError, match="JSON that ends too early"):
        check_body(path, "json")


def test_archives_cut_anywhere_are_noticed(tmp_path):
    path, whole = tmp_path / "body", archive("[Content_Types].xml")
    for kept in range(1, len(whole)):
        path.write_bytes(whole[:kept])
        with pytest.raises(FetchError, match="broken or cut-off XLSX"):
            check_body(path, "xlsx")


def test_the_content_is_given_to_the_check(tmp_path):
    path, seen = tmp_path / "body", []
    path.write_bytes(b'{"a": 1}')
    check_body(path, "json", seen.append)
    path.write_bytes(b"a,b\n\n1,2\n")
    check_body(path, "csv", seen.append)
    assert seen == [{"a": 1}, [["a", "b"], ["1", "2"]]]


def test_keys_in_a_body_are_found(tmp_path):
    path = tmp_path / "body"
    path.write_bytes(b"x" * 5000 + "ключ-ключ".encode())
    require_no_keys(path, ["absent-key", "xx"])
    with pytest.raises(FetchError, match="found your key"):
        require_no_keys(path, ["ключ-ключ"])


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("a.GeoJSON", "geojson"), ("a.b.xlsx", "xlsx"), ("a.zip", "zip"), ("a.gpkg", "any"), ("a", "any")],
)
def test_the_name_promises_the_format(name, wanted):
    assert format_of(name) == wanted
