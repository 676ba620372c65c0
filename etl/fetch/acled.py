"""ACLED: events of political violence and demonstrations, for aggregates of one's own.

Only what aggregates need is asked for: names of actors and notes are not.

References
----------
https://acleddata.com/api-documentation/getting-started; https://acleddata.com/terms-and-conditions
"""

from __future__ import annotations

import argparse
from typing import Any

from etl.fetch.arguments import iso_date, matching
from etl.fetch.cache import Received
from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Key, Session, Source, name_pages, read_pages

EMAIL = Key("ACLED_EMAIL", "e-mail address of your account", "https://acleddata.com/user/register")
PASSWORD = Key("ACLED_PASSWORD", "password of your account", "https://acleddata.com/user/register")
FIELDS = (
    "event_id_cnty|event_date|year|time_precision|disorder_type|event_type|sub_event_type|iso|country|admin1|admin2|"
    "admin3|latitude|longitude|geo_precision|fatalities|timestamp"
)
PAGE_ROWS = 5000
_country = matching(r"[^\W\d_][\w .'()-]{1,60}", "the English name of a country", str.strip)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("country", type=_country, help="English name, such as Kyrgyzstan")
    parser.add_argument("--from", dest="start", type=iso_date, required=True, metavar="DATE", help="first day")
    parser.add_argument("--to", dest="end", type=iso_date, required=True, metavar="DATE", help="last day")
    parser.add_argument("--page-rows", type=int, default=PAGE_ROWS, metavar="N", help="rows of a page (default: 5000)")


def _check(content: Any) -> None:
    if not isinstance(content, dict):
        raise FetchError("found JSON that is no object; expected events")
    if content.get("status") != 200 or content.get("success") is False:
        raise FetchError(f"ACLED says: {content.get('error') or content.get('message') or content.get('status')}")
    if not isinstance(content.get("data"), list):
        raise FetchError("found JSON without a list named data; expected events")


def _get_token(session: Session) -> str:
    if session.client.offline:
        return ""
    form = {
        "username": session.keys[EMAIL.variable],
        "password": session.keys[PASSWORD.variable],
        "grant_type": "password",
        "client_id": "acled",
    }
    remedy = f"Check {EMAIL.variable} and {PASSWORD.variable}, and that you accepted the terms in your account."
    token = session.client.post_form(f"{session.base_url}/oauth/token", form, remedy).get("access_token")
    if not isinstance(token, str) or not token:
        raise FetchError(f"{session.base_url}/oauth/token: found no access token. {remedy}")
    session.client.add_key("access token", token)
    return token


def _collect(options: argparse.Namespace, session: Session) -> Download:
    if not 1 <= options.page_rows <= PAGE_ROWS:
        raise FetchError(f"--page-rows {options.page_rows}: expected 1 to {PAGE_ROWS}.")
    token = _get_token(session)

    def get_page(number: int) -> tuple[Received, bool]:
        page = session.get(
            "/api/acled/read",
            [
                ("country", options.country),
                ("event_date", f"{options.start}|{options.end}"),
                ("event_date_where", "BETWEEN"),
                ("fields", FIELDS),
                ("limit", str(options.page_rows)),
                ("page", str(number + 1)),
            ],
            secret_headers=[("Authorization", f"Bearer {token}")],
            check=_check,
            remedy="See https://acleddata.com/api-documentation for what your account may read.",
        )
        return page, len(page.json()["data"]) == options.page_rows

    pages = [page for page in read_pages(get_page) if page.json()["data"]]
    if not pages:
        raise FetchError(f"acled {options.country}: found no events. Check the country's name and the days.")
    series = f"{options.country}_{options.start}_{options.end}"
    return Download(
        series=series,
        title=f"ACLED: events, {options.country}, {options.start} to {options.end}",
        files=name_pages(f"acled_{series}", "json", pages),
        page="https://acleddata.com",
    )


SOURCE = Source(
    name="acled",
    title="ACLED: events of political violence and demonstrations",
    publisher="Armed Conflict Location & Event Data (ACLED)",
    base_url="https://acleddata.com",
    page="https://acleddata.com/terms-and-conditions",
    licence="facts-cited",
    terms="ACLED terms of use; non-commercial; cite ACLED, the filters and the date of access",
    add_arguments=_add_arguments,
    collect=_collect,
    keys=(EMAIL, PASSWORD),
    redistribution="Event data must not be passed on or published; only aggregates of your own may be.",
    must_accept=True,
)
