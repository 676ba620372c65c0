"""DHS Program: indicators of STATcompiler, by region.

References
----------
https://api.dhsprogram.com (perpage up to 1,000, with a key 5,000; the JSON form says how many pages there are)
"""

from __future__ import annotations

import argparse
from typing import Any

from etl.fetch.arguments import matching
from etl.fetch.cache import Received
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Key, Session, Source, name_pages, read_pages

KEY = Key("DHS_API_KEY", "API key for larger pages", "https://api.dhsprogram.com", is_required=False)
PAGE_ROWS, PAGE_ROWS_WITH_KEY = 1000, 5000
_countries = matching(r"[A-Z]{2}(,[A-Z]{2})*", "DHS country codes with commas, such as KY,TJ", str.upper)
_indicators = matching(r"\w+(,\w+)*", "ids of indicators with commas, such as CN_NUTS_C_HA2", str.upper)
_tags = matching(r"\d+(,\d+)*", "numbers of tags with commas")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("countries", type=_countries, help="DHS country codes (not ISO), such as KY for Kyrgyzstan")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--indicators", type=_indicators, metavar="IDS", help="ids with commas")
    what.add_argument("--tags", type=_tags, metavar="IDS", help="tags with commas: all indicators of a theme")
    parser.add_argument(
        "--breakdown",
        choices=("national", "subnational", "background", "all"),
        default="subnational",
        help="default: subnational",
    )


def _check_count(content: Any) -> None:
    if not isinstance(content, dict) or not isinstance(content.get("TotalPages"), int):
        raise FetchError("found JSON without TotalPages; expected the number of pages")
    if not content.get("Data"):
        raise FetchError("found no rows for these countries and indicators")


def _check_rows(rows: list[list[str]]) -> None:
    if "IndicatorId" not in rows[0]:
        raise FetchError("found a table without IndicatorId; expected indicator data")


def _collect(options: argparse.Namespace, session: Session) -> Download:
    key = session.keys.get(KEY.variable, "")
    rows = str(PAGE_ROWS_WITH_KEY if key else PAGE_ROWS)
    chosen = ("indicatorIds", options.indicators) if options.indicators else ("tagIds", options.tags)
    params = [("countryIds", options.countries), chosen, ("breakdown", options.breakdown), ("perpage", rows)]
    secret = [("apiKey", key)] if key else []
    remedy = "See https://api.dhsprogram.com for codes of countries (they are not ISO), indicators and tags."
    count = session.get(
        "/data",
        [*params, ("returnFields", "DataId"), ("f", "json")],
        secret_params=secret,
        check=_check_count,
        remedy=remedy,
    )
    total: int = count.json()["TotalPages"]

    def get_page(number: int) -> tuple[Received, bool]:
        page = session.get(
            "/data",
            [*params, ("page", str(number + 1)), ("f", "csv")],
            secret_params=secret,
            wanted="csv",
            check=_check_rows,
            remedy=remedy,
        )
        return page, number + 1 < total

    series = f"{options.countries}_{chosen[1]}_{options.breakdown}".replace(",", "-")
    return Download(
        series=series,
        title=f"DHS Program STATcompiler: {chosen[1]}, {options.countries}",
        files=name_pages(f"dhs_{series}", "csv", read_pages(get_page)),
    )


SOURCE = Source(
    name="dhs",
    title="DHS Program STATcompiler: survey indicators by region",
    publisher="The DHS Program, ICF",
    base_url="https://api.dhsprogram.com/rest/dhs",
    page="https://api.dhsprogram.com",
    licence="facts-cited",
    terms="published indicators, free to use; cite ICF, The DHS Program STATcompiler, and the date",
    add_arguments=_add_arguments,
    collect=_collect,
    keys=(KEY,),
    caveat_en="Survey regions are not always admin units; recalculated, so it may differ from the survey's report.",
    caveat_ru="Регионы обследования не всегда совпадают с административными; пересчитано и может отличаться от отчёта.",
)
