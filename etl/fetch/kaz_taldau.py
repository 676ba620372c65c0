"""Bureau of National Statistics of Kazakhstan: an index of the Taldau system."""

from __future__ import annotations

import argparse
from typing import Any

from etl.fetch.arguments import matching, number
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Session, Source

YEAR, REGIONS = "7", "67"
_numbers = matching(r"\d+(,\d+)*", "numbers of classifiers with commas")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("index", type=number, help="number of the index, such as 704449")
    parser.add_argument("--period", type=number, default=YEAR, help="kind of period (default: 7, years)")
    parser.add_argument("--dics", type=_numbers, default=REGIONS, help="classifiers (default: 67, regions)")


def _check(content: Any) -> None:
    if not isinstance(content, list) or not content:
        raise FetchError("found JSON that is no list of rows; expected an index by region")
    if not all(isinstance(row, dict) and "periods" in row and "termNames" in row for row in content):
        raise FetchError("found rows without periods and termNames; expected an index by region")


def _collect(options: argparse.Namespace, session: Session) -> Download:
    page = f"https://taldau.stat.gov.kz/ru/NewIndex/GetIndex/{options.index}"
    received = session.get(
        f"/ru/Api/GetIndexData/{options.index}",
        [("period", options.period), ("dics", options.dics)],
        check=_check,
        remedy=f"See {page} for the periods and classifiers that the index has.",
    )
    stem = f"kaz-taldau_{options.index}_{options.period}_{options.dics.replace(',', '-')}"
    return Download(
        series=f"{options.index}-{options.period}-{options.dics}",
        title=f"Taldau, index {options.index}",
        files=((f"{stem}.json", received),),
        page=page,
    )


SOURCE = Source(
    name="kaz-taldau",
    title="Kazakhstan: indices of the Taldau system",
    publisher="Bureau of National Statistics, Agency for Strategic Planning and Reforms of Kazakhstan",
    base_url="https://taldau.stat.gov.kz",
    page="https://taldau.stat.gov.kz",
    licence="facts-cited",
    terms="official statistics; terms not stated; cite the Bureau of National Statistics",
    add_arguments=_add_arguments,
    collect=_collect,
)
