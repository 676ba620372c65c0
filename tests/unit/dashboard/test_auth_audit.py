"""The audit log: appended to by many at once, chained, cut into files, and every kind of edit is found."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.audit import FIELDS, AuditLog, files_of, main, verify
from dashboard.errors import AuditError


def noon() -> datetime:
    return datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_log(path: Path, lines: int = 6, max_bytes: int = 10**6) -> AuditLog:
    log = AuditLog(path, max_bytes, noon)
    for number in range(lines):
        log.write("layer", f"account{number}", "restricted", "set", f"indicator_{number % 2}", "ADM1")
    return log


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "private" / "audit.jsonl"


def test_a_line_has_its_fields_and_no_other(path: Path) -> None:
    make_log(path, 1)
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert tuple(json.loads(line)) == FIELDS
    assert json.loads(line) | {"hash": ""} == {
        "time": "2026-03-01T12:00:00Z", "account": "account0", "tier": "restricted", "what": "layer", "dataset": "set",
        "indicator": "indicator_0", "level": "ADM1", "previous": "0" * 64, "hash": "",
    }  # fmt: skip


def change(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b"account2", b"account9"), *lines[3:]]


def rewrite(lines: list[bytes]) -> list[bytes]:
    """Change a line and make its own hash anew, as somebody would who knows how."""
    from dashboard.audit import _hash

    entry = json.loads(lines[2]) | {"account": "account9"}
    return [*lines[:2], json.dumps(entry | {"hash": _hash(entry)}, separators=(",", ":")).encode(), *lines[3:]]


@pytest.mark.parametrize(
    "edit",
    [
        change,
        rewrite,
        lambda lines: lines[:2] + lines[3:],
        lambda lines: lines[1:],
        lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
        lambda lines: [*lines[:3], lines[1], *lines[3:]],
        lambda lines: [*lines[:3], b"not an entry", *lines[3:]],
        lambda lines: [*lines[:3], lines[3][:-20], *lines[4:]],
    ],
)
def test_every_edit_is_found(path: Path, edit: Callable[[list[bytes]], list[bytes]]) -> None:
    make_log(path)
    assert verify(path).faults == ()
    path.write_bytes(b"\n".join(edit(path.read_bytes().splitlines())) + b"\n")
    assert verify(path).faults != ()


def test_a_cut_end_is_found_with_a_hash_noted_before(path: Path) -> None:
    make_log(path)
    noted = verify(path).last
    assert verify(path, holds=noted).faults == ()
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert verify(path).faults == ()
    assert "cut off" in verify(path, holds=noted).faults[0]


def test_full_files_go_on_in_new_ones(path: Path) -> None:
    log = make_log(path, 12, max_bytes=900)
    names = [one.name for one in files_of(path)]
    assert len(names) == 3
    assert names[-1] == "audit.jsonl"
    assert names[:2] == ["audit-000001.jsonl", "audit-000002.jsonl"]
    assert all(one.stat().st_size < 1400 for one in files_of(path))
    verdict = verify(path)
    assert (verdict.lines, verdict.faults) == (12, ())
    assert [entry["account"] for entry in log.entries(most=12)] == [f"account{n}" for n in reversed(range(12))]
    first = files_of(path)[0]
    last_of_first = verify(first).last
    first.unlink()
    assert verify(path).faults != ()
    assert verify(path, after=last_of_first).faults == ()


def test_entries_by_indicator_and_page(path: Path) -> None:
    log = make_log(path, 10)
    log.write("quality", "q", "restricted", "set", "*")
    found = [entry["account"] for entry in log.entries("indicator_1", skip=1, most=3)]
    assert found == ["account9", "account7", "account5"]
    assert log.entries("indicator_1", most=1)[0]["account"] == "q"  # a view of all indicators showed this one, too
    assert log.indicators() == ["indicator_0", "indicator_1"]
    assert log.indicators(["public", "partner"]) == []  # the page of a tier names nothing of the tiers above
    assert log.entries(tiers=["public", "partner"]) == []


def test_a_line_that_was_broken_off_stays_for_itself(path: Path) -> None:
    log = make_log(path, 2)
    with path.open("ab") as file:
        file.write(b'{"time": "2026')
    log.write("layer", "after", "restricted")
    assert verify(path).faults == ("audit.jsonl, line 3: is no entry",)
    assert log.entries()[0]["account"] == "after"


def test_values_of_fields_stay_on_their_line(path: Path) -> None:
    log = make_log(path, 0)
    log.write("sign_in_failed", 'a"\n{"b"\u2028c' + "x" * 500, "partner")
    assert verify(path).lines == 1
    assert len(log.entries()[0]["account"]) == 120


def test_processes_write_at_once(path: Path, root: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom dashboard.audit import AuditLog\n"
        "from dashboard.auth.clock import utc_now\n"
        "log = AuditLog(Path(sys.argv[1]), 4000, utc_now)\n"
        "for n in range(25): log.write('layer', sys.argv[2], 'partner')"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), f"p{n}"], cwd=root) for n in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    verdict = verify(path)
    assert (verdict.lines, verdict.faults) == (75, ())


def test_the_command(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(path)]) == 2
    make_log(path)
    out = io.StringIO()
    assert main(["verify", str(path)], out) == 0
    assert out.getvalue().startswith("6 lines in 1 file(s): unbroken; the last hash is ")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    assert main(["verify", str(path)]) == 1
    assert "BROKEN" in capsys.readouterr().out


def test_what_cannot_be_written_is_an_error(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(AuditError, match="nothing sensitive can be shown"):
        make_log(path, 1)


def test_unknown_acts_are_refused(path: Path) -> None:
    with pytest.raises(AuditError, match="knows no 'looked'"):
        AuditLog(path, 1000, noon).write("looked", "a", "partner")
