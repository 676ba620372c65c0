"""Answers are compressed; what never changes is compressed once."""

from __future__ import annotations

import gzip
from collections import Counter

import brotli
import flask_compress.flask_compress as library
import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from dashboard.compression import IMMUTABLE, add_compression

BODY = b'{"figures": [' + b"1234, " * 500 + b"0]}"
DECODE = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.fixture
def compressed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often something is compressed, by algorithm."""
    counts: Counter[str] = Counter()
    original = library._compress_data

    def counting(app: Flask, data: bytes, algorithm: str) -> bytes:
        counts[algorithm] += 1
        return original(app, data, algorithm)

    monkeypatch.setattr(library, "_compress_data", counting)
    return counts


@pytest.fixture
def client(compressed: Counter[str]) -> FlaskClient:
    server = Flask("test")

    @server.route("/<path:path>")
    def answer(path: str) -> Response:
        if path.endswith("missing"):
            return Response(BODY, status=404, mimetype="application/json")
        if path.endswith("small"):
            return Response(b"{}", mimetype="application/json")
        if path.endswith("image"):
            return Response(BODY, mimetype="image/png")
        return Response(BODY + request.query_string, mimetype="application/json")

    add_compression(server)
    return server.test_client()


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [("br, gzip", "br"), ("gzip, deflate, br", "br"), ("gzip", "gzip"), ("gzip, deflate", "gzip")],
)
def test_brotli_comes_before_gzip(client: FlaskClient, accepted: str, chosen: str) -> None:
    answer = client.get("/", headers={"Accept-Encoding": accepted})
    assert answer.status_code == 404
    answer = client.get("/data/x.json", headers={"Accept-Encoding": accepted})
    assert answer.headers["Content-Encoding"] == chosen
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert DECODE[chosen](answer.data) == BODY
    assert len(answer.data) < len(BODY) / 5


@pytest.mark.parametrize("accepted", ["", "identity", "deflate"])
def test_others_get_the_plain_answer(client: FlaskClient, accepted: str) -> None:
    answer = client.get("/data/x.json", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in answer.headers
    assert answer.data == BODY


@pytest.mark.parametrize("prefix", IMMUTABLE)
def test_what_never_changes_is_compressed_once(client: FlaskClient, compressed: Counter[str], prefix: str) -> None:
    bodies = {client.get(f"{prefix}one.json", headers={"Accept-Encoding": "br"}).data for _ in range(3)}
    assert len(bodies) == 1
    assert compressed == {"br": 1}
    client.get(f"{prefix}one.json", headers={"Accept-Encoding": "gzip"})
    client.get(f"{prefix}two.json", headers={"Accept-Encoding": "br"})
    assert compressed == {"br": 2, "gzip": 1}


def test_addresses_that_differ_in_the_query_are_kept_apart(client: FlaskClient) -> None:
    one, other = (client.get(f"/data/x.json?{q}", headers={"Accept-Encoding": "br"}) for q in "ab")
    assert brotli.decompress(one.data) == BODY + b"a"
    assert brotli.decompress(other.data) == BODY + b"b"


def test_what_may_change_is_compressed_every_time(client: FlaskClient, compressed: Counter[str]) -> None:
    answers = [client.get(f"/page?{i}", headers={"Accept-Encoding": "br"}) for i in range(3)]
    assert [brotli.decompress(a.data) for a in answers] == [BODY + b"0", BODY + b"1", BODY + b"2"]
    assert compressed == {"br": 3}


@pytest.mark.parametrize("path", ["/data/missing", "/data/small", "/data/image"])
def test_errors_small_answers_and_images_are_left_alone(
    client: FlaskClient, compressed: Counter[str], path: str
) -> None:
    assert "Content-Encoding" not in client.get(path, headers={"Accept-Encoding": "br"}).headers
    assert not compressed


def test_the_kept_answers_do_not_grow_without_end(client: FlaskClient, compressed: Counter[str]) -> None:
    for i in range(300):
        client.get(f"/data/{i}.json", headers={"Accept-Encoding": "gzip"})
    client.get("/data/299.json", headers={"Accept-Encoding": "gzip"})
    assert compressed["gzip"] == 300
    client.get("/data/0.json", headers={"Accept-Encoding": "gzip"})
    assert compressed["gzip"] == 301


def test_two_servers_keep_nothing_in_common(compressed: Counter[str]) -> None:
    servers = [Flask("one"), Flask("two")]
    for server in servers:
        server.add_url_rule("/data/x", "x", lambda name=server.name: Response(name * 400, mimetype="text/html"))
        add_compression(server)
    found = [brotli.decompress(s.test_client().get("/data/x", headers={"Accept-Encoding": "br"}).data) for s in servers]
    assert found == [b"one" * 400, b"two" * 400]
