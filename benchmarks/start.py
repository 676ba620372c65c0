"""The server: how long a start takes, from the interpreter to the first page answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.result import Result, result
from benchmarks.servers import serve_app


def measure(snapshots: Path, *, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Measure starts of the app after a first one that is not counted (it writes Python's byte code)."""
    seconds = []
    for number in range(2 if is_quick else 4):
        say(f"start of the app: run {number + 1}")
        with serve_app(snapshots) as app:
            seconds.append(app.start_s)
    what = "start of the app to its first answer, from the second start on"
    return [result("start.app", seconds[1:], "s", 5.0, what)]
