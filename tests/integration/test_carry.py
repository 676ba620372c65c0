"""Series carried to other boundaries by the real pipeline: counts, rates, what is hidden, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from etl.__main__ import main
from etl.pipeline import prepare
from geodata.snapshot import open_snapshot
from tests.fixtures.small_package import FIGURE_COLUMNS, figure, indicator, write_csv, write_package

HEADER = ["from_set", "to_set", "level", "from_unit", "to_unit", "share_population", "share_area", "method"]
MERGE = [
    ["XAA-old", "XAA-2020", "ADM1", "XA-NE", "XA-EA", "1", "1", "exact_membership"],
    ["XAA-old", "XAA-2020", "ADM1", "XA-SE", "XA-EA", "1", "1", "exact_membership"],
]
SPLIT = [
    ["XAA-2020", "XAA-old", "ADM1", "XA-EA", "XA-NE", "0.3", "0.5", "population"],
    ["XAA-2020", "XAA-old", "ADM1", "XA-EA", "XA-SE", "0.7", "0.5", "population"],
]
FORMER = {"KZ-VOS": ("KZ-10", "KZ-63"), "KZ-ALM": ("KZ-19", "KZ-33"), "KZ-KAR": ("KZ-35", "KZ-62")}


def rows(name: str, year: int, values: dict[str, str], **changes: str) -> list[list[str]]:
    places = {"XA-WE": "West", "XA-NE": "North-East", "XA-SE": "South-East", "XA-EA": "East", "XA-TO": "Tover town"}
    found = []
    for code, value in values.items():
        reason = value if value in ("suppressed", "not_collected") else ""
        number = "" if reason else value
        status = "M" if reason else "A"
        found.append(figure(name, "XAA", code, places[code], year, number, status=status, reason=reason, **changes))
    return found


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The small package with beds (count), people (count), beds_per_10 (rate) of 2018 and 2021, and a crosswalk."""
    root = write_package(tmp_path / "small")
    figures = [
        FIGURE_COLUMNS,
        *rows("beds", 2018, {"XA-WE": "10", "XA-NE": "20", "XA-SE": "5", "XA-TO": "1"}),
        *rows("beds", 2021, {"XA-WE": "11", "XA-EA": "101", "XA-TO": "2"}),
        *rows("people", 2018, {"XA-WE": "100", "XA-NE": "100", "XA-SE": "400"}),
        *rows("people", 2021, {"XA-WE": "110", "XA-EA": "600"}),
        *rows("beds_per_10", 2018, {"XA-WE": "1", "XA-NE": "2", "XA-SE": "0.125"}),
        *rows("beds_per_10", 2021, {"XA-WE": "1", "XA-EA": "1.6833333"}),
    ]
    write_csv(root / "data" / "figures" / "beds.csv", figures)
    write_csv(root / "data" / "crosswalk.csv", [HEADER, *MERGE, *SPLIT])
    content = json.loads((root / "datapackage.json").read_text(encoding="utf-8"))
    for name, header in (("figures/beds", FIGURE_COLUMNS), ("crosswalk", HEADER)):
        fields = [{"name": column, "type": "number" if column == "value" else "string"} for column in header]
        schema = {"fields": fields, "missingValues": [""]}
        content["resources"].append({"name": name.split("/")[-1], "path": f"data/{name}.csv", "schema": schema})
    (root / "datapackage.json").write_text(json.dumps(content), encoding="utf-8")
    for name in ("beds", "people"):
        write_indicator(root, name, kind="count")
    write_indicator(root, "beds_per_10")
    return root


def write_indicator(root: Path, name: str, carry: str = "", *, kind: str = "rate", sensitivity: str = "low") -> None:
    palette = "greys" if sensitivity == "severe" else "blues"
    display = f"{{mark: symbol, level: ADM1, palette: {palette}}}" if kind == "count" else "{level: ADM1}"
    text = indicator(
        name, "services", name, "beds", kind=kind, high="null", display=display, sensitivity=sensitivity
    )  # fmt: skip
    line = f"carry: {carry}\n" if carry else ""
    (root / "catalog" / "indicators" / f"{name}.yml").write_text(text + line, encoding="utf-8")


def carried(root: Path, name: str) -> pd.DataFrame:
    df = prepare([root]).joined.observations
    texts = [
        "unit_id",
        "boundary_set",
        "obs_status",
        "missing_reason",
        "match_method",
        "qualifier",
        "note_en",
        "note_ru",
    ]
    return df.loc[df["indicator_id"] == name].astype(dict.fromkeys(texts, "str"))


def at(df: pd.DataFrame, unit: str, year: int) -> pd.Series:
    found = df.loc[(df["unit_id"] == unit) & (df["period_end"].dt.year == year)]
    assert len(found) == 1
    return found.iloc[0]


def problems(root: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert main(["validate", str(root), "--json"]) == 2
    return [problem["text"] for problem in json.loads(capsys.readouterr().out)["problems"]]


def test_a_count_is_joined_exactly(package: Path) -> None:
    write_indicator(package, "beds", "{to: XAA-2020, method: exact_membership}", kind="count")
    df = carried(package, "beds")
    assert set(df["boundary_set"]) == {"XAA-2020"}
    east = at(df, "XA-EA", 2018)
    assert (east["value"], east["obs_status"], east["match_method"]) == (25.0, "E", "crosswalk")
    assert (east["share_moved"], east["match_score"]) == (0.0, 1.0)
    assert east["note_en"] == "Carried from XAA-old to XAA-2020 by lists of members: North-East, South-East."
    assert "«Северо-Восток», «Юго-Восток»" in east["note_ru"]
    west = at(df, "XA-WE", 2018)
    assert (west["value"], west["obs_status"], west["match_method"]) == (10.0, "A", "iso_3166_2")
    assert pd.isna(west["share_moved"])
    assert at(df, "XA-EA", 2021)["value"] == 101.0
    assert at(df, "XA-EA", 2021)["obs_status"] == "A"


def test_a_count_is_divided_by_people_or_land_and_nothing_is_lost(package: Path) -> None:
    for method, expected in (("population", (30.3, 70.7)), ("area", (50.5, 50.5))):
        write_indicator(package, "beds", f"{{to: XAA-old, method: {method}}}", kind="count")
        df = carried(package, "beds")
        parts = [at(df, unit, 2021) for unit in ("XA-NE", "XA-SE")]
        assert tuple(part["value"] for part in parts) == pytest.approx(expected, rel=1e-12)
        assert sum(part["value"] for part in parts) == 101.0
        assert parts[0]["share_moved"] == pytest.approx(expected[0] / 101.0)
        assert "% of East." in parts[0]["note_en"]


def test_a_rate_is_carried_as_two_counts(package: Path) -> None:
    declared = "{to: XAA-2020, method: exact_membership, numerator: beds, denominator: people, per: 10}"
    write_indicator(package, "beds_per_10", declared)
    df = carried(package, "beds_per_10")
    assert at(df, "XA-EA", 2018)["value"] == pytest.approx(10 * 25 / 500)  # not the mean of 2 and 0.125
    assert at(df, "XA-EA", 2018)["obs_status"] == "E"
    assert at(df, "XA-WE", 2018)["value"] == 1.0


@pytest.mark.parametrize(
    ("series", "cell", "state", "status"),
    [
        ("beds", "suppressed", "suppressed", "M"),
        ("people", "suppressed", "suppressed", "M"),
        ("beds_per_10", "suppressed", "suppressed", "M"),
        ("beds", "not_collected", "not_collected", "M"),
        ("people", "0", "not_collected", "M"),
    ],
)
def test_a_rate_of_something_hidden_is_hidden(package: Path, series: str, cell: str, state: str, status: str) -> None:
    path = package / "data" / "figures" / "beds.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    chosen = (table["indicator"] == series) & (table["place_name"] == "South-East")
    reason = "" if cell == "0" else cell
    table.loc[chosen, ["value", "missing_reason", "obs_status"]] = [
        "0" if cell == "0" else "",
        reason,
        "M" if reason else "A",
    ]
    if cell == "0":
        table.loc[(table["indicator"] == series) & (table["place_name"] == "North-East"), "value"] = "0"
    table.to_csv(path, index=False)
    declared = "{to: XAA-2020, method: exact_membership, numerator: beds, denominator: people, per: 10}"
    write_indicator(package, "beds_per_10", declared)
    east = at(carried(package, "beds_per_10"), "XA-EA", 2018)
    assert pd.isna(east["value"])
    assert (east["missing_reason"], east["obs_status"]) == (state, status)


def test_a_sum_without_one_of_its_parts_is_missing(package: Path) -> None:
    path = package / "data" / "figures" / "beds.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    gone = (table["indicator"] == "beds") & (table["place_name"] == "South-East")
    table.loc[~gone].to_csv(path, index=False)
    write_indicator(package, "beds", "{to: XAA-2020, method: exact_membership}", kind="count")
    east = at(carried(package, "beds"), "XA-EA", 2018)
    assert pd.isna(east["value"])
    assert east["missing_reason"] == "not_collected"


def test_rows_are_accounted_for(package: Path, tmp_path: Path) -> None:
    write_indicator(package, "beds", "{to: XAA-2020, method: exact_membership}", kind="count")
    assert main(["build", str(package), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    quality = open_snapshot(tmp_path / "out", "public").manifest["quality"]
    assert quality["rows_read"] == quality["rows_joined"] + quality["rows_listed"] + quality["rows_withheld"] == 37
    assert quality["rows_listed"] == 1
    assert quality["by_match_method"]["crosswalk"] == 1


@pytest.mark.parametrize(
    ("name", "carry", "kind", "words"),
    [
        ("beds_per_10", "{to: XAA-2020, method: area}", "rate", "a rate is carried only as numerator and denominator"),
        ("beds", "{to: XAA-2020, method: area, numerator: beds, denominator: people}", "count", "carried by itself"),
        ("beds", "{to: XAA-2031, method: area}", "count", "a boundary set of data/boundary_sets.csv"),
        (
            "beds",
            "{to: XAA-old, method: exact_membership}",
            "count",
            "where XA-EA of XAA-2020 to XAA-old (ADM1) is divided",
        ),
        ("beds", "{to: XAA-2020, method: by_hand}", "count", "carry.method"),
        (
            "beds_per_10",
            "{to: XAA-2020, method: area, numerator: beds, denominator: poverty_rate, per: 10}",
            "rate",
            "which is of kind rate; expected an indicator of kind count",
        ),
        (
            "beds_per_10",
            "{to: XAA-2020, method: area, numerator: beds, denominator: people, per: 100}",
            "rate",
            "found 100, where the published figures are about 10 times beds by people",
        ),
    ],
)
def test_what_cannot_be_carried_is_refused(
    package: Path, capsys: pytest.CaptureFixture[str], name: str, carry: str, kind: str, words: str
) -> None:
    write_indicator(package, name, carry, kind=kind)
    found = problems(package, capsys)
    assert any(words in line and f"{name}.yml" in line for line in found), found


def test_a_rate_may_not_show_what_its_counts_hide(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_indicator(package, "beds", kind="count", sensitivity="severe")
    write_indicator(
        package, "beds_per_10", "{to: XAA-2020, method: area, numerator: beds, denominator: people, per: 10}"
    )
    assert any("a count that the tier public may hold" in line for line in problems(package, capsys))


def test_a_unit_without_a_row_is_named(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(package / "data" / "crosswalk.csv", [HEADER, MERGE[0]])
    write_indicator(package, "beds", "{to: XAA-2020, method: exact_membership}", kind="count")
    (line,) = problems(package, capsys)
    assert "figures of XA-SE and no row for them from XAA-old to XAA-2020 (ADM1)" in line


def test_the_command_makes_rows_that_the_build_takes(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = package / "data" / "crosswalk.csv"
    for one, two, method in (("XAA-old", "XAA-2020", "exact_membership"), ("XAA-2020", "XAA-old", "area")):
        command = ["crosswalk", str(package), one, two, "--level", "ADM1", "--method", method, "--out", str(target)]
        assert main(command) == 0
    made = pd.read_csv(target, dtype=str, keep_default_na=False)
    kept = made.loc[made["from_unit"] != made["to_unit"], ["from_unit", "to_unit", "share_area", "method"]]
    assert kept.iloc[2:].to_numpy().tolist() == [
        ["XA-NE", "XA-EA", "1", "exact_membership"],
        ["XA-SE", "XA-EA", "1", "exact_membership"],
    ]
    halves = kept.iloc[:2]["share_area"].astype(float)
    assert halves.sum() == 1.0
    assert halves.tolist() == pytest.approx([0.4925, 0.5075], abs=0.01)  # the northern square is the smaller one
    capsys.readouterr()
    assert main(["crosswalk", str(package), "XAA-old", "XBB", "--level", "ADM1", "--method", "area"]) == 1
    assert "XBB is no boundary set of the package" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main(
            ["crosswalk", str(package), "XAA-old", "XAA-2020", "--level", "ADM1", "--method", "area", "--date", "1 May"]
        )
    assert end.value.code == 2
    assert "'1 May' is no day such as 2022-08-01" in capsys.readouterr().err


# ---- the shipped package


@pytest.fixture(scope="module")
def shipped(central_asia: Path) -> pd.DataFrame:
    df = prepare([central_asia]).joined.observations
    return df.assign(unit_id=df["unit_id"].astype("str"))


def test_parents_equal_the_sum_of_their_parts(shipped: pd.DataFrame) -> None:
    published = shipped.loc[shipped["indicator_id"] == "internal_migration_net"]
    former = shipped.loc[shipped["indicator_id"] == "internal_migration_net_2018"]
    assert set(former["boundary_set"]) == {"KAZ-2018"}
    for end, whole in former.groupby("period_end"):
        parts = published.loc[published["period_end"] == end].set_index("unit_id")["value"]
        sums = whole.set_index("unit_id")["value"]
        assert (len(parts), len(sums)) == (20, 17)
        for unit, members in FORMER.items():
            assert sums[unit] == sum(parts[member] for member in members)
        same = sorted(set(sums.index) & set(parts.index))
        assert len(same) == 14
        assert sums[same].equals(parts[same])
        assert sums.sum() == pytest.approx(parts.sum(), abs=1e-9)
    assert former.loc[former["unit_id"] == "KZ-VOS", "value"].tolist() == [-8338.0, -9633.0]


def test_the_shares_of_kazakhstan_are_those_of_the_published_population(
    shipped: pd.DataFrame, central_asia: Path
) -> None:
    links = pd.read_csv(central_asia / "data" / "crosswalk.csv", dtype=str, keep_default_na=False)
    people = shipped.loc[shipped["indicator_id"] == "population"]
    for day, units in (("2022-08-01", tuple(FORMER.items())), ("2024-12-01", (("KZ-YUZ", ("KZ-61", "KZ-79")),))):
        known = people.loc[people["period_end"] == day].set_index("unit_id")["value"]
        for unit, members in units:
            rows = links.loc[(links["from_unit"] == unit) & links["to_unit"].isin(members)]
            assert len(rows) == 4  # towards both later sets
            for row in rows.itertuples():
                share = known[row.to_unit] / sum(known[member] for member in members)
                assert float(row.share_population) == pytest.approx(share, abs=1e-12)


def test_a_shipped_count_can_be_divided_and_joined_again(central_asia: Path, tmp_path: Path) -> None:
    """Doctors until 2017 on the regions of today: the parts of each former region add up to its figure."""
    import shutil

    root = Path(shutil.copytree(central_asia, tmp_path / "package"))
    path = root / "catalog" / "indicators" / "doctors.yml"
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "display:\n", 'carry: {to: "KAZ-2022", method: population}\ndisplay:\n'
        ),
        encoding="utf-8",
    )
    before = prepare([central_asia]).joined.observations
    after = prepare([root]).joined.observations
    day = pd.Timestamp("2017-12-31")
    values = [
        df.loc[
            (df["indicator_id"] == "doctors")
            & (df["iso3"] == "KAZ")
            & (df["level"] == "ADM1")
            & (df["period_end"] == day)
        ]
        .assign(unit_id=lambda d: d["unit_id"].astype("str"))
        .set_index("unit_id")["value"]
        for df in (before, after)
    ]
    assert (len(values[0]), len(values[1])) == (16, 20)
    for unit, members in {**FORMER, "KZ-YUZ": ("KZ-61", "KZ-79")}.items():
        assert sum(values[1][member] for member in members) == pytest.approx(values[0][unit], abs=1e-9)
    assert values[1].sum() == pytest.approx(values[0].sum(), abs=1e-9)
