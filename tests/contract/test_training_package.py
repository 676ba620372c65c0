"""The shipped training package: what it promises, that it is the generator's, and that nobody can take it for real."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import yaml
from frictionless import Package

from etl.__main__ import main
from etl.training.plan import NOTICE_EN, NOTICE_RU
from geodata.contracts import CONTRACTS, TYPOLOGIES
from layers.catalog import Dataset, IndicatorSpec

MAX_BYTES = 8_000_000
DENIED = re.compile(
    r"hot ?spots?\b|risk area|high-risk|radicali[sz]ed|vulnerable (people|communit)|\bworst\b|ethnic|mosque|"
    r"religiosity|очаг|зона риска|радикализ|этнич|мечет",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def package(root: Path) -> Path:
    return root / "packages" / "training"


def read_table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def specs(package: Path) -> dict[str, IndicatorSpec]:
    files = sorted((package / "catalog" / "indicators").glob("*.yml"))
    return {path.stem: IndicatorSpec(**yaml.safe_load(path.read_text(encoding="utf-8"))) for path in files}


@pytest.fixture(scope="module")
def figures(package: Path) -> pd.DataFrame:
    files = sorted((package / "data" / "figures").glob("*.csv"))
    return pd.concat([read_table(path) for path in files], ignore_index=True)


@pytest.fixture(scope="module")
def snapshot(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("training")
    assert main(["build", str(package), "--out", str(out), "--tier", "all", "--quiet"]) == 0
    return out / "restricted" / (out / "restricted" / "CURRENT").read_text(encoding="utf-8").strip()


@pytest.fixture(scope="module")
def units(snapshot: Path) -> gpd.GeoDataFrame:
    return gpd.read_parquet(snapshot / "units.parquet")


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_package_is_what_the_generator_writes_on_any_machine(package: Path, root: Path, tmp_path: Path) -> None:
    """Another hash seed and another locale give the same bytes."""
    command = [
        sys.executable,
        "-m",
        "etl",
        "make-training",
        "--units",
        "62",
        "--seed",
        "1",
        "--out",
        str(tmp_path / "x"),
    ]
    environment = {"PYTHONHASHSEED": "4711", "LC_ALL": "C", "PATH": ""}
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    made, shipped = files_of(tmp_path / "x"), files_of(package)
    assert made.keys() == shipped.keys()
    assert [name for name, body in made.items() if shipped[name] != body] == []


def test_it_is_small(package: Path) -> None:
    assert sum(len(body) for body in files_of(package).values()) < MAX_BYTES


def test_it_is_a_valid_frictionless_package(package: Path) -> None:
    report = Package(str(package / "datapackage.json")).validate()
    assert report.valid, report.flatten(["title", "message"])[:5]


def test_everything_says_that_it_is_synthetic(package: Path, specs: dict[str, IndicatorSpec]) -> None:
    dataset = Dataset(**yaml.safe_load((package / "catalog" / "dataset.yml").read_text(encoding="utf-8")))
    assert dataset.synthetic
    for text in (dataset.title, dataset.description, dataset.disclaimer):
        assert NOTICE_EN in text.en
        assert NOTICE_RU in text.ru
    descriptor = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    assert NOTICE_EN in descriptor["title"]
    assert all(NOTICE_EN in resource["title"] for resource in descriptor["resources"])
    sources = read_table(package / "data" / "sources.csv")
    assert sources["title"].str.startswith(NOTICE_EN).all()
    assert sources["caveat_en"].str.contains(NOTICE_EN).all()
    assert sources["caveat_ru"].str.contains(NOTICE_RU).all()
    for spec in specs.values():
        assert any(NOTICE_EN in caveat.en and NOTICE_RU in caveat.ru for caveat in spec.caveats), spec.id


def test_words_are_neutral(package: Path) -> None:
    found = {
        path.name: match.group()
        for path in package.rglob("*")
        if path.suffix in (".yml", ".csv", ".json")
        for match in [DENIED.search(path.read_text(encoding="utf-8"))]
        if match
    }
    assert found == {}


def test_no_name_is_one_of_the_central_asia_package(package: Path, central_asia: Path) -> None:
    ours = read_table(package / "data" / "units.csv")
    theirs = read_table(central_asia / "data" / "units.csv")
    for column in ("name_en", "name_ru"):
        assert not set(ours[column].str.casefold()) & set(theirs[column].str.casefold())
    assert ours["iso3"].str.fullmatch("X[A-Z]{2}").all()


def test_it_lies_far_from_all_land(units: gpd.GeoDataFrame, central_asia: Path) -> None:
    """Within the part of the South Pacific that is farther than 1,000 km from any coast."""
    west, south, east, north = units.total_bounds
    assert -135 < west < east < -110
    assert -56 < south < north < -42


def test_the_numbers_of_units(units: gpd.GeoDataFrame) -> None:
    counts = units.groupby(["boundary_set", "level"], observed=True).size().to_dict()
    assert counts["XTR-2018", "ADM1"] == 9
    assert counts["XTR-2018", "ADM2"] == 62
    assert counts["XTR-2018", "ADM3"] == 440
    assert counts["XTR-2008", "ADM1"] == 8
    assert counts["XTR-2008", "ADM2"] == 63
    assert set(units["typology"].dropna()) == set(TYPOLOGIES)


@pytest.mark.parametrize(
    ("set_id", "level"),
    [("XTR-2018", "ADM1"), ("XTR-2018", "ADM2"), ("XTR-2018", "ADM3"), ("XTR-2008", "ADM1"), ("XTR-2008", "ADM2")],
)
def test_each_level_is_a_valid_coverage_that_tiles_its_parents(
    units: gpd.GeoDataFrame, set_id: str, level: str
) -> None:
    own = units.loc[units["boundary_set"] == set_id]
    children = own.loc[own["level"] == level]
    assert children.geometry.is_valid.all()
    assert shapely.coverage_is_valid(children.geometry.to_numpy())
    parents = own.set_index("unit_id").geometry
    for parent, group in children.groupby("parent_unit_id", observed=True):
        union = shapely.coverage_union_all(group.geometry.to_numpy())
        assert shapely.area(shapely.symmetric_difference(union, parents[parent])) < 1e-12


def test_enclave_exclave_island_and_lake(units: gpd.GeoDataFrame) -> None:
    country = units.loc[(units["boundary_set"] == "XTR-2018") & (units["level"] == "ADM0")].geometry.iloc[0]
    north = units.loc[units["iso3"] == "XTO"].geometry.iloc[0]
    east = units.loc[units["iso3"] == "XTV"].geometry.iloc[0]
    parts = sorted(shapely.get_parts(country), key=shapely.area)
    assert len(parts) == 3
    holes = [shapely.Polygon(ring) for ring in parts[-1].interiors]
    enclave = [hole for hole in holes if shapely.area(shapely.intersection(hole, north)) > 0.99 * hole.area]
    lake = [hole for hole in holes if shapely.area(shapely.intersection(hole, north)) == 0]
    assert (len(enclave), len(lake)) == (1, 1)
    inside = [part for part in parts[:2] if any(
        shapely.Polygon(ring).contains(part.representative_point()) for one in shapely.get_parts(east)
        for ring in one.interiors
    )]  # fmt: skip
    assert len(inside) == 1
    (island,) = [part for part in parts[:2] if part is not inside[0]]
    assert not island.intersects(east)
    assert not island.intersects(north)
    for neighbour in (north, east):
        border = shapely.length(shapely.intersection(shapely.boundary(country), shapely.boundary(neighbour)))
        assert border > 3.0  # degrees, some 250 km


def test_the_crosswalk_conserves_the_population_of_2017(package: Path, figures: pd.DataFrame) -> None:
    links = read_table(package / "data" / "crosswalk.csv")
    people = figures.loc[(figures["indicator"] == "population") & (figures["sex"] == "all")]
    before = people.loc[people["period_end"] == "2017-12-31"].set_index("place_code")["value"].astype(float)
    moved = links.assign(people=links["from_unit"].map(before) * links["share_population"].astype(float))
    assert (links["method"] == "exact_membership").all()
    by_region = moved.loc[moved["level"] == "ADM1"].groupby("to_unit")["people"].sum()
    by_district = moved.loc[moved["level"] == "ADM2"].groupby("to_unit")["people"].sum()
    units = read_table(package / "data" / "units.csv")
    parent = units.loc[units["boundary_set"] == "XTR-2018"].set_index("unit_id")["parent_unit_id"]
    rebuilt = by_district.groupby(parent.reindex(by_district.index)).sum()
    assert by_region.to_dict() == pytest.approx(rebuilt.to_dict(), rel=1e-9)
    assert by_region.sum() == pytest.approx(before["XTR"], rel=1e-9)
    sizes = links.loc[links["level"] == "ADM1"].groupby("from_unit").size()
    assert sorted(sizes[sizes > 1]) == [2, 2]


def test_all_domains_years_and_difficult_cases_are_there(
    figures: pd.DataFrame, specs: dict[str, IndicatorSpec]
) -> None:
    drivers = {spec.driver for spec in specs.values()}
    assert drivers == {"economic", "migration", "services", "population", "governance", "ftf"}
    assert set(figures["obs_status"]) == {"A", "B", "E", "M", "O", "P", "U"}
    assert {"not_collected", "not_assessed", "not_applicable"} <= set(figures["missing_reason"])
    assert {"female", "male"} <= set(figures["sex"])
    assert "15-29" in set(figures["age"])
    assert set(figures["period_end"].str[:4]) == {str(year) for year in range(2008, 2025)}
    for level in ("ADM1", "ADM2"):
        assert {s.driver for s in specs.values() if level in s.levels} == drivers
    late = figures["note_en"].str.startswith("Late")
    assert (figures.loc[late, "value"] == "").all()
    assert late.sum() > 20
    surveyed = figures.loc[figures["indicator"].isin([s.id for s in specs.values() if s.periodicity == "survey"])]
    filled = surveyed.loc[surveyed["value"] != ""]
    assert (filled[["low", "high", "n"]] != "").all(axis=None)


def test_each_service_has_a_norm_and_an_expectation(figures: pd.DataFrame, specs: dict[str, IndicatorSpec]) -> None:
    for service in ("water_access", "electricity_hours", "doctors_per_10000", "school_places_per_100"):
        keys = ["place_code", "period_end"]
        parts = [
            figures.loc[(figures["indicator"] == service + ending) & (figures["value"] != ""), [*keys, "value"]]
            for ending in ("", "_norm", "_expected")
        ]
        both = parts[0].merge(parts[1], on=keys, validate="1:1").merge(parts[2], on=keys, validate="1:1")
        assert len(both) > 250
        assert specs[service].unit == specs[f"{service}_norm"].unit == specs[f"{service}_expected"].unit


def test_departures_are_restricted_small_and_mostly_zero(
    figures: pd.DataFrame, specs: dict[str, IndicatorSpec]
) -> None:
    spec = specs["ftf_departures"]
    assert (spec.sensitivity, spec.tier) == ("severe", "restricted")
    rows = figures.loc[(figures["indicator"] == "ftf_departures") & (figures["level"] == "ADM2")]
    counts = rows.loc[rows["sex"] == "all", "value"].astype(int)
    assert (counts == 0).mean() > 0.5
    assert counts.max() < 50
    wide = rows.assign(value=rows["value"].astype(int)).pivot_table(
        index=["place_code", "period_end"], columns="sex", values="value", aggfunc="sum"
    )
    wide = wide.dropna()
    assert len(wide) > 300
    assert (wide["female"] + wide["male"] == wide["all"]).all()


def test_departures_of_three_years_are_those_of_the_single_years(figures: pd.DataFrame) -> None:
    everyone = figures.loc[figures["sex"] == "all"].assign(
        value=lambda x: pd.to_numeric(x["value"]), year=lambda x: x["period_end"].str[:4].astype(int)
    )
    annual = everyone.loc[everyone["indicator"] == "ftf_departures"]
    people = everyone.loc[everyone["indicator"] == "population"]
    pooled = everyone.loc[everyone["indicator"] == "ftf_departures_3y"].set_index(["place_code", "year"])["value"]
    rates = everyone.loc[everyone["indicator"] == "ftf_departures_rate_3y"]
    assert len(rates) == len(pooled) == 28
    for row in rates.itertuples():
        years = range(row.year - 2, row.year + 1)
        assert row.period_start == f"{years[0]}-01-01"
        parts, lived = (
            df.loc[(df["place_code"] == row.place_code) & df["year"].isin(years), "value"] for df in (annual, people)
        )
        assert len(parts) == len(lived) == 3
        assert parts.sum() == pooled[row.place_code, row.year]
        assert row.value == pytest.approx(100_000 * parts.sum() / lived.sum(), abs=0.006)


def test_the_restricted_tier_shows_a_good_part_of_the_departures(snapshot: Path) -> None:
    """What the gate leaves: enough to see how withheld and shown places stand side by side."""
    df = pd.read_parquet(snapshot / "observations.parquet")
    everyone = df.loc[df["sex"] == "all"]
    shown = everyone["value"].notna().groupby([everyone["indicator_id"].astype("str"), everyone["level"]]).mean()
    assert 0.4 < shown["ftf_departures_3y", "ADM1"] < 0.9
    assert shown["ftf_departures_rate_3y", "ADM1"] == shown["ftf_departures_3y", "ADM1"]
    assert shown["ftf_departures", "ADM2"] > 0.08
    rates = df.loc[(df["indicator_id"] == "ftf_departures_rate_3y") & df["value"].notna()]
    assert set(rates["obs_status"]) == {"A", "U"}
    assert (rates["low"] < rates["value"]).all()
    assert (rates["high"] > rates["value"]).all()
    search = json.loads((snapshot / "manifest.json").read_text(encoding="utf-8"))["disclosure"]
    assert search["ftf_departures_3y"] == search["ftf_departures"]
    evidence = json.loads((snapshot / "disclosure.json").read_text(encoding="utf-8"))["indicators"]
    assert all(evidence[name]["passed"] for name in search)


def test_homonyms_are_listed_and_join_on_nothing_alone(package: Path) -> None:
    units = read_table(package / "data" / "units.csv")
    unclear = set(read_table(package / "data" / "ambiguous_names.csv")["name"])
    distinct = units.loc[~units["iso3"].isin(["XTO", "XTV"])].drop_duplicates(["unit_id", "name_en"])
    twice = {name for name, n in Counter(distinct["name_en"]).items() if n > 1 and name != "Ilvandor"}
    assert twice <= unclear
    levels = distinct.loc[distinct["name_en"].isin(unclear)].groupby("name_en")["level"].nunique()
    assert (levels > 1).sum() >= 2
    neighbours = set(units.loc[units["iso3"].isin(["XTO", "XTV"]), "name_en"])
    assert neighbours & unclear & set(distinct["name_en"])


def test_names_come_in_three_scripts(package: Path) -> None:
    units = read_table(package / "data" / "units.csv")
    assert units["name_en"].str.fullmatch("[A-Z][a-z]+").all()
    assert units["name_ru"].str.fullmatch("[А-Я][а-я]+").all()
    assert units["name_local"].str.fullmatch("[\u0600-\u06ff]+").all()


def test_messy_names_have_right_answers_that_exist(package: Path) -> None:
    units = read_table(package / "data" / "units.csv")
    known = set(zip(units["boundary_set"], units["unit_id"], units["level"], strict=True))
    messy = read_table(package / "data" / "messy_names.csv")
    answered = messy.loc[messy["right_unit_id"] != ""]
    assert set(zip(answered["right_set"], answered["right_unit_id"], answered["level"], strict=True)) <= known
    assert len(answered) > 80
    assert len(messy) - len(answered) >= 5
    assert messy["kind"].nunique() >= 12


def test_programmes_are_published_with_gaps_and_doubles(snapshot: Path, package: Path) -> None:
    published = pd.read_parquet(snapshot / "programmes.parquet")
    with (package / "data" / "programmes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(published) == len(rows) > 100
    assert list(published.columns) == CONTRACTS["programmes"].column_names
    assert set(published["status"]) == {"planned", "ongoing", "completed", "suspended"}
    assert published.loc[published["status"] == "planned", "reached"].isna().all()
    assert published.loc[published["status"] != "planned", "reached"].notna().all()
    works = published.groupby(["unit_id", "sector", "period_start"])["org_name"].nunique()
    assert works.max() >= 3


def test_public_and_partner_tiers_hold_no_departures_by_place(snapshot: Path) -> None:
    for tier in ("public", "partner"):
        folder = snapshot.parents[1] / tier
        current = folder / (folder / "CURRENT").read_text(encoding="utf-8").strip()
        observations = pd.read_parquet(current / "observations.parquet")
        held = {name for name in observations["indicator_id"] if name.startswith("ftf_departures")}
        assert held == {"ftf_departures_claimed"}
        assert set(observations.loc[observations["indicator_id"] == "ftf_departures_claimed", "level"]) == {"ADM0"}


def test_the_tutorial_says_what_the_package_holds(root: Path, figures: pd.DataFrame) -> None:
    page = (root / "docs" / "tutorials" / "training-workshop.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (\d{4}) \| ([\d.]+) \|$", page, flags=re.MULTILINE)
    assert len(rows) > 30
    everyone = figures.loc[(figures["sex"] == "all") & (figures["age"] == "all")]
    keys = [everyone["indicator"], everyone["place_code"], everyone["period_end"].str[:4]]
    held = dict(zip(zip(*keys, strict=True), everyone["value"], strict=True))
    assert [row for row in rows if held.get(row[:3]) != row[3]] == []
    names = set(read_table(root / "packages" / "training" / "data" / "units.csv")["name_en"])
    said = {"Rivonevost", "Felmeskavor", "Teskrevost", "Momuvrek", "Pazevost", "Zanivovik", "Pazikevost", "Vasevost"}
    assert said <= names
    assert all(name in page for name in said)


def test_companion_tables_are_not_taken_for_figures(snapshot: Path) -> None:
    report = json.loads((snapshot / "report.json").read_text(encoding="utf-8"))
    assert report["rows"]["listed"] == 0
    assert report["rows"]["read"] == report["rows"]["joined"] > 40_000
