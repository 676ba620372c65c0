"""The gate in a real build: the training country's departures, the evidence, refusals, and what the command says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from etl.__main__ import main
from etl.disclosure.audit import audit_table
from etl.disclosure.joint import build_joint
from etl.disclosure.table import Rule, make_table
from geodata.errors import SnapshotError
from geodata.hashing import canonical_json, hash_bytes, hash_file, snapshot_id
from geodata.snapshot import DISCLOSURE, MANIFEST, Snapshot, open_snapshot, open_snapshot_dir

FTF, RETURNED = "ftf_departures", "returnees_per_1000"
POOLED, RATE = "ftf_departures_3y", "ftf_departures_rate_3y"


@pytest.fixture(scope="module")
def out(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("protected")
    assert main(["build", str(root / "packages" / "training"), "--out", str(folder), "--tier", "all", "--quiet"]) == 0
    return folder


@pytest.fixture(scope="module")
def restricted(out: Path) -> Snapshot:
    return open_snapshot(out, "restricted")


@pytest.fixture(scope="module")
def truth(root: Path) -> pd.DataFrame:
    df = pd.read_csv(root / "packages/training/data/figures/ftf.csv", dtype=str, keep_default_na=False)
    return df.loc[df["indicator"].isin([FTF, POOLED])].assign(value=lambda x: x["value"].astype(float))


def test_no_small_count_is_in_the_snapshot_and_some_counts_are(restricted: Snapshot) -> None:
    df = restricted.observations(FTF)
    shown = df.loc[df["value"].notna()]
    assert len(shown)
    assert shown["value"].min() >= 10
    hidden = df.loc[df["value"].isna()]
    assert (hidden["missing_reason"] == "suppressed").all()
    assert (hidden["conf_status"] == "C").all()
    assert hidden[["low", "high", "n"]].isna().all(axis=None)
    assert set(shown["conf_status"]) == {"F"}


def test_a_reader_of_the_published_table_cannot_narrow_a_withheld_cell_down(
    restricted: Snapshot, truth: pd.DataFrame
) -> None:
    df = pd.concat([restricted.observations(name).astype({"unit_id": "str"}) for name in (FTF, POOLED)])
    key = ["unit_id", "period_start", "period_end", "sex"]
    known = truth.assign(**{name: pd.to_datetime(truth[name]) for name in ("period_start", "period_end")})
    known = known.rename(columns={"place_code": "unit_id"})
    both = df.merge(known[[*key, "value"]], on=key, suffixes=("", "_true"), validate="1:1")
    assert len(both) == len(df)
    shown = both["value"].notna()
    assert (both.loc[shown, "value"] == both.loc[shown, "value_true"]).all()
    joint = build_joint(both.assign(count=both["value_true"]), restricted.units)
    withheld = np.zeros(len(joint.values), dtype=bool)
    withheld[: len(both)] = ~shown
    table = make_table(joint.values, joint.relations, Rule(10, 10.0), hidden=joint.hidden)
    assert len(joint.relations) > 450
    assert {key[1][1] - key[1][0] for key in joint.keys} >= {365, 1096}
    assert not len(audit_table(table, withheld).exposed)


def test_the_evidence_is_beside_the_manifest_and_listed_in_it(restricted: Snapshot, out: Path) -> None:
    entry = restricted.manifest["files"][DISCLOSURE]
    assert entry["sha256"] == hash_file(restricted.path / DISCLOSURE)
    evidence = json.loads((restricted.path / DISCLOSURE).read_text(encoding="utf-8"))
    assert set(evidence["indicators"]) == {FTF, POOLED, RATE, RETURNED}
    ftf = evidence["indicators"][FTF]
    assert (ftf["passed"], ftf["rules"]["k"], ftf["rules"]["zeros"], ftf["rules"]["words"]) == (
        True, 10, "banded", "alike",
    )  # fmt: skip
    for name in (FTF, POOLED, RATE):
        own, df = evidence["indicators"][name], restricted.observations(name)
        assert (own["cells"], own["primary"] + own["secondary"]) == (len(df), df["value"].isna().sum())
    assert ftf["least_width"] >= 10
    assert restricted.manifest["disclosure"][FTF]["gap"] == 0
    assert set(json.loads((open_snapshot(out, "partner").path / DISCLOSURE).read_text())["indicators"]) == {RETURNED}
    assert DISCLOSURE not in open_snapshot(out, "public").manifest["files"]


def test_the_report_lists_no_row_of_the_departures(restricted: Snapshot) -> None:
    report = restricted.report_json()
    assert FTF in json.dumps(report)
    assert [item for item in report["listed"] if FTF in json.dumps(item)] == []


def test_another_build_is_the_same_snapshot(root: Path, out: Path, restricted: Snapshot) -> None:
    arguments = ["build", str(root / "packages" / "training"), "--out", str(out), "--tier", "restricted", "--quiet"]
    assert main(arguments) == 0
    assert open_snapshot(out, "restricted").snapshot_id == restricted.snapshot_id


def rewrite(snapshot: Snapshot, target: Path, change) -> Path:
    """Copy a snapshot, change its evidence, and make its manifest fit, as somebody would who wants it to pass."""
    copy = target / "copy"
    shutil.copytree(snapshot.path, copy)
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    evidence = change(json.loads((copy / DISCLOSURE).read_text(encoding="utf-8")))
    if evidence is None:
        (copy / DISCLOSURE).unlink()
        del manifest["files"][DISCLOSURE]
    else:
        body = canonical_json(evidence)
        (copy / DISCLOSURE).write_bytes(body)
        manifest["files"][DISCLOSURE] |= {"logical_hash": hash_bytes(body), "sha256": hash_file(copy / DISCLOSURE)}
    manifest["snapshot_id"] = snapshot_id({name: entry["logical_hash"] for name, entry in manifest["files"].items()})
    (copy / MANIFEST).write_bytes(canonical_json(manifest))
    return copy.rename(target / manifest["snapshot_id"])


@pytest.mark.parametrize(
    "change",
    [
        lambda evidence: None,
        lambda evidence: evidence | {"indicators": {RETURNED: evidence["indicators"][RETURNED]}},
        lambda evidence: evidence | {"observations": "0" * 64},
        lambda evidence: evidence | {"version": 99},
        lambda evidence: (
            evidence | {"indicators": evidence["indicators"] | {FTF: evidence["indicators"][FTF] | {"passed": False}}}
        ),
    ],
    ids=["none", "another indicator", "another table", "another version", "not passed"],
)
def test_a_snapshot_without_valid_evidence_is_refused(restricted: Snapshot, tmp_path: Path, change) -> None:
    with pytest.raises(SnapshotError, match=r"(ftf_departures\w*|returnees_per_1000) without evidence"):
        open_snapshot_dir(rewrite(restricted, tmp_path, change))


def test_an_unchanged_copy_is_opened(restricted: Snapshot, tmp_path: Path) -> None:
    assert open_snapshot_dir(rewrite(restricted, tmp_path, dict)).tier == "restricted"


def test_a_release_that_gives_an_earlier_one_away_is_refused(root: Path, out: Path, tmp_path: Path, capsys) -> None:
    """What was shown before, and is small after a raised threshold, cannot be withheld any more."""
    package, folder = tmp_path / "training", tmp_path / "out"
    shutil.copytree(root / "packages" / "training", package)
    shutil.copytree(out, folder)
    spec = package / "catalog" / "indicators" / f"{FTF}.yml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("{finest_level: ADM2}", "{finest_level: ADM2, k: 15}"))
    arguments = ["build", str(package), "--out", str(folder), "--tier", "restricted", "--quiet"]
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert "ftf_departures: an earlier release in the folder shows" in error
    assert "--supersede" in error
    assert main([*arguments, "--supersede"]) == 0
    shown = open_snapshot(folder, "restricted").observations(FTF)["value"].dropna()
    assert shown.min() >= 15


SAID = {
    "en": ["are shown", "fewer than 10 persons", "could be worked out", "add up 3 years", "leave out the finest level"],
    "ru": ["показано значений", "меньше 10 человек", "вычислить", "сложить по 3 года", "без самого подробного уровня"],
}


@pytest.mark.parametrize("lang", SAID)
def test_the_command_explains_in_plain_words(root: Path, capsys, lang: str) -> None:
    assert main(["protect", str(root / "packages" / "training"), "--explain", FTF, "--lang", lang, "--quiet"]) == 0
    text = capsys.readouterr().out
    assert all(word in text for word in SAID[lang]), text


def test_the_command_says_what_each_coarser_table_keeps(root: Path, capsys) -> None:
    assert main(["protect", str(root / "packages" / "training"), "--explain", FTF, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    ways = {way["way"]: way for way in found["ways"]}
    assert {"as_is", "pool_3", "merge_sexes", "up_a_level"} <= ways.keys()
    for way in ways.values():
        assert way["shown"] + way["primary"] + way["secondary"] == way["cells"]
        assert 0 <= way["share_of_total"] <= 1
    assert ways["pool_3"]["share_of_total"] > ways["as_is"]["share_of_total"]
    assert main(["protect", str(root / "packages" / "training"), "--explain", "nothing_such", "--json"]) == 1
    assert "there is no indicator 'nothing_such'" in json.loads(capsys.readouterr().out)["error"]
