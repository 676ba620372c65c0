"""One fetch from start to end: keys, address, client, adapter, files."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from etl.fetch.cache import Cache, default_folder
from etl.fetch.client import Client, is_loopback
from etl.fetch.errors import FetchError
from etl.fetch.record import write_download
from etl.fetch.source import Session, Source


def _read_keys(source: Source, environ: Mapping[str, str], *, offline: bool) -> dict[str, str]:
    keys = {key.variable: environ.get(key.variable, "").strip() for key in source.keys}
    missing = [key for key in source.keys if key.is_required and not keys[key.variable]]
    if missing and not offline:
        wanted = "; ".join(f"{key.variable} ({key.what}, from {key.where})" for key in missing)
        raise FetchError(f"{source.name}: set the environment variable {wanted}, then run the command again.")
    return {name: value for name, value in keys.items() if value}


def _read_base_url(source: Source, environ: Mapping[str, str]) -> str:
    url = environ.get(source.url_variable, "").strip() or source.base_url
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url))):
        raise FetchError(f"{source.url_variable}: found {parts.scheme}://{parts.hostname}; expected an https address.")
    return url.rstrip("/")


def run_fetch(
    source: Source,
    options: argparse.Namespace,
    environ: Mapping[str, str],
    progress: Callable[[str], None],
    **client_options: Any,
) -> dict[str, Any]:
    """Fetch what the options say, and write it.

    Parameters
    ----------
    source : Source
        Where from.
    options : argparse.Namespace
        `out`, `cache`, `offline`, `refresh`, `max_mb`, `i_accept_terms` and the source's own.
    environ : mapping
        Environment variables: keys, and addresses of mirrors.
    progress : callable
        Told what is going on.
    **client_options
        Further arguments of Client: `sleep`, `now`, `jitter`.

    Returns
    -------
    dict
        As `etl.fetch.record.write_download`.

    Raises
    ------
    FetchError
        One line without any key.
    """
    if source.must_accept and not options.i_accept_terms:
        raise FetchError(
            f"{source.name}: {source.redistribution} Read {source.page}; if you accept the terms, add --i-accept-terms."
        )
    keys = _read_keys(source, environ, offline=options.offline)
    base_url = _read_base_url(source, environ)
    try:
        client = Client(
            Cache(options.cache or default_folder()),
            keys=keys,
            allow_plain_http=is_loopback(base_url),
            offline=options.offline,
            refresh=options.refresh,
            max_bytes=options.max_mb * 1_000_000,
            progress=progress,
            **client_options,
        )
        try:
            progress(f"{source.name}: ask {urlsplit(base_url).hostname}")
            return write_download(source, source.collect(options, Session(client, base_url, keys)), options.out)
        except FetchError as error:
            raise FetchError(" ".join(client.mask(str(error)).split())) from None
        finally:
            client.close()
    except OSError as error:
        raise FetchError(f"cannot write to {error.filename}: {error.strerror}") from error
