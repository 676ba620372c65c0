"""Generated data packages of any size: invented countries of irregular cells, the same for the same numbers."""

from __future__ import annotations

import csv
import json
import math
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 20_240_601
FIRST_YEAR = 2001
DATASET = "generated"
_UNITS_PER_COUNTRY = 100
_WEST, _SOUTH = 50.0, 30.0
_CELL_LON, _CELL_LAT = 0.9, 0.7
_JITTER = 0.18  # of a cell: corners move by at most this, so that no cell folds over
_BEND = 0.25  # of the way to the nearer corner: edges stay apart from each other
_BLANK_SHARE, _ESTIMATED_SHARE = 0.04, 0.04
_GRID_WIDTH, _TOLERANCE_M = 9600, 1  # fine enough that nearly every vertex remains on the map
_LEVEL = "ADM1"

_UNIT_COLUMNS = (
    "boundary_set", "unit_id", "level", "parent_unit_id", "iso3", "pcode", "iso_3166_2", "national_code", "name_en",
    "name_ru", "name_local", "local_lang", "unit_type", "geometry", "members", "lon", "lat", "note_en", "note_ru",
)  # fmt: skip
_FIGURE_COLUMNS = (
    "indicator", "iso3", "level", "place_code", "place_name", "period_start", "period_end", "sex", "age", "value",
    "low", "high", "n", "qualifier", "obs_status", "missing_reason", "boundary_set", "source_id", "note_en", "note_ru",
)  # fmt: skip
_SET_COLUMNS = (
    "boundary_set", "iso3", "title_en", "title_ru", "valid_from", "valid_to", "by_date", "source_id", "note_en",
    "note_ru",
)  # fmt: skip
_SOURCE_COLUMNS = (
    "source_id", "title", "publisher", "url", "licence", "terms", "date_accessed", "caveat_en", "caveat_ru",
)  # fmt: skip
_ALIAS_COLUMNS = ("iso3", "level", "name", "unit_id", "source_id", "decided_by", "decided_on", "note")
_AMBIGUOUS_COLUMNS = ("iso3", "name", "candidates", "reason")
_EXCLUSION_COLUMNS = ("file", "iso3", "level", "place_name", "source_id", "reason_en", "reason_ru")
_NUMBERS = ("value", "low", "high", "n", "lon", "lat")
_KEYS = {"boundary_sets": ["boundary_set"], "units": ["boundary_set", "unit_id"], "sources": ["source_id"]}

Points = NDArray[np.float64]
Row = Sequence[object]


@dataclass(frozen=True)
class Size:
    """How large a package is.

    Attributes
    ----------
    units : int
        ADM1 units over all countries.
    indicators, years : int
    vertices : int
        Vertices that all units together have, each border counted for both sides, about.
    counts : int
        How many of the indicators, the last ones, are counts drawn as symbols; the others are rates drawn as fills.
    """

    units: int
    indicators: int
    years: int
    vertices: int
    counts: int = 0

    @property
    def observations(self) -> int:
        """Rows of figures, blank ones among them."""
        return self.units * self.indicators * self.years


@dataclass(frozen=True)
class _Cell:
    unit_id: str
    iso3: str
    number: int
    ring: Points


def write_package(folder: Path, size: Size) -> Path:
    """Write a data package as docs/reference/data-package.md says, and return its folder.

    The countries have codes of the range that ISO 3166 leaves to users (XAA to XZZ), the units names such as
    "Cell XAA-017". Values are drawn from a fixed seed: nearly every unit changes its class from year to year, a few
    are blank or estimated.
    """
    rng = np.random.default_rng(SEED)
    root = folder / DATASET
    cells = _make_cells(size, rng)
    countries = sorted({cell.iso3 for cell in cells})
    resources = [
        _write_table(root, "boundary_sets", _SET_COLUMNS, (_set_row(iso3) for iso3 in countries)),
        _write_table(root, "units", _UNIT_COLUMNS, _unit_rows(cells, countries)),
        _write_table(root, "sources", _SOURCE_COLUMNS, [_source_row()]),
        _write_table(root, "aliases", _ALIAS_COLUMNS, ()),
        _write_table(root, "ambiguous_names", _AMBIGUOUS_COLUMNS, ()),
        _write_table(root, "exclusions", _EXCLUSION_COLUMNS, ()),
    ]
    indicators = [f"generated_{number:03d}" for number in range(1, size.indicators + 1)]
    for indicator in indicators:
        rows = _figure_rows(indicator, cells, size.years, rng)
        resources.append(_write_table(root, f"figures/{indicator}", _FIGURE_COLUMNS, rows))
    _write_boundaries(root, cells)
    _write_catalog(root, indicators, indicators[len(indicators) - size.counts :])
    _write_json(root / "datapackage.json", _descriptor(resources))
    return root


# --- cells --------------------------------------------------------------------------------------------------


def _bent(start: Points, end: Points, inner: int, rng: np.random.Generator) -> Points:
    """Return the line from `start` to before `end` with `inner` vertices between, pushed aside at random.

    A vertex goes aside by at most `_BEND` of its way to the nearer end, so lines that meet at a corner stay apart.
    """
    along = np.linspace(0.0, 1.0, inner + 2)[:-1, None]
    normal = np.array([-(end - start)[1], (end - start)[0]])
    aside = rng.uniform(-1.0, 1.0, (inner + 1, 1)) * np.minimum(along, 1 - along) * _BEND
    line: Points = start + along * (end - start) + aside * normal
    return line


def _make_cells(size: Size, rng: np.random.Generator) -> list[_Cell]:
    """Return cells that cover a rectangle (its last row may be short) without gap or overlap."""
    columns = math.ceil(math.sqrt(size.units))
    rows = math.ceil(size.units / columns)
    edges_two = max(round(size.vertices / size.units / 2), 2)  # vertices of one horizontal and one vertical border
    inner_across, inner_up = edges_two // 2 - 1, edges_two - edges_two // 2 - 1
    x, y = np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0))
    corners = np.stack([x, y], axis=-1) + rng.uniform(-_JITTER, _JITTER, (rows + 1, columns + 1, 2))
    corners = corners * (_CELL_LON, _CELL_LAT) + (_WEST, _SOUTH)

    def path(start: tuple[int, int], end: tuple[int, int], inner: int) -> Points:
        return np.vstack([_bent(corners[start], corners[end], inner, rng), corners[end]]).round(6)

    across = {(r, c): path((r, c), (r, c + 1), inner_across) for r in range(rows + 1) for c in range(columns)}
    up = {(r, c): path((r, c), (r + 1, c), inner_up) for r in range(rows) for c in range(columns + 1)}
    cells = []
    for number in range(size.units):
        r, c = divmod(number, columns)
        sides = (across[r, c], up[r, c + 1], across[r + 1, c][::-1], up[r, c][::-1])
        ring = np.vstack([*(side[:-1] for side in sides), sides[0][:1]])
        iso3 = _country_code(number // _UNITS_PER_COUNTRY)
        within = number % _UNITS_PER_COUNTRY + 1
        cells.append(_Cell(f"{iso3}-{within:03d}", iso3, within, ring))
    return cells


def _country_code(number: int) -> str:
    """Return XAA, XAB, ...: codes that ISO 3166-1 leaves to its users."""
    first, second = divmod(number, len(string.ascii_uppercase))
    return f"X{string.ascii_uppercase[first]}{string.ascii_uppercase[second]}"


# --- tables -------------------------------------------------------------------------------------------------


def _set_row(iso3: str) -> Row:
    return (f"{iso3}-cells", iso3, "Generated cells", "Созданные ячейки", "", "", "true", "generator", "", "")


def _source_row() -> Row:
    remark = ("Invented numbers, for measuring only.", "Вымышленные числа, только для измерений.")
    return ("generator", "Generated numbers", "Benchmarks of this project", "", "CC0-1.0", "invented", "", *remark)


def _unit_rows(cells: Sequence[_Cell], countries: Sequence[str]) -> Iterator[Row]:
    blank = ("", "", "", "")
    for iso3 in countries:
        names = (f"Generated {iso3}", f"Созданная {iso3}", "", "")
        yield (f"{iso3}-cells", iso3, "ADM0", "", iso3, "", "", "", *names, "country", "children", "", *blank)
    for cell in cells:
        names = (f"Cell {cell.unit_id}", f"Ячейка {cell.unit_id}", "", "")
        codes = (f"{cell.iso3}{cell.number:04d}", "", "")
        key = (f"{cell.iso3}-cells", cell.unit_id, _LEVEL, cell.iso3, cell.iso3)
        yield (*key, *codes, *names, "region", "polygon", "", *blank)


def _figure_rows(indicator: str, cells: Sequence[_Cell], years: int, rng: np.random.Generator) -> Iterator[Row]:
    chance = rng.random((years, len(cells)))
    values = rng.uniform(0.0, 100.0, (years, len(cells)))
    for year in range(years):
        start, end = f"{FIRST_YEAR + year}-01-01", f"{FIRST_YEAR + year}-12-31"
        for cell, luck, value in zip(cells, chance[year].tolist(), values[year].tolist(), strict=True):
            figure: Row = (f"{value:.1f}", "", "", "", "exact", "A", "")
            if luck < _BLANK_SHARE:
                figure = ("", "", "", "", "", "M", "not_collected")
            elif luck > 1 - _ESTIMATED_SHARE:
                figure = (*figure[:5], "E", "")
            place = (cell.iso3, _LEVEL, f"{cell.iso3}{cell.number:04d}", f"Cell {cell.unit_id}", start, end)
            yield (indicator, *place, "all", "all", *figure, "", "generator", "", "")


def _write_table(root: Path, name: str, columns: Sequence[str], rows: Iterator[Row] | Sequence[Row]) -> dict[str, Any]:
    """Write a CSV file and return its resource of datapackage.json."""
    path = root / "data" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    fields = [{"name": column, "type": "number" if column in _NUMBERS else "string"} for column in columns]
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if name in _KEYS:
        schema["primaryKey"] = _KEYS[name]
    short = name.rsplit("/", 1)[-1]
    return {"name": short, "path": f"data/{name}.csv", "encoding": "utf-8", "schema": schema}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _write_boundaries(root: Path, cells: Sequence[_Cell]) -> None:
    for iso3 in sorted({cell.iso3 for cell in cells}):
        features = [
            {
                "type": "Feature",
                "properties": {"unit_id": cell.unit_id},
                "geometry": {"type": "Polygon", "coordinates": [cell.ring.tolist()]},
            }
            for cell in cells
            if cell.iso3 == iso3
        ]
        content = {"type": "FeatureCollection", "features": features}
        _write_json(root / "boundaries" / f"{iso3}-cells.geojson", content)


# --- catalog ------------------------------------------------------------------------------------------------


def _both(english: str, russian: str) -> dict[str, str]:
    return {"en": english, "ru": russian}


def _write_catalog(root: Path, indicators: Sequence[str], counts: Sequence[str]) -> None:
    """Write the catalog; JSON is YAML, so no quoting can go wrong. `counts` are drawn as symbols."""
    invented = _both("Invented numbers, for measuring only.", "Вымышленные числа, только для измерений.")
    name = _both("Generated cells", "Созданные ячейки")
    proj = f"+proj=laea +lat_0={_SOUTH + 10:g} +lon_0={_WEST + 12:g} +datum=WGS84 +units=m"
    dataset = {
        "id": DATASET, "title": name, "region": name, "description": invented, "disclaimer": invented,
        "synthetic": True, "projection": {"proj": proj, "width": _GRID_WIDTH, "tolerance_m": _TOLERANCE_M},
        "default_view": {"indicator": indicators[0]},
    }  # fmt: skip
    _write_json(root / "catalog" / "dataset.yml", dataset)
    drivers = [{"id": "generated", "title": name}]
    (root / "catalog" / "drivers.yml").write_text(json.dumps(drivers, ensure_ascii=False), encoding="utf-8")
    for indicator in indicators:
        number = indicator.rsplit("_", 1)[-1]
        title = _both(f"Generated share {number}", f"Созданная доля {number}")
        spec = {
            "id": indicator, "title": title, "menu_title": title, "headline": title, "driver": "generated",
            "kind": "rate", "definition": invented, "definition_source": "invented",
            "unit": {"text": _both("percent", "процентов"), "sign": _both("%", "%")}, "value_range": [0, 100],
            "direction": "higher_is_worse", "levels": [_LEVEL], "periodicity": "annual",
            "population": _both("nobody", "никто"), "sensitivity": "low", "display": {"level": _LEVEL},
            "source": {"reader": "csv", "file": f"data/figures/{indicator}.csv", "where": {"indicator": indicator}},
        }  # fmt: skip
        if indicator in counts:
            spec |= {
                "kind": "count", "unit": {"text": _both("pieces", "штук")}, "value_range": [0, None],
                "display": {"level": _LEVEL, "mark": "symbol"},
            }  # fmt: skip
        _write_json(root / "catalog" / "indicators" / f"{indicator}.yml", spec)


def _descriptor(resources: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": DATASET, "title": "Generated cells", "version": "1.0.0", "licenses": [{"name": "CC0-1.0"}],
        "sources": [{"title": "invented"}], "contributors": [{"title": "benchmarks"}], "resources": list(resources),
    }  # fmt: skip
