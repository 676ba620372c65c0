"""The journey of one reader, walked by locust: `python -m locust -f benchmarks/locustfile.py` with SITE_VARIABLE set.

Runs in a process of its own, since importing locust exchanges parts of Python's standard library.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any, ClassVar

from locust import FastHttpUser, SequentialTaskSet, between

from benchmarks.site_map import LAYERS, PLACES, SITE_VARIABLE, THINK_VARIABLE, Site

SITE = Site.from_json(Path(os.environ[SITE_VARIABLE]).read_text(encoding="utf-8"))
_LONGEST_S = 30.0


class Journey(SequentialTaskSet):
    """Open the app, look at layers, select places, open the table, read a method; then again."""

    def on_start(self) -> None:
        """Begin with an empty cache."""
        self.cached: set[str] = set()

    def open_page(self) -> None:
        """Open the app with every script that it names."""
        self._ask("page", "/")
        for path in SITE.files:
            self._ask_once("script", path)

    def look(self) -> None:
        """Open another layer, with the geometry and the names of its level."""
        layer, level = random.choice(SITE.layers)
        self._ask_once("layer", f"{SITE.data}/{layer}.{level}.json")
        for path in SITE.geometry[level]:
            self._ask_once("geometry", path)

    def select(self) -> None:
        """Select a place of the first map."""
        self._call("panel", SITE.call("panel.children", "panel-ask", random.choice(SITE.places)))

    def open_table(self) -> None:
        """Open the table, the first time with its scripts."""
        for path in SITE.late:
            self._ask_once("script", path)
        self._call("table", SITE.call("drawer.children", "table-ask", None))

    def read_method(self) -> None:
        """Open the description of the layer."""
        self._call("method", SITE.call("..method.is_open...method.children..", "method-ask", None))

    tasks: ClassVar[list[Any]] = [open_page, *[look] * LAYERS, *[select] * PLACES, open_table, read_method]

    def _ask_once(self, kind: str, path: str) -> None:
        """Ask for what never changes, unless this reader's browser has it."""
        if path not in self.cached:
            self.cached.add(path)
            self._ask(kind, path)

    def _ask(self, kind: str, path: str) -> None:
        with self.client.get(path, name=kind, catch_response=True) as answer:
            _check(answer, path)

    def _call(self, kind: str, call: dict[str, Any]) -> None:
        with self.client.post("/_dash-update-component", json=call, name=kind, catch_response=True) as answer:
            _check(answer, kind)


def _check(answer: Any, asked: str) -> None:
    """Count as an error whatever is not a full answer."""
    if answer.status_code != 200:
        answer.failure(f"{asked}: status {answer.status_code}")
    elif not answer.content:
        answer.failure(f"{asked}: empty")


class Reader(FastHttpUser):
    """One reader with one browser."""

    tasks: ClassVar[list[Any]] = [Journey]
    wait_time = between(*map(float, os.environ[THINK_VARIABLE].split(",")))
    connection_timeout = network_timeout = _LONGEST_S
