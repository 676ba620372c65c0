"""Drivers Atlas: the composition root. `python app.py` serves on this machine; gunicorn calls `create_server()`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask
    from pydantic_core import ErrorDetails


def create_server(**changes: object) -> Flask:
    """Return the WSGI application, its settings from the environment (``DRIVERS_ATLAS_...``) and from `changes`."""
    from dashboard.factory import create_app
    from dashboard.settings import Settings

    settings = Settings(**{k: v for k, v in changes.items() if v is not None})  # type: ignore[arg-type]
    server: Flask = create_app(settings).server
    return server


def _refuse(reason: str) -> int:
    print(f"Drivers Atlas cannot start: {reason}", file=sys.stderr)
    return 2


def _shown(fault: ErrorDetails) -> str:
    """Return what was found, unless it is a secret."""
    return "a secret" if "secret" in str(fault["loc"]) else repr(fault["input"])


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; return the exit code."""
    from pydantic import ValidationError

    from dashboard.settings import Settings
    from geodata.errors import DriversError

    parser = argparse.ArgumentParser(prog="app.py", description="Serve a snapshot of Drivers Atlas.")
    parser.add_argument("--snapshots", help="folder that the ETL published to")
    parser.add_argument("--tier", choices=("public", "partner", "restricted"), help="the tier to serve")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")
    chosen = {k: v for k, v in vars(parser.parse_args(arguments)).items() if v is not None}
    try:
        settings = Settings(**chosen)
        server = create_server(**chosen)
    except DriversError as error:
        return _refuse(str(error))
    except ValidationError as error:
        return _refuse(
            "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}, found {_shown(e)}" for e in error.errors())
        )
    if settings.needs_https and not settings.trusted_proxies and not settings.is_loopback:
        return _refuse(
            "people would sign in over plain http: put a proxy with TLS before it and set "
            "DRIVERS_ATLAS_TRUSTED_PROXIES to 1, or listen on 127.0.0.1"
        )
    from waitress import serve

    print(
        f"Drivers Atlas: http://{settings.host}:{settings.port}/  (tier {settings.tier}; Ctrl+C ends it)",
        flush=True,
    )
    serve(
        server,
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        connection_limit=1000,  # a browser keeps up to six connections
        ident=None,
        clear_untrusted_proxy_headers=not settings.trusted_proxies,  # ours to read, the number of proxies being known
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
