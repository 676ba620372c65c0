import json
import sqlite3
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import shapely

from etl.formats import Limits, read_layers, read_tables
from etl.formats.outside import _environment
from etl.problems import Problems

FRAME = gpd.GeoDataFrame(
    {"name": ["Ошская", "Баткенская"], "code": ["01", "02"], "n": [1, 2]},
    geometry=[shapely.box(70, 40, 71, 41), shapely.MultiPolygon([shapely.box(71, 40, 72, 41)])],
    crs="EPSG:4326",
)


def read(path, **options):
    problems = Problems()
    return read_layers(path, path.name, problems, **options), problems.found


def zipped(path, folder, drop=()):
    with zipfile.ZipFile(path, "w") as archive:
        for member in folder.iterdir():
            if member.suffix not in drop:
                archive.write(member, member.name)
    return path


def write_shapefile(tmp_path, frame=FRAME, encoding="utf-8", drop=()):
    folder = tmp_path / "shp"
    folder.mkdir()
    frame.to_file(folder / "units.shp", encoding=encoding)
    return zipped(tmp_path / "units.zip", folder, drop)


def write_format(tmp_path, form, frame=FRAME):
    path = tmp_path / f"units.{form}"
    if form == "zip":
        return write_shapefile(tmp_path, frame)
    if form == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path, driver={"geojson": "GeoJSON", "gpkg": "GPKG", "fgb": "FlatGeobuf", "kml": "KML"}[form])
    return path


@pytest.mark.parametrize("form", ["geojson", "gpkg", "fgb", "parquet", "zip", "kml"])
def test_every_format_gives_the_same_layer(tmp_path, form):
    (layer,), problems = read(write_format(tmp_path, form))
    assert problems == []
    names = [name.lower() for name in layer.table.cells.iloc[0]]
    order = np.argsort(layer.table.cells[names.index("code")].to_numpy()[1:])
    assert shapely.equals(layer.geometry[order], FRAME.geometry.to_numpy()).all()
    for column in ("name", "code", "n"):
        assert (
            layer.table.cells[names.index(column)].to_numpy()[1:][order].tolist() == FRAME[column].astype(str).tolist()
        )
    assert layer.crs in ("EPSG:4326", "OGC:CRS84")
    assert layer.table.rows.tolist() == [0, 1, 2]


@pytest.mark.parametrize("form", ["gpkg", "fgb", "parquet", "zip"])
def test_layers_are_reprojected_as_pyproj_does(tmp_path, form):
    projected = FRAME.to_crs("EPSG:32643")
    (layer,), _ = read(write_format(tmp_path, form, projected))
    expected = projected.to_crs("EPSG:4326").geometry.to_numpy()
    order = np.argsort(shapely.get_x(shapely.centroid(layer.geometry)))
    assert (shapely.hausdorff_distance(layer.geometry[order], expected) < 1e-9).all()
    assert "reprojected from EPSG:32643 to EPSG:4326" in layer.notes


def test_topojson_objects_are_layers(tmp_path):
    topology = {
        "type": "Topology",
        "transform": {"scale": [0.1, 0.1], "translate": [70, 40]},
        "objects": {
            "units": {
                "type": "GeometryCollection",
                "geometries": [{"type": "Polygon", "arcs": [[0]], "properties": {"code": "01"}}],
            }
        },
        "arcs": [[[0, 0], [10, 0], [0, 10], [-10, 0], [0, -10]]],
    }
    path = tmp_path / "t.json"
    path.write_text(json.dumps(topology))
    (layer,), problems = read(path)
    assert problems == []
    assert shapely.equals(layer.geometry[0], shapely.box(70, 40, 71, 41))
    assert "01" in layer.table.cells.iloc[1].tolist()


def test_layers_of_a_geopackage_by_name(tmp_path):
    path = tmp_path / "t.gpkg"
    FRAME.to_file(path, layer="districts")
    FRAME.head(1).to_file(path, layer="oblasts")
    assert [(layer.part, len(layer.geometry)) for layer in read(path)[0]] == [("districts", 2), ("oblasts", 1)]
    assert [layer.part for layer in read(path, part="oblasts")[0]] == ["oblasts"]
    assert read(path, part="x")[1][0].expected == 'one of its 2: "districts", "oblasts"'


def test_properties_are_a_table_too(tmp_path):
    problems = Problems()
    (table,) = read_tables(write_format(tmp_path, "geojson"), "units.geojson", problems)
    assert table.cells.to_numpy().tolist() == [["name", "code", "n"], ["Ошская", "01", "1"], ["Баткенская", "02", "2"]]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
@pytest.mark.parametrize("drop", [(), (".cpg",)])
def test_the_texts_of_a_shapefile(tmp_path, encoding, drop):
    (layer,), _ = read(write_shapefile(tmp_path, encoding=encoding, drop=drop))
    assert layer.table.cells[0].tolist() == ["name", "Ошская", "Баткенская"]
    told = [note for note in layer.notes if ".cpg" in note]
    assert told == (
        [f"no .cpg: texts read as {encoding}, assumed from their letters; check that names are spelt right"]
        if drop
        else [f"texts in {encoding.upper()}, as the .cpg file says"]
    )


@pytest.mark.parametrize(
    ("drop", "note"),
    [((".prj",), "no .prj"), ((".shx",), "no .shx"), ((".dbf",), "no .dbf"), ((".shx", ".dbf"), "no .dbf")],
)
def test_missing_companions_of_a_shapefile_are_told(tmp_path, drop, note):
    (layer,), problems = read(write_shapefile(tmp_path, drop=drop))
    assert problems == []
    assert len(layer.geometry) == 2
    assert any(told.startswith(note) for told in layer.notes)


def test_a_shapefile_without_shapes_and_one_file_of_a_shapefile_are_told(tmp_path):
    _, (problem,) = read(write_shapefile(tmp_path, drop=(".shp",)))
    assert problem.found == "a Shapefile without .shp"
    _, (problem,) = read(tmp_path / "shp" / "units.shp")
    assert problem.found == "one file of a Shapefile"


def test_metres_without_a_reference_system_are_never_taken_for_degrees(tmp_path):
    _, (problem,) = read(write_shapefile(tmp_path, FRAME.to_crs(32643), drop=(".prj",)))
    assert "without a coordinate reference system" in problem.found


def features(*geometries):
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"a": 1}, "geometry": geometry} for geometry in geometries],
    }


@pytest.mark.parametrize(
    ("ring", "note"),
    [
        ([[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]], "invalid, not repaired: feature 1 (Self-intersection"),
        ([[179, 60], [-179, 60], [-179, 65], [179, 60]], "jumps across the antimeridian: feature 1"),
        ([[1, 1, 9], [2, 1, 9], [2, 2, 9], [1, 1, 9]], "heights (Z) left out"),
    ],
)
def test_doubtful_geometries_are_kept_and_noted(tmp_path, ring, note):
    path = tmp_path / "t.geojson"
    path.write_text(json.dumps(features({"type": "Polygon", "coordinates": [ring]})))
    (layer,), problems = read(path)
    assert problems == []
    assert any(told.startswith(note) for told in layer.notes)
    assert shapely.get_coordinates(layer.geometry).tolist() == [point[:2] for point in ring]


def test_a_broken_feature_does_not_spoil_the_others(tmp_path):
    path = tmp_path / "t.geojson"
    good = {"type": "Point", "coordinates": [70, 40]}
    nan = {"type": "Point", "coordinates": [float("nan"), 1]}
    path.write_text(json.dumps(features(good, {"type": "Circle"}, None, nan)))
    (layer,), (problem,) = read(path)
    assert [geometry is not None for geometry in layer.geometry] == [True, False, False, False]
    assert problem.row == 2
    assert len(layer.table.cells) == 5


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE VIEW v AS SELECT gdal_get_pixel_value('/etc/passwd', 1, 'a', 1, 1) AS x",
        "CREATE VIEW v AS SELECT load_extension('/tmp/x.so') AS x",
    ],
)
def test_a_geopackage_that_could_open_other_files_is_refused(tmp_path, sql):
    path = tmp_path / "t.gpkg"
    FRAME.to_file(path)
    connection = sqlite3.connect(path)
    connection.execute(sql)
    connection.commit()
    connection.close()
    layers, (problem,) = read(path)
    assert layers == []
    assert "could open other files" in problem.found


def test_gdal_has_only_the_wanted_driver_and_no_environment_of_the_user(monkeypatch):
    monkeypatch.setenv("GDAL_HTTP_HEADERS", "x")
    environment = _environment(["GPKG"])
    skipped = environment["OGR_SKIP"].split(",")
    assert "GPKG" not in skipped
    assert {"HTTP", "OGR_VRT", "GDALG", "GeoJSON", "SQLite"} <= set(skipped)
    assert "GDAL_HTTP_HEADERS" not in environment


@pytest.mark.parametrize("form", ["geojson", "gpkg", "parquet"])
@pytest.mark.parametrize("limits", [Limits(rows=1), Limits(vertices=5), Limits(bytes=100), Limits(columns=1)])
def test_bounds(tmp_path, form, limits):
    layers, problems = read(write_format(tmp_path, form), limits=limits)
    assert layers == []
    assert len(problems) == 1
