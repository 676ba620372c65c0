"""Offers a repair of a layer of boundaries: a new file and an account of what changed; the original stays as it is."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from etl.boundary_layers import BoundaryError, BoundaryLayer, Ground, is_usable, to_ground
from etl.topology_report import TopologyReport, write_text
from geodata.projection import M2_PER_KM2, project_xy
from geodata.topology import (
    bordering,
    find_holes,
    intersect_polygons,
    make_valid_polygons,
    only_polygons,
    union_polygons,
)

SNAP_M = 1.0
GAP_M = 200.0
DECIMALS = 7
_CONTAINED = 0.5
_UNCHANGED_M = 0.02

Geometries = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What a repair changed in one unit.

    Attributes
    ----------
    unit, name : str
    number : int
        Number of its feature.
    area_before_km2, area_after_km2 : float
    changed_km2 : float
        Land that it won plus land that it lost.
    changed_pct : float
        Of its former area.
    vertices_before, vertices_after : int
    vertices_new : int
        Vertices of the result that the original does not have.
    farthest_m : float
        The largest distance of a new vertex from the former border.
    """

    unit: str
    name: str
    number: int
    area_before_km2: float
    area_after_km2: float
    changed_km2: float
    changed_pct: float
    vertices_before: int
    vertices_after: int
    vertices_new: int
    farthest_m: float

    @property
    def is_any(self) -> bool:
        """Whether anything is different."""
        return self.changed_km2 > 0 or self.vertices_new > 0 or self.vertices_before != self.vertices_after


@dataclass(frozen=True)
class Repair:
    """A repaired layer and what was done to it.

    Attributes
    ----------
    layer : BoundaryLayer
        With the repaired polygons.
    changes : list of Change
        Of every unit with a polygon.
    steps : list of str
        What was done, in its order.
    """

    layer: BoundaryLayer
    changes: list[Change]
    steps: list[str]


def _cut_out_contained(polygons: Geometries) -> tuple[Geometries, int]:
    """Cut units that lie on top of larger ones out of them, so that both keep their land."""
    result = polygons.copy()
    first, second, parts = intersect_polygons(polygons, polygons)
    areas, shared = shapely.area(polygons), shapely.area(parts)
    on_top = (first != second) & (shared > _CONTAINED * areas[first]) & (areas[first] < areas[second])
    for small, large in zip(first[on_top], second[on_top], strict=True):
        cut = only_polygons(shapely.difference(result[large], polygons[small]))
        result[large] = cut if cut is not None else result[large]
    return result, int(on_top.sum())


def _protected_holes(ground: Ground, polygons: Geometries, gap_m: float) -> Geometries:
    """Return narrow holes with a marker in them; they are no gaps."""
    holes, widths = find_holes(polygons, min_area=0.0, wide=gap_m)
    if len(holes) == 0 or len(ground.markers) == 0:
        return holes[:0]
    narrow = holes[widths < gap_m]
    at, _ = shapely.STRtree(ground.markers).query(narrow, predicate="intersects")
    kept: Geometries = narrow[np.unique(at)]
    return kept


def _clean(ground: Ground, polygons: Geometries, snap_m: float, gap_m: float) -> Geometries:
    keep = _protected_holes(ground, polygons, gap_m)
    cleaned = shapely.coverage_clean(
        np.concatenate([polygons, keep]), gap_width=gap_m, snapping_distance=snap_m, merge_strategy="longest_border"
    )
    result: Geometries = cleaned[: len(polygons)]
    return result


def _fit(polygons: Geometries, neighbours: Geometries, gap_m: float) -> tuple[Geometries, float, float]:
    """Fit the outer edge to neighbours, which do not change: cut overlaps off, fill narrow gaps in between."""
    outside = union_polygons(neighbours)
    before = float(shapely.area(polygons).sum())
    fitted = np.array([only_polygons(item) for item in shapely.difference(polygons, outside)], dtype=object)
    lost = [at for at, item in enumerate(fitted) if item is None]
    if lost:
        raise BoundaryError(f"{len(lost)} units lie wholly inside of the neighbours: the sets are of the same land")
    cut = before - float(shapely.area(fitted).sum())
    mine = union_polygons(fitted)
    holes, widths = find_holes(np.array([mine, outside], dtype=object), min_area=0.0, wide=gap_m)
    between = (widths < gap_m) & shapely.intersects(holes, mine) & shapely.intersects(holes, outside)
    additions: dict[int, list[Any]] = {}
    for hole in holes[between]:
        additions.setdefault(int(bordering(fitted, hole)[0]), []).append(hole)
    for at, parts in additions.items():
        fitted[at] = only_polygons(shapely.union_all(np.array([fitted[at], *parts], dtype=object)))
    filled = float(shapely.area(holes[between]).sum())
    return fitted, cut, filled


class _Degrees:
    """Brings polygons back to degrees; vertices that did not move get exactly their former coordinates."""

    def __init__(self, layers: Sequence[tuple[Geometries, str]]) -> None:
        self._known: dict[bytes, NDArray[np.float64]] = {}
        for geometry, proj in layers:
            lonlat = shapely.get_coordinates(geometry)
            xy = project_xy(lonlat, proj)
            for key, value in zip(xy.round(3) + 0.0, lonlat, strict=True):
                self._known.setdefault(key.tobytes(), value)
            self._proj = proj

    def back(self, polygons: Geometries) -> Geometries:
        """Return projected polygons in EPSG:4326."""

        def to_degrees(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            lonlat = project_xy(xy, self._proj, inverse=True).round(DECIMALS)
            for at, key in enumerate(xy.round(3) + 0.0):
                known = self._known.get(key.tobytes())
                if known is not None:
                    lonlat[at] = known
            return lonlat

        result: Geometries = shapely.transform(polygons, to_degrees)
        return result


def _rows(array: NDArray[np.float64]) -> set[bytes]:
    return {row.tobytes() for row in np.ascontiguousarray(array.round(3) + 0.0)}


def _changes(ground: Ground, repaired: Geometries) -> list[Change]:
    layer, result = ground.layer, []
    differing = shapely.area(shapely.symmetric_difference(ground.polygons, repaired))
    for at, (before, after) in enumerate(zip(ground.polygons, repaired, strict=True)):
        old, new = shapely.get_coordinates(before), shapely.get_coordinates(after)
        former = _rows(old)
        keys = np.ascontiguousarray(new.round(3) + 0.0)
        fresh = np.array([key.tobytes() not in former for key in keys], dtype=bool)
        area, changed = float(shapely.area(before)), float(differing[at])
        far = shapely.distance(shapely.points(new[fresh]), shapely.boundary(before)) if fresh.any() else np.zeros(1)
        place = int(ground.index[at])
        result.append(
            Change(
                layer.ids[place],
                layer.names[place],
                layer.numbers[place],
                round(area / M2_PER_KM2, 4),
                round(float(shapely.area(after)) / M2_PER_KM2, 4),
                round(changed / M2_PER_KM2, 6),
                round(100 * changed / area, 4),
                len(old),
                len(new),
                int(fresh.sum()),
                round(float(far.max()), 2),
            )
        )
    return result


def repair_layer(
    layer: BoundaryLayer,
    proj: str,
    *,
    snap_m: float = SNAP_M,
    gap_m: float = GAP_M,
    fit_to: Sequence[BoundaryLayer] = (),
) -> Repair:
    """Repair the polygons of a layer so that they form a coverage; the layer given is not changed.

    Broken rings are made valid by their structure. A unit on top of a larger one is cut out of it. Vertices nearer than
    `snap_m` are brought together, remaining overlaps and gaps up to `gap_m` wide go to the unit with the longest
    common border. Holes around markers stay. Only with `fit_to` is the outer edge fitted to other sets, which do not
    change.

    Parameters
    ----------
    layer : BoundaryLayer
    proj : str
        An equal-area projection in metres.
    snap_m, gap_m : float
        [m]
    fit_to : sequence of BoundaryLayer
        Neighbours whose edge is right.

    Returns
    -------
    Repair

    Raises
    ------
    BoundaryError
        If the layer has no usable polygon, or a unit would vanish.
    """
    ground = to_ground(layer, proj)
    if len(ground.polygons) == 0:
        raise BoundaryError(f"{layer.name} has no polygon that can be repaired")
    steps = []
    broken = sum(not shapely.is_valid(layer.geometry[at]) for at in ground.index)
    if broken:
        steps.append(f"{broken} broken polygons made valid by their structure")
    polygons, contained = _cut_out_contained(ground.polygons)
    if contained:
        steps.append(f"{contained} units cut out of the larger units that they lie on")
    polygons = _clean(ground, polygons, snap_m, gap_m)
    steps.append(f"vertices within {snap_m:g} m brought together; gaps up to {gap_m:g} m wide and overlaps merged")
    if fit_to:
        others = np.concatenate([to_ground(other, proj).polygons for other in fit_to])
        polygons, cut, filled = _fit(polygons, others, gap_m)
        polygons = _clean(ground, polygons, 0.0, 0.0)
        names = ", ".join(other.name for other in fit_to)
        steps.append(
            f"outer edge fitted to {names}: {cut / M2_PER_KM2:.4g} km2 cut off, {filled / M2_PER_KM2:.4g} km2 filled"
        )
    lost = [layer.ids[int(ground.index[at])] for at, item in enumerate(polygons) if shapely.is_empty(item)]
    if lost:
        raise BoundaryError(f"the repair would leave nothing of {', '.join(lost[:10])}: use smaller --snap and --gap")
    usable = layer.geometry[ground.index]
    degrees = make_valid_polygons(_Degrees([(usable, proj)]).back(polygons))
    changes = _changes(ground, polygons)
    kept = np.array([not change.is_any for change in changes], dtype=bool) & shapely.is_valid(usable)
    geometry = layer.geometry.copy()
    geometry[ground.index] = np.where(kept, usable, degrees)
    return Repair(replace(layer, geometry=geometry), changes, steps)


def _json_text(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def repair_account(
    repair: Repair, source: Path, before: TopologyReport, after: TopologyReport, settings: dict[str, Any]
) -> dict[str, Any]:
    """Return the account of a repair, as it stands beside the repaired file."""
    return {
        "source": source.name,
        "source_sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        "projection": before.projection,
        "settings": settings,
        "steps": repair.steps,
        "findings_before": before.counts(),
        "findings_after": after.counts(),
        "units_changed": sum(change.is_any for change in repair.changes),
        "units": [asdict(change) for change in repair.changes],
    }


def write_repair(path: Path, repair: Repair, properties: Sequence[dict[str, str]], account: dict[str, Any]) -> Path:
    """Write the repaired layer as GeoJSON, and its account as `.repair.json` beside it.

    Parameters
    ----------
    path : pathlib.Path
        A new file.
    repair : Repair
    properties : sequence of dict
        Of every feature, as in the original.
    account : dict

    Returns
    -------
    pathlib.Path
        The account.

    Raises
    ------
    BoundaryError
        If the file is there (a repair overwrites nothing), or the disk refuses.
    """
    beside = path.with_name(path.stem + ".repair.json")
    for target in (path, beside):
        if target.exists():
            raise BoundaryError(f"{target} is there: a repair overwrites nothing; name a new file")
    features = [
        {
            "type": "Feature",
            "properties": dict(row),
            "geometry": shapely.geometry.mapping(item) if is_usable(item) else None,
        }
        for item, row in zip(repair.layer.geometry, properties, strict=True)
    ]
    write_text(path, _json_text({"type": "FeatureCollection", "features": features}))
    write_text(beside, _json_text(account))
    return beside


def repair_html(account: dict[str, Any]) -> str:
    """Return the account of a repair as a part of the report's page."""
    kinds = dict.fromkeys([*account["findings_before"], *account["findings_after"]])
    counts = "".join(
        f'<tr><td>{kind}</td><td class="n">{account["findings_before"].get(kind, 0)}</td>'
        f'<td class="n">{account["findings_after"].get(kind, 0)}</td></tr>'
        for kind in kinds
    )
    keys = ("area_before_km2", "area_after_km2", "changed_km2", "changed_pct", "vertices_new", "farthest_m")
    changed = [unit for unit in account["units"] if unit["changed_km2"] > 0 or unit["vertices_new"] > 0]
    rows = "".join(
        f"<tr><td>{html.escape(unit['unit'])} {html.escape(unit['name'])}</td>"
        + "".join(f'<td class="n">{unit[key]:,}</td>' for key in keys)
        + "</tr>"
        for unit in sorted(changed, key=lambda unit: -unit["changed_km2"])
    )
    steps = "".join(f"<li>{html.escape(step)}</li>" for step in account["steps"])
    return (
        f"<h2>Offered repair</h2><ol>{steps}</ol><table><tr><th>Finding<th>before<th>after</tr>{counts}</table>"
        "<table><tr><th>Unit<th>km2 before<th>km2 after<th>km2 changed<th>%<th>new vertices<th>farthest, m</tr>"
        f"{rows}</table>"
    )
