"""HDX Humanitarian API: one theme of one country, page by page.

References
----------
https://hdx-hapi.readthedocs.io (limit up to 10,000, offset, app_identifier)
"""

from __future__ import annotations

import argparse
from typing import Any

from etl.fetch.arguments import iso3, iso_date, matching
from etl.fetch.cache import Received
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Key, Session, Source, name_pages, read_pages

KEY = Key("HDX_HAPI_APP_IDENTIFIER", "application identifier", "https://hapi.humdata.org/api/v2/encode_app_identifier")
PAGE_ROWS = 10_000
_endpoint = matching(r"[a-z-]{1,60}/[a-z-]{1,60}", "theme/endpoint, such as affected-people/idps", str.lower)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("endpoint", type=_endpoint, help="theme/endpoint, such as affected-people/humanitarian-needs")
    parser.add_argument("country", type=iso3, help="ISO 3166-1 alpha-3 code")
    parser.add_argument("--admin-level", choices=("0", "1", "2"), help="only this level")
    parser.add_argument("--from", dest="start", type=iso_date, metavar="DATE", help="reference periods from this day")
    parser.add_argument("--to", dest="end", type=iso_date, metavar="DATE", help="reference periods up to this day")
    parser.add_argument("--page-rows", type=int, default=PAGE_ROWS, metavar="N", help="rows of a page (default: 10000)")


def _check(content: Any) -> None:
    if not isinstance(content, dict) or not isinstance(content.get("data"), list):
        raise FetchError("found JSON without a list named data; expected rows")


def _collect(options: argparse.Namespace, session: Session) -> Download:
    if not 1 <= options.page_rows <= PAGE_ROWS:
        raise FetchError(f"--page-rows {options.page_rows}: expected 1 to {PAGE_ROWS}.")
    filters = {"admin_level": options.admin_level, "start_date": options.start, "end_date": options.end}
    params = [("location_code", options.country), *((name, value) for name, value in filters.items() if value)]

    def get_page(number: int) -> tuple[Received, bool]:
        page = session.get(
            f"/{options.endpoint}",
            [
                *params,
                ("output_format", "json"),
                ("limit", str(options.page_rows)),
                ("offset", str(number * options.page_rows)),
            ],
            secret_params=[("app_identifier", session.keys.get(KEY.variable, ""))],
            check=_check,
            remedy="See https://hapi.humdata.org/docs for themes, endpoints and filters.",
        )
        return page, len(page.json()["data"]) == options.page_rows

    pages = [page for page in read_pages(get_page) if page.json()["data"]]
    if not pages:
        raise FetchError(
            f"hdx-hapi {options.endpoint} {options.country}: found no rows. See metadata/data-availability there."
        )
    stem = f"hdx-hapi_{options.endpoint.replace('/', '_')}_{options.country}"
    events = "Conflict events come from ACLED: only aggregates may be published." if "conflict" in stem else ""
    return Download(
        series=f"{options.endpoint}-{options.country}",
        title=f"HDX HAPI: {options.endpoint}, {options.country}",
        files=name_pages(stem, "json", pages),
        redistribution=events,
        page="https://hapi.humdata.org/docs",
    )


SOURCE = Source(
    name="hdx-hapi",
    title="HDX Humanitarian API: needs, displacement, food security, presence",
    publisher="OCHA Centre for Humanitarian Data",
    base_url="https://hapi.humdata.org/api/v2",
    page="https://hdx-hapi.readthedocs.io",
    licence="facts-cited",
    terms="each row names its dataset (resource_hdx_id), whose licence holds; cite its contributor",
    add_arguments=_add_arguments,
    collect=_collect,
    keys=(KEY,),
)
