"""`python -m etl fetch` as a user runs it, against a server on this computer."""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import sys

import pytest

from etl.__main__ import build_parser, main
from etl.fetch.registry import SOURCES
from tests.fixtures.fetch_server import Answer, as_file, as_json, serve

ROWS = {"data": [{"pk": 1, "title_en": "Naryn oblast", "values": [{"key": 2023, "value": 12.5}]}]}
PATH = "/ru/opendata/category/120/json"
TOKEN = "tok-0123456789"


@pytest.fixture
def server(monkeypatch):
    with serve() as running:
        for source in SOURCES:
            monkeypatch.setenv(source.url_variable, running.url)
            for key in source.keys:
                monkeypatch.delenv(key.variable, raising=False)
        running.on(PATH, as_file(json.dumps(ROWS).encode()))
        yield running


@pytest.fixture
def run(tmp_path, capsys):
    def run_fetch(*words):
        code = main(["fetch", *words, "--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")])
        return code, *capsys.readouterr()

    return run_fetch


def test_a_fetch_prints_what_it_wrote_and_the_row_of_the_source(server, run, tmp_path):
    code, printed, errors = run("kgz-nsc", "120")
    assert (code, errors) == (0, "")
    lines = printed.splitlines()
    assert lines[0].startswith(f"wrote {tmp_path / 'out' / 'kgz-nsc_120.json'} (")
    assert re.search(r" \(\d+ bytes, new, sha256 [0-9a-f]{64}\)$", lines[0])
    row = next(csv.DictReader(lines[2:]))
    assert row["source_id"] == "kgz-nsc-120"
    assert row["url"] == "https://stat.gov.kg/ru/opendata/category/120/"
    assert run("kgz-nsc", "120")[1].count("unchanged") == 1


@pytest.mark.parametrize("before", [True, False])
def test_json_before_or_after_the_source(server, tmp_path, capsys, before):
    words = ["kgz-nsc", "120", "--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    assert main(["fetch", "--json", *words] if before else ["fetch", *words, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["ok"] is True
    assert result["files"][0]["file"] == "kgz-nsc_120.json"
    assert result["source_row"]["date_accessed"] == result["files"][0]["date_accessed"]


def test_faults_are_one_line_and_code_1(server, run):
    server.on(PATH, Answer(b"<!DOCTYPE html><html>", headers={"Content-Type": "text/html"}))
    code, printed, errors = run("kgz-nsc", "120")
    assert (code, printed) == (1, "")
    assert len(errors.splitlines()) == 1
    assert "found a web page (HTML); expected JSON" in errors
    code, printed, errors = run("kgz-nsc", "120", "--json")
    assert (code, errors, json.loads(printed)["ok"]) == (1, "", False)


def test_a_missing_key_is_named(server, run):
    code, _, errors = run("iom-dtm", "AFG", "ADM1")
    assert (code, server.asked) == (1, [])
    assert "set the environment variable DTM_SUBSCRIPTION_KEY" in errors


def test_offline_after_online(server, run):
    assert run("kgz-nsc", "120", "--offline")[0] == 1
    assert run("kgz-nsc", "120")[0] == 0
    asked = len(server.asked)
    code, printed, _ = run("kgz-nsc", "120", "--offline")
    assert (code, len(server.asked)) == (0, asked)
    assert ", cache, " in printed


def test_limits_are_said_aloud_and_keys_never(server, run, monkeypatch, tmp_path):
    monkeypatch.setenv("ACLED_EMAIL", "person@example.org")
    monkeypatch.setenv("ACLED_PASSWORD", "passw0rd-1")
    server.on("/oauth/token", as_json({"access_token": TOKEN}))
    server.on("/api/acled/read", as_json({"status": 200, "success": True, "count": 1, "data": [{"fatalities": 0}]}))
    words = ("acled", "Kyrgyzstan", "--from", "2024-01-01", "--to", "2024-01-31")
    code, printed, errors = run(*words)
    assert (code, server.asked) == (1, [])
    code, printed, errors = run(*words, "--i-accept-terms")
    assert code == 0
    assert errors.startswith("LIMITS (acled): Event data must not be passed on or published")
    kept = printed + errors + "".join(p.read_text(encoding="utf-8") for p in tmp_path.rglob("*") if p.is_file())
    assert not any(secret in kept for secret in (TOKEN, "person@", "passw0rd-1"))


@pytest.mark.parametrize(
    "words",
    [
        ["kgz-nsc", "12/../../x"],
        ["hdx", "a?b=c"],
        ["world-bank", "KGZ", "A/../B"],
        ["cod-ab", "KG"],
        ["hdx-hapi", "../x", "AFG"],
        ["acled", "Kyrgyzstan|x", "--from", "2024-01-01", "--to", "2024-01-31"],
        ["acled", "Kyrgyzstan", "--from", "2024-13-01", "--to", "2024-01-31"],
        ["dhs", "KY"],
        ["kgz-nsc", "120", "--offline", "--refresh"],
        ["kgz-nsc", "120", "--max-mb", "0"],
        ["nothing"],
    ],
)
def test_wrong_arguments_never_reach_the_network(server, run, words):
    with pytest.raises(SystemExit) as ended:
        run(*words)
    assert (ended.value.code, server.asked) == (2, [])


def test_a_folder_that_cannot_be_written_is_one_line(server, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    code = main(["fetch", "kgz-nsc", "120", "--out", str(tmp_path / "file" / "x"), "--cache", str(tmp_path / "cache")])
    errors = capsys.readouterr().err
    assert (code, len(errors.splitlines())) == (1, 1)
    assert "cannot write to" in errors


@pytest.mark.parametrize("words", [["--list"], []])
def test_the_list_names_every_source_its_terms_and_keys(capsys, words):
    assert main(["fetch", *words]) == 0
    printed = capsys.readouterr().out
    for source in SOURCES:
        assert f"{source.name}: {source.title}" in printed
        assert source.terms in printed
        assert source.redistribution in printed
        assert all(key.variable in printed for key in source.keys)


def test_the_list_as_json(capsys):
    assert main(["fetch", "--list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["sources"]
    assert [one["source"] for one in listed] == [source.name for source in SOURCES]
    assert {"variable": "DHS_API_KEY", "required": False}.items() <= listed[5]["keys"][0].items()


def test_as_a_process(server, root, tmp_path):
    folders = ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
    command = [sys.executable, "-m", "etl", "fetch", "kgz-nsc", "120", *folders]
    done = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out/kgz-nsc_120.json").read_text(encoding="utf-8") == json.dumps(ROWS)


def test_the_parser_needs_no_network_library(root):
    code = "import sys, etl.__main__ as m; m.build_parser(); sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def _sources_of(parser):
    def choices(one):
        return next(a for a in one._actions if isinstance(a, argparse._SubParsersAction)).choices

    return choices(choices(parser)["fetch"])


def test_every_source_and_option_is_documented(root):
    page = (root / "docs/reference/etl-commands.md").read_text(encoding="utf-8")
    section = page.split("\n## fetch\n")[1].split("\n## ")[0]
    section = re.sub(r"```.*?```", "", section, flags=re.DOTALL)
    words = set(re.findall(r"[\w-]+", " ".join(re.findall(r"`([^`]+)`", section))))
    for name, parser in _sources_of(build_parser()).items():
        options = {text for action in parser._actions for text in action.option_strings if text.startswith("--")}
        assert {name} | options - {"--help"} <= words, name
    for source in SOURCES:
        assert {key.variable for key in source.keys} <= words
    assert next(source for source in SOURCES if source.name == "world-bank").url_variable in words
