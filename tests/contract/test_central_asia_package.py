"""The default data package: what its tables, boundaries and catalog promise."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
import yaml
from frictionless import Package

from layers.catalog import Catalog, Dataset, Driver, IndicatorSpec

COUNTRIES = ("AFG", "KAZ", "KGZ", "TJK", "TKM", "UZB")
UNITS_TODAY = {"AFG": 34, "KAZ": 20, "KGZ": 9, "TJK": 5, "TKM": 6, "UZB": 14}
FORMER = {
    "KZ-VOS": ("KZ-10", "KZ-63"),
    "KZ-ALM": ("KZ-19", "KZ-33"),
    "KZ-KAR": ("KZ-35", "KZ-62"),
    "KZ-YUZ": ("KZ-61", "KZ-79"),
}
OCHA_PCODES = {
    "AFG": {f"AF{n:02d}" for n in range(1, 35)},
    "KAZ": {f"KAZ{n:03d}" for n in range(1, 21)},
    "KGZ": {f"KG{n:02d}000000000" for n in (2, 3, 4, 5, 6, 7, 8, 11, 21)},
    "TJK": {"3501000", "3505000", "3507000", "3509000", "3590000"},
    "TKM": set(),
    "UZB": {f"UZ{n:02d}" for n in (3, 6, 8, 10, 12, 14, 18, 22, 24, 26, 27, 30, 33, 35)},
}
PCODES_SEEN_WRONG_ELSEWHERE = {
    "AF-PKA": "AF12", "AF-PIA": "AF13", "AF-PAN": "AF08", "AF-PAR": "AF03", "AF-DAY": "AF24", "AF-URU": "AF25",
    "KZ-75": "KAZ004", "KZ-19": "KAZ005", "KZ-61": "KAZ018", "KG-GO": "KG21000000000", "KG-O": "KG06000000000",
    "TJ-RA": "3509000", "UZ-TK": "UZ26", "UZ-TO": "UZ27",
}  # fmt: skip
DENIED = re.compile(
    r"hot ?spots?\b|risk area|high-risk|radicali[sz]ed|vulnerable (people|communit)|\bworst\b|ethnic|mosque|"
    r"religiosity|очаг|зона риска|радикализ|этнич|мечет",
    re.IGNORECASE,
)
CYRILLIC = re.compile("[А-Яа-яЁё]")
EQUAL_AREA = pyproj.Transformer.from_crs("EPSG:4326", "+proj=laea +lat_0=43 +lon_0=67 +datum=WGS84", always_xy=True)


def read_table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def tables(central_asia: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: read_table(path) for path in sorted((central_asia / "data").glob("*.csv"))}


@pytest.fixture(scope="module")
def figures(central_asia: Path) -> pd.DataFrame:
    paths = sorted((central_asia / "data" / "figures").glob("*.csv"))
    return pd.concat([read_table(p).assign(file=f"data/figures/{p.name}") for p in paths], ignore_index=True)


@pytest.fixture(scope="module")
def polygons(central_asia: Path) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for path in sorted((central_asia / "boundaries").glob("*.geojson")):
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
            assert list(feature["properties"]) == ["unit_id"]
            found[path.stem, feature["properties"]["unit_id"]] = shapely.geometry.shape(feature["geometry"])
    return found


@pytest.fixture(scope="module")
def specs(central_asia: Path) -> dict[str, IndicatorSpec]:
    return {
        path.stem: IndicatorSpec(**yaml.safe_load(path.read_text(encoding="utf-8")))
        for path in sorted((central_asia / "catalog" / "indicators").glob("*.yml"))
    }


def set_at(sets: pd.DataFrame, iso3: str, day: str) -> str:
    valid = sets.loc[
        (sets["iso3"] == iso3)
        & (sets["by_date"] == "true")
        & ((sets["valid_from"] == "") | (sets["valid_from"] <= day))
        & ((sets["valid_to"] == "") | (day <= sets["valid_to"])),
        "boundary_set",
    ]
    assert len(valid) == 1, f"{iso3} has {len(valid)} sets on {day}"
    return str(valid.iloc[0])


def shape_of(unit: Any, units: pd.DataFrame, polygons: dict[tuple[str, str], Any]) -> Any:
    """Return the polygon of a unit: its own, or the union of its members in whichever set has theirs."""
    if unit.geometry == "polygon":
        return polygons[unit.boundary_set, unit.unit_id]
    drawn = {unit_id: polygon for (_, unit_id), polygon in polygons.items()}
    return shapely.union_all([drawn[member] for member in unit.members.split("|") if member in drawn])


def area(geometry: Any) -> float:
    projected = shapely.transform(geometry, lambda xy: np.column_stack(EQUAL_AREA.transform(xy[:, 0], xy[:, 1])))
    return float(projected.area)


# ---- tables


def test_frictionless_accepts_the_package(central_asia: Path) -> None:
    report = Package(str(central_asia / "datapackage.json")).validate()
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "type", "note"])[:10]
    assert len(report.tasks) == len(list((central_asia / "data").rglob("*.csv")))


def test_frictionless_sees_a_missing_source(central_asia: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(central_asia, tmp_path / "package"))
    sources = copy / "data" / "sources.csv"
    lines = sources.read_text(encoding="utf-8").splitlines(keepends=True)
    sources.write_text("".join(line for line in lines if not line.startswith("kgz-nsc-112,")), encoding="utf-8")
    faults = Package(str(copy / "datapackage.json")).validate().flatten(["type"])
    assert faults == [["foreign-key"]] * 50


def test_every_name_and_note_has_both_languages(tables: dict[str, pd.DataFrame], figures: pd.DataFrame) -> None:
    for name, df in {**tables, "figures": figures}.items():
        for column in [c for c in df.columns if c.endswith("_en")]:
            twin = column.removesuffix("_en") + "_ru"
            one_sided = df.loc[(df[column] == "") != (df[twin] == "")]
            assert one_sided.empty, f"{name}: {column} without {twin}, or the reverse: {one_sided.head(3)}"
            filled = df.loc[df[twin] != "", twin]
            assert filled.str.contains(CYRILLIC).all(), f"{name}: {twin} is not Russian"


def test_sets_of_today_have_88_first_level_units(tables: dict[str, pd.DataFrame]) -> None:
    units, sets = tables["units"], tables["boundary_sets"]
    for iso3, expected in UNITS_TODAY.items():
        current = set_at(sets, iso3, date(2026, 11, 21).isoformat())
        inside = units.loc[units["boundary_set"] == current]
        assert (inside["level"] == "ADM1").sum() == expected, iso3
        assert inside.loc[inside["level"] == "ADM0", "unit_id"].tolist() == [iso3]
    assert sum(UNITS_TODAY.values()) == 88


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2010-12-31", 16), ("2018-06-18", 16), ("2018-06-19", 17), ("2022-06-07", 17), ("2022-06-08", 20)],
)
def test_kazakhstan_has_the_division_of_the_day(tables: dict[str, pd.DataFrame], day: str, expected: int) -> None:
    inside = tables["units"].loc[tables["units"]["boundary_set"] == set_at(tables["boundary_sets"], "KAZ", day)]
    assert (inside["level"] == "ADM1").sum() == expected


def test_names_tell_cities_from_regions(tables: dict[str, pd.DataFrame]) -> None:
    units = tables["units"].loc[tables["units"]["level"] == "ADM1"]
    for column in ("name_en", "name_ru"):
        doubled = units.loc[units.duplicated(["boundary_set", column], keep=False), ["boundary_set", column]]
        assert doubled.empty, doubled
    by_id = units.drop_duplicates("unit_id").set_index("unit_id")["name_en"]
    for city, region in (("KG-GO", "KG-O"), ("KZ-75", "KZ-19"), ("UZ-TK", "UZ-TO")):
        assert by_id[city].endswith(" city")
        assert by_id[region] == by_id[city].replace(" city", " region")


def test_pcodes_are_those_of_ocha_or_blank(tables: dict[str, pd.DataFrame]) -> None:
    units = tables["units"]
    coded = units.loc[units["pcode"] != ""]
    assert all(row.pcode in OCHA_PCODES[row.iso3] for row in coded.itertuples())
    assert not coded.duplicated(["boundary_set", "pcode"]).any()
    assert len(coded[["unit_id", "pcode"]].drop_duplicates()) == coded["unit_id"].nunique()
    current = coded.loc[coded["boundary_set"].isin(["AFG-base", "KAZ-2022", "KGZ-base", "TJK-base", "UZB-base"])]
    assert {iso3: set(g["pcode"]) for iso3, g in current.groupby("iso3")} == {
        iso3: codes for iso3, codes in OCHA_PCODES.items() if codes
    }
    of_unit = current.set_index("unit_id")["pcode"]
    assert of_unit[list(PCODES_SEEN_WRONG_ELSEWHERE)].to_dict() == PCODES_SEEN_WRONG_ELSEWHERE
    assert not set(FORMER) & set(coded["unit_id"])


# ---- boundaries


def test_every_polygon_is_declared_and_every_declared_one_exists(
    tables: dict[str, pd.DataFrame], polygons: dict[tuple[str, str], Any]
) -> None:
    units = tables["units"]
    declared = units.loc[units["geometry"] == "polygon", ["boundary_set", "unit_id"]]
    assert set(polygons) == set(declared.itertuples(index=False, name=None))
    markers = units.loc[units["geometry"] == "marker"]
    assert markers[["unit_id", "lon", "lat"]].to_numpy().tolist() == [
        ["KG-GO", "72.7985", "40.52828"],
        ["TM-S", "58.38333", "37.95"],
    ]


def test_markers_lie_in_the_region_around_them(polygons: dict[tuple[str, str], Any]) -> None:
    assert polygons["KGZ-base", "KG-O"].contains(shapely.Point(72.7985, 40.52828))
    assert polygons["TKM-base", "TM-A"].contains(shapely.Point(58.38333, 37.95))


@pytest.mark.parametrize("day", ["2010-12-31", "2018-06-19", "2021-12-31", "2022-06-08", "2026-01-01"])
def test_all_countries_are_one_coverage(
    tables: dict[str, pd.DataFrame], polygons: dict[tuple[str, str], Any], day: str
) -> None:
    units = tables["units"]
    current = {set_at(tables["boundary_sets"], iso3, day) for iso3 in COUNTRIES}
    drawn = units.loc[
        units["boundary_set"].isin(current) & (units["level"] == "ADM1") & (units["geometry"] != "marker")
    ]
    shapes = [shape_of(unit, units, polygons) for unit in drawn.itertuples()]
    assert all(shape.is_valid for shape in shapes)
    assert shapely.coverage_is_valid(shapes, gap_width=0.05)
    whole = shapely.coverage_union_all(shapes)
    parts = shapely.get_parts(whole)
    assert not [ring for part in parts for ring in part.interiors], "a gap between units"
    assert len(parts) <= 8, "a country that does not touch its neighbours"


def test_a_moved_vertex_would_be_seen(polygons: dict[tuple[str, str], Any]) -> None:
    shapes = [polygons["KAZ-2022", "KZ-75"], polygons["KAZ-2022", "KZ-19"]]
    assert shapely.coverage_is_valid(shapes)
    assert not shapely.coverage_is_valid([shapely.affinity.translate(shapes[0], 0.0001, 0), shapes[1]])


def test_former_units_equal_their_parts(tables: dict[str, pd.DataFrame], polygons: dict[tuple[str, str], Any]) -> None:
    units = tables["units"]
    former = units.loc[units["unit_id"].isin(FORMER)].drop_duplicates("unit_id")
    assert {unit.unit_id: tuple(unit.members.split("|")) for unit in former.itertuples()} == FORMER
    for unit in former.itertuples():
        parts = sum(area(polygons["KAZ-2022", member]) for member in FORMER[unit.unit_id])
        assert area(shape_of(unit, units, polygons)) == pytest.approx(parts, rel=1e-9)


def test_the_divisions_of_kazakhstan_cover_the_same_country(
    tables: dict[str, pd.DataFrame], polygons: dict[tuple[str, str], Any]
) -> None:
    units = tables["units"]
    areas = {
        name: sum(area(shape_of(u, units, polygons)) for u in inside.loc[inside["level"] == "ADM1"].itertuples())
        for name, inside in units.groupby("boundary_set")
        if str(name).startswith("KAZ-")
    }
    assert len(areas) == 3
    assert max(areas.values()) == pytest.approx(min(areas.values()), rel=1e-9)
    assert areas["KAZ-2022"] / 1e6 == pytest.approx(2_720_000, rel=0.01)


def test_an_unchanged_unit_has_the_same_vertices_in_every_set(polygons: dict[tuple[str, str], Any]) -> None:
    first: dict[str, Any] = {}
    for (_, unit_id), polygon in polygons.items():
        assert shapely.equals_exact(first.setdefault(unit_id, polygon), polygon), unit_id


def test_boundaries_stay_light(central_asia: Path, polygons: dict[tuple[str, str], Any]) -> None:
    assert sum(path.stat().st_size for path in (central_asia / "boundaries").iterdir()) < 2_000_000
    distinct = {unit_id: polygon for (_, unit_id), polygon in polygons.items()}
    assert shapely.get_num_coordinates(list(distinct.values())).sum() <= 40_000


def test_survey_groups_are_a_partition_of_uzbekistan(tables: dict[str, pd.DataFrame]) -> None:
    units = tables["units"]
    groups = units.loc[(units["boundary_set"] == "UZB-mics-2021") & (units["unit_type"] == "survey_group")]
    members = [member for cell in groups["members"] for member in cell.split("|")]
    regions = units.loc[(units["boundary_set"] == "UZB-base") & (units["level"] == "ADM1"), "unit_id"]
    assert sorted([*members, "UZ-TK"]) == sorted(regions)


# ---- figures


def test_every_figure_joins_one_unit_or_is_excluded(tables: dict[str, pd.DataFrame], figures: pd.DataFrame) -> None:
    units, aliases = tables["units"], tables["aliases"]
    ambiguous = {(row.iso3, row.name.casefold()) for row in tables["ambiguous_names"].itertuples(index=False)}
    of_set = {str(name): group for name, group in units.groupby("boundary_set")}
    alias: dict[tuple[str, str, str], set[str]] = {}
    for row in aliases.itertuples():
        alias.setdefault((row.iso3, row.name.casefold(), row.source_id), set()).add(row.unit_id)
    excluded = 0
    joined: list[tuple[str, ...]] = []
    for row in figures.itertuples():
        if any(
            row.file == e.file
            and e.iso3 in ("", row.iso3)
            and e.level in ("", row.level)
            and e.place_name in ("", row.place_name)
            and e.source_id in ("", row.source_id)
            for e in tables["exclusions"].itertuples()
        ):
            excluded += 1
            continue
        inside = of_set[row.boundary_set or set_at(tables["boundary_sets"], row.iso3, row.period_end)]
        if row.level == "ADM0":
            unit = row.iso3
        else:
            coded = inside.loc[(inside["pcode"] == row.place_code) & (row.place_code != ""), "unit_id"].tolist()
            key = (row.iso3, row.place_name.casefold())
            own = alias.get((*key, row.source_id), set())
            common = set() if key in ambiguous else alias.get((*key, ""), set())
            named = sorted(set(inside["unit_id"]) & (own or common))
            found = coded or named
            assert len(found) == 1, f"{row.file}: {row.place_name} of {row.source_id} fits {found}"
            unit = found[0]
        claim = (row.source_id, row.note_en) if row.indicator == "ftf_departures_claimed" else ()
        joined.append((row.indicator, unit, row.period_start, row.period_end, row.sex, row.age, *claim))
    assert excluded == 11
    assert len(joined) == 2_611
    assert len(set(joined)) == len(joined), "two figures for one unit and period"


def test_doctors_follow_the_divisions(tables: dict[str, pd.DataFrame], figures: pd.DataFrame) -> None:
    doctors = figures.loc[(figures["indicator"] == "doctors") & (figures["iso3"] == "KAZ")]
    alias = tables["aliases"].loc[tables["aliases"]["name"] == "Туркестанская", "unit_id"]
    assert sorted(alias) == ["KZ-61", "KZ-YUZ"]
    turkistan = doctors.loc[doctors["place_name"] == "Туркестанская"].set_index("period_end")["value"].astype(int)
    assert (turkistan["2017-12-31"], turkistan["2018-12-31"]) == (9384, 5195)


def test_internal_migration_adds_up(figures: pd.DataFrame) -> None:
    moved = figures.loc[figures["source_id"] == "kaz-internal-migration-flow"].astype({"value": int})
    wide = moved.pivot_table(index=["period_end", "place_name"], columns="indicator", values="value")
    arrivals, departures = wide["internal_migration_arrivals"], wide["internal_migration_departures"]
    assert len(wide) == 40
    assert (arrivals - departures == wide["internal_migration_net"]).all()
    national = wide.groupby("period_end").sum()
    assert national["internal_migration_arrivals"].tolist() == [803_033, 1_023_573]
    assert national["internal_migration_departures"].tolist() == [803_033, 1_023_573]


def test_labour_accounts_of_uzbekistan_add_up(figures: pd.DataFrame) -> None:
    wide = figures.loc[figures["source_id"] == "uzb-mehnat-2021"].pivot_table(
        index="place_name", columns="indicator", values="value", aggfunc=lambda v: float(v.iloc[0])
    )
    assert len(wide) == 15
    active = wide["economically_active_population"]
    assert (active == wide["employed_persons"] + wide["persons_needing_employment"]).all()
    assert ((wide["labour_resources"] - active - wide["economically_inactive_population"]).abs() <= 1).all()


def test_claims_are_bounds_and_never_a_midpoint(figures: pd.DataFrame) -> None:
    claims = figures.loc[figures["indicator"] == "ftf_departures_claimed"]
    assert len(claims) == 32
    assert (claims["value"] == "").all()
    assert (claims["level"] == "ADM0").all()
    for row in claims.itertuples():
        match row.qualifier:
            case "at_least":
                assert row.low
                assert not row.high
            case "up_to":
                assert row.high
                assert not row.low
            case _:
                assert row.low
                assert float(row.low) <= float(row.high)
    in_map = claims.loc[claims["iso3"].isin(COUNTRIES)]
    assert in_map["note_en"].str.contains("Claimed by: ").all()
    assert in_map["note_ru"].str.contains("Источник заявления: ").all()


def test_conference_figures_have_low_reliability(tables: dict[str, pd.DataFrame], figures: pd.DataFrame) -> None:
    sources = tables["sources"]
    conference = sources.loc[sources["terms"].str.startswith("conference report"), "source_id"]
    assert len(conference) == 5
    reported = figures["source_id"].isin(conference)
    assert reported.sum() == 17
    assert (figures.loc[reported, "obs_status"] == "U").all()
    assert (figures.loc[~reported, "obs_status"] != "U").all()


def test_every_source_is_used_and_dated(
    tables: dict[str, pd.DataFrame], figures: pd.DataFrame, central_asia: Path
) -> None:
    sources = tables["sources"]
    used = set(figures["source_id"]) | set(tables["boundary_sets"]["source_id"])
    used |= set(tables["other_names"]["source_id"]) - {""}
    path = central_asia / "reference" / "reference.geojson"
    around = json.loads(path.read_text(encoding="utf-8"))["features"]
    support = {"iso-3166-2-names", "ocha-pcodes", *(feature["properties"]["source_id"] for feature in around)}
    assert set(sources["source_id"]) == used | support
    assert sources["date_accessed"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    addressed = sources.loc[sources["url"] != ""]
    assert addressed["url"].str.match("https?://").all()
    assert sources.loc[sources["url"] == "", "terms"].str.startswith("conference report").all()


# ---- catalog


def test_catalog_is_complete(central_asia: Path, specs: dict[str, IndicatorSpec], figures: pd.DataFrame) -> None:
    catalog = central_asia / "catalog"
    drivers = [Driver(**d) for d in yaml.safe_load((catalog / "drivers.yml").read_text(encoding="utf-8"))]
    dataset = Dataset(**yaml.safe_load((catalog / "dataset.yml").read_text(encoding="utf-8")))
    Catalog(dataset=dataset, drivers=tuple(drivers), indicators=tuple(specs.values()))
    assert [driver.id for driver in drivers] == [
        "economic", "migration", "services", "population", "governance", "ftf",
    ]  # fmt: skip
    assert dataset.default_view.indicator in specs
    selected = {(spec.source.file, spec.source.where["indicator"]) for spec in specs.values()}
    assert selected == set(figures[["file", "indicator"]].itertuples(index=False, name=None))


def test_an_indicator_is_named_as_its_file(specs: dict[str, IndicatorSpec]) -> None:
    assert len(specs) == 101
    for name, spec in specs.items():
        assert spec.id == name
        series = name if spec.carry is None else "internal_migration_net"  # carried from the rows of the published one
        assert spec.source.where == {"indicator": series}
        assert spec.source.file == f"data/figures/{spec.driver}.csv"


def test_values_lie_in_the_declared_range(specs: dict[str, IndicatorSpec], figures: pd.DataFrame) -> None:
    for name, spec in specs.items():
        series = spec.source.where["indicator"]
        rows = figures.loc[(figures["indicator"] == series) & figures["iso3"].isin(COUNTRIES)]
        values = pd.to_numeric(pd.concat([rows["value"], rows["low"], rows["high"]]).replace("", None)).dropna()
        low, high = spec.value_range
        assert len(values), name
        assert low is None or values.min() >= low, name
        assert high is None or values.max() <= high, name
        assert set(rows["level"]) == set(spec.levels), name


def collect_texts(value: Any) -> list[tuple[str, str]]:
    """Return all (English, Russian) pairs inside a dumped model."""
    if isinstance(value, dict):
        if set(value) == {"en", "ru"}:
            return [(value["en"], value["ru"])]
        return [pair for item in value.values() for pair in collect_texts(item)]
    return [pair for item in value for pair in collect_texts(item)] if isinstance(value, list | tuple) else []


def test_texts_are_bilingual_and_neutral(specs: dict[str, IndicatorSpec]) -> None:
    for name, spec in specs.items():
        dumped = spec.model_dump()
        signs = dumped["unit"].pop("sign")
        synonyms = dumped.pop("synonyms")
        pairs = collect_texts(dumped)
        assert len(pairs) >= 6, name
        for en, ru in pairs:
            assert not CYRILLIC.search(en), f"{name}: {en}"
            assert CYRILLIC.search(ru), f"{name}: {ru}"
            assert not DENIED.search(en), f"{name}: {en}"
            assert not DENIED.search(ru), f"{name}: {ru}"
        assert signs is None or (signs["en"] and signs["ru"])
        assert not [text for text in synonyms["en"] if CYRILLIC.search(text) or DENIED.search(text)], name
        assert not [text for text in synonyms["ru"] if not CYRILLIC.search(text) or DENIED.search(text)], name
        assert bool(synonyms["en"]) == bool(synonyms["ru"]), name
        assert len(spec.menu_title.en) <= 40, name
        assert len(spec.menu_title.ru) <= 40, name


def test_no_denied_word_is_in_a_column_or_series(figures: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> None:
    names = [*figures.columns, *figures["indicator"].unique(), *(c for df in tables.values() for c in df.columns)]
    assert not [name for name in names if DENIED.search(name.replace("_", " "))]


def test_amounts_in_national_currency_say_that_they_do_not_compare(specs: dict[str, IndicatorSpec]) -> None:
    currency = re.compile(r"\b(KGS|KZT|UZS)\b")
    amounts = [spec for spec in specs.values() if spec.kind == "money" and currency.search(spec.unit.text.en)]
    assert len(amounts) == 8
    for spec in amounts:
        assert any("not comparable between countries" in caveat.en for caveat in spec.caveats), spec.id


def test_claims_have_their_safeguards(specs: dict[str, IndicatorSpec]) -> None:
    spec = specs["ftf_departures_claimed"]
    assert (spec.kind, spec.display.mark, spec.levels, spec.direction) == ("range", "range", ("ADM0",), "neutral")
    assert spec.sensitivity == "moderate"
    said = " ".join(caveat.en for caveat in spec.caveats)
    for words in ("mixed definition", "never added, averaged", "no midpoint", "as claimed by"):
        assert words in said
    assert [s.id for s in specs.values() if s.driver == "ftf"] == ["ftf_departures_claimed"]


def test_nothing_of_the_package_names_a_local_path(central_asia: Path) -> None:
    for path in central_asia.rglob("*"):
        if path.suffix in {".csv", ".yml", ".json", ".md", ".py"}:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"/(work|tmp|home|root)/|\(seed \d|TODO|FIXME", text), path.name
