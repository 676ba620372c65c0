"""A comparison tells what changed in figures, and no number that a snapshot withholds."""

from __future__ import annotations

from typing import Any

import pandas as pd

from etl.diff import compare_snapshots, describe_comparison
from tests.unit.etl.quality_frames import observe, table_of


class InMemory:
    """A snapshot of a few tables."""

    tier = "restricted"

    def __init__(self, name: str, rows: list[dict[str, Any]], sensitivity: str = "low", notices: tuple = ()) -> None:
        self.snapshot_id, self.rows, self.notices = name, rows, notices
        self.manifest: dict[str, Any] = {"files": {"observations.parquet": {"logical_hash": name}}}
        self.sensitivity = sensitivity

    def read_table(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        tables = {
            "observations": table_of(self.rows),
            "indicators": pd.DataFrame([{"indicator_id": "share", "sensitivity": self.sensitivity}]),
            "units": pd.DataFrame({"boundary_set": ["LAND"], "unit_id": ["U00"], "name_en": ["Corner"]}),
            "sources": pd.DataFrame({"source_id": ["s1"], "title": ["Yearbook"]}),
        }
        table = tables[name]
        text = {column: "str" for column, kind in table.dtypes.items() if kind == "category"}
        return (table if columns is None else table[columns]).astype(text)

    def report_json(self) -> dict[str, Any]:
        return {"rows": {"read": len(self.rows), "joined": len(self.rows)}, "notices": list(self.notices)}


OLD = observe({("U00", 2020): 10.0, ("U01", 2020): 20.0, ("U02", 2020): None, ("U03", 2020): 40.0})


def changed(**more: Any) -> list[dict[str, Any]]:
    new = [dict(row) for row in OLD]
    new[0] |= {"value": 15.0, "obs_status": "P"}
    new[1] |= {"value": 20.1}
    new[2] |= {"value": 30.0, "obs_status": "A", "missing_reason": ""}
    return [new[0] | more, *new[1:3], *observe({("U10", 2020): 50.0}, source_id="s2")]


def test_revisions_are_told_with_old_and_new_value_and_difference():
    notice = {"kind": "unused_exclusion", "subject": "Tover", "detail": "fits no row", "rows": 0}
    result = compare_snapshots(InMemory("a", OLD), InMemory("b", changed(), notices=(notice,)))
    part = result["by_indicator"]["share"]
    assert {name: part[name] for name in ("figures_added", "figures_removed", "revised", "filled", "emptied")} == {
        "figures_added": 1, "figures_removed": 1, "revised": 2, "filled": 1, "emptied": 0,
    }  # fmt: skip
    first = part["largest"][0]
    assert (first["unit_id"], first["old"], first["new"], first["change"], first["change_share"]) == (
        "U00", 10.0, 15.0, 5.0, 0.5,
    )  # fmt: skip
    assert part["statuses"] == [{"old": "A", "new": "P", "figures": 1}, {"old": "M", "new": "A", "figures": 1}]
    assert (part["units_added"], part["units_removed"]) == (["U10"], ["U03"])
    assert (part["sources_added"], part["sources_removed"]) == (["s2"], [])
    assert [one["subject"] for one in result["report"]["notices_added"]] == ["Tover"]
    text = "\n".join(describe_comparison(result))
    assert "U00 2020-01-01 to 2020-12-31: 10 -> 15 (+5, +50.0 %)" in text
    assert "notice + unused_exclusion: Tover: fits no row" in text


def test_a_figure_that_either_withholds_is_told_without_numbers():
    hidden = {"value": None, "obs_status": "M", "missing_reason": "suppressed", "conf_status": "C"}
    forth = compare_snapshots(InMemory("a", OLD), InMemory("b", changed(**hidden)))
    back = compare_snapshots(InMemory("b", changed(**hidden)), InMemory("a", OLD))
    for result, name in ((forth, "newly_withheld"), (back, "no_longer_withheld")):
        part = result["by_indicator"]["share"]
        assert part[name] == 1
        assert "U00" not in {one["unit_id"] for one in part["largest"]}


def test_severe_indicators_are_told_in_counts_only():
    result = compare_snapshots(InMemory("a", OLD, "severe"), InMemory("b", changed(), "low"))
    part = result["by_indicator"]["share"]
    assert (part["severe"], part["revised"], part["largest"]) == (True, 2, [])
    assert (part["units_added"], part["units_removed"]) == (1, 1)
    assert result["observations"]["first"] == {"added": [], "removed": [], "changed": []}
    assert "U0" not in "\n".join(describe_comparison(result))


def test_the_same_figures_give_no_indicator():
    result = compare_snapshots(InMemory("a", OLD), InMemory("a", OLD))
    assert result["same"] is True
    assert result["by_indicator"] == {}
    assert describe_comparison(result)[0] == "a -> a: the same content"
