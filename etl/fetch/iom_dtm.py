"""IOM Displacement Tracking Matrix, API version 3: figures of displaced persons by admin unit, never of persons.

References
----------
https://dtm.iom.int/data-and-analysis/dtm-api
"""

from __future__ import annotations

import argparse
from typing import Any

from etl.fetch.arguments import iso3, iso_date
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Key, Session, Source

KEY = Key("DTM_SUBSCRIPTION_KEY", "subscription key", "https://dtm-apim-portal.iom.int")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("country", type=iso3, help="ISO 3166-1 alpha-3 code")
    parser.add_argument("level", choices=("ADM0", "ADM1", "ADM2"), help="admin level")
    parser.add_argument("--from", dest="start", type=iso_date, metavar="DATE", help="reported from this day")
    parser.add_argument("--to", dest="end", type=iso_date, metavar="DATE", help="reported up to this day")


def _check(content: Any) -> None:
    """Refuse an error that came with status 200, an empty answer, and one that is not whole."""
    if not isinstance(content, dict) or "isSuccess" not in content:
        raise FetchError("found JSON without isSuccess; expected figures")
    if content["isSuccess"] is not True:
        messages = content.get("errorMessages") or "no reason"
        words = "; ".join(map(str, messages)) if isinstance(messages, list) else str(messages)
        raise FetchError(f"IOM DTM says: {words}")
    rows = content.get("result")
    if not isinstance(rows, list) or not rows:
        raise FetchError("found no rows for this country, level and time")
    total = content.get("totalRecordsCount")
    if isinstance(total, int) and total > len(rows):
        raise FetchError(f"found {len(rows):,} of {total:,} rows; ask for less at once with --from and --to")


def _collect(options: argparse.Namespace, session: Session) -> Download:
    dates = {"FromReportingDate": options.start, "ToReportingDate": options.end}
    received = session.get(
        f"/displacement/admin{options.level[-1]}",
        [("Admin0Pcode", options.country), *((name, value) for name, value in dates.items() if value)],
        secret_headers=[("Ocp-Apim-Subscription-Key", session.keys.get(KEY.variable, ""))],
        check=_check,
        remedy="See https://dtm.iom.int for the countries and levels that there are.",
    )
    dated = "_".join(value for value in (options.country, options.level, options.start, options.end) if value)
    return Download(
        series=f"{options.country}-{options.level}",
        title=f"IOM DTM: internal displacement, {options.country}, {options.level}",
        files=((f"iom-dtm_{dated}.json", received),),
        page="https://dtm.iom.int",
    )


SOURCE = Source(
    name="iom-dtm",
    title="IOM Displacement Tracking Matrix: internal displacement by admin unit",
    publisher="IOM DTM",
    base_url="https://dtmapi.iom.int/v3",
    page="https://dtm.iom.int/terms-and-conditions",
    licence="facts-cited",
    terms="IOM DTM terms and conditions; non-sensitive aggregates; cite IOM DTM and the date",
    add_arguments=_add_arguments,
    collect=_collect,
    keys=(KEY,),
)
