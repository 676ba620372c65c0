"""The topology report: where polygons of units are broken, overlap, leave gaps or do not fit parents and neighbours."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from etl.boundary_layers import BoundaryError, BoundaryLayer, Ground, is_usable, projection_around, to_ground
from geodata.projection import M2_PER_KM2, project_xy
from geodata.topology import bordering, find_holes, find_overlaps, intersect_polygons, mean_width, union_polygons

GAP_WIDTH_M = 5_000.0
SLIVER_WIDTH_M = 100.0
MIN_AREA_M2 = 100.0
NOISE_M2 = 1.0
"""Parts up to this area are rounding of coordinates and are not shown."""
SAME_COUNTRY_SHARE = 0.5
INSIDE_SHARE = 0.5

KINDS = {
    "duplicate": "Codes and names that several units have",
    "invalid": "Broken polygons",
    "no_polygon": "Units without a polygon",
    "antimeridian": "Polygons across the antimeridian",
    "overlap": "Overlaps",
    "gap": "Gaps",
    "sliver": "Slivers",
    "hole": "Holes",
    "misplaced": "Units that lie in another unit than their parent",
    "outside_parent": "Land outside of the parent",
    "uncovered_parent": "Land of a parent that no unit covers",
    "neighbour_overlap": "Overlaps with neighbours",
    "neighbour_gap": "Gaps towards neighbours",
}
HARMLESS = frozenset({"hole", "neighbour_gap", "uncovered_parent"})
"""Kinds that may be right: lakes and towns, land that nobody's set covers."""
_PLACE = re.compile(r"\[(-?[0-9.eE+]+) (-?[0-9.eE+]+)\]")

Geometries = NDArray[Any]


@dataclass(frozen=True)
class Finding:
    """One place where a layer is not as it should be.

    Attributes
    ----------
    kind : str
        A key of `KINDS`.
    layer : str
    units : tuple of str
        "id (name)" of the units concerned.
    detail : str
        What was found, as a sentence.
    lon, lat : float or None
        A point of the place.
    area_km2, width_m : float or None
    geometry : shapely geometry or None
        In EPSG:4326.
    """

    kind: str
    layer: str
    units: tuple[str, ...]
    detail: str
    lon: float | None = None
    lat: float | None = None
    area_km2: float | None = None
    width_m: float | None = None
    geometry: Any = None

    def to_json(self) -> dict[str, Any]:
        """Return the finding without its geometry."""
        return {
            "kind": self.kind,
            "layer": self.layer,
            "units": list(self.units),
            "detail": self.detail,
            "lon": None if self.lon is None else round(self.lon, 5),
            "lat": None if self.lat is None else round(self.lat, 5),
            "area_km2": None if self.area_km2 is None else round(self.area_km2, 4),
            "width_m": None if self.width_m is None else round(self.width_m, 1),
        }

    def __str__(self) -> str:
        place = "" if self.lon is None or self.lat is None else f" near {self.lon:.4f}, {self.lat:.4f}"
        return f"{self.layer}: {self.detail}{place}"


@dataclass
class TopologyReport:
    """All findings on some layers.

    Attributes
    ----------
    projection : str
        In which areas and widths were measured.
    layers : list of dict
        name, units, polygons, vertices, area_km2.
    findings : list of Finding
    """

    projection: str
    layers: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each kind, in the order of `KINDS`."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found that must be put right."""
        return all(finding.kind in HARMLESS for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON-able dict."""
        return {
            "projection": self.projection,
            "layers": self.layers,
            "counts": self.counts(),
            "findings": [finding.to_json() for finding in self.findings],
        }

    def to_geojson(self) -> dict[str, Any]:
        """Return the findings as a GeoJSON FeatureCollection; those without a place have no geometry."""
        features = []
        for finding in self.findings:
            shape = finding.geometry
            if shape is None and finding.lon is not None:
                shape = shapely.Point(finding.lon, finding.lat)
            geometry = None if shape is None else shapely.geometry.mapping(shapely.set_precision(shape, 1e-7))
            features.append({"type": "Feature", "properties": finding.to_json(), "geometry": geometry})
        return {"type": "FeatureCollection", "features": features}

    def geojson_text(self) -> str:
        """Return the findings as the text of a GeoJSON file."""
        return json.dumps(self.to_geojson(), ensure_ascii=False, separators=(",", ":")) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a report; the former one stays until the new one is whole."""
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise BoundaryError(f"cannot write {path}: {error.strerror}") from error


def _label(layer: BoundaryLayer, at: int) -> str:
    name = layer.names[at]
    number = f"feature {layer.numbers[at]}: " if layer.ids.count(layer.ids[at]) > 1 else ""
    return f"{number}{layer.ids[at]} ({name})" if name else f"{number}{layer.ids[at]}"


class _Writer:
    """Writes findings of one run; places are brought back from the projection to degrees."""

    def __init__(self, report: TopologyReport) -> None:
        self.report = report

    def add(
        self, kind: str, layer: BoundaryLayer, units: Sequence[str], detail: str, shape: Any = None,
        width: float | None = None,
    ) -> None:  # fmt: skip
        """Add a finding; `shape` is in the projection."""
        lon = lat = area = geometry = None
        if shape is not None:
            parts = shapely.get_parts(shape)
            shown = parts[shapely.area(parts) > NOISE_M2]
            shape = shapely.multipolygons(shown) if 0 < len(shown) < len(parts) else shape
            point = shapely.get_coordinates(shapely.point_on_surface(shape))
            lon, lat = project_xy(point, self.report.projection, inverse=True)[0].tolist()
            area = float(shapely.area(shape)) / M2_PER_KM2
            geometry = shapely.transform(shape, lambda xy: project_xy(xy, self.report.projection, inverse=True))
        found = Finding(kind, layer.name, tuple(units), detail, lon, lat, area, width, geometry)
        self.report.findings.append(found)


def _check_polygons(layer: BoundaryLayer, write: _Writer) -> None:
    """Report units without a polygon, polygons that are broken or cross the antimeridian."""
    for unit in layer.without:
        write.add("no_polygon", layer, [unit], f"{unit} has no polygon in the file of its set")
    for at, item in enumerate(layer.geometry):
        label = _label(layer, at)
        if item is None or shapely.is_empty(item) or shapely.get_type_id(item) not in (3, 6):
            kind = "nothing" if item is None or shapely.is_empty(item) else item.geom_type
            write.add("no_polygon", layer, [label], f"{label} has {kind} in place of a polygon")
        elif not is_usable(item):
            write.add("invalid", layer, [label], f"{label} has coordinates that are no degrees")
        else:
            _check_ring(layer, at, item, label, write)


def _check_ring(layer: BoundaryLayer, at: int, item: Any, label: str, write: _Writer) -> None:
    x0, _, x1, _ = shapely.bounds(item)
    if x1 - x0 > 180:
        write.add(
            "antimeridian", layer, [label],
            f"{label} reaches from longitude {x0:.1f} to {x1:.1f}: it seems to cross the antimeridian in one ring",
        )  # fmt: skip
    if shapely.is_valid(item):
        return
    reason = str(shapely.is_valid_reason(item))
    place = _PLACE.search(reason)
    lon, lat = (float(place[1]), float(place[2])) if place else (None, None)
    words = _PLACE.sub("", reason).strip().lower()
    write.report.findings.append(Finding("invalid", layer.name, (label,), f"{label}: {words}", lon, lat))


def _check_duplicates(layer: BoundaryLayer, write: _Writer) -> None:
    for what, values in (("code", layer.ids), ("name", layer.names)):
        places: dict[tuple[str, str], list[int]] = {}
        for at, value in enumerate(values):
            if value:
                places.setdefault((value, layer.parents[at] if what == "name" else ""), []).append(at)
        for (value, _), found in places.items():
            if len(found) < 2 or (what == "name" and len({layer.ids[at] for at in found}) == 1):
                continue
            areas = [_area_words(layer, at) for at in found]
            shown = "; ".join(f"feature {layer.numbers[at]}, {area}" for at, area in zip(found, areas, strict=True))
            labels = [_label(layer, at) for at in found]
            write.add("duplicate", layer, labels, f"the {what} {value} stands {len(found)} times ({shown})")


def _area_words(layer: BoundaryLayer, at: int) -> str:
    if not is_usable(layer.geometry[at]):
        return "no polygon"
    part = BoundaryLayer("", "", [""], [""], [""], layer.geometry[at : at + 1], [1])
    ground = to_ground(part, projection_around([part]))
    return f"{shapely.area(ground.polygons).sum() / M2_PER_KM2:,.1f} km2"


def _check_coverage(ground: Ground, around: Sequence[Ground], write: _Writer) -> None:
    layer = ground.layer
    a, b, parts = find_overlaps(ground.polygons, min_area=MIN_AREA_M2)
    widths = mean_width(parts)
    for i, j, part, width in zip(a, b, parts, widths, strict=True):
        one, two = (_label(layer, int(ground.index[k])) for k in (i, j))
        area = shapely.area(part) / M2_PER_KM2
        write.add(
            "overlap", layer, [one, two],
            f"{one} and {two} overlap by {area:.4g} km2, {width:.0f} m wide on average", part, float(width),
        )  # fmt: skip
    holes, hole_widths = find_holes(ground.polygons, min_area=MIN_AREA_M2, wide=GAP_WIDTH_M)
    for hole, width in zip(holes, hole_widths, strict=True):
        _report_hole(hole, float(width), ground, around, write)


def _report_hole(hole: Any, width: float, ground: Ground, around: Sequence[Ground], write: _Writer) -> None:
    layer = ground.layer
    inside, covering = _what_lies_in(hole, ground, around)
    owners = [_label(layer, int(ground.index[k])) for k in bordering(ground.polygons, hole)[:4]]
    area = shapely.area(hole) / M2_PER_KM2
    size = f"{area:.4g} km2, {width:,.0f} m wide"
    where = f"in {owners[0]}" if len(owners) == 1 else f"between {', '.join(owners)}"
    if not inside and width < (GAP_WIDTH_M if len(owners) > 1 else SLIVER_WIDTH_M):
        write.add("gap", layer, owners, f"a gap of {size} {where}", hole, width)
        return
    words = f"in it: {', '.join(inside)}" if inside else "nothing known lies in it"
    words += f"; covered by {', '.join(covering)} elsewhere" if covering else ""
    write.add("hole", layer, owners, f"a hole of {size} {where}; {words}", hole, width)


def _what_lies_in(hole: Any, ground: Ground, around: Sequence[Ground]) -> tuple[list[str], list[str]]:
    """Return the markers and units that lie in a hole, and larger units of other layers that cover most of it."""
    inside: list[str] = []
    covering: list[str] = []
    for other in (ground, *around):
        markers = other.layer.markers["unit_id"].tolist()
        inside += [
            f"{unit} (marker)"
            for unit, point in zip(markers, other.markers, strict=True)
            if shapely.intersects(hole, point)
        ]
        if other is ground or len(other.polygons) == 0:
            continue
        near = shapely.STRtree(other.polygons).query(hole, predicate="intersects")
        shared = shapely.area(shapely.intersection(other.polygons[near], hole))
        within = shared > INSIDE_SHARE * shapely.area(other.polygons[near])
        inside += [_label(other.layer, int(other.index[at])) for at in near[within]]
        most = ~within & (shared > INSIDE_SHARE * shapely.area(hole))
        covering += [_label(other.layer, int(other.index[at])) for at in near[most]]
    return list(dict.fromkeys(inside)), list(dict.fromkeys(covering))


def _check_slivers(ground: Ground, write: _Writer) -> None:
    """Report detached parts that are narrow strips."""
    parts, owner = shapely.get_parts(ground.polygons, return_index=True)
    several = np.bincount(owner, minlength=len(ground.polygons))[owner] > 1
    areas = shapely.area(parts)
    widths = mean_width(parts)
    largest = np.zeros(len(ground.polygons))
    np.maximum.at(largest, owner, areas)
    thin = several & (widths < SLIVER_WIDTH_M) & (areas < largest[owner])
    for unit in np.unique(owner[thin]):
        mine = np.flatnonzero(thin & (owner == unit))
        label = _label(ground.layer, int(ground.index[unit]))
        worst = mine[np.argmax(areas[mine])]
        write.add(
            "sliver", ground.layer, [label],
            f"{label} has {len(mine)} detached strips narrower than {SLIVER_WIDTH_M:.0f} m, "
            f"{areas[mine].sum() / M2_PER_KM2:.4g} km2 together; the largest",
            parts[worst], float(widths[worst]),
        )  # fmt: skip


def _check_parents(ground: Ground, parents: Ground, write: _Writer) -> None:
    """Report land of units outside of their parents and land of parents that no unit covers, by parent id."""
    position = {parents.id_of(at): at for at in range(len(parents.polygons))}
    layer = ground.layer
    children: dict[int, list[int]] = {}
    for at in range(len(ground.polygons)):
        parent = position.get(layer.parents[int(ground.index[at])])
        if parent is not None:
            children.setdefault(parent, []).append(at)
    for parent, mine in sorted(children.items()):
        whole = parents.polygons[parent]
        name = _label(parents.layer, int(parents.index[parent]))
        for at, outside in zip(mine, shapely.difference(ground.polygons[mine], whole), strict=True):
            label = _label(layer, int(ground.index[at]))
            _report_rest("outside_parent", ground, [label, name], f"{label} lies outside of {name}", outside, write)
        rest = shapely.difference(whole, union_polygons(ground.polygons[mine]))
        _report_rest("uncovered_parent", ground, [name], f"no unit covers {name}", rest, write)


def _report_rest(kind: str, ground: Ground, units: list[str], words: str, shape: Any, write: _Writer) -> None:
    """Report what is left over of a polygon, measured by its widest part."""
    area = float(shapely.area(shape))
    if area <= MIN_AREA_M2:
        return
    parts = shapely.get_parts(shape)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    width = 2 * float(shapely.length(shapely.maximum_inscribed_circle(largest, tolerance=max(area, 1.0) ** 0.5 / 50)))
    size = f"{area / M2_PER_KM2:.4g} km2 in {len(parts)} places, at most {width:,.0f} m wide"
    write.add(kind, ground.layer, units, f"{words} by {size}; the largest", shape, width)


def _check_same_country(ground: Ground, other: Ground, write: _Writer) -> None:
    """Compare with another layer of the same land: where units lie in it, and by how much the outlines differ."""
    layer = ground.layer
    a, b, parts = intersect_polygons(ground.polygons, other.polygons)
    areas = shapely.area(parts)
    home = np.full(len(ground.polygons), -1)
    share = np.zeros(len(ground.polygons))
    whole = shapely.area(ground.polygons)
    for at in np.lexsort([areas, a]):
        home[a[at]], share[a[at]] = b[at], areas[at] / whole[a[at]]
    _report_misplaced(ground, other, home, write)
    rest = shapely.difference(ground.polygons, union_polygons(other.polygons))
    out = shapely.area(rest)
    total = float(out.sum())
    if total > MIN_AREA_M2:
        worst = int(np.argmax(out))
        label = _label(layer, int(ground.index[worst]))
        _report_rest(
            "outside_parent", ground, [label],
            f"{total / M2_PER_KM2:.4g} km2 of {layer.name} lie outside of {other.layer.name}, most of it {label}",
            rest[worst], write,
        )  # fmt: skip
    missing = shapely.difference(union_polygons(other.polygons), union_polygons(ground.polygons))
    _report_rest("uncovered_parent", ground, [other.layer.name], f"no unit covers {other.layer.name}", missing, write)


def _report_misplaced(ground: Ground, other: Ground, home: NDArray[np.int64], write: _Writer) -> None:
    """Report units that lie in another unit of the other layer than most units with the same parent do."""
    layer = ground.layer
    by_parent: dict[str, list[int]] = {}
    for at in range(len(ground.polygons)):
        if layer.parents[int(ground.index[at])] and home[at] >= 0:
            by_parent.setdefault(layer.parents[int(ground.index[at])], []).append(at)
    for parent, mine in by_parent.items():
        usual = Counter(int(home[at]) for at in mine).most_common(1)[0][0]
        for at in mine:
            if int(home[at]) != usual:
                label = _label(layer, int(ground.index[at]))
                found, expected = (_label(other.layer, int(other.index[k])) for k in (home[at], usual))
                detail = (
                    f"{label} says that it belongs to {parent}, most of which lies in {expected}, but lies in {found}"
                )
                write.add("misplaced", layer, [label], detail, ground.polygons[at])


def _check_neighbours(ground: Ground, other: Ground, write: _Writer) -> None:
    """Report overlaps and closed gaps between two layers of different countries."""
    layer = ground.layer
    a, b, parts = intersect_polygons(ground.polygons, other.polygons, min_area=MIN_AREA_M2)
    widths = mean_width(parts)
    for i, j, part, width in zip(a, b, parts, widths, strict=True):
        one, two = _label(layer, int(ground.index[i])), _label(other.layer, int(other.index[j]))
        area = shapely.area(part) / M2_PER_KM2
        write.add(
            "neighbour_overlap", layer, [one, two],
            f"{one} and {two} of {other.layer.name} overlap by {area:.4g} km2, {width:.0f} m wide on average",
            part, float(width),
        )  # fmt: skip
    mine, theirs = union_polygons(ground.polygons), union_polygons(other.polygons)
    holes, hole_widths = find_holes(np.array([mine, theirs], dtype=object), min_area=MIN_AREA_M2, wide=GAP_WIDTH_M)
    both = (hole_widths < GAP_WIDTH_M) & shapely.intersects(holes, mine) & shapely.intersects(holes, theirs)
    for hole, hole_width in zip(holes[both], hole_widths[both], strict=True):
        units = [_label(g.layer, int(g.index[k])) for g in (ground, other) for k in bordering(g.polygons, hole)[:1]]
        if len(units) == 2:
            area = shapely.area(hole) / M2_PER_KM2
            write.add(
                "neighbour_gap", layer, units,
                f"a gap of {area:.4g} km2, {hole_width:,.0f} m wide, between {units[0]} and {units[1]} "
                f"of {other.layer.name}", hole, float(hole_width),
            )  # fmt: skip


def _same_land(one: Ground, two: Ground) -> bool:
    """Tell whether two layers are of one country: by its code, else because half of the smaller lies in the other."""
    if one.layer.iso3 and two.layer.iso3:
        return one.layer.iso3 == two.layer.iso3
    _, _, parts = intersect_polygons(one.polygons, two.polygons)
    smaller = min(float(shapely.area(g.polygons).sum()) for g in (one, two))
    return smaller > 0 and float(shapely.area(parts).sum()) > SAME_COUNTRY_SHARE * smaller


def _meet_in_time(one: BoundaryLayer, two: BoundaryLayer) -> bool:
    """Tell whether two sets are valid on a common day."""
    start = max(layer.valid_from or "0001-01-01" for layer in (one, two))
    end = min(layer.valid_to or "9999-12-31" for layer in (one, two))
    return start <= end


def check_topology(
    layers: Sequence[BoundaryLayer], against: Sequence[BoundaryLayer] = (), proj: str = ""
) -> TopologyReport:
    """Check the polygons of layers within themselves, against their parents and against their neighbours.

    Parameters
    ----------
    layers : sequence of BoundaryLayer
        All of them are also compared with each other: levels of one set as parents and children, sets of different
        countries that are valid at the same time as neighbours.
    against : sequence of BoundaryLayer
        Further layers that are compared with, but not checked themselves.
    proj : str, optional
        An equal-area projection; one around the layers if empty.

    Returns
    -------
    TopologyReport
    """
    report = TopologyReport(proj or projection_around(layers))
    write = _Writer(report)
    grounds = [to_ground(layer, report.projection) for layer in layers]
    around = [to_ground(layer, report.projection) for layer in against]
    for ground in grounds:
        layer = ground.layer
        report.layers.append(
            {
                "name": layer.name,
                "units": len(layer.ids) + len(layer.without) + len(layer.markers),
                "polygons": len(ground.polygons),
                "vertices": int(shapely.get_num_coordinates(ground.polygons).sum()),
                "area_km2": round(float(shapely.area(ground.polygons).sum()) / M2_PER_KM2, 2),
            }
        )
        _check_duplicates(layer, write)
        _check_polygons(layer, write)
        if len(ground.polygons):
            others = [g for g in (*grounds, *around) if g is not ground and _is_elsewhere(ground, g)]
            _check_coverage(ground, others, write)
            _check_slivers(ground, write)
    for position, ground in enumerate(grounds):
        for other in (*grounds[position + 1 :], *around):
            if len(ground.polygons) and len(other.polygons):
                is_new = any(other is item for item in around)
                if is_new or not _is_compared_elsewhere(ground.layer, other.layer, layers):
                    _compare(ground, other, write, is_new=is_new)
    order = {kind: place for place, kind in enumerate(KINDS)}
    report.findings.sort(key=lambda f: (f.layer, order[f.kind], -(f.area_km2 or 0.0), f.detail))
    return report


def _is_elsewhere(ground: Ground, other: Ground) -> bool:
    """Tell whether another layer may show what lies in the holes of a layer."""
    one, two = ground.layer, other.layer
    return two.by_date and (not one.iso3 or one.iso3 != two.iso3) and _meet_in_time(one, two)


def _is_compared_elsewhere(one: BoundaryLayer, two: BoundaryLayer, layers: Sequence[BoundaryLayer]) -> bool:
    """Tell whether two countries are compared at a level that both have, rather than at these two levels."""
    if one.level == two.level or one.iso3 == two.iso3:
        return False
    there = {(layer.iso3, layer.level) for layer in layers}
    return (one.iso3, two.level) in there or (two.iso3, one.level) in there


def _compare(ground: Ground, other: Ground, write: _Writer, *, is_new: bool) -> None:
    one, two = ground.layer, other.layer
    if one.boundary_set and one.boundary_set == two.boundary_set:
        lower, upper = (ground, other) if one.level > two.level else (other, ground)
        _check_parents(lower, upper, write)
    elif not (one.by_date and two.by_date):
        return
    elif not _same_land(ground, other):
        if _meet_in_time(one, two):
            _check_neighbours(ground, other, write)
    elif is_new:
        _check_same_country(ground, other, write)


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#17202b}"
    "table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{text-align:left;padding:.3rem .6rem;"
    "border-bottom:1px solid #d5dbe2;vertical-align:top}td.n{text-align:right;white-space:nowrap}"
)


def _rows(findings: Sequence[Finding]) -> str:
    cells = []
    for finding in findings:
        numbers = [
            "" if finding.area_km2 is None else f"{finding.area_km2:,.4g}",
            "" if finding.width_m is None else f"{finding.width_m:,.0f}",
            "" if finding.lon is None or finding.lat is None else f"{finding.lon:.4f}, {finding.lat:.4f}",
        ]
        inner = "".join(f'<td class="n">{html.escape(text)}</td>' for text in numbers)
        cells.append(f"<tr><td>{html.escape(finding.layer)}</td><td>{html.escape(finding.detail)}</td>{inner}</tr>")
    return "".join(cells)


def render_html(report: TopologyReport, title: str, extra: str = "") -> str:
    """Return the report as a page of its own, without anything from elsewhere.

    Parameters
    ----------
    report : TopologyReport
    title : str
    extra : str, optional
        Further HTML, for example on a repair.
    """
    parts = [
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>',
        f"<style>{_STYLE}</style><h1>{html.escape(title)}</h1>",
        f"<p>Areas and widths are measured in {html.escape(report.projection)}.</p>",
        "<table><tr><th>Layer<th>Units<th>Polygons<th>Vertices<th>km2</tr>",
    ]
    for layer in report.layers:
        numbers = "".join(f'<td class="n">{layer[key]:,}</td>' for key in ("units", "polygons", "vertices", "area_km2"))
        parts.append(f"<tr><td>{html.escape(layer['name'])}</td>{numbers}</tr>")
    parts.append("</table>")
    if not report.findings:
        parts.append("<p>Nothing was found.</p>")
    for kind, words in KINDS.items():
        found = [finding for finding in report.findings if finding.kind == kind]
        if found:
            parts.append(
                f"<h2>{words} ({len(found)})</h2><table><tr><th>Layer<th>What<th>km2<th>width, m<th>place</tr>"
            )
            parts.append(f"{_rows(found)}</table>")
    return "".join([*parts, extra, "</html>\n"])
