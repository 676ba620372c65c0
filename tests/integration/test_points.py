"""The command `points` on the small package: every point is told of, none enters a package or a snapshot."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from etl.points import records
from geodata.snapshot import TABLES, open_snapshot
from tests.fixtures.small_package import indicator

SECRET = "Holder-of-record-7316"
LON, LAT = 60.123457, 40.765433
Etl = Callable[..., Any]


def write_points(path: Path, rows: list[tuple[object, ...]], names: str = "id,lon,lat,day") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names.split(","))
        writer.writerows(rows)
    return path


def grid(n: int = 400, seed: int = 3) -> pd.DataFrame:
    """Points over and around the two countries, none on a border."""
    rng = np.random.default_rng(seed)
    days = np.datetime64("2019-01-01") + rng.integers(0, 1200, n).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "id": np.arange(n),
            "lon": rng.uniform(59.9, 63.1, n).round(6) + 1e-7,
            "lat": rng.uniform(39.9, 42.1, n).round(6) + 1e-7,
            "day": days.astype(str),
        }
    )


@pytest.fixture
def points(etl: Etl, package: Path, tmp_path: Path) -> Callable[..., Any]:
    """Run the command on files, by default at ADM1 of the set XAA-2020 with XBB-base; no counts withheld."""

    def run(*files: Path, options: tuple[str, ...] = (), where: tuple[str, ...] | None = None, count: int = 1) -> Any:
        place = ("--set", "XAA-old", "--set", "XBB-base") if where is None else where
        fixed = ("--package", package, "--level", "ADM1", "--indicator", "schools", "--source", "census")
        out = ("--out", tmp_path / "table.csv", "--min-count", count)
        return etl("points", *files, *fixed, *place, *out, *options, "--json")

    return run


def table(tmp_path: Path) -> pd.DataFrame:
    return pd.read_csv(tmp_path / "table.csv", dtype="str", keep_default_na=False)


def values(tmp_path: Path) -> dict[tuple[str, str], str]:
    """Return the values by place and year."""
    df = table(tmp_path)
    return dict(zip(zip(df["place_name"], df["period_start"].str[:4], strict=True), df["value"], strict=True))


WHOLE = ("--period-start", "2020-01-01", "--period-end", "2020-12-31")
YEARS = ("--date", "day")


def test_points_become_counts_by_unit_and_year(points: Any, tmp_path: Path) -> None:
    rows = [(1, 60.5, 41, "2019-03-01"), (2, 60.6, 41, "2019-12-31"), (3, 60.7, 41, "2020-01-01"),
            (4, 61.5, 41.5, "2019"), (5, 62.5, 40.5, "08.06.2019"), (6, 70, 40, "2019-01-01")]  # fmt: skip
    run = points(write_points(tmp_path / "p.csv", rows), options=YEARS)
    assert run.code == 0
    assert values(tmp_path) == {
        ("West", "2019"): "2", ("West", "2020"): "1", ("North-East", "2019"): "1", ("Lower", "2019"): "1",
    }  # fmt: skip
    first = table(tmp_path).iloc[0]
    assert first[["indicator", "iso3", "level", "sex", "age", "qualifier", "obs_status"]].tolist() == [
        "schools", "XAA", "ADM1", "all", "all", "exact", "A",
    ]  # fmt: skip
    assert set(table(tmp_path)["boundary_set"]) == {"XAA-old", "XBB-base"}
    assert run.result["points"] == {"in": 6, "aggregated": 5, "listed": 1}
    near = run.result["outside"]["nearest"]
    assert [(one["unit_id"], one["over_100_km"]) for one in near] == [("XB-LO", 1)]


def test_by_date_the_division_at_the_end_of_the_period_counts(points: Any, tmp_path: Path) -> None:
    rows = [(1, 61.5, 41.5, "2019-03-01"), (2, 61.5, 40.5, "2019-03-01"), (3, 61.5, 41.5, "2020-03-01")]
    points(write_points(tmp_path / "p.csv", rows), options=YEARS, where=("--by-date",))
    df = table(tmp_path)
    found = set(zip(df["place_code"], df["boundary_set"], df["value"], strict=True))
    assert found == {("0102", "XAA-old", "1"), ("0103", "XAA-old", "1"), ("0105", "XAA-2020", "1")}


def test_each_point_that_is_not_aggregated_is_listed_once_with_its_row(points: Any, tmp_path: Path) -> None:
    path = write_points(
        tmp_path / "p.csv",
        [(1, 60.5, 41, "2020-01-01"), (2, "", 41, "2020-01-01"), (3, "x", 41, "2020-01-01"), (4, 0, 0, "2020-01-01"),
         (5, 200, 41, "2020-01-01"), (6, 60.5, 41, ""), (7, 60.5, 41, "soon"), (8, 60.5, 41, "2020-02"),
         (9, 60.5, 41, "2020"), (10, 61, 41, "2020-01-01"), (11, "60,5", "41,25", "2020-01-05"),
         (12, 10, 10, "2020-02-02")],
    )  # fmt: skip
    with path.open("a", encoding="utf-8") as file:
        file.write("13,60.5\n")
    run = points(path, options=(*YEARS, "--period", "month"))
    listed = {one["reason"]: (one["points"], one["rows"]["p.csv"]) for one in run.result["listed"]}
    assert listed == {
        "wrong_cells": (1, [14]),
        "no_coordinates": (1, [3]),
        "unreadable_coordinates": (1, [4]),
        "zero_coordinates": (1, [5]),
        "out_of_range": (1, [6]),
        "no_date": (1, [7]),
        "unreadable_date": (1, [8]),
        "coarse_date": (1, [10]),
        "outside": (1, [13]),
    }
    assert run.result["points"] == {"in": 13, "aggregated": 4, "listed": 9}
    assert run.result["on_borders"]["points"] == 1


def test_point_on_a_border_goes_to_the_first_unit_id(points: Any, tmp_path: Path) -> None:
    rows = [(1, 61, 41.5, ""), (2, 61.5, 41, ""), (3, 61, 41, ""), (4, 62, 41, "")]
    run = points(write_points(tmp_path / "p.csv", rows), options=WHOLE)
    assert run.result["on_borders"]["points"] == 4
    # XA-NE < XA-SE < XA-WE < XB-LO < XB-UP
    assert values(tmp_path) == {("North-East", "2020"): "4"}


def in_format(df: pd.DataFrame, kind: str, folder: Path) -> Path:
    """Write the same points in another format."""
    gdf = gpd.GeoDataFrame(df[["id", "day"]], geometry=gpd.points_from_xy(df["lon"], df["lat"]), crs=4326)
    path = folder / f"points.{kind}"
    if kind == "csv":
        df.to_csv(path, index=False)
    elif kind == "semicolon.csv":
        text = (
            df.rename(columns={"lon": "Долгота", "lat": "Широта"}).assign(name="Школа №1").to_csv(index=False, sep=";")
        )
        path.write_bytes(text.encode("cp1251", errors="replace"))
    elif kind == "bom.csv":
        path.write_bytes(b"\xef\xbb\xbf" + df.to_csv(index=False, lineterminator="\r\n").encode())
    elif kind == "utf16.csv":
        path.write_bytes(df.to_csv(index=False).encode("utf-16"))
    elif kind == "xlsx":
        df.to_excel(path, index=False)
    elif kind == "parquet":
        df.assign(day=pd.to_datetime(df["day"])).to_parquet(path, row_group_size=37)
    elif kind == "geoparquet":
        gdf.to_crs(32641).to_parquet(path)
    elif kind == "utm.gpkg":
        gdf.to_crs(32641).to_file(path, driver="GPKG")
    elif kind == "shp.zip":
        gdf.to_file(folder / "points.shp", encoding="utf-8")
        with zipfile.ZipFile(path, "w") as archive:
            for part in folder.glob("points.*"):
                if part.suffix != ".zip":
                    archive.write(part, part.name)
    else:
        gdf.to_file(path)
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "csv",
        "semicolon.csv",
        "bom.csv",
        "parquet",
        "geoparquet",
        "geojson",
        "gpkg",
        "utm.gpkg",
        "fgb",
        "shp.zip",
        "xlsx",
        "utf16.csv",
        "kml",
    ],
)
def test_every_format_gives_the_same_counts(points: Any, tmp_path: Path, kind: str) -> None:
    df = grid()
    frame = gpd.GeoDataFrame(df, geometry=gpd.points_from_xy(df["lon"], df["lat"]))
    squares = {"West": (60, 40, 61, 42), "North-East": (61, 41, 62, 42), "South-East": (61, 40, 62, 41),
               "Upper": (62, 41, 63, 42), "Lower": (62, 40, 63, 41)}  # fmt: skip
    expected: Counter[tuple[str, str]] = Counter()
    for name, (x0, y0, x1, y1) in squares.items():
        inside = frame.cx[x0:x1, y0:y1]
        expected.update((name, day[:4]) for day in inside["day"])
    folder = tmp_path / "files"
    folder.mkdir()
    run = points(in_format(df, kind, folder), options=YEARS)
    assert run.code == 0, run.out
    assert values(tmp_path) == {key: str(n) for key, n in expected.items()}
    assert run.result["points"]["in"] == 400
    assert run.result["points"]["aggregated"] == sum(expected.values())


def test_small_chunks_with_line_breaks_in_cells_change_nothing(
    points: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(f'a "quoted"\nname, {n}', 59.5 if n % 7 == 0 else 60.5, 41, "2020-05-05") for n in range(300)]
    path = write_points(tmp_path / "p.csv", rows)
    whole = points(path, options=YEARS).result
    before = (tmp_path / "table.csv").read_bytes()
    monkeypatch.setattr(records, "CHUNK_BYTES", 512)
    parts = points(path, options=YEARS).result
    assert (tmp_path / "table.csv").read_bytes() == before
    assert whole | {"seconds": 0} == parts | {"seconds": 0}
    assert whole["listed"][0]["rows"] == {"p.csv": [n + 2 for n in range(300) if n % 7 == 0]}


def test_swapped_coordinates_are_reported_and_swapped_only_on_request(points: Any, tmp_path: Path) -> None:
    df = grid().rename(columns={"lon": "lat", "lat": "lon"})
    path = tmp_path / "p.csv"
    df.to_csv(path, index=False)
    run = points(path, options=YEARS)
    assert run.code == 2
    assert not (tmp_path / "table.csv").exists()
    (found,) = run.result["suspicions"]
    assert found["kind"] == "swapped"
    assert found["points"] > found["of"] / 2
    assert "--swap" in found["text"]
    swapped = points(path, options=(*YEARS, "--swap"))
    assert swapped.code == 0
    assert swapped.result["points"]["aggregated"] == found["points"]
    assert swapped.result["suspicions"] == []


@pytest.mark.parametrize("code", [3857, 32641, 28411])
def test_metres_are_reported_with_their_likely_system(points: Any, tmp_path: Path, code: int) -> None:
    df = grid()
    x, y = Transformer.from_crs(4326, code, always_xy=True).transform(df["lon"], df["lat"])
    path = tmp_path / "p.csv"
    df.assign(lon=np.asarray(x).round(3), lat=np.asarray(y).round(3)).to_csv(path, index=False)
    run = points(path, options=YEARS)
    assert run.code == 2
    best = run.result["suspicions"][0]
    assert (best["kind"], best["crs"], best["swapped"]) == ("crs", f"EPSG:{code}", False)
    assert run.result["listed"][0]["reason"] == "out_of_range"
    assert points(path, options=(*YEARS, "--crs", best["crs"])).result["points"]["aggregated"] == best["points"]


def test_duplicates_are_counted_and_dropped_only_on_request(points: Any, tmp_path: Path) -> None:
    rows = [(1, 60.5, 41, "2020-01-01"), (1, 60.5, 41, "2020-01-01"), (2, 60.5, 41, "2020-01-01"),
            (1, 60.5, 41, "2020-01-01"), (1, 60.5, 41, "2020-01-02")]  # fmt: skip
    path = write_points(tmp_path / "p.csv", rows)
    kept = points(path, options=YEARS).result
    assert kept["duplicates"] == {
        "same_place_and_date": 3, "same_row": 2, "dropped": False,
        "first_rows": [{"file": "p.csv", "row": 3}, {"file": "p.csv", "row": 5}],
    }  # fmt: skip
    assert values(tmp_path) == {("West", "2020"): "5"}
    dropped = points(path, options=(*YEARS, "--drop-duplicates")).result
    assert dropped["points"] == {"in": 5, "aggregated": 3, "listed": 2}
    assert dropped["listed"][0]["rows"] == {"p.csv": [3, 5]}
    assert values(tmp_path) == {("West", "2020"): "3"}


def test_measures_weights_and_groups(points: Any, tmp_path: Path) -> None:
    names = "lon,lat,who,kind,score,weight"
    rows = [(60.5, 41, "F", "General school", 10, 1), (60.5, 41, "ж", "clinic", 20, 3), (60.5, 41, "M", "clinic", 5, 2),
            (60.5, 41, "?", "clinic", 5, 2), (60.5, 41, "F", "clinic", "", 2),
            (60.5, 41, "F", "clinic", 1, -1)]  # fmt: skip
    path = write_points(tmp_path / "p.csv", rows, names)

    def result(*options: str) -> list[tuple[str, ...]]:
        assert points(path, options=(*WHOLE, *options)).code == 0
        df = table(tmp_path)
        return list(df[["indicator", "sex", "value", "n"]].itertuples(index=False, name=None))

    assert result("--measure", "mean:score", "--weight", "weight", "--group", "who=sex") == [
        ("schools", "female", "17.5", "2"), ("schools", "male", "5", "1"),
    ]  # fmt: skip
    assert result("--measure", "sum:score") == [("schools", "all", "41", "")]
    assert result("--measure", "share:kind=clinic", "--weight", "weight") == [("schools", "all", "90", "5")]
    assert result("--group", "kind=series") == [
        ("schools_clinic", "all", "5", ""), ("schools_general_school", "all", "1", ""),
    ]  # fmt: skip


def test_no_point_means_zero_only_in_a_complete_list(points: Any, tmp_path: Path) -> None:
    rows = [(1, 60.5, 41, "2019-03-01"), (2, 61.5, 41.5, "2020-01-01")]
    path = write_points(tmp_path / "p.csv", rows)
    points(path, options=YEARS)
    assert values(tmp_path) == {("West", "2019"): "1", ("North-East", "2020"): "1"}
    run = points(path, options=(*YEARS, "--complete"))
    names = ("West", "North-East", "South-East", "Upper", "Lower")
    zeros = dict.fromkeys(((name, year) for name in names for year in ("2019", "2020")), "0")
    assert values(tmp_path) == zeros | {("West", "2019"): "1", ("North-East", "2020"): "1"}
    assert run.result["figures"] == {"written": 10, "withheld": 0, "zero": 8}
    assert run.result["units"]["without_polygon"] == ["XA-TO"]
    points(path, options=(*YEARS, "--complete", "--measure", "mean:id"))
    assert len(table(tmp_path)) == 2


def add_indicator(package: Path, file: Path) -> None:
    """Describe a table of figures and an indicator in the package, as the guide says."""
    path = package / "datapackage.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    resource = next(item for item in content["resources"] if item["name"] == "services")
    content["resources"].append({**resource, "name": "schools", "path": "data/figures/schools.csv"})
    path.write_text(json.dumps(content), encoding="utf-8")
    text = indicator(
        "schools", "services", "Schools", "schools", kind="count", high="null",
        display="{mark: symbol, level: ADM1}",
    )  # fmt: skip
    (package / "catalog/indicators/schools.yml").write_text(text, encoding="utf-8")
    (package / "data/figures/schools.csv").write_bytes(file.read_bytes())


def secret_points(tmp_path: Path) -> Path:
    rows = [(SECRET, LON, LAT, "2021-05-05")] * 3
    rows += [(f"{SECRET}-{n}", 60.5 + n / 1000, 41, "2021-05-05") for n in range(7)]
    rows += [(f"{SECRET}-{n}", 62.5, 40.5 + n / 1000, "2021-05-05") for n in range(3)]
    return write_points(tmp_path / "p.csv", rows, "holder,lon,lat,day")


def test_no_record_nor_coordinate_enters_the_package_or_the_snapshot(
    points: Any, etl: Etl, package: Path, tmp_path: Path
) -> None:
    run = points(secret_points(tmp_path), options=YEARS, where=("--by-date",))
    add_indicator(package, tmp_path / "table.csv")
    assert etl("build", package, "--out", tmp_path / "out", "--quiet").code == 0
    snapshot = open_snapshot(tmp_path / "out", "public")
    assert snapshot.observations("schools")["value"].tolist() == [10.0, 3.0]
    forbidden = [SECRET, "holder", str(LON), str(LAT)]
    for path in [*package.rglob("*"), *snapshot.path.iterdir()]:
        if path.is_file():
            content = path.read_bytes()
            assert not [word for word in forbidden if word.encode() in content], path.name
    for name in TABLES:
        df = snapshot.read_table(name)
        assert not {"holder", "day"} & set(df.columns)
        texts = df.select_dtypes(["object", "str", "category"]).astype("str")
        assert not texts.apply(lambda column: column.str.contains(SECRET)).to_numpy().any()
        for column in df.select_dtypes("number"):
            assert not df[column].isin([LON, LAT]).any()
    assert not [word for word in forbidden if word in run.out]


def test_small_counts_are_withheld_and_stay_so_in_the_snapshot(
    points: Any, etl: Etl, package: Path, tmp_path: Path
) -> None:
    run = points(secret_points(tmp_path), options=YEARS, where=("--by-date",), count=5)
    assert run.result["figures"] == {"written": 2, "withheld": 1, "zero": 0}
    hidden = table(tmp_path).set_index("place_name").loc["Lower"]
    assert hidden[["value", "n", "obs_status", "missing_reason"]].tolist() == ["", "", "M", "suppressed"]
    add_indicator(package, tmp_path / "table.csv")
    assert etl("build", package, "--out", tmp_path / "out", "--quiet").code == 0
    schools = open_snapshot(tmp_path / "out", "public").observations("schools").set_index("unit_id")
    assert schools.loc["XA-WE", "value"] == 10
    assert np.isnan(schools.loc["XB-LO", "value"])
    assert schools.loc["XB-LO", ["conf_status", "missing_reason"]].tolist() == ["C", "suppressed"]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """A real cluster: a scheduler and two workers in processes of their own."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1", protocol="tcp://"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "parquet", "gpkg"])
def test_cluster_gives_the_same_table_and_report(
    points: Any, tmp_path: Path, scheduler: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "CHUNK_BYTES", 4096)
    monkeypatch.setattr(records, "CHUNK_ROWS", 100)
    df = pd.concat([grid(), grid().head(50)])
    folder = tmp_path / "files"
    folder.mkdir()
    path = in_format(df, kind, folder)
    options = (*YEARS, "--drop-duplicates", "--measure", "mean:id")
    here = points(path, options=options).result
    content = (tmp_path / "table.csv").read_bytes()
    (tmp_path / "table.csv").unlink()
    there = points(path, options=(*options, "--scheduler", scheduler)).result
    assert (tmp_path / "table.csv").read_bytes() == content
    assert here | {"seconds": 0} == there | {"seconds": 0}
    assert here["duplicates"]["same_row"] > 0


def test_scheduler_that_does_not_answer_is_told_in_one_line(etl: Etl, package: Path, tmp_path: Path) -> None:
    path = write_points(tmp_path / "p.csv", [(1, 60.5, 41, "2020-01-01")])
    fixed = ("--package", package, "--by-date", "--level", "ADM1", "--indicator", "schools", "--source", "census")
    run = etl("points", path, *fixed, *YEARS, "--out", tmp_path / "t.csv", "--scheduler", "tcp://127.0.0.1:9")
    assert run.code == 1
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in run.err
    assert len(run.err.strip().splitlines()) == 1


def test_missing_dask_is_told_in_one_line(root: Path, package: Path, tmp_path: Path) -> None:
    path = write_points(tmp_path / "p.csv", [(1, 60.5, 41, "2020-01-01")])
    script = (
        "import sys; sys.modules['distributed'] = None\nfrom etl.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", script, "points", str(path), "--package", str(package), "--by-date", "--level",
               "ADM1", "--indicator", "schools", "--source", "census", "--date", "day",
               "--out", str(tmp_path / "t.csv"),
               "--scheduler", "tcp://127.0.0.1:9"]  # fmt: skip
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    assert "--scheduler needs Dask" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--date", "when"), 'p.csv, when: found no such column; expected one of "id", "lon", "lat", "day"'),
        (("--lon", "id"), "--lon and --lat together"),
        (("--period", "year"), "command line, --date: found no column"),
        ((), "command line, --period-start: found no dates"),
        (("--date", "day", "--source", "nobody"), 'command line, --source: found "nobody"'),
        (("--date", "day", "--set", "XAA-2020"), "two sets of one country"),
        (("--date", "day", "--set", "XCC"), 'command line, --set: found "XCC"; expected one of XAA-2020'),
        (("--date", "day", "--level", "ADM3"), "command line, --level: found ADM3"),
        (("--date", "day", "--group", "ethnicity=series"), 'command line, --group: found "ethnicity"'),
        (("--date", "day", "--out", "p.csv"), "command line, --out: found p.csv, which is another file already"),
    ],
)
def test_what_cannot_be_done_is_told(
    points: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], words: str
) -> None:
    path = write_points(tmp_path / "p.csv", [(1, 60.5, 41, "2020-01-01")])
    monkeypatch.chdir(tmp_path)
    run = points(path, options=options)
    assert run.code == 2
    assert [line for line in run.lines if words in line], run.lines
    assert path.read_text(encoding="utf-8").startswith("id,lon,lat,day\n1,")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.csv", None, "no such file"),
        ("empty.csv", b"", "no header row"),
        ("header.csv", b"lon,lat,day\n", "no rows"),
        ("broken.xlsx", b"PK\x03\x04 no workbook", "expected"),
        ("picture.png", b"\x89PNG", 'a file of the kind ".png"'),
        ("broken.parquet", b"PAR1 and no more", "expected a file of points"),
        ("broken.gpkg", b"no database", "expected a file of points"),
        ("broken.geojson", b"{", "expected a file of points"),
    ],
)
def test_files_that_are_no_points_are_told_in_one_line(
    points: Any, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    run = points(tmp_path / name, options=YEARS)
    assert run.code == 2
    (line,) = run.lines
    assert line.startswith(name)
    assert words in line


def test_shapes_that_are_no_points_are_listed(points: Any, tmp_path: Path) -> None:
    shapes = [
        "POINT (60.5 41)",
        "MULTIPOINT ((60.6 41))",
        "MULTIPOINT ((60.6 41), (61.5 41))",
        "LINESTRING (60 41, 61 41)",
    ]
    gdf = gpd.GeoDataFrame({"day": ["2020-01-01"] * 4}, geometry=gpd.GeoSeries.from_wkt(shapes), crs=4326)
    gdf.to_file(tmp_path / "p.geojson")
    run = points(tmp_path / "p.geojson", options=YEARS)
    assert values(tmp_path) == {("West", "2020"): "2"}
    assert run.result["listed"][0]["rows"] == {"p.geojson": [3, 4]}


def test_a_reference_system_that_does_not_exist_is_told(points: Any, tmp_path: Path, capsys: Any) -> None:
    with pytest.raises(SystemExit) as end:
        points(write_points(tmp_path / "p.csv", [(1, 60.5, 41, "2019")]), options=("--crs", "EPSG:99999", *YEARS))
    assert end.value.code == 2
    assert "EPSG:99999 is no reference system that is known" in capsys.readouterr().err
