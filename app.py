"""Drivers Atlas: the composition root. `python app.py` serves on this machine; gunicorn calls `create_server()`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


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
            "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}, found {e['input']!r}" for e in error.errors())
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
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
