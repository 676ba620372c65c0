"""Statistics of Uzbekistan: a dataset of the SIAT system; its Code 17NN is P-code UZNN."""

from __future__ import annotations

import argparse
from typing import Any

from etl.fetch.arguments import number
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Session, Source


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", type=number, help="number in the dataset's address")


def _check(content: Any) -> None:
    first = content[0] if isinstance(content, list) and content else content
    rows = first.get("data") if isinstance(first, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(r, dict) and "Code" in r for r in rows):
        raise FetchError("found JSON without rows of data with a Code; expected a SIAT dataset")


def _title(content: Any, dataset: str) -> str:
    first = content[0] if isinstance(content, list) else content
    metadata = first.get("metadata")
    for entry in metadata if isinstance(metadata, list) else []:
        name = str(entry.get("name_en") or "").lower() if isinstance(entry, dict) else ""
        if "name" in name and entry.get("value_en"):
            return str(entry["value_en"])
    return f"SIAT dataset {dataset}"


def _collect(options: argparse.Namespace, session: Session) -> Download:
    received = session.get(
        f"/media/uploads/sdmx/sdmx_data_{options.dataset}.json",
        check=_check,
        remedy="See https://siat.stat.uz for the numbers of the datasets.",
    )
    return Download(
        series=options.dataset,
        title=_title(received.json(), options.dataset),
        files=((f"uzb-siat_{options.dataset}.json", received),),
    )


SOURCE = Source(
    name="uzb-siat",
    title="Uzbekistan: datasets of the SIAT system",
    publisher="National Statistics Committee of the Republic of Uzbekistan",
    base_url="https://api.siat.stat.uz",
    page="https://siat.stat.uz",
    licence="facts-cited",
    terms="official statistics; terms not stated; cite the National Statistics Committee",
    add_arguments=_add_arguments,
    collect=_collect,
)
