"""A build that is killed at any moment leaves the former snapshot served, and the next build cleans up.

One process imports the ETL and forks a child for each build, so that a hundred builds take seconds. It kills its own
children when it is told to, before it asks how they ended: no other process can be hit.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

from geodata.snapshot import open_snapshot, open_snapshot_dir
from tests.fixtures.small_package import FIGURE_COLUMNS, SERVICES, figure, write_csv, write_package

ROOT = Path(__file__).parents[2]
SEED = 20_261_122
KILLS, ROUND = 100, 10
WRITING = "writing"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither fork nor SIGKILL"),
]

FORKER = """
import os, signal, sys, traceback
from pathlib import Path
import geopandas, pandera.pandas, pyproj
import etl.boundaries, etl.pipeline, etl.publish

def say(text):
    os.write(1, (text + "\\n").encode())

check_tables = etl.publish.check_tables

def check_and_say(tables):
    check_tables(tables)
    say("step writing")

etl.publish.check_tables = check_and_say

def build(package, out):
    prepared = etl.pipeline.prepare([Path(package)], lambda step: say("step " + step))
    etl.pipeline.publish(prepared, Path(out), ["public"], lambda step: say("step " + step))
    say("step done")

build(sys.argv[1], sys.argv[2])  # everything that is made at its first use is made once, before the forks
while line := sys.stdin.readline():
    package, out = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if child == 0:
        try:
            build(package, out)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    word = sys.stdin.readline().strip()
    if word == "kill":
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    say("end %d" % os.waitstatus_to_exitcode(status))
"""


@dataclass
class Forker:
    """The process that forks builds; one at a time."""

    process: subprocess.Popen[str]

    def _send(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def read(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().rstrip("\n")
        assert line, "the forking process has ended"
        return line

    def start(self, package: Path, out: Path) -> None:
        self._send(f"{package}\t{out}")
        assert self.read() == "step read"

    def wait_for(self, step: str) -> None:
        while (line := self.read()) != f"step {step}":
            assert line.startswith("step "), line

    def end(self, word: str) -> int:
        """Kill the build or wait for it; return its exit code, negative for a signal."""
        self._send(word)
        while not (line := self.read()).startswith("end "):
            pass
        return int(line.removeprefix("end "))


@contextmanager
def forker(package: Path, out: Path) -> Iterator[Forker]:
    process = subprocess.Popen(
        [sys.executable, "-c", FORKER, str(package), str(out)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        builds = Forker(process)
        builds.wait_for("done")
        yield builds
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(timeout=60)


def change(package: Path, number: int) -> None:
    """Give the package another figure, so that each build makes another snapshot."""
    rows = [figure("doctors", "XBB", "010", "Lower", 2019, str(number))]
    write_csv(package / "data/figures/services.csv", [FIGURE_COLUMNS, *SERVICES[1:], *rows])


def served(out: Path) -> int:
    """Return the number of the package whose snapshot is served; opening it checks the hash of every file."""
    doctors = open_snapshot(out, "public").observations("doctors")
    row = doctors.loc[(doctors["unit_id"] == "XB-LO") & (doctors["period_end"].dt.year == 2019)]
    return int(row["value"].item())


def leftovers(out: Path) -> list[str]:
    return [path.name for path in (out / "public").iterdir() if path.name.startswith((".building-", "CURRENT."))]


def time_build(builds: Forker, package: Path, out: Path) -> tuple[float, float]:
    """Build to the end; return how long all of it and the writing took."""
    begun = time.perf_counter()
    builds.start(package, out)
    builds.wait_for(WRITING)
    writing = time.perf_counter()
    builds.wait_for("done")
    ended = time.perf_counter()
    assert builds.end("wait") == 0
    return ended - begun, ended - writing


def test_build_killed_at_any_moment_leaves_a_snapshot_served_and_nothing_to_clean_up(tmp_path: Path) -> None:
    package, out = write_package(tmp_path / "small"), tmp_path / "out"
    chance = random.Random(SEED)
    numbers = iter(range(1, 10 * KILLS))
    killed = dirty = 0

    def build_whole(builds: Forker) -> tuple[float, float]:
        number = next(numbers)
        change(package, number)
        times = time_build(builds, package, out)
        assert served(out) == number
        assert leftovers(out) == []
        return times

    with forker(package, tmp_path / "warm") as builds:
        whole, writing = (median(column) for column in zip(*(build_whole(builds) for _ in range(3)), strict=True))
        former = served(out)
        for kill in range(1, KILLS + 1):
            number = next(numbers)
            change(package, number)
            builds.start(package, out)
            if kill % 2:
                time.sleep(chance.uniform(0, whole))
            else:
                builds.wait_for(WRITING)
                time.sleep(chance.uniform(0, writing))
            code = builds.end("kill")
            assert code in (0, -signal.SIGKILL)
            killed += code != 0
            dirty += bool(leftovers(out))
            assert served(out) in ((former, number) if code else (number,))
            former = served(out)
            if kill % ROUND == 0:
                build_whole(builds)
                former = served(out)
    folders = [path for path in (out / "public").iterdir() if path.is_dir()]
    assert len({open_snapshot_dir(path).snapshot_id for path in folders}) == len(folders)
    assert killed > KILLS / 2, "most builds must have been alive when they were killed"
    assert dirty > KILLS / ROUND, "kills must have hit the writing"
