"""World Bank Indicators API, version 2.

References
----------
https://datahelpdesk.worldbank.org/knowledgebase/articles/889392 and 898620 (error codes, sent with status 200)
"""

from __future__ import annotations

import argparse
from typing import Any

from etl.fetch.arguments import iso3_list, matching
from etl.fetch.cache import Received
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Session, Source, name_pages, read_pages

PAGE_ROWS = "20000"
_indicator = matching(r"[A-Za-z0-9_.]{2,60}", "the code of an indicator, such as SP.POP.TOTL")
_years = matching(r"\d{4}(:\d{4})?", "a year or years, such as 2000:2024")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("countries", type=iso3_list, help="ISO 3166-1 alpha-3 codes with commas")
    parser.add_argument("indicator", type=_indicator, help="code, such as SP.POP.TOTL")
    parser.add_argument("--years", type=_years, metavar="A:B", help="a year or years (default: all)")


def _check(content: Any) -> None:
    """Refuse an error that came with status 200, and an answer without rows."""
    if not isinstance(content, list) or not content or not isinstance(content[0], dict):
        raise FetchError("found JSON that is no list of two parts; expected page and rows")
    if "message" in content[0]:
        messages = content[0]["message"]
        listed = messages if isinstance(messages, list) else [messages]
        words = "; ".join(str(one.get("value") if isinstance(one, dict) else one) for one in listed)
        raise FetchError(f"the World Bank says: {words.rstrip('.')}")
    if len(content) < 2 or not content[1]:
        raise FetchError("found no rows for these countries, years and this indicator")
    if not str(content[0].get("pages")).isdigit():
        raise FetchError("found JSON without a number of pages; expected page and rows")


def _collect(options: argparse.Namespace, session: Session) -> Download:
    countries = options.countries.replace(",", ";")
    years = [("date", options.years)] if options.years else []

    def get_page(number: int) -> tuple[Received, bool]:
        page = session.get(
            f"/country/{countries}/indicator/{options.indicator}",
            [("format", "json"), ("per_page", PAGE_ROWS), *years, ("page", str(number + 1))],
            check=_check,
            remedy="See https://data.worldbank.org/indicator for codes of indicators.",
        )
        return page, number + 1 < int(page.json()[0]["pages"])

    series = f"{options.indicator}_{options.countries.replace(',', '-')}"
    return Download(
        series=series,
        title=f"World Bank: {options.indicator}, {options.countries}",
        files=name_pages(f"world-bank_{series}", "json", read_pages(get_page)),
        page=f"https://data.worldbank.org/indicator/{options.indicator}",
    )


SOURCE = Source(
    name="world-bank",
    title="World Bank: development indicators by country",
    publisher="World Bank",
    base_url="https://api.worldbank.org/v2",
    page="https://datahelpdesk.worldbank.org/knowledgebase/articles/889392",
    licence="CC-BY-4.0",
    terms="CC BY 4.0 unless the indicator's metadata says otherwise; The World Bank: indicator and source",
    add_arguments=_add_arguments,
    collect=_collect,
)
