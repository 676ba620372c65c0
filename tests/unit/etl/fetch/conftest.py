"""A server on this computer, a client that never waits, and a way to run an adapter against the server."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from etl.commands import fetch as command
from etl.fetch.cache import Cache
from etl.fetch.client import Client
from etl.fetch.job import run_fetch
from etl.fetch.registry import SOURCES
from tests.fixtures.fetch_server import serve


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def clock():
    """Return a time that stands still until it is changed, and the waits that were asked for."""
    return SimpleNamespace(now=datetime(2026, 5, 4, 12, 30, tzinfo=UTC), waits=[])


@pytest.fixture
def make_client(tmp_path, clock):
    made = []

    def make(**options):
        client = Client(
            Cache(tmp_path / "cache"),
            **{
                "allow_plain_http": True,
                "sleep": clock.waits.append,
                "now": lambda: clock.now,
                "jitter": lambda: 1.0,
                **options,
            },
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def fetch(server, tmp_path, clock):
    """Return a function that runs one source against the server, as the command line would."""
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())

    def run(source_name, *arguments, environ=None, base=""):
        source = next(one for one in SOURCES if one.name == source_name)
        words = ["fetch", source_name, *arguments, "--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache")]
        environ = {source.url_variable: server.url + base, **(environ or {})}
        return run_fetch(
            source,
            parser.parse_args(words),
            environ,
            lambda step: None,
            sleep=clock.waits.append,
            now=lambda: clock.now,
            jitter=lambda: 1.0,
        )

    return run
