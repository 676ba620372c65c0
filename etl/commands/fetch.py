"""The command `fetch`: download data from a public source, with a record of where it is from."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from etl.commands.common import FINE, Progress, SubParsers, add_quiet, print_json
from etl.fetch.registry import SOURCES
from etl.fetch.source import Source

NAME = "fetch"
DEFAULT_MAX_MB = 1000


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("expected 1 or more")
    return value


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", required=True, type=Path, help="folder of the files; made if it is not there")
    command.add_argument("--cache", type=Path, help="folder of what was received before (default: the user's cache)")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--offline", action="store_true", help="take it from the cache, ask nobody")
    how.add_argument("--refresh", action="store_true", help="get it anew even if it has not changed")
    command.add_argument(
        "--max-mb", type=_positive, default=DEFAULT_MAX_MB, metavar="N", help="refuse larger files (default: 1000)"
    )
    command.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print the result as one JSON object"
    )
    add_quiet(command)


def add_parser(commands: SubParsers) -> None:
    """Describe the command and its arguments."""
    command = commands.add_parser(NAME, help="download data from a public source, with a record of where it is from")
    command.add_argument("--list", action="store_true", help="list the sources, their terms and the keys they need")
    command.add_argument("--json", action="store_true", help="print the result as one JSON object")
    command.set_defaults(quiet=True)  # without a source
    sources = command.add_subparsers(dest="source", metavar="SOURCE")
    for source in SOURCES:
        parser = sources.add_parser(source.name, help=source.title, description=f"{source.title}. {source.terms}.")
        source.add_arguments(parser)
        _add_common(parser)
        if source.must_accept:
            parser.add_argument("--i-accept-terms", action="store_true", help="you have read and accept the terms")


def _describe(source: Source) -> dict[str, Any]:
    return {
        "source": source.name,
        "title": source.title,
        "publisher": source.publisher,
        "licence": source.licence,
        "terms": source.terms,
        "redistribution": source.redistribution,
        "page": source.page,
        "keys": [
            {"variable": key.variable, "what": key.what, "where": key.where, "required": key.is_required}
            for key in source.keys
        ],
        "must_accept": source.must_accept,
    }


def _print_list(*, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, "sources": [_describe(source) for source in SOURCES]})
        return
    for source in SOURCES:
        keys = ", ".join(key.variable + ("" if key.is_required else " (optional)") for key in source.keys)
        print(f"{source.name}: {source.title}")
        print(f"    licence: {source.licence or 'stated with the download'}; {source.terms}")
        if source.redistribution:
            print(f"    limits: {source.redistribution}")
        print(f"    needs: {keys or 'no key'}{' and --i-accept-terms' if source.must_accept else ''}")


def run(options: argparse.Namespace, progress: Progress) -> int:
    """Run it; return the exit code."""
    if options.list or options.source is None:
        _print_list(as_json=options.json)
        return FINE
    from etl.fetch.job import run_fetch
    from etl.fetch.record import csv_lines

    source = next(one for one in SOURCES if one.name == options.source)
    result = run_fetch(source, options, os.environ, progress)
    if result["redistribution"]:
        print(f"LIMITS ({source.name}): {result['redistribution']}", file=sys.stderr)
    if options.json:
        print_json({"ok": True, **result})
        return FINE
    for file in result["files"]:
        path = options.out / file["file"]
        print(f"wrote {path} ({file['bytes']:,} bytes, {file['how']}, sha256 {file['sha256']})")
    if not result["source_row"]["licence"]:
        print("the licence is none of etl/licences.yml: read the terms before you use it", file=sys.stderr)
    print("for data/sources.csv:")
    print(csv_lines([result["source_row"]]))
    return FINE
