"""OPHI: the result tables of the global Multidimensional Poverty Index, as workbooks."""

from __future__ import annotations

import argparse
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from etl.fetch.errors import FetchError
from etl.fetch.source import Download, Session, Source, safe_name

TABLES = {
    "table5-2025": "/sites/default/files/2025-10/Table%205%20Subnational%20Results%20MPI%202025.xlsx",
    "table6-2025": "/sites/default/files/2025-10/Table_6_Trends_Over_Time_MPI_2025_30_Oct.xlsx",
}
PAGE = "https://ophi.org.uk/global-mpi/data"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "table",
        help="table5-2025 (sub-national results), table6-2025 (trends), or the address of another workbook of the site",
    )


def _path_of(table: str, base_url: str) -> str:
    if table in TABLES:
        return TABLES[table]
    path = quote(unquote(table.removeprefix(base_url)), safe="/")
    if not table.startswith(f"{base_url}/") or not path.lower().endswith(".xlsx"):
        known = ", ".join(TABLES)
        raise FetchError(f"ophi: found {table!r}; expected one of {known}, or {base_url}/... .xlsx (see {PAGE}).")
    return path


def _collect(options: argparse.Namespace, session: Session) -> Download:
    path = _path_of(options.table, session.base_url)
    name = PurePosixPath(unquote(path)).name
    remedy = f"The tables move with each release: give the address that {PAGE} shows now."
    received = session.get(path, wanted="xlsx", is_file=True, remedy=remedy)
    return Download(
        series=PurePosixPath(safe_name(name)).stem, title=f"Global MPI: {name}", files=((name, received),), page=PAGE
    )


SOURCE = Source(
    name="ophi",
    title="OPHI: tables of the global Multidimensional Poverty Index",
    publisher="OPHI, University of Oxford",
    base_url="https://ophi.org.uk",
    page=PAGE,
    licence="public-domain",
    terms="public domain as stated on HDX (other-pd-nr); cite Alkire, Kanagaratnam and Suppa, and the year",
    add_arguments=_add_arguments,
    collect=_collect,
)
