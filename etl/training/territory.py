"""Which cell belongs to which unit: country, neighbours, lake, enclave, exclave, island, and the reform."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from etl.training.geometry import Mosaic, Points, make_mosaic
from etl.training.plan import DEFAULT_UNITS, Plan
from geodata.errors import EtlError

KM2_PER_ADM2 = 4_800.0
MAX_AREA_KM2 = 1_000_000.0
LAKE_KM2 = 900.0
ENCLAVE_KM2 = 700.0
_WORLD = (2.25, 1.95)  # sides of the drawn rectangle, in square roots of the country's area
_STRIP = 0.115  # depth of what is drawn of the neighbours, likewise
_ROUNDS = 4
SEA, NORTH, EAST = -1, -2, -3


@dataclass(frozen=True)
class Territory:
    """The cells of the country and what they belong to.

    Attributes
    ----------
    mosaic : Mosaic
    atoms : list of int
        The country's cells; all arrays below follow them.
    adm2, old_adm2 : numpy.ndarray of int, shape (n_atoms,)
        Number of the ADM2 unit after and before the reform; the same numbers but for the two merged districts, which
        have the numbers `merged` and `n_adm2` before the reform.
    adm1, old_adm1 : list of int
        Number of the ADM1 unit of each ADM2 unit after (length n_adm2) and before the reform (n_adm2 + 1).
    capital, exclave, island, merged, moved : int
        Numbers of ADM2 units.
    split : tuple of int
        The two ADM1 units that were one before the reform; the former one has the number `split[0]`.
    changed : tuple of int
        The ADM1 units from and to which the district was moved.
    north, east : list of int
        Cells of the two neighbours that are drawn; the enclave belongs to `north`.
    lake, enclave : list of int
        Cells.
    """

    mosaic: Mosaic
    atoms: list[int]
    adm2: NDArray[np.int64]
    old_adm2: NDArray[np.int64]
    adm1: list[int]
    old_adm1: list[int]
    capital: int
    exclave: int
    island: int
    merged: int
    moved: int
    split: tuple[int, int]
    changed: tuple[int, int]
    north: list[int]
    east: list[int]
    lake: list[int]
    enclave: list[int]

    @property
    def n_adm2(self) -> int:
        """Number of ADM2 units after the reform."""
        return len(self.adm1)


def _components(cells: Iterable[int], near: Sequence[Sequence[int]]) -> list[list[int]]:
    left = set(cells)
    result = []
    for start in sorted(left):
        if start not in left:
            continue
        left.discard(start)
        part, queue = [start], [start]
        while queue:
            for other in near[queue.pop()]:
                if other in left:
                    left.discard(other)
                    part.append(other)
                    queue.append(other)
        result.append(sorted(part))
    return result


def _grow(
    start: int, n: int, allowed: set[int], score: NDArray[np.float64], near: Sequence[Sequence[int]]
) -> list[int]:
    """Return `n` connected cells, grown from a start by the lowest score."""
    found: list[int] = []
    seen = {start}
    queue = [(float(score[start]), start)]
    while queue and len(found) < n:
        _, cell = heapq.heappop(queue)
        found.append(cell)
        for other in near[cell]:
            if other in allowed and other not in seen:
                seen.add(other)
                heapq.heappush(queue, (float(score[other]), other))
    return found


def _patch(mosaic: Mosaic, place: Points, n: int, allowed: set[int]) -> list[int]:
    """Return `n` connected allowed cells around a place."""
    distance = np.hypot(*(mosaic.seeds - place).T)
    start = min(allowed, key=lambda cell: (float(distance[cell]), cell))
    return sorted(_grow(start, n, allowed, distance, mosaic.neighbours))


def _partition(points: Points, members: list[int], k: int, near: Sequence[Sequence[int]]) -> dict[int, int]:
    """Divide connected members into `k` connected groups of similar extent: k-means with distances over the graph."""
    if k >= len(members):
        return {member: number for number, member in enumerate(members)}
    inside = set(members)
    centres = [members[0]]
    nearest = np.hypot(*(points[members] - points[members[0]]).T)
    while len(centres) < k:
        at = int(np.argmax(nearest))
        centres.append(members[at])
        nearest = np.minimum(nearest, np.hypot(*(points[members] - points[members[at]]).T))
    group: dict[int, int] = {}
    for _ in range(_ROUNDS):
        group = {}
        queue = [(0.0, centre, number) for number, centre in enumerate(centres)]
        heapq.heapify(queue)
        while queue:
            distance, member, number = heapq.heappop(queue)
            if member in group:
                continue
            group[member] = number
            for other in near[member]:
                if other in inside and other not in group:
                    step = float(np.hypot(*(points[other] - points[member])))
                    heapq.heappush(queue, (distance + step, other, number))
        for number in range(k):
            own = [member for member in members if group.get(member) == number]
            middle = points[own].mean(axis=0)
            centres[number] = own[int(np.argmin(np.hypot(*(points[own] - middle).T)))]
    return group


def _outline(points: Points, side: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the distance of points from the middle of the country, in units of the distance of its border."""
    x, y = points[:, 0] / 1.24, points[:, 1] / 0.86
    angle = np.arctan2(y, x)
    radius = np.ones(len(points))
    for order in (2, 3, 5, 7, 11):
        radius += 0.28 / order * (0.6 + 0.4 * rng.random()) * np.cos(order * angle + 2 * np.pi * rng.random())
    return np.asarray(np.hypot(x, y) / (radius * side / np.sqrt(np.pi)), dtype="float64")


def _direction(angle_deg: float, distance: float) -> Points:
    angle = np.deg2rad(angle_deg)
    return np.array([np.cos(angle), np.sin(angle)]) * distance


def _mainland(mosaic: Mosaic, score: NDArray[np.float64], n: int) -> set[int]:
    """Return `n` connected cells without holes, those of the lowest score."""
    near, rim = mosaic.neighbours, mosaic.rim
    inner = set(range(len(near))) - rim
    start = int(np.argmin(score))
    land = set(_grow(start, n, inner, score, near))
    while True:
        outside = [part for part in _components(set(range(len(near))) - land, near) if not rim.intersection(part)]
        land.update(cell for part in outside for cell in part)
        if len(land) == n:
            return land
        for cell in sorted(land, key=lambda c: (-float(score[c]), c)):
            rest = land - {cell}
            if len(_components(rest, near)) == 1:
                land = rest
            if len(land) == n:
                break


def _shore_free(cells: Iterable[int], land: set[int], near: Sequence[Sequence[int]]) -> set[int]:
    """Return the cells that lie at least two cells from the border of the land."""
    border = {cell for cell in land if any(other not in land for other in near[cell])}
    return {c for c in cells if c in land and c not in border and not border.intersection(near[c])}


def _neighbours_of_groups(group: NDArray[np.int64], atoms: list[int], near: Sequence[Sequence[int]]) -> list[list[int]]:
    at = {cell: int(number) for cell, number in zip(atoms, group, strict=True)}
    found: list[set[int]] = [set() for _ in range(int(group.max()) + 1)]
    for cell, number in at.items():
        found[number].update(at[other] for other in near[cell] if other in at and at[other] != number)
    return [sorted(item) for item in found]


def _means(points: Points, group: NDArray[np.int64]) -> Points:
    n = int(group.max()) + 1
    counts = np.bincount(group, minlength=n)
    return np.column_stack([np.bincount(group, points[:, axis], n) / counts for axis in (0, 1)])


def _in_reading_order(points: Points, group: dict[int, int], k: int) -> dict[int, int]:
    """Return the groups numbered from north-west to south-east."""
    middle = [points[[m for m, number in group.items() if number == g]].mean(axis=0) for g in range(k)]
    order = sorted(range(k), key=lambda g: (float(middle[g][0] - middle[g][1]), g))
    rank = {old: new for new, old in enumerate(order)}
    return {member: rank[number] for member, number in group.items()}


def _split_pairs(sizes: list[int], near: list[list[int]], capital: int) -> list[tuple[int, int]]:
    """Return the pairs of regions that may have been one, the smallest together first."""
    pairs = [(i, j) for i in range(len(near)) for j in near[i] if i < j and capital not in (i, j)]
    return sorted(pairs, key=lambda pair: (sizes[pair[0]] + sizes[pair[1]], pair))


def _find_moved(adm1: list[int], near: list[list[int]], taken: set[int]) -> tuple[int, int] | None:
    """Return a district that was moved and the region it came from, so that what it left stays in one piece."""
    for district, own in enumerate(adm1):
        rest = [d for d, region in enumerate(adm1) if region == own and d != district and d not in taken]
        if district in taken or not rest or len(_components(rest, near)) != 1:
            continue
        for other in near[district]:
            if adm1[other] != own and other not in taken:
                return district, adm1[other]
    return None


def _choose_reform(
    adm1: list[int], near1: list[list[int]], near2: list[list[int]], fixed: set[int]
) -> tuple[tuple[int, int], int, int]:
    """Return the two regions that were one, the district that was moved, and the region it came from."""
    capital = len(near1) - 1
    for split in _split_pairs(np.bincount(adm1).tolist(), near1, capital):
        taken = fixed | {d for d, region in enumerate(adm1) if region in (*split, capital)}
        found = _find_moved(adm1, near2, taken)
        if found is not None:
            return split, *found
    raise EtlError("the country is too small for a reform of its regions: use more units or another seed")


def _distance_to(points: Points, cells: Sequence[int]) -> NDArray[np.float64]:
    """Return the distance of each point from the nearest of some of the points."""
    tree = shapely.STRtree(shapely.points(points[list(cells)]))
    _, distance = tree.query_nearest(shapely.points(points), return_distance=True, all_matches=False)
    return np.asarray(distance, dtype="float64")


def make_territory(plan: Plan) -> Territory:
    """Lay out the country, its neighbours and both divisions.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    Territory
    """
    rng = plan.stream("territory")
    n2 = plan.units
    n = plan.adm3 or n2 + 1
    area = min(MAX_AREA_KM2, KM2_PER_ADM2 * max(n2, DEFAULT_UNITS)) * 1e6
    side = float(np.sqrt(area))
    width, height = _WORLD[0] * side, _WORLD[1] * side
    capital_place = _direction(160.0 + 40.0 * rng.random(), 0.2 * side)

    def density(points: Points) -> NDArray[np.float64]:
        return np.asarray(0.45 + 0.55 * np.exp(-np.hypot(*(points - capital_place).T) / (0.16 * side)), dtype="float64")

    # The cells are denser around the capital, so that the country has more of them than its share of the rectangle.
    mosaic = make_mosaic(rng, round(n * 0.9 * _WORLD[0] * _WORLD[1]), width, height, density)
    near = mosaic.neighbours
    score = _outline(mosaic.seeds, side, rng)
    per_adm2 = n / (n2 + (0 if plan.adm3 else 1))
    sizes = {
        name: max(1, round(share * per_adm2)) for name, share in (("exclave", 0.6), ("island", 0.8), ("capital", 0.5))
    }
    cell_km2 = area / n / 1e6
    n_lake, n_enclave = max(1, round(LAKE_KM2 / cell_km2)), max(1, round(ENCLAVE_KM2 / cell_km2))
    land = _mainland(mosaic, score, n - sizes["exclave"] - sizes["island"] + n_lake + n_enclave)

    def reach(angle: float) -> float:
        along = np.array([_direction(angle, d * side) for d in np.linspace(0, 1.1, 221)])
        cell_at = np.array([np.argmin(np.hypot(*(mosaic.seeds - p).T)) for p in along])
        return max(float(d) for d, c in zip(np.linspace(0, 1.1, 221), cell_at, strict=True) if int(c) in land) * side

    lake = _patch(mosaic, _direction(255, 0.5 * reach(255)), n_lake, _shore_free(land, land, near))
    enclave = _patch(mosaic, _direction(80, 0.72 * reach(80)), n_enclave, _shore_free(land, land - set(lake), near))
    main = sorted(land - set(lake) - set(enclave))
    all_cells = set(range(len(near)))
    rim = mosaic.rim
    dry = all_cells - land - rim

    def apart(cells: set[int], from_cells: set[int]) -> set[int]:
        return {c for c in cells if c not in from_cells and not from_cells.intersection(near[c])}

    offshore = apart(dry, land)
    if len(mosaic.seeds) > 1000:
        offshore = apart(dry, land | (dry - offshore))
    island = _patch(mosaic, _direction(215, reach(215) + 0.11 * side), sizes["island"], offshore)
    exclave = _patch(mosaic, _direction(-12, reach(-12) + 0.085 * side), sizes["exclave"], apart(offshore, set(island)))
    angles = np.rad2deg(np.arctan2(mosaic.seeds[:, 1], mosaic.seeds[:, 0]))
    waves = 1 + 0.18 * np.cos(np.deg2rad(angles) * 9) + 0.12 * np.cos(np.deg2rad(angles) * 23 + 1)
    shore = [c for c in sorted(land) if any(o not in land for o in near[c])]
    beside = _distance_to(mosaic.seeds, shore) < _STRIP * side * waves
    round_exclave = _distance_to(mosaic.seeds, exclave) < 0.075 * side
    round_exclave[[other for cell in exclave for other in near[cell]]] = True
    free = np.array([c not in land and c not in rim for c in range(len(near))])
    free[[*island, *exclave]] = False
    is_east = (angles > -80) & (angles <= 28)
    is_north = (angles > 28) & (angles <= 172)
    east = np.flatnonzero(free & ((beside & is_east) | round_exclave)).tolist()
    north = np.flatnonzero(free & beside & is_north & ~round_exclave).tolist()
    east = max(_components(east, near), key=len)
    north = max(_components(north, near), key=len)
    capital_cells = _patch(mosaic, capital_place, sizes["capital"], _shore_free(main, set(main), near))
    return _divide(plan, mosaic, main, (capital_cells, exclave, island), (north, east, lake, enclave))


def _divide(
    plan: Plan,
    mosaic: Mosaic,
    main: list[int],
    special: tuple[list[int], list[int], list[int]],
    around: tuple[list[int], list[int], list[int], list[int]],
) -> Territory:
    """Divide the country into districts and regions, after and before the reform."""
    near, seeds = mosaic.neighbours, mosaic.seeds
    capital_cells, exclave_cells, island_cells = special
    rest = sorted(set(main) - set(capital_cells))
    n2 = plan.units
    pieces = n2 - 3 if plan.adm3 else len(rest)
    group = _in_reading_order(seeds, _partition(seeds, rest, pieces, near), pieces)
    number = dict(group)
    number |= dict.fromkeys(capital_cells, pieces)
    number |= dict.fromkeys(exclave_cells, pieces + 1)
    number |= dict.fromkeys(island_cells, pieces + 2)
    atoms = sorted(number)
    old = np.array([number[cell] for cell in atoms], dtype="int64")
    new = old.copy()
    if plan.adm3:
        sizes = np.bincount(old[: len(atoms)], minlength=pieces)[:pieces]
        merged = int(np.argmax(sizes))
        cells = [cell for cell in atoms if number[cell] == merged]
        halves = _partition(seeds, cells, 2, near)
        old = np.array([n2 if halves.get(c) == 1 else number[c] for c in atoms], dtype="int64")
    else:
        # Two of the cells are one district after the reform: the last number is given to the second of them.
        middle = pieces // 2
        partner = next(number[o] for o in near[rest[[number[c] for c in rest].index(middle)]] if o in group)
        merged, gone = min(middle, partner), max(middle, partner)
        shift = {g: (g if g < gone else g - 1) for g in range(pieces + 3) if g != gone} | {gone: n2}
        old = np.array([shift[int(g)] for g in old], dtype="int64")
        new = np.where(old == n2, merged, old)
    capital, exclave, island = n2 - 3, n2 - 2, n2 - 1
    atom_xy = seeds[atoms]
    middle2 = _means(atom_xy, new)
    near2 = _neighbours_of_groups(new, atoms, near)
    inland = list(range(n2 - 3))
    k = plan.adm1 - 1
    regions = _in_reading_order(middle2, _partition(middle2, inland, k, near2), k)
    adm1 = [regions[d] for d in inland] + [k]
    for outlying in (exclave, island):
        distance = np.hypot(*(middle2[inland] - middle2[outlying]).T)
        adm1.append(adm1[int(np.argmin(distance))])
    near1 = _neighbours_of_groups(np.array(adm1), list(range(n2)), near2)
    split, moved, origin = _choose_reform(adm1, near1, near2, {merged, exclave, island})
    old_adm1 = [split[0] if region == split[1] else region for region in adm1]
    old_adm1[moved] = origin
    old_adm1.append(old_adm1[merged])
    north, east, lake, enclave = around
    return Territory(
        mosaic, atoms, new, old, adm1, old_adm1, capital, exclave, island, merged, moved, split,
        (origin, adm1[moved]), north, east, lake, enclave,
    )  # fmt: skip
