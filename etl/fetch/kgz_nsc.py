"""National Statistical Committee of the Kyrgyz Republic: open data by category."""

from __future__ import annotations

import argparse
from typing import Any

from etl.fetch.arguments import number
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Session, Source


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("category", type=number, help="number in the address, such as 120 for poverty")


def _check(content: Any) -> None:
    rows = content.get("data") if isinstance(content, dict) else None
    if not isinstance(rows, list) or not rows or not all(isinstance(r, dict) and "values" in r for r in rows):
        raise FetchError("found JSON without rows of data with values; expected a category of the open data")


def _collect(options: argparse.Namespace, session: Session) -> Download:
    page = f"https://stat.gov.kg/ru/opendata/category/{options.category}/"
    received = session.get(
        f"/ru/opendata/category/{options.category}/json",
        check=_check,
        remedy="See https://stat.gov.kg/ru/opendata/ for the numbers of the categories.",
    )
    return Download(
        series=options.category,
        title=f"Open data, category {options.category}",
        files=((f"kgz-nsc_{options.category}.json", received),),
        page=page,
    )


SOURCE = Source(
    name="kgz-nsc",
    title="Kyrgyzstan: open data of the National Statistical Committee",
    publisher="National Statistical Committee of the Kyrgyz Republic",
    base_url="https://stat.gov.kg",
    page="https://stat.gov.kg/ru/opendata/",
    licence="facts-cited",
    terms="official statistics; attribution to the National Statistical Committee required",
    add_arguments=_add_arguments,
    collect=_collect,
)
