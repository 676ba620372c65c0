"""Datasets past their retention date: not opened at the start, and served no more from the day on after it."""

from __future__ import annotations

import sys

from flask import Flask, Response, request

from dashboard.auth.clock import Clock
from dashboard.auth.gate import GOVERNANCE, OPEN, Gate
from dashboard.services import Datasets
from dashboard.settings import Settings
from geodata.errors import RetentionError
from geodata.snapshot import Snapshot, dataset_roots, open_snapshot


def _tell(text: str) -> None:
    print(f"Drivers Atlas: {text}", file=sys.stderr, flush=True)  # noqa: T201 - the operator's console


def open_snapshots(settings: Settings, clock: Clock) -> list[Snapshot]:
    """Open the snapshots of a tier; one line on standard error names each that may be served no more.

    Raises
    ------
    RetentionError
        If none may be served.
    SnapshotError
        If there is none, or a file of one was altered.
    """
    opened: list[Snapshot] = []
    ended: list[RetentionError] = []
    for root in dataset_roots(settings.snapshots, settings.tier):
        try:
            opened.append(open_snapshot(root, settings.tier, clock().date()))
        except RetentionError as error:
            ended.append(error)
    if ended and not opened:
        raise ended[0]
    for refusal in ended:
        _tell(str(refusal))
    return opened


def register(server: Flask, settings: Settings, datasets: Datasets, gate: Gate, clock: Clock) -> None:
    """Take datasets away from the first request on after their last day; a page says so when none is left.

    Parameters
    ----------
    server : flask.Flask
    settings : Settings
    datasets : Datasets
    gate : Gate
        Renders the page.
    clock : callable
    """

    def check() -> Response | None:
        for name, day in datasets.end_past(clock().date()).items():
            _tell(f"{name}: the figures were to be kept until {day} and are served no more")
        if datasets.all or request.endpoint in OPEN - {GOVERNANCE}:
            return None
        return gate.message(410, "ended", date=max(datasets.ended.values()).isoformat())

    server.before_request(check)
