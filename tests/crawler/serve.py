"""Servers to be crawled, the crawl, and what may be quoted."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from waitress.server import create_server

from geodata.snapshot import Snapshot
from layers.words import languages, load_words
from tests.crawler.detect import Detector
from tests.crawler.truth import Truth, read_truth
from tests.crawler.walk import Scope, Walker

START_SECONDS = 60


@dataclass(frozen=True)
class Served:
    """A running process: its port, and what it has written so far."""

    port: int
    log: Callable[[], list[str]]


def texts_in(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from texts_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts_in(value)


@cache
def quotable(package: Path) -> frozenset[str]:
    """Return texts of the package and of the interface that may be shown with the numbers in them."""
    found: set[str] = set()
    for path in package.glob("catalog/**/*.yml"):
        found |= set(texts_in(yaml.safe_load(path.read_text(encoding="utf-8"))))
    for name in ("sources.csv", "boundary_sets.csv"):
        lines = (package / "data" / name).read_text(encoding="utf-8").replace('"', "").splitlines()
        found |= {field for line in lines for field in line.split(",")} | set(lines)
    for lang in languages():
        words = load_words(lang)
        found |= {text for text in words.subset("").values() if "{" not in text}
        found |= {words("state_note.s_below", k=k) for k in (3, 5, 10)}
    return frozenset(text for text in found if len(text) > 3)


@contextmanager
def app_process(root: Path, folder: Path, tier: str, log: Path, private: Path) -> Iterator[Served]:
    """Serve snapshots with the real `app.py` on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DRIVERS_ATLAS_")}
    environment |= {"DRIVERS_ATLAS_WORKSPACE": str(log.parent / "workspace"), "DRIVERS_ATLAS_PRIVATE": str(private)}
    command = [sys.executable, "app.py", "--snapshots", str(folder), "--tier", tier, "--port", str(port)]
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not answers(port):
                if server.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"app.py does not answer:\n{log.read_text(encoding='utf-8')}")
                time.sleep(0.05)
            yield Served(port, lambda: log.read_text(encoding="utf-8", errors="replace").splitlines())
        finally:
            server.terminate()
            server.wait(timeout=10)


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def app_thread(server_app: Any, lines: list[str]) -> Iterator[Served]:
    """Serve a WSGI application of this process on a free port."""
    server = create_server(server_app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Served(server.effective_port, lambda: list(lines))
    finally:
        server.close()
        thread.join(timeout=10)


def crawl(
    served: Served, package: Path, snapshot: Snapshot, truth: Truth | None = None, *, is_default: bool, **scope: Any
) -> Detector:
    """Walk all that a process answers about a dataset, and return what was found."""
    truth = truth or read_truth(package, snapshot)
    detector = Detector(truth, quotable(package))
    asked = {"files": sorted(snapshot.path.iterdir()), "concerned": truth.concerned, **scope}
    walker = Walker(served.port, Scope(**asked), snapshot.manifest["dataset"], is_default)
    for answer in walker.walk():
        detector.judge(answer)
    detector.judge_together()
    detector.judge_log(served.log())
    return detector


def told(detector: Detector) -> str:
    """Return the findings, one a line, for a message."""
    return json.dumps([vars(one) for one in detector.findings[:20]], ensure_ascii=False, indent=1)
