"""Many people at once: users who walk real journeys through the served app, and how long each request takes."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.result import MB, MeasuringError, Result, percentile, result, rounded
from benchmarks.servers import serve_app

USERS = (1, 10, 50, 100)
TARGET_USERS, TARGET_MS = 100, 100.0
SERVER = "waitress, 1 process, 8 threads (`python app.py` as it comes)"
KINDS = ("page", "script", "data", "callback")
_PATIENCE_S = 30.0
_LAYERS, _PLACES = 3, 3
_FILES = re.compile(r'(?:src|href)="(/a/[^"]+)"')
_BOOT = re.compile(r'<script type="application/json" id="boot">(.*?)</script>', re.DOTALL)
_LAYER = re.compile(r'href="\?layer=(\w+)&amp;level=(\w+)&amp;lang=en"')


@dataclass(frozen=True)
class Pace:
    """How users come and walk: all are there after `ramp_s`, it ends after `lasting_s`; `think_s` between actions."""

    ramp_s: float
    lasting_s: float
    think_s: tuple[float, float]


PACE = Pace(20.0, 40.0, (1.0, 3.0))


def quick_pace(users: int) -> Pace:
    """Return a short walk: ten users come in a second."""
    return Pace(users / 10, users / 10 + 4.5, (0.8, 1.6))


class RefusedError(Exception):
    """A request was not answered with 200."""


@dataclass
class Log:
    """What the users met: seconds and kind of each request, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    errors: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        """The times of all requests."""
        return [time for times in self.times.values() for time in times]


class Connection:
    """One HTTP/1.1 connection that stays open between requests, as a browser's does."""

    def __init__(self, host: str, port: int, log: Log) -> None:
        self._host, self._port, self._log = host, port, log
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, kind: str, path: str, body: Any = None, *, plain: bool = False) -> bytes:
        """Return the body of an answer (as it was sent, or with `plain` uncompressed); note how long it took."""
        start = time.perf_counter()
        try:
            answer = await asyncio.wait_for(self._exchange(path, body, plain), _PATIENCE_S)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, RefusedError) as error:
            self._log.errors.append(f"{kind} {path}: {type(error).__name__} {error}")
            self.close()
            return b""
        self._log.times[kind].append(time.perf_counter() - start)
        return answer

    def close(self) -> None:
        """Close it; the next request opens another."""
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, path: str, body: Any, plain: bool) -> bytes:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        sent = b"" if body is None else json.dumps(body).encode()
        lines = [
            f"{'GET' if body is None else 'POST'} {path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            "Accept-Language: en",
            f"Accept-Encoding: {'identity' if plain else 'gzip, deflate, br'}",
        ]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(sent)}"]
        writer.write("\r\n".join([*lines, "", ""]).encode() + sent)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        answer = await _read_body(reader, fields)
        if fields.get("connection", "").lower() == "close":
            self.close()
        status = head[0].split(" ", 2)[1]
        if status != "200" or not answer:
            raise RefusedError(f"status {status}, {len(answer)} bytes")
        return answer


async def _read_body(reader: asyncio.StreamReader, fields: dict[str, str]) -> bytes:
    if "content-length" in fields:
        return await reader.readexactly(int(fields["content-length"]))
    if fields.get("transfer-encoding", "").lower() != "chunked":
        return await reader.read()
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)


@dataclass(frozen=True)
class Site:
    """What a browser finds in the first page: files, layers with their level, places, where the data are."""

    files: list[str]
    layers: list[tuple[str, str]]
    places: list[str]
    view: dict[str, Any]
    data: str

    def call(self, output: str, asked_of: str, layer: tuple[str, str], unit: str | None) -> dict[str, Any]:
        """Return the body of a Dash callback, as its renderer sends it."""
        names = [dict(zip(("id", "property"), part.split("."), strict=True)) for part in output.strip(".").split("...")]
        value = {"dataset": self.view["dataset"], "layer": layer[0], "level": layer[1], "lang": "en", "unit": unit}
        return {
            "output": output,
            "outputs": names if output.startswith("..") else names[0],
            "inputs": [{"id": asked_of, "property": "data", "value": value}],
            "changedPropIds": [f"{asked_of}.data"],
        }


def read_site(page: str) -> Site:
    """Read what the first page names.

    Raises
    ------
    MeasuringError
        If it names no files, too few layers or no places.
    """
    found = _BOOT.search(page)
    if found is None:
        raise MeasuringError("the first page has no boot data")
    boot = json.loads(found[1])
    view = boot["view"]
    layers = [pair for pair in _LAYER.findall(page) if pair[1] == view["level"]]
    files = [*dict.fromkeys(_FILES.findall(page)), *boot["scripts"]]
    places = [unit["id"] for unit in boot["units"]]
    if not files or not places or len(layers) < _LAYERS:
        raise MeasuringError(f"the first page names {len(files)} files, {len(layers)} layers, {len(places)} places")
    return Site(files, layers, places, view, boot["data"])


async def _think(chance: random.Random, pace: Pace, end: float) -> bool:
    """Wait as long as a reader looks at what there is; return whether time is left then."""
    await asyncio.sleep(max(min(chance.uniform(*pace.think_s), end - time.perf_counter()), 0))
    return time.perf_counter() < end


async def _walk(
    site: Site, connection: Connection, chance: random.Random, pace: Pace, begin_s: float, end: float
) -> None:
    """Open the app, look at layers, select places, read a method; again until the time is over."""
    await asyncio.sleep(begin_s)
    is_first = True
    while time.perf_counter() < end:
        await connection.ask("page", "/")
        if is_first:  # later visits find the files in the browser's cache
            for path in site.files:
                await connection.ask("script", path)
        is_first = False
        for layer in chance.sample(site.layers, _LAYERS):
            if not await _think(chance, pace, end):
                break
            await connection.ask("data", f"{site.data}/{layer[0]}.{layer[1]}.json")
        first = (site.view["layer"], site.view["level"])
        calls = [
            site.call("panel.children", "panel-ask", first, place) for place in chance.sample(site.places, _PLACES)
        ]
        calls.append(site.call("..method.is_open...method.children..", "method-ask", first, None))
        for call in calls:
            if not await _think(chance, pace, end):
                break
            await connection.ask("callback", "/_dash-update-component", call)
    connection.close()


async def _crowd(host: str, port: int, users: int, pace: Pace) -> Log:
    """Let users come one after another and walk until the time is over."""
    told = Log()
    first = Connection(host, port, told)
    site = read_site((await first.ask("page", "/", plain=True)).decode())
    first.close()
    log = Log()
    end = time.perf_counter() + pace.lasting_s
    await asyncio.gather(
        *(
            _walk(site, Connection(host, port, log), random.Random(number), pace, pace.ramp_s * number / users, end)
            for number in range(users)
        )
    )
    return log


def peak_memory_mb(pid: int) -> float | None:
    """Return the most memory that a running process has had; None where the system does not tell it."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) * 1024 / MB if found else None


def crowd_results(users: int, log: Log, pace: Pace) -> list[Result]:
    """Return the rows of one crowd: all requests, each kind of request, errors."""
    common = {"users": users, "server": SERVER, "ramp_s": pace.ramp_s, "seconds": pace.lasting_s}
    is_target = users == TARGET_USERS
    title = f"{users} users"

    def times(name: str, samples: Sequence[float], target: float | None, what: str) -> Result:
        p95 = rounded(percentile([time * 1000 for time in samples], 95), "ms")
        details = {"p95": p95, "median": rounded(percentile(samples, 50) * 1000, "ms"), "requests": len(samples)}
        return Result(f"server.{users}.{name}", p95, "ms", target, f"{what}, 95 % ({title})", common | details)

    if not log.all:
        raise MeasuringError(f"server, {title}: no request was answered: {log.errors[:10]}")
    results = [times("request", log.all, TARGET_MS if is_target else None, "any request")]
    results += [times(kind, log.times[kind], None, f"of them {kind}") for kind in KINDS if log.times[kind]]
    first = {"first": log.errors[:10]} if log.errors else {}
    target = 0 if is_target else None
    results.append(
        Result(f"server.{users}.errors", len(log.errors), "errors", target, f"errors ({title})", common | first)
    )
    return results


def measure(snapshots: Path, *, is_quick: bool, say: Callable[[str], None]) -> list[Result]:
    """Let crowds of users come to a served snapshot, one crowd after another."""
    results: list[Result] = []
    with serve_app(snapshots) as app:
        host, _, port = app.url.removeprefix("http://").rstrip("/").partition(":")
        for users in USERS:
            pace = quick_pace(users) if is_quick else PACE
            say(f"server, {users} users, {pace.lasting_s:.0f} s")
            results += crowd_results(users, asyncio.run(_crowd(host, int(port), users, pace)), pace)
            memory = peak_memory_mb(app.pid)
            if memory is not None:
                details = {"users": users, "server": SERVER}
                what = f"most memory of the server so far ({users} users)"
                results.append(result(f"server.{users}.memory", memory, "MB", None, what, **details))
    return results
