"""Five hundred faulty files and more: none crashes a reader, each gives a message or a result that holds together."""

import io
import json
import random
import struct
import zipfile
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.formats import LAYER_FORMATS, TABLE_FORMATS, Limits, read_layers, read_tables, sniff
from etl.problems import Problems

SMALL = Limits(
    bytes=3_000_000,
    rows=5_000,
    columns=300,
    cells=200_000,
    zip_ratio=200,
    unzipped_bytes=20_000_000,
    zip_members=200,
    vertices=100_000,
    seconds=60,
    memory_bytes=1_000_000_000,
)
SUFFIXES = (
    "csv",
    "tsv",
    "txt",
    "xlsx",
    "xlsm",
    "xls",
    "ods",
    "parquet",
    "json",
    "geojson",
    "topojson",
    "gpkg",
    "zip",
    "shp",
    "kml",
    "kmz",
    "fgb",
    "geoparquet",
    "dbf",
    "pdf",
)
WHOLE = {
    "crs.geojson": 4,  # names EPSG:4326, or nothing that could be a name
    "deep.geojson": 1,
    "errors.xlsx": 1,  # the cells say it
    "far-cell.xlsx": 1,
    "geometry.geojson": 1,  # a collection of geometries
    "one-bad.geojson": 1,
    "plain.parquet": 1,
}
"""Of the hand-made files those that are odd, but whole: they are read without a word."""
XLS = Path(__file__).parents[1] / "unit" / "etl" / "formats" / "data" / "small.xls"
MUTATIONS = {
    "csv": 40,
    "xlsx": 40,
    "json": 40,
    "geojson": 45,
    "datapackage": 20,
    "kml": 10,
    "topojson": 10,
    "xls": 8,
    "ods": 8,
    "parquet": 8,
    "geoparquet": 6,
    "gpkg": 8,
    "flatgeobuf": 8,
    "shapefile": 10,
}


def workbook(fill=None):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Region", "2021", "2022"])
    sheet.append(["Osh", 12.5, "н/д"])
    sheet.append(["Batken", 48.1, "<5"])
    sheet.merge_cells("A5:C5")
    if fill:
        fill(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def packed(members, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def repacked(content, changes):
    """Return an archive with members replaced or added."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return packed({**members, **changes}.items())


def sheet_xml(body, before=b""):
    start = b'<?xml version="1.0"?>' + before
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return repacked(
        workbook(), {"xl/worksheets/sheet1.xml": start + b"<worksheet " + space + b">" + body + b"</worksheet>"}
    )


def collection(*geometries):
    features = [
        {"type": "Feature", "properties": {"name": f"unit {n}"}, "geometry": geometry}
        for n, geometry in enumerate(geometries)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def polygon(*points):
    return {"type": "Polygon", "coordinates": [list(points)]}


SQUARE = polygon([70, 40], [71, 40], [71, 41], [70, 41], [70, 40])
FRAME = gpd.GeoDataFrame(
    {"name": ["Ош", "Баткен"], "code": ["01", "02"]},
    geometry=[shapely.box(70, 40, 71, 41), shapely.box(71, 40, 72, 41)],
    crs="EPSG:4326",
)


def written(folder, name, write):
    path = folder / name
    write(path)
    return path.read_bytes()


def shapefile(folder, frame=FRAME, drop=(), change=None):
    folder = folder / f"shp{len(list(folder.iterdir()))}"
    folder.mkdir()
    frame.to_file(folder / "units.shp", encoding="utf-8")
    members = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix not in drop}
    return packed({**members, **(change or {})}.items())


ODS_CELL = "<table:table-cell office:value-type='string'><text:p>a</text:p></table:table-cell>"


def ods(rows=f"<table:table-row>{ODS_CELL}</table:table-row>"):
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f"<?xml version='1.0'?><office:document-content {spaces}><office:body><office:spreadsheet>"
        f"<table:table table:name='s'>{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        "<?xml version='1.0'?><manifest:manifest xmlns:manifest='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'>"
        "<manifest:file-entry manifest:full-path='content.xml' manifest:media-type='text/xml'/></manifest:manifest>"
    )
    return packed(
        [
            ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
            ("content.xml", content),
            ("META-INF/manifest.xml", manifest),
        ]
    )


PACKAGE = {
    "name": "p",
    "resources": [{"name": "t", "path": "t.csv", "schema": {"fields": [{"name": "a"}], "missingValues": ["-"]}}],
}
KML = (
    "<?xml version='1.0'?><kml xmlns='http://www.opengis.net/kml/2.2'><Document><Placemark><name>A</name><Polygon>"
    "<outerBoundaryIs><LinearRing><coordinates>70,40,0 71,40,0 71,41,0 70,40,0</coordinates></LinearRing>"
    "</outerBoundaryIs></Polygon></Placemark></Document></kml>"
)
TOPOLOGY = {
    "type": "Topology",
    "transform": {"scale": [0.1, 0.1], "translate": [70, 40]},
    "objects": {"units": {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "arcs": [[0]]}]}},
    "arcs": [[[0, 0], [10, 0], [0, 10], [-10, 0], [0, -10]]],
}


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """A valid file of each format."""
    folder = tmp_path_factory.mktemp("valid")
    frame = pd.DataFrame({"name": ["Ош", "Баткен"], "value": [1.5, np.nan], "day": pd.to_datetime(["2022-06-08"] * 2)})
    return {
        "csv": ("t.csv", 'region;2021;2022\nОш;"12,5";н/д\nБаткен;48,1;"a\nb"\n'.encode("cp1251")),
        "xlsx": ("t.xlsx", workbook()),
        "xls": ("t.xls", XLS.read_bytes()),
        "ods": ("t.ods", ods()),
        "parquet": ("t.parquet", written(folder, "t.parquet", frame.to_parquet)),
        "json": (
            "t.json",
            json.dumps({"data": [{"a": 1, "values": [{"key": 2024, "value": 1.5}]}, {"a": None}]}).encode(),
        ),
        "datapackage": ("p.zip", packed([("datapackage.json", json.dumps(PACKAGE)), ("t.csv", "a,b\n1,-\n")])),
        "geojson": ("g.geojson", collection(SQUARE, SQUARE)),
        "topojson": ("g.topojson", json.dumps(TOPOLOGY).encode()),
        "gpkg": ("g.gpkg", written(folder, "g.gpkg", lambda path: FRAME.to_file(path, driver="GPKG"))),
        "flatgeobuf": ("g.fgb", written(folder, "g.fgb", lambda path: FRAME.to_file(path, driver="FlatGeobuf"))),
        "kml": ("g.kml", KML.encode()),
        "geoparquet": ("g.parquet", written(folder, "g.parquet", FRAME.to_parquet)),
        "shapefile": ("g.zip", shapefile(folder)),
    }


def hand_made(folder):
    """Yield name and content of files with faults that people and attackers make."""
    table = "region,value\nOsh,1\n"
    russian = "регион,значение\nОшская область,12\n"
    for encoding in (
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "cp1251",
        "koi8-r",
        "cp866",
        "mac-cyrillic",
        "utf-8-sig",
    ):
        yield "encoding.csv", russian.encode(encoding)
    yield "odd-utf16.csv", russian.encode("utf-16") + b"\x00"
    yield "two-encodings.csv", (russian * 40).encode() + russian.encode("cp1251")
    yield "utf7.csv", russian.encode("utf-7")
    yield "zeros.csv", bytes(1_000)
    yield "zero-inside.csv", b"a,b\n1,\0\n"
    yield "empty.csv", b""
    yield "blank.csv", b"\r\n \r\n"
    yield "mark-only.csv", b"\xef\xbb\xbf"
    yield "open-quote.csv", b'a,b\n1,"' + b"x" * 200_000
    yield "ragged.csv", b"a,b\n1\n1,2,3\n1,2,3,4,5\n"
    yield "one-cell.csv", b"x"
    yield "returns.csv", b"a,b\r1,2\r"
    yield "wide.csv", b",".join(b"%d" % n for n in range(200_000))
    yield "wide-empty.csv", b"a,b" + b"," * 200_000
    yield "long.csv", b"1\n" * 6_000
    yield "many-cells.csv", (b"1," * 250 + b"1\n") * 1_000
    yield "formula.csv", b"a,b\n=cmd|' /C calc'!A0,2\n"
    yield "page.csv", b"<!DOCTYPE html><html><body>Not found</body></html>"
    yield "xml.csv", b"<?xml version='1.0'?><a/>"
    for start in (
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"\x1f\x8b\x08",
        b"Rar!\x1a",
        b"{\\rtf1",
    ):
        yield "disguised.csv", start + bytes(range(256))
    yield "separators.csv", b"a;b,c\td|e\n" * 3
    yield "hint.csv", b"sep=;\na;b\n1;2\n"

    book = workbook()
    for cut in (4, 30, 100, len(book) // 2, len(book) - 30, len(book) - 1):
        yield "cut.xlsx", book[:cut]
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    cell = b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&%s;</t></is></c></row></sheetData>'
    yield "entities.xlsx", sheet_xml(cell % b"b", entity)
    yield "outside-entity.xlsx", sheet_xml(cell % b"a", outside)
    for part in (
        "xl/sharedStrings.xml",
        "xl/styles.xml",
        "xl/workbook.xml",
        "[Content_Types].xml",
        "docProps/core.xml",
    ):
        yield "entities-in-part.xlsx", repacked(book, {part: outside + b"<a>&a;</a>"})
        yield "broken-part.xlsx", repacked(book, {part: b"<a><b></a>"})
        yield "empty-part.xlsx", repacked(book, {part: b""})
    yield (
        "wide.xlsx",
        sheet_xml(
            b'<sheetData><row r="1">' + b"".join(b"<c><v>1</v></c>" for _ in range(200_000)) + b"</row></sheetData>"
        ),
    )
    yield "far-column.xlsx", sheet_xml(b'<sheetData><row r="1"><c r="HJSR1"><v>1</v></c></row></sheetData>')
    yield "far-cell.xlsx", sheet_xml(b'<sheetData><row r="1048576"><c r="B1048576"><v>1</v></c></row></sheetData>')
    yield (
        "beyond.xlsx",
        sheet_xml(b'<sheetData><row r="99999999999"><c r="B99999999999"><v>1</v></c></row></sheetData>'),
    )
    yield "long.xlsx", sheet_xml(b"<sheetData>" + b"<row><c><v>1</v></c></row>" * 6_000 + b"</sheetData>")
    yield "styled-only.xlsx", sheet_xml(b'<sheetData><row r="1"><c r="XFD1" s="0"/></row></sheetData>')
    yield "no-number.xlsx", sheet_xml(b'<sheetData><row r="1"><c r="A1"><v>abc</v></c></row></sheetData>')
    yield "no-string.xlsx", sheet_xml(b'<sheetData><row r="1"><c r="A1" t="s"><v>999</v></c></row></sheetData>')
    yield "no-style.xlsx", sheet_xml(b'<sheetData><row r="1"><c r="A1" s="999"><v>1</v></c></row></sheetData>')
    yield "row-of-other.xlsx", sheet_xml(b'<sheetData><row r="1"><c r="A7"><v>1</v></c></row></sheetData>')
    yield "bad-reference.xlsx", sheet_xml(b'<sheetData><row r="1"><c r="1A"><v>1</v></c></row></sheetData>')
    yield "bad-row.xlsx", sheet_xml(b'<sheetData><row r="x"><c><v>1</v></c></row></sheetData>')
    yield (
        "merge-all.xlsx",
        sheet_xml(
            b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
            b'<mergeCells><mergeCell ref="A1:XFD1048576"/><mergeCell ref="B2"/><mergeCell ref="Z9:A1"/></mergeCells>'
        ),
    )
    yield (
        "bad-merge.xlsx",
        sheet_xml(
            b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
            b'<mergeCells><mergeCell ref="?"/></mergeCells>'
        ),
    )
    yield (
        "formula.xlsx",
        workbook(lambda b: b.active.append(["=SUM(B2:B3)", '=WEBSERVICE("http://localhost/")', "=1/0"])),
    )
    yield "link.xlsx", repacked(book, {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})
    yield "macro.xlsm", repacked(book, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" * 9})
    yield "connection.xlsx", repacked(book, {"xl/connections.xml": b"<connections/>"})
    yield (
        "errors.xlsx",
        sheet_xml(
            b'<sheetData><row r="1"><c r="A1" t="e"><v>#DIV/0!</v></c><c r="B1" t="e"><v>#N/A</v></c></row></sheetData>'
        ),
    )
    yield (
        "numbers.xlsx",
        sheet_xml(
            b'<sheetData><row r="1"><c><v>1e999</v></c><c><v>NaN</v></c><c><v>-0</v></c><c t="b"><v>7</v></c></row>'
            b"</sheetData>"
        ),
    )
    yield "empty.xlsx", workbook(lambda b: b.active.delete_rows(1, 9))
    yield "chart-only.xlsx", workbook(lambda b: (b.create_chartsheet(), b.active.delete_rows(1, 9)))
    yield "hidden.xlsx", workbook(lambda b: setattr(b.create_sheet("secret"), "sheet_state", "veryHidden"))
    with pytest.warns(UserWarning, match="Duplicate name"):
        yield "twice.zip", packed([("a.csv", table), ("a.csv", table)])
    yield "slides.zip", packed([("ppt/presentation.xml", "<a/>")])
    yield "text.zip", packed([("word/document.xml", "<a/>")])
    yield "empty.zip", packed([])
    yield "tables.zip", packed([("a.csv", table)])

    yield "bomb.xlsx", repacked(book, {"xl/worksheets/sheet1.xml": b"0" * 15_000_000})
    yield "large.xlsx", repacked(book, {"xl/media/a.bin": random.Random(1).randbytes(1_000) * 21_000})
    yield "many.zip", packed([(f"{n}.xml", "") for n in range(300)])
    yield "bzip2.zip", packed([("xl/workbook.xml", "<a/>")], zipfile.ZIP_BZIP2)
    yield "lzma.zip", packed([("xl/workbook.xml", "<a/>")], zipfile.ZIP_LZMA)
    for name in ("../../etc/cron.d/x", "/etc/passwd", "C:\\x", "..\\x", "a/../../x"):
        yield "outside.zip", packed([(name, table), ("units.shp", b"x")])
    yield "encrypted.zip", lying(packed([("xl/workbook.xml", "<a/>")]), flag=1)
    yield "lying.xlsx", lying(sheet_xml(b"<sheetData/>" + b" " * 50_000), size=10)
    yield "crc.xlsx", lying(book, crc=7)
    link = zipfile.ZipInfo("units.shp")
    link.external_attr = 0o120777 << 16
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    yield "link.zip", stream.getvalue()
    office = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    yield "encrypted.xlsx", office + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    yield "cut.xls", XLS.read_bytes()[:2_000]
    yield "header.xls", office + bytes(5_000)

    yield (
        "cells.ods",
        ods("<table:table-row><table:table-cell office:value-type='float' office:value='1'/></table:table-row>"),
    )
    for tag in ("rows", "columns"):
        repeated = f"table:number-{tag}-repeated='200000'"
        row, cells = (repeated, "") if tag == "rows" else ("", repeated)
        yield (
            f"repeated-{tag}.ods",
            ods(
                f"<table:table-row {row}><table:table-cell {cells} office:value-type='string'><text:p>a</text:p>"
                "</table:table-cell></table:table-row>"
            ),
        )
    yield (
        "far.ods",
        ods(
            "<table:table-row table:number-rows-repeated='1000000'><table:table-cell/></table:table-row>"
            f"<table:table-row>{ODS_CELL}</table:table-row>"
        ),
    )
    yield "entities.ods", repacked(ods(), {"content.xml": outside + b"<a>&a;</a>"})
    yield "empty.ods", ods("")

    for text in (
        "{",
        "[",
        "[1, 2",
        "[]",
        "{}",
        "[{}]",
        "[[]]",
        "[null]",
        "[1, 2]",
        '{"a": 1}',
        '{"data": "x"}',
        '{"message": "not found"}',
        "[{}, 1]",
        '[{"a": NaN, "b": Infinity}]',
        '[{"a": 1}, {"b": [1, {"c": 2}]}]',
        '[{"a": 1e999, "b": -0.0}]',
        '[{"a": "\\ud800"}]',
        '[{"": 1}]',
        '{"a": [1], "b": [2, 3]}',
        '{"a": 1} {"a": 2}',
        '{"a": 1}\n{"a": 2}\n',
        '{"a": 1}\n{"a": \n',
        '[{"a": ' + "9" * 5_000 + "}]",
        '{"type": "FeatureCollection"}',
        '{"type": "FeatureCollection", "features": []}',
        '{"type": "FeatureCollection", "features": [1, null, {}]}',
        '{"type": "Topology"}',
        '{"type": "Topology", "objects": 1, "arcs": 2}',
        '{"type": "Feature"}',
        '{"type": "Polygon"}',
        '{"type": ["x"]}',
        '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read http://localhost/x"}',
        '{"type": "Topology", "type": "gdal_streamed_alg", "command_line": "x"}',
    ):
        yield "form.json", text.encode()
    yield "deep.json", b"[" * 100_000 + b"]" * 100_000
    yield "deep-records.json", b'[{"a":' * 5_000 + b"1" + b"}]" * 5_000
    yield "wide.json", json.dumps([{str(n): n for n in range(200_000)}]).encode()
    yield "pages.json", b"<html><body>502 Bad Gateway</body></html>"
    yield "resources.json", json.dumps({"resources": [{"path": "x"}]}).encode()

    for descriptor in (
        "{",
        "[]",
        "{}",
        '{"resources": 1}',
        '{"resources": [1]}',
        '{"resources": [{}]}',
        '{"resources": [{"name": "t", "path": 7}]}',
        '{"resources": [{"name": "t", "path": []}]}',
        '{"resources": [{"name": "t", "path": "gone.csv"}]}',
        '{"resources": [{"name": "t", "path": "../../t.csv"}]}',
        '{"resources": [{"name": "t", "path": "/etc/passwd"}]}',
        '{"resources": [{"name": "t", "path": "http://localhost/t.csv"}]}',
        '{"resources": [{"name": "t", "path": "t.csv", "encoding": "nothing"}]}',
        '{"resources": [{"name": "t", "path": "t.csv", "encoding": "ascii"}]}',
        '{"resources": [{"name": "t", "path": "t.csv", "dialect": {"delimiter": ";;"}}]}',
        '{"resources": [{"name": "t", "path": "t.csv", "dialect": "d.json"}]}',
        '{"resources": [{"name": "t", "path": "t.csv", "schema": {"missingValues": 3}}]}',
        '{"resources": [{"name": "t", "path": "t.csv", "schema": {"fields": 3}}]}',
        '{"resources": [{"name": "t", "data": 3}]}',
        '{"resources": [{"name": "t", "path": "t.csv", "format": "xlsx"}]}',
        '{"resources": [{"name": "t", "path": "t.csv", "format": "parquet"}]}',
    ):
        yield "package.zip", packed([("datapackage.json", descriptor), ("t.csv", "имя,b\n1,-\n")])

    nan = float("nan")
    for geometry in (
        None,
        {},
        1,
        "x",
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[]]},
        {"type": "Polygon", "coordinates": [[[1]]]},
        {"type": "Polygon", "coordinates": [[["a", "b"]]]},
        {"type": "Polygon", "coordinates": None},
        {"type": "Circle", "coordinates": [1, 2]},
        {"type": "Point", "coordinates": [nan, nan]},
        {"type": "Point", "coordinates": [float("inf"), 1]},
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": [1, 2, 3, 4, 5]},
        {"type": "Point", "coordinates": {"x": 1}},
        {"type": "GeometryCollection", "geometries": []},
        {"type": "GeometryCollection", "geometries": [SQUARE, {"type": "Point", "coordinates": [1, 2]}]},
        {"type": "MultiPolygon", "coordinates": SQUARE["coordinates"]},
        polygon([0, 0], [1, 1], [1, 0], [0, 1], [0, 0]),
        polygon([0, 0], [1, 0], [2, 0], [0, 0]),
        polygon([0, 0], [1, 0]),
        polygon([0, 0], [1, 0], [1, 1]),
        polygon([179, 60], [-179, 60], [-179, 65], [179, 65], [179, 60]),
        polygon([179, 60], [181, 60], [181, 65], [179, 65], [179, 60]),
        polygon([40, 70, 5], [41, 70, 5], [41, 71, 5], [40, 70, 5]),
        polygon([500_000, 4_500_000], [600_000, 4_500_000], [600_000, 4_600_000], [500_000, 4_500_000]),
        polygon([70, 40], [71, nan], [71, 41], [70, 40]),
        polygon(*([[70, 40]] * 5)),
    ):
        yield "geometry.geojson", collection(geometry)
        yield "one-bad.geojson", collection(SQUARE, geometry)
    deep = {"type": "Point", "coordinates": [1, 2]}
    for _ in range(300):
        deep = {"type": "GeometryCollection", "geometries": [deep]}
    yield "deep.geojson", collection(deep)
    for crs in ("EPSG:3857", "urn:ogc:def:crs:EPSG::32643", "EPSG:999999", "x", "", 7, None, "EPSG:4326", "EPSG:4740"):
        yield (
            "crs.geojson",
            collection(SQUARE)[:-1] + f', "crs": {json.dumps({"properties": {"name": crs}})}}}'.encode(),
        )
    yield "points.geojson", collection(polygon(*([[70 + n / 1e6, 40] for n in range(60_000)] + [[70, 40]])), SQUARE)
    yield "many-points.geojson", collection({"type": "MultiPoint", "coordinates": [[1, 2]] * 100_001})

    for drop in ((".shp",), (".shx",), (".dbf",), (".prj",), (".cpg",), (".shx", ".dbf", ".prj", ".cpg")):
        yield "incomplete.zip", shapefile(folder, drop=drop)
    yield "page.zip", shapefile(folder, change={"units.cpg": b"../../etc/passwd"})
    yield "no-crs.zip", shapefile(folder, change={"units.prj": b"PROJCS[nothing"})
    yield "utm.zip", shapefile(folder, FRAME.to_crs(32643), drop=(".prj",))
    yield "names.zip", shapefile(folder, drop=(".cpg",), change={})
    yield "loose.shp", written(folder, "loose.shp", lambda path: FRAME.to_file(path))
    for replaced in (
        ("70,40,0 71,40,0 71,41,0 70,40,0", "nan,nan"),
        ("70,40,0 71,40,0 71,41,0 70,40,0", ""),
        ("70,40,0 71,40,0 71,41,0 70,40,0", "a b c"),
        ("<name>A</name>", "<NetworkLink><Link><href>http://localhost/x.kml</href></Link></NetworkLink>"),
        ("<?xml version='1.0'?>", "<!DOCTYPE kml [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"),
        ("</kml>", ""),
        ("<Placemark>", "<Placemark><!-- <OGRVRTDataSource> -->"),
    ):
        yield "form.kml", KML.replace(*replaced).encode()
    yield "form.kmz", packed([("doc.kml", KML), ("icon.png", b"x")])
    for arcs, objects in (([], TOPOLOGY["objects"]), ([[[0]]], TOPOLOGY["objects"]), (TOPOLOGY["arcs"], {})):
        yield "form.topojson", json.dumps({**TOPOLOGY, "arcs": arcs, "objects": objects}).encode()
    yield "header.fgb", b"fgb\x03fgb\x00" + struct.pack("<I", 0xFFFFFFF0) + bytes(100)
    yield "header.parquet", b"PAR1" + bytes(50) + struct.pack("<I", 0x7FFFFFFF) + b"PAR1"
    yield "header.gpkg", b"SQLite format 3\0" + bytes(2_000)
    frame = pd.DataFrame({"geometry": [b"\x01\x03", b"x"], "a": [1, 2]})
    yield "plain.parquet", written(folder, "plain.parquet", frame.to_parquet)


def lying(content, flag=None, size=None, crc=None):
    """Return an archive whose directory says something else than is true."""
    changed = bytearray(content)
    at = 0
    while (at := changed.find(b"PK\x01\x02", at)) >= 0:
        if flag is not None:
            changed[at + 8 : at + 10] = struct.pack("<H", flag)
        if crc is not None:
            changed[at + 16 : at + 20] = struct.pack("<I", crc)
        if size is not None:
            changed[at + 24 : at + 28] = struct.pack("<I", size)
        at += 4
    return bytes(changed)


def mutated(content, seed):
    """Return a content with bytes changed, cut out, doubled or cut off, the same for the same seed."""
    chance = random.Random(seed)
    changed = bytearray(content)
    for _ in range(chance.choice((1, 2, 8, 40))):
        at = chance.randrange(len(changed) or 1)
        kind = chance.randrange(5)
        if kind <= 1 and changed:
            changed[at] = chance.choice((0, 255, chance.randrange(256), changed[at] ^ (1 << chance.randrange(8))))
        elif kind == 2:
            del changed[at : at + chance.randrange(1, 20)]
        elif kind == 3:
            changed[at:at] = changed[at : at + chance.randrange(1, 20)]
        elif chance.random() < 0.2:
            del changed[at:]
    return bytes(changed)


def told_or_read(folder, name, content):
    """Read a file as table and as layer; return what was told. Whatever is handed over holds together."""
    path = folder / name
    path.write_bytes(content)
    problems = Problems()
    is_layer = sniff(path, name, problems) in LAYER_FORMATS
    layers = read_layers(path, name, problems, limits=SMALL) if is_layer else []
    tables = [] if is_layer or problems.found else read_tables(path, name, problems, limits=SMALL)
    for layer in layers:
        assert len(layer.geometry) == len(layer.table.cells) - 1
        assert not shapely.has_z(layer.geometry).any()
        bounds = shapely.total_bounds(layer.geometry)
        assert np.isnan(bounds).all() or (np.abs(bounds) <= [180.01, 90.01, 180.01, 90.01]).all()
    for table in (*tables, *(layer.table for layer in layers)):
        assert len(table.rows) == len(table.cells) > 0
        assert len(table.labels) == table.cells.shape[1]
        assert not table.cells.isna().to_numpy().any()
        assert all(isinstance(cell, str) for cell in table.cells.iloc[0])
        assert (np.diff(table.rows) > 0).all()
        assert table.cells.shape[1] <= SMALL.columns
        assert len(table.cells) <= SMALL.rows + 1
    for problem in problems.found:
        line = str(problem)
        assert "\n" not in line
        assert problem.found
        assert problem.expected
        assert problem.remedy
        assert "Traceback" not in line
        assert str(folder) not in line
        assert len(line) < 900
    assert tables or layers or problems.found
    path.unlink()
    return [*map(str, problems.found), *(note for read in (*tables, *layers) for note in read.notes)]


def test_there_are_five_hundred(tmp_path, valid):
    assert set(MUTATIONS) == set(valid)
    assert set(valid) | {"sdmx"} == set(TABLE_FORMATS) | set(LAYER_FORMATS)
    assert sum(MUTATIONS.values()) + len(list(hand_made(tmp_path))) >= 500


@pytest.mark.slow
def test_every_hand_made_fault_is_told_or_read(tmp_path):
    silent = Counter()
    built = tmp_path / "built"
    read = tmp_path / "read"
    built.mkdir()
    read.mkdir()
    for name, content in hand_made(built):
        if not told_or_read(read, name, content):
            silent[name] += 1
    assert silent == WHOLE


@pytest.mark.slow
@pytest.mark.parametrize("form", MUTATIONS)
def test_every_damaged_file_is_told_or_read(tmp_path, valid, form):
    name, content = valid[form]
    assert told_or_read(tmp_path, name, content) is not None
    for seed in range(MUTATIONS[form]):
        told_or_read(tmp_path, name, mutated(content, f"{form} {seed}"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=2_000), st.sampled_from(SUFFIXES))
def test_any_bytes_under_any_suffix(tmp_path, content, suffix):
    told_or_read(tmp_path, f"t.{suffix}", content)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8"), max_size=300), st.sampled_from(["utf-8", "utf-16", "cp1251", "koi8-r"]))
def test_any_text_in_any_encoding(tmp_path, text, encoding):
    told_or_read(tmp_path, "t.csv", text.encode(encoding, "ignore"))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=30,
    )
)
def test_any_json(tmp_path, content):
    told_or_read(tmp_path, "t.json", json.dumps(content).encode())


@pytest.mark.slow
@pytest.mark.parametrize("form", ["xlsx", "json", "gpkg", "parquet", "shapefile", "csv"])
def test_a_file_under_the_name_of_another_format(tmp_path, valid, form):
    content = valid[form][1]
    for suffix in SUFFIXES[::3]:
        told_or_read(tmp_path, f"t.{suffix}", content)
    path = tmp_path / "t.bin"
    path.write_bytes(content)
    for other in (*TABLE_FORMATS, *LAYER_FORMATS):
        problems = Problems()
        tables = read_tables(path, "t.bin", problems, format=other, limits=SMALL)
        assert tables or problems.found
