"""What a package says of the country around its units is checked feature by feature."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl.__main__ import main
from tests.fixtures.small_package import write_package

PLACE = {"layer": "place", "kind": "capital", "name_en": "Capital", "name_ru": "Столица", "source_id": "census"}
POINT = {"type": "Point", "coordinates": [60.0, 40.0]}
SQUARE = {"type": "Polygon", "coordinates": [[[60, 40], [61, 40], [61, 41], [60, 41], [60, 40]]]}


def write(root: Path, *features: tuple[dict[str, Any], Any]) -> None:
    content = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": p, "geometry": g} for p, g in features],
    }
    path = root / "reference" / "reference.geojson"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def problems(root: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    main(["validate", str(root), "--json"])
    return [problem["text"] for problem in json.loads(capsys.readouterr().out).get("problems", [])]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write_package(tmp_path / "small")


def test_reference_layers_are_published_beside_the_maps(package: Path, tmp_path: Path) -> None:
    write(package, (PLACE, POINT), ({"layer": "lake", "source_id": "census"}, SQUARE))
    assert main(["build", str(package), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    current = (tmp_path / "out" / "public" / "CURRENT").read_text(encoding="utf-8").strip()
    folder = tmp_path / "out" / "public" / current
    (path,) = folder.glob("reference_*.json")
    content = json.loads(path.read_text(encoding="utf-8"))
    assert [place["name"]["en"] for place in content["places"]] == ["Capital"]
    assert path.name in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]


def test_a_package_without_them_publishes_none(package: Path, tmp_path: Path) -> None:
    assert main(["build", str(package), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    assert not list((tmp_path / "out").rglob("reference_*.json"))


@pytest.mark.parametrize(
    ("properties", "geometry", "expected"),
    [
        ({**PLACE, "layer": "river"}, POINT, 'layer: found "river"; expected one of land, border'),
        ({**PLACE, "kind": ""}, POINT, 'kind: found ""; expected one of capital, city, town'),
        ({**PLACE, "name_ru": ""}, POINT, 'name_ru: found ""; expected a name'),
        ({**PLACE, "source_id": "gossip"}, POINT, 'source_id: found "gossip"; expected one of atlas, census, panel'),
        (PLACE, SQUARE, 'geometry: found "Polygon"; expected a geometry of type Point for place'),
        (PLACE, {"type": "Point", "coordinates": [600000, 40]}, "expected longitudes and latitudes"),
        (PLACE, None, "expected a GeoJSON geometry"),
    ],
)
def test_a_wrong_feature_is_refused_with_its_number(
    package: Path, capsys: pytest.CaptureFixture[str], properties: dict[str, Any], geometry: Any, expected: str
) -> None:
    write(package, (PLACE, POINT), (properties, geometry))
    (line,) = problems(package, capsys)
    assert line.startswith("reference/reference.geojson, feature 2, ")
    assert expected in line
