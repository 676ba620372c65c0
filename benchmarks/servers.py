"""Processes that are measured or measured against: the ETL, the app."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.result import MB, MeasuringError

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "packages" / "central_asia"
_PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.005


@dataclass(frozen=True)
class Finished:
    """A process that ended well: how long it took, on the clock and of processors, and the most memory that it had.

    The last two are None where the system does not tell them.
    """

    seconds: float
    cpu_s: float | None
    peak_mb: float | None
    out: str


def run_child(arguments: Sequence[str], variables: Mapping[str, str] | None = None) -> Finished:
    """Run a Python program of this project to its end, from starting the interpreter on.

    `variables` are added to its environment.

    Raises
    ------
    MeasuringError
        If it fails.
    """
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        command = [sys.executable, *arguments]
        environment = os.environ | (variables or {})
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
        peak_mb = cpu_s = None
        if sys.platform == "win32":
            code = child.wait()
        else:
            _, status, usage = os.wait4(child.pid, 0)
            code = child.returncode = os.waitstatus_to_exitcode(status)
            cpu_s = usage.ru_utime + usage.ru_stime
            peak_mb = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MB
        seconds = time.perf_counter() - start
        out.seek(0)
        text = out.read().decode(errors="replace")
    if code:
        raise MeasuringError(f"python {' '.join(arguments)} ended with {code}:\n{text[-2000:]}")
    return Finished(seconds, cpu_s, peak_mb, text)


def build_snapshot(package: Path, out: Path) -> Finished:
    """Build a data package with the real ETL, in a process of its own."""
    return run_child(["-m", "etl", "build", str(package), "--out", str(out), "--json", "--quiet"])


def free_port() -> int:
    """Return a port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class App:
    """A running server: its address, how long it took from start to first answer, its process."""

    url: str
    start_s: float
    pid: int


@contextmanager
def serve_app(snapshots: Path) -> Iterator[App]:
    """Serve a folder of snapshots with the app, as a user does, until the block ends.

    Raises
    ------
    MeasuringError
        If it does not answer.
    """
    port = free_port()
    command = [sys.executable, "app.py", "--snapshots", str(snapshots), "--port", str(port)]
    with serve(command, f"http://127.0.0.1:{port}/") as app:
        yield app


@contextmanager
def serve(command: Sequence[str], url: str) -> Iterator[App]:
    """Run a server until the block ends; the block begins when it answers.

    Raises
    ------
    MeasuringError
        If it does not answer.
    """
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        child = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
        try:
            while not _answers(url):
                waited = time.perf_counter() - start
                if child.poll() is not None or waited > _PATIENCE_S:
                    out.seek(0)
                    words = out.read().decode(errors="replace")[-2000:]
                    raise MeasuringError(f"nothing answered at {url} within {waited:.0f} s:\n{words}")
                time.sleep(_LOOK_EVERY_S)
            yield App(url, time.perf_counter() - start, child.pid)
        finally:
            child.terminate()
            child.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE_S) as answer:
            answer.read()
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False
