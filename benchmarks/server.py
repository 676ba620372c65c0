"""Many people at once: locust's users walk real journeys through the served app; how long each request takes."""

from __future__ import annotations

import csv
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.result import MB, MeasuringError, Result, result, rounded
from benchmarks.servers import App, run_child, serve_app
from benchmarks.site_map import SITE_VARIABLE, THINK_VARIABLE, read_site

USERS = (1, 10, 50, 100)
TARGET_USERS, TARGET_MS = 100, 100.0
SERVER = "waitress, 1 process, 8 threads (`python app.py` as it comes)"
KINDS = ("page", "script", "layer", "geometry", "panel", "table", "method")
_LOCUSTFILE = "benchmarks/locustfile.py"
_FIRST_ERRORS = 10


@dataclass(frozen=True)
class Pace:
    """How users come and walk: all are there after `ramp_s`, it ends after `lasting_s`; `think_s` between actions."""

    ramp_s: float
    lasting_s: float
    think_s: tuple[float, float]


PACE = Pace(20.0, 40.0, (1.0, 3.0))


def quick_pace(users: int) -> Pace:
    """Return a short walk: as many users come in a second as in a long one of a hundred, or a few more."""
    return Pace(users / 7, users / 7 + 3, PACE.think_s)


@dataclass
class Log:
    """What the users met: how many requests of each kind took how many ms, and what went wrong."""

    times: dict[str, Counter[int]]
    errors: list[str] = field(default_factory=list)
    error_count: int = 0
    users_cpu_s: float | None = None
    server_cpu_s: float | None = None

    @property
    def all(self) -> Counter[int]:
        """The times of all requests."""
        return sum(self.times.values(), Counter())


def percentile_of_counts(counts: Mapping[int, int], percent: float) -> int:
    """Return the smallest value that at least `percent` of all do not exceed (nearest rank)."""
    rank = max(-(-sum(counts.values()) * percent // 100), 1)
    reached = 0
    for value in sorted(counts):
        reached += counts[value]
        if reached >= rank:
            return value
    raise MeasuringError("no request was made")


def read_log(told: Path, failures: Path) -> Log:
    """Read what locust told: its summary as JSON; its words about failures as CSV, without the last second's."""
    entries = json.loads(told.read_text(encoding="utf-8"))
    times: dict[str, Counter[int]] = {kind: Counter() for kind in KINDS}
    for entry in entries:
        for ms, count in entry["response_times"].items():
            times[entry["name"]][round(float(ms))] += int(count)
    log = Log(times, error_count=sum(int(entry["num_failures"]) for entry in entries))
    with failures.open(encoding="utf-8", newline="") as file:
        log.errors += [f"{row['Name']}: {row['Error']}" for row in csv.DictReader(file)]
    return log


def crowd(app: App, site: Path, users: int, pace: Pace) -> Log:
    """Let users come one after another and walk until the time is over."""
    with tempfile.TemporaryDirectory() as name:
        told, tables = Path(name) / "told.json", Path(name) / "table"
        rate = max(users / pace.ramp_s, 1.0)
        before = server_cpu_s(app.pid)
        finished = run_child(
            [
                "-m", "locust", "--locustfile", _LOCUSTFILE, "--headless", "--only-summary",
                "--host", app.url.rstrip("/"), "--users", str(users), "--spawn-rate", f"{rate:g}",
                "--run-time", f"{pace.lasting_s:.0f}s",
                "--json-file", str(told.with_suffix("")), "--csv", str(tables), "--exit-code-on-error", "0",
            ],
            {SITE_VARIABLE: str(site), THINK_VARIABLE: ",".join(map(str, pace.think_s))},
        )  # fmt: skip
        log = read_log(told, tables.with_name("table_failures.csv"))
        after = server_cpu_s(app.pid)
    log.users_cpu_s = finished.cpu_s
    if before is not None and after is not None:
        log.server_cpu_s = after - before
    return log


def peak_memory_mb(pid: int) -> float | None:
    """Return the most memory that a running process has had; None where the system does not tell it."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) * 1024 / MB if found else None


def server_cpu_s(pid: int) -> float | None:
    """Return the processor time that a running process has had; None where the system does not tell it."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return None
    user, system = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def crowd_results(users: int, log: Log, pace: Pace) -> Iterator[Result]:
    """Yield the rows of one crowd: all requests, each kind of request, rate, errors."""
    common = {"users": users, "server": SERVER, "ramp_s": pace.ramp_s, "seconds": pace.lasting_s}
    common["think_s"] = list(pace.think_s)
    is_target = users == TARGET_USERS
    title = f"{users} users"
    if not log.all:
        raise MeasuringError(f"server, {title}: no request was made: {log.errors[:_FIRST_ERRORS]}")

    def times(name: str, counts: Counter[int], target: float | None, what: str) -> Result:
        p95 = percentile_of_counts(counts, 95)
        details = {"p95": p95, "median": percentile_of_counts(counts, 50), "requests": counts.total()}
        return Result(f"server.{users}.{name}", p95, "ms", target, f"{what}, 95 % ({title})", common | details)

    yield times("request", log.all, TARGET_MS if is_target else None, "any request")
    for kind in KINDS:
        if log.times[kind]:
            yield times(kind, log.times[kind], None, f"of them {kind}")
    rate = rounded(log.all.total() / pace.lasting_s, "/s")
    cpu = {"server_cpu_s": log.server_cpu_s, "users_cpu_s": log.users_cpu_s}
    spent = {name: round(seconds, 1) for name, seconds in cpu.items() if seconds is not None}
    yield Result(f"server.{users}.rate", rate, "/s", None, f"requests ({title})", common | spent)
    first = {"first": log.errors[:_FIRST_ERRORS]} if log.errors else {}
    target = 0 if is_target else None
    yield Result(f"server.{users}.errors", log.error_count, "errors", target, f"errors ({title})", common | first)


def measure(snapshots: Path, *, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Let crowds of users come to a served snapshot, one crowd after another."""
    results: list[Result] = []
    with serve_app(snapshots) as app, tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "site.json"
        site.write_text(read_site(app.url).as_json(), encoding="utf-8")
        for users in USERS:
            pace = quick_pace(users) if is_quick else PACE
            say(f"server, {users} users, {pace.lasting_s:.0f} s")
            results += crowd_results(users, crowd(app, site, users, pace), pace)
            memory = peak_memory_mb(app.pid)
            if memory is not None:
                details = {"users": users, "server": SERVER}
                what = f"most memory of the server so far ({users} users)"
                results.append(result(f"server.{users}.memory", memory, "MB", None, what, **details))
    return results
