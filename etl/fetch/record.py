"""Writes what was fetched: the files as received, beside each where it is from and on what terms."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

from etl.fetch.cache import Received, copy_atomically, hash_file, write_atomically
from etl.fetch.client import user_agent
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Source, safe_name

RECORD_SUFFIX = ".fetch.json"
SOURCE_COLUMNS = (
    "source_id", "title", "publisher", "url", "licence", "terms", "date_accessed", "caveat_en", "caveat_ru",
)  # fmt: skip


def _source_row(source: Source, download: Download) -> dict[str, str]:
    """Return the proposed row of `data/sources.csv`."""
    oldest = min(received.accessed for _, received in download.files)
    terms = source.terms if download.terms is None else download.terms
    limits = source.redistribution if download.redistribution is None else download.redistribution
    row = {
        "source_id": re.sub(r"[^a-z0-9]+", "-", f"{source.name}-{download.series}".lower()).strip("-"),
        "title": download.title,
        "publisher": download.publisher or source.publisher,
        "url": download.page or download.files[0][1].url,
        "licence": source.licence if download.licence is None else download.licence,
        "terms": f"{terms}. {limits}" if limits else terms,
        "date_accessed": oldest[:10],
        "caveat_en": source.caveat_en,
        "caveat_ru": source.caveat_ru,
    }
    return {column: " ".join(row[column].split()) for column in SOURCE_COLUMNS}


def csv_lines(rows: list[dict[str, str]]) -> str:
    """Return rows of `data/sources.csv` with their header, as the file has them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, SOURCE_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def _require_ours(path: Path) -> None:
    """Refuse to replace a file that was not fetched, or was changed since."""
    if not path.exists():
        return
    try:
        record = json.loads(path.with_name(path.name + RECORD_SUFFIX).read_text(encoding="utf-8"))
        is_ours = record["sha256"] == hash_file(path)
    except (OSError, ValueError, TypeError, KeyError):
        is_ours = False
    if not is_ours:
        raise FetchError(
            f"{path} is there already and was not fetched, or was changed since: move it, or give another --out."
        )


def write_download(source: Source, download: Download, out: Path) -> dict[str, Any]:
    """Write the files of a fetch and their records.

    Parameters
    ----------
    source : Source
        Where they are from.
    download : Download
        The checked bodies.
    out : Path
        Folder; made if it is not there.

    Returns
    -------
    dict
        ``source``, ``files`` (the records), ``source_row`` and ``redistribution``.

    Raises
    ------
    FetchError
        If a file of another origin would be replaced.
    """
    row = _source_row(source, download)
    limits = source.redistribution if download.redistribution is None else download.redistribution
    names = [safe_name(name) for name, _ in download.files]
    for name in names:
        if names.count(name) > 1:
            raise FetchError(f"{source.name}: two files are named {name}. Choose one of them.")
        _require_ours(out / name)
    out.mkdir(parents=True, exist_ok=True)
    records = []
    for name, (_, received) in zip(names, download.files, strict=True):
        record = _record(source, row, limits, name, received)
        copy_atomically(received.path, out / name)
        content = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
        write_atomically(out / f"{name}{RECORD_SUFFIX}", content.encode())
        records.append(record | {"how": received.how})
    return {"source": source.name, "files": records, "source_row": row, "redistribution": limits}


def _record(source: Source, row: dict[str, str], limits: str, name: str, received: Received) -> dict[str, Any]:
    return {
        "file": name,
        "source": source.name,
        "adapter": f"{source.collect.__module__} ({user_agent()})",
        "url": received.url,
        "date_accessed": received.accessed[:10],
        "time_accessed_utc": received.accessed,
        "licence": row["licence"],
        "terms": row["terms"],
        "redistribution": limits,
        "sha256": received.sha256,
        "bytes": received.bytes,
        "etag": received.etag,
        "last_modified": received.last_modified,
        "content_type": received.content_type,
        "source_row": row,
    }
