"""Compression of answers by Flask-Compress; what never changes is compressed once and kept."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from flask import Flask, Request
from flask_compress import Compress

IMMUTABLE = ("/_dash-component-suites/", "/a/", "/geo/", "/data/", "/pair/", "/units/")
_MOST_ENTRIES = 256


class _Kept:
    """Compressed bodies by key, the least recently used dropped first; keys of changing answers are not kept."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
            return self._bodies.get(key)

    def set(self, key: str, body: bytes) -> None:
        if key.endswith(";"):
            return
        with self._lock:
            self._bodies[key] = body
            while len(self._bodies) > _MOST_ENTRIES:
                self._bodies.popitem(last=False)


def _key(request: Request) -> str:
    return request.full_path if request.path.startswith(IMMUTABLE) else ""


def add_compression(server: Flask) -> None:
    """Compress the answers of a server: Brotli, else gzip."""
    server.config.update(
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=6,
        COMPRESS_MIN_SIZE=500,
        COMPRESS_MIMETYPES=[
            "text/html", "text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml",
        ],
    )  # fmt: skip
    compress = Compress()
    kept = _Kept()
    server.config["COMPRESS_CACHE_KEY"] = _key
    server.config["COMPRESS_CACHE_BACKEND"] = lambda: kept
    compress.init_app(server)
